package exec

import (
	"context"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// window computes window functions. It holds all rows, sorts them by partition
// (in order of first appearance) and ORDER BY, and evaluates one partition after the other:
//
//	rows ── sort ──► partition │ partition │ …      peers: rows equal in ORDER BY
//	                 [a a b b b]                    frame: the rows that a function sees
//
// Rows come out sorted so.
type window struct {
	input     Operator
	node      *plan.Window
	rt        *Runtime
	partition []int
	order     ordering
	calls     []*windowCall
	rows      *partitionedRows
}

type windowCall struct {
	call      *plan.WindowCall
	kernel    func(*function.Partition) (vector.Vector, error) // of a window function
	args      []int                                            // positions; -1 for a constant
	constants []vector.Vector
	aggregate *aggregate
	keys      []int        // of DISTINCT: the arguments, and what they are ordered by, that are columns
	types     []types.Type // of keys
	start     boundColumns
	end       boundColumns
	// descending: the first sort key is.
	descending bool
	// room fails if the results of frames have no room in the budget.
	room func(bytes int64) error
}

// boundColumns are the positions of what an end of a frame needs, see plan.Frame; -1 for none.
type boundColumns struct{ offset, value, key int }

func newWindow(n *plan.Window, input Operator, rt *Runtime) (Operator, error) {
	in := n.Input.Columns()
	o := &window{input: input, node: n, rt: rt}
	var err error
	if o.partition, err = positions(in, n.PartitionBy); err != nil {
		return nil, err
	}
	if o.order, err = newOrdering(in, n.OrderBy); err != nil {
		return nil, err
	}
	for i := range n.Functions {
		c, err := newWindowCall(&n.Functions[i], in, rt)
		if err != nil {
			return nil, err
		}
		c.descending = len(n.OrderBy) > 0 && n.OrderBy[0].Descending
		o.calls = append(o.calls, c)
	}
	o.rows = newPartitionedRows(n, "a window", columnTypes(in), o.partition, o.order, rt, o.compute)
	o.rows.large = o.large
	return o, nil
}

func newWindowCall(c *plan.WindowCall, in []plan.Column, rt *Runtime) (*windowCall, error) {
	w := &windowCall{call: c, room: func(bytes int64) error { return rt.Memory.room("a window", bytes) }}
	for _, bound := range []struct {
		ref *plan.ColumnRef
		at  *int
	}{{c.Frame.StartOffset, &w.start.offset}, {c.Frame.StartValue, &w.start.value}, {c.Frame.StartKey, &w.start.key},
		{c.Frame.EndOffset, &w.end.offset}, {c.Frame.EndValue, &w.end.value}, {c.Frame.EndKey, &w.end.key}} {
		*bound.at = -1
		if bound.ref == nil {
			continue
		}
		at, err := position(in, bound.ref.ID)
		if err != nil {
			return nil, err
		}
		*bound.at = at
	}
	if c.Aggregate != nil {
		a, err := bindAggregate(c.Aggregate, c.Args, in, rt, c.At)
		if err != nil {
			return nil, err
		}
		if c.Filter != nil {
			if a.filter, err = position(in, c.Filter.ID); err != nil {
				return nil, err
			}
		}
		a.distinct = c.Distinct
		if a.order, err = newOrdering(in, c.ArgOrder); err != nil {
			return nil, err
		}
		if a.distinct {
			for _, at := range append(append([]int{}, a.args...), a.order.at...) {
				if at >= 0 {
					w.keys = append(w.keys, at)
					w.types = append(w.types, in[at].Type)
				}
			}
		}
		w.aggregate = a
		return w, nil
	}
	w.args, w.constants = make([]int, len(c.Args)), make([]vector.Vector, len(c.Args))
	for i, arg := range c.Args {
		w.args[i] = -1
		switch arg := arg.(type) {
		case *plan.ColumnRef:
			at, err := position(in, arg.ID)
			if err != nil {
				return nil, err
			}
			w.args[i] = at
		case *plan.Literal:
			w.constants[i] = vector.Plain(arg.Value)
		default:
			return nil, sql.NotSupported(c.At, "such an argument of a window function")
		}
	}
	var err error
	w.kernel, err = c.Fn.Overload.New(function.Binding{Ctx: rt.Env.Ctx, Params: c.Fn.Params, Result: c.Fn.Result, Constants: w.constants})
	return w, sql.At(err, c.At)
}

func (o *window) Next(ctx context.Context) (*vector.Batch, error) { return o.rows.next(ctx, o.input) }

// compute returns the rows of in by partition, with the results of the functions.
func (o *window) compute(ctx context.Context, in *vector.Batch, rows, numbers []int32, peers func(i, j int32) int) (*vector.Batch, []int, error) {
	results := make([][]vector.Vector, len(o.calls)) // of each call, by partition
	var ends []int
	for from := 0; from < len(rows); {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		to := from + 1
		for to < len(rows) && numbers[rows[to]] == numbers[rows[from]] {
			to++
		}
		p := newPartition(in, rows[from:to], peers)
		for i, c := range o.calls {
			v, err := c.evaluate(ctx, o.rt.Env.Ctx, p)
			if err != nil {
				return nil, nil, sql.At(err, c.call.At)
			}
			results[i] = append(results[i], v)
			if err := o.rows.extra.more(vector.Bytes(v)); err != nil {
				return nil, nil, err
			}
		}
		ends = append(ends, to)
		from = to
	}
	out := gatherBatch(in, rows)
	for i, c := range o.calls {
		out.Columns = append(out.Columns, vector.Concat(c.call.Column.Type, results[i]...))
	}
	return out, ends, nil
}

func (o *window) Close() error { return o.rows.close(o.input) }

// partition is the rows of one partition, sorted.
type partition struct {
	in         *vector.Batch
	rows       []int32
	peerStart  []int32
	peerEnd    []int32
	peerGroup  []int32 // which group of peers a row belongs to
	groupStart []int32 // of each group of peers, and one more: the end
	columns    map[int]vector.Vector
}

func newPartition(in *vector.Batch, rows []int32, compare func(i, j int32) int) *partition {
	n := len(rows)
	p := &partition{in: in, rows: rows, columns: map[int]vector.Vector{},
		peerStart: make([]int32, n), peerEnd: make([]int32, n), peerGroup: make([]int32, n)}
	for from := 0; from < n; {
		to := from + 1
		for to < n && compare(rows[from], rows[to]) == 0 {
			to++
		}
		for i := from; i < to; i++ {
			p.peerStart[i], p.peerEnd[i], p.peerGroup[i] = int32(from), int32(to), int32(len(p.groupStart))
		}
		p.groupStart = append(p.groupStart, int32(from))
		from = to
	}
	p.groupStart = append(p.groupStart, int32(n))
	return p
}

// column returns a column of the input for the rows of the partition.
func (p *partition) column(at int) vector.Vector {
	v, ok := p.columns[at]
	if !ok {
		v = vector.Gather(p.in.Columns[at], p.rows)
		p.columns[at] = v
	}
	return v
}

func (c *windowCall) evaluate(ctx context.Context, fc *function.Context, p *partition) (vector.Vector, error) {
	start, end, err := c.frames(p)
	if err != nil {
		return nil, err
	}
	if c.aggregate != nil {
		return c.overFrames(ctx, fc, p, start, end)
	}
	n := len(p.rows)
	args := make([]vector.Vector, len(c.args))
	for i, at := range c.args {
		if at >= 0 {
			args[i] = p.column(at)
		} else {
			args[i] = vector.NewConstant(c.constants[i], n)
		}
	}
	return c.kernel(&function.Partition{Ctx: fc, N: n, Args: args, PeerStart: p.peerStart, PeerEnd: p.peerEnd,
		FrameStart: start, FrameEnd: end, IgnoreNulls: c.call.IgnoreNulls})
}
