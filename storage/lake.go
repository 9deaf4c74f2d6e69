// Package storage is the lake: event data stores on disk, and the only way to them.
//
//	catalog.db                                          which stores, files, archives and imports there are
//	stores/<store uuid>/calendarday=YYYYMMDD/<ulid>.orc  immutable data files, each of one UTC day
//	writer.lock                                         held by the process that writes, and says which it is
//	readers.lock                                        shared by the processes that query
//
// The catalog is the only truth. A data file without a row in it does not exist: the next
// import sweeps it away; a row without its file is corruption. Whatever becomes visible
// does so in one transaction, after the files that it names are durable. Readers take a
// Snapshot, hold no lock and never wait.
package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/ctlake/ctlake/storage/catalog"
)

// Errors of the lake beside its refusals. What they are wrapped in says more.
var (
	ErrLocked        = errors.New("another process is writing to this lake")
	ErrNoLake        = errors.New("no lake")
	ErrReadOnly      = catalog.ErrReadOnly
	ErrUnsafe        = errors.New("the lake can be changed by other users")
	errNotADirectory = errors.New("not a directory")
)

const (
	catalogName = "catalog.db"
	storesName  = "stores"
)

// Options say how a lake is opened.
type Options struct {
	// Create makes the directory if it is absent; else ErrNoLake.
	Create bool
	// ReadOnly creates and changes nothing, also nothing that would pass: the lake may lie on
	// media that cannot be written to. Without Create, a lake that this user may not
	// write to is opened so anyhow.
	ReadOnly bool
	// Now is the clock; nil is the system's.
	Now func() time.Time
	// WrapDisk, for tests, returns the disk to use in place of the real one: for the lake, and then for each place that it is
	// copied or exported to.
	WrapDisk func(Disk) Disk
	// Commit, for tests, runs in place of each commit of the catalog, which it may call.
	Commit func(commit func() error) error
}

// Lake is an open lake. It is safe for concurrent use.
type Lake struct {
	dir     string
	disk    Disk
	catalog *catalog.Catalog
	// readOnly: nothing below dir may be written.
	readOnly bool
	now      func() time.Time
	ulids    ulids
	readers  readers
	known    known
	wrapDisk func(Disk) Disk // nil but in tests, like commit
	commit   func(commit func() error) error
}

// Open opens the lake in dir.
func Open(ctx context.Context, dir string, o Options) (*Lake, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Create {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("create lake: %w", err)
		}
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w at %s: ctlake ingest makes one", ErrNoLake, dir)
	case err != nil:
		return nil, fmt.Errorf("open lake: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("open lake %s: %w", dir, errNotADirectory)
	case info.Mode().Perm()&0o022 != 0:
		return nil, fmt.Errorf("%w: run chmod go-w %s", ErrUnsafe, dir)
	}
	if !o.Create {
		if _, err := os.Stat(filepath.Join(dir, catalogName)); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w at %s: ctlake ingest makes one", ErrNoLake, dir)
		}
	}
	l := &Lake{dir: dir, now: o.Now, readers: readers{path: filepath.Join(dir, readersLockName)}}
	l.wrapDisk = o.WrapDisk
	if l.disk, err = l.openDisk(dir); err != nil {
		return nil, fmt.Errorf("open lake: %w", err)
	}
	l.readOnly = o.ReadOnly
	if !l.readOnly {
		l.catalog, err = catalog.Open(ctx, filepath.Join(dir, catalogName))
		l.readOnly = !o.Create && readOnly(err)
	}
	if l.readOnly {
		l.catalog, err = catalog.OpenReadOnly(ctx, filepath.Join(dir, catalogName))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open lake %s: %w", dir, err), l.disk.Close())
	}
	l.commit = o.Commit
	l.catalog.DisturbCommits(l.commit)
	if o.ReadOnly {
		l.readers.path = "" // nothing is created; what is purged meanwhile is not waited for
	}
	return l, nil
}

// openDisk opens a folder, the lake's or another.
func (l *Lake) openDisk(dir string) (Disk, error) {
	root, err := openDisk(dir)
	if err != nil || l.wrapDisk == nil {
		return root, err
	}
	return l.wrapDisk(root), nil
}

// Close gives the lake up. Snapshots must not be used afterwards.
func (l *Lake) Close() error {
	return errors.Join(l.catalog.Close(), l.readers.release(), l.disk.Close())
}

// ReadOnly reports whether the lake is open for reading only.
func (l *Lake) ReadOnly() bool { return l.readOnly }

// Dir returns the lake's directory.
func (l *Lake) Dir() string { return l.dir }

// StoreDir returns the folder with the data files of a store, which need not exist.
func (l *Lake) StoreDir(store *EventDataStore) string {
	return filepath.Join(l.dir, storesName, store.ID)
}

// Now returns the time by the lake's clock.
func (l *Lake) Now() time.Time { return l.now() }

// sweep removes the data files of a store that the catalog does not know: what an
// interrupted import left. The caller holds the writer's lock.
func (l *Lake) sweep(ctx context.Context, storeID string) error {
	files, err := l.catalog.DataFiles(ctx, storeID)
	if err != nil {
		return fmt.Errorf("read catalog: %w", err)
	}
	purged, err := l.catalog.PurgedFiles(ctx)
	if err != nil {
		return fmt.Errorf("read catalog: %w", err)
	}
	known := make(map[string]bool, len(files))
	for _, f := range files {
		known[f.Path] = true
	}
	for _, f := range purged { // queries may be reading them
		known[f.Path] = true
	}
	dir := storesName + "/" + storeID
	days, err := l.disk.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("list %s: %w", dir, err)
	}
	for _, day := range days {
		entries, err := l.disk.ReadDir(dir + "/" + day.Name())
		if err != nil {
			return fmt.Errorf("list %s/%s: %w", dir, day.Name(), err)
		}
		for _, e := range entries {
			if name := dir + "/" + day.Name() + "/" + e.Name(); !known[name] {
				if err := l.disk.Remove(name); err != nil {
					return fmt.Errorf("remove %s, which an interrupted import left: %w", name, err)
				}
			}
		}
	}
	return nil
}
