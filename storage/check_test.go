package storage

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/storage/catalog"
)

// checked returns what a check finds, a line each: D is the store's folder, U a name of random.
func checked(t *testing.T, l *Lake, o CheckOptions) (findings string, damaged bool) {
	t.Helper()
	r, err := l.Check(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s|%s|%s|%s|%s|%s\n", f.Kind, f.Store, f.Path, f.Problem, f.Meaning, f.Repair)
	}
	text := regexp.MustCompile(`stores/[0-9a-f-]{36}`).ReplaceAllString(b.String(), "D")
	text = regexp.MustCompile(`[0-9A-Z]{26}|[0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f-]{27}`).ReplaceAllString(text, "U")
	return text, r.Damaged()
}

// small is a lake with two days of events and one without time.
func small(t *testing.T) (*clockedLake, *EventDataStore) {
	t.Helper()
	l := newClockedLake(t)
	store := l.with("trail", StatusEnabled, true)
	if err := importArchives(t.Context(), l.Lake, store, before); err != nil {
		t.Fatal(err)
	}
	return l, store
}

func (c *clockedLake) files(store *EventDataStore) []DataFile {
	c.t.Helper()
	s, err := c.snapshot(c.t.Context(), store.ID)
	if err != nil {
		c.t.Fatal(err)
	}
	return s.Files
}

// alter changes the bytes of a file below the lake.
func (c *clockedLake) alter(name string, f func(b []byte) []byte) {
	c.t.Helper()
	path := filepath.Join(c.Dir(), filepath.FromSlash(name))
	b, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, f(b), 0o600)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

