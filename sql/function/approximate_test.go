package function

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// inputs are what approximate aggregates must bear: by name, n values.
var inputs = map[string]func(n int, r *rand.Rand) []int64{
	"uniform": func(n int, r *rand.Rand) []int64 {
		return valuesOf(n, func(int) int64 { return r.Int64N(1 << 50) })
	},
	"zipf": func(n int, r *rand.Rand) []int64 {
		z := rand.NewZipf(r, 1.2, 1, 1<<20)
		return valuesOf(n, func(int) int64 { return int64(z.Uint64()) })
	},
	"ascending":  func(n int, _ *rand.Rand) []int64 { return valuesOf(n, func(i int) int64 { return int64(i) }) },
	"descending": func(n int, _ *rand.Rand) []int64 { return valuesOf(n, func(i int) int64 { return int64(n - i) }) },
	"in and out": func(n int, _ *rand.Rand) []int64 {
		return valuesOf(n, func(i int) int64 { return int64(i) * int64(1-2*(i%2)) })
	},
	"powers of two": func(n int, _ *rand.Rand) []int64 {
		return valuesOf(n, func(i int) int64 { return int64(1)<<(i%50) + int64(i/50) })
	},
	// Each value comes once more after all the others: what keeps a few counters has forgotten it.
	"two rounds": func(n int, _ *rand.Rand) []int64 {
		return valuesOf(n, func(i int) int64 { return int64(i % (n/2 + 1)) })
	},
}

func valuesOf(n int, at func(i int) int64) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = at(i)
	}
	return out
}

