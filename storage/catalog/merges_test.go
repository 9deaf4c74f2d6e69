package catalog

import "testing"

func TestMerge(t *testing.T) {
	c, _ := made(t)
	must(t, create(c, store("o", "other")))
	must(t, c.Commit(ctx, ImportCommit{ImportID: "i", StoreID: "s", Files: []DataFile{file("a", 1), file("b", 1), file("c", 2)}}))
	merged := file("m", 1)
	merged.Rows = 2
	holds := func(want string) {
		t.Helper()
		s, err := c.Snapshot(ctx, "s")
		must(t, err)
		same(t, "files", ids(s.Files), want)
	}
	other := merged
	other.StoreID = "o"
	taken := merged
	taken.ID = "c"
	for what, in := range map[string]MergeCommit{
		"an unknown file":         {StoreID: "s", FileIDs: []string{"a", "x"}, File: merged, At: start},
		"a file twice":            {StoreID: "s", FileIDs: []string{"a", "a"}, File: merged, At: start},
		"a file of another store": {StoreID: "o", FileIDs: []string{"a", "b"}, File: other, At: start},
		"no such store":           {StoreID: "x", FileIDs: []string{"a", "b"}, File: merged, At: start},
	} {
		wantError(t, what, c.Merge(ctx, in), ErrNotFound)
	}
	wantError(t, "a file that is there", c.Merge(ctx, MergeCommit{StoreID: "s", FileIDs: []string{"a", "b"}, File: taken, At: start}), ErrExists)
	for what, in := range map[string]MergeCommit{
		"too few rows":           {StoreID: "s", FileIDs: []string{"a"}, File: merged, At: start},
		"another day":            {StoreID: "s", FileIDs: []string{"a", "c"}, File: merged, At: start},
		"a file of another name": {StoreID: "s", FileIDs: []string{"a", "b"}, File: other, At: start},
	} {
		if err := c.Merge(ctx, in); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	holds("a b c")
	must(t, c.Merge(ctx, MergeCommit{StoreID: "s", FileIDs: []string{"a", "b"}, File: merged, At: start}))
	holds("m c")
	gone, err := c.PurgedFiles(ctx)
	must(t, err)
	same(t, "to be unlinked", gone, []PurgedFile{{"p/a", "s", start}, {"p/b", "s", start}})
	log, err := c.Purges(ctx, "")
	must(t, err)
	same(t, "log of purges", len(log), 0)
}
