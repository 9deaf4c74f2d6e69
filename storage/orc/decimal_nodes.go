package orc

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/ctlake/ctlake/storage/orc/internal/framing"
	"github.com/ctlake/ctlake/storage/orc/internal/protobuf"
	"github.com/ctlake/ctlake/storage/orc/internal/rle"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// decimalNode decodes decimals: varints of any length and a scale each.
type decimalNode struct {
	*nodeBase
	data  *framing.Reader
	scale *rle.IntReader
	short []int64
	wide  []types.Int128
	// scratch
	scales []int64
	values []types.Int128
}

// maxVarint128 is how many bytes a varint of 128 bits takes.
const maxVarint128 = 19

var errDecimal = errors.New("a decimal of more than 128 bits")

// varint128 reads a zigzag varint.
func varint128(b []byte) (v types.Int128, size int, err error) {
	var hi, lo uint64
	for i, x := range b {
		if i == maxVarint128 {
			return v, 0, errDecimal
		}
		group, shift := uint64(x&0x7f), 7*i
		switch {
		case shift < 64:
			lo |= group << shift
			if shift > 57 {
				hi |= group >> (64 - shift)
			}
		default:
			if shift > 121 && group>>(128-shift) != 0 {
				return v, 0, errDecimal
			}
			hi |= group << (shift - 64)
		}
		if x < 0x80 {
			sign := -(lo & 1)
			lo, hi = lo>>1|hi<<63, hi>>1
			return types.Int128{Hi: int64(hi ^ sign), Lo: lo ^ sign}, i + 1, nil
		}
	}
	return v, 0, errors.New("decimals end early")
}

// decode reads n values into d.values, at the type's scale.
func (d *decimalNode) decode(n int) error {
	if err := d.memo.take(int64(24 * n)); err != nil {
		return err
	}
	d.values, d.scales = grow(d.values[:0], n), grow(d.scales[:0], n)
	if err := d.scale.Read(d.scales); err != nil {
		return d.fail(protobuf.Secondary, err)
	}
	for i := range d.values {
		b, err := d.data.Peek(maxVarint128)
		if err != nil {
			return d.fail(protobuf.Data, err)
		}
		v, size, err := varint128(b)
		if err == nil {
			v, err = rescale(v, d.scales[i], int64(d.col.typ.Scale()))
		}
		if err == nil && d.col.typ.Physical() == types.Int64 && !v.IsInt64() {
			err = fmt.Errorf("a value that is none of type %s", d.col.typ)
		}
		if err != nil {
			return d.fail(protobuf.Data, err)
		}
		d.data.Advance(size)
		d.values[i] = v
	}
	return nil
}

// maxScale bounds the scale that a value comes with.
const maxScale = 76

// rescale moves the decimal point; digits that get lost round the value half away from zero.
func rescale(v types.Int128, from, to int64) (types.Int128, error) {
	if from == to {
		return v, nil
	}
	if from < -maxScale || from > maxScale {
		return v, fmt.Errorf("a decimal of scale %d", from)
	}
	negative := v.Sign() < 0
	if negative {
		v = v.Neg()
	}
	for ; from < to; from++ {
		var ok bool
		if v, ok = timesTen(v, 0); !ok {
			return v, errDecimal
		}
	}
	digit := uint64(0)
	for ; from > to; from-- {
		v, digit = overTen(v)
	}
	if digit >= 5 {
		v, _ = v.Add(types.Int128From(1))
	}
	if negative {
		v = v.Neg()
	}
	return v, nil
}

// overTen divides v, which is not negative, by ten.
func overTen(v types.Int128) (quotient types.Int128, digit uint64) {
	hi := uint64(v.Hi)
	lo, rest := bits.Div64(hi%10, v.Lo, 10)
	return types.Int128{Hi: int64(hi / 10), Lo: lo}, rest
}

func (d *decimalNode) append(n int, parent vector.Bitmap) error {
	at, present, err := d.slots(n, parent, 16)
	if err != nil {
		return err
	}
	if err := d.decode(present); err != nil {
		return err
	}
	if d.col.typ.Physical() == types.Int64 {
		d.short = grow(d.short, n)
		for i, v := range d.values {
			d.short[at+i] = v.Int64()
		}
		spread(d.short[at:], present, d.nulls, at)
		return nil
	}
	d.wide = grow(d.wide, n)
	copy(d.wide[at:], d.values)
	spread(d.wide[at:], present, d.nulls, at)
	return nil
}

func (d *decimalNode) skip(n int) error {
	present, err := d.skipSlots(n)
	if err != nil {
		return err
	}
	if err := d.scale.Skip(present); err != nil {
		return d.fail(protobuf.Secondary, err)
	}
	for range present {
		b, err := d.data.Peek(maxVarint128)
		if err != nil {
			return d.fail(protobuf.Data, err)
		}
		_, size, err := varint128(b)
		if err != nil {
			return d.fail(protobuf.Data, err)
		}
		d.data.Advance(size)
	}
	return nil
}

func (d *decimalNode) take() vector.Vector {
	short, wide := d.short, d.wide
	d.short, d.wide = nil, nil
	if d.col.typ.Physical() == types.Int64 {
		return flat(d.nodeBase, short)
	}
	return flat(d.nodeBase, wide)
}
