package exec

import (
	"context"
	"io"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// setOperation is INTERSECT or EXCEPT: it numbers and counts the distinct rows of
// the right side, then passes rows of the left one, in their order.
type setOperation struct {
	left, right Operator
	except, all bool
	groups      *grouper
	counts      []int64 // of right rows not yet used up, by group
	given       []bool  // by group, without all
	built       bool
	numbers     []int32
	account     account
}

func (b *builder) setOperation(n *plan.SetOperation) (Operator, error) {
	left, err := b.mapped(n.Left, n.LeftMap)
	if err != nil {
		return nil, err
	}
	right, err := b.mapped(n.Right, n.RightMap)
	if err != nil {
		_ = left.Close() // err says more
		return nil, err
	}
	keys := make([]types.Type, len(n.Outputs))
	for i, c := range n.Outputs {
		keys[i] = c.Type
	}
	what := "INTERSECT"
	if n.Except {
		what = "EXCEPT"
	}
	return &setOperation{left: left, right: right, except: n.Except, all: n.All,
		groups: newGrouper(keys, b.rt.Env.NoDictionaries), account: b.rt.account(n, what)}, nil
}

func (o *setOperation) number(b *vector.Batch) ([]int32, error) {
	o.numbers = grow(o.numbers, b.N)
	o.groups.groups(b.Columns, b.N, o.numbers)
	for len(o.counts) < o.groups.n {
		o.counts = append(o.counts, 0)
		o.given = append(o.given, false)
	}
	return o.numbers[:b.N], o.account.set(o.groups.bytes() + 9*int64(len(o.counts)))
}

func (o *setOperation) Next(ctx context.Context) (*vector.Batch, error) {
	for !o.built {
		b, err := o.right.Next(ctx)
		if err == io.EOF {
			o.built = true
			break
		}
		if err != nil {
			return nil, err
		}
		numbers, err := o.number(b)
		if err != nil {
			return nil, err
		}
		for _, g := range numbers {
			o.counts[g]++
		}
	}
	for {
		b, err := o.left.Next(ctx)
		if err != nil {
			return nil, err
		}
		numbers, err := o.number(b)
		if err != nil {
			return nil, err
		}
		var rows []int32
		for i, g := range numbers {
			if o.passes(g) {
				rows = append(rows, int32(i))
			}
		}
		if len(rows) > 0 {
			return gatherBatch(b, rows), nil
		}
	}
}

// passes decides about the next left row of group g.
func (o *setOperation) passes(g int32) bool {
	found := o.counts[g] > 0
	if o.all {
		if found {
			o.counts[g]--
		}
		return found != o.except
	}
	if found == o.except || o.given[g] {
		return false
	}
	o.given[g] = true
	return true
}

func (o *setOperation) Close() error {
	o.account.release()
	return closeAll([]Operator{o.left, o.right})
}
