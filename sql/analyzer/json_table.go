package analyzer

import (
	"slices"
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// JSON_TABLE is UNNEST of a function that gives its rows as an array.

// jsonTableItem returns what is on the right of a join if it is a JSON_TABLE, with its alias, if any.
func jsonTableItem(r ast.Relation) (*ast.JSONTable, *ast.Aliased) {
	switch r := r.(type) {
	case *ast.JSONTable:
		return r, nil
	case *ast.Aliased:
		if t, ok := r.Relation.(*ast.JSONTable); ok {
			return t, r
		}
	}
	return nil, nil
}

// joinJSONTable plans a join whose right side is a JSON_TABLE of what the left side gives. lateral is false for the
// joins in which it may not see the left side: they are as any other.
func (a *analyzer) joinJSONTable(left relation, j *ast.Join, t *ast.JSONTable, alias *ast.Aliased, v env) (r relation, lateral bool, err error) {
	on, _ := j.On.(*ast.BooleanLiteral)
	onTrue := on != nil && on.Value
	switch {
	case j.Using != nil || j.Natural:
		return left, true, sql.NotSupported(j.Pos, "JOIN … USING involving JSON_TABLE")
	case j.Kind == ast.CrossJoin, j.Kind == ast.ImplicitJoin:
	case !onTrue:
		kind := [...]string{ast.InnerJoin: "INNER", ast.LeftJoin: "LEFT", ast.RightJoin: "RIGHT", ast.FullJoin: "FULL"}[j.Kind]
		return left, true, sql.Errorf(sql.NOT_SUPPORTED, j.On.Position(), "%s JOIN involving JSON_TABLE is only supported with condition ON TRUE", kind)
	case j.Kind == ast.RightJoin, j.Kind == ast.FullJoin:
		return left, false, nil
	}
	r, err = a.jsonTable(left, t, alias, j.Kind == ast.LeftJoin, v)
	return r, true, err
}

// jsonTable plans JSON_TABLE over the rows of left, whose fields the result has first.
func (a *analyzer) jsonTable(left relation, t *ast.JSONTable, alias *ast.Aliased, outer bool, v env) (relation, error) {
	x := a.exprs(v.scope(left.fields))
	x.env = v
	if err := scalarOnly(t.Path.Input.Expr, "JSON_TABLE input expression"); err != nil {
		return left, err
	}
	for _, p := range t.Path.Passing {
		if err := scalarOnly(p.Expr, "JSON_TABLE path parameter"); err != nil {
			return left, err
		}
	}
	c, err := x.jsonPath("JSON_TABLE", t.Path, t.Pos)
	if err != nil {
		return left, err
	}
	b := tableBuilder{exprs: x, call: c, names: map[string]bool{}, table: &function.JSONTable{
		ErrorOnError: t.OnError != nil && t.OnError.Kind == ast.JSONError,
	}}
	if t.Path.Name != nil {
		b.names[t.Path.Name.Canonical()] = true
	}
	if b.table.Root, err = b.plan(t); err != nil {
		return left, err
	}
	c.clauses.Table = b.table
	call := c.call(function.JSONTableRows, types.ArrayOf(types.RowOf(b.fields...)))
	return a.unnestValues(x, left, []plan.Expr{call}, false, alias, outer)
}

// tableBuilder makes the columns and the plan of a JSON_TABLE.
type tableBuilder struct {
	*exprs
	call   *jsonCall
	table  *function.JSONTable
	fields []types.Field
	names  map[string]bool // of columns and paths
}

// path is a path with its columns, and the paths nested in it.
type tablePath struct {
	plan   *function.JSONPlan
	name   string // "" if it has none
	at     sql.Pos
	nested []*tablePath
}

func (b *tableBuilder) plan(t *ast.JSONTable) (*function.JSONPlan, error) {
	root := &tablePath{plan: &function.JSONPlan{}, at: t.Path.Pos}
	if t.Path.Name != nil {
		root.name = t.Path.Name.Canonical()
	}
	if err := b.columns(t.Columns, root); err != nil {
		return nil, err
	}
	switch {
	case t.Plan != nil:
		return root.plan, joinAsPlanned(root, t.Plan)
	case t.DefaultPlan != nil:
		if at, ok := unnamedPath(root); ok {
			return nil, sql.Errorf(sql.MISSING_PATH_NAME, at, "All nested JSON paths must be named when default plan is given")
		}
		joinAsDefault(root, t.DefaultPlan.Inner, t.DefaultPlan.Cross)
	default:
		joinAsDefault(root, false, false)
	}
	return root.plan, nil
}

// named remembers a name of a column or path, which must be new.
func (b *tableBuilder) named(id *ast.Identifier) error {
	name := id.Canonical()
	if b.names[name] {
		return sql.Errorf(sql.DUPLICATE_COLUMN_OR_PATH_NAME, id.Pos, "All column and path names in JSON_TABLE invocation must be unique")
	}
	b.names[name] = true
	return nil
}

// columns adds the columns of a path.
func (b *tableBuilder) columns(columns []*ast.JSONColumn, to *tablePath) error {
	for _, c := range columns {
		if c.Name != nil {
			if err := b.named(c.Name); err != nil {
				return err
			}
		}
		if c.Kind == ast.NestedColumns {
			nested := &tablePath{plan: &function.JSONPlan{Path: c.Path.Value}, at: c.Path.Pos}
			if c.Name != nil {
				nested.name = c.Name.Canonical()
			}
			if _, _, err := b.a.checkPath(c.Path, nil); err != nil {
				return err
			}
			to.nested = append(to.nested, nested)
			if err := b.columns(c.Columns, nested); err != nil {
				return err
			}
			continue
		}
		column, t, err := b.column(c)
		if err != nil {
			return err
		}
		to.plan.Columns = append(to.plan.Columns, len(b.fields))
		b.table.Columns = append(b.table.Columns, column)
		b.fields = append(b.fields, types.Field{Name: c.Name.Name, Type: t})
	}
	return nil
}

// column translates a column that is no nested path.
func (b *tableBuilder) column(c *ast.JSONColumn) (column function.JSONColumn, t types.Type, err error) {
	if c.Kind == ast.OrdinalityColumn {
		return column, types.TBigint, nil
	}
	for _, d := range [...]*ast.JSONBehavior{c.OnEmpty, c.OnError} {
		if d != nil && d.Default != nil {
			if err := scalarOnly(d.Default, "default expression for JSON_TABLE column"); err != nil {
				return column, t, err
			}
		}
	}
	path := c.Path
	if path == nil {
		path = &ast.StringLiteral{Pos: c.Pos, Value: `lax $."` + strings.ReplaceAll(c.Name.Canonical(), `"`, `""`) + `"`}
	}
	returns, known, err := b.a.checkPath(path, nil)
	if err != nil {
		return column, t, err
	}
	if t, err = typeOf(c.Type, c.Type.Pos); err != nil {
		return column, t, err
	}
	column.Path, column.Query = path.Value, c.Kind == ast.QueryColumn
	column.Clauses.OnError = function.GiveNull
	if b.table.ErrorOnError {
		column.Clauses.OnError = function.GiveError
	}
	if column.Query {
		column.Clauses.Output = jsonFormats[c.Format]
		if _, err := jsonResult(t, c.Format, c.Pos); err != nil {
			return column, t, err
		}
		return column, t, jsonQueryClauses(&column.Clauses, c.Wrapper, c.Quotes, c.OnEmpty, c.OnError, c.Pos)
	}
	column.Clauses.OnEmpty = handling(c.OnEmpty, function.GiveNull)
	column.Clauses.OnError = handling(c.OnError, column.Clauses.OnError)
	lambdas, err := b.jsonDefaults("JSON_TABLE", t, returns, known, c.OnEmpty, c.OnError, c.Pos)
	b.call.args = append(b.call.args, lambdas...)
	return column, t, err
}

// unnamedPath returns the place of a nested path without a name.
func unnamedPath(p *tablePath) (sql.Pos, bool) {
	for _, n := range p.nested {
		if n.name == "" {
			return n.at, true
		}
	}
	for _, n := range p.nested {
		if at, ok := unnamedPath(n); ok {
			return at, true
		}
	}
	return sql.Pos{}, false
}

// joinAsDefault joins all paths with those nested in them in one way.
func joinAsDefault(p *tablePath, inner, cross bool) {
	var siblings []*function.JSONPlan
	for _, n := range p.nested {
		joinAsDefault(n, inner, cross)
		siblings = append(siblings, n.plan)
	}
	p.plan.Inner = inner
	switch len(siblings) {
	case 0:
	case 1:
		p.plan.Child = siblings[0]
	default:
		p.plan.Child = &function.JSONPlan{Siblings: siblings, Cross: cross}
	}
}

// joinAsPlanned joins the root with what is nested in it as the PLAN clause says.
func joinAsPlanned(root *tablePath, p *ast.JSONPlan) error {
	switch {
	case root.name == "":
		return sql.Errorf(sql.MISSING_PATH_NAME, root.at, "All JSON paths must be named when specific plan is given")
	case p.Kind != ast.PlanPath:
		return sql.Errorf(sql.INVALID_PLAN, p.Pos,
			"JSON_TABLE plan must either be a single path name or it must be rooted in parent-child relationship (OUTER or INNER)")
	}
	return joinLevel([]*tablePath{root}, map[string]*ast.JSONPlan{p.Name.Canonical(): p}, p)
}

// joinLevel joins paths of one level, each with what is nested in it: plans has the plan of each by name.
func joinLevel(paths []*tablePath, plans map[string]*ast.JSONPlan, root *ast.JSONPlan) error {
	var missing, unknown []string
	known := map[string]bool{}
	for _, p := range paths {
		known[p.name] = true
		if plans[p.name] == nil {
			missing = append(missing, p.name)
		}
	}
	for name := range plans {
		if !known[name] {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	switch {
	case missing != nil:
		return sql.Errorf(sql.INVALID_PLAN, root.Pos,
			"JSON_TABLE plan should contain all JSON paths available at each level of nesting. Paths not included: %s", strings.Join(missing, ", "))
	case unknown != nil:
		return sql.Errorf(sql.INVALID_PLAN, root.Pos, "JSON_TABLE plan includes unavailable JSON path names: %s", strings.Join(unknown, ", "))
	}
	for _, p := range paths {
		plan := plans[p.name]
		children := map[string]*ast.JSONPlan{}
		if plan.Child != nil {
			if err := siblingPlans(plan.Child, children); err != nil {
				return err
			}
		}
		for _, n := range p.nested {
			if n.name == "" {
				return sql.Errorf(sql.MISSING_PATH_NAME, n.at, "All JSON paths must be named when specific plan is given")
			}
		}
		if err := joinLevel(p.nested, children, root); err != nil {
			return err
		}
		if plan.Child != nil {
			p.plan.Inner = plan.Inner
			p.plan.Child = siblingsOf(plan.Child, p.nested)
		}
	}
	return nil
}

// siblingPlans collects the plans of the paths that a plan joins side by side.
func siblingPlans(p *ast.JSONPlan, out map[string]*ast.JSONPlan) error {
	if p.Kind != ast.PlanPath {
		for _, s := range p.Siblings {
			if err := siblingPlans(s, out); err != nil {
				return err
			}
		}
		return nil
	}
	name := p.Name.Canonical()
	if out[name] != nil {
		return sql.Errorf(sql.INVALID_PLAN, p.Pos, "Duplicate reference to JSON path name in sibling plan: %s", name)
	}
	out[name] = p
	return nil
}

func siblingsOf(p *ast.JSONPlan, paths []*tablePath) *function.JSONPlan {
	if p.Kind == ast.PlanPath {
		for _, path := range paths {
			if path.name == p.Name.Canonical() {
				return path.plan
			}
		}
	}
	out := &function.JSONPlan{Cross: p.Kind == ast.PlanCross}
	for _, s := range p.Siblings {
		out.Siblings = append(out.Siblings, siblingsOf(s, paths))
	}
	return out
}
