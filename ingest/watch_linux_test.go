package ingest

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Files that are closed or moved in are read at once, also in folders that are made; the next listing here is an hour away.
func TestWatchIsToldOfFiles(t *testing.T) {
	dir := put(t, map[string]string{"old.json": records(event("e1", "2026-03-01T10:00:00Z"))})
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "old.json"), long, long); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	o := &Options{Paths: []string{dir}, Watch: true}
	files, _, err := o.walk(ctx)
	if err != nil {
		t.Fatal(err)
	}
	came, done := make(chan string), make(chan struct{})
	w := &watcher{options: o, poll: time.Hour, send: func(f file) bool {
		select {
		case came <- f.Path:
			return true
		case <-ctx.Done():
			return false
		}
	}}
	go func() {
		defer close(done)
		w.run(ctx, files)
	}()
	expect := func(name string) {
		t.Helper()
		select {
		case got := <-came:
			if got != filepath.Join(dir, name) {
				t.Errorf("%s came, not %s", got, name)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%s does not come", name)
		}
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rename := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, filepath.Join(dir, to)); err != nil {
			t.Fatal(err)
		}
	}
	expect("old.json")
	write("new.json", "{}")
	expect("new.json")
	write("new.json", "{ }") // again, when it was changed
	expect("new.json")
	outside := put(t, map[string]string{"a.json": "{}", "day/b.json": "{}"})
	rename(filepath.Join(outside, "a.json"), "a.json")
	expect("a.json")
	if err := os.Chtimes(filepath.Join(outside, "day", "b.json"), long, long); err != nil {
		t.Fatal(err)
	}
	rename(filepath.Join(outside, "day"), "day") // a folder with what is in it
	expect(filepath.Join("day", "b.json"))
	write(filepath.Join("day", "c.json"), "{}")
	expect(filepath.Join("day", "c.json"))
	stop()
	<-done
}
