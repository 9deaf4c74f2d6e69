package orc

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/storage/orc/internal/protobuf"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

var update = flag.Bool("update", false, "rewrite goldens")

// annotate prints a file region by region: offset, bytes, and what they are.
func annotate(t *testing.T, b []byte) string {
	t.Helper()
	var out strings.Builder
	at := 0
	region := func(n int, what string) {
		fmt.Fprintf(&out, "%s\n", what)
		for rest := b[at : at+n]; len(rest) > 0; {
			line := rest[:min(24, len(rest))]
			fmt.Fprintf(&out, "  %04x  %s\n", at, hex.EncodeToString(line))
			at, rest = at+len(line), rest[len(line):]
		}
	}
	f := open(t, b)
	region(3, "header")
	columns := f.schema.all(nil)
	for i, info := range f.footer.Stripes {
		s, err := f.Stripe(i)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "\nstripe %d: %d rows\n", i, info.Rows)
		for _, x := range s.footer.Streams {
			c := columns[x.Column]
			what := fmt.Sprintf("%s of column %d %s", protobuf.StreamName(x.Kind), x.Column, c.path())
			if x.Kind == protobuf.RowIndexStream {
				entries, err := s.index(c)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range entries {
					p, err := protobuf.ParseStatistics(e.Statistics)
					if err != nil {
						t.Fatal(err)
					}
					what += fmt.Sprintf("\n  # positions %v, %s", e.Positions, statisticsText(&p))
				}
			}
			region(int(x.Length), what)
		}
		what := "stripe footer"
		for id, e := range s.footer.Encodings {
			what += fmt.Sprintf("\n  # column %d: %s", id, []string{"DIRECT", "DICTIONARY", "DIRECT_V2", "DICTIONARY_V2"}[e.Kind])
			if e.DictionarySize > 0 {
				what += fmt.Sprintf(" of %d entries", e.DictionarySize)
			}
		}
		region(int(info.FooterLength), what)
	}
	out.WriteString("\n")
	region(int(f.post.MetadataLength), "stripe statistics")
	what := "footer"
	for id, c := range columns {
		p, err := protobuf.ParseStatistics(f.footer.Statistics[id])
		if err != nil {
			t.Fatal(err)
		}
		what += fmt.Sprintf("\n  # column %d: %s, %s", id, c.typ, statisticsText(&p))
	}
	region(int(f.post.FooterLength), what)
	region(len(b)-at-1, fmt.Sprintf("postscript\n  # version %v, writer version %d, codec %s, chunks of %d",
		f.post.Version, f.post.WriterVersion, f.Compression(), f.post.ChunkSize))
	region(1, "length of the postscript")
	return out.String()
}

func statisticsText(s *protobuf.Statistics) string {
	text := fmt.Sprintf("%d values, hasNull %v", s.Values, s.HasNull)
	if x := s.Int; x != nil && x.Min != nil {
		text += fmt.Sprintf(", %d to %d, sum %d", *x.Min, *x.Max, *x.Sum)
	}
	if x := s.String; x != nil && x.Min != nil {
		text += fmt.Sprintf(", %q to %q, %d bytes", *x.Min, *x.Max, *x.Sum)
	}
	if x := s.Timestamp; x != nil && x.MinUTC != nil {
		text += fmt.Sprintf(", %d to %d ms, nanos %d to %d", *x.MinUTC, *x.MaxUTC, x.MinNanos, x.MaxNanos)
	}
	if x := s.Collection; x != nil {
		text += fmt.Sprintf(", %d to %d children, %d in all", x.Min, x.Max, x.Total)
	}
	return text
}

// TestGolden compares the bytes of small files with those of before.
func TestGolden(t *testing.T) {
	row := types.RowOf(types.Field{Name: "name", Type: types.TVarchar}, types.Field{Name: "at", Type: types.TTimestamp})
	schema := types.RowOf(
		types.Field{Name: "id", Type: types.TBigint},
		types.Field{Name: "event", Type: row},
		types.Field{Name: "tags", Type: types.TMapOfVarchar},
	)
	ids, events, tags := vector.NewFlatBuilder[int64](types.TBigint, 0), vector.NewBuilder(row, 0).(*vector.RowBuilder),
		vector.NewBuilder(types.TMapOfVarchar, 0).(*vector.MapBuilder)
	for i := range 6 {
		ids.AppendValue(int64(100 + 10*i))
		if i == 2 {
			events.AppendNull()
		} else {
			events.Fields[0].(*vector.FlatBuilder[string]).AppendValue([]string{"GetObject", "PutObject"}[i%2])
			events.Fields[1].(*vector.FlatBuilder[int64]).AppendValue(1_767_225_600_000_000 + int64(i)*1_500_000)
			events.Close()
		}
		for k := range i % 3 {
			tags.Keys.(*vector.FlatBuilder[string]).AppendValue(fmt.Sprintf("k%d", k))
			if k == 0 {
				tags.Values.AppendNull()
			} else {
				tags.Values.(*vector.FlatBuilder[string]).AppendValue("v")
			}
		}
		tags.Close()
	}
	batch := &vector.Batch{N: 6, Columns: []vector.Vector{ids.Build(), events.Build(), tags.Build()}}
	for name, o := range map[string]WriterOptions{
		"plain":  {RowIndexStride: 4},
		"zstd":   {RowIndexStride: 4, Compression: Zstd, BloomFilterColumns: []string{"event.name"}},
		"direct": {RowIndexStride: -1, DictionaryThreshold: -1, Metadata: []MetadataItem{{"order", []byte("at")}}, StripeRows: 5},
	} {
		b, _ := writeFile(t, schema, o, batch)
		got := annotate(t, b)
		file := filepath.Join("testdata", name+".txt")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal([]byte(got), want) {
			t.Errorf("%s differs (rewrite with -update, then look at the difference):\n%s", file, got)
		}
	}
}
