package storage

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// noon is the clock of all lakes here.
var noon = time.Date(2026, time.March, 10, 12, 0, 0, 0, time.UTC)

func openLake(t *testing.T, dir string, wrap func(Disk) Disk) *Lake {
	t.Helper()
	l, err := Open(t.Context(), dir, Options{Create: true, Now: func() time.Time { return noon }, WrapDisk: wrap})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func closeLake(t *testing.T, l *Lake) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

// testEvent is an event with nothing but what an import looks at. day is relative to that of noon.
type testEvent struct {
	id     string // "" is NULL
	day    int
	noTime bool
	offset time.Duration // from noon of the day
}

func (e testEvent) millis() int64 { return noon.AddDate(0, 0, e.day).Add(e.offset).UnixMilli() }
func (e testEvent) text() string  { return fmt.Sprintf(`{"eventID":%q,"day":%d}`, e.id, e.day) }

func (e testEvent) key() EventKey {
	if e.id == "" {
		return KeyOfContent(sha256.Sum256([]byte(e.text())))
	}
	key, _ := KeyOf([]byte(e.id), []byte("111122223333"), sha256.Sum256([]byte(e.text())), nil)
	return key
}

// batchOf returns events as the record builder makes them of records.
func batchOf(events []testEvent) *vector.Batch {
	n := len(events)
	b := &vector.Batch{N: n}
	for _, c := range schema.Events.Columns {
		texts, ints, nulls := make([]string, n), make([]int64, n), vector.NewBitmap(n)
		for i, e := range events {
			sum := sha256.Sum256([]byte(e.text()))
			switch c.Name {
			case schema.EventID:
				if texts[i] = e.id; e.id == "" {
					nulls.Set(i)
				}
			case schema.EventTime:
				if ints[i] = e.millis() * 1000; e.noTime {
					nulls.Set(i)
				}
			case schema.Recipient:
				texts[i] = "111122223333"
			case schema.EventJSON:
				texts[i] = e.text()
			case schema.Checksum:
				texts[i] = base64.StdEncoding.EncodeToString(sum[:])
			default:
				nulls.Set(i)
			}
		}
		switch {
		case c.Name == schema.EventTime:
			b.Columns = append(b.Columns, vector.NewFlat(types.TTimestamp, ints, nulls))
		case c.Type.Is(types.Varchar):
			b.Columns = append(b.Columns, vector.NewFlat(types.TVarchar, texts, nulls))
		default:
			b.Columns = append(b.Columns, vector.NewNull(c.Type, n))
		}
	}
	return b
}

// testArchive is a named list of events.
type testArchive struct {
	name   string
	events []testEvent
}

func (a testArchive) digest() [32]byte { return sha256.Sum256([]byte(a.name)) }

// importArchives imports archives one by one, with a commit after each, as package ingest
// does: archives and events that the store has are passed over.
func importArchives(ctx context.Context, l *Lake, store *EventDataStore, archives ...testArchive) error {
	return importBeside(ctx, l, store, 1, archives...)
}

// importBeside is importArchives with so many files sealed side by side.
func importBeside(ctx context.Context, l *Lake, store *EventDataStore, parallelism int, archives ...testArchive) (err error) {
	im, err := l.BeginImport(ctx, store, ImportOptions{Parallelism: parallelism})
	if err != nil {
		return err
	}
	defer func() {
		if errors.Is(err, errStopped) {
			// The process is gone: nothing is cleaned up, the system releases the lock.
			err = errors.Join(err, im.unlock())
			return
		}
		status := ImportCompleted
		if err != nil {
			status = ImportFailed
		}
		err = errors.Join(err, im.Finish(status))
	}()
	for _, a := range archives {
		if known, err := im.Imported(ctx, a.digest()); err != nil {
			return err
		} else if known {
			continue
		}
		byDay := map[Day][]testEvent{}
		for _, e := range a.events {
			day := DayOf(e.millis(), !e.noTime)
			sighting, err := im.Sight(ctx, day, e.key())
			if err != nil {
				return err
			}
			if sighting != Repeated {
				byDay[day] = append(byDay[day], e)
			}
		}
		var days []Day
		for day := range byDay {
			days = append(days, day)
		}
		slices.Sort(days)
		for _, day := range days {
			if err := im.Write(day, batchOf(byDay[day]), 100, nil); err != nil {
				return err
			}
			for _, e := range byDay[day] {
				if !e.noTime {
					im.SawTime(e.millis())
				}
			}
		}
		im.ArchiveDone(ImportedArchive{Digest: a.digest(), Path: a.name, Events: int64(len(a.events))})
		if err := im.Commit(ctx, &ImportCounts{}); err != nil {
			return err
		}
	}
	return nil
}

// contents returns the events of a store, sorted, after it has held the catalog against the files.
func contents(t *testing.T, l *Lake, name string) []string {
	t.Helper()
	store, err := l.Find(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.Snapshot(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range s.Files {
		if err := matches(l, f); err != nil {
			t.Error(err)
		}
		file, err := s.Open(f)
		if err != nil {
			t.Fatal(err)
		}
		rows := int64(0)
		for i := range file.Stripes() {
			stripe, err := file.Stripe(i)
			if err != nil {
				t.Fatal(err)
			}
			column, err := stripe.Column([]string{schema.EventJSON})
			if err != nil {
				t.Fatal(err)
			}
			texts, err := column.Read(0, stripe.Rows())
			if err != nil {
				t.Fatal(err)
			}
			for row := range stripe.Rows() {
				all = append(all, fmt.Sprintf("%d %s", f.Day.Calendar(), vector.ValueAt(texts, row)))
				rows++
			}
		}
		if rows != f.Rows {
			t.Errorf("%s holds %d rows, the catalog says %d", f.Path, rows, f.Rows)
		}
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}
	slices.Sort(all)
	return all
}

// rowsOf returns the texts of the events in a data file, in their order.
func rowsOf(t *testing.T, s *Snapshot, f DataFile) (rows []string) {
	t.Helper()
	err := s.scan(t.Context(), f, []string{schema.EventJSON}, func(b *vector.Batch) error {
		for row := range b.N {
			rows = append(rows, fmt.Sprint(vector.ValueAt(b.Columns[0], row)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// matches compares a data file with the checksum that the catalog has of it.
func matches(l *Lake, f DataFile) error {
	file, err := l.disk.Open(f.Path)
	if err != nil {
		return err
	}
	content := make([]byte, file.Size())
	if _, err := file.ReadAt(content, 0); err != nil {
		return errors.Join(err, file.Close())
	}
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != f.Checksum {
		return errors.Join(fmt.Errorf("%s is not what its checksum says", f.Path), file.Close())
	}
	return file.Close()
}

// expected returns what contents returns for archives.
func expected(archives ...testArchive) []string {
	seen := map[EventKey]bool{}
	var all []string
	for _, a := range archives {
		for _, e := range a.events {
			if !seen[e.key()] {
				seen[e.key()] = true
				all = append(all, fmt.Sprintf("%d %s", DayOf(e.millis(), !e.noTime).Calendar(), e.text()))
			}
		}
	}
	slices.Sort(all)
	return all
}

// strays returns the files below a store that the catalog does not know.
func strays(t *testing.T, l *Lake, store *EventDataStore) (names []string) {
	t.Helper()
	s, err := l.snapshot(t.Context(), store.ID) // not Snapshot: it would make purged files wait
	if err != nil {
		t.Fatal(err)
	}
	dir := path.Join(storesName, store.ID)
	days, err := l.disk.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, day := range days {
		files, err := l.disk.ReadDir(path.Join(dir, day.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			name := path.Join(dir, day.Name(), f.Name())
			if !slices.ContainsFunc(s.Files, func(known DataFile) bool { return known.Path == name }) {
				names = append(names, strings.TrimPrefix(name, dir+"/"))
			}
		}
	}
	return names
}
