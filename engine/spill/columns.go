package spill

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"unsafe"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// A column is written as the encoding of its vector, whether any row is NULL, and then:
//
//	flat        values: 8 bytes each (bool 1, 128 bits 16); texts are all lengths, then all bytes
//	dictionary  how many entries, the entries as a column, ids of 4 bytes
//	constant    the value, as a column of one row
//	UUIDs       16 bytes each
//	array, map  lengths of 4 bytes, then the children as columns
//	row         the fields as columns
//
// NULLs are a bitmap of 8 bytes for 64 rows. A dictionary keeps the entries that the
// rows use; where that saves nothing the column is written flat.
const (
	asFlat = iota
	asDictionary
	asConstant
	asUUIDs
	withNulls = 1 << 7
)

var errTooLarge = fmt.Errorf("a row needs more than %d bytes", MaxBlockBytes)

func appendBatch(dst []byte, b *vector.Batch, columns []types.Type) (_ []byte, err error) {
	for i, c := range b.Columns {
		if dst, err = appendColumn(dst, c, columns[i]); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// appendColumn writes v. Its rows are those of typ, whatever the children of v say of themselves.
func appendColumn(dst []byte, v vector.Vector, typ types.Type) (_ []byte, err error) {
	if len(dst) > MaxBlockBytes {
		return nil, errTooLarge
	}
	n := v.Len()
	switch d := v.(type) {
	case *vector.Constant:
		if n > 0 {
			return appendColumn(append(dst, asConstant), d.Value, typ)
		}
		v = vector.Plain(v)
	case *vector.Dictionary:
		if compact, ids := compacted(d); compact != nil {
			dst = appendNulls(append(dst, asDictionary), d.Nulls(), n)
			dst = binary.LittleEndian.AppendUint32(dst, uint32(compact.Len()))
			if dst, err = appendColumn(dst, compact, typ); err != nil {
				return nil, err
			}
			return appendInts(dst, ids), nil
		}
		v = vector.Plain(v)
	}
	nulls := v.Nulls()
	encoding := byte(asFlat)
	if _, ok := v.(*vector.UUIDs); ok {
		encoding = asUUIDs
	}
	dst = appendNulls(append(dst, encoding), nulls, n)
	switch v := v.(type) {
	case *vector.UUIDs:
		dst = appendWide(dst, v.Wide())
	case *vector.Flat[bool]:
		for _, x := range v.Values {
			bit := byte(0)
			if x {
				bit = 1
			}
			dst = append(dst, bit)
		}
	case *vector.Flat[int64]:
		for _, x := range v.Values {
			dst = binary.LittleEndian.AppendUint64(dst, uint64(x))
		}
	case *vector.Flat[float64]:
		for _, x := range v.Values {
			dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(x))
		}
	case *vector.Flat[types.Int128]:
		dst = appendWide(dst, v)
	case *vector.Flat[string]:
		total := 0
		for i, x := range v.Values {
			length := len(x)
			if nulls.Has(i) { // the value of a NULL may be anything
				length = 0
			}
			total += length
			if total > MaxBlockBytes {
				return nil, errTooLarge
			}
			dst = binary.LittleEndian.AppendUint32(dst, uint32(length))
		}
		for i, x := range v.Values {
			if !nulls.Has(i) {
				dst = append(dst, x...)
			}
		}
	case *vector.Array:
		from, to := int(v.Offsets[0]), int(v.Offsets[n])
		dst = binary.LittleEndian.AppendUint32(appendLengths(dst, v.Offsets), uint32(to-from))
		return appendColumn(dst, vector.Slice(v.Elements, from, to), typ.Elem())
	case *vector.Map:
		from, to := int(v.Offsets[0]), int(v.Offsets[n])
		dst = binary.LittleEndian.AppendUint32(appendLengths(dst, v.Offsets), uint32(to-from))
		if dst, err = appendColumn(dst, vector.Slice(v.Keys, from, to), typ.Key()); err != nil {
			return nil, err
		}
		return appendColumn(dst, vector.Slice(v.Values, from, to), typ.Value())
	case *vector.Row:
		for i, f := range v.Fields {
			if dst, err = appendColumn(dst, f, typ.Fields()[i].Type); err != nil {
				return nil, err
			}
		}
	default:
		panic(fmt.Sprintf("spill a vector %T", v))
	}
	if len(dst) > MaxBlockBytes {
		return nil, errTooLarge
	}
	return dst, nil
}

// compacted returns the entries of d that its rows use, in the order in which they do, and the
// ids by those; nil where there are not fewer entries than rows.
func compacted(d *vector.Dictionary) (vector.Vector, []int32) {
	n := len(d.Ids)
	var used []int32
	ids := make([]int32, n)
	if d.Values.Len() <= 4*n { // an array of all entries costs no more than the rows do
		number := make([]int32, d.Values.Len())
		for i, id := range d.Ids {
			if number[id] == 0 {
				used = append(used, id)
				number[id] = int32(len(used))
			}
			ids[i] = number[id] - 1
		}
	} else {
		number := make(map[int32]int32, n)
		for i, id := range d.Ids {
			k, ok := number[id]
			if !ok {
				k = int32(len(used))
				number[id] = k
				used = append(used, id)
			}
			ids[i] = k
		}
	}
	if 2*len(used) > n {
		return nil, nil
	}
	return vector.Gather(d.Values, used), ids
}

// appendNulls marks the encoding, which is the last byte of dst, if a row is NULL, and writes which.
func appendNulls(dst []byte, nulls vector.Bitmap, n int) []byte {
	if !nulls.Any(n) {
		return dst
	}
	dst[len(dst)-1] |= withNulls
	for _, word := range nulls[:(n+63)/64] {
		dst = binary.LittleEndian.AppendUint64(dst, word)
	}
	return dst
}

func appendWide(dst []byte, v *vector.Flat[types.Int128]) []byte {
	for _, x := range v.Values {
		dst = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(dst, uint64(x.Hi)), x.Lo)
	}
	return dst
}

