package expr

import (
	"errors"
	"fmt"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// call applies a kernel. This is the only place that looks at how arguments are
// encoded, to do the work of many rows at once:
//
//   - All arguments constant: one row is evaluated.
//   - A constant NULL, and the function is NULL for NULL: nothing is evaluated.
//   - One dictionary, the others constant: entries are evaluated, not rows
//     (dictionary.go). The ORC reader gives one dictionary to all batches of a
//     stripe, so the results are kept for the next batch.
type call struct {
	ctx       *function.Context
	overload  *function.Overload
	kernel    function.Kernel
	args      []node    // nil in the place of a lambda
	lambdas   []*lambda // nil where the argument is none; nil if there are none at all
	result    types.Type
	at        sql.Pos
	rowwise   bool // each row must be evaluated: the call is volatile, or a lambda uses columns or is
	entries   dictionaryResult
	skipEntry bool // the dictionary path is off
}

func (c *compiler) call(e *plan.Call, s *scope) (node, error) {
	n := &call{
		ctx: c.env.Ctx, overload: e.Fn.Overload, result: e.Fn.Result, at: e.At,
		args: make([]node, len(e.Args)), skipEntry: c.env.NoDictionaries, rowwise: e.Fn.Overload.Volatile,
	}
	for i, a := range e.Args {
		var err error
		if l, ok := a.(*plan.Lambda); ok {
			if n.lambdas == nil {
				n.lambdas = make([]*lambda, len(e.Args))
			}
			n.lambdas[i], err = c.lambda(l, s)
			if err == nil && (len(n.lambdas[i].captured) > 0 || n.lambdas[i].volatile) {
				n.rowwise = true
			}
		} else {
			n.args[i], err = c.compile(a, s)
		}
		if err != nil {
			return nil, err
		}
	}
	return n, c.bind(n, e.Fn)
}

// bind makes n's kernel.
func (c *compiler) bind(n *call, fn *function.Resolved) error {
	b := function.Binding{Ctx: c.env.Ctx, Params: fn.Params, Result: fn.Result, Constants: make([]vector.Vector, len(n.args))}
	for i, a := range n.args {
		if a == nil || !a.constant() {
			continue
		}
		// A constant that fails fails when rows need it, and not before.
		if v, err := a.eval(&frame{n: 1}); err == nil {
			b.Constants[i] = vector.Plain(v)
			n.args[i] = &literal{b.Constants[i]}
		}
	}
	if with := fn.Overload.NeverFailsWith; with != nil && !fn.Overload.NeverFails && with(b) {
		safe := *fn.Overload
		safe.NeverFails = true
		n.overload = &safe
	}
	var err error
	if n.kernel, err = fn.Overload.New(b); err != nil {
		return place(err, n.at)
	}
	return nil
}

// place returns err as an error of the statement at pos, if it is one of values
// or of the statement and has no place yet.
func place(err error, pos sql.Pos) error {
	var e *types.Error
	if errors.As(err, &e) {
		return &sql.Error{Code: sql.Code(e.Code), Pos: pos, Msg: e.Msg, Err: err}
	}
	return sql.At(err, pos)
}

func (c *call) canFail() bool {
	if !c.overload.NeverFails {
		return true
	}
	for i, a := range c.args {
		if a != nil && a.canFail() || a == nil && c.lambdas[i].body.canFail() {
			return true
		}
	}
	return false
}

func (c *call) constant() bool {
	if c.rowwise {
		return false
	}
	for _, a := range c.args {
		if a != nil && !a.constant() {
			return false
		}
	}
	return true
}

func (c *call) eval(f *frame) (vector.Vector, error) {
	if f.n == 0 {
		return empty(c.result), nil
	}
	args := make([]vector.Vector, len(c.args))
	constants, dictionaries, which := 0, 0, 0
	for i, a := range c.args {
		if a == nil {
			constants++
			continue
		}
		v, err := a.eval(f)
		if err != nil {
			return nil, err
		}
		args[i] = v
		switch v := v.(type) {
		case *vector.Constant:
			constants++
			if v.IsNull() && !c.overload.Nullable {
				return vector.NewNull(c.result, f.n), nil
			}
		case *vector.Dictionary:
			dictionaries++
			which = i
		}
	}
	if !c.rowwise && constants == len(args) {
		one, err := c.run(f, resize(args, 1), 1)
		if err != nil {
			return nil, err
		}
		return vector.NewConstant(one, f.n), nil
	}
	if !c.rowwise && dictionaries == 1 && constants == len(args)-1 && !c.skipEntry {
		d := args[which].(*vector.Dictionary)
		v, err := c.overDictionary(f, d, args, which)
		if v != nil || err != nil {
			return v, err
		}
	}
	return c.run(f, args, f.n)
}

// overDictionary evaluates entries; no vector means that this does not pay.
func (c *call) overDictionary(f *frame, d *vector.Dictionary, args []vector.Vector, which int) (vector.Vector, error) {
	if !c.entries.about(d, args, which) {
		c.entries.reset(d, args, which)
	}
	switch {
	case c.overload.NeverFails && !c.lambdaFails():
		return c.entries.all(c, f, d, args, which)
	case !c.overload.Nullable && d.Values.Len() <= maxUsedEntries:
		return c.entries.used(c, f, d, args, which)
	}
	return nil, nil
}

func (c *call) lambdaFails() bool {
	for _, l := range c.lambdas {
		if l != nil && l.body.canFail() {
			return true
		}
	}
	return false
}

// resize returns constant arguments for n rows.
func resize(args []vector.Vector, n int) []vector.Vector {
	out := make([]vector.Vector, len(args))
	for i, a := range args {
		if c, ok := a.(*vector.Constant); ok {
			out[i] = &vector.Constant{Value: c.Value, N: n}
		}
	}
	return out
}

// run calls the kernel for n rows of args. Lambdas see columns of f.
func (c *call) run(f *frame, args []vector.Vector, n int) (vector.Vector, error) {
	k := function.Call{Ctx: c.ctx, N: n, Args: args, Result: c.result}
	for _, a := range args {
		if a != nil {
			k.Nulls = vector.Or(k.Nulls, a.Nulls(), n)
		}
	}
	if !c.overload.Nullable && k.Nulls.Count(n) == n {
		return vector.NewNull(c.result, n), nil
	}
	if c.lambdas != nil {
		k.Lambda = make([]function.Lambda, len(args))
		for i, l := range c.lambdas {
			if l != nil {
				k.Lambda[i] = l.over(f)
			}
		}
	}
	v, err := c.kernel(&k)
	if err != nil {
		return nil, place(err, c.at)
	}
	if v.Len() != n {
		return nil, fmt.Errorf("a kernel of type %s gave %d rows for %d", c.result, v.Len(), n)
	}
	if c.overload.Nullable {
		return v, nil
	}
	return vector.WithNulls(v, k.Nulls), nil
}
