package storage

import (
	"fmt"

	"github.com/ctlake/ctlake/storage/types"
)

// Day is a UTC day: days since 1970-01-01. NoDay is the place of events without a time.
type Day int32

// NoDay stands for the events whose eventTime is missing or no time. They are kept
// in a partition of their own and never expire: no rule can be applied to them.
const NoDay Day = -1 << 31

const millisPerDay = 24 * 60 * 60 * 1000

// DayOf returns the day of a time in milliseconds since 1970, UTC.
func DayOf(millis int64, hasTime bool) Day {
	if !hasTime {
		return NoDay
	}
	day := millis / millisPerDay
	if millis%millisPerDay < 0 {
		day--
	}
	return Day(day)
}

// Calendar returns the day as YYYYMMDD, 0 for NoDay.
func (d Day) Calendar() int64 {
	if d == NoDay {
		return 0
	}
	year, month, day := types.CivilFromDays(int64(d))
	return year*10000 + int64(month)*100 + int64(day)
}

// String returns the day for people: 2026-03-09.
func (d Day) String() string {
	if d == NoDay {
		return "no day"
	}
	year, month, day := types.CivilFromDays(int64(d))
	return fmt.Sprintf("%04d-%02d-%02d", year, month, day)
}

// dayOfCalendar is the inverse of Calendar.
func dayOfCalendar(calendar int64) Day {
	if calendar == 0 {
		return NoDay
	}
	return Day(types.DaysFromCivil(calendar/10000, int(calendar/100%100), int(calendar%100)))
}

// folder is the name of the day's partition, as Hive names it.
func (d Day) folder() string {
	if d == NoDay {
		return "calendarday=__HIVE_DEFAULT_PARTITION__"
	}
	return fmt.Sprintf("calendarday=%08d", d.Calendar())
}
