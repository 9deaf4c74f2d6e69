package gunzip

import "math/bits"

// A table finds the symbol that begins the next bits: by the first of them in its main part, and where its
// code is longer by the others in a part of its own, to which the main part links. An entry is
//
//	bits 16…30  the literal; the least length or distance; of a link the place of its part
//	bits 8…11   length of the code; of a link the bits that find the entry in its part
//	bits 0…5    bits to consume, those behind the code included that are added to a length or distance
//	31 literal · 15 special: 14 a link, 13 the end of the block, else no code
type table struct {
	bits uint // of the main part
}

const (
	isLiteral  = 1 << 31
	isSpecial  = 1 << 15
	isLink     = 1 << 14
	isEnd      = 1 << 13
	valueShift = 16
	codeShift  = 8

	maxCodeBits  = 15
	literalBits  = 11
	distanceBits = 9
	lengthBits   = 7 // of the code of code lengths, none of which is longer

	maxLiterals  = 288
	maxDistances = 32
	maxCodes     = maxLiterals + maxDistances

	// Slots for the main part and all others, powers of two: where codes begin alike there are two at least, so
	// that there are parts of 2^(15-11) entries for half of the literals at most, and of 2^(15-9) for half of the distances.
	literalSlots  = 1 << 13
	distanceSlots = 1 << 11
)

// Codes of lengths and distances: the least one, and how many bits are added.
var (
	lengthBase   = [29]uint32{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthExtra  = [29]uint32{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distanceBase = [30]uint32{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769,
		1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}
	distanceExtra = [30]uint32{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}
)

const endOfBlock = 256

// literalEntry and the like return the entry of a symbol, without its code's length.
func literalEntry(symbol int) uint32 {
	switch {
	case symbol < endOfBlock:
		return isLiteral | uint32(symbol)<<valueShift
	case symbol == endOfBlock:
		return isSpecial | isEnd
	case symbol-endOfBlock-1 < len(lengthBase):
		i := symbol - endOfBlock - 1
		return lengthBase[i]<<valueShift | lengthExtra[i]
	}
	return isSpecial
}

func distanceEntry(symbol int) uint32 {
	if symbol < len(distanceBase) {
		return distanceBase[symbol]<<valueShift | distanceExtra[symbol]
	}
	return isSpecial
}

func plainEntry(symbol int) uint32 { return isLiteral | uint32(symbol)<<valueShift }

// build makes the table of a code from the lengths of its symbols' codes. The code must be complete, or have
// one symbol of one bit, or none: that is found out when it is used.
func build(slots []uint32, mainBits uint, lengths []uint8, entry func(symbol int) uint32) (table, error) {
	var count, next [maxCodeBits + 2]int
	longest := uint(0)
	for _, n := range lengths {
		count[n]++
		longest = max(longest, uint(n))
	}
	count[0] = 0
	code := 0
	for n := 1; n <= maxCodeBits; n++ {
		code = (code + count[n-1]) << 1
		next[n] = code
	}
	used := 0
	for n := 1; n <= maxCodeBits; n++ {
		used += count[n] << (maxCodeBits - n)
	}
	if used != 1<<maxCodeBits && longest > 1 || used > 1<<maxCodeBits {
		return table{}, ErrCorrupt
	}
	t := table{bits: max(1, min(mainBits, longest))}
	mainSize := 1 << t.bits
	for i := range mainSize {
		slots[i] = isSpecial // no code
	}
	free := mainSize
	for symbol, length := range lengths {
		if length == 0 {
			continue
		}
		n := uint(length)
		code := int(bits.Reverse16(uint16(next[n])) >> (16 - n))
		next[n]++
		e := entry(symbol)
		if n <= t.bits {
			e += uint32(n) // to what is added
			e |= uint32(n) << codeShift
			for i := code; i < mainSize; i += 1 << n {
				slots[i] = e
			}
			continue
		}
		head, rest := code&(mainSize-1), n-t.bits
		if slots[head]&isLink == 0 {
			width := longest - t.bits
			for i := range 1 << width {
				slots[free+i] = isSpecial
			}
			slots[head] = isSpecial | isLink | uint32(free)<<valueShift | uint32(width)<<codeShift | uint32(t.bits)
			free += 1 << width
		}
		link := slots[head]
		from, width := int(link>>valueShift), link>>codeShift&15
		e += uint32(rest)
		e |= uint32(rest) << codeShift
		for i := code >> t.bits; i < 1<<width; i += 1 << rest {
			slots[from+i] = e
		}
	}
	return t, nil
}

// fixedCodes makes the tables of blocks without tables of their own.
func (r *Reader) fixedCodes() {
	lengths := r.lengths[:maxLiterals]
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	r.literals, _ = build(r.literalMem[:], literalBits, lengths, literalEntry) // complete
	lengths = r.lengths[:maxDistances]
	for i := range lengths {
		lengths[i] = 5
	}
	r.distances, _ = build(r.distMem[:], distanceBits, lengths, distanceEntry) // complete
}

// order is that in which the lengths of the codes of lengths stand.
var order = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamicCodes reads the tables of a block.
func (r *Reader) dynamicCodes() error {
	head, err := r.number(14)
	if err != nil {
		return err
	}
	literals, distances, codes := int(head&31)+257, int(head>>5&31)+1, int(head>>10&15)+4
	if literals > maxLiterals-2 || distances > maxDistances-2 {
		return ErrCorrupt
	}
	var of [19]uint8
	for _, symbol := range order[:codes] {
		n, err := r.number(3)
		if err != nil {
			return err
		}
		of[symbol] = uint8(n)
	}
	t, err := build(r.literalMem[:], lengthBits, of[:], plainEntry)
	if err != nil {
		return err
	}
	lengths := r.lengths[:literals+distances]
	for i := 0; i < len(lengths); {
		e, err := r.symbol(r.literalMem[:], t)
		if err != nil {
			return err
		}
		r.take(uint(e & 63))
		symbol := e >> valueShift & 31
		if symbol < 16 {
			lengths[i] = uint8(symbol)
			i++
			continue
		}
		repeated, extra, least := uint8(0), uint(2), 3
		switch symbol {
		case 16:
			if i == 0 {
				return ErrCorrupt
			}
			repeated = lengths[i-1]
		case 17:
			extra = 3
		default:
			extra, least = 7, 11
		}
		more, err := r.number(extra)
		if err != nil {
			return err
		}
		n := least + int(more)
		if n > len(lengths)-i {
			return ErrCorrupt
		}
		for range n {
			lengths[i] = repeated
			i++
		}
	}
	if r.literals, err = build(r.literalMem[:], literalBits, lengths[:literals], literalEntry); err != nil {
		return err
	}
	r.distances, err = build(r.distMem[:], distanceBits, lengths[literals:], distanceEntry)
	return err
}
