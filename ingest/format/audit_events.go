package format

import "github.com/ctlake/ctlake/ingest/record"

// auditEvents is the input of PutAuditEvents: events from outside AWS, for a store of another kind.
var auditEvents = form{
	name:  formAuditEvents,
	match: func(o *object) bool { return o.is("auditEvents", record.Array) },
	read: func(t *text, o *object) (outcome, error) {
		return outcome{}, t.badRecord(t.here(o.at, "the input of PutAuditEvents: it lacks what CloudTrail adds to make events of it, such as eventID"))
	},
}
