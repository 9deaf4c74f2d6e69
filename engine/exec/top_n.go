package exec

import (
	"context"
	"io"
	"math"

	"github.com/ctlake/ctlake/storage/vector"
)

// topNSlackRows is how many rows beyond those it needs a top-N gathers before it
// sorts and drops them.
const topNSlackRows = 4096

// topN gives the rows from offset to offset+count of its input in order. It
// holds little more than offset+count rows: from time to time it sorts what it
// has, drops the rest, and from then on takes only rows that come before the last one.
type topN struct {
	input         Operator
	order         ordering
	held          *buffer
	offset, count int64
	ties          bool // rows equal to the last one are given too
	batchRows     int

	full bool // the buffer is sorted and holds offset+count rows or more
	out  *sliced
}

func (o *topN) Next(ctx context.Context) (*vector.Batch, error) {
	if o.out == nil {
		if err := o.collect(ctx); err != nil {
			return nil, err
		}
		b, err := o.held.join(ctx)
		if err != nil {
			return nil, err
		}
		from := min(int64(b.N), o.offset)
		o.out = &sliced{whole: b, at: int(from)}
	}
	return o.out.next(o.batchRows)
}

func (o *topN) collect(ctx context.Context) error {
	if o.count == 0 {
		return nil
	}
	need := o.offset + o.count
	if need < 0 { // beyond int64: more rows than there can be
		need = math.MaxInt64 / 2
	}
	for {
		b, err := o.input.Next(ctx)
		if err == io.EOF {
			return o.cut(ctx, need)
		}
		if err != nil {
			return err
		}
		if o.full {
			b = o.promising(b, need)
		}
		if err := o.held.add(b); err != nil {
			return err
		}
		if int64(o.held.rows) >= need+max(need/2, topNSlackRows) {
			if err := o.cut(ctx, need); err != nil {
				return err
			}
		}
	}
}

// promising returns the rows of b that may be among the first need ones.
func (o *topN) promising(b *vector.Batch, need int64) *vector.Batch {
	sorted := o.held.batches[0]
	compare := o.order.between(b, sorted)
	rows := make([]int32, 0, b.N)
	for i := range b.N {
		if c := compare(i, int(need)-1); c < 0 || c == 0 && o.ties {
			rows = append(rows, int32(i))
		}
	}
	if len(rows) == b.N {
		return b
	}
	return gatherBatch(b, rows)
}

// cut sorts what is held and drops what comes after the first need rows. Only the
// keys of all rows are put together; other columns are copied for the rows that stay.
func (o *topN) cut(ctx context.Context, need int64) error {
	if o.held.rows == 0 {
		return nil
	}
	keys, err := o.held.joinColumns(ctx, o.order.at)
	if err != nil {
		return err
	}
	compare := o.order.comparer(keys)
	rows, err := sortRows(ctx, keys.N, compare)
	if err != nil {
		return err
	}
	if int64(len(rows)) >= need {
		end := int(need)
		for o.ties && end < len(rows) && compare(rows[need-1], rows[end]) == 0 {
			end++
		}
		rows = rows[:end]
		o.full = true
	}
	left := o.held.gather(rows)
	for i, c := range left.Columns {
		left.Columns[i] = vector.Retain(c) // a few rows must not keep a column chunk
	}
	return o.held.replace(left)
}

func (o *topN) Close() error {
	o.held.release()
	return o.input.Close()
}
