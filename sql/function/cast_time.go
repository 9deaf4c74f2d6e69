package function

import (
	"math"
	"time"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Between dates, times and timestamps. A value without a zone is one on the clocks of the session's zone.

// moment is a point on some clock: microseconds since 1970-01-01 00:00:00 on it,
// picoseconds of the microsecond, and what that clock is.
type moment struct {
	micros, picos int64
	zone          types.Zone
}

// sessionZone returns the zone of the session, UTC if there is none.
func sessionZone(ctx *Context) types.Zone {
	if ctx == nil || ctx.Zone == nil {
		return types.UTC
	}
	zone, err := types.ZoneOf(ctx.Zone.String())
	if err != nil {
		return types.UTC // such as time.Local: the face that makes a Context names a zone
	}
	return zone
}

// sessionNow returns the statement's start.
func sessionNow(ctx *Context) time.Time {
	if ctx == nil {
		return time.Unix(0, 0).UTC()
	}
	return ctx.Now
}

// today is the date of the statement's start on the clocks of zone.
func today(ctx *Context, zone types.Zone) int64 {
	second := sessionNow(ctx).Unix()
	return types.FloorDiv(second+int64(zone.Offset(second)), 24*60*60)
}

func init() {
	kinds := []types.Kind{types.Date, types.Time, types.TimeWithTimeZone, types.Timestamp, types.TimestampWithTimeZone}
	for _, from := range kinds {
		for _, to := range kinds {
			isTime := to == types.Time || to == types.TimeWithTimeZone
			fromTime := from == types.Time || from == types.TimeWithTimeZone
			if from == types.Date && isTime || fromTime && to == types.Date {
				continue
			}
			conversions[[2]types.Kind{from, to}] = timeToTime
		}
	}
	for _, to := range []types.Kind{types.Time, types.TimeWithTimeZone, types.Timestamp, types.TimestampWithTimeZone} {
		conversions[[2]types.Kind{types.Varchar, to}] = textToTime
	}
	for _, to := range []types.Kind{types.Timestamp, types.TimestampWithTimeZone} {
		conversions[[2]types.Kind{types.Char, to}] = textToTime
	}
}

func timeToTime(from, to types.Type) conversion {
	if from.Kind() == to.Kind() && from.Precision() <= to.Precision() && from.Physical() == to.Physical() {
		return relabelled
	}
	// Dates reach further than timestamps, and rounding or a zone beyond the last timestamp.
	neverFails := from.Is(types.Time) || from.Is(types.TimeWithTimeZone) ||
		from.Is(types.Timestamp) && (to.Is(types.Date) || to.Is(types.Time)) ||
		from.Is(types.TimestampWithTimeZone) && to.Is(types.TimestampWithTimeZone)
	return conversion{neverFails, func(b Binding) (Kernel, error) {
		zone := sessionZone(b.Ctx)
		return func(c *Call) (vector.Vector, error) {
			read := momentsOf(c.Args[0], c.Ctx, zone)
			return writeMoments(c, to, zone, read)
		}, nil
	}}
}

// momentsOf returns a reader of the values of v, by row.
func momentsOf(v vector.Vector, ctx *Context, session types.Zone) func(i int) (moment, error) {
	t := v.Type()
	switch {
	case t.Is(types.Date):
		days := vector.ViewOf[int64](v)
		return func(i int) (moment, error) {
			micros, ok := multiplyInt64(days.Get(i), microsPerDay)
			if !ok {
				return moment{}, failf(sql.NUMERIC_VALUE_OUT_OF_RANGE, "Date cannot be represented as timestamp: %d", days.Get(i))
			}
			return moment{micros, 0, session}, nil
		}
	case t.Is(types.Time):
		picos, day := vector.ViewOf[int64](v), today(ctx, session)
		return func(i int) (moment, error) { return ofClock(day, picos.Get(i), session), nil }
	case t.Is(types.TimeWithTimeZone):
		w, day := vector.ViewOf[types.Int128](v), today(ctx, session)
		return func(i int) (moment, error) {
			picos, offset := types.UnpackTimeTZ(w.Get(i))
			zone, err := types.ZoneOfOffset(offset)
			return ofClock(day, picos, zone), err
		}
	case t.Is(types.Timestamp) && t.Physical() == types.Int64:
		w := vector.ViewOf[int64](v)
		return func(i int) (moment, error) { return moment{w.Get(i), 0, session}, nil }
	case t.Is(types.Timestamp):
		w := vector.ViewOf[types.Int128](v)
		return func(i int) (moment, error) { return moment{w.Get(i).Hi, int64(w.Get(i).Lo), session}, nil }
	}
	w := vector.ViewOf[types.Int128](v)
	return func(i int) (moment, error) {
		micros, picos, ok := types.LocalMicros(w.Get(i))
		if !ok {
			return moment{}, outOfRange(types.Timestamp)
		}
		_, _, zone := types.UnpackTimestampTZ(w.Get(i))
		return moment{micros, picos, zone}, nil
	}
}

const picosPerMicro = 1_000_000

// ofClock returns the moment of a day at which a clock shows picoseconds of the day.
func ofClock(day, picos int64, zone types.Zone) moment {
	return moment{day*microsPerDay + picos/picosPerMicro, picos % picosPerMicro, zone}
}

// picosOfDay returns what the clock shows of the day.
func (m moment) picosOfDay() int64 {
	return types.FloorMod(m.micros, microsPerDay)*picosPerMicro + m.picos
}

// writeMoments makes the result's values. from is the argument's type: times have no day.
func writeMoments(c *Call, to types.Type, session types.Zone, read func(i int) (moment, error)) (vector.Vector, error) {
	p := to.Precision()
	from := c.Args[0].Type()
	if from.Is(types.TimeWithTimeZone) && to.Is(types.TimestampWithTimeZone) {
		return timeTZToTimestampTZ(c, p, session)
	}
	if from.Is(types.TimestampWithTimeZone) && to.Is(types.TimestampWithTimeZone) {
		w := vector.ViewOf[types.Int128](c.Args[0])
		return each(c, func(i int) (types.Int128, error) { return types.RoundTimestampTZ(w.Get(i), p), nil })
	}
	switch to.Kind() {
	case types.Date:
		if v, err := daysBySteps(c); v != nil || err != nil {
			return v, err
		}
		return each(c, func(i int) (int64, error) {
			m, err := read(i)
			return types.FloorDiv(m.micros, microsPerDay), err
		})
	case types.Time:
		return each(c, func(i int) (int64, error) {
			m, err := read(i)
			return types.RoundTime(m.picosOfDay(), p), err
		})
	case types.TimeWithTimeZone:
		offset := func(m moment) int { return m.zone.Offset(sessionNow(c.Ctx).Unix()) / 60 }
		if from.Is(types.TimestampWithTimeZone) {
			// Trino takes what the clocks show for an instant of UTC: near a change of the clocks it is the other offset.
			offset = func(m moment) int { return m.zone.Offset(types.FloorDiv(m.micros, microsPerSecond)) / 60 }
		}
		return each(c, func(i int) (types.Int128, error) {
			m, err := read(i)
			if err != nil {
				return types.Int128{}, err
			}
			return types.PackTimeTZ(types.RoundTime(m.picosOfDay(), p), offset(m)), nil
		})
	case types.TimestampWithTimeZone:
		return each(c, func(i int) (types.Int128, error) {
			m, err := read(i)
			if err != nil {
				return types.Int128{}, err
			}
			micros, picos, err := roundTimestamp(m, p)
			x := types.TimestampTZOfLocal(micros, picos, m.zone)
			if millis := x.Hi; err == nil && (millis < types.MinTimestampTZMillis || millis > types.MaxTimestampTZMillis) {
				err = failf(sql.INVALID_CAST_ARGUMENT, "Out of range for timestamp with time zone: %d", millis)
			}
			return x, err
		})
	}
	if to.Physical() == types.Int64 {
		return each(c, func(i int) (int64, error) {
			m, err := read(i)
			if err != nil {
				return 0, err
			}
			micros, _, err := roundTimestamp(m, p)
			return micros, err
		})
	}
	return each(c, func(i int) (types.Int128, error) {
		m, err := read(i)
		if err != nil {
			return types.Int128{}, err
		}
		micros, picos, err := roundTimestamp(m, p)
		return types.Int128{Hi: micros, Lo: uint64(picos)}, err
	})
}

// timeTZToTimestampTZ puts times on the session's date in UTC, as Trino does: on clocks far from
// it the date may be the one before or after.
func timeTZToTimestampTZ(c *Call, precision int, session types.Zone) (vector.Vector, error) {
	const picosPerMinute, picosPerMilli = 60 * picosPerSecond, 1_000_000_000
	w, day := vector.ViewOf[types.Int128](c.Args[0]), today(c.Ctx, session)
	return each(c, func(i int) (types.Int128, error) {
		picos, offset := types.UnpackTimeTZ(w.Get(i))
		zone, err := types.ZoneOfOffset(offset)
		if err != nil {
			return types.Int128{}, err
		}
		picos = types.FloorMod(picos-int64(offset)*picosPerMinute, 24*60*picosPerMinute)
		x := types.PackTimestampTZ(day*millisPerDay+picos/picosPerMilli, picos%picosPerMilli, zone)
		return types.RoundTimestampTZ(x, precision), nil
	})
}

func roundTimestamp(m moment, p int) (micros, picos int64, err error) {
	if m.micros > math.MaxInt64-1_000_000 || m.micros < math.MinInt64+1_000_000 {
		return 0, 0, outOfRange(types.Timestamp)
	}
	micros, picos = types.RoundTimestamp(m.micros, m.picos, p)
	return micros, picos, nil
}

func textToTime(_, to types.Type) conversion {
	p := to.Precision()
	switch {
	case to.Is(types.Time):
		return fallible(func(s string) (int64, error) { return types.ParseTime(s, p) })
	case to.Is(types.Timestamp) && to.Physical() == types.Int64:
		return fallible(func(s string) (int64, error) {
			micros, _, err := types.ParseTimestamp(s, p)
			return micros, err
		})
	case to.Is(types.Timestamp):
		return fallible(func(s string) (types.Int128, error) {
			micros, picos, err := types.ParseTimestamp(s, p)
			return types.Int128{Hi: micros, Lo: uint64(picos)}, err
		})
	case to.Is(types.TimeWithTimeZone):
		return conversion{false, func(b Binding) (Kernel, error) {
			offset := sessionZone(b.Ctx).Offset(sessionNow(b.Ctx).Unix()) / 60
			return unaryErr(func(s string) (types.Int128, error) { return types.ParseTimeTZ(s, p, offset) })(b)
		}}
	}
	return conversion{false, func(b Binding) (Kernel, error) {
		zone := sessionZone(b.Ctx)
		return unaryErr(func(s string) (types.Int128, error) { return types.ParseTimestampTZ(s, p, zone) })(b)
	}}
}
