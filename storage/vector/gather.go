package vector

import (
	"fmt"

	"github.com/ctlake/ctlake/storage/types"
)

// Gather returns the rows of v that rows names, in that order. Row numbers may
// repeat. The result shares strings and dictionary entries with v.
func Gather(v Vector, rows []int32) Vector {
	switch v := v.(type) {
	case *Flat[bool]:
		return gatherFlat(v, rows)
	case *Flat[int64]:
		return gatherFlat(v, rows)
	case *Flat[float64]:
		return gatherFlat(v, rows)
	case *Flat[string]:
		return gatherFlat(v, rows)
	case *Flat[types.Int128]:
		return gatherFlat(v, rows)
	case *Dictionary:
		ids := make([]int32, len(rows))
		for i, r := range rows {
			ids[i] = v.Ids[r]
		}
		return &Dictionary{ids, v.Values, v.nulls.gather(rows)}
	case *Constant:
		return &Constant{v.Value, len(rows)}
	case *Narrowed:
		return v.gather(rows)
	case *UUIDs:
		values := make([]UUID, len(rows))
		for i, r := range rows {
			values[i] = v.Values[r]
		}
		return NewUUIDs(v.typ, values, v.nulls.gather(rows))
	case *Array:
		offsets, children := gatherSpans(v.Offsets, rows)
		return &Array{v.typ, offsets, Gather(v.Elements, children), v.nulls.gather(rows)}
	case *Map:
		offsets, children := gatherSpans(v.Offsets, rows)
		return &Map{v.typ, offsets, Gather(v.Keys, children), Gather(v.Values, children), v.nulls.gather(rows)}
	case *Row:
		fields := make([]Vector, len(v.Fields))
		for i, f := range v.Fields {
			fields[i] = Gather(f, rows)
		}
		return &Row{v.typ, fields, len(rows), v.nulls.gather(rows)}
	}
	panic(fmt.Sprintf("gather from a vector %T", v))
}

func gatherFlat[T Element](v *Flat[T], rows []int32) *Flat[T] {
	values := make([]T, len(rows))
	for i, r := range rows {
		values[i] = v.Values[r]
	}
	return NewFlat(v.typ, values, v.nulls.gather(rows))
}

func gatherSpans(offsets []int32, rows []int32) (out, children []int32) {
	out = make([]int32, len(rows)+1)
	n := int32(0)
	for i, r := range rows {
		n += offsets[r+1] - offsets[r]
		out[i+1] = n
	}
	children = make([]int32, 0, n)
	for _, r := range rows {
		for c := offsets[r]; c < offsets[r+1]; c++ {
			children = append(children, c)
		}
	}
	return out, children
}

// GatherOrNull is Gather where a negative row number makes a NULL: what outer
// joins and element_at need.
func GatherOrNull(v Vector, rows []int32) Vector {
	var nulls Bitmap
	for i, r := range rows {
		if r < 0 {
			if nulls == nil {
				nulls = NewBitmap(len(rows))
			}
			nulls.Set(i)
		}
	}
	if nulls == nil {
		return Gather(v, rows)
	}
	if v.Len() == 0 {
		return NewNull(v.Type(), len(rows))
	}
	switch v := v.(type) {
	case *Array, *Map, *Row:
		b := NewBuilder(v.Type(), len(rows))
		for _, r := range rows {
			if r < 0 {
				b.AppendNull()
			} else {
				b.Append(v, int(r))
			}
		}
		return b.Build()
	case *Flat[string]:
		texts := make([]string, len(rows)) // rows without one hold on to none
		for i, r := range rows {
			if r < 0 {
				continue
			}
			if texts[i] = v.Values[r]; v.nulls.Has(int(r)) {
				nulls.Set(i)
			}
		}
		return NewFlat(v.typ, texts, nulls)
	}
	at := make([]int32, len(rows))
	for i, r := range rows {
		at[i] = max(r, 0)
	}
	return WithNulls(Gather(v, at), nulls)
}

// Slice returns the rows from..to-1 of v; it shares v's memory.
func Slice(v Vector, from, to int) Vector {
	if n, ok := v.(*Narrowed); ok {
		return n.slice(from, to)
	}
	if from == 0 && to == v.Len() {
		return v
	}
	switch v := v.(type) {
	case *Flat[bool]:
		return NewFlat(v.typ, v.Values[from:to], v.nulls.slice(from, to))
	case *Flat[int64]:
		return NewFlat(v.typ, v.Values[from:to], v.nulls.slice(from, to))
	case *Flat[float64]:
		return NewFlat(v.typ, v.Values[from:to], v.nulls.slice(from, to))
	case *Flat[string]:
		return NewFlat(v.typ, v.Values[from:to], v.nulls.slice(from, to))
	case *Flat[types.Int128]:
		return NewFlat(v.typ, v.Values[from:to], v.nulls.slice(from, to))
	case *Dictionary:
		return &Dictionary{v.Ids[from:to], v.Values, v.nulls.slice(from, to)}
	case *Constant:
		return &Constant{v.Value, to - from}
	case *UUIDs:
		return NewUUIDs(v.typ, v.Values[from:to], v.nulls.slice(from, to))
	case *Array:
		return &Array{v.typ, v.Offsets[from : to+1], v.Elements, v.nulls.slice(from, to)}
	case *Map:
		return &Map{v.typ, v.Offsets[from : to+1], v.Keys, v.Values, v.nulls.slice(from, to)}
	case *Row:
		fields := make([]Vector, len(v.Fields))
		for i, f := range v.Fields {
			fields[i] = Slice(f, from, to)
		}
		return &Row{v.typ, fields, to - from, v.nulls.slice(from, to)}
	}
	panic(fmt.Sprintf("slice of a vector %T", v))
}

// Plain returns v without Dictionary, Constant or UUIDs encoding at the top.
func Plain(v Vector) Vector {
	switch w := v.(type) {
	case *UUIDs:
		return w.Texts()
	case *Dictionary:
		return WithNulls(Gather(w.Values, w.Ids), w.nulls)
	case *Constant:
		if w.N == 1 {
			return w.Value
		}
		return Gather(w.Value, zeros(w.N))
	}
	return v
}
