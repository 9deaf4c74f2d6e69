package sketch

import (
	"encoding/binary"
	"math"
	"slices"
)

// SetDigest tells how much two sets have in common: the Jaccard index of their smallest
// hashes (MinHash, after Broder) estimates theirs. With fewer than maxHashes different hashes it
// is exact.
//
//	1  length:32  HyperLogLog …  maxHashes:32  count:32  hashes:64 …  occurrences:16 …
type SetDigest struct {
	hll       *HyperLogLog
	maxHashes int
	// counts holds how often each hash came, up to 32,767. It may hold up to twice
	// maxHashes; smallest leaves out those that are too many.
	counts map[int64]int16
	limit  int64 // hashes above this are too many; grows smaller with time
}

const (
	setDigestTag     = 1
	setDigestBuckets = 2_048 // of its HyperLogLog
	setDigestHashes  = 8_192
)

// NewSetDigest returns an empty digest.
func NewSetDigest() *SetDigest {
	return &SetDigest{hll: NewHyperLogLog(setDigestBuckets), maxHashes: setDigestHashes, counts: map[int64]int16{}, limit: math.MaxInt64}
}

// Add takes in a hash.
func (d *SetDigest) Add(hash uint64) {
	d.hll.Add(hash)
	d.count(int64(hash), 1)
}

func (d *SetDigest) count(hash int64, n int16) {
	if hash > d.limit {
		return
	}
	d.counts[hash] = int16(min(int32(d.counts[hash])+int32(n), math.MaxInt16))
	if len(d.counts) > 2*d.maxHashes {
		d.prune()
	}
}

// prune keeps the maxHashes smallest hashes.
func (d *SetDigest) prune() {
	if len(d.counts) <= d.maxHashes {
		return
	}
	d.limit = d.sorted()[d.maxHashes-1]
	for hash := range d.counts {
		if hash > d.limit {
			delete(d.counts, hash)
		}
	}
}

func (d *SetDigest) sorted() []int64 {
	all := make([]int64, 0, len(d.counts))
	for hash := range d.counts {
		all = append(all, hash)
	}
	slices.Sort(all)
	return all
}

// Merge takes in all that o has seen.
func (d *SetDigest) Merge(o *SetDigest) error {
	if err := d.hll.Merge(o.hll); err != nil {
		return err
	}
	for hash, n := range o.counts { // the order does not matter
		d.count(hash, n)
	}
	return nil
}

// HyperLogLog returns the sketch of the cardinality.
func (d *SetDigest) HyperLogLog() *HyperLogLog { return d.hll }

func (d *SetDigest) exact() bool {
	d.prune()
	return len(d.counts) < d.maxHashes
}

// Cardinality returns the number of different hashes, or estimates it.
func (d *SetDigest) Cardinality() int64 {
	if d.exact() {
		return int64(len(d.counts))
	}
	return d.hll.Cardinality()
}

// Jaccard estimates the size of the intersection of two sets as a share of their union. It is NaN
// if one is empty.
func (d *SetDigest) Jaccard(o *SetDigest) float64 {
	d.prune()
	o.prune()
	smaller := min(len(d.counts), len(o.counts))
	a, b := d.sorted(), o.sorted()
	both := 0
	for range smaller { // the smallest hashes of the union
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			a = a[1:]
		case len(a) == 0 || b[0] < a[0]:
			b = b[1:]
		default:
			both++
			a, b = a[1:], b[1:]
		}
	}
	return float64(both) / float64(smaller)
}

// Intersection returns the number of hashes that both have seen, or estimates it.
func (d *SetDigest) Intersection(o *SetDigest) (int64, error) {
	if d.exact() && o.exact() {
		n := int64(0)
		for hash := range d.counts {
			if _, ok := o.counts[hash]; ok {
				n++
			}
		}
		return n, nil
	}
	hll := d.hll.Clone()
	if err := hll.Merge(o.hll); err != nil {
		return 0, err
	}
	union := &SetDigest{hll: hll, maxHashes: d.maxHashes, counts: map[int64]int16{}, limit: math.MaxInt64}
	for _, part := range []*SetDigest{d, o} {
		for hash, n := range part.counts {
			union.count(hash, n)
		}
	}
	n := round(d.Jaccard(o) * float64(union.Cardinality()))
	return min(n, d.Cardinality(), o.Cardinality()), nil
}

// Hashes returns the smallest hashes in ascending order, and how often each came.
func (d *SetDigest) Hashes() (hashes []int64, counts []int16) {
	d.prune()
	hashes = d.sorted()
	counts = make([]int16, len(hashes))
	for i, hash := range hashes {
		counts[i] = d.counts[hash]
	}
	return hashes, counts
}

// Append appends the bytes of d.
func (d *SetDigest) Append(dst []byte) []byte {
	hll := d.hll.Append(nil)
	dst = binary.LittleEndian.AppendUint32(append(dst, setDigestTag), uint32(len(hll)))
	dst = binary.LittleEndian.AppendUint32(append(dst, hll...), uint32(d.maxHashes))
	hashes, counts := d.Hashes()
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(hashes)))
	for _, hash := range hashes {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(hash))
	}
	for _, n := range counts {
		dst = binary.LittleEndian.AppendUint16(dst, uint16(n))
	}
	return dst
}

// HyperLogLogOf returns the bytes of the HyperLogLog in those of a SetDigest.
func HyperLogLogOf(s string) (string, error) {
	r := &reader{s: s}
	if tag := r.uint8(); r.err == nil && tag != setDigestTag {
		return "", errFormat
	}
	hll := r.take(int(int32(r.uint32())))
	return hll, r.err
}

// ReadSetDigest reads what Append wrote, or Trino.
func ReadSetDigest(s string) (*SetDigest, error) {
	text, err := HyperLogLogOf(s)
	if err != nil {
		return nil, err
	}
	d := &SetDigest{counts: map[int64]int16{}, limit: math.MaxInt64}
	if d.hll, err = ReadHyperLogLog(text); err != nil {
		return nil, err
	}
	r := &reader{s: s[5+len(text):]}
	limit, count := int32(r.uint32()), int32(r.uint32())
	if r.err != nil {
		return nil, r.err
	}
	if limit < 1 || count < 0 || count > limit {
		return nil, errCorrupt
	}
	d.maxHashes = int(limit)
	if int64(len(r.s)) < 10*int64(count) {
		return nil, errShort
	}
	hashes := reader{s: r.take(8 * int(count))}
	for range count {
		d.counts[int64(hashes.uint64())] = int16(r.uint16())
	}
	if len(d.counts) != int(count) {
		return nil, errCorrupt
	}
	return d, r.end()
}

// Bytes estimates the memory that d holds.
func (d *SetDigest) Bytes() int64 { return d.hll.Bytes() + 24*int64(len(d.counts)) + 100 }
