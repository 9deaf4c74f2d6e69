package exec

import (
	"context"
	"io"
	"sync/atomic"

	"github.com/ctlake/ctlake/engine/spill"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// level is an aggregation in bounded memory. It takes in groups until it holds its
// allowance. From then on it is frozen: rows of the groups that it knows are aggregated as before, all
// others are written to disk, and become levels of their own:
//
//	rows ─► known group ──► main                        the groups of main come first: they were first
//	     └► other ─► partitions by the keys' hash
//	                   one after the other ─► level ─► results with ordinals ─┐
//	                                          └► partitions ─► level ─► … ────┴─► merge by ordinal
//
// Where workers aggregate splits apart (split), what is added to main is the part of one
// split after the other, so that sums of doubles are the same whatever was on disk: rows on
// disk keep the number of their split, and tables of workers that come late are kept
// as parts of the levels below (carried).
type level struct {
	*aggregation
	depth   int
	split   bool
	full    *atomic.Bool // tells workers that the level is frozen; nil for none
	area    *spill.Area
	account account

	main   *table
	now    *table // of the split under way; nil for none
	number int64  // of that split
	frozen bool

	next    int64 // ordinal of the next row, or group of a table, that main does not know
	parts   *partitions
	carried []carriedTable
	// Of the levels below: what they found.
	columns []types.Type
	runs    []*spill.Run
	below   *level // that is under way
}

// carriedTable is a table of a split, with groups that its level does not know.
type carriedTable struct {
	number int64
	table  *table
}

func (l *level) begin() (err error) {
	l.main, err = l.aggregation.table(l.account, l.area)
	return err
}

// rows takes in rows of a split. ordinals are theirs; nil on the first level.
func (l *level) rows(ctx context.Context, number int64, b *vector.Batch, ordinals []int64) error {
	if b.N == 0 {
		return nil
	}
	into, err := l.into(number)
	if err != nil {
		return err
	}
	if l.frozen && len(l.keys) > 0 {
		known, other := l.known(pick(b, l.keys), b.N)
		if len(other) > 0 {
			if err := l.spill(ctx, number, b, other, ordinals); err != nil {
				return err
			}
			if len(known) == 0 {
				return nil
			}
			b = gatherBatch(b, known)
			ordinals = nil // of groups that are known
		}
	}
	if err := into.add(ctx, b, ordinals); err != nil {
		return err
	}
	return l.charge()
}

// known tells n rows of keys whose groups the level has from others.
func (l *level) known(keys []vector.Vector, n int) (known, other []int32) {
	numbers := make([]int32, n)
	l.main.groups.known(keys, n, numbers)
	for i, g := range numbers {
		if g >= 0 {
			known = append(known, int32(i))
		} else {
			other = append(other, int32(i))
		}
	}
	return known, other
}

// into returns the table that takes in rows of a split.
func (l *level) into(number int64) (*table, error) {
	if !l.split {
		return l.main, nil
	}
	if err := l.turn(number); err != nil {
		return nil, err
	}
	if l.now == nil {
		var err error
		if l.now, err = l.aggregation.table(l.account, nil); err != nil {
			return nil, err
		}
	}
	return l.now, nil
}

// turn ends the split under way if another begins.
func (l *level) turn(number int64) error {
	if l.now != nil && l.number != number {
		if err := l.main.merge(l.now); err != nil {
			return err
		}
		l.now.groups.release()
		l.now = nil
	}
	l.number = number
	return nil
}

// table takes in a table of a split, before the split's rows.
func (l *level) table(_ context.Context, number int64, t *table) error {
	if err := l.turn(number); err != nil {
		return err
	}
	if !l.frozen || len(l.keys) == 0 {
		l.now = t
		return l.charge()
	}
	n := t.groups.n
	known, other := l.known(t.groups.columns(0, n), n)
	if len(other) == 0 {
		l.now = t
		return l.charge()
	}
	carried, err := t.part(other)
	if err != nil {
		return err
	}
	if carried.firsts == nil {
		carried.firsts = make([]int64, len(other))
		for i := range other {
			carried.firsts[i] = l.next
			l.next++
		}
	}
	carried.account = l.account
	carried.account.held = 0
	carried.account.force(carried.bytes())
	l.carried = append(l.carried, carriedTable{number, carried})
	if l.now, err = t.part(known); err != nil {
		return err
	}
	l.now.firsts = nil
	return l.charge()
}

// charge accounts for what is held, and freezes the level if that is too much.
func (l *level) charge() error {
	bytes := l.main.bytes()
	if l.now != nil {
		bytes += l.now.bytes()
	}
	a := &l.main.account
	if l.frozen {
		return a.must(bytes)
	}
	if l.depth == maxDepth || a.allowance == noAllowance {
		return a.set(bytes)
	}
	fits := bytes <= a.allowance/2
	if fits {
		var err error
		if fits, err = a.fits(bytes); err != nil {
			return err
		}
	}
	if fits {
		return nil
	}
	l.freeze()
	return a.must(bytes)
}

func (l *level) freeze() {
	l.frozen = true
	if l.full != nil {
		l.full.Store(true)
	}
	if l.now != nil {
		l.main.admit(l.now)
	}
	for _, s := range l.main.states {
		if s.seen != nil {
			s.seen.frozen = true
			s.late = l.main.lateRows(s, l.account, l.area)
		}
		if s.held == nil && s.fn.Overload.KeepsRows {
			s.held, s.kept = l.heldRows(s.aggregate, l.account, l.area), true
		}
	}
}

// needed returns b without columns that the aggregation does not read.
func (a *aggregation) needed(b *vector.Batch) *vector.Batch {
	out := &vector.Batch{Columns: make([]vector.Vector, len(b.Columns)), N: b.N}
	use := func(at int) {
		if at >= 0 {
			out.Columns[at] = b.Columns[at]
		}
	}
	for _, at := range a.keys {
		use(at)
	}
	for _, c := range a.calls {
		use(c.filter)
		for _, at := range c.args {
			use(at)
		}
		for _, at := range c.order.at {
			use(at)
		}
	}
	for i, c := range out.Columns {
		if c == nil {
			out.Columns[i] = vector.NewNull(a.node.Input.Columns()[i].Type, b.N)
		}
	}
	return out
}

// spill writes rows of b to disk.
func (l *level) spill(ctx context.Context, number int64, b *vector.Batch, rows []int32, ordinals []int64) error {
	if l.parts == nil {
		columns := append(columnTypes(l.node.Input.Columns()), types.TBigint, types.TBigint)
		l.parts = newPartitions(columns, l.keys, l.depth, l.area, l.account)
	}
	out := l.needed(b)
	if len(rows) < b.N {
		out = gatherBatch(out, rows)
	}
	own := make([]int64, len(rows))
	for i, r := range rows {
		if ordinals != nil {
			own[i] = ordinals[r]
		} else {
			own[i] = l.next
			l.next++
		}
	}
	out = &vector.Batch{N: out.N, Columns: append(out.Columns[:len(out.Columns):len(out.Columns)], vector.NewFlat(types.TBigint, own, nil),
		vector.NewConstant(vector.NewFlat(types.TBigint, []int64{number}, nil), out.N))}
	return l.parts.add(ctx, out)
}

// finish ends the input. Results of main may be read then, and after them the rest.
func (l *level) finish(ctx context.Context) error {
	if l.now != nil {
		if err := l.main.merge(l.now); err != nil {
			return err
		}
		l.now.groups.release()
		l.now = nil
		if err := l.charge(); err != nil {
			return err
		}
	}
	for _, s := range l.main.states {
		if err := s.finish(ctx, l.main); err != nil {
			return err
		}
	}
	return nil
}

// rest gives up main and returns the results of the groups that were on disk.
func (l *level) rest(ctx context.Context) (batches, error) {
	l.main.release()
	l.main = nil
	for _, c := range l.node.Columns() {
		l.columns = append(l.columns, c.Type)
	}
	l.columns = append(l.columns, types.TBigint)
	if err := l.belows(ctx); err != nil {
		return nil, err
	}
	ordinal := len(l.columns) - 1
	m, err := mergeRuns(ctx, l.area, l.runs, l.columns, byOrdinal(ordinal), l.rt.BatchRows, l.account.blockBytes())
	if err != nil {
		return nil, err
	}
	return &withoutLast{m}, nil
}

// withoutLast drops the last column.
type withoutLast struct{ batches }

func (o *withoutLast) Next(ctx context.Context) (*vector.Batch, error) {
	b, err := o.batches.Next(ctx)
	if err != nil {
		return nil, err
	}
	n := len(b.Columns) - 1
	return &vector.Batch{Columns: b.Columns[:n:n], N: b.N}, nil
}

// belows runs the levels of all partitions, and collects what they found.
func (l *level) belows(ctx context.Context) error {
	if l.parts == nil && len(l.carried) == 0 {
		return nil
	}
	var runs [fanOut]*spill.Run
	if l.parts != nil {
		if err := l.parts.flush(ctx); err != nil {
			return err
		}
		runs = l.parts.runs
	}
	carried := make([][fanOut][]int32, len(l.carried)) // groups by partition
	for i, c := range l.carried {
		n := c.table.groups.n
		carried[i] = partsOf(c.table.groups.columns(0, n), n, l.depth)
	}
	for p, run := range runs {
		var tables []carriedTable
		for i, c := range l.carried {
			if groups := carried[i][p]; len(groups) > 0 {
				t, err := c.table.part(groups)
				if err != nil {
					return err
				}
				tables = append(tables, carriedTable{c.number, t})
			}
		}
		if run == nil && tables == nil {
			continue
		}
		below := &level{aggregation: l.aggregation, depth: l.depth + 1, split: l.split, area: l.area, account: l.account,
			columns: l.columns}
		l.below = below
		if err := below.begin(); err != nil {
			return err
		}
		if err := below.run(ctx, run, tables); err != nil {
			return err
		}
		l.runs = append(l.runs, below.runs...)
		below.release()
	}
	return nil
}

// run aggregates a partition: rows and tables in the order of their splits, a split's table first.
func (l *level) run(ctx context.Context, rows *spill.Run, tables []carriedTable) error {
	upTo := func(number int64) error {
		for len(tables) > 0 && tables[0].number <= number {
			t := tables[0]
			tables = tables[1:]
			if err := l.table(ctx, t.number, t.table); err != nil {
				return err
			}
		}
		return nil
	}
	width := len(l.node.Input.Columns())
	if rows != nil {
		reader := rows.Reader()
		for {
			if err := ctx.Err(); err != nil {
				return err
			}
			b, err := reader.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				return spillError(err)
			}
			own, numbers := ordinals(b, width), ordinals(b, width+1)
			b.Columns = b.Columns[:width]
			for from := 0; from < b.N; {
				to := from + 1
				for to < b.N && numbers[to] == numbers[from] {
					to++
				}
				if err := upTo(numbers[from]); err != nil {
					return err
				}
				if err := l.rows(ctx, numbers[from], sliceBatch(b, from, to), own[from:to]); err != nil {
					return err
				}
				from = to
			}
		}
	}
	if len(tables) > 0 {
		if err := upTo(tables[len(tables)-1].number); err != nil {
			return err
		}
	}
	if err := l.finish(ctx); err != nil {
		return err
	}
	found := l.area.NewRun(l.columns)
	n := l.main.groups.n
	step := min(rowsOfBlock(n, l.main.bytes(), l.account.blockBytes()), maxBlockRows)
	for from := 0; from < n; from += step {
		to := min(from+step, n)
		b, err := l.main.result(ctx, from, to)
		if err != nil {
			return err
		}
		b.Columns = append(b.Columns, vector.NewFlat(types.TBigint, l.main.firsts[from:to], nil))
		if err := found.Add(b); err != nil {
			return spillError(err)
		}
	}
	l.runs = append(l.runs, found)
	l.main.release()
	l.main = nil
	return l.belows(ctx)
}

// release gives up all that is held.
func (l *level) release() {
	if l.main != nil {
		l.main.release()
	}
	if l.parts != nil {
		l.parts.release()
	}
	for _, c := range l.carried {
		c.table.account.release()
	}
	l.carried = nil
	if l.below != nil {
		l.below.release()
	}
}
