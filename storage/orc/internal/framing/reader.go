// Package framing reads and writes the streams of an ORC file: byte sequences,
// cut into chunks that are compressed one by one (specification, "Compression"):
//
//	stream   ┌──────┬────────────┬──────┬──────────────┬─
//	         │header│ compressed │header│ original     │ …
//	         └──────┴────────────┴──────┴──────────────┴─
//	header   3 bytes, little endian: length<<1 | 1 if the chunk is stored as it is
//
// Without a codec a stream is its bytes, without headers.
package framing

import (
	"errors"
	"fmt"
	"io"
)

// MaxChunkBytes is what a chunk can have: its header has 23 bits for the length.
const MaxChunkBytes = 1<<23 - 1

// headerBytes is the size of a chunk's header.
const headerBytes = 3

// tailShare is the share of a chunk for which there is room in front of the next one.
const tailShare = 16

// Reading onwards reads ever larger pieces of the file, between these bounds.
const (
	minReadBytes = 64 << 10
	maxReadBytes = 1 << 20
)

// Source reads from the file; it fails unless it fills p.
type Source interface {
	ReadAt(p []byte, off int64) error
}

// Budget bounds the memory of a number of readers. It is not safe for concurrent use.
type Budget struct{ Left int64 }

// ErrBudget says that a budget is spent.
var ErrBudget = errors.New("buffers exceed their limit")

// Take takes n bytes.
func (b *Budget) Take(n int64) error {
	if b.Left < n {
		return fmt.Errorf("%w: %d bytes more", ErrBudget, n-b.Left)
	}
	b.Left -= n
	return nil
}

// Reader reads one stream from its file, forwards, from any chunk on. Bytes
// decompressed and not consumed yet lie in one piece, so that a decoder may look
// ahead:
//
//	buf  [ consumed │ unread              ]
//	                 pos                   len
type Reader struct {
	src    Source
	base   int64 // of the stream in the file
	length int64
	kind   Kind
	limit  int // of a chunk
	budget *Budget

	raw     []byte // bytes of the file not taken yet
	rawAt   int64  // offset in the stream of raw's end
	rawBuf  []byte // memory of raw
	ahead   int    // size of the next read
	buf     []byte
	pos     int
	pending int64 // bytes to skip before the next chunk is of use
	// The chunk that was decompressed last: where it begins in the stream, and
	// in buf. A position within is then at hand.
	lastAt  int64
	lastPos int // -1 if there is none
}

// NewReader returns a reader of the stream of length bytes at base; no chunk of
// it may expand to more than limit bytes.
func NewReader(src Source, base, length int64, kind Kind, limit int, budget *Budget) *Reader {
	return &Reader{src: src, base: base, length: length, kind: kind, limit: limit, budget: budget, ahead: minReadBytes, lastPos: -1}
}

// Range returns where the stream lies in the file.
func (r *Reader) Range() (base, length int64) { return r.base, r.length }

// SetSource makes the reader read from src, before anything was read.
func (r *Reader) SetSource(src Source) { r.src = src }

// HeldBytes returns how much memory the reader's buffers take.
func (r *Reader) HeldBytes() int64 { return int64(cap(r.rawBuf) + cap(r.buf)) }

// Offset returns near which byte of the file the reader is.
func (r *Reader) Offset() int64 { return r.base + r.rawAt - int64(len(r.raw)) }

// SeekTo goes to the chunk that begins at an offset of the stream, and to a byte
// within it. Without a codec the first is the position and the second 0.
func (r *Reader) SeekTo(chunk, within int64) error {
	if chunk < 0 || chunk > r.length || within < 0 || within > int64(r.limit) {
		return fmt.Errorf("position %d, %d in a stream of %d bytes", chunk, within, r.length)
	}
	if chunk == r.lastAt && r.lastPos >= 0 && within <= int64(len(r.buf)-r.lastPos) {
		r.pos, r.pending = r.lastPos+int(within), 0
		return nil
	}
	r.lastPos = -1
	if at := r.rawAt - int64(len(r.raw)); chunk >= at && chunk <= r.rawAt {
		r.raw = r.raw[chunk-at:]
	} else {
		r.raw, r.rawAt, r.ahead = nil, chunk, minReadBytes
	}
	r.buf, r.pos = r.buf[:0], 0
	r.pending = within
	return nil
}

