package analyzer

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// groupingOperation is GROUPING(keys): which of the keys the row's grouping set leaves out, a bit for each.
type groupingOperation struct {
	column plan.Column
	args   []plan.Expr
	nodes  []ast.Expr // of args, for messages
	at     sql.Pos
	// ofOutput: in ORDER BY, an argument is the name of a column of SELECT.
	ofOutput bool
}

// How many bits an integer and a bigint have for GROUPING, but for their sign.
const (
	maxIntegerGroupingArguments = 31
	maxGroupingArguments        = 63
)

func (x *exprs) grouping(e *ast.FunctionCall) (plan.Expr, error) {
	if len(e.Args) > maxGroupingArguments {
		return nil, sql.Errorf(sql.TOO_MANY_ARGUMENTS, e.Pos, "GROUPING supports up to %d column arguments", maxGroupingArguments)
	}
	args, err := x.each(e.Args)
	if err != nil {
		return nil, err
	}
	t := types.TInteger
	if len(args) > maxIntegerGroupingArguments {
		t = types.TBigint
	}
	g := &groupingOperation{column: x.a.column("grouping", t), args: args, nodes: e.Args, at: e.Pos}
	for _, arg := range e.Args {
		id, ok := arg.(*ast.Identifier)
		g.ofOutput = g.ofOutput || ok && x.isOutput(id)
	}
	x.found.groupings = append(x.found.groupings, g)
	return ref(g.column, e.Pos), nil
}

// checkGroupings: the arguments of GROUPING are keys of GROUP BY.
func (sel *selection) checkGroupings(s *ast.Select) error {
	for _, g := range sel.found.groupings {
		if s.GroupBy == nil {
			return sql.Errorf(sql.MISSING_GROUP_BY, s.Pos, "A GROUPING() operation can only be used with a corresponding GROUPING SET/CUBE/ROLLUP/GROUP BY clause")
		}
		if g.ofOutput {
			return sql.Errorf(sql.INVALID_ARGUMENTS, g.at, "Invalid reference to output of SELECT clause from grouping() expression in ORDER BY")
		}
		for i, arg := range g.args {
			if _, isColumn := arg.(*plan.ColumnRef); !isColumn || sel.keyIndex.find(arg) < 0 {
				return sql.Errorf(sql.INVALID_ARGUMENTS, g.at, "The arguments to GROUPING() must be expressions referenced by the GROUP BY at the associated query level. Mismatch due to %s.", ast.Message(g.nodes[i]))
			}
		}
	}
	return nil
}

// planGroupings computes GROUPING above the node that groups, from the number of the grouping set.
func (sel *selection) planGroupings(set plan.Column) {
	if len(sel.found.groupings) == 0 {
		return
	}
	var values []plan.Projection
	for _, g := range sel.found.groupings {
		values = append(values, plan.Projection{Column: g.column, Expr: sel.groupingValue(g, set)})
	}
	p := &plan.Project{Input: sel.node}
	for _, c := range sel.node.Columns() {
		p.Outputs = append(p.Outputs, plan.Projection{Column: c, Expr: ref(c, sql.Pos{})})
	}
	p.Outputs = append(p.Outputs, values...)
	sel.node = p
}

func (sel *selection) groupingValue(g *groupingOperation, set plan.Column) plan.Expr {
	t := g.column.Type
	out := &plan.Case{Else: plan.NewLiteral(t, int64(0), g.at), At: g.at}
	for i, keys := range sel.sets {
		bits := int64(0)
		for _, arg := range g.args {
			bits <<= 1
			if !has(keys, sel.keyIndex.find(arg)) {
				bits |= 1
			}
		}
		if bits != 0 {
			in := &plan.In{Value: ref(set, g.at), List: []plan.Expr{plan.NewLiteral(types.TBigint, int64(i), g.at)}, At: g.at}
			out.Whens = append(out.Whens, plan.When{Cond: in, Then: plan.NewLiteral(t, bits, g.at)})
		}
	}
	if out.Whens == nil {
		return out.Else
	}
	return out
}
