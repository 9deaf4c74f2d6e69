package exec

import (
	"context"

	"github.com/ctlake/ctlake/engine/spill"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

const (
	// fanOutBits of a hash say which of fanOut runs a row belongs to.
	fanOutBits = 4
	fanOut     = 1 << fanOutBits
	// maxDepth is how often rows may be partitioned: what then does not fit has one key, or nearly so.
	maxDepth = 8
)

// partitions are rows on disk by the hash of their keys. Rows of one run are in the order in which they came.
type partitions struct {
	types   []types.Type
	keys    []int // by position
	depth   int   // which bits of the hash decide
	area    *spill.Area
	account account // of the rows that wait to be written
	runs    [fanOut]*spill.Run
	staged  []*vector.Batch
	rows    int
	bytes   int64
}

func newPartitions(columns []types.Type, keys []int, depth int, area *spill.Area, a account) *partitions {
	a.held = 0
	return &partitions{types: columns, keys: keys, depth: depth, area: area, account: a}
}

// maxStagedBytes is how much is gathered before it is written, so that blocks are not too small.
const maxStagedBytes = 4 << 20

// add takes in a batch.
func (p *partitions) add(ctx context.Context, b *vector.Batch) error {
	if b.N == 0 {
		return nil
	}
	p.staged = append(p.staged, b)
	p.rows += b.N
	p.bytes += (&sizer{}).bytes(b) + plainBytes(b)
	p.account.force(p.bytes)
	if p.bytes < min(p.account.allowance/8, maxStagedBytes) {
		return nil
	}
	return p.flush(ctx)
}

// flush writes what waits.
func (p *partitions) flush(ctx context.Context) error {
	if p.rows == 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	whole, err := concat(ctx, p.types, p.staged, p.rows)
	if err != nil {
		return err
	}
	for part, rows := range partsOf(pick(whole, p.keys), whole.N, p.depth) {
		if len(rows) == 0 {
			continue
		}
		if p.runs[part] == nil {
			p.runs[part] = p.area.NewRun(p.types)
		}
		for from := 0; from < len(rows); from += maxBlockRows {
			if err := p.runs[part].Add(gatherBatch(whole, rows[from:min(from+maxBlockRows, len(rows))])); err != nil {
				return spillError(err)
			}
		}
	}
	p.release()
	return nil
}

func (p *partitions) release() {
	p.staged, p.rows, p.bytes = nil, 0, 0
	p.account.release()
}

// partsOf returns the rows of each partition.
func partsOf(keys []vector.Vector, n, depth int) (parts [fanOut][]int32) {
	hashes := make([]uint64, n)
	for _, k := range keys {
		vector.Hash(k, hashes)
	}
	for i, h := range hashes {
		part := h >> (uint(depth) * fanOutBits) % fanOut
		parts[part] = append(parts[part], int32(i))
	}
	return parts
}
