package storage

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// disturbable is an operation on a lake that takes several steps on the disk.
type disturbable struct {
	name    string
	clock   time.Time
	prepare func(l *clockedLake) // at noon
	run     func(l *clockedLake) error
	visible []string // in the store trail, before and after; nil if it is gone
	purged  int64    // events in the log of purges, in the end
	opens   bool     // that a file cannot be opened makes it fail
	order   string   // the operations, and what the catalog says between them
}

var disturbables = []disturbable{
	{
		name: "retention", clock: noon.AddDate(0, 0, 7), visible: []string{"new", "timeless"}, purged: 3,
		prepare: func(l *clockedLake) { l.withEvents("trail") },
		run:     retainAll,
		order: `catalog: 4 files, 0 purged
catalog: 2 files, 2 purged
remove A/calendarday=20260308/1.orc
remove A/calendarday=20260309/2.orc
syncdir A/calendarday=20260308
syncdir A/calendarday=20260309
readdir A/calendarday=20260308
remove A/calendarday=20260308
syncdir A
readdir A/calendarday=20260309
remove A/calendarday=20260309
syncdir A
catalog: 2 files, 0 purged
`,
	},
	{
		name: "removal of a deleted store", clock: noon.Add(DeletionWait), purged: 5,
		prepare: func(l *clockedLake) {
			l.withEvents("trail")
			if _, err := l.Delete(l.t.Context(), "trail"); err != nil {
				l.t.Fatal(err)
			}
		},
		run: retainAll,
		order: `catalog: 4 files, 0 purged
catalog: 0 files, 4 purged
remove A/calendarday=20260308/1.orc
remove A/calendarday=20260309/2.orc
remove A/calendarday=20260310/3.orc
remove A/calendarday=__HIVE_DEFAULT_PARTITION__/4.orc
syncdir A/calendarday=20260308
syncdir A/calendarday=20260309
syncdir A/calendarday=20260310
syncdir A/calendarday=__HIVE_DEFAULT_PARTITION__
readdir A/calendarday=20260308
remove A/calendarday=20260308
syncdir A
readdir A/calendarday=20260309
remove A/calendarday=20260309
syncdir A
readdir A/calendarday=20260310
remove A/calendarday=20260310
syncdir A
readdir A/calendarday=__HIVE_DEFAULT_PARTITION__
remove A/calendarday=__HIVE_DEFAULT_PARTITION__
syncdir A
readdir A
remove A
syncdir stores
catalog: 0 files, 0 purged
`,
	},
	{
		name: "repair", clock: noon, visible: []string{"middle", "new", "old", "older", "timeless"},
		prepare: func(l *clockedLake) {
			store := l.withEvents("trail")
			for _, name := range []string{"calendarday=20260310/_x.orc.tmp", "calendarday=20260401/y.orc"} {
				file := filepath.Join(l.Dir(), storesName, store.ID, filepath.FromSlash(name))
				if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, nil, 0o600)); err != nil {
					l.t.Fatal(err)
				}
			}
		},
		run: func(l *clockedLake) error {
			_, err := l.Check(l.t.Context(), CheckOptions{Repair: true})
			return err
		},
		order: `catalog: 4 files, 0 purged
readdir stores
readdir A
readdir A/calendarday=20260308
readdir A/calendarday=20260309
readdir A/calendarday=20260310
mkdir Q/calendarday=20260310
rename A/calendarday=20260310/_x.orc.tmp Q/calendarday=20260310/_x.orc.tmp
syncdir Q/calendarday=20260310
syncdir A/calendarday=20260310
readdir A/calendarday=20260401
mkdir Q/calendarday=20260401
rename A/calendarday=20260401/y.orc Q/calendarday=20260401/y.orc
syncdir Q/calendarday=20260401
syncdir A/calendarday=20260401
readdir A/calendarday=__HIVE_DEFAULT_PARTITION__
`,
	},
	{
		name: "merging", clock: noon, visible: []string{"a0", "a1", "a2", "alone", "b0", "b1", "b2", "t0", "t1", "t2"},
		prepare: func(l *clockedLake) { l.manySmall("trail") },
		run:     optimizeAll, opens: true,
		order: `catalog: 7 files, 0 purged
readdir A
readdir A/calendarday=20260309
readdir A/calendarday=20260310
readdir A/calendarday=__HIVE_DEFAULT_PARTITION__
mkdir A/calendarday=__HIVE_DEFAULT_PARTITION__
create A/calendarday=__HIVE_DEFAULT_PARTITION__/_1.orc.tmp
write A/calendarday=__HIVE_DEFAULT_PARTITION__/_1.orc.tmp
sync A/calendarday=__HIVE_DEFAULT_PARTITION__/_1.orc.tmp
close A/calendarday=__HIVE_DEFAULT_PARTITION__/_1.orc.tmp
rename A/calendarday=__HIVE_DEFAULT_PARTITION__/_1.orc.tmp A/calendarday=__HIVE_DEFAULT_PARTITION__/1.orc
syncdir A/calendarday=__HIVE_DEFAULT_PARTITION__
mkdir A/calendarday=20260309
create A/calendarday=20260309/_2.orc.tmp
write A/calendarday=20260309/_2.orc.tmp
sync A/calendarday=20260309/_2.orc.tmp
close A/calendarday=20260309/_2.orc.tmp
catalog: 5 files, 3 purged
rename A/calendarday=20260309/_2.orc.tmp A/calendarday=20260309/2.orc
syncdir A/calendarday=20260309
catalog: 3 files, 6 purged
remove A/calendarday=20260309/3.orc
remove A/calendarday=20260309/4.orc
remove A/calendarday=20260309/5.orc
remove A/calendarday=__HIVE_DEFAULT_PARTITION__/6.orc
remove A/calendarday=__HIVE_DEFAULT_PARTITION__/7.orc
remove A/calendarday=__HIVE_DEFAULT_PARTITION__/8.orc
syncdir A/calendarday=20260309
syncdir A/calendarday=__HIVE_DEFAULT_PARTITION__
readdir A/calendarday=20260309
readdir A/calendarday=__HIVE_DEFAULT_PARTITION__
catalog: 3 files, 0 purged
`,
	},
}

