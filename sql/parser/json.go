package parser

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
)

// jsonFunction parses a call of a function of SQL/JSON, whose name is the current token.
func (p *parser) jsonFunction(t token) ast.Expr {
	p.enter()
	defer p.leave()
	pos := position(p.next())
	p.expect("(")
	var e ast.Expr
	switch t.name {
	case "JSON_EXISTS":
		n := &ast.JSONExists{Pos: pos, Path: p.jsonPath()}
		_, n.OnError = p.jsonBehaviors(existsBehaviors)
		e = n
	case "JSON_VALUE":
		n := &ast.JSONValue{Pos: pos, Path: p.jsonPath()}
		if p.accept("RETURNING") {
			n.Returning = p.typ()
		}
		n.OnEmpty, n.OnError = p.jsonBehaviors(valueBehaviors)
		e = n
	case "JSON_QUERY":
		n := &ast.JSONQuery{Pos: pos, Path: p.jsonPath(), Returning: p.jsonReturning()}
		n.Wrapper, n.Quotes = p.jsonWrapper(), p.jsonQuotes()
		n.OnEmpty, n.OnError = p.jsonBehaviors(queryBehaviors)
		e = n
	case "JSON_OBJECT":
		e = p.jsonObject(pos)
	case "JSON_ARRAY":
		n := &ast.JSONArray{Pos: pos}
		if !p.is(")") && !p.isReturning() {
			p.commaList(func() { n.Elements = append(n.Elements, p.jsonArg()) })
			n.Nulls = p.jsonNulls()
		}
		n.Returning = p.jsonReturning()
		e = n
	}
	p.expect(")")
	return e
}

// jsonPath parses value, 'path' [AS name] [PASSING value AS name, …].
func (p *parser) jsonPath() *ast.JSONPath {
	n := &ast.JSONPath{Pos: p.pos(), Input: p.jsonArg()}
	p.expect(",")
	n.Path = p.string()
	if p.accept("AS") {
		n.Name = p.identifier()
	}
	if p.accept("PASSING") {
		p.commaList(func() {
			a := p.jsonArg()
			p.expect("AS")
			a.Name = p.identifier()
			n.Passing = append(n.Passing, a)
		})
	}
	return n
}

// jsonArg parses expression [FORMAT JSON …].
func (p *parser) jsonArg() *ast.JSONArg {
	return &ast.JSONArg{Pos: p.pos(), Expr: p.expression(), Format: p.jsonFormat()}
}

// jsonFormat parses FORMAT JSON [ENCODING …], if it is there.
func (p *parser) jsonFormat() ast.JSONFormat {
	if !p.accept("FORMAT") {
		return ast.NoJSONFormat
	}
	p.expect("JSON")
	if !p.accept("ENCODING") {
		return ast.FormatJSON
	}
	switch {
	case p.accept("UTF8"):
		return ast.FormatUTF8
	case p.accept("UTF16"):
		return ast.FormatUTF16
	case p.accept("UTF32"):
		return ast.FormatUTF32
	}
	p.unexpected()
	return ast.FormatJSON
}

// isReturning says whether RETURNING begins a clause here, where a column of that name might stand.
func (p *parser) isReturning() bool { return p.is("RETURNING") && p.ahead(1).isIdentifier() }

func (p *parser) jsonReturning() *ast.JSONReturning {
	if !p.is("RETURNING") {
		return nil
	}
	return &ast.JSONReturning{Pos: position(p.next()), Type: p.typ(), Format: p.jsonFormat()}
}

func (p *parser) jsonWrapper() ast.JSONWrapper {
	w := ast.WrapperDefault
	switch {
	case p.accept("WITHOUT"):
		w = ast.WithoutWrapper
	case p.accept("WITH"):
		w = ast.UnconditionalWrapper
		if p.accept("CONDITIONAL") {
			w = ast.ConditionalWrapper
		} else {
			p.accept("UNCONDITIONAL")
		}
	default:
		return w
	}
	p.accept("ARRAY")
	p.expect("WRAPPER")
	return w
}

