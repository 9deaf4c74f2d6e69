package optimizer

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/sql/analyzer"
	"github.com/ctlake/ctlake/sql/parser"
)

// maxHostile is how long a statement of a few hundred kilobytes may take on a slow machine.
const maxHostile = 5 * time.Second

// TestLargeStatements: neither time nor the stack grows out of bounds with what a statement repeats.
func TestLargeStatements(t *testing.T) {
	repeat := func(n int, f func(i int) string) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = f(i)
		}
		return strings.Join(parts, "")
	}
	with := "WITH a0 AS (SELECT owner FROM owners)"
	for i := range 30 {
		with += fmt.Sprintf(", a%d AS (SELECT x.owner FROM a%d x, a%d y)", i+1, i, i)
	}
	for name, statement := range map[string]string{
		"or":       "SELECT 1 FROM owners WHERE level = 0" + repeat(20_000, func(i int) string { return fmt.Sprintf(" OR level = %d", i) }),
		"mixed or": "SELECT 1 FROM owners WHERE level = 0" + repeat(5_000, func(i int) string { return fmt.Sprintf(" OR level > %d AND owner = 'x%d'", i, i) }),
		"in":       "SELECT 1 FROM owners WHERE level IN (0" + repeat(50_000, func(i int) string { return fmt.Sprintf(", %d", i) }) + ")",
		"and":      "SELECT 1 FROM owners WHERE level <> 0" + repeat(5_000, func(i int) string { return fmt.Sprintf(" AND level <> %d", i) }),
		"sum":      "SELECT level" + repeat(8_000, func(i int) string { return " + 1" }) + " FROM owners",
		"nested":   "SELECT " + strings.Repeat("(level + ", 400) + "1" + strings.Repeat(")", 400) + " FROM owners",
		"items":    "SELECT 1" + repeat(2_000, func(i int) string { return fmt.Sprintf(", level + %d", i) }) + " FROM owners ORDER BY 5, level + 7",
		"keys":     "SELECT count(*) FROM owners GROUP BY level" + repeat(500, func(i int) string { return fmt.Sprintf(", level + %d", i) }),
		"union":    "SELECT owner FROM owners" + repeat(400, func(i int) string { return " UNION ALL SELECT owner FROM owners" }),
		"except":   "SELECT owner FROM owners" + repeat(200, func(i int) string { return " EXCEPT SELECT owner FROM owners" }),
		"join":     "SELECT 1 FROM owners" + repeat(100, func(i int) string { return fmt.Sprintf(", owners o%d", i) }),
		"with":     with + " SELECT 1 FROM a30",
		"lambdas":  "SELECT " + strings.Repeat("transform(ARRAY[level], x -> ", 200) + "x" + strings.Repeat(")", 200) + " FROM owners",
		"values":   "VALUES 0" + repeat(20_000, func(i int) string { return fmt.Sprintf(", %d", i) }),
		"subquery": "SELECT * FROM " + strings.Repeat("(SELECT * FROM ", 200) + "owners" + strings.Repeat(")", 200) + " WHERE level = 1",
		"case":     "SELECT CASE level" + repeat(5_000, func(i int) string { return fmt.Sprintf(" WHEN %d THEN 'x%d'", i, i) }) + " END FROM owners",
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			stmt, err := parser.Parse(statement, parser.Options{})
			if err != nil {
				t.Fatal(err)
			}
			parsed := time.Now()
			a, err := analyzer.Analyze(stmt, catalog{}, analyzer.Options{Now: now})
			analyzed := time.Now()
			if err == nil {
				_, err = Optimize(a.Plan, Options{Eval: eval})
			}
			if took := time.Since(start); took > maxHostile {
				t.Errorf("took %v", took)
			}
			t.Logf("parse %v, analyze %v, optimize %v, error %v", parsed.Sub(start), analyzed.Sub(parsed), time.Since(analyzed), err)
		})
	}
}
