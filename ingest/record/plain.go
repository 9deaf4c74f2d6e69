package record

import (
	"encoding/binary"
	"math/bits"
)

// plainDepth bounds the nesting that plain passes over.
const plainDepth = 64

// plain returns the end of the object or array that begins at text[at], if all of it is there, is right, and
// is as CloudTrail mostly writes it: without white space, escapes and bytes that are not ASCII, not nested
// deeply. It returns 0 for what else there is, which the Scanner then looks at closely.
func plain(text []byte, at int) (end int) {
	objects := uint64(0) // which of the open ones are objects, the innermost lowest
	level := 0
	for {
		// At the beginning of a value.
		if uint(at) >= uint(len(text)) {
			return 0
		}
		switch c := text[at]; c {
		case '"':
			if at = plainString(text, at+1); at == 0 {
				return 0
			}
		case '{', '[':
			if level == plainDepth || at+1 >= len(text) {
				return 0
			}
			objects <<= 1
			level++
			at++
			next := text[at]
			if c == '{' {
				objects |= 1
				if next != '}' {
					if at = plainName(text, at); at == 0 {
						return 0
					}
					continue
				}
			} else if next != ']' {
				continue
			}
		default:
			if at, _ = plainScalar(text, at); at == 0 {
				return 0
			}
		}
		// Behind a value, or at the end of an empty object or array.
		for {
			if uint(at) >= uint(len(text)) {
				return 0
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
			if at = plainName(text, at); at == 0 {
				return 0
			}
		}
	}
}

// plainScalar returns the place behind the number, boolean or null at text[at], and its kind; 0 where plain gives up.
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
		s := Scanner{text: text, at: at}
		if c != '-' && (c < '0' || c > '9') || s.number() != nil {
			return 0, Null
		}
		return s.at, Number
	}
	if end := at + len(word); end <= len(text) && string(text[at:end]) == word {
		return end, kind
	}
	return 0, Null
}

// plainRecord is plain of the object at the beginning of text, whose members it notes as object does.
func (s *Scanner) plainRecord(text []byte) (end int) {
	for at := 1; len(s.Members) < MaxMembers; {
		name := Span{From: at, Kind: String}
		if at = plainName(text, at); at == 0 || at >= len(text) {
			return 0
		}
		name.To = at - 1
		value := Span{From: at}
		switch text[at] {
		case '"':
			value.Kind = String
			at = plainString(text, at+1)
		case '{':
			value.Kind = Object
			at = plain(text, at)
		case '[':
			value.Kind = Array
			at = plain(text, at)
		default:
			at, value.Kind = plainScalar(text, at)
		}
		if at == 0 || at >= len(text) {
			return 0
		}
		value.To = at
		s.Members = append(s.Members, Member{name, value})
		switch text[at] {
		case ',':
			at++
		case '}':
			return at + 1
		default:
			return 0
		}
	}
	return 0
}

// plainName returns the place behind the name and the colon at text[at]; 0 where plain gives up.
func plainName(text []byte, at int) int {
	if uint(at) >= uint(len(text)) || text[at] != '"' {
		return 0
	}
	at = plainString(text, at+1)
	if at == 0 || at >= len(text) || text[at] != ':' {
		return 0
	}
	return at + 1
}

// plainString returns the place behind the string whose inner text begins at text[at]; 0 where plain gives up.
func plainString(text []byte, at int) int {
	for ; at+8 <= len(text); at += 8 {
		if m := special(binary.LittleEndian.Uint64(text[at:])); m != 0 {
			at += bits.TrailingZeros64(m) / 8
			if text[at] != '"' {
				return 0
			}
			return at + 1
		}
	}
	if at = plainEnd(text, at); at < len(text) && text[at] == '"' {
		return at + 1
	}
	return 0
}
