package orc

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"

	"github.com/ctlake/ctlake/storage/orc/internal/bloom"
	"github.com/ctlake/ctlake/storage/orc/internal/framing"
	"github.com/ctlake/ctlake/storage/orc/internal/protobuf"
	"github.com/ctlake/ctlake/storage/orc/internal/rle"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// boolWriter writes booleans.
type boolWriter struct {
	*columnBase
	data *framing.Writer
}

func (w *boolWriter) write(v vector.Vector, rows []int32) error {
	rows = w.split(v, rows)
	if len(rows) == 0 {
		return nil
	}
	view := vector.ViewOf[bool](v)
	for _, r := range rows {
		x := view.Values[view.At[r]]
		w.bits.Append(x)
		if x {
			w.group.sumInt++
		}
	}
	return nil
}

func (w *boolWriter) encode() error {
	w.data.Raw, _ = w.bits.Mark(w.data.Raw)
	return nil
}

func (w *boolWriter) finish() error {
	w.data.Raw = w.bits.Finish(w.data.Raw)
	return w.columnBase.finish()
}

func (w *boolWriter) pending() int64 { return int64(w.bits.Buffered()) }

// byteWriter writes tinyints.
type byteWriter struct {
	*columnBase
	data   *framing.Writer
	values []byte
}

func (w *byteWriter) write(v vector.Vector, rows []int32) error {
	rows = w.split(v, rows)
	if len(rows) == 0 {
		return nil
	}
	view := vector.ViewOf[int64](v)
	for _, r := range rows {
		x := view.Values[view.At[r]]
		if x != int64(int8(x)) {
			return w.outOfRange(x)
		}
		w.group.addInt(x)
		w.values = append(w.values, byte(x))
		if w.wantBloom {
			w.hashes = append(w.hashes, bloom.HashInt(x))
		}
	}
	return nil
}

func (b *columnBase) outOfRange(v any) error {
	return fmt.Errorf("column %s: %v is no value of type %s", b.col.path(), v, b.col.typ)
}

func (w *byteWriter) encode() error {
	w.data.Raw = rle.AppendBytes(w.data.Raw, w.values)
	w.values = w.values[:0]
	return nil
}

func (w *byteWriter) pending() int64 { return int64(len(w.values)) }

// intWriter writes smallints, integers, bigints and dates.
type intWriter struct {
	*columnBase
	data   *framing.Writer
	values []int64
}

func (w *intWriter) write(v vector.Vector, rows []int32) error {
	rows = w.split(v, rows)
	if len(rows) == 0 {
		return nil
	}
	view := vector.ViewOf[int64](v)
	low, high := int64(math.MinInt64), int64(math.MaxInt64)
	switch w.col.kind {
	case protobuf.Short:
		low, high = math.MinInt16, math.MaxInt16
	case protobuf.Int, protobuf.Date:
		low, high = math.MinInt32, math.MaxInt32
	}
	for _, r := range rows {
		x := view.Values[view.At[r]]
		if x < low || x > high {
			return w.outOfRange(x)
		}
		w.group.addInt(x)
		w.values = append(w.values, x)
		if w.wantBloom {
			w.hashes = append(w.hashes, bloom.HashInt(x))
		}
	}
	return nil
}

func (w *intWriter) encode() error {
	w.data.Raw = w.ints.Append(w.data.Raw, w.values, true)
	w.values = w.values[:0]
	return nil
}

func (w *intWriter) pending() int64 { return int64(8 * len(w.values)) }

// floatWriter writes reals and doubles.
type floatWriter struct {
	*columnBase
	data   *framing.Writer
	double bool
}

func (w *floatWriter) write(v vector.Vector, rows []int32) error {
	rows = w.split(v, rows)
	if len(rows) == 0 {
		return nil
	}
	view := vector.ViewOf[float64](v)
	for _, r := range rows {
		x := view.Values[view.At[r]]
		w.group.addFloat(x)
		if w.double {
			w.data.Raw = binary.LittleEndian.AppendUint64(w.data.Raw, math.Float64bits(x))
		} else {
			w.data.Raw = binary.LittleEndian.AppendUint32(w.data.Raw, math.Float32bits(float32(x)))
		}
		if w.wantBloom {
			w.hashes = append(w.hashes, bloom.HashDouble(x))
		}
	}
	return nil
}

func (w *floatWriter) encode() error  { return nil }
func (w *floatWriter) pending() int64 { return 0 }

// Times.
const (
	nanosPerSecond  = 1_000_000_000
	nanosPerMilli   = 1_000_000
	millisPerSecond = 1_000
	// baseSeconds is 2015-01-01 00:00:00 UTC, from which DATA counts.
	baseSeconds = 1_420_070_400
)

// timestampWriter writes timestamps with and without time zone. DATA holds
// seconds from 2015 on, SECONDARY the nanoseconds. Before 1970 the seconds are
// rounded towards zero where there are nanoseconds worth a millisecond, since
// that is what readers undo.
type timestampWriter struct {
	*columnBase
	data, nanos   *framing.Writer
	seconds, rest []int64
}

