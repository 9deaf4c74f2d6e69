package analyzer

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/plan"
)

// apply evaluates right, which may refer to columns around it, for each row of sel.node. References to
// columns that sel.node does not have are to those of a query further out; they stay.
func (sel *selection) apply(right plan.Node, outer bool) {
	ids := idSet(sel.node)
	n := &plan.Apply{Outer: outer, Right: right}
	var values []plan.Expr
	for _, r := range plan.Free(right) {
		v := sel.above(r)
		if !refersOnlyTo(v, ids) {
			continue
		}
		values = append(values, v)
		n.Parameters = append(n.Parameters, plan.Parameter{Column: r.Column})
	}
	node, refs := sel.a.withOwnColumns(sel.node, values)
	for i, r := range refs {
		n.Parameters[i].From = r.ID
	}
	n.Left = node
	sel.node = n
}

// applySubquery evaluates q for each row: it gives one row with the column that stands for q.
func (sel *selection) applySubquery(q *subquery) error {
	switch q.kind {
	case scalarValue:
		sel.apply(q.single(), false)
	case existing:
		found := &plan.Project{Input: &plan.Limit{Input: q.rel.node, Count: 1},
			Outputs: []plan.Projection{{Column: q.column, Expr: plan.Bool(true, q.at)}}}
		sel.apply(&plan.EnforceSingleRow{Input: found, At: q.at}, false)
	case matching:
		// The values are one row of their own, which the rows of the subquery are compared with.
		row := *sel
		row.node = &plan.Values{Rows: [][]plan.Expr{{}}}
		j, err := row.markJoin(q)
		if err != nil {
			return err
		}
		sel.apply(&plan.Project{Input: j, Outputs: []plan.Projection{{Column: q.column, Expr: ref(q.column, q.at)}}}, false)
	}
	return nil
}

// isTrue reports whether a join's condition is ON TRUE.
func isTrue(on ast.Expr) bool {
	b, ok := on.(*ast.BooleanLiteral)
	return ok && b.Value
}

// criteriaPos is where messages say that the condition of a join is.
func criteriaPos(j *ast.Join) sql.Pos {
	if j.On != nil {
		return j.On.Position()
	}
	return j.Pos
}

// joinLateral plans an inner or left join whose right side refers to the left one.
func (a *analyzer) joinLateral(j *ast.Join, left, right relation, v env) (relation, error) {
	both := relation{fields: append(append([]field{}, left.fields...), right.fields...)}
	if j.Natural || j.Using != nil {
		return both, sql.NotSupported(j.Pos, "JOIN … USING of LATERAL with a correlated subquery")
	}
	x := a.exprs(v.scope(both.fields))
	x.env = v
	var on plan.Expr
	if j.On != nil {
		if err := scalarOnly(j.On, "JOIN clause"); err != nil {
			return both, err
		}
		var err error
		if on, err = x.predicate(j.On, "JOIN ON clause"); err != nil {
			return both, err
		}
	}
	sel := &selection{exprs: x, node: left.node}
	err := sel.applyOn(right.node, on, j.Kind == ast.LeftJoin)
	both.node = sel.node
	return both, err
}

// applyOn joins right to sel.node where the condition on is true; nil means always.
func (sel *selection) applyOn(right plan.Node, on plan.Expr, outer bool) error {
	if on != nil && !plan.IsTrue(on) {
		filtered := *sel
		filtered.node = right
		sel.a.correlating++
		err := filtered.attach(on)
		sel.a.correlating--
		if err != nil {
			return err
		}
		right = &plan.Filter{Input: filtered.node, Predicate: on}
	}
	sel.apply(right, outer)
	return nil
}

// onSubqueries plans the subqueries in a condition of JOIN. Those that look at one side only are attached to it;
// if there are others, the join is planned as a whole and returned.
func (x *exprs) onSubqueries(j *ast.Join, kind plan.JoinKind, left, right *relation, on plan.Expr) (plan.Node, error) {
	sides := [2]*selection{{exprs: x, node: left.node}, {exprs: x, node: right.node}}
	// An expression on the right side must not refer to the left one, where it is not known.
	x.a.correlating++
	defer func() { x.a.correlating-- }()
	simple := true
	for _, q := range x.found.subqueries {
		placed := false
		for _, sel := range sides {
			if !placed && x.within(q.inputs(), sel.node) {
				placed, q.done = true, true
				if err := sel.attachOne(q); err != nil {
					return nil, err
				}
			}
		}
		simple = simple && placed
	}
	if simple {
		left.node, right.node = sides[0].node, sides[1].node
		return nil, nil
	}
	switch kind {
	case plan.InnerJoin:
		sel := &selection{exprs: x, node: &plan.Join{Kind: plan.CrossJoin, Left: sides[0].node, Right: sides[1].node}}
		if err := sel.attach(on); err != nil {
			return nil, err
		}
		return &plan.Filter{Input: sel.node, Predicate: on}, nil
	case plan.LeftJoin:
		err := sides[0].applyOn(sides[1].node, on, true)
		return sides[0].node, err
	case plan.RightJoin:
		err := sides[1].applyOn(sides[0].node, on, true)
		return sides[1].node, err
	}
	return nil, sql.Errorf(sql.NOT_SUPPORTED, j.On.Position(), "FULL JOIN involving an unsupported condition")
}

// within reports whether expressions refer to columns of node and of queries further out only.
func (x *exprs) within(list []plan.Expr, node plan.Node) bool {
	ids := idSet(node)
	ok := true
	for _, e := range list {
		plan.EachRef(e, func(r *plan.ColumnRef) { ok = ok && (ids[r.ID] || x.env.isOuter(r.ID)) })
	}
	return ok
}
