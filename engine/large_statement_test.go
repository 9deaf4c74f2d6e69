package engine

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/sql"
)

// listing joins what f gives for 0 … n-1.
func listing(n int, separator string, f func(i int) string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(separator)
		}
		b.WriteString(f(i))
	}
	return b.String()
}

// each is a function for listing: format with the number in place of each %d.
func each(format string) func(int) string {
	n := strings.Count(format, "%d")
	return func(i int) string {
		args := make([]any, n)
		for j := range args {
			args[j] = i
		}
		return fmt.Sprintf(format, args...)
	}
}

// doubling is a WITH chain in which each query reads the one before it twice.
func doubling(levels int, body string) string {
	text := "WITH a0 AS (SELECT n FROM numbers)"
	for i := range levels {
		text += fmt.Sprintf(", a%d AS (%s)", i+1, strings.ReplaceAll(body, "prev", fmt.Sprintf("a%d", i)))
	}
	return text + fmt.Sprintf(" SELECT count(*) FROM a%d", levels)
}

// largeStatements are statements of great width, by what they are made of. A size is about what 1 MiB holds, or 100,000.
var largeStatements = []struct {
	name string
	text func() string
}{
	// WITH, whose queries are planned for each use.
	{"WITH doubled by UNION", func() string { return doubling(30, "SELECT * FROM prev UNION ALL SELECT * FROM prev") }},
	{"WITH doubled by JOIN", func() string { return doubling(30, "SELECT x.n FROM prev x JOIN prev y ON x.n = y.n") }},
	{"WITH doubled by scalar subqueries", func() string {
		return doubling(30, "SELECT (SELECT max(n) FROM prev) + (SELECT min(n) FROM prev) AS n")
	}},
	{"WITH doubled by IN", func() string { return doubling(30, "SELECT n FROM prev WHERE n IN (SELECT n FROM prev)") }},
	{"WITH doubled by EXISTS", func() string {
		return doubling(30, "SELECT n FROM prev p WHERE EXISTS (SELECT 1 FROM prev q WHERE q.n = p.n)")
	}},
	{"WITH doubled by VALUES", func() string {
		return strings.Replace(doubling(30, "SELECT * FROM prev UNION ALL SELECT * FROM prev"), "SELECT n FROM numbers", "VALUES 1", 1)
	}},
	{"WITH doubled by INTERSECT", func() string { return doubling(30, "SELECT * FROM prev INTERSECT SELECT * FROM prev") }},
	{"WITH doubled, not read", func() string {
		return strings.Replace(doubling(30, "SELECT * FROM prev UNION ALL SELECT * FROM prev"), "FROM a30", "FROM numbers", 1)
	}},
	{"WITH doubled to the limit", func() string { return doubling(7, "SELECT * FROM prev UNION ALL SELECT * FROM prev") }},
	{"WITH doubled columns", func() string { return doubling(30, "SELECT a.*, b.* FROM (SELECT * FROM prev) a, (SELECT 1) b") }},
	{"WITH doubled stars", func() string {
		text := "WITH a0 AS (SELECT 1 AS x)"
		for i := range 30 {
			text += fmt.Sprintf(", a%d AS (SELECT *, * FROM a%d)", i+1, i)
		}
		return text + " SELECT count(*) FROM a30"
	}},
	{"WITH doubled expressions", func() string {
		text := "WITH a0 AS (SELECT n AS x FROM numbers)"
		for i := range 60 {
			text += fmt.Sprintf(", a%d AS (SELECT x + x AS x FROM a%d)", i+1, i)
		}
		return text + " SELECT x FROM a60"
	}},
	{"WITH doubled literals", func() string {
		text := "WITH a0 AS (SELECT 'ab' AS x)"
		for i := range 60 {
			text += fmt.Sprintf(", a%d AS (SELECT x || x AS x FROM a%d)", i+1, i)
		}
		return text + " SELECT length(x) FROM a60"
	}},
	{"WITH doubled rows", func() string {
		text := "WITH a0 AS (SELECT 1 AS x)"
		for i := range 30 {
			text += fmt.Sprintf(", a%d AS (SELECT ROW(x, x) AS x FROM a%d)", i+1, i)
		}
		return text + " SELECT x FROM a30"
	}},
	{"WITH of many queries", func() string {
		return "WITH " + listing(20_000, ", ", each("a%d AS (SELECT %d AS x)")) + " SELECT x FROM a7"
	}},
	{"WITH chain", func() string {
		text := "WITH a0 AS (SELECT 1 AS x)"
		for i := range 2_000 {
			text += fmt.Sprintf(", a%d AS (SELECT x FROM a%d)", i+1, i)
		}
		return text + " SELECT x FROM a2000"
	}},
	// SELECT.
	{"literals", func() string { return "SELECT " + listing(349_000, ", ", each("1")) + " FROM numbers LIMIT 1" }},
	{"names", func() string { return "SELECT " + listing(349_000, ", ", each("n")) + " FROM numbers LIMIT 1" }},
	{"strings", func() string { return "SELECT " + listing(200_000, ",", each("'a'")) }},
	{"sums", func() string { return "SELECT " + listing(70_000, ", ", each("n + %d")) + " FROM numbers" }},
	{"calls", func() string { return "SELECT " + listing(90_000, ", ", each("abs(n)")) + " FROM numbers" }},
	{"aliases", func() string { return "SELECT " + listing(60_000, ", ", each("n AS c%d")) + " FROM numbers" }},
	{"aliases read", func() string {
		return "SELECT * FROM (SELECT " + listing(20_000, ", ", each("n AS c%d")) + " FROM numbers) WHERE " + listing(5_000, " AND ", each("c%d > 0"))
	}},
	{"columns read by name", func() string {
		return "SELECT " + listing(30_000, ", ", each("c%d")) + " FROM (SELECT " + listing(30_000, ", ", each("n AS c%d")) + " FROM numbers)"
	}},
	{"stars", func() string { return "SELECT " + listing(30_000, ", ", each("*")) + " FROM numbers LIMIT 1" }},
	{"DISTINCT", func() string { return "SELECT DISTINCT " + listing(20_000, ", ", each("n + %d")) + " FROM numbers" }},
	{"DISTINCT and ORDER BY", func() string {
		return "SELECT DISTINCT " + listing(20_000, ", ", each("n + %d")) + " FROM numbers ORDER BY " + listing(20_000, ", ", each("n + %d"))
	}},
	{"ORDER BY", func() string { return "SELECT n FROM numbers ORDER BY " + listing(60_000, ", ", each("n + %d")) }},
	{"ORDER BY names", func() string {
		return "SELECT " + listing(20_000, ", ", each("n AS c%d")) + " FROM numbers ORDER BY " + listing(20_000, ", ", each("c%d"))
	}},
	{"ORDER BY numbers", func() string {
		return "SELECT " + listing(30_000, ", ", each("n + %d")) + " FROM numbers ORDER BY " + listing(30_000, ", ", func(i int) string { return fmt.Sprint(i + 1) })
	}},
	// GROUP BY.
	{"GROUP BY", func() string { return "SELECT count(*) FROM numbers GROUP BY " + listing(20_000, ", ", each("n + %d")) }},
	{"GROUP BY more", func() string { return "SELECT count(*) FROM numbers GROUP BY " + listing(80_000, ", ", each("n + %d")) }},
	{"GROUP BY and SELECT", func() string {
		keys := listing(3_000, ", ", each("n + %d"))
		return "SELECT " + keys + " FROM numbers GROUP BY " + keys
	}},
	{"GROUP BY and much SELECT", func() string {
		keys := listing(30_000, ", ", each("n + %d"))
		return "SELECT " + keys + " FROM numbers GROUP BY " + keys
	}},
	{"GROUP BY numbers", func() string {
		return "SELECT " + listing(20_000, ", ", each("n + %d")) + " FROM numbers GROUP BY " + listing(20_000, ", ", func(i int) string { return fmt.Sprint(i + 1) })
	}},
	{"GROUP BY the same", func() string { return "SELECT count(*) FROM numbers GROUP BY " + listing(200_000, ", ", each("n")) }},
	{"not grouped", func() string {
		return "SELECT " + listing(20_000, ", ", each("n + %d")) + ", text FROM numbers GROUP BY " + listing(20_000, ", ", each("n + %d"))
	}},
	{"aggregates", func() string { return "SELECT " + listing(20_000, ", ", each("sum(n + %d)")) + " FROM numbers" }},
	{"the same aggregates", func() string { return "SELECT " + listing(90_000, ", ", each("sum(n)")) + " FROM numbers" }},
	{"FILTER", func() string {
		return "SELECT " + listing(10_000, ", ", each("count(*) FILTER (WHERE n = %d)")) + " FROM numbers"
	}},
	{"DISTINCT aggregates", func() string {
		return "SELECT " + listing(3_000, ", ", each("count(DISTINCT n + %d)")) + " FROM numbers"
	}},
	{"sorted aggregates", func() string {
		return "SELECT " + listing(3_000, ", ", each("array_agg(n ORDER BY n + %d)")) + " FROM numbers"
	}},
	{"HAVING", func() string {
		return "SELECT n FROM numbers GROUP BY n HAVING " + listing(9_000, " OR ", each("sum(n + %d) > 1"))
	}},
	{"CUBE of many", func() string {
		return "SELECT count(*) FROM numbers GROUP BY CUBE (" + listing(1_000, ", ", each("n + %d")) + ")"
	}},
	{"CUBE of eleven", func() string {
		return "SELECT count(*) FROM (SELECT " + listing(11, ", ", each("n + %d AS c%d")) + " FROM numbers) GROUP BY CUBE (" + listing(11, ", ", each("c%d")) + ")"
	}},
	{"ROLLUP of 2,000", func() string {
		return "SELECT count(*) FROM (SELECT " + listing(2_000, ", ", each("n + %d AS c%d")) + " FROM numbers) GROUP BY ROLLUP (" + listing(2_000, ", ", each("c%d")) + ")"
	}},
	{"products of CUBE", func() string {
		return "SELECT count(*) FROM numbers GROUP BY " + listing(10_000, ", ", each("CUBE (n, text)"))
	}},
	{"GROUPING SETS", func() string {
		return "SELECT count(*) FROM numbers GROUP BY GROUPING SETS (" + listing(100_000, ", ", each("(n)")) + ")"
	}},
	{"wide GROUPING SETS", func() string {
		set := "(" + listing(500, ", ", each("c%d")) + ")"
		return "SELECT count(*) FROM (SELECT " + listing(500, ", ", each("n + %d AS c%d")) + " FROM numbers) GROUP BY GROUPING SETS (" + listing(300, ", ", func(int) string { return set }) + ")"
	}},
	// Windows.
	{"windows", func() string {
		return "SELECT " + listing(3_000, ", ", each("sum(n) OVER (ORDER BY n + %d)")) + " FROM numbers"
	}},
	{"one window", func() string {
		return "SELECT " + listing(20_000, ", ", each("sum(n + %d) OVER (ORDER BY n)")) + " FROM numbers"
	}},
	{"partitions", func() string {
		return "SELECT " + listing(3_000, ", ", each("row_number() OVER (PARTITION BY n + %d)")) + " FROM numbers"
	}},
	{"wide window", func() string {
		return "SELECT sum(n) OVER (PARTITION BY " + listing(20_000, ", ", each("n + %d")) + ") FROM numbers"
	}},
	{"named windows", func() string {
		return "SELECT n FROM numbers WINDOW " + listing(20_000, ", ", each("w%d AS (ORDER BY n)"))
	}},
	{"window frames", func() string {
		return "SELECT " + listing(3_000, ", ", each("sum(n) OVER (ORDER BY n ROWS %d PRECEDING)")) + " FROM numbers"
	}},
	// FROM.
	{"cross joins", func() string { return "SELECT count(*) FROM (VALUES 1) t" + listing(300, "", each(", (VALUES 1) t%d")) }},
	{"chained joins", func() string {
		return "SELECT count(*) FROM numbers t0" + listing(300, "", func(i int) string { return fmt.Sprintf(" JOIN numbers t%d ON t%d.n = t%d.n", i+1, i, i+1) })
	}},
	{"star joins", func() string {
		return "SELECT count(*) FROM numbers t" + listing(300, "", each(" JOIN numbers t%d ON t%d.n = t.n"))
	}},
	{"left joins", func() string {
		return "SELECT count(*) FROM numbers t" + listing(300, "", each(" LEFT JOIN numbers t%d ON t%d.n = t.n"))
	}},
	{"full joins", func() string {
		return "SELECT count(*) FROM numbers t" + listing(300, "", each(" FULL JOIN numbers t%d ON t%d.n = t.n"))
	}},
	{"joins with USING", func() string {
		return "SELECT count(*) FROM numbers t" + listing(300, "", each(" JOIN numbers t%d USING (n)"))
	}},
	{"natural joins", func() string {
		return "SELECT count(*) FROM numbers t" + listing(300, "", each(" NATURAL JOIN numbers t%d"))
	}},
	{"joins of VALUES", func() string {
		return "SELECT count(*) FROM (VALUES 1) t(x)" + listing(3_000, "", each(" JOIN (VALUES 1) t%d(y) ON t%d.y = t.x"))
	}},
	{"many tables", func() string { return "SELECT count(*) FROM numbers" + listing(30_000, "", each(", numbers t%d")) }},
	{"lateral", func() string {
		return "SELECT count(*) FROM numbers t" + listing(200, "", each(" CROSS JOIN LATERAL (SELECT t.n + %d AS m)"))
	}},
	{"UNNESTs", func() string {
		return "SELECT count(*) FROM numbers t" + listing(300, "", each(" CROSS JOIN UNNEST(ARRAY[%d])"))
	}},
	{"UNNESTs doubling", func() string {
		return "SELECT count(*) FROM (VALUES 1) t" + listing(30, "", each(" CROSS JOIN UNNEST(ARRAY[1, 2]) AS u%d(x)")) + " WHERE u0.x = 3"
	}},
	{"UNNEST of many", func() string { return "SELECT count(*) FROM UNNEST(" + listing(10_000, ", ", each("ARRAY[%d]")) + ")" }},
	{"UNNEST of a long array", func() string { return "SELECT count(*) FROM UNNEST(ARRAY[" + listing(100_000, ", ", each("%d")) + "])" }},
	{"UNION ALL", func() string { return listing(10_000, " UNION ALL ", each("SELECT %d")) }},
	{"UNION", func() string { return listing(9_000, " UNION ", each("SELECT %d AS x")) }},
	{"EXCEPT", func() string { return listing(3_000, " EXCEPT ", each("SELECT %d AS x")) }},
	{"INTERSECT", func() string { return listing(3_000, " INTERSECT ", each("SELECT 1 AS x")) }},
	{"UNION of wide", func() string {
		wide := "SELECT " + listing(1_000, ", ", each("%d"))
		return listing(100, " UNION ALL ", func(int) string { return wide })
	}},
	{"VALUES with many columns", func() string { return "VALUES (" + listing(100_000, ", ", each("%d")) + ")" }},
	{"VALUES with many rows", func() string { return "VALUES " + listing(100_000, ", ", each("(%d)")) }},
	{"VALUES with many names", func() string {
		return "SELECT c7 FROM (VALUES (" + listing(30_000, ", ", each("%d")) + ")) t(" + listing(30_000, ", ", each("c%d")) + ")"
	}},
	{"VALUES with expressions", func() string {
		return "SELECT count(*) FROM (VALUES " + listing(50_000, ", ", each("(%d + 1)")) + ") t"
	}},
	{"VALUES of growing types", func() string {
		return "SELECT count(*) FROM (VALUES " + listing(50_000, ", ", each("ARRAY['%d']")) + ") t"
	}},
	{"subqueries in SELECT", func() string { return "SELECT " + listing(450, ", ", each("(SELECT max(n) + %d FROM numbers)")) }},
	{"correlated subqueries", func() string {
		return "SELECT " + listing(200, ", ", each("(SELECT max(m.n) FROM numbers m WHERE m.n = t.n + %d)")) + " FROM numbers t"
	}},
	{"subqueries of VALUES", func() string { return "SELECT " + listing(5_000, ", ", each("(SELECT %d)")) }},
	{"EXISTS", func() string {
		return "SELECT count(*) FROM numbers t WHERE " + listing(200, " AND ", each("EXISTS (SELECT 1 FROM numbers m WHERE m.n = t.n)"))
	}},
	{"EXISTS in OR", func() string {
		return "SELECT count(*) FROM numbers t WHERE " + listing(200, " OR ", each("EXISTS (SELECT 1 FROM numbers m WHERE m.n = t.n + %d)"))
	}},
	// Expressions.
	{"IN of strings", func() string {
		return "SELECT count(*) FROM numbers WHERE text IN (" + listing(100_000, ",", each("'%d'")) + ")"
	}},
	{"IN of columns", func() string {
		return "SELECT count(*) FROM numbers WHERE 7 IN (" + listing(60_000, ", ", each("n + %d")) + ")"
	}},
	{"NOT IN", func() string {
		return "SELECT count(*) FROM numbers WHERE n NOT IN (" + listing(100_000, ",", each("%d")) + ")"
	}},
	{"IN of rows", func() string {
		return "SELECT count(*) FROM numbers WHERE (n, n) IN (" + listing(50_000, ", ", each("(%d, %d)")) + ")"
	}},
	{"OR of different", func() string {
		return "SELECT count(*) FROM numbers WHERE " + listing(9_900, " OR ", each("n + %d = %d"))
	}},
	{"OR of AND", func() string {
		return "SELECT count(*) FROM numbers WHERE " + listing(9_900, " OR ", each("n = %d AND text = '%d'"))
	}},
	{"AND of OR", func() string {
		return "SELECT count(*) FROM numbers WHERE " + listing(9_900, " AND ", each("(n <> %d OR text <> '%d')"))
	}},
	{"AND of LIKE", func() string {
		return "SELECT count(*) FROM numbers WHERE " + listing(9_900, " AND ", each("text NOT LIKE '%%%d%%'"))
	}},
	{"OR of LIKE", func() string {
		return "SELECT count(*) FROM numbers WHERE " + listing(9_900, " OR ", each("text LIKE '%%%d%%'"))
	}},
	{"OR of regular expressions", func() string {
		return "SELECT count(*) FROM numbers WHERE " + listing(9_900, " OR ", each("regexp_like(text, 'x%d')"))
	}},
	{"|| of strings", func() string { return "SELECT length(" + listing(9_900, " || ", each("'%d'")) + ")" }},
	{"|| of columns", func() string { return "SELECT length(" + listing(9_900, " || ", each("text")) + ") FROM numbers" }},
	{"|| of arrays", func() string { return "SELECT cardinality(" + listing(9_900, " || ", each("ARRAY[%d]")) + ")" }},
	{"CASE", func() string {
		return "SELECT CASE" + listing(30_000, "", each(" WHEN n = %d THEN %d")) + " END FROM numbers"
	}},
	{"simple CASE", func() string {
		return "SELECT CASE n" + listing(40_000, "", each(" WHEN %d THEN '%d'")) + " END FROM numbers"
	}},
	{"simple CASE of an expression", func() string {
		return "SELECT CASE n + n + n" + listing(40_000, "", each(" WHEN %d THEN '%d'")) + " END FROM numbers"
	}},
	{"COALESCE", func() string { return "SELECT coalesce(" + listing(100_000, ", ", each("n")) + ") FROM numbers" }},
	{"array", func() string { return "SELECT cardinality(ARRAY[" + listing(100_000, ", ", each("%d")) + "])" }},
	{"array of columns", func() string {
		return "SELECT cardinality(ARRAY[" + listing(200_000, ", ", each("n")) + "]) FROM numbers"
	}},
	{"array of arrays", func() string { return "SELECT cardinality(ARRAY[" + listing(70_000, ", ", each("ARRAY[%d]")) + "])" }},
	{"array of rows", func() string { return "SELECT cardinality(ARRAY[" + listing(50_000, ", ", each("ROW(%d, 'a')")) + "])" }},
	{"array shown", func() string { return "SELECT ARRAY[" + listing(100_000, ", ", each("%d")) + "]" }},
	{"map", func() string {
		return "SELECT cardinality(MAP(ARRAY[" + listing(60_000, ", ", each("%d")) + "], ARRAY[" + listing(60_000, ", ", each("%d")) + "]))"
	}},
	{"row", func() string { return "SELECT ROW(" + listing(10_000, ", ", each("%d")) + ")" }},
	{"row of many", func() string { return "SELECT ROW(" + listing(100_000, ", ", each("%d")) + ")" }},
	{"row type", func() string {
		return "SELECT CAST(ROW(" + listing(30_000, ", ", each("%d")) + ") AS ROW(" + listing(30_000, ", ", each("f%d bigint")) + "))"
	}},
	{"fields of a row", func() string {
		return "SELECT " + listing(3_000, ", ", each("r.f%d")) + " FROM (SELECT CAST(ROW(" + listing(3_000, ", ", each("n + %d")) + ") AS ROW(" + listing(3_000, ", ", each("f%d bigint")) + ")) AS r FROM numbers)"
	}},
	{"equal rows", func() string {
		return "SELECT ROW(" + listing(20_000, ", ", each("n")) + ") = ROW(" + listing(20_000, ", ", each("n")) + ") FROM numbers"
	}},
	{"subscripts", func() string { return "SELECT ARRAY[1]" + strings.Repeat("[1]", 10_000) }},
	{"dereferences", func() string { return "SELECT a" + strings.Repeat(".a", 300_000) + " FROM numbers" }},
	{"parameters of a type", func() string { return "SELECT CAST(1 AS decimal(" + listing(100_000, ", ", each("%d")) + "))" }},
	{"lambdas", func() string {
		return "SELECT " + listing(20_000, ", ", each("transform(ARRAY[n], x -> x + %d)")) + " FROM numbers"
	}},
	{"parameters of a lambda", func() string { return "SELECT transform(ARRAY[1], (" + listing(100_000, ", ", each("x%d")) + ") -> 1)" }},
	{"JSON object", func() string { return "SELECT json_object(" + listing(30_000, ", ", each("'k%d' : %d")) + ")" }},
	{"JSON paths", func() string { return "SELECT json_value('{}', 'lax $" + strings.Repeat(".a", 300_000) + "')" }},
	{"JSON table", func() string {
		return "SELECT count(*) FROM JSON_TABLE('{}', 'lax $' COLUMNS (" + listing(20_000, ", ", each("c%d bigint PATH 'lax $.a'")) + "))"
	}},
	{"AT TIME ZONE", func() string {
		return "SELECT TIMESTAMP '2024-01-01 00:00:00 UTC'" + strings.Repeat(" AT TIME ZONE 'UTC'", 9_000)
	}},
	{"BETWEEN", func() string { return "SELECT " + strings.Repeat("n BETWEEN 1 AND ", 5_000) + "2 FROM numbers" }},
	{"intervals", func() string { return "SELECT DATE '2024-01-01'" + strings.Repeat(" + INTERVAL '1' DAY", 9_000) }},
	// Texts.
	{"LIKE", func() string {
		return "SELECT count(*) FROM numbers WHERE text LIKE '" + strings.Repeat("%_", 500_000) + "'"
	}},
	{"LIKE of percent", func() string {
		return "SELECT count(*) FROM numbers WHERE text LIKE '" + strings.Repeat("%a", 500_000) + "%'"
	}},
	{"LIKE of a long text", func() string {
		return "SELECT '" + strings.Repeat("a", 500_000) + "' LIKE '" + strings.Repeat("%a", 200_000) + "b'"
	}},
	{"regular expression", func() string {
		return "SELECT regexp_like(text, '" + strings.Repeat("(a|b)*", 170_000) + "') FROM numbers"
	}},
	{"regular expression of alternatives", func() string {
		return "SELECT regexp_like(text, '" + listing(60_000, "|", each("%d")) + "') FROM numbers"
	}},
	{"regular expression of repeats", func() string {
		return "SELECT regexp_like('" + strings.Repeat("a", 30_000) + "', '((a{1,1000}){1,1000}){1,1000}b')"
	}},
	{"regular expression that backtracks", func() string { return "SELECT regexp_like('" + strings.Repeat("a", 30_000) + "', '^(a+)+$|(a*)*b\\1')" }},
	{"JSON text", func() string { return "SELECT json_parse('" + strings.Repeat("[", 1_000_000) + "')" }},
	{"number", func() string { return "SELECT 1" + strings.Repeat("0", 1_000_000) }},
	{"number as text", func() string { return "SELECT CAST('1" + strings.Repeat("0", 1_000_000) + "' AS double)" }},
	{"decimal as text", func() string { return "SELECT TRY_CAST('0." + strings.Repeat("0", 1_000_000) + "' AS decimal(38, 10))" }},
	{"format", func() string { return "SELECT format('" + strings.Repeat("%s", 500_000) + "', 1)" }},
	{"split", func() string { return "SELECT cardinality(split('" + strings.Repeat(",", 1_000_000) + "', ','))" }},
	{"Levenshtein", func() string {
		return "SELECT levenshtein_distance('" + strings.Repeat("a", 500_000) + "', '" + strings.Repeat("b", 500_000) + "')"
	}},
	{"replace", func() string {
		return "SELECT length(replace('" + strings.Repeat("a", 100_000) + "', '', '" + strings.Repeat("b", 100_000) + "'))"
	}},
	{"date pattern", func() string {
		return "SELECT date_format(TIMESTAMP '2024-01-01 00:00:00', '" + strings.Repeat("%Y", 500_000) + "')"
	}},
	// What functions make.
	{"repeat", func() string { return "SELECT repeat(1, 2000000000)" }},
	{"repeats", func() string { return "SELECT " + strings.Repeat("repeat(", 30) + "1" + strings.Repeat(", 10000)", 30) }},
	{"sequence", func() string { return "SELECT sequence(1, 9000000000)" }},
	{"sequences", func() string {
		return "SELECT 1 FROM " + listing(10, ", ", each("UNNEST(sequence(1, 10000)) AS t%d(x)")) + " LIMIT 1"
	}},
	{"table function", func() string { return "SELECT n FROM TABLE(sequence(1, 9000000000000000000)) t(n) LIMIT 1" }},
	{"lpad", func() string { return "SELECT length(lpad('a', 2000000000, 'b'))" }},
	{"combinations", func() string { return "SELECT cardinality(combinations(sequence(1, 10000), 5))" }},
	{"ngrams", func() string { return "SELECT cardinality(ngrams(sequence(1, 10000), 5000))" }},
	{"reduce", func() string {
		return "SELECT reduce(sequence(1, 10000), '', (s, x) -> s || 'abcdefghij', s -> length(s))"
	}},
	{"doubling reduce", func() string { return "SELECT reduce(sequence(1, 10000), 'a', (s, x) -> s || s, s -> length(s))" }},
	// Patterns.
	{"pattern of many", func() string {
		return "SELECT count(*) FROM numbers MATCH_RECOGNIZE (MEASURES count(*) AS m PATTERN (" + listing(100_000, " ", each("a")) + ") DEFINE a AS true)"
	}},
	{"pattern of variables", func() string {
		return "SELECT count(*) FROM numbers MATCH_RECOGNIZE (MEASURES count(*) AS m PATTERN (" + listing(900, " ", each("a%d")) + ") DEFINE " + listing(900, ", ", each("a%d AS n = %d")) + ")"
	}},
	{"pattern of permutations", func() string {
		return "SELECT count(*) FROM numbers MATCH_RECOGNIZE (MEASURES count(*) AS m PATTERN (PERMUTE(" + listing(30, ", ", each("a%d")) + ")) DEFINE a0 AS true)"
	}},
	{"pattern of repeats", func() string {
		return "SELECT count(*) FROM numbers MATCH_RECOGNIZE (MEASURES count(*) AS m PATTERN ((((a{1000}){1000}){1000})) DEFINE a AS true)"
	}},
	{"pattern of optional repeats", func() string {
		return "SELECT count(*) FROM numbers MATCH_RECOGNIZE (MEASURES count(*) AS m PATTERN ((a* b*)* c) DEFINE c AS false)"
	}},
	{"pattern of alternatives", func() string {
		return "SELECT count(*) FROM numbers MATCH_RECOGNIZE (MEASURES count(*) AS m PATTERN ((" + listing(50_000, " | ", each("a")) + ")*) DEFINE a AS true)"
	}},
	{"measures", func() string {
		return "SELECT count(*) FROM numbers MATCH_RECOGNIZE (MEASURES " + listing(10_000, ", ", each("last(a.n) + %d AS m%d")) + " PATTERN (a+) DEFINE a AS true)"
	}},
}

