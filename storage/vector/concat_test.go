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
