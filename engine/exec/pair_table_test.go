package exec

import "testing"

// A pair table must number pairs as a map does, while it grows from one form into the other.
func TestPairTable(t *testing.T) {
	for _, spread := range []int32{1, 3, 40, 1000, 1 << 20, 1<<31 - 1} {
		table, want := newPairTable(), map[[2]int32]int32{}
		x := uint32(1)
		next := func() int32 { x = x*1664525 + 1013904223; return int32(x>>1) % spread }
		for range 20_000 {
			a, b := next(), next()
			number, known := want[[2]int32{a, b}]
			if found := table.find(a, b); known && found != number || !known && found != -1 {
				t.Fatalf("spread %d: find(%d, %d) is %d, want %d", spread, a, b, found, number)
			}
			if !known {
				number = int32(len(want))
				want[[2]int32{a, b}] = number
			}
			if got, isNew := table.add(a, b); got != number || isNew == known {
				t.Fatalf("spread %d: add(%d, %d) is %d, %v, want %d", spread, a, b, got, isNew, number)
			}
		}
		if table.n != len(want) {
			t.Errorf("spread %d: %d pairs, want %d", spread, table.n, len(want))
		}
	}
}
