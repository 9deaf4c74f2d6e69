package types

import (
	"math"
	"strconv"
	"strings"
	"unicode"
)

// scan reads a text from the left.
type scan struct {
	text string
	at   int
}

func (s *scan) done() bool { return s.at == len(s.text) }

func (s *scan) rest() string { return s.text[s.at:] }

// accept consumes c if it is next.
func (s *scan) accept(c byte) bool {
	if s.done() || s.text[s.at] != c {
		return false
	}
	s.at++
	return true
}

func (s *scan) spaces() {
	s.at = len(s.text) - len(strings.TrimLeftFunc(s.rest(), unicode.IsSpace))
}

// digits consumes as many digits as there are, up to most; "" if there are none.
func (s *scan) digits(most int) string {
	from := s.at
	for !s.done() && s.at-from < most && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
	}
	return s.text[from:s.at]
}

// small consumes a number of one or two digits.
func (s *scan) small(n *int) bool {
	digits := s.digits(2)
	*n, _ = strconv.Atoi(digits)
	return digits != ""
}

// civil is a date and the time of a clock as they were written.
type civil struct {
	year                             int64
	month, day, hour, minute, second int
	fraction                         string // digits
	zone                             string // "" when none was written
	shift                            int64  // seconds to add
}

// maxYearDigits bounds written years: those of java.time.
const maxYearDigits = 9

func (c *civil) scanDate(s *scan, leastYearDigits int) bool {
	negative := s.accept('-')
	if !negative {
		s.accept('+')
	}
	digits := s.digits(maxYearDigits)
	if len(digits) < leastYearDigits {
		return false
	}
	c.year, _ = strconv.ParseInt(digits, 10, 64)
	if negative {
		c.year = -c.year
	}
	return s.accept('-') && s.small(&c.month) && s.accept('-') && s.small(&c.day)
}

// scanClock reads H:M[:S[.f…]] and leaves s where it was if there is no such thing.
func (c *civil) scanClock(s *scan) bool {
	from := s.at
	if !s.small(&c.hour) || !s.accept(':') || !s.small(&c.minute) {
		s.at, c.hour, c.minute = from, 0, 0
		return false
	}
	at := s.at
	if !s.accept(':') || !s.small(&c.second) {
		s.at, c.second = at, 0
		return true
	}
	at = s.at
	if s.accept('.') {
		if c.fraction = s.digits(len(s.text)); c.fraction == "" {
			s.at = at
		}
	}
	return true
}

// parseCivil reads a date, a space, a clock and a zone, of which all but the date may lack.
func parseCivil(text string) (c civil, ok bool) {
	s := scan{text: text}
	if !c.scanDate(&s, 4) {
		return c, false
	}
	if !s.done() {
		if !s.accept(' ') {
			return c, false
		}
		c.scanClock(&s)
		s.spaces()
		c.zone = s.rest()
	}
	return c, c.valid()
}

func (c *civil) valid() bool {
	return ValidDate(c.year, c.month, c.day) && c.hour <= 23 && c.minute <= 59 && c.second <= 59
}

// local returns the seconds from 1970-01-01 00:00:00 on the same clock.
func (c *civil) local() int64 {
	return DaysFromCivil(c.year, c.month, c.day)*secondsPerDay + int64(c.hour*3600+c.minute*60+c.second) + c.shift
}

// maxFractionDigits bounds the written digits of a fraction of a second.
const maxFractionDigits = 18

// roundFraction returns the picoseconds that digits after a point mean, rounded
// half up to a precision: 10^12 where that makes a second.
func roundFraction(digits string, precision int) (picos int64, ok bool) {
	if len(digits) > maxFractionDigits {
		return 0, false
	}
	n := len(digits)
	if n > 0 {
		picos, _ = strconv.ParseInt(digits, 10, 64)
	}
	if n > precision {
		unit := pow10[n-precision].Int64()
		picos = (picos + unit/2) / unit
		n = precision
	}
	return picos * pow10[MaxTimePrecision-n].Int64(), true
}

// RoundHalfUp rounds value to a multiple of unit, a positive number, halves toward
// positive infinity: how Trino makes times and timestamps less precise. At the
// ends of int64 it rounds to where there is a multiple.
func RoundHalfUp(value, unit int64) int64 {
	if unit == 1 {
		return value
	}
	rest := FloorMod(value, unit)
	if rest >= unit-unit/2 && value <= math.MaxInt64-(unit-rest) {
		return value + (unit - rest)
	}
	if value < math.MinInt64+rest {
		return value + (unit - rest) // nothing below fits
	}
	return value - rest
}

// IsSpace reports whether Java's Character.isWhitespace does: for the separators of files, groups, records and units
// too, not for spaces that do not break.
func IsSpace(r rune) bool {
	switch r {
	case 0x85, 0xa0, 0x2007, 0x202f:
		return false
	}
	return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f
}

