package optimizer

import (
	"github.com/ctlake/ctlake/sql/plan"
)

// pushDownPredicates moves conjuncts as far down as they may go: into the filters of
// scans, into the keys and residuals of joins, to both sides of unions.
func pushDownPredicates(o *optimizer, n plan.Node) plan.Node { return o.push(n, nil) }

// push returns n with the terms applied, in it or above it.
func (o *optimizer) push(n plan.Node, terms []plan.Expr) plan.Node {
	switch n := n.(type) {
	case *plan.Filter:
		// The filter's own conjuncts come first: what is above has seen only rows that passed them.
		return o.push(n.Input, append(plan.Conjuncts(n.Predicate), terms...))
	case *plan.Scan:
		if len(terms) == 0 {
			return n
		}
		s := *n
		s.Filter = plan.Conjunction(append(plan.Conjuncts(n.Filter), terms...))
		return &s
	case *plan.Project:
		return o.pushProject(n, terms)
	case *plan.Join:
		return o.pushJoin(n, terms)
	case *plan.Union:
		return o.pushUnion(n, terms)
	case *plan.SetOperation:
		return o.pushSetOperation(n, terms)
	case *plan.Apply:
		// The right side of an inner one sees fewer rows; it may fail for some of them, as the terms may not.
		down, up := partition(terms, func(e plan.Expr) bool { return hasRefs(e) && refersOnly(e, idSet(n.Left.Columns())) && movable(e) })
		return filtered(&plan.Apply{Outer: n.Outer, Left: o.push(n.Left, down), Right: o.push(n.Right, nil), Parameters: n.Parameters}, up)
	case *plan.Sort:
		down, up := partition(terms, func(e plan.Expr) bool { return !isVolatile(e) })
		return filtered(o.pushInput(n, down), up)
	case *plan.Unnest:
		return o.pushThrough(n, terms, idSet(n.Input.Columns()))
	case *plan.Aggregate:
		return o.pushThrough(n, terms, keySet(n.Keys))
	case *plan.Window:
		return o.pushThrough(n, terms, keySet(n.PartitionBy))
	case *plan.MatchRecognize:
		return o.pushThrough(n, terms, keySet(n.PartitionBy))
	}
	return filtered(plan.MapInputs(n, func(in plan.Node) plan.Node { return o.push(in, nil) }), terms)
}

// pushInput returns n over its one input with the terms pushed into that.
func (o *optimizer) pushInput(n plan.Node, terms []plan.Expr) plan.Node {
	return plan.MapInputs(n, func(in plan.Node) plan.Node { return o.push(in, terms) })
}

// pushThrough pushes what refers to the given columns only, and to one of them at least, through n.
// Which rows n sees of its input is decided by these columns alone, or by more.
func (o *optimizer) pushThrough(n plan.Node, terms []plan.Expr, ids map[plan.ColumnID]bool) plan.Node {
	down, up := partition(terms, func(e plan.Expr) bool { return hasRefs(e) && refersOnly(e, ids) && movable(e) })
	return filtered(o.pushInput(n, down), up)
}

func keySet(keys []plan.ColumnID) map[plan.ColumnID]bool {
	ids := make(map[plan.ColumnID]bool, len(keys))
	for _, k := range keys {
		ids[k] = true
	}
	return ids
}

func partition(terms []plan.Expr, is func(plan.Expr) bool) (yes, no []plan.Expr) {
	for _, t := range terms {
		if is(t) {
			yes = append(yes, t)
		} else {
			no = append(no, t)
		}
	}
	return yes, no
}

// pushProject puts what a projection computes in place of its columns.
func (o *optimizer) pushProject(n *plan.Project, terms []plan.Expr) plan.Node {
	values := map[plan.ColumnID]plan.Expr{}
	fixed := map[plan.ColumnID]bool{} // columns whose values must be computed once
	for _, p := range n.Outputs {
		if ref, ok := p.Expr.(*plan.ColumnRef); ok && ref.ID == p.ID {
			continue
		}
		if isVolatile(p.Expr) {
			fixed[p.ID] = true
		} else {
			values[p.ID] = p.Expr
		}
	}
	down, up := partition(terms, func(e plan.Expr) bool {
		ok := !isVolatile(e)
		plan.EachRef(e, func(r *plan.ColumnRef) { ok = ok && !fixed[r.ID] })
		return ok && !inLambda(e, values)
	})
	for i, t := range down {
		down[i] = plan.Substitute(t, values)
	}
	return filtered(o.pushInput(n, down), up)
}

// inLambda reports whether a lambda in e refers to a column whose value is not cheap: it would be computed for each element.
func inLambda(e plan.Expr, values map[plan.ColumnID]plan.Expr) bool {
	found := false
	plan.Walk(e, func(e plan.Expr) bool {
		if l, ok := e.(*plan.Lambda); ok {
			plan.EachRef(l, func(r *plan.ColumnRef) { found = found || values[r.ID] != nil && !isCheap(values[r.ID]) })
		}
		return !found
	})
	return found
}

