package function

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// overDouble returns the overload of a function of doubles.
func overDouble(f func(float64) float64) Overload {
	return Overload{Params: "double", Result: "double", NeverFails: true, New: unary(f)}
}

var (
	_ = scalar("mathematical", "acos", "Returns the arc cosine", "acos(1)", "0.0", overDouble(math.Acos))
	_ = scalar("mathematical", "asin", "Returns the arc sine", "asin(0)", "0.0", overDouble(math.Asin))
	_ = scalar("mathematical", "atan", "Returns the arc tangent", "atan(0)", "0.0", overDouble(math.Atan))
	_ = scalar("mathematical", "cbrt", "Returns the cube root", "cbrt(27)", "3.0", overDouble(math.Cbrt))
	_ = scalar("mathematical", "cos", "Returns the cosine of an angle in radians", "cos(0)", "1.0", overDouble(math.Cos))
	_ = scalar("mathematical", "cosh", "Returns the hyperbolic cosine", "cosh(0)", "1.0", overDouble(math.Cosh))
	_ = scalar("mathematical", "degrees", "Converts radians to degrees", "degrees(pi())", "180.0", overDouble(func(x float64) float64 { return x * (180 / math.Pi) }))
	_ = scalar("mathematical", "exp", "Returns e to the power of a number", "exp(0)", "1.0", overDouble(math.Exp))
	_ = scalar("mathematical", "ln", "Returns the natural logarithm", "ln(1)", "0.0", overDouble(math.Log))
	_ = scalar("mathematical", "log2", "Returns the logarithm to base 2", "log2(8)", "3.0", overDouble(log2))
	_ = scalar("mathematical", "log10", "Returns the logarithm to base 10", "log10(1000)", "3.0", overDouble(log10))
	_ = scalar("mathematical", "radians", "Converts degrees to radians", "radians(0)", "0.0", overDouble(func(x float64) float64 { return x * (math.Pi / 180) }))
	_ = scalar("mathematical", "sin", "Returns the sine of an angle in radians", "sin(0)", "0.0", overDouble(math.Sin))
	_ = scalar("mathematical", "sinh", "Returns the hyperbolic sine", "sinh(0)", "0.0", overDouble(math.Sinh))
	_ = scalar("mathematical", "sqrt", "Returns the square root", "sqrt(16)", "4.0", overDouble(math.Sqrt))
	_ = scalar("mathematical", "tan", "Returns the tangent of an angle in radians", "tan(0)", "0.0", overDouble(math.Tan))
	_ = scalar("mathematical", "tanh", "Returns the hyperbolic tangent", "tanh(0)", "0.0", overDouble(math.Tanh))
	_ = scalar("mathematical", "atan2", "Returns the arc tangent of y / x", "atan2(0, 1)", "0.0",
		Overload{Params: "double,double", Result: "double", NeverFails: true, New: binary(math.Atan2)})
	_ = scalar("mathematical", "log", "Returns the logarithm of the second argument to the base of the first", "log(2, 8)", "3.0",
		Overload{Params: "double,double", Result: "double", NeverFails: true,
			New: binary(func(base, x float64) float64 { return math.Log(x) / math.Log(base) })})
	_ = scalar("mathematical", "power,pow", "Returns a number to the power of another", "power(2, 10)", "1024.0",
		Overload{Params: "double,double", Result: "double", NeverFails: true, New: binary(power)})
)

// log2 is the quotient that Trino computes, which for some powers of two is not whole.
func log2(x float64) float64 { return math.Log(x) / math.Ln2 }

// log10 is exact for powers of ten, as Java's is.
func log10(x float64) float64 {
	y := math.Log10(x)
	if n := math.Round(y); math.Abs(n) <= 308 && math.Pow10(int(n)) == x {
		return n
	}
	return y
}

// power is Java's Math.pow, which is NaN where Go's is 1.
func power(x, y float64) float64 {
	if math.IsNaN(y) || math.IsInf(y, 0) && math.Abs(x) == 1 {
		return math.NaN()
	}
	return math.Pow(x, y)
}

func constantDouble(x float64) Overload {
	return Overload{Result: "double", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		return vector.NewConstant(vector.NewValue(c.Result, x), c.N), nil
	})}
}

var (
	_ = scalar("mathematical", "pi", "Returns the number Pi", "pi()", "3.141592653589793", constantDouble(math.Pi))
	_ = scalar("mathematical", "e", "Returns Euler's number", "e()", "2.718281828459045", constantDouble(math.E))
	_ = scalar("mathematical", "infinity", "Returns positive infinity", "infinity()", "Infinity", constantDouble(math.Inf(1)))
	_ = scalar("mathematical", "nan", "Returns the double that is no number", "nan()", "NaN", constantDouble(math.NaN()))
)

