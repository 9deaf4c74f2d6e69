package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// asProgram, set in the environment, makes the test binary be ctlake.
const asProgram = "CTLAKE_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	// Under the race detector a process that ends waits a second for others to complain. The tests start hundreds.
	if os.Getenv("GORACE") == "" {
		if err := os.Setenv("GORACE", "atexit_sleep_ms=0"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// inProcess runs ctlake within the process of the tests, which is quicker than a process of its own where that makes no difference.
func inProcess(t *testing.T, args ...string) (status int, stdout, stderr []byte) {
	t.Helper()
	var files [3]*os.File
	for i := range files {
		f, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files[i] = f
	}
	a := &app{in: files[0], out: files[1], err: files[2], getenv: func(string) string { return "" }}
	status = a.run(args)
	var texts [3][]byte
	for i, f := range files {
		var err error
		if texts[i], err = os.ReadFile(f.Name()); err != nil {
			t.Fatal(err)
		}
	}
	return status, texts[1], texts[2]
}

// demoLake returns the files of the lake that "ctlake demo --keep" makes, by their paths.
var demoLake = sync.OnceValues(func() (files map[string][]byte, err error) {
	dir, err := os.MkdirTemp("", "demo-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	nothing, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer nothing.Close()
	a := &app{in: nothing, out: nothing, err: nothing, getenv: func(string) string { return "" }}
	lake := filepath.Join(dir, "lake")
	if status := a.run([]string{"demo", "--keep", lake}); status != exitDone {
		return nil, fmt.Errorf("ctlake demo --keep ended with status %d", status)
	}
	files = map[string][]byte{}
	err = filepath.WalkDir(lake, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(lake, path)
		if err != nil {
			return err
		}
		files[name], err = os.ReadFile(path)
		return err
	})
	return files, err
})

// putDemo puts a copy of the demo's lake into a folder.
func putDemo(dir string) error {
	files, err := demoLake()
	for name, content := range files {
		path := filepath.Join(dir, name)
		err = errors.Join(err, os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, content, 0o600))
	}
	return err
}
