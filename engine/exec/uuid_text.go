package exec

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// uuidText is a text that is a UUID in lower case, as CloudTrail writes event IDs, in 16 bytes instead of 36:
//
//	4f2b8c1e-7a3d-4e5f-9b8a-1c2d3e4f5a6b
//	hi ────────────────┘lo ─────────────┘     digits in their order, without the dashes
//
// Each such text has one uuidText, and each uuidText is of one text.
type uuidText struct{ hi, lo uint64 }

// uuidTextBytes is the length of a UUID as text.
const uuidTextBytes = 36

// uuidOf returns the UUID that s spells.
func uuidOf(s string) (u uuidText, ok bool) {
	if len(s) != uuidTextBytes || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return u, false
	}
	b := unsafe.Slice(unsafe.StringData(s), uuidTextBytes)
	le := binary.LittleEndian
	a, okA := hexDigits(le.Uint64(b))
	c, okC := hexDigits(uint64(le.Uint32(b[9:])) | uint64(le.Uint32(b[14:]))<<32)
	d, okD := hexDigits(uint64(le.Uint32(b[19:])) | uint64(le.Uint32(b[24:]))<<32)
	e, okE := hexDigits(le.Uint64(b[28:]))
	return uuidText{uint64(a)<<32 | uint64(c), uint64(d)<<32 | uint64(e)}, okA && okC && okD && okE
}

// hexDigits returns the number that eight characters spell, the first of which is the lowest byte, if all are digits
// or letters a to f. It looks at all at once: a letter has bit 6 set, and is then nine more than its low four bits.
func hexDigits(text uint64) (uint32, bool) {
	const each = 0x0101010101010101
	letter := text >> 6 & each
	n := text&(0x0f*each) + 9*letter
	// Written again, the digit is the character; what is no digit fails, or is a letter below ten.
	spelt := n + 0x30*each + 0x27*letter
	if spelt != text || n&(0xf0*each) != 0 || (n+6*each)>>4&each != letter {
		return 0, false
	}
	n = (n<<4 | n>>8) & 0x00ff00ff00ff00ff
	n = (n<<8 | n>>16) & 0x0000ffff0000ffff
	return uint32(n<<16 | n>>32), true
}

// String returns the text.
func (u uuidText) String() string {
	const digits = "0123456789abcdef"
	var b [uuidTextBytes]byte
	at := 0
	for _, half := range [2]uint64{u.hi, u.lo} {
		for shift := 60; shift >= 0; shift -= 4 {
			switch at {
			case 8, 13, 18, 23:
				b[at] = '-'
				at++
			}
			b[at] = digits[half>>shift&15]
			at++
		}
	}
	return string(b[:])
}

func hashUUIDText(u uuidText) uint64 {
	hi, lo := bits.Mul64(u.hi^hashSeeds[0], u.lo^hashSeeds[1])
	return hi ^ lo
}
