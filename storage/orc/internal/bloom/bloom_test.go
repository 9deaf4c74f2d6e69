package bloom

import (
	"fmt"
	"testing"
)

// TestFilter adds values and asks for them and for others.
func TestFilter(t *testing.T) {
	for _, n := range []int{0, 1, 10, 10_000} {
		size, k := Size(n, 0.01)
		f := Filter{Bits: make([]byte, size), K: k}
		if size%8 != 0 || !f.Valid() {
			t.Errorf("%d values: %d bytes, %d functions", n, size, k)
		}
		for i := range n {
			f.Add(HashBytes(fmt.Sprint("value ", i)))
		}
		wrong := 0
		for i := range n {
			if !f.Has(HashBytes([]byte(fmt.Sprint("value ", i)))) {
				t.Fatalf("value %d of %d is lost", i, n)
			}
			if f.Has(HashBytes(fmt.Sprint("other ", i))) {
				wrong++
			}
		}
		if wrong > n/40+1 {
			t.Errorf("%d of %d others", wrong, n)
		}
	}
	for _, f := range []Filter{{}, {Bits: make([]byte, 8)}, {Bits: make([]byte, 8), K: 1000}, {K: 3}} {
		if f.Valid() {
			t.Errorf("%+v is valid", f)
		}
	}
}
