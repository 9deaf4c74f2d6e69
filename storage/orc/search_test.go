package orc

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// expectSearch holds a search of a column, whose rows are want, against strings.Contains row by row.
func expectSearch(t testing.TB, what string, c *ColumnReader, want vector.Vector, rows []int32, without, keep bool, texts ...string) {
	t.Helper()
	var needles []*vector.Needle
	for _, text := range texts {
		needles = append(needles, vector.NewNeedle(text))
	}
	hits, found, err := c.Search(rows, needles, without, keep)
	if err != nil {
		t.Fatalf("%s: search for %q: %v", what, texts, err)
	}
	var expected []int32
	view := vector.ViewOf[string](want)
	for _, row := range rows {
		contains := slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(view.Get(int(row)), text) })
		if !view.Nulls.Has(int(row)) && contains != without {
			expected = append(expected, row)
		}
	}
	if !slices.Equal(hits, expected) {
		t.Fatalf("%s: rows %v contain %q, %v do", what, hits, texts, expected)
	}
	if keep {
		expectSame(t, what, found, vector.Gather(want, expected))
	}
}

// searches looks for pieces of rows of a column, and for what is in none.
func (s *script) searches(t testing.TB, what string, c *ColumnReader, want vector.Vector) {
	t.Helper()
	n := want.Len()
	all := make([]int32, n)
	for i := range all {
		all[i] = int32(i)
	}
	view := vector.ViewOf[string](want)
	texts := []string{"no such text"}
	for range s.below(4) {
		if n == 0 {
			break
		}
		row := int(s.bits(16)) % n
		text := view.Get(row) + view.Get(min(row+1, n-1)) // may lie in two rows
		from := s.below(min(len(text), 200) + 1)
		if text = text[from:min(len(text), from+1+s.below(12))]; text != "" {
			texts = append(texts, text)
		}
	}
	without, from := s.below(3) == 0, s.below(n+1)
	expectSearch(t, what+" all", c, want, all, without, !without, texts...)
	expectSearch(t, what+" some", c, want, s.selection(n), without, !without, texts...)
	expectSearch(t, what+" the first", c, want, all[:from], false, s.below(2) == 0, texts[:1]...)
	expectSearch(t, what+" the rest", c, want, all[from:], without, false, texts...)
}

// TestSearchAtBorders has needles at the borders of chunks and rows, in texts with NULLs and empty ones between them.
func TestSearchAtBorders(t *testing.T) {
	schema := types.RowOf(types.Field{Name: "c", Type: types.TVarchar})
	r := rand.New(rand.NewPCG(3, 4))
	for _, chunk := range []int{1, 3, 16, 100, 5000} {
		for _, codec := range []Compression{None, Zstd, Snappy} {
			b := vector.NewBuilder(types.TVarchar, 0).(*vector.FlatBuilder[string])
			for i := range 1000 {
				switch {
				case i%7 == 3:
					b.AppendNull()
				case i%11 == 5:
					b.AppendValue("")
				default: // few letters, so that needles overlap themselves
					b.AppendValue(strings.Repeat([]string{"ab", "aba", "é世", "b"}[r.IntN(4)], r.IntN(40)))
				}
			}
			want := b.Build()
			file, _ := writeFile(t, schema, WriterOptions{Compression: codec, ChunkBytes: chunk, DictionaryThreshold: -1, RowIndexStride: 128, StripeRows: 1024},
				batchOf(want))
			s, err := open(t, file).Stripe(0)
			if err != nil {
				t.Fatal(err)
			}
			c, err := s.Column([]string{"c"})
			if err != nil {
				t.Fatal(err)
			}
			if !c.Searchable() {
				t.Fatal("a column without a dictionary cannot be searched")
			}
			var all, some, few []int32
			for i := range int32(1000) {
				all = append(all, i)
				if i%3 != 1 {
					some = append(some, i)
				}
				if i%50 < 2 {
					few = append(few, i)
				}
			}
			for _, texts := range [][]string{{"a"}, {"aa"}, {"abab"}, {"é"}, {"世é"}, {"\xe4"}, {strings.Repeat("ab", 39)}, {strings.Repeat("ab", 60)},
				{"bb", "éé"}, {"世é", "ba", "none"}} {
				what := fmt.Sprintf("chunks of %d bytes", chunk)
				for _, rows := range [][]int32{all, some, few, all[950:], nil} {
					expectSearch(t, what, c, want, rows, false, true, texts...)
					expectSearch(t, what, c, want, rows, true, false, texts...)
				}
				half, err := c.Read(100, 30) // between searches
				if err != nil {
					t.Fatal(err)
				}
				expectSame(t, what, half, vector.Slice(want, 100, 130))
			}
		}
	}
}

func TestSearchRefuses(t *testing.T) {
	b, _ := writeFile(t, one(types.TVarchar), WriterOptions{}, batchOf(flatOf(types.TVarchar, "a", "a", "a", "a")))
	s, err := open(t, b).Stripe(0)
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Column([]string{"c"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Searchable() {
		t.Fatal("a column with a dictionary can be searched")
	}
	if _, _, err := c.Search([]int32{0}, nil, false, false); err == nil {
		t.Error("a column with a dictionary was searched")
	}
}
