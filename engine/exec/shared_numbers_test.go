package exec

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// TestSharedNumbersAreThoseOfValues has workers number columns in all forms at the same time: equal texts have one number,
// others another one, and the numbers lead back to the texts.
func TestSharedNumbersAreThoseOfValues(t *testing.T) {
	const workers, steps = 3, 12
	origins := []*vector.Origin{{}, {}}
	for round := range uint64(100) {
		shared := newSharedNumbers(types.TVarchar, hashString)
		var rows [workers][]vector.Vector
		var numbers [workers][][]int32
		err := together(context.Background(), workers, workers, func(w int) error {
			r := rand.New(rand.NewPCG(round, uint64(w)))
			n := shared.numberer()
			for step := range steps {
				form := 0
				if round%2 == 1 && r.IntN(3) == 0 && step > int(round)%10 { // sooner or later something else comes
					form = r.IntN(6)
				}
				v := randomTexts(r, form, origins)
				out := make([]int32, v.Len())
				n.numbers(v, form == 2 && round%4 == 1, out)
				rows[w], numbers[w] = append(rows[w], v), append(numbers[w], out)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		all, limit := shared.all(), int32(shared.limit())
		of := map[string]int32{}
		for w := range rows {
			for step, v := range rows[w] {
				back := columnOf(numbers[w][step], all)
				for i, n := range numbers[w][step] {
					if n < 0 || n >= limit || vector.Distinct(v, i, back, i) {
						t.Fatalf("round %d: number %d of %d is of another text than %s", round, n, limit, vector.AppendText(nil, v, i))
					}
					if n == 0 {
						continue
					}
					text := vector.ViewOf[string](v).Get(i)
					if known, ok := of[text]; ok && known != n {
						t.Fatalf("round %d: %q has the numbers %d and %d", round, text, known, n)
					}
					of[text] = n
				}
			}
		}
	}
}

// TestMemoFindsWhatTheTableHas compares a memo's answers with those of a table, asked value by value.
func TestMemoFindsWhatTheTableHas(t *testing.T) {
	origins := []*vector.Origin{{}, {}}
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 100 {
		in := newInterner(types.TVarchar, round%2 == 0)
		for range 4 {
			v := randomTexts(r, r.IntN(6), origins)
			in.codes(v, make([]int32, v.Len()))
		}
		known := &keyValues{interner: in}
		var memo entryMemo
		form := 0
		for range 12 {
			if r.IntN(3) == 0 {
				form = r.IntN(6)
			}
			v := randomTexts(r, form, origins)
			if d, ok := v.(*vector.Dictionary); ok && r.IntN(4) == 0 {
				known.codes(d.Values)
			}
			got, want := make([]int32, v.Len()), make([]int32, v.Len())
			memo.find(in, known, v, got)
			in.find(v, want)
			if !slices.Equal(got, want) {
				t.Fatalf("round %d: %v, not %v", round, got, want)
			}
		}
	}
}
