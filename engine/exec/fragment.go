package exec

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/ctlake/ctlake/engine/expr"
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/vector"
)

// A fragment is the part of a plan that each worker runs for itself, split by
// split: a Scan and the nodes above it that look at one row at a time. Joins that
// do not give right rows without a match are among these: the workers share their right sides.

// inFragment reports whether a join may be part of a fragment.
func inFragment(n *plan.Join) bool { return n.Kind != plan.RightJoin && n.Kind != plan.FullJoin }

// fragmentScan returns the Scan at the bottom of n, if n is a fragment.
func fragmentScan(n plan.Node) (*plan.Scan, bool) {
	for {
		switch m := n.(type) {
		case *plan.Scan:
			return m, true
		case *plan.Filter:
			n = m.Input
		case *plan.Project:
			n = m.Input
		case *plan.Unnest:
			n = m.Input
		case *plan.Join:
			if !inFragment(m) {
				return nil, false
			}
			n = m.Left
		default:
			return nil, false
		}
	}
}

// fragment is a fragment compiled for one worker: open runs it over a task.
type fragment struct {
	open    func(*task) Operator
	scanner *scanner // at the bottom
}

func (b *builder) fragment(n plan.Node) (*fragment, error) {
	if n, ok := n.(*plan.Scan); ok {
		source, err := sourceOf(n)
		if err != nil {
			return nil, err
		}
		s, err := newScanner(n, source, b.rt, b.tops[n], b.keys[n], b.compact[n])
		if err != nil {
			return nil, err
		}
		return &fragment{func(t *task) Operator { return b.rt.profiled(n, s.open(t)) }, s}, nil
	}
	below, err := b.fragment(n.Inputs()[0])
	if err != nil {
		return nil, err
	}
	var over func(Operator) Operator
	if join, ok := n.(*plan.Join); ok {
		j, err := b.joining(join, b.rights[join])
		if err != nil {
			return nil, err
		}
		over = j.over
	} else if over, err = b.rowwise(n); err != nil {
		return nil, err
	}
	return &fragment{func(t *task) Operator { return b.rt.profiled(n, over(below.open(t))) }, below.scanner}, nil
}

// rowwise compiles a node that looks at one row at a time.
func (b *builder) rowwise(n plan.Node) (func(input Operator) Operator, error) {
	in := n.Inputs()[0].Columns()
	switch n := n.(type) {
	case *plan.Filter:
		p, err := expr.Compile(n.Predicate, in, b.rt.Env)
		return func(input Operator) Operator { return &filter{input, p} }, err
	case *plan.Project:
		outputs := make([]*expr.Evaluator, len(n.Outputs))
		for i, p := range n.Outputs {
			var err error
			if outputs[i], err = expr.Compile(p.Expr, in, b.rt.Env); err != nil {
				return nil, err
			}
		}
		return func(input Operator) Operator { return &project{input, outputs} }, nil
	case *plan.Unnest:
		u, err := newUnnesting(n, b.needed[n], b.rt)
		return func(input Operator) Operator { return &unnest{input: input, unnesting: u} }, err
	}
	return nil, fmt.Errorf("build plan: %T does not look at rows alone", n)
}

func sourceOf(n *plan.Scan) (Source, error) {
	if s, ok := n.Table.(Source); ok {
		return s, nil
	}
	return nil, sql.NotSupported(sql.Pos{}, "reading the table "+n.Table.Name())
}

// newExchange returns an exchange whose workers run work over the fragment n.
func newExchange[T any](b *builder, n plan.Node, work func(f *fragment) func(context.Context, *task, func(T) error) error) (*exchange[T], error) {
	scan, _ := fragmentScan(n)
	source, err := sourceOf(scan)
	if err != nil {
		return nil, err
	}
	rights, err := b.buildRights(n)
	closeRights := func() error {
		var first error
		for _, r := range rights {
			if err := r.close(); err != nil && first == nil {
				first = err
			}
		}
		return first
	}
	if err == nil { // compiling once here finds errors before anything is read
		_, err = b.fragment(n)
	}
	if err != nil {
		_ = closeRights() // err says more
		return nil, err
	}
	splits := newSplits(scan, source, b.rt)
	splits.keys = b.keys[scan]
	splits.top = splits.newZoneTop(b.tops[scan])
	return &exchange[T]{
		splits:  splits,
		closer:  closeRights,
		room:    newRoom(b.rt.Memory),
		whole:   func(ctx context.Context) (Operator, func() int64, error) { return b.whole(ctx, n, splits, rights) },
		workers: b.rt.scanners(),
		newWorker: func() (func(context.Context, *task, func(T) error) error, error) {
			f, err := b.fragment(n)
			if err != nil {
				return nil, err
			}
			return work(f), nil
		},
	}, nil
}

