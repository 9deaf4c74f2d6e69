package analyzer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/plan"
)

// env is what surrounds a query: named queries it may read, and the scope of the query that it is a subquery of.
type env struct {
	with      *namedQuery
	outer     *scope
	outerRefs *[]*plan.ColumnRef
}

// isOuter reports whether a column is one of a query around.
func (v env) isOuter(id plan.ColumnID) bool {
	for s := v.outer; s != nil; s = s.outer {
		for _, f := range s.fields {
			if f.column.ID == id {
				return true
			}
		}
	}
	return false
}

func (v env) scope(fields []field) *scope {
	return &scope{fields: fields, outer: v.outer, outerRefs: v.outerRefs}
}

// output is a column of SELECT.
type output struct {
	label string
	named bool
	expr  plan.Expr // over the columns of FROM
	node  ast.Node  // what was written, for messages
	text  string    // node as messages show it
}

// selection is a SELECT while it is planned.
type selection struct {
	*exprs
	from    relation
	node    plan.Node
	outputs []output
	where   plan.Expr
	grouped bool
	// aboveGrouping: the nodes that group are planned.
	aboveGrouping bool

	keys     []groupKey
	keyIndex exprIndex // finds the keys
	sets     [][]int   // grouping sets, by index of key; nil for the one set of all keys
	having   plan.Expr
	order    []orderItem
	// outputIndex finds the outputs, see outputOf.
	outputIndex exprIndex
	// defined are the expressions of WINDOW.
	defined []definedExpr
	// aliases are the columns of the outputs, as subqueries in ORDER BY may name them; nil if there are none.
	aliases []plan.Column
	// sources are the columns of FROM, which nothing above a grouping may refer to; nil where a query is sorted whose
	// outputs are columns already.
	sources map[plan.ColumnID]bool
	at      sql.Pos // of SELECT
}

type orderItem struct {
	sortItem
	node ast.Node
	at   sql.Pos
}

// selectBody plans SELECT … with the ORDER BY behind it. The fields of the result are its columns.
func (a *analyzer) selectBody(s *ast.Select, order []*ast.SortItem, v env) (relation, error) {
	from, err := a.from(s.From, v)
	if err != nil {
		return relation{}, err
	}
	if hasGroupingSets(s.GroupBy) {
		from = a.distinctColumns(from)
	}
	x := a.exprs(v.scope(from.fields))
	x.env = v
	x.found.at = s.Pos
	sel := &selection{exprs: x, from: from, node: from.node, sources: map[plan.ColumnID]bool{}, at: s.Pos}
	for _, f := range from.fields {
		sel.sources[f.column.ID] = true
	}
	if err := sel.defineWindows(s.Windows); err != nil {
		return relation{}, err
	}
	if err := sel.items(s.Items); err != nil {
		return relation{}, err
	}
	if err := sel.clauses(s, order); err != nil {
		return relation{}, err
	}
	return sel.plan(s)
}

func (sel *selection) defineWindows(defs []*ast.WindowDefinition) error {
	sel.found.named = map[string]*ast.WindowSpec{}
	for _, d := range defs {
		name := d.Name.Canonical()
		if sel.found.named[name] != nil {
			return sql.Errorf(sql.DUPLICATE_WINDOW_NAME, d.Pos, "WINDOW name '%s' specified more than once", d.Name.Name)
		}
		if err := sel.checkWindow(d.Spec); err != nil {
			return err
		}
		sel.found.named[name] = d.Spec
	}
	return nil
}

// items translates the list of SELECT.
func (sel *selection) items(items []ast.SelectItem) error {
	for _, item := range items {
		switch item := item.(type) {
		case *ast.SelectExpr:
			e, err := sel.translate(item.Expr)
			if err != nil {
				return err
			}
			label, named := item.Label()
			sel.outputs = append(sel.outputs, output{label, named, e, item.Expr, ""})
			if err := checkWidth(len(sel.outputs), "columns", item.Expr.Position()); err != nil {
				return err
			}
		case *ast.AllColumns:
			if err := sel.allColumns(item); err != nil {
				return err
			}
		}
	}
	return nil
}

