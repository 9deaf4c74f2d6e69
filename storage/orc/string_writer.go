package orc

import (
	"bytes"
	"math/bits"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/ctlake/ctlake/storage/orc/internal/bloom"
	"github.com/ctlake/ctlake/storage/orc/internal/framing"
	"github.com/ctlake/ctlake/storage/orc/internal/protobuf"
	"github.com/ctlake/ctlake/storage/vector"
)

// stringWriter writes strings and binaries. A stripe begins with a dictionary.
// Row group by row group, and at the end, it is decided whether the dictionary
// pays; if not, what was collected is written out directly and so is the rest of
// the stripe.
type stringWriter struct {
	*columnBase
	data, length, dictionary *framing.Writer
	threshold                float64
	binary                   bool
	direct                   bool
	lengths                  []int64 // of the row group, when direct

	// The dictionary: entry i is arena[ends[i-1]:ends[i]].
	arena    []byte
	ends     []int
	hashes64 []uint64 // of entries, for the table
	bloomed  []uint64 // of entries, for the bloom filter
	table    []int32  // open addressing: entry+1
	seen     []int32  // the row group, counted from 1, in which an entry was met last
	ids      []int32  // of the row group's values
	groupIDs []idGroup
	packed   []byte // ids of the row groups before
	count    int    // values of the stripe
	bytes    int64  // of all values
	// Where the entries of the last dictionary vector went: entry+1 by its ids.
	source    vector.Vector
	translate []int32
}

// idGroup is where the ids of a row group lie in packed: little endian, of width
// bytes each, 0 if all are the first entry.
type idGroup struct{ at, count, width int }

// tableMin is the least size of the table, a power of two.
const tableMin = 1 << 8

// maxDictionaryBytes bounds the entries' text: beyond it no dictionary pays.
const maxDictionaryBytes = 1 << 30

func (w *stringWriter) reset() {
	w.columnBase.reset()
	w.direct = w.binary || w.threshold < 0
	w.indexed = []int{0, 1}
	w.lengths, w.arena, w.ends = w.lengths[:0], w.arena[:0], w.ends[:0]
	w.hashes64, w.bloomed, w.seen = w.hashes64[:0], w.bloomed[:0], w.seen[:0]
	w.ids, w.groupIDs, w.packed = w.ids[:0], w.groupIDs[:0], w.packed[:0]
	w.bytes, w.count = 0, 0
	w.source = nil
	if len(w.table) > 1<<16 {
		w.table = nil
	}
	clear(w.table)
}

func (w *stringWriter) write(v vector.Vector, rows []int32) error {
	rows = w.split(v, rows)
	if len(rows) == 0 {
		return nil
	}
	if w.direct {
		view := vector.ViewOf[string](v)
		for _, r := range rows {
			w.addDirect(view.Values[view.At[r]])
		}
		return nil
	}
	if d, ok := v.(*vector.Dictionary); ok && len(d.Ids) > 0 {
		w.writeDictionary(d, rows)
	} else {
		view := vector.ViewOf[string](v)
		for _, r := range rows {
			w.addID(w.intern(view.Values[view.At[r]]))
		}
	}
	if len(w.arena) > maxDictionaryBytes {
		w.goDirect()
	}
	return nil
}

// writeDictionary looks each entry of a dictionary up once.
func (w *stringWriter) writeDictionary(d *vector.Dictionary, rows []int32) {
	values := d.Values.(*vector.Flat[string]).Values
	if w.source != d.Values {
		w.source = d.Values
		w.translate = slices.Grow(w.translate[:0], len(values))[:len(values)]
		clear(w.translate)
	}
	for _, r := range rows {
		at := d.Ids[r]
		id := w.translate[at]
		if id == 0 {
			id = w.intern(values[at]) + 1
			w.translate[at] = id
		}
		w.addID(id - 1)
	}
}

// addID adds a value that is an entry.
func (w *stringWriter) addID(id int32) {
	w.ids = append(w.ids, id)
	w.count++
	n := int64(w.entryLength(id))
	w.bytes += n
	w.group.sumInt += n
	if group := int32(len(w.groups)) + 1; w.seen[id] != group {
		w.seen[id] = group
		w.group.addBytes(w.entry(id))
		if w.wantBloom {
			w.hashes = append(w.hashes, w.bloomed[id])
		}
	}
}

func (w *stringWriter) entry(id int32) []byte {
	from := 0
	if id > 0 {
		from = w.ends[id-1]
	}
	return w.arena[from:w.ends[id]]
}

func (w *stringWriter) entryLength(id int32) int {
	if id == 0 {
		return w.ends[0]
	}
	return w.ends[id] - w.ends[id-1]
}

// intern returns the entry of a value, which it makes when there is none.
func (w *stringWriter) intern(s string) int32 {
	if 2*len(w.ends) >= len(w.table) {
		w.grow()
	}
	hash := xxhash.Sum64String(s)
	mask := len(w.table) - 1
	slot := int(hash) & mask
	for ; w.table[slot] != 0; slot = (slot + 1) & mask {
		id := w.table[slot] - 1
		if w.hashes64[id] == hash && string(w.entry(id)) == s {
			return id
		}
	}
	id := int32(len(w.ends))
	w.table[slot] = id + 1
	w.arena = append(w.arena, s...)
	w.ends = append(w.ends, len(w.arena))
	w.hashes64 = append(w.hashes64, hash)
	w.seen = append(w.seen, 0)
	if w.wantBloom {
		w.bloomed = append(w.bloomed, bloom.HashBytes(s))
	}
	return id
}

