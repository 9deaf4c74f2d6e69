package sketch

import (
	_ "embed"
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// HyperLogLog estimates how many different 64-bit hashes it has seen, after Flajolet,
// Fusy, Gandouet and Meunier, with the corrections of Heule, Nunkesser and Hall. The
// first bits of a hash choose a bucket, which keeps the longest run of zeros that
// followed, plus one.
//
// While there are few hashes it is sparse: it keeps the first 26 bits of each and the run
// of zeros after them, sorted, and counts almost exactly:
//
//	2  bits  count:16  entries:32 …         entry = hash's first 26 bits, zeros:6
//
// Then it is dense, a value for each of 2^bits buckets, as 4 bits above the least of them
// (the baseline); values further above are listed:
//
//	3  bits  baseline  deltas:4 …  count:16  buckets:16 …  values above baseline+15:8 …
//
// Both forms follow from the set of hashes alone, in whatever order and parts it came.
type HyperLogLog struct {
	bits   uint8
	sparse []uint32
	dense  []uint8  // values of buckets; nil while sparse
	table  []uint32 // while many hashes are added in sparse's place: a hash table, of entries' complements; 0 is an empty slot
	count  int      // entries in table
}

const (
	sparseTag    = 2
	denseTagOld  = 1 // with at most one value above
	denseTag     = 3
	minIndexBits = 1
	maxIndexBits = 16
	sparseBits   = 26 // of a hash that a sparse entry keeps
	runBits      = 6  // of an entry that hold the run of zeros
	maxDelta     = 15
)

// NewHyperLogLog returns an empty sketch with a number of buckets, a power of two up to 65,536.
func NewHyperLogLog(buckets int) *HyperLogLog {
	return &HyperLogLog{bits: uint8(bits.TrailingZeros(uint(buckets)))}
}

// Buckets returns the number of buckets.
func (h *HyperLogLog) Buckets() int { return 1 << h.bits }

// sparseLimit is how many entries the sparse form may have: with more it takes more memory
// than the dense one, as airlift reckons it, whose array of entries begins with one and grows by ten.
func sparseLimit(buckets int) int { return ((buckets/2+16)/4-1)/10*10 + 1 }

// Add takes in a hash.
func (h *HyperLogLog) Add(hash uint64) {
	if h.dense != nil {
		h.bucket(uint32(hash>>(64-h.bits)), uint8(bits.LeadingZeros64(hash<<h.bits|1<<(h.bits-1)))+1)
		return
	}
	h.entry(uint32(hash>>(64-sparseBits))<<runBits | uint32(bits.LeadingZeros64(hash<<sparseBits|1<<(sparseBits-1))))
}

// IsDense reports whether h has the dense form, in which it takes no more memory than it does.
func (h *HyperLogLog) IsDense() bool { return h.dense != nil }

func (h *HyperLogLog) bucket(i uint32, value uint8) {
	if h.dense[i] < value {
		h.dense[i] = value
	}
}

// maxSorted is how many entries are kept sorted while hashes are added: a new one moves half of them.
const maxSorted = 16

// entry adds an entry; of two with one prefix the longer run counts.
func (h *HyperLogLog) entry(e uint32) {
	if h.table == nil {
		if len(h.sparse) < maxSorted {
			h.insert(e)
			h.densify()
			return
		}
		h.spread(2 * len(h.sparse))
	}
	prefix, mask := e>>runBits, uint32(len(h.table)-1)
	for at := prefix & mask; ; at = (at + 1) & mask {
		switch there := ^h.table[at]; {
		case there == math.MaxUint32: // no entry: its run would be too long
			h.table[at] = ^e
			if h.count++; h.count > sparseLimit(h.Buckets()) {
				h.MakeDense()
			} else if 2*h.count > len(h.table) {
				h.gather()
				h.spread(2 * len(h.sparse))
			}
			return
		case there>>runBits == prefix:
			h.table[at] = ^max(there, e)
			return
		}
	}
}

// spread puts the entries into a table for n entries, of which there are not more.
func (h *HyperLogLog) spread(n int) {
	h.table, h.count = make([]uint32, 2<<bits.Len(uint(n))), len(h.sparse)
	mask := uint32(len(h.table) - 1)
	for _, e := range h.sparse {
		at := e >> runBits & mask
		for h.table[at] != 0 {
			at = (at + 1) & mask
		}
		h.table[at] = ^e
	}
	h.sparse = nil
}

// settle sorts the entries again.
func (h *HyperLogLog) settle() {
	if h.table != nil {
		h.gather()
		slices.Sort(h.sparse)
	}
}

// gather takes the entries out of the table, in no order.
func (h *HyperLogLog) gather() {
	h.sparse = make([]uint32, 0, h.count)
	for _, e := range h.table {
		if e != 0 {
			h.sparse = append(h.sparse, ^e)
		}
	}
	h.table, h.count = nil, 0
}

// insert adds an entry to those that are sorted.
func (h *HyperLogLog) insert(e uint32) {
	prefix := e >> runBits
	at, to := 0, len(h.sparse)
	for at < to {
		if middle := int(uint(at+to) >> 1); h.sparse[middle]>>runBits < prefix {
			at = middle + 1
		} else {
			to = middle
		}
	}
	if at == len(h.sparse) || h.sparse[at]>>runBits != prefix {
		h.sparse = slices.Insert(h.sparse, at, e)
	} else {
		h.sparse[at] = max(h.sparse[at], e)
	}
}

func (h *HyperLogLog) densify() {
	if h.dense == nil && len(h.sparse) > sparseLimit(h.Buckets()) {
		h.MakeDense()
	}
}

// MakeDense gives h the dense form.
func (h *HyperLogLog) MakeDense() {
	if h.dense != nil {
		return
	}
	if h.table != nil {
		h.gather()
	}
	h.dense = make([]uint8, h.Buckets())
	h.addEntries(h.sparse)
	h.sparse = nil
}

// addEntries adds entries, in any order, to the dense form.
func (h *HyperLogLog) addEntries(entries []uint32) {
	for _, e := range entries {
		run := bits.LeadingZeros32(e << h.bits)
		if rest := sparseBits - int(h.bits); run >= rest {
			run = rest + int(e&(1<<runBits-1))
		}
		h.bucket(e>>(32-h.bits), uint8(run)+1)
	}
}

// BucketsError says that sketches with unequal numbers of buckets were to be merged.
type BucketsError struct{ A, B int }

// Error implements error, in Trino's words.
func (e *BucketsError) Error() string {
	return fmt.Sprintf("Cannot merge HLLs with different number of buckets: %d vs %d", e.A, e.B)
}

// Merge takes in all that o has seen. Both must have the same number of buckets.
func (h *HyperLogLog) Merge(o *HyperLogLog) error {
	if h.bits != o.bits {
		return &BucketsError{h.Buckets(), o.Buckets()}
	}
	if h.dense == nil && o.dense == nil {
		h.settle()
		o.settle()
		h.sparse = unite(h.sparse, o.sparse)
		h.densify()
		return nil
	}
	h.MakeDense()
	if o.dense == nil {
		o.settle()
		h.addEntries(o.sparse)
		return nil
	}
	for i, value := range o.dense {
		h.bucket(uint32(i), value)
	}
	return nil
}

// unite merges two sorted lists of entries.
func unite(a, b []uint32) []uint32 {
	out := make([]uint32, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch x, y := a[0]>>runBits, b[0]>>runBits; {
		case x < y:
			out, a = append(out, a[0]), a[1:]
		case x > y:
			out, b = append(out, b[0]), b[1:]
		default:
			out, a, b = append(out, max(a[0], b[0])), a[1:], b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// Clone returns a copy.
func (h *HyperLogLog) Clone() *HyperLogLog {
	h.settle()
	return &HyperLogLog{bits: h.bits, sparse: slices.Clone(h.sparse), dense: slices.Clone(h.dense)}
}

// Cardinality estimates the number of different hashes.
func (h *HyperLogLog) Cardinality() int64 {
	h.settle()
	if h.dense == nil {
		return round(countByEmpty(1<<sparseBits-len(h.sparse), 1<<sparseBits))
	}
	n, empty, sum := len(h.dense), 0, 0.0
	for _, value := range h.dense {
		if value == 0 {
			empty++
		}
		sum += math.Ldexp(1, -int(value))
	}
	if float64(empty) > 0.4*float64(n) {
		return round(countByEmpty(empty, n))
	}
	alpha := 0.7213 / (1 + 1.079/float64(n))
	switch h.bits {
	case 4:
		alpha = 0.673
	case 5:
		alpha = 0.697
	case 6:
		alpha = 0.709
	}
	estimate := alpha * float64(n) * float64(n) / sum
	return round(estimate - bias(int(h.bits), estimate))
}

func round(x float64) int64 { return int64(math.Floor(x + 0.5)) }

// countByEmpty estimates a count by how many buckets it left empty.
func countByEmpty(empty, all int) float64 {
	return float64(all) * math.Log(float64(all)/float64(empty))
}

// biasTable holds what raw estimates are too large by, as measured by the authors of
// airlift stats (Apache License 2.0): for each number of index bits a line "bits points",
// then the points, "estimate bias".
//
//go:embed hyperloglog_bias.txt
var biasTable string

type biasPoint struct{ estimate, bias float64 }

var biases = sync.OnceValue(func() map[int][]biasPoint {
	tables := map[int][]biasPoint{}
	index, left := 0, 0
	for line := range strings.Lines(biasTable) {
		a, b, _ := strings.Cut(strings.TrimSpace(line), " ")
		if left == 0 {
			index, _ = strconv.Atoi(a)
			left, _ = strconv.Atoi(b)
			continue
		}
		left--
		x, _ := strconv.ParseFloat(a, 64)
		y, _ := strconv.ParseFloat(b, 64)
		tables[index] = append(tables[index], biasPoint{x, y})
	}
	return tables
})

// bias is what an estimate is too large by, between two points of the table.
func bias(indexBits int, estimate float64) float64 {
	points := biases()[indexBits]
	if len(points) == 0 || estimate < points[0].estimate || estimate > points[len(points)-1].estimate {
		return 0
	}
	at, found := slices.BinarySearchFunc(points, estimate, func(p biasPoint, x float64) int {
		if p.estimate < x {
			return -1
		} else if p.estimate > x {
			return 1
		}
		return 0
	})
	if found {
		return points[at].bias
	}
	a, b := points[at-1], points[at]
	return float64((estimate-a.estimate)*(b.bias-a.bias)/(b.estimate-a.estimate)) + a.bias
}

// Append appends the bytes of h.
func (h *HyperLogLog) Append(dst []byte) []byte {
	h.settle()
	if h.dense == nil {
		dst = append(dst, sparseTag, h.bits)
		dst = binary.LittleEndian.AppendUint16(dst, uint16(len(h.sparse)))
		for _, e := range h.sparse {
			dst = binary.LittleEndian.AppendUint32(dst, e)
		}
		return dst
	}
	baseline := slices.Min(h.dense)
	dst = append(dst, denseTag, h.bits, baseline)
	var above []int
	for i := 0; i < len(h.dense); i += 2 {
		pair := uint8(0)
		for k := i; k < i+2; k++ {
			delta := h.dense[k] - baseline
			if delta > maxDelta {
				above = append(above, k)
				delta = maxDelta
			}
			pair = pair<<4 | delta
		}
		dst = append(dst, pair)
	}
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(above)))
	for _, k := range above {
		dst = binary.LittleEndian.AppendUint16(dst, uint16(k))
	}
	for _, k := range above {
		dst = append(dst, h.dense[k]-baseline-maxDelta)
	}
	return dst
}

// ReadHyperLogLog reads what Append wrote, or Trino.
func ReadHyperLogLog(s string) (*HyperLogLog, error) {
	r := &reader{s: s}
	tag, index := r.uint8(), r.uint8()
	switch {
	case r.err != nil:
		return nil, r.err
	case tag != sparseTag && tag != denseTag && tag != denseTagOld:
		return nil, errFormat
	case index < minIndexBits || index > maxIndexBits:
		return nil, fmt.Errorf("the number of index bits is %d", index)
	}
	h := &HyperLogLog{bits: index}
	if tag == sparseTag {
		count := int(r.uint16())
		if r.err == nil && 4*count > len(r.s) {
			return nil, errShort
		}
		for range count {
			e := r.uint32()
			if n := len(h.sparse); n > 0 && e>>runBits <= h.sparse[n-1]>>runBits {
				return nil, errCorrupt
			}
			h.sparse = append(h.sparse, e)
		}
		return h, r.end()
	}
	baseline, deltas := r.uint8(), r.take(h.Buckets()/2)
	if r.err != nil {
		return nil, r.err
	}
	if baseline > 64 {
		return nil, errCorrupt
	}
	h.dense = make([]uint8, h.Buckets())
	for i := range h.dense {
		h.dense[i] = baseline + deltas[i/2]>>(4*(1-i%2))&maxDelta
	}
	if tag == denseTagOld {
		bucket, value := int(int16(r.uint16())), int8(r.uint8())
		if bucket >= 0 && value > 0 {
			if bucket >= len(h.dense) || value > 64 {
				return nil, errCorrupt
			}
			h.dense[bucket] += uint8(value)
		}
		return h, r.end()
	}
	count := int(r.uint16())
	above := r.take(2 * count)
	for i := range count {
		value := r.uint8()
		if r.err != nil {
			return nil, r.err
		}
		bucket := int(above[2*i]) | int(above[2*i+1])<<8
		if bucket >= len(h.dense) || value == 0 || value > 64 || h.dense[bucket] != baseline+maxDelta {
			return nil, errCorrupt
		}
		h.dense[bucket] += value
	}
	return h, r.end()
}

// Bytes estimates the memory that h holds.
func (h *HyperLogLog) Bytes() int64 {
	return 88 + 4*int64(cap(h.sparse)+cap(h.table)) + int64(cap(h.dense))
}
