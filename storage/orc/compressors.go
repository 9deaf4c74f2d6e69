package orc

import (
	"fmt"

	"github.com/ctlake/ctlake/storage/orc/internal/framing"
)

// Compressors compress chunks for any number of Writers, on any goroutines. One of zstd takes several MiB,
// whichever file it worked for last: whoever has many files open shares them.
type Compressors struct {
	codec Compression
	level int
	pool  *framing.Pool
}

// NewCompressors returns n compressors of a codec other than None, one at least. With more than one, chunks are compressed
// on goroutines beside the Writers'.
func NewCompressors(codec Compression, level, n int) (*Compressors, error) {
	pool, err := framing.NewPool(framing.Kind(codec), level, n)
	if err != nil {
		return nil, fmt.Errorf("codec %s, level %d: %w", codec, level, err)
	}
	return &Compressors{codec, level, pool}, nil
}

// CompressLate, for tests, makes the compressors as late as they can be: a chunk is compressed when it is waited for.
func (c *Compressors) CompressLate() { c.pool.CompressLate() }
