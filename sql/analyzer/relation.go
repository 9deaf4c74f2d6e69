package analyzer

import (
	"strconv"
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

func itoa(n int) string { return strconv.Itoa(n) }

// from plans a relation of FROM; nil means no FROM, which is one row without columns.
func (a *analyzer) from(r ast.Relation, v env) (relation, error) {
	switch r := r.(type) {
	case nil:
		return relation{node: &plan.Values{Rows: [][]plan.Expr{{}}}}, nil
	case *ast.Table:
		return a.table(r, v)
	case *ast.Aliased:
		if u, ok := r.Relation.(*ast.Unnest); ok {
			return a.unnest(relation{node: &plan.Values{Rows: [][]plan.Expr{{}}}}, u, r, false, v)
		}
		rel, err := a.from(r.Relation, v)
		if err != nil {
			return rel, err
		}
		return aliased(rel, r)
	case *ast.Join:
		return a.join(r, v)
	case *ast.SubqueryRelation:
		return a.query(r.Query, v)
	case *ast.Unnest:
		return a.unnest(relation{node: &plan.Values{Rows: [][]plan.Expr{{}}}}, r, nil, false, v)
	case *ast.JSONTable:
		return a.jsonTable(relation{node: &plan.Values{Rows: [][]plan.Expr{{}}}}, r, nil, false, v)
	case *ast.Lateral:
		return a.query(r.Query, v)
	case *ast.MatchRecognize:
		return a.matchRecognize(r, v)
	case *ast.TableSample:
		return a.sample(r, v)
	case *ast.TableFunction:
		return a.tableFunction(r, v)
	}
	return relation{}, sql.NotSupported(r.Position(), "this relation")
}

// aliased names a relation, and its columns if the alias lists them.
func aliased(r relation, e *ast.Aliased) (relation, error) {
	fields := make([]field, 0, len(r.fields))
	for _, f := range r.fields {
		if f.hidden && e.Columns != nil {
			continue // a list names all that remains visible
		}
		f.relations = []string{e.Alias.Name}
		fields = append(fields, f)
	}
	if e.Columns != nil {
		if len(e.Columns) != len(fields) {
			return r, sql.Errorf(sql.MISMATCHED_COLUMN_ALIASES, e.Pos, "Column alias list has %d entries but '%s' has %d columns available",
				len(e.Columns), e.Alias.Name, len(fields))
		}
		for i, c := range e.Columns {
			fields[i].name = c.Name
		}
	}
	return relation{r.node, fields}, nil
}

// table plans a name in FROM: a named query, or else a table of the catalog.
func (a *analyzer) table(t *ast.Table, v env) (relation, error) {
	a.tables++
	if a.tables > maxTables {
		return relation{}, sql.Errorf(sql.QUERY_REJECTED, t.Pos, "Query reads tables and named queries more than %d times", maxTables)
	}
	if len(t.Name.Parts) == 1 {
		if n := v.with.find(t.Name.Parts[0].Name); n != nil {
			return a.useNamed(n)
		}
	}
	table, name, err := a.resolveTable(t, v)
	if err != nil {
		return relation{}, err
	}
	if t.Placeholder {
		a.stock.Tables[t] = table.Name()
	}
	last := name.Parts[len(name.Parts)-1]
	scan := &plan.Scan{Table: table}
	r := relation{node: scan}
	for _, c := range table.TableColumns() {
		column := a.column(c.Name, c.Type)
		scan.Outputs = append(scan.Outputs, plan.ScanColumn{Column: column, Path: []string{c.Name}})
		r.fields = append(r.fields, field{relations: []string{last, table.Name()}, name: c.Name, column: column, hidden: c.Hidden})
	}
	return r, nil
}

func (a *analyzer) useNamed(n *namedQuery) (relation, error) {
	var r relation
	if n.planned != nil {
		r, n.planned = *n.planned, nil
	} else {
		var err error
		if r, err = a.namedRelation(n); err != nil {
			return r, err
		}
	}
	fields := append([]field{}, r.fields...)
	for i := range fields {
		fields[i].relations = []string{n.def.Name.Name}
	}
	return relation{r.node, fields}, nil
}

func (a *analyzer) resolveTable(t *ast.Table, v env) (plan.Table, TableName, error) {
	name := TableName{Parts: identifierNames(t.Name.Parts), Placeholder: t.Placeholder}
	table, err := a.catalog.Table(name)
	if err != nil {
		return nil, name, sql.At(err, t.Pos)
	}
	if table == nil {
		return nil, name, sql.Errorf(sql.TABLE_NOT_FOUND, t.Pos, "Table '%s' does not exist", sql.Printable(name.String(), maxShownRunes)).
			WithHint(a.hintForTable(name, v))
	}
	return table, name, nil
}

// lateralItem returns what stands on the right of a join and sees its left: an UNNEST with its alias, if any.
func lateralItem(r ast.Relation) (*ast.Unnest, *ast.Aliased) {
	switch r := r.(type) {
	case *ast.Unnest:
		return r, nil
	case *ast.Aliased:
		if u, ok := r.Relation.(*ast.Unnest); ok {
			return u, r
		}
	}
	return nil, nil
}

func isLateral(r ast.Relation) (*ast.Lateral, bool) {
	if al, ok := r.(*ast.Aliased); ok {
		r = al.Relation
	}
	l, ok := r.(*ast.Lateral)
	return l, ok
}

var joinKinds = [...]plan.JoinKind{ast.InnerJoin: plan.InnerJoin, ast.LeftJoin: plan.LeftJoin, ast.RightJoin: plan.RightJoin,
	ast.FullJoin: plan.FullJoin, ast.CrossJoin: plan.CrossJoin, ast.ImplicitJoin: plan.CrossJoin}

func (a *analyzer) join(j *ast.Join, v env) (relation, error) {
	left, err := a.from(j.Left, v)
	if err == nil {
		err = a.countJoin(j.Right.Position())
	}
	if err != nil {
		return left, err
	}
	unnest, alias := lateralItem(j.Right)
	if unnest != nil && j.Kind != ast.RightJoin && j.Kind != ast.FullJoin {
		return a.joinUnnest(left, j, unnest, alias, v)
	}
	if t, alias := jsonTableItem(j.Right); t != nil {
		if r, lateral, err := a.joinJSONTable(left, j, t, alias, v); lateral {
			return r, err
		}
	}
	rightEnv := v
	var refs []*plan.ColumnRef
	lateral, isLateral := isLateral(j.Right)
	isLateral = isLateral || unnest != nil
	if isLateral {
		rightEnv.outer, rightEnv.outerRefs = v.scope(left.fields), &refs
		a.correlating++
	}
	right, err := a.from(j.Right, rightEnv)
	if isLateral {
		a.correlating--
	}
	if err != nil {
		return right, err
	}
	if len(refs) > 0 && (j.Kind == ast.RightJoin || j.Kind == ast.FullJoin) {
		return right, sql.Errorf(sql.INVALID_COLUMN_REFERENCE, refs[0].At, "LATERAL reference not allowed in %s JOIN", joinWords[j.Kind])
	}
	if unnest != nil {
		if err := onlyOnTrue(j); err != nil {
			return right, err
		}
	}
	if lateral != nil && j.Kind == ast.FullJoin && !isTrue(j.On) {
		return right, sql.Errorf(sql.NOT_SUPPORTED, criteriaPos(j), "FULL JOIN involving LATERAL relation is only supported with condition ON TRUE")
	}
	if len(refs) > 0 {
		return a.joinLateral(j, left, right, v)
	}
	if err := checkWidth(len(left.fields)+len(right.fields), "columns", j.Right.Position()); err != nil {
		return right, err
	}
	both := relation{fields: append(append([]field{}, left.fields...), right.fields...)}
	kind := joinKinds[j.Kind]
	switch {
	case j.Natural:
		return a.joinUsing(j, kind, left, right, naturalColumns(j, left, right))
	case j.Using != nil:
		return a.joinUsing(j, kind, left, right, j.Using)
	case kind == plan.CrossJoin:
		both.node = &plan.Join{Kind: plan.CrossJoin, Left: left.node, Right: right.node}
		return both, nil
	}
	both.node, err = a.joinOn(j, kind, left, right, both, v)
	return both, err
}

// joinOn plans JOIN … ON: equalities between the sides become pairs of keys.
func (a *analyzer) joinOn(j *ast.Join, kind plan.JoinKind, left, right, both relation, v env) (plan.Node, error) {
	x := a.exprs(v.scope(both.fields))
	x.env = v
	if err := scalarOnly(j.On, "JOIN clause"); err != nil {
		return nil, err
	}
	on, err := x.predicate(j.On, "JOIN ON clause")
	if err != nil {
		return nil, err
	}
	if len(x.found.subqueries) > 0 {
		n, err := x.onSubqueries(j, kind, &left, &right, on)
		if n != nil || err != nil {
			return n, err
		}
	}
	var leftKeys, rightKeys, residual []plan.Expr
	leftIDs, rightIDs := idSet(left.node), idSet(right.node)
	for _, term := range plan.Conjuncts(on) {
		if l, r, ok := equiPair(term, leftIDs, rightIDs); ok {
			leftKeys, rightKeys = append(leftKeys, l), append(rightKeys, r)
		} else if !plan.IsTrue(term) {
			residual = append(residual, term)
		}
	}
	leftNode, leftRefs := a.withColumns(left.node, leftKeys)
	rightNode, rightRefs := a.withColumns(right.node, rightKeys)
	if kind == plan.InnerJoin && leftKeys == nil && residual == nil {
		kind = plan.CrossJoin
	}
	return &plan.Join{Kind: kind, Left: leftNode, Right: rightNode, LeftKeys: refIDs(leftRefs), RightKeys: refIDs(rightRefs),
		Residual: plan.Conjunction(residual)}, nil
}

func refIDs(refs []*plan.ColumnRef) []plan.ColumnID {
	var ids []plan.ColumnID
	for _, r := range refs {
		ids = append(ids, r.ID)
	}
	return ids
}

func idSet(n plan.Node) map[plan.ColumnID]bool {
	ids := map[plan.ColumnID]bool{}
	for _, c := range n.Columns() {
		ids[c.ID] = true
	}
	return ids
}

// equiPair splits left = right, if each side refers to columns of one input only.
func equiPair(e plan.Expr, leftIDs, rightIDs map[plan.ColumnID]bool) (left, right plan.Expr, ok bool) {
	call, isCall := e.(*plan.Call)
	if !isCall || call.Fn.Name != comparisons[ast.Equals] {
		return nil, nil, false
	}
	l, r := call.Args[0], call.Args[1]
	switch {
	case !l.Type().Equal(r.Type()):
	case refersOnlyTo(l, leftIDs) && refersOnlyTo(r, rightIDs):
		return l, r, true
	case refersOnlyTo(l, rightIDs) && refersOnlyTo(r, leftIDs):
		return r, l, true
	}
	return nil, nil, false
}

// refersOnlyTo reports whether e refers to a column, and to none but the given ones.
func refersOnlyTo(e plan.Expr, ids map[plan.ColumnID]bool) bool {
	some, only := false, true
	plan.EachRef(e, func(r *plan.ColumnRef) {
		some = true
		only = only && ids[r.ID]
	})
	return some && only
}

// naturalColumns are the visible names that both sides have.
func naturalColumns(j *ast.Join, left, right relation) []*ast.Identifier {
	var out []*ast.Identifier
	for _, l := range left.fields {
		for _, r := range right.fields {
			if !l.hidden && !r.hidden && l.name != "" && strings.EqualFold(l.name, r.name) {
				out = append(out, &ast.Identifier{Pos: j.Pos, Name: l.name})
				break
			}
		}
	}
	return out
}

// joinUsing joins by columns of equal name, which come first in the result, once and without relation name.
func (a *analyzer) joinUsing(j *ast.Join, kind plan.JoinKind, left, right relation, using []*ast.Identifier) (relation, error) {
	if len(using) == 0 {
		kind = plan.CrossJoin
	}
	var leftKeys, rightKeys []plan.Expr
	dropLeft, dropRight := map[int]bool{}, map[int]bool{}
	for _, c := range using {
		l, err := usingField(left, c, "left")
		if err != nil {
			return left, err
		}
		r, err := usingField(right, c, "right")
		if err != nil {
			return right, err
		}
		if dropLeft[l] {
			return left, sql.Errorf(sql.DUPLICATE_COLUMN_NAME, c.Pos, "Column '%s' appears multiple times in USING clause", c.Name)
		}
		dropLeft[l], dropRight[r] = true, true
		lc, rc := left.fields[l].column, right.fields[r].column
		t, ok := types.CommonSuperType(lc.Type, rc.Type)
		if !ok {
			return left, sql.Errorf(sql.TYPE_MISMATCH, c.Pos, "Column types of left and right sides of join are not compatible for USING: %s vs %s", lc.Type, rc.Type)
		}
		if !t.Comparable() {
			return left, sql.Errorf(sql.TYPE_MISMATCH, c.Pos, "%s is not comparable, and therefore cannot be used in USING", t)
		}
		leftKeys, rightKeys = append(leftKeys, coerce(ref(lc, c.Pos), t)), append(rightKeys, coerce(ref(rc, c.Pos), t))
	}
	leftNode, leftRefs := a.withColumns(left.node, leftKeys)
	rightNode, rightRefs := a.withColumns(right.node, rightKeys)
	out := relation{node: &plan.Join{Kind: kind, Left: leftNode, Right: rightNode, LeftKeys: refIDs(leftRefs), RightKeys: refIDs(rightRefs)}}
	columns := leftRefs
	switch kind {
	case plan.RightJoin:
		columns = rightRefs
	case plan.FullJoin:
		var either []plan.Expr
		for i, l := range leftRefs {
			either = append(either, &plan.Coalesce{Args: []plan.Expr{l, rightRefs[i]}, At: l.At})
		}
		out.node, columns = a.withColumns(out.node, either)
	}
	for i, c := range using {
		out.fields = append(out.fields, field{name: c.Name, column: columns[i].Column})
	}
	for i, f := range left.fields {
		if !dropLeft[i] {
			out.fields = append(out.fields, f)
		}
	}
	for i, f := range right.fields {
		if !dropRight[i] {
			out.fields = append(out.fields, f)
		}
	}
	return out, nil
}

func usingField(r relation, c *ast.Identifier, side string) (int, error) {
	match := -1
	for i, f := range r.fields {
		if !f.matches("", c.Name) {
			continue
		}
		if match >= 0 {
			return 0, sql.Errorf(sql.AMBIGUOUS_NAME, c.Pos, "Column '%s' is ambiguous", columnName(c.Name))
		}
		match = i
	}
	if match < 0 {
		return 0, sql.Errorf(sql.COLUMN_NOT_FOUND, c.Pos, "Column '%s' is missing from %s side of join", columnName(c.Name), side)
	}
	return match, nil
}
