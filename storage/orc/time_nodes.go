package orc

import (
	"errors"
	"math"
	"time"

	"github.com/ctlake/ctlake/storage/orc/internal/protobuf"
	"github.com/ctlake/ctlake/storage/orc/internal/rle"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// gregorianStart is 1582-10-15, the first day of the Gregorian calendar.
const gregorianStart = -141_427

// julianEpoch is the day number, from 1970-01-01 on, of March 1st of the year 0 in the Julian calendar.
const julianEpoch = -719_470

// fromJulian returns the day that a calendar without the reform of 1582 gives
// the same date as the Julian calendar gives a day before it.
func fromJulian(day int64) int64 {
	const perCycle = 4*365 + 1
	cycle, rest := floorDiv(day-julianEpoch, perCycle)
	years := min(rest/365, 3)
	dayOfYear := rest - 365*years // of a year from March on
	month := (5*dayOfYear + 2) / 153
	dayOfMonth := dayOfYear - (153*month+2)/5 + 1
	year := 4*cycle + years
	if month += 3; month > 12 {
		month, year = month-12, year+1
	}
	return types.DaysFromCivil(year, int(month), int(dayOfMonth))
}

// timestampNode decodes timestamps.
type timestampNode struct {
	*nodeBase
	data, nanos   *rle.IntReader
	zone          *time.Location // the writer's, of timestamps without zone; nil is UTC
	hybrid        bool
	base          int64 // the second that DATA counts from
	short         []int64
	wide          []types.Int128
	seconds, rest []int64 // scratch
}

func (d *timestampNode) start() {
	d.base = baseSeconds
	if d.zone == time.UTC {
		d.zone = nil
	}
	if d.zone != nil {
		d.base = time.Date(2015, 1, 1, 0, 0, 0, 0, d.zone).Unix()
	}
}

// maxSeconds bounds seconds so that microseconds and days fit their types.
const maxSeconds = math.MaxInt64/1_000_000 - 1<<32

var errTime = errors.New("a time out of range")

// decode reads values into d.seconds and d.rest, rounded to the precision.
func (d *timestampNode) decode(n int) error {
	if err := d.memo.take(int64(16 * n)); err != nil {
		return err
	}
	d.seconds, d.rest = grow(d.seconds[:0], n), grow(d.rest[:0], n)
	if err := d.data.Read(d.seconds); err != nil {
		return d.fail(protobuf.Data, err)
	}
	if err := d.nanos.Read(d.rest); err != nil {
		return d.fail(protobuf.Secondary, err)
	}
	digits := nanosDigits - d.col.typ.Precision() // that rounding drops
	for i, seconds := range d.seconds {
		if seconds < -maxSeconds || seconds > maxSeconds {
			return d.fail(protobuf.Data, errTime)
		}
		seconds += d.base
		nanos, zeros := uint64(d.rest[i])>>3, int(d.rest[i]&7)
		if zeros != 0 {
			zeros++
			if nanos >= nanosPerSecond {
				return d.fail(protobuf.Secondary, errTime)
			}
			nanos *= powersOfTen[zeros]
		}
		if nanos >= nanosPerSecond {
			return d.fail(protobuf.Secondary, errTime)
		}
		if d.zone != nil {
			_, offset := time.Unix(seconds, 0).In(d.zone).Zone()
			seconds += int64(offset)
		}
		if seconds < 0 {
			if nanos >= nanosPerMilli {
				seconds--
			}
			if d.hybrid && seconds < gregorianStart*secondsPerDay {
				day, second := floorDiv(seconds, secondsPerDay)
				seconds = fromJulian(day)*secondsPerDay + second
			}
		}
		if zeros < digits {
			seconds, nanos = round(seconds, nanos, powersOfTen[digits])
		}
		d.seconds[i], d.rest[i] = seconds, int64(nanos)
	}
	return nil
}

// nanosDigits is how many digits of a second the format keeps.
const nanosDigits = 9

var powersOfTen = [nanosDigits + 1]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9}

// round rounds to multiples of unit nanoseconds, half up.
func round(seconds int64, nanos, unit uint64) (int64, uint64) {
	rest := nanos % unit
	if rest == 0 {
		return seconds, nanos
	}
	nanos -= rest
	if 2*rest >= unit {
		nanos += unit
	}
	if nanos == nanosPerSecond {
		return seconds + 1, 0
	}
	return seconds, nanos
}

const secondsPerDay = 24 * 60 * 60

func (d *timestampNode) append(n int, parent vector.Bitmap) error {
	at, present, err := d.slots(n, parent, 16)
	if err != nil {
		return err
	}
	if err := d.decode(present); err != nil {
		return err
	}
	if d.col.typ.Physical() == types.Int64 {
		d.short = grow(d.short, n)
		out := d.short[at : at+present]
		for i, s := range d.seconds {
			out[i] = s*1_000_000 + d.rest[i]/1_000
		}
		spread(d.short[at:], present, d.nulls, at)
		return nil
	}
	d.wide = grow(d.wide, n)
	out := d.wide[at : at+present]
	for i, s := range d.seconds {
		out[i] = timestampValue(s, d.rest[i], d.col.typ).(types.Int128)
	}
	spread(d.wide[at:], present, d.nulls, at)
	return nil
}

func (d *timestampNode) skip(n int) error {
	present, err := d.skipSlots(n)
	if err != nil {
		return err
	}
	if err := d.data.Skip(present); err != nil {
		return d.fail(protobuf.Data, err)
	}
	return d.fail(protobuf.Secondary, d.nanos.Skip(present))
}

func (d *timestampNode) take() vector.Vector {
	short, wide := d.short, d.wide
	d.short, d.wide = nil, nil
	if d.col.typ.Physical() == types.Int64 {
		return flat(d.nodeBase, short)
	}
	return flat(d.nodeBase, wide)
}
