package orc

import (
	"math"
	"strings"

	"github.com/ctlake/ctlake/storage/domain"
	"github.com/ctlake/ctlake/storage/orc/internal/protobuf"
	"github.com/ctlake/ctlake/storage/types"
)

// statisticsTrust says which statistics of a file hold what they promise.
type statisticsTrust struct {
	strings bool // false for the first writers, which compared strings wrongly
	utc     bool // timestamps are bounded in UTC
}

// rowsOf returns rows, or -1 for a column that has not one value a row.
func rowsOf(c *column, rows int64) int64 {
	if c.repeated {
		return -1
	}
	return rows
}

// toDomain translates the statistics of rows rows of a column, rows being
// negative if it is not known how many there are.
func toDomain(s *protobuf.Statistics, c *column, rows int64, trust statisticsTrust) domain.Statistics {
	out := domain.Statistics{Rows: rows, Type: c.typ, HasNull: true}
	if rows < 0 { // elements of lists and maps
		out.Rows = int64(min(s.Values, math.MaxInt64))
	} else {
		out.AllNull = s.Values == 0 && (s.HasNull || !s.HasNullKnown || rows == 0)
	}
	if s.HasNullKnown && !s.HasNull {
		out.HasNull = false
	}
	if rows >= 0 && s.Values < uint64(rows) { // a parent that is NULL leaves no value either
		out.HasNull = true
	}
	if !out.AllNull {
		out.Min, out.Max = bounds(s, c, trust)
	}
	return out
}

func bounds(s *protobuf.Statistics, c *column, trust statisticsTrust) (low, high domain.Value) {
	switch c.kind {
	case protobuf.Boolean:
		if len(s.Buckets) == 1 && s.Values > 0 && s.Buckets[0] <= s.Values {
			return s.Buckets[0] == s.Values, s.Buckets[0] > 0
		}
	case protobuf.Byte, protobuf.Short, protobuf.Int, protobuf.Long:
		if s.Int != nil {
			return value(s.Int.Min), value(s.Int.Max)
		}
	case protobuf.Date:
		if s.Date != nil {
			return value(s.Date.Min), value(s.Date.Max)
		}
	case protobuf.Float, protobuf.Double:
		if x := s.Double; x != nil && x.Min != nil && x.Max != nil && *x.Min <= *x.Max {
			return *x.Min, *x.Max
		}
	case protobuf.String, protobuf.Varchar, protobuf.Char:
		if x := s.String; x != nil && trust.strings {
			low, high = text(x.Min), text(x.Max)
			if low == nil {
				low = text(x.LowerBound)
			}
			if high == nil {
				high = text(x.UpperBound)
			}
			return low, high
		}
	case protobuf.Decimal:
		if x := s.Decimal; x != nil {
			return decimalBound(x.Min, c.typ), decimalBound(x.Max, c.typ)
		}
	case protobuf.Timestamp, protobuf.TimestampInstant:
		if x := s.Timestamp; x != nil && trust.utc {
			return timestampBounds(x, c.typ)
		}
	}
	return nil, nil
}

func value(v *int64) domain.Value {
	if v == nil {
		return nil
	}
	return *v
}

func text(v *string) domain.Value {
	if v == nil {
		return nil
	}
	return *v
}

// decimalBound reads a decimal in plain notation; nil if it does not fit the type.
func decimalBound(s *string, t types.Type) domain.Value {
	if s == nil {
		return nil
	}
	v, ok := parseDecimal(*s, t.Scale())
	switch {
	case !ok:
		return nil
	case t.Physical() == types.Int64:
		if !v.IsInt64() {
			return nil
		}
		return v.Int64()
	}
	return v
}

// maxDecimalText bounds what parseDecimal reads.
const maxDecimalText = 80

// parseDecimal returns the unscaled value of a decimal text at a scale that holds it exactly.
func parseDecimal(s string, scale int) (v types.Int128, ok bool) {
	negative := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	whole, fraction, _ := strings.Cut(s, ".")
	if fraction = strings.TrimRight(fraction, "0"); len(fraction) > scale || len(s) > maxDecimalText || s == "" {
		return v, false
	}
	for _, d := range []byte(whole + fraction + strings.Repeat("0", scale-len(fraction))) {
		if d < '0' || d > '9' {
			return v, false
		}
		if v, ok = timesTen(v, int64(d-'0')); !ok {
			return v, false
		}
	}
	if negative {
		v = v.Neg()
	}
	return v, true
}

// timesTen returns 10v+d, for v that is not negative, and whether it fits.
func timesTen(v types.Int128, d int64) (types.Int128, bool) {
	ok := true
	add := func(x, y types.Int128) types.Int128 {
		z, overflow := x.Add(y)
		ok = ok && !overflow
		return z
	}
	twice := add(v, v)
	eight := add(add(twice, twice), add(twice, twice))
	return add(add(eight, twice), types.Int128From(d)), ok
}

// timestampBounds widens the bounds to what rounding to the type's precision may make of values.
func timestampBounds(x *protobuf.TimestampStatistics, t types.Type) (low, high domain.Value) {
	const limit = math.MaxInt64 / 4000 // so that nothing below overflows
	if x.MinUTC == nil || x.MaxUTC == nil || *x.MinUTC < -limit || *x.MaxUTC > limit || *x.MinUTC > *x.MaxUTC {
		return nil, nil
	}
	minNanos, maxNanos := int64(defaultMinNanos), int64(defaultMaxNanos)
	if x.MinNanos > 0 && x.MinNanos <= nanosPerMilli {
		minNanos = x.MinNanos - 1
	}
	if x.MaxNanos > 0 && x.MaxNanos <= nanosPerMilli {
		maxNanos = x.MaxNanos - 1
	}
	seconds, millis := floorDiv(*x.MinUTC, millisPerSecond)
	lowNanos := millis*nanosPerMilli + minNanos
	lowNanos -= lowNanos % precisionUnit(t)
	lowValue := timestampValue(seconds, lowNanos, t)
	seconds, millis = floorDiv(*x.MaxUTC, millisPerSecond)
	highNanos := millis*nanosPerMilli + maxNanos
	if rest := highNanos % precisionUnit(t); rest != 0 {
		highNanos += precisionUnit(t) - rest
	}
	if highNanos >= nanosPerSecond {
		seconds, highNanos = seconds+1, highNanos-nanosPerSecond
	}
	return lowValue, timestampValue(seconds, highNanos, t)
}

// precisionUnit returns the nanoseconds of the last digit of a timestamp type.
func precisionUnit(t types.Type) int64 {
	unit := int64(nanosPerSecond)
	for range t.Precision() {
		unit /= 10
	}
	return unit
}

// timestampValue makes a value of t.
func timestampValue(seconds, nanos int64, t types.Type) domain.Value {
	switch {
	case t.Is(types.TimestampWithTimeZone):
		return types.PackTimestampTZ(seconds*millisPerSecond+nanos/nanosPerMilli, nanos%nanosPerMilli*1_000, types.UTC)
	case t.Physical() == types.Int64:
		return seconds*1_000_000 + nanos/1_000
	}
	return types.Int128{Hi: seconds*1_000_000 + nanos/1_000, Lo: uint64(nanos % 1_000 * 1_000)}
}
