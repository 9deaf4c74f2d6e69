package exec

import (
	"context"
	"fmt"
	"io"

	"github.com/ctlake/ctlake/engine/expr"
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// aggregation is an Aggregate compiled over the columns of its input.
type aggregation struct {
	node  *plan.Aggregate
	rt    *Runtime
	keys  []int
	types []types.Type // of the keys
	calls []*aggregate
}

// aggregate is one call of an aggregate function.
type aggregate struct {
	fn        *function.ResolvedAggregate
	binding   function.Binding
	at        sql.Pos
	args      []int           // position of a column; -1 for what is not one
	constants []vector.Vector // of one row, where the argument is a literal
	lambdas   []function.Lambda
	filter    int // position of a boolean column; -1 for none
	distinct  bool
	order     ordering // empty for none; over the columns of the input
}

// separable reports whether parts of the input may be aggregated apart and merged.
func separable(n *plan.Aggregate) bool {
	for _, a := range n.Aggs {
		if a.Distinct || len(a.OrderBy) > 0 {
			return false
		}
	}
	return true
}

func newAggregation(n *plan.Aggregate, rt *Runtime) (*aggregation, error) {
	in := n.Input.Columns()
	a := &aggregation{node: n, rt: rt}
	var err error
	if a.keys, err = positions(in, n.Keys); err != nil {
		return nil, err
	}
	for _, at := range a.keys {
		a.types = append(a.types, in[at].Type)
	}
	for i := range n.Aggs {
		c, err := newAggregate(&n.Aggs[i], in, rt)
		if err != nil {
			return nil, err
		}
		a.calls = append(a.calls, c)
	}
	return a, nil
}

func newAggregate(c *plan.AggCall, in []plan.Column, rt *Runtime) (*aggregate, error) {
	a, err := bindAggregate(c.Fn, c.Args, in, rt, c.At)
	if err != nil {
		return nil, err
	}
	a.distinct = c.Distinct
	if c.Filter != nil {
		if a.filter, err = position(in, c.Filter.ID); err != nil {
			return nil, err
		}
	}
	a.order, err = newOrdering(in, c.OrderBy)
	return a, err
}

func bindAggregate(fn *function.ResolvedAggregate, args []plan.Expr, in []plan.Column, rt *Runtime, at sql.Pos) (*aggregate, error) {
	a := &aggregate{
		fn: fn, at: at, filter: -1,
		args: make([]int, len(args)), constants: make([]vector.Vector, len(args)),
	}
	a.binding = function.Binding{Ctx: rt.Env.Ctx, Params: fn.Params, Result: fn.Result, Constants: a.constants}
	for i, arg := range args {
		a.args[i] = -1
		var err error
		switch arg := arg.(type) {
		case *plan.ColumnRef:
			a.args[i], err = position(in, arg.ID)
		case *plan.Literal:
			a.constants[i] = vector.Plain(arg.Value)
		case *plan.Lambda:
			if a.lambdas == nil {
				a.lambdas = make([]function.Lambda, len(args))
			}
			a.lambdas[i], err = expr.CompileLambda(arg, in, rt.Env)
		default:
			err = fmt.Errorf("build plan: argument of aggregate %s is a %T", fn.Name, arg)
		}
		if err != nil {
			return nil, err
		}
	}
	return a, nil
}

// call returns the arguments of n rows of b, with the NULLs that are to be skipped.
func (a *aggregate) call(ctx *function.Context, columns []vector.Vector, n int) *function.Call {
	c := &function.Call{Ctx: ctx, N: n, Args: make([]vector.Vector, len(a.args)), Lambda: a.lambdas, Result: a.fn.Result}
	for i, at := range a.args {
		switch {
		case at >= 0:
			c.Args[i] = columns[at]
		case a.constants[i] != nil:
			c.Args[i] = vector.NewConstant(a.constants[i], n)
		default:
			continue
		}
		if !a.fn.Overload.Nullable {
			c.Nulls = vector.Or(c.Nulls, c.Args[i].Nulls(), n)
		}
	}
	return c
}

// table is the state of an aggregation over the rows seen so far.
type table struct {
	*aggregation
	groups  *grouper
	states  []*state
	numbers []int32 // scratch: the group of each row
	account account // of a table that is passed on
}

// state is the state of one call.
type state struct {
	*aggregate
	acc  function.Accumulator
	seen *distinctRows
	held *buffer // rows that wait to be sorted: the input's columns and the group
}

func (a *aggregation) table(account account) (*table, error) {
	t := &table{aggregation: a, groups: newGrouper(a.types, a.rt.Env.NoDictionaries)}
	for _, c := range a.calls {
		acc, err := c.fn.Overload.New(c.binding)
		if err != nil {
			return nil, sql.At(err, c.at)
		}
		s := &state{aggregate: c, acc: acc}
		if c.distinct {
			var keys []types.Type
			for _, at := range c.args {
				if at >= 0 {
					keys = append(keys, a.node.Input.Columns()[at].Type)
				}
			}
			s.seen = newDistinctRows(c, keys)
		}
		if len(c.order.at) > 0 {
			columns := append(append([]plan.Column{}, a.node.Input.Columns()...), plan.Column{Type: types.TBigint})
			s.held = newBuffer(columns, account)
		}
		t.states = append(t.states, s)
	}
	if len(a.keys) == 0 {
		t.groups.n = 1
		t.grow()
	}
	return t, nil
}

func (t *table) grow() {
	for _, s := range t.states {
		s.acc.Grow(t.groups.n)
	}
}

// add takes in a batch.
func (t *table) add(b *vector.Batch) error {
	if b.N == 0 {
		return nil
	}
	t.numbers = grow(t.numbers, b.N)
	t.groups.groups(pick(b, t.keys), b.N, t.numbers)
	t.grow()
	for _, s := range t.states {
		if err := s.add(t.rt.Env.Ctx, b, t.numbers[:b.N]); err != nil {
			return sql.At(err, s.at)
		}
	}
	return nil
}

func (s *state) add(ctx *function.Context, b *vector.Batch, groups []int32) error {
	if s.filter >= 0 {
		rows, all := expr.TrueRows(b.Columns[s.filter])
		if !all {
			b, groups = s.narrow(b, groups, rows)
		}
	}
	if b.N == 0 {
		return nil
	}
	if s.seen != nil {
		if rows := s.seen.fresh(s.call(ctx, b.Columns, b.N), groups); len(rows) < b.N {
			b, groups = s.narrow(b, groups, rows)
		}
		if b.N == 0 {
			return nil
		}
	}
	if s.held != nil {
		return s.hold(b, groups)
	}
	return s.acc.Add(s.call(ctx, b.Columns, b.N), groups)
}

// narrow returns the given rows of b, as far as the call needs its columns.
func (s *state) narrow(b *vector.Batch, groups, rows []int32) (*vector.Batch, []int32) {
	out := &vector.Batch{Columns: make([]vector.Vector, len(b.Columns)), N: len(rows)}
	need := func(at int) {
		if at >= 0 && out.Columns[at] == nil {
			out.Columns[at] = vector.Gather(b.Columns[at], rows)
		}
	}
	for _, at := range s.args {
		need(at)
	}
	for _, at := range s.order.at {
		need(at)
	}
	numbers := make([]int32, len(rows))
	for i, r := range rows {
		numbers[i] = groups[r]
	}
	return out, numbers
}

// hold keeps rows until all are there to be sorted.
func (s *state) hold(b *vector.Batch, groups []int32) error {
	ids := make([]int64, b.N)
	for i, g := range groups {
		ids[i] = int64(g)
	}
	kept := &vector.Batch{Columns: make([]vector.Vector, len(b.Columns)+1), N: b.N}
	for i := range b.Columns { // columns that the call does not use are not held
		kept.Columns[i] = vector.NewNull(s.held.types[i], b.N)
	}
	for _, at := range append(append([]int{}, s.args...), s.order.at...) {
		if at >= 0 {
			kept.Columns[at] = b.Columns[at]
		}
	}
	kept.Columns[len(b.Columns)] = vector.NewFlat(types.TBigint, ids, nil)
	return s.held.add(kept)
}

// finish gives the accumulators the rows that waited for their order.
func (t *table) finish(ctx context.Context) error {
	for _, s := range t.states {
		if s.held == nil || s.held.rows == 0 {
			continue
		}
		b, err := s.held.join(ctx)
		if err != nil {
			return err
		}
		rows, err := s.order.sorted(ctx, b)
		if err != nil {
			return err
		}
		for from := 0; from < len(rows); from += vector.DefaultBatchRows {
			part := gatherBatch(b, rows[from:min(from+vector.DefaultBatchRows, len(rows))])
			ids := part.Columns[len(part.Columns)-1].(*vector.Flat[int64])
			groups := make([]int32, part.N)
			for i, id := range ids.Values {
				groups[i] = int32(id)
			}
			if err := s.acc.Add(s.call(t.rt.Env.Ctx, part.Columns, part.N), groups); err != nil {
				return sql.At(err, s.at)
			}
		}
		s.held.release()
	}
	return nil
}

// merge takes in what another table of the same aggregation saw, after the own rows.
func (t *table) merge(o *table) error {
	n := o.groups.n
	numbers := make([]int32, n)
	t.groups.groups(o.groups.columns(0, n), n, numbers)
	t.grow()
	for i, s := range t.states {
		if err := s.acc.Merge(o.states[i].acc, numbers); err != nil {
			return sql.At(err, s.at)
		}
	}
	return nil
}

// bytes estimates the memory held, but for rows that wait to be sorted, which charge themselves.
func (t *table) bytes() int64 {
	n := t.groups.bytes()
	for _, s := range t.states {
		n += s.acc.Bytes()
		if s.seen != nil {
			n += s.seen.bytes()
		}
	}
	return n
}

// result returns the groups from..to-1.
func (t *table) result(from, to int) (*vector.Batch, error) {
	b := &vector.Batch{Columns: t.groups.columns(from, to), N: to - from}
	for _, s := range t.states {
		v, err := s.acc.Result(from, to)
		if err != nil {
			return nil, sql.At(err, s.at)
		}
		b.Columns = append(b.Columns, v)
	}
	return b, nil
}

// distinctRows tells which rows of a call with DISTINCT are new in their group.
type distinctRows struct {
	args   *grouper
	places []int // the arguments that are columns
	pairs  map[uint64]struct{}
	codes  []int32
}

// newDistinctRows returns the state of a, whose arguments that are columns have the given types.
func newDistinctRows(a *aggregate, keys []types.Type) *distinctRows {
	d := &distinctRows{pairs: map[uint64]struct{}{}, args: newGrouper(keys, false)}
	for i, at := range a.args {
		if at >= 0 {
			d.places = append(d.places, i)
		}
	}
	return d
}

// fresh returns the rows whose arguments their group has not seen.
func (d *distinctRows) fresh(c *function.Call, groups []int32) []int32 {
	columns := make([]vector.Vector, len(d.places))
	for i, p := range d.places {
		columns[i] = c.Args[p]
	}
	d.codes = grow(d.codes, c.N)
	d.args.groups(columns, c.N, d.codes)
	rows := make([]int32, 0, c.N)
	for i, g := range groups {
		pair := uint64(uint32(g))<<32 | uint64(uint32(d.codes[i]))
		if _, ok := d.pairs[pair]; !ok {
			d.pairs[pair] = struct{}{}
			rows = append(rows, int32(i))
		}
	}
	return rows
}

func (d *distinctRows) bytes() int64 {
	return d.args.bytes() + int64(len(d.pairs))*(8+mapSlotBytes)
}

// hashAggregate gives the groups of its input in the order of their first rows.
type hashAggregate struct {
	aggregation *aggregation
	// fill takes in the whole input.
	fill      func(ctx context.Context, t *table, charge func() error) error
	closer    func() error
	account   account
	batchRows int
	table     *table
	at        int
}

func (o *hashAggregate) Next(ctx context.Context) (*vector.Batch, error) {
	if o.table == nil {
		t, err := o.aggregation.table(o.account)
		if err != nil {
			return nil, err
		}
		o.table = t
		if err := o.fill(ctx, t, func() error { return o.account.set(t.bytes()) }); err != nil {
			return nil, err
		}
		if err := t.finish(ctx); err != nil {
			return nil, err
		}
	}
	if o.at >= o.table.groups.n {
		return nil, io.EOF
	}
	from, to := o.at, min(o.at+o.batchRows, o.table.groups.n)
	o.at = to
	return o.table.result(from, to)
}

func (o *hashAggregate) Close() error {
	o.account.release()
	if o.table != nil {
		for _, s := range o.table.states {
			if s.held != nil {
				s.held.release()
			}
		}
	}
	return o.closer()
}

// drain adds all batches of in to t.
func drain(ctx context.Context, in Operator, t *table, charge func() error) error {
	for {
		b, err := in.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := t.add(b); err != nil {
			return err
		}
		if err := charge(); err != nil {
			return err
		}
	}
}