// grow doubles the table.
func (w *stringWriter) grow() {
	w.table = make([]int32, max(tableMin, 2*len(w.table)))
	mask := len(w.table) - 1
	for id, hash := range w.hashes64 {
		slot := int(hash) & mask
		for w.table[slot] != 0 {
			slot = (slot + 1) & mask
		}
		w.table[slot] = int32(id) + 1
	}
}

func (w *stringWriter) addDirect(s string) {
	w.data.Raw = append(w.data.Raw, s...)
	w.lengths = append(w.lengths, int64(len(s)))
	w.group.sumInt += int64(len(s))
	if !w.binary {
		w.group.addBytes(w.data.Raw[len(w.data.Raw)-len(s):])
	}
	if w.wantBloom {
		w.hashes = append(w.hashes, bloom.HashBytes(s))
	}
}

// pack stores the ids of the row group with as few bytes as the entries need.
func (w *stringWriter) pack() {
	g := idGroup{at: len(w.packed), count: len(w.ids)}
	for last := len(w.ends) - 1; last>>(8*g.width) > 0; {
		g.width++
	}
	for _, id := range w.ids {
		for shift := 0; shift < 8*g.width; shift += 8 {
			w.packed = append(w.packed, byte(id>>shift))
		}
	}
	w.groupIDs = append(w.groupIDs, g)
	w.ids = w.ids[:0]
}

// unpack appends the ids of a row group to dst.
func (w *stringWriter) unpack(dst []int32, g idGroup) []int32 {
	b := w.packed[g.at:]
	for range g.count {
		id := int32(0)
		for i, x := range b[:g.width] {
			id |= int32(x) << (8 * i)
		}
		dst = append(dst, id)
		b = b[g.width:]
	}
	return dst
}

// goDirect writes out what the dictionary holds and gives it up. Marks of row
// groups begun before get their places.
func (w *stringWriter) goDirect() {
	w.direct = true
	put := func(m *mark, ids []int32) {
		m.at[0], m.at[1] = w.data.Position(), w.length.Position()
		for _, id := range ids {
			e := w.entry(id)
			w.data.Raw = append(w.data.Raw, e...)
			w.lengths = append(w.lengths, int64(len(e)))
		}
	}
	var ids []int32
	for i, g := range w.groupIDs {
		ids = w.unpack(ids[:0], g)
		put(&w.marks[i], ids)
		w.encodeLengths()
	}
	put(&w.marks[len(w.groupIDs)], w.ids)
	w.ids, w.groupIDs, w.packed, w.arena, w.ends = nil, nil, nil, nil, nil
	w.hashes64, w.bloomed, w.table, w.seen, w.translate = nil, nil, nil, nil, nil
	w.source = nil
}

func (w *stringWriter) encodeLengths() {
	w.length.Raw = w.ints.Append(w.length.Raw, w.lengths, false)
	w.lengths = w.lengths[:0]
}

func (w *stringWriter) encode() error {
	if !w.direct && !w.pays() {
		w.goDirect()
	}
	if w.direct {
		w.encodeLengths()
	} else {
		w.pack()
	}
	return nil
}

// thresholdValues is from how many values on the threshold says something: few
// may look distinct by chance.
const thresholdValues = 500

// pays reports whether the dictionary makes the column smaller, going by what
// both forms take before compression, and has few enough entries.
func (w *stringWriter) pays() bool {
	n, entries := w.count, len(w.ends)
	if n == 0 {
		return true
	}
	if n >= thresholdValues && float64(entries) > w.threshold*float64(n) {
		return false
	}
	idBits := bits.Len(uint(entries - 1))
	inDictionary := int64(len(w.arena)) + int64(entries) + int64(n)*int64(idBits)/8
	return inDictionary <= w.bytes+int64(n)
}

func (w *stringWriter) finish() error {
	if err := w.columnBase.finish(); err != nil {
		return err
	}
	if !w.direct && w.count == 0 { // no reader needs to cope with a dictionary of nothing
		w.goDirect()
	}
	if w.direct {
		w.encoding = protobuf.Encoding{Kind: protobuf.DirectV2}
		w.indexed = []int{0, 1}
		w.streams[0].extra = extraNone
		return nil
	}
	w.encoding = protobuf.Encoding{Kind: protobuf.DictionaryV2, DictionarySize: uint64(len(w.ends))}
	w.indexed = []int{0}
	w.streams[0].extra = extraRun
	order := make([]int32, len(w.ends))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return bytes.Compare(w.entry(a), w.entry(b)) })
	rank := make([]int64, len(order))
	for place, id := range order {
		rank[id] = int64(place)
		e := w.entry(id)
		w.dictionary.Raw = append(w.dictionary.Raw, e...)
		w.lengths = append(w.lengths, int64(len(e)))
	}
	w.encodeLengths()
	var ids []int32
	var places []int64
	for i, g := range w.groupIDs {
		w.marks[i].at[0] = w.data.Position()
		ids, places = w.unpack(ids[:0], g), places[:0]
		for _, id := range ids {
			places = append(places, rank[id])
		}
		w.data.Raw = w.ints.Append(w.data.Raw, places, false)
	}
	return nil
}

func (w *stringWriter) pending() int64 {
	return int64(8*len(w.lengths) + len(w.arena) + 24*len(w.ends) + 4*len(w.table) + 4*len(w.ids) + len(w.packed))
}
