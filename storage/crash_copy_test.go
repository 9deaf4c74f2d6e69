package storage

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/storage/laketest"
)

// outward is an operation that makes something of a lake elsewhere.
type outward struct {
	name string
	to   string
	run  func(l *clockedLake, to string) error
	// sound holds that what is at to is whole, and returns the events in it.
	sound func(l *clockedLake, to string) []string
	// there reports whether what is at to passes for something whole; anything beside it must tell that it is not.
	there func(l *clockedLake, to string) bool
}

func copying(o CopyOptions) outward {
	return outward{
		to: "copy",
		run: func(l *clockedLake, to string) error {
			_, err := l.Copy(l.t.Context(), to, o)
			return err
		},
		sound: func(l *clockedLake, to string) []string {
			c := disturbedLake(l.t, to, l.clock, nil)
			defer closeLake(l.t, c.Lake)
			if found, _ := checked(l.t, c.Lake, CheckOptions{Deep: true}); found != "" {
				l.t.Errorf("the check of the copy finds:\n%s", found)
			}
			return c.visible("trail")
		},
		there: func(l *clockedLake, to string) bool {
			c, err := Open(l.t.Context(), to, Options{})
			if err == nil {
				return c.Close() == nil
			}
			if !errors.Is(err, ErrNoLake) {
				l.t.Errorf("open what a copy left: %v", err)
			}
			return false
		},
	}
}

func exporting(to string) outward {
	return outward{
		to: to,
		run: func(l *clockedLake, to string) error {
			_, err := l.Export(l.t.Context(), "trail", to)
			return err
		},
		sound: func(l *clockedLake, to string) []string {
			c := newClockedLake(l.t)
			c.clock = l.clock
			if _, err := c.ImportStore(l.t.Context(), to, ""); err != nil {
				l.t.Fatalf("import what was exported: %v", err)
			}
			return c.visible("trail")
		},
		there: func(l *clockedLake, to string) (is bool) {
			entries, err := os.ReadDir(filepath.Dir(to))
			if err != nil {
				l.t.Fatal(err)
			}
			for _, e := range entries {
				is = is || e.Name() == filepath.Base(to)
				if e.Name() != filepath.Base(to) && !strings.Contains(e.Name(), ".partial-") {
					l.t.Errorf("an export left %s", e.Name())
				}
			}
			return is
		},
	}
}

// Disturbed at any operation on the lake or on the place that it goes to, what is made of a lake is whole or does not pass for
// it, the lake is sound, and the same command completes it.
func TestDisturbedCopies(t *testing.T) {
	source := exportable(t)
	want := source.visible("trail")
	template := copied(t, source.Dir())
	linked, bytes, folder, tar := copying(CopyOptions{}), copying(CopyOptions{Bytes: true}), exporting("folder"), exporting("trail.tar")
	linked.name, bytes.name, folder.name, tar.name = "copy of links", "copy of bytes", "export to a folder", "export to a tar file"
	for _, o := range []outward{linked, bytes, folder, tar} {
		// disturb runs the operation with a fault on the n-th disk that is opened: the lake's, or that of the target.
		disturb := func(t *testing.T, to string, which, at int, fault error, torn bool) (disks []*faultDisk, err error) {
			t.Helper()
			l := disturbedLake(t, template, source.clock, func(plain Disk) Disk {
				disk := newFaultDisk(plain)
				if len(disks) == which {
					disk.at, disk.err, disk.torn = at, fault, torn
				}
				disks = append(disks, disk)
				return disk
			})
			defer closeLake(t, l.Lake)
			return disks, o.run(l, to)
		}
		t.Run(o.name, func(t *testing.T) {
			l := disturbedLake(t, template, source.clock, nil)
			defer closeLake(t, l.Lake)
			place := func() string { return filepath.Join(laketest.Dir(t), o.to) }
			to := place()
			sound, err := disturb(t, to, 0, 0, nil, false)
			if err != nil || len(sound) != 2 {
				t.Fatalf("%d disks, %v", len(sound), err)
			}
			if got := o.sound(l, to); !slices.Equal(got, want) {
				t.Errorf("it has %v, not %v", got, want)
			}
			for _, unsafe := range []map[string]bool{sound[1].unsynced, sound[1].unnamed} {
				for name, is := range unsafe {
					if is {
						t.Errorf("%s is not durable", name)
					}
				}
			}
			for which, disk := range sound {
				for i, n := range interesting(disk.log) {
					verb, _, _ := strings.Cut(disk.log[n-1], " ")
					if testing.Short() && i%3 != 0 {
						continue
					}
					for k, fault := range append(faults, struct {
						name string
						err  error
						torn bool
					}{"stop", errStopped, n%2 == 0}) {
						stopped := fault.err == errStopped
						if fault.torn && verb != "write" && !stopped || !*everyFault && (stopped != (i%2 == 0) || !stopped && k != i/2%len(faults)) {
							continue
						}
						to := place()
						_, err := disturb(t, to, which, n, fault.err, fault.torn)
						// That something cannot be removed in the end is no fault of what was made.
						if err == nil && verb != "remove" && verb != "readdir" || err != nil && !errors.Is(err, fault.err) {
							t.Errorf("%s: got %v", fault.name, err)
						}
						// It may have stopped with nothing left to do but to tell.
						if there := o.there(l, to); err != nil && there && !stopped {
							t.Error("it failed, and something is there")
						} else if !there {
							if err := o.run(l, to); err != nil {
								t.Fatalf("again: %v", err)
							}
						}
						if got := o.sound(l, to); !slices.Equal(got, want) {
							t.Errorf("in the end it has %v, not %v", got, want)
						}
						if t.Failed() {
							t.Fatalf("%s at %d of disk %d, %s", fault.name, n, which, disk.log[n-1])
						}
					}
				}
			}
			if found, _ := checked(t, l.Lake, CheckOptions{Deep: true}); found != "" {
				t.Errorf("in the end the check of the lake finds:\n%s", found)
			}
		})
	}
}

// What a copy that was killed left is removed by the next one; what is anything else is not touched.
func TestCopyOverWhatIsThere(t *testing.T) {
	l := exportable(t)
	to := filepath.Join(laketest.Dir(t), "copy")
	disk, err := openDisk(filepath.Dir(to))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = disk.Close() })
	put := func(name string) {
		t.Helper()
		if err := disk.MkdirAll(filepath.Dir(name)); err != nil {
			t.Fatal(err)
		}
		if err := writeNew(disk, name, 1, strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
	}
	put("copy/stores/x/calendarday=20260310/y.orc")
	if _, err := l.Copy(t.Context(), to, CopyOptions{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over data files: %v", err)
	}
	put("copy/" + partialCatalogName)
	put("copy/notes.txt")
	if _, err := l.Copy(t.Context(), to, CopyOptions{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over notes: %v", err)
	}
	if err := disk.Remove("copy/notes.txt"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Copy(t.Context(), to, CopyOptions{}); err != nil {
		t.Errorf("over an unfinished copy: %v", err)
	}
	if _, err := disk.Open("copy/stores/x/calendarday=20260310/y.orc"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what was left is there: %v", err)
	}
	if _, err := l.Copy(t.Context(), to, CopyOptions{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a lake: %v", err)
	}
}
