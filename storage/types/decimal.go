package types

import (
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
