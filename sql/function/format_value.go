package function

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Numbers and times as the specifiers of format write them.

// unsigned writes the 64 bits of an integer in base 16 or 8.
func (f *formatPart) unsigned(x uint64) string {
	base, prefix := 16, "0x"
	if f.conversion == 'o' {
		base, prefix = 8, "0"
	}
	digits := strconv.FormatUint(x, base)
	if !f.has('#') {
		prefix = ""
	}
	if f.has('0') {
		digits = strings.Repeat("0", max(0, f.width-len(prefix)-len(digits))) + digits
	}
	return prefix + digits
}

// javaHash writes Java's hash code of a value.
func (f *formatPart) javaHash(v vector.Vector, row int) (string, error) {
	t := v.Type()
	of64 := func(x uint64) string { return strconv.FormatUint(uint64(uint32(x^x>>32)), 16) }
	switch javaClass(t) {
	case "java.lang.Long":
		return of64(uint64(vector.ViewOf[int64](v).Get(row))), nil
	case "java.lang.Double":
		return of64(math.Float64bits(vector.ViewOf[float64](v).Get(row))), nil
	case "java.lang.Float":
		return strconv.FormatUint(uint64(math.Float32bits(float32(vector.ViewOf[float64](v).Get(row)))), 16), nil
	case "java.lang.Boolean":
		if vector.ViewOf[bool](v).Get(row) {
			return "4cf", nil
		}
		return "4d5", nil
	case "java.lang.String":
		hash := uint32(0)
		for _, unit := range utf16.Encode([]rune(javaText(v, row))) {
			hash = hash*31 + uint32(unit)
		}
		return strconv.FormatUint(uint64(hash), 16), nil
	}
	return "", sql.NotSupported(sql.Pos{}, "the format specifier "+f.text+" of a "+t.String())
}

// floating writes a double, real or decimal. Doubles are the decimals that their shortest text shows, as in Java.
func (f *formatPart) floating(v vector.Vector, row int) (string, error) {
	var text string
	if v.Type().Is(types.Decimal) {
		text = string(vector.AppendText(nil, v, row))
	} else {
		x := vector.ViewOf[float64](v).Get(row)
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return f.special(x), nil
		}
		if f.conversion == 'a' {
			return f.hexadecimal(x)
		}
		text = strconv.FormatFloat(x, 'e', -1, 64)
	}
	precision := f.precision
	if precision < 0 {
		precision = 6
	}
	digits, exponent, negative := decimalDigits(text)
	switch f.conversion {
	case 'e':
		text = scientific(digits, exponent, precision)
	case 'f':
		text = plain(digits, exponent, precision)
	default: // 'g'
		precision = max(precision, 1)
		zero := strings.Trim(digits, "0") == ""
		rounded, carried := roundDigitsTo(digits, precision)
		if carried {
			exponent++
		}
		if !zero && (exponent < -4 || exponent >= precision) {
			text = scientific(rounded, exponent, precision-1)
		} else {
			text = plain(rounded, exponent, max(precision-1-exponent, 0))
		}
	}
	if f.has('#') && !strings.Contains(text, ".") {
		mantissa, power, scientific := strings.Cut(text, "e")
		if text = mantissa + "."; scientific {
			text += "e" + power
		}
	}
	if negative {
		text = "-" + text
	}
	return f.number(text), nil
}

// special writes what is no number or infinite. Zeros are not put before it.
func (f *formatPart) special(x float64) string {
	plain := *f
	plain.flags = strings.NewReplacer("0", "", ",", "").Replace(f.flags)
	switch {
	case math.IsNaN(x):
		return "NaN"
	case x < 0:
		return plain.number("-Infinity")
	}
	return plain.number("Infinity")
}

