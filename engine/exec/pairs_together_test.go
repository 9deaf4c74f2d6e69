package exec

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// TestDistinctPairs compares what workers find together with what a list of the rows gives.
func TestDistinctPairs(t *testing.T) {
	const seed = 11
	r := rand.New(rand.NewPCG(seed, seed))
	for _, rows := range []int{0, 1, 40, 200} {
		texts := distinctTexts(r, rows, 4)
		a, b := randomValues(r, rows, 5), randomValues(r, rows, 30)
		s := scanOf(tableOf("t", col("s", types.TVarchar, texts...), col("a", bigint, a...), col("b", bigint, b...)), 1)
		distinct := func(newID plan.ColumnID, arg string) plan.AggCall {
			c := agg("count", newID, ref(s, arg))
			c.Distinct = true
			return c
		}
		check(t, &plan.Aggregate{Input: s, Keys: ids(s, "s", "a")}, linesOf(rows, func(i int) string { return show(texts[i]) + " " + show(a[i]) }))
		check(t, &plan.Aggregate{Input: s, Keys: ids(s, "a", "b")}, linesOf(rows, func(i int) string { return show(a[i]) + " " + show(b[i]) }))
		check(t, &plan.Aggregate{Input: s, Keys: ids(s, "a"), Aggs: []plan.AggCall{distinct(10, "s"), distinct(11, "b")}},
			linesOf(rows, func(i int) string {
				var own, others []any
				for k := range rows {
					if a[k] == a[i] {
						own, others = append(own, texts[k]), append(others, b[k])
					}
				}
				return fmt.Sprint(show(a[i]), " ", distinctOf(own), " ", distinctOf(others))
			}))
	}
}

// linesOf returns what row says of each of n rows, unless it has said so before.
func linesOf(n int, row func(i int) string) string {
	var out []string
	for i := range n {
		if text := row(i); !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return strings.Join(out, "|")
}

func TestPairSetKeepsEachPairOnceWithItsFirstRow(t *testing.T) {
	const workers, kinds = 3, 20_000
	set := &pairSet{ordered: true}
	err := together(context.Background(), workers, workers, func(w int) error {
		sink := newPairSink(set)
		for i := w; i < 3*kinds; i += workers {
			k := int32(i % kinds)
			sink.add([]int32{k}, []int32{k % 7}, []int64{int64(i)}, true)
			sink.flush(false)
		}
		sink.flush(true)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := set.compact(context.Background(), 2); err != nil {
		t.Fatal(err)
	}
	n := 0
	for i := range set.parts {
		for k, pair := range set.parts[i].pairs {
			n++
			if a, b := pair>>32, pair&lowNumbers; b != a%7 || set.parts[i].firsts[k] != int64(a) {
				t.Fatalf("the pair (%d, %d) was first in row %d", a, b, set.parts[i].firsts[k])
			}
		}
	}
	if want := kinds - (kinds+6)/7; n != want || n != set.count() {
		t.Errorf("%d pairs, want %d", n, want)
	}
}
