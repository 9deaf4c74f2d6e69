package jsonpath

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ctlake/ctlake/storage/types"
)

// SyntaxError says where a path is none. Line counts from 1, Column from 0, as
// characters of the path's text.
type SyntaxError struct {
	Line, Column int
	Msg          string
}

// Error returns the message with the place in front.
func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d:%d: %s", e.Line, e.Column, e.Msg) }

// InvalidError is a complaint about a path that has the right form: a variable that has no value, a
// regular expression that is none, operands that no operator takes.
type InvalidError struct{ Msg string }

// Error returns the message.
func (e *InvalidError) Error() string { return e.Msg }

// Parse compiles a path. The error is a *SyntaxError or an *InvalidError.
func Parse(text string) (*Path, error) {
	p := parser{text: text, tokens: lex(text), path: &Path{}}
	p.closing = matchParentheses(p.tokens)
	switch {
	case p.accept("lax"):
		p.path.lax = true
	case p.accept("strict"):
	default:
		p.unexpected("'lax'", "'strict'")
	}
	p.path.root = p.expression()
	if p.err == nil && p.tok().kind != eof {
		p.unexpected("<EOF>")
	}
	if p.err != nil {
		return nil, p.err
	}
	return p.path, nil
}

// parser goes through the tokens once. Its methods carry the names of the grammar's rules.
type parser struct {
	text    string
	tokens  []token
	closing []int // for each opening parenthesis, the token that closes it
	at      int
	depth   int
	nodes   int
	path    *Path
	err     error
}

func matchParentheses(tokens []token) []int {
	closing := make([]int, len(tokens))
	var open []int
	for i, t := range tokens {
		switch {
		case t.kind != symbol:
		case t.text == "(":
			open = append(open, i)
			closing[i] = len(tokens) - 1
		case t.text == ")" && len(open) > 0:
			closing[open[len(open)-1]] = i
			open = open[:len(open)-1]
		}
	}
	return closing
}

func (p *parser) tok() token { return p.tokens[p.at] }

func (p *parser) ahead(n int) token { return p.tokens[min(p.at+n, len(p.tokens)-1)] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if p.at < len(p.tokens)-1 {
		p.at++
	}
	return t
}

// is says whether the current token is the word or symbol.
func (p *parser) is(text string) bool {
	t := p.tok()
	return (t.kind == word || t.kind == symbol) && t.text == text
}

func (p *parser) accept(text string) bool {
	if !p.is(text) {
		return false
	}
	p.next()
	return true
}

func (p *parser) expect(text string) {
	if !p.accept(text) {
		p.unexpected("'" + text + "'")
	}
}

// fail records the first error and ends the parse.
func (p *parser) fail(err error) {
	if p.err == nil {
		p.err = err
	}
	p.at = len(p.tokens) - 1
}

// unexpected fails at the current token, in the words of Trino's parser.
func (p *parser) unexpected(expected ...string) {
	msg := "mismatched input '" + p.tok().text + "' expecting "
	if len(expected) == 1 {
		msg += expected[0]
	} else {
		msg += "{" + strings.Join(expected, ", ") + "}"
	}
	p.syntax(msg)
}

func (p *parser) syntax(msg string) {
	before := p.text[:p.tok().at]
	e := &SyntaxError{Line: 1 + strings.Count(before, "\n"), Msg: msg}
	e.Column = utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	p.fail(e)
}

// enter counts a level of nesting; leave must follow.
func (p *parser) enter() {
	if p.depth++; p.depth > MaxNesting {
		p.syntax(fmt.Sprintf("JSON path is nested too deeply: the limit is %d levels", MaxNesting))
	}
}

func (p *parser) leave() { p.depth-- }

func (p *parser) count() {
	if p.nodes++; p.nodes > MaxNodes {
		p.syntax(fmt.Sprintf("JSON path is too long: the limit is %d accessors, operators and literals", MaxNodes))
	}
}

// expression parses sums.
func (p *parser) expression() node {
	p.enter()
	defer p.leave()
	left := p.product()
	for p.err == nil && (p.is("+") || p.is("-")) {
		p.count()
		op := p.next().text[0]
		left = &arithmetic{op, left, p.product()}
	}
	return left
}

