package vector

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"github.com/ctlake/ctlake/storage/types"
)

// Compare orders row i of a and row j of b, both of one orderable type and not
// NULL, and returns a negative number, 0 or a positive one. The order is
// Trino's: NaN is largest and equal to itself, -0.0 equals 0.0, char values
// count as padded, times and timestamps with time zone go by their instant,
// arrays and rows go element by element. NULLs inside of arrays and rows come
// last; SQL refuses to compare those, see CompareStrict.
func Compare(a Vector, i int, b Vector, j int) int {
	c, _ := rowOrder{}.compare(a, i, b, j)
	return c
}

// CompareStrict is Compare with Trino's rule that arrays and rows with NULLs
// inside have no order: an error of code NOT_SUPPORTED, if one is met before the
// comparison is decided.
func CompareStrict(a Vector, i int, b Vector, j int) (int, error) {
	return rowOrder{strict: true}.compare(a, i, b, j)
}

// CompareNaNFirst is CompareStrict where NaN is smallest, inside of arrays and rows
// too: the order by which Trino looks for what is greatest.
func CompareNaNFirst(a Vector, i int, b Vector, j int) (int, error) {
	return rowOrder{strict: true, nanFirst: true}.compare(a, i, b, j)
}

// rowOrder is a way to order rows: strict refuses NULLs inside of them.
type rowOrder struct{ strict, nanFirst bool }

var (
	errArrayNull = &types.Error{Code: types.CodeNotSupported, Msg: "ARRAY comparison not supported for arrays with null elements"}
	errRowNull   = &types.Error{Code: types.CodeNotSupported, Msg: "ROW comparison not supported for fields with null elements"}
)

func (o rowOrder) compare(a Vector, i int, b Vector, j int) (int, error) {
	a, i, _ = plainAt(a, i)
	b, j, _ = plainAt(b, j)
	switch a := a.(type) {
	case *Array:
		b := b.(*Array)
		from, to := int(a.Offsets[i]), int(a.Offsets[i+1])
		fromB, toB := int(b.Offsets[j]), int(b.Offsets[j+1])
		for ; from < to && fromB < toB; from, fromB = from+1, fromB+1 {
			if c, err := o.compareChildren(a.Elements, from, b.Elements, fromB, errArrayNull); c != 0 || err != nil {
				return c, err
			}
		}
		return cmp.Compare(to-from, toB-fromB), nil
	case *Row:
		for f, field := range a.Fields {
			if c, err := o.compareChildren(field, i, b.(*Row).Fields[f], j, errRowNull); c != 0 || err != nil {
				return c, err
			}
		}
		return 0, nil
	case *Flat[float64]:
		if x, y := a.Values[i], b.(*Flat[float64]).Values[j]; o.nanFirst && (math.IsNaN(x) || math.IsNaN(y)) {
			return types.CompareBool(math.IsNaN(y), math.IsNaN(x)), nil
		}
	}
	return compareScalars(a, i, b, j), nil
}

func (o rowOrder) compareChildren(a Vector, i int, b Vector, j int, null error) (int, error) {
	_, _, nullA := plainAt(a, i)
	_, _, nullB := plainAt(b, j)
	switch {
	case o.strict && (nullA || nullB):
		return 0, null
	case nullA || nullB:
		return types.CompareBool(nullA, nullB), nil
	}
	return o.compare(a, i, b, j)
}

// compareScalars orders rows of flat vectors.
func compareScalars(a Vector, i int, b Vector, j int) int {
	switch a := a.(type) {
	case *Flat[bool]:
		return types.CompareBool(a.Values[i], b.(*Flat[bool]).Values[j])
	case *Flat[int64]:
		return cmp.Compare(a.Values[i], b.(*Flat[int64]).Values[j])
	case *Flat[float64]:
		return types.CompareFloat64(a.Values[i], b.(*Flat[float64]).Values[j])
	case *Flat[string]:
		if a.typ.Is(types.Char) {
			return types.CompareChar(a.Values[i], b.(*Flat[string]).Values[j])
		}
		return strings.Compare(a.Values[i], b.(*Flat[string]).Values[j])
	case *Flat[types.Int128]:
		return a.typ.OrderKey(a.Values[i]).Cmp(a.typ.OrderKey(b.(*Flat[types.Int128]).Values[j]))
	}
	panic(fmt.Sprintf("compare rows of %T, of type %s", a, a.Type()))
}

