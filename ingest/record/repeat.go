package record

import "hash/maphash"

// seen knows which value of the vector at hand an object or array was read as before, by its text: the
// same text makes the same value, so that its number is all that is needed. Neighbours are
// often of one caller, whose userIdentity is a third of the record.
//
//	text of the value ──hash──► slot: text, number ── same text? ──► the number
type seen struct {
	slots       []seenSlot // each has the value that was met last of those with its hash
	last        seenSlot   // the value that was met last
	tried, hits int        // in the vector at hand
	pause       int        // vectors in which nothing is looked for
}

type seenSlot struct {
	text []byte // of a record, which does not change; nil: empty
	id   int32
}

const (
	seenSlots = 1 << 10
	// Of so many values or more it shows whether they come again: where fewer than one in seenShare does,
	// seenPause vectors are built without looking.
	seenTrial = 64
	seenShare = 4
	seenPause = 32
)

// find returns the number of the value that text was read as before; else it takes note that it will be id.
func (s *seen) find(text []byte, id int32) (before int32, ok bool) {
	if s.pause > 0 {
		return 0, false
	}
	if s.slots == nil {
		s.slots = make([]seenSlot, seenSlots)
	}
	s.tried++
	if s.last.text != nil && string(s.last.text) == string(text) {
		s.hits++
		return s.last.id, true
	}
	slot := &s.slots[maphash.Bytes(textSeed, text)%seenSlots]
	if string(slot.text) == string(text) {
		s.hits++
		s.last = *slot
		return slot.id, true
	}
	*slot = seenSlot{text, id}
	s.last = *slot
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
	s.tried, s.hits, s.last = 0, 0, seenSlot{}
}
