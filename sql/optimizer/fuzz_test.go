package optimizer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/analyzer"
	"github.com/ctlake/ctlake/sql/parser"
	"github.com/ctlake/ctlake/sql/plan"
)

// FuzzAnalyze: whatever parses is analyzed or refused with a place, and what is
// analyzed is a plan that keeps its invariants, through all rules.
func FuzzAnalyze(f *testing.F) {
	files, _ := filepath.Glob("../analyzer/testdata/*.test")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, block := range strings.Split(string(text), "\n\n") {
			statement, _, _ := strings.Cut(strings.TrimSpace(block), "\n----")
			f.Add(statement)
		}
	}
	f.Fuzz(func(t *testing.T, statement string) {
		stmt, err := parser.Parse(statement, parser.Options{MaxBytes: 10_000})
		if err != nil {
			return
		}
		a, err := analyzer.Analyze(stmt, catalog{}, analyzer.Options{Now: now})
		if err != nil {
			if e, ok := err.(*sql.Error); !ok || !e.Pos.IsValid() {
				t.Fatalf("%s: no place: %v", statement, err)
			}
			return
		}
		if a.Plan == nil {
			return
		}
		if err := plan.Check(a.Plan); err != nil {
			t.Fatalf("%s: %v\n%s", statement, err, plan.String(a.Plan))
		}
		after, err := Optimize(a.Plan, Options{Eval: eval})
		if err != nil {
			t.Fatalf("%s: %v\n%s", statement, err, plan.String(a.Plan))
		}
		plan.String(after)
	})
}
