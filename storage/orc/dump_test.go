package orc

import (
	"math/rand/v2"
	"os"
	"testing"

	"github.com/ctlake/ctlake/storage/vector"
)

func TestZZDump(t *testing.T) {
	dir := os.Getenv("ORC_DUMP")
	if dir == "" {
		t.Skip()
	}
	for _, c := range []Compression{None, Zlib, Snappy, LZ4, Zstd} {
		for _, nulls := range []float64{0, 0.3, 1} {
			name := dir + "/" + c.String() + map[float64]string{0: "-none", 0.3: "-some", 1: "-all"}[nulls]
			g := &generator{rand.New(rand.NewPCG(1, 2)), nulls}
			var batches []*vector.Batch
			for _, n := range []int{1000, 3, 2500} {
				batches = append(batches, g.batch(everyType, n))
			}
			b, _ := writeFile(t, everyType, WriterOptions{Compression: c, RowIndexStride: 700, StripeRows: 2000, ChunkBytes: 8192, BloomFilterColumns: []string{"str", "big", "ts3", "row.inner.s", "unique", "date", "double"}}, batches...)
			if err := os.WriteFile(name+".orc", b, 0o644); err != nil {
				t.Fatal(err)
			}
			var out []byte
			v := rowsOfBatches(everyType, batches)
			for i := range v.Len() {
				out = append(vector.AppendJSON(out, v, i), '\n')
			}
			if err := os.WriteFile(name+".jsonl", out, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
