package exec

import (
	"context"
	"math/bits"
	"sync"
	"sync/atomic"
)

// pairSet are the distinct ones of pairs of numbers that several workers add, by the first bits of their hashes:
//
//	worker ─► seen lately? ─► pairs of part 0, 1 … ─► part 0: distinct │ waiting
//	worker ─► …                                       part 1: distinct │ waiting      each part has its own lock
//
// As in keySets, pairs that were added wait until it pays to look which of them are new, in a table that is small enough for
// what processors keep at hand. If the set keeps firsts, these are the least ordinals that each pair was added with.
type pairSet struct {
	ordered bool
	held    atomic.Int64 // bytes
	parts   [keyParts]pairPart
}

type pairPart struct {
	mu       sync.Mutex
	pairs    []uint64 // those that wait follow the distinct ones
	firsts   []int64  // of each; nil if the set keeps none
	distinct int
	held     int64
}

// add takes in pairs of a part.
func (s *pairSet) add(part int, pairs []uint64, firsts []int64) {
	p := &s.parts[part]
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pairs = append(p.pairs, pairs...)
	p.firsts = append(p.firsts, firsts...)
	if len(p.pairs)-p.distinct > max(p.distinct, minWaitingKeys) {
		p.dedupe()
	}
	s.charge(p)
}

func (s *pairSet) charge(p *pairPart) {
	held := 8 * int64(cap(p.pairs)+cap(p.firsts))
	s.held.Add(held - p.held)
	p.held = held
}

// dedupe drops pairs that are there already.
func (p *pairPart) dedupe() {
	if p.distinct == len(p.pairs) {
		return
	}
	size := 1 << bits.Len(uint(2*len(p.pairs)))
	slots, mask := pairCells.get(size), uint64(size-1)
	pairs, firsts, n := p.pairs, p.firsts, 0
next:
	for i, pair := range pairs {
		at := hashPair(pair) >> keyPartBits & mask
		for slots[at] != 0 {
			if k := slots[at] - 1; pairs[k] == pair {
				if firsts != nil && firsts[i] < firsts[k] {
					firsts[k] = firsts[i]
				}
				continue next
			}
			at = (at + 1) & mask
		}
		pairs[n] = pair
		if firsts != nil {
			firsts[n] = firsts[i]
		}
		n++
		slots[at] = int32(n)
	}
	pairCells.put(slots)
	p.pairs, p.distinct = pairs[:n], n
	if firsts != nil {
		p.firsts = firsts[:n]
	}
}

// compact drops all pairs that are there already. Several goroutines share the work.
func (s *pairSet) compact(ctx context.Context, workers int) error {
	return together(ctx, workers, keyParts, func(part int) error {
		p := &s.parts[part]
		p.mu.Lock()
		defer p.mu.Unlock()
		p.dedupe()
		s.charge(p)
		return nil
	})
}

// count returns how many pairs there are after compact.
func (s *pairSet) count() (n int) {
	for i := range s.parts {
		n += len(s.parts[i].pairs)
	}
	return n
}

const (
	// latelyBits of a hash say where a worker remembers a pair.
	latelyBits = 15
	// lowNumbers are the bits of a pair that its second number has.
	lowNumbers = 1<<32 - 1
)

// pairSink finds pairs for one worker.
type pairSink struct {
	to     *pairSet
	lately []uint64 // pairs plus one that were handed on
	pairs  [keyParts][]uint64
	firsts [keyParts][]int64
	n      int
}

func newPairSink(to *pairSet) *pairSink {
	return &pairSink{to: to, lately: make([]uint64, 1<<latelyBits)}
}

// add takes in the pairs of a[i] and b[i], which are not negative. ordinals are those of the rows, in ascending order from call to call.
// With some set, pairs whose second number is 0 are none.
func (s *pairSink) add(a, b []int32, ordinals []int64, some bool) {
	lately := s.lately
	b = b[:len(a)]
	for i := range a {
		if some && b[i] == 0 {
			continue
		}
		pair := pairOf(a[i], b[i])
		hash := hashPair(pair)
		seen := &lately[hash>>(64-latelyBits)]
		if *seen == pair+1 {
			continue
		}
		*seen = pair + 1
		part := hash % keyParts
		s.pairs[part] = append(s.pairs[part], pair)
		if s.to.ordered {
			s.firsts[part] = append(s.firsts[part], ordinals[i])
		}
		s.n++
	}
}

// flush hands on what was found, if that is much or all.
func (s *pairSink) flush(all bool) (handed bool) {
	if s.n == 0 || s.n < sinkKeys && !all {
		return false
	}
	for part, pairs := range s.pairs {
		if len(pairs) > 0 {
			s.to.add(part, pairs, s.firsts[part])
			s.pairs[part], s.firsts[part] = pairs[:0], s.firsts[part][:0]
		}
	}
	s.n = 0
	return true
}

// sinkBytes is about what a sink holds.
const sinkBytes = 8<<latelyBits + 32*sinkKeys
