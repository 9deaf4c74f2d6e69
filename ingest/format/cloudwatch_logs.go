package format

import "github.com/ctlake/ctlake/ingest/record"

// logPayload is what a subscription of CloudWatch Logs sends; a CONTROL_MESSAGE is only a probe.
var logPayload = form{
	name:  formLogs,
	match: func(o *object) bool { return o.is("logEvents", record.Array) },
	read: func(t *text, o *object) (outcome, error) {
		if typ, _ := o.string("messageType"); typ == "CONTROL_MESSAGE" {
			return outcome{none: "a control message of CloudWatch Logs", known: true}, nil
		}
		return t.list(o, "logEvents")
	},
}

// logEvents is what GetLogEvents and FilterLogEvents answer.
var logEvents = form{
	name:  formLogs,
	match: func(o *object) bool { return o.is("events", record.Array) },
	read:  func(t *text, o *object) (outcome, error) { return t.list(o, "events") },
}

// logEvent is one event of a log: its message is the record.
var logEvent = form{
	name: formLogs,
	match: func(o *object) bool {
		return o.hasAny("message", "@message") && o.hasAny("timestamp", "@timestamp", "ingestionTime", "id")
	},
	read: func(t *text, o *object) (outcome, error) {
		name := "message"
		if !o.has(name) {
			name = "@message"
		}
		before := t.records
		out, err := t.inside(o, name)
		if err != nil || t.records > before {
			return outcome{}, err
		}
		if out.broken {
			return outcome{}, t.badRecord(t.here(o.at, "%s holds no CloudTrail record: %s", name, out.none))
		}
		return outcome{none: "an event of another log", known: true}, nil
	},
}

// lambdaPayload is a subscription's payload as Lambda is called with it: Base64 of gzip.
var lambdaPayload = form{
	name:  formLogs,
	match: func(o *object) bool { return o.is("awslogs", record.Object) },
	read:  func(t *text, o *object) (outcome, error) { return t.inside(o, "awslogs") },
}

// firehosePayload is what Firehose and Kinesis hand on: {"records":[{"recordId","data"}]}.
var firehosePayload = form{
	name:  formKinesis,
	match: func(o *object) bool { return o.is("records", record.Array) },
	read:  func(t *text, o *object) (outcome, error) { return t.list(o, "records") },
}

// kinesisRecord is one record of Kinesis or Firehose, or the inner object of Lambda's call: its data is Base64.
var kinesisRecord = form{
	name: formKinesis,
	match: func(o *object) bool {
		return o.is("kinesis", record.Object) || o.is("data", record.String) || o.is("Data", record.String)
	},
	read: func(t *text, o *object) (outcome, error) {
		switch {
		case o.is("kinesis", record.Object):
			out, err := t.inside(o, "kinesis")
			if out.none != "" {
				out = outcome{none: "a Kinesis record", known: true}
			}
			return out, err
		case o.is("data", record.String):
			return t.payload(o, "data")
		}
		return t.payload(o, "Data")
	},
}

// payload reads what Base64 in a member holds: any container, any text.
func (t *text) payload(o *object, name string) (outcome, error) {
	v, _ := o.member(name)
	t.path = append(t.path, step{name: `"` + name + `"`})
	defer func() { t.path = t.path[:len(t.path)-1] }()
	return t.data(o.text[v.From:v.To], v, o.at.sub(v.From))
}
