package exec

import (
	"context"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/vector"
)

// whole reads the right sides of the joins of fragment n, once it is known that there are rows to
// join with, and the left side of the lowest of these joins before them if it may be small. If that is so, or if a right
// side is too large for memory, it returns an operator for all of n, which
// does not look at splits apart: workers run what is below the lowest such join.
//
//	workers: Scan ─► Filter ─► Join ─► Project        all right sides in memory: nil
//	workers: Scan ─► Filter ═► grace join ─► Project  that of Join on disk
//
// split says which split the batch that the operator gave last is of.
func (b *builder) whole(ctx context.Context, n plan.Node, splits *splits, rights []*rightSide) (op Operator, split func() int64, err error) {
	if len(rights) == 0 {
		return nil, nil, nil
	}
	if some, err := splits.any(ctx); !some || err != nil {
		return nil, nil, err
	}
	var first *leftFirst
	if join, ok := lowestJoin(n); ok && b.first[join] != nil {
		if first, err = b.tryLeft(ctx, join, splits); err != nil {
			return nil, nil, err
		}
	}
	defer func() {
		if err != nil && first != nil {
			_ = first.Close() // err says more
		}
	}()
	large := first != nil
	for i := len(rights) - 1; i >= 0; i-- {
		if _, err := rights[i].get(ctx); err != nil {
			return nil, nil, err
		}
		large = large || rights[i].large
	}
	if !large {
		return nil, nil, nil
	}
	var chain []plan.Node // from n down to the lowest join on disk
	for at, k := 0, n; ; k = k.Inputs()[0] {
		if _, ok := k.(*plan.Scan); ok {
			chain = chain[:at]
			break
		}
		chain = append(chain, k)
		if join, ok := k.(*plan.Join); ok && (first != nil || b.rights[join].large) {
			at = len(chain)
		}
	}
	if first != nil {
		return b.overWhole(chain, first, first.split)
	}
	below := chain[len(chain)-1].Inputs()[0]
	lower := &exchange[*vector.Batch]{splits: splits, workers: b.rt.Workers, room: newRoom(b.rt.Memory), bytes: waitingBytes, closer: func() error { return nil },
		newWorker: func() (func(context.Context, *task, func(*vector.Batch) error) error, error) {
			f, err := b.fragment(below)
			if err != nil {
				return nil, err
			}
			return gathering(unchanged)(f), nil
		}}
	return b.overWhole(chain, &gather{exchange: lower, over: unchanged}, func() int64 { return lower.slots })
}

// overWhole makes the operators of a chain of nodes, the last of which takes its rows from input.
func (b *builder) overWhole(chain []plan.Node, input Operator, split func() int64) (op Operator, of func() int64, err error) {
	for i := len(chain) - 1; i >= 0; i-- {
		if input, split, err = b.aboveWhole(chain[i], input, split); err != nil {
			return nil, nil, err
		}
	}
	return input, split, nil
}

// lowestJoin returns the join of fragment n that is nearest to the scan.
func lowestJoin(n plan.Node) (lowest *plan.Join, ok bool) {
	for {
		switch m := n.(type) {
		case *plan.Scan:
			return lowest, lowest != nil
		case *plan.Join:
			lowest = m
		}
		n = n.Inputs()[0]
	}
}

func unchanged(o Operator) Operator { return o }

// aboveWhole makes the operator of a node of a fragment over the rows of all splits.
func (b *builder) aboveWhole(n plan.Node, input Operator, split func() int64) (Operator, func() int64, error) {
	join, ok := n.(*plan.Join)
	if !ok {
		over, err := b.rowwise(n)
		if err != nil {
			return nil, nil, err
		}
		return b.rt.profiled(n, over(input)), split, nil
	}
	j, err := b.joining(join, b.rights[join])
	if err != nil {
		return nil, nil, err
	}
	if !j.right.large {
		return b.rt.profiled(n, j.over(input)), split, nil
	}
	g, err := b.graceJoin(join, j, input, split)
	if err != nil {
		return nil, nil, err
	}
	return b.rt.profiled(n, g), func() int64 { return g.current }, nil
}
