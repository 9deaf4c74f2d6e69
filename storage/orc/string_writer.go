package orc

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"slices"

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
	pool                     *framing.Pool // as of the Writer
	threshold                float64
	binary                   bool
	direct                   bool
	lengths                  []int64 // of the row group, when direct

	// The dictionary.
	texts    textPages // of entries
	entries  []dictionaryEntry
	uses     []entryUse // of entries
	bloomed  []uint64   // of entries, for the bloom filter
	table    []int32    // open addressing: entry+1
	last     int32      // the entry met last; values often come in runs
	ids      []int32    // of the row group's values
	groupIDs []idGroup
	packed   []byte // ids of the row groups before
	count    int    // values of the stripe
	bytes    int64  // of all values
	lists    []entryList
	used     int           // lists, counted when one is used
	counter  *valueCounter // nil if values are not counted

	newEntries []newEntry // scratch of translate
	touched    int32      // what was read so that it is at hand: of no meaning
}

// entryList is a list of entries of dictionary vectors, and where they went.
type entryList struct {
	of   any     // the vector of the entries, or its origin
	ids  []int32 // entry+1 by the list's number, 0 where it was not met yet
	used int     // when it was used last
}

// maxLists is of how many lists a column knows where their entries went: those who build vectors side by
// side have one each.
const maxLists = 4

// dictionaryEntry is what is looked at to find an entry.
type dictionaryEntry struct {
	text textPlace
	hash uint32 // for the table
}

// entryUse is what is asked of an entry wherever it is met.
type entryUse struct {
	length int
	seen   int32 // the row group, counted from 1, in which it was met last
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
	w.lengths = w.lengths[:0]
	w.forget()
	w.bytes, w.count = 0, 0
}

// What a column keeps of its dictionary's memory for the next stripe, by the size of each list.
const (
	keepTextBytes = 4 << 20
	keepEntries   = 1 << 16
)

// forget empties the dictionary.
func (w *stringWriter) forget() {
	if cap(w.entries) > keepEntries {
		w.entries, w.uses, w.bloomed = nil, nil, nil
	}
	if len(w.table) > 4*keepEntries {
		w.table = nil
	}
	if cap(w.ids) > keepEntries {
		w.ids = nil
	}
	if cap(w.packed) > keepTextBytes {
		w.packed = nil
	}
	clear(w.table)
	w.texts.reset()
	w.entries, w.uses, w.bloomed = w.entries[:0], w.uses[:0], w.bloomed[:0]
	w.ids, w.groupIDs, w.packed = w.ids[:0], w.groupIDs[:0], w.packed[:0]
	for i := range w.lists {
		w.lists[i].of = nil
		if cap(w.lists[i].ids) > keepEntries {
			w.lists[i].ids = nil
		}
	}
	w.last = -1
}

// translation returns where the entries of dictionary vectors went.
func (w *stringWriter) translation(values vector.Vector, n int) []int32 {
	var of any = values
	if origin := vector.OriginOf(values); origin != nil {
		of = origin
	}
	w.used++
	at := slices.IndexFunc(w.lists, func(s entryList) bool { return s.of == of })
	if at < 0 {
		if at = len(w.lists); at < maxLists {
			w.lists = append(w.lists, entryList{})
		} else {
			at = 0
			for i := range w.lists {
				if w.lists[i].used < w.lists[at].used {
					at = i
				}
			}
		}
		w.lists[at].of, w.lists[at].ids = of, w.lists[at].ids[:0]
	}
	s := &w.lists[at]
	s.used = w.used
	if known := len(s.ids); n > known {
		s.ids = slices.Grow(s.ids, n-known)[:n]
		clear(s.ids[known:])
	}
	return s.ids
}

func (w *stringWriter) write(v vector.Vector, rows []int32) error {
	rows = w.split(v, rows)
	if !w.direct {
		rows = w.collect(v, rows)
	}
	if len(rows) == 0 {
		return nil
	}
	view := vector.ViewOf[string](v)
	for _, r := range rows {
		w.addDirect(view.Values[view.At[r]])
		if err := w.pool.StartOne(w.data); err != nil {
			return err
		}
	}
	return nil
}

// trialValues is after how many values of a stripe a dictionary is given up at once that
// has an entry for almost each of them: with a share of trialShare it has no prospect of
// one of a half at the end of the row group.
const (
	trialValues = 1024
	trialShare  = 0.97
)

