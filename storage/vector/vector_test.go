package vector

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
)

func TestText(t *testing.T) {
	f := func(typ types.Type, value any, text, json string) {
		t.Helper()
		v := of(typ, value)
		if got := string(AppendText(nil, v, 0)); got != text {
			t.Errorf("%s: text %s, want %s", typ, got, text)
		}
		if got := string(AppendJSON(nil, v, 0)); got != json {
			t.Errorf("%s: JSON %s, want %s", typ, got, json)
		}
	}
	f(types.TBoolean, true, "true", "true")
	f(types.TBigint, -7, "-7", "-7")
	f(types.TDouble, 1.0, "1.0", "1.0")
	f(types.TDouble, 1e10, "1.0E10", "1.0E10")
	f(types.TDouble, math.NaN(), "NaN", `"NaN"`)
	f(types.TReal, float64(float32(0.1)), "0.1", "0.1")
	f(types.DecimalOf(5, 2), -123, "-1.23", `"-1.23"`)
	f(types.DecimalOf(38, 37), types.Int128From(-123), "-0.0000000000000000000000000000000000123", `"-0.0000000000000000000000000000000000123"`)
	f(types.TVarchar, "a\"\\\n\x01\xff\u2028é", "a\"\\\n\x01\xff\u2028é", "\"a\\\"\\\\\\n\\u0001\uFFFD\u2028é\"")
	f(types.CharOf(3), "é", "é  ", `"é  "`)
	f(types.TVarbinary, "\x00\xff", "00 ff", `"AP8="`)
	f(types.TVarbinary, strings.Repeat("a", 17), strings.Repeat("61 ", 15)+"61\n61", `"YWFhYWFhYWFhYWFhYWFhYWE="`)
	f(types.TJSON, "{\"a\":\n 1}", "{\"a\":\n 1}", `{"a":1}`)
	f(types.TJSON, "bare", "bare", `"bare"`)
	f(types.TDate, 19289, "2022-10-24", `"2022-10-24"`)
	f(types.TTimestamp, 1666590600000000+40*1000000, "2022-10-24 05:50:40.000", `"2022-10-24 05:50:40.000"`)
	f(types.TDayToSecond, 183845678, "2 03:04:05.678", `"2 03:04:05.678"`)
	f(types.TYearToMonth, -40, "-3-4", `"-3-4"`)
	f(types.ArrayOf(types.TVarchar), list{"a", null}, "[a, null]", `["a",null]`)
	f(types.TMapOfVarchar, pairs{"k", "v", "k2", null}, "{k=v, k2=null}", `{"k":"v","k2":null}`)
	f(types.MapOf(types.TDouble, types.TBigint), pairs{1.0, 2}, "{1.0=2}", `{"1.0":2}`)
	f(types.RowOf(types.Field{Name: "f", Type: types.TBigint}, types.Field{Type: types.TVarchar}), fields{1, "x"},
		"{f=1, field1=x}", `{"f":1,"field1":"x"}`)
	f(types.TBigint, null, "null", "null")
}

