package function

import (
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Times written and read by the patterns of MySQL (date_format, date_parse) and of
// Joda-Time (format_datetime, parse_datetime). Both know milliseconds; what is finer is rounded.

// shownOf returns a reader of times as patterns write them.
func shownOf(v vector.Vector, session types.Zone) func(i int) shown {
	t := v.Type()
	if t.Is(types.TimestampWithTimeZone) {
		w := vector.ViewOf[types.Int128](v)
		return func(i int) shown {
			millis, _, zone := types.UnpackTimestampTZ(types.RoundTimestampTZ(w.Get(i), 3))
			second := types.FloorDiv(millis, millisPerSecond)
			local := second + int64(zone.Offset(second))
			days := types.FloorDiv(local, secondsPerDay)
			return shown{days, (local-days*secondsPerDay)*millisPerSecond + millis - second*millisPerSecond, zone, second}
		}
	}
	micros := vector.View[int64]{}
	var wide vector.View[types.Int128]
	if t.Physical() == types.Int64 {
		micros = vector.ViewOf[int64](v)
	} else {
		wide = vector.ViewOf[types.Int128](v)
	}
	return func(i int) shown {
		x := int64(0)
		if t.Physical() == types.Int64 {
			x = micros.Get(i)
		} else {
			x = wide.Get(i).Hi
		}
		millis := types.FloorDiv(types.RoundHalfUp(x, microsPerMilli), microsPerMilli)
		days := types.FloorDiv(millis, millisPerDay)
		return shown{days, millis - days*millisPerDay, session, types.FloorDiv(millis, millisPerSecond)}
	}
}

// formatBy is the overload that writes times of a kind by a pattern. A timestamp is one of UTC to patterns.
func formatBy(params string, compile func(string) (datePattern, error)) Overload {
	return Overload{Params: params + ",varchar", Result: "varchar",
		NeverFailsWith: func(b Binding) bool { return writable(b, compile) },
		New: func(Binding) (Kernel, error) {
			cache := datePatternCache{compile: compile}
			return func(c *Call) (vector.Vector, error) {
				read, patterns := shownOf(c.Args[0], types.UTC), vector.ViewOf[string](c.Args[1])
				return eachText(c, func(dst []byte, i int) ([]byte, error) {
					p, err := cache.get(patterns.Get(i))
					if err != nil {
						return dst, err
					}
					s := read(i)
					return p.append(dst, &s)
				})
			}, nil
		}}
}

// writable reports whether the pattern of a call is known and can be written for every time.
func writable(b Binding, compile func(string) (datePattern, error)) bool {
	text, ok := constantOf[string](b, 1)
	if !ok {
		return false
	}
	items, err := compile(text)
	for _, item := range items {
		if item.kind == zoneNamePart {
			return false
		}
	}
	return err == nil
}

var _ = scalar("date and time", "date_format", "Writes a time by a pattern of MySQL", "date_format(TIMESTAMP '2024-05-06 07:08:09.123', '%Y/%m/%d %H:%i')", "2024/05/06 07:08",
	formatBy("timestamp(p)", compileMySQL), formatBy("timestamp(p) with time zone", compileMySQL))

var _ = scalar("date and time", "format_datetime", "Writes a time by a pattern of Joda-Time", "format_datetime(TIMESTAMP '2024-05-06 07:08:09.123', 'yyyy/MM/dd HH:mm')", "2024/05/06 07:08",
	formatBy("timestamp(p)", compileZoneless), formatBy("timestamp(p) with time zone", compileJoda))

// compileZoneless is compileJoda for times that know no zone.
func compileZoneless(pattern string) (datePattern, error) {
	quoted := false
	for _, letter := range pattern {
		switch {
		case letter == '\'':
			quoted = !quoted
		case !quoted && (letter == 'z' || letter == 'Z'):
			return nil, invalid("format_datetime for TIMESTAMP type, cannot use 'Z' nor 'z' in format, as this type does not contain TZ information")
		}
	}
	return compileJoda(pattern)
}

// isoDatePattern is the pattern of date_parse that reads dates as casts do.
const isoDatePattern = "%Y-%m-%d"

// parseMySQL reads a time without a zone, in milliseconds since 1970-01-01 00:00:00.
func parseMySQL(text, pattern string, cache *datePatternCache) (int64, error) {
	if pattern == isoDatePattern {
		if year, month, day, ok := plainDate(text); ok {
			if problem := dateProblem(year, month, day); problem != "" {
				return 0, invalid("%s", problem)
			}
			return types.DaysFromCivil(year, month, day) * millisPerDay, nil
		}
		return readLocal(isoDate, text, mysqlPivot)
	}
	p, err := cache.get(pattern)
	if err != nil {
		return 0, err
	}
	return readLocal(p, text, mysqlPivot)
}

func readLocal(p datePattern, text string, pivot int64) (int64, error) {
	r, err := p.parse(text, pivot)
	if err != nil {
		return 0, err
	}
	millis, _, err := r.instant(text, types.UTC)
	return millis, err
}

var _ = scalar("date and time", "date_parse", "Reads a time by a pattern of MySQL", "date_parse('2024/05/06 07:08', '%Y/%m/%d %H:%i')", "2024-05-06 07:08:00.000",
	Overload{Params: "varchar,varchar", Result: "timestamp(3)", New: func(Binding) (Kernel, error) {
		cache := datePatternCache{compile: compileMySQL}
		return func(c *Call) (vector.Vector, error) {
			texts, patterns := vector.ViewOf[string](c.Args[0]), vector.ViewOf[string](c.Args[1])
			return each(c, func(i int) (int64, error) {
				millis, err := parseMySQL(texts.Get(i), patterns.Get(i), &cache)
				if err != nil {
					return 0, err
				}
				micros, ok := multiplyInt64(millis, microsPerMilli)
				if !ok {
					return 0, outOfRange(types.Timestamp)
				}
				return micros, nil
			})
		}, nil
	}})

// twoDigitSpan is how many years before the statement's the pivot of two digits lies.
const twoDigitSpan = 30

// readZoned returns the timestamp with time zone of milliseconds that a pattern reads.
func readZoned(p datePattern, text string, pivot int64, session types.Zone) (types.Int128, error) {
	r, err := p.parse(text, pivot)
	if err != nil {
		return types.Int128{}, err
	}
	millis, zone, err := r.instant(text, session)
	if err != nil {
		return types.Int128{}, err
	}
	return zonedTime(millis, 0, zone)
}

var _ = scalar("date and time", "parse_datetime", "Reads a time by a pattern of Joda-Time", "parse_datetime('2024/05/06 07:08 +0200', 'yyyy/MM/dd HH:mm Z')", "2024-05-06 07:08:00.000 +02:00",
	Overload{Params: "varchar,varchar", Result: "timestamp(3) with time zone", New: func(b Binding) (Kernel, error) {
		cache := datePatternCache{compile: compileJoda}
		session := sessionZone(b.Ctx)
		pivot := yearOf(today(b.Ctx, session)) - twoDigitSpan
		return func(c *Call) (vector.Vector, error) {
			texts, patterns := vector.ViewOf[string](c.Args[0]), vector.ViewOf[string](c.Args[1])
			return each(c, func(i int) (types.Int128, error) {
				p, err := cache.get(patterns.Get(i))
				if err != nil {
					return types.Int128{}, err
				}
				return readZoned(p, texts.Get(i), pivot, session)
			})
		}, nil
	}})
