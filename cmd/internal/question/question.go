// Package question holds what investigators ask of CloudTrail: each question makes one SQL
// statement, which anyone may read, change and run again.
//
//	ctlake timeline AKIA… ──► Subject ──► Timeline(scope, subject) ──► SELECT … ──► the engine, as any statement
//	                                                                      └─ --sql prints it instead
//
// Values go into the text as literals, quoted: what comes from a command line never
// becomes SQL.
package question

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Scope is what a question is asked of.
type Scope struct {
	// Table is the event data store's name.
	Table string
	// From and To bound eventTime, To excluded; zero leaves that end open.
	From, To time.Time
	// Limit is the greatest number of rows; 0 is all of them.
	Limit int
}

// identifier returns a name as SQL has it.
func identifier(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// text returns a varchar literal.
func text(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// texts returns varchar literals with commas between them.
func texts(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = text(v)
	}
	return strings.Join(quoted, ", ")
}

func timestamp(t time.Time) string {
	return "TIMESTAMP '" + t.UTC().Format("2006-01-02 15:04:05.000") + "'"
}

// within returns the conditions that the scope puts on events.
func (s Scope) within() []string {
	var conditions []string
	if !s.From.IsZero() {
		conditions = append(conditions, "eventTime >= "+timestamp(s.From))
	}
	if !s.To.IsZero() {
		conditions = append(conditions, "eventTime < "+timestamp(s.To))
	}
	return conditions
}

// where returns the WHERE clause of the scope and further conditions, indented by indent
// blanks and with its line break; nothing when there are none.
func (s Scope) where(indent int, conditions ...string) string {
	all := append(s.within(), conditions...)
	if len(all) == 0 {
		return ""
	}
	margin := strings.Repeat(" ", indent)
	return margin + "WHERE " + strings.Join(all, "\n"+margin+"  AND ") + "\n"
}

// limit returns the LIMIT clause with its line break before it.
func (s Scope) limit() string {
	if s.Limit <= 0 {
		return ""
	}
	return "\nLIMIT " + strconv.Itoa(s.Limit)
}

// Expressions that several questions use.
const (
	// principal names who made a call, as exactly as the event does.
	principal = "coalesce(userIdentity.arn, userIdentity.userName, userIdentity.invokedBy, nullif(userIdentity.principalId, ''), userIdentity.type)"
	// username is what LookupEvents calls Username: the user, or the name of the role's session.
	username = "coalesce(userIdentity.userName, element_at(split(userIdentity.principalId, ':'), 2), userIdentity.invokedBy)"
	// target is the thing that a call was about, as far as common parameters tell.
	target = "coalesce(element_at(requestParameters, 'bucketName') || coalesce('/' || element_at(requestParameters, 'key'), ''),\n" +
		"         element_at(requestParameters, 'roleArn'), element_at(requestParameters, 'userName'), element_at(requestParameters, 'roleName'),\n" +
		"         element_at(requestParameters, 'groupName'), element_at(requestParameters, 'functionName'), element_at(requestParameters, 'secretId'),\n" +
		"         element_at(requestParameters, 'keyId'), element_at(requestParameters, 'groupId'), element_at(requestParameters, 'instanceId'),\n" +
		"         element_at(requestParameters, 'name'), element_at(resources, 1).arn)"
	// failure is why a call failed; sign-ins have a message alone.
	failure = "coalesce(errorCode, errorMessage)"
	// denied holds for calls that were refused for want of permission.
	denied = "(errorCode LIKE '%Denied%' OR errorCode LIKE '%Unauthorized%' OR errorCode LIKE '%NotAuthorized%' OR errorCode = 'Forbidden')"
)

// Attributes are the lookup attributes of LookupEvents. Empty ones do not count; an event
// is found when it has all the others.
type Attributes struct {
	EventID, EventName, EventSource, Username, AccessKeyID string
	ResourceType, ResourceName                             string
	// ReadOnly is "true", "false" or empty.
	ReadOnly string
}

// Lookup finds events by attributes, the newest first.
func Lookup(s Scope, a Attributes) (string, error) {
	var conditions []string
	equal := func(expression, value string) {
		if value != "" {
			conditions = append(conditions, expression+" = "+text(value))
		}
	}
	equal("eventID", a.EventID)
	equal("eventName", a.EventName)
	equal("eventSource", a.EventSource)
	equal(username, a.Username)
	equal("userIdentity.accessKeyId", a.AccessKeyID)
	switch a.ReadOnly {
	case "":
	case "true", "false":
		conditions = append(conditions, "readOnly = "+a.ReadOnly)
	default:
		return "", fmt.Errorf("read-only is true or false, not %q", a.ReadOnly)
	}
	if a.ResourceType != "" {
		conditions = append(conditions, "any_match(resources, r -> r.type = "+text(a.ResourceType)+")")
	}
	if a.ResourceName != "" {
		conditions = append(conditions, about(a.ResourceName))
	}
	return "SELECT eventTime, eventName, " + username + " AS username,\n" +
		"       userIdentity.accessKeyId AS accessKeyId, sourceIPAddress, eventSource, awsRegion, readOnly, " + failure + " AS error,\n" +
		"       transform(resources, r -> r.arn) AS resources, eventID\n" +
		"FROM " + identifier(s.Table) + "\n" + s.where(0, conditions...) + "ORDER BY eventTime DESC, eventID" + s.limit(), nil
}

// about returns the condition that an event is about a resource: an ARN, or a name.
func about(resource string) string {
	name := resourceName(resource)
	// What a value may be: the thing itself, or for a name the ARN that ends with it; and
	// since nested values are JSON text, either of them in quotes.
	is := func(v string) string {
		if name != resource {
			return v + " IN (" + texts([]string{resource, name}) + ") OR strpos(" + v + ", " + text(`"`+resource+`"`) + ") > 0"
		}
		return v + " = " + text(name) + " OR ends_with(" + v + ", " + text("/"+name) + ") OR ends_with(" + v + ", " + text(":"+name) + ")\n" +
			"           OR strpos(" + v + ", " + text(`"`+name+`"`) + ") > 0 OR strpos(" + v + ", " + text("/"+name+`"`) + ") > 0"
	}
	arn := "r.arn = " + text(resource)
	if name == resource {
		arn = "r.arn = " + text(name) + " OR ends_with(r.arn, " + text("/"+name) + ") OR ends_with(r.arn, " + text(":"+name) + ")"
	}
	return "(any_match(resources, r -> " + arn + ")\n" +
		"       OR any_match(map_values(requestParameters), v -> " + is("v") + ")\n" +
		"       OR any_match(map_values(responseElements), v -> " + is("v") + "))"
}

// resourceName returns what requests call the resource of an ARN: what follows its last slash or colon.
func resourceName(resource string) string {
	if !strings.HasPrefix(resource, "arn:") {
		return resource
	}
	return resource[strings.LastIndexAny(resource, ":/")+1:]
}

// Who tells who changed a resource, and how: calls about it that are not read-only, oldest first.
func Who(s Scope, resource string, reads bool) string {
	conditions := []string{about(resource)}
	if !reads {
		conditions = append(conditions, "(readOnly = false OR readOnly IS NULL)")
	}
	return "SELECT eventTime, " + principal + " AS principal,\n" +
		"       userIdentity.accessKeyId AS accessKeyId, sourceIPAddress, eventSource, eventName, " + failure + " AS error,\n       recipientAccountId AS account, awsRegion, eventID\n" +
		"FROM " + identifier(s.Table) + "\n" + s.where(0, conditions...) + "ORDER BY eventTime, eventID" + s.limit()
}

// Timeline tells what a subject did, oldest first.
func Timeline(s Scope, subject Subject) string {
	return "SELECT eventTime, recipientAccountId AS account, awsRegion, " + principal + " AS principal,\n" +
		"       userIdentity.accessKeyId AS accessKeyId, sourceIPAddress, eventSource, eventName,\n" +
		"       " + target + " AS target,\n" +
		"       " + failure + " AS error, eventID\n" +
		"FROM " + identifier(s.Table) + "\n" + s.where(0, subject.condition()) + "ORDER BY eventTime, eventID" + s.limit()
}

// Denied counts the calls that were refused, by principal and call, the most frequent first.
func Denied(s Scope, subject *Subject) string {
	conditions := []string{denied}
	if subject != nil {
		conditions = append(conditions, subject.condition())
	}
	return "SELECT " + principal + " AS principal,\n" +
		"       eventSource, eventName, errorCode, count(*) AS calls, min(eventTime) AS firstSeen, max(eventTime) AS lastSeen,\n" +
		"       array_sort(array_agg(DISTINCT sourceIPAddress)) AS addresses\n" +
		"FROM " + identifier(s.Table) + "\n" + s.where(0, conditions...) + "GROUP BY 1, 2, 3, 4\nORDER BY calls DESC, principal, eventSource, eventName, errorCode" + s.limit()
}

// When returns the condition that the scope puts on the time of events, or "".
func (s Scope) When() string { return strings.Join(s.within(), " AND ") }
