package function

import (
	"math"
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

var integerKinds = []types.Kind{types.Tinyint, types.Smallint, types.Integer, types.Bigint}

func integerOf(kind types.Kind) integerType { return integerTypes[kind-types.Tinyint] }

// Registered in init, since conversions must not depend on the order of files.
func init() {
	for _, from := range integerKinds {
		for _, to := range integerKinds {
			if from != to {
				conversions[[2]types.Kind{from, to}] = integerToInteger
			}
		}
		conversions[[2]types.Kind{from, types.Boolean}] = fixed(safe(func(x int64) bool { return x != 0 }))
		conversions[[2]types.Kind{from, types.Double}] = fixed(safe(func(x int64) float64 { return float64(x) }))
		conversions[[2]types.Kind{from, types.Real}] = fixed(safe(func(x int64) float64 { return float64(float32(x)) }))
		conversions[[2]types.Kind{from, types.Decimal}] = integerToDecimal
		conversions[[2]types.Kind{types.Boolean, from}] = fixed(safe(func(x bool) int64 { return int64(oneIf(x)) }))
		conversions[[2]types.Kind{types.Double, from}] = floatToInteger
		conversions[[2]types.Kind{types.Real, from}] = floatToInteger
		conversions[[2]types.Kind{types.Decimal, from}] = decimalToInteger
	}
	for _, float := range []types.Kind{types.Double, types.Real} {
		conversions[[2]types.Kind{float, types.Boolean}] = fixed(safe(func(x float64) bool { return x != 0 }))
		conversions[[2]types.Kind{types.Boolean, float}] = fixed(safe(oneIf))
		conversions[[2]types.Kind{float, types.Decimal}] = floatToDecimal
		conversions[[2]types.Kind{types.Decimal, float}] = decimalToFloat
	}
	conversions[[2]types.Kind{types.Real, types.Double}] = fixed(relabelled)
	conversions[[2]types.Kind{types.Double, types.Real}] = fixed(safe(func(x float64) float64 { return float64(float32(x)) }))
	conversions[[2]types.Kind{types.Boolean, types.Decimal}] = booleanToDecimal
	conversions[[2]types.Kind{types.Decimal, types.Boolean}] = decimalToBoolean
	conversions[[2]types.Kind{types.Decimal, types.Decimal}] = decimalToDecimal
}

func fixed(c conversion) func(from, to types.Type) conversion {
	return func(types.Type, types.Type) conversion { return c }
}

func oneIf(x bool) float64 {
	if x {
		return 1
	}
	return 0
}

func integerToInteger(from, to types.Type) conversion {
	if from.Kind() < to.Kind() {
		return relabelled
	}
	t := integerOf(to.Kind())
	return fallible(t.check)
}

// check complains about a number that the type cannot hold.
func (t integerType) check(x int64) (int64, error) {
	if x < t.min || x > t.max {
		return 0, failf(sql.NUMERIC_VALUE_OUT_OF_RANGE, "Out of range for %s: %d", t.name, x)
	}
	return x, nil
}

func floatToInteger(from, to types.Type) conversion {
	t := integerOf(to.Kind())
	if to.Is(types.Bigint) {
		return fallible(func(x float64) (int64, error) { return floatToBigint(x, from) })
	}
	return fallible(func(x float64) (int64, error) { return t.round(x, from) })
}

// round rounds a double or real half away from zero, to a type narrower than bigint.
func (t integerType) round(x float64, from types.Type) (int64, error) {
	if math.IsNaN(x) {
		return 0, failf(sql.INVALID_CAST_ARGUMENT, "Cannot cast %s NaN to %s", from, t.name)
	}
	rounded := math.Round(x)
	if rounded < float64(t.min) || rounded > float64(t.max) {
		return 0, failf(sql.NUMERIC_VALUE_OUT_OF_RANGE, "Out of range for %s: %s", t.name, types.AppendFloat64Text(nil, from, x))
	}
	return int64(rounded), nil
}

// floatToBigint rounds a double or real half away from zero.
func floatToBigint(x float64, from types.Type) (int64, error) {
	if math.IsNaN(x) {
		return 0, failf(sql.INVALID_CAST_ARGUMENT, "Cannot cast %s NaN to bigint", from)
	}
	rounded := math.Round(x)
	if !(rounded >= -1<<63 && rounded < 1<<63) {
		return 0, failf(sql.NUMERIC_VALUE_OUT_OF_RANGE, "Out of range for bigint: %s", types.AppendFloat64Text(nil, from, x))
	}
	return int64(rounded), nil
}

// toDecimal makes a conversion to a decimal type of a function of rows.
func toDecimal[A vector.Element](f func(A) (types.Int128, error)) conversion {
	return conversion{false, always(func(c *Call) (vector.Vector, error) {
		a := vector.ViewOf[A](c.Args[0])
		return eachWide(c, func(i int) (types.Int128, error) { return f(a.Get(i)) })
	})}
}

// fromDecimal makes a conversion of a decimal type.
func fromDecimal[R vector.Element](neverFails bool, f func(types.Int128) (R, error)) conversion {
	return conversion{neverFails, always(func(c *Call) (vector.Vector, error) {
		a := wideOf(c.Args[0])
		return each(c, func(i int) (R, error) { return f(a(i)) })
	})}
}

func integerToDecimal(from, to types.Type) conversion {
	return toDecimal(func(x int64) (types.Int128, error) { return types.Int64ToDecimal(x, from, to) })
}

func floatToDecimal(from, to types.Type) conversion {
	return toDecimal(func(x float64) (types.Int128, error) { return types.FloatToDecimal(x, from, to) })
}

func booleanToDecimal(_, to types.Type) conversion {
	return toDecimal(func(x bool) (types.Int128, error) {
		y, err := types.Int64ToDecimal(int64(oneIf(x)), types.TBigint, to)
		if err != nil {
			err = failf(sql.NUMERIC_VALUE_OUT_OF_RANGE, "Cannot cast BOOLEAN '%t' to DECIMAL(%d, %d)", x, to.Precision(), to.Scale())
		}
		return y, err
	})
}

func decimalToInteger(from, to types.Type) conversion {
	return fromDecimal(false, func(x types.Int128) (int64, error) { return types.DecimalToInt64(x, from, to) })
}

func decimalToFloat(from, to types.Type) conversion {
	if to.Is(types.Real) {
		return fromDecimal(true, func(x types.Int128) (float64, error) { return types.DecimalToReal(x, from), nil })
	}
	return fromDecimal(true, func(x types.Int128) (float64, error) { return types.DecimalToDouble(x, from), nil })
}

func decimalToBoolean(_, _ types.Type) conversion {
	return fromDecimal(true, func(x types.Int128) (bool, error) { return x != types.Int128{}, nil })
}

func decimalToDecimal(from, to types.Type) conversion {
	if from.Scale() == to.Scale() && from.Precision() <= to.Precision() && from.Physical() == to.Physical() {
		return relabelled
	}
	neverFails := to.Scale() >= from.Scale() && to.Precision()-to.Scale() >= from.Precision()-from.Scale()
	return conversion{neverFails, always(func(c *Call) (vector.Vector, error) {
		a := wideOf(c.Args[0])
		return eachWide(c, func(i int) (types.Int128, error) { return types.DecimalToDecimal(a(i), from, to) })
	})}
}

// parse reads a text with a sign and digits, and spaces around.
func (t integerType) parse(text string) (int64, error) {
	digits := trimJava(text)
	negative := strings.HasPrefix(digits, "-")
	if negative || strings.HasPrefix(digits, "+") {
		digits = digits[1:]
	}
	n, ok := int64(0), digits != ""
	for i := 0; i < len(digits) && ok; i++ {
		d := int64(digits[i]) - '0'
		ok = d >= 0 && d <= 9 && n >= (math.MinInt64+d)/10 // counted downward: the least number has no opposite
		n = n*10 - d
	}
	if !negative && ok {
		ok = n != math.MinInt64
		n = -n
	}
	if !ok || n < t.min || n > t.max {
		name := strings.ToUpper(t.name)
		if t.name == "integer" {
			name = "INT"
		}
		return 0, failf(sql.INVALID_CAST_ARGUMENT, "Cannot cast '%s' to %s", text, name)
	}
	return n, nil
}
