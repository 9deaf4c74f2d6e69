package analyzer

import (
	"github.com/ctlake/ctlake/sql/plan"
)

// A correlated subquery refers to columns of the query around it. Where it does
// so in the conjuncts of WHERE only, the conjuncts move up into the join that attaches the subquery.
// All others are evaluated for each value of what they refer to: see apply.
//
//	EXISTS (SELECT … FROM t WHERE t.k = o.k AND p)    MarkJoin o.k = t.k over Filter p (t)
//	v IN (SELECT x FROM t WHERE t.k = o.k)            MarkJoin v = x, residual t.k = o.k
//	(SELECT max(x) FROM t WHERE t.k = o.k)            LeftJoin o.k = k over Aggregate k: max(x) (t)

// puller takes correlated conjuncts out of a plan.
type puller struct {
	inner map[plan.ColumnID]bool // columns that the plan defines
	terms []plan.Expr
}

func defined(n plan.Node, into map[plan.ColumnID]bool) {
	for _, c := range plan.Defined(n) {
		into[c.ID] = true
	}
	for _, in := range n.Inputs() {
		defined(in, into)
	}
}

// isCorrelated reports whether e refers to columns that are not of the subquery.
func (p *puller) isCorrelated(e plan.Expr) bool {
	found := false
	plan.EachRef(e, func(r *plan.ColumnRef) { found = found || !p.inner[r.ID] })
	return found
}

func (p *puller) anyCorrelated(n plan.Node) bool {
	found := false
	plan.EachExpr(n, func(e plan.Expr) { found = found || p.isCorrelated(e) })
	for _, in := range n.Inputs() {
		found = found || p.anyCorrelated(in)
	}
	return found
}

// pull returns n without correlated conjuncts, and with the columns that they refer to among its own.
func (p *puller) pull(n plan.Node) (plan.Node, bool) {
	if !p.anyCorrelated(n) {
		return n, true
	}
	switch n := n.(type) {
	case *plan.Filter:
		in, ok := p.pull(n.Input)
		var kept []plan.Expr
		for _, t := range plan.Conjuncts(n.Predicate) {
			if p.isCorrelated(t) {
				p.terms = append(p.terms, t)
			} else {
				kept = append(kept, t)
			}
		}
		if kept != nil {
			in = &plan.Filter{Input: in, Predicate: plan.Conjunction(kept)}
		}
		return in, ok
	case *plan.Project:
		in, ok := p.pull(n.Input)
		out := &plan.Project{Input: in, Outputs: append([]plan.Projection{}, n.Outputs...)}
		for _, o := range n.Outputs {
			ok = ok && !p.isCorrelated(o.Expr)
		}
		p.pass(out)
		return out, ok
	case *plan.Sort:
		in, ok := p.pull(n.Input)
		return n.WithInputs([]plan.Node{in}), ok
	case *plan.Join:
		left, ok := p.pull(n.Left)
		right := n.Right
		if p.anyCorrelated(right) || n.Residual != nil && p.isCorrelated(n.Residual) {
			if n.Kind != plan.InnerJoin && n.Kind != plan.CrossJoin || n.Residual != nil && p.isCorrelated(n.Residual) {
				return n, false
			}
			var more bool
			right, more = p.pull(n.Right)
			ok = ok && more
		}
		if n.Kind == plan.RightJoin || n.Kind == plan.FullJoin {
			ok = false
		}
		return n.WithInputs([]plan.Node{left, right}), ok
	case *plan.Unnest:
		in, ok := p.pull(n.Input)
		return n.WithInputs([]plan.Node{in}), ok && !n.Outer
	}
	return n, false
}

// pass adds to out the columns of its input that conjuncts refer to.
func (p *puller) pass(out *plan.Project) {
	have := map[plan.ColumnID]bool{}
	for _, o := range out.Outputs {
		have[o.ID] = true
	}
	for _, t := range p.terms {
		plan.EachRef(t, func(r *plan.ColumnRef) {
			if p.inner[r.ID] && !have[r.ID] {
				have[r.ID] = true
				out.Outputs = append(out.Outputs, plan.Projection{Column: r.Column, Expr: r})
			}
		})
	}
}

