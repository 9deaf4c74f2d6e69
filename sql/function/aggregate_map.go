package function

import (
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Aggregates that make maps. Entries come in the order in which their keys first came.

// mapResult builds the maps of the groups from..to-1, NULL for those without keys.
// values makes the values of keys out of their numbers.
func (t *keyTable) mapResult(result types.Type, from, to int, values func(keys []int32) vector.Vector) vector.Vector {
	offsets := make([]int32, 1, to-from+1)
	var nulls vector.Bitmap
	var numbers []int32
	for g := from; g < to; g++ {
		if t.head[g] < 0 {
			if nulls == nil {
				nulls = vector.NewBitmap(to - from)
			}
			nulls.Set(g - from)
		}
		numbers = t.each(numbers, g)
		offsets = append(offsets, int32(len(numbers)))
	}
	return vector.NewMap(result, offsets, t.keys.gather(numbers), values(numbers), nulls)
}

// occurrences counts how often each value occurs in its group: histogram.
type occurrences struct {
	keys    *keyTable
	counts  []int64
	result  types.Type
	numbers []int32
}

func newOccurrences(b Binding) (Accumulator, error) {
	return &occurrences{keys: newKeyTable(b.Params[0]), result: b.Result}, nil
}

func (a *occurrences) Grow(groups int) { a.keys.grow(groups) }

func (a *occurrences) Add(c *Call, groups []int32) error {
	a.numbers = sized(a.numbers, len(groups))
	if err := a.keys.add(c.Args[0], groups, c.Nulls, a.numbers); err != nil {
		return err
	}
	a.counts = lengthened(a.counts, len(a.keys.groups))
	for _, n := range a.numbers {
		if n >= 0 {
			a.counts[n]++
		}
	}
	return nil
}

func (a *occurrences) Merge(other Accumulator, groups []int32) error {
	o := other.(*occurrences)
	numbers, err := a.keys.join(o.keys, groups)
	if err != nil {
		return err
	}
	a.counts = lengthened(a.counts, len(a.keys.groups))
	for n, count := range o.counts {
		a.counts[numbers[n]] += count
	}
	return nil
}

func (a *occurrences) Part(groups []int32) Accumulator {
	keys, numbers := a.keys.part(groups)
	return &occurrences{keys: keys, counts: pickStates(a.counts, numbers), result: a.result}
}

func (a *occurrences) Result(from, to int) (vector.Vector, error) {
	return a.keys.mapResult(a.result, from, to, func(keys []int32) vector.Vector {
		counts := make([]int64, len(keys))
		for i, n := range keys {
			counts[i] = a.counts[n]
		}
		return vector.NewFlat(types.TBigint, counts, nil)
	}), nil
}

func (a *occurrences) Bytes() int64 {
	return a.keys.bytes() + 8*int64(cap(a.counts)) + 4*int64(cap(a.numbers))
}

// sized returns s with n elements, whose values do not matter.
func sized(s []int32, n int) []int32 {
	if cap(s) < n {
		return make([]int32, n)
	}
	return s[:n]
}

// lengthened returns s with at least n elements, new ones zero.
func lengthened[T any](s []T, n int) []T {
	if n > len(s) {
		s = append(s, make([]T, n-len(s))...)
	}
	return s
}

// firstValues keeps, for each key of a group, the value that came with it first:
// map_agg and map_union.
type firstValues struct {
	keys    *keyTable
	values  pool
	result  types.Type
	numbers []int32
	rows    []int32
	groups  []int32
	union   bool // the argument is a map
}

func newFirstValues(union bool) newAccumulator {
	return func(b Binding) (Accumulator, error) {
		return &firstValues{keys: newKeyTable(b.Result.Key()), values: pool{typ: b.Result.Value()}, result: b.Result, union: union}, nil
	}
}

func (a *firstValues) Grow(groups int) { a.keys.grow(groups) }

// pairs takes in the values that come with keys that are new.
func (a *firstValues) pairs(keys, values vector.Vector, groups []int32, skip vector.Bitmap) error {
	known := int32(len(a.keys.groups))
	a.numbers = sized(a.numbers, len(groups))
	if err := a.keys.add(keys, groups, skip, a.numbers); err != nil {
		return err
	}
	rows := a.rows[:0]
	for i, n := range a.numbers {
		if n >= known+int32(len(rows)) { // numbers are given in order
			rows = append(rows, int32(i))
		}
	}
	a.rows = rows
	a.values.add(values, rows)
	return nil
}

func (a *firstValues) Add(c *Call, groups []int32) error {
	if !a.union {
		return a.pairs(c.Args[0], c.Args[1], groups, c.Args[0].Nulls())
	}
	spans := vector.SpansOf(c.Args[0])
	entries, owners := a.rows[:0], a.groups[:0]
	for i, g := range groups {
		for j, to := spans.Span(i); j < to; j++ {
			entries, owners = append(entries, int32(j)), append(owners, g)
		}
	}
	keys, values := vector.Gather(spans.Keys, entries), vector.Gather(spans.Values, entries)
	a.rows, a.groups = entries, owners
	return a.pairs(keys, values, owners, nil)
}

func (a *firstValues) Merge(other Accumulator, groups []int32) error {
	o := other.(*firstValues)
	known := int32(len(a.keys.groups))
	numbers, err := a.keys.join(o.keys, groups)
	if err != nil {
		return err
	}
	var rows []int32
	for i, n := range numbers {
		if n >= known+int32(len(rows)) {
			rows = append(rows, int32(i))
		}
	}
	if len(rows) > 0 {
		a.values.add(o.values.gather(rows), firstRows(len(rows)))
	}
	return nil
}

func (a *firstValues) Part(groups []int32) Accumulator {
	keys, numbers := a.keys.part(groups)
	p := &firstValues{keys: keys, values: pool{typ: a.values.typ}, result: a.result, union: a.union}
	p.values.add(a.values.gather(numbers), firstRows(len(numbers)))
	return p
}

func (a *firstValues) Result(from, to int) (vector.Vector, error) {
	return a.keys.mapResult(a.result, from, to, a.values.gather), nil
}

func (a *firstValues) Bytes() int64 {
	return a.keys.bytes() + a.values.held + 4*int64(cap(a.numbers)+cap(a.rows)+cap(a.groups))
}

// allValues keeps all values of each key of a group: multimap_agg.
type allValues struct {
	keys       *keyTable
	values     pool
	next       []int32 // of each value: the key's next one, or -1
	head, tail []int32 // of each key
	result     types.Type
	numbers    []int32
}

func newAllValues(b Binding) (Accumulator, error) {
	return &allValues{keys: newKeyTable(b.Params[0]), values: pool{typ: b.Params[1]}, result: b.Result}, nil
}

func (a *allValues) Grow(groups int) { a.keys.grow(groups) }

// chain gives key n the values first..last, which are a chain already.
func (a *allValues) chain(n, first, last int32) {
	for int(n) >= len(a.head) {
		a.head, a.tail = append(a.head, -1), append(a.tail, -1)
	}
	if a.head[n] < 0 {
		a.head[n] = first
	} else {
		a.next[a.tail[n]] = first
	}
	a.tail[n] = last
}

func (a *allValues) Add(c *Call, groups []int32) error {
	if len(a.next) > maxCollectedRows-len(groups) {
		return errCollected
	}
	a.numbers = sized(a.numbers, len(groups))
	if err := a.keys.add(c.Args[0], groups, c.Args[0].Nulls(), a.numbers); err != nil {
		return err
	}
	rows := make([]int32, 0, len(groups))
	for i, n := range a.numbers {
		if n < 0 {
			continue
		}
		value := int32(len(a.next))
		a.next = append(a.next, -1)
		a.chain(n, value, value)
		rows = append(rows, int32(i))
	}
	a.values.add(c.Args[1], rows)
	return nil
}

func (a *allValues) Merge(other Accumulator, groups []int32) error {
	o := other.(*allValues)
	if len(a.next) > maxCollectedRows-len(o.next) {
		return errCollected
	}
	numbers, err := a.keys.join(o.keys, groups)
	if err != nil {
		return err
	}
	base := int32(len(a.next))
	for _, n := range o.next {
		if n >= 0 {
			n += base
		}
		a.next = append(a.next, n)
	}
	for k, n := range numbers {
		a.chain(n, o.head[k]+base, o.tail[k]+base)
	}
	for _, part := range o.values.parts {
		a.values.add(part, firstRows(part.Len()))
	}
	return nil
}

func (a *allValues) Part(groups []int32) Accumulator {
	keys, numbers := a.keys.part(groups)
	p := &allValues{keys: keys, values: pool{typ: a.values.typ}, result: a.result}
	var rows []int32
	for n, old := range numbers {
		for v := a.head[old]; v >= 0; v = a.next[v] {
			at := int32(len(rows))
			rows, p.next = append(rows, v), append(p.next, -1)
			p.chain(int32(n), at, at)
		}
	}
	p.values.add(a.values.gather(rows), firstRows(len(rows)))
	return p
}

// firstRows returns 0..n-1.
func firstRows(n int) []int32 {
	rows := make([]int32, n)
	for i := range rows {
		rows[i] = int32(i)
	}
	return rows
}

func (a *allValues) Result(from, to int) (vector.Vector, error) {
	return a.keys.mapResult(a.result, from, to, func(keys []int32) vector.Vector {
		offsets := make([]int32, 1, len(keys)+1)
		var rows []int32
		for _, n := range keys {
			for v := a.head[n]; v >= 0; v = a.next[v] {
				rows = append(rows, v)
			}
			offsets = append(offsets, int32(len(rows)))
		}
		return vector.NewArray(a.result.Value(), offsets, a.values.gather(rows), nil)
	}), nil
}

func (a *allValues) Bytes() int64 {
	return a.keys.bytes() + a.values.held + 4*int64(cap(a.next)+cap(a.head)+cap(a.tail)+cap(a.numbers))
}

var (
	_ = aggregate("histogram", "Returns a map of the different values and how often each occurs", "histogram(x)", "'a', 'b', 'a'", "{a=2, b=1}",
		AggregateOverload{Params: "T", Result: "map(T,bigint)", Comparable: "T", KeepsRows: true, New: newOccurrences})
	_ = aggregate("map_agg", "Returns a map of keys and values; of equal keys the first counts", "map_agg(x, y)", "('a', 1), ('b', 2)", "{a=1, b=2}",
		AggregateOverload{Params: "K,V", Result: "map(K,V)", Comparable: "K", Nullable: true, OrderSensitive: true, KeepsRows: true, New: newFirstValues(false)})
	_ = aggregate("multimap_agg", "Returns a map of keys and arrays of all their values", "multimap_agg(x, y)", "('a', 1), ('a', 2)", "{a=[1, 2]}",
		AggregateOverload{Params: "K,V", Result: "map(K,array(V))", Comparable: "K", Nullable: true, OrderSensitive: true, KeepsRows: true, New: newAllValues})
	_ = aggregate("map_union", "Returns a map of all entries of maps; of equal keys the first counts", "map_union(x)",
		"MAP(ARRAY['a'], ARRAY[1]), MAP(ARRAY['b'], ARRAY[2])", "{a=1, b=2}",
		AggregateOverload{Params: "map(K,V)", Result: "map(K,V)", Comparable: "K", OrderSensitive: true, KeepsRows: true, New: newFirstValues(true)})
)
