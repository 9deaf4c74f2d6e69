package exec

import (
	"context"
	"io"
	"math"

	"github.com/ctlake/ctlake/engine/spill"
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

	full   bool       // the buffer is sorted and holds offset+count rows or more
	sorter *rowSorter // of more rows than fit in memory; nil for none
	area   *spill.Area
	rt     *Runtime
	out    batches
}

func (o *topN) Next(ctx context.Context) (*vector.Batch, error) {
	if o.out == nil {
		if err := o.collect(ctx); err != nil {
			return nil, err
		}
		if o.sorter != nil {
			rows, err := o.sorter.inOrder(ctx)
			if err != nil {
				return nil, err
			}
			o.out = &firstRows{batches: rows, from: o.offset, left: o.count, ties: o.ties, same: o.order.across(o.held.types)}
			return o.out.Next(ctx)
		}
		b, err := o.held.joinForced(ctx)
		if err != nil {
			return nil, err
		}
		o.out = &slicedRows{sliced{whole: b, at: int(min(int64(b.N), o.offset))}, o.batchRows}
	}
	return o.out.Next(ctx)
}

type slicedRows struct {
	sliced
	batchRows int
}

func (o *slicedRows) Next(context.Context) (*vector.Batch, error) { return o.next(o.batchRows) }

func (o *topN) collect(ctx context.Context) error {
	if o.count == 0 {
		return nil
	}
	need := o.offset + o.count
	if need < 0 { // beyond int64: more rows than there can be
		need = math.MaxInt64 / 2
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := o.input.Next(ctx)
		if err == io.EOF {
			if o.sorter != nil {
				return nil
			}
			return o.cut(ctx, need)
		}
		if err != nil {
			return err
		}
		if o.full {
			b = o.promising(b, need)
		}
		if o.sorter == nil {
			fits, err := o.fits(ctx, b, need)
			if err != nil {
				return err
			}
			if !fits {
				if err := o.spill(ctx); err != nil {
					return err
				}
			}
		}
		if o.sorter != nil {
			if err := o.sorter.add(ctx, b); err != nil {
				return err
			}
			continue
		}
		if int64(o.held.rows) >= need+max(need/2, topNSlackRows) {
			if err := o.cut(ctx, need); err != nil {
				return err
			}
		}
	}
}

// fits holds the rows of b if there is memory for them, if need be after dropping others.
func (o *topN) fits(ctx context.Context, b *vector.Batch, need int64) (bool, error) {
	if b.N == 0 {
		return true, nil
	}
	fits, err := o.held.fits(b, 0)
	if fits || err != nil || int64(o.held.rows) <= 2*need {
		return fits, err
	}
	if err := o.cut(ctx, need); err != nil {
		return false, err
	}
	return o.held.fits(b, 0)
}

// spill goes on with a sort on disk.
func (o *topN) spill(ctx context.Context) error {
	o.sorter = newRowSorter(o.held.types, o.order, o.held.account, o.area, o.rt)
	o.sorter.held.account.held = 0
	rows := o.held.batches
	o.held.release()
	o.full = false
	for _, b := range rows {
		if err := o.sorter.add(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// firstRows gives some of the rows of an order, and those that are equal to the last of them.
type firstRows struct {
	batches
	from, left int64
	ties       bool
	same       crossCompare
	last       *vector.Batch // whose last row is the last one that was given
}

func (o *firstRows) Next(ctx context.Context) (*vector.Batch, error) {
	for {
		if o.left == 0 && !o.ties {
			return nil, io.EOF
		}
		b, err := o.batches.Next(ctx)
		if err != nil {
			return nil, err
		}
		if o.from >= int64(b.N) {
			o.from -= int64(b.N)
			continue
		}
		start := int(o.from)
		o.from = 0
		end := start + int(min(o.left, int64(b.N-start)))
		o.left -= int64(end - start)
		if o.left == 0 && o.ties {
			if o.last == nil {
				o.last = sliceBatch(b, end-1, end)
			}
			for end < b.N && o.same(b, end, o.last, 0) == 0 {
				end++
			}
			o.ties = end == b.N
		}
		if end > start {
			return sliceBatch(b, start, end), nil
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
	o.held.batches, o.held.rows, o.held.sizer = []*vector.Batch{left}, left.N, sizer{}
	return o.held.account.must(o.held.sizer.bytes(left))
}

func (o *topN) Close() error {
	o.held.release()
	if o.sorter != nil {
		o.sorter.release()
	}
	err := o.input.Close()
	if e := o.area.Close(); err == nil {
		err = e
	}
	return err
}
