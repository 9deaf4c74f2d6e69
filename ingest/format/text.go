package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ctlake/ctlake/ingest/record"
)

// text is a text at hand: a run of JSON values, or CSV.
type text struct {
	*window
	r    *Reader
	path path
	// fixed is the offset of the string that this text was decoded from; negative if it is a file's own.
	fixed int64

	records int64 // found so far, those that cannot be used included
	open    bool  // something was found that holds records, or would: an empty array of them
	pending []*Error
	dropped int64    // strangers beyond maxPending
	noted   int64    // strangers of all kinds
	known   []*tally // of values that are known to hold no record, by what they are
	nested  int      // how deep objects lie in each other, in memory and streamed
	fault   *Error   // the first damage
	// exported: the value at hand is behind a time, as CloudWatch Logs exports it.
	exported bool
	// salvaging: what is at hand lies behind damage.
	salvaging bool
}

// tally counts values of one kind.
type tally struct {
	reason string
	count  int64
	first  *Error
}

const (
	// lookAheadBytes is how much of a text is looked at to tell what it is.
	lookAheadBytes = 32 << 10
	// maxPending bounds the objects that are kept until it is clear whether their neighbours are records.
	maxPending = 1000
	// maxTallies bounds the kinds of values without records that are counted one by one.
	maxTallies = 50
	// maxNested bounds how many wrappings may lie around a record.
	maxNested = 12
)

// embedding says where a file lies that is the value of a string in a text.
type embedding struct {
	in *text
	at int64 // of the string
}

// embedFile reads a file that is the value of a string in t.
func (r *Reader) embedFile(t *text, at int64, content io.Reader) error {
	if r.depth == maxContainers {
		return &Error{Offset: at, Reason: fmt.Sprintf("more than %d archives inside each other", maxContainers)}
	}
	outer := r.embedded
	r.embedded = &embedding{t, at}
	r.depth++
	err := r.open(r.expand(content, "Base64"))
	r.depth--
	r.embedded = outer
	return err
}

// readText reads a text.
func (r *Reader) readText(src io.Reader) error {
	t := r.takeText(src)
	defer r.returnText(t)
	t.fixed = -1
	embedded := r.embedded
	if embedded != nil {
		t.fixed, t.path = embedded.at, append(t.path, embedded.in.path...)
		t.nested = embedded.in.nested + 1
		r.embedded = nil
		defer func() { r.embedded = embedded }()
	}
	depth := len(t.path)
	err := t.read()
	t.path = t.path[:depth]
	if embedded == nil {
		r.verdict.TextBytes += t.base + int64(len(t.buf))
	}
	if err == nil && t.fault != nil {
		err = t.fault
	}
	if done := t.settle(); done != nil && (err == nil || !isVisitors(err)) {
		return done
	}
	if err != nil {
		return t.locate(err)
	}
	if embedded != nil {
		embedded.in.records += t.records
		return nil
	}
	if t.records > 0 || t.open {
		return r.textDone("")
	}
	return r.textDone(t.nothing())
}

func isVisitors(err error) bool {
	var v visitorError
	return errors.As(err, &v)
}

func (r *Reader) takeText(src io.Reader) *text {
	t := &text{window: &window{}, r: r}
	if n := len(r.texts); n > 0 {
		t = r.texts[n-1]
		r.texts = r.texts[:n-1]
	}
	t.window.reset(src)
	return t
}

func (r *Reader) returnText(t *text) {
	*t = text{window: t.window, r: r, path: t.path[:0], pending: t.pending[:0]}
	t.window.src = nil
	r.texts = append(r.texts, t)
}

// locate adds to a fault in which file it is and, of a decoded text, where that lies.
func (t *text) locate(err error) error {
	var e *Error
	if isVisitors(err) || !errors.As(err, &e) {
		return err
	}
	if e.Member == "" {
		e.Member = t.r.prefix
	}
	if t.fixed >= 0 {
		e.Offset = t.fixed
	}
	return e
}

