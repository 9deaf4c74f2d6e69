package synth

import "math/rand/v2"

// source draws from a PCG by integer arithmetic alone: results do not depend on how a
// machine rounds, nor on how a library turns bits into numbers.
type source struct{ pcg rand.PCG }

// below returns a number in [0, n), n > 0.
func (s *source) below(n int) int {
	return int(s.pcg.Uint64() >> 32 * uint64(uint32(n)) >> 32)
}

// skewed returns a number in [0, n) where small ones come up far more often than large ones.
func (s *source) skewed(n int) int {
	u := s.pcg.Uint64()
	return int((u >> 32 * (u & 0xffffffff) >> 32) * uint64(uint32(n)) >> 32)
}

// percent is true p times in a hundred.
func (s *source) percent(p int) bool { return s.below(100) < p }

// mix scatters x over 64 bits, one to one (the finalizer of SplitMix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// hash names a thing by the numbers that lead to it, so that it is the same wherever it is met.
func hash(seed uint64, parts ...uint64) uint64 {
	for _, p := range parts {
		seed = mix(seed ^ p)
	}
	return seed
}

// hashText is FNV-1a.
func hashText(text string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 0x100000001b3
	}
	return h
}

const (
	hexDigits   = "0123456789abcdef"
	upperDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	base64Digit = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	// fileDigits is base 64 without what a file name should not hold.
	fileDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789Ab"
)

// appendDigits appends n digits of an alphabet of 1<<bits, the first ones out of h.
func appendDigits(b []byte, h uint64, n int, alphabet string, bits uint) []byte {
	mask, left := uint64(1)<<bits-1, h
	per := int(64 / bits)
	for i := range n {
		if i > 0 && i%per == 0 {
			h = mix(h)
			left = h
		}
		b = append(b, alphabet[left&mask])
		left >>= bits
	}
	return b
}

func appendHex(b []byte, h uint64, n int) []byte   { return appendDigits(b, h, n, hexDigits, 4) }
func appendUpper(b []byte, h uint64, n int) []byte { return appendDigits(b, h, n, upperDigits, 5) }

// appendUUID appends a version 4 UUID with the 122 free bits out of high and low.
func appendUUID(b []byte, high, low uint64) []byte {
	high = high&^0xf000 | 0x4000
	low = low&^(3<<62) | 2<<62
	for i := range 16 {
		if i == 8 || i == 12 {
			b = append(b, '-')
		}
		b = append(b, hexDigits[high>>(60-4*i)&15])
	}
	b = append(b, '-')
	for i := range 16 {
		if i == 4 {
			b = append(b, '-')
		}
		b = append(b, hexDigits[low>>(60-4*i)&15])
	}
	return b
}

// appendEventID appends the UUID of event number n. Different numbers below 1<<60 give
// different IDs: the steps below are one to one on 60 bits, and high keeps all 60.
func appendEventID(b []byte, seed, n uint64) []byte {
	const mask = 1<<60 - 1
	x := n ^ mix(seed)&mask
	x = x * 0x9e3779b97f4a7c15 & mask
	x ^= x >> 31
	x = x * 0xbf58476d1ce4e5b9 & mask
	x ^= x >> 29
	high := x>>12<<16 | x&0xfff
	return appendUUID(b, high, hash(seed, n, 0xe1d))
}
