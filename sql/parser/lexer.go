package parser

import (
	"strings"
	"unicode/utf8"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
)

// lexer cuts a statement into tokens. It never fails: a character that starts no token
// becomes a token of kind invalid, and the parser complains about it in its turn.
//
// It follows the lexical part of Trino's SqlBase.g4 (the longest token wins, of
// equally long ones the first rule) with CloudTrail Lake's additions in lake.go.
type lexer struct {
	source       string
	offset       int
	line, column int // of offset
	tokens       []token
}

// lex returns the tokens of source, the last of kind eof. Positions count from start.
func lex(source string, start sql.Pos) []token {
	l := &lexer{source: source, line: start.Line, column: start.Column}
	l.tokens = make([]token, 0, len(source)/6+8)
	for l.next() {
	}
	return l.tokens
}

// peek returns the byte n after the current one, or 0 at the end.
func (l *lexer) peek(n int) byte {
	if l.offset+n < len(l.source) {
		return l.source[l.offset+n]
	}
	return 0
}

// skip moves over n bytes of source and keeps the position.
func (l *lexer) skip(n int) {
	for _, c := range []byte(l.source[l.offset : l.offset+n]) {
		switch {
		case c == '\n':
			l.line++
			l.column = 1
		case utf8.RuneStart(c):
			l.column++
		}
	}
	l.offset += n
}

// next appends one token and says whether more follow.
func (l *lexer) next() bool {
	l.skipBlank()
	n, k, name := l.scan()
	l.tokens = append(l.tokens, token{
		kind: k, name: name,
		start: int32(l.offset), end: int32(l.offset + n),
		line: int32(l.line), column: int32(l.column),
	})
	l.skip(n)
	return k != eof
}

// skipBlank moves over white space and comments. A comment that is not closed is
// left for the parser to complain about.
func (l *lexer) skipBlank() {
	for l.offset < len(l.source) {
		rest := l.source[l.offset:]
		switch {
		case blankLen(rest) > 0:
			l.skip(blankLen(rest))
		case strings.HasPrefix(rest, "--"):
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			l.skip(end)
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				return
			}
			l.skip(end + 4)
		default:
			return
		}
	}
}

// blankLen returns the length of the white space character that s begins with, or 0.
// Beyond Trino's space, tab and line ends these are the ones that text copied from web
// pages and documents has: no-break and ideographic space, byte order mark.
func blankLen(s string) int {
	switch s[0] {
	case ' ', '\t', '\n', '\r':
		return 1
	case 0xc2, 0xe3, 0xef:
		for _, blank := range [...]string{"\u00a0", "\u3000", "\ufeff"} {
			if strings.HasPrefix(s, blank) {
				return len(blank)
			}
		}
	}
	return 0
}

// symbols of two characters, then of one. Longer ones come first.
var symbols = [...]string{"<>", "<=", ">=", "!=", "||", "->", "=>", "{-", "-}",
	"=", "<", ">", "+", "-", "*", "/", "%", "(", ")", "[", "]", ",", ".", ";", "?", ":", "|", "{", "}", "^", "$"}

// scan looks at the token that begins at the offset: its length, kind and name.
func (l *lexer) scan() (n int, k kind, name string) {
	rest := l.source[l.offset:]
	if rest == "" {
		return 0, eof, ""
	}
	if n := l.uuid(); n > 0 {
		return n, uuidName, ""
	}
	if n := l.placeholder(); n > 0 {
		return n, placeholder, ""
	}
	switch c := rest[0]; {
	case isLetter(c):
		if (c == 'x' || c == 'X') && l.peek(1) == '\'' {
			if end := strings.IndexByte(rest[2:], '\''); end >= 0 {
				return end + 3, binary, ""
			}
		}
		if (c == 'u' || c == 'U') && l.peek(1) == '&' && l.peek(2) == '\'' {
			if n := quotedLen(rest[2:], '\''); n > 0 {
				return n + 2, unicodeText, ""
			}
		}
		n := wordLen(rest)
		return n, word, keyword(rest[:n])
	case isDigit(c), c == '.' && isDigit(l.peek(1)):
		n, k := number(rest)
		return n, k, ""
	case c == '\'', c == '"', c == '`':
		n := quotedLen(rest, c)
		switch {
		case n == 0:
			return 1, invalid, ""
		case c == '\'':
			return n, text, ""
		case c == '"':
			return n, quotedName, ""
		}
		return n, backquoted, ""
	case strings.HasPrefix(rest, "/*"):
		return 1, invalid, "" // not closed: skipBlank stopped here
	}
	if n, name := spacedComparison(rest); n > 0 {
		return n, symbol, name
	}
	for _, s := range symbols {
		if strings.HasPrefix(rest, s) {
			if s == "!=" {
				return 2, symbol, "<>"
			}
			return len(s), symbol, s
		}
	}
	_, size := utf8.DecodeRuneInString(rest)
	return size, invalid, ""
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }

