package format

import "github.com/ctlake/ctlake/ingest/record"

// queueMessages is what ReceiveMessage of SQS answers.
var queueMessages = form{
	name:  formSQS,
	match: func(o *object) bool { return o.is("Messages", record.Array) },
	read:  func(t *text, o *object) (outcome, error) { return t.list(o, "Messages") },
}

// queueMessage is a message of SQS, as ReceiveMessage and as Lambda have it.
var queueMessage = form{
	name: formSQS,
	match: func(o *object) bool {
		return o.is("Body", record.String) && o.hasAny("MessageId", "ReceiptHandle") ||
			o.is("body", record.String) && o.hasAny("messageId", "receiptHandle")
	},
	read: func(t *text, o *object) (outcome, error) {
		name := "Body"
		if !o.has(name) {
			name = "body"
		}
		return t.message(o, name, "an SQS message")
	},
}

// topicMessage is a message of SNS, as HTTP and SQS get it.
var topicMessage = form{
	name: formSNS,
	match: func(o *object) bool {
		return o.is("Message", record.String) && o.hasAny("TopicArn", "MessageId")
	},
	read: func(t *text, o *object) (outcome, error) { return t.message(o, "Message", "an SNS message") },
}

// topicRecord is a message of SNS as Lambda gets it.
var topicRecord = form{
	name:  formSNS,
	match: func(o *object) bool { return o.is("Sns", record.Object) },
	read:  func(t *text, o *object) (outcome, error) { return t.inside(o, "Sns") },
}

// message reads what a message holds: records, a notice, anything.
func (t *text) message(o *object, name, what string) (outcome, error) {
	before, strangers, known := t.records, len(t.pending), len(t.known)
	out, err := t.inside(o, name)
	if err != nil || t.records > before {
		return outcome{}, err
	}
	if out.broken {
		return outcome{}, t.badRecord(t.here(o.at, "%s holds no CloudTrail record: %s", name, out.none))
	}
	// What lies in it is named by it: a notice of files in a message, say.
	if len(t.known) > known {
		out = outcome{none: t.known[known].reason, known: true}
	}
	t.pending, t.known = t.pending[:min(strangers, len(t.pending))], t.known[:min(known, len(t.known))]
	if out.known {
		return outcome{none: what + " with " + out.none, known: true}, nil
	}
	return outcome{none: what, known: true}, nil
}
