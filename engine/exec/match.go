package exec

import (
	"context"
	"slices"

	"github.com/ctlake/ctlake/engine/expr"
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// matchRecognize finds matches of a pattern. Like a window it holds all rows and sorts them by partition
// and ORDER BY; it then goes through one partition after the other:
//
//	rows ── sort ──► partition ── matcher ──► labels of a match ── pointers ──► measures
//	                   A B B C                 A=0 B=1 B=1 C=2     LAST(B.x): row 2
//
// A pointer says of which row an expression takes a value; expressions are then evaluated over columns of these.
type matchRecognize struct {
	input     Operator
	node      *plan.MatchRecognize
	rt        *Runtime
	partition []int
	order     ordering
	emit      []int
	offset    int // of a window's frame; -1 for none
	code      []patternInstruction
	pointers  []*patternPointer
	measures  []*expr.Evaluator
	defines   []*patternDefine // by variable; nil for those without a condition
	rows      *partitionedRows
}

// patternPointer is a plan.PatternPointer with its columns found.
type patternPointer struct {
	*plan.PatternPointer
	source    int
	counts    []bool // by variable: its rows count; nil for all
	aggregate *aggregate
	args      []*expr.Evaluator // columns of the aggregate's arguments
	reads     []bool            // which columns of the input args read
	grown     grownAggregate
}

// grownAggregate is an aggregate with the rows that it has seen.
type grownAggregate struct {
	state  *state // nil for none yet
	start  int
	number int64
	labels []int32 // of the rows from start on
}

// patternDefine is the condition of a variable.
type patternDefine struct {
	condition *expr.Evaluator
	uses      []bool // pointers by number
	// local: the condition looks at no rows but by their distance from the current one.
	local bool
}

func (b *builder) matchRecognize(n *plan.MatchRecognize, input Operator) (Operator, error) {
	in := n.Input.Columns()
	o := &matchRecognize{input: input, node: n, rt: b.rt}
	var err error
	if o.partition, err = positions(in, n.PartitionBy); err != nil {
		return nil, err
	}
	if o.order, err = newOrdering(in, n.OrderBy); err != nil {
		return nil, err
	}
	if o.emit, err = positions(in, n.Emit); err != nil {
		return nil, err
	}
	o.offset = -1
	if w := n.Window; w != nil && w.End == plan.Following {
		if o.offset, err = position(in, w.EndOffset); err != nil {
			return nil, err
		}
	}
	if o.code, err = compilePattern(n.Pattern, n.At); err != nil {
		return nil, err
	}
	columns := make([]plan.Column, len(n.Pointers))
	for i := range n.Pointers {
		columns[i] = n.Pointers[i].Column
		p, err := newPatternPointer(&n.Pointers[i], in, len(n.Variables), b.rt)
		if err != nil {
			return nil, err
		}
		o.pointers = append(o.pointers, p)
	}
	for _, m := range n.Measures {
		e, err := expr.Compile(m.Expr, columns, b.rt.Env)
		if err != nil {
			return nil, err
		}
		o.measures = append(o.measures, e)
	}
	o.defines = make([]*patternDefine, len(n.Defines))
	for v, e := range n.Defines {
		if e == nil {
			continue
		}
		d := &patternDefine{uses: make([]bool, len(columns)), local: true}
		if d.condition, err = expr.Compile(e, columns, b.rt.Env); err != nil {
			return nil, err
		}
		plan.EachRef(e, func(r *plan.ColumnRef) {
			for i, p := range o.pointers {
				if p.ID == r.ID {
					d.uses[i] = true
					d.local = d.local && p.isLocal(v)
				}
			}
		})
		o.defines[v] = d
	}
	o.rows = newPartitionedRows(n, "MATCH_RECOGNIZE", columnTypes(in), o.partition, o.order, b.rt, o.compute)
	o.rows.give = o.give
	return o, nil
}

// isLocal reports whether p, in the condition of a variable, gives a value at a fixed distance from the current row.
func (p *patternPointer) isLocal(variable int) bool {
	return p.Kind == plan.PointerColumn && !p.First && p.Logical == 0 && (p.counts == nil || p.counts[variable])
}

func newPatternPointer(n *plan.PatternPointer, in []plan.Column, variables int, rt *Runtime) (*patternPointer, error) {
	p := &patternPointer{PatternPointer: n}
	if n.Variables != nil {
		p.counts = make([]bool, variables)
		for _, v := range n.Variables {
			p.counts[v] = true
		}
	}
	var err error
	switch n.Kind {
	case plan.PointerColumn:
		p.source, err = position(in, n.Source)
	case plan.PointerAggregate:
		all := append(append([]plan.Column{}, in...), n.Aggregate.Classifier, n.Aggregate.MatchNumber)
		args := make([]plan.Expr, len(n.Aggregate.Args))
		var columns []plan.Column
		p.reads = make([]bool, len(in))
		for i, e := range n.Aggregate.Args {
			plan.EachRef(e, func(r *plan.ColumnRef) {
				for c, column := range in {
					p.reads[c] = p.reads[c] || column.ID == r.ID
				}
			})
			switch e.(type) {
			case *plan.Literal, *plan.Lambda:
				args[i] = e
				continue
			}
			c := plan.Column{ID: plan.ColumnID(len(columns)), Type: e.Type()}
			args[i], columns = &plan.ColumnRef{Column: c}, append(columns, c)
			evaluator, err := expr.Compile(e, all, rt.Env)
			if err != nil {
				return nil, err
			}
			p.args = append(p.args, evaluator)
		}
		p.aggregate, err = bindAggregate(n.Aggregate.Fn, args, columns, rt, sql.Pos{})
	}
	return p, err
}

func (o *matchRecognize) Next(ctx context.Context) (*vector.Batch, error) {
	return o.rows.next(ctx, o.input)
}

func (o *matchRecognize) Close() error { return o.rows.close(o.input) }

// give returns the rows of in, or those that were spilled.
func (o *matchRecognize) give(ctx context.Context, in *partitionOrder, spilled batches) (batches, error) {
	if in == nil {
		return spilled, nil
	}
	out, _, err := o.compute(ctx, in)
	return &slicedBatches{rest: out, batchRows: o.rows.rt.BatchRows}, err
}

// compute returns what the node gives for each partition.
func (o *matchRecognize) compute(ctx context.Context, in *partitionOrder) ([]*vector.Batch, []int, error) {
	columns := o.node.Columns()
	parts := make([][]vector.Vector, len(columns))
	var ends []int
	total := 0
	if err := in.sortAll(ctx, o.rt.Workers); err != nil {
		return nil, nil, err
	}
	for k := range in.partitions() {
		p := &matchPartition{matchRecognize: o, in: in.batch(k, k+1)}
		out, err := p.run(ctx)
		if err != nil {
			return nil, nil, err
		}
		for i, c := range out.Columns {
			parts[i] = append(parts[i], c)
		}
		total += out.N
		ends = append(ends, total)
		if err := o.rows.extra.more((&sizer{}).bytes(out)); err != nil {
			return nil, nil, err
		}
	}
	out := &vector.Batch{N: total}
	for i, c := range columns {
		out.Columns = append(out.Columns, vector.Concat(c.Type, parts[i]...))
	}
	return []*vector.Batch{out}, ends, nil
}

// matchPartition goes through one partition.
type matchPartition struct {
	*matchRecognize
	in       *vector.Batch
	matcher  *matcher
	number   int64 // of the match that is looked for
	local    [][]bool
	from, to int // the rows in reach

	// What is given: the row of each, and which of the evaluated it is, -1 for none.
	rows      []int32
	evaluated []int32
	count     int32
	values    []pointerValues // by pointer
	frames    [2][]int64      // of a window: start and stop of each row's
}

// pointerValues are the values of a pointer for all that is evaluated.
type pointerValues struct {
	rows    []int32        // of a column, -1 for NULL
	builder vector.Builder // of all others
}

// run returns what the node gives for the partition.
func (p *matchPartition) run(ctx context.Context) (*vector.Batch, error) {
	p.to = p.in.N
	independent := true
	p.local = make([][]bool, len(p.defines))
	for v, d := range p.defines {
		if d == nil {
			continue
		}
		if d.local && (p.node.Window == nil || p.inPlace(d)) {
			p.local[v] = p.everywhere(d)
		}
		independent = independent && (p.local[v] != nil || d.local && p.node.Window != nil)
	}
	memory := matcherBytes(p.code, p.in.N, independent)
	if err := p.matchRecognize.rows.extra.more(memory); err != nil {
		return nil, err
	}
	defer func() { _ = p.matchRecognize.rows.extra.more(-memory) }()
	p.matcher = newMatcher(p.code, p.in.N, independent)
	p.matcher.accepts = p.accepts
	p.matcher.forgets = p.node.Window != nil
	p.values = make([]pointerValues, len(p.pointers))
	for i, q := range p.pointers {
		if q.Kind != plan.PointerColumn {
			p.values[i].builder = vector.NewBuilder(q.Type, 0)
		}
	}
	p.number = 1
	if p.node.Window != nil {
		return p.runWindow(ctx)
	}
	given := -1 // the last row of any match
	for start := 0; start < p.in.N; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		ok, err := p.matcher.match(ctx, start, p.to)
		if err != nil {
			return nil, err
		}
		n := len(p.matcher.labels)
		switch {
		case !ok:
			if p.node.Rows.Unmatched && start > given {
				p.rows, p.evaluated = append(p.rows, int32(start)), append(p.evaluated, -1)
			}
			start++
			continue
		case n == 0:
			if !p.node.Rows.OmitEmpty {
				if err := p.give(ctx, start, start, -1); err != nil {
					return nil, err
				}
			}
			start++
		default:
			if err := p.giveMatch(ctx, start, n); err != nil {
				return nil, err
			}
			given = max(given, start+n-1)
			if start, err = p.skip(start, n); err != nil {
				return nil, err
			}
		}
		p.number++
	}
	return p.result()
}

