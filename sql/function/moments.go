package function

import (
	"math"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Aggregates of statistics, all from sums of powers of distances to the mean, which
// are kept up row by row (Welford) and joined between parts (Chan, Pébay): this does
// not lose digits as sums of the values' own powers do. Products are rounded before
// they are added, so that all machines give the same digits.

// spread is the state of variances: how many values, their mean, and the sum of squared distances to it.
type spread struct {
	n        int64
	mean, m2 float64
}

func (s *spread) add(x float64) {
	s.n++
	delta := x - s.mean
	s.mean += delta / float64(s.n)
	s.m2 += float64(delta * (x - s.mean))
}

func (s *spread) join(o *spread) {
	if o.n == 0 {
		return
	}
	if s.n == 0 {
		*s = *o
		return
	}
	a, b := float64(s.n), float64(o.n)
	delta := o.mean - s.mean
	s.mean = (float64(b*o.mean) + float64(a*s.mean)) / (a + b)
	s.m2 += o.m2 + delta*delta*b*a/(a+b)
	s.n += o.n
}

// moments has the third and fourth powers too: skewness and kurtosis.
type moments struct {
	n              int64
	m1, m2, m3, m4 float64
}

func (s *moments) add(x float64) {
	before := float64(s.n)
	s.n++
	n := float64(s.n)
	delta := x - s.m1
	deltaN := delta / n
	deltaN2 := deltaN * deltaN
	dm2 := delta * deltaN * before
	m2, m3 := s.m2, s.m3
	s.m1 += deltaN
	s.m2 += dm2
	s.m3 = m3 + float64(dm2*deltaN*(n-2)) - float64(3*deltaN*m2)
	s.m4 = s.m4 + float64(dm2*deltaN2*(float64(n*n)-float64(3*n)+3)) + float64(6*deltaN2*m2) - float64(4*deltaN*m3)
}

func (s *moments) join(o *moments) {
	if o.n == 0 {
		return
	}
	if s.n == 0 {
		*s = *o
		return
	}
	a, b := float64(s.n), float64(o.n)
	n := a + b
	delta := o.m1 - s.m1
	delta2 := delta * delta
	m2, m3 := s.m2, s.m3
	s.n += o.n
	s.m1 = (float64(a*s.m1) + float64(b*o.m1)) / n
	s.m2 += o.m2 + delta2*a*b/n
	s.m3 += o.m3 + delta*delta2*a*b*(a-b)/(n*n) + 3*delta*(float64(a*o.m2)-float64(b*m2))/n
	s.m4 += o.m4 + delta2*delta2*a*b*(float64(a*a)-float64(a*b)+float64(b*b))/(n*n*n) +
		6*delta2*(float64(a*a*o.m2)+float64(b*b*m2))/(n*n) + 4*delta*(float64(a*o.m3)-float64(b*m3))/n
}

func (s *moments) skewness() (float64, bool) {
	return math.Sqrt(float64(s.n)) * s.m3 / (s.m2 * math.Sqrt(s.m2)), s.n >= 3
}

func (s *moments) kurtosis() (float64, bool) {
	n := float64(s.n)
	return (n-1)*n*(n+1)/((n-2)*(n-3))*s.m4/(s.m2*s.m2) - 3*((n-1)*(n-1))/((n-2)*(n-3)), s.n >= 4
}

// pairSpread is the state of what looks at pairs (y, x): regression and correlation.
type pairSpread struct {
	n            int64
	x, y         float64 // means
	xx, yy, both float64 // sums of squares and products of distances
}

func (s *pairSpread) add(y, x float64) {
	s.n++
	n := float64(s.n)
	dx, dy := x-s.x, y-s.y
	s.x += dx / n
	s.y += dy / n
	s.both += float64(dx * (y - s.y))
	s.xx += float64(dx * (x - s.x))
	s.yy += float64(dy * (y - s.y))
}

func (s *pairSpread) join(o *pairSpread) {
	if o.n == 0 {
		return
	}
	if s.n == 0 {
		*s = *o
		return
	}
	a, b := float64(s.n), float64(o.n)
	n := a + b
	dx, dy := o.x-s.x, o.y-s.y
	s.both += o.both + dx*dy*a*b/n
	s.xx += o.xx + dx*dx*a*b/n
	s.yy += o.yy + dy*dy*a*b/n
	s.x += dx * b / n
	s.y += dy * b / n
	s.n += o.n
}

func (s *pairSpread) slope() float64 { return s.both / s.xx }

func (s *pairSpread) correlation() float64 {
	return s.both / math.Sqrt(s.xx) / math.Sqrt(s.yy)
}

// summary is an aggregate with a state S. add makes the function that adds row i of a call.
func summary[S any](params, result string, add func(c *Call) func(s *S, i int), join func(s, o *S), value func(s *S) (float64, bool)) AggregateOverload {
	return AggregateOverload{Params: params, Result: result, New: func(b Binding) (Accumulator, error) {
		return &fold[S]{
			result: b.Result,
			rows: func(_ *fold[S], c *Call) func(*S, int) error {
				one := add(c)
				return func(s *S, i int) error { one(s, i); return nil }
			},
			merge: func(_ *fold[S], s, o *S) error { join(s, o); return nil },
			build: buildEach(func(s *S) (float64, bool, error) {
				x, ok := value(s)
				if b.Result.Is(types.Real) {
					x = float64(float32(x))
				}
				return x, ok, nil
			}),
		}, nil
	}}
}

// ofNumbers returns the overloads for bigint and double of an aggregate of single values.
func ofNumbers[S any](add func(s *S, x float64), join func(s, o *S), value func(s *S) (float64, bool)) []AggregateOverload {
	over := func(read func(vector.Vector) func(int) float64) func(c *Call) func(s *S, i int) {
		return func(c *Call) func(s *S, i int) {
			x := read(c.Args[0])
			return func(s *S, i int) { add(s, x(i)) }
		}
	}
	return []AggregateOverload{
		summary("bigint", "double", over(readInteger), join, value),
		summary("double", "double", over(readDouble), join, value),
	}
}

func variance(sample int64, root bool) []AggregateOverload {
	return ofNumbers((*spread).add, (*spread).join, func(s *spread) (float64, bool) {
		x := s.m2 / float64(s.n-sample)
		if root {
			x = math.Sqrt(x)
		}
		return x, s.n > sample
	})
}

// ofPairs returns the overloads for double and real of an aggregate of pairs.
func ofPairs(value func(s *pairSpread) (float64, bool)) []AggregateOverload {
	add := func(c *Call) func(s *pairSpread, i int) {
		y, x := readDouble(c.Args[0]), readDouble(c.Args[1])
		return func(s *pairSpread, i int) { s.add(y(i), x(i)) }
	}
	return []AggregateOverload{
		summary("double,double", "double", add, (*pairSpread).join, value),
		summary("real,real", "real", add, (*pairSpread).join, value),
	}
}

// finite is the value of aggregates that are NULL where there is no finite one.
func finite(x float64) (float64, bool) { return x, !math.IsNaN(x) && !math.IsInf(x, 0) }

const eight = "2, 4, 4, 4, 5, 5, 7, 9"

var (
	_ = aggregate("variance,var_samp", "Returns the sample variance of values", "variance(x)", eight, "4.571428571428571", variance(1, false)...)
	_ = aggregate("var_pop", "Returns the population variance of values", "var_pop(x)", eight, "4.0", variance(0, false)...)
	_ = aggregate("stddev,stddev_samp", "Returns the sample standard deviation of values", "stddev(x)", eight, "2.138089935299395", variance(1, true)...)
	_ = aggregate("stddev_pop", "Returns the population standard deviation of values", "stddev_pop(x)", eight, "2.0", variance(0, true)...)
	_ = aggregate("skewness", "Returns the skewness of values", "skewness(x)", eight, "0.6562500000000001",
		ofNumbers((*moments).add, (*moments).join, (*moments).skewness)...)
	_ = aggregate("kurtosis", "Returns the excess kurtosis of values", "kurtosis(x)", eight, "0.9406249999999998",
		ofNumbers((*moments).add, (*moments).join, (*moments).kurtosis)...)

	_ = aggregate("covar_pop", "Returns the population covariance of two columns", "covar_pop(y, x)", "(1, 1), (2, 4)", "0.75",
		ofPairs(func(s *pairSpread) (float64, bool) { return s.both / float64(s.n), s.n > 0 })...)
	_ = aggregate("covar_samp", "Returns the sample covariance of two columns", "covar_samp(y, x)", "(1, 1), (2, 4)", "1.5",
		ofPairs(func(s *pairSpread) (float64, bool) { return s.both / float64(s.n-1), s.n > 1 })...)
	_ = aggregate("corr", "Returns the correlation coefficient of two columns", "corr(y, x)", "(1, 1), (2, 4)", "1.0",
		ofPairs(func(s *pairSpread) (float64, bool) { return finite(s.correlation()) })...)
	_ = aggregate("regr_slope", "Returns the slope of the linear regression of the first argument by the second", "regr_slope(y, x)", "(1, 1), (2, 4)", "3.0",
		ofPairs(func(s *pairSpread) (float64, bool) { return finite(s.slope()) })...)
	_ = aggregate("regr_intercept", "Returns the intercept of the linear regression of the first argument by the second", "regr_intercept(y, x)", "(1, 1), (2, 4)", "-2.0",
		ofPairs(func(s *pairSpread) (float64, bool) { return finite(s.y - float64(s.slope()*s.x)) })...)
)
