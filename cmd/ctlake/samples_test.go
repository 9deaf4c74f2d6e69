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
	lake := filepath.Join(t.TempDir(), "lake")
	if err := putDemo(lake); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	topic := ""
	for _, q := range samples.All() {
		if q.Topic != topic {
			topic = q.Topic
			fmt.Fprintf(&b, "# %s\n", topic)
		}
		status, stdout, stderr := inProcess(t, "--lake", lake, "samples", "run", q.Name, "--output", "jsonl")
		if status != exitDone || len(stderr) > 0 {
			t.Errorf("%s: status %d\n%s", q.Name, status, stderr)
			continue
		}
		rows := slices.Sorted(strings.Lines(string(stdout)))
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
