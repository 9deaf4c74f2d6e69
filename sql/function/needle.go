package function

import "strings"

// needle is a text that is looked for in many others. In long ones it is found by that of its bytes which is the
// rarest in what was seen first, where the standard library looks for the first byte:
//
//	AuthFailure   in records, F is rarer than A
//
// It is for one goroutine.
type needle struct {
	text  string
	rare  int // the place of the byte that is looked for
	seen  int // bytes that were counted
	count [256]int32

	passed, missed int // bytes passed over by the rare byte, and places where the rest was not there
}

const (
	// needleLongBytes is from how many bytes on a text is long.
	needleLongBytes = 256
	// needleSampleBytes is how many bytes are counted.
	needleSampleBytes = 16 << 10
	// needleMissBytes is how many bytes a place where the rest is not there must be worth.
	needleMissBytes = 24
)

func newNeedle(text string) *needle { return &needle{text: text} }

// index is strings.Index(s, n.text).
func (n *needle) index(s string) int {
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

// sample counts the bytes of s and chooses anew.
func (n *needle) sample(s string) {
	s = s[:min(len(s), needleSampleBytes)]
	n.seen += len(s)
	for i := range len(s) {
		n.count[s[i]]++
	}
	for i := range len(n.text) {
		if n.count[n.text[i]] < n.count[n.text[n.rare]] {
			n.rare = i
		}
	}
}