// collect adds values to the dictionary, and returns the rows from which on there is none
// any more. Where that is depends on the values alone, not on how they came in batches.
func (w *stringWriter) collect(v vector.Vector, rows []int32) (rest []int32) {
	for len(rows) > 0 && !w.direct {
		n := len(rows)
		if w.count < trialValues {
			n = min(n, trialValues-w.count)
		}
		if d, ok := v.(*vector.Dictionary); ok && len(d.Ids) > 0 {
			w.writeDictionary(d, rows[:n])
		} else {
			view := vector.ViewOf[string](v)
			for _, r := range rows[:n] {
				w.addID(w.intern(view.Values[view.At[r]]))
			}
		}
		rows = rows[n:]
		if w.texts.bytes > maxDictionaryBytes ||
			w.count == trialValues && float64(len(w.entries)) > max(trialShare, w.threshold)*trialValues {
			w.goDirect()
		}
	}
	return rows
}

// writeDictionary looks each entry of a dictionary up once.
func (w *stringWriter) writeDictionary(d *vector.Dictionary, rows []int32) {
	values := d.Values.(*vector.Flat[string]).Values
	translation := w.translation(d.Values, len(values))
	w.translate(values, translation, d.Ids, rows)
	w.ids = slices.Grow(w.ids, len(rows))
	last, id, length, total := int32(-1), int32(0), int64(0), int64(0)
	for _, r := range rows {
		if at := d.Ids[r]; at != last { // else a value comes again, as they often do
			id = translation[at] - 1
			last, length = at, w.meet(id)
		}
		w.ids = append(w.ids, id)
		total += length
	}
	w.count += len(rows)
	w.bytes += total
	w.group.sumInt += total
}

// newEntry is an entry of a dictionary vector that is looked up.
type newEntry struct {
	at   int32
	hash uint32
}

// translate looks up those entries of a dictionary vector that rows have and translation lacks, in the order of
// their first rows. The places where the table has to be read are spread over memory: to read them all one after the
// other, before anything depends on what they say, is quicker than to wait for each.
func (w *stringWriter) translate(values []string, translation, ids, rows []int32) {
	entries := w.newEntries[:0]
	for _, r := range rows {
		if at := ids[r]; translation[at] == 0 {
			translation[at] = -1 // is among entries
			entries = append(entries, newEntry{at: at})
		}
	}
	if len(entries) > 0 {
		if len(w.table) == 0 {
			w.grow()
		}
		mask, touched := uint32(len(w.table)-1), int32(0)
		for i := range entries {
			e := &entries[i]
			e.hash = hashOf(values[e.at])
			touched += w.table[e.hash&mask]
		}
		w.touched = touched
	}
	for _, e := range entries {
		translation[e.at] = w.internHashed(values[e.at], e.hash) + 1
	}
	if w.newEntries = entries; cap(entries) > keepEntries {
		w.newEntries = nil
	}
}

// meet takes note that an entry is in the row group and returns its length.
func (w *stringWriter) meet(id int32) (length int64) {
	use := &w.uses[id]
	if group := int32(len(w.groups)) + 1; use.seen != group {
		use.seen = group
		w.group.addBytes(bytesOf(w.text(id)))
		if w.wantBloom {
			w.hashes = append(w.hashes, w.bloomed[id])
		}
	}
	return int64(use.length)
}

// addID adds a value that is an entry.
func (w *stringWriter) addID(id int32) {
	w.ids = append(w.ids, id)
	w.count++
	length := w.meet(id)
	w.bytes += length
	w.group.sumInt += length
}

// text returns the text of an entry. It is valid until the dictionary is emptied.
func (w *stringWriter) text(id int32) string {
	return w.texts.text(w.entries[id].text, w.uses[id].length)
}

// hashOf makes the place of an entry in a table.
func hashOf(s string) uint32 { return uint32(maphash.String(tableSeed, s)) }

// tableSeed makes the places of entries in tables. Nothing that is written depends on them.
var tableSeed = maphash.MakeSeed()

// intern returns the entry of a value, which it makes when there is none.
func (w *stringWriter) intern(s string) int32 {
	if w.last >= 0 && w.text(w.last) == s {
		return w.last
	}
	return w.internHashed(s, hashOf(s))
}

// internHashed is intern of a value whose hash is known.
func (w *stringWriter) internHashed(s string, hash uint32) int32 {
	if 2*len(w.entries) >= len(w.table) {
		w.grow()
	}
	mask := len(w.table) - 1
	slot := int(hash) & mask
	for ; w.table[slot] != 0; slot = (slot + 1) & mask {
		id := w.table[slot] - 1
		if w.entries[id].hash == hash && w.text(id) == s {
			w.last = id
			return id
		}
	}
	id := int32(len(w.entries))
	w.table[slot] = id + 1
	w.entries = append(w.entries, dictionaryEntry{text: w.texts.add(s), hash: hash})
	w.uses = append(w.uses, entryUse{length: len(s)})
	if w.wantBloom {
		w.bloomed = append(w.bloomed, bloom.HashBytes(s))
	}
	w.last = id
	return id
}

