// Package protobuf reads and writes the messages of an ORC file (specification,
// "File Tail", "Stripe Footer", "Indexes") over the wire format of Protocol
// Buffers. Fields that ctlake does not know are passed over. Messages of which a
// file may have many, such as statistics, are kept as bytes until asked for, so
// that what a message holds in memory stays in proportion to its bytes.
package protobuf

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// errTooMany says that a message repeats a field more often than it can mean.
var errTooMany = errors.New("more entries than there can be")

// malformed says what protowire found wrong, without its prefix: that differs from build to build on purpose, and holds a no-break space.
func malformed(n int) error {
	err := protowire.ParseError(n)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return errors.New(strings.TrimLeft(strings.TrimPrefix(err.Error(), "proto:"), " \u00a0"))
}

// field is one field of a message: a number for varints and fixed ones, bytes else.
type field struct {
	num   protowire.Number
	typ   protowire.Type
	value uint64
	bytes []byte
}

// each calls f with the fields of a message in order.
func each(message string, b []byte, f func(field) error) error {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return fmt.Errorf("message %s: %w", message, malformed(n))
		}
		b = b[n:]
		x := field{num: num, typ: typ}
		switch typ {
		case protowire.VarintType:
			x.value, n = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			x.bytes, n = protowire.ConsumeBytes(b)
		case protowire.Fixed64Type:
			x.value, n = protowire.ConsumeFixed64(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			x.value = uint64(v)
		default:
			n = protowire.ConsumeFieldValue(num, typ, b)
		}
		if n < 0 {
			return fmt.Errorf("message %s, field %d: %w", message, num, malformed(n))
		}
		b = b[n:]
		if err := f(x); err != nil {
			return fmt.Errorf("message %s, field %d: %w", message, num, err)
		}
	}
	return nil
}

func (f field) int64() int64    { return int64(f.value) }
func (f field) sint64() int64   { return protowire.DecodeZigZag(f.value) }
func (f field) double() float64 { return math.Float64frombits(f.value) }

// numbers appends the values of a repeated integer, packed or not; limit bounds them.
func (f field) numbers(dst []uint64, limit int) ([]uint64, error) {
	if f.typ != protowire.BytesType {
		if len(dst) >= limit {
			return nil, errTooMany
		}
		return append(dst, f.value), nil
	}
	for b := f.bytes; len(b) > 0; {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return nil, malformed(n)
		}
		if len(dst) >= limit {
			return nil, errTooMany
		}
		dst = append(dst, v)
		b = b[n:]
	}
	return dst, nil
}

func appendVarint(b []byte, num protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), v)
}

func appendSint(b []byte, num protowire.Number, v int64) []byte {
	return appendVarint(b, num, protowire.EncodeZigZag(v))
}

func appendDouble(b []byte, num protowire.Number, v float64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(b, num, protowire.Fixed64Type), math.Float64bits(v))
}

func appendBytes(b []byte, num protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, num, protowire.BytesType), v)
}

func appendString(b []byte, num protowire.Number, v string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, num, protowire.BytesType), v)
}

func appendPacked(b []byte, num protowire.Number, vs []uint64) []byte {
	if len(vs) == 0 {
		return b
	}
	size := 0
	for _, v := range vs {
		size += protowire.SizeVarint(v)
	}
	b = protowire.AppendTag(b, num, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(size))
	for _, v := range vs {
		b = protowire.AppendVarint(b, v)
	}
	return b
}

func fieldNumber(i int) protowire.Number { return protowire.Number(i + 1) }

// appendSints appends those of the values that are there as fields 1, 2, ….
func appendSints(b []byte, values ...*int64) []byte {
	for i, v := range values {
		if v != nil {
			b = appendSint(b, fieldNumber(i), *v)
		}
	}
	return b
}

// appendStrings appends those of the values that are there as fields first, first+1, ….
func appendStrings(b []byte, first int, values ...*string) []byte {
	for i, v := range values {
		if v != nil {
			b = appendString(b, fieldNumber(first-1+i), *v)
		}
	}
	return b
}
