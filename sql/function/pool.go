package function

import (
	"math/bits"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// pool keeps rows of one type that share no memory with the batches they are from,
// numbered in the order in which they came. They lie in parts, each larger than the
// one after it, so that a row is found in a few steps whatever the batches' sizes:
//
//	part 0           part 1     part 2
//	0 … 4095         … 5119     5120
type pool struct {
	typ    types.Type
	parts  []vector.Vector
	starts []int32 // of each part: its first row
	n      int32
	held   int64
}

// add takes in rows of v.
func (p *pool) add(v vector.Vector, rows []int32) {
	if len(rows) == 0 {
		return
	}
	part := vector.Retain(vector.Plain(vector.Gather(v, rows)))
	p.held += vector.Bytes(part)
	start := p.n
	p.n += int32(len(rows))
	for k := len(p.parts) - 1; k >= 0 && p.parts[k].Len() <= part.Len(); k-- {
		part = vector.Plain(vector.Concat(p.typ, p.parts[k], part))
		start = p.starts[k]
		p.parts, p.starts = p.parts[:k], p.starts[:k]
	}
	p.parts, p.starts = append(p.parts, part), append(p.starts, start)
}

// at returns where row i is.
func (p *pool) at(i int32) (vector.Vector, int) {
	k := 0
	for k+1 < len(p.starts) && p.starts[k+1] <= i {
		k++
	}
	return p.parts[k], int(i - p.starts[k])
}

// gather returns rows of the pool. It changes nothing that can be seen.
func (p *pool) gather(rows []int32) vector.Vector {
	if len(rows) == 0 {
		return vector.NewBuilder(p.typ, 0).Build()
	}
	if len(p.parts) > 1 {
		p.parts, p.starts = []vector.Vector{vector.Plain(vector.Concat(p.typ, p.parts...))}, []int32{0}
	}
	return vector.Gather(p.parts[0], rows)
}

// keyTable numbers the different keys of each group in order of first appearance. A
// key's number leads to its group, to the key in the pool, and to the group's next key.
type keyTable struct {
	keys       pool
	groups     []int32 // of each key
	next       []int32 // of each key: the group's next one, or -1
	hashes     []uint64
	head, tail []int32 // of each group: its first and last key, or -1
	slots      []int32 // a hash table of numbers + 1
	hash       []uint64
	fresh      []int32
}

func newKeyTable(t types.Type) *keyTable {
	return &keyTable{keys: pool{typ: t}, slots: make([]int32, 16)}
}

func (t *keyTable) grow(groups int) {
	for len(t.head) < groups {
		t.head, t.tail = append(t.head, -1), append(t.tail, -1)
	}
}

// add sets out[i] to the number of row i of v in group groups[i]. Rows that skip has
// get -1. NULL is no key; v may have it in rows that are skipped only.
func (t *keyTable) add(v vector.Vector, groups []int32, skip vector.Bitmap, out []int32) error {
	if len(t.groups) > maxCollectedRows-len(groups) {
		return errCollected
	}
	if cap(t.hash) < len(groups) {
		t.hash = make([]uint64, len(groups))
	}
	hash := t.hash[:len(groups)]
	clear(hash)
	vector.Hash(v, hash)
	t.fresh = t.fresh[:0]
	for i, g := range groups {
		if skip.Has(i) {
			out[i] = -1
			continue
		}
		out[i] = t.find(v, i, g, hash[i])
	}
	t.keys.add(v, t.fresh)
	return nil
}

// find returns the number of row i of v, which is made if there is none. Keys that
// this call of add made are in v still.
func (t *keyTable) find(v vector.Vector, i int, group int32, hash uint64) int32 {
	const spread = 0x9e3779b97f4a7c15
	hash = bits.RotateLeft64(hash^uint64(group)*spread, 29) * spread
	mask := uint64(len(t.slots) - 1)
	at := hash >> 32 & mask
	for ; t.slots[at] != 0; at = (at + 1) & mask {
		n := t.slots[at] - 1
		if t.hashes[n] != hash || t.groups[n] != group {
			continue
		}
		w, j := v, 0
		if n < t.keys.n {
			w, j = t.keys.at(n)
		} else {
			j = int(t.fresh[n-t.keys.n])
		}
		if !vector.Distinct(v, i, w, j) {
			return n
		}
	}
	n := int32(len(t.groups))
	t.slots[at] = n + 1
	t.groups, t.hashes, t.next = append(t.groups, group), append(t.hashes, hash), append(t.next, -1)
	if t.head[group] < 0 {
		t.head[group] = n
	} else {
		t.next[t.tail[group]] = n
	}
	t.tail[group] = n
	t.fresh = append(t.fresh, int32(i))
	if 2*len(t.groups) > len(t.slots) {
		t.rehash()
	}
	return n
}

func (t *keyTable) rehash() {
	t.slots = make([]int32, 2*len(t.slots))
	mask := uint64(len(t.slots) - 1)
	for n, hash := range t.hashes {
		at := hash >> 32 & mask
		for t.slots[at] != 0 {
			at = (at + 1) & mask
		}
		t.slots[at] = int32(n) + 1
	}
}

// part returns a table of the keys of some groups, which become groups 0, 1 …, and what the
// number of each key was.
func (t *keyTable) part(groups []int32) (_ *keyTable, numbers []int32) {
	out := newKeyTable(t.keys.typ)
	out.grow(len(groups))
	var owners []int32
	for i, g := range groups {
		numbers = t.each(numbers, int(g))
		for len(owners) < len(numbers) {
			owners = append(owners, int32(i))
		}
	}
	if len(numbers) > 0 {
		given := make([]int32, len(numbers))
		_ = out.add(t.keys.gather(numbers), owners, nil, given) // they are no more than they were
	}
	return out, numbers
}

// join adds the keys of o, whose group g is group groups[g] here. out[n] is the
// number here of o's key n.
func (t *keyTable) join(o *keyTable, groups []int32) (out []int32, err error) {
	out = make([]int32, len(o.groups))
	mapped := make([]int32, len(o.groups))
	for n, g := range o.groups {
		mapped[n] = groups[g]
	}
	for k, part := range o.keys.parts {
		from := int(o.keys.starts[k])
		to := from + part.Len()
		if err := t.add(part, mapped[from:to], nil, out[from:to]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// each appends the numbers of a group's keys.
func (t *keyTable) each(dst []int32, group int) []int32 {
	for n := t.head[group]; n >= 0; n = t.next[n] {
		dst = append(dst, n)
	}
	return dst
}

func (t *keyTable) bytes() int64 {
	return t.keys.held + 4*int64(cap(t.groups)+cap(t.next)+cap(t.head)+cap(t.tail)+cap(t.slots)+cap(t.fresh)) +
		8*int64(cap(t.hashes)+cap(t.hash))
}
