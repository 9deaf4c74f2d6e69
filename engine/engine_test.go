package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/analyzer"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/vector"
)

// oneTable is a catalog of the table numbers, 0 to 24.
type oneTable struct{ numbers *numbers }

func (c oneTable) Snapshot(context.Context, string) (analyzer.Catalog, error) { return c, nil }
func (c oneTable) TableNames() []string                                       { return []string{"numbers"} }
func (c oneTable) Table(name analyzer.TableName) (plan.Table, error) {
	if strings.EqualFold(name.String(), "numbers") {
		return c.numbers, nil
	}
	return nil, nil
}

// matrix is what every statement is run under: the answers must be the same.
var matrix = []Options{
	{},
	{Threads: 1, BatchRows: 1},
	{Threads: 2, BatchRows: 3, DisableOptimizer: true},
	{Threads: 4, BatchRows: 1024, DisablePruning: true, DisableDictionaries: true},
}

// ask runs a statement and returns its labels and rows as text: "a b|1 2".
func ask(text string, o Options) (string, error) {
	e := New(oneTable{&numbers{rows: 25}}, func() time.Time { return time.Unix(0, 0) })
	r, err := e.Run(context.Background(), Query{Text: text, Options: o})
	if err != nil {
		return "", err
	}
	defer r.Close()
	var lines, labels []string
	for _, c := range r.Columns() {
		labels = append(labels, c.Name)
	}
	lines = append(lines, strings.Join(labels, " "))
	for {
		b, err := r.Next()
		if err == io.EOF {
			return strings.Join(lines, "|"), r.Close()
		}
		if err != nil {
			return "", err
		}
		for i := range b.N {
			var row []string
			for _, c := range b.Columns {
				if c.Nulls().Has(i) {
					row = append(row, "NULL")
				} else {
					row = append(row, string(vector.AppendText(nil, c, i)))
				}
			}
			lines = append(lines, strings.Join(row, " "))
		}
	}
}

func TestStatements(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"SELECT 1", "_col0|1"},
		{"SELECT n AS N, text FROM numbers WHERE n > 22", "N text|23 t2|24 t0"},
		{"SELECT * FROM numbers ORDER BY n DESC LIMIT 2", "n text|24 t0|23 t2"},
		{"SELECT n FROM numbers WHERE text = 't1' AND n IN (1, 2, 4) OR n = 9", "n|1|4|9"},
		{"SELECT text FROM numbers WHERE n BETWEEN 3 AND 4", "text|t0|t1"},
		{"SELECT DISTINCT text FROM numbers", "text|t0|t1|t2"},
		{"SELECT a.n FROM numbers a JOIN numbers b ON a.n = b.n + 20", "n|20|21|22|23|24"},
		{"SELECT n FROM numbers WHERE n IN (SELECT n + 23 FROM numbers)", "n|23|24"},
		{"SELECT n FROM numbers WHERE n < 2 UNION ALL SELECT n FROM numbers WHERE n > 23", "n|0|1|24"},
		{"SELECT n FROM numbers WHERE n < 3 EXCEPT SELECT 1", "n|0|2"},
		{"SELECT x FROM UNNEST(ARRAY[3, 1, NULL]) AS t(x)", "x|3|1|NULL"},
		{"SELECT CASE WHEN n < 2 THEN 'low' WHEN n < 4 THEN text END AS c FROM numbers LIMIT 5", "c|low|low|t2|t0|NULL"},
		{"SELECT TRY(10 / n) FROM numbers LIMIT 3", "_col0|NULL|10|5"},
		{"SHOW TABLES LIKE 'num%'", "Table|numbers"},
		{"SHOW TABLES LIKE 'x%'", "Table"},
		{"DESCRIBE numbers", "Column Type Extra Comment|n bigint  |text varchar  |$row bigint hidden "},
		{"SHOW FUNCTIONS LIKE 'no such %'", "Function Return Type Argument Types Function Type Deterministic Description"},
		{"SHOW CREATE TABLE numbers", "Create Table|CREATE TABLE numbers (\n   n bigint,\n   text varchar\n)"},
	} {
		for _, o := range matrix {
			if got, err := ask(c.text, o); err != nil || got != c.want {
				t.Errorf("%s\n%+v: %s, %v, want %s", c.text, o, got, err, c.want)
			}
		}
	}
}

