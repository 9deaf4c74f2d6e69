package function

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/ctlake/ctlake/storage/types"
)

// maxJSONDepth bounds how deep arrays and objects may nest in JSON that functions read.
const maxJSONDepth = 1000

// jsonScan reads JSON text from the left, without building trees: a function
// looks at what is next, and enters or skips it.
//
//	{"a": [1, 2], "b": 3}
//	 ↑ at
//
// Methods report false where the text is no JSON; at is of no use then.
type jsonScan struct {
	text string
	at   int
}

// jsonKind is what the next value is, told by its first character.
type jsonKind byte

const (
	jsonNone   jsonKind = 0 // end of text, or no value
	jsonObject jsonKind = '{'
	jsonArray  jsonKind = '['
	jsonString jsonKind = '"'
	jsonNumber jsonKind = '0'
	jsonTrue   jsonKind = 't'
	jsonFalse  jsonKind = 'f'
	jsonNull   jsonKind = 'n'
)

func (p *jsonScan) space() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// kind returns what is next, behind spaces.
func (p *jsonScan) kind() jsonKind {
	p.space()
	if p.at == len(p.text) {
		return jsonNone
	}
	switch c := p.text[p.at]; c {
	case '{', '[', '"', 't', 'f', 'n':
		return jsonKind(c)
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return jsonNumber
	}
	return jsonNone
}

// end reports whether only spaces are left.
func (p *jsonScan) end() bool {
	p.space()
	return p.at == len(p.text)
}

// accept consumes c if it is next, behind spaces.
func (p *jsonScan) accept(c byte) bool {
	p.space()
	if p.at == len(p.text) || p.text[p.at] != c {
		return false
	}
	p.at++
	return true
}

// skip consumes a value.
func (p *jsonScan) skip(depth int) bool {
	switch p.kind() {
	case jsonString:
		_, _, ok := p.str()
		return ok
	case jsonNumber:
		_, _, ok := p.number()
		return ok
	case jsonTrue:
		return p.word("true")
	case jsonFalse:
		return p.word("false")
	case jsonNull:
		return p.word("null")
	case jsonArray:
		return depth < maxJSONDepth && p.array(func(int) bool { return p.skip(depth + 1) })
	case jsonObject:
		return depth < maxJSONDepth && p.object(func(string, bool) bool { return p.skip(depth + 1) })
	}
	return false
}

func (p *jsonScan) word(w string) bool {
	if !strings.HasPrefix(p.text[p.at:], w) {
		return false
	}
	p.at += len(w)
	return p.delimited()
}

// delimited reports whether what was read ends here.
func (p *jsonScan) delimited() bool {
	if p.at == len(p.text) {
		return true
	}
	switch p.text[p.at] {
	case ' ', '\t', '\n', '\r', ',', ']', '}':
		return true
	}
	return false
}

// array consumes an array; element consumes each of its elements.
func (p *jsonScan) array(element func(i int) bool) bool {
	if !p.accept('[') {
		return false
	}
	if p.accept(']') {
		return true
	}
	for i := 0; ; i++ {
		if !element(i) {
			return false
		}
		if p.accept(']') {
			return true
		}
		if !p.accept(',') {
			return false
		}
	}
}

// object consumes an object; member consumes each of its values. key is as
// written, without the quotes; escaped says that it has escapes.
func (p *jsonScan) object(member func(key string, escaped bool) bool) bool {
	if !p.accept('{') {
		return false
	}
	if p.accept('}') {
		return true
	}
	for {
		if p.kind() != jsonString {
			return false
		}
		key, escaped, ok := p.str()
		if !ok || !p.accept(':') || !member(key, escaped) {
			return false
		}
		if p.accept('}') {
			return true
		}
		if !p.accept(',') {
			return false
		}
	}
}

// str consumes a string and returns what is between its quotes.
func (p *jsonScan) str() (raw string, escaped, ok bool) {
	from := p.at + 1
	for i := from; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '"':
			p.at = i + 1
			return p.text[from:i], escaped, true
		case c < ' ':
			return "", false, false
		case c == '\\':
			escaped = true
			i++
			if i == len(p.text) {
				return "", false, false
			}
			switch p.text[i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				if _, ok := hex4(p.text[i+1:]); !ok {
					return "", false, false
				}
				i += 4
			default:
				return "", false, false
			}
		}
	}
	return "", false, false
}

func hex4(s string) (r rune, ok bool) {
	if len(s) < 4 {
		return 0, false
	}
	for i := range 4 {
		d := hexDigit(s[i])
		if d < 0 {
			return 0, false
		}
		r = r<<4 | rune(d)
	}
	return r, true
}

// hexDigit returns the value of a hexadecimal digit, or -1.
func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// number consumes a number.
func (p *jsonScan) number() (text string, float, ok bool) {
	from := p.at
	if p.text[p.at] == '-' {
		p.at++
	}
	whole := p.digits()
	if whole == 0 || whole > 1 && p.text[p.at-whole] == '0' {
		return "", false, false
	}
	if p.at < len(p.text) && p.text[p.at] == '.' {
		p.at++
		float = true
		if p.digits() == 0 {
			return "", false, false
		}
	}
	if p.at < len(p.text) && (p.text[p.at] == 'e' || p.text[p.at] == 'E') {
		p.at++
		float = true
		if p.at < len(p.text) && (p.text[p.at] == '+' || p.text[p.at] == '-') {
			p.at++
		}
		if p.digits() == 0 {
			return "", false, false
		}
	}
	return p.text[from:p.at], float, p.delimited()
}

