package analyzer

import (
	"math"
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/plan"
)

// matchRecognize plans MATCH_RECOGNIZE.
func (a *analyzer) matchRecognize(e *ast.MatchRecognize, v env) (relation, error) {
	input, err := a.from(e.Input, v)
	if err != nil {
		return input, err
	}
	if err := distinctNames(e, input); err != nil {
		return input, err
	}
	x := a.exprs(&scope{fields: input.fields, outer: v.outer, outerRefs: v.outerRefs, closed: true})
	x.env = v
	m := &plan.MatchRecognize{At: e.Pos}
	out := matchOutput{from: input.fields, m: m, emitted: map[int]bool{}}
	order, err := x.patternOrder(e, &out)
	if err != nil {
		return input, err
	}
	p, err := newPatternContext(m, &e.Recognition)
	if err != nil {
		return input, err
	}
	if e.Search != nil {
		return input, sql.Errorf(sql.NOT_SUPPORTED, e.Search.Pos, "Pattern search modifier: %s is not allowed in MATCH_RECOGNIZE clause", e.Search)
	}
	m.Rows = plan.RowsPerMatch{All: e.Rows > ast.OneRow, OmitEmpty: e.Rows == ast.AllRowsOmitEmpty, Unmatched: e.Rows == ast.AllRowsWithUnmatched}
	if m.Rows.Unmatched {
		if err := noExclusions(e.Pattern); err != nil {
			return input, err
		}
	}
	measures, err := x.patternExprs(&e.Recognition, p)
	if err != nil {
		return input, err
	}
	sel := &selection{exprs: x, node: input.node}
	if err := sel.attach(p.sources...); err != nil {
		return input, err
	}
	m.Input = sel.node
	if m.Rows.All {
		for _, field := range order {
			out.emit(field, true)
		}
	}
	out.fields = append(out.fields, measures...)
	if m.Rows.All {
		for i := range input.fields {
			if !out.emitted[i] {
				out.emit(i, false)
			}
		}
	}
	if len(out.fields) == 0 {
		return input, sql.Errorf(sql.TABLE_HAS_NO_COLUMNS, e.Pos, "pattern recognition output table has no columns")
	}
	return relation{m, out.fields}, nil
}

// distinctNames refuses an input of which names are ambiguous.
func distinctNames(e *ast.MatchRecognize, input relation) error {
	seen := map[string]bool{}
	for _, f := range input.fields {
		name := strings.ToUpper(f.name)
		if name == "" {
			continue
		}
		if seen[name] {
			return sql.Errorf(sql.AMBIGUOUS_NAME, e.Input.Position(), "ambiguous column: %s in row pattern input relation", f.name)
		}
		seen[name] = true
	}
	return nil
}

// matchOutput collects the columns of MATCH_RECOGNIZE.
type matchOutput struct {
	from, fields []field
	m            *plan.MatchRecognize
	emitted      map[int]bool
}

// emit adds a column of the input. What PARTITION BY and ORDER BY name is visible.
func (o *matchOutput) emit(i int, named bool) {
	f := o.from[i]
	seen := false
	for _, id := range o.m.Emit {
		seen = seen || id == f.column.ID
	}
	if !seen {
		o.m.Emit = append(o.m.Emit, f.column.ID)
	}
	o.emitted[i] = true
	o.fields = append(o.fields, field{name: f.name, column: f.column, hidden: f.hidden && !named})
}

// patternOrder translates PARTITION BY and ORDER BY; it returns which fields ORDER BY names.
func (x *exprs) patternOrder(e *ast.MatchRecognize, out *matchOutput) ([]int, error) {
	for _, key := range e.PartitionBy {
		i, err := x.inputField(key)
		if err != nil {
			return nil, err
		}
		c := x.scope.fields[i].column
		if !c.Type.Comparable() {
			return nil, sql.Errorf(sql.TYPE_MISMATCH, key.Position(), "%s is not comparable, and therefore cannot be used in PARTITION BY", c.Type)
		}
		out.m.PartitionBy = append(out.m.PartitionBy, c.ID)
		out.emit(i, true)
	}
	var order []int
	for _, item := range e.OrderBy {
		i, err := x.inputField(item.Expr)
		if err != nil {
			return nil, err
		}
		c := x.scope.fields[i].column
		if !c.Type.Orderable() {
			return nil, sql.Errorf(sql.TYPE_MISMATCH, item.Pos, "%s is not orderable, and therefore cannot be used in ORDER BY", c.Type)
		}
		out.m.OrderBy = append(out.m.OrderBy, plan.SortKey{ID: c.ID, Descending: item.Descending, NullsFirst: item.Nulls == ast.NullsFirst})
		order = append(order, i)
	}
	return order, nil
}

