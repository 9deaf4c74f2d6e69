package exec

import (
	"context"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ctlake/ctlake/engine/expr"
	"github.com/ctlake/ctlake/engine/spill"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// joining is a Join compiled for one worker.
//
// The right rows are held, those of one key listed side by side, and left ones passed along:
//
//	right keys ── grouper ──► group ──► starts[group] ─► order: row row row … (in the order of the right input)
//
// Pairs come in the order of the left rows; right rows that an outer join must
// give come last. A cross join is one without keys: all right rows are of one group.
type joining struct {
	kind      plan.JoinKind
	leftKeys  []int
	rightKeys []int
	residual  *expr.Evaluator // nil for none
	leftTypes []types.Type
	batchRows int
	right     *rightSide
	// unused are the columns, left ones first, that nobody above looks at: they come as NULLs. nil for none.
	unused []bool
	memos  []entryMemo // of the keys; nil if dictionaries are looked at as any other vector
}

// rightSide is the right input of a join, which all workers share. The first that
// needs it reads it.
type rightSide struct {
	input Operator
	keys  []int
	plain bool // dictionaries are grouped as any other vector
	// workers are how many goroutines make the table of keys; 0 is one.
	workers int
	held    *buffer
	area    *spill.Area        // of rows that do not fit in memory; nil: that is an error
	kind    plan.JoinKind      // how they are written there
	types   []types.Type       // with ordinals
	disk    [fanOut]*spill.Run // where they are, if large
	large   bool               // the rows did not fit; there is nothing built

	sets []*keySet // what scans of the left side are told of the keys by; nil for none

	mu    sync.Mutex
	built *built
	err   error
}

// built is the right side once it was read. It does not change, but for paired, of which workers
// set bits at the same time.
type built struct {
	rows    *vector.Batch
	groups  *grouper
	starts  []int32       // where the rows of each group begin in order; one more than groups
	order   []int32       // the rows without a NULL key, group by group
	paired  vector.Bitmap // right rows that were given; nil unless the join needs to know
	nulls   []int32       // right rows with a NULL key, or a NULL within one
	compare []int         // keys whose equality is to be checked again, NULLs may hide in them
}

// get returns the right side, reading it if no one has.
func (r *rightSide) get(ctx context.Context) (*built, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.built == nil && r.err == nil {
		r.built, r.err = r.build(ctx)
	}
	return r.built, r.err
}

func (r *rightSide) build(ctx context.Context) (*built, error) {
	if err := r.read(ctx); err != nil {
		return nil, err
	}
	if err := r.input.Close(); err != nil {
		return nil, err
	}
	if r.large {
		return &built{}, nil
	}
	rows, err := r.held.joinForced(ctx)
	if err != nil {
		return nil, err
	}
	b, err := buildRight(ctx, rows, r.held.types, r.keys, r.plain, r.workers)
	if err != nil {
		return nil, err
	}
	publish(r.sets, b.groups.keys)
	if r.kind == plan.RightJoin || r.kind == plan.FullJoin {
		b.paired = vector.NewBitmap(rows.N)
	}
	return b, r.held.account.must(r.held.account.held + b.groups.bytes() + 12*int64(rows.N))
}

// read takes in the rows: in memory, or all on disk if they do not fit.
func (r *rightSide) read(ctx context.Context) error {
	if r.area == nil || r.held.account.allowance == noAllowance {
		return r.held.addAll(ctx, r.input)
	}
	var disk sideRuns
	defer disk.release()
	plain, next := int64(0), int64(0)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := r.input.Next(ctx)
		if err == io.EOF {
			if r.large {
				r.disk, err = disk.finish(ctx)
				return err
			}
			return nil
		}
		if err != nil {
			return err
		}
		if b.N == 0 {
			continue
		}
		if !r.large {
			plain += plainBytes(b) + joinRowBytes*int64(b.N)
			fits, err := r.held.fits(b, plain)
			if err != nil {
				return err
			}
			if fits {
				continue
			}
			r.large = true
			disk.init(r.area, r.types, r.keys, r.kind, r.held.account)
			for _, held := range r.held.batches {
				if err := disk.add(ctx, withOrdinals(held, &next)); err != nil {
					return err
				}
			}
			r.held.release()
		}
		if err := disk.add(ctx, withOrdinals(b, &next)); err != nil {
			return err
		}
	}
}

