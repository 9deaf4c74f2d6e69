package function

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Here are the loops that most kernels are made of. Functions that cost less than
// a call of a Go function have loops of their own: see arithmetic.go and compare.go.

// newKernel is the type of Overload.New.
type newKernel = func(Binding) (Kernel, error)

// always returns a New for a kernel that needs nothing of the binding.
func always(k Kernel) newKernel { return func(Binding) (Kernel, error) { return k, nil } }

// unary returns the kernel of a function that never fails and is not NULL for values.
func unary[A, R vector.Element](f func(A) R) newKernel {
	return always(func(c *Call) (vector.Vector, error) {
		a := vector.ViewOf[A](c.Args[0])
		out := make([]R, c.N)
		for i, at := range a.At {
			if err := c.everyRows(i); err != nil {
				return nil, err
			}
			if !c.Nulls.Has(i) {
				out[i] = f(a.Values[at])
			}
		}
		return vector.NewFlat(c.Result, out, nil), nil
	})
}

// unaryErr is unary for a function that may fail.
func unaryErr[A, R vector.Element](f func(A) (R, error)) newKernel {
	return always(func(c *Call) (vector.Vector, error) {
		a := vector.ViewOf[A](c.Args[0])
		return each(c, func(i int) (R, error) { return f(a.Get(i)) })
	})
}

// unaryOrNull is unary for a function that may fail, and is NULL where ok is false.
func unaryOrNull[A, R vector.Element](f func(A) (r R, ok bool, err error)) newKernel {
	return always(func(c *Call) (vector.Vector, error) {
		a := vector.ViewOf[A](c.Args[0])
		return eachOrNull(c, func(i int) (R, bool, error) { return f(a.Get(i)) })
	})
}

// binary is unary for two arguments.
func binary[A, B, R vector.Element](f func(A, B) R) newKernel {
	return always(func(c *Call) (vector.Vector, error) {
		a, b := vector.ViewOf[A](c.Args[0]), vector.ViewOf[B](c.Args[1])
		out := make([]R, c.N)
		for i := range out {
			if err := c.everyRows(i); err != nil {
				return nil, err
			}
			if !c.Nulls.Has(i) {
				out[i] = f(a.Get(i), b.Get(i))
			}
		}
		return vector.NewFlat(c.Result, out, nil), nil
	})
}

// binaryErr is unaryErr for two arguments.
func binaryErr[A, B, R vector.Element](f func(A, B) (R, error)) newKernel {
	return always(func(c *Call) (vector.Vector, error) {
		a, b := vector.ViewOf[A](c.Args[0]), vector.ViewOf[B](c.Args[1])
		return each(c, func(i int) (R, error) { return f(a.Get(i), b.Get(i)) })
	})
}

// binaryOrNull is unaryOrNull for two arguments.
func binaryOrNull[A, B, R vector.Element](f func(A, B) (r R, ok bool, err error)) newKernel {
	return always(func(c *Call) (vector.Vector, error) {
		a, b := vector.ViewOf[A](c.Args[0]), vector.ViewOf[B](c.Args[1])
		return eachOrNull(c, func(i int) (R, bool, error) { return f(a.Get(i), b.Get(i)) })
	})
}

// ternary is unary for three arguments.
func ternary[A, B, C, R vector.Element](f func(A, B, C) R) newKernel {
	return ternaryErr(func(a A, b B, c C) (R, error) { return f(a, b, c), nil })
}

// ternaryErr is unaryErr for three arguments.
func ternaryErr[A, B, C, R vector.Element](f func(A, B, C) (R, error)) newKernel {
	return always(func(c *Call) (vector.Vector, error) {
		x, y, z := vector.ViewOf[A](c.Args[0]), vector.ViewOf[B](c.Args[1]), vector.ViewOf[C](c.Args[2])
		return each(c, func(i int) (R, error) { return f(x.Get(i), y.Get(i), z.Get(i)) })
	})
}

// each returns the values of f for the rows of c that are not to be skipped.
func each[R vector.Element](c *Call, f func(i int) (R, error)) (vector.Vector, error) {
	out := make([]R, c.N)
	for i := range out {
		if err := c.everyRows(i); err != nil {
			return nil, err
		}
		if c.Nulls.Has(i) {
			continue
		}
		r, err := f(i)
		if err != nil {
			return nil, err
		}
		out[i] = r
	}
	return vector.NewFlat(c.Result, out, nil), nil
}

// eachOrNull is each where rows are NULL for which ok is false.
func eachOrNull[R vector.Element](c *Call, f func(i int) (r R, ok bool, err error)) (vector.Vector, error) {
	out := make([]R, c.N)
	var nulls vector.Bitmap
	for i := range out {
		if err := c.everyRows(i); err != nil {
			return nil, err
		}
		if c.Nulls.Has(i) {
			continue
		}
		r, ok, err := f(i)
		if err != nil {
			return nil, err
		}
		if !ok {
			if nulls == nil {
				nulls = vector.NewBitmap(c.N)
			}
			nulls.Set(i)
			continue
		}
		out[i] = r
	}
	return vector.NewFlat(c.Result, out, nulls), nil
}

