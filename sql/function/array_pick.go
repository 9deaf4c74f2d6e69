package function

import (
	"math/rand/v2"

	"github.com/ctlake/ctlake/storage/vector"
)

// endElement is the overload that returns the first or last element of an array.
func endElement(place func(from, to int) int) Overload {
	return Overload{Params: "array(T)", Result: "T", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		spans := vector.SpansOf(c.Args[0])
		rows := make([]int32, c.N)
		for i := range rows {
			rows[i] = -1
			if from, to := spans.Span(i); from < to && !c.Nulls.Has(i) {
				rows[i] = int32(place(from, to))
			}
		}
		return vector.GatherOrNull(spans.Values, rows), nil
	})}
}

var (
	_ = scalar("array", "array_first", "Returns the first element of an array, or the first for which a lambda is true; NULL if there is none", "array_first(ARRAY[1, 2])", "1",
		endElement(func(from, _ int) int { return from }),
		Overload{Params: "array(T),function(T,boolean)", Result: "T", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
			spans := vector.SpansOf(c.Args[0])
			found, _, err := search(c, spans, true)
			if err != nil {
				return nil, err
			}
			return vector.GatherOrNull(spans.Values, found), nil
		})})
	_ = scalar("array", "array_last", "Returns the last element of an array; NULL if it is empty", "array_last(ARRAY[1, 2])", "2",
		endElement(func(_, to int) int { return to - 1 }))
)

var _ = scalar("array", "contains_sequence", "Tests whether an array has the elements of another next to each other and in that order; NULL equals NULL here",
	"contains_sequence(ARRAY[1, 2, 3], ARRAY[2, 3])", "true",
	Overload{Params: "array(T),array(T)", Result: "boolean", Comparable: "T", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		spans, wanted := vector.SpansOf(c.Args[0]), vector.SpansOf(c.Args[1])
		return each(c, func(i int) (bool, error) {
			from, to := spans.Span(i)
			first, last := wanted.Span(i)
			for ; from+last-first <= to; from++ {
				n := 0
				for first+n < last && !vector.Distinct(spans.Values, from+n, wanted.Values, first+n) {
					n++
				}
				if first+n == last {
					return true, nil
				}
			}
			return false, nil
		})
	})})

var _ = scalar("array", "shuffle", "Returns the elements of an array in random order", "cardinality(shuffle(ARRAY[1, 2, 3]))", "3",
	Overload{Params: "array(T)", Result: "array(T)", NeverFails: true, Volatile: true, New: always(func(c *Call) (vector.Vector, error) {
		spans := vector.SpansOf(c.Args[0])
		return eachArray(c, spans.Values, func(dst []int32, i int) ([]int32, error) {
			from, to := spans.Span(i)
			start := len(dst)
			for j := from; j < to; j++ {
				dst = append(dst, int32(j))
			}
			rand.Shuffle(to-from, func(x, y int) { dst[start+x], dst[start+y] = dst[start+y], dst[start+x] })
			return dst, nil
		})
	})})
