package storage

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ctlake/ctlake/storage/laketest"
	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Which days end when much is buffered, and what is in their files, depends on what is written alone: not on how many
// goroutines compress and seal, nor on how far they are.
func TestFilesDoNotDependOnParallelism(t *testing.T) {
	// Chunks fill, and are compressed, when a row group of a day is full.
	const days, rounds, each = 3, 9, RowGroupRows / 4
	type written struct {
		event testEvent
		batch *vector.Batch
	}
	var writes []written
	random := rand.New(rand.NewPCG(5, 6))
	for round := range rounds * days {
		event := testEvent{id: fmt.Sprint(round), day: -(round % days)}
		var b *vector.Batch
		if round < days {
			b = batchOf(slices.Repeat([]testEvent{event}, each))
		} else {
			b = &vector.Batch{N: each, Columns: slices.Clone(writes[round-days].batch.Columns)}
		}
		ids := make([]string, each)
		for i := range ids {
			id := make([]byte, 100+random.IntN(100))
			for i := range id {
				id[i] = "0123456789abcdef"[random.Uint64()&15]
			}
			ids[i] = string(id)
		}
		b.Columns[schema.Events.Index(schema.EventID)] = vector.NewFlat(types.TVarchar, ids, nil)
		writes = append(writes, written{event, b})
	}
	var first []string
	for _, c := range []struct {
		parallelism int
		late        bool // chunks are compressed when they are waited for, not before
	}{{1, false}, {4, false}, {2, true}} {
		l := openLake(t, laketest.Dir(t), nil)
		store, err := l.Create(t.Context(), CreateEventDataStore{Name: "trail"})
		if err != nil {
			t.Fatal(err)
		}
		im, err := l.BeginImport(t.Context(), store, ImportOptions{Parallelism: c.parallelism})
		if err != nil {
			t.Fatal(err)
		}
		im.mayBuffer, im.maySeal = 3<<20, 1<<20
		if c.late {
			im.compressors.CompressLate()
		}
		for _, w := range writes {
			if err := im.Write(DayOf(w.event.millis(), true), w.batch, 1, nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(im.Commit(t.Context(), &ImportCounts{}), im.Finish(ImportCompleted)); err != nil {
			t.Fatal(err)
		}
		// But for its tail, which holds the import's ID.
		var files []string
		s, err := l.Snapshot(t.Context(), store)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range s.Files {
			file, err := l.disk.Open(f.Path)
			if err != nil {
				t.Fatal(err)
			}
			opened, err := s.Open(f)
			if err != nil {
				t.Fatal(err)
			}
			last := opened.Stripes()[len(opened.Stripes())-1]
			content := make([]byte, last.Offset+last.Bytes)
			if _, err := file.ReadAt(content, 0); err != nil {
				t.Fatal(err)
			}
			files = append(files, fmt.Sprintf("%d %d %s", f.Day.Calendar(), f.Rows, content))
			if err := errors.Join(file.Close(), opened.Close()); err != nil {
				t.Fatal(err)
			}
		}
		closeLake(t, l)
		if len(files) <= days {
			t.Fatalf("%d files: no day ended for want of room", len(files))
		}
		if first == nil {
			first = files
		}
		if !slices.Equal(files, first) {
			t.Errorf("parallelism %d, late %v: %d files, other ones than the %d by one goroutine", c.parallelism, c.late, len(files), len(first))
		}
	}
}
