package function

import (
	"math"
	"math/bits"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// stepShare is how many rows there must be for each step of time from the least to the greatest, for the steps to be
// worth a dictionary.
const stepShare = 8

// bySteps returns what value makes of the times of c, in microseconds, where it makes the same of all times from a multiple of
// step to the next: a dictionary with an entry for each multiple from the least to the greatest time, of which value must
// not fail.
//
//	10:59  12:05  11:30   ─► ids 0 2 1   entries 10:00 11:00 12:00
//
// No vector means that the times lie too far apart for that.
func bySteps(c *Call, times vector.View[int64], step int64, value func(start int64) (int64, error)) (vector.Vector, error) {
	nulls := c.Nulls
	if !nulls.Any(c.N) {
		nulls = nil
	}
	least, greatest, any := rangeOf(times, nulls)
	if !any || least < math.MinInt64/2 {
		return nil, nil
	}
	first := types.FloorDiv(least, step)
	count := types.FloorDiv(greatest, step) - first + 1
	if count <= 0 || count > int64(c.N/stepShare) {
		return nil, nil
	}
	entries := make([]int64, count)
	for i := range entries {
		var err error
		if entries[i], err = value((first + int64(i)) * step); err != nil {
			return nil, nil // of a row, or of none: who goes by rows knows
		}
	}
	ids := make([]int32, c.N)
	if count > 1 {
		stepsFrom(ids, times, first*step, uint64(step), uint64(count)*uint64(step), nulls)
	}
	return vector.NewDictionary(ids, vector.NewFlat(c.Result, entries, nil), nil), nil
}

// rangeOf returns the least and the greatest value of the rows that are not NULL; any is false if all are.
func rangeOf(w vector.View[int64], nulls vector.Bitmap) (least, greatest int64, any bool) {
	if len(w.At) == 0 {
		return 0, 0, false
	}
	if nulls == nil {
		least = w.Values[w.At[0]]
		greatest = least
		for _, at := range w.At {
			x := w.Values[at]
			least, greatest = min(least, x), max(greatest, x)
		}
		return least, greatest, true
	}
	for i, at := range w.At {
		if nulls.Has(i) {
			continue
		}
		x := w.Values[at]
		if !any {
			least, greatest, any = x, x, true
		}
		least, greatest = min(least, x), max(greatest, x)
	}
	return least, greatest, any
}

// stepsFrom sets ids to how many steps times lie after first: less than span, but for rows that are NULL, which get 0.
//
// To divide by a step s without its powers of two is to multiply by m = ⌊2⁶⁴/s⌋+1 and to drop the low 64 bits, which
// is exact for dividends d with d·s < 2⁶⁴: the error of m adds less than d·s/2⁶⁴ to a quotient's last s-th.
func stepsFrom(ids []int32, times vector.View[int64], first int64, step, span uint64, nulls vector.Bitmap) {
	shift := bits.TrailingZeros64(step)
	odd := step >> shift
	high, _ := bits.Mul64(span>>shift, odd)
	if high != 0 || odd == 1 {
		for i, at := range times.At {
			if nulls == nil || !nulls.Has(i) {
				ids[i] = int32(uint64(times.Values[at]-first) / step)
			}
		}
		return
	}
	m := ^uint64(0)/odd + 1
	at := times.At[:len(ids)]
	if nulls == nil {
		for i := range ids {
			q, _ := bits.Mul64(uint64(times.Values[at[i]]-first)>>shift, m)
			ids[i] = int32(q)
		}
		return
	}
	for i := range ids {
		if !nulls.Has(i) {
			q, _ := bits.Mul64(uint64(times.Values[at[i]]-first)>>shift, m)
			ids[i] = int32(q)
		}
	}
}

// truncateBySteps is truncateTimestamps where all rows have one unit and are near each other; no vector means that
// they do not, or are not.
func truncateBySteps(c *Call, unit func(i int) (timeUnit, error)) (vector.Vector, error) {
	if _, ok := c.Args[0].(*vector.Constant); !ok || c.N == 0 {
		return nil, nil
	}
	u, err := unit(0)
	if err != nil {
		return nil, nil
	}
	step := int64(millisPerDay * microsPerMilli)
	if u.ofClock() {
		step = u.millis * microsPerMilli
	}
	return bySteps(c, vector.ViewOf[int64](c.Args[1]), step, func(start int64) (int64, error) { return u.truncate(start, microsPerMilli) })
}

// daysBySteps is a cast of timestamps to dates, as truncateBySteps is date_trunc.
func daysBySteps(c *Call) (vector.Vector, error) {
	if !c.Args[0].Type().Is(types.Timestamp) || c.Args[0].Type().Physical() != types.Int64 {
		return nil, nil
	}
	return bySteps(c, vector.ViewOf[int64](c.Args[0]), microsPerDay, func(start int64) (int64, error) { return types.FloorDiv(start, microsPerDay), nil })
}
