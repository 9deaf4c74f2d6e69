package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlake/ctlake/storage/catalog"
	"github.com/ctlake/ctlake/storage/laketest"
	"github.com/ctlake/ctlake/storage/selector"
)

// clockedLake is a lake whose clock is set by hand.
type clockedLake struct {
	*Lake
	t     *testing.T
	clock time.Time
}

func newClockedLake(t *testing.T) *clockedLake {
	t.Helper()
	return clockedLakeIn(t, emptyLake(t))
}

// emptyLake makes folders with lakes without stores.
var emptyLake = laketest.Copies(func(dir string) (io.Closer, error) {
	return Open(context.Background(), dir, Options{Create: true, Now: func() time.Time { return noon }})
})

func clockedLakeIn(t *testing.T, dir string) *clockedLake {
	t.Helper()
	c := &clockedLake{t: t, clock: noon}
	l, err := Open(t.Context(), dir, Options{Create: true, Now: func() time.Time { return c.clock }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeLake(t, l) })
	c.Lake = l
	return c
}

// with makes a store with the given status.
func (c *clockedLake) with(name string, status Status, protected bool) *EventDataStore {
	c.t.Helper()
	store, err := c.Create(c.t.Context(), CreateEventDataStore{Name: name, Unprotected: !protected, Stopped: status == StatusStoppedIngestion})
	if err == nil && status == StatusPendingDeletion {
		store, err = c.Delete(c.t.Context(), name)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return store
}

// exception returns the AWS name of a refusal.
func exception(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return string(e.Exception)
	}
	return fmt.Sprint(err)
}

