package exec

import (
	"context"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// grouper numbers the rows of key columns that are distinct, in order of first
// appearance. Each column is numbered alone (a dictionary by looking at its entries
// once), then the numbers of the first two are paired and numbered, then those pairs with
// the third column's, and so on:
//
//	eventname  ─► 3 ┐
//	awsregion  ─► 0 ┴─► 5 ┐
//	errorcode  ─► 1 ──────┴─► group 17
//
// So a key of any number of columns costs a lookup of 64 bits for each further one.
type grouper struct {
	types []types.Type
	keys  []interner
	pairs []*pairTable
	n     int       // groups
	code  [][]int32 // for several keys: of each key, the number in each group

	// together is in the place of pairs if several goroutines have grouped all rows there are.
	together *groupedTogether

	scratch [][]int32
	results []vector.Vector // values of the keys, made once groups are read
}

func newGrouper(keys []types.Type, plain bool) *grouper {
	g := &grouper{types: keys, scratch: make([][]int32, len(keys))}
	for _, t := range keys {
		g.keys = append(g.keys, newInterner(t, plain))
	}
	for range max(len(keys)-1, 0) {
		g.pairs = append(g.pairs, newPairTable())
	}
	if len(keys) > 1 {
		g.code = make([][]int32, len(keys))
	}
	return g
}

// groups sets out[i] to the group of row i of n rows. Without keys there is one group.
func (g *grouper) groups(columns []vector.Vector, n int, out []int32) {
	g.results = nil
	if n == 0 {
		return
	}
	if len(g.keys) == 0 {
		clear(out[:n])
		g.n = 1
		return
	}
	g.keys[0].codes(columns[0], out)
	if len(g.keys) == 1 {
		g.n = g.keys[0].len()
		return
	}
	codes := g.scratch
	for k := range g.keys {
		codes[k] = grow(codes[k], n)
		if k == 0 {
			copy(codes[0], out[:n])
			continue
		}
		g.keys[k].codes(columns[k], codes[k])
		var isNew func(i int)
		if k == len(g.keys)-1 {
			isNew = func(i int) {
				for c := range g.keys {
					g.code[c] = append(g.code[c], codes[c][i])
				}
			}
		}
		g.pairs[k-1].addAll(out[:n], codes[k], isNew)
	}
	g.n = g.pairs[len(g.pairs)-1].n
}

// groupStepRows is how many rows are grouped between two looks at the query's context.
const groupStepRows = 1 << 16

// groupAll returns the groups of all rows of a large batch.
func (g *grouper) groupAll(ctx context.Context, columns []vector.Vector, n int) ([]int32, error) {
	numbers := make([]int32, n)
	part := make([]vector.Vector, len(columns))
	for from := 0; from < n; from += groupStepRows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		to := min(from+groupStepRows, n)
		for i, c := range columns {
			part[i] = vector.Slice(c, from, to)
		}
		g.groups(part, to-from, numbers[from:to])
	}
	return numbers, nil
}

// find is groups for rows whose group may not exist: those get -1, as do rows with a
// NULL key. It changes nothing but out and scratch, of n rows each, so that workers may share g.
func (g *grouper) find(columns []vector.Vector, n int, out, scratch []int32) {
	g.findBy(func(k int, out []int32) { g.keys[k].find(columns[k], out) }, n, out, scratch)
}

// findBy is find, with what sets out to the numbers that key k has in n rows.
func (g *grouper) findBy(key func(k int, out []int32), n int, out, scratch []int32) {
	if n == 0 {
		return
	}
	if len(g.keys) == 0 {
		for i := range n {
			out[i] = int32(g.n) - 1 // group 0, or none
		}
		return
	}
	key(0, out)
	for k := 1; k < len(g.keys); k++ {
		codes := scratch[:n]
		key(k, codes)
		for i := range n {
			switch {
			case out[i] < 0 || codes[i] < 0:
				out[i] = -1
			case g.together != nil:
				out[i] = g.together.find(out[i], codes[i])
			default:
				out[i] = g.pairs[k-1].find(out[i], codes[i])
			}
		}
	}
}

// grow returns s with at least n elements, whose values do not matter.
func grow(s []int32, n int) []int32 {
	if cap(s) < n {
		return make([]int32, n)
	}
	return s[:n]
}

// columns returns the keys of the groups from..to-1.
func (g *grouper) columns(from, to int) []vector.Vector {
	if g.results == nil {
		g.results = make([]vector.Vector, len(g.keys))
		for k, key := range g.keys {
			g.results[k] = g.whole(k, key)
		}
	}
	out := make([]vector.Vector, len(g.keys))
	for k := range out {
		out[k] = vector.Slice(g.results[k], from, to)
	}
	return out
}

// whole returns key k of all groups.
func (g *grouper) whole(k int, key interner) vector.Vector {
	null := key.null()
	if values, entry := key.entries(); values != nil {
		return g.wholeOf(k, values, entry, null)
	}
	values := key.values()
	if len(g.keys) == 1 {
		if null < 0 {
			return values
		}
		nulls := vector.NewBitmap(g.n)
		nulls.Set(int(null))
		return vector.WithNulls(values, nulls)
	}
	var nulls vector.Bitmap
	ids := g.code[k]
	if null >= 0 {
		nulls = vector.NewBitmap(len(ids))
		for i, c := range ids {
			if c == null {
				nulls.Set(i)
			}
		}
	}
	if _, ok := values.(*vector.UUIDs); ok {
		return vector.WithNulls(vector.Gather(values, ids), nulls)
	}
	if values.Nulls() != nil { // of a nested type: NULL has an entry of its own
		return vector.Gather(values, ids)
	}
	return vector.NewDictionary(ids, values, nulls)
}

// wholeOf returns key k of all groups, whose values are entries of a dictionary.
func (g *grouper) wholeOf(k int, values vector.Vector, entry []int32, null int32) vector.Vector {
	var nulls vector.Bitmap
	if len(g.keys) == 1 {
		if null >= 0 {
			nulls = vector.NewBitmap(g.n)
			nulls.Set(int(null))
		}
		return vector.NewDictionary(entry[:g.n:g.n], values, nulls)
	}
	ids := make([]int32, len(g.code[k]))
	for i, c := range g.code[k] {
		ids[i] = entry[c]
		if c == null {
			if nulls == nil {
				nulls = vector.NewBitmap(len(ids))
			}
			nulls.Set(i)
		}
	}
	return vector.NewDictionary(ids, values, nulls)
}

// release says that g is used no more, but for the columns that it gave.
func (g *grouper) release() {
	for _, k := range g.keys {
		k.release()
	}
	for _, p := range g.pairs {
		p.release()
	}
}

// bytes estimates the memory held.
func (g *grouper) bytes() int64 {
	n := int64(0)
	for _, k := range g.keys {
		n += k.bytes()
	}
	for _, p := range g.pairs {
		n += p.bytes()
	}
	if g.together != nil {
		return n + g.together.bytes()
	}
	return n + 4*int64(len(g.code))*int64(g.n)
}
