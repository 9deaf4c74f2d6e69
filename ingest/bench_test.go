package ingest

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/ctlake/ctlake/ingest/source"
	"github.com/ctlake/ctlake/ingest/synth"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/selector"
)

// inMemory are archives whose paths are their numbers.
type inMemory [][]byte

func (m inMemory) List(context.Context, string, source.Days, func(source.File), func(string, error)) error {
	return nil
}

func (m inMemory) Open(_ context.Context, f source.File) (io.ReadCloser, error) {
	i, err := strconv.Atoi(f.Path)
	return struct {
		io.ReadSeeker
		io.Closer
	}{bytes.NewReader(m[i]), io.NopCloser(nil)}, err
}

// BenchmarkRead is of the reading side of an import alone: from the bytes of archives to the records that are kept of
// them, digests included, without columns. A pass is over all the archives; bytes are those of their JSON text.
func BenchmarkRead(b *testing.B) {
	dir := b.TempDir()
	if _, err := synth.Write(dir, synth.Options{Events: 20_000, Days: 1, Accounts: 2, Seed: 7}); err != nil {
		b.Fatal(err)
	}
	zipped, texts := archivesIn(b, dir)
	total := 0
	for _, text := range texts {
		total += len(text)
	}
	form := func(name string, of func(text []byte) []byte) {
		b.Run(name, func(b *testing.B) {
			archives := zipped
			if of != nil {
				archives = nil
				for _, text := range texts {
					archives = append(archives, of(text))
				}
			}
			readArchives(b, archives, total)
		})
	}
	form("gzip", nil)
	form("zstd", zstandard)
	form("plain", bytes.Clone)
	form("array", func(text []byte) []byte {
		return bytes.TrimSpace(text)[len(`{"Records":`) : len(bytes.TrimSpace(text))-1]
	})
	form("lines", func(text []byte) (lines []byte) {
		var file struct{ Records []json.RawMessage }
		if err := json.Unmarshal(text, &file); err != nil {
			b.Fatal(err)
		}
		for _, r := range file.Records {
			lines = append(append(lines, r...), '\n')
		}
		return lines
	})
}

func zstandard(text []byte) []byte {
	z, _ := zstd.NewWriter(nil)
	return z.EncodeAll(text, nil)
}

// archivesIn returns the archives in a folder, and their texts.
func archivesIn(b *testing.B, dir string) (zipped, texts [][]byte) {
	b.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".gz" {
			return err
		}
		file, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		z, err := gzip.NewReader(bytes.NewReader(file))
		if err != nil {
			return err
		}
		text, err := io.ReadAll(z)
		if err != nil {
			return err
		}
		if bytes.HasPrefix(text, []byte(`{"Records":[`)) {
			zipped, texts = append(zipped, file), append(texts, text)
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return zipped, texts
}

// readArchives reads archives once for each round of the benchmark.
func readArchives(b *testing.B, archives [][]byte, total int) {
	b.Helper()
	lake, err := storage.Open(b.Context(), b.TempDir(), storage.Options{Create: true})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = lake.Close() }()
	store, err := lake.Create(b.Context(), storage.CreateEventDataStore{Name: "trail", RetentionFrom: storage.RetentionFromNewest})
	if err != nil {
		b.Fatal(err)
	}
	im, err := lake.BeginImport(b.Context(), store, storage.ImportOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = im.Finish(storage.ImportCompleted) }()
	w := newWorker(b.Context(), []*storage.Import{im}, make([]*selector.Program, 1), &Options{Files: inMemory(archives)})
	b.SetBytes(int64(total))
	b.ReportAllocs()
	for b.Loop() {
		events := int64(0)
		for i := range archives {
			a := &archive{takes: make([]taking, 1), pieces: make(chan *piece, 1000)}
			a.Path, a.Size = strconv.Itoa(i), int64(len(archives[i]))
			w.run(a)
			if a.err != nil || a.state != imported {
				b.Fatal(a.state, a.err, a.reason)
			}
			for range a.pieces {
			}
			events += a.read
		}
		b.ReportMetric(float64(events), "events")
	}
}
