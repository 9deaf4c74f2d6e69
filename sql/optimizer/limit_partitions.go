package optimizer

import (
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// limitPartitions notes at windows that rank rows how many of a partition the filter above them lets pass:
//
//	Filter place <= 3                                          Filter place <= 3
//	  Window partition by arn order by eventtime DESC:    →      Window … order by eventtime DESC top 3:
//	      place := row_number()                                      place := row_number()
//
// The filter stays. The rank of a row depends on the rows before it alone, so that the window may leave out
// rows that come later. With rank() rows that are equal to the last one are needed, too.
func limitPartitions(o *optimizer, n plan.Node) plan.Node {
	return plan.MapNodes(n, func(n plan.Node) plan.Node {
		f, ok := n.(*plan.Filter)
		if !ok {
			return n
		}
		w, ok := f.Input.(*plan.Window)
		if !ok || w.Top > 0 {
			return n
		}
		x := &extractor{types: map[plan.ColumnID]types.Type{}, utc: o.utc()}
		for _, c := range w.Functions {
			if c.Fn == nil {
				return n
			}
			switch c.Fn.Name {
			case "row_number", "rank", "dense_rank":
			default:
				return n
			}
			x.types[c.ID] = c.Type
		}
		top, ties := int64(0), false
		found := x.of(f.Predicate)
		for _, c := range w.Functions {
			d, ok := found[c.ID]
			if !ok || c.Fn.Name == "dense_rank" { // of how many rows cannot be said
				continue
			}
			r, ok := d.Bounds()
			if !ok || r.High == nil || d.IncludesNull() {
				continue
			}
			most, ok := r.High.(int64)
			if !ok || most < 1 || most > maxPartitionTop || top > 0 && most >= top {
				continue
			}
			top, ties = most, c.Fn.Name == "rank"
		}
		if top == 0 || ties && len(w.OrderBy) == 0 {
			return n
		}
		limited := *w
		limited.Top, limited.TopTies = top, ties
		return &plan.Filter{Input: &limited, Predicate: f.Predicate}
	})
}

// maxPartitionTop is up to how many rows of a partition choosing them is thought cheaper than sorting all.
const maxPartitionTop = 10_000