func (p *parser) jsonQuotes() ast.JSONQuotes {
	q := ast.QuotesDefault
	switch {
	case p.accept("KEEP"):
		q = ast.KeepQuotes
	case p.accept("OMIT"):
		q = ast.OmitQuotes
	default:
		return q
	}
	p.expect("QUOTES")
	if p.is("ON") && p.ahead(1).name == "SCALAR" {
		p.next()
		p.next()
		p.expect("STRING")
	}
	return q
}

// The behaviors that the functions know.
var (
	existsBehaviors = []ast.JSONBehaviorKind{ast.JSONTrue, ast.JSONFalse, ast.JSONUnknown, ast.JSONError}
	valueBehaviors  = []ast.JSONBehaviorKind{ast.JSONError, ast.JSONNull, ast.JSONDefault}
	queryBehaviors  = []ast.JSONBehaviorKind{ast.JSONError, ast.JSONNull, ast.JSONEmptyArray, ast.JSONEmptyObject}
)

// jsonBehaviors parses [behavior ON EMPTY] [behavior ON ERROR]. JSON_EXISTS has no ON EMPTY.
func (p *parser) jsonBehaviors(known []ast.JSONBehaviorKind) (onEmpty, onError *ast.JSONBehavior) {
	for p.err == nil {
		b := p.jsonBehavior(known)
		if b == nil {
			return onEmpty, onError
		}
		p.expect("ON")
		switch {
		case onEmpty == nil && known[0] != ast.JSONTrue && p.accept("EMPTY"):
			onEmpty = b
		case p.accept("ERROR"):
			return onEmpty, b
		default:
			p.unexpected()
		}
	}
	return onEmpty, onError
}

// jsonBehavior parses one of the known behaviors, or returns nil.
func (p *parser) jsonBehavior(known []ast.JSONBehaviorKind) *ast.JSONBehavior {
	b := &ast.JSONBehavior{Pos: p.pos()}
	for _, b.Kind = range known {
		switch b.Kind {
		case ast.JSONEmptyArray:
			if p.is("EMPTY") && p.ahead(1).name == "ARRAY" {
				p.next()
				p.next()
				return b
			}
		case ast.JSONEmptyObject:
			if p.is("EMPTY") && p.ahead(1).name != "ARRAY" {
				p.next()
				p.expect("OBJECT")
				return b
			}
		case ast.JSONDefault:
			if p.accept("DEFAULT") {
				b.Default = p.expression()
				return b
			}
		default:
			if p.accept(b.Kind.String()) {
				return b
			}
		}
	}
	return nil
}

// jsonNulls parses {NULL | ABSENT} ON NULL, if it is there.
func (p *parser) jsonNulls() ast.JSONNulls {
	n := ast.JSONNullsDefault
	switch {
	case p.accept("NULL"):
		n = ast.NullOnNull
	case p.accept("ABSENT"):
		n = ast.AbsentOnNull
	default:
		return n
	}
	p.expect("ON", "NULL")
	return n
}

// jsonObject parses what follows JSON_OBJECT( up to the closing parenthesis.
func (p *parser) jsonObject(pos sql.Pos) ast.Expr {
	n := &ast.JSONObject{Pos: pos}
	if !p.is(")") && !p.isReturning() {
		p.commaList(func() { n.Members = append(n.Members, p.jsonMember()) })
		n.Nulls = p.jsonNulls()
		if with := p.is("WITH"); with || p.is("WITHOUT") {
			p.next()
			p.expect("UNIQUE")
			p.accept("KEYS")
			n.Unique = with
		}
	}
	n.Returning = p.jsonReturning()
	return n
}

// jsonMember parses [KEY] key VALUE value, or key : value.
func (p *parser) jsonMember() *ast.JSONMember {
	n := &ast.JSONMember{Pos: p.pos()}
	if next := p.ahead(1); p.is("KEY") && next.name != "VALUE" && next.name != ":" && next.name != "." && next.name != "[" &&
		!continuesExpression(next) {
		p.next()
		n.Key = p.expression()
		p.expect("VALUE")
	} else {
		n.Key = p.expression()
		if !p.accept(":") {
			p.expect("VALUE")
		}
	}
	n.Value = p.jsonArg()
	return n
}

