package orc

// Compression is a codec; its numbers are those of the format.
type Compression uint8

// The codecs. LZO is known by name only: neither read nor written.
const (
	None Compression = iota
	Zlib
	Snappy
	LZO
	LZ4
	Zstd
)

// String returns the name of the codec as the specification writes it.
func (c Compression) String() string {
	names := [...]string{"NONE", "ZLIB", "SNAPPY", "LZO", "LZ4", "ZSTD"}
	if int(c) < len(names) {
		return names[c]
	}
	return "UNKNOWN"
}

// Defaults of WriterOptions.
const (
	DefaultChunkBytes          = 256 << 10
	DefaultStripeBytes         = 64 << 20
	DefaultRowIndexStride      = 10_000
	DefaultBloomFilterFPP      = 0.01
	DefaultDictionaryThreshold = 0.5
)

// WriterOptions say how a file is written. The zero value writes uncompressed
// files with the defaults above.
type WriterOptions struct {
	Compression Compression
	// Level is the codec's own: 1 to 9 of zlib, 1 to 22 of zstd (mapped to the
	// four that the library has); 0 is the codec's default. Others have none.
	Level int
	// ChunkBytes is the most that one compression chunk expands to. A reader
	// decompresses whole chunks, so that small ones serve lookups, large ones scans.
	ChunkBytes int
	// StripeBytes bounds what the writer buffers, compressed streams included: a
	// stripe ends at the first multiple of 512 rows at which it is reached.
	StripeBytes int64
	// StripeRows ends a stripe after so many rows; 0 is no such limit.
	StripeRows int
	// RowIndexStride is how many rows a row group has; negative writes no row index.
	RowIndexStride int
	// BloomFilterColumns are paths (PathOf) of scalar columns that get a bloom filter a row group.
	BloomFilterColumns []string
	BloomFilterFPP     float64
	// DictionaryThreshold is up to which share of distinct values among all a
	// string column may become a dictionary; negative never makes one.
	DictionaryThreshold float64
	// CountValues makes the writer count the rows of each value of columns that have few: see Writer.ValueCounts.
	CountValues ValueLimits
	// Metadata is the user metadata, kept in order.
	Metadata []MetadataItem
	// Columns holds what differs for single columns, by path (PathOf).
	Columns map[string]ColumnOptions
	// Parallelism is how many goroutines may compress at once, beside the caller's, which
	// waits for them at the end of a stripe; 0 and 1 are none. The bytes written do not
	// depend on it.
	Parallelism int
	// Compressors, if not nil, are used instead of ones that the writer makes for itself, Parallelism of them.
	Compressors *Compressors
}

// ColumnOptions say what is special about one column.
type ColumnOptions struct {
	ChunkBytes int         // 0 is the file's; it cannot be larger
	Attributes []Attribute // of the column's type, kept in order: Iceberg's ids, for one
}

// Attribute is a name and a text attached to a type.
type Attribute struct{ Name, Value string }

// MetadataItem is an entry of the user metadata.
type MetadataItem struct {
	Name  string
	Value []byte
}

// OpenOptions say how a file is read.
type OpenOptions struct {
	// Name stands in errors.
	Name string
	// TimestampPrecision, 1 to 9, is the precision of the timestamp types that
	// columns are read as; values are rounded to it. 0 is what the file says of
	// itself: files of this package name their precision, others have 9.
	TimestampPrecision int
	Limits             Limits
}

// Limits bound what a file may ask for; zero fields take the defaults below.
type Limits struct {
	ChunkBytes int   // the size that a compression chunk may expand to
	TailBytes  int64 // footer, stripe statistics, stripe footers and indexes, each expanded
	ReadBytes  int64 // what one Read or Gather, or one dictionary, may hold
	Columns    int   // columns, nested ones counted
	Depth      int   // nesting of types
}

// Defaults of Limits.
const (
	DefaultMaxChunkBytes = 8 << 20
	DefaultMaxTailBytes  = 32 << 20
	DefaultMaxReadBytes  = 1 << 30
	DefaultMaxColumns    = 20_000
	DefaultMaxDepth      = 64
)

func (l Limits) withDefaults() Limits {
	if l.ChunkBytes == 0 {
		l.ChunkBytes = DefaultMaxChunkBytes
	}
	if l.TailBytes == 0 {
		l.TailBytes = DefaultMaxTailBytes
	}
	if l.ReadBytes == 0 {
		l.ReadBytes = DefaultMaxReadBytes
	}
	if l.Columns == 0 {
		l.Columns = DefaultMaxColumns
	}
	if l.Depth == 0 {
		l.Depth = DefaultMaxDepth
	}
	return l
}
