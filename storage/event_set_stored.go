package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

const (
	// pageKeys is how many slots of a stored set are read and written at once.
	pageKeys  = 256
	pageBytes = pageKeys * int(len(EventKey{}))
	// cachedPages is how many pages all stored sets of an import have in memory: 2 MiB.
	cachedPages = 512
	// storedBlockBytes is how much of a set is written or read at once when all of it is.
	storedBlockBytes = 256 << 10
)

// setFile is a scratch file with the tables of stored sets, each at its place, and the pages of it that are in memory.
//
//	│ table of a day │ free │ table of another day │ table │
//	     └── slot i of a table: 16 bytes; pages of 256 slots come into memory and go back where they are changed
//
// It is not safe for concurrent use. After an error the sets in it are good for nothing.
type setFile struct {
	file  ScratchFile
	pages []cachedPage // by a hash of what they are of; nil until one is needed
	free  []extent     // in the order of their places, none next to another
	end   int64
}

// extent is a place in a file.
type extent struct{ at, size int64 }

// cachedPage is a page of a set in memory.
type cachedPage struct {
	of      *storedSet // nil: none
	number  int
	changed bool
	slots   []byte
}

// storedSet is an eventSet whose table is on disk: slot for slot the same.
type storedSet struct {
	file  *setFile
	place extent
	slots int
	n     int
	zero  bool
}

// allocate finds a place for a table. What is there is not said.
func (f *setFile) allocate(size int64) extent {
	for i, e := range f.free {
		if e.size < size {
			continue
		}
		f.free[i] = extent{e.at + size, e.size - size}
		if e.size == size {
			f.free = slices.Delete(f.free, i, i+1)
		}
		return extent{e.at, size}
	}
	e := extent{f.end, size}
	f.end += size
	return e
}

// release gives a place back.
func (f *setFile) release(e extent) {
	i, _ := slices.BinarySearchFunc(f.free, e.at, func(e extent, at int64) int { return int(min(max(e.at-at, -1), 1)) })
	if i < len(f.free) && e.at+e.size == f.free[i].at {
		e.size += f.free[i].size
		f.free = slices.Delete(f.free, i, i+1)
	}
	if i > 0 && f.free[i-1].at+f.free[i-1].size == e.at {
		i--
		e = extent{f.free[i].at, f.free[i].size + e.size}
		f.free = slices.Delete(f.free, i, i+1)
	}
	if e.at+e.size == f.end {
		f.end = e.at
		return
	}
	f.free = slices.Insert(f.free, i, e)
}