func TestCheckOfASoundLake(t *testing.T) {
	l, _ := small(t)
	l.with("empty", StatusStoppedIngestion, true)
	l.with("deleted", StatusPendingDeletion, false)
	for _, o := range []CheckOptions{{}, {Deep: true}, {Repair: true}, {Deep: true, Repair: true}} {
		if got, damaged := checked(t, l.Lake, o); got != "" || damaged {
			t.Errorf("%+v: %s", o, got)
		}
	}
	r, err := l.Check(t.Context(), CheckOptions{})
	if err != nil || r.Stores != 3 || r.Files != 3 || r.Events != 4 || r.Bytes == 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

// Leftovers are told, are no damage, and are tidied up by a repair.
func TestCheckOfLeftovers(t *testing.T) {
	l, store := small(t)
	im, err := l.BeginImport(t.Context(), store, ImportOptions{Parallelism: 1})
	if err != nil {
		t.Fatal(err)
	}
	r, err := l.Check(t.Context(), CheckOptions{})
	if err != nil || r.Writing == nil || len(r.Findings) > 0 {
		t.Errorf("while an import runs: %+v, %v", r, err)
	}
	if _, err := l.Check(t.Context(), CheckOptions{Repair: true}); err == nil || !strings.Contains(err.Error(), "(import into trail)") {
		t.Errorf("a repair while an import runs: %v", err)
	}
	if err := im.unlock(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"stores/" + store.ID + "/calendarday=20260310/_x.orc.tmp", "stores/unknown/calendarday=20260310/y.orc", "stores/note.txt"} {
		path := filepath.Join(l.Dir(), filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, o := range []CheckOptions{{}, {Repair: true}, {}} {
		got, damaged := checked(t, l.Lake, o)
		want := ""
		if o.Repair || strings.Contains(got, "_x.orc.tmp") {
			repair := func(text string) string {
				if o.Repair {
					return text
				}
				return ""
			}
			want = `interrupted|||import U did not come to its end|what it committed is there; the same ingest goes on from it|` + repair("it counts as FAILED") + `
orphan|trail|D/calendarday=20260310/_x.orc.tmp|the catalog does not know it|no query sees it; the next import into its store removes it|` + repair("moved to quarantine/U/calendarday=20260310/_x.orc.tmp") + `
orphan||stores/note.txt|the catalog does not know it|no query sees it: the catalog has no such event data store|` + repair("moved to quarantine/note.txt") + `
orphan||stores/unknown/calendarday=20260310/y.orc|the catalog does not know it|no query sees it: the catalog has no such event data store|` + repair("moved to quarantine/unknown/calendarday=20260310/y.orc") + "\n"
		}
		if damaged || got != want {
			t.Errorf("%+v:\n%s\nwant:\n%s", o, got, want)
		}
	}
	if b, err := os.ReadFile(filepath.Join(l.Dir(), quarantineName, store.ID, "calendarday=20260310", "_x.orc.tmp")); err != nil || string(b) != "x" {
		t.Errorf("in quarantine: %q, %v", b, err)
	}
}

// What damage is called, and what it means.
func TestCheckOfDamage(t *testing.T) {
	const day = "D/calendarday=20260310/U.orc"
	means := "queries that need it fail and name it; with --skip-damaged the events in it are left out: 2 of 2026-03-10"
	for _, c := range []struct {
		name   string
		damage func(l *clockedLake, f DataFile)
		want   string
	}{
		{"missing", func(l *clockedLake, f DataFile) {
			if err := l.disk.Remove(f.Path); err != nil {
				t.Fatal(err)
			}
		}, "missing|trail|" + day + "|it is not there|" + means + "|\n"},
		{"cut short", func(l *clockedLake, f DataFile) { l.alter(f.Path, func(b []byte) []byte { return b[:len(b)-1] }) },
			"damaged|trail|" + day + `|has \d+ bytes where the catalog says \d+: .*\|` + means + "|\n" + `damaged\|trail\|` + day + `\|.*` + "\n"},
		{"empty", func(l *clockedLake, f DataFile) { l.alter(f.Path, func([]byte) []byte { return nil }) },
			"damaged|trail|" + day + `|has 0 bytes where the catalog says \d+: .*\|` + means + "|\n" + `damaged\|trail\|` + day + `\|open data file: .*` + "\n"},
		{"a bit", func(l *clockedLake, f DataFile) {
			l.alter(f.Path, func(b []byte) []byte { b[200] ^= 4; return b })
		}, "damaged|trail|" + day + `|has the SHA-256 U where the catalog says U: .*\|` + means + `|` + "\n" + `(damaged\|trail\|` + day + `\|stripe 0, column .*` + "\n)*"},
	} {
		l, store := small(t)
		f := l.files(store)[2]
		c.damage(l, f)
		want := regexp.MustCompile(`(?s)^` + strings.ReplaceAll(strings.ReplaceAll(c.want, `\|`, "|"), "|", `\|`) + `$`)
		for _, o := range []CheckOptions{{}, {Deep: true}} {
			got, damaged := checked(t, l.Lake, o)
			if !damaged || !want.MatchString(got) {
				t.Errorf("%s, %+v:\n%s\nwant:\n%s", c.name, o, got, want)
			}
		}
		s, err := l.snapshot(t.Context(), store.ID)
		if err != nil {
			t.Fatal(err)
		}
		left := ""
		if err := s.SkipDamaged(t.Context(), func(f DataFile, err error) { left += f.Path }); err != nil || left != f.Path || len(s.Files) != 2 {
			t.Errorf("%s: %q is left out, %d files stay; %v", c.name, left, len(s.Files), err)
		}
	}
}

// What changed in the catalog, and what that means.
func TestCheckOfAChangedCatalog(t *testing.T) {
	for _, c := range []struct{ was, is, want string }{
		{"/Records/7", "/Records/9", "catalog||catalog.db|the list of failures of import U is not as it was written|what imports failures lists may be wrong; queries of events are not concerned; restore the catalog from a backup|\n"},
		{"somewhere.json", "somewhera.json", `catalog||catalog.db|the list of archives of import U is not as it was written|an archive may be read again, whose events are then known as duplicates, and queries of "$integrity" fail; those of events alone are not concerned; restore the catalog from a backup|` + "\n"},
		{"counted from now", "counted from not", `catalog||catalog.db|the log of purges of event data store U is not as it was written|queries of "$purges" fail; queries of events are not concerned; restore the catalog from a backup|` + "\n"},
		{"calendarday=20260310/", "calendarday=20260311/", "catalog|trail|catalog.db|the list of data files of event data store U is not as it was written|queries of this event data store fail; restore the catalog from a backup|\n"},
		{"EXTENDABLE_", "EXTENDABLO_", "catalog||catalog.db|the row of event data store U is not as it was written|no statement is answered, since which event data store is which is not known; restore the catalog from a backup|\n"},
	} {
		l := newClockedLake(t)
		store := l.with("trail", StatusEnabled, true)
		if err := importArchives(t.Context(), l.Lake, store, before, testArchive{"somewhere.json", []testEvent{{id: "x", day: -20}}}); err != nil {
			t.Fatal(err)
		}
		im, err := l.BeginImport(t.Context(), store, ImportOptions{Parallelism: 1})
		if err != nil {
			t.Fatal(err)
		}
		im.Failed(ImportFailure{Path: "x", Pointer: "/Records/7", Reason: "why"})
		if err := im.Finish(ImportCompleted); err != nil {
			t.Fatal(err)
		}
		days := 10
		if _, err := l.Update(t.Context(), "trail", UpdateEventDataStore{RetentionDays: &days}); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Retain(t.Context(), "", RetainOptions{}); err != nil {
			t.Fatal(err)
		}
		closeLake(t, l.Lake)
		l.alter(catalogName, func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(c.was), []byte(c.is)) })
		l.Lake = disturbedLake(t, l.Dir(), noon, nil).Lake // closed at the end of the test
		if got, damaged := checked(t, l.Lake, CheckOptions{Deep: true}); !damaged || got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.was, got, c.want)
		}
	}
}

