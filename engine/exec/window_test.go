package exec

import (
	"testing"

	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// rowNumber counts the rows of its partition, rank the rows before its peers.
func windowFunction(of func(p *function.Partition, i int) int64) *function.ResolvedWindow {
	return &function.ResolvedWindow{Name: "test", Result: types.TBigint, Overload: &function.WindowOverload{
		New: func(function.Binding) (func(p *function.Partition) (vector.Vector, error), error) {
			return func(p *function.Partition) (vector.Vector, error) {
				out := make([]int64, p.N)
				for i := range out {
					out[i] = of(p, i)
				}
				return vector.NewFlat(types.TBigint, out, nil), nil
			}, nil
		},
	}}
}

var (
	rowNumber = windowFunction(func(_ *function.Partition, i int) int64 { return int64(i) + 1 })
	rank      = windowFunction(func(p *function.Partition, i int) int64 { return int64(p.PeerStart[i]) + 1 })
)

func TestWindow(t *testing.T) {
	s := scanOf(tableOf("t",
		col("p", varchar, "x", "y", "x", nil, "x", "y", nil, "x"),
		col("o", bigint, 3, 1, 1, 5, 3, nil, 4, 2),
		col("n", bigint, 1, 2, 3, 4, 5, 6, 7, 8),
		col("two", bigint, 2, 2, 2, 2, 2, 2, 2, 2)), 1)
	frame := func(mode plan.FrameMode, start, end plan.BoundKind) plan.Frame {
		f := plan.Frame{Mode: mode, Start: start, End: end}
		if start == plan.Preceding || start == plan.Following {
			f.StartOffset = ref(s, "two")
		}
		if end == plan.Preceding || end == plan.Following {
			f.EndOffset = ref(s, "two")
		}
		return f
	}
	order := []plan.SortKey{{ID: id(s, "o")}}
	over := func(keys []plan.ColumnID, order []plan.SortKey, c plan.WindowCall) plan.Node {
		c.Column = plan.Column{ID: 20, Name: "w", Type: bigint}
		if c.Aggregate != nil {
			c.Column.Type = c.Aggregate.Result
		} else {
			c.Column.Type = c.Fn.Result
		}
		w := &plan.Window{Input: s, PartitionBy: keys, OrderBy: order, Functions: []plan.WindowCall{c}}
		return &plan.Output{Input: w, IDs: ids(w, "n", "w"), Labels: []string{"n", "w"}}
	}
	list := func(f plan.Frame) plan.WindowCall {
		return plan.WindowCall{Aggregate: aggregateOf("list"), Args: []plan.Expr{ref(s, "n")}, Frame: f}
	}
	byP := ids(s, "p")
	whole := frame(plan.FrameRange, plan.UnboundedPreceding, plan.UnboundedFollowing)
	running := frame(plan.FrameRange, plan.UnboundedPreceding, plan.CurrentRow)
	// Within x: n = 3, 8, 1, 5 by o = 1, 2, 3, 3.
	check(t, over(byP, order, plan.WindowCall{Fn: rowNumber}), "3 1|8 2|1 3|5 4|2 1|6 2|7 1|4 2")
	check(t, over(byP, order, plan.WindowCall{Fn: rank}), "3 1|8 2|1 3|5 3|2 1|6 2|7 1|4 2")
	check(t, over(nil, nil, plan.WindowCall{Fn: rowNumber}), "1 1|2 2|3 3|4 4|5 5|6 6|7 7|8 8")
	check(t, over(nil, nil, plan.WindowCall{Fn: rank}), "1 1|2 1|3 1|4 1|5 1|6 1|7 1|8 1")
	check(t, over(byP, nil, list(whole)), "1 1 3 5 8|3 1 3 5 8|5 1 3 5 8|8 1 3 5 8|2 2 6|6 2 6|4 4 7|7 4 7")
	check(t, over(byP, order, list(running)), "3 3|8 3 8|1 3 8 1 5|5 3 8 1 5|2 2|6 2 6|7 7|4 7 4")
	check(t, over(byP, order, list(frame(plan.FrameRows, plan.UnboundedPreceding, plan.CurrentRow))),
		"3 3|8 3 8|1 3 8 1|5 3 8 1 5|2 2|6 2 6|7 7|4 7 4")
	check(t, over(byP, order, list(frame(plan.FrameRows, plan.Preceding, plan.CurrentRow))),
		"3 3|8 3 8|1 3 8 1|5 8 1 5|2 2|6 2 6|7 7|4 7 4")
	check(t, over(byP, order, list(frame(plan.FrameRows, plan.CurrentRow, plan.Following))),
		"3 3 8 1|8 8 1 5|1 1 5|5 5|2 2 6|6 6|7 7 4|4 4")
	check(t, over(byP, order, list(frame(plan.FrameRows, plan.Following, plan.UnboundedFollowing))),
		"3 1 5|8 5|1 |5 |2 |6 |7 |4 ")
	check(t, over(byP, order, list(frame(plan.FrameGroups, plan.CurrentRow, plan.CurrentRow))),
		"3 3|8 8|1 1 5|5 1 5|2 2|6 6|7 7|4 4")
	check(t, over(byP, order, list(frame(plan.FrameGroups, plan.Preceding, plan.Preceding))),
		"3 |8 |1 3|5 3|2 |6 |7 |4 ")

	c := list(whole)
	c.Args, c.Distinct = []plan.Expr{ref(s, "p")}, true
	check(t, over(nil, order, c), "2 y x|3 y x|8 y x|1 y x|5 y x|7 y x|4 y x|6 y x")

	negative := scanOf(tableOf("t", col("n", bigint, 1, 2), col("by", bigint, 1, -1)), 1)
	w := &plan.Window{Input: negative, Functions: []plan.WindowCall{{
		Column: plan.Column{ID: 20, Type: varchar}, Aggregate: aggregateOf("list"), Args: []plan.Expr{ref(negative, "n")},
		Frame: plan.Frame{Mode: plan.FrameRows, Start: plan.Preceding, StartOffset: ref(negative, "by"), End: plan.CurrentRow}}}}
	fails(t, w, "Window frame offset value must not be negative or null")
	check(t, &plan.Window{Input: scanOf(tableOf("none", col("n", bigint)), 1), Functions: []plan.WindowCall{
		{Column: plan.Column{ID: 20, Name: "w", Type: bigint}, Fn: rank}}}, "")
}