func trimSpace(text string) string { return strings.TrimFunc(text, IsSpace) }

// ParseDate casts text to date: YYYY-MM-DD, with shorter or longer numbers and a sign before the year.
func ParseDate(text string) (days int64, err error) {
	s := scan{text: trimSpace(text)}
	var c civil
	if c.scanDate(&s, 1) && s.done() && c.valid() {
		if days = DaysFromCivil(c.year, c.month, c.day); days >= MinDate && days <= MaxDate {
			return days, nil
		}
	}
	return 0, errorf(CodeInvalidCast, "Value cannot be cast to date: %s", text)
}

func errNoTimestamp(text string) error {
	return errorf(CodeInvalidCast, "Value cannot be cast to timestamp: %s", text)
}

// ParseTimestamp casts text to timestamp(precision): YYYY-MM-DD[ HH:MM[:SS[.f…]]],
// rounded half up. It returns microseconds since 1970 and, for precisions beyond 6,
// picoseconds of the microsecond.
func ParseTimestamp(text string, precision int) (micros, picos int64, err error) {
	c, ok := parseCivil(trimSpace(text))
	if ok && c.zone != "" {
		ok = c.enterZone()
	}
	if ok {
		if micros, picos, ok = c.timestamp(precision); ok {
			return micros, picos, nil
		}
	}
	return 0, 0, errNoTimestamp(text)
}

// enterZone moves a time that the clocks of its zone skip to where they go on. It
// reports whether there is such a zone.
func (c *civil) enterZone() bool {
	zone, err := ZoneOf(c.zone)
	if err != nil {
		return false
	}
	if second, gap := zone.Instant(c.local()); gap {
		c.shift = second + int64(zone.Offset(second)) - c.local()
	}
	return true
}

func (c *civil) timestamp(precision int) (micros, picos int64, ok bool) {
	fraction, ok := roundFraction(c.fraction, precision)
	seconds := c.local()
	// Leave room for the fraction.
	if !ok || seconds < math.MinInt64/microsPerSecond+1 || seconds > math.MaxInt64/microsPerSecond-1 {
		return 0, 0, false
	}
	return seconds*microsPerSecond + fraction/picosPerMicro, fraction % picosPerMicro, true
}

// ParseTimestampTZ casts text to timestamp(precision) with time zone: as
// ParseTimestamp, with a zone behind it, else that of the session.
func ParseTimestampTZ(text string, precision int, session Zone) (Int128, error) {
	c, ok := parseCivil(trimSpace(text))
	if ok {
		zone := session
		var err error
		if c.zone != "" {
			zone, err = ZoneOf(c.zone)
		}
		if err == nil {
			if x, _, ok := c.timestampTZ(precision, zone); ok {
				return x, nil
			}
		}
	}
	return Int128{}, errNoTimestamp(text)
}

func (c *civil) timestampTZ(precision int, zone Zone) (x Int128, gap, ok bool) {
	fraction, ok := roundFraction(c.fraction, precision)
	seconds, gap := zone.Instant(c.local())
	if !ok || seconds < MinTimestampTZMillis/millisPerSecond-1 || seconds > MaxTimestampTZMillis/millisPerSecond+1 {
		return Int128{}, false, false
	}
	millis := seconds*millisPerSecond + fraction/picosPerMilli
	return PackTimestampTZ(millis, fraction%picosPerMilli, zone), gap, millis >= MinTimestampTZMillis && millis <= MaxTimestampTZMillis
}

// timestampValue returns the Go value of a timestamp of a precision.
func timestampValue(precision int, micros, picos int64) any {
	if precision > MaxShortTimestamp {
		return Int128{micros, uint64(picos)}
	}
	return micros
}

// ParseTimestampLiteral reads TIMESTAMP '…': a timestamp, or one with time zone
// if a zone is written, as precise as its fraction. A time that the clocks of the
// zone skip is no literal.
func ParseTimestampLiteral(text string) (Type, any, error) {
	c, ok := parseCivil(text)
	precision := len(c.fraction)
	if ok && precision <= MaxTimePrecision {
		if c.zone == "" {
			if micros, picos, ok := c.timestamp(precision); ok {
				return TimestampOf(precision), timestampValue(precision, micros, picos), nil
			}
		} else if zone, err := ZoneOf(c.zone); err == nil {
			if x, gap, ok := c.timestampTZ(precision, zone); ok && !gap {
				return TimestampTZOf(precision), x, nil
			}
		}
	}
	if ok && precision > MaxTimePrecision && precision <= maxFractionDigits {
		return Type{}, nil, tooPrecise("TIMESTAMP", c.zone != "", precision)
	}
	return Type{}, nil, errorf(CodeBadLiteral, "'%s' is not a valid TIMESTAMP literal", text)
}

