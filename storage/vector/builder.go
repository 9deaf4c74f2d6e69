package vector

import (
	"fmt"
	"unsafe"

	"github.com/ctlake/ctlake/storage/types"
)

// Builder makes a vector row by row. Build hands the vector over and leaves the
// builder empty, ready for the next one. Builders are not safe for concurrent use.
type Builder interface {
	Type() types.Type
	Len() int
	AppendNull()
	// Append adds row i of v, a vector of the builder's type in any encoding. Strings are shared, not copied.
	Append(v Vector, i int)
	// AppendAll adds every row of v.
	AppendAll(v Vector)
	Build() Vector
}

// NewBuilder returns a builder for t: a *FlatBuilder of t's Go type, an
// *ArrayBuilder, a *MapBuilder or a *RowBuilder. rows is a hint.
func NewBuilder(t types.Type, rows int) Builder {
	switch t.Physical() {
	case types.Bool:
		return NewFlatBuilder[bool](t, rows)
	case types.Int64:
		return NewFlatBuilder[int64](t, rows)
	case types.Float64:
		return NewFlatBuilder[float64](t, rows)
	case types.String:
		return NewFlatBuilder[string](t, rows)
	case types.Wide:
		return NewFlatBuilder[types.Int128](t, rows)
	}
	switch t.Kind() {
	case types.Array:
		return &ArrayBuilder{typ: t, offsets: make([]int32, 1, rows+1), Elements: NewBuilder(t.Elem(), rows)}
	case types.Map:
		return &MapBuilder{typ: t, offsets: make([]int32, 1, rows+1),
			Keys: NewBuilder(t.Key(), rows), Values: NewBuilder(t.Value(), rows)}
	case types.Row:
		b := &RowBuilder{typ: t}
		for _, f := range t.Fields() {
			b.Fields = append(b.Fields, NewBuilder(f.Type, rows))
		}
		return b
	}
	panic(fmt.Sprintf("no vector carries type %s", t))
}

// nullSet is a growing Bitmap.
type nullSet struct{ bits Bitmap }

func (s *nullSet) set(i int) {
	for len(s.bits) <= i>>6 {
		s.bits = append(s.bits, 0)
	}
	s.bits.Set(i)
}

// take returns the set for n rows, nil if empty, and starts a new one.
func (s *nullSet) take(n int) Bitmap {
	bits := s.bits
	s.bits = nil
	if bits == nil {
		return nil
	}
	for len(bits) < (n+63)/64 {
		bits = append(bits, 0)
	}
	return bits
}

// FlatBuilder builds a Flat vector.
type FlatBuilder[T Element] struct {
	typ    types.Type
	values []T
	nulls  nullSet
}

// NewFlatBuilder returns a builder of t, whose Go type must be T.
func NewFlatBuilder[T Element](t types.Type, rows int) *FlatBuilder[T] {
	return &FlatBuilder[T]{typ: t, values: make([]T, 0, rows)}
}

// Type implements Builder.
func (b *FlatBuilder[T]) Type() types.Type { return b.typ }

// Len implements Builder.
func (b *FlatBuilder[T]) Len() int { return len(b.values) }

// AppendValue adds a value.
func (b *FlatBuilder[T]) AppendValue(v T) { b.values = append(b.values, v) }

// AppendNull implements Builder.
func (b *FlatBuilder[T]) AppendNull() {
	b.nulls.set(len(b.values))
	var zero T
	b.values = append(b.values, zero)
}

// Append implements Builder.
func (b *FlatBuilder[T]) Append(v Vector, i int) {
	switch v := v.(type) {
	case *Flat[T]:
		if v.nulls.Has(i) {
			b.AppendNull()
			return
		}
		b.values = append(b.values, v.Values[i])
	case *UUIDs:
		if v.nulls.Has(i) {
			b.AppendNull()
			return
		}
		b.values = append(b.values, any(v.Values[i].String()).(T))
	case *Dictionary:
		if v.nulls.Has(i) {
			b.AppendNull()
			return
		}
		b.values = append(b.values, v.Values.(*Flat[T]).Values[v.Ids[i]])
	case *Constant:
		b.Append(v.Value, 0)
	default:
		panic(fmt.Sprintf("append row of %T (%s) to a builder of %s", v, v.Type(), b.typ))
	}
}

