package storage

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/ctlake/ctlake/storage/catalog"
)

// faultyCommits makes one commit of the catalog fail: before anything of it happened, or after all of it did, which a
// disk may leave behind whose last sync fails.
type faultyCommits struct {
	n       int // commits so far
	at      int // the one that fails, from 1; 0 is none
	happens bool
}

func (f *faultyCommits) commit(commit func() error) error {
	if f.n++; f.n != f.at {
		return commit()
	}
	if f.happens {
		if err := commit(); err != nil {
			return err
		}
	}
	return syscall.EIO
}

// faultyCommitsOf runs an operation on copies of a lake, each time with another of its commits failing. In the end
// recovered looks at the copy.
func faultyCommitsOf(t *testing.T, template string, least int, run func(t *testing.T, dir string, f *faultyCommits) error, recovered func(t *testing.T, dir string)) {
	t.Helper()
	var sound faultyCommits
	if err := run(t, copied(t, template), &sound); err != nil {
		t.Fatal(err)
	}
	if sound.n < least {
		t.Fatalf("%d commits, %d are due", sound.n, least)
	}
	for at := 1; at <= sound.n; at++ {
		for _, happens := range []bool{false, true} {
			t.Run(fmt.Sprintf("commit %d, happens %v", at, happens), func(t *testing.T) {
				dir := copied(t, template)
				err := run(t, dir, &faultyCommits{at: at, happens: happens})
				if !errors.Is(err, syscall.EIO) || !errors.Is(err, catalog.ErrUncertain) {
					t.Errorf("got %v", err)
				}
				recovered(t, dir)
			})
		}
	}
}

// Whichever commit of an import fails, what the catalog shows is there, whole, and the next import completes the work.
func TestFaultyCommitsOfAnImport(t *testing.T) {
	faultyCommitsOf(t, prepared(t), 5, func(t *testing.T, dir string, f *faultyCommits) error {
		l, err := Open(t.Context(), dir, Options{Now: func() time.Time { return noon }, Commit: f.commit})
		if err != nil {
			t.Fatal(err)
		}
		defer closeLake(t, l)
		store, err := l.Find(t.Context(), "trail")
		if err != nil {
			t.Fatal(err)
		}
		return importArchives(t.Context(), l, store, first, second)
	}, func(t *testing.T, dir string) { recovers(t, dir) })
}

func TestFaultyCommits(t *testing.T) {
	for _, d := range disturbables {
		t.Run(d.name, func(t *testing.T) {
			l := newClockedLake(t)
			d.prepare(l)
			template := copied(t, l.Dir())
			faultyCommitsOf(t, template, 1, func(t *testing.T, dir string, f *faultyCommits) error {
				l := disturbedLake(t, dir, d.clock, nil)
				defer closeLake(t, l.Lake)
				l.catalog.DisturbCommits(f.commit)
				return d.run(l)
			}, func(t *testing.T, dir string) { d.recovers(t, dir) })
		})
	}
}

// The import of a store whose commit fails leaves the store, or nothing of it; then another one brings it.
func TestFaultyCommitsOfTheImportOfAStore(t *testing.T) {
	source := exportable(t)
	want := source.visible("trail")
	from := filepath.Join(t.TempDir(), "folder")
	if _, err := source.Export(t.Context(), "trail", from); err != nil {
		t.Fatal(err)
	}
	target := newClockedLake(t)
	target.with("other", StatusEnabled, true)
	template := copied(t, target.Dir())
	faultyCommitsOf(t, template, 2, func(t *testing.T, dir string, f *faultyCommits) error {
		l := disturbedLake(t, dir, source.clock, nil)
		defer closeLake(t, l.Lake)
		l.catalog.DisturbCommits(f.commit)
		_, err := l.ImportStore(t.Context(), from, "")
		return err
	}, func(t *testing.T, dir string) {
		l := disturbedLake(t, dir, source.clock, nil)
		defer closeLake(t, l.Lake)
		if found, damaged := checked(t, l.Lake, CheckOptions{Deep: true}); damaged {
			t.Errorf("after the fault the check finds:\n%s", found)
		}
		if _, err := l.Find(t.Context(), "trail"); exception(err) == string(ErrNotFound) {
			_, err := l.ImportStore(t.Context(), from, "")
			if err != nil {
				t.Errorf("again: %v", err)
			}
		}
		if got := l.visible("trail"); !slices.Equal(got, want) {
			t.Errorf("%v is visible, not %v", got, want)
		}
		if found, _ := checked(t, l.Lake, CheckOptions{Deep: true}); found != "" {
			t.Errorf("in the end the check finds:\n%s", found)
		}
	})
}

