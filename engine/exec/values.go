package exec

import (
	"context"

	"github.com/ctlake/ctlake/engine/expr"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/vector"
)

// values gives literal rows.
type values struct {
	node  *plan.Values
	env   *expr.Env
	rows  int // rows a batch
	whole *sliced
}

func (o *values) Next(context.Context) (*vector.Batch, error) {
	if o.whole == nil {
		b, err := o.evaluate()
		if err != nil {
			return nil, err
		}
		o.whole = &sliced{whole: b}
	}
	return o.whole.next(o.rows)
}

func (o *values) evaluate() (*vector.Batch, error) {
	out := &vector.Batch{Columns: make([]vector.Vector, len(o.node.Outputs)), N: len(o.node.Rows)}
	builders := make([]vector.Builder, len(o.node.Outputs))
	for i, c := range o.node.Outputs {
		builders[i] = vector.NewBuilder(c.Type, out.N)
	}
	for _, row := range o.node.Rows {
		for i := range builders {
			v, err := expr.EvalConstant(row[i], o.env)
			if err != nil {
				return nil, err
			}
			builders[i].Append(v, 0)
		}
	}
	for i, b := range builders {
		out.Columns[i] = b.Build()
	}
	return out, nil
}

func (o *values) Close() error { return nil }
