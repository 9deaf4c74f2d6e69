package catalog

import (
	"errors"
	"io"
	"path/filepath"
	"testing"
)

// verdictsOf lists what a catalog says of the archives of a store.
func verdictsOf(t *testing.T, c *Catalog, storeID string) (out []ArchiveVerdict) {
	t.Helper()
	must(t, c.Verdicts(ctx, storeID, func(v ArchiveVerdict) error {
		out = append(out, v)
		return nil
	}))
	return out
}

func TestVerdicts(t *testing.T) {
	c, _ := made(t)
	must(t, c.Commit(ctx, ImportCommit{ImportID: "i", StoreID: "s",
		Archives: []Archive{{StoreID: "s", ImportID: "i", Digest: "d", Path: "logs/d"}, {StoreID: "s", ImportID: "i", Digest: "e", Path: "logs/e.tar"}},
		Parts: []PartialArchive{{StoreID: "s", ImportID: "i", Path: "logs/d", Digest: "f"}, {StoreID: "s", ImportID: "i", Path: "logs/d", Digest: "f"},
			{StoreID: "s", ImportID: "i", Path: "logs/g"}},
		Objects: []Object{{"s", "s3://b/d", "1", "d", ""}, {"s", "s3://b/x", "1", "x", ""}}}))
	sound := func(what string, c *Catalog) {
		t.Helper()
		problems, err := c.Integrity(ctx)
		must(t, err)
		same(t, "problems "+what, problems, []Problem(nil))
	}
	sound("of archives", c)
	commit := func(importID string, verdicts ...Verdict) {
		t.Helper()
		must(t, c.CommitVerdicts(ctx, VerdictCommit{Verification: Verification{StoreID: "s", ImportID: importID, Summary: "{}"}, Verdicts: verdicts, Weak: []string{"WEAK"},
			Failures: []Failure{{Path: "logs/d", Offset: -1, Code: "INTEGRITY", Reason: "why"}}}))
		sound("after "+importID, c)
	}
	commit("i", Verdict{Digest: "d", Verdict: "GOOD"}, Verdict{Digest: "e", Member: "a", Verdict: "GOOD"}, Verdict{Digest: "e", Member: "b", Verdict: "WEAK"},
		Verdict{Digest: "unknown", Verdict: "GOOD"})
	must(t, begin(c, Import{ID: "j", StoreID: "s", Started: start}))
	commit("j", Verdict{Digest: "d", Verdict: "WEAK"}, Verdict{Digest: "e", Member: "a", Verdict: "BAD"}, Verdict{Digest: "f", Verdict: "GOOD"})
	want := []ArchiveVerdict{{"logs/d", "d", "", "GOOD"}, {"logs/d", "f", "", "GOOD"}, {"logs/e.tar", "e", "a", "BAD"}, {"logs/e.tar", "e", "b", "WEAK"}, {"logs/g", "", "", ""}}
	same(t, "verdicts", verdictsOf(t, c, "s"), want)
	same(t, "verdicts of no store", verdictsOf(t, c, "x"), []ArchiveVerdict(nil))

	object := func(path string, want Object) {
		t.Helper()
		got, err := c.FindObject(ctx, "s", path)
		if none := want == (Object{}); got != want || !none && err != nil || none && !errors.Is(err, ErrNotFound) {
			t.Errorf("object %s: %+v, %v", path, got, err)
		}
	}
	object("s3://b/d", Object{"s", "s3://b/d", "1", "d", ""})
	object("s3://b/x", Object{}) // its archive is not there
	object("s3://b/y", Object{})
	put := func(o Object) {
		t.Helper()
		must(t, c.Commit(ctx, ImportCommit{ImportID: "i", StoreID: "s", Objects: []Object{o}}))
		object(o.Path, o)
	}
	put(Object{"s", "s3://b/d", "2", "e", ""})
	put(Object{"s", "s3://b/d", "3", "", "a digest file"})
	put(Object{"s", "s3://b/d", "4", "e", ""})
	put(Object{"s", "s3://b/z", "1", "", "an empty file"})
	sound("of objects", c)

	// They go where the store goes.
	var rows []DumpRow
	must(t, c.Dump(ctx, "s", func(row DumpRow) error {
		rows = append(rows, row)
		return nil
	}))
	other := opened(t, filepath.Join(t.TempDir(), "catalog.db"))
	must(t, other.Load(ctx, 10, func() (row DumpRow, err error) {
		if len(rows) == 0 {
			return row, io.EOF
		}
		row, rows = rows[0], rows[1:]
		return row, nil
	}))
	same(t, "verdicts elsewhere", verdictsOf(t, other, "s"), want)
	if summary, err := other.Verification(ctx, Import{ID: "j", StoreID: "s"}); summary != "{}" || err != nil {
		t.Errorf("verification elsewhere: %q, %v", summary, err)
	}
	sound("elsewhere", other)

	// And with it.
	_, err := other.DropStore(ctx, "s", "rule", start, func(Store) error { return nil })
	must(t, err)
	sound("after the store is gone", other)

	for _, change := range []string{`UPDATE verdicts SET verdict = 'GOOD' WHERE verdict = 'BAD'`, `DELETE FROM partial_archives WHERE path = 'logs/d'`,
		`UPDATE archives SET path = 'logs/x' WHERE sha256 = 'd'`} {
		damaged, _ := made(t)
		must(t, damaged.Commit(ctx, ImportCommit{ImportID: "i", StoreID: "s", Archives: []Archive{{StoreID: "s", ImportID: "i", Digest: "d", Path: "logs/d"}},
			Parts: []PartialArchive{{StoreID: "s", ImportID: "i", Path: "logs/d", Digest: "f"}}}))
		must(t, damaged.CommitVerdicts(ctx, VerdictCommit{Verification: Verification{StoreID: "s", ImportID: "i"}, Verdicts: []Verdict{{Digest: "d", Verdict: "BAD"}}}))
		_, err := damaged.write.Exec(change)
		must(t, err)
		wantError(t, change, damaged.Verdicts(ctx, "s", func(ArchiveVerdict) error { return nil }), ErrDamage)
	}
}