// What each operation makes of each status: the status after it, or the refusal.
func TestTransitions(t *testing.T) {
	const pending, stopped, enabled = StatusPendingDeletion, StatusStoppedIngestion, StatusEnabled
	days := 30
	operations := map[string]func(c *clockedLake) (*EventDataStore, error){
		"start":   func(c *clockedLake) (*EventDataStore, error) { return c.StartIngestion(c.t.Context(), "trail") },
		"stop":    func(c *clockedLake) (*EventDataStore, error) { return c.StopIngestion(c.t.Context(), "trail") },
		"delete":  func(c *clockedLake) (*EventDataStore, error) { return c.Delete(c.t.Context(), "trail") },
		"restore": func(c *clockedLake) (*EventDataStore, error) { return c.Restore(c.t.Context(), "trail") },
		"update": func(c *clockedLake) (*EventDataStore, error) {
			return c.Update(c.t.Context(), "trail", UpdateEventDataStore{RetentionDays: &days})
		},
		"tag": func(c *clockedLake) (*EventDataStore, error) {
			return c.AddTags(c.t.Context(), "trail", []Tag{{"k", "v"}})
		},
		"untag": func(c *clockedLake) (*EventDataStore, error) {
			return c.RemoveTags(c.t.Context(), "trail", []string{"k"})
		},
		"find": func(c *clockedLake) (*EventDataStore, error) { return c.Find(c.t.Context(), "trail") },
		"import": func(c *clockedLake) (*EventDataStore, error) {
			store, err := c.Find(c.t.Context(), "trail")
			if err == nil {
				err = importArchives(c.t.Context(), c.Lake, store, first)
			}
			return store, err
		},
		"query": func(c *clockedLake) (*EventDataStore, error) {
			store, err := c.Find(c.t.Context(), "trail")
			if err == nil {
				_, err = c.Snapshot(c.t.Context(), store)
			}
			return store, err
		},
	}
	for _, c := range []struct {
		operation string
		from      Status
		want      string
	}{
		{"start", enabled, "InvalidEventDataStoreStatusException: start ingestion of event data store trail: it is ENABLED, not STOPPED_INGESTION"},
		{"start", stopped, "ENABLED"},
		{"start", pending, "InvalidEventDataStoreStatusException: start ingestion of event data store trail: it is PENDING_DELETION, not STOPPED_INGESTION"},
		{"stop", enabled, "STOPPED_INGESTION"},
		{"stop", stopped, "InvalidEventDataStoreStatusException: stop ingestion of event data store trail: it is STOPPED_INGESTION, not ENABLED"},
		{"stop", pending, "InvalidEventDataStoreStatusException: stop ingestion of event data store trail: it is PENDING_DELETION, not ENABLED"},
		{"delete", enabled, "PENDING_DELETION"},
		{"delete", stopped, "PENDING_DELETION"},
		{"delete", pending, "InactiveEventDataStoreException: event data store trail is pending deletion since 2026-03-10T12:00:00Z; ctlake store restore brings it back"},
		{"restore", enabled, "InvalidEventDataStoreStatusException: restore event data store trail: it is ENABLED, not PENDING_DELETION"},
		{"restore", stopped, "InvalidEventDataStoreStatusException: restore event data store trail: it is STOPPED_INGESTION, not PENDING_DELETION"},
		{"restore", pending, "ENABLED"},
		{"update", enabled, "ENABLED"},
		{"update", stopped, "STOPPED_INGESTION"},
		{"update", pending, "InactiveEventDataStoreException: event data store trail is pending deletion since 2026-03-10T12:00:00Z; ctlake store restore brings it back"},
		{"tag", enabled, "ENABLED"},
		{"tag", stopped, "STOPPED_INGESTION"},
		{"tag", pending, "InactiveEventDataStoreException: event data store trail is pending deletion since 2026-03-10T12:00:00Z; ctlake store restore brings it back"},
		{"untag", enabled, "ENABLED"},
		{"untag", stopped, "STOPPED_INGESTION"},
		{"untag", pending, "InactiveEventDataStoreException: event data store trail is pending deletion since 2026-03-10T12:00:00Z; ctlake store restore brings it back"},
		{"find", enabled, "ENABLED"},
		{"find", stopped, "STOPPED_INGESTION"},
		{"find", pending, "PENDING_DELETION"},
		{"import", enabled, "ENABLED"},
		{"import", stopped, "InvalidEventDataStoreStatusException: event data store trail is STOPPED_INGESTION; ctlake store start-ingestion lets it go on"},
		{"import", pending, "InactiveEventDataStoreException: event data store trail is pending deletion since 2026-03-10T12:00:00Z; ctlake store restore brings it back"},
		{"query", enabled, "ENABLED"},
		{"query", stopped, "STOPPED_INGESTION"},
		{"query", pending, "InactiveEventDataStoreException: event data store trail is pending deletion since 2026-03-10T12:00:00Z; ctlake store restore brings it back"},
	} {
		l := newClockedLake(t)
		l.with("trail", c.from, false)
		store, err := operations[c.operation](l)
		got := ""
		if err != nil {
			got = exception(err) + ": " + strings.TrimSuffix(err.Error(), " ("+exception(err)+")")
		} else {
			got = string(store.Status)
		}
		if got != c.want {
			t.Errorf("%s of a store that is %s: %s\nwant %s", c.operation, c.from, got, c.want)
		}
		after, findErr := l.Find(t.Context(), "trail")
		switch {
		case findErr != nil:
			t.Errorf("%s: %v", c.operation, findErr)
		case err != nil && after.Status != c.from, err == nil && after.Status != store.Status:
			t.Errorf("%s of a store that is %s: then it is %s", c.operation, c.from, after.Status)
		}
	}
}

// A store that is gone, or was never there, is not found by any operation.
func TestOperationsOnNoStore(t *testing.T) {
	l := newClockedLake(t)
	l.with("gone", StatusPendingDeletion, false)
	l.clock = l.clock.Add(DeletionWait)
	for ref, want := range map[string]string{
		"gone": "EventDataStoreNotFoundException", "other": "EventDataStoreNotFoundException", newUUID(): "EventDataStoreNotFoundException",
		arnPrefix + newUUID(): "EventDataStoreNotFoundException", "arn:aws:cloudtrail:eu-west-1:123456789012:eventdatastore/" + newUUID(): "EventDataStoreNotFoundException",
		"arn:aws:s3:::bucket": "EventDataStoreARNInvalidException", arnPrefix + "trail": "EventDataStoreARNInvalidException",
	} {
		name := "x-x"
		errs := map[string]error{}
		_, errs["find"] = l.Find(t.Context(), ref)
		_, errs["update"] = l.Update(t.Context(), ref, UpdateEventDataStore{Name: &name})
		_, errs["start"] = l.StartIngestion(t.Context(), ref)
		_, errs["stop"] = l.StopIngestion(t.Context(), ref)
		_, errs["delete"] = l.Delete(t.Context(), ref)
		_, errs["restore"] = l.Restore(t.Context(), ref)
		_, errs["tag"] = l.AddTags(t.Context(), ref, []Tag{{"k", "v"}})
		_, errs["untag"] = l.RemoveTags(t.Context(), ref, []string{"k"})
		_, errs["retain"] = l.Retain(t.Context(), ref, RetainOptions{})
		for operation, err := range errs {
			if exception(err) != want {
				t.Errorf("%s %s: %v, want %s", operation, ref, err, want)
			}
		}
	}
}

