package output

import (
	"bytes"
	"io"

	"github.com/ctlake/ctlake/engine"
	"github.com/ctlake/ctlake/storage/vector"
)

// delimited is CSV and TSV in all their forms.
type delimited struct {
	buffer
	Options
	separator byte
	// cell appends one value, quoted or escaped as the form has it.
	cell func(dst, value []byte, null bool) []byte
	// header says whether the form begins with the labels.
	header  bool
	rows    bool // some row was written
	scratch []byte
}

var (
	_ = register(format{names: []string{"csv"}, doc: "RFC 4180 with a header, quoted only where needed",
		new: newDelimited(',', true, csvCell)})
	_ = register(format{names: []string{"CSV"}, doc: "all quoted, without a header", new: newDelimited(',', false, quotedCell)})
	_ = register(format{names: []string{"CSV_HEADER"}, doc: "all quoted, with a header", new: newDelimited(',', true, quotedCell)})
	_ = register(format{names: []string{"CSV_UNQUOTED"}, doc: "nothing quoted, without a header", new: newDelimited(',', false, bareCell)})
	_ = register(format{names: []string{"CSV_HEADER_UNQUOTED"}, doc: "nothing quoted, with a header", new: newDelimited(',', true, bareCell)})
	_ = register(format{names: []string{"tsv", "TSV_HEADER"}, doc: "tab-separated with a header, \\t \\n \\r \\\\ escaped",
		new: newDelimited('\t', true, tsvCell)})
	_ = register(format{names: []string{"TSV"}, doc: "tab-separated without a header", new: newDelimited('\t', false, tsvCell)})
)

func newDelimited(separator byte, header bool, cell func(dst, value []byte, null bool) []byte) func(io.Writer, Options) Writer {
	return func(w io.Writer, o Options) Writer {
		return &delimited{buffer: buffer{w: w}, Options: o, separator: separator, header: header && !o.NoHeader, cell: cell}
	}
}

func (d *delimited) Begin(columns []engine.Column) error {
	if !d.header {
		return nil
	}
	for i, c := range columns {
		if i > 0 {
			d.text = append(d.text, d.separator)
		}
		d.append([]byte(c.Name))
	}
	d.text = append(d.text, '\n')
	return nil
}

func (d *delimited) Write(b *vector.Batch) error {
	d.rows = d.rows || b.N > 0
	for row := range b.N {
		for i, v := range b.Columns {
			if i > 0 {
				d.text = append(d.text, d.separator)
			}
			if v.Nulls().Has(row) {
				if d.Null != nil {
					d.text = append(d.text, *d.Null...)
				} else {
					d.text = d.cell(d.text, nil, true)
				}
				continue
			}
			d.scratch = vector.AppendText(d.scratch[:0], v, row)
			d.append(d.scratch)
		}
		d.text = append(d.text, '\n')
		if err := d.flushIfFull(); err != nil {
			return err
		}
	}
	return nil
}

func (d *delimited) append(value []byte) {
	if d.Safe && len(value) > 0 && bytes.IndexByte([]byte("=+-@\t\r"), value[0]) >= 0 {
		value = append([]byte{'\''}, value...)
	}
	d.text = d.cell(d.text, value, false)
}

func (d *delimited) End(engine.Stats) error { return d.flush() }

// Fail leaves the header out if the statement failed before its first row.
func (d *delimited) Fail(error) error {
	if !d.rows {
		return nil
	}
	return d.flush()
}

// csvCell writes NULL as nothing and the empty string as "", so that they differ.
func csvCell(dst, value []byte, null bool) []byte {
	switch {
	case null:
		return dst
	case len(value) == 0 || bytes.ContainsAny(value, ",\"\n\r"):
		return quotedCell(dst, value, false)
	}
	return append(dst, value...)
}

func quotedCell(dst, value []byte, _ bool) []byte {
	dst = append(dst, '"')
	for _, c := range value {
		if c == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}

func bareCell(dst, value []byte, _ bool) []byte { return append(dst, value...) }

func tsvCell(dst, value []byte, _ bool) []byte {
	for _, c := range value {
		switch c {
		case '\t':
			dst = append(dst, `\t`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\\':
			dst = append(dst, `\\`...)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
