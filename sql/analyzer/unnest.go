package analyzer

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// joinUnnest plans a join whose right side is an UNNEST of what the left side gives.
func (a *analyzer) joinUnnest(left relation, j *ast.Join, u *ast.Unnest, alias *ast.Aliased, v env) (relation, error) {
	outer := false
	on, _ := j.On.(*ast.BooleanLiteral)
	onTrue := on != nil && on.Value
	switch j.Kind {
	case ast.RightJoin, ast.FullJoin:
		return left, sql.Errorf(sql.NOT_SUPPORTED, u.Pos, "RIGHT and FULL JOIN involving UNNEST is not supported")
	case ast.LeftJoin:
		if outer = true; !onTrue {
			return left, sql.Errorf(sql.NOT_SUPPORTED, j.Pos, "LEFT JOIN involving UNNEST is only supported with condition ON TRUE")
		}
	}
	if j.Using != nil || j.Natural {
		return left, sql.NotSupported(j.Pos, "JOIN … USING involving UNNEST")
	}
	r, err := a.unnest(left, u, alias, outer, v)
	if err != nil || j.On == nil || onTrue {
		return r, err
	}
	x := a.exprs(v.scope(r.fields))
	x.env = v
	if err := scalarOnly(j.On, "JOIN clause"); err != nil {
		return r, err
	}
	cond, err := x.predicate(j.On, "JOIN ON clause")
	if err != nil {
		return r, err
	}
	sel := &selection{exprs: x, node: r.node}
	if err := sel.attach(cond); err != nil {
		return r, err
	}
	r.node = &plan.Filter{Input: sel.node, Predicate: cond}
	return r, nil
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
	right := relation{n, added}
	if alias != nil {
		var err error
		if right, err = aliased(right, alias); err != nil {
			return left, err
		}
	}
	return relation{n, append(append([]field{}, left.fields...), right.fields...)}, nil
}
