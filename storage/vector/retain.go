package vector

import (
	"fmt"
	"unsafe"

	"github.com/ctlake/ctlake/storage/types"
)

// Retain returns a copy of v that shares no memory with it, for values that are
// kept beyond their batch: strings of a batch are slices of a whole column chunk.
func Retain(v Vector) Vector {
	switch v := v.(type) {
	case *Flat[bool]:
		return retainFlat(v)
	case *Flat[int64]:
		return retainFlat(v)
	case *Flat[float64]:
		return retainFlat(v)
	case *Flat[types.Int128]:
		return retainFlat(v)
	case *Flat[string]:
		b := NewTextBuilder(v.typ)
		for i, s := range v.Values {
			if v.nulls.Has(i) {
				b.AppendNull()
			} else {
				b.AppendString(s)
			}
		}
		return b.Build()
	case *Dictionary:
		if v.Values.Len() > len(v.Ids) {
			return Retain(Plain(v))
		}
		ids := append([]int32(nil), v.Ids...)
		return &Dictionary{ids, Retain(v.Values), retainNulls(v.nulls, len(ids))}
	case *Constant:
		return &Constant{Retain(v.Value), v.N}
	case *UUIDs:
		return NewUUIDs(v.typ, append([]UUID(nil), v.Values...), retainNulls(v.nulls, len(v.Values)))
	case *Array:
		offsets, from, to := retainOffsets(v.Offsets)
		return &Array{v.typ, offsets, Retain(Slice(v.Elements, from, to)), retainNulls(v.nulls, v.Len())}
	case *Map:
		offsets, from, to := retainOffsets(v.Offsets)
		return &Map{v.typ, offsets, Retain(Slice(v.Keys, from, to)), Retain(Slice(v.Values, from, to)),
			retainNulls(v.nulls, v.Len())}
	case *Row:
		fields := make([]Vector, len(v.Fields))
		for i, f := range v.Fields {
			fields[i] = Retain(f)
		}
		return &Row{v.typ, fields, v.n, retainNulls(v.nulls, v.n)}
	}
	panic(fmt.Sprintf("retain a vector %T", v))
}

func retainFlat[T Element](v *Flat[T]) *Flat[T] {
	return NewFlat(v.typ, append([]T(nil), v.Values...), retainNulls(v.nulls, len(v.Values)))
}

func retainNulls(nulls Bitmap, n int) Bitmap {
	if !nulls.Any(n) {
		return nil
	}
	return append(Bitmap(nil), nulls[:(n+63)/64]...)
}

// retainOffsets returns offsets renumbered from 0, and the children that they spanned.
func retainOffsets(offsets []int32) (out []int32, from, to int) {
	out = make([]int32, len(offsets))
	for i, o := range offsets {
		out[i] = o - offsets[0]
	}
	return out, int(offsets[0]), int(offsets[len(offsets)-1])
}

// Bytes estimates how many bytes v holds on to. What several vectors share
// counts for each of them.
func Bytes(v Vector) int64 {
	switch v := v.(type) {
	case *Flat[bool]:
		return bytesOfFlat(v)
	case *Flat[int64]:
		return bytesOfFlat(v)
	case *Flat[float64]:
		return bytesOfFlat(v)
	case *Flat[types.Int128]:
		return bytesOfFlat(v)
	case *Flat[string]:
		n := bytesOfFlat(v)
		for _, s := range v.Values {
			n += int64(len(s))
		}
		return n
	case *Dictionary:
		return vectorBytes + 4*int64(len(v.Ids)) + 8*int64(len(v.nulls)) + Bytes(v.Values)
	case *Constant:
		return vectorBytes + Bytes(v.Value)
	case *UUIDs:
		return vectorBytes + 16*int64(len(v.Values)) + 8*int64(len(v.nulls))
	case *Array:
		return vectorBytes + 4*int64(len(v.Offsets)) + 8*int64(len(v.nulls)) + Bytes(v.Elements)
	case *Map:
		return vectorBytes + 4*int64(len(v.Offsets)) + 8*int64(len(v.nulls)) + Bytes(v.Keys) + Bytes(v.Values)
	case *Row:
		n := int64(vectorBytes + 8*len(v.nulls))
		for _, f := range v.Fields {
			n += Bytes(f)
		}
		return n
	}
	panic(fmt.Sprintf("bytes of a vector %T", v))
}

// vectorBytes is about what a vector takes without its rows.
const vectorBytes = 96

func bytesOfFlat[T Element](v *Flat[T]) int64 {
	var one T
	return vectorBytes + int64(unsafe.Sizeof(one))*int64(len(v.Values)) + 8*int64(len(v.nulls))
}
