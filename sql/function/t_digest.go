package function

import (
	"math"

	"github.com/ctlake/ctlake/sql/function/internal/sketch"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

type tDigest = *sketch.TDigest

func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// checkValue and checkWeight refuse what a T-digest cannot take in.
func checkValue(x float64) error {
	if !isFinite(x) {
		return invalid("value must be finite; was %s", types.AppendDouble(nil, x))
	}
	return nil
}

func checkWeight(w float64) error {
	switch {
	case !isFinite(w):
		return invalid("weight must be finite, was %s", types.AppendDouble(nil, w))
	case w < 1:
		return invalid("weight must be >= 1, was %s", types.AppendDouble(nil, w))
	}
	return nil
}

func mergeTs(s *tDigest, o tDigest) error {
	if *s == nil {
		*s = o.Clone()
	} else {
		(*s).Merge(o)
	}
	return nil
}

// digestRows returns the rows of an accumulator of T-digests: value and, if it is not nil, weight read the arguments.
func digestRows(value, weight func(i int) float64) func(s *tDigest, i int) error {
	return func(s *tDigest, i int) error {
		x, w := value(i), 1.0
		if err := checkValue(x); err != nil {
			return err
		}
		if weight != nil {
			w = weight(i)
			if err := checkWeight(w); err != nil {
				return err
			}
		}
		if *s == nil {
			*s = sketch.NewTDigest()
		}
		(*s).Add(x, w)
		return nil
	}
}

func makeTDigest(b Binding) (Accumulator, error) {
	return sketching(b, func(c *Call) func(s *tDigest, i int) error {
		if len(c.Args) > 1 {
			return digestRows(readDouble(c.Args[0]), readDouble(c.Args[1]))
		}
		return digestRows(readDouble(c.Args[0]), nil)
	}, mergeTs, buildSketches[tDigest]), nil
}

func mergeTDigests(b Binding) (Accumulator, error) {
	return sketching(b, func(c *Call) func(s *tDigest, i int) error {
		at := sketchAt("tdigest", sketch.ReadTDigest, c.Args[0])
		return func(s *tDigest, i int) error {
			o, err := at(i)
			if err != nil {
				return err
			}
			return mergeTs(s, o)
		}
	}, mergeTs, buildSketches[tDigest]), nil
}

func valuesAt(d tDigest, quantiles []float64) ([]float64, error) {
	out, err := d.ValuesAt(quantiles)
	if err != nil {
		return nil, invalid("%v", err)
	}
	return out, nil
}

// tDigestValueAtQuantile and tDigestValuesAtQuantiles are overloads of functions of quantile digests.
var tDigestValueAtQuantile = Overload{Params: "tdigest,double", Result: "double",
	New: eachSketch("tdigest", sketch.ReadTDigest, func(c *Call, i int, d tDigest) (float64, bool, error) {
		out, err := valuesAt(d, []float64{vector.ViewOf[float64](c.Args[1]).Get(i)})
		if err != nil {
			return 0, false, err
		}
		return out[0], true, nil
	})}

var tDigestValuesAtQuantiles = Overload{Params: "tdigest,array(double)", Result: "array(double)", New: always(func(c *Call) (vector.Vector, error) {
	at := sketchAt("tdigest", sketch.ReadTDigest, c.Args[0])
	return quantileArrays(c, func(i int, quantiles []float64, out vector.Builder) error {
		for k := 1; k < len(quantiles); k++ {
			if quantiles[k] < quantiles[k-1] {
				return invalid("percentiles must be sorted in increasing order")
			}
		}
		d, err := at(i)
		if err != nil {
			return err
		}
		values, err := valuesAt(d, quantiles)
		if err != nil {
			return err
		}
		for _, x := range values {
			out.(*vector.FlatBuilder[float64]).AppendValue(x)
		}
		return nil
	})
})}

var _ = sketchAggregate("T-digest", "tdigest_agg", "Returns a T-digest of values, with weights if given",
	"value_at_quantile((SELECT tdigest_agg(x) FROM "+toTen+"), 0.5)", "6.0",
	AggregateOverload{Params: "double", Result: "tdigest", New: makeTDigest},
	AggregateOverload{Params: "double,double", Result: "tdigest", New: makeTDigest})
