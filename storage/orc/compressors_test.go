package orc

import (
	"bytes"
	"fmt"
	"math/rand/v2"
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

// Stripes end where they are full, however far the compressors are, and the bytes of a file do not depend on how many there are.
func TestStripesDoNotDependOnParallelism(t *testing.T) {
	schema := types.RowOf(types.Field{Name: "noise", Type: types.TVarchar}, types.Field{Name: "alike", Type: types.TVarchar}, types.Field{Name: "n", Type: types.TBigint})
	random := rand.New(rand.NewPCG(3, 4))
	var batches []*vector.Batch
	for range 12 {
		var noise, alike []string
		var numbers []int64
		for i := range 700 {
			text := make([]byte, 20+random.IntN(100))
			for i := range text {
				text[i] = "0123456789abcdef"[random.IntN(16)]
			}
			noise, alike, numbers = append(noise, string(text)), append(alike, fmt.Sprint("value ", i%50, random.IntN(1000))), append(numbers, int64(i))
		}
		batches = append(batches, &vector.Batch{N: len(noise), Columns: []vector.Vector{vector.NewFlat(types.TVarchar, noise, nil),
			vector.NewFlat(types.TVarchar, alike, nil), vector.NewFlat(types.TBigint, numbers, nil)}})
	}
	var first bytes.Buffer
	for _, parallelism := range []int{1, 2, 4, 4} {
		var b bytes.Buffer
		w, err := NewWriter(&b, schema, WriterOptions{Compression: Zstd, Level: 1, ChunkBytes: 2 << 10, StripeBytes: 100 << 10, RowIndexStride: 1000, Parallelism: parallelism})
		if err != nil {
			t.Fatal(err)
		}
		for _, batch := range batches {
			if err := w.Write(batch); err != nil {
				t.Fatal(err)
			}
			before := w.BufferedBytes()
			if err := w.Settle(); err != nil || w.BufferedBytes() > before {
				t.Fatalf("%d bytes are buffered, %d were before, %v", w.BufferedBytes(), before, err)
			}
		}
		s, err := w.Close()
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Stripes) < 3 {
			t.Errorf("%d stripes", len(s.Stripes))
		}
		if first.Len() == 0 {
			first = b
		}
		if !bytes.Equal(b.Bytes(), first.Bytes()) {
			t.Errorf("%d compressors: %d bytes in %d stripes, one writes %d bytes, or others", parallelism, b.Len(), len(s.Stripes), first.Len())
		}
	}
}
