package format

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// quoted returns text as a JSON string.
func quoted(text string) string {
	b, _ := json.Marshal(text)
	return string(b)
}

func b64(content []byte) string { return base64.StdEncoding.EncodeToString(content) }

// reads reads a file and holds how many records are in it, and what is told of it: bad records, damaged files inside of it, an error, what
// is passed over, and why it is ignored.
func reads(t *testing.T, name string, file io.Reader, records int, want string) (c collector, v Verdict, err error) {
	t.Helper()
	c, v, err = read(file)
	got := slices.Concat(c.bad, c.damaged)
	if err != nil {
		got = append(got, err.Error())
	}
	for _, p := range c.passed {
		got = append(got, "passed: "+p)
	}
	if v.Ignored != "" {
		got = append(got, "ignored: "+v.Ignored)
	}
	if s := strings.Join(got, "; "); len(c.records) != records || s != want {
		t.Errorf("%s: %d records, %q; want %d, %q", name, len(c.records), s, records, want)
	}
	return c, v, err
}

// Each form with the records that it holds, or with what it is named.
func TestForms(t *testing.T) {
	f := func(name, text string, records int, want string) {
		t.Helper()
		c, v, err := reads(t, name, strings.NewReader(text), records, want)
		for _, r := range c.records {
			if !strings.Contains(r, `"eventName":"E"`) {
				t.Errorf("%s: record %s", name, r)
			}
		}
		slow, slowV, slowErr := read(iotest.OneByteReader(strings.NewReader(text)))
		if fmt.Sprint(c, v, err) != fmt.Sprint(slow, slowV, slowErr) {
			t.Errorf("%s: read byte by byte: %v, %v, %v", name, slow, slowV, slowErr)
		}
	}
	f("a bare record", event, 1, "")
	f("a record a line", event+"\n"+event+"\n", 2, "")
	f("records one behind the other", event+event+" "+file1+"["+event+"]", 4, "")
	f("an array", "[\n"+event+",\n"+event+"\n]", 2, "")
	f("an empty array", "[]", 0, "")
	f("a line that is no JSON among records", event+"\n{\"a\":x}\n"+event+"\n", 2, "at byte 63 (/a): 'x' where a value should be")
	f("a line that ends behind a value", event+"\n"+strings.TrimSuffix(event, "}")+"\n"+event+"\n"+event+"\n", 3, "at byte 115: '{' where ',' or '}' should be")
	f("an object of another kind among records", event+"\n{\"a\":1}\n"+event, 2, "at byte 58: an object without any member of a CloudTrail event")
	f("two records short of members", `{"eventName":"E","eventSource":"s","eventType":"x"}`, 0, "ignored: an object with neither eventVersion nor eventID")

	f("LookupEvents", `{"NextToken":"t","Events":[{"EventId":"i","EventName":"E","CloudTrailEvent":`+quoted(event)+`}]}`, 1, "")
	f("LookupEvents, an entry a line", `{"EventId":"i","CloudTrailEvent":`+quoted(event)+"}\n{\"CloudTrailEvent\":"+quoted(event)+`}`, 2, "")
	f("LookupEvents, a record cut off", `{"Events":[{"CloudTrailEvent":`+quoted(event[:40])+`},{"CloudTrailEvent":`+quoted(event)+`}]}`, 1,
		"at byte 11 (/Events/0): CloudTrailEvent holds no CloudTrail record: a string that begins like JSON but is none: the file ends inside a value")
	f("LookupEvents, none", `{"Events":[]}`, 0, "")

	bridge := func(typ, detail string) string {
		return `{"version":"0","id":"i","detail-type":"` + typ + `","source":"aws.ec2","detail":` + detail + `}`
	}
	f("EventBridge", bridge("AWS API Call via CloudTrail", event), 1, "")
	f("EventBridge, nothing between", bridge("AWS Console Sign In via CloudTrail", event)+bridge("AWS Insight via CloudTrail", event), 2, "")
	f("EventBridge, mixed", bridge("AWS API Call via CloudTrail", event)+"\n"+bridge("Object Created", `{"bucket":{}}`)+"\n"+bridge("Object Created", `{}`), 1,
		`passed: at byte 155: an EventBridge event "Object Created", and 1 more like it`)
	f("EventBridge, no record", bridge("AWS API Call via CloudTrail", `{}`), 0, "at byte 0: detail holds no CloudTrail record: an object without any member of a CloudTrail event")

	payload := `{"messageType":"DATA_MESSAGE","logEvents":[{"id":"1","timestamp":1,"message":` + quoted(event) + `},{"id":"2","timestamp":2,"message":"START"}]}`
	f("CloudWatch Logs payload", payload, 1, "passed: at byte 150 (/logEvents/1): an event of another log")
	f("CloudWatch Logs payload as Lambda gets it", `{"awslogs":{"data":"`+b64(gz([]byte(payload)))+`"}}`, 1, "passed: at byte 19 (/awslogs/data/logEvents/1): an event of another log")
	f("Firehose", `{"records":[{"recordId":"r","data":"`+b64([]byte(event))+`"}]}`, 1, "")
	f("Kinesis", `{"Records":[{"kinesis":{"data":"`+b64([]byte(event))+`"},"eventSource":"aws:kinesis"}]}`, 1, "")
	f("Kinesis, other data", `{"Records":[{"kinesis":{"data":"aGVsbG8="},"eventSource":"aws:kinesis"}]}`, 0, "ignored: a Kinesis record")
	f("control message", `{"messageType":"CONTROL_MESSAGE","logEvents":[{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE"}]}`, 0, "ignored: a control message of CloudWatch Logs")
	f("GetLogEvents", `{"events":[{"timestamp":1,"message":`+quoted(event)+`,"ingestionTime":1}]}`, 1, "")
	f("export of CloudWatch Logs", "2015-08-24T19:03:07.000Z "+event+"\n2015-08-24T19:03:08.000Z "+event+"\n", 2, "")
	f("export of another log", "2015-08-24T19:03:07.000Z START\n2015-08-24T19:03:08.000Z END\n", 0, "ignored: a line of another log")
	f("export, a line broken", "2015-08-24T19:03:07.000Z {\"a\n2015-08-24T19:03:08.000Z "+event+"\n", 1, "at byte 28: a raw control character 0x0a inside a string")

	notice := `{"s3Bucket":"b","s3ObjectKey":["k"]}`
	sns := func(message string) string {
		return `{"Type":"Notification","MessageId":"m","TopicArn":"t","Message":` + quoted(message) + `}`
	}
	f("SNS", sns(event), 1, "")
	f("SNS, a notice", sns(notice), 0, "ignored: an SNS message with a notice of delivered files")
	f("SQS, SNS, EventBridge", `{"Messages":[{"MessageId":"m","Body":`+quoted(sns(bridge("AWS API Call via CloudTrail", event)))+`}]}`, 1, "")
	f("SQS as Lambda gets it", `{"Records":[{"messageId":"m","receiptHandle":"r","body":`+quoted(event)+`,"eventSource":"aws:sqs"}]}`, 1, "")

	f("Splunk", `{"result":{"_raw":`+quoted(event)+`,"eventVersion":"1.08","eventName":"F"}}`, 1, "")
	f("Splunk, cut off", `{"result":{"_raw":`+quoted(event[:30])+`,"eventVersion":"1.08","eventName":"E","eventSource":"s"}}`, 1, "")
	f("Elasticsearch", `{"_source":{"event":{"original":`+quoted(event)+`}}}`, 1, "")
	f("GetQueryResults", `{"QueryStatus":"FINISHED","QueryResultRows":[[{"n":"1"},{"eventJson":`+quoted(event)+`}]]}`, 1, "")
	f("records of a test suite", `{"tests":[{"name":"a","event":`+event+`},{"name":"b","event":`+event+`}]}`, 2, "")

	f("Lake's results", "# Execution Time: 2022-05-24T21:51:51Z\neventID,eventjson\ni,\""+strings.ReplaceAll(event, `"`, `""`)+"\"\nj,\n", 1, "at byte 131 (/1): a row without a record")
	f("Lake's results without records", "# Execution Time: 2022-05-24T21:51:51Z\neventName,n\nE,1\n", 0,
		"ignored: CSV of query results without the column eventjson: records cannot be made of it")
	f("Event history", "Event ID,Event time,User name,Event name,Event source,Resource type,Resource name,Read-only\r\n"+
		"i,2023-07-10T12:05:01Z,alice,E,ec2.amazonaws.com,AWS::EC2::Instance,\"i-1\"\"x\",true\r\n", 1, "")

	f("Athena", `{"eventversion":"1.08","useridentity":{"type":"IAMUser","principalid":"p"},"eventtime":"2023-07-10T12:05:01Z","eventsource":"s","eventname":"E",`+
		`"requestparameters":"{\"a\":1}","eventid":"i","resources":[{"arn":"r"}],"recipientaccountid":"1","other":{"b":2}}`, 1, "")

	f("an aggregated event", `{"Records":[{"eventVersion":"1.0","eventType":"AwsAggregatedEvent","eventID":"i"}]}`, 0, "ignored: an aggregated event")
	f("a configuration item", `{"Records":[{"eventVersion":"1.0","eventType":"x","eventCategory":"ConfigurationItem","eventData":{"eventName":"E"}}]}`, 1, "")
	f("PutAuditEvents, refused", `{"auditEvents":[{"eventData":"{}","id":"1"}]}`, 0,
		"at byte 16 (/auditEvents/0): an event that PutAuditEvents refuses: it has no version (FieldNotFound)")
	f("OCSF", `{"class_uid":6003,"category_uid":6,"api":{"operation":"E"}}`, 0, "ignored: an OCSF event: the CloudTrail record is not in it whole")
}

