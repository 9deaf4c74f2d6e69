package exec

import (
	"context"
	"math/bits"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/ctlake/ctlake/storage/vector"
)

const (
	// keyPartBits of a hash say which of keyParts a key belongs to: so many that workers have enough of them to share, so
	// few that the ends of all are at hand for who puts keys there.
	keyPartBits = 6
	keyParts    = 1 << keyPartBits
	// firstBlockKeys and blockKeys are how many keys a block of a worker has room for: the first of a part, and the others.
	firstBlockKeys = 1 << 5
	blockKeys      = 1 << 8
	// minWaitingKeys is how many keys of a part may wait at least until it is looked which of them are new.
	minWaitingKeys = 1 << 12
	// patience is how many times as many as there are distinct ones may wait, if those before were new for the most part, and
	// mostPatience if nearly all of them were: all but one of nearlyAll.
	patience     = 4
	mostPatience = 64
	nearlyAll    = 16
	// tableKeys is up to how many keys are looked at together, if their hashes let them be told apart: they and their table
	// are small enough for the cache that a processor has for itself.
	tableKeys = 6 << 10
	// maxDivideBits is how many bits more may say which keys are looked at together.
	maxDivideBits = 10
	// divideShift, slotShift and tagShift are where the bits of a hash begin that divide a part, that say which slot a key
	// has, and that a slot keeps.
	divideShift = keyPartBits
	slotShift   = 24
	tagShift    = 48
	// numberBits of a slot are a key's number plus one, which are at most maxNumbered; the others are of its hash.
	numberBits  = 16
	maxNumbered = 1<<numberBits - 1
)

// keySets are the distinct ones of keys that several goroutines add, by the last bits of their hashes:
//
//	worker ─► blocks of part 0, 1 … ─► part 0: distinct │ waiting blocks ─► divided ─► table ─► distinct
//	worker ─► …                        part 1: distinct │ waiting blocks               table
//
// Each part has its own lock. Keys that are added wait in the blocks that they came in. At the end, or when many more of
// them wait than there are distinct ones, a part's keys are divided by further bits of their hashes, until those that belong
// together fit with a table into what a processor keeps for itself. The table is given up again. So a
// key is written twice and looked at while it is at hand, however many there are.
type keySets[K comparable] struct {
	hash    func(keys []K, hashes []uint64) // of as many keys as there are hashes
	weigh   func(K) int64                   // bytes that a key holds beyond itself; nil for none
	held    atomic.Int64                    // bytes
	parts   [keyParts]keyPart[K]
	scratch sync.Pool // of *[]K, to count in
}

type keyPart[K comparable] struct {
	mu       sync.Mutex
	distinct []K
	blocks   [][]K // of keys that wait
	tail     []K   // others that wait
	waiting  int   // in both
	limit    int   // how many may wait
	extra    int64 // bytes that the keys hold beyond themselves
	held     int64
}

// add takes in a block of keys of a part, which it keeps.
func (s *keySets[K]) add(part int, keys []K) {
	p := &s.parts[part]
	p.mu.Lock()
	defer p.mu.Unlock()
	p.blocks = append(p.blocks, keys)
	s.added(p, keys)
}

// addFew takes in a copy of keys of a part.
func (s *keySets[K]) addFew(part int, keys []K) {
	p := &s.parts[part]
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tail = append(p.tail, keys...); len(p.tail) >= blockKeys {
		p.blocks = append(p.blocks, p.tail)
		p.tail = nil
	}
	s.added(p, keys)
}

func (s *keySets[K]) added(p *keyPart[K], keys []K) {
	p.waiting += len(keys)
	if s.weigh != nil {
		for _, k := range keys {
			p.extra += s.weigh(k)
		}
	}
	if p.waiting > max(p.limit, minWaitingKeys) {
		s.dedupe(p)
	}
	s.charge(p)
}

// charge notes what a part holds.
func (s *keySets[K]) charge(p *keyPart[K]) {
	held := keyBytes[K](cap(p.distinct)+p.waiting) + p.extra
	s.held.Add(held - p.held)
	p.held = held
}

// keyBytes returns how many bytes n keys take.
func keyBytes[K comparable](n int) int64 {
	var one K
	return int64(n) * int64(unsafe.Sizeof(one))
}

