package function

import (
	"math"
	"slices"

	"github.com/ctlake/ctlake/sql/function/internal/sketch"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// percentiles is the state of approx_percentile: a T-digest, and the percentiles asked
// for, which are those of the group's first row.
type percentiles struct {
	digest tDigest
	wanted []float64
}

// exactDouble returns the double of a bigint that has one. The greatest bigint counts as such.
func exactDouble(x int64) (float64, error) {
	d := float64(x)
	if roundToInt(d) != x {
		return 0, invalid("no exact double representation for long: %d", x)
	}
	return d, nil
}

func approxPercentile(b Binding) (Accumulator, error) {
	last := len(b.Params) - 1
	many := b.Params[last].Is(types.Array)
	whole := b.Params[0].Is(types.Bigint)
	held := func(s *percentiles) int64 { return bytesOf(s.digest) + 8*int64(len(s.wanted)) }
	f := &fold[percentiles]{
		result: b.Result,
		rows: func(f *fold[percentiles], c *Call) func(*percentiles, int) error {
			var value func(i int) (float64, error)
			if whole {
				x := vector.ViewOf[int64](c.Args[0])
				value = func(i int) (float64, error) { return exactDouble(x.Get(i)) }
			} else {
				x := readDouble(c.Args[0])
				value = func(i int) (float64, error) { return x(i), nil }
			}
			var current float64
			var weight func(int) float64
			if last == 2 {
				weight = readDouble(c.Args[1])
			}
			add := digestRows(func(int) float64 { return current }, weight)
			return func(s *percentiles, i int) (err error) {
				if current, err = value(i); err != nil {
					return err
				}
				before := held(s)
				if s.wanted == nil {
					if s.wanted, err = wantedPercentiles(c.Args[last], many, i); err != nil {
						return err
					}
				}
				err = add(&s.digest, i)
				f.held += held(s) - before
				return err
			}
		},
		merge: func(f *fold[percentiles], s, o *percentiles) error {
			if o.digest == nil {
				return nil
			}
			before := held(s)
			if s.wanted == nil {
				s.wanted = o.wanted
			}
			err := mergeTs(&s.digest, o.digest)
			f.held += held(s) - before
			return err
		},
		build: func(f *fold[percentiles], states []percentiles) (vector.Vector, error) {
			out := vector.NewBuilder(f.result, len(states))
			to := out
			if a, ok := out.(*vector.ArrayBuilder); ok {
				to = a.Elements
			}
			for i := range states {
				if states[i].digest == nil {
					out.AppendNull()
					continue
				}
				values, err := atPercentiles(states[i].digest, states[i].wanted)
				if err != nil {
					return nil, err
				}
				for _, x := range values {
					switch to := to.(type) {
					case *vector.FlatBuilder[int64]:
						to.AppendValue(roundToInt(x))
					case *vector.FlatBuilder[float64]:
						if b.Params[0].Is(types.Real) {
							x = float64(float32(x))
						}
						to.AppendValue(x)
					}
				}
				if a, ok := out.(*vector.ArrayBuilder); ok {
					a.Close()
				}
			}
			return out.Build(), nil
		},
	}
	if last == 1 && b.Params[0].Is(types.Double) {
		f.batch = func(f *fold[percentiles], c *Call, groups []int32) error { return addDoubles(f, c, groups, many) }
	}
	return f, nil
}

// addDoubles takes in doubles without weights.
func addDoubles(f *fold[percentiles], c *Call, groups []int32, many bool) (err error) {
	x := vector.ViewOf[float64](c.Args[0])
	for i, g := range groups {
		if c.Nulls.Has(i) {
			continue
		}
		value, s := x.Values[x.At[i]], &f.states[g]
		if err := checkValue(value); err != nil {
			return err
		}
		if s.digest == nil {
			if s.wanted, err = wantedPercentiles(c.Args[1], many, i); err != nil {
				return err
			}
			s.digest = sketch.NewTDigest()
			f.held += s.digest.Bytes() + 8*int64(len(s.wanted))
		}
		before := s.digest.Bytes()
		s.digest.Add(value, 1)
		f.held += s.digest.Bytes() - before
	}
	return nil
}

// roundToInt rounds as Java does: halves up, and what is beyond the bigints to the nearest one. A half that is added to x first
// might itself be rounded.
func roundToInt(x float64) int64 {
	whole := math.Floor(x)
	if x-whole >= 0.5 {
		whole++
	}
	switch {
	case whole >= math.MaxInt64:
		return math.MaxInt64
	case whole <= math.MinInt64:
		return math.MinInt64
	}
	return int64(whole)
}

// wantedPercentiles returns what row i of an argument asks for, a double or an array of them.
func wantedPercentiles(v vector.Vector, many bool, i int) (wanted []float64, err error) {
	if many {
		wanted, err = quantilesOf(vector.SpansOf(v), i)
	} else {
		wanted = []float64{vector.ViewOf[float64](v).Get(i)}
	}
	for _, p := range wanted {
		if !(p >= 0 && p <= 1) {
			return nil, invalid("Percentile must be between 0 and 1")
		}
	}
	return wanted, err
}

// atPercentiles returns the values at percentiles in any order.
func atPercentiles(d *sketch.TDigest, wanted []float64) ([]float64, error) {
	sorted := slices.Clone(wanted)
	slices.Sort(sorted)
	values, err := valuesAt(d, sorted)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(wanted))
	for i, p := range wanted {
		at, _ := slices.BinarySearch(sorted, p)
		out[i] = values[at]
	}
	return out, nil
}

func percentileOverloads() (out []AggregateOverload) {
	for _, of := range []string{"bigint", "double", "real"} {
		for _, weight := range []string{"", ",double"} {
			out = append(out,
				AggregateOverload{Params: of + weight + ",double", Result: of, New: approxPercentile},
				AggregateOverload{Params: of + weight + ",array(double)", Result: "array(" + of + ")", New: approxPercentile})
		}
	}
	return out
}

var _ = aggregate("approx_percentile", "Estimates the value below which a share of the values is, or several, with weights if given",
	"approx_percentile(x, 0.5)", "1, 2, 3", "2", percentileOverloads()...)