// at returns where a value is that lies n bytes behind o.
func (t *text) at(o origin, n int) int64 {
	if t.fixed >= 0 {
		return t.fixed
	}
	return o.plus(n)
}

// here returns an error about the value at o.
func (t *text) here(o origin, format string, args ...any) *Error {
	return &Error{Member: t.r.prefix, Offset: t.at(o, 0), Pointer: t.path.pointer(), Reason: fmt.Sprintf(format, args...)}
}

// read reads the whole text.
func (t *text) read() error {
	t.fill(lookAheadBytes)
	t.fromUTF16()
	t.fill(lookAheadBytes)
	if bytes.HasPrefix(t.buf, []byte("\xef\xbb\xbf")) {
		t.window.at, t.line = 3, 3
	}
	if rows := t.tabular(); rows != nil {
		return rows.read(t)
	}
	return t.values()
}

// values reads one JSON value after the other: a text may be several, with or without
// anything between them, and each behind a time as CloudWatch Logs exports them.
func (t *text) values() error {
	depth := len(t.path)
	for first := true; ; first = false {
		t.path = t.path[:depth]
		c, ok := t.peek()
		switch {
		case !ok && t.err != io.EOF:
			return t.ended()
		case !ok:
			return nil
		case c == '{' || c == '[' || c == '"' && (!first || mentionsRecords(t.ahead()) || t.quotesGzip()):
			ownLine, begin := t.ownLine(), t.offset()
			err := t.topLevel(c)
			if err == nil {
				continue
			}
			t.path = t.path[:depth]
			e, err := t.faultOf(err)
			if err != nil {
				return err
			}
			// A value that is cut off where another token may follow is found out at the next line: that one is whole.
			if ownLine && (missing(t.window) && t.ownLine() && t.offset() > begin || t.nextLine()) {
				if err := t.badRecord(e); err != nil {
					return err
				}
				if t.hopeless() {
					fault := *e
					fault.Reason += notRead
					t.fault = &fault
					return nil
				}
				continue
			}
			t.fault = e
			return t.salvage()
		case c >= '0' && c <= '9' && t.exportTime():
		case t.passSign():
		case c == gzipBase64[0] && t.base64Text():
			if err := t.base64File(); err != nil {
				return err
			}
		default:
			t.fault = t.locate(t.unexpected("'{' or the end of the file")).(*Error)
			if first && !mentionsRecords(t.ahead()) {
				if what := plainName(t.ahead()); what != noJSON || !t.toMention() {
					t.fault = nil
					t.stranger(origin{}, what, true)
					return nil
				}
				return t.salvage()
			}
			if what := foreignText(t.ahead()); first && what != "" {
				t.fault.Reason = what
			}
			return t.salvage()
		}
	}
}

// topLevel reads the object or array at hand.
func (t *text) topLevel(c byte) error {
	form, read := formRecords, func() error { return t.streamValue(false) }
	switch {
	case c == '[':
		form, read = formArray, func() error { return t.streamArray(true) }
	case t.startsRecords():
		form, read = formTrail, t.streamObject
	case t.exported:
		form = formLogs
	}
	t.exported = false
	if t.fixed >= 0 && form != formTrail {
		form = t.r.form // what the text was found in
	}
	return t.r.within(form, read)
}

// ahead returns the text that is looked at to tell what it is.
func (t *text) ahead() []byte {
	return t.buf[t.window.at:min(len(t.buf), t.window.at+lookAheadBytes)]
}

// passSign goes on behind a byte order mark or a record separator (RFC 7464) between values.
func (t *text) passSign() bool {
	const mark, separator = "\xef\xbb\xbf", "\x1e"
	t.fill(len(mark))
	for _, sign := range []string{mark, separator} {
		if bytes.HasPrefix(t.buf[t.window.at:], []byte(sign)) {
			if t.window.at += len(sign); t.line+int64(len(sign)) == t.offset() {
				t.line = t.offset()
			}
			return true
		}
	}
	return false
}

