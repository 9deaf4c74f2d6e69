package engine

import (
	"container/list"
	"math"
	"strings"
	"sync"

	"github.com/ctlake/ctlake/engine/exec"
	"github.com/ctlake/ctlake/storage/orc"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Limits of what a cache takes in.
const (
	// smallChunkBytes is up to which size in the file a column of a stripe is decoded as a whole, whatever is in it.
	smallChunkBytes = 2 << 20
	// longTextBytes is how many bytes of a row in the file make a column of a larger stripe long text, which is not decoded as a
	// whole: an ID that is random takes 18 to 20, eventjson more than 100.
	longTextBytes = 24
	// unreadableBytes is the size in the file of a column that cannot be read.
	unreadableBytes = math.MaxInt64
	// maxChunkShare is the share of a cache that one column of a stripe may take up.
	maxChunkShare = 16
	// parsedPerRead is about how many bytes in memory a byte of a file's tail and indexes becomes.
	parsedPerRead = 4
	// maxIdleStripes is how many readers of one stripe wait to be used again.
	maxIdleStripes = 4
)

// How large a cache is by itself.
const (
	// cacheShare is the share of the memory of statements that a cache takes up,
	cacheShare = 8
	// leastCacheBytes what it takes at least, as long as that is not more than
	leastCacheBytes = 256 << 20
	// maxCacheShare of the memory,
	maxCacheShare = 4
	// mostCacheBytes and what it takes at most: beyond it lies less and less of what is read again.
	mostCacheBytes = 4 << 30
)

// CacheBytes returns how large the cache of a process whose statements may hold so much memory together is to be.
func CacheBytes(memory int64) int64 {
	return min(max(memory/cacheShare, leastCacheBytes), memory/maxCacheShare, mostCacheBytes)
}

// Cache keeps what the statements of a process read again and again of data files,
// which never change: their tails, the indexes of their stripes, and columns of stripes
// as vectors. It is safe for concurrent use.
//
//	path ─► tail (orc.File)
//	path, stripe ─► footer, row indexes, bloom filters (orc.StripeReader, lent to one query at a time)
//	path, stripe, column ─► vector.Vector of all rows, from the second statement or scan that reads it
//	files, column ─► countedValues: the values of a column in files one after the other, with their numbers of rows
//	store, column, or part of one ─► lexicon: the texts of those vectors, each once
//
// What was used the longest time ago goes first. A column goes in only in the place of
// what the last two statements did not use: a scan of more than fits then keeps a part of it
// for the next one, where pure recency would keep none. If that is all that there is, vectors are narrowed (vector.Narrow): they take a
// quarter to a half then, and their rows are made anew for each batch.
type Cache struct {
	mu         sync.Mutex
	max, held  int64
	memory     *exec.Memory               // of the process, which held is charged to; nil for none
	entries    map[cacheKey]*list.Element // of *cacheEntry
	recent     *list.List                 // the most recently used first
	wide       *list.List                 // of *cacheEntry: those that may be narrowed, the oldest first
	lexicons   map[columnOfStore]*lexicon
	statements int64 // begun so far
}

// countedStripe stands in the keys of countedValues, whose path is that of some files.
const countedStripe = -2

// cacheKey names a tail (no stripe: -1), a stripe (no column), a column of a stripe, or countedValues.
type cacheKey struct {
	path   string
	stripe int
	column string
}

// columnOfStore names a column of an event data store, or a part of one that lies in arrays, maps or rows.
type columnOfStore struct{ store, column string }

type cacheEntry struct {
	key       cacheKey
	bytes     int64
	statement int64 // that used it last

	file    *orc.File           // of a tail
	idle    []*orc.StripeReader // of a stripe
	vector  vector.Vector       // of a column, perhaps narrowed; nil: it was asked for once, is being read, or is too large
	wide    *list.Element       // in Cache.wide; nil if it is not there
	words   wordsIn             // that texts of the vector are of
	counted []*countedValues    // of countedStripe
	chunk   chunk               // of a column
	refused bool
}

// chunk says how large a column of a stripe is.
type chunk struct {
	rows    int64
	stored  int64 // bytes in the file
	decoded int64 // about how many bytes it takes in memory
}

// kept reports whether a cache of the given bytes takes the column at all.
func (s chunk) kept(max int64) bool {
	return s.stored <= smallChunkBytes || s.stored <= longTextBytes*s.rows && s.stored <= max/maxChunkShare
}

// NewCache returns a cache of at most the given size in bytes.
func NewCache(bytes int64) *Cache {
	return &Cache{max: bytes, entries: map[cacheKey]*list.Element{}, recent: list.New(), wide: list.New(), lexicons: map[columnOfStore]*lexicon{}}
}

// within charges what the cache holds, and will hold, to the budget of the process.
func (c *Cache) within(m *exec.Memory) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.memory = m
	m.Hold(c.held)
}

