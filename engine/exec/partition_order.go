package exec

import (
	"context"
	"math"
	"sync"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// partitionOrder is the rows of batches by partition (PARTITION BY), each partition in an order (ORDER BY). Workers number, count and place
// rows of batches side by side:
//
//	batches 0 … 6   ─► number of the partition ─► rows of each ─┐     ┌─► places of the rows of these
//	batches 7 … 12  ─► number of the partition ─► rows of each ─┴─ Σ ─┴─► places of the rows of these
//
//	place      0  1  2  3  4 │ 5  6 │ 7 …          partitions in the order of their first rows
//	row        0  3  4  8  9 │ 1  5 │ 2 …          in a partition as they come, until it is sorted
//	prefix     ·  ·  ·  ·  · │ ·  · │ ·            of the first sort key
//
// So a row is moved once, with the number by which it is sorted. Columns that are the same all over a partition, or that the prefix tells,
// are made of those (see column); only the others are put together from the batches, and gathered.
type partitionOrder struct {
	order  ordering
	kinds  []types.Type // of the columns
	rows   []prefixedRow
	ends   []int           // of partitions, in rows
	firsts []int32         // the first row of each
	keys   []vector.Vector // of each, by place in PARTITION BY; text as a dictionary
	keyOf  []int           // of each column: which of keys it is, -1 for none
	valued int             // the column that prefixes have the values of, -1 for none
	sorted []bool          // of each partition; nil for none
	in     *vector.Batch   // the columns that are made of neither; all others are missing
	rest   func(i, j int32) int
}

// batchRange is a part of the batches, which one worker looks at.
type batchRange struct {
	batches []*vector.Batch
	from, n int // rows
	groups  *grouper
	counts  []int32 // of each group that it has: rows, and then the place of the next one
	firsts  []int32 // the first row
	exact   bool    // prefixes are
}

// newPartitionOrder returns the order of n rows of batches, whose columns have the types of kinds. With derive set, columns are left out of
// in that need not be put together.
func newPartitionOrder(ctx context.Context, batches []*vector.Batch, n int, kinds []types.Type, partition []int, order ordering, derive bool, rt *Runtime) (*partitionOrder, error) {
	keys := make([]types.Type, len(partition))
	for i, at := range partition {
		keys[i] = kinds[at]
	}
	ranges := rangesOf(batches, n, rt.Workers)
	numbers := make([]int32, n)
	err := together(ctx, rt.Workers, len(ranges), func(i int) error {
		r := ranges[i]
		r.groups = newGrouper(keys, rt.Env.NoDictionaries)
		return r.number(ctx, partition, numbers[r.from:r.from+r.n])
	})
	if err != nil {
		return nil, err
	}
	o := &partitionOrder{order: order, kinds: kinds, valued: -1, keyOf: make([]int, len(kinds)), rows: make([]prefixedRow, n)}
	if err := o.place(ctx, ranges); err != nil {
		return nil, err
	}
	err = together(ctx, rt.Workers, len(ranges), func(i int) error { return o.scatter(ctx, ranges[i], numbers[ranges[i].from:]) })
	if err != nil {
		return nil, err
	}
	exact := true
	for _, r := range ranges {
		exact = exact && r.exact
	}
	for at := range o.keyOf {
		o.keyOf[at] = -1
	}
	if derive {
		for k, at := range partition {
			if kinds[at].OneForm() {
				o.keyOf[at] = k
			}
		}
		if exact && len(order.at) > 0 && kinds[order.at[0]].Physical() == types.Int64 && o.keyOf[order.at[0]] < 0 {
			o.valued = order.at[0]
		}
	}
	compared := make([]bool, len(kinds))
	if !exact || len(order.at) > 1 {
		for _, at := range order.at {
			compared[at] = true
		}
	}
	if err := o.join(ctx, batches, n, compared, rt.Workers); err != nil {
		return nil, err
	}
	if !exact || len(order.at) > 1 {
		o.rest = order.comparer(o.in)
	}
	return o, nil
}

// rangesOf divides n rows of batches into about as many parts as there are workers. No batch of a part has more than groupStepRows rows.
func rangesOf(batches []*vector.Batch, n, workers int) []*batchRange {
	parts := max(min(workers, n/minParallelSortRows), 1)
	ranges := []*batchRange{{}}
	row := 0
	for _, b := range batches {
		for from := 0; from < b.N; from += groupStepRows {
			piece := sliceBatch(b, from, min(from+groupStepRows, b.N))
			last := ranges[len(ranges)-1]
			if row >= n*len(ranges)/parts && last.n > 0 {
				last = &batchRange{from: row}
				ranges = append(ranges, last)
			}
			last.batches = append(last.batches, piece)
			last.n += piece.N
			row += piece.N
		}
	}
	return ranges
}

// number sets numbers to those of the rows' groups, and counts them.
func (r *batchRange) number(ctx context.Context, partition []int, numbers []int32) error {
	row := r.from
	for _, b := range r.batches {
		if err := ctx.Err(); err != nil {
			return err
		}
		own := numbers[row-r.from:][:b.N]
		r.groups.groups(pick(b, partition), b.N, own)
		counts := r.counts
		for i, g := range own {
			if int(g) == len(counts) {
				counts = append(counts, 0)
				r.firsts = append(r.firsts, int32(row+i))
			}
			counts[g]++
		}
		r.counts = counts
		row += b.N
	}
	return nil
}

// place says where the rows of each group of each range go: partitions in the order of their first rows, and those of
// one in the order of ranges.
func (o *partitionOrder) place(ctx context.Context, ranges []*batchRange) error {
	all := ranges[0].groups
	numbers := make([][]int32, len(ranges)) // of the groups of ranges; nil of the first, whose are those of all
	o.firsts = ranges[0].firsts
	for i, r := range ranges[1:] {
		var err error
		if numbers[i+1], err = all.groupAll(ctx, r.groups.columns(0, r.groups.n), r.groups.n); err != nil {
			return err
		}
		r.groups.release()
		for g, n := range numbers[i+1] {
			if int(n) == len(o.firsts) {
				o.firsts = append(o.firsts, r.firsts[g])
			}
		}
	}
	next := make([]int32, len(o.firsts)) // of each partition: rows, and then the place of the next one
	for i, r := range ranges {
		for g, n := range r.counts {
			if i > 0 {
				g = int(numbers[i][g])
			}
			next[g] += n
		}
	}
	total := int32(0)
	o.ends = make([]int, len(next))
	for g, n := range next {
		next[g] = total
		total += n
		o.ends[g] = int(total)
	}
	for i, r := range ranges {
		for own, n := range r.counts {
			g := own
			if i > 0 {
				g = int(numbers[i][own])
			}
			r.counts[own] = next[g]
			next[g] += n
		}
	}
	o.keys = all.columns(0, all.n)
	for k, key := range o.keys {
		if texts, ok := key.(*vector.Flat[string]); ok {
			ids := make([]int32, len(texts.Values))
			for i := range ids {
				ids[i] = int32(i)
			}
			o.keys[k] = vector.NewDictionary(ids, vector.NewFlat(texts.Type(), texts.Values, nil), texts.Nulls())
		}
	}
	all.release()
	return nil
}

// scatter puts the rows of a range into their places.
func (o *partitionOrder) scatter(ctx context.Context, r *batchRange, numbers []int32) error {
	var prefixes []uint64
	r.exact = true
	row, next, rows := int32(r.from), r.counts, o.rows
	for _, b := range r.batches {
		if err := ctx.Err(); err != nil {
			return err
		}
		own := numbers[:b.N]
		numbers = numbers[b.N:]
		switch {
		case len(o.order.at) == 0 || !hasPrefix(b.Columns[o.order.at[0]].Type()):
			r.exact = len(o.order.at) == 0
			for _, g := range own {
				rows[next[g]] = prefixedRow{row: row}
				next[g]++
				row++
			}
		default:
			var exact bool
			prefixes, exact = sortPrefixes(b.Columns[o.order.at[0]], o.order.keys[0], prefixes)
			r.exact = r.exact && exact
			for i, g := range own {
				rows[next[g]] = prefixedRow{prefixes[i], row}
				next[g]++
				row++
			}
		}
	}
	return nil
}

// join puts the columns together that are not made of keys and prefixes, and those that are compared.
func (o *partitionOrder) join(ctx context.Context, batches []*vector.Batch, n int, compared []bool, workers int) error {
	o.in = &vector.Batch{Columns: make([]vector.Vector, len(o.kinds)), N: n}
	var joined []int
	for at := range o.kinds {
		if compared[at] || o.keyOf[at] < 0 && at != o.valued {
			joined = append(joined, at)
		}
	}
	return together(ctx, workers, len(joined), func(i int) error {
		at := joined[i]
		parts := make([]vector.Vector, len(batches))
		for k, b := range batches {
			parts[k] = b.Columns[at]
		}
		o.in.Columns[at] = vector.Concat(o.kinds[at], parts...)
		return nil
	})
}

// held returns the columns that were put together.
func (o *partitionOrder) held() *vector.Batch {
	out := &vector.Batch{N: o.in.N}
	for _, c := range o.in.Columns {
		if c != nil {
			out.Columns = append(out.Columns, c)
		}
	}
	return out
}

// windowStepRows is about how many rows of partitions next to each other are computed by one goroutine, and given as
// one batch.
const windowStepRows = 1 << 14

// partitionStep is the partitions first..last-1.
type partitionStep struct{ first, last int }

// steps divides the partitions by their rows.
func (o *partitionOrder) steps() []partitionStep {
	var steps []partitionStep
	first := 0
	for p, end := range o.ends {
		if end-o.begin(first) >= windowStepRows || p == o.partitions()-1 {
			steps = append(steps, partitionStep{first, p + 1})
			first = p + 1
		}
	}
	return steps
}

// partitions returns how many there are.
func (o *partitionOrder) partitions() int { return len(o.ends) }

// begin returns where a partition begins in rows.
func (o *partitionOrder) begin(partition int) int {
	if partition == 0 {
		return 0
	}
	return o.ends[partition-1]
}

// sortLarge sorts those partitions, by several goroutines each, that have so many of all rows that the others would wait for the one that sorts them.
func (o *partitionOrder) sortLarge(ctx context.Context, workers int) error {
	if workers < 2 || len(o.order.at) == 0 {
		return nil
	}
	for p, end := range o.ends {
		from := o.begin(p)
		if end-from <= max(len(o.rows)/workers, 2*minParallelSortRows) {
			continue
		}
		if err := sortPrefixedTogether(ctx, o.rows[from:end], make([]prefixedRow, end-from), o.rest, workers); err != nil {
			return err
		}
		if o.sorted == nil {
			o.sorted = make([]bool, o.partitions())
		}
		o.sorted[p] = true
	}
	return nil
}

// sortScratch is memory for sort.
var sortScratch sync.Pool // of *[]prefixedRow

// sort sorts the partitions first..last-1. Several goroutines may sort others at the same time.
func (o *partitionOrder) sort(ctx context.Context, first, last int) error {
	if len(o.order.at) == 0 {
		return nil
	}
	most := 0
	for p := first; p < last; p++ {
		most = max(most, o.ends[p]-o.begin(p))
	}
	scratch, ok := sortScratch.Get().(*[]prefixedRow)
	if !ok || len(*scratch) < most {
		made := make([]prefixedRow, most)
		scratch = &made
	}
	defer func() {
		if len(*scratch) <= 2*windowStepRows { // larger ones would stay for nothing
			sortScratch.Put(scratch)
		}
	}()
	for p := first; p < last; p++ {
		if o.sorted != nil && o.sorted[p] {
			continue
		}
		if err := sortPrefixed(ctx, o.rows[o.begin(p):o.ends[p]], *scratch, o.rest); err != nil {
			return err
		}
		if p%comparisonsPerCheck == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	}
	return nil
}

// sortAll sorts all partitions by several goroutines.
func (o *partitionOrder) sortAll(ctx context.Context, workers int) error {
	steps := o.steps()
	return together(ctx, workers, len(steps), func(i int) error { return o.sort(ctx, steps[i].first, steps[i].last) })
}

// peers reports whether the rows at two places, of one partition, are equal in ORDER BY.
func (o *partitionOrder) peers(i, j int) bool {
	a, b := o.rows[i], o.rows[j]
	return a.prefix == b.prefix && (o.rest == nil || o.rest(a.row, b.row) == 0)
}

// numbers returns the rows of the partitions first..last-1.
func (o *partitionOrder) numbers(first, last int) []int32 {
	own := o.rows[o.begin(first):o.ends[last-1]]
	out := make([]int32, len(own))
	for i, r := range own {
		out[i] = r.row
	}
	return out
}

// batch returns the rows of the partitions first..last-1.
func (o *partitionOrder) batch(first, last int) *vector.Batch {
	out := &vector.Batch{Columns: make([]vector.Vector, len(o.in.Columns)), N: o.ends[last-1] - o.begin(first)}
	var partitions, rows []int32
	for at, joined := range o.in.Columns {
		switch {
		case o.keyOf[at] >= 0:
			if partitions == nil {
				partitions = make([]int32, 0, out.N)
				for p := first; p < last; p++ {
					for range o.ends[p] - o.begin(p) {
						partitions = append(partitions, int32(p))
					}
				}
			}
			out.Columns[at] = vector.Gather(o.keys[o.keyOf[at]], partitions)
		case at == o.valued:
			out.Columns[at] = o.values(o.rows[o.begin(first):o.ends[last-1]])
		default:
			if rows == nil {
				rows = o.numbers(first, last)
			}
			out.Columns[at] = vector.Gather(joined, rows)
		}
	}
	return out
}

// values returns the first sort key of rows, a whole number, which their prefixes tell (see sortPrefixes).
func (o *partitionOrder) values(rows []prefixedRow) vector.Vector {
	flip, null := uint64(1)<<63, uint64(math.MaxUint64)
	if o.order.keys[0].Descending {
		flip ^= math.MaxUint64
	}
	if o.order.keys[0].NullsFirst {
		null = 0
	}
	out := make([]int64, len(rows))
	var nulls vector.Bitmap
	for i, r := range rows {
		out[i] = int64(r.prefix ^ flip)
		if r.prefix == null {
			if nulls == nil {
				nulls = vector.NewBitmap(len(rows))
			}
			nulls.Set(i)
		}
	}
	return vector.NewFlat(o.kinds[o.valued], out, nulls)
}
