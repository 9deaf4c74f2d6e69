package orc

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/ctlake/ctlake/storage/domain"
	"github.com/ctlake/ctlake/storage/orc/internal/framing"
	"github.com/ctlake/ctlake/storage/orc/internal/protobuf"
	"github.com/ctlake/ctlake/storage/orc/internal/rle"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

const magic = "ORC"

// What the file says of its writer. Numbers from 6 on are free for new writers,
// and their versions begin at 6: readers compare those against the mistakes of
// older ones.
const (
	writerID        = 9
	writerVersion   = 6
	softwareVersion = "ctlake"
)

// fileVersion is the format's: 0.12.
var fileVersion = []uint64{0, 12}

// maxStripeBytes keeps positions in streams below 2^31, which readers rely on.
const maxStripeBytes = 1 << 30

// Writer writes one file. It is not safe for concurrent use. After an error the
// file is worthless, and every later call returns the same error.
type Writer struct {
	w       io.Writer
	o       WriterOptions
	schema  *column
	root    columnWriter
	columns []columnWriter  // the root and all below it
	pool    *framing.Pool   // compresses; nil of files that are not compressed
	tail    *framing.Writer // for messages
	streams []*framing.Writer

	offset     int64 // bytes written
	rows       int64
	stripeRows int // of the current stripe
	groupRows  int // of the current row group
	buffered   int64
	settled    bool // buffered is exact: no chunk is being compressed
	stripes    []StripeInfo
	infos      []protobuf.Stripe
	stripeStat [][][]byte
	counters   []*valueCounter
	rowNumbers []int32
	err        error
}

// FileSummary says what a closed file holds.
type FileSummary struct {
	Rows    int64
	Bytes   int64
	Stripes []StripeInfo
	columns map[string]domain.Statistics
}

// StripeInfo describes a stripe.
type StripeInfo struct {
	Rows   int64
	Offset int64 // of its first byte in the file
	Bytes  int64 // index, data and footer
}

// Statistics returns what is known of the scalar or nested column at a path (PathOf).
func (s *FileSummary) Statistics(path string) (domain.Statistics, bool) {
	c, ok := s.columns[path]
	return c, ok
}

// NewWriter starts a file of the columns of schema, a row type with named
// fields, and writes its header. It fails for types that ORC lacks, with ErrUnsupported.
func NewWriter(w io.Writer, schema types.Type, o WriterOptions) (*Writer, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	root, err := newSchema(schema)
	if err != nil {
		return nil, err
	}
	f := &Writer{w: w, o: o, schema: root}
	if o.Compression != None {
		shared := o.Compressors
		if shared == nil {
			if shared, err = NewCompressors(o.Compression, o.Level, o.Parallelism); err != nil {
				return nil, err
			}
		}
		if shared.codec != o.Compression || shared.level != o.Level {
			return nil, fmt.Errorf("compressors of codec %s, level %d, for a file of %s, level %d", shared.codec, shared.level, o.Compression, o.Level)
		}
		f.pool = shared.pool
	}
	if err := f.applyColumnOptions(); err != nil {
		return nil, err
	}
	if f.root, err = newColumnWriter(f, root); err != nil {
		return nil, err
	}
	ints := &rle.IntWriter{}
	f.columns = appendWriters(nil, f.root)
	if o.CountValues.Values > 0 {
		f.countValues(f.root, nil)
	}
	for _, c := range f.columns {
		b := c.base()
		b.ints = ints
		f.streams = append(f.streams, b.presentStream)
		for _, s := range b.streams {
			f.streams = append(f.streams, s.w)
		}
		c.beginGroup()
	}
	f.tail = framing.NewWriter(framing.Kind(o.Compression), o.ChunkBytes)
	return f, f.emit([]byte(magic))
}

// complete fills in defaults and checks the rest.
func (o *WriterOptions) complete() error {
	setDefault(&o.ChunkBytes, DefaultChunkBytes)
	setDefault(&o.StripeBytes, DefaultStripeBytes)
	setDefault(&o.RowIndexStride, DefaultRowIndexStride)
	setDefault(&o.BloomFilterFPP, DefaultBloomFilterFPP)
	setDefault(&o.DictionaryThreshold, DefaultDictionaryThreshold)
	switch {
	case o.Compression > Zstd:
		return fmt.Errorf("%w: codec %d", ErrUnsupported, o.Compression)
	case o.Compression == LZO:
		return fmt.Errorf("%w: codec LZO", ErrUnsupported)
	case o.ChunkBytes < 1 || o.ChunkBytes > framing.MaxChunkBytes:
		return fmt.Errorf("chunks of %d bytes, 1 to %d can be", o.ChunkBytes, framing.MaxChunkBytes)
	case o.StripeBytes < 1 || o.StripeBytes > maxStripeBytes:
		return fmt.Errorf("stripes of %d bytes, 1 to %d can be", o.StripeBytes, maxStripeBytes)
	case o.StripeRows < 0:
		return fmt.Errorf("stripes of %d rows", o.StripeRows)
	case o.BloomFilterFPP <= 0 || o.BloomFilterFPP >= 1:
		return fmt.Errorf("bloom filters that are wrong with probability %g", o.BloomFilterFPP)
	}
	return nil
}

