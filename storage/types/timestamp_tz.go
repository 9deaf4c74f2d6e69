package types

import "math"

// A timestamp with time zone is an instant and the zone whose clock shows it:
//
//	Hi  milliseconds from 1970-01-01T00:00:00Z to the instant
//	Lo  48 bits picoseconds of the millisecond, 16 bits Zone
//
// A time with time zone is what a clock of a fixed offset shows:
//
//	Hi  picoseconds of the day on that clock
//	Lo  its offset in minutes, in two's complement

// Ends of timestamps with time zone: those of Trino, which has 52 bits for the milliseconds.
const (
	MinTimestampTZMillis = -1 << 51  // -69387-04-22
	MaxTimestampTZMillis = 1<<51 - 1 // 73326-09-11
)

// PackTimestampTZ makes a timestamp with time zone; picos are 0 to 999,999,999.
func PackTimestampTZ(epochMillis, picosOfMilli int64, z Zone) Int128 {
	return Int128{epochMillis, uint64(picosOfMilli)<<zoneBits | uint64(z)}
}

// UnpackTimestampTZ takes a timestamp with time zone apart.
func UnpackTimestampTZ(x Int128) (epochMillis, picosOfMilli int64, z Zone) {
	return x.Hi, int64(x.Lo >> zoneBits), Zone(x.Lo)
}

// PackTimeTZ makes a time with time zone.
func PackTimeTZ(picosOfDay int64, offsetMinutes int) Int128 {
	return Int128{picosOfDay, uint64(int64(offsetMinutes))}
}

// UnpackTimeTZ takes a time with time zone apart.
func UnpackTimeTZ(x Int128) (picosOfDay int64, offsetMinutes int) {
	return x.Hi, int(int64(x.Lo))
}

// LocalMicros returns what the clocks of x's zone show at its instant: microseconds
// from 1970-01-01 00:00:00 on them, and picoseconds of the microsecond. ok is
// false where that is beyond 64 bits, some 292,000 years away.
func LocalMicros(x Int128) (micros, picos int64, ok bool) {
	millis, picosOfMilli, zone := UnpackTimestampTZ(x)
	seconds := FloorDiv(millis, millisPerSecond)
	local := seconds + int64(zone.Offset(seconds))
	micros, picos = picosOfMilli/picosPerMicro, picosOfMilli%picosPerMicro
	if local < math.MinInt64/microsPerSecond+1 || local > math.MaxInt64/microsPerSecond-1 {
		return 0, 0, false
	}
	return local*microsPerSecond + (millis-seconds*millisPerSecond)*1000 + micros, picos, true
}

// TimestampTZOfLocal returns the timestamp with time zone at which the clocks of z
// show micros and picos of the microsecond, as Zone.Instant has it.
func TimestampTZOfLocal(micros, picos int64, z Zone) Int128 {
	seconds := FloorDiv(micros, microsPerSecond)
	rest := micros - seconds*microsPerSecond
	instant, _ := z.Instant(seconds)
	return PackTimestampTZ(instant*millisPerSecond+rest/1000, rest%1000*picosPerMicro+picos, z)
}

// WithZone returns the same instant in another zone: AT TIME ZONE.
func WithZone(x Int128, z Zone) Int128 {
	return Int128{x.Hi, x.Lo>>zoneBits<<zoneBits | uint64(z)}
}

// RoundTimestampTZ rounds the instant of x half up to a precision.
func RoundTimestampTZ(x Int128, precision int) Int128 {
	millis, picos, zone := UnpackTimestampTZ(x)
	if precision < 3 {
		return PackTimestampTZ(RoundHalfUp(millis, pow10[3-precision].Int64()), 0, zone)
	}
	if picos = RoundHalfUp(picos, pow10[MaxTimePrecision-precision].Int64()); picos == picosPerMilli {
		millis, picos = millis+1, 0
	}
	return PackTimestampTZ(millis, picos, zone)
}

// RoundTimestamp rounds a timestamp, microseconds and picoseconds of the
// microsecond, half up to a precision.
func RoundTimestamp(micros, picos int64, precision int) (roundedMicros, roundedPicos int64) {
	if precision < MaxShortTimestamp {
		return RoundHalfUp(micros, pow10[MaxShortTimestamp-precision].Int64()), 0
	}
	if picos = RoundHalfUp(picos, pow10[MaxTimePrecision-precision].Int64()); picos == picosPerMicro {
		return micros + 1, 0
	}
	return micros, picos
}

// RoundTime rounds picoseconds of the day half up to a precision; what reaches
// midnight is 00:00:00.
func RoundTime(picos int64, precision int) int64 {
	return RoundHalfUp(picos, pow10[MaxTimePrecision-precision].Int64()) % picosPerDay
}
