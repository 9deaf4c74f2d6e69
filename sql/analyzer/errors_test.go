package analyzer_test

import (
	"os"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/analyzer"
	"github.com/ctlake/ctlake/sql/parser"
)

// TestErrorsAreTrinos reads testdata/errors.txt: a statement a line, and what is said of it.
func TestErrorsAreTrinos(t *testing.T) {
	text, err := os.ReadFile("testdata/errors.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		at := strings.LastIndex(line, " => ")
		if at < 0 {
			t.Fatalf("no expectation: %s", line)
		}
		statement, want := strings.ReplaceAll(line[:at], `\n`, "\n"), line[at+len(" => "):]
		if got := verdict(statement); got != want {
			t.Errorf("%s\ngave %s\nwant %s", statement, got, want)
		}
	}
}

// verdict is "ok", or the code and text of a statement's error.
func verdict(statement string) string {
	stmt, err := parser.Parse(statement, parser.Options{})
	if err == nil {
		_, err = analyzer.Analyze(stmt, catalog{}, options)
	}
	if err != nil {
		return string(sql.CodeOf(err)) + ": " + err.Error()
	}
	return "ok"
}
