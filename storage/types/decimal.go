package types

import (
	"math/big"
	"math/bits"
	"strconv"
)

// pow10 holds 10^0 to 10^38.
var pow10 = func() (p [39]Int128) {
	p[0] = Int128From(1)
	for i := 1; i < len(p); i++ {
		hi, lo := bits.Mul64(p[i-1].Lo, 10)
		p[i] = Int128{Hi: p[i-1].Hi*10 + int64(hi), Lo: lo}
	}
	return p
}()

// AppendDecimal appends an unscaled value with its point: 1234 of scale 2 is "12.34".
func AppendDecimal(dst []byte, x Int128, scale int) []byte {
	if x.Hi < 0 {
		dst, x = append(dst, '-'), x.Neg()
	}
	var buffer [40]byte
	text := buffer[:0]
	// 10^19 is the largest power of ten in 64 bits; 2^127 has three such digits at most.
	const e19 = 10_000_000_000_000_000_000
	if x.Hi == 0 {
		text = strconv.AppendUint(text, x.Lo, 10)
	} else {
		hi := uint64(x.Hi)
		q1, r := hi/e19, hi%e19
		q0, low := bits.Div64(r, x.Lo, e19)
		if q1 == 0 && q0 < e19 {
			text = strconv.AppendUint(text, q0, 10)
		} else {
			top, middle := bits.Div64(q1, q0, e19)
			text = strconv.AppendUint(text, top, 10)
			text = appendPadded(text, middle, 19)
		}
		text = appendPadded(text, low, 19)
	}
	if scale == 0 {
		return append(dst, text...)
	}
	if len(text) <= scale {
		dst = append(dst, "0."...)
		for n := len(text); n < scale; n++ {
			dst = append(dst, '0')
		}
		return append(dst, text...)
	}
	dst = append(dst, text[:len(text)-scale]...)
	return append(append(dst, '.'), text[len(text)-scale:]...)
}

func appendPadded(dst []byte, n uint64, width int) []byte {
	var buffer [20]byte
	text := strconv.AppendUint(buffer[:0], n, 10)
	for w := len(text); w < width; w++ {
		dst = append(dst, '0')
	}
	return append(dst, text...)
}

// Pow10 returns 10^n for n from 0 to 38.
func Pow10(n int) Int128 { return pow10[n] }

// FitsDecimal reports whether an unscaled value has at most precision digits.
func FitsDecimal(x Int128, precision int) bool {
	if x.Hi == -1<<63 && x.Lo == 0 {
		return false
	}
	return x.Abs().Cmp(pow10[precision]) < 0
}

// Abs returns x without its sign; the least value is its own.
func (x Int128) Abs() Int128 {
	if x.Hi < 0 {
		return x.Neg()
	}
	return x
}

var (
	errDecimalOverflow = &Error{Code: CodeOutOfRange, Msg: "Decimal overflow"}
	errDivisionByZero  = &Error{Code: CodeDivideByZero, Msg: "Division by zero"}
)

// Arithmetic is an operator on decimals.
type Arithmetic byte

// The operators.
const (
	Add      Arithmetic = '+'
	Subtract Arithmetic = '-'
	Multiply Arithmetic = '*'
	Divide   Arithmetic = '/'
	Modulus  Arithmetic = '%'
)

// DecimalResult returns the type of an operator's result on two decimals. It
// fails where the scale would be beyond 38 digits.
func DecimalResult(op Arithmetic, a, b Type) (Type, error) {
	scale := max(a.s, b.s)
	precision := int32(0)
	switch op {
	case Add, Subtract:
		precision = max(a.p-a.s, b.p-b.s) + scale + 1
	case Multiply:
		precision, scale = a.p+b.p, a.s+b.s
	case Divide:
		precision = a.p + b.s + max(b.s-a.s, 0)
	case Modulus:
		precision = min(b.p-b.s, a.p-a.s) + scale
	}
	return NewDecimal(int(min(precision, MaxDecimalPrecision)), int(scale))
}

// DecimalArithmetic applies op to unscaled values of the given scales. The result
// has the scale of DecimalResult's type: quotients are rounded half up, away from
// zero, and the sign of a remainder is a's. It fails on division by zero and on
// results beyond 38 digits.
func DecimalArithmetic(op Arithmetic, a Int128, aScale int, b Int128, bScale int) (Int128, error) {
	scale := max(aScale, bScale)
	switch op {
	case Add, Subtract:
		if op == Subtract {
			b = b.Neg()
		}
		x, ok1 := multiply(a, pow10[scale-aScale])
		y, ok2 := multiply(b, pow10[scale-bScale])
		z, overflow := x.Add(y)
		return decimalOf(z, ok1 && ok2 && !overflow)
	case Multiply:
		return decimalOf(multiply(a, b))
	case Divide:
		if b == (Int128{}) {
			return Int128{}, errDivisionByZero
		}
		// A factor is at most 10^76: two powers of the table.
		factor := scale - aScale + bScale
		return decimalOf(divide(a, factor, b))
	default:
		if b == (Int128{}) {
			return Int128{}, errDivisionByZero
		}
		return decimalOf(remainder(a, scale-aScale, b, scale-bScale))
	}
}

func decimalOf(x Int128, ok bool) (Int128, error) {
	if !ok || !FitsDecimal(x, MaxDecimalPrecision) {
		return Int128{}, errDecimalOverflow
	}
	return x, nil
}

