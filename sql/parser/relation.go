package parser

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
)

func (p *parser) relation() ast.Relation {
	left := p.sampledRelation()
	for {
		n := &ast.Join{Pos: left.Position(), Left: left}
		switch {
		case p.accept("CROSS"):
			n.Kind = ast.CrossJoin
			p.expect("JOIN")
			n.Right = p.sampledRelation()
		case p.accept("NATURAL"):
			n.Natural = true
			if !p.joinType(n) {
				p.unexpected()
			}
			n.Right = p.sampledRelation()
		case p.joinType(n):
			// a JOIN b JOIN c ON … ON …: the right side takes the inner criteria.
			p.enter()
			n.Right = p.relation()
			p.leave()
			if p.accept("ON") {
				n.On = p.expression()
			} else {
				p.expect("USING", "(")
				n.Using = p.identifiers()
				p.expect(")")
			}
		default:
			return left
		}
		left = n
	}
}

// joinType parses [INNER | {LEFT | RIGHT | FULL} [OUTER]] JOIN.
func (p *parser) joinType(n *ast.Join) bool {
	switch {
	case p.accept("JOIN"):
		return true
	case p.accept("INNER"):
	case p.accept("LEFT"):
		n.Kind = ast.LeftJoin
		p.accept("OUTER")
	case p.accept("RIGHT"):
		n.Kind = ast.RightJoin
		p.accept("OUTER")
	case p.accept("FULL"):
		n.Kind = ast.FullJoin
		p.accept("OUTER")
	default:
		return false
	}
	p.expect("JOIN")
	return true
}

func (p *parser) sampledRelation() ast.Relation {
	r := p.aliasedRelation()
	if p.is("MATCH_RECOGNIZE") {
		r = p.matchRecognize(r)
	}
	if !p.is("TABLESAMPLE") {
		return r
	}
	n := &ast.TableSample{Pos: r.Position(), Relation: r}
	p.next()
	if !p.accept("BERNOULLI") {
		n.Method = ast.System
		p.expect("SYSTEM")
	}
	p.expect("(")
	n.Percentage = p.expression()
	p.expect(")")
	return n
}

func (p *parser) aliasedRelation() ast.Relation {
	return p.alias(p.relationPrimary())
}

// alias parses [[AS] alias [(columns)]].
func (p *parser) alias(r ast.Relation) ast.Relation {
	if !p.accept("AS") && !p.isAlias() {
		return r
	}
	n := &ast.Aliased{Pos: r.Position(), Relation: r, Alias: p.identifier()}
	n.Columns = p.columnAliases()
	return n
}

func (p *parser) relationPrimary() ast.Relation {
	t := p.tok()
	pos := position(t)
	switch {
	case p.is("("):
		return p.relationInParentheses()
	case p.tok().name == "NEAREST" && p.ahead(1).name == "(" && p.ahead(2).name == "FROM":
		p.fail(sql.NotSupported(pos, "A join with NEAREST"))
		return &ast.Lateral{Pos: pos}
	case p.accept("UNNEST"):
		n := &ast.Unnest{Pos: pos}
		p.expect("(")
		p.commaList(func() { n.Exprs = append(n.Exprs, p.expression()) })
		p.expect(")")
		if p.accept("WITH") {
			p.expect("ORDINALITY")
			n.WithOrdinality = true
		}
		return n
	case p.is("LATERAL") && p.ahead(1).name == "(":
		p.next()
		p.expect("(")
		n := &ast.Lateral{Pos: pos, Query: p.query()}
		p.expect(")")
		return n
	case p.accept("TABLE"):
		return p.tableFunction(pos)
	case p.is("JSON_TABLE"):
		return p.jsonTable()
	}
	n := p.table()
	if p.is("FOR") {
		p.fail(sql.NotSupported(p.pos(), "FOR TIMESTAMP AS OF"))
	}
	return n
}

