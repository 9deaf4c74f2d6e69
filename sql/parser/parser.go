// Package parser turns the text of a statement into a syntax tree, and a stream
// of text into statements.
//
//	text ── lex ──► tokens ── parser ──► ast.Statement
//
// The language is Trino's SELECT, as in SqlBase.g4 of Trino's grammar, with what
// CloudTrail Lake adds to its tokens (lake.go). The parser is one of recursive
// descent that looks ahead but never back; expressions are parsed by precedence
// (expr.go). Its methods carry the names of the grammar's rules.
//
// Errors are *sql.Error. Those of syntax have Trino's form:
//
//	line 1:15: mismatched input 'x'. Expecting: ',', '.', 'AS', …
//
// where the list holds every token that would have been accepted. To know it
// costs time, so the parser keeps no such list at first, and parses a faulty
// statement once more to collect it (expected.go).
package parser

import (
	"unicode/utf8"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
)

// The limits of a statement.
const (
	// MaxStatementBytes is how long a statement may be unless Options say otherwise.
	MaxStatementBytes = 1 << 20
	// MaxNesting is how many levels of parentheses, calls, subqueries and prefix
	// operators may lie in each other.
	MaxNesting = 500
	// MaxTreeDepth is how deep the tree may be, which chains of operators, joins and
	// set operations deepen as well: a + b + c is a tree of depth three.
	MaxTreeDepth = 10_000
)

// Options are what Parse may be told beside the text. The zero value is ready for use.
type Options struct {
	MaxBytes int     // how long the text may be; 0: MaxStatementBytes
	Start    sql.Pos // where the text begins in a larger one; zero: line 1, column 1
}

// Parse returns the tree of one statement. A semicolon may end it; nothing may
// follow. An error is always an *sql.Error with a position.
func Parse(text string, opts Options) (ast.Statement, error) {
	start := opts.Start
	if !start.IsValid() {
		start = sql.Pos{Line: 1, Column: 1}
	}
	limit := opts.MaxBytes
	if limit <= 0 {
		limit = MaxStatementBytes
	}
	if len(text) > limit {
		return nil, sql.Errorf(sql.QUERY_TEXT_TOO_LARGE, start, "Query text length (%d bytes) exceeds the maximum length (%d bytes)", len(text), limit)
	}
	tokens := lex(text, start)
	if !utf8.ValidString(text) {
		return nil, sql.Errorf(sql.SYNTAX_ERROR, invalidUTF8(text, start), "statement is not valid UTF-8")
	}

	p := &parser{source: text, tokens: tokens, closing: closingParentheses(tokens)}
	s := p.singleStatement()
	if p.err == errUnexpected {
		p = &parser{source: text, tokens: tokens, closing: p.closing, collect: true}
		s = p.singleStatement()
	}
	if p.err != nil {
		return nil, p.err
	}
	if deep := tooDeep(s); deep != nil {
		return nil, nestedTooDeeply(deep.Position(), MaxTreeDepth)
	}
	return s, nil
}

// invalidUTF8 returns the place of the first byte that is not UTF-8.
func invalidUTF8(text string, start sql.Pos) sql.Pos {
	n := 0
	for n < len(text) {
		r, size := utf8.DecodeRuneInString(text[n:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		n += size
	}
	l := lexer{source: text, line: start.Line, column: start.Column}
	l.skip(n)
	return sql.Pos{Line: l.line, Column: l.column}
}

func nestedTooDeeply(pos sql.Pos, limit int) *sql.Error {
	return sql.Errorf(sql.SYNTAX_ERROR, pos, "statement is nested too deeply: the limit is %d levels", limit)
}

// tooDeep returns the first node found that lies deeper in s than MaxTreeDepth, or nil.
// It must not recurse: it is what makes sure that others may.
func tooDeep(s ast.Statement) ast.Node {
	type item struct {
		node  ast.Node
		depth int
	}
	stack := []item{{s, 1}}
	for len(stack) > 0 {
		top := stack[len(stack)-1]
		if top.depth > MaxTreeDepth {
			return top.node
		}
		stack = stack[:len(stack)-1]
		ast.Children(top.node, func(c ast.Node) { stack = append(stack, item{c, top.depth + 1}) })
	}
	return nil
}

// closingParentheses returns, for the index of each opening parenthesis, the index of
// the one that closes it, or of the last token.
func closingParentheses(tokens []token) []int32 {
	closing := make([]int32, len(tokens))
	var open []int32
	for i, t := range tokens {
		switch t.name {
		case "(":
			closing[i] = int32(len(tokens) - 1)
			open = append(open, int32(i))
		case ")":
			if n := len(open); n > 0 {
				closing[open[n-1]] = int32(i)
				open = open[:n-1]
			}
		}
	}
	return closing
}

// parser is the state of one parse. The first error sticks, and moves the parser to the
// end of the tokens, where no loop goes on: rules need not look at err, their results
// are not used.
type parser struct {
	source     string
	tokens     []token
	closing    []int32
	at         int // index of the current token
	depth      int
	parameters int
	err        error

	// primary is the last primary expression that was completed: what may stand before ".*".
	primary ast.Expr
	// itemDepth is the depth of the expression of the current select item.
	itemDepth int

	collect    bool // collect what is expected
	expected   []string
	expectedAt int // the token that expected is about
	quietAt    int // 1 + index of a token about which nothing is noted, see under
}

func (p *parser) tok() token { return p.tokens[p.at] }

// token returns the token at index i, the last one beyond the end.
func (p *parser) token(i int) token { return p.tokens[min(i, len(p.tokens)-1)] }

// ahead returns the token n after the current one.
func (p *parser) ahead(n int) token { return p.token(p.at + n) }

// afterClosing returns the token after the parenthesis that closes the one at index i.
func (p *parser) afterClosing(i int) token { return p.token(int(p.closing[i]) + 1) }

// next moves on and returns the token moved over.
func (p *parser) next() token {
	t := p.tokens[p.at]
	if p.at < len(p.tokens)-1 {
		p.at++
	}
	return t
}

func (p *parser) text(t token) string { return p.source[t.start:t.end] }

func position(t token) sql.Pos { return sql.Pos{Line: int(t.line), Column: int(t.column)} }

func (p *parser) pos() sql.Pos { return position(p.tok()) }

// is says whether the current token is the keyword or symbol.
func (p *parser) is(name string) bool {
	if p.tok().name == name {
		return true
	}
	p.note("'", name)
	return false
}

// are says whether the current tokens are the keywords or symbols.
func (p *parser) are(names ...string) bool {
	if !p.is(names[0]) {
		return false
	}
	for i, name := range names {
		if p.ahead(i).name != name {
			return false
		}
	}
	return true
}

// accept moves over the keyword or symbol if it is the current token.
func (p *parser) accept(name string) bool {
	if !p.is(name) {
		return false
	}
	p.next()
	return true
}

// expect moves over the keyword or symbol, or fails.
func (p *parser) expect(names ...string) {
	for _, name := range names {
		if !p.accept(name) {
			p.unexpected()
		}
	}
}

// fail records the first error and ends the parse.
func (p *parser) fail(err error) {
	if p.err == nil {
		p.err = err
	}
	p.at = len(p.tokens) - 1
}

// enter counts a level of nesting; leave must follow.
func (p *parser) enter() {
	p.depth++
	if p.depth > MaxNesting {
		p.fail(nestedTooDeeply(p.pos(), MaxNesting))
	}
}

func (p *parser) leave() { p.depth-- }

// commaList calls item for each item of a list, which has at least one.
func (p *parser) commaList(item func()) {
	item()
	for p.accept(",") {
		item()
	}
}
