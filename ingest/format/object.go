package format

import (
	"bytes"
	"fmt"

	"github.com/ctlake/ctlake/ingest/record"
)

// object is a JSON object that lies in memory, with its members.
type object struct {
	text []byte
	scan *record.Scanner
	at   origin
}

// outcome says what a value turned out to be. none is "" if records were found in it, or might
// have been; known says that it is of a kind that is known to hold none.
type outcome struct {
	none  string
	known bool
	// broken: a string that holds a record, by what it mentions, but is no JSON.
	broken bool
}

// member returns the last member of a name.
func (o *object) member(name string) (record.Span, bool) {
	for i := len(o.scan.Members) - 1; i >= 0; i-- {
		m := &o.scan.Members[i]
		if m.Name.To-m.Name.From == len(name)+2 && string(o.text[m.Name.From+1:m.Name.To-1]) == name ||
			m.Name.Escaped && string(nameIn(o.text, m.Name)) == `"`+name+`"` {
			return m.Value, true
		}
	}
	return record.Span{}, false
}

// nameIn returns the name at a span of text, in quotes, without escapes.
func nameIn(text []byte, name record.Span) []byte {
	token := text[name.From:name.To]
	if !name.Escaped {
		return token
	}
	return append(record.AppendString([]byte{'"'}, token, true), '"')
}

func (o *object) has(name string) bool {
	_, ok := o.member(name)
	return ok
}

func (o *object) hasAny(names ...string) bool {
	for _, n := range names {
		if o.has(n) {
			return true
		}
	}
	return false
}

// string returns the raw inner text of a member that is a string.
func (o *object) string(name string) (string, bool) {
	v, ok := o.member(name)
	if !ok || v.Kind != record.String {
		return "", false
	}
	return string(o.text[v.From+1 : v.To-1]), true
}

func (o *object) is(name string, kind record.Kind) bool {
	v, ok := o.member(name)
	return ok && v.Kind == kind
}

// traits are what tells CloudTrail records from what looks like them.
type traits struct {
	has   trait
	raw   bool   // a member holds a record whole, as a string
	alien string // what it is instead
}

// trait is a set of members that records have.
type trait uint8

const (
	hasVersion trait = 1 << iota
	hasID
	hasName
	hasType
	hasTime
	hasSource
	// hasOwn is for members that name what an event of AWS is of: other programs' events have IDs, types and versions, too.
	hasOwn
	// hasMore says that the member's name or value tells more.
	hasMore
)

// traitOf says by their Name what members tell; those without one may tell anything.
var traitOf = func() (of [record.MaxNames]trait) {
	for name, told := range map[string]trait{"eventVersion": hasVersion, "eventID": hasID, "eventName": hasName,
		"eventTime": hasTime, "eventType": hasMore, "eventCategory": hasMore, "eventSource": hasMore} {
		of[record.NameOf(name)] = told
	}
	for name := range ownMembers {
		of[record.NameOf(name[1:len(name)-1])] |= hasOwn
	}
	of[record.NoName] = hasMore
	return of
}()

// ownMembers are the members, in quotes, that tell a record beside eventSource.
var ownMembers = map[string]bool{`"awsRegion"`: true, `"userIdentity"`: true, `"eventCategory"`: true, `"recipientAccountId"`: true,
	`"sourceIPAddress"`: true, `"requestParameters"`: true, `"insightDetails"`: true, `"managementEvent"`: true}