func (w *timestampWriter) write(v vector.Vector, rows []int32) error {
	rows = w.split(v, rows)
	if len(rows) == 0 {
		return nil
	}
	unit := int64(nanosPerSecond) // of the type's precision
	for range w.col.typ.Precision() {
		unit /= 10
	}
	switch {
	case w.col.typ.Physical() == types.Int64:
		view := vector.ViewOf[int64](v)
		for _, r := range rows {
			micros := view.Values[view.At[r]]
			seconds, fraction := floorDiv(micros, 1_000_000)
			if err := w.add(seconds, fraction*1_000, unit); err != nil {
				return err
			}
		}
	default:
		view := vector.ViewOf[types.Int128](v)
		withZone := w.col.typ.Is(types.TimestampWithTimeZone)
		for _, r := range rows {
			x := view.Values[view.At[r]]
			var seconds, nanos, picos int64
			if withZone {
				millis, picosOfMilli, _ := types.UnpackTimestampTZ(x)
				seconds, nanos = floorDiv(millis, millisPerSecond)
				nanos, picos = nanos*nanosPerMilli+picosOfMilli/1_000, picosOfMilli%1_000
			} else {
				seconds, nanos = floorDiv(x.Hi, 1_000_000)
				nanos, picos = nanos*1_000+int64(x.Lo)/1_000, int64(x.Lo)%1_000
			}
			if picos != 0 {
				return w.outOfRange(x)
			}
			if err := w.add(seconds, nanos, unit); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *timestampWriter) add(seconds, nanos, unit int64) error {
	if nanos%unit != 0 {
		return fmt.Errorf("column %s: a value of type %s has %d nanoseconds", w.col.path(), w.col.typ, nanos)
	}
	millis := seconds*millisPerSecond + nanos/nanosPerMilli
	w.group.addTimestamp(millis, nanos%nanosPerMilli)
	if w.wantBloom {
		w.hashes = append(w.hashes, bloom.HashInt(millis))
	}
	if seconds < 0 && nanos >= nanosPerMilli {
		if seconds == -1 {
			return fmt.Errorf("column %s: %w: a timestamp in the last second before 1970, "+
				"which ORC cannot tell from one in the first second after", w.col.path(), ErrUnsupported)
		}
		seconds++
	}
	w.seconds = append(w.seconds, seconds-baseSeconds)
	w.rest = append(w.rest, encodeNanos(nanos))
	return nil
}

// encodeNanos drops trailing decimal zeros, if there are two or more, and counts
// them, less one, in the last three bits.
func encodeNanos(n int64) int64 {
	switch {
	case n == 0:
		return 0
	case n%100 != 0:
		return n << 3
	}
	n /= 100
	zeros := int64(1)
	for n%10 == 0 && zeros < 7 {
		n /= 10
		zeros++
	}
	return n<<3 | zeros
}

// floorDiv returns the quotient rounded down and the remainder, which is not negative.
func floorDiv(a, b int64) (q, r int64) {
	q, r = a/b, a%b
	if r < 0 {
		q, r = q-1, r+b
	}
	return q, r
}

func (w *timestampWriter) encode() error {
	w.data.Raw = w.ints.Append(w.data.Raw, w.seconds, true)
	w.nanos.Raw = w.ints.Append(w.nanos.Raw, w.rest, false)
	w.seconds, w.rest = w.seconds[:0], w.rest[:0]
	return nil
}

func (w *timestampWriter) pending() int64 { return int64(16 * len(w.seconds)) }

// decimalWriter writes decimals: unscaled values as varints of up to 128 bits,
// and a scale each, which is always the type's.
type decimalWriter struct {
	*columnBase
	data, scale *framing.Writer
	n           int
	scales      []int64
}

func (w *decimalWriter) write(v vector.Vector, rows []int32) error {
	rows = w.split(v, rows)
	if len(rows) == 0 {
		return nil
	}
	w.n += len(rows)
	if w.col.typ.Physical() == types.Int64 {
		view := vector.ViewOf[int64](v)
		for _, r := range rows {
			w.add(types.Int128From(view.Values[view.At[r]]))
		}
		return nil
	}
	view := vector.ViewOf[types.Int128](v)
	for _, r := range rows {
		w.add(view.Values[view.At[r]])
	}
	return nil
}

func (w *decimalWriter) add(x types.Int128) {
	w.group.addDecimal(x)
	sign := uint64(x.Hi >> 63)
	hi, lo := uint64(x.Hi)<<1|x.Lo>>63, x.Lo<<1
	hi, lo = hi^sign, lo^sign
	for hi != 0 {
		w.data.Raw = append(w.data.Raw, byte(lo)|0x80)
		lo, hi = lo>>7|hi<<57, hi>>7
	}
	w.data.Raw = binary.AppendUvarint(w.data.Raw, lo)
}

func (w *decimalWriter) encode() error {
	w.scales = w.scales[:0]
	for range w.n {
		w.scales = append(w.scales, int64(w.col.typ.Scale()))
	}
	w.scale.Raw = w.ints.Append(w.scale.Raw, w.scales, true)
	w.n = 0
	return nil
}

func (w *decimalWriter) pending() int64 { return int64(bits.Len(uint(w.n))) }
