package exec

import (
	"math"
	"slices"
	"testing"
)

// TestAskedOfPlace holds what is made of strpos(text, …) < 3 and the like against the comparison of all places.
func TestAskedOfPlace(t *testing.T) {
	numbers := []int64{math.MinInt64, -1, 0, 1, 2, 3, 7, math.MaxInt64 - 1, math.MaxInt64}
	places := slices.Concat(numbers[3:], []int64{4, 5, 6, 8, 1 << 40, math.MaxInt64 - 2})
	for name, holds := range holdsFor {
		for _, flipped := range []bool{false, true} {
			for _, number := range numbers {
				test := holds
				if flipped {
					test = func(a, b int64) bool { return holds(b, a) }
				}
				there, without, exact := askedOfPlace(test, number)
				all := !slices.ContainsFunc(places, func(p int64) bool { return !test(p, number) })
				none := !slices.ContainsFunc(places, func(p int64) bool { return test(p, number) })
				absent := test(0, number)
				if there != !absent || without != (absent && none) || exact != (!absent && all || absent && none) {
					t.Errorf("a place %s %d, flipped %v: there %v, without %v, exact %v", name, number, flipped, there, without, exact)
				}
			}
		}
	}
}
