package exec

import (
	"context"
	"io"
	"slices"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// partitionTop leaves rows out that a window with Top does not need, before the window sorts
// what is left: once by each worker for its split, and once over all splits.
//
//	arn      ─► number of the partition ─► best [k]entry      a row is looked at once, by the prefix of its
//	eventtime ─► prefix ────────────────────┘                  first sort key; the others are read only at the end
//
// It may give more rows than are needed, but always those. Partitions come in the order of their
// first rows, which is the order in which the window gives them; rows of one partition in the order of the
// input. If memory does not suffice it gives what it has, and from then on all that comes.
type partitionTop struct {
	input     Operator
	partition []int
	order     ordering
	top       int
	ties      bool
	batchRows int
	held      *buffer
	groups    *grouper
	plain     bool

	numbers  []int32
	prefixes []uint64
	best     []topEntry // of partition g those from g*top on, if all have their place there
	counts   []int32    // of each partition in best
	lists    []topList  // of each partition, where best does not do
	kept     int        // entries of all partitions
	ordinal  int        // the column of ordinals; 0 for none
	firsts   []int64    // of each partition: the ordinal of its first row; nil without ordinals
	placed   []int32    // scratch: rows of a batch
	overflow bool       // gives what comes
	filled   bool
	out      sliced
}

// topEntry is a row of what is held. Of equal rows that of a lower split is better, and in a split the one that came first.
type topEntry struct {
	prefix uint64
	row    int32
	split  int32 // 0 without ordinals
}

// topList are entries of a partition, in the order of the rows.
type topList struct {
	entries []topEntry
	next    int    // how many entries there may be before those that are not needed go
	worst   uint64 // of those that are needed; the greatest until there are enough
}

// maxPlacedTop is up to how many rows of a partition are kept in order.
const maxPlacedTop = 16

// partitionTops returns what makes partitionTops for n; nil if its rows cannot be chosen so.
func partitionTops(n *plan.Window, rt *Runtime) (func(Operator) Operator, error) {
	in := n.Input.Columns()
	if n.Top == 0 {
		return nil, nil
	}
	order, err := newOrdering(in, n.OrderBy)
	if err != nil {
		return nil, err
	}
	if len(order.at) > 0 && !hasPrefix(in[order.at[0]].Type) {
		return nil, nil
	}
	partition, err := positions(in, n.PartitionBy)
	if err != nil {
		return nil, err
	}
	keys := make([]types.Type, len(partition))
	for i, at := range partition {
		keys[i] = in[at].Type
	}
	return func(input Operator) Operator {
		account := rt.account(n, "a window")
		if account.allowance < noAllowance-1 {
			account.allowance /= int64(4 * slotsPerWorker * rt.Workers)
		}
		o := &partitionTop{input: input, partition: partition, order: order, top: int(n.Top), ties: n.TopTies,
			batchRows: rt.BatchRows, held: newBuffer(in, account), groups: newGrouper(keys, rt.Env.NoDictionaries)}
		o.plain = placedTops(n)
		return o
	}, nil
}

// placedTops reports whether the rows of n that are needed may be told by the prefixes of their sort key alone.
func placedTops(n *plan.Window) bool {
	return !n.TopTies && len(n.OrderBy) <= 1 && n.Top <= maxPlacedTop
}

// Next implements Operator.
func (o *partitionTop) Next(ctx context.Context) (*vector.Batch, error) {
	if !o.filled {
		if err := o.fill(ctx); err != nil {
			return nil, err
		}
		o.filled = true
	}
	b, err := o.out.next(o.batchRows)
	if err != io.EOF || !o.overflow {
		return b, err
	}
	o.out = sliced{}
	return o.input.Next(ctx)
}

func (o *partitionTop) fill(ctx context.Context) error {
	for !o.overflow {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := o.input.Next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		fits, err := o.take(b)
		if err != nil {
			return err
		}
		o.overflow = !fits
	}
	o.out.whole = o.held.gather(o.rows())
	if o.out.whole.N <= fewRows {
		for i, c := range o.out.whole.Columns {
			o.out.whole.Columns[i] = vector.Retain(c) // they must not keep a column chunk
		}
	}
	o.held.release()
	o.best, o.lists, o.groups, o.kept = nil, nil, nil, 0
	return nil
}

// take looks at a batch, and holds it if a row of it is kept. It is false if what is held has become too much.
func (o *partitionTop) take(b *vector.Batch) (fits bool, err error) {
	if b.N == 0 {
		return true, nil
	}
	fits = true
	if b = o.add(b); b != nil {
		if fits, err = o.held.fits(b, o.bytes()); err != nil {
			return false, err
		}
		if !fits {
			o.held.force(b)
		}
	}
	if o.held.rows > max(4*o.kept, compactRows) {
		if err := o.compact(); err != nil {
			return false, err
		}
	}
	return fits, nil
}

// fewRows are so few rows that copying their text is cheap.
const fewRows = 1 << 12

// compactRows is how many rows are held at least before those are given up that are not needed.
const compactRows = 1 << 16

// bytes is what is held beside the rows.
func (o *partitionTop) bytes() int64 {
	return o.groups.bytes() + 16*int64(cap(o.best)) + 16*int64(o.kept) + 48*int64(len(o.lists)) + 4*int64(len(o.counts)) + 8*int64(cap(o.firsts))
}

// add looks at the rows of b, and returns those that are to be held; nil for none.
func (o *partitionTop) add(b *vector.Batch) *vector.Batch {
	split := int32(0)
	o.numbers = grow(o.numbers, b.N)
	o.groups.groups(pick(b, o.partition), b.N, o.numbers)
	if o.ordinal > 0 {
		own := ordinals(b, o.ordinal)
		firsts := o.firsts
		for i, g := range o.numbers[:b.N] {
			if int(g) == len(firsts) {
				firsts = append(firsts, own[i])
			} else if own[i] < firsts[g] { // of a split before those that were read
				firsts[g] = own[i]
			}
		}
		o.firsts = firsts
		split = int32(own[0] >> ordinalShift)
	}
	exact := true
	if len(o.order.at) == 0 {
		o.prefixes = slices.Grow(o.prefixes[:0], b.N)[:b.N]
		clear(o.prefixes)
	} else {
		o.prefixes, exact = sortPrefixes(b.Columns[o.order.at[0]], o.order.keys[0], o.prefixes)
	}
	if o.plain && !exact {
		o.list()
	}
	if !o.plain {
		if o.collect(o.numbers[:b.N], o.prefixes) {
			return b
		}
		return nil
	}
	switch placed := o.place(o.numbers[:b.N], o.prefixes, split); len(placed) {
	case 0:
		return nil
	case b.N:
		return b
	default:
		return gatherBatch(b, placed)
	}
}

// place is add where prefixes say all: of equal rows the first ones are needed. The rows that it returns are the next ones to be held.
func (o *partitionTop) place(numbers []int32, prefixes []uint64, split int32) []int32 {
	row, placed := int32(o.held.rows), o.placed[:0]
	for len(o.counts) < o.groups.n {
		o.counts = append(o.counts, 0)
	}
	if n := o.groups.n * o.top; n > len(o.best) {
		o.best = slices.Grow(o.best, n-len(o.best))[:n]
	}
	for i, g := range numbers {
		best := o.best[int(g)*o.top : (int(g)+1)*o.top]
		p, n := prefixes[i], o.counts[g]
		switch {
		case int(n) < len(best):
			o.counts[g]++
			o.kept++
		case p > best[n-1].prefix || p == best[n-1].prefix && split >= best[n-1].split:
			continue
		default:
			n--
		}
		for n > 0 && (best[n-1].prefix > p || best[n-1].prefix == p && best[n-1].split > split) {
			best[n] = best[n-1]
			n--
		}
		best[n] = topEntry{p, row, split}
		row++
		placed = append(placed, int32(i))
	}
	o.placed = placed
	return placed
}

// list turns what was placed into lists.
func (o *partitionTop) list() {
	o.plain = false
	for g, n := range o.counts {
		l := newTopList(o.top)
		l.entries = slices.Clone(o.best[g*o.top : g*o.top+int(n)])
		slices.SortFunc(l.entries, func(a, b topEntry) int { return int(a.row - b.row) })
		o.lists = append(o.lists, l)
	}
	o.best, o.counts = nil, nil
}

func newTopList(top int) topList { return topList{next: 2*top + 8, worst: ^uint64(0)} }

// collect is add where rows of equal prefixes may all be needed.
func (o *partitionTop) collect(numbers []int32, prefixes []uint64) bool {
	first, some := int32(o.held.rows), false
	for len(o.lists) < o.groups.n {
		o.lists = append(o.lists, newTopList(o.top))
	}
	for i, g := range numbers {
		l := &o.lists[g]
		if prefixes[i] > l.worst {
			continue
		}
		l.entries = append(l.entries, topEntry{prefix: prefixes[i], row: first + int32(i)})
		o.kept++
		some = true
		if len(l.entries) >= l.next {
			o.kept -= l.cut(o.top)
		}
	}
	return some
}

// cut drops entries that come after the first top ones and those that are equal to the last of them.
func (l *topList) cut(top int) (dropped int) {
	order := make([]uint64, len(l.entries))
	for i, e := range l.entries {
		order[i] = e.prefix
	}
	slices.Sort(order)
	l.worst = order[top-1]
	n := len(l.entries)
	l.entries = slices.DeleteFunc(l.entries, func(e topEntry) bool { return e.prefix > l.worst })
	l.next = 2*len(l.entries) + 8
	return n - len(l.entries)
}

// rows returns what is needed, by partition, and in each in the order of the input.
func (o *partitionTop) rows() []int32 {
	out := make([]int32, 0, o.kept)
	add := func(entries []topEntry) {
		from := len(out)
		for _, e := range entries {
			out = append(out, e.row)
		}
		slices.Sort(out[from:])
	}
	for g, n := range o.counts {
		add(o.best[g*o.top : g*o.top+int(n)])
	}
	for i := range o.lists {
		if l := &o.lists[i]; len(l.entries) > o.top {
			l.cut(o.top)
		}
		add(o.lists[i].entries)
	}
	return out
}

// eachEntries calls f for the entries of each partition, which f may change.
func (o *partitionTop) eachEntries(f func(entries []topEntry)) {
	for g, n := range o.counts {
		f(o.best[g*o.top : g*o.top+int(n)])
	}
	for i := range o.lists {
		f(o.lists[i].entries)
	}
}

// compact gives up the rows that are not needed any more. Rows are numbered anew, in their order.
func (o *partitionTop) compact() error {
	for i := range o.lists {
		if l := &o.lists[i]; len(l.entries) > o.top {
			l.cut(o.top)
		}
	}
	number := make([]int32, o.held.rows) // of each row: 0 if it goes, then its new number
	o.eachEntries(func(entries []topEntry) {
		for _, e := range entries {
			number[e.row] = 1
		}
	})
	var rows []int32
	for r, kept := range number {
		if kept != 0 {
			number[r] = int32(len(rows))
			rows = append(rows, int32(r))
		}
	}
	o.eachEntries(func(entries []topEntry) {
		for i := range entries {
			entries[i].row = number[entries[i].row]
		}
	})
	o.kept = len(rows)
	return o.held.replace(o.held.gather(rows))
}

// Close implements Operator.
func (o *partitionTop) Close() error {
	o.held.release()
	return o.input.Close()
}