func TestEqualAndDistinct(t *testing.T) {
	array, m := types.ArrayOf(types.TDouble), types.MapOf(types.TVarchar, types.TDouble)
	nan := math.NaN()
	f := func(typ types.Type, a, b any, equal, distinct string) {
		t.Helper()
		v, w := of(typ, a), of(typ, b)
		for range 2 {
			e, known := Equal3(v, 0, w, 0)
			got := fmt.Sprint(e)
			if !known {
				got = "NULL"
			}
			if got != equal {
				t.Errorf("%v = %v: %s, want %s", a, b, got, equal)
			}
			if got := fmt.Sprint(Distinct(v, 0, w, 0)); got != distinct {
				t.Errorf("%v IS DISTINCT FROM %v: %s, want %s", a, b, got, distinct)
			}
			v, w = w, v
		}
	}
	f(types.TBigint, 1, 1, "true", "false")
	f(types.TBigint, 1, null, "NULL", "true")
	f(types.TBigint, null, null, "NULL", "false")
	f(types.TDouble, nan, nan, "false", "false")
	f(types.TDouble, 0.0, math.Copysign(0, -1), "true", "false")
	f(array, list{1.0, null}, list{1.0, null}, "NULL", "false")
	f(array, list{1.0, null}, list{2.0, null}, "false", "true")
	f(array, list{null, 1.0}, list{null, 2.0}, "false", "true")
	f(array, list{1.0}, list{1.0, null}, "false", "true")
	f(array, list{nan}, list{nan}, "false", "false")
	f(array, list{}, list{}, "true", "false")
	f(m, pairs{"a", 1.0, "b", 2.0}, pairs{"b", 2.0, "a", 1.0}, "true", "false")
	f(m, pairs{"a", 1.0, "b", null}, pairs{"b", null, "a", 1.0}, "NULL", "false")
	f(m, pairs{"a", 1.0, "b", null}, pairs{"b", null, "a", 2.0}, "false", "true")
	f(m, pairs{"a", 1.0}, pairs{"b", 1.0}, "false", "true")
	f(m, pairs{"a", 1.0, "a", 2.0}, pairs{"a", 1.0, "a", 2.0}, "true", "false") // as no writer should make them
	f(m, pairs{"a", 1.0, "a", null}, pairs{"a", 1.0, "a", null}, "NULL", "false")
	f(m, pairs{"a", 1.0, "a", 2.0}, pairs{"a", 1.0, "b", 2.0}, "false", "true")
	var long, other pairs
	for i := range 3 * linearKeys {
		long = append(long, fmt.Sprint(i), 1.0)
		other = append(pairs{fmt.Sprint(i), 1.0}, other...)
	}
	f(m, long, other, "true", "false")
}

func TestCompare(t *testing.T) {
	array := types.ArrayOf(types.TBigint)
	row := types.RowOf(types.Field{Type: types.TBigint}, types.Field{Type: types.TVarchar})
	f := func(typ types.Type, a, b any, want string) {
		t.Helper()
		c, err := CompareStrict(of(typ, a), 0, of(typ, b), 0)
		got := fmt.Sprint(sign(c))
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("compare %v and %v: %s, want %s", a, b, got, want)
		}
	}
	f(types.TDouble, math.NaN(), math.Inf(1), "1")
	f(types.TVarchar, "Z", "a", "-1")
	f(types.TVarchar, "\uffff", "\U00010000", "-1") // by code point, not by UTF-16
	f(types.CharOf(3), "a\x01", "a", "-1")
	f(types.CharOf(3), "a ", "a", "0")
	f(types.TUUID, types.Int128{Hi: -1}, types.Int128{Hi: 1}, "1")
	f(types.TimeTZOf(3), types.PackTimeTZ(0, -60), types.PackTimeTZ(3600e12, 0), "0")
	f(types.TTimestampTZ, types.PackTimestampTZ(1, 5, 9), types.PackTimestampTZ(1, 6, 1), "-1")
	f(array, list{1, 2}, list{1, 3}, "-1")
	f(array, list{1}, list{1, 0}, "-1")
	f(array, list{2, null}, list{1, null}, "1")
	f(array, list{1, null}, list{1, 2}, "ARRAY comparison not supported for arrays with null elements")
	f(row, fields{1, "b"}, fields{1, "a"}, "1")
	f(row, fields{null, "b"}, fields{1, "a"}, "ROW comparison not supported for fields with null elements")
	if c := Compare(of(array, list{1, null}), 0, of(array, list{1, 2}), 0); c <= 0 {
		t.Error("NULL inside of an array is not last")
	}
}

func TestBitmap(t *testing.T) {
	set := func(n int, rows ...int) Bitmap {
		b := NewBitmap(n)
		for _, r := range rows {
			b.Set(r)
		}
		return b
	}
	b := set(200, 0, 63, 64, 130, 199)
	for from := range 200 {
		for _, to := range []int{from, min(from+1, 200), min(from+64, 200), min(from+65, 200), 200} {
			s := b.slice(from, to)
			count := 0
			for i := range to - from {
				if s.Has(i) != b.Has(from+i) {
					t.Fatalf("slice %d..%d: row %d", from, to, i)
				}
				if s.Has(i) {
					count++
				}
			}
			if got := s.Count(to - from); got != count || s.Any(to-from) != (count > 0) {
				t.Fatalf("slice %d..%d: %d rows, want %d", from, to, got, count)
			}
		}
	}
	// Bits beyond the rows do not count.
	loose := Bitmap{^uint64(0)}
	if loose.Count(3) != 3 || set(5, 4).Any(4) || Or(loose, set(3, 1), 3).Count(3) != 3 {
		t.Error("bits beyond the rows count")
	}
	c := set(3, 1)
	c.Clear(1)
	Bitmap(nil).Clear(1)
	if c.Any(3) {
		t.Error("not cleared")
	}
}

