package exec

import (
	"context"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Elements of arrays that nothing else of their rows is looked at with are given as they lie in their vector, but for those that
// a NULL row has: what comes out is what comes out row by row.
func TestUnnestOfElementsAlone(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 200 {
		rows := r.IntN(30)
		offsets, nulls := []int32{int32(r.IntN(3))}, vector.Bitmap(nil)
		for range rows {
			offsets = append(offsets, offsets[len(offsets)-1]+int32(max(r.IntN(8)-3, 0)))
		}
		if round%2 == 0 {
			nulls = vector.NewBitmap(rows)
			for i := range rows {
				if r.IntN(4) == 0 {
					nulls.Set(i) // NULL, though it has elements
				}
			}
		}
		values := make([]int64, int(offsets[rows])+r.IntN(3))
		for i := range values {
			values[i] = int64(i)
		}
		lists := vector.NewArray(types.ArrayOf(bigint), offsets, vector.NewFlat(bigint, values, nil), nulls)
		from := r.IntN(rows + 1)
		batch := &vector.Batch{Columns: []vector.Vector{vector.Slice(lists, from, rows)}, N: rows - from}
		all := func(kept bool) (out []int64) {
			u := &unnest{unnesting: &unnesting{collections: []int{0}, outputs: [][]bool{{true}}, kept: []bool{kept}, batchRows: 1 + round%9},
				input: &batchesOf{[]*vector.Batch{batch, batch}}}
			for {
				b, err := u.Next(t.Context())
				if err == io.EOF {
					return out
				}
				if err != nil || b.N > u.batchRows || b.N == 0 {
					t.Fatalf("%d rows of %d, %v", b.N, u.batchRows, err)
				}
				elements := vector.ViewOf[int64](b.Columns[1])
				for i := range b.N {
					out = append(out, elements.Get(i))
				}
			}
		}
		if got, want := all(false), all(true); !slices.Equal(got, want) {
			t.Fatalf("%v of offsets %v, NULL %v, not %v", got, offsets, nulls, want)
		}
	}
}

// Elements that are rows of a dictionary become columns of their own, beside a longer array, too.
func TestUnnestOfRowsInADictionary(t *testing.T) {
	row := types.RowOf(types.Field{Name: "s", Type: types.TVarchar}, types.Field{Name: "n", Type: bigint})
	entries := vector.NewRow(row, []vector.Vector{vector.NewFlat(types.TVarchar, []string{"a", "b"}, nil), vector.NewFlat(bigint, []int64{1, 2}, nil)}, 2, nil)
	rows := vector.NewArray(types.ArrayOf(row), []int32{0, 3, 4}, vector.NewDictionary([]int32{1, 0, 1, 0}, entries, vector.Bitmap{1 << 1}), nil)
	numbers := vector.NewArray(types.ArrayOf(bigint), []int32{0, 1, 3}, vector.NewFlat(bigint, []int64{7, 8, 9}, nil), nil)
	f := func(looked []bool, collections []int, want string) {
		t.Helper()
		u := &unnest{unnesting: &unnesting{collections: collections, outputs: [][]bool{looked, {true}}, kept: []bool{false, false}, batchRows: 10},
			input: &batchesOf{[]*vector.Batch{{Columns: []vector.Vector{rows, numbers}, N: 2}}}}
		b, err := u.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []byte
		for i := range b.N {
			for _, c := range b.Columns[2:] {
				got = append(vector.AppendText(got, c, i), ' ')
			}
		}
		if string(got) != want {
			t.Errorf("%v of %v: %s, not %s", looked, collections, got, want)
		}
	}
	f([]bool{true, true}, []int{0}, "b 2 null null b 2 a 1 ")
	f([]bool{false, true}, []int{0}, "null 2 null null null 2 null 1 ")
	f([]bool{true, true}, []int{0, 1}, "b 2 7 null null null b 2 null a 1 8 null null 9 ")
}

// batchesOf gives batches as they are.
type batchesOf struct{ batches []*vector.Batch }

func (o *batchesOf) Next(context.Context) (*vector.Batch, error) {
	if len(o.batches) == 0 {
		return nil, io.EOF
	}
	b := o.batches[0]
	o.batches = o.batches[1:]
	return b, nil
}

func (o *batchesOf) Close() error { return nil }
