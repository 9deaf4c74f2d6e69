package orc

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestDictionaryOrder: entries stand in the order of their bytes, however many there are and whatever they share.
func TestDictionaryOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	f := func(name string, texts []string) {
		t.Run(name, func(t *testing.T) {
			slices.Sort(texts)
			texts = slices.Compact(texts)
			want := slices.Clone(texts)
			r.Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
			w := &stringWriter{}
			for _, s := range texts {
				w.entries = append(w.entries, dictionaryEntry{text: w.texts.add(s)})
				w.uses = append(w.uses, entryUse{length: len(s)})
			}
			var got []string
			for _, x := range w.sorted() {
				got = append(got, w.text(x.id))
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d entries in another order than that of their bytes", len(got))
			}
		})
	}
	many := func(n int, text func(i int) string) (texts []string) {
		for i := range n {
			texts = append(texts, text(i))
		}
		return texts
	}
	f("one", []string{""})
	f("few", []string{"", "\x00", "\x00\x00", "a", "a\x00", "ab", "\xff", "é"})
	f("names", many(3000, func(i int) string { return fmt.Sprintf("arn:aws:iam::%012d:role/%d", i%7, i) }))
	f("zeros", many(300, func(i int) string { return "abc" + strings.Repeat("\x00", i) }))
	f("zeros and others", many(900, func(i int) string { return "abcdefg" + strings.Repeat("\x00", i%40) + strings.Repeat("x", i/40) }))
	f("deep", many(1000, func(i int) string { return strings.Repeat("0123456789", i%300) + fmt.Sprint(i/300) }))
	f("random", many(2000, func(int) string {
		b := make([]byte, r.IntN(12))
		for i := range b {
			b[i] = "\x00\x01ab\xff"[r.IntN(5)]
		}
		return string(b)
	}))
}

// TestTextPages: texts stay what they are while others are added, small and large, and after others were forgotten.
func TestTextPages(t *testing.T) {
	var pages textPages
	for range 3 {
		var want, got []string
		var places []textPlace
		for i := range 5000 {
			s := strings.Repeat(string(rune('a'+i%26)), i%70)
			if i%1000 == 0 {
				s = strings.Repeat("x", 3*maxPageBytes+i)
			}
			want, places = append(want, s), append(places, pages.add(s))
		}
		for i, at := range places {
			got = append(got, pages.text(at, len(want[i])))
		}
		if !slices.Equal(got, want) {
			t.Fatal("a text has changed")
		}
		if bytes := len(strings.Join(want, "")); pages.bytes != bytes {
			t.Fatalf("%d bytes, of %d", pages.bytes, bytes)
		}
		pages.reset()
	}
}
