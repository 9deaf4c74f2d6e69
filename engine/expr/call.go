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
	fixed     bool // it is the same for all rows: bind has looked
	entries   dictionaryResult
	skipEntry bool // the dictionary path is off
}

func (c *compiler) call(e *plan.Call, s *scope) (node, error) {
	e = joined(e)
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

// joined returns e with the arguments of a first argument that is a call of the same associative overload in its place,
// and so on: a || b || c copies a once.
func joined(e *plan.Call) *plan.Call {
	if !e.Fn.Overload.Associative {
		return e
	}
	inner := func(e *plan.Call) *plan.Call {
		first, ok := e.Args[0].(*plan.Call)
		if !ok || first.Fn.Overload != e.Fn.Overload || !first.Fn.Result.Equal(e.Fn.Params[0]) {
			return nil
		}
		return first
	}
	n := 1
	for f := e; f != nil; f = inner(f) {
		n += len(f.Args) - 1
	}
	if n == len(e.Args) {
		return e
	}
	fn := *e.Fn
	fn.Params = make([]types.Type, n)
	args := make([]plan.Expr, n)
	for f := e; f != nil; f = inner(f) {
		from := 1
		if inner(f) == nil {
			from = 0
		}
		n -= len(f.Args) - from
		copy(args[n:], f.Args[from:])
		copy(fn.Params[n:], f.Fn.Params[from:])
	}
	return &plan.Call{Fn: &fn, Args: args, At: e.At}
}

// bind makes n's kernel.
func (c *compiler) bind(n *call, fn *function.Resolved) error {
	n.fixed = !n.rowwise && allConstant(n.args)
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

func (c *call) constant() bool { return c.fixed }

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

// run evaluates n rows of args, few of them at once if they have many elements. Lambdas see columns of f.
func (c *call) run(f *frame, args []vector.Vector, n int) (vector.Vector, error) {
	elements := c.elementCounts(args, n)
	if elements == nil || elements[n] <= maxElements {
		return c.apply(f, args, n)
	}
	var parts []vector.Vector
	bytes := int64(0)
	part := make([]vector.Vector, len(args))
	for from := 0; from < n; {
		to := from + 1
		for to < n && elements[to+1]-elements[from] <= maxElements {
			to++
		}
		for i, a := range args {
			if a != nil {
				part[i] = vector.Slice(a, from, to)
			}
		}
		v, err := c.apply(f.span(from, to), part, to-from)
		if err != nil {
			return nil, err
		}
		parts, from = append(parts, v), to
		bytes += vector.PlainBytes(v)
		if c.ctx != nil && c.ctx.Charge != nil {
			if err := c.ctx.Charge(bytes); err != nil {
				return nil, place(err, c.at)
			}
		}
	}
	return vector.Concat(c.result, parts...), nil
}

// maxElements is how many elements a kernel or a lambda is to look at before the statement is asked whether it is
// to end: the arrays of a batch may have many more.
const maxElements = 1 << 16

// elementCounts returns, for each of n rows and the end, how many elements the arrays and maps of the rows before
// it have; nil if they may be looked at all at once. A constant counts where a lambda sees its elements.
func (c *call) elementCounts(args []vector.Vector, n int) []int64 {
	var out []int64
	if n <= 1 {
		return nil
	}
	for _, a := range args {
		if a == nil || !a.Type().Is(types.Array) && !a.Type().Is(types.Map) {
			continue
		}
		switch v := a.(type) {
		case *vector.Array:
			if v.Elements.Len() <= maxElements {
				continue
			}
		case *vector.Map:
			if v.Keys.Len() <= maxElements {
				continue
			}
		case *vector.Constant:
			if c.lambdas == nil {
				continue
			}
		}
		if out == nil {
			out = make([]int64, n+1)
		}
		spans, before := vector.SpansOf(a), int64(0)
		for i := range n {
			from, to := spans.Span(i)
			before += int64(to - from)
			out[i+1] += before
		}
	}
	return out
}

// apply calls the kernel for n rows of args. Lambdas see columns of f.
func (c *call) apply(f *frame, args []vector.Vector, n int) (vector.Vector, error) {
	if err := c.ctx.Interrupted(); err != nil {
		return nil, err
	}
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
				k.Lambda[i] = l.over(f, c.ctx)
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
