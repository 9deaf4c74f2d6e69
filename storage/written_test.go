package storage

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fadingDisk changes a bit of each data file once it has its name, below what the import sees.
type fadingDisk struct {
	Disk
	dir   string
	fades bool
}

func (d *fadingDisk) Rename(from, to string) error {
	err := d.Disk.Rename(from, to)
	if !d.fades || err != nil || !strings.HasSuffix(to, ".orc") {
		return err
	}
	name := filepath.Join(d.dir, to)
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	text[len(text)/2] ^= 1
	return os.WriteFile(name, text, 0o600)
}

// importVerified imports events, and returns the error of the commit.
func importVerified(t *testing.T, l *Lake, spoil func(*Import)) error {
	t.Helper()
	store, err := l.Find(t.Context(), "trail")
	if err != nil {
		t.Fatal(err)
	}
	im, err := l.BeginImport(t.Context(), store, ImportOptions{Verify: true, StripeRows: 3})
	if err != nil {
		t.Fatal(err)
	}
	batch := batchOf([]testEvent{{id: "a"}, {id: ""}, {id: "c"}, {id: "d"}, {id: "e"}})
	if err := im.Write(DayOf(noon.UnixMilli(), true), batch, 100, nil); err != nil {
		t.Fatal(err)
	}
	if spoil != nil {
		spoil(im)
	}
	err = im.Commit(t.Context(), &ImportCounts{Read: 5, Kept: 5})
	status := ImportCompleted
	if err != nil {
		status = ImportFailed
	}
	if err := im.Finish(status); err != nil {
		t.Fatal(err)
	}
	return err
}

func TestWhatWasWrittenIsReadBack(t *testing.T) {
	dir := t.TempDir()
	disk := &fadingDisk{dir: dir}
	l := openLake(t, dir, func(d Disk) Disk { disk.Disk = d; return disk })
	defer closeLake(t, l)
	if _, err := l.Create(t.Context(), CreateEventDataStore{Name: "trail"}); err != nil {
		t.Fatal(err)
	}

	if err := importVerified(t, l, nil); err != nil {
		t.Errorf("nothing is wrong: %v", err)
	}
	err := importVerified(t, l, func(im *Import) {
		for _, w := range im.days {
			w.written.digest++ // as if the writer had encoded another value
		}
	})
	if !errors.Is(err, ErrVerification) || !strings.Contains(err.Error(), "gives back other events than it was given") {
		t.Errorf("another value: %v", err)
	}
	disk.fades = true
	err = importVerified(t, l, nil)
	if !errors.Is(err, ErrVerification) || !strings.Contains(err.Error(), "SHA-256") {
		t.Errorf("another bit: %v", err)
	}

	// What could not be read back counts for nothing.
	rows, files := len(contents(t, l, "trail")), 0
	err = filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if strings.HasSuffix(path, ".orc") {
			files++
		}
		return err
	})
	if err != nil || rows != 5 || files != 1 {
		t.Errorf("%d rows in %d files, want 5 in 1 (%v)", rows, files, err)
	}
}
