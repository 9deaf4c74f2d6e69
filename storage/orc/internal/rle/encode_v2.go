package rle

import (
	"encoding/binary"
	mathbits "math/bits"

	"github.com/ctlake/ctlake/storage/orc/internal/bits"
)

// Runs of equal values.
const (
	minShortRepeat = 3
	maxShortRepeat = 10
)

// maxBase bounds the base of a patched run: its sign takes a bit of up to 8 bytes.
const maxBase = 1 << 56

// maxPatches is how many entries a patch list has.
const maxPatches = 31

// alignedWidth returns the least width that is not deprecated and holds n bits.
// Bytes then line up, which codecs and readers like.
func alignedWidth(n int) int {
	switch {
	case n <= 1:
		return 1
	case n <= 2:
		return 2
	case n <= 4:
		return 4
	default:
		return (n + 7) &^ 7
	}
}

// IntWriter encodes integers in version 2. It holds scratch memory only, so that
// one writer serves many streams.
type IntWriter struct {
	scratch [maxRun]uint64
}

// Append appends the encoding of values to dst. Each call ends with the end of
// a run, so that a row group may begin after it.
func (w *IntWriter) Append(dst []byte, values []int64, signed bool) []byte {
	for len(values) > 0 {
		if run := repeats(values, maxRun); run >= minShortRepeat {
			if run > maxShortRepeat {
				dst = appendFixedDelta(dst, values[0], 0, run, signed)
			} else {
				dst = appendShortRepeat(dst, values[0], run, signed)
			}
			values = values[run:]
			continue
		}
		if n := sequence(values); n >= minSequence {
			dst = appendFixedDelta(dst, values[0], values[1]-values[0], n, signed)
			values = values[n:]
			continue
		}
		n := w.literals(values, signed)
		dst = w.appendLiterals(dst, values[:n], signed)
		values = values[n:]
	}
	return dst
}

// repeats returns how many values at the beginning are equal, at most limit.
func repeats(values []int64, limit int) int {
	n := 1
	for n < len(values) && n < limit && values[n] == values[0] {
		n++
	}
	return n
}

// minSequence is from how many values on an arithmetic sequence is worth a run.
const minSequence = 16

// sequence returns how many values at the beginning differ by the same step,
// whose computation does not overflow.
func sequence(values []int64) int {
	if len(values) < minSequence {
		return 0
	}
	step, ok := difference(values[1], values[0])
	if !ok {
		return 0
	}
	n := 2
	for n < len(values) && n < maxRun {
		if d, ok := difference(values[n], values[n-1]); !ok || d != step {
			break
		}
		n++
	}
	return n
}

// difference returns a-b and whether that is right.
func difference(a, b int64) (int64, bool) {
	d := a - b
	return d, (a^b)&(a^d) >= 0
}

// code returns v as the stream has it.
func code(v int64, signed bool) uint64 {
	if signed {
		return zigzag(v)
	}
	return uint64(v)
}

// literals returns how many values the next run of single values takes: up to
// where a run of equal ones would save bytes.
func (w *IntWriter) literals(values []int64, signed bool) int {
	limit := min(len(values), maxRun)
	widest := 1
	for i := 0; i < limit; {
		v := values[i]
		width := mathbits.Len64(code(v, signed))
		widest = max(widest, width)
		if i+minShortRepeat > len(values) || values[i+1] != v || values[i+2] != v {
			i++
			continue
		}
		run := repeats(values[i:], maxRun)
		// Packed they take run×widest bits; apart, a header and their value, and a header to go on.
		if run*widest > 8*(4+(width+7)/8) {
			return i
		}
		i += run
	}
	return limit
}

func appendShortRepeat(dst []byte, v int64, n int, signed bool) []byte {
	u := code(v, signed)
	width := max(1, (mathbits.Len64(u)+7)/8)
	dst = append(dst, byte(kindShortRepeat<<6|(width-1)<<3|(n-minShortRepeat)))
	for i := width - 1; i >= 0; i-- {
		dst = append(dst, byte(u>>(8*i)))
	}
	return dst
}

// header2 appends the two bytes that three kinds of run begin with.
func header2(dst []byte, kind, code, n int) []byte {
	return append(dst, byte(kind<<6|code<<1|(n-1)>>8), byte(n-1))
}

func appendFixedDelta(dst []byte, first, step int64, n int, signed bool) []byte {
	dst = header2(dst, kindDelta, 0, n)
	dst = binary.AppendUvarint(dst, code(first, signed))
	return binary.AppendUvarint(dst, zigzag(step))
}

// appendLiterals encodes 1 to 512 values as the shortest of direct, delta and patched base.
func (w *IntWriter) appendLiterals(dst []byte, values []int64, signed bool) []byte {
	n := len(values)
	all := uint64(0)
	least, most := values[0], values[0]
	for _, v := range values {
		all |= code(v, signed)
		least, most = min(least, v), max(most, v)
	}
	width := alignedWidth(mathbits.Len64(all))
	best := 2 + bits.Bytes(n, width)
	if deltaWidth, ok := monotonic(values); ok {
		if size := 2 + 2*binary.MaxVarintLen64 + bits.Bytes(n-2, deltaWidth); size < best || n > 2 && deltaWidth < width {
			return w.appendDelta(dst, values, deltaWidth, signed)
		}
	}
	if p, ok := w.patched(values, least, most); ok && p.size(n) < best {
		return w.appendPatched(dst, values, p)
	}
	dst = header2(dst, kindDirect, widthCode(width), n)
	for i, v := range values {
		w.scratch[i] = code(v, signed)
	}
	return bits.AppendPacked(dst, w.scratch[:n], width)
}

