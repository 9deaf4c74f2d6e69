package format

// Form names a form in which records reach disk.
type Form struct {
	Name string // in lower case, without blanks
	What string // for people
}

// Revision counts what is read, and how: each change by which a file without events may turn out to hold some raises it.
const Revision = 2

// The forms' names.
const (
	formTrail         = "trail"
	formRecords       = "records"
	formArray         = "array"
	formLookupEvents  = "lookup-events"
	formEventHistory  = "event-history"
	formEventBridge   = "eventbridge"
	formLogs          = "cloudwatch-logs"
	formKinesis       = "kinesis"
	formSQS           = "sqs"
	formSNS           = "sns"
	formQueryResult   = "query-result"
	formAthena        = "athena"
	formAuditEvents   = "put-audit-events"
	formOtherWrapping = "wrapped"
)

// Forms returns all forms of records. Where one lies in another, as an event of EventBridge in a message of SQS, the
// record has the inner one; bare records in a wrapping have the wrapping's.
func Forms() []Form {
	return []Form{
		{formTrail, `files of a trail, and Event history as JSON: {"Records":[…]}`},
		{formRecords, "records one by one: a record a line, or one behind the other"},
		{formArray, "arrays of records"},
		{formLookupEvents, "output of LookupEvents"},
		{formEventHistory, "downloads of Event history as CSV"},
		{formEventBridge, "events of EventBridge"},
		{formLogs, "CloudWatch Logs: payloads of subscriptions, output of its API, exports to S3"},
		{formKinesis, "records of Kinesis and Firehose: Base64"},
		{formSQS, "messages of SQS"},
		{formSNS, "messages of SNS"},
		{formQueryResult, "query results as CSV with the column eventjson"},
		{formAthena, "rows of Athena's table as JSON"},
		{formAuditEvents, "input of PutAuditEvents"},
		{formOtherWrapping, "records in wrappings of other programs"},
	}
}

// Only has the reader take records of one form alone; "" is any. Whatever has another, or holds no
// records, is a fault that says so. Records that are found behind damage have whatever form the damage left them.
func (r *Reader) Only(form string) { r.only = form }

// notOf returns the fault of what is not of the form that is asked for.
func (r *Reader) notOf(what string) string { return what + ": not of the form " + r.only }

// within says that what read visits has the form, unless something inside it has one of its own.
func (r *Reader) within(form string, read func() error) error {
	outer := r.form
	r.form = form
	err := read()
	r.form = outer
	return err
}

// found takes note of the form of a record, for the verdict: that of the first one counts.
func (r *Reader) found() {
	if r.verdict.Form == "" {
		r.verdict.Form = r.form
	}
}
