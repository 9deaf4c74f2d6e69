package orc

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/ctlake/ctlake/storage/domain"
	"github.com/ctlake/ctlake/storage/orc/internal/bloom"
	"github.com/ctlake/ctlake/storage/orc/internal/protobuf"
	"github.com/ctlake/ctlake/storage/types"
)

// Bytes of streams that lie side by side are read together, as long as one is
// no larger than maxSmallStream and all no larger than maxCoalesced.
const (
	maxSmallStream = 512 << 10
	maxCoalesced   = 4 << 20
)

// StripeReader reads columns of one stripe. It and each of its ColumnReaders are for one
// goroutine at a time; several ColumnReaders may work at once, and several StripeReaders.
type StripeReader struct {
	f       *File
	number  int
	rows    int
	footer  *protobuf.StripeFooter
	streams map[streamKey]extent
	indexed *sync.Mutex                   // of indexes and held: ColumnReaders look for their places
	indexes map[int][]protobuf.IndexEntry // read so far, by column
	blooms  map[int][]protobuf.Bloom
	held    *int64 // bytes of messages that were parsed
	// zone is the writer's, which timestamps without zone were shown in.
	zone *time.Location
}

type streamKey struct {
	column int
	kind   uint64
}

// extent is where a stream lies in the file.
type extent struct{ at, length int64 }

// RowGroup is a span of rows of a stripe.
type RowGroup struct{ Start, Rows int }

// Stripe reads the footer of a stripe and returns a reader of it.
func (f *File) Stripe(i int) (*StripeReader, error) {
	info := f.footer.Stripes[i]
	s := &StripeReader{
		f: f, number: i, rows: int(info.Rows), streams: map[streamKey]extent{},
		indexed: &sync.Mutex{}, indexes: map[int][]protobuf.IndexEntry{}, blooms: map[int][]protobuf.Bloom{},
		zone: time.UTC, held: new(int64),
	}
	at := int64(info.Offset + info.IndexLength + info.DataLength)
	message, err := f.message(f.r, at, int64(info.FooterLength))
	if err == nil {
		*s.held += int64(len(message))
		s.footer, err = protobuf.ParseStripeFooter(message, len(f.footer.Types))
	}
	if err == nil {
		err = s.check(&info)
	}
	if err != nil {
		return nil, f.wrap(fmt.Errorf("stripe footer: %w", err), i, "", "", at)
	}
	return s, nil
}

// Over returns s as it reads through f, which must be s's file or what File.Over made of
// it. What s knows of indexes it shares, so that s must not be used while the other is.
func (s *StripeReader) Over(f *File) *StripeReader {
	t := *s
	t.f = f
	return &t
}

// IndexBytes returns about how many bytes the footer, the row indexes and the bloom
// filters hold that were read so far.
func (s *StripeReader) IndexBytes() int64 { return *s.held }

// check places the streams and looks at what the footer says.
func (s *StripeReader) check(info *protobuf.Stripe) error {
	if len(s.footer.Encodings) != len(s.f.footer.Types) {
		return fmt.Errorf("encodings of %d columns, the file has %d", len(s.footer.Encodings), len(s.f.footer.Types))
	}
	at, rest := int64(info.Offset), info.IndexLength+info.DataLength
	for _, x := range s.footer.Streams {
		if x.Length > rest {
			return errors.New("streams end beyond the stripe")
		}
		rest -= x.Length
		if x.Column >= uint64(len(s.f.footer.Types)) {
			return fmt.Errorf("a stream of column %d", x.Column)
		}
		s.streams[streamKey{int(x.Column), x.Kind}] = extent{at, int64(x.Length)}
		at += int64(x.Length)
	}
	if z := s.footer.Timezone; z != "" && z != "UTC" && z != "GMT" {
		zone, err := types.LoadLocation(z)
		if err != nil {
			return fmt.Errorf("%w: writer's time zone %q", ErrUnsupported, z)
		}
		s.zone = zone
	}
	return nil
}

// Rows returns how many rows the stripe has.
func (s *StripeReader) Rows() int { return s.rows }

// stride returns the rows of a row group; all if there is no row index.
func (s *StripeReader) stride() int {
	if n := int(s.f.footer.RowIndexStride); n > 0 {
		return n
	}
	return max(1, s.rows)
}

func (s *StripeReader) groups() int { return (s.rows + s.stride() - 1) / s.stride() }

// RowGroups returns the row groups in order; a stripe without a row index is one.
func (s *StripeReader) RowGroups() []RowGroup {
	out := make([]RowGroup, 0, min(s.groups(), 1<<16))
	for at := 0; at < s.rows; at += s.stride() {
		out = append(out, RowGroup{at, min(s.stride(), s.rows-at)})
	}
	return out
}

