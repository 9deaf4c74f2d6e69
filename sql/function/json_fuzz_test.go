package function

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"
)

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
		if valid && !ok && len(s) < maxJSONDepth {
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

// FuzzPattern looks for panics in the translation of patterns and in replacements.
func FuzzPattern(f *testing.F) {
	for _, s := range []string{`a++b`, `(?<x>a)\k<x>`, `[\p{Alpha}&&x]`, `\Qa\E`, `(?i:x)`, `\x{41}`, `\0101`, `{1}`, `a{2,3}+`, `(?`, `\`} {
		f.Add(s, "aab $1")
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern) > 100 || len(s) > 100 {
			return
		}
		m, err := compilePattern(pattern)
		if err != nil || m.back != nil {
			return
		}
		_, _ = replaceMatches(s, m, func(dst []byte, found span) ([]byte, error) { return m.expand(dst, s, s, found) })
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
