package format

import (
	"bytes"
	"errors"
	"io"
)

// What comes behind damage is read, too. In text of one value a line, the next line goes on.
// Elsewhere a record is looked for where one may begin: at a '{' that is the first on its
// line, or that opens with eventVersion, as CloudTrail writes records.

// maxSalvageBytes bounds the text that is scanned in vain behind damage, beside the text itself.
const maxSalvageBytes = 64 << 20

// notRead is said of damage behind which reading ends.
const notRead = "; so much is damaged behind it that the rest was not read"

// hopeless reports whether more was scanned in vain than is worth while. Where each line is the beginning of a value that
// goes on in the next ones, each of them is looked at as often as values may lie in each other.
func (t *text) hopeless() bool {
	const (
		scans = 16 // that may be needed: wrappings around a record are scanned again
		vain  = 16 << 20
	)
	return t.scanned > scans*t.offset()+vain
}

// faultOf returns what is wrong with the text; err if the visitor or the source ended the reading.
func (t *text) faultOf(err error) (*Error, error) {
	var e *Error
	err = t.locate(err)
	if isVisitors(err) || !errors.As(err, &e) || e.Err != nil {
		return nil, err
	}
	return e, nil
}

// badRecord counts a record that cannot be used.
func (t *text) badRecord(e *Error) error {
	t.records++
	t.r.found()
	return t.r.bad(e)
}

// ownLine reports whether the value at hand begins a line.
func (t *text) ownLine() bool { return t.line == t.offset() }

// nextLine goes on to the next line behind damage, if the text is one of a value a line;
// else nothing is consumed.
func (t *text) nextLine() bool {
	searched := 0
	for {
		rest := t.buf[t.window.at:]
		if i := bytes.IndexByte(rest[searched:], '\n'); i >= 0 {
			next := searched + i + 1
			t.fill(next + exportTimeBytes)
			rest = t.buf[t.window.at+next:]
			ends := len(rest) == 0 && t.err == io.EOF && t.records > 0
			if !ends && (len(rest) == 0 || rest[0] != '{' && !beginsWithTime(rest)) {
				return false
			}
			t.window.at += next
			t.line = t.offset()
			return true
		}
		searched = len(rest)
		if searched > MaxRecordBytes || !t.more() {
			return false
		}
	}
}

// salvage reads the records behind damage.
func (t *text) salvage() error {
	t.salvaging = true
	wasted := int64(0) // counted where it is scanned: in a text inside a string all faults have the offset of that string
	// due: a record ought to begin here, since one ended right before.
	due := t.window.at < len(t.buf) && t.buf[t.window.at] == '{' && t.offset() == t.fault.Offset
	for due || t.toRecord() {
		start := origin{at: t.offset()}
		scanned := t.scanned
		raw, tooLong, err := t.value(maxValueBytes)
		switch {
		case err != nil:
			e, err := t.faultOf(err)
			if err != nil {
				return err
			}
			if due {
				if err := t.badRecord(e); err != nil {
					return err
				}
			}
			wasted += t.scanned - scanned
			t.window.at++
		case tooLong:
			wasted += maxValueBytes
			t.window.at++
		default:
			before := t.records
			if _, err := t.one(raw, &t.scan, start); err != nil {
				return err
			}
			due = t.records > before && t.another()
			continue
		}
		due = false
		if wasted > maxSalvageBytes {
			t.fault.Reason += notRead
			return nil
		}
	}
	if t.err != io.EOF {
		return t.ended()
	}
	return nil
}

// another goes on to the next object, if nothing but commas stands between.
func (t *text) another() bool {
	for {
		switch c, ok := t.peek(); {
		case ok && c == ',':
			t.window.at++
		default:
			return ok && c == '{'
		}
	}
}

// toRecord goes on to where a record may begin.
func (t *text) toRecord() bool {
	sign := []byte(`{"eventVersion"`)
	first := false // nothing but punctuation on the line so far
	for {
		for t.window.at < len(t.buf) {
			switch c := t.buf[t.window.at]; c {
			case '\n':
				first = true
			case ' ', '\t', '\r', ',', '[':
			case '{':
				if first {
					return true
				}
				t.fill(len(sign))
				if bytes.HasPrefix(t.buf[t.window.at:], sign) {
					return true
				}
			default:
				first = false
			}
			t.window.at++
		}
		if !t.more() {
			return false
		}
	}
}
