package function

import (
	"strings"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// timeUnit is a unit that date_trunc, date_add and date_diff count in. Exactly one of
// its lengths is set: milliseconds, which pass alike on all clocks up to an hour, or months.
type timeUnit struct {
	name           string
	millis, months int64
}

var timeUnits = []timeUnit{
	{"millisecond", 1, 0}, {"second", millisPerSecond, 0}, {"minute", millisPerMinute, 0}, {"hour", millisPerHour, 0},
	{"day", millisPerDay, 0}, {"week", 7 * millisPerDay, 0}, {"month", 0, 1}, {"quarter", 0, 3}, {"year", 0, 12},
}

// ofClock reports whether u is a unit of the time of day.
func (u timeUnit) ofClock() bool { return u.millis > 0 && u.millis < millisPerDay }

// unitFields are how errors call the units of a kind.
var unitFields = map[types.Kind]string{types.Date: "DATE", types.Time: "TIME", types.TimeWithTimeZone: "TIME",
	types.Timestamp: "TIMESTAMP", types.TimestampWithTimeZone: "TIMESTAMP"}

// parseUnit reads the name of a unit that values of a kind have.
func parseUnit(text string, kind types.Kind) (timeUnit, error) {
	name := strings.ToLower(text)
	for _, u := range timeUnits {
		if u.name != name {
			continue
		}
		if isTime := kind == types.Time || kind == types.TimeWithTimeZone; u.ofClock() && kind == types.Date || !u.ofClock() && isTime {
			break
		}
		return u, nil
	}
	return timeUnit{}, invalid("'%s' is not a valid %s field", name, unitFields[kind])
}

// unitsOf returns a reader of the units of a call's first argument. It reads a unit once for rows that follow each other.
func unitsOf(c *Call, kind types.Kind) func(i int) (timeUnit, error) {
	texts := vector.ViewOf[string](c.Args[0])
	var last string
	var unit timeUnit
	return func(i int) (timeUnit, error) {
		text := texts.Get(i)
		if unit.name != "" && text == last {
			return unit, nil
		}
		u, err := parseUnit(text, kind)
		last, unit = text, u
		return u, err
	}
}

// unitNeverFails reports whether the unit of a call is known and one of the kind's.
func unitNeverFails(kind types.Kind) func(b Binding) bool {
	return func(b Binding) bool {
		text, ok := constantOf[string](b, 0)
		if !ok {
			return false
		}
		_, err := parseUnit(text, kind)
		return err == nil
	}
}

// instantNear returns the epoch second at which the clocks of zone show local, the one with
// the given offset, in seconds, if there is such a one; else as Zone.Instant has it.
func instantNear(local int64, offset int64, zone types.Zone) int64 {
	if instant := local - offset; int64(zone.Offset(instant)) == offset {
		return instant
	}
	instant, _ := zone.Instant(local)
	return instant
}

// onLocal applies f to what the clocks of a timestamp's zone show, in milliseconds from
// 1970-01-01 00:00:00 on them. Where the result is shown twice, the offset is kept.
func onLocal(epochMillis int64, zone types.Zone, f func(local int64) (int64, error)) (int64, error) {
	second := types.FloorDiv(epochMillis, millisPerSecond)
	offset := int64(zone.Offset(second))
	local, err := f(epochMillis + offset*millisPerSecond)
	if err != nil {
		return 0, err
	}
	localSecond := types.FloorDiv(local, millisPerSecond)
	return instantNear(localSecond, offset, zone)*millisPerSecond + local - localSecond*millisPerSecond, nil
}
