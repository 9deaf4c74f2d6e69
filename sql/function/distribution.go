package function

import (
	"math"

	"github.com/ctlake/ctlake/sql"
)

// The beta distribution and Student's t distribution, both through the regularized
// incomplete beta function, which is computed as a continued fraction (Lentz's
// method; NIST Handbook of Mathematical Functions, 8.17.22).

// maxBetaSteps bounds the terms of the continued fraction. It needs about the square root of
// the greater parameter.
const maxBetaSteps = 100_000

var errBetaSteps = failf(sql.NUMERIC_VALUE_OUT_OF_RANGE, "The beta function of such large parameters does not converge in %d steps", maxBetaSteps)

// betaFraction is the continued fraction of the incomplete beta function, good for x < (a+1)/(a+b+2).
func betaFraction(a, b, x float64) (float64, error) {
	const tiny = 1e-300
	c, d := 1.0, 1-(a+b)*x/(a+1)
	if math.Abs(d) < tiny {
		d = tiny
	}
	d = 1 / d
	sum := d
	step := func(coefficient float64) float64 {
		if d = 1 + coefficient*d; math.Abs(d) < tiny {
			d = tiny
		}
		if c = 1 + coefficient/c; math.Abs(c) < tiny {
			c = tiny
		}
		d = 1 / d
		sum *= c * d
		return c * d
	}
	for n := 1; n <= maxBetaSteps; n++ {
		m := float64(n)
		step(m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m)))
		if change := step(-(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))); math.Abs(change-1) < 1e-16 {
			return sum, nil
		}
	}
	return 0, errBetaSteps
}

// regularizedBeta is the probability that a variable of the beta distribution is at
// most x, from 0 to 1. rest is 1-x, which callers may know more exactly than that.
func regularizedBeta(a, b, x, rest float64) (float64, error) {
	switch {
	case x <= 0:
		return 0, nil
	case rest <= 0:
		return 1, nil
	}
	lnA, _ := math.Lgamma(a)
	lnB, _ := math.Lgamma(b)
	lnAB, _ := math.Lgamma(a + b)
	front := math.Exp(a*math.Log(x) + b*math.Log(rest) + lnAB - lnA - lnB)
	if x < (a+1)/(a+b+2) {
		fraction, err := betaFraction(a, b, x)
		return min(front*fraction/a, 1), err
	}
	fraction, err := betaFraction(b, a, rest)
	return max(1-front*fraction/b, 0), err
}

// inverseBeta is the x at which regularizedBeta reaches p: bisection over the doubles from 0 to 1.
func inverseBeta(a, b, p float64) (float64, error) {
	if p <= 0 || p >= 1 {
		return p, nil
	}
	low, high := uint64(0), math.Float64bits(1)
	for high-low > 1 {
		middle := low + (high-low)/2
		x := math.Float64frombits(middle)
		reached, err := regularizedBeta(a, b, x, 1-x)
		if err != nil {
			return 0, err
		}
		if reached < p {
			low = middle
		} else {
			high = middle
		}
	}
	return math.Float64frombits(high), nil
}

func checkBeta(a, b float64) error {
	if !(a > 0 && b > 0) {
		return invalid("a, b must be > 0")
	}
	return nil
}

// betaCDF refuses what is no distribution or no share.
func betaCDF(a, b, x float64) (float64, error) {
	if !(x >= 0 && x <= 1) {
		return 0, invalid("value must be 0 >= v >= 1")
	}
	if err := checkBeta(a, b); err != nil {
		return 0, err
	}
	return regularizedBeta(a, b, x, 1-x)
}

func checkFreedom(df float64) error {
	if !(df >= 1) {
		return invalid("degrees of freedom must be greater than or equal to 1")
	}
	return nil
}

// studentCDF is the probability that a variable of Student's t distribution is at most x.
func studentCDF(x, df float64) (float64, error) {
	if err := checkFreedom(df); err != nil {
		return 0, err
	}
	switch {
	case math.IsNaN(x):
		return x, nil
	case math.IsInf(df, 1):
		return math.Erfc(-x/math.Sqrt2) / 2, nil
	case math.IsInf(x, 0):
		return (1 + math.Copysign(1, x)) / 2, nil
	}
	square := x * x
	tail, err := regularizedBeta(df/2, 0.5, df/(df+square), square/(df+square))
	if x > 0 {
		return 1 - tail/2, err
	}
	return tail / 2, err
}

// studentPDF is the density of Student's t distribution.
func studentPDF(x, df float64) (float64, error) {
	if err := checkFreedom(df); err != nil {
		return 0, err
	}
	if math.IsInf(df, 1) {
		return math.Exp(-x*x/2) / math.Sqrt(2*math.Pi), nil
	}
	above, _ := math.Lgamma((df + 1) / 2)
	below, _ := math.Lgamma(df / 2)
	return math.Exp(above - below - math.Log(df*math.Pi)/2 - (df+1)/2*math.Log1p(x*x/df)), nil
}

var (
	_ = scalar("mathematical", "beta_cdf", "Returns the probability that a variable of the beta distribution with parameters a and b is at most a value",
		"beta_cdf(3, 1, 0.5)", "0.125",
		Overload{Params: "double,double,double", Result: "double", New: ternaryErr(betaCDF)})
	_ = scalar("mathematical", "inverse_beta_cdf", "Returns the value that a variable of the beta distribution with parameters a and b stays below with a probability",
		"round(inverse_beta_cdf(3, 1, 0.125), 9)", "0.5",
		Overload{Params: "double,double,double", Result: "double", New: ternaryErr(func(a, b, p float64) (float64, error) {
			if !(p >= 0 && p <= 1) {
				return 0, invalid("p must be 0 >= p >= 1")
			}
			if err := checkBeta(a, b); err != nil {
				return 0, err
			}
			return inverseBeta(a, b, p)
		})})
	_ = scalar("mathematical", "t_cdf", "Returns the probability that a variable of Student's t distribution with some degrees of freedom is at most a value",
		"t_cdf(0, 5)", "0.5",
		Overload{Params: "double,double", Result: "double", New: binaryErr(studentCDF)})
	_ = scalar("mathematical", "t_pdf", "Returns the density of Student's t distribution with some degrees of freedom at a value",
		"round(t_pdf(0, 1), 9)", "0.318309886",
		Overload{Params: "double,double", Result: "double", New: binaryErr(studentPDF)})
)
