package orc

import (
	"fmt"

	"github.com/ctlake/ctlake/storage/orc/internal/framing"
)

// Compressors compress chunks for any number of Writers, of which one works at a time. One of
// zstd takes several MiB, whichever file it worked for last: whoever has many files open shares them.
type Compressors struct {
	codec Compression
	level int
	list  []*framing.Compressor
}

// NewCompressors returns compressors of a codec other than None for n goroutines, one at least.
func NewCompressors(codec Compression, level, n int) (*Compressors, error) {
	c := &Compressors{codec: codec, level: level}
	for range max(1, n) {
		x, err := framing.NewCompressor(framing.Kind(codec), level)
		if err != nil {
			return nil, fmt.Errorf("codec %s, level %d: %w", codec, level, err)
		}
		c.list = append(c.list, x)
	}
	return c, nil
}
