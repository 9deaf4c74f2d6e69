package function

import (
	"fmt"
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Dates and times in the forms of ISO 8601: calendar dates, week dates and days of the
// year, with a time and an offset behind them.

var (
	isoYear = signedNumber(yearField, 4, 9)
	isoDate = datePattern{isoYear, literal("-"), number(monthField, 2, 2), literal("-"), number(dayField, 2, 2)}

	isoDates = datePattern{oneOf(
		datePattern{isoYear, optionally(literal("-"), number(monthField, 2, 2), optionally(literal("-"), number(dayField, 2, 2)))},
		datePattern{signedNumber(weekYearField, 4, 9), literal("-W"), number(weekField, 2, 2), optionally(literal("-"), number(dayOfWeekField, 1, 1))},
		datePattern{isoYear, literal("-"), number(dayOfYearField, 3, 3)},
	)}
	isoPoint = oneOf(datePattern{literal(".")}, datePattern{literal(",")})
	isoTime  = datePattern{number(hourField, 2, 2), {kind: choicePart, optional: true, choices: []datePattern{
		{literal(":"), number(minuteField, 2, 2), {kind: choicePart, optional: true, choices: []datePattern{
			{literal(":"), number(secondField, 2, 2), optionally(isoPoint, fraction(fractionOfSecondField, 1, 9))},
			{isoPoint, fraction(fractionOfMinuteField, 1, 9)},
		}}},
		{isoPoint, fraction(fractionOfHourField, 1, 9)},
	}}}
	isoOffset   = patternPart{kind: offsetPart, colon: true}
	isoDateTime = datePattern{oneOf(
		append(append(datePattern{literal("T")}, isoTime...), optionally(isoOffset)),
		append(isoDates[:1:1], optionally(literal("T"), optionally(isoTime...), optionally(isoOffset))),
	)}
)

var _ = scalar("date and time", "from_iso8601_timestamp", "Reads a date with or without a time in a form of ISO 8601", "from_iso8601_timestamp('2024-05-06T07:08:09+02:00')",
	"2024-05-06 07:08:09.000 +02:00",
	Overload{Params: "varchar", Result: "timestamp(3) with time zone", New: func(b Binding) (Kernel, error) {
		session := sessionZone(b.Ctx)
		return unaryErr(func(text string) (types.Int128, error) {
			if millis, offset, ok := plainInstant(text); ok {
				if zone, err := types.ZoneOfOffset(offset); err == nil {
					return zonedTime(millis, 0, zone)
				}
			}
			return readZoned(isoDateTime, text, 0, session)
		})(b)
	}})

// plainInstant reads YYYY-MM-DDTHH:MM:SS[.mmm] with Z or +HH:MM behind it, which is what there mostly is, and nothing
// that is not valid: the patterns read the same, at twenty times the cost.
func plainInstant(text string) (epochMillis int64, offsetMinutes int, ok bool) {
	const date, clock, millis = len("YYYY-MM-DD"), len("YYYY-MM-DDTHH:MM:SS"), len(".mmm")
	if len(text) <= clock || text[date] != 'T' || text[date+3] != ':' || text[date+6] != ':' {
		return 0, 0, false
	}
	year, month, day, ok := plainDate(text[:date])
	hour, minute, second := twoDigits(text[date+1:]), twoDigits(text[date+4:]), twoDigits(text[date+7:])
	if !ok || !types.ValidDate(year, month, day) || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return 0, 0, false
	}
	epochMillis = ((types.DaysFromCivil(year, month, day)*24+int64(hour))*60+int64(minute))*60*millisPerSecond + int64(second)*millisPerSecond
	zone := text[clock:]
	if zone[0] == '.' && len(zone) > millis {
		tens := twoDigits(zone[1:])
		if tens < 0 || zone[3] < '0' || zone[3] > '9' {
			return 0, 0, false
		}
		epochMillis += int64(tens*10) + int64(zone[3]-'0')
		zone = zone[millis:]
	}
	if zone == "Z" {
		return epochMillis, 0, true
	}
	if len(zone) != len("+HH:MM") || zone[0] != '+' && zone[0] != '-' || zone[3] != ':' {
		return 0, 0, false
	}
	hours, minutes := twoDigits(zone[1:]), twoDigits(zone[4:])
	if hours < 0 || hours > 13 || minutes < 0 || minutes > 59 {
		return 0, 0, false
	}
	if offsetMinutes = hours*60 + minutes; zone[0] == '-' {
		offsetMinutes = -offsetMinutes
	}
	return epochMillis - int64(offsetMinutes)*60*millisPerSecond, offsetMinutes, true
}

// twoDigits returns the number of the first two characters of text, -1 if they are not digits.
func twoDigits(text string) int {
	if len(text) < 2 || text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9' {
		return -1
	}
	return int(text[0]-'0')*10 + int(text[1]-'0')
}

