package function

import (
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Numbers of what a clock shows: year, hour, timezone_minute and so on. Of a
// timestamp with time zone it is the clock of its zone.

const (
	microsPerSecond = 1_000_000
	secondsPerDay   = 24 * 60 * 60

	picosPerHour   = 60 * picosPerMinute
	picosPerMinute = 60 * picosPerSecond
)

// daysOf returns a reader of the dates that clocks show, in days since 1970.
func daysOf(v vector.Vector) func(i int) int64 {
	t := v.Type()
	switch {
	case t.Is(types.Date):
		return vector.ViewOf[int64](v).Get
	case t.Physical() == types.Int64:
		micros := vector.ViewOf[int64](v)
		return func(i int) int64 { return types.FloorDiv(micros.Get(i), microsPerDay) }
	case t.Is(types.Timestamp):
		w := vector.ViewOf[types.Int128](v)
		return func(i int) int64 { return types.FloorDiv(w.Get(i).Hi, microsPerDay) }
	}
	w := vector.ViewOf[types.Int128](v)
	return func(i int) int64 {
		millis, _, zone := types.UnpackTimestampTZ(w.Get(i))
		second := types.FloorDiv(millis, 1000)
		return types.FloorDiv(second+int64(zone.Offset(second)), secondsPerDay)
	}
}

// picosOfDayOf returns a reader of the times that clocks show, in picoseconds of the day.
func picosOfDayOf(v vector.Vector) func(i int) int64 {
	t := v.Type()
	switch {
	case t.Is(types.Time):
		return vector.ViewOf[int64](v).Get
	case t.Is(types.TimeWithTimeZone):
		w := vector.ViewOf[types.Int128](v)
		return func(i int) int64 { return w.Get(i).Hi }
	case t.Physical() == types.Int64:
		micros := vector.ViewOf[int64](v)
		return func(i int) int64 { return types.FloorMod(micros.Get(i), microsPerDay) * picosPerMicro }
	case t.Is(types.Timestamp):
		w := vector.ViewOf[types.Int128](v)
		return func(i int) int64 { return types.FloorMod(w.Get(i).Hi, microsPerDay)*picosPerMicro + int64(w.Get(i).Lo) }
	}
	w := vector.ViewOf[types.Int128](v)
	return func(i int) int64 {
		millis, picos, zone := types.UnpackTimestampTZ(w.Get(i))
		second := types.FloorDiv(millis, 1000)
		local := types.FloorMod(second+int64(zone.Offset(second)), secondsPerDay)
		return local*picosPerSecond + types.FloorMod(millis, 1000)*picosPerMilli + picos
	}
}

// part is the overload that takes a number of what read gives of each row.
func part(params string, read func(v vector.Vector) func(i int) int64, f func(x int64) int64) Overload {
	return Overload{Params: params, Result: "bigint", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		at, out := read(c.Args[0]), make([]int64, c.N)
		for i := range out {
			if !c.Nulls.Has(i) {
				out[i] = f(at(i))
			}
		}
		return vector.NewFlat(c.Result, out, nil), nil
	})}
}

// ofInterval is the overload that takes a number of an interval; it has the interval's sign.
func ofInterval(params string, f func(x int64) int64) Overload {
	return Overload{Params: params, Result: "bigint", NeverFails: true, New: unary(f)}
}

// datePart registers a part of the date.
func datePart(names, text, example, result string, f func(days int64) int64, others ...Overload) registered {
	overloads := []Overload{part("date", daysOf, f), part("timestamp(p)", daysOf, f), part("timestamp(p) with time zone", daysOf, f)}
	return scalar("date and time", names, text, example, result, append(overloads, others...)...)
}

// timePart registers a part of the time of day: so many of a unit, in picoseconds and for intervals in milliseconds.
func timePart(name, text, result string, unit, modulus int64) registered {
	f := func(picos int64) int64 { return picos / unit % modulus }
	return scalar("date and time", name, text, name+"(TIMESTAMP '2024-05-06 07:08:09.123')", result,
		part("timestamp(p)", picosOfDayOf, f), part("timestamp(p) with time zone", picosOfDayOf, f),
		part("time(p)", picosOfDayOf, f), part("time(p) with time zone", picosOfDayOf, f),
		ofInterval(daySecond, func(millis int64) int64 { return millis / (unit / picosPerMilli) % modulus }))
}