func (p *jsonScan) digits() int {
	from := p.at
	for p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
		p.at++
	}
	return p.at - from
}

// unescape returns the string that raw stands for.
func unescape(raw string, escaped bool) string {
	if !escaped {
		return raw
	}
	return string(appendUnescaped(nil, raw))
}

func appendUnescaped(dst []byte, raw string) []byte {
	for {
		i := strings.IndexByte(raw, '\\')
		if i < 0 {
			return append(dst, raw...)
		}
		dst = append(dst, raw[:i]...)
		c := raw[i+1]
		raw = raw[i+2:]
		switch c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'u':
			r, _ := hex4(raw)
			raw = raw[4:]
			if utf16.IsSurrogate(r) {
				r, raw = secondSurrogate(r, raw)
			}
			dst = utf8.AppendRune(dst, r)
			continue
		}
		dst = append(dst, c)
	}
}

// secondSurrogate joins r with the escape that follows; alone it is no character.
func secondSurrogate(r rune, raw string) (rune, string) {
	if strings.HasPrefix(raw, `\u`) {
		if low, ok := hex4(raw[2:]); ok {
			if joined := utf16.DecodeRune(r, low); joined != utf8.RuneError {
				return joined, raw[6:]
			}
		}
	}
	return utf8.RuneError, raw
}

// canonical consumes a value and appends it as Trino writes it: on one line
// without spaces, doubles in Java's form, strings with the fewest escapes. If
// sorted, members of objects are ordered by key, and the last of equal keys stays.
func (p *jsonScan) canonical(dst []byte, sorted bool, depth int) ([]byte, bool) {
	switch kind := p.kind(); kind {
	case jsonString:
		raw, escaped, ok := p.str()
		if !ok {
			return dst, false
		}
		if !escaped {
			return append(append(append(dst, '"'), raw...), '"'), true
		}
		return appendJSONText(dst, unescape(raw, escaped)), true
	case jsonNumber:
		text, float, ok := p.number()
		if ok && float && sorted {
			return appendExactNumber(dst, text)
		}
		return appendNumber(dst, text, float), ok
	case jsonArray:
		if depth == maxJSONDepth {
			return dst, false
		}
		dst = append(dst, '[')
		ok := p.array(func(i int) (ok bool) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst, ok = p.canonical(dst, sorted, depth+1)
			return ok
		})
		return append(dst, ']'), ok
	case jsonObject:
		if depth == maxJSONDepth {
			return dst, false
		}
		return p.canonicalObject(dst, sorted, depth)
	case jsonNone:
		return dst, false
	}
	from := p.at
	ok := p.skip(depth)
	return append(dst, p.text[from:p.at]...), ok
}

// jsonMember is a member of an object: its key, and where the canonical form of
// it stands in a buffer.
type jsonMember struct {
	key      string
	from, to int
}

func (p *jsonScan) canonicalObject(dst []byte, sorted bool, depth int) ([]byte, bool) {
	dst = append(dst, '{')
	start := len(dst)
	var members []jsonMember
	inOrder := true
	ok := p.object(func(raw string, escaped bool) (ok bool) {
		key := unescape(raw, escaped)
		if len(dst) > start {
			dst = append(dst, ',')
		}
		from := len(dst)
		dst = append(appendJSONText(dst, key), ':')
		if dst, ok = p.canonical(dst, sorted, depth+1); sorted {
			inOrder = inOrder && (len(members) == 0 || members[len(members)-1].key < key)
			members = append(members, jsonMember{key, from, len(dst)})
		}
		return ok
	})
	if !inOrder && ok {
		dst = sortMembers(dst, start, members)
	}
	return append(dst, '}'), ok
}

// sortMembers rewrites the members that stand in dst from start.
func sortMembers(dst []byte, start int, members []jsonMember) []byte {
	slices.SortStableFunc(members, func(a, b jsonMember) int { return strings.Compare(a.key, b.key) })
	out := make([]byte, 0, len(dst)-start)
	for i, m := range members {
		if i+1 < len(members) && members[i+1].key == m.key {
			continue
		}
		if len(out) > 0 {
			out = append(out, ',')
		}
		out = append(out, dst[m.from:m.to]...)
	}
	return append(dst[:start], out...)
}

func appendNumber(dst []byte, text string, float bool) []byte {
	if float {
		x, err := strconv.ParseFloat(text, 64)
		if err != nil { // too large for JSON; a text
			dst = append(types.AppendDouble(append(dst, '"'), x), '"')
			return dst
		}
		return types.AppendDouble(dst, x)
	}
	if text == "-0" {
		text = "0"
	}
	return append(dst, text...)
}

// appendJSONText appends s as a JSON string, with escapes where JSON asks for them.
func appendJSONText(dst []byte, s string) []byte {
	const hex = "0123456789ABCDEF"
	dst = append(dst, '"')
	done := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(append(dst, s[done:i]...), '\\')
		done = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, c)
		case '\b':
			dst = append(dst, 'b')
		case '\f':
			dst = append(dst, 'f')
		case '\n':
			dst = append(dst, 'n')
		case '\r':
			dst = append(dst, 'r')
		case '\t':
			dst = append(dst, 't')
		default:
			dst = append(dst, 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(dst, s[done:]...), '"')
}

// normalizeJSON returns a text as a value of type json: keys are sorted.
func normalizeJSON(dst []byte, text string) ([]byte, bool) {
	p := jsonScan{text: text}
	dst, ok := p.canonical(dst, true, 0)
	return dst, ok && p.end()
}
