package orc

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/ctlake/ctlake/storage/vector"
)

// dataDir returns a folder of the shared test data, or skips.
func dataDir(t testing.TB, name string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "data", "orc", name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no test data: %v", err)
	}
	return dir
}

// readRows reads a whole file, some rows at a time, and calls f with each batch.
func readRows(b []byte, o OpenOptions, rows int, f func(v vector.Vector) error) error {
	file, err := Open(bytes.NewReader(b), int64(len(b)), o)
	if err != nil {
		return err
	}
	for i := range file.Stripes() {
		s, err := file.Stripe(i)
		if err != nil {
			return err
		}
		c, err := s.Column(nil)
		if err != nil {
			return err
		}
		for at := 0; at < s.Rows(); at += rows {
			v, err := c.Read(at, min(rows, s.Rows()-at))
			if err != nil {
				return err
			}
			if err := f(v); err != nil {
				return err
			}
		}
	}
	return nil
}

func TestExamplesOpen(t *testing.T) {
	dir := dataDir(t, "examples")
	files, err := filepath.Glob(filepath.Join(dir, "*.orc"))
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		err = readRows(b, OpenOptions{Name: filepath.Base(name)}, 1000, func(v vector.Vector) error { n += v.Len(); return nil })
		t.Log(filepath.Base(name), n, err)
	}
}