func TestRefusalsOfCreate(t *testing.T) {
	many := make([]Tag, MaxTags+1)
	for i := range many {
		many[i] = Tag{Key: fmt.Sprint(i)}
	}
	for _, c := range []struct {
		in   CreateEventDataStore
		want string // "" if it is made
	}{
		{CreateEventDataStore{Name: "abc"}, ""},
		{CreateEventDataStore{Name: strings.Repeat("x", 128)}, ""},
		{CreateEventDataStore{Name: "A.b_c-9"}, ""},
		{CreateEventDataStore{Name: "ab"}, `invalid store name "ab": it takes 3 to 128 letters, digits, '.', '_' and '-' (InvalidParameterException)`},
		{CreateEventDataStore{Name: strings.Repeat("x", 129)}, `invalid store name "` + strings.Repeat("x", 129) + `": it takes 3 to 128 letters, digits, '.', '_' and '-' (InvalidParameterException)`},
		{CreateEventDataStore{Name: "a b c"}, `invalid store name "a b c": it takes 3 to 128 letters, digits, '.', '_' and '-' (InvalidParameterException)`},
		{CreateEventDataStore{Name: "été"}, `invalid store name "été": it takes 3 to 128 letters, digits, '.', '_' and '-' (InvalidParameterException)`},
		{CreateEventDataStore{Name: "abc\n"}, `invalid store name "abc\n": it takes 3 to 128 letters, digits, '.', '_' and '-' (InvalidParameterException)`},
		{CreateEventDataStore{Name: "0fda4f2b-5ce1-4e5c-a8ee-2a4e0e3d1c11"}, `invalid store name "0fda4f2b-5ce1-4e5c-a8ee-2a4e0e3d1c11": a UUID would be taken for a store's ID (InvalidParameterException)`},
		{CreateEventDataStore{Name: "TRAIL"}, "event data store TRAIL exists already (EventDataStoreAlreadyExistsException)"},
		{CreateEventDataStore{Name: "Deleted"}, "event data store deleted exists already: it is pending deletion until 2026-03-17T12:00:00Z (EventDataStoreAlreadyExistsException)"},
		{CreateEventDataStore{Name: "new", RetentionDays: 7}, ""},
		{CreateEventDataStore{Name: "new", RetentionDays: 3653}, ""},
		{CreateEventDataStore{Name: "new", RetentionDays: 6}, "invalid retention period of 6 days: it is 7 to 3653 for EXTENDABLE_RETENTION_PRICING (InvalidParameterException)"},
		{CreateEventDataStore{Name: "new", RetentionDays: -1}, "invalid retention period of -1 days: it is 7 to 3653 for EXTENDABLE_RETENTION_PRICING (InvalidParameterException)"},
		{CreateEventDataStore{Name: "new", RetentionDays: 3654}, "invalid retention period of 3654 days: it is 7 to 3653 for EXTENDABLE_RETENTION_PRICING (InvalidParameterException)"},
		{CreateEventDataStore{Name: "new", BillingMode: FixedRetention, RetentionDays: 2557}, ""},
		{CreateEventDataStore{Name: "new", BillingMode: FixedRetention, RetentionDays: 2558}, "invalid retention period of 2558 days: it is 7 to 2557 for FIXED_RETENTION_PRICING (InvalidParameterException)"},
		{CreateEventDataStore{Name: "new", BillingMode: "FREE"}, `invalid billing mode "FREE": it is EXTENDABLE_RETENTION_PRICING or FIXED_RETENTION_PRICING (InvalidParameterException)`},
		{CreateEventDataStore{Name: "new", RetentionFrom: "then"}, `invalid origin of retention "then": it is now or newest (InvalidParameterException)`},
		{CreateEventDataStore{Name: "new", Selectors: []selector.Selector{{}}}, "event selector 1: FieldSelectors is missing or empty (InvalidEventSelectorsException)"},
		{CreateEventDataStore{Name: "new", Tags: many[:MaxTags]}, ""},
		{CreateEventDataStore{Name: "new", Tags: many}, "51 tags; an event data store has at most 50 (InvalidTagParameterException)"},
		{CreateEventDataStore{Name: "new", Tags: []Tag{{"k", "v"}, {"K", ""}}}, ""},
		{CreateEventDataStore{Name: "new", Tags: []Tag{{"k", "v"}, {"k", "w"}}}, `tag "k": it stands twice (InvalidTagParameterException)`},
		{CreateEventDataStore{Name: "new", Tags: []Tag{{"", "v"}}}, `tag "": its key has 0 characters; it has 1 to 128 (InvalidTagParameterException)`},
		{CreateEventDataStore{Name: "new", Tags: []Tag{{strings.Repeat("é", 128), strings.Repeat("é", 256)}}}, ""},
		{CreateEventDataStore{Name: "new", Tags: []Tag{{strings.Repeat("k", 129), ""}}}, `tag "` + strings.Repeat("k", 129) + `": its key has 129 characters; it has 1 to 128 (InvalidTagParameterException)`},
		{CreateEventDataStore{Name: "new", Tags: []Tag{{"k", strings.Repeat("v", 257)}}}, `tag "k": its value has 257 characters; it has at most 256 (InvalidTagParameterException)`},
		{CreateEventDataStore{Name: "new", Tags: []Tag{{"AWS:x", ""}}}, `tag "AWS:x": keys that begin with aws: are AWS's own (InvalidTagParameterException)`},
		{CreateEventDataStore{Name: "new", Tags: []Tag{{"\xff", ""}}}, `tag "\xff": it is not UTF-8 (InvalidTagParameterException)`},
	} {
		l := newClockedLake(t)
		l.with("trail", StatusEnabled, true)
		l.with("deleted", StatusPendingDeletion, false)
		store, err := l.Create(t.Context(), c.in)
		if got := fmt.Sprint(err); err != nil && got != c.want || err == nil && c.want != "" {
			t.Errorf("%+v:\n%s, want\n%s", c.in, got, c.want)
		}
		if err == nil && len(store.Tags) != len(c.in.Tags) {
			t.Errorf("%d tags of %d", len(store.Tags), len(c.in.Tags))
		}
	}
}

