package parser

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
)

func (p *parser) primaryExpression() ast.Expr {
	t := p.tok()
	pos := position(t)
	switch t.kind {
	case integer, decimal, double:
		return p.postfix(p.number(false, pos))
	case text, unicodeText:
		return p.postfix(p.string())
	case binary:
		return p.postfix(p.binary())
	case quotedName, backquoted, digitName, uuidName:
		return p.postfix(p.named())
	case symbol:
		switch t.name {
		case "?":
			return p.postfix(p.parameter())
		case "(":
			return p.postfix(p.parenthesized())
		case "[":
			return p.postfix(p.array())
		}
	case word:
		if e := p.keywordExpression(t); e != nil {
			return p.postfix(e)
		}
		if t.isIdentifier() {
			return p.postfix(p.named())
		}
	}
	p.unexpected()
	return &ast.NullLiteral{Pos: pos}
}

// keywordExpression parses what begins with a keyword, or returns nil if the word is a name
// here, or no expression begins with it.
func (p *parser) keywordExpression(t token) ast.Expr {
	pos := position(t)
	called := p.ahead(1).name == "("
	switch t.name {
	case "NULL":
		p.next()
		return &ast.NullLiteral{Pos: pos}
	case "TRUE", "FALSE":
		p.next()
		return &ast.BooleanLiteral{Pos: pos, Value: t.name == "TRUE"}
	case "CASE":
		return p.caseExpression()
	case "CAST":
		return p.cast(false)
	case "TRY_CAST":
		if called {
			return p.cast(true)
		}
	case "UNIQUE":
		if called && p.isQueryAt(1) {
			p.fail(sql.NotSupported(pos, "UNIQUE (query)"))
		}
	case "EXISTS":
		p.next()
		return &ast.Exists{Pos: pos, Query: p.parenthesizedQuery()}
	case "INTERVAL":
		if p.isInterval() {
			return p.interval()
		}
	case "DOUBLE":
		if p.ahead(1).name == "PRECISION" && isText(p.ahead(2)) {
			p.next()
			p.next()
			return &ast.TypedLiteral{Pos: pos, Type: &ast.Type{Pos: pos, Name: "double"}, Value: p.string().Value}
		}
	case "ARRAY":
		if p.ahead(1).name == "[" {
			return p.array()
		}
	case "ROW":
		if called {
			return p.row()
		}
	case "POSITION", "SUBSTRING", "OVERLAY":
		if called {
			return p.specialCall(t)
		}
	case "TRIM", "NORMALIZE", "LISTAGG", "GROUPING", "EXTRACT":
		return p.reservedCall(t)
	case "JSON_ARRAY", "JSON_EXISTS", "JSON_OBJECT", "JSON_QUERY", "JSON_VALUE":
		return p.jsonFunction(t)
	case "RUNNING", "FINAL":
		if p.ahead(1).isIdentifier() && p.ahead(2).name == "(" {
			return p.modeCall(t)
		}
	}
	return p.current(t)
}

// current parses CURRENT_DATE and its like, or returns nil.
func (p *parser) current(t token) ast.Expr {
	for name := ast.CurrentDate; name <= ast.CurrentPath; name++ {
		if t.name != name.String() {
			continue
		}
		n := &ast.Current{Pos: position(p.next()), Name: name, Precision: -1}
		switch name {
		case ast.CurrentTime, ast.CurrentTimestamp, ast.LocalTime, ast.LocalTimestamp:
			if p.accept("(") {
				n.Precision = p.smallInteger()
				p.expect(")")
			}
		}
		return n
	}
	return nil
}

// postfix parses the fields and subscripts that follow a primary expression. It stops
// before ".*", which belongs to a select item.
func (p *parser) postfix(e ast.Expr) ast.Expr {
	for p.err == nil {
		switch {
		case p.is("."):
			if p.ahead(1).name == "*" && p.depth == p.itemDepth {
				p.primary = e
				return e
			}
			p.next()
			if p.depth == p.itemDepth {
				p.note("'", "*")
			}
			at := p.pos()
			e = &ast.Dereference{Pos: e.Position(), Base: e, Field: p.identifier()}
			if p.tok().name == "(" {
				p.fail(sql.NotSupported(at, "A method call"))
			}
		case p.tok().name == ":" && p.ahead(1).name == ":" && p.ahead(2).isIdentifier():
			p.fail(sql.NotSupported(p.pos(), "A static method call"))
		case p.accept("["):
			n := &ast.Subscript{Pos: start(e), Base: e}
			p.enter()
			n.Index = p.value()
			p.leave()
			p.expect("]")
			e = n
		default:
			p.primary = e
			return e
		}
	}
	return e
}

// parenthesized parses what begins with a parenthesis: a lambda, a subquery, a row, or an
// expression, of which the parentheses leave no trace.
func (p *parser) parenthesized() ast.Expr {
	pos := p.pos()
	if p.afterClosing(p.at).name == "->" {
		return p.lambda()
	}
	if p.isQueryInParentheses() {
		return &ast.Subquery{Pos: pos, Query: p.parenthesizedQuery()}
	}
	p.next()
	p.note("", labelQuery)
	e := p.expression()
	if p.tok().name != "," {
		p.expect(")")
		return e
	}
	n := &ast.Row{Pos: pos, Fields: []*ast.RowField{{Pos: e.Position(), Expr: e}}}
	for p.accept(",") {
		e := p.expression()
		n.Fields = append(n.Fields, &ast.RowField{Pos: e.Position(), Expr: e})
	}
	p.expect(")")
	return n
}

