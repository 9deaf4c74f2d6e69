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

type window struct {
	src  io.Reader
	buf  []byte
	at   int   // next byte in buf
	base int64 // offset of buf[0] in the text
	err  error // what ended the source; io.EOF at its end
	line int64 // the offset behind the last line feed that peek passed over
	held int64 // the offset from which on text is kept though it is done; negative for none
	// scanned counts the bytes that value looked at, those that it looked at again too.
	scanned int64
	scan    record.Scanner
}

// reset begins another text, in the buffer of the one before unless that grew large.
func (w *window) reset(src io.Reader) {
	const keepBytes = 2 * MaxRecordBytes
	buf := w.buf[:0]
	if cap(buf) > keepBytes {
		buf = nil
	}
	w.src, w.buf, w.at, w.base, w.err, w.line, w.held, w.scanned = src, buf, 0, 0, nil, 0, -1, 0
}

func (w *window) offset() int64 { return w.base + int64(w.at) }

// hold keeps the text from here on until release, so that rewind may go back to it. It returns false if text is held already.
func (w *window) hold() bool {
	if w.held >= 0 {
		return false
	}
	w.held = w.offset()
	return true
}

func (w *window) release() { w.held = -1 }

// rewind goes back to an offset that is held.
func (w *window) rewind(offset int64) { w.at = int(offset - w.base) }

