package function

import (
	"strings"
	"time"

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

// isoLayouts are the forms of ISO 8601 that from_iso8601_timestamp reads, least first.
var isoLayouts = []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02T15Z07:00",
	"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02T15", "2006-01-02", "2006-01", "2006", "20060102T150405Z07:00", "20060102T150405", "20060102"}

var _ = scalar("date and time", "from_iso8601_timestamp", "Reads a time in the form of ISO 8601", "from_iso8601_timestamp('2024-05-06T07:08:09+02:00')",
	"2024-05-06 07:08:09.000 +02:00",
	Overload{Params: "varchar", Result: "timestamp(3) with time zone", New: func(b Binding) (Kernel, error) {
		session := sessionZone(b.Ctx)
		return func(c *Call) (vector.Vector, error) {
			texts := vector.ViewOf[string](c.Args[0])
			return each(c, func(i int) (types.Int128, error) {
				text := strings.Replace(texts.Get(i), ",", ".", 1)
				for n, layout := range isoLayouts {
					t, err := time.Parse(layout, text)
					if err != nil {
						continue
					}
					zoned := n < 3 || n == 9
					if !zoned {
						return types.TimestampTZOfLocal(t.UnixMilli()*1000, 0, session), nil
					}
					_, offset := t.Zone()
					zone := types.UTC
					if offset != 0 {
						if zone, err = types.ZoneOfOffset(offset / 60); err != nil {
							return types.Int128{}, invalid("Invalid format: \"%s\"", texts.Get(i))
						}
					}
					return types.PackTimestampTZ(t.UnixMilli(), 0, zone), nil
				}
				return types.Int128{}, invalid("Invalid format: \"%s\"", texts.Get(i))
			})
		}, nil
	}})

var _ = scalar("date and time", "to_iso8601", "Writes a date or time in the form of ISO 8601", "to_iso8601(TIMESTAMP '2024-05-06 07:08:09.123')", "2024-05-06T07:08:09.123",
	Overload{Params: "date", Result: "varchar", New: always(isoText)},
	Overload{Params: "timestamp(p)", Result: "varchar", New: always(isoText)},
	Overload{Params: "timestamp(p) with time zone", Result: "varchar", New: always(isoText)})

// isoText writes values as their own text with a T, and a zone as its offset.
func isoText(c *Call) (vector.Vector, error) {
	v := c.Args[0]
	zoned := v.Type().Is(types.TimestampWithTimeZone)
	var scratch []byte
	return eachText(c, func(dst []byte, i int) ([]byte, error) {
		scratch = vector.AppendText(scratch[:0], v, i)
		text := string(scratch)
		if !zoned {
			return append(dst, strings.Replace(text, " ", "T", 1)...), nil
		}
		day, rest, _ := strings.Cut(text, " ")
		clock, _, _ := strings.Cut(rest, " ")
		millis, _, zone := types.UnpackTimestampTZ(vector.ViewOf[types.Int128](v).Get(i))
		dst = append(append(append(dst, day...), 'T'), clock...)
		offset := zone.Offset(floorDiv(millis, 1000))
		if offset == 0 {
			return append(dst, 'Z'), nil
		}
		sign := byte('+')
		if offset < 0 {
			sign, offset = '-', -offset
		}
		two := func(n int) { dst = append(dst, byte('0'+n/10), byte('0'+n%10)) }
		dst = append(dst, sign)
		two(offset / 3600)
		dst = append(dst, ':')
		two(offset / 60 % 60)
		return dst, nil
	})
}

var _ = scalar("date and time", "date_format", "Writes a time by a pattern of MySQL", "date_format(TIMESTAMP '2024-05-06 07:08:09.123', '%Y/%m/%d %H:%i')", "2024/05/06 07:08",
	Overload{Params: "timestamp(p),varchar", Result: "varchar", New: always(formatByMySQL)},
	Overload{Params: "timestamp(p) with time zone,varchar", Result: "varchar", New: always(formatByMySQL)})

var (
	monthNames = [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	dayNames   = [...]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
)

func formatByMySQL(c *Call) (vector.Vector, error) {
	read, patterns := momentsOf(c.Args[0], c.Ctx, types.UTC), vector.ViewOf[string](c.Args[1])
	return eachText(c, func(dst []byte, i int) ([]byte, error) {
		m, err := read(i)
		if err != nil {
			return dst, err
		}
		return appendMySQL(dst, m.micros, patterns.Get(i))
	})
}

// appendPadded appends n with at least width digits.
func appendPadded(dst []byte, n int64, width int) []byte {
	var digits [20]byte
	at := len(digits)
	for n > 0 || width > 0 {
		at--
		digits[at] = byte('0' + n%10)
		n /= 10
		width--
	}
	return append(dst, digits[at:]...)
}

// appendMySQL writes what a clock shows by a pattern: %Y and so on.
func appendMySQL(dst []byte, micros int64, pattern string) ([]byte, error) {
	days := floorDiv(micros, microsPerDay)
	rest := micros - days*microsPerDay
	year, month, day := types.CivilFromDays(days)
	hour, minute, second := rest/(3600*microsPerSecond), rest/(60*microsPerSecond)%60, rest/microsPerSecond%60
	twelve := (hour+11)%12 + 1
	for at := 0; at < len(pattern); at++ {
		if pattern[at] != '%' || at+1 == len(pattern) {
			dst = append(dst, pattern[at])
			continue
		}
		at++
		switch pattern[at] {
		case 'Y':
			if year < 0 {
				dst, year = append(dst, '-'), -year
			}
			dst = appendPadded(dst, year, 4)
		case 'y':
			dst = appendPadded(dst, floorMod(year, 100), 2)
		case 'm':
			dst = appendPadded(dst, int64(month), 2)
		case 'c':
			dst = appendPadded(dst, int64(month), 1)
		case 'd':
			dst = appendPadded(dst, int64(day), 2)
		case 'e':
			dst = appendPadded(dst, int64(day), 1)
		case 'H':
			dst = appendPadded(dst, hour, 2)
		case 'k':
			dst = appendPadded(dst, hour, 1)
		case 'h', 'I':
			dst = appendPadded(dst, twelve, 2)
		case 'l':
			dst = appendPadded(dst, twelve, 1)
		case 'i':
			dst = appendPadded(dst, minute, 2)
		case 's', 'S':
			dst = appendPadded(dst, second, 2)
		case 'f':
			dst = appendPadded(dst, rest%microsPerSecond, 6)
		case 'j':
			dst = appendPadded(dst, int64(types.DayOfYear(days)), 3)
		case 'p':
			dst = append(dst, [2]string{"AM", "PM"}[hour/12]...)
		case 'a':
			dst = append(dst, dayNames[types.DayOfWeek(days)-1][:3]...)
		case 'W':
			dst = append(dst, dayNames[types.DayOfWeek(days)-1]...)
		case 'b':
			dst = append(dst, monthNames[month-1][:3]...)
		case 'M':
			dst = append(dst, monthNames[month-1]...)
		case 'T':
			dst, _ = appendMySQL(dst, micros, "%H:%i:%s")
		case 'r':
			dst, _ = appendMySQL(dst, micros, "%h:%i:%s %p")
		case 'v':
			_, week := types.WeekYear(days)
			dst = appendPadded(dst, int64(week), 2)
		case 'x':
			y, _ := types.WeekYear(days)
			dst = appendPadded(dst, y, 4)
		case 'D', 'U', 'u', 'V', 'w', 'X':
			return dst, invalid("%%%c not supported in date format string", pattern[at])
		default: // %% and what means nothing else
			dst = append(dst, pattern[at])
		}
	}
	return dst, nil
}
