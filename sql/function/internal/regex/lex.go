package regex

import (
	"errors"
	"strings"
)

// next reads a token.
func (p *parser) next() error {
	for {
		if !p.left() {
			p.tok = token{kind: tokEnd}
			return nil
		}
		c := p.fetch()
		p.tok = token{kind: tokCode, code: c}
		switch c {
		case '\\':
			return p.escape()
		case '.':
			p.tok.kind = tokAny
		case '*':
			p.repeat(0, unlimited)
		case '+':
			p.repeat(1, unlimited)
		case '?':
			p.repeat(0, 1)
		case '{':
			return p.interval()
		case '|':
			p.tok.kind = tokAlt
		case '(':
			if strings.HasPrefix(p.text[p.at:], "?#") {
				if err := p.comment(); err != nil {
					return err
				}
				continue
			}
			p.tok.kind = tokOpen
		case ')':
			p.tok.kind = tokClose
		case '^':
			p.assert(beginText)
			if p.opt.lines {
				p.assert(beginLine)
			}
		case '$':
			p.assert(semiEnd)
			if p.opt.lines {
				p.assert(endLine)
			}
		case '[':
			p.tok.kind = tokBracket
		case '#':
			if p.opt.extended {
				for p.left() && p.fetch() != '\n' {
				}
				continue
			}
		case ' ', '\t', '\n', '\r', '\f':
			if p.opt.extended {
				continue
			}
		}
		return nil
	}
}

func (p *parser) assert(a assert) { p.tok = token{kind: tokAssert, assert: a} }

// comment reads (?# … ).
func (p *parser) comment() error {
	for p.at += 2; p.left(); {
		switch p.fetch() {
		case '\\':
			if p.left() {
				p.fetch()
			}
		case ')':
			return nil
		}
	}
	return errEndInGroup
}

func (p *parser) repeat(low, high int) {
	p.tok = token{kind: tokRepeat, min: low, max: high}
	switch {
	case p.peek('?'):
		p.at++
		p.tok.lazy = true
	case p.peek('+'):
		p.at++
		p.tok.greed = true
	}
}

// interval reads what follows {. What is no interval is text.
func (p *parser) interval() error {
	from := p.at
	low, n, err := p.number()
	if err != nil {
		return err
	}
	high := low
	ok := n > 0 && p.left()
	if ok && p.peek(',') {
		p.at++
		if high, n, err = p.number(); err != nil {
			return err
		}
		if n == 0 {
			high = unlimited
		}
	}
	if !ok || !p.peek('}') {
		p.at = from
		return nil
	}
	p.at++
	if high != unlimited && low > high {
		return errRepeatOrder
	}
	p.repeat(low, high)
	return nil
}

// number reads digits, n of them.
func (p *parser) number() (value, n int, err error) {
	for p.left() && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
		if value = value*10 + int(p.text[p.at]-'0'); value > maxRepeat {
			return 0, 0, errRepeatTooBig
		}
		p.at++
		n++
	}
	return value, n, nil
}

// escape reads what follows a backslash outside of classes.
func (p *parser) escape() error {
	if !p.left() {
		return errEndAtEscape
	}
	c := p.fetch()
	if s, ok := shorthand(c); ok {
		p.tok = token{kind: tokClass, set: s}
		return nil
	}
	switch c {
	case 'b':
		p.assert(wordBound)
	case 'B':
		p.assert(notWordBound)
	case 'A':
		p.assert(beginText)
	case 'Z':
		p.assert(semiEnd)
	case 'z':
		p.assert(endText)
	case 'G':
		p.assert(searchStart)
	case 'Q':
		p.tok = token{kind: tokQuote}
	case 'p', 'P':
		s, err := p.property(c == 'P')
		p.tok = token{kind: tokClass, set: s}
		return err
	case 'k':
		if p.peek('<') {
			p.at++
			return p.namedBackref()
		}
		p.tok = token{kind: tokCode, code: c}
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return p.digitEscape(c)
	default:
		c, err := p.character(c)
		p.tok = token{kind: tokCode, code: c}
		return err
	}
	return nil
}

// shorthand returns the characters of \d, \s and \w and their opposites.
func shorthand(c code) (set, bool) {
	switch c {
	case 'd':
		return asciiDigit, true
	case 'D':
		return asciiDigit.negate(), true
	case 's':
		return asciiSpace, true
	case 'S':
		return asciiSpace.negate(), true
	case 'w':
		return asciiWord, true
	case 'W':
		return asciiWord.negate(), true
	}
	return nil, false
}

// digitEscape reads a back-reference, or what else \1 to \9 can be.
func (p *parser) digitEscape(c code) error {
	from := p.at - 1
	p.at = from
	n, _, err := p.number()
	if err == nil && n <= maxBackref && (n <= p.groups || n <= 9) {
		p.backref(n)
		return nil
	}
	p.at = from + 1
	p.tok = token{kind: tokCode, code: c}
	if c < '8' {
		p.at = from
		p.tok.code, err = p.octal(3)
	}
	return err
}

