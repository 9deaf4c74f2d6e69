package analyzer

import (
	"math"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// windowCall is a call over a window.
type windowCall struct {
	column      plan.Column
	fn          *function.ResolvedWindow
	aggregate   *function.ResolvedAggregate
	args        []plan.Expr
	filter      plan.Expr
	distinct    bool
	argOrder    []sortItem // ORDER BY among the arguments of an aggregate
	ignoreNulls bool
	partition   []plan.Expr
	order       []sortItem
	frame       plan.Frame // without its offsets
	start, end  frameBound // its offsets
	spec        *ast.WindowSpec
	at          sql.Pos
}

// frameBound is an end of a frame with an offset, see plan.Frame; all are nil for none.
type frameBound struct{ offset, value, key plan.Expr }

// exprs lists where w has expressions that must be columns; any may be nil.
func (w *windowCall) columns() []*plan.Expr {
	return []*plan.Expr{&w.filter, &w.start.offset, &w.start.value, &w.start.key, &w.end.offset, &w.end.value, &w.end.key}
}

// window collects a call over a window and returns a reference to its column.
func (x *exprs) window(e *ast.FunctionCall) (plan.Expr, error) {
	name := functionName(e)
	if err := noNestedWindows(e); err != nil {
		return nil, err
	}
	if name == "listagg" {
		e = listagg(e)
	}
	spec, err := x.windowSpec(e.Over)
	if err != nil {
		return nil, err
	}
	w := &windowCall{distinct: e.Distinct, ignoreNulls: e.NullTreatment == ast.IgnoreNulls, spec: spec, at: e.Pos}
	if err := x.windowFunction(w, e, spec); err != nil {
		return nil, err
	}
	if err := x.partitionAndOrder(w, spec); err != nil {
		return nil, err
	}
	pattern, err := x.frame(w, spec, windowPos(e.Over))
	if err != nil {
		return nil, err
	}
	if pattern != nil {
		pattern.reduce(w)
	}
	result := types.Type{}
	if w.fn != nil {
		result = w.fn.Result
	} else {
		result = w.aggregate.Result
	}
	w.column = x.a.column(name, result)
	x.found.windows = append(x.found.windows, w)
	return ref(w.column, e.Pos), checkWidth(len(x.found.windows), "window functions", e.Pos)
}

// windowPos is where messages say that a window is.
func windowPos(over *ast.Over) sql.Pos {
	if over.Name != nil {
		return over.Name.Pos
	}
	return over.Spec.Pos
}

// noNestedWindows refuses window functions in the arguments and in the window of e.
func noNestedWindows(e *ast.FunctionCall) error {
	var err error
	ast.Children(e, func(c ast.Node) {
		if over, ok := c.(*ast.Over); ok && err == nil {
			err = windowInWindow(over)
		} else if nested := windowCalls(c); len(nested) > 0 && err == nil {
			err = sql.Errorf(sql.NESTED_WINDOW, nested[0].Position(), "Cannot nest window functions or row pattern measures inside window function arguments")
		}
	})
	return err
}

// windowInWindow refuses window functions in a window.
func windowInWindow(n ast.Node) error {
	if nested := windowCalls(n); len(nested) > 0 {
		return sql.Errorf(sql.NESTED_WINDOW, nested[0].Position(), "Cannot nest window functions or row pattern measures inside window specification")
	}
	return nil
}

func (x *exprs) windowFunction(w *windowCall, e *ast.FunctionCall, spec *ast.WindowSpec) (err error) {
	name := functionName(e)
	switch {
	case function.IsAggregate(name):
		if e.NullTreatment != ast.NullsUnspecified {
			return nullTreatment(e)
		}
		if w.aggregate, w.args, err = x.aggregateCall(e); err != nil {
			return err
		}
		if w.argOrder, err = x.sortItems(argumentOrder(e)); err != nil {
			return err
		}
		for _, s := range w.argOrder {
			if err := orderableArgument(s.expr, e); err != nil {
				return err
			}
		}
		if !w.aggregate.Overload.OrderSensitive { // DISTINCT is of the arguments alone then
			w.argOrder = nil
		}
		w.filter, err = x.filter(e.Filter)
		return err
	case !function.IsWindow(name):
		if !isFunction(name) {
			return x.functionNotFound(e)
		}
		if e.OrderBy != nil {
			return sql.Errorf(sql.FUNCTION_NOT_AGGREGATE, e.Pos, "ORDER BY is only valid for aggregation functions")
		}
		return sql.Errorf(sql.FUNCTION_NOT_WINDOW, x.found.at, "Not a window function: %s", name)
	case e.Distinct:
		return sql.Errorf(sql.NOT_SUPPORTED, x.found.at, "Only aggregation window functions with DISTINCT are supported: %s", ast.Message(e))
	case e.OrderBy != nil:
		return sql.Errorf(sql.NOT_SUPPORTED, e.Pos, "Only aggregation window functions with ORDER BY are supported")
	case e.Filter != nil:
		return sql.Errorf(sql.FUNCTION_NOT_AGGREGATE, e.Pos, "Filter is only valid for aggregation functions")
	case e.NullTreatment != ast.NullsUnspecified && !valueFunctions[name]:
		return nullTreatment(e)
	}
	w.fn, w.args, err = resolve(x, e, function.ResolveWindow, func(fn *function.ResolvedWindow) []types.Type { return fn.Params })
	if err != nil {
		return err
	}
	if w.fn.Overload.NeedsOrder && spec.OrderBy == nil {
		return sql.Errorf(sql.MISSING_ORDER_BY, windowPos(e.Over), "%s function requires an ORDER BY window clause", name)
	}
	if w.fn.Overload.NeedsOrder && spec.Frame != nil {
		return sql.Errorf(sql.INVALID_WINDOW_FRAME, spec.Frame.Pos, "Cannot specify window frame for %s function", name)
	}
	return nil
}

// valueFunctions are those that may ignore NULLs.
var valueFunctions = map[string]bool{"first_value": true, "last_value": true, "nth_value": true, "lead": true, "lag": true}

// windowSpec returns the window of OVER with what it inherits from a named one.
func (x *exprs) windowSpec(over *ast.Over) (*ast.WindowSpec, error) {
	if over.Name != nil {
		return x.namedWindow(over.Name, 0)
	}
	return x.inherit(over.Spec, 0)
}

// maxWindowChain is how many windows may extend each other.
const maxWindowChain = 100

func (x *exprs) namedWindow(name *ast.Identifier, depth int) (*ast.WindowSpec, error) {
	spec, ok := x.found.named[name.Canonical()]
	if !ok || depth > maxWindowChain {
		return nil, sql.Errorf(sql.INVALID_WINDOW_REFERENCE, name.Pos, "Cannot resolve WINDOW name %s", name.Name)
	}
	return x.inherit(spec, depth)
}

func (x *exprs) inherit(spec *ast.WindowSpec, depth int) (*ast.WindowSpec, error) {
	if spec.Base == nil {
		return spec, nil
	}
	base, err := x.namedWindow(spec.Base, depth+1)
	if err != nil {
		return nil, err
	}
	at := spec.Base.Pos
	switch {
	case spec.PartitionBy != nil:
		return nil, sql.Errorf(sql.INVALID_PARTITION_BY, spec.PartitionBy[0].Position(), "WINDOW specification with named WINDOW reference cannot specify PARTITION BY")
	case spec.OrderBy != nil && base.OrderBy != nil:
		return nil, sql.Errorf(sql.INVALID_ORDER_BY, spec.OrderPos, "Cannot specify ORDER BY if referenced named WINDOW specifies ORDER BY")
	case base.Frame != nil:
		return nil, sql.Errorf(sql.INVALID_WINDOW_REFERENCE, at, "Cannot reference named WINDOW containing frame specification")
	}
	merged := *spec
	merged.Base, merged.PartitionBy = nil, base.PartitionBy
	if merged.OrderBy == nil {
		merged.OrderBy = base.OrderBy
	}
	return &merged, nil
}

func (x *exprs) partitionAndOrder(w *windowCall, spec *ast.WindowSpec) error {
	for _, e := range spec.PartitionBy {
		v, err := x.translate(e)
		if err != nil {
			return err
		}
		if !v.Type().Comparable() {
			return sql.Errorf(sql.TYPE_MISMATCH, e.Position(), "%s is not comparable, and therefore cannot be used in window function PARTITION BY", v.Type())
		}
		w.partition = append(w.partition, v)
	}
	var err error
	w.order, err = x.sortItems(spec.OrderBy)
	if err != nil {
		return err
	}
	for i, s := range w.order {
		if !s.expr.Type().Orderable() {
			return sql.Errorf(sql.TYPE_MISMATCH, spec.OrderBy[i].Pos, "%s is not orderable, and therefore cannot be used in window function ORDER BY", s.expr.Type())
		}
	}
	return nil
}

var frameModes = [...]plan.FrameMode{ast.Rows: plan.FrameRows, ast.Range: plan.FrameRange, ast.Groups: plan.FrameGroups}

// frame translates the frame of a window. at is where the window is. The result is the pattern by which the frame is
// reduced, or nil.
func (x *exprs) frame(w *windowCall, spec *ast.WindowSpec, at sql.Pos) (pattern *patternWindow, err error) {
	f := spec.Frame
	w.frame = plan.Frame{Mode: plan.FrameRange, Start: plan.UnboundedPreceding, End: plan.CurrentRow}
	if f == nil {
		return nil, nil
	}
	start, end := f.Start, f.End
	if end == nil {
		end = &ast.FrameBound{Pos: f.Pos, Kind: ast.CurrentRow}
	}
	w.frame = plan.Frame{Mode: frameModes[f.Unit], Start: plan.BoundKind(start.Kind), End: plan.BoundKind(end.Kind)}
	if f.Match != nil {
		base := *w // of the first window that has the pattern
		if pattern, err = x.recognition(&base, f); err != nil {
			return nil, err
		}
		defer func() {
			if err == nil && pattern.window == &base {
				base.frame, base.start, base.end = w.frame, w.start, w.end
			}
		}()
	}
	invalid := ""
	switch {
	case start.Kind == ast.UnboundedFollowing:
		invalid = "Window frame start cannot be UNBOUNDED FOLLOWING"
	case end.Kind == ast.UnboundedPreceding:
		invalid = "Window frame end cannot be UNBOUNDED PRECEDING"
	case start.Kind == ast.CurrentRow && end.Kind == ast.Preceding:
		invalid = "Window frame starting from CURRENT ROW cannot end with PRECEDING"
	case start.Kind == ast.Following && end.Kind == ast.Preceding:
		invalid = "Window frame starting from FOLLOWING cannot end with PRECEDING"
	case start.Kind == ast.Following && end.Kind == ast.CurrentRow:
		invalid = "Window frame starting from FOLLOWING cannot end with CURRENT ROW"
	}
	if invalid != "" {
		return nil, sql.Errorf(sql.INVALID_WINDOW_FRAME, f.Pos, "%s", invalid)
	}
	if w.start, err = x.frameBound(w, f, start, "start", spec, at); err != nil {
		return nil, err
	}
	w.end, err = x.frameBound(w, f, end, "end", spec, at)
	return pattern, err
}

func (x *exprs) frameBound(w *windowCall, f *ast.Frame, b *ast.FrameBound, which string, spec *ast.WindowSpec, at sql.Pos) (frameBound, error) {
	var none frameBound
	if b.Offset == nil {
		return none, nil
	}
	if f.Unit != ast.Rows && spec.OrderBy == nil {
		return none, sql.Errorf(sql.MISSING_ORDER_BY, at, "Window frame of type %s PRECEDING or FOLLOWING requires ORDER BY", f.Unit)
	}
	if f.Unit == ast.Range {
		return x.rangeBound(w, b, spec)
	}
	v, err := x.translate(b.Offset)
	if err != nil {
		return none, err
	}
	if t := v.Type(); !t.IsInteger() && !(t.Is(types.Decimal) && t.Scale() == 0) {
		return none, sql.Errorf(sql.TYPE_MISMATCH, b.Offset.Position(),
			"Window frame %s %s value type must be exact numeric type with scale 0 (actual %s)", f.Unit, which, t)
	}
	if v, err = x.rowsOffset(v); err != nil {
		return none, err
	}
	return frameBound{offset: v}, nil
}

// rowsOffset makes v a bigint. What no bigint holds is beyond any partition, or negative and as wrong as any such.
func (x *exprs) rowsOffset(v plan.Expr) (plan.Expr, error) {
	if types.Coerces(v.Type(), types.TBigint) {
		return coerce(v, types.TBigint), nil
	}
	at := v.Pos()
	out := &plan.Case{Else: &plan.Cast{Arg: v, To: types.TBigint, At: at}, At: at}
	for _, end := range []struct {
		op    ast.ComparisonOp
		value int64
	}{{ast.Greater, math.MaxInt64}, {ast.Less, 0}} {
		l, r, err := x.comparable(end.op, v, plan.NewLiteral(types.TBigint, end.value, at), at)
		if err != nil {
			return nil, err
		}
		beyond, err := x.compare(end.op, l, r, at)
		if err != nil {
			return nil, err
		}
		value := end.value
		if end.op == ast.Less {
			value = -1
		}
		out.Whens = append(out.Whens, plan.When{Cond: beyond, Then: plan.NewLiteral(types.TBigint, value, at)})
	}
	return out, nil
}

// rangeBound translates the offset of a RANGE frame: the frame reaches to the sort key plus or minus it.
func (x *exprs) rangeBound(w *windowCall, b *ast.FrameBound, spec *ast.WindowSpec) (frameBound, error) {
	var none frameBound
	if n := len(spec.OrderBy); n != 1 {
		return none, sql.Errorf(sql.INVALID_ORDER_BY, spec.OrderPos,
			"Window frame of type RANGE PRECEDING or FOLLOWING requires single sort item in ORDER BY (actual: %d)", n)
	}
	key, at := w.order[0].expr, spec.OrderBy[0].Expr.Position()
	t := key.Type()
	if !isNumeric(t) && !isTime(t) {
		return none, sql.Errorf(sql.TYPE_MISMATCH, at,
			"Window frame of type RANGE PRECEDING or FOLLOWING requires that sort item type be numeric, datetime or interval (actual: %s)", t)
	}
	offset, err := x.translate(b.Offset)
	if err != nil {
		return none, err
	}
	isInterval := offset.Type().Is(types.IntervalDayToSecond) || offset.Type().Is(types.IntervalYearToMonth)
	incompatible := sql.Errorf(sql.TYPE_MISMATCH, b.Offset.Position(), "Window frame RANGE value type (%s) not compatible with sort item type (%s)", offset.Type(), t)
	if isNumeric(t) && !isNumeric(offset.Type()) || !isNumeric(t) && !isInterval {
		return none, incompatible
	}
	operator := arithmetics[ast.Add]
	if (b.Kind == ast.Preceding) != w.order[0].descending {
		operator = arithmetics[ast.Subtract]
	}
	value, err := x.operator(operator, b.Offset.Position(), key, offset)
	if err != nil {
		return none, incompatible
	}
	if !types.Coerces(t, value.Type()) {
		return none, sql.Errorf(sql.TYPE_MISMATCH, at, "Sort key must evaluate to a %s (actual: %s)", value.Type(), t)
	}
	zero := plan.Expr(plan.NewLiteral(types.TInteger, int64(0), b.Pos))
	if isInterval {
		zero = plan.NewLiteral(offset.Type(), int64(0), b.Pos)
	}
	l, r, err := x.comparable(ast.GreaterOrEqual, offset, zero, b.Pos)
	if err != nil {
		return none, err
	}
	valid, err := x.compare(ast.GreaterOrEqual, l, r, b.Pos)
	return frameBound{valid, value, coerce(key, value.Type())}, err
}

func isNumeric(t types.Type) bool {
	return t.IsInteger() || t.Is(types.Decimal) || t.Is(types.Double) || t.Is(types.Real)
}

func isTime(t types.Type) bool {
	for _, k := range []types.Kind{types.Date, types.Time, types.TimeWithTimeZone, types.Timestamp, types.TimestampWithTimeZone,
		types.IntervalDayToSecond, types.IntervalYearToMonth} {
		if t.Is(k) {
			return true
		}
	}
	return false
}

// definedExpr is an expression of a definition of WINDOW.
type definedExpr struct {
	expr plan.Expr
	node ast.Expr
}

// checkWindow looks for errors in a definition of WINDOW, which need not be used. Its expressions obey the rules of
// grouping all the same.
func (sel *selection) checkWindow(spec *ast.WindowSpec) error {
	if err := windowInWindow(spec); err != nil {
		return err
	}
	scratch := *sel.exprs
	scratch.found = &found{named: sel.found.named, at: sel.at}
	whole, err := scratch.inherit(spec, 0)
	if err != nil {
		return err
	}
	w := &windowCall{}
	if err := scratch.partitionAndOrder(w, whole); err != nil {
		return err
	}
	if _, err = scratch.frame(w, whole, spec.Pos); err != nil {
		return err
	}
	for i, e := range w.partition {
		sel.defined = append(sel.defined, definedExpr{e, whole.PartitionBy[i]})
	}
	for i, s := range w.order {
		sel.defined = append(sel.defined, definedExpr{s.expr, whole.OrderBy[i].Expr})
	}
	if f := whole.Frame; f != nil {
		if w.start.offset != nil {
			sel.defined = append(sel.defined, definedExpr{w.start.offset, f.Start.Offset})
		}
		if w.end.offset != nil {
			sel.defined = append(sel.defined, definedExpr{w.end.offset, f.End.Offset})
		}
	}
	return nil
}
