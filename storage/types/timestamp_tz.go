package types

// A timestamp with time zone is an instant and the zone whose clock shows it:
//
//	Hi  milliseconds from 1970-01-01T00:00:00Z to the instant
//	Lo  48 bits picoseconds of the millisecond, 16 bits Zone
//
// A time with time zone is what a clock of a fixed offset shows:
//
//	Hi  picoseconds of the day on that clock
//	Lo  its offset in minutes, in two's complement

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
