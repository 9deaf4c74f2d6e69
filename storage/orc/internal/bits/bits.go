// Package bits packs integers of a fixed width of 1 to 64 bits one after the
// other, the most significant bit first, as the integer encodings of ORC
// (specification, "Integer Run Length Encoding, version 2") want them:
//
//	width 3:  value 0  1  2 …        bytes
//	          101 011 110 …   ─►  10101111 0…
package bits

import (
	"encoding/binary"
	"slices"
)

// Bytes returns how many bytes n values of a width take.
func Bytes(n, width int) int { return (n*width + 7) / 8 }

// Unpack reads len(dst) values of a width, which is at most 56 or 64; with
// int32 values the upper bits of wider ones are lost. src must have
// Bytes(len(dst), width) bytes; it may have more.
func Unpack[T int32 | int64](dst []T, src []byte, width int) {
	switch width {
	case 1:
		unpack1(dst, src)
		return
	case 2:
		unpack2(dst, src)
		return
	case 4:
		unpack4(dst, src)
		return
	case 8:
		src = src[:len(dst)]
		for i := range dst {
			dst[i] = T(src[i])
		}
		return
	case 16:
		src = src[:2*len(dst)]
		for i := range dst {
			dst[i] = T(binary.BigEndian.Uint16(src[2*i:]))
		}
		return
	case 24:
		src = src[:3*len(dst)]
		for i := range dst {
			b := src[3*i : 3*i+3]
			dst[i] = T(uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]))
		}
		return
	case 32:
		src = src[:4*len(dst)]
		for i := range dst {
			dst[i] = T(binary.BigEndian.Uint32(src[4*i:]))
		}
		return
	case 64:
		src = src[:8*len(dst)]
		for i := range dst {
			dst[i] = T(binary.BigEndian.Uint64(src[8*i:]))
		}
		return
	}
	unpackAny(dst, src, width)
}

func unpack1[T int32 | int64](dst []T, src []byte) {
	for len(dst) >= 8 {
		b, d := src[0], dst[:8]
		d[0], d[1], d[2], d[3] = T(b>>7), T(b>>6&1), T(b>>5&1), T(b>>4&1)
		d[4], d[5], d[6], d[7] = T(b>>3&1), T(b>>2&1), T(b>>1&1), T(b&1)
		dst, src = dst[8:], src[1:]
	}
	for i := range dst {
		dst[i] = T(src[0] >> (7 - i) & 1)
	}
}

func unpack2[T int32 | int64](dst []T, src []byte) {
	for len(dst) >= 4 {
		b, d := src[0], dst[:4]
		d[0], d[1], d[2], d[3] = T(b>>6), T(b>>4&3), T(b>>2&3), T(b&3)
		dst, src = dst[4:], src[1:]
	}
	for i := range dst {
		dst[i] = T(src[0] >> (6 - 2*i) & 3)
	}
}

func unpack4[T int32 | int64](dst []T, src []byte) {
	for len(dst) >= 2 {
		b, d := src[0], dst[:2]
		d[0], d[1] = T(b>>4), T(b&15)
		dst, src = dst[2:], src[1:]
	}
	if len(dst) == 1 {
		dst[0] = T(src[0] >> 4)
	}
}

// unpackAny takes each value out of the eight bytes that begin with its first
// bit's byte: 7 bits before it and up to 56 of its own are within.
func unpackAny[T int32 | int64](dst []T, src []byte, width int) {
	at, down := 0, uint(64-width)&63
	i := 0
	for ; i < len(dst) && at>>3+8 <= len(src); i++ {
		w := binary.BigEndian.Uint64(src[at>>3:])
		dst[i] = T(w << (uint(at) & 7) >> down)
		at += width
	}
	for ; i < len(dst); i++ {
		var last [8]byte
		copy(last[:], src[at>>3:])
		w := binary.BigEndian.Uint64(last[:])
		dst[i] = T(w << (uint(at) & 7) >> down)
		at += width
	}
}

// AppendPacked appends values of a width, at most 56 or 64, each of which must fit it.
func AppendPacked(dst []byte, values []uint64, width int) []byte {
	dst = slices.Grow(dst, Bytes(len(values), width))
	switch width {
	case 2:
		for ; len(values) >= 4; values = values[4:] {
			dst = append(dst, byte(values[0]<<6|values[1]<<4|values[2]<<2|values[3]))
		}
	case 4:
		for ; len(values) >= 2; values = values[2:] {
			dst = append(dst, byte(values[0]<<4|values[1]))
		}
	case 8:
		for _, v := range values {
			dst = append(dst, byte(v))
		}
		return dst
	case 16:
		for _, v := range values {
			dst = append(dst, byte(v>>8), byte(v))
		}
		return dst
	case 64:
		for _, v := range values {
			dst = binary.BigEndian.AppendUint64(dst, v)
		}
		return dst
	}
	var word uint64 // the low held bits wait for their byte
	held := 0
	for _, v := range values {
		word = word<<width | v
		held += width
		for held >= 8 {
			held -= 8
			dst = append(dst, byte(word>>held))
		}
	}
	if held > 0 {
		dst = append(dst, byte(word<<(8-held)))
	}
	return dst
}
