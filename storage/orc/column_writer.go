package orc

import (
	"fmt"
	"slices"

	"github.com/ctlake/ctlake/storage/orc/internal/bloom"
	"github.com/ctlake/ctlake/storage/orc/internal/framing"
	"github.com/ctlake/ctlake/storage/orc/internal/protobuf"
	"github.com/ctlake/ctlake/storage/orc/internal/rle"
	"github.com/ctlake/ctlake/storage/vector"
)

// encodeRows is how many rows are encoded together at most: those of a row
// group, or so many where there is no row index.
const encodeRows = DefaultRowIndexStride

// columnWriter takes the values of one column of the schema tree. Values of a
// row group are collected, then encoded into the column's streams, which the
// writer compresses chunk by chunk as they fill.
type columnWriter interface {
	base() *columnBase
	// write adds those rows of v that rows names; they are the slots at which the parent is not NULL.
	write(v vector.Vector, rows []int32) error
	// beginGroup notes where the streams stand; endGroup follows encode.
	beginGroup()
	endGroup()
	// encode moves what was collected into the streams, down to the children.
	encode() error
	// finish prepares the streams for the end of the stripe, after encode.
	finish() error
	// reset makes ready for the next stripe.
	reset()
	// pending estimates the bytes collected and not encoded.
	pending() int64
	children() []columnWriter
}

// mark is where a row group begins in the streams of a column.
type mark struct {
	present     int64 // position in PRESENT
	presentBits int
	at          [2]int64 // positions in the streams that the column's index names
	bits        int      // for booleans
}

// columnBase is what all columnWriters share.
type columnBase struct {
	col     *column
	present rle.BitWriter
	hasNull bool // in the stripe
	// slots is how many values the stripe has so far, NULLs counted; firstNull is the first that is NULL, if hasNull.
	slots, firstNull int64
	// presentStream is written whether or not there are NULLs, and dropped if there are none.
	presentStream *framing.Writer
	streams       []stream       // the column's, in the file's order, without PRESENT
	bits          *rle.BitWriter // of a boolean column's DATA
	indexed       []int          // those of streams that row index positions are about
	marks         []mark
	group         stats // of the row group so far
	groups        []stats
	stripe, file  stats
	encoding      protobuf.Encoding
	ints          *rle.IntWriter // scratch, shared by all columns
	nonNull       []int32        // scratch

	wantBloom bool
	fpp       float64
	hashes    []uint64 // of the row group's values, when a bloom filter is wanted
	blooms    []protobuf.Bloom
}

// stream is a stream and its kind.
type stream struct {
	kind  uint64
	w     *framing.Writer
	extra int // what follows a position in it
}

func (b *columnBase) base() *columnBase        { return b }
func (b *columnBase) children() []columnWriter { return nil }

// split notes which of the rows are NULL and returns the others.
func (b *columnBase) split(v vector.Vector, rows []int32) []int32 {
	before := b.slots
	b.slots += int64(len(rows))
	if c, ok := v.(*vector.Constant); ok && c.IsNull() {
		if len(rows) > 0 {
			b.noteNull(before)
			b.present.AppendRun(false, len(rows))
		}
		return nil
	}
	nulls := v.Nulls()
	if nulls == nil || !anyOf(nulls, rows) {
		b.present.AppendRun(true, len(rows))
		b.group.values += int64(len(rows))
		return rows
	}
	if !b.hasNull {
		b.noteNull(before + int64(slices.IndexFunc(rows, func(r int32) bool { return nulls.Has(int(r)) })))
	}
	b.group.hasNull = true
	b.present.AppendOthers(nulls, rows)
	out := slices.Grow(b.nonNull[:0], len(rows))[:len(rows)]
	n := 0
	for _, r := range rows {
		out[n] = r // overwritten if it is NULL
		n += int(^nulls[r>>6] >> (r & 63) & 1)
	}
	out = out[:n]
	b.nonNull = out
	b.group.values += int64(len(out))
	return out
}

// noteNull notes that there is a NULL, and where it is if it is the first one of the stripe.
func (b *columnBase) noteNull(slot int64) {
	if !b.hasNull {
		b.firstNull = slot
	}
	b.hasNull, b.group.hasNull = true, true
}

func anyOf(set vector.Bitmap, rows []int32) bool {
	for _, r := range rows {
		if set.Has(int(r)) {
			return true
		}
	}
	return false
}

// endGroup notes the statistics of the row group and where the next one begins.
func (b *columnBase) endGroup() {
	b.encodePresent()
	b.groups = append(b.groups, b.group)
	b.stripe.merge(&b.group)
	b.group = stats{}
	if b.wantBloom {
		b.blooms = append(b.blooms, b.bloom())
		b.hashes = b.hashes[:0]
	}
}

func (b *columnBase) encodePresent() {
	b.presentStream.Raw, _ = b.present.Mark(b.presentStream.Raw)
}

// beginGroup marks where the streams stand.
func (b *columnBase) beginGroup() {
	var m mark
	m.present = b.presentStream.Position()
	_, m.presentBits = b.present.Mark(nil)
	for i, s := range b.indexed {
		m.at[i] = b.streams[s].w.Position()
	}
	if b.bits != nil {
		_, m.bits = b.bits.Mark(nil)
	}
	b.marks = append(b.marks, m)
}