func yearOf(days int64) int64  { y, _, _ := types.CivilFromDays(days); return y }
func monthOf(days int64) int64 { _, m, _ := types.CivilFromDays(days); return int64(m) }
func dayOf(days int64) int64   { _, _, d := types.CivilFromDays(days); return int64(d) }

var (
	_ = datePart("year", "Returns the year", "year(DATE '2024-05-06')", "2024", yearOf,
		ofInterval(yearMonth, func(months int64) int64 { return months / 12 }))
	_ = datePart("quarter", "Returns the quarter of the year", "quarter(DATE '2024-05-06')", "2", func(days int64) int64 { return (monthOf(days) + 2) / 3 })
	_ = datePart("month", "Returns the month of the year", "month(DATE '2024-05-06')", "5", monthOf,
		ofInterval(yearMonth, func(months int64) int64 { return months % 12 }))
	_ = datePart("week,week_of_year", "Returns the ISO week of the year", "week(DATE '2021-01-03')", "53", func(days int64) int64 { _, w := types.WeekYear(days); return int64(w) })
	_ = datePart("year_of_week,yow", "Returns the year of the ISO week", "year_of_week(DATE '2021-01-03')", "2020", func(days int64) int64 { y, _ := types.WeekYear(days); return y })
	_ = datePart("day,day_of_month", "Returns the day of the month", "day(DATE '2024-05-06')", "6", dayOf,
		ofInterval(daySecond, func(millis int64) int64 { return millis / millisPerDay }))
	_ = datePart("day_of_week,dow", "Returns the day of the week, 1 for Monday", "day_of_week(DATE '2024-05-06')", "1", func(days int64) int64 { return int64(types.DayOfWeek(days)) })
	_ = datePart("day_of_year,doy", "Returns the day of the year", "day_of_year(DATE '2024-05-06')", "127", func(days int64) int64 { return int64(types.DayOfYear(days)) })

	_ = timePart("hour", "Returns the hour of the day", "7", picosPerHour, 24)
	_ = timePart("minute", "Returns the minute of the hour", "8", picosPerMinute, 60)
	_ = timePart("second", "Returns the second of the minute", "9", picosPerSecond, 60)
	_ = timePart("millisecond", "Returns the millisecond of the second", "123", picosPerMilli, 1000)
)

// offsetMinutes returns a reader of how many minutes the clocks are ahead of UTC.
func offsetMinutes(v vector.Vector) func(i int) int64 {
	w := vector.ViewOf[types.Int128](v)
	if v.Type().Is(types.TimeWithTimeZone) {
		return func(i int) int64 {
			_, minutes := types.UnpackTimeTZ(w.Get(i))
			return int64(minutes)
		}
	}
	return func(i int) int64 {
		millis, _, zone := types.UnpackTimestampTZ(w.Get(i))
		return int64(zone.Offset(types.FloorDiv(millis, 1000)) / 60)
	}
}

// zonePart registers a part of the offset from UTC.
func zonePart(name, text, result string, f func(minutes int64) int64) registered {
	return scalar("date and time", name, text, name+"(TIMESTAMP '2024-05-06 07:08:09 -03:30')", result,
		part("timestamp(p) with time zone", offsetMinutes, f), part("time(p) with time zone", offsetMinutes, f))
}

var (
	_ = zonePart("timezone_hour", "Returns the hours of the offset from UTC", "-3", func(minutes int64) int64 { return minutes / 60 })
	_ = zonePart("timezone_minute", "Returns the minutes of the offset from UTC beside its hours", "-30", func(minutes int64) int64 { return minutes % 60 })
)

// lastDay is the overload of last_day_of_month for a kind of time.
func lastDay(params string, neverFails bool) Overload {
	return Overload{Params: params, Result: "date", NeverFails: neverFails, New: always(func(c *Call) (vector.Vector, error) {
		days := daysOf(c.Args[0])
		return each(c, func(i int) (int64, error) {
			y, m, _ := types.CivilFromDays(days(i))
			return checkDate(types.DaysFromCivil(y, m, types.DaysInMonth(y, m)))
		})
	})}
}

// The month of the greatest date ends beyond it, and timestamps with time zone reach further than dates.
var _ = scalar("date and time", "last_day_of_month", "Returns the last day of the month", "last_day_of_month(DATE '2024-02-03')", "2024-02-29",
	lastDay("date", false), lastDay("timestamp(p)", true), lastDay("timestamp(p) with time zone", false))