func TestDefaultsOfCreate(t *testing.T) {
	l := newClockedLake(t)
	got, err := l.Create(t.Context(), CreateEventDataStore{Name: "trail"})
	if err != nil {
		t.Fatal(err)
	}
	want := &EventDataStore{ID: got.ID, Name: "trail", ARN: "arn:aws:cloudtrail:us-east-1:000000000000:eventdatastore/" + got.ID, Status: StatusEnabled, Kind: "CloudTrail",
		Selectors: got.Selectors, BillingMode: ExtendableRetention, RetentionDays: 366, RetentionFrom: RetentionFromNow, TerminationProtection: true,
		MultiRegion: true, Created: noon, Updated: noon, floor: NeverExpires}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(EventDataStore{})); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	fixed, err := l.Create(t.Context(), CreateEventDataStore{Name: "fixed", BillingMode: FixedRetention, Stopped: true, Unprotected: true, Tags: []Tag{{"b", "1"}, {"a", ""}}})
	if err != nil {
		t.Fatal(err)
	}
	if fixed.RetentionDays != 2557 || fixed.Status != StatusStoppedIngestion || fixed.TerminationProtection || !cmp.Equal(fixed.Tags, []Tag{{"a", ""}, {"b", "1"}}) {
		t.Errorf("got %+v", fixed)
	}
}

func TestQuotaOfStores(t *testing.T) {
	l := newClockedLake(t)
	for i := range MaxStores {
		l.with(fmt.Sprint("trail", i), []Status{StatusEnabled, StatusStoppedIngestion, StatusPendingDeletion}[i%3], false)
	}
	full := "the lake has 10 event data stores, which is as many as it may, those pending deletion included (EventDataStoreMaxLimitExceededException)"
	if _, err := l.Create(t.Context(), CreateEventDataStore{Name: "new"}); fmt.Sprint(err) != full {
		t.Errorf("%v", err)
	}
	if _, err := l.Create(t.Context(), CreateEventDataStore{Name: "trail2"}); exception(err) != string(ErrExists) {
		t.Errorf("a name that is taken, of a full lake: %v", err)
	}
	l.clock = l.clock.Add(DeletionWait)
	if _, err := l.Create(t.Context(), CreateEventDataStore{Name: "trail2"}); err != nil {
		t.Errorf("after the removal of deleted ones: %v", err)
	}
	stores, err := l.EventDataStores(t.Context())
	if err != nil || len(stores) != 8 {
		t.Errorf("%d stores, %v", len(stores), err)
	}
}

