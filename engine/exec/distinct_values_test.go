package exec

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// distinctTexts returns n texts, some of which are UUIDs, some nearly, and some NULL.
func distinctTexts(r *rand.Rand, n, kinds int) []any {
	out := make([]any, n)
	for i := range out {
		u := vector.UUID{Hi: uint64(r.IntN(kinds)), Lo: uint64(r.IntN(2)) << 40}.String()
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
	for _, c := range []struct{ kinds, times int }{
		{1, 1}, {3, 2}, {1, 100_000}, {30_000, 3}, {60_000, 1},
	} {
		fill := func() *keySets[string] {
			s := &keySets[string]{hash: hashStrings, weigh: func(k string) int64 { return int64(len(k)) }}
			const workers = 3
			err := together(context.Background(), workers, workers, func(w int) error {
				var keys partedKeys[string]
				for i := w; i < c.kinds*c.times; i += workers {
					k := fmt.Sprint(i % c.kinds)
					keys.add(k, hashString(k))
					if keys.n > sinkKeys {
						keys.give(s, false)
					}
				}
				keys.give(s, true)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		s := fill()
		if n, err := s.count(context.Background(), 2); n != c.kinds || err != nil || s.held.Load() != 0 {
			t.Errorf("%d keys, want %d; %d bytes are held; %v", n, c.kinds, s.held.Load(), err)
		}
		s = fill()
		if err := s.compact(context.Background(), 2); err != nil {
			t.Fatal(err)
		}
		seen, n := map[string]bool{}, 0
		for part := range keyParts {
			for _, k := range s.take(part) {
				seen[k] = true
				n++
			}
		}
		if len(seen) != c.kinds || n != c.kinds || s.held.Load() != 0 {
			t.Errorf("%d keys, %d of them distinct, want %d; %d bytes are held", n, len(seen), c.kinds, s.held.Load())
		}
	}
}

func TestManyKeysAreDivided(t *testing.T) {
	s, most := &keySets[int64]{hash: hashInt64s}, int64(4*tableKeys)
	for _, k := range []int64{1, 2, 3} { // of one part, all of it twice but for the last
		var keys []int64
		for i := range most {
			keys = append(keys, i*k)
		}
		s.add(0, keys)
	}
	want := map[int64]bool{}
	for i := range most {
		want[i], want[2*i], want[3*i] = true, true, true
	}
	if n, err := s.count(context.Background(), 1); n != len(want) || err != nil {
		t.Errorf("%d keys, want %d: %v", n, len(want), err)
	}
}

func TestManyEqualKeysAreOne(t *testing.T) {
	s := &keySets[int64]{hash: hashInt64s}
	keys := make([]int64, 3*maxNumbered)
	if n := s.unique(keys, func(int64) {}); n != 1 {
		t.Errorf("%d distinct ones", n)
	}
}

func TestPartedKeysAreTaken(t *testing.T) {
	var keys partedKeys[int64]
	for range 2 {
		const n = keyParts * blockKeys * 2
		for k := range int64(n) {
			keys.add(k, hashInt64(k))
		}
		seen := map[int64]bool{}
		for _, k := range keys.take() {
			seen[k] = true
		}
		if len(seen) != n || keys.n != 0 {
			t.Errorf("%d keys, want %d; %d are left", len(seen), n, keys.n)
		}
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
