package catalog

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"
)

func TestImports(t *testing.T) {
	c, path := made(t)
	later := Import{ID: "j", StoreID: "s", Status: "IN_PROGRESS", Sources: []string{}, Started: start.Add(time.Second)}
	must(t, begin(c, later))
	wantError(t, "into no store", begin(c, Import{ID: "k", StoreID: "x", Started: start}), ErrNotFound)
	wantError(t, "an ID twice", begin(c, Import{ID: "j", StoreID: "s", Started: start}), ErrExists)

	commit := ImportCommit{ImportID: "i", StoreID: "s", Failures: []Failure{{Path: "y", Code: "c", Reason: "why"}, {Path: "z", Offset: 7, Pointer: "/Records/0", Reason: "how"}},
		Counts: Counts{21, 1, 2, 3, 4, 11, 1}, ArchiveCounts: ArchiveCounts{10, 1, 2, 3, 4}, ByteCounts: ByteCounts{1, 2, 3}}
	must(t, c.Commit(ctx, commit))
	must(t, c.FinishImport(ctx, "i", "FAILED", start.Add(time.Minute), []Failure{{Path: "late"}}))
	wantError(t, "finish none", c.FinishImport(ctx, "x", "FAILED", start, nil), ErrNotFound)

	want := Import{ID: "i", StoreID: "s", Status: "FAILED", Sources: []string{"logs"}, Started: start, Finished: start.Add(time.Minute),
		Counts: commit.Counts, ArchiveCounts: commit.ArchiveCounts, ByteCounts: commit.ByteCounts}
	other := opened(t, path)
	got, err := other.Import(ctx, "i")
	must(t, err)
	same(t, "import", got, want)
	_, err = other.Import(ctx, "x")
	wantError(t, "no import", err, ErrNotFound)
	for _, of := range []string{"s", ""} {
		imports, err := other.Imports(ctx, of)
		must(t, err)
		same(t, "imports, the newest first", imports, []Import{later, want})
	}
	imports, err := other.Imports(ctx, "x")
	must(t, err)
	same(t, "imports into no store", imports, []Import(nil))

	all := []Failure{{Number: 1, Path: "y", Code: "c", Reason: "why"}, {Number: 2, Path: "z", Offset: 7, Pointer: "/Records/0", Reason: "how"}, {Number: 3, Path: "late"}}
	for _, page := range []struct {
		after int64
		limit int
		want  []Failure
	}{{0, 10, all}, {0, 2, all[:2]}, {2, 2, all[2:]}, {3, 2, nil}} {
		got, err := other.Failures(ctx, "i", page.after, page.limit)
		must(t, err)
		same(t, fmt.Sprintf("failures after %d", page.after), got, page.want)
	}
}

func TestACommitIsSeenWholeAndNotBefore(t *testing.T) {
	c, path := made(t)
	other := opened(t, path)
	timeless := file("0", 0)
	timeless.HasEventTime, timeless.MinEventTime, timeless.MaxEventTime, timeless.Statistics = false, 0, 0, nil
	commit := ImportCommit{ImportID: "i", StoreID: "s", Files: []DataFile{file("b", 20260102), file("a", 20260102), timeless},
		Archives: []Archive{{StoreID: "s", ImportID: "i", Digest: "d", Path: "x.json"}}, Counts: Counts{Read: 3, Kept: 3}, NewestEventTime: start}
	for what, c2 := range map[string]struct {
		change func(in *ImportCommit)
		want   error
	}{
		"a file twice":     {func(in *ImportCommit) { in.Files = append(in.Files[:3:3], file("a", 20260103)) }, ErrExists},
		"an archive twice": {func(in *ImportCommit) { in.Archives = append(in.Archives[:1:1], in.Archives...) }, ErrExists},
		"no such import":   {func(in *ImportCommit) { in.ImportID = "x" }, ErrNotFound},
		"no such store":    {func(in *ImportCommit) { in.StoreID = "x" }, ErrNotFound},
	} {
		broken := commit
		c2.change(&broken)
		wantError(t, what, c.Commit(ctx, broken), c2.want)
		if files, err := other.DataFiles(ctx, "s"); err != nil || len(files) != 0 {
			t.Errorf("after %s: %v, %v", what, files, err)
		}
	}
	must(t, c.Commit(ctx, commit))
	snapshot, err := other.Snapshot(ctx, "s")
	must(t, err)
	want := store("s", "trail")
	want.Newest = start.Truncate(time.Millisecond)
	same(t, "snapshot", snapshot, Snapshot{want, []DataFile{timeless, file("a", 20260102), file("b", 20260102)}})
	_, err = other.Snapshot(ctx, "x")
	wantError(t, "snapshot of no store", err, ErrNotFound)
	for digest, want := range map[string]bool{"d": true, "e": false} {
		if got, err := other.HasArchive(ctx, "s", digest); got != want || err != nil {
			t.Errorf("archive %s: %v, %v", digest, got, err)
		}
	}
	if got, err := other.HasArchive(ctx, "x", "d"); got || err != nil {
		t.Errorf("archive of another store: %v, %v", got, err)
	}
	// An older event does not take the newest time back.
	must(t, c.Commit(ctx, ImportCommit{ImportID: "i", StoreID: "s", NewestEventTime: start.Add(-time.Hour)}))
	s, err := other.Store(ctx, "s")
	must(t, err)
	same(t, "newest", s.Newest, want.Newest)
}

