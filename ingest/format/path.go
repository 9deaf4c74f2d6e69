package format

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ctlake/ctlake/ingest/record"
)

// path is where a value lies inside a text's value, kept in a form that costs next to
// nothing as long as nobody asks for it.
type path []step

// step is a member's name, as a token with its quotes, or the index of an element.
type step struct {
	name  string
	index int64
}

// pointer returns the path as a JSON pointer (RFC 6901).
func (p path) pointer() string {
	var b strings.Builder
	for _, s := range p {
		b.WriteByte('/')
		if s.name == "" {
			b.WriteString(strconv.FormatInt(s.index, 10))
			continue
		}
		name := string(record.AppendString(nil, []byte(s.name), strings.ContainsRune(s.name, '\\')))
		_, _ = pointerEscapes.WriteString(&b, name)
	}
	return b.String()
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// maxStepBytes bounds how much of a member's name stands in pointers: what lies in the member may be told apart a
// million times.
const maxStepBytes = 256

// memberStep returns the step to a member whose name is the token.
func memberStep(token []byte) step {
	if len(token) <= maxStepBytes {
		return step{name: string(token)}
	}
	end := 1
	for end < maxStepBytes {
		next := end + 1
		switch c := token[end]; {
		case c == '\\' && token[end+1] == 'u':
			next = end + len(`\u0000`)
		case c == '\\':
			next = end + len(`\n`)
		case c >= utf8.RuneSelf:
			_, size := utf8.DecodeRune(token[end:])
			next = end + size
		}
		if next > maxStepBytes {
			break
		}
		end = next
	}
	return step{name: string(token[:end]) + `…"`}
}

// origin is where bytes that lie in memory come from: an offset in the text, or for what
// a string was decoded to, the offset of that string.
type origin struct {
	at      int64
	decoded bool
}

func (o origin) plus(n int) int64 {
	if o.decoded {
		return o.at
	}
	return o.at + int64(n)
}

func (o origin) sub(n int) origin { return origin{o.plus(n), o.decoded} }
