package exec

import (
	"context"
	"io"

	"github.com/ctlake/ctlake/storage/vector"
)

// limit passes count rows after the first offset ones; a negative count means all.
// It closes its input once it has what it needs.
type limit struct {
	input         Operator
	offset, count int64
}

func (o *limit) Next(ctx context.Context) (*vector.Batch, error) {
	for {
		if o.count == 0 {
			if err := o.input.Close(); err != nil {
				return nil, err
			}
			return nil, io.EOF
		}
		b, err := o.input.Next(ctx)
		if err != nil {
			return nil, err
		}
		if o.offset >= int64(b.N) {
			o.offset -= int64(b.N)
			continue
		}
		from, to := int(o.offset), b.N
		o.offset = 0
		if o.count >= 0 {
			to = from + int(min(int64(to-from), o.count))
			o.count -= int64(to - from)
		}
		return sliceBatch(b, from, to), nil
	}
}

func (o *limit) Close() error { return o.input.Close() }
