package vector

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// A Needle, held against the standard library, where its bytes are rare and where they are not.
func TestNeedle(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	text := func(n int, letters string) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = letters[r.IntN(len(letters))]
		}
		return string(b)
	}
	for _, letters := range []string{"ab", "abcdefghij", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"} {
		for _, length := range []int{0, 1, 2, 5, 40} {
			n := NewNeedle(text(length, letters))
			for range 300 {
				s := text(r.IntN(2000), letters)
				if r.IntN(2) == 0 {
					at := r.IntN(len(s) + 1)
					s = s[:at] + n.text + s[at:]
				}
				if got, want := n.Index(s), strings.Index(s, n.text); got != want {
					t.Fatalf("%q in %q: %d, want %d", n.text, s, got, want)
				}
			}
		}
	}
}
