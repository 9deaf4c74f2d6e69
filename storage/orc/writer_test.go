package orc

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/storage/domain"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// one is the schema of a single column named "c".
func one(t types.Type) types.Type { return types.RowOf(types.Field{Name: "c", Type: t}) }

// column returns a batch of a single column.
func batchOf(v vector.Vector) *vector.Batch {
	return &vector.Batch{N: v.Len(), Columns: []vector.Vector{v}}
}

func flatOf[T vector.Element](t types.Type, values ...T) vector.Vector {
	return vector.NewFlat(t, values, nil)
}

// readColumn reads column "c" of a file of one stripe.
func readColumn(t testing.TB, f *File) vector.Vector {
	t.Helper()
	s, err := f.Stripe(0)
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Column([]string{"c"})
	if err != nil {
		t.Fatal(err)
	}
	v, err := c.Read(0, s.Rows())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestEncodings writes the same rows in each encoding of vectors; the files are equal.
func TestEncodings(t *testing.T) {
	nulls := vector.NewBitmap(6)
	nulls.Set(2)
	entries := flatOf(types.TVarchar, "unused", "b", "a")
	dictionary := vector.NewDictionary([]int32{1, 2, 0, 2, 1, 1}, entries, nulls)
	rowType := types.RowOf(types.Field{Name: "x", Type: types.TVarchar})
	rows := vector.NewRow(rowType, []vector.Vector{entries}, 3, nil)
	listType := types.ArrayOf(types.TVarchar)
	lists := vector.NewArray(listType, []int32{0, 2, 2, 3}, entries, nil)
	for _, v := range []vector.Vector{
		dictionary,
		vector.NewDictionary([]int32{1, 2, 0, 2, 1, 1}, rows, nulls),
		vector.NewDictionary([]int32{1, 2, 0, 2, 1, 1}, lists, nulls),
		vector.NewConstant(flatOf(types.TBigint, int64(7)), 6),
		vector.NewConstant(vector.Slice(lists, 0, 1), 6),
		vector.NewNull(listType, 6),
		vector.NewNull(rowType, 6),
		vector.NewNull(types.TDouble, 6),
	} {
		encoded, _ := writeFile(t, one(v.Type()), WriterOptions{Compression: Zstd}, batchOf(v))
		plain, _ := writeFile(t, one(v.Type()), WriterOptions{Compression: Zstd}, batchOf(vector.Plain(v)))
		if !bytes.Equal(encoded, plain) {
			t.Errorf("%T of %s: other bytes than its rows one by one", v, v.Type())
		}
		expectEqual(t, v.Type().String(), readColumn(t, open(t, encoded)), v)
	}
}

// TestDeterministic writes the same rows with other parallelism and other batches.
func TestDeterministic(t *testing.T) {
	g := &generator{rand.New(rand.NewPCG(1, 2)), 0.1}
	b := g.batch(everyType, 4000)
	o := WriterOptions{Compression: Zstd, ChunkBytes: 5000, RowIndexStride: 700, StripeBytes: 400_000}
	want, summary := writeFile(t, everyType, o, b)
	if len(summary.Stripes) < 2 {
		t.Fatalf("%d stripes", len(summary.Stripes))
	}
	for _, size := range []int{1, 7, 1000, 4000} {
		o.Parallelism = size % 4
		var parts []*vector.Batch
		for from := 0; from < b.N; from += size {
			part := &vector.Batch{N: min(size, b.N-from)}
			for _, v := range b.Columns {
				part.Columns = append(part.Columns, vector.Slice(v, from, from+part.N))
			}
			parts = append(parts, part)
		}
		if got, _ := writeFile(t, everyType, o, parts...); !bytes.Equal(got, want) {
			t.Errorf("batches of %d rows, parallelism %d: other bytes", size, o.Parallelism)
		}
	}
}

func TestStatistics(t *testing.T) {
	f := func(v vector.Vector, want domain.Statistics) {
		t.Helper()
		want.Type, want.Rows = v.Type(), int64(v.Len())
		b, summary := writeFile(t, one(v.Type()), WriterOptions{}, batchOf(v))
		file := open(t, b)
		path := []string{"c"}
		same := func(where string, got domain.Statistics, err error) {
			t.Helper()
			if err != nil || got.HasNull != want.HasNull || got.AllNull != want.AllNull || got.Rows != want.Rows ||
				!got.Type.Equal(want.Type) || got.Min != want.Min || got.Max != want.Max {
				t.Errorf("%s of %s: got %+v, %v", where, v.Type(), got, err)
			}
		}
		ofFile, err := file.Statistics(path)
		same("file", ofFile, err)
		ofStripe, err := file.StripeStatistics(0, path)
		same("stripe", ofStripe, err)
		s, err := file.Stripe(0)
		if err != nil {
			t.Fatal(err)
		}
		groups, err := s.RowGroupStatistics(path)
		same("row group", groups[0], err)
		ofSummary, ok := summary.Statistics("c")
		if same("summary", ofSummary, nil); !ok {
			t.Error("no summary")
		}
	}
	null := vector.NewBitmap(2)
	null.Set(0)
	long := strings.Repeat("ü", 2000)
	f(flatOf(types.TBoolean, true, true), domain.Statistics{Min: true, Max: true})
	f(flatOf(types.TBoolean, true, false), domain.Statistics{Min: false, Max: true})
	f(flatOf[int64](types.TTinyint, -3, 5), domain.Statistics{Min: int64(-3), Max: int64(5)})
	f(flatOf[int64](types.TBigint, math.MaxInt64, math.MaxInt64), domain.Statistics{Min: int64(math.MaxInt64), Max: int64(math.MaxInt64)})
	f(vector.NewFlat(types.TInteger, []int64{99, 5}, null), domain.Statistics{Min: int64(5), Max: int64(5), HasNull: true})
	f(vector.NewNull(types.TInteger, 2), domain.Statistics{HasNull: true, AllNull: true})
	f(vector.NewNull(types.TMapOfVarchar, 2), domain.Statistics{HasNull: true, AllNull: true})
	f(flatOf(types.TDouble, 0.0, -1.5), domain.Statistics{Min: -1.5, Max: 0.0})
	f(flatOf(types.TDouble, 1, math.NaN()), domain.Statistics{})
	f(flatOf(types.TVarchar, "b", "a", ""), domain.Statistics{Min: "", Max: "b"})
	f(flatOf(types.TVarchar, "b", "a\xff"), domain.Statistics{})
	f(flatOf(types.TVarchar, "a", long), domain.Statistics{Min: "a", Max: strings.Repeat("ü", 511) + "ý"})
	f(flatOf(types.TVarchar, long), domain.Statistics{Min: strings.Repeat("ü", 512), Max: strings.Repeat("ü", 511) + "ý"})
	f(flatOf(types.TVarbinary, "b"), domain.Statistics{})
	f(flatOf[int64](types.TDate, -1, 20000), domain.Statistics{Min: int64(-1), Max: int64(20000)})
	f(flatOf[int64](types.TTimestamp, -5_000_000, 1_500_000), domain.Statistics{Min: int64(-5_000_000), Max: int64(1_500_000)})
	f(flatOf[int64](types.TimestampOf(6), 1_999_999, 2_000_001), domain.Statistics{Min: int64(1_999_999), Max: int64(2_000_001)})
	f(flatOf[int64](types.DecimalOf(10, 2), -1234, 5), domain.Statistics{Min: int64(-1234), Max: int64(5)})
	f(flatOf(types.DecimalOf(38, 2), types.Int128From(-1234)), domain.Statistics{Min: types.Int128From(-1234), Max: types.Int128From(-1234)})
}

func TestBloomFilters(t *testing.T) {
	schema := types.RowOf(types.Field{Name: "id", Type: types.TVarchar}, types.Field{Name: "row", Type: types.RowOf(types.Field{Name: "n", Type: types.TBigint})})
	ids, rows := vector.NewFlatBuilder[string](types.TVarchar, 0), vector.NewBuilder(schema.Fields()[1].Type, 0).(*vector.RowBuilder)
	text := func(i int) string {
		return "id" + strings.Repeat("é", i%7) + string(rune('0'+i%10)) + string(rune(1000+i))
	}
	for i := range 1000 {
		ids.AppendValue(text(i))
		rows.Fields[0].(*vector.FlatBuilder[int64]).AppendValue(int64(i) * 1_000_003)
		rows.Close()
	}
	b, _ := writeFile(t, schema, WriterOptions{Compression: Snappy, RowIndexStride: 100, BloomFilterColumns: []string{"id", "row.n"}},
		&vector.Batch{N: 1000, Columns: []vector.Vector{ids.Build(), rows.Build()}})
	s, err := open(t, b).Stripe(0)
	if err != nil {
		t.Fatal(err)
	}
	wrong := 0
	for i := range 1000 {
		for g := range s.RowGroups() {
			for _, ask := range []struct {
				path  []string
				value any
			}{{[]string{"id"}, text(i)}, {[]string{"row", "n"}, int64(i) * 1_000_003}} {
				may, err := s.MayContain(ask.path, g, ask.value)
				switch {
				case err != nil:
					t.Fatal(err)
				case g == i/100 && !may:
					t.Fatalf("value %d is missing in row group %d", i, g)
				case g != i/100 && may:
					wrong++
				}
			}
		}
	}
	if wrong > 500 { // of 18,000, one in a hundred
		t.Errorf("%d false answers", wrong)
	}
	if s.HasBloomFilter([]string{"row"}) || !s.HasBloomFilter([]string{"id"}) {
		t.Error("which columns have filters")
	}
}

// TestRefused writes what cannot be written.
func TestRefused(t *testing.T) {
	f := func(schema types.Type, o WriterOptions, want string, v ...vector.Vector) {
		t.Helper()
		w, err := NewWriter(&bytes.Buffer{}, schema, o)
		if err == nil && len(v) > 0 {
			err = w.Write(batchOf(v[0]))
			if again := w.Write(batchOf(v[0])); again != err {
				t.Errorf("after an error: %v", again)
			}
		}
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	f(types.TBigint, WriterOptions{}, "unsupported ORC: the rows of a file are of a row type, not bigint")
	f(one(types.TUUID), WriterOptions{}, "unsupported ORC: column c is of type uuid, which ORC lacks")
	f(one(types.TimestampOf(12)), WriterOptions{}, "unsupported ORC: column c is of type timestamp(12), ORC keeps nanoseconds")
	f(types.RowOf(types.Field{Name: "a", Type: types.TBigint}, types.Field{Name: "A", Type: types.TBigint}), WriterOptions{},
		`unsupported ORC: two fields named a in column ""`)
	f(one(types.TBigint), WriterOptions{Compression: LZO}, "unsupported ORC: codec LZO")
	f(one(types.TBigint), WriterOptions{BloomFilterColumns: []string{"x"}}, "bloom filter of column x: no such column")
	f(one(types.TBoolean), WriterOptions{BloomFilterColumns: []string{"c"}}, "unsupported ORC: a bloom filter of column c of type boolean")
	f(one(types.TBigint), WriterOptions{Columns: map[string]ColumnOptions{"x": {}}}, "options of column x: no such column")
	f(one(types.TBigint), WriterOptions{}, "column c: 1 rows of type varchar, due are 1 of bigint", flatOf(types.TVarchar, ""))
	f(one(types.TTinyint), WriterOptions{}, "column c: 128 is no value of type tinyint", flatOf[int64](types.TTinyint, 128))
	f(one(types.TTimestamp), WriterOptions{}, "column c: a value of type timestamp(3) has 1000 nanoseconds", flatOf[int64](types.TTimestamp, 1))
	f(one(types.TTimestamp), WriterOptions{}, "column c: unsupported ORC: a timestamp in the last second before 1970, "+
		"which ORC cannot tell from one in the first second after", flatOf[int64](types.TTimestamp, -1_000))
	key := vector.NewNull(types.TVarchar, 1)
	f(one(types.TMapOfVarchar), WriterOptions{}, "column c: a key of a map is NULL",
		vector.NewMap(types.TMapOfVarchar, []int32{0, 1}, key, key, nil))
}

// failing fails after some bytes.
type failing struct{ left int }

var errDisk = errors.New("disk full")

func (f *failing) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, errDisk
	}
	return len(b), nil
}

