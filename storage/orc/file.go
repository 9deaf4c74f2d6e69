package orc

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/ctlake/ctlake/storage/domain"
	"github.com/ctlake/ctlake/storage/orc/internal/framing"
	"github.com/ctlake/ctlake/storage/orc/internal/protobuf"
	"github.com/ctlake/ctlake/storage/types"
)

// tailBytes is read at first, in the hope that it holds the whole tail.
const tailBytes = 16 << 10

// maxRowGroups bounds the row groups of a stripe; with the usual 10,000 rows each
// a stripe has some hundred.
const maxRowGroups = 1 << 20

// defaultChunkBytes is the chunk size of files that do not tell theirs.
const defaultChunkBytes = 256 << 10

// File is an open file: its tail. It is safe for concurrent use.
type File struct {
	r          source
	o          OpenOptions
	limits     Limits
	post       protobuf.PostScript
	footer     *protobuf.Footer
	schema     *column
	columns    []*column // by number
	stripe     []StripeInfo
	items      []MetadataItem
	trust      statisticsTrust
	bodyEnd    int64 // where the stripes end at the latest
	metadataAt int64
	metadata   *metadata
}

// metadata are the statistics of stripes, which are read when first asked for.
type metadata struct {
	mu      sync.Mutex
	loaded  bool
	stripes [][][]byte
}

// source counts what is read, and tells errors of reading from those of content.
type source struct {
	r    io.ReaderAt
	size int64
	read *atomic.Int64
}

// readError marks what the underlying reader failed with.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }
func (e *readError) Unwrap() error { return e.err }

// ReadAt fills p.
func (s source) ReadAt(p []byte, off int64) error {
	if off < 0 || int64(len(p)) > s.size-off {
		return fmt.Errorf("bytes %d to %d of %d: %w", off, off+int64(len(p)), s.size, io.ErrUnexpectedEOF)
	}
	n, err := s.r.ReadAt(p, off)
	s.read.Add(int64(n))
	switch {
	case n == len(p):
		return nil
	case err == nil || errors.Is(err, io.EOF):
		return fmt.Errorf("read at byte %d: %w", off+int64(n), io.ErrUnexpectedEOF)
	}
	return &readError{fmt.Errorf("read at byte %d: %w", off, err)}
}

// Open reads the tail of a file of size bytes. It keeps r, which must allow
// concurrent calls; there is nothing to close.
func Open(r io.ReaderAt, size int64, o OpenOptions) (*File, error) {
	f := &File{r: source{r, size, new(atomic.Int64)}, o: o, limits: o.Limits.withDefaults(), metadata: &metadata{}}
	if o.TimestampPrecision < 0 || o.TimestampPrecision > maxTimestampPrecision {
		return nil, fmt.Errorf("open %s: timestamp precision %d", o.Name, o.TimestampPrecision)
	}
	if err := f.readTail(size); err != nil {
		return nil, f.wrap(err, -1, "", "", -1)
	}
	return f, nil
}

// Over returns f as it reads from r, which must have the same content and allow
// concurrent calls, and counts by itself what it reads. So a tail need be read and
// parsed but once.
func (f *File) Over(r io.ReaderAt) *File {
	g := *f
	g.r = source{r, f.r.size, new(atomic.Int64)}
	return &g
}

// wrap makes an error of a place in the file, unless it is one already or has
// nothing to do with the content.
func (f *File) wrap(err error, stripe int, column, stream string, offset int64) error {
	var corrupt *CorruptError
	var reading *readError
	switch {
	case errors.As(err, &corrupt):
		return err
	case errors.As(err, &reading), errors.Is(err, ErrUnsupported), errors.Is(err, ErrLimit), errors.Is(err, ErrNoColumn):
		return fmt.Errorf("read ORC file %s%s: %w", f.o.Name, place(stripe, column), err)
	case errors.Is(err, framing.ErrBudget):
		return fmt.Errorf("read ORC file %s%s: %w: %w", f.o.Name, place(stripe, column), ErrLimit, err)
	}
	return &CorruptError{File: f.o.Name, Stripe: stripe, Column: column, Stream: stream, Offset: offset, Err: err}
}

// place names a stripe and a column, as far as they are known.
func place(stripe int, column string) string {
	text := ""
	if stripe >= 0 {
		text = fmt.Sprintf(", stripe %d", stripe)
	}
	if column != "" {
		text += ", column " + column
	}
	return text
}

