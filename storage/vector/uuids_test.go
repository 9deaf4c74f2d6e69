package vector

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
)

func TestUUIDTexts(t *testing.T) {
	for _, text := range []string{
		"00000000-0000-0000-0000-000000000000",
		"ffffffff-ffff-ffff-ffff-ffffffffffff",
		"01234567-89ab-cdef-fedc-ba9876543210",
	} {
		if u, ok := UUIDOf(text); !ok || u.String() != text {
			t.Errorf("%s: %v, %v", text, u, ok)
		}
	}
	if u, _ := UUIDOf("01234567-89ab-cdef-fedc-ba9876543210"); u != (UUID{0x0123456789abcdef, 0xfedcba9876543210}) {
		t.Errorf("%x", u)
	}
	// Each place of the text takes the characters of its kind and no others.
	const text = "01234567-89ab-cdef-fedc-ba9876543210"
	for i := range text {
		for c := range 256 {
			changed := text[:i] + string([]byte{byte(c)}) + text[i+1:]
			want := strings.IndexByte("0123456789abcdef", byte(c)) >= 0
			if text[i] == '-' {
				want = c == '-'
			}
			if u, ok := UUIDOf(changed); ok != want || ok && u.String() != changed {
				t.Errorf("%q: %v, %v", changed, u, ok)
			}
		}
	}
	for _, other := range []string{"", text[1:], text + "0"} {
		if _, ok := UUIDOf(other); ok {
			t.Errorf("%q is no UUID", other)
		}
	}
}

// someUUIDs are n UUIDs, every third of which is NULL.
func someUUIDs(n int) *UUIDs {
	values, nulls := make([]UUID, n), NewBitmap(n)
	for i := range values {
		values[i] = UUID{uint64(i) * 0x9e3779b97f4a7c15 % 7, uint64(n-i) << 60}
		if i%3 == 1 {
			nulls.Set(i)
		}
	}
	return NewUUIDs(types.TVarchar, values, nulls)
}

func TestUUIDsAreTexts(t *testing.T) {
	const n = 150
	v := someUUIDs(n)
	text := v.Texts()
	rows := []int32{3, 0, 149, 3, 1}
	for name, pair := range map[string][2]Vector{
		"whole":     {v, text},
		"slice":     {Slice(v, 20, 90), Slice(text, 20, 90)},
		"gather":    {Gather(v, rows), Gather(text, rows)},
		"retain":    {Retain(Slice(v, 64, 70)), Retain(Slice(text, 64, 70))},
		"plain":     {Plain(v), text},
		"or NULL":   {GatherOrNull(v, []int32{-1, 5}), GatherOrNull(text, []int32{-1, 5})},
		"built":     {built(v, rows), built(text, rows)},
		"concat":    {Concat(types.TVarchar, v, v), Concat(types.TVarchar, text, text)},
		"withNulls": {WithNulls(v, v.Nulls()), WithNulls(text, v.Nulls())},
		"spelt":     {Spelt(v), Spelt(text)},
		"constant":  {NewConstant(Slice(v, 2, 3), 4), NewConstant(Slice(text, 2, 3), 4)},
	} {
		got, want := pair[0], pair[1]
		if got.Len() != want.Len() || !got.Type().Equal(want.Type()) {
			t.Errorf("%s: %d rows of type %s, want %d of type %s", name, got.Len(), got.Type(), want.Len(), want.Type())
			continue
		}
		g, w := ViewOf[string](got), ViewOf[string](want)
		hashes, wanted := make([]uint64, got.Len()), make([]uint64, got.Len())
		Hash(got, hashes)
		Hash(want, wanted)
		if !slices.Equal(hashes, wanted) {
			t.Errorf("%s: hashes differ", name)
		}
		for i := range got.Len() {
			if g.Nulls.Has(i) != w.Nulls.Has(i) || !g.Nulls.Has(i) && g.Get(i) != w.Get(i) || ValueAt(got, i) != ValueAt(want, i) ||
				string(AppendText(nil, got, i)) != string(AppendText(nil, want, i)) || Distinct(got, i, want, i) {
				t.Errorf("%s: row %d is %v, want %v", name, i, ValueAt(got, i), ValueAt(want, i))
			}
		}
	}
	if got, want := Bytes(v), int64(vectorBytes+16*n+8*len(v.Nulls())); got != want {
		t.Errorf("%d bytes, want %d", got, want)
	}
}

// built returns the given rows of a vector, added one by one.
func built(v Vector, rows []int32) Vector {
	b := NewBuilder(v.Type(), len(rows))
	for _, r := range rows {
		b.Append(v, int(r))
	}
	return b.Build()
}

func TestUUIDsHaveTheOrderOfTheirTexts(t *testing.T) {
	v := someUUIDs(40)
	text := v.Texts()
	compare, texts, rows := RowComparer(v), RowComparer(text), Comparer(types.TVarchar)
	for i := range int32(40) {
		for j := range int32(40) {
			if v.Nulls().Has(int(i)) || v.Nulls().Has(int(j)) {
				continue
			}
			if want := texts(i, j); compare(i, j) != want || rows(v, int(i), text, int(j)) != want || Compare(v, int(i), v, int(j)) != want {
				t.Errorf("%s and %s", text.Values[i], text.Values[j])
			}
		}
	}
}

func TestUUIDsAreFoundInText(t *testing.T) {
	a, b := UUID{1, 2}.String(), UUID{3, 4}.String()
	nulls := NewBitmap(3)
	nulls.Set(1)
	for _, c := range []struct {
		text  string
		rows  int
		nulls Bitmap
		want  string
	}{
		{a + b, 2, nil, fmt.Sprint([]UUID{{1, 2}, {3, 4}}, true)},
		{a + b, 3, nulls, fmt.Sprint([]UUID{{1, 2}, {}, {3, 4}}, true)},
		{"", 0, nil, fmt.Sprint([]UUID{}, true)},
		{a + b, 1, nil, "false"},
		{a, 2, nil, "false"},
		{a + b[1:], 2, nil, "false"},
		{a + strings.ToUpper(UUID{0xabcdef, 0}.String()), 2, nil, "false"},
	} {
		got := "false"
		if v, ok := UUIDsIn(types.TVarchar, []byte(c.text), c.rows, c.nulls); ok {
			got = fmt.Sprint(v.Values, ok)
		}
		if got != c.want {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
	}
}
