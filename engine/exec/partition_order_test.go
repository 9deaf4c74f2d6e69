package exec

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// TestPartitionOrder compares what workers place, sort and make of keys and prefixes with rows that are numbered by a map and sorted one
// partition after the other.
func TestPartitionOrder(t *testing.T) {
	const seed = 11
	r := rand.New(rand.NewPCG(seed, seed))
	kinds := []types.Type{varchar, bigint, bigint, double, types.TTimestamp}
	var origin vector.Origin
	words := make([]string, 300)
	for i := range words {
		words[i] = fmt.Sprintf("arn:aws:iam::%03d", i)
	}
	batch := func(n int, text string) *vector.Batch {
		nulls := func(share int) vector.Bitmap {
			b := vector.NewBitmap(n)
			for i := range n {
				if r.IntN(share) == 0 {
					b.Set(i)
				}
			}
			return b
		}
		ids, texts, numbers := make([]int32, n), make([]string, n), make([]int64, n)
		extremes, doubles, times := make([]int64, n), make([]float64, n), make([]int64, n)
		for i := range n {
			ids[i] = int32(min(r.IntN(300), r.IntN(300)))
			texts[i] = words[ids[i]]
			numbers[i] = int64(r.IntN(20) - 10)
			extremes[i] = []int64{math.MinInt64, math.MinInt64 + 1, math.MaxInt64, math.MaxInt64 - 1, 0}[r.IntN(5)]
			doubles[i] = []float64{0, math.Copysign(0, -1), 1.5, math.NaN()}[r.IntN(4)]
			times[i] = 1000 * r.Int64N(1<<31)
		}
		var column vector.Vector = vector.NewFlat(varchar, texts, nulls(50))
		switch text {
		case "dictionary":
			column = vector.NewDictionary(ids, vector.NewFlat(varchar, words, nil), nulls(50))
		case "list":
			column = vector.NewDictionary(ids, vector.NewEntries(varchar, words, &origin), nil)
		}
		return &vector.Batch{N: n, Columns: []vector.Vector{column, vector.NewFlat(bigint, numbers, nulls(30)), vector.NewFlat(bigint, extremes, nil),
			vector.NewFlat(double, doubles, nil), vector.NewFlat(kinds[4], times, nulls(40))}}
	}
	many := []*vector.Batch{batch(minParallelSortRows, "list"), batch(3, "flat"), batch(minParallelSortRows, "dictionary")}
	for name, batches := range map[string][]*vector.Batch{"one row": {batch(1, "flat")}, "a few": {batch(0, "flat"), batch(200, "flat"), batch(90, "list")}, "many": many} {
		n := 0
		for _, b := range batches {
			n += b.N
		}
		all, err := concat(t.Context(), kinds, batches, n)
		if err != nil {
			t.Fatal(err)
		}
		texts := make([][]string, len(kinds)) // of each column, of each row
		for at, c := range all.Columns {
			texts[at] = rowTexts(c)
		}
		for _, c := range []struct {
			partition []int
			order     []int
			key       plan.SortKey
		}{
			{[]int{0}, []int{4}, plan.SortKey{}},
			{[]int{0}, []int{4}, plan.SortKey{Descending: true, NullsFirst: true}},
			{[]int{1, 0}, []int{4, 1}, plan.SortKey{NullsFirst: true}},
			{[]int{1}, []int{2}, plan.SortKey{Descending: true}}, // prefixes do not tell the values
			{[]int{3}, []int{0, 4}, plan.SortKey{}},              // zeros of one partition look different
			{[]int{4}, []int{4}, plan.SortKey{}},
			{nil, []int{4}, plan.SortKey{Descending: true}},
			{[]int{0}, nil, plan.SortKey{}},
			{nil, nil, plan.SortKey{}},
		} {
			order := ordering{at: c.order, keys: slices.Repeat([]plan.SortKey{c.key}, len(c.order))}
			compare := func(_, _ int32) int { return 0 }
			if len(c.order) > 0 {
				compare = order.comparer(all)
			}
			want := partitionsByMap(texts, c.partition, compare)
			for _, workers := range []int{1, 2} {
				o, err := newPartitionOrder(t.Context(), batches, n, kinds, c.partition, order, true, runtimeOf(config{batchRows: 1024, workers: workers}))
				if err != nil {
					t.Fatal(err)
				}
				if err := o.sortLarge(t.Context(), workers); err != nil {
					t.Fatal(err)
				}
				if err := o.sortAll(t.Context(), workers); err != nil {
					t.Fatal(err)
				}
				what := fmt.Sprintf("%s: by %v, order %v %+v, %d workers", name, c.partition, c.order, c.key, workers)
				if o.partitions() != len(want) {
					t.Fatalf("%s: %d partitions, want %d", what, o.partitions(), len(want))
				}
				for p, rows := range want {
					if got := o.numbers(p, p+1); !slices.Equal(got, rows) || o.firsts[p] != slices.Min(rows) {
						t.Fatalf("%s: partition %d has the rows %v, the first %d, want %v", what, p, got, o.firsts[p], rows)
					}
					for i := 1; i < len(rows); i++ {
						if at := o.begin(p) + i; o.peers(at-1, at) != (compare(rows[i-1], rows[i]) == 0) {
							t.Fatalf("%s: rows %d and %d of partition %d are peers: %v", what, i-1, i, p, o.peers(at-1, at))
						}
					}
				}
				for _, s := range o.steps()[:1] {
					got, rows := o.batch(s.first, s.last), slices.Concat(want[s.first:s.last]...)
					for at := range kinds {
						for i, text := range rowTexts(vector.Slice(got.Columns[at], 0, min(got.N, 2000))) {
							if text != texts[at][rows[i]] {
								t.Fatalf("%s: column %d of row %d is %s, want %s", what, at, i, text, texts[at][rows[i]])
							}
						}
					}
				}
			}
		}
	}
}

// partitionsByMap returns the rows of each partition in order, of columns whose rows have the given texts.
func partitionsByMap(texts [][]string, partition []int, compare func(i, j int32) int) [][]int32 {
	var out [][]int32
	number := map[string]int{}
	for i := range texts[0] {
		key := ""
		for _, at := range partition {
			if texts[at][i] == "-0.0" {
				key += "0.0 " // they are not distinct
			} else {
				key += texts[at][i] + " "
			}
		}
		g, ok := number[key]
		if !ok {
			g = len(out)
			number[key], out = g, append(out, nil)
		}
		out[g] = append(out[g], int32(i))
	}
	for _, rows := range out {
		slices.SortStableFunc(rows, compare)
	}
	return out
}

// rowTexts returns the text of each row.
func rowTexts(v vector.Vector) []string {
	out := make([]string, v.Len())
	for i := range out {
		if v.Nulls().Has(i) {
			out[i] = "NULL"
		} else {
			out[i] = string(vector.AppendText(nil, v, i))
		}
	}
	return out
}
