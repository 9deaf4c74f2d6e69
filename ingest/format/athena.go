package format

import (
	"bytes"

	"github.com/ctlake/ctlake/ingest/record"
)

// athenaRow is a row of Athena's table of CloudTrail logs as JSON (UNLOAD, or a SELECT that
// a tool wrote out): a record whose members are in lower case, those that hold
// any JSON as strings. The record that is made of it has CloudTrail's names for what the
// names of the table are made of, and the JSON in place of the strings.
var athenaRow = form{
	name: formAthena,
	match: func(o *object) bool {
		// A row has most of the table's columns, but for those that are NULL. What has few may be a detection rule's sample.
		return o.has("eventsource") && o.has("eventtime") && o.hasAny("eventname", "eventtype") && o.hasAny("eventversion", "eventid") &&
			(o.has("recipientaccountid") || o.has("sourceipaddress") && o.hasAny("requestid", "requestparameters")) &&
			!o.is("eventjson", record.String)
	},
	read: func(t *text, o *object) (outcome, error) {
		text := appendAthena(nil, o.text, o.scan.Root, athenaNames)
		var s record.Scanner
		if _, err := s.Scan(text, true); err != nil {
			return outcome{}, t.badRecord(t.here(o.at, "an Athena row that makes no record: %s", err))
		}
		return t.visit(text, &s, origin{t.at(o.at, 0), true})
	},
}

// athenaName says how a column or field is named in records.
type athenaName struct {
	member string
	json   bool                   // its text is JSON
	fields map[string]*athenaName // of an object, or of the objects of an array
}

func plainNames(names ...string) map[string]*athenaName {
	m := map[string]*athenaName{}
	for _, n := range names {
		m[string(bytes.ToLower([]byte(n)))] = &athenaName{member: n}
	}
	return m
}

// athenaNames are the columns of the table that the documentation of Athena defines.
var athenaNames = func() map[string]*athenaName {
	m := plainNames("eventVersion", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress", "userAgent", "errorCode",
		"errorMessage", "requestID", "eventID", "readOnly", "eventType", "apiVersion", "recipientAccountId", "sharedEventID",
		"vpcEndpointId", "vpcEndpointAccountId", "eventCategory", "managementEvent", "sessionCredentialFromConsole")
	for _, n := range []string{"requestParameters", "responseElements", "additionalEventData", "serviceEventDetails", "addendum",
		"edgeDeviceDetails", "insightDetails", "eventContext"} {
		m[string(bytes.ToLower([]byte(n)))] = &athenaName{member: n, json: true}
	}
	attributes := plainNames("mfaAuthenticated", "creationDate")
	issuer := plainNames("type", "principalId", "arn", "accountId", "userName")
	session := plainNames("sourceIdentity", "ec2RoleDelivery")
	session["attributes"] = &athenaName{member: "attributes", fields: attributes}
	session["sessionissuer"] = &athenaName{member: "sessionIssuer", fields: issuer}
	session["webidfederationdata"] = &athenaName{member: "webIdFederationData", fields: plainNames("federatedProvider", "attributes")}
	identity := plainNames("type", "principalId", "arn", "accountId", "invokedBy", "accessKeyId", "userName", "identityProvider")
	identity["sessioncontext"] = &athenaName{member: "sessionContext", fields: session}
	identity["onbehalfof"] = &athenaName{member: "onBehalfOf", fields: plainNames("userId", "identityStoreArn")}
	m["useridentity"] = &athenaName{member: "userIdentity", fields: identity}
	resources := plainNames("accountId", "type", "ARN")
	m["resources"] = &athenaName{member: "resources", fields: resources}
	m["tlsdetails"] = &athenaName{member: "tlsDetails", fields: plainNames("tlsVersion", "cipherSuite", "clientProvidedHostHeader")}
	return m
}()

// appendAthena appends a value with its members named anew.
func appendAthena(dst, text []byte, v record.Span, names map[string]*athenaName) []byte {
	switch {
	case v.Kind == record.Object && names != nil:
		dst = append(dst, '{')
		for m := range record.Members(text, v) {
			if dst[len(dst)-1] != '{' {
				dst = append(dst, ',')
			}
			name := text[m.Name.From:m.Name.To]
			n := names[string(name[1:len(name)-1])]
			if n == nil {
				dst = append(dst, name...)
				dst = append(dst, ':')
				dst = append(dst, text[m.Value.From:m.Value.To]...)
				continue
			}
			dst = append(appendQuoted(dst, []byte(n.member)), ':')
			if n.json && m.Value.Kind == record.String {
				dst = appendUnquoted(dst, text[m.Value.From:m.Value.To], m.Value.Escaped)
				continue
			}
			dst = appendAthena(dst, text, m.Value, n.fields)
		}
		return append(dst, '}')
	case v.Kind == record.Array && names != nil:
		dst = append(dst, '[')
		for e := range record.Elements(text, v) {
			if dst[len(dst)-1] != '[' {
				dst = append(dst, ',')
			}
			dst = appendAthena(dst, text, e, names)
		}
		return append(dst, ']')
	}
	return append(dst, text[v.From:v.To]...)
}

// appendUnquoted appends the JSON that a string holds; the string itself if it holds none.
func appendUnquoted(dst, token []byte, escaped bool) []byte {
	from := len(dst)
	dst = record.AppendString(dst, token, escaped)
	inner := dst[from:]
	if len(inner) > 0 && (inner[0] == '{' || inner[0] == '[' || string(inner) == "null") {
		var s record.Scanner
		if n, err := s.Scan(inner, true); err == nil && n == len(inner) {
			return dst
		}
	}
	return append(dst[:from], token...)
}