// Peek returns the unread bytes that are there, at least n of them unless the
// stream has fewer. They are valid until the next call.
func (r *Reader) Peek(n int) ([]byte, error) {
	if len(r.buf)-r.pos >= n && r.pending == 0 {
		return r.buf[r.pos:], nil
	}
	return r.fill(n)
}

func (r *Reader) fill(n int) ([]byte, error) {
	if err := r.settle(); err != nil {
		return nil, err
	}
	for len(r.buf)-r.pos < n && !r.atEnd() {
		r.compact()
		if err := r.chunk(); err != nil {
			return nil, err
		}
	}
	return r.buf[r.pos:], nil
}

// atEnd reports whether the stream has no chunk that is not in buf yet.
func (r *Reader) atEnd() bool { return r.rawAt == r.length && len(r.raw) == 0 }

// compact moves the unread bytes to the front.
func (r *Reader) compact() {
	r.buf = r.buf[:copy(r.buf, r.buf[r.pos:])]
	r.pos, r.lastPos = 0, -1
}

// settle performs the pending skip.
func (r *Reader) settle() error {
	for r.pending > 0 {
		if have := int64(len(r.buf) - r.pos); have > 0 {
			step := min(have, r.pending)
			r.pos += int(step)
			r.pending -= step
			continue
		}
		if r.atEnd() {
			return io.ErrUnexpectedEOF
		}
		r.buf, r.pos, r.lastPos = r.buf[:0], 0, -1
		if r.kind == None {
			at := r.rawAt - int64(len(r.raw)) + r.pending
			if at > r.length {
				return io.ErrUnexpectedEOF
			}
			if err := r.SeekTo(at, 0); err != nil {
				return err
			}
			continue
		}
		if err := r.chunk(); err != nil {
			return err
		}
	}
	return nil
}

// Advance consumes n of the bytes that Peek returned.
func (r *Reader) Advance(n int) { r.pos += n }

// Skip consumes n bytes. What is beyond the buffer is skipped when more is
// asked for; chunks that tell their size are not even decompressed then.
func (r *Reader) Skip(n int64) {
	if r.pending == 0 && int64(len(r.buf)-r.pos) >= n {
		r.pos += int(n)
		return
	}
	r.pending += n
}

// ReadFull fills dst. Chunks of which all is wanted are expanded into dst itself;
// bytes between its length and its capacity may be overwritten meanwhile.
func (r *Reader) ReadFull(dst []byte) error {
	for len(dst) > 0 {
		if r.pending == 0 && r.pos == len(r.buf) && r.kind != None && !r.atEnd() {
			n, err := r.chunkInto(dst)
			if err != nil {
				return err
			}
			if n > 0 {
				dst = dst[n:]
				continue
			}
		}
		have, err := r.Peek(1)
		if err != nil {
			return err
		}
		if len(have) == 0 {
			return io.ErrUnexpectedEOF
		}
		n := copy(dst, have)
		r.Advance(n)
		dst = dst[n:]
	}
	return nil
}

// chunkInto expands the next chunk into dst, if dst holds all of it and it tells
// its size; else it does nothing and returns 0.
func (r *Reader) chunkInto(dst []byte) (int, error) {
	src, stored, err := r.header()
	if err != nil {
		return 0, err
	}
	size, known := len(src), stored
	if !stored {
		size, known = expandedSize(r.kind, src)
	}
	if !known || size == 0 || size > len(dst) || size > r.limit {
		return 0, nil
	}
	if stored {
		copy(dst, src)
	} else {
		out, err := expandInto(r.kind, dst[:size], src)
		if err != nil {
			return 0, err
		}
		if len(out) != size {
			return 0, fmt.Errorf("a chunk says that it has %d bytes and has %d", size, len(out))
		}
	}
	r.raw = r.raw[headerBytes+len(src):]
	r.lastPos = -1
	return size, nil
}

// header reads on in the file until raw holds the next chunk whole, and returns
// what follows its header in raw and whether that is stored as it is.
func (r *Reader) header() (src []byte, stored bool, err error) {
	if err := r.need(headerBytes, false); err != nil {
		return nil, false, err
	}
	header := int(r.raw[0]) | int(r.raw[1])<<8 | int(r.raw[2])<<16
	n := header >> 1
	if err := r.need(headerBytes+n, false); err != nil {
		return nil, false, err
	}
	return r.raw[headerBytes : headerBytes+n], header&1 != 0, nil
}

