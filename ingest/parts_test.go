package ingest

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/laketest"
)

// lines returns events one a line.
func lines(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		b.WriteString(event(fmt.Sprintf("e%d", i), fmt.Sprintf("2026-03-0%dT10:00:00Z", 1+i%2)) + "\n")
	}
	return b.String()
}

// A large archive is committed in parts, the same ones for any number of workers, and counts once.
func TestAnArchiveIsCommittedInParts(t *testing.T) {
	const n = 9000
	logs := put(t, map[string]string{"1.json": lines(0, n), "2.json": lines(n-10, n+10)})
	var want []string
	for _, workers := range []int{1, 4} {
		l := newLake(t, storage.CreateEventDataStore{})
		s, err := Run(t.Context(), l.beginWith(storage.ImportOptions{Parallelism: workers}), Options{Paths: []string{logs}, Workers: workers, commitAfter: 1, part: 1})
		if err != nil {
			t.Fatal(err)
		}
		addsUp(t, s)
		if s.Events.Read != n+20 || s.Events.Kept != n+10 || s.Events.Duplicate != 10 || s.Archives.Imported != 2 {
			t.Errorf("%+v %+v", s.Archives, s.Events)
		}
		if imports, err := l.lake.Imports(t.Context(), ""); err != nil || len(imports) != 1 || imports[0].Counts.Read != n+20 || imports[0].Counts.Kept != n+10 {
			t.Errorf("%v: %+v", err, imports)
		}
		files := l.files()
		if want == nil {
			want = files
		}
		if len(files) < 6 || !slices.Equal(files, want) {
			t.Errorf("%d workers: %d data files, those of one worker are %d", workers, len(files), len(want))
		}
		if s := l.ingest(Options{Paths: []string{logs}}); s.Archives.Unchanged != 2 || s.Events.Read != 0 {
			t.Errorf("again: %+v %+v", s.Archives, s.Events)
		}
	}
}

// gate is a reader that calls pass before it goes on behind what comes first.
type gate struct {
	first, then io.Reader
	pass        func() error
}

func (g *gate) Read(p []byte) (int, error) {
	if g.first != nil {
		if n, err := g.first.Read(p); err == nil {
			return n, nil
		}
		g.first = nil
		if err := g.pass(); err != nil {
			return 0, err
		}
	}
	return g.then.Read(p)
}

// What came of an archive that does not end is there, and counted, while it is still being read; if nothing more comes, it stays, and
// what comes again is not there twice.
func TestAnArchiveWithoutAnEndIsCommittedMeanwhile(t *testing.T) {
	dir, commits := laketest.Dir(t), make(chan struct{}, 100)
	lake, err := storage.Open(t.Context(), dir, storage.Options{Create: true, Now: func() time.Time { return now }, Commit: func(commit func() error) error {
		err := commit()
		commits <- struct{}{}
		return err
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := lake.Close(); err != nil {
			t.Error(err)
		}
	}()
	store, err := lake.Create(t.Context(), storage.CreateEventDataStore{Name: "trail"})
	if err != nil {
		t.Fatal(err)
	}
	l := &testLake{t, lake, "trail", dir}
	const n = 9000
	meanwhile := int64(0)
	text := lines(0, n)
	g := &gate{first: strings.NewReader(strings.Repeat(" ", wholeFileBytes) + text), then: strings.NewReader("{"), pass: func() error {
		for meanwhile == 0 {
			select {
			case <-commits:
			case <-time.After(time.Minute):
				return os.ErrDeadlineExceeded
			}
			s, err := lake.Snapshot(t.Context(), store)
			if err != nil {
				return err
			}
			for _, f := range s.Files {
				meanwhile += f.Rows
			}
		}
		imports, err := lake.Imports(t.Context(), "")
		if c := imports[0].Counts; err != nil || c.Kept < meanwhile || c.Read != c.Kept {
			t.Errorf("%v: %d rows, %+v", err, meanwhile, c)
		}
		return nil
	}}
	im, err := lake.BeginImport(t.Context(), store, storage.ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Run(t.Context(), im, Options{Paths: []string{"-"}, Stdin: g, commitAfter: 1, part: 1})
	if err != nil {
		t.Fatal(err)
	}
	addsUp(t, s)
	if meanwhile == 0 || s.Archives.Failed != 1 || s.Events.Kept != n {
		t.Errorf("%d meanwhile; %+v %+v", meanwhile, s.Archives, s.Events)
	}
	whole := filepath.Join(put(t, map[string]string{"x.json": text + event("last", today)}), "x.json")
	if s := l.ingest(Options{Paths: []string{whole}}); s.Events.Duplicate != n || s.Events.Kept != 1 || len(l.rows()) != n+1 {
		t.Errorf("again: %+v", s.Events)
	}
}
