package expr

import (
	"math"

	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// in compiles membership. A list of constants of a scalar type becomes a hash
// set, a function of one argument that never fails; any other list is compared member by member.
func (c *compiler) in(e *plan.In, s *scope) (node, error) {
	value, err := c.compile(e.Value, s)
	if err != nil {
		return nil, err
	}
	list, err := c.compileAll(e.List, s)
	if err != nil {
		return nil, err
	}
	if !allConstant(list) || e.Value.Type().Physical() == types.Nested {
		return &inList{value, list}, nil
	}
	members := make([]vector.Vector, len(list))
	for i, n := range list {
		if members[i], err = n.eval(&frame{n: 1}); err != nil {
			return &inList{value, list}, nil // it fails when a row needs it
		}
	}
	return &call{
		ctx: c.env.Ctx, overload: &function.Overload{NeverFails: true}, kernel: inSet(e.Value.Type(), members),
		args: []node{value}, fixed: value.constant(), result: types.TBoolean, at: e.At, skipEntry: c.env.NoDictionaries,
	}, nil
}

// inSet returns the kernel that tells whether its argument is one of members.
func inSet(t types.Type, members []vector.Vector) function.Kernel {
	hasNull := false
	var present []vector.Vector
	for _, m := range members {
		if m.Nulls().Has(0) {
			hasNull = true
		} else {
			present = append(present, m)
		}
	}
	switch t.Physical() {
	case types.Bool:
		return setOf(present, hasNull, func(b bool) bool { return b })
	case types.Int64:
		return setOf(present, hasNull, func(i int64) int64 { return i })
	case types.Float64:
		return setOf(present, hasNull, func(f float64) float64 { return f })
	case types.Wide:
		return setOf(present, hasNull, t.OrderKey)
	}
	if t.Is(types.Char) {
		return setOf(present, hasNull, types.TrimChar)
	}
	return setOf(present, hasNull, func(s string) string { return s })
}

// setOf returns the kernel for members that are equal when their keys are. NaN is no member of anything.
func setOf[T vector.Element](members []vector.Vector, hasNull bool, key func(T) T) function.Kernel {
	set := make(map[T]struct{}, len(members))
	for _, m := range members {
		k := key(vector.ViewOf[T](m).Get(0))
		if f, ok := any(k).(float64); ok && math.IsNaN(f) {
			continue
		}
		set[k] = struct{}{}
	}
	return func(c *function.Call) (vector.Vector, error) {
		w := vector.ViewOf[T](c.Args[0])
		values := make([]bool, c.N)
		var nulls vector.Bitmap
		for i, at := range w.At {
			_, values[i] = set[key(w.Values[at])]
			if hasNull && !values[i] {
				if nulls == nil {
					nulls = vector.NewBitmap(c.N)
				}
				nulls.Set(i)
			}
		}
		return vector.NewFlat(types.TBoolean, values, nulls), nil
	}
}

// inList compares with members that are not all constant, or of nested types.
type inList struct {
	value node
	list  []node
}

func (e *inList) canFail() bool  { return e.value.canFail() || anyCanFail(e.list) }
func (e *inList) constant() bool { return e.value.constant() && allConstant(e.list) }

func (e *inList) eval(f *frame) (vector.Vector, error) {
	if f.n == 0 {
		return empty(types.TBoolean), nil
	}
	value, err := e.value.eval(f)
	if err != nil {
		return nil, err
	}
	values := make([]bool, f.n)
	nulls := vector.NewBitmap(f.n)
	open := make([]int32, f.n) // rows that equal no member so far
	for i := range open {
		open[i] = int32(i)
	}
	for _, n := range e.list {
		if len(open) == 0 {
			break
		}
		rest := f
		if len(open) < f.n {
			rest = f.sub(open)
		}
		member, err := n.eval(rest)
		if err != nil {
			return nil, err
		}
		var left []int32
		for i, row := range open {
			switch equal, known := vector.Equal3(value, int(row), member, i); {
			case equal:
				values[row] = true
				nulls.Clear(int(row))
			default:
				if !known {
					nulls.Set(int(row))
				}
				left = append(left, row)
			}
		}
		open = left
	}
	if !nulls.Any(f.n) {
		nulls = nil
	}
	return vector.NewFlat(types.TBoolean, values, nulls), nil
}
