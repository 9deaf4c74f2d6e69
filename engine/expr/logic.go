package expr

import (
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// logic is what AND and OR share. A row is settled when a term decides it: false
// for AND, true for OR. Later terms see only the rows that are not.
type logic struct{ terms []node }

func (l logic) canFail() bool  { return anyCanFail(l.terms) }
func (l logic) constant() bool { return allConstant(l.terms) }

type and struct{ logic }
type or struct{ logic }

func (e *and) eval(f *frame) (vector.Vector, error) { return e.decide(f, false) }
func (e *or) eval(f *frame) (vector.Vector, error)  { return e.decide(f, true) }

// fewSettled: if no more than one of so many rows is settled, the next term is evaluated for all of them, which takes less than
// to copy the others' columns.
const fewSettled = 8

// decide evaluates the terms; a row for which one of them is settle gets it. Of
// the others, those with a NULL are NULL.
func (l logic) decide(f *frame, settle bool) (vector.Vector, error) {
	if f.n == 0 {
		return empty(types.TBoolean), nil
	}
	values := make([]bool, f.n)
	for i := range values {
		values[i] = !settle
	}
	var nulls vector.Bitmap
	var open []int32 // the rows of f that rest has; nil for all
	rest := f
	var left []int32 // rows that are not settled
	loose := false   // rest has rows that are settled
	for t, term := range l.terms {
		v, err := term.eval(rest)
		if err != nil && loose { // perhaps of a row that is settled
			open, rest, loose = left, f.sub(left), false
			v, err = term.eval(rest)
		}
		if err != nil {
			return nil, err
		}
		if c, ok := v.(*vector.Constant); ok && !c.IsNull() && c.Value.(*vector.Flat[bool]).Values[0] != settle {
			continue // the neutral element
		}
		w := vector.ViewOf[bool](v)
		left = make([]int32, 0, rest.n)
		for i, at := range w.At {
			row := int32(i)
			if open != nil {
				row = open[i]
			}
			switch {
			case loose && values[row] == settle:
			case w.Nulls.Has(i):
				if nulls == nil {
					nulls = vector.NewBitmap(f.n)
				}
				nulls.Set(int(row))
				left = append(left, row)
			case w.Values[at] == settle:
				values[row] = settle
				nulls.Clear(int(row))
			default:
				left = append(left, row)
			}
		}
		if len(left) == 0 {
			break
		}
		if len(left) < rest.n && t+1 < len(l.terms) {
			if loose = len(left) >= rest.n-rest.n/fewSettled; !loose {
				open, rest = left, f.sub(left)
			}
		}
	}
	if !nulls.Any(f.n) {
		nulls = nil
	}
	return vector.NewFlat(types.TBoolean, values, nulls), nil
}
