package storage

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlake/ctlake/storage/laketest"
	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/vector"
)

// at returns an event of a time; its ID says which.
func at(t time.Time) testEvent {
	return testEvent{id: t.UTC().Format(time.RFC3339Nano), offset: t.Sub(noon)}
}

// ingested imports events as package ingest does: what has expired is left out.
func (c *clockedLake) ingested(name string, events ...testEvent) *Retained {
	c.t.Helper()
	store, err := c.Find(c.t.Context(), name)
	if err != nil {
		c.t.Fatal(err)
	}
	im, err := c.BeginImport(c.t.Context(), store, ImportOptions{Parallelism: 1})
	if err != nil {
		c.t.Fatal(err)
	}
	byDay := map[Day][]testEvent{}
	for _, e := range events {
		day := DayOf(e.millis(), !e.noTime)
		if !e.noTime && im.Expired(e.millis()) {
			continue
		}
		if sighting, err := im.Sight(c.t.Context(), day, e.key()); err != nil {
			c.t.Fatal(err)
		} else if sighting == Repeated {
			continue
		}
		if !e.noTime {
			im.SawTime(e.millis())
		}
		byDay[day] = append(byDay[day], e)
	}
	for day, events := range byDay {
		if err := im.Write(day, batchOf(events), 1, nil); err != nil {
			c.t.Fatal(err)
		}
	}
	if err := errors.Join(im.Commit(c.t.Context(), &ImportCounts{}), im.Finish(ImportCompleted)); err != nil {
		c.t.Fatal(err)
	}
	return im.Retained()
}

// visible returns the IDs of the events that a query of now sees, sorted.
func (c *clockedLake) visible(name string) []string {
	c.t.Helper()
	store, err := c.Find(c.t.Context(), name)
	if err != nil {
		c.t.Fatal(err)
	}
	s, err := c.snapshot(c.t.Context(), store.ID) // not Snapshot, by which files would wait for this reader
	if err != nil {
		c.t.Fatal(err)
	}
	ids := []string{}
	for _, f := range s.Files {
		file, err := s.Open(f)
		if err != nil {
			c.t.Fatal(err)
		}
		for i := range file.Stripes() {
			columns := map[string]vector.Vector{}
			stripe, err := file.Stripe(i)
			if err != nil {
				c.t.Fatal(err)
			}
			for _, name := range []string{schema.EventID, schema.EventTime} {
				column, err := stripe.Column([]string{name})
				if err == nil {
					columns[name], err = column.Read(0, stripe.Rows())
				}
				if err != nil {
					c.t.Fatal(err)
				}
			}
			id, eventTime := vector.ViewOf[string](columns[schema.EventID]), vector.ViewOf[int64](columns[schema.EventTime])
			for row := range stripe.Rows() {
				if eventTime.Nulls.Has(row) || eventTime.Get(row)/1000 >= s.NotBefore {
					ids = append(ids, id.Get(row))
				}
			}
		}
		if err := file.Close(); err != nil {
			c.t.Error(err)
		}
	}
	slices.Sort(ids)
	return ids
}

