package exec

import (
	"context"
	"io"
	"slices"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/vector"
)

// tablesTogether aggregates a fragment with one table for each worker, over all the splits that it happens to read:
//
//	worker ─► table of splits 0, 2 …: groups with the ordinals of their first rows ─┐
//	worker ─► table of splits 1, 3 …                                                ├─► one table ─► groups by ordinal
//
// So a group is found in a few tables, not in one for each split. That is for counts, which are the same however rows were
// divided, and keys of which equal ones look the same.
type tablesTogether struct {
	rt     *Runtime
	node   *plan.Aggregate
	tables []*table // of the workers
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
		if !k.Type.OneForm() {
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
func (b *builder) tablesTogether(n *plan.Aggregate, all *splits, otherwise Operator) Operator {
	finds := b.pairsTogether(n)
	if finds == nil {
		finds = &tablesTogether{rt: b.rt, node: n}
	}
	return b.splitsTogether(n.Input, all.again(n.Input), finds, otherwise)
}

// worker implements findings.
func (o *tablesTogether) worker() (finder, error) {
	a, err := newAggregation(o.node, o.rt)
	if err != nil {
		return nil, err
	}
	account := o.rt.account(o.node, "an aggregation")
	if account.allowance < noAllowance-1 {
		account.allowance /= int64(tableShare * o.rt.scanners())
	}
	t, err := a.table(account, nil)
	if err != nil {
		return nil, err
	}
	o.tables = append(o.tables, t)
	return &tableWorker{table: t}, nil
}

// tableWorker adds rows to the table of one worker.
type tableWorker struct {
	table    *table
	ordinals []int64 // of a batch
}

// take implements finder.
func (w *tableWorker) take(ctx context.Context, b *vector.Batch, first int64) (fits bool, err error) {
	w.ordinals = w.ordinals[:0]
	for i := range b.N {
		w.ordinals = append(w.ordinals, first+int64(i))
	}
	if err := w.table.add(ctx, b, w.ordinals); err != nil {
		return false, err
	}
	return w.table.account.fits(w.table.bytes())
}

// end implements finder.
func (w *tableWorker) end(context.Context) (fits bool, err error) { return true, nil }

// merged implements findings: it puts the workers' tables together.
func (o *tablesTogether) merged(ctx context.Context) (rows batches, fits bool, err error) {
	o.tables = slices.DeleteFunc(o.tables, func(t *table) bool { return t.groups.n == 0 })
	if len(o.tables) == 0 {
		return &tableRows{}, true, nil
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
		if numbers[w], err = main.groups.groupAll(ctx, t.groups.columns(0, n), n); err != nil {
			return nil, false, err
		}
		main.grow()
		for i, s := range main.states {
			if s.seen != nil {
				err = s.mergeDistinct(ctx, main, t.states[i].seen, numbers[w])
			} else {
				err = s.acc.Merge(t.states[i].acc, numbers[w])
			}
			if err != nil {
				return nil, false, sql.At(err, s.at)
			}
		}
		t.groups.release()
		t.account.release()
	}
	n := main.groups.n
	bytes := main.bytes()
	out, err := main.compactResult(ctx, 0, n)
	if err != nil {
		return nil, false, err
	}
	groups := &tableRows{whole: out, batchRows: o.rt.BatchRows}
	if len(o.tables) > 1 {
		for g := range byFirsts(firsts, numbers, n) {
			groups.order = append(groups.order, g)
		}
	}
	if a := &main.account; a.allowance < noAllowance-1 {
		a.allowance *= int64(tableShare * o.rt.scanners()) // there is no other table now
	}
	fits, err = main.account.fits(bytes + (&sizer{}).bytes(out) + 4*int64(cap(groups.order)))
	return groups, fits, err
}

// tableRows are the groups of a table as rows.
type tableRows struct {
	whole     *vector.Batch // nil for none
	order     []int32       // of the groups; nil if they are in order
	at        int
	batchRows int
}

// Next implements batches.
func (r *tableRows) Next(context.Context) (*vector.Batch, error) {
	if r.whole == nil || r.at >= r.whole.N {
		return nil, io.EOF
	}
	from := r.at
	r.at = min(from+r.batchRows, r.whole.N)
	if r.order == nil {
		return speltBatch(sliceBatch(r.whole, from, r.at)), nil
	}
	return speltBatch(gatherBatch(r.whole, r.order[from:r.at])), nil
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

// release implements findings.
func (o *tablesTogether) release() {
	for _, t := range o.tables {
		t.release()
	}
	o.tables = nil
}
