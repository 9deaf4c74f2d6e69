package vector

import (
	"cmp"
	"slices"
	"strings"

	"github.com/ctlake/ctlake/storage/types"
)

// Comparer returns Compare specialised to t, an orderable type, for loops over
// rows of several vectors.
func Comparer(t types.Type) func(a Vector, i int, b Vector, j int) int {
	switch {
	case t.Is(types.Char) || t.Is(types.Boolean):
		return Compare
	case t.Physical() == types.Int64:
		return comparer(cmp.Compare[int64])
	case t.Physical() == types.Float64:
		return comparer(types.CompareFloat64)
	case t.Physical() == types.String:
		return comparer(strings.Compare)
	case t.Physical() == types.Wide:
		return comparer(func(x, y types.Int128) int { return t.OrderKey(x).Cmp(t.OrderKey(y)) })
	}
	return Compare
}

func comparer[T Element](compare func(x, y T) int) func(a Vector, i int, b Vector, j int) int {
	return func(a Vector, i int, b Vector, j int) int {
		return compare(valueAt[T](a, i), valueAt[T](b, j))
	}
}

func valueAt[T Element](v Vector, i int) T {
	switch v := v.(type) {
	case *Flat[T]:
		return v.Values[i]
	case *Dictionary:
		return v.Values.(*Flat[T]).Values[v.Ids[i]]
	case *UUIDs:
		return any(v.Values[i].String()).(T)
	}
	return v.(*Constant).Value.(*Flat[T]).Values[0]
}

// RowComparer returns a function that orders rows of v, of an orderable type, by
// number; rows that are NULL must not be asked for. It looks at v's encoding
// once: rows of a dictionary are compared by the rank of their entries.
func RowComparer(v Vector) func(i, j int32) int {
	switch v := v.(type) {
	case *Flat[int64]:
		return func(i, j int32) int { return cmp.Compare(v.Values[i], v.Values[j]) }
	case *Flat[float64]:
		return func(i, j int32) int { return types.CompareFloat64(v.Values[i], v.Values[j]) }
	case *Flat[string]:
		if !v.typ.Is(types.Char) {
			return func(i, j int32) int { return strings.Compare(v.Values[i], v.Values[j]) }
		}
	case *Flat[types.Int128]:
		keys := make([]types.Int128, len(v.Values))
		for i, x := range v.Values {
			keys[i] = v.typ.OrderKey(x)
		}
		return func(i, j int32) int { return keys[i].Cmp(keys[j]) }
	case *Dictionary:
		if v.Values.Len() <= len(v.Ids) {
			ranks := rank(v.Values)
			return func(i, j int32) int { return int(ranks[v.Ids[i]]) - int(ranks[v.Ids[j]]) }
		}
		entries := RowComparer(v.Values)
		return func(i, j int32) int { return entries(v.Ids[i], v.Ids[j]) }
	case *Constant:
		return func(_, _ int32) int { return 0 }
	case *UUIDs: // digits are in the order of their characters
		return func(i, j int32) int {
			a, b := v.Values[i], v.Values[j]
			return cmp.Or(cmp.Compare(a.Hi, b.Hi), cmp.Compare(a.Lo, b.Lo))
		}
	}
	return func(i, j int32) int { return Compare(v, int(i), v, int(j)) }
}

// rank returns the place of each entry among all, equal ones sharing a place.
func rank(entries Vector) []int32 {
	compare := RowComparer(entries)
	order := slices.Clone(identity(entries.Len()))
	slices.SortFunc(order, compare)
	ranks := make([]int32, len(order))
	place := int32(0)
	for n, e := range order {
		if n > 0 && compare(order[n-1], e) != 0 {
			place++
		}
		ranks[e] = place
	}
	return ranks
}