// relationInParentheses parses (query) or (relation).
func (p *parser) relationInParentheses() ast.Relation {
	p.enter()
	defer p.leave()
	isQuery := p.isQueryInParentheses()
	pos := position(p.next())
	var r ast.Relation
	if isQuery {
		r = &ast.SubqueryRelation{Pos: pos, Query: p.query()}
	} else {
		p.note("", labelQuery)
		r = p.relation()
	}
	p.expect(")")
	return r
}

// isQueryInParentheses says whether the parenthesis at the current token encloses a
// query, rather than a relation or an expression. The next word tells, unless it is one
// more parenthesis: ((SELECT 1) UNION SELECT 2) is a query, ((SELECT 1) + 1) and
// ((SELECT 1) AS t) are not. Then the innermost parenthesis encloses a query, and each
// of the others does if what follows the one inside it goes on with a query or ends it.
func (p *parser) isQueryInParentheses() bool {
	inner := p.at
	for p.token(inner).name == "(" && p.token(inner+1).name == "(" {
		inner++
		if inner-p.at > MaxNesting {
			return false // either way it is nested too deeply
		}
	}
	switch p.token(inner + 1).name {
	case "SELECT", "WITH", "VALUES":
	case "TABLE":
		if p.token(inner+2).name == "(" { // TABLE(function(…))
			return false
		}
	default:
		return false
	}
	for i := inner - 1; i >= p.at; i-- {
		if after := int(p.closing[i+1]) + 1; after < len(p.tokens) && !p.goesOnWithQuery(after) {
			return false
		}
	}
	return true
}

// goesOnWithQuery says whether the token at index i can follow a query in parentheses that is
// part of a query in parentheses.
func (p *parser) goesOnWithQuery(i int) bool {
	next := p.token(i + 1)
	switch p.token(i).name {
	case ")", "UNION", "INTERSECT", "EXCEPT", "ORDER":
		return true
	case "OFFSET":
		return next.kind == integer || next.name == "?"
	case "LIMIT":
		return next.kind == integer || next.name == "?" || next.name == "ALL"
	case "FETCH":
		return next.name == "FIRST" || next.name == "NEXT"
	}
	return false
}

// table parses the name of a table, or what stands for one.
func (p *parser) table() *ast.Table {
	pos := p.pos()
	if t := p.tok(); t.kind == placeholder {
		p.next()
		name := &ast.Identifier{Pos: pos, Name: p.text(t)}
		return &ast.Table{Pos: pos, Placeholder: true, Name: &ast.QualifiedName{Pos: pos, Parts: []*ast.Identifier{name}}}
	}
	n := &ast.Table{Pos: pos, Name: p.qualifiedName()}
	if parts := n.Name.Parts; len(parts) == 1 && !parts[0].Quoted {
		n.Placeholder = isBarePlaceholder(parts[0].Name)
	}
	return n
}

func (p *parser) qualifiedName() *ast.QualifiedName {
	n := &ast.QualifiedName{Pos: p.pos(), Parts: []*ast.Identifier{p.identifier()}}
	for p.accept(".") {
		n.Parts = append(n.Parts, p.identifier())
	}
	return n
}

// identifier parses one name, and refuses the spellings that the grammar knows only
// to say what is wrong with them.
func (p *parser) identifier() *ast.Identifier {
	t := p.tok()
	n := &ast.Identifier{Pos: position(t)}
	if !t.isIdentifier() {
		p.note("", labelIdentifier)
		p.unexpected()
		return n
	}
	n.Name = p.text(t)
	switch t.kind {
	case quotedName:
		n.Quoted = true
		n.Name = unquote(n.Name, `"`)
		if n.Name == "" {
			p.fail(sql.Errorf(sql.SYNTAX_ERROR, n.Pos, "Zero-length delimited identifier not allowed"))
			return n
		}
	case backquoted:
		p.fail(sql.Errorf(sql.SYNTAX_ERROR, n.Pos, "backquoted identifiers are not supported; use double quotes to quote identifiers"))
		return n
	case digitName:
		p.fail(sql.Errorf(sql.SYNTAX_ERROR, n.Pos, "identifiers must not start with a digit; surround the identifier with double quotes"))
		return n
	}
	p.next()
	return n
}

