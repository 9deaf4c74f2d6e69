package record

import (
	"encoding/binary"
	"math/bits"
)

// plainDepth bounds the nesting that plain passes over.
const plainDepth = 64

// cutOff is what plain and its like return where the text ended too early, and was right so far.
const cutOff = -1

// plain returns the end of the object or array that begins at text[at], if all of it is there, is right, and
// is as CloudTrail mostly writes it: without white space, escapes and bytes that are not ASCII, not nested
// deeply. It returns cutOff, or 0 for what else there is, which the Scanner then looks at closely.
func plain(text []byte, at int) (end int) {
	objects := uint64(0) // which of the open ones are objects, the innermost lowest
	level := 0
	for {
		// At the beginning of a value.
		if uint(at) >= uint(len(text)) {
			return cutOff
		}
		switch c := text[at]; c {
		case '"':
			if at = plainString(text, at+1); at <= 0 {
				return at
			}
		case '{', '[':
			if level == plainDepth {
				return 0
			}
			objects <<= 1
			level++
			if at++; uint(at) >= uint(len(text)) {
				return cutOff
			}
			next := text[at]
			if c == '{' {
				objects |= 1
				if next != '}' {
					if at = plainName(text, at); at <= 0 {
						return at
					}
					continue
				}
			} else if next != ']' {
				continue
			}
		default:
			if at, _ = plainScalar(text, at); at <= 0 {
				return at
			}
		}
		// Behind a value, or at the end of an empty object or array.
		for {
			if uint(at) >= uint(len(text)) {
				return cutOff
			}
			c := text[at]
			at++
			if c == ',' {
				break
			}
			if c != ']'+byte(objects&1)*('}'-']') {
				return 0
			}
			objects >>= 1
			if level--; level == 0 {
				return at
			}
		}
		if objects&1 != 0 {
			if at = plainName(text, at); at <= 0 {
				return at
			}
		}
	}
}

// plainScalar returns the place behind the number, boolean or null at text[at], and its kind, as plain does.
func plainScalar(text []byte, at int) (int, Kind) {
	word, kind := "", Bool
	switch c := text[at]; c {
	case 't':
		word = "true"
	case 'f':
		word = "false"
	case 'n':
		word, kind = "null", Null
	default:
		return plainNumber(text, at), Number
	}
	if end := at + len(word); end <= len(text) && string(text[at:end]) == word {
		return end, kind
	}
	return 0, Null
}

// plainNumber returns the place behind the number at text[at], as plain does; numbers with exponents it gives up.
func plainNumber(text []byte, at int) int {
	if text[at] == '-' {
		at++
	}
	end := plainDigits(text, at)
	if end == at || end > at+1 && text[at] == '0' {
		return 0
	}
	if end < len(text) && text[end] == '.' {
		if at, end = end+1, plainDigits(text, end+1); end == at {
			return 0
		}
	}
	if end < len(text) && (text[end] == 'e' || text[end] == 'E') {
		return 0
	}
	return end
}

// plainDigits returns the place behind the digits at text[at].
func plainDigits(text []byte, at int) int {
	for at < len(text) && text[at] >= '0' && text[at] <= '9' {
		at++
	}
	return at
}

// plainRecord is plain of the object at the beginning of text, whose members it notes as object does. A value
// that is not plain is looked at closely by itself. short says that the text ended too early, and was right so far.
func (s *Scanner) plainRecord(text []byte) (end int, short bool) {
	if s.habits == nil {
		if s.records++; s.records > 1 {
			s.habits = &habits{}
		}
	}
	s.loose = false
	last := NoName
	for at := 1; len(s.Members) < MaxMembers; {
		from, known := at, NoName
		if s.habits != nil {
			known, at = s.habits.name(text, at, last)
		}
		if known == NoName {
			if at = plainName(text, from); at <= 0 {
				return 0, at < 0
			}
			if known = namesOf[string(text[from:at-1])]; known != NoName && s.habits != nil {
				s.habits.learn(last, known)
			}
		}
		if last = known; at >= len(text) {
			return 0, true
		}
		// Written in place: to put it together elsewhere and copy it takes as long as to scan a string.
		if n := len(s.Members); n < cap(s.Members) {
			s.Members = s.Members[:n+1]
		} else {
			s.Members = append(s.Members, Member{})
		}
		m := &s.Members[len(s.Members)-1]
		m.Name, m.Known = Span{From: from, To: at - 1, Kind: String}, known
		m.Value.From, m.Value.Escaped, m.Value.Loose = at, false, false
		switch text[at] {
		case '"':
			m.Value.Kind = String
			at = plainString(text, at+1)
		case '{':
			m.Value.Kind = Object
			at = s.plainNested(text, at, known)
		case '[':
			m.Value.Kind = Array
			at = s.plainNested(text, at, known)
		default:
			at, m.Value.Kind = plainScalar(text, at)
		}
		if at <= 0 {
			if at < 0 {
				return 0, true
			}
			if at = s.member(text, m); at == 0 {
				return 0, false
			}
		}
		m.Value.To = at
		if at >= len(text) {
			return 0, true
		}
		switch text[at] {
		case ',':
			at++
		case '}':
			return at + 1, false
		default:
			return 0, false
		}
	}
	return 0, false
}

// member looks closely at the value of a member, and returns its end; 0 if there is something wrong.
func (s *Scanner) member(text []byte, m *Member) (end int) {
	s.text, s.at = text, m.Value.From
	var err error
	if kind := m.Value.Kind; kind == Object || kind == Array {
		m.Value, err = s.nested(1)
	} else {
		m.Value, err = s.value(1)
	}
	if err != nil {
		return 0
	}
	return s.at
}

// plainNested is plain of the value of a member.
func (s *Scanner) plainNested(text []byte, at int, name Name) (end int) {
	if s.habits == nil {
		return plain(text, at)
	}
	end, slot := s.habits.find(text, at, name)
	if end > 0 {
		return end
	}
	if end = plain(text, at); end > 0 {
		s.habits.keep(slot, text[at:end])
	}
	return end
}

// habits is what a Scanner learns of the records that it scans, to be quicker with those that are alike.
type habits struct {
	followers
	again
}

// plainName returns the place behind the name and the colon at text[at], as plain does.
func plainName(text []byte, at int) int {
	if uint(at) >= uint(len(text)) {
		return cutOff
	}
	if text[at] != '"' {
		return 0
	}
	if at = plainString(text, at+1); at <= 0 {
		return at
	}
	if at >= len(text) {
		return cutOff
	}
	if text[at] != ':' {
		return 0
	}
	return at + 1
}

// plainString returns the place behind the string whose inner text begins at text[at], as plain does.
func plainString(text []byte, at int) int {
	for ; len(text)-at >= 8; at += 8 {
		if m := special(binary.LittleEndian.Uint64(text[at:])); m != 0 {
			if at += bits.TrailingZeros64(m) / 8; text[at] != '"' {
				return 0
			}
			return at + 1
		}
	}
	switch at = plainEnd(text, at); {
	case at >= len(text):
		return cutOff
	case text[at] == '"':
		return at + 1
	}
	return 0
}
