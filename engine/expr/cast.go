package expr

import (
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/vector"
)

// cast compiles a conversion: a call of the cast's kernel.
func (c *compiler) cast(e *plan.Cast, s *scope) (node, error) {
	arg, err := c.compile(e.Arg, s)
	if err != nil {
		return nil, err
	}
	if e.Arg.Type().Equal(e.To) {
		return arg, nil
	}
	fn, err := c.env.Cast(e.Arg.Type(), e.To)
	if err != nil {
		return nil, place(err, e.At)
	}
	n := &call{
		ctx: c.env.Ctx, overload: fn.Overload, result: e.To, at: e.At,
		args: []node{arg}, skipEntry: c.env.NoDictionaries,
	}
	if err := c.bind(n, fn); err != nil {
		return nil, err
	}
	if !e.Try {
		return n, nil
	}
	// Once its failures are NULL the conversion never fails, and entries of
	// dictionaries that no row uses may be converted too.
	safe := *fn.Overload
	safe.NeverFails = true
	n.overload = &safe
	kernel := n.kernel
	n.kernel = func(k *function.Call) (vector.Vector, error) {
		return bisect(k.Result, k.N, func(from, to int) (vector.Vector, error) {
			if from == 0 && to == k.N {
				return kernel(k)
			}
			part := *k
			part.N = to - from
			part.Args = []vector.Vector{vector.Slice(k.Args[0], from, to)}
			part.Nulls = part.Args[0].Nulls()
			if !safe.Nullable && part.Nulls.Count(part.N) == part.N {
				return vector.NewNull(k.Result, part.N), nil
			}
			return kernel(&part)
		})
	}
	return n, nil
}
