package analyzer

import (
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// aggregate is a call of an aggregate over the rows of a group.
type aggregate struct {
	column   plan.Column
	fn       *function.ResolvedAggregate
	args     []plan.Expr
	distinct bool
	orderBy  []sortItem
	filter   plan.Expr // nil for none
	at       sql.Pos
}

// sortItem is an expression to order by.
type sortItem struct {
	expr                   plan.Expr
	descending, nullsFirst bool
}

func (a *aggregate) equal(b *aggregate) bool {
	if a.fn.Overload != b.fn.Overload || a.fn.Name != b.fn.Name || a.distinct != b.distinct ||
		len(a.args) != len(b.args) || len(a.orderBy) != len(b.orderBy) || (a.filter == nil) != (b.filter == nil) {
		return false
	}
	for i := range a.args {
		if !plan.Equal(a.args[i], b.args[i]) {
			return false
		}
	}
	for i, s := range a.orderBy {
		if t := b.orderBy[i]; s.descending != t.descending || s.nullsFirst != t.nullsFirst || !plan.Equal(s.expr, t.expr) {
			return false
		}
	}
	return a.filter == nil || plan.Equal(a.filter, b.filter)
}

// text is the same for aggregates that are equal.
func (a *aggregate) text() string {
	var b strings.Builder
	b.WriteString(a.fn.Name)
	for _, e := range a.inputs() {
		b.WriteByte(' ')
		b.WriteString(plan.ExprString(e))
	}
	return b.String()
}

// aggregate collects a call and returns a reference to its column.
func (x *exprs) aggregate(e *ast.FunctionCall) (plan.Expr, error) {
	name := functionName(e)
	if err := notNested(e); err != nil {
		return nil, err
	}
	if err := x.notOfOutputs(e); err != nil {
		return nil, err
	}
	inner := *x
	inner.outputs = nil // what an aggregate takes in are rows of FROM, also in ORDER BY
	x = &inner
	if name == "listagg" {
		e = listagg(e)
	}
	fn, args, err := x.aggregateCall(e)
	if err != nil {
		return nil, err
	}
	agg := &aggregate{fn: fn, args: args, distinct: e.Distinct, at: e.Pos}
	order := argumentOrder(e)
	if agg.orderBy, err = x.sortItems(order); err != nil {
		return nil, err
	}
	if err := checkAggregateOrder(agg, e, order); err != nil {
		return nil, err
	}
	if agg.filter, err = x.filter(e.Filter); err != nil {
		return nil, err
	}
	text := agg.text()
	for _, known := range x.found.aggregatesByText[text] {
		if known.equal(agg) {
			return ref(known.column, e.Pos), nil
		}
	}
	agg.column = x.a.column(name, fn.Result)
	x.found.aggregates = append(x.found.aggregates, agg)
	if x.found.aggregatesByText == nil {
		x.found.aggregatesByText = map[string][]*aggregate{}
	}
	x.found.aggregatesByText[text] = append(x.found.aggregatesByText[text], agg)
	if len(agg.orderBy) > 0 {
		if x.found.sorted++; x.found.sorted > maxSorted {
			return nil, sql.Errorf(sql.QUERY_REJECTED, e.Pos, "Query has more than %d different aggregates with ORDER BY", maxSorted)
		}
	}
	return ref(agg.column, e.Pos), checkWidth(len(x.found.aggregates), "aggregates", e.Pos)
}

// notOfOutputs: an aggregate in ORDER BY cannot take in columns of SELECT, which are made of it.
func (x *exprs) notOfOutputs(e *ast.FunctionCall) error {
	if len(x.outputs) == 0 {
		return nil
	}
	var err error
	check := func(n ast.Node, complaint string) {
		ast.Walk(n, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Dereference:
				names := qualifiedName(n)
				if len(names) > 1 && err == nil && x.isOutput(names[0]) {
					err = sql.Errorf(sql.COLUMN_NOT_FOUND, n.Position(), "%s", complaint)
				}
				return names == nil
			case *ast.Identifier:
				if err == nil && x.isOutput(n) {
					err = sql.Errorf(sql.COLUMN_NOT_FOUND, n.Pos, "%s", complaint)
				}
			case *ast.Lambda, *ast.Query, *ast.QualifiedName, *ast.Type:
				return false // have names of their own
			}
			return err == nil
		})
	}
	for _, s := range append(append([]*ast.SortItem{}, e.OrderBy...), e.WithinGroup...) {
		check(s.Expr, "ORDER BY clause in aggregation function must not reference query output columns")
	}
	for _, arg := range e.Args {
		check(arg, "Invalid reference to output projection attribute from ORDER BY aggregation")
	}
	if e.Filter != nil {
		check(e.Filter, "Invalid reference to output projection attribute from ORDER BY aggregation")
	}
	return err
}

