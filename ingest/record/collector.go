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
	members *column // says which names mean which columns
	places  [MaxNames]place
	event   eventReader
	text    []byte   // of the record that Read was given last
	noted   []member // of that record
	at      []int    // by child, where it is in noted, counted from 1; 0 is nowhere
	scan    Scanner
	out     Records // kept since the last Take; but for the texts in memory that is used again
	chunk   []byte  // texts that are no chunk of out yet, in memory that is used again
	bytes   int     // of the texts that were kept
}

// place is where members of a name go.
type place struct {
	child int // of members; noChild if nowhere
	marks uint8
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

// chunkBytes bounds the texts in one chunk. A longer text has one of its own.
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
	inexactMark             // not by a name of exact spelling
)

// NewCollector returns an empty collector for table.
func NewCollector(table *schema.Table) *Collector {
	b := NewBuilder(table)
	c := &Collector{members: b.members, at: make([]int, len(b.members.children))}
	c.places[NoName].child = noChild
	for n := NoName + 1; n < MaxNames; n++ {
		c.places[n] = c.placeOf([]byte(n.text()))
	}
	c.event.bind(c)
	return c
}

// placeOf returns where members go whose name is key, without escapes.
func (c *Collector) placeOf(key []byte) place {
	if child, ok := c.members.names[string(key)]; ok {
		return place{child: child}
	}
	if child, ok := c.members.folded[string(bytes.ToLower(key))]; ok {
		return place{child, oddMark | inexactMark}
	}
	return place{child: noChild}
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

// note finds the members that columns are made of. Of several for one column, one with a name of exact spelling counts
// before others; of equals the last does.
func (c *Collector) note(text []byte, s *Scanner) {
	c.text = text
	for i := range s.Members {
		m := &s.Members[i]
		to := c.places[m.Known%MaxNames]
		if m.Known == NoName {
			key := text[m.Name.From+1 : m.Name.To-1]
			if m.Name.Escaped {
				key = appendString(nil, text[m.Name.From:m.Name.To], true)
			}
			if to = c.placeOf(key); m.Name.Escaped {
				to.marks |= oddMark
			}
		}
		if to.child == noChild {
			continue
		}
		found := memberOf(m.Value, to)
		at := c.at[to.child]
		if at == 0 {
			c.noted = append(c.noted, found)
			c.at[to.child] = len(c.noted)
			continue
		}
		before := &c.noted[at-1]
		if to.marks&inexactMark == 0 || before.marks&inexactMark != 0 {
			*before = found
		}
		before.marks |= oddMark
	}
	for i, steps := range c.members.from {
		if steps == nil || c.at[i] != 0 {
			continue
		}
		if value, ok := follow(text, s.Root, steps); ok {
			c.noted = append(c.noted, memberOf(value, place{i, oddMark}))
			c.at[i] = len(c.noted)
		}
	}
}

func memberOf(value Span, to place) member {
	m := member{uint32(value.From), uint32(value.To), uint16(to.child), value.Kind, to.marks}
	if value.Escaped {
		m.marks |= escapedMark
	}
	return m
}

// find returns the value for a child in the record that was noted.
func (c *Collector) find(child int) (value Span, ok bool) {
	if child == noChild || c.at[child] == 0 {
		return Span{}, false
	}
	m := &c.noted[c.at[child]-1]
	return Span{From: int(m.from), To: int(m.to), Kind: m.kind, Escaped: m.marks&escapedMark != 0}, true
}

// forget drops what was noted.
func (c *Collector) forget() {
	for i := range c.noted {
		c.at[c.noted[i].child] = 0
	}
	c.noted = c.noted[:0]
}

// Selection returns what selectors look at of the record that Read was given last. It is valid until the next Read.
func (c *Collector) Selection() *Selection { return c.event.readSelection(c.text) }

// Discard forgets the record that Read was given last.
func (c *Collector) Discard() { c.forget() }

// Append keeps the record that Read was given last. compact is the record as
// Compact returns it, sum its SHA-256, archive what _archive says of where it came from.
func (c *Collector) Append(compact []byte, sum [sha256.Size]byte, archive string) error {
	if unsafe.SliceData(compact) != unsafe.SliceData(c.text) || len(compact) != len(c.text) {
		// The members lie elsewhere in the compact text.
		c.forget()
		if _, err := c.scan.Scan(compact, true); err != nil {
			return err
		}
		c.note(compact, &c.scan)
	}
	out := &c.out
	out.values = append(out.values, c.noted...)
	c.forget()
	chunk, from := c.keep(compact)
	out.rows = append(out.rows, recordRow{from, len(out.values), uint32(chunk), uint32(len(compact)), sum, archive})
	return nil
}

// keep adds a text to the chunks and returns where it is.
func (c *Collector) keep(text []byte) (chunk, from int) {
	if len(c.chunk)+len(text) > chunkBytes {
		c.close()
	}
	if c.bytes += len(text); len(text) > chunkBytes {
		c.out.chunks = append(c.out.chunks, bytes.Clone(text))
		return len(c.out.chunks) - 1, 0
	}
	from = len(c.chunk)
	c.chunk = append(c.chunk, text...)
	return len(c.out.chunks), from
}

// close makes a chunk of the texts that are in none. To copy them while they are at hand is
// quicker than to begin with memory of their own, which is cleared first.
func (c *Collector) close() {
	if len(c.chunk) > 0 {
		c.out.chunks = append(c.out.chunks, bytes.Clone(c.chunk))
		c.chunk = c.chunk[:0]
	}
}

// keepMembers is up to how many members a collector's memory for them is kept for what follows.
const keepMembers = 1 << 18

// Take returns the records kept since the last Take. They take no more memory than they need: they may
// wait for long until they are built.
func (c *Collector) Take() *Records {
	c.close()
	out := &Records{chunks: slices.Clone(c.out.chunks), values: slices.Clone(c.out.values), rows: slices.Clone(c.out.rows)}
	if cap(c.out.values) > keepMembers {
		c.out = Records{}
	}
	clear(c.out.chunks)
	clear(c.out.rows) // holds names of archives
	c.out = Records{chunks: c.out.chunks[:0], values: c.out.values[:0], rows: c.out.rows[:0]}
	c.bytes = 0
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