// buildRight makes the table of keys over right rows that are held, on so many goroutines.
func buildRight(ctx context.Context, rows *vector.Batch, columns []types.Type, at []int, plain bool, workers int) (*built, error) {
	b := &built{rows: rows}
	keys := make([]types.Type, len(at))
	for i, k := range at {
		keys[i] = columns[k]
		if keys[i].Physical() == types.Nested {
			b.compare = append(b.compare, i)
		}
	}
	b.groups = newGrouper(keys, plain)
	own := pick(b.rows, at)
	var null vector.Bitmap
	for _, c := range own {
		null = vector.Or(null, c.Nulls(), b.rows.N)
	}
	together, err := b.groups.groupTogether(ctx, own, b.rows.N, workers)
	if err != nil {
		return nil, err
	}
	if together != nil {
		err = b.listTogether(ctx, together, null, workers)
	} else {
		var numbers []int32
		if numbers, err = b.groups.groupAll(ctx, own, b.rows.N); err == nil {
			b.list(numbers, null)
		}
	}
	if err != nil {
		return nil, err
	}
	for _, k := range b.compare {
		null = vector.Or(null, nullsWithin(own[k]), b.rows.N)
	}
	for i := range b.rows.N {
		if null.Has(i) {
			b.nulls = append(b.nulls, int32(i))
		}
	}
	return b, nil
}

// list puts the rows in the order of their groups, NULL keys left out.
func (b *built) list(groups []int32, null vector.Bitmap) {
	b.starts = make([]int32, b.groups.n+1)
	for i, g := range groups {
		if !null.Has(i) {
			b.starts[g+1]++
		}
	}
	for g := range b.groups.n {
		b.starts[g+1] += b.starts[g]
	}
	b.order = make([]int32, b.starts[b.groups.n])
	next := slices.Clone(b.starts)
	for i, g := range groups {
		if !null.Has(i) {
			b.order[next[g]] = int32(i)
			next[g]++
		}
	}
}

// of returns the rows of a group, -1 being none.
func (b *built) of(group int32) []int32 {
	if group < 0 {
		return nil
	}
	return b.order[b.starts[group]:b.starts[group+1]]
}

// nullsWithin returns the rows of which a part is NULL: they are not known to be equal to themselves.
func nullsWithin(v vector.Vector) vector.Bitmap {
	out := vector.NewBitmap(v.Len())
	for i := range v.Len() {
		if _, known := vector.Equal3(v, i, v, i); !known {
			out.Set(i)
		}
	}
	return out
}

// close gives the right side up, once no worker uses it.
func (r *rightSide) close() error {
	r.held.release()
	r.built = nil
	err := r.input.Close()
	if r.area != nil {
		if e := r.area.Close(); err == nil {
			err = e
		}
	}
	return err
}

// rightSide builds the right input of a join.
func (b *builder) rightSide(n *plan.Join) (*rightSide, error) {
	keys, err := positions(n.Right.Columns(), n.RightKeys)
	if err != nil {
		return nil, err
	}
	input, err := b.build(n.Right)
	if err != nil {
		return nil, err
	}
	r := &rightSide{input: input, keys: keys, kind: n.Kind, plain: b.rt.Env.NoDictionaries, workers: b.rt.Workers,
		held: newBuffer(n.Right.Columns(), b.rt.account(n, "a join"))}
	if b.rt.Spill != nil {
		r.area = b.rt.area(n)
		r.types = append(columnTypes(n.Right.Columns()), types.TBigint)
	}
	return r, nil
}

// joining compiles a join for one worker.
func (b *builder) joining(n *plan.Join, right *rightSide) (*joining, error) {
	j := &joining{kind: n.Kind, rightKeys: right.keys, batchRows: b.rt.BatchRows, right: right}
	var err error
	if j.leftKeys, err = positions(n.Left.Columns(), n.LeftKeys); err != nil {
		return nil, err
	}
	if !b.rt.Env.NoDictionaries {
		j.memos = make([]entryMemo, len(j.leftKeys))
	}
	if n.Residual != nil {
		columns := append(append([]plan.Column{}, n.Left.Columns()...), n.Right.Columns()...)
		if j.residual, err = expr.Compile(n.Residual, columns, b.rt.Env); err != nil {
			return nil, err
		}
	}
	for _, c := range n.Left.Columns() {
		j.leftTypes = append(j.leftTypes, c.Type)
	}
	if needed, ok := b.needed[n]; ok {
		j.unused = make([]bool, 0, len(n.Left.Columns())+len(n.Right.Columns()))
		for _, side := range n.Inputs() {
			for _, c := range side.Columns() {
				j.unused = append(j.unused, !needed[c.ID])
			}
		}
	}
	return j, nil
}

