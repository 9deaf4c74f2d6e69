package format

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/ctlake/ctlake/ingest/record"
)

// facts is what the members of the outermost object, beside "Records", say of the file.
type facts struct {
	names map[string]bool
	text  map[string]string // values of members that tell files apart
	// wrapped: the text mentions the members of CloudTrail records inside strings.
	records, wrapped bool
}

// lookAheadBytes is how much of a file is looked at to tell what it wraps.
const lookAheadBytes = 32 << 10

// telling are the members whose values tell files apart.
var telling = map[string]bool{"detail-type": true, "messageType": true, "Type": true, "eventCategory": true}

// records reads one top-level value after the other: an archive may be several, one behind the other.
func (r *reader) records(v Visitor) (Verdict, error) {
	r.skipBOM()
	found := facts{names: map[string]bool{}, text: map[string]string{}}
	for values := 0; ; values++ {
		c, ok := r.peek()
		switch {
		case !ok && r.err != io.EOF:
			return Verdict{}, r.ended()
		case !ok && values == 0:
			return Verdict{Ignored: "an empty file"}, nil
		case !ok:
			return r.verdict(&found)
		case c == '{':
			ignored, err := r.object(v, &found)
			if err != nil || ignored != "" {
				return Verdict{Ignored: ignored}, err
			}
		case c == '[' && values == 0:
			return r.topLevelArray()
		case values > 0:
			return Verdict{}, r.unexpected("the end of the file, or another object,")
		case c == '"' || c == '-' || c >= '0' && c <= '9':
			return Verdict{}, r.unexpected("'{'")
		case mentionsRecords(r.ahead()):
			return Verdict{}, r.unexpected("'{'")
		default:
			if printable(r.buf[r.at:]) {
				return Verdict{Ignored: "no JSON"}, nil
			}
			return Verdict{Ignored: "no text"}, nil
		}
	}
}

func (r *reader) skipBOM() {
	r.fill(lookAheadBytes)
	if bytes.HasPrefix(r.buf, []byte("\xef\xbb\xbf")) {
		r.at = 3
	}
}

func printable(text []byte) bool {
	for _, c := range text[:min(len(text), 512)] {
		if c < 0x20 && c != '\n' && c != '\r' && c != '\t' {
			return false
		}
	}
	return true
}

// topLevelArray checks an array and says what it may hold.
func (r *reader) topLevelArray() (Verdict, error) {
	start := r.offset()
	wrapped := mentionsRecords(r.ahead())
	if err := r.skip(); err != nil {
		return Verdict{}, err
	}
	if _, ok := r.peek(); ok {
		return Verdict{}, r.unexpected("the end of the file")
	}
	if r.err != io.EOF {
		return Verdict{}, r.ended()
	}
	if wrapped {
		return Verdict{}, &Error{Offset: start, Reason: `a bare array of records: this form is not read yet; wrap it as {"Records":[…]}`}
	}
	return Verdict{Ignored: "a JSON array without CloudTrail records"}, nil
}

// ahead returns the text that is looked at to tell what it wraps.
func (r *reader) ahead() []byte { return r.buf[r.at:min(len(r.buf), r.at+lookAheadBytes)] }

// mentionsRecords reports whether text names members that every CloudTrail record has.
func mentionsRecords(text []byte) bool {
	return bytes.Contains(text, []byte("eventName")) && bytes.Contains(text, []byte("eventSource"))
}

// object reads one top-level object. ignored says that it holds look-alikes.
func (r *reader) object(v Visitor, found *facts) (ignored string, err error) {
	r.fill(lookAheadBytes)
	found.wrapped = found.wrapped || mentionsRecords(r.ahead())
	r.at++
	if c, ok := r.peek(); ok && c == '}' {
		r.at++
		return "", nil
	}
	for {
		name, err := r.name()
		if err != nil {
			return "", err
		}
		if err := r.require(':', "':'"); err != nil {
			return "", err
		}
		c, ok := r.peek()
		if !ok {
			return "", r.ended()
		}
		switch {
		case name == "Records" && c == '[':
			found.records = true
			if ignored, err := r.elements(v); err != nil || ignored != "" {
				return ignored, err
			}
		case telling[name] && c == '"':
			const maxTelling = 256
			text, tooLong, err := r.value(maxTelling)
			if err != nil {
				return "", err
			}
			if tooLong {
				if err := r.skip(); err != nil {
					return "", err
				}
			}
			found.text[name] = string(bytes.Trim(text, `"`))
			fallthrough
		default:
			const maxNames = 1000
			if len(found.names) < maxNames {
				found.names[name] = true
			}
			if telling[name] && c == '"' {
				break
			}
			if err := r.skip(); err != nil {
				return "", err
			}
		}
		c, ok = r.peek()
		switch {
		case !ok:
			return "", r.ended()
		case c == '}':
			r.at++
			return "", nil
		case c == ',':
			r.at++
		default:
			return "", r.unexpected("',' or '}'")
		}
	}
}

