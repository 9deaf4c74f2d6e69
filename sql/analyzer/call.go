package analyzer

import (
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// maxArguments is how many arguments a call may have, as in Trino.
const maxArguments = 127

func functionName(e *ast.FunctionCall) string {
	return strings.ToLower(e.Name.Parts[len(e.Name.Parts)-1].Name)
}

func (x *exprs) call(e *ast.FunctionCall) (plan.Expr, error) {
	name := functionName(e)
	if len(e.Name.Parts) > 1 {
		return nil, x.functionNotFound(e)
	}
	if x.pattern != nil {
		if out, done, err := x.patternCall(e); done {
			return out, err
		}
	}
	switch {
	case e.StarOf != nil:
		return nil, misplacedLabel(e)
	case e.Mode != ast.ModeDefault:
		return nil, sql.Errorf(sql.INVALID_PROCESSING_MODE, e.Pos, "%s semantics is not supported out of pattern recognition context", modeWords[e.Mode])
	}
	if e.Over == nil && e.NullTreatment == ast.NullsUnspecified && !function.IsAggregate(name) {
		if form, ok := specialForms[name]; ok {
			if err := onlyArguments(e); err != nil {
				return nil, err
			}
			return form(x, e)
		}
	}
	if len(e.Args) > maxArguments {
		return nil, sql.Errorf(sql.TOO_MANY_ARGUMENTS, e.Pos, "Too many arguments for function call %s()", name)
	}
	switch {
	case name == "grouping":
		return x.grouping(e)
	case e.Over != nil:
		return x.window(e)
	case e.NullTreatment != ast.NullsUnspecified:
		return nil, nullTreatment(e)
	case function.IsAggregate(name):
		return x.aggregate(e)
	case function.IsWindow(name):
		return nil, sql.Errorf(sql.MISSING_OVER, e.Pos, "Window function %s requires an OVER clause", name)
	}
	if err := onlyArguments(e); err != nil {
		return nil, err
	}
	if name == "format" && len(e.Args) < 2 {
		return nil, fewerThanTwo(e)
	}
	fn, args, err := resolve(x, e, function.ResolveScalar, func(fn *function.Resolved) []types.Type { return fn.Params })
	if err != nil {
		return nil, err
	}
	if name == "format" {
		if err := checkFormat(e, fn.Params); err != nil {
			return nil, err
		}
	}
	return &plan.Call{Fn: fn, Args: args, At: e.Pos}, nil
}

// checkFormat refuses arguments that format cannot show. The complaint stands where the argument does.
func checkFormat(e *ast.FunctionCall, params []types.Type) error {
	if t := params[0]; !t.Is(types.Varchar) {
		return sql.Errorf(sql.TYPE_MISMATCH, e.Args[0].Position(), "Type of first argument to format() must be VARCHAR (actual: %s)", t)
	}
	for i, t := range params[1:] {
		if !function.Formats(t) {
			return sql.Errorf(sql.NOT_SUPPORTED, e.Args[i+1].Position(), "Type not supported for formatting: %s", t)
		}
	}
	return nil
}

func fewerThanTwo(e *ast.FunctionCall) error {
	return sql.Errorf(sql.SYNTAX_ERROR, e.Pos, "The '%s' function must have at least two arguments", functionName(e))
}

func nullTreatment(e *ast.FunctionCall) error {
	return sql.Errorf(sql.NULL_TREATMENT_NOT_ALLOWED, e.Pos, "Cannot specify null treatment clause for %s function", functionName(e))
}

// onlyArguments refuses what only aggregates may have.
func onlyArguments(e *ast.FunctionCall) error {
	switch {
	case e.Distinct:
		return sql.Errorf(sql.FUNCTION_NOT_AGGREGATE, e.Pos, "DISTINCT is not supported for non-aggregation functions")
	case e.Filter != nil:
		return sql.Errorf(sql.FUNCTION_NOT_AGGREGATE, e.Pos, "Filter is only valid for aggregation functions")
	case e.OrderBy != nil || e.WithinGroup != nil:
		return sql.Errorf(sql.FUNCTION_NOT_AGGREGATE, e.Pos, "ORDER BY is only valid for aggregation functions")
	case e.Star:
		return sql.Errorf(sql.FUNCTION_NOT_AGGREGATE, e.Pos, "'*' is only valid as the argument of an aggregation function")
	}
	return nil
}

// resolve translates the arguments of a call, chooses the overload with choose, and coerces the arguments to params.
func resolve[F any](x *exprs, e *ast.FunctionCall, choose func(string, []function.Arg) (F, error), params func(F) []types.Type) (fn F, args []plan.Expr, err error) {
	args = make([]plan.Expr, len(e.Args))
	signature := make([]function.Arg, len(e.Args))
	for i, arg := range e.Args {
		if lambda, ok := arg.(*ast.Lambda); ok {
			if err := x.checkLambda(lambda); err != nil {
				return fn, nil, err
			}
			signature[i] = function.Arg{Params: len(lambda.Params), Lambda: func(params []types.Type) (types.Type, error) {
				l, err := x.lambdaOf(lambda, params)
				if err != nil {
					return types.Type{}, err
				}
				return l.Body.Type(), nil
			}}
			continue
		}
		if args[i], err = x.translate(arg); err != nil {
			return fn, nil, err
		}
		signature[i].Type = args[i].Type()
	}
	fn, err = choose(functionName(e), signature)
	if err != nil {
		if sql.CodeOf(err) == sql.FUNCTION_NOT_FOUND && !isFunction(functionName(e)) {
			return fn, nil, x.functionNotFound(e)
		}
		return fn, nil, hintForCall(sql.At(err, e.Pos), e, args)
	}
	for i, t := range params(fn) {
		lambda, ok := e.Args[i].(*ast.Lambda)
		if !ok {
			args[i] = coerce(args[i], t)
			continue
		}
		l, err := x.lambdaOf(lambda, t.Params())
		if err != nil {
			return fn, nil, err
		}
		args[i] = &plan.Lambda{Params: l.Params, Body: coerce(l.Body, t.Result()), At: l.At}
	}
	return fn, args, nil
}

// specialForms look like calls but evaluate their arguments in ways of their own.
// (Assigned in init: the forms refer to exprs.translate, which refers to them.)
var specialForms map[string]func(*exprs, *ast.FunctionCall) (plan.Expr, error)

func init() {
	specialForms = map[string]func(*exprs, *ast.FunctionCall) (plan.Expr, error){
		"if": (*exprs).ifCall, "coalesce": (*exprs).coalesce, "nullif": (*exprs).nullIf, "try": (*exprs).try,
	}
}

func invalidForm(e *ast.FunctionCall) error {
	return sql.Errorf(sql.SYNTAX_ERROR, e.Pos, "Invalid number of arguments for '%s' function", functionName(e))
}

func (x *exprs) ifCall(e *ast.FunctionCall) (plan.Expr, error) {
	if len(e.Args) != 2 && len(e.Args) != 3 {
		return nil, invalidForm(e)
	}
	cond, err := x.boolean(e.Args[0], "IF condition")
	if err != nil {
		return nil, err
	}
	results, err := x.each(e.Args[1:])
	if err != nil {
		return nil, err
	}
	if len(results) == 1 {
		results = append(results, plan.NewLiteral(types.TUnknown, nil, e.Pos))
	}
	t, ok := types.CommonSuperType(results[0].Type(), results[1].Type())
	if !ok {
		return nil, sql.Errorf(sql.TYPE_MISMATCH, e.Pos, "Result types for IF must be the same: %s vs %s", results[0].Type(), results[1].Type())
	}
	when := plan.When{Cond: cond, Then: coerce(results[0], t)}
	return &plan.Case{Whens: []plan.When{when}, Else: coerce(results[1], t), At: e.Pos}, nil
}

func (x *exprs) coalesce(e *ast.FunctionCall) (plan.Expr, error) {
	if len(e.Args) < 2 {
		return nil, fewerThanTwo(e)
	}
	args, err := x.each(e.Args)
	if err != nil {
		return nil, err
	}
	args, _, err = common("All COALESCE operands", args, e.Args)
	if err != nil {
		return nil, err
	}
	return &plan.Coalesce{Args: args, At: e.Pos}, nil
}

func (x *exprs) nullIf(e *ast.FunctionCall) (plan.Expr, error) {
	if len(e.Args) != 2 {
		return nil, invalidForm(e)
	}
	left, right, err := x.pair(e.Args[0], e.Args[1])
	if err != nil {
		return nil, err
	}
	t, ok := commonOfAll(left, right)
	if !ok || !t.Comparable() {
		return nil, sql.Errorf(sql.TYPE_MISMATCH, e.Pos, "Types are not comparable with NULLIF: %s vs %s", left.Type(), right.Type())
	}
	if err := x.a.repeat(left, 2, e.Pos); err != nil {
		return nil, err
	}
	equal, err := x.compare(ast.Equals, coerce(left, t), coerce(right, t), e.Pos)
	if err != nil {
		return nil, err
	}
	return &plan.Case{Whens: []plan.When{{Cond: equal, Then: plan.NewLiteral(left.Type(), nil, e.Pos)}}, Else: left, At: e.Pos}, nil
}

func (x *exprs) try(e *ast.FunctionCall) (plan.Expr, error) {
	if len(e.Args) != 1 {
		return nil, sql.Errorf(sql.SYNTAX_ERROR, e.Pos, "The 'try' function must have exactly one argument")
	}
	arg, err := x.translate(e.Args[0])
	if err != nil {
		return nil, err
	}
	return &plan.Try{Arg: arg, At: e.Pos}, nil
}
