package function

import (
	"math/bits"
)

// bitwise registers a function of two bigints.
func bitwise(name, text, example, result string, f func(x, y int64) int64) registered {
	return scalar("bitwise", name, text, example, result,
		Overload{Params: "bigint,bigint", Result: "bigint", NeverFails: true, New: binary(f)})
}

var (
	_ = bitwise("bitwise_and", "Returns the bits that both numbers have", "bitwise_and(12, 10)", "8", func(x, y int64) int64 { return x & y })
	_ = bitwise("bitwise_or", "Returns the bits that one of two numbers has", "bitwise_or(12, 10)", "14", func(x, y int64) int64 { return x | y })
	_ = bitwise("bitwise_xor", "Returns the bits that one of two numbers has, but not both", "bitwise_xor(12, 10)", "6", func(x, y int64) int64 { return x ^ y })
	_ = scalar("bitwise", "bitwise_not", "Returns the bits that a number does not have", "bitwise_not(0)", "-1",
		Overload{Params: "bigint", Result: "bigint", NeverFails: true, New: unary(func(x int64) int64 { return ^x })})
)

// widths of integer types in bits, in the order of integerTypes.
var integerBits = []uint{8, 16, 32, 64}

// shiftOverloads returns a shift for each integer type: n is from 0 to 63. Numbers are shifted as
// 64 bits wide; a shift by 64 and more gives what beyond says, and of a negative one its low six bits count, as in Java.
func shiftOverloads(f func(x int64, n, width uint) int64, beyond func(x int64) int64) []Overload {
	var overloads []Overload
	for i, t := range integerTypes {
		width := integerBits[i]
		overloads = append(overloads, Overload{Params: t.name + ",integer", Result: t.name, NeverFails: true,
			New: binary(func(x, n int64) int64 {
				if n >= 64 {
					return beyond(x)
				}
				return f(x, uint(n)&63, width)
			})})
	}
	return overloads
}

func zero(int64) int64 { return 0 }

// signed returns the low bits of x as a number of that width.
func signed(x int64, width uint) int64 { return x << (64 - width) >> (64 - width) }

var (
	_ = scalar("bitwise", "bitwise_left_shift", "Shifts the bits of a number to the left", "bitwise_left_shift(1, 2)", "4",
		shiftOverloads(func(x int64, n, width uint) int64 { return signed(x<<n, width) }, zero)...)
	_ = scalar("bitwise", "bitwise_right_shift", "Shifts the bits of a number to the right, zeros coming in", "bitwise_right_shift(8, 2)", "2",
		shiftOverloads(func(x int64, n, width uint) int64 {
			return signed(int64(uint64(x)<<(64-width)>>(64-width)>>n), width)
		}, zero)...)
	_ = scalar("bitwise", "bitwise_right_shift_arithmetic", "Shifts the bits of a number to the right, its sign coming in", "bitwise_right_shift_arithmetic(-8, 2)", "-2",
		shiftOverloads(func(x int64, n, _ uint) int64 { return x >> n }, func(x int64) int64 { return x >> 63 })...)
)

var _ = scalar("bitwise", "bit_count", "Returns the number of bits that are set in a number of the given width", "bit_count(9, 64)", "2",
	Overload{Params: "bigint,bigint", Result: "bigint", New: binaryErr(func(x, width int64) (int64, error) {
		switch {
		case width == 64:
			return int64(bits.OnesCount64(uint64(x))), nil
		case width <= 1 || width > 64:
			return 0, invalid("Bits specified in bit_count must be between 2 and 64, got %d", width)
		case signed(x, uint(width)) != x:
			return 0, invalid("Number must be representable with the bits specified. %d cannot be represented with %d bits", x, width)
		}
		return int64(bits.OnesCount64(uint64(x) << uint(64-width))), nil
	})})
