package exec

import (
	"context"

	"github.com/ctlake/ctlake/engine/expr"
	"github.com/ctlake/ctlake/storage/vector"
)

// project computes its outputs from each row.
type project struct {
	input   Operator
	outputs []*expr.Evaluator
}

func (o *project) Next(ctx context.Context) (*vector.Batch, error) {
	b, err := o.input.Next(ctx)
	if err != nil {
		return nil, err
	}
	out := &vector.Batch{Columns: make([]vector.Vector, len(o.outputs)), N: b.N}
	for i, e := range o.outputs {
		if out.Columns[i], err = e.Eval(b); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (o *project) Close() error { return o.input.Close() }

// choose passes columns on by position.
type choose struct {
	input Operator
	at    []int
}

func (o *choose) Next(ctx context.Context) (*vector.Batch, error) {
	b, err := o.input.Next(ctx)
	if err != nil {
		return nil, err
	}
	return &vector.Batch{Columns: pick(b, o.at), N: b.N}, nil
}

func (o *choose) Close() error { return o.input.Close() }
