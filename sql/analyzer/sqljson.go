package analyzer

import (
	"errors"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/jsonpath"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// The functions of SQL/JSON become calls whose clauses are a constant argument: see
// function.JSONClauses. Rules and messages are those of Trino's ExpressionAnalyzer.

var jsonFormats = [...]function.JSONFormat{ast.NoJSONFormat: function.NoFormat, ast.FormatJSON: function.PlainJSON,
	ast.FormatUTF8: function.UTF8JSON, ast.FormatUTF16: function.UTF16JSON, ast.FormatUTF32: function.UTF32JSON}

// sqlJSON translates a function of SQL/JSON.
func (x *exprs) sqlJSON(e ast.Expr) (plan.Expr, error) {
	switch e := e.(type) {
	case *ast.JSONExists:
		return x.jsonExists(e)
	case *ast.JSONValue:
		return x.jsonValue(e)
	case *ast.JSONQuery:
		return x.jsonQuery(e)
	case *ast.JSONObject:
		return x.jsonObject(e)
	case *ast.JSONArray:
		return x.jsonArray(e)
	}
	return nil, sql.NotSupported(e.Position(), "this expression")
}

// jsonCall is a call of a function that evaluates a path, in the making.
type jsonCall struct {
	clauses function.JSONClauses
	args    []plan.Expr // input, path, clauses (filled in by call), variables, then defaults
	at      sql.Pos
	pathAt  *ast.StringLiteral
	// returns is the type of what the path gives, if it is known.
	returns      types.Type
	returnsKnown bool
}

// call returns the finished call.
func (c *jsonCall) call(f function.JSONFunction, result types.Type) *plan.Call {
	c.args[2] = plan.NewLiteral(types.TVarchar, c.clauses.Text(), c.at)
	params := make([]types.Type, len(c.args))
	for i, a := range c.args {
		params[i] = a.Type()
	}
	return &plan.Call{Fn: function.ResolveJSON(f, len(c.clauses.Names) > 0, params, result), Args: c.args, At: c.at}
}

// jsonPath translates what functions that evaluate a path have in common. name is the function's.
func (x *exprs) jsonPath(name string, n *ast.JSONPath, at sql.Pos) (*jsonCall, error) {
	if n.Name != nil && name != "JSON_TABLE" {
		return nil, sql.Errorf(sql.INVALID_PATH, n.Name.Pos, "JSON path name is not allowed in %s function", name)
	}
	c := &jsonCall{at: at, pathAt: n.Path}
	format := n.Input.Format
	if format == ast.NoJSONFormat {
		format = ast.FormatJSON
	}
	input, err := x.jsonInput(n.Input.Expr, format, name+" function input argument")
	if err != nil {
		return nil, err
	}
	c.clauses.Input = jsonFormats[format]
	c.args = []plan.Expr{input, plan.NewLiteral(types.TVarchar, n.Path.Value, n.Path.Pos), nil}
	for _, p := range n.Passing {
		if err := x.jsonVariable(c, name, p, at); err != nil {
			return nil, err
		}
	}
	c.returns, c.returnsKnown, err = x.a.checkPath(n.Path, c.clauses.Names)
	return c, err
}

// checkPath parses a path. The error is one of the statement.
func (a *analyzer) checkPath(path *ast.StringLiteral, names []string) (t types.Type, known bool, err error) {
	p, err := jsonpath.Parse(path.Value)
	if err == nil {
		t, known, err = p.Check(names, function.JSONPathOperators(&function.Context{Now: a.opts.Now, Zone: a.opts.Zone, User: a.opts.User}))
	}
	var syntax *jsonpath.SyntaxError
	switch {
	case err == nil:
		return t, known, nil
	case !errors.As(err, &syntax):
		return t, false, sql.Errorf(sql.INVALID_PATH, path.Pos, "%s", err)
	}
	pos := sql.Pos{Line: path.Pos.Line + syntax.Line - 1, Column: syntax.Column + 1}
	if syntax.Line == 1 {
		pos.Column += path.Pos.Column
	}
	failure := sql.Errorf(sql.SYNTAX_ERROR, pos, "%s", syntax.Msg)
	if _, laxErr := jsonpath.Parse("lax " + path.Value); laxErr == nil {
		failure.Hint = "a JSON path begins with its mode: write " + types.QuoteText("lax "+sql.Printable(path.Value, maxShownRunes))
	}
	return t, false, failure
}

// jsonInput translates a string that is read as JSON. what names it in the message.
func (x *exprs) jsonInput(e ast.Expr, format ast.JSONFormat, what string) (plan.Expr, error) {
	v, err := x.translate(e)
	if err != nil {
		return nil, err
	}
	t := v.Type()
	switch {
	case format == ast.FormatJSON && (t.Is(types.JSON) || t.Is(types.Varbinary)), format > ast.FormatJSON && t.Is(types.Varbinary):
		return v, nil
	case format > ast.FormatJSON && t.Is(types.Unknown):
		return coerce(v, types.TVarbinary), nil
	case format == ast.FormatJSON && (t.IsString() || t.Is(types.Unknown)):
		return coerce(v, types.TVarchar), nil
	}
	return nil, sql.Errorf(sql.TYPE_MISMATCH, e.Position(), "Cannot read input of type %s as JSON using formatting %s", t, format).
		WithHint(hintForJSONInput(e, t))
}

func hintForJSONInput(e ast.Expr, t types.Type) string {
	switch t.Kind() {
	case types.Map, types.Row, types.Array:
		return "use CAST(" + ast.String(e) + " AS json)"
	}
	return ""
}

// returnsJSON says whether a function gives JSON, so that FORMAT JSON goes without saying.
func returnsJSON(e ast.Expr) bool {
	switch e.(type) {
	case *ast.JSONQuery, *ast.JSONObject, *ast.JSONArray:
		return true
	}
	return false
}

// jsonVariable translates value AS name of PASSING.
func (x *exprs) jsonVariable(c *jsonCall, function string, p *ast.JSONArg, at sql.Pos) error {
	name := p.Name.Canonical()
	for _, other := range c.clauses.Names {
		if other == name {
			return sql.Errorf(sql.DUPLICATE_PARAMETER_NAME, p.Name.Pos, "%s JSON path parameter is specified more than once", name)
		}
	}
	v, format, err := x.jsonItem(p, at, jsonItemWords{
		what: function + " function JSON path parameter", kind: "JSON path parameter", lambda: "as JSON path parameter", times: true,
	})
	if err != nil {
		return err
	}
	c.args = append(c.args, v)
	c.clauses.Names = append(c.clauses.Names, name)
	c.clauses.Formats = append(c.clauses.Formats, jsonFormats[format])
	return nil
}

// jsonItemWords say what a value is for, in messages and in what it may be.
type jsonItemWords struct {
	what, kind, lambda string
	times              bool // dates and times stay what they are; else they become text
}

// jsonItem translates a value that becomes an item of JSON: read from a string if it has a format, a number,
// a boolean, a text; what is none of these becomes text.
func (x *exprs) jsonItem(p *ast.JSONArg, at sql.Pos, w jsonItemWords) (plan.Expr, ast.JSONFormat, error) {
	format := p.Format
	if _, ok := p.Expr.(*ast.Lambda); ok {
		return nil, format, sql.Errorf(sql.NOT_SUPPORTED, p.Expr.Position(), "LambdaExpression is not supported %s", w.lambda)
	}
	if format == ast.NoJSONFormat && returnsJSON(p.Expr) {
		format = ast.FormatJSON
	}
	if format != ast.NoJSONFormat {
		v, err := x.jsonInput(p.Expr, format, w.what)
		return v, format, err
	}
	v, err := x.translate(p.Expr)
	if err != nil {
		return nil, format, err
	}
	switch t := v.Type(); {
	case t.Is(types.JSON):
		return v, ast.FormatJSON, nil
	case t.IsString(), t.IsNumeric(), t.Is(types.Boolean):
		return v, format, nil
	case w.times && isJSONTime(t):
		return v, format, nil
	case t.Is(types.Varbinary):
		return nil, format, sql.Errorf(sql.NOT_SUPPORTED, p.Expr.Position(), "Unsupported type of %s: %s", w.kind, t)
	case t.Is(types.Unknown):
		return coerce(v, types.TVarchar), format, nil
	case !castable(t, types.TVarchar):
		return nil, format, sql.Errorf(sql.NOT_SUPPORTED, at, "Unsupported type of %s: %s", w.kind, t)
	}
	return &plan.Cast{Arg: v, To: types.TVarchar, At: v.Pos()}, format, nil
}

func isJSONTime(t types.Type) bool {
	switch t.Kind() {
	case types.Date, types.Time, types.TimeWithTimeZone, types.Timestamp, types.TimestampWithTimeZone:
		return true
	}
	return false
}

var jsonHandlings = [...]function.JSONHandling{ast.JSONError: function.GiveError, ast.JSONNull: function.GiveNull,
	ast.JSONTrue: function.GiveTrue, ast.JSONFalse: function.GiveFalse, ast.JSONUnknown: function.GiveNull,
	ast.JSONEmptyArray: function.EmptyArray, ast.JSONEmptyObject: function.EmptyObject, ast.JSONDefault: function.UseDefault}

// handling returns what a behavior means, or what is said if there is none.
func handling(b *ast.JSONBehavior, otherwise function.JSONHandling) function.JSONHandling {
	if b == nil {
		return otherwise
	}
	return jsonHandlings[b.Kind]
}

func (x *exprs) jsonExists(e *ast.JSONExists) (plan.Expr, error) {
	c, err := x.jsonPath("JSON_EXISTS", e.Path, e.Pos)
	if err != nil {
		return nil, err
	}
	c.clauses.OnError = handling(e.OnError, function.GiveFalse)
	return c.call(function.JSONExists, types.TBoolean), nil
}

func (x *exprs) jsonValue(e *ast.JSONValue) (plan.Expr, error) {
	c, err := x.jsonPath("JSON_VALUE", e.Path, e.Pos)
	if err != nil {
		return nil, err
	}
	t := types.TVarchar
	if e.Returning != nil {
		if t, err = typeOf(e.Returning, e.Pos); err != nil {
			return nil, err
		}
	}
	c.clauses.OnEmpty, c.clauses.OnError = handling(e.OnEmpty, function.GiveNull), handling(e.OnError, function.GiveNull)
	lambdas, err := x.jsonDefaults("JSON_VALUE", t, c.returns, c.returnsKnown, e.OnEmpty, e.OnError, e.Pos)
	if err != nil {
		return nil, err
	}
	c.args = append(c.args, lambdas...)
	return c.call(function.JSONValue, t), nil
}

// jsonDefaults checks the type that JSON_VALUE or a column of JSON_TABLE returns, against that of what its path gives,
// and translates its defaults: lambdas, so that only rows that need them evaluate them.
func (x *exprs) jsonDefaults(caller string, t, path types.Type, pathKnown bool, onEmpty, onError *ast.JSONBehavior, at sql.Pos) (lambdas []plan.Expr, err error) {
	if !t.IsString() && !t.IsNumeric() && !t.Is(types.Boolean) && !isJSONTime(t) {
		return nil, sql.Errorf(sql.TYPE_MISMATCH, at, "Invalid return type of function JSON_VALUE: %s", t)
	}
	if pathKnown && !path.Equal(t) && !castable(path, t) {
		return nil, sql.Errorf(sql.TYPE_MISMATCH, at, "Return type of JSON path: %s incompatible with return type of function JSON_VALUE: %s", path, t)
	}
	for _, d := range [...]struct {
		behavior *ast.JSONBehavior
		what     string
	}{{onEmpty, "EMPTY"}, {onError, "ERROR"}} {
		if d.behavior == nil || d.behavior.Default == nil {
			continue
		}
		if q := subqueryIn(d.behavior.Default); q != nil {
			return nil, sql.Errorf(sql.UNSUPPORTED_SUBQUERY, q.Position(), "Subqueries are not supported in %s default expressions", caller)
		}
		v, err := x.translate(d.behavior.Default)
		if err != nil {
			return nil, err
		}
		switch from := v.Type(); {
		case types.Coerces(from, t):
			v = coerce(v, t)
		case castable(from, t):
			v = &plan.Cast{Arg: v, To: t, At: v.Pos()}
		default:
			return nil, sql.Errorf(sql.TYPE_MISMATCH, d.behavior.Default.Position(), "Function %s default ON %s result must evaluate to a %s (actual: %s)", caller, d.what, t, from)
		}
		lambdas = append(lambdas, &plan.Lambda{Body: v, At: d.behavior.Pos})
	}
	return lambdas, nil
}

// jsonResult says how JSON is written as a value of type t: text is the type that the function gives then, which is
// cast to t.
func jsonResult(t types.Type, format ast.JSONFormat, at sql.Pos) (text types.Type, err error) {
	if format == ast.NoJSONFormat {
		format = ast.FormatJSON
	}
	switch {
	case format == ast.FormatJSON && t.IsString():
		return types.TVarchar, nil
	case format == ast.FormatJSON && t.Is(types.JSON), t.Is(types.Varbinary):
		return t, nil
	}
	return t, sql.Errorf(sql.TYPE_MISMATCH, at, "Cannot output JSON value as %s using formatting %s", t, format)
}

// jsonReturning is jsonResult for a RETURNING clause, which may be absent.
func jsonReturning(r *ast.JSONReturning, at sql.Pos) (t, text types.Type, format function.JSONFormat, err error) {
	if r == nil {
		return types.TVarchar, types.TVarchar, function.NoFormat, nil
	}
	if t, err = typeOf(r.Type, at); err != nil {
		return t, t, format, err
	}
	text, err = jsonResult(t, r.Format, at)
	return t, text, jsonFormats[r.Format], err
}

func castJSON(v plan.Expr, t types.Type) plan.Expr {
	if v.Type().Equal(t) {
		return v
	}
	return &plan.Cast{Arg: v, To: t, At: v.Pos()}
}

// jsonQueryClauses translates the clauses of JSON_QUERY, which columns of JSON_TABLE share.
func jsonQueryClauses(c *function.JSONClauses, w ast.JSONWrapper, q ast.JSONQuotes, onEmpty, onError *ast.JSONBehavior, at sql.Pos) error {
	switch w {
	case ast.ConditionalWrapper:
		c.Wrapper = function.ConditionalWrapper
	case ast.UnconditionalWrapper:
		c.Wrapper = function.UnconditionalWrapper
	}
	if c.Wrapper != function.NoWrapper && q != ast.QuotesDefault {
		word := "KEEP"
		if q == ast.OmitQuotes {
			word = "OMIT"
		}
		return sql.Errorf(sql.INVALID_FUNCTION_ARGUMENT, at, "%s QUOTES behavior specified with WITH %s ARRAY WRAPPER behavior", word, c.Wrapper)
	}
	c.OmitQuote = q == ast.OmitQuotes
	c.OnEmpty = handling(onEmpty, function.GiveNull)
	if onError != nil {
		c.OnError = handling(onError, function.GiveNull)
	}
	return nil
}

func (x *exprs) jsonQuery(e *ast.JSONQuery) (plan.Expr, error) {
	c, err := x.jsonPath("JSON_QUERY", e.Path, e.Pos)
	if err != nil {
		return nil, err
	}
	if err := jsonQueryClauses(&c.clauses, e.Wrapper, e.Quotes, e.OnEmpty, e.OnError, e.Pos); err != nil {
		return nil, err
	}
	t, text, format, err := jsonReturning(e.Returning, e.Pos)
	if err != nil {
		return nil, err
	}
	c.clauses.Output = format
	if c.clauses.OmitQuote && t.Is(types.JSON) {
		return nil, sql.Errorf(sql.INVALID_FUNCTION_ARGUMENT, e.Pos, "OMIT QUOTES behavior is not allowed when JSON_QUERY returns JSON")
	}
	return castJSON(c.call(function.JSONQuery, text), t), nil
}

func (x *exprs) jsonArray(e *ast.JSONArray) (plan.Expr, error) {
	clauses := function.JSONClauses{Absent: e.Nulls != ast.NullOnNull}
	args := []plan.Expr{nil}
	for _, element := range e.Elements {
		v, format, err := x.jsonItem(element, e.Pos, jsonItemWords{
			what: "value passed to JSON_ARRAY function", kind: "value passed to JSON_ARRAY function", lambda: "as JSON array element"})
		if err != nil {
			return nil, err
		}
		args = append(args, v)
		clauses.Formats = append(clauses.Formats, jsonFormats[format])
	}
	return makeJSON(function.JSONMakeArray, &clauses, args, e.Returning, e.Pos)
}

func (x *exprs) jsonObject(e *ast.JSONObject) (plan.Expr, error) {
	clauses := function.JSONClauses{Absent: e.Nulls == ast.AbsentOnNull, Unique: e.Unique}
	args := []plan.Expr{nil}
	for _, m := range e.Members {
		key, err := x.translate(m.Key)
		if err != nil {
			return nil, err
		}
		if !key.Type().IsString() {
			return nil, sql.Errorf(sql.INVALID_FUNCTION_ARGUMENT, m.Key.Position(), "Invalid type of JSON object key: %s", key.Type())
		}
		v, format, err := x.jsonItem(m.Value, e.Pos, jsonItemWords{
			what: "value passed to JSON_OBJECT function", kind: "value passed to JSON_OBJECT function", lambda: "as JSON object value"})
		if err != nil {
			return nil, err
		}
		if e.Unique && (m.Value.Format != ast.NoJSONFormat || returnsJSON(m.Value.Expr)) {
			return nil, sql.Errorf(sql.NOT_SUPPORTED, e.Pos,
				"WITH UNIQUE KEYS behavior is not supported for JSON_OBJECT function when input expression has FORMAT")
		}
		args = append(args, key, v)
		clauses.Formats = append(clauses.Formats, jsonFormats[format])
	}
	return makeJSON(function.JSONMakeObject, &clauses, args, e.Returning, e.Pos)
}

func makeJSON(f function.JSONFunction, clauses *function.JSONClauses, args []plan.Expr, r *ast.JSONReturning, at sql.Pos) (plan.Expr, error) {
	t, text, format, err := jsonReturning(r, at)
	if err != nil {
		return nil, err
	}
	clauses.Output = format
	args[0] = plan.NewLiteral(types.TVarchar, clauses.Text(), at)
	params := make([]types.Type, len(args))
	for i, a := range args {
		params[i] = a.Type()
	}
	return castJSON(&plan.Call{Fn: function.ResolveJSON(f, true, params, text), Args: args, At: at}, t), nil
}
