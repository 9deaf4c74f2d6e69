package function

import (
	"strings"
)

// A word on its way to its stem, after the Snowball algorithms of Martin Porter and
// others (snowballstem.org): suffixes are found from the end, the longest first, and are
// taken off or replaced if they lie behind a mark:
//
//	w o n d e r f u l l y
//	      ^p1     ^p2        R1 is what is behind p1, R2 what is behind p2, RV behind pv
type stemWord struct {
	s          []rune
	p1, p2, pv int
	low        int // what is before it is not looked at
}

// stemRule is a suffix and what is to be done with it: a number of the step's.
type stemRule struct {
	text []rune
	rule int
}

// stemTable holds the suffixes of a step by their last letter, the longest first.
type stemTable map[rune][]stemRule

// stemRules reads a table: "1: ance ence; 2: ion".
func stemRules(spec string) stemTable {
	t := stemTable{}
	for part := range strings.SplitSeq(spec, ";") {
		number, words, _ := strings.Cut(part, ":")
		rule := 0
		for _, d := range strings.TrimSpace(number) {
			rule = 10*rule + int(d-'0')
		}
		for word := range strings.FieldsSeq(words) {
			text := []rune(word)
			last := text[len(text)-1]
			at := 0
			for at < len(t[last]) && len(t[last][at].text) >= len(text) {
				at++
			}
			t[last] = append(t[last], stemRule{})
			copy(t[last][at+1:], t[last][at:])
			t[last][at] = stemRule{text, rule}
		}
	}
	return t
}

// find returns the rule of the longest suffix of the table and its length; 0 if there
// is none. skip letters at the end do not count.
func (w *stemWord) find(t stemTable, skip int) (rule, size int) {
	end := len(w.s) - skip
	if end <= w.low {
		return 0, 0
	}
	for _, r := range t[w.s[end-1]] {
		if from := end - len(r.text); from >= w.low && equalRunes(w.s[from:end], r.text) {
			return r.rule, len(r.text)
		}
	}
	return 0, 0
}

func equalRunes(a, b []rune) bool {
	for i, r := range b {
		if a[i] != r {
			return false
		}
	}
	return true
}

// has reports whether text stands before the last skip letters.
func (w *stemWord) has(text string, skip int) bool {
	t := []rune(text)
	from := len(w.s) - skip - len(t)
	return from >= w.low && equalRunes(w.s[from:], t)
}

// letter returns the letter before the last skip ones, 0 if there is none.
func (w *stemWord) letter(skip int) rune {
	if at := len(w.s) - 1 - skip; at >= w.low && at >= 0 {
		return w.s[at]
	}
	return 0
}

// in reports whether the last size letters lie behind a mark.
func (w *stemWord) in(mark, size int) bool { return len(w.s)-size >= mark }

func (w *stemWord) cut(size int) { w.s = w.s[:len(w.s)-size] }

func (w *stemWord) swap(size int, with string) { w.s = appendRunes(w.s[:len(w.s)-size], with) }

// begins reports whether the word begins with a text of ASCII letters.
func (w *stemWord) begins(with string) bool {
	if len(w.s) < len(with) {
		return false
	}
	for i := range len(with) {
		if w.s[i] != rune(with[i]) {
			return false
		}
	}
	return true
}

// cutIf takes text off if it stands at the end, behind a mark.
func (w *stemWord) cutIf(text string, mark int) bool {
	size := len([]rune(text))
	if !w.has(text, 0) || !w.in(mark, size) {
		return false
	}
	w.cut(size)
	return true
}

// behind runs f where nothing before a mark is looked at. It is false where the word ends before the mark.
func (w *stemWord) behind(mark int, f func() bool) bool {
	if len(w.s) < mark {
		return false
	}
	low := w.low
	w.low = mark
	done := f()
	w.low = low
	return done
}

// stemLetters is a set of letters.
type stemLetters string

func (l stemLetters) has(r rune) bool { return r != 0 && strings.ContainsRune(string(l), r) }

// lacks reports whether r is a letter, and none of the set.
func (l stemLetters) lacks(r rune) bool { return r != 0 && !strings.ContainsRune(string(l), r) }

// past returns where the letter after the first one from a place on is that is (or is not) in a set; -1 if there is none.
func (w *stemWord) past(l stemLetters, in bool, from int) int {
	if from < 0 {
		return -1
	}
	for i := from; i < len(w.s); i++ {
		if l.has(w.s[i]) == in {
			return i + 1
		}
	}
	return -1
}

// markR1R2 sets p1 behind the first consonant after a vowel, and p2 behind the next such one.
func (w *stemWord) markR1R2(v stemLetters, from int) {
	w.p1, w.p2 = len(w.s), len(w.s)
	p1 := w.past(v, false, w.past(v, true, from))
	if p1 < 0 {
		return
	}
	w.p1 = p1
	if p2 := w.past(v, false, w.past(v, true, p1)); p2 >= 0 {
		w.p2 = p2
	}
}

// markRV sets pv as the Romance languages have it: behind the next vowel where the second
// letter is a consonant, behind the next consonant where a word begins with two vowels, else behind the third letter.
func (w *stemWord) markRV(v stemLetters) {
	w.pv = len(w.s)
	if len(w.s) < 2 {
		return
	}
	at := -1
	switch first, second := v.has(w.s[0]), v.has(w.s[1]); {
	case !second:
		at = w.past(v, true, 2)
	case first:
		at = w.past(v, false, 2)
	case len(w.s) > 2:
		at = 3
	}
	if at >= 0 {
		w.pv = at
	}
}

// markR1From3 is markR1R2 where p1 is behind the third letter at least.
func (w *stemWord) markR1From3(v stemLetters) {
	w.p1, w.p2 = len(w.s), len(w.s)
	p1 := w.past(v, false, w.past(v, true, 0))
	if p1 < 0 {
		return
	}
	w.p1 = max(p1, 3)
	if p2 := w.past(v, false, w.past(v, true, p1)); p2 >= 0 {
		w.p2 = p2
	}
}

func replaceRunes(s []rune, from, to string) {
	with := []rune(to)
	for i, r := range s {
		if at := strings.IndexRune(from, r); at >= 0 {
			s[i] = with[len([]rune(from[:at]))]
		}
	}
}
