package types

// Dates are days since 1970-01-01 in the proleptic Gregorian calendar: the rules
// of 1582 hold for all time, and the year before 1 is 0. Functions here work for
// every int64 day; what a date value may be is bounded by MinDate and MaxDate.

// The first and the last date, as in Trino: days are 32 bits wide.
const (
	MinDate = -1 << 31 // -5877641-06-23
	MaxDate = 1<<31 - 1
)

// The calendar repeats every 400 years.
const (
	daysPerEra  = 146097
	epochOfEra  = 135080 // day of its era of 1970-01-01, eras beginning on March 1st
	eraOfEpoch  = 4
	yearsPerEra = 400
)

// MaxYear bounds the years that DaysFromCivil accepts, far beyond those of any type.
const MaxYear = 1_000_000_000_000_000

// DaysFromCivil returns the days from 1970-01-01 to a date of a valid month;
// day may be any number near it. The year must be within ±MaxYear.
func DaysFromCivil(year int64, month, day int) int64 {
	if month <= 2 {
		year--
	}
	era := FloorDiv(year, yearsPerEra)
	yearOfEra := year - era*yearsPerEra
	dayOfYear := int64((153*((month+9)%12)+2)/5 + day - 1) // March 1st is 0
	dayOfEra := yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
	return (era-eraOfEpoch)*daysPerEra + dayOfEra - epochOfEra
}

// CivilFromDays returns the date of a day.
func CivilFromDays(days int64) (year int64, month, day int) {
	era := FloorDiv(days, daysPerEra)
	dayOfEra := days - era*daysPerEra + epochOfEra
	if dayOfEra >= daysPerEra {
		dayOfEra -= daysPerEra
		era++
	}
	era += eraOfEpoch
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36524 - dayOfEra/146096) / 365
	dayOfYear := int(dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100))
	m := (5*dayOfYear + 2) / 153 // March is 0
	day = dayOfYear - (153*m+2)/5 + 1
	month = m + 3
	year = yearOfEra + era*yearsPerEra
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, day
}

// IsLeapYear reports whether year has a February 29th.
func IsLeapYear(year int64) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

// DaysInMonth returns 28 to 31; month must be 1 to 12.
func DaysInMonth(year int64, month int) int {
	switch {
	case month == 2 && IsLeapYear(year):
		return 29
	case month == 2:
		return 28
	case month == 4 || month == 6 || month == 9 || month == 11:
		return 30
	}
	return 31
}

// ValidDate reports whether there is such a day.
func ValidDate(year int64, month, day int) bool {
	return year >= -MaxYear && year <= MaxYear && month >= 1 && month <= 12 && day >= 1 && day <= DaysInMonth(year, month)
}

// DayOfWeek returns 1 for Monday to 7 for Sunday.
func DayOfWeek(days int64) int { return int(FloorMod(FloorMod(days, 7)+3, 7)) + 1 }

// DayOfYear returns 1 to 366.
func DayOfYear(days int64) int {
	year, _, _ := CivilFromDays(days)
	return int(days-DaysFromCivil(year, 1, 1)) + 1
}

// WeekYear returns the ISO 8601 week of a day, 1 to 53, and the year that the week counts to.
func WeekYear(days int64) (year int64, week int) {
	thursday := days + int64(4-DayOfWeek(days)) // which lies in the week's year
	year, _, _ = CivilFromDays(thursday)
	return year, int(thursday-DaysFromCivil(year, 1, 1))/7 + 1
}

// AddMonths returns the day some months later; the day of the month becomes the
// last one where the month is shorter.
func AddMonths(days, months int64) int64 {
	year, month, day := CivilFromDays(days)
	m := int64(month) - 1 + months%12
	year += months/12 + FloorDiv(m, 12)
	month = int(FloorMod(m, 12)) + 1
	return DaysFromCivil(year, month, min(day, DaysInMonth(year, month)))
}

// FloorDiv returns a/b, rounded down. b is positive.
func FloorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// FloorMod returns what FloorDiv leaves of a, from 0 up to b. b is positive.
func FloorMod(a, b int64) int64 {
	m := a % b
	if m < 0 {
		m += b
	}
	return m
}
