package function

import (
	"bytes"
	"encoding/json"
	"regexp"
	"testing"
	"unicode/utf8"
)

// hugeExponent finds numbers that Java's BigDecimal does not hold.
var hugeExponent = regexp.MustCompile(`[eE][+-]?[0-9]{9,}`)

// FuzzJSON compares the scanner with encoding/json: what is JSON, and that the
// canonical form means the same and is canonical itself.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"b":1,"a":[1,2.50,-0,1e3],"b":null}`, `"\u00e4\ud83d\ude00\n"`, `[[[]]]`, `{"a":{}} x`, `01`, `1.`, `"` + "\x01" + `"`, ` true `} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := normalizeJSON(nil, s)
		if !utf8.ValidString(s) {
			return
		}
		var want any
		d := json.NewDecoder(bytes.NewReader([]byte(s)))
		d.UseNumber()
		valid := json.Valid([]byte(s))
		if ok && !valid {
			t.Fatalf("%q is no JSON, but became %s", s, got)
		}
		if valid && !ok && len(s) < maxJSONDepth && !hugeExponent.MatchString(s) {
			t.Fatalf("%q is JSON", s)
		}
		if !ok {
			return
		}
		if err := d.Decode(&want); err != nil {
			t.Fatal(err)
		}
		again, ok := normalizeJSON(nil, string(got))
		if !ok || !bytes.Equal(got, again) {
			t.Fatalf("%q became %s, and that %s", s, got, again)
		}
		for _, path := range []string{"$.a", "$[0].b", "$"} {
			p, err := parseJSONPath(path)
			if err != nil {
				t.Fatal(err)
			}
			p.find(&jsonScan{text: s})
		}
	})
}

// TestJSONDepth makes sure that nesting is bounded.
func TestJSONDepth(t *testing.T) {
	for _, n := range []int{maxJSONDepth, maxJSONDepth + 1} {
		s := string(bytes.Repeat([]byte("["), n)) + string(bytes.Repeat([]byte("]"), n))
		if _, ok := normalizeJSON(nil, s); ok != (n <= maxJSONDepth) {
			t.Errorf("%d levels: %v", n, ok)
		}
	}
}