// Any changed bit of any data file is found.
func TestBitFlipsAreFound(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	flips, checks := int64(80), int64(40)
	if *everyFault {
		flips, checks = 200, 20
	}
	l, store := small(t)
	for _, f := range l.files(store) {
		s, err := l.snapshot(t.Context(), store.ID)
		if err != nil {
			t.Fatal(err)
		}
		for i := range flips {
			at := random.Int64N(f.Bytes)
			if i < 64 { // the postscript, of which a flip is likeliest to be taken for something else
				at = f.Bytes - 1 - i
			}
			bit := byte(1) << random.IntN(8)
			flip := func(b []byte) []byte { b[at] ^= bit; return b }
			l.alter(f.Path, flip)
			if err := s.Verify(t.Context(), f); err == nil {
				t.Errorf("bit %d of byte %d of %s is not missed", bit, at, f.Path)
			}
			if i%checks == 0 {
				if _, damaged := checked(t, l.Lake, CheckOptions{Deep: true}); !damaged {
					t.Errorf("byte %d of %s: the check finds nothing", at, f.Path)
				}
			}
			l.alter(f.Path, flip)
		}
	}
	if got, damaged := checked(t, l.Lake, CheckOptions{Deep: true}); damaged {
		t.Errorf("in the end: %s", got)
	}
}

// What the catalog says wrongly of a sound file.
func TestCheckOfAWrongCatalog(t *testing.T) {
	l, store := small(t)
	other := l.with("other", StatusEnabled, true)
	im := catalog.Import{ID: newUUID(), StoreID: other.ID, Status: string(ImportCompleted), Started: noon}
	if err := l.catalog.BeginImport(t.Context(), im, "FAILED", func(catalog.Store) error { return nil }); err != nil {
		t.Fatal(err)
	}
	// The catalog has a copy of the file of the last day under another store, day, number of rows and time.
	f := l.files(store)[2]
	name := "stores/" + other.ID + "/calendarday=20260309/" + f.ID + ".orc"
	if err := os.MkdirAll(filepath.Join(l.Dir(), filepath.Dir(filepath.FromSlash(name))), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(l.Dir(), filepath.FromSlash(f.Path)), filepath.Join(l.Dir(), filepath.FromSlash(name))); err != nil {
		t.Fatal(err)
	}
	row := catalog.DataFile{ID: "second", StoreID: other.ID, ImportID: im.ID, Path: name, CalendarDay: 20260309, Rows: 3, Bytes: f.Bytes,
		MinEventTime: f.MinEventTime + 1, MaxEventTime: f.MaxEventTime, HasEventTime: true, Checksum: f.Checksum, Created: noon}
	third := row
	third.ID, third.Path = "third", "stores/"+other.ID+"/calendarday=20260309/third.orc"
	third.CalendarDay, third.Rows, third.MinEventTime = 20260310, 2, f.MinEventTime
	if err := os.Link(filepath.Join(l.Dir(), filepath.FromSlash(f.Path)), filepath.Join(l.Dir(), filepath.FromSlash(third.Path))); err != nil {
		t.Fatal(err)
	}
	if err := l.catalog.Commit(t.Context(), catalog.ImportCommit{ImportID: im.ID, StoreID: other.ID, Files: []catalog.DataFile{row, third}}); err != nil {
		t.Fatal(err)
	}
	if err := l.catalog.FinishImport(t.Context(), im.ID, "COMPLETED", noon, nil); err != nil {
		t.Fatal(err)
	}
	got, damaged := checked(t, l.Lake, CheckOptions{Deep: true})
	want := []string{
		`wrong|other|D/calendarday=20260309/U.orc|it has 2 rows where the catalog says 3|`,
		`wrong|other|D/calendarday=20260309/U.orc|its metadata says ctlake.calendarday "20260310", the catalog "20260309"|`,
		`wrong|other|D/calendarday=20260309/U.orc|its metadata says ctlake.store "U", the catalog "U"|`,
		`wrong|other|D/calendarday=20260309/U.orc|stripe 0, row 0: an event of 2026-03-10 in a file of 2026-03-09|`,
		`duplicate|other|D/calendarday=20260309/third.orc|the store has 2 of its events twice, the first "2"|queries count them twice|`,
	}
	for _, line := range want {
		if !strings.Contains(got, line) {
			t.Errorf("%s\nis missing in:\n%s", line, got)
		}
	}
	if !damaged || strings.Contains(got, "|trail|") {
		t.Errorf("damaged %v:\n%s", damaged, got)
	}
}