// jsonTable parses a JSON_TABLE, whose name is the current token.
func (p *parser) jsonTable() ast.Relation {
	p.enter()
	defer p.leave()
	n := &ast.JSONTable{Pos: position(p.next())}
	p.expect("(")
	n.Path = p.jsonPath()
	n.Columns = p.jsonColumns()
	if p.accept("PLAN") {
		pos := p.pos()
		if p.accept("DEFAULT") {
			n.DefaultPlan = p.jsonDefaultPlan(pos)
		} else {
			p.expect("(")
			n.Plan = p.jsonPlan()
			p.expect(")")
		}
	}
	if pos := p.pos(); p.is("ERROR") || p.is("EMPTY") {
		n.OnError = &ast.JSONBehavior{Pos: pos, Kind: ast.JSONError}
		if p.next().name == "EMPTY" {
			n.OnError.Kind = ast.JSONEmptyArray
		}
		p.expect("ON", "ERROR")
	}
	p.expect(")")
	return n
}

func (p *parser) jsonColumns() (columns []*ast.JSONColumn) {
	p.enter()
	defer p.leave()
	p.expect("COLUMNS", "(")
	p.commaList(func() { columns = append(columns, p.jsonColumn()) })
	p.expect(")")
	return columns
}

func (p *parser) jsonColumn() *ast.JSONColumn {
	n := &ast.JSONColumn{Pos: p.pos()}
	if next := p.ahead(1); p.is("NESTED") && (next.name == "PATH" && isText(p.ahead(2)) || isText(next)) {
		p.next()
		p.accept("PATH")
		n.Kind, n.Path = ast.NestedColumns, p.string()
		if p.accept("AS") {
			n.Name = p.identifier()
		}
		n.Columns = p.jsonColumns()
		return n
	}
	n.Name = p.identifier()
	if p.accept("FOR") {
		p.expect("ORDINALITY")
		n.Kind = ast.OrdinalityColumn
		return n
	}
	n.Type = p.typ()
	if n.Format = p.jsonFormat(); n.Format != ast.NoJSONFormat {
		n.Kind = ast.QueryColumn
	}
	if p.accept("PATH") {
		n.Path = p.string()
	}
	if n.Kind == ast.ValueColumn {
		n.OnEmpty, n.OnError = p.jsonBehaviors(valueBehaviors)
		return n
	}
	n.Wrapper, n.Quotes = p.jsonWrapper(), p.jsonQuotes()
	n.OnEmpty, n.OnError = p.jsonBehaviors(queryBehaviors)
	return n
}

// jsonDefaultPlan parses ({INNER | OUTER} [, {UNION | CROSS}]), in either order.
func (p *parser) jsonDefaultPlan(pos sql.Pos) *ast.JSONDefaultPlan {
	n := &ast.JSONDefaultPlan{Pos: pos}
	join := func() bool {
		n.Inner = p.is("INNER")
		return p.accept("INNER") || p.accept("OUTER")
	}
	siblings := func() bool {
		n.Cross = p.is("CROSS")
		return p.accept("CROSS") || p.accept("UNION")
	}
	p.expect("(")
	other := siblings
	if !join() {
		other = join
		if !siblings() {
			p.unexpected()
		}
	}
	if p.accept(",") && !other() {
		p.unexpected()
	}
	p.expect(")")
	return n
}

func (p *parser) jsonPlan() *ast.JSONPlan {
	p.enter()
	defer p.leave()
	named := p.tok().name != "("
	first := p.jsonPlanPrimary()
	switch {
	case named && (p.is("OUTER") || p.is("INNER")):
		first.Inner = p.next().name == "INNER"
		first.Child = p.jsonPlanPrimary()
	case p.is("UNION"), p.is("CROSS"):
		n := &ast.JSONPlan{Pos: first.Pos, Kind: ast.PlanUnion, Siblings: []*ast.JSONPlan{first}}
		op := p.tok().name
		if op == "CROSS" {
			n.Kind = ast.PlanCross
		}
		for p.accept(op) {
			n.Siblings = append(n.Siblings, p.jsonPlanPrimary())
		}
		return n
	}
	return first
}

func (p *parser) jsonPlanPrimary() *ast.JSONPlan {
	pos := p.pos()
	if p.accept("(") {
		n := p.jsonPlan()
		p.expect(")")
		return n
	}
	return &ast.JSONPlan{Pos: pos, Name: p.identifier()}
}