// AppendAll implements Builder.
func (b *FlatBuilder[T]) AppendAll(v Vector) {
	w := ViewOf[T](v)
	at := len(b.values)
	for _, a := range w.At {
		b.values = append(b.values, w.Values[a])
	}
	if w.Nulls != nil {
		for i := range w.At {
			if w.Nulls.Has(i) {
				b.nulls.set(at + i)
			}
		}
	}
}

// Build implements Builder.
func (b *FlatBuilder[T]) Build() Vector {
	v := NewFlat(b.typ, b.values, b.nulls.take(len(b.values)))
	b.values = nil
	return v
}

// TextBuilder builds a Flat vector of strings out of bytes that the caller may
// reuse: all values of a vector are slices of one string (two allocations a vector).
type TextBuilder struct {
	typ   types.Type
	bytes []byte
	ends  []int
	nulls nullSet
	hint  int // bytes to begin with: about the longest of the last vectors
}

// NewTextBuilder returns a builder of t, a type carried by strings.
func NewTextBuilder(t types.Type) *TextBuilder { return &TextBuilder{typ: t} }

// Len returns the number of rows so far.
func (b *TextBuilder) Len() int { return len(b.ends) }

// Bytes returns the total length of the values so far.
func (b *TextBuilder) Bytes() int { return len(b.bytes) }

// AppendNull adds a NULL.
func (b *TextBuilder) AppendNull() {
	b.nulls.set(len(b.ends))
	b.ends = append(b.ends, len(b.bytes))
}

// reserve makes the buffer of a new vector as large as that of the last one.
func (b *TextBuilder) reserve() {
	if b.bytes == nil && b.hint > 0 {
		b.bytes = make([]byte, 0, b.hint+b.hint/16)
	}
}

// AppendBytes adds a copy of v.
func (b *TextBuilder) AppendBytes(v []byte) {
	b.reserve()
	b.bytes = append(b.bytes, v...)
	b.ends = append(b.ends, len(b.bytes))
}

// AppendString adds a copy of v.
func (b *TextBuilder) AppendString(v string) {
	b.reserve()
	b.bytes = append(b.bytes, v...)
	b.ends = append(b.ends, len(b.bytes))
}

// Write lets f append the bytes of one value to the buffer that it is given and return it.
func (b *TextBuilder) Write(f func(buffer []byte) []byte) {
	b.reserve()
	b.bytes = f(b.bytes)
	b.ends = append(b.ends, len(b.bytes))
}

// Build returns the vector and leaves the builder empty.
func (b *TextBuilder) Build() *Flat[string] {
	text := unsafe.String(unsafe.SliceData(b.bytes), len(b.bytes))
	values := make([]string, len(b.ends))
	from := 0
	for i, end := range b.ends {
		values[i] = text[from:end]
		from = end
	}
	v := NewFlat(b.typ, values, b.nulls.take(len(values)))
	b.hint = max(len(b.bytes), b.hint-b.hint/16)
	b.bytes, b.ends = nil, b.ends[:0]
	return v
}

// ArrayBuilder builds an Array: append to Elements, then call Close for each row.
type ArrayBuilder struct {
	typ      types.Type
	offsets  []int32
	Elements Builder
	nulls    nullSet
}

// Type implements Builder.
func (b *ArrayBuilder) Type() types.Type { return b.typ }

// Len implements Builder.
func (b *ArrayBuilder) Len() int { return len(b.offsets) - 1 }

// Close ends a row whose elements were appended since the row before.
func (b *ArrayBuilder) Close() { b.offsets = append(b.offsets, int32(b.Elements.Len())) }

// AppendNull implements Builder.
func (b *ArrayBuilder) AppendNull() {
	b.nulls.set(b.Len())
	b.Close()
}

// Append implements Builder.
func (b *ArrayBuilder) Append(v Vector, i int) {
	if v.Nulls().Has(i) {
		b.AppendNull()
		return
	}
	w := SpansOf(v)
	from, to := w.Span(i)
	for c := from; c < to; c++ {
		b.Elements.Append(w.Values, c)
	}
	b.Close()
}