func overDoubleTest(f func(float64) bool) []Overload {
	return []Overload{
		{Params: "double", Result: "boolean", NeverFails: true, New: unary(f)},
		{Params: "real", Result: "boolean", NeverFails: true, New: unary(f)},
	}
}

var (
	_ = scalar("mathematical", "is_nan", "Tests whether a double is no number", "is_nan(nan())", "true", overDoubleTest(math.IsNaN)...)
	_ = scalar("mathematical", "is_finite", "Tests whether a double is a number", "is_finite(1.0)", "true",
		overDoubleTest(func(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) })...)
	_ = scalar("mathematical", "is_infinite", "Tests whether a double is infinite", "is_infinite(infinity())", "true",
		overDoubleTest(func(x float64) bool { return math.IsInf(x, 0) })...)
)

// overIntegers returns an overload of a function for each integer type.
func overIntegers(neverFails bool, f func(t integerType) func(int64) (int64, error)) []Overload {
	var overloads []Overload
	for _, t := range integerTypes {
		overloads = append(overloads, Overload{Params: t.name, Result: t.name, NeverFails: neverFails, New: unaryErr(f(t))})
	}
	return overloads
}

// overFloats returns the overloads for double and real.
func overFloats(f func(float64) float64) []Overload {
	return []Overload{
		{Params: "double", Result: "double", NeverFails: true, New: unary(f)},
		{Params: "real", Result: "real", NeverFails: true, New: unary(f)},
	}
}

// overDecimal returns the overload of a function of decimals that are unscaled
// values of some scale. result gives the result's type.
func overDecimal(result func(types.Type) types.Type, f func(x types.Int128, scale int) types.Int128) Overload {
	return Overload{
		Params: "decimal(p,s)", Result: "decimal(rp,rs)", NeverFails: true,
		Derive: func(args []types.Type) ([]types.Type, types.Type, bool) {
			if len(args) != 1 {
				return nil, types.Type{}, false
			}
			t, ok := asDecimal(args[0])
			return []types.Type{t}, result(t), ok
		},
		New: func(b Binding) (Kernel, error) {
			scale := b.Params[0].Scale()
			return func(c *Call) (vector.Vector, error) {
				x := wideOf(c.Args[0])
				return eachWide(c, func(i int) (types.Int128, error) { return f(x(i), scale), nil })
			}, nil
		},
	}
}

func sameType(t types.Type) types.Type { return t }

// wholeType is the type of decimals rounded to a whole number, which may have a digit more.
func wholeType(t types.Type) types.Type {
	return types.DecimalOf(min(t.Precision()-t.Scale()+min(t.Scale(), 1), types.MaxDecimalPrecision), 0)
}

var _ = scalar("mathematical", "abs", "Returns a number without its sign", "abs(-3)", "3",
	append(append(overIntegers(false, func(t integerType) func(int64) (int64, error) {
		return func(x int64) (int64, error) {
			if x == t.min {
				return 0, failf(sql.NUMERIC_VALUE_OUT_OF_RANGE, "Value %d is out of range for abs(%s)", x, t.name)
			}
			return max(x, -x), nil
		}
	}), overFloats(math.Abs)...), overDecimal(sameType, func(x types.Int128, _ int) types.Int128 { return x.Abs() }))...)

var _ = scalar("mathematical", "sign", "Returns -1, 0 or 1 for a negative number, 0 and a positive one", "sign(-3)", "-1",
	append(append(overIntegers(true, func(integerType) func(int64) (int64, error) {
		return func(x int64) (int64, error) { return int64(types.Int128From(x).Sign()), nil }
	}), overFloats(func(x float64) float64 {
		switch {
		case x > 0:
			return 1
		case x < 0:
			return -1
		}
		return x
	})...), overDecimal(func(types.Type) types.Type { return types.DecimalOf(1, 0) },
		func(x types.Int128, _ int) types.Int128 { return types.Int128From(int64(x.Sign())) }))...)

// unchanged are the overloads of rounding functions for integers.
func unchanged() []Overload {
	return overIntegers(true, func(integerType) func(int64) (int64, error) {
		return func(x int64) (int64, error) { return x, nil }
	})
}

