// Package laketest makes folders for tests of lakes: in memory, where thousands of syncs cost nothing, and with a copy of a lake that was
// made once, since to make one takes longer than what most tests do with it:
//
//	open ─► empty lake ─► its catalog ─┬─► folder of a test
//	(once)                             └─► folder of a test …
//
// It knows no lake itself, so that tests inside of package storage can use it, too.
package laketest

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// catalogName is the file of which an empty lake consists.
const catalogName = "catalog.db"

// Dir returns a new folder that goes with the test, in memory where the system has such a place.
func Dir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "lake-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// Copies returns what makes folders as Dir does, each with a copy of the lake without stores that open makes in the folder that it is
// given. It opens one only, when the first folder is asked for, and may be called from several tests at a time.
func Copies(open func(dir string) (io.Closer, error)) func(t testing.TB) string {
	catalog := sync.OnceValues(func() (catalog []byte, err error) {
		dir, err := os.MkdirTemp("", "lake-")
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		lake, err := open(dir)
		if err != nil {
			return nil, err
		}
		if err := lake.Close(); err != nil {
			return nil, err
		}
		return os.ReadFile(filepath.Join(dir, catalogName))
	})
	return func(t testing.TB) string {
		t.Helper()
		dir := Dir(t)
		empty, err := catalog()
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, catalogName), empty, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return dir
	}
}
