package exec

import (
	"context"
	"io"

	"github.com/ctlake/ctlake/engine/expr"
	"github.com/ctlake/ctlake/engine/spill"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// graceJoin is a join whose right side does not fit in memory. Both sides are on disk, each row with
// its ordinal, partitioned by the hash of their keys:
//
//	left  ─► partitions ─┐  one after the other: the right rows, or as many as fit,
//	right ─► partitions ─┴► are held and the left ones passed along as in any join
//	                         ├─► pairs with left ordinals ──► merge by left ordinal
//	                         └─► right rows without a pair ─► merge by right ordinal, last
//
// A partition whose right rows do not fit is partitioned again; where that does not help (few different
// keys, no keys, or NULLs that make rows of all partitions meet, as in a mark join) its right rows are
// held chunk by chunk, and the left ones passed along each chunk.
type graceJoin struct {
	*joining
	node    *plan.Join
	rt      *Runtime
	input   Operator
	number  func() int64 // of the split of the batch that input gave last; nil if it does not matter
	own     *joining     // of rows with ordinals
	area    *spill.Area
	account account

	leftTypes, rightTypes, outTypes []types.Type
	splits                          []splitStart
	begun                           bool
	pairs, rest                     []*spill.Run
	out                             batches
	last                            bool // out gives the right rows without a pair
	waiting                         *vector.Batch
	current                         int64
}

// splitStart says from which ordinal on rows belong to a split.
type splitStart struct{ from, number int64 }

// ordinalColumn is a column of ordinals, which no expression refers to.
var ordinalColumn = plan.Column{ID: -1, Name: "ordinal", Type: types.TBigint}

func (b *builder) graceJoin(n *plan.Join, j *joining, input Operator, number func() int64) (*graceJoin, error) {
	left := append(append([]plan.Column{}, n.Left.Columns()...), ordinalColumn)
	right := append(append([]plan.Column{}, n.Right.Columns()...), ordinalColumn)
	own := *j
	own.unused = nil // of columns without ordinals
	own.leftTypes = columnTypes(left)
	if n.Residual != nil {
		var err error
		if own.residual, err = expr.Compile(n.Residual, append(append([]plan.Column{}, left...), right...), b.rt.Env); err != nil {
			return nil, err
		}
	}
	o := &graceJoin{joining: j, node: n, rt: b.rt, input: input, number: number, own: &own, area: j.right.area,
		account: j.right.held.account, leftTypes: columnTypes(left), rightTypes: columnTypes(right)}
	o.account.held = 0
	o.outTypes = append(append([]types.Type{}, o.leftTypes...), o.rightTypes...)
	if n.Kind == plan.MarkJoin {
		o.outTypes = append(append([]types.Type{}, o.leftTypes...), types.TBoolean)
	}
	return o, nil
}

// Next gives the pairs in the order of the left rows, those of one split at a time.
func (o *graceJoin) Next(ctx context.Context) (*vector.Batch, error) {
	if !o.begun {
		o.begun = true
		if err := o.run(ctx); err != nil {
			return nil, err
		}
	}
	for {
		if b := o.ofSplit(); b != nil {
			return o.shaped(b), nil
		}
		b, err := o.out.Next(ctx)
		if err == io.EOF && !o.last {
			o.last = true
			at := len(o.outTypes) - 1
			if o.out, err = mergeRuns(ctx, o.area, o.rest, o.outTypes, byOrdinal(at), o.rt.BatchRows, o.account.blockBytes()); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		o.waiting = b
	}
}

// ofSplit returns the waiting rows that belong to the next split.
func (o *graceJoin) ofSplit() *vector.Batch {
	b := o.waiting
	if b == nil || o.last || len(o.splits) == 0 {
		o.waiting = nil
		return b
	}
	own := ordinals(b, len(o.leftTypes)-1)
	for len(o.splits) > 1 && o.splits[1].from <= own[0] {
		o.splits = o.splits[1:]
	}
	o.current = o.splits[0].number
	n := b.N
	if len(o.splits) > 1 {
		for n = 1; n < b.N && own[n] < o.splits[1].from; n++ {
		}
	}
	if o.waiting = nil; n < b.N {
		o.waiting = sliceBatch(b, n, b.N)
		b = sliceBatch(b, 0, n)
	}
	return b
}

// shaped drops the ordinals.
func (o *graceJoin) shaped(b *vector.Batch) *vector.Batch {
	at := len(o.leftTypes) - 1
	out := &vector.Batch{N: b.N, Columns: append([]vector.Vector{}, b.Columns[:at]...)}
	rest := b.Columns[at+1:]
	if o.kind != plan.MarkJoin {
		rest = rest[:len(rest)-1]
	}
	out.Columns = append(out.Columns, rest...)
	return out
}

func (o *graceJoin) Close() error {
	o.account.release()
	return o.input.Close()
}

// withOrdinals puts ordinals behind the columns of b.
func withOrdinals(b *vector.Batch, next *int64) *vector.Batch {
	own := make([]int64, b.N)
	for i := range own {
		own[i] = *next
		*next++
	}
	return &vector.Batch{N: b.N, Columns: append(b.Columns[:len(b.Columns):len(b.Columns)], vector.NewFlat(types.TBigint, own, nil))}
}

// run joins everything.
func (o *graceJoin) run(ctx context.Context) error {
	var left sideRuns
	left.init(o.area, o.leftTypes, o.leftKeys, o.kind, o.account)
	defer left.release()
	next := int64(0)
	for {
		b, err := o.input.Next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if b.N == 0 {
			continue
		}
		if o.number != nil {
			if number := o.number(); len(o.splits) == 0 || o.splits[len(o.splits)-1].number != number {
				o.splits = append(o.splits, splitStart{next, number})
			}
		}
		if err := left.add(ctx, withOrdinals(b, &next)); err != nil {
			return err
		}
	}
	lefts, err := left.finish(ctx)
	if err != nil {
		return err
	}
	rights := o.right.disk
	for p := range lefts {
		if err := o.partition(ctx, lefts[p], rights[p], 1); err != nil {
			return err
		}
	}
	o.out, err = mergeRuns(ctx, o.area, o.pairs, o.outTypes, byOrdinal(len(o.leftTypes)-1), o.rt.BatchRows, o.account.blockBytes())
	return err
}

// sideRuns is a side of a join on its way to disk: partitioned by its keys, or one run.
type sideRuns struct {
	parts *partitions
	runs  [fanOut]*spill.Run
}

func (s *sideRuns) init(area *spill.Area, columns []types.Type, keys []int, kind plan.JoinKind, a account) {
	if len(keys) > 0 && kind != plan.MarkJoin {
		s.parts = newPartitions(columns, keys, 0, area, a)
		return
	}
	s.runs[0] = area.NewRun(columns)
}

func (s *sideRuns) add(ctx context.Context, b *vector.Batch) error {
	if s.parts != nil {
		return s.parts.add(ctx, b)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return spillError(s.runs[0].Add(b))
}

func (s *sideRuns) finish(ctx context.Context) ([fanOut]*spill.Run, error) {
	if s.parts != nil {
		if err := s.parts.flush(ctx); err != nil {
			return s.runs, err
		}
		s.runs = s.parts.runs
	}
	return s.runs, nil
}

func (s *sideRuns) release() {
	if s.parts != nil {
		s.parts.release()
	}
}

// partition joins a partition of both sides; nil is one without rows.
func (o *graceJoin) partition(ctx context.Context, left, right *spill.Run, depth int) error {
	if left == nil {
		left = o.area.NewRun(o.leftTypes)
	}
	if right == nil {
		right = o.area.NewRun(o.rightTypes)
	}
	if left.Rows() == 0 && !o.givesRight() || right.Rows() == 0 && (o.kind == plan.InnerJoin || o.kind == plan.RightJoin) {
		return nil
	}
	size := 2*right.RawBytes() + joinRowBytes*right.Rows()
	if size > o.account.allowance/2 && depth <= maxDepth && len(o.leftKeys) > 0 && o.kind != plan.MarkJoin {
		divided, err := o.divide(ctx, left, right, depth)
		if divided || err != nil {
			return err
		}
	}
	c := &chunks{o: o, reader: right.Reader()}
	rows, more, err := c.next(ctx)
	defer o.account.release()
	if err != nil {
		return err
	}
	if !more {
		return o.join(ctx, left, rows)
	}
	return o.byChunks(ctx, left, rows, c)
}

// divide partitions both sides once more and joins the parts; false if all right rows stay together.
func (o *graceJoin) divide(ctx context.Context, left, right *spill.Run, depth int) (bool, error) {
	rights, err := o.redistribute(ctx, right, o.rightTypes, o.rightKeys, depth)
	if err != nil {
		return false, err
	}
	for _, r := range rights {
		if r != nil && r.Rows() == right.Rows() {
			return false, nil
		}
	}
	lefts, err := o.redistribute(ctx, left, o.leftTypes, o.leftKeys, depth)
	if err != nil {
		return false, err
	}
	for p := range lefts {
		if err := o.partition(ctx, lefts[p], rights[p], depth+1); err != nil {
			return false, err
		}
	}
	return true, nil
}

func (o *graceJoin) redistribute(ctx context.Context, run *spill.Run, columns []types.Type, keys []int, depth int) ([fanOut]*spill.Run, error) {
	parts := newPartitions(columns, keys, depth, o.area, o.account)
	defer parts.release()
	reader := run.Reader()
	for {
		b, err := reader.Next()
		if err == io.EOF {
			err = parts.flush(ctx)
			return parts.runs, err
		}
		if err != nil {
			return parts.runs, spillError(err)
		}
		if err := parts.add(ctx, b); err != nil {
			return parts.runs, err
		}
	}
}

// chunks reads as many right rows at a time as fit in memory.
type chunks struct {
	o      *graceJoin
	reader *spill.Reader
	ahead  *vector.Batch
}

// next returns the next rows, nil if there are none, and whether there are more. They are charged until release.
func (c *chunks) next(ctx context.Context) (rows *vector.Batch, more bool, err error) {
	o := c.o
	var held []*vector.Batch
	n, bytes := 0, int64(0)
	for {
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		b := c.ahead
		if c.ahead = nil; b == nil {
			if b, err = c.reader.Next(); err == io.EOF {
				break
			}
			if err != nil {
				return nil, false, spillError(err)
			}
		}
		size := (&sizer{}).bytes(b) + plainBytes(b) + joinRowBytes*int64(b.N)
		if n > 0 && bytes+size > o.account.allowance/2 {
			c.ahead, more = b, true
			break
		}
		held, n, bytes = append(held, b), n+b.N, bytes+size
		o.account.force(bytes)
	}
	if n == 0 {
		return nil, false, nil
	}
	rows, err = concat(ctx, o.rightTypes, held, n)
	return rows, more, err
}

// joinRowBytes is about what a right row costs beside its values: its place in the table of keys and in a chain.
const joinRowBytes = 64

// join joins left rows with right rows that are held.
func (o *graceJoin) join(ctx context.Context, left *spill.Run, rows *vector.Batch) error {
	j := *o.own
	return o.passAlong(ctx, &j, left, rows, func(b *vector.Batch) error { return nil })
}

// passAlong runs a join over left rows and writes what it gives.
func (o *graceJoin) passAlong(ctx context.Context, j *joining, left *spill.Run, rows *vector.Batch, note func(*vector.Batch) error) error {
	if rows == nil {
		rows = emptyBatch(o.rightTypes)
	}
	held, err := buildRight(ctx, rows, o.rightTypes, o.rightKeys, o.right.plain, 1)
	if err != nil {
		return err
	}
	if o.givesRight() {
		held.paired = vector.NewBitmap(rows.N)
	}
	o.account.force(o.account.held + held.groups.bytes())
	j.against(held)
	j.batchRows = min(max(o.rt.BatchRows, vector.DefaultBatchRows), maxBlockRows)
	op := j.over(&runRows{reader: left.Reader()})
	pairs, rest := o.area.NewRun(o.outTypes), o.area.NewRun(o.outTypes)
	for {
		b, err := op.Next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if b.N == 0 {
			continue
		}
		if err := note(b); err != nil {
			return err
		}
		to := pairs
		if b.Columns[len(o.leftTypes)-1].Nulls().Has(0) { // right rows without a pair come in batches of their own
			to = rest
		}
		if err := to.Add(b); err != nil {
			return spillError(err)
		}
	}
	if pairs.Rows() > 0 {
		o.pairs = append(o.pairs, pairs)
	}
	if rest.Rows() > 0 {
		o.rest = append(o.rest, rest)
	}
	return nil
}

func emptyBatch(columns []types.Type) *vector.Batch {
	b := &vector.Batch{}
	for _, t := range columns {
		b.Columns = append(b.Columns, vector.NewBuilder(t, 0).Build())
	}
	return b
}

// byChunks joins left rows with right ones of which a part is held at a time.
func (o *graceJoin) byChunks(ctx context.Context, left *spill.Run, rows *vector.Batch, c *chunks) error {
	if o.kind == plan.MarkJoin {
		return o.markByChunks(ctx, left, rows, c)
	}
	j := *o.own
	outer := o.kind == plan.LeftJoin || o.kind == plan.FullJoin
	switch o.kind {
	case plan.LeftJoin:
		j.kind = plan.InnerJoin
	case plan.FullJoin:
		j.kind = plan.RightJoin
	}
	paired := map[int64]struct{}{}
	at := len(o.leftTypes) - 1
	for {
		chunk := j
		err := o.passAlong(ctx, &chunk, left, rows, func(b *vector.Batch) error {
			if !outer || b.Columns[at].Nulls().Has(0) {
				return nil
			}
			before := len(paired)
			for _, ordinal := range ordinals(b, at) {
				paired[ordinal] = struct{}{}
			}
			o.account.force(o.account.held + int64(len(paired)-before)*(8+mapSlotBytes))
			return nil
		})
		if err != nil {
			return err
		}
		o.account.force(int64(len(paired)) * (8 + mapSlotBytes))
		var more bool
		if rows, more, err = c.next(ctx); err != nil {
			return err
		}
		if rows == nil && !more {
			break
		}
	}
	if !outer {
		return nil
	}
	alone := o.area.NewRun(o.outTypes)
	reader := left.Reader()
	for {
		b, err := reader.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return spillError(err)
		}
		var rows []int32
		for i, ordinal := range ordinals(b, at) {
			if _, ok := paired[ordinal]; !ok {
				rows = append(rows, int32(i))
			}
		}
		b = gatherBatch(b, rows)
		for _, t := range o.rightTypes {
			b.Columns = append(b.Columns, vector.NewNull(t, b.N))
		}
		if err := alone.Add(b); err != nil {
			return spillError(err)
		}
	}
	o.pairs = append(o.pairs, alone)
	return nil
}

// markByChunks marks left rows by what is surest of all chunks.
func (o *graceJoin) markByChunks(ctx context.Context, left *spill.Run, rows *vector.Batch, c *chunks) error {
	marks := make([]uint8, left.Rows())
	for more := true; rows != nil; {
		held, err := buildRight(ctx, rows, o.rightTypes, o.rightKeys, o.right.plain, 1)
		if err != nil {
			return err
		}
		o.account.force(o.account.held + held.groups.bytes() + int64(len(marks)))
		j := *o.own
		j.against(held)
		m := &markJoin{&hashJoin{joining: &j, left: &runRows{reader: left.Reader()}}}
		for at := 0; ; {
			some, err := m.marks(ctx)
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
			for i, mark := range some {
				marks[at+i] = max(marks[at+i], mark)
			}
			at += len(some)
		}
		o.account.force(int64(len(marks)))
		if !more {
			break
		}
		if rows, more, err = c.next(ctx); err != nil {
			return err
		}
	}
	out := o.area.NewRun(o.outTypes)
	reader := left.Reader()
	for at := 0; ; {
		b, err := reader.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return spillError(err)
		}
		b.Columns = append(b.Columns, markVector(marks[at:at+b.N]))
		at += b.N
		if err := out.Add(b); err != nil {
			return spillError(err)
		}
	}
	o.pairs = append(o.pairs, out)
	return nil
}

// runRows gives the rows of a run.
type runRows struct{ reader *spill.Reader }

func (o *runRows) Next(ctx context.Context) (*vector.Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b, err := o.reader.Next()
	if err == io.EOF {
		return nil, err
	}
	return b, spillError(err)
}

func (o *runRows) Close() error { return nil }
