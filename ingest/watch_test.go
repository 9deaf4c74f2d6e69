package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ctlake/ctlake/ingest/source"
	"github.com/ctlake/ctlake/storage"
)

// growing is a tree that changes while it is watched.
type growing struct {
	mu     sync.Mutex
	files  map[string]source.File
	absent bool // the folder has vanished
}

func (g *growing) List(ctx context.Context, path string, _ source.Days, found func(source.File), failed func(path string, err error)) error {
	g.mu.Lock()
	absent, files := g.absent, slices.Collect(maps.Values(g.files))
	g.mu.Unlock()
	if absent {
		failed(path, errors.New("no such file or directory"))
		return ctx.Err()
	}
	for _, f := range files {
		found(f)
	}
	return ctx.Err()
}

func (g *growing) Open(context.Context, source.File) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader("")), nil
}

func (g *growing) write(path string, size int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.files[path] = source.File{Path: path, Size: size, Modified: time.Now()}
}

func (g *growing) vanish(absent bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.absent = absent
}

// Of a tree that grows, each file is read once it has settled, and again when it was changed; by a fake clock.
func TestWatchReadsWhatSettles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &growing{files: map[string]source.File{}}
		g.write("old", 1)
		time.Sleep(time.Minute)
		g.write("half", 1)
		o := &Options{Paths: []string{"logs"}, Files: g, Watch: true}
		ctx, stop := context.WithCancel(t.Context())
		files, _, err := o.walk(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var sent []string
		done := make(chan struct{})
		go func() {
			defer close(done)
			watch(ctx, o, files, func(f file) bool {
				g.mu.Lock()
				defer g.mu.Unlock()
				sent = append(sent, f.Path)
				return true
			})
		}()
		// expect lets the time pass and holds that so much came.
		expect := func(after time.Duration, want ...string) {
			t.Helper()
			time.Sleep(after)
			synctest.Wait()
			g.mu.Lock()
			defer g.mu.Unlock()
			slices.Sort(sent)
			if !slices.Equal(sent, want) {
				t.Errorf("came %q, want %q", sent, want)
			}
			sent = nil
		}
		expect(time.Second, "old")
		g.write("half", 2) // written on, twice
		expect(4500 * time.Millisecond)
		g.write("half", 3)
		expect(4 * time.Second)
		expect(3*pollEvery, "half")
		expect(time.Minute)
		g.write("half", 4)
		g.write("new", 1)
		expect(3*pollEvery, "half", "new")
		g.vanish(true)
		expect(time.Minute)
		g.vanish(false) // a folder that comes back may be another one: archives that are known are passed over by content
		expect(time.Minute, "half", "new", "old")
		stop()
		<-done
	})
}

// While files are watched for, those that many commits leave in the store are merged.
func TestWatchTendsTheStore(t *testing.T) {
	const archives = tendCommits + 2
	files := map[string]string{}
	for i := range archives {
		files[fmt.Sprintf("%02d.json", i)] = records(event(fmt.Sprint(i), today))
	}
	dir, long := put(t, files), time.Now().Add(-time.Hour)
	for name := range files {
		if err := os.Chtimes(filepath.Join(dir, name), long, long); err != nil {
			t.Fatal(err)
		}
	}
	l := newLake(t, storage.CreateEventDataStore{})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	s, err := Run(ctx, l.begin(), Options{Paths: []string{dir}, Watch: true, commitAfter: 1,
		Note: func(text string) { t.Error(text) },
		Progress: func(p Progress) {
			if p.Archives == archives {
				stop()
			}
		}})
	if !errors.Is(err, context.Canceled) || s.Events.Kept != archives || s.Status != "STOPPED" {
		t.Errorf("%v: %+v", err, s)
	}
	if rows, files := len(l.rows()), len(l.snapshot().Files); rows != archives || files != archives-tendCommits+1 {
		t.Errorf("%d rows in %d files", rows, files)
	}
	if s := l.ingest(Options{Paths: []string{dir}}); s.Archives.Unchanged != archives {
		t.Errorf("again: %+v", s.Archives)
	}
}
