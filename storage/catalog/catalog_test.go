package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	ctx   = context.Background()
	start = time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
)

func opened(t testing.TB, path string) *Catalog {
	t.Helper()
	c, err := Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// made returns a new catalog, with a store "s" and an import "i" into it.
func made(t testing.TB) (c *Catalog, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "catalog.db")
	c = opened(t, path)
	must(t, create(c, store("s", "trail")))
	must(t, begin(c, Import{ID: "i", StoreID: "s", Status: "IN_PROGRESS", Sources: []string{"logs"}, Started: start}))
	return c, path
}

func create(c *Catalog, s Store) error { return c.CreateStore(ctx, s, 10) }

func begin(c *Catalog, i Import) error {
	return c.BeginImport(ctx, i, "FAILED", func(Store) error { return nil })
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func store(id, name string) Store {
	return Store{ID: id, Name: name, ARN: "arn:" + id, Status: "ENABLED", Kind: "CloudTrail", Selectors: "[]", BillingMode: "EXTENDABLE_RETENTION_PRICING",
		RetentionDays: 366, RetentionFrom: "now", TerminationProtection: true, MultiRegion: true, Created: start, Updated: start}
}

func file(id string, day int64) DataFile {
	return DataFile{ID: id, StoreID: "s", ImportID: "i", Path: "p/" + id, CalendarDay: day, Rows: 1, Bytes: 2, RawBytes: 3,
		MinEventTime: 4, MaxEventTime: 5, HasEventTime: true, Checksum: "c", Statistics: []byte{0, 1, 255}, Created: start}
}

// ids returns the IDs of files, in their order.
func ids(files []DataFile) string {
	var out []string
	for _, f := range files {
		out = append(out, f.ID)
	}
	return strings.Join(out, " ")
}

func TestNewCatalog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?#%.db")
	c := opened(t, path)
	must(t, create(c, store("1", "trail")))
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode of %q: %v, %v", suffix, info, err)
		}
	}
	for db, want := range map[*sql.DB]map[string]string{
		c.write: {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000", "query_only": "0"},
		c.read:  {"journal_mode": "wal", "busy_timeout": "10000", "query_only": "1"},
	} {
		for pragma, value := range want {
			var got string
			if err := db.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != value {
				t.Errorf("%s is %s (%v), want %s", pragma, got, err, value)
			}
		}
	}
	if _, err := c.read.Exec("DELETE FROM stores"); err == nil {
		t.Error("a reader may write")
	}
}

// schema returns what a catalog's schema is made of.
func schema(t *testing.T, c *Catalog) string {
	t.Helper()
	parts, err := list(ctx, c.read, func(row scanner) (s string, err error) {
		err = row.Scan(&s)
		return s, err
	}, `SELECT name || ': ' || coalesce(sql, '') FROM sqlite_schema UNION ALL SELECT 'version ' || user_version FROM pragma_user_version ORDER BY 1`)
	must(t, err)
	return strings.Join(parts, "\n")
}

func TestMigrations(t *testing.T) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	must(t, err)
	for i, name := range names {
		if want := fmt.Sprintf("migrations/%04d.sql", i+1); name != want {
			t.Errorf("%s, want %s", name, want)
		}
	}
	fresh := opened(t, filepath.Join(t.TempDir(), "catalog.db"))
	want := schema(t, fresh)
	must(t, fresh.migrate(ctx))
	same(t, "after a second migration", schema(t, fresh), want)

	for version := 1; version < len(names); version++ {
		c := opened(t, older(t, names[:version], ""))
		same(t, fmt.Sprintf("schema of version %d, migrated", version), schema(t, c), want)
		holds(t, c, fmt.Sprintf("version %d, migrated", version))
		problems, err := c.Integrity(ctx)
		must(t, err)
		same(t, fmt.Sprintf("problems of version %d, migrated", version), problems, []Problem(nil))
	}
}

