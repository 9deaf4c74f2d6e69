package function

import (
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

var (
	_ = extremeOf("greatest", "Returns the greatest of its arguments, or NULL if one is NULL", "greatest(1, 3, 2)", "3", 1)
	_ = extremeOf("least", "Returns the least of its arguments, or NULL if one is NULL", "least(2, 1, 3)", "1", -1)
)

// extremeOf registers a function of the argument that comes last (1) or first (-1) in order. NaN is neither unless all are.
func extremeOf(name, text, example, result string, sign int) registered {
	return scalar("comparison", name, text, example, result, Overload{
		Params: "T...", Result: "T", Orderable: "T",
		NeverFailsWith: func(b Binding) bool { return b.Result.Physical() != types.Nested },
		New: func(binding Binding) (Kernel, error) {
			before := beforeRows(binding.Result, sign > 0)
			return func(c *Call) (vector.Vector, error) {
				b := vector.NewBuilder(c.Result, c.N)
				for i := range c.N {
					if c.Nulls.Has(i) {
						b.AppendNull()
						continue
					}
					best := c.Args[0]
					for _, a := range c.Args[1:] {
						first, err := before(a, i, best, i)
						if err != nil {
							return nil, err
						}
						if first {
							best = a
						}
					}
					b.Append(best, i)
				}
				return b.Build(), nil
			}, nil
		},
	})
}
