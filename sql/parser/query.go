package parser

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
)

func (p *parser) query() *ast.Query {
	outer := p.under(labelQuery)
	pos := p.pos()
	with := p.with()
	q := p.queryNoWith()
	p.quietAt = outer
	if with != nil {
		q.Pos, q.With = pos, with
	}
	return q
}

func (p *parser) with() *ast.With {
	if !p.is("WITH") {
		return nil
	}
	w := &ast.With{Pos: position(p.next())}
	if first := p.tok().name; (first == "SESSION" || first == "FUNCTION") && p.ahead(1).isIdentifier() {
		p.fail(sql.NotSupported(w.Pos, "WITH "+first))
	}
	w.Recursive = p.accept("RECURSIVE")
	p.commaList(func() {
		n := &ast.NamedQuery{Pos: p.pos(), Name: p.identifier()}
		n.Columns = p.columnAliases()
		p.expect("AS", "(")
		n.Query = p.query()
		p.expect(")")
		w.Queries = append(w.Queries, n)
	})
	return w
}

// columnAliases parses (a, b), if it is there.
func (p *parser) columnAliases() []*ast.Identifier {
	if !p.accept("(") {
		return nil
	}
	c := p.identifiers()
	p.expect(")")
	return c
}

func (p *parser) identifiers() (list []*ast.Identifier) {
	p.commaList(func() { list = append(list, p.identifier()) })
	return list
}

func (p *parser) queryNoWith() *ast.Query {
	p.enter()
	defer p.leave()
	q := &ast.Query{Pos: p.pos(), Body: p.queryTerm(unionPrecedence)}
	if p.accept("ORDER") {
		p.expect("BY")
		q.OrderBy = p.sortItems()
	}
	if p.is("OFFSET") {
		q.Offset = &ast.Offset{Pos: position(p.next()), Count: p.rowCount()}
		if !p.accept("ROW") {
			p.accept("ROWS")
		}
	}
	switch {
	case p.is("LIMIT"):
		q.Limit = &ast.Limit{Pos: position(p.next())}
		if !p.accept("ALL") {
			q.Limit.Count = p.rowCount()
		}
	case p.is("FETCH"):
		q.Fetch = p.fetch()
	}
	return q
}

func (p *parser) fetch() *ast.Fetch {
	f := &ast.Fetch{Pos: position(p.next())}
	if !p.accept("FIRST") {
		p.expect("NEXT")
	}
	if !p.is("ROW") && !p.is("ROWS") {
		f.Count = p.rowCount()
	}
	if !p.accept("ROW") {
		p.expect("ROWS")
	}
	if p.accept("WITH") {
		p.expect("TIES")
		f.WithTies = true
	} else {
		p.expect("ONLY")
	}
	return f
}

func (p *parser) rowCount() ast.Expr {
	if p.is("?") {
		return p.parameter()
	}
	if p.tok().kind == integer {
		return p.number(false, p.pos())
	}
	p.note("", labelInteger)
	p.unexpected()
	return &ast.NullLiteral{}
}

func (p *parser) sortItems() (items []*ast.SortItem) {
	p.commaList(func() { items = append(items, p.sortItem()) })
	return items
}

func (p *parser) sortItem() *ast.SortItem {
	n := &ast.SortItem{Pos: p.pos(), Expr: p.expression()}
	if !p.accept("ASC") {
		n.Descending = p.accept("DESC")
	}
	if p.accept("NULLS") {
		n.Nulls = ast.NullsFirst
		if !p.accept("FIRST") {
			n.Nulls = ast.NullsLast
			p.expect("LAST")
		}
	}
	return n
}

// The precedences of set operations: INTERSECT binds tighter.
const (
	unionPrecedence = iota
	intersectPrecedence
	primaryPrecedence
)

func (p *parser) queryTerm(least int) ast.QueryBody {
	left := p.queryPrimary()
	for {
		var op ast.SetOp
		precedence := unionPrecedence
		switch {
		case least <= intersectPrecedence && p.is("INTERSECT"):
			op, precedence = ast.Intersect, intersectPrecedence
		case least <= unionPrecedence && p.is("UNION"):
			op = ast.Union
		case least <= unionPrecedence && p.is("EXCEPT"):
			op = ast.Except
		default:
			return left
		}
		n := &ast.SetOperation{Pos: position(p.next()), Op: op, Left: left}
		if !p.accept("DISTINCT") {
			n.All = p.accept("ALL")
		}
		if p.accept("CORRESPONDING") {
			n.Corresponding = true
			if p.accept("BY") {
				p.expect("(")
				n.By = p.identifiers()
				p.expect(")")
			}
		}
		n.Right = p.queryTerm(precedence + 1)
		left = n
	}
}

