package ast

import "strings"

// reserved holds Trino's reserved words: only these cannot be bare identifiers.
var reserved = func() map[string]bool {
	words := strings.Fields(`
		ALTER AND AS BETWEEN BY CASE CAST CONSTRAINT CREATE CROSS CUBE CURRENT_CATALOG CURRENT_DATE CURRENT_PATH
		CURRENT_ROLE CURRENT_SCHEMA CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DEALLOCATE DELETE DESCRIBE
		DISTINCT DROP ELSE END ESCAPE EXCEPT EXECUTE EXISTS EXTRACT FALSE FOR FROM FULL GROUP GROUPING HAVING IN
		INNER INSERT INTERSECT INTO IS JOIN JSON_ARRAY JSON_EXISTS JSON_OBJECT JSON_QUERY JSON_TABLE JSON_VALUE
		LEFT LIKE LISTAGG LOCALTIME LOCALTIMESTAMP NATURAL NORMALIZE NOT NULL ON OR ORDER OUTER PREPARE RECURSIVE
		RIGHT ROLLUP SELECT SKIP TABLE THEN TRIM TRUE UESCAPE UNION UNNEST USING VALUES WHEN WHERE WITH`)
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}()

// IsReserved says whether word, in any case, must be quoted to be an identifier.
func IsReserved(word string) bool { return reserved[strings.ToUpper(word)] }

// IsUUID says whether s is spelled as the ID of an event data store is: hexadecimal
// digits and hyphens, 8-4-4-4-12. Such a name needs no quotes.
func IsUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F') {
				return false
			}
		}
	}
	return true
}

// isBare says whether name can be written without quotes wherever a name may stand. The
// words that are not reserved but could be misread in some places are written in quotes in all.
func isBare(name string) bool {
	switch strings.ToUpper(name) {
	case "ALL", // f(ALL (a))
		"ARRAY", "INTERVAL", // (array)[1], "interval" 'x'
		"BOTH", "LEADING", "TRAILING", "DESCRIPTOR", // as functions in TRIM and TABLE
		"UNBOUNDED": // (unbounded) PRECEDING
		return false
	}
	for i := range len(name) {
		c := name[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return IsUUID(name)
		}
	}
	return name != "" && !IsReserved(name) || IsUUID(name)
}
