package exec

import (
	"context"
	"io"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/vector"
)

// sorter orders all its input; the sort is stable.
type sorter struct {
	input  Operator
	sorter *rowSorter
	out    batches
}

func (b *builder) sort(n *plan.Sort, input Operator) (Operator, error) {
	order, err := newOrdering(n.Input.Columns(), n.Keys)
	if err != nil {
		return nil, err
	}
	return &sorter{input: input,
		sorter: newRowSorter(columnTypes(n.Columns()), order, b.rt.account(n, "a sort"), b.rt.area(n), b.rt)}, nil
}

func (o *sorter) Next(ctx context.Context) (*vector.Batch, error) {
	for o.out == nil {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b, err := o.input.Next(ctx)
		if err == io.EOF {
			if o.out, err = o.sorter.inOrder(ctx); err != nil {
				return nil, err
			}
			break
		}
		if err != nil {
			return nil, err
		}
		if err := o.sorter.add(ctx, b); err != nil {
			return nil, err
		}
	}
	return o.out.Next(ctx)
}

func (o *sorter) Close() error {
	o.sorter.release()
	err := o.input.Close()
	if e := o.sorter.area.Close(); err == nil {
		err = e
	}
	return err
}
