package spill

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// Dir is a Disk whose files are in a directory. Empty is the system's directory for temporary files.
type Dir string

// namePattern is how files are called for the moment, or on systems that cannot unlink open files, the
// time, that they have a name.
const namePattern = "ctlake-spill-*.tmp"

// Create implements Disk.
func (d Dir) Create() (File, error) {
	f, err := os.CreateTemp(string(d), namePattern) // mode 0600
	if err != nil {
		return nil, err
	}
	scratch := &dirFile{File: f}
	if err := os.Remove(f.Name()); err != nil {
		scratch.named = true // open files cannot be unlinked here
	}
	return scratch, nil
}

type dirFile struct {
	*os.File
	named bool
}

func (f *dirFile) WriteAt(p []byte, at int64) (int, error) {
	n, err := f.File.WriteAt(p, at)
	if errors.Is(err, syscall.ENOSPC) {
		return n, fmt.Errorf("the disk with %s is full: %w", f.Name(), syscall.ENOSPC)
	}
	return n, err
}

// Close frees the file. It is to be called once.
func (f *dirFile) Close() error {
	err := f.File.Close()
	if f.named {
		if e := os.Remove(f.Name()); err == nil && !errors.Is(e, fs.ErrNotExist) {
			err = e
		}
	}
	return err
}
