package function

import (
	"math"
	"strconv"
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
)

// Durations as people write and read them.

// durationMillis are the units of parse_duration in milliseconds.
var durationMillis = map[string]float64{"ns": 1.0 / 1_000_000, "us": 1.0 / 1_000, "ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": millisPerDay}

// javaSpace is what \s of a Java pattern matches.
const javaSpace = " \t\n\v\f\r"

// cutNumber takes the digits, and a point with further digits, from the start of text.
func cutNumber(text string) (number, rest string) {
	digits := func(at int) int {
		for at < len(text) && text[at] >= '0' && text[at] <= '9' {
			at++
		}
		return at
	}
	at := digits(0)
	if at > 0 && at < len(text) && text[at] == '.' {
		if end := digits(at + 1); end > at+1 {
			at = end
		}
	}
	return text[:at], text[at:]
}

// parseDuration reads a number and a unit, as milliseconds, rounded half up.
func parseDuration(text string) (int64, error) {
	if text == "" {
		return 0, invalid("duration is empty")
	}
	number, unit := cutNumber(strings.TrimLeft(text, javaSpace))
	unit = strings.Trim(unit, javaSpace)
	isLetter := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
	if number == "" || unit == "" || strings.TrimFunc(unit, isLetter) != "" {
		return 0, invalid("duration is not a valid data duration string: %s", sql.Printable(text, maxQuotedRunes))
	}
	value, _ := strconv.ParseFloat(number, 64) // infinite where it is out of range
	factor, ok := durationMillis[unit]
	if !ok {
		return 0, invalid("Unknown time unit: %s", sql.Printable(unit, maxQuotedRunes))
	}
	millis := math.Floor(value*factor + 0.5)
	if millis > math.MaxInt64 {
		return 0, invalid("value is too large to be represented in requested unit as a long")
	}
	return toInt64(millis), nil
}

// toInt64 converts as Java does: what is beyond an int64 becomes the nearest one, and NaN zero.
func toInt64(x float64) int64 {
	switch {
	case math.IsNaN(x):
		return 0
	case x >= -math.MinInt64:
		return math.MaxInt64
	case x <= math.MinInt64:
		return math.MinInt64
	}
	return int64(x)
}

// roundToInt64 is Java's Math.round: halves toward positive infinity.
func roundToInt64(x float64) int64 {
	floor := math.Floor(x)
	if x-floor >= 0.5 {
		floor++
	}
	return toInt64(floor)
}

// readablePeriods are the units of human_readable_seconds.
var readablePeriods = []struct {
	name    string
	seconds int64
}{{"week", 7 * 24 * 3600}, {"day", 24 * 3600}, {"hour", 3600}, {"minute", 60}, {"second", 1}}

// appendReadable writes seconds as "2 weeks, 1 day".
func appendReadable(dst []byte, seconds float64) ([]byte, error) {
	if math.IsNaN(seconds) || math.IsInf(seconds, 0) {
		return dst, invalid("Invalid argument found: %s", types.AppendDouble(nil, seconds))
	}
	rest := roundToInt64(math.Abs(seconds))
	start := len(dst)
	for _, p := range readablePeriods {
		n := rest / p.seconds
		rest %= p.seconds
		if n == 0 && (p.seconds > 1 || len(dst) > start) {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ", "...)
		}
		dst = append(append(strconv.AppendInt(dst, n, 10), ' '), p.name...)
		if n != 1 {
			dst = append(dst, 's')
		}
	}
	return dst, nil
}

var (
	_ = scalar("date and time", "parse_duration", "Reads a number and a unit of time (ns, us, ms, s, m, h or d) as an interval", "parse_duration('3.81 d')", "3 19:26:24.000",
		Overload{Params: "varchar", Result: daySecond, New: unaryErr(parseDuration)})
	_ = scalar("date and time", "human_readable_seconds", "Writes a number of seconds as weeks, days, hours, minutes and seconds", "human_readable_seconds(3762)", "1 hour, 2 minutes, 42 seconds",
		Overload{Params: "double", Result: "varchar", New: unaryText(appendReadable)})
	_ = scalar("date and time", "to_milliseconds", "Returns the milliseconds of an interval", "to_milliseconds(INTERVAL '1' DAY)", "86400000",
		Overload{Params: daySecond, Result: "bigint", NeverFails: true, New: unary(func(millis int64) int64 { return millis })})
)
