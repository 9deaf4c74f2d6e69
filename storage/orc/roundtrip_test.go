package orc

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// everyType is a row type with a column of each type that can be written.
var everyType = types.RowOf(
	types.Field{Name: "bool", Type: types.TBoolean},
	types.Field{Name: "tiny", Type: types.TTinyint},
	types.Field{Name: "small", Type: types.TSmallint},
	types.Field{Name: "int", Type: types.TInteger},
	types.Field{Name: "big", Type: types.TBigint},
	types.Field{Name: "real", Type: types.TReal},
	types.Field{Name: "double", Type: types.TDouble},
	types.Field{Name: "str", Type: types.TVarchar},
	types.Field{Name: "unique", Type: types.TVarchar},
	types.Field{Name: "varchar", Type: types.VarcharOf(40)},
	types.Field{Name: "char", Type: types.CharOf(10)},
	types.Field{Name: "bin", Type: types.TVarbinary},
	types.Field{Name: "date", Type: types.TDate},
	types.Field{Name: "ts3", Type: types.TimestampOf(3)},
	types.Field{Name: "ts6", Type: types.TimestampOf(6)},
	types.Field{Name: "ts9", Type: types.TimestampOf(9)},
	types.Field{Name: "tz", Type: types.TTimestampTZ},
	types.Field{Name: "dec", Type: types.DecimalOf(12, 3)},
	types.Field{Name: "wide", Type: types.DecimalOf(38, 10)},
	types.Field{Name: "row", Type: types.RowOf(
		types.Field{Name: "a", Type: types.TBigint},
		types.Field{Name: "inner", Type: types.RowOf(types.Field{Name: "s", Type: types.TVarchar})},
	)},
	types.Field{Name: "list", Type: types.ArrayOf(types.TVarchar)},
	types.Field{Name: "rows", Type: types.ArrayOf(types.RowOf(types.Field{Name: "x", Type: types.TInteger}, types.Field{Name: "y", Type: types.TVarchar}))},
	types.Field{Name: "map", Type: types.TMapOfVarchar},
	types.Field{Name: "deep", Type: types.MapOf(types.TVarchar, types.ArrayOf(types.TDouble))},
)

// generator makes values at random.
type generator struct {
	*rand.Rand
	nulls float64 // share of NULLs
}

func (g *generator) text(max int) string {
	b := make([]byte, g.IntN(max+1))
	for i := range b {
		b[i] = byte('a' + g.IntN(26))
	}
	return string(b)
}

// append adds a value of b's type, or NULL.
func (g *generator) append(b vector.Builder, name string) {
	if g.Float64() < g.nulls {
		b.AppendNull()
		return
	}
	g.value(b, name)
}

func (g *generator) value(b vector.Builder, name string) {
	t := b.Type()
	switch b := b.(type) {
	case *vector.FlatBuilder[bool]:
		b.AppendValue(g.IntN(3) == 0)
	case *vector.FlatBuilder[int64]:
		b.AppendValue(g.int(t))
	case *vector.FlatBuilder[float64]:
		x := g.NormFloat64() * 1e6
		switch g.IntN(20) {
		case 0:
			x = math.NaN()
		case 1:
			x = math.Inf(-1)
		case 2:
			x = math.Copysign(0, -1)
		}
		if t.Is(types.Real) {
			x = float64(float32(x))
		}
		b.AppendValue(x)
	case *vector.FlatBuilder[string]:
		switch name {
		case "unique":
			b.AppendValue(fmt.Sprintf("%x-%s", g.Uint64(), g.text(30)))
		case "bin":
			b.AppendValue("\xff\x00" + g.text(5))
		case "varchar":
			b.AppendValue(strings.Repeat("ü", g.IntN(4)) + g.text(1))
		default:
			b.AppendValue(fmt.Sprintf("value %d", int(math.Abs(g.NormFloat64()*8))))
		}
	case *vector.FlatBuilder[types.Int128]:
		b.AppendValue(g.wide(t))
	case *vector.ArrayBuilder:
		for range g.IntN(5) {
			g.append(b.Elements, name)
		}
		b.Close()
	case *vector.MapBuilder:
		for i := range g.IntN(4) {
			b.Keys.(*vector.FlatBuilder[string]).AppendValue(fmt.Sprintf("key%d", i))
			g.append(b.Values, name)
		}
		b.Close()
	case *vector.RowBuilder:
		for i, f := range b.Fields {
			g.append(f, t.Fields()[i].Name)
		}
		b.Close()
	}
}

