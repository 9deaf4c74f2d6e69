package regex

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// A code is a character, or invalidByte and a byte that is no part of one.
type code = int32

const (
	invalidByte code = unicode.MaxRune + 1
	maxCode     code = invalidByte + 0xff
	noCode      code = -1 // the end of the text, or its beginning
)

// decode returns the code at s[i], which exists, and its length.
func decode(s string, i int) (c code, size int) {
	if b := s[i]; b < utf8.RuneSelf {
		return code(b), 1
	}
	r, size := utf8.DecodeRuneInString(s[i:])
	if r == utf8.RuneError && size == 1 {
		return invalidByte + code(s[i]), 1
	}
	return r, size
}

// decodeLast returns the last code of s[:i], i > 0, and its length.
func decodeLast(s string, i int) (c code, size int) {
	if b := s[i-1]; b < utf8.RuneSelf {
		return code(b), 1
	}
	r, size := utf8.DecodeLastRuneInString(s[:i])
	if r == utf8.RuneError && size == 1 {
		return invalidByte + code(s[i-1]), 1
	}
	return r, size
}

// appendCode appends the bytes of c.
func appendCode(dst []byte, c code) []byte {
	if c >= invalidByte {
		return append(dst, byte(c-invalidByte))
	}
	return utf8.AppendRune(dst, c)
}

// A set is a set of codes: ranges from lo to hi, in order, with gaps between them.
type set []codeRange

type codeRange struct{ lo, hi code }

func setOf(c code) set { return set{{c, c}} }

func (s set) has(c code) bool {
	from, to := 0, len(s)
	for from < to {
		middle := (from + to) / 2
		switch r := s[middle]; {
		case c < r.lo:
			to = middle
		case c > r.hi:
			from = middle + 1
		default:
			return true
		}
	}
	return false
}

// single returns the only code of s.
func (s set) single() (code, bool) {
	if len(s) == 1 && s[0].lo == s[0].hi {
		return s[0].lo, true
	}
	return 0, false
}

// normal returns ranges in any order as a set.
func normal(ranges []codeRange) set {
	slices.SortFunc(ranges, func(a, b codeRange) int { return int(a.lo - b.lo) })
	var out set
	for _, r := range ranges {
		if n := len(out); n > 0 && r.lo <= out[n-1].hi+1 {
			out[n-1].hi = max(out[n-1].hi, r.hi)
			continue
		}
		out = append(out, r)
	}
	return out
}

func (s set) union(other set) set {
	return normal(slices.Concat(s, other))
}

func (s set) negate() set {
	var out set
	next := code(0)
	for _, r := range s {
		if r.lo > next {
			out = append(out, codeRange{next, r.lo - 1})
		}
		next = r.hi + 1
	}
	if next <= maxCode {
		out = append(out, codeRange{next, maxCode})
	}
	return out
}

func (s set) intersect(other set) set {
	return s.negate().union(other.negate()).negate()
}

// fold adds all codes that differ from one of s in case only.
func (s set) fold() set {
	out := slices.Clone([]codeRange(s))
	for _, r := range s {
		for c := r.lo; c <= min(r.hi, maxFolding); c++ {
			for f := unicode.SimpleFold(c); f != c; f = unicode.SimpleFold(f) {
				out = append(out, codeRange{f, f})
			}
		}
	}
	return normal(out)
}

// maxFolding is beyond all characters that have a case.
const maxFolding = 0x1ffff

// fromTables returns the characters of tables of package unicode.
func fromTables(tables ...*unicode.RangeTable) set {
	var out []codeRange
	for _, t := range tables {
		for _, r := range t.R16 {
			out = appendStrided(out, code(r.Lo), code(r.Hi), code(r.Stride))
		}
		for _, r := range t.R32 {
			out = appendStrided(out, code(r.Lo), code(r.Hi), code(r.Stride))
		}
	}
	return normal(out)
}

func appendStrided(out []codeRange, lo, hi, stride code) []codeRange {
	if stride == 1 {
		return append(out, codeRange{lo, hi})
	}
	for c := lo; c <= hi; c += stride {
		out = append(out, codeRange{c, c})
	}
	return out
}
