// Package vector holds columns of values in memory: the form in which rows
// travel from the ORC reader to the last operator of a query, and from the
// record scanner to the ORC writer.
//
// A Vector is one column of a batch, in one of these encodings:
//
//	Flat        Values: one Go value a row
//	Dictionary  Ids into a plain vector of entries: what ORC dictionaries become
//	Constant    one value for all rows
//	Array, Map  Offsets into child vectors: row i spans [Offsets[i], Offsets[i+1])
//	Row         one child vector a field, as long as the row vector
//	UUIDs       texts that are UUIDs, for who has asked for them
//
// Rules that all code relies on:
//
//   - Vectors and batches never change once they are handed on; they may be
//     shared between goroutines and kept.
//   - NULL belongs to rows (Nulls), never to the entries of a dictionary.
//   - Encodings do not nest: the entries of a Dictionary and the value of a
//     Constant are plain (Flat, Array, Map or Row). Children of Array, Map and
//     Row may be of any encoding.
//   - A row that is NULL still has a slot: an id within the dictionary, an empty
//     span, NULL in every field of a row. Loops may thus read slots blindly.
//   - The value of a NULL slot is not specified.
package vector

import (
	"fmt"
	"sync"

	"github.com/ctlake/ctlake/storage/types"
)

// DefaultBatchRows is how many rows operators aim to put into a batch.
const DefaultBatchRows = 1024

// Element lists the Go types that carry scalar values.
type Element interface {
	bool | int64 | float64 | string | types.Int128
}

// Vector is one column of a batch.
type Vector interface {
	// Type returns the SQL type of the values.
	Type() types.Type
	// Len returns the number of rows.
	Len() int
	// Nulls returns the rows that are NULL; nil when there are none. The caller must not change it.
	Nulls() Bitmap
}

// Batch holds N rows. It is dense and never changes once returned. A batch may
// have no columns: count(*) needs only N.
type Batch struct {
	Columns []Vector
	N       int
}

// Flat holds one value a row.
type Flat[T Element] struct {
	typ    types.Type
	Values []T
	nulls  Bitmap
	origin *Origin // of entries of a dictionary; nil for none
}

// NewFlat makes a vector over values, which it keeps. T must be the Go type of t's physical kind.
func NewFlat[T Element](t types.Type, values []T, nulls Bitmap) *Flat[T] {
	return &Flat[T]{typ: t, Values: values, nulls: nulls}
}

// Origin is what entries of dictionaries have in common that are the first ones of one list, which only grows and in
// which no value is twice: an entry's number means the same value in all of them, and no other number does.
type Origin struct{ notes sync.Map }

// Note returns what was noted about the entries under a key, or notes what make returns. It is for what is worth
// keeping as long as the entries, such as their hashes, and takes little beside them.
func (o *Origin) Note(key any, make func() any) any {
	if note, ok := o.notes.Load(key); ok {
		return note
	}
	note, _ := o.notes.LoadOrStore(key, make())
	return note
}

// NewEntries makes entries of a dictionary, which are the first values of the list of origin.
func NewEntries(t types.Type, values []string, origin *Origin) *Flat[string] {
	return &Flat[string]{typ: t, Values: values, origin: origin}
}

// OriginOf returns the list of which v has the first values, if it was made by NewEntries, or nil.
func OriginOf(v Vector) *Origin {
	if v, ok := v.(*Flat[string]); ok {
		return v.origin
	}
	return nil
}

// Type implements Vector.
func (v *Flat[T]) Type() types.Type { return v.typ }

// Len implements Vector.
func (v *Flat[T]) Len() int { return len(v.Values) }

// Nulls implements Vector.
func (v *Flat[T]) Nulls() Bitmap { return v.nulls }

// Dictionary holds an entry number a row. Some entries may be used by no row:
// whatever can fail, and whatever counts, must look at rows, not at entries.
type Dictionary struct {
	Ids    []int32
	Values Vector // plain, without NULLs
	nulls  Bitmap
}

// NewDictionary makes a vector whose row i is values[ids[i]]. With no entries at
// all, every row must be NULL, and the result is a Constant.
func NewDictionary(ids []int32, values Vector, nulls Bitmap) Vector {
	if values.Len() == 0 && len(ids) > 0 {
		return NewNull(values.Type(), len(ids))
	}
	return &Dictionary{Ids: ids, Values: values, nulls: nulls}
}

// Type implements Vector.
func (v *Dictionary) Type() types.Type { return v.Values.Type() }

// Len implements Vector.
func (v *Dictionary) Len() int { return len(v.Ids) }

