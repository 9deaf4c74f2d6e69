package exec

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// pairsTogether aggregates a fragment where all that counts are the distinct pairs of two columns: the groups of two keys, or how many
// values of a column there are in each group of one key. Workers share the numbers of values and the pairs of these:
//
//	worker ─► numbers of arn, of sourceipaddress ─► pairs ─┐
//	worker ─► …                                            ├─► parts by the pairs' hashes ─► distinct ─► groups by ordinal
//
// So a value, or a pair, is kept once, however many workers meet it, and what is done after the scan is done part by part
// on all of them. The ordinals of rows say in which order groups come.
type pairsTogether struct {
	rt      *Runtime
	keys    []int           // positions of the keys' columns
	counted []int           // positions of the columns whose values are counted, group by group
	columns []columnNumbers // of keys, and then of counted
	sets    []*pairSet      // of the keys, or of the key with each of counted
	workers []*pairWorker

	mu      sync.Mutex // of what follows
	account account
	full    bool
}

// pairWorker is what one worker knows.
type pairWorker struct {
	of        *pairsTogether
	numberers []numberer
	sinks     []*pairSink
	numbers   [][]int32 // of a batch
	ordinals  []int64

	// Of one key: the groups that the worker met, in the order of their first rows.
	met    vector.Bitmap
	groups []int32
	firsts []int64
	bytes  atomic.Int64
}

// pairsOnly reports whether n asks for nothing but distinct pairs; counted are the columns whose values are counted in each group.
func pairsOnly(n *plan.Aggregate) (counted []plan.ColumnID, ok bool) {
	if len(n.Keys) == 2 && len(n.Aggs) == 0 {
		return nil, true
	}
	if len(n.Keys) != 1 || len(n.Aggs) == 0 {
		return nil, false
	}
	for i := range n.Aggs {
		c := &n.Aggs[i]
		if !countsDistinct(c) || c.Filter != nil {
			return nil, false
		}
		counted = append(counted, c.Args[0].(*plan.ColumnRef).ID)
	}
	return counted, true
}

// pairsTogether returns the pairs of n, which are all that it asks for; nil if it asks for more.
func (b *builder) pairsTogether(n *plan.Aggregate) findings {
	counted, ok := pairsOnly(n)
	if !ok {
		return nil
	}
	in := n.Input.Columns()
	keys, err := positions(in, n.Keys)
	if err != nil {
		return nil // the other way says it
	}
	o := &pairsTogether{rt: b.rt, keys: keys, account: b.rt.account(n, "an aggregation")}
	if o.counted, err = positions(in, counted); err != nil {
		return nil
	}
	for _, at := range slices.Concat(o.keys, o.counted) {
		numbers := numbersFor(in[at].Type)
		if numbers == nil {
			return nil
		}
		o.columns = append(o.columns, numbers)
	}
	for range max(len(o.counted), 1) {
		o.sets = append(o.sets, &pairSet{ordered: len(o.counted) == 0})
	}
	if o.account.allowance < noAllowance-1 {
		o.account.allowance /= tableShare
	}
	return o
}

// worker implements findings.
func (o *pairsTogether) worker() (finder, error) {
	w := &pairWorker{of: o, numbers: make([][]int32, len(o.columns))}
	for _, c := range o.columns {
		w.numberers = append(w.numberers, c.numberer())
	}
	for _, set := range o.sets {
		w.sinks = append(w.sinks, newPairSink(set))
	}
	o.workers = append(o.workers, w)
	return w, nil
}

// take implements finder.
func (w *pairWorker) take(ctx context.Context, b *vector.Batch, first int64) (fits bool, err error) {
	if b.N == 0 || !w.add(b, first) {
		return true, nil
	}
	w.note()
	return w.of.charge(ctx)
}

// end implements finder.
func (w *pairWorker) end(ctx context.Context) (fits bool, err error) {
	for _, sink := range w.sinks {
		sink.flush(true)
	}
	w.note()
	return w.of.charge(ctx)
}

