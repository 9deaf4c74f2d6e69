package record

import (
	"hash/maphash"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// seen knows in which row of the vector at hand an object or array stood before, by its text: the
// same text makes the same values, so that they are copied instead of read again. Neighbours are
// often of one caller, whose userIdentity is a third of the record.
//
//	text of the value ──hash──► slot: row, text ── same text? ──► column.repeat(row)
type seen struct {
	slots       []seenSlot // each has the value that was met last of those with its hash
	tried, hits int        // in the vector at hand
	pause       int        // vectors in which nothing is looked for
}

type seenSlot struct {
	text []byte // of a record, which does not change; nil: empty
	row  int32
}

const (
	seenSlots = 1 << 10
	// Of so many values or more it shows whether they come again: where fewer than one in seenShare does,
	// seenPause vectors are built without looking.
	seenTrial = 64
	seenShare = 4
	seenPause = 32
)

// find returns the row in which text stood before; else it takes note that it is in row.
func (s *seen) find(text []byte, row int) (before int, ok bool) {
	if s.pause > 0 {
		return 0, false
	}
	if s.slots == nil {
		s.slots = make([]seenSlot, seenSlots)
	}
	s.tried++
	slot := &s.slots[maphash.Bytes(textSeed, text)%seenSlots]
	if string(slot.text) == string(text) {
		s.hits++
		return int(slot.row), true
	}
	slot.text, slot.row = text, int32(row)
	return 0, false
}

// restart begins another vector.
func (s *seen) restart() {
	switch {
	case s.pause > 0:
		s.pause--
	case s.tried >= seenTrial && s.hits*seenShare < s.tried:
		s.pause = seenPause
	}
	if s.tried > 0 {
		clear(s.slots)
	}
	s.tried, s.hits = 0, 0
}

// repeat appends the value of a row of the vector at hand once more.
func (c *column) repeat(row int) {
	if isNull(c.nulls, row) {
		c.appendNull()
		return
	}
	switch c.typ.Kind() {
	case types.Varchar:
		c.text.Repeat(row)
	case types.Timestamp, types.Integer:
		c.ints = append(c.ints, c.ints[row])
	case types.Boolean:
		c.bools = append(c.bools, c.bools[row])
	case types.Double:
		c.floats = append(c.floats, c.floats[row])
	case types.Row:
		for _, child := range c.children {
			if row < child.n { // else it is NULL there, and is left behind
				child.catchUp(c.n)
				child.repeat(row)
			}
		}
	case types.Map:
		for i := c.offsets[row]; i < c.offsets[row+1]; i++ {
			c.keys.Repeat(int(i))
			c.text.Repeat(int(i))
		}
		c.offsets = append(c.offsets, int32(c.keys.Len()))
	case types.Array:
		elements := c.children[0]
		for i := c.offsets[row]; i < c.offsets[row+1]; i++ {
			elements.repeat(int(i))
		}
		c.offsets = append(c.offsets, int32(elements.n))
	}
	c.n++
}

// Repeat adds the value of a row once more.
func (c *textColumn) Repeat(row int) {
	switch {
	case isNull(c.nulls, row):
		c.AppendNull()
	case c.flat:
		from := len(c.arena)
		c.arena = append(c.arena, c.entry(int32(row))...)
		c.added(from)
	default:
		id := c.ids[row]
		c.entries[c.last].next = id
		c.met(id)
	}
}

// isNull reports whether a growing set has a row.
func isNull(set vector.Bitmap, row int) bool { return row>>6 < len(set) && set.Has(row) }
