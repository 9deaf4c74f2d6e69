package orc

import (
	"fmt"
	"math"
	"math/bits"
	"strings"

	"github.com/ctlake/ctlake/storage/orc/internal/bloom"
	"github.com/ctlake/ctlake/storage/orc/internal/protobuf"
	"github.com/ctlake/ctlake/storage/types"
)

// What is here tells what a file says of itself, as it says it, for people who
// look inside. Readers of rows go by Statistics and its kind, which know what of
// it can be trusted.

// Column is a node of the schema tree.
type Column struct {
	ID         int      // its number: 0 is the root, parents come before children
	Path       []string // the steps that lead to it, none to the root
	Text       string   // the type as ORC writes it: struct<a:bigint>
	Type       types.Type
	Attributes []Attribute
}

// Columns returns the nodes of the schema tree by their numbers.
func (f *File) Columns() []Column {
	var out []Column
	for _, c := range f.columns {
		out = append(out, Column{c.id, c.steps, c.text(f.footer.Types), c.typ, c.attrs})
	}
	return out
}

// kindNames are the names of the kinds of types, by number.
var kindNames = [...]string{"boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "string", "binary", "timestamp",
	"array", "map", "struct", "uniontype", "decimal", "date", "varchar", "char", "timestamp with local time zone"}

// text returns the type as ORC's own tools write it.
func (c *column) text(ts []protobuf.Type) string {
	t := ts[c.id]
	name := kindNames[c.kind]
	switch c.kind {
	case protobuf.Varchar, protobuf.Char:
		return fmt.Sprintf("%s(%d)", name, t.MaximumLength)
	case protobuf.Decimal:
		return fmt.Sprintf("%s(%d,%d)", name, t.Precision, t.Scale)
	case protobuf.List, protobuf.Map, protobuf.Struct, protobuf.Union:
		var parts []string
		for _, x := range c.children {
			part := x.text(ts)
			if c.kind == protobuf.Struct {
				part = PathOf(x.name) + ":" + part
			}
			parts = append(parts, part)
		}
		return name + "<" + strings.Join(parts, ",") + ">"
	}
	return name
}

// Tail is what a file's tail says of the whole.
type Tail struct {
	Bytes           int64 // of the file
	Version         string
	Writer          string // Java, C++, Presto, Go, Trino, CUDF, or a number
	WriterVersion   int    // of the postscript
	SoftwareVersion string
	ChunkBytes      int64 // the most that a compression chunk expands to
	RowIndexStride  int64 // 0 without a row index
	Calendar        string
	FooterBytes     int64
	StatisticsBytes int64 // the stripe statistics
}

var writerNames = [...]string{"Java", "C++", "Presto", "Go", "Trino", "CUDF"}

// Tail returns what the tail says.
func (f *File) Tail() Tail {
	var version []string
	for _, v := range f.post.Version {
		version = append(version, fmt.Sprint(v))
	}
	writer := fmt.Sprint(f.footer.Writer)
	if f.footer.Writer < uint64(len(writerNames)) {
		writer = writerNames[f.footer.Writer]
	}
	calendar := "unknown"
	switch f.footer.Calendar {
	case protobuf.JulianGregorian:
		calendar = "Julian/Gregorian"
	case protobuf.ProlepticGregorian:
		calendar = "proleptic Gregorian"
	}
	return Tail{
		Bytes: f.r.size, Version: strings.Join(version, "."), Writer: writer, WriterVersion: int(min(f.post.WriterVersion, 1<<31-1)),
		SoftwareVersion: f.footer.SoftwareVersion, ChunkBytes: int64(f.post.ChunkSize),
		RowIndexStride: int64(f.footer.RowIndexStride), Calendar: calendar,
		FooterBytes: int64(f.post.FooterLength), StatisticsBytes: int64(f.post.MetadataLength),
	}
}

