package vector

import (
	"fmt"
	"math"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
)

// null stands for NULL in the lists of values that tests write down.
var null = struct{}{}

type list []any   // an array
type pairs []any  // a map: key, value, key, value, …
type fields []any // a row
func appendTo(b Builder, v any) {
	if v == null {
		b.AppendNull()
		return
	}
	switch b := b.(type) {
	case *FlatBuilder[bool]:
		b.AppendValue(v.(bool))
	case *FlatBuilder[int64]:
		b.AppendValue(int64(v.(int)))
	case *FlatBuilder[float64]:
		b.AppendValue(v.(float64))
	case *FlatBuilder[string]:
		b.AppendValue(v.(string))
	case *FlatBuilder[types.Int128]:
		b.AppendValue(v.(types.Int128))
	case *ArrayBuilder:
		for _, e := range v.(list) {
			appendTo(b.Elements, e)
		}
		b.Close()
	case *MapBuilder:
		p := v.(pairs)
		for i := 0; i < len(p); i += 2 {
			appendTo(b.Keys, p[i])
			appendTo(b.Values, p[i+1])
		}
		b.Close()
	case *RowBuilder:
		for i, f := range v.(fields) {
			appendTo(b.Fields[i], f)
		}
		b.Close()
	}
}

func of(t types.Type, values ...any) Vector {
	b := NewBuilder(t, 0)
	for _, v := range values {
		appendTo(b, v)
	}
	return b.Build()
}

// encodings returns vectors that mean the same as v.
func encodings(v Vector) map[string]Vector {
	n := v.Len()
	out := map[string]Vector{"plain": v, "retained": Retain(v)}

	// Between rows that do not count: offsets do not begin at 0, bits are shifted.
	around := NewBuilder(v.Type(), 0)
	for range 70 {
		around.AppendNull()
	}
	around.AppendAll(v)
	around.AppendNull()
	if n > 0 {
		around.Append(v, 0)
	}
	all := around.Build()
	out["slice"] = Slice(all, 70, 70+n)
	out["slice of slice"] = Slice(Slice(all, 3, all.Len()), 67, 67+n)
	rows := make([]int32, n)
	for i := range rows {
		rows[i] = int32(70 + i)
	}
	out["gathered"] = Gather(all, rows)
	reversed := NewBuilder(v.Type(), 0)
	for i := n - 1; i >= 0; i-- {
		reversed.Append(v, i)
	}
	for i := range rows {
		rows[i] = int32(n - 1 - i)
	}
	r := reversed.Build()
	out["gathered in reverse"] = Gather(r, rows)
	if n > 0 {
		out["concatenated"] = Concat(v.Type(), Slice(v, 0, n/2), Slice(v, n/2, n))
	}

	for i := range rows {
		rows[i] = int32(i)
	}
	out["gathered itself"] = Gather(v, rows)
	if n > 1 {
		out["sliced and joined by hand"] = Concat(v.Type(), Slice(v, 0, 1), Slice(Slice(v, 1, n), 0, n-1))
	}

	// A dictionary with unused entries; its rows that are NULL have a slot too.
	entries := NewBuilder(v.Type(), 0)
	var filler Vector
	for i := range n {
		if !v.Nulls().Has(i) {
			filler = Slice(v, i, i+1)
		}
	}
	if filler != nil {
		entries.Append(filler, 0)
		ids := make([]int32, n)
		nulls := NewBitmap(n)
		for i := range n {
			if v.Nulls().Has(i) {
				nulls.Set(i)
				continue
			}
			ids[i] = int32(entries.Len())
			entries.Append(v, i)
			entries.Append(filler, 0)
		}
		d := NewDictionary(ids, entries.Build(), nulls)
		out["dictionary"] = d
		out["dictionary retained"] = Retain(d)
		out["dictionary plain"] = Plain(d)
		out["dictionary sliced"] = Slice(Concat(v.Type(), d, d), n, 2*n)
		less := make([]int32, n)
		for i := range less {
			less[i] = int32(i)
			if v.Nulls().Has(i) {
				less[i] = -1
			}
		}
		out["gathered or null"] = GatherOrNull(d, less)
		out["plain gathered or null"] = GatherOrNull(v, less)
		out["with nulls"] = WithNulls(Gather(d.(*Dictionary).Values, ids), nulls)
	}
	if n > 0 {
		var constants []Vector
		for i := range n {
			constants = append(constants, NewConstant(Slice(v, i, i+1), 1))
		}
		out["constants"] = Concat(v.Type(), constants...)
		same := true
		for i := range n {
			same = same && !Distinct(v, 0, v, i)
		}
		if same {
			out["constant"] = NewConstant(Slice(v, 0, 1), n)
		}
	}
	return out
}

