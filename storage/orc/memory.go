package orc

import (
	"strings"
	"unsafe"
)

// All that is unsafe in the package is in this file: text is decoded into bytes that were
// not cleared first, and then becomes strings without another copy.

// uninitialized returns n bytes of any content, whose capacity may be more. Who asks
// overwrites all of them before anyone else sees them.
func uninitialized(n int) []byte {
	if n == 0 {
		return nil
	}
	// A Builder is the one way to memory that is not cleared. All of its capacity is one
	// piece of memory without pointers, which nobody else has once b is gone.
	var b strings.Builder
	b.Grow(n)
	b.WriteByte(0)
	return unsafe.Slice(unsafe.StringData(b.String()), b.Cap())[:n]
}

// growText returns b longer by n bytes of any content.
func growText(b []byte, n int) []byte {
	if cap(b)-len(b) >= n {
		return b[:len(b)+n]
	}
	if len(b) == 0 {
		return uninitialized(n)
	}
	out := uninitialized(max(len(b)+n, cap(b)+cap(b)/4))[:len(b)+n]
	copy(out, b)
	return out
}

// cutText cuts text, which must not change any more, into strings that share its memory.
func cutText(text []byte, ends []int64) []string {
	whole := seen(text)
	values := make([]string, len(ends))
	from := int64(0)
	for i, end := range ends {
		values[i] = whole[from:end]
		from = end
	}
	return values
}

// seen returns text as a string, for as long as it does not change.
func seen(text []byte) string { return unsafe.String(unsafe.SliceData(text), len(text)) }
