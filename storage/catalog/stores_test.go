package catalog

import (
	"errors"
	"testing"
	"time"
)

func TestStores(t *testing.T) {
	c, path := made(t)
	audit := store("a", "audit")
	audit.Kind, audit.Selectors, audit.BillingMode, audit.RetentionDays, audit.RetentionFrom = "Insight", `[{"x":1}]`, "FIXED_RETENTION_PRICING", 2557, "newest"
	audit.TerminationProtection, audit.MultiRegion, audit.Organization = false, false, true
	audit.Tags = []Tag{{"A", ""}, {"a", "é"}}
	must(t, c.CreateStore(ctx, audit))
	for what, s := range map[string]Store{"ID": store("s", "new"), "name": store("n", "TRAIL")} {
		wantError(t, "the same "+what, c.CreateStore(ctx, s), ErrExists)
	}
	tagged := store("t", "tagged")
	tagged.Tags = []Tag{{"k", "1"}, {"k", "2"}}
	wantError(t, "a tag twice", c.CreateStore(ctx, tagged), ErrExists)

	stores, err := opened(t, path).Stores(ctx)
	must(t, err)
	same(t, "stores by name", stores, []Store{audit, store("s", "trail")})
	s, err := c.Store(ctx, "a")
	must(t, err)
	same(t, "store", s, audit)
	_, err = c.Store(ctx, "A")
	wantError(t, "another ID", err, ErrNotFound)
}

func TestUpdateStore(t *testing.T) {
	c, _ := made(t)
	must(t, c.CreateStore(ctx, store("a", "audit")))
	want := store("s", "renamed")
	want.Status, want.Selectors, want.RetentionDays, want.TerminationProtection, want.Organization = "PENDING_DELETION", "[1]", 7, false, true
	want.Tags, want.Updated = []Tag{{"k", "v"}, {"l", ""}}, start.Add(time.Hour)
	got, err := c.UpdateStore(ctx, "s", func(s *Store) error {
		same(t, "before", *s, store("s", "trail"))
		*s = want
		s.Tags = []Tag{{"l", ""}, {"k", "v"}}
		return nil
	})
	must(t, err)
	same(t, "returned", got, want)
	got, err = c.Store(ctx, "s")
	must(t, err)
	same(t, "kept", got, want)

	refused := errors.New("refused")
	for what, c2 := range map[string]struct {
		change func(s *Store) error
		want   error
	}{
		"refused by the caller": {func(s *Store) error { s.Name = "x"; return refused }, refused},
		"a name that is taken":  {func(s *Store) error { s.Name = "AUDIT"; return nil }, ErrExists},
		"a tag twice":           {func(s *Store) error { s.Tags = append(s.Tags, Tag{"k", "w"}); return nil }, ErrExists},
	} {
		_, err := c.UpdateStore(ctx, "s", c2.change)
		wantError(t, what, err, c2.want)
	}
	if _, err := c.UpdateStore(ctx, "s", func(s *Store) error { s.Kind = "Insight"; return nil }); err == nil {
		t.Error("the kind of a store changed")
	}
	func() {
		defer func() { _ = recover() }()
		_, _ = c.UpdateStore(ctx, "s", func(s *Store) error { s.Name = "x"; panic("a fault") })
	}()
	_, err = c.UpdateStore(ctx, "x", func(*Store) error { return nil })
	wantError(t, "no store", err, ErrNotFound)
	got, err = c.Store(ctx, "s")
	must(t, err)
	same(t, "after refusals", got, want)
}

func TestDeleteStore(t *testing.T) {
	c, _ := made(t)
	other := store("o", "other")
	other.Tags = []Tag{{"k", "v"}}
	must(t, c.CreateStore(ctx, other))
	must(t, c.BeginImport(ctx, Import{ID: "j", StoreID: "o", Status: "IN_PROGRESS", Started: start}))
	must(t, c.Commit(ctx, ImportCommit{ImportID: "i", StoreID: "s", Files: []DataFile{file("a", 1), file("b", 2)},
		Archives: []Archive{{StoreID: "s", ImportID: "i", Digest: "d"}}, Failures: []Failure{{Path: "x"}}}))
	_, err := c.Purge(ctx, PurgeCommit{StoreID: "s", FileIDs: []string{"a"}, At: start})
	must(t, err)
	_, err = c.UpdateStore(ctx, "s", func(s *Store) error { s.Tags = []Tag{{"k", "v"}}; return nil })
	must(t, err)

	must(t, c.DeleteStore(ctx, "s"))
	wantError(t, "again", c.DeleteStore(ctx, "s"), ErrNotFound)
	for table, want := range map[string]int{"stores": 1, "tags": 1, "imports": 1, "data_files": 0, "archives": 0, "import_failures": 0, "purges": 0, "purged_files": 0} {
		var n int
		must(t, c.read.QueryRow("SELECT count(*) FROM "+table).Scan(&n))
		if n != want {
			t.Errorf("%s has %d rows, want %d", table, n, want)
		}
	}
	must(t, c.CreateStore(ctx, store("s2", "trail")))
}