func TestUpdate(t *testing.T) {
	ptr := func(v int) *int { return &v }
	text := func(v string) *string { return &v }
	yes, no := true, false
	data := []selector.Selector{{FieldSelectors: []selector.FieldSelector{{Field: "eventCategory", Equals: []string{"Data"}}, {Field: "resources.type", Equals: []string{"AWS::S3::Object"}}}}}
	insight := []selector.Selector{{FieldSelectors: []selector.FieldSelector{{Field: "eventCategory", Equals: []string{selector.Insight}}}}}
	for _, c := range []struct {
		mode string // of the store
		in   UpdateEventDataStore
		want string // the refusal; "" if there is none
	}{
		{"", UpdateEventDataStore{}, "nothing to update: name what is to change (InvalidParameterException)"},
		{"", UpdateEventDataStore{Name: text("renamed")}, ""},
		{"", UpdateEventDataStore{Name: text("Trail")}, ""},
		{"", UpdateEventDataStore{Name: text("no")}, `invalid store name "no": it takes 3 to 128 letters, digits, '.', '_' and '-' (InvalidParameterException)`},
		{"", UpdateEventDataStore{Name: text("OTHER")}, "event data store OTHER exists already (EventDataStoreAlreadyExistsException)"},
		{"", UpdateEventDataStore{Selectors: data}, ""},
		{"", UpdateEventDataStore{Selectors: []selector.Selector{}}, "event selectors: there is none (InvalidEventSelectorsException)"},
		{"", UpdateEventDataStore{Selectors: insight}, "event data store trail holds CloudTrail events; event selectors of Insight events cannot be put into it (InvalidEventSelectorsException)"},
		{"", UpdateEventDataStore{RetentionDays: ptr(7)}, ""},
		{"", UpdateEventDataStore{RetentionDays: ptr(6)}, "invalid retention period of 6 days: it is 7 to 3653 for EXTENDABLE_RETENTION_PRICING (InvalidParameterException)"},
		{"", UpdateEventDataStore{BillingMode: text(ExtendableRetention)}, ""},
		{"", UpdateEventDataStore{BillingMode: text(FixedRetention)}, "the billing mode of event data store trail is EXTENDABLE_RETENTION_PRICING; it cannot become FIXED_RETENTION_PRICING (InvalidParameterException)"},
		{"", UpdateEventDataStore{BillingMode: text("x")}, `invalid billing mode "x": it is EXTENDABLE_RETENTION_PRICING or FIXED_RETENTION_PRICING (InvalidParameterException)`},
		{FixedRetention, UpdateEventDataStore{BillingMode: text(FixedRetention)}, ""},
		{FixedRetention, UpdateEventDataStore{BillingMode: text(ExtendableRetention), RetentionDays: ptr(3653)}, ""},
		{FixedRetention, UpdateEventDataStore{RetentionDays: ptr(3653)}, "invalid retention period of 3653 days: it is 7 to 2557 for FIXED_RETENTION_PRICING (InvalidParameterException)"},
		{"", UpdateEventDataStore{RetentionFrom: new(RetentionFromNewest)}, ""},
		{"", UpdateEventDataStore{RetentionFrom: new(RetentionFromNow), RetentionDays: ptr(30)}, ""},
		{"", UpdateEventDataStore{RetentionFrom: new(RetentionFrom("noon"))}, `invalid origin of retention "noon": it is now or newest (InvalidParameterException)`},
		{"", UpdateEventDataStore{TerminationProtection: &no}, ""},
		{"", UpdateEventDataStore{TerminationProtection: &yes}, ""},
	} {
		l := newClockedLake(t)
		l.with("other", StatusEnabled, true)
		was, err := l.Create(t.Context(), CreateEventDataStore{Name: "trail", BillingMode: c.mode})
		if err != nil {
			t.Fatal(err)
		}
		l.clock = noon.Add(time.Hour)
		got, err := l.Update(t.Context(), was.ID, c.in)
		if text := fmt.Sprint(err); err != nil && text != c.want || err == nil && c.want != "" {
			t.Errorf("%+v:\n%s, want\n%s", c.in, text, c.want)
		}
		want := *was
		if err == nil {
			want.Updated = l.clock
			if c.in.Name != nil {
				want.Name = *c.in.Name
			}
			if c.in.Selectors != nil {
				want.Selectors = c.in.Selectors
			}
			if c.in.BillingMode != nil {
				want.BillingMode = *c.in.BillingMode
			}
			if c.in.RetentionDays != nil {
				want.RetentionDays = *c.in.RetentionDays // no event has expired for good, as there was none
			}
			if c.in.RetentionFrom != nil {
				want.RetentionFrom = *c.in.RetentionFrom
			}
			if c.in.TerminationProtection != nil {
				want.TerminationProtection = *c.in.TerminationProtection
			}
			if d := cmp.Diff(&want, got, cmp.AllowUnexported(EventDataStore{})); d != "" {
				t.Errorf("%+v: returned (-want +got):\n%s", c.in, d)
			}
		}
		kept, err := l.Find(t.Context(), was.ID)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(&want, kept, cmp.AllowUnexported(EventDataStore{})); d != "" {
			t.Errorf("%+v: (-want +got):\n%s", c.in, d)
		}
	}
}

