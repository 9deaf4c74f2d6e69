package function

import (
	"fmt"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

func TestArrays(t *testing.T) {
	check(t, `
		element_at(ARRAY['a', 'b'], -1) → b
		element_at(ARRAY['a', 'b'], 3) → null
		element_at(ARRAY['a', 'b'], 0) ✗ SQL array indices start at 1
		cardinality(ARRAY[1, 2]) → 2
		contains(ARRAY[1, 2], 2) → true
		contains(ARRAY[1, NULL], 2) → null
		array_position(ARRAY[1, 2, 1], 1) → 1
		array_distinct(ARRAY[1, NULL, 1, NULL]) → [1, null]
		array_intersect(ARRAY[1, 2], ARRAY[2, 3]) → [2]
		array_except(ARRAY[1, 2, 1], ARRAY[2, 3]) → [1]
		array_union(ARRAY[1, 2], ARRAY[2, 3]) → [1, 2, 3]
		arrays_overlap(ARRAY[1, 2], ARRAY[2, 3]) → true
		arrays_overlap(ARRAY[1, NULL], ARRAY[3]) → null
		array_remove(ARRAY[1, 2, 1], 1) → [2]
		array_max(ARRAY[1, 3, 2]) → 3
		array_min(ARRAY[1, NULL]) → null
		slice(ARRAY[1, 2, 3], -2, 2) → [2, 3]
		slice(ARRAY[1, 2, 3], 1, -1) ✗ length must be greater than or equal to 0
		trim_array(ARRAY[1, 2, 3], 2) → [1]
		flatten(ARRAY[ARRAY[1], ARRAY[2, 3]]) → [1, 2, 3]
		repeat('a', 2) → [a, a]
		sequence(5, 1) → [5, 4, 3, 2, 1]
		sequence(1, 5, 2) → [1, 3, 5]
		sequence(DATE '2024-01-31', DATE '2024-03-31', INTERVAL '1' MONTH) → [2024-01-31, 2024-02-29, 2024-03-31]
		array_join(ARRAY[1, NULL, 2], ', ') → 1, 2
		array_join(ARRAY[1, NULL, 2], ', ', '?') → 1, ?, 2
	`)
}

// BenchmarkElementAt finds a key in maps whose keys and values are dictionaries, as the store has them.
func BenchmarkElementAt(b *testing.B) {
	const rows, entries = vector.DefaultBatchRows, 8
	names := make([]string, 50)
	for i := range names {
		names[i] = fmt.Sprintf("parameter-%d", i)
	}
	ids := make([]int32, rows*entries)
	offsets := make([]int32, rows+1)
	for i := range rows {
		offsets[i+1] = int32((i + 1) * entries)
		for j := range entries {
			ids[i*entries+j] = int32((i + j) % len(names))
		}
	}
	dictionary := vector.NewDictionary(ids, vector.NewFlat(types.TVarchar, names, nil), nil)
	maps := vector.NewMap(types.TMapOfVarchar, offsets, dictionary, dictionary, nil)
	key := vector.NewConstant(vector.NewValue(types.TVarchar, "parameter-7"), rows)
	fn, err := ResolveScalar("element_at", []Arg{{Type: types.TMapOfVarchar}, {Type: types.TVarchar}})
	if err != nil {
		b.Fatal(err)
	}
	kernel, err := fn.Overload.New(Binding{Params: fn.Params, Result: fn.Result, Constants: []vector.Vector{nil, key.Value}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		v, err := kernel(&Call{N: rows, Args: []vector.Vector{maps, key}, Result: fn.Result})
		if err != nil {
			b.Fatal(err)
		}
		if _, ok := v.(*vector.Dictionary); !ok {
			b.Fatalf("element_at gave a %T", v)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
}
