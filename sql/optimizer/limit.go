package optimizer

import "github.com/ctlake/ctlake/sql/plan"

// pushDownLimits moves LIMIT below what gives a row for each row, and into the branches of unions.
func pushDownLimits(_ *optimizer, n plan.Node) plan.Node {
	l, ok := n.(*plan.Limit)
	if !ok {
		return plan.MapInputs(n, func(in plan.Node) plan.Node { return pushDownLimits(nil, in) })
	}
	if l.Count == 0 {
		return &plan.Values{Outputs: l.Columns()}
	}
	switch in := l.Input.(type) {
	case *plan.Project:
		if volatileProject(in) {
			break
		}
		below := &plan.Limit{Input: in.Input, Offset: l.Offset, Count: l.Count}
		return &plan.Project{Input: pushDownLimits(nil, below), Outputs: in.Outputs}
	case *plan.Limit:
		if both, ok := mergeLimits(l, in); ok {
			return pushDownLimits(nil, both)
		}
	case *plan.Union:
		most := l.Offset + l.Count
		if l.Count < 0 || most < 0 || limited(in) {
			break
		}
		u := *in
		u.Branches = make([]plan.Node, len(in.Branches))
		for i, b := range in.Branches {
			u.Branches[i] = pushDownLimits(nil, &plan.Limit{Input: b, Count: most})
		}
		return &plan.Limit{Input: &u, Offset: l.Offset, Count: l.Count}
	}
	return plan.MapInputs(l, func(in plan.Node) plan.Node { return pushDownLimits(nil, in) })
}

func volatileProject(p *plan.Project) bool {
	for _, o := range p.Outputs {
		if isVolatile(o.Expr) {
			return true
		}
	}
	return false
}

// limited says whether the branches of u have limits already.
func limited(u *plan.Union) bool {
	for _, b := range u.Branches {
		if _, ok := b.(*plan.Limit); !ok {
			return false
		}
	}
	return true
}

// mergeLimits makes one limit of an outer and an inner one.
func mergeLimits(outer, inner *plan.Limit) (*plan.Limit, bool) {
	offset := outer.Offset + inner.Offset
	if offset < 0 {
		return nil, false // beyond the greatest bigint
	}
	count := outer.Count
	if inner.Count >= 0 {
		left := max(inner.Count-outer.Offset, 0)
		if count < 0 || left < count {
			count = left
		}
	}
	return &plan.Limit{Input: inner.Input, Offset: offset, Count: count}, true
}

// topN makes one node of a LIMIT over a sort: only the rows that are wanted are kept.
func topN(_ *optimizer, n plan.Node) plan.Node {
	return plan.MapNodes(n, func(n plan.Node) plan.Node {
		l, ok := n.(*plan.Limit)
		if !ok || l.Count < 0 || l.Offset+l.Count < 0 || l.Offset+l.Count > maxTopN {
			return n
		}
		s, ok := l.Input.(*plan.Sort)
		if !ok {
			return n
		}
		return &plan.TopN{Input: s.Input, Keys: s.Keys, Offset: l.Offset, Count: l.Count}
	})
}

// maxTopN is up to how many rows keeping the best ones is thought cheaper than sorting all.
const maxTopN = 1_000_000
