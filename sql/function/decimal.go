package function

import (
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// decimalOverload is an arithmetic operator on decimals, and on integers among them.
func decimalOverload(op types.Arithmetic) Overload {
	return Overload{
		Params: "decimal(a,b),decimal(c,d)", Result: "decimal(e,f)",
		Derive: func(args []types.Type) ([]types.Type, types.Type, bool) {
			if len(args) != 2 {
				return nil, types.Type{}, false
			}
			params := make([]types.Type, 2)
			for i, a := range args {
				var ok bool
				if params[i], ok = asDecimal(a); !ok {
					return nil, types.Type{}, false
				}
			}
			result, err := types.DecimalResult(op, params[0], params[1])
			return params, result, err == nil
		},
		New: func(b Binding) (Kernel, error) { return decimalKernel(op, b), nil },
	}
}

// asDecimal returns the least decimal type that t coerces to.
func asDecimal(t types.Type) (types.Type, bool) {
	return (&binding{coerce: true}).toKind(t, types.Decimal)
}

func decimalKernel(op types.Arithmetic, b Binding) Kernel {
	aScale, bScale := b.Params[0].Scale(), b.Params[1].Scale()
	short := b.Params[0].Physical() == types.Int64 && b.Params[1].Physical() == types.Int64 && b.Result.Physical() == types.Int64
	if short && (op == types.Add || op == types.Subtract || op == types.Multiply) {
		// The result's precision has room for everything, so nothing can overflow.
		return shortDecimalKernel(op, aScale, bScale)
	}
	return func(c *Call) (vector.Vector, error) {
		x, y := wideOf(c.Args[0]), wideOf(c.Args[1])
		return eachWide(c, func(i int) (types.Int128, error) {
			return types.DecimalArithmetic(op, x(i), aScale, y(i), bScale)
		})
	}
}

func shortDecimalKernel(op types.Arithmetic, aScale, bScale int) Kernel {
	scale := max(aScale, bScale)
	aFactor, bFactor := types.Pow10(scale-aScale).Int64(), types.Pow10(scale-bScale).Int64()
	return func(c *Call) (vector.Vector, error) {
		a, b := vector.ViewOf[int64](c.Args[0]), vector.ViewOf[int64](c.Args[1])
		out := make([]int64, c.N)
		switch op {
		case types.Add:
			for i := range out {
				out[i] = a.Get(i)*aFactor + b.Get(i)*bFactor
			}
		case types.Subtract:
			for i := range out {
				out[i] = a.Get(i)*aFactor - b.Get(i)*bFactor
			}
		default:
			for i := range out {
				out[i] = a.Get(i) * b.Get(i)
			}
		}
		return vector.NewFlat(c.Result, out, nil), nil
	}
}
