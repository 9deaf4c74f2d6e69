package expr

import (
	"fmt"
	"testing"

	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// BenchmarkNumbersAndTimes times a function or two of each group of scalars over rows that all differ,
// and over a dictionary of 100 entries. See BenchmarkText for patterns, paths and JSON.
func BenchmarkNumbersAndTimes(b *testing.B) {
	const rows, entries = vector.DefaultBatchRows, 100
	ids := make([]int32, rows)
	for i := range ids {
		ids[i] = int32(i * 7 % entries)
	}
	zone, err := types.ZoneOf("America/New_York")
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		group, name string
		values      func(n int) vector.Vector
		before      []any // constants before the column
		after       []any // and behind it
	}{
		{"url", "url_extract_host", texts(types.TVarchar, "https://console%d.aws.amazon.com/ec2/home?region=us-east-1&q=%[1]d"), nil, nil},
		{"url", "url_extract_parameter", texts(types.TVarchar, "https://console%d.aws.amazon.com/ec2/home?region=us-east-1&q=%[1]d"), nil, []any{"q"}},
		{"url", "url_decode", texts(types.TVarchar, "a%%20b%d%%2Fc"), nil, nil},
		{"math", "ln", doubles, nil, nil},
		{"math", "round", doubles, nil, []any{int64(2)}},
		{"math", "to_base", integers, nil, []any{int64(16)}},
		{"bitwise", "bitwise_and", integers, nil, []any{int64(255)}},
		{"bitwise", "bit_count", integers, nil, []any{int64(64)}},
		{"hash", "xxhash64", texts(types.TVarbinary, "arn:aws:iam::123456789012:user/%d"), nil, nil},
		{"hash", "sha256", texts(types.TVarbinary, "arn:aws:iam::123456789012:user/%d"), nil, nil},
		{"hash", "to_hex", texts(types.TVarbinary, "arn:aws:iam::123456789012:user/%d"), nil, nil},
		{"ip", "contains", addresses, []any{"10.0.0.0/8"}, nil},
		{"date and time", "date_trunc", timestamps, []any{"hour"}, nil},
		{"date and time", "date_trunc", zoned(zone), []any{"day"}, nil},
		{"date and time", "date_format", timestamps, nil, []any{"%Y-%m-%d %H:%i"}},
		{"date and time", "hour", timestamps, nil, nil},
		{"date and time", "date_add", zoned(zone), []any{"month", int64(1)}, nil},
		{"date and time", "to_iso8601", timestamps, nil, nil},
		{"date and time", "from_iso8601_timestamp", texts(types.TVarchar, "2024-05-06T07:08:09.%03dZ"), nil, nil},
		{"date and time", "date_parse", texts(types.TVarchar, "2024-05-06 07:08:%d"), nil, []any{"%Y-%m-%d %H:%i:%s"}},
		{"conversion", "parse_data_size", texts(types.TVarchar, "%d.5MB"), nil, nil},
		{"conversion", "human_readable_seconds", doubles, nil, nil},
	} {
		for _, column := range []struct {
			name   string
			values vector.Vector
		}{{"flat", c.values(rows)}, {"dictionary", vector.NewDictionary(ids, c.values(entries), nil)}} {
			f := in("x", column.values)
			var args []plan.Expr
			var signature []function.Arg
			constant := func(v any) {
				t := types.TVarchar
				if _, ok := v.(int64); ok {
					t = types.TInteger
				}
				args, signature = append(args, &plan.Literal{Value: vector.NewValue(t, v)}), append(signature, function.Arg{Type: t})
			}
			for _, v := range c.before {
				constant(v)
			}
			args, signature = append(args, f.col("x")), append(signature, function.Arg{Type: column.values.Type()})
			for _, v := range c.after {
				constant(v)
			}
			fn, err := function.ResolveScalar(c.name, signature)
			if err != nil {
				b.Fatal(err)
			}
			for i, p := range fn.Params {
				if l, ok := args[i].(*plan.Literal); ok && p.Physical() == types.Int64 {
					l.Value = vector.NewValue(p, vector.ViewOf[int64](l.Value).Get(0))
				}
			}
			e, err := Compile(&plan.Call{Fn: fn, Args: args}, f.columns, env())
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%s/%s %s/%s", c.group, c.name, column.values.Type(), column.name), func(b *testing.B) {
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

func filled[T vector.Element](t types.Type, n int, f func(i int) T) vector.Vector {
	out := make([]T, n)
	for i := range out {
		out[i] = f(i)
	}
	return vector.NewFlat(t, out, nil)
}

func texts(t types.Type, form string) func(n int) vector.Vector {
	return func(n int) vector.Vector {
		return filled(t, n, func(i int) string { return fmt.Sprintf(form, i%60) })
	}
}

func doubles(n int) vector.Vector {
	return filled(types.TDouble, n, func(i int) float64 { return float64(i)*1.37 + 1 })
}

func integers(n int) vector.Vector {
	return filled(types.TBigint, n, func(i int) int64 { return int64(i) * 7919 })
}

func addresses(n int) vector.Vector {
	return filled(types.TIPAddress, n, func(i int) types.Int128 {
		x, _ := types.ParseIPAddress(fmt.Sprintf("10.1.%d.%d", i/256, i%256))
		return x
	})
}

func timestamps(n int) vector.Vector {
	return filled(types.TimestampOf(3), n, func(i int) int64 { return 1_714_979_289_000_000 + int64(i)*3_599_000_000 })
}

func zoned(zone types.Zone) func(n int) vector.Vector {
	return func(n int) vector.Vector {
		return filled(types.TimestampTZOf(3), n, func(i int) types.Int128 {
			return types.PackTimestampTZ(1_714_979_289_000+int64(i)*3_599_000, 0, zone)
		})
	}
}
