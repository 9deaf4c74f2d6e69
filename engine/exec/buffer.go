package exec

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// maxHeldRows is the most rows that an operator can hold: rows are numbered by int32.
const maxHeldRows = math.MaxInt32

// buffer holds rows of an operator that needs to see all of them.
type buffer struct {
	types   []types.Type
	batches []*vector.Batch
	rows    int
	account account
	sizer   sizer
}

func newBuffer(columns []plan.Column, a account) *buffer {
	b := &buffer{account: a}
	for _, c := range columns {
		b.types = append(b.types, c.Type)
	}
	return b
}

func (b *buffer) add(batch *vector.Batch) error {
	if batch.N == 0 {
		return nil
	}
	if b.rows+batch.N > maxHeldRows {
		return fmt.Errorf("%s holds more than %d rows", b.account.what, maxHeldRows)
	}
	if err := b.account.add(b.sizer.bytes(batch)); err != nil {
		return err
	}
	b.batches = append(b.batches, batch)
	b.rows += batch.N
	return nil
}

// fits adds a batch if the account has room for it, and for more bytes that the holder will need.
func (b *buffer) fits(batch *vector.Batch, more int64) (bool, error) {
	if b.rows+batch.N > maxHeldRows {
		return false, nil
	}
	bytes := b.account.held + b.sizer.bytes(batch)
	if b.account.allowance != noAllowance && bytes > b.account.allowance-more {
		return false, nil
	}
	ok, err := b.account.fits(bytes)
	if !ok || err != nil {
		return false, err
	}
	b.batches = append(b.batches, batch)
	b.rows += batch.N
	return true, nil
}

// force adds a batch whatever the budget says.
func (b *buffer) force(batch *vector.Batch) {
	b.account.force(b.account.held + b.sizer.bytes(batch))
	b.batches = append(b.batches, batch)
	b.rows += batch.N
}

// addAll drains in.
func (b *buffer) addAll(ctx context.Context, in Operator) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		batch, err := in.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := b.add(batch); err != nil {
			return err
		}
	}
}

// join returns all rows as one batch, which the buffer goes on to hold. It looks at
// ctx from time to time: much is copied.
func (b *buffer) join(ctx context.Context) (*vector.Batch, error) {
	if len(b.batches) == 1 {
		return b.batches[0], nil
	}
	copied := int64(0)
	for _, batch := range b.batches {
		copied += plainBytes(batch)
	}
	if err := b.account.add(copied); err != nil { // before it is taken: both are there for a while
		return nil, err
	}
	out, err := concat(ctx, b.types, b.batches, b.rows)
	if err != nil {
		return nil, err
	}
	if err := b.replace(out); err != nil {
		return nil, err
	}
	return out, nil
}

// joinForced is join whatever the budget says: of rows for whose copies there is room.
func (b *buffer) joinForced(ctx context.Context) (*vector.Batch, error) {
	if len(b.batches) == 1 {
		return b.batches[0], nil
	}
	out, err := concat(ctx, b.types, b.batches, b.rows)
	if err != nil {
		return nil, err
	}
	b.batches, b.sizer = []*vector.Batch{out}, sizer{}
	b.account.force(b.sizer.bytes(out))
	return out, nil
}

// concat returns the rows of batches, n in all, as one batch.
func concat(ctx context.Context, columns []types.Type, batches []*vector.Batch, n int) (*vector.Batch, error) {
	if len(batches) == 1 {
		return batches[0], nil
	}
	out := &vector.Batch{Columns: make([]vector.Vector, len(columns)), N: n}
	parts := make([]vector.Vector, len(batches))
	for c, t := range columns {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for i, batch := range batches {
			parts[i] = batch.Columns[c]
		}
		out.Columns[c] = vector.Concat(t, parts...)
	}
	return out, nil
}

// joinColumns returns all rows of the given columns; the other columns of the batch are missing.
func (b *buffer) joinColumns(ctx context.Context, at []int) (*vector.Batch, error) {
	out := &vector.Batch{Columns: make([]vector.Vector, len(b.types)), N: b.rows}
	parts := make([]vector.Vector, len(b.batches))
	for _, c := range at {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for i, batch := range b.batches {
			parts[i] = batch.Columns[c]
		}
		out.Columns[c] = vector.Concat(b.types[c], parts...)
	}
	return out, nil
}

// gather returns the given rows, numbered over all batches, in their order.
func (b *buffer) gather(rows []int32) *vector.Batch {
	if len(b.batches) == 1 {
		return gatherBatch(b.batches[0], rows)
	}
	// Row r of batch k is start[k]+r. Rows of one batch are gathered together, and
	// then all are put into their order.
	start := make([]int32, len(b.batches))
	for k := 1; k < len(start); k++ {
		start[k] = start[k-1] + int32(b.batches[k-1].N)
	}
	of := make([][]int32, len(b.batches))    // rows of each batch
	place := make([][]int32, len(b.batches)) // and where they come in the result
	k, inOrder := 0, true
	for i, r := range rows {
		if r < start[k] || r >= start[k]+int32(b.batches[k].N) { // of another batch than the row before
			from, found := k, false
			if k, found = slices.BinarySearch(start, r); !found {
				k--
			}
			for b.batches[k].N == 0 {
				k++ // empty batches begin where the next one does
			}
			inOrder = inOrder && from < k
		}
		of[k], place[k] = append(of[k], r-start[k]), append(place[k], int32(i))
	}
	order := make([]int32, len(rows))
	n := int32(0)
	for _, p := range place {
		for _, i := range p {
			order[i] = n
			n++
		}
	}
	out := &vector.Batch{Columns: make([]vector.Vector, len(b.types)), N: len(rows)}
	for c, t := range b.types {
		var parts []vector.Vector
		for k, batch := range b.batches {
			if len(of[k]) > 0 {
				parts = append(parts, vector.Gather(batch.Columns[c], of[k]))
			}
		}
		out.Columns[c] = vector.Concat(t, parts...)
		if !inOrder { // of batches
			out.Columns[c] = vector.Gather(out.Columns[c], order)
		}
	}
	return out
}

// replace makes batch the only one that is held.
func (b *buffer) replace(batch *vector.Batch) error {
	b.batches, b.rows, b.sizer = []*vector.Batch{batch}, batch.N, sizer{}
	return b.account.set(b.sizer.bytes(batch))
}

func (b *buffer) release() {
	b.batches, b.rows, b.sizer = nil, 0, sizer{}
	b.account.release()
}

// positions returns where the columns with the given IDs are among columns.
func positions(columns []plan.Column, ids []plan.ColumnID) ([]int, error) {
	out := make([]int, len(ids))
	var index map[plan.ColumnID]int
	if len(ids) >= manyColumns && len(columns) >= manyColumns {
		index = make(map[plan.ColumnID]int, len(columns))
		for i := len(columns) - 1; i >= 0; i-- {
			index[columns[i].ID] = i
		}
	}
	for i, id := range ids {
		if at, ok := index[id]; ok {
			out[i] = at
			continue
		}
		at, err := position(columns, id)
		if err != nil {
			return nil, err
		}
		out[i] = at
	}
	return out, nil
}

// manyColumns is from how many on columns are looked up in a map.
const manyColumns = 32

func position(columns []plan.Column, id plan.ColumnID) (int, error) {
	for i, c := range columns {
		if c.ID == id {
			return i, nil
		}
	}
	return 0, fmt.Errorf("build plan: column %d is not among the input's", id)
}

func pick(b *vector.Batch, at []int) []vector.Vector {
	out := make([]vector.Vector, len(at))
	for i, p := range at {
		out[i] = b.Columns[p]
	}
	return out
}
