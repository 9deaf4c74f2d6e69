package rle

import (
	"math/rand/v2"
	"testing"

	"github.com/ctlake/ctlake/storage/orc/internal/framing"
)

// benchValues is how many values are coded at once: a row group.
const benchValues = 10_000

// sequences are what each kind of run is for.
var sequences = []struct {
	name   string
	signed bool
	value  func(r *rand.Rand, i int) int64
}{
	{"short repeat", false, func(_ *rand.Rand, i int) int64 { return int64(i / 7 * 1001 % 5000) }},
	{"constant", false, func(*rand.Rand, int) int64 { return 36 }},
	{"steps", true, func(_ *rand.Rand, i int) int64 { return int64(i) * 60 }},
	{"ascending", true, func(r *rand.Rand, i int) int64 { return int64(i)*200 + r.Int64N(200) }},
	{"direct, 1 bit", false, func(r *rand.Rand, _ int) int64 { return r.Int64N(2) }},
	{"direct, 8 bits", false, func(r *rand.Rand, _ int) int64 { return r.Int64N(1 << 8) }},
	{"direct, 16 bits", false, func(r *rand.Rand, _ int) int64 { return r.Int64N(1 << 16) }},
	{"direct, 40 bits, signed", true, func(r *rand.Rand, _ int) int64 { return r.Int64N(1<<39) - 1<<38 }},
	{"patched base", false, func(r *rand.Rand, i int) int64 { return r.Int64N(200) + int64(i%100/99)<<20 }},
}

func each(b *testing.B, f func(b *testing.B, values []int64, signed bool)) {
	for _, s := range sequences {
		r := rand.New(rand.NewPCG(5, 6))
		values := make([]int64, benchValues)
		for i := range values {
			values[i] = s.value(r, i)
		}
		b.Run(s.name, func(b *testing.B) {
			f(b, values, s.signed)
			b.ReportMetric(float64(b.N)*benchValues/b.Elapsed().Seconds()/1e6, "Mvalues/s")
		})
	}
}

func BenchmarkReadInts(b *testing.B) {
	each(b, func(b *testing.B, values []int64, signed bool) {
		data := new(IntWriter).Append(nil, values, signed)
		dst := make([]int64, len(values))
		for b.Loop() {
			in := framing.NewReader(memory(data), 0, int64(len(data)), framing.None, 256<<10, &framing.Budget{Left: 1 << 20})
			if err := NewIntReader(in, false, signed).Read(dst); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkWriteInts(b *testing.B) {
	each(b, func(b *testing.B, values []int64, signed bool) {
		var w IntWriter
		var data []byte
		for b.Loop() {
			data = w.Append(data[:0], values, signed)
		}
		b.ReportMetric(8*float64(len(data))/benchValues, "bits/value")
	})
}

// BenchmarkReadBits decodes a PRESENT stream of which every fifth value, at random, is NULL.
func BenchmarkReadBits(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 6))
	var w BitWriter
	for range benchValues {
		w.Append(r.IntN(5) > 0)
	}
	data := w.Finish(nil)
	set := make([]uint64, benchValues/64+1)
	for b.Loop() {
		clear(set)
		in := framing.NewReader(memory(data), 0, int64(len(data)), framing.None, 256<<10, &framing.Budget{Left: 1 << 20})
		if _, err := NewBitReader(in).ReadZeros(set, 0, benchValues); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*benchValues/b.Elapsed().Seconds()/1e6, "Mvalues/s")
}
