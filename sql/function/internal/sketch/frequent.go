package sketch

// Frequent finds the most frequent values of a stream with a fixed number of counters, after
// Metwally, Agrawal and El Abbadi (Space-Saving): a value without a counter takes over the
// one that counts least, and goes on from there. So counts are too high, never too low, by at
// most the stream's length over the number of counters.
//
// Counters hang in buckets of equal counts, which ascend; in a bucket the one that came first
// is first to go:
//
//	bucket 1 ─► bucket 4 ─► bucket 9
//	 d, c        b           a
type Frequent[K comparable] struct {
	capacity int
	counters []counter[K]
	places   map[K]int32
	buckets  []countBucket
	free     []int32 // buckets that are no longer used
	least    int32
	greatest int32
}

// links are the places of neighbours in a list, or none.
type links struct{ prev, next int32 }

type counter[K comparable] struct {
	value  K
	bucket int32
	links
}

type countBucket struct {
	count       int64
	first, last int32 // counters, in order of arrival
	links
}

// NewFrequent returns an empty sketch with a number of counters, which are made as they are needed.
func NewFrequent[K comparable](capacity int) *Frequent[K] {
	return &Frequent[K]{capacity: capacity, places: map[K]int32{}, least: none, greatest: none}
}

// Has reports whether a value has a counter.
func (f *Frequent[K]) Has(value K) bool {
	_, ok := f.places[value]
	return ok
}

// Add takes in a value n times. It returns the value whose counter was taken over, if there is one.
func (f *Frequent[K]) Add(value K, n int64) (dropped K, ok bool) {
	at, known := f.places[value]
	switch {
	case known:
	case len(f.counters) < f.capacity:
		at = int32(len(f.counters))
		f.counters = append(f.counters, counter[K]{value: value, bucket: none})
	default:
		at = f.buckets[f.least].first
		dropped, ok = f.counters[at].value, true
		delete(f.places, dropped)
		f.counters[at].value = value
	}
	f.places[value] = at
	f.raise(at, n)
	return dropped, ok
}

// raise moves a counter to the bucket of its count plus n.
func (f *Frequent[K]) raise(at int32, n int64) {
	from, next, prev := f.counters[at].bucket, f.least, int32(none)
	count := n
	if from != none {
		b := &f.buckets[from]
		count += b.count
		next, prev = b.next, from
		c := f.counters[at].links
		if c.prev == none {
			b.first = c.next
		} else {
			f.counters[c.prev].next = c.next
		}
		if c.next == none {
			b.last = c.prev
		} else {
			f.counters[c.next].prev = c.prev
		}
	}
	for next != none && f.buckets[next].count < count {
		next, prev = f.buckets[next].next, next
	}
	if next == none || f.buckets[next].count != count {
		next = f.bucketBetween(prev, next, count)
	}
	b := &f.buckets[next]
	c := &f.counters[at]
	c.bucket, c.prev, c.next = next, b.last, none
	if b.last == none {
		b.first = at
	} else {
		f.counters[b.last].next = at
	}
	b.last = at
	if from != none && f.buckets[from].first == none {
		f.dropBucket(from)
	}
}

func (f *Frequent[K]) bucketBetween(prev, next int32, count int64) int32 {
	b := countBucket{count: count, first: none, last: none, links: links{prev, next}}
	at := int32(len(f.buckets))
	if last := len(f.free) - 1; last >= 0 {
		at, f.free = f.free[last], f.free[:last]
		f.buckets[at] = b
	} else {
		f.buckets = append(f.buckets, b)
	}
	if prev == none {
		f.least = at
	} else {
		f.buckets[prev].next = at
	}
	if next == none {
		f.greatest = at
	} else {
		f.buckets[next].prev = at
	}
	return at
}

func (f *Frequent[K]) dropBucket(at int32) {
	b := f.buckets[at].links
	if b.prev == none {
		f.least = b.next
	} else {
		f.buckets[b.prev].next = b.next
	}
	if b.next == none {
		f.greatest = b.prev
	} else {
		f.buckets[b.next].prev = b.prev
	}
	f.free = append(f.free, at)
}

// Top calls visit for up to n values, the most frequent ones first, with their counts.
func (f *Frequent[K]) Top(n int, visit func(value K, count int64)) {
	for b := f.greatest; b != none; b = f.buckets[b].prev {
		for c := f.buckets[b].first; c != none; c = f.counters[c].next {
			if n--; n < 0 {
				return
			}
			visit(f.counters[c].value, f.buckets[b].count)
		}
	}
}

// Bytes estimates the memory that f holds, but for the values' own texts.
func (f *Frequent[K]) Bytes() int64 {
	return 96 + 56*int64(cap(f.counters)) + 24*int64(cap(f.buckets)) + 4*int64(cap(f.free))
}
