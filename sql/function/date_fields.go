package function

import (
	"fmt"
	"math"
	"slices"

	"github.com/ctlake/ctlake/storage/types"
)

// Reading a date by a pattern collects fields ("month 5", "hour 7") and then sets
// them one after another, the longer ones first, on a clock that begins at
// 1970-01-01 00:00:00. The rules are Joda-Time's, which is what Trino reads with:
//
//	fields ── sorted by unit ──► set each, cutting what is shorter
//	                         ──► set each again, so that what contradicts is refused or moves the date
//
// Where no year is read, but a shorter unit of the date, the year is 2000.

// dateField is a unit that a pattern writes or reads.
type dateField uint8

const (
	eraField dateField = iota
	centuryField
	yearField
	yearOfEraField
	weekYearField
	monthField
	weekField
	dayOfYearField
	dayField
	dayOfWeekField
	halfdayField
	hourField
	clockhourField
	hourOfHalfdayField
	clockhourOfHalfdayField
	minuteField
	secondField
	// Milliseconds of an hour, a minute and a second.
	fractionOfHourField
	fractionOfMinuteField
	fractionOfSecondField
)

// fieldRules say how each field is set. order is the unit that the field counts within, order2 its own;
// lower is longer.
var fieldRules = [...]struct {
	name          string
	order, order2 int
	min, max      int64
}{
	eraField:                {"era", 0, 0, 0, 1},
	centuryField:            {"centuryOfEra", 0, 1, 0, maxYear / 100},
	yearField:               {"year", 0, 2, -maxYear + 3938, maxYear + 1},
	yearOfEraField:          {"yearOfEra", 0, 2, 1, maxYear},
	weekYearField:           {"weekyear", 0, 2, -maxYear + 3939, maxYear},
	monthField:              {"monthOfYear", 1, 3, 1, 12},
	weekField:               {"weekOfWeekyear", 1, 4, 1, 52},
	dayOfYearField:          {"dayOfYear", 1, 5, 1, 366},
	dayField:                {"dayOfMonth", 2, 5, 1, 31},
	dayOfWeekField:          {"dayOfWeek", 3, 5, 1, 7},
	halfdayField:            {"halfdayOfDay", 4, 6, 0, 1},
	hourField:               {"hourOfDay", 4, 7, 0, 23},
	clockhourField:          {"clockhourOfDay", 4, 7, 1, 24},
	hourOfHalfdayField:      {"hourOfHalfday", 5, 7, 0, 11},
	clockhourOfHalfdayField: {"clockhourOfHalfday", 5, 7, 1, 12},
	minuteField:             {"minuteOfHour", 6, 8, 0, 59},
	secondField:             {"secondOfMinute", 7, 9, 0, 59},
	fractionOfHourField:     {"millisOfSecond", 6, 10, 0, millisPerHour - 1},
	fractionOfMinuteField:   {"millisOfSecond", 7, 10, 0, millisPerMinute - 1},
	fractionOfSecondField:   {"millisOfSecond", 8, 10, 0, millisPerSecond - 1},
}

const (
	millisPerHour   = 60 * millisPerMinute
	millisPerMinute = 60 * millisPerSecond
	millisPerSecond = 1_000

	maxYear       = 292_278_993 // whose milliseconds fit 64 bits
	defaultYear   = 2000
	monthOrder    = 3
	dayOrder      = 5
	beforeTheEras = math.MinInt64 / millisPerDay // the day that an era before ours begins with
)

// readField is a field with its value.
type readField struct {
	field dateField
	value int64
}

// dateBucket takes what a pattern reads.
type dateBucket struct {
	fields []readField
	offset int64 // milliseconds ahead of UTC
	hasOff bool
	zone   types.Zone
	zoned  bool // zone was read, or the offset
}

func (b *dateBucket) save(f dateField, value int64) { b.fields = append(b.fields, readField{f, value}) }

// clock is what setting fields changes.
type clock struct{ days, millis int64 }

