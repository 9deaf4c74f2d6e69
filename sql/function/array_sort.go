package function

import (
	"slices"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

var _ = scalar("array", "array_sort", "Sorts an array, NULLs last; or by a lambda that compares two elements by -1, 0 and 1", "array_sort(ARRAY[3, NULL, 1])", "[1, 3, null]",
	Overload{Params: "array(T)", Result: "array(T)", Orderable: "T", NeverFailsWith: flatElements, New: always(sortArrays)},
	Overload{Params: "array(T),function(T,T,integer)", Result: "array(T)", New: always(sortArraysBy)})

func sortArrays(c *Call) (vector.Vector, error) {
	offsets, _, elements := spansOf(c.Args[0])
	var failed error
	compare := vector.RowComparer(elements)
	if elements.Type().Physical() == types.Nested {
		compare = func(a, b int32) int {
			order, err := vector.CompareStrict(elements, int(a), elements, int(b))
			if err != nil && failed == nil {
				failed = err
			}
			return order
		}
	}
	return eachArray(c, elements, func(dst []int32, i int) ([]int32, error) {
		at := len(dst)
		for j := offsets[i]; j < offsets[i+1]; j++ {
			dst = append(dst, j)
		}
		slices.SortStableFunc(dst[at:], func(a, b int32) int {
			switch x, y := isNull(elements, int(a)), isNull(elements, int(b)); {
			case x && y:
				return 0
			case x:
				return 1
			case y:
				return -1
			}
			return compare(a, b)
		})
		return dst, failed
	})
}

// merge is two sorted runs of places, left..mid-1 and mid..right-1, that are becoming one.
type merge struct{ left, mid, right, a, b, to int32 }

// sortArraysBy merges runs of 1, 2, 4 … places, of all rows side by side: each step
// asks the lambda about one pair of each two runs.
func sortArraysBy(c *Call) (vector.Vector, error) {
	offsets, _, elements := spansOf(c.Args[0])
	row := make([]int32, elements.Len())
	longest := int32(0)
	for i := range c.N {
		longest = max(longest, offsets[i+1]-offsets[i])
		for j := offsets[i]; j < offsets[i+1]; j++ {
			row[j] = int32(i)
		}
	}
	places, merged := make([]int32, elements.Len()), make([]int32, elements.Len())
	for j := range places {
		places[j] = int32(j)
	}
	var under []merge
	var rows, lefts, rights []int32
	for width := int32(1); width < longest; width *= 2 {
		under = under[:0]
		copy(merged, places)
		for i := range c.N {
			if c.Nulls.Has(i) {
				continue
			}
			for left := offsets[i]; left+width < offsets[i+1]; left += 2 * width {
				mid := left + width
				under = append(under, merge{left, mid, min(mid+width, offsets[i+1]), left, mid, left})
			}
		}
		for len(under) > 0 {
			rows, lefts, rights = rows[:0], lefts[:0], rights[:0]
			for _, m := range under {
				rows, lefts, rights = append(rows, row[m.left]), append(lefts, places[m.a]), append(rights, places[m.b])
			}
			// The later one first: so Java sorts, and what the lambda complains of depends on it.
			order, err := c.Lambda[1](rows, vector.Gather(elements, rights), vector.Gather(elements, lefts))
			if err != nil {
				return nil, err
			}
			view, kept := vector.ViewOf[int64](order), under[:0]
			for k, m := range under {
				if view.Nulls.Has(k) || view.Get(k) < -1 || view.Get(k) > 1 {
					return nil, invalid("Lambda comparator must return either -1, 0, or 1")
				}
				if view.Get(k) >= 0 {
					merged[m.to] = places[m.a]
					m.a++
				} else {
					merged[m.to] = places[m.b]
					m.b++
				}
				m.to++
				if m.a < m.mid && m.b < m.right {
					kept = append(kept, m)
					continue
				}
				n := copy(merged[m.to:], places[m.a:m.mid])
				copy(merged[int(m.to)+n:], places[m.b:m.right])
			}
			under = kept
		}
		places, merged = merged, places
	}
	return vector.NewArray(c.Result, offsets, vector.Gather(elements, places), c.Args[0].Nulls()), nil
}
