package function

import (
	"math"
	"math/bits"
	"slices"

	"github.com/ctlake/ctlake/sql/function/internal/sketch"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

const (
	leastStandardError    = 0.0040625
	greatestStandardError = 0.26
	defaultDistinctError  = 0.023   // of approx_distinct: 2,048 buckets
	defaultSetError       = 0.01625 // of approx_set: 4,096 buckets
)

// bucketsFor returns the number of buckets that a standard error needs.
func bucketsFor(standardError float64) (int, error) {
	if !(standardError >= leastStandardError && standardError <= greatestStandardError) {
		return 0, invalid("Max standard error must be in [%v, %v]: %s", leastStandardError, greatestStandardError,
			types.AppendDouble(nil, standardError))
	}
	return 1 << bits.Len(uint(math.Ceil(1.0816/(standardError*standardError)))-1), nil
}

type hyperLogLog = *sketch.HyperLogLog

func mergeHLL(s *hyperLogLog, o hyperLogLog) error {
	if *s == nil {
		*s = sketch.NewHyperLogLog(o.Buckets())
	}
	if err := (*s).Merge(o); err != nil {
		return invalid("%v", err)
	}
	return nil
}

// hllOf returns an accumulator of HyperLogLogs. The standard error is the second argument, if there is one.
func hllOf(b Binding, standard float64, kind *hashKind, build func(f *fold[hyperLogLog], states []hyperLogLog) (vector.Vector, error)) Accumulator {
	entries := entryHashes{kind: kind}
	var scratch []uint64
	hashes := func(c *Call) []uint64 {
		scratch = slices.Grow(scratch[:0], c.N)[:c.N]
		entries.of(c.Args[0], scratch)
		return scratch
	}
	rows := func(c *Call) func(s *hyperLogLog, i int) error {
		hashes, wanted := hashes(c), readDouble(c.Args[1])
		return func(s *hyperLogLog, i int) error {
			if *s == nil {
				buckets, err := bucketsFor(wanted(i))
				if err != nil {
					return err
				}
				*s = sketch.NewHyperLogLog(buckets)
			}
			(*s).Add(hashes[i])
			return nil
		}
	}
	f := sketching(b, rows, mergeHLL, build)
	if len(b.Params) == 1 {
		f.batch = func(f *fold[hyperLogLog], c *Call, groups []int32) error {
			hashes := hashes(c)
			for i, g := range groups {
				if c.Nulls.Has(i) {
					continue
				}
				h := f.states[g]
				switch {
				case h == nil:
					buckets, err := bucketsFor(standard)
					if err != nil {
						return err
					}
					h = sketch.NewHyperLogLog(buckets)
					h.Add(hashes[i])
					f.states[g] = h
					f.held += h.Bytes()
				case h.IsDense():
					h.Add(hashes[i])
				default:
					before := h.Bytes()
					h.Add(hashes[i])
					f.held += h.Bytes() - before
				}
			}
			return nil
		}
	}
	return f
}

func approxDistinct(b Binding) (Accumulator, error) {
	return hllOf(b, defaultDistinctError, &valueHashing, func(f *fold[hyperLogLog], states []hyperLogLog) (vector.Vector, error) {
		return each(&Call{N: len(states), Result: f.result}, func(i int) (int64, error) {
			if states[i] == nil {
				return 0, nil
			}
			return states[i].Cardinality(), nil
		})
	}), nil
}

var _ = aggregate("approx_distinct", "Estimates the number of different values, with a standard error of 2.3 %, or as given", "approx_distinct(x)", "1, 2, 1", "2",
	AggregateOverload{Params: "T", Result: "bigint", Comparable: "T", New: approxDistinct},
	AggregateOverload{Params: "T,double", Result: "bigint", Comparable: "T", New: approxDistinct})

// setHashes sets the hashes that approx_set and make_set_digest are made of: those of a text,
// of the bits of a double or real, or of an integer.
func setHashes(v vector.Vector, out []uint64) {
	switch v.Type().Physical() {
	case types.String:
		w := vector.ViewOf[string](v)
		for i := range out {
			out[i] = sketch.Hash(w.Get(i))
		}
	case types.Float64:
		w, single := vector.ViewOf[float64](v), v.Type().Is(types.Real)
		for i := range out {
			out[i] = sketch.HashInt(floatBits(w.Get(i), single))
		}
	default:
		w := vector.ViewOf[int64](v)
		for i := range out {
			out[i] = sketch.HashInt(w.Get(i))
		}
	}
}

func approxSet(b Binding) (Accumulator, error) {
	return hllOf(b, defaultSetError, &setHashing, buildSketches[hyperLogLog]), nil
}

func mergeHLLs(b Binding) (Accumulator, error) {
	return sketching(b, func(c *Call) func(s *hyperLogLog, i int) error {
		at := sketchAt("HyperLogLog", sketch.ReadHyperLogLog, c.Args[0])
		return func(s *hyperLogLog, i int) error {
			o, err := at(i)
			if err != nil {
				return err
			}
			return mergeHLL(s, o)
		}
	}, mergeHLL, buildSketches[hyperLogLog]), nil
}

// sketchAggregate is aggregate for a function of another group.
func sketchAggregate(group, name, text, example, result string, overloads ...AggregateOverload) registered {
	return registerAggregate(Aggregate{Doc: Doc{Name: name, Text: text, Example: example, Result: result, Group: group}, Overloads: overloads})
}

var _ = sketchAggregate("HyperLogLog", "approx_set", "Returns a HyperLogLog of values, with a standard error of 1.6 %, or as given",
	"(SELECT approx_set(x) FROM (VALUES 1, 2) AS t (x))", "02 0c 02 00 80 03 44 00 80 20 08 de",
	AggregateOverload{Params: "bigint", Result: "HyperLogLog", New: approxSet},
	AggregateOverload{Params: "double", Result: "HyperLogLog", New: approxSet},
	AggregateOverload{Params: "varchar", Result: "HyperLogLog", New: approxSet},
	AggregateOverload{Params: "bigint,double", Result: "HyperLogLog", New: approxSet},
	AggregateOverload{Params: "double,double", Result: "HyperLogLog", New: approxSet},
	AggregateOverload{Params: "varchar,double", Result: "HyperLogLog", New: approxSet})

var _ = sketchAggregate("HyperLogLog", "merge", "Merges HyperLogLogs, quantile digests or T-digests",
	"(SELECT cardinality(merge(h)) FROM (SELECT approx_set(x) FROM (VALUES 1, 2, 1) AS t (x) GROUP BY x) AS s (h))", "2",
	AggregateOverload{Params: "HyperLogLog", Result: "HyperLogLog", New: mergeHLLs},
	AggregateOverload{Params: "qdigest(bigint)", Result: "qdigest(bigint)", New: mergeQuantileDigests},
	AggregateOverload{Params: "qdigest(double)", Result: "qdigest(double)", New: mergeQuantileDigests},
	AggregateOverload{Params: "qdigest(real)", Result: "qdigest(real)", New: mergeQuantileDigests},
	AggregateOverload{Params: "tdigest", Result: "tdigest", New: mergeTDigests})

var _ = scalar("HyperLogLog", "empty_approx_set", "Returns an empty HyperLogLog", "empty_approx_set()", "02 0c 00 00",
	Overload{Params: "", Result: "HyperLogLog", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		return vector.NewConstant(vector.NewValue(c.Result, string(sketch.NewHyperLogLog(4_096).Append(nil))), c.N), nil
	})})

