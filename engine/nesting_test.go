package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/sql"
)

// maxHostile is how long a hostile statement may take on a machine that many tests share; it takes a second alone.
const maxHostile = 30 * time.Second

// hostile runs a statement and requires an answer, or an error that is neither a bug nor without a place, which it returns.
func hostile(t *testing.T, name, text string) error {
	t.Helper()
	start := time.Now()
	_, err := ask(text, Options{})
	if took := time.Since(start); took > maxHostile {
		t.Errorf("%s: took %v", name, took)
	}
	var bug *InternalError
	var failure *sql.Error
	switch {
	case err == nil:
	case errors.As(err, &bug):
		t.Errorf("%s: %v\n%.2000s", name, err, bug.Stack)
	case errors.Is(err, context.DeadlineExceeded):
		t.Errorf("%s: %v", name, err)
	case !errors.As(err, &failure) || !failure.Pos.IsValid():
		t.Errorf("%s: not an error with a place: %.300v", name, err)
	}
	return err
}

// TestDeepNesting: every form that nests ends in an answer or in an error that says so, with -large at more depths.
func TestDeepNesting(t *testing.T) {
	for _, c := range []struct{ name, before, open, inner, closing, after string }{
		{"parentheses", "SELECT ", "(", "1", ")", ""},
		{"NOT", "SELECT ", "NOT ", "true", "", ""},
		{"minus", "SELECT ", "- ", "n", "", " FROM numbers"},
		{"plus", "SELECT ", "+ ", "1", "", ""},
		{"sums", "SELECT ", "(1 + ", "1", ")", ""},
		{"AND and OR", "SELECT 1 WHERE ", "(true AND (false OR ", "true", "))", ""},
		{"CASE", "SELECT ", "CASE WHEN true THEN ", "1", " END", ""},
		{"CASE conditions", "SELECT ", "CASE WHEN ", "true", " THEN true END", ""},
		{"simple CASE", "SELECT ", "CASE ", "1", " WHEN 1 THEN 1 END", ""},
		{"IF", "SELECT ", "if(true, ", "1", ", 2)", ""},
		{"COALESCE", "SELECT ", "coalesce(", "n", ", 1)", " FROM numbers"},
		{"TRY", "SELECT ", "try(", "1 / n", ")", " FROM numbers"},
		{"CAST", "SELECT ", "CAST(", "1", " AS bigint)", ""},
		{"calls", "SELECT ", "abs(", "n", ")", " FROM numbers"},
		{"lambdas", "SELECT ", "transform(ARRAY[1], x -> ", "x", ")", ""},
		{"lambda arrays", "SELECT ", "transform(", "ARRAY[1]", ", x -> x + 1)", ""},
		{"arrays", "SELECT ", "ARRAY[", "1", "]", ""},
		{"rows", "SELECT ", "ROW(", "1", ")", ""},
		{"maps", "SELECT ", "MAP(ARRAY[1], ARRAY[", "1", "])", ""},
		{"array types", "SELECT CAST(NULL AS ", "array(", "bigint", ")", ")"},
		{"row types", "SELECT CAST(NULL AS ", "row(a ", "bigint", ")", ")"},
		{"map types", "SELECT CAST(NULL AS ", "map(bigint, ", "bigint", ")", ")"},
		{"subscripts", "SELECT ", "ARRAY[1][", "1", "]", ""},
		{"LIKE", "SELECT ", "('a' LIKE CAST(", "true", " AS varchar))", ""},
		{"BETWEEN", "SELECT ", "(1 BETWEEN 0 AND if(", "true", ", 1, 2))", ""},
		{"IN", "SELECT ", "(true IN (", "true", "))", ""},
		{"concatenation", "SELECT ", "('a' || ", "'b'", ")", ""},
		{"AT TIME ZONE", "SELECT ", "(", "TIMESTAMP '2024-01-01 00:00:00 UTC'", " AT TIME ZONE 'UTC')", ""},
		{"EXTRACT", "SELECT ", "extract(year FROM date_add('day', ", "1", ", DATE '2024-01-01'))", ""},
		{"scalar subqueries", "SELECT ", "(SELECT ", "1", ")", ""},
		{"correlated subqueries", "SELECT ", "(SELECT ", "n", ")", " FROM numbers"},
		{"EXISTS", "SELECT 1 WHERE ", "EXISTS (SELECT 1 WHERE ", "true", ")", ""},
		{"IN subqueries", "SELECT 1 WHERE ", "1 IN (SELECT 1 WHERE ", "true", ")", ""},
		{"FROM subqueries", "SELECT * FROM ", "(SELECT * FROM ", "numbers", ")", ""},
		{"queries in parentheses", "", "(", "SELECT 1", ")", ""},
		{"joins", "SELECT 1 FROM ", "(", "numbers", " JOIN (VALUES 1) t(x) ON true)", ""},
		{"LATERAL", "SELECT * FROM ", "LATERAL (SELECT * FROM ", "numbers", ")", ""},
		{"UNNEST", "SELECT * FROM UNNEST(", "transform(", "ARRAY[1]", ", x -> x)", ")"},
		{"WITH", "", "WITH a AS (", "SELECT 1 AS x", ") SELECT x FROM a", ""},
		{"UNION", "", "(SELECT 1 UNION ALL ", "SELECT 1", ")", ""},
		{"EXCEPT", "", "(SELECT 1 EXCEPT ", "SELECT 2", ")", ""},
		{"windows", "SELECT ", "sum(", "n", ") OVER ()", " FROM numbers"},
		{"FILTER", "SELECT count(*) FILTER (WHERE ", "NOT ", "true", "", ") FROM numbers"},
		{"JSON", "SELECT json_array(", "json_array(", "1", ")", ")"},
		{"JSON paths", "SELECT json_value('1', 'lax ", "(", "$", ")", "')"},
		{"JSON filters", "SELECT json_exists('1', 'lax $", " ? (@", " == 1", ")", "')"},
		{"regular expressions", "SELECT regexp_like('a', '", "(", "a", ")", "')"},
		{"patterns", "SELECT * FROM numbers MATCH_RECOGNIZE (PATTERN (", "(", "a", ")", ") DEFINE a AS true)"},
		{"EXPLAIN", "", "EXPLAIN ", "SELECT 1", "", ""},
	} {
		depths := []int{60, 490, 5000}
		switch {
		case *large:
			depths = []int{5, 60, 240, 490, 20_000}
		case testing.Short():
			depths = []int{60, 490}
		}
		for _, depth := range depths {
			text := c.before + strings.Repeat(c.open, depth) + c.inner + strings.Repeat(c.closing, depth) + c.after
			if len(text) <= 1<<20 {
				hostile(t, c.name, text)
			}
		}
	}
}

