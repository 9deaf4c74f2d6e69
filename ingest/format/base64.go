package format

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"

	"github.com/ctlake/ctlake/ingest/record"
)

// gzipBase64 is how gzip files begin in Base64. Texts and strings that do are taken for such files: Kinesis, Lambda and
// whoever has only strings to send records in makes them.
const gzipBase64 = "H4sI"

// objectBase64 is how JSON objects begin in Base64, if nothing stands between '{' and the first name.
const objectBase64 = "eyJ"

// beginsBase64 reports whether a string may be Base64 of gzip or of a JSON object.
func beginsBase64(inner []byte) bool {
	return bytes.HasPrefix(inner, []byte(gzipBase64)) || bytes.HasPrefix(inner, []byte(objectBase64))
}

// noRecordData names data without records.
var noRecordData = outcome{none: "data that holds no CloudTrail record", known: true}

// data reads what a string of Base64 holds: any container, any text.
func (t *text) data(token []byte, v record.Span, at origin) (outcome, error) {
	encoded := token[1 : len(token)-1]
	if v.Escaped {
		encoded = record.AppendString(nil, token, true)
	}
	content := make([]byte, base64.StdEncoding.DecodedLen(len(encoded)))
	n, err := base64.StdEncoding.Decode(content, encoded)
	if err != nil || t.nested >= maxNested {
		return noRecordData, nil
	}
	before := t.records
	err = t.r.embedFile(t, t.at(at, 0), bytes.NewReader(content[:n]))
	var located *Error
	switch {
	case err != nil && (isVisitors(err) || !errors.As(err, &located) || errors.Is(err, ErrExpansion)):
		return outcome{}, err
	case err != nil && (t.records > before || bytes.HasPrefix(encoded, []byte(gzipBase64)) || mentionsRecords(content[:n])):
		return outcome{}, t.badRecord(t.here(at, "Base64 of a broken file: %s", located.Reason))
	case t.records > before:
		return outcome{}, nil
	}
	return noRecordData, nil
}

// base64Text reports whether the text at hand is gzip in Base64.
func (t *text) base64Text() bool {
	const looked = 64
	head := t.ahead()
	if !bytes.HasPrefix(head, []byte(gzipBase64)) {
		return false
	}
	for _, c := range head[:min(len(head), looked)] {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '+', c == '/', c == '=', c == '\r', c == '\n':
		default:
			return false
		}
	}
	return true
}

// base64File reads one gzip file in Base64: up to the line that begins another one.
func (t *text) base64File() error {
	start := origin{at: t.offset()}
	lines := &base64Lines{w: t.window}
	before := t.records
	err := t.r.within(formKinesis, func() error {
		return t.r.embedFile(t, start.at, base64.NewDecoder(base64.StdEncoding, lines))
	})
	var located *Error
	switch {
	case err != nil && (isVisitors(err) || !errors.As(err, &located) || errors.Is(err, ErrExpansion)):
		return err
	case t.err != nil && t.err != io.EOF:
		return t.ended()
	case err != nil:
		if err := t.badRecord(t.here(start, "Base64 of a broken file: %s", located.Reason)); err != nil {
			return err
		}
	case t.records == before:
		t.stranger(start, noRecordData.none, true)
	}
	_, err = io.Copy(io.Discard, lines)
	return err
}

// base64Lines reads lines of Base64 up to one that begins a gzip file.
type base64Lines struct {
	w    *window
	done bool
}

// Read implements io.Reader.
func (b *base64Lines) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) && !b.done {
		w := b.w
		if w.at == len(w.buf) && !w.more() {
			b.done = true
			if w.err != io.EOF {
				return n, w.ended()
			}
			break
		}
		c := w.buf[w.at]
		w.at++
		switch c {
		case '\r':
		case '\n':
			w.line = w.offset()
			w.fill(len(gzipBase64))
			b.done = bytes.HasPrefix(w.buf[w.at:], []byte(gzipBase64))
		default:
			p[n] = c
			n++
		}
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}
