package vector

import "strings"

// Needle is a text that is looked for in many others. In long ones it is found by that of its bytes which is the
// rarest in what was seen first, where the standard library looks for the first byte:
//
//	AuthFailure   in records, F is rarer than A
//
// It is for one goroutine.
type Needle struct {
	text  string
	rare  int // the place of the byte that is looked for
	seen  int // bytes that were counted
	count [256]int32

	passed, missed int // bytes passed over by the rare byte, and places where the rest was not there
}

const (
	// needleLongBytes is from how many bytes on a text is long.
	needleLongBytes = 256
	// needleSampleBytes is how many bytes are counted, of a text in so many pieces at most.
	needleSampleBytes  = 16 << 10
	needleSamplePieces = 16
	// needleMissBytes is how many bytes a place where the rest is not there must be worth.
	needleMissBytes = 24
)

// NewNeedle returns a needle.
func NewNeedle(text string) *Needle { return &Needle{text: text} }

// Text returns what is looked for.
func (n *Needle) Text() string { return n.text }

// Index is strings.Index(s, n.Text()). It keeps nothing of s.
func (n *Needle) Index(s string) int {
	if len(s) < needleLongBytes || len(n.text) < 2 {
		return strings.Index(s, n.text)
	}
	if n.seen < needleSampleBytes {
		n.sample(s)
	}
	if n.missed*needleMissBytes > n.passed+needleSampleBytes {
		return strings.Index(s, n.text)
	}
	rare := n.text[n.rare]
	last := len(s) - (len(n.text) - n.rare) // where the rare byte can be at most
	for from := n.rare; from <= last; {
		at := strings.IndexByte(s[from:last+1], rare)
		if at < 0 {
			n.passed += last + 1 - from
			return -1
		}
		n.passed += at
		from += at
		if start := from - n.rare; s[start:start+len(n.text)] == n.text {
			return start
		}
		n.missed++
		from++
	}
	return -1
}

// sample counts bytes all over s and chooses anew.
func (n *Needle) sample(s string) {
	piece, step := len(s), len(s)
	if len(s) > needleSampleBytes {
		piece, step = needleSampleBytes/needleSamplePieces, len(s)/needleSamplePieces
	}
	for from := 0; from+piece <= len(s); from += step {
		for _, b := range []byte(s[from : from+piece]) {
			n.count[b]++
		}
		n.seen += piece
	}
	for i := range len(n.text) {
		if n.count[n.text[i]] < n.count[n.text[n.rare]] {
			n.rare = i
		}
	}
}