// more reads further text into the window, dropping what is done. It returns false
// at the end of the text.
func (w *window) more() bool {
	if w.err != nil {
		return false
	}
	done := w.at
	if w.held >= 0 {
		done = min(done, int(w.held-w.base))
	}
	if done > 0 && (len(w.buf) == cap(w.buf) || w.at == len(w.buf)) {
		n := copy(w.buf, w.buf[done:])
		w.buf = w.buf[:n]
		w.base += int64(done)
		w.at -= done
	}
	if len(w.buf) == cap(w.buf) {
		grown := make([]byte, len(w.buf), max(windowBytes, 2*cap(w.buf)))
		copy(grown, w.buf)
		w.buf = grown
	}
	for range 100 {
		n, err := w.src.Read(w.buf[len(w.buf):cap(w.buf)])
		w.buf = w.buf[:len(w.buf)+n]
		w.err = err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	w.err = io.ErrNoProgress
	return false
}

// fill reads on until the window holds n bytes that are not yet done, or the text ends.
func (w *window) fill(n int) {
	for len(w.buf)-w.at < n && w.more() {
	}
}

// peek returns the next byte that is not white space; false at the end of the text.
func (w *window) peek() (byte, bool) {
	for {
		for w.at < len(w.buf) {
			switch c := w.buf[w.at]; c {
			case ' ', '\t', '\r':
				w.at++
			case '\n':
				w.at++
				w.line = w.offset()
			default:
				return c, true
			}
		}
		if !w.more() {
			return 0, false
		}
	}
}

// skipLine goes on behind the next line feed.
func (w *window) skipLine() {
	for {
		if i := bytes.IndexByte(w.buf[w.at:], '\n'); i >= 0 {
			w.at += i + 1
			w.line = w.offset()
			return
		}
		if w.at = len(w.buf); !w.more() {
			return
		}
	}
}

// ended returns the error for a text that ends too early: the source's own, or that it ends there.
func (w *window) ended() error {
	var located *Error
	switch {
	case errors.As(w.err, &located):
		return located
	case w.err != nil && w.err != io.EOF:
		return &Error{Offset: w.offset(), Reason: w.err.Error(), Err: w.err}
	}
	return &Error{Offset: w.base + int64(len(w.buf)), Reason: "the file ends inside a value"}
}

// unexpected complains about the byte at w.at.
func (w *window) unexpected(expected string) error {
	rest := w.buf[w.at:]
	c, size := utf8.DecodeRune(rest)
	what := fmt.Sprintf("%q", c)
	if c == utf8.RuneError && size <= 1 {
		what = fmt.Sprintf("byte 0x%02x", rest[0])
	}
	return &Error{Offset: w.offset(), Reason: what + " where " + expected + " should be"}
}

// require consumes c, after white space.
func (w *window) require(c byte, expected string) error {
	got, ok := w.peek()
	if !ok {
		return w.ended()
	}
	if got != c {
		return w.unexpected(expected)
	}
	w.at++
	return nil
}

// value reads a whole value of at most limit bytes into the window and returns its
// text, which is valid until the window moves. tooLong is true for a longer one, of
// which nothing was consumed.
func (w *window) value(limit int) (text []byte, tooLong bool, err error) {
	for {
		n, err := w.scan.Scan(w.buf[w.at:], w.err == io.EOF)
		if w.scanned += int64(n); errors.Is(err, record.ErrShort) {
			w.scanned += int64(len(w.buf) - w.at - n)
		}
		if err == nil {
			if n > limit {
				return nil, true, nil
			}
			text = w.buf[w.at : w.at+n]
			w.at += n
			return text, false, nil
		}
		if syntax, ok := errors.AsType[*record.SyntaxError](err); ok {
			return nil, false, &Error{Offset: w.offset() + int64(syntax.Offset), Reason: syntax.Reason}
		}
		if len(w.buf)-w.at > limit {
			return nil, true, nil
		}
		// Each further scan looks at twice as much: the work stays linear however the text arrives.
		before := w.err
		w.fill(min(2*(len(w.buf)-w.at)+1, limit+1))
		if w.err != nil && w.err != io.EOF && (before != nil || len(w.buf) == w.at) {
			return nil, false, w.ended()
		}
	}
}

// name reads a member's name. Names longer than any that matters are returned as "".
func (w *window) name() (string, error) {
	const maxName = 256
	c, ok := w.peek()
	if !ok {
		return "", w.ended()
	}
	if c != '"' {
		return "", w.unexpected("a member's name")
	}
	text, tooLong, err := w.value(maxName)
	if err != nil {
		return "", err
	}
	if tooLong {
		return "", w.skip()
	}
	return string(text[1 : len(text)-1]), nil
}

// skip passes over a value of any length, checking its brackets, strings and scalars.
func (w *window) skip() error {
	var open []byte // the closing brackets that are due
	for {
		c, ok := w.peek()
		if !ok {
			return w.ended()
		}
		switch c {
		case '{', '[':
			if len(open) == maxSkipDepth {
				return &Error{Offset: w.offset(), Reason: fmt.Sprintf("more than %d levels of nesting", maxSkipDepth)}
			}
			w.at++
			open = append(open, c+2) // '}' and ']' stand two after
			if next, ok := w.peek(); ok && next == c+2 {
				break
			}
			if c == '{' {
				if err := w.memberStart(); err != nil {
					return err
				}
			}
			continue
		case '"':
			if err := w.skipString(); err != nil {
				return err
			}
		default:
			if _, tooLong, err := w.value(MaxRecordBytes); err != nil || tooLong {
				if err == nil {
					err = &Error{Offset: w.offset(), Reason: "a number longer than the largest record"}
				}
				return err
			}
		}
		more, err := w.afterValue(&open)
		if err != nil || !more {
			return err
		}
	}
}

// memberStart consumes a name and the colon.
func (w *window) memberStart() error {
	c, ok := w.peek()
	if !ok {
		return w.ended()
	}
	if c != '"' {
		return w.unexpected("a member's name")
	}
	if err := w.skipString(); err != nil {
		return err
	}
	return w.require(':', "':'")
}

// afterValue consumes what may follow a value inside open brackets, up to the start of
// the next value; false if the last bracket was closed.
func (w *window) afterValue(open *[]byte) (more bool, err error) {
	for len(*open) > 0 {
		closing := (*open)[len(*open)-1]
		c, ok := w.peek()
		switch {
		case !ok:
			return false, w.ended()
		case c == closing:
			w.at++
			*open = (*open)[:len(*open)-1]
		case c == ',':
			w.at++
			if closing == '}' {
				return true, w.memberStart()
			}
			if next, ok := w.peek(); ok && next == closing {
				return false, w.unexpected("a value")
			}
			return true, nil
		default:
			return false, w.unexpected(fmt.Sprintf("',' or '%c'", closing))
		}
	}
	return false, nil
}

// skipString passes over a string of any length.
func (w *window) skipString() error {
	const piece = 64 << 10
	if _, tooLong, err := w.value(piece); err != nil || !tooLong {
		return err
	}
	// A long string: only its end matters; raw control characters are still refused.
	w.at++
	for {
		for w.at < len(w.buf) {
			switch c := w.buf[w.at]; {
			case c == '"':
				w.at++
				return nil
			case c < 0x20:
				return &Error{Offset: w.offset(), Reason: fmt.Sprintf("a raw control character 0x%02x inside a string", c)}
			case c == '\\':
				if w.at+1 == len(w.buf) && !w.more() {
					return w.ended()
				}
				w.at += 2
			default:
				w.at++
			}
		}
		if !w.more() {
			return w.ended()
		}
	}
}
