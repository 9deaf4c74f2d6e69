package exec

import (
	"context"
	"io"

	"github.com/ctlake/ctlake/storage/vector"
)

// rowsTogether runs nodes that look at one row at a time over batches that come from one goroutine:
//
//	batches 0 … 7 ─┬─► worker: Filter ─► Project over 0, 2, 4, 6 ─┬─► 0 … 7, and then the next ones
//	               └─► worker: Filter ─► Project over 1, 3, 5, 7 ─┘
//
// Batches are given in their order, and an error where its batch would be.
type rowsTogether struct {
	input Operator
	over  []func(Operator) Operator // of each worker
	ready []ready
	ended error // of input
}

// ready is what became of a batch, or of several: batches, and an error that comes after them.
type ready struct {
	batches []*vector.Batch
	err     error
}

// batchesPerWorker is how many batches a worker looks at before all are given.
const batchesPerWorker = 8

// Next implements Operator.
func (o *rowsTogether) Next(ctx context.Context) (*vector.Batch, error) {
	for {
		for len(o.ready) > 0 {
			r := &o.ready[0]
			if len(r.batches) > 0 {
				b := r.batches[0]
				r.batches = r.batches[1:]
				return b, nil
			}
			if r.err != nil {
				return nil, r.err
			}
			o.ready = o.ready[1:]
		}
		if o.ended != nil {
			return nil, o.ended
		}
		if err := o.read(ctx); err != nil {
			return nil, err
		}
	}
}

// read has the next batches looked at.
func (o *rowsTogether) read(ctx context.Context) error {
	var in []*vector.Batch
	for len(in) < batchesPerWorker*len(o.over) {
		b, err := o.input.Next(ctx)
		if err != nil {
			o.ended = err
			break
		}
		in = append(in, b)
	}
	o.ready = make([]ready, len(in))
	workers := min(len(o.over), len(in))
	return together(ctx, workers, workers, func(w int) error {
		for i := w; i < len(in); i += workers {
			r := &o.ready[i]
			if r.batches, r.err = throughOne(ctx, o.over[w], in[i]); r.err != nil {
				break // batches after it are not given
			}
		}
		return nil
	})
}

// throughOne returns what over makes of a batch.
func throughOne(ctx context.Context, over func(Operator) Operator, b *vector.Batch) ([]*vector.Batch, error) {
	op := over(&oneBatch{b})
	var out []*vector.Batch
	for {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		b, err := op.Next(ctx)
		if err == io.EOF {
			return out, op.Close()
		}
		if err != nil {
			_ = op.Close() // err says more
			return out, err
		}
		out = append(out, b)
	}
}

// oneBatch gives one batch.
type oneBatch struct{ rest *vector.Batch }

func (o *oneBatch) Next(context.Context) (*vector.Batch, error) {
	if o.rest == nil {
		return nil, io.EOF
	}
	b := o.rest
	o.rest = nil
	return b, nil
}

func (o *oneBatch) Close() error { return nil }

// Close implements Operator.
func (o *rowsTogether) Close() error { return o.input.Close() }