func optimizeAll(l *clockedLake) error {
	_, err := l.Optimize(l.t.Context(), "", OptimizeOptions{})
	return err
}

func retainAll(l *clockedLake) error {
	_, err := l.Retain(l.t.Context(), "", RetainOptions{})
	return err
}

// withEvents makes a store that keeps events of three days, and one without time, for a week.
func (c *clockedLake) withEvents(name string) *EventDataStore {
	c.t.Helper()
	store, err := c.Create(c.t.Context(), CreateEventDataStore{Name: name, RetentionDays: 7, Unprotected: true})
	if err != nil {
		c.t.Fatal(err)
	}
	c.ingested(name, testEvent{id: "older", day: -2}, testEvent{id: "old", day: -2, offset: time.Hour}, testEvent{id: "middle", day: -1},
		testEvent{id: "new"}, testEvent{id: "timeless", noTime: true})
	return store
}

// disturbedLake opens a lake with a disk that is disturbed.
func disturbedLake(t *testing.T, dir string, clock time.Time, disk func(Disk) Disk) *clockedLake {
	t.Helper()
	c := &clockedLake{t: t, clock: clock}
	l, err := Open(t.Context(), dir, Options{Now: func() time.Time { return c.clock }, WrapDisk: disk})
	if err != nil {
		t.Fatal(err)
	}
	c.Lake = l
	return c
}

// disturb runs the operation with a fault at its operation at on the disk.
func (d *disturbable) disturb(t *testing.T, dir string, at int, fault error, torn bool) (*faultDisk, error) {
	t.Helper()
	var disk *faultDisk
	l := disturbedLake(t, dir, d.clock, func(plain Disk) Disk {
		disk = newFaultDisk(plain)
		disk.at, disk.err, disk.torn = at, fault, torn
		return disk
	})
	err := d.run(l)
	closeLake(t, l.Lake)
	return disk, err
}