func tooPrecise(kind string, zoned bool, precision int) error {
	if zoned {
		kind += " WITH TIME ZONE"
	}
	return errorf(CodeOutOfRange, "%s precision must be in range [0, %d]: %d", kind, MaxTimePrecision, precision)
}

// ParseLakeTimestamp reads the strings that CloudTrail Lake lets users compare
// event times with: YYYY-MM-DD, YYYY-MM-DD HH:MM[:SS[.f…]], the same with T, with
// an optional Z or offset from UTC behind. The result is a timestamp of UTC, as
// precise as needed, at least to milliseconds.
func ParseLakeTimestamp(text string) (Type, any, error) {
	var c civil
	s := scan{text: trimSpace(text)}
	ok := c.scanDate(&s, 4)
	if ok && !s.done() {
		ok = (s.accept('T') || s.accept(' ')) && c.scanClock(&s)
	}
	offset := 0
	if ok && !s.done() {
		s.spaces()
		if zone := s.rest(); zone != "Z" {
			ok = zone[0] == '+' || zone[0] == '-'
			if ok {
				offset, ok = parseOffset(zone)
			}
			ok = ok && offset >= -MaxOffsetMinutes && offset <= MaxOffsetMinutes
		}
	}
	c.fraction = strings.TrimRight(c.fraction, "0")
	precision := max(len(c.fraction), 3)
	if ok && c.valid() && precision <= MaxTimePrecision {
		if micros, picos, ok := c.timestamp(precision); ok {
			micros -= int64(offset) * 60 * microsPerSecond
			return TimestampOf(precision), timestampValue(precision, micros, picos), nil
		}
	}
	return Type{}, nil, errNoTimestamp(text)
}

// parseClock reads H:M[:S[.f…]] and an offset +HH:MM, if there is one. Unlike for
// dates and timestamps, spaces around are not allowed.
func parseClock(text string) (c civil, offset int, hasOffset, ok bool) {
	s := scan{text: text}
	if !c.scanClock(&s) || c.hour > 23 || c.minute > 59 || c.second > 59 || len(c.fraction) > MaxTimePrecision {
		return c, 0, false, false
	}
	if s.done() {
		return c, 0, false, true
	}
	s.spaces()
	rest := s.rest()
	if len(rest) != len("+HH:MM") || rest[0] != '+' && rest[0] != '-' || rest[3] != ':' {
		return c, 0, false, false
	}
	offset, ok = parseOffset(rest)
	return c, offset, true, ok && offset >= -MaxOffsetMinutes && offset <= MaxOffsetMinutes
}

func (c *civil) picosOfDay(precision int) (picos int64, ok bool) {
	fraction, ok := roundFraction(c.fraction, precision)
	seconds := int64(c.hour*3600 + c.minute*60 + c.second)
	return (seconds*picosPerSecond + fraction) % picosPerDay, ok
}

// ParseTime casts text to time(precision), in picoseconds of the day: HH:MM[:SS[.f…]],
// rounded half up, at midnight over to 00:00:00.
func ParseTime(text string, precision int) (picos int64, err error) {
	c, _, hasOffset, ok := parseClock(text)
	if ok && !hasOffset {
		if picos, ok = c.picosOfDay(precision); ok {
			return picos, nil
		}
	}
	return 0, errorf(CodeInvalidCast, "Value cannot be cast to time: %s", text)
}

// ParseTimeTZ casts text to time(precision) with time zone: as ParseTime, with an
// offset +HH:MM behind it, else that of the session.
func ParseTimeTZ(text string, precision, sessionOffsetMinutes int) (Int128, error) {
	c, offset, hasOffset, ok := parseClock(text)
	if !hasOffset {
		offset = sessionOffsetMinutes
	}
	if ok {
		if picos, ok := c.picosOfDay(precision); ok {
			return PackTimeTZ(picos, offset), nil
		}
	}
	return Int128{}, errorf(CodeInvalidCast, "Value cannot be cast to time with time zone: %s", text)
}

// ParseTimeLiteral reads TIME '…': a time, or one with time zone if an offset is
// written, as precise as its fraction.
func ParseTimeLiteral(text string) (Type, any, error) {
	c, offset, hasOffset, ok := parseClock(text)
	if precision := len(c.fraction); ok {
		picos, _ := c.picosOfDay(precision)
		if hasOffset {
			return TimeTZOf(precision), PackTimeTZ(picos, offset), nil
		}
		return TimeOf(precision), picos, nil
	}
	if precision := len(c.fraction); precision > MaxTimePrecision {
		if rest := text[strings.IndexByte(text, '.')+1+precision:]; rest == "" || len(rest) == len("+HH:MM") {
			return Type{}, nil, tooPrecise("TIME", rest != "", precision)
		}
	}
	return Type{}, nil, errorf(CodeBadLiteral, "'%s' is not a valid TIME literal", text)
}