// elements reads the array of records.
func (r *reader) elements(v Visitor) (ignored string, err error) {
	r.at++
	if c, ok := r.peek(); ok && c == ']' {
		r.at++
		return "", nil
	}
	for i := int64(0); ; i++ {
		if _, ok := r.peek(); !ok {
			return "", r.ended()
		}
		offset := r.offset()
		text, tooLong, err := r.value(MaxRecordBytes)
		bad := func(format string, args ...any) error {
			return v.Bad(&Error{Offset: offset, Pointer: fmt.Sprintf("/Records/%d", i), Reason: fmt.Sprintf(format, args...)})
		}
		switch {
		case err != nil:
			err.(*Error).Pointer = fmt.Sprintf("/Records/%d", i)
			return "", err
		case tooLong:
			if err := r.skip(); err != nil {
				return "", err
			}
			err = bad("a record of more than %d bytes", MaxRecordBytes)
		case r.scan.Root.Kind != record.Object:
			err = bad("an element that is no object")
		default:
			what := lookAlike(text, &r.scan)
			switch {
			case what != "" && i == 0:
				return what, nil
			case what != "":
				err = bad("%s, no CloudTrail record", what)
			default:
				err = v.Record(Record{Offset: offset, Text: text, Scan: &r.scan})
			}
		}
		if err != nil {
			return "", err
		}
		c, ok := r.peek()
		switch {
		case !ok:
			return "", r.ended()
		case c == ']':
			r.at++
			return "", nil
		case c == ',':
			r.at++
		default:
			return "", r.unexpected("',' or ']'")
		}
	}
}

// aliens are members that CloudTrail records never have and look-alikes do.
var aliens = map[string]string{
	`"s3"`: "an S3 event notification", `"Sns"`: "an SNS message", `"kinesis"`: "a Kinesis record",
	`"dynamodb"`: "a DynamoDB stream record", `"receiptHandle"`: "an SQS message",
	`"EventSource"`: "an event of another service", `"codecommit"`: "a CodeCommit event",
}

// lookAlike says what an element of "Records" is, if it is no CloudTrail record.
func lookAlike(text []byte, s *record.Scanner) string {
	recognised := false
	for _, m := range s.Members {
		name := text[m.Name.From:m.Name.To]
		if what, ok := aliens[string(name)]; ok {
			return what
		}
		switch string(name) {
		case `"eventSource"`:
			if bytes.HasPrefix(text[m.Value.From:m.Value.To], []byte(`"aws:`)) {
				return "an event notification of " + strings.Trim(string(text[m.Value.From:m.Value.To]), `"`)
			}
			recognised = true
		case `"eventType"`:
			if string(text[m.Value.From:m.Value.To]) == `"AwsAggregatedEvent"` {
				return "an aggregated event"
			}
			recognised = true
		case `"eventVersion"`, `"eventTime"`, `"eventName"`, `"eventID"`:
			recognised = true
		}
	}
	if !recognised {
		return "an object without any member of a CloudTrail event"
	}
	return ""
}

// verdict judges a file that was read to its end.
func (r *reader) verdict(f *facts) (Verdict, error) {
	has := func(names ...string) bool {
		for _, n := range names {
			if !f.names[n] {
				return false
			}
		}
		return true
	}
	notRead := func(what string) (Verdict, error) {
		return Verdict{}, &Error{Reason: what + ": this form is not read yet"}
	}
	switch {
	case f.records:
		return Verdict{}, nil
	case has("digestS3Object"), has("digestStartTime", "digestEndTime"):
		return Verdict{Ignored: "a digest file"}, nil
	case has("s3Bucket", "s3ObjectKey"):
		return Verdict{Ignored: "a notice of delivered files"}, nil
	case has("detail-type"):
		if strings.HasSuffix(f.text["detail-type"], "via CloudTrail") {
			return notRead("an EventBridge envelope with a CloudTrail record")
		}
		return Verdict{Ignored: fmt.Sprintf("an EventBridge event %q", f.text["detail-type"])}, nil
	case has("logEvents"):
		if f.text["messageType"] != "CONTROL_MESSAGE" && f.wrapped {
			return notRead("a CloudWatch Logs payload with CloudTrail records")
		}
		return Verdict{Ignored: "a CloudWatch Logs payload without CloudTrail records"}, nil
	case has("Events") && f.wrapped:
		return notRead("output of LookupEvents")
	case f.text["eventCategory"] == "Aggregated":
		return Verdict{Ignored: "aggregated events"}, nil
	case has("eventVersion", "eventName"), has("eventVersion", "eventType"), has("eventTime", "eventName"):
		return notRead(`a bare record, not inside {"Records":[…]}`)
	case f.wrapped:
		return notRead("JSON that wraps CloudTrail records in a way of its own")
	}
	return Verdict{Ignored: "JSON without CloudTrail records"}, nil
}
