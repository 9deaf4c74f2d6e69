package output

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// File is a result's file on its way: it has its name only once Commit has returned without an
// error, so that nobody ever finds a part of a result under it.
//
//	Create ─► .name.*.part ── Write ─► Commit: flush, fsync, rename, fsync of the folder
//	                                   Abort: remove
//
// A name that is there and is no regular file (a pipe, a terminal, /dev/null) is written to directly.
type File struct {
	name   string
	file   *os.File
	buffer *bufio.Writer
	direct bool
	done   bool
}

// fileBufferBytes is how much is gathered before it is written to the disk.
const fileBufferBytes = 1 << 20

// CreateFile begins a file of this name, of mode 0600 or that of the one it will take the place of.
func CreateFile(name string) (*File, error) {
	f := &File{name: name}
	mode := os.FileMode(0o600)
	switch info, err := os.Stat(name); {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("%s is a folder", name)
	case err == nil && !info.Mode().IsRegular():
		f.direct = true
		if f.file, err = os.OpenFile(name, os.O_WRONLY, 0); err != nil {
			return nil, err
		}
	case err == nil:
		mode = info.Mode().Perm()
		if real, err := filepath.EvalSymlinks(name); err == nil {
			f.name = real
		}
	}
	if !f.direct {
		var err error
		if f.file, err = os.CreateTemp(filepath.Dir(f.name), "."+filepath.Base(f.name)+".*.part"); err != nil {
			return nil, err
		}
		if err := f.file.Chmod(mode); err != nil {
			return nil, errors.Join(err, f.Abort())
		}
	}
	f.buffer = bufio.NewWriterSize(f.file, fileBufferBytes)
	return f, nil
}

// Write implements io.Writer.
func (f *File) Write(b []byte) (int, error) { return f.buffer.Write(b) }

// Commit completes the file. After an error there is nothing new under its name.
func (f *File) Commit() error {
	if f.done {
		return nil
	}
	if err := f.buffer.Flush(); err != nil {
		return errors.Join(err, f.Abort())
	}
	if f.direct {
		f.done = true
		return f.file.Close()
	}
	if err := f.file.Sync(); err != nil {
		return errors.Join(err, f.Abort())
	}
	if err := os.Rename(f.file.Name(), f.name); err != nil {
		return errors.Join(err, f.Abort())
	}
	f.done = true
	if err := f.file.Close(); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(f.name))
	if err != nil {
		return err
	}
	// Some file systems cannot sync a folder; the file's own content is safe.
	_ = folder.Sync()
	return folder.Close()
}

// Abort removes what was written. After Commit it does nothing.
func (f *File) Abort() error {
	if f.done {
		return nil
	}
	f.done = true
	err := f.file.Close()
	if !f.direct {
		err = errors.Join(err, os.Remove(f.file.Name()))
	}
	return err
}