func (p *matchPartition) giveMatch(ctx context.Context, start, n int) error {
	if !p.node.Rows.All {
		return p.give(ctx, start, start, start+n-1)
	}
	for i := range n {
		if p.matcher.excluded[i] {
			continue
		}
		if err := p.give(ctx, start, start+i, start+i); err != nil {
			return err
		}
	}
	return nil
}

// give evaluates the pointers for an output row, as seen from the current row of the match; -1 if that is empty.
func (p *matchPartition) give(ctx context.Context, start, row, current int) error {
	if len(p.rows)%vector.DefaultBatchRows == 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := p.matchRecognize.rows.extra.more(int64(vector.DefaultBatchRows * (8 + 8*len(p.pointers)))); err != nil {
			return err
		}
	}
	p.rows, p.evaluated = append(p.rows, int32(row)), append(p.evaluated, p.count)
	p.count++
	for i, q := range p.pointers {
		if q.Kind == plan.PointerColumn {
			at := int32(-1)
			if current >= 0 {
				at = int32(p.find(q, start, current, p.matcher.labels))
			}
			p.values[i].rows = append(p.values[i].rows, at)
			continue
		}
		v, err := p.value(q, start, current, p.matcher.labels)
		if err != nil {
			return err
		}
		p.values[i].builder.Append(v, 0)
	}
	return nil
}

