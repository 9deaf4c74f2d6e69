// Package record turns one CloudTrail record, as JSON text, into one row of an
// event data store.
//
//	bytes ── Scan ──► spans of the members ── Collector ── Builder ──► columns
//	         (validates, finds the end,       (decodes only what a
//	          one pass, no allocation)         column is made of)
//
// The scanner accepts exactly JSON (RFC 8259) and says where and why text is not;
// the only thing that it lets pass is invalid UTF-8 inside strings, which the
// builder replaces by U+FFFD. Records are hostile input: nesting is bounded, and
// nothing is allocated by a length that the text claims.
package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"unicode/utf8"
)

// MaxDepth bounds the nesting of objects and arrays in a record.
const MaxDepth = 200

// MaxMembers bounds the members of a record: those of the outermost object.
const MaxMembers = 1 << 16

// ErrShort is returned by Scan when the text ends before the value does: more
// input may complete it.
var ErrShort = errors.New("the text ends inside a value")

// SyntaxError says why text is not JSON.
type SyntaxError struct {
	Offset int // in bytes, from the start of the text given to Scan
	Reason string
}

// Error implements error. The offset is left to the caller, who knows where the text begins.
func (e *SyntaxError) Error() string { return e.Reason }

// Kind is the kind of a JSON value.
type Kind uint8

// The kinds of JSON values.
const (
	Null Kind = iota
	Bool
	Number
	String
	Object
	Array
)

// Span is a value inside a text: Text[From:To].
type Span struct {
	From, To int
	Kind     Kind
	// Escaped: a string that holds a backslash. Loose: an object or array with white space between tokens.
	Escaped, Loose bool
}

// Member is a member of the outermost object.
type Member struct {
	Name  Span // of the name, with its quotes
	Value Span
	Known Name // of a scan: what the name is, if it is one of the Names
}

// Scanner reads one value after the other. It keeps the members of the outermost object
// of the last value, for the builder; they are valid until the next Scan.
type Scanner struct {
	Members []Member
	// Root is the last value.
	Root Span
	// NonASCII: some string of the last value holds a byte above 0x7f.
	NonASCII bool

	text  []byte
	at    int
	loose bool

	records int     // that were scanned until there are habits
	habits  *habits // nil for the first record: many scanners have only one
}

// Scan reads the value at the start of text, which must not begin with white space,
// and returns its length. final says that no more input follows text: a value cut
// off by the end is then an error of syntax, else ErrShort.
func (s *Scanner) Scan(text []byte, final bool) (int, error) {
	s.Members, s.NonASCII = s.Members[:0], false
	if len(text) > 0 && text[0] == '{' {
		end, short := s.plainRecord(text)
		s.text = nil
		if end > 0 {
			s.Root = Span{To: end, Kind: Object, Loose: s.loose}
			return end, nil
		}
		if short && !final {
			s.Root = Span{}
			return 0, ErrShort
		}
		s.Members, s.NonASCII = s.Members[:0], false
	}
	return s.closely(text, final)
}

// closely is Scan of whatever there may be.
func (s *Scanner) closely(text []byte, final bool) (int, error) {
	s.text, s.at, s.loose = text, 0, false
	root, err := s.value(0)
	if err == nil && root.Kind == Number && s.at == len(text) && !final {
		err = ErrShort
	}
	if errors.Is(err, ErrShort) && final {
		err = &SyntaxError{Offset: len(text), Reason: "the file ends inside a value"}
	}
	s.Root, s.text = root, nil
	return s.at, err
}

func (s *Scanner) fail(format string, args ...any) error {
	return &SyntaxError{Offset: s.at, Reason: fmt.Sprintf(format, args...)}
}

// unexpected complains about the byte at s.at.
func (s *Scanner) unexpected(expected string) error {
	if s.at >= len(s.text) {
		return ErrShort
	}
	r, size := utf8.DecodeRune(s.text[s.at:])
	if r == utf8.RuneError && size <= 1 {
		return s.fail("byte 0x%02x where %s should be", s.text[s.at], expected)
	}
	return s.fail("%q where %s should be", r, expected)
}

// space skips white space and remembers that there was some.
func (s *Scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
			s.loose = true
		default:
			return
		}
	}
}

// value reads a value at nesting depth.
func (s *Scanner) value(depth int) (Span, error) {
	if s.at >= len(s.text) {
		return Span{}, ErrShort
	}
	from := s.at
	switch c := s.text[s.at]; {
	case c == '"':
		escaped, err := s.string()
		return Span{From: from, To: s.at, Kind: String, Escaped: escaped}, err
	case c == '{', c == '[':
		if depth >= MaxDepth {
			return Span{}, s.fail("more than %d levels of nesting", MaxDepth)
		}
		if depth == 1 { // no deeper, so that nothing is looked at more than twice
			if end := plain(s.text, from); end > 0 {
				s.at = end
				kind := Object
				if c == '[' {
					kind = Array
				}
				return Span{From: from, To: end, Kind: kind}, nil
			}
		}
		return s.nested(depth)
	case c == 't':
		return Span{From: from, To: from + 4, Kind: Bool}, s.word("true")
	case c == 'f':
		return Span{From: from, To: from + 5, Kind: Bool}, s.word("false")
	case c == 'n':
		return Span{From: from, To: from + 4, Kind: Null}, s.word("null")
	case c == '-', c >= '0' && c <= '9':
		err := s.number()
		return Span{From: from, To: s.at, Kind: Number}, err
	}
	return Span{}, s.unexpected("a value")
}

