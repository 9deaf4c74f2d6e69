package sketch

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// TDigest tells which value has a rank among weighted values, after Dunning and Ertl:
// neighbours are joined to centroids, which may weigh the less the nearer they are to either
// end. So ranks near 0 and 1 are answered most finely.
//
//	0  min:64  max:64  compression:64  total:64  count:32  means:64 …  weights:64 …
//
// New values are centroids of their own until there are maxCentroids; then all are joined
// again, in turn from the least and from the greatest on.
type TDigest struct {
	compression float64
	min, max    float64
	total       float64
	centroids   []centroid
	joined      bool // no value came since the last join
	inOrder     int  // how many centroids at the beginning the last join has left
	backwards   bool // the next join begins with the greatest
}

type centroid struct{ mean, weight float64 }

const (
	tDigestTag         = 0
	tDigestCompression = 100
	minCompression     = 10
	maxCompression     = 1_000_000
)

// NewTDigest returns an empty digest.
func NewTDigest() *TDigest {
	return &TDigest{compression: tDigestCompression, min: math.Inf(1), max: math.Inf(-1)}
}

// maxCentroids is how many centroids and values there may be.
func (d *TDigest) maxCentroids() int { return int(6 * (2*d.compression + 10)) }

// Add takes in a value; both arguments must be finite.
func (d *TDigest) Add(value, weight float64) {
	if len(d.centroids) >= d.maxCentroids() {
		d.join(2 * d.compression)
	}
	d.centroids = append(d.centroids, centroid{value, weight})
	d.total += weight
	d.min, d.max = min(d.min, value), max(d.max, value)
	d.joined = false
}

// Merge takes in all that o has seen.
func (d *TDigest) Merge(o *TDigest) {
	theirs := o.centroids
	if len(d.centroids)+len(theirs) > d.maxCentroids() {
		d.join(2 * d.compression)
		c := o.Clone()
		c.join(2 * o.compression)
		theirs = c.centroids
	}
	d.centroids = append(d.centroids, theirs...)
	d.total += o.total
	d.min, d.max = min(d.min, o.min), max(d.max, o.max)
	d.joined = false
}

// Clone returns a copy.
func (d *TDigest) Clone() *TDigest {
	c := *d
	c.centroids = slices.Clone(d.centroids)
	return &c
}

// Count returns the weight of all values.
func (d *TDigest) Count() float64 { return d.total }

// join joins centroids as far as a compression allows. Centroids of one mean stay in their order.
func (d *TDigest) join(compression float64) {
	d.joined = true
	if len(d.centroids) == 0 {
		return
	}
	d.order()
	if d.backwards {
		slices.Reverse(d.centroids)
	}
	normalizer := compression / (4*math.Log(d.total/compression) + 24)
	largest := func(quantile float64) float64 { return quantile * (1 - quantile) / normalizer }
	out, before, limit := d.centroids[:1], 0.0, largest(0)
	for _, c := range d.centroids[1:] {
		last := &out[len(out)-1]
		weight := last.weight + c.weight
		quantile := min((before+weight)/d.total, 1)
		if weight <= d.total*min(limit, largest(quantile)) {
			last.mean += (c.mean - last.mean) * c.weight / weight
			last.weight = weight
			continue
		}
		before += last.weight
		limit = largest(before / d.total)
		out = append(out, c)
	}
	d.centroids, d.inOrder = out, len(out)
	if d.backwards {
		slices.Reverse(d.centroids)
	}
	d.backwards = !d.backwards
}

// order sorts the centroids by their means, those of one mean as they came. Mostly they are some in order, and
// then values that weigh 1 each, of which equal ones cannot be told apart: these are sorted as numbers.
func (d *TDigest) order() {
	old, news := d.centroids[:d.inOrder], d.centroids[d.inOrder:]
	values := make([]float64, 0, len(news))
	for _, c := range news {
		if c.weight != 1 || c.mean == 0 { // 0 is equal to -0
			break
		}
		values = append(values, c.mean)
	}
	if len(values) < len(news) || !inOrder(old) {
		sortCentroids(d.centroids)
		return
	}
	sortDoubles(values)
	// From the end on, so that the old ones need no other place.
	i, k := len(old)-1, len(values)-1
	for at := len(d.centroids) - 1; k >= 0; at-- {
		if i >= 0 && old[i].mean > values[k] {
			d.centroids[at] = old[i]
			i--
		} else {
			d.centroids[at] = centroid{values[k], 1}
			k--
		}
	}
}

