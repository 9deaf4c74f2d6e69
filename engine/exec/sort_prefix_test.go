package exec

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// TestPrefixesKeepOrder compares prefixes with the order of the rows, and what is sorted by them with a stable sort.
func TestPrefixesKeepOrder(t *testing.T) {
	nulls := vector.NewBitmap(9)
	nulls.Set(2)
	nulls.Set(7)
	columns := map[string]vector.Vector{
		"bigint":  vector.NewFlat(types.TBigint, []int64{3, math.MaxInt64, 0, math.MinInt64, math.MinInt64 + 1, -1, 3, 5, math.MaxInt64 - 1}, nulls),
		"double":  vector.NewFlat(types.TDouble, []float64{math.NaN(), math.Inf(1), 0, math.Copysign(0, -1), 0, -1e-310, math.Inf(-1), 1, 2.5}, nulls),
		"boolean": vector.NewFlat(types.TBoolean, []bool{true, false, false, true, false, false, true, true, true}, nulls),
		"varchar": vector.NewFlat(types.TVarchar, []string{"", "a", "x", "a\x00", "aaaaaaaab", "aaaaaaaaa", "aaaaaaaa", "y", "\xff\xff\xff\xff\xff\xff\xff\xff\xff"}, nulls),
		"dictionary": vector.NewDictionary([]int32{0, 1, 0, 1, 2, 2, 0, 0, 1},
			vector.NewFlat(types.TVarchar, []string{"b", "c", "a"}, nil), nulls),
		"constant": vector.NewConstant(vector.NewFlat(types.TBigint, []int64{4}, nil), 9),
	}
	for name, v := range columns {
		for _, k := range []plan.SortKey{{}, {NullsFirst: true}, {Descending: true}, {Descending: true, NullsFirst: true}} {
			o := ordering{at: []int{0}, keys: []plan.SortKey{k}}
			b := &vector.Batch{Columns: []vector.Vector{v}, N: v.Len()}
			compare := o.comparer(b)
			prefixes, exact := sortPrefixes(v, k, nil)
			for i := range int32(b.N) {
				for j := range int32(b.N) {
					p, c := cmp.Compare(prefixes[i], prefixes[j]), compare(i, j)
					if p != 0 && p != cmp.Compare(c, 0) || p == 0 && exact && c != 0 {
						t.Errorf("%s %+v: rows %d and %d compare as %d, their prefixes as %d (exact: %v)", name, k, i, j, c, p, exact)
					}
				}
			}
			want := make([]int32, b.N)
			for i := range want {
				want[i] = int32(i)
			}
			slices.SortStableFunc(want, compare)
			order := o.orderOf(b)
			if got, err := order.all(t.Context(), b.N, 2); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s %+v: sorted %v, want %v, %v", name, k, got, want, err)
			}
		}
	}
}
