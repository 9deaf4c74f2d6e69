package storage

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// listing returns what is below a lake: names, sizes and times.
func listing(t *testing.T, dir string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil {
			all = append(all, path+" "+info.ModTime().Format(time.RFC3339Nano)+" "+info.Mode().String())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestReadOnly(t *testing.T) {
	l, store := small(t)
	want := l.visible("trail")
	for _, atRest := range []bool{false, true} {
		if atRest { // no process has the lake open, and the catalog's log is gone
			closeLake(t, l.Lake)
		}
		before := listing(t, l.Dir())
		r := &clockedLake{t: t, clock: noon}
		opened, err := Open(t.Context(), l.Dir(), Options{ReadOnly: true, Now: func() time.Time { return r.clock }})
		if err != nil {
			t.Fatal(err)
		}
		r.Lake = opened
		if _, err := r.Snapshot(t.Context(), store); err != nil {
			t.Error(err)
		}
		if got := r.visible("trail"); !slices.Equal(got, want) {
			t.Errorf("at rest %v: %v is visible, not %v", atRest, got, want)
		}
		if found, damaged := checked(t, r.Lake, CheckOptions{Deep: true}); damaged || found != "" {
			t.Errorf("at rest %v: %s", atRest, found)
		}
		if _, err := r.Retain(t.Context(), "", RetainOptions{DryRun: true}); err != nil {
			t.Errorf("a dry run: %v", err)
		}
		for what, err := range map[string]error{
			"create":  errorOf(r.Create(t.Context(), CreateEventDataStore{Name: "new"})),
			"update":  errorOf(r.Update(t.Context(), "trail", UpdateEventDataStore{Name: new("new")})),
			"import":  errorOf(r.BeginImport(t.Context(), store, ImportOptions{})),
			"retain":  errorOf(r.Retain(t.Context(), "", RetainOptions{})),
			"repair":  errorOf(r.Check(t.Context(), CheckOptions{Repair: true})),
			"restore": errorOf(r.Restore(t.Context(), "trail")),
		} {
			if !errors.Is(err, ErrReadOnly) {
				t.Errorf("%s: %v", what, err)
			}
		}
		closeLake(t, r.Lake)
		if after := listing(t, l.Dir()); !slices.Equal(after, before) {
			t.Errorf("at rest %v: there is\n%v\nwhere there was\n%v", atRest, after, before)
		}
	}
	// A reader of a lake at rest is told when somebody begins to write.
	r, err := Open(t.Context(), l.Dir(), Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	l.Lake = openLake(t, l.Dir(), nil) // what closes at the end of the test
	if _, err := l.Create(t.Context(), CreateEventDataStore{Name: "new"}); err != nil {
		t.Fatal(err)
	}
	closeLake(t, l.Lake)
	if _, err := r.EventDataStores(t.Context()); !errors.Is(err, ErrReadOnly) {
		t.Errorf("after a change: %v", err)
	}
	closeLake(t, r)
	l.Lake = openLake(t, l.Dir(), nil)

	empty := t.TempDir()
	if _, err := Open(t.Context(), empty, Options{ReadOnly: true}); !errors.Is(err, ErrNoLake) {
		t.Errorf("no lake: %v", err)
	}
	if entries, err := os.ReadDir(empty); err != nil || len(entries) > 0 {
		t.Errorf("made %v, %v", entries, err)
	}
}
