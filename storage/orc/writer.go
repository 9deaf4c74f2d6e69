package orc

import (
	"fmt"
	"io"

	"github.com/ctlake/ctlake/storage/domain"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Writer writes one file. It is not safe for concurrent use. After an error the
// file is worthless, and every later call returns the same error.
type Writer struct{}

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
	return nil, fmt.Errorf("write: %w", ErrUnsupported)
}

// Write adds the rows of a batch whose columns are of the schema's types, in any
// encoding. It keeps nothing of the batch. A full stripe is written out.
func (w *Writer) Write(b *vector.Batch) error { return ErrUnsupported }

// BufferedBytes estimates the memory that the current stripe holds.
func (w *Writer) BufferedBytes() int64 { return 0 }

// Rows returns how many rows have been written so far.
func (w *Writer) Rows() int64 { return 0 }

// FlushStripe ends the current stripe and writes it out; without rows it does nothing.
func (w *Writer) FlushStripe() error { return ErrUnsupported }

// Close writes the last stripe and the tail. It does not close the underlying
// writer. A file without rows is valid too.
func (w *Writer) Close() (*FileSummary, error) { return nil, ErrUnsupported }
