package function

import (
	"math"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// truncateDays cuts a date to a unit of days or months.
func (u timeUnit) truncateDays(days int64) int64 {
	switch {
	case u.months > 0:
		y, m, _ := types.CivilFromDays(days)
		return types.DaysFromCivil(y, (m-1)/int(u.months)*int(u.months)+1, 1)
	case u.millis > millisPerDay:
		return days - int64(types.DayOfWeek(days)) + 1
	}
	return days
}

// truncate cuts what a clock shows; per is how much of x a millisecond is.
func (u timeUnit) truncate(x, per int64) (int64, error) {
	if x < math.MinInt64/2 { // where no year begins any more
		return 0, outOfRange(types.Timestamp)
	}
	if u.ofClock() {
		return x - types.FloorMod(x, u.millis*per), nil
	}
	return u.truncateDays(types.FloorDiv(x, millisPerDay*per)) * millisPerDay * per, nil
}

// truncated is the overload of date_trunc for a kind of time.
func truncated(kind types.Kind, params string, always bool, kernel func(c *Call, unit func(i int) (timeUnit, error)) (vector.Vector, error)) Overload {
	o := Overload{Params: "varchar," + params, Result: params, New: func(Binding) (Kernel, error) {
		return func(c *Call) (vector.Vector, error) { return kernel(c, unitsOf(c, kind)) }, nil
	}}
	if always {
		o.NeverFailsWith = unitNeverFails(kind)
	}
	return o
}

func truncateDates(c *Call, unit func(i int) (timeUnit, error)) (vector.Vector, error) {
	days := vector.ViewOf[int64](c.Args[1])
	return each(c, func(i int) (int64, error) {
		u, err := unit(i)
		if err != nil {
			return 0, err
		}
		return checkDate(u.truncateDays(days.Get(i)))
	})
}

func truncateTimes(c *Call, unit func(i int) (timeUnit, error)) (vector.Vector, error) {
	picos := vector.ViewOf[int64](c.Args[1])
	return each(c, func(i int) (int64, error) {
		u, err := unit(i)
		if err != nil {
			return 0, err
		}
		return picos.Get(i) - picos.Get(i)%(u.millis*picosPerMilli), nil
	})
}

func truncateZonedTimes(c *Call, unit func(i int) (timeUnit, error)) (vector.Vector, error) {
	times := vector.ViewOf[types.Int128](c.Args[1])
	return each(c, func(i int) (types.Int128, error) {
		x := times.Get(i)
		u, err := unit(i)
		if err != nil {
			return x, err
		}
		return types.Int128{Hi: x.Hi - x.Hi%(u.millis*picosPerMilli), Lo: x.Lo}, nil
	})
}

func truncateTimestamps(c *Call, unit func(i int) (timeUnit, error)) (vector.Vector, error) {
	if c.Result.Physical() == types.Int64 {
		if v, err := truncateBySteps(c, unit); v != nil || err != nil {
			return v, err
		}
		micros := vector.ViewOf[int64](c.Args[1])
		return each(c, func(i int) (int64, error) {
			u, err := unit(i)
			if err != nil {
				return 0, err
			}
			return u.truncate(micros.Get(i), microsPerMilli)
		})
	}
	w := vector.ViewOf[types.Int128](c.Args[1])
	return each(c, func(i int) (types.Int128, error) {
		u, err := unit(i)
		if err != nil {
			return types.Int128{}, err
		}
		micros, err := u.truncate(w.Get(i).Hi, microsPerMilli)
		return types.Int128{Hi: micros}, err
	})
}

func truncateZonedTimestamps(c *Call, unit func(i int) (timeUnit, error)) (vector.Vector, error) {
	w := vector.ViewOf[types.Int128](c.Args[1])
	return each(c, func(i int) (types.Int128, error) {
		millis, _, zone := types.UnpackTimestampTZ(w.Get(i))
		u, err := unit(i)
		if err != nil {
			return types.Int128{}, err
		}
		millis, err = onLocal(millis, zone, func(local int64) (int64, error) { return u.truncate(local, 1) })
		return types.PackTimestampTZ(millis, 0, zone), err
	})
}

var _ = scalar("date and time", "date_trunc", "Cuts a time to a unit", "date_trunc('month', DATE '2024-05-06')", "2024-05-01",
	truncated(types.Date, "date", false, truncateDates),
	truncated(types.Timestamp, "timestamp(p)", false, truncateTimestamps),
	truncated(types.TimestampWithTimeZone, "timestamp(p) with time zone", false, truncateZonedTimestamps),
	truncated(types.Time, "time(p)", true, truncateTimes),
	truncated(types.TimeWithTimeZone, "time(p) with time zone", true, truncateZonedTimes))