func setDefault[T int | int64 | float64](v *T, d T) {
	if *v == 0 {
		*v = d
	}
}

// applyColumnOptions checks that options are for columns that are there, and
// takes over attributes.
func (w *Writer) applyColumnOptions() error {
	byPath := map[string]*column{}
	for _, c := range w.schema.all(nil) {
		byPath[c.path()] = c
	}
	for _, path := range slices.Sorted(maps.Keys(w.o.Columns)) {
		c, o := byPath[path], w.o.Columns[path]
		if c == nil {
			return fmt.Errorf("options of column %s: %w", path, ErrNoColumn)
		}
		if o.ChunkBytes < 0 || o.ChunkBytes > w.o.ChunkBytes {
			return fmt.Errorf("column %s: chunks of %d bytes, the file's have at most %d", path, o.ChunkBytes, w.o.ChunkBytes)
		}
		c.attrs = append(c.attrs, o.Attributes...)
	}
	for _, path := range w.o.BloomFilterColumns {
		c := byPath[path]
		if c == nil {
			return fmt.Errorf("bloom filter of column %s: %w", path, ErrNoColumn)
		}
		if !canBloom(c) {
			return fmt.Errorf("%w: a bloom filter of column %s of type %s", ErrUnsupported, path, c.typ)
		}
	}
	return nil
}

// canBloom reports whether values of the column can be hashed.
func canBloom(c *column) bool {
	switch c.kind {
	case protobuf.Boolean, protobuf.Decimal, protobuf.List, protobuf.Map, protobuf.Struct, protobuf.Union:
		return false
	}
	return true
}

// newBase makes the shared part of a column's writer.
func (w *Writer) newBase(c *column) (*columnBase, error) {
	b := &columnBase{col: c, fpp: w.o.BloomFilterFPP}
	b.presentStream = framing.NewWriter(framing.Kind(w.o.Compression), b.chunkBytes(w))
	b.wantBloom = slices.Contains(w.o.BloomFilterColumns, c.path()) && w.o.RowIndexStride > 0
	return b, nil
}

func appendWriters(dst []columnWriter, c columnWriter) []columnWriter {
	dst = append(dst, c)
	for _, x := range c.children() {
		dst = appendWriters(dst, x)
	}
	return dst
}

// emit writes bytes of the file.
func (w *Writer) emit(b []byte) error {
	n, err := w.w.Write(b)
	w.offset += int64(n)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	if err != nil {
		w.err = fmt.Errorf("write ORC file: %w", err)
	}
	return w.err
}

func (w *Writer) emitAll(pieces [][]byte) error {
	for _, b := range pieces {
		if err := w.emit(b); err != nil {
			return err
		}
	}
	return nil
}

// pieceRows is after how many rows of a stripe its size is looked at: at places
// that do not depend on how the rows came in batches.
const pieceRows = 512

// Write adds the rows of a batch whose columns are of the schema's types, in any
// encoding. It keeps nothing of the batch. A full stripe is written out.
func (w *Writer) Write(b *vector.Batch) error {
	if w.err != nil {
		return w.err
	}
	w.err = w.write(b)
	return w.err
}

func (w *Writer) write(b *vector.Batch) error {
	fields := w.root.children()
	if len(b.Columns) != len(fields) {
		return fmt.Errorf("a batch of %d columns for a file of %d", len(b.Columns), len(fields))
	}
	for i, v := range b.Columns {
		if c := fields[i].base().col; !v.Type().Equal(c.typ) || v.Len() != b.N {
			return fmt.Errorf("column %s: %d rows of type %s, due are %d of %s", c.path(), v.Len(), v.Type(), b.N, c.typ)
		}
	}
	for from := 0; from < b.N; {
		n := min(b.N-from, pieceRows-w.stripeRows%pieceRows, w.groupLimit()-w.groupRows)
		if w.o.StripeRows > 0 {
			n = min(n, w.o.StripeRows-w.stripeRows)
		}
		if err := w.writeRows(b, from, n); err != nil {
			return err
		}
		from += n
	}
	return nil
}

// groupLimit is how many rows are encoded together.
func (w *Writer) groupLimit() int {
	if w.o.RowIndexStride > 0 {
		return w.o.RowIndexStride
	}
	return encodeRows
}

