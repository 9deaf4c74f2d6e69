package exec

import (
	"context"

	"github.com/ctlake/ctlake/engine/expr"
	"github.com/ctlake/ctlake/storage/vector"
)

// filter keeps the rows for which a predicate is true.
type filter struct {
	input     Operator
	predicate *expr.Evaluator
}

func (o *filter) Next(ctx context.Context) (*vector.Batch, error) {
	for {
		b, err := o.input.Next(ctx)
		if err != nil {
			return nil, err
		}
		rows, all, err := o.predicate.Select(b)
		switch {
		case err != nil:
			return nil, err
		case all:
			return b, nil
		case len(rows) > 0:
			return gatherBatch(b, rows), nil
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
}

func (o *filter) Close() error { return o.input.Close() }