// Equal3 compares row i of a and row j of b, both of one type, with SQL's
// three-valued =. known is false where the answer is NULL: a row is NULL, or
// NULLs inside of arrays, maps or rows leave it open. NaN equals nothing.
func Equal3(a Vector, i int, b Vector, j int) (equal, known bool) {
	a, i, nullA := plainAt(a, i)
	b, j, nullB := plainAt(b, j)
	if nullA || nullB {
		return false, false
	}
	switch a := a.(type) {
	case *Flat[float64]:
		return a.Values[i] == b.(*Flat[float64]).Values[j], true
	case *Array:
		b := b.(*Array)
		from, fromB := int(a.Offsets[i]), int(b.Offsets[j])
		n := int(a.Offsets[i+1]) - from
		if n != int(b.Offsets[j+1])-fromB {
			return false, true
		}
		return allEqual3(n, func(c int) (bool, bool) { return Equal3(a.Elements, from+c, b.Elements, fromB+c) })
	case *Row:
		b := b.(*Row)
		return allEqual3(len(a.Fields), func(f int) (bool, bool) { return Equal3(a.Fields[f], i, b.Fields[f], j) })
	case *Map:
		b := b.(*Map)
		from, to := int(a.Offsets[i]), int(a.Offsets[i+1])
		if to-from != int(b.Offsets[j+1]-b.Offsets[j]) {
			return false, true
		}
		partner := partners(a, i, b, j)
		return allEqual3(to-from, func(c int) (bool, bool) {
			at := partner(from + c)
			if at < 0 {
				return false, true
			}
			return Equal3(a.Values, from+c, b.Values, at)
		})
	}
	return compareScalars(a, i, b, j) == 0, true
}

// allEqual3 is the AND of n comparisons.
func allEqual3(n int, equal3 func(int) (equal, known bool)) (equal, known bool) {
	known = true
	for c := range n {
		e, k := equal3(c)
		if k && !e {
			return false, true
		}
		known = known && k
	}
	return known, known
}

// Distinct reports whether row i of a IS DISTINCT FROM row j of b, of one type:
// NULL is not distinct from NULL nor NaN from NaN, inside of arrays, maps and
// rows too. No row is distinct from itself. Hash agrees with it.
func Distinct(a Vector, i int, b Vector, j int) bool {
	a, i, nullA := plainAt(a, i)
	b, j, nullB := plainAt(b, j)
	if nullA || nullB {
		return nullA != nullB
	}
	switch a := a.(type) {
	case *Array:
		b := b.(*Array)
		from, fromB := int(a.Offsets[i]), int(b.Offsets[j])
		n := int(a.Offsets[i+1]) - from
		if n != int(b.Offsets[j+1])-fromB {
			return true
		}
		for c := range n {
			if Distinct(a.Elements, from+c, b.Elements, fromB+c) {
				return true
			}
		}
		return false
	case *Row:
		for f, field := range a.Fields {
			if Distinct(field, i, b.(*Row).Fields[f], j) {
				return true
			}
		}
		return false
	case *Map:
		b := b.(*Map)
		from, to := int(a.Offsets[i]), int(a.Offsets[i+1])
		if to-from != int(b.Offsets[j+1]-b.Offsets[j]) {
			return true
		}
		partner := partners(a, i, b, j)
		for c := from; c < to; c++ {
			if at := partner(c); at < 0 || Distinct(a.Values, c, b.Values, at) {
				return true
			}
		}
		return false
	case *Flat[string]:
		if a.typ.Is(types.Char) {
			return types.TrimChar(a.Values[i]) != types.TrimChar(b.(*Flat[string]).Values[j])
		}
		return a.Values[i] != b.(*Flat[string]).Values[j]
	}
	return compareScalars(a, i, b, j) != 0
}

// partners returns a function that finds for an entry of row i of a that of row j of b with the same key: its
// number among b's children, or -1. Both have as many entries. Most maps that are the same have their entries in the
// same order, and so has a map itself: then a key may come twice, as it may in files of other writers.
func partners(a *Map, i int, b *Map, j int) func(entry int) int {
	from, to, shift := int(a.Offsets[i]), int(a.Offsets[i+1]), int(b.Offsets[j])-int(a.Offsets[i])
	for from < to && !Distinct(a.Keys, from, b.Keys, from+shift) {
		from++
	}
	if from == to {
		return func(entry int) int { return entry + shift }
	}
	find := keyFinder(b, j)
	return func(entry int) int { return find(a.Keys, entry) }
}

// linearKeys is up to how many entries of a map are searched one by one.
const linearKeys = 16

// keyFinder returns a function that finds the entry of row j of m whose key is
// not distinct from a given one: its number among m's children, or -1.
func keyFinder(m *Map, j int) func(keys Vector, k int) int {
	from, to := int(m.Offsets[j]), int(m.Offsets[j+1])
	if to-from <= linearKeys {
		return func(keys Vector, k int) int {
			for at := from; at < to; at++ {
				if !Distinct(keys, k, m.Keys, at) {
					return at
				}
			}
			return -1
		}
	}
	hashes := make([]uint64, to-from)
	Hash(Slice(m.Keys, from, to), hashes)
	byHash := make(map[uint64][]int, len(hashes))
	for n, h := range hashes {
		byHash[h] = append(byHash[h], from+n)
	}
	return func(keys Vector, k int) int {
		hash := make([]uint64, 1)
		Hash(Slice(keys, k, k+1), hash)
		for _, at := range byHash[hash[0]] {
			if !Distinct(keys, k, m.Keys, at) {
				return at
			}
		}
		return -1
	}
}