// older returns the path of a catalog as the migrations given leave it, with rows of each kind that they know, then changed by
// a statement.
func older(t *testing.T, names []string, change string) (path string) {
	t.Helper()
	version := len(names)
	path = filepath.Join(t.TempDir(), "catalog.db")
	db, err := connect(path, "immediate")
	must(t, err)
	run := func(statement string, args ...any) {
		t.Helper()
		_, err := db.Exec(statement, args...)
		must(t, err)
	}
	for _, name := range names {
		text, err := migrations.ReadFile(name)
		must(t, err)
		run(string(text))
	}
	run(fmt.Sprintf("PRAGMA user_version = %d", version))
	at := start.UnixMicro()
	run(`INSERT INTO stores (id, name, arn, status, selectors, billing_mode, retention_days, retention_from, termination_protection, created, updated)
		VALUES ('s', 'trail', 'arn:s', 'ENABLED', '[]', 'EXTENDABLE_RETENTION_PRICING', 366, 'now', 1, ?1, ?1)`, at)
	run(`INSERT INTO imports (id, store_id, status, sources, started, finished, events_read, events_kept) VALUES ('i', 's', 'COMPLETED', '["logs"]', ?1, ?1, 5, 5)`, at)
	run(`INSERT INTO data_files (id, store_id, import_id, path, calendarday, row_count, bytes, raw_bytes, min_millis, max_millis, sha256, created)
		VALUES ('a', 's', 'i', 'p/a', 1, 1, 2, 3, 4, 5, 'c', ?1)`, at)
	run(`INSERT INTO archives (store_id, sha256, import_id, path, compressed_bytes, raw_bytes, events) VALUES ('s', 'd', 'i', 'logs/d', 1, 2, 3)`)
	run(`INSERT INTO import_failures (import_id, number, path, byte_offset, pointer, reason) VALUES ('i', 1, 'logs/x', 7, '/Records/0', 'why')`)
	if version >= 3 {
		run(`INSERT INTO purges (store_id, store_name, at, calendarday, files, row_count, bytes, rule) VALUES ('gone', 'gone', ?1, 3, 1, 2, 3, 'age')`, at)
		run(`INSERT INTO purged_files (path, store_id, at) VALUES ('p/b', 's', ?1)`, at)
		run(`INSERT INTO clock (one, last) VALUES (1, ?1)`, at)
	}
	if version == 4 || version == 5 {
		f := file("a", 1)
		f.Statistics = nil
		row, list := sealsBefore(store("s", "trail"), []DataFile{f})
		run(`INSERT INTO seals (store_id, store, files) VALUES ('s', ?, ?)`, row, list)
	}
	if version >= sealedVersion {
		must(t, (&Catalog{write: db}).transact(ctx, func(tx *transaction) error { return sealAll(ctx, tx) }))
	}
	if change != "" {
		run(change)
	}
	must(t, db.Close())
	return path
}

// holds compares what a catalog says with the rows of older.
func holds(t *testing.T, c *Catalog, what string) {
	t.Helper()
	s, err := c.Snapshot(ctx, "s")
	must(t, err)
	f := file("a", 1)
	f.Statistics = nil
	same(t, "snapshot of "+what, s, Snapshot{store("s", "trail"), []DataFile{f}})
	imports, err := c.Imports(ctx, "")
	must(t, err)
	same(t, "imports of "+what, imports, []Import{{ID: "i", StoreID: "s", Status: "COMPLETED", Sources: []string{"logs"}, Started: start, Finished: start, Counts: Counts{Read: 5, Kept: 5}}})
	failures, err := c.Failures(ctx, "i", 0, 9)
	must(t, err)
	same(t, "failures of "+what, failures, []Failure{{Number: 1, Path: "logs/x", Offset: 7, Pointer: "/Records/0", Reason: "why"}})
	if known, err := c.HasArchive(ctx, "s", "d"); !known || err != nil {
		t.Errorf("archive of %s: %v, %v", what, known, err)
	}
	last, err := c.Clock(ctx)
	must(t, err)
	if !last.IsZero() {
		same(t, "clock of "+what, last, start)
	}
	log, err := c.Purges(ctx, "")
	must(t, err)
	if len(log) > 0 {
		same(t, "log of "+what, log, []Purge{{ID: 1, StoreID: "gone", StoreName: "gone", At: start, CalendarDay: 3, HasDay: true, Files: 1, Rows: 2, Bytes: 3, Rule: "age"}})
	}
}

