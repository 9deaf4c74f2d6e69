package exec

import (
	"context"
	"io"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/vector"
)

// sequence gives the numbers of a plan.Sequence.
type sequence struct {
	node *plan.Sequence
	rows int // rows a batch
	next int64
	left uint64 // rows after the next one
	done bool
}

func newSequence(n *plan.Sequence, batchRows int) *sequence {
	return &sequence{node: n, rows: batchRows, next: n.Start, left: n.Count()}
}

func (o *sequence) Next(context.Context) (*vector.Batch, error) {
	if o.done {
		return nil, io.EOF
	}
	values := make([]int64, 0, min(uint64(o.rows), o.left)+1)
	for {
		values = append(values, o.next)
		if o.left == 0 {
			o.done = true
			break
		}
		o.left--
		o.next += o.node.Step
		if len(values) == o.rows {
			break
		}
	}
	return &vector.Batch{Columns: []vector.Vector{vector.NewFlat(o.node.Output.Type, values, nil)}, N: len(values)}, nil
}

func (o *sequence) Close() error { return nil }
