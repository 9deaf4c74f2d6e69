package orc

import (
	"errors"
	"fmt"
	"strings"
)

// Sentinels. Test with errors.Is.
var (
	// ErrCorrupt marks bytes that are no ORC, or ORC that contradicts itself.
	// What wraps it is a *CorruptError.
	ErrCorrupt = errors.New("corrupt ORC")
	// ErrUnsupported marks what ORC allows and this package does not read or
	// write: LZO, encryption, a type without counterpart. The text names it.
	ErrUnsupported = errors.New("unsupported ORC")
	// ErrNoColumn says that a file has no column of the path asked for. Files
	// written before a column was added lack it; it reads as NULL.
	ErrNoColumn = errors.New("no such column")
	// ErrLimit says that a file asks for more than Limits allow.
	ErrLimit = errors.New("ORC limit exceeded")
)

// CorruptError says where a file is not what it should be.
type CorruptError struct {
	File   string // OpenOptions.Name
	Stripe int    // -1 outside of stripes
	Column string // path of the column; "" when none is concerned
	Stream string // kind of stream, such as "DATA"; "" when none is concerned
	Offset int64  // near which byte of the file; -1 when unknown
	Err    error
}

// Error names file, stripe, column, stream and offset, as far as they are known.
func (e *CorruptError) Error() string {
	var b strings.Builder
	b.WriteString("corrupt ORC")
	if e.File != "" {
		b.WriteString(" file " + e.File)
	}
	if e.Stripe >= 0 {
		fmt.Fprintf(&b, ", stripe %d", e.Stripe)
	}
	if e.Column != "" {
		b.WriteString(", column " + e.Column)
	}
	if e.Stream != "" {
		b.WriteString(", stream " + e.Stream)
	}
	if e.Offset >= 0 {
		fmt.Fprintf(&b, ", near byte %d", e.Offset)
	}
	b.WriteString(": ")
	b.WriteString(e.Err.Error())
	return b.String()
}

// Unwrap returns the cause.
func (e *CorruptError) Unwrap() error { return e.Err }

// Is makes every CorruptError an ErrCorrupt.
func (e *CorruptError) Is(target error) bool { return target == ErrCorrupt }