func (f *failing) ReadAt(b []byte, _ int64) (int, error) { return 0, errDisk }

func TestIOErrors(t *testing.T) {
	g := &generator{rand.New(rand.NewPCG(1, 2)), 0.1}
	batch := g.batch(everyType, 100)
	for n := 3; n < 20_000; n += 1_500 {
		w, err := NewWriter(&failing{n}, everyType, WriterOptions{StripeRows: 30})
		if err != nil {
			t.Fatal(err)
		}
		err = w.Write(batch)
		if err == nil {
			_, err = w.Close()
		}
		if _, again := w.Close(); !errors.Is(err, errDisk) || !errors.Is(again, errDisk) {
			t.Errorf("after %d bytes: %v, then %v", n, err, again)
		}
	}
	_, err := Open(&failing{}, 1000, OpenOptions{Name: "x.orc"})
	if !errors.Is(err, errDisk) || errors.Is(err, ErrCorrupt) || err.Error() != "read ORC file x.orc: read at byte 0: disk full" {
		t.Errorf("got %v", err)
	}
}

func TestTail(t *testing.T) {
	attributes := []Attribute{{"iceberg.id", "7"}, {"iceberg.required", "false"}}
	b, summary := writeFile(t, one(types.TMapOfVarchar), WriterOptions{
		Metadata: []MetadataItem{{"z", []byte{0, 255}}, {"a", nil}},
		Columns:  map[string]ColumnOptions{"c.key": {Attributes: attributes}},
	})
	f := open(t, b)
	if got, err := f.Attributes([]string{"c", "key"}); err != nil || len(got) != 2 || got[0] != attributes[0] || got[1] != attributes[1] {
		t.Errorf("attributes %v, %v", got, err)
	}
	if m := f.Metadata(); len(m) != 2 || m[0].Name != "z" || string(m[0].Value) != "\x00\xff" || m[1].Name != "a" {
		t.Errorf("metadata %v", m)
	}
	if _, ok := f.MetadataValue("b"); ok || summary.Rows != 0 || f.Rows() != 0 {
		t.Error("a file without rows")
	}
	if _, err := f.Statistics([]string{"missing", "x"}); !errors.Is(err, ErrNoColumn) {
		t.Errorf("got %v", err)
	}
}