// listagg returns LISTAGG with all that its kernel asks for as arguments: the separator, whether an
// overflow is an error, and what ends the text otherwise.
func listagg(e *ast.FunctionCall) *ast.FunctionCall {
	if len(e.Args) == 0 || len(e.Args) > 2 {
		return e
	}
	n := *e
	n.Args = append([]ast.Expr{}, e.Args...)
	if len(n.Args) == 1 {
		n.Args = append(n.Args, &ast.StringLiteral{Pos: e.Pos})
	}
	overflow, filler := e.Overflow, &ast.StringLiteral{Pos: e.Pos, Value: "..."}
	if overflow == nil {
		overflow = &ast.Overflow{Pos: e.Pos}
	}
	if overflow.Filler != nil {
		filler = overflow.Filler
	}
	n.Args = append(n.Args, &ast.BooleanLiteral{Pos: e.Pos, Value: !overflow.Truncate}, filler, &ast.BooleanLiteral{Pos: e.Pos, Value: overflow.Count})
	return &n
}

// listaggMisfit puts an error about LISTAGG's value in place of one about arguments that nobody wrote.
func (x *exprs) listaggMisfit(e *ast.FunctionCall, err error) error {
	if functionName(e) != "listagg" || sql.CodeOf(err) != sql.FUNCTION_NOT_FOUND || len(e.Args) == 0 {
		return err
	}
	value, failed := x.translate(e.Args[0])
	if failed != nil {
		return failed
	}
	return sql.Errorf(sql.TYPE_MISMATCH, e.Pos, "Expected expression of varchar, but '%s' has %s type", ast.Message(e.Args[0]), value.Type())
}

// aggregateCall chooses the overload of an aggregate, as such or over a window.
func (x *exprs) aggregateCall(e *ast.FunctionCall) (*function.ResolvedAggregate, []plan.Expr, error) {
	if e.Star && functionName(e) != "count" {
		return nil, nil, sql.Errorf(sql.FUNCTION_NOT_FOUND, e.Pos, "Unexpected parameters (*) for function %s", functionName(e))
	}
	fn, args, err := resolve(x, e, function.ResolveAggregate, func(fn *function.ResolvedAggregate) []types.Type { return fn.Params })
	if err != nil {
		return nil, nil, x.listaggMisfit(e, err)
	}
	if e.Distinct {
		if len(args) == 0 {
			return nil, nil, sql.Errorf(sql.INVALID_ARGUMENTS, e.Pos, "DISTINCT needs an argument")
		}
		for _, arg := range args {
			if !arg.Type().Comparable() {
				return nil, nil, sql.Errorf(sql.TYPE_MISMATCH, e.Pos, "DISTINCT can only be applied to comparable types (actual: %s)", arg.Type())
			}
		}
	}
	return fn, args, nil
}

func (x *exprs) filter(e ast.Expr) (plan.Expr, error) {
	if e == nil {
		return nil, nil
	}
	return x.boolean(e, "Filter expression")
}

// argumentOrder returns the order in which an aggregate takes in its rows.
func argumentOrder(e *ast.FunctionCall) []*ast.SortItem {
	if e.OrderBy == nil {
		return e.WithinGroup
	}
	return e.OrderBy
}

func orderableArgument(key plan.Expr, e *ast.FunctionCall) error {
	if !key.Type().Orderable() {
		return sql.Errorf(sql.TYPE_MISMATCH, e.Pos, "ORDER BY can only be applied to orderable types (actual: %s)", key.Type())
	}
	return nil
}

