package exec

import (
	"context"
	"io"

	"github.com/ctlake/ctlake/engine/spill"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// rowSorter puts rows in order; equal ones stay as they came. It holds rows up to its
// allowance and then writes them as a sorted run.
type rowSorter struct {
	types     []types.Type
	order     ordering
	batchRows int
	workers   int
	held      *buffer
	plain     int64 // bytes that the held rows take once more when they are put together
	area      *spill.Area
	runs      []*spill.Run
}

// newRowSorter returns a sorter of rows whose columns have the given types. The
// caller closes the area after the last use of what rows returns.
func newRowSorter(columns []types.Type, order ordering, a account, area *spill.Area, rt *Runtime) *rowSorter {
	return &rowSorter{types: columns, order: order, batchRows: rt.BatchRows, workers: rt.Workers, area: area,
		held: &buffer{types: columns, account: a}}
}

// add takes in a batch.
func (s *rowSorter) add(ctx context.Context, b *vector.Batch) error {
	if b.N == 0 {
		return nil
	}
	plain := plainBytes(b)
	fits, err := s.held.fits(b, s.plain+plain+sortRowBytes*int64(s.held.rows+b.N))
	if err != nil {
		return err
	}
	if !fits && s.held.rows > 0 {
		if err := s.spill(ctx); err != nil {
			return err
		}
		fits, err = s.held.fits(b, plain)
		if err != nil {
			return err
		}
	}
	if !fits { // a batch that is too large alone
		s.held.force(b)
	}
	s.plain += plain
	return nil
}

// sortRowBytes is what sorting takes for each row: its number, twice.
const sortRowBytes = 8

// spill writes the held rows as a sorted run.
func (s *rowSorter) spill(ctx context.Context) error {
	bytes := s.held.account.held
	whole, rows, err := s.sorted(ctx)
	if err != nil {
		return err
	}
	run := s.area.NewRun(s.types)
	step := min(rowsOfBlock(len(rows), bytes, s.held.account.blockBytes()), maxBlockRows)
	for from := 0; from < len(rows); from += step {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := run.Add(gatherBatch(whole, rows[from:min(from+step, len(rows))])); err != nil {
			return spillError(err)
		}
	}
	s.runs = append(s.runs, run)
	s.held.release()
	s.plain = 0
	return nil
}

// sorted returns the held rows and their order.
func (s *rowSorter) sorted(ctx context.Context) (*vector.Batch, []int32, error) {
	whole, err := s.held.joinForced(ctx)
	if err != nil {
		return nil, nil, err
	}
	order := s.order.orderOf(whole)
	rows, err := order.all(ctx, whole.N, s.workers)
	return whole, rows, err
}

// sorted rows are read as batches.
type batches interface {
	Next(context.Context) (*vector.Batch, error)
}

// inOrder returns the rows in order. Nothing may be added any more.
func (s *rowSorter) inOrder(ctx context.Context) (batches, error) {
	if s.runs == nil {
		if s.held.rows == 0 {
			return &gathered{}, nil
		}
		whole, rows, err := s.sorted(ctx)
		if err != nil {
			return nil, err
		}
		return &gathered{whole: whole, rows: rows, batchRows: s.batchRows}, nil
	}
	if s.held.rows > 0 {
		if err := s.spill(ctx); err != nil {
			return nil, err
		}
	}
	return mergeRuns(ctx, s.area, s.runs, s.types, s.order.across(s.types), s.batchRows, s.held.account.blockBytes())
}

// release gives up the held rows.
func (s *rowSorter) release() {
	s.held.release()
	s.plain, s.runs = 0, nil
}

// gathered gives rows of a batch in an order.
type gathered struct {
	whole     *vector.Batch
	rows      []int32
	at        int
	batchRows int
}

func (g *gathered) Next(context.Context) (*vector.Batch, error) {
	if g.at == len(g.rows) {
		return nil, io.EOF
	}
	from, to := g.at, min(g.at+g.batchRows, len(g.rows))
	g.at = to
	return gatherBatch(g.whole, g.rows[from:to]), nil
}
