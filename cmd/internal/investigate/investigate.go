// Package investigate writes the statements that answer the questions of an investigation. It
// only writes SQL: the faces run it and show what comes.
//
//	Event(store, id)            one event, whole
//	Facts(store, id)            what identifies who did it, from where and when
//	Around(store, facts, span)  what the same principal, key and address did before and after
package investigate

import (
	"fmt"
	"strings"
	"time"
)

// Quote returns text as a literal of SQL.
func Quote(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// QuoteName returns the name of a store as SQL takes it.
func QuoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// Event returns the statement that finds an event by its ID: the columns that people look at
// first, and the record itself as eventJson.
func Event(store, id string) string {
	return fmt.Sprintf(`SELECT eventTime, eventName, eventSource, awsRegion, sourceIPAddress, userAgent,
       userIdentity.arn AS arn, userIdentity.accessKeyId AS accessKeyId, errorCode, errorMessage,
       recipientAccountId, eventID, "$archive" AS archive, eventJson
FROM %s
WHERE eventID = %s`, QuoteName(store), Quote(id))
}

// Facts returns the statement that finds what Around needs to know of an event: one row of texts, of which
// any may be NULL: arn, principalId, accessKeyId, sourceIPAddress, eventTime.
func Facts(store, id string) string {
	return fmt.Sprintf(`SELECT userIdentity.arn, userIdentity.principalId, userIdentity.accessKeyId, sourceIPAddress, CAST(eventTime AS varchar)
FROM %s
WHERE eventID = %s
LIMIT 1`, QuoteName(store), Quote(id))
}

// Known is what the row of Facts says; "" where it is NULL.
type Known struct{ ARN, PrincipalID, AccessKeyID, Address, Time string }

// Around returns the statement for the events within span of a known one that share its principal, its
// access key or its address, in order of time; which of them is said in the column same.
func Around(store, id string, known Known, span time.Duration) (string, error) {
	if known.Time == "" {
		return "", fmt.Errorf("event %s has no eventTime", id)
	}
	type match struct{ label, condition string }
	var matches []match
	add := func(label, column, value string) {
		if value != "" {
			matches = append(matches, match{label, column + " = " + Quote(value)})
		}
	}
	add("principal", "userIdentity.arn", known.ARN)
	if known.ARN == "" {
		add("principal", "userIdentity.principalId", known.PrincipalID)
	}
	add("key", "userIdentity.accessKeyId", known.AccessKeyID)
	add("address", "sourceIPAddress", known.Address)
	if len(matches) == 0 {
		return "", fmt.Errorf("event %s names no principal, key or address", id)
	}
	var labels, conditions []string
	for _, m := range matches {
		labels = append(labels, fmt.Sprintf("IF(%s, '%s')", m.condition, m.label))
		conditions = append(conditions, m.condition)
	}
	interval := fmt.Sprintf("INTERVAL '%d' SECOND", int64(span/time.Second))
	return fmt.Sprintf(`SELECT eventTime, IF(eventID = %[1]s, '>', '') AS "here", eventName, eventSource, errorCode, sourceIPAddress,
       concat_ws(', ', %[2]s) AS same, userIdentity.arn AS arn, eventID
FROM %[3]s
WHERE eventTime BETWEEN TIMESTAMP %[4]s - %[5]s AND TIMESTAMP %[4]s + %[5]s
  AND (%[6]s)
ORDER BY eventTime, eventID`, Quote(id), strings.Join(labels, ", "), QuoteName(store), Quote(known.Time), interval, strings.Join(conditions, "\n    OR ")), nil
}
