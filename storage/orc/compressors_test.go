package orc

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// TestSharedCompressors writes two files in turn with the same compressors: each is what it is alone.
func TestSharedCompressors(t *testing.T) {
	schema := types.RowOf(types.Field{Name: "a", Type: types.TVarchar})
	batch := func(file, round int) *vector.Batch {
		var values []string
		for i := range 2000 {
			values = append(values, fmt.Sprintf("%d: the %d. row of round %d", file, i, round))
		}
		return &vector.Batch{N: len(values), Columns: []vector.Vector{vector.NewFlat(types.TVarchar, values, nil)}}
	}
	write := func(shared *Compressors, files ...int) (written []string) {
		var out []*bytes.Buffer
		var writers []*Writer
		for range files {
			b := &bytes.Buffer{}
			w, err := NewWriter(b, schema, WriterOptions{Compression: Zstd, Level: 1, ChunkBytes: 4 << 10, Parallelism: 2, Compressors: shared})
			if err != nil {
				t.Fatal(err)
			}
			out, writers = append(out, b), append(writers, w)
		}
		for round := range 5 {
			for i, w := range writers {
				if err := w.Write(batch(files[i], round)); err != nil {
					t.Fatal(err)
				}
			}
		}
		for i, w := range writers {
			if _, err := w.Close(); err != nil {
				t.Fatal(err)
			}
			written = append(written, out[i].String())
		}
		return written
	}
	shared, err := NewCompressors(Zstd, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	together := write(shared, 1, 2)
	for i, alone := range []string{write(nil, 1)[0], write(nil, 2)[0]} {
		if together[i] != alone {
			t.Errorf("file %d has %d bytes beside another and %d alone, or others", i, len(together[i]), len(alone))
		}
	}
	_, err = NewWriter(&bytes.Buffer{}, schema, WriterOptions{Compression: Zlib, Compressors: shared})
	if err == nil || !strings.Contains(err.Error(), "compressors of codec ZSTD, level 1, for a file of ZLIB, level 0") {
		t.Errorf("compressors of another codec: %v", err)
	}
}
