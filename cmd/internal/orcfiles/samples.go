package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/ctlake/ctlake/storage/orc"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Seconds of the first and last whole day that nanoseconds in 64 bits can tell,
// in 1677 and 2262; of 1900 and 2299, where ClickHouse's dates begin and end.
const (
	firstNanoSecond = -9_223_372_800 + 86_400
	lastNanoSecond  = 9_223_372_800 - 86_400
	day1900         = -25_567
	day2299         = 120_529
)

func field(name string, t types.Type) types.Field { return types.Field{Name: name, Type: t} }

// everyType has a column of each type that can be written.
var everyType = types.RowOf(
	field("bool", types.TBoolean), field("tiny", types.TTinyint), field("small", types.TSmallint), field("int", types.TInteger),
	field("big", types.TBigint), field("real", types.TReal), field("double", types.TDouble), field("text", types.TVarchar),
	field("unique", types.TVarchar), field("short", types.VarcharOf(40)), field("fixed", types.CharOf(12)), field("bytes", types.TVarbinary),
	field("day", types.TDate), field("millis", types.TimestampOf(3)), field("micros", types.TimestampOf(6)), field("nanos", types.TimestampOf(9)),
	field("instant", types.TimestampTZOf(9)), field("dec", types.DecimalOf(12, 3)), field("wide", types.DecimalOf(38, 10)),
	field("row", types.RowOf(field("a", types.TBigint), field("inner", types.RowOf(field("s", types.TVarchar), field("d", types.TDouble))))),
	field("list", types.ArrayOf(types.TVarchar)),
	field("rows", types.ArrayOf(types.RowOf(field("x", types.TInteger), field("y", types.DecimalOf(20, 4))))),
	field("map", types.TMapOfVarchar), field("maps", types.MapOf(types.TVarchar, types.ArrayOf(types.TDouble))),
)

// deepType nests lists, maps and rows in each other.
func deepType(depth int) types.Type {
	t := types.TVarchar
	for i := range depth {
		switch i % 3 {
		case 0:
			t = types.RowOf(field("n", types.TInteger), field("inside", t))
		case 1:
			t = types.ArrayOf(t)
		default:
			t = types.MapOf(types.TVarchar, t)
		}
	}
	return types.RowOf(field("id", types.TBigint), field("deep", t))
}

// source makes values.
type source struct {
	*rand.Rand
	nulls float64
}

func newSource(seed uint64, nulls float64) *source {
	return &source{rand.New(rand.NewPCG(seed, 5)), nulls}
}

func (g *source) batch(t types.Type, n int) *vector.Batch {
	b := &vector.Batch{N: n}
	for _, f := range t.Fields() {
		column := vector.NewBuilder(f.Type, n)
		for row := range n {
			g.add(column, f.Name, row)
		}
		b.Columns = append(b.Columns, column.Build())
	}
	return b
}

func (g *source) add(b vector.Builder, name string, row int) {
	if g.Float64() < g.nulls {
		b.AppendNull()
		return
	}
	t := b.Type()
	switch b := b.(type) {
	case *vector.FlatBuilder[bool]:
		b.AppendValue(g.IntN(3) == 0)
	case *vector.FlatBuilder[int64]:
		b.AppendValue(g.int(t, name, row))
	case *vector.FlatBuilder[float64]:
		x := []float64{g.NormFloat64() * 1e9, float64(g.IntN(9)), math.NaN(), math.Inf(-1), math.Copysign(0, -1), math.MaxFloat64}[g.IntN(6)]
		if t.Is(types.Real) {
			x = float64(float32(x))
		}
		b.AppendValue(x)
	case *vector.FlatBuilder[string]:
		b.AppendValue(g.text(t, name, row))
	case *vector.FlatBuilder[types.Int128]:
		b.AppendValue(g.wide(t))
	case *vector.ArrayBuilder:
		for range g.IntN(4) {
			g.add(b.Elements, name, row)
		}
		b.Close()
	case *vector.MapBuilder:
		for i := range g.IntN(3) {
			b.Keys.(*vector.FlatBuilder[string]).AppendValue(fmt.Sprint("key ", i))
			g.add(b.Values, name, row)
		}
		b.Close()
	case *vector.RowBuilder:
		for i, f := range b.Fields {
			g.add(f, t.Fields()[i].Name, row)
		}
		b.Close()
	}
}

