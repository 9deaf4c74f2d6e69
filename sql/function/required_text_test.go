package function

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestRequiredByLike(t *testing.T) {
	f := func(pattern, escape, text string, exact bool) {
		t.Helper()
		got, gotExact, ok := RequiredByLike(pattern, escape, escape != "")
		if got != text || gotExact != exact || ok != (text != "") {
			t.Errorf("LIKE %q ESCAPE %q: %q, exact %v, ok %v", pattern, escape, got, gotExact, ok)
		}
	}
	f("%abc%", "", "abc", true)
	f("%%abc%%", "", "abc", true)
	f("%世界%", "", "世界", true)
	f("%a%bcd%", "", "bcd", false)
	f("%a_bc%", "", "bc", false)
	f("%_abc%", "", "abc", false)
	f("%abc_%", "", "abc", false)
	f("_%abc%", "", "abc", false)
	f("abc%", "", "abc", false)
	f("%abc", "", "abc", false)
	f("abc", "", "abc", false)
	f("a%bcd%", "", "bcd", false)
	f("%50x%%", "x", "50%", true)
	f("%a\\_b%", "\\", "a_b", true)
	f("%", "", "", false)
	f("%_%", "", "", false)
	f("", "", "", false)
	f("%x", "x", "", false) // no pattern
	f("%abc%", "xy", "", false)
}

func TestRequiredByRegexp(t *testing.T) {
	f := func(pattern, text string, exact bool) {
		t.Helper()
		got, gotExact, ok := RequiredByRegexp(pattern)
		if got != text || gotExact != exact || ok != (text != "") {
			t.Errorf("%q: %q, exact %v, ok %v", pattern, got, gotExact, ok)
		}
	}
	f("AuthFailure", "AuthFailure", true)
	f(`a\.b`, "a.b", true)
	f("^abc", "abc", false)
	f("abc$", "abc", false)
	f("(?i)abc", "", false)
	f("a+bc?d", "a", false)
	f("Delete(Trail|Bucket)[0-9]+", "Delete", false)
	f("foo|bar", "", false)
	f("", "", false)
	f("(", "", false)
	f(`(a*)*abc\1`, "", false) // may take long
}

// TestRequiredTextIsInWhatMatches holds random patterns against random texts.
func TestRequiredTextIsInWhatMatches(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	text := func(letters string, n int) string {
		b := make([]byte, r.IntN(n))
		for i := range b {
			b[i] = letters[r.IntN(len(letters))]
		}
		return string(b)
	}
	for range 3000 {
		pattern := text("ab%%%_", 7)
		required, exact, ok := RequiredByLike(pattern, "", false)
		m, err := newLikeMatcher(pattern, "", false)
		if err != nil || !ok {
			continue
		}
		for range 30 {
			s := text("ab", 9)
			matches, _ := m.match(s)
			contains := strings.Contains(s, required)
			if matches && !contains || exact && contains != matches {
				t.Fatalf("%q LIKE %q is %v; required is %q, exact %v", s, pattern, matches, required, exact)
			}
		}
	}
}
