package source

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Local is the file system.
type Local struct{}

// List implements Files with regular files. Links are followed where path is one, not below.
func (Local) List(ctx context.Context, path string, days Days, found func(File), failed func(path string, err error)) error {
	info, err := os.Stat(path)
	if err != nil {
		failed(path, Plain(err))
		return ctx.Err()
	}
	if !info.IsDir() {
		found(File{Path: path, Size: info.Size(), Modified: info.ModTime()})
		return ctx.Err()
	}
	// A link to a folder is a folder if it ends in a separator.
	return filepath.WalkDir(path+string(filepath.Separator), func(path string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		path = filepath.Clean(path)
		if err != nil {
			failed(path, Plain(err))
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() {
			if !days.Wants(filepath.ToSlash(path) + "/") {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			failed(path, Plain(err))
			return nil
		}
		found(File{Path: path, Size: info.Size(), Modified: info.ModTime()})
		return nil
	})
}

// Open implements Files. The file can be read again from its start: it is an io.Seeker.
func (Local) Open(_ context.Context, f File) (io.ReadCloser, error) {
	file, err := os.Open(f.Path)
	if err != nil {
		return nil, Plain(err)
	}
	return file, nil
}

// Plain strips the operation and path that the caller adds in words of its own.
func Plain(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