// TestLargestStatement: so do long statements, with -large those as long as they may be.
func TestLargestStatement(t *testing.T) {
	size := 1 << 17
	switch {
	case *large:
		size = 1 << 20
	case testing.Short():
		size = 1 << 14
	}
	fill := func(first, more, last string) string {
		return first + strings.Repeat(more, (size-len(first)-len(last))/len(more)) + last
	}
	for name, text := range map[string]string{
		"text":       fill("SELECT length('", "x", "')"),
		"comment":    fill("SELECT 1 -- ", "x", ""),
		"blanks":     fill("SELECT 1", " ", ""),
		"name":       fill("SELECT ", "a", ""),
		"digits":     fill("SELECT ", "1", ""),
		"list":       fill("SELECT n IN (1", ", 1", ") FROM numbers"),
		"different":  fill("SELECT text IN ('a'", ", 'abcdefgh'", ") FROM numbers"),
		"rows":       fill("SELECT count(*) FROM (VALUES 1", ", 1", ") t"),
		"OR":         fill("SELECT 1 FROM numbers WHERE n = 1", " OR n = 1", ""),
		"AND":        fill("SELECT 1 FROM numbers WHERE n = 1", " AND n <> 1", ""),
		"CASE":       fill("SELECT CASE n", " WHEN 1 THEN 2", " END FROM numbers"),
		"array":      fill("SELECT cardinality(ARRAY[1", ", 1", "])"),
		"items":      fill("SELECT 1", ", n", " FROM numbers LIMIT 1"),
		"sum":        fill("SELECT 1", " + 1", ""),
		"unfinished": fill("SELECT ", "(", ""),
		"arguments":  fill("SELECT greatest(1", ", 1", ")"),
		"statements": fill("SELECT 1", "; SELECT 1", ""),
	} {
		t.Run(name, func(t *testing.T) { hostile(t, name, text) })
	}
}
