package function

import (
	"math"

	"github.com/ctlake/ctlake/sql/function/internal/sketch"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

type quantileDigest = *sketch.QuantileDigest

// defaultAccuracy is the error of a qdigest, as a share of all ranks.
const defaultAccuracy = 0.01

// sortable returns the integer that stands for a double, or a real, in a qdigest: they sort alike.
func sortable(x float64, single bool) int64 {
	bits := floatBits(x, single)
	if single {
		return int64(int32(bits) ^ int32(bits)>>31&math.MaxInt32)
	}
	return bits ^ bits>>63&math.MaxInt64
}

func unsortable(x int64, single bool) float64 {
	if single {
		bits := int32(x)
		return float64(math.Float32frombits(uint32(bits ^ bits>>31&math.MaxInt32)))
	}
	return math.Float64frombits(uint64(x ^ x>>63&math.MaxInt64))
}

// readSortable returns the integers that stand for the rows of a vector of bigint, double or real.
func readSortable(v vector.Vector) func(i int) int64 {
	if v.Type().Physical() == types.Int64 {
		return vector.ViewOf[int64](v).Get
	}
	x, single := vector.ViewOf[float64](v), v.Type().Is(types.Real)
	return func(i int) int64 { return sortable(x.Get(i), single) }
}

func mergeQuantiles(s *quantileDigest, o quantileDigest) error {
	if *s == nil {
		*s = o.Clone()
	} else {
		(*s).Merge(o)
	}
	return nil
}

func makeQuantileDigest(b Binding) (Accumulator, error) {
	return sketching(b, func(c *Call) func(s *quantileDigest, i int) error {
		value := readSortable(c.Args[0])
		weight := func(int) int64 { return 1 }
		if len(c.Args) > 1 {
			weight = vector.ViewOf[int64](c.Args[1]).Get
		}
		accuracy := func(int) float64 { return defaultAccuracy }
		if len(c.Args) > 2 {
			accuracy = readDouble(c.Args[2])
		}
		return func(s *quantileDigest, i int) error {
			if *s == nil {
				wanted := accuracy(i)
				if !(wanted > 0 && wanted < 1) {
					return invalid("Percentile accuracy must be exclusively between 0 and 1, was %s", types.AppendDouble(nil, wanted))
				}
				*s = sketch.NewQuantileDigest(wanted)
			}
			w := weight(i)
			if w <= 0 {
				return invalid("Percentile weight must be > 0, was %d", w)
			}
			(*s).Add(value(i), float64(w))
			return nil
		}
	}, mergeQuantiles, buildSketches[quantileDigest]), nil
}

func mergeQuantileDigests(b Binding) (Accumulator, error) {
	return sketching(b, func(c *Call) func(s *quantileDigest, i int) error {
		at := sketchAt("qdigest", sketch.ReadQuantileDigest, c.Args[0])
		return func(s *quantileDigest, i int) error {
			o, err := at(i)
			if err != nil {
				return err
			}
			return mergeQuantiles(s, o)
		}
	}, mergeQuantiles, buildSketches[quantileDigest]), nil
}

// valueAtQuantile is the overload of value_at_quantile for digests of a type.
func valueAtQuantile(of string) Overload {
	o := Overload{Params: "qdigest(" + of + "),double", Result: of}
	value := func(c *Call, i int, d quantileDigest) (int64, error) {
		x, err := d.ValueAt(vector.ViewOf[float64](c.Args[1]).Get(i))
		if err != nil {
			return 0, invalid("%v", err)
		}
		return x, nil
	}
	if of == "bigint" {
		o.New = eachSketch("qdigest", sketch.ReadQuantileDigest, func(c *Call, i int, d quantileDigest) (int64, bool, error) {
			x, err := value(c, i, d)
			return x, true, err
		})
		return o
	}
	o.New = eachSketch("qdigest", sketch.ReadQuantileDigest, func(c *Call, i int, d quantileDigest) (float64, bool, error) {
		x, err := value(c, i, d)
		return unsortable(x, of == "real"), true, err
	})
	return o
}

// valuesAtQuantiles is the overload of values_at_quantiles for digests of a type.
func valuesAtQuantiles(of string) Overload {
	return Overload{Params: "qdigest(" + of + "),array(double)", Result: "array(" + of + ")", New: always(func(c *Call) (vector.Vector, error) {
		at := sketchAt("qdigest", sketch.ReadQuantileDigest, c.Args[0])
		return quantileArrays(c, func(i int, quantiles []float64, out vector.Builder) error {
			d, err := at(i)
			if err != nil {
				return err
			}
			for _, q := range quantiles {
				x, err := d.ValueAt(q)
				if err != nil {
					return invalid("%v", err)
				}
				switch out := out.(type) {
				case *vector.FlatBuilder[int64]:
					out.AppendValue(x)
				case *vector.FlatBuilder[float64]:
					out.AppendValue(unsortable(x, of == "real"))
				}
			}
			return nil
		})
	})}
}

// quantileArrays builds an array for each row: f appends the values at the quantiles that
// are the second argument.
func quantileArrays(c *Call, f func(i int, quantiles []float64, out vector.Builder) error) (vector.Vector, error) {
	spans := vector.SpansOf(c.Args[1])
	out := vector.NewBuilder(c.Result, c.N).(*vector.ArrayBuilder)
	for i := range c.N {
		if c.Nulls.Has(i) {
			out.AppendNull()
			continue
		}
		quantiles, err := quantilesOf(spans, i)
		if err != nil {
			return nil, err
		}
		if err := f(i, quantiles, out.Elements); err != nil {
			return nil, err
		}
		out.Close()
	}
	return out.Build(), nil
}

// quantilesOf returns the doubles of an array, none of which may be NULL.
func quantilesOf(spans vector.SpanView, i int) ([]float64, error) {
	from, to := spans.Span(i)
	values := vector.ViewOf[float64](spans.Values)
	out := make([]float64, 0, to-from)
	for j := from; j < to; j++ {
		if values.Nulls.Has(j) {
			return nil, invalid("Percentile cannot be null")
		}
		out = append(out, values.Get(j))
	}
	return out, nil
}

// quantileAtValue is the overload of quantile_at_value for digests of a type.
func quantileAtValue(of string) Overload {
	return Overload{Params: "qdigest(" + of + ")," + of, Result: "double",
		New: eachSketch("qdigest", sketch.ReadQuantileDigest, func(c *Call, i int, d quantileDigest) (float64, bool, error) {
			q, ok := d.QuantileOf(readSortable(c.Args[1])(i))
			return q, ok, nil
		})}
}

func ofQuantileTypes[O any](make func(of string) O) []O {
	return []O{make("bigint"), make("double"), make("real")}
}

func quantileOverloads(rest string) []AggregateOverload {
	return ofQuantileTypes(func(of string) AggregateOverload {
		return AggregateOverload{Params: of + rest, Result: "qdigest(" + of + ")", New: makeQuantileDigest}
	})
}

const (
	quantileGroup  = "quantile digest"
	toTen          = "UNNEST(sequence(1, 10)) AS t (x)"
	quantilesOfTen = "(SELECT qdigest_agg(x) FROM " + toTen + ")"
)

var (
	_ = sketchAggregate(quantileGroup, "qdigest_agg", "Returns a quantile digest of values, with weights and an accuracy if given",
		"value_at_quantile("+quantilesOfTen+", 0.5)", "6",
		append(append(quantileOverloads(""), quantileOverloads(",bigint")...), quantileOverloads(",bigint,double")...)...)
	_ = scalar(quantileGroup, "value_at_quantile", "Returns the value at a quantile, from 0 to 1, of a quantile digest or T-digest",
		"value_at_quantile("+quantilesOfTen+", 0.25)", "3",
		append(ofQuantileTypes(valueAtQuantile), tDigestValueAtQuantile)...)
	_ = scalar(quantileGroup, "values_at_quantiles", "Returns the values at quantiles, from 0 to 1, of a quantile digest or T-digest",
		"values_at_quantiles("+quantilesOfTen+", ARRAY[0.25, 0.5])", "[3, 6]",
		append(ofQuantileTypes(valuesAtQuantiles), tDigestValuesAtQuantiles)...)
	_ = scalar(quantileGroup, "quantile_at_value", "Returns the share of the values of a quantile digest below a value; NULL outside of them",
		"quantile_at_value("+quantilesOfTen+", 6)", "0.5", ofQuantileTypes(quantileAtValue)...)
)
