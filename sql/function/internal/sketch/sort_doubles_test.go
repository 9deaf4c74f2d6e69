package sketch

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestDoublesAreSortedByTheirBytes(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, of := range []func() float64{
		func() float64 { return 1_700_000_000 + float64(r.IntN(86_400)) },
		func() float64 { return r.NormFloat64() },
		func() float64 { return float64(r.IntN(3)) - 1.5 },
		func() float64 { return r.ExpFloat64() * 1e300 },
	} {
		for _, n := range []int{0, 1, minRadix - 1, minRadix, 1000} {
			values := make([]float64, n)
			for i := range values {
				values[i] = of()
			}
			want := slices.Sorted(slices.Values(values))
			if sortDoubles(values); !slices.Equal(values, want) {
				t.Fatalf("%d values are out of order", n)
			}
		}
	}
}

func TestHyperLogLogOfHashesInAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, n := range []int{1, maxSorted, maxSorted + 1, 100, 250, 400} {
		hashes := make([]uint64, n)
		for i := range hashes {
			hashes[i] = r.Uint64() &^ (r.Uint64() & 0xff << 30) // with runs of zeros
		}
		one, parts := NewHyperLogLog(2048), NewHyperLogLog(2048)
		for _, h := range hashes {
			one.Add(h)
		}
		for len(hashes) > 0 {
			part := NewHyperLogLog(2048)
			size := 1 + r.IntN(len(hashes))
			for _, h := range hashes[:size] {
				part.Add(h)
				part.Add(h)
			}
			if part.Cardinality(); r.IntN(2) == 0 {
				part.Add(hashes[0])
			}
			if err := parts.Merge(part); err != nil {
				t.Fatal(err)
			}
			hashes = hashes[size:]
		}
		if !slices.Equal(one.Append(nil), parts.Append(nil)) {
			t.Errorf("%d hashes give another sketch in parts", n)
		}
		if read, err := ReadHyperLogLog(string(one.Append(nil))); err != nil || !slices.Equal(read.Append(nil), one.Append(nil)) {
			t.Errorf("%d hashes are read otherwise: %v", n, err)
		}
	}
}
