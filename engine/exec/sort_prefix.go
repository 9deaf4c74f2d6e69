package exec

import (
	"encoding/binary"
	"math"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Sorting compares numbers, where it can, instead of calling a function for two rows: a
// prefix is a number of 64 bits for the first key of ORDER BY such that
//
//	prefix(a) < prefix(b)  ⇒  a comes before b
//	a comes before b       ⇒  prefix(a) <= prefix(b)
//
// It is exact if equal prefixes mean equal keys. Prefixes of rows of several batches compare.

// hasPrefix reports whether there are prefixes for keys of type t.
func hasPrefix(t types.Type) bool {
	switch t.Physical() {
	case types.Bool, types.Int64, types.Float64:
		return true
	case types.String:
		return t.Is(types.Varchar) || t.Is(types.Varbinary)
	}
	return false
}

// sortPrefixes returns the prefixes of the rows of v, into out if it is large enough, and
// whether all are exact. v's type must have prefixes.
func sortPrefixes(v vector.Vector, k plan.SortKey, out []uint64) (prefixes []uint64, exact bool) {
	switch v.Type().Physical() {
	case types.Bool:
		return prefixesOf(v, k, out, func(b bool) uint64 {
			if b {
				return 2
			}
			return 1
		}), true
	case types.Int64:
		out = prefixesOf(v, k, out, func(n int64) uint64 { return uint64(n) ^ 1<<63 })
	case types.Float64:
		out = prefixesOf(v, k, out, floatPrefix)
	default:
		return prefixesOf(v, k, out, textPrefix), false
	}
	for _, p := range out {
		if p == 1 || p == math.MaxUint64-1 { // two values each, since one stood aside for NULL
			return out, false
		}
	}
	return out, true
}

// floatPrefix orders doubles as Trino does: 0 equals -0, and NaN comes after all others.
func floatPrefix(f float64) uint64 {
	switch {
	case f == 0:
		return 1 << 63
	case math.IsNaN(f):
		return math.MaxUint64 - 2
	}
	if u := math.Float64bits(f); u>>63 == 0 {
		return u | 1<<63
	} else {
		return ^u
	}
}

func textPrefix(s string) uint64 {
	if len(s) >= 8 {
		return uint64(s[7]) | uint64(s[6])<<8 | uint64(s[5])<<16 | uint64(s[4])<<24 |
			uint64(s[3])<<32 | uint64(s[2])<<40 | uint64(s[1])<<48 | uint64(s[0])<<56
	}
	var b [8]byte
	copy(b[:], s)
	return binary.BigEndian.Uint64(b[:])
}

// prefixesOf puts NULL before or after all values, which make room for it.
func prefixesOf[T vector.Element](v vector.Vector, k plan.SortKey, out []uint64, of func(T) uint64) []uint64 {
	if n := v.Len(); cap(out) < n {
		out = make([]uint64, n)
	} else {
		out = out[:n]
	}
	flip := uint64(0)
	if k.Descending {
		flip = math.MaxUint64
	}
	place := func(x T) uint64 { return min(max(of(x)^flip, 1), math.MaxUint64-1) }
	null := uint64(math.MaxUint64)
	if k.NullsFirst {
		null = 0
	}
	w := vector.ViewOf[T](v)
	if d, ok := v.(*vector.Dictionary); ok && 2*d.Values.Len() <= len(out) {
		entries := make([]uint64, len(w.Values))
		for e, x := range w.Values {
			entries[e] = place(x)
		}
		for i, at := range w.At {
			if w.Nulls.Has(i) {
				out[i] = null
			} else {
				out[i] = entries[at]
			}
		}
		return out
	}
	if !w.Nulls.Any(len(out)) {
		for i, at := range w.At {
			out[i] = place(w.Values[at])
		}
		return out
	}
	for i, at := range w.At {
		if w.Nulls.Has(i) {
			out[i] = null
		} else {
			out[i] = place(w.Values[at])
		}
	}
	return out
}
