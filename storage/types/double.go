package types

import (
	"math"
	"strconv"
)

// AppendDouble appends f as Java's Double.toString writes it: the shortest
// decimal that reads back as f, plain between 10^-3 and 10^7 (1.0, 0.001), else
// with an exponent (1.0E10); NaN, Infinity, -Infinity.
func AppendDouble(dst []byte, f float64) []byte { return appendJava(dst, f, 64) }

// AppendReal appends f, rounded to 32 bits, as Java's Float.toString writes it.
func AppendReal(dst []byte, f float64) []byte { return appendJava(dst, float64(float32(f)), 32) }

func appendJava(dst []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	case f == 0 && math.Signbit(f):
		return append(dst, "-0.0"...)
	case f == 0:
		return append(dst, "0.0"...)
	}
	var buffer [32]byte
	// d.ddddde±dd with the fewest digits
	text := strconv.AppendFloat(buffer[:0], f, 'e', -1, bits)
	if text[0] == '-' {
		dst, text = append(dst, '-'), text[1:]
	}
	if text[1] == 'e' {
		// Java allows two digits even where one would do, and takes the nearest.
		text = strconv.AppendFloat(buffer[:0], math.Abs(f), 'e', 1, bits)
	}
	e := 0
	for text[e] != 'e' {
		e++
	}
	exponent, _ := strconv.Atoi(string(text[e+1:]))
	digits := append([]byte{text[0]}, text[2:e]...)
	if len(digits) == 2 && digits[1] == '0' {
		digits = digits[:1]
	}
	switch {
	case exponent >= 7 || exponent < -3:
		dst = append(dst, digits[0], '.')
		dst = appendFraction(dst, digits[1:])
		dst = append(dst, 'E')
		return strconv.AppendInt(dst, int64(exponent), 10)
	case exponent < 0:
		dst = append(dst, "0."...)
		for range -exponent - 1 {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	}
	for len(digits) <= exponent {
		digits = append(digits, '0')
	}
	dst = append(dst, digits[:exponent+1]...)
	return appendFraction(append(dst, '.'), digits[exponent+1:])
}

// appendFraction appends digits, "0" if there are none.
func appendFraction(dst, digits []byte) []byte {
	if len(digits) == 0 {
		return append(dst, '0')
	}
	return append(dst, digits...)
}
