package function

import (
	"fmt"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// benchmark times a kernel on batches of n rows. The last arguments are constants of one row.
func benchmark(b *testing.B, name string, column vector.Vector, constants ...vector.Vector) {
	n := column.Len()
	args, known := []vector.Vector{column}, []vector.Vector{nil}
	signature := []Arg{{Type: column.Type()}}
	for _, c := range constants {
		args, known = append(args, vector.NewConstant(c, n)), append(known, c)
		signature = append(signature, Arg{Type: c.Type()})
	}
	fn, err := ResolveScalar(name, signature)
	if err != nil {
		b.Fatal(err)
	}
	kernel, err := fn.Overload.New(Binding{Ctx: testContext, Params: fn.Params, Result: fn.Result, Constants: known})
	if err != nil {
		b.Fatal(err)
	}
	b.Run(name, func(b *testing.B) {
		for b.Loop() {
			if _, err := kernel(&Call{Ctx: testContext, N: n, Args: args, Result: fn.Result}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/row")
	})
}

func BenchmarkKernels(b *testing.B) {
	const n = vector.DefaultBatchRows
	numbers, texts, documents := make([]int64, n), make([]string, n), make([]string, n)
	for i := range numbers {
		numbers[i] = int64(i)
		texts[i] = fmt.Sprintf("arn:aws:iam::12345678901%d:role/Role%d", i%10, i)
		documents[i] = fmt.Sprintf(`{"instancesSet":{"items":[{"instanceId":"i-%d","state":"running"}]},"requestId":"%d"}`, i, i)
	}
	text := func(s string) vector.Vector { return vector.NewValue(types.TVarchar, s) }
	ints := vector.NewFlat(types.TBigint, numbers, nil)
	strs := vector.NewFlat(types.TVarchar, texts, nil)
	json := vector.NewFlat(types.TVarchar, documents, nil)
	benchmark(b, "$add", ints, vector.NewValue(types.TBigint, int64(1)))
	benchmark(b, "$less", ints, vector.NewValue(types.TBigint, int64(500)))
	benchmark(b, "$equal", strs, text("arn:aws:iam::123456789011:role/Role1"))
	benchmark(b, "$like", strs, text("%:role/Role1%"))
	benchmark(b, "regexp_like", strs, text(`role/Role\d+1$`))
	benchmark(b, "regexp_extract", strs, text(`(?<=role/)\w+`))
	benchmark(b, "lower", strs)
	benchmark(b, "split_part", strs, text(":"), vector.NewValue(types.TBigint, int64(5)))
	benchmark(b, "json_extract_scalar", json, text("$.instancesSet.items[0].instanceId"))
	benchmark(b, "json_extract", json, text("$.instancesSet.items"))
	benchmark(b, "json_parse", json)
}
