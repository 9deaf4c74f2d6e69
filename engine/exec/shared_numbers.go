package exec

import (
	"sync"
	"sync/atomic"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// sharedNumbers numbers the values of a column for several workers at the same time: equal values have one number, whoever
// meets them, and numbers are not dense. 0 is NULL.
//
// As long as all values are entries of dictionaries of one origin, their numbers are those of the entries plus one, and no
// value is looked at. Once others come, the entries seen so far keep their numbers, and all others get theirs from a table:
//
//	0 │ 1 … base: entries of the origin │ base+1 …: of shard 0, 1 … 63, 0, 1 … by the first bits of the hash
//
// Each shard has its own lock. Which number a value gets depends on who comes first, so that no answer may depend on it.
type sharedNumbers[T string | int64] struct {
	typ    types.Type
	hash   func(T) uint64
	shards [numberShards]numberShard[T]
	held   atomic.Int64 // bytes
	many   atomic.Bool  // there are more values than numbers

	mu     sync.Mutex // of what follows, which does not change any more once spelled is set
	origin *vector.Origin
	values vector.Vector // the longest list of entries that was seen
	base   int
	spells atomic.Bool // values are looked up
}

type numberShard[T string | int64] struct {
	mu    sync.Mutex
	slots []valueSlot // open addressing; code is the number
	mask  uint64
	n     int // in slots
	own   []T // the values that are not entries of the origin
	room  texts
}

const (
	numberShardBits = 6
	numberShards    = 1 << numberShardBits
	// maxShardValues is how many values a shard may have, so that numbers stay far from the greatest that there is.
	maxShardValues = 1 << (30 - numberShardBits)
	// maxNumberedEntries is how many entries of an origin may keep their numbers.
	maxNumberedEntries = 1 << 29
)

func newSharedNumbers[T string | int64](t types.Type, hash func(T) uint64) *sharedNumbers[T] {
	return &sharedNumbers[T]{typ: t, hash: hash}
}

// entries returns how many of the entries of a dictionary, the first ones, are numbered as they are.
func (s *sharedNumbers[T]) entries(of vector.Vector) int {
	origin := vector.OriginOf(of)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.spells.Load():
		if origin == nil || origin != s.origin {
			return 0
		}
		return min(of.Len(), s.base)
	case origin != nil && (s.origin == nil || s.origin == origin) && of.Len() <= maxNumberedEntries:
		if s.origin = origin; s.values == nil || s.values.Len() < of.Len() {
			s.values = of
		}
		return of.Len()
	}
	s.spell()
	return 0
}

// look makes sure that values are looked up.
func (s *sharedNumbers[T]) look() {
	if s.spells.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.spells.Load() {
		s.spell()
	}
}

// spell enters the entries that have numbers into the table.
func (s *sharedNumbers[T]) spell() {
	if s.values != nil {
		s.base = s.values.Len()
		for i, v := range s.values.(*vector.Flat[T]).Values {
			hash := s.hash(v)
			shard := s.shard(hash)
			shard.slot(s, v, hash, func() int32 { return int32(i) + 1 })
		}
	}
	s.spells.Store(true)
}

func (s *sharedNumbers[T]) shard(hash uint64) *numberShard[T] {
	return &s.shards[hash>>(64-numberShardBits)]
}

// number returns the number of a value, which it keeps if it is new.
func (s *sharedNumbers[T]) number(v T) int32 {
	hash := s.hash(v)
	shard := s.shard(hash)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	return shard.slot(s, v, hash, func() int32 {
		if len(shard.own) == maxShardValues {
			s.many.Store(true)
			return 0 // nothing that is counted from now on is used
		}
		bytes := int64(valueBytes)
		if text, ok := any(v).(string); ok {
			v = any(shard.room.clone(text)).(T)
			bytes += int64(len(text))
		}
		s.held.Add(bytes)
		shard.own = append(shard.own, v)
		return s.numberOf(len(shard.own)-1, int(hash>>(64-numberShardBits)))
	})
}

// valueBytes is about what a value takes beside its text.
const valueBytes = 16

// numberOf returns the number of value i of a shard.
func (s *sharedNumbers[T]) numberOf(i, shard int) int32 {
	return int32(s.base + 1 + i<<numberShardBits + shard)
}

// slot returns the number of a value; next gives it if it has none.
func (h *numberShard[T]) slot(s *sharedNumbers[T], v T, hash uint64, next func() int32) int32 {
	if h.slots == nil {
		h.slots, h.mask = make([]valueSlot, firstSlots), firstSlots-1
		s.held.Add(mapSlotBytes * firstSlots)
	}
	at := hash & h.mask
	for ; h.slots[at].code != 0; at = (at + 1) & h.mask {
		if slot := h.slots[at]; slot.hash == hash && h.value(s, slot.code) == v {
			return slot.code
		}
	}
	code := next()
	if code == 0 {
		return 0
	}
	h.slots[at] = valueSlot{hash, code}
	h.n++
	if 2*h.n > len(h.slots) {
		h.enlarge()
		s.held.Add(mapSlotBytes * int64(len(h.slots)/4*3))
	}
	return code
}

func (h *numberShard[T]) enlarge() {
	old := h.slots
	h.slots = make([]valueSlot, 4*len(old))
	h.mask = uint64(len(h.slots)) - 1
	for _, slot := range old {
		if slot.code == 0 {
			continue
		}
		at := slot.hash & h.mask
		for h.slots[at].code != 0 {
			at = (at + 1) & h.mask
		}
		h.slots[at] = slot
	}
}

