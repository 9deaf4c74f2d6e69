package function

import (
	"cmp"
	"container/heap"
	"math"
	"slices"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// numeric_histogram draws a histogram with few buckets over a stream of values, after
// Yael Ben-Haim and Elad Tom-Tov, "A Streaming Parallel Decision Tree Algorithm"
// (Journal of Machine Learning Research 11, 2010): values wait in a buffer; when it is
// full, the neighbours whose union costs least are joined until few enough are left.
const (
	histogramBuffer     = 100       // values that wait, as in Trino
	maxHistogramBuckets = 1_000_000 // buckets of one group
)

// bucket is a share of a histogram: a value and its weight.
type bucket struct{ value, weight float64 }

type sketchedHistogram struct {
	limit   int // buckets
	buckets []bucket
}

func (h *sketchedHistogram) add(b bucket) {
	if len(h.buckets) >= h.limit+histogramBuffer {
		h.compact()
	}
	h.buckets = append(h.buckets, b)
}

// compact sorts the buckets, joins those of one value, and joins neighbours until the limit holds.
func (h *sketchedHistogram) compact() { h.buckets = compacted(h.buckets, h.limit) }

func compacted(all []bucket, limit int) []bucket {
	slices.SortStableFunc(all, func(a, b bucket) int {
		if c := types.CompareFloat64(a.value, b.value); c != 0 || a.value != 0 {
			return c
		}
		return cmp.Compare(math.Float64bits(b.value), math.Float64bits(a.value)) // -0.0 first
	})
	out := all[:0]
	for _, b := range all {
		if n := len(out); n > 0 && out[n-1].value == b.value {
			out[n-1].weight += b.weight
			continue
		}
		out = append(out, b)
	}
	if len(out) > limit {
		out = joined(out, limit)
	}
	return out
}

// joint is the union of a bucket and the next one that is left, while it is in the queue.
type joint struct {
	cost   float64
	bucket int32
	stamp  int32 // of the bucket when the cost was reckoned
}

type joints []joint

func (q joints) Len() int { return len(q) }
func (q joints) Less(i, j int) bool {
	if c := types.CompareFloat64(q[i].cost, q[j].cost); c != 0 {
		return c < 0
	}
	return q[i].bucket < q[j].bucket
}
func (q joints) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *joints) Push(x any)   { *q = append(*q, x.(joint)) }
func (q *joints) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	*q = (*q)[:last]
	return x
}

// joined joins neighbours of sorted buckets, the cheapest first, until limit are left.
func joined(all []bucket, limit int) []bucket {
	n := len(all)
	prev, next, stamp := make([]int32, n), make([]int32, n), make([]int32, n)
	queue := make(joints, 0, n)
	cost := func(i int32) float64 {
		if next[i] < 0 {
			return math.Inf(1)
		}
		a, b := all[i], all[next[i]]
		weight := a.weight + b.weight
		distance := a.value - b.value
		return weight * (distance * distance) * (a.weight * b.weight / (weight * weight))
	}
	for i := range n {
		prev[i], next[i] = int32(i)-1, int32(i)+1
	}
	next[n-1] = -1
	for i := range int32(n) {
		queue = append(queue, joint{cost(i), i, 0})
	}
	heap.Init(&queue)
	for left := n; left > limit; {
		j := heap.Pop(&queue).(joint)
		i := j.bucket
		if stamp[i] != j.stamp {
			continue
		}
		right := next[i]
		if right < 0 { // all other costs are infinite or none: join the last with the one before
			right = i
			i = prev[i]
		}
		a, b := all[i], all[right]
		weight := a.weight + b.weight
		all[i] = bucket{(float64(a.value*a.weight) + float64(b.value*b.weight)) / weight, weight}
		stamp[right] = -1
		if next[i] = next[right]; next[i] >= 0 {
			prev[next[i]] = i
		}
		for _, changed := range []int32{i, prev[i]} {
			if changed >= 0 {
				stamp[changed]++
				heap.Push(&queue, joint{cost(changed), changed, stamp[changed]})
			}
		}
		left--
	}
	out := all[:0]
	for i := int32(0); i >= 0; i = next[i] {
		out = append(out, all[i])
	}
	return out
}

func numericHistogram(b Binding) (Accumulator, error) {
	weighted := len(b.Params) == 3
	single := b.Params[1].Is(types.Real)
	return &fold[sketchedHistogram]{
		result: b.Result,
		rows: func(f *fold[sketchedHistogram], c *Call) func(*sketchedHistogram, int) error {
			limit, value := vector.ViewOf[int64](c.Args[0]), vector.ViewOf[float64](c.Args[1])
			weight := func(int) float64 { return 1 }
			if weighted {
				weight = readDouble(c.Args[2])
			}
			return func(s *sketchedHistogram, i int) error {
				if s.limit == 0 {
					switch n := limit.Get(i); {
					case n < 2:
						return invalid("numeric_histogram bucket count must be greater than one")
					case n > maxHistogramBuckets:
						return invalid("numeric_histogram bucket count must be at most %d", maxHistogramBuckets)
					default:
						s.limit = int(n)
					}
				}
				before := cap(s.buckets)
				s.add(bucket{value.Get(i), weight(i)})
				f.held += 16 * int64(cap(s.buckets)-before)
				return nil
			}
		},
		merge: func(f *fold[sketchedHistogram], s, o *sketchedHistogram) error {
			if o.limit == 0 {
				return nil
			}
			before := cap(s.buckets)
			if s.limit == 0 {
				s.limit = o.limit
			}
			s.buckets = compacted(append(s.buckets, o.buckets...), s.limit)
			f.held += 16 * int64(cap(s.buckets)-before)
			return nil
		},
		build: func(f *fold[sketchedHistogram], states []sketchedHistogram) (vector.Vector, error) {
			out := vector.NewBuilder(f.result, len(states)).(*vector.MapBuilder)
			keys, weights := out.Keys.(*vector.FlatBuilder[float64]), out.Values.(*vector.FlatBuilder[float64])
			for i := range states {
				if states[i].limit == 0 {
					out.AppendNull()
					continue
				}
				buckets := compacted(slices.Clone(states[i].buckets), states[i].limit)
				if single {
					for k, b := range buckets {
						buckets[k] = bucket{float64(float32(b.value)), float64(float32(b.weight))}
					}
					buckets = compacted(buckets, states[i].limit) // some may have become one
				}
				for _, b := range buckets {
					keys.AppendValue(b.value)
					weights.AppendValue(b.weight)
				}
				out.Close()
			}
			return out.Build(), nil
		},
	}, nil
}

var _ = aggregate("numeric_histogram", "Returns a histogram with a number of buckets: a map of their means and weights", "numeric_histogram(2, x)",
	"1e0, 2e0, 9e0", "{1.5=2.0, 9.0=1.0}",
	AggregateOverload{Params: "bigint,double", Result: "map(double,double)", OrderSensitive: true, New: numericHistogram},
	AggregateOverload{Params: "bigint,double,double", Result: "map(double,double)", OrderSensitive: true, New: numericHistogram},
	AggregateOverload{Params: "bigint,real", Result: "map(real,real)", OrderSensitive: true, New: numericHistogram},
	AggregateOverload{Params: "bigint,real,double", Result: "map(real,real)", OrderSensitive: true, New: numericHistogram})
