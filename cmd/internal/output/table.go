package output

import (
	"bytes"
	"io"
	"strings"

	"github.com/ctlake/ctlake/engine"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// maxHeldRows is how many rows a table looks at before it fixes the widths of its
// columns; the next page of as many rows may widen them.
const maxHeldRows = 1000

var (
	_ = register(format{names: []string{"table", "ALIGNED"}, doc: "aligned, with a header: the default on a terminal", people: true,
		new: func(w io.Writer, o Options) Writer { return &table{buffer: buffer{w: w}, Options: o} }})
	_ = register(format{names: []string{"markdown", "MARKDOWN"}, doc: "a Markdown table",
		new: func(w io.Writer, o Options) Writer {
			o.Screen = nil // it is read by programs
			return &table{buffer: buffer{w: w}, Options: o, markdown: true}
		}})
)

// table is the aligned form, and Markdown:
//
//	 eventName    | n
//	--------------+-----
//	 ConsoleLogin | 12
//	(1 row)
//
// On a screen values are cut to fit it; a table that does not fit even so is written vertically.
type table struct {
	buffer
	Options
	markdown bool

	columns []engine.Column
	natural []int // widths that cut nothing
	widths  []int // on the screen
	cells   []cell
	rows    int64
	cut     int64 // values
	begun   bool
	scratch []byte

	held    []*vector.Batch // on a screen, until the first page
	instead *vertical       // writes what does not fit the screen
}

func (t *table) Begin(columns []engine.Column) error {
	t.columns = columns
	for _, c := range columns {
		t.natural = append(t.natural, max(t.least(), Width(Escape(nil, []byte(c.Name)))))
	}
	t.widths = t.natural
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
	if t.instead != nil {
		return t.instead.Write(b)
	}
	if t.Screen != nil && !t.begun {
		t.held = append(t.held, b)
	}
	for row := range b.N {
		for i, v := range b.Columns {
			value := t.person(v, row, &t.scratch)
			if t.markdown {
				one := bytes.Join(value.lines, []byte("<br>"))
				value.lines = [][]byte{bytes.ReplaceAll(one, []byte("|"), []byte(`\|`))}
			}
			for _, line := range value.lines {
				t.natural[i] = max(t.natural[i], Width(line))
			}
			t.cells = append(t.cells, value)
		}
		t.rows++
		if t.rows%maxHeldRows == 0 {
			if err := t.page(); err != nil || t.instead != nil {
				return err
			}
		}
	}
	return nil
}

// page writes the rows held.
func (t *table) page() error {
	if t.Screen != nil {
		widths, fits := t.Screen.fit(t.natural)
		if !fits && !t.begun && t.rows > 0 {
			return t.turn()
		}
		t.widths = widths
		t.NoHeader = t.NoHeader || !fits && t.rows == 0
	}
	if !t.begun && !t.NoHeader {
		labels := make([]cell, len(t.columns))
		for i, c := range t.columns {
			labels[i] = cell{lines: [][]byte{Escape(nil, []byte(c.Name))}}
		}
		t.row(labels, true)
		t.rule()
	}
	t.begun, t.held = true, nil
	for len(t.cells) > 0 && len(t.columns) > 0 {
		t.row(t.cells[:len(t.columns)], false)
		t.cells = t.cells[len(t.columns):]
	}
	t.cells = nil
	return t.flush()
}

// turn writes the rows held vertically, and all that follow.
func (t *table) turn() error {
	t.instead = newVertical(t.w, t.Options)
	if err := t.instead.Begin(t.columns); err != nil {
		return err
	}
	for _, b := range t.held {
		if err := t.instead.Write(b); err != nil {
			return err
		}
	}
	t.held, t.cells = nil, nil
	return nil
}

// row writes one row: as many lines as its tallest cell has.
func (t *table) row(cells []cell, header bool) {
	for n, more := 0, true; more; n++ {
		more = false
		if t.markdown {
			t.text = append(t.text, '|')
		}
		for i, value := range cells {
			var text []byte
			if n < len(value.lines) {
				text = value.lines[n]
			}
			more = more || n+1 < len(value.lines)
			if i > 0 {
				t.text = append(t.text, '|')
			}
			t.text = append(t.text, ' ')
			if t.Screen != nil {
				var missing bool
				if text, missing = Cut(text, t.widths[i]); missing && !header {
					t.cut++
				}
			}
			last := i+1 == len(cells)
			t.value(text, t.widths[i]-Width(text), alignsRight(t.columns[i].Type) && !header, t.markdown || !last, header, value.null)
			if t.markdown || !last {
				t.text = append(t.text, ' ')
			}
		}
		if t.markdown {
			t.text = append(t.text, '|')
		}
		t.text = append(t.text, '\n')
	}
}

// value writes a line of a cell with its padding.
func (t *table) value(text []byte, pad int, right, padRight, header, null bool) {
	if right {
		t.pad(pad)
	}
	switch {
	case header:
		t.text = t.Screen.bold(t.text, text)
	case null:
		t.text = t.Screen.dim(t.text, text)
	default:
		t.text = append(t.text, text...)
	}
	if !right && padRight {
		t.pad(pad)
	}
}

func (t *table) pad(n int) {
	for range n {
		t.text = append(t.text, ' ')
	}
}

func (t *table) rule() {
	var rule []byte
	for i, w := range t.widths {
		switch {
		case t.markdown && alignsRight(t.columns[i].Type):
			rule = append(rule, "| "+strings.Repeat("-", w-1)+": "...)
		case t.markdown:
			rule = append(rule, "| "+strings.Repeat("-", w)+" "...)
		case i > 0:
			rule = append(rule, "+"+strings.Repeat("-", w+2)...)
		default:
			rule = append(rule, strings.Repeat("-", w+2)...)
		}
	}
	if t.markdown {
		rule = append(rule, '|')
	}
	if t.Screen != nil && t.Screen.Columns > 0 && len(rule) > t.Screen.Columns {
		rule = rule[:t.Screen.Columns] // the blank behind the last column
	}
	t.text = append(t.Screen.dim(t.text, rule), '\n')
}

func alignsRight(t types.Type) bool { return t.IsNumeric() }

func (t *table) End(stats engine.Stats) error {
	if t.instead == nil {
		if err := t.page(); err != nil {
			return err
		}
	}
	if t.instead != nil {
		return t.instead.End(stats)
	}
	switch {
	case t.markdown:
	case t.cut > 0:
		t.text = append(t.text, "("+Count(t.rows, "row")+", "+Count(t.cut, "value")+" cut: .width off or \\G shows all)\n"...)
	default:
		t.text = append(t.text, "("+Count(t.rows, "row")+")\n"...)
	}
	return t.flush()
}

func (t *table) Fail(err error) error {
	switch {
	case t.instead != nil:
		return t.instead.Fail(err)
	case t.rows > 0:
		if err := t.page(); err != nil || t.instead == nil {
			return err
		}
		return t.instead.Fail(err)
	}
	return nil
}
