package format

import "github.com/ctlake/ctlake/ingest/record"

// lookupOutput is what LookupEvents answers, {"Events":[…],"NextToken":…}; the documentation
// also shows records without their wrapping in it.
var lookupOutput = form{
	name:  formLookupEvents,
	match: func(o *object) bool { return o.is("Events", record.Array) },
	read:  func(t *text, o *object) (outcome, error) { return t.list(o, "Events") },
}

// lookupEntry is one event of it: all but CloudTrailEvent, the record as a string, is derived. Tools parse the string.
var lookupEntry = form{
	name: formLookupEvents,
	match: func(o *object) bool {
		return o.is("CloudTrailEvent", record.String) || o.is("CloudTrailEvent", record.Object)
	},
	read: func(t *text, o *object) (outcome, error) { return t.must(o, "CloudTrailEvent") },
}
