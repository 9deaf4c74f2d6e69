package function

import (
	"io"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/ctlake/ctlake/storage/vector"
)

// The levels of Zstandard (RFC 8878).
const (
	minZstdLevel     = 1
	defaultZstdLevel = 3
	maxZstdLevel     = 22
)

// compressor compresses values, each to a frame of its own. It keeps an encoder for each level that it met.
type compressor map[zstd.EncoderLevel]*zstd.Encoder

func (c compressor) append(dst []byte, s string, level int64) ([]byte, error) {
	if level < minZstdLevel || level > maxZstdLevel {
		return dst, invalid("Compression level must be in the range [%d..%d]: %d", minZstdLevel, maxZstdLevel, level)
	}
	l := zstd.EncoderLevelFromZstd(int(level))
	e := c[l]
	if e == nil {
		var err error
		if e, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(l), zstd.WithEncoderConcurrency(1)); err != nil {
			return dst, err
		}
		c[l] = e
	}
	return e.EncodeAll([]byte(s), dst), nil
}

var (
	_ = scalar("binary", "zstd_compress", "Compresses bytes to a Zstandard frame, at level 3 or one from 1 to 22", "zstd_decompress(zstd_compress(X'010203'))", "01 02 03",
		Overload{Params: "varbinary", Result: "varbinary", NeverFails: true, New: func(Binding) (Kernel, error) {
			encoders := compressor{}
			return func(c *Call) (vector.Vector, error) {
				s := vector.ViewOf[string](c.Args[0])
				return eachText(c, func(dst []byte, i int) ([]byte, error) { return encoders.append(dst, s.Get(i), defaultZstdLevel) })
			}, nil
		}},
		Overload{Params: "varbinary,bigint", Result: "varbinary", New: func(Binding) (Kernel, error) {
			encoders := compressor{}
			return func(c *Call) (vector.Vector, error) {
				s, level := vector.ViewOf[string](c.Args[0]), vector.ViewOf[int64](c.Args[1])
				return eachText(c, func(dst []byte, i int) ([]byte, error) { return encoders.append(dst, s.Get(i), level.Get(i)) })
			}, nil
		}})
	_ = scalar("binary", "zstd_decompress", "Returns the bytes that Zstandard frames hold", "from_utf8(zstd_decompress(X'28b52ffd200b59000068656c6c6f20776f726c64'))", "hello world",
		Overload{Params: "varbinary", Result: "varbinary", New: func(Binding) (Kernel, error) {
			decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxZstdWindow))
			if err != nil {
				return nil, err
			}
			return func(c *Call) (vector.Vector, error) {
				s, made := vector.ViewOf[string](c.Args[0]), 0
				return eachText(c, func(dst []byte, i int) ([]byte, error) {
					out, err := decompress(c, decoder, dst, s.Get(i), made)
					made += len(out)
					return out, err
				})
			}, nil
		}})
)

// What one frame may ask for, and the steps in which its bytes are made and charged.
const (
	maxZstdWindow = 128 << 20 // bytes, as level 22 writes
	zstdStep      = 64 << 10  // bytes
)

// decompress appends what s holds, little by little: a few bytes may hold gigabytes.
// made is how much the batch has made before.
func decompress(c *Call, decoder *zstd.Decoder, dst []byte, s string, made int) ([]byte, error) {
	if err := decoder.Reset(strings.NewReader(s)); err != nil {
		return dst, invalid("Cannot decompress Zstandard data: %v", err)
	}
	for {
		if len(dst) > maxTextBytes-made {
			return dst, errTooLong
		}
		if err := c.charge(int64(made + len(dst) + zstdStep)); err != nil {
			return dst, err
		}
		dst = slices.Grow(dst, zstdStep)
		n, err := decoder.Read(dst[len(dst) : len(dst)+zstdStep])
		dst = dst[:len(dst)+n]
		if err == io.EOF {
			return dst, nil
		}
		if err != nil {
			return dst, invalid("Cannot decompress Zstandard data: %v", err)
		}
	}
}