func samples() map[string]Vector {
	i128 := func(v int64) types.Int128 { return types.Int128From(v) }
	row := types.RowOf(types.Field{Name: "a", Type: types.TBigint}, types.Field{Type: types.TVarchar})
	deep := types.ArrayOf(types.MapOf(types.TVarchar, row))
	many := make([]any, 200)
	for i := range many {
		many[i] = i % 7
		if i%5 == 0 {
			many[i] = null
		}
	}
	entries := of(types.TVarchar, "x", "unused", "y")
	words := NewDictionary([]int32{0, 2, 0, 2}, entries, of(types.TVarchar, "x", null, "x", "y").Nulls())
	sevens := NewConstant(of(types.TBigint, 7), 4)
	return map[string]Vector{
		"row of encoded":   NewRow(row, []Vector{sevens, words}, 4, nil),
		"array of encoded": NewArray(types.TArrayOfString, []int32{1, 1, 3, 4}, words, nil),
		"map of encoded":   NewMap(types.MapOf(types.TVarchar, types.TBigint), []int32{2, 4, 4}, words, sevens, nil),
		"row of one":       NewConstant(NewRow(row, []Vector{Slice(sevens, 0, 1), Slice(words, 1, 2)}, 1, nil), 3),
		"encoded constant": NewConstant(Slice(words, 3, 4), 3),
		"encoded null":     NewConstant(Slice(words, 1, 2), 3),
		"empty":            of(types.TBigint),
		"boolean":          of(types.TBoolean, true, null, false, true),
		"bigint":           of(types.TBigint, 1, null, -5, 1, 7),
		"many":             of(types.TBigint, many...),
		"constant":         of(types.TBigint, 3, 3, 3),
		"nulls":            of(types.TVarchar, null, null),
		"double":           of(types.TDouble, 1.5, math.NaN(), math.Inf(-1), 0.0, math.Copysign(0, -1), null),
		"real":             of(types.TReal, 1.5, float64(float32(0.1))),
		"varchar":          of(types.TVarchar, "b", "", null, "é", "b"),
		"char":             of(types.CharOf(4), "ab", "ab  ", "a", null),
		"varbinary":        of(types.TVarbinary, "\x00\xff", ""),
		"decimal":          of(types.DecimalOf(30, 2), i128(-1234), null, i128(5)),
		"tz":               of(types.TTimestampTZ, types.PackTimestampTZ(5, 0, 1), types.PackTimestampTZ(5, 0, 0), null),
		"uuid":             of(types.TUUID, types.Int128{Hi: -1, Lo: 1}, types.Int128{Hi: 1}),
		"array":            of(types.ArrayOf(types.TBigint), list{1, 2}, list{}, null, list{1, null}),
		"map":              of(types.TMapOfVarchar, pairs{"k", "v", "l", null}, pairs{}, null, pairs{"l", null, "k", "v"}),
		"row":              of(row, fields{1, "x"}, null, fields{null, "y"}),
		"deep":             of(deep, list{pairs{"k", fields{1, "x"}}, null}, null, list{pairs{"k", null}}),
	}
}

