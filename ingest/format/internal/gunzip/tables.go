package gunzip

import "math/bits"

// A table tells what the next bits of a block mean, looked up by as many of them as its primary part
// has bits for. Codes that are longer lead on to a secondary part, by the bits that follow:
//
//	bits ──low primaryBits──► entry ──┬─► one literal, or two whose codes fit
//	                                  ├─► a length or distance: its base, and how many further bits add to it
//	                                  ├─► the end of the block
//	                                  └─► link ──next bits──► entry
//
// An entry, from its low bits on:
//
//	        0–5            8–11         12–27      28–31
//	code    bits to pass   code's bits  base       isMatch, isEnd, isLink, isLiteral
//	literal bits to pass   8–15 first, 16–23 second, 24–25 how many
//	link                   8–23 where the secondary part begins
//
// One without any flag is of a symbol that must not be there.
type entry = uint32

const (
	isMatch   = 1 << 28
	isEnd     = 1 << 29
	isLink    = 1 << 30
	isLiteral = 1 << 31

	maxCodeBits = 15
	litBits     = 10
	distBits    = 8
	lengthBits  = 7 // of the codes that code lengths are written in: none is longer

	maxLits      = 288
	maxDists     = 32
	maxMatch     = 258
	historyBytes = 32 << 10

	// Each secondary part has two codes at least.
	litEntries    = 1<<litBits + maxLits/2<<(maxCodeBits-litBits)
	distEntries   = 1<<distBits + maxDists/2<<(maxCodeBits-distBits)
	lengthEntries = 1 << lengthBits
)

// symbols hold the entry of each symbol, but for the bits of its code.
var (
	litSymbols, distSymbols = symbols()
	lengthSymbols           = numbers()
	fixedLits, fixedDists   = fixedLengths()
)

// symbols follow from RFC 1951, 3.2.5.
func symbols() (lits [maxLits]entry, dists [maxDists]entry) {
	for c := range 256 {
		lits[c] = isLiteral | 1<<24 | entry(c)<<8
	}
	lits[256] = isEnd
	base := 3
	for i := range 28 {
		extra := max(0, i/4-1)
		lits[257+i] = isMatch | entry(base)<<12 | entry(extra)
		base += 1 << extra
	}
	lits[285] = isMatch | maxMatch<<12
	base = 1
	for i := range 30 {
		extra := max(0, i/2-1)
		dists[i] = isMatch | entry(base)<<12 | entry(extra)
		base += 1 << extra
	}
	return lits, dists
}

func numbers() (out [19]entry) {
	for i := range out {
		out[i] = isMatch | entry(i)<<12
	}
	return out
}

// fixedLengths are those of RFC 1951, 3.2.6.
func fixedLengths() (lits [maxLits]uint8, dists [maxDists]uint8) {
	for i := range lits {
		switch {
		case i < 144:
			lits[i] = 8
		case i < 256:
			lits[i] = 9
		case i < 280:
			lits[i] = 7
		default:
			lits[i] = 8
		}
	}
	for i := range dists {
		dists[i] = 5
	}
	return lits, dists
}

// build fills a table by the lengths of the symbols' codes, and returns how many bits look up a secondary part. It is
// false if these are no prefix code that uses all combinations of bits, but for one of a single code of one bit, and of none.
func build(table []entry, primary uint, lengths []uint8, symbols []entry) (secondary uint, ok bool) {
	var count, next [maxCodeBits + 1]uint32
	longest := uint(0)
	for _, n := range lengths {
		count[n]++
		longest = max(longest, uint(n))
	}
	count[0] = 0
	code := uint32(0)
	for n := uint(1); n <= longest; n++ {
		code = (code + count[n-1]) << 1
		next[n] = code
	}
	switch end := code + count[longest]; {
	case longest == 0, longest == 1 && end == 1:
		clear(table[:1<<primary])
	case end != 1<<longest:
		return 0, false
	}
	if longest > primary {
		secondary = longest - primary
	}
	free := 1 << primary
	prefix, begin := -1, 0 // of the secondary part at hand
	for n := uint(1); n <= primary; n++ {
		if count[n] > 0 {
			for s, length := range lengths {
				if uint(length) != n {
					continue
				}
				e := coded(symbols[s], n)
				for at := int(bits.Reverse32(next[n]) >> (32 - n)); at < 1<<primary; at += 1 << n {
					table[at] = e
				}
				next[n]++
			}
		}
	}
	for n := primary + 1; n <= longest; n++ { // the codes come in their own order, so that a secondary part's stand together
		if count[n] == 0 {
			continue
		}
		for s, length := range lengths {
			if uint(length) != n {
				continue
			}
			reversed := int(bits.Reverse32(next[n]) >> (32 - n))
			next[n]++
			if p := reversed & (1<<primary - 1); p != prefix {
				prefix, begin = p, free
				free += 1 << secondary
				table[p] = isLink | entry(begin)<<8
			}
			e := coded(symbols[s], n)
			for at := reversed >> primary; at < 1<<secondary; at += 1 << (n - primary) {
				table[begin+at] = e
			}
		}
	}
	return secondary, true
}

// coded returns the entry of a symbol with a code of so many bits.
func coded(symbol entry, n uint) entry {
	if symbol&isMatch != 0 {
		return symbol + entry(n) + entry(n)<<8
	}
	return symbol | entry(n)
}

// pair lets entries for a literal stand for the next one, too, if the bits are enough for both.
func pair(table *[litEntries]entry) {
	for at := 1<<litBits - 1; at >= 0; at-- { // those that are looked at for the second one come later
		first := table[at]
		if first&isLiteral == 0 {
			continue
		}
		n := first & 63
		second := table[at>>n]
		if second&isLiteral != 0 && n+second&63 <= litBits {
			table[at] = isLiteral | 2<<24 | second>>8&0xff<<16 | first&0xff00 | (n + second&63)
		}
	}
}
