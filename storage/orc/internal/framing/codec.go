package framing

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// Kind is a codec, by its number in the format.
type Kind uint8

// The codecs that can be read and written.
const (
	None   Kind = 0
	Zlib   Kind = 1
	Snappy Kind = 2
	LZ4    Kind = 4
	Zstd   Kind = 5
)

var errTooLarge = errors.New("a compression chunk expands beyond the chunk size")

// A guess of what a chunk expands to, where it does not say so.
const (
	expansion  = 32
	leastGuess = 4 << 10
)

var (
	inflaters = sync.Pool{New: func() any { return flate.NewReader(bytes.NewReader(nil)) }}
	// zstd decoders are costly to make, and decode one chunk at a time each.
	zstdDecoders = sync.Pool{New: func() any {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true))
		if err != nil {
			return err
		}
		return d
	}}
)

// expandedSize returns what a compressed chunk says that it expands to; ok is
// false if it does not say.
func expandedSize(kind Kind, src []byte) (size int, ok bool) {
	switch kind {
	case Snappy:
		n, err := snappy.DecodedLen(src)
		return n, err == nil
	case Zstd:
		var h zstd.Header
		if h.Decode(src) == nil && h.HasFCS && h.FrameContentSize <= 1<<31-1 {
			return int(h.FrameContentSize), true
		}
	}
	return 0, false
}

// expand appends what src expands to, at most limit bytes, to dst. room is asked
// for capacity: it returns dst with room for n more bytes.
func expand(kind Kind, dst, src []byte, limit int, room func(dst []byte, n int) ([]byte, error)) ([]byte, error) {
	size, known := expandedSize(kind, src)
	if !known {
		size = min(limit, max(expansion*len(src), leastGuess))
	}
	// Snappy's densest element makes 64 bytes of 3.
	if size > limit || kind == Snappy && size > 64*len(src) {
		return nil, fmt.Errorf("%w: %d bytes to %d, the limit is %d", errTooLarge, len(src), size, limit)
	}
	for {
		var err error
		if dst, err = room(dst, size+slackBytes); err != nil {
			return nil, err
		}
		out, err := expandInto(kind, dst[len(dst):len(dst)+size], src)
		if err == nil {
			return dst[:len(dst)+len(out)], nil
		}
		if known || size >= limit || !errors.Is(err, errShort) {
			return nil, err
		}
		size = min(limit, 4*size)
	}
}

// slackBytes beyond what a chunk expands to let the zstd decoder copy in whole words.
const slackBytes = 16

// errShort says that a destination was too small.
var errShort = errors.New("longer than expected")

// expandInto expands src into dst's memory, of which the result is the beginning. It may
// write anything between dst's length and capacity.
func expandInto(kind Kind, dst, src []byte) ([]byte, error) {
	switch kind {
	case Zlib:
		return inflate(dst, src)
	case Snappy:
		return snappy.Decode(dst, src)
	case LZ4:
		n, err := lz4.UncompressBlock(src, dst)
		if err != nil { // the library does not tell a short destination from bad input
			return nil, fmt.Errorf("%w: %w", errShort, err)
		}
		return dst[:n], nil
	case Zstd:
		d, ok := zstdDecoders.Get().(*zstd.Decoder)
		if !ok {
			return nil, errors.New("no zstd decoder")
		}
		defer zstdDecoders.Put(d)
		// The decoder is told how much there may be by the capacity.
		out, err := d.DecodeAll(src, dst[:0:min(cap(dst), len(dst)+slackBytes)])
		if err == nil && len(out) > len(dst) {
			err = zstd.ErrDecoderSizeExceeded
		}
		if errors.Is(err, zstd.ErrDecoderSizeExceeded) {
			return nil, fmt.Errorf("%w: %w", errShort, err)
		}
		return out, err
	}
	return nil, fmt.Errorf("codec %d", kind)
}

func inflate(dst, src []byte) ([]byte, error) {
	z := inflaters.Get().(io.ReadCloser)
	defer inflaters.Put(z)
	if err := z.(flate.Resetter).Reset(bytes.NewReader(src), nil); err != nil {
		return nil, err
	}
	n := 0
	for {
		m, err := z.Read(dst[n:])
		n += m
		switch {
		case err == io.EOF:
			return dst[:n], nil
		case err != nil:
			return nil, err
		case n == len(dst):
			var more [1]byte
			if m, err := z.Read(more[:]); m == 0 && err == io.EOF {
				return dst[:n], nil
			} else if m == 0 && err != nil {
				return nil, err
			}
			return nil, errShort
		}
	}
}

// Compressor compresses chunks, one at a time. Equal chunks become equal bytes.
type Compressor struct {
	kind  Kind
	flate *flate.Writer
	lz4   lz4.Compressor
	zstd  *zstd.Encoder
	out   bytes.Buffer
	buf   []byte
}

// NewCompressor returns a compressor of a codec other than None. Level 0 is the codec's default.
func NewCompressor(kind Kind, level int) (*Compressor, error) {
	c := &Compressor{kind: kind}
	var err error
	switch kind {
	case Zlib:
		if level == 0 {
			level = flate.DefaultCompression
		}
		c.flate, err = flate.NewWriter(&c.out, level)
	case Snappy, LZ4:
		if level != 0 {
			err = fmt.Errorf("codec %d has no levels", kind)
		}
	case Zstd:
		l := zstd.SpeedDefault
		if level != 0 {
			l = zstd.EncoderLevelFromZstd(level)
		}
		c.zstd, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(l), zstd.WithEncoderConcurrency(1),
			// The frame's checksum is all that protects values: ORC itself has none.
			zstd.WithEncoderCRC(true),
			// Packed integers and random identifiers have no matches, and still compress by a third.
			zstd.WithAllLitEntropyCompression(true))
	default:
		err = fmt.Errorf("codec %d", kind)
	}
	return c, err
}

// chunk returns the header and the compressed form of a chunk, or the chunk itself
// where that is no longer, in memory of its own.
func (c *Compressor) chunk(chunk []byte) ([]byte, error) {
	var out []byte
	var err error
	switch c.kind {
	case Zlib:
		c.out.Reset()
		c.flate.Reset(&c.out)
		if _, err = c.flate.Write(chunk); err == nil {
			err = c.flate.Close()
		}
		out = c.out.Bytes()
	case Snappy:
		if n := snappy.MaxEncodedLen(len(chunk)); cap(c.buf) < n {
			c.buf = make([]byte, n)
		}
		out = snappy.Encode(c.buf[:cap(c.buf)], chunk)
	case LZ4:
		if n := lz4.CompressBlockBound(len(chunk)); cap(c.buf) < n {
			c.buf = make([]byte, n)
		}
		var n int
		n, err = c.lz4.CompressBlock(chunk, c.buf[:cap(c.buf)])
		out = c.buf[:n]
		if n == 0 { // incompressible
			out = chunk
		}
	case Zstd:
		c.buf = c.zstd.EncodeAll(chunk, c.buf[:0])
		out = c.buf
	}
	if err != nil {
		return nil, err
	}
	original := 0
	if len(out) >= len(chunk) {
		out, original = chunk, 1
	}
	header := len(out)<<1 | original
	// append does not clear the memory that it fills.
	return append([]byte{byte(header), byte(header >> 8), byte(header >> 16)}, out...), nil
}