func TestDeletion(t *testing.T) {
	l := newClockedLake(t)
	l.with("trail", StatusEnabled, true)
	refused := "event data store trail has termination protection; ctlake store update --no-termination-protection takes it away (EventDataStoreTerminationProtectedException)"
	if _, err := l.Delete(t.Context(), "trail"); fmt.Sprint(err) != refused {
		t.Errorf("under termination protection: %v", err)
	}
	no := false
	if _, err := l.Update(t.Context(), "trail", UpdateEventDataStore{TerminationProtection: &no}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.StopIngestion(t.Context(), "trail"); err != nil {
		t.Fatal(err)
	}
	deleted, err := l.Delete(t.Context(), "trail")
	if err != nil || !deleted.Deleted.Equal(noon) {
		t.Fatalf("%+v, %v", deleted, err)
	}
	l.clock = noon.Add(DeletionWait - time.Microsecond)
	restored, err := l.Restore(t.Context(), deleted.ARN)
	if err != nil || restored.Status != StatusStoppedIngestion || !restored.Deleted.IsZero() {
		t.Fatalf("at the last moment: %+v, %v", restored, err)
	}
	if _, err := l.Delete(t.Context(), "trail"); err != nil {
		t.Fatal(err)
	}
	l.clock = l.clock.Add(DeletionWait)
	if _, err := l.Restore(t.Context(), deleted.ID); exception(err) != string(ErrNotFound) {
		t.Errorf("too late: %v", err)
	}
	if stores, err := l.EventDataStores(t.Context()); len(stores) != 0 || err != nil {
		t.Errorf("%d stores, %v", len(stores), err)
	}
}

func TestTags(t *testing.T) {
	l := newClockedLake(t)
	l.with("trail", StatusEnabled, true)
	f := func(store *EventDataStore, err error, want ...Tag) {
		t.Helper()
		if err != nil || !cmp.Equal(store.Tags, want) {
			t.Errorf("%+v, %v, want %v", store, err, want)
		}
	}
	store, err := l.AddTags(t.Context(), "trail", []Tag{{"b", "1"}, {"a", "2"}})
	f(store, err, Tag{"a", "2"}, Tag{"b", "1"})
	store, err = l.AddTags(t.Context(), "trail", []Tag{{"b", "3"}, {"A", ""}})
	f(store, err, Tag{"A", ""}, Tag{"a", "2"}, Tag{"b", "3"})
	store, err = l.RemoveTags(t.Context(), "trail", []string{"a", "x"})
	f(store, err, Tag{"A", ""}, Tag{"b", "3"})
	many := make([]Tag, MaxTags-1)
	for i := range many {
		many[i] = Tag{Key: fmt.Sprint(i)}
	}
	if _, err = l.AddTags(t.Context(), "trail", many); fmt.Sprint(err) != "event data store trail would have 51 tags; it has at most 50 (TagsLimitExceededException)" {
		t.Errorf("too many: %v", err)
	}
	for what, err := range map[string]error{
		"twice":   errorOf(l.AddTags(t.Context(), "trail", []Tag{{"k", "1"}, {"k", "2"}})),
		"removed": errorOf(l.RemoveTags(t.Context(), "trail", []string{""})),
	} {
		if exception(err) != string(ErrTag) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func errorOf[T any](_ T, err error) error { return err }

// While an import runs, its store cannot be changed; others can.
func TestChangesDuringAnImport(t *testing.T) {
	l := newClockedLake(t)
	busy, name := l.with("busy", StatusEnabled, false), "renamed"
	l.with("idle", StatusEnabled, false)
	im, err := l.BeginImport(t.Context(), busy, ImportOptions{Parallelism: 1})
	if err != nil {
		t.Fatal(err)
	}
	for operation, err := range map[string]error{
		"update": errorOf(l.Update(t.Context(), "busy", UpdateEventDataStore{Name: &name})),
		"stop":   errorOf(l.StopIngestion(t.Context(), "busy")),
		"delete": errorOf(l.Delete(t.Context(), "busy")),
	} {
		if want := "an import into event data store busy is under way (EventDataStoreHasOngoingImportException)"; fmt.Sprint(err) != want {
			t.Errorf("%s: %v", operation, err)
		}
	}
	if _, err := l.AddTags(t.Context(), "busy", []Tag{{"k", ""}}); err != nil {
		t.Errorf("tags: %v", err)
	}
	if _, err := l.Delete(t.Context(), "idle"); err != nil {
		t.Errorf("another store: %v", err)
	}
	if err := im.Finish(ImportCompleted); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Update(t.Context(), "busy", UpdateEventDataStore{Name: &name}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	// An import whose process is gone is none under way.
	if im, err = l.BeginImport(t.Context(), busy, ImportOptions{Parallelism: 1}); err != nil {
		t.Fatal(err)
	}
	if err := im.unlock(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Delete(t.Context(), name); err != nil {
		t.Errorf("after an interrupted import: %v", err)
	}
	row, err := l.catalog.Import(t.Context(), im.ID())
	if err != nil || row.Status != string(ImportFailed) || row.Finished.IsZero() {
		t.Errorf("the interrupted import: %+v, %v", row, err)
	}
}

func TestTheWriterTellsWhoItIs(t *testing.T) {
	l := newClockedLake(t)
	path := filepath.Join(l.Dir(), writerLockName)
	// What a process that is gone has written does not hold anybody up.
	if err := os.WriteFile(path, []byte(`{"pid":1,"host":"gone","doing":"retention","since":"2020-01-01T00:00:00Z"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	unlock, err := l.lock("import into trail")
	if err != nil {
		t.Fatal(err)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.lock("retention")
	want := fmt.Sprintf("another process is writing to this lake: process %d on %s, since 20", os.Getpid(), host)
	if !errors.Is(err, ErrLocked) || !strings.HasPrefix(err.Error(), want) || !strings.HasSuffix(err.Error(), "Z (import into trail)") {
		t.Errorf("%v, want %s…", err, want)
	}
	for _, text := range []string{"", "{", `{"pid":0}`, strings.Repeat(" ", maxLockBytes) + "{}"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := l.lock("retention"); !errors.Is(err, ErrLocked) || err.Error() != "another process is writing to this lake; it does not say which" {
			t.Errorf("%q: %v", text, err)
		}
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if unlock, err = l.lock("retention"); err != nil {
		t.Fatal(err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
}

// What the catalog refuses of a category that it may hold one day.
func TestStartAndStopOfOtherCategories(t *testing.T) {
	l := newClockedLake(t)
	row := catalog.Store{ID: newUUID(), Name: "insights", ARN: "arn", Status: string(StatusEnabled), Kind: selector.Insight, Selectors: "[]",
		BillingMode: ExtendableRetention, RetentionDays: 366, RetentionFrom: "now", Created: noon, Updated: noon}
	if err := l.catalog.CreateStore(t.Context(), row, 1); err != nil {
		t.Fatal(err)
	}
	want := "stop ingestion of event data store insights: its Insight events are not ingested by start and stop (InvalidEventDataStoreCategoryException)"
	if _, err := l.StopIngestion(t.Context(), "insights"); fmt.Sprint(err) != want {
		t.Errorf("%v", err)
	}
}
