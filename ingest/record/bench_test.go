package record

import (
	"crypto/sha256"
	"testing"

	"github.com/ctlake/ctlake/ingest/synth"
	"github.com/ctlake/ctlake/storage/schema"
)

// benchRows is how many records are put into an order and built together, as in an import.
const benchRows = 10_000

// generated returns records of a day of an archive, and how many bytes they have on average.
func generated(b *testing.B) (records [][]byte, bytes int64) {
	b.Helper()
	g, err := synth.New(synth.Options{Events: benchRows, Days: 1, Accounts: 40, Seed: 7})
	if err != nil {
		b.Fatal(err)
	}
	for r := range g.Records() {
		records = append(records, append([]byte(nil), r...))
		bytes += int64(len(r))
	}
	return records, bytes / int64(len(records))
}

func BenchmarkScan(b *testing.B) {
	records, bytes := generated(b)
	b.SetBytes(bytes)
	var s Scanner
	for i := 0; b.Loop(); i++ {
		if _, err := s.Scan(records[i%len(records)], true); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkScanAndCollect(b *testing.B) {
	records, bytes := generated(b)
	b.SetBytes(bytes)
	var s Scanner
	c := NewCollector(schema.Events)
	for i := 0; b.Loop(); i++ {
		collect(b, c, &s, records[i%len(records)])
		if c.Len() == 4096 {
			c.Take()
		}
	}
}

func collect(b *testing.B, c *Collector, s *Scanner, text []byte) {
	if _, err := s.Scan(text, true); err != nil {
		b.Fatal(err)
	}
	c.Read(text, s)
	if err := c.Append(text, [sha256.Size]byte{}, "a"); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkOrderAndBuild is of one record among benchRows.
func BenchmarkOrderAndBuild(b *testing.B) {
	texts, bytes := generated(b)
	b.SetBytes(bytes)
	b.ReportAllocs()
	var s Scanner
	c := NewCollector(schema.Events)
	for _, text := range texts {
		collect(b, c, &s, text)
	}
	records := c.Take()
	order, builder := NewOrder(schema.Events), NewBuilder(schema.Events)
	var rows []int32
	for i := 0; b.Loop(); i++ {
		if i%len(texts) == 0 {
			for row := range texts {
				order.Add(records, row)
			}
			rows = order.Take()
		}
		builder.Append(records, int(rows[i%len(texts)]))
		if builder.Len() == 2048 {
			builder.Build()
		}
	}
}
