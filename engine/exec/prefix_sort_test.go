package exec

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSortPrefixed compares each way of sorting, from its first number of rows on, with a stable sort.
func TestSortPrefixed(t *testing.T) {
	const seed = 5
	r := rand.New(rand.NewPCG(seed, seed))
	prefixes := map[string]func(i int) uint64{
		"any":        func(int) uint64 { return r.Uint64() },
		"few":        func(int) uint64 { return r.Uint64N(3) },
		"one":        func(int) uint64 { return 7 },
		"times":      func(int) uint64 { return 1<<63 + 1_700_000_000_000_000 + 1000*r.Uint64N(30*86400*1000) },
		"in order":   func(i int) uint64 { return uint64(i) << 40 },
		"with NULLs": func(i int) uint64 { return []uint64{0, 1<<63 + uint64(i), ^uint64(0)}[r.IntN(3)] },
	}
	for name, prefix := range prefixes {
		for _, n := range []int{0, 1, maxInsertedRows, maxInsertedRows + 1, minDistributedRows - 1, minDistributedRows, wideDigitRows, 5 * minParallelSortRows / 2} {
			rows, second := make([]prefixedRow, n), make([]int, n)
			for i := range rows {
				rows[i], second[i] = prefixedRow{prefix(i), int32(i)}, r.IntN(5)
			}
			for _, rest := range []func(i, j int32) int{nil, func(i, j int32) int { return second[i] - second[j] }} {
				want := slices.Clone(rows)
				slices.SortStableFunc(want, func(a, b prefixedRow) int {
					if a.prefix != b.prefix || rest == nil {
						return cmp.Compare(a.prefix, b.prefix)
					}
					return rest(a.row, b.row)
				})
				for _, workers := range []int{1, 2, 5} {
					if workers > 1 && n < minParallelSortRows {
						continue
					}
					got := slices.Clone(rows)
					if err := sortPrefixedTogether(t.Context(), got, make([]prefixedRow, n), rest, workers); err != nil || !slices.Equal(got, want) {
						t.Errorf("%s: %d rows, rest %v, %d workers: another order, %v", name, n, rest != nil, workers, err)
					}
				}
			}
		}
	}
}
