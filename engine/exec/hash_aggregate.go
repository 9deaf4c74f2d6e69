package exec

import (
	"context"
	"fmt"

	"github.com/ctlake/ctlake/engine/expr"
	"github.com/ctlake/ctlake/engine/spill"
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
		if a.Distinct || len(a.OrderBy) > 0 || a.Fn.Overload.KeepsRows {
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
	firsts  []int64 // of each group: the ordinal of its first row; unless all are groups of the first level
	account account
}

// state is the state of one call.
type state struct {
	*aggregate
	acc  function.Accumulator
	seen *distinctRows
	sink *distinctSink // finds the distinct values together with other workers; nil for none
	held *heldRowsOf   // rows that wait to be handed over group by group; nil for none
	kept bool          // acc has seen rows before those of held
	late *lateRows     // rows of which it is not known whether they are distinct; nil for none
}

// table returns an empty table. area is for calls whose rows wait; parts that are merged have none.
func (a *aggregation) table(account account, area *spill.Area) (*table, error) {
	account.held = 0
	t := &table{aggregation: a, groups: newGrouper(a.types, a.rt.Env.NoDictionaries), account: account}
	for _, c := range a.calls {
		acc, err := c.fn.Overload.New(c.binding)
		if err != nil {
			return nil, sql.At(err, c.at)
		}
		s := &state{aggregate: c, acc: acc}
		if c.distinct {
			s.seen = a.distinct(c)
		}
		if len(c.order.at) > 0 {
			s.held = a.heldRows(c, account, area)
		}
		t.states = append(t.states, s)
	}
	if len(a.keys) == 0 {
		t.groups.n = 1
		t.grow()
	}
	return t, nil
}

// distinct returns the state of DISTINCT of a call.
func (a *aggregation) distinct(c *aggregate) *distinctRows {
	var keys []types.Type
	for _, at := range c.args {
		if at >= 0 {
			keys = append(keys, a.node.Input.Columns()[at].Type)
		}
	}
	d := newDistinctRows(c, keys)
	d.single = len(a.keys) == 0
	return d
}

func (t *table) grow() {
	for _, s := range t.states {
		s.acc.Grow(t.groups.n)
	}
}

// add takes in a batch. ordinals are those of its rows, or nil.
func (t *table) add(ctx context.Context, b *vector.Batch, ordinals []int64) error {
	if b.N == 0 {
		return nil
	}
	t.numbers = grow(t.numbers, b.N)
	t.groups.groups(pick(b, t.keys), b.N, t.numbers)
	t.note(t.numbers[:b.N], ordinals)
	t.grow()
	for _, s := range t.states {
		if err := s.add(ctx, t.rt.Env.Ctx, b, t.numbers[:b.N]); err != nil {
			return sql.At(err, s.at)
		}
	}
	return nil
}

// note keeps the ordinals of the first rows of new groups.
func (t *table) note(numbers []int32, ordinals []int64) {
	if ordinals == nil || t.groups.n == len(t.firsts) {
		return
	}
	for i, g := range numbers {
		if int(g) == len(t.firsts) {
			t.firsts = append(t.firsts, ordinals[i])
		}
	}
}

func (s *state) add(ctx context.Context, fc *function.Context, b *vector.Batch, groups []int32) error {
	if s.filter >= 0 {
		rows, all := expr.TrueRows(b.Columns[s.filter])
		if !all {
			if len(rows) == 0 {
				return nil // without a batch as wide as the input for each of many aggregates
			}
			b, groups = s.narrow(b, groups, rows)
		}
	}
	return s.addAll(ctx, fc, b, groups)
}

// addAll is add for rows that FILTER has let through.
func (s *state) addAll(ctx context.Context, fc *function.Context, b *vector.Batch, groups []int32) error {
	if b.N == 0 {
		return nil
	}
	if s.sink != nil {
		s.sink.add(b.Columns[s.args[0]])
		return nil
	}
	if s.seen != nil {
		rows := s.seen.fresh(s.call(fc, b.Columns, b.N), groups)
		if s.late != nil {
			late, numbers := s.narrow(b, groups, rows)
			return s.late.add(ctx, late, numbers)
		}
		if len(rows) < b.N {
			b, groups = s.narrow(b, groups, rows)
		}
		if b.N == 0 {
			return nil
		}
	}
	return s.take(ctx, fc, b, groups)
}

// take hands rows over that are to be aggregated, or holds them.
func (s *state) take(ctx context.Context, fc *function.Context, b *vector.Batch, groups []int32) error {
	if s.held != nil {
		return s.held.add(ctx, s.only(b), groups)
	}
	return s.acc.Add(s.call(fc, b.Columns, b.N), groups)
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

// admit makes sure of the groups of another table, and returns their numbers here.
func (t *table) admit(o *table) []int32 {
	n := o.groups.n
	numbers := make([]int32, n)
	t.groups.groups(o.groups.columns(0, n), n, numbers)
	t.note(numbers, o.firsts)
	t.grow()
	return numbers
}

// merge takes in what another table of the same aggregation saw, after the own rows.
func (t *table) merge(o *table) error {
	numbers := t.admit(o)
	for i, s := range t.states {
		if err := s.acc.Merge(o.states[i].acc, numbers); err != nil {
			return sql.At(err, s.at)
		}
	}
	return nil
}

// bytes estimates the memory held, but for rows that wait, which charge themselves.
func (t *table) bytes() int64 {
	n := t.groups.bytes() + 8*int64(cap(t.firsts))
	for _, s := range t.states {
		n += s.acc.Bytes()
		if s.seen != nil {
			n += s.seen.bytes()
		}
	}
	return n
}

// part returns a table of some groups, which become groups 0, 1 …; t is not used any more but for other parts.
func (t *table) part(groups []int32) (*table, error) {
	p, err := t.table(t.account, nil)
	if err != nil {
		return nil, err
	}
	keys := t.groups.columns(0, t.groups.n)
	for i, k := range keys {
		keys[i] = vector.Gather(k, groups)
	}
	p.numbers = grow(p.numbers, len(groups))
	p.groups.groups(keys, len(groups), p.numbers)
	for i, s := range t.states {
		p.states[i].acc = s.acc.Part(groups)
	}
	if t.firsts != nil {
		p.firsts = make([]int64, len(groups))
		for i, g := range groups {
			p.firsts[i] = t.firsts[g]
		}
	}
	return p, nil
}

// resultShare is which part of an allowance the results of a batch may take, going by the average group: those of
// array_agg and its like are as large as all the group's rows.
const resultShare = 16

// resultStep returns how many groups are asked for their results at once.
func (t *table) resultStep(batchRows int) int {
	if t.account.allowance >= noAllowance-1 {
		return batchRows
	}
	bytes := int64(0)
	for _, s := range t.states {
		bytes += s.acc.Bytes()
		if s.held != nil {
			bytes += s.held.bytes
		}
	}
	return min(batchRows, rowsOfBlock(t.groups.n, bytes, t.account.allowance/resultShare))
}

// result returns the groups from..to-1. Calls with rows that wait are asked for all groups in order.
func (t *table) result(ctx context.Context, from, to int) (*vector.Batch, error) {
	b, err := t.compactResult(ctx, from, to)
	if err != nil {
		return nil, err
	}
	return speltBatch(b), nil
}

// speltBatch returns b, whose columns it changes, with texts for UUIDs.
func speltBatch(b *vector.Batch) *vector.Batch {
	for i, c := range b.Columns {
		b.Columns[i] = vector.Spelt(c)
	}
	return b
}

// compactResult is result, but that texts may be vector.UUIDs.
func (t *table) compactResult(ctx context.Context, from, to int) (*vector.Batch, error) {
	b := &vector.Batch{Columns: t.groups.columns(from, to), N: to - from}
	for _, s := range t.states {
		v, err := s.result(ctx, t, from, to)
		if err != nil {
			return nil, sql.At(err, s.at)
		}
		b.Columns = append(b.Columns, v)
	}
	return b, nil
}

func (s *state) result(ctx context.Context, t *table, from, to int) (vector.Vector, error) {
	if s.held != nil {
		return s.held.result(ctx, t, s, from, to)
	}
	return s.acc.Result(from, to)
}

// release gives up all that the table holds.
func (t *table) release() {
	t.account.release()
	for _, s := range t.states {
		if s.held != nil {
			s.held.sorter.release()
		}
		if s.late != nil {
			s.late.parts.release()
		}
	}
}

// distinctRows tells which rows of a call with DISTINCT are new in their group.
type distinctRows struct {
	args   *grouper
	places []int      // the arguments that are columns
	pairs  *pairTable // of group and arguments
	codes  []int32
	// numbers are those of pairs: scratch.
	numbers []int32
	frozen  bool // nothing is added any more
	single  bool // all rows are of group 0: what the arguments are called tells which are new
	seen    int32
}

// newDistinctRows returns the state of a, whose arguments that are columns have the given types.
func newDistinctRows(a *aggregate, keys []types.Type) *distinctRows {
	d := &distinctRows{pairs: newPairTable(), args: newGrouper(keys, false)}
	for i, at := range a.args {
		if at >= 0 {
			d.places = append(d.places, i)
		}
	}
	return d
}

// fresh returns the rows whose arguments their group has not seen; equal ones among them, too, if it is frozen.
func (d *distinctRows) fresh(c *function.Call, groups []int32) []int32 {
	columns := make([]vector.Vector, len(d.places))
	for i, p := range d.places {
		columns[i] = c.Args[p]
	}
	d.codes = grow(d.codes, c.N)
	rows := make([]int32, 0, c.N)
	if d.frozen {
		d.args.known(columns, c.N, d.codes)
		for i, g := range groups {
			if d.codes[i] >= 0 && (d.single || d.pairs.find(g, d.codes[i]) >= 0) {
				continue
			}
			rows = append(rows, int32(i))
		}
		return rows
	}
	d.args.groups(columns, c.N, d.codes)
	if d.single {
		for i, code := range d.codes[:c.N] {
			if code == d.seen { // arguments are numbered in the order in which they come
				d.seen++
				rows = append(rows, int32(i))
			}
		}
		return rows
	}
	d.numbers = append(d.numbers[:0], groups...)
	d.pairs.addAll(d.numbers, d.codes, func(i int) { rows = append(rows, int32(i)) })
	return rows
}

func (d *distinctRows) bytes() int64 {
	return d.args.bytes() + d.pairs.bytes()
}

// hashAggregate gives the groups of its input in the order of their first rows.
type hashAggregate struct {
	level *level
	// fill takes in the whole input.
	fill      func(ctx context.Context, l *level) error
	closer    func() error
	area      *spill.Area
	batchRows int
	filled    bool
	at        int
	rest      batches // the groups that were on disk
}

func (o *hashAggregate) Next(ctx context.Context) (*vector.Batch, error) {
	if !o.filled {
		if err := o.level.begin(); err != nil {
			return nil, err
		}
		if err := o.fill(ctx, o.level); err != nil {
			return nil, err
		}
		if err := o.level.finish(ctx); err != nil {
			return nil, err
		}
		o.filled = true
	}
	if main := o.level.main; main != nil && o.at < main.groups.n {
		from, to := o.at, min(o.at+main.resultStep(o.batchRows), main.groups.n)
		o.at = to
		return main.result(ctx, from, to)
	}
	if o.rest == nil {
		var err error
		if o.rest, err = o.level.rest(ctx); err != nil {
			return nil, err
		}
	}
	return o.rest.Next(ctx)
}

func (o *hashAggregate) Close() error {
	o.level.release()
	err := o.closer()
	if e := o.area.Close(); err == nil {
		err = e
	}
	return err
}

// drain adds all batches of in.
func drain(ctx context.Context, in Operator, l *level) error {
	return takeBatches(ctx, in, func(b *vector.Batch) (bool, error) { return true, l.rows(ctx, 0, b, nil) })
}