// add takes in a batch, whose first row has the given ordinal, and reports whether much was handed on.
func (w *pairWorker) add(b *vector.Batch, first int64) (handed bool) {
	o := w.of
	for i, at := range slices.Concat(o.keys, o.counted) {
		w.numbers[i] = grow(w.numbers[i], b.N)
		w.numberers[i].numbers(b.Columns[at], o.rt.Env.NoDictionaries, w.numbers[i])
	}
	if len(o.counted) == 0 {
		w.ordinals = w.ordinals[:0]
		for i := range b.N {
			w.ordinals = append(w.ordinals, first+int64(i))
		}
		w.sinks[0].add(w.numbers[0], w.numbers[1], w.ordinals, false)
		return w.sinks[0].flush(false)
	}
	w.meet(w.numbers[0], first)
	for i, sink := range w.sinks {
		sink.add(w.numbers[0], w.numbers[1+i], nil, true)
		handed = sink.flush(false) || handed
	}
	return handed
}

// meet notes groups that are new to the worker.
func (w *pairWorker) meet(groups []int32, first int64) {
	for i, g := range groups {
		if word := int(g >> 6); word >= len(w.met) {
			w.met = append(w.met, make(vector.Bitmap, word+word/4+1-len(w.met))...)
		}
		if !w.met.Has(int(g)) {
			w.met.Set(int(g))
			w.groups, w.firsts = append(w.groups, g), append(w.firsts, first+int64(i))
		}
	}
}

// note says what the worker holds by itself.
func (w *pairWorker) note() {
	n := sinkBytes*int64(len(w.sinks)) + 8*int64(cap(w.met)) + 4*int64(cap(w.groups)) + 8*int64(cap(w.firsts))
	for _, c := range w.numberers {
		n += c.bytes()
	}
	w.bytes.Store(n)
}

// charge accounts for what is held, and reports whether it fits.
func (o *pairsTogether) charge(ctx context.Context) (fits bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.full {
		return false, nil
	}
	for _, c := range o.columns {
		if c.tooMany() {
			o.full = true
			return false, nil
		}
	}
	if fits, err = o.account.fits(o.bytes()); fits || err != nil {
		return fits, err
	}
	for _, set := range o.sets {
		if err := set.compact(ctx, 1); err != nil {
			return false, err
		}
	}
	fits, err = o.account.fits(o.bytes())
	o.full = !fits
	return fits, err
}

func (o *pairsTogether) bytes() int64 {
	n := int64(0)
	for _, c := range o.columns {
		n += c.bytes()
	}
	for _, set := range o.sets {
		n += set.held.Load()
	}
	for _, w := range o.workers {
		n += w.bytes.Load()
	}
	return n
}

// merged implements findings.
func (o *pairsTogether) merged(ctx context.Context) (rows batches, fits bool, err error) {
	for _, set := range o.sets {
		if err := set.compact(ctx, o.rt.scanners()); err != nil {
			return nil, false, err
		}
	}
	if a := &o.account; a.allowance < noAllowance-1 {
		a.allowance *= tableShare // nothing else comes
	}
	fits, err = o.account.fits(o.bytes() + o.resultBytes())
	if !fits || err != nil {
		return nil, fits, err
	}
	var out *vector.Batch
	if len(o.counted) > 0 {
		out, err = o.counts(ctx)
	} else {
		out, err = o.pairs(ctx)
	}
	if err != nil {
		return nil, false, err
	}
	o.drop()
	if out != nil {
		err = o.account.must((&sizer{}).bytes(out))
	}
	return &slicedRows{sliced{whole: out}, o.rt.BatchRows}, true, err
}

// resultBytes is about what is made of the pairs at the end.
func (o *pairsTogether) resultBytes() int64 {
	n := int64(0)
	for _, c := range o.columns {
		n += valueBytes * int64(c.limit())
	}
	if len(o.counted) == 0 {
		return n + 40*int64(o.sets[0].count())
	}
	return n + (4*int64(o.rt.scanners())+8)*int64(len(o.counted))*int64(o.columns[0].limit())
}