// nested reads the object or array at s.at.
func (s *Scanner) nested(depth int) (Span, error) {
	v, err := Span{From: s.at, Kind: Object}, error(nil)
	outer := s.loose
	s.loose = false
	if s.text[s.at] == '{' {
		err = s.object(depth)
	} else {
		v.Kind, err = Array, s.array(depth)
	}
	v.To, v.Loose = s.at, s.loose
	s.loose = outer || s.loose
	return v, err
}

func (s *Scanner) object(depth int) error {
	s.at++
	s.space()
	if s.at < len(s.text) && s.text[s.at] == '}' {
		s.at++
		return nil
	}
	for {
		if s.at >= len(s.text) || s.text[s.at] != '"' {
			return s.unexpected("a member's name")
		}
		name := Span{From: s.at, Kind: String}
		var err error
		if name.Escaped, err = s.string(); err != nil {
			return err
		}
		name.To = s.at
		s.space()
		if s.at >= len(s.text) || s.text[s.at] != ':' {
			return s.unexpected("':'")
		}
		s.at++
		s.space()
		value, err := s.value(depth + 1)
		if err != nil {
			return err
		}
		if depth == 0 {
			if len(s.Members) == MaxMembers {
				return s.fail("more than %d members in an object", MaxMembers)
			}
			s.Members = append(s.Members, Member{name, value, namesOf[string(s.text[name.From:name.To])]})
		}
		s.space()
		if s.at >= len(s.text) {
			return ErrShort
		}
		switch s.text[s.at] {
		case '}':
			s.at++
			return nil
		case ',':
			s.at++
			s.space()
		default:
			return s.unexpected("',' or '}'")
		}
	}
}

func (s *Scanner) array(depth int) error {
	s.at++
	s.space()
	if s.at < len(s.text) && s.text[s.at] == ']' {
		s.at++
		return nil
	}
	for {
		if _, err := s.value(depth + 1); err != nil {
			return err
		}
		s.space()
		if s.at >= len(s.text) {
			return ErrShort
		}
		switch s.text[s.at] {
		case ']':
			s.at++
			return nil
		case ',':
			s.at++
			s.space()
		default:
			return s.unexpected("',' or ']'")
		}
	}
}

// Bytes of a word of eight, for finding what ends a run of plain characters in a string.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special marks, by the high bit of each byte of w, the first byte that is '"', '\\', a
// control character or not ASCII; marks above the first may be wrong. Flipping the second bit
// brings '"' below '!', beside the control characters, so that one comparison finds them all.
func special(w uint64) uint64 {
	quote, slash := w^(ones*2), w^(ones*'\\')
	return (w | (quote-ones*0x21)&^quote | (slash-ones)&^slash) & highs
}

// plainEnd returns the place of the first byte at or after at that special would
// mark, or len(text).
func plainEnd(text []byte, at int) int {
	for at+8 <= len(text) {
		if m := special(binary.LittleEndian.Uint64(text[at:])); m != 0 {
			return at + bits.TrailingZeros64(m)/8
		}
		at += 8
	}
	for at < len(text) && text[at] != '"' && text[at] != '\\' && text[at] >= 0x20 && text[at] < 0x80 {
		at++
	}
	return at
}

func (s *Scanner) string() (escaped bool, err error) {
	text := s.text
	if end := plainString(text, s.at+1); end > 0 {
		s.at = end
		return false, nil
	}
	at := s.at + 1
	for {
		at = plainEnd(text, at)
		if at >= len(text) {
			s.at = at
			return escaped, ErrShort
		}
		switch c := text[at]; {
		case c == '"':
			s.at = at + 1
			return escaped, nil
		case c == '\\':
			escaped = true
			if at+1 >= len(text) {
				s.at = at
				return escaped, ErrShort
			}
			switch text[at+1] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
				at += 2
			case 'u':
				for i := at + 2; i < at+6; i++ {
					if i >= len(text) {
						s.at = at
						return escaped, ErrShort
					}
					if hexDigit(text[i]) < 0 {
						s.at = i
						return escaped, s.unexpected("a hexadecimal digit of \\u")
					}
				}
				at += 6
			default:
				s.at = at + 1
				return escaped, s.unexpected("an escape")
			}
		case c < 0x20:
			s.at = at
			return escaped, s.fail("a raw control character 0x%02x inside a string", c)
		default:
			s.NonASCII = true
			at++
		}
	}
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func (s *Scanner) word(word string) error {
	for i := range len(word) {
		if s.at >= len(s.text) {
			return ErrShort
		}
		if s.text[s.at] != word[i] {
			return s.unexpected("the rest of " + word)
		}
		s.at++
	}
	return nil
}

func (s *Scanner) digits() error {
	from := s.at
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
	}
	if s.at == from {
		return s.unexpected("a digit")
	}
	return nil
}

func (s *Scanner) number() error {
	if s.text[s.at] == '-' {
		s.at++
	}
	if s.at < len(s.text) && s.text[s.at] == '0' {
		s.at++
	} else if err := s.digits(); err != nil {
		return err
	}
	if s.at < len(s.text) && s.text[s.at] == '.' {
		s.at++
		if err := s.digits(); err != nil {
			return err
		}
	}
	if s.at < len(s.text) && (s.text[s.at] == 'e' || s.text[s.at] == 'E') {
		s.at++
		if s.at < len(s.text) && (s.text[s.at] == '+' || s.text[s.at] == '-') {
			s.at++
		}
		return s.digits()
	}
	return nil
}