// Records made anew of what holds their parts.
func TestRecordsThatAreMade(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		c, _, err := read(strings.NewReader(text))
		if err != nil || len(c.records) != 1 || c.records[0] != want {
			t.Errorf("got %v %v %v\nwant %s", c.records, c.bad, err, want)
		}
	}
	f("Event ID,Event time,User name,Event name,Event source,AWS access key,Resource type,Resource name,Read-only,Error code\n"+
		"i,2023-07-10T12:05:01Z,alice,E,ec2.amazonaws.com,AKIA,AWS::S3::Bucket,\"a\"\"b\",True,-\n",
		`{"userIdentity":{"userName":"alice","accessKeyId":"AKIA"},"eventTime":"2023-07-10T12:05:01Z","eventSource":"ec2.amazonaws.com","eventName":"E","eventID":"i","readOnly":true,"resources":[{"type":"AWS::S3::Bucket","resourceName":"a\"b"}]}`)
	f(`{"eventversion":"1.08","useridentity":{"type":"IAMUser","sessioncontext":{"sessionissuer":{"principalid":"p"}}},"eventtime":"t","eventsource":"s","eventname":"E",`+
		`"requestparameters":"{\"a\":1}","responseelements":"null","errormessage":"{x","eventid":"i","resources":[{"arn":"r","accountid":"1"}],"recipientaccountid":"1","other":{"eventid":2}}`,
		`{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","sessionContext":{"sessionIssuer":{"principalId":"p"}}},"eventTime":"t","eventSource":"s","eventName":"E",`+
			`"requestParameters":{"a":1},"responseElements":null,"errorMessage":"{x","eventID":"i","resources":[{"ARN":"r","accountId":"1"}],"recipientAccountId":"1","other":{"eventid":2}}`)
}

