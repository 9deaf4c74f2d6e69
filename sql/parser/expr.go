package parser

import (
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
)

// Expressions, from the loosest binding to the tightest:
//
//	OR · AND · NOT · one predicate (= < BETWEEN IN LIKE IS …) · || · + - · * / % · unary - + · AT TIME ZONE · . [ ]
//
// A predicate takes no other predicate as its operand: a = b = c is an error. A lambda is
// a primary expression whose body reaches as far as it can.

func (p *parser) expression() ast.Expr {
	p.enter()
	outer := p.under(labelExpression)
	e := p.or()
	p.quietAt = outer
	p.leave()
	return e
}

func (p *parser) or() ast.Expr {
	first := p.and()
	if !p.is("OR") {
		return first
	}
	n := &ast.Logical{Pos: start(first), Op: ast.Or, Terms: []ast.Expr{first}}
	for p.accept("OR") {
		n.Terms = append(n.Terms, p.and())
	}
	return n
}

func (p *parser) and() ast.Expr {
	first := p.not()
	if !p.is("AND") {
		return first
	}
	n := &ast.Logical{Pos: start(first), Op: ast.And, Terms: []ast.Expr{first}}
	for p.accept("AND") {
		n.Terms = append(n.Terms, p.not())
	}
	return n
}

// start returns where the leftmost operand of e begins.
func start(e ast.Expr) sql.Pos {
	for {
		switch n := e.(type) {
		case *ast.Arithmetic:
			e = n.Left
		case *ast.Comparison:
			e = n.Left
		case *ast.QuantifiedComparison:
			e = n.Left
		case *ast.Between:
			e = n.Expr
		case *ast.InList:
			e = n.Expr
		case *ast.InSubquery:
			e = n.Expr
		case *ast.Like:
			e = n.Expr
		case *ast.IsNull:
			e = n.Expr
		case *ast.IsTruth:
			e = n.Expr
		case *ast.IsDistinctFrom:
			e = n.Left
		case *ast.AtTimeZone:
			e = n.Expr
		default:
			return e.Position()
		}
	}
}

func (p *parser) not() ast.Expr {
	if !p.is("NOT") {
		return p.predicated()
	}
	p.enter()
	defer p.leave()
	n := &ast.Not{Pos: position(p.next())}
	outer := p.under(labelExpression)
	n.Expr = p.not()
	p.quietAt = outer
	return n
}

var comparisons = map[string]ast.ComparisonOp{
	"=": ast.Equals, "<>": ast.NotEquals, "<": ast.Less, "<=": ast.LessOrEqual, ">": ast.Greater, ">=": ast.GreaterOrEqual,
}

// predicated parses a value and the predicate that may follow it.
func (p *parser) predicated() ast.Expr {
	value := p.valueExpression(leastPrecedence)
	outer := p.under(labelPredicate)
	e := p.predicate(value)
	p.quietAt = outer
	return e
}

func (p *parser) predicate(value ast.Expr) ast.Expr {
	pos := p.pos()
	if op, ok := comparisons[p.tok().name]; ok {
		p.next()
		return p.comparison(pos, op, value)
	}
	if p.accept("IS") {
		return p.isPredicate(pos, value)
	}
	if p.tok().name == "MATCH" && p.isMatch() {
		p.fail(sql.NotSupported(pos, "MATCH (query)"))
	}
	not := p.tok().name == "NOT" && p.next().name == "NOT"
	switch {
	case p.accept("BETWEEN"):
		n := &ast.Between{Pos: pos, Not: not, Symmetric: p.symmetric(), Expr: value, Low: p.value()}
		p.expect("AND")
		n.High = p.value()
		return n
	case p.accept("IN"):
		return p.in(pos, not, value)
	case p.accept("LIKE"):
		n := &ast.Like{Pos: pos, Not: not, Expr: value, Pattern: p.value()}
		if p.accept("ESCAPE") {
			n.Escape = p.value()
		}
		return n
	}
	if not {
		p.unexpected()
	}
	return value
}