// monotonic reports whether values never fall or never rise and the first two
// differ, and the width of the steps after the first.
func monotonic(values []int64) (width int, ok bool) {
	if len(values) < 3 {
		return 0, false
	}
	all := uint64(0)
	first, ok := difference(values[1], values[0])
	if !ok || first == 0 {
		return 0, false
	}
	for i := 2; i < len(values); i++ {
		d, ok := difference(values[i], values[i-1])
		if !ok || d != 0 && d < 0 != (first < 0) {
			return 0, false
		}
		if d < 0 {
			d = -d
		}
		all |= uint64(d)
	}
	// Width 1 has no code of its own here: 0 stands for equal steps.
	return alignedWidth(max(2, mathbits.Len64(all))), true
}

func (w *IntWriter) appendDelta(dst []byte, values []int64, width int, signed bool) []byte {
	n := len(values)
	dst = header2(dst, kindDelta, widthCode(width), n)
	dst = binary.AppendUvarint(dst, code(values[0], signed))
	dst = binary.AppendUvarint(dst, zigzag(values[1]-values[0]))
	for i := 2; i < n; i++ {
		d := values[i] - values[i-1]
		if d < 0 {
			d = -d
		}
		w.scratch[i-2] = uint64(d)
	}
	return bits.AppendPacked(dst, w.scratch[:n-2], width)
}

// patch is the plan of a patched run.
type patch struct {
	base                         int64
	baseBytes, width, patchWidth int
	gapWidth, entries            int
}

func (p patch) size(n int) int {
	return 4 + p.baseBytes + bits.Bytes(n, p.width) + bits.Bytes(p.entries, roundUp(p.gapWidth+p.patchWidth))
}

// worthPatching reports whether few values are too wide for the largest width below the widest one's.
func worthPatching(values []int64, least int64, widest int) bool {
	narrower := 0
	switch {
	case widest <= 1:
		return false
	case widest <= 2:
		narrower = 1
	case widest <= 4:
		narrower = 2
	case widest <= 8:
		narrower = 4
	default:
		narrower = (widest - 1) &^ 7
	}
	wider := 0
	for _, v := range values {
		if uint64(v-least)>>narrower != 0 {
			wider++
		}
	}
	return wider <= min(len(values)/20, maxPatches)
}

// patched plans a patched run: a few values that are much wider than the rest.
func (w *IntWriter) patched(values []int64, least, most int64) (patch, bool) {
	if len(values) < 20 || least <= -maxBase || least >= maxBase {
		return patch{}, false
	}
	span, ok := difference(most, least)
	if !ok {
		return patch{}, false
	}
	widest := mathbits.Len64(uint64(span))
	if !worthPatching(values, least, widest) {
		return patch{}, false
	}
	var widths [65]int
	for _, v := range values {
		widths[mathbits.Len64(uint64(v-least))]++
	}
	// The width below which at most a twentieth of the values, and at most as many as the list holds, stick out.
	wider, width := 0, widest
	for width > 1 && wider+widths[width] <= min(len(values)/20, maxPatches) {
		wider += widths[width]
		width--
	}
	width = alignedWidth(width)
	if width >= widest {
		return patch{}, false
	}
	p := patch{base: least, width: width, patchWidth: roundUp(widest - width)}
	last, largest := 0, 0
	for i, v := range values {
		if uint64(v-least)>>width == 0 {
			continue
		}
		gap := i - last
		for ; gap > 255; gap -= 255 {
			p.entries++
			largest = 255
		}
		largest = max(largest, gap)
		p.entries++
		last = i
	}
	p.gapWidth = max(1, mathbits.Len(uint(largest)))
	magnitude := uint64(least)
	if least < 0 {
		magnitude = uint64(-least)
	}
	p.baseBytes = max(1, (mathbits.Len64(magnitude)+1+7)/8)
	return p, p.entries <= maxPatches && p.gapWidth+p.patchWidth <= 64
}

func (w *IntWriter) appendPatched(dst []byte, values []int64, p patch) []byte {
	n := len(values)
	dst = header2(dst, kindPatchedBase, widthCode(p.width), n)
	dst = append(dst, byte((p.baseBytes-1)<<5|widthCode(p.patchWidth)), byte((p.gapWidth-1)<<5|p.entries))
	base := uint64(p.base)
	if p.base < 0 {
		base = uint64(-p.base) | 1<<(8*p.baseBytes-1)
	}
	for i := p.baseBytes - 1; i >= 0; i-- {
		dst = append(dst, byte(base>>(8*i)))
	}
	var entries [maxPatches]uint64
	count, last := 0, 0
	for i, v := range values {
		above := uint64(v - p.base)
		w.scratch[i] = above & (1<<p.width - 1)
		high := above >> p.width
		if high == 0 {
			continue
		}
		gap := i - last
		for ; gap > 255; gap -= 255 {
			entries[count] = 255 << p.patchWidth
			count++
		}
		entries[count] = uint64(gap)<<p.patchWidth | high
		count++
		last = i
	}
	dst = bits.AppendPacked(dst, w.scratch[:n], p.width)
	return bits.AppendPacked(dst, entries[:count], roundUp(p.gapWidth+p.patchWidth))
}
