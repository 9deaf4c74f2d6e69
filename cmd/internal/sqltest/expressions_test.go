package sqltest

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/sql/function"
)

// leastCases is how many cases each overload of a function has: a usual one, one with NULL,
// and one at an edge or one that fails.
const leastCases = 3

func isExpressions(text string) bool {
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" && line[0] != '#' {
			return strings.HasPrefix(line, "expressions")
		}
	}
	return false
}

// label is a file's name in tests: its path below the folder, without the extension.
func label(path string) string {
	name, err := filepath.Rel(folder, path)
	if err != nil {
		name = path
	}
	return strings.TrimSuffix(filepath.ToSlash(name), ".test")
}

func expressions(t *testing.T) map[string]*Expressions {
	t.Helper()
	all := map[string]*Expressions{}
	for path, text := range files(t) {
		if !isExpressions(text) {
			continue
		}
		e, err := ParseExpressions(text)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all[path] = e
	}
	return all
}

func TestExpressions(t *testing.T) {
	for path, e := range expressions(t) {
		t.Run(label(path), func(t *testing.T) {
			t.Parallel()
			for _, c := range e.Cases {
				for _, way := range Ways {
					got, ok := Evaluate(t.Context(), c, e.Zone, way)
					if ok && got.Answer() != c.Answer() {
						t.Errorf("%s:%d: %s\n%s => %s\nwant %s", path, c.Line, way, c.Expr, got.Answer(), c.Answer())
						break
					}
				}
			}
		})
	}
}

// TestEveryOverloadHasCases holds every overload of a function to the usual case, NULL, and an edge or a failure.
func TestEveryOverloadHasCases(t *testing.T) {
	count := map[string]int{}
	for _, e := range expressions(t) {
		for _, c := range e.Cases {
			Overloads(count, c.Expr, e.Zone)
		}
	}
	var missing []string
	for _, s := range function.Signatures() {
		if o := overload(s.Function, s.Params, s.Result); s.Name == s.Function && count[o] < leastCases {
			missing = append(missing, o)
		}
	}
	slices.Sort(missing)
	for _, o := range missing {
		t.Errorf("%d cases of %s", count[o], o)
	}
}

func TestParseExpressions(t *testing.T) {
	e, err := ParseExpressions(`# a comment
expressions zone=America/New_York

1 / 0 => ! DIVISION_BY_ZERO: Division by zero
lower('A => B') => varchar(6) : a => b
`)
	if err != nil {
		t.Fatal(err)
	}
	want := []Case{
		{Expr: "1 / 0", Error: "DIVISION_BY_ZERO: Division by zero", Line: 4},
		{Expr: "lower('A => B')", Type: "varchar(6)", Value: "a => b", Line: 5},
	}
	if !slices.Equal(e.Cases, want) || e.Zone.String() != "America/New_York" {
		t.Errorf("got %v in %v", e.Cases, e.Zone)
	}
}

func TestWaysOfAnExpression(t *testing.T) {
	for expr, want := range map[string]string{
		"1 + 2":                       "SELECT  column0  +  column1  FROM (VALUES ROW(1, 2), ROW(1, 2)) AS literals (column0, column1)",
		"CAST('7' AS decimal(10, 2))": "SELECT CAST( column0  AS decimal(10, 2)) FROM (VALUES ROW('7'), ROW('7')) AS literals (column0)",
		"year(DATE '2024-05-01')":     "SELECT year( column0 ) FROM (VALUES ROW(DATE '2024-05-01'), ROW(DATE '2024-05-01')) AS literals (column0)",
		"-1.5e-3 || 'it''s'":          "SELECT  column0  ||  column1  FROM (VALUES ROW(-1.5e-3, 'it''s'), ROW(-1.5e-3, 'it''s')) AS literals (column0, column1)",
		"now() + INTERVAL '1' DAY":    "",
		"(SELECT 1)":                  "",
		"sum(1) OVER ()":              "",
	} {
		if got, _ := overColumns(expr); got != want {
			t.Errorf("%s:\n got %s\nwant %s", expr, got, want)
		}
	}
	for _, way := range Ways {
		got, ok := Evaluate(t.Context(), Case{Expr: "concat('a', 'b')"}, time.UTC, way)
		if want := "varchar : ab"; !ok || got.Answer() != want {
			t.Errorf("%s: %s, want %s", way, got.Answer(), want)
		}
	}
}
