package exec

import (
	"context"
	"sync"
	"time"

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
	mu        sync.Mutex // of what rows is charged for results, and of sizer
	sizer     sizer      // of results: all may share the entries of one dictionary
	above     *rowsAbove // nil for none
	begun     time.Time
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

func newWindow(n *plan.Window, input Operator, rt *Runtime) (*window, error) {
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
	o.rows.large, o.rows.derive, o.rows.give = o.large, true, o.give
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

func (o *window) Next(ctx context.Context) (*vector.Batch, error) {
	if o.begun.IsZero() {
		o.begun = time.Now()
	}
	return o.rows.next(ctx, o.input)
}

// give returns the rows of in, or of spilled, with the results of the functions, or what is made of them above.
func (o *window) give(ctx context.Context, in *partitionOrder, spilled batches) (batches, error) {
	if o.above == nil {
		if in == nil {
			return spilled, nil
		}
		out, _, err := o.compute(ctx, in)
		return &slicedBatches{rest: out, batchRows: o.rt.BatchRows}, err
	}
	if p := o.rt.Profile; p != nil && p.nodes[o.node] != nil {
		p.nodes[o.node].Nanos.Add(int64(time.Since(o.begun))) // the rest is measured below the nodes above
	}
	if in == nil {
		return (<-o.above.chains)(spilledRows{spilled}), nil
	}
	steps := in.steps()
	out := make(readySteps, len(steps))
	err := together(ctx, o.workers(), len(out), func(i int) (err error) {
		charged := int64(0)
		rows := &computedRows{batchRows: o.above.batchRows, compute: func() (b *vector.Batch, err error) {
			b, charged, err = o.step(ctx, in, steps[i].first, steps[i].last)
			return b, err
		}}
		if out[i], err = o.above.over(ctx, rows); err != nil {
			return err
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		bytes := -charged
		for _, b := range out[i].batches {
			bytes += o.sizer.bytes(b)
		}
		return o.rows.extra.more(bytes)
	})
	return &out, err
}

// compute returns the rows of in by partition, with the results of the functions.
func (o *window) compute(ctx context.Context, in *partitionOrder) ([]*vector.Batch, []int, error) {
	steps := in.steps()
	out := make([]*vector.Batch, len(steps))
	err := together(ctx, o.workers(), len(out), func(i int) (err error) {
		out[i], _, err = o.step(ctx, in, steps[i].first, steps[i].last)
		return err
	})
	return out, in.ends, err
}

// workers returns how many goroutines may compute.
func (o *window) workers() int {
	for _, c := range o.calls {
		if c.aggregate != nil && c.aggregate.lambdas != nil {
			return 1 // these have one scratch memory
		}
	}
	return o.rt.Workers
}

// charge takes from the budget what results hold, and returns how much that is.
func (o *window) charge(v vector.Vector) (bytes int64, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	bytes = o.sizer.of(v)
	return bytes, o.rows.extra.more(bytes)
}

// step computes the partitions first..last-1. It returns how many bytes it has charged.
func (o *window) step(ctx context.Context, in *partitionOrder, first, last int) (_ *vector.Batch, charged int64, _ error) {
	if err := in.sort(ctx, first, last); err != nil {
		return nil, 0, err
	}
	out := in.batch(first, last)
	begin := in.begin(first)
	ends := make([]int, last-first) // in out
	for i := range ends {
		ends[i] = in.ends[first+i] - begin
	}
	results := make([][]vector.Vector, len(o.calls)) // of each call, of rows next to each other
	charge := func(call int, v vector.Vector) error {
		results[call] = append(results[call], v)
		bytes, err := o.charge(v)
		charged += bytes
		return err
	}
	var others []int // calls that look at one partition after the other
	for i, c := range o.calls {
		v, ok := c.ofAll(out, ends)
		if !ok {
			others = append(others, i)
		} else if err := charge(i, v); err != nil {
			return nil, charged, err
		}
	}
	if len(others) > 0 {
		p := newPartition(out, out.N)
		from := 0
		for _, end := range ends {
			if err := ctx.Err(); err != nil {
				return nil, charged, err
			}
			p.begin(from, end, func(i, j int) bool { return in.peers(begin+i, begin+j) })
			from = end
			for _, i := range others {
				c := o.calls[i]
				v, err := c.evaluate(ctx, o.rt.Env.Ctx, p)
				if err != nil {
					return nil, charged, sql.At(err, c.call.At)
				}
				if err := charge(i, v); err != nil {
					return nil, charged, err
				}
			}
		}
	}
	for i, c := range o.calls {
		out.Columns = append(out.Columns, vector.Concat(c.call.Column.Type, results[i]...))
	}
	return out, charged, nil
}

// ofAll returns the results for the rows of several partitions, which are in order, if the function has them without a look at each.
func (c *windowCall) ofAll(in *vector.Batch, ends []int) (vector.Vector, bool) {
	if c.aggregate != nil {
		return nil, false
	}
	from, beside := 0, c.call.Fn.Overload.Neighbour
	switch {
	case c.call.Fn.Overload.Numbers:
		out := make([]int64, in.N)
		for _, end := range ends {
			for i := from; i < end; i++ {
				out[i] = int64(i-from) + 1
			}
			from = end
		}
		return vector.NewFlat(types.TBigint, out, nil), true
	case beside != 0 && !c.call.IgnoreNulls && c.args[0] >= 0:
		out := make([]int32, in.N)
		for _, to := range ends {
			for i := from; i < to; i++ {
				if at := i + beside; at >= from && at < to {
					out[i] = int32(at)
				} else {
					out[i] = -1
				}
			}
			from = to
		}
		return vector.GatherOrNull(in.Columns[c.args[0]], out), true
	}
	return nil, false
}

func (o *window) Close() error { return o.rows.close(o.input) }

// partition is the rows of one partition, sorted. It serves one after the other.
type partition struct {
	in         *vector.Batch // rows of partitions in order
	from, n    int           // those of this one
	peerStart  []int32
	peerEnd    []int32
	peerGroup  []int32 // which group of peers a row belongs to
	groupStart []int32 // of each group of peers, and one more: the end
	columns    map[int]vector.Vector
	scratch    [5][]int32 // peerStart, peerEnd, peerGroup, and a frame's start and end
}

// newPartition returns a partition for at most n rows of in.
func newPartition(in *vector.Batch, n int) *partition {
	p := &partition{in: in, columns: map[int]vector.Vector{}}
	all := make([]int32, len(p.scratch)*n)
	for i := range p.scratch {
		p.scratch[i] = all[i*n : (i+1)*n]
	}
	return p
}

// begin goes over to the partition of the rows start..end-1. peers reports whether two of them are equal in ORDER BY.
func (p *partition) begin(start, end int, peers func(i, j int) bool) {
	n := end - start
	clear(p.columns)
	p.from, p.n, p.groupStart = start, n, p.groupStart[:0]
	p.peerStart, p.peerEnd, p.peerGroup = p.scratch[0][:n], p.scratch[1][:n], p.scratch[2][:n]
	for from := 0; from < n; {
		to := from + 1
		for to < n && peers(start+from, start+to) {
			to++
		}
		for i := from; i < to; i++ {
			p.peerStart[i], p.peerEnd[i], p.peerGroup[i] = int32(from), int32(to), int32(len(p.groupStart))
		}
		p.groupStart = append(p.groupStart, int32(from))
		from = to
	}
	p.groupStart = append(p.groupStart, int32(n))
}

// maxEntriesPerRow is how many entries a dictionary may have for each row of a partition: what looks at
// all entries would look at those of all partitions once for each.
const maxEntriesPerRow = 4

// column returns a column of the input for the rows of the partition.
func (p *partition) column(at int) vector.Vector {
	v, ok := p.columns[at]
	if !ok {
		v = vector.Slice(p.in.Columns[at], p.from, p.from+p.n)
		if d, ok := v.(*vector.Dictionary); ok && v.Type().Physical() != types.Nested && d.Values.Len() > maxEntriesPerRow*p.n {
			v = vector.Plain(v)
		}
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
	n := p.n
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
