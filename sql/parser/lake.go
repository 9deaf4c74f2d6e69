package parser

import (
	"strings"
)

// What CloudTrail Lake's language has beyond Trino's tokens. Each has the sample
// that needs it.

// An event data store is named by its bare ID:
//
//	SELECT eventName FROM 1a2b3c4d-5e6f-7081-92a3-b4c5d6e7f809 LIMIT 10
//
// To Trino that is a word with an odd start, or a number, and subtractions. An ID
// is one token if it has exactly the shape of one (lexer.uuid), wherever it stands:
// WHERE eventId = 1a2b3c4d-… then names the missing quotes' true place.
// Only when all its groups are decimal digits may it be meant as arithmetic:
//
//	SELECT 12345678-1234-1234-1234-123456789012
//
// and it is, unless it stands where a table may.
func isArithmetic(uuid string) bool {
	return strings.Trim(uuid, "-0123456789") == ""
}

// inTablePosition says whether the token at the offset may name a table, judging by
// the token before it. Between commas and parentheses only the parser could say; there
// too it is taken for a name.
func (l *lexer) inTablePosition() bool {
	if len(l.tokens) == 0 {
		return false
	}
	switch l.tokens[len(l.tokens)-1].name {
	case "FROM", "JOIN", "TABLE", "IN", "DESCRIBE", "DESC", ",", "(", ".":
		return true
	}
	return false
}

// AWS's samples and generated queries stand for "your event data store" with
//
//	FROM $EDS_ID                  sample queries of the console, GenerateQuery
//	FROM <EDS ID>                 aws-samples/cloud-trail-lake-query-samples
//	FROM <event_data_store_ID>    user guide; also <EDS_ID>, <EVENT_DATA_STORE_ARN>, <your-eds-id>
//	FROM event_data_store_ID      user guide, "Example queries"
//
// maxPlaceholderBytes bounds the search for the closing bracket.
const maxPlaceholderBytes = 64

// placeholder returns the length of the placeholder at the offset, or 0. A bracketed one
// needs a position where a table may stand: map<eds_id varchar> is not one.
func (l *lexer) placeholder() int {
	rest := l.source[l.offset:]
	switch rest[0] {
	case '$':
		if n := 1 + wordLen(rest[1:]); isPlaceholder(rest[1:n]) {
			return n
		}
	case '<':
		end := strings.IndexByte(rest[:min(len(rest), maxPlaceholderBytes)], '>')
		if end > 0 && l.inTablePosition() && isPlaceholder(rest[1:end]) {
			return end + 1
		}
	}
	return 0
}

// isPlaceholder says whether s, stripped of its sign or brackets, means an event data
// store: words of letters and digits, of which some say so.
func isPlaceholder(s string) bool {
	var squeezed strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case isLetter(c) && c != '_', isDigit(c):
			squeezed.WriteByte(c)
		case c != ' ' && c != '_' && c != '-':
			return false
		}
	}
	name := strings.ToLower(squeezed.String())
	return strings.Contains(name, "eds") || strings.Contains(name, "eventdatastore")
}

// isBarePlaceholder says whether a bare word in FROM is the user guide's placeholder.
func isBarePlaceholder(s string) bool {
	return strings.EqualFold(s, "event_data_store_ID") || strings.EqualFold(s, "EDS_ID")
}

// spacedComparison reads a comparison with white space inside, as AWS's query page
// prints it, where no two tokens could make sense:
//
//	WHERE eventtime > ='2023-01-12 13:51:00' AND eventtime < ='2023-01-19 13:51:00'
//
// It returns 0 for anything else.
func spacedComparison(s string) (n int, name string) {
	if s[0] != '<' && s[0] != '>' {
		return 0, ""
	}
	for n = 1; n < len(s) && (s[n] == ' ' || s[n] == '\t'); n++ {
	}
	if n == 1 || n == len(s) || s[n] != '=' || n+1 < len(s) && s[n+1] == '>' {
		return 0, ""
	}
	return n + 1, s[:1] + "="
}
