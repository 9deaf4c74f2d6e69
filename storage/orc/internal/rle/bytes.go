package rle

import (
	"fmt"
	"io"
	"math/bits"

	"github.com/ctlake/ctlake/storage/orc/internal/framing"
)

// Runs of the byte encoding.
const (
	minByteRun     = 3
	maxByteRun     = 127 + minByteRun
	maxByteLiteral = 128
)

// ByteReader decodes runs of bytes (specification, "Byte Run Length Encoding"):
//
//	0..127    v      v, repeated header+3 times
//	-1..-128  v…     -header values
type ByteReader struct {
	in      *framing.Reader
	left    int // values of the current run
	literal bool
	value   byte
}

// NewByteReader returns a decoder at the beginning of in.
func NewByteReader(in *framing.Reader) *ByteReader { return &ByteReader{in: in} }

// Reset starts anew after in was moved, consumed values into the run there.
func (r *ByteReader) Reset(consumed int) error {
	r.left = 0
	return r.Skip(consumed)
}

func (r *ByteReader) header() error {
	b, err := r.in.Peek(2)
	if err != nil {
		return err
	}
	if len(b) < 2 {
		return fmt.Errorf("byte runs end early: %w", io.ErrUnexpectedEOF)
	}
	if r.literal = b[0] >= 128; r.literal {
		r.left = 256 - int(b[0])
		r.in.Advance(1)
		return nil
	}
	r.left, r.value = int(b[0])+minByteRun, b[1]
	r.in.Advance(2)
	return nil
}

// Read decodes the next len(dst) values.
func (r *ByteReader) Read(dst []byte) error {
	for len(dst) > 0 {
		if r.left == 0 {
			if err := r.header(); err != nil {
				return err
			}
		}
		n := min(r.left, len(dst))
		if r.literal {
			if err := r.in.ReadFull(dst[:n]); err != nil {
				return fmt.Errorf("byte literals end early: %w", err)
			}
		} else {
			for i := range dst[:n] {
				dst[i] = r.value
			}
		}
		r.left -= n
		dst = dst[n:]
	}
	return nil
}

// Skip passes over n values.
func (r *ByteReader) Skip(n int) error {
	for n > 0 {
		if r.left == 0 {
			if err := r.header(); err != nil {
				return err
			}
		}
		step := min(r.left, n)
		if r.literal {
			r.in.Skip(int64(step))
		}
		r.left -= step
		n -= step
	}
	return nil
}

// AppendBytes appends the encoding of values.
func AppendBytes(dst, values []byte) []byte {
	literal := 0 // where values not written yet begin
	for i := 0; i < len(values); {
		run := 1
		for i+run < len(values) && values[i+run] == values[i] && run < maxByteRun {
			run++
		}
		if run < minByteRun {
			i += run
			continue
		}
		dst = appendByteLiterals(dst, values[literal:i])
		dst = append(dst, byte(run-minByteRun), values[i])
		i += run
		literal = i
	}
	return appendByteLiterals(dst, values[literal:])
}

func appendByteLiterals(dst, values []byte) []byte {
	for len(values) > 0 {
		n := min(len(values), maxByteLiteral)
		dst = append(append(dst, byte(256-n)), values[:n]...)
		values = values[n:]
	}
	return dst
}

// BitReader decodes booleans: bits from the most significant one down, the bytes
// encoded in runs (specification, "Boolean Run Length Encoding").
type BitReader struct {
	bytes *ByteReader
	held  uint64 // of the last byte read, its next bit uppermost
	left  int    // bits of held not consumed
}

// NewBitReader returns a decoder at the beginning of in.
func NewBitReader(in *framing.Reader) *BitReader { return &BitReader{bytes: NewByteReader(in)} }

// Reset starts anew after the input was moved, some bytes and then bits into the run there.
func (r *BitReader) Reset(consumedBytes, consumedBits int) error {
	r.held, r.left = 0, 0
	if err := r.bytes.Reset(consumedBytes); err != nil {
		return err
	}
	_, err := r.Skip(consumedBits)
	return err
}