// quickStatements are those of largeStatements that take some milliseconds.
var quickStatements = []string{
	"WITH doubled by UNION",
	"WITH doubled by JOIN",
	"WITH doubled by scalar subqueries",
	"WITH doubled by IN",
	"WITH doubled by EXISTS",
	"WITH doubled by VALUES",
	"WITH doubled by INTERSECT",
	"WITH doubled, not read",
	"WITH doubled to the limit",
	"WITH doubled columns",
	"WITH doubled stars",
	"WITH doubled expressions",
	"WITH doubled rows",
	"WITH chain",
	"CUBE of many",
	"products of CUBE",
	"ROLLUP of 2,000",
	"cross joins",
	"lateral",
	"UNNESTs doubling",
	"many tables",
	"UNION ALL",
	"row",
	"subscripts",
	"BETWEEN",
	"regular expression",
	"regular expression of alternatives",
	"regular expression that backtracks",
	"JSON text",
	"number",
	"number as text",
	"decimal as text",
	"replace",
	"repeat",
	"sequence",
	"table function",
	"lpad",
	"pattern of variables",
	"pattern of permutations",
	"pattern of repeats",
	"pattern of optional repeats",
	"pattern of alternatives",
	"combinations",
	"ORDER BY names",
	"columns read by name",
	"joins of VALUES",
	"windows",
	"row type",
	"|| of columns",
}

