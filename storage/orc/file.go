package orc

import (
	"fmt"
	"io"

	"github.com/ctlake/ctlake/storage/domain"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// File is an open file: its tail. It is safe for concurrent use.
type File struct{}

// Open reads the tail of a file of size bytes. It keeps r, which must allow
// concurrent calls; there is nothing to close.
func Open(r io.ReaderAt, size int64, o OpenOptions) (*File, error) {
	return nil, fmt.Errorf("open: %w", ErrUnsupported)
}

// Schema returns the type of the rows. A union is read as Trino reads it:
// row(tag tinyint, field0 …, field1 …).
func (f *File) Schema() types.Type { return types.TUnknown }

// Rows returns how many rows the file has.
func (f *File) Rows() int64 { return 0 }

// Metadata returns the user metadata in the file's order; the caller must not change it.
func (f *File) Metadata() []MetadataItem { return nil }

// MetadataValue returns the value of the first user metadata item of a name.
func (f *File) MetadataValue(name string) (value []byte, ok bool) { return nil, false }

// Stripes describes the stripes; the caller must not change it.
func (f *File) Stripes() []StripeInfo { return nil }

// Statistics returns what the file says of all values of the column at path:
// names of fields, ElementStep, KeyStep, ValueStep. Names are compared exactly
// first, else without regard to case. Of an absent column: ErrNoColumn. What the file does not tell,
// or cannot be trusted about, is unknown in the answer.
func (f *File) Statistics(path []string) (domain.Statistics, error) {
	return domain.Statistics{}, ErrUnsupported
}

// StripeStatistics is Statistics of one stripe.
func (f *File) StripeStatistics(stripe int, path []string) (domain.Statistics, error) {
	return domain.Statistics{}, ErrUnsupported
}

// Stripe reads the footer of a stripe and returns a reader of it.
func (f *File) Stripe(i int) (*StripeReader, error) { return nil, ErrUnsupported }

// BytesRead returns how many bytes were read from the underlying reader so far.
func (f *File) BytesRead() int64 { return 0 }

// StripeReader reads columns of one stripe. It and its ColumnReaders are for one
// goroutine at a time; several StripeReaders may work at once.
type StripeReader struct{}

// RowGroup is a span of rows of a stripe.
type RowGroup struct{ Start, Rows int }

// Rows returns how many rows the stripe has.
func (s *StripeReader) Rows() int { return 0 }

// RowGroups returns the row groups in order; a stripe without a row index is one.
func (s *StripeReader) RowGroups() []RowGroup { return nil }

// RowGroupStatistics returns what the row index says of the column at path, a
// row group each. A column that lies in a list or map has none: ErrUnsupported.
func (s *StripeReader) RowGroupStatistics(path []string) ([]domain.Statistics, error) {
	return nil, ErrUnsupported
}

// MayContain reports whether a row group may have value, of the column's Go
// type, in the column at path. It is false only if a bloom filter excludes it.
func (s *StripeReader) MayContain(path []string, rowGroup int, value domain.Value) (bool, error) {
	return true, ErrUnsupported
}

// HasBloomFilter reports whether MayContain has something to go by.
func (s *StripeReader) HasBloomFilter(path []string) bool { return false }

// Column returns a reader of the column at path, which leads through structs
// only: useridentity, or useridentity and arn. Of an absent column: ErrNoColumn.
// Nothing is read before the first Read or Gather. Each call returns a reader of its own.
func (s *StripeReader) Column(path []string) (*ColumnReader, error) { return nil, ErrUnsupported }

// ColumnReader decodes one column of a stripe. A value is NULL where a struct
// that the path leads through is. Reading onwards is cheap; reading back starts
// at a row group again.
type ColumnReader struct{}

// Type returns the type of the vectors that Read returns.
func (c *ColumnReader) Type() types.Type { return types.TUnknown }

// Read returns the rows from..from+n-1 of the stripe. Strings in a dictionary
// come as a vector.Dictionary, whose Values is the same vector for the whole
// stripe; rows of one value may come as a vector.Constant.
func (c *ColumnReader) Read(from, n int) (vector.Vector, error) { return nil, ErrUnsupported }

// Gather returns the given rows of the stripe, which ascend, and decodes as
// little else as it can.
func (c *ColumnReader) Gather(rows []int32) (vector.Vector, error) { return nil, ErrUnsupported }
