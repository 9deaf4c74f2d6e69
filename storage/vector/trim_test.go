package vector

import (
	"testing"

	"github.com/ctlake/ctlake/storage/types"
)

func TestTrim(t *testing.T) {
	entries := NewFlat(types.TVarchar, []string{"a", "b", "c", "d", "e", "f"}, nil)
	null := NewBitmap(4)
	null.Set(1)
	for _, c := range []struct {
		v       Vector
		entries int
	}{
		{NewDictionary([]int32{5, 0, 2, 5}, entries, nil), 3},
		{NewDictionary([]int32{5, 3, 2, 5}, entries, null), 2}, // what is NULL uses no entry
		{NewDictionary([]int32{0, 1, 2, 3}, entries, nil), 6},  // as it is
	} {
		got := Trim(c.v)
		if texts(got) != texts(c.v) || got.(*Dictionary).Values.Len() != c.entries {
			t.Errorf("%s of %d entries, want %s of %d", texts(got), got.(*Dictionary).Values.Len(), texts(c.v), c.entries)
		}
	}
}