// len returns how many keys a part has, some of them perhaps more than once.
func (p *keyPart[K]) len() int { return len(p.distinct) + p.waiting }

// each calls do for all keys of a part, up to blockKeys at a time.
func (p *keyPart[K]) each(do func(keys []K)) {
	for _, keys := range append(p.blocks[:len(p.blocks):len(p.blocks)], p.tail, p.distinct) {
		for len(keys) > 0 {
			n := min(len(keys), blockKeys)
			do(keys[:n])
			keys = keys[n:]
		}
	}
}

// dedupe drops keys that are there already.
func (s *keySets[K]) dedupe(p *keyPart[K]) {
	if p.waiting == 0 {
		return
	}
	known, waited := len(p.distinct), p.waiting
	keys := make([]K, p.len())
	n, from := 0, 0
	for _, to := range s.divide(p, keys) {
		distinct := s.unique(keys[from:to], func(k K) {
			if s.weigh != nil {
				p.extra -= s.weigh(k)
			}
		})
		n += copy(keys[n:], keys[from:from+distinct])
		from = to
	}
	p.drop()
	if n <= len(keys)/2 {
		p.distinct = append([]K(nil), keys[:n]...)
	} else {
		clear(keys[n:])
		p.distinct = keys[:n]
	}
	switch again := waited - (n - known); {
	case again <= waited/nearlyAll:
		p.limit = n * mostPatience
	case again < waited/2:
		p.limit = n * patience
	default:
		p.limit = n
	}
}

func (p *keyPart[K]) drop() { p.distinct, p.blocks, p.tail, p.waiting = nil, nil, nil, 0 }

// divide copies the keys of a part to keys, which has room for just these, those together that are to be looked at together, and
// returns where each of these ends.
func (s *keySets[K]) divide(p *keyPart[K], keys []K) (ends []int) {
	shift := uint(0)
	for shift < maxDivideBits && len(keys)>>shift > tableKeys {
		shift++
	}
	if shift == 0 {
		n := 0
		p.each(func(some []K) { n += copy(keys[n:], some) })
		return []int{n}
	}
	var room [blockKeys]uint64
	ends = make([]int, 1<<shift)
	mask := uint64(len(ends) - 1)
	p.each(func(some []K) {
		hashes := room[:len(some)]
		s.hash(some, hashes)
		for _, h := range hashes {
			ends[h>>divideShift&mask]++
		}
	})
	from := 0
	for i, n := range ends {
		ends[i] = from // and the end once all are there
		from += n
	}
	p.each(func(some []K) {
		hashes := room[:len(some)]
		s.hash(some, hashes)
		for i, h := range hashes {
			at := &ends[h>>divideShift&mask]
			keys[*at] = some[i]
			*at++
		}
	})
	return ends
}

func hashUUID(u vector.UUID) uint64 {
	hi, lo := bits.Mul64(u.Hi^hashSeeds[0], u.Lo^hashSeeds[1])
	return hi ^ lo
}

func hashUUIDs(keys []vector.UUID, hashes []uint64) {
	for i, k := range keys {
		hashes[i] = hashUUID(k)
	}
}

func hashStrings(keys []string, hashes []uint64) {
	for i, k := range keys {
		hashes[i] = hashString(k)
	}
}

func hashInt64s(keys []int64, hashes []uint64) {
	for i, k := range keys {
		hashes[i] = hashInt64(k)
	}
}

// keySlots are tables of keys: numbers plus one, and bits of the hash.
var keySlots pools[uint32]

