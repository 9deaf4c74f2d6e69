package function

import (
	"strings"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

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

// unitsBetween returns the whole units from a to b, both on one clock, toward zero.
func unitsBetween(unit string, a, b int64) int64 {
	if months := unitMonths[unit]; months > 0 {
		return monthsBetween(a, b) / months
	}
	return (b - a) / unitMicros[unit]
}

// monthsBetween counts the whole months from a to b: the day of the month and the time of
// day of b must have reached those of a, or the end of a shorter month.
func monthsBetween(a, b int64) int64 {
	if b < a {
		return -monthsBetween(b, a)
	}
	from, to := floorDiv(a, microsPerDay), floorDiv(b, microsPerDay)
	y1, m1, d1 := types.CivilFromDays(from)
	y2, m2, d2 := types.CivilFromDays(to)
	months := (y2-y1)*12 + int64(m2-m1)
	atEnd := d2 == types.DaysInMonth(y2, m2) && d1 > d2
	if d2 < d1 && !atEnd || (d2 == d1 || atEnd) && b-to*microsPerDay < a-from*microsPerDay {
		months--
	}
	return months
}

var _ = scalar("date and time", "date_diff", "Returns the whole units from one time to another", "date_diff('day', DATE '2024-02-28', DATE '2024-03-01')", "2",
	dateDiff()...)

func dateDiff() []Overload {
	var overloads []Overload
	for _, kind := range timeKinds {
		overloads = append(overloads, Overload{Params: "varchar," + kind + "," + kind, Result: "bigint",
			Derive: func(args []types.Type) ([]types.Type, types.Type, bool) {
				if len(args) != 3 || !types.Coerces(args[0], types.TVarchar) {
					return nil, types.TBigint, false
				}
				common, ok := types.CommonSuperType(args[1], args[2])
				if !ok || !strings.HasPrefix(kind, common.Kind().String()) || strings.HasSuffix(kind, "zone") != common.Is(types.TimestampWithTimeZone) {
					return nil, types.TBigint, false
				}
				return []types.Type{types.TVarchar, common, common}, types.TBigint, true
			},
			New: always(func(c *Call) (vector.Vector, error) {
				units, t := vector.ViewOf[string](c.Args[0]), c.Args[1].Type()
				from, to := momentsOf(c.Args[1], c.Ctx, types.UTC), momentsOf(c.Args[2], c.Ctx, types.UTC)
				return each(c, func(i int) (int64, error) {
					unit, err := checkUnit(units.Get(i), t)
					if err != nil {
						return 0, err
					}
					a, err := from(i)
					if err != nil {
						return 0, err
					}
					b, err := to(i)
					if err != nil {
						return 0, err
					}
					if t.Is(types.TimestampWithTimeZone) && unitMicros[unit] > 0 && unitMicros[unit] < microsPerDay {
						// Hours and less pass on the scale of instants.
						a.micros, b.micros = instantMicros(c.Args[1], i), instantMicros(c.Args[2], i)
					}
					return unitsBetween(unit, a.micros, b.micros), nil
				})
			})})
	}
	return overloads
}

// instantMicros returns the instant of row i of timestamps with time zone, in microseconds since 1970.
func instantMicros(v vector.Vector, i int) int64 {
	millis, picos, _ := types.UnpackTimestampTZ(vector.ViewOf[types.Int128](v).Get(i))
	return millis*1000 + picos/picosPerMicro
}

// zoneOfText returns the zone that a function's argument names.
func zoneOfText(name string) (types.Zone, error) {
	zone, err := types.ZoneOf(name)
	if err != nil {
		return zone, invalid("'%s' is not a valid time zone", name)
	}
	return zone, nil
}

var _ = scalar("date and time", "at_timezone", "Returns the same instant in another zone", "at_timezone(TIMESTAMP '2024-05-06 07:08:09.000 UTC', 'America/New_York')",
	"2024-05-06 03:08:09.000 America/New_York",
	Overload{Params: "timestamp(p) with time zone,varchar", Result: "timestamp(p) with time zone", New: always(func(c *Call) (vector.Vector, error) {
		x, zones := vector.ViewOf[types.Int128](c.Args[0]), vector.ViewOf[string](c.Args[1])
		return each(c, func(i int) (types.Int128, error) {
			zone, err := zoneOfText(zones.Get(i))
			return types.WithZone(x.Get(i), zone), err
		})
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
			return types.TimestampTZOfLocal(m.micros, m.picos, zone), err
		})
	})})
