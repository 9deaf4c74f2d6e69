package exec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/sql/plan"
)

// keyTable has n rows: k is a number below keys, NULL in every seventh row, and v the number of the row.
func keyTable(name string, n, keys int, first plan.ColumnID) (*plan.Scan, []any) {
	var k, v []any
	for i := range n {
		v = append(v, i)
		if k = append(k, i*5%keys); i%7 == 6 {
			k[i] = nil
		}
	}
	return scanOf(tableOf(name, col("k", bigint, k...), col("v", bigint, v...)), first), k
}

// A join reads the side first that is expected to be small, and the other one only where it has keys of that.
func TestJoinsTellScansTheirKeys(t *testing.T) {
	for _, c := range []struct {
		name        string
		left, right int // rows
		kind        plan.JoinKind
		matched     func(pairedLeft, pairedRight int) int // rows that the scans give
	}{
		{"few left rows", 4, 300, plan.InnerJoin, func(_, right int) int { return 4 + right }},
		{"few left rows, all of them wanted", 4, 300, plan.LeftJoin, func(_, right int) int { return 4 + right }},
		{"few right rows", 300, 4, plan.InnerJoin, func(left, _ int) int { return left + 4 }},
		{"few right rows, all of them wanted", 300, 4, plan.RightJoin, func(left, _ int) int { return left + 4 }},
		{"left rows without a partner wanted", 300, 4, plan.LeftJoin, func(_, _ int) int { return 304 }},
		{"all rows wanted", 4, 300, plan.FullJoin, func(_, _ int) int { return 304 }},
	} {
		l, lk := keyTable("l", c.left, 100, 1)
		r, rk := keyTable("r", c.right, 100, 11)
		var lines, rest []string
		lefts, rights := map[int]bool{}, map[int]bool{}
		for i, a := range lk {
			for j, b := range rk {
				if a != nil && a == b {
					lines = append(lines, fmt.Sprint(i, " ", j))
					lefts[i], rights[j] = true, true
				}
			}
			if !lefts[i] && (c.kind == plan.LeftJoin || c.kind == plan.FullJoin) {
				lines = append(lines, fmt.Sprint(i, " NULL"))
			}
		}
		for j := range rk {
			if !rights[j] && (c.kind == plan.RightJoin || c.kind == plan.FullJoin) {
				rest = append(rest, fmt.Sprint("NULL ", j))
			}
		}
		j := &plan.Join{Kind: c.kind, Left: l, Right: r, LeftKeys: ids(l, "k"), RightKeys: ids(r, "k")}
		out := &plan.Output{Input: j, IDs: []plan.ColumnID{2, 12}, Labels: []string{"l", "r"}}
		t.Run(c.name, func(t *testing.T) {
			check(t, out, strings.Join(append(lines, rest...), "|"))
			rt := runtimeOf(config{batchRows: 1024, workers: 2})
			if _, err := run(out, rt); err != nil {
				t.Fatal(err)
			}
			if got, want := rt.Counters.RowsMatched.Load(), c.matched(len(lefts), len(rights)); got != int64(want) {
				t.Errorf("the scans gave %d rows, want %d", got, want)
			}
		})
	}
}

// More left rows than were expected: the join is done as if nothing had been read.
func TestJoinOfAnUnexpectedlyLargeLeftSide(t *testing.T) {
	l, _ := keyTable("l", 40, 1, 1)
	r, _ := keyTable("r", 90, 1, 11)
	l.Filter = callOf("less", num(-1), ref(l, "v")) // of which half is expected
	j := &plan.Join{Kind: plan.InnerJoin, Left: l, Right: r, LeftKeys: ids(l, "k"), RightKeys: ids(r, "k")}
	sum := &plan.Aggregate{Input: j, Aggs: []plan.AggCall{agg("count", 30, ref(j, "v"))}}
	check(t, sum, fmt.Sprint(35*78))
}

// What is known of a semi-join's right side counts where the mark must be true.
func TestSemiJoinTellsItsKeys(t *testing.T) {
	l, lk := keyTable("l", 300, 100, 1)
	r := scanOf(tableOf("r", col("k", bigint, 5, nil, 10)), 11)
	j := &plan.Join{Kind: plan.MarkJoin, Left: l, Right: r, LeftKeys: ids(l, "k"), RightKeys: ids(r, "k"),
		Mark: plan.Column{ID: 30, Name: "m", Type: boolean}}
	f := &plan.Filter{Input: j, Predicate: &plan.ColumnRef{Column: j.Mark}}
	var lines []string
	for i, k := range lk {
		if k == 5 || k == 10 {
			lines = append(lines, fmt.Sprint(i))
		}
	}
	out := &plan.Output{Input: f, IDs: []plan.ColumnID{2}, Labels: []string{"v"}}
	check(t, out, strings.Join(lines, "|"))
	rt := runtimeOf(config{batchRows: 1024, workers: 2})
	if _, err := run(out, rt); err != nil {
		t.Fatal(err)
	}
	if got := rt.Counters.RowsMatched.Load(); got != int64(len(lines)+3) {
		t.Errorf("the scans gave %d rows, want %d", got, len(lines)+3)
	}
}
