package expr

import (
	"fmt"
	"testing"

	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// BenchmarkText times functions of patterns, paths and JSON over rows that all differ, and
// over a dictionary of 100 entries, which stays the same from batch to batch.
func BenchmarkText(b *testing.B) {
	const rows, entries = vector.DefaultBatchRows, 100
	flat := func(form string, n int) vector.Vector {
		texts := make([]string, n)
		for i := range texts {
			texts[i] = fmt.Sprintf(form, i, i)
		}
		return vector.NewFlat(types.TVarchar, texts, nil)
	}
	ids := make([]int32, rows)
	for i := range ids {
		ids[i] = int32(i * 7 % entries)
	}
	const agent = "aws-sdk-go/1.44.%d (go1.20.7; linux; amd64) exec-env/AWS_ECS_FARGATE amazon-ssm-agent/3.2.%d"
	const document = `{"instancesSet":{"items":[{"instanceId":"i-%d","state":"running"}]},"requestId":"%d"}`
	for _, c := range []struct {
		name, form string
		constants  []any
	}{
		{"regexp_like", agent, []any{`(?i)terraform|pulumi|ssm-agent/9`}},
		{"regexp_like", agent, []any{`^aws-sdk-go/1\.\d+`}},
		{"regexp_like", agent, []any{`(?<!amazon-)ssm-agent`}},
		{"regexp_extract", agent, []any{`^[^/]+/([\d.]+)`, int64(1)}},
		{"regexp_extract_all", agent, []any{`\d+\.\d+`}},
		{"regexp_count", agent, []any{`[a-z]+/`}},
		{"regexp_position", agent, []any{`\(`}},
		{"regexp_replace", agent, []any{`\d+`, "N"}},
		{"regexp_split", agent, []any{`[ /;]+`}},
		{"$like", agent, []any{"%ssm-agent%"}},
		{"$like", agent, []any{"aws-sdk-%(go%linux%)%"}},
		{"json_extract_scalar", document, []any{"$.instancesSet.items[0].instanceId"}},
		{"json_extract", document, []any{"$.instancesSet.items"}},
		{"json_size", document, []any{"$.instancesSet.items"}},
		{"json_parse", document, nil},
	} {
		for _, column := range []struct {
			name   string
			values vector.Vector
		}{
			{"flat", flat(c.form, rows)},
			{"dictionary", vector.NewDictionary(ids, flat(c.form, entries), nil)},
		} {
			f := in("x", column.values)
			args, signature := []plan.Expr{f.col("x")}, []function.Arg{{Type: types.TVarchar}}
			for _, v := range c.constants {
				t := types.TVarchar
				if _, ok := v.(int64); ok {
					t = types.TBigint
				}
				args, signature = append(args, &plan.Literal{Value: vector.NewValue(t, v)}), append(signature, function.Arg{Type: t})
			}
			fn, err := function.ResolveScalar(c.name, signature)
			if err != nil {
				b.Fatal(err)
			}
			e, err := Compile(&plan.Call{Fn: fn, Args: args}, f.columns, env())
			if err != nil {
				b.Fatal(err)
			}
			label := c.name
			if len(c.constants) > 0 {
				label = fmt.Sprintf("%s %v", c.name, c.constants[0])
			}
			b.Run(label+"/"+column.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := e.Eval(&f.batch); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
			})
		}
	}
}