// checkAggregateOrder: with DISTINCT, rows have no other values to order by than the arguments.
func checkAggregateOrder(agg *aggregate, e *ast.FunctionCall, order []*ast.SortItem) error {
	for i, s := range agg.orderBy {
		if err := orderableArgument(s.expr, e); err != nil {
			return err
		}
		if !agg.distinct {
			continue
		}
		among := false
		for _, arg := range agg.args {
			if c, ok := arg.(*plan.Cast); ok && types.Coerces(c.Arg.Type(), c.To) {
				among = among || plan.Equal(c.Arg, s.expr) // the cast may be a coercion
			}
			among = among || plan.Equal(arg, s.expr)
		}
		if !among {
			return sql.Errorf(sql.EXPRESSION_NOT_IN_DISTINCT, order[i].Expr.Position(),
				"For aggregate function with DISTINCT, ORDER BY expressions must appear in arguments")
		}
	}
	return nil
}

// sortItems translates ORDER BY of aggregates and windows.
func (x *exprs) sortItems(items []*ast.SortItem) ([]sortItem, error) {
	var out []sortItem
	for _, item := range items {
		e, err := x.translate(item.Expr)
		if err != nil {
			return nil, err
		}
		out = append(out, sortItem{e, item.Descending, item.Nulls == ast.NullsFirst})
	}
	return out, nil
}

// calls lists the calls in e of one kind that belong to the same query as e.
func calls(e ast.Node, is func(*ast.FunctionCall) bool) []*ast.FunctionCall {
	var out []*ast.FunctionCall
	ast.Walk(e, func(n ast.Node) bool {
		if _, ok := n.(*ast.Query); ok {
			return false
		}
		if c, ok := n.(*ast.FunctionCall); ok && is(c) {
			out = append(out, c)
		}
		return true
	})
	return out
}

func isAggregateCall(c *ast.FunctionCall) bool {
	return c.Over == nil && len(c.Name.Parts) == 1 && function.IsAggregate(functionName(c))
}

func isWindowCall(c *ast.FunctionCall) bool { return c.Over != nil }

// isWindowFunction is isWindowCall that knows window functions without a window, too.
func isWindowFunction(c *ast.FunctionCall) bool {
	return c.Over != nil || function.IsWindow(functionName(c))
}

// computed lists the calls in e of one kind, and measures over windows if they are wanted, that belong to the same query as e.
func computed(e ast.Node, measures bool, is func(*ast.FunctionCall) bool) []ast.Node {
	var out []ast.Node
	ast.Walk(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Query:
			return false
		case *ast.FunctionCall:
			if is(n) {
				out = append(out, n)
			}
		case *ast.WindowMeasure:
			if measures {
				out = append(out, n)
			}
		}
		return true
	})
	return out
}

// windowCalls lists what is computed over a window in e.
func windowCalls(e ast.Node) []ast.Node { return computed(e, true, isWindowCall) }

// scalarOnly refuses aggregates and window functions in clauses that may hold none.
func scalarOnly(e ast.Expr, clause string) error {
	list := computed(e, true, func(c *ast.FunctionCall) bool {
		return isAggregateCall(c) || isWindowFunction(c) || functionName(c) == "grouping"
	})
	if len(list) == 0 {
		return nil
	}
	return sql.Errorf(sql.EXPRESSION_NOT_SCALAR, e.Position(),
		"%s cannot contain aggregations, window functions or grouping operations: %s", clause, callTexts(list))
}

func callTexts(list []ast.Node) string {
	parts := make([]string, len(list))
	for i, c := range list {
		parts[i] = ast.Message(c)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// notNested refuses aggregates and window functions inside an aggregate.
func notNested(e *ast.FunctionCall) error {
	var aggregates, windows []ast.Node
	ast.Children(e, func(c ast.Node) {
		aggregates = append(aggregates, computed(c, false, isAggregateCall)...)
		windows = append(windows, windowCalls(c)...)
	})
	if len(aggregates) > 0 {
		return sql.Errorf(sql.NESTED_AGGREGATION, e.Pos, "Cannot nest aggregations inside aggregation '%s': %s", functionName(e), callTexts(aggregates))
	}
	if len(windows) > 0 {
		return sql.Errorf(sql.NESTED_WINDOW, e.Pos, "Cannot nest window functions or row pattern measures inside aggregation '%s': %s", functionName(e), callTexts(windows))
	}
	return nil
}
