package exec

import (
	"fmt"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Texts have the numbers that they have without UUIDs, whatever vectors they come in, before and after other texts.
func TestNumbersOfUUIDsAreThoseOfTexts(t *testing.T) {
	id := func(i int) string { return vector.UUID{Hi: uint64(i) * 0x9e3779b97f4a7c15, Lo: uint64(i)}.String() }
	uuids := func(ids ...int) vector.Vector { // NULL for negative ones
		values, nulls := make([]vector.UUID, len(ids)), vector.NewBitmap(len(ids))
		for i, n := range ids {
			if n < 0 {
				nulls.Set(i)
			} else {
				values[i], _ = vector.UUIDOf(id(n))
			}
		}
		return vector.NewUUIDs(types.TVarchar, values, nulls)
	}
	null := vector.NewNull(types.TVarchar, 2)
	dictionary := vector.NewDictionary([]int32{1, 0, 1}, vec(types.TVarchar, id(9), id(2)), nil)
	others := vec(types.TVarchar, id(3), "x", nil, "", id(1))
	many := make([]int, 3*maxAheadRows)
	for i := range many {
		many[i] = i % (2 * maxAheadRows)
	}
	for name, batches := range map[string][]vector.Vector{
		"UUIDs":           {uuids(1, 2, 1), uuids(3, 2)},
		"with NULL":       {null, uuids(1, -1, 2), uuids(-1, 4), null},
		"then texts":      {uuids(1, -1, 2), others, uuids(5, 2, 3, -1)},
		"NULL then texts": {null, others, uuids(5, 2)},
		"a dictionary":    {uuids(1, -1, 2), dictionary, uuids(9, 7), others},
		"first texts":     {others, uuids(1, 2), dictionary},
		"nothing first":   {vec(types.TVarchar), uuids(1), vec(types.TVarchar), others},
		"many":            {uuids(many...), others, uuids(many...)},
	} {
		compact, plain := newTextNumbers(types.TVarchar, false), newTexts(types.TVarchar, false, same[string])
		for b, v := range batches {
			got, want := make([]int32, v.Len()), make([]int32, v.Len())
			compact.codes(v, got)
			plain.codes(vector.Spelt(v), want)
			if fmt.Sprint(got) != fmt.Sprint(want) || compact.len() != plain.len() || compact.null() != plain.null() {
				t.Fatalf("%s: batch %d: %v of %d, NULL %d; want %v of %d, NULL %d", name, b, got, compact.len(), compact.null(), want, plain.len(), plain.null())
			}
			for _, some := range []vector.Vector{uuids(2, 8, -1, 1), others, dictionary, null} {
				got, want := make([]int32, some.Len()), make([]int32, some.Len())
				for what, look := range map[string][2]func(vector.Vector, []int32){
					"find": {compact.find, plain.find}, "known": {compact.known, plain.known},
				} {
					look[0](some, got)
					look[1](vector.Spelt(some), want)
					if fmt.Sprint(got) != fmt.Sprint(want) {
						t.Fatalf("%s: %s after batch %d: %v, want %v", name, what, b, got, want)
					}
				}
			}
		}
		a, b := compact.values(), plain.values()
		for i := range plain.len() {
			if int32(i) != plain.null() && vector.ValueAt(a, i) != vector.ValueAt(b, i) {
				t.Errorf("%s: number %d is %v, want %v", name, i, vector.ValueAt(a, i), vector.ValueAt(b, i))
			}
		}
	}
}
