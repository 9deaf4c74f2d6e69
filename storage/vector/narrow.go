package vector

import (
	"math"
	"unsafe"

	"github.com/ctlake/ctlake/storage/types"
)

// Narrowed is a vector at rest, in fewer bytes than it is read in: numbers of a dictionary's entries in one or two bytes, whole
// numbers as differences from the least one in four, or nothing but the few rows that are not NULL. Nothing but Slice and Gather
// takes it; they give the vector's rows back.
type Narrowed struct {
	typ   types.Type
	n     int
	nulls Bitmap
	// Of a dictionary: its entries, and one of the others.
	values Vector
	bytes  []uint8
	words  []uint16
	// Of whole numbers: least + unit * steps.
	least, unit int64
	steps       []uint32
	// Of what is mostly NULL (Thin): the rows that are not, and what they have: numbers of the entries, or texts.
	rows  []int32
	ids   []int32
	texts *Flat[string]
}

// NarrowableBytes returns how many bytes v takes beside the entries of a dictionary and the text: what Bytes says of it
// when it is narrowed, or thin. It is 0 of what can be neither.
func NarrowableBytes(v Vector) int64 {
	n := 8 * int64(len(v.Nulls()))
	switch v := v.(type) {
	case *Dictionary:
		return n + 4*int64(len(v.Ids))
	case *Flat[int64]:
		return n + 8*int64(len(v.Values))
	case *Flat[string]:
		return n + textHeaderBytes*int64(len(v.Values))
	}
	return 0
}

// textHeaderBytes is what a text takes beside its bytes.
const textHeaderBytes = int64(unsafe.Sizeof(""))

// Narrowable reports whether Narrow may make v take less.
func Narrowable(v Vector) bool {
	switch v.(type) {
	case *Dictionary, *Flat[int64]:
		return true
	}
	return false
}

// Narrow returns v at rest; false if that would take no less.
func Narrow(v Vector) (*Narrowed, bool) {
	switch v := v.(type) {
	case *Dictionary:
		return narrowDictionary(v)
	case *Flat[int64]:
		return narrowNumbers(v)
	}
	return nil, false
}

func narrowDictionary(v *Dictionary) (*Narrowed, bool) {
	most := int32(0)
	for _, id := range v.Ids {
		most = max(most, id)
	}
	out := &Narrowed{typ: v.Type(), n: len(v.Ids), nulls: v.nulls, values: v.Values}
	switch {
	case most <= math.MaxUint8:
		out.bytes = make([]uint8, len(v.Ids))
		for i, id := range v.Ids {
			out.bytes[i] = uint8(id)
		}
	case most <= math.MaxUint16:
		out.words = make([]uint16, len(v.Ids))
		for i, id := range v.Ids {
			out.words[i] = uint16(id)
		}
	default:
		return nil, false
	}
	return out, true
}

// narrowUnits are tried for the steps of whole numbers: times are in microseconds, mostly whole milliseconds.
var narrowUnits = []int64{1, 1000}

func narrowNumbers(v *Flat[int64]) (*Narrowed, bool) {
	least, most := int64(math.MaxInt64), int64(math.MinInt64)
	for i, x := range v.Values {
		if !v.nulls.Has(i) {
			least, most = min(least, x), max(most, x)
		}
	}
	if least > most {
		return nil, false // all NULL
	}
	for _, unit := range narrowUnits {
		if span := uint64(most) - uint64(least); span/uint64(unit) > math.MaxUint32 {
			continue
		}
		out := &Narrowed{typ: v.typ, n: len(v.Values), nulls: v.nulls, least: least, unit: unit, steps: make([]uint32, len(v.Values))}
		exact := true
		for i, x := range v.Values {
			if v.nulls.Has(i) {
				continue
			}
			above := uint64(x) - uint64(least)
			exact = exact && above%uint64(unit) == 0
			out.steps[i] = uint32(above / uint64(unit))
		}
		return out, exact
	}
	return nil, false
}

// Type implements Vector.
func (v *Narrowed) Type() types.Type { return v.typ }

// Len implements Vector.
func (v *Narrowed) Len() int { return v.n }

// Nulls implements Vector.
func (v *Narrowed) Nulls() Bitmap { return v.nulls }

// Bytes returns how many bytes it takes beside the entries of a dictionary and the text.
func (v *Narrowed) Bytes() int64 {
	n := int64(len(v.bytes) + 2*len(v.words) + 4*len(v.steps) + 8*len(v.nulls) + 4*len(v.rows) + 4*len(v.ids))
	if v.texts != nil {
		n += textHeaderBytes * int64(v.texts.Len())
	}
	return n
}

// Entries returns the entries of a dictionary, nil of anything else.
func (v *Narrowed) Entries() Vector { return v.values }

// WithEntries returns v with other entries, the first of which are those that it has.
func (v *Narrowed) WithEntries(values Vector) *Narrowed {
	out := *v
	out.values = values
	return &out
}

// slice returns the rows from..to-1.
func (v *Narrowed) slice(from, to int) Vector {
	if v.rows != nil {
		return v.sliceThin(from, to)
	}
	nulls := v.nulls.slice(from, to)
	if v.steps != nil {
		out := make([]int64, to-from)
		for i, s := range v.steps[from:to] {
			out[i] = v.least + int64(s)*v.unit
		}
		return NewFlat(v.typ, out, nulls)
	}
	ids := make([]int32, to-from)
	if v.bytes != nil {
		for i, id := range v.bytes[from:to] {
			ids[i] = int32(id)
		}
	} else {
		for i, id := range v.words[from:to] {
			ids[i] = int32(id)
		}
	}
	return &Dictionary{ids, v.values, nulls}
}

// gather returns the given rows.
func (v *Narrowed) gather(rows []int32) Vector {
	if v.rows != nil {
		return v.gatherThin(rows)
	}
	nulls := v.nulls.gather(rows)
	if v.steps != nil {
		out := make([]int64, len(rows))
		for i, r := range rows {
			out[i] = v.least + int64(v.steps[r])*v.unit
		}
		return NewFlat(v.typ, out, nulls)
	}
	ids := make([]int32, len(rows))
	if v.bytes != nil {
		for i, r := range rows {
			ids[i] = int32(v.bytes[r])
		}
	} else {
		for i, r := range rows {
			ids[i] = int32(v.words[r])
		}
	}
	return &Dictionary{ids, v.values, nulls}
}
