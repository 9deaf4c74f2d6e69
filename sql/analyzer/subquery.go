package analyzer

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// subquery is a query inside of an expression. It is joined to the rows of the node in
// which the expression is evaluated.
type subquery struct {
	column plan.Column // what stands for it in expressions: its value, or whether a row matches
	kind   subqueryKind
	rel    relation
	// values are compared with the columns of rel by op: one of IN, or several of a row.
	values []plan.Expr
	// matches says, for Matching, which pairs of values and columns match; nil means equality.
	matches func(value, column plan.Expr) (plan.Expr, error)
	// outer are references in rel to columns of the query around it.
	outer []*plan.ColumnRef
	at    sql.Pos
	done  bool
	text  string // of a scalar subquery: another of the same text is the same
}

type subqueryKind uint8

const (
	scalarValue subqueryKind = iota // the one value that it gives
	matching                        // whether a row matches values
	existing                        // whether there is a row
)

// inputs lists the expressions over the surrounding query that q needs.
func (q *subquery) inputs() []plan.Expr {
	out := append([]plan.Expr{}, q.values...)
	for _, r := range q.outer {
		out = append(out, r)
	}
	return out
}

func isSubquery(n ast.Node) bool {
	_, ok := n.(*ast.Query)
	return ok
}

// subqueryIn returns the first subquery in e, or nil.
func subqueryIn(e ast.Expr) (subquery ast.Node) {
	ast.Walk(e, func(n ast.Node) bool {
		_, scalar := n.(*ast.Subquery)
		if subquery == nil && (scalar || isSubquery(n)) {
			subquery = n
		}
		return subquery == nil
	})
	return subquery
}

// add plans the query and collects it; the result stands for it.
func (x *exprs) subquery(q *ast.Query, kind subqueryKind, at sql.Pos) (*subquery, error) {
	s := &subquery{kind: kind, at: at}
	inner := env{with: x.env.with, outer: x.scope, outerRefs: &s.outer}
	var err error
	x.a.correlating++
	defer func() { x.a.correlating-- }()
	if s.rel, err = x.a.query(q, inner); err != nil {
		return nil, err
	}
	return s, nil
}

func (x *exprs) collect(s *subquery, name string, t types.Type) plan.Expr {
	s.column = x.a.column(name, t)
	x.found.subqueries = append(x.found.subqueries, s)
	return x.subqueryRef(s.column, s.at)
}

func (x *exprs) subqueryRef(c plan.Column, at sql.Pos) plan.Expr {
	if x.pattern != nil {
		return x.patternSource(ref(c, at), nil)
	}
	return ref(c, at)
}

func (x *exprs) scalarSubquery(e *ast.Subquery) (plan.Expr, error) {
	text := ast.String(e.Query)
	for _, known := range x.found.subqueries {
		if known.kind == scalarValue && known.text == text && !x.shadowed(known) {
			return x.subqueryRef(known.column, e.Pos), nil
		}
	}
	s, err := x.subquery(e.Query, scalarValue, e.Pos)
	if err != nil {
		return nil, err
	}
	s.text = text
	if len(s.rel.fields) > 1 {
		if err := x.a.asRow(s, e.Pos); err != nil {
			return nil, err
		}
	}
	c := s.rel.fields[0].column
	return x.collect(s, c.Name, c.Type), nil
}

// shadowed says whether a name that q looks up in the query around means a column of SELECT where x stands.
func (x *exprs) shadowed(q *subquery) bool {
	for _, r := range q.outer {
		for s := x.scope; s != nil && len(x.outputs) > 0; s = s.outer {
			for _, f := range s.fields {
				if f.column.ID == r.ID && f.name != "" && x.isOutput(&ast.Identifier{Name: f.name}) {
					return true
				}
			}
		}
	}
	return false
}

// asRow makes the columns of s one of a row type.
func (a *analyzer) asRow(s *subquery, at sql.Pos) error {
	var values []plan.Expr
	var fields []types.Field
	for _, f := range s.rel.fields {
		values = append(values, ref(f.column, at))
		fields = append(fields, types.Field{Name: f.name, Type: f.column.Type})
	}
	c := a.column("row", types.RowOf(fields...))
	p := &plan.Project{Input: s.rel.node, Outputs: []plan.Projection{{Column: c, Expr: plan.NewRowOf(c.Type, values, at)}}}
	s.rel = relation{p, []field{{column: c}}}
	return checkType(c.Type, at)
}

func (x *exprs) exists(e *ast.Exists) (plan.Expr, error) {
	s, err := x.subquery(e.Query, existing, e.Pos)
	if err != nil {
		return nil, err
	}
	mark := x.collect(s, "exists", types.TBoolean)
	return &plan.Coalesce{Args: []plan.Expr{mark, plan.Bool(false, e.Pos)}, At: e.Pos}, nil
}

func (x *exprs) inSubquery(e *ast.InSubquery) (plan.Expr, error) {
	s, err := x.matching(e.Expr, e.Query, e.Pos)
	if err != nil {
		return nil, err
	}
	if t := rowOf(s.values); !t.Comparable() {
		return nil, sql.Errorf(sql.TYPE_MISMATCH, e.Pos, "Type [%s] must be comparable in order to be used in subquery", t)
	}
	return x.notIf(e.Not, x.collect(s, "in", types.TBoolean), e.Pos)
}