// against makes rows that are held the right side.
func (j *joining) against(held *built) {
	j.right = &rightSide{built: held, keys: j.rightKeys}
	if j.memos != nil {
		j.memos = make([]entryMemo, len(j.leftKeys)) // the keys have other numbers
	}
}

// over returns the join of left. Closing it closes left, and leaves the right side open.
func (j *joining) over(left Operator) Operator {
	h := &hashJoin{joining: j, left: left}
	if j.kind == plan.MarkJoin {
		return &markJoin{h}
	}
	return &pairJoin{hashJoin: h}
}

// join makes a join that is no part of a fragment.
//
// If its left input is one, workers pair the rows of their splits, and mark the right rows that they paired. The
// others are given once all workers have ended.
func (b *builder) join(n *plan.Join) (Operator, error) {
	_, parallel := fragmentScan(n.Left)
	var first []*keySet
	if !parallel {
		first = b.tellRight(n)
	}
	right, err := b.rightSide(n)
	if err != nil {
		return nil, err
	}
	j, err := b.joining(n, right)
	if err != nil {
		_ = right.close() // err says more
		return nil, err
	}
	b.tellLeft(n, right, nil)
	var left Operator
	if parallel {
		left, err = b.gather(n.Left, func(o Operator) Operator {
			if right.large {
				return o
			}
			own, err := b.joining(n, right) // evaluators are for one worker
			if err != nil {
				return &failing{o, err}
			}
			return &pairJoin{hashJoin: &hashJoin{joining: own, left: o}, pairsOnly: true}
		})
	} else {
		left, err = b.build(n.Left)
	}
	if err != nil {
		_ = right.close() // err says more
		return nil, err
	}
	if first != nil {
		left = b.leftFirst(n, left, first)
	}
	return &closing{&anyJoin{builder: b, node: n, joining: j, left: left, parallel: parallel}, right.close}, nil
}

// failing is an operator that could not be made.
type failing struct {
	Operator
	err error
}

func (o *failing) Next(context.Context) (*vector.Batch, error) { return nil, o.err }

// anyJoin is a join in memory or on disk, as its right side turns out to be.
type anyJoin struct {
	builder *builder
	node    *plan.Join
	joining *joining
	left    Operator
	join    Operator // nil before the first Next
	// parallel: left gives pairs, if the right side is held in memory.
	parallel bool
}

func (o *anyJoin) Next(ctx context.Context) (*vector.Batch, error) {
	if o.join == nil {
		if first, ok := o.left.(*leftFirst); ok {
			if err := first.read(ctx); err != nil {
				return nil, err
			}
		}
		built, err := o.joining.right.get(ctx)
		if err != nil {
			return nil, err
		}
		switch {
		case !o.joining.right.large && o.parallel:
			o.join = &pairsThenRest{pairs: o.left, rest: unpaired{joining: o.joining, built: built}}
		case !o.joining.right.large && o.joining.few(built, o.builder.rt.Workers):
			if o.join, err = o.builder.pairsByBatch(o.node, o.joining, o.left, built); err != nil {
				return nil, err
			}
		case !o.joining.right.large:
			o.join = o.joining.over(o.left)
		default:
			join, err := o.builder.graceJoin(o.node, o.joining, o.left, nil)
			if err != nil {
				return nil, err
			}
			o.join = join
		}
	}
	return o.join.Next(ctx)
}

func (o *anyJoin) Close() error {
	if o.join != nil {
		return o.join.Close()
	}
	return o.left.Close()
}

// closing is an operator that gives up something more when it is closed.
type closing struct {
	Operator
	more func() error
}

func (o *closing) Close() error {
	err := o.Operator.Close()
	if e := o.more(); err == nil {
		err = e
	}
	return err
}

