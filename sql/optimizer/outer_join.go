package optimizer

import (
	"slices"

	"github.com/ctlake/ctlake/sql/plan"
)

// innerIfFiltered returns the kind of a join below a filter: an outer join whose rows of NULLs
// the filter rejects is an inner one.
//
//	a LEFT JOIN b ON … WHERE b.x = 1     → a JOIN b ON … WHERE b.x = 1
func innerIfFiltered(n *plan.Join, terms []plan.Expr, left, right map[plan.ColumnID]bool) plan.JoinKind {
	padded := right
	switch n.Kind {
	case plan.LeftJoin:
	case plan.RightJoin:
		padded = left
	default:
		return n.Kind
	}
	for _, t := range terms {
		if rejectsNulls(t, padded) && !canFail(t) {
			return plan.InnerJoin
		}
	}
	return n.Kind
}

// rejectsNulls reports whether the condition e is FALSE or NULL whenever all of the columns are NULL.
func rejectsNulls(e plan.Expr, columns map[plan.ColumnID]bool) bool {
	switch e := e.(type) {
	case *plan.And:
		return slices.ContainsFunc(e.Terms, func(t plan.Expr) bool { return rejectsNulls(t, columns) })
	case *plan.Or:
		return !slices.ContainsFunc(e.Terms, func(t plan.Expr) bool { return !rejectsNulls(t, columns) })
	case *plan.Call:
		if e.Fn.Name == "$not" {
			if null, ok := e.Args[0].(*plan.IsNull); ok {
				return isNull(null.Arg, columns)
			}
		}
	}
	return isNull(e, columns)
}

// isNull reports whether e is NULL whenever all of the columns are.
func isNull(e plan.Expr, columns map[plan.ColumnID]bool) bool {
	switch e := e.(type) {
	case *plan.ColumnRef:
		return columns[e.ID]
	case *plan.Field:
		return isNull(e.Arg, columns)
	case *plan.Cast:
		return isNull(e.Arg, columns)
	case *plan.In:
		return isNull(e.Value, columns)
	case *plan.Call:
		return !e.Fn.Overload.Nullable && slices.ContainsFunc(e.Args, func(arg plan.Expr) bool { return isNull(arg, columns) })
	}
	return false
}
