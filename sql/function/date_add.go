package function

import (
	"math"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

var errLongOverflow = invalid("long overflow")

const monthsPerYear = 12

// leastYear and greatestYear bound the years that dates of Trino's calendar are reckoned with.
const leastYear, greatestYear = -292_275_054, 292_278_993

// addMonths adds n units of months to a day.
func (u timeUnit) addMonths(days, n int64) (int64, error) {
	year, month, _ := types.CivilFromDays(days)
	if u.months == monthsPerYear {
		if err := fitsInteger(n); err != nil {
			return 0, err
		}
		if sum := year + n; sum > math.MaxInt32 || sum < math.MinInt32 {
			return 0, invalid("The calculation caused an overflow: %d + %d", year, n)
		} else if sum < leastYear || sum > greatestYear {
			return 0, invalid("Value %d for year must be in the range [%d,%d]", sum, leastYear, greatestYear)
		}
		return types.AddMonths(days, n*u.months), nil
	}
	months, ok := multiplyInt64(n, u.months)
	if !ok {
		return 0, invalid("Multiplication overflows a long: %d * %d", n, u.months)
	}
	since := year*monthsPerYear + int64(month) - 1 // January of the year 0
	first, last := int64(leastYear)*monthsPerYear-since, int64(greatestYear)*monthsPerYear+monthsPerYear-1-since
	if months < first || months > last {
		return 0, invalid("Magnitude of add amount is too large: %d", months)
	}
	return types.AddMonths(days, months), nil
}

// addMillis adds n units of milliseconds to a number of them.
func (u timeUnit) addMillis(millis, n int64) (int64, error) {
	by, ok := multiplyInt64(n, u.millis)
	if !ok {
		return 0, invalid("Multiplication overflows a long: %d * %d", n, u.millis)
	}
	sum := millis + by
	if (millis^sum)&(by^sum) < 0 {
		return 0, invalid("The calculation caused an overflow: %d + %d", millis, by)
	}
	return sum, nil
}

// add adds n units to what a clock shows; per is how much of x a millisecond is.
func (u timeUnit) add(x, n, per int64) (int64, error) {
	unit := per
	if u.months > 0 {
		unit = millisPerDay * per
	}
	whole := types.FloorDiv(x, unit)
	rest := x - whole*unit
	var err error
	if u.months > 0 {
		whole, err = u.addMonths(whole, n)
	} else {
		whole, err = u.addMillis(whole, n)
	}
	if err != nil {
		return 0, err
	}
	moved, ok := multiplyInt64(whole, unit)
	if !ok || moved > math.MaxInt64-rest {
		return 0, errLongOverflow
	}
	return moved + rest, nil
}

// addTo is the overload of date_add for a kind of time carried by T.
func addTo[T vector.Element](kind types.Kind, params string, f func(u timeUnit, n int64, x T, result types.Type) (T, error)) Overload {
	return Overload{
		Params: "varchar,bigint," + params, Result: params,
		Derive: func(args []types.Type) ([]types.Type, types.Type, bool) {
			if len(args) != 3 || !types.Coerces(args[0], types.TVarchar) || !types.Coerces(args[1], types.TBigint) {
				return nil, types.Type{}, false
			}
			t := args[2]
			if t.Is(types.Unknown) {
				t = defaultOfKind(kind)
			}
			return []types.Type{types.TVarchar, types.TBigint, t}, t, t.Is(kind) && carries[T](t)
		},
		New: func(Binding) (Kernel, error) {
			return func(c *Call) (vector.Vector, error) {
				unit, count, x := unitsOf(c, kind), vector.ViewOf[int64](c.Args[1]), vector.ViewOf[T](c.Args[2])
				return each(c, func(i int) (T, error) {
					u, err := unit(i)
					if err != nil {
						return x.Get(i), err
					}
					return f(u, count.Get(i), x.Get(i), c.Result)
				})
			}, nil
		}}
}

func fitsInteger(n int64) error {
	if n != int64(int32(n)) {
		return invalid("Value cannot fit in an int: %d", n)
	}
	return nil
}

func addToDate(u timeUnit, n, days int64, _ types.Type) (int64, error) {
	if u.months > 0 {
		sum, err := u.addMonths(days, n)
		if err != nil {
			return 0, err
		}
		return checkDate(sum)
	}
	sum, err := u.addMillis(days*millisPerDay, n)
	if err != nil {
		return 0, err
	}
	if sum /= millisPerDay; sum != int64(int32(sum)) {
		return 0, errLongOverflow
	}
	return checkDate(sum)
}

func addToTimestamp(u timeUnit, n, micros int64, result types.Type) (int64, error) {
	sum, err := u.add(micros, n, microsPerMilli)
	if err != nil {
		return 0, err
	}
	if p := result.Precision(); p < 3 {
		sum, _ = types.RoundTimestamp(sum, 0, p)
	}
	return sum, nil
}

func addToLongTimestamp(u timeUnit, n int64, x types.Int128, result types.Type) (types.Int128, error) {
	micros, err := addToTimestamp(u, n, x.Hi, result)
	return types.Int128{Hi: micros, Lo: x.Lo}, err
}

func addToZonedTimestamp(u timeUnit, n int64, x types.Int128, result types.Type) (types.Int128, error) {
	millis, picos, zone := types.UnpackTimestampTZ(x)
	var err error
	if u.ofClock() { // these pass on the scale of instants
		millis, err = u.add(millis, n, 1)
	} else {
		millis, err = onLocal(millis, zone, func(local int64) (int64, error) { return u.add(local, n, 1) })
	}
	if err != nil {
		return x, err
	}
	sum, err := zonedTime(millis, picos, zone)
	if p := result.Precision(); p < 3 {
		sum = types.RoundTimestampTZ(sum, p)
	}
	return sum, err
}

// addToTime goes round the clock; any number of units will do.
func addToTime(u timeUnit, n, picos int64, result types.Type) (int64, error) {
	sum := types.FloorMod(picos+n%(millisPerDay/u.millis)*u.millis*picosPerMilli, picosPerDay)
	if p := result.Precision(); p < 3 {
		sum = types.RoundTime(sum, p)
	}
	return sum, nil
}

func addToZonedTime(u timeUnit, n int64, x types.Int128, result types.Type) (types.Int128, error) {
	picos, err := addToTime(u, n, x.Hi, result)
	return types.Int128{Hi: picos, Lo: x.Lo}, err
}

var _ = scalar("date and time", "date_add", "Adds a number of units to a time", "date_add('month', 1, DATE '2024-01-31')", "2024-02-29",
	addTo(types.Date, "date", addToDate),
	addTo(types.Timestamp, "timestamp(p)", addToTimestamp),
	addTo(types.Timestamp, "timestamp(p)", addToLongTimestamp),
	addTo(types.TimestampWithTimeZone, "timestamp(p) with time zone", addToZonedTimestamp),
	addTo(types.Time, "time(p)", addToTime),
	addTo(types.TimeWithTimeZone, "time(p) with time zone", addToZonedTime))
