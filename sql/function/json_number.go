package function

import (
	"math"
	"strconv"
	"strings"
)

// appendExactNumber appends a number with a fraction or an exponent as a value of type json has it: with all
// its digits, in the form of Java's BigDecimal. A number n × 10^-scale is written out where the scale is not
// negative and no more than five zeros follow the point; else it has an exponent:
//
//	1.50    n 150, scale 2       1.50
//	0.1e-5  n 1, scale 6         0.000001
//	1e2     n 1, scale -2        1E+2
//	12e-9   n 12, scale 9        1.2E-8
//
// ok is false for an exponent that Java cannot hold.
func appendExactNumber(dst []byte, text string) (out []byte, ok bool) {
	mantissa, exponent, scale := text, "", int64(0)
	if e := strings.IndexAny(text, "eE"); e >= 0 {
		mantissa, exponent = text[:e], strings.TrimPrefix(text[e+1:], "+")
	}
	if exponent != "" {
		x, err := strconv.ParseInt(exponent, 10, 32)
		if err != nil {
			return dst, false
		}
		scale = -x
	}
	negative := strings.HasPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(mantissa, "-"), ".")
	scale += int64(len(fraction))
	if scale > math.MaxInt32 || scale < math.MinInt32 {
		return dst, false
	}
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		digits, negative = "0", false
	}
	if negative {
		dst = append(dst, '-')
	}
	adjusted := int64(len(digits)-1) - scale
	const leastPlain = -6
	switch n := int64(len(digits)); {
	case scale == 0:
		return append(dst, digits...), true
	case scale < 0 || adjusted < leastPlain:
		dst = append(dst, digits[0])
		if n > 1 {
			dst = append(append(dst, '.'), digits[1:]...)
		}
		dst = append(dst, 'E')
		if adjusted > 0 {
			dst = append(dst, '+')
		}
		return strconv.AppendInt(dst, adjusted, 10), true
	case n > scale:
		dst = append(append(dst, digits[:n-scale]...), '.')
		return append(dst, digits[n-scale:]...), true
	default:
		dst = append(dst, "0."...)
		for range scale - n {
			dst = append(dst, '0')
		}
		return append(dst, digits...), true
	}
}
