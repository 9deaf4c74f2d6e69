package function

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// column makes a vector of a type from texts that the casts of the type read; "-" is NULL.
func column(t testing.TB, typ, texts string) vector.Vector {
	t.Helper()
	to, err := types.Parse(typ)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Fields(texts)
	b := vector.NewFlatBuilder[string](types.TVarchar, len(parts))
	for _, p := range parts {
		if p == "-" {
			b.AppendNull()
		} else {
			b.AppendValue(p)
		}
	}
	h := &harness{n: len(parts)}
	v := b.Build()
	if to.Equal(types.TVarchar) {
		return v
	}
	v, err = h.cast(v, to)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// asDictionary returns v in a dictionary with an entry for each row.
func asDictionary(v vector.Vector) vector.Vector {
	if v.Nulls().Count(v.Len()) == v.Len() {
		return v
	}
	ids := make([]int32, v.Len())
	var entries []int32
	for i := range ids {
		if !v.Nulls().Has(i) {
			ids[i] = int32(len(entries))
			entries = append(entries, int32(i))
		}
	}
	return vector.NewDictionary(ids, vector.Plain(vector.Gather(v, entries)), v.Nulls())
}

// aggregated returns the results of an aggregate for groups, whatever the way in
// which rows reach it: all at once, one by one, in parts that are merged.
func aggregated(t testing.TB, name string, args []vector.Vector, groups []int32, n int) string {
	t.Helper()
	signature := make([]Arg, len(args))
	for i, a := range args {
		signature[i].Type = a.Type()
	}
	fn, err := ResolveAggregate(name, signature)
	if err != nil {
		return err.Error()
	}
	args = append([]vector.Vector(nil), args...)
	h := &harness{n: len(groups)}
	for i := range args {
		if !args[i].Type().Equal(fn.Params[i]) {
			if args[i], err = h.cast(args[i], fn.Params[i]); err != nil {
				t.Fatal(err)
			}
		}
	}
	binding := Binding{Ctx: testContext, Params: fn.Params, Result: fn.Result, Constants: make([]vector.Vector, len(args))}
	fresh := func() Accumulator {
		acc, err := fn.Overload.New(binding)
		if err != nil {
			t.Fatal(err)
		}
		acc.Grow(n)
		return acc
	}
	add := func(acc Accumulator, from, to int, form func(vector.Vector) vector.Vector) error {
		c := &Call{Ctx: testContext, N: to - from, Result: fn.Result, Args: make([]vector.Vector, len(args))}
		for i, a := range args {
			c.Args[i] = form(vector.Slice(a, from, to))
			if !fn.Overload.Nullable {
				c.Nulls = vector.Or(c.Nulls, c.Args[i].Nulls(), c.N)
			}
		}
		return acc.Add(c, groups[from:to])
	}
	same := func(v vector.Vector) vector.Vector { return v }
	text := func(acc Accumulator, err error) string {
		if err != nil {
			return err.Error()
		}
		v, err := acc.Result(0, n)
		if err != nil {
			return err.Error()
		}
		if !v.Type().Equal(fn.Result) {
			t.Errorf("%s gave a %s for a %s", name, v.Type(), fn.Result)
		}
		parts := make([]string, n)
		for i := range parts {
			parts[i] = string(vector.AppendText(nil, v, i))
		}
		if acc.Bytes() < 0 {
			t.Errorf("%s holds %d bytes", name, acc.Bytes())
		}
		return strings.Join(parts, " | ")
	}
	identity := make([]int32, n)
	for i := range identity {
		identity[i] = int32(i)
	}
	total := len(groups)
	whole := fresh()
	want := text(whole, add(whole, 0, total, same))
	ways := map[string]func() (Accumulator, error){
		"dictionary": func() (Accumulator, error) {
			acc := fresh()
			return acc, add(acc, 0, total, asDictionary)
		},
		"row by row as constants": func() (Accumulator, error) {
			acc := fresh()
			for i := range total {
				if err := add(acc, i, i+1, func(v vector.Vector) vector.Vector { return vector.NewConstant(v, 1) }); err != nil {
					return acc, err
				}
			}
			return acc, nil
		},
		"merged": func() (Accumulator, error) {
			acc := fresh()
			for from := 0; from < total; from += 2 {
				part := fresh()
				if err := add(part, from, min(from+2, total), same); err != nil {
					return acc, err
				}
				if err := acc.Merge(part, identity); err != nil {
					return acc, err
				}
			}
			return acc, nil
		},
	}
	for how, way := range ways {
		acc, err := way()
		if got := text(acc, err); got != want {
			t.Errorf("%s %s gives %s, but all at once %s", name, how, got, want)
		}
	}
	return want
}

func TestAggregates(t *testing.T) {
	x := "bigint: 3 1 - 2 3 -"
	for _, c := range []struct{ call, args, want string }{
		{"count", "", "3 | 3 | 0"},
		{"count", x, "2 | 2 | 0"},
		{"sum", x, "5 | 4 | NULL"},
		{"sum", "integer: 3 1 - 2 3 -", "5 | 4 | NULL"},
		{"sum", "double: 3 1 - 2 0.5 -", "5.0 | 1.5 | NULL"},
		{"sum", "real: 3 1 - 2 0.5 -", "5.0 | 1.5 | NULL"},
		{"sum", "decimal(5,2): 3 1 - 2 0.5 -", "5.00 | 1.50 | NULL"},
		{"sum", "decimal(30,2): 3 1 - 2 0.5 -", "5.00 | 1.50 | NULL"},
		{"sum", "bigint: 9223372036854775807 - - 1 - -", "bigint addition overflow: 9223372036854775808"},
		{"sum", "bigint: 9223372036854775807 - 1 -1 - -", "9223372036854775807 | NULL | NULL"},
		{"avg", x, "2.5 | 2.0 | NULL"},
		{"avg", "decimal(5,1): 0.1 - - 0.2 -0.1 -0.2", "0.2 | -0.2 | NULL"},
		{"min", x, "2 | 1 | NULL"},
		{"max", x, "3 | 3 | NULL"},
		{"max", "double: NaN NaN - 2 - -", "2.0 | NaN | NULL"},
		{"min", "varchar: b c - a b -", "a | b | NULL"},
		{"min", "decimal(30,2): 3 1 - 2 0.5 -", "2.00 | 0.50 | NULL"},
		{"min", "boolean: true false - false false -", "false | false | NULL"},
		{"max", x + "; bigint: 1 1 1 1 1 1", "[3] | [3] | NULL"},
		{"max_by", "varchar: a b c d e f; " + x, "a | e | NULL"},
		{"min_by", "varchar: a b c d e f; " + x + "; bigint: 2 2 2 2 2 2", "[d, a] | [b, e] | NULL"},
		{"any_value", x, "3 | 1 | NULL"},
		{"array_agg", x, "[3, NULL, 2] | [1, 3, NULL] | NULL"},
		{"bool_and", "boolean: true false - true - -", "true | false | NULL"},
		{"bool_or", "boolean: true false - false - -", "true | false | NULL"},
		{"count_if", "boolean: true false - true - -", "2 | 0 | 0"},
		{"histogram", x, "{3=1, 2=1} | {1=1, 3=1} | NULL"},
		{"histogram", "varchar: a a - b b -", "{a=1, b=1} | {a=1, b=1} | NULL"},
		{"map_agg", "varchar: a b a - c -; " + x, "{a=3} | {b=1, c=3} | NULL"},
		{"multimap_agg", "varchar: a b a a b -; " + x, "{a=[3, NULL, 2]} | {b=[1, 3]} | NULL"},
		{"geometric_mean", "bigint: 1 4 - 1 4 -", "1.0 | 4.0 | NULL"},
		{"variance", x, "0.5 | 2.0 | NULL"},
		{"var_pop", x, "0.25 | 1.0 | NULL"},
		{"stddev", "double: 3 1 - 2 - -", "0.7071067811865476 | NULL | NULL"},
		{"stddev_pop", x, "0.5 | 1.0 | NULL"},
		{"skewness", x, "NULL | NULL | NULL"},
		{"kurtosis", x, "NULL | NULL | NULL"},
		{"covar_pop", x + "; double: 1 2 5 4 2 1", "-0.75 | 0.0 | NULL"},
		{"covar_samp", x + "; double: 1 2 5 4 2 1", "-1.5 | 0.0 | NULL"},
		{"corr", x + "; real: 1 2 5 4 6 1", "-1.0 | 1.0 | NULL"},
		{"regr_slope", x + "; real: 1 2 5 4 6 1", "-0.33333334 | 0.5 | NULL"},
		{"regr_intercept", x + "; real: 1 2 5 4 6 1", "3.3333333 | 0.0 | NULL"},
		{"numeric_histogram", "bigint: 2 2 2 2 2 2; double: 1 2 3 3 - -", "{1.0=1.0, 3.0=2.0} | {2.0=1.0} | NULL"},
		{"bitwise_xor_agg", x, "1 | 2 | NULL"},
	} {
		var args []vector.Vector
		for part := range strings.SplitSeq(c.args, ";") {
			if typ, texts, ok := strings.Cut(part, ":"); ok {
				args = append(args, column(t, strings.TrimSpace(typ), texts))
			}
		}
		if got := aggregated(t, c.call, args, []int32{0, 1, 0, 0, 1, 1}, 3); strings.ReplaceAll(got, "null", "NULL") != c.want {
			t.Errorf("%s(%s) is %s, want %s", c.call, c.args, got, c.want)
		}
	}
}

// benchmarkAggregate times an aggregate of 100 groups. Last arguments that are constants have one row.
func benchmarkAggregate(b *testing.B, name string, args ...vector.Vector) {
	const rows, groups = vector.DefaultBatchRows, 100
	ids := make([]int32, rows)
	for i := range ids {
		ids[i] = int32(i*7) % groups
	}
	signature := make([]Arg, len(args))
	constants := make([]vector.Vector, len(args))
	for i, a := range args {
		signature[i].Type = a.Type()
		if a.Len() == 1 {
			constants[i], args[i] = a, vector.NewConstant(a, rows)
		}
	}
	fn, err := ResolveAggregate(name, signature)
	if err != nil {
		b.Fatal(err)
	}
	acc, err := fn.Overload.New(Binding{Ctx: testContext, Params: fn.Params, Result: fn.Result, Constants: constants})
	if err != nil {
		b.Fatal(err)
	}
	acc.Grow(groups)
	c := &Call{Ctx: testContext, N: rows, Args: args, Result: fn.Result}
	b.ReportAllocs()
	for b.Loop() {
		if err := acc.Add(c, ids); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*rows)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}

// BenchmarkAggregates times aggregates on a flat column and on a dictionary of 100 entries.
func BenchmarkAggregates(b *testing.B) {
	const rows, entries = vector.DefaultBatchRows, 100
	numbers, doubles, texts, ids := make([]int64, rows), make([]float64, rows), make([]string, rows), make([]int32, rows)
	for i := range rows {
		numbers[i] = int64(i * 31 % 1000)
		doubles[i] = float64(numbers[i]) / 4
		texts[i] = fmt.Sprintf("user-%d", numbers[i])
		ids[i] = int32(i * 7 % entries)
	}
	n, d, s := vector.NewFlat(types.TBigint, numbers, nil), vector.NewFlat(types.TDouble, doubles, nil), vector.NewFlat(types.TVarchar, texts, nil)
	yes := vector.NewFlat(types.TBoolean, make([]bool, rows), nil)
	share, ten := vector.NewValue(types.TDouble, 0.5), vector.NewValue(types.TBigint, int64(10))
	thousand := vector.NewValue(types.TBigint, int64(1000))
	for _, c := range []struct {
		group, name string
		args        []vector.Vector
	}{
		{"general", "count", nil},
		{"general", "count", []vector.Vector{s}},
		{"general", "count_if", []vector.Vector{yes}},
		{"general", "bool_and", []vector.Vector{yes}},
		{"general", "sum", []vector.Vector{n}},
		{"general", "sum", []vector.Vector{d}},
		{"general", "avg", []vector.Vector{n}},
		{"general", "min", []vector.Vector{n}},
		{"general", "max", []vector.Vector{s}},
		{"general", "max", []vector.Vector{n, ten}},
		{"general", "max_by", []vector.Vector{s, n}},
		{"general", "max_by", []vector.Vector{n, d}},
		{"general", "arbitrary", []vector.Vector{s}},
		{"general", "checksum", []vector.Vector{s}},
		{"general", "geometric_mean", []vector.Vector{d}},
		{"bitwise", "bitwise_or_agg", []vector.Vector{n}},
		{"statistics", "stddev", []vector.Vector{d}},
		{"statistics", "corr", []vector.Vector{d, d}},
		{"statistics", "kurtosis", []vector.Vector{d}},
		{"sketches", "approx_distinct", []vector.Vector{s}},
		{"sketches", "approx_distinct", []vector.Vector{n}},
		{"sketches", "approx_set", []vector.Vector{s}},
		{"sketches", "approx_percentile", []vector.Vector{n, share}},
		{"sketches", "approx_percentile", []vector.Vector{d, share}},
		{"sketches", "approx_most_frequent", []vector.Vector{ten, s, thousand}},
		{"sketches", "numeric_histogram", []vector.Vector{ten, d}},
		{"sketches", "qdigest_agg", []vector.Vector{n}},
		{"sketches", "tdigest_agg", []vector.Vector{d}},
		{"sketches", "make_set_digest", []vector.Vector{s}},
		{"map", "histogram", []vector.Vector{s}},
	} {
		for _, dictionary := range []bool{false, true} {
			label := "flat"
			args := make([]vector.Vector, len(c.args))
			names := make([]string, len(c.args))
			for i, a := range c.args {
				args[i], names[i] = a, a.Type().String()
				if dictionary && a.Len() == rows {
					args[i] = vector.NewDictionary(ids, vector.Plain(vector.Slice(a, 0, entries)), nil)
				}
			}
			if dictionary {
				if label = "dictionary"; len(args) == 0 {
					continue
				}
			}
			b.Run(fmt.Sprintf("%s/%s(%s)/%s", c.group, c.name, strings.Join(names, ","), label), func(b *testing.B) {
				benchmarkAggregate(b, c.name, args...)
			})
		}
	}
}
