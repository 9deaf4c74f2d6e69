package function

import (
	"math"
	"math/bits"

	"github.com/ctlake/ctlake/storage/vector"
)

// approx_distinct counts by HyperLogLog: of each value's hash, 11 bits choose one of
// 2,048 buckets, which keep the longest run of zeros seen in the other bits. The
// standard error is 2.3 %. While a group has few hashes it keeps them, and is exact.
const (
	bucketBits    = 11
	buckets       = 1 << bucketBits
	exactHashes   = 256 // how many different hashes a group keeps before it counts by buckets
	setEntryBytes = 24
)

type distinctCount struct {
	exact   map[uint64]struct{}
	buckets []uint8 // once there are too many hashes
}

func (s *distinctCount) add(f *fold[distinctCount], hash uint64) {
	if s.buckets == nil {
		if s.exact == nil {
			s.exact = map[uint64]struct{}{}
		}
		before := len(s.exact)
		s.exact[hash] = struct{}{}
		f.held += int64(len(s.exact)-before) * setEntryBytes
		if len(s.exact) > exactHashes {
			s.spill(f)
		}
		return
	}
	bucket, run := hash>>(64-bucketBits), uint8(bits.LeadingZeros64(hash<<bucketBits|1<<(bucketBits-1)))+1
	s.buckets[bucket] = max(s.buckets[bucket], run)
}

func (s *distinctCount) spill(f *fold[distinctCount]) {
	f.held += buckets - int64(len(s.exact))*setEntryBytes
	hashes := s.exact
	s.exact, s.buckets = nil, make([]uint8, buckets)
	for hash := range hashes { // the order does not matter
		s.add(f, hash)
	}
}

// estimate is the harmonic mean of the buckets, or, with many of them empty, what that number tells.
func (s *distinctCount) estimate() int64 {
	if s.buckets == nil {
		return int64(len(s.exact))
	}
	sum, empty := 0.0, 0
	for _, run := range s.buckets {
		sum += math.Ldexp(1, -int(run))
		if run == 0 {
			empty++
		}
	}
	const m = float64(buckets)
	estimate := 0.7213 / (1 + 1.079/m) * m * m / sum
	if estimate <= 2.5*m && empty > 0 {
		estimate = m * math.Log(m/float64(empty))
	}
	return int64(math.Round(estimate))
}

func approxDistinct(b Binding) (Accumulator, error) {
	return &fold[distinctCount]{
		result: b.Result,
		rows: func(f *fold[distinctCount], c *Call) func(*distinctCount, int) error {
			hashes := make([]uint64, c.N)
			vector.Hash(c.Args[0], hashes)
			return func(s *distinctCount, i int) error { s.add(f, hashes[i]); return nil }
		},
		merge: func(f *fold[distinctCount], s, o *distinctCount) error {
			if o.buckets != nil {
				if s.buckets == nil {
					s.spill(f)
				}
				for i, run := range o.buckets {
					s.buckets[i] = max(s.buckets[i], run)
				}
			}
			for hash := range o.exact {
				s.add(f, hash)
			}
			return nil
		},
		build: buildEach(func(s *distinctCount) (int64, bool, error) { return s.estimate(), true, nil }),
	}, nil
}

var _ = aggregate("approx_distinct", "Estimates the number of different values", "approx_distinct(x)", "1, 2, 1", "2",
	AggregateOverload{Params: "T", Result: "bigint", Comparable: "T", New: approxDistinct})