// quotesGzip reports whether the string at hand holds gzip as Base64.
func (t *text) quotesGzip() bool { return bytes.HasPrefix(t.ahead(), []byte(`"`+gzipBase64)) }

// foreignText says what a text is that holds records, but is no JSON; "" if that is not known.
func foreignText(text []byte) string {
	const other = "only JSON is read, and what of it can be made out here (--output json has it all)"
	switch {
	case bytes.HasPrefix(text, []byte("EVENTS\t")):
		return "text that the AWS CLI wrote: " + other
	case bytes.HasPrefix(text, []byte("---")) && bytes.Contains(text, []byte("|")):
		return "a table that the AWS CLI wrote: " + other
	case bytes.Contains(text, []byte("CloudTrailEvent: ")):
		return "YAML: " + other
	case bytes.HasPrefix(text, []byte("<")):
		return "HTML or XML: only JSON and CSV are read"
	}
	return ""
}

// plainTexts are the beginnings of files that are named.
var plainTexts = []struct{ begins, what string }{
	{"version account-id interface-id", "a VPC flow log"},
	{"#Version: ", "a log of CloudFront or of a web server"},
	{"user,arn,user_creation_time", "a credential report of IAM"},
	{"http 2", "an access log of a load balancer"}, {"https 2", "an access log of a load balancer"}, {"h2 2", "an access log of a load balancer"},
	{"ws 2", "an access log of a load balancer"}, {"wss 2", "an access log of a load balancer"}, {"grpcs 2", "an access log of a load balancer"},
	{"tls 2", "an access log of a load balancer"}, {"1.0 20", "a query log of Route 53"},
}

// plainLines are what the first lines hold of files that are named.
var plainLines = []struct{ holds, and, what string }{
	{" eni-", " OK", "a VPC flow log"}, {" eni-", "DATA", "a VPC flow log"}, // NODATA, SKIPDATA
	{" REST.", " HTTP/", "a server access log of S3"},
}

