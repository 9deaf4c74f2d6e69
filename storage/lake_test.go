package storage

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/storage/orc"
)

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	absent := filepath.Join(dir, "absent")
	if _, err := Open(t.Context(), absent, Options{}); !errors.Is(err, ErrNoLake) {
		t.Errorf("absent: %v", err)
	}
	if _, err := Open(t.Context(), dir, Options{}); !errors.Is(err, ErrNoLake) {
		t.Errorf("a folder that is no lake: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, catalogName)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("opening made a catalog: %v", err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), file, Options{}); !errors.Is(err, errNotADirectory) {
		t.Errorf("a file: %v", err)
	}
	closeLake(t, openLake(t, absent, nil))
	for _, mode := range []fs.FileMode{0o770, 0o702} {
		if err := os.Chmod(absent, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), absent, Options{}); !errors.Is(err, ErrUnsafe) || !strings.Contains(err.Error(), "chmod go-w "+absent) {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
}

func TestNobodyElseMayReadTheLake(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lake")
	l := openLake(t, dir, nil)
	defer closeLake(t, l)
	store, err := l.Create(t.Context(), CreateEventDataStore{Name: "trail"})
	if err != nil {
		t.Fatal(err)
	}
	if err := importArchives(t.Context(), l, store, before); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestCreateAndFind(t *testing.T) {
	l := openLake(t, t.TempDir(), nil)
	defer closeLake(t, l)
	store, err := l.Create(t.Context(), CreateEventDataStore{Name: "Trail"})
	if err != nil {
		t.Fatal(err)
	}
	if store.RetentionDays != DefaultRetentionDays || store.RetentionFrom != RetentionFromNow || store.Status != StatusEnabled || !store.Created.Equal(noon) {
		t.Errorf("got %+v", store)
	}
	for _, ref := range []string{"Trail", "trail", store.ID, strings.ToUpper(store.ID), store.ARN} {
		if found, err := l.Find(t.Context(), ref); err != nil || found.ID != store.ID {
			t.Errorf("%s: %v", ref, err)
		}
	}
	if _, err := l.Find(t.Context(), "other"); !errors.Is(err, ErrNotFound) {
		t.Errorf("other: %v", err)
	}
	f := func(in CreateEventDataStore, want error) {
		t.Helper()
		if _, err := l.Create(t.Context(), in); !errors.Is(err, want) {
			t.Errorf("%+v: %v, want %v", in, err, want)
		}
	}
	f(CreateEventDataStore{Name: "TRAIL"}, ErrExists)
	f(CreateEventDataStore{Name: "ab"}, ErrInvalid)
	f(CreateEventDataStore{Name: "../x"}, ErrInvalid)
	f(CreateEventDataStore{Name: strings.Repeat("x", 129)}, ErrInvalid)
	f(CreateEventDataStore{Name: store.ID}, ErrInvalid)
	f(CreateEventDataStore{Name: "short", RetentionDays: MinRetentionDays - 1}, ErrInvalid)
	f(CreateEventDataStore{Name: "long", RetentionDays: MaxRetentionDays + 1}, ErrInvalid)
	f(CreateEventDataStore{Name: "odd", RetentionFrom: "then"}, ErrInvalid)
	f(CreateEventDataStore{Name: "longest", RetentionDays: MaxRetentionDays, RetentionFrom: RetentionFromNewest}, nil)
}

func TestASnapshotIsOneMoment(t *testing.T) {
	l := openLake(t, t.TempDir(), nil)
	defer closeLake(t, l)
	store, err := l.Create(t.Context(), CreateEventDataStore{Name: "trail", RetentionDays: 30})
	if err != nil {
		t.Fatal(err)
	}
	if err := importArchives(t.Context(), l, store, before); err != nil {
		t.Fatal(err)
	}
	s, err := l.Snapshot(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	if want := noon.AddDate(0, 0, -30).UnixMilli(); s.NotBefore != want {
		t.Errorf("events before %v have expired, want %v", time.UnixMilli(s.NotBefore), time.UnixMilli(want))
	}
	files := slices.Clone(s.Files)
	if err := importArchives(t.Context(), l, store, first); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(files, s.Files) {
		t.Error("an import changed it")
	}
	days := []int64{}
	for _, f := range files {
		days = append(days, f.Day.Calendar())
	}
	if !slices.Equal(days, []int64{0, 20260309, 20260310}) {
		t.Errorf("files are of the days %v", days)
	}
}

func TestADataFileOfAnotherSizeIsCorrupt(t *testing.T) {
	dir := t.TempDir()
	l := openLake(t, dir, nil)
	defer closeLake(t, l)
	store, err := l.Create(t.Context(), CreateEventDataStore{Name: "trail"})
	if err != nil {
		t.Fatal(err)
	}
	if err := importArchives(t.Context(), l, store, before); err != nil {
		t.Fatal(err)
	}
	s, err := l.Snapshot(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	f := s.Files[0]
	if err := os.Truncate(filepath.Join(dir, filepath.FromSlash(f.Path)), f.Bytes-1); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(f); !errors.Is(err, orc.ErrCorrupt) || !strings.Contains(err.Error(), f.Path) {
		t.Errorf("cut short: %v", err)
	}
	if err := importArchives(t.Context(), l, store, testArchive{"again", []testEvent{{id: "9", noTime: true}}}); !errors.Is(err, orc.ErrCorrupt) {
		t.Errorf("an import over it: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, filepath.FromSlash(f.Path))); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(f); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), f.Path) {
		t.Errorf("gone: %v", err)
	}
}

func TestDays(t *testing.T) {
	f := func(millis int64, hasTime bool, calendar int64, folder string) {
		t.Helper()
		d := DayOf(millis, hasTime)
		if d.Calendar() != calendar || d.folder() != folder || dayOfCalendar(calendar) != d {
			t.Errorf("%d: %d, %s, %d", millis, d.Calendar(), d.folder(), dayOfCalendar(calendar))
		}
	}
	f(noon.UnixMilli(), true, 20260310, "calendarday=20260310")
	f(0, true, 19700101, "calendarday=19700101")
	f(-1, true, 19691231, "calendarday=19691231")
	f(0, false, 0, "calendarday=__HIVE_DEFAULT_PARTITION__")
	f(time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).UnixMilli(), true, 99991231, "calendarday=99991231")
}

func TestFileNamesAscend(t *testing.T) {
	var u ulids
	last := ""
	for i := range 2000 {
		name := u.next(noon.Add(time.Duration(i/1000-i%3) * time.Millisecond)) // the clock steps back too
		if name <= last || len(name) != 26 {
			t.Fatalf("%s after %s", name, last)
		}
		last = name
	}
}
