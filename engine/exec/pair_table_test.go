package exec

import (
	"math/rand/v2"
	"testing"
)

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

// Pairs of which one number, or the other, comes with one other mostly are numbered as a map does it, whichever it is and
// when they stop doing so; what find and list say is what add said.
func TestPairsThatGoTogether(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for _, odd := range []int{0, 1, 30} { // of 100 pairs: those that do not
		for _, swapped := range []bool{false, true} {
			table, want := newPairTable(), map[[2]int32]int32{}
			var order [][2]int32
			values := int32(1)
			for range 100 {
				a, b := make([]int32, 1000), make([]int32, 1000)
				for i := range a {
					values++
					b[i] = r.Int32N(values)
					a[i] = b[i] % 7
					if r.IntN(100) < odd {
						a[i] = r.Int32N(30)
					}
				}
				if swapped {
					a, b = b, a
				}
				codes := make([]int32, len(a))
				copy(codes, a)
				table.addAll(codes, b, func(i int) { order = append(order, [2]int32{a[i], b[i]}) })
				for i := range a {
					pair := [2]int32{a[i], b[i]}
					if _, known := want[pair]; !known {
						want[pair] = int32(len(want))
					}
					if codes[i] != want[pair] || table.find(a[i], b[i]) != want[pair] {
						t.Fatalf("%d odd: pair %v is called %d and %d, not %d", odd, pair, codes[i], table.find(a[i], b[i]), want[pair])
					}
				}
			}
			a, b := table.list()
			for i, pair := range order {
				if want[pair] != int32(i) || a[i] != pair[0] || b[i] != pair[1] {
					t.Fatalf("%d odd: pair %d is %v, listed as %d, %d", odd, i, pair, a[i], b[i])
				}
			}
			if len(a) != len(want) || table.find(31, 1<<30) != -1 || table.find(1<<30, 31) != -1 {
				t.Errorf("%d odd: %d pairs are listed, %d were seen", odd, len(a), len(want))
			}
			table.release()
		}
	}
}

// Many pairs at once are numbered as they are one by one, also in arrays that another table has left.
func TestPairsAtOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for _, spread := range []int32{1, 3, 40, 1000, 1 << 20} {
		for range 3 {
			table, one := newPairTable(), newPairTable()
			for range 60 {
				n := r.IntN(1200)
				a, b, news := make([]int32, n), make([]int32, n), 0
				for i := range a {
					a[i], b[i] = r.Int32N(spread), r.Int32N(spread)
				}
				want, wantNews := make([]int32, n), 0
				for i := range a {
					number, isNew := one.add(a[i], b[i])
					if want[i] = number; isNew {
						wantNews++
					}
				}
				table.addAll(a, b, func(i int) {
					if a[i] != want[i] {
						t.Fatalf("spread %d: new pair %d is called %d, not %d", spread, i, a[i], want[i])
					}
					news++
				})
				for i := range a {
					if a[i] != want[i] {
						t.Fatalf("spread %d: pair %d is called %d, not %d", spread, i, a[i], want[i])
					}
				}
				if news != wantNews || table.n != one.n {
					t.Fatalf("spread %d: %d pairs of %d are new, not %d", spread, news, table.n, wantNews)
				}
			}
			table.release()
		}
	}
}