// workerBytes is about what a worker holds of the tables that it reads: buffers, dictionaries, and batches on their way.
const workerBytes = 8 << 20

// scanners is how many workers an exchange has: few, if the budget is small.
func (r *Runtime) scanners() int {
	if r.Memory.limit <= 0 {
		return r.Workers
	}
	return int(min(int64(r.Workers), max(r.Memory.limit/workerBytes, minScanners)))
}

// minScanners is how many workers an exchange may have however small the budget is.
const minScanners = 4

// buildRights builds the right sides of the joins in a fragment. It returns those
// that it built even with an error.
func (b *builder) buildRights(n plan.Node) ([]*rightSide, error) {
	var built []*rightSide
	required := map[plan.ColumnID]bool{} // marks without which rows are dropped above
	for {
		if f, ok := n.(*plan.Filter); ok {
			for _, term := range plan.Conjuncts(f.Predicate) {
				if ref, ok := term.(*plan.ColumnRef); ok {
					required[ref.ID] = true
				}
			}
		}
		if _, ok := n.(*plan.Scan); ok {
			return built, nil
		}
		if join, ok := n.(*plan.Join); ok {
			if _, below := lowestJoin(join.Left); !below {
				b.first[join] = b.tellRight(join)
			}
			r, err := b.rightSide(join)
			if err != nil {
				return built, err
			}
			b.rights[join] = r
			built = append(built, r)
			b.tellLeft(join, r, required)
		}
		n = n.Inputs()[0]
	}
}

// gather returns the batches of fragment n, with what over makes of each split's operator.
func (b *builder) gather(n plan.Node, over func(Operator) Operator) (Operator, error) {
	return b.gatherBy(n, over, gathering(over))
}

// gatherBy is gather with work of its own.
func (b *builder) gatherBy(n plan.Node, over func(Operator) Operator, work func(f *fragment) func(context.Context, *task, func(*vector.Batch) error) error) (Operator, error) {
	x, err := newExchange(b, n, work)
	if err != nil {
		return nil, err
	}
	x.bytes = waitingBytes
	return &gather{exchange: x, over: over}, nil
}

// gathering is the work of the workers of gather.
func gathering(over func(Operator) Operator) func(f *fragment) func(context.Context, *task, func(*vector.Batch) error) error {
	return func(f *fragment) func(context.Context, *task, func(*vector.Batch) error) error {
		return func(ctx context.Context, t *task, emit func(*vector.Batch) error) (err error) {
			op := over(f.open(t))
			defer func() {
				if e := op.Close(); err == nil {
					err = e
				}
			}()
			for {
				batch, err := op.Next(ctx)
				if err == io.EOF {
					return nil
				}
				if err != nil {
					return err
				}
				if batch.N == 0 {
					continue
				}
				if err := emit(batch); err != nil {
					return err
				}
			}
		}
	}
}

// partial is what a worker makes of a split for an aggregation: a table, and then rows if
// there were more groups than it may hold; or values of a call with DISTINCT.
type partial struct {
	table  *table
	rows   *vector.Batch
	call   int // of values
	values vector.Vector
}

