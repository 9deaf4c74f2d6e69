package format

import (
	"bytes"
	"strings"
	"time"
)

// eventHistory is the console's download of Event history as CSV: one event a row, without most
// of its members. The record that is made of it holds what the columns say, under CloudTrail's
// names, and nothing else; the download as JSON is the whole.
var eventHistory = table{
	name: formEventHistory,
	columns: func(header []string) []string {
		columns := make([]string, len(header))
		known := 0
		for i, name := range header {
			plain := plainColumn(name)
			if plain == "eventname" && !strings.ContainsAny(name, " _") {
				return nil // a query's result: its columns are spelt as in SQL
			}
			if columns[i] = historyColumns[plain]; columns[i] != "" {
				known++
			}
		}
		const enough = 4
		if known < enough {
			return nil
		}
		return columns
	},
	row:  historyRecord,
	made: true,
}

// historyColumns says which member a column is. The console's spelling has changed over time.
var historyColumns = map[string]string{
	"eventid": "eventID", "eventtime": "eventTime", "eventname": "eventName", "eventsource": "eventSource",
	"username": "userName", "awsaccesskey": "accessKeyId", "awsaccesskeyid": "accessKeyId", "accesskey": "accessKeyId", "accesskeyid": "accessKeyId",
	"awsregion": "awsRegion", "region": "awsRegion", "errorcode": "errorCode", "errormessage": "errorMessage",
	"readonly": "readOnly", "sourceipaddress": "sourceIPAddress", "sourceip": "sourceIPAddress", "useragent": "userAgent",
	"requestid": "requestID", "resourcetype": "resourceType", "resourcename": "resourceName", "resources": "resources",
	"eventtype": "eventType", "eventcategory": "eventCategory", "recipientaccountid": "recipientAccountId",
	"recipientaccount": "recipientAccountId", "eventversion": "eventVersion",
}

// consoleTime returns a time as the console shows it in the form that records have it in. Others stay as they are.
func consoleTime(v []byte) []byte {
	for _, console := range []string{"January 2, 2006, 15:04:05 (UTC-07:00)", "January 2, 2006, 3:04:05 PM (UTC-07:00)"} {
		if t, err := time.Parse(console, string(v)); err == nil {
			return []byte(t.UTC().Format(time.RFC3339))
		}
	}
	return v
}

func historyRecord(columns []string, row *csvRow, dst []byte) ([]byte, string) {
	value := func(column string) []byte {
		for i, c := range columns[:min(len(columns), len(row.ends))] { // rows may be much shorter than the header
			if v := row.field(i); c == column && len(v) > 0 && string(v) != "-" {
				return bytes.TrimSpace(v)
			}
		}
		return nil
	}
	if value("eventName") == nil {
		return dst, "a row without an event name"
	}
	if value("eventTime") == nil && value("eventID") == nil {
		return dst, "a row with neither an event time nor an event ID"
	}
	dst = append(dst, '{')
	member := func(name string, v []byte) {
		if v == nil {
			return
		}
		if n := len(dst); dst[n-1] != '{' {
			dst = append(dst, ',')
		}
		dst = append(appendQuoted(dst, []byte(name)), ':')
		if name == "eventTime" {
			v = consoleTime(v)
		}
		switch text := strings.ToLower(string(v)); {
		case name == "readOnly" && (text == "true" || text == "false"):
			dst = append(dst, text...)
		default:
			dst = appendQuoted(dst, v)
		}
	}
	object := func(name string, members ...string) {
		begun := false
		for i := 0; i < len(members); i += 2 {
			v := value(members[i+1])
			if v == nil {
				continue
			}
			if !begun {
				if n := len(dst); dst[n-1] != '{' {
					dst = append(dst, ',')
				}
				dst = append(appendQuoted(dst, []byte(name)), ":{"...)
				begun = true
			}
			member(members[i], v)
		}
		if begun {
			dst = append(dst, '}')
		}
	}
	member("eventVersion", value("eventVersion"))
	object("userIdentity", "userName", "userName", "accessKeyId", "accessKeyId")
	for _, name := range []string{"eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress", "userAgent", "errorCode", "errorMessage",
		"requestID", "eventID", "readOnly", "eventType", "eventCategory", "recipientAccountId"} {
		member(name, value(name))
	}
	typ, name := value("resourceType"), value("resourceName")
	if typ != nil || name != nil {
		dst = append(dst, `,"resources":[{`...)
		member("type", typ)
		if bytes.HasPrefix(name, []byte("arn:")) {
			member("ARN", name)
		} else {
			member("resourceName", name)
		}
		dst = append(dst, "}]"...)
	}
	return append(dst, '}'), ""
}
