package format

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/ctlake/ctlake/ingest/record"
)

// A table is a form of CSV (RFC 4180) that holds events, one a row.
type table struct {
	name string
	// columns says what each field of the header is for; nil if it is not this form.
	columns func(header []string) []string
	// row makes a record of a row: its JSON, or why it holds none.
	row func(columns []string, row *csvRow, dst []byte) (json []byte, reason string)
	// made: row makes a record of its own, which need not have all that tells records from other objects.
	made bool
	// mixed: rows may be of other things than events.
	mixed bool
}

// tables in the order in which they are tried: what holds whole records first.
var tables = []*table{&queryResult, &eventHistory, &wrappedRows}

// tableReader reads the rows of a table.
type tableReader struct {
	of      *table
	columns []string
	comma   byte
}

// isQueryResult reports whether a header has columns of a table of events.
func isQueryResult(header []string) bool {
	known := 0
	for _, name := range header {
		if n := athenaNames[plainColumn(name)]; n != nil {
			known++
		}
	}
	const enough = 2
	return known >= enough
}

// tabular returns a reader for the text at hand if it is CSV with events, or would be
// if it held whole records; the header is then behind it.
func (t *text) tabular() *tableReader {
	head := bytes.TrimLeft(t.ahead(), " \t\r\n")
	if len(head) == 0 || head[0] == '{' || head[0] == '[' {
		return nil
	}
	commas := []byte{',', ';', '\t'} // the others are what spreadsheets write in some countries
	// Only what was looked ahead at: of what turns out to be no table nothing may be gone.
	look := &window{buf: t.ahead(), err: io.EOF, held: -1}
	whole := t.err == io.EOF && len(look.buf) == len(t.buf)-t.window.at
	results := bytes.HasPrefix(head, []byte("# Execution Time"))
	if head[0] == '#' { // the line with which CloudTrail Lake begins its results
		look.skipLine()
	} else if rest, ok := bytes.CutPrefix(head, []byte("sep=")); ok && len(rest) > 0 { // for spreadsheets
		commas = rest[:1:1]
		look.skipLine()
	}
	first := look.at
	for _, comma := range commas {
		look.at = first
		row := csvRow{comma: comma}
		if row.lookAt(look, whole) {
			if bytes.ContainsAny(row.text, "{}") {
				continue // JSON with something before it: no column is called that
			}
			header := row.strings()
			for _, of := range tables {
				if columns := of.columns(header); columns != nil {
					t.window.at += look.at
					return &tableReader{of, columns, comma}
				}
			}
			if columns := columnOfRecords(*look, whole, comma, len(header)); columns != nil {
				t.window.at += look.at
				return &tableReader{&wrappedRows, columns, comma}
			}
			if results || isQueryResult(header) {
				t.window.at += look.at
				return &tableReader{}
			}
		}
	}
	return nil
}

// lookAt reads a row of what was looked ahead at, which is the whole rest of the text or not; false if it has no whole row.
func (r *csvRow) lookAt(look *window, whole bool) bool {
	ok, tooLong, err := r.read(look, lookAheadBytes)
	return ok && !tooLong && err == nil && (whole || look.at < len(look.buf) || look.buf[look.at-1] == '\n')
}

// columnOfRecords says by the first row of a table, of which the header was looked at, in which column records are, whatever that is
// called; nil if in none. A table has as many columns as its header, two or more: prose is none.
func columnOfRecords(look window, whole bool, comma byte, width int) []string {
	row := csvRow{comma: comma}
	if width < 2 || !mentionsRecords(look.buf) || !row.lookAt(&look, whole) || len(row.ends) != width {
		return nil
	}
	var s record.Scanner
	for i := range row.ends {
		v := bytes.TrimSpace(row.field(i))
		if !bytes.HasPrefix(v, []byte("{")) || !mentionsRecords(v) {
			continue
		}
		if n, err := s.Scan(v, true); err == nil && n == len(v) {
			columns := make([]string, len(row.ends))
			columns[i] = "record"
			return columns
		}
	}
	return nil
}

func (r *tableReader) read(t *text) error {
	if r.of == nil {
		t.stranger(origin{}, "CSV of query results without the column eventjson: records cannot be made of it", true)
		return nil
	}
	return t.r.within(r.of.name, func() error { return r.rows(t) })
}

