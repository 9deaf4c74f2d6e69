package complete

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind byte

const (
	name    tokenKind = iota // a word, also a number
	quoted                   // a name in quotes
	text                     // a string literal
	symbol                   // one character
	comment                  // kept only where it is open
)

// token is a piece of a statement. text is what it says: of quoted names and literals without the quotes.
type token struct {
	kind    tokenKind
	text    string
	at, end int
	open    bool // it ends with the text, without its closing quote
}

// scan cuts a statement into tokens. It accepts anything.
func scan(s string) []token {
	var out []token
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case unicode.IsSpace(r):
			i += size
		case strings.HasPrefix(s[i:], "--"):
			n := strings.IndexByte(s[i:], '\n')
			if n < 0 {
				return append(out, token{kind: comment, at: i, end: len(s), open: true})
			}
			i += n + 1
		case strings.HasPrefix(s[i:], "/*"):
			n := strings.Index(s[i+2:], "*/")
			if n < 0 {
				return append(out, token{kind: comment, at: i, end: len(s), open: true})
			}
			i += n + 4
		case r == '\'' || r == '"' || r == '`':
			t := scanQuoted(s, i)
			out = append(out, t)
			i = t.end
		case inName(r):
			end := i
			for end < len(s) {
				r, size := utf8.DecodeRuneInString(s[end:])
				if !inName(r) {
					break
				}
				end += size
			}
			out = append(out, token{kind: name, text: s[i:end], at: i, end: end})
			i = end
		default:
			out = append(out, token{kind: symbol, text: s[i : i+size], at: i, end: i + size})
			i += size
		}
	}
	return out
}

func inName(r rune) bool { return r == '_' || r == '$' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// scanQuoted scans what begins with a quote; a doubled one stands for itself.
func scanQuoted(s string, at int) token {
	quote := s[at]
	t := token{kind: quoted, at: at}
	if quote == '\'' {
		t.kind = text
	}
	var b strings.Builder
	for i := at + 1; i < len(s); i++ {
		if s[i] == quote {
			if i+1 < len(s) && s[i+1] == quote {
				i++
			} else {
				t.text, t.end = b.String(), i+1
				return t
			}
		}
		b.WriteByte(s[i])
	}
	t.text, t.end, t.open = s[at+1:], len(s), true
	return t
}
