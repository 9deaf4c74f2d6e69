package parser

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
)

// call parses the arguments of a function and what may follow them.
func (p *parser) call(name *ast.QualifiedName) ast.Expr {
	n := &ast.FunctionCall{Pos: name.Pos, Name: name}
	p.expect("(")
	switch {
	case p.is("*") && p.ahead(1).name == ")":
		p.next()
		n.Star = true
		p.expect(")")
		n.Filter = p.filter()
		n.Over = p.over()
		return n
	case p.is(")"), p.is("ORDER"):
		return p.callAfter(n)
	case p.tok().isIdentifier() && p.ahead(1).name == "." && p.ahead(2).name == "*" && p.ahead(3).name == ")":
		n.StarOf = p.identifier()
		p.next()
		p.next()
		n.Star = true
		p.expect(")")
		n.Filter = p.filter()
		n.Over = p.over()
		return n
	}
	n.Distinct = p.setQuantifier()
	n.Args = []ast.Expr{p.argument()}
	return p.callAfter(n)
}

// argument parses an argument of a function.
func (p *parser) argument() ast.Expr {
	if p.tok().isIdentifier() && p.ahead(1).name == "=>" {
		p.fail(sql.NotSupported(p.pos(), "A named argument of a function"))
	}
	return p.expression()
}

// modeCall parses RUNNING or FINAL before a call.
func (p *parser) modeCall(t token) ast.Expr {
	p.enter()
	defer p.leave()
	p.next()
	mode := ast.ModeRunning
	if t.name == "FINAL" {
		mode = ast.ModeFinal
	}
	name := &ast.QualifiedName{Pos: p.pos(), Parts: []*ast.Identifier{p.identifier()}}
	n, ok := p.call(name).(*ast.FunctionCall)
	if !ok {
		return &ast.NullLiteral{Pos: position(t)}
	}
	n.Pos, n.Mode = position(t), mode
	return n
}

// callAfter parses what follows the first argument of a call.
func (p *parser) callAfter(n *ast.FunctionCall) ast.Expr {
	for len(n.Args) > 0 && p.accept(",") {
		n.Args = append(n.Args, p.argument())
	}
	if p.accept("ORDER") {
		p.expect("BY")
		n.OrderBy = p.sortItems()
	}
	p.expect(")")
	n.Filter = p.filter()
	if (p.is("IGNORE") || p.is("RESPECT")) && p.ahead(1).name == "NULLS" {
		n.NullTreatment = ast.RespectNulls
		if p.next().name == "IGNORE" {
			n.NullTreatment = ast.IgnoreNulls
		}
		p.next()
		n.Over = p.window()
	} else {
		n.Over = p.over()
	}
	return n
}

// filter parses FILTER (WHERE condition), if it is there.
func (p *parser) filter() ast.Expr {
	if !p.is("FILTER") || p.ahead(1).name != "(" {
		return nil
	}
	p.next()
	p.expect("(", "WHERE")
	e := p.expression()
	p.expect(")")
	return e
}

func (p *parser) isOver() bool {
	return p.is("OVER") && (p.ahead(1).name == "(" || p.ahead(1).isIdentifier())
}

// over parses OVER name or OVER (specification), if it is there.
func (p *parser) over() *ast.Over {
	if !p.isOver() {
		return nil
	}
	return p.window()
}

// window parses OVER name or OVER (specification).
func (p *parser) window() *ast.Over {
	o := &ast.Over{Pos: p.pos()}
	p.expect("OVER")
	if p.accept("(") {
		o.Spec = p.windowSpecification()
		p.expect(")")
	} else {
		o.Name = p.identifier()
	}
	return o
}

// rename makes a call of another name than the word that was written.
func rename(pos sql.Pos, name string, args ...ast.Expr) *ast.FunctionCall {
	parts := []*ast.Identifier{{Pos: pos, Name: name}}
	return &ast.FunctionCall{Pos: pos, Name: &ast.QualifiedName{Pos: pos, Parts: parts}, Args: args}
}

