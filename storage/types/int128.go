package types

import (
	"math/bits"
)

// Int128 is a signed 128-bit integer in two's complement, or two words that a
// type gives a meaning of their own (see the package comment).
type Int128 struct {
	Hi int64
	Lo uint64
}

// Int128From returns v, sign-extended.
func Int128From(v int64) Int128 { return Int128{Hi: v >> 63, Lo: uint64(v)} }

// IsInt64 reports whether x fits an int64.
func (x Int128) IsInt64() bool { return x.Hi == int64(x.Lo)>>63 }

// Int64 returns the low word as an int64; it is x's value when IsInt64.
func (x Int128) Int64() int64 { return int64(x.Lo) }

// Sign returns -1, 0 or 1.
func (x Int128) Sign() int {
	switch {
	case x.Hi < 0:
		return -1
	case x.Hi == 0 && x.Lo == 0:
		return 0
	}
	return 1
}

// Cmp compares x and y as signed integers and returns -1, 0 or 1.
func (x Int128) Cmp(y Int128) int {
	switch {
	case x.Hi < y.Hi:
		return -1
	case x.Hi > y.Hi:
		return 1
	case x.Lo < y.Lo:
		return -1
	case x.Lo > y.Lo:
		return 1
	}
	return 0
}

// Add returns x+y and whether it overflowed.
func (x Int128) Add(y Int128) (Int128, bool) {
	lo, carry := bits.Add64(x.Lo, y.Lo, 0)
	hi, _ := bits.Add64(uint64(x.Hi), uint64(y.Hi), carry)
	z := Int128{Hi: int64(hi), Lo: lo}
	return z, (x.Hi < 0) == (y.Hi < 0) && (z.Hi < 0) != (x.Hi < 0)
}

// Neg returns -x; the least value is its own negation.
func (x Int128) Neg() Int128 {
	lo, borrow := bits.Sub64(0, x.Lo, 0)
	hi, _ := bits.Sub64(0, uint64(x.Hi), borrow)
	return Int128{Hi: int64(hi), Lo: lo}
}

// Sub returns x-y and whether it overflowed.
func (x Int128) Sub(y Int128) (Int128, bool) {
	lo, borrow := bits.Sub64(x.Lo, y.Lo, 0)
	hi, _ := bits.Sub64(uint64(x.Hi), uint64(y.Hi), borrow)
	z := Int128{Hi: int64(hi), Lo: lo}
	return z, (x.Hi < 0) != (y.Hi < 0) && (z.Hi < 0) != (x.Hi < 0)
}
