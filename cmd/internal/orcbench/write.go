package main

import (
	"fmt"
	"strings"

	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/orc"
	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// counter is a file that only counts.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// writeBatchRows are the rows of a batch that is written: as many as an import's piece.
const writeBatchRows = 4096

// rivalry is a form of file that both write.
type rivalry struct {
	name       string
	blooms     bool
	dictionary float64 // threshold of the peer; ours is the same, or none for 0
}

// The first is what data files are; the second what pyarrow makes of its own; the third
// is plainer than both.
var rivalries = []rivalry{
	{"as data files", true, 0.5},
	{"without bloom filters", false, 0.5},
	{"without dictionaries either", false, 0},
}

func (b *bench) writings() error {
	var due []rivalry
	for _, r := range rivalries {
		if strings.Contains("writing "+r.name, b.only) {
			due = append(due, r)
		}
	}
	if b.writeRows == 0 || len(due) == 0 {
		return nil
	}
	var flat, given []*vector.Batch
	rows, size := int64(0), int64(0)
	err := b.batches(nil, writeBatchRows, b.writeRows, func(batch *vector.Batch) error {
		given = append(given, batch)
		plain := &vector.Batch{N: batch.N}
		for _, v := range batch.Columns {
			plain.Columns = append(plain.Columns, flatten(v))
			size += valueBytes(plain.Columns[len(plain.Columns)-1])
		}
		flat = append(flat, plain)
		rows += int64(batch.N)
		return nil
	})
	if err != nil {
		return err
	}
	if b.peer != nil {
		a, err := b.peer.ask(map[string]any{"do": "hold", "rows": b.writeRows})
		if err != nil {
			return err
		}
		if a.Rows != rows {
			return fmt.Errorf("%d rows to write, %d by C++", rows, a.Rows)
		}
	}
	fmt.Printf("\nwriting %d rows from memory\n", rows)
	rowType := b.Schema()
	for _, r := range due {
		o := storage.FileOptions(schema.Events)
		if !r.blooms {
			o.BloomFilterColumns = nil
		}
		if o.DictionaryThreshold = r.dictionary; r.dictionary == 0 {
			o.DictionaryThreshold = -1
		}
		sizes := map[string]int64{}
		ours := func(name string, batches []*vector.Batch) *contender {
			return &contender{name: name, run: func() (float64, error) {
				return b.measure(func() (err error) { sizes[name], err = write(rowType, o, batches); return err })
			}}
		}
		contenders := []*contender{ours("from flat", flat), ours("from given", given)}
		if b.peer != nil {
			request := map[string]any{
				"compression": "zstd", "compression_strategy": "speed", // level 1, as ours
				"compression_block_size": o.ChunkBytes, "stripe_size": o.StripeBytes, "row_index_stride": o.RowIndexStride,
				"dictionary_key_size_threshold": r.dictionary,
			}
			if r.blooms {
				request["bloom_filter_columns"], request["bloom_filter_fpp"] = o.BloomFilterColumns, orc.DefaultBloomFilterFPP
			}
			contenders = append(contenders, &contender{name: "C++", run: func() (float64, error) {
				a, err := b.peer.ask(map[string]any{"do": "write", "options": request})
				sizes["C++"] = a.Bytes
				return a.Seconds, err
			}})
		}
		if err := b.race(contenders); err != nil {
			return fmt.Errorf("write %s: %w", r.name, err)
		}
		b.report(r.name, rows, size, contenders)
		for _, c := range contenders {
			fmt.Printf("%-26s %-12s %8.1f MB %6.1f bytes a row\n", "", c.name, float64(sizes[c.name])/1e6, float64(sizes[c.name])/float64(rows))
		}
	}
	return nil
}

func write(schema types.Type, o orc.WriterOptions, batches []*vector.Batch) (int64, error) {
	var sink counter
	w, err := orc.NewWriter(&sink, schema, o)
	if err != nil {
		return 0, err
	}
	for _, batch := range batches {
		if err := w.Write(batch); err != nil {
			return 0, err
		}
	}
	_, err = w.Close()
	return int64(sink), err
}
