package format

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"
)

func asUTF16(text string, order binary.AppendByteOrder) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

func inCSV(text string) string { return `"` + strings.ReplaceAll(text, `"`, `""`) + `"` }

// Shapes that people and programs make of the forms.
func TestShapes(t *testing.T) {
	f := func(name, text string, records int, want string) {
		t.Helper()
		reads(t, name, strings.NewReader(text), records, want)
	}
	payload := `{"messageType":"DATA_MESSAGE","logEvents":[{"id":"1","timestamp":1,"message":` + quoted(event) + `}]}`
	zipped := b64(gz([]byte(payload)))
	entry := `{"EventId":"i","EventName":"E","CloudTrailEvent":` + quoted(event) + `}`

	f("byte order marks between values", "\ufeff"+file1+"\n\ufeff"+event, 2, "")
	f("record separators", "\x1e"+event+"\n\x1e"+event+"\n", 2, "")
	f("UTF-16 of PowerShell", asUTF16("\ufeff"+file1+"\r\n", binary.LittleEndian), 1, "")
	f("UTF-16, the other way round", asUTF16("\ufeff"+file1, binary.BigEndian), 1, "")
	f("UTF-16 without a mark", asUTF16(event, binary.LittleEndian)+"", 1, "")
	f("UTF-16, CSV", asUTF16("\ufeffeventID,eventJson\r\ni,"+inCSV(event)+"\r\n", binary.LittleEndian), 1, "")

	f("strings in Records", `{"Records":[`+quoted(event)+`,`+quoted(event)+`]}`, 2, "")
	f("strings in an array", `[`+quoted(event)+`,`+quoted(event)+`]`, 2, "")
	f("a string a line", quoted(event)+"\n"+quoted(event)+"\n", 2, "")
	f("a file in a string", quoted(file1), 1, "")
	f("a file in a string in a string", quoted(quoted(file1)), 1, "")
	f("a string of prose", `"hello"`, 0, "ignored: no JSON")
	f("pages in an array", `[{"Events":[`+entry+`]},{"Events":[`+entry+`]}]`, 2, "")
	f("pages of strings", `[[`+quoted(event)+`],[`+quoted(event)+`]]`, 2, "")
	f("strings between tabs", event+"\t"+event+"\n", 2, "")
	f("CloudTrailEvent parsed", `{"Events":[{"EventId":"i","CloudTrailEvent":`+event+`}]}`, 1, "")
	f("entries without CloudTrailEvent", `{"Events":[{"EventId":"i","EventName":"E","EventSource":"s"}]}`, 0, "ignored: an entry of LookupEvents without CloudTrailEvent, its record")
	const more = `,"eventTime":"2023-07-10T12:05:01Z"}`
	text := `{"eventVersion":"1.08","eventName":"E","eventSource":"s"` + more
	f("text of the AWS CLI", "EVENTS\tAKIA\t"+text+"\ti\n", 1,
		"at byte 0: text that the AWS CLI wrote: only JSON is read, and what of it can be made out here (--output json has it all)")
	f("YAML of the AWS CLI", "Events:\n- CloudTrailEvent: '"+text+"'\n  EventId: i\n", 1,
		"at byte 0: YAML: only JSON is read, and what of it can be made out here (--output json has it all)")
	f("a table of the AWS CLI", "-----\n|  LookupEvents |\n|| CloudTrailEvent | "+text+" ||\n", 1,
		"at byte 0: a table that the AWS CLI wrote: only JSON is read, and what of it can be made out here (--output json has it all)")

	f("Base64 of a payload", zipped, 1, "")
	f("Base64 of payloads, one a line", zipped+"\n"+zipped+"\n", 2, "")
	f("Base64 in lines of 60", strings.Join([]string{zipped[:60], zipped[60:120], zipped[120:]}, "\r\n"), 1, "")
	f("Base64 cut off", zipped[:80], 0, "at byte 0: Base64 of a broken file: gzip: the file is cut off")
	f("Base64 of something else", b64(gz([]byte("hello"))), 0, "ignored: data that holds no CloudTrail record")
	f("Base64 of JSON in a wrapping", `{"isBase64Encoded":true,"body":"`+b64([]byte(file1))+`"}`, 1, "")
	f("Base64 of a payload in a wrapping", `[{"test":{"awslogs":{"data":"`+zipped+`"}}}]`, 1, "")
	f("a token in a wrapping", `{"headers":{"token":"eyJhbGciOiJIUzI1NiJ9.e30.x"}}`, 0, "ignored: an object without any member of a CloudTrail event")
	// What is cut off inside a wrapping is no other log.
	cut := b64(gz([]byte(payload))[:60])
	f("a payload cut off", `{"awslogs":{"data":"`+cut+`"}}`, 0, "at byte 19 (/awslogs/data): Base64 of a broken file: gzip: the file is cut off")
	f("a payload of two cut off", `{"records":[{"recordId":"1","data":"`+cut+`"},{"recordId":"2","data":"`+zipped+`"}]}`, 1, "at byte 35 (/records/0/data): Base64 of a broken file: gzip: the file is cut off")
	begun := quoted(event[:len(event)-2])
	f("a message of a log cut off", `{"logEvents":[{"id":"1","timestamp":1,"message":`+begun+`},{"id":"1","timestamp":1,"message":`+quoted(event)+`}]}`, 1,
		"at byte 14 (/logEvents/0): message holds no CloudTrail record: a string that begins like JSON but is none: the file ends inside a value")
	f("a message of a queue cut off", `{"Messages":[{"MessageId":"m","Body":`+begun+`}]}`, 0,
		"at byte 13 (/Messages/0): Body holds no CloudTrail record: a string that begins like JSON but is none: the file ends inside a value")
	f("a string of a wrapping cut off", `{"log":`+begun+`,"stream":"x"}`, 0, "at byte 7: a string that begins like JSON but is none: the file ends inside a value")
	f("a string of an array cut off", `[`+begun+`,`+quoted(event)+`]`, 1, "at byte 1 (/0): a string that begins like JSON but is none: the file ends inside a value")
	f("Base64 in SNS", `{"MessageId":"m","TopicArn":"t","Message":"`+zipped+`"}`, 1, "")
	f("payloads one behind the other", payload+payload, 2, "")
	f("aws logs tail", "2023-07-10T12:05:01.123000+00:00 111_CloudTrail_us-east-1 "+event+"\n2023-07-10T12:05:02.123000+00:00 111_CloudTrail_us-east-1 "+event+"\n", 2, "")
	f("aws logs tail --format short", "2023-07-10T12:05:01 "+event+"\n2023-07-10T12:05:02 "+event+"\n", 2, "")
	f("aws logs tail, pretty", "2023-07-10T12:05:01 "+strings.ReplaceAll(event, ",", ",\n    ")+"\n2023-07-10T12:05:02 "+event+"\n", 2, "")
	// Its parts between commas look like columns of Athena.
	bare := `{"eventVersion":"1.08","requestParameters":{},"responseElements":{},"resources":[],"message":"","eventName":"E","eventSource":"s"}`
	f("lines that are no CSV: an export", "2023-07-10T12:05:01.123Z "+bare+"\n2023-07-10T12:05:02.123Z "+bare+"\n", 2, "")
	f("lines that are no CSV: record separators", "\x1e"+bare+"\n\x1e"+bare+"\n", 2, "")
	f("lines that are no CSV: strings", quoted(bare)+"\n"+quoted(bare)+"\n", 2, "")
	f("a log that begins with times", "2023-07-10T12:05:01 INFO started\n  at x\n", 0, "ignored: no JSON")
	f("EventBridge, detail as a string", `{"detail-type":"AWS API Call via CloudTrail","detail":`+quoted(event)+`}`, 1, "")

	f("CSV of spreadsheets", "Event ID;Event time;User name;Event name;Event source\ni;2023-07-10T12:05:01Z;a;E;s\n", 1, "")
	f("CSV with tabs", "Event ID\tEvent time\tUser name\tEvent name\tEvent source\ni\t2023-07-10T12:05:01Z\ta\tE\ts\n", 1, "")
	f("CSV that says its separator", "sep=,\r\nEvent ID,Event time,User name,Event name,Event source\ni,2023-07-10T12:05:01Z,a,E,s\n", 1, "")
	f("CSV without IDs", "Event name,Event time,User name,Event source\nE,2023-07-10T12:05:01Z,a,s\nE,,a,s\n", 1, "at byte 72 (/1): a row with neither an event time nor an event ID")
	f("CSV of Splunk", "\"_time\",\"_raw\"\nx,"+inCSV(event)+"\nx,hello\n", 1, "passed: at byte 89 (/1): a row of another log")
	f("CSV of CloudWatch Logs Insights", "@timestamp,@message\nx,"+inCSV(event)+"\n", 1, "")
	f("CSV with a column of any name", "id,payload\n1,"+inCSV(event)+"\n2,"+inCSV(event)+"\n3,x\n", 2, "passed: at byte 159 (/2): a row of another log")
	f("CSV of another log", "time,message\n1,hello\n", 0, "ignored: a row of another log")
	f("CSV of many logs", "time,message\n"+strings.Repeat("1,hello\n", lookAheadBytes/8)+"1,"+inCSV(event)+"\n", 1, "passed: at byte 13 (/0): a row of another log, and 4095 more like it")
	item := `{"eventVersion":"1.0","eventCategory":"ConfigurationItem","eventType":"AwsConfigurationItem","eventID":"i","eventData":{}}`
	f("a configuration item in a string", quoted(item)+"\n", 1, "")
	f("a configuration item in an export", "2023-07-10T12:05:01.123Z "+item+"\n", 1, "")
	f("prose with a heading", "# Title\n```\n"+text+"\n```\n", 1, "at byte 0: '#' where '{' or the end of the file should be")

	athena := `{"eventversion":"1.08","eventtime":"t","eventsource":"s","eventname":"E","eventid":"i"`
	f("Athena without an account", athena+`,"sourceipaddress":"1.2.3.4","requestid":"r"}`, 1, "")
	f("a sample in lower case", athena+`,"awsregion":"us-east-1"}`, 0, "ignored: an object without any member of a CloudTrail event")
	f("a row of ctlake", athena+`,"recipientaccountid":"1","eventjson":`+quoted(event)+`}`, 1, "")
	f("a bulk request", `{"index":{"_index":"x"}}`+"\n"+event+"\n"+`{"create":{}}`+"\n"+event+"\n", 2, "passed: at byte 0: an action of a bulk request to Elasticsearch, and 1 more like it")

	f("zlib", "\x78\x9cabcdef", 0, "at byte 0: a zlib-compressed file: this compression is not read; unpack it first")
	f("OpenSSL", "Salted__abcdef", 0, "at byte 0: an encrypted file (OpenSSL): decrypt it first")
	f("a web page", "<html>eventName eventSource</html>", 0, "at byte 0: HTML or XML: only JSON and CSV are read")
	f("VPC flow log", "version account-id interface-id srcaddr\n2 1 eni-1 1.1.1.1\n", 0, "ignored: a VPC flow log")
	f("VPC flow log without a header", "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK\n", 0, "ignored: a VPC flow log")
	f("VPC flow log without data", "2 123456789010 eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - NODATA\n", 0, "ignored: a VPC flow log")
	f("server access log", "79a5 bucket [06/Feb/2026:00:00:38 +0000] 192.0.2.3 79a5 3E57 REST.GET.VERSIONING - \"GET /bucket?versioning HTTP/1.1\" 200\n", 0, "ignored: a server access log of S3")
	f("Route 53", "1.0 2017-12-13T08:16:02.130Z Z123412341234 example.com A NOERROR UDP FRA6 192.168.1.1 -\n", 0, "ignored: a query log of Route 53")
	f("GuardDuty", `{"schemaVersion":"2.0","partition":"aws","service":{},"severity":5}`, 0, "ignored: a finding of GuardDuty")
	f("Security Hub", `{"Findings":[{"SchemaVersion":"2018-10-08","ProductArn":"a"}]}`, 0, "ignored: findings")
	f("an event of another program", `{"eventId":"1","eventType":"OrderCreated","eventVersion":"1.0","occurredAt":"x"}`, 0,
		"ignored: an event of another program: nothing but its ID, name or version is CloudTrail's")
	prose := strings.Repeat("a line of another log\n", lookAheadBytes/10)
	f("prose, and then records", prose+event+"\nmore\n"+event+"\n", 2, "at byte 0: 'a' where '{' or the end of the file should be")
	f("prose without records", prose, 0, "ignored: no JSON")
	f("records beside Records", `{"x":1,"Records":[`+event+`],"more":{"Records":[`+event+`,2]},"y":[`+event+`],"z":{"eventName":"none"}}`, 3, "")
	f("a record with little left", `{"eventName":"E","eventID":"1"}`, 1, "")
	f("ActionTrail", `{"eventId":"1","eventVersion":"1","eventName":"E","eventSource":"s","acsRegion":"r","userIdentity":{}}`, 0,
		"ignored: an event of Alibaba Cloud's ActionTrail")
	f("WAF", `{"webaclId":"x","httpRequest":{}}`, 0, "ignored: a log of AWS WAF")
}