// local returns the milliseconds from 1970-01-01 00:00:00 on the clock that is being read.
func (b *dateBucket) local() (int64, error) {
	fields := b.fields
	slices.SortStableFunc(fields, func(x, y readField) int {
		p, q := &fieldRules[x.field], &fieldRules[y.field]
		if p.order != q.order {
			return p.order - q.order
		}
		return p.order2 - q.order2
	})
	if len(fields) > 0 {
		if first := fieldRules[fields[0].field].order2; first >= monthOrder && first <= dayOrder {
			fields = slices.Insert(fields, 0, readField{yearField, defaultYear})
		}
	}
	var c clock
	for _, f := range fields {
		if err := c.set(f); err != nil {
			return 0, err
		}
		c.floor(f.field)
	}
	for i, f := range fields {
		if err := c.set(f); err != nil {
			return 0, err
		}
		if i == len(fields)-1 {
			c.floor(f.field)
		}
	}
	if c.days <= math.MinInt64/millisPerDay+1 || c.days >= math.MaxInt64/millisPerDay-1 {
		return 0, outOfRange(types.Timestamp)
	}
	return c.days*millisPerDay + c.millis, nil
}

// bounds are those of the values that f may have at c.
func (c *clock) bounds(f readField) (least, most int64) {
	r := &fieldRules[f.field]
	least, most = r.min, r.max
	switch year, month, _ := types.CivilFromDays(c.days); {
	case f.field == dayField && (f.value > 28 || f.value < 1):
		most = int64(types.DaysInMonth(year, month))
	case f.field == dayOfYearField && (f.value > 365 || f.value < 1):
		most = int64(daysInYear(year))
	case f.field == weekField && f.value > 52:
		weekYear, _ := types.WeekYear(c.days)
		most = weeksInYear(weekYear)
	}
	return least, most
}

func daysInYear(year int64) int {
	if types.IsLeapYear(year) {
		return 366
	}
	return 365
}

func weeksInYear(year int64) int64 {
	_, week := types.WeekYear(types.DaysFromCivil(year, 12, 28))
	return int64(week)
}

// firstWeek is the Monday of the first week of a year.
func firstWeek(year int64) int64 {
	day := types.DaysFromCivil(year, 1, 4)
	return day - int64(types.DayOfWeek(day)) + 1
}

// setYear keeps the month and the day, or the day before where there is no February 29th.
func (c *clock) setYear(year int64) {
	_, month, day := types.CivilFromDays(c.days)
	c.days = types.DaysFromCivil(year, month, min(day, types.DaysInMonth(year, month)))
}

func (c *clock) set(f readField) error {
	if least, most := c.bounds(f); f.value < least || f.value > most {
		return invalid("Value %d for %s must be in the range [%d,%d]", f.value, fieldRules[f.field].name, least, most)
	}
	year, _, day := types.CivilFromDays(c.days)
	switch v := f.value; f.field {
	case eraField:
		if (year > 0) != (v == 1) {
			c.setYear(-year)
		}
	case centuryField:
		c.setYear(v*100 + types.FloorMod(year, 100))
	case yearField:
		c.setYear(v)
	case yearOfEraField:
		if year <= 0 {
			v = 1 - v // the year before 1 is 0
		}
		c.setYear(v)
	case weekYearField:
		if from, week := types.WeekYear(c.days); from != v {
			last := min(weeksInYear(from), weeksInYear(v))
			c.days = firstWeek(v) + (min(int64(week), last)-1)*7 + int64(types.DayOfWeek(c.days)) - 1
		}
	case monthField:
		c.days = types.DaysFromCivil(year, int(v), min(day, types.DaysInMonth(year, int(v))))
	case weekField:
		_, week := types.WeekYear(c.days)
		c.days += (v - int64(week)) * 7
	case dayOfYearField:
		c.days = types.DaysFromCivil(year, 1, 1) + v - 1
	case dayField:
		c.days += v - int64(day)
	case dayOfWeekField:
		c.days += v - int64(types.DayOfWeek(c.days))
	default:
		c.setTime(f)
	}
	return nil
}

