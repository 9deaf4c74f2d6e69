package orc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/ctlake/ctlake/storage/orc/internal/framing"
	"github.com/ctlake/ctlake/storage/orc/internal/protobuf"
	"github.com/ctlake/ctlake/storage/orc/internal/rle"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// node makes the decoder of a column and all below it.
func (c *ColumnReader) node(col *column) (node, error) {
	direct := []uint64{protobuf.Direct}
	switch col.kind {
	case protobuf.Short, protobuf.Int, protobuf.Long, protobuf.Date, protobuf.Timestamp, protobuf.TimestampInstant,
		protobuf.Decimal, protobuf.Binary, protobuf.List, protobuf.Map:
		direct = append(direct, protobuf.DirectV2)
	case protobuf.String, protobuf.Varchar, protobuf.Char:
		direct = append(direct, protobuf.DirectV2, protobuf.Dictionary, protobuf.DictionaryV2)
	}
	b, err := c.base(col, direct...)
	if err != nil {
		return nil, err
	}
	switch col.kind {
	case protobuf.Boolean:
		in := c.stream(col, protobuf.Data)
		r := rle.NewBitReader(in)
		b.add(protobuf.Data, in, extraBits, func(p []uint64) error { return r.Reset(count(p[0]), count(p[1])) })
		return &boolNode{nodeBase: b, data: r}, nil
	case protobuf.Byte:
		return &byteNode{nodeBase: b, data: c.bytes(b)}, nil
	case protobuf.Short, protobuf.Int, protobuf.Long:
		return &intNode{nodeBase: b, data: c.ints(b, protobuf.Data, true)}, nil
	case protobuf.Date:
		return &intNode{nodeBase: b, data: c.ints(b, protobuf.Data, true), hybrid: c.hybrid()}, nil
	case protobuf.Float, protobuf.Double:
		return &floatNode{nodeBase: b, data: c.plain(b, protobuf.Data), double: col.kind == protobuf.Double}, nil
	case protobuf.Timestamp, protobuf.TimestampInstant:
		n := &timestampNode{nodeBase: b, data: c.ints(b, protobuf.Data, true), nanos: c.ints(b, protobuf.Secondary, false)}
		n.hybrid = c.hybrid()
		if col.kind == protobuf.Timestamp {
			n.zone = c.s.zone
		}
		n.start()
		return n, nil
	case protobuf.Decimal:
		if c.s.f.decimal64(col) {
			// Runs are of version 2, though Java's writer calls the encoding DIRECT.
			return &intNode{nodeBase: b, data: c.intsOf(b, protobuf.Data, true, false)}, nil
		}
		return &decimalNode{nodeBase: b, data: c.plain(b, protobuf.Data), scale: c.ints(b, protobuf.Secondary, true)}, nil
	case protobuf.String, protobuf.Varchar, protobuf.Char, protobuf.Binary:
		if e := c.s.footer.Encodings[col.id]; e.Kind == protobuf.Dictionary || e.Kind == protobuf.DictionaryV2 {
			n := &dictionaryNode{nodeBase: b, size: e.DictionarySize, ids: c.ints(b, protobuf.Data, false)}
			n.text, n.lengths = c.plain(b, protobuf.DictionaryData), c.ints(b, protobuf.Length, false)
			b.in[len(b.in)-1].indexed, b.in[len(b.in)-2].indexed = false, false
			return n, nil
		}
		return &stringNode{nodeBase: b, data: c.plain(b, protobuf.Data), lengths: c.ints(b, protobuf.Length, false)}, nil
	}
	return c.nested(b)
}

// hybrid reports whether days before 1582-10-15 are of the Julian calendar.
func (c *ColumnReader) hybrid() bool {
	switch c.s.f.footer.Calendar {
	case protobuf.ProlepticGregorian:
		return false
	case protobuf.JulianGregorian:
		return true
	}
	return c.s.f.footer.Writer == 0 // Java, before it told
}

// decimal64 reports whether a decimal is stored as an integer: the form of files
// that call themselves a version before 2.0.
func (f *File) decimal64(c *column) bool {
	return len(f.post.Version) > 0 && f.post.Version[0] >= 1 && f.post.Version[0] != 1999 &&
		c.typ.Precision() <= types.MaxShortDecimalPrecision
}

