package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/cmd/internal/samples"
)

// TestSamples runs every sample on the demo's lake. testdata/samples.txt holds how many rows each one finds
// and, where it gives all rows, the least of them as text: of rows that are equal in what orders them any may be first.
func TestSamples(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: a hundred processes; without -short they run")
	}
	s := &script{t: t, dir: t.TempDir()}
	if err := s.ctlake([]string{"demo", "--keep", "lake"}); err != nil || s.status != exitDone {
		t.Fatalf("%v, status %d\n%s", err, s.status, s.stderr)
	}
	var b strings.Builder
	topic := ""
	for _, q := range samples.All() {
		if q.Topic != topic {
			topic = q.Topic
			fmt.Fprintf(&b, "# %s\n", topic)
		}
		if err := s.ctlake([]string{"--lake", "lake", "samples", "run", q.Name, "--output", "jsonl"}); err != nil || s.status != exitDone || len(s.stderr) > 0 {
			t.Errorf("%s: %v, status %d\n%s", q.Name, err, s.status, s.stderr)
			continue
		}
		rows := slices.Sorted(strings.Lines(string(s.stdout)))
		fmt.Fprintf(&b, "%s: %d\n", q.Name, len(rows))
		if text, err := q.SQL(nil, ""); err == nil && len(rows) > 0 && !strings.Contains(text, "\nLIMIT ") {
			fmt.Fprintf(&b, "  %s", rows[0])
		}
	}
	file := filepath.Join("testdata", "samples.txt")
	if *updateScripts {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("samples find\n%s\nwant\n%s", b.String(), want)
	}
}
