package storage

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/bits"
	"math/rand/v2"
)

// EventKey tells events apart: 8 bytes say which event it is, 8 what it holds. The same event delivered
// twice has the same key; one that contradicts another of its ID shares the first half with it. Both are cut
// from cryptographic hashes, so that crafted logs cannot make one event pass for another.
type EventKey [16]byte

// identityBytes is the length of the first half.
const identityBytes = 8

// KeyOf returns the key of the event with the given ID and recipient account, the pair that identifies an
// event. sum is the SHA-256 of its eventjson. scratch is reused and returned.
func KeyOf(eventID, recipientAccountID []byte, sum [sha256.Size]byte, scratch []byte) (EventKey, []byte) {
	scratch = append(scratch[:0], eventID...)
	scratch = append(scratch, 0)
	scratch = append(scratch, recipientAccountID...)
	identity := sha256.Sum256(scratch)
	var key EventKey
	copy(key[:identityBytes], identity[:])
	copy(key[identityBytes:], sum[:])
	return key, scratch
}

// KeyOfContent returns the key of an event that has no ID: it equals only events
// with the same text. sum is the SHA-256 of eventjson.
func KeyOfContent(sum [sha256.Size]byte) EventKey { return EventKey(sum[:16]) }

// Sighting says whether an event was met before.
type Sighting uint8

// The sightings.
const (
	First       Sighting = iota
	Repeated             // an event with this ID, recipient account and text was met before
	Conflicting          // one with this ID and recipient account was, on another day: what it says differs
	Doubtful             // one was on this day, but its text differs: they may say the same
)

// eventSet is a set of keys: an open-addressing table of 16 bytes a slot, at most
// three quarters full. It is not safe for concurrent use.
//
// The first key of an identity lies behind the slot that the identity leads to, the others behind those that
// their contents lead to: however many events have one ID, none is looked for behind all the others. Which
// slots these are nobody can tell who makes up IDs.
type eventSet struct {
	slots  []EventKey
	n      int
	zero   bool  // the all-zero key, which marks empty slots, is in the set
	probes int64 // slots that were looked at, for tests
}

// minEventSlots is small: logs may be of very many days with an event each.
const minEventSlots = 1 << 3

// eventSeeds say which keys lead to which slots, differently in each process. What a set answers does not depend on them.
var eventSeeds = [3]uint64{rand.Uint64(), rand.Uint64() | 1, rand.Uint64() | 1}

// slotsOf returns the slots of a table of so many behind which a key is: the first one of its identity behind first, others behind
// further. Keys in the order of their slots in a table are so in a larger one, too.
func slotsOf(key EventKey, slots int) (first, further int) {
	identity, content := binary.LittleEndian.Uint64(key[:]), binary.LittleEndian.Uint64(key[identityBytes:])
	return salted(identity, eventSeeds[1], slots), salted(identity^bits.RotateLeft64(content, 32), eventSeeds[2], slots)
}

func salted(word, salt uint64, slots int) int {
	word ^= eventSeeds[0]
	word = (word ^ word>>32) * salt
	word = (word ^ word>>29) * 0x9e3779b97f4a7c15 // odd, and of all bits
	at, _ := bits.Mul64(word^word>>32, uint64(slots))
	return int(at)
}

// bytes returns the memory that the set holds.
func (s *eventSet) bytes() int64 { return int64(len(s.slots)) * int64(len(EventKey{})) }

// reserve makes the table so large at least.
func (s *eventSet) reserve(slots int) {
	if slots > len(s.slots) {
		s.resize(slots)
	}
}

// full reports whether the table must be larger before another key comes.
func (s *eventSet) full() bool { return s.n*4 >= len(s.slots)*3 }

// larger returns the size that it has then.
func (s *eventSet) larger() int { return max(minEventSlots, len(s.slots)+len(s.slots)/2) }

// slotsFor returns the size of a table for n keys, two thirds full.
func slotsFor(n int) int { return max(minEventSlots, n/2*3) }

// add puts key into the set and reports what was there.
func (s *eventSet) add(key EventKey) Sighting {
	if key == (EventKey{}) {
		if s.zero {
			return Repeated
		}
		s.zero = true
		return First
	}
	if s.full() {
		s.resize(s.larger())
	}
	sighting := s.insert(key)
	if sighting != Repeated {
		s.n++
	}
	return sighting
}

// insert is add of a key that has room.
func (s *eventSet) insert(key EventKey) Sighting {
	first, further := slotsOf(key, len(s.slots))
	i, known, found := s.find(key, first)
	switch {
	case found:
		return Repeated
	case !known:
		s.slots[i] = key
		return First
	}
	if i, _, found = s.find(key, further); found {
		return Repeated
	}
	s.slots[i] = key
	return Doubtful
}

// find looks for a key from the slot at on, up to the first empty one, which it returns. known says that it came upon
// the key's identity.
func (s *eventSet) find(key EventKey, at int) (i int, known, found bool) {
	identity := binary.LittleEndian.Uint64(key[:])
	for i = at; s.slots[i] != (EventKey{}); {
		s.probes++
		if s.slots[i] == key {
			return i, true, true
		}
		known = known || binary.LittleEndian.Uint64(s.slots[i][:]) == identity
		if i++; i == len(s.slots) {
			i = 0
		}
	}
	return i, known, false
}

// knows reports whether the set has an event of the key's identity.
func (s *eventSet) knows(key EventKey) bool {
	if len(s.slots) == 0 {
		return false
	}
	first, _ := slotsOf(key, len(s.slots))
	_, known, _ := s.find(key, first)
	return known
}

func (s *eventSet) resize(size int) {
	old := s.slots
	s.slots = make([]EventKey, size)
	for _, key := range old {
		if key != (EventKey{}) {
			s.insert(key)
		}
	}
}

// sumOf returns the SHA-256 that is the eventjsonchecksum text.
func sumOf(text string) (sum [sha256.Size]byte, err error) {
	const padding = "="
	var decoded [base64Bytes]byte
	if len(text) != base64Bytes || text[base64Bytes-1:] != padding {
		return sum, fmt.Errorf("eventjsonchecksum %q is no SHA-256 in Base64", text)
	}
	n, err := base64.StdEncoding.Decode(decoded[:], []byte(text))
	if err != nil || n != len(sum) {
		return sum, fmt.Errorf("eventjsonchecksum %q is no SHA-256 in Base64", text)
	}
	copy(sum[:], decoded[:])
	return sum, nil
}

// base64Bytes is the length of a SHA-256 in Base64.
const base64Bytes = (sha256.Size + 2) / 3 * 4
