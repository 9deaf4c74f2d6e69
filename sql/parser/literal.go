package parser

import (
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
)

// unquote returns what stands between the quotes of s, doubled ones undone.
func unquote(s, quote string) string {
	return strings.ReplaceAll(s[1:len(s)-1], quote+quote, quote)
}

func lower(s string) string { return strings.ToLower(s) }

func isText(t token) bool { return t.kind == text || t.kind == unicodeText }

func (p *parser) isString() bool {
	if isText(p.tok()) {
		return true
	}
	p.note("", labelString)
	return false
}

// string parses 'text' or U&'text' [UESCAPE 'c'].
func (p *parser) string() *ast.StringLiteral {
	n := &ast.StringLiteral{Pos: p.pos()}
	if !p.isString() {
		p.unexpected()
		return n
	}
	t := p.next()
	if t.kind == text {
		n.Value = unquote(p.text(t), "'")
		return n
	}
	escape := '\\'
	if p.is("UESCAPE") && p.ahead(1).kind == text {
		p.next()
		c := unquote(p.text(p.tok()), "'")
		if c == "" {
			p.fail(sql.Errorf(sql.SYNTAX_ERROR, n.Pos, "Empty Unicode escape character"))
			return n
		}
		r, size := utf8.DecodeRuneInString(c)
		if size != len(c) || r < ' ' || r > '~' || strings.ContainsRune("+'\" \t0123456789abcdefABCDEF", r) {
			p.fail(sql.Errorf(sql.SYNTAX_ERROR, n.Pos, "Invalid Unicode escape character: %s", sql.Printable(c, maxShownRunes)))
			return n
		}
		escape = r
		p.next()
	}
	var err string
	if n.Value, err = unescape(unquote(p.text(t)[2:], "'"), escape); err != "" {
		p.fail(sql.Errorf(sql.SYNTAX_ERROR, n.Pos, "%s", err))
	}
	return n
}

// unescape resolves \XXXX, \+XXXXXX and \\ in the text of a U& literal.
func unescape(s string, escape rune) (value, err string) {
	var b strings.Builder
	for s != "" {
		before, after, found := strings.Cut(s, string(escape))
		b.WriteString(before)
		if !found {
			break
		}
		digits, skip := 4, 0
		switch {
		case strings.HasPrefix(after, string(escape)):
			b.WriteRune(escape)
			s = after[1:]
			continue
		case strings.HasPrefix(after, "+"):
			digits, skip = 6, 1
		}
		if len(after) < skip+digits {
			return "", "Incomplete escape sequence: " + sql.Printable(after, maxShownRunes)
		}
		code, bad := strconv.ParseUint(after[skip:skip+digits], 16, 32)
		if bad != nil {
			return "", "Invalid hexadecimal digit: " + firstNoHex(after[skip:skip+digits])
		}
		if !utf8.ValidRune(rune(code)) {
			bad := "Invalid escaped character: " + after[skip:skip+digits]
			if utf16.IsSurrogate(rune(code)) {
				bad += ". Escaped character is a surrogate. Use '\\+123456' instead."
			}
			return "", bad
		}
		b.WriteRune(rune(code))
		s = after[skip+digits:]
	}
	return b.String(), ""
}

// firstNoHex returns the first character of s that is no hexadecimal digit.
func firstNoHex(s string) string {
	rest := strings.TrimLeft(s, "0123456789abcdefABCDEF")
	_, size := utf8.DecodeRuneInString(rest)
	return sql.Printable(rest[:size], maxShownRunes)
}

// binary parses X'hex digits', with white space between them.
func (p *parser) binary() ast.Expr {
	t := p.next()
	n := &ast.BinaryLiteral{Pos: position(t)}
	s := p.text(t)
	digits := strings.Join(strings.Fields(s[2:len(s)-1]), "")
	switch {
	case strings.Trim(digits, "0123456789abcdefABCDEF") != "":
		p.fail(sql.Errorf(sql.SYNTAX_ERROR, n.Pos, "Binary literal can only contain hexadecimal digits"))
	case len(digits)%2 != 0:
		p.fail(sql.Errorf(sql.SYNTAX_ERROR, n.Pos, "Binary literal must contain an even number of digits"))
	default:
		n.Value, _ = hex.DecodeString(digits) // checked above
	}
	return n
}

