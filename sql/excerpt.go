package sql

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxExcerptRunes is the widest excerpt, in runes; longer lines are cut to a
// window around the position, with an ellipsis where text was left out.
const maxExcerptRunes = 100

// Excerpt returns the line of text that pos lies in and, on a second line, a
// caret below the place: two lines without a final newline, or "" if text has no
// such place. Tabs are kept in both lines, so that the caret stays below its
// column; other control characters are shown escaped (the text may come from a
// log), and long lines are cut around the place.
func Excerpt(text string, pos Pos) string {
	if !pos.IsValid() || pos.Column < 1 {
		return ""
	}
	line, ok := nthLine(text, pos.Line)
	if !ok {
		return ""
	}
	runes := []rune(line)
	at := pos.Column - 1
	if at > len(runes) {
		return ""
	}

	from, to := 0, len(runes)
	if to > maxExcerptRunes {
		from = max(0, at-maxExcerptRunes/2)
		to = min(len(runes), from+maxExcerptRunes)
		from = max(0, to-maxExcerptRunes)
	}

	var shown, pad strings.Builder
	if from > 0 {
		shown.WriteString("…")
		pad.WriteString(" ")
	}
	for i := from; i < to; i++ {
		s := visible(runes[i])
		shown.WriteString(s)
		if i >= at {
			continue
		}
		if s == "\t" {
			pad.WriteString(s)
		} else {
			pad.WriteString(strings.Repeat(" ", utf8.RuneCountInString(s)))
		}
	}
	if to < len(runes) {
		shown.WriteString("…")
	}
	return shown.String() + "\n" + pad.String() + "^"
}

// visible returns r as a terminal may safely show it.
func visible(r rune) string {
	switch {
	case r == '\t':
		return "\t"
	case r < ' ' || r == 0x7f:
		return fmt.Sprintf(`\x%02x`, r)
	case r >= 0x80 && r < 0xa0, // C1 controls: 0x9b starts a terminal sequence as ESC [ does
		r == 0x2028, r == 0x2029, // line and paragraph separators
		r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, // invisible, or turning the order of what follows
		r == 0xfeff:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return string(r)
}

// Printable returns s as a message may quote it: what a terminal would obey is
// escaped, and what exceeds maxRunes replaced by an ellipsis.
func Printable(s string, maxRunes int) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n == maxRunes {
			b.WriteString("…")
			break
		}
		n++
		if r == '\t' {
			b.WriteString(`\x09`)
			continue
		}
		b.WriteString(visible(r))
	}
	return b.String()
}

// nthLine returns line n (from 1) of text without its end: "\n" or "\r\n".
func nthLine(text string, n int) (string, bool) {
	for ; n > 1; n-- {
		_, rest, ok := strings.Cut(text, "\n")
		if !ok {
			return "", false
		}
		text = rest
	}
	text, _, _ = strings.Cut(text, "\n")
	return strings.TrimSuffix(text, "\r"), true
}