func (h *numberShard[T]) value(s *sharedNumbers[T], number int32) T {
	if i := int(number) - 1; i < s.base {
		return s.values.(*vector.Flat[T]).Values[i]
	}
	return h.own[(int(number)-1-s.base)>>numberShardBits]
}

// limit returns a number that is greater than all that were given, when no worker asks for more.
func (s *sharedNumbers[T]) limit() int {
	if !s.spells.Load() {
		if s.values == nil {
			return 1
		}
		return s.values.Len() + 1
	}
	most := 0
	for i := range s.shards {
		most = max(most, len(s.shards[i].own))
	}
	return s.base + 1 + most<<numberShardBits
}

// all returns a dictionary's entries: the one of number n is at n−1. Those of numbers that were not given do not matter.
func (s *sharedNumbers[T]) all() vector.Vector {
	if !s.spells.Load() && s.values != nil {
		return s.values
	}
	out := make([]T, max(s.limit()-1, 1))
	if s.values != nil {
		copy(out, s.values.(*vector.Flat[T]).Values[:s.base])
	}
	for shard := range s.shards {
		for i, v := range s.shards[shard].own {
			out[s.numberOf(i, shard)-1] = v
		}
	}
	return vector.NewFlat(s.typ, out, nil)
}

// columnOf returns the values of numbers.
func columnOf(numbers []int32, all vector.Vector) vector.Vector {
	var nulls vector.Bitmap
	ids := make([]int32, len(numbers))
	for i, n := range numbers {
		if n == 0 {
			if nulls == nil {
				nulls = vector.NewBitmap(len(numbers))
			}
			nulls.Set(i)
			continue
		}
		ids[i] = n - 1
	}
	return vector.NewDictionary(ids, all, nulls)
}

func (s *sharedNumbers[T]) bytes() int64       { return s.held.Load() }
func (s *sharedNumbers[T]) tooMany() bool      { return s.many.Load() }
func (s *sharedNumbers[T]) numberer() numberer { return &numbersOf[T]{shared: s} }

// columnNumbers is sharedNumbers of any type.
type columnNumbers interface {
	numberer() numberer
	limit() int
	all() vector.Vector
	bytes() int64
	tooMany() bool
}

// numbersFor returns the numbers of a column of type t; nil if there are none for such a type.
func numbersFor(t types.Type) columnNumbers {
	switch {
	case t.Physical() == types.Int64:
		return newSharedNumbers(t, hashInt64)
	case t.Physical() == types.String && !t.Is(types.Char): // with and without spaces at their end
		return newSharedNumbers(t, hashString)
	}
	return nil
}

// numberer asks for the numbers of values on behalf of one worker.
type numberer interface {
	// numbers sets out to the numbers of v's rows. With plain set, dictionaries are looked at as any other vector.
	numbers(v vector.Vector, plain bool, out []int32)
	bytes() int64
}

type numbersOf[T string | int64] struct {
	shared *sharedNumbers[T]
	looked vector.Vector // the dictionary that was looked at last
	same   int           // how many of its entries are numbered as they are
	of     any           // the dictionary, or the list of entries, that known is of
	known  []int32       // numbers of entries; 0 where not known
}

func (w *numbersOf[T]) numbers(v vector.Vector, plain bool, out []int32) {
	if c, ok := v.(*vector.Constant); ok && c.N > 0 {
		n := int32(0)
		if !c.IsNull() {
			w.shared.look()
			n = w.shared.number(c.Value.(*vector.Flat[T]).Values[0])
		}
		for i := range c.N {
			out[i] = n
		}
		return
	}
	if d, ok := v.(*vector.Dictionary); ok && !plain {
		w.entries(d, out)
		return
	}
	w.shared.look()
	view := vector.ViewOf[T](v)
	for i, at := range view.At {
		out[i] = 0
		if !view.Nulls.Has(i) {
			out[i] = w.shared.number(view.Values[at])
		}
	}
}

// entries is numbers for a dictionary.
func (w *numbersOf[T]) entries(d *vector.Dictionary, out []int32) {
	if w.looked != d.Values {
		w.begin(d.Values)
	}
	out = out[:len(d.Ids)]
	nulls := d.Nulls()
	if w.same == d.Values.Len() {
		for i, id := range d.Ids {
			out[i] = id + 1
		}
		if nulls != nil {
			for i := range out {
				if nulls.Has(i) {
					out[i] = 0
				}
			}
		}
		return
	}
	values, known, same := d.Values.(*vector.Flat[T]).Values, w.known, int32(w.same)
	for i, id := range d.Ids {
		switch {
		case nulls.Has(i):
			out[i] = 0
		case id < same:
			out[i] = id + 1
		default:
			n := known[id]
			if n == 0 {
				n = w.shared.number(values[id])
				known[id] = n
			}
			out[i] = n
		}
	}
}

// begin makes ready for another dictionary.
func (w *numbersOf[T]) begin(values vector.Vector) {
	w.looked, w.same = values, w.shared.entries(values)
	if w.same == values.Len() {
		return
	}
	var of any = values
	if origin := vector.OriginOf(values); origin != nil {
		of = origin
	}
	n := values.Len()
	if w.of != of {
		w.of, w.known = of, fill(w.known, n, 0)
		return
	}
	if n > len(w.known) { // of a list that has grown
		w.known = append(w.known, make([]int32, n-len(w.known))...)
	}
}

func (w *numbersOf[T]) bytes() int64 { return 4 * int64(cap(w.known)) }
