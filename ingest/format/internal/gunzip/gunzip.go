// Package gunzip decompresses gzip files (RFC 1952, RFC 1951) of one or several members that lie
// in memory:
//
//	file ──bits──► decode ──► window: 32 KiB that matches reach back to │ what is given out next ──► Read
//
// That all of the input is at hand, and that what was given out stays where it is until there is
// more than 64 KiB of it, is what makes it quicker than decompressors of streams: bits come eight
// bytes at a time, and text is copied sixteen bytes at a time, beyond its end if need be.
//
// What comes before a fault is given out first. Errors are those of klauspost/compress.
package gunzip

import (
	"encoding/binary"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
)

const (
	windowBytes = 128 << 10
	// slackBytes behind the last place at which a symbol may begin: a match, and what is written beyond it.
	slackBytes = maxMatch + 32
	// leastRoom is how much room is worth decoding into without moving what came before.
	leastRoom = 32 << 10
)

// state is what the next bits are.
type state uint8

const (
	blockHeader state = iota
	storedBlock
	codedBlock
	trailer
)

// Reader decompresses one file after the other. The zero value is ready for Reset.
type Reader struct {
	file []byte
	at   int    // next byte of file that is not in bits
	bits uint64 // low bits first; those beyond n are what file has next, or 0
	n    uint

	window   []byte
	from, to int // what Read gives out next
	begin    int // of the member at hand, or of the window
	crc      uint32
	size     uint32
	err      error // behind to

	state    state
	last     bool // the block at hand is the member's last
	left     int  // bytes of a stored block
	litSub   uint // bits of the secondary parts
	distSub  uint
	lits     [litEntries]entry
	dists    [distEntries]entry
	codes    [lengthEntries]entry
	lengths  [maxLits + maxDists]uint8
	litCount int // of lengths
}

// Reset begins with a file, which must not change until the last Read. An error is that of its first header.
func (z *Reader) Reset(file []byte) error {
	if z.window == nil {
		z.window = make([]byte, windowBytes)
	}
	z.file, z.at, z.bits, z.n = file, 0, 0, 0
	z.from, z.to, z.err = 0, 0, nil
	z.err = z.member()
	return z.err
}

// Consumed returns how many bytes of the file were looked at.
func (z *Reader) Consumed() int { return z.at }

// Read implements io.Reader.
func (z *Reader) Read(p []byte) (int, error) {
	for z.from == z.to && z.err == nil {
		if len(z.window)-z.to < leastRoom {
			copy(z.window, z.window[z.to-historyBytes:z.to])
			z.begin = max(0, z.begin-(z.to-historyBytes))
			z.from, z.to = historyBytes, historyBytes
		}
		z.err = z.decode()
		text := z.window[z.from:z.to]
		z.crc = crc32.Update(z.crc, crc32.IEEETable, text)
		z.size += uint32(len(text))
		if z.err == nil && z.state == trailer {
			z.err = z.end()
		}
	}
	n := copy(p, z.window[z.from:z.to])
	if z.from += n; n > 0 || len(p) == 0 {
		return n, nil
	}
	return 0, z.err
}

// The flags of a member's header.
const (
	hasCRC = 1 << (iota + 1)
	hasExtra
	hasName
	hasComment
	reserved = 0xe0
)

// member begins a member. At the end of the file the error is io.EOF.
func (z *Reader) member() error {
	rest := z.file[z.at:]
	switch {
	case len(rest) == 0:
		return io.EOF
	case len(rest) < 10:
		return io.ErrUnexpectedEOF
	case rest[0] != 0x1f || rest[1] != 0x8b || rest[2] != 8 || rest[3]&reserved != 0:
		return gzip.ErrHeader
	}
	flags, at := rest[3], 10
	if flags&hasExtra != 0 {
		if len(rest) < at+2 {
			return io.ErrUnexpectedEOF
		}
		at += 2 + int(binary.LittleEndian.Uint16(rest[at:]))
	}
	for _, text := range []byte{hasName, hasComment} {
		if flags&text == 0 {
			continue
		}
		for {
			if at >= len(rest) {
				return io.ErrUnexpectedEOF
			}
			if at++; rest[at-1] == 0 {
				break
			}
		}
	}
	if flags&hasCRC != 0 {
		if len(rest) < at+2 {
			return io.ErrUnexpectedEOF
		}
		if binary.LittleEndian.Uint16(rest[at:]) != uint16(crc32.ChecksumIEEE(rest[:at])) {
			return gzip.ErrHeader
		}
		at += 2
	}
	if at > len(rest) {
		return io.ErrUnexpectedEOF
	}
	z.at += at
	z.begin, z.crc, z.size, z.last, z.state = z.to, 0, 0, false, blockHeader
	return nil
}