// inputField returns the field that e names.
func (x *exprs) inputField(e ast.Expr) (int, error) {
	names := qualifiedName(e)
	if names == nil {
		return 0, sql.Errorf(sql.INVALID_COLUMN_REFERENCE, e.Position(), "Expected column reference. Actual: %s", ast.Message(e))
	}
	if len(names) <= 2 {
		qualifier := ""
		if len(names) == 2 {
			qualifier = names[0].Name
		}
		local := &scope{fields: x.scope.fields}
		r, found, err := local.resolve(qualifier, names[len(names)-1].Name, e)
		if err != nil {
			return 0, err
		}
		for i, f := range x.scope.fields {
			if found && f.column.ID == r.ID && f.matches(qualifier, names[len(names)-1].Name) {
				return i, nil
			}
		}
	}
	return 0, sql.Errorf(sql.COLUMN_NOT_FOUND, e.Position(), "Column %s is not present in the input relation", ast.String(e))
}

// maxPatternVariables is how many primary pattern variables there may be.
const maxPatternVariables = 1000

// newPatternContext translates PATTERN, SUBSET and AFTER MATCH SKIP into m, and checks the names of DEFINE.
func newPatternContext(m *plan.MatchRecognize, e *ast.Recognition) (*patternContext, error) {
	p := &patternContext{match: m, variables: map[string]int{}, unions: map[string][]int{}}
	var err error
	if m.Pattern, err = p.pattern(e.Pattern); err != nil {
		return nil, err
	}
	if err := p.names(e); err != nil {
		return nil, err
	}
	if err := quantifiers(e.Pattern); err != nil {
		return nil, err
	}
	if m.Skip, err = p.skip(e.Skip); err != nil {
		return nil, err
	}
	return p, notNestedPattern(e)
}

// pattern translates PATTERN and numbers its variables.
func (p *patternContext) pattern(e *ast.RowPattern) (*plan.RowPattern, error) {
	out := &plan.RowPattern{Kind: plan.PatternKind(e.Kind), Least: e.Least, Most: e.Most, Reluctant: e.Reluctant}
	if e.Kind == ast.PatternVariable {
		name := e.Name.Canonical()
		n, ok := p.variables[name]
		if !ok {
			n = len(p.match.Variables)
			if n >= maxPatternVariables {
				return nil, sql.NotSupported(e.Pos, "A pattern of more than 1000 variables")
			}
			p.variables[name] = n
			p.match.Variables = append(p.match.Variables, name)
		}
		out.Variable = n
	}
	for _, item := range e.Items {
		i, err := p.pattern(item)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, i)
	}
	return out, nil
}

// names checks SUBSET and the names of DEFINE.
func (p *patternContext) names(e *ast.Recognition) error {
	for _, s := range e.Subsets {
		name := s.Name.Canonical()
		if _, ok := p.variables[name]; ok {
			return sql.Errorf(sql.INVALID_LABEL, s.Name.Pos, "union pattern variable name: %s is a duplicate of primary pattern variable name", ast.String(s.Name))
		}
		if p.unions[name] != nil {
			return sql.Errorf(sql.INVALID_LABEL, s.Name.Pos, "union pattern variable name: %s is declared twice", ast.String(s.Name))
		}
		set := []int{}
		for _, item := range s.Items {
			v, ok := p.variables[item.Canonical()]
			if !ok {
				return sql.Errorf(sql.INVALID_LABEL, item.Pos, "subset element: %s is not a primary pattern variable", ast.String(item))
			}
			set = append(set, v)
		}
		p.unions[name] = set
	}
	defined := map[string]bool{}
	for _, d := range e.Defines {
		name := d.Name.Canonical()
		if _, ok := p.variables[name]; !ok {
			return sql.Errorf(sql.INVALID_LABEL, d.Name.Pos, "defined variable: %s is not a primary pattern variable", ast.String(d.Name))
		}
		if defined[name] {
			return sql.Errorf(sql.INVALID_LABEL, d.Name.Pos, "pattern variable with name: %s is defined twice", ast.String(d.Name))
		}
		defined[name] = true
		for _, c := range calls(d.Expr, func(c *ast.FunctionCall) bool { return c.Mode == ast.ModeFinal }) {
			return sql.Errorf(sql.INVALID_PROCESSING_MODE, c.Pos, "FINAL semantics is not supported in DEFINE clause")
		}
	}
	return nil
}