func (p *parser) row() ast.Expr {
	n := &ast.Row{Pos: position(p.next())}
	p.expect("(")
	p.commaList(func() {
		f := &ast.RowField{Pos: p.pos(), Expr: p.expression()}
		if p.accept("AS") || p.isAlias() {
			f.Name = p.identifier()
		}
		n.Fields = append(n.Fields, f)
	})
	p.expect(")")
	return n
}

func (p *parser) array() ast.Expr {
	n := &ast.Array{Pos: p.pos()}
	p.accept("ARRAY")
	p.expect("[")
	if !p.is("]") {
		p.commaList(func() { n.Items = append(n.Items, p.expression()) })
	}
	p.expect("]")
	return n
}

// lambda parses x -> body, or (x, y) -> body.
func (p *parser) lambda() ast.Expr {
	n := &ast.Lambda{Pos: p.pos()}
	if p.accept("(") {
		if !p.is(")") {
			n.Params = p.identifiers()
		}
		p.expect(")")
	} else {
		n.Params = []*ast.Identifier{p.identifier()}
	}
	p.expect("->")
	n.Body = p.expression()
	return n
}

func (p *parser) caseExpression() ast.Expr {
	n := &ast.Case{Pos: position(p.next())}
	if !p.is("WHEN") {
		n.Operand = p.expression()
	}
	var plain []*ast.When // those of values, not of predicates
	for first := true; first || p.is("WHEN"); first = false {
		w := &ast.When{Pos: p.pos()}
		p.expect("WHEN")
		if n.Operand != nil && p.isPredicateAhead() {
			w.Condition = p.predicate(n.Operand)
		} else {
			w.Condition = p.expression()
			plain = append(plain, w)
		}
		p.expect("THEN")
		w.Result = p.expression()
		n.Whens = append(n.Whens, w)
	}
	if p.accept("ELSE") {
		n.Else = p.expression()
	}
	p.expect("END")
	if len(plain) < len(n.Whens) && p.err == nil {
		p.searched(n, plain)
	}
	return n
}

// isPredicateAhead says whether what follows is a predicate without its first operand: > 3, IN (1, 2).
func (p *parser) isPredicateAhead() bool {
	t := p.tok()
	if t.name == "NOT" {
		t = p.ahead(1)
		return t.name == "BETWEEN" || t.name == "IN" || t.name == "LIKE"
	}
	_, compares := comparisons[t.name]
	return compares || t.name == "BETWEEN" || t.name == "IN" || t.name == "LIKE" || t.name == "IS"
}

// searched makes CASE x WHEN > 3 … WHEN 2 … the same as CASE WHEN x > 3 … WHEN x = 2 …. The operand is written
// into each condition, and so may be what costs nothing to repeat.
func (p *parser) searched(n *ast.Case, plain []*ast.When) {
	if !isLeaf(n.Operand) {
		p.fail(sql.NotSupported(n.Pos, "CASE with predicates in WHEN, of an operand that is more than a column,"))
		return
	}
	for _, w := range plain {
		w.Condition = &ast.Comparison{Pos: w.Condition.Position(), Op: ast.Equals, Left: n.Operand, Right: w.Condition}
	}
	n.Operand = nil
}

// isLeaf says whether e is a column or a literal.
func isLeaf(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Dereference:
		return isLeaf(e.Base)
	case *ast.Identifier, *ast.NullLiteral, *ast.BooleanLiteral, *ast.StringLiteral, *ast.IntegerLiteral, *ast.DecimalLiteral,
		*ast.DoubleLiteral, *ast.TypedLiteral, *ast.Parameter:
		return true
	}
	return false
}

func (p *parser) cast(try bool) ast.Expr {
	n := &ast.Cast{Pos: position(p.next()), Try: try}
	p.expect("(")
	n.Expr = p.expression()
	p.expect("AS")
	n.Type = p.typ()
	p.expect(")")
	return n
}

// named parses what begins with a name: a typed literal, a lambda, a call, or a name,
// perhaps with fields.
func (p *parser) named() ast.Expr {
	t := p.tok()
	if isText(p.ahead(1)) && (t.kind == word || t.kind == quotedName) {
		name := p.identifier()
		return &ast.TypedLiteral{Pos: name.Pos, Type: &ast.Type{Pos: name.Pos, Name: lower(name.Name)}, Value: p.string().Value}
	}
	if p.ahead(1).name == "->" {
		return p.lambda()
	}
	name := &ast.QualifiedName{Pos: p.pos(), Parts: []*ast.Identifier{p.identifier()}}
	for p.is(".") && p.ahead(1).isIdentifier() {
		p.next()
		name.Parts = append(name.Parts, p.identifier())
	}
	if p.err == nil && p.tok().name == "(" {
		return p.call(name)
	}
	if p.err == nil && len(name.Parts) == 1 && p.tok().name == "OVER" && p.isOver() {
		return &ast.WindowMeasure{Pos: name.Pos, Name: name.Parts[0], Over: p.over()}
	}
	var e ast.Expr = name.Parts[0]
	for _, field := range name.Parts[1:] {
		e = &ast.Dereference{Pos: name.Pos, Base: e, Field: field}
	}
	return e
}
