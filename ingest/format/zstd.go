package format

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/zstd"
)

// maxZstdWindowBytes bounds the memory that a frame may ask for: zstd's own levels up to 20 stay within it.
const maxZstdWindowBytes = 32 << 20

// zstdContainer reads Zstandard files (RFC 8878) of one or several frames.
var zstdContainer = container{
	name: "zstd",
	match: func(head []byte) bool {
		if len(head) < 4 {
			return false
		}
		skippable := head[0]&0xf0 == 0x50 && bytes.Equal(head[1:4], []byte{0x2a, 0x4d, 0x18})
		return skippable || bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd})
	},
	open: func(_ *Reader, src *source, each func(string, io.Reader) error) error {
		z, err := newZstd(src)
		if err != nil {
			return err
		}
		defer z.Close()
		return each("", z)
	},
}

// newZstd returns a decoder that reads no further than it must, on no goroutine of its own.
func newZstd(src io.Reader) (*zstd.Decoder, error) {
	return zstd.NewReader(src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxZstdWindowBytes))
}
