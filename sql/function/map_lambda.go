package function

import (
	"github.com/ctlake/ctlake/storage/vector"
)

var _ = scalar("map", "map_filter", "Keeps the entries for which a lambda is true", "map_filter(map(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> v > 1)", "{b=2}",
	Overload{Params: "map(K,V),function(K,V,boolean)", Result: "map(K,V)", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		spans := vector.SpansOf(c.Args[0])
		places, rows, err := elementsOf(c, spans)
		if err != nil {
			return nil, err
		}
		truth, err := c.Lambda[1](rows, vector.Gather(spans.Keys, places), vector.Gather(spans.Values, places))
		if err != nil {
			return nil, err
		}
		view := vector.ViewOf[bool](truth)
		ends, kept, at := make([]int32, c.N+1), places[:0], 0
		for i := range c.N {
			for ; at < len(rows) && int(rows[at]) == i; at++ {
				if view.Get(at) && !view.Nulls.Has(at) {
					kept = append(kept, places[at])
				}
			}
			ends[i+1] = int32(len(kept))
		}
		return vector.NewMap(c.Result, ends, vector.Gather(spans.Keys, kept), vector.Gather(spans.Values, kept), nil), nil
	})})

var _ = scalar("map", "transform_values", "Applies a lambda to each entry, which gives the entry's new value",
	"transform_values(map(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> v + 1)", "{a=2, b=3}",
	Overload{Params: "map(K,V),function(K,V,W)", Result: "map(K,W)", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		spans := vector.SpansOf(c.Args[0])
		places, rows, err := elementsOf(c, spans)
		if err != nil {
			return nil, err
		}
		keys := vector.Gather(spans.Keys, places)
		out, err := c.Lambda[1](rows, keys, vector.Gather(spans.Values, places))
		if err != nil {
			return nil, err
		}
		return vector.NewMap(c.Result, endsOf(c.N, rows), keys, out, nil), nil
	})})

var _ = scalar("map", "transform_keys", "Applies a lambda to each entry, which gives the entry's new key",
	"transform_keys(map(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> upper(k))", "{A=1, B=2}",
	Overload{Params: "map(K,V),function(K,V,L)", Result: "map(L,V)", Comparable: "L", New: always(func(c *Call) (vector.Vector, error) {
		spans := vector.SpansOf(c.Args[0])
		places, rows, err := elementsOf(c, spans)
		if err != nil {
			return nil, err
		}
		values := vector.Gather(spans.Values, places)
		keys, err := c.Lambda[1](rows, vector.Gather(spans.Keys, places), values)
		if err != nil {
			return nil, err
		}
		ends, seen := endsOf(c.N, rows), newElementSet(keys)
		for i := range c.N {
			seen.reset(int(ends[i+1] - ends[i]))
			for j := int(ends[i]); j < int(ends[i+1]); j++ {
				if isNull(keys, j) {
					return nil, errNullKey
				}
				if !seen.add(j) {
					return nil, duplicateKey(keys, j)
				}
			}
		}
		return vector.NewMap(c.Result, ends, keys, values, nil), nil
	})})

// map_zip_with asks about the keys of the first map, then about those that only the second one has.
var _ = scalar("map", "map_zip_with", "Merges two maps by a lambda of a key and its two values, of which one is NULL where its map lacks the key",
	"map_zip_with(map(ARRAY['a', 'b'], ARRAY[1, 2]), map(ARRAY['b'], ARRAY[3]), (k, v, w) -> v + w)", "{a=null, b=5}",
	Overload{Params: "map(K,V),map(K,W),function(K,V,W,X)", Result: "map(K,X)", Comparable: "K", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		a, keysA, valuesA := spansOf(c.Args[0])
		b, keysB, valuesB := spansOf(c.Args[1])
		base := int32(keysA.Len())
		keys := vector.Plain(vector.Concat(c.Result.Key(), keysA, keysB))
		set, taken := newElementSet(keys), make([]bool, keys.Len())
		var rows, places, left, right []int32
		for i := range c.N {
			if c.Nulls.Has(i) {
				continue
			}
			set.reset(int(b[i+1] - b[i]))
			for j := b[i]; j < b[i+1]; j++ {
				set.add(int(base + j))
			}
			for j := a[i]; j < a[i+1]; j++ {
				other := int32(-1)
				if set.has(int(j)) {
					at := set.first(int(j))
					other, taken[at] = int32(at)-base, true
				}
				rows, places, left, right = append(rows, int32(i)), append(places, j), append(left, j), append(right, other)
			}
			for j := b[i]; j < b[i+1]; j++ {
				if !taken[base+j] {
					rows, places, left, right = append(rows, int32(i)), append(places, base+j), append(left, -1), append(right, j)
				}
			}
		}
		chosen := vector.Gather(keys, places)
		out, err := c.Lambda[2](rows, chosen, vector.GatherOrNull(valuesA, left), vector.GatherOrNull(valuesB, right))
		if err != nil {
			return nil, err
		}
		return vector.NewMap(c.Result, endsOf(c.N, rows), chosen, out, nil), nil
	})})
