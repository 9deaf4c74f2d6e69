package record

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"unsafe"

	"github.com/ctlake/ctlake/storage/schema"
)

// Collector reads records for a table and keeps the wanted ones as text, with the places of the
// members that columns are made of, until a Builder makes rows of them, in whatever order:
//
//	Read ─┬─► Discard
//	      └─► Append ─► Take ─► Records ─► Builder.Append ─► Builder.Build
//
// It is not safe for concurrent use.
type Collector struct {
	members *column
	event   eventReader
	text    []byte // of the record that Read was given last
	scan    Scanner
	out     Records // kept since the last Take, in memory that is used again
}

// Records are records that were kept. They do not change once they are taken.
type Records struct {
	text   []byte
	values []member
	rows   []recordRow
}

// recordRow is where a record lies in Records: its text up to textEnd, its members up to valuesEnd.
type recordRow struct {
	textEnd, valuesEnd int
	sum                [sha256.Size]byte
	archive            string
}

// member is a member of a record that a column is made of.
type member struct {
	from, to uint32 // in the text of the record
	child    uint16
	kind     Kind
	marks    uint8
}

// The marks of a member.
const (
	escapedMark = 1 << iota // as in Span
	oddMark                 // as in found
)

// NewCollector returns an empty collector for table.
func NewCollector(table *schema.Table) *Collector {
	b := NewBuilder(table)
	c := &Collector{members: b.members}
	c.event.bind(c.members)
	return c
}

// Len returns the number of records kept since the last Take.
func (c *Collector) Len() int { return len(c.out.rows) }

// Bytes returns the JSON text kept since the last Take, in bytes.
func (c *Collector) Bytes() int { return len(c.out.text) }

// Read takes the record that s scanned last in text, an object, and returns what is to
// be decided over. Then either Append or Discard must be called.
func (c *Collector) Read(text []byte, s *Scanner) *Event {
	c.note(text, s)
	return c.event.read(text)
}

func (c *Collector) note(text []byte, s *Scanner) {
	c.text = text
	prev := 0
	for _, member := range s.Members {
		prev = c.members.note(text, member.Name, member.Value, prev)
	}
	if c.members.from != nil {
		c.members.resolve(text, s.Root)
	}
}

// Selection returns what selectors look at of the record that Read was given last. It is valid until the next Read.
func (c *Collector) Selection() *Selection { return c.event.readSelection(c.text) }

// Discard forgets the record that Read was given last.
func (c *Collector) Discard() { c.members.forget() }

// Append keeps the record that Read was given last. compact is the record as
// Compact returns it, sum its SHA-256, archive what _archive says of where it came from.
func (c *Collector) Append(compact []byte, sum [sha256.Size]byte, archive string) error {
	if unsafe.SliceData(compact) != unsafe.SliceData(c.text) || len(compact) != len(c.text) {
		// The members lie elsewhere in the compact text.
		c.members.forget()
		if _, err := c.scan.Scan(compact, true); err != nil {
			return err
		}
		c.note(compact, &c.scan)
	}
	out := &c.out
	out.text = append(out.text, compact...)
	for _, i := range c.members.hits {
		f := &c.members.found[i]
		marks := uint8(0)
		if f.value.Escaped {
			marks |= escapedMark
		}
		if f.odd {
			marks |= oddMark
		}
		out.values = append(out.values, member{uint32(f.value.From), uint32(f.value.To), uint16(i), f.value.Kind, marks})
		f.set = false
	}
	c.members.hits = c.members.hits[:0]
	out.rows = append(out.rows, recordRow{len(out.text), len(out.values), sum, archive})
	return nil
}

// keepBytes is up to which size a collector's text is kept for what follows.
const keepBytes = 8 << 20

// Take returns the records kept since the last Take. They take no more memory than they need: they may
// wait for long until they are built.
func (c *Collector) Take() *Records {
	out := &Records{text: bytes.Clone(c.out.text), values: slices.Clone(c.out.values), rows: slices.Clone(c.out.rows)}
	if cap(c.out.text) > keepBytes {
		c.out = Records{}
	}
	clear(c.out.rows) // holds names of archives
	c.out = Records{text: c.out.text[:0], values: c.out.values[:0], rows: c.out.rows[:0]}
	return out
}

// Pack copies n records, of which at tells the ith, into Records of their own.
func Pack(n int, at func(i int) (*Records, int)) *Records {
	texts, members := 0, 0
	for i := range n {
		text, values, _ := get(at(i))
		texts, members = texts+len(text), members+len(values)
	}
	out := &Records{text: make([]byte, 0, texts), values: make([]member, 0, members), rows: make([]recordRow, 0, n)}
	for i := range n {
		text, values, of := get(at(i))
		out.text, out.values = append(out.text, text...), append(out.values, values...)
		out.rows = append(out.rows, recordRow{len(out.text), len(out.values), of.sum, of.archive})
	}
	return out
}

func get(r *Records, row int) (text []byte, values []member, of *recordRow) { return r.at(row) }

const (
	memberBytes = int64(unsafe.Sizeof(member{}))
	rowBytes    = int64(unsafe.Sizeof(recordRow{}))
)

// HeldBytes returns the memory that the records take all together.
func (r *Records) HeldBytes() int64 {
	return int64(len(r.text)) + int64(len(r.values))*memberBytes + int64(len(r.rows))*rowBytes
}

// RowBytes returns a record's share of HeldBytes.
func (r *Records) RowBytes(row int) int64 {
	text, values, _ := r.at(row)
	return int64(len(text)) + int64(len(values))*memberBytes + rowBytes
}

// Len returns how many records there are.
func (r *Records) Len() int { return len(r.rows) }

// at returns the text and the members of a record.
func (r *Records) at(row int) (text []byte, values []member, of *recordRow) {
	textFrom, valuesFrom := 0, 0
	if row > 0 {
		textFrom, valuesFrom = r.rows[row-1].textEnd, r.rows[row-1].valuesEnd
	}
	of = &r.rows[row]
	return r.text[textFrom:of.textEnd], r.values[valuesFrom:of.valuesEnd], of
}

// Archive returns what _archive says of where a record came from.
func (r *Records) Archive(row int) string { return r.rows[row].archive }

// Bytes returns the length of a record as compact JSON text.
func (r *Records) Bytes(row int) int {
	from := 0
	if row > 0 {
		from = r.rows[row-1].textEnd
	}
	return r.rows[row].textEnd - from
}
