package exec

import (
	"context"
	"math"
	"sort"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// frames returns the frame of each row: start[i] up to end[i]-1, within the partition. It holds until the next call.
func (c *windowCall) frames(p *partition) (start, end []int32, err error) {
	n := p.n
	start, end = p.scratch[3][:n], p.scratch[4][:n]
	first, err := c.bound(p, c.call.Frame.Start, c.start, true)
	if err != nil {
		return nil, nil, err
	}
	last, err := c.bound(p, c.call.Frame.End, c.end, false)
	if err != nil {
		return nil, nil, err
	}
	for i := range n {
		start[i] = int32(min(max(first(i), 0), int64(n)))
		end[i] = int32(min(max(last(i), 0), int64(n)))
		if end[i] < start[i] {
			end[i] = start[i]
		}
	}
	return start, end, nil
}

// bound returns the function that gives one end of the frame of a row: its first
// row, or the row after its last.
func (c *windowCall) bound(p *partition, kind plan.BoundKind, at boundColumns, isStart bool) (func(i int) int64, error) {
	n := int64(p.n)
	switch kind {
	case plan.UnboundedPreceding:
		return func(int) int64 { return 0 }, nil
	case plan.UnboundedFollowing:
		return func(int) int64 { return n }, nil
	case plan.CurrentRow:
		switch {
		case c.call.Frame.Mode == plan.FrameRows && isStart:
			return func(i int) int64 { return int64(i) }, nil
		case c.call.Frame.Mode == plan.FrameRows:
			return func(i int) int64 { return int64(i) + 1 }, nil
		case isStart:
			return func(i int) int64 { return int64(p.peerStart[i]) }, nil
		}
		return func(i int) int64 { return int64(p.peerEnd[i]) }, nil
	}
	if c.call.Frame.Mode == plan.FrameRange {
		return c.rangeBound(p, at, isStart)
	}
	offset, err := c.offsets(p, at.offset)
	if err != nil {
		return nil, err
	}
	sign := int64(1)
	if kind == plan.Preceding {
		sign = -1
	}
	after := int64(1) // the end of a frame is the row after its last
	if isStart {
		after = 0
	}
	if c.call.Frame.Mode == plan.FrameRows {
		return func(i int) int64 { return int64(i) + sign*offset(i) + after }, nil
	}
	groups := int64(len(p.groupStart) - 1)
	return func(i int) int64 {
		g := int64(p.peerGroup[i]) + sign*offset(i) + after
		return int64(p.groupStart[min(max(g, 0), groups)])
	}, nil
}

// rangeBound returns the function that finds the end of a RANGE frame by the value that it
// reaches to. A row whose sort key is NULL has its peers for a frame, and is in no other row's.
func (c *windowCall) rangeBound(p *partition, at boundColumns, isStart bool) (func(i int) int64, error) {
	valid := vector.ViewOf[bool](p.column(at.offset))
	for i := range valid.At {
		if valid.Nulls.Has(i) || !valid.Get(i) {
			return nil, sql.Errorf(sql.INVALID_WINDOW_FRAME, sql.Pos{}, "Window frame offset value must not be negative or null")
		}
	}
	keys, values := p.column(at.key), p.column(at.value)
	nulls := keys.Nulls()
	from, to := 0, p.n // the rows whose key is not NULL
	for from < to && nulls.Has(from) {
		from++
	}
	for to > from && nulls.Has(to-1) {
		to--
	}
	compare := vector.Comparer(keys.Type())
	descending := c.descending
	return func(i int) int64 {
		switch {
		case nulls.Has(i) && isStart:
			return int64(p.peerStart[i])
		case nulls.Has(i):
			return int64(p.peerEnd[i])
		}
		n := sort.Search(to-from, func(j int) bool {
			order := compare(keys, from+j, values, i)
			if descending {
				order = -order
			}
			return order > 0 || isStart && order == 0
		})
		return int64(from + n)
	}, nil
}

var errFrameOffset = sql.Errorf(sql.INVALID_WINDOW_FRAME, sql.Pos{}, "Window frame offset value must not be negative or null")

// offsets returns the offset of each row, which may not be NULL or negative.
// Offsets beyond any partition are cut, so that sums cannot overflow.
func (c *windowCall) offsets(p *partition, at int) (func(i int) int64, error) {
	w := vector.ViewOf[int64](p.column(at))
	for i := range w.At {
		if w.Nulls.Has(i) || w.Get(i) < 0 {
			return nil, errFrameOffset
		}
	}
	return func(i int) int64 { return min(w.Get(i), math.MaxInt32) }, nil
}

// overFrames evaluates an aggregate over the frame of each row. Where a frame
// begins like the one before and reaches further, only the rows that are new are added.
func (c *windowCall) overFrames(ctx context.Context, fc *function.Context, p *partition, start, end []int32) (vector.Vector, error) {
	a := c.aggregate
	n := p.n
	columns := make([]vector.Vector, len(p.in.Columns))
	var used []int
	use := func(at int) {
		if at >= 0 && columns[at] == nil {
			columns[at] = p.column(at)
			used = append(used, at)
		}
	}
	for _, at := range a.args {
		use(at)
	}
	for _, at := range a.order.at {
		use(at)
	}
	use(a.filter)
	all := &vector.Batch{Columns: columns, N: n}
	if a.distinct || len(a.order.at) > 0 {
		return c.overChosen(ctx, fc, all, start, end)
	}
	var (
		results  = frameResults{typ: a.fn.Result, room: c.room}
		s        *state
		from, to int32 // what s has seen
		part     = &vector.Batch{Columns: make([]vector.Vector, len(columns))}
	)
	for i := range n {
		if i%vector.DefaultBatchRows == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		if s != nil && start[i] == from && end[i] == to {
			results.again()
			continue
		}
		if s == nil || start[i] != from || end[i] < to {
			acc, err := a.fn.Overload.New(a.binding)
			if err != nil {
				return nil, err
			}
			acc.Grow(1)
			s = &state{aggregate: a, acc: acc}
			from, to = start[i], start[i]
		}
		if end[i] > to {
			for _, at := range used {
				part.Columns[at] = vector.Slice(columns[at], int(to), int(end[i]))
			}
			part.N = int(end[i] - to)
			if err := s.add(ctx, fc, part, make([]int32, part.N)); err != nil {
				return nil, err
			}
			to = end[i]
		}
		v, err := s.acc.Result(0, 1)
		if err != nil {
			return nil, err
		}
		if err := results.add(v); err != nil {
			return nil, err
		}
	}
	return results.concat(), nil
}

// maxFrameParts is how many results of frames wait to be put together.
const maxFrameParts = 1 << 12

// frameResults are the results of rows, one after the other.
type frameResults struct {
	typ     types.Type
	room    func(bytes int64) error // fails if they have no room in the budget
	chunks  []vector.Vector         // parts that were put together
	parts   []vector.Vector
	repeat  int   // rows whose result is that of the last part
	held    int64 // bytes of chunks
	waiting int64 // bytes of parts
}

func (r *frameResults) add(v vector.Vector) error {
	r.flush()
	if len(r.parts) == maxFrameParts {
		chunk := vector.Concat(r.typ, r.parts...)
		r.chunks, r.parts = append(r.chunks, chunk), nil
		r.held, r.waiting = r.held+vector.Bytes(chunk), 0
	}
	r.parts = append(r.parts, v)
	r.waiting += vector.Bytes(v)
	return r.room(r.held + r.waiting)
}

// again repeats the result of the row before.
func (r *frameResults) again() { r.repeat++ }

func (r *frameResults) flush() {
	if last := len(r.parts) - 1; r.repeat > 0 {
		r.parts[last] = vector.NewConstant(r.parts[last], r.repeat+1)
		r.repeat = 0
	}
}

func (r *frameResults) concat() vector.Vector {
	r.flush()
	return vector.Concat(r.typ, append(r.chunks, r.parts...)...)
}
