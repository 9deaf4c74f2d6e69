package exec

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// Random tables, and the answers of a few lines that do the same row by row.

// randomValues returns n values of few kinds, NULL among them.
func randomValues(r *rand.Rand, n, kinds int) []any {
	out := make([]any, n)
	for i := range out {
		if v := r.IntN(kinds + 1); v < kinds {
			out[i] = v
		}
	}
	return out
}

func show(v any) string {
	if v == nil {
		return "NULL"
	}
	return fmt.Sprint(v)
}

func TestRandomGroups(t *testing.T) {
	const seed = 7
	r := rand.New(rand.NewPCG(seed, seed))
	for _, rows := range []int{1, 5, 40, 200} {
		a, b, c := randomValues(r, rows, 3), randomValues(r, rows, 30), randomValues(r, rows, 2)
		var order []string
		count, sum := map[string]int{}, map[string]int{}
		for i := range rows {
			key := show(a[i]) + " " + show(b[i]) + " " + show(c[i])
			if count[key] == 0 {
				order = append(order, key)
			}
			count[key]++
			if b[i] != nil {
				sum[key] += b[i].(int)
			}
		}
		var want []string
		for _, key := range order {
			want = append(want, fmt.Sprint(key, " ", count[key], " ", sum[key]))
		}
		s := scanOf(tableOf("t", col("a", bigint, a...), col("b", bigint, b...), col("c", bigint, c...)), 1)
		check(t, &plan.Aggregate{Input: s, Keys: ids(s, "a", "b", "c"), Aggs: []plan.AggCall{agg("count", 10), agg("sum", 11, ref(s, "b"))}},
			strings.Join(want, "|"))
		for i, key := range order {
			want[i] = fmt.Sprint(key, " ", count[key])
		}
		check(t, &plan.Aggregate{Input: s, Keys: ids(s, "a", "b", "c"), Aggs: []plan.AggCall{agg("count", 10)}}, strings.Join(want, "|"))
		check(t, &plan.Aggregate{Input: s, Keys: ids(s, "a", "b", "c")}, strings.Join(order, "|"))

		order, seen := nil, map[string]map[any]bool{}
		for i := range rows {
			key := show(a[i])
			if seen[key] == nil {
				order, seen[key] = append(order, key), map[any]bool{}
			}
			if b[i] != nil {
				seen[key][b[i]] = true
			}
			count[key]++
		}
		want = nil
		for _, key := range order {
			want = append(want, fmt.Sprint(key, " ", len(seen[key]), " ", count[key], " 1"))
		}
		distinct, one := agg("count", 10, ref(s, "b")), agg("count", 12, num(1))
		distinct.Distinct, one.Distinct = true, true
		check(t, &plan.Aggregate{Input: s, Keys: ids(s, "a"), Aggs: []plan.AggCall{distinct, agg("count", 11), one}}, strings.Join(want, "|"))
	}
}

// equal3 is SQL's = of two values: 0 false, 1 unknown, 2 true.
func equal3(a, b any) int {
	switch {
	case a == nil || b == nil:
		return 1
	case a == b:
		return 2
	}
	return 0
}

func TestRandomJoins(t *testing.T) {
	const seed = 11
	r := rand.New(rand.NewPCG(seed, seed))
	for round := range 12 {
		rows := []int{0, 1, 6, 25}[round%4]
		keys := 1 + round%3
		var left, right [4][]any // up to three keys, and the row's number
		for k := range 3 {
			left[k], right[k] = randomValues(r, rows+3, 3), randomValues(r, rows, 3)
		}
		for i := range rows + 3 {
			left[3] = append(left[3], i)
		}
		for i := range rows {
			right[3] = append(right[3], i)
		}
		names := []string{"a", "b", "c"}[:keys]
		side := func(of [4][]any, first plan.ColumnID) *plan.Scan {
			return scanOf(tableOf("t", col("a", bigint, of[0]...), col("b", bigint, of[1]...), col("c", bigint, of[2]...), col("n", bigint, of[3]...)), first)
		}
		l, rt := side(left, 1), side(right, 11)
		residual := round%2 == 1
		var condition plan.Expr
		if residual { // left.c < right.c
			condition = callOf("less", ref(l, "c"), ref(rt, "c"))
		}
		// matches[i][j] says by three-valued logic whether the rows i and j belong together.
		matches := func(i, j int) int {
			m := 2
			for k := range keys {
				m = min(m, equal3(left[k][i], right[k][j]))
			}
			if residual {
				a, b := left[2][i], right[2][j]
				switch {
				case a == nil || b == nil:
					m = min(m, 1)
				case a.(int) >= b.(int):
					m = 0
				}
			}
			return m
		}
		for _, kind := range []plan.JoinKind{plan.InnerJoin, plan.LeftJoin, plan.RightJoin, plan.FullJoin} {
			var want []string
			used := map[int]bool{}
			for i := range left[3] {
				found := false
				for j := range right[3] {
					if matches(i, j) == 2 {
						want = append(want, fmt.Sprint(i, " ", j))
						found, used[j] = true, true
					}
				}
				if !found && (kind == plan.LeftJoin || kind == plan.FullJoin) {
					want = append(want, fmt.Sprint(i, " NULL"))
				}
			}
			for j := range right[3] {
				if !used[j] && (kind == plan.RightJoin || kind == plan.FullJoin) {
					want = append(want, fmt.Sprint("NULL ", j))
				}
			}
			j := &plan.Join{Kind: kind, Left: l, Right: rt, LeftKeys: ids(l, names...), RightKeys: ids(rt, names...), Residual: condition}
			check(t, &plan.Output{Input: j, IDs: []plan.ColumnID{4, 14}, Labels: []string{"l", "r"}}, strings.Join(want, "|"))
		}
		var want []string
		for i := range left[3] {
			best := 0
			for j := range right[3] {
				best = max(best, matches(i, j))
			}
			want = append(want, fmt.Sprint(i, " ", [...]string{"false", "NULL", "true"}[best]))
		}
		j := &plan.Join{Kind: plan.MarkJoin, Left: l, Right: rt, LeftKeys: ids(l, names...), RightKeys: ids(rt, names...), Residual: condition,
			Mark: plan.Column{ID: 30, Name: "m", Type: types.TBoolean}}
		check(t, &plan.Output{Input: j, IDs: []plan.ColumnID{4, 30}, Labels: []string{"l", "m"}}, strings.Join(want, "|"))
	}
}
