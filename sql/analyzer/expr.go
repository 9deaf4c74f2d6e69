package analyzer

import (
	"math"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// exprs translates the expressions of one SELECT, or of any other place that has a scope.
type exprs struct {
	a      *analyzer
	scope  *scope
	found  *found
	lambda *lambdaScope
	env    env
	// outputs are what names mean first, in ORDER BY; nil elsewhere.
	outputs     []output
	outputNames nameIndex // finds outputs
	// pattern is what expressions of MATCH_RECOGNIZE know; nil elsewhere.
	pattern *patternContext
}

// found collects what expressions need to be computed by nodes below their own. In
// the expressions, references to their columns stand for them.
type found struct {
	aggregates []*aggregate
	// aggregatesByText finds them by their text.
	aggregatesByText map[string][]*aggregate
	sorted           int // aggregates with ORDER BY
	windows          []*windowCall
	patterns         []*patternWindow
	subqueries       []*subquery
	groupings        []*groupingOperation
	// at is where the SELECT is.
	at sql.Pos
	// named are the definitions of the WINDOW clause.
	named map[string]*ast.WindowSpec
}

func (a *analyzer) exprs(s *scope) *exprs { return &exprs{a: a, scope: s, found: &found{}} }

// translate gives e its meaning over the columns of the scope.
func (x *exprs) translate(e ast.Expr) (plan.Expr, error) {
	switch e := e.(type) {
	case *ast.NullLiteral, *ast.BooleanLiteral, *ast.StringLiteral, *ast.BinaryLiteral, *ast.IntegerLiteral,
		*ast.DecimalLiteral, *ast.DoubleLiteral, *ast.TypedLiteral, *ast.IntervalLiteral, *ast.Current:
		return x.a.literal(e)
	case *ast.Identifier:
		return x.identifier(e)
	case *ast.Dereference:
		return x.dereference(e)
	case *ast.Subscript:
		return x.subscript(e)
	case *ast.Parameter:
		return x.parameter(e)
	case *ast.FunctionCall:
		out, err := x.call(e)
		if err != nil {
			return nil, err
		}
		return out, checkType(out.Type(), e.Pos)
	case *ast.WindowMeasure:
		return x.windowMeasure(e)
	case *ast.Lambda:
		return nil, sql.Errorf(sql.TYPE_MISMATCH, e.Pos, "Lambda expression should always be used inside a function")
	case *ast.Cast:
		return x.cast(e)
	case *ast.Case:
		return x.caseOf(e)
	case *ast.Unary:
		return x.unary(e)
	case *ast.Arithmetic:
		return x.arithmetic(e)
	case *ast.Comparison:
		return x.comparison(e)
	case *ast.Logical:
		return x.logical(e)
	case *ast.Not:
		arg, err := x.boolean(e.Expr, "Value of logical NOT expression")
		if err != nil {
			return nil, err
		}
		return x.not(arg, e.Pos)
	case *ast.Between:
		return x.between(e)
	case *ast.InList:
		return x.inList(e)
	case *ast.Like:
		return x.like(e)
	case *ast.IsNull:
		arg, err := x.translate(e.Expr)
		if err != nil {
			return nil, err
		}
		return x.notIf(e.Not, &plan.IsNull{Arg: arg, At: e.Pos}, e.Pos)
	case *ast.IsTruth:
		return x.isTruth(e)
	case *ast.IsDistinctFrom:
		return x.isDistinctFrom(e)
	case *ast.Row:
		return x.row(e)
	case *ast.Array:
		return x.array(e)
	case *ast.AtTimeZone:
		return x.atTimeZone(e)
	case *ast.Extract:
		return x.extract(e)
	case *ast.InSubquery:
		return x.inSubquery(e)
	case *ast.QuantifiedComparison:
		return x.quantified(e)
	case *ast.Exists:
		return x.exists(e)
	case *ast.Subquery:
		return x.scalarSubquery(e)
	case *ast.JSONExists, *ast.JSONValue, *ast.JSONQuery, *ast.JSONObject, *ast.JSONArray:
		return x.sqlJSON(e)
	}
	return nil, sql.NotSupported(e.Position(), "this expression")
}

// each translates a list.
func (x *exprs) each(list []ast.Expr) ([]plan.Expr, error) {
	out := make([]plan.Expr, len(list))
	for i, e := range list {
		var err error
		if out[i], err = x.translate(e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// boolean translates e, which must be a boolean; what names it in the message.
func (x *exprs) boolean(e ast.Expr, what string) (plan.Expr, error) {
	return x.of(types.TBoolean, e, what)
}

// of translates e, which must coerce to t; what names it in the message.
func (x *exprs) of(t types.Type, e ast.Expr, what string) (plan.Expr, error) {
	v, err := x.translate(e)
	if err != nil {
		return nil, err
	}
	if !types.Coerces(v.Type(), t) {
		return nil, sql.Errorf(sql.TYPE_MISMATCH, e.Position(), "%s must evaluate to a %s (actual: %s)", what, t, v.Type())
	}
	return coerce(v, t), nil
}

// coerce makes e a value of type t, which it must coerce to. Literals are converted at
// once where that cannot fail.
func coerce(e plan.Expr, t types.Type) plan.Expr {
	from := e.Type()
	if from.Equal(t) {
		return e
	}
	if _, isRef := e.(*plan.ColumnRef); isRef && from.Is(types.Unknown) {
		return plan.NewLiteral(t, nil, e.Pos())
	}
	l, ok := e.(*plan.Literal)
	if !ok {
		return &plan.Cast{Arg: e, To: t, At: e.Pos()}
	}
	if l.IsNull() {
		return plan.NewLiteral(t, nil, l.At)
	}
	v, scalar := l.Scalar()
	switch {
	case !scalar:
	case from.Is(types.Varchar) && t.Is(types.Varchar), from.IsInteger() && t.IsInteger():
		return plan.NewLiteral(t, v, l.At)
	case from.IsInteger() && t.Is(types.Double):
		return plan.NewLiteral(t, float64(v.(int64)), l.At)
	case from.IsInteger() && t.Is(types.Decimal):
		if d, err := types.Int64ToDecimal(v.(int64), from, t); err == nil {
			return decimalLiteral(t, d, l.At)
		}
	case from.Is(types.Decimal) && t.Is(types.Decimal):
		if d, err := types.DecimalToDecimal(wide(v), from, t); err == nil {
			return decimalLiteral(t, d, l.At)
		}
	case from.Is(types.Decimal) && t.Is(types.Double):
		return plan.NewLiteral(t, types.DecimalToDouble(wide(v), from), l.At)
	case from.Is(types.Timestamp) && t.Is(types.Timestamp) && from.Physical() == types.Int64 && t.Physical() == types.Int64:
		return plan.NewLiteral(t, v, l.At) // to a finer precision
	case from.Is(types.Date) && t.Is(types.Timestamp) && t.Physical() == types.Int64:
		if days := v.(int64); days < math.MaxInt64/microsPerDay && days > math.MinInt64/microsPerDay {
			return plan.NewLiteral(t, days*microsPerDay, l.At)
		}
	}
	return &plan.Cast{Arg: e, To: t, At: e.Pos()}
}

const microsPerDay = 24 * 60 * 60 * 1_000_000

func wide(v any) types.Int128 {
	if i, ok := v.(int64); ok {
		return types.Int128From(i)
	}
	return v.(types.Int128)
}

func decimalLiteral(t types.Type, d types.Int128, at sql.Pos) plan.Expr {
	if t.Physical() == types.Int64 {
		return plan.NewLiteral(t, d.Int64(), at)
	}
	return plan.NewLiteral(t, d, at)
}

// common coerces values to their common type. what names them in the message.
func common(what string, values []plan.Expr, nodes []ast.Expr) ([]plan.Expr, types.Type, error) {
	t := types.TUnknown
	for i, v := range values {
		super, ok := types.CommonSuperType(t, v.Type())
		if !ok {
			return nil, t, sql.Errorf(sql.TYPE_MISMATCH, nodes[i].Position(),
				"%s must be the same type or coercible to a common type. Cannot find common type between %s and %s, all types (without duplicates): %s",
				what, t, v.Type(), distinctTypes(values))
		}
		t = super
	}
	out := make([]plan.Expr, len(values))
	for i, v := range values {
		out[i] = coerce(v, t)
	}
	return out, t, nil
}

func distinctTypes(values []plan.Expr) string {
	var seen []types.Type
next:
	for _, v := range values {
		for _, t := range seen {
			if t.Equal(v.Type()) {
				continue next
			}
		}
		seen = append(seen, v.Type())
	}
	text := "["
	for i, t := range seen {
		if i > 0 {
			text += ", "
		}
		text += t.String()
	}
	return text + "]"
}

func (x *exprs) logical(e *ast.Logical) (plan.Expr, error) {
	terms := make([]plan.Expr, len(e.Terms))
	for i, t := range e.Terms {
		var err error
		if terms[i], err = x.boolean(t, "Logical expression term"); err != nil {
			return nil, err
		}
	}
	if e.Op == ast.And {
		return &plan.And{Terms: terms, At: e.Pos}, nil
	}
	return &plan.Or{Terms: terms, At: e.Pos}, nil
}

func (x *exprs) caseOf(e *ast.Case) (plan.Expr, error) {
	var conds []plan.Expr
	var err error
	if e.Operand != nil {
		conds, err = x.simpleConditions(e)
	} else {
		for _, w := range e.Whens {
			var cond plan.Expr
			if cond, err = x.boolean(w.Condition, "CASE WHEN clause"); err != nil {
				break
			}
			conds = append(conds, cond)
		}
	}
	if err != nil {
		return nil, err
	}
	nodes := make([]ast.Expr, 0, len(e.Whens)+1)
	for _, w := range e.Whens {
		nodes = append(nodes, w.Result)
	}
	if e.Else != nil {
		nodes = append(nodes, e.Else)
	}
	results, err := x.each(nodes)
	if err != nil {
		return nil, err
	}
	results, t, err := common("All CASE results", results, nodes)
	if err != nil {
		return nil, err
	}
	if e.Else == nil {
		results = append(results, plan.NewLiteral(t, nil, e.Pos))
	}
	whens := make([]plan.When, len(conds))
	for i := range conds {
		whens[i] = plan.When{Cond: conds[i], Then: results[i]}
	}
	return &plan.Case{Whens: whens, Else: results[len(results)-1], At: e.Pos}, nil
}

// simpleConditions are those of CASE operand WHEN value: operand = value.
func (x *exprs) simpleConditions(e *ast.Case) ([]plan.Expr, error) {
	operand, err := x.translate(e.Operand)
	if err != nil {
		return nil, err
	}
	values := make([]plan.Expr, len(e.Whens))
	t := operand.Type()
	for i, w := range e.Whens {
		if values[i], err = x.translate(w.Condition); err != nil {
			return nil, err
		}
		super, ok := types.CommonSuperType(t, values[i].Type())
		if !ok {
			return nil, sql.Errorf(sql.TYPE_MISMATCH, w.Condition.Position(),
				"CASE operand type does not match WHEN clause operand type: %s vs %s", operand.Type(), values[i].Type())
		}
		t = super
	}
	if err := x.a.repeat(operand, len(values), e.Pos); err != nil {
		return nil, err
	}
	operand = coerce(operand, t)
	conds := make([]plan.Expr, len(values))
	for i, v := range values {
		if conds[i], err = x.compare(ast.Equals, operand, coerce(v, t), e.Whens[i].Pos); err != nil {
			return nil, err
		}
	}
	return conds, nil
}

func (x *exprs) cast(e *ast.Cast) (plan.Expr, error) {
	t, err := typeOf(e.Type, e.Pos)
	if err != nil {
		return nil, err
	}
	if t.Is(types.Unknown) {
		return nil, sql.Errorf(sql.TYPE_MISMATCH, e.Pos, "UNKNOWN is not a valid type")
	}
	if err := checkType(t, e.Pos); err != nil {
		return nil, err
	}
	arg, err := x.translate(e.Expr)
	if err != nil {
		return nil, err
	}
	return x.castTo(arg, t, e.Try, e.Pos)
}

// castTo converts arg by CAST's rules, which are wider than coercion.
func (x *exprs) castTo(arg plan.Expr, t types.Type, try bool, at sql.Pos) (plan.Expr, error) {
	if l, ok := arg.(*plan.Literal); ok && l.IsNull() && l.Type().Is(types.Unknown) {
		return plan.NewLiteral(t, nil, at), nil
	}
	if arg.Type().Equal(t) {
		return arg, nil
	}
	if !arg.Type().Is(types.Unknown) && !castable(arg.Type(), t) {
		return nil, sql.Errorf(sql.TYPE_MISMATCH, at, "Cannot cast %s to %s", arg.Type(), t)
	}
	return &plan.Cast{Arg: arg, To: t, Try: try, At: at}, nil
}

func (x *exprs) row(e *ast.Row) (plan.Expr, error) {
	values := make([]plan.Expr, len(e.Fields))
	fields := make([]types.Field, len(e.Fields))
	for i, f := range e.Fields {
		v, err := x.translate(f.Expr)
		if err != nil {
			return nil, err
		}
		values[i], fields[i].Type = v, v.Type()
		if f.Name != nil {
			fields[i].Name = f.Name.Name
		}
	}
	t := types.RowOf(fields...)
	return plan.NewRowOf(t, values, e.Pos), checkType(t, e.Pos)
}

func (x *exprs) array(e *ast.Array) (plan.Expr, error) {
	items, err := x.each(e.Items)
	if err != nil {
		return nil, err
	}
	items, t, err := common("All ARRAY elements", items, e.Items)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		empty := vector.NewArray(types.ArrayOf(t), []int32{0, 0}, vector.NewBuilder(t, 0).Build(), nil)
		return &plan.Literal{Value: empty, At: e.Pos}, nil
	}
	return x.operator(opArray, e.Pos, items...)
}

func (x *exprs) subscript(e *ast.Subscript) (plan.Expr, error) {
	base, err := x.translate(e.Base)
	if err != nil {
		return nil, err
	}
	if base.Type().Is(types.Row) {
		return x.rowSubscript(base, e)
	}
	index, err := x.translate(e.Index)
	if err != nil {
		return nil, err
	}
	call, err := x.operator(opSubscript, e.Pos, base, index)
	if err != nil {
		return nil, sql.Errorf(sql.TYPE_MISMATCH, e.Pos, "Cannot use %s for subscript of %s", index.Type(), base.Type()).
			WithHint(hintForSubscript(e, base))
	}
	return call, nil
}

func (x *exprs) rowSubscript(base plan.Expr, e *ast.Subscript) (plan.Expr, error) {
	index, ok := e.Index.(*ast.IntegerLiteral)
	at := e.Index.Position()
	fields := base.Type().Fields()
	switch {
	case !ok:
		return nil, sql.Errorf(sql.EXPRESSION_NOT_CONSTANT, at, "Subscript expression on ROW requires a constant index")
	case index.Value > math.MaxInt32 || index.Value < math.MinInt32:
		return nil, sql.Errorf(sql.TYPE_MISMATCH, at, "Subscript expression on ROW requires integer index, found bigint")
	case index.Value <= 0:
		return nil, sql.Errorf(sql.INVALID_FUNCTION_ARGUMENT, at, "Invalid subscript index: %d. ROW indices start at 1", index.Value)
	case index.Value > int64(len(fields)):
		return nil, sql.Errorf(sql.INVALID_FUNCTION_ARGUMENT, at, "Subscript index out of bounds: %d, max value is %d", index.Value, len(fields))
	}
	return &plan.Field{Arg: base, Index: int(index.Value) - 1, At: e.Pos}, nil
}

func (x *exprs) parameter(e *ast.Parameter) (plan.Expr, error) {
	n := len(x.a.opts.Parameters)
	switch {
	case n == 0:
		return nil, sql.Errorf(sql.INVALID_PARAMETER_USAGE, e.Pos, "Query takes no parameters")
	case e.Index >= n:
		return nil, sql.Errorf(sql.INVALID_PARAMETER_USAGE, e.Pos, "Invalid parameter index %d, max value is %d", e.Index, n-1)
	}
	return x.a.exprs(&scope{}).translate(x.a.opts.Parameters[e.Index])
}
