package output

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"github.com/ctlake/ctlake/engine"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// maxHeldRows is how many rows a table looks at before it fixes the widths of its
// columns; the next page of as many rows may widen them.
const maxHeldRows = 1000

var (
	_ = register(format{names: []string{"table", "ALIGNED"}, doc: "aligned, with a header: the default on a terminal",
		new: func(w io.Writer, o Options) Writer { return &table{buffer: buffer{w: w}, Options: o} }})
	_ = register(format{names: []string{"markdown", "MARKDOWN"}, doc: "a Markdown table",
		new: func(w io.Writer, o Options) Writer { return &table{buffer: buffer{w: w}, Options: o, markdown: true} }})
	_ = register(format{names: []string{"vertical", "VERTICAL"}, doc: "one line a column, for wide rows",
		new: func(w io.Writer, o Options) Writer { return &vertical{buffer: buffer{w: w}, Options: o} }})
)

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

// person returns the lines of a value as people see them; most values have one.
func (o Options) person(v vector.Vector, row int, scratch *[]byte) [][]byte {
	if v.Nulls().Has(row) {
		if o.Null != nil {
			return [][]byte{[]byte(*o.Null)}
		}
		return [][]byte{[]byte("NULL")}
	}
	*scratch = vector.AppendText((*scratch)[:0], v, row)
	lines := bytes.Split(*scratch, []byte("\n"))
	for i, l := range lines {
		lines[i] = Escape(nil, l)
	}
	return lines
}

// table is the aligned form, and Markdown:
//
//	 eventName    | n
//	--------------+-----
//	 ConsoleLogin | 12
//	(1 row)
type table struct {
	buffer
	Options
	markdown bool

	columns []engine.Column
	widths  []int
	cells   [][][]byte // of the rows held, row by row: lines
	rows    int64
	begun   bool
	scratch []byte
}

func (t *table) Begin(columns []engine.Column) error {
	t.columns = columns
	for _, c := range columns {
		t.widths = append(t.widths, max(t.least(), uniseg.StringWidth(string(Escape(nil, []byte(c.Name))))))
	}
	return nil
}

// least is the least width of a column: Markdown's rule needs three dashes.
func (t *table) least() int {
	if t.markdown {
		return 3
	}
	return 1
}

func (t *table) Write(b *vector.Batch) error {
	for row := range b.N {
		for i, v := range b.Columns {
			cell := t.person(v, row, &t.scratch)
			if t.markdown {
				one := bytes.Join(cell, []byte("<br>"))
				cell = [][]byte{bytes.ReplaceAll(one, []byte("|"), []byte(`\|`))}
			}
			for _, line := range cell {
				t.widths[i] = max(t.widths[i], uniseg.StringWidth(string(line)))
			}
			t.cells = append(t.cells, cell)
		}
		t.rows++
		if t.rows%maxHeldRows == 0 {
			if err := t.page(); err != nil {
				return err
			}
		}
	}
	return nil
}

// page writes the rows held.
func (t *table) page() error {
	if !t.begun && !t.NoHeader {
		labels := make([][]byte, len(t.columns))
		for i, c := range t.columns {
			labels[i] = Escape(nil, []byte(c.Name))
		}
		t.line(labels, true)
		t.rule()
	}
	t.begun = true
	for len(t.cells) > 0 && len(t.columns) > 0 {
		t.row(t.cells[:len(t.columns)])
		t.cells = t.cells[len(t.columns):]
	}
	t.cells = nil
	return t.flush()
}

// row writes one row: as many lines as its tallest cell has.
func (t *table) row(cells [][][]byte) {
	line := make([][]byte, len(cells))
	for n, more := 0, true; more; n++ {
		more = false
		for i, cell := range cells {
			line[i] = nil
			if n < len(cell) {
				line[i] = cell[n]
			}
			more = more || n+1 < len(cell)
		}
		t.line(line, false)
	}
}

func (t *table) line(cells [][]byte, header bool) {
	if t.markdown {
		t.text = append(t.text, '|')
	}
	for i, cell := range cells {
		if i > 0 {
			t.text = append(t.text, '|')
		}
		t.text = append(t.text, ' ')
		pad := t.widths[i] - uniseg.StringWidth(string(cell))
		right := alignsRight(t.columns[i].Type) && !header
		if right {
			t.pad(pad)
		}
		t.text = append(t.text, cell...)
		if !right && (t.markdown || i+1 < len(cells)) {
			t.pad(pad)
		}
		if t.markdown || i+1 < len(cells) {
			t.text = append(t.text, ' ')
		}
	}
	if t.markdown {
		t.text = append(t.text, '|')
	}
	t.text = append(t.text, '\n')
}

func (t *table) pad(n int) {
	for range n {
		t.text = append(t.text, ' ')
	}
}

func (t *table) rule() {
	for i, w := range t.widths {
		switch {
		case t.markdown && alignsRight(t.columns[i].Type):
			t.text = append(t.text, "| "+strings.Repeat("-", w-1)+": "...)
		case t.markdown:
			t.text = append(t.text, "| "+strings.Repeat("-", w)+" "...)
		case i > 0:
			t.text = append(t.text, "+"+strings.Repeat("-", w+2)...)
		default:
			t.text = append(t.text, strings.Repeat("-", w+2)...)
		}
	}
	if t.markdown {
		t.text = append(t.text, '|')
	}
	t.text = append(t.text, '\n')
}

func alignsRight(t types.Type) bool { return t.IsNumeric() }

func (t *table) End(engine.Stats) error {
	if err := t.page(); err != nil {
		return err
	}
	if !t.markdown {
		t.text = append(t.text, "("+Count(t.rows, "row")+")\n"...)
	}
	return t.flush()
}

func (t *table) Fail(error) error {
	if t.rows > 0 {
		return t.page()
	}
	return nil
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
		v.text = append(v.text, title+strings.Repeat("-", rule)+"+"+strings.Repeat("-", 24)+"\n"...)
		for i, column := range b.Columns {
			label := v.labels[i]
			for _, line := range v.person(column, row, &v.scratch) {
				v.text = append(v.text, label...)
				for range v.width - uniseg.StringWidth(string(label)) {
					v.text = append(v.text, ' ')
				}
				v.text = append(v.text, " | "...)
				v.text = append(v.text, line...)
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
