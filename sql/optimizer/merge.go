package optimizer

import "github.com/ctlake/ctlake/sql/plan"

// mergeProjections makes one projection of two where nothing is then computed twice.
func mergeProjections(_ *optimizer, n plan.Node) plan.Node {
	return plan.MapNodes(n, func(n plan.Node) plan.Node {
		outer, ok := n.(*plan.Project)
		if !ok {
			return n
		}
		for {
			inner, ok := outer.Input.(*plan.Project)
			if !ok || !mergeable(outer, inner) {
				return outer
			}
			values := map[plan.ColumnID]plan.Expr{}
			for _, p := range inner.Outputs {
				values[p.ID] = p.Expr
			}
			merged := &plan.Project{Input: inner.Input}
			for _, p := range outer.Outputs {
				merged.Outputs = append(merged.Outputs, plan.Projection{Column: p.Column, Expr: plan.Substitute(p.Expr, values)})
			}
			outer = merged
		}
	})
}

// mergeable: every column of inner that costs something is used once at most, and not by a lambda.
func mergeable(outer, inner *plan.Project) bool {
	costly := map[plan.ColumnID]bool{}
	for _, p := range inner.Outputs {
		if isVolatile(p.Expr) {
			return false
		}
		costly[p.ID] = !isCheap(p.Expr)
	}
	ok := true
	used := map[plan.ColumnID]bool{}
	for _, p := range outer.Outputs {
		plan.EachRef(p.Expr, func(r *plan.ColumnRef) {
			if costly[r.ID] {
				ok = ok && !used[r.ID]
				used[r.ID] = true
			}
		})
		plan.Walk(p.Expr, func(e plan.Expr) bool {
			if l, isLambda := e.(*plan.Lambda); isLambda {
				plan.EachRef(l, func(r *plan.ColumnRef) { ok = ok && !costly[r.ID] })
			}
			return ok
		})
	}
	return ok
}

// removeIdentities removes projections that pass on just the columns of their input.
func removeIdentities(_ *optimizer, n plan.Node) plan.Node {
	return plan.MapNodes(n, func(n plan.Node) plan.Node {
		p, ok := n.(*plan.Project)
		if !ok || len(p.Outputs) != len(p.Input.Columns()) {
			return n
		}
		for _, o := range p.Outputs {
			if r, ok := o.Expr.(*plan.ColumnRef); !ok || r.ID != o.ID {
				return n
			}
		}
		return p.Input
	})
}
