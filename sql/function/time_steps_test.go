package function

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

func TestStepsOfTime(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, step := range []int64{1, 2, 3, 1000, 1024, microsPerSecond, 3600 * microsPerSecond, microsPerDay, 7 * microsPerDay} {
		for _, start := range []int64{0, -1, 1, -microsPerDay, 1_700_000_000_000_000, math.MaxInt64 - 1<<45, math.MinInt64 + 5} {
			for _, span := range []int64{1, 2, step, 3*step + 1, 10 * step} {
				const n = 100
				times, nulls := make([]int64, n), vector.NewBitmap(n)
				for i := range times {
					times[i] = start + r.Int64N(span)
					if i%7 == 3 {
						nulls.Set(i)
						times[i] = math.MinInt64
					}
				}
				c := &Call{N: n, Nulls: nulls, Result: types.TTimestamp}
				v, err := bySteps(c, vector.ViewOf[int64](vector.NewFlat(types.TTimestamp, times, nulls)), step, func(start int64) (int64, error) { return start, nil })
				if err != nil {
					t.Fatal(err)
				}
				if v == nil {
					if start > math.MinInt64/2 {
						t.Errorf("steps of %d from %d over %d have no dictionary", step, start, span)
					}
					continue
				}
				w := vector.ViewOf[int64](v)
				for i, x := range times {
					if got, want := w.Get(i), types.FloorDiv(x, step)*step; !nulls.Has(i) && got != want {
						t.Fatalf("%d begins the step of %d of %d, not %d", got, step, x, want)
					}
				}
			}
		}
	}
}

func BenchmarkDateTrunc(b *testing.B) {
	const n = 1024
	times := make([]int64, n)
	for i := range times {
		times[i] = 1_700_000_000_000_000 + int64(i*7919%n)*10*microsPerSecond
	}
	for _, unit := range []string{"hour", "month"} {
		b.Run(unit, func(b *testing.B) {
			c := &Call{N: n, Result: types.TTimestamp, Args: []vector.Vector{
				vector.NewConstant(vector.NewFlat(types.TVarchar, []string{unit}, nil), n), vector.NewFlat(types.TTimestamp, times, nil)}}
			for b.Loop() {
				if _, err := truncateTimestamps(c, unitsOf(c, types.Timestamp)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
		})
	}
}
