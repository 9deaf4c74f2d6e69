package exec

import (
	"math/bits"
	"math/rand/v2"
	"sync"
)

// pairTable numbers pairs of small numbers in the order in which they are first
// seen. As long as both are small it is an array:
//
//	number = dense[a<<shift | b] − 1      0: not seen
//
// beyond denseSlots slots it is a hash table with open addressing: slots[h], then
// slots[h+1] and so on hold a pair and its number.
type pairTable struct {
	n     int
	dense []int32 // numbers plus one
	shift uint    // bits of b in dense
	slots []pairSlot
	mask  uint64

	looked int32 // what addAll found ahead, so that it looks
}

type pairSlot struct {
	pair   uint64
	number int32 // plus one: 0 is an empty slot
}

const (
	// denseSlots is how large the array may become.
	denseSlots = 1 << 16
	// firstPairSlots is how many slots a hash table begins with at least.
	firstPairSlots = 1 << 10
	// maxPooledSlots is how large the arrays are that are kept for the next table.
	maxPooledSlots = 1 << 16
)

// pools are arrays by the binary logarithm of their size, for the tables of splits: these come one after the other.
type pools[T any] [17]sync.Pool // of *[]T

var (
	pairSlots pools[pairSlot]
	pairCells pools[int32]
)

// get returns an array of n zeros, a power of two.
func (p *pools[T]) get(n int) []T {
	if n <= maxPooledSlots {
		if s, ok := p[bits.Len(uint(n))-1].Get().(*[]T); ok {
			clear(*s)
			return *s
		}
	}
	return make([]T, n)
}

// put takes an array that get has returned and that is used no more.
func (p *pools[T]) put(s []T) {
	if n := len(s); n > 0 && n <= maxPooledSlots {
		p[bits.Len(uint(n))-1].Put(&s)
	}
}

func newPairTable() *pairTable { return &pairTable{} }

func pairOf(a, b int32) uint64 { return uint64(uint32(a))<<32 | uint64(uint32(b)) }

// hashSeeds differ from process to process, so that nobody can write logs full of values of one hash.
var hashSeeds = [2]uint64{rand.Uint64(), rand.Uint64() | 1<<63 | 1}

// hashPair spreads pairs over 64 bits by a multiplication whose halves are folded.
func hashPair(pair uint64) uint64 {
	hi, lo := bits.Mul64(pair^hashSeeds[0], hashSeeds[1])
	return hi ^ lo
}

// add returns the number of a pair of numbers that are not negative.
func (t *pairTable) add(a, b int32) (number int32, isNew bool) {
	if t.slots == nil {
		if at := int(a)<<t.shift | int(b); int(b)>>t.shift == 0 && at < len(t.dense) {
			if number = t.dense[at]; number == 0 {
				t.n++
				number, isNew = int32(t.n), true
				t.dense[at] = number
			}
			return number - 1, isNew
		}
		t.enlarge(a, b)
		return t.add(a, b)
	}
	pair := pairOf(a, b)
	for h := hashPair(pair) & t.mask; ; h = (h + 1) & t.mask {
		s := &t.slots[h]
		if s.number == 0 {
			s.pair = pair
			t.n++
			s.number = int32(t.n)
			number = s.number - 1
			if uint64(t.n)*2 > t.mask {
				t.rehash(4 * len(t.slots))
			}
			return number, true
		}
		if s.pair == pair {
			return s.number - 1, false
		}
	}
}

const (
	// aheadPairs is from how many slots on the table is beyond what processors keep at hand.
	aheadPairs = 1 << 15
	// aheadRows is for how many rows slots are looked at before they are needed, so that several are fetched at once.
	aheadRows = 256
)