// matching plans the query that values are looked for in, and coerces both to common types.
func (x *exprs) matching(value ast.Expr, q *ast.Query, at sql.Pos) (*subquery, error) {
	outside := x
	if x.pattern != nil {
		if err := x.patternIn(value); err != nil {
			return nil, err
		}
		rows := *x
		rows.pattern = nil
		outside = &rows
	}
	v, err := outside.translate(value)
	if err != nil {
		return nil, err
	}
	if x.pattern != nil {
		plan.EachRef(v, func(*plan.ColumnRef) { x.pattern.sees(nil) })
	}
	s, err := x.subquery(q, matching, at)
	if err != nil {
		return nil, err
	}
	s.values = []plan.Expr{v}
	if isRow(v) && len(s.rel.fields) != 1 || len(s.rel.fields) > 1 {
		s.values = valuesRow(v)
	}
	mismatch := func() error {
		var fields []types.Field
		for _, f := range s.rel.fields {
			fields = append(fields, types.Field{Name: f.name, Type: f.column.Type})
		}
		return sql.Errorf(sql.TYPE_MISMATCH, at, "Value expression and result of subquery must be of the same type: %s vs %s", asRowType(v.Type()), types.RowOf(fields...))
	}
	if len(s.values) != len(s.rel.fields) {
		return nil, mismatch()
	}
	to := make([]types.Type, len(s.values))
	for i, f := range s.rel.fields {
		t, ok := types.CommonSuperType(s.values[i].Type(), f.column.Type)
		if !ok {
			return nil, mismatch()
		}
		to[i], s.values[i] = t, coerce(s.values[i], t)
	}
	s.rel = x.a.coerceFields(s.rel, to)
	return s, nil
}

// asRowType is the type of the row of a value of type t, which may be a row already.
func asRowType(t types.Type) types.Type {
	if t.Is(types.Row) || t.Is(types.Unknown) {
		return t
	}
	return types.RowOf(types.Field{Type: t})
}

// quantified plans value op ANY (query) as a match by op, value op ALL (query) as no match by not op.
func (x *exprs) quantified(e *ast.QuantifiedComparison) (plan.Expr, error) {
	s, err := x.matching(e.Left, e.Query, e.Pos)
	if err != nil {
		return nil, err
	}
	switch t := rowOf(s.values); {
	case e.Op > ast.NotEquals && !t.Orderable():
		return nil, sql.Errorf(sql.TYPE_MISMATCH, e.Pos, "Type [%s] must be orderable in order to be used in quantified comparison", t)
	case !t.Comparable():
		return nil, sql.Errorf(sql.TYPE_MISMATCH, e.Pos, "Type [%s] must be comparable in order to be used in quantified comparison", t)
	case len(s.values) != 1 && (e.Op != ast.Equals || e.All):
		s.values = []plan.Expr{plan.NewRowOf(t, s.values, e.Pos)}
		if err := x.a.asRow(s, e.Pos); err != nil {
			return nil, err
		}
	}
	if e.Op != ast.Equals || e.All {
		s.matches = func(value, column plan.Expr) (plan.Expr, error) {
			c, err := x.compare(e.Op, value, column, e.Pos)
			if err == nil && e.All {
				c, err = x.not(c, e.Pos)
			}
			return c, err
		}
	}
	return x.notIf(e.All, x.collect(s, "matches", types.TBoolean), e.Pos)
}

// attach joins to sel.node the subqueries that the expressions, which are to be evaluated next, refer to.
func (sel *selection) attach(exprs ...plan.Expr) error {
	if len(sel.found.subqueries) == 0 {
		return nil
	}
	needed := map[plan.ColumnID]bool{}
	need := func(e plan.Expr) { plan.EachRef(e, func(r *plan.ColumnRef) { needed[r.ID] = true }) }
	for _, e := range exprs {
		need(e)
	}
	list := sel.found.subqueries
	for i := len(list) - 1; i >= 0; i-- { // what a subquery needs was found before it
		if needed[list[i].column.ID] {
			for _, e := range list[i].inputs() {
				need(e)
			}
		}
	}
	for _, q := range list {
		if !needed[q.column.ID] || q.done {
			continue
		}
		q.done = true
		if err := sel.attachOne(q); err != nil {
			return err
		}
	}
	return nil
}

func (sel *selection) attachOne(q *subquery) error {
	if err := sel.a.countJoin(q.at); err != nil {
		return err
	}
	if len(q.outer) > 0 {
		if done, err := sel.decorrelate(q); done || err != nil {
			return err
		}
		return sel.applySubquery(q)
	}
	if q.kind == scalarValue {
		sel.node = &plan.Join{Kind: plan.CrossJoin, Left: sel.node, Right: q.single()}
		return nil
	}
	if q.kind == existing {
		q.rel.node = &plan.Limit{Input: q.rel.node, Count: 1}
	}
	j, err := sel.markJoin(q)
	sel.node = j
	return err
}

// single returns the plan of a scalar subquery: one row with its value.
func (q *subquery) single() plan.Node {
	single := &plan.EnforceSingleRow{Input: q.rel.node, At: q.at}
	return &plan.Project{Input: single, Outputs: []plan.Projection{{Column: q.column, Expr: ref(q.rel.fields[0].column, q.at)}}}
}

// markJoin joins q by its values, above the grouping if there is one.
func (sel *selection) markJoin(q *subquery) (*plan.Join, error) {
	j := &plan.Join{Kind: plan.MarkJoin, Mark: q.column}
	values := make([]plan.Expr, len(q.values))
	for i, v := range q.values {
		values[i] = sel.above(v)
	}
	node, refs := sel.a.withOwnColumns(sel.node, values)
	j.Left, j.Right = node, q.rel.node
	for i, r := range refs {
		c := q.rel.fields[i].column
		if q.matches == nil {
			j.LeftKeys, j.RightKeys = append(j.LeftKeys, r.ID), append(j.RightKeys, c.ID)
			continue
		}
		m, err := q.matches(r, ref(c, q.at))
		if err != nil {
			return nil, err
		}
		j.Residual = m
	}
	return j, nil
}