// pushJoin gives each side of a join what concerns it alone, unless the join makes rows of NULLs of that side.
func (o *optimizer) pushJoin(n *plan.Join, terms []plan.Expr) plan.Node {
	left, right := idSet(n.Left.Columns()), idSet(n.Right.Columns())
	toLeft := func(e plan.Expr) bool { return hasRefs(e) && refersOnly(e, left) && movable(e) }
	toRight := func(e plan.Expr) bool { return hasRefs(e) && refersOnly(e, right) && movable(e) }
	j := *n
	j.Kind = innerIfFiltered(n, terms, left, right)
	var leftTerms, rightTerms []plan.Expr
	switch j.Kind {
	case plan.InnerJoin, plan.CrossJoin:
		terms = append(terms[:len(terms):len(terms)], plan.Conjuncts(n.Residual)...)
		leftTerms, terms = partition(terms, toLeft)
		rightTerms, terms = partition(terms, toRight)
		terms = o.joinKeys(&j, terms, left, right)
		var residual []plan.Expr
		residual, terms = partition(terms, movable)
		j.Residual = plan.Conjunction(residual)
		if len(j.LeftKeys) > 0 || residual != nil {
			j.Kind = plan.InnerJoin
		}
	case plan.LeftJoin:
		leftTerms, terms = partition(terms, toLeft)
		// Right rows that do not fulfil the condition match nothing, so they may go before.
		var residual []plan.Expr
		rightTerms, residual = partition(plan.Conjuncts(n.Residual), toRight)
		j.Residual = plan.Conjunction(residual)
	case plan.RightJoin:
		rightTerms, terms = partition(terms, toRight)
		var residual []plan.Expr
		leftTerms, residual = partition(plan.Conjuncts(n.Residual), toLeft)
		j.Residual = plan.Conjunction(residual)
	case plan.MarkJoin:
		leftTerms, terms = partition(terms, toLeft)
	}
	j.Left, j.Right = o.push(j.Left, leftTerms), o.push(j.Right, rightTerms)
	return filtered(&j, terms)
}

// joinKeys takes the equalities between the sides of j out of terms and makes them its keys.
func (o *optimizer) joinKeys(j *plan.Join, terms []plan.Expr, left, right map[plan.ColumnID]bool) []plan.Expr {
	var rest []plan.Expr
	j.LeftKeys, j.RightKeys = j.LeftKeys[:len(j.LeftKeys):len(j.LeftKeys)], j.RightKeys[:len(j.RightKeys):len(j.RightKeys)]
	for _, t := range terms {
		l, r := equalSides(t, left, right)
		if l == nil {
			rest = append(rest, t)
			continue
		}
		var key plan.ColumnID
		j.Left, key = o.keyColumn(j.Left, l)
		j.LeftKeys = append(j.LeftKeys, key)
		j.Right, key = o.keyColumn(j.Right, r)
		j.RightKeys = append(j.RightKeys, key)
	}
	return rest
}

// equalSides returns the sides of an equality, the one of left columns first, or nil. They may be such
// as can fail: a cross join would compute them for every row, too, unless its other side is empty.
func equalSides(e plan.Expr, left, right map[plan.ColumnID]bool) (l, r plan.Expr) {
	c, ok := e.(*plan.Call)
	if !ok || c.Fn.Name != "$equal" || isVolatile(e) || !c.Args[0].Type().Equal(c.Args[1].Type()) {
		return nil, nil
	}
	l, r = c.Args[0], c.Args[1]
	if !hasRefs(l) || !hasRefs(r) {
		return nil, nil
	}
	switch {
	case refersOnly(l, left) && refersOnly(r, right):
		return l, r
	case refersOnly(l, right) && refersOnly(r, left):
		return r, l
	}
	return nil, nil
}

// keyColumn returns n with a column that has the value of e.
func (o *optimizer) keyColumn(n plan.Node, e plan.Expr) (plan.Node, plan.ColumnID) {
	if r, ok := e.(*plan.ColumnRef); ok {
		return n, r.ID
	}
	p := &plan.Project{Input: n}
	for _, c := range n.Columns() {
		p.Outputs = append(p.Outputs, plan.Projection{Column: c, Expr: &plan.ColumnRef{Column: c}})
	}
	key := o.column(plan.Column{Name: "key", Type: e.Type()})
	p.Outputs = append(p.Outputs, plan.Projection{Column: key, Expr: e})
	return p, key.ID
}

// pushUnion filters every branch instead of all of them together.
func (o *optimizer) pushUnion(n *plan.Union, terms []plan.Expr) plan.Node {
	down, up := partition(terms, func(e plan.Expr) bool { return !isVolatile(e) })
	u := *n
	u.Branches = make([]plan.Node, len(n.Branches))
	for i, b := range n.Branches {
		u.Branches[i] = o.push(b, mapped(down, n.Outputs, b, n.Maps[i]))
	}
	return filtered(&u, up)
}

// pushSetOperation filters both sides: rows that are not wanted decide about no others.
func (o *optimizer) pushSetOperation(n *plan.SetOperation, terms []plan.Expr) plan.Node {
	down, up := partition(terms, func(e plan.Expr) bool { return hasRefs(e) && movable(e) })
	s := *n
	s.Left = o.push(n.Left, mapped(down, n.Outputs, n.Left, n.LeftMap))
	s.Right = o.push(n.Right, mapped(down, n.Outputs, n.Right, n.RightMap))
	return filtered(&s, up)
}

// mapped returns terms over the columns of in that outputs are taken from.
func mapped(terms []plan.Expr, outputs []plan.Column, in plan.Node, ids []plan.ColumnID) []plan.Expr {
	if len(terms) == 0 {
		return nil
	}
	columns := map[plan.ColumnID]plan.Column{}
	for _, c := range in.Columns() {
		columns[c.ID] = c
	}
	values := map[plan.ColumnID]plan.Expr{}
	for i, out := range outputs {
		values[out.ID] = &plan.ColumnRef{Column: columns[ids[i]]}
	}
	out := make([]plan.Expr, len(terms))
	for i, t := range terms {
		out[i] = plan.Substitute(t, values)
	}
	return out
}
