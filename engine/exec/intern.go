package exec

import (
	"hash/maphash"
	"math"
	"unsafe"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// interner numbers the values of one column that are distinct, NULL being one of
// them, in the order in which they are first seen.
type interner interface {
	// codes sets out[i] to the number of row i of v.
	codes(v vector.Vector, out []int32)
	// find is codes for values that may be new: those get -1 and are not kept. So do
	// values that equal nothing: NULL and NaN.
	find(v vector.Vector, out []int32)
	// known is codes for values that may be new: those get -1 and are not kept.
	known(v vector.Vector, out []int32)
	// len returns how many numbers were given; null the one of NULL, or -1.
	len() int
	null() int32
	// values returns the value of each number; the one of NULL is unspecified, but not marked as NULL. As find, it
	// changes nothing that others see.
	values() vector.Vector
	// entries returns a dictionary that has the values, and the entry of each number; nil if there is none.
	entries() (values vector.Vector, entry []int32)
	bytes() int64
	// release says that nothing but what values and entries returned is used any more.
	release()
}

// newInterner returns an interner for t. With plain set, dictionaries are treated
// as any other vector; numbers are the same.
func newInterner(t types.Type, plain bool) interner {
	switch t.Physical() {
	case types.Bool:
		return newScalars(t, plain, 1, same[bool], hashBool)
	case types.Int64:
		return newScalars(t, plain, 8, same[int64], hashInt64)
	case types.Float64:
		s := newScalars(t, plain, 8, floatKey, hashUint64)
		s.unequal = math.IsNaN
		return s
	case types.Wide:
		return newScalars(t, plain, 16, t.OrderKey, hashInt128)
	case types.String:
		if t.Is(types.Char) {
			return newTexts(t, plain, types.TrimChar)
		}
		if t.Is(types.Varchar) {
			return newTextNumbers(t, plain)
		}
		return newTexts(t, plain, same[string])
	}
	return &nested{typ: t, byHash: map[uint64][]int32{}, nullCode: -1, plain: plain}
}

func same[T any](v T) T { return v }

// texts copies texts into larger pieces of memory: one by one each would cost an allocation.
type texts struct{ room []byte }

// textPieceBytes is the size of a piece. Longer texts have one of their own.
const textPieceBytes = 16 << 10

func (t *texts) clone(s string) string {
	if len(s) == 0 {
		return ""
	}
	if len(s) > cap(t.room)-len(t.room) {
		if len(s) > textPieceBytes/8 {
			return string([]byte(s))
		}
		t.room = make([]byte, 0, textPieceBytes)
	}
	from := len(t.room)
	t.room = append(t.room, s...)
	return unsafe.String(&t.room[from], len(s))
}

// Hashes decide about places in tables only, never about an order of rows, so the
// seed may differ from process to process.
var hashSeed = maphash.MakeSeed()

func hashString(s string) uint64 { return maphash.String(hashSeed, s) }
func hashUint64(v uint64) uint64 { return hashPair(v) }
func hashInt64(v int64) uint64   { return hashPair(uint64(v)) }
func hashInt128(v types.Int128) uint64 {
	return hashPair(uint64(v.Hi)*0x9e3779b97f4a7c15 ^ hashPair(v.Lo))
}
func hashBool(v bool) uint64 {
	if v {
		return 1
	}
	return 0
}

// floatKey maps doubles that are not distinct to one key.
func floatKey(f float64) uint64 {
	switch {
	case f == 0:
		return 0
	case math.IsNaN(f):
		return math.MaxUint64
	}
	return math.Float64bits(f)
}

// scalars interns values of a scalar type; those with one key are not distinct.
type scalars[T vector.Element, K comparable] struct {
	typ      types.Type
	key      func(T) K
	hash     func(K) uint64
	unequal  func(T) bool  // values that equal nothing, though they are not distinct; nil for none
	clone    func(T) T     // nil: values hold no memory of their batch
	weigh    func(T) int64 // bytes of a value beyond its slot; nil for none
	all      []T
	slots    []valueSlot // open addressing: slots[h], slots[h+1] … up to an empty one
	mask     uint64
	nullCode int32
	slot     int64 // bytes of a value in all
	extra    int64 // bytes beyond those
	plain    bool

	numbered entryNumbers[T]

	// of is the dictionary that was seen last, and number what its entries are called, -1 where not known.
	of     vector.Vector
	number []int32

	hashes []uint64 // scratch
	looked int32    // what ahead found, so that it looks
}

// valueSlot holds the hash of a value and its number plus one: 0 is an empty slot.
type valueSlot struct {
	hash uint64
	code int32
}

// firstSlots is how many slots a table begins with; a power of two.
const firstSlots = 64

func newScalars[T vector.Element, K comparable](t types.Type, plain bool, valueBytes int64, key func(T) K, hash func(K) uint64) *scalars[T, K] {
	return &scalars[T, K]{typ: t, key: key, hash: hash, nullCode: -1, slot: valueBytes, plain: plain,
		slots: make([]valueSlot, firstSlots), mask: firstSlots - 1}
}

// lookup returns the number of a key, or -1 and the slot that it would have.
func (s *scalars[T, K]) lookup(k K, hash uint64) (code int32, at uint64) {
	for at = hash & s.mask; ; at = (at + 1) & s.mask {
		slot := s.slots[at]
		if slot.code == 0 {
			return -1, at
		}
		if slot.hash == hash && s.key(s.all[slot.code-1]) == k {
			return slot.code - 1, at
		}
	}
}

func (s *scalars[T, K]) add(v T) int32 {
	k := s.key(v)
	return s.addHashed(v, k, s.hash(k))
}

func (s *scalars[T, K]) addHashed(v T, k K, hash uint64) int32 {
	code, at := s.lookup(k, hash)
	if code >= 0 {
		return code
	}
	code = int32(len(s.all))
	if s.clone != nil {
		v = s.clone(v)
	}
	if s.weigh != nil {
		s.extra += s.weigh(v)
	}
	s.slots[at] = valueSlot{hash, code + 1}
	s.all = append(s.all, v)
	if 2*len(s.all) > len(s.slots) {
		s.enlarge()
	}
	return code
}

func (s *scalars[T, K]) enlarge() {
	old := s.slots
	s.slots = make([]valueSlot, 4*len(old))
	s.mask = uint64(len(s.slots)) - 1
	for _, slot := range old {
		if slot.code == 0 {
			continue
		}
		at := slot.hash & s.mask
		for s.slots[at].code != 0 {
			at = (at + 1) & s.mask
		}
		s.slots[at] = slot
	}
}

func (s *scalars[T, K]) addNull() int32 {
	if s.nullCode < 0 {
		if s.numbered.origin != nil {
			s.nullCode = s.numbered.addNull()
			return s.nullCode
		}
		var none T
		s.nullCode = int32(len(s.all))
		s.all = append(s.all, none)
	}
	return s.nullCode
}

func (s *scalars[T, K]) codes(v vector.Vector, out []int32) {
	switch d := v.(type) {
	case *vector.Constant:
		code := int32(0)
		if d.N == 0 {
			return
		}
		if d.IsNull() {
			code = s.addNull()
		} else {
			s.leave()
			code = s.add(d.Value.(*vector.Flat[T]).Values[0])
		}
		for i := range d.N {
			out[i] = code
		}
		return
	case *vector.Dictionary:
		if s.plain {
			break
		}
		if s.enter(d) {
			s.entryCodes(d, out)
			return
		}
		s.leave()
		if s.of != d.Values {
			s.of = d.Values
			s.number = fill(s.number, d.Values.Len(), -1)
		}
		entries, nulls := d.Values.(*vector.Flat[T]).Values, d.Nulls()
		hashes := s.entriesAhead(d.Ids, nulls, entries)
		for i, id := range d.Ids {
			if nulls != nil && nulls.Has(i) {
				out[i] = s.addNull()
				continue
			}
			code := s.number[id]
			if code < 0 {
				if hashes == nil {
					code = s.add(entries[id])
				} else {
					code = s.addHashed(entries[id], s.key(entries[id]), hashes[-code-2])
				}
				s.number[id] = code
			}
			out[i] = code
		}
		return
	}
	s.leave()
	w := vector.ViewOf[T](v)
	hashes := s.ahead(w)
	for i, at := range w.At {
		switch {
		case w.Nulls != nil && w.Nulls.Has(i):
			out[i] = s.addNull()
		case hashes != nil:
			out[i] = s.addHashed(w.Values[at], s.key(w.Values[at]), hashes[i])
		default:
			out[i] = s.add(w.Values[at])
		}
	}
}

const (
	// aheadSlots is from how many slots on the table is beyond what processors keep at hand.
	aheadSlots = 1 << 14
	// maxAheadRows is up to how many rows slots stay at hand until they are needed.
	maxAheadRows = 4096
)

// ahead returns the hashes of the rows, after it has looked at their slots: these lie all over a large
// table, and processors fetch several at once if none has to wait for another. nil if that does not pay.
func (s *scalars[T, K]) ahead(w vector.View[T]) []uint64 {
	n := len(w.At)
	if len(s.slots) < aheadSlots || n > maxAheadRows {
		return nil
	}
	if cap(s.hashes) < n {
		s.hashes = make([]uint64, n)
	}
	hashes, codes := s.hashes[:n], int32(0)
	for i, at := range w.At {
		hashes[i] = s.hash(s.key(w.Values[at]))
	}
	for _, h := range hashes {
		codes |= s.slots[h&s.mask].code
	}
	s.looked = codes
	return hashes
}

// entriesAhead is ahead for the entries of a dictionary that have no number: it is -2-i for the one whose
// hash is the ith.
func (s *scalars[T, K]) entriesAhead(ids []int32, nulls vector.Bitmap, entries []T) []uint64 {
	if len(s.slots) < aheadSlots || len(ids) > maxAheadRows {
		return nil
	}
	hashes := s.hashes[:0]
	for i, id := range ids {
		if s.number[id] == -1 && !nulls.Has(i) {
			s.number[id] = -2 - int32(len(hashes))
			hashes = append(hashes, s.hash(s.key(entries[id])))
		}
	}
	s.hashes = hashes
	codes := int32(0)
	for _, h := range hashes {
		codes |= s.slots[h&s.mask].code
	}
	s.looked = codes
	return hashes
}

// fill returns a slice of n times v, s's memory if it suffices.
func fill(s []int32, n int, v int32) []int32 {
	if cap(s) < n {
		s = make([]int32, n)
	}
	s = s[:n]
	for i := range s {
		s[i] = v
	}
	return s
}

func (s *scalars[T, K]) find(v vector.Vector, out []int32) {
	if s.numbered.origin != nil {
		if s.numbered.find(v, out, -1) {
			return
		}
		s.spell()
	}
	w := vector.ViewOf[T](v)
	for i, at := range w.At {
		out[i] = -1
		if w.Nulls.Has(i) || s.unequal != nil && s.unequal(w.Values[at]) {
			continue
		}
		k := s.key(w.Values[at])
		out[i], _ = s.lookup(k, s.hash(k))
	}
}

func (s *scalars[T, K]) len() int {
	if s.numbered.origin != nil {
		return len(s.numbered.ids)
	}
	return len(s.all)
}
func (s *scalars[T, K]) null() int32 { return s.nullCode }
func (s *scalars[T, K]) values() vector.Vector {
	if s.numbered.origin != nil {
		return vector.NewFlat(s.typ, s.numbered.all(s.nullCode), nil)
	}
	return vector.NewFlat(s.typ, s.all, nil)
}

// mapSlotBytes is what a slot of a table costs, and about what an entry of a map does beside its key.
const mapSlotBytes = 16

func (s *scalars[T, K]) bytes() int64 {
	return int64(cap(s.all))*s.slot + mapSlotBytes*int64(len(s.slots)) + s.extra + 4*int64(cap(s.number)) + s.numbered.bytes()
}

// nested interns arrays, maps and rows, by hash.
type nested struct {
	typ      types.Type
	byHash   map[uint64][]int32
	all      []vector.Vector // of one row each
	nullCode int32
	held     int64
	plain    bool
	of       vector.Vector
	number   []int32
}

func (s *nested) codes(v vector.Vector, out []int32) {
	n := v.Len()
	if d, ok := v.(*vector.Dictionary); ok && !s.plain && d.Values.Len() <= 2*n {
		s.dictionary(d, out)
		return
	}
	hashes := make([]uint64, n)
	vector.Hash(v, hashes)
	nulls := v.Nulls()
	for i, h := range hashes {
		if nulls.Has(i) {
			out[i] = s.addNull()
		} else {
			out[i] = s.add(v, i, h)
		}
	}
}

func (s *nested) dictionary(d *vector.Dictionary, out []int32) {
	if s.of != d.Values {
		s.of = d.Values
		s.number = fill(s.number, d.Values.Len(), -1)
	}
	hash := make([]uint64, 1)
	for i, id := range d.Ids {
		if d.Nulls().Has(i) {
			out[i] = s.addNull()
			continue
		}
		if s.number[id] < 0 {
			hash[0] = 0
			vector.Hash(vector.Slice(d.Values, int(id), int(id)+1), hash)
			s.number[id] = s.add(d.Values, int(id), hash[0])
		}
		out[i] = s.number[id]
	}
}

func (s *nested) lookup(v vector.Vector, i int, hash uint64) int32 {
	for _, code := range s.byHash[hash] {
		if !vector.Distinct(v, i, s.all[code], 0) {
			return code
		}
	}
	return -1
}

func (s *nested) add(v vector.Vector, i int, hash uint64) int32 {
	if code := s.lookup(v, i, hash); code >= 0 {
		return code
	}
	code := int32(len(s.all))
	one := vector.Retain(vector.Slice(v, i, i+1))
	s.all = append(s.all, one)
	s.held += vector.Bytes(one) + mapSlotBytes + 16
	s.byHash[hash] = append(s.byHash[hash], code)
	return code
}

func (s *nested) addNull() int32 {
	if s.nullCode < 0 {
		s.nullCode = int32(len(s.all))
		s.all = append(s.all, vector.NewNull(s.typ, 1))
	}
	return s.nullCode
}

func (s *nested) find(v vector.Vector, out []int32) {
	hashes := make([]uint64, v.Len())
	vector.Hash(v, hashes)
	nulls := v.Nulls()
	for i, h := range hashes {
		out[i] = -1
		if !nulls.Has(i) {
			out[i] = s.lookup(v, i, h)
		}
	}
}

func (s *nested) len() int    { return len(s.all) }
func (s *nested) null() int32 { return s.nullCode }
func (s *nested) values() vector.Vector {
	b := vector.NewBuilder(s.typ, len(s.all))
	for _, v := range s.all {
		b.Append(v, 0)
	}
	return b.Build()
}
func (s *nested) bytes() int64                      { return s.held }
func (s *nested) entries() (vector.Vector, []int32) { return nil, nil }
func (s *nested) release()                          {}
