package vector

import (
	"encoding/binary"
	"math/bits"
	"unsafe"

	"github.com/ctlake/ctlake/storage/types"
)

// UUID is a text that is a UUID in lower case, as CloudTrail writes event IDs, in 16 bytes instead of 36:
//
//	4f2b8c1e-7a3d-4e5f-9b8a-1c2d3e4f5a6b
//	Hi ────────────────┘Lo ─────────────┘     digits in their order, without the dashes
//
// Each such text has one UUID, and each UUID is of one text.
type UUID struct{ Hi, Lo uint64 }

// UUIDBytes is the length of a UUID as text.
const UUIDBytes = 36

// UUIDOf returns the UUID that s spells.
func UUIDOf(s string) (u UUID, ok bool) {
	if len(s) != UUIDBytes {
		return u, false
	}
	return uuidAt((*[UUIDBytes]byte)(unsafe.Pointer(unsafe.StringData(s))))
}

func uuidAt(b *[UUIDBytes]byte) (u UUID, ok bool) {
	if b[8] != '-' || b[13] != '-' || b[18] != '-' || b[23] != '-' {
		return u, false
	}
	le := binary.LittleEndian
	a, okA := hexDigits(le.Uint64(b[:]))
	c, okC := hexDigits(uint64(le.Uint32(b[9:])) | uint64(le.Uint32(b[14:]))<<32)
	d, okD := hexDigits(uint64(le.Uint32(b[19:])) | uint64(le.Uint32(b[24:]))<<32)
	e, okE := hexDigits(le.Uint64(b[28:]))
	return UUID{uint64(a)<<32 | uint64(c), uint64(d)<<32 | uint64(e)}, okA && okC && okD && okE
}

// eachByte has a 1 in each byte.
const eachByte = 0x0101010101010101

// hexDigits returns the number that eight characters spell, the first of which is the lowest byte, if all are digits
// or letters a to f. It looks at all at once: a letter has bit 6 set, and is then nine more than its low four bits.
func hexDigits(text uint64) (uint32, bool) {
	letter := text >> 6 & eachByte
	n := text&(0x0f*eachByte) + 9*letter
	// Written again, the digit is the character; what is no digit fails, or is a letter below ten.
	spelt := n + 0x30*eachByte + 0x27*letter
	if spelt != text || n&(0xf0*eachByte) != 0 || (n+6*eachByte)>>4&eachByte != letter {
		return 0, false
	}
	n = (n<<4 | n>>8) & 0x00ff00ff00ff00ff
	n = (n<<8 | n>>16) & 0x0000ffff0000ffff
	return uint32(n<<16 | n>>32), true
}

// hexText returns the eight characters that spell a number, the first as the lowest byte.
func hexText(v uint32) uint64 {
	n := uint64(bits.ReverseBytes32(v))
	n = (n | n<<16) & 0x0000ffff0000ffff
	n = (n | n<<8) & 0x00ff00ff00ff00ff
	n = (n>>4 | n<<8) & (0x0f * eachByte)
	letter := (n + 6*eachByte) >> 4 & eachByte
	return n + 0x30*eachByte + 0x27*letter
}

// spell writes the text.
func (u UUID) spell(b *[UUIDBytes]byte) {
	le := binary.LittleEndian
	le.PutUint64(b[:], hexText(uint32(u.Hi>>32)))
	low := hexText(uint32(u.Hi))
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	le.PutUint32(b[9:], uint32(low))
	le.PutUint32(b[14:], uint32(low>>32))
	high := hexText(uint32(u.Lo >> 32))
	le.PutUint32(b[19:], uint32(high))
	le.PutUint32(b[24:], uint32(high>>32))
	le.PutUint64(b[28:], hexText(uint32(u.Lo)))
}

// String returns the text.
func (u UUID) String() string {
	var b [UUIDBytes]byte
	u.spell(&b)
	return string(b[:])
}

// UUIDs is a vector of texts all of which are UUIDs. Who has not asked for such vectors gets none: he would have to make Texts
// of them, which is what ViewOf does.
type UUIDs struct {
	typ    types.Type
	Values []UUID
	nulls  Bitmap
}

// NewUUIDs makes a vector over values, which it keeps, of a type whose values are texts.
func NewUUIDs(t types.Type, values []UUID, nulls Bitmap) *UUIDs { return &UUIDs{t, values, nulls} }

// UUIDsIn returns the UUIDs of a text that is nothing but UUIDs, one after the other, but for rows that are NULL; false if it is not.
func UUIDsIn(t types.Type, text []byte, rows int, nulls Bitmap) (*UUIDs, bool) {
	values, null := make([]UUID, rows), nulls.Any(rows)
	for i := range values {
		if null && nulls.Has(i) {
			continue
		}
		if len(text) < UUIDBytes {
			return nil, false
		}
		var ok bool
		if values[i], ok = uuidAt((*[UUIDBytes]byte)(text)); !ok {
			return nil, false
		}
		text = text[UUIDBytes:]
	}
	return &UUIDs{t, values, nulls}, len(text) == 0
}

// UUIDsOf returns texts that spell values of type uuid. They share memory.
func UUIDsOf(t types.Type, values []types.Int128, nulls Bitmap) *UUIDs {
	return &UUIDs{t, unsafe.Slice((*UUID)(unsafe.Pointer(unsafe.SliceData(values))), len(values)), nulls}
}

// Wide returns the values as those of type uuid. They share memory.
func (v *UUIDs) Wide() *Flat[types.Int128] {
	return NewFlat(types.TUUID, unsafe.Slice((*types.Int128)(unsafe.Pointer(unsafe.SliceData(v.Values))), len(v.Values)), v.nulls)
}

// Both are 64 bits, and 64 bits further on: how UUIDsOf and Wide see the memory of the other.
var (
	_ [unsafe.Sizeof(UUID{})]byte      = [unsafe.Sizeof(types.Int128{})]byte{}
	_ [unsafe.Offsetof(UUID{}.Lo)]byte = [unsafe.Offsetof(types.Int128{}.Lo)]byte{}
	_ [unsafe.Alignof(UUID{})]byte     = [unsafe.Alignof(types.Int128{})]byte{}
)

// Type implements Vector.
func (v *UUIDs) Type() types.Type { return v.typ }

// Len implements Vector.
func (v *UUIDs) Len() int { return len(v.Values) }

// Nulls implements Vector.
func (v *UUIDs) Nulls() Bitmap { return v.nulls }

// Texts returns v as any other vector of texts.
func (v *UUIDs) Texts() *Flat[string] {
	room := make([]byte, len(v.Values)*UUIDBytes)
	all := unsafe.String(unsafe.SliceData(room), len(room)) // which do not change once they are written
	texts := make([]string, len(v.Values))
	for i, u := range v.Values {
		from := i * UUIDBytes
		u.spell((*[UUIDBytes]byte)(room[from:]))
		texts[i] = all[from : from+UUIDBytes]
	}
	return NewFlat(v.typ, texts, v.nulls)
}

// Spelt returns v, or its Texts if it has UUIDs.
func Spelt(v Vector) Vector {
	if u, ok := v.(*UUIDs); ok {
		return u.Texts()
	}
	return v
}