// hashJoin is a join of one left input.
type hashJoin struct {
	*joining
	left  Operator
	built *built

	batch   *vector.Batch // of the left input, of which the rows from row on remain
	groups  []int32       // of the rows of batch, -1 for none
	scratch []int32
	row     int
	waiting []int32 // the right rows that row is still to be paired with
	entered bool    // waiting is set for row
	matched bool    // row was paired
}

// start makes sure of the right side.
func (o *hashJoin) start(ctx context.Context) (err error) {
	if o.built == nil {
		o.built, err = o.right.get(ctx)
	}
	return err
}

// probe takes the next left batch.
func (o *hashJoin) probe(ctx context.Context) error {
	b, err := o.left.Next(ctx)
	if err != nil {
		return err
	}
	o.batch, o.row, o.entered, o.matched = b, 0, false, false
	o.groups = grow(o.groups, b.N)
	o.scratch = grow(o.scratch, b.N)
	o.find(b)
	return nil
}

// find sets groups to those of the rows of b.
func (o *hashJoin) find(b *vector.Batch) {
	groups := o.built.groups
	if o.memos == nil {
		groups.find(pick(b, o.leftKeys), b.N, o.groups, o.scratch)
		return
	}
	groups.findBy(func(k int, out []int32) {
		var known *keyValues
		if o.right.sets != nil && o.right.sets[k] != nil {
			known = o.right.sets[k].known.Load()
		}
		o.memos[k].find(groups.keys[k], known, b.Columns[o.leftKeys[k]], out)
	}, b.N, o.groups, o.scratch)
}

// candidates returns up to batchRows pairs of rows with equal keys. With marks set,
// each left row ends with a pair without a right row (-1).
func (o *hashJoin) candidates(marks bool) (left, right []int32) {
	left, right = make([]int32, 0, o.batchRows), make([]int32, 0, o.batchRows)
	for o.row < o.batch.N && len(left) < o.batchRows {
		if !o.entered {
			o.entered, o.waiting = true, o.built.of(o.groups[o.row])
		}
		n := min(len(o.waiting), o.batchRows-len(left))
		for range n {
			left = append(left, int32(o.row))
		}
		right = append(right, o.waiting[:n]...)
		if o.waiting = o.waiting[n:]; len(o.waiting) > 0 {
			break
		}
		if marks {
			left, right = append(left, int32(o.row)), append(right, -1)
		}
		o.row++
		o.entered = false
	}
	return left, right
}

// pairs returns the rows of both sides side by side; right rows may be -1.
func (o *hashJoin) pairs(left, right []int32) *vector.Batch { return o.pairsBut(left, right, nil) }

// pairsBut is pairs with NULLs for columns that are not used.
func (o *hashJoin) pairsBut(left, right []int32, unused []bool) *vector.Batch {
	b := &vector.Batch{Columns: make([]vector.Vector, 0, len(o.batch.Columns)+len(o.built.rows.Columns)), N: len(left)}
	add := func(columns []vector.Vector, rows []int32) {
		for _, c := range columns {
			if at := len(b.Columns); at < len(unused) && unused[at] {
				b.Columns = append(b.Columns, vector.NewNull(c.Type(), len(rows)))
			} else {
				b.Columns = append(b.Columns, vector.Repeat(c, rows))
			}
		}
	}
	add(o.batch.Columns, left)
	add(o.built.rows.Columns, right)
	return b
}

// sameKeys reports whether the keys that need it are equal, not just not distinct.
func (o *hashJoin) sameKeys(left, right int32) (equal, known bool) {
	known = true
	for _, k := range o.built.compare {
		e, ok := vector.Equal3(o.batch.Columns[o.leftKeys[k]], int(left), o.built.rows.Columns[o.rightKeys[k]], int(right))
		if ok && !e {
			return false, true
		}
		known = known && ok
	}
	return known, known
}

func (o *hashJoin) Close() error {
	o.built = nil
	return o.left.Close()
}

// pairJoin is an inner, left, right, full or cross join.
type pairJoin struct {
	*hashJoin
	pairsOnly bool      // someone else gives the right rows without a pair
	rest      *unpaired // nil before the last pair
}