// number parses a number whose sign, if it has one, was at pos.
func (p *parser) number(negative bool, pos sql.Pos) ast.Expr {
	t := p.next()
	s := strings.ReplaceAll(p.text(t), "_", "")
	if negative {
		s = "-" + s
	}
	switch t.kind {
	case decimal:
		return &ast.DecimalLiteral{Pos: pos, Text: s}
	case double:
		v, _ := strconv.ParseFloat(s, 64) // the form is right; out of range is infinite or zero, as in Java
		return &ast.DoubleLiteral{Pos: pos, Value: v}
	}
	v, err := parseInteger(s)
	if err != nil {
		p.fail(sql.Errorf(sql.SYNTAX_ERROR, pos, "Invalid numeric literal: %s", sql.Printable(s, maxShownRunes)))
	}
	return &ast.IntegerLiteral{Pos: pos, Value: v}
}

// parseInteger reads an integer in the base that its prefix says. Go's own base 0
// would read a leading zero as octal.
func parseInteger(s string) (int64, error) {
	digits := strings.TrimPrefix(s, "-")
	if len(digits) > 1 && digits[0] == '0' && !isDigit(digits[1]) {
		return strconv.ParseInt(s, 0, 64)
	}
	return strconv.ParseInt(s, 10, 64)
}

// smallInteger parses a precision, a length or a scale. Which of them make sense is
// for the analyzer to say.
func (p *parser) smallInteger() int {
	t := p.tok()
	if t.kind != integer {
		p.note("", labelInteger)
		p.unexpected()
		return 0
	}
	n, ok := p.number(false, position(t)).(*ast.IntegerLiteral)
	if !ok || n.Value > math.MaxInt32 {
		p.fail(sql.Errorf(sql.SYNTAX_ERROR, position(t), "Invalid numeric literal: %s", sql.Printable(p.text(t), maxShownRunes)))
		return 0
	}
	return int(n.Value)
}

func (p *parser) parameter() ast.Expr {
	n := &ast.Parameter{Pos: position(p.next()), Index: p.parameters}
	p.parameters++
	return n
}

// isInterval says whether INTERVAL begins a literal here, and is not a name.
func (p *parser) isInterval() bool {
	sign := p.ahead(1).name
	return isText(p.ahead(1)) || (sign == "+" || sign == "-") && isText(p.ahead(2)) && intervalField(p.ahead(3)) != ast.NoField
}

// interval parses INTERVAL [sign] 'text' field [TO field].
func (p *parser) interval() *ast.IntervalLiteral {
	n := &ast.IntervalLiteral{Pos: position(p.next())}
	if !p.accept("+") {
		n.Negative = p.accept("-")
	}
	n.Value = p.string().Value
	from := p.tok()
	n.From = p.field(ast.Year, ast.Second)
	if p.accept("TO") {
		n.To = p.field(intervalEnds(n.From))
		if n.From >= n.To && n.To != ast.NoField {
			p.fail(sql.Errorf(sql.SYNTAX_ERROR, position(from), "Invalid interval qualifier: %s TO %s", n.From, n.To))
		}
	}
	if p.tok().name == "(" && p.ahead(1).kind == integer {
		p.fail(sql.Errorf(sql.NOT_SUPPORTED, position(from), "Only INTERVAL literals with default precision are supported"))
	}
	return n
}

// intervalEnds bounds the fields that may stand after TO, by the one before. Months and seconds have none.
func intervalEnds(from ast.IntervalField) (first, last ast.IntervalField) {
	switch from {
	case ast.Year:
		return ast.Month, ast.Month
	case ast.Day, ast.Hour, ast.Minute:
		return ast.Hour, ast.Second
	}
	return ast.NoField, ast.NoField
}

func intervalField(t token) ast.IntervalField {
	for f := ast.Year; f <= ast.Second; f++ {
		if t.name == f.String() {
			return f
		}
	}
	return ast.NoField
}

// field parses one of the fields first..last.
func (p *parser) field(first, last ast.IntervalField) ast.IntervalField {
	f := intervalField(p.tok())
	if f == ast.NoField || f < first || f > last {
		for f := max(first, ast.Year); f <= last; f++ {
			p.note("'", f.String())
		}
		p.unexpected()
		return ast.NoField
	}
	p.next()
	return f
}
