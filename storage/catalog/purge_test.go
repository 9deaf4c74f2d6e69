package catalog

import (
	"testing"
	"time"
)

func TestPurge(t *testing.T) {
	c, path := made(t)
	other := opened(t, path)
	must(t, create(c, store("o", "other")))
	must(t, c.Commit(ctx, ImportCommit{ImportID: "i", StoreID: "s", Files: []DataFile{file("a", 1), file("b", 1), file("c", 2)},
		Archives: []Archive{{StoreID: "s", ImportID: "i", Digest: "d"}}}))
	files := func(want string) {
		t.Helper()
		s, err := other.Snapshot(ctx, "s")
		must(t, err)
		same(t, "files", ids(s.Files), want)
	}

	for what, in := range map[string]PurgeCommit{
		"an unknown file":         {StoreID: "s", FileIDs: []string{"a", "x"}, At: start},
		"a file twice":            {StoreID: "s", FileIDs: []string{"a", "a"}, At: start},
		"a file of another store": {StoreID: "o", FileIDs: []string{"a"}, At: start},
	} {
		_, err := c.Purge(ctx, in)
		wantError(t, what, err, ErrNotFound)
		files("a b c")
	}
	p, err := c.Purge(ctx, PurgeCommit{StoreID: "s", At: start})
	must(t, err)
	same(t, "purge of nothing", p, []Purge(nil))

	first, err := c.Purge(ctx, PurgeCommit{StoreID: "s", FileIDs: []string{"b", "a"}, NotBefore: -77, Floor: -90, Rule: "age", At: start})
	must(t, err)
	same(t, "purge", first, []Purge{{ID: 1, StoreID: "s", StoreName: "trail", At: start, CalendarDay: 1, HasDay: true, NotBefore: -77, HasNotBefore: true,
		Files: 2, Rows: 2, Bytes: 4, Rule: "age"}})
	files("c")
	second, err := c.Purge(ctx, PurgeCommit{StoreID: "s", FileIDs: []string{"c"}, Floor: -100, At: start.Add(time.Hour)})
	must(t, err)
	files("")
	s, err := other.Store(ctx, "s")
	must(t, err)
	same(t, "floor, which never sinks", s.Floor, int64(-90))
	log, err := other.Purges(ctx, "s")
	must(t, err)
	same(t, "log", log, append(first, second...))

	// Files stay known until they are gone from disk; their archives for ever.
	gone, err := other.PurgedFiles(ctx)
	must(t, err)
	same(t, "purged files", gone, []PurgedFile{{"p/a", "s", start}, {"p/b", "s", start}, {"p/c", "s", start.Add(time.Hour)}})
	must(t, c.ForgetPurgedFiles(ctx, []string{"p/a", "p/b", "unknown"}))
	gone, err = other.PurgedFiles(ctx)
	must(t, err)
	same(t, "purged files", gone, []PurgedFile{{"p/c", "s", start.Add(time.Hour)}})
	if known, err := other.HasArchive(ctx, "s", "d"); !known || err != nil {
		t.Errorf("archive: %v, %v", known, err)
	}
}

// What a reader began to look at stays as it was, whatever is committed meanwhile.
func TestSnapshotIsolation(t *testing.T) {
	c, _ := made(t)
	must(t, c.Commit(ctx, group(1, 2)))
	tx, err := c.read.Begin()
	must(t, err)
	defer func() { _ = tx.Rollback() }()
	s, err := readStore(ctx, tx, "s")
	must(t, err)
	must(t, c.Commit(ctx, group(2, 2)))
	_, err = c.Purge(ctx, PurgeCommit{StoreID: "s", FileIDs: []string{"000001-000000"}, At: start})
	must(t, err)
	files, err := dataFiles(ctx, tx, "s")
	must(t, err)
	same(t, "files of the older state", ids(files), "000001-000000 000001-000001")
	same(t, "newest of the older state", s.Newest.UnixMilli(), int64(1))
	now, err := c.Snapshot(ctx, "s")
	must(t, err)
	same(t, "files now", ids(now.Files), "000002-000000 000001-000001 000002-000001")
}