// hexadecimal writes a double as 0x1.8p1.
func (f *formatPart) hexadecimal(x float64) (string, error) {
	const leastNormal = 0x1p-1022
	if f.precision >= 0 || x != 0 && math.Abs(x) < leastNormal {
		return "", sql.NotSupported(sql.Pos{}, "the format specifier "+f.text+" with a precision or of so small a number")
	}
	text, negative := strings.CutPrefix(strconv.FormatFloat(x, 'x', -1, 64), "-")
	mantissa, power, _ := strings.Cut(text, "p")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	n, _ := strconv.Atoi(power)
	text = mantissa + "p" + strconv.Itoa(n)
	if negative {
		text = "-" + text
	}
	return f.number(text), nil
}

// decimalDigits takes a number apart: digits, of which the first stands before the point, times ten to exponent.
func decimalDigits(text string) (digits string, exponent int, negative bool) {
	text, negative = strings.CutPrefix(text, "-")
	text, power, _ := strings.Cut(text, "e")
	exponent, _ = strconv.Atoi(power)
	whole, rest, _ := strings.Cut(text, ".")
	digits = whole + rest
	exponent += len(whole) - 1
	trimmed := strings.TrimLeft(digits, "0")
	if trimmed == "" {
		return "0", 0, negative
	}
	return trimmed, exponent - (len(digits) - len(trimmed)), negative
}

// roundDigitsTo leaves n digits, rounded half up. carried tells that a digit came before the first: 99 became 10.
func roundDigitsTo(digits string, n int) (rounded string, carried bool) {
	if n < 0 || n == 0 && digits[0] < '5' {
		return "", false
	}
	if len(digits) <= n {
		return digits, false
	}
	up := digits[n] >= '5'
	out := []byte(digits[:n])
	for i := n - 1; up && i >= 0; i-- {
		if up = out[i] == '9'; up {
			out[i] = '0'
		} else {
			out[i]++
		}
	}
	if up {
		return "1" + string(out[:max(n-1, 0)]), true
	}
	return string(out), false
}

// scientific writes digits with a power of ten of at least two digits.
func scientific(digits string, exponent, precision int) string {
	rounded, carried := roundDigitsTo(digits, precision+1)
	if carried {
		exponent++
	}
	rounded += strings.Repeat("0", precision+1-len(rounded))
	text := rounded[:1]
	if precision > 0 {
		text += "." + rounded[1:]
	}
	return fmt.Sprintf("%se%+03d", text, exponent)
}

// plain writes digits with a number of decimals.
func plain(digits string, exponent, precision int) string {
	rounded, carried := roundDigitsTo(digits, exponent+1+precision)
	if carried {
		exponent++
	}
	if rounded == "" {
		exponent, rounded = 0, "0"
	}
	if exponent < 0 {
		rounded, exponent = strings.Repeat("0", -exponent)+rounded, 0
	}
	rounded += strings.Repeat("0", max(0, exponent+1+precision-len(rounded)))
	if precision == 0 {
		return rounded[:exponent+1]
	}
	return rounded[:exponent+1] + "." + rounded[exponent+1:exponent+1+precision]
}

// number applies the flags to a number: grouping, a sign or parentheses, and zeros.
func (f *formatPart) number(text string) string {
	digits, negative := strings.CutPrefix(text, "-")
	if f.has(',') {
		whole, rest := digits, ""
		if i := strings.IndexAny(digits, ".e"); i >= 0 {
			whole, rest = digits[:i], digits[i:]
		}
		var b strings.Builder
		for i := range len(whole) {
			if i > 0 && (len(whole)-i)%3 == 0 {
				b.WriteByte(',')
			}
			b.WriteByte(whole[i])
		}
		digits = b.String() + rest
	}
	before, after := "", ""
	switch {
	case negative && f.has('('):
		before, after = "(", ")"
	case negative:
		before = "-"
	case f.has('+'):
		before = "+"
	case f.has(' '):
		before = " "
	}
	if f.has('0') {
		digits = strings.Repeat("0", max(0, f.width-len(before)-len(digits)-len(after))) + digits
	}
	return before + digits + after
}

