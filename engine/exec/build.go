package exec

import (
	"context"
	"fmt"
	"maps"
	"sync/atomic"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// builder makes operators of plan nodes.
type builder struct {
	rt *Runtime
	// rights are the right sides of the joins in fragments, which workers share.
	rights map[*plan.Join]*rightSide
	// needed are the columns of joins and unnests that the nodes above them look at, where those do not look at all.
	needed map[plan.Node]map[plan.ColumnID]bool
	// keys are the values that joins above scans need of their columns.
	keys map[*plan.Scan][]scanKeys
	// first are the keys of left sides of joins in fragments that are read first, if they are few.
	first map[*plan.Join][]*keySet
	// guesses are numbers of rows that were guessed.
	guesses map[plan.Node]float64
	// tops are the top-Ns directly above scans.
	tops map[*plan.Scan]*topOfScan
	// compact are the columns of scans that may come as vector.UUIDs.
	compact map[*plan.Scan]map[plan.ColumnID]bool
	// columns are those of nodes that were asked for.
	columns map[plan.Node]map[plan.ColumnID]types.Type
	// working are the rows that recursions found last, by their tables.
	working map[plan.ColumnID]*vector.Batch
}

// Build returns the operator that yields the rows of n. Tables must be Sources.
// The caller must close it, whether or not it was read to its end.
func Build(n plan.Node, rt *Runtime) (Operator, error) {
	own := *rt
	own.holders = holders(n)
	b := &builder{rt: &own, rights: map[*plan.Join]*rightSide{}, tops: map[*plan.Scan]*topOfScan{}, compact: map[*plan.Scan]map[plan.ColumnID]bool{},
		keys: map[*plan.Scan][]scanKeys{}, first: map[*plan.Join][]*keySet{}, guesses: map[plan.Node]float64{},
		needed: map[plan.Node]map[plan.ColumnID]bool{}, columns: map[plan.Node]map[plan.ColumnID]types.Type{}, working: map[plan.ColumnID]*vector.Batch{}}
	b.noteNeeded(n, nil)
	return b.build(n)
}

// noteNeeded notes for the joins and unnests in n which columns are looked at above them; nil for all.
func (b *builder) noteNeeded(n plan.Node, needed map[plan.ColumnID]bool) {
	var below map[plan.ColumnID]bool
	switch n := n.(type) {
	case *plan.Project, *plan.Aggregate:
		below = map[plan.ColumnID]bool{}
	case *plan.Join, *plan.Unnest:
		if below = needed; needed != nil {
			b.needed[n] = needed
		}
	case *plan.Filter:
		below = needed
	}
	if below != nil {
		below = maps.Clone(below)
		plan.EachNodeRef(n, func(id plan.ColumnID) { below[id] = true })
	}
	for _, in := range n.Inputs() {
		b.noteNeeded(in, below)
	}
}

func (b *builder) build(n plan.Node) (Operator, error) {
	if _, ok := fragmentScan(n); ok { // the fragment profiles its nodes itself
		return b.gather(n, func(o Operator) Operator { return o })
	}
	o, err := b.operator(n)
	if err != nil {
		return nil, err
	}
	return b.rt.profiled(n, o), nil
}

func (b *builder) operator(n plan.Node) (Operator, error) {
	switch n := n.(type) {
	case *plan.Values:
		return &values{node: n, env: b.rt.Env, rows: b.rt.BatchRows}, nil
	case *plan.Sequence:
		return newSequence(n, b.rt.BatchRows), nil
	case *plan.Aggregate:
		return b.aggregate(n)
	case *plan.TopN:
		return b.topN(n)
	case *plan.Limit:
		return b.limit(n)
	case *plan.Output:
		return b.output(n)
	case *plan.Join:
		return b.join(n)
	case *plan.Union:
		return b.union(n)
	case *plan.SetOperation:
		return b.setOperation(n)
	case *plan.Recursion:
		return b.recursion(n)
	case *plan.WorkingTable:
		return &heldRows{out: sliced{whole: b.working[n.Table]}, batchRows: b.rt.BatchRows}, nil
	case *plan.Apply:
		return b.apply(n)
	case *keptNode:
		return n.operator(b.rt), nil
	case *lookupNode:
		return n.operator(b.rt), nil
	}
	switch n.(type) {
	case *plan.Filter, *plan.Project, *plan.Unnest, *plan.Sort, *plan.Window, *plan.EnforceSingleRow, *plan.MatchRecognize:
	default:
		return nil, fmt.Errorf("build plan: no operator for %T", n)
	}
	if o, err := b.rowsAbove(n); o != nil || err != nil {
		return o, err
	}
	input, err := b.inputOf(n)
	if err != nil {
		return nil, err
	}
	o, err := b.over(n, input)
	if err != nil {
		_ = input.Close() // err says more
		return nil, err
	}
	return o, nil
}

// inputOf returns the operator of the only input of n.
func (b *builder) inputOf(n plan.Node) (Operator, error) {
	in := n.Inputs()[0]
	w, ok := n.(*plan.Window)
	if !ok {
		return b.build(in)
	}
	top, err := partitionTops(w, b.rt)
	switch {
	case err != nil:
		return nil, err
	case top == nil:
		return b.build(in)
	}
	var input Operator
	if _, ok := fragmentScan(in); ok {
		if placedTops(w) && !hasJoin(in) && len(in.Columns()) > 0 {
			return b.topsTogether(w, top)
		}
		input, err = b.gather(in, top)
	} else {
		input, err = b.build(in)
	}
	if err != nil {
		return nil, err
	}
	return top(input), nil
}

// over makes the operator of a node with one input.
func (b *builder) over(n plan.Node, input Operator) (Operator, error) {
	switch n := n.(type) {
	case *plan.Sort:
		return b.sort(n, input)
	case *plan.Window:
		return newWindow(n, input, b.rt)
	case *plan.MatchRecognize:
		return b.matchRecognize(n, input)
	case *plan.EnforceSingleRow:
		return &singleRow{input: input, columns: n.Columns(), at: n.At}, nil
	}
	over, err := b.rowwise(n)
	if err != nil {
		return nil, err
	}
	return over(input), nil
}

func (b *builder) aggregate(n *plan.Aggregate) (Operator, error) {
	a, err := newAggregation(n, b.rt)
	if err != nil {
		return nil, err
	}
	b.noteCompact(n)
	area := b.rt.area(n)
	o := &hashAggregate{batchRows: b.rt.BatchRows, area: area,
		level: &level{aggregation: a, area: area, account: b.rt.account(n, "an aggregation")}}
	if _, ok := fragmentScan(n.Input); ok && (separable(n) || separableBut(n)) {
		full := &atomic.Bool{}
		var distinct []*distinctValues
		if !separable(n) {
			distinct = b.distinctValues(n)
		}
		x, err := b.partials(n, full, distinct)
		if err != nil {
			return nil, err
		}
		o.closer = func() error {
			err := x.close()
			for _, v := range distinct {
				if v != nil {
					v.release()
				}
			}
			return err
		}
		o.level.split, o.level.full = true, full
		o.fill = func(ctx context.Context, l *level) error { return mergeAll(ctx, x, l, distinct) }
		if countsOnly(n) && !hasJoin(n.Input) {
			return b.tablesTogether(n, x.splits, o), nil
		}
		return o, nil
	}
	input, err := b.build(n.Input)
	if err != nil {
		return nil, err
	}
	o.closer = input.Close
	o.fill = func(ctx context.Context, l *level) error { return drain(ctx, input, l) }
	if all, ok := input.(*gather); ok && countsOnly(n) && !hasJoin(n.Input) {
		return b.tablesTogether(n, all.splits, o), nil
	}
	return o, nil
}

func (b *builder) topN(n *plan.TopN) (Operator, error) {
	order, err := newOrdering(n.Input.Columns(), n.Keys)
	if err != nil {
		return nil, err
	}
	top := func(input Operator, offset, count int64) *topN {
		return &topN{input: input, order: order, offset: offset, count: count, ties: n.WithTies,
			batchRows: b.rt.BatchRows, held: newBuffer(n.Columns(), b.rt.account(n, "a top-N")), area: b.rt.area(n), rt: b.rt}
	}
	var input Operator
	if _, ok := fragmentScan(n.Input); ok && n.Offset+n.Count > 0 {
		if scan, t := topOf(n); scan != nil {
			b.tops[scan] = t
		}
		input, err = b.gather(n.Input, func(o Operator) Operator { return top(o, 0, n.Offset+n.Count) })
	} else {
		input, err = b.build(n.Input)
	}
	if err != nil {
		return nil, err
	}
	return top(input, n.Offset, n.Count), nil
}

func (b *builder) limit(n *plan.Limit) (Operator, error) {
	var input Operator
	var err error
	if _, ok := fragmentScan(n.Input); ok && n.Count >= 0 && n.Offset+n.Count > 0 {
		input, err = b.gatherLimited(n)
	} else {
		input, err = b.build(n.Input)
	}
	if err != nil {
		return nil, err
	}
	return &limit{input: input, offset: n.Offset, count: n.Count}, nil
}

func (b *builder) output(n *plan.Output) (Operator, error) {
	at, err := positions(n.Input.Columns(), n.IDs)
	if err != nil {
		return nil, err
	}
	input, err := b.build(n.Input)
	if err != nil {
		return nil, err
	}
	return &choose{input, at}, nil
}
