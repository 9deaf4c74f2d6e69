package types

import (
	"strconv"
	"strings"
)

// IntervalField is a unit of an interval literal, from the greatest to the least.
type IntervalField uint8

// The units.
const (
	Years IntervalField = iota
	Months
	Days
	Hours
	Minutes
	Seconds
)

var intervalFields = [...]string{Years: "YEAR", Months: "MONTH", Days: "DAY", Hours: "HOUR", Minutes: "MINUTE", Seconds: "SECOND"}

// String returns the keyword of SQL.
func (f IntervalField) String() string { return intervalFields[f] }

// millisPer is what one of a unit is of an interval: months, else milliseconds.
var millisPer = [...]int64{Years: 12, Months: 1, Days: millisPerDay, Hours: 3_600_000, Minutes: 60_000, Seconds: millisPerSecond}

// intervalSeparators stand before a unit that is not the first.
var intervalSeparators = [...]byte{Months: '-', Hours: ' ', Minutes: ':', Seconds: ':'}

// ParseInterval reads the text of INTERVAL '…' from [TO to], of type interval year
// to month or interval day to second: '2', '3-4', '1 02:03:04.567'. Units at the
// end may be left out; a sign stands before all of it. from and to are equal where
// only one is written.
func ParseInterval(text string, from, to IntervalField) (Type, int64, error) {
	typ := TYearToMonth
	if from >= Days {
		typ = TDayToSecond
	}
	if from > to || from < Days && to >= Days {
		return Type{}, 0, errorf(CodeBadLiteral, "Invalid interval qualifier: %s to %s", from, to)
	}
	digits, negative := strings.CutPrefix(text, "-")
	if n, ok := parseUnits(digits, from, to); ok {
		if negative {
			n = -n
		}
		if typ.kind == IntervalDayToSecond || n == int64(int32(n)) {
			return typ, n, nil
		}
	}
	qualifier := from.String()
	if from != to {
		qualifier += " TO " + to.String()
	}
	return Type{}, 0, errorf(CodeBadLiteral, "Invalid INTERVAL %s value: %s", qualifier, text)
}

func parseUnits(text string, from, to IntervalField) (sum int64, ok bool) {
	s := scan{text: text}
	for f := from; f <= to; f++ {
		if f > from && !s.accept(intervalSeparators[f]) {
			return 0, false
		}
		s.accept('+')
		n, err := strconv.ParseInt(s.digits(len(text)), 10, 32)
		if err != nil {
			return 0, false
		}
		sum += n * millisPer[f] // numbers of 32 bits, so their sum is far from overflowing
		if f == Seconds && s.accept('.') {
			millis := (s.digits(len(text)) + "000")[:3] // what is finer is cut
			n, _ := strconv.ParseInt(millis, 10, 64)
			sum += n
		}
		if s.done() {
			return sum, true
		}
	}
	return 0, false
}
