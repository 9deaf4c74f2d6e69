package domain

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
)

func ints(vs ...int64) []Value {
	out := make([]Value, len(vs))
	for i, v := range vs {
		out[i] = v
	}
	return out
}

func TestString(t *testing.T) {
	b := types.TBigint
	less := Less(b, int64(5))
	f := func(d Domain, want string) {
		t.Helper()
		if got := d.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	f(All(b), "ALL")
	f(None(b), "NONE")
	f(OnlyNull(b), "NULL")
	f(NotNull(b), "NOT NULL")
	f(Single(b, int64(5)), "{5}")
	f(In(b, ints(9, 7, 9)...), "{7, 9}")
	f(In(b, nil, int64(7)), "{7}")
	f(less, "(-∞, 5)")
	f(LessOrEqual(b, int64(5)), "(-∞, 5]")
	f(Greater(b, int64(5)), "(5, ∞)")
	f(GreaterOrEqual(b, int64(5)), "[5, ∞)")
	f(Between(b, int64(1), int64(2)), "[1, 2]")
	f(Between(b, int64(2), int64(1)), "NONE")
	f(Less(b, nil), "NONE")
	f(less.Complement(), "[5, ∞) or NULL")
	f(less.Union(In(b, ints(7, 9)...)).Union(OnlyNull(b)), "(-∞, 5) or {7, 9} or NULL")
	f(less.Union(Single(b, int64(5))), "(-∞, 5]")
	f(less.Union(Greater(b, int64(5))), "(-∞, 5) or (5, ∞)")
	f(less.Union(Greater(b, int64(3))), "NOT NULL")
	f(Single(b, int64(5)).Complement().Intersect(NotNull(b)), "(-∞, 5) or (5, ∞)")
	f(less.Intersect(GreaterOrEqual(b, int64(3))), "[3, 5)")
	f(less.Intersect(In(b, ints(1, 5, 9)...)), "{1}")
	f(Prefix(types.TVarchar, "ab"), "['ab', 'ac')")
	f(Prefix(types.TVarchar, ""), "NOT NULL")
	f(Prefix(types.TVarchar, "\xff"), `[U&'\FFFD', ∞)`)
	f(Prefix(types.CharOf(9), "ab"), "NOT NULL")
	f(Single(types.TVarchar, "it's\n"), `{U&'it''s\000A'}`)
	f(In(types.TBoolean, true, false), "NOT NULL")
	f(Greater(types.TDouble, 1.0), "(1.0, Infinity]")
	f(Greater(types.TDouble, 1.0).Complement(), "(-∞, 1.0] or (Infinity, ∞) or NULL")
	f(Single(types.TDouble, math.NaN()), "NONE")
	f(Less(types.TDouble, math.NaN()), "NONE")
	f(Single(types.TDate, int64(19000)), "{2022-01-08}")
	f(Single(types.DecimalOf(20, 2), types.Int128From(1234)), "{12.34}")
}

func TestContains(t *testing.T) {
	f := func(d Domain, v Value, want bool) {
		t.Helper()
		if got := d.Contains(v); got != want {
			t.Errorf("%s contains %v: %v", d, v, got)
		}
	}
	d := Less(types.TBigint, int64(5)).Union(In(types.TBigint, ints(7, 9)...))
	for v, want := range map[int64]bool{-1 << 63: true, 4: true, 5: false, 6: false, 7: true, 8: false, 9: true, 10: false} {
		f(d, v, want)
	}
	f(d, nil, false)
	f(d.Complement(), nil, true)
	f(Greater(types.TDouble, 1.0), math.NaN(), false)
	f(Greater(types.TDouble, 1.0), math.Inf(1), true)
	f(Less(types.TDouble, 1.0).Complement(), math.NaN(), true)
	f(Single(types.TDouble, 0.0), math.Copysign(0, -1), true)
	f(Single(types.CharOf(4), "ab"), "ab  ", true)
	f(Less(types.CharOf(4), "ab"), "ab\x01", true)
	f(Prefix(types.TVarchar, "arn:"), "arn:aws:", true)
	f(Prefix(types.TVarchar, "arn:"), "arn", false)
	f(Prefix(types.TVarchar, "a\xff"), "a\xff\xff", true)
	f(Prefix(types.TVarchar, "a\xff"), "b", false)

	// The same instant in two zones.
	tz := types.TTimestampTZ
	f(Single(tz, types.Int128{Hi: 5, Lo: 7<<16 | 1}), types.Int128{Hi: 5, Lo: 7<<16 | 2}, true)
	f(Less(tz, types.Int128{Hi: 5, Lo: 1}), types.Int128{Hi: 5, Lo: 0}, false)
	f(Less(types.TUUID, types.Int128{Hi: -1}), types.Int128{Hi: 1}, true)
}

// TestAlgebra checks set operations value by value against the definition.
func TestAlgebra(t *testing.T) {
	b := types.TBigint
	basics := []Domain{All(b), None(b), OnlyNull(b), NotNull(b), In(b, ints(0, 2, 4)...), Less(b, int64(2)),
		GreaterOrEqual(b, int64(2)), Between(b, int64(1), int64(3)), Greater(b, int64(1)).Intersect(Less(b, int64(4)))}
	domains := basics
	for _, x := range basics {
		for _, y := range basics {
			domains = append(domains, x.Union(y.Complement()))
		}
	}
	values := append(ints(-1, 0, 1, 2, 3, 4, 5), nil)
	for _, x := range domains {
		for _, y := range domains {
			and, or := x.Intersect(y), x.Union(y)
			for _, v := range values {
				if in := x.Contains(v) && y.Contains(v); and.Contains(v) != in {
					t.Fatalf("%s ∩ %s = %s: %v", x, y, and, v)
				}
				if in := x.Contains(v) || y.Contains(v); or.Contains(v) != in {
					t.Fatalf("%s ∪ %s = %s: %v", x, y, or, v)
				}
			}
		}
		for _, v := range values {
			if x.Complement().Contains(v) == x.Contains(v) {
				t.Fatalf("complement of %s is %s: %v", x, x.Complement(), v)
			}
		}
		if back := x.Complement().Complement(); back.String() != x.String() {
			t.Errorf("%s twice complemented is %s", x, back)
		}
	}
}

func TestStatistics(t *testing.T) {
	b, d := types.TBigint, types.TDouble
	some := Statistics{Rows: 10, Min: int64(3), Max: int64(6), Type: b}
	nulls := some
	nulls.HasNull = true
	allNull := Statistics{Rows: 10, HasNull: true, AllNull: true, Type: b}
	unknown := Statistics{Rows: 10, HasNull: true, Type: b}
	one := Statistics{Rows: 10, Min: int64(5), Max: int64(5), Type: b}
	doubles := Statistics{Rows: 10, Min: 3.0, Max: 6.0, Type: d}
	f := func(x Domain, s Statistics, may, always bool) {
		t.Helper()
		if got := x.MayMatch(s); got != may {
			t.Errorf("%s may match %+v: %v", x, s, got)
		}
		if got := x.AlwaysMatches(s); got != always {
			t.Errorf("%s always matches %+v: %v", x, s, got)
		}
	}
	f(All(b), some, true, true)
	f(All(b), unknown, true, true)
	f(None(b), some, false, false)
	f(NotNull(b), some, true, true)
	f(NotNull(b), nulls, true, false)
	f(NotNull(b), allNull, false, false)
	f(OnlyNull(b), some, false, false)
	f(OnlyNull(b), nulls, true, false)
	f(OnlyNull(b), allNull, true, true)
	f(Single(b, int64(2)), some, false, false)
	f(Single(b, int64(3)), some, true, false)
	f(Single(b, int64(5)), one, true, true)
	f(Single(b, int64(5)), unknown, true, false)
	f(Less(b, int64(3)), some, false, false)
	f(LessOrEqual(b, int64(3)), some, true, false)
	f(Greater(b, int64(2)), some, true, true)
	f(Greater(b, int64(2)), nulls, true, false)
	f(Greater(b, int64(2)).Union(OnlyNull(b)), nulls, true, true)
	f(Greater(b, int64(6)), some, false, false)
	f(In(b, ints(1, 2, 7)...), some, false, false)
	f(In(b, ints(1, 2, 7)...).Complement(), some, true, true)
	f(Between(b, int64(3), int64(6)), some, true, true)
	f(None(b), Statistics{Type: b}, false, true)
	f(Less(d, 10.0), doubles, true, false)              // NaN may be there
	f(Less(d, 1.0).Complement(), doubles, true, true)   // and belongs here
	f(Less(d, 10.0).Complement(), doubles, true, false) // so there may be one
	f(Greater(d, 10.0), doubles, false, false)          // which no comparison finds
	f(Single(b, int64(2)), Statistics{Rows: 1, Min: int64(9), Max: int64(1), Type: b}, true, false)
	f(Single(b, int64(2)), Statistics{Rows: 1, Min: 5.0, Max: 6.0, Type: d}, true, false)
	f(Single(b, int64(2)), Statistics{Rows: 1, Min: int64(5), Max: int64(6), Type: types.TInteger}, false, false)
	f(Single(types.TVarchar, "m"), Statistics{Rows: 1, Min: "n", Max: "z", Type: types.VarcharOf(3)}, false, false)
	f(Single(types.DecimalOf(5, 1), int64(20)), Statistics{Rows: 1, Min: int64(500), Max: int64(600), Type: types.DecimalOf(5, 2)}, true, false)
}

// TestStatisticsByValues compares pruning with looking at the values, which it
// may only exceed.
func TestStatisticsByValues(t *testing.T) {
	b := types.TBigint
	domains := []Domain{In(b, ints(0, 2, 4)...), Less(b, int64(2)), Greater(b, int64(4)), Between(b, int64(1), int64(3)),
		Less(b, int64(1)).Union(Greater(b, int64(3))), In(b, ints(1, 3)...).Complement(), None(b), NotNull(b), OnlyNull(b)}
	for _, d := range domains {
		for low := int64(-1); low <= 6; low++ {
			for high := low; high <= 6; high++ {
				some, all := false, true
				for v := low; v <= high; v++ {
					some = some || d.Contains(v)
					all = all && d.Contains(v)
				}
				for _, null := range []bool{false, true} {
					s := Statistics{Rows: 9, Min: low, Max: high, HasNull: null, Type: b}
					if (some || null && d.IncludesNull()) && !d.MayMatch(s) {
						t.Errorf("%s is said not to match %d..%d", d, low, high)
					}
					if !(all && (!null || d.IncludesNull())) && d.AlwaysMatches(s) {
						t.Errorf("%s is said to match all of %d..%d", d, low, high)
					}
				}
			}
		}
	}
}

func BenchmarkMayMatch(b *testing.B) {
	var vs []Value
	for i := range int64(1000) {
		vs = append(vs, fmt.Sprintf("event-%06d", 3*i))
	}
	d := In(types.TVarchar, vs...)
	s := Statistics{Rows: 9, Min: "event-001501x", Max: "event-001502x", Type: types.TVarchar}
	for b.Loop() {
		d.MayMatch(s)
	}
}

func TestManyRanges(t *testing.T) {
	var vs []Value
	for i := range int64(3 * maxRanges) {
		vs = append(vs, 2*i)
	}
	d := In(types.TBigint, vs...)
	if text := In(types.TBigint, vs[:maxShownRanges+7]...).String(); !strings.HasSuffix(text, ", 98} or 7 more") {
		t.Error(text)
	}
	if n := len(d.Ranges()); n != maxRanges {
		t.Fatalf("%d ranges", n)
	}
	for _, v := range vs {
		if !d.Contains(v) {
			t.Fatalf("%d is lost", v)
		}
	}
	if d.Contains(int64(-1)) || d.Contains(nil) {
		t.Error("enlarged beyond its bounds")
	}
	s := Statistics{Rows: 1, Min: int64(2), Max: int64(2), Type: types.TBigint}
	if d.AlwaysMatches(s) || !d.Complement().MayMatch(s) {
		t.Error("an enlarged set promises too much")
	}
	if !d.Union(All(types.TBigint)).AlwaysMatches(s) {
		t.Error("all is all")
	}
}

func TestDiscreteAndBounds(t *testing.T) {
	b := types.TBigint
	if vs, ok := In(b, ints(3, 1)...).Discrete(); !ok || len(vs) != 2 || vs[0] != int64(1) {
		t.Errorf("got %v %v", vs, ok)
	}
	if _, ok := Less(b, int64(1)).Discrete(); ok {
		t.Error("a range is not discrete")
	}
	if r, ok := In(b, ints(3, 1)...).Bounds(); !ok || r != (Range{int64(1), int64(3), true, true}) {
		t.Errorf("got %v %v", r, ok)
	}
	if _, ok := OnlyNull(b).Bounds(); ok {
		t.Error("NULL has no bounds")
	}
}
