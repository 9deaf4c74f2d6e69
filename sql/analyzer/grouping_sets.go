package analyzer

import (
	"fmt"
	"math"
	"slices"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// maxGroupingSets is how many grouping sets a query may have, as in Trino.
const maxGroupingSets = 2048

// maxSetKeys is how many keys grouping sets may have together, each counted as wide as its element of GROUP BY:
// every row is given once for each set, with all keys.
const maxSetKeys = 100_000

// checkGroupingSets refuses GROUP BY with too many grouping sets.
func checkGroupingSets(g *ast.GroupBy) error {
	count, width := int64(1), int64(0)
	for _, element := range g.Elements {
		sets := int64(len(element.Sets))
		widest, all := 0, 0
		for _, set := range element.Sets {
			widest, all = max(widest, len(set)), all+len(set)
		}
		switch element.Kind {
		case ast.Rollup:
			sets++
			widest = all
		case ast.Cube:
			widest = all
			sets = 1 << min(sets, 32)
		}
		width += int64(widest)
		if count *= sets; count > math.MaxInt32 {
			return sql.Errorf(sql.TOO_MANY_GROUPING_SETS, g.Elements[0].Pos, "GROUP BY has more than %d grouping sets but can contain at most %d", math.MaxInt32, maxGroupingSets)
		}
	}
	if count > maxGroupingSets {
		return sql.Errorf(sql.TOO_MANY_GROUPING_SETS, g.Elements[0].Pos, "GROUP BY has %d grouping sets but can contain at most %d", count, maxGroupingSets)
	}
	if count > 1 && count*width > maxSetKeys {
		return sql.Errorf(sql.QUERY_REJECTED, g.Elements[0].Pos, "Grouping sets of GROUP BY have more than %d keys together", maxSetKeys)
	}
	return nil
}

// expandSets makes grouping sets of the arguments of an element.
func expandSets(element *ast.GroupingElement, args [][]int) [][]int {
	switch element.Kind {
	case ast.Rollup:
		sets := make([][]int, 0, len(args)+1)
		for n := len(args); n >= 0; n-- {
			sets = append(sets, union(args[:n]))
		}
		return sets
	case ast.Cube:
		var sets [][]int
		for mask := 1<<len(args) - 1; mask >= 0; mask-- {
			var chosen [][]int
			for i, arg := range args {
				if mask>>(len(args)-1-i)&1 != 0 {
					chosen = append(chosen, arg)
				}
			}
			sets = append(sets, union(chosen))
		}
		return sets
	}
	return args
}

// union joins sets, without what they have twice.
func union(sets [][]int) []int {
	out := []int{}
	for _, set := range sets {
		for _, k := range set {
			if !has(out, k) {
				out = append(out, k)
			}
		}
	}
	return out
}

func has(set []int, k int) bool {
	for _, x := range set {
		if x == k {
			return true
		}
	}
	return false
}

// product joins each of a with each of b.
func product(a, b [][]int) [][]int {
	out := make([][]int, 0, len(a)*len(b))
	for _, s := range a {
		for _, t := range b {
			out = append(out, union([][]int{s, t}))
		}
	}
	return out
}

func distinctSets(sets [][]int) [][]int {
	var out [][]int
	seen := map[string]bool{}
	for _, s := range sets {
		text := fmt.Sprint(slices.Sorted(slices.Values(s)))
		if !seen[text] {
			seen[text] = true
			out = append(out, s)
		}
	}
	return out
}

// planSets plans grouping sets: every row is given once for each set, with the set's
// number and NULL for the keys that are not in it. Grouping by keys and number does the rest.
//
//	Aggregate k1' k2' set: …
//	  Project k1' := CASE WHEN set IN (0, 1) THEN k1 END, …
//	    CrossJoin
//	      (input)
//	      Values set: 0, 1, 2
//
// It returns the column of the number, too.
//
// An empty set gives one row even for no input: see addEmptySets.
func (sel *selection) planSets(agg *plan.Aggregate) (plan.Node, plan.Column) {
	set := sel.a.column("set", types.TBigint)
	values := &plan.Values{Outputs: []plan.Column{set}}
	for i := range sel.sets {
		values.Rows = append(values.Rows, []plan.Expr{plan.NewLiteral(types.TBigint, int64(i), sql.Pos{})})
	}
	crossed := &plan.Join{Kind: plan.CrossJoin, Left: agg.Input, Right: values}
	p := &plan.Project{Input: crossed}
	for _, c := range crossed.Columns() {
		p.Outputs = append(p.Outputs, plan.Projection{Column: c, Expr: ref(c, sql.Pos{})})
	}
	out := &plan.Aggregate{Input: p, Aggs: agg.Aggs}
	for i, k := range sel.keys {
		var list []plan.Expr
		for s, keys := range sel.sets {
			if has(keys, i) {
				list = append(list, values.Rows[s][0])
			}
		}
		key := sel.a.column(k.column.Name, k.column.Type)
		var e plan.Expr = ref(k.column, k.expr.Pos())
		if len(list) == 0 {
			e = plan.NewLiteral(key.Type, nil, k.expr.Pos())
		} else if len(list) < len(sel.sets) {
			in := &plan.In{Value: ref(set, sql.Pos{}), List: list}
			e = &plan.Case{Whens: []plan.When{{Cond: in, Then: e}}, Else: plan.NewLiteral(key.Type, nil, k.expr.Pos())}
		}
		p.Outputs = append(p.Outputs, plan.Projection{Column: key, Expr: e})
		sel.keys[i].column = key
		out.Keys = append(out.Keys, key.ID)
	}
	out.Keys = append(out.Keys, set.ID)
	sel.addEmptySets(out, p, set)
	number, ok := plan.Find(out.Input, out.Keys[len(out.Keys)-1])
	if !ok {
		panic("the number of the grouping set is not among the columns that are grouped")
	}
	return out, number
}

// addEmptySets adds to the input of agg a row for each empty grouping set, which makes its
// group, but is kept from the aggregates by their filters.
func (sel *selection) addEmptySets(agg *plan.Aggregate, p *plan.Project, set plan.Column) {
	var empty []int
	for i, keys := range sel.sets {
		if len(keys) == 0 {
			empty = append(empty, i)
		}
	}
	if empty == nil {
		return
	}
	a := sel.a
	isRow := a.column("isrow", booleanType)
	p.Outputs = append(p.Outputs, plan.Projection{Column: isRow, Expr: plan.Bool(true, sql.Pos{})})
	u := &plan.Union{Maps: make([][]plan.ColumnID, 2)}
	extra := &plan.Values{Rows: make([][]plan.Expr, len(empty))}
	moved := map[plan.ColumnID]plan.Expr{}
	for _, c := range p.Columns() {
		v, o := a.column(c.Name, c.Type), a.column(c.Name, c.Type)
		extra.Outputs, u.Outputs = append(extra.Outputs, v), append(u.Outputs, o)
		u.Maps[0], u.Maps[1] = append(u.Maps[0], c.ID), append(u.Maps[1], v.ID)
		moved[c.ID] = ref(o, sql.Pos{})
		for i, s := range empty {
			var value any
			switch c.ID {
			case set.ID:
				value = int64(s)
			case isRow.ID:
				value = false
			}
			extra.Rows[i] = append(extra.Rows[i], plan.NewLiteral(c.Type, value, sql.Pos{}))
		}
	}
	u.Branches = []plan.Node{p, extra}
	to := func(id plan.ColumnID) plan.ColumnID { return moved[id].(*plan.ColumnRef).ID }

	filters := &plan.Project{Input: u}
	for _, c := range u.Outputs {
		filters.Outputs = append(filters.Outputs, plan.Projection{Column: c, Expr: ref(c, sql.Pos{})})
	}
	for i, k := range agg.Keys {
		agg.Keys[i] = to(k)
		if i < len(sel.keys) {
			c, ok := plan.Find(u, agg.Keys[i])
			if !ok {
				panic(fmt.Sprintf("column #%d is not in the union of grouping sets", agg.Keys[i]))
			}
			sel.keys[i].column = c
		}
	}
	for i := range agg.Aggs {
		call := &agg.Aggs[i]
		call.Args = append([]plan.Expr{}, call.Args...)
		for j, e := range call.Args {
			call.Args[j] = plan.Substitute(e, moved)
		}
		for j := range call.OrderBy {
			call.OrderBy[j].ID = to(call.OrderBy[j].ID)
		}
		row := moved[isRow.ID].(*plan.ColumnRef)
		if call.Filter != nil {
			both := &plan.And{Terms: []plan.Expr{moved[call.Filter.ID], row}, At: call.At}
			c := a.column("filter", booleanType)
			filters.Outputs = append(filters.Outputs, plan.Projection{Column: c, Expr: both})
			row = ref(c, call.At)
		}
		call.Filter = row
	}
	agg.Input = filters
}