// allColumns expands *, relation.* and row.*.
func (sel *selection) allColumns(item *ast.AllColumns) error {
	fields, row, err := sel.starTarget(item)
	if err != nil {
		return err
	}
	n := len(fields)
	if row != nil {
		n = len(row.Type().Fields())
	}
	if err := checkWidth(len(sel.outputs)+n, "columns", item.Pos); err != nil {
		return err
	}
	if item.Aliases != nil && len(item.Aliases) != n {
		return sql.Errorf(sql.MISMATCHED_COLUMN_ALIASES, item.Aliases[0].Pos, "Column alias list has %d entries but relation has %d columns", len(item.Aliases), n)
	}
	for i := range n {
		o := output{node: item}
		if row != nil {
			f := row.Type().Fields()[i]
			o.label, o.named, o.expr = f.Name, f.Name != "", &plan.Field{Arg: row, Index: i, At: item.Pos}
			o.text = f.Name
		} else {
			f := fields[i]
			o.label, o.named, o.expr, o.text = f.name, f.name != "", ref(f.column, item.Pos), f.name
		}
		if item.Aliases != nil {
			o.label, o.named = item.Aliases[i].Name, true
		}
		sel.outputs = append(sel.outputs, o)
	}
	return nil
}

// starTarget returns the fields of a relation, or else a row.
func (sel *selection) starTarget(item *ast.AllColumns) ([]field, plan.Expr, error) {
	var fields []field
	if item.Target == nil {
		for _, f := range sel.from.fields {
			if !f.hidden {
				fields = append(fields, f)
			}
		}
		if len(fields) == 0 {
			if len(sel.from.fields) > 0 {
				return nil, nil, sql.Errorf(sql.COLUMN_NOT_FOUND, item.Pos, "SELECT * not allowed from relation that has no columns")
			}
			return nil, nil, sql.Errorf(sql.COLUMN_NOT_FOUND, item.Pos, "SELECT * not allowed in queries without FROM clause")
		}
		return fields, nil, nil
	}
	if names := qualifiedName(item.Target); len(names) == 1 {
		known := false
		for _, f := range sel.from.fields {
			for _, r := range f.relations {
				if strings.EqualFold(r, names[0].Name) {
					known = true
					if !f.hidden {
						fields = append(fields, f)
					}
					break
				}
			}
		}
		if known {
			return fields, nil, nil
		}
		_, found, err := sel.scope.resolve("", names[0].Name, names[0])
		if !found && err == nil {
			fields, err = sel.outerStar(item, names[0].Name)
			if fields != nil || err != nil {
				return fields, nil, err
			}
			return nil, nil, sql.Errorf(sql.TABLE_NOT_FOUND, item.Target.Position(), "Unable to resolve reference %s", strings.ToLower(ast.String(item.Target)))
		}
	}
	row, err := sel.translate(item.Target)
	if code := sql.CodeOf(err); len(qualifiedName(item.Target)) > 2 && (code == sql.COLUMN_NOT_FOUND || code == sql.TYPE_MISMATCH) {
		return nil, nil, sql.Errorf(sql.TABLE_NOT_FOUND, item.Target.Position(), "Unable to resolve reference %s", strings.ToLower(ast.String(item.Target)))
	}
	if err != nil {
		return nil, nil, err
	}
	if !isRow(row) {
		if _, ok := item.Target.(*ast.Identifier); ok {
			return nil, nil, sql.Errorf(sql.TABLE_NOT_FOUND, item.Target.Position(), "Unable to resolve reference %s", strings.ToLower(ast.String(item.Target)))
		}
		return nil, nil, sql.Errorf(sql.TYPE_MISMATCH, sel.at, "expected expression of type Row")
	}
	return nil, row, nil
}

// outerStar returns the fields of a relation of the nearest query around that has one of that name.
func (sel *selection) outerStar(item *ast.AllColumns, name string) (fields []field, err error) {
	var crossed []*[]*plan.ColumnRef
	refused := sel.scope.closed
	for s := sel.scope; s != nil && fields == nil; s = s.outer {
		refused = refused || s != sel.scope && s.closed
		for _, f := range s.fields {
			if f.hidden || !slices.ContainsFunc(f.relations, func(r string) bool { return strings.EqualFold(r, name) }) {
				continue
			}
			if f.name == "" {
				return nil, sql.Errorf(sql.NOT_SUPPORTED, sel.at, "SELECT * from outer scope table not supported with anonymous columns")
			}
			if refused {
				return nil, sql.Errorf(sql.NOT_SUPPORTED, item.Pos, "Reference to column '%s' from outer scope not allowed in this context", columnName(name, f.name))
			}
			fields = append(fields, f)
			for _, refs := range crossed {
				*refs = append(*refs, ref(f.column, item.Pos))
			}
		}
		if s.outerRefs != nil {
			crossed = append(crossed, s.outerRefs)
		}
	}
	return fields, nil
}

