package storage

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/ctlake/ctlake/storage/laketest"
)

var (
	errStopped = errors.New("the process is gone")
)

// faults are what an operation may meet: the disk's refusals, and (of a write) half of it done.
var faults = []struct {
	name string
	err  error
	torn bool
}{{"input/output error", syscall.EIO, false}, {"disk full", syscall.ENOSPC, false}, {"too many open files", syscall.EMFILE, false},
	{"short write", io.ErrShortWrite, true}, {"disk full in the midst of a write", syscall.ENOSPC, true}}

// faultDisk counts the operations on a disk and disturbs one of them.
type faultDisk struct {
	Disk
	mu   sync.Mutex // of what follows: files are opened and sealed side by side
	log  []string
	at   int   // the operation to disturb, from 1; 0 is none
	err  error // what it gives: errFault once, errStopped from then on for ever
	torn bool  // a disturbed write leaves half of what it was given

	// What a power loss takes: files whose bytes, and names that are not durable.
	unsynced map[string]bool
	unnamed  map[string]bool
	removed  map[string][]byte // what may come back: files whose removal is not durable
}

func newFaultDisk(d Disk) *faultDisk {
	return &faultDisk{Disk: d, unsynced: map[string]bool{}, unnamed: map[string]bool{}, removed: map[string][]byte{}}
}

// step counts an operation, and says how it ends if it is to be disturbed.
func (d *faultDisk) step(format string, args ...any) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.log = append(d.log, fmt.Sprintf(format, args...))
	if n := len(d.log); d.at > 0 && (n == d.at || n > d.at && errors.Is(d.err, errStopped)) {
		return d.err
	}
	return nil
}

func (d *faultDisk) Create(name string) (WriteFile, error) {
	if err := d.step("create %s", name); err != nil {
		return nil, err
	}
	f, err := d.Disk.Create(name)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unsynced[name], d.unnamed[name] = true, true
	return &faultFile{f, d, name}, nil
}

func (d *faultDisk) Scratch(name string) (ScratchFile, error) {
	if err := d.step("scratch %s", name); err != nil {
		return nil, err
	}
	f, err := d.Disk.Scratch(name)
	if err != nil {
		return nil, err
	}
	return &faultScratch{f, d, name}, nil
}

// faultScratch is a scratch file, of which there is nothing left after a power loss.
type faultScratch struct {
	ScratchFile
	disk *faultDisk
	name string
}

func (f *faultScratch) ReadAt(p []byte, at int64) (int, error) {
	if err := f.disk.step("readat %s", f.name); err != nil {
		return 0, err
	}
	return f.ScratchFile.ReadAt(p, at)
}

func (f *faultScratch) WriteAt(p []byte, at int64) (int, error) {
	if err := f.disk.step("writeat %s", f.name); err != nil {
		return 0, err
	}
	return f.ScratchFile.WriteAt(p, at)
}

func (f *faultScratch) Close() error {
	return errors.Join(f.disk.step("close %s", f.name), f.ScratchFile.Close())
}

func (d *faultDisk) Open(name string) (ReadFile, error) {
	if err := d.step("open %s", name); err != nil {
		return nil, err
	}
	return d.Disk.Open(name)
}

func (d *faultDisk) MkdirAll(name string) error {
	if err := d.step("mkdir %s", name); err != nil {
		return err
	}
	return d.Disk.MkdirAll(name)
}

func (d *faultDisk) Rename(from, to string) error {
	if err := d.step("rename %s %s", from, to); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unsynced[to], d.unnamed[to] = d.unsynced[from], true
	delete(d.unsynced, from)
	delete(d.unnamed, from)
	return d.Disk.Rename(from, to)
}

func (d *faultDisk) Link(name, to string) error {
	if err := d.step("link %s", name); err != nil {
		return err
	}
	return d.Disk.Link(name, to)
}

func (d *faultDisk) Remove(name string) error {
	if err := d.step("remove %s", name); err != nil {
		return err
	}
	content, isFile := d.content(name)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.Disk.Remove(name); err != nil {
		return err
	}
	if isFile && !d.unnamed[name] {
		d.removed[name] = content
	}
	delete(d.unsynced, name)
	delete(d.unnamed, name)
	return nil
}

// content returns what is in a file; ok is false of a folder, or of nothing.
func (d *faultDisk) content(name string) (content []byte, ok bool) {
	f, err := d.Disk.Open(name)
	if err != nil {
		return nil, false
	}
	content = make([]byte, f.Size())
	_, err = f.ReadAt(content, 0)
	return content, errors.Join(err, f.Close()) == nil
}

