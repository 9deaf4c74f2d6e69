package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/ctlake/ctlake/ingest/source"
	"github.com/ctlake/ctlake/storage"
)

// faultyFiles is a file system of which one operation, or every one from it on, fails.
type faultyFiles struct {
	source.Local
	err     error
	at      int64 // 1, 2, …; 0 is never
	lasting bool
	done    atomic.Int64
}

func (f *faultyFiles) fault() error {
	if n := f.done.Add(1); f.at > 0 && (n == f.at || f.lasting && n > f.at) {
		return f.err
	}
	return nil
}

// List implements source.Files: each file that is found is an operation.
func (f *faultyFiles) List(ctx context.Context, path string, days source.Days, found func(source.File), failed func(path string, err error)) error {
	return f.Local.List(ctx, path, days, func(file source.File) {
		if err := f.fault(); err != nil {
			failed(file.Path, err)
			return
		}
		found(file)
	}, failed)
}

// Open implements source.Files.
func (f *faultyFiles) Open(ctx context.Context, file source.File) (io.ReadCloser, error) {
	if err := f.fault(); err != nil {
		return nil, source.Plain(&fs.PathError{Op: "open", Path: file.Path, Err: err})
	}
	r, err := f.Local.Open(ctx, file)
	if err != nil {
		return nil, err
	}
	return &faultyFile{r, f}, nil
}

type faultyFile struct {
	io.ReadCloser
	files *faultyFiles
}

func (f *faultyFile) Read(p []byte) (int, error) {
	if err := f.files.fault(); err != nil {
		return 0, err
	}
	return f.ReadCloser.Read(p)
}

// Whatever operation on the archives fails, once or from then on, the import ends, the failure is listed with
// path and reason, the rest is in the lake, and a run without faults completes it.
func TestEveryFaultOfReadingIsListedAndMended(t *testing.T) {
	dir := put(t, map[string]string{
		"a.json":    records(event("e1", "2026-03-01T10:00:00Z"), event("e2", "2026-03-02T10:00:00Z")),
		"b.json.gz": records(event("e3", "2026-03-01T11:00:00Z")),
		"c.json":    records(event("e4", "2026-03-03T10:00:00Z")),
	})
	run := func(l *testLake, files source.Files) *Summary {
		return l.ingest(Options{Paths: []string{dir}, Workers: 1, Files: files})
	}
	all := &faultyFiles{}
	clean := newLake(t, storage.CreateEventDataStore{})
	run(clean, all)
	want := clean.rows()
	slices.Sort(want)
	operations := all.done.Load()
	if len(want) != 4 || operations < 9 {
		t.Fatalf("%d rows by %d operations", len(want), operations)
	}
	f := func(err error, lasting bool) {
		for at := range operations {
			name := fmt.Sprintf("%v at operation %d, lasting %v", err, at+1, lasting)
			l := newLake(t, storage.CreateEventDataStore{})
			s := run(l, &faultyFiles{err: err, at: at + 1, lasting: lasting})
			if s.Status != "FAILED" || s.Archives.Failed == 0 || len(s.Problems) == 0 {
				t.Errorf("%s: %s, %+v, %v", name, s.Status, s.Archives, s.Problems)
				continue
			}
			for _, p := range s.Problems {
				if !strings.HasPrefix(p.Path, dir) || !strings.Contains(p.Reason, err.Error()) {
					t.Errorf("%s: the failure reads %s", name, p)
				}
			}
			if got := run(l, nil); got.Status != "COMPLETED" || got.Archives.Failed > 0 {
				t.Errorf("%s: the run after it: %s, %+v", name, got.Status, got.Archives)
			}
			rows := l.rows()
			slices.Sort(rows)
			if !slices.Equal(rows, want) {
				t.Errorf("%s: %d rows in the end", name, len(rows))
			}
		}
	}
	f(syscall.EIO, false)
	f(syscall.EACCES, true)
}

// failingDisk is the lake's disk, of which one write fails for want of space.
type failingDisk struct {
	storage.Disk
	full *atomic.Bool
}

func (d failingDisk) Create(name string) (storage.WriteFile, error) {
	f, err := d.Disk.Create(name)
	return failingFile{f, d.full}, err
}

type failingFile struct {
	storage.WriteFile
	full *atomic.Bool
}

func (f failingFile) Write(p []byte) (int, error) {
	if f.full.Load() {
		return 0, syscall.ENOSPC
	}
	return f.WriteFile.Write(p)
}

// A full disk ends the import with an error that says so; with room again the same command completes it.
func TestAFullDiskIsAnErrorAndARerunCompletes(t *testing.T) {
	dir := put(t, map[string]string{"a.json": records(event("e1", "2026-03-01T10:00:00Z"), event("e2", "2026-03-02T10:00:00Z"))})
	var full atomic.Bool
	l := newLakeOn(t, storage.CreateEventDataStore{}, func(d storage.Disk) storage.Disk { return failingDisk{d, &full} })
	full.Store(true)
	s, err := Run(t.Context(), l.begin(), Options{Paths: []string{dir}, Workers: 1})
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "no space left on device") || s.Status != "FAILED" {
		t.Errorf("%s, %v", s.Status, err)
	}
	if rows := l.rows(); len(rows) > 0 {
		t.Errorf("%d rows of an import that failed", len(rows))
	}
	full.Store(false)
	if s := l.ingest(Options{Paths: []string{dir}, Workers: 1}); s.Events.Kept != 2 || len(l.rows()) != 2 {
		t.Errorf("the run after it: %+v", s.Events)
	}
}