// clauses translates WHERE, GROUP BY, HAVING and ORDER BY, and checks the rules of grouping.
func (sel *selection) clauses(s *ast.Select, order []*ast.SortItem) error {
	var whereErr, groupErr, havingErr error
	if s.Where != nil {
		sel.where, whereErr = sel.condition(s.Where, "WHERE clause")
		whereErr = sel.hintForAlias(hintForWhere(whereErr, s.Where), s.Where, "WHERE")
	}
	if s.GroupBy != nil {
		groupErr = sel.groupBy(s.GroupBy)
	}
	if s.Having != nil {
		sel.having, havingErr = sel.havingClause(s.Having)
		havingErr = sel.hintForAlias(havingErr, s.Having, "HAVING")
	}
	orderErr := sel.orderBy(order, s.Distinct)
	if groupErr != nil || havingErr != nil || orderErr != nil {
		return first(whereErr, groupErr, havingErr, orderErr)
	}
	sel.grouped = s.GroupBy != nil || s.Having != nil || len(sel.found.aggregates) > 0
	if whereErr != nil {
		return whereErr
	}
	if err := sel.checkGroupings(s); err != nil {
		return err
	}
	return sel.checkGrouping(s)
}

// condition translates a predicate in which there is nothing but scalar expressions.
func (x *exprs) condition(e ast.Expr, clause string) (plan.Expr, error) {
	if err := scalarOnly(e, clause); err != nil {
		return nil, err
	}
	return x.predicate(e, clause)
}

func (x *exprs) predicate(e ast.Expr, clause string) (plan.Expr, error) {
	v, err := x.translate(e)
	if err != nil {
		return nil, err
	}
	if !isBooleanOrNull(v) {
		return nil, sql.Errorf(sql.TYPE_MISMATCH, e.Position(), "%s must evaluate to a boolean: actual type %s", clause, v.Type())
	}
	return coerce(v, booleanType), nil
}

func (sel *selection) havingClause(e ast.Expr) (plan.Expr, error) {
	if windows := computed(e, true, isWindowFunction); len(windows) > 0 {
		return nil, sql.Errorf(sql.NESTED_WINDOW, windows[0].Position(), "HAVING clause cannot contain window functions or row pattern measures")
	}
	return sel.predicate(e, "HAVING clause")
}

func (sel *selection) orderBy(items []*ast.SortItem, distinct bool) error {
	// Names in ORDER BY mean columns of the output first.
	x := *sel.exprs
	x.outputs, x.outputNames = sel.outputs, namesOf(len(sel.outputs), func(i int) string { return sel.outputs[i].label })
	for _, item := range items {
		if err := checkWidth(len(sel.order)+1, "keys of ORDER BY", item.Pos); err != nil {
			return err
		}
		if sel.sources != nil && sel.aliases == nil && len(sel.outputs) > 0 && subqueryIn(item.Expr) != nil {
			x.scope = sel.aliasScope()
		}
		var e plan.Expr
		text := func() string { return ast.Message(item.Expr) }
		if ordinal, ok := item.Expr.(*ast.IntegerLiteral); ok {
			if ordinal.Value < 1 || ordinal.Value > int64(len(sel.outputs)) {
				return sql.Errorf(sql.INVALID_COLUMN_REFERENCE, ordinal.Pos, "ORDER BY position %d is not in select list", ordinal.Value)
			}
			e = sel.outputs[ordinal.Value-1].expr
			text = func() string { return fmt.Sprintf(":input(%d)", ordinal.Value-1) }
		} else {
			var err error
			if e, err = x.translate(item.Expr); err != nil {
				return err
			}
		}
		if !e.Type().Orderable() {
			return sql.Errorf(sql.TYPE_MISMATCH, sel.at, "Type %s is not orderable, and therefore cannot be used in ORDER BY: %s", e.Type(), text())
		}
		if distinct && sel.outputOf(e) < 0 {
			return sql.Errorf(sql.EXPRESSION_NOT_IN_DISTINCT, sel.at, "For SELECT DISTINCT, ORDER BY expressions must appear in select list")
		}
		if distinct && isComputed(item.Expr) && isVolatile(e) {
			return sql.Errorf(sql.EXPRESSION_NOT_IN_DISTINCT, item.Pos, "Non deterministic ORDER BY expression is not supported with SELECT DISTINCT")
		}
		sel.order = append(sel.order, orderItem{sortItem{e, item.Descending, item.Nulls == ast.NullsFirst}, item.Expr, item.Pos})
	}
	return nil
}

// aliasScope is the scope of a subquery in ORDER BY: the columns of SELECT by their names, and those of FROM behind them.
func (sel *selection) aliasScope() *scope {
	s := &scope{outer: sel.scope}
	for _, o := range sel.outputs {
		c := sel.a.column(o.label, o.expr.Type())
		sel.aliases = append(sel.aliases, c)
		if o.named {
			s.fields = append(s.fields, field{name: o.label, column: c})
		}
	}
	return s
}