// divideScale divides x by 10^scale; up says in which direction a rest counts.
func divideScale(x types.Int128, scale int, up int) types.Int128 {
	q, r := x.QuoRem(types.Pow10(scale))
	if r.Sign() != 0 && r.Sign() == up {
		q, _ = q.Add(types.Int128From(int64(up)))
	}
	return q
}

var _ = scalar("mathematical", "ceil,ceiling", "Rounds a number up to a whole one", "ceil(1.2)", "2",
	append(append(unchanged(), overFloats(math.Ceil)...),
		overDecimal(wholeType, func(x types.Int128, scale int) types.Int128 { return divideScale(x, scale, 1) }))...)

var _ = scalar("mathematical", "floor", "Rounds a number down to a whole one", "floor(1.8)", "1",
	append(append(unchanged(), overFloats(math.Floor)...),
		overDecimal(wholeType, func(x types.Int128, scale int) types.Int128 { return divideScale(x, scale, -1) }))...)

var _ = scalar("mathematical", "round", "Rounds a number half away from zero, to a number of decimals, which may be negative", "round(2.5)", "3",
	append(append(append(unchanged(), overFloats(math.Round)...),
		overDecimal(wholeType, func(x types.Int128, scale int) types.Int128 {
			y, _ := types.Rescale(x, scale, 0)
			return y
		})), roundDigits()...)...)

// maxRoundedDigits is how many digits before the point can be rounded away from a whole number: those of the largest bigint.
const maxRoundedDigits = 18

func roundDigits() []Overload {
	var overloads []Overload
	for _, t := range integerTypes {
		overloads = append(overloads, Overload{Params: t.name + ",integer", Result: t.name, New: binaryErr(func(x, digits int64) (int64, error) {
			if digits >= 0 {
				return x, nil
			}
			if -digits > maxRoundedDigits {
				return 0, failf(sql.NUMERIC_VALUE_OUT_OF_RANGE, "numerical overflow: %d", x)
			}
			y, ok := roundAt(types.Int128From(x), int(-digits))
			if !ok || !y.IsInt64() {
				return 0, failf(sql.NUMERIC_VALUE_OUT_OF_RANGE, "numerical overflow: %d", x)
			}
			return t.check(y.Int64())
		})})
	}
	for _, t := range []types.Type{types.TDouble, types.TReal} {
		overloads = append(overloads, Overload{Params: t.String() + ",integer", Result: t.String(), NeverFails: true,
			New: binary(func(x float64, digits int64) float64 { return roundFloat(x, digits, t) })})
	}
	return append(overloads, Overload{
		Params: "decimal(p,s),integer", Result: "decimal(rp,s)",
		Derive: func(args []types.Type) ([]types.Type, types.Type, bool) {
			if len(args) != 2 || !args[0].Is(types.Decimal) {
				return nil, types.Type{}, false
			}
			result := types.DecimalOf(min(args[0].Precision()+1, types.MaxDecimalPrecision), args[0].Scale())
			return []types.Type{args[0], types.TInteger}, result, true
		},
		New: func(b Binding) (Kernel, error) {
			scale, precision := b.Params[0].Scale(), b.Result.Precision()
			return func(c *Call) (vector.Vector, error) {
				value, digits := wideOf(c.Args[0]), vector.ViewOf[int64](c.Args[1])
				return eachWide(c, func(i int) (types.Int128, error) {
					n := digits.Get(i)
					if n >= int64(scale) {
						return value(i), nil
					}
					y, ok := roundAt(value(i), int(min(int64(scale)-n, 40)))
					if !ok || !types.FitsDecimal(y, precision) {
						return y, failf(sql.NUMERIC_VALUE_OUT_OF_RANGE, "decimal overflow: %s", types.AppendDecimal(nil, value(i), 0))
					}
					return y, nil
				})
			}, nil
		},
	})
}

// roundAt rounds x to a multiple of 10^n, half away from zero.
func roundAt(x types.Int128, n int) (types.Int128, bool) {
	if n > types.MaxDecimalPrecision {
		return types.Int128{}, true
	}
	y, _ := types.Rescale(x, n, 0)
	return types.Rescale(y, 0, n)
}

// roundFloat rounds the decimal that x's text shows.
func roundFloat(x float64, digits int64, t types.Type) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) || digits > 330 {
		return x
	}
	factor := math.Pow(10, float64(digits))
	if factor == 0 {
		return math.Copysign(0, x)
	}
	if y := math.Round(x*factor) / factor; factor != 0 && !math.IsInf(factor, 0) && !math.IsInf(y, 0) && !math.IsNaN(y) {
		if t.Is(types.Real) {
			return float64(float32(y))
		}
		return y
	}
	return x
}

