package function

import (
	"cmp"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// comparison is an operator that compares two values of one type.
type comparison uint8

const (
	equal comparison = iota
	notEqual
	lessThan
	lessThanOrEqual
	greaterThan
	greaterThanOrEqual
)

func comparisonOperator(name string, op comparison, text, example string) registered {
	// Two overloads, since ROWs and ARRAYs with NULLs inside have no order, which is an error.
	o := Overload{Params: "T,T", Result: "boolean", New: func(b Binding) (Kernel, error) { return compareKernel(op, b.Params[0]), nil }}
	if op == equal || op == notEqual {
		o.Comparable, o.NeverFails = "T", true
		return register(Scalar{Doc: Doc{Name: name, Text: text, Example: example, Result: "true", Group: "comparison"}, Overloads: []Overload{o}})
	}
	// Those of scalars never fail, which is worth knowing: they may run on entries of dictionaries.
	scalar := o
	scalar.NeverFails = true
	scalar.Derive = func(args []types.Type) ([]types.Type, types.Type, bool) {
		if len(args) != 2 {
			return nil, types.Type{}, false
		}
		t, ok := types.CommonSuperType(args[0], args[1])
		return []types.Type{t, t}, types.TBoolean, ok && t.Orderable() && t.Physical() != types.Nested
	}
	nested := o
	nested.Derive = func(args []types.Type) ([]types.Type, types.Type, bool) {
		if len(args) != 2 {
			return nil, types.Type{}, false
		}
		t, ok := types.CommonSuperType(args[0], args[1])
		return []types.Type{t, t}, types.TBoolean, ok && t.Orderable() && t.Physical() == types.Nested
	}
	return register(Scalar{Doc: Doc{Name: name, Text: text, Example: example, Result: "true", Group: "comparison"}, Overloads: []Overload{scalar, nested}})
}

var (
	_ = comparisonOperator("$equal", equal, "Tests whether two values are equal", "1 = 1")
	_ = comparisonOperator("$not_equal", notEqual, "Tests whether two values differ", "1 <> 2")
	_ = comparisonOperator("$less", lessThan, "Tests whether a value comes before another", "1 < 2")
	_ = comparisonOperator("$less_or_equal", lessThanOrEqual, "Tests whether a value does not come after another", "1 <= 2")
	_ = comparisonOperator("$greater", greaterThan, "Tests whether a value comes after another", "2 > 1")
	_ = comparisonOperator("$greater_or_equal", greaterThanOrEqual, "Tests whether a value does not come before another", "2 >= 1")
)

// compareKernel returns the kernel of op for values of type t.
func compareKernel(op comparison, t types.Type) Kernel {
	switch {
	case t.Physical() == types.Nested && op <= notEqual:
		return nestedEqual(op)
	case t.Physical() == types.Nested:
		return nestedOrder(op)
	case t.Is(types.Char):
		return func(c *Call) (vector.Vector, error) { return ordered(c, op, vector.ViewOf[string], types.CompareChar) }
	case t.Physical() == types.Bool:
		return compareBools(op)
	case t.Physical() == types.Wide:
		return func(c *Call) (vector.Vector, error) {
			return ordered(c, op, vector.ViewOf[types.Int128], func(x, y types.Int128) int { return t.OrderKey(x).Cmp(t.OrderKey(y)) })
		}
	case t.Physical() == types.Int64:
		return native[int64](op)
	case t.Physical() == types.Float64:
		return native[float64](op)
	}
	return native[string](op)
}

// compareBools returns the kernel of op for booleans, of which one is false or true as the other says.
func compareBools(op comparison) Kernel {
	var truth [4]bool // of false, false; false, true; …
	for i := range truth {
		truth[i] = op.holds(types.CompareBool(i >= 2, i%2 == 1))
	}
	return func(c *Call) (vector.Vector, error) {
		a, b := vector.ViewOf[bool](c.Args[0]), vector.ViewOf[bool](c.Args[1])
		out := make([]bool, c.N)
		if _, ok := c.Args[1].(*vector.Constant); ok && c.N > 0 {
			ofFalse, ofTrue := truth[0], truth[2]
			if b.Get(0) {
				ofFalse, ofTrue = truth[1], truth[3]
			}
			for i, at := range a.At[:len(out)] {
				out[i] = a.Values[at] && ofTrue || !a.Values[at] && ofFalse
			}
			return vector.NewFlat(types.TBoolean, out, nil), nil
		}
		for i := range out {
			at := 0
			if a.Get(i) {
				at = 2
			}
			if b.Get(i) {
				at++
			}
			out[i] = truth[at]
		}
		return vector.NewFlat(types.TBoolean, out, nil), nil
	}
}

// native returns a kernel for values that Go orders as SQL does. NULLs need no
// care: whatever is compared in their slots does not matter.
func native[T interface {
	vector.Element
	cmp.Ordered
}](op comparison) Kernel {
	return func(c *Call) (vector.Vector, error) {
		a, b := vector.ViewOf[T](c.Args[0]), vector.ViewOf[T](c.Args[1])
		out := make([]bool, c.N)
		if _, ok := c.Args[1].(*vector.Constant); ok && c.N > 0 {
			compareTo(op, a, b.Get(0), out)
		} else {
			compareViews(op, a, b, out)
		}
		return vector.NewFlat(types.TBoolean, out, nil), nil
	}
}

func compareTo[T interface {
	vector.Element
	cmp.Ordered
}](op comparison, a vector.View[T], y T, out []bool) {
	values, at := a.Values, a.At[:len(out)]
	switch op {
	case equal:
		for i := range out {
			out[i] = values[at[i]] == y
		}
	case notEqual:
		for i := range out {
			out[i] = values[at[i]] != y
		}
	case lessThan:
		for i := range out {
			out[i] = values[at[i]] < y
		}
	case lessThanOrEqual:
		for i := range out {
			out[i] = values[at[i]] <= y
		}
	case greaterThan:
		for i := range out {
			out[i] = values[at[i]] > y
		}
	default:
		for i := range out {
			out[i] = values[at[i]] >= y
		}
	}
}

func compareViews[T interface {
	vector.Element
	cmp.Ordered
}](op comparison, a, b vector.View[T], out []bool) {
	x, y, atX, atY := a.Values, b.Values, a.At[:len(out)], b.At[:len(out)]
	switch op {
	case equal:
		for i := range out {
			out[i] = x[atX[i]] == y[atY[i]]
		}
	case notEqual:
		for i := range out {
			out[i] = x[atX[i]] != y[atY[i]]
		}
	case lessThan:
		for i := range out {
			out[i] = x[atX[i]] < y[atY[i]]
		}
	case lessThanOrEqual:
		for i := range out {
			out[i] = x[atX[i]] <= y[atY[i]]
		}
	case greaterThan:
		for i := range out {
			out[i] = x[atX[i]] > y[atY[i]]
		}
	default:
		for i := range out {
			out[i] = x[atX[i]] >= y[atY[i]]
		}
	}
}

// ordered compares by a function of three outcomes.
func ordered[T vector.Element](c *Call, op comparison, view func(vector.Vector) vector.View[T], compare func(x, y T) int) (vector.Vector, error) {
	a, b := view(c.Args[0]), view(c.Args[1])
	out := make([]bool, c.N)
	for i := range out {
		if !c.Nulls.Has(i) {
			out[i] = op.holds(compare(a.Get(i), b.Get(i)))
		}
	}
	return vector.NewFlat(types.TBoolean, out, nil), nil
}

func (op comparison) holds(order int) bool {
	switch op {
	case equal:
		return order == 0
	case notEqual:
		return order != 0
	case lessThan:
		return order < 0
	case lessThanOrEqual:
		return order <= 0
	case greaterThan:
		return order > 0
	}
	return order >= 0
}

// nestedEqual compares arrays, maps and rows: NULLs inside may leave the answer open.
func nestedEqual(op comparison) Kernel {
	return func(c *Call) (vector.Vector, error) {
		return eachOrNull(c, func(i int) (bool, bool, error) {
			same, known := vector.Equal3(c.Args[0], i, c.Args[1], i)
			return same == (op == equal), known, nil
		})
	}
}

// nestedOrder compares arrays and rows.
func nestedOrder(op comparison) Kernel {
	return func(c *Call) (vector.Vector, error) {
		return each(c, func(i int) (bool, error) {
			order, err := vector.CompareStrict(c.Args[0], i, c.Args[1], i)
			return op.holds(order), err
		})
	}
}

var _ = register(Scalar{
	Doc: Doc{Name: "$distinct", Text: "Tests whether two values differ, NULL being a value like others",
		Example: "NULL IS DISTINCT FROM 1", Result: "true", Group: "comparison"},
	Overloads: []Overload{{
		Params: "T,T", Result: "boolean", Comparable: "T", Nullable: true, NeverFails: true,
		New: always(func(c *Call) (vector.Vector, error) {
			out := make([]bool, c.N)
			for i := range out {
				out[i] = vector.Distinct(c.Args[0], i, c.Args[1], i)
			}
			return vector.NewFlat(types.TBoolean, out, nil), nil
		}),
	}},
})
