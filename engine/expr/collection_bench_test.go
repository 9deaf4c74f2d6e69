package expr

import (
	"fmt"
	"testing"

	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// BenchmarkGroups times functions of strings, arrays, maps and comparison on a flat column and on a dictionary of 100 entries.
func BenchmarkGroups(b *testing.B) {
	const rows, entries = vector.DefaultBatchRows, 100
	ids := make([]int32, rows)
	for i := range ids {
		ids[i] = int32(i * 7 % entries)
	}
	text := func(n int) vector.Vector {
		out := vector.NewFlatBuilder[string](varchar, n)
		for i := range n {
			out.AppendValue(fmt.Sprintf("arn:aws:iam::12345678901%d:role/Role%d", i%10, i))
		}
		return out.Build()
	}
	list := func(n int) vector.Vector {
		out := vector.NewBuilder(types.ArrayOf(varchar), n).(*vector.ArrayBuilder)
		for i := range n {
			for j := range 5 {
				put(out.Elements, fmt.Sprintf("tag-%d", (i+3*j)%40))
			}
			out.Close()
		}
		return out.Build()
	}
	numbers := func(n int) vector.Vector {
		out := vector.NewBuilder(types.ArrayOf(bigint), n).(*vector.ArrayBuilder)
		for i := range n {
			for j := range 5 {
				put(out.Elements, (i*31+17*j)%40)
			}
			out.Close()
		}
		return out.Build()
	}
	entry := func(n int) vector.Vector {
		out := vector.NewBuilder(types.MapOf(varchar, varchar), n).(*vector.MapBuilder)
		for i := range n {
			for j := range 5 {
				put(out.Keys, fmt.Sprintf("key-%d", j))
				put(out.Values, fmt.Sprintf("value-%d", i))
			}
			out.Close()
		}
		return out.Build()
	}
	whole := func(n int) vector.Vector {
		out := vector.NewFlatBuilder[int64](bigint, n)
		for i := range n {
			out.AppendValue(int64(i))
		}
		return out.Build()
	}
	tags := vec(types.ArrayOf(varchar), []any{"tag-1", "tag-7", "tag-20"})
	for _, c := range []struct {
		group, name string
		column      func(n int) vector.Vector
		constants   []any
	}{
		{"string", "length", text, nil},
		{"string", "upper", text, nil},
		{"string", "substr", text, []any{5, 12}},
		{"string", "replace", text, []any{"role", "user"}},
		{"string", "split_part", text, []any{":", 5}},
		{"string", "split", text, []any{":"}},
		{"string", "strpos", text, []any{"Role"}},
		{"string", "reverse", text, nil},
		{"string", "lpad", text, []any{60, "."}},
		{"string", "trim", text, nil},
		{"string", "concat", text, []any{"/x"}},
		{"string", "starts_with", text, []any{"arn:aws"}},
		{"string", "levenshtein_distance", text, []any{"arn:aws:iam::123456789012:role/Role1"}},
		{"string", "normalize", text, nil},
		{"string", "translate", text, []any{":/", "--"}},
		{"string", "word_stem", text, nil},
		{"string", "split_to_map", func(n int) vector.Vector { return vec(varchar, repeated(n, "a=1&b=2&c=3")...) }, []any{"&", "="}},
		{"array", "cardinality", list, nil},
		{"array", "element_at", list, []any{2}},
		{"array", "$subscript", list, []any{2}},
		{"array", "contains", list, []any{"tag-7"}},
		{"array", "array_position", list, []any{"tag-7"}},
		{"array", "array_distinct", list, nil},
		{"array", "array_sort", list, nil},
		{"array", "array_sort", numbers, nil},
		{"array", "array_max", numbers, nil},
		{"array", "array_join", list, []any{","}},
		{"array", "array_intersect", list, []any{tags}},
		{"array", "arrays_overlap", list, []any{tags}},
		{"array", "array_remove", list, []any{"tag-7"}},
		{"array", "slice", list, []any{2, 2}},
		{"array", "reverse", list, nil},
		{"array", "concat", list, []any{tags}},
		{"array", "ngrams", list, []any{vec(types.TInteger, 2)}},
		{"array", "$equal", list, []any{tags}},
		{"map", "cardinality", entry, nil},
		{"map", "element_at", entry, []any{"key-3"}},
		{"map", "$subscript", entry, []any{"key-3"}},
		{"map", "map_keys", entry, nil},
		{"map", "map_values", entry, nil},
		{"map", "map_entries", entry, nil},
		{"comparison", "greatest", whole, []any{500}},
		{"comparison", "greatest", text, []any{"arn:b"}},
		{"comparison", "$equal", whole, []any{500}},
		{"comparison", "$less", text, []any{"arn:b"}},
	} {
		for _, column := range []struct {
			name   string
			values vector.Vector
		}{{"flat", c.column(rows)}, {"dictionary", vector.NewDictionary(ids, c.column(entries), nil)}} {
			f := in("x", column.values)
			args, signature := []plan.Expr{f.col("x")}, []function.Arg{{Type: column.values.Type()}}
			for _, v := range c.constants {
				literal, ok := v.(vector.Vector)
				if s, text := v.(string); text {
					literal = vec(varchar, s)
				} else if !ok {
					literal = vec(bigint, v)
				}
				args, signature = append(args, &plan.Literal{Value: literal}), append(signature, function.Arg{Type: literal.Type()})
			}
			fn, err := function.ResolveScalar(c.name, signature)
			if err != nil {
				b.Fatal(err)
			}
			e, err := Compile(&plan.Call{Fn: fn, Args: args}, f.columns, env())
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%s/%s(%s)/%s", c.group, c.name, column.values.Type(), column.name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := e.Eval(&f.batch); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N*rows)/b.Elapsed().Seconds()/1e6, "Mrows/s")
			})
		}
	}
}

func repeated(n int, v any) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = v
	}
	return out
}
