package record

import (
	"hash/maphash"
	"unsafe"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// textColumn builds a column of text out of bytes that the caller may reuse. Values that
// stand there already are found again, by a hash, and become a number:
//
//	arena  us-east-1│eu-west-1│…      ids  0 0 1 0 …
//
// A vector of values of which hardly any comes twice is built flat, and so are the next ones:
// looking for such values costs more than it saves.
type textColumn struct {
	typ          types.Type
	arena        []byte
	entries      []textEntry // in a flat column of the rows
	ids          []int32     // by row; not in a flat column
	nulls        vector.Bitmap
	n            int // rows
	flat, unique bool
	since        int // vectors built since the last trial of a dictionary

	table  []int32 // open addressing: entry+1
	hash   uint32  // of the value that was looked for last
	last   int32   // the entry met last, -1 for none
	hint   int     // bytes to begin with: about the longest of the last vectors
	filled bool    // some row is not NULL
}

// textEntry is a value in the arena: of one vector, whose text the records' own bound keeps far below 4 GiB.
type textEntry struct {
	from, to uint32
	hash     uint32 // if there is a table
	next     int32  // the entry that was met after this one: a guess
}

const (
	minTableSlots = 64
	// Of so many rows or more it shows whether values repeat: a vector with more entries than flatShare of its
	// rows makes the next ones flat, until after trialEvery of them a dictionary is tried again.
	trialRows  = 64
	flatShare  = 0.7
	trialEvery = 64
)

// textSeed makes the places of entries in tables. Nothing that is built depends on them.
var textSeed = maphash.MakeSeed()

func newTextColumn(t types.Type) *textColumn { return &textColumn{typ: t, last: -1} }

// newUniqueColumn returns a column whose values are known not to repeat.
func newUniqueColumn(t types.Type) *textColumn {
	return &textColumn{typ: t, last: -1, flat: true, unique: true}
}

// Len returns the number of rows so far.
func (c *textColumn) Len() int { return c.n }

// AppendNull adds a NULL.
func (c *textColumn) AppendNull() { c.AppendNulls(1) }

// AppendNulls adds n NULLs.
func (c *textColumn) AppendNulls(n int) {
	setRange(&c.nulls, c.n, c.n+n)
	for range n {
		if c.flat {
			c.entries = append(c.entries, textEntry{from: uint32(len(c.arena)), to: uint32(len(c.arena))})
		} else {
			c.ids = append(c.ids, 0)
		}
	}
	c.n += n
}

// setRange adds the rows from..to-1 to a growing set.
func setRange(set *vector.Bitmap, from, to int) {
	for len(*set) <= (to-1)>>6 {
		*set = append(*set, 0)
	}
	for ; from < to && from&63 != 0; from++ {
		set.Set(from)
	}
	for ; from+64 <= to; from += 64 {
		(*set)[from>>6] = ^uint64(0)
	}
	for ; from < to; from++ {
		set.Set(from)
	}
}

// AppendBytes adds a copy of v.
func (c *textColumn) AppendBytes(v []byte) {
	if !c.flat && c.known(v) {
		return
	}
	c.reserve()
	from := len(c.arena)
	c.arena = append(c.arena, v...)
	c.added(from)
}

// AppendString adds a copy of v.
func (c *textColumn) AppendString(v string) {
	c.AppendBytes(unsafe.Slice(unsafe.StringData(v), len(v)))
}

// Write lets f append the bytes of one value to the buffer that it is given and return it.
func (c *textColumn) Write(f func(buffer []byte) []byte) {
	c.reserve()
	from := len(c.arena)
	c.arena = f(c.arena)
	if !c.flat && c.known(c.arena[from:]) {
		c.arena = c.arena[:from]
		return
	}
	c.added(from)
}

// reserve makes the buffer of a new vector as large as that of the last one.
func (c *textColumn) reserve() {
	if c.arena == nil && c.hint > 0 {
		c.arena = make([]byte, 0, c.hint+c.hint/16)
	}
}

// added adds the row whose text was put at the end of arena, from a place on.
func (c *textColumn) added(from int) {
	id := int32(len(c.entries))
	c.entries = append(c.entries, textEntry{from: uint32(from), to: uint32(len(c.arena)), next: id})
	c.filled = true
	c.n++
	if c.flat {
		return
	}
	c.ids = append(c.ids, id)
	if c.last >= 0 {
		c.entries[c.last].next = id
	}
	c.last = id
	if id == 0 {
		c.hash = uint32(maphash.Bytes(textSeed, c.entry(id)))
	}
	c.entries[id].hash = c.hash
	if 2*int(id) >= len(c.table) {
		c.grow()
	} else {
		c.insert(c.hash, id)
	}
}

func (c *textColumn) entry(id int32) []byte {
	e := &c.entries[id]
	return c.arena[e.from:e.to]
}

// known adds a row if its value is an entry.
func (c *textColumn) known(v []byte) bool {
	if c.last < 0 {
		return false
	}
	if guess := c.entries[c.last].next; string(c.entry(guess)) == string(v) {
		c.met(guess)
		return true
	}
	c.hash = uint32(maphash.Bytes(textSeed, v))
	mask := uint32(len(c.table) - 1)
	for slot := c.hash & mask; c.table[slot] != 0; slot = (slot + 1) & mask {
		if id := c.table[slot] - 1; c.entries[id].hash == c.hash && string(c.entry(id)) == string(v) {
			c.entries[c.last].next = id
			c.met(id)
			return true
		}
	}
	return false
}

// met adds a row of an entry.
func (c *textColumn) met(id int32) {
	c.last = id
	c.ids = append(c.ids, id)
	c.n++
}

func (c *textColumn) insert(hash uint32, id int32) {
	mask := uint32(len(c.table) - 1)
	slot := hash & mask
	for c.table[slot] != 0 {
		slot = (slot + 1) & mask
	}
	c.table[slot] = id + 1
}

// grow makes the table larger, of all entries.
func (c *textColumn) grow() {
	c.table = make([]int32, max(minTableSlots, 4*len(c.table)))
	for id := range c.entries {
		c.insert(c.entries[id].hash, int32(id))
	}
}

// Build returns the rows and leaves the column empty.
func (c *textColumn) Build() vector.Vector {
	v := c.vector()
	c.hint = max(len(c.arena), c.hint-c.hint/16)
	c.arena, c.nulls = nil, nil
	if c.flat {
		if c.since++; c.since >= trialEvery && !c.unique {
			c.flat = false
		}
	} else if c.n >= trialRows && float64(len(c.entries)) > flatShare*float64(c.n) {
		c.flat, c.since = true, 0
	}
	c.entries = c.entries[:0]
	clear(c.table)
	ids := []int32(nil)
	if c.filled && !c.flat {
		ids = make([]int32, 0, c.n+c.n/8)
	}
	c.ids, c.n, c.last, c.filled = ids, 0, -1, false
	return v
}

func (c *textColumn) vector() vector.Vector {
	if !c.filled && c.n > 0 {
		return vector.NewNull(c.typ, c.n)
	}
	if nulls := c.nulls; nulls != nil {
		for len(nulls) < (c.n+63)/64 {
			nulls = append(nulls, 0)
		}
		c.nulls = nulls
	}
	text := unsafe.String(unsafe.SliceData(c.arena), len(c.arena))
	values := make([]string, len(c.entries))
	for i, e := range c.entries {
		values[i] = text[e.from:e.to]
	}
	if c.flat || c.n == 0 {
		return vector.NewFlat(c.typ, values, c.nulls)
	}
	return vector.NewDictionary(c.ids, vector.NewFlat(c.typ, values, nil), c.nulls)
}
