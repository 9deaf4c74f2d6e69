package storage

import (
	"crypto/sha256"
	"fmt"
	"testing"
)

func keyWith(id, account, text string) EventKey {
	key, _ := KeyOf([]byte(id), []byte(account), sha256.Sum256([]byte(text)), nil)
	return key
}

func TestSightings(t *testing.T) {
	l := openLake(t, t.TempDir(), nil)
	defer closeLake(t, l)
	store, err := l.Plan(CreateEventDataStore{Name: "trail"})
	if err != nil {
		t.Fatal(err)
	}
	im, err := l.DryImport(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	day := DayOf(noon.UnixMilli(), true)
	f := func(what string, day Day, key EventKey, want Sighting) {
		t.Helper()
		if got, err := im.Sight(t.Context(), day, key); err != nil || got != want {
			t.Errorf("%s: %d, %v; want %d", what, got, err, want)
		}
	}
	f("an event", day, keyWith("1", "a", "x"), First)
	f("again", day, keyWith("1", "a", "x"), Repeated)
	f("of another account", day, keyWith("1", "b", "x"), First)
	f("with another text", day, keyWith("1", "a", "y"), Doubtful)
	f("that again", day, keyWith("1", "a", "y"), Repeated)
	f("the day after", day+1, keyWith("1", "a", "z"), Conflicting)
	f("the day before", day-1, keyWith("1", "a", "w"), Conflicting)
	f("two days later", day+3, keyWith("1", "a", "v"), First)
	f("without a time", NoDay, keyWith("1", "a", "u"), First)
	f("that again", NoDay, keyWith("1", "a", "u"), Repeated)
	f("without an ID", day, KeyOfContent(sha256.Sum256([]byte("x"))), First)
	f("that again", day, KeyOfContent(sha256.Sum256([]byte("x"))), Repeated)
}

// Whatever is forgotten meanwhile, no event comes in twice, within an import or in a later one.
func TestForgottenDaysAreReadAgain(t *testing.T) {
	l := openLake(t, t.TempDir(), nil)
	defer closeLake(t, l)
	store, err := l.Create(t.Context(), CreateEventDataStore{Name: "trail", RetentionFrom: RetentionFromNewest, RetentionDays: MaxRetentionDays})
	if err != nil {
		t.Fatal(err)
	}
	const days, each = 12, 40
	kept := 0
	for run := range 3 {
		im, err := l.BeginImport(t.Context(), store, ImportOptions{Parallelism: 1})
		if err != nil {
			t.Fatal(err)
		}
		im.remembered.max = 1 // byte
		for round := range 3 {
			for d := range days {
				var events []testEvent
				for i := range each {
					e := testEvent{id: fmt.Sprintf("%d-%d", d, i*(round+1)%each), day: -3 * d}
					sighting, err := im.Sight(t.Context(), DayOf(e.millis(), true), e.key())
					if err != nil {
						t.Fatal(err)
					}
					if sighting == First {
						events = append(events, e)
					}
				}
				if kept += len(events); len(events) == 0 {
					continue
				}
				if err := im.Write(DayOf(events[0].millis(), true), batchOf(events), 1, nil); err != nil {
					t.Fatal(err)
				}
				if im.Crowded() {
					if err := im.Commit(t.Context(), &ImportCounts{}); err != nil {
						t.Fatal(err)
					}
				}
			}
			if n := len(im.remembered.days); run > 0 && n > 3 {
				t.Errorf("%d days are remembered", n)
			}
		}
		if err := im.Commit(t.Context(), &ImportCounts{}); err != nil {
			t.Fatal(err)
		}
		if err := im.Finish(ImportCompleted); err != nil {
			t.Fatal(err)
		}
		if kept != days*each {
			t.Fatalf("%d events were kept after run %d; there are %d", kept, run+1, days*each)
		}
	}
}
