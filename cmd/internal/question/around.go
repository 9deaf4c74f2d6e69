package question

import (
	"fmt"
	"strings"
	"time"
)

// Event returns the statement that finds an event by its ID: the columns that people look at
// first, and the record itself as eventJson.
func Event(s Scope, id string) string {
	return fmt.Sprintf(`SELECT eventTime, eventName, eventSource, awsRegion, sourceIPAddress, userAgent,
       userIdentity.arn AS arn, userIdentity.accessKeyId AS accessKeyId, errorCode, errorMessage,
       recipientAccountId, eventID, "$archive" AS archive, eventJson
FROM %s
WHERE eventID = %s`, identifier(s.Table), text(id))
}

// Facts returns the statement that finds what Around needs to know of an event: one row of texts, of which
// any may be NULL: arn, principalId, accessKeyId, sourceIPAddress, eventTime.
func Facts(s Scope, id string) string {
	return fmt.Sprintf(`SELECT userIdentity.arn, userIdentity.principalId, userIdentity.accessKeyId, sourceIPAddress, CAST(eventTime AS varchar)
FROM %s
WHERE eventID = %s
LIMIT 1`, identifier(s.Table), text(id))
}

// Known is what the row of Facts says; "" where it is NULL.
type Known struct{ ARN, PrincipalID, AccessKeyID, Address, Time string }

// Around returns the statement for the events within span of a known one that share its principal, its
// access key or its address, in order of time; which of them is said in the column same.
func Around(s Scope, id string, known Known, span time.Duration) (string, error) {
	if known.Time == "" {
		return "", fmt.Errorf("event %s has no eventTime", id)
	}
	type match struct{ label, condition string }
	var matches []match
	add := func(label, column, value string) {
		if value != "" {
			matches = append(matches, match{label, column + " = " + text(value)})
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
ORDER BY eventTime, eventID`, text(id), strings.Join(labels, ", "), identifier(s.Table), text(known.Time), interval, strings.Join(conditions, "\n    OR ")), nil
}
