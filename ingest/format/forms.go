package format

// A form is a shape of object that holds records, as some service or program writes it.
type form struct {
	name  string
	match func(o *object) bool
	// read visits the records in an object that matches.
	read func(t *text, o *object) (outcome, error)
}

// forms in the order in which they are tried. Most exclude each other by their members'
// names. Event lists come first, since they are the most; queue messages before notices,
// since a notice may be what a message holds; Athena's last, since its names are so plain.
var forms []*form

func init() {
	forms = []*form{
		&trailFile, &lookupOutput, &lookupEntry, &eventBridge,
		&logPayload, &logEvents, &logEvent, &lambdaPayload, &firehosePayload, &kinesisRecord,
		&queueMessages, &queueMessage, &topicMessage, &topicRecord, &auditEvents, &auditEvent, &athenaRow,
	}
}

// arrays are the members whose elements ought to be records, or hold some, and the forms that they are.
var arrays = map[string]string{
	trailMember: formTrail, "Events": formLookupEvents, "events": formLogs, "logEvents": formLogs,
	"records": formKinesis, "Messages": formSQS, "auditEvents": formAuditEvents,
}

// kind is a kind of objects that are no records, by members that they have.
type kind struct {
	what    string
	members []string
}

// others are objects that hold no records, as a rule: they are named by this when none was found in them.
var others = []kind{
	{"an entry of LookupEvents without CloudTrailEvent, its record", []string{"EventId", "EventName"}},
	{"an answer of PutAuditEvents", []string{"successful", "failed"}},
	{"an event of an integration of CloudTrail Lake, outside the input of PutAuditEvents", []string{"UID", "userIdentity", "eventName"}},
	{"a finding of GuardDuty", []string{"schemaVersion", "partition", "service", "severity"}},
	{"a finding of Security Hub", []string{"SchemaVersion", "ProductArn"}},
	{"findings", []string{"Findings"}},
	{"a log of AWS WAF", []string{"webaclId", "httpRequest"}},
	{"a query log of Route 53 Resolver", []string{"query_name", "srcaddr"}},
	{"an audit event of Kubernetes", []string{"auditID", "verb"}},
	{"a finding of IAM Access Analyzer", []string{"analyzedAt", "resourceType"}},
	{"a manifest of S3 Inventory", []string{"sourceBucket", "fileSchema"}},
	{"a policy", []string{"Version", "Statement"}},
}

// kinds are the files and messages that hold no records, by members that only they have.
var kinds = []kind{
	{"a digest file", []string{"digestS3Object"}},
	{"a digest file", []string{"digestStartTime", "digestEndTime"}},
	{"a notice of delivered files", []string{"s3Bucket", "s3ObjectKey"}},
	{"an S3 test notice", []string{"Service", "Event", "Bucket"}},
	{"a signature of query results", []string{"fileHashValue", "fileName"}},
	{"a signature of query results", []string{"publicKeyFingerprint", "queryCompleteTime"}},
	{"an EventBridge event", []string{"detail-type"}},
	{"a file of AWS Config: its configuration items are bare, not CloudTrail events", []string{"configurationItems"}},
	{"a notice of AWS Config: its configuration item is bare, no CloudTrail event", []string{"configurationItem", "messageType"}},
	{"aggregated events", []string{"timeWindow", "summary"}},
	{"an OCSF event: the CloudTrail record is not in it whole", []string{"class_uid", "category_uid"}},
	{"a VPC flow log, or another log of JSON", []string{"srcaddr", "dstaddr"}},
}

// kindOf names an object by its members; "" if it is of no kind that is known.
func kindOf(has func(string) bool) string { return nameOfKind(kinds, has) }

func nameOfKind(kinds []kind, has func(string) bool) string {
	for _, k := range kinds {
		all := true
		for _, m := range k.members {
			all = all && has(m)
		}
		if all {
			return k.what
		}
	}
	return ""
}

// members are the names of an object that is read member by member.
type members struct{ seen map[string]bool }

// maxNames bounds the names that are remembered.
const maxNames = 1000

func (m *members) add(name string) {
	if m.seen == nil {
		m.seen = map[string]bool{}
	}
	if len(m.seen) < maxNames {
		m.seen[name] = true
	}
}

// verdict says what such an object is, that held no records.
func (m *members) verdict(t traits) (none string, known bool) {
	if t.alien != "" {
		return t.alien, true
	}
	if what := kindOf(func(name string) bool { return m.seen[name] }); what != "" {
		return what, true
	}
	out := t.nothing(func(name string) bool { return m.seen[name] })
	return out.none, out.known
}
