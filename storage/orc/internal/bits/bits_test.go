package bits

import (
	"math/rand/v2"
	"testing"
)

// TestWidths packs and unpacks numbers of values around whole bytes and words.
func TestWidths(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for width := 1; width <= 64; width++ {
		if width > 56 && width < 64 {
			continue
		}
		for n := range 70 {
			values := make([]uint64, n)
			for i := range values {
				values[i] = r.Uint64() >> (64 - width)
			}
			packed := AppendPacked([]byte("before"), values, width)[6:]
			if len(packed) != Bytes(n, width) {
				t.Fatalf("%d values of %d bits take %d bytes", n, width, len(packed))
			}
			long, short := make([]int64, n), make([]int32, n)
			Unpack(long, packed, width)
			Unpack(short, packed, width)
			for i, v := range values {
				if uint64(long[i]) != v || short[i] != int32(v) {
					t.Fatalf("width %d, value %d of %d: %x, %x, want %x", width, i, n, long[i], short[i], v)
				}
			}
		}
	}
}

func BenchmarkUnpack(b *testing.B) {
	src := make([]byte, 8*512)
	for _, width := range []int{1, 4, 8, 11, 16, 24, 32} {
		b.Run(string(rune('0'+width/10))+string(rune('0'+width%10)), func(b *testing.B) {
			dst := make([]int32, 512)
			for b.Loop() {
				Unpack(dst, src, width)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/512, "ns/value")
		})
	}
}