// What changes a store is there or not, and can be told by looking.
func TestFaultyCommitsOfChanges(t *testing.T) {
	days := 8
	for name, c := range map[string]struct {
		from Status
		run  func(l *clockedLake) error
		was  string // what show tells before
		is   string // and after
	}{
		"delete":  {StatusEnabled, func(l *clockedLake) error { _, err := l.Delete(l.t.Context(), "trail"); return err }, "ENABLED 366 []", "PENDING_DELETION 366 []"},
		"restore": {StatusPendingDeletion, func(l *clockedLake) error { _, err := l.Restore(l.t.Context(), "trail"); return err }, "PENDING_DELETION 366 []", "ENABLED 366 []"},
		"update": {StatusEnabled, func(l *clockedLake) error {
			_, err := l.Update(l.t.Context(), "trail", UpdateEventDataStore{RetentionDays: &days})
			return err
		}, "ENABLED 366 []", "ENABLED 8 []"},
		"tag":  {StatusEnabled, func(l *clockedLake) error { _, err := l.AddTags(l.t.Context(), "trail", []Tag{{"k", "v"}}); return err }, "ENABLED 366 []", "ENABLED 366 [{k v}]"},
		"stop": {StatusEnabled, func(l *clockedLake) error { _, err := l.StopIngestion(l.t.Context(), "trail"); return err }, "ENABLED 366 []", "STOPPED_INGESTION 366 []"},
	} {
		t.Run(name, func(t *testing.T) {
			template := newClockedLake(t)
			template.with("trail", c.from, false)
			tells := func(t *testing.T, l *clockedLake) string {
				t.Helper()
				store, err := l.Find(t.Context(), "trail")
				if err != nil {
					t.Fatal(err)
				}
				return fmt.Sprintf("%s %d %v", store.Status, store.RetentionDays, store.Tags)
			}
			faultyCommitsOf(t, copied(t, template.Dir()), 2, func(t *testing.T, dir string, f *faultyCommits) error {
				l := disturbedLake(t, dir, noon, nil)
				defer closeLake(t, l.Lake)
				l.catalog.DisturbCommits(f.commit)
				err := c.run(l)
				if got := tells(t, l); err == nil && got != c.is || err != nil && got != c.was && got != c.is {
					t.Errorf("%v: it is %s", err, got)
				}
				return err
			}, func(t *testing.T, dir string) {
				l := disturbedLake(t, dir, noon, nil)
				defer closeLake(t, l.Lake)
				if found, _ := checked(t, l.Lake, CheckOptions{Deep: true}); found != "" {
					t.Errorf("the check finds:\n%s", found)
				}
				if tells(t, l) == c.was {
					if err := c.run(l); err != nil {
						t.Errorf("again: %v", err)
					}
				}
				if got := tells(t, l); got != c.is {
					t.Errorf("in the end it is %s", got)
				}
			})
		})
	}
}

// A copy that fails is no lake, and says so.
func TestFaultyCommitsOfACopy(t *testing.T) {
	source := exportable(t)
	template := copied(t, source.Dir())
	to := ""
	faultyCommitsOf(t, template, 2, func(t *testing.T, dir string, f *faultyCommits) error {
		l, err := Open(t.Context(), dir, Options{Now: func() time.Time { return noon }, Commit: f.commit})
		if err != nil {
			t.Fatal(err)
		}
		defer closeLake(t, l)
		to = filepath.Join(t.TempDir(), "copy")
		_, err = l.Copy(t.Context(), to, CopyOptions{})
		return err
	}, func(t *testing.T, dir string) {
		if _, err := Open(t.Context(), to, Options{}); !errors.Is(err, ErrNoLake) {
			t.Errorf("open the copy: %v", err)
		}
		l := disturbedLake(t, dir, noon, nil)
		defer closeLake(t, l.Lake)
		if found, _ := checked(t, l.Lake, CheckOptions{Deep: true}); found != "" {
			t.Errorf("the check finds:\n%s", found)
		}
	})
}
