package vector

import (
	"fmt"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
)

func TestThinRowsAreThoseOfTheVector(t *testing.T) {
	const rows = 300
	nullsBut := func(present ...int) Bitmap {
		nulls := append(Bitmap(nil), allRows(rows)...) // which all have in common
		for _, r := range present {
			nulls.Clear(r)
		}
		return nulls
	}
	few := []int{0, 64, 65, 150, 299}
	text, ids := make([]string, rows), make([]int32, rows)
	for i := range rows {
		text[i], ids[i] = fmt.Sprint("text ", i), int32(i%7)
	}
	many := make([]int, rows/thinShare+1)
	for i := range many {
		many[i] = i
	}
	flat := func(nulls Bitmap) Vector { return NewFlat(types.TVarchar, text, nulls) }
	dictionary := func(nulls Bitmap) Vector {
		return NewDictionary(ids, NewFlat(types.TVarchar, text[:7], nil), nulls)
	}
	for _, c := range []struct {
		name  string
		v     Vector
		bytes int64 // a row that is not NULL; 0 if it stays as it is
	}{
		{"texts", flat(nullsBut(few...)), 20},
		{"entries", dictionary(nullsBut(few...)), 8},
		{"as many as may be", flat(nullsBut(many[1:]...)), 20},
		{"one more", flat(nullsBut(many...)), 0},
		{"no NULLs", dictionary(nil), 0},
		{"NULLs alone", flat(nullsBut()), 0},
		{"numbers", NewFlat(types.TBigint, make([]int64, rows), nullsBut(few...)), 0},
	} {
		n, ok := Thin(c.v)
		if ok != (c.bytes > 0) {
			t.Errorf("%s: thin is %v", c.name, ok)
		}
		if !ok {
			continue
		}
		present := int64(rows - c.v.Nulls().Count(rows))
		if got := n.Bytes() - 8*int64(len(n.Nulls())); got != c.bytes*present || n.Len() != rows || !n.Type().Equal(c.v.Type()) {
			t.Errorf("%s: %d bytes, %d rows", c.name, got, n.Len())
		}
		if n.Bytes() >= NarrowableBytes(c.v) {
			t.Errorf("%s: %d bytes instead of %d", c.name, n.Bytes(), NarrowableBytes(c.v))
		}
		same := func(got, want Vector) {
			t.Helper()
			if got.Len() != want.Len() {
				t.Fatalf("%s: %d rows, not %d", c.name, got.Len(), want.Len())
			}
			for i := range want.Len() {
				if a, b := ValueAt(got, i), ValueAt(want, i); a != b {
					t.Fatalf("%s, row %d: %v, not %v", c.name, i, a, b)
				}
			}
		}
		for _, s := range [][2]int{{0, rows}, {0, 1}, {1, 64}, {13, 150}, {64, 66}, {150, 300}, {299, 300}, {7, 7}} {
			same(Slice(n, s[0], s[1]), Slice(c.v, s[0], s[1]))
		}
		for _, r := range [][]int32{{}, {1, 2}, {0, 7, 64, 65, 299}, {65, 0, 65}} {
			same(Gather(n, r), Gather(c.v, r))
		}
	}
}
