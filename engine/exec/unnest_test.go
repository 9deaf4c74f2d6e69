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