// note takes note of a member; value is nil if it is not known. name has its quotes.
func (t *traits) note(name, value []byte) {
	switch string(name) {
	case `"eventVersion"`:
		t.has |= hasVersion
	case `"eventID"`, `"eventId"`:
		t.has |= hasID
	case `"eventName"`:
		t.has |= hasName
	case `"eventType"`:
		t.has |= hasType
		switch string(value) {
		case `"AwsAggregatedEvent"`:
			t.alien = "an aggregated event"
		}
	case `"eventCategory"`:
		t.has |= hasOwn
		if string(value) == `"Aggregated"` {
			t.alien = "an aggregated event"
		}
	case `"eventTime"`:
		t.has |= hasTime
	case `"eventSource"`:
		t.has |= hasSource
		if bytes.HasPrefix(value, []byte(`"aws:`)) {
			t.alien = "an event notification of " + string(bytes.Trim(value, `"`))
		}
	case `"_raw"`, `"eventjson"`, `"eventJson"`:
		t.raw = true
	case `"s3"`:
		t.alien = "an S3 event notification"
	case `"Sns"`:
		t.alien = "an SNS message"
	case `"kinesis"`:
		t.alien = "a Kinesis record"
	case `"dynamodb"`:
		t.alien = "a DynamoDB stream record"
	case `"receiptHandle"`:
		t.alien = "an SQS message"
	case `"EventSource"`:
		if bytes.HasPrefix(value, []byte(`"aws:`)) {
			t.alien = "an event of another service"
		}
	case `"codecommit"`:
		t.alien = "a CodeCommit event"
	case `"acsRegion"`:
		t.alien = "an event of Alibaba Cloud's ActionTrail"
	default:
		if ownMembers[string(name)] {
			t.has |= hasOwn
		}
	}
}

// event reports whether an object is a CloudTrail record.
func (t *traits) event() bool { return !t.raw && t.like() }

// like reports whether an object has what makes a record, whatever else it has.
func (t *traits) like() bool {
	return t.has&(hasVersion|hasID) != 0 && t.has&(hasName|hasType) != 0 && t.alien == "" &&
		(t.has&(hasSource|hasOwn) != 0 || t.has&(hasVersion|hasTime) == hasVersion|hasTime || t.has&(hasID|hasName) == hasID|hasName)
}

// missing says why an object that holds no record is none itself.
func (t *traits) missing() string {
	switch {
	case t.has&(hasVersion|hasID|hasName|hasType|hasTime|hasSource) == 0:
		return "an object without any member of a CloudTrail event"
	case t.has&(hasVersion|hasID) == 0:
		return "an object with neither eventVersion nor eventID"
	case t.has&(hasName|hasType) != 0:
		return "an event of another program: nothing but its ID, name or version is CloudTrail's"
	}
	return "an object with neither eventName nor eventType"
}

// nothing says what an object is that neither is a record nor holds one.
func (t *traits) nothing(has func(string) bool) outcome {
	if what := nameOfKind(others, has); what != "" {
		return outcome{none: what, known: true}
	}
	return outcome{none: t.missing()}
}

// bulkAction reports whether an object is the line before a document in a bulk request.
func (o *object) bulkAction() bool {
	return len(o.scan.Members) == 1 && (o.is("index", record.Object) || o.is("create", record.Object))
}

// one looks for records in a value that lies in memory.
func (t *text) one(raw []byte, s *record.Scanner, at origin) (outcome, error) {
	switch s.Root.Kind {
	case record.Object:
		return t.visit(raw, s, at)
	case record.Array:
		return t.elements(raw, s.Root, at, false)
	case record.String:
		return t.span(raw, s.Root, at)
	}
	return outcome{none: "a value that is no object"}, nil
}

// visit looks for records in an object, which s has scanned in raw: itself, or inside it.
func (t *text) visit(raw []byte, s *record.Scanner, at origin) (outcome, error) {
	var tr traits
	for i := range s.Members {
		m := &s.Members[i]
		told := traitOf[m.Known%record.MaxNames]
		if tr.has |= told; told&hasMore != 0 {
			tr.note(nameIn(raw, m.Name), raw[m.Value.From:m.Value.To])
		}
	}
	if tr.event() {
		return outcome{}, t.emit(raw, s, at)
	}
	return t.within(&object{raw, s, at}, &tr)
}

