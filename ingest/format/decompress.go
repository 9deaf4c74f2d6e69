package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
)

// Expansion is bounded: text may be MaxExpandRatio times as long as the file, or
// freeExpansion bytes, whichever is more. Real archives stay below 30.
const (
	MaxExpandRatio = 250
	freeExpansion  = 16 << 20
)

// ErrExpansion is the cause of the error for a file that expands beyond the bound.
var ErrExpansion = errors.New("the file expands beyond the bound")

// magics are the first bytes of compressed files and of containers that are not read yet.
var magics = []struct{ name, magic string }{
	{"zstd-compressed file", "\x28\xb5\x2f\xfd"},
	{"bzip2-compressed file", "BZh"},
	{"xz-compressed file", "\xfd7zXZ\x00"},
	{"zip archive", "PK\x03\x04"},
	{"Parquet file", "PAR1"},
	{"ORC file", "ORC"},
}

// Decompress returns the text of a file: what gzip's members hold if the file is
// gzipped, else its own bytes. Errors while reading are *Error with the offset in the text.
func Decompress(file io.Reader) (io.Reader, error) {
	counted := &countingReader{r: file}
	var head [6]byte
	n, err := io.ReadFull(counted, head[:])
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, &Error{Reason: err.Error(), Err: err}
	}
	whole := io.MultiReader(bytes.NewReader(head[:n]), counted)
	if !bytes.HasPrefix(head[:n], []byte{0x1f, 0x8b}) {
		for _, m := range magics {
			if bytes.HasPrefix(head[:n], []byte(m.magic)) {
				return nil, &Error{Reason: "a " + m.name + ": this form is not read yet; unpack it first"}
			}
		}
		return &offsetReader{r: whole}, nil
	}
	z, err := gzip.NewReader(whole)
	if err != nil {
		return nil, &Error{Reason: "gzip: " + err.Error(), Err: err}
	}
	return &offsetReader{r: z, compressed: counted}, nil
}

type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// offsetReader bounds expansion and says where errors happen.
type offsetReader struct {
	r          io.Reader
	n          int64
	compressed *countingReader // nil if the file is not compressed
}

func (o *offsetReader) Read(p []byte) (int, error) {
	n, err := o.r.Read(p)
	o.n += int64(n)
	if o.compressed != nil && o.n > max(freeExpansion, MaxExpandRatio*o.compressed.n) {
		return 0, &Error{Offset: o.n, Err: ErrExpansion, Reason: fmt.Sprintf(
			"the file expands to more than %d times its size: it looks like a decompression bomb", MaxExpandRatio)}
	}
	if err == nil || err == io.EOF {
		return n, err
	}
	reason := err.Error()
	if errors.Is(err, io.ErrUnexpectedEOF) {
		reason = "the file is cut off"
	}
	if o.compressed != nil {
		reason = "gzip: " + reason
	}
	return n, &Error{Offset: o.n, Reason: reason, Err: err}
}
