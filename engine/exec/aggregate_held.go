package exec

import (
	"context"
	"io"

	"github.com/ctlake/ctlake/engine/spill"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// heldRowsOf are rows of a call that wait: those of ORDER BY, and of calls whose states would
// grow with them. They are sorted by group, and handed over for a few groups at a time:
//
//	(input's columns …, group) ─► sort by group, ORDER BY ─► accumulator of the groups from..to-1 ─► result
type heldRowsOf struct {
	sorter *rowSorter
	types  []types.Type
	group  int // position
	out    batches
	ahead  *vector.Batch // read, but of groups to come
	bytes  int64         // of the rows, about
}

// heldShare is which part of the allowance of an aggregation rows that wait may take.
const heldShare = 4

func (a *aggregation) heldRows(c *aggregate, account account, area *spill.Area) *heldRowsOf {
	columns := append(columnTypes(a.node.Input.Columns()), types.TBigint)
	group := len(columns) - 1
	order := ordering{at: append([]int{group}, c.order.at...), keys: append([]plan.SortKey{{}}, c.order.keys...)}
	account.held = 0
	if account.allowance < noAllowance-1 {
		account.allowance /= heldShare
	}
	return &heldRowsOf{types: columns, group: group, sorter: newRowSorter(columns, order, account, area, a.rt)}
}

// withGroups returns the columns of b, NULL for those that are missing, and the groups behind them.
func withGroups(b *vector.Batch, columns []types.Type, groups []int32) *vector.Batch {
	ids := make([]int64, b.N)
	for i, g := range groups {
		ids[i] = int64(g)
	}
	out := &vector.Batch{Columns: make([]vector.Vector, len(b.Columns)+1), N: b.N}
	for i, c := range b.Columns {
		if c == nil {
			c = vector.NewNull(columns[i], b.N)
		}
		out.Columns[i] = c
	}
	out.Columns[len(b.Columns)] = vector.NewFlat(types.TBigint, ids, nil)
	return out
}

func groupsOf(b *vector.Batch, column int) []int32 {
	ids := ordinals(b, column)
	out := make([]int32, len(ids))
	for i, id := range ids {
		out[i] = int32(id)
	}
	return out
}

// only returns the columns of b that the call needs; the others are missing.
func (a *aggregate) only(b *vector.Batch) *vector.Batch {
	out := &vector.Batch{Columns: make([]vector.Vector, len(b.Columns)), N: b.N}
	for _, at := range append(append([]int{}, a.args...), a.order.at...) {
		if at >= 0 {
			out.Columns[at] = b.Columns[at]
		}
	}
	return out
}

func (h *heldRowsOf) add(ctx context.Context, b *vector.Batch, groups []int32) error {
	for _, c := range b.Columns {
		if c != nil {
			h.bytes += waitingVector(c)
		}
	}
	return h.sorter.add(ctx, withGroups(b, h.types, groups))
}

// result returns the results of the groups from..to-1, which follow those of the call before.
func (h *heldRowsOf) result(ctx context.Context, t *table, s *state, from, to int) (vector.Vector, error) {
	var acc function.Accumulator
	if s.kept {
		groups := make([]int32, to-from)
		for i := range groups {
			groups[i] = int32(from + i)
		}
		acc = s.acc.Part(groups)
	} else {
		var err error
		if acc, err = s.fn.Overload.New(s.binding); err != nil {
			return nil, err
		}
		acc.Grow(to - from)
	}
	own := account{memory: t.account.memory, what: t.account.what, profile: t.account.profile}
	defer own.release()
	for {
		if h.ahead == nil {
			b, err := h.out.Next(ctx)
			if err == io.EOF {
				break
			}
			if err != nil {
				return nil, err
			}
			h.ahead = b
		}
		b, groups := h.ahead, groupsOf(h.ahead, h.group)
		n := 0
		for n < len(groups) && int(groups[n]) < to {
			groups[n] -= int32(from)
			n++
		}
		if n < b.N {
			h.ahead = sliceBatch(b, n, b.N)
			b = sliceBatch(b, 0, n)
		} else {
			h.ahead = nil
		}
		if n > 0 {
			if err := acc.Add(s.call(t.rt.Env.Ctx, b.Columns, n), groups[:n]); err != nil {
				return nil, err
			}
			if err := own.set(acc.Bytes()); err != nil {
				return nil, err
			}
		}
		if h.ahead != nil {
			break
		}
	}
	return acc.Result(0, to-from)
}

// lateRows are rows of a call with DISTINCT that came when there was no memory left to remember
// those before. They are partitioned by group and arguments, so that equal ones meet; the first of
// equal rows are then handed over in the order in which they came.
type lateRows struct {
	parts *partitions
	types []types.Type // the input's, the group, the ordinal
	keys  []int
	next  int64
}

func (t *table) lateRows(s *state, account account, area *spill.Area) *lateRows {
	columns := append(columnTypes(t.node.Input.Columns()), types.TBigint, types.TBigint)
	keys := []int{len(columns) - 2}
	for _, at := range s.args {
		if at >= 0 {
			keys = append(keys, at)
		}
	}
	return &lateRows{types: columns, keys: keys, parts: newPartitions(columns, keys, 0, area, account)}
}

func (l *lateRows) add(ctx context.Context, b *vector.Batch, groups []int32) error {
	if b.N == 0 {
		return nil
	}
	own := make([]int64, b.N)
	for i := range own {
		own[i] = l.next
		l.next++
	}
	out := withGroups(b, l.types, groups)
	out.Columns = append(out.Columns, vector.NewFlat(types.TBigint, own, nil))
	return l.parts.add(ctx, out)
}

// finish hands over the rows that are late, and orders those that wait.
func (s *state) finish(ctx context.Context, t *table) error {
	if s.late != nil {
		s.seen = nil // known rows were dropped when they came
		if err := s.finishLate(ctx, t); err != nil {
			return err
		}
	}
	if s.held != nil {
		var err error
		s.held.out, err = s.held.sorter.inOrder(ctx)
		return err
	}
	return nil
}

func (s *state) finishLate(ctx context.Context, t *table) error {
	l := s.late
	if err := l.parts.flush(ctx); err != nil {
		return err
	}
	own := l.parts.account
	own.held = 0
	defer own.release()
	var found []*spill.Run
	for _, run := range l.parts.runs {
		if run == nil {
			continue
		}
		var err error
		if found, err = s.dedupe(ctx, t, run, 1, &own, found); err != nil {
			return err
		}
	}
	own.release()
	ordinal, group := len(l.types)-1, len(l.types)-2
	m, err := mergeRuns(ctx, l.parts.area, found, l.types, byOrdinal(ordinal), t.rt.BatchRows, own.blockBytes())
	if err != nil {
		return err
	}
	for {
		b, err := m.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		groups := groupsOf(b, group)
		b.Columns = b.Columns[:group:group]
		if err := s.take(ctx, t.rt.Env.Ctx, s.only(b), groups); err != nil {
			return err
		}
		if err := t.account.must(t.bytes()); err != nil {
			return err
		}
	}
}

// dedupe appends runs of the first of equal rows of a run.
func (s *state) dedupe(ctx context.Context, t *table, run *spill.Run, depth int, own *account, found []*spill.Run) ([]*spill.Run, error) {
	l := s.late
	seen := t.distinct(s.aggregate)
	out := l.parts.area.NewRun(l.types)
	var parts *partitions
	reader := run.Reader()
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b, err := reader.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, spillError(err)
		}
		rows := seen.fresh(s.call(t.rt.Env.Ctx, b.Columns, b.N), groupsOf(b, len(l.types)-2))
		if len(rows) < b.N {
			b = gatherBatch(b, rows)
		}
		if parts != nil {
			if err := parts.add(ctx, b); err != nil {
				parts.release()
				return nil, err
			}
			continue
		}
		if err := out.Add(b); err != nil {
			return nil, spillError(err)
		}
		bytes := seen.bytes()
		if bytes > own.allowance/2 && depth < maxDepth {
			seen.frozen = true
			parts = newPartitions(l.types, l.keys, depth, l.parts.area, l.parts.account)
		}
		if err := own.must(bytes); err != nil {
			return nil, err
		}
	}
	found = append(found, out)
	seen = nil
	if parts == nil {
		return found, nil
	}
	if err := parts.flush(ctx); err != nil {
		return nil, err
	}
	for _, run := range parts.runs {
		if run == nil {
			continue
		}
		var err error
		if found, err = s.dedupe(ctx, t, run, depth+1, own, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}
