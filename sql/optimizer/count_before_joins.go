package optimizer

import (
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// countBeforeJoins counts the rows of each key of a join's small side before the join, where the pairs are only counted, by
// columns of the other side:
//
//	Sort n DESC, name                                Sort n DESC, name
//	  Aggregate name: n := count(*)                    Aggregate name: n := sum(w)
//	    InnerJoin: key = other                           InnerJoin: other = key
//	      small: key                             →         large: other, name
//	      large: other, name                               Aggregate key: w := count(*)
//	                                                         small: key
//
// So a row of the large side gives one pair, however many rows of the small one it meets, and need not be held. Groups may
// be found in another order, so that the rule asks for an order above that tells all groups apart.
func countBeforeJoins(o *optimizer, n plan.Node) plan.Node {
	if o.opts.Rows == nil {
		return n
	}
	return plan.MapNodes(n, func(n plan.Node) plan.Node {
		switch n := n.(type) {
		case *plan.Sort:
			if below, ok := o.countBefore(n.Input, n.Keys); ok {
				return &plan.Sort{Input: below, Keys: n.Keys}
			}
		case *plan.TopN:
			if below, ok := o.countBefore(n.Input, n.Keys); ok {
				top := *n
				top.Input = below
				return &top
			}
		}
		return n
	})
}

// smallSideShare is how many times as many rows the other side of a join must be thought to have for a side to be small.
const smallSideShare = 4

// countBefore rewrites an aggregation whose rows are ordered by keys.
func (o *optimizer) countBefore(n plan.Node, keys []plan.SortKey) (plan.Node, bool) {
	a, ok := n.(*plan.Aggregate)
	if !ok || len(a.Keys) == 0 || len(a.Aggs) == 0 {
		return nil, false
	}
	ordered := map[plan.ColumnID]bool{}
	for _, k := range keys {
		ordered[k.ID] = true
	}
	needed := map[plan.ColumnID]bool{}
	for _, id := range a.Keys {
		if !ordered[id] {
			return nil, false
		}
		needed[id] = true
	}
	for _, c := range a.Columns()[:len(a.Keys)] {
		if !c.Type.OneForm() {
			return nil, false
		}
	}
	for _, c := range a.Aggs {
		if c.Fn.Name != "count" || len(c.Args) > 0 || c.Distinct || c.Filter != nil {
			return nil, false
		}
	}
	var between []*plan.Project // above the join, of columns alone
	below := a.Input
	for {
		p, ok := below.(*plan.Project)
		if !ok {
			break
		}
		inputs := map[plan.ColumnID]bool{}
		for _, out := range p.Outputs {
			ref, ok := out.Expr.(*plan.ColumnRef)
			if !ok {
				return nil, false
			}
			if needed[out.ID] {
				inputs[ref.ID] = true
			}
		}
		between, needed, below = append(between, p), inputs, p.Input
	}
	j, ok := below.(*plan.Join)
	if !ok || j.Kind != plan.InnerJoin || len(j.LeftKeys) == 0 || j.Residual != nil {
		return nil, false
	}
	small, smallKeys, large, largeKeys := j.Left, j.LeftKeys, j.Right, j.RightKeys
	if !givesAll(large, needed) {
		small, smallKeys, large, largeKeys = large, largeKeys, small, smallKeys
	}
	if !givesAll(large, needed) || !(o.opts.Rows(small)*smallSideShare <= o.opts.Rows(large)) {
		return nil, false
	}
	sum, err := function.ResolveAggregate("sum", []function.Arg{{Type: types.TBigint}})
	if err != nil || !sum.Result.Equal(types.TBigint) {
		return nil, false
	}
	count := a.Aggs[0]
	count.Column = o.column(count.Column)
	var grouped []plan.ColumnID
	seen := map[plan.ColumnID]bool{}
	for _, id := range smallKeys {
		if !seen[id] {
			grouped = append(grouped, id)
		}
		seen[id] = true
	}
	var out plan.Node = &plan.Join{Kind: plan.InnerJoin, Left: large, LeftKeys: largeKeys, RightKeys: smallKeys,
		Right: &plan.Aggregate{Input: small, Keys: grouped, Aggs: []plan.AggCall{count}}}
	for i := len(between) - 1; i >= 0; i-- {
		p := &plan.Project{Input: out}
		given := columnsOf(out)
		for _, c := range between[i].Outputs {
			if given[c.Expr.(*plan.ColumnRef).ID] {
				p.Outputs = append(p.Outputs, c)
			}
		}
		p.Outputs = append(p.Outputs, plan.Projection{Column: count.Column, Expr: &plan.ColumnRef{Column: count.Column}})
		out = p
	}
	total := &plan.Aggregate{Input: out, Keys: a.Keys}
	for _, c := range a.Aggs {
		c.Fn, c.Args = sum, []plan.Expr{&plan.ColumnRef{Column: count.Column, At: c.At}}
		total.Aggs = append(total.Aggs, c)
	}
	return total, true
}

func columnsOf(n plan.Node) map[plan.ColumnID]bool {
	out := map[plan.ColumnID]bool{}
	for _, c := range n.Columns() {
		out[c.ID] = true
	}
	return out
}

// givesAll reports whether all columns are n's.
func givesAll(n plan.Node, columns map[plan.ColumnID]bool) bool {
	given := columnsOf(n)
	for id := range columns {
		if !given[id] {
			return false
		}
	}
	return true
}
