package exec

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// TestJoinsOfManyRowsTogether compares joins whose tables several goroutines make, and whose pairs they find, with those of one.
func TestJoinsOfManyRowsTogether(t *testing.T) {
	const seed = 7
	r := rand.New(rand.NewPCG(seed, seed))
	side := func(first plan.ColumnID, rows, kinds int) plan.Node {
		texts, numbers := make([]any, rows), make([]any, rows)
		for i := range rows {
			if r.IntN(50) > 0 {
				texts[i] = fmt.Sprint("text ", r.IntN(kinds))
			}
			if r.IntN(50) > 0 {
				numbers[i] = r.IntN(kinds)
			}
		}
		table := tableOf("t", col("s", types.TVarchar, texts...), col("n", bigint, numbers...))
		table.splitRows, table.groupRows, table.dictionaries = 6000, 3000, false
		s := scanOf(table, first)
		return &plan.Aggregate{Input: s, Keys: ids(s, "s", "n")} // which no worker joins split by split
	}
	left, right := side(1, 3000, 40), side(11, togetherRows*3/2, 400)
	many := &plan.Sort{Input: right.(*plan.Aggregate).Input, Keys: []plan.SortKey{{ID: id(right, "n")}}} // one key has many rows
	for name, n := range map[string]*plan.Join{
		"inner":              {Kind: plan.InnerJoin, Left: left, Right: right},
		"left":               {Kind: plan.LeftJoin, Left: left, Right: right},
		"right":              {Kind: plan.RightJoin, Left: left, Right: right},
		"full":               {Kind: plan.FullJoin, Left: left, Right: right},
		"mark":               {Kind: plan.MarkJoin, Left: left, Right: right, Mark: plan.Column{ID: 30, Name: "mark", Type: types.TBoolean}},
		"inner, a residual":  {Kind: plan.InnerJoin, Left: left, Right: right, Residual: callOf("less", ref(left, "n"), num(20))},
		"left of more rows":  {Kind: plan.LeftJoin, Left: right, Right: left},
		"inner, many to one": {Kind: plan.InnerJoin, Left: left, Right: many},
	} {
		n.LeftKeys, n.RightKeys = ids(n.Left, "s", "n"), ids(n.Right, "s", "n")
		var want string
		for _, c := range []config{{batchRows: 1024, workers: 1}, {batchRows: 1024, workers: 3}, {batchRows: 100, workers: 2, noDictionaries: true}} {
			got, err := run(n, runtimeOf(c))
			if err != nil {
				t.Fatalf("%s, %+v: %v", name, c, err)
			}
			if want == "" {
				want = got
			}
			if got != want {
				t.Errorf("%s, %+v: %d rows are others than the %d of one goroutine", name, c, strings.Count(got, "\n"), strings.Count(want, "\n"))
			}
		}
		if strings.Count(want, "\n") < 50 {
			t.Errorf("%s: the rows say little:\n%s", name, want)
		}
	}
}
