package optimizer

import (
	"slices"

	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// countRows lets aggregations over one column of a table, or over none, take rows that stand for many: a table may know
// the values of a column with their numbers of rows, which is what counts are made of.
//
//	Aggregate eventname#1: count() #2        Aggregate eventname#1: sum($rows#3) #2
//	  Scan trail: eventname#1            ─►    Scan trail: eventname#1, $rows#3
//
// Filters may be about that column, and about columns that say which parts of the table are wanted as a whole: the table
// gives parts of which only some rows are wanted row by row, each standing for itself. Groups come in the same order either way.
func countRows(o *optimizer, n plan.Node) plan.Node {
	return plan.MapNodes(n, func(n plan.Node) plan.Node {
		if a, ok := n.(*plan.Aggregate); ok {
			if counting := o.countRowsOf(a); counting != nil {
				return counting
			}
		}
		return n
	})
}

// indifferent are the aggregates of one argument that are the same however often a value is there.
var indifferent = []string{"min", "max", "bool_and", "every", "bool_or", "arbitrary", "any_value", "approx_distinct"}

// countRowsOf returns what gives the rows of a from rows that stand for many; nil if there is no such thing.
func (o *optimizer) countRowsOf(a *plan.Aggregate) plan.Node {
	for _, agg := range a.Aggs {
		if !countable(agg) {
			return nil
		}
	}
	var chain []plan.Node // from the aggregation down to the scan
	at := a.Input
	for {
		scan, ok := at.(*plan.Scan)
		if ok {
			rows := o.column(plan.Column{Name: plan.RowsColumn, Type: types.TBigint})
			if at = countingScan(scan, rows); at == nil {
				return nil
			}
			slices.Reverse(chain)
			for _, n := range chain {
				n = n.WithInputs([]plan.Node{at})
				if p, ok := n.(*plan.Project); ok {
					n = &plan.Project{Input: at, Outputs: append(slices.Clone(p.Outputs), plan.Projection{Column: rows, Expr: &plan.ColumnRef{Column: rows}})}
				}
				at = n
			}
			return o.sumRows(a, at, rows)
		}
		switch n := at.(type) {
		case *plan.Filter:
			if isVolatile(n.Predicate) {
				return nil
			}
		case *plan.Project:
			if volatileProject(n) {
				return nil
			}
		default:
			return nil
		}
		chain = append(chain, at)
		at = at.Inputs()[0]
	}
}

// countable reports whether an aggregate can do with rows that stand for many.
func countable(agg plan.AggCall) bool {
	switch {
	case len(agg.OrderBy) > 0:
		return false
	case agg.Distinct:
		return true
	case agg.Fn.Name == "count":
		if len(agg.Args) == 0 {
			return true
		}
		l, ok := agg.Args[0].(*plan.Literal)
		_, isRef := agg.Args[0].(*plan.ColumnRef)
		return isRef || ok && !l.IsNull()
	}
	return len(agg.Args) == 1 && slices.Contains(indifferent, agg.Fn.Name)
}

// countingScan returns a scan that gives the numbers of rows, too; nil if its table has no such numbers for it.
func countingScan(s *plan.Scan, rows plan.Column) plan.Node {
	table, ok := s.Table.(plan.CountingTable)
	emitted := s.Columns()
	if !ok || s.Sample > 0 || len(emitted) > 1 {
		return nil
	}
	paths := map[plan.ColumnID][]string{}
	for _, c := range s.Outputs {
		paths[c.ID] = c.Path
	}
	var counted []string // the column that has values with numbers
	if len(emitted) == 1 {
		counted = paths[emitted[0].ID]
	}
	for _, term := range plan.Conjuncts(s.Filter) {
		var path []string
		one := !isVolatile(term)
		plan.EachRef(term, func(r *plan.ColumnRef) {
			own, ok := paths[r.ID]
			one = one && ok && (path == nil || slices.Equal(path, own))
			path = own
		})
		switch {
		case !one || path == nil:
			return nil
		case slices.Equal(path, counted) || comparesOrdered(term):
		case counted == nil:
			counted = path
		default:
			return nil
		}
	}
	if !table.CountsRows(counted) {
		return nil
	}
	with := *s
	with.Outputs = append(slices.Clone(s.Outputs), plan.ScanColumn{Column: rows, Path: []string{plan.RowsColumn}})
	if s.Emit != nil {
		with.Emit = append(slices.Clone(s.Emit), rows.ID)
	}
	return &with
}

// comparesOrdered reports whether a condition compares a column of times or whole numbers with a constant, so that its
// domain is exactly the values for which it is true.
func comparesOrdered(e plan.Expr) bool {
	c, ok := e.(*plan.Call)
	if !ok || len(c.Args) != 2 || mirrored[c.Fn.Name] == "" {
		return false
	}
	for i, arg := range c.Args {
		ref, isRef := arg.(*plan.ColumnRef)
		l, isLiteral := c.Args[1-i].(*plan.Literal)
		if isRef && isLiteral && !l.IsNull() {
			return ref.Type().Equal(l.Type()) && (ref.Type().Is(types.Timestamp) || ref.Type().Is(types.Bigint))
		}
	}
	return false
}

// sumRows returns a over an input in which rows says how many rows each row stands for.
func (o *optimizer) sumRows(a *plan.Aggregate, input plan.Node, rows plan.Column) plan.Node {
	sum, err := function.ResolveAggregate("sum", []function.Arg{{Type: types.TBigint}})
	if err != nil || !sum.Result.Equal(types.TBigint) {
		return nil
	}
	below, above := &plan.Project{Input: input}, &plan.Project{}
	for _, c := range input.Columns() {
		below.Outputs = append(below.Outputs, plan.Projection{Column: c, Expr: &plan.ColumnRef{Column: c}})
	}
	plain := len(below.Outputs)
	out := &plan.Aggregate{Keys: a.Keys, Aggs: slices.Clone(a.Aggs)}
	for _, c := range a.Columns()[:len(a.Keys)] {
		above.Outputs = append(above.Outputs, plan.Projection{Column: c, Expr: &plan.ColumnRef{Column: c}})
	}
	changed := false
	for i, agg := range a.Aggs {
		result := &plan.ColumnRef{Column: agg.Column}
		if agg.Fn.Name != "count" || agg.Distinct {
			above.Outputs = append(above.Outputs, plan.Projection{Column: agg.Column, Expr: result})
			continue
		}
		summed := &plan.ColumnRef{Column: rows, At: agg.At}
		some := len(a.Keys) > 0 && agg.Filter == nil // each group has a row that counts
		if len(agg.Args) > 0 {
			if ref, ok := agg.Args[0].(*plan.ColumnRef); ok {
				some = false
				summed.Column = o.column(plan.Column{Name: plan.RowsColumn, Type: types.TBigint})
				null := plan.NewLiteral(types.TBigint, nil, agg.At)
				below.Outputs = append(below.Outputs, plan.Projection{Column: summed.Column, Expr: &plan.Case{At: agg.At,
					Whens: []plan.When{{Cond: &plan.IsNull{Arg: ref, At: agg.At}, Then: null}}, Else: &plan.ColumnRef{Column: rows, At: agg.At}}})
			}
		}
		with := agg
		with.Fn, with.Args = sum, []plan.Expr{summed}
		if some {
			out.Aggs[i] = with
			above.Outputs = append(above.Outputs, plan.Projection{Column: agg.Column, Expr: result})
			continue
		}
		changed = true
		with.Column = o.column(agg.Column)
		out.Aggs[i] = with
		above.Outputs = append(above.Outputs, plan.Projection{Column: agg.Column, Expr: &plan.Coalesce{At: agg.At,
			Args: []plan.Expr{&plan.ColumnRef{Column: with.Column, At: agg.At}, plan.NewLiteral(types.TBigint, int64(0), agg.At)}}})
	}
	out.Input = input
	if len(below.Outputs) > plain {
		out.Input = below
	}
	if !changed {
		return out
	}
	above.Input = out
	return above
}
