package storage

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/storage/laketest"
	"github.com/ctlake/ctlake/storage/orc"
)

// manySmall makes a store with files of three days, several a day.
func (c *clockedLake) manySmall(name string) *EventDataStore {
	c.t.Helper()
	store, err := c.Create(c.t.Context(), CreateEventDataStore{Name: name, RetentionDays: 7, Unprotected: true})
	if err != nil {
		c.t.Fatal(err)
	}
	for i := range 3 {
		id := fmt.Sprint(i)
		c.ingested(name, testEvent{id: "a" + id, day: -1, offset: -time.Duration(i) * time.Minute}, testEvent{id: "b" + id, day: -1}, testEvent{id: "t" + id, noTime: true})
	}
	c.ingested(name, testEvent{id: "alone"})
	return store
}

func TestMerging(t *testing.T) {
	l := newClockedLake(t)
	store := l.manySmall("trail")
	want := l.visible("trail")
	would, err := l.Optimize(t.Context(), "trail", OptimizeOptions{DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := len(l.files(store)); got != 7 {
		t.Fatalf("%d files before", got)
	}
	did, err := l.Optimize(t.Context(), "", OptimizeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	tell := func(r *Optimized) (text string) {
		for _, m := range r.Merges {
			text += fmt.Sprintf("%s %s: %d files, %d events\n", m.StoreName, m.Day, m.Files, m.Events)
		}
		return text
	}
	if got, want := tell(did), "trail no day: 3 files, 3 events\ntrail 2026-03-09: 3 files, 6 events\n"; got != want || tell(would) != want {
		t.Errorf("merged:\n%s\nthe dry run said:\n%s\nwant:\n%s", got, tell(would), want)
	}
	if did.Unlinked != 6 || did.Waiting != 0 || len(did.Damaged) > 0 {
		t.Errorf("%+v", did)
	}
	if got := l.visible("trail"); !slices.Equal(got, want) {
		t.Errorf("%v is visible, not %v", got, want)
	}
	if left := strays(t, l.Lake, store); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if found, _ := checked(t, l.Lake, CheckOptions{Deep: true}); found != "" {
		t.Error(found)
	}
	for _, f := range l.files(store) {
		if f.HasEventTime && f.Day == -1+DayOf(noon.UnixMilli(), true) && (f.MinEventTime != noon.AddDate(0, 0, -1).Add(-2*time.Minute).UnixMilli() || f.RawBytes != 3) {
			t.Errorf("%+v", f)
		}
	}
	if n := len(contents(t, l.Lake, "trail")); n != 10 { // which holds the catalog against the files
		t.Errorf("%d events", n)
	}
	// Nothing is left to do; nothing that was imported before is imported again.
	if again, err := l.Optimize(t.Context(), "", OptimizeOptions{}); err != nil || len(again.Merges) > 0 {
		t.Errorf("again: %+v, %v", again, err)
	}
	l.ingested("trail", testEvent{id: "b1", day: -1})
	if n := len(l.files(store)); n != 3 {
		t.Errorf("%d files after an import of what is there", n)
	}
	// A day as a whole goes as it did before.
	l.clock = noon.AddDate(0, 0, 7)
	if r := l.retained(RetainOptions{}); len(r.Purges) != 1 || r.Purges[0].Events != 6 || r.Purges[0].Files != 1 {
		t.Errorf("%+v", r)
	}
}

// Rows keep their order, of which queries without ORDER BY make theirs.
func TestMergingKeepsTheOrder(t *testing.T) {
	l := newClockedLake(t)
	store := l.manySmall("trail")
	order := func() (all []string) {
		s, err := l.snapshot(t.Context(), store.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range s.Files {
			all = append(all, rowsOf(t, s, f)...)
		}
		return all
	}
	before := order()
	if _, err := l.Optimize(t.Context(), "", OptimizeOptions{}); err != nil {
		t.Fatal(err)
	}
	if after := order(); !slices.Equal(before, after) {
		t.Errorf("%v, was %v", after, before)
	}
}

// Who began to read before goes on with the old files; who begins later sees the new ones.
func TestMergingWaitsForReaders(t *testing.T) {
	dir := laketest.Dir(t)
	l, reader := clockedLakeIn(t, dir), clockedLakeIn(t, dir)
	store := l.manySmall("trail")
	s, err := reader.Snapshot(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	r, err := l.Optimize(t.Context(), "trail", OptimizeOptions{})
	if err != nil || r.Unlinked != 0 || r.Waiting != 6 {
		t.Fatalf("%+v, %v", r, err)
	}
	rows := 0
	for _, f := range s.Files {
		rows += len(rowsOf(t, s, f))
	}
	if rows != 10 {
		t.Errorf("%d rows of the old files", rows)
	}
	if found, damaged := checked(t, l.Lake, CheckOptions{Deep: true}); damaged || strings.Count(found, "merged into another") != 6 {
		t.Errorf("the check finds:\n%s", found)
	}
	l.ingested("trail", testEvent{id: "more"}) // which sweeps
	if rows := rowsOf(t, s, s.Files[0]); len(rows) != 1 {
		t.Errorf("%d rows after an import", len(rows))
	}
	l.clock = noon.Add(queryGrace)
	if r := l.retained(RetainOptions{}); r.Unlinked != 6 {
		t.Errorf("%+v", r)
	}
}

func TestWhatIsNotMerged(t *testing.T) {
	l := newClockedLake(t)
	store := l.manySmall("trail")
	f := l.files(store)[3]
	l.alter(f.Path, func(b []byte) []byte { b[len(b)/2] ^= 1; return b })
	r, err := l.Optimize(t.Context(), "trail", OptimizeOptions{})
	if err != nil || len(r.Merges) != 1 || len(r.Damaged) != 1 || !errors.Is(r.Damaged[0], orc.ErrCorrupt) || !strings.Contains(r.Damaged[0].Error(), f.Path) {
		t.Errorf("a damaged file: %+v, %v", r, err)
	}
	if n := len(l.files(store)); n != 5 {
		t.Errorf("%d files", n)
	}
	if _, err := l.Delete(t.Context(), "trail"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Optimize(t.Context(), "trail", OptimizeOptions{}); exception(err) != string(ErrInactive) {
		t.Errorf("of a deleted store: %v", err)
	}
	if r, err := l.Optimize(t.Context(), "", OptimizeOptions{}); err != nil || len(r.Merges) > 0 {
		t.Errorf("of all: %+v, %v", r, err)
	}
	unlock, err := l.lock("test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Optimize(t.Context(), "", OptimizeOptions{}); !errors.Is(err, ErrLocked) {
		t.Errorf("while another one writes: %v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
}

func TestMergeableRuns(t *testing.T) {
	const mb = 1 << 20
	f := func(least int, want string, files ...DataFile) {
		t.Helper()
		s := &Snapshot{Files: files, NotBefore: 3 * millisPerDay}
		got := ""
		for _, group := range s.mergeable(least) {
			for _, f := range group {
				got += f.ID
			}
			got += " "
		}
		if strings.TrimSpace(got) != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	file := func(id string, day Day, size int64) DataFile { return DataFile{ID: id, Day: day, Bytes: size * mb} }
	f(2, "")
	f(2, "", file("a", 3, 1))
	f(2, "ab", file("a", 3, 1), file("b", 3, 1))
	f(3, "", file("a", 3, 1), file("b", 3, 1))
	f(2, "cd", file("a", 3, 1), file("b", 4, 1), file("c", 5, 1), file("d", 5, 63))
	f(2, "ab de", file("a", 3, 1), file("b", 3, 1), file("c", 3, 64), file("d", 3, 1), file("e", 3, 1))
	f(2, "abcd ef", file("a", 3, 60), file("b", 3, 60), file("c", 3, 60), file("d", 3, 60), file("e", 3, 60), file("f", 3, 60))
	f(2, "cd", file("a", 2, 1), file("b", 2, 1), file("c", 3, 1), file("d", 3, 1)) // the first day has expired
	f(2, "ab", file("a", NoDay, 1), file("b", NoDay, 1))
}

// After an import, only many small files are merged, and it is done within its bound.
func TestTidy(t *testing.T) {
	l := newClockedLake(t)
	store, err := l.Create(t.Context(), CreateEventDataStore{Name: "trail"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range tidyFiles {
		im, err := l.BeginImport(t.Context(), store, ImportOptions{Parallelism: 1})
		if err != nil {
			t.Fatal(err)
		}
		e := testEvent{id: fmt.Sprint(i)}
		if err := errors.Join(im.Write(DayOf(e.millis(), true), batchOf([]testEvent{e}), 1, nil), im.Commit(t.Context(), &ImportCounts{}), im.Finish(ImportCompleted)); err != nil {
			t.Fatal(err)
		}
		r, err := im.Tidy(t.Context())
		if want := (i + 1) / tidyFiles; err != nil || len(r.Merges) != want {
			t.Errorf("after import %d: %+v, %v", i, r, err)
		}
	}
}