// hold notes that the cache holds more bytes, or less.
func (c *Cache) hold(bytes int64) {
	c.held += bytes
	if c.memory != nil {
		c.memory.Hold(bytes)
	}
}

// shrink gives up at least so many bytes, if the cache has them: a statement wants them.
func (c *Cache) shrink(bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for to := c.held - bytes; c.held > to && c.recent.Len() > 0; {
		c.drop(c.recent.Back())
	}
}

// begin counts a statement.
func (c *Cache) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.statements++
}

// find returns an entry and notes that it is used; nil for none.
func (c *Cache) find(k cacheKey) *cacheEntry {
	at, ok := c.entries[k]
	if !ok {
		return nil
	}
	c.recent.MoveToFront(at)
	e := at.Value.(*cacheEntry)
	e.statement = c.statements
	return e
}

// put adds an entry that is not there. It has e's bytes, for which there must be room.
func (c *Cache) put(e *cacheEntry) {
	e.statement = c.statements
	c.hold(e.bytes)
	c.entries[e.key] = c.recent.PushFront(e)
}

// entryBytes is about what an entry takes beside what it holds.
const entryBytes = 256

// room gives up entries until there is room for more bytes, here and in the budget of the
// process, and reports whether there is. With idle, entries that were used by this statement or the one before stay,
// if need be in fewer bytes.
func (c *Cache) room(bytes int64, idle bool) bool {
	if bytes > c.max {
		return false
	}
	for !c.takes(bytes) {
		last := c.recent.Back()
		if last == nil {
			return false
		}
		e := last.Value.(*cacheEntry)
		if idle && e.statement >= c.statements-1 {
			if c.narrow() {
				continue
			}
			return false
		}
		c.drop(last)
	}
	return true
}

// narrow narrows a vector, and reports whether there was one to try it with.
func (c *Cache) narrow() bool {
	first := c.wide.Front()
	if first == nil {
		return false
	}
	e := c.wide.Remove(first).(*cacheEntry)
	e.wide = nil
	if n, ok := vector.Narrow(e.vector); ok {
		saved := vector.NarrowableBytes(e.vector) - n.Bytes()
		e.vector = n
		e.bytes -= saved
		c.hold(-saved)
	}
	return true
}

func (c *Cache) drop(at *list.Element) {
	e := c.recent.Remove(at).(*cacheEntry)
	if e.wide != nil {
		c.wide.Remove(e.wide)
	}
	c.hold(-e.bytes)
	delete(c.entries, e.key)
	for _, l := range e.words {
		c.leave(l)
	}
}

// enter returns the lexicon of a column, which leave is to be called for.
func (c *Cache) enter(k columnOfStore, t types.Type) *lexicon {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lexicons[k]
	if l == nil {
		l = newLexicon(t)
		l.key = k
		c.lexicons[k] = l
	}
	l.users++
	return l
}

// forget is leave for who holds no lock.
func (c *Cache) forget(l *lexicon) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leave(l)
}

// leave gives up a lexicon if nobody else uses it.
func (c *Cache) leave(l *lexicon) {
	if l.users--; l.users > 0 {
		return
	}
	c.hold(-l.bytes)
	l.bytes = 0
	if c.lexicons[l.key] == l {
		delete(c.lexicons, l.key)
	}
}

// tail returns the tail of a file, nil if it is not there.
func (c *Cache) tail(path string) *orc.File {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.find(cacheKey{path, -1, ""}); e != nil {
		return e.file
	}
	return nil
}

// keepTail keeps the tail of a file.
func (c *Cache) keepTail(path string, f *orc.File) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := cacheKey{path, -1, ""}
	bytes := entryBytes + parsedPerRead*f.BytesRead()
	if c.find(k) == nil && c.room(bytes, false) {
		c.put(&cacheEntry{key: k, bytes: bytes, file: f})
	}
}

// lend returns a reader of a stripe that nobody uses, nil if there is none.
func (c *Cache) lend(path string, stripe int) *orc.StripeReader {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := cacheKey{path, stripe, ""}
	e := c.find(k)
	if e == nil || len(e.idle) == 0 {
		return nil
	}
	s := e.idle[len(e.idle)-1]
	e.idle = e.idle[:len(e.idle)-1]
	c.hold(-parsedPerRead * s.IndexBytes())
	e.bytes -= parsedPerRead * s.IndexBytes()
	return s
}

// giveBack takes in a reader of a stripe that is not used any more.
func (c *Cache) giveBack(path string, stripe int, s *orc.StripeReader) {
	c.mu.Lock()
	defer c.mu.Unlock()
	bytes := parsedPerRead * s.IndexBytes()
	if !c.room(bytes+entryBytes, false) {
		return
	}
	k := cacheKey{path, stripe, ""}
	e := c.find(k)
	if e == nil {
		e = &cacheEntry{key: k, bytes: entryBytes}
		c.put(e)
	}
	if len(e.idle) < maxIdleStripes {
		e.idle = append(e.idle, s)
		e.bytes += bytes
		c.hold(bytes)
	}
}