// usesAliases says whether a subquery in ORDER BY names a column of SELECT.
func (sel *selection) usesAliases() bool {
	for _, q := range sel.found.subqueries {
		for _, r := range q.outer {
			if slices.ContainsFunc(sel.aliases, func(c plan.Column) bool { return c.ID == r.ID }) {
				return true
			}
		}
	}
	return false
}

// planAliases computes the outputs, exprs, ahead of the subqueries in ORDER BY.
func (sel *selection) planAliases(exprs []plan.Expr) error {
	if err := sel.attach(exprs...); err != nil {
		return err
	}
	p := &plan.Project{Input: sel.node}
	for _, c := range sel.node.Columns() {
		p.Outputs = append(p.Outputs, plan.Projection{Column: c, Expr: ref(c, sql.Pos{})})
	}
	for i, e := range exprs {
		p.Outputs = append(p.Outputs, plan.Projection{Column: sel.aliases[i], Expr: e})
		exprs[i] = ref(sel.aliases[i], e.Pos())
	}
	sel.node = p
	return nil
}

// outputOf returns the index of an output that computes e, or -1.
func (sel *selection) outputOf(e plan.Expr) int {
	for i := sel.outputIndex.len(); i < len(sel.outputs); i++ {
		sel.outputIndex.add(sel.outputs[i].expr)
	}
	return sel.outputIndex.find(e)
}

// isComputed says whether e is more than the name or number of a column.
func isComputed(e ast.Expr) bool {
	switch e.(type) {
	case *ast.Identifier, *ast.Dereference, *ast.IntegerLiteral:
		return false
	}
	return true
}

// isVolatile reports whether evaluating e twice may give two values.
func isVolatile(e plan.Expr) bool {
	found := false
	plan.Walk(e, func(e plan.Expr) bool {
		c, ok := e.(*plan.Call)
		found = found || ok && c.Fn.Overload.Volatile
		return !found
	})
	return found
}

// isOutput says whether a name in ORDER BY means a column of the output.
func (x *exprs) isOutput(e *ast.Identifier) bool {
	out, err := x.outputNamed(e)
	return out != nil || err != nil
}

// outputNamed returns the expression of the output of that name.
func (x *exprs) outputNamed(e *ast.Identifier) (plan.Expr, error) {
	var match plan.Expr
	for _, i := range x.outputNames.find(e.Name) {
		o := x.outputs[i]
		if !o.named || !strings.EqualFold(o.label, e.Name) {
			continue
		}
		if match != nil {
			return nil, sql.Errorf(sql.AMBIGUOUS_NAME, e.Pos, "Column '%s' is ambiguous", columnName(e.Name))
		}
		match = o.expr
	}
	return match, nil
}

// plan builds the nodes above FROM.
func (sel *selection) plan(s *ast.Select) (relation, error) {
	if sel.where != nil {
		if err := sel.attach(sel.where); err != nil {
			return relation{}, err
		}
		sel.node = &plan.Filter{Input: sel.node, Predicate: sel.where}
	}
	if sel.grouped {
		if err := sel.planGrouping(); err != nil {
			return relation{}, err
		}
	}
	if sel.having != nil {
		having := sel.above(sel.having)
		if err := sel.attach(having); err != nil {
			return relation{}, err
		}
		sel.node = &plan.Filter{Input: sel.node, Predicate: having}
	}
	if err := sel.planWindows(); err != nil {
		return relation{}, err
	}
	return sel.planOutputs(s)
}

// planOutputs computes the list of SELECT, and what ORDER BY needs beside.
func (sel *selection) planOutputs(s *ast.Select) (relation, error) {
	exprs := make([]plan.Expr, 0, len(sel.outputs)+len(sel.order))
	for _, o := range sel.outputs {
		exprs = append(exprs, sel.above(o.expr))
	}
	if sel.usesAliases() {
		if err := sel.planAliases(exprs); err != nil {
			return relation{}, err
		}
	}
	for _, o := range sel.order {
		if i := sel.outputOf(o.expr); i >= 0 {
			exprs = append(exprs, exprs[i])
		} else {
			exprs = append(exprs, sel.above(o.expr))
		}
	}
	if err := sel.attach(exprs...); err != nil {
		return relation{}, err
	}
	columns := sel.project(exprs)

	out := relation{}
	for i, o := range sel.outputs {
		f := field{column: columns[i]}
		if o.named {
			f.name = o.label
		}
		out.fields = append(out.fields, f)
		if s.Distinct && !columns[i].Type.Comparable() {
			text := ""
			if e, ok := o.node.(ast.Expr); ok {
				text = ": " + ast.Message(e)
			}
			return relation{}, sql.Errorf(sql.TYPE_MISMATCH, s.Pos, "DISTINCT can only be applied to comparable types (actual: %s)%s", columns[i].Type, text)
		}
	}
	if s.Distinct {
		sel.node = &plan.Aggregate{Input: sel.node, Keys: idsOf(columns[:len(sel.outputs)])}
	}
	if len(sel.order) > 0 {
		var keys []plan.SortKey
		for i, o := range sel.order {
			keys = append(keys, plan.SortKey{ID: columns[len(sel.outputs)+i].ID, Descending: o.descending, NullsFirst: o.nullsFirst})
		}
		sel.node = &plan.Sort{Input: sel.node, Keys: keys}
	}
	out.node = sel.node
	return out, nil
}