// partials returns partials of the aggregation n for each split of its input. Once full is set, they
// are rows alone. distinct are the values of each call that workers find together, nil where they do not.
func (b *builder) partials(n *plan.Aggregate, full *atomic.Bool, distinct []*distinctValues) (*exchange[partial], error) {
	x, err := newExchange(b, n.Input, func(f *fragment) func(context.Context, *task, func(partial) error) error {
		sinks := make([]*distinctSink, len(distinct))
		for i, v := range distinct {
			if v != nil {
				sinks[i] = &distinctSink{to: v, plain: b.rt.Env.NoDictionaries}
			}
		}
		return func(ctx context.Context, t *task, emit func(partial) error) (err error) {
			op := f.open(t)
			defer func() {
				if e := op.Close(); err == nil {
					err = e
				}
			}()
			a, err := newAggregation(n, b.rt)
			if err != nil {
				return err
			}
			return a.partial(ctx, op, b.rt.account(n, "an aggregation"), full, sinks, emit)
		}
	})
	if err != nil {
		return nil, err
	}
	x.bytes = func(p partial) int64 { // tables charge themselves
		switch {
		case p.rows != nil:
			return waitingBytes(p.rows)
		case p.values != nil:
			return waitingVector(p.values)
		}
		return 0
	}
	x.drop = func(p partial) {
		if p.table != nil {
			p.table.account.release()
		}
	}
	return x, nil
}

// partial aggregates the rows of a split.
func (a *aggregation) partial(ctx context.Context, in Operator, account account, full *atomic.Bool, sinks []*distinctSink, emit func(partial) error) error {
	if account.allowance < noAllowance-1 {
		// All workers together may hold, and have waiting, about half of what the aggregation may.
		account.allowance /= int64(4 * slotsPerWorker * a.rt.Workers)
	}
	var part *table
	give := func() error {
		t := part
		if part = nil; t == nil || t.groups.n == 0 {
			return nil
		}
		err := emit(partial{table: t})
		if err != nil {
			t.account.release()
		}
		return err
	}
	rowsOnly := len(sinks) == 0 && full.Load()
	if !rowsOnly {
		var err error
		if part, err = a.table(account, nil); err != nil {
			return err
		}
		defer func() {
			if part != nil {
				part.account.release()
			}
		}()
		for i, sink := range sinks {
			if sink != nil {
				part.states[i].seen, part.states[i].sink = nil, sink
			}
		}
	}
	flush := func(all bool) error {
		for i, sink := range sinks {
			if sink == nil {
				continue
			}
			err := sink.flush(ctx, all, func(v vector.Vector) error { return emit(partial{call: i, values: v}) })
			if err != nil {
				return err
			}
		}
		return nil
	}
	for {
		if err := ctx.Err(); err != nil { // operators below need not look
			return err
		}
		b, err := in.Next(ctx)
		if err == io.EOF {
			if err := flush(true); err != nil {
				return err
			}
			return give()
		}
		if err != nil {
			return err
		}
		if rowsOnly {
			if err := emit(partial{rows: a.needed(b)}); err != nil {
				return err
			}
			continue
		}
		if err := part.add(ctx, b, nil); err != nil {
			return err
		}
		bytes := part.bytes()
		if len(sinks) > 0 { // without keys: what else is held is little, and none of it could be written to disk
			if err := flush(false); err != nil {
				return err
			}
			if err := part.account.must(bytes); err != nil {
				return err
			}
			continue
		}
		fits, err := part.account.fits(bytes)
		if err != nil {
			return err
		}
		if !fits || full.Load() {
			part.account.force(bytes)
			rowsOnly = true
			if err := give(); err != nil {
				return err
			}
		}
	}
}

// mergeAll takes in the partials of x, in order. distinct are as those of partials.
func mergeAll(ctx context.Context, x *exchange[partial], l *level, distinct []*distinctValues) error {
	if err := mergeTables(ctx, x, l, distinct); err != nil {
		return err
	}
	for call, v := range distinct {
		if v == nil {
			continue
		}
		if err := l.countValues(ctx, call, v); err != nil {
			return err
		}
	}
	return nil
}

func mergeTables(ctx context.Context, x *exchange[partial], l *level, distinct []*distinctValues) error {
	whole, split, err := x.ask(ctx)
	if err != nil {
		return err
	}
	for whole != nil {
		b, err := whole.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := l.rows(ctx, split(), b, nil); err != nil {
			return err
		}
	}
	for {
		p, err := x.next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case p.values != nil: // what was found before takes no memory any more
			err = distinct[p.call].drain(ctx, func(v vector.Vector) error { return l.values(ctx, p.call, v) })
			if err == nil {
				err = l.values(ctx, p.call, p.values)
			}
		case p.table != nil:
			p.table.account.release()
			err = l.table(ctx, x.slots, p.table)
		default:
			err = l.rows(ctx, x.slots, p.rows, nil)
		}
		if err != nil {
			return err
		}
	}
}
