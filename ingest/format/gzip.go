package format

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/gzip"

	"github.com/ctlake/ctlake/ingest/format/internal/gunzip"
)

// gzipContainer reads gzip files (RFC 1952) of one or several members: their texts follow one another.
var gzipContainer = container{
	name:  "gzip",
	match: func(head []byte) bool { return bytes.HasPrefix(head, []byte{0x1f, 0x8b}) },
	open: func(r *Reader, src *source, each func(string, io.Reader) error) error {
		if src.memory != nil {
			return r.gunzipMemory(src.memory, each)
		}
		z := &gzip.Reader{}
		if n := len(r.streams); n > 0 {
			z, r.streams = r.streams[n-1], r.streams[:n-1]
		}
		if err := z.Reset(src.Reader); err != nil { // decompression has a loop of its own for this type
			return err
		}
		defer func() { r.streams = append(r.streams, z) }() // its tables are larger than most archives
		return each("", z)
	},
}

// gunzipMemory reads an archive that lies in memory.
func (r *Reader) gunzipMemory(file *bytes.Buffer, each func(string, io.Reader) error) error {
	z := r.spare
	if r.spare = nil; z == nil {
		z = &gunzip.Reader{}
	}
	r.gunzip = z
	defer func() {
		file.Next(z.Consumed())
		_ = z.Reset(nil) // which lets go of the file
		r.gunzip, r.spare = nil, z
	}()
	if err := z.Reset(file.Bytes()); err != nil {
		return err
	}
	return each("", z)
}