// Fact is one thing that statistics say: min, max, sum and the like. The value is
// a bool, int64, float64 or string.
type Fact struct {
	Name  string
	Value any
}

// StatisticsFacts returns what the file says of a column by its number.
func (f *File) StatisticsFacts(column int) ([]Fact, error) {
	if column < 0 || column >= len(f.footer.Statistics) {
		return nil, nil
	}
	facts, err := f.facts(f.footer.Statistics[column])
	if err != nil {
		return nil, f.wrap(err, -1, f.columns[column].path(), "", -1)
	}
	return facts, nil
}

// StripeFacts is StatisticsFacts of one stripe.
func (f *File) StripeFacts(stripe, column int) ([]Fact, error) {
	if err := f.loadMetadata(); err != nil {
		return nil, err
	}
	if stripe < 0 || stripe >= len(f.metadata.stripes) || column < 0 || column >= len(f.metadata.stripes[stripe]) {
		return nil, nil
	}
	facts, err := f.facts(f.metadata.stripes[stripe][column])
	if err != nil {
		return nil, f.wrap(err, stripe, f.columns[column].path(), "", -1)
	}
	return facts, nil
}

// facts lists what ColumnStatistics say.
func (f *File) facts(message []byte) ([]Fact, error) {
	s, err := protobuf.ParseStatistics(message)
	if err != nil {
		return nil, err
	}
	out := []Fact{{"values", int64(s.Values)}}
	if s.HasNullKnown {
		out = append(out, Fact{"hasNull", s.HasNull})
	}
	ints := func(names string, values ...*int64) {
		for i, name := range strings.Fields(names) {
			if values[i] != nil {
				out = append(out, Fact{name, *values[i]})
			}
		}
	}
	texts := func(names string, values ...*string) {
		for i, name := range strings.Fields(names) {
			if values[i] != nil {
				out = append(out, Fact{name, *values[i]})
			}
		}
	}
	if x := s.Int; x != nil {
		ints("min max sum", x.Min, x.Max, x.Sum)
	}
	if x := s.Double; x != nil {
		for i, v := range []*float64{x.Min, x.Max, x.Sum} {
			if v != nil {
				out = append(out, Fact{[]string{"min", "max", "sum"}[i], *v})
			}
		}
	}
	if x := s.String; x != nil {
		texts("min lowerBound max upperBound", x.Min, x.LowerBound, x.Max, x.UpperBound)
		ints("sumLength", x.Sum)
	}
	if len(s.Buckets) > 0 {
		out = append(out, Fact{"true", int64(s.Buckets[0])})
	}
	if x := s.Decimal; x != nil {
		texts("min max sum", x.Min, x.Max, x.Sum)
	}
	if x := s.Date; x != nil {
		for i, v := range []*int64{x.Min, x.Max} {
			switch name := []string{"min", "max"}[i]; {
			case v == nil:
			case *v < math.MinInt32 || *v > math.MaxInt32: // no date
				out = append(out, Fact{name, *v})
			default:
				out = append(out, Fact{name, string(types.AppendInt64Text(nil, types.TDate, *v))})
			}
		}
	}
	ints("sumLength", s.Binary)
	if x := s.Timestamp; x != nil {
		ints("minMillis maxMillis minUTCMillis maxUTCMillis", x.Min, x.Max, x.MinUTC, x.MaxUTC)
		if x.MinNanos > 0 {
			out = append(out, Fact{"minNanos", x.MinNanos - 1})
		}
		if x.MaxNanos > 0 {
			out = append(out, Fact{"maxNanos", x.MaxNanos - 1})
		}
	}
	if x := s.Collection; x != nil {
		out = append(out, Fact{"minChildren", int64(x.Min)}, Fact{"maxChildren", int64(x.Max)}, Fact{"totalChildren", int64(x.Total)})
	}
	return out, nil
}

// StreamInfo is a stream of a stripe.
type StreamInfo struct {
	Column int
	Kind   string // the specification's name
	Offset int64  // in the file
	Bytes  int64
}

