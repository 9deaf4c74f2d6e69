package optimizer

import (
	"github.com/ctlake/ctlake/sql/plan"
)

// pruneColumns leaves out all that no one above needs: columns of scans, projections,
// aggregates, window functions and marks.
func pruneColumns(_ *optimizer, n plan.Node) plan.Node {
	return prune(n, idSet(n.Columns()))
}

// prune returns n with at least the needed columns.
func prune(n plan.Node, needed map[plan.ColumnID]bool) plan.Node {
	switch m := n.(type) {
	case *plan.Scan:
		return pruneScan(m, needed)
	case *plan.Values:
		return pruneValues(m, needed)
	case *plan.Project:
		p := &plan.Project{}
		for _, o := range m.Outputs {
			if needed[o.ID] {
				p.Outputs = append(p.Outputs, o)
			}
		}
		p.Input = prune(m.Input, refs(p, nil))
		return p
	case *plan.Aggregate:
		a := *m
		a.Aggs = nil
		for _, agg := range m.Aggs {
			if needed[agg.ID] {
				a.Aggs = append(a.Aggs, agg)
			}
		}
		if len(a.Aggs) == 0 && len(a.Keys) == 0 { // one row, whatever comes in
			return &plan.Values{Rows: [][]plan.Expr{{}}}
		}
		a.Input = prune(m.Input, refs(&a, nil))
		return &a
	case *plan.Join:
		return pruneJoin(m, needed)
	case *plan.Union:
		return pruneUnion(m, needed)
	case *plan.SetOperation: // all columns decide which rows are equal
		s := *m
		s.Left, s.Right = prune(m.Left, keySet(m.LeftMap)), prune(m.Right, keySet(m.RightMap))
		return &s
	case *plan.Recursion: // the working table has all columns
		r := *m
		r.Anchor, r.Step = prune(m.Anchor, keySet(m.AnchorMap)), prune(m.Step, keySet(m.StepMap))
		return &r
	case *plan.MatchRecognize:
		n := *m
		n.Emit, n.Measures = nil, nil
		for _, id := range m.Emit {
			if needed[id] {
				n.Emit = append(n.Emit, id)
			}
		}
		for _, p := range m.Measures {
			if needed[p.ID] {
				n.Measures = append(n.Measures, p)
			}
		}
		n.Input = prune(m.Input, refs(&n, nil))
		return &n
	case *plan.Window:
		w := *m
		w.Functions = nil
		for _, f := range m.Functions {
			if needed[f.ID] {
				w.Functions = append(w.Functions, f)
			}
		}
		if w.Functions == nil {
			return prune(m.Input, needed)
		}
		w.Input = prune(m.Input, refs(&w, needed))
		return &w
	}
	return plan.MapInputs(n, func(in plan.Node) plan.Node { return prune(in, refs(n, needed)) })
}

// refs returns the columns that n refers to, and those of more.
func refs(n plan.Node, more map[plan.ColumnID]bool) map[plan.ColumnID]bool {
	ids := make(map[plan.ColumnID]bool, len(more))
	for id := range more {
		ids[id] = true
	}
	plan.EachNodeRef(n, func(id plan.ColumnID) { ids[id] = true })
	return ids
}

// pruneScan keeps what is needed above, and reads what the filter needs without giving it on.
func pruneScan(n *plan.Scan, needed map[plan.ColumnID]bool) plan.Node {
	s := *n
	s.Outputs, s.Emit = nil, nil
	inFilter := map[plan.ColumnID]bool{}
	if n.Filter != nil {
		plan.EachRef(n.Filter, func(r *plan.ColumnRef) { inFilter[r.ID] = true })
	}
	emit := []plan.ColumnID{}
	for _, c := range n.Outputs {
		if needed[c.ID] {
			emit = append(emit, c.ID)
		}
		if needed[c.ID] || inFilter[c.ID] {
			s.Outputs = append(s.Outputs, c)
		}
	}
	if len(emit) < len(s.Outputs) {
		s.Emit = emit
	}
	return &s
}

func pruneValues(n *plan.Values, needed map[plan.ColumnID]bool) plan.Node {
	v := &plan.Values{Rows: make([][]plan.Expr, len(n.Rows))}
	for i, c := range n.Outputs {
		if !needed[c.ID] {
			continue
		}
		v.Outputs = append(v.Outputs, c)
		for r, row := range n.Rows {
			v.Rows[r] = append(v.Rows[r], row[i])
		}
	}
	return v
}

func pruneJoin(n *plan.Join, needed map[plan.ColumnID]bool) plan.Node {
	if n.Kind == plan.MarkJoin && !needed[n.Mark.ID] {
		return prune(n.Left, needed)
	}
	below := refs(n, needed)
	j := *n
	j.Left, j.Right = prune(n.Left, below), prune(n.Right, below)
	return &j
}

func pruneUnion(n *plan.Union, needed map[plan.ColumnID]bool) plan.Node {
	u := &plan.Union{Maps: make([][]plan.ColumnID, len(n.Maps))}
	for i, c := range n.Outputs {
		if !needed[c.ID] {
			continue
		}
		u.Outputs = append(u.Outputs, c)
		for b, ids := range n.Maps {
			u.Maps[b] = append(u.Maps[b], ids[i])
		}
	}
	for b, in := range n.Branches {
		u.Branches = append(u.Branches, prune(in, keySet(u.Maps[b])))
	}
	return u
}