// timeConversions are the letters that may follow %t.
const timeConversions = "HIklMNLQpsSTRrzZaAbBhCdeYyjmDFc"

func isTimeOfJava(t types.Type) bool {
	return t.Is(types.Date) || t.Is(types.Time) || t.Is(types.Timestamp) || t.Is(types.TimestampWithTimeZone)
}

// javaTime is a value of java.time: a date, a time of day, or both, perhaps in a zone.
type javaTime struct {
	hasDate, hasTime, hasZone bool
	days, nanos               int64 // since 1970 and of the day, on its clock
	second                    int64 // since 1970, with a zone
	zone                      types.Zone
}

const (
	picosPerNano   = 1_000
	nanosPerSecond = 1_000_000_000
	nanosPerMinute = 60 * nanosPerSecond
	nanosPerHour   = 60 * nanosPerMinute
	nanosPerDay    = 24 * nanosPerHour
)

// timeValueOf returns row i of v as Java's value, rounded to nanoseconds.
func timeValueOf(v vector.Vector, i int) javaTime {
	t := v.Type()
	var j javaTime
	if j.hasTime = !t.Is(types.Date); j.hasTime {
		j.nanos = types.RoundHalfUp(picosOfDayOf(v)(i), picosPerNano) / picosPerNano
	}
	if j.hasDate = !t.Is(types.Time); j.hasDate {
		j.days = daysOf(v)(i)
	}
	if j.nanos >= nanosPerDay { // rounded up to midnight
		j.nanos -= nanosPerDay
		j.days++
	}
	if j.hasZone = t.Is(types.TimestampWithTimeZone); j.hasZone {
		var millis int64
		millis, _, j.zone = types.UnpackTimestampTZ(vector.ViewOf[types.Int128](v).Get(i))
		j.second = types.FloorDiv(millis, millisPerSecond)
	}
	return j
}

// String is Java's toString: parts that are zero at the end of a time are left out.
func (j javaTime) String() string {
	var dst []byte
	if j.hasDate {
		dst = types.AppendDate(dst, j.days)
	}
	if j.hasDate && j.hasTime {
		dst = append(dst, 'T')
	}
	if j.hasTime {
		dst = fmt.Appendf(dst, "%02d:%02d", j.nanos/nanosPerHour, j.nanos/nanosPerMinute%60)
		second, fraction := j.nanos/nanosPerSecond%60, j.nanos%nanosPerSecond
		if second > 0 || fraction > 0 {
			dst = fmt.Appendf(dst, ":%02d", second)
		}
		switch {
		case fraction == 0:
		case fraction%1_000_000 == 0:
			dst = fmt.Appendf(dst, ".%03d", fraction/1_000_000)
		case fraction%1_000 == 0:
			dst = fmt.Appendf(dst, ".%06d", fraction/1_000)
		default:
			dst = fmt.Appendf(dst, ".%09d", fraction)
		}
	}
	if j.hasZone {
		offset := j.zone.Offset(j.second)
		if offset == 0 {
			dst = append(dst, 'Z')
		} else {
			dst = appendOffset(dst, offset, true)
			if seconds := max(offset, -offset) % 60; seconds != 0 { // of times before there were zones
				dst = appendPadded(append(dst, ':'), int64(seconds), 2)
			}
		}
		if name := j.zone.String(); name[0] != '+' && name[0] != '-' {
			dst = append(append(append(dst, '['), name...), ']')
		}
	}
	return string(dst)
}

