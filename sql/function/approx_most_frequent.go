package function

import (
	"math"
	"strings"

	"github.com/ctlake/ctlake/sql/function/internal/sketch"
	"github.com/ctlake/ctlake/storage/vector"
)

// frequent is the state of approx_most_frequent.
type frequent[K comparable] struct {
	*sketch.Frequent[K]
	buckets, capacity int
	texts             int64 // bytes of texts and of the map
}

const valueBytes = 32 // about what a value takes in a map

// approxMostFrequent makes the accumulator for a type of values; clone is for texts.
func approxMostFrequent[K vector.Element](clone func(K) K) newAccumulator {
	return func(b Binding) (Accumulator, error) {
		held := func(s *frequent[K]) int64 {
			if s.Frequent == nil {
				return 0
			}
			return s.Bytes() + s.texts
		}
		add := func(s *frequent[K], value K, n int64) { // a value that has no counter
			dropped, ok := s.Add(value, n)
			s.texts += textBytes(value) + valueBytes
			if ok {
				s.texts -= textBytes(dropped) + valueBytes
			}
		}
		start := func(s *frequent[K], buckets, capacity int64) error {
			switch {
			case buckets < 2:
				return invalid("approx_most_frequent bucket count must be greater than one")
			case buckets > math.MaxInt32:
				return invalid("approx_most_frequent bucket count must be at most %d", math.MaxInt32)
			case capacity < 1 || capacity > math.MaxInt32:
				return invalid("approx_most_frequent capacity must be 1 to %d, but is %d", math.MaxInt32, capacity)
			}
			s.Frequent, s.buckets, s.capacity = sketch.NewFrequent[K](int(capacity)), int(buckets), int(capacity)
			return nil
		}
		return &fold[frequent[K]]{
			result: b.Result,
			rows: func(f *fold[frequent[K]], c *Call) func(*frequent[K], int) error {
				buckets, values, capacity := vector.ViewOf[int64](c.Args[0]), vector.ViewOf[K](c.Args[1]), vector.ViewOf[int64](c.Args[2])
				return func(s *frequent[K], i int) error {
					before := held(s)
					if s.Frequent == nil {
						if err := start(s, buckets.Get(i), capacity.Get(i)); err != nil {
							return err
						}
					}
					value := values.Get(i)
					if !s.Has(value) {
						add(s, clone(value), 1)
					} else {
						s.Add(value, 1)
					}
					f.held += held(s) - before
					return nil
				}
			},
			merge: func(f *fold[frequent[K]], s, o *frequent[K]) error {
				if o.Frequent == nil {
					return nil
				}
				before := held(s)
				if s.Frequent == nil {
					if err := start(s, int64(o.buckets), int64(o.capacity)); err != nil {
						return err
					}
				}
				o.Top(o.capacity, func(value K, n int64) {
					if !s.Has(value) {
						add(s, value, n)
					} else {
						s.Add(value, n)
					}
				})
				f.held += held(s) - before
				return nil
			},
			build: func(f *fold[frequent[K]], states []frequent[K]) (vector.Vector, error) {
				out := vector.NewBuilder(f.result, len(states)).(*vector.MapBuilder)
				keys, counts := out.Keys.(*vector.FlatBuilder[K]), out.Values.(*vector.FlatBuilder[int64])
				for i := range states {
					if states[i].Frequent == nil {
						out.AppendNull()
						continue
					}
					states[i].Top(states[i].buckets, func(value K, n int64) {
						keys.AppendValue(value)
						counts.AppendValue(n)
					})
					out.Close()
				}
				return out.Build(), nil
			},
		}, nil
	}
}

var _ = aggregate("approx_most_frequent", "Estimates which values are the most frequent, up to a number of buckets, and how often each occurs, with a number of counters",
	"approx_most_frequent(2, x, 10)", "1, 2, 1, 3, 3, 3", "{3=3, 1=2}",
	AggregateOverload{Params: "bigint,bigint,bigint", Result: "map(bigint,bigint)", New: approxMostFrequent(func(x int64) int64 { return x })},
	AggregateOverload{Params: "bigint,varchar,bigint", Result: "map(varchar,bigint)", New: approxMostFrequent(strings.Clone)})
