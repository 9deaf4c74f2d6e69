package parser

import (
	"strings"

	"github.com/ctlake/ctlake/sql/ast"
)

// typ parses the name of a type.
func (p *parser) typ() *ast.Type {
	p.enter()
	defer p.leave()
	outer := p.under(labelType)
	t := p.typeBeforeArray()
	p.quietAt = outer
	for p.is("ARRAY") { // bigint ARRAY, bigint ARRAY[10]
		p.next()
		if p.accept("[") {
			p.smallInteger() // a bound, which has no meaning in Trino either
			p.expect("]")
		}
		t = &ast.Type{Pos: t.Pos, Name: "array", Args: []*ast.TypeArg{{Pos: t.Pos, Type: t}}}
	}
	return t
}

func (p *parser) typeBeforeArray() *ast.Type {
	pos, next := p.pos(), p.ahead(1).name
	n := &ast.Type{Pos: pos}
	switch p.tok().name {
	case "ROW":
		if next == "(" {
			p.next()
			p.next()
			n.Name, n.Spelling = "row", "ROW"
			p.commaList(func() { n.Args = append(n.Args, p.rowTypeField()) })
			p.expect(")")
			return n
		}
	case "INTERVAL":
		if intervalField(p.ahead(1)) != ast.NoField {
			p.next()
			n.Name = "interval " + strings.ToLower(p.field(ast.Year, ast.Second).String())
			if p.accept("TO") {
				n.Name += " to " + strings.ToLower(p.field(ast.Year, ast.Second).String())
			}
			return n
		}
	case "TIME", "TIMESTAMP":
		return p.dateTimeType(n)
	case "DOUBLE":
		if next == "PRECISION" {
			p.next()
			p.next()
			n.Name, n.Spelling = "double", "DOUBLE"
			return n
		}
	case "ARRAY", "MAP":
		if next == "<" {
			return p.angleBracketType(n)
		}
	}
	name := p.identifier()
	n.Name, n.Spelling = strings.ToLower(name.Name), name.Name
	if name.Quoted {
		n.Spelling = ast.String(name)
	}
	if p.accept("(") {
		p.commaList(func() { n.Args = append(n.Args, p.typeParameter()) })
		p.expect(")")
	}
	return n
}

// dateTimeType parses {TIME | TIMESTAMP} [(precision)] [{WITH | WITHOUT} TIME ZONE].
func (p *parser) dateTimeType(n *ast.Type) *ast.Type {
	n.Name = strings.ToLower(p.next().name)
	if p.accept("(") {
		n.Args = []*ast.TypeArg{p.typeParameter()}
		p.expect(")")
	}
	switch {
	case p.accept("WITH"):
		p.expect("TIME", "ZONE")
		n.WithTimeZone = true
	case p.is("WITHOUT") && p.ahead(1).name == "TIME":
		p.next()
		p.expect("TIME", "ZONE")
	}
	return n
}

// angleBracketType parses ARRAY<type> and MAP<type, type>.
func (p *parser) angleBracketType(n *ast.Type) *ast.Type {
	t := p.next()
	name := t.name
	n.Name, n.Spelling = strings.ToLower(name), p.text(t)
	p.expect("<")
	arg := func() { n.Args = append(n.Args, &ast.TypeArg{Pos: p.pos(), Type: p.typ()}) }
	arg()
	if name == "MAP" {
		p.expect(",")
		arg()
	}
	p.expect(">")
	return n
}

func (p *parser) typeParameter() *ast.TypeArg {
	n := &ast.TypeArg{Pos: p.pos()}
	if p.tok().kind == integer {
		n.Number = int64(p.smallInteger())
		return n
	}
	p.note("", labelInteger)
	n.Type = p.typ()
	return n
}

// rowTypeField parses a field of a row type: a type, or a name and a type. Types of
// several words come first: row(double precision) has a field without a name.
func (p *parser) rowTypeField() *ast.TypeArg {
	n := &ast.TypeArg{Pos: p.pos()}
	t, next := p.tok(), p.ahead(1)
	named := next.isIdentifier()
	if t.kind == word {
		switch {
		case t.name == "DOUBLE" && next.name == "PRECISION",
			(t.name == "TIME" || t.name == "TIMESTAMP") && next.name == "WITHOUT" && p.ahead(2).name == "TIME",
			t.name == "INTERVAL" && intervalField(next) != ast.NoField,
			next.name == "ARRAY" && p.ahead(2).name != "(" && p.ahead(2).name != "<":
			named = false
		}
	}
	if named {
		n.Name = p.identifier()
	}
	n.Type = p.typ()
	return n
}
