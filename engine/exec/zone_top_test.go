package exec

import (
	"testing"

	"github.com/ctlake/ctlake/sql/plan"
)

// Units of 14 rows, in whose order n grows: a top-N of n reads the units at one end.
func TestTopNReadsNoUnitsBeyondTheFirst(t *testing.T) {
	growing := func(null int) *memoryTable {
		var n []any
		for i := range 70 {
			if i == null {
				n = append(n, nil)
			} else {
				n = append(n, i/2)
			}
		}
		return tableOf("t", col("n", bigint, n...))
	}
	for _, c := range []struct {
		name       string
		null       int
		descending bool
		count      int64
		ties       bool
		want       string
		pruned     int64
	}{
		{"the last rows", -1, true, 3, false, "34|34|33", 4},
		{"the first rows", -1, false, 3, false, "0|0|1", 4},
		{"with ties", -1, true, 1, true, "34|34", 4},
		{"all rows of a unit", -1, false, 14, false, "0|0|1|1|2|2|3|3|4|4|5|5|6|6", 4},
		{"more than a unit has", -1, false, 15, false, "0|0|1|1|2|2|3|3|4|4|5|5|6|6|7", 3},
		{"a NULL in the last unit", 60, true, 3, false, "34|34|33", 3},
		{"a NULL in a unit between", 30, true, 3, false, "34|34|33", 3},
		{"more than there are", -1, true, 100, false, "", 0},
	} {
		s := scanOf(growing(c.null), 1)
		top := &plan.TopN{Input: s, Keys: []plan.SortKey{{ID: 1, Descending: c.descending}}, Count: c.count, WithTies: c.ties}
		if c.want != "" {
			check(t, top, c.want)
		}
		rt := runtimeOf(config{batchRows: 1024, workers: 2})
		if _, err := run(top, rt); err != nil {
			t.Fatal(err)
		}
		if got := rt.Counters.UnitsPruned.Load(); got != c.pruned {
			t.Errorf("%s: %d units pruned, want %d", c.name, got, c.pruned)
		}
	}
}
