package exec

import (
	"context"
	"io"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/vector"
)

// union gives the rows of its branches one after the other. A branch starts
// when the one before has ended.
type union struct {
	branches []Operator
	at       int
}

func (o *union) Next(ctx context.Context) (*vector.Batch, error) {
	for o.at < len(o.branches) {
		b, err := o.branches[o.at].Next(ctx)
		if err != io.EOF {
			return b, err
		}
		if err := o.branches[o.at].Close(); err != nil {
			return nil, err
		}
		o.at++
	}
	return nil, io.EOF
}

func (o *union) Close() error { return closeAll(o.branches) }

// closeAll closes all operators and returns the first error.
func closeAll(operators []Operator) error {
	var first error
	for _, o := range operators {
		if err := o.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

func (b *builder) union(n *plan.Union) (Operator, error) {
	o := &union{}
	for k, branch := range n.Branches {
		in, err := b.mapped(branch, n.Maps[k])
		if err != nil {
			_ = closeAll(o.branches) // err says more
			return nil, err
		}
		o.branches = append(o.branches, in)
	}
	return o, nil
}

// mapped builds n with its columns chosen by ID.
func (b *builder) mapped(n plan.Node, ids []plan.ColumnID) (Operator, error) {
	at, err := positions(n.Columns(), ids)
	if err != nil {
		return nil, err
	}
	input, err := b.build(n)
	if err != nil {
		return nil, err
	}
	return &choose{input, at}, nil
}