func (b *columnBase) bloom() protobuf.Bloom {
	size, k := bloom.Size(len(b.hashes), b.fpp)
	f := bloom.Filter{Bits: make([]byte, size), K: k}
	for _, h := range b.hashes {
		f.Add(h)
	}
	return protobuf.Bloom{HashFunctions: uint64(k), Bits: f.Bits}
}

// positions returns the row index's positions of a row group.
func (b *columnBase) positions(m *mark) []uint64 {
	var out []uint64
	if b.hasNull {
		out = b.presentStream.AppendPosition(out, m.present)
		out = append(out, 0, uint64(m.presentBits))
	}
	for i, s := range b.indexed {
		out = b.streams[s].w.AppendPosition(out, m.at[i])
		switch b.streams[s].extra {
		case extraRun:
			out = append(out, 0)
		case extraBits:
			out = append(out, 0, uint64(m.bits))
		}
	}
	return out
}

// What follows the position in a stream.
const (
	extraNone = iota
	extraRun
	extraBits
)

func (b *columnBase) finish() error {
	b.presentStream.Raw = b.present.Finish(b.presentStream.Raw)
	return nil
}

func (b *columnBase) reset() {
	b.presentStream.Reset(keepBytes)
	for _, s := range b.streams {
		s.w.Reset(keepBytes)
	}
	b.hasNull, b.slots, b.firstNull = false, 0, 0
	b.marks, b.groups, b.blooms = b.marks[:0], b.groups[:0], b.blooms[:0]
	b.file.merge(&b.stripe)
	b.stripe = stats{}
	b.group = stats{}
	b.hashes = b.hashes[:0]
}

// keepBytes is how much memory a stream keeps from one stripe for the next.
const keepBytes = 1 << 20

// buffered estimates the memory that the column holds; settled is false if some of it is being compressed, which
// then counts in full.
func (b *columnBase) buffered() (n int64, settled bool) {
	n, settled = b.presentStream.Buffered()
	n += int64(b.present.Buffered()) + int64(8*len(b.hashes))
	for _, s := range b.streams {
		bytes, done := s.w.Buffered()
		n += bytes
		settled = settled && done
	}
	for _, x := range b.blooms {
		n += int64(len(x.Bits))
	}
	return n, settled
}

// newColumnWriter makes the writers of a column and all below it.
func newColumnWriter(w *Writer, c *column) (columnWriter, error) {
	b, err := w.newBase(c)
	if err != nil {
		return nil, err
	}
	add := func(kind uint64, extra int, indexed bool) *framing.Writer {
		s := stream{kind, framing.NewWriter(framing.Kind(w.o.Compression), b.chunkBytes(w)), extra}
		if indexed {
			b.indexed = append(b.indexed, len(b.streams))
		}
		b.streams = append(b.streams, s)
		return s.w
	}
	b.encoding.Kind = protobuf.DirectV2
	var out columnWriter
	switch c.kind {
	case protobuf.Boolean:
		b.encoding.Kind = protobuf.Direct
		b.bits = &rle.BitWriter{}
		out = &boolWriter{columnBase: b, data: add(protobuf.Data, extraBits, true)}
	case protobuf.Byte:
		b.encoding.Kind = protobuf.Direct
		out = &byteWriter{columnBase: b, data: add(protobuf.Data, extraRun, true)}
	case protobuf.Short, protobuf.Int, protobuf.Long, protobuf.Date:
		out = &intWriter{columnBase: b, data: add(protobuf.Data, extraRun, true)}
	case protobuf.Float, protobuf.Double:
		b.encoding.Kind = protobuf.Direct
		out = &floatWriter{columnBase: b, data: add(protobuf.Data, extraNone, true), double: c.kind == protobuf.Double}
	case protobuf.Timestamp, protobuf.TimestampInstant:
		out = &timestampWriter{columnBase: b, data: add(protobuf.Data, extraRun, true), nanos: add(protobuf.Secondary, extraRun, true)}
	case protobuf.Decimal:
		out = &decimalWriter{columnBase: b, data: add(protobuf.Data, extraNone, true), scale: add(protobuf.Secondary, extraRun, true)}
	case protobuf.String, protobuf.Varchar, protobuf.Char, protobuf.Binary:
		s := &stringWriter{columnBase: b, pool: w.pool, threshold: w.o.DictionaryThreshold, binary: c.kind == protobuf.Binary}
		s.data = add(protobuf.Data, extraNone, true)
		s.length = add(protobuf.Length, extraRun, true)
		s.dictionary = add(protobuf.DictionaryData, extraNone, false)
		s.reset()
		out = s
	case protobuf.List, protobuf.Map:
		out = &listWriter{columnBase: b, length: add(protobuf.Length, extraRun, true)}
	case protobuf.Struct:
		b.encoding.Kind = protobuf.Direct
		out = &structWriter{columnBase: b}
	default:
		return nil, fmt.Errorf("%w: column %s", ErrUnsupported, c.path())
	}
	for _, child := range c.children {
		x, err := newColumnWriter(w, child)
		if err != nil {
			return nil, err
		}
		switch p := out.(type) {
		case *listWriter:
			p.elements = append(p.elements, x)
		case *structWriter:
			p.fields = append(p.fields, x)
		}
	}
	return out, nil
}

func (b *columnBase) chunkBytes(w *Writer) int {
	if n := w.o.Columns[b.col.path()].ChunkBytes; n != 0 {
		return n
	}
	return w.o.ChunkBytes
}
