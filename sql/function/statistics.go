package function

import (
	"math"

	"github.com/ctlake/ctlake/storage/vector"
)

var (
	_ = scalar("mathematical", "normal_cdf", "Returns the probability that a normal variable of a mean and standard deviation is below a value",
		"normal_cdf(0, 1, 0)", "0.5",
		Overload{Params: "double,double,double", Result: "double", New: ternaryErr(func(mean, deviation, x float64) (float64, error) {
			if deviation <= 0 || math.IsNaN(deviation) {
				return 0, invalid("standardDeviation must be > 0")
			}
			return 0.5 * (1 + math.Erf((x-mean)/(deviation*math.Sqrt2))), nil
		})})
	_ = scalar("mathematical", "inverse_normal_cdf", "Returns the value below which a normal variable of a mean and standard deviation is with a probability",
		"inverse_normal_cdf(0, 1, 0.5)", "0.0",
		Overload{Params: "double,double,double", Result: "double", New: ternaryErr(func(mean, deviation, p float64) (float64, error) {
			if !(p > 0 && p < 1) {
				return 0, invalid("p must be 0 > p > 1")
			}
			if !(deviation > 0) {
				return 0, invalid("sd must be > 0")
			}
			return mean + deviation*math.Sqrt2*math.Erfinv(2*p-1), nil
		})})
	_ = wilson("wilson_interval_lower", "lower", "wilson_interval_lower(0, 5, 1.96)", "0.0", -1)
	_ = wilson("wilson_interval_upper", "upper", "wilson_interval_upper(5, 5, 1.96)", "1.0", 1)
)

// wilson registers a bound of the Wilson score interval of a share of successes in trials.
func wilson(name, bound, example, result string, sign float64) registered {
	return scalar("mathematical", name, "Returns the "+bound+" bound of the Wilson score interval of successes among trials, for a z-score",
		example, result, Overload{Params: "bigint,bigint,double", Result: "double", New: always(func(c *Call) (vector.Vector, error) {
			successes, trials, scores := vector.ViewOf[int64](c.Args[0]), vector.ViewOf[int64](c.Args[1]), vector.ViewOf[float64](c.Args[2])
			return each(c, func(i int) (float64, error) {
				s, n, z := float64(successes.Get(i)), float64(trials.Get(i)), scores.Get(i)
				switch {
				case s < 0:
					return 0, invalid("number of successes must not be negative")
				case n <= 0:
					return 0, invalid("number of trials must be positive")
				case s > n:
					return 0, invalid("number of successes must not be larger than number of trials")
				case z < 0:
					return 0, invalid("z-score must not be negative")
				}
				p := s / n
				center := p + z*z/(2*n)
				spread := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
				return min(max((center+sign*spread)/(1+z*z/n), 0), 1), nil // a share, whatever rounding makes of it
			})
		})})
}