// quantifiers checks the bounds of repetitions.
func quantifiers(p *ast.RowPattern) error {
	if p.Kind == ast.PatternQuantified {
		complaint, code := "", sql.NUMERIC_VALUE_OUT_OF_RANGE
		switch {
		case p.Least > math.MaxInt32:
			complaint = "lower bound must not exceed 2147483647"
		case p.Most == 0:
			complaint = "upper bound must be greater than or equal to 1"
		case p.Most > math.MaxInt32:
			complaint = "upper bound must not exceed 2147483647"
		case p.Most >= 0 && p.Least > p.Most:
			complaint, code = "lower bound must not exceed upper bound", sql.INVALID_RANGE
		}
		if complaint != "" {
			return sql.Errorf(code, p.Quantifier, "Pattern quantifier %s", complaint)
		}
	}
	for _, item := range p.Items {
		if err := quantifiers(item); err != nil {
			return err
		}
	}
	return nil
}

func (p *patternContext) skip(e *ast.SkipTo) (skip plan.PatternSkip, err error) {
	switch {
	case e == nil || e.Kind == ast.SkipPastLast:
		return skip, nil
	case e.Kind == ast.SkipToNext:
		return plan.PatternSkip{Next: true}, nil
	}
	variables, ok := p.label(e.Name)
	if !ok {
		return skip, sql.Errorf(sql.INVALID_LABEL, e.Name.Pos, "%s is not a primary or union pattern variable", ast.String(e.Name))
	}
	return plan.PatternSkip{First: e.Kind == ast.SkipToFirst, Variables: variables}, nil
}

// notNestedPattern refuses pattern recognition in MEASURES and DEFINE.
func notNestedPattern(e *ast.Recognition) error {
	var inside []ast.Node
	for _, m := range e.Measures {
		inside = append(inside, m.Expr)
	}
	for _, d := range e.Defines {
		inside = append(inside, d.Expr)
	}
	for _, n := range inside {
		if nested := nestedPattern(n); nested != nil {
			return sql.Errorf(sql.NESTED_ROW_PATTERN_RECOGNITION, nested.Position(), "nested row pattern recognition in row pattern recognition")
		}
	}
	return nil
}

// nestedPattern returns the first pattern recognition in n, or nil.
func nestedPattern(n ast.Node) (nested ast.Node) {
	ast.Walk(n, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.MatchRecognize, *ast.RowPattern:
			if nested == nil {
				nested = n
			}
		}
		return nested == nil
	})
	return nested
}

// noExclusions refuses {- … -} where every row has to be shown.
func noExclusions(p *ast.RowPattern) error {
	if x := findPattern(p, ast.PatternExclusion); x != nil {
		return sql.Errorf(sql.INVALID_ROW_PATTERN, x.Pos, "Pattern exclusion syntax is not allowed when ALL ROWS PER MATCH WITH UNMATCHED ROWS is specified")
	}
	return nil
}

func findPattern(p *ast.RowPattern, kinds ...ast.PatternKind) *ast.RowPattern {
	for _, k := range kinds {
		if p.Kind == k {
			return p
		}
	}
	for _, item := range p.Items {
		if x := findPattern(item, kinds...); x != nil {
			return x
		}
	}
	return nil
}

// label returns the variables that a name means.
func (p *patternContext) label(name *ast.Identifier) ([]int, bool) {
	if v, ok := p.variables[name.Canonical()]; ok {
		return []int{v}, true
	}
	u, ok := p.unions[name.Canonical()]
	return u, ok
}

// patternExprs translates DEFINE and MEASURES, and returns the fields of the measures.
func (x *exprs) patternExprs(e *ast.Recognition, p *patternContext) ([]field, error) {
	inner := *x
	inner.pattern = p
	m := p.match
	m.Defines = make([]plan.Expr, len(m.Variables))
	for _, d := range e.Defines {
		v, err := inner.patternExpr(d.Expr)
		if err != nil {
			return nil, err
		}
		if !v.Type().Equal(booleanType) {
			return nil, sql.Errorf(sql.TYPE_MISMATCH, d.Expr.Position(), "Expression defining a label must be boolean (actual type: %s)", v.Type())
		}
		m.Defines[p.variables[d.Name.Canonical()]] = v
	}
	var fields []field
	for _, measure := range e.Measures {
		v, err := inner.patternExpr(measure.Expr)
		if err != nil {
			return nil, err
		}
		c := x.a.column(measure.Name.Name, v.Type())
		m.Measures = append(m.Measures, plan.Projection{Column: c, Expr: v})
		fields = append(fields, field{name: measure.Name.Name, column: c})
	}
	return fields, nil
}

func (x *exprs) patternExpr(e ast.Expr) (plan.Expr, error) {
	if windows := windowCalls(e); len(windows) > 0 {
		return nil, sql.Errorf(sql.NESTED_WINDOW, windows[0].Position(), "Cannot nest window functions or row pattern measures inside pattern recognition expressions")
	}
	return x.translate(e)
}
