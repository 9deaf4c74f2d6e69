package storage

import (
	"fmt"
	"testing"
)

// An import that goes on for long merges what it left in small files, removes what has expired since it began, and still knows
// every event.
func TestAnImportTendsItsStore(t *testing.T) {
	l := newClockedLake(t)
	store, err := l.Create(t.Context(), CreateEventDataStore{Name: "trail", RetentionDays: 7})
	if err != nil {
		t.Fatal(err)
	}
	im, err := l.BeginImport(t.Context(), store, ImportOptions{Parallelism: 1})
	if err != nil {
		t.Fatal(err)
	}
	// Each day is read from its data files when an event of it comes.
	im.remembered.max = 1
	add := func(want Sighting, e testEvent) {
		t.Helper()
		day := DayOf(e.millis(), true)
		got, err := im.Sight(t.Context(), day, e.key())
		if err != nil || got != want {
			t.Errorf("%s: %d, %v; want %d", e.id, got, err, want)
		}
		if got == Repeated {
			return
		}
		if err := im.Write(day, batchOf([]testEvent{e}), 1, nil); err != nil {
			t.Fatal(err)
		}
		im.SawTime(e.millis())
		if err := im.Commit(t.Context(), &ImportCounts{}); err != nil {
			t.Fatal(err)
		}
	}
	tend := func(merges, files int) {
		t.Helper()
		r, err := im.Tend(t.Context())
		if err != nil || len(r.Merges) != merges || len(r.Damaged) > 0 {
			t.Errorf("%+v, %v", r, err)
		}
		if got := l.files(store); len(got) != files {
			t.Errorf("%d files, want %d", len(got), files)
		}
		if left := strays(t, l.Lake, store); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
	event := func(i int) testEvent { return testEvent{id: fmt.Sprint("e", i)} }
	old := testEvent{id: "old", day: -5}
	add(First, old)
	for i := range tidyFiles - 1 {
		add(First, event(i))
	}
	tend(0, tidyFiles)
	add(First, event(tidyFiles))
	add(Repeated, old) // recalls other days
	tend(1, 2)
	for i := range tidyFiles - 1 {
		add(Repeated, event(i))
	}
	if im.Expired(old.millis()) {
		t.Error("the clock of the import runs before it is told")
	}
	l.clock = l.clock.AddDate(0, 0, 4)
	tend(0, 1)
	if !im.Expired(old.millis()) {
		t.Error("the clock of the import stands still")
	}
	if today := (testEvent{day: 3}).millis(); im.newest >= today {
		t.Errorf("newest is %d", im.newest)
	} else if im.SawTime(today); im.newest != today {
		t.Errorf("what happened since the import began is not taken for the newest event")
	}
	if err := im.Finish(ImportCompleted); err != nil {
		t.Error(err)
	}
}