// plainName says what a text is that is no JSON.
func plainName(text []byte) string {
	for _, p := range plainTexts {
		if bytes.HasPrefix(text, []byte(p.begins)) {
			return p.what
		}
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	for _, p := range plainLines {
		if bytes.Contains(line, []byte(p.holds)) && bytes.Contains(line, []byte(p.and)) {
			return p.what
		}
	}
	for _, c := range text[:min(len(text), 512)] {
		if c < 0x20 && c != '\n' && c != '\r' && c != '\t' {
			return "no text"
		}
	}
	return noJSON
}

// noJSON names texts of which nothing is known.
const noJSON = "no JSON"

// toMention goes on to where text mentions records, and reports whether it does.
func (t *text) toMention() bool {
	for {
		t.fill(2 * MaxRecordBytes)
		rest := t.buf[t.window.at:]
		if mentionsRecords(rest) {
			return true
		}
		if t.err != nil {
			return false
		}
		done := rest[:len(rest)-MaxRecordBytes] // what follows may be the beginning of a record
		if lines := bytes.LastIndexByte(done, '\n') + 1; lines > 0 {
			done = done[:lines]
		}
		t.window.at += len(done)
	}
}

// mentionsRecords reports whether text names members that every CloudTrail record has: those of AWS Config, say, have no name.
func mentionsRecords(text []byte) bool {
	return bytes.Contains(text, []byte("eventName")) && bytes.Contains(text, []byte("eventSource")) ||
		bytes.Contains(text, []byte("eventVersion")) && bytes.Contains(text, []byte("eventCategory"))
}

// stranger takes note of a value at o that holds no record, and why. known says that it is of a kind
// that is known to hold none; others are faults if there are records beside them. There may be very many: only of those
// that are kept more is made than a count.
func (t *text) stranger(o origin, reason string, known bool) {
	t.noted++
	if known {
		for _, k := range t.known {
			if k.reason == reason {
				k.count++
				return
			}
		}
		if len(t.known) < maxTallies {
			t.known = append(t.known, &tally{reason, 1, t.here(o, "%s", reason)})
			return
		}
	}
	if len(t.pending) < maxPending {
		t.pending = append(t.pending, t.here(o, "%s", reason))
		return
	}
	t.dropped++
}

// settle reports the strangers of a text that holds records, too.
func (t *text) settle() error {
	if t.records == 0 {
		return nil
	}
	for _, e := range t.pending {
		t.records++
		if err := t.r.bad(e); err != nil {
			return err
		}
	}
	for ; t.dropped > 0; t.dropped-- {
		t.records++
		if err := t.r.bad(t.pending[len(t.pending)-1]); err != nil {
			return err
		}
	}
	for _, k := range t.known {
		if k.count > 1 {
			k.first.Reason = fmt.Sprintf("%s, and %d more like it", k.reason, k.count-1)
		}
		if err := t.r.passed(k.first); err != nil {
			return err
		}
	}
	return nil
}

// nothing says what a text without records is.
func (t *text) nothing() string {
	var reasons []string
	for _, k := range t.known {
		reasons = append(reasons, k.reason)
	}
	for _, e := range t.pending {
		reasons = append(reasons, e.Reason)
		break
	}
	const shown = 3
	switch {
	case len(reasons) == 0:
		return "an empty file"
	case len(reasons) > shown:
		return strings.Join(reasons[:shown], "; ") + "; …"
	}
	return strings.Join(reasons, "; ")
}

// streamValue reads the value at hand: as a whole if it is not too long, else member by
// member. expected says that it ought to be a record.
func (t *text) streamValue(expected bool) error {
	start := origin{at: t.offset()}
	raw, tooLong, err := t.value(maxValueBytes)
	switch {
	case err != nil:
		return t.streamFaulty(start, expected, err)
	case tooLong:
		c, _ := t.peek()
		if (c == '{' || c == '[') && t.nested < maxNested {
			return t.streamNested(c, expected)
		}
		return t.skip()
	}
	found, err := t.one(raw, &t.scan, start)
	if err == nil {
		t.judged(found, start, expected)
	}
	return err
}

// streamFaulty reads what lies before the fault of the value at hand, which may hold records: a part of it is read again, and
// its fault found again. If it holds none, salvage is to look from its begin on: a string without an end may have taken in others.
func (t *text) streamFaulty(start origin, expected bool, fault error) error {
	c, ok := t.peek()
	if !ok || c != '{' && c != '[' || t.nested >= maxNested {
		return fault
	}
	if t.hold() {
		defer t.release()
	}
	records := t.records
	inner := t.streamNested(c, expected)
	if inner == nil {
		return fault
	}
	if t.records == records && t.fixed < 0 && !missing(t.window) && !isVisitors(inner) {
		t.rewind(start.at + 1)
	}
	return inner
}

// missing reports whether the fault at hand may be that nothing stands before an object.
func missing(w *window) bool { return w.at < len(w.buf) && w.buf[w.at] == '{' }

func (t *text) streamNested(c byte, expected bool) error {
	t.nested++
	defer func() { t.nested-- }()
	if c == '[' {
		return t.streamArray(expected)
	}
	return t.streamObject()
}

// judged takes note of what one returned.
func (t *text) judged(found outcome, at origin, expected bool) {
	if found.none != "" {
		t.stranger(at, found.none, found.known)
	}
}

// streamArray reads the elements of the array at hand; expected says that they ought to be records.
func (t *text) streamArray(expected bool) error {
	t.window.at++
	if c, ok := t.peek(); ok && c == ']' {
		t.window.at++
		t.open = t.open || expected
		return nil
	}
	t.path = append(t.path, step{})
	last := len(t.path) - 1
	for ; ; t.path[last].index++ {
		if _, ok := t.peek(); !ok {
			return t.ended()
		}
		if err := t.streamValue(expected); err != nil {
			return t.pointed(err)
		}
		c, ok := t.peek()
		switch {
		case !ok:
			return t.ended()
		case c == ']':
			t.window.at++
			t.path = t.path[:last]
			return nil
		case c == ',':
			t.window.at++
		default:
			t.path = t.path[:last]
			return t.unexpected("',' or ']'")
		}
	}
}

// pointed adds to a fault the value in which it is.
func (t *text) pointed(err error) error {
	var e *Error
	if !isVisitors(err) && errors.As(err, &e) && e.Pointer == "" {
		e.Pointer = t.path.pointer()
	}
	return err
}

// startsRecords reports whether the object at hand begins as trail files do: such a one is
// read element by element at once.
func (t *text) startsRecords() bool {
	t.fill(64)
	rest := t.buf[t.window.at+1:]
	rest, ok := bytes.CutPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte(`"Records"`))
	if !ok {
		return false
	}
	rest, ok = bytes.CutPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte(":"))
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return ok && (len(rest) == 0 || rest[0] == '[')
}

