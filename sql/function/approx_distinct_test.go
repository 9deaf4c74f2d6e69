package function

import (
	"math"
	"strconv"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

func TestApproxDistinct(t *testing.T) {
	for _, n := range []int{10, 256, 3000} {
		values := make([]int64, n)
		for i := range values {
			values[i] = int64(i)
		}
		got, err := strconv.Atoi(aggregated(t, "approx_distinct", []vector.Vector{vector.NewFlat(types.TBigint, values, nil)}, make([]int32, n), 1))
		if err != nil || n <= exactHashes && got != n || math.Abs(float64(got-n)) > 0.07*float64(n) {
			t.Errorf("%d different values count as %d: %v", n, got, err)
		}
	}
}