// eachText returns the texts that f appends for the rows of c that are not to be
// skipped. All are slices of one string.
func eachText(c *Call, f func(dst []byte, i int) ([]byte, error)) (vector.Vector, error) {
	return eachTextOrNull(c, func(dst []byte, i int) ([]byte, bool, error) {
		dst, err := f(dst, i)
		return dst, true, err
	})
}

// eachTextOrNull is eachText where rows are NULL for which ok is false.
func eachTextOrNull(c *Call, f func(dst []byte, i int) (text []byte, ok bool, err error)) (vector.Vector, error) {
	b := vector.NewTextBuilder(c.Result)
	var scratch []byte
	checked := 0 // bytes
	for i := range c.N {
		if err := c.everyRows(i); err != nil {
			return nil, err
		}
		if c.Nulls.Has(i) {
			b.AppendNull()
			continue
		}
		text, ok, err := f(scratch[:0], i)
		switch {
		case err != nil:
			return nil, err
		case !ok:
			b.AppendNull()
		default:
			if len(text) > maxTextBytes-b.Bytes() {
				return nil, errTooLong
			}
			b.AppendBytes(text)
			if b.Bytes()-checked > bytesBetweenChecks {
				checked = b.Bytes()
				if err := c.Ctx.Interrupted(); err != nil {
					return nil, err
				}
			}
		}
		scratch = text
	}
	return b.Build(), nil
}

// unaryText returns the kernel of a function that appends its result.
func unaryText[A vector.Element](f func(dst []byte, a A) ([]byte, error)) newKernel {
	return always(func(c *Call) (vector.Vector, error) {
		a := vector.ViewOf[A](c.Args[0])
		return eachText(c, func(dst []byte, i int) ([]byte, error) { return f(dst, a.Get(i)) })
	})
}

// maxTextBytes bounds what one call makes for a batch, in bytes of text.
const maxTextBytes = 256 << 20

var errTooLong = failf(sql.EXCEEDED_FUNCTION_MEMORY_LIMIT, "A function's result exceeds %d bytes for a batch of rows", maxTextBytes)

// maxValueBytes bounds the text that a function makes of one row where a number or a pattern says how much.
const maxValueBytes = 32 << 20

var errValueTooLong = failf(sql.EXCEEDED_FUNCTION_MEMORY_LIMIT, "A function's result exceeds %d bytes for a row", maxValueBytes)

// rowsBetweenChecks is after how many rows a kernel asks whether the statement is to end; a power of two.
const rowsBetweenChecks = 64

// everyRows asks, for some of the rows, whether the statement is to end.
func (c *Call) everyRows(row int) error {
	if row%rowsBetweenChecks != rowsBetweenChecks-1 {
		return nil
	}
	return c.Ctx.Interrupted()
}

// bytesBetweenChecks is after how much new text a kernel asks whether the statement is to end.
const bytesBetweenChecks = 4 << 20

// charge accounts for memory that a kernel is about to take beyond the size of its arguments.
func (c *Call) charge(bytes int64) error {
	if c.Ctx == nil || c.Ctx.Charge == nil {
		return nil
	}
	return c.Ctx.Charge(bytes)
}

// failf returns an error of evaluation.
func failf(code sql.Code, format string, args ...any) error {
	return sql.Errorf(code, sql.Pos{}, format, args...)
}

// invalid returns an error about an argument.
func invalid(format string, args ...any) error {
	return failf(sql.INVALID_FUNCTION_ARGUMENT, format, args...)
}

// constantOf returns the constant value of argument i, if it is constant and not NULL.
func constantOf[T vector.Element](b Binding, i int) (value T, ok bool) {
	if i >= len(b.Constants) || b.Constants[i] == nil || b.Constants[i].Nulls().Has(0) {
		return value, false
	}
	return vector.ViewOf[T](b.Constants[i]).Get(0), true
}

// wideOf returns the values of a decimal vector as 128-bit integers, by row.
func wideOf(v vector.Vector) func(i int) types.Int128 {
	if v.Type().Physical() == types.Int64 {
		w := vector.ViewOf[int64](v)
		return func(i int) types.Int128 { return types.Int128From(w.Get(i)) }
	}
	return vector.ViewOf[types.Int128](v).Get
}

// eachWide is each for results that are carried by int64 or, if the type is too wide for that, by Int128.
func eachWide(c *Call, f func(i int) (types.Int128, error)) (vector.Vector, error) {
	if c.Result.Physical() == types.Int64 {
		return each(c, func(i int) (int64, error) {
			x, err := f(i)
			return x.Int64(), err
		})
	}
	return each(c, f)
}
