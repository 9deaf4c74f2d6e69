package format

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

// fuzzFiles holds of any file: reading it neither panics nor depends on how the bytes
// arrive, and what it gives as records is JSON.
func fuzzFiles(f *testing.F, seeds ...string) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	reader := NewReader(Limits{ExpandRatio: 100, ExpandBytes: 4 << 20})
	f.Fuzz(func(t *testing.T, file []byte) {
		var a, b collector
		va, errA := reader.Read(bytes.NewReader(file), &a)
		vb, errB := NewReader(reader.limits).Read(iotest.OneByteReader(bytes.NewReader(file)), &b)
		if isCause(errA) || isCause(errB) {
			// How much a decompressor gives out before it fails, and in what words it fails, is its own affair.
			if (errA == nil) != (errB == nil) {
				t.Errorf("%v; byte by byte: %v", errA, errB)
			}
		} else if fmt.Sprint(a, va, errA) != fmt.Sprint(b, vb, errB) {
			t.Errorf("the answer depends on how the file arrives:\n%v %v %v\n%v %v %v", a, va, errA, b, vb, errB)
		}
		for _, r := range a.records {
			if !json.Valid([]byte(r)) && utf8.ValidString(r) {
				t.Errorf("a record that is no JSON: %q", r)
			}
		}
	})
}

func isCause(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Err != nil
}

func FuzzRecords(f *testing.F) {
	fuzzFiles(f, file1, `{"Records":[`+event+`,{}]}`, event+"\n"+event+"\n{", `[`+event+`,1]`, `{"a":[{"b":"\u00e9"}],"logEvents":[]}`,
		"[\n "+event+"\n "+event+"]", `{"x":{"y":`+event+`}}`, "\ufeff{}")
}

func FuzzLookupEvents(f *testing.F) {
	fuzzFiles(f, `{"Events":[{"CloudTrailEvent":`+quoted(event)+`}]}`, `{"CloudTrailEvent":"\u007b\u007d"}`, `{"Events":[`+event+`]}`)
}

func FuzzEventBridge(f *testing.F) {
	fuzzFiles(f, `{"detail-type":"AWS API Call via CloudTrail","detail":`+event+`}{"detail-type":"x","detail":{}}`)
}

func FuzzCloudWatchLogs(f *testing.F) {
	payload := `{"messageType":"DATA_MESSAGE","logEvents":[{"id":"1","timestamp":1,"message":` + quoted(event) + `}]}`
	fuzzFiles(f, payload, `{"awslogs":{"data":"`+b64(gz([]byte(payload)))+`"}}`, `{"records":[{"data":"`+b64([]byte(event))+`"}]}`,
		"2015-08-24T19:03:07.000Z "+event+"\n2015-08-24T19:03:08.000Z x\n")
}

func FuzzQueues(f *testing.F) {
	sns := `{"TopicArn":"t","Message":` + quoted(event) + `}`
	fuzzFiles(f, sns, `{"Messages":[{"MessageId":"m","Body":`+quoted(sns)+`}]}`, `{"Records":[{"Sns":`+sns+`}]}`)
}

func FuzzCSV(f *testing.F) {
	fuzzFiles(f, "#\neventjson\n\"{\"\"eventID\"\":1,\"\"eventName\"\":2}\"\n", "Event ID,Event time,Event name,Event source\r\ni,t,E,\"s\"\n", "eventName,eventTime\n")
}

func FuzzAthena(f *testing.F) {
	fuzzFiles(f, `{"eventversion":"1","useridentity":{"sessioncontext":{"attributes":{}}},"eventtime":"t","eventname":"E","eventsource":"s",`+
		`"requestparameters":"{\"a\":[1]}","eventid":"i","resources":[{"arn":"a"}],"recipientaccountid":"1"}`)
}

func FuzzContainers(f *testing.F) {
	fuzzFiles(f, string(gz([]byte(file1))), string(zst([]byte(file1))), string(decode(bzipped)), string(tarred("a", file1, "b", event)),
		string(zipped("a", file1, "b", event)), string(zippedRaw(0, "a", file1)), string(gz(tarred("a", string(zipped("b", file1))))))
}
