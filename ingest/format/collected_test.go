package format

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

// collected is where the collected logs lie: beside the checkout, if at all.
var collected = filepath.Join("..", "..", "..", "shared", "data")

// sourceRow is a row of the table of collected files: the file, and how many events an independent reader counted in it; in
// parentheses where the file is not valid JSON and so many can be read out of it, "-" where there is none by design.
var sourceRow = regexp.MustCompile(`(?m)^\| ((?:corpora|formats|trail)/\S+) \| (\()?(\d+|-)\)? \|`)

func TestEveryCollectedFileEndsAsItsSourceSays(t *testing.T) {
	sources, err := os.ReadFile(filepath.Join(collected, "SOURCES.md"))
	if err != nil {
		t.Skip("the collected logs are not beside this checkout")
	}
	const collectedFiles = 498
	rows := sourceRow.FindAllStringSubmatch(string(sources), -1)
	if len(rows) != collectedFiles {
		t.Fatalf("%d files are listed", len(rows))
	}
	for _, row := range rows {
		name, broken := row[1], row[2] != ""
		want, _ := strconv.Atoi(row[3]) // "-" is none
		file, err := os.Open(filepath.Join(collected, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		c, v, err := read(file)
		if err := file.Close(); err != nil {
			t.Error(err)
		}
		failed := err != nil || len(c.damaged) > 0 || len(c.bad) > 0
		if odd, ok := oddFiles[name]; ok {
			if n := len(c.records); n != odd.events || len(c.bad) != odd.bad {
				t.Errorf("%s: %d events and %d that are none, want %d and %d", name, n, len(c.bad), odd.events, odd.bad)
			}
			continue
		}
		switch n := len(c.records); {
		case n != want:
			t.Errorf("%s: %d events, want %d (%+v, %v, %v, %v)", name, n, want, v, err, c.bad, c.damaged)
		case failed != broken:
			t.Errorf("%s: failed: %v, want %v (%v, %v, %v)", name, failed, broken, err, c.bad, c.damaged)
		case want > 0 && v.Ignored != "":
			t.Errorf("%s: ignored as %q", name, v.Ignored)
		case want > 0 && v.Form == "":
			t.Errorf("%s: of no form", name)
		case want == 0 && !failed && v.Ignored == "" && v.TextBytes > emptyEnvelopeBytes:
			t.Errorf("%s: neither events nor a reason", name)
		}
	}
}

// oddFiles are those about which the table does not say all.
var oddFiles = map[string]struct{ events, bad int }{
	// Whoever reads it line by line misses the one record that lies in an envelope of its own.
	"corpora/opensearch-catalog/samples-large.json": {840, 1},
	// Unit tests of rules, some of which have parts of records only: 448 lines.
	"corpora/panther-analysis/rule-tests.ndjson": {408, 40},
}

// emptyEnvelopeBytes is how long an envelope without records may be, which is a log file, if of nothing.
const emptyEnvelopeBytes = 32