// isMatch says whether MATCH, which may be a name, is followed by [UNIQUE] [SIMPLE | PARTIAL | FULL] (query).
func (p *parser) isMatch() bool {
	n := 1
	if p.ahead(n).name == "UNIQUE" {
		n++
	}
	switch p.ahead(n).name {
	case "SIMPLE", "PARTIAL", "FULL":
		n++
	}
	return p.ahead(n).name == "(" && p.isQueryAt(n)
}

var truths = map[string]ast.Truth{"TRUE": ast.True, "FALSE": ast.False, "UNKNOWN": ast.Unknown}

// symmetric passes over ASYMMETRIC and SYMMETRIC and says whether it was the latter. They
// may be names as well, of which a bound has no two in a row.
func (p *parser) symmetric() bool {
	is := p.is("SYMMETRIC")
	if !is && !p.is("ASYMMETRIC") {
		return false
	}
	switch next := p.ahead(1); {
	case next.name == "" || next.name == "(" || next.name == "-" || next.name == "+":
	case next.kind == symbol, next.name == "AND", next.name == "AT":
		return false
	}
	p.next()
	return is
}

func (p *parser) comparison(pos sql.Pos, op ast.ComparisonOp, left ast.Expr) ast.Expr {
	if p.is("ALL") || p.is("ANY") || p.is("SOME") {
		if p.ahead(1).name == "(" && p.isQueryAt(1) {
			n := &ast.QuantifiedComparison{Pos: pos, Op: op, Left: left, All: p.next().name == "ALL"}
			n.Query = p.parenthesizedQuery()
			return n
		}
	}
	return &ast.Comparison{Pos: pos, Op: op, Left: left, Right: p.value()}
}

// isQueryAt says whether the parenthesis n tokens ahead encloses a query.
func (p *parser) isQueryAt(n int) bool {
	here := p.at
	p.at += n
	is := p.isQueryInParentheses()
	p.at = here
	return is
}

func (p *parser) isPredicate(pos sql.Pos, value ast.Expr) ast.Expr {
	not := p.accept("NOT")
	if p.accept("NULL") {
		return &ast.IsNull{Pos: pos, Not: not, Expr: value}
	}
	for word, truth := range truths {
		if p.accept(word) {
			return &ast.IsTruth{Pos: pos, Not: not, Expr: value, Truth: truth}
		}
	}
	p.expect("DISTINCT", "FROM")
	return &ast.IsDistinctFrom{Pos: pos, Not: not, Left: value, Right: p.value()}
}

func (p *parser) in(pos sql.Pos, not bool, value ast.Expr) ast.Expr {
	if p.is("(") && p.isQueryInParentheses() {
		// IN ((SELECT 1)) is a list of one scalar subquery; IN ((SELECT 1) UNION …) is a query.
		if p.ahead(1).name != "(" || p.afterClosing(p.at+1).name != ")" {
			return &ast.InSubquery{Pos: pos, Not: not, Expr: value, Query: p.parenthesizedQuery()}
		}
	}
	n := &ast.InList{Pos: pos, Not: not, Expr: value}
	p.expect("(")
	p.note("", labelQuery)
	p.commaList(func() { n.List = append(n.List, p.expression()) })
	p.expect(")")
	return n
}

// parenthesizedQuery parses (query).
func (p *parser) parenthesizedQuery() *ast.Query {
	p.expect("(")
	q := p.query()
	p.expect(")")
	return q
}

// The precedences of operators between values.
const (
	leastPrecedence = iota
	concatPrecedence
	addPrecedence
	multiplyPrecedence
	unaryPrecedence
)

var arithmetic = map[string]struct {
	op         ast.ArithmeticOp
	precedence int
}{
	"||": {ast.Concat, concatPrecedence},
	"+":  {ast.Add, addPrecedence}, "-": {ast.Subtract, addPrecedence},
	"*": {ast.Multiply, multiplyPrecedence}, "/": {ast.Divide, multiplyPrecedence}, "%": {ast.Modulus, multiplyPrecedence},
}