// find returns the row that a pointer leads to, or -1.
func (p *matchPartition) find(q *patternPointer, start, current int, labels []int32) int {
	counts := func(i int) bool { return q.counts == nil || q.counts[labels[i]] }
	found, left := -1, q.Logical
	if q.First {
		end := len(labels)
		if !q.Final {
			end = min(end, current-start+1)
		}
		for i := 0; i < end && found < 0; i++ {
			if counts(i) {
				if left == 0 {
					found = i
				}
				left--
			}
		}
	} else {
		from := current - start
		if q.Final {
			from = len(labels) - 1
		}
		for i := from; i >= 0 && found < 0; i-- {
			if counts(i) {
				if left == 0 {
					found = i
				}
				left--
			}
		}
	}
	if found < 0 {
		return -1
	}
	row := int64(start+found) + q.Physical
	if row < int64(p.from) || row >= int64(p.to) {
		return -1
	}
	return int(row)
}

// value returns the value of a pointer as a vector of one row.
func (p *matchPartition) value(q *patternPointer, start, current int, labels []int32) (vector.Vector, error) {
	switch q.Kind {
	case plan.PointerMatchNumber:
		return vector.NewFlat(types.TBigint, []int64{p.number}, nil), nil
	case plan.PointerAggregate:
		return p.aggregated(q, start, current, labels)
	}
	row := -1
	if current >= 0 {
		row = p.find(q, start, current, labels)
	}
	if q.Kind == plan.PointerColumn {
		return vector.GatherOrNull(p.in.Columns[q.source], []int32{int32(row)}), nil
	}
	if at := row - start; row >= 0 && at >= 0 && at < len(labels) {
		return vector.NewFlat(q.Type, []string{p.node.Variables[labels[at]]}, nil), nil
	}
	return vector.NewNull(q.Type, 1), nil
}