// counts returns the groups of one key and how many values each has.
func (o *pairsTogether) counts(ctx context.Context) (*vector.Batch, error) {
	limit := o.columns[0].limit()
	firsts, numbers := make([][]int64, len(o.workers)), make([][]int32, len(o.workers))
	for w, worker := range o.workers {
		firsts[w], numbers[w] = worker.firsts, worker.groups
	}
	var groups []int32
	for g := range byFirsts(firsts, numbers, limit) {
		groups = append(groups, g)
	}
	if len(groups) == 0 {
		return nil, nil
	}
	out := &vector.Batch{Columns: []vector.Vector{columnOf(groups, o.columns[0].all())}, N: len(groups)}
	for _, set := range o.sets {
		counts, err := o.countsOf(ctx, set, groups, limit)
		if err != nil {
			return nil, err
		}
		out.Columns = append(out.Columns, vector.NewFlat(types.TBigint, counts, nil))
	}
	return out, nil
}

// countsOf returns how many pairs of a set each of the groups has.
func (o *pairsTogether) countsOf(ctx context.Context, set *pairSet, groups []int32, limit int) ([]int64, error) {
	workers := o.rt.scanners()
	own := make([][]int32, workers)
	err := together(ctx, workers, workers, func(w int) error {
		counts := make([]int32, limit)
		for part := w; part < keyParts; part += workers {
			for _, pair := range set.parts[part].pairs {
				counts[pair>>32]++
			}
		}
		own[w] = counts
		return ctx.Err()
	})
	out := make([]int64, len(groups))
	for _, counts := range own {
		for i, g := range groups {
			if counts != nil {
				out[i] += int64(counts[g])
			}
		}
	}
	return out, err
}

// orderedPair is a pair with the ordinal of its first row.
type orderedPair struct {
	first int64
	pair  uint64
}

// pairs returns the groups of two keys.
func (o *pairsTogether) pairs(ctx context.Context) (*vector.Batch, error) {
	set := o.sets[0]
	n := set.count()
	if n == 0 {
		return nil, nil
	}
	// The pairs of each split are put side by side, and then into the order of their rows.
	starts := []int{0}
	for i := range set.parts {
		for _, first := range set.parts[i].firsts {
			split := int(first>>ordinalShift) + 1
			if split >= len(starts) {
				starts = append(starts, make([]int, split+1-len(starts))...)
			}
			starts[split]++
		}
	}
	for i := 1; i < len(starts); i++ {
		starts[i] += starts[i-1]
	}
	all, next := make([]orderedPair, n), slices.Clone(starts)
	for i := range set.parts {
		p := &set.parts[i]
		for k, first := range p.firsts {
			at := &next[first>>ordinalShift]
			all[*at] = orderedPair{first, p.pairs[k]}
			*at++
		}
	}
	a, b := make([]int32, n), make([]int32, n)
	err := together(ctx, o.rt.scanners(), len(starts)-1, func(split int) error {
		from, to := starts[split], starts[split+1]
		inOrder(all[from:to])
		for i := from; i < to; i++ {
			a[i], b[i] = int32(all[i].pair>>32), int32(all[i].pair&lowNumbers)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &vector.Batch{Columns: []vector.Vector{columnOf(a, o.columns[0].all()), columnOf(b, o.columns[1].all())}, N: n}, nil
}

// sparseRows is how many rows of a split there may be for each of its pairs so that these are put in the places of their rows.
const sparseRows = 16

// inOrder puts pairs of one split into the order of their rows, of which no two have one.
func inOrder(pairs []orderedPair) {
	last := int64(-1)
	for _, p := range pairs {
		last = max(last, p.first&(1<<ordinalShift-1))
	}
	if last >= sparseRows*int64(len(pairs)) {
		slices.SortFunc(pairs, func(x, y orderedPair) int { return cmp.Compare(x.first, y.first) })
		return
	}
	at := make([]int32, last+1) // of each row, its pair plus one
	for i, p := range pairs {
		at[p.first&(1<<ordinalShift-1)] = int32(i) + 1
	}
	old := slices.Clone(pairs)
	n := 0
	for _, i := range at {
		if i > 0 {
			pairs[n] = old[i-1]
			n++
		}
	}
}

// drop gives up what leads to the groups.
func (o *pairsTogether) drop() { o.workers, o.columns, o.sets = nil, nil, nil }

// release implements findings.
func (o *pairsTogether) release() {
	o.drop()
	o.account.release()
}
