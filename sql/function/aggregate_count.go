package function

import (
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// counter counts rows; of, if it is set, only those where the argument is true.
type counter struct {
	counts []int64
	truths bool
}

func (a *counter) Grow(groups int) {
	if groups > len(a.counts) {
		a.counts = append(a.counts, make([]int64, groups-len(a.counts))...)
	}
}

func (a *counter) Add(c *Call, groups []int32) error {
	counts := a.counts
	switch {
	case a.truths:
		truth := vector.ViewOf[bool](c.Args[0])
		for i, g := range groups {
			if truth.Get(i) && !c.Nulls.Has(i) {
				counts[g]++
			}
		}
	case c.Nulls != nil:
		for i, g := range groups {
			if !c.Nulls.Has(i) {
				counts[g]++
			}
		}
	case len(counts) == 1:
		counts[0] += int64(len(groups))
	default:
		for _, g := range groups {
			counts[g]++
		}
	}
	return nil
}

func (a *counter) Merge(other Accumulator, groups []int32) error {
	for i, n := range other.(*counter).counts {
		a.counts[groups[i]] += n
	}
	return nil
}

func (a *counter) Part(groups []int32) Accumulator {
	return &counter{counts: pickStates(a.counts, groups), truths: a.truths}
}

func (a *counter) Result(from, to int) (vector.Vector, error) {
	return vector.NewFlat(types.TBigint, append([]int64(nil), a.counts[from:to]...), nil), nil
}

func (a *counter) Bytes() int64 { return 8 * int64(cap(a.counts)) }

var _ = aggregate("count", "Counts rows, or the values that are not NULL", "count(x)", "1, NULL, 3", "2",
	AggregateOverload{Params: "", Result: "bigint", New: func(Binding) (Accumulator, error) { return &counter{}, nil }},
	AggregateOverload{Params: "T", Result: "bigint", New: func(Binding) (Accumulator, error) { return &counter{}, nil }})

var _ = aggregate("count_if", "Counts the rows for which a condition is true", "count_if(x > 1)", "1, 2, 3", "2",
	AggregateOverload{Params: "boolean", Result: "bigint", New: func(Binding) (Accumulator, error) { return &counter{truths: true}, nil }})

// logic is a conjunction or disjunction: 0 before the first row, else 1 for false and 2 for true.
func logic(and bool) AggregateOverload {
	join := func(s *uint8, x uint8) {
		if *s == 0 || (and && x < *s) || (!and && x > *s) {
			*s = x
		}
	}
	return AggregateOverload{Params: "boolean", Result: "boolean", New: func(b Binding) (Accumulator, error) {
		return &fold[uint8]{
			result: b.Result,
			rows: func(_ *fold[uint8], c *Call) func(*uint8, int) error {
				x := vector.ViewOf[bool](c.Args[0])
				return func(s *uint8, i int) error {
					if x.Get(i) {
						join(s, 2)
					} else {
						join(s, 1)
					}
					return nil
				}
			},
			merge: func(_ *fold[uint8], s, o *uint8) error {
				if *o != 0 {
					join(s, *o)
				}
				return nil
			},
			build: buildEach(func(s *uint8) (bool, bool, error) { return *s == 2, *s != 0, nil }),
		}, nil
	}}
}

var (
	_ = aggregate("bool_and,every", "Tests whether every value is true", "bool_and(x > 0)", "1, 2", "true", logic(true))
	_ = aggregate("bool_or", "Tests whether any value is true", "bool_or(x > 1)", "1, 2", "true", logic(false))
)