// The same content may be imported into two stores, once each.
func TestArchivesAreOneOfAStore(t *testing.T) {
	c, _ := made(t)
	must(t, create(c, store("o", "other")))
	must(t, begin(c, Import{ID: "j", StoreID: "o", Started: start}))
	must(t, c.Commit(ctx, ImportCommit{ImportID: "i", StoreID: "s", Archives: []Archive{{StoreID: "s", ImportID: "i", Digest: "d"}}}))
	must(t, c.Commit(ctx, ImportCommit{ImportID: "j", StoreID: "o", Archives: []Archive{{StoreID: "o", ImportID: "j", Digest: "d"}}}))
	wantError(t, "again", c.Commit(ctx, ImportCommit{ImportID: "j", StoreID: "o", Archives: []Archive{{StoreID: "o", ImportID: "j", Digest: "d"}}}), ErrExists)
}

// Readers that look while commits run see some number of whole commits, and never fewer than before.
func TestReadersSeeWholeCommits(t *testing.T) {
	const commits, each, readers = 25, 8, 4
	c, path := made(t)
	other := opened(t, path) // as another process would
	done := make(chan struct{})
	var wg sync.WaitGroup
	for r := range readers {
		from := []*Catalog{c, other}[r%2]
		wg.Go(func() {
			for last := 0; ; {
				s, err := from.Snapshot(ctx, "s")
				if err != nil {
					t.Error(err)
					return
				}
				n := len(s.Files)
				// The store and its files are of the same commit.
				if n%each != 0 || n < last || n > 0 && s.Store.Newest.UnixMilli() != int64(n/each) {
					t.Errorf("%d files after %d, newest %v", n, last, s.Store.Newest)
					return
				}
				last = n
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for n := 1; n <= commits; n++ {
		if err := c.Commit(ctx, group(n, each)); err != nil {
			t.Error(err)
		}
	}
	close(done)
	wg.Wait()
}

// group returns the n-th of a series of commits: each has so many files and archives,
// the counters fit, and the newest event time is n milliseconds.
func group(n, each int) ImportCommit {
	in := ImportCommit{ImportID: "i", StoreID: "s", NewestEventTime: time.UnixMilli(int64(n)),
		Counts: Counts{Read: int64(n * each), Kept: int64(n * each)}, Failures: []Failure{{Path: fmt.Sprint(n)}}}
	for f := range each {
		id := fmt.Sprintf("%06d-%06d", n, f)
		in.Files = append(in.Files, file(id, int64(f)))
		in.Archives = append(in.Archives, Archive{StoreID: "s", ImportID: "i", Digest: id})
	}
	return in
}

func BenchmarkCommit(b *testing.B) {
	c, _ := made(b)
	n := 0
	for b.Loop() {
		n++
		in := group(n, 1000)
		in.Files = in.Files[:10]
		must(b, c.Commit(ctx, in))
	}
}

func BenchmarkHasArchive(b *testing.B) {
	c, _ := made(b)
	must(b, c.Commit(ctx, group(1, 1000)))
	b.ReportAllocs()
	for b.Loop() {
		if ok, err := c.HasArchive(ctx, "s", "000001-000500"); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

func BenchmarkSnapshot(b *testing.B) {
	c, _ := made(b)
	must(b, c.Commit(ctx, group(1, 1000)))
	b.ReportAllocs()
	for b.Loop() {
		if s, err := c.Snapshot(ctx, "s"); len(s.Files) != 1000 || err != nil {
			b.Fatal(len(s.Files), err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	c, path := made(b)
	must(b, c.Close())
	for b.Loop() {
		c, err := Open(ctx, path)
		must(b, err)
		_, err = c.Stores(ctx)
		must(b, errors.Join(err, c.Close()))
	}
}
