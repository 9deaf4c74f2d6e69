// Package exec runs plans: physical operators that pull batches from each other.
//
//	Output ◄─ Sort ◄─ Aggregate ◄─ exchange ◄═ workers: Scan ─► Filter ─► Project ─► partial Aggregate
//	          one goroutine                    one split of the table at a time
//
// Operators are single-threaded, each in a file named after it. Only the exchange
// (exchange.go) starts goroutines: the part of a plan between a scan and the first
// operator that must see all rows is built once for each worker, and the workers
// take splits from a common queue (splits.go). Their results are passed on in the
// order of the splits, so no answer depends on the number of workers. Groups come out in
// the order of their first rows, sorts are stable, and no order of a map is ever seen.
//
// Whatever holds rows charges them to the query's Memory.
package exec

import (
	"context"
	"io"

	"github.com/ctlake/ctlake/engine/expr"
	"github.com/ctlake/ctlake/engine/spill"
	"github.com/ctlake/ctlake/storage/vector"
)

// Operator yields the rows of a plan node, in batches.
type Operator interface {
	// Next returns the next batch, or io.EOF after the last. A batch may have no rows.
	// After an error, and after io.EOF, only Close may be called.
	Next(ctx context.Context) (*vector.Batch, error)
	// Close ends the operator and its inputs, which may be early, and waits for
	// their goroutines. It is idempotent.
	Close() error
}

// Runtime is what the operators of one query share.
type Runtime struct {
	Env *expr.Env
	// BatchRows is how many rows operators aim to put into a batch; Workers how many
	// goroutines may scan. Both are at least 1.
	BatchRows, Workers int
	// NoPruning reads what statistics, or the keys of the other side of a join, would have let a scan skip. Answers are the same.
	NoPruning bool
	// MaxScanBytes is how many bytes the query's scans may read; 0 for no limit.
	MaxScanBytes int64
	Memory       *Memory
	Counters     *Counters
	// Spill is where operators write what they have no memory for; nil ends the query then.
	Spill spill.Disk
	// SpillBytes, for tests, is how much an operator holds before it writes to disk; 0 is its share of the budget.
	SpillBytes int64
	// Profile collects rows and time of each node of the plan; nil for none.
	Profile *Profile

	holders int // operators of the plan that keep rows or states
}

// sliced yields the rows of a batch in steps of batchRows.
type sliced struct {
	whole *vector.Batch
	at    int
}

func (s *sliced) next(batchRows int) (*vector.Batch, error) {
	if s.whole == nil || s.at >= s.whole.N {
		return nil, io.EOF
	}
	from, to := s.at, min(s.at+batchRows, s.whole.N)
	s.at = to
	return sliceBatch(s.whole, from, to), nil
}

func sliceBatch(b *vector.Batch, from, to int) *vector.Batch {
	if from == 0 && to == b.N {
		return b
	}
	out := &vector.Batch{Columns: make([]vector.Vector, len(b.Columns)), N: to - from}
	for i, c := range b.Columns {
		out.Columns[i] = vector.Slice(c, from, to)
	}
	return out
}

// repeatBatch is gatherBatch for rows that may repeat often.
func repeatBatch(b *vector.Batch, rows []int32) *vector.Batch {
	out := &vector.Batch{Columns: make([]vector.Vector, len(b.Columns)), N: len(rows)}
	for i, c := range b.Columns {
		out.Columns[i] = vector.Repeat(c, rows)
	}
	return out
}

func gatherBatch(b *vector.Batch, rows []int32) *vector.Batch {
	out := &vector.Batch{Columns: make([]vector.Vector, len(b.Columns)), N: len(rows)}
	for i, c := range b.Columns {
		out.Columns[i] = vector.Gather(c, rows)
	}
	return out
}