func (f *File) readTail(size int64) error {
	if size < int64(len(magic))+1 {
		return fmt.Errorf("a file of %d bytes", size)
	}
	tail := make([]byte, min(size, tailBytes))
	if err := f.r.ReadAt(tail, size-int64(len(tail))); err != nil {
		return err
	}
	n := int(tail[len(tail)-1])
	if n == 0 || n >= len(tail) {
		return fmt.Errorf("a postscript of %d bytes", n)
	}
	var err error
	if f.post, err = protobuf.ParsePostScript(tail[len(tail)-1-n : len(tail)-1]); err != nil || f.post.Magic != magic {
		// The first writers did not repeat the magic at the end.
		head := make([]byte, len(magic))
		if err := f.r.ReadAt(head, 0); err != nil || string(head) != magic {
			return errors.New("it neither begins nor ends as an ORC file does: no ORC magic")
		}
	}
	if err != nil {
		return err
	}
	if err := f.checkPostScript(); err != nil {
		return err
	}
	rest := uint64(size) - 1 - uint64(n)
	if f.post.FooterLength > rest || f.post.MetadataLength > rest-f.post.FooterLength {
		return fmt.Errorf("a footer of %d bytes and statistics of %d in a file of %d", f.post.FooterLength, f.post.MetadataLength, size)
	}
	footerAt := int64(rest - f.post.FooterLength)
	f.metadataAt = footerAt - int64(f.post.MetadataLength)
	f.bodyEnd = f.metadataAt
	message, err := f.message(memoryOr(f.r, tail, size), footerAt, int64(f.post.FooterLength))
	if err != nil {
		return fmt.Errorf("footer: %w", err)
	}
	return f.readFooter(message)
}

// tailSource reads from the bytes at the file's end where it can.
type tailSource struct {
	source
	tail []byte
	at   int64 // of tail in the file
}

func memoryOr(s source, tail []byte, size int64) framing.Source {
	return tailSource{s, tail, size - int64(len(tail))}
}

func (s tailSource) ReadAt(p []byte, off int64) error {
	if off >= s.at && off+int64(len(p)) <= s.at+int64(len(s.tail)) {
		copy(p, s.tail[off-s.at:])
		return nil
	}
	return s.source.ReadAt(p, off)
}

func (f *File) checkPostScript() error {
	switch c := Compression(f.post.Compression); {
	case f.post.Compression > uint64(Zstd):
		return fmt.Errorf("%w: codec %d", ErrUnsupported, f.post.Compression)
	case c == LZO:
		return fmt.Errorf("%w: codec LZO", ErrUnsupported)
	}
	if f.post.ChunkSize == 0 {
		f.post.ChunkSize = defaultChunkBytes
	}
	if f.post.ChunkSize > uint64(f.limits.ChunkBytes) {
		return fmt.Errorf("%w: compression chunks of %d bytes, at most %d are read", ErrLimit, f.post.ChunkSize, f.limits.ChunkBytes)
	}
	return nil
}

// message expands a message that lies at an offset of the file.
func (f *File) message(src framing.Source, at, length int64) ([]byte, error) {
	budget := &framing.Budget{Left: f.limits.TailBytes}
	r := framing.NewReader(src, at, length, framing.Kind(f.post.Compression), int(f.post.ChunkSize), budget)
	return r.ReadAll(nil, f.limits.TailBytes)
}

func (f *File) readFooter(message []byte) error {
	rows := uint64(0)
	footer, err := protobuf.ParseFooter(message, protobuf.Limits{
		Types: f.limits.Columns,
		Stripe: func(before []protobuf.Stripe, s protobuf.Stripe) error {
			end, end64 := uint64(0), uint64(f.bodyEnd)
			if n := len(before); n > 0 {
				p := before[n-1]
				end = p.Offset + p.IndexLength + p.DataLength + p.FooterLength
			}
			rest := end64 - min(s.Offset, end64)
			for _, n := range []uint64{s.IndexLength, s.DataLength, s.FooterLength} {
				if n > rest {
					return fmt.Errorf("stripe %d ends beyond the body", len(before))
				}
				rest -= n
			}
			if s.Offset < end || s.FooterLength == 0 || s.Rows > math.MaxInt32 {
				return fmt.Errorf("stripe %d at byte %d with %d rows", len(before), s.Offset, s.Rows)
			}
			rows += s.Rows
			return nil
		},
	})
	if err != nil {
		return err
	}
	if footer.Encrypted {
		return fmt.Errorf("%w: encrypted columns", ErrUnsupported)
	}
	if footer.Rows == 0 {
		footer.Rows = rows // some writers do not tell
	}
	if rows != footer.Rows {
		return fmt.Errorf("%d rows in stripes, %d in the file", rows, footer.Rows)
	}
	if footer.RowIndexStride > math.MaxInt32 {
		return fmt.Errorf("row groups of %d rows", footer.RowIndexStride)
	}
	for i, s := range footer.Stripes {
		if stride := footer.RowIndexStride; stride > 0 && s.Rows/stride >= maxRowGroups {
			return fmt.Errorf("%w: stripe %d has %d rows in groups of %d", ErrLimit, i, s.Rows, stride)
		}
	}
	if f.schema, err = readSchema(footer.Types, f.limits, f.o.TimestampPrecision); err != nil {
		return err
	}
	f.columns = f.schema.all(nil)
	f.footer = footer
	f.trust = statisticsTrust{strings: footer.Writer != 0 || f.post.WriterVersion >= 1, utc: f.post.WriterVersion >= 6}
	for _, s := range footer.Stripes {
		f.stripe = append(f.stripe, StripeInfo{int64(s.Rows), int64(s.Offset), int64(s.IndexLength + s.DataLength + s.FooterLength)})
	}
	for _, m := range footer.Metadata {
		f.items = append(f.items, MetadataItem(m))
	}
	return nil
}