// end checks what a member says of its text, and begins the next one.
func (z *Reader) end() error {
	z.align()
	if len(z.file)-z.at < 8 {
		return io.ErrUnexpectedEOF
	}
	crc, size := binary.LittleEndian.Uint32(z.file[z.at:]), binary.LittleEndian.Uint32(z.file[z.at+4:])
	if crc != z.crc || size != z.size {
		return gzip.ErrChecksum
	}
	z.at += 8
	return z.member()
}

// align goes on with the next whole byte.
func (z *Reader) align() {
	z.at -= int(z.n / 8)
	z.bits, z.n = 0, 0
}

// fill makes sure of 56 bits, if the file has so many.
func (z *Reader) fill() {
	for z.n <= 56 && z.at < len(z.file) {
		z.bits |= uint64(z.file[z.at]) << z.n
		z.at++
		z.n += 8
	}
}

// take returns the next bits.
func (z *Reader) take(n uint) (uint32, error) {
	if z.n < n {
		if z.fill(); z.n < n {
			return 0, io.ErrUnexpectedEOF
		}
	}
	out := uint32(z.bits & (1<<n - 1))
	z.bits >>= n
	z.n -= n
	return out, nil
}

func (z *Reader) corrupt() error { return flate.CorruptInputError(z.at - int(z.n/8)) }

// full reports whether there is no room for another symbol.
func (z *Reader) full() bool { return z.to > len(z.window)-slackBytes }

// decode makes text until the window is full or the member ends.
func (z *Reader) decode() (err error) {
	for err == nil && !z.full() && z.state != trailer {
		switch z.state {
		case blockHeader:
			err = z.header()
		case storedBlock:
			n := min(z.left, len(z.window)-z.to, len(z.file)-z.at)
			if n == 0 && z.left > 0 {
				return io.ErrUnexpectedEOF
			}
			copy(z.window[z.to:], z.file[z.at:z.at+n])
			z.at, z.to, z.left = z.at+n, z.to+n, z.left-n
			if z.left == 0 {
				z.endBlock()
			}
		case codedBlock:
			if z.quick(); !z.full() {
				err = z.symbol()
			}
		}
	}
	return err
}

func (z *Reader) endBlock() {
	z.state = blockHeader
	if z.last {
		z.state = trailer
	}
}

// header reads how a block is coded.
func (z *Reader) header() error {
	kind, err := z.take(3)
	if err != nil {
		return err
	}
	z.last = kind&1 == 1
	z.state = codedBlock
	switch kind >> 1 {
	case 0:
		z.align()
		if len(z.file)-z.at < 4 {
			return io.ErrUnexpectedEOF
		}
		n, inverse := binary.LittleEndian.Uint16(z.file[z.at:]), binary.LittleEndian.Uint16(z.file[z.at+2:])
		if n != ^inverse {
			return z.corrupt()
		}
		z.at += 4
		if z.state, z.left = storedBlock, int(n); n == 0 {
			z.endBlock()
		}
		return nil
	case 1:
		z.litCount = copy(z.lengths[:], fixedLits[:])
		copy(z.lengths[maxLits:], fixedDists[:])
		return z.tables(maxDists)
	case 2:
		return z.dynamic()
	}
	return z.corrupt()
}

