package function

import (
	"github.com/ctlake/ctlake/sql/function/internal/sketch"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

type setDigest = *sketch.SetDigest

func mergeSets(s *setDigest, o setDigest) error {
	if *s == nil {
		*s = sketch.NewSetDigest()
	}
	if err := (*s).Merge(o); err != nil {
		return invalid("%v", err)
	}
	return nil
}

func makeSetDigest(b Binding) (Accumulator, error) {
	return sketching(b, func(c *Call) func(s *setDigest, i int) error {
		hashes := make([]uint64, c.N)
		v := c.Args[0]
		if v.Type().Is(types.IPAddress) || v.Type().Is(types.UUID) {
			w := vector.ViewOf[types.Int128](v)
			for i := range hashes {
				hashes[i] = sketch.Hash(w.Get(i).Bytes())
			}
		} else {
			setHashes(v, hashes)
		}
		return func(s *setDigest, i int) error {
			if *s == nil {
				*s = sketch.NewSetDigest()
			}
			(*s).Add(hashes[i])
			return nil
		}
	}, mergeSets, buildSketches[setDigest]), nil
}

// setMember is the derivation of make_set_digest: types that Trino carries in a word or in bytes.
func setMember(args []types.Type) ([]types.Type, types.Type, bool) {
	if len(args) != 1 {
		return nil, types.Type{}, false
	}
	t := args[0]
	switch t.Physical() {
	case types.Int64:
		return args, types.TSetDigest, true
	case types.Float64:
		return args, types.TSetDigest, t.Is(types.Real)
	case types.String:
		return args, types.TSetDigest, !t.IsSketch()
	case types.Wide:
		return args, types.TSetDigest, t.Is(types.IPAddress) || t.Is(types.UUID)
	}
	return args, types.TSetDigest, t.Is(types.Unknown)
}

func mergeSetDigests(b Binding) (Accumulator, error) {
	return sketching(b, func(c *Call) func(s *setDigest, i int) error {
		at := sketchAt("SetDigest", sketch.ReadSetDigest, c.Args[0])
		return func(s *setDigest, i int) error {
			o, err := at(i)
			if err != nil {
				return err
			}
			return mergeSets(s, o)
		}
	}, mergeSets, buildSketches[setDigest]), nil
}

const (
	setDigestGroup = "set digest"
	oneTwo         = "(SELECT make_set_digest(x) FROM (VALUES 1, 2) AS t (x))"
	twoThree       = "(SELECT make_set_digest(x) FROM (VALUES 2, 3) AS t (x))"
)

var (
	_ = sketchAggregate(setDigestGroup, "make_set_digest", "Returns a SetDigest of values", "cardinality("+oneTwo+")", "2",
		AggregateOverload{Params: "T", Result: "SetDigest", Derive: setMember, New: makeSetDigest})
	_ = sketchAggregate(setDigestGroup, "merge_set_digest", "Merges SetDigests",
		"(SELECT cardinality(merge_set_digest(d)) FROM (SELECT make_set_digest(x) FROM (VALUES 1, 2, 3) AS t (x) GROUP BY x) AS s (d))", "3",
		AggregateOverload{Params: "SetDigest", Result: "SetDigest", New: mergeSetDigests})
	_ = scalar(setDigestGroup, "intersection_cardinality", "Estimates how many values two SetDigests have in common",
		"intersection_cardinality("+oneTwo+", "+twoThree+")", "1",
		Overload{Params: "SetDigest,SetDigest", Result: "bigint", New: eachPair(func(a, b setDigest) (int64, bool, error) {
			n, err := a.Intersection(b)
			if err != nil {
				err = invalid("%v", err)
			}
			return n, true, err
		})})
	_ = scalar(setDigestGroup, "jaccard_index", "Estimates the share of the values of two SetDigests that both have",
		"jaccard_index("+oneTwo+", "+oneTwo+")", "1.0",
		Overload{Params: "SetDigest,SetDigest", Result: "double", New: eachPair(func(a, b setDigest) (float64, bool, error) {
			return a.Jaccard(b), true, nil
		})})
	_ = scalar(setDigestGroup, "hash_counts", "Returns the hashes that a SetDigest keeps and how often each came",
		"cardinality(hash_counts("+oneTwo+"))", "2",
		Overload{Params: "SetDigest", Result: "map(bigint,smallint)", New: always(hashCounts)})
)

// cardinalityOfSet is an overload of cardinality.
var cardinalityOfSet = Overload{Params: "SetDigest", Result: "bigint",
	New: eachSketch("SetDigest", sketch.ReadSetDigest, func(_ *Call, _ int, d setDigest) (int64, bool, error) { return d.Cardinality(), true, nil })}

func eachPair[R vector.Element](f func(a, b setDigest) (R, bool, error)) newKernel {
	return always(func(c *Call) (vector.Vector, error) {
		first := sketchAt("SetDigest", sketch.ReadSetDigest, c.Args[0])
		second := sketchAt("SetDigest", sketch.ReadSetDigest, c.Args[1])
		return eachOrNull(c, func(i int) (r R, ok bool, err error) {
			a, err := first(i)
			if err != nil {
				return r, false, err
			}
			b, err := second(i)
			if err != nil {
				return r, false, err
			}
			return f(a, b)
		})
	})
}

func hashCounts(c *Call) (vector.Vector, error) {
	at := sketchAt("SetDigest", sketch.ReadSetDigest, c.Args[0])
	out := vector.NewBuilder(c.Result, c.N).(*vector.MapBuilder)
	keys, values := out.Keys.(*vector.FlatBuilder[int64]), out.Values.(*vector.FlatBuilder[int64])
	for i := range c.N {
		if c.Nulls.Has(i) {
			out.AppendNull()
			continue
		}
		d, err := at(i)
		if err != nil {
			return nil, err
		}
		hashes, counts := d.Hashes()
		for k, hash := range hashes {
			keys.AppendValue(hash)
			values.AppendValue(int64(counts[k]))
		}
		out.Close()
	}
	return out.Build(), nil
}
