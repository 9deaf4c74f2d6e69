package function

import (
	"math"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Dates, times and timestamps with intervals: the overloads of + - * / that are not about numbers.

const (
	daySecond = "interval day to second"
	yearMonth = "interval year to month"

	millisPerDay   = 24 * 60 * 60 * 1000
	microsPerMilli = 1_000
	microsPerDay   = millisPerDay * microsPerMilli
	picosPerMilli  = 1_000_000_000
	picosPerDay    = millisPerDay * picosPerMilli
)

// shift moves a time by an interval: milliseconds, or months.
type shift[T vector.Element] func(x T, by int64, p int) (T, error)

// shifted returns the overload of a time type and an interval: time + interval,
// interval + time if swapped, time - interval if negative. The result is as precise as
// an interval at least, where that is one of milliseconds.
func shifted[T vector.Element](kind types.Kind, params string, interval types.Type, swapped, negative bool, f shift[T]) Overload {
	return Overload{
		Params: params, Result: kind.String(),
		Derive: func(args []types.Type) ([]types.Type, types.Type, bool) {
			if len(args) != 2 {
				return nil, types.Type{}, false
			}
			t, by := args[0], args[1]
			if swapped {
				t, by = by, t
			}
			if !t.Is(kind) || !by.Is(interval.Kind()) || !carries[T](t) {
				return nil, types.Type{}, false
			}
			result := t
			if by.Is(types.IntervalDayToSecond) && !t.Is(types.Date) {
				result = ofKind(kind, types.TimestampOf(max(t.Precision(), 3)))
			}
			return args, result, true
		},
		New: func(b Binding) (Kernel, error) {
			at, by := 0, 1
			if swapped {
				at, by = 1, 0
			}
			p := b.Params[at].Precision()
			return func(c *Call) (vector.Vector, error) {
				x, n := vector.ViewOf[T](c.Args[at]), vector.ViewOf[int64](c.Args[by])
				return each(c, func(i int) (T, error) {
					by := n.Get(i)
					if negative {
						if by == math.MinInt64 {
							return x.Get(i), outOfRange(kind)
						}
						by = -by
					}
					return f(x.Get(i), by, p)
				})
			}, nil
		},
	}
}

// carries reports whether values of t are of the Go type T.
func carries[T vector.Element](t types.Type) bool {
	var zero T
	switch any(zero).(type) {
	case int64:
		return t.Physical() == types.Int64
	case types.Int128:
		return t.Physical() == types.Wide
	case float64:
		return t.Physical() == types.Float64
	case string:
		return t.Physical() == types.String
	}
	return t.Physical() == types.Bool
}

func outOfRange(kind types.Kind) error {
	return failf(sql.NUMERIC_VALUE_OUT_OF_RANGE, "%s out of range", kind)
}

// shifts returns the overloads of all time types with intervals.
func shifts(swapped, negative bool) []Overload {
	text := func(t, interval string) string {
		if swapped {
			return interval + "," + t
		}
		return t + "," + interval
	}
	days := func(x, by int64, p int) (int64, error) { return shiftDays(x, by, negative) }
	return []Overload{
		shifted(types.Date, text("date", daySecond), types.TDayToSecond, swapped, negative, days),
		shifted(types.Date, text("date", yearMonth), types.TYearToMonth, swapped, negative, shiftDateMonths),
		shifted(types.Time, text("time(p)", daySecond), types.TDayToSecond, swapped, negative, shiftTime),
		shifted(types.TimeWithTimeZone, text("time(p) with time zone", daySecond), types.TDayToSecond, swapped, negative, shiftTimeTZ),
		shifted(types.Timestamp, text("timestamp(p)", daySecond), types.TDayToSecond, swapped, negative, shiftTimestamp),
		shifted(types.Timestamp, text("timestamp(p)", daySecond), types.TDayToSecond, swapped, negative, long(shiftTimestamp)),
		shifted(types.Timestamp, text("timestamp(p)", yearMonth), types.TYearToMonth, swapped, negative, shiftTimestampMonths),
		shifted(types.Timestamp, text("timestamp(p)", yearMonth), types.TYearToMonth, swapped, negative, long(shiftTimestampMonths)),
		shifted(types.TimestampWithTimeZone, text("timestamp(p) with time zone", daySecond), types.TDayToSecond, swapped, negative, shiftTimestampTZ),
		shifted(types.TimestampWithTimeZone, text("timestamp(p) with time zone", yearMonth), types.TYearToMonth, swapped, negative, shiftTimestampTZMonths),
	}
}

// long makes a shift of microseconds one of timestamps with picoseconds beside them.
func long(f shift[int64]) shift[types.Int128] {
	return func(x types.Int128, by int64, p int) (types.Int128, error) {
		micros, err := f(x.Hi, by, p)
		return types.Int128{Hi: micros, Lo: x.Lo}, err
	}
}

func shiftDays(days, by int64, negative bool) (int64, error) {
	if by%millisPerDay != 0 {
		if negative {
			return 0, invalid("Cannot subtract hour, minutes or seconds from a date")
		}
		return 0, invalid("Cannot add hour, minutes or seconds to a date")
	}
	return checkDate(days + by/millisPerDay)
}

func checkDate(days int64) (int64, error) {
	if days < types.MinDate || days > types.MaxDate {
		return 0, outOfRange(types.Date)
	}
	return days, nil
}

func shiftDateMonths(days, months int64, _ int) (int64, error) {
	return checkDate(types.AddMonths(days, months))
}

func shiftTime(picos, millis int64, _ int) (int64, error) {
	return types.FloorMod(picos+millis%millisPerDay*picosPerMilli, picosPerDay), nil
}

func shiftTimeTZ(x types.Int128, millis int64, _ int) (types.Int128, error) {
	picos, offset := types.UnpackTimeTZ(x)
	picos, err := shiftTime(picos, millis, 0)
	return types.PackTimeTZ(picos, offset), err
}

func shiftTimestamp(micros, millis int64, _ int) (int64, error) {
	by, ok := multiplyInt64(millis, microsPerMilli)
	sum := micros + by
	if !ok || (micros^sum)&(by^sum) < 0 {
		return 0, outOfRange(types.Timestamp)
	}
	return sum, nil
}

func shiftTimestampMonths(micros, months int64, _ int) (int64, error) {
	days := types.FloorDiv(micros, microsPerDay)
	rest := micros - days*microsPerDay
	out, ok := multiplyInt64(types.AddMonths(days, months), microsPerDay)
	if !ok || out > math.MaxInt64-rest {
		return 0, outOfRange(types.Timestamp)
	}
	return out + rest, nil
}

func shiftTimestampTZ(x types.Int128, millis int64, _ int) (types.Int128, error) {
	at, picos, zone := types.UnpackTimestampTZ(x)
	sum := at + millis
	if (at^sum)&(millis^sum) < 0 {
		return x, outOfRange(types.TimestampWithTimeZone)
	}
	return zonedTime(sum, picos, zone)
}

// shiftTimestampTZMonths moves what the zone's clocks show. Where they show the result twice, the offset is kept.
func shiftTimestampTZMonths(x types.Int128, months int64, _ int) (types.Int128, error) {
	millis, picos, zone := types.UnpackTimestampTZ(x)
	millis, err := onLocal(millis, zone, func(local int64) (int64, error) {
		return timeUnit{months: 1}.add(local, months, 1)
	})
	if err != nil {
		return x, outOfRange(types.TimestampWithTimeZone)
	}
	return zonedTime(millis, picos, zone)
}

// zonedTime makes a timestamp with time zone, which reaches less far than one without.
func zonedTime(millis, picos int64, zone types.Zone) (types.Int128, error) {
	if millis < types.MinTimestampTZMillis || millis > types.MaxTimestampTZMillis {
		return types.Int128{}, invalid("Millis overflow: %d", millis)
	}
	return types.PackTimestampTZ(millis, picos, zone), nil
}

// intervals are both types of intervals; months are bounded by 32 bits.
var intervals = []integerType{{yearMonth, math.MinInt32, math.MaxInt32}, {daySecond, math.MinInt64, math.MaxInt64}}

func (t integerType) overloadOf(op types.Arithmetic) Overload {
	return Overload{Params: t.name + "," + t.name, Result: t.name, New: always(t.kernel(op))}
}

func timeAdditions() []Overload {
	overloads := append(shifts(false, false), shifts(true, false)...)
	for _, t := range intervals {
		overloads = append(overloads, t.overloadOf(types.Add))
	}
	return overloads
}

func timeSubtractions() []Overload {
	overloads := shifts(false, true)
	for _, t := range intervals {
		overloads = append(overloads, t.overloadOf(types.Subtract))
	}
	return append(overloads,
		Overload{Params: "date,date", Result: daySecond, NeverFails: true,
			New: binary(func(x, y int64) int64 { return (x - y) * millisPerDay })},
		Overload{Params: "time(p),time(p)", Result: daySecond, NeverFails: true,
			New: binary(func(x, y int64) int64 { return types.RoundHalfUp(x-y, picosPerMilli) / picosPerMilli })},
		Overload{Params: "time(p) with time zone,time(p) with time zone", Result: daySecond, NeverFails: true,
			New: binary(func(x, y types.Int128) int64 {
				t := types.TimeTZOf(types.MaxTimePrecision)
				difference := int64(t.OrderKey(x).Lo) - int64(t.OrderKey(y).Lo)
				return types.RoundHalfUp(difference, picosPerMilli) / picosPerMilli
			})},
		Overload{Params: "timestamp(p),timestamp(p)", Result: daySecond, New: subtractTimestamps},
		Overload{Params: "timestamp(p) with time zone,timestamp(p) with time zone", Result: daySecond,
			New: binaryErr(subtractZonedTimestamps)})
}

// subtractZonedTimestamps rounds to milliseconds, halves away from zero.
func subtractZonedTimestamps(x, y types.Int128) (int64, error) {
	a, picosA, _ := types.UnpackTimestampTZ(x)
	b, picosB, _ := types.UnpackTimestampTZ(y)
	difference := a - b
	if (a^b)&(a^difference) < 0 || difference == math.MaxInt64 || difference == math.MinInt64 {
		return 0, outOfRange(types.IntervalDayToSecond)
	}
	switch rest := picosA - picosB; {
	case rest >= picosPerMilli/2:
		difference++
	case rest <= -picosPerMilli/2:
		difference--
	}
	return difference, nil
}

func subtractTimestamps(b Binding) (Kernel, error) {
	difference := func(x, y int64) (int64, error) {
		d := x - y
		if (x^y)&(x^d) < 0 {
			return 0, outOfRange(types.IntervalDayToSecond)
		}
		return types.RoundHalfUp(d, microsPerMilli) / microsPerMilli, nil
	}
	if b.Params[0].Physical() == types.Int64 {
		return binaryErr(difference)(b)
	}
	return binaryErr(func(x, y types.Int128) (int64, error) { return difference(x.Hi, y.Hi) })(b)
}

func intervalMultiplications() []Overload {
	var overloads []Overload
	for _, t := range intervals {
		byDouble := func(x int64, y float64) (int64, error) {
			if math.IsNaN(y) {
				return 0, invalid("Cannot multiply by double NaN")
			}
			return t.ofDouble(float64(x) * y)
		}
		overloads = append(overloads,
			Overload{Params: t.name + ",bigint", Result: t.name, New: always(t.kernel(types.Multiply))},
			Overload{Params: "bigint," + t.name, Result: t.name, New: always(t.kernel(types.Multiply))},
			Overload{Params: t.name + ",double", Result: t.name, New: binaryErr(byDouble)},
			Overload{Params: "double," + t.name, Result: t.name,
				New: binaryErr(func(x float64, y int64) (int64, error) { return byDouble(y, x) })})
	}
	return overloads
}

func intervalDivisions() []Overload {
	var overloads []Overload
	for _, t := range intervals {
		overloads = append(overloads, Overload{Params: t.name + ",double", Result: t.name,
			New: binaryErr(func(x int64, y float64) (int64, error) {
				if math.IsNaN(y) || y == 0 {
					return 0, invalid("Cannot divide by double %s", types.AppendDouble(nil, y))
				}
				return t.ofDouble(float64(x) / y)
			})})
	}
	return overloads
}

// ofDouble cuts x toward zero.
func (t integerType) ofDouble(x float64) (int64, error) {
	if x = math.Trunc(x); x < float64(t.min) || x > float64(t.max) || x == -float64(math.MinInt64) {
		return 0, failf(sql.NUMERIC_VALUE_OUT_OF_RANGE, "%s out of range: %s", t.name, types.AppendDouble(nil, x))
	}
	return int64(x), nil
}

func negateMonths(x int64) (int64, error) { return intervals[0].negate(x) }
func negateMillis(x int64) (int64, error) { return intervals[1].negate(x) }

func (t integerType) negate(x int64) (int64, error) {
	if x == t.min {
		return 0, failf(sql.NUMERIC_VALUE_OUT_OF_RANGE, "%s negation overflow: %d", t.name, x)
	}
	return -x, nil
}