func (p *parser) product() node {
	left := p.signed()
	for p.err == nil && (p.is("*") || p.is("/") || p.is("%")) {
		p.count()
		op := p.next().text[0]
		left = &arithmetic{op, left, p.signed()}
	}
	return left
}

// signed parses an accessor with signs before it. The minus sign directly before a number belongs to it.
func (p *parser) signed() node {
	minus := p.is("-")
	if !minus && !p.is("+") || minus && isNumber(p.ahead(1)) {
		return p.accessors()
	}
	p.enter()
	defer p.leave()
	p.count()
	p.next()
	return &sign{p.signed(), minus}
}

func isNumber(t token) bool {
	return t.kind == integerNumber || t.kind == decimalNumber || t.kind == doubleNumber
}

// methods are the names of item methods.
var methods = []string{"type", "size", "double", "ceiling", "floor", "abs", "keyvalue", "datetime"}

// accessors parses a primary and the accessors behind it.
func (p *parser) accessors() node {
	n := p.primary()
	for p.err == nil {
		p.count()
		switch {
		case p.accept("."):
			n = p.memberOrMethod(n)
		case p.accept(".."):
			n = &descendants{n, p.key()}
		case p.accept("["):
			n = p.elements(n)
		case p.accept("?"):
			p.expect("(")
			n = &filter{n, p.disjunction()}
			p.expect(")")
		default:
			return n
		}
	}
	return n
}

func (p *parser) memberOrMethod(base node) node {
	if p.accept("*") {
		return &member{base: base, all: true}
	}
	t := p.tok()
	if t.kind != word || !slices.Contains(methods, t.text) || p.ahead(1).text != "(" {
		return &member{base: base, key: p.key()}
	}
	p.next()
	p.next()
	if t.text == "datetime" {
		p.fail(&InvalidError{"JSON path datetime() method is not supported"})
		return base
	}
	p.expect(")")
	return &method{base, t.text}
}

// key parses the name of a member. No word is reserved.
func (p *parser) key() string {
	switch t := p.tok(); t.kind {
	case word:
		return p.next().text
	case quoted:
		return unquote(p.next().text)
	}
	p.unexpected("IDENTIFIER", "STRING")
	return ""
}

func (p *parser) elements(base node) node {
	n := &elements{base: base}
	if p.is("*") && p.ahead(1).text == "]" {
		p.next()
		p.next()
		return n
	}
	for {
		s := subscript{from: p.expression()}
		if p.accept("to") {
			s.to = p.expression()
		}
		n.subscripts = append(n.subscripts, s)
		if p.err != nil || !p.accept(",") {
			break
		}
	}
	if !p.accept("]") {
		p.unexpected("','", "']'")
	}
	return n
}

func (p *parser) primary() node {
	t := p.tok()
	switch {
	case isNumber(t):
		return p.number(false)
	case t.kind == quoted:
		text := unquote(p.next().text)
		return &literal{NewValue(types.VarcharOf(utf8.RuneCountInString(text)), text)}
	case t.kind == named:
		return p.variable()
	case p.accept("-"): // signed says that a number follows
		return p.number(true)
	case p.accept("$"):
		return &contextItem{}
	case p.accept("@"):
		return &currentItem{}
	case p.accept("last"):
		return &lastIndex{}
	case p.accept("null"):
		return &literal{Item{}}
	case p.accept("true"):
		return &literal{NewValue(types.TBoolean, true)}
	case p.accept("false"):
		return &literal{NewValue(types.TBoolean, false)}
	case p.accept("("):
		n := p.expression()
		p.expect(")")
		return n
	}
	p.syntax("mismatched input '" + t.text + "' expecting a literal, a variable, '$', '@', 'last' or '('")
	return &contextItem{}
}

func (p *parser) variable() node {
	name := p.next().text[1:]
	index := slices.Index(p.path.variables, name)
	if index < 0 {
		index = len(p.path.variables)
		p.path.variables = append(p.path.variables, name)
	}
	return &variable{index}
}