// recovers holds that the lake is sound after a disturbance, shows what it should, and
// that running the operation again completes it.
func (d *disturbable) recovers(t *testing.T, dir string) {
	t.Helper()
	l := disturbedLake(t, dir, d.clock, nil)
	defer closeLake(t, l.Lake)
	shows := func(when string) {
		t.Helper()
		if _, err := l.Find(t.Context(), "trail"); d.visible == nil && exception(err) != string(ErrNotFound) {
			t.Errorf("%s: the store is there: %v", when, err)
		} else if d.visible != nil {
			if got := l.visible("trail"); !slices.Equal(got, d.visible) {
				t.Errorf("%s: %v is visible, not %v", when, got, d.visible)
			}
		}
	}
	if found, damaged := checked(t, l.Lake, CheckOptions{Deep: true}); damaged {
		t.Errorf("after the disturbance the check finds:\n%s", found)
	}
	shows("after the disturbance")
	if err := d.run(l); err != nil {
		t.Fatalf("again: %v", err)
	}
	shows("in the end")
	if found, _ := checked(t, l.Lake, CheckOptions{Deep: true}); found != "" {
		t.Errorf("in the end the check finds:\n%s", found)
	}
	log, err := l.Purges(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	events := int64(0)
	for _, p := range log {
		events += p.Events
	}
	if events != d.purged {
		t.Errorf("the log tells of %d events, not %d: %+v", events, d.purged, log)
	}
}

func TestDisturbedOperations(t *testing.T) {
	for _, d := range disturbables {
		t.Run(d.name, func(t *testing.T) {
			l := newClockedLake(t)
			d.prepare(l)
			template := l.Dir()
			closeLake(t, l.Lake)
			l.Lake = openLake(t, template, nil) // what closes at the end of the test
			disk, err := d.disturb(t, copied(t, template), 0, nil, false)
			if err != nil {
				t.Fatal(err)
			}
			if len(disk.log) < 10 {
				t.Fatalf("only %d operations: %v", len(disk.log), disk.log)
			}
			for i, n := range interesting(disk.log) {
				verb, _, _ := strings.Cut(disk.log[n-1], " ")
				if verb == "open" && !d.opens || testing.Short() && i%3 != 0 {
					continue
				}
				for k, fault := range faults {
					if fault.torn && verb != "write" || !inTurn(i, 0, 2) || !inTurn(i/2, k, len(faults)) {
						continue
					}
					dir := copied(t, template)
					if _, err := d.disturb(t, dir, n, fault.err, fault.torn); !errors.Is(err, fault.err) {
						t.Errorf("%s at %d, %s: got %v", fault.name, n, disk.log[n-1], err)
					}
					d.recovers(t, dir)
				}
				if inTurn(i, 1, 2) {
					dir := copied(t, template)
					disturbed, err := d.disturb(t, dir, n, errStopped, n%3 == 0)
					if !errors.Is(err, errStopped) {
						t.Errorf("stopped at %d, %s: got %v", n, disk.log[n-1], err)
					}
					if n/2%2 == 0 {
						takePower(t, disturbed, dir, uint64(n))
					}
					d.recovers(t, dir)
				}
				if t.Failed() {
					t.Fatalf("at %d, %s", n, disk.log[n-1])
				}
			}
		})
	}
}

// watchingDisk writes into the log what the catalog says, whenever it says something else than before.
type watchingDisk struct {
	*faultDisk
	watch func()
}

func (d watchingDisk) Remove(name string) error { d.watch(); return d.faultDisk.Remove(name) }
func (d watchingDisk) Rename(from, to string) error {
	d.watch()
	return d.faultDisk.Rename(from, to)
}

// The order of operations: what the catalog does not know any more is removed after that, and forgotten at last.
func TestTheOrderOfOperations(t *testing.T) {
	for _, d := range disturbables {
		t.Run(d.name, func(t *testing.T) {
			l := newClockedLake(t)
			d.prepare(l)
			disk := newFaultDisk(l.disk)
			last := ""
			watch := func() {
				files := 0
				stores, err := l.allStores(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range stores {
					files += len(l.files(s))
				}
				purged, err := l.catalog.PurgedFiles(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if says := fmt.Sprintf("catalog: %d files, %d purged", files, len(purged)); says != last {
					disk.log = append(disk.log, says)
					last = says
				}
			}
			watch()
			l.disk = watchingDisk{disk, watch}
			l.clock = d.clock
			if err := d.run(l); err != nil {
				t.Fatal(err)
			}
			watch()
			names, wrote := map[string]string{}, ""
			var got strings.Builder
			for _, line := range disk.log {
				if strings.HasPrefix(line, "open ") {
					continue // files are read side by side
				}
				line = regexp.MustCompile(`stores/[0-9a-f-]{36}`).ReplaceAllString(line, "A")
				line = regexp.MustCompile(path.Join(quarantineName, `[0-9a-f-]{36}`)).ReplaceAllString(line, "Q")
				line = regexp.MustCompile(`[0-9A-Z]{26}`).ReplaceAllStringFunc(line, func(id string) string {
					if names[id] == "" {
						names[id] = fmt.Sprint(len(names) + 1)
					}
					return names[id]
				})
				if line != wrote { // how many writes a file takes is the ORC writer's affair
					got.WriteString(line + "\n")
				}
				wrote = line
			}
			if got.String() != d.order {
				t.Errorf("got:\n%s\nwant:\n%s", got.String(), d.order)
			}
		})
	}
}
