package exec

import (
	"context"
	"math/bits"
	"sync"
	"sync/atomic"
	"unsafe"
)

const (
	// keyPartBits of a hash say which of keyParts a key belongs to: so many that the table of a part of a million keys
	// is small enough for what processors keep at hand.
	keyPartBits = 6
	keyParts    = 1 << keyPartBits
	// minWaitingKeys is how many keys of a part may wait at least until it is looked which of them are new.
	minWaitingKeys = 1 << 12
)

// keySets are the distinct ones of keys that several goroutines add, by the first bits of their hashes:
//
//	worker ─► keys of part 0, 1 … ─► part 0: distinct │ waiting
//	worker ─► …                      part 1: distinct │ waiting      each part has its own lock
//
// A key that is added waits; once there are more of those than distinct ones, or at the end, the part's keys are
// entered into a table, which is then given up again. So a part takes about twice what its distinct keys take, and a
// table is filled at once, as long as it is at hand.
type keySets[K comparable] struct {
	hash  func(K) uint64
	weigh func(K) int64 // bytes that a key holds beyond itself; nil for none
	held  atomic.Int64  // bytes
	parts [keyParts]keyPart[K]
}

type keyPart[K comparable] struct {
	mu       sync.Mutex
	keys     []K // those that wait follow the distinct ones
	distinct int
	extra    int64 // bytes that the keys hold beyond themselves
	held     int64
}

// add takes in keys of a part.
func (s *keySets[K]) add(part int, keys []K) {
	p := &s.parts[part]
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = append(p.keys, keys...)
	if s.weigh != nil {
		for _, k := range keys {
			p.extra += s.weigh(k)
		}
	}
	if len(p.keys)-p.distinct > max(p.distinct, minWaitingKeys) {
		s.dedupe(p)
	}
	s.charge(p)
}

// charge notes what a part holds.
func (s *keySets[K]) charge(p *keyPart[K]) {
	var none K
	held := int64(cap(p.keys))*int64(unsafe.Sizeof(none)) + p.extra
	s.held.Add(held - p.held)
	p.held = held
}

// dedupe drops keys that are there already.
func (s *keySets[K]) dedupe(p *keyPart[K]) {
	if p.distinct == len(p.keys) {
		return
	}
	size := 1 << bits.Len(uint(2*len(p.keys)))
	slots, mask := pairCells.get(size), uint64(size-1)
	keys, n := p.keys, 0
next:
	for _, k := range keys {
		at := s.hash(k) >> keyPartBits & mask
		for slots[at] != 0 {
			if keys[slots[at]-1] == k {
				if s.weigh != nil {
					p.extra -= s.weigh(k)
				}
				continue next
			}
			at = (at + 1) & mask
		}
		keys[n] = k
		n++
		slots[at] = int32(n)
	}
	pairCells.put(slots)
	clear(keys[n:])
	p.keys, p.distinct = keys[:n], n
}

// compact drops all keys that are there already. Several goroutines share the work.
func (s *keySets[K]) compact(ctx context.Context, workers int) error {
	return together(ctx, workers, keyParts, func(part int) error {
		p := &s.parts[part]
		p.mu.Lock()
		defer p.mu.Unlock()
		s.dedupe(p)
		s.charge(p)
		return nil
	})
}

// count returns how many keys there are after compact.
func (s *keySets[K]) count() (n int) {
	for i := range s.parts {
		n += len(s.parts[i].keys)
	}
	return n
}

// take gives up a part and returns its keys.
func (s *keySets[K]) take(part int) []K {
	p := &s.parts[part]
	p.mu.Lock()
	defer p.mu.Unlock()
	s.dedupe(p)
	keys := p.keys
	p.keys, p.distinct, p.extra = nil, 0, 0
	s.charge(p)
	return keys
}

// partedKeys are keys of one goroutine on their way to keySets.
type partedKeys[K comparable] struct {
	parts [keyParts][]K
	n     int
}

func (l *partedKeys[K]) add(k K, hash uint64) {
	part := hash % keyParts
	l.parts[part] = append(l.parts[part], k)
	l.n++
}

// give moves all keys to s.
func (l *partedKeys[K]) give(s *keySets[K]) {
	if l.n == 0 {
		return
	}
	for part, keys := range l.parts {
		if len(keys) > 0 {
			s.add(part, keys)
			clear(keys)
			l.parts[part] = keys[:0]
		}
	}
	l.n = 0
}

// take gives up all keys and returns them.
func (l *partedKeys[K]) take() []K {
	out := make([]K, 0, l.n)
	for part, keys := range l.parts {
		out = append(out, keys...)
		l.parts[part] = keys[:0]
	}
	l.n = 0
	return out
}