// multiply returns a*b, if it fits.
func multiply(a, b Int128) (Int128, bool) {
	negative := (a.Hi < 0) != (b.Hi < 0)
	a, b = a.Abs(), b.Abs()
	if a.Hi != 0 && b.Hi != 0 {
		return Int128{}, false
	}
	if b.Hi != 0 {
		a, b = b, a
	}
	// a has two words, b one.
	carry, lo := bits.Mul64(a.Lo, b.Lo)
	over, middle := bits.Mul64(uint64(a.Hi), b.Lo)
	hi, c := bits.Add64(middle, carry, 0)
	if over != 0 || c != 0 || hi>>63 != 0 {
		return Int128{}, false
	}
	z := Int128{Hi: int64(hi), Lo: lo}
	if negative {
		z = z.Neg()
	}
	return z, true
}

// divide returns a*10^factor/b rounded half up.
func divide(a Int128, factor int, b Int128) (Int128, bool) {
	if factor <= MaxDecimalPrecision {
		if n, ok := multiply(a, pow10[factor]); ok {
			q, r := n.QuoRem(b)
			return roundQuotient(q, r, b, (n.Hi < 0) != (b.Hi < 0)), true
		}
	}
	n := a.big()
	n.Mul(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(factor)), nil))
	r := new(big.Int)
	d := b.big()
	q, r := n.QuoRem(n, d, r)
	if r.Abs(r).Lsh(r, 1).CmpAbs(d) >= 0 {
		if (a.Hi < 0) != (b.Hi < 0) {
			q.Sub(q, big.NewInt(1))
		} else {
			q.Add(q, big.NewInt(1))
		}
	}
	return int128OfBig(q)
}

// roundQuotient adds what the remainder r of a division by b makes of its quotient q.
func roundQuotient(q, r, b Int128, negative bool) Int128 {
	r, b = r.Abs(), b.Abs()
	rest, _ := b.Sub(r)
	if r.Cmp(rest) < 0 {
		return q
	}
	one := Int128From(1)
	if negative {
		one = Int128From(-1)
	}
	q, _ = q.Add(one)
	return q
}

func remainder(a Int128, aFactor int, b Int128, bFactor int) (Int128, bool) {
	x, ok1 := multiply(a, pow10[aFactor])
	y, ok2 := multiply(b, pow10[bFactor])
	if ok1 && ok2 {
		_, r := x.QuoRem(y)
		return r, true
	}
	m, n := a.big(), b.big()
	m.Mul(m, pow10[aFactor].big())
	n.Mul(n, pow10[bFactor].big())
	return int128OfBig(m.Rem(m, n))
}

// QuoRem returns the quotient, cut toward zero, and the remainder, which has x's sign. y must not be 0.
func (x Int128) QuoRem(y Int128) (q, r Int128) {
	negative := (x.Hi < 0) != (y.Hi < 0)
	n, d := x.Abs(), y.Abs()
	if d.Hi == 0 {
		hi, rest := uint64(n.Hi)/d.Lo, uint64(n.Hi)%d.Lo
		lo, rest := bits.Div64(rest, n.Lo, d.Lo)
		q, r = Int128{Hi: int64(hi), Lo: lo}, Int128{Lo: rest}
	} else {
		// Both have two words, so the quotient has one: estimate it by the upper
		// words, as far to the left as they go, and correct it.
		shift := uint(bits.LeadingZeros64(uint64(d.Hi)))
		top := uint64(d.Hi)<<shift | d.Lo>>(64-shift)
		if shift == 0 {
			top = uint64(d.Hi)
		}
		estimate, _ := bits.Div64(uint64(n.Hi)>>1, uint64(n.Hi)<<63|n.Lo>>1, top)
		estimate >>= 63 - shift
		if estimate > 0 {
			estimate-- // which is now the quotient or one less
		}
		product, _ := multiply(d, Int128{Lo: estimate})
		r, _ = n.Sub(product)
		for r.Cmp(d) >= 0 {
			r, _ = r.Sub(d)
			estimate++
		}
		q = Int128{Lo: estimate}
	}
	if negative {
		q = q.Neg()
	}
	if x.Hi < 0 {
		r = r.Neg()
	}
	return q, r
}

func (x Int128) big() *big.Int {
	z := new(big.Int).SetUint64(uint64(x.Abs().Hi))
	z.Lsh(z, 64).Or(z, new(big.Int).SetUint64(x.Abs().Lo))
	if x.Hi < 0 {
		z.Neg(z)
	}
	return z
}

func int128OfBig(z *big.Int) (Int128, bool) {
	if z.BitLen() > 127 {
		return Int128{}, false
	}
	var b [16]byte
	x := int128OfBytes([16]byte(new(big.Int).Abs(z).FillBytes(b[:])))
	if z.Sign() < 0 {
		x = x.Neg()
	}
	return x, true
}

// Rescale turns an unscaled value of one scale into one of another, rounding half
// up, away from zero. ok is false where it then has more than 38 digits.
func Rescale(x Int128, from, to int) (y Int128, ok bool) {
	if to >= from {
		y, ok = multiply(x, pow10[to-from])
	} else {
		d := pow10[from-to]
		q, r := x.QuoRem(d)
		y, ok = roundQuotient(q, r, d, x.Hi < 0), true
	}
	return y, ok && FitsDecimal(y, MaxDecimalPrecision)
}
