package exec

import (
	"math/bits"
	"math/rand/v2"
	"sync"
)

// pairTable numbers pairs of small numbers in the order in which they are first
// seen. Those of which both are small are in an array of up to denseSlots slots:
//
//	number = dense[a<<shift | b] − 1      0: not seen
//
// Beyond it is the first pair of each b (or a: of the one that has more values), since the more values one has the more of them
// come with one of the other only, as an ARN does with its type:
//
//	lead[b] = {a, number + 1}
//
// and a hash table of all other pairs, with open addressing: slots[h], then slots[h+1] and so on hold a pair and its
// number. If these are many more than lead has, all are in the hash table.
type pairTable struct {
	n     int
	dense []int32 // numbers plus one
	shift uint    // bits of b in dense
	maxA  int32   // in dense

	large  bool // there are pairs beyond dense, which stays as it is
	lead   []leadCell
	byA    bool // lead is by a
	led    int  // pairs in dense and lead
	slots  []pairSlot
	mask   uint64
	looked int32 // what addAll found ahead, so that it looks
}

type leadCell struct {
	other  int32
	number int32 // plus one: 0 is an empty cell
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
	// minLed is how many pairs lead has at least before it is asked whether they are enough of all pairs,
	// of which it is to have one in maxPairsPerLed.
	minLed         = 1 << 12
	maxPairsPerLed = 4
	// maxCellsPerPair is how many times as long as the number of pairs lead may be, about.
	maxCellsPerPair = 8
	// maxPooledSlots is how large the arrays are that are kept for the next table.
	maxPooledSlots = 1 << 16
)

// pools are arrays by the binary logarithm of their size, for the tables of splits: these come one after the other.
type pools[T any] [17]sync.Pool // of *[]T

var (
	pairSlots pools[pairSlot]
	pairCells pools[int32]
	leadCells pools[leadCell]
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
	if at := int(a)<<t.shift | int(b); int(b)>>t.shift == 0 && at < len(t.dense) {
		if number = t.dense[at]; number == 0 {
			t.n++
			t.led++
			t.maxA = max(t.maxA, a)
			number, isNew = int32(t.n), true
			t.dense[at] = number
		}
		return number - 1, isNew
	}
	if !t.large {
		t.enlarge(a, b)
		return t.add(a, b)
	}
	if t.lead != nil {
		x, other := t.leading(a, b)
		if !t.reach(x) {
			t.unlead()
			return t.add(a, b)
		}
		switch c := &t.lead[x]; {
		case c.number == 0:
			t.n++
			t.led++
			*c = leadCell{other, int32(t.n)}
			return int32(t.n) - 1, true
		case c.other == other:
			return c.number - 1, false
		}
	}
	if t.slots == nil {
		t.rehash(firstPairSlots)
	}
	pair := pairOf(a, b)
	for h := hashPair(pair) & t.mask; ; h = (h + 1) & t.mask {
		s := &t.slots[h]
		if s.number == 0 {
			s.pair = pair
			t.n++
			s.number = int32(t.n)
			number = s.number - 1
			if t.lead != nil && t.led > minLed && t.n > maxPairsPerLed*t.led {
				t.unlead()
			} else if uint64(t.n-t.led)*2 > t.mask {
				t.rehash(4 * len(t.slots))
			}
			return number, true
		}
		if s.pair == pair {
			return s.number - 1, false
		}
	}
}

// leading returns the number of a pair that lead goes by, and the other.
func (t *pairTable) leading(a, b int32) (x, other int32) {
	if t.byA {
		return a, b
	}
	return b, a
}

// reach makes lead long enough for x, and reports whether that is not too long for the pairs that there are.
func (t *pairTable) reach(x int32) bool {
	if int(x) < len(t.lead) {
		return true
	}
	if int(x) > maxCellsPerPair*(t.n+firstPairSlots) {
		return false
	}
	old := t.lead
	t.lead = leadCells.get(1 << bits.Len(uint(x)))
	copy(t.lead, old)
	leadCells.put(old)
	return true
}