// EncodingInfo is how a column is encoded in a stripe.
type EncodingInfo struct {
	Kind              string
	DictionaryEntries int64
}

// StripeLayout is what the footer of a stripe says.
type StripeLayout struct {
	IndexBytes, DataBytes, FooterBytes int64
	TimeZone                           string         // the writer's
	Streams                            []StreamInfo   // in the file's order
	Encodings                          []EncodingInfo // by column
}

var encodingNames = [...]string{"DIRECT", "DICTIONARY", "DIRECT_V2", "DICTIONARY_V2"}

// Layout returns what the stripe's footer says.
func (s *StripeReader) Layout() StripeLayout {
	info := s.f.footer.Stripes[s.number]
	out := StripeLayout{
		IndexBytes: int64(info.IndexLength), DataBytes: int64(info.DataLength), FooterBytes: int64(info.FooterLength),
		TimeZone: s.footer.Timezone,
	}
	at := int64(info.Offset)
	for _, x := range s.footer.Streams {
		out.Streams = append(out.Streams, StreamInfo{int(x.Column), protobuf.StreamName(x.Kind), at, int64(x.Length)})
		at += int64(x.Length)
	}
	for _, e := range s.footer.Encodings {
		name := fmt.Sprint(e.Kind)
		if e.Kind < uint64(len(encodingNames)) {
			name = encodingNames[e.Kind]
		}
		out.Encodings = append(out.Encodings, EncodingInfo{name, int64(e.DictionarySize)})
	}
	return out
}

// IndexEntry is what the row index says of one row group of a column.
type IndexEntry struct {
	Positions  []uint64
	Statistics []Fact
}

// RowIndex returns the row index of a column by its number, which is one of
// Columns; nil if there is none.
func (s *StripeReader) RowIndex(column int) ([]IndexEntry, error) {
	c := s.f.columns[column]
	entries, err := s.index(c)
	if err != nil {
		return nil, err
	}
	var out []IndexEntry
	for _, e := range entries {
		facts, err := s.f.facts(e.Statistics)
		if err != nil {
			return nil, s.f.wrap(err, s.number, c.path(), protobuf.StreamName(protobuf.RowIndexStream), -1)
		}
		out = append(out, IndexEntry{e.Positions, facts})
	}
	return out, nil
}

// BloomInfo describes the bloom filter of a row group.
type BloomInfo struct {
	HashFunctions int   `json:"hashFunctions"`
	Bits          int64 `json:"bits"`
	Set           int64 `json:"set"` // how many of the bits are 1
}

// BloomFilters returns the bloom filters of a column by its number, as RowIndex does, and of which
// kind they are: the UTF-8 one if there are both; nil if there are none. Whether
// they can be trusted HasBloomFilter tells.
func (s *StripeReader) BloomFilters(column int) (kind string, filters []BloomInfo, err error) {
	c := s.f.columns[column]
	for _, k := range []uint64{protobuf.BloomFilterUTF8, protobuf.BloomFilter} {
		x, ok := s.streams[streamKey{column, k}]
		if !ok || x.length == 0 {
			continue
		}
		kind = protobuf.StreamName(k)
		message, err := s.f.message(s.f.r, x.at, x.length)
		var parsed []protobuf.Bloom
		if err == nil {
			parsed, err = protobuf.ParseBloomIndex(message, s.groups())
		}
		if err != nil {
			return "", nil, s.f.wrap(err, s.number, c.path(), kind, x.at)
		}
		for _, p := range parsed {
			set := 0
			for _, b := range p.Bits {
				set += bits.OnesCount8(b)
			}
			filters = append(filters, BloomInfo{int(min(p.HashFunctions, bloom.MaxHashFunctions+1)), 8 * int64(len(p.Bits)), int64(set)})
		}
		return kind, filters, nil
	}
	return "", nil, nil
}
