package function

import (
	bytes "encoding/binary"
	"math/bits"
)

// SpookyHash V2 by Bob Jenkins (public domain), with zero seeds: a state of words that
// are added up, rotated and mixed by xor. Texts below spookyLong go through four
// words, longer ones through twelve:
//
//	short   32 bytes a round, the last 0 to 15 bytes with the length on top
//	long    96 bytes a round, the last block filled up with zeros and its length
const (
	spookyLong  = 192 // bytes
	spookyBlock = 96  // bytes
	spookyWord  = 0xdeadbeefdeadbeef
)

// How far words are rotated, step by step.
var (
	spookyMix      = [12]int{11, 32, 43, 31, 17, 28, 39, 57, 55, 54, 22, 46}
	spookyEnd      = [12]int{44, 15, 34, 21, 38, 33, 10, 13, 38, 53, 42, 54}
	spookyShortMix = [12]int{50, 52, 30, 41, 54, 48, 38, 37, 62, 34, 5, 36}
	spookyShortEnd = [11]int{15, 52, 26, 51, 28, 9, 47, 54, 32, 25, 63}
)

func spookyHash(data []byte) uint64 {
	if len(data) < spookyLong {
		return spookyHashShort(data)
	}
	var h [12]uint64
	for i := 2; i < len(h); i += 3 {
		h[i] = spookyWord
	}
	rest := data
	for ; len(rest) >= spookyBlock; rest = rest[spookyBlock:] {
		for i, rotate := range spookyMix {
			last := (i + 11) % 12
			h[i] += bytes.LittleEndian.Uint64(rest[8*i:])
			h[(i+2)%12] ^= h[(i+10)%12]
			h[last] ^= h[i]
			h[i] = bits.RotateLeft64(h[i], rotate)
			h[last] += h[(i+1)%12]
		}
	}
	var tail [spookyBlock]byte
	tail[spookyBlock-1] = byte(copy(tail[:], rest))
	for i := range h {
		h[i] += bytes.LittleEndian.Uint64(tail[8*i:])
	}
	for range 3 {
		for i, rotate := range spookyEnd {
			next, last := (i+1)%12, (i+11)%12
			h[last] += h[next]
			h[(i+2)%12] ^= h[last]
			h[next] = bits.RotateLeft64(h[next], rotate)
		}
	}
	return h[0]
}

func spookyHashShort(data []byte) uint64 {
	h := [4]uint64{0, 0, spookyWord, spookyWord}
	mix := func() {
		for i, rotate := range spookyShortMix {
			x := (i + 2) % 4
			h[x] = bits.RotateLeft64(h[x], rotate) + h[(i+3)%4]
			h[i%4] ^= h[x]
		}
	}
	rest := data
	for len(rest) >= 16 {
		h[2] += bytes.LittleEndian.Uint64(rest)
		h[3] += bytes.LittleEndian.Uint64(rest[8:])
		mix()
		if len(rest) < 32 {
			rest = rest[16:]
			break
		}
		h[0] += bytes.LittleEndian.Uint64(rest[16:])
		h[1] += bytes.LittleEndian.Uint64(rest[24:])
		rest = rest[32:]
	}
	h[3] += uint64(len(data)) << 56
	if len(rest) == 0 {
		h[2] += spookyWord
		h[3] += spookyWord
	} else {
		var tail [16]byte
		copy(tail[:], rest)
		h[2] += bytes.LittleEndian.Uint64(tail[:])
		h[3] += bytes.LittleEndian.Uint64(tail[8:])
	}
	for i, rotate := range spookyShortEnd {
		x, y := (i+2)%4, (i+3)%4
		h[y] ^= h[x]
		h[x] = bits.RotateLeft64(h[x], rotate)
		h[y] += h[x]
	}
	return h[0]
}

var (
	_ = scalar("binary", "spooky_hash_v2_32", "Returns the lower half of the SpookyHash V2 hash of bytes", "spooky_hash_v2_32(to_utf8('hello'))", "d3 82 e6 ca",
		Overload{Params: "varbinary", Result: "varbinary", NeverFails: true, New: unary(func(s string) string {
			return string(bytes.BigEndian.AppendUint32(nil, uint32(spookyHash([]byte(s)))))
		})})
	_ = scalar("binary", "spooky_hash_v2_64", "Returns the SpookyHash V2 hash of bytes", "spooky_hash_v2_64(to_utf8('hello'))", "37 68 82 6a d3 82 e6 ca",
		Overload{Params: "varbinary", Result: "varbinary", NeverFails: true, New: unary(func(s string) string {
			return string(bytes.BigEndian.AppendUint64(nil, spookyHash([]byte(s))))
		})})
)
