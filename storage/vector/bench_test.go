package vector

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
)

// benchVectors returns 1024 rows of 60 different strings, and of numbers.
func benchVectors() map[string]Vector {
	entries := NewTextBuilder(types.TVarchar)
	for i := range 60 {
		entries.AppendString(fmt.Sprintf("ec2.amazonaws.com/%d", i*7919%60))
	}
	ids := make([]int32, DefaultBatchRows)
	numbers := make([]int64, DefaultBatchRows)
	for i := range ids {
		ids[i] = int32(i * 37 % 60)
		numbers[i] = int64(i*7919) % 1009
	}
	d := NewDictionary(ids, entries.Build(), nil)
	return map[string]Vector{"dictionary": d, "string": Plain(d), "bigint": NewFlat(types.TBigint, numbers, nil)}
}

func benchRows(b *testing.B, f func(v Vector)) {
	for _, name := range []string{"dictionary", "string", "bigint"} {
		v := benchVectors()[name]
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f(v)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*v.Len()), "ns/row")
		})
	}
}

func BenchmarkGather(b *testing.B) {
	rows := make([]int32, 512)
	for i := range rows {
		rows[i] = int32(2 * i)
	}
	benchRows(b, func(v Vector) { Gather(v, rows) })
}

func BenchmarkHash(b *testing.B) {
	hashes := make([]uint64, DefaultBatchRows)
	benchRows(b, func(v Vector) { Hash(v, hashes) })
}

func BenchmarkSort(b *testing.B) {
	order := make([]int32, DefaultBatchRows)
	benchRows(b, func(v Vector) {
		copy(order, identity(len(order)))
		slices.SortStableFunc(order, RowComparer(v))
	})
}

func BenchmarkText(b *testing.B) {
	var out []byte
	benchRows(b, func(v Vector) {
		out = out[:0]
		for i := range v.Len() {
			out = AppendText(out, v, i)
		}
	})
}

func BenchmarkTimestampText(b *testing.B) {
	values := make([]int64, DefaultBatchRows)
	for i := range values {
		values[i] = 1_666_590_600_000_000 + int64(i)*1_234_567
	}
	v := NewFlat(types.TTimestamp, values, nil)
	var out []byte
	for b.Loop() {
		out = out[:0]
		for i := range values {
			out = AppendText(out, v, i)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*v.Len()), "ns/row")
}

func BenchmarkBuilder(b *testing.B) {
	benchRows(b, func(v Vector) {
		builder := NewBuilder(v.Type(), v.Len())
		builder.AppendAll(v)
		builder.Build()
	})
}

func BenchmarkView(b *testing.B) {
	sum := int64(0)
	v := benchVectors()["bigint"]
	for b.Loop() {
		w := ViewOf[int64](v)
		for _, at := range w.At {
			sum += w.Values[at]
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*v.Len()), "ns/row")
}
