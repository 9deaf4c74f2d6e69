package ingest

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/ingest/source"
	"github.com/ctlake/ctlake/storage"
)

// changing is a file that is another one when it is read the second time.
type changing struct{ first, second string }

func (c changing) List(_ context.Context, path string, _ source.Days, found func(source.File), _ func(string, error)) error {
	found(source.File{Path: path, Size: int64(len(c.first)), Modified: time.Unix(0, 0)})
	return nil
}

func (c changing) Open(context.Context, source.File) (io.ReadCloser, error) {
	return &changingFile{strings.NewReader(c.first), c.second}, nil
}

type changingFile struct {
	*strings.Reader
	second string
}

func (f *changingFile) Seek(offset int64, whence int) (int64, error) {
	f.Reader = strings.NewReader(f.second)
	return f.Reader.Seek(offset, whence)
}

func (f *changingFile) Close() error { return nil }

// A large file is read twice, for its digest and for its events. If it has changed in between, neither content counts as imported.
func TestAFileThatChangesWhileItIsRead(t *testing.T) {
	padding := strings.Repeat(" ", wholeFileBytes)
	first, second := padding+records(a), padding+records(b)
	for _, c := range []struct{ name, second, want, then string }{
		{"replaced", second, "1 failed, 1 kept", "1 imported, 1 kept"},
		{"emptied", "", "1 ignored", "1 imported, 1 kept"},
		{"appended to", first + " " + b, "1 imported, 1 kept", "1 unchanged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLake(t, storage.CreateEventDataStore{})
			s := l.ingest(Options{Paths: []string{"x"}, Files: changing{first, c.second}})
			if got := counts(s); got != c.want {
				t.Errorf("%s, want %s; %v", got, c.want, s.Problems)
			}
			if p := s.Problems; s.Archives.Failed > 0 && (len(p) != 1 || p[0].String() != "x: the file changed while it was read") {
				t.Errorf("%v", p)
			}
			// What it was at first lies elsewhere.
			if got := counts(l.ingest(Options{Paths: []string{"y"}, Files: changing{first, first}})); got != c.then {
				t.Errorf("then %s, want %s", got, c.then)
			}
		})
	}
}