// empty returns a set with room for so many slots.
func (f *setFile) empty(slots int) (*storedSet, error) {
	s := &storedSet{file: f, slots: slots, place: f.allocate(int64(slots) * int64(len(EventKey{})))}
	zeros := make([]byte, min(storedBlockBytes, s.place.size))
	for at := int64(0); at < s.place.size; at += int64(len(zeros)) {
		if err := f.write(zeros[:min(int64(len(zeros)), s.place.size-at)], s.place.at+at); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// store returns a set with the keys of one in memory.
func (f *setFile) store(in *eventSet) (*storedSet, error) {
	slots := max(len(in.slots), minEventSlots)
	if len(in.slots) == 0 {
		s, err := f.empty(slots)
		if err == nil {
			s.zero = in.zero
		}
		return s, err
	}
	s := &storedSet{file: f, slots: slots, n: in.n, zero: in.zero, place: f.allocate(in.bytes())}
	block := make([]byte, 0, storedBlockBytes)
	at := s.place.at
	for i, key := range in.slots {
		block = append(block, key[:]...)
		if len(block) == storedBlockBytes || i == len(in.slots)-1 {
			if err := f.write(block, at); err != nil {
				return nil, err
			}
			at += int64(len(block))
			block = block[:0]
		}
	}
	return s, nil
}

func (f *setFile) write(p []byte, at int64) error {
	if _, err := f.file.WriteAt(p, at); err != nil {
		return fmt.Errorf("write the IDs of events to a scratch file: %w", err)
	}
	return nil
}

func (f *setFile) read(p []byte, at int64) error {
	if _, err := f.file.ReadAt(p, at); err != nil {
		return fmt.Errorf("read the IDs of events from a scratch file: %w", err)
	}
	return nil
}

// page returns a page of a set. It stays until the next call.
func (f *setFile) page(s *storedSet, number int) (*cachedPage, error) {
	if f.pages == nil {
		f.pages = make([]cachedPage, cachedPages)
	}
	p := &f.pages[(uint64(s.place.at)/uint64(pageBytes)+uint64(number))%cachedPages]
	if p.of == s && p.number == number {
		return p, nil
	}
	if err := f.clean(p); err != nil {
		return nil, err
	}
	at := int64(number) * int64(pageBytes)
	p.of = nil
	p.slots = slices.Grow(p.slots[:0], pageBytes)[:min(int64(pageBytes), s.place.size-at)]
	if err := f.read(p.slots, s.place.at+at); err != nil {
		return nil, err
	}
	p.of, p.number = s, number
	return p, nil
}

// clean writes a page back if it was changed.
func (f *setFile) clean(p *cachedPage) error {
	if p.of == nil || !p.changed {
		return nil
	}
	p.changed = false
	return f.write(p.slots, p.of.place.at+int64(p.number)*int64(pageBytes))
}

// close ends the file with all that is in it.
func (f *setFile) close() error {
	f.pages, f.free = nil, nil
	return f.file.Close()
}

// leave gives the set's place back.
func (s *storedSet) leave() {
	for i := range s.file.pages {
		if p := &s.file.pages[i]; p.of == s {
			p.of, p.changed = nil, false
		}
	}
	s.file.release(s.place)
}

// add is that of eventSet.
func (s *storedSet) add(key EventKey) (Sighting, error) {
	if key == (EventKey{}) {
		if s.zero {
			return Repeated, nil
		}
		s.zero = true
		return First, nil
	}
	if s.n*4 >= s.slots*3 {
		if err := s.grow(); err != nil {
			return Repeated, err
		}
	}
	return s.insert(key)
}

func (s *storedSet) insert(key EventKey) (Sighting, error) {
	page, slot, sighting, err := s.find(key)
	if err != nil || sighting == Repeated {
		return sighting, err
	}
	copy(slot, key[:])
	page.changed = true
	s.n++
	return sighting, nil
}

// find goes to the key, or to the free slot for it, which it returns: see eventSet.
func (s *storedSet) find(key EventKey) (page *cachedPage, slot []byte, sighting Sighting, err error) {
	first, further := slotsOf(key, s.slots)
	page, slot, known, found, err := s.look(key, first)
	switch {
	case err != nil || found:
		return page, slot, Repeated, err
	case !known:
		return page, slot, First, nil
	}
	if page, slot, _, found, err = s.look(key, further); err != nil || found {
		return page, slot, Repeated, err
	}
	return page, slot, Doubtful, nil
}

// look looks for a key from the slot at on, up to the first free one. known says that it came upon the key's identity.
func (s *storedSet) look(key EventKey, at int) (_ *cachedPage, slot []byte, known, found bool, err error) {
	const size = len(EventKey{})
	identity := binary.LittleEndian.Uint64(key[:])
	for i := at; ; {
		page, err := s.file.page(s, i/pageKeys)
		if err != nil {
			return nil, nil, false, false, err
		}
		for rest := page.slots[i%pageKeys*size:]; len(rest) > 0; rest = rest[size:] {
			switch there := EventKey(rest); {
			case there == EventKey{}:
				return page, rest[:size], known, false, nil
			case there == key:
				return page, rest[:size], true, true, nil
			case binary.LittleEndian.Uint64(rest) == identity:
				known = true
			}
			i++
		}
		if i == s.slots {
			i = 0
		}
	}
}

// knows is that of eventSet.
func (s *storedSet) knows(key EventKey) (bool, error) {
	first, _ := slotsOf(key, s.slots)
	_, _, known, _, err := s.look(key, first)
	return known, err
}

// grow moves the set to a table with half as many slots again. As keys are in the same order in both, these are
// gone through from their beginnings to their ends.
func (s *storedSet) grow() error {
	f := s.file
	for i := range f.pages {
		if f.pages[i].of == s {
			if err := f.clean(&f.pages[i]); err != nil {
				return err
			}
		}
	}
	larger, err := f.empty(s.slots + s.slots/2)
	if err != nil {
		return err
	}
	block := make([]byte, storedBlockBytes)
	for at := int64(0); at < s.place.size; at += int64(len(block)) {
		block = block[:min(int64(len(block)), s.place.size-at)]
		if err := f.read(block, s.place.at+at); err != nil {
			return err
		}
		for rest := block; len(rest) > 0; rest = rest[len(EventKey{}):] {
			if key := EventKey(rest); key != (EventKey{}) {
				if _, err := larger.insert(key); err != nil {
					return err
				}
			}
		}
	}
	if larger.n != s.n {
		return errors.Join(fmt.Errorf("a table with the IDs of %d events had %d", s.n, larger.n), errLostKeys)
	}
	s.leave()
	// What pages hold of the larger one is this one's from now on.
	for i := range f.pages {
		if f.pages[i].of == larger {
			f.pages[i].of = s
		}
	}
	larger.zero = s.zero
	*s = *larger
	return nil
}

var errLostKeys = errors.New("the scratch file is not as it was written")
