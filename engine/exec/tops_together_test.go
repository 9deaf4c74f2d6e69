package exec

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// TestTopsOfPartitions compares windows that leave rows out with those that do not.
func TestTopsOfPartitions(t *testing.T) {
	const seed = 9
	r := rand.New(rand.NewPCG(seed, seed))
	for _, rows := range []int{0, 1, 150} {
		names, numbers, times := make([]any, rows), make([]any, rows), make([]any, rows)
		for i := range rows {
			times[i] = i / 3 // the last ones are read first
			names[i], numbers[i] = strings.Repeat("n", r.IntN(4))+"ame"+string(rune('a'+r.IntN(3))), i
		}
		s := scanOf(tableOf("t", col("a", bigint, randomValues(r, rows, 6)...), col("b", bigint, randomValues(r, rows, 5)...),
			col("s", types.TVarchar, names...), col("n", bigint, numbers...), col("t", bigint, times...)), 1)
		less := callOf("less", ref(s, "n"), num(3*rows/4))
		for _, partition := range [][]plan.ColumnID{nil, ids(s, "a"), ids(s, "s"), ids(s, "s", "a")} {
			for _, order := range [][]plan.SortKey{nil, {{ID: id(s, "b")}}, {{ID: id(s, "b"), Descending: true, NullsFirst: true}},
				{{ID: id(s, "s")}}, {{ID: id(s, "b")}, {ID: id(s, "s")}}, {{ID: id(s, "t"), Descending: true}}} {
				for _, top := range []int64{1, 3} {
					place := plan.Column{ID: 30, Name: "place", Type: bigint}
					w := &plan.Window{Input: &plan.Filter{Input: s, Predicate: less}, PartitionBy: partition, OrderBy: order,
						Functions: []plan.WindowCall{{Column: place, Fn: rowNumber}}}
					n := &plan.Filter{Input: w, Predicate: callOf("less", &plan.ColumnRef{Column: place}, num(int(top)+1))}
					setDictionaries(n, false)
					want, err := run(n, runtimeOf(config{batchRows: 1024, workers: 1}))
					if err != nil {
						t.Fatal(err)
					}
					limited := *w
					limited.Top = top
					check(t, &plan.Filter{Input: &limited, Predicate: n.Predicate}, strings.ReplaceAll(strings.TrimSuffix(want, "\n"), "\n", "|"))
				}
			}
		}
	}
}