// aggregated returns the value of an aggregate over the rows of the match up to the current one. Where the match grew
// since the pointer was asked last, only the rows that are new are added.
func (p *matchPartition) aggregated(q *patternPointer, start, current int, labels []int32) (vector.Vector, error) {
	to := 0
	switch {
	case current < 0:
	case q.Final:
		to = len(labels)
	default:
		to = current - start + 1
	}
	labels = labels[:to]
	g := &q.grown
	if g.state == nil || g.start != start || g.number != p.number || len(g.labels) > to || !slices.Equal(g.labels, labels[:len(g.labels)]) {
		acc, err := q.aggregate.fn.Overload.New(q.aggregate.binding)
		if err != nil {
			return nil, err
		}
		acc.Grow(1)
		*g = grownAggregate{state: &state{aggregate: q.aggregate, acc: acc}, start: start, number: p.number, labels: g.labels[:0]}
	}
	var rows []int32
	var names []string
	for i := len(g.labels); i < to; i++ {
		if q.counts == nil || q.counts[labels[i]] {
			rows, names = append(rows, int32(start+i)), append(names, p.node.Variables[labels[i]])
		}
	}
	g.labels = append(g.labels, labels[len(g.labels):]...)
	if len(rows) > 0 {
		if err := p.addTo(q, rows, names); err != nil {
			g.state = nil
			return nil, err
		}
	}
	return g.state.acc.Result(0, 1)
}

// addTo adds rows, and the names of their labels, to an aggregate.
func (p *matchPartition) addTo(q *patternPointer, rows []int32, names []string) error {
	b := &vector.Batch{Columns: make([]vector.Vector, len(p.in.Columns), len(p.in.Columns)+2), N: len(rows)}
	for i, c := range p.in.Columns {
		if q.reads[i] {
			b.Columns[i] = vector.Gather(c, rows)
		}
	}
	number := vector.NewConstant(vector.NewFlat(types.TBigint, []int64{p.number}, nil), b.N)
	b.Columns = append(b.Columns, vector.NewFlat(q.PatternPointer.Aggregate.Classifier.Type, names, nil), number)
	args := &vector.Batch{N: b.N}
	for _, e := range q.args {
		v, err := e.Eval(b)
		if err != nil {
			return err
		}
		args.Columns = append(args.Columns, v)
	}
	return q.grown.state.add(context.Background(), p.rt.Env.Ctx, args, make([]int32, args.N)) // no rows of it wait on disk
}