func (c *clockedLake) retained(o RetainOptions) *Retained {
	c.t.Helper()
	r, err := c.Retain(c.t.Context(), "", o)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

// For random stores, events and clocks, the visible set is what the rule says, whether or
// not retention ran: what was ingested in time, and was not expired whenever the
// period changed, and is not now, and lies on no day that was removed.
func TestTheVisibleSetIsTheRules(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	runs := 16
	if testing.Short() {
		runs = 4
	}
	for run := range runs {
		random := rand.New(rand.NewPCG(seed, uint64(run)))
		l := newClockedLake(t)
		in := CreateEventDataStore{Name: "trail", RetentionDays: MinRetentionDays + random.IntN(20), RetentionFrom: RetentionFromNow}
		if random.IntN(3) == 0 {
			in.RetentionFrom = RetentionFromNewest
		}
		if _, err := l.Create(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		// The model knows instants, and no days but those that were removed.
		period := time.Duration(in.RetentionDays) * 24 * time.Hour
		held := map[string]testEvent{}
		var floor, newest time.Time
		bound := func() time.Time {
			from := l.clock
			if in.RetentionFrom == RetentionFromNewest {
				if from = newest; newest.IsZero() {
					return floor
				}
			}
			if b := from.Add(-period); b.After(floor) {
				return b
			}
			return floor
		}
		steps := []string{}
		for range 12 {
			step := ""
			switch random.IntN(6) {
			case 0, 1: // the clock goes on, by chance back, and to the border of a day
				l.clock = l.clock.Add(time.Duration(random.IntN(12*24)-24) * time.Hour)
				if random.IntN(3) == 0 {
					l.clock = l.clock.Truncate(24 * time.Hour)
				}
				step = "clock " + l.clock.Format(time.RFC3339)
			case 2, 3:
				var events []testEvent
				for range random.IntN(12) {
					when := l.clock.Add(-time.Duration(random.Int64N(int64(30 * 24 * time.Hour)))).Add(48 * time.Hour)
					switch random.IntN(4) {
					case 0:
						when = when.Truncate(24 * time.Hour)
					case 1:
						when = bound()
					}
					when = when.Truncate(time.Millisecond)
					if when.Year() > 2000 {
						events = append(events, at(when))
					}
				}
				events = append(events, testEvent{id: "timeless" + fmt.Sprint(len(steps)), noTime: true})
				for _, e := range events {
					when := time.UnixMilli(e.millis())
					if e.noTime {
						held[e.id] = e
						continue
					}
					if when.Before(bound()) {
						continue
					}
					if _, known := held[e.id]; !known {
						held[e.id] = e
					}
					if when.After(newest) && !when.After(l.clock) {
						newest = when
					}
				}
				r := l.ingested("trail", events...)
				for _, p := range r.Purges {
					if end := time.UnixMilli((int64(p.Day) + 1) * millisPerDay); end.After(floor) {
						floor = end
					}
				}
				step = fmt.Sprintf("ingest %d", len(events))
			case 4:
				days := MinRetentionDays + random.IntN(20)
				was := bound()
				if _, err := l.Update(t.Context(), "trail", UpdateEventDataStore{RetentionDays: &days}); errors.Is(err, ErrClock) {
					step = "update refused"
					break
				} else if err != nil {
					t.Fatal(err)
				}
				changed := time.Duration(days)*24*time.Hour != period
				period = time.Duration(days) * 24 * time.Hour
				if changed && len(held) > 0 {
					floor = was
					floor = bound()
				}
				step = fmt.Sprintf("update %d", days)
			case 5:
				would := l.retained(RetainOptions{DryRun: true, Force: true})
				r := l.retained(RetainOptions{Force: true})
				if d := cmp.Diff(would.Purges, r.Purges); d != "" {
					t.Errorf("a dry run tells another story (-dry +real):\n%s", d)
				}
				for _, p := range r.Purges {
					end := time.UnixMilli((int64(p.Day) + 1) * millisPerDay)
					if end.After(bound()) {
						t.Errorf("the day %d was removed before its end", p.Day.Calendar())
					}
					if end.After(floor) {
						floor = end
					}
				}
				store, err := l.Find(t.Context(), "trail")
				if err != nil {
					t.Fatal(err)
				}
				s, err := l.snapshot(t.Context(), store.ID)
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range s.Files {
					if end := (int64(f.Day) + 1) * millisPerDay; f.Day != NoDay && end <= bound().UnixMilli() {
						t.Errorf("%s is still there", f.Path)
					}
				}
				if left := strays(t, l.Lake, store); len(left) > 0 {
					t.Errorf("still on disk: %v", left)
				}
				step = "retain"
			}
			steps = append(steps, step)
			want := []string{}
			for id, e := range held {
				if e.noTime || !time.UnixMilli(e.millis()).Before(bound()) {
					want = append(want, id)
				}
			}
			slices.Sort(want)
			if got := l.visible("trail"); !slices.Equal(got, want) {
				t.Fatalf("seed %d, run %d, %+v, after %s:\n got %v\nwant %v", seed, run, in, strings.Join(steps, "; "), got, want)
			}
		}
	}
}

// Days are of UTC, wherever the host is, and a day goes when its last moment has expired.
func TestDaysGoAtUTCBorders(t *testing.T) {
	zones := []string{"Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York", "Asia/Kathmandu", "UTC"}
	for z, zone := range zones {
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Skipf("no time zones here: %v", err)
		}
		for i, c := range []struct{ event, now, want string }{
			{"2028-02-29T23:59:59.999Z", "2028-03-07T23:59:59.999Z", ""},
			{"2028-02-29T23:59:59.999Z", "2028-03-08T00:00:00Z", "20280229"},
			{"2028-02-29T00:00:00Z", "2028-03-07T23:59:59.999Z", ""},
			{"2028-02-28T12:00:00Z", "2028-03-07T00:00:00Z", "20280228"},
			{"2027-02-28T12:00:00Z", "2027-03-07T23:59:59Z", ""},
			{"2027-02-28T12:00:00Z", "2027-03-08T00:00:00Z", "20270228"},
			{"2026-12-31T00:00:00Z", "2027-01-07T23:59:59Z", ""},
			{"2026-12-31T00:00:00Z", "2027-01-08T00:00:00Z", "20261231"},
			{"2026-03-29T00:30:00Z", "2026-04-05T23:59:59Z", ""},
			{"2026-03-29T00:30:00Z", "2026-04-06T00:00:00Z", "20260329"},
		} {
			if zone != "UTC" && !inTurn(i, z, len(zones)-1) {
				continue
			}
			event, now := mustTime(t, c.event), mustTime(t, c.now)
			l := newClockedLake(t)
			l.clock = event.Add(time.Hour).In(location)
			if _, err := l.Create(t.Context(), CreateEventDataStore{Name: "trail", RetentionDays: 7}); err != nil {
				t.Fatal(err)
			}
			l.ingested("trail", at(event))
			l.clock = now.In(location)
			got := ""
			for _, p := range l.retained(RetainOptions{}).Purges {
				got += fmt.Sprint(p.Day.Calendar())
			}
			if got != c.want {
				t.Errorf("%s: of an event of %s, at %s: %q is removed, want %q", zone, c.event, c.now, got, c.want)
			}
		}
	}
}

func mustTime(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestTheLogOfPurges(t *testing.T) {
	l := newClockedLake(t)
	for _, name := range []string{"trail", "other"} {
		if _, err := l.Create(t.Context(), CreateEventDataStore{Name: name, RetentionDays: 7, Unprotected: true}); err != nil {
			t.Fatal(err)
		}
		l.ingested(name, at(noon), at(noon.Add(-time.Hour)), at(noon.AddDate(0, 0, -1)), testEvent{id: "timeless", noTime: true})
	}
	l.clock = noon.AddDate(0, 0, 8)
	first := l.retained(RetainOptions{})
	if _, err := l.Delete(t.Context(), "other"); err != nil {
		t.Fatal(err)
	}
	l.clock = l.clock.Add(DeletionWait)
	second := l.retained(RetainOptions{})
	log, err := l.Purges(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(append(first.Purges, second.Purges...), log); d != "" {
		t.Errorf("the log is not what the runs say (-runs +log):\n%s", d)
	}
	var got strings.Builder
	for _, p := range log {
		fmt.Fprintf(&got, "%s %s %d %d files %d events %v %s\n", p.At.Format(time.RFC3339), p.StoreName, p.Day.Calendar(), p.Files, p.Events, p.HasNotBefore, p.Rule)
	}
	want := `2026-03-18T12:00:00Z other 20260309 1 files 1 events true retention period of 7 days, counted from now
2026-03-18T12:00:00Z other 20260310 1 files 2 events true retention period of 7 days, counted from now
2026-03-18T12:00:00Z trail 20260309 1 files 1 events true retention period of 7 days, counted from now
2026-03-18T12:00:00Z trail 20260310 1 files 2 events true retention period of 7 days, counted from now
2026-03-25T12:00:00Z other 0 1 files 1 events false event data store deleted at 2026-03-18T12:00:00Z, removed 7 days later
`
	if got.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", got.String(), want)
	}
	if first.Unlinked != 4 || second.Unlinked != 1 {
		t.Errorf("%d and %d files were unlinked", first.Unlinked, second.Unlinked)
	}
	if names, err := filepath.Glob(filepath.Join(l.Dir(), storesName, "*", "*", "*")); err != nil || len(names) != 1 {
		t.Errorf("left on disk: %v, %v", names, err)
	}
	if names, err := filepath.Glob(filepath.Join(l.Dir(), storesName, "*")); err != nil || len(names) != 1 {
		t.Errorf("folders of stores: %v, %v", names, err)
	}
}

// A clock set back or forward by years removes nothing, however often it is asked.
func TestAClockInDoubt(t *testing.T) {
	l := newClockedLake(t)
	if _, err := l.Create(t.Context(), CreateEventDataStore{Name: "trail", RetentionDays: 30, Unprotected: true}); err != nil {
		t.Fatal(err)
	}
	l.ingested("trail", at(noon), at(noon.AddDate(0, 0, -20)))
	all := l.visible("trail")
	for _, c := range []struct {
		name   string
		clock  time.Time
		most   time.Duration
		doubts bool
	}{
		{"a little behind", noon.Add(-clockSlack), 0, false},
		{"behind", noon.Add(-clockSlack - time.Second), 0, true},
		{"years behind", noon.AddDate(-20, 0, 0), 0, true},
		{"as far ahead as may be", noon.Add(DefaultMaxClockAhead), 0, false},
		{"ahead", noon.Add(DefaultMaxClockAhead + time.Second), 0, true},
		{"years ahead", noon.AddDate(5, 0, 0), 0, true},
		{"ahead of a smaller bound", noon.AddDate(0, 0, 2), 24 * time.Hour, true},
		{"within a larger bound", noon.AddDate(1, 0, 0), 400 * 24 * time.Hour, false},
	} {
		l.clock = c.clock
		r := l.retained(RetainOptions{DryRun: true, MaxClockAhead: c.most})
		if errors.Is(r.Doubt, ErrClock) != c.doubts {
			t.Errorf("%s: %v", c.name, r.Doubt)
		}
		if !c.doubts {
			continue
		}
		days := 31
		if c.most == 0 {
			if _, err := l.Update(t.Context(), "trail", UpdateEventDataStore{RetentionDays: &days}); !errors.Is(err, ErrClock) {
				t.Errorf("%s: another period: %v", c.name, err)
			}
		}
		for range 2 {
			if _, err := l.Retain(t.Context(), "", RetainOptions{MaxClockAhead: c.most}); !errors.Is(err, ErrClock) {
				t.Errorf("%s: %v", c.name, err)
			}
			if c.most == 0 {
				if r := l.ingested("trail"); !errors.Is(r.Doubt, ErrClock) || len(r.Purges) > 0 {
					t.Errorf("%s: an import: %+v", c.name, r)
				}
			}
		}
	}
	if _, err := l.Delete(t.Context(), "trail"); err != nil { // by a clock that is a year ahead
		t.Fatal(err)
	}
	l.clock = l.clock.Add(2 * DeletionWait)
	if _, err := l.Create(t.Context(), CreateEventDataStore{Name: "trail"}); exception(err) != string(ErrExists) {
		t.Errorf("a store that was deleted by a clock in doubt is gone: %v", err)
	}
	l.clock = noon
	if _, err := l.Restore(t.Context(), "trail"); err != nil {
		t.Fatal(err)
	}
	if got := l.visible("trail"); !slices.Equal(got, all) {
		t.Errorf("by the right clock there is %v, not %v", got, all)
	}
	l.clock = noon.AddDate(5, 0, 0)
	if r := l.retained(RetainOptions{Force: true}); len(r.Purges) != 2 {
		t.Errorf("forced: %+v", r)
	}
	l.retained(RetainOptions{})
}

// A clock that is not as it was written is in doubt, until it is set by force.
func TestADamagedClock(t *testing.T) {
	l := newClockedLake(t)
	l.withEvents("trail")
	l.clock = noon.Add(37 * time.Hour)
	l.retained(RetainOptions{})
	closeLake(t, l.Lake)
	was := binary.BigEndian.AppendUint64(nil, uint64(l.clock.UnixMicro()))
	l.alter(catalogName, func(b []byte) []byte {
		return bytes.ReplaceAll(b, was, binary.BigEndian.AppendUint64(nil, uint64(l.clock.AddDate(1, 0, 0).UnixMicro())))
	})
	l.clock = noon.AddDate(0, 0, 7)
	c := disturbedLake(t, l.Dir(), l.clock, nil)
	l.Lake = c.Lake // closed at the end of the test
	found, damaged := checked(t, l.Lake, CheckOptions{})
	if want := "catalog||catalog.db|the time of the last commit is not as it was written|nothing is purged until ctlake retention run --force takes the system's clock as the lake's; queries are not concerned|\n"; found != want || !damaged {
		t.Errorf("the check finds %s", found)
	}
	if _, err := l.Retain(t.Context(), "", RetainOptions{}); !errors.Is(err, ErrClock) {
		t.Errorf("retention: %v", err)
	}
	l.ingested("trail", testEvent{id: "later", day: 6}) // an import goes on, and purges nothing
	if got := l.visible("trail"); !slices.Equal(got, []string{"later", "new", "timeless"}) || len(l.files(must(l.Find(t.Context(), "trail")))) != 5 {
		t.Errorf("after an import %v is visible", got)
	}
	if r, err := l.Retain(t.Context(), "", RetainOptions{Force: true}); err != nil || len(r.Purges) != 2 {
		t.Errorf("retention by force: %+v, %v", r, err)
	}
	if found, _ := checked(t, l.Lake, CheckOptions{Deep: true}); found != "" {
		t.Errorf("in the end the check finds %s", found)
	}
}

// Files that a query may be reading stay, for a while.
func TestPurgedFilesWaitForReaders(t *testing.T) {
	dir := laketest.Dir(t)
	l, reader := clockedLakeIn(t, dir), clockedLakeIn(t, dir)
	store, err := l.Create(t.Context(), CreateEventDataStore{Name: "trail", RetentionDays: 7})
	if err != nil {
		t.Fatal(err)
	}
	l.ingested("trail", at(noon))
	s, err := reader.Snapshot(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	readable := func(want bool) {
		t.Helper()
		file, err := s.Open(s.Files[0])
		if (err == nil) != want {
			t.Errorf("open: %v, want %v", err, want)
		}
		if err == nil {
			if err := file.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	l.clock = noon.AddDate(0, 0, 8)
	if r := l.retained(RetainOptions{}); len(r.Purges) != 1 || r.Unlinked != 0 || r.Waiting != 1 {
		t.Errorf("while there is a reader: %+v", r)
	}
	readable(true)
	l.ingested("trail", at(l.clock)) // an import sweeps what it does not know
	readable(true)
	if r := l.retained(RetainOptions{}); r.Waiting != 1 {
		t.Errorf("a second run: %+v", r)
	}
	l.clock = l.clock.Add(queryGrace)
	if r := l.retained(RetainOptions{}); r.Unlinked != 1 || r.Waiting != 0 {
		t.Errorf("after the wait: %+v", r)
	}
	readable(false)

	// Where the reader is gone, nothing waits.
	if _, err := l.Update(t.Context(), "trail", UpdateEventDataStore{Name: new("renamed")}); err != nil {
		t.Fatal(err)
	}
	if err := reader.readers.release(); err != nil {
		t.Fatal(err)
	}
	l.clock = l.clock.AddDate(0, 0, 9)
	if r := l.retained(RetainOptions{}); r.Unlinked != 1 || r.Waiting != 0 {
		t.Errorf("without a reader: %+v", r)
	}
}

func TestRetentionIsRefusedWhileAnotherProcessWrites(t *testing.T) {
	l := newClockedLake(t)
	unlock, err := l.lock("import into trail")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Retain(context.Background(), "", RetainOptions{}); !errors.Is(err, ErrLocked) {
		t.Errorf("%v", err)
	}
	if _, err := l.Retain(context.Background(), "", RetainOptions{DryRun: true}); err != nil {
		t.Errorf("a dry run: %v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
}
