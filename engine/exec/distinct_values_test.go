package exec

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

func TestUUIDTexts(t *testing.T) {
	for _, text := range []string{
		"00000000-0000-0000-0000-000000000000",
		"ffffffff-ffff-ffff-ffff-ffffffffffff",
		"01234567-89ab-cdef-fedc-ba9876543210",
	} {
		if u, ok := uuidOf(text); !ok || u.String() != text {
			t.Errorf("%s: %v, %v", text, u, ok)
		}
	}
	if u, _ := uuidOf("01234567-89ab-cdef-fedc-ba9876543210"); u != (uuidText{0x0123456789abcdef, 0xfedcba9876543210}) {
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
			if u, ok := uuidOf(changed); ok != want || ok && u.String() != changed {
				t.Errorf("%q: %v, %v", changed, u, ok)
			}
		}
	}
	for _, other := range []string{"", text[1:], text + "0"} {
		if _, ok := uuidOf(other); ok {
			t.Errorf("%q is no UUID", other)
		}
	}
}

// distinctTexts returns n texts, some of which are UUIDs, some nearly, and some NULL.
func distinctTexts(r *rand.Rand, n, kinds int) []any {
	out := make([]any, n)
	for i := range out {
		u := uuidText{uint64(r.IntN(kinds)), uint64(r.IntN(2)) << 40}.String()
		switch r.IntN(6) {
		case 0:
			out[i] = strings.ToUpper("a" + u[1:])
		case 1:
			out[i] = strings.Repeat("x", r.IntN(4))
		case 2:
		default:
			out[i] = u
		}
	}
	return out
}

func distinctOf(values []any) int {
	seen := map[any]bool{}
	for _, v := range values {
		if v != nil {
			seen[v] = true
		}
	}
	return len(seen)
}

func TestCountOfDistinctValues(t *testing.T) {
	const seed = 3
	r := rand.New(rand.NewPCG(seed, seed))
	for _, rows := range []int{0, 1, 30, 400} {
		texts, numbers, passes := distinctTexts(r, rows, rows+1), randomValues(r, rows, 40), make([]any, rows)
		var passed []any
		for i := range passes {
			if passes[i] = r.IntN(2) == 0; passes[i] == true {
				passed = append(passed, texts[i])
			}
		}
		s := scanOf(tableOf("t", col("s", types.TVarchar, texts...), col("n", bigint, numbers...), col("p", types.TBoolean, passes...)), 1)
		distinct := func(newID plan.ColumnID, arg string) plan.AggCall {
			c := agg("count", newID, ref(s, arg))
			c.Distinct = true
			return c
		}
		some := distinct(13, "s")
		some.Filter = ref(s, "p")
		check(t, &plan.Aggregate{Input: s, Aggs: []plan.AggCall{agg("count", 9), distinct(10, "s"), distinct(11, "n"), agg("list", 12, ref(s, "n")), some}},
			fmt.Sprint(rows, " ", distinctOf(texts), " ", distinctOf(numbers), " ", listed(numbers), " ", distinctOf(passed)))
	}
}

// listed is what the aggregate list gives.
func listed(values []any) string {
	var out []string
	for _, v := range values {
		if v != nil {
			out = append(out, fmt.Sprint(v))
		}
	}
	return strings.Join(out, " ")
}

func TestKeySetsKeepEachKeyOnce(t *testing.T) {
	s := keySets[string]{hash: hashString, weigh: func(k string) int64 { return int64(len(k)) }}
	const kinds = 30_000
	err := together(context.Background(), 3, 3*kinds, func(i int) error {
		var keys partedKeys[string]
		k := fmt.Sprint(i % kinds)
		keys.add(k, hashString(k))
		keys.give(&s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.compact(context.Background(), 2); err != nil {
		t.Fatal(err)
	}
	if n := s.count(); n != kinds {
		t.Errorf("%d keys, want %d", n, kinds)
	}
	seen := map[string]bool{}
	for part := range keyParts {
		for _, k := range s.take(part) {
			seen[k] = true
		}
	}
	if len(seen) != kinds || s.held.Load() != 0 {
		t.Errorf("%d keys, want %d; %d bytes are held", len(seen), kinds, s.held.Load())
	}
}

func TestTogetherEndsAtAnError(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := together(ctx, 2, 5, func(int) error { return nil }); err != context.Canceled {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
	err := together(context.Background(), 2, 5, func(i int) error {
		if i == 3 {
			panic("three")
		}
		return nil
	})
	if p, ok := err.(*PanicError); !ok || p.Value != "three" {
		t.Errorf("%v, want a panic", err)
	}
}