// within looks for records inside an object.
func (t *text) within(o *object, tr *traits) (outcome, error) {
	before := t.records
	for _, f := range forms {
		if !f.match(o) {
			continue
		}
		var out outcome
		err := t.r.within(f.name, func() (err error) {
			out, err = f.read(t, o)
			return err
		})
		return out, err
	}
	if tr.alien != "" {
		return outcome{none: tr.alien, known: true}, nil
	}
	if what := kindOf(o.has); what != "" {
		return outcome{none: what, known: true}, nil
	}
	if !mentionsEvents(o.text) {
		if o.bulkAction() {
			return outcome{none: "an action of a bulk request to Elasticsearch", known: true}, nil
		}
		return tr.nothing(o.has), nil
	}
	// A wrapping of somebody's own: every member may hold records.
	if err := t.r.within(formOtherWrapping, func() error {
		for i := range o.scan.Members {
			out, err := t.child(o, i)
			if err == nil && out.broken && !(tr.raw && tr.like()) {
				err = t.badRecord(t.here(o.at.sub(o.scan.Members[i].Value.From), "%s", out.none))
			}
			if err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return outcome{}, err
	}
	if t.records > before {
		return outcome{}, nil
	}
	if tr.raw && tr.like() {
		return outcome{}, t.emit(o.text, o.scan, o.at) // what it holds besides is no record: then it is one itself
	}
	return tr.nothing(o.has), nil
}

// mentionsEvents reports whether a record may be in text, however deep and however often quoted, and with whatever escapes.
func mentionsEvents(text []byte) bool {
	return bytes.Contains(text, []byte(`\u00`)) || bytes.Contains(text, []byte(`"`+gzipBase64)) || bytes.Contains(text, []byte(`"`+objectBase64)) || bytes.Contains(text, []byte("eventName")) || bytes.Contains(text, []byte("eventType")) || bytes.Contains(text, []byte("eventname"))
}

// emit hands a record on.
func (t *text) emit(raw []byte, s *record.Scanner, at origin) error {
	if only := t.r.only; only != "" && only != t.r.form && !t.salvaging {
		t.r.verdict.OtherForm = true
		return t.badRecord(t.here(at, "%s", t.r.notOf("a record of the form "+t.r.form)))
	}
	if len(raw) > MaxRecordBytes {
		return t.badRecord(t.here(at, "a record of more than %d bytes", MaxRecordBytes))
	}
	t.records++
	t.r.found()
	return visited(t.r.visitor.Record(Record{Member: t.r.prefix, Offset: t.at(at, 0), Text: raw, Scan: s}))
}

// child looks for records in a member.
func (t *text) child(o *object, i int) (outcome, error) {
	m := o.scan.Members[i]
	t.path = append(t.path, memberStep(o.text[m.Name.From:m.Name.To]))
	out, err := t.span(o.text, m.Value, o.at)
	t.path = t.path[:len(t.path)-1]
	return out, err
}

// inside looks for records in the member of a name, which there is.
func (t *text) inside(o *object, name string) (outcome, error) {
	for i := len(o.scan.Members) - 1; i >= 0; i-- {
		if string(nameIn(o.text, o.scan.Members[i].Name)) == `"`+name+`"` {
			return t.child(o, i)
		}
	}
	return outcome{none: "no " + name}, nil
}

// must looks for records in a member that ought to hold some.
func (t *text) must(o *object, name string) (outcome, error) {
	before := t.records
	out, err := t.inside(o, name)
	if err != nil || t.records > before {
		return outcome{}, err
	}
	if out.known {
		return out, nil
	}
	return outcome{}, t.badRecord(t.here(o.at, "%s holds no CloudTrail record: %s", name, out.none))
}

// list looks for records in an array that is a member.
func (t *text) list(o *object, name string) (outcome, error) {
	v, _ := o.member(name)
	t.path = append(t.path, step{name: `"` + name + `"`})
	out, err := t.elements(o.text, v, o.at, true)
	t.path = t.path[:len(t.path)-1]
	return out, err
}

// elements looks for records in the elements of an array that lies in memory. expected
// says that they ought to be records: then each that is none is noted.
func (t *text) elements(raw []byte, array record.Span, at origin, expected bool) (outcome, error) {
	if t.nested >= maxNested {
		return outcome{none: "too many wrappings"}, nil
	}
	t.nested++
	t.path = append(t.path, step{})
	last := len(t.path) - 1
	defer func() { t.nested, t.path = t.nested-1, t.path[:last] }()
	before := t.records
	var fault error
	var none outcome
	for v := range record.Elements(raw, array) {
		out, err := t.span(raw, v, at)
		if err != nil {
			fault = err
			break
		}
		if out.broken {
			if fault = t.badRecord(t.here(at.sub(v.From), "%s", out.none)); fault != nil {
				break
			}
		} else if out.none != "" {
			if expected {
				t.stranger(at.sub(v.From), out.none, out.known)
			} else if none.none == "" {
				none = out
			}
		}
		t.path[last].index++
	}
	if t.path[last].index == 0 && fault == nil {
		t.open = t.open || expected
	}
	if t.records > before || expected {
		none = outcome{}
	}
	return none, fault
}

// span looks for records in a value that lies inside raw.
func (t *text) span(raw []byte, v record.Span, at origin) (outcome, error) {
	if t.nested >= maxNested {
		return outcome{none: "too many wrappings"}, nil
	}
	t.nested++
	defer func() { t.nested-- }()
	inner := raw[v.From:v.To]
	switch v.Kind {
	case record.Object:
		s := t.r.scanner(t.nested)
		if _, err := s.Scan(inner, true); err != nil {
			return outcome{}, fmt.Errorf("scan again what was scanned: %w", err)
		}
		return t.visit(inner, s, at.sub(v.From))
	case record.Array:
		return t.elements(raw, v, at, false)
	case record.String:
		if beginsBase64(inner[1:]) {
			return t.data(inner, v, at.sub(v.From))
		}
		if begins := bytes.TrimLeft(inner[1:], " \t\r\n"); begins[0] != '{' && begins[0] != '[' && begins[0] != '\\' {
			return outcome{none: "a string that is no JSON"}, nil
		}
		buf := t.r.buffer(t.nested)
		*buf = record.AppendString((*buf)[:0], inner, v.Escaped)
		return t.decoded(*buf, origin{at.plus(v.From), true})
	}
	return outcome{none: "a value that is no object"}, nil
}

// decoded looks for records in what a string was decoded to: one value, or several.
func (t *text) decoded(text []byte, at origin) (outcome, error) {
	s := t.r.scanner(t.nested)
	var none outcome
	before := t.records
	for {
		text = bytes.TrimLeft(text, " \t\r\n")
		if len(text) == 0 {
			break
		}
		if text[0] != '{' && text[0] != '[' && text[0] != '"' {
			none = outcome{none: "a string that is no JSON"}
			break
		}
		n, err := s.Scan(text, true)
		if err != nil {
			none = outcome{none: "a string that begins like JSON but is none: " + err.Error(), broken: mentionsRecords(text)}
			break
		}
		out, err := t.one(text[:n], s, at)
		if err != nil {
			return outcome{}, err
		}
		if out.none != "" && none.none == "" {
			none = out
		}
		text = text[n:]
	}
	if t.records > before {
		return outcome{}, nil
	}
	if none.none == "" {
		none.none = "an empty string"
	}
	return none, nil
}

// scanner returns the scanner for objects nested so deep.
func (r *Reader) scanner(depth int) *record.Scanner {
	for len(r.scans) <= depth {
		r.scans = append(r.scans, &record.Scanner{})
	}
	return r.scans[depth]
}

// buffer returns the buffer for strings decoded so deep.
func (r *Reader) buffer(depth int) *[]byte {
	for len(r.scratch) <= depth {
		r.scratch = append(r.scratch, nil)
	}
	const keepBytes = 2 * MaxRecordBytes
	if cap(r.scratch[depth]) > keepBytes {
		r.scratch[depth] = nil
	}
	return &r.scratch[depth]
}
