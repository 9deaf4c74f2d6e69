package output

import (
	"bytes"
	"io"
	"slices"

	"github.com/ctlake/ctlake/engine"
	"github.com/ctlake/ctlake/storage/vector"
)

// delimited is CSV and TSV in all their forms.
type delimited struct {
	buffer
	Options
	separator byte
	quoting   quoting
	// header says whether the form begins with the labels.
	header  bool
	rows    bool   // some row was written
	null    []byte // what stands for NULL
	columns []delimitedColumn
	kept    int // bytes of the cells that the columns keep
	most    int // of them
}

// quoting is how a form writes values.
type quoting struct {
	// cell makes a cell of the value dst[from:].
	cell func(dst []byte, from int) []byte
	null string
	// numbers: the text of a number, time or address is a cell as it is
	numbers bool
}

var (
	whereNeeded = quoting{cell: csvCell, numbers: true} // NULL is nothing, and the empty string "", so that they differ
	everywhere  = quoting{cell: quotedCell, null: `""`}
	nowhere     = quoting{cell: bareCell, numbers: true}
	escaped     = quoting{cell: tsvCell, numbers: true}
)

var (
	_ = register(format{names: []string{"csv"}, doc: "RFC 4180 with a header, quoted only where needed",
		new: newDelimited(',', true, whereNeeded)})
	_ = register(format{names: []string{"CSV"}, doc: "all quoted, without a header", new: newDelimited(',', false, everywhere)})
	_ = register(format{names: []string{"CSV_HEADER"}, doc: "all quoted, with a header", new: newDelimited(',', true, everywhere)})
	_ = register(format{names: []string{"CSV_UNQUOTED"}, doc: "nothing quoted, without a header", new: newDelimited(',', false, nowhere)})
	_ = register(format{names: []string{"CSV_HEADER_UNQUOTED"}, doc: "nothing quoted, with a header", new: newDelimited(',', true, nowhere)})
	_ = register(format{names: []string{"tsv", "TSV_HEADER"}, doc: "tab-separated with a header, \\t \\n \\r \\\\ escaped",
		new: newDelimited('\t', true, escaped)})
	_ = register(format{names: []string{"TSV"}, doc: "tab-separated without a header", new: newDelimited('\t', false, escaped)})
)

func newDelimited(separator byte, header bool, q quoting) func(io.Writer, Options) Writer {
	return func(w io.Writer, o Options) Writer {
		d := &delimited{buffer: buffer{w: w}, Options: o, separator: separator, header: header && !o.NoHeader, quoting: q, null: []byte(q.null),
			most: maxKeptCellBytes}
		if o.Null != nil {
			d.null = []byte(*o.Null)
		}
		return d
	}
}

func (d *delimited) Begin(columns []engine.Column) error {
	d.columns = make([]delimitedColumn, len(columns))
	if !d.header {
		return nil
	}
	for i, c := range columns {
		if i > 0 {
			d.text = append(d.text, d.separator)
		}
		d.text = d.cell(append(d.text, c.Name...), len(d.text))
	}
	d.text = append(d.text, '\n')
	return nil
}

func (d *delimited) Write(b *vector.Batch) error {
	d.rows = d.rows || b.N > 0
	for i, v := range b.Columns {
		d.prepare(&d.columns[i], v)
	}
	for row := range b.N {
		for i := range d.columns {
			if i > 0 {
				d.text = append(d.text, d.separator)
			}
			if c := &d.columns[i]; c.nulls.Has(row) {
				d.text = append(d.text, d.null...)
			} else {
				d.append(c, row)
			}
		}
		d.text = append(d.text, '\n')
		if err := d.flushIfFull(); err != nil {
			return err
		}
	}
	return nil
}

// cell makes a cell of the value dst[from:].
func (d *delimited) cell(dst []byte, from int) []byte {
	if d.Safe && len(dst) > from && bytes.IndexByte([]byte("=+-@\t\r"), dst[from]) >= 0 {
		dst = slices.Insert(dst, from, '\'')
	}
	return d.quoting.cell(dst, from)
}

func (d *delimited) End(engine.Stats) error { return d.flush() }

// Fail leaves the header out if the statement failed before its first row.
func (d *delimited) Fail(error) error {
	if !d.rows {
		return nil
	}
	return d.flush()
}

func csvCell(dst []byte, from int) []byte {
	if len(dst) == from {
		return append(dst, `""`...)
	}
	if hasLess(dst[from:], ','+1) && bytes.ContainsAny(dst[from:], ",\"\n\r") {
		return quotedCell(dst, from)
	}
	return dst
}

// hasLess reports whether some byte of s is less than bound, which is 128 at most.
func hasLess(s []byte, bound byte) bool {
	// Eight at a time: of the bytes less than bound the high bit becomes one, unless it was; others may become so only
	// by the borrow of one that is less.
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; len(s) >= 8; s = s[8:] {
		x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		if (x-ones*uint64(bound))&^x&highs != 0 {
			return true
		}
	}
	for _, c := range s {
		if c < bound {
			return true
		}
	}
	return false
}

func quotedCell(dst []byte, from int) []byte {
	dst = widen(dst, from, '"', &quotes)
	return append(slices.Insert(dst, from, '"'), '"')
}

func bareCell(dst []byte, _ int) []byte { return dst }

func tsvCell(dst []byte, from int) []byte { return widen(dst, from, '\\', &escapes) }

// What follows the lead in place of a character; 0 leaves it as it is.
var (
	quotes  = [256]byte{'"': '"'}
	escapes = [256]byte{'\t': 't', '\n': 'n', '\r': 'r', '\\': '\\'}
)

// widen writes lead and second[c] for each byte c of dst[from:] that has a second.
func widen(dst []byte, from int, lead byte, second *[256]byte) []byte {
	more := 0
	for _, c := range dst[from:] {
		if second[c] != 0 {
			more++
		}
	}
	at := len(dst)
	dst = slices.Grow(dst, more)[:at+more]
	for to := len(dst); to > at; {
		at--
		if s := second[dst[at]]; s != 0 {
			dst[to-2], dst[to-1] = lead, s
			to -= 2
		} else {
			dst[to-1] = dst[at]
			to--
		}
	}
	return dst
}
