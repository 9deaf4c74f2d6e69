package exec

import (
	"context"
	"io"
	"slices"
	"sync/atomic"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// tablesTogether aggregates a fragment with one table for each worker, over all the splits that it happens to read:
//
//	worker ─► table of splits 0, 2 …: groups with the ordinals of their first rows ─┐
//	worker ─► table of splits 1, 3 …                                                ├─► one table ─► groups by ordinal
//
// So a group is found in a few tables, not in one for each split. That is for counts, which are the same however rows were
// divided, and keys of which equal ones look the same. If a table takes more memory than the aggregation may have, all
// is given up, and otherwise begins anew: it knows how to write to disk.
type tablesTogether struct {
	rt        *Runtime
	x         *exchange[struct{}]
	tables    []*table // of the workers
	full      atomic.Bool
	otherwise Operator
	filled    bool
	out       sliced
	order     []int32 // of the groups in out; nil if they are in order
}

// tableShare is which part of the allowance of an aggregation the tables of all workers may take: what is made of them at
// the end takes about as much again.
const tableShare = 2

// countsOnly reports whether n's answer does not depend on how its rows are divided among tables.
func countsOnly(n *plan.Aggregate) bool {
	if len(n.Keys) == 0 {
		return false
	}
	for _, k := range n.Columns()[:len(n.Keys)] {
		switch k.Type.Physical() {
		case types.Bool, types.Int64:
		case types.String:
			if k.Type.Is(types.Char) {
				return false // with and without spaces at their end
			}
		default: // zeros have signs, and times have zones
			return false
		}
	}
	for i := range n.Aggs {
		a := &n.Aggs[i]
		if len(a.OrderBy) > 0 || a.Fn.Name != "count" && a.Fn.Name != "count_if" || a.Distinct && len(a.Args) != 1 {
			return false
		}
	}
	return true
}

// tablesTogether returns the groups of n, whose input is the fragment that all reads; otherwise is the other way to them.
func (b *builder) tablesTogether(n *plan.Aggregate, all *splits, workers int, otherwise Operator) Operator {
	if o := b.pairsTogether(n, all, workers, otherwise); o != nil {
		return o
	}
	o := &tablesTogether{rt: b.rt, otherwise: otherwise}
	o.x = &exchange[struct{}]{splits: all.again(n.Input), workers: workers, room: newRoom(b.rt.Memory), closer: func() error { return nil },
		newWorker: func() (func(context.Context, *task, func(struct{}) error) error, error) {
			f, err := b.fragment(n.Input)
			if err != nil {
				return nil, err
			}
			a, err := newAggregation(n, b.rt)
			if err != nil {
				return nil, err
			}
			account := b.rt.account(n, "an aggregation")
			if account.allowance < noAllowance-1 {
				account.allowance /= int64(tableShare * workers)
			}
			t, err := a.table(account, nil)
			if err != nil {
				return nil, err
			}
			o.tables = append(o.tables, t)
			return func(ctx context.Context, k *task, _ func(struct{}) error) error {
				return o.read(ctx, f.open(k), t, k.number)
			}, nil
		}}
	return o
}

// read has a worker aggregate the rows of a split.
func (o *tablesTogether) read(ctx context.Context, in Operator, t *table, split int64) (err error) {
	defer func() {
		if e := in.Close(); err == nil {
			err = e
		}
	}()
	if o.full.Load() {
		return nil
	}
	next := split << ordinalShift
	var ordinals []int64
	return takeBatches(ctx, in, func(b *vector.Batch) (bool, error) {
		ordinals = ordinals[:0]
		for i := range b.N {
			ordinals = append(ordinals, next+int64(i))
		}
		next += int64(b.N)
		if err := t.add(ctx, b, ordinals); err != nil {
			return false, err
		}
		fits, err := t.account.fits(t.bytes())
		if err == nil && !fits {
			o.full.Store(true)
		}
		return !o.full.Load(), err
	})
}

// Next implements Operator.
func (o *tablesTogether) Next(ctx context.Context) (*vector.Batch, error) {
	if !o.filled {
		if err := o.fill(ctx); err != nil {
			return nil, err
		}
		o.filled = true
	}
	if o.full.Load() {
		return o.otherwise.Next(ctx)
	}
	if o.order == nil {
		b, err := o.out.next(o.rt.BatchRows)
		if err != nil {
			return nil, err
		}
		return speltBatch(b), nil
	}
	if len(o.order) == o.out.at {
		return nil, io.EOF
	}
	from := o.out.at
	o.out.at = min(from+o.rt.BatchRows, len(o.order))
	return speltBatch(gatherBatch(o.out.whole, o.order[from:o.out.at])), nil
}

func (o *tablesTogether) fill(ctx context.Context) error {
	if _, err := o.x.next(ctx); err != io.EOF { // nothing is given before the end
		return err
	}
	if !o.full.Load() {
		merged, err := o.merged(ctx)
		if merged || err != nil {
			return err
		}
		o.full.Store(true)
	}
	o.out.whole, o.order = nil, nil
	o.release()
	err := o.x.close()
	o.x.splits.uncount()
	return err
}

// merged puts the workers' tables together; false if that takes too much memory.
func (o *tablesTogether) merged(ctx context.Context) (bool, error) {
	o.tables = slices.DeleteFunc(o.tables, func(t *table) bool { return t.groups.n == 0 })
	if len(o.tables) == 0 {
		return true, nil
	}
	main := o.tables[0]
	firsts, numbers := make([][]int64, len(o.tables)), make([][]int32, len(o.tables))
	for w, t := range o.tables {
		firsts[w] = t.firsts
		if w == 0 {
			numbers[w] = make([]int32, t.groups.n)
			for g := range numbers[w] {
				numbers[w][g] = int32(g)
			}
			continue
		}
		n := t.groups.n
		var err error
		if numbers[w], err = main.groups.groupAll(ctx, t.groups.columns(0, n), n); err != nil {
			return false, err
		}
		main.grow()
		for i, s := range main.states {
			if s.seen != nil {
				err = s.mergeDistinct(ctx, main, t.states[i].seen, numbers[w])
			} else {
				err = s.acc.Merge(t.states[i].acc, numbers[w])
			}
			if err != nil {
				return false, sql.At(err, s.at)
			}
		}
		t.groups.release()
		t.account.release()
	}
	n := main.groups.n
	bytes := main.bytes()
	out, err := main.compactResult(ctx, 0, n)
	if err != nil {
		return false, err
	}
	if len(o.tables) > 1 {
		for g := range byFirsts(firsts, numbers, n) {
			o.order = append(o.order, g)
		}
	}
	if a := &main.account; a.allowance < noAllowance-1 {
		a.allowance *= int64(tableShare * o.x.workers) // there is no other table now
	}
	fits, err := main.account.fits(bytes + (&sizer{}).bytes(out) + 4*int64(cap(o.order)))
	o.out.whole = out
	return fits, err
}

// mergeDistinct takes in the rows of a call with one argument that were new to another table, whose groups have the given numbers here.
func (s *state) mergeDistinct(ctx context.Context, t *table, o *distinctRows, numbers []int32) error {
	groups, codes := o.pairs.list()
	for i, g := range groups {
		groups[i] = numbers[g]
	}
	values := o.args.columns(0, o.args.n)
	for from := 0; from < len(codes); from += groupStepRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		to := min(from+groupStepRows, len(codes))
		b := &vector.Batch{Columns: make([]vector.Vector, len(t.node.Input.Columns())), N: to - from}
		if s.args[0] >= 0 {
			b.Columns[s.args[0]] = vector.Gather(values[0], codes[from:to])
		}
		if err := s.addAll(ctx, t.rt.Env.Ctx, b, groups[from:to]); err != nil {
			return err
		}
	}
	return nil
}

func (o *tablesTogether) release() {
	for _, t := range o.tables {
		t.release()
	}
	o.tables = nil
}

// Close implements Operator.
func (o *tablesTogether) Close() error {
	err := o.x.close()
	o.release()
	if e := o.otherwise.Close(); err == nil {
		err = e
	}
	return err
}
