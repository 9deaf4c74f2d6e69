package rle

import (
	"errors"

	"github.com/ctlake/ctlake/storage/orc/internal/bits"
)

// Kinds of run of version 2.
const (
	kindShortRepeat = 0
	kindDirect      = 1
	kindPatchedBase = 2
	kindDelta       = 3
)

// decodeV2 decodes a run of version 2 and returns its length and size in bytes.
func decodeV2(run *[maxRun]int64, b []byte, signed bool) (n, size int, err error) {
	if len(b) < 2 {
		return 0, 0, errEnd
	}
	switch b[0] >> 6 {
	case kindShortRepeat:
		return decodeShortRepeat(run, b, signed)
	case kindDirect:
		return decodeDirect(run, b, signed)
	case kindPatchedBase:
		return decodePatchedBase(run, b)
	}
	return decodeDelta(run, b, signed)
}

// bigEndian reads an integer of 1 to 8 bytes.
func bigEndian(b []byte) uint64 {
	v := uint64(0)
	for _, x := range b {
		v = v<<8 | uint64(x)
	}
	return v
}

func decodeShortRepeat(run *[maxRun]int64, b []byte, signed bool) (n, size int, err error) {
	width := int(b[0]>>3&7) + 1
	n, size = int(b[0]&7)+3, 1+width
	if len(b) < size {
		return 0, 0, errEnd
	}
	v := bigEndian(b[1:size])
	if signed {
		v = uint64(unzigzag(v))
	}
	for i := range run[:n] {
		run[i] = int64(v)
	}
	return n, size, nil
}

func decodeDirect(run *[maxRun]int64, b []byte, signed bool) (n, size int, err error) {
	width := int(widthOf[b[0]>>1&31])
	n = int(b[0]&1)<<8 | int(b[1]) + 1
	size = 2 + bits.Bytes(n, width)
	if len(b) < size {
		return 0, 0, errEnd
	}
	bits.Unpack(run[:n], b[2:], width)
	if signed {
		for i, v := range run[:n] {
			run[i] = unzigzag(uint64(v))
		}
	}
	return n, size, nil
}

var errPatch = errors.New("a patch lies beyond its run")

func decodePatchedBase(run *[maxRun]int64, b []byte) (n, size int, err error) {
	if len(b) < 4 {
		return 0, 0, errEnd
	}
	width := int(widthOf[b[0]>>1&31])
	n = int(b[0]&1)<<8 | int(b[1]) + 1
	baseBytes, patchWidth := int(b[2]>>5)+1, int(widthOf[b[2]&31])
	gapWidth, patches := int(b[3]>>5)+1, int(b[3]&31)
	entryWidth := patchWidth + gapWidth
	if entryWidth > 64 {
		return 0, 0, errors.New("a patch of more than 64 bits")
	}
	entryWidth = roundUp(entryWidth)
	values := 4 + baseBytes
	list := values + bits.Bytes(n, width)
	size = list + bits.Bytes(patches, entryWidth)
	if len(b) < size {
		return 0, 0, errEnd
	}
	base := int64(bigEndian(b[4:values]))
	if sign := int64(1) << (8*baseBytes - 1); base&sign != 0 {
		base = -(base &^ sign)
	}
	bits.Unpack(run[:n], b[values:list], width)
	var entries [31]int64
	bits.Unpack(entries[:patches], b[list:size], entryWidth)
	at := 0
	for _, e := range entries[:patches] {
		// The gap stands above the patch value. A gap of 255 with an empty
		// patch only leads further.
		at += int(uint64(e) >> patchWidth & (1<<gapWidth - 1))
		patch := uint64(e) & (^uint64(0) >> (64 - patchWidth))
		if at >= n {
			return 0, 0, errPatch
		}
		run[at] |= int64(patch << width)
	}
	for i := range run[:n] {
		run[i] += base
	}
	return n, size, nil
}

func decodeDelta(run *[maxRun]int64, b []byte, signed bool) (n, size int, err error) {
	width := 0
	if code := b[0] >> 1 & 31; code != 0 {
		width = int(widthOf[code])
	}
	n, size = int(b[0]&1)<<8|int(b[1])+1, 2
	u, s, err := varint(b[size:])
	if err != nil {
		return 0, 0, err
	}
	size += s
	v := int64(u)
	if signed {
		v = unzigzag(u)
	}
	u, s, err = varint(b[size:])
	if err != nil {
		return 0, 0, err
	}
	size += s
	delta := unzigzag(u)
	if width == 0 {
		for i := range run[:n] {
			run[i] = v
			v += delta
		}
		return n, size, nil
	}
	run[0] = v
	if n == 1 {
		return n, size, nil
	}
	v += delta
	run[1] = v
	rest := run[2:n]
	packed := bits.Bytes(len(rest), width)
	if len(b) < size+packed {
		return 0, 0, errEnd
	}
	bits.Unpack(rest, b[size:], width)
	if delta < 0 {
		for i, d := range rest {
			v -= d
			rest[i] = v
		}
	} else {
		for i, d := range rest {
			v += d
			rest[i] = v
		}
	}
	return n, size + packed, nil
}
