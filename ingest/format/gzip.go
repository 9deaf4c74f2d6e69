package format

import (
	"bytes"
	"io"

	"github.com/ctlake/ctlake/ingest/format/internal/gunzip"
)

// gzipContainer reads gzip files (RFC 1952) of one or several members: their texts follow one another.
var gzipContainer = container{
	name:  "gzip",
	match: func(head []byte) bool { return bytes.HasPrefix(head, []byte{0x1f, 0x8b}) },
	open: func(r *Reader, src *source, each func(string, io.Reader) error) error {
		z, err := r.takeGunzipper(src)
		if err != nil {
			return err
		}
		defer func() { r.gunzip = append(r.gunzip, z) }()
		return each("", z)
	},
}

// takeGunzipper returns a decompressor that may have been used before: its window is larger than most archives.
func (r *Reader) takeGunzipper(src *source) (*gunzip.Reader, error) {
	z := &gunzip.Reader{}
	if n := len(r.gunzip); n > 0 {
		z = r.gunzip[n-1]
		r.gunzip = r.gunzip[:n-1]
	}
	return z, z.Reset(src.Reader)
}
