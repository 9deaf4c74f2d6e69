package storage

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/bits"
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
type eventSet struct {
	slots []EventKey
	n     int
	zero  bool // the all-zero key, which marks empty slots, is in the set
}

const minEventSlots = 1 << 8

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

// insert is add of a key that has room. All keys of one identity are found on the way from the same slot.
func (s *eventSet) insert(key EventKey) Sighting {
	sighting := First
	identity := binary.LittleEndian.Uint64(key[:])
	at, _ := bits.Mul64(identity, uint64(len(s.slots)))
	for i := int(at); ; {
		switch slot := &s.slots[i]; {
		case *slot == EventKey{}:
			*slot = key
			return sighting
		case *slot == key:
			return Repeated
		case binary.LittleEndian.Uint64(slot[:]) == identity:
			sighting = Doubtful
		}
		if i++; i == len(s.slots) {
			i = 0
		}
	}
}

// knows reports whether the set has an event of the key's identity.
func (s *eventSet) knows(key EventKey) bool {
	if len(s.slots) == 0 {
		return false
	}
	identity := binary.LittleEndian.Uint64(key[:])
	at, _ := bits.Mul64(identity, uint64(len(s.slots)))
	for i := int(at); s.slots[i] != (EventKey{}); {
		if binary.LittleEndian.Uint64(s.slots[i][:]) == identity {
			return true
		}
		if i++; i == len(s.slots) {
			i = 0
		}
	}
	return false
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
