package orc

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/storage/orc/internal/protobuf"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// tight are limits that keep a fuzzer fast.
var tight = Limits{ChunkBytes: 256 << 10, TailBytes: 1 << 20, ReadBytes: 4 << 20, Columns: 60, Depth: 20}

// maxFuzzed is how long a fuzzed file may be: what is longer tells nothing new.
const maxFuzzed = 64 << 10

// FuzzOpen opens any bytes and reads all that there is: every column of every
// stripe, statistics, indexes, bloom filters. Errors are fine, if they are the
// package's; panics and endless loops are not.
func FuzzOpen(f *testing.F) {
	for _, b := range smallFiles(f) {
		f.Add(b)
	}
	f.Add([]byte{})
	f.Add([]byte("ORC"))
	f.Fuzz(readFuzzed)
}

// smallFiles are files of a column each.
func smallFiles(t testing.TB) (files [][]byte) {
	g := &generator{rand.New(rand.NewPCG(9, 10)), 0.2}
	for i, field := range everyType.Fields() {
		schema := types.RowOf(field)
		for _, c := range []Compression{None, []Compression{Zlib, Snappy, LZ4, Zstd}[i%4]} {
			o := WriterOptions{Compression: c, RowIndexStride: 5, StripeRows: 9, ChunkBytes: 4000}
			if schema, err := newSchema(schema); err == nil && canBloom(schema.children[0]) && i%2 == 0 {
				o.BloomFilterColumns = []string{field.Name}
			}
			b, _ := writeFile(t, schema, o, g.batch(schema, 12))
			files = append(files, b)
		}
	}
	return files
}

func readFuzzed(t *testing.T, b []byte) {
	if len(b) > maxFuzzed {
		return
	}
	began := time.Now()
	expectTame(t, "fuzzed", readEverything(b, tight))
	if took := time.Since(began); took > maxFuzzTime {
		t.Errorf("%d bytes took %v", len(b), took)
	}
}

// FuzzTail is FuzzOpen of a file put together of parts, so that lengths in the
// postscript are right whatever becomes of the parts.
func FuzzTail(f *testing.F) {
	for _, b := range smallFiles(f) {
		x := open(f, b)
		footerAt := x.metadataAt + int64(x.post.MetadataLength)
		f.Add(uint8(x.post.Compression), uint8(x.post.WriterVersion), b[:x.metadataAt], b[x.metadataAt:footerAt], b[footerAt:footerAt+int64(x.post.FooterLength)])
	}
	f.Fuzz(func(t *testing.T, codec, version uint8, body, metadata, footer []byte) {
		p := protobuf.PostScript{FooterLength: uint64(len(footer)), MetadataLength: uint64(len(metadata)), Compression: uint64(codec) % 6,
			ChunkSize: 4000, Version: []uint64{uint64(version >> 6), 12}, WriterVersion: uint64(version) % 8, Magic: magic}
		post := p.Append(nil)
		readFuzzed(t, append(bytes.Join([][]byte{body, metadata, footer, post}, nil), byte(len(post))))
	})
}

// maxFuzzTime is how long the reading of a fuzzed file may take, on a busy machine.
const maxFuzzTime = 5 * time.Second

// streamsFile makes a file of one stripe without codec and row index, of the
// column "c", whose streams hold any bytes.
func streamsFile(kind, encoding, version uint64, calendar uint64, zone string, rows int, streams [][]byte) []byte {
	ts := []protobuf.Type{{Kind: protobuf.Struct, Subtypes: []uint64{1}, FieldNames: []string{"c"}}, {Kind: kind}}
	c := &ts[1]
	switch kind {
	case protobuf.List:
		c.Subtypes = []uint64{2}
		ts = append(ts, protobuf.Type{Kind: protobuf.String})
	case protobuf.Map, protobuf.Union:
		c.Subtypes = []uint64{2, 3}
		ts = append(ts, protobuf.Type{Kind: protobuf.Short}, protobuf.Type{Kind: protobuf.Timestamp})
	case protobuf.Struct:
		c.Subtypes, c.FieldNames = []uint64{2, 3}, []string{"a", "b"}
		ts = append(ts, protobuf.Type{Kind: protobuf.Boolean}, protobuf.Type{Kind: protobuf.Decimal, Precision: 38, Scale: 2})
	case protobuf.Decimal:
		c.Precision, c.Scale = 18, 4
	case protobuf.Char, protobuf.Varchar:
		c.MaximumLength = 5
	}
	out := []byte(magic)
	footer := &protobuf.StripeFooter{Timezone: zone}
	for id, t := range ts {
		e := protobuf.Encoding{}
		switch t.Kind {
		case protobuf.Struct, protobuf.Union, protobuf.Boolean, protobuf.Byte, protobuf.Float, protobuf.Double:
		case protobuf.String, protobuf.Varchar, protobuf.Char:
			e.Kind = encoding
		default:
			e.Kind = encoding &^ 1
		}
		if e.Kind&1 != 0 {
			e.DictionarySize = uint64(len(streams[4])) / 2
		}
		footer.Encodings = append(footer.Encodings, e)
		if id == 0 {
			continue
		}
		for i, k := range []uint64{protobuf.Present, protobuf.Data, protobuf.Length, protobuf.Secondary, protobuf.DictionaryData} {
			b := streams[(i+id-1)%len(streams)]
			footer.Streams = append(footer.Streams, protobuf.Stream{Kind: k, Column: uint64(id), Length: uint64(len(b))})
			out = append(out, b...)
		}
	}
	stripe := protobuf.Stripe{Offset: uint64(len(magic)), DataLength: uint64(len(out) - len(magic)), Rows: uint64(rows)}
	at := len(out)
	out = footer.Append(out)
	stripe.FooterLength = uint64(len(out) - at)
	at = len(out)
	out = (&protobuf.Footer{HeaderLength: uint64(len(magic)), ContentLength: uint64(at), Stripes: []protobuf.Stripe{stripe}, Types: ts,
		Rows: uint64(rows), Calendar: calendar}).Append(out)
	post := (&protobuf.PostScript{FooterLength: uint64(len(out) - at), Version: []uint64{version, 12}, WriterVersion: 6, Magic: magic}).Append(nil)
	return append(append(out, post...), byte(len(post)))
}

