// Package sketch holds small summaries of many values, in the byte forms and with the
// arithmetic of Trino, so that a sketch made by either can be read and merged by the other:
//
//	HyperLogLog     how many different values there are       hyperloglog.go
//	SetDigest       how much two sets have in common          set_digest.go
//	QuantileDigest  which value has a rank, within an error   quantile_digest.go
//	TDigest         the same, finest at both ends             t_digest.go
//	Frequent        which values are the most frequent        frequent.go
//
// Trino takes the first four from the library airlift stats; the layouts here are those
// of its classes of these names. All numbers in them are little-endian.
//
// Sketches are not safe for concurrent use. Reading one from bytes that are none gives an
// error and takes no more memory than the bytes' own length warrants.
package sketch

import (
	"encoding/binary"
	"errors"
	"math"
)

// errShort and its like say why bytes are no sketch.
var (
	errShort   = errors.New("the bytes end early")
	errLong    = errors.New("bytes are left over")
	errFormat  = errors.New("the format is unknown")
	errCorrupt = errors.New("the contents contradict each other")
)

// reader takes numbers off the front of a text. After the first one that is missing all are 0.
type reader struct {
	s   string
	err error
}

func (r *reader) take(n int) string {
	if n > len(r.s) || n < 0 {
		r.err, r.s = errShort, ""
		return ""
	}
	part := r.s[:n]
	r.s = r.s[n:]
	return part
}

func (r *reader) uint8() uint8 {
	if b := r.take(1); b != "" {
		return b[0]
	}
	return 0
}

func (r *reader) uint16() uint16 {
	b := r.take(2)
	if b == "" {
		return 0
	}
	return uint16(b[0]) | uint16(b[1])<<8
}

func (r *reader) uint32() uint32 {
	b := r.take(4)
	if b == "" {
		return 0
	}
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

func (r *reader) uint64() uint64 {
	low := r.uint32()
	return uint64(low) | uint64(r.uint32())<<32
}

func (r *reader) float64() float64 { return math.Float64frombits(r.uint64()) }

// end returns the first error, also one about bytes that are left.
func (r *reader) end() error {
	if r.err == nil && r.s != "" {
		return errLong
	}
	return r.err
}

func appendFloat64(dst []byte, x float64) []byte {
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(x))
}
