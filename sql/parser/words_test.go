package parser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/parser"
)

// trinoReserved are the words that Trino's grammar does not count among nonReserved.
var trinoReserved = strings.Fields(`ALTER AND AS BETWEEN BY CASE CAST CONSTRAINT CREATE CROSS CUBE CURRENT_CATALOG CURRENT_DATE
	CURRENT_PATH CURRENT_ROLE CURRENT_SCHEMA CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DEALLOCATE DELETE DESCRIBE DISTINCT DROP
	ELSE END ESCAPE EXCEPT EXECUTE EXISTS EXTRACT FALSE FOR FROM FULL GROUP GROUPING HAVING IN INNER INSERT INTERSECT INTO IS JOIN
	JSON_ARRAY JSON_EXISTS JSON_OBJECT JSON_QUERY JSON_TABLE JSON_VALUE LEFT LIKE LISTAGG LOCALTIME LOCALTIMESTAMP NATURAL NORMALIZE
	NOT NULL ON OR ORDER OUTER PREPARE RECURSIVE RIGHT ROLLUP SELECT SKIP TABLE THEN TRIM TRUE UESCAPE UNION UNNEST USING VALUES
	WHEN WHERE WITH`)

// trinoWords are the others of Trino's grammar.
var trinoWords = strings.Fields(`ABSENT ADD ADMIN AFTER ALL ANALYZE ANY ARRAY ASC AT AUTHORIZATION BEGIN BERNOULLI BOTH CALL CALLED
	CASCADE CATALOG CATALOGS COLUMN COLUMNS COMMENT COMMIT COMMITTED CONDITIONAL COPARTITION COUNT CURRENT DATA DATE DAY DECLARE DEFAULT
	DEFINE DEFINER DENY DESC DESCRIPTOR DETERMINISTIC DISTRIBUTED DO DOUBLE ELSEIF EMPTY ENCODING ERROR EXCLUDING EXPLAIN FETCH FILTER
	FINAL FIRST FOLLOWING FORMAT FUNCTION FUNCTIONS GRACE GRANT GRANTED GRANTS GRAPHVIZ GROUPS HOUR IF IGNORE IMMEDIATE INCLUDING INITIAL
	INPUT INTERVAL INVOKER IO ITERATE ISOLATION JSON KEEP KEY KEYS LANGUAGE LAST LATERAL LEADING LEAVE LEVEL LIMIT LOCAL LOGICAL LOOP MAP
	MATCH MATCHED MATCHES MATCH_RECOGNIZE MATERIALIZED MEASURES MERGE MINUTE MONTH NESTED NEXT NFC NFD NFKC NFKD NO NONE NULLIF NULLS
	OBJECT OF OFFSET OMIT ONE ONLY OPTION ORDINALITY OUTPUT OVER OVERFLOW PARTITION PARTITIONS PASSING PAST PATH PATTERN PER PERIOD
	PERMUTE PLAN POSITION PRECEDING PRECISION PRIVILEGES PROPERTIES PRUNE QUOTES RANGE READ REFRESH RENAME REPEAT REPEATABLE REPLACE
	RESET RESPECT RESTRICT RETURN RETURNING RETURNS REVOKE ROLE ROLES ROLLBACK ROW ROWS RUNNING SCALAR SCHEMA SCHEMAS SECOND SECURITY
	SEEK SERIALIZABLE SESSION SET SETS SHOW SOME START STATS STRING SUBSET SUBSTRING SYSTEM TABLES TABLESAMPLE TEXT TEXT_STRING TIES TIME
	TIMESTAMP TO TRAILING TRANSACTION TRUNCATE TRY_CAST TYPE UNBOUNDED UNCOMMITTED UNCONDITIONAL UNIQUE UNKNOWN UNMATCHED UNTIL UPDATE
	USE USER UTF16 UTF32 UTF8 VALIDATE VALUE VERBOSE VERSION VIEW WHILE WINDOW WITHIN WITHOUT WORK WRAPPER WRITE YEAR ZONE
	rank row_number type arn eventname`)

// TestTrinosReservedWords: just these must be quoted to be names.
func TestTrinosReservedWords(t *testing.T) {
	reserved := map[string]bool{}
	for _, w := range trinoReserved {
		reserved[w] = true
		if !ast.IsReserved(w) || !ast.IsReserved(strings.ToLower(w)) {
			t.Errorf("%s is not reserved", w)
		}
		for _, text := range []string{"SELECT a.%s FROM t", "SELECT a AS %s FROM t", "SELECT 1 FROM %s", "SELECT 1 FROM t AS %s", "WITH %s AS (SELECT 1) SELECT 1"} {
			text = fmt.Sprintf(text, w)
			if _, err := parser.Parse(text, parser.Options{}); err == nil {
				t.Errorf("%s: no error", text)
			}
		}
		quoted := fmt.Sprintf(`SELECT a."%[1]s", "%[1]s".a AS "%[1]s", "%[1]s"(1) FROM "%[1]s" AS "%[1]s" ("%[1]s") WHERE "%[1]s" = 1`, w)
		if s, err := parser.Parse(quoted, parser.Options{}); err != nil {
			t.Errorf("%s: %v", quoted, err)
		} else {
			reparse(t, s)
		}
	}
	for _, w := range parser.Keywords() {
		if ast.IsReserved(w) && !reserved[strings.ToUpper(w)] {
			t.Errorf("%s is reserved, but not by Trino", w)
		}
	}
}

// TestTrinosOtherWords: all others are names without quotes, wherever a name may be.
func TestTrinosOtherWords(t *testing.T) {
	for _, w := range trinoWords {
		for _, form := range []string{
			"SELECT %s FROM t", "SELECT a.%s FROM t", "SELECT a %s FROM t", "SELECT a AS %s FROM t", "SELECT %s.a FROM t", "SELECT %s.* FROM %s",
			"SELECT 1 FROM %s", "SELECT 1 FROM t AS %s", "SELECT 1 FROM t AS t (%s)", "WITH %s AS (SELECT 1) SELECT * FROM %s",
			"WITH t (%s) AS (SELECT 1) SELECT %s FROM t", "SELECT 1 FROM t WHERE %s = 1", "SELECT 1 FROM t GROUP BY %s", "SELECT 1 FROM t ORDER BY %s DESC",
			"SELECT f(%s) FROM t", "SELECT transform(a, %s -> %s)", "SELECT CAST(NULL AS row(%s bigint))", "SELECT f() OVER %s FROM t WINDOW %s AS ()",
			"SELECT %s + 1, -%s, %s || 'a', %s[1], %s IS NULL FROM t", "SELECT CASE WHEN %s THEN %s ELSE %s END FROM t", "SELECT a FROM t JOIN u USING (%s)",
			"SELECT * FROM TABLE(f(%s => 1))", "SELECT json_exists(a, 'lax $' PASSING 1 AS %s)", "SELECT %s(1)", "SELECT %s(a, b) FROM t",
		} {
			text := strings.ReplaceAll(form, "%s", w)
			if w == "TRY_CAST" && strings.Contains(form, "%s(") {
				continue // a cast begins so
			}
			s, err := parser.Parse(text, parser.Options{})
			if err != nil {
				t.Errorf("%s: %v", text, err)
				continue
			}
			t.Run(text, func(t *testing.T) { reparse(t, s) })
		}
	}
}
