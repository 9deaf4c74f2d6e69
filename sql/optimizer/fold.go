package optimizer

import (
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/vector"
)

// maxFoldedBytes is how large a constant may get by folding: repeat('x', 1000000) stays a call.
const maxFoldedBytes = 64 << 10

// foldConstants computes the expressions that refer to no column.
func foldConstants(o *optimizer, n plan.Node) plan.Node {
	if o.opts.Eval == nil {
		return n
	}
	return plan.MapNodes(n, func(n plan.Node) plan.Node {
		return mapChanged(n, func(e plan.Expr) plan.Expr { return plan.Rewrite(e, o.fold) })
	})
}

// mapChanged is plan.MapExprs, but returns n itself if f changes nothing.
func mapChanged(n plan.Node, f func(plan.Expr) plan.Expr) plan.Node {
	changed := false
	m := plan.MapExprs(n, func(e plan.Expr) plan.Expr {
		d := f(e)
		changed = changed || d != e
		return d
	})
	if !changed {
		return n
	}
	return m
}

// fold computes e if its parts are constant. Lambdas stay: they are no values. Arguments of
// aggregates, literals already, are not touched.
func (o *optimizer) fold(e plan.Expr) plan.Expr {
	switch f := e.(type) {
	case *plan.ColumnRef, *plan.Literal, *plan.Lambda:
		return e
	case *plan.Call:
		if f.Fn.Overload.Volatile {
			return e
		}
	}
	for _, c := range plan.Children(e) {
		switch c := c.(type) {
		case *plan.Literal:
		case *plan.Lambda:
			if hasRefs(c) || isVolatile(c) {
				return e
			}
		default:
			return e
		}
	}
	v, err := o.opts.Eval(e)
	if err != nil || v.Len() != 1 || vector.Bytes(v) > maxFoldedBytes {
		return e
	}
	return &plan.Literal{Value: vector.Plain(v), At: e.Pos()}
}
