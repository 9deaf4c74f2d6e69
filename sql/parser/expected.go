package parser

import (
	"errors"
	"slices"
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
)

// errUnexpected stands for a syntax error of which the parser did not collect what it expected.
var errUnexpected = errors.New("unexpected token")

// The rules that messages name instead of the tokens that they may begin with.
const (
	labelEOF        = "<EOF>"
	labelExpression = "<expression>"
	labelIdentifier = "<identifier>"
	labelInteger    = "<integer>"
	labelPredicate  = "<predicate>"
	labelQuery      = "<query>"
	labelString     = "<string>"
	labelType       = "<type>"
)

// note remembers that the parser would have accepted the token at this place. A token is
// given with a quote before it, a label alone.
func (p *parser) note(quote, name string) {
	if !p.collect || p.err != nil || p.quietAt == p.at+1 {
		return
	}
	if p.expectedAt != p.at {
		p.expected, p.expectedAt = p.expected[:0], p.at
	}
	label := quote + name + quote
	if !slices.Contains(p.expected, label) {
		p.expected = append(p.expected, label)
	}
}

// under notes the label, and nothing else about the current token until the caller
// sets quietAt back to the value returned: messages say <expression>, not every token
// that begins one.
func (p *parser) under(label string) (outer int) {
	p.note("", label)
	outer = p.quietAt
	p.quietAt = p.at + 1
	return outer
}

// unexpected fails at the current token, in Trino's words.
func (p *parser) unexpected() {
	if !p.collect {
		p.fail(errUnexpected)
		return
	}
	if p.expectedAt != p.at {
		p.expected = nil
	}
	expected := slices.Sorted(slices.Values(p.expected))
	t := p.tok()
	message := "mismatched input '" + p.shown(t) + "'"
	if len(expected) > 0 {
		message += ". Expecting: " + strings.Join(expected, ", ")
	}
	err := sql.Errorf(sql.SYNTAX_ERROR, position(t), "%s", message)
	err.Hint = p.hint(t)
	p.fail(err)
}

// maxShownRunes is how much of a token a message quotes.
const maxShownRunes = 60

func (p *parser) shown(t token) string {
	if t.kind == eof {
		return labelEOF
	}
	return sql.Printable(p.text(t), maxShownRunes)
}

// opening holds the keywords that the labels stand for, when a misspelt one is looked up.
var opening = map[string][]string{
	labelQuery:      {"SELECT", "WITH", "VALUES", "TABLE"},
	labelPredicate:  {"BETWEEN", "IN", "IS", "LIKE", "NOT"},
	labelExpression: {"CASE", "CAST", "DISTINCT", "EXISTS", "NOT", "NULL"},
}

// clauses are the keywords that a misspelling turns into an alias, so that the
// next token is the one not understood: FROM t WEHRE x = 1.
var clauses = []string{"CROSS", "EXCEPT", "FETCH", "FROM", "FULL", "GROUP", "HAVING", "INNER", "INTERSECT", "JOIN",
	"LEFT", "LIMIT", "OFFSET", "ORDER", "OUTER", "RIGHT", "TABLESAMPLE", "UNION", "UNNEST", "WHERE", "WINDOW"}

// maxNameAlternatives is how many things may be expected beside a name for a reserved word to have been
// meant as one: those that begin an item of FROM.
const maxNameAlternatives = 7

// hint returns what may help with the token that was not expected, or "".
func (p *parser) hint(t token) string {
	switch {
	case t.kind == invalid:
		switch p.source[t.start:t.end] {
		case "'":
			return "the text that begins here has no closing quote"
		case `"`, "`":
			return "the name that begins here has no closing quote"
		case "/":
			return "the comment that begins here is not closed"
		}
		return ""
	case t.name == "$":
		return "names with a dollar sign stand in double quotes"
	case t.name == "=" && p.at > 0 && p.tokens[p.at-1].end == t.start && p.tokens[p.at-1].name == "=":
		return "equality is written with one equals sign"
	case t.name == "OFFSET" && !slices.Contains(p.expected, "'OFFSET'") && p.hasLimit():
		return "OFFSET stands before LIMIT"
	case t.kind == text && slices.Contains(p.expected, labelIdentifier):
		return "names stand in double quotes, text in single quotes"
	case t.kind == word && t.name == "":
		var candidates []string
		for _, label := range p.expected {
			if words, ok := opening[label]; ok {
				candidates = append(candidates, words...)
			} else if isLetter(label[1]) && label[0] == '\'' {
				candidates = append(candidates, strings.Trim(label, "'"))
			}
		}
		if near := sql.Suggest(p.text(t), candidates); near != "" {
			return "did you mean " + near + "?"
		}
	case t.kind == word && ast.IsReserved(t.name) && slices.Contains(p.expected, labelIdentifier) &&
		len(p.expected) <= maxNameAlternatives && p.at > 0 && p.tokens[p.at-1].name != "(" && !p.misspeltBefore():
		return "'" + p.text(t) + `' is a reserved word: as a name, write it in double quotes`
	}
	if p.misspeltBefore() {
		return "did you mean " + sql.Suggest(p.text(p.tokens[p.at-1]), clauses) + "?"
	}
	return ""
}

// hasLimit says whether LIMIT and its count come directly before the current token.
func (p *parser) hasLimit() bool { return p.at >= 2 && p.tokens[p.at-2].name == "LIMIT" }

// misspeltBefore says whether the token before the current one was taken for an
// alias but looks like a keyword.
func (p *parser) misspeltBefore() bool {
	if p.at == 0 {
		return false
	}
	t := p.tokens[p.at-1]
	return t.kind == word && t.name == "" && sql.Suggest(p.text(t), clauses) != ""
}