// FuzzStreams decodes any bytes as the streams of a column of any type and
// encoding. Where the rows can be read at once, they are the same in pieces and
// in selections.
func FuzzStreams(f *testing.F) {
	runs := []string{ // of bytes, booleans, integers
		"\xfe\xff\x80", "\x61\x00", "\x0a\x27\x10", "\x5e\x03\x5c\xa1\xab\x1e\xde\xad\xbe\xef",
		"\x8e\x13\x2b\x21\x07\xd0\x1e\x00\x14\x70\x28\x32\x3c\x46\x50\x5a\x64\x6e\x78\x82\x8c\x96\xa0\xaa\xb4\xbe\xfc\xe8",
		"\xc6\x09\x02\x02\x22\x42\x42\x46", "\x61\x00\x07", "\xfb\x02\x03\x04\x07\x0b", "abcdefghijklmnop",
	}
	for kind := range uint8(protobuf.Geometry) {
		for encoding := range uint8(4) {
			for i := range runs {
				at := func(j int) []byte { return []byte(strings.Repeat(runs[(i+j)%len(runs)], 3)) }
				present := []byte{}
				if i%2 == 0 {
					present = []byte("\xfd\xb5\xff\x07")
				}
				f.Add(kind, encoding, uint8(i), uint16(5+7*i), present, at(0), at(1), at(2), at(3))
			}
		}
	}
	// Four maps of two entries, whose keys are all the same. Of the values one is there: the last map is {1=TIME, 1=NULL}.
	f.Add(uint8(protobuf.Map), uint8(2), uint8(0), uint16(4), []byte("\x05\xf0"), []byte(nil), []byte("\x05\x02"), []byte("\x05\x02"), []byte(nil))
	zones := []string{"", "UTC", "Europe/Berlin", "America/Los_Angeles"}
	f.Fuzz(func(t *testing.T, kind, encoding, variant uint8, rows uint16, present, data, length, secondary, dictionary []byte) {
		n := int(rows) % 3000
		b := streamsFile(uint64(kind)%protobuf.Geometry, uint64(encoding)%4, uint64(variant>>4)%3, uint64(variant>>2)%3, zones[variant%4], n,
			[][]byte{present, data, length, secondary, dictionary})
		file, err := Open(bytes.NewReader(b), int64(len(b)), OpenOptions{Name: "fuzzed.orc", Limits: tight})
		if err != nil {
			t.Fatal(err)
		}
		s, err := file.Stripe(0)
		if err != nil {
			t.Fatal(err)
		}
		for _, column := range file.columns[1:] {
			readFuzzedColumn(t, s, column.steps, newScript(data))
		}
	})
}

// readFuzzedColumn reads a column at once and, if that goes, in other ways too.
func readFuzzedColumn(t *testing.T, s *StripeReader, path []string, r *script) {
	c, err := s.Column(path)
	if err != nil {
		expectTame(t, "column", err)
		return
	}
	n := s.Rows()
	whole, err := c.Read(0, n)
	if err != nil {
		expectTame(t, "whole", err)
		if c.Searchable() {
			rows := make([]int32, n)
			for i := range rows {
				rows[i] = int32(i)
			}
			_, _, err := c.Search(rows, []*vector.Needle{vector.NewNeedle("ab")}, false, false)
			expectTame(t, "searched", err)
		}
		return
	}
	var parts []vector.Vector
	for at := 0; at < n; {
		step := min(1+r.below(200), n-at)
		v, err := c.Read(at, step)
		if err != nil {
			t.Fatalf("%v, rows %d to %d: %v", path, at, at+step, err)
		}
		parts = append(parts, v)
		at += step
	}
	if len(parts) > 0 {
		expectSame(t, "in pieces", vector.Concat(whole.Type(), parts...), whole)
	}
	selection := r.selection(n)
	v, err := c.Gather(selection)
	if err != nil {
		t.Fatalf("%v gathered: %v", path, err)
	}
	expectSame(t, "gathered", v, vector.Gather(whole, selection))
	if c.Searchable() {
		r.searches(t, "searched", c, whole)
	}
}
