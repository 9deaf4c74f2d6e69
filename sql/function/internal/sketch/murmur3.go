package sketch

import (
	"math/bits"

	"github.com/twmb/murmur3"
)

// Hash is the hash of a text that HyperLogLogs and SetDigests are made of: the first half of
// its 128-bit MurmurHash3.
func Hash(s string) uint64 { return murmur3.StringSum64(s) }

// HashInt is Hash of the eight bytes of an integer.
func HashInt(x int64) uint64 {
	const c1, c2, size = 0x87c37b91114253d5, 0x4cf5ad432745937f, 8
	h2 := uint64(size)
	h1 := h2 + (h2 ^ bits.RotateLeft64(uint64(x)*c1, 31)*c2)
	return mix(h1) + mix(h1+h2)
}

func mix(k uint64) uint64 {
	k ^= k >> 33
	k *= 0xff51afd7ed558ccd
	k ^= k >> 33
	k *= 0xc4ceb9fe1a85ec53
	return k ^ k>>33
}
