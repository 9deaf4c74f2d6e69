package analyzer

import (
	"slices"
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// namedQuery is a query of WITH and those before it.
type namedQuery struct {
	def  *ast.NamedQuery
	env  env // in which def is read
	next *namedQuery
	// planned is the plan that was made when the name was defined, for the first use of it.
	planned *relation
	// working is set where the name means the rows that its recursion found last.
	working *workingTable
	// recursive: the query refers to itself.
	recursive bool
}

func (n *namedQuery) find(name string) *namedQuery {
	for ; n != nil; n = n.next {
		if strings.EqualFold(n.def.Name.Name, name) {
			return n
		}
	}
	return nil
}

// query plans a query. The fields of the result are its columns, without relation names.
func (a *analyzer) query(q *ast.Query, v env) (relation, error) {
	v, err := a.with(q.With, v)
	if err != nil {
		return relation{}, err
	}
	var r relation
	switch body := q.Body.(type) {
	case *ast.Select:
		r, err = a.selectBody(body, q.OrderBy, v)
	default:
		if r, err = a.queryBody(body, v); err == nil {
			r, err = a.orderOutput(r, q.OrderBy, v)
		}
	}
	if err != nil {
		return relation{}, err
	}
	return a.limit(r, q)
}

func (a *analyzer) with(w *ast.With, v env) (env, error) {
	if w == nil {
		return v, nil
	}
	seen := map[string]bool{}
	for _, def := range w.Queries {
		name := strings.ToLower(def.Name.Name)
		if seen[name] {
			return v, sql.Errorf(sql.DUPLICATE_NAMED_QUERY, def.Pos, "WITH query name '%s' specified more than once", name)
		}
		seen[name] = true
		n := &namedQuery{def: def, env: v, next: v.with}
		if w.Recursive {
			var err error
			if n.recursive, err = isRecursive(def); err != nil {
				return v, err
			}
		}
		r, err := a.namedRelation(n)
		if err != nil {
			return v, err
		}
		n.planned = &r
		v.with = n
	}
	return v, nil
}

// namedRelation plans a named query anew.
func (a *analyzer) namedRelation(n *namedQuery) (relation, error) {
	switch {
	case n.working != nil:
		return a.readWorkingTable(n), nil
	case n.recursive:
		return a.recursion(n)
	}
	r, err := a.query(n.def.Query, n.env)
	if err != nil || n.def.Columns == nil {
		return r, err
	}
	if err := checkColumnAliases(n.def.Columns, len(r.fields)); err != nil {
		return r, err
	}
	fields := append([]field{}, r.fields...)
	for i, c := range n.def.Columns {
		fields[i].name = c.Name
	}
	r.fields = fields
	return r, nil
}

// queryBody plans a body other than SELECT.
func (a *analyzer) queryBody(body ast.QueryBody, v env) (relation, error) {
	switch body := body.(type) {
	case *ast.Select:
		return a.selectBody(body, nil, v)
	case *ast.Query:
		return a.query(body, v)
	case *ast.Values:
		return a.values(body, v)
	case *ast.TableRef:
		r, err := a.from(body.Table, v)
		if err != nil {
			return r, err
		}
		var fields []field
		for _, f := range r.fields {
			if !f.hidden {
				fields = append(fields, field{name: f.name, column: f.column})
			}
		}
		return relation{r.node, fields}, nil
	case *ast.SetOperation:
		return a.setOperation(body, v)
	}
	return relation{}, sql.NotSupported(body.Position(), "this query")
}

// orderOutput sorts a query whose columns are all that ORDER BY can see.
func (a *analyzer) orderOutput(r relation, items []*ast.SortItem, v env) (relation, error) {
	if len(items) == 0 {
		return r, nil
	}
	x := a.exprs(v.scope(r.fields))
	x.env = v
	sel := &selection{exprs: x, from: r, node: r.node}
	for _, f := range r.fields {
		sel.outputs = append(sel.outputs, output{f.name, f.name != "", ref(f.column, items[0].Pos), items[0].Expr, ""})
	}
	if err := sel.orderBy(items, false); err != nil {
		return r, err
	}
	var values []plan.Expr
	for _, o := range sel.order {
		if err := scalarOnly(o.node.(ast.Expr), "ORDER BY clause"); err != nil {
			return r, err
		}
		values = append(values, o.expr)
	}
	if err := sel.attach(values...); err != nil {
		return r, err
	}
	node, refs := a.withColumns(sel.node, values)
	s := &plan.Sort{Input: node}
	for i, o := range sel.order {
		s.Keys = append(s.Keys, plan.SortKey{ID: refs[i].ID, Descending: o.descending, NullsFirst: o.nullsFirst})
	}
	return relation{s, r.fields}, nil
}

// limit applies OFFSET, LIMIT and FETCH FIRST.
func (a *analyzer) limit(r relation, q *ast.Query) (relation, error) {
	offset, count := int64(0), int64(-1)
	var err error
	if q.Offset != nil {
		if offset, err = a.rowCount(q.Offset.Count, q.Offset.Pos, "OFFSET", 0); err != nil {
			return r, err
		}
	}
	switch {
	case q.Limit != nil && q.Limit.Count != nil:
		if count, err = a.rowCount(q.Limit.Count, q.Limit.Pos, "LIMIT", 0); err != nil {
			return r, err
		}
	case q.Fetch != nil:
		count = 1
		if q.Fetch.Count != nil {
			if count, err = a.rowCount(q.Fetch.Count, q.Fetch.Pos, "FETCH FIRST", 1); err != nil {
				return r, err
			}
		}
		if q.Fetch.WithTies {
			s, ok := r.node.(*plan.Sort)
			if !ok || len(q.OrderBy) == 0 {
				return r, sql.Errorf(sql.MISSING_ORDER_BY, q.Fetch.Pos, "FETCH FIRST WITH TIES clause requires ORDER BY")
			}
			r.node = &plan.TopN{Input: s.Input, Keys: s.Keys, Offset: offset, Count: count, WithTies: true}
			return r, nil
		}
	}
	if offset > 0 || count >= 0 {
		r.node = &plan.Limit{Input: r.node, Offset: offset, Count: count}
	}
	return r, nil
}

// rowCount evaluates the number of OFFSET, LIMIT and FETCH FIRST: a literal, or a parameter that is one.
func (a *analyzer) rowCount(e ast.Expr, at sql.Pos, clause string, least int64) (int64, error) {
	if p, ok := e.(*ast.Parameter); ok && p.Index < len(a.opts.Parameters) {
		e = a.opts.Parameters[p.Index]
	} else if ok {
		_, err := a.exprs(&scope{}).parameter(p)
		return 0, err
	}
	l, ok := e.(*ast.IntegerLiteral)
	if !ok {
		return 0, sql.Errorf(sql.INVALID_LIMIT_CLAUSE, at, "%s row count must be an integer", clause)
	}
	if l.Value < least {
		what := "greater or equal to 0"
		if least > 0 {
			what = "positive"
		}
		return 0, sql.Errorf(sql.NUMERIC_VALUE_OUT_OF_RANGE, at, "%s row count must be %s (actual value: %d)", clause, what, l.Value)
	}
	return l.Value, nil
}

func (a *analyzer) values(e *ast.Values, v env) (relation, error) {
	x := a.exprs(v.scope(nil))
	x.env = v
	rows, values := make([][]plan.Expr, len(e.Rows)), make([]plan.Expr, len(e.Rows))
	for i, row := range e.Rows {
		if err := scalarOnly(row, "VALUES clause"); err != nil {
			return relation{}, err
		}
		value, err := x.translate(row)
		if err != nil {
			return relation{}, err
		}
		rows[i], values[i] = valuesRow(value), value
		if err := checkWidth(len(rows[i]), "columns", row.Position()); err != nil {
			return relation{}, err
		}
	}
	for _, row := range rows {
		if len(row) != len(rows[0]) {
			return relation{}, sql.Errorf(sql.TYPE_MISMATCH, e.Pos, "Values rows have mismatched sizes: %d vs %d", len(rows[0]), len(row))
		}
	}
	n := &plan.Values{Rows: rows}
	written := make([]types.Type, len(rows)) // before coercion
	for i, row := range rows {
		written[i] = rowOf(row)
	}
	names := namesOfValues(values)
	var fields []field
	for c := range rows[0] {
		t := types.TUnknown
		for i := range rows {
			super, ok := types.CommonSuperType(t, rows[i][c].Type())
			if !ok {
				return relation{}, sql.Errorf(sql.TYPE_MISMATCH, e.Pos, "Values rows have mismatched types: %s vs %s", written[0], written[i])
			}
			t = super
		}
		for i := range rows {
			rows[i][c] = coerce(rows[i][c], t)
		}
		column := a.column("column"+itoa(c+1), t)
		n.Outputs = append(n.Outputs, column)
		fields = append(fields, field{name: names[c], column: column})
	}
	if len(x.found.subqueries) > 0 {
		u, err := x.valuesOfSubqueries(n)
		return relation{u, fields}, err
	}
	return relation{n, fields}, nil
}

// namesOfValues are the names of the columns of VALUES, "" for none: those that the fields of all rows have.
func namesOfValues(rows []plan.Expr) []string {
	names := make([]string, len(valuesRow(rows[0])))
	for i, row := range rows {
		if !isRow(row) {
			return make([]string, len(names))
		}
		for c, f := range row.Type().Fields() {
			switch {
			case i == 0:
				names[c] = f.Name
			case !strings.EqualFold(names[c], f.Name):
				names[c] = ""
			}
		}
	}
	return names
}

// valuesOfSubqueries plans VALUES with subqueries in it: each row is a query of its own.
func (x *exprs) valuesOfSubqueries(n *plan.Values) (plan.Node, error) {
	u := &plan.Union{Outputs: n.Outputs}
	for _, row := range n.Rows {
		sel := &selection{exprs: x, node: &plan.Values{Rows: [][]plan.Expr{{}}}}
		if err := sel.attach(row...); err != nil {
			return nil, err
		}
		p := &plan.Project{Input: sel.node}
		var ids []plan.ColumnID
		for i, e := range row {
			c := x.a.column(n.Outputs[i].Name, e.Type())
			p.Outputs = append(p.Outputs, plan.Projection{Column: c, Expr: e})
			ids = append(ids, c.ID)
		}
		u.Branches, u.Maps = append(u.Branches, p), append(u.Maps, ids)
	}
	return u, nil
}

// rowOf returns the type of a row of values.
func rowOf(values []plan.Expr) types.Type {
	fields := make([]types.Field, len(values))
	for i, v := range values {
		fields[i].Type = v.Type()
	}
	return types.RowOf(fields...)
}

// valuesRow returns the columns of a row of VALUES.
func valuesRow(value plan.Expr) []plan.Expr {
	if r, ok := value.(*plan.RowOf); ok {
		return append([]plan.Expr{}, r.Fields...)
	}
	if !isRow(value) {
		return []plan.Expr{value}
	}
	var out []plan.Expr
	for i := range value.Type().Fields() {
		out = append(out, &plan.Field{Arg: value, Index: i, At: value.Pos()})
	}
	return out
}

// setOperation plans UNION, INTERSECT and EXCEPT. Chains of one kind of UNION make one node.
func (a *analyzer) setOperation(e *ast.SetOperation, v env) (relation, error) {
	bodies := []ast.QueryBody{e.Right}
	operations := []*ast.SetOperation{e}
	left := e.Left
	for e.Op == ast.Union && !e.Corresponding {
		l, ok := left.(*ast.SetOperation)
		if !ok || l.Op != ast.Union || l.All != e.All || l.Corresponding {
			break
		}
		bodies, operations = append(bodies, l.Right), append(operations, l)
		left = l.Left
	}
	bodies = append(bodies, left)
	n := len(bodies)
	branches := make([]relation, n)
	for i := range branches {
		var err error
		if branches[i], err = a.queryBody(bodies[n-1-i], v); err != nil {
			return relation{}, err
		}
	}
	if e.Corresponding {
		var err error
		if branches[0], branches[1], err = corresponding(e, branches[0], branches[1]); err != nil {
			return relation{}, err
		}
	}
	columns, err := a.unify(branches, e, func(i int) ast.Node { return operations[n-1-i] })
	if err != nil {
		return relation{}, err
	}
	fields := make([]field, len(columns))
	for i, f := range branches[0].fields {
		fields[i] = field{name: f.name, column: columns[i]}
	}
	if e.Op != ast.Union {
		s := &plan.SetOperation{Except: e.Op == ast.Except, All: e.All, Outputs: columns,
			Left: branches[0].node, LeftMap: fieldIDs(branches[0]), Right: branches[1].node, RightMap: fieldIDs(branches[1])}
		return relation{s, fields}, nil
	}
	u := &plan.Union{Outputs: columns}
	for _, b := range branches {
		u.Branches = append(u.Branches, b.node)
		u.Maps = append(u.Maps, fieldIDs(b))
	}
	if e.All {
		return relation{u, fields}, nil
	}
	return relation{&plan.Aggregate{Input: u, Keys: idsOf(columns)}, fields}, nil
}

// corresponding returns both sides of a set operation with the columns that they have in common by name, or that BY
// lists, in the order of the left side, or of BY.
func corresponding(e *ast.SetOperation, left, right relation) (relation, relation, error) {
	l, r := relation{node: left.node}, relation{node: right.node}
	for _, side := range []relation{left, right} {
		for i, f := range side.fields {
			if f.name == "" {
				return l, r, sql.Errorf(sql.MISSING_COLUMN_NAME, e.Pos, "Anonymous columns are not allowed in set operations with CORRESPONDING")
			}
			for _, g := range side.fields[:i] {
				if strings.EqualFold(f.name, g.name) {
					return l, r, sql.Errorf(sql.AMBIGUOUS_NAME, e.Pos, "Duplicate columns found when using CORRESPONDING in set operations: %s", columnName(f.name))
				}
			}
		}
	}
	take := func(name string, at sql.Pos) error {
		for _, side := range []struct {
			from, to *relation
			name     string
		}{{&left, &l, "left"}, {&right, &r, "right"}} {
			i := slices.IndexFunc(side.from.fields, func(f field) bool { return strings.EqualFold(f.name, name) })
			if i < 0 {
				return sql.Errorf(sql.COLUMN_NOT_FOUND, at, "Column '%s' is missing from %s side of %s CORRESPONDING", columnName(name), side.name, e.Op)
			}
			side.to.fields = append(side.to.fields, side.from.fields[i])
		}
		return nil
	}
	for _, by := range e.By {
		if err := take(by.Name, by.Pos); err != nil {
			return l, r, err
		}
	}
	for _, f := range left.fields {
		common := false
		for _, g := range right.fields {
			common = common || strings.EqualFold(f.name, g.name)
		}
		if common && e.By == nil {
			if err := take(f.name, e.Pos); err != nil {
				return l, r, err
			}
		}
	}
	if len(l.fields) == 0 {
		return l, r, sql.Errorf(sql.MISMATCHED_COLUMN_ALIASES, e.Pos, "No corresponding columns")
	}
	return l, r, nil
}

func fieldIDs(r relation) []plan.ColumnID {
	ids := make([]plan.ColumnID, len(r.fields))
	for i, f := range r.fields {
		ids[i] = f.column.ID
	}
	return ids
}

// unify coerces the columns of the branches to common types and returns the columns of the whole.
func (a *analyzer) unify(branches []relation, e *ast.SetOperation, node func(int) ast.Node) ([]plan.Column, error) {
	all := make([]types.Type, len(branches[0].fields))
	for i, f := range branches[0].fields {
		all[i] = f.column.Type
	}
	for b := 1; b < len(branches); b++ {
		r, at := branches[b], node(b).Position()
		if len(r.fields) != len(all) {
			return nil, sql.Errorf(sql.TYPE_MISMATCH, at, "%s query has different number of fields: %d, %d", e.Op, len(all), len(r.fields))
		}
		for i, f := range r.fields {
			t, ok := types.CommonSuperType(all[i], f.column.Type)
			if !ok {
				return nil, sql.Errorf(sql.TYPE_MISMATCH, at, "column %d in %s query has incompatible types: %s, %s", i+1, e.Op, all[i], f.column.Type)
			}
			all[i] = t
		}
	}
	columns := make([]plan.Column, len(all))
	for i, t := range all {
		if (e.Op != ast.Union || !e.All) && !t.Comparable() {
			return nil, sql.Errorf(sql.TYPE_MISMATCH, e.Pos, "Type %s is not comparable and therefore cannot be used in %s", t, e.Op)
		}
		name := branches[0].fields[i].name
		if name == "" {
			name = branches[0].fields[i].column.Name
		}
		columns[i] = a.column(name, t)
	}
	for b := range branches {
		branches[b] = a.coerceFields(branches[b], all)
	}
	return columns, nil
}

// coerceFields casts the fields of r to other types where they differ.
func (a *analyzer) coerceFields(r relation, to []types.Type) relation {
	var values []plan.Expr
	changed := false
	for i, f := range r.fields {
		e := coerce(ref(f.column, sql.Pos{}), to[i])
		_, same := e.(*plan.ColumnRef)
		changed = changed || !same
		values = append(values, e)
	}
	if !changed {
		return r
	}
	node, refs := a.withColumns(r.node, values)
	fields := append([]field{}, r.fields...)
	for i, c := range refs {
		fields[i].column = c.Column
	}
	return relation{node, fields}
}
