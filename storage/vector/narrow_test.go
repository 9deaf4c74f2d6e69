package vector

import (
	"fmt"
	"math"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
)

func TestNarrowedRowsAreThoseOfTheVector(t *testing.T) {
	const rows = 300
	nulls := NewBitmap(rows)
	for i := 0; i < rows; i += 7 {
		nulls.Set(i)
	}
	entries := func(n int) Vector {
		out := make([]string, n)
		for i := range out {
			out[i] = fmt.Sprint("entry ", i)
		}
		return NewFlat(types.TVarchar, out, nil)
	}
	dictionary := func(n int, nulls Bitmap) Vector {
		ids := make([]int32, rows)
		for i := range ids {
			ids[i] = int32(i * (n - 1) / (rows - 1))
		}
		return NewDictionary(ids, entries(n), nulls)
	}
	numbers := func(nulls Bitmap, f func(i int) int64) Vector {
		out := make([]int64, rows)
		for i := range out {
			out[i] = f(i)
		}
		return NewFlat(types.TTimestamp, out, nulls)
	}
	for _, c := range []struct {
		name  string
		v     Vector
		bytes int64 // a row; 0 if it stays as it is
	}{
		{"few entries", dictionary(2, nil), 1},
		{"256 entries", dictionary(256, nulls), 1},
		{"257 entries", dictionary(257, nulls), 2},
		{"65536 entries", dictionary(1<<16, nil), 2},
		{"more", dictionary(1<<16+1, nil), 0},
		{"milliseconds of a day", numbers(nulls, func(i int) int64 { return 1_700_000_000_000_000 + int64(i)*288_000_000 }), 4},
		{"microseconds of an hour", numbers(nil, func(i int) int64 { return -1_700_000_000_000_000 + int64(i)*11_999_999 }), 4},
		{"microseconds of a day", numbers(nil, func(i int) int64 { return int64(i) * 288_000_001 }), 0},
		{"all of them", numbers(nil, func(i int) int64 { return []int64{math.MinInt64, math.MaxInt64}[i%2] }), 0},
		{"NULLs", numbers(allRows(rows), func(int) int64 { return 0 }), 0},
		{"texts", entries(rows), 0},
	} {
		n, ok := Narrow(c.v)
		if ok != (c.bytes > 0) {
			t.Errorf("%s: narrowed is %v", c.name, ok)
		}
		if !ok {
			continue
		}
		if got := n.Bytes() - 8*int64(len(n.Nulls())); got != c.bytes*rows || n.Len() != rows || !n.Type().Equal(c.v.Type()) {
			t.Errorf("%s: %d bytes, %d rows", c.name, got, n.Len())
		}
		same := func(what string, got, want Vector) {
			t.Helper()
			if got.Len() != want.Len() {
				t.Fatalf("%s, %s: %d rows, not %d", c.name, what, got.Len(), want.Len())
			}
			for i := range want.Len() {
				if a, b := ValueAt(got, i), ValueAt(want, i); a != b {
					t.Fatalf("%s, %s, row %d: %v, not %v", c.name, what, i, a, b)
				}
			}
		}
		same("all", Slice(n, 0, rows), c.v)
		same("some", Slice(n, 13, 150), Slice(c.v, 13, 150))
		same("few", Gather(n, []int32{0, 7, 8, 255, 299}), Gather(c.v, []int32{0, 7, 8, 255, 299}))
	}
}
