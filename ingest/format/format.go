// Package format reads archives: files that hold CloudTrail records in one of the
// forms in which they reach disk. What a file is follows from its bytes, never from its name.
//
//	file ── Decompress ──► text ── Records ──► one record after the other, with its offset
//	        (magic bytes,          (streaming: memory does not
//	         expansion bounded)     grow with the file)
//
// Built so far is the trail's own form, {"Records":[…]} (records.go), plain or
// gzipped. Other forms that hold records are named in an error; files that hold none
// (digests, notices, look-alikes) are named in a Verdict.
package format

import (
	"fmt"
	"io"

	"github.com/ctlake/ctlake/ingest/record"
)

// MaxRecordBytes bounds one record, as JSON text: CloudTrail's own limit for large events is 1 MB.
const MaxRecordBytes = 1 << 20

// Record is a record of an archive. It is valid until the next one is read.
type Record struct {
	// Offset is where the record begins, in bytes of the decompressed text.
	Offset int64
	Text   []byte
	// Scan is the scan of Text: an object.
	Scan *record.Scanner
}

// Verdict says what a file turned out to be.
type Verdict struct {
	// Ignored says why the file holds no CloudTrail records; "" if it does (or may).
	Ignored string
}

// Error says where and why an archive, or a record of it, is not what it should be.
type Error struct {
	Offset  int64  // in bytes of the decompressed text
	Pointer string // JSON pointer of the record, such as /Records/17; "" for the file
	Reason  string
	Err     error // what the reader or decompressor said, nil for faults of the text
}

// Error implements error.
func (e *Error) Error() string {
	at := fmt.Sprintf("at byte %d", e.Offset)
	if e.Pointer != "" {
		at += " (" + e.Pointer + ")"
	}
	return at + ": " + e.Reason
}

// Unwrap returns the cause, if there is one.
func (e *Error) Unwrap() error { return e.Err }

// Visitor takes what Records finds.
type Visitor interface {
	// Record takes a record. An error ends the reading.
	Record(r Record) error
	// Bad takes a record that cannot be used; the rest goes on.
	Bad(e *Error) error
}

// Records reads the records of an archive's text, in order. An *Error says that the
// text is malformed; the records before it were visited. Other errors are the visitor's.
func Records(text io.Reader, v Visitor) (Verdict, error) {
	r := newReader(text)
	return r.records(v)
}