// codeOrder is in which order the lengths of the codes for lengths come.
var codeOrder = [...]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamic reads the codes of a block (RFC 1951, 3.2.7).
func (z *Reader) dynamic() error {
	counts, err := z.take(14)
	if err != nil {
		return err
	}
	lits, dists, codes := int(counts&31)+257, int(counts>>5&31)+1, int(counts>>10)+4
	if lits > 286 || dists > 30 {
		return z.corrupt()
	}
	var codeLengths [len(codeOrder)]uint8
	for _, c := range codeOrder[:codes] {
		n, err := z.take(3)
		if err != nil {
			return err
		}
		codeLengths[c] = uint8(n)
	}
	if _, ok := build(z.codes[:], lengthBits, codeLengths[:], lengthSymbols[:]); !ok {
		return z.corrupt()
	}
	for i := 0; i < lits+dists; {
		z.fill()
		e := z.codes[z.bits&(lengthEntries-1)]
		if e == 0 {
			return z.corrupt()
		}
		if _, err := z.take(uint(e & 63)); err != nil {
			return err
		}
		value, repeat := uint8(e>>12), 1
		if value >= 16 {
			extra, least := uint(2), 3
			switch {
			case value == 16 && i == 0:
				return z.corrupt()
			case value == 17:
				extra = 3
			case value == 18:
				extra, least = 7, 11
			}
			more, err := z.take(extra)
			if err != nil {
				return err
			}
			if repeat = least + int(more); value == 16 {
				value = z.lengths[i-1]
			} else {
				value = 0
			}
		}
		if i+repeat > lits+dists {
			return z.corrupt()
		}
		for range repeat {
			z.lengths[i] = value
			i++
		}
	}
	z.litCount = lits
	return z.tables(dists)
}

// tables makes the tables of a block, of lengths: those of litCount codes, then of so many distances.
func (z *Reader) tables(dists int) error {
	var okLits, okDists bool
	z.litSub, okLits = build(z.lits[:], litBits, z.lengths[:z.litCount], litSymbols[:])
	z.distSub, okDists = build(z.dists[:], distBits, z.lengths[z.litCount:z.litCount+dists], distSymbols[:])
	if !okLits || !okDists {
		return z.corrupt()
	}
	pair(&z.lits)
	return nil
}

// symbol decodes one symbol of a block with the bits that there are: one literal, a match or the end.
func (z *Reader) symbol() error {
	z.fill()
	rest, n := z.bits, z.n
	pass := func(of uint) bool {
		if of > n {
			return false
		}
		rest >>= of
		n -= of
		return true
	}
	e := z.lits[rest&(1<<litBits-1)]
	if e&isLink != 0 {
		e = z.lits[int(e>>8&0xffff)+int(rest>>litBits&(1<<z.litSub-1))]
	}
	switch {
	case e&isLiteral != 0:
		c := byte(e >> 8)
		if !pass(uint(z.lengths[c])) {
			return io.ErrUnexpectedEOF
		}
		z.window[z.to] = c
		z.to++
	case e&isMatch != 0:
		before := rest
		if !pass(uint(e & 63)) {
			return io.ErrUnexpectedEOF
		}
		length := valueOf(e, before)
		d := z.dists[rest&(1<<distBits-1)]
		if d&isLink != 0 {
			d = z.dists[int(d>>8&0xffff)+int(rest>>distBits&(1<<z.distSub-1))]
		}
		before = rest
		if !pass(uint(d & 63)) {
			return io.ErrUnexpectedEOF
		}
		distance := valueOf(d, before)
		if d&isMatch == 0 || distance > z.to-z.begin {
			return z.corrupt()
		}
		for range length {
			z.window[z.to] = z.window[z.to-distance]
			z.to++
		}
	case e&isEnd != 0:
		if !pass(uint(e & 63)) {
			return io.ErrUnexpectedEOF
		}
		z.endBlock()
	case n == 0 && z.at == len(z.file):
		return io.ErrUnexpectedEOF
	default:
		return z.corrupt()
	}
	z.bits, z.n = rest, n
	return nil
}

