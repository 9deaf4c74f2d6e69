package storage

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"

	"github.com/ctlake/ctlake/storage/laketest"
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
			if im.remembered.bytes > 0 && run > 0 {
				t.Errorf("%d bytes are remembered", im.remembered.bytes)
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

// remembering is an import that knows events in so many bytes of memory.
func remembering(t *testing.T, l *Lake, bytes int64) *Import {
	t.Helper()
	store, err := l.Find(t.Context(), "trail")
	if errors.Is(err, ErrNotFound) {
		store, err = l.Create(t.Context(), CreateEventDataStore{Name: "trail"})
	}
	if err != nil {
		t.Fatal(err)
	}
	im, err := l.BeginImport(t.Context(), store, ImportOptions{Parallelism: 1})
	if err != nil {
		t.Fatal(err)
	}
	im.remembered.max = bytes
	return im
}

// However many events a day has, and before any commit, what an import knows of them takes no more memory than it may.
func TestManyEventsOfADayTakeLittleMemory(t *testing.T) {
	l := openLake(t, laketest.Dir(t), nil)
	defer closeLake(t, l)
	const memory = 32 << 10
	im := remembering(t, l, memory)
	today := DayOf(noon.UnixMilli(), true)
	random := rand.New(rand.NewPCG(5, 6))
	seen := map[string]bool{}
	for range 12_000 {
		day, id := today-Day(random.IntN(2)), fmt.Sprint(random.IntN(9000))
		key := keyWith(id, "a", id)
		where := fmt.Sprint(day, id)
		want, other := First, fmt.Sprint(2*today-1-day, id)
		switch {
		case seen[where]:
			want = Repeated
		case seen[other]:
			want = Conflicting
		}
		seen[where] = true
		if got, err := im.Sight(t.Context(), day, key); err != nil || got != want {
			t.Fatalf("event %s: %d, %v; want %d", where, got, err, want)
		}
		if im.remembered.bytes > memory {
			t.Fatalf("%d bytes after %d events", im.remembered.bytes, len(seen))
		}
	}
	if im.Crowded() {
		t.Error("a commit is asked for, which would set nothing free")
	}
	if err := im.Finish(ImportCompleted); err != nil {
		t.Error(err)
	}
	if left := strays(t, l, im.Store()); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// daysOf returns archives of one day each.
func daysOf(days, each int) (archives []testArchive) {
	for d := range days {
		a := testArchive{name: fmt.Sprint("day ", d)}
		for i := range each {
			a.events = append(a.events, testEvent{id: fmt.Sprintf("%d-%d", d, i), day: -2 * d})
		}
		archives = append(archives, a)
	}
	return archives
}

// Events that come in no order at all do not have the import read the data files again and again.
func TestDataFilesAreReadFewTimes(t *testing.T) {
	dir := laketest.Dir(t)
	var disk *faultDisk
	l := openLake(t, dir, func(d Disk) Disk { disk = newFaultDisk(d); return disk })
	defer closeLake(t, l)
	const days, each = 9, 30
	archives := daysOf(days, each)
	im := remembering(t, l, 0)
	if err := im.Finish(ImportCompleted); err != nil {
		t.Fatal(err)
	}
	if err := importArchives(t.Context(), l, im.Store(), archives...); err != nil {
		t.Fatal(err)
	}
	im = remembering(t, l, 4*int64(slotsFor(each)*len(EventKey{}))) // of nine days four are in memory
	random := rand.New(rand.NewPCG(7, 8))
	disk.log = nil
	for range 2000 {
		e := archives[random.IntN(days)].events[random.IntN(each)]
		if got, err := im.Sight(t.Context(), DayOf(e.millis(), true), e.key()); err != nil || got != Repeated {
			t.Fatalf("%d, %v", got, err)
		}
	}
	opened := 0
	for _, line := range disk.log {
		if strings.HasPrefix(line, "open ") {
			opened++
		}
	}
	if opened > 2*days {
		t.Errorf("%d data files were opened %d times", days, opened)
	}
	if err := im.Finish(ImportCompleted); err != nil {
		t.Error(err)
	}
}

// Whatever the scratch file does, the import says so and leaves nothing behind, and the next one completes the work.
func TestFaultsOfTheScratchFile(t *testing.T) {
	archives := daysOf(4, 600)
	run := func(l *Lake, memory int64) (err error) {
		im := remembering(t, l, memory)
		defer func() { err = errors.Join(err, im.Finish(ImportFailed)) }()
		for range 2 {
			for _, a := range archives {
				var kept []testEvent
				for _, e := range a.events {
					sighting, err := im.Sight(t.Context(), DayOf(e.millis(), true), e.key())
					if err != nil {
						return err
					}
					if sighting == First {
						kept = append(kept, e)
					}
				}
				if len(kept) == 0 {
					continue
				}
				if err := im.Write(DayOf(kept[0].millis(), true), batchOf(kept), 1, nil); err != nil {
					return err
				}
			}
			if err := im.Commit(context.WithoutCancel(t.Context()), &ImportCounts{}); err != nil {
				return err
			}
		}
		return nil
	}
	faulty := func(at int) (log []string, err error) {
		dir := laketest.Dir(t)
		var disk *faultDisk
		l := openLake(t, dir, func(d Disk) Disk { disk = newFaultDisk(d); return disk })
		defer closeLake(t, l)
		disk.at, disk.err = at, syscall.ENOSPC
		err = run(l, 1)
		log = disk.log
		disk.at = 0
		im := remembering(t, l, 0)
		if left := strays(t, l, im.Store()); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
		if err := im.Finish(ImportCompleted); err != nil {
			t.Error(err)
		}
		return log, err
	}
	log, err := faulty(0)
	if err != nil {
		t.Fatal(err)
	}
	verbs := map[string]int{}
	for i, line := range log {
		verb, name, _ := strings.Cut(line, " ")
		if !strings.HasSuffix(name, ".ids.tmp") {
			continue
		}
		if verbs[verb]++; verbs[verb] > 3 {
			continue
		}
		if _, err := faulty(i + 1); !errors.Is(err, syscall.ENOSPC) || verb != "close" && !strings.Contains(err.Error(), "scratch file") {
			t.Errorf("%s: %v", line, err)
		}
	}
	if len(verbs) != 4 {
		t.Errorf("operations on the scratch file: %v", verbs)
	}
}