// specialCall parses a call of a function whose name is not reserved and that has keywords between its
// arguments; with commas between them it is a call as any other.
func (p *parser) specialCall(t token) ast.Expr {
	p.enter()
	defer p.leave()
	pos := position(t)
	name := &ast.QualifiedName{Pos: pos, Parts: []*ast.Identifier{p.identifier()}}
	if p.ahead(1).name == ")" || p.ahead(1).name == "DISTINCT" || p.ahead(1).name == "*" {
		return p.call(name)
	}
	p.next()
	var first ast.Expr
	if t.name == "POSITION" { // an expression would take IN for its own
		first = p.value()
	} else {
		first = p.expression()
	}
	switch {
	case t.name == "POSITION" && p.accept("IN"):
		in := p.value()
		p.expect(")")
		return rename(pos, "strpos", in, first)
	case t.name == "SUBSTRING" && p.accept("FROM"):
		n := rename(pos, "substr", first, p.value())
		if p.accept("FOR") {
			n.Args = append(n.Args, p.value())
		}
		p.expect(")")
		return n
	case t.name == "OVERLAY" && p.accept("PLACING"):
		n := rename(pos, "overlay", first, p.value())
		p.expect("FROM")
		n.Args = append(n.Args, p.value())
		if p.accept("FOR") {
			n.Args = append(n.Args, p.value())
		}
		p.expect(")")
		return n
	}
	return p.callAfter(&ast.FunctionCall{Pos: pos, Name: name, Args: []ast.Expr{first}})
}

// reservedCall parses a call whose name is a reserved word.
func (p *parser) reservedCall(t token) ast.Expr {
	p.enter()
	defer p.leave()
	pos := position(p.next())
	p.expect("(")
	var e ast.Expr
	switch t.name {
	case "EXTRACT":
		n := &ast.Extract{Pos: pos, Field: p.identifier()}
		p.expect("FROM")
		n.Expr = p.value()
		e = n
	case "TRIM":
		e = p.trim(pos)
	case "NORMALIZE":
		e = p.normalize(pos)
	case "GROUPING":
		n := rename(pos, "grouping")
		if !p.is(")") {
			p.commaList(func() { n.Args = append(n.Args, columnReference(p.qualifiedName())) })
		}
		e = n
	case "LISTAGG":
		return p.listagg(pos)
	}
	p.expect(")")
	return e
}

func columnReference(name *ast.QualifiedName) (e ast.Expr) {
	e = name.Parts[0]
	for _, field := range name.Parts[1:] {
		e = &ast.Dereference{Pos: name.Pos, Base: e, Field: field}
	}
	return e
}

// trim parses [[LEADING | TRAILING | BOTH] [characters] FROM] source, or source, characters.
func (p *parser) trim(pos sql.Pos) ast.Expr {
	name, specified := "trim", true
	switch next := p.ahead(1); {
	case next.name == ")" || next.name == "," || continuesExpression(next): // a column of that name
		specified = false
	case p.accept("BOTH"):
	case p.accept("LEADING"):
		name = "ltrim"
	case p.accept("TRAILING"):
		name = "rtrim"
	default:
		specified = false
	}
	if p.accept("FROM") {
		if !specified {
			p.fail(sql.Errorf(sql.SYNTAX_ERROR, pos, "The 'trim' function must have specification, char or both arguments when it takes FROM"))
		}
		return rename(pos, name, p.value())
	}
	first := p.value()
	switch {
	case p.accept("FROM"):
		return rename(pos, name, p.value(), first)
	case specified:
		p.unexpected()
	case p.accept(","):
		return rename(pos, name, first, p.value())
	}
	return rename(pos, name, first)
}

// normalize parses source [, form].
func (p *parser) normalize(pos sql.Pos) ast.Expr {
	n := rename(pos, "normalize", p.value())
	if !p.accept(",") {
		return n
	}
	for _, form := range [...]string{"NFC", "NFD", "NFKC", "NFKD"} {
		if p.is(form) {
			n.Args = append(n.Args, &ast.StringLiteral{Pos: position(p.next()), Value: form})
			return n
		}
	}
	p.unexpected()
	return n
}

// listagg parses what follows LISTAGG(.
func (p *parser) listagg(pos sql.Pos) ast.Expr {
	n := rename(pos, "listagg")
	n.Distinct = p.setQuantifier()
	n.Args = []ast.Expr{p.expression()}
	if p.accept(",") {
		n.Args = append(n.Args, p.string())
	}
	if p.is("ON") {
		n.Overflow = p.overflow()
	}
	p.expect(")", "WITHIN", "GROUP", "(", "ORDER", "BY")
	n.WithinGroup = p.sortItems()
	p.expect(")")
	n.Filter = p.filter()
	n.Over = p.over()
	return n
}

func (p *parser) overflow() *ast.Overflow {
	o := &ast.Overflow{Pos: position(p.next())}
	p.expect("OVERFLOW")
	if p.accept("ERROR") {
		return o
	}
	p.expect("TRUNCATE")
	o.Truncate = true
	if p.isString() {
		o.Filler = p.string()
	}
	if p.accept("WITH") {
		o.Count = true
	} else {
		p.expect("WITHOUT")
	}
	p.expect("COUNT")
	return o
}