func (d *faultDisk) SyncDir(name string) error {
	if err := d.step("syncdir %s", name); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for file := range d.unnamed {
		if path.Dir(file) == name {
			delete(d.unnamed, file)
		}
	}
	for file := range d.removed {
		if path.Dir(file) == name {
			delete(d.removed, file)
		}
	}
	return d.Disk.SyncDir(name)
}

func (d *faultDisk) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := d.step("readdir %s", name); err != nil {
		return nil, err
	}
	return d.Disk.ReadDir(name)
}

// losePower takes away what was not made durable: each name and each file's bytes, and each
// removal of a file, with probability one half.
func (d *faultDisk) losePower(t *testing.T, random *rand.Rand) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(d.removed)) {
		if random.IntN(2) == 0 {
			continue
		}
		if err := d.Disk.MkdirAll(path.Dir(name)); err != nil {
			t.Fatal(err)
		}
		f, err := d.Disk.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(d.removed[name]); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, lost := range []map[string]bool{d.unsynced, d.unnamed} {
		names := make([]string, 0, len(lost))
		for name, is := range lost {
			if is {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			if random.IntN(2) == 0 {
				continue
			}
			if err := d.Disk.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			if d.unnamed[name] && random.IntN(2) == 0 {
				continue // the name is gone too
			}
			f, err := d.Disk.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

type faultFile struct {
	WriteFile
	disk *faultDisk
	name string
}

func (f *faultFile) Write(p []byte) (int, error) {
	if err := f.disk.step("write %s", f.name); err != nil {
		if !f.disk.torn {
			return 0, err
		}
		n, failed := f.WriteFile.Write(p[:len(p)/2])
		return n, errors.Join(err, failed)
	}
	return f.WriteFile.Write(p)
}

func (f *faultFile) Sync() error {
	if err := f.disk.step("sync %s", f.name); err != nil {
		return err
	}
	f.disk.mu.Lock()
	delete(f.disk.unsynced, f.name)
	f.disk.mu.Unlock()
	return f.WriteFile.Sync()
}

// Close closes the file in any case, so that tests do not run out of them.
func (f *faultFile) Close() error {
	return errors.Join(f.disk.step("close %s", f.name), f.WriteFile.Close())
}

var (
	before = testArchive{"before", []testEvent{{id: "1", day: -1}, {id: "2"}, {day: 0}, {id: "3", noTime: true}}}
	first  = testArchive{"first", []testEvent{{id: "2"}, {id: "4", day: -2}, {id: "5", day: -1}}}
	second = testArchive{"second", []testEvent{{id: "6", day: -2}, {id: "4", day: -2}, {id: "7", day: 1}}}
)

// copied returns a folder with what is in template.
func copied(t *testing.T, template string) string {
	t.Helper()
	dir := laketest.Dir(t)
	if err := os.CopyFS(dir, os.DirFS(template)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// prepared returns the directory of a lake with a store that holds one archive, and a file
// that an interrupted import left.
func prepared(t *testing.T) string {
	t.Helper()
	dir := laketest.Dir(t)
	l := openLake(t, dir, nil)
	defer closeLake(t, l)
	store, err := l.Create(t.Context(), CreateEventDataStore{Name: "trail"})
	if err != nil {
		t.Fatal(err)
	}
	if err := importArchives(t.Context(), l, store, before); err != nil {
		t.Fatal(err)
	}
	f, err := l.disk.Create(path.Join(storesName, store.ID, DayOf(testEvent{}.millis(), true).folder(), "_left.orc.tmp"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// disturbed imports two archives with a fault at operation at; it returns the disk and what came of it.
func disturbed(t *testing.T, dir string, at int, fault error, torn bool) (*faultDisk, error) {
	t.Helper()
	return disturbedBeside(t, dir, 1, at, fault, torn)
}

// disturbedBeside is disturbed with so many files sealed side by side: then operations may come in another order each time.
func disturbedBeside(t *testing.T, dir string, parallelism, at int, fault error, torn bool) (*faultDisk, error) {
	t.Helper()
	var disk *faultDisk
	l := openLake(t, dir, func(d Disk) Disk {
		disk = newFaultDisk(d)
		disk.at, disk.err, disk.torn = at, fault, torn
		return disk
	})
	store, err := l.Find(t.Context(), "trail")
	if err != nil {
		t.Fatal(err)
	}
	err = importBeside(t.Context(), l, store, parallelism, first, second)
	closeLake(t, l)
	return disk, err
}

// recovers holds that a disturbed lake shows whole commits, and that another import completes the work.
func recovers(t *testing.T, dir string) {
	t.Helper()
	l := openLake(t, dir, nil)
	defer closeLake(t, l)
	store, err := l.Find(t.Context(), "trail")
	if err != nil {
		t.Fatal(err)
	}
	if found, damaged := checked(t, l, CheckOptions{Deep: true}); damaged {
		t.Errorf("the check finds:\n%s", found)
	}
	got := contents(t, l, "trail")
	if !slices.ContainsFunc([][]string{expected(before), expected(before, first), expected(before, first, second)},
		func(whole []string) bool { return slices.Equal(got, whole) }) {
		t.Errorf("part of a commit is there:\n%s", strings.Join(got, "\n"))
	}
	if err := importArchives(t.Context(), l, store, first, second); err != nil {
		t.Fatalf("the next import: %v", err)
	}
	if got, want := contents(t, l, "trail"), expected(before, first, second); !slices.Equal(got, want) {
		t.Errorf("after the next import:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if left := strays(t, l, store); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	s, err := l.Snapshot(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	if err := importArchives(t.Context(), l, store, before, first, second); err != nil {
		t.Fatal(err)
	}
	if again, err := l.Snapshot(t.Context(), store); err != nil || len(again.Files) != len(s.Files) {
		t.Errorf("a further import adds files: %d, %d; %v", len(s.Files), len(again.Files), err)
	}
}

var (
	everyWrite = flag.Bool("every-write", false, "disturb every write of a data file, not only the first and the last of a file")
	everyFault = flag.Bool("every-fault", false, "disturb each operation by every fault and every end of the process, not by one of them")
)

// inTurn reports whether operation i, from 0, is disturbed in way k of so many: operations take the ways in turn.
func inTurn(i, k, ways int) bool { return *everyFault || i%ways == k }

// interesting returns which operations to disturb, counted from 1. Data files take
// hundreds of writes each, all of the same kind.
func interesting(log []string) (points []int) {
	for i, line := range log {
		inside := i > 0 && i+1 < len(log) && log[i-1] == line && log[i+1] == line
		if *everyWrite || !inside {
			points = append(points, i+1)
		}
	}
	return points
}

func TestAFaultAtAnyOperation(t *testing.T) {
	template := prepared(t)
	disk, err := disturbed(t, copied(t, template), 0, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	points := interesting(disk.log)
	if len(points) < 30 {
		t.Fatalf("only %d operations: %v", len(points), disk.log)
	}
	for i, n := range points {
		if testing.Short() && i%5 != 0 {
			continue
		}
		name := disk.log[n-1]
		verb, _, _ := strings.Cut(name, " ")
		turn := i
		if testing.Short() {
			turn = i / 5
		}
		for k, fault := range faults {
			if fault.torn && verb != "write" || !inTurn(turn, 0, 3) || !inTurn(turn/3, k, len(faults)) {
				continue
			}
			t.Run(fmt.Sprintf("error at %d, %s, %s", n, verb, fault.name), func(t *testing.T) {
				t.Parallel()
				dir := copied(t, template)
				_, err := disturbed(t, dir, n, fault.err, fault.torn)
				if !errors.Is(err, fault.err) || !strings.Contains(fmt.Sprint(err), storesName+"/") {
					t.Errorf("an error that names what failed is due, got %v", err)
				}
				recovers(t, dir)
			})
		}
		for k, end := range []string{"stop", "power loss"} {
			for _, torn := range []bool{false, true} {
				if torn && verb != "write" || !inTurn(turn, 1+k, 3) {
					continue
				}
				t.Run(fmt.Sprintf("%s at %d, %s, torn %v", end, n, verb, torn), func(t *testing.T) {
					t.Parallel()
					dir := copied(t, template)
					disk, err := disturbed(t, dir, n, errStopped, torn)
					if !errors.Is(err, errStopped) {
						t.Errorf("got %v", err)
					}
					if end == "power loss" {
						takePower(t, disk, dir, uint64(n))
					}
					recovers(t, dir)
				})
			}
		}
	}
}

// Whichever operation fails, or is the last one, while several files are sealed side by side.
func TestAFaultAmongFilesThatAreSealedSideBySide(t *testing.T) {
	template := prepared(t)
	disk, err := disturbedBeside(t, copied(t, template), 4, 0, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	every := 16
	if *everyFault {
		every = 1
	}
	for n := 1; n <= len(disk.log)-4; n += every { // a few opens may not come to it
		fault := faults[n%3]
		if inTurn(n/every, 0, 2) {
			t.Run(fmt.Sprintf("error at %d, %s", n, fault.name), func(t *testing.T) {
				t.Parallel()
				dir := copied(t, template)
				_, err := disturbedBeside(t, dir, 4, n, fault.err, false)
				if !errors.Is(err, fault.err) || !strings.Contains(fmt.Sprint(err), storesName+"/") {
					t.Errorf("an error that names what failed is due, got %v", err)
				}
				recovers(t, dir)
			})
		}
		if inTurn(n/every, 1, 2) {
			t.Run(fmt.Sprintf("power loss at %d", n), func(t *testing.T) {
				t.Parallel()
				dir := copied(t, template)
				disk, err := disturbedBeside(t, dir, 4, n, errStopped, n/every%4 == 1)
				if !errors.Is(err, errStopped) {
					t.Errorf("got %v", err)
				}
				takePower(t, disk, dir, uint64(n))
				recovers(t, dir)
			})
		}
	}
}

// takePower takes the power of a lake, by random of a seed: see losePower.
func takePower(t *testing.T, disk *faultDisk, dir string, seed uint64) {
	t.Helper()
	plain, err := openDisk(dir)
	if err != nil {
		t.Fatal(err)
	}
	disk.Disk = plain // that of the lake is closed
	disk.losePower(t, rand.New(rand.NewPCG(seed, 1)))
	if err := plain.Close(); err != nil {
		t.Fatal(err)
	}
}

// commitOperations is what an import of two archives, with a commit after each, does on the
// disk: D is the store's folder, a number stands for a file's name in order of appearance.
const commitOperations = `readdir D
readdir D/calendarday=20260309
readdir D/calendarday=20260310
remove D/calendarday=20260310/_left.orc.tmp
readdir D/calendarday=__HIVE_DEFAULT_PARTITION__
mkdir D/calendarday=20260308
create D/calendarday=20260308/_1.orc.tmp
write D/calendarday=20260308/_1.orc.tmp
mkdir D/calendarday=20260309
create D/calendarday=20260309/_2.orc.tmp
write D/calendarday=20260309/_2.orc.tmp
write D/calendarday=20260308/_1.orc.tmp
sync D/calendarday=20260308/_1.orc.tmp
close D/calendarday=20260308/_1.orc.tmp
rename D/calendarday=20260308/_1.orc.tmp D/calendarday=20260308/1.orc
syncdir D/calendarday=20260308
write D/calendarday=20260309/_2.orc.tmp
sync D/calendarday=20260309/_2.orc.tmp
close D/calendarday=20260309/_2.orc.tmp
rename D/calendarday=20260309/_2.orc.tmp D/calendarday=20260309/2.orc
syncdir D/calendarday=20260309
mkdir D/calendarday=20260308
create D/calendarday=20260308/_3.orc.tmp
write D/calendarday=20260308/_3.orc.tmp
mkdir D/calendarday=20260311
create D/calendarday=20260311/_4.orc.tmp
write D/calendarday=20260311/_4.orc.tmp
write D/calendarday=20260308/_3.orc.tmp
sync D/calendarday=20260308/_3.orc.tmp
close D/calendarday=20260308/_3.orc.tmp
rename D/calendarday=20260308/_3.orc.tmp D/calendarday=20260308/3.orc
syncdir D/calendarday=20260308
write D/calendarday=20260311/_4.orc.tmp
sync D/calendarday=20260311/_4.orc.tmp
close D/calendarday=20260311/_4.orc.tmp
rename D/calendarday=20260311/_4.orc.tmp D/calendarday=20260311/4.orc
syncdir D/calendarday=20260311
`

func TestTheOrderOfOperationsOfACommit(t *testing.T) {
	disk, err := disturbed(t, prepared(t), 0, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	store := regexp.MustCompile(`stores/[0-9a-f-]{36}`)
	ulid := regexp.MustCompile(`[0-9A-Z]{26}`)
	var got strings.Builder
	last := ""
	for _, line := range disk.log {
		if strings.HasPrefix(line, "open ") {
			continue // the files that are read for their keys come in any order
		}
		line = store.ReplaceAllString(line, "D")
		line = ulid.ReplaceAllStringFunc(line, func(id string) string {
			if names[id] == "" {
				names[id] = fmt.Sprint(len(names) + 1)
			}
			return names[id]
		})
		if line != last { // how many writes a file takes is the ORC writer's affair
			got.WriteString(line + "\n")
		}
		last = line
	}
	if got.String() != commitOperations {
		t.Errorf("got:\n%s\nwant:\n%s", got.String(), commitOperations)
	}
}
