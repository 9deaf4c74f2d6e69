// Package regex matches text with regular expressions in the syntax and with the meaning
// of Trino's default engine, Joni with its Java syntax and UTF-8: \d, \s and \w are ASCII,
// \b and POSIX brackets are Unicode, . stands for anything but \n, $ also stands before a
// last \n, and (?m) is about lines.
//
//	text ─► parse ─► tree ─┬─► literal      equal, prefix, suffix, contains: package strings
//	                       └─► program ─┬─► dfa         whether there is a match; linear
//	                                    └─► machine     where, and its groups; linear, but for
//	                                                    look-around, back-references, atomic groups
//
// What is not linear can take very long. A search asks every so many steps whether it is to stop.
//
// Text need not be valid UTF-8: each byte that is no part of a character is a character of
// its own, which . and negated classes match, and so does \xhh of that byte.
package regex

import (
	"errors"
	"strings"
)

const (
	// MaxBytes bounds the text of a regular expression.
	MaxBytes = 64 << 10
	// maxNesting bounds how deep groups and classes may nest.
	maxNesting = 250
	// maxInstructions bounds a program: repetitions are written out.
	maxInstructions = 1 << 17
	// maxStack bounds the alternatives that a match keeps, in frames of 16 bytes.
	maxStack = 4 << 20
	// maxMemoBits bounds what a match remembers of where it has been, 8 MiB. For longer texts
	// it runs slower, without memory.
	maxMemoBits = 1 << 26
	// stepsPerCheck is after how many steps a match asks whether it is to stop: less than a millisecond.
	stepsPerCheck = 1 << 14
)

var (
	errTooComplex = errors.New("regular expression is too complex")
	errTooMuch    = errors.New("regular expression needs too much memory for a text")
)

// A Pattern is a compiled regular expression. It does not change, and may be shared.
type Pattern struct {
	text   string
	groups int
	names  map[string]int // of groups
	prog   *program
	lit    literal
	need   string // each match contains it; "" if no text is known
}

// Compile reads a regular expression. Its errors are Joni's.
func Compile(text string) (*Pattern, error) {
	if len(text) > MaxBytes {
		return nil, errTooComplex
	}
	p := parser{text: text}
	tree, err := p.run()
	if err != nil {
		return nil, err
	}
	prog, err := compile(tree, p.groups)
	if err != nil {
		return nil, err
	}
	return &Pattern{text: text, groups: p.groups, names: p.names, prog: prog, lit: literalOf(tree), need: requiredText(tree)}, nil
}

// String returns the text that was compiled.
func (p *Pattern) String() string { return p.text }

// Groups returns the number of groups, without the whole match.
func (p *Pattern) Groups() int { return p.groups }

// Group returns the number of a named group.
func (p *Pattern) Group(name string) (n int, ok bool) {
	n, ok = p.names[name]
	return n, ok
}

// Required returns a text that every text with a match contains, "" if none is known; exact says that all texts that
// contain it have a match.
func (p *Pattern) Required() (text string, exact bool) {
	if p.lit.kind != noLiteral {
		return p.lit.text, p.lit.kind == contains
	}
	return p.need, false
}

// Linear reports whether searches take time linear in the text. They then never
// fail, unless they are told to stop.
func (p *Pattern) Linear() bool { return p.prog.linear }

// A Matcher searches texts with a pattern. It keeps memory between searches and is
// used by one goroutine at a time.
type Matcher struct {
	*Pattern
	// Stop is asked from time to time and ends a search with its error; nil never does.
	Stop func() error

	dfa   *dfa // made when first needed
	noDFA bool // the program has none
	back  machine
}

// NewMatcher returns a matcher of p.
func (p *Pattern) NewMatcher() *Matcher {
	return &Matcher{Pattern: p}
}

// Match reports whether the pattern matches anywhere in s.
func (m *Matcher) Match(s string) (bool, error) {
	if m.lit.kind != noLiteral {
		return m.lit.match(s), nil
	}
	if m.need != "" && !strings.Contains(s, m.need) {
		return false, nil
	}
	if !m.prog.linear {
		return m.back.search(m, s, 0, nil)
	}
	return m.matchDFA(s, 0)
}

func (m *Matcher) matchDFA(s string, from int) (bool, error) {
	if m.dfa == nil && !m.noDFA {
		m.dfa = newDFA(m.prog)
		m.noDFA = m.dfa == nil
	}
	if m.noDFA {
		return m.back.search(m, s, from, nil)
	}
	return m.dfa.match(s, from, m.Stop)
}

// Find searches the first match in s that begins at from or later; what stands before
// from is seen by look-behind, ^ and \b. It puts where the match and its groups begin and end
// into spans, which has room for 2*(Groups()+1) numbers: -1 for a group that took no part.
func (m *Matcher) Find(s string, from int, spans []int) (bool, error) {
	if from > len(s) {
		return false, nil
	}
	if m.lit.kind == contains {
		i := strings.Index(s[from:], m.lit.text)
		if i < 0 {
			return false, nil
		}
		spans[0], spans[1] = from+i, from+i+len(m.lit.text)
		return true, nil
	}
	if m.need != "" && !strings.Contains(s[from:], m.need) && m.prog.consuming {
		return false, nil
	}
	if m.prog.linear && !m.noDFA {
		if ok, err := m.matchDFA(s, from); !ok || err != nil {
			return false, err
		}
	}
	return m.back.search(m, s, from, spans)
}
