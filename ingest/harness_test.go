package ingest

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/laketest"
	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/vector"
)

// now is the clock of all lakes here.
var now = time.Date(2026, time.March, 10, 12, 0, 0, 0, time.UTC)

// testLake is a lake with one event data store.
type testLake struct {
	t    *testing.T
	lake *storage.Lake
	name string
	dir  string
}

func newLake(t *testing.T, in storage.CreateEventDataStore) *testLake {
	t.Helper()
	return newLakeOn(t, in, nil)
}

// newLakeOn is newLake on a disk of the test's own.
func newLakeOn(t *testing.T, in storage.CreateEventDataStore, wrap func(storage.Disk) storage.Disk) *testLake {
	t.Helper()
	dir := emptyLake(t)
	lake, err := storage.Open(t.Context(), dir, storage.Options{Now: func() time.Time { return now }, WrapDisk: wrap})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := lake.Close(); err != nil {
			t.Error(err)
		}
	})
	if in.Name == "" {
		in.Name = "trail"
	}
	if _, err := lake.Create(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	return &testLake{t, lake, in.Name, dir}
}

// emptyLake makes folders with lakes without stores.
var emptyLake = laketest.Copies(func(dir string) (io.Closer, error) {
	return storage.Open(context.Background(), dir, storage.Options{Create: true, Now: func() time.Time { return now }})
})

// begin starts an import into the store as it is now.
func (l *testLake) begin() *storage.Import {
	l.t.Helper()
	return l.beginWith(storage.ImportOptions{Parallelism: 2})
}

func (l *testLake) beginWith(o storage.ImportOptions) *storage.Import {
	l.t.Helper()
	store, err := l.lake.Find(l.t.Context(), l.name)
	if err != nil {
		l.t.Fatal(err)
	}
	im, err := l.lake.BeginImport(l.t.Context(), store, o)
	if err != nil {
		l.t.Fatal(err)
	}
	return im
}

// ingest imports paths and holds that the summary adds up.
func (l *testLake) ingest(o Options) *Summary {
	l.t.Helper()
	s, err := Run(l.t.Context(), l.begin(), o)
	if err != nil {
		l.t.Fatal(err)
	}
	addsUp(l.t, s)
	return s
}

func addsUp(t *testing.T, s *Summary) {
	t.Helper()
	a, e := s.Archives, s.Events
	if a.Found != a.Imported+a.Unchanged+a.Failed+a.Ignored {
		t.Errorf("archives do not add up: %+v", a)
	}
	if e.Read != e.Kept+e.Filtered+e.Expired+e.Duplicate+e.Failed {
		t.Errorf("events do not add up: %+v", e)
	}
}

// snapshot returns what the store holds now.
func (l *testLake) snapshot() *storage.Snapshot {
	l.t.Helper()
	store, err := l.lake.Find(l.t.Context(), l.name)
	if err != nil {
		l.t.Fatal(err)
	}
	snapshot, err := l.lake.Snapshot(l.t.Context(), store)
	if err != nil {
		l.t.Fatal(err)
	}
	return snapshot
}

// rows returns the events of the store in the order in which they lie there, each as
// "day eventjson", and holds that the catalog's counts are those of the files.
func (l *testLake) rows() []string {
	l.t.Helper()
	snapshot := l.snapshot()
	var rows []string
	for _, f := range snapshot.Files {
		before := len(rows)
		file, err := snapshot.Open(f)
		if err != nil {
			l.t.Fatal(err)
		}
		for i := range file.Stripes() {
			stripe, err := file.Stripe(i)
			if err != nil {
				l.t.Fatal(err)
			}
			column, err := stripe.Column([]string{schema.EventJSON})
			if err != nil {
				l.t.Fatal(err)
			}
			texts, err := column.Read(0, stripe.Rows())
			if err != nil {
				l.t.Fatal(err)
			}
			for row := range stripe.Rows() {
				rows = append(rows, fmt.Sprintf("%d %s", f.Day.Calendar(), vector.ValueAt(texts, row)))
			}
		}
		if n := int64(len(rows) - before); n != f.Rows {
			l.t.Errorf("%s holds %d rows, the catalog says %d", f.Path, n, f.Rows)
		}
		if err := file.Close(); err != nil {
			l.t.Error(err)
		}
	}
	return rows
}

// files returns the data files of the store, but for their tails, which hold the IDs of the import and the store.
func (l *testLake) files() (files []string) {
	l.t.Helper()
	snapshot := l.snapshot()
	for _, f := range snapshot.Files {
		file, err := snapshot.Open(f)
		if err != nil {
			l.t.Fatal(err)
		}
		last := file.Stripes()[len(file.Stripes())-1]
		if err := file.Close(); err != nil {
			l.t.Error(err)
		}
		content, err := os.ReadFile(filepath.Join(l.dir, filepath.FromSlash(f.Path)))
		if err != nil {
			l.t.Fatal(err)
		}
		files = append(files, fmt.Sprintf("%d %d %s", f.Day.Calendar(), f.Rows, content[:last.Offset+last.Bytes]))
	}
	return files
}

// put writes files into a new folder; names that end in .gz are gzipped.
func put(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		content := []byte(text)
		if strings.HasSuffix(name, ".gz") {
			content = gzipped(text)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func gzipped(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.Bytes()
}

// event returns a record; members are further ones, with a comma before each.
func event(id, at string, members ...string) string {
	return fmt.Sprintf(`{"eventVersion":"1.11","eventTime":%q,"eventSource":"ec2.amazonaws.com","eventName":"RunInstances",`+
		`"eventID":%q,"recipientAccountId":"111122223333"%s}`, at, id, strings.Join(members, ""))
}

// records returns an archive's text.
func records(events ...string) string { return `{"Records":[` + strings.Join(events, ",") + `]}` }