// Nulls implements Vector.
func (v *Dictionary) Nulls() Bitmap { return v.nulls }

// Constant holds one value, possibly NULL, for N rows.
type Constant struct {
	Value Vector // plain, of one row
	N     int
}

// NewConstant makes n rows of the single row of value, of any encoding.
func NewConstant(value Vector, n int) *Constant { return &Constant{Value: Plain(value), N: n} }

// Type implements Vector.
func (v *Constant) Type() types.Type { return v.Value.Type() }

// Len implements Vector.
func (v *Constant) Len() int { return v.N }

// Nulls implements Vector.
func (v *Constant) Nulls() Bitmap {
	if v.Value.Nulls().Has(0) {
		return allRows(v.N)
	}
	return nil
}

// IsNull reports whether all rows are NULL.
func (v *Constant) IsNull() bool { return v.Value.Nulls().Has(0) }

// Array holds a list a row: the elements Offsets[i] up to Offsets[i+1].
type Array struct {
	typ      types.Type
	Offsets  []int32 // one more than rows; ascending
	Elements Vector
	nulls    Bitmap
}

// NewArray makes a vector of lists; it keeps its arguments.
func NewArray(t types.Type, offsets []int32, elements Vector, nulls Bitmap) *Array {
	return &Array{typ: t, Offsets: offsets, Elements: elements, nulls: nulls}
}

// Type implements Vector.
func (v *Array) Type() types.Type { return v.typ }

// Len implements Vector.
func (v *Array) Len() int { return len(v.Offsets) - 1 }

// Nulls implements Vector.
func (v *Array) Nulls() Bitmap { return v.nulls }

// Map holds entries a row: Keys and Values from Offsets[i] up to Offsets[i+1].
// Keys are never NULL and differ within a row.
type Map struct {
	typ          types.Type
	Offsets      []int32
	Keys, Values Vector
	nulls        Bitmap
}

// NewMap makes a vector of maps; it keeps its arguments.
func NewMap(t types.Type, offsets []int32, keys, values Vector, nulls Bitmap) *Map {
	return &Map{typ: t, Offsets: offsets, Keys: keys, Values: values, nulls: nulls}
}

// Type implements Vector.
func (v *Map) Type() types.Type { return v.typ }

// Len implements Vector.
func (v *Map) Len() int { return len(v.Offsets) - 1 }

// Nulls implements Vector.
func (v *Map) Nulls() Bitmap { return v.nulls }

// Row holds one child vector a field. Where the row is NULL, every field is.
type Row struct {
	typ    types.Type
	Fields []Vector
	n      int
	nulls  Bitmap
}

// NewRow makes a vector of n rows; it keeps its arguments.
func NewRow(t types.Type, fields []Vector, n int, nulls Bitmap) *Row {
	return &Row{typ: t, Fields: fields, n: n, nulls: nulls}
}

// Type implements Vector.
func (v *Row) Type() types.Type { return v.typ }

// Len implements Vector.
func (v *Row) Len() int { return v.n }

// Nulls implements Vector.
func (v *Row) Nulls() Bitmap { return v.nulls }

// View reads a scalar vector of any encoding: row i is Values[At[i]], unless
// Nulls has i. At is valid for NULL rows too.
type View[T Element] struct {
	Values []T
	At     []int32
	Nulls  Bitmap
}

// ViewOf returns a view of v, whose physical kind must be T's.
func ViewOf[T Element](v Vector) View[T] {
	switch v := v.(type) {
	case *Flat[T]:
		return View[T]{v.Values, identity(len(v.Values)), v.nulls}
	case *Dictionary:
		return View[T]{v.Values.(*Flat[T]).Values, v.Ids, v.nulls}
	case *Constant:
		return View[T]{v.Value.(*Flat[T]).Values, zeros(v.N), v.Nulls()}
	case *UUIDs:
		if texts, ok := Vector(v.Texts()).(*Flat[T]); ok {
			return ViewOf[T](texts)
		}
	}
	var zero T
	panic(fmt.Sprintf("view of %T over a vector %T of type %s", zero, v, v.Type()))
}

// Get returns the value of row i, which is unspecified where the row is NULL.
func (w View[T]) Get(i int) T { return w.Values[w.At[i]] }

// SpanView reads arrays and maps of any encoding: row i spans the children
// Offsets[At[i]] up to Offsets[At[i]+1], unless Nulls has i.
type SpanView struct {
	Offsets []int32
	At      []int32
	Nulls   Bitmap
	Keys    Vector // of a map; nil for an array
	Values  Vector // of a map; the elements of an array
}