// value parses an operand of a predicate, or an argument that may not be one. It counts no level
// of nesting: callers that it may come back to do.
func (p *parser) value() ast.Expr {
	outer := p.under(labelExpression)
	e := p.valueExpression(leastPrecedence)
	p.quietAt = outer
	return e
}

// valueExpression parses operators that bind at least as tightly as the given precedence.
func (p *parser) valueExpression(least int) ast.Expr {
	left := p.unary()
	for {
		pos := p.pos()
		if p.is("AT") {
			if zoned := p.atTimeZone(left); zoned != nil {
				left = zoned
				continue
			}
		}
		p.noteOperators()
		o, ok := arithmetic[p.tok().name]
		if !ok || o.precedence < least {
			return left
		}
		p.next()
		outer := p.under(labelExpression)
		right := p.valueExpression(o.precedence + 1)
		p.quietAt = outer
		left = &ast.Arithmetic{Pos: pos, Op: o.op, Left: left, Right: right}
	}
}

func (p *parser) noteOperators() {
	if p.collect {
		for _, name := range [...]string{"||", "+", "-", "*", "/", "%"} {
			p.note("'", name)
		}
	}
}

// atTimeZone parses AT TIME ZONE zone, or AT LOCAL, or returns nil: AT is no reserved word.
func (p *parser) atTimeZone(e ast.Expr) ast.Expr {
	n := &ast.AtTimeZone{Pos: p.pos(), Expr: e}
	switch {
	case p.ahead(1).name == "LOCAL":
		p.next()
		p.next()
		return n
	case p.ahead(1).name == "TIME" && p.ahead(2).name == "ZONE":
		for range 3 {
			p.next()
		}
		if p.is("INTERVAL") {
			n.Zone = p.interval()
		} else {
			n.Zone = p.string()
		}
		return n
	}
	return nil
}

// unary parses a sign and what it applies to. A minus sign before a number is part of the number.
func (p *parser) unary() ast.Expr {
	if p.tok().name != "-" && p.tok().name != "+" {
		return p.primaryExpression()
	}
	t := p.next()
	if t.name == "-" {
		switch p.tok().kind {
		case integer, decimal, double:
			return p.postfix(p.number(true, position(t)))
		}
	}
	p.enter()
	defer p.leave()
	outer := p.under(labelExpression)
	n := &ast.Unary{Pos: position(t), Negative: t.name == "-", Expr: p.valueExpression(unaryPrecedence)}
	p.quietAt = outer
	return n
}

// startsExpression says whether an expression may begin with t.
func startsExpression(t token) bool {
	switch t.kind {
	case eof, invalid, placeholder:
		return false
	case symbol:
		return t.name == "(" || t.name == "?" || t.name == "+" || t.name == "-"
	case word:
		switch t.name {
		case "CASE", "CAST", "EXISTS", "EXTRACT", "FALSE", "GROUPING", "JSON_ARRAY", "JSON_EXISTS", "JSON_OBJECT", "JSON_QUERY",
			"JSON_VALUE", "LISTAGG", "LOCALTIME", "LOCALTIMESTAMP", "NORMALIZE", "NOT", "NULL", "TRIM", "TRUE":
			return true
		}
		return t.isIdentifier() || strings.HasPrefix(t.name, "CURRENT_")
	}
	return true
}

// continuesExpression says whether t goes on with an expression that was complete
// before it.
func continuesExpression(t token) bool {
	switch t.name {
	case ".", "[", "+", "-", "*", "/", "%", "||", "=", "<>", "<", "<=", ">", ">=", "->",
		"AND", "OR", "NOT", "IN", "IS", "LIKE", "BETWEEN", "AT":
		return true
	}
	return false
}

func equalFold(a, b string) bool { return strings.EqualFold(a, b) }