var large = flag.Bool("large", false, "run all statements of TestLargeStatements, which takes a minute")

// TestLargeStatements: statements as wide as they may be end in an answer or in an error that names a limit.
func TestLargeStatements(t *testing.T) {
	for _, c := range largeStatements {
		if !*large && !slices.Contains(quickStatements, c.name) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			text := c.text()
			start := time.Now()
			err := hostile(t, c.name, text)
			t.Logf("%d bytes, %v: %.200v", len(text), time.Since(start).Round(time.Millisecond), err)
		})
	}
}

// TestStatementLimits: what grows with a statement's text, or faster, has limits that errors name.
func TestStatementLimits(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{doubling(30, "SELECT * FROM prev UNION ALL SELECT * FROM prev"), "QUERY_REJECTED: Query reads tables and named queries more than 500 times"},
		{"SELECT " + listing(10_001, ", ", each("1")), "QUERY_REJECTED: Query has more than 10000 columns"},
		{"VALUES (" + listing(10_001, ", ", each("1")) + ")", "QUERY_REJECTED: Type of an expression has more than 10000 fields"},
		{"SELECT 1 FROM numbers ORDER BY " + listing(10_001, ", ", each("n")), "QUERY_REJECTED: Query has more than 10000 keys of ORDER BY"},
		{"SELECT 1 FROM numbers GROUP BY " + listing(10_001, ", ", each("n + %d")), "QUERY_REJECTED: Query has more than 10000 keys of GROUP BY"},
		{"SELECT ARRAY[" + listing(10_001, ", ", each("sum(n + %d)")) + "] FROM numbers", "QUERY_REJECTED: Query has more than 10000 aggregates"},
		{"SELECT " + listing(301, ", ", each("sum(n) OVER (ORDER BY n + %d)")) + " FROM numbers", "QUERY_REJECTED: Query has more than 300 different windows"},
		{"SELECT " + listing(301, ", ", each("array_agg(n ORDER BY n + %d)")) + " FROM numbers", "QUERY_REJECTED: Query has more than 300 different aggregates with ORDER BY"},
		{"SELECT 1 FROM UNNEST(" + listing(10_001, ", ", each("ARRAY[1]")) + ")", "QUERY_REJECTED: Query has more than 10000 columns"},
		{"SELECT 1 FROM (VALUES 1) t" + listing(501, "", each(", (VALUES 1) t%d")), "QUERY_REJECTED: Query has more than 500 joins and subqueries"},
		{"SELECT " + listing(501, ", ", each("(SELECT %d)")), "QUERY_REJECTED: Query has more than 500 joins and subqueries"},
		{"SELECT ROW(" + listing(10_001, ", ", each("1")) + ")", "QUERY_REJECTED: Type of an expression has more than 10000 fields"},
		{"SELECT 1 FROM numbers GROUP BY CUBE (" + listing(12, ", ", each("n")) + ")", "TOO_MANY_GROUPING_SETS: GROUP BY has 4096 grouping sets but can contain at most 2048"},
		{"SELECT 1 FROM numbers GROUP BY ROLLUP (" + listing(400, ", ", each("n")) + ")", "QUERY_REJECTED: Grouping sets of GROUP BY have more than 100000 keys together"},
	} {
		_, err := ask(c.text, Options{})
		var failure *sql.Error
		if !errors.As(err, &failure) || string(failure.Code)+": "+failure.Msg != c.want {
			t.Errorf("%.60s…: %.300v, want %s", c.text, err, c.want)
		}
	}
}
