package types

import (
	"math"
	"testing"
	"time"
)

func TestCivil(t *testing.T) {
	f := func(year int64, month, day int, days int64) {
		t.Helper()
		if got := DaysFromCivil(year, month, day); got != days {
			t.Errorf("%d-%d-%d is day %d, want %d", year, month, day, got, days)
		}
		if y, m, d := CivilFromDays(days); y != year || m != month || d != day {
			t.Errorf("day %d is %d-%d-%d, want %d-%d-%d", days, y, m, d, year, month, day)
		}
	}
	f(1970, 1, 1, 0)
	f(2000, 2, 29, 11016)
	f(2022, 10, 24, 19289)
	f(1, 1, 1, -719162)
	f(0, 12, 31, -719163)
	f(-5877641, 6, 23, MinDate)
	f(5881580, 7, 11, MaxDate)
	for _, days := range []int64{math.MinInt64, math.MinInt64 + 1, math.MaxInt64} {
		y, m, d := CivilFromDays(days)
		if m < 1 || m > 12 || d < 1 || d > DaysInMonth(y, m) || (y < 0) != (days < 0) {
			t.Errorf("day %d is %d-%d-%d", days, y, m, d)
		}
	}
	for days := int64(-800_000); days < 800_000; days += 97 {
		want := time.Unix(days*86400, 0).UTC()
		y, m, d := CivilFromDays(days)
		year, week := want.ISOWeek()
		gotYear, gotWeek := WeekYear(days)
		if int(y) != want.Year() || m != int(want.Month()) || d != want.Day() || DaysFromCivil(y, m, d) != days ||
			DayOfYear(days) != want.YearDay() || DayOfWeek(days)%7 != int(want.Weekday()) || int(gotYear) != year || gotWeek != week {
			t.Fatalf("day %d: %d-%d-%d, %d, %d, %d-W%d; want %s", days, y, m, d, DayOfYear(days), DayOfWeek(days), gotYear, gotWeek, want)
		}
	}
	if ValidDate(2023, 2, 29) || !ValidDate(2024, 2, 29) || ValidDate(2024, 13, 1) || ValidDate(2024, 4, 31) || ValidDate(2024, 1, 0) {
		t.Error("valid dates")
	}
}

func TestAddMonths(t *testing.T) {
	f := func(date string, months int64, want string) {
		t.Helper()
		days, err := ParseDate(date)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(AppendDate(nil, AddMonths(days, months))); got != want {
			t.Errorf("%s and %d months: %s, want %s", date, months, got, want)
		}
	}
	f("2020-01-31", 1, "2020-02-29")
	f("2020-03-31", -1, "2020-02-29")
	f("2020-02-29", 12, "2021-02-28")
	f("2020-02-29", -48, "2016-02-29")
	f("2020-12-15", 1, "2021-01-15")
	f("2020-01-15", -1, "2019-12-15")
	f("0001-01-15", -13, "-0001-12-15")
}

