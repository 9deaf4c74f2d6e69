package storage

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// importStoreOperations is what the import of a store does on the disk: D is the store's folder, a number
// stands for a file's name. The transaction comes after all of it.
const importStoreOperations = `readdir D
mkdir D/calendarday=20260309
create D/calendarday=20260309/_1.orc.tmp
write D/calendarday=20260309/_1.orc.tmp
sync D/calendarday=20260309/_1.orc.tmp
close D/calendarday=20260309/_1.orc.tmp
rename D/calendarday=20260309/_1.orc.tmp D/calendarday=20260309/1.orc
syncdir D/calendarday=20260309
mkdir D/calendarday=20260310
create D/calendarday=20260310/_2.orc.tmp
write D/calendarday=20260310/_2.orc.tmp
sync D/calendarday=20260310/_2.orc.tmp
close D/calendarday=20260310/_2.orc.tmp
rename D/calendarday=20260310/_2.orc.tmp D/calendarday=20260310/2.orc
syncdir D/calendarday=20260310
mkdir D/calendarday=__HIVE_DEFAULT_PARTITION__
create D/calendarday=__HIVE_DEFAULT_PARTITION__/_3.orc.tmp
write D/calendarday=__HIVE_DEFAULT_PARTITION__/_3.orc.tmp
sync D/calendarday=__HIVE_DEFAULT_PARTITION__/_3.orc.tmp
close D/calendarday=__HIVE_DEFAULT_PARTITION__/_3.orc.tmp
rename D/calendarday=__HIVE_DEFAULT_PARTITION__/_3.orc.tmp D/calendarday=__HIVE_DEFAULT_PARTITION__/3.orc
syncdir D/calendarday=__HIVE_DEFAULT_PARTITION__
open D/calendarday=__HIVE_DEFAULT_PARTITION__/3.orc
open D/calendarday=20260309/1.orc
open D/calendarday=20260310/2.orc
`

// Disturbed at any operation, the import of a store leaves the lake as it was, and another one completes it.
func TestDisturbedImportOfAStore(t *testing.T) {
	source := exportable(t)
	want := source.visible("trail")
	from := filepath.Join(t.TempDir(), "folder")
	if _, err := source.Export(t.Context(), "trail", from); err != nil {
		t.Fatal(err)
	}
	template := newClockedLake(t)
	template.with("other", StatusEnabled, true)
	template.ingested("other", testEvent{id: "there"})
	disturb := func(dir string, at int, fault error, torn bool) (*faultDisk, error) {
		var disk *faultDisk
		l := disturbedLake(t, dir, source.clock, func(plain Disk) Disk {
			disk = newFaultDisk(plain)
			disk.at, disk.err, disk.torn = at, fault, torn
			return disk
		})
		_, err := l.ImportStore(t.Context(), from, "")
		closeLake(t, l.Lake)
		return disk, err
	}
	recovers := func(dir string) {
		t.Helper()
		l := disturbedLake(t, dir, source.clock, nil)
		defer closeLake(t, l.Lake)
		if found, damaged := checked(t, l.Lake, CheckOptions{Deep: true}); damaged {
			t.Errorf("after the disturbance the check finds:\n%s", found)
		}
		if _, err := l.Find(t.Context(), "trail"); exception(err) != string(ErrNotFound) {
			t.Errorf("the store is there: %v", err)
		}
		if _, err := l.ImportStore(t.Context(), from, ""); err != nil {
			t.Fatalf("again: %v", err)
		}
		if got := l.visible("trail"); !slices.Equal(got, want) || len(l.visible("other")) != 1 {
			t.Errorf("in the end: %v is visible, not %v", got, want)
		}
		if found, _ := checked(t, l.Lake, CheckOptions{Deep: true}); found != "" {
			t.Errorf("in the end the check finds:\n%s", found)
		}
	}
	closeLake(t, template.Lake)
	template.Lake = openLake(t, template.Dir(), nil) // what closes at the end of the test
	disk, err := disturb(copied(t, template.Dir()), 0, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	names, last := map[string]string{}, ""
	var order strings.Builder
	for _, line := range disk.log {
		line = regexp.MustCompile(`stores/[0-9a-f-]{36}`).ReplaceAllString(line, "D")
		line = regexp.MustCompile(`[0-9A-Z]{26}`).ReplaceAllStringFunc(line, func(id string) string {
			if names[id] == "" {
				names[id] = fmt.Sprint(len(names) + 1)
			}
			return names[id]
		})
		if line != last {
			order.WriteString(line + "\n")
		}
		last = line
	}
	if order.String() != importStoreOperations {
		t.Errorf("the operations are\n%s\nwant\n%s", order.String(), importStoreOperations)
	}
	for i, n := range interesting(disk.log) {
		verb, _, _ := strings.Cut(disk.log[n-1], " ")
		for k, fault := range faults {
			if fault.torn && verb != "write" || !inTurn(i, 0, 2) || !inTurn(i/2, k, len(faults)) {
				continue
			}
			dir := copied(t, template.Dir())
			_, err := disturb(dir, n, fault.err, fault.torn)
			if verb == "open" && err != nil {
				continue // what cannot be read back is told as a finding
			}
			if !errors.Is(err, fault.err) {
				t.Errorf("%s at %d, %s: got %v", fault.name, n, disk.log[n-1], err)
			}
			recovers(dir)
		}
		if inTurn(i, 1, 2) {
			dir := copied(t, template.Dir())
			disturbed, err := disturb(dir, n, errStopped, n%3 == 0)
			if err == nil {
				t.Errorf("stopped at %d, %s: no error", n, disk.log[n-1])
			}
			if n/2%2 == 0 {
				takePower(t, disturbed, dir, uint64(n))
			}
			recovers(dir)
		}
		if t.Failed() {
			t.Fatalf("at %d, %s", n, disk.log[n-1])
		}
	}
}
