package output

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"github.com/ctlake/ctlake/engine"
	"github.com/ctlake/ctlake/storage/vector"
)

var _ = register(format{names: []string{"vertical", "VERTICAL"}, doc: "one line a column, for wide rows", people: true,
	new: func(w io.Writer, o Options) Writer { return newVertical(w, o) }})

// Escape appends text for a person to see: control characters, bidirectional
// controls and other characters that would change what the reader sees of the
// rest are written as escapes.
func Escape(dst []byte, text []byte) []byte {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == '\n':
			dst = append(dst, `\n`...)
		case r == '\t':
			dst = append(dst, `\t`...)
		case r == '\r':
			dst = append(dst, `\r`...)
		case r == utf8.RuneError && size == 1:
			dst = fmt.Appendf(dst, `\x%02x`, text[0])
		case r < 0x80 && unicode.IsControl(r):
			dst = fmt.Appendf(dst, `\x%02x`, r)
		case hides(r):
			dst = fmt.Appendf(dst, `\u%04x`, r)
		default:
			dst = append(dst, text[:size]...)
		}
		text = text[size:]
	}
	return dst
}

// EscapeJSON returns JSON text that says the same, but for what a terminal would obey or hide: that is written as escapes.
func EscapeJSON(text []byte) []byte {
	if !bytes.ContainsFunc(text, func(r rune) bool { return r == 0x7f || hides(r) }) {
		return text
	}
	var dst []byte
	for _, r := range string(text) { // json.Marshal makes no text that is not UTF-8
		switch {
		case r > 0xffff && hides(r):
			high, low := utf16.EncodeRune(r)
			dst = fmt.Appendf(dst, `\u%04x\u%04x`, high, low)
		case r == 0x7f || hides(r): // in strings, as all outside them is ASCII
			dst = fmt.Appendf(dst, `\u%04x`, r)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// hides reports whether a terminal would obey r, or show nothing for it.
func hides(r rune) bool {
	switch {
	case r >= 0x80 && r < 0xa0, // C1 controls
		r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, // zero width, separators, bidirectional
		r >= 0x2060 && r <= 0x2069, r == 0xfeff, r == 0x061c, r == 0x00ad,
		r >= 0xe0000 && r <= 0xe0fff: // tags and invisible selectors
		return true
	}
	return false
}

// cell is a value as people see it: its lines, of which most values have one.
type cell struct {
	lines [][]byte
	null  bool
}

// person returns a value for people.
func (o Options) person(v vector.Vector, row int, scratch *[]byte) cell {
	if v.Nulls().Has(row) {
		if o.Null != nil {
			return cell{[][]byte{[]byte(*o.Null)}, true}
		}
		return cell{[][]byte{[]byte("NULL")}, true}
	}
	*scratch = vector.AppendText((*scratch)[:0], v, row)
	lines := bytes.Split(*scratch, []byte("\n"))
	for i, l := range lines {
		lines[i] = Escape(nil, l)
	}
	return cell{lines: lines}
}

// Count returns "1 row", "2 rows", "12,345 rows".
func Count(n int64, noun string) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if n != 1 {
		noun += "s"
	}
	return digits + " " + noun
}

// vertical writes one line a column:
//
//	-[ RECORD 1 ]-----------
//	eventName | ConsoleLogin
type vertical struct {
	buffer
	Options
	labels  [][]byte
	width   int
	rows    int64
	scratch []byte
}

func newVertical(w io.Writer, o Options) *vertical {
	return &vertical{buffer: buffer{w: w}, Options: o}
}

func (v *vertical) Begin(columns []engine.Column) error {
	for _, c := range columns {
		label := Escape(nil, []byte(c.Name))
		v.labels = append(v.labels, label)
		v.width = max(v.width, uniseg.StringWidth(string(label)))
	}
	return nil
}

func (v *vertical) Write(b *vector.Batch) error {
	for row := range b.N {
		v.rows++
		title := "-[ RECORD " + strconv.FormatInt(v.rows, 10) + " ]"
		rule := max(v.width+1-len(title), 0)
		v.text = v.Screen.dim(v.text, []byte(title+strings.Repeat("-", rule)+"+"+strings.Repeat("-", 24)))
		v.text = append(v.text, '\n')
		for i, column := range b.Columns {
			label := v.labels[i]
			value := v.person(column, row, &v.scratch)
			for _, line := range value.lines {
				v.text = v.Screen.bold(v.text, label)
				for range v.width - uniseg.StringWidth(string(label)) {
					v.text = append(v.text, ' ')
				}
				v.text = append(v.text, " | "...)
				if value.null {
					v.text = v.Screen.dim(v.text, line)
				} else {
					v.text = append(v.text, line...)
				}
				v.text = append(v.text, '\n')
				label = nil
			}
		}
		if err := v.flushIfFull(); err != nil {
			return err
		}
	}
	return nil
}

func (v *vertical) End(engine.Stats) error { return v.flush() }

func (v *vertical) Fail(error) error { return v.flush() }
