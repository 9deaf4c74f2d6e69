package analyzer

import (
	"slices"

	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

var booleanType = types.TBoolean

func isBooleanOrNull(e plan.Expr) bool {
	return e.Type().Is(types.Boolean) || e.Type().Is(types.Unknown)
}

func isRow(e plan.Expr) bool { return e.Type().Is(types.Row) }

// groupKey is an expression of GROUP BY, and the column that has its value above.
type groupKey struct {
	expr   plan.Expr
	column plan.Column
}

// groupBy translates GROUP BY: the keys, and the grouping sets if there are several.
func (sel *selection) groupBy(g *ast.GroupBy) error {
	if g.Auto {
		return sel.groupByAuto()
	}
	if err := checkGroupingSets(g); err != nil {
		return err
	}
	sets := [][]int{nil}
	simple := true
	for _, element := range g.Elements {
		simple = simple && element.Kind == ast.SimpleGrouping
		var of [][]int
		for _, exprs := range element.Sets {
			if element.Kind != ast.SimpleGrouping {
				if err := sel.columnsOnly(exprs); err != nil {
					return err
				}
			}
			set, err := sel.groupingSet(exprs)
			if err != nil {
				return err
			}
			of = append(of, set)
		}
		if element.Kind == ast.SimpleGrouping && len(sets) == 1 && len(of) == 1 {
			sets[0] = append(sets[0], of[0]...)
			continue
		}
		sets = product(sets, expandSets(element, of))
	}
	if !simple {
		if g.Distinct {
			sets = distinctSets(sets)
		}
		sel.sets = sets
	}
	return nil
}

// hasGroupingSets reports whether a GROUP BY makes keys NULL that are not of a set.
func hasGroupingSets(g *ast.GroupBy) bool {
	return g != nil && slices.ContainsFunc(g.Elements, func(e *ast.GroupingElement) bool { return e.Kind != ast.SimpleGrouping })
}

// distinctColumns gives each field of r a column of its own: a subquery that lists a column twice gives its two fields
// one. They are the same but in grouping sets, of which one may have this field, and not the other.
func (a *analyzer) distinctColumns(r relation) relation {
	seen := map[plan.ColumnID]bool{}
	var more []plan.Projection
	fields := slices.Clone(r.fields)
	for i, f := range fields {
		if seen[f.column.ID] {
			fields[i].column = a.column(f.column.Name, f.column.Type)
			more = append(more, plan.Projection{Column: fields[i].column, Expr: ref(f.column, sql.Pos{})})
		}
		seen[f.column.ID] = true
	}
	if more == nil {
		return r
	}
	p := &plan.Project{Input: r.node}
	for _, c := range r.node.Columns() {
		p.Outputs = append(p.Outputs, plan.Projection{Column: c, Expr: ref(c, sql.Pos{})})
	}
	p.Outputs = append(p.Outputs, more...)
	return relation{node: p, fields: fields}
}

// columnsOnly refuses grouping sets of anything but columns.
func (sel *selection) columnsOnly(exprs []ast.Expr) error {
	for _, e := range exprs {
		if err := scalarOnly(e, "GROUP BY clause"); err != nil {
			return err
		}
		key, err := sel.translate(e)
		if err != nil {
			return sel.hintForGroupBy(err, e)
		}
		if _, ok := key.(*plan.ColumnRef); !ok {
			return sql.Errorf(sql.INVALID_COLUMN_REFERENCE, e.Position(), "GROUP BY expression must be a column reference: %s", ast.Message(e))
		}
	}
	return nil
}

// groupByAuto makes keys of all that SELECT lists but of what is computed for groups.
func (sel *selection) groupByAuto() error {
	for _, o := range sel.outputs {
		if written, ok := o.node.(ast.Expr); ok && scalarOnly(written, "GROUP BY clause") != nil {
			continue
		}
		if t := o.expr.Type(); !t.Comparable() {
			return sql.Errorf(sql.TYPE_MISMATCH, o.node.Position(), "%s is not comparable, and therefore cannot be used in GROUP BY", t)
		}
		sel.addKey(o.expr)
	}
	return nil
}

// groupingSet returns the indexes of the keys of a set.
func (sel *selection) groupingSet(exprs []ast.Expr) ([]int, error) {
	var set []int
	for _, e := range exprs {
		var key plan.Expr
		if ordinal, ok := e.(*ast.IntegerLiteral); ok {
			if ordinal.Value < 1 || ordinal.Value > int64(len(sel.outputs)) {
				return nil, sql.Errorf(sql.INVALID_COLUMN_REFERENCE, ordinal.Pos, "GROUP BY position %d is not in select list", ordinal.Value)
			}
			o := sel.outputs[ordinal.Value-1]
			if written, ok := o.node.(ast.Expr); ok {
				if err := scalarOnly(written, "GROUP BY clause"); err != nil {
					return nil, err
				}
			}
			key = o.expr
		} else {
			if err := scalarOnly(e, "GROUP BY clause"); err != nil {
				return nil, err
			}
			var err error
			if key, err = sel.translate(e); err != nil {
				return nil, sel.hintForGroupBy(err, e)
			}
		}
		if !key.Type().Comparable() {
			return nil, sql.Errorf(sql.TYPE_MISMATCH, sel.at, "%s is not comparable, and therefore cannot be used in GROUP BY", key.Type())
		}
		set = append(set, sel.addKey(key))
		if err := checkWidth(len(sel.keys), "keys of GROUP BY", e.Position()); err != nil {
			return nil, err
		}
	}
	return set, nil
}

// addKey returns the index of a key, which is added if need be.
func (sel *selection) addKey(key plan.Expr) int {
	if i := sel.keyIndex.find(key); i >= 0 {
		return i
	}
	k := groupKey{expr: key}
	if r, ok := key.(*plan.ColumnRef); ok && !sel.env.isOuter(r.ID) {
		k.column = r.Column
	} else {
		k.column = sel.a.fresh(key)
	}
	sel.keyIndex.add(key)
	sel.keys = append(sel.keys, k)
	return len(sel.keys) - 1
}

// above returns e as it is computed in the node that is planned next: above the grouping, that is
// with its keys in place of what they are equal to; before the grouping is planned, as it is.
func (sel *selection) above(e plan.Expr) plan.Expr {
	if !sel.aboveGrouping {
		return e
	}
	e, _ = sel.lift(e)
	return e
}

// lift is above, and reports whether e refers to nothing that the grouping hides.
func (sel *selection) lift(e plan.Expr) (plan.Expr, bool) {
	ok := true
	lifted := plan.Replace(e, func(e plan.Expr) (plan.Expr, bool) {
		if i := sel.keyIndex.find(e); i >= 0 {
			return ref(sel.keys[i].column, e.Pos()), true
		}
		if r, isRef := e.(*plan.ColumnRef); isRef && sel.sources[r.ID] {
			ok = false
		}
		return nil, false
	})
	return lifted, ok
}

// checkGrouping: above a grouping, expressions are made of its keys and of aggregates.
func (sel *selection) checkGrouping(s *ast.Select) error {
	if !sel.grouped {
		return nil
	}
	keys := map[plan.ColumnID]bool{}
	for _, k := range sel.keys {
		keys[k.column.ID] = true
	}
	for _, o := range sel.outputs {
		if err := sel.checkLifted(o.expr, o.node, o.string, keys); err != nil {
			return sel.ofAllColumns(err, o)
		}
	}
	if sel.having != nil {
		if err := sel.checkLifted(sel.having, s.Having, func() string { return ast.Message(s.Having) }, keys); err != nil {
			return err
		}
	}
	for _, d := range sel.defined {
		if _, ok := sel.lift(d.expr); !ok {
			return notGrouped(d.node, ast.Message(d.node))
		}
	}
	for _, o := range sel.order {
		if err := sel.checkLifted(o.expr, o.node, func() string { return ast.Message(o.node) }, keys); err != nil {
			return err
		}
	}
	return nil
}

// ofAllColumns names the column that * has brought in, as there is no expression to show.
func (sel *selection) ofAllColumns(err error, o output) error {
	r, ok := o.expr.(*plan.ColumnRef)
	if _, star := o.node.(*ast.AllColumns); !star || !ok {
		return err
	}
	for i, f := range sel.from.fields {
		if f.column.ID != r.ID {
			continue
		}
		name := itoa(i + 1)
		switch {
		case f.name != "" && len(f.relations) > 0:
			name = "'" + f.relations[0] + "." + f.name + "'"
		case f.name != "":
			name = "'" + f.name + "'"
		}
		return sql.Errorf(sql.EXPRESSION_NOT_AGGREGATE, o.node.Position(), "Column %s not in GROUP BY clause", name)
	}
	return err
}

func (sel *selection) checkLifted(e plan.Expr, node ast.Node, text func() string, keys map[plan.ColumnID]bool) error {
	e, ok := sel.lift(e)
	if !ok {
		return notGrouped(node, text())
	}
	if err := sel.checkWindows(e); err != nil {
		return err
	}
	if err := sel.checkSubqueries(e, node, keys); err != nil {
		return err
	}
	// What windows and subqueries in e look at lies above the grouping, too.
	bad := false
	check := func(e plan.Expr) {
		if e != nil {
			_, ok := sel.lift(e)
			bad = bad || !ok
		}
	}
	plan.EachRef(e, func(r *plan.ColumnRef) {
		if keys[r.ID] {
			return
		}
		for _, p := range sel.found.patterns {
			if p.gives(r.ID) {
				for _, e := range p.inputs() {
					check(e)
				}
			}
		}
		for _, w := range sel.found.windows {
			if w.column.ID == r.ID {
				for _, e := range w.inputs() {
					check(e)
				}
			}
		}
		for _, q := range sel.found.subqueries {
			if q.column.ID == r.ID {
				for _, e := range q.inputs() {
					check(e)
				}
			}
		}
	})
	if bad {
		return notGrouped(node, text())
	}
	return nil
}

func notGrouped(node ast.Node, text string) error {
	return sql.Errorf(sql.EXPRESSION_NOT_AGGREGATE, node.Position(), "'%s' must be an aggregate expression or appear in GROUP BY clause", text)
}

// checkWindows names the part of a window in e that is not made of keys and aggregates.
func (sel *selection) checkWindows(e plan.Expr) (err error) {
	check := func(e plan.Expr, node ast.Expr, what string) {
		if e == nil || err != nil {
			return
		}
		if _, ok := sel.lift(e); !ok {
			err = sql.Errorf(sql.EXPRESSION_NOT_AGGREGATE, node.Position(), "%s must be an aggregate expression or appear in GROUP BY clause", what)
		}
	}
	plan.EachRef(e, func(r *plan.ColumnRef) {
		for _, w := range sel.found.windows {
			if w.column.ID != r.ID {
				continue
			}
			for i, e := range w.partition {
				node := w.spec.PartitionBy[i]
				check(e, node, "PARTITION BY expression '"+ast.Message(node)+"'")
			}
			for i, s := range w.order {
				node := w.spec.OrderBy[i].Expr
				check(s.expr, node, "ORDER BY expression '"+ast.Message(node)+"'")
			}
			if f := w.spec.Frame; f != nil {
				check(w.start.offset, f.Start.Offset, "Window frame start")
				if f.End != nil {
					check(w.end.offset, f.End.Offset, "Window frame end")
				}
			}
		}
	})
	return err
}

// checkSubqueries names the column that a subquery in e looks at though the grouping hides it.
func (sel *selection) checkSubqueries(e plan.Expr, node ast.Node, keys map[plan.ColumnID]bool) (err error) {
	plan.EachRef(e, func(r *plan.ColumnRef) {
		for _, q := range sel.found.subqueries {
			if q.column.ID != r.ID || keys[r.ID] { // what is grouped by may look at anything
				continue
			}
			for _, outer := range q.outer {
				if _, ok := sel.lift(outer); !ok && err == nil && !keys[outer.ID] {
					err = sql.Errorf(sql.EXPRESSION_NOT_AGGREGATE, outer.Pos(), "Subquery uses '%s' which must appear in GROUP BY clause", sel.writtenAt(node, outer))
				}
			}
		}
	})
	return err
}

// writtenAt returns how a reference to a column of FROM is written in a node.
func (sel *selection) writtenAt(node ast.Node, r *plan.ColumnRef) string {
	text := r.Name
	for _, f := range sel.from.fields {
		if f.column.ID == r.ID && f.name != "" {
			text = f.name
		}
	}
	name := text
	ast.Walk(node, func(n ast.Node) bool {
		e, ok := n.(ast.Expr)
		if !ok || e.Position() != r.At {
			return true
		}
		if names := qualifiedName(e); names != nil && len(names) <= 2 && strings.EqualFold(names[len(names)-1].Name, name) {
			text = ast.Message(e)
			return false
		}
		return true
	})
	return text
}

// planGrouping plans the nodes that group: one that computes keys and arguments, and the Aggregate.
func (sel *selection) planGrouping() error {
	var inputs []plan.Expr
	for _, k := range sel.keys {
		inputs = append(inputs, k.expr)
	}
	for _, a := range sel.found.aggregates {
		inputs = append(inputs, a.inputs()...)
	}
	if err := sel.attach(inputs...); err != nil {
		return err
	}
	p := &projection{Project: &plan.Project{Input: sel.node}}
	passed := map[plan.ColumnID]bool{}
	pass := func(r *plan.ColumnRef) {
		if !passed[r.ID] {
			passed[r.ID] = true
			p.Outputs = append(p.Outputs, plan.Projection{Column: r.Column, Expr: r})
		}
	}
	for _, k := range sel.keys {
		if r, ok := k.expr.(*plan.ColumnRef); ok && r.ID == k.column.ID {
			pass(r)
		} else {
			p.Outputs = append(p.Outputs, plan.Projection{Column: k.column, Expr: k.expr})
		}
	}
	value := func(e plan.Expr) plan.Expr {
		switch e := e.(type) {
		case *plan.Literal:
			return e
		case *plan.Lambda:
			plan.EachRef(e, func(r *plan.ColumnRef) {
				if !sel.env.isOuter(r.ID) {
					pass(r)
				}
			})
			return e
		}
		return sel.column(p, pass, e)
	}
	agg := &plan.Aggregate{Input: p.Project}
	for _, k := range sel.keys {
		agg.Keys = append(agg.Keys, k.column.ID)
	}
	for _, a := range sel.found.aggregates {
		call := plan.AggCall{Column: a.column, Fn: a.fn, Distinct: a.distinct, At: a.at}
		for _, e := range a.args {
			call.Args = append(call.Args, value(e))
		}
		for _, s := range a.orderBy {
			call.OrderBy = append(call.OrderBy, plan.SortKey{ID: sel.column(p, pass, s.expr).ID, Descending: s.descending, NullsFirst: s.nullsFirst})
		}
		if a.filter != nil {
			call.Filter = sel.column(p, pass, a.filter)
		}
		agg.Aggs = append(agg.Aggs, call)
	}
	sel.node = agg
	set := plan.Column{}
	if sel.sets != nil {
		sel.node, set = sel.planSets(agg)
	}
	sel.planGroupings(set)
	sel.aboveGrouping = true
	return nil
}

func (a *aggregate) inputs() []plan.Expr {
	out := append([]plan.Expr{}, a.args...)
	for _, s := range a.orderBy {
		out = append(out, s.expr)
	}
	if a.filter != nil {
		out = append(out, a.filter)
	}
	return out
}

// column returns a reference to the column of p that has the value of e, which it adds if need be.
func (sel *selection) column(p *projection, pass func(*plan.ColumnRef), e plan.Expr) *plan.ColumnRef {
	if r, ok := e.(*plan.ColumnRef); ok && !sel.env.isOuter(r.ID) {
		pass(r)
		return r
	}
	if i := p.find(e); i >= 0 {
		return ref(p.Outputs[i].Column, e.Pos())
	}
	c := sel.a.fresh(e)
	p.Outputs = append(p.Outputs, plan.Projection{Column: c, Expr: e})
	return ref(c, e.Pos())
}

// planWindows plans a Window node for each window that calls share.
func (sel *selection) planWindows() error {
	var inputs []plan.Expr
	for _, p := range sel.found.patterns {
		p.window.lift(sel)
		for _, e := range p.inputs() {
			inputs = append(inputs, sel.above(e))
		}
	}
	for _, w := range sel.found.windows {
		w.lift(sel)
		inputs = append(inputs, w.inputs()...)
	}
	if len(inputs) == 0 && len(sel.found.windows) == 0 && len(sel.found.patterns) == 0 {
		return nil
	}
	if err := sel.attach(inputs...); err != nil {
		return err
	}
	for _, p := range sel.found.patterns {
		sel.planPattern(p)
	}
	done := make([]bool, len(sel.found.windows))
	different := 0
	for i, w := range sel.found.windows {
		if done[i] {
			continue
		}
		if different++; different > maxWindows {
			return sql.Errorf(sql.QUERY_REJECTED, w.at, "Query has more than %d different windows", maxWindows)
		}
		var shared []*windowCall
		for j := i; j < len(done); j++ {
			if other := sel.found.windows[j]; !done[j] && w.sameWindow(other) {
				done[j] = true
				shared = append(shared, other)
			}
		}
		sel.node = sel.a.windowNode(sel.node, shared)
	}
	return nil
}

// inputs lists all expressions of w that need to be computed below it.
func (w *windowCall) inputs() []plan.Expr {
	out := append([]plan.Expr{}, w.args...)
	out = append(out, w.partition...)
	for _, s := range w.order {
		out = append(out, s.expr)
	}
	for _, s := range w.argOrder {
		out = append(out, s.expr)
	}
	for _, e := range w.columns() {
		if *e != nil {
			out = append(out, *e)
		}
	}
	return out
}

// lift moves the expressions of w above the grouping.
func (w *windowCall) lift(sel *selection) {
	for i, e := range w.args {
		w.args[i] = sel.above(e)
	}
	for i, e := range w.partition {
		w.partition[i] = sel.above(e)
	}
	for i, s := range w.order {
		w.order[i].expr = sel.above(s.expr)
	}
	for i, s := range w.argOrder {
		w.argOrder[i].expr = sel.above(s.expr)
	}
	for _, e := range w.columns() {
		if *e != nil {
			*e = sel.above(*e)
		}
	}
}

func (w *windowCall) sameWindow(v *windowCall) bool {
	if len(w.partition) != len(v.partition) || len(w.order) != len(v.order) {
		return false
	}
	for i, e := range w.partition {
		if !plan.Equal(e, v.partition[i]) {
			return false
		}
	}
	for i, s := range w.order {
		if t := v.order[i]; s.descending != t.descending || s.nullsFirst != t.nullsFirst || !plan.Equal(s.expr, t.expr) {
			return false
		}
	}
	return true
}

func (a *analyzer) windowNode(node plan.Node, shared []*windowCall) plan.Node {
	var values []plan.Expr // all that must be columns
	for _, w := range shared {
		for _, e := range w.inputs() {
			switch e.(type) {
			case *plan.Literal, *plan.Lambda:
				if !w.ordersBy(e) {
					continue
				}
			}
			values = append(values, e)
		}
	}
	node, refs := a.withColumns(node, values)
	byValue := make(map[plan.Expr]*plan.ColumnRef, len(values))
	for i, v := range values {
		if byValue[v] == nil {
			byValue[v] = refs[i]
		}
	}
	columnOf := func(e plan.Expr) *plan.ColumnRef { return byValue[e] }
	n := &plan.Window{Input: node}
	for _, e := range shared[0].partition {
		n.PartitionBy = append(n.PartitionBy, columnOf(e).ID)
	}
	for _, s := range shared[0].order {
		n.OrderBy = append(n.OrderBy, plan.SortKey{ID: columnOf(s.expr).ID, Descending: s.descending, NullsFirst: s.nullsFirst})
	}
	for _, w := range shared {
		call := plan.WindowCall{Column: w.column, Fn: w.fn, Aggregate: w.aggregate, Distinct: w.distinct,
			Frame: w.frame, IgnoreNulls: w.ignoreNulls, At: w.at}
		for _, e := range w.args {
			if r := columnOf(e); r != nil {
				e = r
			}
			call.Args = append(call.Args, e)
		}
		for _, s := range w.argOrder {
			call.ArgOrder = append(call.ArgOrder, plan.SortKey{ID: columnOf(s.expr).ID, Descending: s.descending, NullsFirst: s.nullsFirst})
		}
		if w.filter != nil {
			call.Filter = columnOf(w.filter)
		}
		f := &call.Frame
		for _, b := range []struct {
			to **plan.ColumnRef
			of plan.Expr
		}{{&f.StartOffset, w.start.offset}, {&f.StartValue, w.start.value}, {&f.StartKey, w.start.key},
			{&f.EndOffset, w.end.offset}, {&f.EndValue, w.end.value}, {&f.EndKey, w.end.key}} {
			if b.of != nil {
				*b.to = columnOf(b.of)
			}
		}
		n.Functions = append(n.Functions, call)
	}
	return n
}

// ordersBy says whether e is an expression of w beside its arguments, which must be a column.
func (w *windowCall) ordersBy(e plan.Expr) bool {
	for _, c := range w.columns() {
		if *c == e {
			return true
		}
	}
	for _, p := range w.partition {
		if p == e {
			return true
		}
	}
	for _, s := range append(w.order[:len(w.order):len(w.order)], w.argOrder...) {
		if s.expr == e {
			return true
		}
	}
	return false
}