// valueOf returns the length or distance of an entry: its base, and the bits that follow its code.
func valueOf(e entry, bits uint64) int {
	return int(e>>12&0xffff) + int(bits&(1<<(e&63)-1)>>(e>>8&15))
}

// quick decodes symbols of a block, as long as the file has many more bytes and the window room. It stops before
// any symbol that is neither a literal nor a match that is right.
func (z *Reader) quick() {
	file, at, bits, n := z.file, z.at, z.bits, z.n
	window, to := z.window, z.to
	lits, dists := &z.lits, &z.dists
	litMask, distMask := uint64(1)<<(z.litSub&63)-1, uint64(1)<<(z.distSub&63)-1
	limit := len(window) - slackBytes
	for at+16 <= len(file) && to <= limit {
		bits |= binary.LittleEndian.Uint64(file[at:]) << (n & 63)
		at += int((63 - n) >> 3)
		n |= 56
		e := lits[bits&(1<<litBits-1)]
		if e&isLiteral != 0 {
			binary.LittleEndian.PutUint16(window[to:], uint16(e>>8))
			to += int(e >> 24 & 3)
			bits >>= e & 63
			n -= uint(e & 63)
			if e = lits[bits&(1<<litBits-1)]; e&isLiteral != 0 {
				binary.LittleEndian.PutUint16(window[to:], uint16(e>>8))
				to += int(e >> 24 & 3)
				bits >>= e & 63
				n -= uint(e & 63)
				if e = lits[bits&(1<<litBits-1)]; e&isLiteral != 0 {
					binary.LittleEndian.PutUint16(window[to:], uint16(e>>8))
					to += int(e >> 24 & 3)
					bits >>= e & 63
					n -= uint(e & 63)
					continue
				}
			}
		}
		if e&isLink != 0 {
			if e = lits[int(e>>8&0xffff)+int(bits>>litBits&litMask)]; e&isLiteral != 0 {
				window[to] = byte(e >> 8)
				to++
				bits >>= e & 63
				n -= uint(e & 63)
				continue
			}
		}
		if e&isMatch == 0 {
			break
		}
		length := int(e>>12&0xffff) + int(bits&(1<<(e&63)-1)>>(e>>8&15))
		// A match is at most 48 bits long, a length 20 of them.
		rest, left, next := bits>>(e&63), n-uint(e&63), at
		rest |= binary.LittleEndian.Uint64(file[next:]) << (left & 63)
		next += int((63 - left) >> 3)
		left |= 56
		d := dists[rest&(1<<distBits-1)]
		if d&isLink != 0 {
			d = dists[int(d>>8&0xffff)+int(rest>>distBits&distMask)]
		}
		distance := int(d>>12&0xffff) + int(rest&(1<<(d&63)-1)>>(d>>8&15))
		if d&isMatch == 0 || distance > to-z.begin {
			break
		}
		bits, n, at = rest>>(d&63), left-uint(d&63), next
		if distance >= 16 && length <= 32 { // most are
			dst, src := window[to:to+32], window[to-distance:to-distance+32]
			*(*[16]byte)(dst) = *(*[16]byte)(src)
			*(*[16]byte)(dst[16:]) = *(*[16]byte)(src[16:])
		} else {
			copyMatch(window, to, distance, length)
		}
		to += length
	}
	z.at, z.bits, z.n, z.to = at, bits, n, to
}

// copyMatch repeats at to what stands so far before it. It may write up to 15 bytes more.
func copyMatch(window []byte, to, distance, length int) {
	dst := window[to : to+length+16]
	src := window[to-distance : to+length+16]
	switch {
	case distance >= 16:
		for i := 0; i < length; i += 16 {
			*(*[16]byte)(dst[i:]) = *(*[16]byte)(src[i:])
		}
	case distance >= 8:
		for i := 0; i < length; i += 8 {
			*(*[8]byte)(dst[i:]) = *(*[8]byte)(src[i:])
		}
	default:
		for i := range length {
			dst[i] = src[i]
		}
	}
}