// badBlooms reports whether the bloom filters of the file may exclude what is
// there: those of ORC C++ before 1.6.12 and of 1.7.0 hashed bytes above 127 wrongly.
func (f *File) badBlooms() bool {
	v := strings.TrimPrefix(f.footer.SoftwareVersion, "ORC C++ ")
	return f.footer.Writer == 1 && (v == "" || strings.HasPrefix(v, "1.6.") || v == "1.7.0")
}

// Schema returns the type of the rows, which is a row type unless the writer was
// an unusual one. A union is read as Trino reads it:
// row(tag tinyint, field0 …, field1 …).
func (f *File) Schema() types.Type { return f.schema.typ }

// Rows returns how many rows the file has.
func (f *File) Rows() int64 { return int64(f.footer.Rows) }

// Metadata returns the user metadata in the file's order; the caller must not change it.
func (f *File) Metadata() []MetadataItem { return f.items }

// MetadataValue returns the value of the first user metadata item of a name.
func (f *File) MetadataValue(name string) (value []byte, ok bool) {
	for _, m := range f.items {
		if m.Name == name {
			return m.Value, true
		}
	}
	return nil, false
}

// Attributes returns the attributes of the column at path; the caller must not change them.
func (f *File) Attributes(path []string) ([]Attribute, error) {
	c, err := f.schema.find(path)
	if err != nil {
		return nil, err
	}
	return c.attrs, nil
}

// Compression returns the codec of the file.
func (f *File) Compression() Compression { return Compression(f.post.Compression) }

// Stripes describes the stripes; the caller must not change it.
func (f *File) Stripes() []StripeInfo { return f.stripe }

// BytesRead returns how many bytes were read from the underlying reader so far.
func (f *File) BytesRead() int64 { return f.r.read.Load() }

// Statistics returns what the file says of all values of the column at path:
// names of fields, ElementStep, KeyStep, ValueStep. Names are compared exactly
// first, else without regard to case. Of an absent column: ErrNoColumn. What the
// file does not tell, or cannot be trusted about, is unknown in the answer.
func (f *File) Statistics(path []string) (domain.Statistics, error) {
	c, err := f.schema.find(path)
	if err != nil {
		return domain.Statistics{}, err
	}
	return f.statistics(f.footer.Statistics, c, f.Rows(), -1)
}

// statistics reads those of one column.
func (f *File) statistics(columns [][]byte, c *column, rows int64, stripe int) (domain.Statistics, error) {
	if c.id >= len(columns) {
		return unknownStatistics(c, rows), nil
	}
	s, err := protobuf.ParseStatistics(columns[c.id])
	if err != nil {
		return domain.Statistics{}, f.wrap(err, stripe, c.path(), "", -1)
	}
	return toDomain(&s, c, rowsOf(c, rows), f.trust), nil
}

func unknownStatistics(c *column, rows int64) domain.Statistics {
	return domain.Statistics{Rows: rows, HasNull: true, Type: c.typ}
}

// StripeStatistics is Statistics of one stripe.
func (f *File) StripeStatistics(stripe int, path []string) (domain.Statistics, error) {
	c, err := f.schema.find(path)
	if err != nil {
		return domain.Statistics{}, err
	}
	rows := f.stripe[stripe].Rows
	if err := f.loadMetadata(); err != nil {
		return domain.Statistics{}, err
	}
	if stripe >= len(f.metadata.stripes) {
		return unknownStatistics(c, rows), nil
	}
	return f.statistics(f.metadata.stripes[stripe], c, rows, stripe)
}

// loadMetadata reads the stripe statistics, unless they are known.
func (f *File) loadMetadata() error {
	m := f.metadata
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.loaded {
		return nil
	}
	message, err := f.message(f.r, f.metadataAt, int64(f.post.MetadataLength))
	if err == nil {
		m.stripes, err = protobuf.ParseMetadata(message, len(f.stripe), len(f.footer.Types))
	}
	if err != nil {
		m.stripes = nil
		return f.wrap(fmt.Errorf("stripe statistics: %w", err), -1, "", "", f.metadataAt)
	}
	m.loaded = true
	return nil
}