// TestNoAliasing checks that builders give their memory away for good.
func TestNoAliasing(t *testing.T) {
	b := NewTextBuilder(types.TVarchar)
	b.AppendString("one")
	b.Write(func(buffer []byte) []byte { return append(buffer, "two"...) })
	b.AppendNull()
	b.AppendBytes(nil)
	if b.Len() != 4 || b.Bytes() != 6 {
		t.Errorf("%d rows, %d bytes", b.Len(), b.Bytes())
	}
	first := b.Build()
	b.AppendString("another1")
	second := b.Build()
	if got := fmt.Sprint(first.Values, first.Nulls().Count(4), second.Values, second.Nulls()); got != "[one two  ] 1 [another1] []" {
		t.Error(got)
	}
	f := NewFlatBuilder[int64](types.TBigint, 4)
	f.AppendValue(1)
	v := f.Build()
	f.AppendValue(2)
	f.Build()
	if v.(*Flat[int64]).Values[0] != 1 {
		t.Error("overwritten")
	}
}

func TestNewDictionaryWithoutEntries(t *testing.T) {
	v := NewDictionary([]int32{0, 0}, of(types.TVarchar), NewBitmap(2))
	if v.Len() != 2 || v.Nulls().Count(2) != 2 {
		t.Errorf("%T of %d rows, %d NULL", v, v.Len(), v.Nulls().Count(2))
	}
}

// Rows without a partner, or without a map's key, hold on to no text: millions of them would be taken for as many texts.
func TestGatherOrNullHoldsWhatItHas(t *testing.T) {
	some := NewBitmap(3)
	some.Set(1)
	v := NewFlat(types.TVarchar, []string{strings.Repeat("long ", 200), "dropped", "short"}, some)
	got := GatherOrNull(v, []int32{-1, 2, -1, 1, -1})
	if texts(got) != texts(of(types.TVarchar, null, "short", null, null, null)) {
		t.Errorf("got %s", texts(got))
	}
	if want := Bytes(of(types.TVarchar, "", "short", "", "dropped", null)); Bytes(got) > want {
		t.Errorf("%d bytes, want %d", Bytes(got), want)
	}
}

func TestGatherOrNullOfNothing(t *testing.T) {
	for _, typ := range []types.Type{types.TBigint, types.TArrayOfString, types.TMapOfVarchar} {
		v := GatherOrNull(of(typ), []int32{-1, -1})
		if v.Len() != 2 || v.Nulls().Count(2) != 2 {
			t.Errorf("%s: %T", typ, v)
		}
	}
	v := GatherOrNull(NewConstant(of(types.TBigint, 7), 3), []int32{2, -1})
	if got := fmt.Sprintf("%s %s", AppendText(nil, v, 0), AppendText(nil, v, 1)); got != "7 null" {
		t.Error(got)
	}
	a := GatherOrNull(NewConstant(of(types.ArrayOf(types.TBigint), list{7}), 3), []int32{2, -1})
	if got := fmt.Sprintf("%s %s", AppendText(nil, a, 0), AppendText(nil, a, 1)); got != "[7] null" {
		t.Error(got)
	}
}

func TestRetainCopies(t *testing.T) {
	text := []byte("abcdef")
	b := NewTextBuilder(types.TVarchar)
	b.AppendBytes(text)
	v := b.Build()
	r := Retain(v).(*Flat[string])
	if r.Values[0] != "abcdef" || &r.Values[0] == &v.Values[0] {
		t.Error("not a copy")
	}
}

func FuzzQuoted(f *testing.F) {
	for _, s := range []string{"", "a\"\\b", "\x00\x1f\x7f", "\xff\xfe", "\u2028\U0001f600", "\xed\xa0\x80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		if err := json.Unmarshal(AppendQuoted(nil, s), &got); err != nil || got != string([]rune(s)) {
			t.Errorf("%q is quoted as %s: %q, %v", s, AppendQuoted(nil, s), got, err)
		}
	})
}