// What comes back has the text that went in: pairs of halves, and halves that are alone.
func TestUTF16IsDecoded(t *testing.T) {
	text := strings.Replace(event, `"E"`, `"é😀"`, 1)
	raw := asUTF16("\ufeff"+text, binary.LittleEndian)
	for _, cut := range []int{0, 1} { // the last unit whole, or half of one behind it
		c, _, err := read(strings.NewReader(raw + "\n\x00\n"[:2+cut]))
		if len(c.records) != 1 || c.records[0] != text || (err == nil) != (cut == 0) {
			t.Errorf("%q, %v", c.records, err)
		}
	}
	u := &utf16Reader{src: bytes.NewReader([]byte{0xd8, 0x3d, 0, 'a', 0xde, 0}), order: binary.BigEndian}
	var b bytes.Buffer
	if _, err := b.ReadFrom(u); err != nil || b.String() != "\ufffda\ufffd" {
		t.Errorf("%q, %v", b.String(), err)
	}
}

func TestEventsOfPutAuditEvents(t *testing.T) {
	data := `{"version":"1","UID":"u","userIdentity":{"type":"C","principalId":"p","details":{"k":"v"}},"eventTime":"2021-10-27T12:13:14Z",` +
		`"eventName":"Login","eventSource":"app","recipientAccountId":"111122223333","sourceIPAddress":"1.2.3.4"}`
	sum := sha256.Sum256([]byte(data))
	entry := func(data, rest string) string { return `{"id":"1","eventData":` + quoted(data) + rest + `}` }
	want := `{"eventCategory":"ActivityAuditLog","eventType":"ActivityLog","eventID":"2efa7892-7962-858d-9fc1-1c55ff4777f0","eventTime":"2021-10-27T12:13:14Z",` +
		`"recipientAccountId":"111122223333","eventData":` + data + `}`
	good := func(name, text string) {
		t.Helper()
		c, v, err := read(strings.NewReader(text))
		if err != nil || len(c.bad) > 0 || len(c.records) != 1 || v.Form != "put-audit-events" {
			t.Fatalf("%s: %v %v %v", name, c, v, err)
		}
		if c.records[0] != want {
			t.Errorf("%s: %s", name, c.records[0])
		}
	}
	good("a request", `{"auditEvents":[`+entry(data, "")+`]}`)
	good("with its checksum", `{"auditEvents":[`+entry(data, `,"eventDataChecksum":"`+base64.StdEncoding.EncodeToString(sum[:])+`"`)+`]}`)
	good("what the AWS CLI takes", `[`+entry(data, `,"eventDataChecksum":null`)+`]`)
	good("alone", entry(data, ""))

	bad := func(text, want string) {
		t.Helper()
		c, _, err := read(strings.NewReader(text))
		if err != nil || len(c.records) > 0 || len(c.bad) != 1 || c.bad[0] != "at byte 0: an event that PutAuditEvents refuses: "+want {
			t.Errorf("%v %v; want %s", c, err, want)
		}
	}
	without := func(old, new string) string { return strings.Replace(data, old, new, 1) }
	bad(entry(data, `,"eventDataChecksum":"x"`), "its eventDataChecksum is not the SHA-256 of its eventData (InvalidChecksum)")
	bad(entry(data, `,"eventDataChecksum":7`), "its eventDataChecksum is not the SHA-256 of its eventData (InvalidChecksum)")
	bad(entry(`{"a"`, ""), "its eventData is no JSON object (InvalidData)")
	bad(entry(without(`"UID":"u",`, ""), ""), "it has no UID (FieldNotFound)")
	bad(entry(without(`"principalId":"p",`, ""), ""), "it has no userIdentity.principalId (FieldNotFound)")
	bad(entry(without(`{"type":"C","principalId":"p","details":{"k":"v"}}`, `"x"`), ""), "it has no userIdentity.type (FieldNotFound)")
	bad(entry(without(`"Login"`, `"`+strings.Repeat("é", 1025)+`"`), ""), "its eventName has more than 1024 characters (FieldTooLong)")
	bad(entry(without(`"Login"`, `7`), ""), "its eventName is no string (InvalidData)")
	bad(entry(without(`"version"`, `"requestParameters":[],"version"`), ""), "its requestParameters is no object (InvalidData)")
	bad(entry(without(`"version"`, `"additionalEventData":{"x":"`+strings.Repeat("x", 28<<10)+`"},"version"`), ""), "its additionalEventData has more than 28672 bytes (FieldTooLong)")
	bad(entry(without(`2021-10-27T12:13:14Z`, `yesterday`), ""), "its eventTime is no time (InvalidData)")
	bad(entry(without(`1.2.3.4`, `host`), ""), "its sourceIPAddress is no IP address (InvalidData)")
}
