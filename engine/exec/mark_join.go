package exec

import (
	"context"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// markJoin gives each left row once, with a mark: true if it matches a right
// row, NULL if it may (a key or the residual is NULL and nothing else speaks against it), else false.
type markJoin struct{ *hashJoin }

// What is known of a left row; more is surer.
const (
	noMatch uint8 = iota
	mayMatch
	match
)

func (o *markJoin) Next(ctx context.Context) (*vector.Batch, error) {
	marks, err := o.marks(ctx)
	if err != nil {
		return nil, err
	}
	columns := append(append([]vector.Vector{}, o.batch.Columns...), markVector(marks))
	return &vector.Batch{Columns: columns, N: o.batch.N}, nil
}

// markVector returns marks as SQL has them.
func markVector(marks []uint8) vector.Vector {
	values := make([]bool, len(marks))
	var nulls vector.Bitmap
	for i, m := range marks {
		values[i] = m == match
		if m == mayMatch {
			if nulls == nil {
				nulls = vector.NewBitmap(len(marks))
			}
			nulls.Set(i)
		}
	}
	return vector.NewFlat(types.TBoolean, values, nulls)
}

// marks takes the next left batch and returns what is known of its rows.
func (o *markJoin) marks(ctx context.Context) ([]uint8, error) {
	if err := o.start(ctx); err != nil {
		return nil, err
	}
	if err := o.probe(ctx); err != nil {
		return nil, err
	}
	marks := make([]uint8, o.batch.N)
	for o.row < o.batch.N {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if o.residual == nil && o.built.compare == nil { // one candidate says all
			if len(o.built.of(o.groups[o.row])) > 0 {
				marks[o.row] = match
			}
			o.row++
			continue
		}
		left, right := o.candidates(false)
		if err := o.judge(marks, left, right); err != nil {
			return nil, err
		}
		if o.row < o.batch.N && marks[o.row] == match { // its other candidates do not matter
			o.row++
			o.entered = false
		}
	}
	if err := o.unknown(ctx, marks); err != nil {
		return nil, err
	}
	return marks, nil
}

// judge looks at pairs whose keys are not distinct.
func (o *markJoin) judge(marks []uint8, left, right []int32) error {
	var l, r []int32
	var sure []bool // the keys are equal, not just perhaps
	for i := range left {
		equal, known := o.sameKeys(left[i], right[i])
		if known && !equal || marks[left[i]] == match {
			continue
		}
		l, r, sure = append(l, left[i]), append(r, right[i]), append(sure, known)
	}
	return o.mark(marks, l, r, sure)
}

// mark evaluates the residual for pairs and raises the marks of their left rows.
func (o *markJoin) mark(marks []uint8, left, right []int32, sure []bool) error {
	if len(left) == 0 {
		return nil
	}
	var w vector.View[bool]
	if o.residual != nil {
		v, err := o.residual.Eval(o.pairs(left, right))
		if err != nil {
			return err
		}
		w = vector.ViewOf[bool](v)
	}
	for i, row := range left {
		level := mayMatch
		if sure[i] {
			level = match
		}
		if o.residual != nil {
			if w.Nulls.Has(i) {
				level = mayMatch
			} else if !w.Get(i) {
				continue
			}
		}
		marks[row] = max(marks[row], level)
	}
	return nil
}

// unknown finds the left rows without a match that a NULL key leaves open.
func (o *markJoin) unknown(ctx context.Context, marks []uint8) error {
	if len(o.leftKeys) == 0 || o.built.rows.N == 0 {
		return nil
	}
	var null vector.Bitmap
	for _, at := range o.leftKeys {
		null = vector.Or(null, o.batch.Columns[at].Nulls(), o.batch.N)
	}
	for _, k := range o.built.compare {
		null = vector.Or(null, nullsWithin(o.batch.Columns[o.leftKeys[k]]), o.batch.N)
	}
	simple := o.residual == nil && len(o.leftKeys) == 1 && o.built.compare == nil
	for row := range o.batch.N {
		if marks[row] != noMatch || len(o.built.nulls) == 0 && !null.Has(row) {
			continue
		}
		if simple {
			marks[row] = mayMatch
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := o.open(marks, row, null.Has(row)); err != nil {
			return err
		}
	}
	return nil
}

// open looks for right rows that may match a left row but for a NULL.
func (o *markJoin) open(marks []uint8, row int, nullKey bool) error {
	var left, right []int32
	flush := func() error {
		err := o.mark(marks, left, right, make([]bool, len(left)))
		left, right = left[:0], right[:0]
		return err
	}
	try := func(r int) error {
		for k, at := range o.leftKeys {
			if equal, known := vector.Equal3(o.batch.Columns[at], row, o.built.rows.Columns[o.rightKeys[k]], r); known && !equal {
				return nil
			}
		}
		left, right = append(left, int32(row)), append(right, int32(r))
		if len(left) >= o.batchRows {
			return flush()
		}
		return nil
	}
	if nullKey {
		for r := 0; r < o.built.rows.N && marks[row] == noMatch; r++ {
			if err := try(r); err != nil {
				return err
			}
		}
	} else {
		for n := 0; n < len(o.built.nulls) && marks[row] == noMatch; n++ {
			if err := try(int(o.built.nulls[n])); err != nil {
				return err
			}
		}
	}
	return flush()
}
