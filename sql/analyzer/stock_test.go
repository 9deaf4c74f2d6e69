package analyzer_test

import (
	"testing"

	"github.com/ctlake/ctlake/sql/analyzer"
	"github.com/ctlake/ctlake/sql/parser"
)

// TestStockTrino looks at what CloudTrail Lake's additions become for other engines, in which they
// must mean the same here, too.
func TestStockTrino(t *testing.T) {
	analyze := func(text string) *analyzer.Analysis {
		t.Helper()
		s, err := parser.Parse(text, parser.Options{})
		if err != nil {
			t.Fatal(err)
		}
		a, err := analyzer.Analyze(s, catalog{}, options)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return a
	}
	for _, c := range []struct{ text, want string }{
		{"SELECT eventname FROM $EDS_ID", `SELECT eventname FROM "events"`},
		{"SELECT eventname FROM <EDS ID> AS e", `SELECT eventname FROM "events" AS e`},
		{"SELECT 1a2b3c4d-5e6f-7081-92a3-b4c5d6e7f809.eventname FROM 1a2b3c4d-5e6f-7081-92a3-b4c5d6e7f809",
			`SELECT "1a2b3c4d-5e6f-7081-92a3-b4c5d6e7f809".eventname FROM "1a2b3c4d-5e6f-7081-92a3-b4c5d6e7f809"`},
		{"SELECT 1 FROM events WHERE eventtime > '2023-06-23T10:11:12Z'",
			`SELECT 1 FROM events WHERE (eventtime > TIMESTAMP '2023-06-23 10:11:12.000')`},
		{"SELECT 1 FROM events WHERE '2023-06-23' <= eventtime AND eventname = '2023-06-23'",
			`SELECT 1 FROM events WHERE ((TIMESTAMP '2023-06-23 00:00:00.000' <= eventtime) AND (eventname = '2023-06-23'))`},
		{"SELECT 1 FROM events WHERE eventtime BETWEEN '2023-06-23' AND '2023-06-24 12:00'",
			`SELECT 1 FROM events WHERE (eventtime BETWEEN TIMESTAMP '2023-06-23 00:00:00.000' AND TIMESTAMP '2023-06-24 12:00:00.000')`},
		{"SELECT 1 FROM events WHERE date(eventtime) IN ('2023-06-23', '2023-06-24')",
			`SELECT 1 FROM events WHERE (date(eventtime) IN (TIMESTAMP '2023-06-23 00:00:00.000', TIMESTAMP '2023-06-24 00:00:00.000'))`},
		{"SELECT 1 FROM events WHERE readonly = 'true' OR eventtime < eventname",
			`SELECT 1 FROM events WHERE ((readonly = true) OR (eventtime < CAST((from_iso8601_timestamp(replace(eventname, ' ', 'T')) AT TIME ZONE 'UTC') AS timestamp(6))))`},
		{"SELECT CAST(NULL AS map<varchar, bigint>)", `SELECT CAST(NULL AS map(varchar, bigint))`},
		{"WITH t AS (SELECT eventname AS \"two words\" FROM events) SELECT \"two words\" FROM t",
			`WITH t AS (SELECT eventname AS "two words" FROM events) SELECT "two words" FROM t`},
	} {
		got := analyze("EXPLAIN " + c.text).StockTrino()
		if got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.text, got, c.want)
			continue
		}
		if again := analyze(got).StockTrino(); again != got {
			t.Errorf("%s\nbecomes %s", got, again)
		}
	}
}