func (c *ColumnReader) bytes(b *nodeBase) *rle.ByteReader {
	in := c.stream(b.col, protobuf.Data)
	r := rle.NewByteReader(in)
	b.add(protobuf.Data, in, extraRun, func(p []uint64) error { return r.Reset(count(p[0])) })
	return r
}

// single returns a vector of one row and whether all of a non-empty values are equal.
func single[T vector.Element](t types.Type, values []T) (vector.Vector, bool) {
	for _, v := range values {
		if v != values[0] {
			return nil, false
		}
	}
	if len(values) < 2 {
		return nil, false
	}
	return vector.NewFlat(t, []T{values[0]}, nil), true
}

// flat makes the vector of what piled up in values, and empties b.
func flat[T vector.Element](b *nodeBase, values []T) vector.Vector {
	defer b.begin()
	switch {
	case b.missing == b.n && b.n > 0:
		return vector.NewNull(b.col.typ, b.n)
	case b.missing == 0:
		if one, ok := single(b.col.typ, values); ok {
			return vector.NewConstant(one, b.n)
		}
	}
	return vector.NewFlat(b.col.typ, values, b.missed())
}

// boolNode decodes booleans.
type boolNode struct {
	*nodeBase
	data   *rle.BitReader
	values []bool
}

func (d *boolNode) append(n int, parent vector.Bitmap) error {
	at, present, err := d.slots(n, parent, 1)
	if err != nil {
		return err
	}
	d.values = grow(d.values, n)
	if err := d.data.ReadBools(d.values[at : at+present]); err != nil {
		return d.fail(protobuf.Data, err)
	}
	spread(d.values[at:], present, d.nulls, at)
	return nil
}

func (d *boolNode) skip(n int) error {
	present, err := d.skipSlots(n)
	if err != nil {
		return err
	}
	_, err = d.data.Skip(present)
	return d.fail(protobuf.Data, err)
}

func (d *boolNode) take() vector.Vector {
	values := d.values
	d.values = nil
	return flat(d.nodeBase, values)
}

// byteNode decodes tinyints.
type byteNode struct {
	*nodeBase
	data    *rle.ByteReader
	values  []int64
	scratch []byte
}

func (d *byteNode) append(n int, parent vector.Bitmap) error {
	at, present, err := d.slots(n, parent, 9)
	if err != nil {
		return err
	}
	d.values = grow(d.values, n)
	d.scratch = grow(d.scratch[:0], present)
	if err := d.data.Read(d.scratch); err != nil {
		return d.fail(protobuf.Data, err)
	}
	for i, x := range d.scratch {
		d.values[at+i] = int64(int8(x))
	}
	spread(d.values[at:], present, d.nulls, at)
	return nil
}

func (d *byteNode) skip(n int) error {
	present, err := d.skipSlots(n)
	if err != nil {
		return err
	}
	return d.fail(protobuf.Data, d.data.Skip(present))
}

func (d *byteNode) take() vector.Vector {
	values := d.values
	d.values = nil
	return flat(d.nodeBase, values)
}

// intNode decodes smallints, integers, bigints and dates.
type intNode struct {
	*nodeBase
	data   *rle.IntReader
	values []int64
	hybrid bool // dates of the calendar with a Julian past
}

func (d *intNode) append(n int, parent vector.Bitmap) error {
	at, present, err := d.slots(n, parent, 8)
	if err != nil {
		return err
	}
	d.values = grow(d.values, n)
	if err := d.data.Read(d.values[at : at+present]); err != nil {
		return d.fail(protobuf.Data, err)
	}
	if err := d.inRange(d.values[at : at+present]); err != nil {
		return d.fail(protobuf.Data, err)
	}
	spread(d.values[at:], present, d.nulls, at)
	return nil
}

// inRange checks that values are of the column's type, and mends dates.
func (d *intNode) inRange(values []int64) error {
	low, high := int64(math.MinInt32), int64(math.MaxInt32)
	switch d.col.kind {
	case protobuf.Long, protobuf.Decimal:
		return nil
	case protobuf.Short:
		low, high = math.MinInt16, math.MaxInt16
	}
	for i, v := range values {
		if v < low || v > high {
			return fmt.Errorf("%d is no value of type %s", v, d.col.typ)
		}
		if d.hybrid && v < gregorianStart {
			values[i] = fromJulian(v)
		}
	}
	return nil
}

func (d *intNode) skip(n int) error {
	present, err := d.skipSlots(n)
	if err != nil {
		return err
	}
	return d.fail(protobuf.Data, d.data.Skip(present))
}

