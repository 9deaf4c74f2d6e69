package exec

import (
	"context"

	"github.com/ctlake/ctlake/engine/expr"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// keptParts are the parts of a correlated plan that are the same for all values of its
// parameters. They are read once, when first needed:
//
//	Filter b = a#0 AND …           Filter …
//	  Scan b                 →       lookup b = a#0      an index over the kept rows of the scan
//
//	Join …                         Join …
//	  Scan b                 →       kept                the kept rows of the scan
//	  Filter c > a#0 …               Filter c > a#0 …
type keptParts struct {
	builder *builder
	parts   []*keptPart
	lookups []*rightSide
}

// keptPart is the rows of a plan that has no parameters.
type keptPart struct {
	node    plan.Node
	builder *builder
	held    *buffer
	rows    *vector.Batch
}

// keep returns n with its constant parts replaced.
func (k *keptParts) keep(n plan.Node) plan.Node {
	switch m := n.(type) {
	case *plan.Values, *plan.WorkingTable, *keptNode, *lookupNode:
		return n
	case *plan.Filter:
		if l, ok := k.lookup(m); ok {
			return l
		}
	case *plan.Scan:
		if f, ok := splitScan(m); ok {
			return k.keep(f)
		}
	}
	if k.constant(n) {
		p := &keptPart{node: n, builder: k.builder, held: newBuffer(n.Columns(), k.builder.rt.account(n, "a correlated subquery"))}
		k.parts = append(k.parts, p)
		return &keptNode{p}
	}
	return plan.MapInputs(n, func(in plan.Node) plan.Node { return k.keep(in) })
}

// constant reports whether n gives the same rows for all values of the parameters, and for all rounds of a recursion.
func (k *keptParts) constant(n plan.Node) bool {
	return len(plan.Free(n)) == 0 && !readsWorkingTable(n, nil)
}

// readsWorkingTable reports whether n has a working table without its recursion.
func readsWorkingTable(n plan.Node, closed []plan.ColumnID) bool {
	switch n := n.(type) {
	case *plan.WorkingTable:
		for _, table := range closed {
			if table == n.Table {
				return false
			}
		}
		return true
	case *plan.Recursion:
		closed = append(closed[:len(closed):len(closed)], n.Table)
	}
	for _, in := range n.Inputs() {
		if readsWorkingTable(in, closed) {
			return true
		}
	}
	return false
}

// splitScan takes the conjuncts with parameters out of a scan's filter.
func splitScan(n *plan.Scan) (*plan.Filter, bool) {
	own := map[plan.ColumnID]bool{}
	for _, c := range n.Outputs {
		own[c.ID] = true
	}
	var with, without []plan.Expr
	for _, t := range plan.Conjuncts(n.Filter) {
		if refersTo(t, own, true) {
			without = append(without, t)
		} else {
			with = append(with, t)
		}
	}
	if with == nil {
		return nil, false
	}
	s := *n
	s.Filter, s.Emit = plan.Conjunction(without), nil
	return &plan.Filter{Input: &s, Predicate: plan.Conjunction(with)}, true
}

// refersTo reports whether all columns that e refers to are among ids (or, if not inside, none).
func refersTo(e plan.Expr, ids map[plan.ColumnID]bool, inside bool) bool {
	ok := true
	plan.EachRef(e, func(r *plan.ColumnRef) { ok = ok && ids[r.ID] == inside })
	return ok
}

// lookup makes an index of a filter's input by what the filter compares with parameters.
func (k *keptParts) lookup(f *plan.Filter) (plan.Node, bool) {
	input := f.Input
	rest := plan.Conjuncts(f.Predicate)
	if s, ok := input.(*plan.Scan); ok {
		if split, ok := splitScan(s); ok {
			input, rest = split.Input, append(plan.Conjuncts(split.Predicate), rest...)
		}
	}
	if !k.constant(input) {
		return nil, false
	}
	own := map[plan.ColumnID]bool{}
	index := &plan.Project{Input: input}
	for _, c := range input.Columns() {
		own[c.ID] = true
		index.Outputs = append(index.Outputs, plan.Projection{Column: c, Expr: &plan.ColumnRef{Column: c}})
	}
	l := &lookupNode{columns: input.Columns()}
	var at []int
	var kept []plan.Expr
	for _, t := range rest {
		column, key, ok := lookupPair(t, own)
		if !ok {
			kept = append(kept, t)
			continue
		}
		at = append(at, len(index.Outputs))
		l.keys = append(l.keys, key)
		index.Outputs = append(index.Outputs, plan.Projection{Column: plan.Column{ID: -1 - plan.ColumnID(len(l.keys)), Type: column.Type()}, Expr: column})
	}
	if l.keys == nil {
		return nil, false
	}
	l.right = &rightSide{keys: at, plain: k.builder.rt.Env.NoDictionaries,
		held: newBuffer(index.Columns(), k.builder.rt.account(index, "a correlated subquery"))}
	l.right.input = &lazy{builder: k.builder, node: index}
	k.lookups = append(k.lookups, l.right)
	if kept == nil {
		return l, true
	}
	return &plan.Filter{Input: l, Predicate: plan.Conjunction(kept)}, true
}

// lookupPair splits own column = something without own columns. Neither may fail, nor be of a type of
// which the index has another idea of equality.
func lookupPair(e plan.Expr, own map[plan.ColumnID]bool) (column, key plan.Expr, ok bool) {
	c, isCall := e.(*plan.Call)
	if !isCall || c.Fn.Name != "$equal" {
		return nil, nil, false
	}
	column, key = c.Args[0], c.Args[1]
	if refersTo(column, own, false) {
		column, key = key, column
	}
	t := column.Type()
	plain := t.Physical() != types.Nested && !t.Is(types.Double) && !t.Is(types.Real) && t.Equal(key.Type())
	hasColumn := !refersTo(column, own, false)
	return column, key, plain && hasColumn && refersTo(column, own, true) && refersTo(key, own, false) && safe(column) && safe(key)
}

// safe reports whether e is a column, a field of one or a cast that never fails.
func safe(e plan.Expr) bool {
	switch e := e.(type) {
	case *plan.ColumnRef, *plan.Literal:
		return true
	case *plan.Field:
		return safe(e.Arg)
	case *plan.Cast:
		fn, err := function.ResolveCast(e.Arg.Type(), e.To)
		return err == nil && fn.Overload.NeverFails && safe(e.Arg)
	}
	return false
}

func (k *keptParts) close() error {
	var first error
	for _, p := range k.parts {
		p.held.release()
		p.rows = nil
	}
	for _, l := range k.lookups {
		if err := l.close(); first == nil {
			first = err
		}
	}
	return first
}

// keptNode stands for a kept part in a plan.
type keptNode struct{ part *keptPart }

func (n *keptNode) Columns() []plan.Column           { return n.part.node.Columns() }
func (n *keptNode) Inputs() []plan.Node              { return nil }
func (n *keptNode) WithInputs([]plan.Node) plan.Node { return n }
func (n *keptNode) operator(rt *Runtime) Operator {
	return &keptRows{part: n.part, batchRows: rt.BatchRows}
}
func (n *lookupNode) Columns() []plan.Column           { return n.columns }
func (n *lookupNode) Inputs() []plan.Node              { return nil }
func (n *lookupNode) WithInputs([]plan.Node) plan.Node { return n }
func (n *lookupNode) operator(rt *Runtime) Operator    { return &lookupRows{node: n, rt: rt} }

// lookupNode gives the kept rows whose keys have given values.
type lookupNode struct {
	columns []plan.Column
	keys    []plan.Expr
	right   *rightSide
}

// Bind implements plan.Bound.
func (n *lookupNode) Bind(values map[plan.ColumnID]plan.Expr) plan.Node {
	m := *n
	m.keys = make([]plan.Expr, len(n.keys))
	for i, e := range n.keys {
		m.keys[i] = plan.Substitute(e, values)
	}
	return &m
}

// EachExpr implements plan.Bound.
func (n *lookupNode) EachExpr(f func(plan.Expr)) {
	for _, e := range n.keys {
		f(e)
	}
}

// keptRows gives the rows of a kept part.
type keptRows struct {
	part      *keptPart
	batchRows int
	out       *sliced
}

func (o *keptRows) Next(ctx context.Context) (*vector.Batch, error) {
	if o.out == nil {
		p := o.part
		if p.rows == nil {
			in, err := p.builder.build(p.node)
			if err != nil {
				return nil, err
			}
			err = p.held.addAll(ctx, in)
			if e := in.Close(); err == nil {
				err = e
			}
			if err != nil {
				return nil, err
			}
			if p.rows, err = p.held.join(ctx); err != nil {
				return nil, err
			}
		}
		o.out = &sliced{whole: p.rows}
	}
	return o.out.next(o.batchRows)
}

func (o *keptRows) Close() error { return nil }

// lookupRows gives the rows that a lookup finds.
type lookupRows struct {
	node *lookupNode
	rt   *Runtime
	out  *sliced
}

func (o *lookupRows) Next(ctx context.Context) (*vector.Batch, error) {
	if o.out == nil {
		rows, err := o.find(ctx)
		if err != nil {
			return nil, err
		}
		o.out = &sliced{whole: rows}
	}
	return o.out.next(o.rt.BatchRows)
}

func (o *lookupRows) find(ctx context.Context) (*vector.Batch, error) {
	built, err := o.node.right.get(ctx)
	if err != nil {
		return nil, err
	}
	keys := make([]vector.Vector, len(o.node.keys))
	for i, e := range o.node.keys {
		if keys[i], err = expr.EvalConstant(e, o.rt.Env); err != nil {
			return nil, err
		}
	}
	var group, scratch [1]int32
	built.groups.find(keys, 1, group[:], scratch[:])
	n := len(o.node.columns) // the index has its keys behind them
	return gatherBatch(&vector.Batch{Columns: built.rows.Columns[:n], N: built.rows.N}, built.of(group[0])), nil
}

func (o *lookupRows) Close() error { return nil }

// lazy builds its operator when it is first read.
type lazy struct {
	builder *builder
	node    plan.Node
	built   Operator
}

func (o *lazy) Next(ctx context.Context) (*vector.Batch, error) {
	if o.built == nil {
		var err error
		if o.built, err = o.builder.build(o.node); err != nil {
			return nil, err
		}
	}
	return o.built.Next(ctx)
}

func (o *lazy) Close() error {
	if o.built == nil {
		return nil
	}
	return o.built.Close()
}
