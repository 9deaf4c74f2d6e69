package function

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
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
	_ = scalar("map", "map_entries", "Returns the entries of a map as rows", "map_entries(map(ARRAY['a'], ARRAY[1]))", "[{field0=a, field1=1}]",
		Overload{Params: "map(K,V)", Result: "array(row(K,V))", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
			offsets, keys, values := spansOf(c.Args[0])
			return vector.NewArray(c.Result, offsets, vector.NewRow(c.Result.Elem(), []vector.Vector{keys, values}, keys.Len(), nil), c.Args[0].Nulls()), nil
		})})
	_ = scalar("map", "map", "Makes a map of an array of keys and one of values", "map(ARRAY['a'], ARRAY[1])", "{a=1}",
		Overload{Params: "", Result: "map(unknown,unknown)", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
			b := vector.NewBuilder(c.Result, 1).(*vector.MapBuilder)
			b.Close()
			return vector.NewConstant(b.Build(), c.N), nil
		})},
		Overload{Params: "array(K),array(V)", Result: "map(K,V)", Comparable: "K", New: always(mapOfArrays)})
)

// keyText is a key as an error quotes it: rows as lists, texts cut.
func keyText(keys vector.Vector, j int) string {
	return sql.Printable(string(appendKey(nil, keys, j)), maxQuotedRunes)
}

func appendKey(dst []byte, v vector.Vector, j int) []byte {
	if isNull(v, j) || !v.Type().Is(types.Row) {
		return vector.AppendText(dst, v, j)
	}
	dst = append(dst, '[')
	for f := range v.Type().Fields() {
		if f > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendKey(dst, vector.FieldOf(v, f), j)
	}
	return append(dst, ']')
}

// indeterminate reports whether row j of v is NULL or has a NULL in it, so that it equals nothing.
func indeterminate(v vector.Vector, j int) bool {
	if v.Type().Physical() != types.Nested {
		return isNull(v, j)
	}
	_, known := vector.Equal3(v, j, v, j)
	return !known
}

func duplicateKey(keys vector.Vector, j int) error {
	return invalid("Duplicate map keys (%s) are not allowed", keyText(keys, j))
}

var errNullKey = invalid("map key cannot be null")

func mapOfArrays(c *Call) (vector.Vector, error) {
	offsets, _, keys := spansOf(c.Args[0])
	ends, _, values := spansOf(c.Args[1])
	seen := newElementSet(keys)
	out := make([]int32, c.N+1)
	var places, valuePlaces []int32
	for i := range c.N {
		if !c.Nulls.Has(i) {
			n := offsets[i+1] - offsets[i]
			if n != ends[i+1]-ends[i] {
				return nil, invalid("Key and value arrays must be the same length")
			}
			seen.reset(int(n))
			for k := range n {
				j := int(offsets[i] + k)
				if isNull(keys, j) {
					return nil, errNullKey
				}
				if indeterminate(keys, j) {
					return nil, invalid("map key cannot be indeterminate: %s", keyText(keys, j))
				}
				if !seen.add(j) {
					return nil, duplicateKey(keys, j)
				}
				places, valuePlaces = append(places, int32(j)), append(valuePlaces, ends[i]+k)
			}
		}
		out[i+1] = int32(len(places))
	}
	return vector.NewMap(c.Result, out, vector.Gather(keys, places), vector.Gather(values, valuePlaces), nil), nil
}

// rowEntries are the keys and values of arrays of rows of two fields.
func rowEntries(c *Call) (offsets []int32, entries, keys, values vector.Vector) {
	offsets, _, entries = spansOf(c.Args[0])
	return offsets, entries, vector.FieldOf(entries, 0), vector.FieldOf(entries, 1)
}

func checkEntry(entries, keys vector.Vector, j int) error {
	switch {
	case isNull(entries, j):
		return invalid("map entry cannot be null")
	case isNull(keys, j):
		return errNullKey
	}
	return nil
}

