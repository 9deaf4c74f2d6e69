// Package format reads archives: files that hold CloudTrail records in one of the
// forms in which they reach disk. What a file is follows from its bytes, never from its name.
//
//	file ──► containers ──► texts ──► values ──► objects ──► records
//	         (gzip, tar, …   (JSON of  (one after  (by their   (JSON text and its scan,
//	         by magic bytes,  any      the other,   members:    one after the other)
//	         nested, what     layout,  streaming)   formats)
//	         they expand to   CSV)
//	         bounded)
//
// Everything streams: memory does not grow with the file. A container is a file of its
// own (gzip.go, zip.go, …), and so is each form of object that holds records, or that is
// known to hold none (trail.go, event_bridge.go, notices.go, …).
package format

import (
	"errors"
	"fmt"
	"io"

	"github.com/ctlake/ctlake/ingest/record"
)

const (
	// MaxRecordBytes bounds one record, as JSON text: CloudTrail's own limit for large events is 1 MB.
	MaxRecordBytes = 1 << 20
	// maxValueBytes bounds a JSON value that is looked at as a whole: a record in its wrapping,
	// where its text may be a string in a string. Longer values are read member by member.
	maxValueBytes = 8 << 20
)

// Record is a record of an archive. It is valid until the next one is read.
type Record struct {
	// Member names the file inside the archive, where the archive is a container of files; else "".
	Member string
	// Offset is where the record begins, in bytes of the decompressed text; of a record
	// inside a string, where that string begins.
	Offset int64
	Text   []byte
	// Scan is the scan of Text: an object.
	Scan *record.Scanner
}

// Verdict says what a file turned out to be.
type Verdict struct {
	// Ignored says why the file holds no CloudTrail records; "" if it does (or may).
	Ignored string
	// Form is the name of the form in which the first record was found, one of Forms.
	Form string
	// OtherForm says that records were left out for their form: see Reader.Only.
	OtherForm bool
	// TextBytes is how much text was read, after all decompression.
	TextBytes int64
}

// Error says where and why an archive, or a record of it, is not what it should be.
type Error struct {
	Member  string // the file inside the archive; "" for the archive itself
	Offset  int64  // in bytes of the decompressed text
	Pointer string // JSON pointer of the record, such as /Records/17; "" for the file
	Reason  string
	Err     error // what the reader or decompressor said, nil for faults of the text
}

// Error implements error.
func (e *Error) Error() string {
	at := fmt.Sprintf("at byte %d", e.Offset)
	if e.Member != "" {
		at = e.Member + ": " + at
	}
	if e.Pointer != "" {
		at += " (" + e.Pointer + ")"
	}
	return at + ": " + e.Reason
}

// Unwrap returns the cause, if there is one.
func (e *Error) Unwrap() error { return e.Err }

// Visitor takes what a Reader finds. An error that it returns ends the reading.
type Visitor interface {
	// Record takes a record.
	Record(r Record) error
	// Bad takes a record that cannot be used; the rest goes on.
	Bad(e *Error) error
	// Damaged takes a part of the archive that could not be read: a file inside it, or a
	// stretch of text. What comes after it goes on.
	Damaged(e *Error) error
	// Passed takes a part that is known to hold no record, inside an archive that holds some, or may.
	Passed(e *Error) error
}

// Limits bound what an archive may expand to.
type Limits struct {
	// ExpandRatio is how many times as long as the archive its text may be, at every level of
	// decompression; freeExpansion bytes are always allowed. Real archives stay below 30.
	ExpandRatio int64
	// ExpandBytes bounds the text of one archive, whatever its size.
	ExpandBytes int64
}

// DefaultLimits are generous to real archives.
var DefaultLimits = Limits{ExpandRatio: 250, ExpandBytes: 1 << 40}

// freeExpansion is how far any archive may expand, whatever its size.
const freeExpansion = 16 << 20

// ErrExpansion is the cause of the error for an archive that expands beyond its Limits.
var ErrExpansion = errors.New("the archive expands beyond the bound")

// Reader reads archives, one after the other: it keeps the buffers. It is not safe for concurrent use.
type Reader struct {
	// Ahead has an archive that does not lie in memory read on a goroutine beside, and decompressed on another: that is
	// for large ones. Nothing else depends on it.
	Ahead  bool
	limits Limits
	containerState

	visitor Visitor
	verdict Verdict
	only    string // the form that is asked for; "" is any
	form    string // of the records at hand
	// each, if not nil, takes texts instead of what is in them.
	each    func(member string, text io.Reader) error
	files   int  // texts that were read
	holds   int  // texts that hold records, or may
	damaged bool // some part could not be read

	texts   []*text           // free ones
	scans   []*record.Scanner // one for each depth of nesting
	scratch [][]byte          // likewise
}

// NewReader returns a reader that holds to the limits.
func NewReader(l Limits) *Reader { return &Reader{limits: l} }

// Read visits the records of an archive, in order. An *Error says that the archive is
// malformed, and where first; the records before that were visited, and those behind it where
// the place is found at which they go on. Other errors are the visitor's.
func (r *Reader) Read(file io.Reader, v Visitor) (Verdict, error) {
	r.visitor, r.verdict, r.files, r.holds, r.damaged, r.form = v, Verdict{}, 0, 0, false, ""
	defer func() { r.visitor = nil }()
	err := r.begin(file)
	if v, ok := errors.AsType[visitorError](err); ok {
		err = v.error
	}
	switch {
	case err != nil || r.damaged || r.holds > 0:
		r.verdict.Ignored = ""
	case r.files == 0:
		r.verdict.Ignored = "an archive of no files"
	case r.files > 1:
		r.verdict.Ignored = fmt.Sprintf("an archive of %d files without CloudTrail records; the first is %s", r.files, r.verdict.Ignored)
	}
	return r.verdict, err
}

// Texts gives each text in an archive to each: the file itself, decompressed, or the files inside it. damaged takes those
// that cannot be read; what each returns counts as such an error. Errors are those of Read.
func (r *Reader) Texts(file io.Reader, each func(member string, text io.Reader) error, damaged func(e *Error)) error {
	r.each = each
	defer func() { r.each = nil }()
	_, err := r.Read(file, textsOnly{damaged})
	return err
}

// textsOnly visits no records.
type textsOnly struct{ damaged func(e *Error) }

func (textsOnly) Record(Record) error { return nil }
func (textsOnly) Bad(*Error) error    { return nil }
func (textsOnly) Passed(*Error) error { return nil }
func (t textsOnly) Damaged(e *Error) error {
	t.damaged(e)
	return nil
}
