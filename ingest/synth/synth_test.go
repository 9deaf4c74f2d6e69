package synth

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"
)

func must(t testing.TB, opts Options) *Generator {
	t.Helper()
	g, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestEveryRecordIsJSON(t *testing.T) {
	n := 0
	for r := range must(t, Options{Seed: 1, Events: 20000, Story: true}).Records() {
		if !json.Valid(r) {
			t.Fatalf("not JSON: %s", r)
		}
		n++
	}
	if n != 20000 {
		t.Errorf("%d records", n)
	}
}

func digest(t *testing.T, opts Options) string {
	h := sha256.New()
	g := must(t, opts)
	for f := g.Next(); f != nil; f = g.Next() {
		h.Write([]byte(f.Path))
		h.Write(f.Text)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestStoryCount(t *testing.T) {
	g := must(t, Options{Story: true})
	if n := len(g.tell(g.opts.StoryStart())); n != StoryEvents {
		t.Errorf("%d, constant %d", n, StoryEvents)
	}
}
func BenchmarkRecords(b *testing.B) {
	g := must(b, Options{Events: 1 << 29})
	b.ReportAllocs()
	n, bytes := 0, 0
	for r := range g.Records() {
		if n == b.N {
			break
		}
		n++
		bytes += len(r)
	}
	b.SetBytes(int64(bytes / n))
}