// second returns a second that nanoseconds in 64 bits can tell.
func (g *source) second() int64 {
	switch g.IntN(4) {
	case 0:
		return g.Int64N(2000) - 1000 // around 1970
	case 1:
		return 1_767_225_600 + g.Int64N(100_000)
	}
	return firstNanoSecond + g.Int64N(lastNanoSecond-firstNanoSecond)
}

// instant returns a time of so many digits of a second. What lies in the last
// second before 1970 the format cannot tell from the second after.
func (g *source) instant(digits int) (second, nanos int64) {
	unit := int64(1_000_000_000)
	for range digits {
		unit /= 10
	}
	second, nanos = g.second(), g.Int64N(1_000_000_000)/unit*unit
	if g.IntN(4) == 0 {
		nanos = []int64{0, 500_000_000, 999_000_000, 1_000_000, 100_000_000}[g.IntN(5)] / unit * unit
	}
	if second == -1 {
		nanos = 0
	}
	return second, nanos
}

func (g *source) int(t types.Type, name string, row int) int64 {
	switch t.Kind() {
	case types.Tinyint:
		return int64(int8(g.Uint64()))
	case types.Smallint:
		return int64(int16(g.Uint64()))
	case types.Integer:
		return []int64{7, int64(int32(g.Uint64())), int64(row), math.MinInt32, math.MaxInt32}[g.IntN(5)]
	case types.Date:
		if name == "any" { // 0001-01-01 to 9999-12-31
			return -719_162 + g.Int64N(719_162+2_932_896)
		}
		return day1900 + g.Int64N(day2299-day1900)
	case types.Timestamp:
		second, nanos := g.instant(t.Precision())
		return second*1_000_000 + nanos/1_000
	case types.Decimal:
		limit := int64(math.Pow10(t.Precision())) - 1
		return []int64{limit, -limit, 0, g.Int64N(limit+1) - limit/2}[g.IntN(4)]
	}
	switch name {
	case "id":
		return int64(row)
	case "steps":
		return int64(row)*977 - 40_000
	case "outliers":
		if row%97 == 3 {
			return 1 << (20 + row%40)
		}
		return g.Int64N(100)
	case "runs":
		return int64(row / 40 * 1_000_003)
	}
	return []int64{int64(g.Uint64()), g.Int64N(100), math.MinInt64, math.MaxInt64, int64(row)}[g.IntN(5)]
}

func (g *source) wide(t types.Type) types.Int128 {
	switch t.Kind() {
	case types.Timestamp:
		second, nanos := g.instant(t.Precision())
		return types.Int128{Hi: second*1_000_000 + nanos/1_000, Lo: uint64(nanos % 1_000 * 1_000)}
	case types.TimestampWithTimeZone:
		second, nanos := g.instant(t.Precision())
		return types.PackTimestampTZ(second*1_000+nanos/1_000_000, nanos%1_000_000*1_000, types.UTC)
	}
	limit := types.Int128From(1) // 10^precision - 1
	for range t.Precision() {
		x := types.Int128{}
		for range 10 {
			x, _ = x.Add(limit)
		}
		limit = x
	}
	limit, _ = limit.Add(types.Int128From(-1))
	switch g.IntN(4) {
	case 0:
		return limit
	case 1:
		return limit.Neg()
	case 2:
		return types.Int128From(int64(g.Uint64()))
	}
	x := types.Int128{Hi: int64(g.Uint64N(uint64(limit.Hi) + 1)), Lo: g.Uint64()}
	if x.Cmp(limit) > 0 {
		x = limit
	}
	if g.IntN(2) == 0 {
		x = x.Neg()
	}
	return x
}

func (g *source) text(t types.Type, name string, row int) string {
	switch name {
	case "unique":
		return fmt.Sprintf("%016x-é-%d", g.Uint64(), row)
	case "bytes":
		return "\xff\x00" + strings.Repeat("\x80", g.IntN(5))
	case "fixed":
		return fmt.Sprintf("c%d", g.IntN(50))
	case "large": // 0 bytes to 1 MiB
		size := []int{0, 1, 1023, 1024, 1025, 65_535, 1 << 20, 262_143, 3}[row%9]
		return strings.Repeat("x", size-size%10) + "0123456789"[:size%10]
	}
	return []string{"", "plain", "größer", "\U0001f600", "with \"quotes\" and\nlines", fmt.Sprint("value ", g.IntN(40))}[g.IntN(6)]
}

