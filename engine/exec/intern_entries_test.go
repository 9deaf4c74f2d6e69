package exec

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// word is an entry of the lists below.
func word(i int) string { return fmt.Sprint("word ", i) }

// randomTexts returns rows in one of the forms in which a column comes: a dictionary of one of two lists that grow,
// another dictionary, plain, constant.
func randomTexts(r *rand.Rand, form int, origins []*vector.Origin) vector.Vector {
	const words = 40
	n := 1 + r.IntN(20)
	var nulls vector.Bitmap
	if r.IntN(2) == 0 {
		nulls = vector.NewBitmap(n)
		for i := range n {
			if r.IntN(4) == 0 {
				nulls.Set(i)
			}
		}
	}
	ids := make([]int32, n)
	switch form {
	case 0, 1:
		list := make([]string, 1+r.IntN(words))
		for i := range list {
			list[i] = word(i * (1 - 2*form)) // of the two lists the same number means different words
		}
		for i := range ids {
			ids[i] = int32(r.IntN(len(list)))
		}
		return vector.NewDictionary(ids, vector.NewEntries(types.TVarchar, list, origins[form]), nulls)
	case 2:
		list := []string{word(3), word(1), word(3)}
		for i := range ids {
			ids[i] = int32(r.IntN(len(list)))
		}
		return vector.NewDictionary(ids, vector.NewFlat(types.TVarchar, list, nil), nulls)
	case 3:
		texts := make([]string, n)
		for i := range texts {
			texts[i] = word(r.IntN(words))
		}
		return vector.NewFlat(types.TVarchar, texts, nulls)
	case 4:
		return vector.NewConstant(vector.NewFlat(types.TVarchar, []string{word(r.IntN(words))}, nil), n)
	}
	return vector.NewNull(types.TVarchar, n)
}

func TestEntriesAreNumberedAsTextsAre(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	origins := []*vector.Origin{{}, {}}
	for round := range 300 {
		keys := slices.Repeat([]types.Type{types.TVarchar}, 1+round%2)
		byEntry, byText := newGrouper(keys, false), newGrouper(keys, true)
		for step := range 12 {
			columns := make([]vector.Vector, len(keys))
			for k := range columns {
				form := 0
				if r.IntN(3) == 0 && step > round%10 { // sooner or later something else comes
					form = r.IntN(6)
				}
				columns[k] = randomTexts(r, form, origins)
			}
			n := columns[0].Len()
			for k, c := range columns {
				for c.Len() < n {
					c = vector.Concat(types.TVarchar, c, c)
				}
				columns[k] = vector.Slice(c, 0, n)
			}
			got, want, scratch := make([]int32, n), make([]int32, n), make([]int32, n)
			check := func(what string) {
				t.Helper()
				if !slices.Equal(got, want) {
					t.Fatalf("round %d, step %d: %s is\n%v, not\n%v", round, step, what, got, want)
				}
			}
			if step%3 == 1 {
				byEntry.known(columns, n, got)
				byText.known(columns, n, want)
				check("what is known")
				byEntry.find(columns, n, got, scratch)
				byText.find(columns, n, want, scratch)
				check("what is found")
			}
			byEntry.groups(columns, n, got)
			byText.groups(columns, n, want)
			check("the group of each row")
			if byEntry.n != byText.n {
				t.Fatalf("%d groups, not %d", byEntry.n, byText.n)
			}
			for k, c := range byEntry.columns(0, byEntry.n) {
				for g, w := 0, byText.columns(0, byText.n)[k]; g < byText.n; g++ {
					if vector.Distinct(c, g, w, g) {
						t.Fatalf("round %d, step %d: group %d has another key", round, step, g)
					}
				}
			}
		}
		byEntry.release()
		clean := zeroed(1)
		if slices.ContainsFunc(clean[:cap(clean)], func(c int32) bool { return c != 0 }) {
			t.Fatal("what was released is not zero")
		}
	}
}
