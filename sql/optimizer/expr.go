package optimizer

import (
	"time"

	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/vector"
)

// canFail reports whether evaluating e may give an error, for some values of its columns.
func canFail(e plan.Expr) bool {
	found := false
	plan.Walk(e, func(e plan.Expr) bool {
		switch e := e.(type) {
		case *plan.Call:
			found = found || callFails(e)
		case *plan.Cast:
			found = found || !e.Try && castFails(e)
		case *plan.Try:
			return false
		}
		return !found
	})
	return found
}

func callFails(e *plan.Call) bool {
	o := e.Fn.Overload
	if o.NeverFails || o.NeverFailsWith == nil {
		return !o.NeverFails
	}
	b := function.Binding{Ctx: noContext, Params: e.Fn.Params, Result: e.Fn.Result, Constants: make([]vector.Vector, len(e.Args))}
	for i, arg := range e.Args {
		if l, ok := arg.(*plan.Literal); ok {
			b.Constants[i] = l.Value
		}
	}
	return !o.NeverFailsWith(b)
}

// noContext is for asking functions about constants, which does not depend on the statement.
var noContext = &function.Context{Zone: time.UTC}

func castFails(e *plan.Cast) bool {
	fn, err := function.ResolveCast(e.Arg.Type(), e.To)
	return err != nil || !fn.Overload.NeverFails
}

// isVolatile reports whether evaluating e twice may give two values.
func isVolatile(e plan.Expr) bool {
	found := false
	plan.Walk(e, func(e plan.Expr) bool {
		if c, ok := e.(*plan.Call); ok {
			found = found || c.Fn.Overload.Volatile
		}
		return !found
	})
	return found
}

// movable reports whether e may be evaluated for more rows than it was.
func movable(e plan.Expr) bool { return !canFail(e) && !isVolatile(e) }

// isCheap reports whether e costs next to nothing, so that evaluating it twice does not matter.
func isCheap(e plan.Expr) bool {
	switch e := e.(type) {
	case *plan.ColumnRef, *plan.Literal:
		return true
	case *plan.Field:
		return isCheap(e.Arg)
	}
	return false
}

// refersOnly reports whether e refers to no other columns than ids. Constants do.
func refersOnly(e plan.Expr, ids map[plan.ColumnID]bool) bool {
	only := true
	plan.EachRef(e, func(r *plan.ColumnRef) { only = only && ids[r.ID] })
	return only
}

func hasRefs(e plan.Expr) bool {
	found := false
	plan.EachRef(e, func(*plan.ColumnRef) { found = true })
	return found
}

func idSet(columns []plan.Column) map[plan.ColumnID]bool {
	ids := make(map[plan.ColumnID]bool, len(columns))
	for _, c := range columns {
		ids[c.ID] = true
	}
	return ids
}

func filtered(n plan.Node, terms []plan.Expr) plan.Node {
	if len(terms) == 0 {
		return n
	}
	return &plan.Filter{Input: n, Predicate: plan.Conjunction(terms)}
}

// operator applies one of the operators of sql/function to arguments of the types it asks for, or returns nil.
func operator(name string, like plan.Expr, args ...plan.Expr) plan.Expr {
	signature := make([]function.Arg, len(args))
	for i, a := range args {
		signature[i].Type = a.Type()
	}
	fn, err := function.ResolveScalar(name, signature)
	if err != nil {
		return nil
	}
	for i, a := range args {
		if !a.Type().Equal(fn.Params[i]) {
			return nil
		}
	}
	return &plan.Call{Fn: fn, Args: args, At: like.Pos()}
}