// index returns the row index of a column, nil if there is none.
func (s *StripeReader) index(c *column) ([]protobuf.IndexEntry, error) {
	s.indexed.Lock()
	defer s.indexed.Unlock()
	if entries, ok := s.indexes[c.id]; ok {
		return entries, nil
	}
	x, ok := s.streams[streamKey{c.id, protobuf.RowIndexStream}]
	if !ok || s.f.footer.RowIndexStride == 0 || x.length == 0 {
		return nil, nil
	}
	message, err := s.f.message(s.f.r, x.at, x.length)
	var entries []protobuf.IndexEntry
	if err == nil {
		entries, err = protobuf.ParseRowIndex(message, s.groups())
	}
	if err == nil && len(entries) != s.groups() {
		err = fmt.Errorf("%d entries for %d row groups", len(entries), s.groups())
	}
	if err != nil {
		return nil, s.f.wrap(err, s.number, c.path(), protobuf.StreamName(protobuf.RowIndexStream), x.at)
	}
	*s.held += int64(len(message))
	s.indexes[c.id] = entries
	return entries, nil
}

// RowGroupStatistics returns what the row index says of the column at path, a
// row group each. A column that lies in a list or map has none: ErrUnsupported.
func (s *StripeReader) RowGroupStatistics(path []string) ([]domain.Statistics, error) {
	c, err := s.f.schema.find(path)
	if err != nil {
		return nil, err
	}
	if c.repeated {
		return nil, fmt.Errorf("%w: statistics of row groups of column %s", ErrUnsupported, c.path())
	}
	entries, err := s.index(c)
	if err != nil {
		return nil, err
	}
	groups := s.RowGroups()
	out := make([]domain.Statistics, len(groups))
	for i, g := range groups {
		out[i] = unknownStatistics(c, int64(g.Rows))
		if entries == nil || entries[i].Statistics == nil {
			continue
		}
		x, err := protobuf.ParseStatistics(entries[i].Statistics)
		if err != nil {
			return nil, s.f.wrap(err, s.number, c.path(), protobuf.StreamName(protobuf.RowIndexStream), -1)
		}
		out[i] = toDomain(&x, c, int64(g.Rows), s.f.trust)
	}
	return out, nil
}

// bloomStream returns the stream of a column's bloom filters, if it can be trusted.
func (s *StripeReader) bloomStream(c *column) (extent, uint64, bool) {
	if s.f.badBlooms() || s.f.footer.RowIndexStride == 0 || c.repeated || !canBloom(c) {
		return extent{}, 0, false
	}
	if c.kind == protobuf.Timestamp && s.footer.Encodings[c.id].BloomEncoding != 1 {
		return extent{}, 0, false // in the writer's zone, or not
	}
	kind := uint64(protobuf.BloomFilterUTF8)
	x, ok := s.streams[streamKey{c.id, kind}]
	if !ok && c.typ.Physical() != types.String {
		// The older form hashed strings in the writer's own character set.
		kind = protobuf.BloomFilter
		x, ok = s.streams[streamKey{c.id, kind}]
	}
	return x, kind, ok && x.length > 0
}

// HasBloomFilter reports whether MayContain has something to go by.
func (s *StripeReader) HasBloomFilter(path []string) bool {
	c, err := s.f.schema.find(path)
	if err != nil {
		return false
	}
	_, _, ok := s.bloomStream(c)
	return ok
}

// MayContain reports whether a row group may have value, of the column's Go
// type, in the column at path. It is false only if a bloom filter excludes it.
func (s *StripeReader) MayContain(path []string, rowGroup int, value domain.Value) (bool, error) {
	c, err := s.f.schema.find(path)
	if err != nil {
		return true, err
	}
	x, kind, ok := s.bloomStream(c)
	if !ok || rowGroup < 0 || rowGroup >= s.groups() {
		return true, nil
	}
	hash, ok := bloomHash(c, value)
	if !ok {
		return true, nil
	}
	filters, ok := s.blooms[c.id]
	if !ok {
		message, err := s.f.message(s.f.r, x.at, x.length)
		if err == nil {
			filters, err = protobuf.ParseBloomIndex(message, s.groups())
		}
		if err == nil && len(filters) != s.groups() {
			err = fmt.Errorf("%d filters for %d row groups", len(filters), s.groups())
		}
		if err != nil {
			return true, s.f.wrap(err, s.number, c.path(), protobuf.StreamName(kind), x.at)
		}
		*s.held += int64(len(message))
		s.blooms[c.id] = filters
	}
	p := filters[rowGroup]
	f := bloom.Filter{Bits: p.Bits, K: int(min(p.HashFunctions, math.MaxInt32))}
	return !f.Valid() || f.Has(hash), nil
}

// bloomHash returns the hash of a value; ok is false if the column's filters
// cannot be asked for it.
func bloomHash(c *column, value domain.Value) (hash uint64, ok bool) {
	switch v := value.(type) {
	case string:
		if c.kind == protobuf.Char {
			return 0, false // writers differ in whether they pad
		}
		return bloom.HashBytes(v), c.typ.Physical() == types.String
	case float64:
		if v == 0 {
			return 0, false // 0 and -0 are equal and hash differently
		}
		return bloom.HashDouble(v), c.typ.Physical() == types.Float64
	case int64:
		if c.kind == protobuf.Timestamp {
			millis, _ := floorDiv(v, 1_000)
			return bloom.HashInt(millis), c.declaredPrecision() <= c.typ.Precision() // else rounding moved it
		}
		return bloom.HashInt(v), c.typ.Physical() == types.Int64
	}
	return 0, false
}