// tableFunction parses what follows TABLE in FROM.
func (p *parser) tableFunction(pos sql.Pos) ast.Relation {
	p.expect("(")
	f := &ast.TableFunction{Pos: pos, Name: p.qualifiedName()}
	p.expect("(")
	if !p.is(")") && !p.isCopartition() {
		p.commaList(func() { f.Args = append(f.Args, p.tableFunctionArgument()) })
	}
	if p.isCopartition() {
		p.next()
		p.commaList(func() {
			var tables []*ast.QualifiedName
			p.expect("(")
			p.commaList(func() { tables = append(tables, p.qualifiedName()) })
			if len(tables) == 1 {
				p.expect(",")
			}
			p.expect(")")
			f.Copartition = append(f.Copartition, tables)
		})
	}
	p.expect(")", ")")
	return f
}

func (p *parser) isCopartition() bool { return p.is("COPARTITION") && p.ahead(1).name == "(" }

func (p *parser) tableFunctionArgument() *ast.TableFunctionArg {
	a := &ast.TableFunctionArg{Pos: p.pos()}
	if p.tok().isIdentifier() && p.ahead(1).name == "=>" {
		a.Name = p.identifier()
		p.next()
	}
	pos := p.pos()
	switch {
	case p.is("TABLE"):
		a.Value = p.tableArgument()
	case p.is("DESCRIPTOR") && p.ahead(1).name == "(":
		p.next()
		p.next()
		d := &ast.Descriptor{Pos: pos}
		p.commaList(func() {
			f := &ast.DescriptorField{Pos: p.pos(), Name: p.identifier()}
			if !p.is(",") && !p.is(")") {
				f.Type = p.typ()
			}
			d.Fields = append(d.Fields, f)
		})
		p.expect(")")
		a.Value = d
	case p.tok().name == "CAST" && p.ahead(2).name == "NULL" && p.ahead(4).name == "DESCRIPTOR" && p.ahead(5).name == ")":
		for range 6 {
			p.next()
		}
		a.Value = &ast.Descriptor{Pos: pos, Null: true}
	default:
		a.Value = p.expression()
	}
	return a
}

func (p *parser) tableArgument() *ast.TableArg {
	a := &ast.TableArg{Pos: position(p.next())}
	p.expect("(")
	pos := p.pos()
	var r ast.Relation
	switch p.tok().name {
	case "SELECT", "WITH", "VALUES", "TABLE", "(":
		r = &ast.SubqueryRelation{Pos: pos, Query: p.query()}
	default:
		p.note("", labelQuery)
		r = p.table()
	}
	p.expect(")")
	a.Relation = p.alias(r)
	if p.are("PARTITION", "BY") {
		p.next()
		p.next()
		a.Partitioned = true
		a.PartitionBy = p.groupingSet()
	}
	switch {
	case p.accept("PRUNE"):
		a.Empty = ast.PruneWhenEmpty
		p.expect("WHEN", "EMPTY")
	case p.accept("KEEP"):
		a.Empty = ast.KeepWhenEmpty
		p.expect("WHEN", "EMPTY")
	}
	if p.accept("ORDER") {
		p.expect("BY")
		if p.is("(") && p.isListOfSortItems() {
			p.next()
			a.OrderBy = p.sortItems()
			p.expect(")")
		} else {
			a.OrderBy = []*ast.SortItem{p.sortItem()}
		}
	}
	return a
}

// isListOfSortItems says whether the parenthesis at the current token encloses all of
// ORDER BY, rather than begin an expression.
func (p *parser) isListOfSortItems() bool {
	after := p.afterClosing(p.at)
	switch after.name {
	case "ASC", "DESC", "NULLS":
		return false
	}
	return !continuesExpression(after) && !p.isQueryInParentheses()
}
