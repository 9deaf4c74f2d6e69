package engine

import (
	"hash/maphash"
	"strconv"
	"sync"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// lexicon numbers the texts of a column all over an event data store, in the order in which stripes are kept, so that
// dictionaries of stripes become dictionaries of one origin (vector.Origin):
//
//	stripe 0   ids 0 1 1   entries a b      ─► 0 1 1 ┐
//	stripe 1   ids 0 1 2   entries b c a    ─► 1 2 0 ┴ entries a b c
//
// Texts in arrays, maps and rows have a lexicon for each place: resources[].type, the keys of requestparameters.
//
// The numbers are those of texts, whatever the file: files that are merged, or deleted, change nothing about them.
// A lexicon goes with the last column of a stripe that uses it.
type lexicon struct {
	mu      sync.Mutex // of what follows
	origin  *vector.Origin
	typ     types.Type
	slots   []lexiconSlot // open addressing: slots[h], slots[h+1] … up to an empty one
	texts   []string
	entries *vector.Flat[string] // the texts
	offered int                  // entries of stripes
	stripes int                  // that they are of
	size    int64                // about what it takes
	shared  bool                 // a dictionary has gone in
	closed  bool                 // nothing more goes in

	// Of the cache, under its lock.
	key   columnOfStore
	users int   // columns of stripes, or parts, and those that are about to be one
	bytes int64 // charged
}

const (
	// lexiconTrial is how many texts, of lexiconTrialStripes at least, a lexicon has before it is asked whether stripes
	// share them: what few stripes share says little about many.
	lexiconTrial        = 1 << 14
	lexiconTrialStripes = 8
	// maxLexiconShare is the share of a cache that one lexicon may take up. Without it, stripes would have the texts.
	maxLexiconShare = 4
	// lexiconWordBytes is about what a text takes in a lexicon beside its bytes: a string, its slots, and two
	// hashes that functions may note.
	lexiconWordBytes = 16 + 24 + 16
	// firstLexiconSlots is how many slots a lexicon begins with; a power of two.
	firstLexiconSlots = 64
	// maxFlatTexts is up to how many texts go into a lexicon that a stripe has without a dictionary: so few are no sign that
	// each is another one in larger stripes, whose dictionaries would not be of one origin with them. It is maxSharedFlatTexts
	// where dictionaries went in before.
	maxFlatTexts       = 1 << 10
	maxSharedFlatTexts = 1 << 16
)

// lexiconSlot holds half the hash of a text and its number plus one: 0 is an empty slot.
type lexiconSlot struct {
	hash uint32
	code int32
}

// Stripes share texts if a text is in so many of them, on an average.
const sharedStripes, ofStripes = 5, 4

func newLexicon(t types.Type) *lexicon {
	return &lexicon{origin: &vector.Origin{}, typ: t, slots: make([]lexiconSlot, firstLexiconSlots)}
}

var lexiconSeed = maphash.MakeSeed()

// hashTexts returns half the hash of each text. Places in slots are all that it decides about.
func hashTexts(texts []string) []uint32 {
	out := make([]uint32, len(texts))
	for i, text := range texts {
		out[i] = uint32(maphash.String(lexiconSeed, text))
	}
	return out
}

// lookup returns the number of a text, or -1, and its slot.
func (l *lexicon) lookup(text string, hash uint32) (number int32, at int) {
	mask := len(l.slots) - 1
	for at = int(hash) & mask; ; at = (at + 1) & mask {
		switch s := l.slots[at]; {
		case s.code == 0:
			return -1, at
		case s.hash == hash && l.texts[s.code-1] == text:
			return s.code - 1, at
		}
	}
}

// reach makes room for so many texts.
func (l *lexicon) reach(texts int) {
	n := len(l.slots)
	for 2*texts > n {
		n *= 2
	}
	if n == len(l.slots) {
		return
	}
	old := l.slots
	l.slots = make([]lexiconSlot, n)
	for _, s := range old {
		if s.code == 0 {
			continue
		}
		at := int(s.hash) & (n - 1)
		for l.slots[at].code != 0 {
			at = (at + 1) & (n - 1)
		}
		l.slots[at] = s
	}
}

// translate returns v with entries of the lexicon, and how many bytes that has become larger by; v itself if it
// has no texts in dictionaries, nor just a few, or if stripes share too few of them. The lexicon may take up to max bytes.
func (l *lexicon) translate(v vector.Vector, max int64) (out vector.Vector, grown int64) {
	texts, ids := entriesOf(v)
	if len(texts) == 0 || !v.Type().Equal(l.typ) {
		return v, 0
	}
	hashes := hashTexts(texts)
	l.mu.Lock()
	defer l.mu.Unlock()
	if ids == nil && len(texts) > maxFlatTexts && !l.shared {
		return v, 0
	}
	if l.closed || len(l.texts) > lexiconTrial && l.stripes >= lexiconTrialStripes && l.offered*ofStripes < len(l.texts)*sharedStripes {
		l.closed = true
		return v, 0
	}
	number := make([]int32, len(texts))
	room, fresh := 0, 0
	for e, text := range texts {
		if number[e], _ = l.lookup(text, hashes[e]); number[e] < 0 {
			room, fresh = room+len(text), fresh+1
		}
	}
	grown = int64(room) + lexiconWordBytes*int64(fresh)
	if l.size+grown > max {
		l.closed = true
		return v, 0
	}
	l.size += grown
	l.offered += len(number)
	l.stripes++
	l.shared = l.shared || ids != nil
	if fresh > 0 {
		l.add(texts, hashes, number, room, fresh)
	}
	if ids == nil {
		return vector.NewDictionary(number, l.entries, v.Nulls()), grown
	}
	own := make([]int32, len(ids))
	for i, id := range ids {
		own[i] = number[id]
	}
	return vector.NewDictionary(own, l.entries, v.Nulls()), grown
}

// entriesOf returns the texts that a lexicon may take in, and the number of each row's among them, nil if that is
// the row's own.
func entriesOf(v vector.Vector) (texts []string, ids []int32) {
	switch v := v.(type) {
	case *vector.Dictionary:
		if values, ok := v.Values.(*vector.Flat[string]); ok {
			return values.Values, v.Ids
		}
	case *vector.Flat[string]:
		if len(v.Values) <= maxSharedFlatTexts {
			return v.Values, nil
		}
	}
	return nil, nil
}

// add numbers the texts that have none, of which there are fresh, perhaps some of them twice. They have the given bytes,
// one after the other in a text of their own: those of the stripe can go.
func (l *lexicon) add(texts []string, hashes []uint32, number []int32, bytes, fresh int) {
	room := make([]byte, 0, bytes)
	for e, n := range number {
		if n < 0 {
			room = append(room, texts[e]...)
		}
	}
	all := string(room)
	l.reach(len(l.texts) + fresh)
	for e, n := range number {
		if n >= 0 {
			continue
		}
		own := all[:len(texts[e])]
		all = all[len(own):]
		known, at := l.lookup(own, hashes[e])
		if known >= 0 { // twice in the stripe
			number[e] = known
			continue
		}
		number[e] = int32(len(l.texts))
		l.texts = append(l.texts, own)
		l.slots[at] = lexiconSlot{hashes[e], number[e] + 1}
	}
	l.entries = vector.NewEntries(l.typ, l.texts[:len(l.texts):len(l.texts)], l.origin)
}

// newest returns d, which translate made, with all entries that there are now.
func (l *lexicon) newest(d *vector.Dictionary) vector.Vector {
	l.mu.Lock()
	defer l.mu.Unlock()
	if d.Values == vector.Vector(l.entries) {
		return d
	}
	return vector.NewDictionary(d.Ids, l.entries, d.Nulls())
}

// eachTexts returns v with what f returns in the place of dictionaries of texts in it, and of vectors of few texts; v itself
// if f returns what it gets. path names v for f, which is called for them in order, with names that differ.
func eachTexts(v vector.Vector, path string, f func(path string, v vector.Vector) vector.Vector) vector.Vector {
	switch w := v.(type) {
	case *vector.Dictionary, *vector.Flat[string]:
		if texts, _ := entriesOf(w); len(texts) > 0 {
			return f(path, w)
		}
	case *vector.Array:
		if elements := eachTexts(w.Elements, path+"\x00[]", f); elements != w.Elements {
			return vector.NewArray(w.Type(), w.Offsets, elements, w.Nulls())
		}
	case *vector.Map:
		keys, values := eachTexts(w.Keys, path+"\x00{}", f), eachTexts(w.Values, path+"\x00{}:", f)
		if keys != w.Keys || values != w.Values {
			return vector.NewMap(w.Type(), w.Offsets, keys, values, w.Nulls())
		}
	case *vector.Row:
		fields, changed := make([]vector.Vector, len(w.Fields)), false
		for i, field := range w.Fields {
			fields[i] = eachTexts(field, path+"\x00."+strconv.Itoa(i), f)
			changed = changed || fields[i] != field
		}
		if changed {
			return vector.NewRow(w.Type(), fields, w.Len(), w.Nulls())
		}
	}
	return v
}

// wordsIn are the lexicons that texts in a column of a stripe are of, each for one place.
type wordsIn []*lexicon

// newest returns v, which has texts of the lexicons, with all entries that there are now.
func (w wordsIn) newest(v vector.Vector) vector.Vector {
	if len(w) == 0 {
		return v
	}
	if n, ok := v.(*vector.Narrowed); ok {
		entries := w.newest(vector.NewDictionary(nil, n.Entries(), nil)).(*vector.Dictionary)
		return n.WithEntries(entries.Values)
	}
	return eachTexts(v, "", func(_ string, v vector.Vector) vector.Vector {
		if d, ok := v.(*vector.Dictionary); ok {
			for _, l := range w {
				if vector.OriginOf(d.Values) == l.origin {
					return l.newest(d)
				}
			}
		}
		return v
	})
}

// bytesBeside returns how many bytes v holds on to beside the lexicons.
func (w wordsIn) bytesBeside(v vector.Vector) int64 {
	n := vector.Bytes(eachTexts(v, "", func(_ string, v vector.Vector) vector.Vector {
		d, ok := v.(*vector.Dictionary)
		if !ok || vector.OriginOf(d.Values) == nil {
			return v
		}
		return vector.NewDictionary(d.Ids, noTexts, d.Nulls())
	}))
	return n
}

var noTexts = vector.NewFlat(types.TVarchar, []string{""}, nil)
