package rle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/ctlake/ctlake/storage/orc/internal/bits"
	"github.com/ctlake/ctlake/storage/orc/internal/framing"
)

// maxRun is how many values a run of version 2 has at most; of version 1 it is 130.
const maxRun = 512

// maxRunBytes is more than any run takes: 512 values of 64 bits, 31 patches, headers.
const maxRunBytes = 4 + 8 + 8*maxRun + 8*31 + 20

// widthOf is the table of 5-bit widths.
var widthOf = [32]uint8{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
	26, 28, 30, 32, 40, 48, 56, 64}

// roundUp returns the least width of the table that holds n bits, 0 to 64.
func roundUp(n int) int { return int(widthOf[widthCode(n)]) }

// widthCode returns the code of roundUp(n).
func widthCode(n int) int {
	switch {
	case n <= 1:
		return 0
	case n <= 24:
		return n - 1
	case n <= 32:
		return 24 + (n-25)/2
	default:
		return 28 + (n-33)/8
	}
}

// IntReader decodes runs of integers of either version.
type IntReader struct {
	in     *framing.Reader
	signed bool
	v1     bool
	run    [maxRun]int64
	at, n  int // run[at:n] are decoded and not yet read
}

// NewIntReader returns a decoder at the beginning of in.
func NewIntReader(in *framing.Reader, v1, signed bool) *IntReader {
	return &IntReader{in: in, v1: v1, signed: signed}
}

// Reset starts anew after in was moved, consumed values into the run there.
func (r *IntReader) Reset(consumed int) error {
	r.at, r.n = 0, 0
	return r.Skip(consumed)
}

var errWide = errors.New("a value of more than 32 bits")

var errEnd = fmt.Errorf("integer runs end early: %w", io.ErrUnexpectedEOF)

// Read decodes the next len(dst) values.
func (r *IntReader) Read(dst []int64) error { return read(r, dst) }

// ReadInt32 is Read of values that fit 32 bits; others are an error, or come out negative.
func (r *IntReader) ReadInt32(dst []int32) error { return read(r, dst) }

func read[T int32 | int64](r *IntReader, dst []T) error {
	for len(dst) > 0 {
		if r.at < r.n {
			n := min(r.n-r.at, len(dst))
			lost := int64(0)
			for i, v := range r.run[r.at : r.at+n] {
				dst[i] = T(v)
				lost |= v ^ int64(T(v))
			}
			if lost != 0 {
				return errWide
			}
			r.at += n
			dst = dst[n:]
			continue
		}
		n, err := direct(r, dst)
		if err != nil {
			return err
		}
		if n > 0 {
			dst = dst[n:]
			continue
		}
		if err := r.decode(); err != nil {
			return err
		}
	}
	return nil
}

// direct decodes a run straight into dst, if it is one that can be and fits;
// else it does nothing and returns 0.
func direct[T int32 | int64](r *IntReader, dst []T) (int, error) {
	if r.v1 {
		return 0, nil
	}
	b, err := r.in.Peek(maxRunBytes)
	if err != nil {
		return 0, err
	}
	if len(b) < 2 || b[0]>>6 != kindDirect {
		return 0, nil
	}
	width := int(widthOf[b[0]>>1&31])
	n := int(b[0]&1)<<8 | int(b[1]) + 1
	size := bits.Bytes(n, width)
	wide := is64(dst)
	if n > len(dst) || len(b) < 2+size || !wide && (width > 32 || r.signed) {
		return 0, nil
	}
	dst = dst[:n]
	bits.Unpack(dst, b[2:], width)
	if r.signed {
		for i, v := range dst {
			dst[i] = T(uint64(v)>>1) ^ -(v & 1)
		}
	}
	r.in.Advance(2 + size)
	return n, nil
}

func is64[T int32 | int64](dst []T) bool {
	_, ok := any(dst).([]int64)
	return ok
}

// decode decodes the next run.
func (r *IntReader) decode() error {
	b, err := r.in.Peek(maxRunBytes)
	if err != nil {
		return err
	}
	var size int
	r.at = 0
	if r.v1 {
		r.n, size, err = decodeV1(&r.run, b, r.signed)
	} else {
		r.n, size, err = decodeV2(&r.run, b, r.signed)
	}
	if err != nil {
		r.n = 0
		return err
	}
	r.in.Advance(size)
	return nil
}

// Skip passes over n values.
func (r *IntReader) Skip(n int) error {
	for n > 0 {
		if r.at < r.n {
			step := min(r.n-r.at, n)
			r.at += step
			n -= step
			continue
		}
		b, err := r.in.Peek(maxRunBytes)
		if err != nil {
			return err
		}
		if !r.v1 && len(b) >= 2 && b[0]>>6 == kindDirect {
			count := int(b[0]&1)<<8 | int(b[1]) + 1
			size := 2 + bits.Bytes(count, int(widthOf[b[0]>>1&31]))
			if count <= n && size <= len(b) {
				r.in.Advance(size)
				n -= count
				continue
			}
		}
		if err := r.decode(); err != nil {
			return err
		}
	}
	return nil
}

// Sum passes over n values and returns their sum, which fails when a value is
// negative or the sum overflows.
func (r *IntReader) Sum(n int) (int64, error) {
	sum := int64(0)
	for n > 0 {
		if r.at == r.n {
			if err := r.decode(); err != nil {
				return 0, err
			}
		}
		step := min(r.n-r.at, n)
		for _, v := range r.run[r.at : r.at+step] {
			if v < 0 || sum+v < 0 {
				return 0, ErrLength
			}
			sum += v
		}
		r.at += step
		n -= step
	}
	return sum, nil
}

// ErrLength says that lengths are negative or add up to more than 63 bits.
var ErrLength = errors.New("lengths out of range")

func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

func zigzag(v int64) uint64 { return uint64(v)<<1 ^ uint64(v>>63) }

// varint reads a base 128 varint.
func varint(b []byte) (v uint64, size int, err error) {
	v, size = binary.Uvarint(b)
	switch {
	case size == 0:
		return 0, 0, errEnd
	case size < 0:
		return 0, 0, errors.New("varint of more than 64 bits")
	}
	return v, size, nil
}

// decodeV1 decodes a run of version 1:
//
//	0..127    d v    header+3 values, from v in steps of the signed byte d
//	-1..-128  v…     -header varints
func decodeV1(run *[maxRun]int64, b []byte, signed bool) (n, size int, err error) {
	if len(b) < 2 {
		return 0, 0, errEnd
	}
	value := func() (int64, error) {
		v, s, err := varint(b[size:])
		size += s
		if signed {
			return unzigzag(v), err
		}
		return int64(v), err
	}
	if b[0] < 128 {
		n, size = int(b[0])+3, 2
		step := int64(int8(b[1]))
		v, err := value()
		if err != nil {
			return 0, 0, err
		}
		for i := range run[:n] {
			run[i] = v
			v += step
		}
		return n, size, nil
	}
	n, size = 256-int(b[0]), 1
	for i := range run[:n] {
		if run[i], err = value(); err != nil {
			return 0, 0, err
		}
	}
	return n, size, nil
}
