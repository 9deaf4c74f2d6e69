package record

import (
	"hash/maphash"
	"slices"
	"unsafe"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// textColumn builds a column of text. Values that stand there already are found again, by a hash, and
// become a number. The list of them goes on from vector to vector, and only grows (vector.Origin), so that
// whoever takes the vectors needs to look at each entry once:
//
//	values  us-east-1│eu-west-1│…      ids  0 0 1 0 …  │  1 1 0 2 …  │  …
//
// A vector of which hardly any value was there before is built flat, and so are the next ones:
// looking for such values costs more than it saves.
type textColumn struct {
	typ          types.Type
	values       []string    // the list; in a flat column the rows
	entries      []textEntry // of values; none in a flat column
	ids          []int32     // by row; not in a flat column
	nulls        vector.Bitmap
	n            int // rows
	flat, unique bool
	borrows      bool // the list's values stay where they are, as those of a flat column do
	since        int  // vectors built since the last trial of a dictionary

	page    []byte // memory for copies of values, from its length on
	scratch []byte
	origin  *vector.Origin
	bytes   int     // of the list's values
	known   int     // entries that were there before this vector
	table   []int32 // open addressing: entry+1
	hash    uint32  // of the value that was looked for last
	last    int32   // the entry met last, -1 for none
	filled  bool    // some row is not NULL

	guessed int        // rows of this vector that were the entry expected after the one before
	isLate  bool       // AppendStable puts values into late
	late    []lateText // whose rows settle adds
	touched uint32     // what was read so that it is at hand: of no meaning
}

// lateText is a value that is to be looked for, together with those that come after it.
type lateText struct {
	value []byte
	hash  uint32
	slot  int32 // what the table has where the hash leads
}

// textEntry is what is known of a value of the list.
type textEntry struct {
	hash uint32
	next int32 // the entry that was met after this one: a guess
}

const (
	minTableSlots = 64
	// Of so many rows or more it shows whether values repeat: a vector of which more than flatShare are new to the
	// list makes the next ones flat, until after trialEvery of them a dictionary is tried again.
	trialRows  = 64
	flatShare  = 0.7
	trialEvery = 64
	// A list with so many entries, or bytes of text, is followed by a new one.
	maxListEntries = 1 << 13
	maxListBytes   = 1 << 18
	// Values are looked for so many at a time where fewer than one of lateShare is the one that was expected.
	lateTexts = 64
	lateShare = 2
	// The sizes of pages, each of which is twice as large as the one before.
	minPageBytes = 1 << 9
	maxPageBytes = 1 << 16
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
	c.settle()
	setRange(&c.nulls, c.n, c.n+n)
	if c.flat {
		c.values = appendZeros(c.values, n)
	} else {
		c.ids = appendZeros(c.ids, n)
	}
	c.n += n
}

// appendZeros appends n values that are 0, or empty.
func appendZeros[T any](s []T, n int) []T {
	from := len(s)
	s = slices.Grow(s, n)[:from+n]
	clear(s[from:])
	return s
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

// AppendStable adds v, which will not change. It is copied only into a list, which is kept for longer than a vector.
func (c *textColumn) AppendStable(v []byte) {
	if c.isLate {
		if c.late = append(c.late, lateText{value: v}); len(c.late) == lateTexts {
			c.settleLate()
		}
		return
	}
	if !c.flat && c.find(v) {
		return
	}
	if c.flat || c.borrows {
		c.added(unsafe.String(unsafe.SliceData(v), len(v)))
		return
	}
	c.added(c.copied(v))
}

// AppendBytes adds a copy of v.
func (c *textColumn) AppendBytes(v []byte) {
	c.settle()
	if !c.flat && c.find(v) {
		return
	}
	c.added(c.copied(v))
}

// settle adds the rows of late.
func (c *textColumn) settle() {
	if len(c.late) > 0 {
		c.settleLate()
	}
}

// settleLate is settle of one row at least. Where the table, the list and its texts have to be read is all over memory: to read
// the places of all values, before anything depends on what is there, is quicker than to wait for each.
func (c *textColumn) settleLate() {
	touched, mask := uint32(0), uint32(len(c.table)-1)
	for i := range c.late {
		x := &c.late[i]
		x.hash = uint32(maphash.Bytes(textSeed, x.value))
		if len(c.table) > 0 {
			x.slot = c.table[x.hash&mask]
		}
	}
	for i := range c.late {
		if slot := c.late[i].slot; slot != 0 {
			touched += c.entries[slot-1].hash + uint32(len(c.values[slot-1]))
		}
	}
	for i := range c.late {
		x := &c.late[i]
		c.hash = x.hash
		if c.findHashed(x.value) {
			continue
		}
		if c.borrows {
			c.added(unsafe.String(unsafe.SliceData(x.value), len(x.value)))
		} else {
			c.added(c.copied(x.value))
		}
	}
	c.touched = touched
	clear(c.late) // of records, which nothing else may hold
	c.late = c.late[:0]
}

// AppendString adds v.
func (c *textColumn) AppendString(v string) {
	c.AppendStable(unsafe.Slice(unsafe.StringData(v), len(v)))
}

// Write lets f append the bytes of one value to the buffer that it is given and return it.
func (c *textColumn) Write(f func(buffer []byte) []byte) {
	c.scratch = f(c.scratch[:0])
	c.AppendBytes(c.scratch)
	if cap(c.scratch) > maxPageBytes {
		c.scratch = nil
	}
}

// copied returns a copy of v.
func (c *textColumn) copied(v []byte) string {
	if len(v) > cap(c.page)-len(c.page) {
		if len(v) > maxPageBytes/4 {
			return string(v)
		}
		c.page = make([]byte, 0, max(len(v), min(max(2*cap(c.page), minPageBytes), maxPageBytes)))
	}
	from := len(c.page)
	c.page = append(c.page, v...)
	return unsafe.String(unsafe.SliceData(c.page[from:]), len(v))
}

// added adds the row of a value that is not on the list, after find.
func (c *textColumn) added(v string) {
	id := int32(len(c.values))
	c.values = append(c.values, v)
	c.filled = true
	c.n++
	if c.flat {
		return
	}
	c.bytes += len(v)
	c.entries = append(c.entries, textEntry{hash: c.hash, next: id})
	c.ids = append(c.ids, id)
	if c.last >= 0 {
		c.entries[c.last].next = id
	}
	c.last = id
	if 2*int(id) >= len(c.table) {
		c.grow()
	} else {
		c.insert(c.hash, id)
	}
}

// entry returns a value of the list.
func (c *textColumn) entry(id int32) []byte {
	v := c.values[id]
	return unsafe.Slice(unsafe.StringData(v), len(v))
}

// find adds a row if its value is on the list; else the value's hash is what added needs.
func (c *textColumn) find(v []byte) bool {
	if c.last >= 0 {
		if guess := c.entries[c.last].next; c.values[guess] == string(v) {
			c.guessed++
			c.met(guess)
			return true
		}
	}
	c.hash = uint32(maphash.Bytes(textSeed, v))
	return c.findHashed(v)
}

// findHashed is find of a value whose hash is known.
func (c *textColumn) findHashed(v []byte) bool {
	if len(c.table) == 0 {
		return false
	}
	mask := uint32(len(c.table) - 1)
	for slot := c.hash & mask; c.table[slot] != 0; slot = (slot + 1) & mask {
		if id := c.table[slot] - 1; c.entries[id].hash == c.hash && c.values[id] == string(v) {
			if c.last >= 0 {
				if e := &c.entries[c.last]; e.next == id {
					c.guessed++
				} else {
					e.next = id
				}
			}
			c.met(id)
			return true
		}
	}
	return false
}

// met adds a row of an entry.
func (c *textColumn) met(id int32) {
	c.last = id
	c.filled = true
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

// Build returns the rows and leaves the column without any. Each stands for so many rows of the table, on average.
func (c *textColumn) Build(uses float64) vector.Vector {
	c.settle()
	v := c.vector()
	ids := []int32(nil)
	filled := c.n
	if c.nulls != nil {
		filled -= c.nulls.Count(c.n)
	}
	switch {
	case c.flat:
		c.values = make([]string, 0, c.n+c.n/8)
		if c.since++; c.since >= trialEvery && !c.unique {
			c.flat, c.values = false, nil
		}
	case filled >= trialRows && float64(len(c.values)-c.known) > flatShare*uses*float64(filled):
		c.renew()
		c.flat, c.since, c.table, c.isLate = true, 0, nil, false
	default:
		c.isLate = filled >= trialRows && c.guessed*lateShare < filled
		if c.filled {
			ids = make([]int32, 0, c.n+c.n/8)
		}
		if len(c.values) >= maxListEntries || c.bytes >= maxListBytes {
			c.renew()
		}
	}
	c.ids, c.nulls, c.n, c.filled, c.guessed, c.known = ids, nil, 0, false, 0, len(c.entries)
	return v
}

// renew begins another list.
func (c *textColumn) renew() {
	clear(c.table)
	c.values, c.entries, c.origin, c.bytes, c.last = nil, c.entries[:0], nil, 0, -1
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
	if c.n == 0 {
		return vector.NewFlat[string](c.typ, nil, nil)
	}
	if c.flat {
		return vector.NewFlat(c.typ, c.values, c.nulls)
	}
	if c.origin == nil {
		c.origin = &vector.Origin{}
	}
	n := len(c.values)
	return vector.NewDictionary(c.ids, vector.NewEntries(c.typ, c.values[:n:n], c.origin), c.nulls)
}

// restart leaves the column without rows and without a list; it keeps its memory, which must be of no use to others.
func (c *textColumn) restart() {
	clear(c.table)
	clear(c.values)
	c.values, c.entries, c.ids, c.page = c.values[:0], c.entries[:0], c.ids[:0], c.page[:0]
	c.n, c.bytes, c.last, c.filled, c.guessed = 0, 0, -1, false, 0
}