// streamObject reads the object at hand member by member.
func (t *text) streamObject() error {
	start := origin{at: t.offset()}
	t.window.at++
	if c, ok := t.peek(); ok && c == '}' {
		t.window.at++
		t.stranger(start, "an empty object", true)
		return nil
	}
	records, noted, open := t.records, t.noted, t.open
	var found traits
	var seen members
	for {
		name, err := t.name()
		if err != nil {
			return err
		}
		if err := t.require(':', "':'"); err != nil {
			return err
		}
		c, ok := t.peek()
		if !ok {
			return t.ended()
		}
		t.path = append(t.path, step{name: `"` + name + `"`})
		if strings.Contains(name, `\`) {
			name = string(record.AppendString(nil, []byte(`"`+name+`"`), true))
		}
		found.note([]byte(`"`+name+`"`), nil)
		seen.add(name)
		switch {
		case c == '[' && t.nested < maxNested && arrays[name] != "":
			err = t.r.within(arrays[name], func() error { return t.streamNested(c, true) })
		case c == '[' && t.nested < maxNested:
			err = t.quiet(func() error { return t.streamNested(c, false) })
		case c == '{' && t.nested < maxNested:
			err = t.quiet(func() error { return t.streamValue(false) })
		case c == '"':
			err = t.streamString()
		default:
			err = t.skip()
		}
		if err != nil {
			return t.pointed(err)
		}
		t.path = t.path[:len(t.path)-1]
		c, ok = t.peek()
		switch {
		case !ok:
			return t.ended()
		case c == '}':
			t.window.at++
			return t.objectDone(start, found, &seen, t.records > records || t.noted > noted || t.open && !open)
		case c == ',':
			t.window.at++
		default:
			return t.unexpected("',' or '}'")
		}
	}
}

// quiet reads a part of an object, whose verdict is given on the whole.
func (t *text) quiet(read func() error) error {
	pending, dropped, known, noted := len(t.pending), t.dropped, len(t.known), t.noted
	err := read()
	t.noted = noted
	t.pending, t.dropped, t.known = t.pending[:min(pending, len(t.pending))], dropped, t.known[:min(known, len(t.known))]
	return err
}

// streamString reads a string that may hold records.
func (t *text) streamString() error {
	start := origin{at: t.offset()}
	raw, tooLong, err := t.value(maxValueBytes)
	switch {
	case err != nil:
		return err
	case tooLong:
		return t.skipString()
	}
	_, err = t.span(raw, record.Span{To: len(raw), Kind: record.String, Escaped: bytes.IndexByte(raw, '\\') >= 0}, start)
	return err
}

// objectDone judges an object that was read member by member.
func (t *text) objectDone(start origin, found traits, seen *members, holds bool) error {
	switch {
	case holds:
	case found.event():
		return t.badRecord(t.here(start, "a record of more than %d bytes", MaxRecordBytes))
	default:
		none, known := seen.verdict(found)
		t.stranger(start, none, known)
	}
	return nil
}