var _ = scalar("mathematical", "truncate", "Cuts a number to a whole one, or to a number of decimals", "truncate(1.8)", "1",
	append(overFloats(math.Trunc),
		overDecimal(func(t types.Type) types.Type { return types.DecimalOf(max(t.Precision()-t.Scale(), 1), 0) },
			func(x types.Int128, scale int) types.Int128 { return divideScale(x, scale, 2) }),
		Overload{
			Params: "decimal(p,s),integer", Result: "decimal(p,s)", NeverFails: true,
			Derive: func(args []types.Type) ([]types.Type, types.Type, bool) {
				if len(args) != 2 {
					return nil, types.Type{}, false
				}
				t, ok := asDecimal(args[0])
				return []types.Type{t, types.TInteger}, t, ok
			},
			New: func(b Binding) (Kernel, error) {
				scale := b.Params[0].Scale()
				return func(c *Call) (vector.Vector, error) {
					value, digits := wideOf(c.Args[0]), vector.ViewOf[int64](c.Args[1])
					return eachWide(c, func(i int) (types.Int128, error) {
						cut := int64(scale) - digits.Get(i)
						if cut <= 0 {
							return value(i), nil
						}
						if cut > types.MaxDecimalPrecision {
							return types.Int128{}, nil
						}
						_, rest := value(i).QuoRem(types.Pow10(int(cut)))
						y, _ := value(i).Sub(rest)
						return y, nil
					})
				}, nil
			},
		})...)

var _ = scalar("mathematical", "mod", "Returns the remainder of a division, with the sign of the first argument", "mod(7, 3)", "1", modOverloads()...)

func modOverloads() []Overload {
	var overloads []Overload
	for _, t := range integerTypes {
		overloads = append(overloads, t.overloadOf(types.Modulus))
	}
	return append(overloads,
		Overload{Params: "double,double", Result: "double", NeverFails: true, New: always(floatKernel(types.Modulus, false))},
		Overload{Params: "real,real", Result: "real", NeverFails: true, New: always(floatKernel(types.Modulus, true))},
		decimalOverload(types.Modulus))
}

func checkRadix(radix int64) error {
	if radix < 2 || radix > 36 {
		return invalid("Radix must be between 2 and 36")
	}
	return nil
}

var _ = scalar("mathematical", "from_base", "Reads a number that is written in a base from 2 to 36", "from_base('ff', 16)", "255",
	Overload{Params: "varchar,bigint", Result: "bigint", New: binaryErr(func(s string, radix int64) (int64, error) {
		if err := checkRadix(radix); err != nil {
			return 0, err
		}
		// Go reads underscores for base 0 only.
		n, err := strconv.ParseInt(s, int(radix), 64)
		if err != nil {
			return 0, invalid("Not a valid base-%d number: %s", radix, sql.Printable(s, maxQuotedRunes))
		}
		return n, nil
	})})

var _ = scalar("mathematical", "to_base", "Writes a number in a base from 2 to 36", "to_base(255, 16)", "ff",
	Overload{Params: "bigint,bigint", Result: "varchar(64)", New: binaryErr(func(x, radix int64) (string, error) {
		if err := checkRadix(radix); err != nil {
			return "", err
		}
		return strconv.FormatInt(x, int(radix)), nil
	})})

var _ = scalar("mathematical", "width_bucket", "Returns the number of the bucket that a number falls in: of n equal ones between two bounds, or of those between ascending bounds",
	"width_bucket(5, 0, 10, 4)", "3",
	Overload{Params: "double,double,double,bigint", Result: "bigint", New: always(func(c *Call) (vector.Vector, error) {
		x, low, high, n := vector.ViewOf[float64](c.Args[0]), vector.ViewOf[float64](c.Args[1]), vector.ViewOf[float64](c.Args[2]), vector.ViewOf[int64](c.Args[3])
		return each(c, func(i int) (int64, error) { return widthBucket(x.Get(i), low.Get(i), high.Get(i), n.Get(i)) })
	})},
	Overload{Params: "double,array(double)", Result: "bigint", New: always(func(c *Call) (vector.Vector, error) {
		x, spans := vector.ViewOf[float64](c.Args[0]), vector.SpansOf(c.Args[1])
		bins := vector.ViewOf[float64](spans.Values)
		return each(c, func(i int) (int64, error) {
			from, to := spans.Span(i)
			return widthBucketOf(x.Get(i), bins, from, to)
		})
	})})

