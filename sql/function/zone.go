package function

import (
	"math"
	"strings"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// The statement's time, dates of times, and zones.

var _ = scalar("date and time", "now", "Returns the time at which the statement began", "year(now()) > 2000", "true",
	Overload{Params: "", Result: "timestamp(3) with time zone", NeverFails: true, New: func(b Binding) (Kernel, error) {
		zone := sessionZone(b.Ctx)
		return func(c *Call) (vector.Vector, error) {
			x := types.PackTimestampTZ(sessionNow(b.Ctx).UnixMilli(), 0, zone)
			return vector.NewConstant(vector.NewValue(c.Result, x), c.N), nil
		}, nil
	}})

// date(x) is CAST(x AS date).
var _ = scalar("date and time", "date", "Returns the date of a time, or that a text writes", "date(TIMESTAMP '2024-05-06 07:08:09')", "2024-05-06",
	dateOf("varchar"), dateOf("timestamp(p)"), dateOf("timestamp(p) with time zone"), dateOf("date"))

func dateOf(params string) Overload {
	return Overload{Params: params, Result: "date", New: func(b Binding) (Kernel, error) {
		if b.Params[0].Is(types.Date) {
			return func(c *Call) (vector.Vector, error) { return c.Args[0], nil }, nil
		}
		cast, err := ResolveCast(b.Params[0], types.TDate)
		if err != nil {
			return nil, err
		}
		return cast.Overload.New(b)
	}}
}

// zoneOfText returns the zone that a function's argument names.
func zoneOfText(name string) (types.Zone, error) {
	zone, err := types.ZoneOf(name)
	if err != nil {
		return zone, invalid("'%s' is not a valid time zone", name)
	}
	return zone, nil
}

// atZone is the overload of at_timezone for a kind of time and a zone that is given by T.
func atZone[T vector.Element](params string, zoneOf func(T) (types.Zone, error), move func(ctx *Context, x types.Int128, zone types.Zone) types.Int128) Overload {
	kind, _, _ := strings.Cut(params, ",")
	return Overload{Params: params, Result: kind, New: always(func(c *Call) (vector.Vector, error) {
		x, zones := vector.ViewOf[types.Int128](c.Args[0]), vector.ViewOf[T](c.Args[1])
		return each(c, func(i int) (types.Int128, error) {
			zone, err := zoneOf(zones.Get(i))
			if err != nil {
				return types.Int128{}, err
			}
			return move(c.Ctx, x.Get(i), zone), nil
		})
	})}
}

// zoneOfInterval returns the zone that is an interval ahead of UTC.
func zoneOfInterval(millis int64) (types.Zone, error) {
	if millis%millisPerMinute != 0 {
		return 0, invalid("Invalid time zone offset interval: interval contains seconds")
	}
	const most = math.MaxInt32 // far beyond any zone
	return types.ZoneOfOffset(int(max(min(millis/millisPerMinute, most), -most)))
}

func timestampAt(_ *Context, x types.Int128, zone types.Zone) types.Int128 {
	return types.WithZone(x, zone)
}

// timeAt takes the offset that a zone has when the statement begins.
func timeAt(ctx *Context, x types.Int128, zone types.Zone) types.Int128 {
	picos, from := types.UnpackTimeTZ(x)
	to := zone.Offset(sessionNow(ctx).Unix()) / 60
	return types.PackTimeTZ(types.FloorMod(picos+int64(to-from)*picosPerMinute, picosPerDay), to)
}

var _ = scalar("date and time", "at_timezone", "Returns the same instant in another zone", "at_timezone(TIMESTAMP '2024-05-06 07:08:09.000 UTC', 'America/New_York')",
	"2024-05-06 03:08:09.000 America/New_York",
	atZone("timestamp(p) with time zone,varchar", zoneOfText, timestampAt), atZone("timestamp(p) with time zone,"+daySecond, zoneOfInterval, timestampAt),
	atZone("time(p) with time zone,varchar", zoneOfText, timeAt), atZone("time(p) with time zone,"+daySecond, zoneOfInterval, timeAt))

var _ = scalar("date and time", "timezone", "Returns the name of the zone, or the offset from UTC", "timezone(TIMESTAMP '2024-05-06 07:08:09 America/New_York')", "America/New_York",
	Overload{Params: "timestamp(p) with time zone", Result: "varchar", NeverFails: true, New: unaryText(func(dst []byte, x types.Int128) ([]byte, error) {
		_, _, zone := types.UnpackTimestampTZ(x)
		return zone.Append(dst), nil
	})},
	Overload{Params: "time(p) with time zone", Result: "varchar", NeverFails: true, New: unaryText(func(dst []byte, x types.Int128) ([]byte, error) {
		_, minutes := types.UnpackTimeTZ(x)
		return appendOffset(dst, minutes*60, true), nil
	})})

var _ = scalar("date and time", "with_timezone", "Returns the instant at which the clocks of a zone show a time", "with_timezone(TIMESTAMP '2024-05-06 07:08:09.000', 'America/New_York')",
	"2024-05-06 07:08:09.000 America/New_York",
	Overload{Params: "timestamp(p),varchar", Result: "timestamp(p) with time zone", New: always(func(c *Call) (vector.Vector, error) {
		read, zones := momentsOf(c.Args[0], c.Ctx, types.UTC), vector.ViewOf[string](c.Args[1])
		return each(c, func(i int) (types.Int128, error) {
			zone, err := zoneOfText(zones.Get(i))
			if err != nil {
				return types.Int128{}, err
			}
			m, err := read(i)
			if err != nil {
				return types.Int128{}, err
			}
			millis, picos, zone := types.UnpackTimestampTZ(types.TimestampTZOfLocal(m.micros, m.picos, zone))
			return zonedTime(millis, picos, zone)
		})
	})})
