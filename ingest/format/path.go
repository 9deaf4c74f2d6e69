package format

import (
	"strconv"
	"strings"

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
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(name))
	}
	return b.String()
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
