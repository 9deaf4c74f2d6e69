package exec

import (
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// noteCompact notes which columns of the scan below an aggregation may come as vector.UUIDs: those that are looked at
// by nothing but calls whose values workers find together.
func (b *builder) noteCompact(n *plan.Aggregate) {
	scan, ok := n.Input.(*plan.Scan)
	if !ok || b.rt.Env.NoDictionaries {
		return
	}
	left := map[plan.ColumnID]int{} // places where each is looked at otherwise
	plan.EachNodeRef(n, func(id plan.ColumnID) { left[id]++ })
	for i := range n.Aggs {
		if c := &n.Aggs[i]; countsDistinct(c) && c.Args[0].Type().Is(types.Varchar) {
			left[c.Args[0].(*plan.ColumnRef).ID]--
		}
	}
	compact := map[plan.ColumnID]bool{}
	for id, places := range left {
		if places == 0 {
			compact[id] = true
		}
	}
	b.compact[scan] = compact
}