// next decodes n values, 1 to 64, the first one into bit 0; bits above are 0.
func (r *BitReader) next(n int) (uint64, error) {
	word, have := r.held, r.left
	if have < n {
		var b [8]byte
		need := (n - have + 7) / 8
		if err := r.bytes.Read(b[:need]); err != nil {
			return 0, err
		}
		var fresh uint64
		for i, x := range b[:need] {
			fresh |= uint64(x) << (56 - 8*i)
		}
		word |= fresh >> have
		used := n - have // of fresh
		r.held, r.left = fresh<<used, 8*need-used
	} else {
		r.held, r.left = word<<n, have-n
	}
	return bits.Reverse64(word) & (^uint64(0) >> (64 - n)), nil
}

// Skip passes over n values and returns how many of them were true.
func (r *BitReader) Skip(n int) (ones int, err error) {
	for n > 0 {
		if r.left == 0 && n >= 64 && !r.bytes.literal && r.bytes.left >= 8 {
			whole := min(r.bytes.left, n/8)
			r.bytes.left -= whole
			ones += whole * bits.OnesCount8(r.bytes.value)
			n -= 8 * whole
			continue
		}
		step := min(n, 64)
		word, err := r.next(step)
		if err != nil {
			return ones, err
		}
		ones += bits.OnesCount64(word)
		n -= step
	}
	return ones, nil
}

// ReadBools decodes the next len(dst) values.
func (r *BitReader) ReadBools(dst []bool) error {
	for len(dst) > 0 {
		n := min(len(dst), 64)
		word, err := r.next(n)
		if err != nil {
			return err
		}
		for i := range dst[:n] {
			dst[i] = word>>i&1 != 0
		}
		dst = dst[n:]
	}
	return nil
}

// ReadZeros sets the bits at..at+n-1 of set where the next n values are false,
// and returns how many are true. These bits of set must be 0.
func (r *BitReader) ReadZeros(set []uint64, at, n int) (ones int, err error) {
	for n > 0 {
		step := min(n, 64)
		word, err := r.next(step)
		if err != nil {
			return ones, err
		}
		ones += bits.OnesCount64(word)
		word = ^word & (^uint64(0) >> (64 - step))
		if word != 0 {
			shift := at & 63
			set[at>>6] |= word << shift
			if over := word >> 1 >> (63 - shift); over != 0 {
				set[at>>6+1] |= over
			}
		}
		at += step
		n -= step
	}
	return ones, nil
}

// BitWriter encodes booleans.
type BitWriter struct {
	pending []byte // whole bytes not encoded yet
	held    byte   // the bits since, from the top
	n       int
}

// Append adds values.
func (w *BitWriter) Append(value bool) {
	if value {
		w.held |= 0x80 >> w.n
	}
	if w.n++; w.n == 8 {
		w.pending = append(w.pending, w.held)
		w.held, w.n = 0, 0
	}
}

// AppendOthers adds a value for each of some numbers: whether it is not in a set, which has a bit for each.
func (w *BitWriter) AppendOthers(set []uint64, numbers []int32) {
	held, n := w.held, w.n
	for _, i := range numbers {
		held |= byte(^set[i>>6]>>(i&63)&1) << (7 - n)
		if n++; n == 8 {
			w.pending = append(w.pending, held)
			held, n = 0, 0
		}
	}
	w.held, w.n = held, n
}

// AppendRun adds n times the same value.
func (w *BitWriter) AppendRun(value bool, n int) {
	for ; n > 0 && w.n != 0; n-- {
		w.Append(value)
	}
	whole := byte(0)
	if value {
		whole = 0xff
	}
	for ; n >= 8; n -= 8 {
		w.pending = append(w.pending, whole)
	}
	for ; n > 0; n-- {
		w.Append(value)
	}
}

// Mark appends the encoding of all whole bytes to dst and returns how many bits
// beyond them are held: the position of the next value.
func (w *BitWriter) Mark(dst []byte) (out []byte, heldBits int) {
	dst = AppendBytes(dst, w.pending)
	w.pending = w.pending[:0]
	return dst, w.n
}

// Finish appends the encoding of what is left and empties w.
func (w *BitWriter) Finish(dst []byte) []byte {
	if w.n > 0 {
		w.pending = append(w.pending, w.held)
		w.held, w.n = 0, 0
	}
	dst, _ = w.Mark(dst)
	return dst
}

// Buffered returns how many bytes w holds.
func (w *BitWriter) Buffered() int { return len(w.pending) }
