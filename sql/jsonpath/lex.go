package jsonpath

import (
	"strings"
	"unicode/utf8"
)

type tokenKind uint8

const (
	eof tokenKind = iota
	word
	integerNumber
	decimalNumber
	doubleNumber
	quoted // "text"
	named  // $name
	symbol
	unknownCharacter
)

type token struct {
	kind tokenKind
	text string // as written
	at   int    // byte offset in the path
}

// lex returns the tokens of a path, with eof as the last.
func lex(path string) []token {
	var out []token
	for at := 0; ; {
		for at < len(path) && strings.IndexByte(" \t\r\n", path[at]) >= 0 {
			at++
		}
		if at == len(path) {
			return append(out, token{eof, "<EOF>", at})
		}
		kind, n := next(path[at:])
		out = append(out, token{kind, path[at : at+n], at})
		at += n
	}
}

// symbols are the operators, longer ones first.
var symbols = []string{"==", "<>", "!=", "<=", ">=", "&&", "||", "..", "$", "@", ".", "*", "[", "]", ",", "?", "(", ")",
	"+", "-", "/", "%", "<", ">", "!"}

// next returns the kind and length of the token that s begins with.
func next(s string) (tokenKind, int) {
	switch c := s[0]; {
	case c == '"':
		return lexQuoted(s)
	case isDigit(c), c == '.' && len(s) > 1 && isDigit(s[1]):
		return lexNumber(s)
	case isLetter(c):
		return word, wordLength(s)
	case c == '$' && len(s) > 1 && isLetter(s[1]):
		return named, 1 + wordLength(s[1:])
	}
	for _, sym := range symbols {
		if strings.HasPrefix(s, sym) {
			return symbol, len(sym)
		}
	}
	_, n := utf8.DecodeRuneInString(s)
	return unknownCharacter, n
}

func lexQuoted(s string) (tokenKind, int) {
	for i := 1; i < len(s); i++ {
		if s[i] != '"' {
			continue
		}
		if i+1 < len(s) && s[i+1] == '"' {
			i++
			continue
		}
		return quoted, i + 1
	}
	return unknownCharacter, 1
}

// lexNumber reads 1, 1., 1.5, .5 and each with an exponent.
func lexNumber(s string) (tokenKind, int) {
	kind, n := integerNumber, digits(s)
	if n < len(s) && s[n] == '.' && !strings.HasPrefix(s[n:], "..") {
		kind = decimalNumber
		n += 1 + digits(s[n+1:])
	}
	if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		from := n + 1
		if from < len(s) && (s[from] == '+' || s[from] == '-') {
			from++
		}
		if d := digits(s[from:]); d > 0 {
			return doubleNumber, from + d
		}
	}
	return kind, n
}

func digits(s string) (n int) {
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

func wordLength(s string) (n int) {
	for n < len(s) && (isLetter(s[n]) || isDigit(s[n])) {
		n++
	}
	return n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// unquote returns the text in the quotes of s.
func unquote(s string) string { return strings.ReplaceAll(s[1:len(s)-1], `""`, `"`) }