// Every form says its name, and takes no other where it is asked for.
func TestFormsByName(t *testing.T) {
	bridge := `{"detail-type":"AWS API Call via CloudTrail","detail":` + event + `}`
	texts := map[string]string{
		"trail":           file1,
		"records":         event + "\n" + event,
		"array":           "[" + event + "]",
		"lookup-events":   `{"Events":[{"CloudTrailEvent":` + quoted(event) + `}]}`,
		"event-history":   "Event ID,Event time,User name,Event name,Event source\ni,2023-07-10T12:05:01Z,a,E,s\n",
		"eventbridge":     bridge,
		"cloudwatch-logs": "2015-08-24T19:03:07.000Z " + event + "\n",
		"kinesis":         `{"records":[{"data":"` + b64([]byte(event)) + `"}]}`,
		"sqs":             `{"Messages":[{"MessageId":"m","Body":` + quoted(event) + `}]}`,
		"sns":             `{"MessageId":"m","Message":` + quoted(event) + `}`,
		"query-result":    "eventjson\n\"" + strings.ReplaceAll(event, `"`, `""`) + "\"\n",
		"athena":          `{"eventversion":"1.08","eventtime":"t","eventsource":"s","eventname":"E","eventid":"i","recipientaccountid":"1"}`,
		"put-audit-events": `{"auditEvents":[{"id":"1","eventData":"{\"version\":\"1\",\"UID\":\"u\",\"userIdentity\":{\"type\":\"C\",\"principalId\":\"p\"},` +
			`\"eventTime\":\"2021-10-27T12:13:14Z\",\"eventName\":\"E\",\"eventSource\":\"s\",\"recipientAccountId\":\"1\"}"}]}`,
		"wrapped": `{"x":` + event + `}`,
	}
	for name, text := range texts {
		for _, f := range Forms() {
			r := NewReader(DefaultLimits)
			r.Only(f.Name)
			var c collector
			v, err := r.Read(strings.NewReader(text), &c)
			if v.Form != name || err != nil {
				t.Errorf("%s is of the form %q: %v", name, v.Form, err)
			}
			if taken := len(c.records) > 0 && len(c.bad) == 0; taken != (f.Name == name) {
				t.Errorf("%s as %s: %d records, %v", name, f.Name, len(c.records), c.bad)
			}
			if f.Name != name && !strings.HasSuffix(c.bad[0], ": a record of the form "+name+": not of the form "+f.Name) {
				t.Errorf("%s as %s: %v", name, f.Name, c.bad)
			}
		}
	}
	f := func(form, text, want string) {
		t.Helper()
		r := NewReader(DefaultLimits)
		r.Only(form)
		var c collector
		v, err := r.Read(strings.NewReader(text), &c)
		if got := fmt.Sprint(len(c.records), c.damaged, err, v.Ignored); got != want {
			t.Errorf("%s: %s; want %s", text, got, want)
		}
	}
	f("trail", `{"digestS3Object":"k"}`, "0 [] at byte 0: a digest file: not of the form trail")
	f("trail", `{"Records":[]}`, "0 [] <nil>")
	f("trail", "", "0 [] at byte 0: an empty file: not of the form trail")
	f("trail", `{"Records":[`+event+event+`]}`, "2 [] at byte 69 (/Records): '{' where ',' or ']' should be")
	f("eventbridge", `{"MessageId":"m","Body":`+quoted(bridge)+`}`, "1 [] <nil>")
}

