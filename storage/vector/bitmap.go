package vector

import "math/bits"

// Bitmap is a set of row numbers, one bit a row. nil is the empty set, so a
// column without NULLs costs nothing. Bits at and beyond the length of the
// vector that it belongs to are undefined.
type Bitmap []uint64

// NewBitmap returns an empty set that can hold rows 0..n-1.
func NewBitmap(n int) Bitmap { return make(Bitmap, (n+63)/64) }

// Has reports whether row i is in the set.
func (b Bitmap) Has(i int) bool { return b != nil && b[i>>6]>>(uint(i)&63)&1 != 0 }

// Set adds row i. b must have been made for more than i rows.
func (b Bitmap) Set(i int) { b[i>>6] |= 1 << (uint(i) & 63) }

// Clear removes row i.
func (b Bitmap) Clear(i int) {
	if b != nil {
		b[i>>6] &^= 1 << (uint(i) & 63)
	}
}

// Count returns how many of the rows 0..n-1 are in the set.
func (b Bitmap) Count(n int) int {
	if b == nil {
		return 0
	}
	count := 0
	for _, w := range b[:n/64] {
		count += bits.OnesCount64(w)
	}
	if rest := uint(n) % 64; rest != 0 {
		count += bits.OnesCount64(b[n/64] & (1<<rest - 1))
	}
	return count
}

// Any reports whether one of the rows 0..n-1 is in the set.
func (b Bitmap) Any(n int) bool {
	if b == nil {
		return false
	}
	for _, w := range b[:n/64] {
		if w != 0 {
			return true
		}
	}
	rest := uint(n) % 64
	return rest != 0 && b[n/64]&(1<<rest-1) != 0
}

// Or returns the union of a and b over n rows. It may return a or b itself.
func Or(a, b Bitmap, n int) Bitmap {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	words := (n + 63) / 64
	out := make(Bitmap, words)
	for i := range out {
		out[i] = a[i] | b[i]
	}
	return out
}

// slice returns the rows from..to-1 of b, renumbered from 0.
func (b Bitmap) slice(from, to int) Bitmap {
	if b == nil || from == to {
		return nil
	}
	if from&63 == 0 {
		return b[from>>6 : (to+63)>>6]
	}
	out := NewBitmap(to - from)
	shift := uint(from) & 63
	for i := range out {
		w := b[from>>6+i] >> shift
		if next := from>>6 + i + 1; next < len(b) {
			w |= b[next] << (64 - shift)
		}
		out[i] = w
	}
	return out
}

// gather returns the set in which row i is row rows[i] of b.
func (b Bitmap) gather(rows []int32) Bitmap {
	if b == nil {
		return nil
	}
	var out Bitmap
	for i, r := range rows {
		if b[r>>6]>>(uint(r)&63)&1 != 0 {
			if out == nil {
				out = NewBitmap(len(rows))
			}
			out.Set(i)
		}
	}
	return out
}