// ValuesAt returns the values at quantiles, which must ascend from 0 to 1; NaN for an empty digest.
func (d *TDigest) ValuesAt(quantiles []float64) ([]float64, error) {
	for i, q := range quantiles {
		switch {
		case i > 0 && q < quantiles[i-1]:
			return nil, fmt.Errorf("quantiles must be sorted in increasing order")
		case !(q >= 0 && q <= 1):
			return nil, fmt.Errorf("quantiles should be in [0, 1] range")
		}
	}
	out := make([]float64, len(quantiles))
	if !d.joined {
		d = d.Clone()
		d.join(2 * d.compression)
	}
	for i, q := range quantiles {
		out[i] = d.valueAt(q * d.total)
	}
	return out, nil
}

// valueAt returns the value that has a weight below it. It looks at the values as lying evenly
// around the mean of their centroid, and goes in a straight line from one to the next.
func (d *TDigest) valueAt(rank float64) float64 {
	all := d.centroids
	switch len(all) {
	case 0:
		return math.NaN()
	case 1:
		return all[0].mean
	}
	first, last := all[0], all[len(all)-1]
	above := func() float64 { // between the last mean and the greatest value
		return d.max + between(d.total-rank, 1, d.max, last.weight/2, last.mean)
	}
	switch {
	case rank < 1:
		return d.min
	case rank < first.weight/2:
		return d.min + between(rank, 1, d.min, first.weight/2, first.mean)
	case rank <= d.total-1 && d.total-rank <= last.weight/2 && last.weight/2 > 1:
		return above()
	case rank >= d.total-1:
		return d.max
	}
	before := first.weight / 2
	for i := range len(all) - 1 {
		a, b := all[i], all[i+1]
		step := (a.weight + b.weight) / 2
		if before+step <= rank {
			before += step
			continue
		}
		offset, length := rank-before, step
		switch {
		case a.weight == 1 && offset < a.weight/2:
			return a.mean
		case b.weight == 1 && offset >= a.weight/2:
			return b.mean
		case a.weight == 1:
			offset, length = offset-a.weight/2, b.weight/2
		case b.weight == 1:
			length = a.weight / 2
		}
		return a.mean + between(offset, 0, a.mean, length, b.mean)
	}
	if rank <= d.total-1 && last.weight/2 > 1 {
		return above()
	}
	return d.max
}

// between returns how far y is from y0 at x, on the line from (x0, y0) to (x1, y1).
func between(x, x0, y0, x1, y1 float64) float64 { return (x - x0) / (x1 - x0) * (y1 - y0) }

// Append appends the bytes of d, joined more tightly than it is kept.
func (d *TDigest) Append(dst []byte) []byte {
	d = d.Clone()
	d.join(d.compression)
	dst = append(dst, tDigestTag)
	for _, x := range []float64{d.min, d.max, d.compression, d.total} {
		dst = appendFloat64(dst, x)
	}
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(d.centroids)))
	for _, c := range d.centroids {
		dst = appendFloat64(dst, c.mean)
	}
	for _, c := range d.centroids {
		dst = appendFloat64(dst, c.weight)
	}
	return dst
}

// ReadTDigest reads what Append wrote, or Trino.
func ReadTDigest(s string) (*TDigest, error) {
	r := &reader{s: s}
	if tag := r.uint8(); r.err == nil && tag != tDigestTag {
		return nil, errFormat
	}
	d := &TDigest{min: r.float64(), max: r.float64(), compression: r.float64(), total: r.float64(), joined: true}
	count := int64(r.uint32())
	switch {
	case r.err != nil:
		return nil, r.err
	case !(d.compression >= minCompression && d.compression <= maxCompression):
		return nil, fmt.Errorf("the compression is %v", d.compression)
	case int64(len(r.s)) < 16*count:
		return nil, errShort
	}
	d.centroids = make([]centroid, count)
	for i := range d.centroids {
		d.centroids[i].mean = r.float64()
	}
	for i := range d.centroids {
		c := &d.centroids[i]
		c.weight = r.float64()
		if math.IsNaN(c.mean) || math.IsNaN(c.weight) {
			return nil, errCorrupt
		}
	}
	return d, r.end()
}

// Bytes estimates the memory that d holds.
func (d *TDigest) Bytes() int64 { return 64 + 16*int64(cap(d.centroids)) }
