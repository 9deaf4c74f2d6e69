package function

import (
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// elementsOf lists the elements of the rows that count: their places and their rows.
func elementsOf(c *Call, spans vector.SpanView) (places, rows []int32) {
	for i := range c.N {
		if c.Nulls.Has(i) {
			continue
		}
		from, to := spans.Span(i)
		for j := from; j < to; j++ {
			places, rows = append(places, int32(j)), append(rows, int32(i))
		}
	}
	return places, rows
}

var _ = scalar("array", "transform", "Applies a lambda to each element", "transform(ARRAY[1, 2], x -> x + 1)", "[2, 3]",
	Overload{Params: "array(T),function(T,U)", Result: "array(U)", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		spans := vector.SpansOf(c.Args[0])
		places, rows := elementsOf(c, spans)
		out, err := c.Lambda[1](rows, vector.Gather(spans.Values, places))
		if err != nil {
			return nil, err
		}
		offsets := make([]int32, c.N+1)
		for _, r := range rows {
			offsets[r+1]++
		}
		for i := range c.N {
			offsets[i+1] += offsets[i]
		}
		return vector.NewArray(c.Result, offsets, out, nil), nil
	})})

var _ = scalar("array", "filter", "Keeps the elements for which a lambda is true", "filter(ARRAY[1, 2, 3], x -> x > 1)", "[2, 3]",
	Overload{Params: "array(T),function(T,boolean)", Result: "array(T)", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		spans := vector.SpansOf(c.Args[0])
		places, rows := elementsOf(c, spans)
		truth, err := c.Lambda[1](rows, vector.Gather(spans.Values, places))
		if err != nil {
			return nil, err
		}
		view, at := vector.ViewOf[bool](truth), 0
		return eachArray(c, spans.Values, func(dst []int32, i int) ([]int32, error) {
			for ; at < len(rows) && int(rows[at]) == i; at++ {
				if view.Get(at) && !view.Nulls.Has(at) {
					dst = append(dst, places[at])
				}
			}
			return dst, nil
		})
	})})

// match is the overload of any_match and its like: the answer is decided where the
// lambda gives decisive, left open by NULLs, and else the opposite.
func match(decisive, result bool) Overload {
	return Overload{Params: "array(T),function(T,boolean)", Result: "boolean", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		spans := vector.SpansOf(c.Args[0])
		places, rows := elementsOf(c, spans)
		truth, err := c.Lambda[1](rows, vector.Gather(spans.Values, places))
		if err != nil {
			return nil, err
		}
		view, at := vector.ViewOf[bool](truth), 0
		return eachOrNull(c, func(i int) (bool, bool, error) {
			decided, open := false, false
			for ; at < len(rows) && int(rows[at]) == i; at++ {
				if view.Nulls.Has(at) {
					open = true
				} else if view.Get(at) == decisive {
					decided = true
				}
			}
			return result == decided, decided || !open, nil
		})
	})}
}

var (
	_ = scalar("array", "any_match", "Tests whether a lambda is true for any element", "any_match(ARRAY[1, 2], x -> x > 1)", "true", match(true, true))
	_ = scalar("array", "all_match", "Tests whether a lambda is true for every element", "all_match(ARRAY[1, 2], x -> x > 1)", "false", match(false, false))
	_ = scalar("array", "none_match", "Tests whether a lambda is true for no element", "none_match(ARRAY[1, 2], x -> x > 1)", "false", match(true, false))
)

// entriesOf makes an array of the keys or the values of maps.
func entriesOf(part func(vector.SpanView) vector.Vector) newKernel {
	return always(func(c *Call) (vector.Vector, error) {
		spans := vector.SpansOf(c.Args[0])
		return eachArray(c, part(spans), func(dst []int32, i int) ([]int32, error) {
			from, to := spans.Span(i)
			for j := from; j < to; j++ {
				dst = append(dst, int32(j))
			}
			return dst, nil
		})
	})
}

var (
	_ = scalar("map", "map_keys", "Returns the keys of a map", "map_keys(map(ARRAY['a'], ARRAY[1]))", "[a]",
		Overload{Params: "map(K,V)", Result: "array(K)", NeverFails: true, New: entriesOf(func(s vector.SpanView) vector.Vector { return s.Keys })})
	_ = scalar("map", "map_values", "Returns the values of a map", "map_values(map(ARRAY['a'], ARRAY[1]))", "[1]",
		Overload{Params: "map(K,V)", Result: "array(V)", NeverFails: true, New: entriesOf(func(s vector.SpanView) vector.Vector { return s.Values })})
	_ = scalar("map", "map", "Makes a map of an array of keys and one of values", "map(ARRAY['a'], ARRAY[1])", "{a=1}",
		Overload{Params: "", Result: "map(unknown,unknown)", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
			b := vector.NewBuilder(c.Result, 1).(*vector.MapBuilder)
			b.Close()
			return vector.NewConstant(b.Build(), c.N), nil
		})},
		Overload{Params: "array(K),array(V)", Result: "map(K,V)", Comparable: "K", New: always(makeMap)})
)

func makeMap(c *Call) (vector.Vector, error) {
	keys, values := vector.SpansOf(c.Args[0]), vector.SpansOf(c.Args[1])
	b := vector.NewBuilder(types.MapOf(keys.Values.Type(), values.Values.Type()), c.N).(*vector.MapBuilder)
	for i := range c.N {
		if c.Nulls.Has(i) {
			b.AppendNull()
			continue
		}
		from, to := keys.Span(i)
		from2, to2 := values.Span(i)
		if to-from != to2-from2 {
			return nil, invalid("Key and value arrays must be the same length")
		}
		seen := newElementSet(keys.Values)
		for j := from; j < to; j++ {
			if keys.Values.Nulls().Has(j) {
				return nil, invalid("map key cannot be null")
			}
			if !seen.add(j) {
				return nil, invalid("Duplicate map keys (%s) are not allowed", vector.AppendText(nil, keys.Values, j))
			}
			b.Keys.Append(keys.Values, j)
			b.Values.Append(values.Values, from2+j-from)
		}
		b.Close()
	}
	return b.Build(), nil
}
