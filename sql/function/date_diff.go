package function

import (
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// between returns the whole units from a to b, both in milliseconds on one clock, toward zero.
func (u timeUnit) between(a, b int64) int64 {
	if u.months > 0 {
		return monthsBetween(a, b) / u.months
	}
	return (b - a) / u.millis
}

// monthsBetween counts the whole months from a to b: the day of the month and the time of
// day of b must have reached those of a, or the end of a shorter month.
func monthsBetween(a, b int64) int64 {
	if b < a {
		return -monthsBetween(b, a)
	}
	from, to := types.FloorDiv(a, millisPerDay), types.FloorDiv(b, millisPerDay)
	y1, m1, d1 := types.CivilFromDays(from)
	y2, m2, d2 := types.CivilFromDays(to)
	months := (y2-y1)*12 + int64(m2-m1)
	atEnd := d2 == types.DaysInMonth(y2, m2) && d1 > d2
	if d2 < d1 && !atEnd || (d2 == d1 || atEnd) && b-to*millisPerDay < a-from*millisPerDay {
		months--
	}
	return months
}

// difference is the overload of date_diff for two values of a kind, or of kinds that coerce to it.
func difference(kind types.Kind, params string, reader func(c *Call) func(u timeUnit, i int) int64) Overload {
	return Overload{
		Params: "varchar," + params + "," + params, Result: "bigint", NeverFailsWith: unitNeverFails(kind),
		Derive: func(args []types.Type) ([]types.Type, types.Type, bool) {
			if len(args) != 3 || !types.Coerces(args[0], types.TVarchar) {
				return nil, types.TBigint, false
			}
			common, ok := types.CommonSuperType(args[1], args[2])
			if ok && common.Is(types.Unknown) {
				common = defaultOfKind(kind)
			}
			return []types.Type{types.TVarchar, common, common}, types.TBigint, ok && common.Is(kind)
		},
		New: always(func(c *Call) (vector.Vector, error) {
			unit, between := unitsOf(c, kind), reader(c)
			return each(c, func(i int) (int64, error) {
				u, err := unit(i)
				if err != nil {
					return 0, err
				}
				return between(u, i), nil
			})
		})}
}

func betweenDates(c *Call) func(u timeUnit, i int) int64 {
	from, to := vector.ViewOf[int64](c.Args[1]), vector.ViewOf[int64](c.Args[2])
	return func(u timeUnit, i int) int64 { return u.between(from.Get(i)*millisPerDay, to.Get(i)*millisPerDay) }
}

// betweenTimestamps counts between whole milliseconds.
func betweenTimestamps(c *Call) func(u timeUnit, i int) int64 {
	if c.Args[1].Type().Physical() == types.Int64 {
		from, to := vector.ViewOf[int64](c.Args[1]), vector.ViewOf[int64](c.Args[2])
		return func(u timeUnit, i int) int64 {
			return u.between(types.FloorDiv(from.Get(i), microsPerMilli), types.FloorDiv(to.Get(i), microsPerMilli))
		}
	}
	from, to := vector.ViewOf[types.Int128](c.Args[1]), vector.ViewOf[types.Int128](c.Args[2])
	return func(u timeUnit, i int) int64 {
		return u.between(types.FloorDiv(from.Get(i).Hi, microsPerMilli), types.FloorDiv(to.Get(i).Hi, microsPerMilli))
	}
}

// betweenZonedTimestamps counts hours and less on the scale of instants, and days and more on the clocks
// of the first one's zone; on those of UTC, as Trino does, for what is finer than milliseconds.
func betweenZonedTimestamps(c *Call) func(u timeUnit, i int) int64 {
	from, to := vector.ViewOf[types.Int128](c.Args[1]), vector.ViewOf[types.Int128](c.Args[2])
	fine := c.Args[1].Type().Precision() > 3
	return func(u timeUnit, i int) int64 {
		a, _, zone := types.UnpackTimestampTZ(from.Get(i))
		b, _, _ := types.UnpackTimestampTZ(to.Get(i))
		if !u.ofClock() && !fine {
			a += int64(zone.Offset(types.FloorDiv(a, millisPerSecond))) * millisPerSecond
			b += int64(zone.Offset(types.FloorDiv(b, millisPerSecond))) * millisPerSecond
		}
		return u.between(a, b)
	}
}

func betweenTimes(c *Call) func(u timeUnit, i int) int64 {
	from, to := vector.ViewOf[int64](c.Args[1]), vector.ViewOf[int64](c.Args[2])
	return func(u timeUnit, i int) int64 { return (to.Get(i) - from.Get(i)) / (u.millis * picosPerMilli) }
}

// betweenZonedTimes counts between times of UTC, both of one day.
func betweenZonedTimes(c *Call) func(u timeUnit, i int) int64 {
	from, to := vector.ViewOf[types.Int128](c.Args[1]), vector.ViewOf[types.Int128](c.Args[2])
	utc := func(x types.Int128) int64 {
		picos, offset := types.UnpackTimeTZ(x)
		return types.FloorMod(picos-int64(offset)*picosPerMinute, picosPerDay)
	}
	return func(u timeUnit, i int) int64 { return (utc(to.Get(i)) - utc(from.Get(i))) / (u.millis * picosPerMilli) }
}

var _ = scalar("date and time", "date_diff", "Returns the whole units from one time to another", "date_diff('day', DATE '2024-02-28', DATE '2024-03-01')", "2",
	difference(types.Date, "date", betweenDates),
	difference(types.Timestamp, "timestamp(p)", betweenTimestamps),
	difference(types.TimestampWithTimeZone, "timestamp(p) with time zone", betweenZonedTimestamps),
	difference(types.Time, "time(p)", betweenTimes),
	difference(types.TimeWithTimeZone, "time(p) with time zone", betweenZonedTimes))