// wordLen returns how many bytes of s are letters, digits and underscores.
func wordLen(s string) int {
	n := 0
	for n < len(s) && (isLetter(s[n]) || isDigit(s[n])) {
		n++
	}
	return n
}

// quotedLen returns the length of the quoted text that s begins with, quotes included,
// or 0 if it is not closed. A doubled quote stands for one.
func quotedLen(s string, quote byte) int {
	for n := 1; n < len(s); n++ {
		end := strings.IndexByte(s[n:], quote)
		if end < 0 {
			return 0
		}
		n += end
		if n+1 >= len(s) || s[n+1] != quote {
			return n + 1
		}
		n++
	}
	return 0
}

// number returns the length and kind of the number that s begins with. What goes on
// with letters beyond every form of number is a digitName.
func number(s string) (int, kind) {
	n, k := 0, integer
	if len(s) > 2 && s[0] == '0' {
		switch s[1] {
		case 'x', 'X':
			n = digitsLen(s, 2, func(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' })
		case 'o', 'O':
			n = digitsLen(s, 2, func(c byte) bool { return '0' <= c && c <= '7' })
		case 'b', 'B':
			n = digitsLen(s, 2, func(c byte) bool { return c == '0' || c == '1' })
		}
		if n == 2 {
			n = 0
		}
	}
	if n == 0 {
		n, k = decimalNumber(s)
	}
	if s[0] != '.' {
		if w := wordLen(s); w > n {
			return w, digitName
		}
	}
	return n, k
}

// decimalNumber returns the longest of Trino's INTEGER_VALUE, DECIMAL_VALUE and
// DOUBLE_VALUE. The last has no underscores.
func decimalNumber(s string) (int, kind) {
	n, k := digitsLen(s, 0, isDigit), integer
	if n < len(s) && s[n] == '.' {
		k = decimal
		n++
		if n < len(s) && isDigit(s[n]) {
			n = digitsLen(s, n, isDigit)
		}
	}
	m := 0
	for m < len(s) && isDigit(s[m]) {
		m++
	}
	if m < len(s) && s[m] == '.' {
		m++
		for m < len(s) && isDigit(s[m]) {
			m++
		}
	}
	if m < len(s) && s[m]|0x20 == 'e' {
		e := m + 1
		if e < len(s) && (s[e] == '+' || s[e] == '-') {
			e++
		}
		digits := e
		for e < len(s) && isDigit(s[e]) {
			e++
		}
		if e > digits && e > n {
			return e, double
		}
	}
	return n, k
}

// digitsLen returns where digits with single underscores between them end, counted
// from the start of s. After a base prefix an underscore may come first.
func digitsLen(s string, from int, digit func(byte) bool) int {
	n := from
	for n < len(s) {
		switch {
		case digit(s[n]):
			n++
		case s[n] == '_' && n > 0 && n+1 < len(s) && digit(s[n+1]):
			n += 2
		default:
			return n
		}
	}
	return n
}

// uuid returns the length of the event data store ID at the offset, or 0.
func (l *lexer) uuid() int {
	const size = 36
	rest := l.source[l.offset:]
	if len(rest) < size || rest[8] != '-' || !ast.IsUUID(rest[:size]) {
		return 0
	}
	if len(rest) > size && wordLen(rest[size:]) > 0 {
		return 0
	}
	if isArithmetic(rest[:size]) && !l.inTablePosition() {
		return 0
	}
	return size
}