// samples lists the files.
func samples() (out []*sample) {
	add := func(name string, schema types.Type, o orc.WriterOptions, nulls float64, rows ...int) {
		s := &sample{name: name, schema: schema, options: o}
		g := newSource(uint64(len(out)), nulls)
		for _, n := range rows {
			s.batches = append(s.batches, g.batch(schema, n))
		}
		out = append(out, s)
	}
	for _, c := range []orc.Compression{orc.None, orc.Zlib, orc.Snappy, orc.LZ4, orc.Zstd} {
		add("codec-"+strings.ToLower(c.String()), everyType, orc.WriterOptions{Compression: c, RowIndexStride: 100, StripeRows: 300,
			BloomFilterColumns: []string{"text", "big", "row.a", "double", "instant"}}, 0.15, 700, 1, 299)
	}
	zstd := func(o orc.WriterOptions) orc.WriterOptions { o.Compression = orc.Zstd; return o }
	add("no-nulls", everyType, zstd(orc.WriterOptions{}), 0, 500)
	add("all-null", everyType, zstd(orc.WriterOptions{RowIndexStride: 50, StripeRows: 120}), 1, 300)
	add("one-row", everyType, zstd(orc.WriterOptions{}), 0, 1)
	add("empty", everyType, zstd(orc.WriterOptions{}), 0)
	add("no-index", everyType, zstd(orc.WriterOptions{RowIndexStride: -1, StripeRows: 200}), 0.1, 500)
	add("stride-1", everyType, zstd(orc.WriterOptions{RowIndexStride: 1, StripeRows: 40}), 0.1, 100)
	add("stride-7", everyType, orc.WriterOptions{Compression: orc.Snappy, RowIndexStride: 7, ChunkBytes: 64, StripeRows: 200}, 0.3, 500)
	add("direct", everyType, zstd(orc.WriterOptions{DictionaryThreshold: -1, RowIndexStride: 333}), 0.1, 500)
	texts := types.RowOf(field("id", types.TBigint), field("large", types.TVarchar), field("few", types.TVarchar))
	add("large-none", texts, orc.WriterOptions{}, 0, 18)
	add("large-zstd", texts, zstd(orc.WriterOptions{RowIndexStride: 4, StripeRows: 9, BloomFilterColumns: []string{"large"}}), 0.1, 27)
	decimals := types.RowOf(field("d1", types.DecimalOf(1, 0)), field("d18", types.DecimalOf(18, 9)), field("d19", types.DecimalOf(19, 0)),
		field("d38", types.DecimalOf(38, 0)), field("d38_19", types.DecimalOf(38, 19)), field("d38_38", types.DecimalOf(38, 38)))
	add("decimals", decimals, zstd(orc.WriterOptions{RowIndexStride: 100}), 0.1, 1000)
	times := types.RowOf(field("t0", types.TimestampOf(0)), field("t3", types.TimestampOf(3)), field("t6", types.TimestampOf(6)),
		field("t9", types.TimestampOf(9)), field("tz", types.TimestampTZOf(9)))
	add("times", times, zstd(orc.WriterOptions{RowIndexStride: 100, BloomFilterColumns: []string{"t3"}}), 0.1, 3000)
	add("days", types.RowOf(field("any", types.TDate)), zstd(orc.WriterOptions{RowIndexStride: 100}), 0.1, 2000)
	add("deep", deepType(12), zstd(orc.WriterOptions{RowIndexStride: 10, StripeRows: 60}), 0.1, 200)
	runs := types.RowOf(field("id", types.TBigint), field("steps", types.TBigint), field("outliers", types.TBigint), field("runs", types.TBigint),
		field("any", types.TBigint))
	add("runs", runs, zstd(orc.WriterOptions{RowIndexStride: 1000, StripeRows: 4000}), 0, 10_000)
	add("runs-nulls", runs, zstd(orc.WriterOptions{RowIndexStride: 1000}), 0.5, 5_000)
	return out
}