// SpansOf returns a view of v, an array or map.
func SpansOf(v Vector) SpanView {
	at, nulls := []int32(nil), v.Nulls()
	switch w := v.(type) {
	case *Dictionary:
		at, v = w.Ids, w.Values
	case *Constant:
		at, v = zeros(w.N), w.Value
	default:
		at = identity(v.Len())
	}
	switch v := v.(type) {
	case *Array:
		return SpanView{Offsets: v.Offsets, At: at, Nulls: nulls, Values: v.Elements}
	case *Map:
		return SpanView{Offsets: v.Offsets, At: at, Nulls: nulls, Keys: v.Keys, Values: v.Values}
	}
	panic(fmt.Sprintf("spans of a vector %T of type %s", v, v.Type()))
}

// Span returns the children of row i: from..to-1. It is empty for NULL, also
// where a dictionary has an entry with children in the slot.
func (w SpanView) Span(i int) (from, to int) {
	at := w.At[i]
	if w.Nulls.Has(i) {
		return 0, 0
	}
	return int(w.Offsets[at]), int(w.Offsets[at+1])
}

// FieldOf returns field i of a row vector of any encoding. A field of a NULL row is NULL.
func FieldOf(v Vector, i int) Vector {
	switch v := v.(type) {
	case *Row:
		return v.Fields[i]
	case *Constant:
		return NewConstant(v.Value.(*Row).Fields[i], v.N)
	case *Dictionary:
		return WithNulls(Gather(v.Values.(*Row).Fields[i], v.Ids), v.nulls)
	}
	panic(fmt.Sprintf("field of a vector %T of type %s", v, v.Type()))
}

// NewNull returns n rows of NULL.
func NewNull(t types.Type, n int) *Constant {
	b := NewBuilder(t, 1)
	b.AppendNull()
	return &Constant{Value: b.Build(), N: n}
}

// WithNulls returns v with the given rows NULL as well.
func WithNulls(v Vector, more Bitmap) Vector {
	if !more.Any(v.Len()) {
		return v
	}
	n := v.Len()
	nulls := Or(v.Nulls(), more, n)
	switch v := v.(type) {
	case *Flat[bool]:
		return NewFlat(v.typ, v.Values, nulls)
	case *Flat[int64]:
		return NewFlat(v.typ, v.Values, nulls)
	case *Flat[float64]:
		return NewFlat(v.typ, v.Values, nulls)
	case *Flat[string]:
		return NewFlat(v.typ, v.Values, nulls)
	case *Flat[types.Int128]:
		return NewFlat(v.typ, v.Values, nulls)
	case *UUIDs:
		return NewUUIDs(v.typ, v.Values, nulls)
	case *Dictionary:
		return &Dictionary{v.Ids, v.Values, nulls}
	case *Constant:
		if v.IsNull() {
			return v
		}
		return &Dictionary{zeros(n), v.Value, nulls}
	}
	// Nested: spans of NULL rows must be empty and fields of NULL rows NULL.
	rows := make([]int32, n)
	for i := range rows {
		rows[i] = int32(i)
		if nulls.Has(i) {
			rows[i] = -1
		}
	}
	return GatherOrNull(v, rows)
}

// Tables that many vectors share: 0,1,2,… and 0,0,0,… and all bits set.
var shared struct {
	sync.RWMutex
	identity, zeros []int32
	ones            Bitmap
}

func sharedRows(n int) (identity, zeros []int32, ones Bitmap) {
	shared.RLock()
	identity, zeros, ones = shared.identity, shared.zeros, shared.ones
	shared.RUnlock()
	if n <= len(identity) {
		return identity, zeros, ones
	}
	size := 1 << 14
	for size < n {
		size *= 2
	}
	identity, zeros, ones = make([]int32, size), make([]int32, size), NewBitmap(size)
	for i := range identity {
		identity[i] = int32(i)
	}
	for i := range ones {
		ones[i] = ^uint64(0)
	}
	shared.Lock()
	if size > len(shared.identity) {
		shared.identity, shared.zeros, shared.ones = identity, zeros, ones
	}
	shared.Unlock()
	return identity, zeros, ones
}

// identity returns 0..n-1; the caller must not change it.
func identity(n int) []int32 { s, _, _ := sharedRows(n); return s[:n] }

// zeros returns n zeros; the caller must not change them.
func zeros(n int) []int32 { _, s, _ := sharedRows(n); return s[:n] }

// allRows returns the set of the rows 0..n-1; the caller must not change it.
func allRows(n int) Bitmap { _, _, s := sharedRows(n); return s[:(n+63)/64] }
