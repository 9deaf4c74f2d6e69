package function

import (
	"slices"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

var _ = scalar("array", "array_sort", "Sorts an array, NULLs last; or by a lambda that compares two elements by -1, 0 and 1", "array_sort(ARRAY[3, NULL, 1])", "[1, 3, null]",
	Overload{Params: "array(T)", Result: "array(T)", Orderable: "T", New: always(func(c *Call) (vector.Vector, error) {
		spans := vector.SpansOf(c.Args[0])
		compare, nulls := vector.RowComparer(spans.Values), spans.Values.Nulls()
		return eachArray(c, spans.Values, func(dst []int32, i int) ([]int32, error) {
			from, to := spans.Span(i)
			at := len(dst)
			for j := from; j < to; j++ {
				dst = append(dst, int32(j))
			}
			slices.SortStableFunc(dst[at:], func(a, b int32) int {
				switch x, y := nulls.Has(int(a)), nulls.Has(int(b)); {
				case x && y:
					return 0
				case x:
					return 1
				case y:
					return -1
				}
				return compare(a, b)
			})
			return dst, nil
		})
	})},
	Overload{Params: "array(T),function(T,T,integer)", Result: "array(T)", New: always(func(c *Call) (vector.Vector, error) {
		spans := vector.SpansOf(c.Args[0])
		return eachArray(c, spans.Values, func(dst []int32, i int) ([]int32, error) {
			from, to := spans.Span(i)
			at := len(dst)
			for j := from; j < to; j++ {
				dst = append(dst, int32(j))
			}
			var failed error
			slices.SortStableFunc(dst[at:], func(a, b int32) int {
				if failed != nil {
					return 0
				}
				order, err := c.Lambda[1]([]int32{int32(i)}, vector.Gather(spans.Values, []int32{a}), vector.Gather(spans.Values, []int32{b}))
				if err != nil {
					failed = err
					return 0
				}
				w := vector.ViewOf[int64](order)
				if w.Nulls.Has(0) || w.Get(0) < -1 || w.Get(0) > 1 {
					failed = invalid("Lambda comparator must return either -1, 0, or 1")
					return 0
				}
				return int(w.Get(0))
			})
			return dst, failed
		})
	})})

// reduce goes through the arrays of all rows side by side: step n takes in the n-th element of those that have one.
var _ = scalar("array", "reduce", "Takes the elements in one by one, from a first state on, and turns the last state into the result",
	"reduce(ARRAY[5, 20, 50], 0, (s, x) -> s + x, s -> s)", "75",
	Overload{Params: "array(T),S,function(S,T,S),function(S,R)", Result: "R", Nullable: true, New: always(func(c *Call) (vector.Vector, error) {
		spans, arrays := vector.SpansOf(c.Args[0]), c.Args[0].Nulls()
		state := c.Args[1]
		for n := 0; ; n++ {
			var rows, places []int32
			for i := range c.N {
				if arrays.Has(i) {
					continue
				}
				if from, to := spans.Span(i); from+n < to {
					rows, places = append(rows, int32(i)), append(places, int32(from+n))
				}
			}
			if len(rows) == 0 {
				break
			}
			next, err := c.Lambda[2](rows, vector.Gather(state, rows), vector.Gather(spans.Values, places))
			if err != nil {
				return nil, err
			}
			state = scatter(state, next, rows)
		}
		all := make([]int32, c.N)
		for i := range all {
			all[i] = int32(i)
		}
		result, err := c.Lambda[3](all, state)
		if err != nil {
			return nil, err
		}
		return vector.WithNulls(result, arrays), nil
	})})

// scatter returns v with the given rows, which ascend, replaced by those of w.
func scatter(v, w vector.Vector, rows []int32) vector.Vector {
	if len(rows) == v.Len() {
		return w
	}
	b := vector.NewBuilder(v.Type(), v.Len())
	at := 0
	for i := range v.Len() {
		if at < len(rows) && int(rows[at]) == i {
			b.Append(w, at)
			at++
			continue
		}
		b.Append(v, i)
	}
	return b.Build()
}

var _ = scalar("map", "map_entries", "Returns the entries of a map as rows", "map_entries(map(ARRAY['a'], ARRAY[1]))", "[{field0=a, field1=1}]",
	Overload{Params: "map(K,V)", Result: "array(row(K,V))", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		spans := vector.SpansOf(c.Args[0])
		entries := vector.NewRow(c.Result.Elem(), []vector.Vector{spans.Keys, spans.Values}, spans.Keys.Len(), nil)
		return eachArray(c, entries, func(dst []int32, i int) ([]int32, error) {
			from, to := spans.Span(i)
			for j := from; j < to; j++ {
				dst = append(dst, int32(j))
			}
			return dst, nil
		})
	})})

var _ = scalar("map", "map_filter", "Keeps the entries for which a lambda is true", "map_filter(map(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> v > 1)", "{b=2}",
	Overload{Params: "map(K,V),function(K,V,boolean)", Result: "map(K,V)", New: always(func(c *Call) (vector.Vector, error) {
		spans := vector.SpansOf(c.Args[0])
		places, rows := elementsOf(c, spans)
		truth, err := c.Lambda[1](rows, vector.Gather(spans.Keys, places), vector.Gather(spans.Values, places))
		if err != nil {
			return nil, err
		}
		view := vector.ViewOf[bool](truth)
		b := vector.NewBuilder(types.MapOf(c.Result.Key(), c.Result.Value()), c.N).(*vector.MapBuilder)
		at := 0
		for i := range c.N {
			for ; at < len(rows) && int(rows[at]) == i; at++ {
				if view.Get(at) && !view.Nulls.Has(at) {
					b.Keys.Append(spans.Keys, int(places[at]))
					b.Values.Append(spans.Values, int(places[at]))
				}
			}
			b.Close()
		}
		return b.Build(), nil
	})})