var _ = scalar("date and time", "from_iso8601_date", "Reads a date in a form of ISO 8601: of a month, a week or the days of a year", "from_iso8601_date('2020-W10')", "2020-03-02",
	Overload{Params: "varchar", Result: "date", New: unaryErr(func(text string) (int64, error) {
		millis, err := readLocal(isoDates, text, 0)
		if err != nil {
			return 0, err
		}
		return checkDate(types.FloorDiv(millis, millisPerDay))
	})})

// plainDate reads a date of exactly the form YYYY-MM-DD, whether or not there is such a day.
func plainDate(text string) (year int64, month, day int, ok bool) {
	if len(text) != len("YYYY-MM-DD") || text[4] != '-' || text[7] != '-' {
		return 0, 0, 0, false
	}
	for i := range len(text) {
		if i != 4 && i != 7 && (text[i] < '0' || text[i] > '9') {
			return 0, 0, 0, false
		}
	}
	two := func(at int) int { return int(text[at]-'0')*10 + int(text[at+1]-'0') }
	return int64(two(0)*100 + two(2)), two(5), two(8), true
}

// dateProblem says in Java's words why there is no such date, or "".
func dateProblem(year int64, month, day int) string {
	switch {
	case month < 1 || month > 12:
		return fmt.Sprintf("Invalid value for MonthOfYear (valid values 1 - 12): %d", month)
	case day < 1 || day > 31:
		return fmt.Sprintf("Invalid value for DayOfMonth (valid values 1 - 28/31): %d", day)
	case day <= types.DaysInMonth(year, month):
		return ""
	case day == 29:
		return fmt.Sprintf("Invalid date 'February 29' as '%d' is not a leap year", year)
	}
	return fmt.Sprintf("Invalid date '%s %d'", strings.ToUpper(monthNames[month-1]), day)
}

// nanosReader reads YYYY-MM-DDTHH:MM[:SS[.fffffffff]][offset[[zone]]], as java.time has it.
type nanosReader struct {
	text string
	at   int
	bad  bool
}

// digits reads a number of exactly n digits.
func (r *nanosReader) digits(n int) int64 {
	value := int64(0)
	for i := range n {
		if r.bad || r.at+i >= len(r.text) || r.text[r.at+i] < '0' || r.text[r.at+i] > '9' {
			r.bad = true
			return 0
		}
		value = value*10 + int64(r.text[r.at+i]-'0')
	}
	r.at += n
	return value
}

func (r *nanosReader) accept(c byte) bool {
	if r.bad || r.at >= len(r.text) || r.text[r.at] != c && r.text[r.at] != c|0x20 {
		return false
	}
	r.at++
	return true
}

func (r *nanosReader) expect(c byte) {
	if !r.bad && !r.accept(c) {
		r.bad = true
	}
}

// offset reads Z, or +HH:MM with or without seconds.
func (r *nanosReader) offset() (seconds int64, ok bool) {
	if r.accept('Z') {
		return 0, true
	}
	from := r.at
	if r.at == len(r.text) || r.text[r.at] != '+' && r.text[r.at] != '-' {
		return 0, false
	}
	negative := r.text[r.at] == '-'
	r.at++
	hours := r.digits(2)
	r.expect(':')
	minutes := r.digits(2)
	if r.bad || hours > 99 || minutes > 59 {
		r.at, r.bad = from, false
		return 0, false
	}
	seconds = hours*3600 + minutes*60
	if end := r.at; r.accept(':') {
		if more := r.digits(2); !r.bad && more <= 59 {
			seconds += more
		} else {
			r.at, r.bad = end, false
		}
	}
	if negative {
		seconds = -seconds
	}
	return seconds, true
}