func TestZones(t *testing.T) {
	f := func(name, want string) {
		t.Helper()
		z, err := ZoneOf(name)
		got := z.String()
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	for _, name := range []string{"UTC", "Z", "GMT", "UTC+0", "GMT-0", "+00:00", "-0000", "Etc/UTC", "Zulu"} {
		f(name, "UTC")
	}
	f("+05:30", "+05:30")
	f("-7", "-07:00")
	f("+0530", "+05:30")
	f("+053000", "+05:30")
	f("+05:30:00", "+05:30")
	f("UTC+3", "+03:00")
	f("GMT-03:30", "-03:30")
	f("Etc/GMT+5", "-05:00")
	f("+14:00", "+14:00")
	f("America/New_York", "America/New_York")
	f("GB", "GB")
	for _, name := range []string{"", "utc", "+14:01", "+15", "+5:3", "+05:60", "+", "Local", "posix/UTC", "../etc/passwd",
		"/etc/localtime", "localtime", "Mars/Olympus", "america/new_york", "UTC3"} {
		f(name, "Time zone not supported: "+name)
	}
	a, _ := ZoneOf("Asia/Kolkata")
	b, _ := ZoneOf("Asia/Kolkata")
	if a != b || a == UTC {
		t.Errorf("zones %d and %d", a, b)
	}
}

// TestInstant checks what java.time does where clocks are put forward and back.
func TestInstant(t *testing.T) {
	f := func(zone, local, want string, wantGap bool) {
		t.Helper()
		z, err := ZoneOf(zone)
		if err != nil {
			t.Fatal(err)
		}
		micros, _, err := ParseTimestamp(local, 0)
		if err != nil {
			t.Fatal(err)
		}
		instant, gap := z.Instant(micros / 1e6)
		if got := string(AppendInt64Text(nil, TimestampOf(0), instant*1e6)); got != want || gap != wantGap {
			t.Errorf("%s in %s is %s UTC, gap %v; want %s", local, zone, got, gap, want)
		}
	}
	f("America/New_York", "2022-07-01 12:00:00", "2022-07-01 16:00:00", false)
	f("America/New_York", "2022-03-13 01:59:59", "2022-03-13 06:59:59", false)
	f("America/New_York", "2022-03-13 02:30:00", "2022-03-13 07:30:00", true) // shows 03:30
	f("America/New_York", "2022-03-13 03:00:00", "2022-03-13 07:00:00", false)
	f("America/New_York", "2022-11-06 01:30:00", "2022-11-06 05:30:00", false) // the first of two
	f("America/New_York", "2022-11-06 02:00:00", "2022-11-06 07:00:00", false)
	f("Pacific/Apia", "2011-12-30 12:00:00", "2011-12-30 22:00:00", true) // a day that was left out
	f("Pacific/Apia", "2011-12-31 12:00:00", "2011-12-30 22:00:00", false)
	f("Europe/Berlin", "1800-01-01 00:00:00", "1799-12-31 23:06:32", false)
	f("+05:30", "2022-01-01 00:00:00", "2021-12-31 18:30:00", false)
	f("Europe/Berlin", "2500-07-01 00:00:00", "2500-06-30 22:00:00", false)
}

func TestParseDate(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		days, err := ParseDate(text)
		got := string(AppendDate(nil, days))
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	f("2022-10-24", "2022-10-24")
	f(" 2022-1-4\t", "2022-01-04")
	f("+12022-01-04", "+12022-01-04")
	f("-0001-01-04", "-0001-01-04")
	f("5881580-07-11", "+5881580-07-11")
	for _, bad := range []string{"", "2022", "2022-10", "2022-13-01", "2023-02-29", "2022-10-24 00:00:00", "2022-10-24x",
		"5881580-07-12", "9999999999-01-01", "2022/10/24", "2022-010-24"} {
		f(bad, "Value cannot be cast to date: "+bad)
	}
}

func TestParseTimestamp(t *testing.T) {
	f := func(text string, precision int, want string) {
		t.Helper()
		micros, picos, err := ParseTimestamp(text, precision)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = string(AppendText(nil, TimestampOf(precision), timestampValue(precision, micros, picos)))
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	f("2022-10-24", 3, "2022-10-24 00:00:00.000")
	f("2022-10-24 ", 3, "2022-10-24 00:00:00.000")
	f("2022-10-24 5:6", 3, "2022-10-24 05:06:00.000")
	f("2022-10-24 05:56:40", 0, "2022-10-24 05:56:40")
	f("2022-10-24 05:56:40.1234", 3, "2022-10-24 05:56:40.123")
	f("2022-10-24 05:56:40.1235", 3, "2022-10-24 05:56:40.124")
	f("2022-12-31 23:59:59.9999999999995", 12, "2023-01-01 00:00:00.000000000000")
	f("2022-12-31 23:59:59.999999999999", 12, "2022-12-31 23:59:59.999999999999")
	f("1969-12-31 23:59:59.123456789", 9, "1969-12-31 23:59:59.123456789")
	f("+12345-01-01 00:00:00", 3, "+12345-01-01 00:00:00.000")
	f("-0044-03-15 12:00:00", 3, "-0044-03-15 12:00:00.000")
	f("294247-01-10 04:00:00", 6, "+294247-01-10 04:00:00.000000")
	f("2022-10-24 05:56:40 UTC", 3, "2022-10-24 05:56:40.000")
	f("2022-03-13 02:30:00 America/New_York", 0, "2022-03-13 03:30:00")
	for _, bad := range []string{"", "2022-10-24T05:56:40", "2022-10-24 05", "2022-10-24 25:00:00", "2022-10-24 05:60:00",
		"2022-10-24 05:56:60", "2022-10-24 05:56:40.", "2022-10-24 05:56:40 Nowhere", "22-10-24", "294248-01-01 00:00:00",
		"2022-10-24 05:56:40.1234567890123456789"} {
		f(bad, 3, "Value cannot be cast to timestamp: "+bad)
	}
}

func TestParseTimestampTZ(t *testing.T) {
	berlin, _ := ZoneOf("Europe/Berlin")
	f := func(text string, precision int, want string) {
		t.Helper()
		x, err := ParseTimestampTZ(text, precision, berlin)
		got := string(AppendText(nil, TimestampTZOf(precision), x))
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	f("2022-10-24 05:56:40.000 UTC", 3, "2022-10-24 05:56:40.000 UTC")
	f("2022-10-24 05:56:40", 3, "2022-10-24 05:56:40.000 Europe/Berlin")
	f("2022-10-24 05:56:40 +05:30", 0, "2022-10-24 05:56:40 +05:30")
	f("2022-10-24 05:56:40Z", 0, "2022-10-24 05:56:40 UTC")
	f("2022-10-24 America/Los_Angeles", 0, "2022-10-24 00:00:00 America/Los_Angeles")
	f("1960-10-24 05:56:40.123456789012 UTC", 12, "1960-10-24 05:56:40.123456789012 UTC")
	f("2022-03-27 02:30:00", 0, "2022-03-27 03:30:00 Europe/Berlin")
	f("2022-03-27 02:30:00 Mars/Olympus", 0, "Value cannot be cast to timestamp: 2022-03-27 02:30:00 Mars/Olympus")
	f("292278995-01-01 00:00:00 UTC", 0, "Value cannot be cast to timestamp: 292278995-01-01 00:00:00 UTC")
}

func TestTimeLiterals(t *testing.T) {
	f := func(typ Type, v any, err error, want string) {
		t.Helper()
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = typ.String() + " " + string(AppendText(nil, typ, v))
		}
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	timestamp := func(text, want string) {
		t.Helper()
		typ, v, err := ParseTimestampLiteral(text)
		f(typ, v, err, want)
	}
	timestamp("2020-06-10 15:55:23.383345", "timestamp(6) 2020-06-10 15:55:23.383345")
	timestamp("2020-06-10", "timestamp(0) 2020-06-10 00:00:00")
	timestamp("2001-08-22 03:04:05.321 America/New_York", "timestamp(3) with time zone 2001-08-22 03:04:05.321 America/New_York")
	timestamp("2022-03-13 02:30:00 America/New_York", "'2022-03-13 02:30:00 America/New_York' is not a valid TIMESTAMP literal")
	timestamp("2022-03-13 02:30:00.1234567890123", "TIMESTAMP precision must be in range [0, 12]: 13")
	timestamp("x", "'x' is not a valid TIMESTAMP literal")

	lake := func(text, want string) {
		t.Helper()
		typ, v, err := ParseLakeTimestamp(text)
		f(typ, v, err, want)
	}
	lake("2020-01-01", "timestamp(3) 2020-01-01 00:00:00.000")
	lake("2023-06-23 00:00:00", "timestamp(3) 2023-06-23 00:00:00.000")
	lake("2023-06-23 13:51", "timestamp(3) 2023-06-23 13:51:00.000")
	lake("2022-07-05T22:00:00.000Z", "timestamp(3) 2022-07-05 22:00:00.000")
	lake("2022-07-05T22:00:00.123456", "timestamp(6) 2022-07-05 22:00:00.123456")
	lake("2022-07-05T22:00:00.123000000", "timestamp(3) 2022-07-05 22:00:00.123")
	lake("2022-07-05T22:00:00.123456789Z", "timestamp(9) 2022-07-05 22:00:00.123456789")
	lake("2022-07-05T22:00:00+02:00", "timestamp(3) 2022-07-05 20:00:00.000")
	lake("2022-07-05 22:00:00 -0130", "timestamp(3) 2022-07-05 23:30:00.000")
	for _, bad := range []string{"", "yesterday", "2022-13-01", "2022-07-05T", "2022-07-05 22", "2022-07-05T22:00:00 ",
		"2022-07-05 22:00:00+15:00", "2022-07-05 22:00:00 UTC", "2022-07-05Z", "2022-07-05 22:00:00."} {
		want := "Value cannot be cast to timestamp: " + bad
		if bad == "2022-07-05T22:00:00 " {
			want = "timestamp(3) 2022-07-05 22:00:00.000" // spaces around do not matter
		}
		lake(bad, want)
	}

	clock := func(text, want string) {
		t.Helper()
		typ, v, err := ParseTimeLiteral(text)
		f(typ, v, err, want)
	}
	clock("01:02:03.456", "time(3) 01:02:03.456")
	clock("1:2", "time(0) 01:02:00")
	clock("01:02:03.456 -08:00", "time(3) with time zone 01:02:03.456-08:00")
	clock("01:02:03+14:01", "'01:02:03+14:01' is not a valid TIME literal")
	clock("24:00:00", "'24:00:00' is not a valid TIME literal")

	if picos, err := ParseTime("23:59:59.9996", 3); err != nil || picos != 0 {
		t.Errorf("rounded to %d, %v", picos, err)
	}
	if _, err := ParseTime("01:02 +01:00", 3); err == nil || err.Error() != "Value cannot be cast to time: 01:02 +01:00" {
		t.Error(err)
	}
	for _, bad := range []string{" 01:02", "01:02 ", "01:02:03.1234567890123"} {
		if _, err := ParseTime(bad, 3); err == nil || err.Error() != "Value cannot be cast to time: "+bad {
			t.Errorf("%q: %v", bad, err)
		}
	}
	x, err := ParseTimeTZ("01:02:03", 0, -90)
	f(TimeTZOf(0), x, err, "time(0) with time zone 01:02:03-01:30")
}

func TestIntervals(t *testing.T) {
	f := func(text string, from, to IntervalField, want string) {
		t.Helper()
		typ, n, err := ParseInterval(text, from, to)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = string(AppendInt64Text(nil, typ, n))
		}
		if got != want {
			t.Errorf("'%s' %s TO %s: %s, want %s", text, from, to, got, want)
		}
	}
	f("2", Days, Days, "2 00:00:00.000")
	f("-2", Days, Days, "-2 00:00:00.000")
	f("36", Hours, Hours, "1 12:00:00.000")
	f("12 10:45", Days, Seconds, "12 10:45:00.000")
	f("12 10:45:32.123", Days, Seconds, "12 10:45:32.123")
	f("10:45:32.1", Hours, Seconds, "0 10:45:32.100")
	f("32.1239", Seconds, Seconds, "0 00:00:32.123")
	f("12 10", Days, Hours, "12 10:00:00.000")
	f("124-30", Years, Months, "126-6")
	f("-32", Months, Months, "-2-8")
	f("3", Years, Years, "3-0")
	f("1 2", Days, Days, "Invalid INTERVAL DAY value: 1 2")
	f("12 10:45:32.123x", Days, Seconds, "Invalid INTERVAL DAY TO SECOND value: 12 10:45:32.123x")
	f("--1", Days, Days, "Invalid INTERVAL DAY value: --1")
	f("", Years, Months, "Invalid INTERVAL YEAR TO MONTH value: ")
	f("2147483647", Years, Years, "Invalid INTERVAL YEAR value: 2147483647")
	f("2147483648", Days, Days, "Invalid INTERVAL DAY value: 2147483648")
	f("1", Years, Days, "Invalid interval qualifier: YEAR to DAY")
	if got := string(AppendDayToSecond(nil, math.MinInt64)); got != "-106751991167 07:12:55.808" {
		t.Error(got)
	}
}

func TestRoundHalfUp(t *testing.T) {
	for _, c := range [][3]int64{{14, 10, 10}, {15, 10, 20}, {-5, 10, 0}, {-6, 10, -10}, {-15, 10, -10}, {7, 1, 7},
		{math.MaxInt64, 10, math.MaxInt64 - 7}, {math.MinInt64, 10, math.MinInt64 + 8}} {
		if got := RoundHalfUp(c[0], c[1]); got != c[2] {
			t.Errorf("%d to tens of %d: %d, want %d", c[0], c[1], got, c[2])
		}
	}
}

func FuzzParseTimes(f *testing.F) {
	for _, s := range []string{"2022-10-24 05:56:40.123 UTC", "-0001-1-1", "99999999-12-31 23:59:59.999999999999999999",
		"2022-07-05T22:00:00+02:00", "01:02:03.4-05:00", "2022-01-01 ", "2022-01-01 +5", "12 10:45:32.123"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if x, err := ParseTimestampTZ(text, 12, UTC); err == nil {
			typ := TimestampTZOf(12)
			shown := string(AppendText(nil, typ, x))
			if y, err := ParseTimestampTZ(shown, 12, UTC); err != nil || typ.OrderKey(y) != typ.OrderKey(x) {
				// Clocks that show a time twice lose which of both it was.
				if _, _, zone := UnpackTimestampTZ(x); zone < firstNamedZone {
					t.Errorf("%q is %s: %v, %v", text, shown, y, err)
				}
			}
		}
		if days, err := ParseDate(text); err == nil {
			if again, err := ParseDate(string(AppendDate(nil, days))); err != nil || again != days {
				t.Errorf("%q: %d, then %d, %v", text, days, again, err)
			}
		}
		ParseLakeTimestamp(text)
		ParseTimestampLiteral(text)
		ParseTimeLiteral(text)
		ParseTimeTZ(text, 12, 0)
		ParseInterval(text, Days, Seconds)
		ParseUUID(text)
		ParseIPAddress(text)
	})
}

// The zones are those of the database in the program, by the names that it has and no others.
func TestLoadLocation(t *testing.T) {
	for _, name := range []string{"America/New_York", "Asia/Kathmandu", "US/Pacific", "EST5EDT", "CET", "UTC"} {
		if location, err := LoadLocation(name); err != nil || location.String() != name {
			t.Errorf("%s: %v, %v", name, location, err)
		}
	}
	for _, name := range []string{"", "Local", "America", "America/", "america/new_york", "../etc/passwd", "posixrules", "Factory2"} {
		if location, err := LoadLocation(name); err == nil {
			t.Errorf("%q: %v", name, location)
		}
	}
	// In 2011 Samoa left out the 30th of December.
	apia, err := ZoneOf("Pacific/Apia")
	if err != nil {
		t.Fatal(err)
	}
	if before, after := apia.Offset(1325239199), apia.Offset(1325239200); before != -10*3600 || after != 14*3600 {
		t.Errorf("%d, %d", before, after)
	}
}

// Package time is at odds with the last day of leap years where the rules of a zone go on without end.
func TestInstantAtTheEndOfALeapYear(t *testing.T) {
	newYork, err := ZoneOf("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for _, local := range []int64{1483142400, 1483228799, 1483228800, 4102358400} { // 2016-12-31 … 2017-01-01, 2099-12-31
		if second, gap := newYork.Instant(local); second != local+5*3600 || gap {
			t.Errorf("%d: %d, %t", local, second, gap)
		}
	}
}