// addAll sets a[i] to the number of the pair of a[i] and b[i], and calls isNew, if there is one, for the pairs that are new.
func (t *pairTable) addAll(a, b []int32, isNew func(i int)) {
	b = b[:len(a)]
	looked, seen := 0, int32(0)
	for i := 0; i < len(a); i++ {
		if t.slots == nil { // as far as the array goes
			dense, shift := t.dense, t.shift
			for ; i < len(a); i++ {
				at := int(a[i])<<shift | int(b[i])
				if b[i]>>shift != 0 || at >= len(dense) || dense[at] == 0 {
					break
				}
				a[i] = dense[at] - 1
			}
		} else {
			slots, mask := t.slots, t.mask
			if i >= looked && len(slots) >= aheadPairs {
				looked = min(i+aheadRows, len(a))
				for k := i; k < looked; k++ {
					seen |= slots[hashPair(pairOf(a[k], b[k]))&mask].number
				}
			}
			for end := max(looked, i+1); i < len(a) && (len(slots) < aheadPairs || i < end); i++ {
				pair := pairOf(a[i], b[i])
				s := &slots[hashPair(pair)&mask]
				if s.pair != pair || s.number == 0 {
					break
				}
				a[i] = s.number - 1
			}
			if i == looked && i < len(a) && len(slots) >= aheadPairs {
				i-- // the next ones are to be looked at
				continue
			}
		}
		if i == len(a) {
			break
		}
		number, added := t.add(a[i], b[i])
		a[i] = number
		if added && isNew != nil {
			isNew(i)
		}
	}
	t.looked = seen
}

// find returns the number of a pair, or -1.
func (t *pairTable) find(a, b int32) int32 {
	if t.slots == nil {
		if at := int(a)<<t.shift | int(b); int(b)>>t.shift == 0 && at < len(t.dense) {
			return t.dense[at] - 1
		}
		return -1
	}
	pair := pairOf(a, b)
	for h := hashPair(pair) & t.mask; ; h = (h + 1) & t.mask {
		switch s := &t.slots[h]; {
		case s.number == 0:
			return -1
		case s.pair == pair:
			return s.number - 1
		}
	}
}

// enlarge makes room for a pair that the array does not cover, and for some more.
func (t *pairTable) enlarge(a, b int32) {
	shift := max(t.shift, uint(bits.Len32(uint32(b))))
	rows := max(1<<bits.Len32(uint32(a)), len(t.dense)>>t.shift, 1)
	old, oldShift := t.dense, t.shift
	if shift >= 31 || rows<<shift > denseSlots {
		t.dense = nil
		t.rehash(max(firstPairSlots, 1<<bits.Len(uint(4*t.n))))
		each(old, oldShift, func(a, b, number int32) { t.put(pairOf(a, b), number) })
		pairCells.put(old)
		return
	}
	for range 2 { // not for each new bit
		if rows<<(shift+1) <= denseSlots {
			rows *= 2
		}
	}
	t.dense, t.shift = pairCells.get(rows<<shift), shift
	each(old, oldShift, func(a, b, number int32) { t.dense[int(a)<<shift|int(b)] = number + 1 })
	pairCells.put(old)
}

// list returns the pairs in the order of their numbers.
func (t *pairTable) list() (a, b []int32) {
	a, b = make([]int32, t.n), make([]int32, t.n)
	each(t.dense, t.shift, func(x, y, number int32) { a[number], b[number] = x, y })
	for _, s := range t.slots {
		if s.number != 0 {
			a[s.number-1], b[s.number-1] = int32(s.pair>>32), int32(uint32(s.pair))
		}
	}
	return a, b
}

// each calls f for the pairs of an array.
func each(dense []int32, shift uint, f func(a, b, number int32)) {
	for at, number := range dense {
		if number > 0 {
			f(int32(at>>shift), int32(at&(1<<shift-1)), number-1)
		}
	}
}

// rehash gives the hash table the given number of slots, a power of two.
func (t *pairTable) rehash(slots int) {
	old := t.slots
	t.slots, t.mask = pairSlots.get(slots), uint64(slots)-1
	for _, s := range old {
		if s.number != 0 {
			t.put(s.pair, s.number-1)
		}
	}
	pairSlots.put(old)
}

// put enters a pair that the hash table does not have.
func (t *pairTable) put(pair uint64, number int32) {
	h := hashPair(pair) & t.mask
	for t.slots[h].number != 0 {
		h = (h + 1) & t.mask
	}
	t.slots[h] = pairSlot{pair, number + 1}
}

// release says that t is used no more.
func (t *pairTable) release() {
	pairSlots.put(t.slots)
	pairCells.put(t.dense)
	t.slots, t.dense, t.n = nil, nil, 0
}

func (t *pairTable) bytes() int64 { return 4*int64(len(t.dense)) + 16*int64(len(t.slots)) }
