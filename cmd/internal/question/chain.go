package question

import (
	"regexp"
	"strconv"
	"strings"
)

// maxChain is how many calls a chain is followed back; the language's recursion ends after ten rounds.
// A longer chain goes on from its last event.
const maxChain = 9

var eventID = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)

// grants are the calls that make credentials.
var grants = []string{"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot", "GetSessionToken", "GetFederationToken", "CreateAccessKey"}

// Chain follows the credentials of a call back to who first signed in. It begins with an
// event ID, an access key ID or the ARN of a session (the first call of it), and goes from each call to
// the one that issued or created its key; and from a console session to its sign-in.
func Chain(s Scope, from string) (string, error) {
	subject, err := ParseSubject(from)
	if err != nil {
		return "", err
	}
	start := subject.condition()
	if eventID.MatchString(subject.Text) {
		start = "eventID = " + text(strings.ToLower(subject.Text))
	}
	table := identifier(s.Table)
	call := func(indent string) string {
		return strings.ReplaceAll("eventTime, eventName, "+principal+" AS principal, userIdentity.type AS type,\n"+
			"       userIdentity.accessKeyId AS accessKeyId, userIdentity.arn AS arn,\n"+
			"       userIdentity.sessionContext.attributes.creationDate AS sessionCreated, sourceIPAddress, recipientAccountId AS account, eventID", "\n", "\n"+indent)
	}
	columns := "eventTime, eventName, principal, type, accessKeyId, arn, sessionCreated, sourceIPAddress, account, eventID"
	qualified := "g." + strings.ReplaceAll(columns, ", ", ", g.")
	return "WITH RECURSIVE\n" +
		"asked (" + columns + ") AS (\n" +
		"  SELECT " + call("  ") + "\n" +
		"  FROM " + table + "\n" + s.where(2, start) +
		"  ORDER BY eventTime, eventID\n" +
		"  LIMIT 1),\n" +
		"-- Calls that made credentials. One of two accounts is written down in both: that of the caller knows the key it was made with.\n" +
		"made (" + columns + ", newKey, newArn, copy) AS (\n" +
		"  SELECT eventTime, eventName, " + principal + " AS principal, userIdentity.type AS type,\n" +
		"         userIdentity.accessKeyId AS accessKeyId, userIdentity.arn AS arn,\n" +
		"         userIdentity.sessionContext.attributes.creationDate AS sessionCreated, sourceIPAddress, recipientAccountId AS account, eventID,\n" +
		"         coalesce(json_extract_scalar(element_at(responseElements, 'credentials'), '$.accessKeyId'),\n" +
		"                  json_extract_scalar(element_at(responseElements, 'accessKey'), '$.accessKeyId')) AS newKey,\n" +
		"         coalesce(json_extract_scalar(element_at(responseElements, 'assumedRoleUser'), '$.arn'),\n" +
		"                  json_extract_scalar(element_at(responseElements, 'federatedUser'), '$.arn'),\n" +
		"                  IF(eventName = 'ConsoleLogin', userIdentity.arn)) AS newArn,\n" +
		"         row_number() OVER (PARTITION BY coalesce(sharedEventID, eventID) ORDER BY IF(userIdentity.accessKeyId IS NULL, 1, 0), eventTime, eventID) AS copy\n" +
		"  FROM " + table + "\n" +
		"  WHERE errorCode IS NULL\n" +
		"    AND (eventName IN (" + texts(grants) + ")\n" +
		"         OR eventName = 'ConsoleLogin' AND element_at(responseElements, 'ConsoleLogin') = 'Success')),\n" +
		"chain (step, link, " + columns + ") AS (\n" +
		"  SELECT 0, CAST('asked for' AS varchar), " + columns + "\n" +
		"  FROM asked\n" +
		"  UNION ALL\n" +
		"  SELECT c.step + 1,\n" +
		"         CASE WHEN g.newKey IS NULL THEN IF(g.eventName = 'ConsoleLogin', 'signed in', 'began the session') ELSE 'made the key ' || g.newKey END,\n" +
		"         " + qualified + "\n" +
		"  FROM chain c JOIN made g\n" +
		"    ON g.copy = 1 AND g.eventTime <= c.eventTime AND g.eventID <> c.eventID\n" +
		"   AND (g.newKey = c.accessKeyId\n" +
		"        -- Without its key in the response, a session is known by who it is and when it began.\n" +
		"        OR g.newKey IS NULL AND g.newArn = c.arn AND abs(date_diff('second', g.eventTime, c.sessionCreated)) <= 5)\n" +
		"  WHERE c.step < " + strconv.Itoa(maxChain) + ")\n" +
		"SELECT step, link, eventTime, eventName, principal, type, accessKeyId, sourceIPAddress, account, eventID\n" +
		"FROM chain\n" +
		"ORDER BY step, eventTime" + s.limit(), nil
}