// cardinalityOfHLL is an overload of cardinality.
var cardinalityOfHLL = Overload{Params: "HyperLogLog", Result: "bigint",
	New: eachSketch("HyperLogLog", sketch.ReadHyperLogLog, func(_ *Call, _ int, h hyperLogLog) (int64, bool, error) { return h.Cardinality(), true, nil })}

func init() {
	for _, kind := range []types.Kind{types.HyperLogLog, types.SetDigest, types.QDigest, types.TDigest} {
		conversions[[2]types.Kind{kind, types.Varbinary}] = fixed(relabelled)
		conversions[[2]types.Kind{types.Varbinary, kind}] = fixed(relabelled)
	}
	conversions[[2]types.Kind{types.P4HyperLogLog, types.HyperLogLog}] = fixed(relabelled)
	conversions[[2]types.Kind{types.HyperLogLog, types.P4HyperLogLog}] = fixed(fallible(func(s string) (string, error) {
		h, err := sketch.ReadHyperLogLog(s)
		if err != nil {
			return "", unreadable("HyperLogLog", err)
		}
		h.MakeDense()
		return string(h.Append(nil)), nil
	}))
	conversions[[2]types.Kind{types.SetDigest, types.HyperLogLog}] = fixed(fallible(func(s string) (string, error) {
		h, err := sketch.HyperLogLogOf(s)
		if err != nil {
			return "", unreadable("SetDigest", err)
		}
		return h, nil
	}))
}
