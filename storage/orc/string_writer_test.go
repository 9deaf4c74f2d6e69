package orc

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/ctlake/ctlake/storage/orc/internal/protobuf"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// textFile writes a column of text in batches of so many rows, in row groups of 400.
func textFile(t *testing.T, values []string, batchRows int, o WriterOptions) []byte {
	t.Helper()
	schema := types.RowOf(types.Field{Name: "text", Type: types.TVarchar})
	o.Compression, o.RowIndexStride, o.BloomFilterColumns = Zstd, 400, []string{"text"}
	var buf bytes.Buffer
	w, err := NewWriter(&buf, schema, o)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(values); at += batchRows {
		part := values[at:min(at+batchRows, len(values))]
		if err := w.Write(&vector.Batch{N: len(part), Columns: []vector.Vector{vector.NewFlat(types.TVarchar, part, nil)}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// Which columns become dictionaries, and that neither that nor any byte depends on batches.
func TestDictionaryOrDirect(t *testing.T) {
	texts := func(n int, f func(i int) string) (out []string) {
		for i := range n {
			out = append(out, f(i))
		}
		return out
	}
	prefixed := func(i int) string { return fmt.Sprintf("arn:aws:iam::%d", i) }
	for _, c := range []struct {
		name      string
		values    []string
		threshold float64
		encoding  uint64
	}{
		{"all distinct", texts(3000, prefixed), 0, protobuf.DirectV2},
		{"all distinct, in one row group", texts(390, prefixed), 0, protobuf.DirectV2},
		{"distinct but a dictionary is wanted", texts(3000, func(i int) string { return prefixed(i % 2900) }), 1, protobuf.DirectV2},
		{"distinct in the trial alone", append(texts(1024, prefixed), texts(9000, func(int) string { return "x" })...), 0, protobuf.DirectV2},
		{"repeated in the trial", texts(3000, func(i int) string { return prefixed(i * i % 300) }), 0, protobuf.DictionaryV2},
		{"in runs", texts(3000, func(i int) string { return prefixed(i / 100) }), 0, protobuf.DictionaryV2},
		{"prefixes of each other", texts(3000, func(i int) string { return "aaaaaaaaaaaaaaaaaaaa"[:i%20] }), 0, protobuf.DictionaryV2},
		{"zeros at the end", texts(3000, func(i int) string { return "ab\x00\x00\x00\x00\x00\x00\x00\x00\x00"[:2+i%9] }), 0, protobuf.DictionaryV2},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := WriterOptions{DictionaryThreshold: c.threshold}
			data := textFile(t, c.values, len(c.values), o)
			for _, rows := range []int{1, 7, 1000} {
				if !bytes.Equal(data, textFile(t, c.values, rows, o)) {
					t.Errorf("batches of %d rows make another file", rows)
				}
			}
			f := open(t, data)
			s, err := f.Stripe(0)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.footer.Encodings[1].Kind; got != c.encoding {
				t.Errorf("encoding %d, want %d", got, c.encoding)
			}
			column, err := s.Column([]string{"text"})
			if err != nil {
				t.Fatal(err)
			}
			// Row groups from the last one on, so that each is sought.
			for at := (len(c.values) - 1) / 400 * 400; at >= 0; at -= 400 {
				want := c.values[at:min(at+400, len(c.values))]
				v, err := column.Read(at, len(want))
				if err != nil {
					t.Fatal(err)
				}
				view := vector.ViewOf[string](v)
				for i, x := range want {
					if view.Get(i) != x {
						t.Fatalf("row %d is %q, want %q", at+i, view.Get(i), x)
					}
				}
				for _, x := range []string{want[0], want[len(want)-1]} {
					if may, err := s.MayContain([]string{"text"}, at/400, x); err != nil || !may {
						t.Errorf("bloom filter of the row group at %d excludes %q: %v", at, x, err)
					}
				}
			}
			if d, ok := mustRead(t, column, 0, min(400, len(c.values))).(*vector.Dictionary); ok {
				if !slices.IsSorted(d.Values.(*vector.Flat[string]).Values) {
					t.Error("the dictionary is not sorted")
				}
			}
		})
	}
}

func mustRead(t *testing.T, c *ColumnReader, from, n int) vector.Vector {
	t.Helper()
	v, err := c.Read(from, n)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