// accepts evaluates the condition of a variable for a row.
func (p *matchPartition) accepts(variable, start, row int, labels []int32) (bool, error) {
	d := p.defines[variable]
	switch {
	case d == nil:
		return true, nil
	case p.local[variable] != nil:
		return p.local[variable][row], nil
	}
	labels = append(labels, int32(variable))
	b := &vector.Batch{N: 1}
	for i, q := range p.pointers {
		if !d.uses[i] {
			b.Columns = append(b.Columns, vector.NewNull(q.Type, 1))
			continue
		}
		v, err := p.value(q, start, row, labels)
		if err != nil {
			return false, err
		}
		b.Columns = append(b.Columns, v)
	}
	v, err := d.condition.Eval(b)
	if err != nil {
		return false, err
	}
	rows, all := expr.TrueRows(v)
	return all || len(rows) > 0, nil
}

// everywhere evaluates a local condition for all rows at once; nil if it fails for one, which need not be reached.
func (p *matchPartition) everywhere(d *patternDefine) []bool {
	b := &vector.Batch{N: p.in.N}
	for i, q := range p.pointers {
		if !d.uses[i] {
			b.Columns = append(b.Columns, vector.NewNull(q.Type, b.N))
			continue
		}
		rows := make([]int32, b.N)
		for r := range rows {
			rows[r] = -1
			if at := int64(r) + q.Physical; at >= 0 && at < int64(b.N) {
				rows[r] = int32(at)
			}
		}
		b.Columns = append(b.Columns, vector.GatherOrNull(p.in.Columns[q.source], rows))
	}
	v, err := d.condition.Eval(b)
	if err != nil {
		return nil
	}
	out := make([]bool, b.N)
	rows, all := expr.TrueRows(v)
	for i := range out {
		out[i] = all
	}
	for _, r := range rows {
		out[r] = true
	}
	return out
}

// skip returns where the next match is looked for.
func (p *matchPartition) skip(start, n int) (int, error) {
	s := p.node.Skip
	switch {
	case s.Next:
		return start + 1, nil
	case s.Variables == nil:
		return start + n, nil
	}
	at := -1
	for i, label := range p.matcher.labels {
		for _, v := range s.Variables {
			if int(label) == v && (at < 0 || !s.First) {
				at = i
			}
		}
	}
	switch at {
	case -1:
		return 0, sql.Errorf(sql.GENERIC_USER_ERROR, sql.Pos{}, "AFTER MATCH SKIP failed: pattern variable is not present in match")
	case 0:
		return 0, sql.Errorf(sql.GENERIC_USER_ERROR, sql.Pos{}, "AFTER MATCH SKIP failed: cannot skip to first row of match")
	}
	return start + at, nil
}

// result puts the rows and their measures together.
func (p *matchPartition) result() (*vector.Batch, error) {
	out := &vector.Batch{N: len(p.rows)}
	for _, at := range p.emit {
		out.Columns = append(out.Columns, vector.Gather(p.in.Columns[at], p.rows))
	}
	b := &vector.Batch{N: int(p.count)}
	for i, q := range p.pointers {
		if q.Kind == plan.PointerColumn {
			b.Columns = append(b.Columns, vector.GatherOrNull(p.in.Columns[q.source], p.values[i].rows))
		} else {
			b.Columns = append(b.Columns, p.values[i].builder.Build())
		}
	}
	for i, m := range p.measures {
		if b.N == 0 {
			out.Columns = append(out.Columns, vector.NewNull(p.node.Measures[i].Type, out.N))
			continue
		}
		v, err := m.Eval(b)
		if err != nil {
			return nil, err
		}
		out.Columns = append(out.Columns, vector.GatherOrNull(v, p.evaluated))
	}
	if p.node.Window != nil {
		for _, f := range p.frames {
			out.Columns = append(out.Columns, vector.NewFlat(types.TBigint, f, nil))
		}
	}
	return out, nil
}