// project makes a node that gives just the values of exprs, and returns the column of each.
func (sel *selection) project(exprs []plan.Expr) []plan.Column {
	p := &plan.Project{Input: sel.node}
	columns := make([]plan.Column, len(exprs))
	index := map[plan.ColumnID]bool{}
	same := map[plan.Expr]int{} // outputs by the node that computes them
	var sorted exprIndex        // sort keys
	var sortedAt []int
	for i, e := range exprs {
		if r, ok := e.(*plan.ColumnRef); ok && !sel.env.isOuter(r.ID) {
			columns[i] = r.Column
			if !index[r.ID] {
				index[r.ID] = true
				p.Outputs = append(p.Outputs, plan.Projection{Column: r.Column, Expr: r})
			}
			continue
		}
		if i < len(sel.outputs) {
			if _, ok := same[e]; !ok {
				same[e] = i
			}
		} else {
			if j := sorted.find(e); j >= 0 { // written twice
				columns[i] = columns[sortedAt[j]]
				continue
			}
			sorted.add(e)
			sortedAt = append(sortedAt, i)
			if j, ok := same[e]; ok {
				columns[i] = columns[j]
				continue
			}
		}
		name := nameFor(e)
		if i < len(sel.outputs) && sel.outputs[i].named {
			name = sel.outputs[i].label
		}
		columns[i] = sel.a.column(name, e.Type())
		p.Outputs = append(p.Outputs, plan.Projection{Column: columns[i], Expr: e})
	}
	sel.node = p
	return columns
}

func (o output) string() string {
	if o.text != "" {
		return o.text
	}
	return ast.Message(o.node)
}

// idsOf returns the IDs of columns, each once.
func idsOf(columns []plan.Column) []plan.ColumnID {
	seen := map[plan.ColumnID]bool{}
	var ids []plan.ColumnID
	for _, c := range columns {
		if !seen[c.ID] {
			seen[c.ID] = true
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// withColumns adds to node the values of exprs that are not columns of it, and returns a reference to each.
func (a *analyzer) withColumns(node plan.Node, exprs []plan.Expr) (plan.Node, []*plan.ColumnRef) {
	if a.correlating > 0 {
		return a.withOwnColumns(node, exprs)
	}
	return a.addColumns(node, exprs, nil)
}

// withOwnColumns is withColumns for expressions that may be columns of a query further out: keys must be of the node.
func (a *analyzer) withOwnColumns(node plan.Node, exprs []plan.Expr) (plan.Node, []*plan.ColumnRef) {
	return a.addColumns(node, exprs, idSet(node))
}

// addColumns is withColumns; the columns of node are those in own, if that is not nil.
func (a *analyzer) addColumns(node plan.Node, exprs []plan.Expr, own map[plan.ColumnID]bool) (plan.Node, []*plan.ColumnRef) {
	refs := make([]*plan.ColumnRef, len(exprs))
	var added []plan.Projection
	var addedIndex exprIndex
	for i, e := range exprs {
		if r, ok := e.(*plan.ColumnRef); ok && (own == nil || own[r.ID]) {
			refs[i] = r
			continue
		}
		if j := addedIndex.find(e); j >= 0 {
			refs[i] = ref(added[j].Column, e.Pos())
		} else {
			c := a.fresh(e)
			addedIndex.add(e)
			added = append(added, plan.Projection{Column: c, Expr: e})
			refs[i] = ref(c, e.Pos())
		}
	}
	if added == nil {
		return node, refs
	}
	p := &plan.Project{Input: node}
	for _, c := range node.Columns() {
		p.Outputs = append(p.Outputs, plan.Projection{Column: c, Expr: ref(c, sql.Pos{})})
	}
	p.Outputs = append(p.Outputs, added...)
	return p, refs
}
