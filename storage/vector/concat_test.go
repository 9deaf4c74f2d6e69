package vector

import (
	"testing"

	"github.com/ctlake/ctlake/storage/types"
)

func texts(v Vector) string {
	var out []byte
	for i := range v.Len() {
		if v.Nulls().Has(i) {
			out = append(out, "NULL "...)
		} else {
			out = append(AppendText(out, v, i), ' ')
		}
	}
	return string(out)
}

// arraysOf returns an array of bigint for each length; a negative one is NULL.
func arraysOf(lengths ...int) Vector {
	b := NewBuilder(types.ArrayOf(types.TBigint), len(lengths)).(*ArrayBuilder)
	for _, n := range lengths {
		if n < 0 {
			b.AppendNull()
			continue
		}
		for i := range n {
			b.Elements.(*FlatBuilder[int64]).AppendValue(int64(i))
		}
		b.Close()
	}
	return b.Build()
}

func TestConcatDoesNotWriteOutWhatRepeats(t *testing.T) {
	long, two := arraysOf(10000), arraysOf(3, 2)
	many := NewConstant(long, 100000)
	for _, c := range []struct {
		name  string
		parts []Vector
	}{
		{"one constant", []Vector{many, NewConstant(long, 50000)}},
		{"several constants", []Vector{many, NewConstant(arraysOf(1), 5), NewNull(many.Type(), 2)}},
		{"with rows", []Vector{two, many, arraysOf(-1, 0, 1)}},
		{"with dictionaries", []Vector{many, NewDictionary([]int32{1, 0, 1}, two, nil), NewDictionary([]int32{0}, two, nil)}},
	} {
		all := Concat(many.Type(), c.parts...)
		if n := Bytes(all); n > 4<<20 {
			t.Errorf("%s: %d bytes", c.name, n)
		}
		at := 0
		for _, p := range c.parts {
			first, last := p.Len()-min(p.Len(), 4), p.Len()
			if got, want := texts(Slice(all, at+first, at+last)), texts(Slice(p, first, last)); got != want {
				t.Errorf("%s: from %d: %.100s, want %.100s", c.name, at, got, want)
			}
			at += p.Len()
		}
		if at != all.Len() {
			t.Errorf("%s: %d rows", c.name, all.Len())
		}
	}
}

// TestConcatKeepsDictionariesOfText puts files of many events, which have dictionaries, together with those of a few.
func TestConcatKeepsDictionariesOfText(t *testing.T) {
	entries := func(o *Origin, words ...string) Vector { return NewEntries(types.TVarchar, words, o) }
	flat := func(nulls Bitmap, words ...string) Vector { return NewFlat(types.TVarchar, words, nulls) }
	second := NewBitmap(2)
	second.Set(1)
	ids := make([]int32, 100)
	ids[1], ids[3] = 1, 1
	var one, other Origin
	few, more := entries(&one, "a", "b"), entries(&one, "a", "b", "c")
	for _, c := range []struct {
		name    string
		parts   []Vector
		entries int // of the result; 0 for no dictionary
		origin  *Origin
	}{
		{"one list that grows", []Vector{NewDictionary(ids, few, nil), NewDictionary([]int32{2, 1}, more, second), NewDictionary([]int32{0}, few, nil)}, 3, &one},
		{"a few rows without", []Vector{flat(second, "x", "y"), NewDictionary(ids, few, nil), NewDictionary([]int32{2}, more, nil), flat(nil, "a")}, 6, nil},
		{"two lists", []Vector{NewDictionary(ids, more, nil), NewDictionary([]int32{0}, entries(&other, "z"), nil), NewDictionary(ids, few, nil)}, 4, nil},
		{"a constant of a list", []Vector{NewConstant(entries(&other, "z"), 2), NewDictionary(ids, entries(&other, "z", "a"), nil)}, 2, nil},
		{"many rows without", []Vector{NewDictionary([]int32{1, 0}, few, nil), flat(nil, "x"), NewNull(types.TVarchar, 1)}, 0, nil},
		{"no dictionary", []Vector{flat(nil, "x"), flat(second, "y", "z")}, 0, nil},
	} {
		all := Concat(types.TVarchar, c.parts...)
		want := ""
		for _, p := range c.parts {
			want += texts(p)
		}
		if got := texts(all); got != want {
			t.Errorf("%s: %s, want %s", c.name, got, want)
		}
		d, ok := all.(*Dictionary)
		if ok != (c.entries > 0) || ok && (d.Values.Len() != c.entries || OriginOf(d.Values) != c.origin || d.Values.Nulls() != nil) {
			t.Errorf("%s: %T, want a dictionary of %d entries", c.name, all, c.entries)
		}
	}
}

func TestRepeat(t *testing.T) {
	v := arraysOf(20000, -1, 1, 30000)
	rows := []int32{0, 0, 3, -1, 1, 2, 3, 3, 0}
	got := Repeat(v, rows)
	if want := GatherOrNull(v, rows); texts(got) != texts(want) {
		t.Error("not as gathered")
	}
	if n := Bytes(got); n > 8*(20000+1+30000)+1000 {
		t.Errorf("%d bytes", n)
	}
	nested := NewRow(types.RowOf(types.Field{Name: "a", Type: v.Type()}), []Vector{v}, 4, nil)
	if got, want := Repeat(nested, rows), GatherOrNull(nested, rows); texts(got) != texts(want) {
		t.Error("rows are not as gathered")
	}
}

func TestPlainBytes(t *testing.T) {
	long := arraysOf(1000)
	for _, c := range []struct {
		v    Vector
		want int64
	}{
		{NewFlat(types.TBigint, make([]int64, 7), nil), 56},
		{NewConstant(NewFlat(types.TBoolean, []bool{true}, nil), 9), 9},
		{long, 8004},
		{NewConstant(long, 1<<20), 8004 << 20},
		{NewConstant(NewArray(types.ArrayOf(types.ArrayOf(long.Type())), []int32{0, 1 << 30},
			NewConstant(NewArray(types.ArrayOf(long.Type()), []int32{0, 1 << 30}, NewConstant(long, 1<<30), nil), 1<<30), nil), 1<<30), maxPlainBytes},
	} {
		if got := PlainBytes(c.v); got != c.want {
			t.Errorf("%T of %s: %d, want %d", c.v, c.v.Type(), got, c.want)
		}
	}
}