func (r *tableReader) rows(t *text) error {
	row := csvRow{comma: r.comma}
	var s record.Scanner
	var text []byte
	t.open = t.open || !r.of.mixed // a log of anything may hold none
	t.path = append(t.path, step{})
	for ; ; t.path[len(t.path)-1].index++ {
		at := origin{at: t.offset()}
		ok, tooLong, err := row.read(t.window, maxValueBytes)
		switch {
		case err != nil:
			return err
		case !ok:
			return nil
		case tooLong:
			if err := t.badRecord(t.here(at, "a row of more than %d bytes", maxValueBytes)); err != nil {
				return err
			}
			continue
		case row.blank():
			continue
		}
		var reason string
		if text, reason = r.of.row(r.columns, &row, text[:0]); reason == "" {
			text = bytes.TrimSpace(text)
			if n, err := s.Scan(text, true); err != nil || n != len(text) || s.Root.Kind != record.Object {
				reason = "the row's record is no JSON object"
			}
		}
		if reason != "" {
			if err := t.rowWithout(at, r.of, reason); err != nil {
				return err
			}
			continue
		}
		made := origin{at.at, true}
		if r.of.made {
			if err := t.emit(text, &s, made); err != nil {
				return err
			}
			continue
		}
		before := t.records
		out, err := t.visit(text, &s, made)
		switch {
		case err != nil || t.records > before:
		case r.of.mixed:
			err = t.rowWithout(at, r.of, "")
		default:
			err = t.badRecord(t.here(at, "the row holds no CloudTrail record: %s", out.none))
		}
		if err != nil {
			return err
		}
	}
}

// rowWithout takes note of a row without a record.
func (t *text) rowWithout(at origin, of *table, reason string) error {
	if of.mixed {
		t.stranger(at, "a row of another log", true)
		return nil
	}
	return t.badRecord(t.here(at, "%s", reason))
}

// csvRow is a row of CSV.
type csvRow struct {
	comma byte // that separates fields
	text  []byte
	ends  []int // of each field in text
}

func (r *csvRow) field(i int) []byte {
	if i >= len(r.ends) {
		return nil
	}
	from := 0
	if i > 0 {
		from = r.ends[i-1]
	}
	return r.text[from:r.ends[i]]
}

func (r *csvRow) strings() []string {
	fields := make([]string, len(r.ends))
	for i := range fields {
		fields[i] = string(r.field(i))
	}
	return fields
}

func (r *csvRow) blank() bool { return len(r.text) == 0 && len(r.ends) == 1 }

// maxFields bounds the fields of a row.
const maxFields = 4096

// read reads the next row; false at the end of the text. Of a row of more than limit bytes
// nothing is kept. Quotes inside a field without quotes stand for themselves.
func (r *csvRow) read(w *window, limit int) (ok, tooLong bool, err error) {
	r.text, r.ends = r.text[:0], r.ends[:0]
	if w.fill(1); w.at == len(w.buf) {
		if w.err != io.EOF {
			return false, false, w.ended()
		}
		return false, false, nil
	}
	quoted, fresh := false, true // inside quotes; at the start of a field
	for {
		if w.at == len(w.buf) && !w.more() {
			if w.err != io.EOF || quoted {
				return false, false, w.ended()
			}
			r.ends = append(r.ends, len(r.text))
			return true, tooLong, nil
		}
		c := w.buf[w.at]
		w.at++
		switch {
		case quoted && c == '"':
			if w.fill(1); w.at < len(w.buf) && w.buf[w.at] == '"' {
				w.at++
				r.text = append(r.text, '"')
			} else {
				quoted = false
			}
			continue
		case quoted:
		case c == '"' && fresh:
			quoted, fresh = true, false
			continue
		case c == r.comma && len(r.ends) < maxFields:
			r.ends = append(r.ends, len(r.text))
			fresh = true
			continue
		case c == '\r':
			if w.fill(1); w.at < len(w.buf) && w.buf[w.at] == '\n' {
				continue
			}
		case c == '\n':
			r.ends = append(r.ends, len(r.text))
			return true, tooLong, nil
		}
		fresh = false
		if len(r.text) >= limit {
			tooLong = true
			r.text, r.ends = r.text[:0], r.ends[:0]
		}
		if !tooLong {
			r.text = append(r.text, c)
		}
	}
}

// plainColumn returns a column's name without case, blanks and punctuation.
func plainColumn(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, name)
}

// appendQuoted appends text as a JSON string.
func appendQuoted(dst, text []byte) []byte {
	dst = append(dst, '"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < 0x20:
			dst = fmt.Appendf(dst, `\u%04x`, c)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
