package exec

import (
	"context"
	"math"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/vector"
)

// inPlace reports whether a local condition looks at no rows but the current one: others need not be in the frame.
func (p *matchPartition) inPlace(d *patternDefine) bool {
	for i, q := range p.pointers {
		if d.uses[i] && q.Physical != 0 {
			return false
		}
	}
	return true
}

// runWindow gives every row of the partition once, with the match that is found from it on.
func (p *matchPartition) runWindow(ctx context.Context) (*vector.Batch, error) {
	ends, err := p.frameEnds()
	if err != nil {
		return nil, err
	}
	next := 0 // where matching goes on
	for row := range p.in.N {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if row < next {
			p.without(row)
			continue
		}
		next = row + 1
		p.from, p.to = row, ends(row)
		start := row
		ok, err := p.matcher.match(ctx, start, p.to)
		for err == nil && !ok && p.node.Window.Seek && start < p.to-1 {
			start++
			ok, err = p.matcher.match(ctx, start, p.to)
		}
		n := len(p.matcher.labels)
		switch {
		case err != nil:
			return nil, err
		case !ok:
			p.without(row)
			continue
		case n == 0:
			p.frame(1, 0)
			err = p.give(ctx, start, row, -1)
		default:
			p.frame(start-row, start-row+n-1)
			if err = p.give(ctx, start, row, start+n-1); err == nil && !p.node.Skip.Next {
				next, err = p.skip(start, n)
			}
		}
		if err != nil {
			return nil, err
		}
		p.number++
	}
	return p.result()
}

// without gives a row that has no match.
func (p *matchPartition) without(row int) {
	p.frame(1, 0)
	p.rows, p.evaluated = append(p.rows, int32(row)), append(p.evaluated, -1)
}

func (p *matchPartition) frame(start, stop int) {
	p.frames[0], p.frames[1] = append(p.frames[0], int64(start)), append(p.frames[1], int64(stop))
}

// frameEnds returns the function that gives the row behind the last one in reach of a row.
func (p *matchPartition) frameEnds() (func(row int) int, error) {
	switch p.node.Window.End {
	case plan.CurrentRow:
		return func(row int) int { return row + 1 }, nil
	case plan.UnboundedFollowing:
		return func(int) int { return p.in.N }, nil
	}
	w := vector.ViewOf[int64](p.in.Columns[p.offset])
	for i := range w.At {
		if w.Nulls.Has(i) || w.Get(i) < 0 {
			return nil, errFrameOffset
		}
	}
	return func(row int) int { return int(min(int64(row)+min(w.Get(row), math.MaxInt32)+1, int64(p.in.N))) }, nil
}
