package types

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// DecimalToDecimal casts an unscaled value of type from to type to.
func DecimalToDecimal(x Int128, from, to Type) (Int128, error) {
	y, ok := Rescale(x, int(from.s), int(to.s))
	if !ok || !FitsDecimal(y, int(to.p)) {
		return Int128{}, errorf(CodeOutOfRange, "Cannot cast DECIMAL(%d, %d) '%s' to DECIMAL(%d, %d)",
			from.p, from.s, AppendDecimal(nil, x, int(from.s)), to.p, to.s)
	}
	return y, nil
}

// Int64ToDecimal casts v, of an integer type, to a decimal type.
func Int64ToDecimal(v int64, from, to Type) (Int128, error) {
	x, ok := Rescale(Int128From(v), 0, int(to.s))
	if !ok || !FitsDecimal(x, int(to.p)) {
		return Int128{}, errorf(CodeOutOfRange, "Cannot cast %s '%d' to DECIMAL(%d, %d)",
			strings.ToUpper(from.String()), v, to.p, to.s)
	}
	return x, nil
}

// DecimalToInt64 casts an unscaled value to an integer type, rounding half up, away from zero.
func DecimalToInt64(x Int128, from, to Type) (int64, error) {
	y, _ := Rescale(x, int(from.s), 0)
	limit := uint64(1) << 63
	switch to.kind {
	case Tinyint:
		limit = 1 << 7
	case Smallint:
		limit = 1 << 15
	case Integer:
		limit = 1 << 31
	}
	v := y.Int64()
	if !y.IsInt64() || v >= 0 && uint64(v) >= limit || v < 0 && -uint64(v) > limit {
		shown := AppendDecimal(nil, x, int(from.s))
		if from.p <= MaxShortDecimalPrecision { // Trino shows what it has rounded by then
			shown = AppendDecimal(nil, y, 0)
		}
		return 0, errorf(CodeOutOfRange, "Cannot cast '%s' to %s", shown, strings.ToUpper(to.String()))
	}
	return v, nil
}

// DecimalToDouble casts an unscaled value of a decimal type to double.
func DecimalToDouble(x Int128, from Type) float64 {
	if from.p <= MaxShortDecimalPrecision {
		return float64(x.Int64()) / math.Pow10(int(from.s))
	}
	f, _ := strconv.ParseFloat(string(AppendDecimal(nil, x, int(from.s))), 64)
	return f
}

// DecimalToReal casts an unscaled value of a decimal type to real.
func DecimalToReal(x Int128, from Type) float64 {
	f, _ := strconv.ParseFloat(string(AppendDecimal(nil, x, int(from.s))), 32)
	return f
}

// FloatToDecimal casts f, of type double or real, to a decimal type: the decimal
// that f's text shows, rounded half up.
func FloatToDecimal(f float64, from, to Type) (Int128, error) {
	text := string(AppendFloat64Text(nil, from, f))
	if x, ok := decimalOfText(text, to); ok == decimalFits {
		return x, nil
	}
	code := CodeOutOfRange
	if math.IsNaN(f) {
		code = CodeInvalidCast
	}
	return Int128{}, errorf(code, "Cannot cast %s '%s' to DECIMAL(%d, %d)",
		strings.ToUpper(from.String()), text, to.p, to.s)
}

// ParseDecimal casts text, a decimal number with or without an exponent, to a
// decimal type, rounding half up.
func ParseDecimal(text string, to Type) (Int128, error) {
	x, ok := decimalOfText(text, to)
	switch ok {
	case decimalFits:
		return x, nil
	case decimalTooLarge:
		return Int128{}, errorf(CodeInvalidCast, "Cannot cast VARCHAR '%s' to DECIMAL(%d, %d). Value too large.", text, to.p, to.s)
	}
	return Int128{}, errorf(CodeInvalidCast, "Cannot cast VARCHAR '%s' to DECIMAL(%d, %d). Value is not a number.", text, to.p, to.s)
}

type decimalParse int

const (
	decimalFits decimalParse = iota
	decimalTooLarge
	decimalNoNumber
)

// decimalOfText reads [sign]digits[.digits][e[sign]digits]. It takes no more
// memory than the text, whatever the exponent says.
func decimalOfText(text string, to Type) (Int128, decimalParse) {
	mantissa, exponent := text, 0
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		e, err := strconv.ParseInt(text[i+1:], 10, 32)
		if err != nil {
			return Int128{}, decimalNoNumber
		}
		mantissa, exponent = text[:i], int(e)
	}
	negative := strings.HasPrefix(mantissa, "-")
	if negative || strings.HasPrefix(mantissa, "+") {
		mantissa = mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" || !allDigits(digits) {
		return Int128{}, decimalNoNumber
	}
	// The unscaled value is digits shifted by so many places.
	shift := exponent - len(fraction) + int(to.s)
	digits = strings.TrimLeft(digits, "0")
	switch keep := len(digits) + shift; {
	case digits == "" || keep < 0:
		return Int128{}, decimalFits
	case keep > int(to.p)+1:
		return Int128{}, decimalTooLarge
	}
	up := false
	if shift < 0 {
		keep := len(digits) + shift
		up = digits[keep] >= '5'
		digits = digits[:keep]
	} else {
		digits += strings.Repeat("0", shift)
	}
	x := Int128{}
	for i := range len(digits) { // at most 39 digits, which may be too many for the last
		var ok bool
		if x, ok = multiply(x, pow10[1]); !ok {
			return Int128{}, decimalTooLarge
		}
		var overflow bool
		if x, overflow = x.Add(Int128From(int64(digits[i] - '0'))); overflow {
			return Int128{}, decimalTooLarge
		}
	}
	if up {
		x, _ = x.Add(Int128From(1))
	}
	if !FitsDecimal(x, int(to.p)) {
		return Int128{}, decimalTooLarge
	}
	if negative {
		x = x.Neg()
	}
	return x, decimalFits
}

// ParseDecimalLiteral reads a literal such as 1_000.50: its value and its type,
// which has as many digits as are written, leading zeros apart.
func ParseDecimalLiteral(text string) (Int128, Type, error) {
	invalid := errorf(CodeBadLiteral, "Invalid DECIMAL value '%s'", text)
	digits := text
	negative := strings.HasPrefix(digits, "-")
	if negative || strings.HasPrefix(digits, "+") {
		digits = digits[1:]
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	if whole == "" && fraction == "" {
		return Int128{}, Type{}, invalid
	}
	for _, part := range []*string{&whole, &fraction} {
		if strings.HasPrefix(*part, "_") || strings.HasSuffix(*part, "_") || strings.Contains(*part, "__") {
			return Int128{}, Type{}, invalid
		}
		*part = strings.ReplaceAll(*part, "_", "")
		if !allDigits(*part) {
			return Int128{}, Type{}, invalid
		}
	}
	whole = strings.TrimLeft(whole, "0")
	precision := max(len(whole)+len(fraction), 1)
	if precision > MaxDecimalPrecision {
		return Int128{}, Type{}, errorf(CodeOutOfRange, "Value exceeds maximum precision")
	}
	z, _ := new(big.Int).SetString("0"+whole+fraction, 10)
	if negative {
		z.Neg(z)
	}
	x, _ := int128OfBig(z)
	return x, DecimalOf(precision, len(fraction)), nil
}