// unlead puts the pairs in lead with the others.
func (t *pairTable) unlead() {
	lead, n := t.lead, 0
	t.eachLed(lead, func(_, _, _ int32) { n++ })
	t.lead = nil
	t.led -= n
	t.rehash(max(len(t.slots), firstPairSlots, 1<<bits.Len(uint(4*(t.n-t.led)))))
	t.eachLed(lead, func(a, b, number int32) { t.put(pairOf(a, b), number) })
	leadCells.put(lead)
}

// eachLed calls f for the pairs of lead.
func (t *pairTable) eachLed(lead []leadCell, f func(a, b, number int32)) {
	for x, c := range lead {
		switch {
		case c.number == 0:
		case t.byA:
			f(int32(x), c.other, c.number-1)
		default:
			f(c.other, int32(x), c.number-1)
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
		if t.lead != nil {
			i = t.addLed(a, b, i, isNew)
		} else if !t.large { // as far as the array goes
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

// addLed is addAll from row i on, as far as pairs are in dense or in lead, or go into lead without making it longer. It returns
// the row that it has come to.
func (t *pairTable) addLed(a, b []int32, i int, isNew func(i int)) int {
	lead, dense, shift, byA := t.lead, t.dense, t.shift, t.byA
	b = b[:len(a)]
	for ; i < len(a); i++ {
		x, other := b[i], a[i]
		if at := int(other)<<shift | int(x); int(x)>>shift == 0 && at < len(dense) {
			if dense[at] == 0 {
				break
			}
			a[i] = dense[at] - 1
			continue
		}
		if byA {
			x, other = other, x
		}
		if int(x) >= len(lead) {
			break
		}
		c := &lead[x]
		if c.number == 0 {
			t.n++
			t.led++
			*c = leadCell{other, int32(t.n)}
			a[i] = int32(t.n) - 1
			if isNew != nil {
				isNew(i)
			}
			continue
		}
		if c.other != other {
			break
		}
		a[i] = c.number - 1
	}
	return i
}

// find returns the number of a pair, or -1.
func (t *pairTable) find(a, b int32) int32 {
	if at := int(a)<<t.shift | int(b); int(b)>>t.shift == 0 && at < len(t.dense) {
		return t.dense[at] - 1
	}
	if t.lead != nil {
		x, other := t.leading(a, b)
		if int(x) >= len(t.lead) || t.lead[x].number == 0 {
			return -1
		}
		if c := t.lead[x]; c.other == other {
			return c.number - 1
		}
	}
	if t.slots == nil {
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
	shift, rows := max(t.shift, uint(bits.Len32(uint32(b)))), 1<<bits.Len32(uint32(max(a, t.maxA)))
	if shift >= 31 || rows<<shift > denseSlots {
		t.large = true
		t.byA = rows > 1<<shift
		t.lead = leadCells.get(firstPairSlots)
		return
	}
	for range 2 { // not for each new bit
		if rows<<(shift+1) <= denseSlots {
			rows *= 2
		}
	}
	old, oldShift := t.dense, t.shift
	t.dense, t.shift = pairCells.get(rows<<shift), shift
	each(old, oldShift, func(a, b, number int32) { t.dense[int(a)<<shift|int(b)] = number + 1 })
	pairCells.put(old)
}

// list returns the pairs in the order of their numbers.
func (t *pairTable) list() (a, b []int32) {
	a, b = make([]int32, t.n), make([]int32, t.n)
	each(t.dense, t.shift, func(x, y, number int32) { a[number], b[number] = x, y })
	t.eachLed(t.lead, func(x, y, number int32) { a[number], b[number] = x, y })
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
	leadCells.put(t.lead)
	*t = pairTable{}
}

func (t *pairTable) bytes() int64 {
	return 4*int64(len(t.dense)) + 8*int64(len(t.lead)) + 16*int64(len(t.slots))
}
