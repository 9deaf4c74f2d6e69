package record

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"
)

// ContentSum returns a SHA-256 of what the record in text says, however it is spelt: the order of members, escapes in strings, white
// space and the spelling of numbers (1, 1.0, 1e0) make no difference. Of members of the same name in one object the order does. It
// fails if text is no JSON.
func ContentSum(text []byte) (sum [sha256.Size]byte, err error) {
	var s Scanner
	if n, err := s.Scan(text, true); err != nil {
		return sum, err
	} else if n != len(text) {
		return sum, &SyntaxError{Offset: n, Reason: "there is more behind the value"}
	}
	w := walk(text, s.Root)
	w.at = s.Root.From
	var c canonical
	return sha256.Sum256(c.append(nil, &w)), nil
}

// Text returns the text of a record. It does not change.
func (r *Records) Text(row int) []byte {
	text, _, _ := r.at(row)
	return text
}

// canonical spells values in one way. No value's spelling is the beginning of another's:
//
//	string   's' length bytes, decoded
//	number   'n' length decimal, see appendNumber
//	true, false, null   't', 'f', 'z'
//	array    '[' values ']'
//	object   '{' members '}', each a string and a value, sorted by name
type canonical struct{ scratch []byte }

// append appends the value that w is at. Its depth is bounded by the Scanner's.
func (c *canonical) append(dst []byte, w *walker) []byte {
	switch begin := w.separator(); begin {
	case '{':
		w.at++
		type part struct{ from, nameTo, to int }
		var members []part
		from := len(dst)
		for w.separator() != '}' {
			p := part{from: len(dst)}
			dst = c.append(dst, w)
			p.nameTo = len(dst)
			dst = c.append(dst, w)
			p.to = len(dst)
			members = append(members, p)
		}
		w.at++
		spelt := bytes.Clone(dst[from:])
		slices.SortStableFunc(members, func(a, b part) int {
			return bytes.Compare(spelt[a.from-from:a.nameTo-from], spelt[b.from-from:b.nameTo-from])
		})
		dst = append(dst[:from], '{')
		for _, p := range members {
			dst = append(dst, spelt[p.from-from:p.to-from]...)
		}
		return append(dst, '}')
	case '[':
		w.at++
		dst = append(dst, '[')
		for w.separator() != ']' {
			dst = c.append(dst, w)
		}
		w.at++
		return append(dst, ']')
	}
	v := w.value()
	token := w.text[v.From:v.To]
	switch v.Kind {
	case String:
		c.scratch = appendString(c.scratch[:0], token, v.Escaped)
		dst = binary.AppendUvarint(append(dst, 's'), uint64(len(c.scratch)))
		return append(dst, c.scratch...)
	case Number:
		c.scratch = appendNumber(c.scratch[:0], token)
		dst = binary.AppendUvarint(append(dst, 'n'), uint64(len(c.scratch)))
		return append(dst, c.scratch...)
	case Bool:
		return append(dst, token[0])
	}
	return append(dst, 'z')
}

// maxExponent bounds the exponents of numbers that are the same when they are spelt otherwise.
const maxExponent = 1 << 60

// appendNumber appends a number as its digits without zeros around them, 'e', and the exponent of the last digit: 120, 1.2e2
// and 0.12E+3 are all 12e1, zeros of any sign are 0e0.
func appendNumber(dst, token []byte) []byte {
	rest, negative := bytes.CutPrefix(token, []byte("-"))
	mantissa, exponent := rest, []byte(nil)
	if i := bytes.IndexAny(rest, "eE"); i >= 0 {
		mantissa, exponent = rest[:i], rest[i+1:]
	}
	whole, fraction, _ := bytes.Cut(mantissa, []byte("."))
	digits := append(bytes.Clone(whole), fraction...)
	trimmed := bytes.TrimRight(digits, "0")
	moved := int64(len(digits) - len(trimmed) - len(fraction))
	trimmed = bytes.TrimLeft(trimmed, "0")
	if len(trimmed) == 0 {
		return append(dst, "0e0"...)
	}
	if negative {
		dst = append(dst, '-')
	}
	dst = append(append(dst, trimmed...), 'e')
	power := int64(0)
	if len(exponent) > 0 {
		var err error
		if power, err = strconv.ParseInt(string(exponent), 10, 64); err != nil || power > maxExponent || power < -maxExponent {
			// No number that anybody counts with: it is what it looks like.
			return append(append(dst[:0], '?'), token...)
		}
	}
	return strconv.AppendInt(dst, power+moved, 10)
}
