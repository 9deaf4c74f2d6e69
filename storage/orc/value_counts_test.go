package orc

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Values are counted as rows have them, in the order of their first rows, whatever the stripes, row groups and batches.
func TestValueCounts(t *testing.T) {
	inner := types.RowOf(types.Field{Name: "b", Type: types.TVarchar})
	schema := types.RowOf(types.Field{Name: "a", Type: types.TVarchar}, types.Field{Name: "r", Type: inner})
	counted := 0
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 1))
		var out bytes.Buffer
		w, err := NewWriter(&out, schema, WriterOptions{StripeRows: 1 + random.IntN(60), RowIndexStride: 1 + random.IntN(20),
			DictionaryThreshold: 1, CountValues: ValueLimits{Values: 8, Bytes: 100}})
		if err != nil {
			t.Fatal(err)
		}
		want := [2]map[string]int64{{}, {}}
		order := [2][]string{}
		note := func(column int, text string) {
			if want[column][text] == 0 {
				order[column] = append(order[column], text)
			}
			want[column][text]++
		}
		kinds, nullShare := 1+random.IntN(9), random.IntN(4)
		for range 1 + random.IntN(5) {
			n := 1 + random.IntN(40)
			texts, nested := [2][]string{make([]string, n), make([]string, n)}, vector.NewBitmap(n)
			nulls := [2]vector.Bitmap{vector.NewBitmap(n), vector.NewBitmap(n)}
			for i := range n {
				for c := range texts {
					texts[c][i] = fmt.Sprint("value ", random.IntN(kinds))
					if random.IntN(8) < nullShare {
						nulls[c].Set(i)
					}
				}
				if random.IntN(8) < nullShare {
					nested.Set(i)
				}
				for c := range texts {
					if nulls[c].Has(i) || c == 1 && nested.Has(i) {
						note(c, "NULL")
					} else {
						note(c, texts[c][i])
					}
				}
			}
			a, b := vector.NewFlat(types.TVarchar, texts[0], nulls[0]), vector.NewFlat(types.TVarchar, texts[1], nulls[1])
			if err := w.Write(&vector.Batch{N: n, Columns: []vector.Vector{a, vector.NewRow(inner, []vector.Vector{b}, n, nested)}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.FlushStripe(); err != nil {
			t.Fatal(err)
		}
		got := map[string][]ValueCount{}
		for _, c := range w.ValueCounts() {
			got[c.Path] = c.Values
		}
		for c, path := range []string{"a", "r.b"} {
			values, ok := got[path]
			if !ok {
				continue // a stripe without a dictionary, or too many values
			}
			text := ""
			for _, v := range values {
				if v.Null {
					v.Value = "NULL"
				}
				text += fmt.Sprintln(v.Value, v.Rows)
			}
			due := ""
			for _, v := range order[c] {
				due += fmt.Sprintln(v, want[c][v])
			}
			if text != due {
				t.Errorf("seed %d, column %s:\n%swant\n%s", seed, path, text, due)
			}
		}
		counted += len(got)
		if _, err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if counted < 30 {
		t.Errorf("%d columns of 120 were counted", counted)
	}
}
