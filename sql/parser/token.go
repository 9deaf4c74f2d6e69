package parser

import (
	"strings"

	"github.com/ctlake/ctlake/sql/ast"
)

// kind says what a token is.
type kind uint8

const (
	eof         kind = iota
	word             // an identifier without quotes, or a keyword
	quotedName       // "name"
	backquoted       // `name`: refused with advice
	digitName        // 1abc: refused with advice
	uuidName         // 1a2b3c4d-5e6f-7081-92a3-b4c5d6e7f809
	placeholder      // $EDS_ID, <EDS ID>
	text             // 'text'
	unicodeText      // U&'text'
	binary           // X'hex'
	integer          // 12, 1_000, 0xFF, 0o7, 0b1
	decimal          // 1.5
	double           // 1.5e0
	symbol           // an operator or a punctuation mark
	invalid          // a character that starts no token
)

// token is one token of a statement. Its text is source[start:end].
type token struct {
	// name is the keyword in upper case, or the symbol in its normal spelling
	// ("<>" for "!=", "<=" for "< ="); "" for all other tokens.
	name         string
	start, end   int32
	line, column int32
	kind         kind
}

// keywords holds every word that the grammar knows; those that are not reserved
// are identifiers wherever one may stand.
var keywords = func() map[string]string {
	m := map[string]string{}
	for _, w := range strings.Fields(`
		ALL ALTER ANALYZE AND ANY ARRAY AS ASC AT BERNOULLI BETWEEN BOTH BY CALL CASE CAST CATALOGS COLUMNS COMMENT COMMIT
		CONSTRAINT COPARTITION CORRESPONDING COUNT CREATE CROSS CUBE CURRENT CURRENT_CATALOG CURRENT_DATE
		CURRENT_PATH CURRENT_ROLE CURRENT_SCHEMA CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DAY DEALLOCATE DELETE
		DENY DESC DESCRIBE DESCRIPTOR DISTINCT DOUBLE DROP ELSE EMPTY END ERROR ESCAPE EXCEPT EXECUTE EXISTS
		EXPLAIN EXTRACT FALSE FETCH FILTER FINAL FIRST FOLLOWING FOR FORMAT FROM FULL FUNCTION FUNCTIONS GRANT
		GROUP GROUPING GROUPS HAVING HOUR IGNORE IN INNER INSERT INTERSECT INTERVAL INTO IS JOIN JSON_ARRAY
		JSON_EXISTS JSON_OBJECT JSON_QUERY JSON_TABLE JSON_VALUE KEEP LAST LATERAL LEADING LEFT LIKE LIMIT
		LISTAGG LOCAL LOCALTIME LOCALTIMESTAMP MAP MATCH_RECOGNIZE MERGE MINUTE MONTH NATURAL NEXT NFC NFD NFKC
		NFKD NORMALIZE NOT NULL NULLS OF OFFSET ON ONLY OR ORDER ORDINALITY OUTER OVER OVERFLOW OVERLAY PARTITION
		PLACING POSITION PRECEDING PRECISION PREPARE PRUNE RANGE RECURSIVE REFRESH RESET RESPECT REVOKE RIGHT
		ROLLBACK ROLLUP ROW ROWS RUNNING SECOND SELECT SESSION SET SETS SHOW SKIP SOME START SUBSTRING SYSTEM
		ABSENT CONDITIONAL DEFAULT ENCODING JSON KEY KEYS NESTED OBJECT OMIT PASSING PATH PLAN QUOTES RETURNING SCALAR SCHEMAS STRING
		ASYMMETRIC NEAREST PARTIAL SIMPLE SYMMETRIC
		UNCONDITIONAL UNIQUE UNKNOWN UTF8 UTF16 UTF32 VALUE WRAPPER
		TABLE TABLES TABLESAMPLE THEN TIES TIME TIMESTAMP TO TRAILING TRIM TRUE TRUNCATE TRY_CAST TYPE UESCAPE
		AFTER DEFINE INITIAL MATCH MATCHES MEASURES ONE PAST PATTERN PER PERMUTE SEEK SUBSET UNMATCHED
		UNBOUNDED UNION UNNEST UPDATE USE USING VALUES VERBOSE VERSION WHEN WHERE WINDOW WITH WITHIN WITHOUT YEAR ZONE`) {
		m[w] = w
	}
	return m
}()

const maxKeywordBytes = len("CURRENT_TIMESTAMP")

// keyword returns the keyword that s is, in upper case, or "".
func keyword(s string) string {
	if len(s) > maxKeywordBytes {
		return ""
	}
	var upper [maxKeywordBytes]byte
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		upper[i] = c
	}
	return keywords[string(upper[:len(s)])]
}

// isIdentifier says whether the token may stand where the grammar has an identifier,
// misspelt ones included.
func (t token) isIdentifier() bool {
	switch t.kind {
	case word:
		return t.name == "" || !ast.IsReserved(t.name)
	case quotedName, backquoted, digitName, uuidName:
		return true
	}
	return false
}