func (w *Writer) writeRows(b *vector.Batch, from, n int) error {
	w.rowNumbers = w.rowNumbers[:0]
	for i := range n {
		w.rowNumbers = append(w.rowNumbers, int32(from+i))
	}
	root := w.root.base()
	root.present.AppendRun(true, n)
	root.group.values += int64(n)
	for i, c := range w.root.children() {
		if err := c.write(b.Columns[i], w.rowNumbers); err != nil {
			return err
		}
	}
	w.rows += int64(n)
	w.stripeRows += n
	w.groupRows += n
	if w.groupRows == w.groupLimit() {
		if err := w.endGroup(); err != nil {
			return err
		}
	}
	if err := w.pool.Start(w.streams); err != nil {
		return err
	}
	w.measure()
	if w.stripeRows == w.o.StripeRows {
		return w.flush()
	}
	if w.stripeRows%pieceRows != 0 || w.buffered < w.o.StripeBytes {
		return nil
	}
	// Where the stripe ends must not depend on how far the compressors are.
	if err := w.settle(); err != nil {
		return err
	}
	if w.buffered < w.o.StripeBytes {
		return nil
	}
	return w.flush()
}

// endGroup encodes the row group and begins the next one.
func (w *Writer) endGroup() error {
	for _, c := range w.columns {
		if err := c.encode(); err != nil {
			return err
		}
		c.endGroup()
		c.beginGroup()
	}
	w.groupRows = 0
	return nil
}

func (w *Writer) measure() {
	w.buffered, w.settled = 0, true
	for _, c := range w.columns {
		bytes, settled := c.base().buffered()
		w.buffered += c.pending() + bytes
		w.settled = w.settled && settled
	}
}

// settle waits for the chunks that are being compressed.
func (w *Writer) settle() error {
	if err := w.pool.Settle(w.streams); err != nil {
		return err
	}
	w.measure()
	return nil
}

// Settle waits for what is being compressed, on other goroutines, of the rows written so far. A file that
// is given up needs it, too: then no goroutine works for it any more, whatever the error.
func (w *Writer) Settle() error {
	if w.err != nil {
		_ = w.pool.Settle(w.streams)
		return w.err
	}
	w.err = w.settle()
	return w.err
}

// Bytes returns how many bytes of the file are written.
func (w *Writer) Bytes() int64 { return w.offset }

// BufferedBytes estimates the memory that the current stripe holds. What is still being compressed counts in full, so
// that it depends on how far that is; after Settle it does not, and is no more than before.
func (w *Writer) BufferedBytes() int64 { return w.buffered }

// Rows returns how many rows have been written so far.
func (w *Writer) Rows() int64 { return w.rows }

// StripeRows returns how many rows the current stripe has.
func (w *Writer) StripeRows() int { return w.stripeRows }

// FlushStripe ends the current stripe and writes it out; without rows it does nothing.
func (w *Writer) FlushStripe() error {
	if w.err != nil {
		return w.err
	}
	w.err = w.flush()
	return w.err
}

func (w *Writer) flush() error {
	if w.stripeRows == 0 {
		return nil
	}
	if w.groupRows > 0 {
		if err := w.endGroup(); err != nil {
			return err
		}
	}
	for _, c := range w.columns {
		if err := c.finish(); err != nil {
			return err
		}
	}
	if err := w.pool.Finish(w.streams); err != nil {
		return err
	}
	info := protobuf.Stripe{Offset: uint64(w.offset), Rows: uint64(w.stripeRows)}
	footer := &protobuf.StripeFooter{Timezone: "UTC"}
	if w.o.RowIndexStride > 0 {
		if err := w.writeIndex(footer); err != nil {
			return err
		}
	}
	info.IndexLength = uint64(w.offset) - info.Offset
	if err := w.writeData(footer); err != nil {
		return err
	}
	info.DataLength = uint64(w.offset) - info.Offset - info.IndexLength
	n, err := w.writeMessage(footer.Append(nil))
	if err != nil {
		return err
	}
	info.FooterLength = uint64(n)
	w.infos = append(w.infos, info)
	w.stripes = append(w.stripes, StripeInfo{int64(info.Rows), int64(info.Offset), w.offset - int64(info.Offset)})
	var statistics [][]byte
	for _, c := range w.columns {
		statistics = append(statistics, c.base().stripe.message(c.base().col).Append(nil))
		c.reset()
		c.beginGroup()
	}
	w.stripeStat = append(w.stripeStat, statistics)
	w.stripeRows, w.groupRows = 0, 0
	w.measure()
	return nil
}

