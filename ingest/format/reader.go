package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/ctlake/ctlake/ingest/record"
)

// The window on the text. It holds at least one whole record, and no more than windowBytes
// or one byte more than the largest record, whichever is more.
//
//	base                          base+len(buf)
//	 │ done        at              │
//	 ▼ ░░░░░░░░░░░░▼ text not yet read … ▼ end of what was read
const windowBytes = 256 << 10

// maxSkipDepth bounds the nesting of values that are skipped: members beside "Records".
const maxSkipDepth = 10_000

type reader struct {
	src  io.Reader
	buf  []byte
	at   int   // next byte in buf
	base int64 // offset of buf[0] in the text
	err  error // what ended the source; io.EOF at its end
	scan record.Scanner
}

func newReader(src io.Reader) *reader { return &reader{src: src} }

func (r *reader) offset() int64 { return r.base + int64(r.at) }

// more reads further text into the window, dropping what is done. It returns false
// at the end of the text.
func (r *reader) more() bool {
	if r.err != nil {
		return false
	}
	if r.at > 0 && (len(r.buf) == cap(r.buf) || r.at == len(r.buf)) {
		n := copy(r.buf, r.buf[r.at:])
		r.buf = r.buf[:n]
		r.base += int64(r.at)
		r.at = 0
	}
	if len(r.buf) == cap(r.buf) {
		grown := make([]byte, len(r.buf), max(windowBytes, 2*cap(r.buf)))
		copy(grown, r.buf)
		r.buf = grown
	}
	for range 100 {
		n, err := r.src.Read(r.buf[len(r.buf):cap(r.buf)])
		r.buf = r.buf[:len(r.buf)+n]
		r.err = err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	r.err = io.ErrNoProgress
	return false
}

// fill reads on until the window holds n bytes that are not yet done, or the text ends.
func (r *reader) fill(n int) {
	for len(r.buf)-r.at < n && r.more() {
	}
}

// peek returns the next byte that is not white space; false at the end of the text.
func (r *reader) peek() (byte, bool) {
	for {
		for r.at < len(r.buf) {
			switch c := r.buf[r.at]; c {
			case ' ', '\t', '\n', '\r':
				r.at++
			default:
				return c, true
			}
		}
		if !r.more() {
			return 0, false
		}
	}
}

// ended returns the error for a text that ends too early: the source's own, or that it ends there.
func (r *reader) ended() error {
	var located *Error
	switch {
	case errors.As(r.err, &located):
		return located
	case r.err != nil && r.err != io.EOF:
		return &Error{Offset: r.offset(), Reason: r.err.Error(), Err: r.err}
	}
	return &Error{Offset: r.base + int64(len(r.buf)), Reason: "the file ends inside a value"}
}

// unexpected complains about the byte at r.at.
func (r *reader) unexpected(expected string) error {
	rest := r.buf[r.at:]
	c, size := utf8.DecodeRune(rest)
	what := fmt.Sprintf("%q", c)
	if c == utf8.RuneError && size <= 1 {
		what = fmt.Sprintf("byte 0x%02x", rest[0])
	}
	return &Error{Offset: r.offset(), Reason: what + " where " + expected + " should be"}
}

// require consumes c, after white space.
func (r *reader) require(c byte, expected string) error {
	got, ok := r.peek()
	if !ok {
		return r.ended()
	}
	if got != c {
		return r.unexpected(expected)
	}
	r.at++
	return nil
}

// value reads a whole value of at most limit bytes into the window and returns its
// text, which is valid until the window moves. tooLong is true for a longer one, of
// which nothing was consumed.
func (r *reader) value(limit int) (text []byte, tooLong bool, err error) {
	for {
		n, err := r.scan.Scan(r.buf[r.at:], r.err == io.EOF)
		var syntax *record.SyntaxError
		switch {
		case err == nil:
			if n > limit {
				return nil, true, nil
			}
			text = r.buf[r.at : r.at+n]
			r.at += n
			return text, false, nil
		case errors.As(err, &syntax):
			return nil, false, &Error{Offset: r.offset() + int64(syntax.Offset), Reason: syntax.Reason}
		case len(r.buf)-r.at > limit:
			return nil, true, nil
		}
		// Each further scan looks at twice as much: the work stays linear however the text arrives.
		before := r.err
		r.fill(min(2*(len(r.buf)-r.at)+1, limit+1))
		if r.err != nil && r.err != io.EOF && (before != nil || len(r.buf) == r.at) {
			return nil, false, r.ended()
		}
	}
}

// name reads a member's name. Names longer than any that matters are returned as "".
func (r *reader) name() (string, error) {
	const maxName = 256
	c, ok := r.peek()
	if !ok {
		return "", r.ended()
	}
	if c != '"' {
		return "", r.unexpected("a member's name")
	}
	text, tooLong, err := r.value(maxName)
	if err != nil {
		return "", err
	}
	if tooLong {
		return "", r.skip()
	}
	return string(bytes.Trim(text, `"`)), nil
}

// skip passes over a value of any length, checking its brackets, strings and scalars.
func (r *reader) skip() error {
	var open []byte // the closing brackets that are due
	for {
		c, ok := r.peek()
		if !ok {
			return r.ended()
		}
		switch c {
		case '{', '[':
			if len(open) == maxSkipDepth {
				return &Error{Offset: r.offset(), Reason: fmt.Sprintf("more than %d levels of nesting", maxSkipDepth)}
			}
			r.at++
			open = append(open, c+2) // '}' and ']' stand two after
			if next, ok := r.peek(); ok && next == c+2 {
				break
			}
			if c == '{' {
				if err := r.memberStart(); err != nil {
					return err
				}
			}
			continue
		case '"':
			if err := r.skipString(); err != nil {
				return err
			}
		default:
			if _, tooLong, err := r.value(MaxRecordBytes); err != nil || tooLong {
				if err == nil {
					err = &Error{Offset: r.offset(), Reason: "a number longer than the largest record"}
				}
				return err
			}
		}
		more, err := r.afterValue(&open)
		if err != nil || !more {
			return err
		}
	}
}

// memberStart consumes a name and the colon.
func (r *reader) memberStart() error {
	c, ok := r.peek()
	if !ok {
		return r.ended()
	}
	if c != '"' {
		return r.unexpected("a member's name")
	}
	if err := r.skipString(); err != nil {
		return err
	}
	return r.require(':', "':'")
}

// afterValue consumes what may follow a value inside open brackets, up to the start of
// the next value; false if the last bracket was closed.
func (r *reader) afterValue(open *[]byte) (more bool, err error) {
	for len(*open) > 0 {
		closing := (*open)[len(*open)-1]
		c, ok := r.peek()
		switch {
		case !ok:
			return false, r.ended()
		case c == closing:
			r.at++
			*open = (*open)[:len(*open)-1]
		case c == ',':
			r.at++
			if closing == '}' {
				return true, r.memberStart()
			}
			if next, ok := r.peek(); ok && next == closing {
				return false, r.unexpected("a value")
			}
			return true, nil
		default:
			return false, r.unexpected(fmt.Sprintf("',' or '%c'", closing))
		}
	}
	return false, nil
}

// skipString passes over a string of any length.
func (r *reader) skipString() error {
	const piece = 64 << 10
	if _, tooLong, err := r.value(piece); err != nil || !tooLong {
		return err
	}
	// A long string: only its end matters; raw control characters are still refused.
	r.at++
	for {
		for r.at < len(r.buf) {
			switch c := r.buf[r.at]; {
			case c == '"':
				r.at++
				return nil
			case c < 0x20:
				return &Error{Offset: r.offset(), Reason: fmt.Sprintf("a raw control character 0x%02x inside a string", c)}
			case c == '\\':
				if r.at+1 == len(r.buf) && !r.more() {
					return r.ended()
				}
				r.at += 2
			default:
				r.at++
			}
		}
		if !r.more() {
			return r.ended()
		}
	}
}
