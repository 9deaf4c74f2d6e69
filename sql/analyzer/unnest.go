package analyzer

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// joinUnnest plans a join whose right side is an UNNEST of what the left side gives.
func (a *analyzer) joinUnnest(left relation, j *ast.Join, u *ast.Unnest, alias *ast.Aliased, v env) (relation, error) {
	if err := onlyOnTrue(j); err != nil {
		return left, err
	}
	return a.unnest(left, u, alias, j.Kind == ast.LeftJoin, v)
}

// onlyOnTrue refuses all conditions of a join with UNNEST but ON TRUE.
func onlyOnTrue(j *ast.Join) error {
	if j.Kind == ast.CrossJoin || j.Kind == ast.ImplicitJoin || isTrue(j.On) {
		return nil
	}
	return sql.Errorf(sql.NOT_SUPPORTED, criteriaPos(j), "%s JOIN involving UNNEST is only supported with condition ON TRUE", joinWords[j.Kind])
}

// unnest plans UNNEST over the rows of left, whose fields the result has first.
func (a *analyzer) unnest(left relation, u *ast.Unnest, alias *ast.Aliased, outer bool, v env) (relation, error) {
	x := a.exprs(v.scope(left.fields))
	x.env = v
	values := make([]plan.Expr, len(u.Exprs))
	for i, e := range u.Exprs {
		if err := scalarOnly(e, "UNNEST"); err != nil {
			return left, err
		}
		var err error
		if values[i], err = x.translate(e); err != nil {
			return left, err
		}
		if t := values[i].Type(); !t.Is(types.Array) && !t.Is(types.Map) {
			return left, sql.Errorf(sql.INVALID_FUNCTION_ARGUMENT, e.Position(), "Cannot unnest type: %s", t).WithHint(hintForUnnest(values[i]))
		}
	}
	return a.unnestValues(x, left, values, u.WithOrdinality, alias, outer)
}

// unnestValues plans the unnesting of arrays and maps over the fields of left.
func (a *analyzer) unnestValues(x *exprs, left relation, values []plan.Expr, ordinality bool, alias *ast.Aliased, outer bool) (relation, error) {
	sel := &selection{exprs: x, node: left.node}
	if err := sel.attach(values...); err != nil {
		return left, err
	}
	node, refs := a.withColumns(sel.node, values)
	n := &plan.Unnest{Input: node, Outer: outer}
	var added []field
	add := func(name string, t types.Type) plan.Column {
		label := name
		if label == "" {
			label = "element"
		}
		c := a.column(label, t)
		added = append(added, field{name: name, column: c})
		return c
	}
	for _, r := range refs {
		c := plan.UnnestCollection{ID: r.ID}
		switch t := r.Column.Type; {
		case t.Is(types.Map):
			c.Outputs = []plan.Column{add("", t.Key()), add("", t.Value())}
		case t.Elem().Is(types.Row):
			for _, f := range t.Elem().Fields() {
				c.Outputs = append(c.Outputs, add(f.Name, f.Type))
			}
		default:
			c.Outputs = []plan.Column{add("", t.Elem())}
		}
		n.Collections = append(n.Collections, c)
	}
	if ordinality {
		c := add("", types.TBigint)
		n.Ordinality = &c
	}
	if err := checkWidth(len(left.fields)+len(added), "columns", values[0].Pos()); err != nil {
		return left, err
	}
	right := relation{n, added}
	if alias != nil {
		var err error
		if right, err = aliased(right, alias); err != nil {
			return left, err
		}
	}
	return relation{n, append(append([]field{}, left.fields...), right.fields...)}, nil
}
