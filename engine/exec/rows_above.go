package exec

import (
	"context"
	"io"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/vector"
)

// rowsAbove are nodes above a window that look at one row at a time. Its workers run them over the partitions that they have computed, whose
// rows are still at hand then:
//
//	worker: partitions 0 … 40   ─► sort ─► functions ─► Filter ─► Project ─┬─► rows of 0 … 40, and then those of the next ones
//	worker: partitions 41 … 90  ─► sort ─► functions ─► Filter ─► Project ─┘
//
// So nothing is held of rows that are filtered out. An error of theirs comes where its batch would be.
type rowsAbove struct {
	chains    chan func(Operator) Operator // of workers that are not at work
	batchRows int
}

// rowsAbove returns the operator of n, a Filter or Project, if it and the nodes below down to a window are to be run by
// that one's workers; nil if not.
func (b *builder) rowsAbove(n plan.Node) (Operator, error) {
	var chain []plan.Node
	below := n
	for {
		switch below.(type) {
		case *plan.Filter, *plan.Project:
			chain = append(chain, below)
			below = below.Inputs()[0]
			continue
		}
		break
	}
	w, ok := below.(*plan.Window)
	if !ok || len(chain) == 0 {
		return nil, nil
	}
	o := &rowsAbove{chains: make(chan func(Operator) Operator, b.rt.Workers), batchRows: b.rt.BatchRows}
	for range b.rt.Workers {
		over := func(in Operator) Operator { return b.rt.profiled(w, in) }
		for i := len(chain) - 1; i >= 0; i-- {
			node, lower := chain[i], over
			upper, err := b.rowwise(node)
			if err != nil {
				return nil, err
			}
			over = func(in Operator) Operator {
				in = upper(lower(in))
				if node == n {
					return in // whoever builds n profiles it
				}
				return b.rt.profiled(node, in)
			}
		}
		o.chains <- over
	}
	input, err := b.inputOf(w)
	if err != nil {
		return nil, err
	}
	op, err := newWindow(w, input, b.rt)
	if err != nil {
		_ = input.Close() // err says more
		return nil, err
	}
	op.above = o
	return op, nil
}

// over returns what the nodes make of the rows of in. err is an error of in, at which all ends; what they give may end with an error of their own.
func (o *rowsAbove) over(ctx context.Context, in *computedRows) (out ready, err error) {
	chain := <-o.chains
	defer func() { o.chains <- chain }()
	op := chain(in)
	for {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		b, err := op.Next(ctx)
		switch {
		case err == io.EOF:
			return out, op.Close()
		case in.err != nil:
			_ = op.Close() // in.err says more
			return out, in.err
		case err != nil:
			_ = op.Close() // err says more
			out.err = err
			return out, nil
		}
		out.batches = append(out.batches, b)
	}
}

// computedRows gives the rows that compute returns.
type computedRows struct {
	compute   func() (*vector.Batch, error)
	err       error // of compute
	rows      sliced
	batchRows int
}

func (o *computedRows) Next(context.Context) (*vector.Batch, error) {
	if o.compute != nil {
		o.rows.whole, o.err = o.compute()
		o.compute = nil
	}
	if o.err != nil {
		return nil, o.err
	}
	return o.rows.next(o.batchRows)
}

func (o *computedRows) Close() error { return nil }

// readySteps yields the rows of steps.
type readySteps []ready

func (s *readySteps) Next(context.Context) (*vector.Batch, error) {
	for len(*s) > 0 {
		r := &(*s)[0]
		if len(r.batches) > 0 {
			b := r.batches[0]
			r.batches[0], r.batches = nil, r.batches[1:] // given once, and then no longer held
			return b, nil
		}
		if r.err != nil {
			return nil, r.err
		}
		*s = (*s)[1:]
	}
	return nil, io.EOF
}

// spilledRows is an operator of rows that were computed on disk.
type spilledRows struct{ batches }

func (spilledRows) Close() error { return nil }