// What lies behind damage is read, too.
func TestSalvage(t *testing.T) {
	f := func(text string, records int, want string) {
		t.Helper()
		c, _, err := read(strings.NewReader(text))
		got := ""
		if err != nil {
			got = err.Error()
		}
		if len(c.records) != records || got != want {
			t.Errorf("%q: %d records, %s; want %d, %s", text, len(c.records), got, records, want)
		}
		slow, _, slowErr := read(iotest.OneByteReader(strings.NewReader(text)))
		if fmt.Sprint(c, err) != fmt.Sprint(slow, slowErr) {
			t.Errorf("%q, read byte by byte: %v, %v", text, slow, slowErr)
		}
	}
	f(`{"Records":[`+event+event+`,{"eventVersion":x},`+event+`]}`, 3, "at byte 69 (/Records): '{' where ',' or ']' should be")
	f("[\n  "+event+"\n  "+event+",\n  "+event+"\n]", 3, "at byte 64: '{' where ',' or ']' should be")
	f("[\n  "+event+"}},\n  "+event+"\n]", 2, "at byte 61: '}' where ',' or ']' should be")
	cut := event[:30] // inside a string, which goes on to the next record's first quote
	f(`{"Records":[`+event+`,`+cut+`,`+event+`,`+event+`]}`, 3, "at byte 103 (/Records/1): 'e' where ':' should be")
	f(cut+file1+event, 2, "at byte 32: 'R' where ':' should be")
	f("{\n \"eventVersion\": x,\n \"resources\": [\n {\"a\": 1}\n ]\n}\n", 0, "at byte 19 (/eventVersion): 'x' where a value should be")
}

// A value that is too long to be looked at as a whole is read member by member.
func TestLongValues(t *testing.T) {
	long := strings.Repeat("x", maxValueBytes)
	f := func(name, text string, records int, want string) {
		t.Helper()
		c, v, err := read(strings.NewReader(text))
		got := v.Ignored
		if err != nil || len(c.bad) > 0 {
			got = fmt.Sprint(err, c.bad)
		}
		if len(c.records) != records || got != want {
			t.Errorf("%s: %d records, %.200s; want %d, %s", name, len(c.records), got, records, want)
		}
	}
	f("a long string beside", `{"x":"`+long+`","Events":[{"CloudTrailEvent":`+quoted(event)+`}]}`, 1, "")
	f("a long list", `{"NextToken":"t","Events":[`+strings.TrimSuffix(strings.Repeat(`{"CloudTrailEvent":`+quoted(event)+`,"x":"`+long[:1<<20]+`"},`, 9), ",")+`]}`, 9, "")
	f("a long record", `{"eventVersion":"1","eventName":"E","eventSource":"s","x":"`+long+`"}`+event, 1, "<nil> [at byte 0: a record of more than 1048576 bytes]")
	f("a long digest", `{"digestS3Object":"k","x":"`+long+`"}`, 0, "a digest file")
	f("deep wrappings", strings.Repeat(`{"a":`, 11)+event+strings.Repeat(`}`, 11), 1, "")
}

func TestAMillionStrangersTakeNoMemory(t *testing.T) {
	c, v, err := read(bytes.NewReader(bytes.Repeat([]byte("{}\n"), 1_000_000)))
	if err != nil || len(c.records)+len(c.bad) > 0 || v.Ignored != "an object without any member of a CloudTrail event" {
		t.Errorf("%d bad, %v, %v", len(c.bad), v, err)
	}
}
