package function

import (
	"math"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Times as numbers: seconds or nanoseconds since 1970-01-01 00:00:00 UTC.

// ofUnixSeconds rounds seconds to milliseconds.
func ofUnixSeconds(seconds float64, zone types.Zone) (types.Int128, error) {
	millis := seconds * 1000
	if math.Abs(millis) >= 1<<62 {
		return types.Int128{}, invalid("Millis overflow: %d", roundToInt64(millis))
	}
	return zonedTime(roundToInt64(millis), 0, zone)
}

var _ = scalar("date and time", "from_unixtime", "Returns the time of a number of seconds since 1970, in the session's zone, a named one, or one of hours and minutes from UTC",
	"from_unixtime(0)", "1970-01-01 00:00:00.000 UTC",
	Overload{Params: "double", Result: "timestamp(3) with time zone", New: func(b Binding) (Kernel, error) {
		zone := sessionZone(b.Ctx)
		return unaryErr(func(seconds float64) (types.Int128, error) { return ofUnixSeconds(seconds, zone) })(b)
	}},
	Overload{Params: "double,varchar", Result: "timestamp(3) with time zone", New: binaryErr(func(seconds float64, name string) (types.Int128, error) {
		zone, err := types.ZoneOf(name)
		if err != nil {
			return types.Int128{}, err
		}
		return ofUnixSeconds(seconds, zone)
	})},
	Overload{Params: "double,bigint,bigint", Result: "timestamp(3) with time zone", New: ternaryErr(func(seconds float64, hours, minutes int64) (types.Int128, error) {
		const most = math.MaxInt32 / 120 // far beyond any zone
		offset := max(min(hours, most), -most)*60 + max(min(minutes, most), -most)
		zone, err := types.ZoneOfOffset(int(offset))
		if err != nil {
			return types.Int128{}, err
		}
		return ofUnixSeconds(seconds, zone)
	})})

// ofUnixNanos returns the time of a number of nanoseconds.
func ofUnixNanos(nanos types.Int128, zone types.Zone) (types.Int128, error) {
	const nanosPerMilli, picosPerNano = 1_000_000, 1_000
	millis, rest := nanos.QuoRem(types.Int128From(nanosPerMilli))
	if rest.Sign() < 0 {
		rest, _ = rest.Add(types.Int128From(nanosPerMilli))
		millis, _ = millis.Sub(types.Int128From(1))
	}
	if !millis.IsInt64() {
		return types.Int128{}, invalid("long overflow")
	}
	return zonedTime(millis.Int64(), rest.Int64()*picosPerNano, zone)
}

var _ = scalar("date and time", "from_unixtime_nanos", "Returns the time of a number of nanoseconds since 1970", "from_unixtime_nanos(100)", "1970-01-01 00:00:00.000000100 UTC",
	Overload{Params: "bigint", Result: "timestamp(9) with time zone", New: func(b Binding) (Kernel, error) {
		zone := sessionZone(b.Ctx)
		return unaryErr(func(nanos int64) (types.Int128, error) { return ofUnixNanos(types.Int128From(nanos), zone) })(b)
	}},
	Overload{Params: "decimal(p,s)", Result: "timestamp(9) with time zone", New: func(b Binding) (Kernel, error) {
		zone, scale := sessionZone(b.Ctx), b.Params[0].Scale()
		return func(c *Call) (vector.Vector, error) {
			x := wideOf(c.Args[0])
			return each(c, func(i int) (types.Int128, error) {
				nanos, ok := types.Rescale(x(i), scale, 0) // half away from zero
				if !ok {
					return nanos, failf(sql.NUMERIC_VALUE_OUT_OF_RANGE, "%s out of range", types.TimestampWithTimeZone)
				}
				return ofUnixNanos(nanos, zone)
			})
		}, nil
	}})

const picosPerSecond = 1_000_000_000_000

var _ = scalar("date and time", "to_unixtime", "Returns the seconds since 1970; a time without a zone is one of the session's zone", "to_unixtime(TIMESTAMP '1970-01-01 00:00:01.500 UTC')", "1.5",
	Overload{Params: "timestamp(p) with time zone", Result: "double", NeverFails: true, New: unary(func(x types.Int128) float64 {
		millis, picos, _ := types.UnpackTimestampTZ(x)
		return float64(millis)/1000 + float64(picos)/picosPerSecond
	})})
