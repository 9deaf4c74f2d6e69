package orc

import (
	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ctlake/ctlake/storage/domain"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// script makes decisions of the bytes of a fuzzer's input, and of a generator
// that they seed once they are used up: a short input tells a whole story.
type script struct {
	bytes []byte
	rest  *rand.Rand
}

func newScript(b []byte) *script {
	seed := uint64(len(b))
	for _, x := range b {
		seed = seed*1_099_511_628_211 ^ uint64(x)
	}
	return &script{b, rand.New(rand.NewPCG(seed, 1))}
}

// below returns a number from 0 to n-1, n being 256 at most.
func (s *script) below(n int) int {
	if len(s.bytes) == 0 {
		return s.rest.IntN(n)
	}
	x := int(s.bytes[0])
	s.bytes = s.bytes[1:]
	return x % n
}

// bits returns a number of so many bits, 64 at most.
func (s *script) bits(width int) uint64 {
	if len(s.bytes) == 0 {
		return s.rest.Uint64() >> (64 - width)
	}
	var b [8]byte
	s.bytes = s.bytes[copy(b[:(width+7)/8], s.bytes):]
	return binary.LittleEndian.Uint64(b[:]) & (^uint64(0) >> (64 - width))
}

// Bounds of a story.
const (
	fuzzColumns = 10
	fuzzDepth   = 4
	fuzzRows    = 1500
	fuzzText    = 3000 // bytes of a string
	fuzzStripes = 5
	fuzzGroups  = 40
)

// schema makes a row type.
func (s *script) schema() types.Type {
	left := fuzzColumns
	return s.row(&left, fuzzDepth)
}

func (s *script) row(left *int, depth int) types.Type {
	var fields []types.Field
	for i := range 1 + s.below(4) {
		fields = append(fields, types.Field{Name: fmt.Sprintf("f%d", i), Type: s.column(left, depth-1)})
		if *left <= 0 {
			break
		}
	}
	return types.RowOf(fields...)
}

func (s *script) column(left *int, depth int) types.Type {
	*left--
	kinds := 18
	if depth <= 0 || *left <= 0 {
		kinds = 15
	}
	switch s.below(kinds) {
	case 0:
		return types.TBigint
	case 1:
		return types.TVarchar
	case 2:
		return types.TBoolean
	case 3:
		return types.TTinyint
	case 4:
		return types.TSmallint
	case 5:
		return types.TInteger
	case 6:
		return types.TReal
	case 7:
		return types.TDouble
	case 8:
		return types.VarcharOf(1 + s.below(100))
	case 9:
		return types.CharOf(1 + s.below(20))
	case 10:
		return types.TVarbinary
	case 11:
		return types.TDate
	case 12:
		return types.TimestampOf(s.below(10))
	case 13:
		return types.TimestampTZOf(s.below(10))
	case 14:
		p := 1 + s.below(38)
		return types.DecimalOf(p, s.below(p+1))
	case 15:
		return types.ArrayOf(s.column(left, depth-1))
	case 16:
		key := []types.Type{types.TVarchar, types.TBigint, types.TInteger}[s.below(3)]
		return types.MapOf(key, s.column(left, depth-1))
	}
	return s.row(left, depth)
}

// fuzzCodecs has those oftener whose writers are quickly made.
var fuzzCodecs = []Compression{None, None, None, None, Snappy, Snappy, LZ4, LZ4, None, Snappy, None, LZ4, None, Snappy, Zlib, Zstd}

// options make the options of a writer of rows of type t.
func (s *script) options(t types.Type) WriterOptions {
	o := WriterOptions{
		Compression:         fuzzCodecs[s.below(len(fuzzCodecs))],
		ChunkBytes:          []int{0, 1, 7, 100, 1000, 5000}[s.below(6)],
		RowIndexStride:      []int{0, -1, 1, 3, 10, 100, 512, 700}[s.below(8)],
		StripeBytes:         []int64{0, 1, 20_000}[s.below(3)],
		DictionaryThreshold: []float64{0, -1, 0.1, 1}[s.below(4)],
		Parallelism:         max(0, s.below(16)-12),
		BloomFilterFPP:      []float64{0, 0.5, 0.001}[s.below(3)],
	}
	o.Columns = map[string]ColumnOptions{}
	schema, err := newSchema(t)
	if err != nil {
		panic(err)
	}
	for _, c := range schema.all(nil)[1:] {
		if canBloom(c) && s.below(3) == 0 {
			o.BloomFilterColumns = append(o.BloomFilterColumns, c.path())
		}
		if s.below(8) == 0 {
			x := ColumnOptions{Attributes: []Attribute{{"iceberg.id", fmt.Sprint(c.id)}}}
			if o.ChunkBytes > 0 {
				x.ChunkBytes = 1 + s.below(min(o.ChunkBytes, 200))
			}
			o.Columns[c.path()] = x
		}
	}
	for i := range s.below(3) {
		o.Metadata = append(o.Metadata, MetadataItem{fmt.Sprint("m", i), []byte{byte(s.below(256)), 0}})
	}
	return o
}

// pattern says how the values of a column follow on each other, so that each
// kind of run is met.
type pattern struct {
	kind, width, nulls int
	last, step         uint64
	children           []*pattern
}

func (s *script) pattern(t types.Type) *pattern {
	p := &pattern{kind: s.below(6), width: 1 + s.below(64), nulls: []int{0, 0, 2, 10, 100, 1}[s.below(6)]}
	p.step = s.bits(1 + s.below(64))
	p.last = s.bits(p.width)
	for _, sub := range children(t) {
		p.children = append(p.children, s.pattern(sub))
	}
	return p
}

func children(t types.Type) []types.Type {
	switch t.Kind() {
	case types.Array:
		return []types.Type{t.Elem()}
	case types.Map:
		return []types.Type{t.Key(), t.Value()}
	case types.Row:
		var out []types.Type
		for _, f := range t.Fields() {
			out = append(out, f.Type)
		}
		return out
	}
	return nil
}

// next returns the next number of a pattern.
func (s *script) next(p *pattern) uint64 {
	switch p.kind {
	case 0: // the same again and again
		if s.below(100) == 0 {
			p.last = s.bits(p.width)
		}
	case 1: // steps
		p.last += p.step
	case 2: // narrow ones with outliers
		p.last = s.bits(1 + p.width/8)
		if s.below(50) == 0 {
			p.last = s.bits(p.width)
		}
	case 3: // rising by little
		p.last += s.bits(1 + p.width/6)
	case 4: // few
		p.last = p.step ^ uint64(s.below(5))
	default:
		p.last = s.bits(p.width)
		if s.below(4) == 0 {
			p.last = -p.last
		}
	}
	return p.last
}

// value appends a value of b's type, or NULL.
func (s *script) value(b vector.Builder, p *pattern) {
	if p.nulls > 0 && s.below(p.nulls) == 0 {
		b.AppendNull()
		return
	}
	t := b.Type()
	switch b := b.(type) {
	case *vector.FlatBuilder[bool]:
		b.AppendValue(s.next(p)&1 != 0)
	case *vector.FlatBuilder[int64]:
		b.AppendValue(s.int(t, p))
	case *vector.FlatBuilder[float64]:
		x := math.Float64frombits(s.next(p))
		if p.kind < 3 {
			x = float64(int64(p.last))
		}
		if t.Is(types.Real) {
			x = float64(float32(x))
		}
		b.AppendValue(x)
	case *vector.FlatBuilder[string]:
		b.AppendValue(s.text(t, p))
	case *vector.FlatBuilder[types.Int128]:
		b.AppendValue(s.wide(t, p))
	case *vector.ArrayBuilder:
		for range s.length() {
			s.value(b.Elements, p.children[0])
		}
		b.Close()
	case *vector.MapBuilder:
		for i := range s.length() {
			switch keys := b.Keys.(type) {
			case *vector.FlatBuilder[string]:
				keys.AppendValue(fmt.Sprint("k", i))
			case *vector.FlatBuilder[int64]:
				keys.AppendValue(int64(3 * i))
			}
			s.value(b.Values, p.children[1])
		}
		b.Close()
	case *vector.RowBuilder:
		for i, f := range b.Fields {
			s.value(f, p.children[i])
		}
		b.Close()
	}
}

// length returns that of a list.
func (s *script) length() int {
	n := s.below(8)
	if n == 7 {
		n = s.below(60)
	}
	return n
}

// Seconds of the years 1 and 9999.
const (
	firstSecond = -62_135_596_800
	lastSecond  = 253_402_300_799
)

// instant returns a time that ORC can keep, of a precision.
func (s *script) instant(p *pattern, precision int) (seconds, nanos int64) {
	x := s.next(p)
	seconds = firstSecond + int64(x%(lastSecond-firstSecond))
	if p.width < 40 { // around the epoch
		seconds = int64(int32(x))
	}
	unit := int64(nanosPerSecond)
	for range precision {
		unit /= 10
	}
	nanos = int64(s.bits(30)) % nanosPerSecond / unit * unit
	if seconds == -1 && nanos >= nanosPerMilli {
		nanos = 0
	}
	return seconds, nanos
}

func (s *script) int(t types.Type, p *pattern) int64 {
	switch t.Kind() {
	case types.Timestamp:
		seconds, nanos := s.instant(p, t.Precision())
		return seconds*1_000_000 + nanos/1_000
	case types.Tinyint:
		return int64(int8(s.next(p)))
	case types.Smallint:
		return int64(int16(s.next(p)))
	case types.Integer, types.Date:
		return int64(int32(s.next(p)))
	case types.Decimal:
		limit := int64(1)
		for range t.Precision() {
			limit *= 10
		}
		return int64(s.next(p)) % limit
	}
	return int64(s.next(p))
}

func (s *script) wide(t types.Type, p *pattern) types.Int128 {
	switch t.Kind() {
	case types.Timestamp:
		seconds, nanos := s.instant(p, t.Precision())
		return types.Int128{Hi: seconds*1_000_000 + nanos/1_000, Lo: uint64(nanos % 1_000 * 1_000)}
	case types.TimestampWithTimeZone:
		seconds, nanos := s.instant(p, t.Precision())
		return types.PackTimestampTZ(seconds*millisPerSecond+nanos/nanosPerMilli, nanos%nanosPerMilli*1_000, types.UTC)
	}
	// 2^120 is less than 10^37; shorter decimals are of fewer bits.
	x := types.Int128{Hi: int64(s.next(p)) >> 8, Lo: s.bits(64)}
	if t.Precision() < 37 {
		x = types.Int128From(int64(p.last) >> 8)
	}
	return x
}

func (s *script) text(t types.Type, p *pattern) string {
	if t.Is(types.Varbinary) {
		b := make([]byte, s.next(p)%40)
		for i := range b {
			b[i] = byte(s.below(256))
		}
		return string(b)
	}
	x := s.next(p)
	switch {
	case p.kind == 5 && s.below(100) == 0:
		if t.Is(types.Varchar) && t.Length() == types.UnboundedLength {
			return string(slices.Repeat([]byte("xü€\U0010ffff"), int(x%(fuzzText/10))))
		}
	case p.kind == 4:
		return []string{"", "a", "ü", "\U0010ffff", "b"}[x%5]
	case p.kind == 3: // bytes that are no text
		return string([]byte{byte(x), byte(x >> 8)})
	}
	if t.Is(types.Char) || t.Length() < 20 {
		return string(rune('a' + x%26))
	}
	return fmt.Sprintf("%x", x)
}

// batches make the rows of a file.
func (s *script) batches(t types.Type) []*vector.Batch {
	p := s.pattern(t)
	var out []*vector.Batch
	left := fuzzRows
	for range 1 + s.below(4) {
		n := s.below(40)
		switch s.below(8) {
		case 6:
			n = 0
		case 7:
			if s.below(8) == 0 {
				n *= 40
			}
		}
		n = min(n, left)
		left -= n
		b := &vector.Batch{N: n}
		for i, f := range t.Fields() {
			b.Columns = append(b.Columns, s.vector(f.Type, p.children[i], n))
		}
		out = append(out, b)
	}
	return out
}

// vector makes a column in any of the encodings.
func (s *script) vector(t types.Type, p *pattern, n int) vector.Vector {
	form := s.below(8)
	if n == 0 {
		form = 0
	}
	size := n
	switch form {
	case 5:
		size = 1
	case 6:
		size = min(n, 5)
	}
	b := vector.NewBuilder(t, size)
	for range size {
		s.value(b, p)
	}
	switch v := b.Build(); form {
	case 5:
		return vector.NewConstant(v, n)
	case 6:
		if v.Nulls() != nil { // NULLs belong to rows
			v = vector.Gather(v, s.notNull(v))
			if size = v.Len(); size == 0 {
				return vector.NewNull(t, n)
			}
		}
		ids, nulls := make([]int32, n), vector.NewBitmap(n)
		for i := range ids {
			ids[i] = int32(s.below(size))
			if s.below(10) == 0 {
				nulls.Set(i)
			}
		}
		return vector.NewDictionary(ids, v, nulls)
	default:
		return v
	}
}

func (s *script) notNull(v vector.Vector) (rows []int32) {
	for i := range v.Len() {
		if !v.Nulls().Has(i) {
			rows = append(rows, int32(i))
		}
	}
	return rows
}

// roundTrip writes a file that the script tells of, and reads it back in many ways.
func roundTrip(t testing.TB, s *script) {
	schema := s.schema()
	o := s.options(schema)
	batches := s.batches(schema)
	rows := 0
	for _, b := range batches {
		rows += b.N
	}
	// A stripe costs as much as many rows; of the shortest there are but a few.
	o.StripeRows = []int{0, 0, 1, 5, 64, 300, 1000}[s.below(7)]
	o.StripeRows, o.RowIndexStride = coarse(o.StripeRows, rows, fuzzStripes), coarse(o.RowIndexStride, rows, fuzzGroups)
	b, summary := writeFile(t, schema, o, batches...)
	want := vector.Plain(rowsOfBatches(schema, batches))
	f := open(t, b)
	if !f.Schema().Equal(schema) || f.Rows() != int64(want.Len()) || summary.Rows != f.Rows() || len(f.Stripes()) != len(summary.Stripes) {
		t.Fatalf("%d rows of %s, written were %d of %s", f.Rows(), f.Schema(), want.Len(), schema)
	}
	for i, m := range o.Metadata {
		if got := f.Metadata()[i]; got.Name != m.Name || string(got.Value) != string(m.Value) {
			t.Fatalf("metadata %v, want %v", got, m)
		}
	}
	checkStatistics(t, "file", want, func(path []string) (domain.Statistics, error) { return f.Statistics(path) })
	at := 0
	for i := range f.Stripes() {
		r, err := f.Stripe(i)
		if err != nil {
			t.Fatal(err)
		}
		rows := vector.Slice(want, at, at+r.Rows())
		at += r.Rows()
		s.readBack(t, r, rows)
		s.readElements(t, r, rows)
		checkStatistics(t, "stripe", rows, func(path []string) (domain.Statistics, error) { return f.StripeStatistics(i, path) })
		checkGroups(t, r, rows)
	}
	if at != want.Len() {
		t.Fatalf("%d rows in stripes, want %d", at, want.Len())
	}
	if s.below(4) == 0 { // all rows in one batch make the same bytes
		o.Parallelism = s.below(3)
		again, _ := writeFile(t, schema, o, &vector.Batch{N: want.Len(), Columns: want.(*vector.Row).Fields})
		if string(again) != string(b) {
			t.Fatal("other batches, other bytes")
		}
	}
}

// coarse returns n, or as much as cuts rows into no more parts than so many.
func coarse(n, rows, parts int) int {
	if n > 0 && rows > parts*n {
		return (rows + parts - 1) / parts
	}
	return n
}

// readBack reads a stripe whole, in pieces, by selections and column by column.
func (s *script) readBack(t testing.TB, r *StripeReader, want vector.Vector) {
	t.Helper()
	n := r.Rows()
	for _, p := range append(insides(nil, want), projection{nil, want}) {
		c, err := r.Column(p.path)
		if err != nil {
			t.Fatal(err)
		}
		what := PathOf(p.path...)
		if c.Searchable() && s.below(2) == 0 {
			s.searches(t, what, c, p.want)
		}
		for range 1 + s.below(3) {
			from, size := 0, n
			switch s.below(4) {
			case 1:
				from = int(s.bits(16)) % (n + 1)
				size = int(s.bits(16)) % (n - from + 1)
			case 2: // onwards
				from = min(c.at, n)
				size = min(s.below(100), n-from)
			case 3:
				rows := s.selection(n)
				got, err := c.Gather(rows)
				if err != nil {
					t.Fatalf("%s gathered: %v", what, err)
				}
				expectSame(t, what+" gathered", got, vector.Gather(p.want, rows))
				continue
			}
			got, err := c.Read(from, size)
			if err != nil {
				t.Fatalf("%s, %d rows from %d on: %v", what, size, from, err)
			}
			expectSame(t, what, got, vector.Slice(p.want, from, from+size))
		}
	}
}

// readElements reads what the maps of a stripe have for a key, one that is there and one that is not.
func (s *script) readElements(t testing.TB, r *StripeReader, want vector.Vector) {
	t.Helper()
	for _, p := range projections(nil, want) {
		if !p.want.Type().Is(types.Map) || !p.want.Type().Key().Is(types.Varchar) {
			continue
		}
		spans := vector.SpansOf(p.want)
		keys := vector.ViewOf[string](spans.Keys)
		wanted := []string{"no such key"}
		if n := len(keys.At); n > 0 {
			wanted = append(wanted, keys.Get(s.below(min(n, 256))))
		}
		for _, key := range wanted {
			rows := make([]int32, p.want.Len())
			for i := range rows {
				rows[i] = -1
				for from, to := spans.Span(i); from < to; from++ {
					if keys.Get(from) == key {
						rows[i] = int32(from)
						break
					}
				}
			}
			values := vector.GatherOrNull(spans.Values, rows)
			c, err := r.Element(p.path, key)
			if err != nil {
				t.Fatal(err)
			}
			what := PathOf(p.path...) + " of a key"
			some := s.selection(r.Rows())
			got, err := c.Gather(some)
			if err != nil {
				t.Fatalf("%s gathered: %v", what, err)
			}
			expectSame(t, what+" gathered", got, vector.Gather(values, some))
			half := r.Rows() / 2
			for _, span := range [][2]int{{0, half}, {half, r.Rows()}} {
				got, err := c.Read(span[0], span[1]-span[0])
				if err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				expectSame(t, what, got, vector.Slice(values, span[0], span[1]))
			}
		}
	}
}

// selection returns some of n rows, ascending.
func (s *script) selection(n int) []int32 {
	var rows []int32
	step := 1 + s.below(60)
	for r := s.below(step); r < n; r += 1 + s.below(step) {
		rows = append(rows, int32(r))
	}
	return rows
}

// projection is a column that can be read by itself.
type projection struct {
	path []string
	want vector.Vector
}

// projections list all below a row type that has a value a row.
func projections(path []string, v vector.Vector) (out []projection) {
	for i, f := range v.Type().Fields() {
		at := append(slices.Clone(path), f.Name)
		x := fieldOf(v, i)
		out = append(out, projection{at, x})
		if f.Type.Is(types.Row) {
			out = append(out, projections(at, x)...)
		}
	}
	return out
}

// fieldOf returns a field of rows, which is NULL where its row is.
func fieldOf(v vector.Vector, i int) vector.Vector {
	return vector.WithNulls(vector.FieldOf(v, i), v.Nulls())
}

// insides list what lies below v, in lists and maps too: what lies in those comes
// as arrays, one for each list.
func insides(path []string, v vector.Vector) (out []projection) {
	add := func(step string, x vector.Vector, as func(vector.Vector) vector.Vector) {
		at := append(slices.Clone(path), step)
		out = append(out, projection{at, as(x)})
		for _, p := range insides(at, x) {
			out = append(out, projection{p.path, as(p.want)})
		}
	}
	in := func(offsets []int32) func(vector.Vector) vector.Vector {
		return func(x vector.Vector) vector.Vector {
			return vector.NewArray(types.ArrayOf(x.Type()), offsets, x, v.Nulls())
		}
	}
	switch v := vector.Plain(v).(type) {
	case *vector.Row:
		for i, f := range v.Type().Fields() {
			add(f.Name, fieldOf(v, i), func(x vector.Vector) vector.Vector { return x })
		}
	case *vector.Array:
		add(ElementStep, v.Elements, in(v.Offsets))
	case *vector.Map:
		add(KeyStep, v.Keys, in(v.Offsets))
		add(ValueStep, v.Values, in(v.Offsets))
	}
	return out
}

// expectSame is expectEqual where speed matters.
func expectSame(t testing.TB, what string, got, want vector.Vector) {
	t.Helper()
	if got.Len() != want.Len() || !got.Type().Equal(want.Type()) {
		t.Fatalf("%s: %d rows of %s, want %d of %s", what, got.Len(), got.Type(), want.Len(), want.Type())
	}
	for i := range got.Len() {
		if vector.Distinct(got, i, want, i) {
			t.Fatalf("%s, row %d:\n got %s\nwant %s", what, i, vector.AppendText(nil, got, i), vector.AppendText(nil, want, i))
		}
	}
}

// checkStatistics asks statistics whether they hold all the values and NULLs of rows.
func checkStatistics(t testing.TB, what string, rows vector.Vector, of func(path []string) (domain.Statistics, error)) {
	t.Helper()
	for _, p := range projections(nil, rows) {
		s, err := of(p.path)
		if err != nil {
			t.Fatal(err)
		}
		checkBounds(t, what+" of "+PathOf(p.path...), s, p.want)
	}
}

func checkBounds(t testing.TB, what string, s domain.Statistics, v vector.Vector) {
	t.Helper()
	if s.Rows != int64(v.Len()) {
		t.Fatalf("%s: %d rows, want %d", what, s.Rows, v.Len())
	}
	nulls := 0
	for i := range v.Len() {
		if v.Nulls().Has(i) {
			nulls++
			if !s.HasNull {
				t.Fatalf("%s: row %d is NULL", what, i)
			}
			continue
		}
		if s.AllNull {
			t.Fatalf("%s: row %d is not NULL", what, i)
		}
		switch v.Type().Kind() {
		case types.Array, types.Map, types.Row:
			continue
		}
		x := vector.ValueAt(v, i)
		set := domain.Single(v.Type(), x)
		if x != x { // NaN equals nothing, and is above all
			set = domain.Less(v.Type(), math.Inf(1)).Complement()
		}
		if !set.MayMatch(s) {
			t.Fatalf("%s: %+v exclude %v", what, s, x)
		}
	}
}

// checkGroups asks the statistics and bloom filters of row groups for their rows.
func checkGroups(t testing.TB, r *StripeReader, rows vector.Vector) {
	t.Helper()
	groups := r.RowGroups()
	for _, p := range projections(nil, rows) {
		of, err := r.RowGroupStatistics(p.path)
		if err != nil {
			t.Fatal(err)
		}
		blooms := r.HasBloomFilter(p.path)
		for g, span := range groups {
			v := vector.Slice(p.want, span.Start, span.Start+span.Rows)
			what := fmt.Sprintf("row group %d of %s", g, PathOf(p.path...))
			checkBounds(t, what, of[g], v)
			for i := 0; i < v.Len() && blooms; i++ {
				if v.Nulls().Has(i) {
					continue
				}
				x := vector.ValueAt(v, i)
				if may, err := r.MayContain(p.path, g, x); err != nil || !may {
					t.Fatalf("%s: the bloom filter excludes %v, %v", what, x, err)
				}
			}
		}
	}
}

// FuzzRoundTrip writes and reads what the input tells: schema, values, NULLs,
// encodings of vectors, codec, strides, stripes, dictionaries, bloom filters,
// batches; projections, pieces and selections of rows.
func FuzzRoundTrip(f *testing.F) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 60 {
		b := make([]byte, r.IntN(120))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { roundTrip(t, newScript(b)) })
}

var stories = flag.Int("stories", 400, "how many files of any schema, rows and options to write and read back")

// TestStories tells many at random.
func TestStories(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	n := *stories
	if testing.Short() {
		n = min(n, 200)
	}
	for i := range n {
		b := make([]byte, r.IntN(60))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		ok := t.Run(fmt.Sprintf("%d", i), func(t *testing.T) { roundTrip(t, newScript(b)) })
		if !ok {
			t.Fatalf("input %x", b)
		}
	}
}
