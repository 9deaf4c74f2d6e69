package analyzer

import (
	"slices"
	"sort"
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// maxShownRunes bounds names and literals that messages and hints quote.
const maxShownRunes = 200

func didYouMean(name string) string {
	if name == "" {
		return ""
	}
	return "did you mean '" + name + "'?"
}

// columnNotFound complains of a name, with the name that may be meant.
func (x *exprs) columnNotFound(at ast.Node, names ...*ast.Identifier) error {
	e := sql.Errorf(sql.COLUMN_NOT_FOUND, at.Position(), "Column '%s' cannot be resolved", sql.Printable(columnName(identifierNames(names)...), maxShownRunes))
	return e.WithHint(x.hintForColumn(names))
}

func (x *exprs) hintForColumn(names []*ast.Identifier) string {
	last := names[len(names)-1]
	if len(names) == 1 && last.Quoted && !looksLikeName(last.Name) {
		return quotedHint(last)
	}
	var candidates []string
	seen := map[string]bool{}
	add := func(name string) {
		if name != "" && !seen[name] {
			seen[name] = true
			candidates = append(candidates, name)
		}
	}
	for l := x.lambda; l != nil; l = l.outer {
		for _, p := range l.params {
			add(p.Name)
		}
	}
	for s := x.scope; s != nil; s = s.outer {
		for _, f := range s.fields {
			if len(names) == 1 || f.matches(names[0].Name, f.name) {
				add(f.name)
			}
		}
	}
	if len(names) > 1 && candidates == nil { // the first name is no relation
		for s := x.scope; s != nil; s = s.outer {
			for _, f := range s.fields {
				add(f.name)
				for _, r := range f.relations {
					add(r)
				}
			}
		}
		return didYouMean(sql.Suggest(names[0].Name, candidates))
	}
	if near := sql.Suggest(last.Name, candidates); near != "" {
		return didYouMean(near)
	}
	if path := x.pathTo(last.Name); path != "" {
		return didYouMean(path)
	}
	if last.Quoted && len(names) == 1 {
		return quotedHint(last)
	}
	return ""
}

// quotedHint is for WHERE eventName = "ConsoleLogin".
func quotedHint(id *ast.Identifier) string {
	return "double quotes are for names: write a string as " + types.QuoteText(sql.Printable(id.Name, maxShownRunes))
}

// looksLikeName says whether s could be meant as the name of a column.
func looksLikeName(s string) bool {
	for i, r := range s {
		if r != '_' && r != '$' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

// maxHintDepth is how deep pathTo looks into structs.
const maxHintDepth = 4

// pathTo finds a struct's field by its name alone, or one of a near name: userName is
// userIdentity.userName. The shortest path wins, then the first.
func (x *exprs) pathTo(name string) string {
	paths := map[string]string{} // by the lower-case name of the field
	var names []string
	var add func(prefix string, t types.Type, depth int)
	add = func(prefix string, t types.Type, depth int) {
		if !t.Is(types.Row) {
			return
		}
		for _, f := range t.Fields() {
			key := strings.ToLower(f.Name)
			if depth > 1 {
				add(prefix+"."+f.Name, f.Type, depth-1)
			} else if f.Name != "" && paths[key] == "" {
				paths[key] = prefix + "." + f.Name
				names = append(names, key)
			}
		}
	}
	for depth := 1; depth <= maxHintDepth; depth++ {
		for s := x.scope; s != nil; s = s.outer {
			for _, f := range s.fields {
				add(f.name, f.column.Type, depth)
			}
		}
	}
	if path := paths[strings.ToLower(name)]; path != "" {
		return path
	}
	return paths[sql.Suggest(strings.ToLower(name), names)]
}

// hintForField is for a field that a row does not have.
func hintForField(name string, row types.Type) string {
	var names []string
	for _, f := range row.Fields() {
		names = append(names, f.Name)
	}
	return didYouMean(sql.Suggest(name, names))
}

// hintForDereference is for requestParameters.bucketName and resources.arn.
func hintForDereference(e *ast.Dereference, base plan.Expr) string {
	b, field := ast.String(e.Base), sql.Printable(e.Field.Name, maxShownRunes)
	switch t := base.Type(); t.Kind() {
	case types.Map:
		return "use element_at(" + b + ", " + types.QuoteText(field) + ")"
	case types.Array:
		if t.Elem().Is(types.Row) {
			return "use element_at(" + b + ", 1)." + field + ", or any_match(" + b + ", x -> x." + field + " = …)"
		}
	case types.JSON, types.Varchar:
		return "use json_extract_scalar(" + b + ", " + types.QuoteText("$."+field) + ") if it holds JSON"
	}
	return ""
}

// hintForSubscript is for resources['arn'] and eventJson['x'].
func hintForSubscript(e *ast.Subscript, base plan.Expr) string {
	b := ast.String(e.Base)
	index, ok := e.Index.(*ast.StringLiteral)
	switch t := base.Type(); {
	case !ok:
	case t.Is(types.Array) && t.Elem().Is(types.Row):
		return "use element_at(" + b + ", 1)." + sql.Printable(index.Value, maxShownRunes)
	case t.Is(types.JSON), t.Is(types.Varchar):
		return "use json_extract_scalar(" + b + ", " + types.QuoteText("$."+sql.Printable(index.Value, maxShownRunes)) + ")"
	}
	return ""
}

// hintForLike is for requestParameters LIKE '%x%'.
func hintForLike(e *ast.Like, value plan.Expr) string {
	v := ast.String(e.Expr)
	switch value.Type().Kind() {
	case types.Map:
		return "use element_at(" + v + ", 'key') LIKE …, or json_format(CAST(" + v + " AS json)) LIKE …"
	case types.Array:
		return "use any_match(" + v + ", x -> x LIKE …)"
	case types.Timestamp, types.TimestampWithTimeZone, types.Date:
		return "use CAST(" + v + " AS varchar) LIKE …, or compare with times: " + v + " >= '2024-05-01'"
	}
	return ""
}

func hintForUnnest(e plan.Expr) string {
	switch e.Type().Kind() {
	case types.JSON, types.Varchar:
		return "cast it first: UNNEST(CAST(… AS array(json)))"
	}
	return ""
}

// hintForCall is for functions of strings that are given maps.
func hintForCall(err error, e *ast.FunctionCall, args []plan.Expr) error {
	failure, ok := err.(*sql.Error)
	if !ok || failure.Hint != "" || failure.Pos != e.Pos {
		return err
	}
	name := functionName(e)
	for i, a := range args {
		if a == nil || !a.Type().Is(types.Map) {
			continue
		}
		if strings.HasPrefix(name, "json_") || strings.HasPrefix(name, "regexp_") || name == "lower" || name == "upper" || name == "strpos" {
			text := ast.String(e.Args[i])
			return sql.Errorf(failure.Code, failure.Pos, "%s", failure.Msg).WithHint(text + " is a map: use element_at(" + text + ", 'key')")
		}
	}
	return err
}

// hintQuoted adds the hint for an operand in double quotes which a column of that name hides from columnNotFound.
func hintQuoted(err error, operands ...ast.Expr) error {
	e, ok := err.(*sql.Error)
	if !ok || e.Hint != "" {
		return err
	}
	for _, o := range operands {
		if id, ok := o.(*ast.Identifier); ok && id.Quoted {
			return e.WithHint(quotedHint(id))
		}
	}
	return err
}

// hintComparison is for operands of types that cannot be compared: recipientAccountId = 111122223333.
func hintComparison(err error, left, right plan.Expr, l, r ast.Expr) error {
	e, ok := err.(*sql.Error)
	if !ok || e.Hint != "" {
		return err
	}
	if err = hintQuoted(err, l, r); e.Hint != "" {
		return err
	}
	if right.Type().Is(types.Varchar) {
		left, right, l, r = right, left, r, l
	}
	if !left.Type().Is(types.Varchar) || !right.Type().IsNumeric() {
		return err
	}
	if text, ok := l.(*ast.StringLiteral); ok && text.Value != "" && strings.Trim(text.Value, "0123456789") == "" {
		return e.WithHint("write the number without quotes: " + sql.Printable(text.Value, maxShownRunes))
	}
	if _, ok := r.(*ast.IntegerLiteral); ok {
		return e.WithHint("write the number as a string: '" + ast.String(r) + "'")
	}
	return err
}

// hintForGroupBy is for GROUP BY with the alias of a column of SELECT, which Trino does not know there.
func (sel *selection) hintForGroupBy(err error, e ast.Expr) error {
	failure, ok := err.(*sql.Error)
	id, bare := e.(*ast.Identifier)
	if !ok || !bare || failure.Code != sql.COLUMN_NOT_FOUND {
		return err
	}
	for i, o := range sel.outputs {
		if o.named && strings.EqualFold(o.label, id.Name) {
			return failure.WithHint("GROUP BY does not know aliases: use GROUP BY " + itoa(i+1))
		}
	}
	return err
}

// hintForAlias is for a name in a clause that does not know the aliases of SELECT.
func (sel *selection) hintForAlias(err error, clause ast.Expr, what string) error {
	failure, ok := err.(*sql.Error)
	if !ok || failure.Code != sql.COLUMN_NOT_FOUND {
		return err
	}
	ast.Walk(clause, func(n ast.Node) bool {
		id, ok := n.(*ast.Identifier)
		if !ok || id.Pos != failure.Pos {
			return true
		}
		for _, o := range sel.outputs {
			if e, ok := o.node.(ast.Expr); ok && o.named && strings.EqualFold(o.label, id.Name) {
				failure = failure.WithHint(what + " does not know aliases: write " + sql.Printable(ast.String(e), maxShownRunes))
				return false
			}
		}
		return true
	})
	return failure
}

// hintForWhere is for aggregates and window functions in WHERE, which come after it.
func hintForWhere(err error, where ast.Expr) error {
	failure, ok := err.(*sql.Error)
	switch {
	case !ok || failure.Code != sql.EXPRESSION_NOT_SCALAR:
	case len(calls(where, isWindowCall)) > 0:
		return failure.WithHint("window functions come after WHERE: SELECT … FROM (SELECT …, rank() OVER (…) AS r FROM …) WHERE r = 1")
	case len(calls(where, isAggregateCall)) > 0:
		return failure.WithHint("conditions on aggregates belong into HAVING, behind GROUP BY")
	}
	return err
}

func (a *analyzer) hintForTable(name TableName, v env) string {
	candidates := append([]string{}, a.catalog.TableNames()...)
	sort.Strings(candidates)
	for n := v.with; n != nil; n = n.next {
		candidates = append(candidates, n.def.Name.Name)
	}
	return didYouMean(sql.Suggest(name.Parts[len(name.Parts)-1], candidates))
}

func isFunction(name string) bool {
	_, special := specialForms[name]
	_, known := slices.BinarySearch(function.Names(), name)
	return special || known
}

func (x *exprs) functionNotFound(e *ast.FunctionCall) error {
	name := strings.ToLower(strings.Join(identifierNames(e.Name.Parts), "."))
	candidates := function.Names()
	for form := range specialForms {
		candidates = append(candidates, form)
	}
	return sql.Errorf(sql.FUNCTION_NOT_FOUND, e.Pos, "Function '%s' not registered", sql.Printable(name, maxShownRunes)).
		WithHint(didYouMean(sql.Suggest(functionName(e), candidates)))
}

// warnNull notes a comparison with NULL, which is never true.
func (x *exprs) warnNull(l, r ast.Expr, at sql.Pos) {
	_, left := l.(*ast.NullLiteral)
	_, right := r.(*ast.NullLiteral)
	if left || right {
		x.a.warn(at, "a comparison with NULL is never true: use IS NULL or IS NOT NULL")
	}
}
