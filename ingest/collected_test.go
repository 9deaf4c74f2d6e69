package ingest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/storage"
)

// collected is where the collected logs lie: beside the checkout, if at all.
var collected = filepath.Join("..", "..", "shared", "data")

// collectedCounts returns how many events each file holds as an independent reader counted them.
func collectedCounts(t *testing.T) map[string]int64 {
	t.Helper()
	sources, err := os.ReadFile(filepath.Join(collected, "SOURCES.md"))
	if err != nil {
		t.Skip("the collected logs are not beside this checkout")
	}
	counts := map[string]int64{}
	for _, m := range regexp.MustCompile(`(?m)^\| ((?:corpora|formats|trail)/\S+) \| \(?(\d+|-)\)? \|`).FindAllStringSubmatch(string(sources), -1) {
		counts[m[1]], _ = strconv.ParseInt(m[2], 10, 64)
	}
	return counts
}

func files(t *testing.T, folder string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(collected, filepath.FromSlash(folder)), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files in %s: %v", folder, err)
	}
	return paths
}

func TestCollectedTrails(t *testing.T) {
	counts := collectedCounts(t)
	var want int64
	for path, n := range counts {
		if strings.HasPrefix(path, "trail/") {
			want += n
		}
	}
	trail := filepath.Join(collected, "trail")
	l := newLake(t, storage.CreateEventDataStore{RetentionFrom: storage.RetentionFromNewest, RetentionDays: storage.MaxRetentionDays})
	s := l.ingest(Options{Paths: []string{trail}, Workers: 2})
	// One event ID is in two files with two times, before and after midnight.
	if e := s.Events; e.Read != want || e.Kept != want || e.Conflicting != 1 || s.Archives.Imported != int64(len(files(t, "trail"))) {
		t.Errorf("found %+v in %+v; want %d events", e, s.Archives, want)
	}
	if n := int64(len(l.rows())); n != want {
		t.Errorf("%d rows", n)
	}
	if got := l.ingest(Options{Paths: []string{trail}, Workers: 2}); got.Archives.Unchanged != got.Archives.Found || got.Events.Read != 0 {
		t.Errorf("second run: %+v %+v", got.Archives, got.Events)
	}
}

func TestCollectedFilesEndAsTheirFolderSays(t *testing.T) {
	counts := collectedCounts(t)
	f := func(folder string, outcome func(a Archives) int64) {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			var want int64
			paths := files(t, folder)
			for _, path := range paths {
				name, err := filepath.Rel(collected, path)
				if err != nil {
					t.Fatal(err)
				}
				want += counts[filepath.ToSlash(name)]
			}
			s := newLake(t, storage.CreateEventDataStore{RetentionFrom: storage.RetentionFromNewest, RetentionDays: storage.MaxRetentionDays}).
				ingest(Options{Paths: []string{filepath.Join(collected, filepath.FromSlash(folder))}, Workers: 2})
			if n := outcome(s.Archives); n != int64(len(paths)) || s.Archives.Found != n {
				t.Errorf("%d files end as %+v", len(paths), s.Archives)
			}
			if read := s.Events.Read - s.Events.Failed; read != want {
				t.Errorf("events: %+v, want %d", s.Events, want)
			}
			for _, p := range s.Problems {
				if p.Reason == "" {
					t.Errorf("%s: no reason", p.Path)
				}
			}
		})
	}
	read := func(a Archives) int64 { return a.Imported + a.Unchanged }
	f("corpora/awsdocs", func(a Archives) int64 { return a.Imported + a.Unchanged + a.Ignored })
	f("corpora/cloud-console-cartographer", read)
	f("corpora/panther-analysis", read)
	f("corpora/stratus-red-team", read)
	f("formats/records-object", read)
	f("formats/single-object", read)
	f("formats/ndjson", read)
	f("formats/lookup-events", read)
	f("formats/eventbridge", read)
	f("formats/wrapped", read)
	f("formats/insight", read)
	f("formats/network-activity", func(a Archives) int64 { return a.Imported + a.Ignored })
	f("formats/cloudwatch-logs", func(a Archives) int64 { return a.Imported + a.Ignored })
	f("formats/malformed", func(a Archives) int64 { return a.Failed })
	f("formats/not-cloudtrail", func(a Archives) int64 { return a.Ignored })
	f("formats/digest", func(a Archives) int64 { return a.Ignored })
	f("formats/notices", func(a Archives) int64 { return a.Ignored })
}
