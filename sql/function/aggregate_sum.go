package function

import (
	"math"
	"math/bits"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// precise is a sum of doubles kept in two of them, so that the order in which
// batches and workers come does not show in the result.
type precise struct{ hi, lo float64 }

func (p *precise) add(x float64) {
	sum := p.hi + x
	if math.IsInf(sum, 0) || math.IsNaN(sum) {
		p.hi, p.lo = sum, 0
		return
	}
	part := sum - p.hi
	p.lo += (p.hi - (sum - part)) + (x - part)
	p.hi = sum
}

func (p *precise) join(o precise) {
	p.add(o.hi)
	p.add(o.lo)
}

func (p *precise) value() float64 { return p.hi + p.lo }

// wholeSum adds up integers in 128 bits, which no number of rows fills: only the total
// can be out of range, whatever the order of rows.
type wholeSum struct {
	sum   types.Int128
	count int64
}

func (s *wholeSum) add(x int64) {
	lo, carry := bits.Add64(s.sum.Lo, uint64(x), 0)
	s.sum.Lo = lo
	s.sum.Hi += x>>63 + int64(carry)
	s.count++
}

// wholeSums adds up integers and intervals.
type wholeSums struct{ fold[wholeSum] }

func (a *wholeSums) Add(c *Call, groups []int32) error {
	v := vector.ViewOf[int64](c.Args[0])
	if len(a.states) == 1 && c.Nulls == nil {
		s := a.states[0]
		for _, at := range v.At {
			s.add(v.Values[at])
		}
		a.states[0] = s
		return nil
	}
	for i, g := range groups {
		if !c.Nulls.Has(i) {
			a.states[g].add(v.Values[v.At[i]])
		}
	}
	return nil
}

func (a *wholeSums) Merge(other Accumulator, groups []int32) error {
	for i := range other.(*wholeSums).states {
		o, s := &other.(*wholeSums).states[i], &a.states[groups[i]]
		s.sum, _ = s.sum.Add(o.sum)
		s.count += o.count
	}
	return nil
}

func (a *wholeSums) Part(groups []int32) Accumulator { return &wholeSums{a.part(groups)} }

// sumOfIntegers returns the total, which must lie within ±limit.
func sumOfIntegers(limit int64) newAccumulator {
	return func(b Binding) (Accumulator, error) {
		a := &wholeSums{}
		a.result = b.Result
		a.build = buildEach(func(s *wholeSum) (int64, bool, error) {
			x := s.sum.Int64()
			if !s.sum.IsInt64() || x > limit || x < -limit-1 {
				return 0, false, failf(sql.NUMERIC_VALUE_OUT_OF_RANGE, "%s addition overflow: %s", b.Result, types.AppendDecimal(nil, s.sum, 0))
			}
			return x, s.count > 0, nil
		})
		return a, nil
	}
}

// averageOfIntegers divides the total, rounded to a double.
func averageOfIntegers(b Binding) (Accumulator, error) {
	a := &wholeSums{}
	a.result = b.Result
	a.build = buildEach(func(s *wholeSum) (float64, bool, error) {
		return types.DecimalToDouble(s.sum, types.DecimalOf(types.MaxDecimalPrecision, 0)) / float64(s.count), s.count > 0, nil
	})
	return a, nil
}

type floatSum struct {
	sum   precise
	count int64
}

// floatSums is the fold of doubles: value makes the result of a sum of some values.
func floatSums(value func(s *floatSum) float64, read func(v vector.Vector) func(i int) float64) newAccumulator {
	return func(b Binding) (Accumulator, error) {
		return &fold[floatSum]{
			result: b.Result,
			rows: func(_ *fold[floatSum], c *Call) func(*floatSum, int) error {
				x := read(c.Args[0])
				return func(s *floatSum, i int) error {
					s.sum.add(x(i))
					s.count++
					return nil
				}
			},
			merge: func(_ *fold[floatSum], s, o *floatSum) error {
				s.sum.join(o.sum)
				s.count += o.count
				return nil
			},
			build: buildEach(func(s *floatSum) (float64, bool, error) {
				x := value(s)
				if b.Result.Is(types.Real) {
					x = float64(float32(x))
				}
				return x, s.count > 0, nil
			}),
		}, nil
	}
}

func readDouble(v vector.Vector) func(int) float64 { return vector.ViewOf[float64](v).Get }

func readInteger(v vector.Vector) func(int) float64 {
	x := vector.ViewOf[int64](v)
	return func(i int) float64 { return float64(x.Get(i)) }
}

func total(s *floatSum) float64 { return s.sum.value() }
func mean(s *floatSum) float64  { return s.sum.value() / float64(s.count) }

type wideSum struct {
	sum   types.Int128
	count int64
}

var errDecimalSum = failf(sql.NUMERIC_VALUE_OUT_OF_RANGE, "Decimal overflow")

// wideSums adds up decimals and intervals in 128 bits. average divides by the count.
func wideSums(average bool) newAccumulator {
	return func(b Binding) (Accumulator, error) {
		f := &fold[wideSum]{result: b.Result}
		add := func(s *wideSum, x types.Int128, n int64) error {
			sum, overflow := s.sum.Add(x)
			if overflow {
				return errDecimalSum
			}
			s.sum, s.count = sum, s.count+n
			return nil
		}
		f.rows = func(_ *fold[wideSum], c *Call) func(*wideSum, int) error {
			x := wideOf(c.Args[0])
			return func(s *wideSum, i int) error { return add(s, x(i), 1) }
		}
		f.merge = func(_ *fold[wideSum], s, o *wideSum) error { return add(s, o.sum, o.count) }
		value := func(s *wideSum) (types.Int128, bool, error) {
			if s.count == 0 {
				return types.Int128{}, false, nil
			}
			x := s.sum
			switch {
			case average && b.Result.Is(types.Decimal):
				x = divideHalfUp(x, s.count)
			case average:
				x = divideToNearest(x, s.count)
			}
			if b.Result.Is(types.Decimal) && !types.FitsDecimal(x, b.Result.Precision()) {
				return x, false, errDecimalSum
			}
			return x, true, nil
		}
		f.build = buildEach(value)
		if b.Result.Physical() == types.Int64 {
			f.build = buildEach(func(s *wideSum) (int64, bool, error) {
				x, ok, err := value(s)
				return x.Int64(), ok, err
			})
		}
		return f, nil
	}
}

func divideHalfUp(x types.Int128, n int64) types.Int128 {
	q, r := x.QuoRem(types.Int128From(n))
	if rest := r.Abs().Int64(); rest >= n-rest {
		one := types.Int128From(1)
		if x.Sign() < 0 {
			one = one.Neg()
		}
		q, _ = q.Add(one)
	}
	return q
}

// divideToNearest rounds halves up to the greater number, as Java rounds; intervals are averaged so.
func divideToNearest(x types.Int128, n int64) types.Int128 {
	q, r := x.QuoRem(types.Int128From(n))
	rest := r.Int64()
	switch {
	case rest > 0 && rest >= n-rest:
		q, _ = q.Add(types.Int128From(1))
	case rest < 0 && -rest > n+rest:
		q, _ = q.Add(types.Int128From(-1))
	}
	return q
}

func deriveDecimal(result func(t types.Type) types.Type) func([]types.Type) ([]types.Type, types.Type, bool) {
	return func(args []types.Type) ([]types.Type, types.Type, bool) {
		if len(args) != 1 || !args[0].Is(types.Decimal) {
			return nil, types.Type{}, false
		}
		return args, result(args[0]), true
	}
}

var _ = aggregate("sum", "Adds up values", "sum(x)", "1, 2, NULL", "3",
	AggregateOverload{Params: "bigint", Result: "bigint", New: sumOfIntegers(math.MaxInt64)},
	AggregateOverload{Params: "double", Result: "double", New: floatSums(total, readDouble)},
	AggregateOverload{Params: "real", Result: "real", New: floatSums(total, readDouble)},
	AggregateOverload{Params: "decimal(p,s)", Result: "decimal(38,s)", New: wideSums(false),
		Derive: deriveDecimal(func(t types.Type) types.Type { return types.DecimalOf(types.MaxDecimalPrecision, t.Scale()) })},
	AggregateOverload{Params: daySecond, Result: daySecond, New: sumOfIntegers(math.MaxInt64)},
	AggregateOverload{Params: yearMonth, Result: yearMonth, New: sumOfIntegers(math.MaxInt32)})

var _ = aggregate("avg", "Returns the mean of values", "avg(x)", "1, 2", "1.5",
	AggregateOverload{Params: "bigint", Result: "double", New: averageOfIntegers},
	AggregateOverload{Params: "double", Result: "double", New: floatSums(mean, readDouble)},
	AggregateOverload{Params: "real", Result: "real", New: floatSums(mean, readDouble)},
	AggregateOverload{Params: "decimal(p,s)", Result: "decimal(p,s)", New: wideSums(true),
		Derive: deriveDecimal(func(t types.Type) types.Type { return t })},
	AggregateOverload{Params: daySecond, Result: daySecond, New: wideSums(true)},
	AggregateOverload{Params: yearMonth, Result: yearMonth, New: wideSums(true)})

func logOf(v vector.Vector) func(int) float64 {
	x := vector.ViewOf[float64](v)
	return func(i int) float64 { return math.Log(x.Get(i)) }
}

func logOfInteger(v vector.Vector) func(int) float64 {
	x := vector.ViewOf[int64](v)
	return func(i int) float64 { return math.Log(float64(x.Get(i))) }
}

func geometric(s *floatSum) float64 { return math.Exp(mean(s)) }

var _ = aggregate("geometric_mean", "Returns the geometric mean of values", "geometric_mean(x)", "1, 1", "1.0",
	AggregateOverload{Params: "bigint", Result: "double", New: floatSums(geometric, logOfInteger)},
	AggregateOverload{Params: "double", Result: "double", New: floatSums(geometric, logOf)},
	AggregateOverload{Params: "real", Result: "real", New: floatSums(geometric, logOf)})

type bitSum struct {
	bits int64
	any  bool
}

func bitwiseAggregate(join func(a, b int64) int64) AggregateOverload {
	add := func(s *bitSum, x int64) {
		if s.any {
			x = join(s.bits, x)
		}
		s.bits, s.any = x, true
	}
	return AggregateOverload{Params: "bigint", Result: "bigint", New: func(b Binding) (Accumulator, error) {
		return &fold[bitSum]{
			result: b.Result,
			rows: func(_ *fold[bitSum], c *Call) func(*bitSum, int) error {
				x := vector.ViewOf[int64](c.Args[0])
				return func(s *bitSum, i int) error { add(s, x.Get(i)); return nil }
			},
			merge: func(_ *fold[bitSum], s, o *bitSum) error {
				if o.any {
					add(s, o.bits)
				}
				return nil
			},
			build: buildEach(func(s *bitSum) (int64, bool, error) { return s.bits, s.any, nil }),
		}, nil
	}}
}

var (
	_ = aggregate("bitwise_and_agg", "Joins the bits of values by AND", "bitwise_and_agg(x)", "6, 3", "2",
		bitwiseAggregate(func(a, b int64) int64 { return a & b }))
	_ = aggregate("bitwise_or_agg", "Joins the bits of values by OR", "bitwise_or_agg(x)", "6, 3", "7",
		bitwiseAggregate(func(a, b int64) int64 { return a | b }))
	_ = aggregate("bitwise_xor_agg", "Joins the bits of values by XOR", "bitwise_xor_agg(x)", "6, 3", "5",
		bitwiseAggregate(func(a, b int64) int64 { return a ^ b }))
)
