package regex

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// find returns the spans of the first match, nil if there is none. It insists that Match agrees.
func find(t *testing.T, pattern, s string) []int {
	t.Helper()
	p, err := Compile(pattern)
	if err != nil {
		t.Fatalf("%q: %v", pattern, err)
	}
	m := p.NewMatcher()
	spans := make([]int, 2*(p.Groups()+1))
	found, err := m.Find(s, 0, spans)
	if err != nil {
		t.Fatalf("%q in %q: %v", pattern, s, err)
	}
	matched, err := m.Match(s)
	if err != nil || matched != found {
		t.Errorf("%q in %q: Find says %v, Match says %v, %v", pattern, s, found, matched, err)
	}
	if p.Linear() {
		back, err := m.back.search(m, s, 0, nil)
		if err != nil || back != found {
			t.Errorf("%q in %q: Find says %v, the machine says %v, %v", pattern, s, found, back, err)
		}
		again := make([]int, len(spans))
		if ok, err := m.back.threads.search(m, s, 0, again); ok != found || err != nil || found && !slices.Equal(again, spans) {
			t.Errorf("%q in %q: %v, with threads %v, %v", pattern, s, spans, again, err)
		}
	}
	if !found {
		return nil
	}
	return spans
}

// randomPattern is a pattern of what both Java's syntax and Go's have, with the same meaning.
func randomPattern(r *rand.Rand, depth int) string {
	atoms := []string{"a", "b", "c", "ä", "x", ".", `\d`, `\w`, "[ab]", "[^a]", "[b-dä]", `\x{e4}`, "ab", "日"}
	if depth == 0 {
		return atoms[r.IntN(len(atoms))]
	}
	sub := func() string { return randomPattern(r, depth-1) }
	switch r.IntN(10) {
	case 0, 1, 2:
		return sub() + sub()
	case 3:
		return "(?:" + sub() + "|" + sub() + ")"
	case 4:
		return "(" + sub() + ")"
	case 5:
		return "(?:" + sub() + ")" + []string{"*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{0,2}?", "{2,}"}[r.IntN(10)]
	case 6:
		return []string{`\A`, `\z`, "(?m:^)", "(?m:$)"}[r.IntN(4)] + sub()
	case 7:
		return sub() + []string{`\z`, "(?m:$)"}[r.IntN(2)]
	case 8:
		return "(?i:" + sub() + ")"
	}
	return atoms[r.IntN(len(atoms))]
}

func randomText(r *rand.Rand) string {
	parts := []string{"a", "b", "c", "d", "ä", "Ä", "A", "B", "x", "1", "\n", " ", "日", "\xff", "\xe6\x97"}
	var b strings.Builder
	for range r.IntN(12) {
		b.WriteString(parts[r.IntN(len(parts))])
	}
	return b.String()
}

// agrees compares a search with Go's regexp, which has another (?m:^): not at the end behind a \n.
func agrees(t *testing.T, pattern, s string) {
	t.Helper()
	want, err := regexp.Compile(pattern)
	if err != nil {
		return
	}
	if strings.Contains(pattern, "^)") && strings.HasSuffix(s, "\n") {
		return
	}
	got, expected := find(t, pattern, s), want.FindStringSubmatchIndex(s)
	if fmt.Sprint(got) != fmt.Sprint(expected) {
		// Repetitions of nothing end at once here, as in other engines that backtrack.
		tree, _ := (&parser{text: pattern}).run()
		repeatsNothing := tree.any(func(n *node) bool { return n.kind == repeat && n.subs[0].nullable() })
		if repeatsNothing && got != nil && expected != nil && got[0] == expected[0] {
			return
		}
		t.Errorf("%q in %q: %v, Go has %v", pattern, s, got, expected)
	}
}

func TestAgreesWithGo(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 4000 {
		pattern := randomPattern(r, 1+r.IntN(4))
		for range 4 {
			agrees(t, pattern, randomText(r))
		}
	}
}

