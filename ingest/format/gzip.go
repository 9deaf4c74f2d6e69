package format

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/gzip"
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
		return each("", &z.Reader)
	},
}

// gunzipper is a decompressor that is used again: its tables are larger than most archives.
type gunzipper struct{ gzip.Reader }

func (r *Reader) takeGunzipper(src *source) (*gunzipper, error) {
	z := &gunzipper{}
	if n := len(r.gunzip); n > 0 {
		z = r.gunzip[n-1]
		r.gunzip = r.gunzip[:n-1]
	}
	if src.memory != nil {
		return z, z.Reset(src.memory)
	}
	return z, z.Reset(src.Reader) // decompression has a loop of its own for this type, as for the other
}