func (p *parser) namedBackref() error {
	name, err := p.name(true)
	if err != nil {
		return err
	}
	group, ok := p.names[name]
	if first := name[0]; first >= '0' && first <= '9' || first == '-' {
		relative := first == '-'
		group = 0
		for _, d := range strings.TrimPrefix(name, "-") {
			if d < '0' || d > '9' || group > maxBackref {
				return errors.New("invalid group name <" + name + ">")
			}
			group = group*10 + int(d-'0')
		}
		if group == 0 {
			return errors.New("invalid group name <" + name + ">")
		}
		if relative {
			group = p.groups + 1 - group
		}
		ok = true
	}
	if !ok {
		return errors.New("undefined name <" + name + "> reference")
	}
	if group <= 0 {
		return errBackref
	}
	p.backref(group)
	return nil
}

// backref makes a token that refers to a group, which may come later or have just begun.
func (p *parser) backref(group int) {
	p.tok = token{kind: tokBackref, group: group}
	p.referred = max(p.referred, group)
}

// property reads what follows \p or \P.
func (p *parser) property(negative bool) (set, error) {
	if !p.left() {
		return nil, errEndAtEscape
	}
	from := p.at
	name := ""
	if p.fetch() == '{' {
		end := strings.IndexAny(p.text[p.at:], "}(){|")
		if end < 0 {
			return nil, errInternal
		}
		name = p.text[p.at : p.at+end]
		closed := p.text[p.at+end] == '}'
		p.at += end + 1
		if !closed {
			return nil, errProperty(name)
		}
	} else {
		name = p.text[from:p.at]
	}
	s, ok := property(name)
	if !ok {
		return nil, errProperty(name)
	}
	if negative {
		s = s.negate()
	}
	return s, nil
}

func errProperty(name string) error {
	return errors.New("invalid character property name <" + name + ">")
}

// character returns the one that \c stands for, c being read; it reads what belongs to it.
func (p *parser) character(c code) (code, error) {
	switch c {
	case 'n':
		return '\n', nil
	case 't':
		return '\t', nil
	case 'r':
		return '\r', nil
	case 'f':
		return '\f', nil
	case 'a':
		return '\a', nil
	case 'b':
		return '\b', nil
	case 'e':
		return 0x1b, nil
	case 'v':
		return '\v', nil
	case 'c':
		return p.control()
	case 'x':
		return p.hex()
	case 'u':
		return p.hexDigits(4), nil
	case '0':
		return p.octal(2)
	}
	return c, nil
}

func (p *parser) control() (code, error) {
	if !p.left() {
		return 0, errEndAtControl
	}
	c := p.fetch()
	if c == '?' {
		return 0x7f, nil
	}
	if c == '\\' {
		if !p.left() {
			return 0, errEndAtEscape
		}
		var err error
		if c, err = p.character(p.fetch()); err != nil {
			return 0, err
		}
	}
	return c & 0x9f, nil
}

func hexValue(b byte) (code, bool) {
	switch {
	case b >= '0' && b <= '9':
		return code(b - '0'), true
	case b >= 'a' && b <= 'f':
		return code(b-'a') + 10, true
	case b >= 'A' && b <= 'F':
		return code(b-'A') + 10, true
	}
	return 0, false
}

// hexDigits reads up to n hexadecimal digits.
func (p *parser) hexDigits(n int) (value code) {
	for ; n > 0 && p.left(); n-- {
		d, ok := hexValue(p.text[p.at])
		if !ok {
			break
		}
		value = value<<4 | d
		p.at++
	}
	return value
}

// hex reads what follows \x: {h…}, or up to two digits of a byte. Bytes that make up a
// character together are that character.
func (p *parser) hex() (code, error) {
	if p.peek('{') {
		from := p.at
		p.at++
		digits := p.at
		value := int64(0)
		for p.left() && p.at-digits < 8 {
			d, ok := hexValue(p.text[p.at])
			if !ok {
				break
			}
			value = value<<4 | int64(d)
			p.at++
		}
		if value > 0x7fffffff {
			return 0, errWideChar
		}
		if p.left() {
			if _, ok := hexValue(p.text[p.at]); ok {
				return 0, errTooLongChar
			}
		}
		if p.at == digits || !p.peek('}') {
			p.at = from
			return 'x', nil
		}
		p.at++
		if value >= int64(invalidByte) {
			return beyond, nil
		}
		return code(value), nil
	}
	first := p.hexDigits(2)
	if first < 0x80 {
		return first, nil
	}
	return p.bytesOf(first, func() (code, bool) {
		if strings.HasPrefix(p.text[p.at:], `\x`) && !strings.HasPrefix(p.text[p.at:], `\x{`) {
			p.at += 2
			return p.hexDigits(2), true
		}
		return 0, false
	}), nil
}

// beyond is a code that no text has.
const beyond = maxCode + 1

// bytesOf joins first and the bytes that more reads to a character, if they are one.
func (p *parser) bytesOf(first code, more func() (code, bool)) code {
	from := p.at
	text := []byte{byte(first)}
	for len(text) < 4 {
		b, ok := more()
		if !ok || b < 0x80 {
			break
		}
		text = append(text, byte(b))
		if c, size := decode(string(text), 0); size == len(text) {
			return c
		}
	}
	p.at = from
	return invalidByte + first
}

// octal reads up to n octal digits.
func (p *parser) octal(n int) (code, error) {
	value := code(0)
	for ; n > 0 && p.left() && p.text[p.at] >= '0' && p.text[p.at] <= '7'; n-- {
		value = value<<3 | code(p.text[p.at]-'0')
		p.at++
	}
	if value > 0xff {
		return 0, errTooBigNumber
	}
	if value >= 0x80 {
		return invalidByte + value, nil
	}
	return value, nil
}
