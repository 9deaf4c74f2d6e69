package function

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

var _ = register(Scalar{
	Doc: Doc{Name: "$subscript", Text: "Returns an element of an array, or the value of a key of a map", Example: "ARRAY['a', 'b'][2]", Result: "b", Group: "array"},
	Overloads: []Overload{
		{Params: "array(T),bigint", Result: "T", New: always(func(c *Call) (vector.Vector, error) {
			spans, index := vector.SpansOf(c.Args[0]), vector.ViewOf[int64](c.Args[1])
			rows := make([]int32, c.N)
			for i := range rows {
				if c.Nulls.Has(i) {
					rows[i] = -1
					continue
				}
				from, to := spans.Span(i)
				n := index.Get(i)
				if err := checkSubscript(n, to-from); err != nil {
					return nil, err
				}
				rows[i] = int32(from + int(n) - 1)
			}
			return vector.GatherOrNull(spans.Values, rows), nil
		})},
		{Params: "map(K,V),K", Result: "V", Comparable: "K", New: always(func(c *Call) (vector.Vector, error) {
			rows := findKeys(c)
			for i, row := range rows {
				if row < 0 && !c.Nulls.Has(i) {
					if c.Args[1].Type().Physical() == types.Nested {
						return nil, invalid("Key not present in map")
					}
					return nil, invalid("Key not present in map: %s", sql.Printable(string(vector.AppendText(nil, c.Args[1], i)), maxQuotedRunes))
				}
			}
			return vector.GatherOrNull(vector.SpansOf(c.Args[0]).Values, rows), nil
		})},
	},
})

// maxQuotedRunes bounds what errors quote of a value, in runes.
const maxQuotedRunes = 1000

func checkSubscript(index int64, length int) error {
	switch {
	case index == 0:
		return invalid("SQL array indices start at 1")
	case index < 0:
		return invalid("Array subscript is negative: %d", index)
	case index > int64(length):
		return invalid("Array subscript must be less than or equal to array length: %d > %d", index, length)
	}
	return nil
}

// findKeys returns, for a call with a map and a key, the place of each row's
// value among the values of the maps: -1 where there is no such key, or a NULL.
func findKeys(c *Call) []int32 {
	spans := vector.SpansOf(c.Args[0])
	rows := make([]int32, c.N)
	if t := spans.Keys.Type(); t.Physical() == types.String && !t.Is(types.Char) {
		if d, ok := spans.Keys.(*vector.Dictionary); ok && 2*d.Values.Len() <= d.Len() {
			if key, ok := c.Args[1].(*vector.Constant); ok {
				return findEntries(c, spans, d, vector.ViewOf[string](key.Value).Get(0))
			}
		}
		keys, wanted := vector.ViewOf[string](spans.Keys), vector.ViewOf[string](c.Args[1])
		for i := range rows {
			rows[i] = -1
			if c.Nulls.Has(i) {
				continue
			}
			from, to := spans.Span(i)
			key := wanted.Get(i)
			for j := from; j < to; j++ {
				if keys.Get(j) == key {
					rows[i] = int32(j)
					break
				}
			}
		}
		return rows
	}
	for i := range rows {
		rows[i] = -1
		if c.Nulls.Has(i) {
			continue
		}
		from, to := spans.Span(i)
		for j := from; j < to; j++ {
			if !vector.Distinct(spans.Keys, j, c.Args[1], i) {
				rows[i] = int32(j)
				break
			}
		}
	}
	return rows
}

// findEntries is findKeys for keys that are entries of a dictionary: each entry is compared once.
func findEntries(c *Call, spans vector.SpanView, keys *vector.Dictionary, key string) []int32 {
	entries := vector.ViewOf[string](keys.Values).Values
	hit := make([]bool, len(entries))
	for i, e := range entries {
		hit[i] = e == key
	}
	rows := make([]int32, c.N)
	for i := range rows {
		rows[i] = -1
		if c.Nulls.Has(i) {
			continue
		}
		from, to := spans.Span(i)
		for j := from; j < to; j++ {
			if hit[keys.Ids[j]] {
				rows[i] = int32(j)
				break
			}
		}
	}
	return rows
}

var _ = register(Scalar{
	Doc: Doc{Name: "$array", Text: "Makes an array of its elements", Example: "ARRAY[1, 2]", Result: "[1, 2]", Group: "array"},
	Overloads: []Overload{
		{Params: "", Result: "array(unknown)", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
			b := vector.NewBuilder(c.Result, 1)
			b.(*vector.ArrayBuilder).Close()
			return vector.NewConstant(b.Build(), c.N), nil
		})},
		{Params: "T...", Result: "array(T)", Nullable: true, NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
			b := vector.NewBuilder(c.Result, c.N).(*vector.ArrayBuilder)
			for i := range c.N {
				for _, a := range c.Args {
					b.Elements.Append(a, i)
				}
				b.Close()
			}
			return b.Build(), nil
		})},
	},
})