// AppendAll implements Builder.
func (b *ArrayBuilder) AppendAll(v Vector) {
	w := SpansOf(v)
	for i := range w.At {
		if w.Nulls.Has(i) {
			b.AppendNull()
			continue
		}
		from, to := w.Span(i)
		b.Elements.AppendAll(Slice(w.Values, from, to))
		b.Close()
	}
}

// Build implements Builder.
func (b *ArrayBuilder) Build() Vector {
	v := &Array{b.typ, b.offsets, b.Elements.Build(), b.nulls.take(b.Len())}
	b.offsets = make([]int32, 1, len(v.Offsets))
	return v
}

// MapBuilder builds a Map: append to Keys and Values, then call Close for each row.
type MapBuilder struct {
	typ          types.Type
	offsets      []int32
	Keys, Values Builder
	nulls        nullSet
}

// Type implements Builder.
func (b *MapBuilder) Type() types.Type { return b.typ }

// Len implements Builder.
func (b *MapBuilder) Len() int { return len(b.offsets) - 1 }

// Close ends a row whose entries were appended since the row before.
func (b *MapBuilder) Close() { b.offsets = append(b.offsets, int32(b.Keys.Len())) }

// AppendNull implements Builder.
func (b *MapBuilder) AppendNull() {
	b.nulls.set(b.Len())
	b.Close()
}

// Append implements Builder.
func (b *MapBuilder) Append(v Vector, i int) {
	if v.Nulls().Has(i) {
		b.AppendNull()
		return
	}
	w := SpansOf(v)
	from, to := w.Span(i)
	for c := from; c < to; c++ {
		b.Keys.Append(w.Keys, c)
		b.Values.Append(w.Values, c)
	}
	b.Close()
}

// AppendAll implements Builder.
func (b *MapBuilder) AppendAll(v Vector) {
	w := SpansOf(v)
	for i := range w.At {
		if w.Nulls.Has(i) {
			b.AppendNull()
			continue
		}
		from, to := w.Span(i)
		b.Keys.AppendAll(Slice(w.Keys, from, to))
		b.Values.AppendAll(Slice(w.Values, from, to))
		b.Close()
	}
}

// Build implements Builder.
func (b *MapBuilder) Build() Vector {
	v := &Map{b.typ, b.offsets, b.Keys.Build(), b.Values.Build(), b.nulls.take(b.Len())}
	b.offsets = make([]int32, 1, len(v.Offsets))
	return v
}

// RowBuilder builds a Row: append to each of Fields, then call Close for each row.
type RowBuilder struct {
	typ    types.Type
	n      int
	Fields []Builder
	nulls  nullSet
}

// Type implements Builder.
func (b *RowBuilder) Type() types.Type { return b.typ }

// Len implements Builder.
func (b *RowBuilder) Len() int { return b.n }

// Close ends a row to whose fields one value each was appended.
func (b *RowBuilder) Close() { b.n++ }

// AppendNull implements Builder.
func (b *RowBuilder) AppendNull() {
	b.nulls.set(b.n)
	for _, f := range b.Fields {
		f.AppendNull()
	}
	b.n++
}

// Append implements Builder.
func (b *RowBuilder) Append(v Vector, i int) {
	if v.Nulls().Has(i) {
		b.AppendNull()
		return
	}
	switch w := v.(type) {
	case *Constant:
		v, i = w.Value, 0
	case *Dictionary:
		v, i = w.Values, int(w.Ids[i])
	}
	for f, field := range v.(*Row).Fields {
		b.Fields[f].Append(field, i)
	}
	b.n++
}

// AppendAll implements Builder.
func (b *RowBuilder) AppendAll(v Vector) {
	for i := range v.Len() {
		b.Append(v, i)
	}
}

// Build implements Builder.
func (b *RowBuilder) Build() Vector {
	fields := make([]Vector, len(b.Fields))
	for i, f := range b.Fields {
		fields[i] = f.Build()
	}
	v := &Row{b.typ, fields, b.n, b.nulls.take(b.n)}
	b.n = 0
	return v
}
