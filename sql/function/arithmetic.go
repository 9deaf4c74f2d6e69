package function

import (
	"math"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

var errDivisionByZero = failf(sql.DIVISION_BY_ZERO, "Division by zero")

// integerType is one of the integer types: its name and bounds.
type integerType struct {
	name     string
	min, max int64
}

var integerTypes = []integerType{
	{"tinyint", math.MinInt8, math.MaxInt8},
	{"smallint", math.MinInt16, math.MaxInt16},
	{"integer", math.MinInt32, math.MaxInt32},
	{"bigint", math.MinInt64, math.MaxInt64},
}

// arithmeticNames are how operators are called in errors.
var arithmeticNames = map[types.Arithmetic]string{
	types.Add: "addition", types.Subtract: "subtraction", types.Multiply: "multiplication", types.Divide: "division", types.Modulus: "modulus",
}

func (t integerType) overflow(op types.Arithmetic, x, y int64) error {
	return failf(sql.NUMERIC_VALUE_OUT_OF_RANGE, "%s %s overflow: %d %c %d", t.name, arithmeticNames[op], x, byte(op), y)
}

// arithmeticOperator registers an operator with the overloads of numbers and others.
func arithmeticOperator(op types.Arithmetic, name, text, example, result string, others ...Overload) registered {
	var overloads []Overload
	for _, t := range integerTypes {
		overloads = append(overloads, Overload{Params: t.name + "," + t.name, Result: t.name, New: always(t.kernel(op))})
	}
	overloads = append(overloads,
		Overload{Params: "double,double", Result: "double", NeverFails: true, New: always(floatKernel(op, false))},
		Overload{Params: "real,real", Result: "real", NeverFails: true, New: always(floatKernel(op, true))},
		decimalOverload(op))
	return register(Scalar{
		Doc:       Doc{Name: name, Text: text, Example: example, Result: result, Group: "mathematical"},
		Overloads: append(overloads, others...),
	})
}

var (
	_ = arithmeticOperator(types.Add, "$add", "Adds two values", "1 + 2", "3", timeAdditions()...)
	_ = arithmeticOperator(types.Subtract, "$subtract", "Subtracts a value from another", "3 - 2", "1", timeSubtractions()...)
	_ = arithmeticOperator(types.Multiply, "$multiply", "Multiplies two values", "2 * 3", "6", intervalMultiplications()...)
	_ = arithmeticOperator(types.Divide, "$divide", "Divides a value by another; the quotient of integers is cut toward zero", "7 / 2", "3", intervalDivisions()...)
	_ = arithmeticOperator(types.Modulus, "$modulus", "Returns the remainder of a division", "7 % 2", "1")
)

// kernel returns the loop of op: the operator is looked at once, not for each row.
func (t integerType) kernel(op types.Arithmetic) Kernel {
	var loop func(c *Call, a, b vector.View[int64], out []int64) error
	switch op {
	case types.Add:
		loop = t.add
	case types.Subtract:
		loop = t.subtract
	case types.Multiply:
		loop = t.multiply
	case types.Divide:
		loop = t.divide
	default:
		loop = t.modulus
	}
	return func(c *Call) (vector.Vector, error) {
		out := make([]int64, c.N)
		if err := loop(c, vector.ViewOf[int64](c.Args[0]), vector.ViewOf[int64](c.Args[1]), out); err != nil {
			return nil, err
		}
		return vector.NewFlat(c.Result, out, nil), nil
	}
}

func (t integerType) add(c *Call, a, b vector.View[int64], out []int64) error {
	xs, ys, atX, atY := a.Values, b.Values, a.At[:len(out)], b.At[:len(out)]
	for i := range out {
		x, y := xs[atX[i]], ys[atY[i]]
		sum := x + y
		if ((x^sum)&(y^sum) < 0 || sum < t.min || sum > t.max) && !c.Nulls.Has(i) {
			return t.overflow(types.Add, x, y)
		}
		out[i] = sum
	}
	return nil
}

func (t integerType) subtract(c *Call, a, b vector.View[int64], out []int64) error {
	xs, ys, atX, atY := a.Values, b.Values, a.At[:len(out)], b.At[:len(out)]
	for i := range out {
		x, y := xs[atX[i]], ys[atY[i]]
		difference := x - y
		if ((x^y)&(x^difference) < 0 || difference < t.min || difference > t.max) && !c.Nulls.Has(i) {
			return t.overflow(types.Subtract, x, y)
		}
		out[i] = difference
	}
	return nil
}

func (t integerType) multiply(c *Call, a, b vector.View[int64], out []int64) error {
	xs, ys, atX, atY := a.Values, b.Values, a.At[:len(out)], b.At[:len(out)]
	for i := range out {
		x, y := xs[atX[i]], ys[atY[i]]
		product, ok := multiplyInt64(x, y)
		if (!ok || product < t.min || product > t.max) && !c.Nulls.Has(i) {
			return t.overflow(types.Multiply, x, y)
		}
		out[i] = product
	}
	return nil
}

// multiplyInt64 returns x*y and whether it fits.
func multiplyInt64(x, y int64) (product int64, ok bool) {
	product = x * y
	if x == int64(int32(x)) && y == int64(int32(y)) || x == 0 {
		return product, true
	}
	return product, product/x == y && (x != -1 || y != math.MinInt64)
}

func (t integerType) divide(c *Call, a, b vector.View[int64], out []int64) error {
	for i := range out {
		if c.Nulls.Has(i) {
			continue
		}
		x, y := a.Get(i), b.Get(i)
		if y == 0 {
			return errDivisionByZero
		}
		if y == -1 && x == t.min {
			return t.overflow(types.Divide, x, y)
		}
		out[i] = x / y
	}
	return nil
}

func (t integerType) modulus(c *Call, a, b vector.View[int64], out []int64) error {
	for i := range out {
		if c.Nulls.Has(i) {
			continue
		}
		x, y := a.Get(i), b.Get(i)
		if y == 0 {
			return errDivisionByZero
		}
		out[i] = x % y
	}
	return nil
}

// floatKernel returns the loop of op for double, or for real, whose results are rounded to 32 bits.
func floatKernel(op types.Arithmetic, real bool) Kernel {
	return func(c *Call) (vector.Vector, error) {
		a, b := vector.ViewOf[float64](c.Args[0]), vector.ViewOf[float64](c.Args[1])
		out := make([]float64, c.N)
		switch op {
		case types.Add:
			for i := range out {
				out[i] = a.Get(i) + b.Get(i)
			}
		case types.Subtract:
			for i := range out {
				out[i] = a.Get(i) - b.Get(i)
			}
		case types.Multiply:
			for i := range out {
				out[i] = a.Get(i) * b.Get(i)
			}
		case types.Divide:
			for i := range out {
				out[i] = a.Get(i) / b.Get(i)
			}
		default:
			for i := range out {
				out[i] = math.Mod(a.Get(i), b.Get(i))
			}
		}
		if real {
			roundReals(out)
		}
		return vector.NewFlat(c.Result, out, nil), nil
	}
}

// roundReals makes doubles values of type real.
func roundReals(values []float64) {
	for i, x := range values {
		values[i] = float64(float32(x))
	}
}

var _ = register(Scalar{
	Doc: Doc{Name: "$negate", Text: "Returns a value with the opposite sign", Example: "-(2 - 3)", Result: "1", Group: "mathematical"},
	Overloads: append(negations(),
		Overload{Params: "double", Result: "double", NeverFails: true, New: unary(func(x float64) float64 { return -x })},
		Overload{Params: "real", Result: "real", NeverFails: true, New: unary(func(x float64) float64 { return -x })},
		Overload{Params: "decimal(p,s)", Result: "decimal(p,s)", NeverFails: true, New: negateWide},
		Overload{Params: "interval year to month", Result: "interval year to month", New: unaryErr(negateMonths)},
		Overload{Params: "interval day to second", Result: "interval day to second", New: unaryErr(negateMillis)}),
})

func negations() []Overload {
	var overloads []Overload
	for _, t := range integerTypes {
		overloads = append(overloads, Overload{Params: t.name, Result: t.name, New: unaryErr(t.negate)})
	}
	return overloads
}

func negateWide(b Binding) (Kernel, error) {
	if b.Result.Physical() == types.Int64 {
		return unary(func(x int64) int64 { return -x })(b)
	}
	return unary(types.Int128.Neg)(b)
}