func (o *pairJoin) Next(ctx context.Context) (*vector.Batch, error) {
	if err := o.start(ctx); err != nil {
		return nil, err
	}
	outer := o.kind == plan.LeftJoin || o.kind == plan.FullJoin
	for o.rest == nil {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if o.built.rows.N == 0 && !outer {
			return nil, io.EOF
		}
		if o.batch == nil || o.row == o.batch.N {
			err := o.probe(ctx)
			if err == io.EOF {
				o.rest = &unpaired{joining: o.joining, built: o.built}
				break
			}
			if err != nil {
				return nil, err
			}
		}
		left, right := o.candidates(outer)
		left, right, err := o.keep(left, right)
		if err != nil {
			return nil, err
		}
		if len(left) > 0 {
			return o.pairsBut(left, right, o.unused), nil
		}
	}
	if o.pairsOnly {
		return nil, io.EOF
	}
	return o.rest.next()
}

// keep returns the pairs that are in the result.
func (o *pairJoin) keep(left, right []int32) ([]int32, []int32, error) {
	hit, err := o.check(left, right)
	if err != nil {
		return nil, nil, err
	}
	n := 0
	for i, r := range right {
		switch {
		case r < 0: // the end of a left row
			if o.matched {
				o.matched = false
				continue
			}
		case hit != nil && !hit[i]:
			continue
		default:
			o.matched = true
			if o.built.paired != nil {
				setShared(o.built.paired, int(r))
			}
		}
		left[n], right[n] = left[i], r
		n++
	}
	return left[:n], right[:n], nil
}

// check evaluates what is to be true of a pair beyond its keys; nil means that all pairs pass.
func (o *pairJoin) check(left, right []int32) ([]bool, error) {
	if o.residual == nil && o.built.compare == nil {
		return nil, nil
	}
	hit := make([]bool, len(right))
	var at, l, r []int32
	for i := range right {
		if right[i] < 0 {
			continue
		}
		if equal, _ := o.sameKeys(left[i], right[i]); equal {
			at, l, r = append(at, int32(i)), append(l, left[i]), append(r, right[i])
		}
	}
	if o.residual == nil {
		for _, i := range at {
			hit[i] = true
		}
		return hit, nil
	}
	if len(at) == 0 {
		return hit, nil
	}
	rows, all, err := o.residual.Select(o.pairs(l, r))
	if err != nil {
		return nil, err
	}
	if all {
		for _, i := range at {
			hit[i] = true
		}
	}
	for _, k := range rows {
		hit[at[k]] = true
	}
	return hit, nil
}

// setShared adds row i to a bitmap that others may be adding rows to.
func setShared(b vector.Bitmap, i int) {
	word, bit := &b[i>>6], uint64(1)<<(uint(i)&63)
	if atomic.LoadUint64(word)&bit == 0 {
		atomic.OrUint64(word, bit)
	}
}

// givesRight reports whether the join gives right rows that no left row matches.
func (j *joining) givesRight() bool { return j.kind == plan.RightJoin || j.kind == plan.FullJoin }

// unpaired gives the right rows that no left row was paired with, where the join gives them.
type unpaired struct {
	*joining
	built *built
	at    int
}

func (u *unpaired) next() (*vector.Batch, error) {
	if u.built.paired == nil {
		return nil, io.EOF
	}
	var rows []int32
	for ; u.at < u.built.rows.N && len(rows) < u.batchRows; u.at++ {
		if !u.built.paired.Has(u.at) {
			rows = append(rows, int32(u.at))
		}
	}
	if len(rows) == 0 {
		return nil, io.EOF
	}
	b := &vector.Batch{N: len(rows)}
	for _, t := range u.leftTypes {
		b.Columns = append(b.Columns, vector.NewNull(t, len(rows)))
	}
	b.Columns = append(b.Columns, gatherBatch(u.built.rows, rows).Columns...)
	return b, nil
}

// pairsThenRest gives the pairs that workers find, and then the right rows without one.
type pairsThenRest struct {
	pairs Operator
	rest  unpaired
	ended bool // there are no more pairs
}

func (o *pairsThenRest) Next(ctx context.Context) (*vector.Batch, error) {
	for !o.ended {
		b, err := o.pairs.Next(ctx)
		if err == nil {
			return b, nil
		}
		if err != io.EOF {
			return nil, err
		}
		o.ended = true
	}
	return o.rest.next()
}

func (o *pairsThenRest) Close() error { return o.pairs.Close() }
