package format

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/netip"
	"unicode/utf8"

	"github.com/ctlake/ctlake/ingest/record"
)

// auditEvents is the input of PutAuditEvents, with which integrations send events from outside AWS to CloudTrail Lake.
var auditEvents = form{
	name:  formAuditEvents,
	match: func(o *object) bool { return o.is("auditEvents", record.Array) },
	read:  func(t *text, o *object) (outcome, error) { return t.list(o, "auditEvents") },
}

// auditEvent is one event of it, {"id","eventData","eventDataChecksum"}: eventData is JSON in a string. The record that is made of
// it has what the lake adds, as far as it follows from the event:
//
//	eventCategory, eventType            ActivityAuditLog, ActivityLog
//	eventID                             a UUID made of id and eventData: the same for the same event
//	eventTime, recipientAccountId       those of eventData
//	eventData                           what was sent
//
// What only the service knows is not there: eventVersion, awsRegion, metadata (the channel and the time of ingestion).
// Events that the service would refuse are failures.
var auditEvent = form{
	name: formAuditEvents,
	match: func(o *object) bool {
		return o.is("eventData", record.String) && o.has("id") && !o.hasAny("eventVersion", "eventCategory", "eventID")
	},
	read: func(t *text, o *object) (outcome, error) {
		text, reason := auditRecord(o)
		if reason != "" {
			return outcome{}, t.badRecord(t.here(o.at, "an event that PutAuditEvents refuses: %s", reason))
		}
		var s record.Scanner
		if _, err := s.Scan(text, true); err != nil {
			return outcome{}, fmt.Errorf("scan an event that was made: %w", err)
		}
		return outcome{}, t.emit(text, &s, origin{t.at(o.at, 0), true})
	},
}

// auditLimit bounds a member of eventData.
type auditLimit struct {
	path     []string
	limit    int // of characters, or of the bytes of JSON
	json     bool
	required bool
}

const (
	auditJSONBytes       = 100 << 10 // of requestParameters and responseElements
	auditAdditionalBytes = 28 << 10  // of additionalEventData
)

// auditLimits are those of the event schema of integrations (AWS CloudTrail User Guide, CloudTrail Lake integrations event schema).
var auditLimits = []auditLimit{
	{path: []string{"version"}, limit: 256, required: true},
	{path: []string{"userIdentity", "type"}, limit: 128, required: true},
	{path: []string{"userIdentity", "principalId"}, limit: 1024, required: true},
	{path: []string{"userAgent"}, limit: 1024},
	{path: []string{"eventSource"}, limit: 1024, required: true},
	{path: []string{"eventName"}, limit: 1024, required: true},
	{path: []string{"eventTime"}, limit: 64, required: true},
	{path: []string{"UID"}, limit: 1024, required: true},
	{path: []string{"requestParameters"}, limit: auditJSONBytes, json: true},
	{path: []string{"responseElements"}, limit: auditJSONBytes, json: true},
	{path: []string{"errorCode"}, limit: 256},
	{path: []string{"errorMessage"}, limit: 256},
	{path: []string{"sourceIPAddress"}, limit: 64},
	{path: []string{"recipientAccountId"}, limit: 64, required: true},
	{path: []string{"additionalEventData"}, limit: auditAdditionalBytes, json: true},
}

// auditRecord makes the record of an event, or says why there is none.
func auditRecord(o *object) (text []byte, reason string) {
	sent, _ := o.member("eventData")
	data := record.AppendString(nil, o.text[sent.From:sent.To], sent.Escaped)
	if reason := auditChecksum(o, data); reason != "" {
		return nil, reason
	}
	var s record.Scanner
	data = bytes.TrimSpace(data)
	if n, err := s.Scan(data, true); err != nil || n != len(data) || s.Root.Kind != record.Object {
		return nil, "its eventData is no JSON object (InvalidData)"
	}
	event := &object{text: data, scan: &s}
	for _, l := range auditLimits {
		if reason := l.check(event); reason != "" {
			return nil, reason
		}
	}
	at, _ := event.decodedString("eventTime")
	if _, ok := record.ParseTime(at); !ok {
		return nil, "its eventTime is no time (InvalidData)"
	}
	if ip, ok := event.decodedString("sourceIPAddress"); ok {
		if _, err := netip.ParseAddr(string(ip)); err != nil {
			return nil, "its sourceIPAddress is no IP address (InvalidData)"
		}
	}
	id, _ := o.decodedString("id")
	account, _ := event.decodedString("recipientAccountId")
	text = append(text, `{"eventCategory":"ActivityAuditLog","eventType":"ActivityLog","eventID":"`...)
	text = append(text, auditEventID(id, data)...)
	text = append(appendQuoted(append(text, `","eventTime":`...), at), `,"recipientAccountId":`...)
	text = append(appendQuoted(text, account), `,"eventData":`...)
	return append(append(text, data...), '}'), ""
}

// auditChecksum holds eventData against the checksum that came with it, if one did.
func auditChecksum(o *object, data []byte) (reason string) {
	sum, ok := o.member("eventDataChecksum")
	if !ok || sum.Kind == record.Null {
		return ""
	}
	want := sha256.Sum256(data)
	if given, ok := o.decodedString("eventDataChecksum"); !ok || string(given) != base64.StdEncoding.EncodeToString(want[:]) {
		return "its eventDataChecksum is not the SHA-256 of its eventData (InvalidChecksum)"
	}
	return ""
}

// auditEventID makes a UUID of what was sent: version 8 of RFC 9562, whose bits are its maker's own, out of a SHA-256.
func auditEventID(id, data []byte) string {
	h := sha256.New()
	_, _ = h.Write(id) // a hash takes everything
	_, _ = h.Write([]byte{0})
	_, _ = h.Write(data)
	u := h.Sum(nil)[:16]
	u[6] = u[6]&0x0f | 0x80
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// decodedString returns the text of a member that is a string.
func (o *object) decodedString(name string) ([]byte, bool) {
	v, ok := o.member(name)
	if !ok || v.Kind != record.String {
		return nil, false
	}
	return record.AppendString(nil, o.text[v.From:v.To], v.Escaped), true
}

// check says what is wrong with the member of an event.
func (l *auditLimit) check(o *object) (reason string) {
	name := l.path[0]
	v, ok := o.member(name)
	if text := o.text; ok && len(l.path) > 1 {
		name += "." + l.path[1]
		inner := record.Span{}
		ok = false
		if v.Kind == record.Object {
			for m := range record.Members(text, v) {
				if string(text[m.Name.From+1:m.Name.To-1]) == l.path[1] {
					inner, ok = m.Value, true
				}
			}
		}
		v = inner
	}
	switch {
	case !ok || v.Kind == record.Null:
		if l.required {
			return fmt.Sprintf("it has no %s (FieldNotFound)", name)
		}
	case l.json && v.Kind != record.Object:
		return fmt.Sprintf("its %s is no object (InvalidData)", name)
	case l.json && v.To-v.From > l.limit:
		return fmt.Sprintf("its %s has more than %d bytes (FieldTooLong)", name, l.limit)
	case !l.json && v.Kind != record.String:
		return fmt.Sprintf("its %s is no string (InvalidData)", name)
	case !l.json && utf8.RuneCount(record.AppendString(nil, o.text[v.From:v.To], v.Escaped)) > l.limit:
		return fmt.Sprintf("its %s has more than %d characters (FieldTooLong)", name, l.limit)
	}
	return ""
}
