package exec

import (
	"context"
	"io"

	"github.com/ctlake/ctlake/storage/vector"
)

// sorter orders all its input; the sort is stable.
type sorter struct {
	input     Operator
	order     ordering
	held      *buffer
	batchRows int
	whole     *vector.Batch
	rows      []int32 // of whole, in order
	at        int
}

func (o *sorter) Next(ctx context.Context) (*vector.Batch, error) {
	if o.whole == nil {
		if err := o.held.addAll(ctx, o.input); err != nil {
			return nil, err
		}
		if err := o.held.account.add(4 * int64(o.held.rows)); err != nil {
			return nil, err
		}
		whole, err := o.held.join(ctx)
		if err != nil {
			return nil, err
		}
		o.whole = whole
		if o.rows, err = o.order.sorted(ctx, o.whole); err != nil {
			return nil, err
		}
	}
	if o.at == len(o.rows) {
		return nil, io.EOF
	}
	from, to := o.at, min(o.at+o.batchRows, len(o.rows))
	o.at = to
	return gatherBatch(o.whole, o.rows[from:to]), nil
}

func (o *sorter) Close() error {
	o.held.release()
	return o.input.Close()
}
