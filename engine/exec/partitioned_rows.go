package exec

import (
	"context"
	"io"

	"github.com/ctlake/ctlake/engine/spill"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// partitionedRows runs a computation over each partition of all rows (PARTITION BY), in
// order of the partitions' first rows:
//
//	rows in memory:  sort by partition and ORDER BY ─► compute ─► out
//	rows on disk:    runs by the hash of the partition ─► each: sort, compute ─► out with the ordinal of
//	                 the partition's first row ─► merge by it
//
// Rows of one hash that do not fit are one partition, or nearly so. A window can compute that
// with its narrow columns in memory alone (see large); what cannot takes what is left of the budget.
type partitionedRows struct {
	node      plan.Node
	rt        *Runtime
	types     []types.Type // of the input
	partition []int
	order     ordering
	compute   partitionCompute
	// derive says that compute takes columns from partitionOrder.batch alone.
	derive bool
	// large computes the rows of one partition, which are sorted on disk; nil if that is not possible.
	large func(ctx context.Context, sorted *spill.Run, add func(*vector.Batch) error) error
	// give returns what is given: of rows in memory, in, or of those that were computed on disk, spilled.
	give func(ctx context.Context, in *partitionOrder, spilled batches) (batches, error)

	held  *buffer
	extra account // results
	area  *spill.Area
	plain int64

	ordinal int64       // of the next row
	parts   *partitions // nil while all rows are in memory
	found   []*spill.Run
	out     batches
}

// partitionCompute returns what the rows of in give, in order, and where the output of each partition ends. It sorts the partitions itself.
type partitionCompute func(ctx context.Context, in *partitionOrder) (out []*vector.Batch, ends []int, err error)

func newPartitionedRows(n plan.Node, what string, columns []types.Type, partition []int, order ordering, rt *Runtime, compute partitionCompute) *partitionedRows {
	return &partitionedRows{node: n, rt: rt, types: columns, partition: partition, order: order, compute: compute,
		held: &buffer{types: columns, account: rt.account(n, what)}, extra: rt.account(n, what), area: rt.area(n)}
}

// windowRowBytes is what computing takes for each row beside its values: its number and its place, then memory to sort, or peers and frames.
const windowRowBytes = 32

// next returns the next batch of what is computed over the rows of input.
func (p *partitionedRows) next(ctx context.Context, input Operator) (*vector.Batch, error) {
	for p.out == nil {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b, err := input.Next(ctx)
		if err == io.EOF {
			if p.out, err = p.results(ctx); err != nil {
				return nil, err
			}
			break
		}
		if err != nil {
			return nil, err
		}
		if err := p.add(ctx, b); err != nil {
			return nil, err
		}
	}
	return p.out.Next(ctx)
}

func (p *partitionedRows) add(ctx context.Context, b *vector.Batch) error {
	if b.N == 0 {
		return nil
	}
	if p.parts == nil {
		p.plain += plainBytes(b) + windowRowBytes*int64(b.N)
		fits, err := p.held.fits(b, p.plain)
		if fits || err != nil {
			return err
		}
		p.parts = newPartitions(append(append([]types.Type{}, p.types...), types.TBigint), p.partition, 0, p.area, p.held.account)
		for _, held := range p.held.batches {
			if err := p.parts.add(ctx, withOrdinals(held, &p.ordinal)); err != nil {
				return err
			}
		}
		p.held.release()
	}
	return p.parts.add(ctx, withOrdinals(b, &p.ordinal))
}

// results computes everything.
func (p *partitionedRows) results(ctx context.Context) (batches, error) {
	if p.parts == nil {
		if p.held.rows == 0 {
			return p.give(ctx, nil, &slicedRows{})
		}
		order, err := p.placed(ctx, p.held.batches, p.held.rows, func(in *vector.Batch) {
			p.held.batches = nil
			p.held.account.force((&sizer{}).bytes(in))
		})
		if err != nil {
			return nil, err
		}
		return p.give(ctx, order, nil)
	}
	if err := p.parts.flush(ctx); err != nil {
		return nil, err
	}
	for _, run := range p.parts.runs {
		if run == nil {
			continue
		}
		if err := p.run(ctx, run, 1); err != nil {
			return nil, err
		}
	}
	columns := append(columnTypes(p.node.Columns()), types.TBigint)
	m, err := mergeRuns(ctx, p.area, p.found, columns, byOrdinal(len(columns)-1), p.rt.BatchRows, p.held.account.blockBytes())
	if err != nil {
		return nil, err
	}
	return p.give(ctx, nil, &withoutLast{m})
}

// slicedBatches yields the rows of batches in steps of batchRows.
type slicedBatches struct {
	rest      []*vector.Batch
	now       sliced
	batchRows int
}

func (o *slicedBatches) Next(context.Context) (*vector.Batch, error) {
	for {
		b, err := o.now.next(o.batchRows)
		if err != io.EOF || len(o.rest) == 0 {
			return b, err
		}
		o.now = sliced{whole: o.rest[0]}
		o.rest[0], o.rest = nil, o.rest[1:] // given once, and then no longer held
	}
}

// placed returns n rows of batches by partition. joined is called with what is held instead of the batches.
func (p *partitionedRows) placed(ctx context.Context, batches []*vector.Batch, n int, joined func(in *vector.Batch)) (*partitionOrder, error) {
	if err := p.extra.must(windowRowBytes * int64(n)); err != nil {
		return nil, err
	}
	order, err := newPartitionOrder(ctx, batches, n, p.types, p.partition, p.order, p.derive, p.rt)
	if err != nil {
		return nil, err
	}
	joined(order.held())
	return order, order.sortLarge(ctx, p.rt.Workers)
}

// run computes the rows of a run, which all the rows of its partitions are in.
func (p *partitionedRows) run(ctx context.Context, run *spill.Run, depth int) error {
	size := 2*run.RawBytes() + windowRowBytes*run.Rows()
	if size > p.held.account.allowance/2 {
		if depth <= maxDepth && len(p.partition) > 0 {
			divided, err := p.divide(ctx, run, depth)
			if divided || err != nil {
				return err
			}
		}
		if p.large != nil && run.Rows() > 1 {
			one, err := p.isOne(ctx, run)
			if err != nil {
				return err
			}
			if one {
				return p.runLarge(ctx, run)
			}
		}
	}
	var held []*vector.Batch
	if err := p.held.account.must(size); err != nil {
		return err
	}
	defer p.held.account.release()
	err := eachBatch(ctx, run, func(b *vector.Batch) error {
		held = append(held, b)
		return nil
	})
	if err != nil {
		return err
	}
	own := make([]int64, 0, run.Rows())
	for i, b := range held {
		own = append(own, ordinals(b, len(p.types))...)
		held[i] = &vector.Batch{N: b.N, Columns: b.Columns[:len(p.types):len(p.types)]}
	}
	order, err := p.placed(ctx, held, int(run.Rows()), func(*vector.Batch) { held = nil })
	if err != nil {
		return err
	}
	out, ends, err := p.compute(ctx, order)
	if err != nil {
		return err
	}
	defer p.extra.release()
	total := 0
	for _, b := range out {
		total += b.N
	}
	numbers := make([]int64, total)
	from := 0
	for k, to := range ends {
		for i := from; i < to; i++ {
			numbers[i] = own[order.firsts[k]]
		}
		from = to
	}
	found := p.foundRun()
	step := min(rowsOfBlock(total, size, p.held.account.blockBytes()), maxBlockRows)
	for _, b := range out {
		b.Columns = append(b.Columns[:len(b.Columns):len(b.Columns)], vector.NewFlat(types.TBigint, numbers[:b.N], nil))
		numbers = numbers[b.N:]
		for from := 0; from < b.N; from += step {
			if err := found.Add(sliceBatch(b, from, min(from+step, b.N))); err != nil {
				return spillError(err)
			}
		}
	}
	return nil
}

func (p *partitionedRows) foundRun() *spill.Run {
	found := p.area.NewRun(append(columnTypes(p.node.Columns()), types.TBigint))
	p.found = append(p.found, found)
	return found
}

// divide partitions a run once more and computes the parts; false if all rows stay together.
func (p *partitionedRows) divide(ctx context.Context, run *spill.Run, depth int) (bool, error) {
	parts := newPartitions(p.parts.types, p.partition, depth, p.area, p.parts.account)
	defer parts.release()
	if err := eachBatch(ctx, run, func(b *vector.Batch) error { return parts.add(ctx, b) }); err != nil {
		return false, err
	}
	if err := parts.flush(ctx); err != nil {
		return false, err
	}
	for _, r := range parts.runs {
		if r != nil && r.Rows() == run.Rows() {
			return false, nil
		}
	}
	for _, r := range parts.runs {
		if r == nil {
			continue
		}
		if err := p.run(ctx, r, depth+1); err != nil {
			return false, err
		}
	}
	return true, nil
}

// isOne reports whether all rows of a run are of one partition.
func (p *partitionedRows) isOne(ctx context.Context, run *spill.Run) (bool, error) {
	var first *vector.Batch
	one := true
	err := eachBatch(ctx, run, func(b *vector.Batch) error {
		if first == nil {
			first = sliceBatch(b, 0, 1)
		}
		for _, at := range p.partition {
			for i := 0; one && i < b.N; i++ {
				one = !vector.Distinct(first.Columns[at], 0, b.Columns[at], i)
			}
		}
		return nil
	})
	return one, err
}

// runLarge sorts the rows of one partition on disk and computes them there.
func (p *partitionedRows) runLarge(ctx context.Context, run *spill.Run) error {
	ordinal := int64(-1) // of the first row
	sorter := newRowSorter(p.parts.types, p.order, p.held.account, p.area, p.rt)
	defer sorter.release()
	err := eachBatch(ctx, run, func(b *vector.Batch) error {
		if ordinal < 0 {
			ordinal = ordinals(b, len(p.types))[0]
		}
		return sorter.add(ctx, b)
	})
	if err != nil {
		return err
	}
	rows, err := sorter.inOrder(ctx)
	if err != nil {
		return err
	}
	sorted := p.area.NewRun(p.types)
	for {
		b, err := rows.Next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if err := sorted.Add(&vector.Batch{N: b.N, Columns: b.Columns[:len(p.types)]}); err != nil {
			return spillError(err)
		}
	}
	sorter.release()
	found := p.foundRun()
	first := vector.NewFlat(types.TBigint, []int64{ordinal}, nil)
	return p.large(ctx, sorted, func(b *vector.Batch) error {
		b.Columns = append(b.Columns[:len(b.Columns):len(b.Columns)], vector.NewConstant(first, b.N))
		return spillError(found.Add(b))
	})
}

func (p *partitionedRows) close(input Operator) error {
	p.held.release()
	p.extra.release()
	if p.parts != nil {
		p.parts.release()
	}
	err := input.Close()
	if e := p.area.Close(); err == nil {
		err = e
	}
	return err
}