func FuzzAgreesWithGo(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, a, b uint64) {
		r := rand.New(rand.NewPCG(a, b))
		agrees(t, randomPattern(r, 5), randomText(r))
	})
}

// FuzzCompile looks for panics, and for patterns that take long.
func FuzzCompile(f *testing.F) {
	for _, s := range []string{`a++b`, `(?<x>a)\k<x>`, `[\p{Alpha}&&x]`, `\Qa\E`, `(?i:x)`, `\x{41}`, `\0101`, `{1}`, `a{2,3}+`, `(?`, `\`,
		`(?<=a|bc)x`, `[[:^alpha:]-z]`, `(?#x`, `\p{^`, `[a-\d]`, `\xC3\xA4`, `(?>a|b)*`, `((a{90}){90}){90}`, "\xff[\xfe]"} {
		f.Add(s, "aab $1\xff")
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern) > 200 || len(s) > 200 {
			return
		}
		p, err := Compile(pattern)
		if err != nil {
			return
		}
		m := p.NewMatcher()
		end := time.Now().Add(100 * time.Millisecond)
		m.Stop = func() error {
			if time.Now().After(end) {
				return errStopped
			}
			return nil
		}
		spans := make([]int, 2*(p.Groups()+1))
		found, err := m.Find(s, 0, spans)
		matched, err2 := m.Match(s)
		if err == nil && err2 == nil && found != matched {
			t.Errorf("%q in %q: Find says %v, Match says %v", pattern, s, found, matched)
		}
	})
}

var errStopped = errors.New("stopped")

// TestStops has what takes too long stopped in time. A busy machine may be late, but not always.
func TestStops(t *testing.T) {
	text := strings.Repeat("a", 10_000) + "!"
	for _, pattern := range []string{`(a+)+$`, `(?>(a+)+)\1$`, `(a+)+(?=$)`, `(?=(a+)+$)`, `(a|aa)+\1\1$`, `(a*)*\1b`, `(?<!b)(a|a)*$`,
		`(.*)(.*)(.*)(.*)(.*)[^a]\1x`, `(a{0,90}){0,90}$`, `(x+x+)+y|(a+a+)+b`} {
		p, err := Compile(pattern)
		if err != nil {
			t.Fatal(pattern, err)
		}
		const allowed, late, tries = 20 * time.Millisecond, 100 * time.Millisecond, 10
		took := time.Duration(0)
		for try := 0; try == 0 || took > allowed+late && try < tries; try++ {
			m := p.NewMatcher()
			begin := time.Now()
			m.Stop = func() error {
				if time.Since(begin) > allowed {
					return errStopped
				}
				return nil
			}
			_, _ = m.Match(text)
			took = time.Since(begin)
		}
		if took > allowed+late {
			t.Errorf("%s took %s", pattern, took)
		}
	}
	for _, pattern := range []string{`(a+)+$`, `(x+x+)+y|(a+a+)+b`, `(a|a)*$`, `(a*)*$`} {
		p, _ := Compile(pattern)
		if ok, err := p.NewMatcher().Match(text); err != nil || !p.Linear() {
			t.Errorf("%s: %v, %v", pattern, ok, err)
		}
	}
}

// TestThreads searches as texts are searched that are too long to remember where a search has been.
func TestThreads(t *testing.T) {
	const n = 1 << 12
	text := strings.Repeat("a", n) + "bc"
	p, err := Compile(`(a?){9}(b)c`)
	if err != nil {
		t.Fatal(err)
	}
	m, spans := p.NewMatcher(), make([]int, 2*(p.Groups()+1))
	ok, err := m.back.threads.search(m, text, 0, spans)
	if want := []int{n - 9, n + 2, n - 1, n, n, n + 1}; !ok || err != nil || !slices.Equal(spans, want) {
		t.Errorf("%v, %v, %v, want %v", ok, err, spans, want)
	}
}
