package analyzer

import (
	"fmt"
	"math"
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// patternContext is what expressions of MEASURES and DEFINE know beside the columns of the input.
//
// A reference to a column there is a value of some row of a match: the last one, or the one that navigation
// functions lead to. It becomes a reference to a pointer, whose value the engine finds. Navigation of an
// expression is navigation of each reference in it, as in Trino:
//
//	PREV(LAST(A.x + y, 2))        p0 + p1, where p0 is x of the row before the last but two that are A
type patternContext struct {
	match     *plan.MatchRecognize
	variables map[string]int   // primary pattern variables, by name
	unions    map[string][]int // union variables
	window    bool             // in a window, where matches have no number
	nav       navigation
	labels    *seenLabels // of the innermost function around; nil for none
	agg       *patternAggregate
	// sources are references to all columns of the input that are read.
	sources []plan.Expr
	root    *patternContext // nil for the root itself
}

// navigation is where the functions around a reference lead.
type navigation struct {
	first, final     bool
	offset, distance int64
}

// seenLabels are the labels of columns in the arguments of a function, "" for none.
type seenLabels struct {
	labels map[string]bool
	outer  *seenLabels
}

// patternAggregate is an aggregate whose arguments are translated.
type patternAggregate struct{ classifier, matchNumber plan.Column }

func (p *patternContext) top() *patternContext {
	if p.root != nil {
		return p.root
	}
	return p
}

// inner returns the context of a function's arguments.
func (p *patternContext) inner() *patternContext {
	c := *p
	c.root = p.top()
	c.labels = &seenLabels{labels: map[string]bool{}, outer: p.labels}
	return &c
}

// sees notes that a column, or *, of a label stands in the arguments of the functions around.
func (p *patternContext) sees(label *ast.Identifier) {
	name := ""
	if label != nil {
		name = label.Canonical()
	}
	for l := p.labels; l != nil; l = l.outer {
		l.labels[name] = true
	}
}

// patternColumn resolves a column in pattern recognition; label is nil for all rows of the match.
func (x *exprs) patternColumn(label, name *ast.Identifier, at ast.Node) (plan.Expr, error) {
	r, found, err := x.scope.resolve("", name.Name, at)
	if err != nil {
		return nil, err
	}
	if !found && label != nil {
		return nil, labeledNotFound(label, at, name)
	}
	if !found {
		return nil, x.columnNotFound(at, name)
	}
	x.pattern.sees(label)
	return x.patternSource(r, label), nil
}

func labeledNotFound(label *ast.Identifier, at ast.Node, names ...*ast.Identifier) error {
	return sql.Errorf(sql.COLUMN_NOT_FOUND, at.Position(), "Column %s prefixed with label %s cannot be resolved",
		columnName(identifierNames(names)...), label.Canonical())
}

// patternSource makes a column of the input the value of some row of the match, except in an aggregate, which sees all rows.
func (x *exprs) patternSource(r *plan.ColumnRef, label *ast.Identifier) plan.Expr {
	top := x.pattern.top()
	top.sources = append(top.sources, r)
	if x.pattern.agg != nil {
		return r
	}
	return x.pointer(plan.PatternPointer{Kind: plan.PointerColumn, Source: r.ID}, label, r.Column.Type, nameFor(r), r.At)
}

// pointer adds a pointer, unless there is such a one, and returns a reference to it.
func (x *exprs) pointer(q plan.PatternPointer, label *ast.Identifier, t types.Type, name string, at sql.Pos) plan.Expr {
	if label != nil {
		q.Variables, _ = x.pattern.label(label)
	}
	if n := x.pattern.nav; q.Kind != plan.PointerAggregate {
		q.First, q.Final, q.Logical, q.Physical = n.first, n.final, n.offset, n.distance
	}
	m := x.pattern.match
	for _, known := range m.Pointers {
		if q.Kind != plan.PointerAggregate && samePointer(known, q) {
			return ref(known.Column, at)
		}
	}
	q.Column = x.a.column(name, t)
	m.Pointers = append(m.Pointers, q)
	return ref(q.Column, at)
}

func samePointer(a, b plan.PatternPointer) bool {
	if len(a.Variables) != len(b.Variables) || (a.Variables == nil) != (b.Variables == nil) {
		return false
	}
	for i, v := range a.Variables {
		if v != b.Variables[i] {
			return false
		}
	}
	return a.Kind == b.Kind && a.Source == b.Source && a.First == b.First && a.Final == b.Final && a.Logical == b.Logical && a.Physical == b.Physical
}

var modeWords = [...]string{ast.ModeDefault: "", ast.ModeRunning: "RUNNING", ast.ModeFinal: "FINAL"}

// patternFunction returns the name of a function that only pattern recognition has, or "".
func patternFunction(e *ast.FunctionCall) string {
	if len(e.Name.Parts) > 1 || e.Name.Parts[0].Quoted {
		return ""
	}
	switch name := functionName(e); name {
	case "classifier", "match_number", "first", "last", "prev", "next":
		return name
	}
	return ""
}

func isNavigation(e *ast.FunctionCall) bool {
	name := patternFunction(e)
	return name != "" && name != "classifier" && name != "match_number"
}

func isAggregateName(e *ast.FunctionCall) bool {
	return len(e.Name.Parts) == 1 && function.IsAggregate(functionName(e))
}

// patternCall translates calls in pattern recognition; done is false for those that mean what they mean elsewhere.
func (x *exprs) patternCall(e *ast.FunctionCall) (out plan.Expr, done bool, err error) {
	name := functionName(e)
	aggregate := isAggregateName(e)
	switch {
	case e.StarOf != nil && name != "count":
		return nil, true, misplacedLabel(e)
	case patternFunction(e) != "":
		out, err = x.patternFunction(e, name)
		return out, true, err
	case aggregate:
		out, err = x.patternAggregate(e)
		return out, true, err
	case e.Mode != ast.ModeDefault:
		return nil, true, sql.Errorf(sql.INVALID_PROCESSING_MODE, e.Pos,
			"%s semantics is supported only for FIRST(), LAST() and aggregation functions. Actual: %s", modeWords[e.Mode], name)
	case name == "try":
		return nil, true, notYet(e.Pos, "TRY expression in pattern recognition context")
	}
	return nil, false, nil
}

// notYet refuses what Trino refuses too.
func notYet(at sql.Pos, what string) error {
	return sql.Errorf(sql.NOT_SUPPORTED, at, "%s is not yet supported", what)
}

func misplacedLabel(e *ast.FunctionCall) error {
	return sql.Errorf(sql.INVALID_FUNCTION_ARGUMENT, e.StarOf.Pos, "label.* syntax is only supported as the only argument of row pattern count function")
}

func (x *exprs) patternFunction(e *ast.FunctionCall, name string) (plan.Expr, error) {
	for _, c := range []struct {
		is   bool
		what string
	}{{e.Over != nil, "OVER"}, {e.Filter != nil, "FILTER"}, {e.OrderBy != nil || e.WithinGroup != nil, "ORDER BY"}, {e.Distinct, "DISTINCT"}} {
		if c.is {
			return nil, sql.Errorf(sql.INVALID_PATTERN_RECOGNITION_FUNCTION, e.Pos, "Cannot use %s with %s pattern recognition function", c.what, name)
		}
	}
	if e.Mode != ast.ModeDefault && name != "first" && name != "last" {
		return nil, sql.Errorf(sql.INVALID_PROCESSING_MODE, e.Pos, "%s semantics is not supported with %s pattern recognition function", modeWords[e.Mode], name)
	}
	switch name {
	case "match_number":
		return x.matchNumber(e)
	case "classifier":
		return x.classifier(e)
	}
	return x.navigate(e, name)
}

func (x *exprs) matchNumber(e *ast.FunctionCall) (plan.Expr, error) {
	if x.pattern.window {
		return nil, sql.Errorf(sql.INVALID_PATTERN_RECOGNITION_FUNCTION, e.Pos, "MATCH_NUMBER function is not supported in window")
	}
	if len(e.Args) > 0 {
		return nil, sql.Errorf(sql.INVALID_FUNCTION_ARGUMENT, e.Pos, "MATCH_NUMBER pattern recognition function takes no arguments")
	}
	if agg := x.pattern.agg; agg != nil {
		return ref(agg.matchNumber, e.Pos), nil
	}
	return x.pointer(plan.PatternPointer{Kind: plan.PointerMatchNumber}, nil, types.TBigint, "match_number", e.Pos), nil
}

func (x *exprs) classifier(e *ast.FunctionCall) (plan.Expr, error) {
	if len(e.Args) > 1 {
		return nil, sql.Errorf(sql.INVALID_FUNCTION_ARGUMENT, e.Pos, "CLASSIFIER pattern recognition function takes no arguments or 1 argument")
	}
	var label *ast.Identifier
	if len(e.Args) == 1 {
		id, ok := e.Args[0].(*ast.Identifier)
		if !ok {
			return nil, sql.Errorf(sql.TYPE_MISMATCH, e.Args[0].Position(),
				"CLASSIFIER function argument should be primary pattern variable or subset name. Actual: %s", expressionKind(e.Args[0]))
		}
		if _, ok := x.pattern.label(id); !ok {
			return nil, sql.Errorf(sql.INVALID_FUNCTION_ARGUMENT, id.Pos, "%s is not a primary pattern variable or subset name", id.Name)
		}
		label = id
	}
	if agg := x.pattern.agg; agg != nil {
		return ref(agg.classifier, e.Pos), nil
	}
	return x.pointer(plan.PatternPointer{Kind: plan.PointerClassifier}, label, types.TVarchar, "classifier", e.Pos), nil
}

// expressionKind names the kind of an expression as Trino's messages do.
func expressionKind(e ast.Expr) string {
	switch e.(type) {
	case *ast.Dereference:
		return "DereferenceExpression"
	case *ast.IntegerLiteral:
		return "LongLiteral"
	case *ast.Subscript:
		return "SubscriptExpression"
	case *ast.Arithmetic:
		return "ArithmeticBinaryExpression"
	case *ast.Unary:
		return "ArithmeticUnaryExpression"
	case *ast.Comparison:
		return "ComparisonExpression"
	case *ast.Logical:
		return "LogicalExpression"
	case *ast.Not:
		return "NotExpression"
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", e), "*ast.")
}

// navigate translates FIRST, LAST, PREV and NEXT.
func (x *exprs) navigate(e *ast.FunctionCall, name string) (plan.Expr, error) {
	offset, err := navigationOffset(e, name)
	if err != nil {
		return nil, err
	}
	if err := navigationNesting(e, name); err != nil {
		return nil, err
	}
	inner, context := *x, x.pattern.inner()
	inner.pattern = context
	switch n := &context.nav; name {
	case "first", "last":
		n.offset, n.first, n.final = offset, name == "first", e.Mode == ast.ModeFinal
	case "prev":
		n.distance = -offset
	case "next":
		n.distance = offset
	}
	out, err := inner.translate(e.Args[0])
	if err != nil {
		return nil, err
	}
	_, labeled, err := context.labels.consistent(e, e.Args[:1])
	if err == nil && !labeled {
		err = sql.Errorf(sql.INVALID_ARGUMENTS, e.Pos, "Pattern navigation function '%s' must contain at least one column reference or CLASSIFIER()", strings.ToUpper(name))
	}
	return out, err
}

func navigationOffset(e *ast.FunctionCall, name string) (int64, error) {
	if len(e.Args) != 1 && len(e.Args) != 2 {
		return 0, sql.Errorf(sql.INVALID_FUNCTION_ARGUMENT, e.Pos, "%s pattern recognition function requires 1 or 2 arguments", name)
	}
	if len(e.Args) == 1 {
		if name == "first" || name == "last" {
			return 0, nil
		}
		return 1, nil
	}
	l, ok := e.Args[1].(*ast.IntegerLiteral)
	switch {
	case !ok:
		return 0, sql.Errorf(sql.INVALID_FUNCTION_ARGUMENT, e.Pos, "%s pattern recognition navigation function requires a number as the second argument", name)
	case l.Value < 0:
		return 0, sql.Errorf(sql.NUMERIC_VALUE_OUT_OF_RANGE, e.Pos,
			"%s pattern recognition navigation function requires a non-negative number as the second argument (actual: %d)", name, l.Value)
	case l.Value > math.MaxInt32:
		return 0, sql.Errorf(sql.NUMERIC_VALUE_OUT_OF_RANGE, e.Pos,
			"The second argument of %s pattern recognition navigation function must not exceed %d (actual: %d)", name, math.MaxInt32, l.Value)
	}
	return l.Value, nil
}

// navigationNesting checks what stands in the argument of a navigation function: FIRST or LAST may in PREV and NEXT, if it is all.
func navigationNesting(e *ast.FunctionCall, name string) error {
	for _, arg := range e.Args {
		for _, agg := range calls(arg, isAggregateName) {
			return sql.Errorf(sql.NESTED_AGGREGATION, agg.Pos, "Cannot nest %s aggregate function inside %s function", functionName(agg), name)
		}
	}
	nested := calls(e.Args[0], isNavigation)
	if len(nested) == 0 {
		return nil
	}
	inner := functionName(nested[0])
	switch {
	case name == "first" || name == "last" || len(nested) == 1 && (inner == "prev" || inner == "next"):
		return sql.Errorf(sql.INVALID_NAVIGATION_NESTING, nested[0].Pos, "Cannot nest %s pattern navigation function inside %s pattern navigation function", inner, name)
	case len(nested) > 1:
		return sql.Errorf(sql.INVALID_NAVIGATION_NESTING, nested[1].Pos, "Cannot nest multiple pattern navigation functions inside %s pattern navigation function", name)
	case ast.Node(nested[0]) != ast.Node(e.Args[0]):
		return sql.Errorf(sql.INVALID_NAVIGATION_NESTING, nested[0].Pos, "Immediate nesting is required for pattern navigation functions")
	}
	return nil
}

// consistent returns the one label of the columns in a call and of the calls of CLASSIFIER in args; ok is false if there are none.
func (l *seenLabels) consistent(e *ast.FunctionCall, args []ast.Expr) (label string, ok bool, err error) {
	all := map[string]bool{}
	for name := range l.labels {
		all[name] = true
	}
	for _, arg := range args {
		for _, c := range calls(arg, func(c *ast.FunctionCall) bool { return patternFunction(c) == "classifier" }) {
			name := ""
			if len(c.Args) == 1 {
				name = c.Args[0].(*ast.Identifier).Canonical()
			}
			all[name] = true
		}
	}
	if len(all) > 1 {
		return "", false, sql.Errorf(sql.INVALID_ARGUMENTS, e.Pos, "All labels and classifiers inside the call to '%s' must match", functionName(e))
	}
	for name := range all {
		return name, true, nil
	}
	return "", false, nil
}

// patternAggregate translates an aggregate over rows of the match.
func (x *exprs) patternAggregate(e *ast.FunctionCall) (plan.Expr, error) {
	name := functionName(e)
	for _, c := range []struct {
		is   bool
		what string
	}{{e.Filter != nil, "FILTER"}, {e.OrderBy != nil || e.WithinGroup != nil, "ORDER BY"}, {e.Distinct, "DISTINCT"}} {
		if c.is {
			return nil, sql.Errorf(sql.NOT_SUPPORTED, e.Pos, "Cannot use %s with %s aggregate function in pattern recognition context", c.what, name)
		}
	}
	if e.NullTreatment != ast.NullsUnspecified {
		return nil, nullTreatment(e)
	}
	agg := &patternAggregate{classifier: x.a.column("classifier", types.TVarchar), matchNumber: x.a.column("match_number", types.TBigint)}
	inner, context := *x, x.pattern.inner()
	context.agg = agg
	inner.pattern = context
	if e.StarOf != nil {
		if _, ok := x.pattern.label(e.StarOf); !ok {
			return nil, sql.Errorf(sql.INVALID_FUNCTION_ARGUMENT, e.StarOf.Pos, "%s is not a primary pattern variable or subset name", e.StarOf.Canonical())
		}
		context.sees(e.StarOf)
	}
	if err := aggregateNesting(e, name); err != nil {
		return nil, err
	}
	fn, args, err := inner.aggregateCall(e)
	if err != nil {
		return nil, err
	}
	label, err := context.labels.ofAggregate(e)
	if err != nil {
		return nil, err
	}
	q := plan.PatternPointer{Kind: plan.PointerAggregate, Final: e.Mode == ast.ModeFinal,
		Aggregate: &plan.PatternAggregate{Fn: fn, Args: args, Classifier: agg.classifier, MatchNumber: agg.matchNumber}}
	if v, ok := x.pattern.variables[label]; ok {
		q.Variables = []int{v}
	} else {
		q.Variables = x.pattern.unions[label]
	}
	return x.pointer(q, nil, fn.Result, name, e.Pos), nil
}

func aggregateNesting(e *ast.FunctionCall, name string) error {
	for _, arg := range e.Args {
		for _, nested := range calls(arg, isAggregateName) {
			return sql.Errorf(sql.NESTED_AGGREGATION, nested.Pos, "Cannot nest %s aggregate function inside %s function", functionName(nested), name)
		}
	}
	for _, arg := range e.Args {
		for _, nested := range calls(arg, isNavigation) {
			return sql.Errorf(sql.INVALID_NAVIGATION_NESTING, nested.Pos, "Cannot nest %s pattern navigation function inside %s function", functionName(nested), name)
		}
	}
	return nil
}

// ofAggregate returns the label whose rows an aggregate sees, "" for all.
func (l *seenLabels) ofAggregate(e *ast.FunctionCall) (string, error) {
	found := map[string]bool{}
	if e.StarOf != nil {
		found[e.StarOf.Canonical()] = true
	}
	for i := range e.Args {
		label, ok, err := l.consistent(e, e.Args[i:i+1])
		if err != nil {
			return "", err
		}
		if ok {
			found[label] = true
		}
	}
	if len(found) > 1 {
		return "", sql.Errorf(sql.INVALID_ARGUMENTS, e.Pos, "All aggregate function arguments must apply to rows matched with the same label")
	}
	for label := range found {
		return label, nil
	}
	return "", nil
}

// patternIn checks the value of IN (query) in pattern recognition: it is computed for all rows of the input, before any match.
func (x *exprs) patternIn(value ast.Expr) error {
	var misfit error
	ast.Walk(value, func(n ast.Node) bool {
		if _, ok := n.(*ast.Query); ok || misfit != nil {
			return false
		}
		switch n := n.(type) {
		case *ast.Dereference:
			if names := qualifiedName(n); names != nil && x.isLabel(names[0]) {
				misfit = notYet(n.Pos, "IN-PREDICATE with labeled column reference")
			}
		case *ast.FunctionCall:
			if name := patternFunction(n); name != "" {
				misfit = notYet(n.Pos, "IN-PREDICATE with "+name+" function")
			}
		}
		return true
	})
	return misfit
}
