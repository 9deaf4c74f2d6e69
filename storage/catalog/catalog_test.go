package catalog

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	ctx   = context.Background()
	start = time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
)

func opened(t *testing.T, path string) *Catalog {
	t.Helper()
	c, err := Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func store(id, name string) Store {
	return Store{ID: id, Name: name, ARN: "arn:" + id, Status: "ENABLED", Selectors: "[]", BillingMode: "EXTENDABLE_RETENTION_PRICING",
		RetentionDays: 366, RetentionFrom: "now", TerminationProtection: true, Created: start, Updated: start}
}

func TestStoresComeBackAsTheyWent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?#%.db")
	c := opened(t, path)
	for _, s := range []Store{store("2", "trail"), store("1", "audit")} {
		if err := c.CreateStore(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.CreateStore(ctx, store("3", "TRAIL")); !errors.Is(err, ErrExists) {
		t.Errorf("a name twice: %v", err)
	}
	got, err := opened(t, path).Stores(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]Store{store("1", "audit"), store("2", "trail")}, got); d != "" {
		t.Error(d)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestACommitIsSeenWholeAndNotBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	c, other := opened(t, path), opened(t, path)
	for _, err := range []error{c.CreateStore(ctx, store("s", "trail")),
		c.BeginImport(ctx, Import{ID: "i", StoreID: "s", Status: "IN_PROGRESS", Sources: []string{"logs"}, Started: start})} {
		if err != nil {
			t.Fatal(err)
		}
	}
	file := func(id string, day int64) DataFile {
		return DataFile{ID: id, StoreID: "s", ImportID: "i", Path: "p/" + id, CalendarDay: day, Rows: 1, Bytes: 2, RawBytes: 3,
			MinEventTime: 4, MaxEventTime: 5, HasEventTime: true, Checksum: "c", Created: start}
	}
	timeless := file("0", 0)
	timeless.HasEventTime, timeless.MinEventTime, timeless.MaxEventTime = false, 0, 0
	commit := ImportCommit{ImportID: "i", StoreID: "s", Files: []DataFile{file("b", 20260102), file("a", 20260102), timeless},
		Archives: []Archive{{StoreID: "s", ImportID: "i", Digest: "d", Path: "x.json"}},
		Failures: []Failure{{Path: "y", Reason: "why"}, {Path: "z", Offset: 7, Pointer: "/Records/0", Reason: "how"}},
		Counts:   Counts{Read: 3, Kept: 3}, NewestEventTime: start}
	broken := commit
	broken.Files = append(broken.Files[:3:3], file("a", 20260103)) // an ID twice
	if err := c.Commit(ctx, broken); !errors.Is(err, ErrExists) {
		t.Errorf("broken commit: %v", err)
	}
	if files, err := other.DataFiles(ctx, "s"); err != nil || len(files) != 0 {
		t.Errorf("after a commit that failed: %v, %v", files, err)
	}
	if err := c.Commit(ctx, commit); err != nil {
		t.Fatal(err)
	}
	files, err := other.DataFiles(ctx, "s")
	if d := cmp.Diff([]DataFile{timeless, file("a", 20260102), file("b", 20260102)}, files); d != "" || err != nil {
		t.Error(d, err)
	}
	for digest, want := range map[string]bool{"d": true, "e": false} {
		if got, err := other.HasArchive(ctx, "s", digest); got != want || err != nil {
			t.Errorf("archive %s: %v, %v", digest, got, err)
		}
	}
	if err := c.FinishImport(ctx, "i", "COMPLETED", start, []Failure{{Path: "late"}}); err != nil {
		t.Fatal(err)
	}
	var failures, newest int64
	if err := c.read.QueryRow("SELECT max(number) FROM import_failures").Scan(&failures); err != nil || failures != 3 {
		t.Errorf("%d failures, %v", failures, err)
	}
	if err := c.read.QueryRow("SELECT newest_millis FROM stores").Scan(&newest); err != nil || newest != start.UnixMilli() {
		t.Errorf("newest %d, %v", newest, err)
	}
}

func TestANewerOrDamagedCatalogIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.db")
	c := opened(t, path)
	if _, err := c.write.Exec("PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, path); !errors.Is(err, ErrNewer) {
		t.Errorf("newer: %v", err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged.db")
	if err := os.WriteFile(damaged, []byte("this is no database, and long enough to be looked at as one: "+string(make([]byte, 200))), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, damaged); !errors.Is(err, ErrDamage) {
		t.Errorf("damaged: %v", err)
	}
}
