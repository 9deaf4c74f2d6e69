package sketch

import (
	"math"
	"slices"
	"sync"
)

// minRadix is from how many values on they are sorted by their bytes.
const minRadix = 128

// radixScratch is room for the keys of values, twice.
var radixScratch sync.Pool // of *[]uint64

// sortDoubles sorts values, none of which is NaN or -0: by those of their bytes that differ, from the last one on. Values of
// one origin, such as times of a day, have most in common.
func sortDoubles(values []float64) {
	n := len(values)
	if n < minRadix {
		slices.Sort(values)
		return
	}
	room, ok := radixScratch.Get().(*[]uint64)
	if !ok || cap(*room) < 2*n {
		fresh := make([]uint64, 2*n)
		room = &fresh
	}
	defer radixScratch.Put(room)
	keys, other := (*room)[:n], (*room)[n:2*n]
	differ := uint64(0)
	first := orderKey(values[0])
	for i, x := range values {
		keys[i] = orderKey(x)
		differ |= keys[i] ^ first
	}
	for shift := 0; shift < 64; shift += 8 {
		if differ>>shift&0xff == 0 {
			continue
		}
		var ends [256]int32
		for _, k := range keys {
			ends[k>>shift&0xff]++
		}
		at := int32(0)
		for b, count := range ends {
			ends[b] = at
			at += count
		}
		for _, k := range keys {
			b := k >> shift & 0xff
			other[ends[b]] = k
			ends[b]++
		}
		keys, other = other, keys
	}
	for i, k := range keys {
		values[i] = ofOrderKey(k)
	}
}

// orderKey returns a number that is ordered as doubles are.
func orderKey(x float64) uint64 {
	b := math.Float64bits(x)
	return b ^ (uint64(int64(b)>>63) | 1<<63)
}

func ofOrderKey(k uint64) float64 {
	return math.Float64frombits(k ^ (uint64(int64(^k)>>63) | 1<<63))
}
