package exec

import (
	"context"
	"io"

	"github.com/ctlake/ctlake/engine/spill"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// setOperation is INTERSECT or EXCEPT: it numbers and counts the distinct rows of
// the right side, then passes rows of the left one, in their order. Rows that there is no memory to
// remember are decided about later, see setLevel.
type setOperation struct {
	left, right Operator
	rows        *setRows
	level       *setLevel
	built       bool
	next        int64   // ordinal of the next left row
	out         batches // once the left side has ended and there were rows on disk
}

// setRows is what the levels of a set operation share.
type setRows struct {
	except, all bool
	types       []types.Type // of the rows, and of an ordinal
	keys        []int        // all columns but the ordinal
	plain       bool
	batchRows   int
	area        *spill.Area
	account     account
	found       []*spill.Run // left rows that passed, with ordinals
}

// setLevel decides about rows in bounded memory. It remembers rows until it holds its
// allowance; from then on (frozen) those that it does not know are written to disk,
// partitioned by the hash of all columns, and each partition becomes a level of its own. The left rows that pass
// are then written, too, and merged by the ordinals of left rows.
type setLevel struct {
	*setRows
	depth         int
	groups        *grouper
	counts        []int64 // of right rows not yet used up, by group
	given         []bool  // by group, without all
	frozen        bool
	lefts, rights *partitions
	passed        *spill.Run // left rows that passed after the freezing
	numbers       []int32
	account       account
}

func (b *builder) setOperation(n *plan.SetOperation) (Operator, error) {
	left, err := b.mapped(n.Left, n.LeftMap)
	if err != nil {
		return nil, err
	}
	right, err := b.mapped(n.Right, n.RightMap)
	if err != nil {
		_ = left.Close() // err says more
		return nil, err
	}
	what := "INTERSECT"
	if n.Except {
		what = "EXCEPT"
	}
	s := &setRows{except: n.Except, all: n.All, types: append(columnTypes(n.Outputs), types.TBigint), plain: b.rt.Env.NoDictionaries,
		batchRows: b.rt.BatchRows, area: b.rt.area(n), account: b.rt.account(n, what)}
	for i := range n.Outputs {
		s.keys = append(s.keys, i)
	}
	return &setOperation{left: left, right: right, rows: s, level: s.level(0)}, nil
}

func (s *setRows) level(depth int) *setLevel {
	return &setLevel{setRows: s, depth: depth, groups: newGrouper(s.types[:len(s.keys)], s.plain), account: s.account}
}

func (o *setOperation) Next(ctx context.Context) (*vector.Batch, error) {
	for !o.built {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b, err := o.right.Next(ctx)
		if err == io.EOF {
			o.built = true
			break
		}
		if err != nil {
			return nil, err
		}
		if err := o.level.takeRight(ctx, withOrdinals(b, new(int64))); err != nil {
			return nil, err
		}
	}
	for o.out == nil {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b, err := o.left.Next(ctx)
		if err == io.EOF {
			if !o.level.frozen {
				return nil, err
			}
			if o.out, err = o.finish(ctx); err != nil {
				return nil, err
			}
			break
		}
		if err != nil {
			return nil, err
		}
		passed, err := o.level.takeLeft(ctx, withOrdinals(b, &o.next))
		if err != nil {
			return nil, err
		}
		if passed != nil && passed.N > 0 {
			return &vector.Batch{N: passed.N, Columns: passed.Columns[:len(o.rows.keys)]}, nil
		}
	}
	return o.out.Next(ctx)
}

// finish decides about the rows on disk.
func (o *setOperation) finish(ctx context.Context) (batches, error) {
	if err := o.level.finish(ctx); err != nil {
		return nil, err
	}
	s := o.rows
	m, err := mergeRuns(ctx, s.area, s.found, s.types, byOrdinal(len(s.keys)), s.batchRows, s.account.blockBytes())
	if err != nil {
		return nil, err
	}
	return &withoutLast{m}, nil
}

// number returns the groups of rows; -1 for rows that a frozen level does not know.
func (l *setLevel) number(b *vector.Batch, add bool) ([]int32, error) {
	l.numbers = grow(l.numbers, b.N)
	if !add || l.frozen {
		l.groups.known(pick(b, l.keys), b.N, l.numbers)
		return l.numbers[:b.N], nil
	}
	l.groups.groups(pick(b, l.keys), b.N, l.numbers)
	for len(l.counts) < l.groups.n {
		l.counts = append(l.counts, 0)
		l.given = append(l.given, false)
	}
	bytes := l.groups.bytes() + 9*int64(cap(l.counts))
	if l.depth == maxDepth || l.account.allowance == noAllowance {
		return l.numbers[:b.N], l.account.set(bytes)
	}
	fits := bytes <= l.account.allowance/2
	if fits {
		var err error
		if fits, err = l.account.fits(bytes); err != nil {
			return nil, err
		}
	}
	if !fits {
		l.freeze()
		l.account.force(bytes)
	}
	return l.numbers[:b.N], nil
}

func (l *setLevel) freeze() {
	l.frozen = true
	l.lefts = newPartitions(l.types, l.keys, l.depth, l.area, l.setRows.account)
	l.rights = newPartitions(l.types, l.keys, l.depth, l.area, l.setRows.account)
	l.passed = l.area.NewRun(l.types)
}

// takeRight counts right rows.
func (l *setLevel) takeRight(ctx context.Context, b *vector.Batch) error {
	numbers, err := l.number(b, true)
	if err != nil {
		return err
	}
	var other []int32
	for i, g := range numbers {
		if g < 0 {
			other = append(other, int32(i))
		} else {
			l.counts[g]++
		}
	}
	if other == nil {
		return nil
	}
	return l.rights.add(ctx, gatherBatch(b, other))
}

// takeLeft returns the left rows that pass. Once the level is frozen it writes them, and those
// about which it does not know.
func (l *setLevel) takeLeft(ctx context.Context, b *vector.Batch) (*vector.Batch, error) {
	before := l.frozen
	// Only EXCEPT DISTINCT needs to remember left rows that the right side does not have.
	numbers, err := l.number(b, l.except && !l.all)
	if err != nil {
		return nil, err
	}
	var rows, other []int32
	for i, g := range numbers {
		switch {
		case g >= 0:
			if l.passes(g) {
				rows = append(rows, int32(i))
			}
		case before:
			other = append(other, int32(i))
		case l.except:
			rows = append(rows, int32(i))
		}
	}
	passed := gatherBatch(b, rows)
	if !before {
		return passed, nil
	}
	if err := l.passed.Add(passed); err != nil {
		return nil, spillError(err)
	}
	if other != nil {
		return nil, l.lefts.add(ctx, gatherBatch(b, other))
	}
	return nil, nil
}

// passes decides about the next left row of group g.
func (l *setLevel) passes(g int32) bool {
	found := l.counts[g] > 0
	if l.all {
		if found {
			l.counts[g]--
		}
		return found != l.except
	}
	if found == l.except || l.given[g] {
		return false
	}
	l.given[g] = true
	return true
}

// finish runs the levels of the partitions.
func (l *setLevel) finish(ctx context.Context) error {
	l.groups, l.counts, l.given = nil, nil, nil
	l.account.release()
	if !l.frozen {
		return nil
	}
	l.found = append(l.found, l.passed)
	if err := l.lefts.flush(ctx); err != nil {
		return err
	}
	if err := l.rights.flush(ctx); err != nil {
		return err
	}
	for p, left := range l.lefts.runs {
		if left == nil {
			continue
		}
		if err := l.below(ctx, l.rights.runs[p], left); err != nil {
			return err
		}
	}
	return nil
}

// below decides about a partition.
func (l *setLevel) below(ctx context.Context, right, left *spill.Run) error {
	b := l.level(l.depth + 1)
	defer b.release()
	if right != nil {
		if err := eachBatch(ctx, right, func(rows *vector.Batch) error { return b.takeRight(ctx, rows) }); err != nil {
			return err
		}
	}
	early := l.area.NewRun(l.types)
	err := eachBatch(ctx, left, func(rows *vector.Batch) error {
		passed, err := b.takeLeft(ctx, rows)
		if passed == nil || err != nil {
			return err
		}
		return spillError(early.Add(passed))
	})
	if err != nil {
		return err
	}
	l.found = append(l.found, early)
	return b.finish(ctx)
}

// eachBatch calls f for the batches of a run.
func eachBatch(ctx context.Context, run *spill.Run, f func(*vector.Batch) error) error {
	reader := run.Reader()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := reader.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return spillError(err)
		}
		if err := f(b); err != nil {
			return err
		}
	}
}

func (l *setLevel) release() {
	l.account.release()
	if l.frozen {
		l.lefts.release()
		l.rights.release()
	}
}

func (o *setOperation) Close() error {
	o.level.release()
	err := closeAll([]Operator{o.left, o.right})
	if e := o.rows.area.Close(); err == nil {
		err = e
	}
	return err
}