func (d *intNode) take() vector.Vector {
	values := d.values
	d.values = nil
	return flat(d.nodeBase, values)
}

// floatNode decodes reals and doubles.
type floatNode struct {
	*nodeBase
	data   *framing.Reader
	double bool
	values []float64
}

func (d *floatNode) width() int {
	if d.double {
		return 8
	}
	return 4
}

func (d *floatNode) append(n int, parent vector.Bitmap) error {
	at, present, err := d.slots(n, parent, 8)
	if err != nil {
		return err
	}
	d.values = grow(d.values, n)
	for out := d.values[at : at+present]; len(out) > 0; {
		b, err := d.data.Peek(d.width())
		if err != nil {
			return d.fail(protobuf.Data, err)
		}
		m := min(len(b)/d.width(), len(out))
		if m == 0 {
			return d.fail(protobuf.Data, errors.New("numbers end early"))
		}
		for i := range out[:m] {
			if d.double {
				out[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
			} else {
				out[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])))
			}
		}
		d.data.Advance(m * d.width())
		out = out[m:]
	}
	spread(d.values[at:], present, d.nulls, at)
	return nil
}

func (d *floatNode) skip(n int) error {
	present, err := d.skipSlots(n)
	if err != nil {
		return err
	}
	d.data.Skip(int64(present * d.width()))
	return nil
}

func (d *floatNode) take() vector.Vector {
	values := d.values
	d.values = nil
	if d.missing == 0 { // Constant only where it makes no difference: 0 equals -0, NaN not itself
		defer d.begin()
		return vector.NewFlat(d.col.typ, values, nil)
	}
	return flat(d.nodeBase, values)
}

// stringNode decodes strings and binaries that are not in a dictionary.
type stringNode struct {
	*nodeBase
	data    *framing.Reader
	lengths *rle.IntReader
	text    []byte
	ends    []int64 // of each slot in text; lengths while decoding
	uuids   bool    // the vector may be vector.UUIDs
}

func (d *stringNode) append(n int, parent vector.Bitmap) error {
	at := d.n
	sum, err := d.readLengths(n, parent)
	if err != nil {
		return err
	}
	if err := d.memo.take(sum); err != nil {
		return err
	}
	end := int64(len(d.text))
	if d.text, err = readText(d.data, d.text, sum); err != nil {
		return d.fail(protobuf.Data, err)
	}
	for i, v := range d.ends[at:] {
		end += v
		d.ends[at+i] = end
	}
	return nil
}

// readLengths decodes the lengths of n slots, 0 of those that are NULL, into the end of d.ends, and returns their sum.
func (d *stringNode) readLengths(n int, parent vector.Bitmap) (sum int64, err error) {
	at, present, err := d.slots(n, parent, 24)
	if err != nil {
		return 0, err
	}
	d.ends = grow(d.ends, n)
	lengths := d.ends[at : at+present]
	if err := d.lengths.Read(lengths); err != nil {
		return 0, d.fail(protobuf.Length, err)
	}
	for _, v := range lengths {
		if v < 0 || sum+v < 0 {
			return 0, d.fail(protobuf.Length, rle.ErrLength)
		}
		sum += v
	}
	spread(d.ends[at:], present, d.nulls, at)
	return sum, nil
}

// maxPrealloc is how many bytes are allocated before they are seen to be there.
const maxPrealloc = 16 << 20

// readText appends n bytes of a stream, growing in steps that the stream has proved.
func readText(in *framing.Reader, dst []byte, n int64) ([]byte, error) {
	step := int64(maxPrealloc)
	for n > 0 {
		step = min(n, step)
		at := len(dst)
		dst = growText(dst, int(step))
		if err := in.ReadFull(dst[at:]); err != nil {
			return nil, err
		}
		n -= step
		step = max(step, int64(len(dst)))
	}
	return dst, nil
}

func (d *stringNode) skip(n int) error {
	present, err := d.skipSlots(n)
	if err != nil {
		return err
	}
	sum, err := d.lengths.Sum(present)
	if err != nil {
		return d.fail(protobuf.Length, err)
	}
	d.data.Skip(sum)
	return nil
}

