package exec

import (
	"context"
	"slices"

	"github.com/ctlake/ctlake/engine/expr"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/storage/vector"
)

// chosenRows are the rows of a frame that an aggregate with DISTINCT or ORDER BY takes in. What is asked
// of a row is found out once for the whole partition, as numbers:
//
//	row      0  1  2  3  4      rows of the partition, in the order of the window
//	passes   ✓  ✓     ✓  ✓      FILTER
//	code     0  1  1  0  2      rows alike in the arguments and in ORDER BY; none without DISTINCT
//	rank     3  1  2  4  0      places in ORDER BY; none without it
//
// so that a frame costs a look at each of its rows, and a sort of numbers.
type chosenRows struct {
	passes []bool // nil for all
	codes  []int32
	rank   []int32
	byRank []int32 // the row of each rank
	seen   []int32 // of each code: the frame that has it
	frame  int32
	kept   []int32 // rows of the frame; ranks, if there are any
}

func (c *windowCall) chosenRows(ctx context.Context, all *vector.Batch) (*chosenRows, error) {
	a, r := c.aggregate, &chosenRows{}
	if a.filter >= 0 {
		if rows, every := expr.TrueRows(all.Columns[a.filter]); !every {
			r.passes = make([]bool, all.N)
			for _, i := range rows {
				r.passes[i] = true
			}
		}
	}
	if a.distinct {
		keys := make([]vector.Vector, len(c.keys))
		for i, at := range c.keys {
			keys[i] = all.Columns[at]
		}
		g := newGrouper(c.types, false)
		r.codes = make([]int32, all.N)
		g.groups(keys, all.N, r.codes)
		r.seen = make([]int32, g.n)
	}
	if len(a.order.at) > 0 {
		var err error
		if r.byRank, err = sortRows(ctx, all.N, a.order.comparer(all)); err != nil {
			return nil, err
		}
		r.rank = make([]int32, all.N)
		for rank, row := range r.byRank {
			r.rank[row] = int32(rank)
		}
	}
	return r, nil
}

// reset begins another frame.
func (r *chosenRows) reset() {
	r.frame++
	r.kept = r.kept[:0]
}

// add takes in the rows from..to-1, and returns those of the frame that the aggregate has not had: the
// new ones; with ORDER BY all, in order.
func (r *chosenRows) add(from, to int32) []int32 {
	if r.rank == nil {
		r.kept = r.kept[:0]
	}
	for row := from; row < to; row++ {
		if r.passes != nil && !r.passes[row] {
			continue
		}
		if r.codes != nil {
			code := r.codes[row]
			if r.seen[code] == r.frame {
				continue
			}
			r.seen[code] = r.frame
		}
		if r.rank != nil {
			r.kept = append(r.kept, r.rank[row])
		} else {
			r.kept = append(r.kept, row)
		}
	}
	if r.rank == nil {
		return r.kept
	}
	slices.Sort(r.kept)
	rows := make([]int32, len(r.kept))
	for i, rank := range r.kept {
		rows[i] = r.byRank[rank]
	}
	return rows
}

// overChosen is overFrames with DISTINCT or ORDER BY. Where a frame begins like the one before and
// reaches further, only what is new is looked at; with ORDER BY, what is new may have to come first,
// so that the aggregate begins anew.
func (c *windowCall) overChosen(ctx context.Context, fc *function.Context, all *vector.Batch, start, end []int32) (vector.Vector, error) {
	a := c.aggregate
	chosen, err := c.chosenRows(ctx, all)
	if err != nil {
		return nil, err
	}
	var (
		results  = frameResults{typ: a.fn.Result, room: c.room}
		acc      function.Accumulator
		from, to int32 // what chosen has seen
		looked   int   // rows since the last look at the context
	)
	for i := range all.N {
		if looked++; looked >= vector.DefaultBatchRows {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			looked = 0
		}
		if acc != nil && start[i] == from && end[i] == to {
			results.again()
			continue
		}
		isNew := acc == nil || start[i] != from || end[i] < to
		if isNew {
			chosen.reset()
			from, to = start[i], start[i]
		}
		looked += int(end[i] - to)
		rows := chosen.add(to, end[i])
		to = end[i]
		if isNew || chosen.rank != nil {
			if acc, err = a.fn.Overload.New(a.binding); err != nil {
				return nil, err
			}
			acc.Grow(1)
		}
		if len(rows) > 0 {
			columns := make([]vector.Vector, len(all.Columns))
			for _, at := range a.args {
				if at >= 0 {
					columns[at] = vector.Gather(all.Columns[at], rows)
				}
			}
			if err := acc.Add(a.call(fc, columns, len(rows)), make([]int32, len(rows))); err != nil {
				return nil, err
			}
		}
		v, err := acc.Result(0, 1)
		if err != nil {
			return nil, err
		}
		if err := results.add(v); err != nil {
			return nil, err
		}
	}
	return results.concat(), nil
}