func (g *generator) int(t types.Type) int64 {
	switch t.Kind() {
	case types.Tinyint:
		return int64(int8(g.Uint64()))
	case types.Smallint:
		return int64(int16(g.Uint64()))
	case types.Integer:
		if g.IntN(3) > 0 {
			return 7
		}
		return int64(int32(g.Uint64()))
	case types.Date:
		return int64(g.IntN(200_000) - 100_000)
	case types.Timestamp:
		unit := int64(1_000_000)
		for range t.Precision() {
			unit /= 10
		}
		v := (g.Int64N(8e15) - 4e15) / unit * unit
		if v < 0 && v > -1_000_000 {
			v = 0
		}
		return v
	case types.Decimal:
		return g.Int64N(2e11) - 1e11
	}
	switch g.IntN(4) {
	case 0:
		return int64(g.Uint64())
	case 1:
		return int64(g.IntN(100))
	}
	return int64(g.IntN(3))
}

func (g *generator) wide(t types.Type) types.Int128 {
	switch t.Kind() {
	case types.Timestamp:
		v := g.Int64N(8e15) - 4e15
		if v < 0 && v > -1_000_000 {
			v = 0
		}
		return types.Int128{Hi: v, Lo: uint64(g.IntN(1000)) * 1000}
	case types.TimestampWithTimeZone:
		v := g.Int64N(8e12) - 4e12
		if v < 0 && v > -1_000 {
			v = 0
		}
		return types.PackTimestampTZ(v, 0, types.UTC)
	}
	return types.Int128{Hi: int64(g.Uint64()) >> (2 + g.IntN(62)), Lo: g.Uint64()}
}

// batch makes n random rows of a row type.
func (g *generator) batch(t types.Type, n int) *vector.Batch {
	out := &vector.Batch{N: n}
	for _, f := range t.Fields() {
		b := vector.NewBuilder(f.Type, n)
		for range n {
			g.append(b, f.Name)
		}
		out.Columns = append(out.Columns, b.Build())
	}
	return out
}

