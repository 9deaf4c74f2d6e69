package orc

import (
	"strings"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Texts that are all UUIDs come as such, if that is allowed, and mean the same; others come as before.
func TestUUIDsAreReadIfAllowed(t *testing.T) {
	const rows = 2000
	id := func(i int) string { return vector.UUID{Hi: uint64(i) * 0x9e3779b97f4a7c15, Lo: uint64(i)}.String() }
	for _, c := range []struct {
		name  string
		texts func(i int) any // nil is NULL
		uuids bool            // of all rows
		part  bool            // of the first 100 rows
	}{
		{"UUIDs", func(i int) any { return id(i) }, true, true},
		{"some NULL", func(i int) any {
			if i%3 == 0 {
				return nil
			}
			return id(i)
		}, true, true},
		{"most NULL", func(i int) any {
			if i%3 != 0 {
				return nil
			}
			return id(i)
		}, false, false},
		{"an upper case letter", func(i int) any {
			if i == 1500 {
				return strings.ToUpper("a" + id(i)[1:])
			}
			return id(i)
		}, false, true},
		{"others of the length", func(i int) any { return strings.Repeat("x", i%7) + id(i)[i%7:] }, false, false},
		{"two of them as long together", func(i int) any { return (id(i) + id(i))[i%2 : vector.UUIDBytes+1-i%2] }, false, false},
		{"no text", func(i int) any { return id(i) + "-" }, false, false},
	} {
		b := vector.NewBuilder(types.TVarchar, rows).(*vector.FlatBuilder[string])
		for i := range rows {
			if s, ok := c.texts(i).(string); ok {
				b.AppendValue(s)
			} else {
				b.AppendNull()
			}
		}
		want := b.Build()
		bytes, _ := writeFile(t, one(types.TVarchar), WriterOptions{RowIndexStride: 500}, batchOf(want))
		s, err := open(t, bytes).Stripe(0)
		if err != nil {
			t.Fatal(err)
		}
		for _, allowed := range []bool{true, false} {
			r, err := s.Column([]string{"c"})
			if err != nil {
				t.Fatal(err)
			}
			r.AllowUUIDs(allowed)
			read := func(from, n int, uuids bool) {
				t.Helper()
				v, err := r.Read(from, n)
				if err != nil {
					t.Fatal(err)
				}
				sameTexts(t, c.name, v, vector.Slice(want, from, from+n), uuids && allowed)
			}
			read(0, 100, c.part)
			read(100, 100, c.part)
			read(0, rows, c.uuids)
			picked := []int32{7, 800, 1501}
			v, err := r.Gather(picked)
			if err != nil {
				t.Fatal(err)
			}
			sameTexts(t, c.name, v, vector.Gather(want, picked), allowed && c.part)
		}
	}
}

func sameTexts(t *testing.T, name string, got, want vector.Vector, uuids bool) {
	t.Helper()
	if _, ok := got.(*vector.UUIDs); ok != uuids || got.Len() != want.Len() {
		t.Errorf("%s: %d rows in a %T, want %d", name, got.Len(), got, want.Len())
		return
	}
	for i := range want.Len() {
		if a, b := vector.ValueAt(got, i), vector.ValueAt(want, i); a != b {
			t.Fatalf("%s: row %d is %v, not %v", name, i, a, b)
		}
	}
}
