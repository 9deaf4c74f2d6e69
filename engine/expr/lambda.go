package expr

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// lambda evaluates its body over a frame of elements: the parameters, then the
// columns of enclosing rows that the body names.
type lambda struct {
	params   int
	captured []int // positions in the enclosing frame
	body     node
	volatile bool // the body has no constant value even for constant parameters
	typ      types.Type
}

func (c *compiler) lambda(e *plan.Lambda, s *scope) (*lambda, error) {
	inner := newScope(e.Params)
	inner.parent = s
	body, err := c.compile(e.Body, inner)
	if err != nil {
		return nil, err
	}
	return &lambda{params: len(e.Params), captured: inner.captured, body: body,
		volatile: volatile(e.Body), typ: e.Body.Type()}, nil
}

// CompileLambda makes a function of a lambda that uses nothing but its
// parameters, as lambdas of aggregates must. Like an Evaluator it serves one worker.
func CompileLambda(e *plan.Lambda, columns []plan.Column, env *Env) (function.Lambda, error) {
	c := &compiler{env: env}
	l, err := c.lambda(e, newScope(columns))
	if err != nil {
		return nil, err
	}
	if len(l.captured) > 0 {
		return nil, sql.NotSupported(e.At, "a lambda of an aggregate that uses columns")
	}
	return l.over(&frame{}, env.Ctx), nil
}

// over returns the lambda for a call whose rows are those of f.
func (l *lambda) over(f *frame, ctx *function.Context) function.Lambda {
	return func(rows []int32, params ...vector.Vector) (vector.Vector, error) {
		n := len(rows)
		if n == 0 {
			return empty(l.typ), nil
		}
		if n <= maxElements {
			return l.eval(f, rows, params)
		}
		results := make([]vector.Vector, 0, n/maxElements+1)
		part := make([]vector.Vector, len(params))
		for from := 0; from < n; from += maxElements {
			if err := ctx.Interrupted(); err != nil {
				return nil, err
			}
			to := min(from+maxElements, n)
			for i, p := range params {
				part[i] = vector.Slice(p, from, to)
			}
			v, err := l.eval(f, rows[from:to], part)
			if err != nil {
				return nil, err
			}
			results = append(results, v)
		}
		return vector.Concat(l.typ, results...), nil
	}
}

// eval evaluates the body for elements of the given rows of f.
func (l *lambda) eval(f *frame, rows []int32, params []vector.Vector) (vector.Vector, error) {
	columns := make([]vector.Vector, l.params+len(l.captured))
	copy(columns, params)
	source := make([]int, len(columns))
	copy(source[l.params:], l.captured)
	return l.body.eval(&frame{n: len(rows), columns: columns, from: f, rows: rows, source: source})
}

// volatile reports whether two evaluations of e may differ.
func volatile(e plan.Expr) bool {
	found := false
	plan.Walk(e, func(e plan.Expr) bool {
		if c, ok := e.(*plan.Call); ok && c.Fn.Overload.Volatile {
			found = true
		}
		return !found
	})
	return found
}
