package orc

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ctlake/ctlake/storage/vector"
)

// spread, held against one slot at a time.
func TestSpread(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 2000 {
		at, n := r.IntN(130), r.IntN(300)
		nulls := vector.NewBitmap(at + n)
		share := r.Float64()
		for i := range at + n {
			if block := r.IntN(4); block == 0 && i%64 == 0 && round%2 == 0 {
				share = []float64{0, 1, 0.5}[r.IntN(3)]
			}
			if r.Float64() < share {
				nulls.Set(i)
			}
		}
		var want []int64
		present := 0
		for i := range n {
			if nulls.Has(at + i) {
				want = append(want, 0)
				continue
			}
			present++
			want = append(want, int64(present))
		}
		got := make([]int64, n)
		for i := range got {
			got[i] = int64(i + 1)
		}
		spread(got, present, nulls, at)
		if !slices.Equal(got, want) {
			t.Fatalf("at %d, NULLs %x:\n%v\nwant\n%v", at, nulls, got, want)
		}
	}
}

func BenchmarkSpread(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	const n = 10_000
	nulls := vector.NewBitmap(n)
	for i := range n {
		if r.IntN(5) == 0 {
			nulls.Set(i)
		}
	}
	dst := make([]int32, n)
	b.SetBytes(4 * n)
	for b.Loop() {
		spread(dst, n-nulls.Count(n), nulls, 0)
	}
}