func widthBucket(x, low, high float64, buckets int64) (int64, error) {
	switch {
	case buckets <= 0:
		return 0, invalid("bucketCount must be greater than 0")
	case math.IsNaN(x):
		return 0, invalid("operand must not be NaN")
	case math.IsNaN(low) || math.IsInf(low, 0):
		return 0, invalid("first bound must be finite")
	case math.IsNaN(high) || math.IsInf(high, 0):
		return 0, invalid("second bound must be finite")
	case low == high:
		return 0, invalid("bounds cannot equal each other")
	}
	descending := low > high
	if descending {
		low, high = high, low
	}
	n := int64(0)
	switch {
	case x < low:
	case x >= high:
		if buckets == math.MaxInt64 {
			return 0, failf(sql.NUMERIC_VALUE_OUT_OF_RANGE, "Bucket for value %s is out of range", types.AppendDouble(nil, x))
		}
		n = buckets + 1
	default:
		n = int64(float64(buckets)*(x-low)/(high-low)) + 1
	}
	if descending {
		n = buckets - n + 1
	}
	return n, nil
}

// widthBucketOf searches by halves, as Trino does: bins that it does not come by may be out of order.
func widthBucketOf(x float64, bins vector.View[float64], from, to int) (int64, error) {
	if from == to {
		return 0, invalid("Bins cannot be an empty array")
	}
	if math.IsNaN(x) {
		return 0, invalid("Operand cannot be NaN")
	}
	bin := func(j int) float64 { // NULL counts as 0
		if bins.Nulls.Has(j) {
			return 0
		}
		return bins.Get(j)
	}
	low, high := from, to
	for low < high {
		if bin(low) > bin(high-1) {
			return 0, invalid("Bin values are not sorted in ascending order")
		}
		middle := int(uint(low+high) / 2)
		b := bin(middle)
		if math.IsNaN(b) || math.IsInf(b, 0) {
			return 0, invalid("Bin value must be finite, got %s", types.AppendDouble(nil, b))
		}
		if x < b {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return int64(low - from), nil
}

var _ = scalar("mathematical", "random,rand", "Returns a random number: a double from 0 to 1, or an integer below a bound, or between two", "random(1)", "0", randomOverloads()...)

func randomOverloads() []Overload {
	overloads := []Overload{{Result: "double", NeverFails: true, Volatile: true, New: always(func(c *Call) (vector.Vector, error) {
		return each(c, func(int) (float64, error) { return rand.Float64(), nil })
	})}}
	for _, t := range integerTypes {
		overloads = append(overloads,
			Overload{Params: t.name, Result: t.name, Volatile: true, New: unaryErr(func(n int64) (int64, error) {
				if n <= 0 {
					return 0, invalid("bound must be positive")
				}
				return rand.Int64N(n), nil
			})},
			Overload{Params: t.name + "," + t.name, Result: t.name, Volatile: true, New: binaryErr(func(from, to int64) (int64, error) {
				if from >= to {
					return 0, invalid("start value must be less than stop value")
				}
				return from + int64(rand.Uint64N(uint64(to)-uint64(from))), nil
			})})
	}
	return overloads
}

// maxDataSizeText bounds the text of a data size.
const maxDataSizeText = 64

var _ = scalar("conversion", "parse_data_size", "Reads a number and a unit of bytes, such as 2.3MB", "parse_data_size('2.3MB')", "2411724",
	Overload{Params: "varchar", Result: "decimal(38,0)", New: unaryErr(func(s string) (types.Int128, error) {
		bad := invalid("Invalid data size: '%s'", sql.Printable(s, maxQuotedRunes))
		number := strings.TrimRight(s, "BkMGTPEZY")
		shift, ok := map[string]uint{"B": 0, "kB": 10, "MB": 20, "GB": 30, "TB": 40, "PB": 50, "EB": 60, "ZB": 70, "YB": 80}[s[len(number):]]
		if !ok || len(s) > maxDataSizeText || number == "" || strings.Trim(number, "0123456789.") != "" {
			return types.Int128{}, bad
		}
		value, ok := new(big.Rat).SetString(number)
		if !ok {
			return types.Int128{}, bad
		}
		value.Mul(value, new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), shift)))
		bytes := new(big.Int).Quo(value.Num(), value.Denom())
		x, err := types.ParseDecimal(bytes.String(), types.DecimalOf(types.MaxDecimalPrecision, 0))
		if err != nil {
			return x, failf(sql.NUMERIC_VALUE_OUT_OF_RANGE, "Value out of range: '%s' ('%sB')", s, bytes)
		}
		return x, nil
	})})