// ReadAll appends the rest of the stream, at most limit bytes.
func (r *Reader) ReadAll(dst []byte, limit int64) ([]byte, error) {
	for {
		have, err := r.Peek(1)
		if err != nil {
			return nil, err
		}
		if len(have) == 0 {
			return dst, nil
		}
		if int64(len(dst)+len(have)) > limit {
			return nil, fmt.Errorf("%w: more than %d bytes", ErrBudget, limit)
		}
		dst = append(dst, have...)
		r.Advance(len(have))
	}
}

// chunk appends the next chunk to buf.
func (r *Reader) chunk() error {
	if r.kind == None {
		n := int(min(int64(r.limit), r.length-(r.rawAt-int64(len(r.raw)))))
		if err := r.need(n, true); err != nil {
			return err
		}
		return r.take(n)
	}
	src, stored, err := r.header()
	if err != nil {
		return err
	}
	lastAt, lastPos := r.rawAt-int64(len(r.raw)), len(r.buf)
	r.raw = r.raw[headerBytes:]
	if stored {
		if len(src) > r.limit {
			return fmt.Errorf("%w: %d bytes stored, the limit is %d", errTooLarge, len(src), r.limit)
		}
		r.lastAt, r.lastPos = lastAt, lastPos
		return r.take(len(src))
	}
	r.raw = r.raw[len(src):]
	if r.pending > 0 && len(r.buf) == 0 {
		if size, ok := expandedSize(r.kind, src); ok && size > 0 && size <= r.limit && int64(size) <= r.pending {
			r.pending -= int64(size)
			return nil
		}
	}
	if r.buf, err = expand(r.kind, r.buf, src, r.limit, r.room); err == nil {
		r.lastAt, r.lastPos = lastAt, lastPos
	}
	return err
}

// take appends n bytes of raw to buf as they are.
func (r *Reader) take(n int) error {
	var err error
	if r.buf, err = r.room(r.buf, n); err != nil {
		return err
	}
	r.buf = append(r.buf, r.raw[:n]...)
	r.raw = r.raw[n:]
	return nil
}

// room returns buf with room for n more bytes.
func (r *Reader) room(buf []byte, n int) ([]byte, error) {
	if cap(buf)-len(buf) >= n {
		return buf, nil
	}
	size := len(buf) + n
	if size < 2*cap(buf) {
		size = min(2*cap(buf), len(buf)+max(n, r.limit))
	} else if ahead := size / tailShare; int64(size+ahead-cap(buf)) <= r.budget.Left {
		size += ahead // for what is left of a chunk when the next one comes
	}
	if err := r.budget.Take(int64(size - cap(buf))); err != nil {
		return nil, err
	}
	out := make([]byte, len(buf), size)
	copy(out, buf)
	return out, nil
}

// need makes raw hold n bytes at least, by reading on in the file. With exact
// it reads no more than that.
func (r *Reader) need(n int, exact bool) error {
	if len(r.raw) >= n {
		return nil
	}
	rest := r.length - r.rawAt
	missing := int64(n - len(r.raw))
	if missing > rest {
		return fmt.Errorf("a chunk of %d bytes where the stream has %d: %w", n, rest+int64(len(r.raw)), io.ErrUnexpectedEOF)
	}
	size := missing
	if !exact {
		size = min(rest, max(missing, int64(r.ahead)))
		r.ahead = min(2*r.ahead, maxReadBytes)
	}
	total := len(r.raw) + int(size)
	if cap(r.rawBuf) < total {
		if err := r.budget.Take(int64(total - cap(r.rawBuf))); err != nil {
			return err
		}
		fresh := make([]byte, total)
		copy(fresh, r.raw)
		r.rawBuf = fresh
	} else {
		r.rawBuf = r.rawBuf[:cap(r.rawBuf)]
		copy(r.rawBuf, r.raw)
	}
	if err := r.src.ReadAt(r.rawBuf[len(r.raw):total], r.base+r.rawAt); err != nil {
		return err
	}
	r.raw = r.rawBuf[:total]
	r.rawAt += size
	return nil
}