// writeIndex writes the row index of each column, and its bloom filters.
func (w *Writer) writeIndex(footer *protobuf.StripeFooter) error {
	for _, c := range w.columns {
		b := c.base()
		entries := make([]protobuf.IndexEntry, len(b.groups))
		for i := range b.groups {
			entries[i] = protobuf.IndexEntry{
				Positions:  b.positions(&b.marks[i]),
				Statistics: b.groups[i].message(b.col).Append(nil),
			}
		}
		n, err := w.writeMessage(protobuf.AppendRowIndex(nil, entries))
		if err != nil {
			return err
		}
		footer.Streams = append(footer.Streams, protobuf.Stream{Kind: protobuf.RowIndexStream, Column: uint64(b.col.id), Length: uint64(n)})
		if !b.wantBloom {
			continue
		}
		if n, err = w.writeMessage(protobuf.AppendBloomIndex(nil, b.blooms)); err != nil {
			return err
		}
		footer.Streams = append(footer.Streams, protobuf.Stream{Kind: protobuf.BloomFilterUTF8, Column: uint64(b.col.id), Length: uint64(n)})
	}
	return nil
}

// writeData writes the streams of each column. PRESENT is there only if there
// are NULLs; readers look for the others even where they are empty.
func (w *Writer) writeData(footer *protobuf.StripeFooter) error {
	put := func(c *column, kind uint64, s *framing.Writer) error {
		footer.Streams = append(footer.Streams, protobuf.Stream{Kind: kind, Column: uint64(c.id), Length: uint64(s.FramedBytes())})
		return w.emitAll(s.Framed())
	}
	for _, c := range w.columns {
		b := c.base()
		if b.hasNull {
			if err := put(b.col, protobuf.Present, b.presentStream); err != nil {
				return err
			}
		}
		for _, s := range b.streams {
			if s.kind == protobuf.DictionaryData && b.encoding.Kind != protobuf.DictionaryV2 {
				continue
			}
			if err := put(b.col, s.kind, s.w); err != nil {
				return err
			}
		}
		e := b.encoding
		if b.wantBloom && (b.col.kind == protobuf.Timestamp || b.col.kind == protobuf.TimestampInstant) {
			e.BloomEncoding = 1 // UTC
		}
		footer.Encodings = append(footer.Encodings, e)
	}
	return nil
}

// writeMessage writes a message in the form of a stream and returns how long that is.
func (w *Writer) writeMessage(message []byte) (int, error) {
	w.tail.Reset(keepBytes)
	w.tail.Raw = append(w.tail.Raw, message...)
	if err := w.pool.Finish([]*framing.Writer{w.tail}); err != nil {
		return 0, err
	}
	return int(w.tail.FramedBytes()), w.emitAll(w.tail.Framed())
}

// AddMetadata adds user metadata that is known only now. It must be called before Close.
func (w *Writer) AddMetadata(items ...MetadataItem) {
	w.o.Metadata = append(w.o.Metadata[:len(w.o.Metadata):len(w.o.Metadata)], items...)
}

// errClosed is what calls after Close return.
var errClosed = errors.New("the ORC writer is closed")

// Close writes the last stripe and the tail. It does not close the underlying
// writer. A file without rows is valid too.
func (w *Writer) Close() (*FileSummary, error) {
	if err := w.FlushStripe(); err != nil {
		return nil, err
	}
	content := w.offset
	metadata, err := w.writeMessage(protobuf.AppendMetadata(nil, w.stripeStat))
	if err != nil {
		return nil, err
	}
	footer := &protobuf.Footer{
		HeaderLength: uint64(len(magic)), ContentLength: uint64(content), Stripes: w.infos, Types: w.schema.message(),
		Rows: uint64(w.rows), RowIndexStride: uint64(max(0, w.o.RowIndexStride)),
		Writer: writerID, Calendar: protobuf.ProlepticGregorian, SoftwareVersion: softwareVersion,
	}
	for _, m := range w.o.Metadata {
		footer.Metadata = append(footer.Metadata, protobuf.Item(m))
	}
	summary := &FileSummary{Rows: w.rows, Stripes: w.stripes, columns: map[string]domain.Statistics{}}
	for _, c := range w.columns {
		b := c.base()
		m := b.file.message(b.col)
		footer.Statistics = append(footer.Statistics, m.Append(nil))
		summary.columns[b.col.path()] = toDomain(m, b.col, rowsOf(b.col, w.rows), statisticsTrust{strings: true, utc: true})
	}
	n, err := w.writeMessage(footer.Append(nil))
	if err != nil {
		return nil, err
	}
	post := &protobuf.PostScript{
		FooterLength: uint64(n), Compression: uint64(w.o.Compression), ChunkSize: uint64(w.o.ChunkBytes),
		Version: fileVersion, MetadataLength: uint64(metadata), WriterVersion: writerVersion, Magic: magic,
	}
	b := post.Append(nil)
	if err := w.emit(append(b, byte(len(b)))); err != nil {
		return nil, err
	}
	summary.Bytes = w.offset
	w.err = errClosed
	return summary, nil
}