// grow makes the table larger.
func (w *stringWriter) grow() {
	w.table = make([]int32, max(tableMin, 4*len(w.table)))
	mask := len(w.table) - 1
	for id := range w.entries {
		slot := int(w.entries[id].hash) & mask
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
	for last := len(w.entries) - 1; last>>(8*g.width) > 0; {
		g.width++
	}
	w.packed = slices.Grow(w.packed, g.width*g.count)
	switch g.width {
	case 0:
	case 1:
		for _, id := range w.ids {
			w.packed = append(w.packed, byte(id))
		}
	case 2:
		for _, id := range w.ids {
			w.packed = append(w.packed, byte(id), byte(id>>8))
		}
	default:
		for _, id := range w.ids {
			for shift := 0; shift < 8*g.width; shift += 8 {
				w.packed = append(w.packed, byte(id>>shift))
			}
		}
	}
	w.groupIDs = append(w.groupIDs, g)
	w.ids = w.ids[:0]
}

// unpack returns the ids of a row group, or what they mean, in the memory of dst.
func unpack[T int32 | int64](dst, meaning []T, packed []byte, g idGroup) []T {
	dst = slices.Grow(dst[:0], g.count)[:g.count]
	packed = packed[g.at : g.at+g.count*g.width]
	switch g.width {
	case 0:
		for i := range dst {
			dst[i] = meaning[0]
		}
	case 1:
		for i, id := range packed {
			dst[i] = meaning[id]
		}
	case 2:
		for i := range dst {
			dst[i] = meaning[binary.LittleEndian.Uint16(packed[2*i:])]
		}
	default:
		for i := range dst {
			id := 0
			for shift, x := range packed[i*g.width : (i+1)*g.width] {
				id |= int(x) << (8 * shift)
			}
			dst[i] = meaning[id]
		}
	}
	return dst
}

// goDirect writes out what the dictionary holds and gives it up. Marks of row
// groups begun before get their places.
func (w *stringWriter) goDirect() {
	w.direct = true
	put := func(m *mark, ids []int32) {
		m.at[0], m.at[1] = w.data.Position(), w.length.Position()
		size := 0
		for _, id := range ids {
			size += w.uses[id].length
		}
		w.data.Raw = slices.Grow(w.data.Raw, size)
		w.lengths = slices.Grow(w.lengths, len(ids))
		for _, id := range ids {
			e := w.text(id)
			w.data.Raw = append(w.data.Raw, e...)
			w.lengths = append(w.lengths, int64(len(e)))
		}
	}
	var ids, same []int32
	for id := range w.entries {
		same = append(same, int32(id))
	}
	for i, g := range w.groupIDs {
		ids = unpack(ids, same, w.packed, g)
		put(&w.marks[i], ids)
		w.encodeLengths()
	}
	put(&w.marks[len(w.groupIDs)], w.ids)
	w.forget()
	w.lists = nil
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
	n, entries := w.count, len(w.entries)
	if n == 0 {
		return true
	}
	if n >= thresholdValues && float64(entries) > w.threshold*float64(n) {
		return false
	}
	idBits := bits.Len(uint(entries - 1))
	inDictionary := int64(w.texts.bytes) + int64(entries) + int64(n)*int64(idBits)/8
	return inDictionary <= w.bytes+int64(n)
}

func (w *stringWriter) finish() error {
	if err := w.columnBase.finish(); err != nil {
		return err
	}
	if w.counter != nil {
		w.counter.addStripe(w)
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
	w.encoding = protobuf.Encoding{Kind: protobuf.DictionaryV2, DictionarySize: uint64(len(w.entries))}
	w.indexed = []int{0}
	w.streams[0].extra = extraRun
	rank := make([]int64, len(w.entries))
	w.dictionary.Raw = slices.Grow(w.dictionary.Raw, w.texts.bytes)
	for place, x := range w.sorted() {
		rank[x.id] = int64(place)
		e := w.text(x.id)
		w.dictionary.Raw = append(w.dictionary.Raw, e...)
		w.lengths = append(w.lengths, int64(len(e)))
	}
	w.encodeLengths()
	var places []int64
	for i, g := range w.groupIDs {
		w.marks[i].at[0] = w.data.Position()
		places = unpack(places, rank, w.packed, g)
		w.data.Raw = w.ints.Append(w.data.Raw, places, false)
	}
	return nil
}

func (w *stringWriter) pending() int64 {
	return int64(8*len(w.lengths) + w.texts.bytes + 32*len(w.entries) + 4*len(w.table) + 4*len(w.ids) + len(w.packed))
}
