package function

import (
	bytes "encoding/binary"
	"math/bits"
)

// MurmurHash3 by Austin Appleby (public domain), the 128 bits for 64-bit machines, with
// seed 0: two words that take in 16 bytes a round.
const (
	murmurC1 = 0x87c37b91114253d5
	murmurC2 = 0x4cf5ad432745937f
)

func murmurHash(data []byte) (h1, h2 uint64) {
	take := func(k1, k2 uint64) {
		h1 ^= bits.RotateLeft64(k1*murmurC1, 31) * murmurC2
		h2 ^= bits.RotateLeft64(k2*murmurC2, 33) * murmurC1
	}
	rest := data
	for ; len(rest) >= 16; rest = rest[16:] {
		h1 ^= bits.RotateLeft64(bytes.LittleEndian.Uint64(rest)*murmurC1, 31) * murmurC2
		h1 = (bits.RotateLeft64(h1, 27)+h2)*5 + 0x52dce729
		h2 ^= bits.RotateLeft64(bytes.LittleEndian.Uint64(rest[8:])*murmurC2, 33) * murmurC1
		h2 = (bits.RotateLeft64(h2, 31)+h1)*5 + 0x38495ab5
	}
	var tail [16]byte
	copy(tail[:], rest)
	take(bytes.LittleEndian.Uint64(tail[:]), bytes.LittleEndian.Uint64(tail[8:])) // zeros change nothing
	n := uint64(len(data))
	h1, h2 = h1^n, h2^n
	h1 += h2
	h2 += h1
	h1, h2 = murmurSpread(h1), murmurSpread(h2)
	h1 += h2
	h2 += h1
	return h1, h2
}

func murmurSpread(k uint64) uint64 {
	k = (k ^ k>>33) * 0xff51afd7ed558ccd
	k = (k ^ k>>33) * 0xc4ceb9fe1a85ec53
	return k ^ k>>33
}

var _ = scalar("binary", "murmur3", "Returns the 128-bit MurmurHash3 hash of bytes", "murmur3(from_base64('aaaaaa'))", "ba 58 55 63 55 69 b4 2f 49 20 37 2c a0 e3 96 ef",
	Overload{Params: "varbinary", Result: "varbinary", NeverFails: true, New: unary(func(s string) string {
		h1, h2 := murmurHash([]byte(s))
		return string(bytes.LittleEndian.AppendUint64(bytes.LittleEndian.AppendUint64(nil, h1), h2))
	})})