// decorrelate joins q to sel.node, if that can be done, and reports whether it did.
func (sel *selection) decorrelate(q *subquery) (done bool, err error) {
	p := &puller{inner: map[plan.ColumnID]bool{}}
	defined(q.rel.node, p.inner)
	if q.kind == scalarValue {
		return sel.decorrelateScalar(q, p)
	}
	node := q.rel.node
	if l, ok := node.(*plan.Limit); ok && q.kind == existing && l.Offset == 0 && l.Count != 0 {
		node = l.Input // some row is as good as the first
	}
	if top, ok := node.(*plan.Project); ok && q.kind == existing {
		node = &plan.Project{Input: top.Input} // what is selected does not matter
	}
	node, ok := p.pull(node)
	if !ok || len(p.terms) == 0 || !sel.reaches(p) {
		return false, nil
	}
	q.rel.node = node
	j, err := sel.markJoin(q)
	if err != nil {
		return false, err
	}
	var residual []plan.Expr
	if j.Residual != nil {
		residual = append(residual, j.Residual)
	}
	for _, t := range p.terms {
		t = sel.above(t)
		if q.kind == existing {
			if l, r, ok := equiPair(t, idSet(j.Left), idSet(j.Right)); ok {
				var left, right []*plan.ColumnRef
				j.Left, left = sel.a.withColumns(j.Left, []plan.Expr{l})
				j.Right, right = sel.a.withColumns(j.Right, []plan.Expr{r})
				j.LeftKeys, j.RightKeys = append(j.LeftKeys, left[0].ID), append(j.RightKeys, right[0].ID)
				continue
			}
		}
		// A row for which the condition is not known is not among those that are compared.
		residual = append(residual, &plan.Coalesce{Args: []plan.Expr{t, plan.Bool(false, t.Pos())}, At: t.Pos()})
	}
	j.Residual = plan.Conjunction(residual)
	sel.node = j
	return true, nil
}

// reaches reports whether all columns that the conjuncts refer to outside are those of sel.node, above its
// grouping: not of a query further out.
func (sel *selection) reaches(p *puller) bool {
	ids := idSet(sel.node)
	ok := true
	for _, t := range p.terms {
		plan.EachRef(sel.above(t), func(r *plan.ColumnRef) { ok = ok && (p.inner[r.ID] || ids[r.ID]) })
	}
	return ok
}

// emptyCounts are the aggregates that are 0 for no rows; all others are NULL.
var emptyCounts = map[string]bool{"count": true, "count_if": true, "approx_distinct": true}

// decorrelateScalar plans a global aggregate whose rows are chosen by equalities: it becomes
// a grouping by them. Rows without a group get what the aggregate gives for no rows.
func (sel *selection) decorrelateScalar(q *subquery, p *puller) (done bool, err error) {
	project, ok := q.rel.node.(*plan.Project)
	if !ok {
		return false, nil
	}
	agg, ok := project.Input.(*plan.Aggregate)
	if !ok || len(agg.Keys) > 0 {
		return false, nil
	}
	for _, o := range project.Outputs {
		if p.isCorrelated(o.Expr) {
			return false, nil
		}
	}
	input, ok := p.pull(agg.Input)
	if !ok || !sel.reaches(p) {
		return false, nil
	}
	var outer, keys []plan.Expr
	outerIDs := idSet(sel.node)
	for _, t := range p.terms {
		o, k, ok := equiPair(sel.above(t), outerIDs, p.inner)
		if !ok {
			return false, nil
		}
		outer, keys = append(outer, o), append(keys, k)
	}
	input, keyRefs := sel.a.withColumns(input, keys)
	grouped := &plan.Aggregate{Input: input, Keys: refIDs(keyRefs), Aggs: agg.Aggs}
	left, outerRefs := sel.a.withColumns(sel.node, outer)
	sel.node = &plan.Join{Kind: plan.LeftJoin, Left: left, Right: grouped, LeftKeys: refIDs(outerRefs), RightKeys: refIDs(keyRefs)}

	values := map[plan.ColumnID]plan.Expr{}
	for _, a := range agg.Aggs {
		if emptyCounts[a.Fn.Name] {
			zero := plan.NewLiteral(a.Column.Type, int64(0), a.At)
			values[a.ID] = &plan.Coalesce{Args: []plan.Expr{ref(a.Column, a.At), zero}, At: a.At}
		}
	}
	result := q.rel.fields[0].column
	var value plan.Expr = ref(result, q.at)
	for _, o := range project.Outputs {
		if o.ID == result.ID {
			value = plan.Substitute(o.Expr, values)
		}
	}
	out := &plan.Project{Input: sel.node}
	for _, c := range left.Columns() {
		out.Outputs = append(out.Outputs, plan.Projection{Column: c, Expr: ref(c, q.at)})
	}
	out.Outputs = append(out.Outputs, plan.Projection{Column: q.column, Expr: value})
	sel.node = out
	return true, nil
}
