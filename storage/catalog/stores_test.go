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
	must(t, create(c, audit))
	for what, s := range map[string]Store{"ID": store("s", "new"), "name": store("n", "TRAIL")} {
		wantError(t, "the same "+what, create(c, s), ErrExists)
	}
	tagged := store("t", "tagged")
	tagged.Tags = []Tag{{"k", "1"}, {"k", "2"}}
	wantError(t, "a tag twice", create(c, tagged), ErrExists)

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
	must(t, create(c, store("a", "audit")))
	want := store("s", "renamed")
	want.Status, want.Selectors, want.RetentionDays, want.TerminationProtection, want.Organization = "PENDING_DELETION", "[1]", 7, false, true
	want.Tags, want.Updated = []Tag{{"k", "v"}, {"l", ""}}, start.Add(time.Hour)
	want.Deleted, want.RestoredStatus, want.Floor, want.HasFloor = start.Add(time.Minute), "ENABLED", -5, true
	got, err := c.UpdateStore(ctx, "s", func(s *Store, _ Use) error {
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
		change func(s *Store, use Use) error
		want   error
	}{
		"refused by the caller": {func(s *Store, _ Use) error { s.Name = "x"; return refused }, refused},
		"a name that is taken":  {func(s *Store, _ Use) error { s.Name = "AUDIT"; return nil }, ErrExists},
		"a tag twice":           {func(s *Store, _ Use) error { s.Tags = append(s.Tags, Tag{"k", "w"}); return nil }, ErrExists},
	} {
		_, err := c.UpdateStore(ctx, "s", c2.change)
		wantError(t, what, err, c2.want)
	}
	if _, err := c.UpdateStore(ctx, "s", func(s *Store, _ Use) error { s.Kind = "Insight"; return nil }); err == nil {
		t.Error("the kind of a store changed")
	}
	func() {
		defer func() { _ = recover() }()
		_, _ = c.UpdateStore(ctx, "s", func(s *Store, _ Use) error { s.Name = "x"; panic("a fault") })
	}()
	_, err = c.UpdateStore(ctx, "x", func(*Store, Use) error { return nil })
	wantError(t, "no store", err, ErrNotFound)
	got, err = c.Store(ctx, "s")
	must(t, err)
	same(t, "after refusals", got, want)
}

func TestDropStore(t *testing.T) {
	c, _ := made(t)
	other := store("o", "other")
	other.Tags = []Tag{{"k", "v"}}
	must(t, create(c, other))
	must(t, begin(c, Import{ID: "j", StoreID: "o", Status: "IN_PROGRESS", Started: start}))
	must(t, c.Commit(ctx, ImportCommit{ImportID: "i", StoreID: "s", Files: []DataFile{file("a", 1), file("b", 2), file("c", 3), file("d", 2)},
		Archives: []Archive{{StoreID: "s", ImportID: "i", Digest: "d"}}, Failures: []Failure{{Path: "x"}}}))
	earlier, err := c.Purge(ctx, PurgeCommit{StoreID: "s", FileIDs: []string{"a"}, At: start, Rule: "age"})
	must(t, err)
	_, err = c.UpdateStore(ctx, "s", func(s *Store, _ Use) error { s.Tags = []Tag{{"k", "v"}}; return nil })
	must(t, err)

	refused := errors.New("refused")
	yes := func(Store) error { return nil }
	_, err = c.DropStore(ctx, "s", "wait", start, func(s Store) error { same(t, "tags", s.Tags, []Tag{{"k", "v"}}); return refused })
	wantError(t, "refused", err, refused)
	at := start.Add(time.Hour)
	log, err := c.DropStore(ctx, "s", "wait", at, yes)
	must(t, err)
	same(t, "log", log, []Purge{
		{ID: 2, StoreID: "s", StoreName: "trail", At: at, CalendarDay: 2, HasDay: true, Files: 2, Rows: 2, Bytes: 4, Rule: "wait"},
		{ID: 3, StoreID: "s", StoreName: "trail", At: at, CalendarDay: 3, HasDay: true, Files: 1, Rows: 1, Bytes: 2, Rule: "wait"}})
	_, err = c.DropStore(ctx, "s", "wait", at, yes)
	wantError(t, "again", err, ErrNotFound)
	empty, err := c.DropStore(ctx, "o", "wait", at, yes)
	must(t, err)
	same(t, "log of a store without files", empty, []Purge{{ID: 4, StoreID: "o", StoreName: "other", At: at, Rule: "wait"}})
	all, err := c.Purges(ctx, "")
	must(t, err)
	same(t, "log", all, append(append(earlier, log...), empty...))
	for table, want := range map[string]int{"stores": 0, "tags": 0, "imports": 0, "data_files": 0, "archives": 0, "import_failures": 0, "purges": 4, "purged_files": 4} {
		var n int
		must(t, c.read.QueryRow("SELECT count(*) FROM "+table).Scan(&n))
		if n != want {
			t.Errorf("%s has %d rows, want %d", table, n, want)
		}
	}
	must(t, create(c, store("s2", "trail")))
}

func TestStoresAreCounted(t *testing.T) {
	c, _ := made(t)
	wantError(t, "a taken name", c.CreateStore(ctx, store("n", "TRAIL"), 1), ErrExists)
	wantError(t, "one too many", c.CreateStore(ctx, store("n", "new"), 1), ErrFull)
	must(t, c.CreateStore(ctx, store("n", "new"), 2))
}

func TestUpdateKnowsOfImports(t *testing.T) {
	c, _ := made(t)
	importing := func() (is bool) {
		t.Helper()
		_, err := c.UpdateStore(ctx, "s", func(_ *Store, use Use) error { is = use.Importing; return nil })
		must(t, err)
		return is
	}
	same(t, "while it runs", importing(), true)
	must(t, c.EndInterrupted(ctx, "FAILED", start.Add(time.Minute)))
	same(t, "after it was interrupted", importing(), false)
	i, err := c.Import(ctx, "i")
	must(t, err)
	same(t, "its end", []any{i.Status, i.Finished}, []any{"FAILED", start.Add(time.Minute)})
	refused := errors.New("refused")
	wantError(t, "refused", c.BeginImport(ctx, Import{ID: "j", StoreID: "s"}, "FAILED", func(Store) error { return refused }), refused)
	wantError(t, "no store", begin(c, Import{ID: "j", StoreID: "x"}), ErrNotFound)
}

func TestClock(t *testing.T) {
	c, path := made(t)
	for _, want := range []time.Time{{}, start, start.Add(-time.Hour)} {
		if !want.IsZero() {
			must(t, c.SetClock(ctx, want))
		}
		last, err := opened(t, path).Clock(ctx)
		must(t, err)
		same(t, "clock", last, want.Truncate(time.Microsecond))
	}
}