// unique moves the distinct ones of keys to their front and returns how many those are. It calls again for each of the others.
func (s *keySets[K]) unique(keys []K, again func(K)) int {
	n := 0
	if len(keys) > maxNumbered {
		seen := make(map[K]struct{}) // most of them are one key, or few
		for _, k := range keys {
			if _, ok := seen[k]; ok {
				again(k)
				continue
			}
			seen[k] = struct{}{}
			keys[n] = k
			n++
		}
		return n
	}
	slots := keySlots.get(1 << bits.Len(uint(2*len(keys))))
	mask := uint64(len(slots) - 1)
	var room [blockKeys]uint64
	for from := 0; from < len(keys); from += blockKeys {
		some := keys[from:min(from+blockKeys, len(keys))]
		hashes := room[:len(some)]
		s.hash(some, hashes)
	next:
		for i, h := range hashes {
			k, at, tag := some[i], h>>slotShift&mask, uint32(h>>tagShift)<<numberBits
			for ; slots[at] != 0; at = (at + 1) & mask {
				if slot := slots[at]; slot&^maxNumbered == tag && keys[slot&maxNumbered-1] == k {
					again(k)
					continue next
				}
			}
			keys[n] = k
			n++
			slots[at] = tag | uint32(n)
		}
	}
	keySlots.put(slots)
	return n
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

// count gives all keys up and returns how many distinct ones there were. Several goroutines share the work, each of which
// takes as much memory more as the keys of a part.
func (s *keySets[K]) count(ctx context.Context, workers int) (n int, err error) {
	var counts [keyParts]int
	err = together(ctx, workers, keyParts, func(part int) error {
		p := &s.parts[part]
		p.mu.Lock()
		defer p.mu.Unlock()
		counts[part] = s.countPart(p)
		p.drop()
		p.extra = 0
		s.charge(p)
		return nil
	})
	for _, c := range counts {
		n += c
	}
	return n, err
}

func (s *keySets[K]) countPart(p *keyPart[K]) (n int) {
	if p.waiting == 0 {
		return len(p.distinct)
	}
	room, _ := s.scratch.Get().(*[]K)
	if room == nil {
		room = new([]K)
	}
	if size := p.len(); cap(*room) < size {
		*room = make([]K, size+size/8)
	}
	keys, from := (*room)[:p.len()], 0
	for _, to := range s.divide(p, keys) {
		n += s.unique(keys[from:to], func(K) {})
		from = to
	}
	s.scratch.Put(room)
	return n
}

// largest returns how many bytes the keys of the largest part take.
func (s *keySets[K]) largest() int64 {
	most := 0
	for i := range s.parts {
		p := &s.parts[i]
		p.mu.Lock()
		most = max(most, p.len())
		p.mu.Unlock()
	}
	return keyBytes[K](most)
}

// take gives up a part and returns its keys.
func (s *keySets[K]) take(part int) []K {
	p := &s.parts[part]
	p.mu.Lock()
	defer p.mu.Unlock()
	s.dedupe(p)
	keys := p.distinct
	p.drop()
	p.extra = 0
	s.charge(p)
	return keys
}

// partedKeys are keys of one goroutine on their way to keySets.
type partedKeys[K comparable] struct {
	blocks [keyParts][]K
	used   [keyParts]int32 // keys in each
	full   []fullBlock[K]
	n      int
}

type fullBlock[K comparable] struct {
	part int
	keys []K
}

func (l *partedKeys[K]) add(k K, hash uint64) {
	part := hash % keyParts
	at := l.used[part]
	if int(at) == len(l.blocks[part]) {
		at = l.grow(part)
	}
	l.blocks[part][at] = k
	l.used[part] = at + 1
	l.n++
}

// grow makes room for a further key of a part, and returns its place.
func (l *partedKeys[K]) grow(part uint64) int32 {
	block := l.blocks[part]
	if len(block) == blockKeys {
		l.full = append(l.full, fullBlock[K]{int(part), block})
		l.blocks[part] = make([]K, blockKeys)
		return 0
	}
	l.blocks[part] = make([]K, min(max(firstBlockKeys, 4*len(block)), blockKeys))
	return int32(copy(l.blocks[part], block))
}

// give moves keys to s: those of blocks that are full, or all.
func (l *partedKeys[K]) give(s *keySets[K], all bool) {
	for _, b := range l.full {
		s.add(b.part, b.keys)
		l.n -= len(b.keys)
	}
	clear(l.full)
	l.full = l.full[:0]
	if !all {
		return
	}
	for part, n := range l.used {
		if n > 0 {
			keys := l.blocks[part][:n]
			s.addFew(part, keys)
			clear(keys)
			l.used[part] = 0
		}
	}
	l.n = 0
}

// take gives up all keys and returns them.
func (l *partedKeys[K]) take() []K {
	out := make([]K, 0, l.n)
	for _, b := range l.full {
		out = append(out, b.keys...)
	}
	clear(l.full)
	l.full = l.full[:0]
	for part, n := range l.used {
		keys := l.blocks[part][:n]
		out = append(out, keys...)
		clear(keys)
		l.used[part] = 0
	}
	l.n = 0
	return out
}
