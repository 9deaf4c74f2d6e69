// Package bloom holds ORC's bloom filters (specification, "Bloom Filter Index"):
// k bits a value, at positions derived from one 64-bit hash.
package bloom

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// MaxHashFunctions bounds k; writers use about 7.
const MaxHashFunctions = 64

// Filter is a set of hashes that may hold more than was added, never less.
// Bit i is bit i%8 of byte i/8.
type Filter struct {
	Bits []byte
	K    int
}

// Size returns the bytes and the hash functions of a filter that, with so many
// values in it, wrongly holds a share fpp of others. The bytes are whole words.
func Size(values int, fpp float64) (bytes, k int) {
	n := float64(max(values, 1))
	m := int(-n * math.Log(fpp) / (math.Ln2 * math.Ln2))
	m += 64 - m%64
	return m / 8, max(1, int(math.Round(float64(m)/n*math.Ln2)))
}

// Valid reports whether f, read from a file, can be asked.
func (f Filter) Valid() bool {
	return len(f.Bits) > 0 && len(f.Bits) < 1<<28 && f.K > 0 && f.K <= MaxHashFunctions
}

// position returns the bit of the i-th hash function. The sum is one of 32-bit
// integers, as in Java.
func (f Filter) position(hash uint64, i int) uint32 {
	sum := int32(hash) + int32(i)*int32(hash>>32)
	if sum < 0 {
		sum = ^sum
	}
	return uint32(sum) % uint32(8*len(f.Bits))
}

// Add adds a hash.
func (f Filter) Add(hash uint64) {
	for i := 1; i <= f.K; i++ {
		p := f.position(hash, i)
		f.Bits[p>>3] |= 1 << (p & 7)
	}
}

// Has reports whether hash may have been added.
func (f Filter) Has(hash uint64) bool {
	for i := 1; i <= f.K; i++ {
		p := f.position(hash, i)
		if f.Bits[p>>3]>>(p&7)&1 == 0 {
			return false
		}
	}
	return true
}

// HashInt is Thomas Wang's mix of a 64-bit integer.
func HashInt(key int64) uint64 {
	key = ^key + key<<21
	key ^= key >> 24
	key += key<<3 + key<<8
	key ^= key >> 14
	key += key<<2 + key<<4
	key ^= key >> 28
	key += key << 31
	return uint64(key)
}

// HashDouble hashes the bits of a number; all NaNs are one.
func HashDouble(v float64) uint64 {
	if v != v {
		return HashInt(0x7ff8000000000000)
	}
	return HashInt(int64(math.Float64bits(v)))
}

// Constants of Murmur3.
const (
	murmurSeed = 104729
	murmurC1   = 0x87c37b91114253d5
	murmurC2   = 0x4cf5ad432745937f
)

// HashBytes is the 64-bit variant of Murmur3 that ORC uses.
func HashBytes[T []byte | string](v T) uint64 {
	b := []byte(v)
	h := uint64(murmurSeed)
	n := len(b)
	for ; len(b) >= 8; b = b[8:] {
		h ^= murmurMix(binary.LittleEndian.Uint64(b))
		h = bits.RotateLeft64(h, 27)*5 + 0x52dce729
	}
	if len(b) > 0 {
		k := uint64(0)
		for i, x := range b {
			k |= uint64(x) << (8 * i)
		}
		h ^= murmurMix(k)
	}
	h ^= uint64(n)
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

func murmurMix(k uint64) uint64 { return bits.RotateLeft64(k*murmurC1, 31) * murmurC2 }
