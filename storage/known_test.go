package storage

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// What is known of the catalog is never older than its last commit, whoever made it.
func TestCommitsOfOthersAreNoticed(t *testing.T) {
	dir, clock := t.TempDir(), noon
	reader, err := Open(t.Context(), dir, Options{Create: true, Now: func() time.Time { return clock }})
	if err != nil {
		t.Fatal(err)
	}
	defer closeLake(t, reader)
	writer := openLake(t, dir, nil) // as another process has it
	defer closeLake(t, writer)
	names := func() (out []string) {
		t.Helper()
		for range 2 { // read, and known
			stores, err := reader.EventDataStores(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			out = nil
			for _, s := range stores {
				out = append(out, s.Name)
			}
		}
		return out
	}
	rows := func(s *EventDataStore) (n int64) {
		t.Helper()
		for range 2 {
			snapshot, err := reader.Snapshot(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			n = 0
			for _, f := range snapshot.Files {
				n += f.Rows
			}
		}
		return n
	}
	if got := names(); len(got) > 0 {
		t.Error(got)
	}
	store, err := writer.Create(t.Context(), CreateEventDataStore{Name: "trail", Unprotected: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := names(); !slices.Equal(got, []string{"trail"}) {
		t.Error(got)
	}
	if n := rows(store); n != 0 {
		t.Error(n)
	}
	if err := importArchives(t.Context(), writer, store, before); err != nil {
		t.Fatal(err)
	}
	some := rows(store)
	if some == 0 {
		t.Error("no rows after an import")
	}
	if err := importArchives(t.Context(), reader, store, testArchive{"later", []testEvent{{id: "9", day: -1}}}); err != nil { // in this process
		t.Fatal(err)
	}
	if n := rows(store); n <= some {
		t.Error(some, n)
	}
	first, err := reader.Snapshot(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	clock = clock.Add(time.Hour) // without a commit
	later, err := reader.Snapshot(t.Context(), store)
	if err != nil || later.NotBefore != first.NotBefore+time.Hour.Milliseconds() {
		t.Error(first.NotBefore, later.NotBefore, err)
	}
	if _, err := writer.Delete(t.Context(), "trail"); err != nil {
		t.Fatal(err)
	}
	if _, err := reader.Snapshot(t.Context(), store); !errors.Is(err, ErrInactive) {
		t.Error(err)
	}
	clock = clock.AddDate(0, 0, 8) // its days of waiting are over
	if got := names(); len(got) > 0 {
		t.Error(got)
	}
	if _, err := reader.Snapshot(t.Context(), store); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}
