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
	out     Records // kept since the last Take; its members and rows lie in memory that is used again
	open    int     // the chunk of out that texts are added to; -1 if none is
	bytes   int     // of the texts in out
	chunk   []byte  // memory for texts, that is used again
}

// Records are records that were kept. They do not change once they are taken.
type Records struct {
	chunks [][]byte // of texts, which do not reach from one into another
	values []member
	rows   []recordRow
}

// recordRow is where a record lies in Records: its text in a chunk, its members up to valuesEnd.
type recordRow struct {
	from, valuesEnd int
	chunk, length   uint32
	sum             [sha256.Size]byte
	archive         string
}

// chunkBytes is how much memory for texts is taken at a time. A longer text has memory of its own.
const chunkBytes = 32 << 10

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
	c := &Collector{members: b.members, open: -1}
	c.event.bind(c.members)
	return c
}

// Len returns the number of records kept since the last Take.
func (c *Collector) Len() int { return len(c.out.rows) }

// Bytes returns the JSON text kept since the last Take, in bytes.
func (c *Collector) Bytes() int { return c.bytes }

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
	row := c.keep(compact)
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
	row.valuesEnd, row.sum, row.archive = len(out.values), sum, archive
	out.rows = append(out.rows, row)
	return nil
}

// keep adds a text to the chunks and returns where it is.
func (c *Collector) keep(text []byte) recordRow {
	c.bytes += len(text)
	row := recordRow{length: uint32(len(text))}
	if len(text) > chunkBytes {
		row.chunk = uint32(len(c.out.chunks))
		c.out.chunks = append(c.out.chunks, bytes.Clone(text))
		return row
	}
	if cap(c.chunk)-len(c.chunk) < len(text) {
		c.close(c.chunk)
		c.chunk = make([]byte, 0, chunkBytes)
	}
	if c.open < 0 {
		c.open = len(c.out.chunks)
		c.out.chunks = append(c.out.chunks, nil)
	}
	row.chunk, row.from = uint32(c.open), len(c.chunk)
	c.chunk = append(c.chunk, text...)
	return row
}

// close makes memory the chunk that was open, if one was.
func (c *Collector) close(memory []byte) {
	if c.open >= 0 {
		c.out.chunks[c.open] = memory
		c.open = -1
	}
}

// keepMembers is up to how many members a collector's memory for them is kept for what follows.
const keepMembers = 1 << 18

// Take returns the records kept since the last Take. They take little more memory than they need, since
// they may wait for long until they are built: full chunks of texts go with them, others are copied.
func (c *Collector) Take() *Records {
	c.close(bytes.Clone(c.chunk))
	out := &Records{chunks: slices.Clone(c.out.chunks), values: slices.Clone(c.out.values), rows: slices.Clone(c.out.rows)}
	if cap(c.out.values) > keepMembers {
		c.out = Records{}
	}
	clear(c.out.chunks)
	clear(c.out.rows) // holds names of archives
	c.out = Records{chunks: c.out.chunks[:0], values: c.out.values[:0], rows: c.out.rows[:0]}
	c.bytes, c.chunk = 0, c.chunk[:0]
	return out
}

// Pack copies n records, of which at tells the ith, into Records of their own.
func Pack(n int, at func(i int) (*Records, int)) *Records {
	texts, members := 0, 0
	for i := range n {
		text, values, _ := get(at(i))
		texts, members = texts+len(text), members+len(values)
	}
	chunk := make([]byte, 0, texts)
	out := &Records{values: make([]member, 0, members), rows: make([]recordRow, 0, n)}
	for i := range n {
		text, values, of := get(at(i))
		row := *of
		row.chunk, row.from = 0, len(chunk)
		chunk, out.values = append(chunk, text...), append(out.values, values...)
		row.valuesEnd = len(out.values)
		out.rows = append(out.rows, row)
	}
	out.chunks = [][]byte{chunk}
	return out
}

func get(r *Records, row int) (text []byte, values []member, of *recordRow) { return r.at(row) }

const (
	memberBytes = int64(unsafe.Sizeof(member{}))
	rowBytes    = int64(unsafe.Sizeof(recordRow{}))
)

// HeldBytes returns the memory that the records take all together.
func (r *Records) HeldBytes() int64 {
	held := int64(len(r.values))*memberBytes + int64(len(r.rows))*rowBytes
	for _, chunk := range r.chunks {
		held += int64(cap(chunk))
	}
	return held
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
	valuesFrom := 0
	if row > 0 {
		valuesFrom = r.rows[row-1].valuesEnd
	}
	of = &r.rows[row]
	return r.chunks[of.chunk][of.from : of.from+int(of.length)], r.values[valuesFrom:of.valuesEnd], of
}

// Archive returns what _archive says of where a record came from.
func (r *Records) Archive(row int) string { return r.rows[row].archive }

// Bytes returns the length of a record as compact JSON text.
func (r *Records) Bytes(row int) int { return int(r.rows[row].length) }