// counted returns the values of files with their numbers of rows, nil if they are not there.
func (c *Cache) counted(k cacheKey) []*countedValues {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.find(k); e != nil {
		return e.counted
	}
	return nil
}

// keepCounted keeps them.
func (c *Cache) keepCounted(k cacheKey, values []*countedValues) {
	c.mu.Lock()
	defer c.mu.Unlock()
	bytes := int64(entryBytes)
	for _, v := range values {
		bytes += v.bytes()
	}
	if bytes <= c.max/maxChunkShare && c.find(k) == nil && c.room(bytes, false) {
		c.put(&cacheEntry{key: k, bytes: bytes, counted: values})
	}
}

// columnKey names a column of a stripe.
func columnKey(path string, stripe int, column []string) cacheKey {
	return cacheKey{path, stripe, strings.Join(column, "\x00")}
}

// column returns a column of a stripe and how many bytes it has in the file. Without
// one, wanted says that the caller is to read it whole and to call keepColumn. A large one is wanted by who reads most
// rows of the stripe only: a lookup of some decodes no more than their row groups.
func (c *Cache) column(k cacheKey, most bool, size func() chunk) (v vector.Vector, stored int64, wanted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.find(k)
	switch {
	case e == nil:
		if c.room(entryBytes, false) {
			s := size()
			c.put(&cacheEntry{key: k, bytes: entryBytes, chunk: s, refused: !s.kept(c.max)})
		}
		return nil, 0, false
	case e.words != nil:
		return e.words.newest(e.vector), e.chunk.stored, false
	case e.vector != nil:
		return e.vector, e.chunk.stored, false
	case e.refused || !most && e.chunk.stored > smallChunkBytes:
		return nil, 0, false
	case !c.takes(e.chunk.decoded) && c.wide.Len() == 0 && !c.idles(): // it would be read as a whole for nothing
		return nil, 0, false
	}
	e.refused = true // until it is there, the others read for themselves
	return nil, 0, true
}

// takes reports whether so many bytes more go in.
func (c *Cache) takes(bytes int64) bool {
	return c.held+bytes <= c.max && (c.memory == nil || c.memory.Has(bytes))
}

// idles reports whether there is something that the last two statements did not use.
func (c *Cache) idles() bool {
	last := c.recent.Back()
	return last != nil && last.Value.(*cacheEntry).statement < c.statements-1
}

// keepColumn keeps a column of a stripe, and returns it as the next ones will get it; nil says that it could not be read
// as a whole.
func (c *Cache) keepColumn(k cacheKey, of columnOfStore, v vector.Vector) vector.Vector {
	if v == nil {
		return nil
	}
	words := wordsIn{}
	translated := eachTexts(v, of.column, func(path string, texts vector.Vector) vector.Vector {
		l := c.enter(columnOfStore{of.store, path}, texts.Type())
		out, grown := l.translate(texts, c.max/maxLexiconShare)
		if out == texts {
			c.forget(l)
			return texts
		}
		words = append(words, l)
		c.grow(l, grown)
		return out
	})
	c.keep(k, translated, words, words.bytesBeside(translated))
	return translated
}

// grow notes that a lexicon has become larger.
func (c *Cache) grow(l *lexicon, bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l.bytes += bytes
	c.hold(bytes) // it is there already
	c.room(0, false)
}

// keep keeps a column of a stripe of the given bytes, and the lexicons that enter returned for it. If nearly all
// of it is NULL only the rest is kept; else it is narrowed if it goes in like that only.
func (c *Cache) keep(k cacheKey, v vector.Vector, words wordsIn, bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := v
	rest := func(n *vector.Narrowed) {
		bytes -= vector.NarrowableBytes(v) - n.Bytes()
		kept = n
	}
	if n, ok := vector.Thin(v); ok {
		rest(n)
	}
	e := c.admit(k, bytes)
	if e == nil && kept == v {
		if n, ok := vector.Narrow(v); ok {
			rest(n)
			e = c.admit(k, bytes)
		}
	}
	if e == nil {
		for _, l := range words {
			c.leave(l)
		}
		return
	}
	e.vector, e.words = kept, words
	e.bytes += bytes
	c.hold(bytes)
	if kept == v && vector.Narrowable(v) {
		e.wide = c.wide.PushBack(e)
	}
}

// admit returns the entry of a column for which there is room, or nil.
func (c *Cache) admit(k cacheKey, bytes int64) *cacheEntry {
	if bytes > c.max/maxChunkShare || c.find(k) == nil {
		return nil
	}
	fits := c.room(bytes, true)
	e := c.find(k)
	if e == nil {
		return nil // it was given up itself
	}
	if !fits {
		e.refused = false // there may be room for it another time
		return nil
	}
	return e
}