// What was sealed by an older version and has changed since stays damaged after the migration.
func TestMigrationOfDamage(t *testing.T) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	must(t, err)
	for _, version := range []int{4, 5} {
		for change, rows := range map[string]Rows{
			`UPDATE stores SET retention_days = 7`: {StoreRows, "s"},
			`UPDATE data_files SET row_count = 2`:  {DataFileRows, "s"},
			`UPDATE seals SET files = 'x'`:         {DataFileRows, "s"},
		} {
			c := opened(t, older(t, names[:version], change))
			problems, err := c.Integrity(ctx)
			must(t, err)
			same(t, fmt.Sprintf("version %d, %s", version, change), problems, []Problem{{rows.String() + " is not as it was written", rows}})
			_, err = c.Snapshot(ctx, "s")
			wantError(t, change, err, ErrDamage)
		}
	}
	// What cannot be read at all does not keep the rest from being read.
	c := opened(t, older(t, names[:5], `UPDATE imports SET sources = 'x'`))
	_, err = c.Snapshot(ctx, "s")
	must(t, err)
	_, err = c.Imports(ctx, "")
	wantError(t, "imports", err, ErrDamage)
	if problems, err := c.Integrity(ctx); err != nil || len(problems) == 0 {
		t.Errorf("problems: %v, %v", problems, err)
	}
}

func TestManyOpenAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			c, err := Open(ctx, path)
			if err != nil {
				t.Errorf("open %d: %v", i, err)
				return
			}
			if err := errors.Join(create(c, store(fmt.Sprint(i), fmt.Sprint("trail", i))), c.Close()); err != nil {
				t.Errorf("create %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if stores, err := opened(t, path).Stores(ctx); len(stores) != 8 || err != nil {
		t.Errorf("%d stores, %v", len(stores), err)
	}
}

func TestRefusals(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	c := opened(t, path)
	_, err := c.write.Exec("PRAGMA user_version = 99")
	must(t, err)
	_, err = Open(ctx, path)
	wantError(t, "newer", err, ErrNewer)
	known, err2 := fs.Glob(migrations, "migrations/*.sql")
	must(t, err2)
	want := fmt.Sprintf("open catalog %s: the catalog was written by a newer version of ctlake: it has schema 99, this one knows %d; use the newer version", path, len(known))
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	damaged := filepath.Join(t.TempDir(), "damaged.db")
	must(t, os.WriteFile(damaged, []byte("this is no database, and long enough to be looked at as one: "+string(make([]byte, 200))), 0o600))
	_, err = Open(ctx, damaged)
	wantError(t, "damaged", err, ErrDamage)
	_, err = Open(ctx, filepath.Join(t.TempDir(), "absent", "catalog.db"))
	wantError(t, "no directory", err, fs.ErrNotExist)
}

// Opening and reading go on while another process holds the write lock.
func TestReadersDoNotWait(t *testing.T) {
	c, path := made(t)
	tx, err := c.write.Begin()
	must(t, err)
	defer func() { _ = tx.Rollback() }()
	_, err = tx.Exec("UPDATE stores SET status = 'X'")
	must(t, err)
	soon, cancel := context.WithTimeout(ctx, busyTimeout/2)
	defer cancel()
	other, err := Open(soon, path)
	must(t, err)
	s, err := other.Store(soon, "s")
	must(t, errors.Join(err, other.Close()))
	same(t, "store", s, store("s", "trail"))
}

func TestATransactionEndsWithItsContext(t *testing.T) {
	c, _ := made(t)
	ended, cancel := context.WithCancel(ctx)
	err := c.transact(ended, func(tx *transaction) error {
		_, err := tx.ExecContext(ended, "UPDATE stores SET status = 'X'")
		cancel()
		return err
	})
	wantError(t, "cancelled", err, context.Canceled)
	s, err := c.Store(ctx, "s")
	must(t, err)
	same(t, "store", s, store("s", "trail"))
}
