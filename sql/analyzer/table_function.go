package analyzer

import (
	"slices"
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// Table functions: TABLE(sequence(…)) and TABLE(exclude_columns(…)). Rules and messages
// about arguments are those of Trino's StatementAnalyzer.

// parameter is a parameter of a table function.
type parameter struct {
	name     string // in upper case
	kind     argumentKind
	optional bool
}

type argumentKind string

const (
	scalarArgument     argumentKind = "expression"
	tableArgument      argumentKind = "table"
	descriptorArgument argumentKind = "descriptor"
)

// aTableFunction is a table function with its parameters, in order.
type aTableFunction struct {
	parameters []parameter
	plan       func(a *analyzer, f *ast.TableFunction, args map[string]*ast.TableFunctionArg, v env) (relation, error)
}

// tableFunctions are those that there are. (Assigned in init: they refer to analyzer.from, which refers to them.)
var tableFunctions map[string]aTableFunction

func init() {
	tableFunctions = map[string]aTableFunction{
		"sequence": {[]parameter{{"START", scalarArgument, true}, {"STOP", scalarArgument, false}, {"STEP", scalarArgument, true}},
			(*analyzer).sequence},
		"exclude_columns": {[]parameter{{"INPUT", tableArgument, false}, {"COLUMNS", descriptorArgument, false}},
			(*analyzer).excludeColumns},
	}
}

func (a *analyzer) tableFunction(f *ast.TableFunction, v env) (relation, error) {
	name := strings.ToLower(strings.Join(identifierNames(f.Name.Parts), "."))
	name = strings.TrimPrefix(strings.TrimPrefix(name, "system."), "builtin.")
	fn, ok := tableFunctions[name]
	if !ok {
		candidates := make([]string, 0, len(tableFunctions))
		for name := range tableFunctions {
			candidates = append(candidates, name)
		}
		slices.Sort(candidates)
		return relation{}, sql.Errorf(sql.FUNCTION_NOT_FOUND, f.Name.Pos, "Table function '%s' not registered", sql.Printable(name, maxShownRunes)).
			WithHint(didYouMean(sql.Suggest(name, candidates)))
	}
	args, err := tableFunctionArguments(fn.parameters, f)
	if err != nil {
		return relation{}, err
	}
	if len(f.Copartition) > 0 {
		return relation{}, sql.Errorf(sql.INVALID_COPARTITIONING, f.Copartition[0][0].Pos, "No table argument found for name: %s",
			ast.String(f.Copartition[0][0]))
	}
	return fn.plan(a, f, args, v)
}

// tableFunctionArguments gives the arguments the names of their parameters.
func tableFunctionArguments(parameters []parameter, f *ast.TableFunction) (map[string]*ast.TableFunctionArg, error) {
	if len(f.Args) > len(parameters) {
		return nil, sql.Errorf(sql.INVALID_ARGUMENTS, f.Name.Pos, "Too many arguments. Expected at most %d arguments, got %d arguments",
			len(parameters), len(f.Args))
	}
	named := 0
	for _, arg := range f.Args {
		if arg.Name != nil {
			named++
		}
	}
	if named != 0 && named != len(f.Args) {
		return nil, sql.Errorf(sql.INVALID_ARGUMENTS, f.Name.Pos, "All arguments must be passed by name or all must be passed positionally")
	}
	out := map[string]*ast.TableFunctionArg{}
	for i, arg := range f.Args {
		p := parameters[i]
		if arg.Name != nil {
			name := arg.Name.Canonical()
			if out[name] != nil {
				return nil, sql.Errorf(sql.INVALID_FUNCTION_ARGUMENT, arg.Pos, "Duplicate argument name: %s", name)
			}
			at := slices.IndexFunc(parameters, func(p parameter) bool { return p.name == name })
			if at < 0 {
				return nil, sql.Errorf(sql.INVALID_FUNCTION_ARGUMENT, arg.Pos, "Unexpected argument name: %s", name)
			}
			p = parameters[at]
		}
		if err := checkArgument(p, arg); err != nil {
			return nil, err
		}
		out[p.name] = arg
	}
	for _, p := range parameters {
		if out[p.name] == nil && !p.optional {
			return nil, sql.Errorf(sql.MISSING_ARGUMENT, f.Name.Pos, "Missing argument: %s", p.name)
		}
	}
	return out, nil
}

// checkArgument refuses an argument of another kind than the parameter's.
func checkArgument(p parameter, arg *ast.TableFunctionArg) error {
	kind := scalarArgument
	switch arg.Value.(type) {
	case *ast.TableArg:
		kind = tableArgument
	case *ast.Descriptor:
		kind = descriptorArgument
	}
	call, isCall := arg.Value.(*ast.FunctionCall)
	descriptor := isCall && functionName(call) == "descriptor"
	switch {
	case kind == p.kind && descriptor:
		return sql.Errorf(sql.INVALID_FUNCTION_ARGUMENT, arg.Pos, "'descriptor' function is not allowed as a table function argument")
	case kind == p.kind:
		return nil
	case p.kind == tableArgument && isCall:
		return sql.Errorf(sql.NOT_SUPPORTED, arg.Pos, "Invalid table argument %s. Table functions are not allowed as table function arguments", p.name)
	case p.kind == descriptorArgument && descriptor:
		return sql.Errorf(sql.INVALID_FUNCTION_ARGUMENT, arg.Pos,
			"Invalid descriptor argument %s. Descriptors should be formatted as 'DESCRIPTOR(name [type], ...)'", p.name)
	}
	return sql.Errorf(sql.INVALID_FUNCTION_ARGUMENT, arg.Pos, "Invalid argument %s. Expected %s, got %s", p.name, p.kind, kind)
}

// sequence plans TABLE(sequence(start, stop, step)): bigints, both ends included.
func (a *analyzer) sequence(f *ast.TableFunction, args map[string]*ast.TableFunctionArg, _ env) (relation, error) {
	n := &plan.Sequence{Output: a.column("sequential_number", types.TBigint)}
	for _, p := range []struct {
		name, null string
		to         *int64
		otherwise  int64
	}{{"START", "Start is null", &n.Start, 0}, {"STOP", "Stop is null", &n.Stop, 0}, {"STEP", "Step is null", &n.Step, 1}} {
		*p.to = p.otherwise
		arg := args[p.name]
		if arg == nil {
			continue
		}
		value, err := a.constantArgument(arg.Value.(ast.Expr), types.TBigint)
		if err != nil {
			return relation{}, err
		}
		if value == nil {
			return relation{}, sql.Errorf(sql.INVALID_FUNCTION_ARGUMENT, f.Name.Pos, "%s", p.null)
		}
		*p.to = value.(int64)
	}
	switch {
	case n.Start < n.Stop && n.Step <= 0:
		return relation{}, sql.Errorf(sql.INVALID_FUNCTION_ARGUMENT, f.Name.Pos, "Step must be positive for sequence [%d, %d]", n.Start, n.Stop)
	case n.Start > n.Stop && n.Step >= 0:
		return relation{}, sql.Errorf(sql.INVALID_FUNCTION_ARGUMENT, f.Name.Pos, "Step must be negative for sequence [%d, %d]", n.Start, n.Stop)
	case n.Start == n.Stop:
		n.Step = 1
	}
	return relation{n, []field{{name: n.Output.Name, column: n.Output}}}, nil
}

// constantArgument returns the value of an expression without columns, nil for NULL.
func (a *analyzer) constantArgument(e ast.Expr, t types.Type) (any, error) {
	v, err := a.exprs(&scope{}).translate(e)
	switch {
	case err != nil:
		if sql.CodeOf(err) == sql.COLUMN_NOT_FOUND {
			return nil, sql.Errorf(sql.EXPRESSION_NOT_CONSTANT, e.Position(), "Constant expression cannot contain column references")
		}
		return nil, err
	case !types.Coerces(v.Type(), t):
		return nil, sql.Errorf(sql.TYPE_MISMATCH, e.Position(), "Cannot cast type %s to %s", v.Type(), t)
	}
	v = coerce(v, t)
	if subquery := subqueryIn(e); subquery != nil {
		return nil, sql.Errorf(sql.EXPRESSION_NOT_CONSTANT, subquery.Position(), "Constant expression cannot contain a subquery")
	}
	if l, ok := v.(*plan.Literal); ok {
		value, _ := l.Scalar()
		return value, nil
	}
	if a.opts.Eval == nil {
		return nil, sql.NotSupported(e.Position(), "an argument of a table function that is no literal")
	}
	value, err := a.opts.Eval(v)
	if err != nil {
		return nil, sql.At(err, e.Position())
	}
	out, _ := (&plan.Literal{Value: value}).Scalar()
	return out, nil
}

// excludeColumns plans TABLE(exclude_columns(input => TABLE(…), columns => DESCRIPTOR(…))).
func (a *analyzer) excludeColumns(f *ast.TableFunction, args map[string]*ast.TableFunctionArg, v env) (relation, error) {
	input, columns := args["INPUT"].Value.(*ast.TableArg), args["COLUMNS"].Value.(*ast.Descriptor)
	for _, c := range []struct {
		given bool
		what  string
	}{{input.Partitioned, "Partitioning"}, {input.OrderBy != nil, "Ordering"}, {input.Empty != ast.EmptyDefault, "Empty behavior"}} {
		if c.given {
			return relation{}, sql.Errorf(sql.INVALID_FUNCTION_ARGUMENT, args["INPUT"].Pos,
				"Invalid argument INPUT. %s specified for table argument with row semantics", c.what)
		}
	}
	r, err := a.from(input.Relation, v)
	if err != nil {
		return r, err
	}
	if columns.Null {
		return r, sql.Errorf(sql.INVALID_FUNCTION_ARGUMENT, f.Name.Pos, "COLUMNS descriptor is null")
	}
	var excluded []string
	for _, d := range columns.Fields {
		if d.Type != nil {
			return r, sql.Errorf(sql.INVALID_FUNCTION_ARGUMENT, f.Name.Pos, "COLUMNS descriptor contains types")
		}
		if name := strings.ToLower(d.Name.Name); !slices.Contains(excluded, name) {
			excluded = append(excluded, name)
		}
	}
	var missing, names []string
	out := relation{node: r.node}
	for _, c := range r.fields {
		if c.hidden {
			continue
		}
		name := strings.ToLower(c.name)
		names = append(names, name)
		if !slices.Contains(excluded, name) {
			out.fields = append(out.fields, field{name: c.name, column: c.column})
		}
	}
	hint := ""
	for _, name := range excluded {
		if !slices.Contains(names, name) {
			missing = append(missing, name)
			if hint == "" {
				hint = didYouMean(sql.Suggest(name, names))
			}
		}
	}
	switch {
	case missing != nil:
		return r, sql.Errorf(sql.INVALID_FUNCTION_ARGUMENT, f.Name.Pos, "Excluded columns: [%s] not present in the table", strings.Join(missing, ", ")).
			WithHint(hint)
	case len(out.fields) == 0:
		return r, sql.Errorf(sql.INVALID_FUNCTION_ARGUMENT, f.Name.Pos, "All columns are excluded")
	}
	return out, nil
}
