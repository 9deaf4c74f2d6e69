package function

import (
	"math"
	"strings"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Functions of dates and timestamps. They read every such type as what its clock
// shows (see moment), so those of a timestamp with time zone follow its zone.

const microsPerSecond = 1_000_000

// timeKinds are the parameters of functions of a point in time.
var timeKinds = []string{"date", "timestamp(p)", "timestamp(p) with time zone"}

// part registers a function that returns a number of what the clock shows.
func part(names, text, result string, f func(days, microsOfDay int64) int64) registered {
	var overloads []Overload
	for _, params := range timeKinds {
		overloads = append(overloads, Overload{Params: params, Result: "bigint", New: always(func(c *Call) (vector.Vector, error) {
			if days, ok := daysOf(c.Args[0]); ok {
				return each(c, func(i int) (int64, error) { return f(days(i), 0), nil })
			}
			read := momentsOf(c.Args[0], c.Ctx, types.UTC)
			return each(c, func(i int) (int64, error) {
				m, err := read(i)
				days := floorDiv(m.micros, microsPerDay)
				return f(days, m.micros-days*microsPerDay), err
			})
		})})
	}
	name, _, _ := strings.Cut(names, ",")
	return scalar("date and time", names, text, name+"(TIMESTAMP '2024-05-06 07:08:09.123')", result, overloads...)
}

// daysOf reads dates, which reach further than microseconds do.
func daysOf(v vector.Vector) (func(i int) int64, bool) {
	if !v.Type().Is(types.Date) {
		return nil, false
	}
	return vector.ViewOf[int64](v).Get, true
}

func yearOf(days int64) int64  { y, _, _ := types.CivilFromDays(days); return y }
func monthOf(days int64) int64 { _, m, _ := types.CivilFromDays(days); return int64(m) }
func dayOf(days int64) int64   { _, _, d := types.CivilFromDays(days); return int64(d) }

var (
	_ = part("year", "Returns the year", "2024", func(d, _ int64) int64 { return yearOf(d) })
	_ = part("quarter", "Returns the quarter of the year", "2", func(d, _ int64) int64 { return (monthOf(d) + 2) / 3 })
	_ = part("month", "Returns the month of the year", "5", func(d, _ int64) int64 { return monthOf(d) })
	_ = part("week,week_of_year", "Returns the ISO week of the year", "19", func(d, _ int64) int64 { _, w := types.WeekYear(d); return int64(w) })
	_ = part("year_of_week,yow", "Returns the year of the ISO week", "2024", func(d, _ int64) int64 { y, _ := types.WeekYear(d); return y })
	_ = part("day,day_of_month", "Returns the day of the month", "6", func(d, _ int64) int64 { return dayOf(d) })
	_ = part("day_of_week,dow", "Returns the day of the week, 1 for Monday", "1", func(d, _ int64) int64 { return int64(types.DayOfWeek(d)) })
	_ = part("day_of_year,doy", "Returns the day of the year", "127", func(d, _ int64) int64 { return int64(types.DayOfYear(d)) })
)

// clockPart registers a part that dates do not have.
func clockPart(name, text, result string, unit, modulus int64) registered {
	var overloads []Overload
	for _, params := range timeKinds[1:] {
		overloads = append(overloads, Overload{Params: params, Result: "bigint", New: always(func(c *Call) (vector.Vector, error) {
			read := momentsOf(c.Args[0], c.Ctx, types.UTC)
			return each(c, func(i int) (int64, error) {
				m, err := read(i)
				return floorMod(floorDiv(m.micros, unit), modulus), err
			})
		})})
	}
	return scalar("date and time", name, text, name+"(TIMESTAMP '2024-05-06 07:08:09.123')", result, overloads...)
}

var (
	_ = clockPart("hour", "Returns the hour of the day", "7", 3600*microsPerSecond, 24)
	_ = clockPart("minute", "Returns the minute of the hour", "8", 60*microsPerSecond, 60)
	_ = clockPart("second", "Returns the second of the minute", "9", microsPerSecond, 60)
	_ = clockPart("millisecond", "Returns the millisecond of the second", "123", microsPerMilli, 1000)
)

// unitMicros are the units of a fixed length; unitMonths those of some months.
var (
	unitMicros = map[string]int64{"millisecond": microsPerMilli, "second": microsPerSecond, "minute": 60 * microsPerSecond,
		"hour": 3600 * microsPerSecond, "day": microsPerDay, "week": 7 * microsPerDay}
	unitMonths = map[string]int64{"month": 1, "quarter": 3, "year": 12}
)

// truncateMicros cuts what a clock shows to a unit.
func truncateMicros(unit string, micros int64) (int64, error) {
	days := floorDiv(micros, microsPerDay)
	if months := unitMonths[unit]; months > 0 {
		y, m, _ := types.CivilFromDays(days)
		return types.DaysFromCivil(y, (m-1)/int(months)*int(months)+1, 1) * microsPerDay, nil
	}
	if unit == "week" {
		return (days - int64(types.DayOfWeek(days)) + 1) * microsPerDay, nil
	}
	n := unitMicros[unit]
	return floorDiv(micros, n) * n, nil
}

func checkUnit(unit string, t types.Type) (string, error) {
	unit = strings.ToLower(unit)
	n, fixed := unitMicros[unit]
	if !fixed && unitMonths[unit] == 0 || t.Is(types.Date) && fixed && n < microsPerDay {
		return "", invalid("'%s' is not a valid %s field", unit, strings.ToUpper(t.Kind().String()))
	}
	return unit, nil
}

// ofUnit is the overloads, one a type, of a function of a unit, perhaps a number, and a time.
func ofUnit(between string, f func(unit string, n int64, x moment) (int64, error)) []Overload {
	var overloads []Overload
	for _, kind := range timeKinds {
		overloads = append(overloads, Overload{Params: "varchar," + between + kind, Result: kind, New: always(func(c *Call) (vector.Vector, error) {
			units, last := vector.ViewOf[string](c.Args[0]), c.Args[len(c.Args)-1]
			n := func(int) int64 { return 0 }
			if between != "" {
				n = vector.ViewOf[int64](c.Args[1]).Get
			}
			read := momentsOf(last, c.Ctx, types.UTC)
			if c.Result.Is(types.Date) {
				days := vector.ViewOf[int64](last)
				return each(c, func(i int) (int64, error) {
					unit, err := checkUnit(units.Get(i), c.Result)
					if err != nil {
						return 0, err
					}
					micros, ok := multiplyInt64(days.Get(i), microsPerDay)
					if !ok {
						return 0, outOfRange(types.Date)
					}
					micros, err = f(unit, n(i), moment{micros: micros})
					if err != nil {
						return 0, err
					}
					return checkDate(floorDiv(micros, microsPerDay))
				})
			}
			return writeMoments(c, c.Result, types.UTC, func(i int) (moment, error) {
				m, err := read(i)
				if err != nil {
					return m, err
				}
				unit, err := checkUnit(units.Get(i), c.Result)
				if err != nil {
					return m, err
				}
				if m.micros, err = f(unit, n(i), m); between == "" {
					m.picos = 0
				}
				return m, err
			})
		})})
	}
	return overloads
}

var _ = scalar("date and time", "date_trunc", "Cuts a time to a unit", "date_trunc('month', DATE '2024-05-06')", "2024-05-01",
	ofUnit("", func(unit string, _ int64, x moment) (int64, error) { return truncateMicros(unit, x.micros) })...)

var _ = scalar("date and time", "date_add", "Adds a number of units to a time", "date_add('month', 1, DATE '2024-01-31')", "2024-02-29",
	ofUnit("bigint,", func(unit string, n int64, x moment) (int64, error) {
		if months := unitMonths[unit]; months > 0 {
			by, ok := multiplyInt64(n, months)
			if !ok || by > math.MaxInt32 || by < math.MinInt32 {
				return 0, outOfRange(types.Timestamp)
			}
			return shiftTimestampMonths(x.micros, by, 0)
		}
		by, ok := multiplyInt64(n, unitMicros[unit])
		if !ok {
			return 0, outOfRange(types.Timestamp)
		}
		if by%microsPerDay != 0 && x.zone != types.UTC { // hours pass on the instant's scale, not on the clock's
			y := types.TimestampTZOfLocal(x.micros, x.picos, x.zone)
			y, err := shiftTimestampTZ(y, by/microsPerMilli, 0)
			if err != nil {
				return 0, err
			}
			micros, _, ok := types.LocalMicros(y)
			if !ok {
				return 0, outOfRange(types.TimestampWithTimeZone)
			}
			return micros, nil
		}
		sum := x.micros + by
		if (x.micros^sum)&(by^sum) < 0 {
			return 0, outOfRange(types.Timestamp)
		}
		return sum, nil
	})...)

var _ = scalar("date and time", "from_unixtime", "Returns the time of a number of seconds since 1970", "from_unixtime(0)", "1970-01-01 00:00:00.000 UTC",
	Overload{Params: "double", Result: "timestamp(3) with time zone", New: func(b Binding) (Kernel, error) {
		zone := sessionZone(b.Ctx)
		return func(c *Call) (vector.Vector, error) {
			x := vector.ViewOf[float64](c.Args[0])
			return each(c, func(i int) (types.Int128, error) {
				millis := math.Floor(x.Get(i)*1000 + 0.5)
				if !(millis > -(1<<62) && millis < 1<<62) {
					return types.Int128{}, outOfRange(types.TimestampWithTimeZone)
				}
				return types.PackTimestampTZ(int64(millis), 0, zone), nil
			})
		}, nil
	}})

var _ = scalar("date and time", "now", "Returns the time at which the statement began", "year(now()) > 2000", "true",
	Overload{Params: "", Result: "timestamp(3) with time zone", NeverFails: true, New: func(b Binding) (Kernel, error) {
		zone := sessionZone(b.Ctx)
		return func(c *Call) (vector.Vector, error) {
			x := types.PackTimestampTZ(sessionNow(b.Ctx).UnixMilli(), 0, zone)
			return vector.NewConstant(vector.NewValue(c.Result, x), c.N), nil
		}, nil
	}})
