package function

import (
	"math"
	"strings"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Functions of dates and timestamps. They read every such type as what its clock
// shows (see moment), so those of a timestamp with time zone follow its zone.

// timeKinds are the parameters of functions of a point in time.
var timeKinds = []string{"date", "timestamp(p)", "timestamp(p) with time zone"}

// unitMicros are the units of a fixed length; unitMonths those of some months.
var (
	unitMicros = map[string]int64{"millisecond": microsPerMilli, "second": microsPerSecond, "minute": 60 * microsPerSecond,
		"hour": 3600 * microsPerSecond, "day": microsPerDay, "week": 7 * microsPerDay}
	unitMonths = map[string]int64{"month": 1, "quarter": 3, "year": 12}
)

// truncateMicros cuts what a clock shows to a unit.
func truncateMicros(unit string, micros int64) (int64, error) {
	days := floorDiv(micros, microsPerDay)
	if months := unitMonths[unit]; months > 0 {
		y, m, _ := types.CivilFromDays(days)
		return types.DaysFromCivil(y, (m-1)/int(months)*int(months)+1, 1) * microsPerDay, nil
	}
	if unit == "week" {
		return (days - int64(types.DayOfWeek(days)) + 1) * microsPerDay, nil
	}
	n := unitMicros[unit]
	return floorDiv(micros, n) * n, nil
}

func checkUnit(unit string, t types.Type) (string, error) {
	unit = strings.ToLower(unit)
	n, fixed := unitMicros[unit]
	if !fixed && unitMonths[unit] == 0 || t.Is(types.Date) && fixed && n < microsPerDay {
		return "", invalid("'%s' is not a valid %s field", unit, strings.ToUpper(t.Kind().String()))
	}
	return unit, nil
}

// ofUnit is the overloads, one a type, of a function of a unit, perhaps a number, and a time.
func ofUnit(between string, f func(unit string, n int64, x moment) (int64, error)) []Overload {
	var overloads []Overload
	for _, kind := range timeKinds {
		overloads = append(overloads, Overload{Params: "varchar," + between + kind, Result: kind, New: always(func(c *Call) (vector.Vector, error) {
			units, last := vector.ViewOf[string](c.Args[0]), c.Args[len(c.Args)-1]
			n := func(int) int64 { return 0 }
			if between != "" {
				n = vector.ViewOf[int64](c.Args[1]).Get
			}
			read := momentsOf(last, c.Ctx, types.UTC)
			if c.Result.Is(types.Date) {
				days := vector.ViewOf[int64](last)
				return each(c, func(i int) (int64, error) {
					unit, err := checkUnit(units.Get(i), c.Result)
					if err != nil {
						return 0, err
					}
					micros, ok := multiplyInt64(days.Get(i), microsPerDay)
					if !ok {
						return 0, outOfRange(types.Date)
					}
					micros, err = f(unit, n(i), moment{micros: micros})
					if err != nil {
						return 0, err
					}
					return checkDate(floorDiv(micros, microsPerDay))
				})
			}
			return writeMoments(c, c.Result, types.UTC, func(i int) (moment, error) {
				m, err := read(i)
				if err != nil {
					return m, err
				}
				unit, err := checkUnit(units.Get(i), c.Result)
				if err != nil {
					return m, err
				}
				if m.micros, err = f(unit, n(i), m); between == "" {
					m.picos = 0
				}
				return m, err
			})
		})})
	}
	return overloads
}

var _ = scalar("date and time", "date_trunc", "Cuts a time to a unit", "date_trunc('month', DATE '2024-05-06')", "2024-05-01",
	ofUnit("", func(unit string, _ int64, x moment) (int64, error) { return truncateMicros(unit, x.micros) })...)

var _ = scalar("date and time", "date_add", "Adds a number of units to a time", "date_add('month', 1, DATE '2024-01-31')", "2024-02-29",
	ofUnit("bigint,", func(unit string, n int64, x moment) (int64, error) {
		if months := unitMonths[unit]; months > 0 {
			by, ok := multiplyInt64(n, months)
			if !ok || by > math.MaxInt32 || by < math.MinInt32 {
				return 0, outOfRange(types.Timestamp)
			}
			return shiftTimestampMonths(x.micros, by, 0)
		}
		by, ok := multiplyInt64(n, unitMicros[unit])
		if !ok {
			return 0, outOfRange(types.Timestamp)
		}
		if by%microsPerDay != 0 && x.zone != types.UTC { // hours pass on the instant's scale, not on the clock's
			y := types.TimestampTZOfLocal(x.micros, x.picos, x.zone)
			y, err := shiftTimestampTZ(y, by/microsPerMilli, 0)
			if err != nil {
				return 0, err
			}
			micros, _, ok := types.LocalMicros(y)
			if !ok {
				return 0, outOfRange(types.TimestampWithTimeZone)
			}
			return micros, nil
		}
		sum := x.micros + by
		if (x.micros^sum)&(by^sum) < 0 {
			return 0, outOfRange(types.Timestamp)
		}
		return sum, nil
	})...)

var _ = scalar("date and time", "now", "Returns the time at which the statement began", "year(now()) > 2000", "true",
	Overload{Params: "", Result: "timestamp(3) with time zone", NeverFails: true, New: func(b Binding) (Kernel, error) {
		zone := sessionZone(b.Ctx)
		return func(c *Call) (vector.Vector, error) {
			x := types.PackTimestampTZ(sessionNow(b.Ctx).UnixMilli(), 0, zone)
			return vector.NewConstant(vector.NewValue(c.Result, x), c.N), nil
		}, nil
	}})
