package regex

import (
	"errors"
	"slices"
	"strings"
)

// The complaints about classes, in Joni's words.
var (
	errEmptyClass  = errors.New("empty char-class")
	errClassEnd    = errors.New("premature end of char-class")
	errEmptyRange  = errors.New("empty range in char class")
	errRangeEnd    = errors.New("char-class value at end of range")
	errPosixBraket = errors.New("invalid POSIX bracket type")
)

// class reads a class behind its opening bracket: [a-c[d-f]&&[^b]]. negative says that it
// stands for all but s.
func (p *parser) class() (s set, negative bool, err error) {
	leave, err := p.nest()
	if err != nil {
		return nil, false, err
	}
	defer leave()
	if p.peek('^') {
		p.at++
		negative = true
	}
	var all set // intersected so far
	intersected := false
	var now []codeRange
	var open code = noCode // what a range may begin with
	ranged := false        // a range has just ended
	first := true
	for ; ; first = false {
		if !p.left() {
			return nil, false, errClassEnd
		}
		c := p.fetch()
		if c != '-' {
			ranged = false
		}
		switch {
		case c == ']' && first:
			if !p.hasClosing() {
				return nil, false, errEmptyClass
			}
		case c == ']':
			s = normal(now)
			if intersected {
				s = all.intersect(s)
			}
			return s, negative, nil
		case c == '[':
			sub, err := p.inner()
			if err != nil {
				return nil, false, err
			}
			if sub != nil {
				now, open = append(now, sub...), noCode
				continue
			}
		case c == '&' && p.peek('&'):
			p.at++
			if intersected {
				all = all.intersect(normal(now))
			} else {
				all, intersected = normal(now), true
			}
			now, open = nil, noCode
			continue
		case c == '-' && open != noCode && p.left() && !p.peek(']') && !strings.HasPrefix(p.text[p.at:], "&&"):
			high, isSet, err := p.rangeEnd()
			if err != nil {
				return nil, false, err
			}
			if isSet != nil {
				return nil, false, errRangeEnd
			}
			if high < open {
				return nil, false, errEmptyRange
			}
			now, open, ranged = append(now, codeRange{open, min(high, maxCode)}), noCode, true
			continue
		case c == '-' && ranged && p.left() && !p.peek(']') && !strings.HasPrefix(p.text[p.at:], "&&"):
			ranged = false // it is passed over: [a-c-e] is [a-ce]
			continue
		case c == '\\':
			sub, one, err := p.classEscape()
			if err != nil {
				return nil, false, err
			}
			if sub != nil {
				now, open = append(now, sub...), noCode
				continue
			}
			c = one
		}
		if c <= maxCode {
			now = append(now, codeRange{c, c})
		}
		open = c
	}
}

// hasClosing reports whether a closing bracket is ahead.
func (p *parser) hasClosing() bool {
	for i := p.at; i < len(p.text); i++ {
		switch p.text[i] {
		case '\\':
			i++
		case ']':
			return true
		}
	}
	return false
}

// inner reads a class or a POSIX bracket within a class, behind its opening bracket; nil
// if the bracket stands for itself.
func (p *parser) inner() (set, error) {
	if p.peek(':') {
		if s, ok, err := p.posixBracket(); ok || err != nil {
			return s, err
		}
	}
	s, negative, err := p.class()
	if negative {
		s = s.negate()
	}
	if s == nil {
		s = set{}
	}
	return s, err
}

// posixBracket reads :alpha:].
func (p *parser) posixBracket() (s set, ok bool, err error) {
	end := strings.Index(p.text[p.at:], ":]")
	if end < 1 || strings.Contains(p.text[p.at:p.at+end], "]") {
		return nil, false, nil
	}
	name, negative := strings.CutPrefix(p.text[p.at+1:p.at+end], "^")
	f, known := posix[name]
	if !known {
		return nil, false, errPosixBraket
	}
	p.at += end + 2
	if s = f(); negative {
		s = s.negate()
	}
	return slices.Clip(s), true, nil
}

// classEscape reads what follows a backslash within a class: a set, or one code.
func (p *parser) classEscape() (s set, one code, err error) {
	if !p.left() {
		return nil, 0, errEndAtEscape
	}
	c := p.fetch()
	if s, ok := shorthand(c); ok {
		return s, 0, nil
	}
	switch {
	case (c == 'p' || c == 'P') && p.peek('{'):
		s, err = p.property(c == 'P')
		if s == nil {
			s = set{}
		}
		return s, 0, err
	case c >= '0' && c <= '7':
		p.at--
		one, err = p.octal(3)
		return nil, one, err
	}
	one, err = p.character(c)
	return nil, one, err
}

// rangeEnd reads what follows the hyphen of a range.
func (p *parser) rangeEnd() (high code, isSet set, err error) {
	c := p.fetch()
	switch c {
	case '\\':
		isSet, high, err = p.classEscape()
		return high, isSet, err
	case '[':
		isSet, err = p.inner()
		return 0, isSet, err
	}
	return c, nil, nil
}
