package exec

import (
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// noteCompact notes which columns of the scan below an aggregation may come as vector.UUIDs: those by which it groups, and
// those that it counts, if nothing else looks at them.
func (b *builder) noteCompact(n *plan.Aggregate) {
	scan, ok := n.Input.(*plan.Scan)
	if !ok || b.rt.Env.NoDictionaries {
		return
	}
	others := map[plan.ColumnID]int{} // places where each is looked at otherwise
	plan.EachNodeRef(n, func(id plan.ColumnID) { others[id]++ })
	for _, id := range n.Keys {
		others[id]--
	}
	for i := range n.Aggs {
		c := &n.Aggs[i]
		if c.Fn.Name != "count" || len(c.Args) != 1 || len(c.OrderBy) > 0 {
			continue
		}
		if ref, ok := c.Args[0].(*plan.ColumnRef); ok {
			others[ref.ID]--
		}
	}
	compact := map[plan.ColumnID]bool{}
	for _, c := range scan.Columns() {
		if places, used := others[c.ID]; used && places == 0 && c.Type.Is(types.Varchar) {
			compact[c.ID] = true
		}
	}
	b.compact[scan] = compact
}
