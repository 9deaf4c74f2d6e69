package exec

import (
	"context"

	"github.com/ctlake/ctlake/engine/spill"
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/vector"
)

// large computes a partition that is sorted on disk. The columns that the functions look at, and
// their results, are held; all others pass from disk to disk:
//
//	sorted run ─► order keys, arguments, frames ─► results ─┐
//	     └────────────── all columns ───────────────────────┴─► out
func (o *window) large(ctx context.Context, sorted *spill.Run, add func(*vector.Batch) error) error {
	types := o.rows.types
	need := o.needs()
	own := o.rows.held.account
	own.held = 0
	defer own.release()
	var held []*vector.Batch
	bytes, s := windowRowBytes*sorted.Rows(), sizer{}
	err := eachBatch(ctx, sorted, func(b *vector.Batch) error {
		narrow := &vector.Batch{N: b.N}
		for at, yes := range need {
			if yes {
				narrow.Columns = append(narrow.Columns, vector.Retain(b.Columns[at]))
			}
		}
		held = append(held, narrow)
		bytes += s.bytes(narrow) + plainBytes(narrow)
		return own.must(bytes)
	})
	if err != nil {
		return err
	}
	in := &vector.Batch{Columns: make([]vector.Vector, len(types)), N: int(sorted.Rows())}
	k := 0
	for at, yes := range need {
		if !yes {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		parts := make([]vector.Vector, len(held))
		for i, b := range held {
			parts[i] = b.Columns[k]
		}
		in.Columns[at] = vector.Concat(types[at], parts...)
		k++
	}
	held = nil
	peers := func(_, _ int) bool { return true }
	if len(o.order.at) > 0 {
		compare := o.order.comparer(in)
		peers = func(i, j int) bool { return compare(int32(i), int32(j)) == 0 }
	}
	p := newPartition(in, in.N)
	p.begin(0, in.N, peers)
	results := make([]vector.Vector, len(o.calls))
	for i, c := range o.calls {
		if results[i], err = c.evaluate(ctx, o.rt.Env.Ctx, p); err != nil {
			return sql.At(err, c.call.At)
		}
		bytes += vector.Bytes(results[i])
		if err := own.must(bytes); err != nil {
			return err
		}
	}
	from := 0
	return eachBatch(ctx, sorted, func(b *vector.Batch) error {
		for _, r := range results {
			b.Columns = append(b.Columns, vector.Slice(r, from, from+b.N))
		}
		from += b.N
		return add(b)
	})
}

// needs reports which columns of the input the functions look at.
func (o *window) needs() []bool {
	need := make([]bool, len(o.rows.types))
	use := func(all ...int) {
		for _, at := range all {
			if at >= 0 {
				need[at] = true
			}
		}
	}
	use(o.order.at...)
	for _, c := range o.calls {
		use(c.args...)
		use(c.start.offset, c.start.value, c.start.key, c.end.offset, c.end.value, c.end.key)
		if c.aggregate != nil {
			use(c.aggregate.args...)
			use(c.aggregate.filter)
			use(c.aggregate.order.at...)
		}
	}
	return need
}
