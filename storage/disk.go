package storage

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Disk is the only door between a lake and the file system: everything below the
// lake's directory is made, renamed and removed through it, so that tests can make
// any step fail or stop. Paths are relative to the lake, with slashes.
type Disk interface {
	// Create makes a new file for writing, with mode 0600. Its directory must exist.
	Create(name string) (WriteFile, error)
	// Scratch makes a new file that lasts as long as it is open: it has the name no longer than it must, on some systems until Close.
	Scratch(name string) (ScratchFile, error)
	// Open opens a file for reading.
	Open(name string) (ReadFile, error)
	// MkdirAll makes a directory and its parents, with mode 0700.
	MkdirAll(name string) error
	Rename(from, to string) error
	Remove(name string) error
	// Link gives a file a second name: to is a path of the system, perhaps outside the lake.
	Link(name, to string) error
	// SyncDir makes the names in a directory durable.
	SyncDir(name string) error
	// ReadDir lists a directory, by name.
	ReadDir(name string) ([]fs.DirEntry, error)
	Close() error
}

// WriteFile is a file being written.
type WriteFile interface {
	io.Writer
	// Sync makes what was written durable. A file whose Sync failed must be given up.
	Sync() error
	Close() error
}

// ScratchFile is a file for what does not fit into memory.
type ScratchFile interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
}

// ReadFile is an open data file.
type ReadFile interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// rootDisk is a Disk over a directory; no path, whatever it contains, leads out of it.
type rootDisk struct{ root *os.Root }

func openDisk(dir string) (*rootDisk, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &rootDisk{root}, nil
}

func (d *rootDisk) Create(name string) (WriteFile, error) {
	return d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

func (d *rootDisk) Scratch(name string) (ScratchFile, error) {
	f, err := d.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	if err := d.root.Remove(name); err != nil { // open files cannot be unlinked here
		return namedScratch{f, func() error { return d.root.Remove(name) }}, nil
	}
	return f, nil
}

// namedScratch has its name until it is closed.
type namedScratch struct {
	*os.File
	remove func() error
}

func (f namedScratch) Close() error { return errors.Join(f.File.Close(), f.remove()) }

func (d *rootDisk) Open(name string) (ReadFile, error) {
	f, err := d.root.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return readFile{f, info.Size()}, nil
}

type readFile struct {
	*os.File
	size int64
}

func (f readFile) Size() int64 { return f.size }

// MkdirAll also syncs the parent of each directory that it makes.
func (d *rootDisk) MkdirAll(name string) error {
	if info, err := d.root.Stat(name); err == nil {
		if !info.IsDir() {
			return fmt.Errorf("%s is not a directory", name)
		}
		return nil
	}
	parent := path.Dir(name)
	if parent != "." {
		if err := d.MkdirAll(parent); err != nil {
			return err
		}
	}
	if err := d.root.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return d.SyncDir(parent)
}

func (d *rootDisk) Rename(from, to string) error { return d.root.Rename(from, to) }

func (d *rootDisk) Remove(name string) error { return d.root.Remove(name) }

func (d *rootDisk) Link(name, to string) error {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return fmt.Errorf("link %s: %w", name, fs.ErrInvalid)
	}
	return os.Link(filepath.Join(d.root.Name(), filepath.FromSlash(name)), to)
}

func (d *rootDisk) SyncDir(name string) error {
	f, err := d.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func (d *rootDisk) ReadDir(name string) ([]fs.DirEntry, error) {
	f, err := d.root.Open(name)
	if err != nil {
		return nil, err
	}
	entries, err := f.ReadDir(-1)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, errors.Join(err, f.Close())
}

func (d *rootDisk) Close() error { return d.root.Close() }
