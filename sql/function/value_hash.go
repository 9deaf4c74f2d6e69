package function

import (
	"math"
	"math/bits"

	"github.com/cespare/xxhash/v2"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// valueHashes sets out to the hash of each row of v: the XxHash64 that Trino's
// approx_distinct and checksum are made of. It is that of
//
//	integers, times, decimals up to 18 digits …  the eight bytes of the value
//	real, double                                 the bits, as eight bytes; -0.0 as 0.0
//	texts                                        the bytes, of char without its padding
//	longer decimals, finer timestamps, uuid …    the exclusive or of both halves' hashes
//	arrays, rows                                 31 × the hash so far + that of a member, from 0 and 1
//	maps                                         the sum over all entries of key's xor value's hash
//
// A member that is NULL counts 0, a row that is NULL gets any hash. Rows are the one
// type that Trino itself hashes otherwise: its hashes of their fields lack the mixing that
// approx_distinct relies on.
func valueHashes(v vector.Vector, out []uint64) {
	switch v := v.(type) {
	case *vector.Dictionary:
		if v.Values.Len() > len(v.Ids) {
			valueHashes(vector.Plain(v), out)
			return
		}
		entries := make([]uint64, v.Values.Len())
		valueHashes(v.Values, entries)
		for i, id := range v.Ids {
			out[i] = entries[id]
		}
	case *vector.Constant:
		var one [1]uint64
		valueHashes(v.Value, one[:])
		for i := range out {
			out[i] = one[0]
		}
	case *vector.Flat[bool]:
		for i, x := range v.Values {
			out[i] = hashInt(0)
			if x {
				out[i] = hashInt(1)
			}
		}
	case *vector.Flat[int64]:
		for i, x := range v.Values {
			out[i] = hashInt(x)
		}
	case *vector.Flat[float64]:
		single := v.Type().Is(types.Real)
		for i, x := range v.Values {
			if x == 0 {
				x = 0 // not -0.0
			}
			out[i] = hashInt(floatBits(x, single))
		}
	case *vector.Flat[string]:
		char := v.Type().Is(types.Char)
		for i, x := range v.Values {
			if char {
				x = types.TrimChar(x)
			}
			out[i] = xxhash.Sum64String(x)
		}
	case *vector.Flat[types.Int128]:
		for i, x := range v.Values {
			out[i] = hashWide(v.Type(), x)
		}
	case *vector.Array:
		members := memberHashes(v.Elements)
		for i := range out {
			out[i] = 0
			for _, h := range members[v.Offsets[i]:v.Offsets[i+1]] {
				out[i] = 31*out[i] + h
			}
		}
	case *vector.Map:
		keys, values := memberHashes(v.Keys), memberHashes(v.Values)
		for i := range out {
			out[i] = 0
			for j := v.Offsets[i]; j < v.Offsets[i+1]; j++ {
				out[i] += keys[j] ^ values[j]
			}
		}
	case *vector.Row:
		for i := range out {
			out[i] = 1
		}
		for _, f := range v.Fields {
			for i, h := range memberHashes(f) {
				out[i] = 31*out[i] + h
			}
		}
	}
}

func memberHashes(v vector.Vector) []uint64 {
	out := make([]uint64, v.Len())
	valueHashes(v, out)
	for i := range out {
		if v.Nulls().Has(i) {
			out[i] = 0
		}
	}
	return out
}

// floatBits returns the bits of a double, or those of a real, as an integer: all NaN have those of Java's.
func floatBits(x float64, single bool) int64 {
	switch {
	case single && x != x:
		return 0x7fc00000
	case single:
		return int64(int32(math.Float32bits(float32(x))))
	case x != x:
		return 0x7ff8000000000000
	}
	return int64(math.Float64bits(x))
}

// hashWide hashes a value that is carried by Int128.
func hashWide(t types.Type, x types.Int128) uint64 {
	switch t.Kind() {
	case types.UUID, types.IPAddress: // bytes in the order of the text, read as two little-endian words
		return hashInt(int64(bits.ReverseBytes64(uint64(x.Hi)))) ^ hashInt(int64(bits.ReverseBytes64(x.Lo)))
	case types.TimestampWithTimeZone:
		millis, picos, _ := types.UnpackTimestampTZ(x)
		if t.Precision() <= 3 {
			return hashInt(millis)
		}
		return hashInt(millis) ^ hashInt(picos)
	case types.TimeWithTimeZone:
		picos, offset := types.UnpackTimeTZ(x)
		picos = types.FloorMod(picos-int64(offset)*60_000*picosPerMilli, picosPerDay)
		if t.Precision() <= 9 {
			return hashInt(picos / 1000)
		}
		return hashInt(picos)
	}
	return hashInt(x.Hi) ^ hashInt(int64(x.Lo))
}

// hashInt is the XxHash64 of eight bytes, an integer from its low byte on.
func hashInt(x int64) uint64 {
	const p1, p2, p3, p4, p5 = 0x9e3779b185ebca87, 0xc2b2ae3d27d4eb4f, 0x165667b19e3779f9, 0x85ebca77c2b2ae63, 0x27d4eb2f165667c5
	h := p5 + 8 ^ bits.RotateLeft64(uint64(x)*p2, 31)*p1
	h = bits.RotateLeft64(h, 27)*p1 + p4
	h ^= h >> 33
	h *= p2
	h ^= h >> 29
	h *= p3
	return h ^ h>>32
}