func TestParametersOfStatements(t *testing.T) {
	got, err := ask("SELECT n FROM numbers WHERE text = ? AND n > ?", Options{Params: []string{"t1", "20"}})
	if err != nil || got != "n|22" {
		t.Error(got, err)
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		text, want string
		code       sql.Code
	}{
		{"SELECT", "line 1:7: mismatched input '<EOF>'", sql.SYNTAX_ERROR},
		{"SELECT m FROM numbers", "line 1:8: Column 'm' cannot be resolved", sql.COLUMN_NOT_FOUND},
		{"SELECT * FROM letters", "line 1:15: Table 'letters' does not exist", sql.TABLE_NOT_FOUND},
		{"SELECT 10 / n FROM numbers", "line 1:11: Division by zero", sql.DIVISION_BY_ZERO},
		{"SELECT (SELECT n FROM numbers)", "Scalar sub-query has returned multiple rows", sql.SUBQUERY_MULTIPLE_ROWS},
	} {
		for _, o := range matrix {
			_, err := ask(c.text, o)
			if err == nil || !strings.Contains(err.Error(), c.want) || sql.CodeOf(err) != c.code {
				t.Errorf("%s\n%+v: %v (%s), want %s", c.text, o, err, sql.CodeOf(err), c.want)
			}
		}
	}
}

func TestExplain(t *testing.T) {
	got, err := ask("EXPLAIN SELECT n FROM numbers WHERE n > 3", Options{})
	if err != nil || !strings.HasPrefix(got, "Query Plan|Output ") || !strings.Contains(got, "Scan numbers") {
		t.Error(got, err)
	}
	got, err = ask("EXPLAIN ANALYZE SELECT n FROM numbers WHERE n > 3", Options{Threads: 2})
	if err != nil || !strings.Contains(got, "21 rows in 3 batches") || !strings.Contains(got, "and 25 rows scanned") {
		t.Error(got, err)
	}
	got, err = ask("EXPLAIN (TYPE VALIDATE) SELECT n FROM numbers", Options{})
	if err != nil || got != "Valid|true" {
		t.Errorf("%q %v", got, err)
	}
}

// TestExplainJSON looks for the scan of a plan in JSON, with what is estimated and what was done.
func TestExplainJSON(t *testing.T) {
	type node struct {
		Name      string
		Estimates []struct{ OutputRowCount float64 }
		Actual    *struct {
			Rows int64
			Scan *struct{ EventsScanned int64 }
		}
		Children []*node
	}
	find := func(n *node) *node {
		for len(n.Children) > 0 {
			n = n.Children[0]
		}
		return n
	}
	type answer struct {
		Trino string
		Plan  *node
		Stats Stats
	}
	var plain, run answer
	for text, into := range map[string]any{
		"EXPLAIN (FORMAT JSON) SELECT n FROM numbers WHERE n > 3":         &plain,
		"EXPLAIN ANALYZE (FORMAT JSON) SELECT n FROM numbers WHERE n > 3": &run,
	} {
		got, err := ask(text, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(strings.TrimPrefix(got, "Query Plan|")), into); err != nil {
			t.Fatalf("%v\n%s", err, got)
		}
	}
	if scan := find(plain.Plan); scan.Name != "Scan" || len(scan.Estimates) != 1 || scan.Actual != nil {
		t.Errorf("got %+v", scan)
	}
	if scan := find(run.Plan); scan.Actual == nil || scan.Actual.Rows != 21 || scan.Actual.Scan == nil || scan.Actual.Scan.EventsScanned != run.Stats.EventsScanned {
		t.Errorf("got %+v", scan)
	}
}

// failing is a catalog that cannot be read.
type failing struct{}

func (failing) Snapshot(context.Context, string) (analyzer.Catalog, error) {
	return nil, fmt.Errorf("read catalog: %w", io.ErrUnexpectedEOF)
}

func TestErrorsOfTheCatalogComeThrough(t *testing.T) {
	_, err := New(failing{}, nil).Run(context.Background(), Query{Text: "SELECT 1"})
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}
