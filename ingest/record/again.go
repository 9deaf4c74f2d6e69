package record

import "encoding/binary"

// again knows objects and arrays that were scanned before, by their text: what has the same bytes is as
// valid as they are, and ends where they end. Events of one session have one userIdentity, a third of the record,
// and comparing is many times as fast as scanning.
//
//	first bytes of the value ──hash──► slot: text ── the same here? ──► its length
//
// It never changes what a scan finds.
type again struct {
	slots [againSlots][2][]byte // each has the values that were scanned last of those with its hash, the last one first
	tried [MaxNames]uint16      // by the member's name, in the turn at hand
	hits  [MaxNames]uint16
	rest  [MaxNames]uint16 // values that are not looked up
}

const (
	againSlots = 1 << 8
	// Values of other lengths are not kept: to scan short ones is quicker, and long ones would take memory.
	minAgainBytes = 40
	maxAgainBytes = 768
	// Of so many values it shows whether they come again: where fewer than one in againShare does,
	// againRest values are scanned without looking.
	againTrial = 64
	againShare = 4
	againRest  = 2048
	// hashedBytes is how far into the text the hash looks.
	hashedBytes = 104
)

// find returns the end of the value at text[at], if it was scanned before; else the slot to keep it in, negative if it is not to be kept.
func (a *again) find(text []byte, at int, name Name) (end, slot int) {
	n := name % MaxNames
	if a.rest[n] > 0 {
		a.rest[n]--
		return 0, -1
	}
	if at+hashedBytes > len(text) {
		return 0, -1
	}
	if a.tried[n]++; a.tried[n] == againTrial {
		if a.hits[n]*againShare < againTrial {
			a.rest[n] = againRest
		}
		a.tried[n], a.hits[n] = 0, 0
	}
	slot = int(hashAt(text[at:]))
	known := &a.slots[slot]
	for i, value := range known {
		if end = at + len(value); end > at && end <= len(text) && string(text[at:end]) == string(value) {
			if i > 0 {
				known[0], known[1] = known[1], known[0]
			}
			a.hits[n]++
			return end, slot
		}
	}
	return 0, slot
}

// keep remembers a value that was found to be right.
func (a *again) keep(slot int, value []byte) {
	if slot >= 0 && len(value) >= minAgainBytes && len(value) <= maxAgainBytes {
		known := &a.slots[slot]
		known[0], known[1] = append(known[1][:0], value...), known[0]
	}
}

// hashAt returns the slot for a value by what tells callers apart in userIdentity (their IDs and names
// lie 40 bytes in), and hosts in tlsDetails, further behind.
func hashAt(text []byte) uint8 {
	_ = text[hashedBytes-1]
	word := func(at int) uint64 { return binary.LittleEndian.Uint64(text[at:]) }
	h := word(0)*0x9e3779b97f4a7c15 ^ word(32)*0xc2b2ae3d27d4eb4f ^ word(40)*0x165667b19e3779f9 ^ word(48)*0xd6e8feb86659fd93 ^
		word(56)*0xa0761d6478bd642f ^ word(88)*0xe7037ed1a0b428db ^ word(96)*0x8ebc6af09c88c6e3
	return uint8((h ^ h>>29) * 0x9e3779b97f4a7c15 >> 56)
}
