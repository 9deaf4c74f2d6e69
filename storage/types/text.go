package types

import (
	"fmt"
	"net/netip"
	"strconv"
	"unicode/utf8"
)

// Units of time.
const (
	millisPerSecond = 1_000
	millisPerDay    = 24 * 60 * 60 * millisPerSecond
	microsPerSecond = 1_000_000
	microsPerMinute = 60 * microsPerSecond
	picosPerSecond  = 1_000_000_000_000
	picosPerMicro   = 1_000_000
	picosPerMilli   = 1_000_000_000
	picosPerDay     = 24 * 60 * picosPerMinute
	secondsPerDay   = 24 * 60 * 60
)

// AppendText appends the text of v, a value of t's Go type and not NULL, as
// Trino's CLI shows it. Arrays, maps and rows are not scalars: see vector.AppendText.
func AppendText(dst []byte, t Type, v any) []byte {
	switch v := v.(type) {
	case bool:
		return strconv.AppendBool(dst, v)
	case int64:
		return AppendInt64Text(dst, t, v)
	case float64:
		return AppendFloat64Text(dst, t, v)
	case string:
		return AppendStringText(dst, t, v)
	case Int128:
		return AppendInt128Text(dst, t, v)
	}
	panic(fmt.Sprintf("a Go %T is no value of type %s", v, t))
}

// AppendInt64Text appends the text of a value of a type carried by int64.
func AppendInt64Text(dst []byte, t Type, v int64) []byte {
	switch t.kind {
	case Decimal:
		return AppendDecimal(dst, Int128From(v), int(t.s))
	case Date:
		return AppendDate(dst, v)
	case Time:
		return AppendTime(dst, v, int(t.p))
	case Timestamp:
		seconds := FloorDiv(v, microsPerSecond)
		return appendDateTime(dst, seconds, (v-seconds*microsPerSecond)*picosPerMicro, int(t.p))
	case IntervalDayToSecond:
		return AppendDayToSecond(dst, v)
	case IntervalYearToMonth:
		return AppendYearToMonth(dst, v)
	}
	return strconv.AppendInt(dst, v, 10)
}

// AppendFloat64Text appends the text of a double or real.
func AppendFloat64Text(dst []byte, t Type, v float64) []byte {
	if t.kind == Real {
		return AppendReal(dst, v)
	}
	return AppendDouble(dst, v)
}

// AppendStringText appends the text of a value of a type carried by strings:
// char values padded to their length, varbinary and sketches as pairs of hex digits, 16 a line.
func AppendStringText(dst []byte, t Type, v string) []byte {
	switch t.kind {
	case Char:
		dst = append(dst, v...)
		for n := utf8.RuneCountInString(v); n < int(t.p); n++ {
			dst = append(dst, ' ')
		}
		return dst
	case Varbinary, HyperLogLog, P4HyperLogLog, SetDigest, QDigest, TDigest:
		const digits, bytesPerLine = "0123456789abcdef", 16
		for i := range len(v) {
			switch {
			case i == 0:
			case i%bytesPerLine == 0:
				dst = append(dst, '\n')
			default:
				dst = append(dst, ' ')
			}
			dst = append(dst, digits[v[i]>>4], digits[v[i]&15])
		}
		return dst
	}
	return append(dst, v...)
}

// AppendInt128Text appends the text of a value of a type carried by Int128.
func AppendInt128Text(dst []byte, t Type, x Int128) []byte {
	switch t.kind {
	case Decimal:
		return AppendDecimal(dst, x, int(t.s))
	case Timestamp:
		seconds := FloorDiv(x.Hi, microsPerSecond)
		return appendDateTime(dst, seconds, (x.Hi-seconds*microsPerSecond)*picosPerMicro+int64(x.Lo), int(t.p))
	case TimestampWithTimeZone:
		millis, picos, zone := UnpackTimestampTZ(x)
		seconds := FloorDiv(millis, millisPerSecond)
		local := seconds + int64(zone.Offset(seconds))
		dst = appendDateTime(dst, local, (millis-seconds*millisPerSecond)*picosPerMilli+picos, int(t.p))
		return zone.Append(append(dst, ' '))
	case TimeWithTimeZone:
		picos, offset := UnpackTimeTZ(x)
		return appendOffset(AppendTime(dst, picos, int(t.p)), offset)
	case UUID:
		return AppendUUID(dst, x)
	case IPAddress:
		return AppendIPAddress(dst, x)
	}
	return AppendDecimal(dst, x, 0)
}

// AppendDate appends a day as YYYY-MM-DD; years beyond four digits have a sign.
func AppendDate(dst []byte, days int64) []byte {
	year, month, day := CivilFromDays(days)
	if 0 <= year && year <= 9999 {
		century, of := int(year)/100, int(year)%100
		return append(dst, byte('0'+century/10), byte('0'+century%10), byte('0'+of/10), byte('0'+of%10), '-',
			byte('0'+month/10), byte('0'+month%10), '-', byte('0'+day/10), byte('0'+day%10))
	}
	dst = appendYear(dst, year)
	dst = append2(append(dst, '-'), month)
	return append2(append(dst, '-'), day)
}

func appendYear(dst []byte, year int64) []byte {
	switch {
	case year < 0:
		dst, year = append(dst, '-'), -year
	case year > 9999:
		dst = append(dst, '+')
	}
	for bound := int64(1000); bound > 1 && year < bound; bound /= 10 {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, year, 10)
}

