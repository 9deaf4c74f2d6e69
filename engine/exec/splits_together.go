package exec

import (
	"context"
	"io"
	"sync/atomic"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/vector"
)

// splitsTogether runs a fragment on workers that keep what they find in all the splits that they happen to read, and then makes rows of
// what all of them found:
//
//	worker ─► rows of splits 0, 2 … with their ordinals ─┐
//	worker ─► rows of splits 1, 3 …                      ├─► what was found ─► rows
//
// Ordinals say which row of the table is which, whoever read it, and when. If what is found takes too much memory, all of it is given up,
// and otherwise begins anew: it finds the same rows split by split, and knows how to write to disk.
type splitsTogether struct {
	finds     findings
	x         *exchange[struct{}]
	otherwise Operator
	full      atomic.Bool // it takes too much memory
	out       batches     // of the findings, or otherwise; nil before the fragment has been read
}

// findings are what workers find in all splits of a fragment.
type findings interface {
	// worker returns one more worker; all are made before any of them reads.
	worker() (finder, error)
	// merged returns the rows, once all workers are done; fits is false if they take too much memory. What led to them may be given up.
	merged(ctx context.Context) (rows batches, fits bool, err error)
	// release gives up what was found, and its memory.
	release()
}

// finder looks at rows for one worker. It says that what is found fits no longer, and then all is given up.
type finder interface {
	// take takes in a batch of a split, whose first row has the given ordinal; the ordinals of the others follow.
	take(ctx context.Context, b *vector.Batch, first int64) (fits bool, err error)
	// end is told that all rows of a split were taken.
	end(ctx context.Context) (fits bool, err error)
}

const (
	// ordinalShift is how many bits of an ordinal number the rows of a split.
	ordinalShift = 32
	// maxSplits is more than the splits of a table: what is read backwards is numbered from here down.
	maxSplits = 1 << 30
)

// splitsTogether returns what finds makes of n, the fragment that reads all; otherwise is the other way to its rows.
func (b *builder) splitsTogether(n plan.Node, all *splits, finds findings, otherwise Operator) *splitsTogether {
	o := &splitsTogether{finds: finds, otherwise: otherwise}
	o.x = &exchange[struct{}]{splits: all, workers: b.rt.scanners(), room: newRoom(b.rt.Memory), closer: func() error { return nil },
		newWorker: func() (func(context.Context, *task, func(struct{}) error) error, error) {
			f, err := b.fragment(n)
			if err != nil {
				return nil, err
			}
			w, err := finds.worker()
			if err != nil {
				return nil, err
			}
			return func(ctx context.Context, k *task, _ func(struct{}) error) error {
				number := k.number
				if all.backwards {
					number = maxSplits - number
				}
				return o.read(ctx, f.open(k), w, number<<ordinalShift)
			}, nil
		}}
	return o
}

// read has a worker look at the rows of a split, the first of which has the given ordinal.
func (o *splitsTogether) read(ctx context.Context, in Operator, w finder, next int64) (err error) {
	defer func() {
		if e := in.Close(); err == nil {
			err = e
		}
	}()
	if o.full.Load() {
		return nil
	}
	goOn := func(fits bool, err error) (bool, error) {
		if err == nil && !fits {
			o.full.Store(true)
		}
		return !o.full.Load(), err
	}
	err = takeBatches(ctx, in, func(b *vector.Batch) (bool, error) {
		first := next
		next += int64(b.N)
		return goOn(w.take(ctx, b, first))
	})
	if err == nil && !o.full.Load() {
		_, err = goOn(w.end(ctx))
	}
	return err
}

// Next implements Operator.
func (o *splitsTogether) Next(ctx context.Context) (*vector.Batch, error) {
	if o.out == nil {
		if err := o.fill(ctx); err != nil {
			return nil, err
		}
	}
	return o.out.Next(ctx)
}

func (o *splitsTogether) fill(ctx context.Context) error {
	if _, err := o.x.next(ctx); err != io.EOF { // nothing is given before the end
		return err
	}
	if !o.full.Load() {
		rows, fits, err := o.finds.merged(ctx)
		if err != nil {
			return err
		}
		if fits {
			o.out = rows
			return nil
		}
	}
	o.finds.release()
	err := o.x.close()
	o.x.splits.uncount()
	o.out = o.otherwise
	return err
}

// Close implements Operator.
func (o *splitsTogether) Close() error {
	err := o.x.close()
	o.finds.release()
	if e := o.otherwise.Close(); err == nil {
		err = e
	}
	return err
}