func appendInts(dst []byte, values []int32) []byte {
	for _, v := range values {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(v))
	}
	return dst
}

func appendLengths(dst []byte, offsets []int32) []byte {
	for i := 1; i < len(offsets); i++ {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(offsets[i]-offsets[i-1]))
	}
	return dst
}

// source is what remains of a block. The checksum was right, so a source that ends early is a bug of this file.
type source struct{ in []byte }

var errShort = errors.New("the columns of a spilled block end early")

func readBatch(raw []byte, n int, columns []types.Type) (*vector.Batch, error) {
	s := &source{raw}
	b := &vector.Batch{N: n, Columns: make([]vector.Vector, len(columns))}
	for i, t := range columns {
		var err error
		if b.Columns[i], err = s.column(t, n); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (s *source) take(n int) ([]byte, error) {
	if n < 0 || n > len(s.in) {
		return nil, errShort
	}
	out := s.in[:n:n]
	s.in = s.in[n:]
	return out, nil
}

func (s *source) count() (int, error) {
	b, err := s.take(4)
	if err != nil {
		return 0, err
	}
	return int(binary.LittleEndian.Uint32(b)), nil
}

func (s *source) ints(n int) ([]int32, error) {
	b, err := s.take(4 * n)
	if err != nil {
		return nil, err
	}
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return out, nil
}

// offsets reads lengths.
func (s *source) offsets(n int) ([]int32, error) {
	lengths, err := s.ints(n)
	if err != nil {
		return nil, err
	}
	out := make([]int32, n+1)
	for i, l := range lengths {
		out[i+1] = out[i] + l
	}
	return out, nil
}

func (s *source) nulls(n int) (vector.Bitmap, error) {
	words := (n + 63) / 64
	b, err := s.take(8 * words)
	if err != nil {
		return nil, err
	}
	out := make(vector.Bitmap, words)
	for i := range out {
		out[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return out, nil
}

func (s *source) column(t types.Type, n int) (vector.Vector, error) {
	encoding, err := s.take(1)
	if err != nil {
		return nil, err
	}
	if encoding[0] == asConstant {
		value, err := s.column(t, 1)
		if err != nil {
			return nil, err
		}
		return vector.NewConstant(value, n), nil
	}
	var nulls vector.Bitmap
	if encoding[0]&withNulls != 0 {
		if nulls, err = s.nulls(n); err != nil {
			return nil, err
		}
	}
	switch encoding[0] &^ withNulls {
	case asUUIDs:
		wide, err := s.wide(types.TUUID, n, nil)
		if err != nil {
			return nil, err
		}
		return vector.UUIDsOf(t, wide.Values, nulls), nil
	case asDictionary:
		entries, err := s.count()
		if err != nil {
			return nil, err
		}
		values, err := s.column(t, entries)
		if err != nil {
			return nil, err
		}
		ids, err := s.ints(n)
		if err != nil {
			return nil, err
		}
		return vector.NewDictionary(ids, values, nulls), nil
	}
	switch t.Physical() {
	case types.Bool:
		return readFlat(s, t, n, 1, nulls, func(b []byte) bool { return b[0] != 0 })
	case types.Int64:
		return readFlat(s, t, n, 8, nulls, func(b []byte) int64 { return int64(binary.LittleEndian.Uint64(b)) })
	case types.Float64:
		return readFlat(s, t, n, 8, nulls, func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) })
	case types.Wide:
		return s.wide(t, n, nulls)
	case types.String:
		return s.texts(t, n, nulls)
	}
	switch {
	case t.Is(types.Array):
		offsets, elements, err := s.children(t.Elem(), n)
		if err != nil {
			return nil, err
		}
		return vector.NewArray(t, offsets, elements, nulls), nil
	case t.Is(types.Map):
		offsets, keys, err := s.children(t.Key(), n)
		if err != nil {
			return nil, err
		}
		values, err := s.column(t.Value(), keys.Len())
		if err != nil {
			return nil, err
		}
		return vector.NewMap(t, offsets, keys, values, nulls), nil
	}
	fields := make([]vector.Vector, len(t.Fields()))
	for i, f := range t.Fields() {
		if fields[i], err = s.column(f.Type, n); err != nil {
			return nil, err
		}
	}
	return vector.NewRow(t, fields, n, nulls), nil
}

func (s *source) wide(t types.Type, n int, nulls vector.Bitmap) (*vector.Flat[types.Int128], error) {
	return readFlat(s, t, n, 16, nulls, func(b []byte) types.Int128 {
		return types.Int128{Hi: int64(binary.LittleEndian.Uint64(b)), Lo: binary.LittleEndian.Uint64(b[8:])}
	})
}

func readFlat[T vector.Element](s *source, t types.Type, n, size int, nulls vector.Bitmap, value func([]byte) T) (*vector.Flat[T], error) {
	b, err := s.take(n * size)
	if err != nil {
		return nil, err
	}
	out := make([]T, n)
	for i := range out {
		out[i] = value(b[i*size:])
	}
	return vector.NewFlat(t, out, nulls), nil
}

// texts reads strings, which are slices of the block.
func (s *source) texts(t types.Type, n int, nulls vector.Bitmap) (vector.Vector, error) {
	offsets, err := s.offsets(n)
	if err != nil {
		return nil, err
	}
	b, err := s.take(int(offsets[n]))
	if err != nil {
		return nil, err
	}
	all := unsafe.String(unsafe.SliceData(b), len(b)) // nothing writes to a block that was read
	out := make([]string, n)
	for i := range out {
		out[i] = all[offsets[i]:offsets[i+1]]
	}
	return vector.NewFlat(t, out, nulls), nil
}

// children reads the lengths of arrays or maps, how many children there are, and the first of these.
func (s *source) children(t types.Type, n int) ([]int32, vector.Vector, error) {
	offsets, err := s.offsets(n)
	if err != nil {
		return nil, nil, err
	}
	count, err := s.count()
	if err != nil {
		return nil, nil, err
	}
	v, err := s.column(t, count)
	return offsets, v, err
}