func (d *stringNode) take() vector.Vector {
	text, ends := d.text, d.ends
	d.text, d.ends = nil, d.ends[:0]
	defer d.begin()
	if d.missing == d.n && d.n > 0 {
		return vector.NewNull(d.col.typ, d.n)
	}
	if d.uuids && 2*d.missing <= d.n && d.ofUUIDLength(ends) { // few rows with a text are less as texts
		if v, ok := vector.UUIDsIn(d.col.typ, text, d.n, d.missed()); ok {
			if cap(text) <= maxKeptText {
				d.text = text[:0] // nobody else has it
			}
			return v
		}
	}
	return vector.NewFlat(d.col.typ, cutText(text, ends), d.missed())
}

// maxKeptText is how many bytes of texts that became UUIDs are kept for the next ones.
const maxKeptText = 256 << 10

// ofUUIDLength reports whether all texts that are not NULL are as long as UUIDs.
func (d *stringNode) ofUUIDLength(ends []int64) bool {
	nulls, from := d.missed(), int64(0)
	for i, end := range ends {
		if end-from != vector.UUIDBytes && !nulls.Has(i) {
			return false
		}
		from = end
	}
	return true
}

// dictionaryNode decodes strings in a dictionary.
type dictionaryNode struct {
	*nodeBase
	size    uint64
	ids     *rle.IntReader
	text    *framing.Reader
	lengths *rle.IntReader
	entries *vector.Flat[string] // nil until needed
	values  []int32
}

// lengthsStep is how many lengths of entries are decoded before the next are allocated.
const lengthsStep = 1 << 16

// load decodes the dictionary.
func (d *dictionaryNode) load() error {
	if d.size > math.MaxInt32 {
		return d.fail(protobuf.Length, fmt.Errorf("a dictionary of %d entries", d.size))
	}
	var ends []int64
	sum := int64(0)
	for left := int(d.size); left > 0; {
		step := min(left, lengthsStep)
		if err := d.memo.take(int64(24 * step)); err != nil {
			return err
		}
		at := len(ends)
		ends = grow(ends, step)
		if err := d.lengths.Read(ends[at:]); err != nil {
			return d.fail(protobuf.Length, err)
		}
		for i, v := range ends[at:] {
			if v < 0 || sum+v < 0 {
				return d.fail(protobuf.Length, rle.ErrLength)
			}
			sum += v
			ends[at+i] = sum
		}
		left -= step
	}
	if err := d.memo.take(sum); err != nil {
		return err
	}
	text, err := readText(d.text, nil, sum)
	if err != nil {
		return d.fail(protobuf.DictionaryData, err)
	}
	d.entries = vector.NewFlat(d.col.typ, cutText(text, ends), nil)
	d.nodeBase.entries = vector.Bytes(d.entries)
	return nil
}

func (d *dictionaryNode) append(n int, parent vector.Bitmap) error {
	at, present, err := d.slots(n, parent, 4)
	if err != nil {
		return err
	}
	if present > 0 && d.entries == nil {
		if err := d.load(); err != nil {
			return err
		}
	}
	d.values = grow(d.values, n)
	ids := d.values[at : at+present]
	if err := d.ids.ReadInt32(ids); err != nil {
		return d.fail(protobuf.Data, err)
	}
	largest := uint32(0)
	for _, id := range ids {
		largest = max(largest, uint32(id))
	}
	if present > 0 && uint64(largest) >= d.size {
		return d.fail(protobuf.Data, fmt.Errorf("entry %d of a dictionary of %d", largest, d.size))
	}
	spread(d.values[at:], present, d.nulls, at)
	return nil
}

func (d *dictionaryNode) skip(n int) error {
	present, err := d.skipSlots(n)
	if err != nil {
		return err
	}
	return d.fail(protobuf.Data, d.ids.Skip(present))
}

func (d *dictionaryNode) take() vector.Vector {
	values := d.values
	d.values = nil
	defer d.begin()
	if d.missing == d.n && d.n > 0 {
		return vector.NewNull(d.col.typ, d.n)
	}
	if d.n == 0 {
		return vector.NewFlat(d.col.typ, []string{}, nil)
	}
	if d.missing == 0 && d.n > 1 && same(values) {
		return vector.NewConstant(vector.Slice(d.entries, int(values[0]), int(values[0])+1), d.n)
	}
	return vector.NewDictionary(values, d.entries, d.missed())
}

func same(ids []int32) bool {
	for _, id := range ids {
		if id != ids[0] {
			return false
		}
	}
	return true
}