// approximate runs an aggregate over one group in parts, which are merged: one after
// the other, the other way round, or neighbours with each other, as often as it takes.
func approximate(t *testing.T, name string, parts int, way string, args ...vector.Vector) vector.Vector {
	t.Helper()
	n := 0
	for _, a := range args {
		n = max(n, a.Len())
	}
	signature, constants := make([]Arg, len(args)), make([]vector.Vector, len(args))
	for i, a := range args {
		signature[i].Type = a.Type()
		if a.Len() < n {
			constants[i] = a
		}
	}
	fn, err := ResolveAggregate(name, signature)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]Accumulator, parts)
	for p := range all {
		if all[p], err = fn.Overload.New(Binding{Ctx: testContext, Params: fn.Params, Result: fn.Result, Constants: constants}); err != nil {
			t.Fatal(err)
		}
		all[p].Grow(1)
		from, to := p*n/parts, (p+1)*n/parts
		c := &Call{Ctx: testContext, N: to - from, Result: fn.Result}
		for i, a := range args {
			if constants[i] != nil {
				c.Args = append(c.Args, vector.NewConstant(a, to-from))
			} else {
				c.Args = append(c.Args, vector.Slice(a, from, to))
			}
		}
		if err := all[p].Add(c, make([]int32, to-from)); err != nil {
			t.Fatal(err)
		}
	}
	if way == "the other way round" {
		slices.Reverse(all)
	}
	merge := func(a, b Accumulator) {
		if err := a.Merge(b, []int32{0}); err != nil {
			t.Fatal(err)
		}
	}
	for len(all) > 1 {
		if way == "as a tree" {
			for i := 0; i+1 < len(all); i++ {
				merge(all[i], all[i+1])
				all = slices.Delete(all, i+1, i+2)
			}
		} else {
			merge(all[0], all[1])
			all = slices.Delete(all, 1, 2)
		}
	}
	v, err := all[0].Result(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// mergings are the ways of approximate: merging is associative and commutative, exactly or within the error.
var mergings = []struct {
	parts int
	way   string
}{{1, ""}, {7, "one after the other"}, {7, "the other way round"}, {7, "as a tree"}}

// called returns what a scalar function makes of rows.
func called(t *testing.T, name string, args ...vector.Vector) vector.Vector {
	t.Helper()
	signature := make([]Arg, len(args))
	for i, a := range args {
		signature[i].Type = a.Type()
	}
	fn, err := ResolveScalar(name, signature)
	if err != nil {
		t.Fatal(err)
	}
	v, err := (&harness{n: args[0].Len()}).run(fn, args, make([]Lambda, len(args)))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// columnsOf returns values as the types that aggregates tell apart.
func columnsOf(values []int64, kinds ...types.Type) []vector.Vector {
	var out []vector.Vector
	for _, k := range kinds {
		b := vector.NewBuilder(k, len(values))
		for _, x := range values {
			switch b := b.(type) {
			case *vector.FlatBuilder[int64]:
				b.AppendValue(x)
			case *vector.FlatBuilder[float64]:
				f := float64(x)
				if k.Is(types.Real) {
					f = float64(float32(f))
				}
				b.AppendValue(f)
			case *vector.FlatBuilder[string]:
				b.AppendValue(fmt.Sprint(x))
			}
		}
		out = append(out, b.Build())
	}
	return out
}

func different(values []int64) float64 {
	s := slices.Clone(values)
	slices.Sort(s)
	return float64(len(slices.Compact(s)))
}

// TestApproxDistinctStaysWithinItsError: the standard error is that which was asked for, or 2.3 %.
func TestApproxDistinctStaysWithinItsError(t *testing.T) {
	const n, rounds = 3_000, 10
	for _, e := range []float64{0, 0.0040625, 0.01, 0.05, 0.1, 0.26} {
		limit := e
		if limit == 0 {
			limit = defaultDistinctError
		}
		for name, input := range inputs {
			squares := 0.0
			for seed := range uint64(rounds) {
				values := input(n, rand.New(rand.NewPCG(seed, 1)))
				for i := range values {
					values[i] ^= int64(seed) << 51 // other values each time
				}
				column := columnsOf(values, []types.Type{types.TBigint, types.TVarchar}[seed%2])
				if e > 0 {
					column = append(column, vector.NewValue(types.TDouble, e))
				}
				var first int64
				for i, m := range mergings {
					if i > 0 && seed > 0 {
						break // once is enough: they must be the same
					}
					got := vector.ViewOf[int64](approximate(t, "approx_distinct", m.parts, m.way, column...)).Get(0)
					if i == 0 {
						first = got
						off := float64(got)/different(values) - 1
						squares += off * off
						if math.Abs(off) > 4*limit {
							t.Errorf("%s: %v values count as %d where the error may be %v", name, different(values), got, limit)
						}
					} else if got != first {
						t.Errorf("%s: %d at once, but %d of %d parts %s", name, first, got, m.parts, m.way)
					}
				}
			}
			if rms := math.Sqrt(squares / rounds); rms > 1.6*limit { // ten rounds: far beyond chance
				t.Errorf("%s: the standard error is %v, not %v", name, rms, limit)
			}
		}
	}
}

// asked are the quantiles that tests ask for.
var asked = []float64{0, 0.01, 0.1, 0.5, 0.9, 0.99, 1}

func doubles(values []float64) vector.Vector {
	b := vector.NewBuilder(types.ArrayOf(types.TDouble), 1).(*vector.ArrayBuilder)
	for _, x := range values {
		b.Elements.(*vector.FlatBuilder[float64]).AppendValue(x)
	}
	b.Close()
	return b.Build()
}

// rankOff returns by how much the rank of x misses a quantile of sorted values with weights, as a share of them all.
func rankOff(sorted []float64, weights []float64, x, quantile float64) float64 {
	total, below, upTo := 0.0, 0.0, 0.0
	for i, v := range sorted {
		total += weights[i]
		if v < x {
			below += weights[i]
		}
		if v <= x {
			upTo += weights[i]
		}
	}
	return max(below/total-quantile, quantile-upTo/total, 0)
}

// TestApproxPercentileStaysWithinItsError: all overloads, with weights and without.
func TestApproxPercentileStaysWithinItsError(t *testing.T) {
	const n = 2_000
	many := doubles(asked)
	for name, input := range inputs {
		values := input(n, rand.New(rand.NewPCG(11, 12)))
		weights := make([]float64, n)
		for i := range weights {
			weights[i] = float64(1 + i%5)
		}
		for k, column := range columnsOf(values, types.TBigint, types.TDouble, types.TReal) {
			for _, weighted := range []bool{false, true} {
				type pair struct{ x, w float64 }
				pairs := make([]pair, n)
				for i, x := range values {
					pairs[i] = pair{float64(x), 1}
					if k == 2 {
						pairs[i].x = float64(float32(x))
					}
					if weighted {
						pairs[i].w = weights[i]
					}
				}
				slices.SortFunc(pairs, func(a, b pair) int { return int(math.Copysign(1, a.x-b.x)) })
				sorted, heavy := make([]float64, n), make([]float64, n)
				for i, p := range pairs {
					sorted[i], heavy[i] = p.x, p.w
				}
				for _, m := range mergings {
					args := []vector.Vector{column}
					if weighted {
						args = append(args, vector.NewFlat(types.TDouble, weights, nil))
					}
					list := approximate(t, "approx_percentile", m.parts, m.way, append(slices.Clone(args), many)...)
					for i, q := range asked {
						one := approximate(t, "approx_percentile", m.parts, m.way, append(slices.Clone(args), vector.NewValue(types.TDouble, q))...)
						got := vector.AppendText(nil, one, 0)
						if in := vector.AppendText(nil, list.(*vector.Array).Elements, i); string(in) != string(got) {
							t.Errorf("%s: percentile %v is %s, but %s in an array", name, q, got, in)
						}
						x := 0.0
						if k == 0 {
							x = float64(vector.ViewOf[int64](one).Get(0))
						} else {
							x = vector.ViewOf[float64](one).Get(0)
						}
						limit := 0.004 + 0.04*q*(1-q) // finest at both ends
						if m.parts > 1 {
							limit += 0.1 * q * (1 - q)
						}
						if name == "zipf" || k == 2 {
							limit += 0.05 // halfway between two heavy values
						}
						if off := rankOff(sorted, heavy, x, q); off > limit {
							t.Errorf("%s as %s, weighted %v, %d parts %s: percentile %v is %v, off by %v", name, column.Type(), weighted, m.parts, m.way, q, x, off)
						}
					}
				}
			}
		}
	}
}

// TestApproxMostFrequentStaysWithinItsError: counts are too high by rows/capacity at most, and what is more frequent than that is not missed.
func TestApproxMostFrequentStaysWithinItsError(t *testing.T) {
	const n, capacity, buckets = 6_000, 200, 20
	for name, input := range inputs {
		values := input(n, rand.New(rand.NewPCG(21, 22)))
		counts := map[string]int64{}
		for _, x := range values {
			counts[fmt.Sprint(x)]++
		}
		for _, column := range columnsOf(values, types.TBigint, types.TVarchar) {
			for _, m := range mergings {
				limit := int64(m.parts * n / capacity)
				v := approximate(t, "approx_most_frequent", m.parts, m.way, vector.NewValue(types.TBigint, int64(buckets)), column,
					vector.NewValue(types.TBigint, int64(capacity))).(*vector.Map)
				seen := map[string]bool{}
				for j := v.Offsets[0]; j < v.Offsets[1]; j++ {
					key, count := string(vector.AppendText(nil, v.Keys, int(j))), vector.ViewOf[int64](v.Values).Get(int(j))
					seen[key] = true
					if count > counts[key]+limit || count < counts[key]-limit {
						t.Errorf("%s in %d parts %s: %s counts %d times, not %d", name, m.parts, m.way, key, count, counts[key])
					}
				}
				if len(seen) > buckets {
					t.Errorf("%s: %d values for %d buckets", name, len(seen), buckets)
				}
				heavy := 0
				for _, count := range counts {
					if count > limit {
						heavy++
					}
				}
				for key, count := range counts {
					if heavy <= buckets && count > 2*limit && !seen[key] {
						t.Errorf("%s in %d parts %s: %s is missing, which occurs %d times", name, m.parts, m.way, key, count)
					}
				}
			}
		}
	}
}

// TestQuantileDigestsStayWithinTheirAccuracy: of qdigest_agg, weighted and with an accuracy, the rank error of value_at_quantile.
func TestQuantileDigestsStayWithinTheirAccuracy(t *testing.T) {
	const n = 2_000
	for name, input := range inputs {
		values := input(n, rand.New(rand.NewPCG(31, 32)))
		weights := valuesOf(n, func(i int) int64 { return int64(1 + i%5) })
		for _, accuracy := range []float64{0, 0.05} {
			for k, column := range columnsOf(values, types.TBigint, types.TDouble, types.TReal) {
				args, heavy, limit := []vector.Vector{column}, make([]float64, n), 0.01
				for i := range heavy {
					heavy[i] = 1
				}
				if accuracy > 0 {
					args = append(args, vector.NewFlat(types.TBigint, weights, nil), vector.NewValue(types.TDouble, accuracy))
					limit = accuracy
					for i, w := range weights {
						heavy[i] = float64(w)
					}
				}
				asDoubles := make([]float64, n)
				for i, x := range values {
					asDoubles[i] = float64(x)
					if k == 2 {
						asDoubles[i] = float64(float32(x))
					}
				}
				for _, m := range mergings {
					digest := approximate(t, "qdigest_agg", m.parts, m.way, args...)
					got := called(t, "values_at_quantiles", digest, doubles(asked)).(*vector.Array).Elements
					for i, q := range asked {
						x := 0.0
						if k == 0 {
							x = float64(vector.ViewOf[int64](got).Get(i))
						} else {
							x = vector.ViewOf[float64](got).Get(i)
						}
						if off := rankOff(asDoubles, heavy, x, q); off > limit+1e-9 {
							t.Errorf("%s as %s in %d parts %s: quantile %v is %v, off by %v, not %v", name, column.Type(), m.parts, m.way, q, x, off, limit)
						}
					}
				}
			}
		}
	}
}

// Expected are those of Math.round of Java 17.
func TestRoundToIntIsJavas(t *testing.T) {
	for x, want := range map[float64]int64{
		0.5: 1, -0.5: 0, 2.5: 3, -2.5: -2, 0.49999999999999994: 0, -0.49999999999999994: 0, 1.4999999999999998: 1,
		1<<52 + 1: 1<<52 + 1, -(1<<52 + 1): -(1<<52 + 1), 1<<53 - 1: 1<<53 - 1,
		1e300: math.MaxInt64, -1e300: math.MinInt64, 1 << 63: math.MaxInt64, -(1 << 63): math.MinInt64,
	} {
		if got := roundToInt(x); got != want {
			t.Errorf("%v is rounded to %d, not %d", x, got, want)
		}
	}
}

// Whatever rows come in by, and after a merge, a state says how much its digests take, and gives what the first row asked for.
func TestApproxPercentileSaysWhatItHolds(t *testing.T) {
	const rows, groups = 1000, 20
	values, weights, ids := make([]float64, rows), make([]float64, rows), make([]int32, rows)
	for i := range rows {
		values[i], weights[i], ids[i] = float64(i), 1, int32(i%groups)
	}
	x, w := vector.NewFlat(types.TDouble, values, nil), vector.NewFlat(types.TDouble, weights, nil)
	half := vector.NewConstant(vector.NewValue(types.TDouble, 0.5), rows)
	for _, args := range [][]vector.Vector{{x, half}, {x, w, half}} {
		signature := make([]Arg, len(args))
		for i, a := range args {
			signature[i].Type = a.Type()
		}
		fn, err := ResolveAggregate("approx_percentile", signature)
		if err != nil {
			t.Fatal(err)
		}
		state := func() *fold[percentiles] {
			acc, err := fn.Overload.New(Binding{Ctx: testContext, Params: fn.Params, Result: fn.Result, Constants: make([]vector.Vector, len(args))})
			if err != nil {
				t.Fatal(err)
			}
			acc.Grow(groups)
			return acc.(*fold[percentiles])
		}
		says := func(f *fold[percentiles]) {
			t.Helper()
			want := int64(0)
			for _, s := range f.states {
				want += s.digest.Bytes() + 8*int64(len(s.wanted))
			}
			if f.held != want {
				t.Errorf("%d arguments: %d bytes, which are %d", len(args), f.held, want)
			}
		}
		one, all := state(), state()
		if err := one.Add(&Call{Ctx: testContext, N: rows, Args: args, Result: fn.Result}, ids); err != nil {
			t.Fatal(err)
		}
		says(one)
		numbers := make([]int32, groups)
		for g := range numbers {
			numbers[g] = int32(g)
		}
		for merges := range 2 {
			if err := all.Merge(one, numbers); err != nil {
				t.Fatal(err)
			}
			says(all)
			if merges > 0 {
				break // every value is there twice
			}
			want, err := one.Result(0, groups)
			if err != nil {
				t.Fatal(err)
			}
			got, err := all.Result(0, groups)
			if err != nil || got.Len() != groups || vector.Distinct(got, 3, want, 3) {
				t.Errorf("%d arguments: merged with nothing, another answer of %d groups, %v", len(args), got.Len(), err)
			}
		}
	}
}