// setTime sets a field of the time of day.
func (c *clock) setTime(f readField) {
	hour, rest := c.millis/millisPerHour, c.millis%millisPerHour
	switch v := f.value; f.field {
	case halfdayField:
		c.millis += (v - hour/12) * 12 * millisPerHour
	case hourField:
		c.millis = v*millisPerHour + rest
	case clockhourField:
		c.millis = v%24*millisPerHour + rest
	case hourOfHalfdayField, clockhourOfHalfdayField:
		c.millis = (hour/12*12+v%12)*millisPerHour + rest
	case minuteField:
		c.millis += (v - rest/millisPerMinute) * millisPerMinute
	case secondField:
		c.millis += (v - rest/millisPerSecond%60) * millisPerSecond
	case fractionOfHourField:
		c.millis += v - rest
	case fractionOfMinuteField:
		c.millis += v - rest%millisPerMinute
	case fractionOfSecondField:
		c.millis += v - rest%millisPerSecond
	}
}

// floor cuts what is shorter than the unit of a field.
func (c *clock) floor(f dateField) {
	cut := func(millis int64) { c.millis -= c.millis % millis }
	year, month, _ := types.CivilFromDays(c.days)
	switch f {
	case eraField:
		c.millis = 0
		if c.days = types.DaysFromCivil(1, 1, 1); year <= 0 {
			c.days = beforeTheEras
		}
	case centuryField:
		c.days, c.millis = types.DaysFromCivil(types.FloorDiv(year, 100)*100, 1, 1), 0
	case yearField, yearOfEraField:
		c.days, c.millis = types.DaysFromCivil(year, 1, 1), 0
	case weekYearField:
		weekYear, _ := types.WeekYear(c.days)
		c.days, c.millis = firstWeek(weekYear), 0
	case monthField:
		c.days, c.millis = types.DaysFromCivil(year, month, 1), 0
	case weekField:
		c.days, c.millis = c.days-int64(types.DayOfWeek(c.days))+1, 0
	case dayOfYearField, dayField, dayOfWeekField:
		c.millis = 0
	case halfdayField:
		cut(12 * millisPerHour)
	case hourField, clockhourField, hourOfHalfdayField, clockhourOfHalfdayField:
		cut(millisPerHour)
	case minuteField:
		cut(millisPerMinute)
	case secondField:
		cut(millisPerSecond)
	}
}

// instant returns the milliseconds since 1970 of what was read, text, and its zone,
// which is session's where none was read. An offset that was read becomes the zone.
func (b *dateBucket) instant(text string, session types.Zone) (millis int64, zone types.Zone, err error) {
	local, err := b.local()
	if err != nil {
		return 0, session, invalid("Cannot parse \"%s\": %v", text, err)
	}
	zone = session
	if b.zoned {
		zone = b.zone
	}
	if b.hasOff {
		if b.offset%millisPerMinute != 0 {
			return 0, zone, invalid("Time zone not supported: %s", offsetText(b.offset))
		}
		zone, err = types.ZoneOfOffset(int(b.offset / millisPerMinute))
		return local - b.offset, zone, err
	}
	second := types.FloorDiv(local, millisPerSecond)
	instant, gap := zone.Instant(second)
	if gap {
		return 0, zone, invalid("Cannot parse \"%s\": Illegal instant due to time zone offset transition (%s)", text, zone)
	}
	return instant*millisPerSecond + local - second*millisPerSecond, zone, nil
}

// offsetText writes an offset that has seconds.
func offsetText(millis int64) string {
	sign := '+'
	if millis < 0 {
		sign, millis = '-', -millis
	}
	text := fmt.Sprintf("%c%02d:%02d:%02d", sign, millis/millisPerHour, millis/millisPerMinute%60, millis/millisPerSecond%60)
	if rest := millis % millisPerSecond; rest != 0 {
		text += fmt.Sprintf(".%03d", rest)
	}
	return text
}
