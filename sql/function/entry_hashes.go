package function

import (
	"sync"
	"sync/atomic"

	"github.com/ctlake/ctlake/storage/vector"
)

// hashKind is a way to hash the rows of a vector.
type hashKind struct {
	hash func(v vector.Vector, out []uint64)
}

var (
	valueHashing = hashKind{valueHashes}
	setHashing   = hashKind{setHashes}
)

// entryHashes hashes entries of a dictionary that is larger than a batch once, not in each of its batches; entries of
// dictionaries that have an origin once for all who hash them in that way.
type entryHashes struct {
	kind   *hashKind
	values vector.Vector // of the dictionary that was seen last
	hashes []uint64
	known  []bool
}

// of sets the hashes of the rows of v.
func (h *entryHashes) of(v vector.Vector, out []uint64) {
	d, ok := v.(*vector.Dictionary)
	if ok {
		if origin := vector.OriginOf(d.Values); origin != nil {
			note := origin.Note(h.kind, func() any { return &notedHashes{} }).(*notedHashes)
			note.of(h.kind, d, out)
			return
		}
	}
	if !ok || d.Values.Len() <= len(d.Ids) {
		h.kind.hash(v, out)
		return
	}
	if h.values != d.Values {
		h.values, h.hashes, h.known = d.Values, make([]uint64, d.Values.Len()), make([]bool, d.Values.Len())
	}
	var news []int32
	for _, id := range d.Ids {
		if !h.known[id] {
			h.known[id] = true
			news = append(news, id)
		}
	}
	if len(news) > 0 {
		own := make([]uint64, len(news))
		h.kind.hash(vector.Gather(d.Values, news), own)
		for i, id := range news {
			h.hashes[id] = own[i]
		}
	}
	for i, id := range d.Ids {
		out[i] = h.hashes[id]
	}
}

// notedHashes are hashes of the entries of an origin, 0 of those that were not asked for. It is safe for concurrent use.
type notedHashes struct {
	mu     sync.Mutex // of making hashes larger
	hashes atomic.Pointer[[]atomic.Uint64]
}

// room returns the hashes of at least n entries.
func (h *notedHashes) room(n int) []atomic.Uint64 {
	if now := h.hashes.Load(); now != nil && len(*now) >= n {
		return *now
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.hashes.Load()
	if now != nil && len(*now) >= n {
		return *now
	}
	larger := make([]atomic.Uint64, n)
	if now != nil {
		for i := range *now {
			larger[i].Store((*now)[i].Load())
		}
	}
	h.hashes.Store(&larger)
	return larger
}

func (h *notedHashes) of(kind *hashKind, d *vector.Dictionary, out []uint64) {
	hashes := h.room(d.Values.Len())
	var news []int32 // rows
	for i, id := range d.Ids {
		if out[i] = hashes[id].Load(); out[i] == 0 {
			news = append(news, int32(i))
		}
	}
	if news == nil {
		return
	}
	ids := make([]int32, len(news))
	for i, row := range news {
		ids[i] = d.Ids[row]
	}
	own := make([]uint64, len(ids))
	kind.hash(vector.Gather(d.Values, ids), own)
	for i, row := range news {
		out[row] = own[i]
		hashes[ids[i]].Store(own[i])
	}
}
