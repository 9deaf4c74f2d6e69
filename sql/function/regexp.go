package function

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2"

	"github.com/ctlake/ctlake/sql"
)

// Patterns have Java's syntax. What Go's regexp can express is matched by it, in
// time linear in the text; look-around, back references, possessive quantifiers
// and the like are matched by regexp2, which backtracks and is stopped after regexpTimeout.
//
//	pattern ── isPlain ──────────────► strings.Index
//	        ── patternTranslation ───► regexp, or if it backtracks ──► regexp2

// regexpTimeout bounds the search of one text by a backtracking matcher.
const regexpTimeout = 2 * time.Second

// maxPatternBytes bounds the length of a pattern.
const maxPatternBytes = 64 << 10

// span is a match: where it and its groups begin and end, in bytes, as
// regexp.FindSubmatchIndex has them; -1 for a group that took no part.
type span []int

// matcher searches texts for a pattern. It is used by one goroutine.
type matcher struct {
	literal string // the whole pattern, if it is plain
	plain   bool
	std     *regexp.Regexp
	back    *regexp2.Regexp
	names   []string // of groups, by number; "" for those without one
}

// compilePattern returns the matcher of a pattern, or an error of code INVALID_FUNCTION_ARGUMENT.
func compilePattern(pattern string) (*matcher, error) {
	if len(pattern) > maxPatternBytes {
		return nil, invalid("Pattern exceeds %d bytes", maxPatternBytes)
	}
	if isPlain(pattern) {
		return &matcher{literal: pattern, plain: true, names: []string{""}}, nil
	}
	t := patternTranslation{pattern: pattern}
	if err := t.run(); err != nil {
		return nil, err
	}
	if !t.backtracks {
		std, err := regexp.Compile(t.out.String())
		if err == nil {
			return &matcher{std: std, names: std.SubexpNames()}, nil
		}
		var e *syntax.Error
		if errors.As(err, &e) && e.Code != syntax.ErrInvalidRepeatSize { // Go repeats 1000 times at most
			return nil, badPattern(pattern, e.Code.String())
		}
	}
	back, err := regexp2.Compile(t.out.String(), regexp2.RE2)
	if err != nil {
		return nil, badPattern(pattern, err.Error())
	}
	back.MatchTimeout = regexpTimeout
	m := &matcher{back: back}
	for _, n := range back.GetGroupNumbers() {
		name := back.GroupNameFromNumber(n)
		if strings.Trim(name, "0123456789") == "" {
			name = ""
		}
		m.names = append(m.names, name)
	}
	return m, nil
}

func badPattern(pattern, reason string) error {
	return invalid("Invalid regular expression '%s': %s", sql.Printable(pattern, maxQuotedRunes), reason)
}

// isPlain reports whether a pattern matches only itself.
func isPlain(pattern string) bool { return !strings.ContainsAny(pattern, `\.[]{}()*+?^$|`) }

// contains reports whether the pattern matches somewhere in s.
func (m *matcher) contains(s string) (bool, error) {
	switch {
	case m.plain:
		return strings.Contains(s, m.literal), nil
	case m.std != nil:
		return m.std.MatchString(s), nil
	}
	ok, err := m.back.MatchString(s)
	return ok, m.failure(err)
}

func (m *matcher) failure(err error) error {
	if err == nil {
		return nil
	}
	return invalid("Regular expression takes more than %s for a text: '%s'", regexpTimeout, sql.Printable(m.back.String(), maxQuotedRunes))
}

// find returns the first match in s; nil if there is none.
func (m *matcher) find(s string) (first span, err error) {
	if m.std != nil {
		return m.std.FindStringSubmatchIndex(s), nil
	}
	err = m.all(s, func(found span) (bool, error) {
		first = found
		return false, nil
	})
	return first, err
}

// all calls f for the matches in s, from left to right, none overlapping another,
// until f returns false. A match of nothing right behind another is left out.
func (m *matcher) all(s string, f func(span) (bool, error)) error {
	switch {
	case m.plain:
		return m.allLiteral(s, f)
	case m.std != nil:
		for _, found := range m.std.FindAllStringSubmatchIndex(s, -1) {
			if more, err := f(found); !more || err != nil {
				return err
			}
		}
		return nil
	}
	return m.allBacktracking(s, f)
}

func (m *matcher) allLiteral(s string, f func(span) (bool, error)) error {
	for at := 0; at <= len(s); {
		i := strings.Index(s[at:], m.literal)
		if i < 0 {
			return nil
		}
		from, to := at+i, at+i+len(m.literal)
		if more, err := f(span{from, to}); !more || err != nil {
			return err
		}
		if at = to; from == to {
			_, size := utf8.DecodeRuneInString(s[at:])
			at += max(size, 1)
		}
	}
	return nil
}

func (m *matcher) allBacktracking(s string, f func(span) (bool, error)) error {
	found, err := m.back.FindStringMatch(s)
	if found == nil {
		return m.failure(err)
	}
	// Matches count in runes; offsets maps those to bytes.
	offsets := make([]int, 0, len(s)+1)
	for i := range s {
		offsets = append(offsets, i)
	}
	offsets = append(offsets, len(s))
	last := -1 // the end of the match before
	for ; found != nil && err == nil; found, err = m.back.FindNextMatch(found) {
		groups := found.Groups()
		out := make(span, 0, 2*len(groups))
		for _, g := range groups {
			if len(g.Captures) == 0 {
				out = append(out, -1, -1)
				continue
			}
			out = append(out, offsets[g.Index], offsets[g.Index+g.Length])
		}
		if out[0] == out[1] && out[0] == last {
			continue
		}
		last = out[1]
		if more, err := f(out); !more || err != nil {
			return err
		}
	}
	return m.failure(err)
}

// groups returns the number of groups, without the whole match.
func (m *matcher) groups() int { return len(m.names) - 1 }