func (p *parser) queryPrimary() ast.QueryBody {
	pos := p.pos()
	switch {
	case p.is("SELECT"):
		return p.querySpecification()
	case p.accept("TABLE"):
		return &ast.TableRef{Pos: pos, Table: p.table()}
	case p.accept("VALUES"):
		v := &ast.Values{Pos: pos}
		p.commaList(func() { v.Rows = append(v.Rows, p.expression()) })
		return v
	case p.accept("("):
		q := p.queryNoWith()
		q.Pos = pos
		p.expect(")")
		return q
	}
	p.unexpected()
	return &ast.Values{}
}

func (p *parser) querySpecification() *ast.Select {
	s := &ast.Select{Pos: position(p.next())}
	s.Distinct = p.setQuantifier()
	p.commaList(func() { s.Items = append(s.Items, p.selectItem()) })
	if p.accept("FROM") {
		p.commaList(func() {
			r := p.relation()
			if s.From != nil {
				r = &ast.Join{Pos: s.From.Position(), Kind: ast.ImplicitJoin, Left: s.From, Right: r}
			}
			s.From = r
		})
	}
	if p.accept("WHERE") {
		s.Where = p.expression()
	}
	if p.is("GROUP") {
		s.GroupBy = p.groupBy()
	}
	if p.accept("HAVING") {
		s.Having = p.expression()
	}
	if p.accept("WINDOW") {
		p.commaList(func() {
			w := &ast.WindowDefinition{Pos: p.pos(), Name: p.identifier()}
			p.expect("AS", "(")
			w.Spec = p.windowSpecification()
			p.expect(")")
			s.Windows = append(s.Windows, w)
		})
	}
	return s
}

// setQuantifier parses [ALL | DISTINCT] and says whether it was DISTINCT. ALL is no
// reserved word: it is a quantifier where what follows goes on with an expression.
func (p *parser) setQuantifier() (distinct bool) {
	if p.accept("DISTINCT") {
		return true
	}
	if p.is("ALL") {
		if next := p.ahead(1); startsExpression(next) || next.name == "*" && !startsExpression(p.ahead(2)) {
			p.next()
		}
	}
	return false
}

func (p *parser) selectItem() ast.SelectItem {
	pos := p.pos()
	if p.accept("*") {
		return &ast.AllColumns{Pos: pos}
	}
	outer := p.itemDepth
	p.itemDepth = p.depth + 1
	e := p.expression()
	p.itemDepth = outer
	if p.tok().name == "." {
		// The expression stopped before ".*", which may follow a primary one only.
		if e != p.primary {
			p.unexpected()
		}
		p.next()
		p.expect("*")
		all := &ast.AllColumns{Pos: pos, Target: e}
		if p.accept("AS") {
			p.expect("(")
			all.Aliases = p.identifiers()
			p.expect(")")
		}
		return all
	}
	item := &ast.SelectExpr{Pos: pos, Expr: e}
	if p.accept("AS") || p.isAlias() {
		item.Alias = p.identifier()
	}
	return item
}

// isAlias says whether the current token is an alias without AS. Words that are not
// reserved may begin a clause here; then what follows them tells.
func (p *parser) isAlias() bool {
	t := p.tok()
	if !t.isIdentifier() {
		p.note("", labelIdentifier)
		return false
	}
	next := p.ahead(1)
	switch t.name {
	case "LIMIT":
		return next.kind != integer && next.name != "?" && next.name != "ALL"
	case "OFFSET":
		return next.kind != integer && next.name != "?"
	case "FETCH":
		return next.name != "FIRST" && next.name != "NEXT"
	case "WINDOW":
		return !next.isIdentifier() || p.ahead(2).name != "AS"
	case "TABLESAMPLE":
		return next.name != "BERNOULLI" && next.name != "SYSTEM"
	case "MATCH_RECOGNIZE", "COPARTITION":
		return next.name != "("
	case "PARTITION":
		return next.name != "BY"
	case "PRUNE", "KEEP":
		return next.name != "WHEN"
	}
	return true
}

func (p *parser) groupBy() *ast.GroupBy {
	g := &ast.GroupBy{Pos: position(p.next())}
	p.expect("BY")
	g.Distinct = p.setQuantifier()
	if t, next := p.tok(), p.ahead(1); t.kind == word && equalFold(p.text(t), "AUTO") && next.name != "," && next.name != "(" && !continuesExpression(next) {
		p.next()
		g.Auto = true
		return g
	}
	p.commaList(func() { g.Elements = append(g.Elements, p.groupingElement()) })
	return g
}

