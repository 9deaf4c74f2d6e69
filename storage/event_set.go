package storage

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
)

// EventKey tells events apart: the same event delivered twice has the same key.
// It is cut from a cryptographic hash, so that crafted logs cannot make one event
// pass for another.
type EventKey [16]byte

// KeyOf returns the key of the event with the given ID and recipient account, the
// pair that identifies an event. scratch is reused and returned.
func KeyOf(eventID, recipientAccountID, scratch []byte) (EventKey, []byte) {
	scratch = append(scratch[:0], eventID...)
	scratch = append(scratch, 0)
	scratch = append(scratch, recipientAccountID...)
	sum := sha256.Sum256(scratch)
	return EventKey(sum[:16]), scratch
}

// KeyOfContent returns the key of an event that has no ID: it equals only events
// with the same text. sum is the SHA-256 of eventjson.
func KeyOfContent(sum [sha256.Size]byte) EventKey { return EventKey(sum[:16]) }

// eventSet is a set of keys: an open-addressing table of 16 bytes a slot, at most
// three quarters full. It is not safe for concurrent use.
type eventSet struct {
	slots []EventKey
	n     int
	zero  bool // the all-zero key, which marks empty slots, is in the set
}

const minEventSlots = 1 << 12

// add puts key into the set and reports whether it was new.
func (s *eventSet) add(key EventKey) bool {
	if key == (EventKey{}) {
		added := !s.zero
		s.zero = true
		return added
	}
	if s.n*4 >= len(s.slots)*3 {
		s.grow()
	}
	if !s.insert(key) {
		return false
	}
	s.n++
	return true
}

func (s *eventSet) insert(key EventKey) bool {
	mask := uint64(len(s.slots) - 1)
	for i := binary.LittleEndian.Uint64(key[:]) & mask; ; i = (i + 1) & mask {
		switch s.slots[i] {
		case EventKey{}:
			s.slots[i] = key
			return true
		case key:
			return false
		}
	}
}

func (s *eventSet) grow() {
	old := s.slots
	s.slots = make([]EventKey, max(minEventSlots, 2*len(old)))
	for _, key := range old {
		if key != (EventKey{}) {
			s.insert(key)
		}
	}
}

// keyOfChecksum is KeyOfContent of an event whose eventjsonchecksum is text.
func keyOfChecksum(text string) (EventKey, error) {
	sum, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(sum) != sha256.Size {
		return EventKey{}, fmt.Errorf("eventjsonchecksum %q is no SHA-256 in Base64", text)
	}
	return KeyOfContent([sha256.Size]byte(sum)), nil
}
