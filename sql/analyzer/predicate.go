package analyzer

import (
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

func (x *exprs) comparison(e *ast.Comparison) (plan.Expr, error) {
	left, right, err := x.pair(e.Left, e.Right)
	if err != nil {
		return nil, err
	}
	x.warnNull(e.Left, e.Right, e.Pos)
	a, b, err := x.comparable(e.Op, left, right, e.Pos)
	if err != nil {
		return nil, hintComparison(err, left, right, e.Left, e.Right)
	}
	x.a.noteStock([]ast.Expr{e.Left, e.Right}, []plan.Expr{left, right}, []plan.Expr{a, b})
	return x.compare(e.Op, a, b, e.Pos)
}

func (x *exprs) pair(l, r ast.Expr) (left, right plan.Expr, err error) {
	if left, err = x.translate(l); err != nil {
		return nil, nil, err
	}
	right, err = x.translate(r)
	return left, right, err
}

// signs are what Trino's messages say of comparisons: they know three of them.
var signs = [...]string{ast.Equals: "=", ast.NotEquals: "=", ast.Less: "<", ast.Greater: "<",
	ast.LessOrEqual: "<=", ast.GreaterOrEqual: "<="}

// comparable coerces two values to the type in which they are compared by op.
func (x *exprs) comparable(op ast.ComparisonOp, left, right plan.Expr, at sql.Pos) (l, r plan.Expr, err error) {
	l, r, ok, err := x.commonOrLake(left, right)
	if err != nil {
		return nil, nil, err
	}
	if ok {
		ok = l.Type().Comparable() && (op <= ast.NotEquals || l.Type().Orderable())
	}
	if !ok {
		return nil, nil, sql.Errorf(sql.TYPE_MISMATCH, at, "Cannot apply operator: %s %s %s", left.Type(), signs[op], right.Type())
	}
	return l, r, nil
}

// commonOrLake coerces two values to one type, by Trino's rules or else by CloudTrail Lake's.
func (x *exprs) commonOrLake(left, right plan.Expr) (l, r plan.Expr, ok bool, err error) {
	if t, ok := types.CommonSuperType(left.Type(), right.Type()); ok {
		if t.Is(types.Unknown) {
			t = types.TBoolean
		}
		return coerce(left, t), coerce(right, t), true, nil
	}
	return lakeOperands(left, right)
}

// compare applies a comparison to values of one type.
func (x *exprs) compare(op ast.ComparisonOp, left, right plan.Expr, at sql.Pos) (plan.Expr, error) {
	return x.operator(comparisons[op], at, left, right)
}

func (x *exprs) not(e plan.Expr, at sql.Pos) (plan.Expr, error) {
	return x.operator(opNot, at, coerce(e, types.TBoolean))
}

// notIf negates e for NOT IN, IS NOT NULL and the like.
func (x *exprs) notIf(not bool, e plan.Expr, at sql.Pos) (plan.Expr, error) {
	if !not {
		return e, nil
	}
	return x.not(e, at)
}

func (x *exprs) isDistinctFrom(e *ast.IsDistinctFrom) (plan.Expr, error) {
	left, right, err := x.pair(e.Left, e.Right)
	if err != nil {
		return nil, err
	}
	l, r, ok, err := x.commonOrLake(left, right)
	if err != nil {
		return nil, err
	}
	if !ok || !l.Type().Comparable() {
		return nil, sql.Errorf(sql.TYPE_MISMATCH, e.Pos, "Cannot apply operator: %s IDENTICAL %s", left.Type(), right.Type())
	}
	x.a.noteStock([]ast.Expr{e.Left, e.Right}, []plan.Expr{left, right}, []plan.Expr{l, r})
	distinct, err := x.operator(opDistinct, e.Pos, l, r)
	if err != nil {
		return nil, err
	}
	return x.notIf(e.Not, distinct, e.Pos)
}

// isTruth tells NULL from FALSE: it is never NULL itself.
func (x *exprs) isTruth(e *ast.IsTruth) (plan.Expr, error) {
	arg, err := x.boolean(e.Expr, "Boolean test value")
	if err != nil {
		return nil, err
	}
	if e.Truth == ast.Unknown {
		return x.notIf(e.Not, &plan.IsNull{Arg: arg, At: e.Pos}, e.Pos)
	}
	differs, err := x.operator(opDistinct, e.Pos, arg, plan.Bool(e.Truth == ast.True, e.Pos))
	if err != nil {
		return nil, err
	}
	return x.notIf(!e.Not, differs, e.Pos)
}

func (x *exprs) between(e *ast.Between) (plan.Expr, error) {
	value, err := x.translate(e.Expr)
	if err != nil {
		return nil, err
	}
	low, high, err := x.pair(e.Low, e.High)
	if err != nil {
		return nil, err
	}
	if err := x.a.repeatBetween(e, value, low, high); err != nil {
		return nil, err
	}
	mismatch := func() error {
		return sql.Errorf(sql.TYPE_MISMATCH, e.Pos, "Cannot check if %s is BETWEEN %s and %s", value.Type(), low.Type(), high.Type())
	}
	// The three have one type by Trino's rules; each bound has one with the value by Lake's.
	var v1, v2 plan.Expr
	if t, ok := commonOfAll(value, low, high); ok {
		v1, v2, low, high = coerce(value, t), coerce(value, t), coerce(low, t), coerce(high, t)
	} else {
		var l, h plan.Expr
		var ok1, ok2 bool
		if v1, l, ok1, err = x.commonOrLake(value, low); err != nil {
			return nil, err
		}
		if v2, h, ok2, err = x.commonOrLake(value, high); err != nil {
			return nil, err
		}
		if !ok1 || !ok2 {
			return nil, mismatch()
		}
		x.a.noteStock([]ast.Expr{e.Expr, e.Low, e.High}, []plan.Expr{value, low, high}, []plan.Expr{v1, l, h})
		low, high = l, h
	}
	if !v1.Type().Orderable() || !v2.Type().Orderable() {
		return nil, mismatch()
	}
	within, err := x.bounded(v1, low, v2, high, e.Pos)
	if err != nil {
		return nil, err
	}
	if e.Symmetric {
		turned, err := x.bounded(v2, high, v1, low, e.Pos)
		if err != nil {
			return nil, err
		}
		within = &plan.Or{Terms: []plan.Expr{within, turned}, At: e.Pos}
	}
	return x.notIf(e.Not, within, e.Pos)
}

// bounded is v1 >= low AND v2 <= high, where v1 and v2 are one value in the types of its bounds.
func (x *exprs) bounded(v1, low, v2, high plan.Expr, at sql.Pos) (plan.Expr, error) {
	from, err := x.compare(ast.GreaterOrEqual, v1, low, at)
	if err != nil {
		return nil, err
	}
	to, err := x.compare(ast.LessOrEqual, v2, high, at)
	if err != nil {
		return nil, err
	}
	return &plan.And{Terms: []plan.Expr{from, to}, At: at}, nil
}

func commonOfAll(values ...plan.Expr) (types.Type, bool) {
	t := types.TUnknown
	for _, v := range values {
		super, ok := types.CommonSuperType(t, v.Type())
		if !ok {
			return t, false
		}
		t = super
	}
	if t.Is(types.Unknown) {
		t = types.TBoolean
	}
	return t, true
}

func (x *exprs) inList(e *ast.InList) (plan.Expr, error) {
	nodes := append([]ast.Expr{e.Expr}, e.List...)
	values, err := x.each(nodes)
	if err != nil {
		return nil, err
	}
	for _, n := range e.List {
		x.warnNull(n, n, n.Position())
	}
	if t, ok := commonOfAll(values...); ok {
		for i, v := range values {
			values[i] = coerce(v, t)
		}
	} else if coerced, ok, err := lakeList(values); err != nil {
		return nil, err
	} else if ok {
		x.a.noteStock(nodes, values, coerced)
		values = coerced
	} else {
		if _, _, err = common("IN value and list items", values, nodes); err != nil {
			return nil, hintQuoted(err, nodes...)
		}
	}
	if t := values[0].Type(); !t.Comparable() {
		return nil, sql.Errorf(sql.TYPE_MISMATCH, e.Pos, "Cannot apply operator: %s = %s", t, t)
	}
	return x.notIf(e.Not, &plan.In{Value: values[0], List: values[1:], At: e.Pos}, e.Pos)
}

func (x *exprs) like(e *ast.Like) (plan.Expr, error) {
	value, err := x.translate(e.Expr)
	if err != nil {
		return nil, err
	}
	if !value.Type().IsString() {
		if !types.Coerces(value.Type(), types.TVarchar) {
			return nil, sql.Errorf(sql.TYPE_MISMATCH, e.Expr.Position(), "Left side of LIKE expression must evaluate to a varchar (actual: %s)", value.Type()).
				WithHint(hintForLike(e, value))
		}
		value = coerce(value, types.TVarchar)
	}
	pattern, err := x.of(types.TVarchar, e.Pattern, "Pattern for LIKE expression")
	if err != nil {
		return nil, err
	}
	args := []plan.Expr{value, pattern}
	if e.Escape != nil {
		escape, err := x.of(types.TVarchar, e.Escape, "Escape for LIKE expression")
		if err != nil {
			return nil, err
		}
		args = append(args, escape)
	}
	like, err := x.operator(opLike, e.Pos, args...)
	if err != nil {
		return nil, err
	}
	return x.notIf(e.Not, like, e.Pos)
}

func (x *exprs) unary(e *ast.Unary) (plan.Expr, error) {
	arg, err := x.translate(e.Expr)
	if err != nil {
		return nil, err
	}
	if !e.Negative {
		if t := arg.Type(); !t.IsNumeric() || t.Is(types.Decimal) {
			return nil, sql.Errorf(sql.TYPE_MISMATCH, e.Pos, "Unary '+' operator cannot by applied to %s type", t)
		}
		return arg, nil
	}
	call, err := x.operator(opNegate, e.Pos, arg)
	if err != nil {
		return nil, sql.Errorf(sql.TYPE_MISMATCH, e.Pos, "Cannot negate %s", arg.Type())
	}
	return call, nil
}

func (x *exprs) arithmetic(e *ast.Arithmetic) (plan.Expr, error) {
	left, right, err := x.pair(e.Left, e.Right)
	if err != nil {
		return nil, err
	}
	if e.Op == ast.Concat {
		return x.scalar(opConcat, e.Pos, []plan.Expr{left, right})
	}
	if left.Type().Is(types.Decimal) && right.Type().Is(types.Decimal) {
		if _, err := types.DecimalResult(types.Arithmetic(e.Op.String()[0]), left.Type(), right.Type()); err != nil {
			return nil, placed(err, e.Pos)
		}
	}
	call, err := x.operator(arithmetics[e.Op], e.Pos, left, right)
	if err != nil {
		return nil, sql.Errorf(sql.TYPE_MISMATCH, e.Pos, "Cannot apply operator: %s %s %s", left.Type(), e.Op, right.Type())
	}
	return call, nil
}

func (x *exprs) atTimeZone(e *ast.AtTimeZone) (plan.Expr, error) {
	value, err := x.translate(e.Expr)
	if err != nil {
		return nil, err
	}
	switch t := value.Type(); t.Kind() {
	case types.TimeWithTimeZone, types.TimestampWithTimeZone:
	case types.Time:
		value = coerce(value, types.TimeTZOf(t.Precision()))
	case types.Timestamp:
		value = coerce(value, types.TimestampTZOf(t.Precision()))
	default:
		return nil, sql.Errorf(sql.TYPE_MISMATCH, e.Expr.Position(),
			"Type of value must be a time or timestamp with or without time zone (actual %s)", t)
	}
	var zone plan.Expr = plan.NewLiteral(types.TVarchar, x.a.zone.String(), e.Pos)
	if e.Zone != nil {
		if zone, err = x.translate(e.Zone); err != nil {
			return nil, err
		}
		if !zone.Type().IsString() && !zone.Type().Is(types.IntervalDayToSecond) {
			return nil, sql.Errorf(sql.TYPE_MISMATCH, e.Zone.Position(),
				"Type of value must be of type varchar or interval day to second (actual %s)", zone.Type())
		}
	}
	return x.scalar("at_timezone", e.Pos, []plan.Expr{value, zone})
}

// extractable says from which kinds each field can be taken.
var extractable = func() map[string][]types.Kind {
	dates := []types.Kind{types.Date, types.Timestamp, types.TimestampWithTimeZone}
	clocks := []types.Kind{types.Timestamp, types.TimestampWithTimeZone, types.Time, types.TimeWithTimeZone, types.IntervalDayToSecond}
	zones := []types.Kind{types.TimestampWithTimeZone, types.TimeWithTimeZone}
	m := map[string][]types.Kind{
		"YEAR": append(dates[:3:3], types.IntervalYearToMonth), "MONTH": append(dates[:3:3], types.IntervalYearToMonth),
		"DAY": append(dates[:3:3], types.IntervalDayToSecond), "TIMEZONE_HOUR": zones, "TIMEZONE_MINUTE": zones,
		"HOUR": clocks, "MINUTE": clocks, "SECOND": clocks,
	}
	for _, f := range []string{"QUARTER", "WEEK", "DAY_OF_MONTH", "DAY_OF_WEEK", "DOW", "DAY_OF_YEAR", "DOY", "YEAR_OF_WEEK", "YOW"} {
		m[f] = dates
	}
	return m
}()

func (x *exprs) extract(e *ast.Extract) (plan.Expr, error) {
	field := strings.ToUpper(e.Field.Name)
	kinds, ok := extractable[field]
	if !ok {
		return nil, sql.Errorf(sql.SYNTAX_ERROR, e.Pos, "Invalid EXTRACT field %s, valid fields are: YEAR, QUARTER, MONTH, WEEK, DAY, DAY_OF_MONTH, DAY_OF_WEEK, DOW, "+
			"DAY_OF_YEAR, DOY, YEAR_OF_WEEK, YOW, HOUR, MINUTE, SECOND, TIMEZONE_MINUTE, TIMEZONE_HOUR", e.Field.Name)
	}
	arg, err := x.translate(e.Expr)
	if err != nil {
		return nil, err
	}
	for _, k := range kinds {
		if arg.Type().Is(k) {
			return x.scalar(strings.ToLower(field), e.Pos, []plan.Expr{arg})
		}
	}
	return nil, sql.Errorf(sql.TYPE_MISMATCH, e.Expr.Position(), "Cannot extract %s from %s", field, arg.Type())
}