// formatTime writes a time by a letter after %t. bad is the letter that is not for such a value.
func formatTime(j javaTime, letter byte) (text string, bad byte, err error) {
	several := map[byte]string{'R': "H:M", 'T': "H:M:S", 'r': "I:M:S p", 'D': "m/d/y", 'F': "Y-m-d", 'c': "a b d T Z Y"}[letter]
	if several != "" {
		var b strings.Builder
		for i := range len(several) {
			if c := several[i]; isLetter(c) {
				part, bad, err := formatTime(j, c)
				if bad != 0 || err != nil {
					return "", bad, err
				}
				if letter == 'r' {
					part = strings.ToUpper(part)
				}
				b.WriteString(part)
			} else {
				b.WriteByte(c)
			}
		}
		return b.String(), 0, nil
	}
	needsDate, needsZone := strings.IndexByte("aAbBhCdeYyjm", letter) >= 0, strings.IndexByte("zZsQ", letter) >= 0
	if needsDate && !j.hasDate || needsZone && !j.hasZone || !needsDate && !needsZone && !j.hasTime {
		return "", letter, nil
	}
	hour := j.nanos / nanosPerHour
	year, month, day := types.CivilFromDays(j.days)
	two := func(n int64) (string, byte, error) { return fmt.Sprintf("%02d", n), 0, nil }
	switch letter {
	case 'H':
		return two(hour)
	case 'I':
		return two((hour+11)%12 + 1)
	case 'k':
		return strconv.FormatInt(hour, 10), 0, nil
	case 'l':
		return strconv.FormatInt((hour+11)%12+1, 10), 0, nil
	case 'M':
		return two(j.nanos / nanosPerMinute % 60)
	case 'S':
		return two(j.nanos / nanosPerSecond % 60)
	case 'L':
		return fmt.Sprintf("%03d", j.nanos%nanosPerSecond/1_000_000), 0, nil
	case 'N':
		return fmt.Sprintf("%09d", j.nanos%nanosPerSecond), 0, nil
	case 'p':
		return strings.ToLower(halfdayNames[hour/12]), 0, nil
	case 's':
		return strconv.FormatInt(j.second, 10), 0, nil
	case 'Q':
		return strconv.FormatInt(j.second*1000+j.nanos%nanosPerSecond/1_000_000, 10), 0, nil
	case 'z':
		return string(appendOffset(nil, j.zone.Offset(j.second), false)), 0, nil
	case 'Z':
		name, err := zoneName(&shown{zone: j.zone, second: j.second}, true)
		return name, 0, err
	case 'a':
		return dayNames[types.DayOfWeek(j.days)-1][:shortName], 0, nil
	case 'A':
		return dayNames[types.DayOfWeek(j.days)-1], 0, nil
	case 'b', 'h':
		return monthNames[month-1][:shortName], 0, nil
	case 'B':
		return monthNames[month-1], 0, nil
	case 'C':
		return two(year / 100)
	case 'Y':
		return fmt.Sprintf("%04d", year), 0, nil
	case 'y':
		return two(types.FloorMod(year, 100))
	case 'j':
		return fmt.Sprintf("%03d", types.DayOfYear(j.days)), 0, nil
	case 'm':
		return two(int64(month))
	case 'd':
		return two(int64(day))
	}
	return strconv.Itoa(day), 0, nil // 'e'
}

var _ = scalar("conversion", "format_number", "Writes a number with a unit: K for thousands, M for millions, and so on", "format_number(123456)", "123K",
	Overload{Params: "bigint", Result: "varchar", NeverFails: true, New: unary(formatNumber)},
	Overload{Params: "double", Result: "varchar", NeverFails: true, New: unary(func(x float64) string { return formatNumber(toInt64(x)) })})

// formatNumber writes up to three digits and a unit, rounded half up. What is below ten, which all
// negative numbers are, has up to two decimals.
func formatNumber(n int64) string {
	x := float64(n)
	units := []string{"", "K", "M", "B", "T", "Q"}
	unit := 0
	for math.Abs(x) >= 1000 && unit < len(units)-1 {
		x /= 1000
		unit++
	}
	decimals := 0
	switch {
	case x < 10:
		decimals = 2
	case x < 100:
		decimals = 1
	}
	exact := new(big.Rat).SetFloat64(x)
	text := exact.FloatString(decimals) // halves away from zero
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text + units[unit]
}
