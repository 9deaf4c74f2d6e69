package exec

import (
	"context"
	"io"
	"slices"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// A top-N directly above a scan needs few rows of a split, and for all others no
// more than the columns that it orders by. The scan then reads these, chooses the rows
// that may be among the first, and reads the other columns for them alone.

// maxLateRows is up to how many rows of a split are chosen so: gathering many rows
// one by one costs more than reading all.
const maxLateRows = 10_000

// topOfScan is what a scan knows of the top-N above it. Keys are outputs of the scan.
type topOfScan struct {
	keys []plan.SortKey
	need int64
	ties bool
}

// topOf returns the scan below a top-N if only projections lie between them and
// each key is a column of the scan.
func topOf(n *plan.TopN) (*plan.Scan, *topOfScan) {
	need := n.Offset + n.Count
	if need <= 0 || need > maxLateRows {
		return nil, nil
	}
	t := &topOfScan{keys: slices.Clone(n.Keys), need: need, ties: n.WithTies}
	in := n.Input
	for {
		switch m := in.(type) {
		case *plan.Scan:
			return m, t
		case *plan.Project:
			for i, k := range t.keys {
				at := slices.IndexFunc(m.Outputs, func(p plan.Projection) bool { return p.ID == k.ID })
				if at < 0 {
					return nil, nil
				}
				ref, ok := m.Outputs[at].Expr.(*plan.ColumnRef)
				if !ok {
					return nil, nil
				}
				t.keys[i].ID = ref.ID
			}
			in = m.Input
		default:
			return nil, nil
		}
	}
}

// scanTop is a topOfScan over the early columns of a scanner.
type scanTop struct {
	*topOfScan
	order ordering
}

// readTop gives the rows of the split that the top-N may need, in the table's order.
func (o *scan) readTop(ctx context.Context) (*vector.Batch, error) {
	if o.chosen == nil {
		if err := o.choose(ctx); err != nil {
			return nil, err
		}
	}
	if o.given == o.chosen.N {
		return nil, io.EOF
	}
	b := sliceBatch(o.chosen, o.given, min(o.given+o.rt.BatchRows, o.chosen.N))
	o.given += b.N
	rows := make([]int32, b.N)
	for i, r := range b.Columns[o.early].(*vector.Flat[int64]).Values {
		rows[i] = int32(r)
	}
	return o.assemble(ctx, b.N, b.Columns[:o.early], func(c int) (vector.Vector, error) { return o.reader.Gather(c, rows) })
}

// choose finds the rows.
func (o *scan) choose(ctx context.Context) error {
	columns := make([]plan.Column, o.early+1)
	for i, c := range o.columns[:o.early] {
		columns[i].Type = c.Type
	}
	columns[o.early].Type = types.TBigint // the number of the row
	t := &topN{input: &earlyRows{o}, order: o.top.order, count: o.top.need, ties: o.top.ties,
		batchRows: o.rt.BatchRows, held: newBuffer(columns, o.rt.account(o.node, "a top-N"))}
	t.held.account.allowance = noAllowance // keys of few rows
	defer t.held.release()
	if err := t.collect(ctx); err != nil {
		return err
	}
	b, err := t.held.join(ctx)
	if err != nil {
		return err
	}
	if b.N == 0 {
		o.chosen = b
		return nil
	}
	numbers := b.Columns[o.early].(*vector.Flat[int64]).Values
	rows := make([]int32, b.N)
	for i := range rows {
		rows[i] = int32(i)
	}
	slices.SortFunc(rows, func(i, j int32) int { return int(numbers[i] - numbers[j]) })
	o.chosen = gatherBatch(b, rows)
	return nil
}

// earlyRows gives the early columns of the rows that pass the filter, and their numbers.
type earlyRows struct{ scan *scan }

func (e *earlyRows) Next(ctx context.Context) (*vector.Batch, error) {
	for {
		from, to, err := e.scan.next(ctx)
		if err != nil {
			return nil, err
		}
		early, rows, _, err := e.scan.survivors(from, to)
		if err != nil {
			return nil, err
		}
		if err := e.scan.task.countBytes(); err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			continue
		}
		e.scan.task.of.counters.RowsMatched.Add(int64(len(rows)))
		numbers := make([]int64, len(rows))
		for i, r := range rows {
			numbers[i] = int64(r)
		}
		return &vector.Batch{Columns: append(early, vector.NewFlat(types.TBigint, numbers, nil)), N: len(rows)}, nil
	}
}

func (e *earlyRows) Close() error { return nil }