var (
	_ = scalar("map", "map_from_entries", "Makes a map of an array of rows of a key and a value", "map_from_entries(ARRAY[('a', 1), ('b', 2)])", "{a=1, b=2}",
		Overload{Params: "array(row(K,V))", Result: "map(K,V)", Comparable: "K", New: always(func(c *Call) (vector.Vector, error) {
			offsets, entries, keys, values := rowEntries(c)
			seen := newElementSet(keys)
			for i := range c.N {
				if c.Nulls.Has(i) {
					continue
				}
				seen.reset(int(offsets[i+1] - offsets[i]))
				for j := int(offsets[i]); j < int(offsets[i+1]); j++ {
					if err := checkEntry(entries, keys, j); err != nil {
						return nil, err
					}
					if !seen.add(j) {
						return nil, duplicateKey(keys, j)
					}
				}
			}
			return vector.NewMap(c.Result, offsets, keys, values, c.Args[0].Nulls()), nil
		})})
	_ = scalar("map", "multimap_from_entries", "Makes a map of an array of rows of a key and a value, in which a key has all its values",
		"multimap_from_entries(ARRAY[('a', 1), ('b', 2), ('a', 3)])", "{a=[1, 3], b=[2]}",
		Overload{Params: "array(row(K,V))", Result: "map(K,array(V))", Comparable: "K", New: always(func(c *Call) (vector.Vector, error) {
			offsets, entries, keys, values := rowEntries(c)
			seen, next := newElementSet(keys), make([]int32, keys.Len())
			last := make([]int32, keys.Len())
			out, ends := make([]int32, c.N+1), []int32{0}
			var firsts, places []int32
			for i := range c.N {
				from := len(firsts)
				if !c.Nulls.Has(i) {
					seen.reset(int(offsets[i+1] - offsets[i]))
					for j := int(offsets[i]); j < int(offsets[i+1]); j++ {
						if err := checkEntry(entries, keys, j); err != nil {
							return nil, err
						}
						next[j] = -1
						if seen.add(j) {
							firsts, last[j] = append(firsts, int32(j)), int32(j)
							continue
						}
						first := seen.first(j)
						next[last[first]], last[first] = int32(j), int32(j)
					}
				}
				for _, first := range firsts[from:] {
					for j := first; j >= 0; j = next[j] {
						places = append(places, j)
					}
					ends = append(ends, int32(len(places)))
				}
				out[i+1] = int32(len(firsts))
			}
			lists := vector.NewArray(c.Result.Value(), ends, vector.Gather(values, places), nil)
			return vector.NewMap(c.Result, out, vector.Gather(keys, firsts), lists, nil), nil
		})})
)

var _ = scalar("map", "map_concat", "Joins maps; a key that several have keeps the value of the last", "map_concat(map(ARRAY['a', 'b'], ARRAY[1, 2]), map(ARRAY['b'], ARRAY[3]))", "{b=3, a=1}",
	Overload{Params: "map(K,V)...", Result: "map(K,V)", Comparable: "K", NeverFails: true, New: several("There must be two or more concatenation arguments to map_concat", func(c *Call) (vector.Vector, error) {
		offsets := make([][]int32, len(c.Args))
		keys, values := make([]vector.Vector, len(c.Args)), make([]vector.Vector, len(c.Args))
		base := int32(0)
		for m, a := range c.Args {
			offsets[m], keys[m], values[m] = spansOf(a)
			for i := range offsets[m] {
				offsets[m][i] += base
			}
			base += int32(keys[m].Len())
		}
		allKeys := vector.Plain(vector.Concat(c.Result.Key(), keys...))
		allValues := vector.Plain(vector.Concat(c.Result.Value(), values...))
		seen, ends := newElementSet(allKeys), make([]int32, c.N+1)
		var places []int32
		for i := range c.N {
			if !c.Nulls.Has(i) {
				n := 0
				for _, o := range offsets {
					n += int(o[i+1] - o[i])
				}
				seen.reset(n)
				for m := len(offsets) - 1; m >= 0; m-- {
					for j := offsets[m][i]; j < offsets[m][i+1]; j++ {
						if seen.add(int(j)) {
							places = append(places, j)
						}
					}
				}
			}
			ends[i+1] = int32(len(places))
		}
		return vector.NewMap(c.Result, ends, vector.Gather(allKeys, places), vector.Gather(allValues, places), nil), nil
	})})