// number parses a literal, whose type is that of the same literal in SQL.
func (p *parser) number(negative bool) node {
	t := p.next()
	text := t.text
	if negative {
		text = "-" + text
	}
	switch t.kind {
	case integerNumber:
		n, err := strconv.ParseInt(text, 10, 64)
		switch {
		case err != nil:
			p.fail(&InvalidError{"Invalid numeric literal: " + text})
		case n < math.MinInt32 || n > math.MaxInt32:
			return &literal{NewValue(types.TBigint, n)}
		}
		return &literal{NewValue(types.TInteger, n)}
	case decimalNumber:
		d, typ, err := types.ParseDecimalLiteral(text)
		if err != nil {
			p.fail(&InvalidError{"'" + text + "' is not a valid DECIMAL literal"})
			return &literal{}
		}
		if typ.Physical() == types.Int64 {
			return &literal{NewValue(typ, d.Int64())}
		}
		return &literal{NewValue(typ, d)}
	}
	f, _ := strconv.ParseFloat(text, 64) // beyond the range of doubles it is infinite or zero, as in SQL
	return &literal{NewValue(types.TDouble, f)}
}

func (p *parser) disjunction() predicate {
	p.enter()
	defer p.leave()
	left := p.conjunction()
	for p.err == nil && p.accept("||") {
		p.count()
		left = &or{left, p.conjunction()}
	}
	return left
}

func (p *parser) conjunction() predicate {
	left := p.predicate()
	for p.err == nil && p.accept("&&") {
		p.count()
		left = &and{left, p.predicate()}
	}
	return left
}

func (p *parser) predicate() predicate {
	p.count()
	switch {
	case p.accept("!"):
		if !p.is("(") && !p.is("exists") {
			p.unexpected("'exists'", "'('")
		}
		return &not{p.delimited()}
	case p.is("exists") && p.ahead(1).text == "(", p.is("(") && !p.isPathInParentheses():
		return p.delimited()
	}
	left := p.expression()
	if op, ok := comparisons[p.tok().text]; ok && p.tok().kind == symbol {
		p.next()
		return &compare{op, left, p.expression()}
	}
	switch {
	case p.accept("like_regex"):
		return p.likeRegex(left)
	case p.accept("starts"):
		p.expect("with")
		switch t := p.tok(); t.kind {
		case quoted:
			return &startsWith{left, p.primary()}
		case named:
			return &startsWith{left, p.variable()}
		}
		p.unexpected("STRING", "NAMED_VARIABLE")
		return &startsWith{}
	}
	p.unexpected("'like_regex'", "'starts'", "'=='", "'<>'", "'!='", "'<'", "'>'", "'<='", "'>='")
	return &isUnknown{}
}

var comparisons = map[string]comparison{"==": equal, "<>": notEqual, "!=": notEqual, "<": less, "<=": lessOrEqual,
	">": greater, ">=": greaterOrEqual}

// isPathInParentheses says whether the parenthesis at the current token encloses a path, not a predicate:
// what follows it then goes on with a path or compares.
func (p *parser) isPathInParentheses() bool {
	after := p.tokens[min(p.closing[p.at]+1, len(p.tokens)-1)]
	switch after.kind {
	case symbol:
		switch after.text {
		case "&&", "||", ")":
			return false
		}
		return true
	case word:
		return after.text == "like_regex" || after.text == "starts"
	}
	return false
}

// delimited parses exists(path), (predicate) and (predicate) is unknown.
func (p *parser) delimited() predicate {
	if p.accept("exists") {
		p.expect("(")
		n := &exists{p.expression()}
		p.expect(")")
		return n
	}
	p.expect("(")
	inner := p.disjunction()
	p.expect(")")
	if p.accept("is") {
		p.expect("unknown")
		return &isUnknown{inner}
	}
	return inner
}

func (p *parser) likeRegex(arg node) predicate {
	text := func() string {
		if p.tok().kind != quoted {
			p.unexpected("STRING")
			return ""
		}
		return unquote(p.next().text)
	}
	n := &likeRegex{arg: arg}
	pattern, flags := text(), ""
	if p.accept("flag") {
		flags = text()
	}
	if p.err == nil {
		var err error
		if n.match, err = compileRegex(pattern, flags); err != nil {
			p.fail(err)
		}
	}
	return n
}
