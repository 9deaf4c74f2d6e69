package ingest

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/storage"
)

var large = flag.Bool("large", false, "test with an archive of 200 MB of JSON, and with lines of 2 GiB")

// TestMemoryDoesNotGrowWithAFile reads one archive of few and one of many megabytes, of
// events that are dropped as duplicates, and compares the most memory that was in use.
func TestMemoryDoesNotGrowWithAFile(t *testing.T) {
	// Records of different lengths, so that gzip does not shrink them beyond belief.
	var block strings.Builder
	for i := range 500 {
		noise := fmt.Sprintf(`,"requestID":"%x"`, []byte(fmt.Sprint(i*i*7919, i*104729, i*i*i)))
		block.WriteString("," + event(fmt.Sprint(i), today, noise))
	}
	archive := func(megabytes int, form func(string) []byte) string {
		path := filepath.Join(t.TempDir(), "x")
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = file.Write(form(`{"Records":[` + event("first", today)))
		member := form(block.String())
		for range megabytes << 20 / block.Len() {
			_, again := file.Write(member)
			err = errors.Join(err, again)
		}
		_, last := file.Write(form("]}"))
		if err := errors.Join(err, last, file.Close()); err != nil {
			t.Fatal(err)
		}
		return path
	}
	few, many := 4, 40
	if *large {
		many = 200
	}
	// Collect soon, so that what is in use tells what is needed.
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	for name, form := range map[string]func(string) []byte{"gzipped": gzipped, "plain": func(text string) []byte { return []byte(text) }} {
		small := peak(t, archive(few, form))
		big := peak(t, archive(many, form))
		t.Logf("%s: %d MB: %d kB in use at most; %d MB: %d kB", name, few, small>>10, many, big>>10)
		// Whoever held the file, or the columns of its events, would need all of its size at least.
		if big > small+uint64(many)<<20/2 {
			t.Errorf("%s: %d bytes in use for an archive of %d MB, %d for one of %d MB", name, small, few, big, many)
		}
	}
}

// peak returns the most bytes in use while a file is imported.
func peak(t *testing.T, path string) uint64 {
	t.Helper()
	l := newLake(t, storage.CreateEventDataStore{})
	done, most := make(chan struct{}), make(chan uint64)
	go func() {
		var m runtime.MemStats
		top := uint64(0)
		for {
			runtime.ReadMemStats(&m)
			top = max(top, m.HeapAlloc)
			select {
			case <-done:
				most <- top
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	s := l.ingest(Options{Paths: []string{path}, Workers: 1})
	close(done)
	if s.Archives.Imported != 1 || s.Events.Kept != 501 {
		t.Errorf("%+v %+v", s.Archives, s.Events)
	}
	return <-most
}