// AppendTime appends picoseconds of the day as HH:MM:SS with a fraction of the given precision, cut.
func AppendTime(dst []byte, picos int64, precision int) []byte {
	dst = appendClock(dst, int(picos/picosPerSecond))
	return appendPicos(dst, picos%picosPerSecond, precision)
}

// appendClock appends a second of a day as HH:MM:SS.
func appendClock(dst []byte, second int) []byte {
	minute := second / 60
	hour := minute / 60
	second, minute = second%60, minute%60
	return append(dst, byte('0'+hour/10), byte('0'+hour%10), ':', byte('0'+minute/10), byte('0'+minute%10), ':', byte('0'+second/10), byte('0'+second%10))
}

// appendDateTime appends a second since 1970 on some clock, and picoseconds of it.
func appendDateTime(dst []byte, second, picos int64, precision int) []byte {
	days := FloorDiv(second, secondsPerDay)
	dst = AppendDate(dst, days)
	dst = appendClock(append(dst, ' '), int(second-days*secondsPerDay))
	return appendPicos(dst, picos, precision)
}

// TimestampText appends timestamps one after the other, faster than AppendInt64Text where they are near each other: it
// keeps the text of the last one's minute. The zero value is ready for use; it is for one goroutine.
type TimestampText struct {
	minute int64
	text   []byte // "2026-01-31 12:34:"
}

// Append appends the text of a timestamp of at most six places, as AppendInt64Text does.
func (t *TimestampText) Append(dst []byte, micros int64, precision int) []byte {
	minute := FloorDiv(micros, microsPerMinute)
	if minute != t.minute || t.text == nil {
		t.minute = minute
		t.text = appendDateTime(t.text[:0], minute*60, 0, 0)
		t.text = t.text[:len(t.text)-len("00")]
	}
	dst = append(dst, t.text...)
	rest := micros - minute*microsPerMinute
	second := rest / microsPerSecond
	dst = append(dst, byte('0'+second/10), byte('0'+second%10))
	return appendPicos(dst, (rest-second*microsPerSecond)*picosPerMicro, precision)
}

// appendPicos appends a point and the first digits of a fraction of a second.
func appendPicos(dst []byte, picos int64, precision int) []byte {
	if precision == 0 {
		return dst
	}
	fraction := picos / picosOfPlaces[precision]
	const most = "000000000000"
	dst = append(append(dst, '.'), most[:precision]...)
	for i := len(dst) - 1; fraction > 0; i-- {
		dst[i] = byte('0' + fraction%10)
		fraction /= 10
	}
	return dst
}

// picosOfPlaces are the picoseconds of the last of so many places of a fraction of a second.
var picosOfPlaces = func() (p [13]int64) {
	unit := int64(picosPerSecond)
	for i := range p {
		p[i] = unit
		unit /= 10
	}
	return p
}()

// append2 appends n, at least two digits wide.
func append2(dst []byte, n int) []byte {
	if n >= 100 {
		return strconv.AppendInt(dst, int64(n), 10)
	}
	return append(dst, byte('0'+n/10), byte('0'+n%10))
}

// AppendDayToSecond appends an interval of milliseconds: "2 03:04:05.678".
func AppendDayToSecond(dst []byte, millis int64) []byte {
	rest := uint64(millis)
	if millis < 0 {
		dst, rest = append(dst, '-'), -rest
	}
	dst = strconv.AppendUint(dst, rest/millisPerDay, 10)
	rest %= millisPerDay
	dst = appendClock(append(dst, ' '), int(rest/millisPerSecond))
	return appendPicos(dst, int64(rest%millisPerSecond)*picosPerMilli, 3)
}

// AppendYearToMonth appends an interval of months: "3-4".
func AppendYearToMonth(dst []byte, months int64) []byte {
	rest := uint64(months)
	if months < 0 {
		dst, rest = append(dst, '-'), -rest
	}
	dst = strconv.AppendUint(dst, rest/12, 10)
	return strconv.AppendUint(append(dst, '-'), rest%12, 10)
}

// AppendUUID appends x in the form 8-4-4-4-12.
func AppendUUID(dst []byte, x Int128) []byte {
	const digits = "0123456789abcdef"
	for i := range 32 {
		if i == 8 || i == 12 || i == 16 || i == 20 {
			dst = append(dst, '-')
		}
		word := uint64(x.Hi)
		if i >= 16 {
			word = x.Lo
		}
		dst = append(dst, digits[word>>(60-4*(i&15))&15])
	}
	return dst
}

// AppendIPAddress appends x, an address of IPv6 or one of IPv4 mapped into it, as RFC 5952 has it.
func AppendIPAddress(dst []byte, x Int128) []byte {
	return netip.AddrFrom16(x.bytes()).Unmap().AppendTo(dst)
}

// bytes returns x in big-endian order.
func (x Int128) bytes() (b [16]byte) {
	for i := range 8 {
		b[i] = byte(uint64(x.Hi) >> (56 - 8*i))
		b[8+i] = byte(x.Lo >> (56 - 8*i))
	}
	return b
}

func int128OfBytes(b [16]byte) (x Int128) {
	for i := range 8 {
		x.Hi = x.Hi<<8 | int64(b[i])
		x.Lo = x.Lo<<8 | uint64(b[8+i])
	}
	return x
}