// writeFile writes batches and returns the file.
func writeFile(t testing.TB, schema types.Type, o WriterOptions, batches ...*vector.Batch) ([]byte, *FileSummary) {
	t.Helper()
	var buf bytes.Buffer
	w, err := NewWriter(&buf, schema, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		if err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	summary, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	if summary.Bytes != int64(buf.Len()) {
		t.Fatalf("summary has %d bytes, the file %d", summary.Bytes, buf.Len())
	}
	return buf.Bytes(), summary
}

func open(t testing.TB, b []byte) *File {
	t.Helper()
	f, err := Open(bytes.NewReader(b), int64(len(b)), OpenOptions{Name: "test.orc"})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// rowsOfBatches returns the batches' rows as one vector of a row type.
func rowsOfBatches(t types.Type, batches []*vector.Batch) vector.Vector {
	var parts []vector.Vector
	for _, b := range batches {
		parts = append(parts, vector.NewRow(t, b.Columns, b.N, nil))
	}
	return vector.Concat(t, parts...)
}

// expectEqual compares vectors row by row, -0 and 0 apart.
func expectEqual(t testing.TB, what string, got, want vector.Vector) {
	t.Helper()
	if got.Len() != want.Len() || !got.Type().Equal(want.Type()) {
		t.Fatalf("%s: %d rows of %s, want %d of %s", what, got.Len(), got.Type(), want.Len(), want.Type())
	}
	for i := range got.Len() {
		g, w := vector.AppendText(nil, got, i), vector.AppendText(nil, want, i)
		if string(g) != string(w) || vector.Distinct(got, i, want, i) {
			t.Fatalf("%s, row %d:\n got %s\nwant %s", what, i, g, w)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	type variant struct {
		name  string
		nulls float64
		rows  []int // of batches
		o     WriterOptions
	}
	f := func(v variant) {
		t.Helper()
		t.Run(v.name, func(t *testing.T) {
			g := &generator{rand.New(rand.NewPCG(1, 2)), v.nulls}
			var batches []*vector.Batch
			for _, n := range v.rows {
				batches = append(batches, g.batch(everyType, n))
			}
			b, _ := writeFile(t, everyType, v.o, batches...)
			want := rowsOfBatches(everyType, batches)
			file := open(t, b)
			if !file.Schema().Equal(everyType) {
				t.Fatalf("schema %s", file.Schema())
			}
			at := 0
			for i := range file.Stripes() {
				s, err := file.Stripe(i)
				if err != nil {
					t.Fatal(err)
				}
				checkStripe(t, g, s, vector.Slice(want, at, at+s.Rows()))
				at += s.Rows()
			}
			if at != want.Len() || file.Rows() != int64(at) {
				t.Fatalf("%d rows, want %d", at, want.Len())
			}
		})
	}
	f(variant{"empty", 0, nil, WriterOptions{}})
	f(variant{"one row", 0, []int{1}, WriterOptions{Compression: Zstd}})
	f(variant{"all null", 1, []int{100}, WriterOptions{Compression: Zstd, RowIndexStride: 30}})
	f(variant{"no nulls", 0, []int{3000}, WriterOptions{Compression: Zstd, RowIndexStride: 1000}})
	f(variant{"no index", 0.3, []int{3000}, WriterOptions{Compression: Zstd, RowIndexStride: -1}})
	f(variant{"small chunks", 0.3, []int{2000, 10, 900}, WriterOptions{Compression: Snappy, RowIndexStride: 333, ChunkBytes: 100}})
	f(variant{"stripes of 7", 0.2, []int{50}, WriterOptions{Compression: Zstd, StripeRows: 7, RowIndexStride: 3}})
	f(variant{"direct strings", 0.2, []int{2000}, WriterOptions{Compression: Zstd, RowIndexStride: 500, DictionaryThreshold: -1}})
	f(variant{"small stripes", 0.05, []int{5000}, WriterOptions{Compression: Zstd, RowIndexStride: 700, StripeBytes: 200_000, Parallelism: 3}})
	for _, c := range []Compression{None, Zlib, Snappy, LZ4, Zstd} {
		f(variant{c.String(), 0.1, []int{1500, 0, 1500}, WriterOptions{Compression: c, RowIndexStride: 1000}})
	}
}

// checkStripe reads a stripe in several ways and compares it with want, rows of a row type.
func checkStripe(t *testing.T, g *generator, s *StripeReader, want vector.Vector) {
	t.Helper()
	read := func(path []string) *ColumnReader {
		c, err := s.Column(path)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	must := func(v vector.Vector, err error) vector.Vector {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	n := s.Rows()
	expectEqual(t, "whole", must(read(nil).Read(0, n)), want)
	for i, field := range want.Type().Fields() {
		c, column := read([]string{field.Name}), vector.FieldOf(want, i)
		var parts []vector.Vector
		for at := 0; at < n; {
			step := min(1+g.IntN(400), n-at)
			parts = append(parts, must(c.Read(at, step)))
			at += step
		}
		if len(parts) > 0 {
			expectEqual(t, field.Name+" in pieces", vector.Concat(field.Type, parts...), column)
		}
		for range 5 { // back and forth
			from := g.IntN(n + 1)
			size := g.IntN(n - from + 1)
			expectEqual(t, field.Name+" from anywhere", must(c.Read(from, size)), vector.Slice(column, from, from+size))
		}
		for _, share := range []float64{0.01, 0.1, 0.6} {
			var rows []int32
			for r := range n {
				if g.Float64() < share {
					rows = append(rows, int32(r))
				}
			}
			expectEqual(t, field.Name+" gathered", must(c.Gather(rows)), vector.Gather(column, rows))
		}
	}
	inner := vector.FieldOf(vector.FieldOf(vector.FieldOf(want, 19), 1), 0)
	expectEqual(t, "row.inner.s", must(read([]string{"row", "INNER", "s"}).Read(0, n)), inner)
}