func (p *parser) groupingElement() *ast.GroupingElement {
	e := &ast.GroupingElement{Pos: p.pos()}
	switch {
	case p.accept("ROLLUP"):
		e.Kind = ast.Rollup
	case p.accept("CUBE"):
		e.Kind = ast.Cube
	case p.are("GROUPING", "SETS"):
		p.next()
		p.next()
		e.Kind = ast.GroupingSets
	default:
		e.Sets = [][]ast.Expr{p.groupingSet()}
		return e
	}
	p.expect("(")
	if e.Kind == ast.GroupingSets || !p.is(")") {
		p.commaList(func() { e.Sets = append(e.Sets, p.groupingSet()) })
	}
	p.expect(")")
	return e
}

// groupingSet parses (a, b) or a. Parentheses belong to the set if the set ends with
// them; otherwise they begin an expression, as in (a + b) * c, or are a subquery.
func (p *parser) groupingSet() []ast.Expr {
	if p.is("(") && !p.isQueryInParentheses() {
		switch after := p.afterClosing(p.at); {
		case after.name == "->", continuesExpression(after):
		default:
			p.next()
			set := []ast.Expr{}
			if !p.is(")") {
				p.commaList(func() { set = append(set, p.expression()) })
			}
			p.expect(")")
			return set
		}
	}
	return []ast.Expr{p.expression()}
}

func (p *parser) windowSpecification() *ast.WindowSpec {
	p.enter()
	defer p.leave()
	w := &ast.WindowSpec{Pos: p.pos()}
	if p.isWindowName() {
		w.Base = p.identifier()
	}
	if p.accept("PARTITION") {
		p.expect("BY")
		p.commaList(func() { w.PartitionBy = append(w.PartitionBy, p.expression()) })
	}
	if orderPos := p.pos(); p.accept("ORDER") {
		p.expect("BY")
		w.OrderPos, w.OrderBy = orderPos, p.sortItems()
	}
	w.Frame = p.windowFrame()
	return w
}

// isWindowName says whether the specification begins with the name of a window; the
// words that go on with it are not reserved.
func (p *parser) isWindowName() bool {
	t, next := p.tok(), p.ahead(1).name
	if !t.isIdentifier() {
		p.note("", labelIdentifier)
		return false
	}
	switch t.name {
	case "PARTITION":
		return next != "BY"
	case "ROWS", "RANGE", "GROUPS":
		return next == ")" || next == "PARTITION" || next == "ORDER" || next == "ROWS" || next == "RANGE" || next == "GROUPS"
	}
	return !equalFold(p.text(t), "MEASURES") || next == ")"
}

func (p *parser) windowFrame() *ast.Frame {
	f := &ast.Frame{Pos: p.pos()}
	match := &ast.Recognition{Measures: p.measures()}
	switch {
	case p.accept("ROWS"):
		f.Unit = ast.Rows
	case p.accept("RANGE"):
		f.Unit = ast.Range
	case p.accept("GROUPS"):
		f.Unit = ast.Groups
	case match.Measures == nil:
		return nil
	default:
		p.unexpected()
		return nil
	}
	if p.accept("BETWEEN") {
		f.Start = p.frameBound()
		p.expect("AND")
		f.End = p.frameBound()
	} else {
		f.Start = p.frameBound()
	}
	if p.recognition(match); match.Measures != nil || match.Skip != nil || match.Search != nil || match.Pattern != nil || match.Subsets != nil || match.Defines != nil {
		f.Match = match
	}
	return f
}

func (p *parser) frameBound() *ast.FrameBound {
	b := &ast.FrameBound{Pos: p.pos()}
	switch {
	case p.is("UNBOUNDED") && !continuesExpression(p.ahead(1)) && p.ahead(1).name != "(": // else a column of that name
		p.next()
		b.Kind = ast.UnboundedPreceding
		if !p.accept("PRECEDING") {
			b.Kind = ast.UnboundedFollowing
			p.expect("FOLLOWING")
		}
	case p.are("CURRENT", "ROW"):
		p.next()
		p.next()
		b.Kind = ast.CurrentRow
	default:
		// A bound ends where AND goes on with the frame: the grammar allows a whole
		// expression, of which an offset has no use.
		outer := p.under(labelExpression)
		b.Offset = p.valueExpression(leastPrecedence)
		p.quietAt = outer
		b.Kind = ast.Preceding
		if !p.accept("PRECEDING") {
			b.Kind = ast.Following
			p.expect("FOLLOWING")
		}
	}
	return b
}