// TestEncodings checks that what a vector says does not depend on how it is encoded.
func TestEncodings(t *testing.T) {
	for name, v := range samples() {
		n := v.Len()
		want := make([]uint64, n)
		Hash(v, want)
		for encoding, e := range encodings(v) {
			t.Run(name+"/"+encoding, func(t *testing.T) {
				if e.Len() != n || !e.Type().Equal(v.Type()) {
					t.Fatalf("%d rows of %s, want %d of %s", e.Len(), e.Type(), n, v.Type())
				}
				got := make([]uint64, n)
				Hash(e, got)
				for i := range n {
					if e.Nulls().Has(i) != v.Nulls().Has(i) {
						t.Fatalf("row %d: null %v", i, e.Nulls().Has(i))
					}
					if a, b := string(AppendText(nil, v, i)), string(AppendText(nil, e, i)); a != b {
						t.Errorf("row %d: text %q, want %q", i, b, a)
					}
					if a, b := string(AppendJSON(nil, v, i)), string(AppendJSON(nil, e, i)); a != b {
						t.Errorf("row %d: JSON %q, want %q", i, b, a)
					}
					if got[i] != want[i] {
						t.Errorf("row %d: another hash", i)
					}
					for j := range n {
						if Distinct(v, i, e, j) != Distinct(v, i, v, j) {
							t.Errorf("rows %d, %d: distinct %v", i, j, Distinct(v, i, e, j))
						}
						a, known := Equal3(v, i, v, j)
						if b, k := Equal3(v, i, e, j); a != b || known != k {
							t.Errorf("rows %d, %d: equal %v %v, want %v %v", i, j, b, k, a, known)
						}
						if !Distinct(v, i, e, j) && want[i] != got[j] {
							t.Errorf("rows %d and %d are not distinct but hash differently", i, j)
						}
					}
				}
				checkOrder(t, v, e)
				checkValues(t, v, e)
				if e.Nulls().Count(n) != v.Nulls().Count(n) || e.Nulls().Any(n) != v.Nulls().Any(n) {
					t.Error("NULLs are counted differently")
				}
				if Bytes(e) <= 0 {
					t.Error("takes no memory")
				}
			})
		}
	}
}

func checkValues(t *testing.T, v, e Vector) {
	t.Helper()
	if v.Type().Physical() == types.Nested {
		return
	}
	for i := range v.Len() {
		if one := NewValue(v.Type(), ValueAt(e, i)); Distinct(one, 0, v, i) {
			t.Errorf("row %d: value %v", i, ValueAt(e, i))
		}
	}
}

func checkOrder(t *testing.T, v, e Vector) {
	t.Helper()
	if !v.Type().Orderable() {
		return
	}
	compare, rows := Comparer(v.Type()), RowComparer(e)
	for i := range v.Len() {
		for j := range v.Len() {
			if v.Nulls().Has(i) || v.Nulls().Has(j) {
				continue
			}
			want := sign(Compare(v, i, v, j))
			for how, got := range map[string]int{"compare": Compare(v, i, e, j), "comparer": compare(e, i, v, j),
				"row comparer": rows(int32(i), int32(j))} {
				if sign(got) != want {
					t.Errorf("%s: rows %d, %d: %d, want %d", how, i, j, got, want)
				}
			}
			if want != -sign(Compare(v, j, v, i)) {
				t.Errorf("rows %d, %d: no order", i, j)
			}
		}
	}
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

func TestViews(t *testing.T) {
	v := of(types.TBigint, 1, null, -5)
	for name, e := range encodings(v) {
		w := ViewOf[int64](e)
		if w.Get(0) != 1 || !w.Nulls.Has(1) || w.Get(2) != -5 {
			t.Errorf("%s: %v", name, w)
		}
	}
	a := of(types.ArrayOf(types.TBigint), list{1, 2}, null, list{3})
	for name, e := range encodings(a) {
		w := SpansOf(e)
		from, to := w.Span(2)
		if f, l := w.Span(1); f != l {
			t.Errorf("%s: the span of NULL has %d elements", name, l-f)
		}
		if to-from != 1 || ViewOf[int64](w.Values).Get(from) != 3 {
			t.Errorf("%s: %v", name, w)
		}
	}
	r := of(types.RowOf(types.Field{Name: "a", Type: types.TBigint}), fields{1}, null, fields{null})
	for name, e := range encodings(r) {
		f := FieldOf(e, 0)
		if got := fmt.Sprintf("%s %s %s", AppendText(nil, f, 0), AppendText(nil, f, 1), AppendText(nil, f, 2)); got != "1 null null" {
			t.Errorf("%s: %s", name, got)
		}
	}
}
