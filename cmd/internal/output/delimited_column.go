package output

import (
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// maxKeptCellBytes is how much the cells that the columns of a result keep may take together. Beyond it they are
// forgotten, and made anew where they are needed.
const maxKeptCellBytes = 32 << 20

// cellBytes is what a kept cell takes beside its text.
const cellBytes = 16

// delimitedColumn is a column on its way to the text. Which way its rows go is chosen for each batch:
//
//	Dictionary  ids ──► cells: each entry becomes a cell once, for all batches that share the dictionary
//	Constant    the cell of all rows
//	texts       through the quoting, from where they lie
//	times       by the text of the minute before
//	the others  AppendText, then the quoting unless its text is the cell
type delimitedColumn struct {
	nulls  vector.Bitmap
	values vector.Vector
	direct bool // the text of a value is its cell

	ids     []int32  // nil where the cells are not for this batch
	cells   []string // "" was not needed yet, or is empty
	entries vector.Vector

	isConstant bool
	constant   []byte

	texts []string

	times     []int64
	precision int
	timeText  types.TimestampText
}

// prepare takes a batch's rows of the column.
func (d *delimited) prepare(c *delimitedColumn, v vector.Vector) {
	c.nulls, c.values, c.ids, c.texts, c.times, c.isConstant = v.Nulls(), v, nil, nil, nil, false
	c.direct = d.quoting.numbers && !d.Safe && hasPlainText(v.Type())
	switch w := v.(type) {
	case *vector.Flat[string]:
		if isText(w.Type()) {
			c.texts = w.Values
		}
	case *vector.Flat[int64]:
		if c.direct && w.Type().Is(types.Timestamp) {
			c.times, c.precision = w.Values, w.Type().Precision()
		}
	case *vector.Constant:
		if c.isConstant = true; !w.IsNull() {
			c.constant = d.cell(vector.AppendText(c.constant[:0], w, 0), 0)
		}
	case *vector.Dictionary:
		// Of a dictionary larger than its batch little may be needed: it is kept from the second time on.
		again := c.entries == w.Values
		if !again {
			d.forget(c)
			c.entries = w.Values
		}
		n := w.Values.Len()
		if c.cells == nil && (again || n <= len(w.Ids)) && d.kept+n*cellBytes <= d.most {
			c.cells = make([]string, n)
			d.kept += n * cellBytes
		}
		if c.cells != nil {
			c.ids = w.Ids
		}
	}
}

// forget gives up the cells of a column, also for what is left of the batch.
func (d *delimited) forget(c *delimitedColumn) {
	for _, cell := range c.cells {
		d.kept -= cellBytes + len(cell)
	}
	c.cells, c.entries, c.ids = nil, nil, nil
}

// append appends the cell of a row that is not NULL.
func (d *delimited) append(c *delimitedColumn, row int) {
	from := len(d.text)
	switch {
	case c.ids != nil:
		cell := &c.cells[c.ids[row]]
		if *cell != "" {
			d.text = append(d.text, *cell...)
			return
		}
		d.text = d.cell(vector.AppendText(d.text, c.values, row), from)
		*cell = string(d.text[from:])
		if d.kept += len(*cell); d.kept > d.most {
			for i := range d.columns {
				d.forget(&d.columns[i])
			}
		}
	case c.isConstant:
		d.text = append(d.text, c.constant...)
	case c.texts != nil:
		d.text = d.cell(append(d.text, c.texts[row]...), from)
	case c.times != nil:
		d.text = c.timeText.Append(d.text, c.times[row], c.precision)
	case c.direct:
		d.text = vector.AppendText(d.text, c.values, row)
	default:
		d.text = d.cell(vector.AppendText(d.text, c.values, row), from)
	}
}

// isText reports whether values of type t are texts as they are.
func isText(t types.Type) bool {
	return t.Is(types.Varchar) || t.Is(types.JSON)
}

// hasPlainText reports whether the text of no value of type t has a comma, quote, backslash or control character,
// or is empty.
func hasPlainText(t types.Type) bool {
	switch t.Kind() {
	case types.Boolean, types.Tinyint, types.Smallint, types.Integer, types.Bigint, types.Real, types.Double, types.Decimal, types.Date,
		types.Time, types.Timestamp, types.TimestampWithTimeZone, types.TimeWithTimeZone, types.UUID, types.IPAddress:
		return true
	}
	return false
}
