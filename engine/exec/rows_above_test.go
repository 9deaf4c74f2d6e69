package exec

import (
	"io"
	"testing"

	"github.com/ctlake/ctlake/sql/plan"
)

// TestRowsAboveWindows has several goroutines filter what a window gives; an error comes where its row would.
func TestRowsAboveWindows(t *testing.T) {
	const rows, failing = 50, 30
	numbers, divisors := make([]any, rows), make([]any, rows)
	for i := range rows {
		numbers[i], divisors[i] = i, 1
	}
	divisors[failing], divisors[failing+1] = 0, 0 // the first of them is filtered out
	s := scanOf(tableOf("t", col("n", bigint, numbers...), col("d", bigint, divisors...)), 1)
	place := plan.Column{ID: 30, Name: "place", Type: bigint}
	w := &plan.Window{Input: s, OrderBy: []plan.SortKey{{ID: id(s, "n")}}, Functions: []plan.WindowCall{{Column: place, Fn: rowNumber}}}
	some := &plan.Filter{Input: w, Predicate: callOf("less", num(0), callOf("mod", ref(s, "n"), num(3)))}
	divided := plan.Column{ID: 31, Name: "n", Type: bigint}
	n := &plan.Project{Input: &plan.Filter{Input: some, Predicate: callOf("less", num(-1), callOf("div", ref(s, "n"), ref(s, "d")))},
		Outputs: []plan.Projection{{Column: divided, Expr: callOf("div", ref(s, "n"), ref(s, "d"))}, {Column: place, Expr: &plan.ColumnRef{Column: place}}}}
	fails(t, n, "Division by zero")

	op, err := Build(n, runtimeOf(config{batchRows: 1, workers: 3}))
	if err != nil {
		t.Fatal(err)
	}
	defer op.Close()
	given := 0
	for err == nil {
		b, e := op.Next(t.Context())
		if err = e; err == nil {
			given += b.N
		}
	}
	if err == io.EOF || given != failing*2/3 {
		t.Errorf("%v after %d rows, want an error after %d", err, given, failing*2/3)
	}
}