func parseISONanos(text string, session types.Zone) (types.Int128, error) {
	r := &nanosReader{text: text}
	none := types.Int128{}
	problem := func(what string) error { return invalid("Text '%s' could not be parsed%s", text, what) }

	negative, plus := r.accept('-'), false
	if !negative {
		plus = r.accept('+')
	}
	from := r.at
	for r.at < len(text) && r.at-from < 10 && text[r.at] >= '0' && text[r.at] <= '9' {
		r.at++
	}
	n := r.at - from
	r.at = from
	if n < 4 || n > 4 != plus && !negative { // four digits without a sign, more with one
		return none, problem(" at index 0")
	}
	year := r.digits(n)
	if negative {
		year = -year
	}
	r.expect('-')
	month := r.digits(2)
	r.expect('-')
	day := r.digits(2)
	r.expect('T')
	hour := r.digits(2)
	r.expect(':')
	minute := r.digits(2)
	var second, nanos int64
	if end := r.at; r.accept(':') {
		if second = r.digits(2); r.bad {
			r.at, r.bad = end, false
		} else if r.accept('.') {
			weight := int64(100_000_000)
			for r.at < len(text) && weight > 0 && text[r.at] >= '0' && text[r.at] <= '9' {
				nanos += int64(text[r.at]-'0') * weight
				weight /= 10
				r.at++
			}
		}
	}
	if r.bad {
		return none, problem(fmt.Sprintf(" at index %d", r.at))
	}
	offset, zoned := r.offset()
	zone, region := session, ""
	if zoned && r.at < len(text) && text[r.at] == '[' {
		if end := strings.IndexByte(text[r.at:], ']'); end > 0 {
			region = text[r.at+1 : r.at+end]
			r.at += end + 1
		}
	}
	if r.at < len(text) {
		return none, problem(fmt.Sprintf(", unparsed text found at index %d", r.at))
	}
	for _, v := range []struct {
		name        string
		value, most int64
	}{{"HourOfDay", hour, 23}, {"MinuteOfHour", minute, 59}, {"SecondOfMinute", second, 59}} {
		if v.value > v.most {
			return none, problem(fmt.Sprintf(": Invalid value for %s (valid values 0 - %d): %d", v.name, v.most, v.value))
		}
	}
	if what := dateProblem(year, int(month), int(day)); what != "" {
		return none, problem(": " + what)
	}
	local := types.DaysFromCivil(year, int(month), int(day))*secondsPerDay + hour*3600 + minute*60 + second
	instant, _ := session.Instant(local)
	if zoned {
		instant = local - offset
		var err error
		switch {
		case region != "":
			zone, err = types.ZoneOf(region)
		case offset%60 != 0:
			err = failf(sql.NOT_SUPPORTED, "Time zone not supported: %s", offsetText(offset*millisPerSecond))
		default:
			zone, err = types.ZoneOfOffset(int(offset / 60))
		}
		if err != nil {
			return none, err
		}
	}
	const nanosPerMilli, picosPerNano = 1_000_000, 1_000
	return zonedTime(instant*millisPerSecond+nanos/nanosPerMilli, nanos%nanosPerMilli*picosPerNano, zone)
}

var _ = scalar("date and time", "from_iso8601_timestamp_nanos", "Reads a date and time in the form of ISO 8601, with nanoseconds", "from_iso8601_timestamp_nanos('2024-05-06T07:08:09.123456789+02:00')",
	"2024-05-06 07:08:09.123456789 +02:00",
	Overload{Params: "varchar", Result: "timestamp(9) with time zone", New: func(b Binding) (Kernel, error) {
		session := sessionZone(b.Ctx)
		return unaryErr(func(text string) (types.Int128, error) { return parseISONanos(text, session) })(b)
	}})

// isoLength is the type of to_iso8601: long enough for six digits of a year with a sign.
func isoLength(zone int) func(args []types.Type) ([]types.Type, types.Type, bool) {
	return func(args []types.Type) ([]types.Type, types.Type, bool) {
		kind := types.Timestamp
		if zone > 0 {
			kind = types.TimestampWithTimeZone
		}
		if len(args) != 1 || !args[0].Is(kind) {
			return nil, types.Type{}, false
		}
		p := args[0].Precision()
		return args, types.VarcharOf(len("+YYYYYY-MM-DDTHH:MM:SS") + min(p, 1) + p + zone), true
	}
}

var _ = scalar("date and time", "to_iso8601", "Writes a date or time in the form of ISO 8601", "to_iso8601(TIMESTAMP '2024-05-06 07:08:09.123')", "2024-05-06T07:08:09.123",
	Overload{Params: "date", Result: "varchar(16)", NeverFails: true, New: always(isoText)},
	Overload{Params: "timestamp(p)", Result: "varchar(n)", Derive: isoLength(0), NeverFails: true, New: always(isoText)},
	Overload{Params: "timestamp(p) with time zone", Result: "varchar(n)", Derive: isoLength(len("+HH:MM")), New: always(isoText)})

// isoText writes values as their own text with a T, and a zone as its offset.
func isoText(c *Call) (vector.Vector, error) {
	v := c.Args[0]
	zoned := v.Type().Is(types.TimestampWithTimeZone)
	return eachText(c, func(dst []byte, i int) ([]byte, error) {
		start := len(dst)
		dst = vector.AppendText(dst, v, i)
		space := strings.IndexByte(string(dst[start:]), ' ')
		if space < 0 {
			return dst, nil
		}
		dst[start+space] = 'T'
		if !zoned {
			return dst, nil
		}
		millis, _, zone := types.UnpackTimestampTZ(vector.ViewOf[types.Int128](v).Get(i))
		offset := zone.Offset(types.FloorDiv(millis, millisPerSecond))
		dst = dst[:start+strings.IndexByte(string(dst[start:]), ' ')]
		switch {
		case offset == 0:
			return append(dst, 'Z'), nil
		case offset%60 != 0:
			return dst, failf(sql.INVALID_ARGUMENTS, "Timezone with non-zero seconds offset cannot be rendered as ISO8601: %s", offsetText(int64(offset)*millisPerSecond))
		}
		return appendOffset(dst, offset, true), nil
	})
}
