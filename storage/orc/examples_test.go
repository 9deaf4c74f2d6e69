package orc

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/storage/domain"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// dataDir returns a folder of the shared test data, or skips.
func dataDir(t testing.TB, name string) string {
	t.Helper()
	dir := exampleDir(name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no files of other ORC writers: %v", err)
	}
	return dir
}

func exampleDir(name string) string {
	return filepath.Join("..", "..", "..", "shared", "data", "orc", name)
}

// orcFiles returns the files of a folder of the shared test data.
func orcFiles(t testing.TB, folder string) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dataDir(t, folder), "*.orc"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no files: %v", err)
	}
	files := map[string][]byte{}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = b
	}
	return files
}

// readRows reads a whole file, some rows at a time, and calls f with each batch.
func readRows(b []byte, o OpenOptions, rows int, f func(v vector.Vector) error) error {
	file, err := Open(bytes.NewReader(b), int64(len(b)), o)
	if err != nil {
		return err
	}
	for i := range file.Stripes() {
		s, err := file.Stripe(i)
		if err != nil {
			return err
		}
		c, err := s.Column(nil)
		if err != nil {
			return err
		}
		for at := 0; at < s.Rows(); at += rows {
			v, err := c.Read(at, min(rows, s.Rows()-at))
			if err != nil {
				return err
			}
			if err := f(v); err != nil {
				return err
			}
		}
	}
	return nil
}

// TestExamples reads files of many writers and compares all rows with what is
// known of them.
func TestExamples(t *testing.T) {
	expected := dataDir(t, "expected")
	refused := map[string]string{
		"TestVectorOrcFile.testLzo.orc": "read ORC file TestVectorOrcFile.testLzo.orc: unsupported ORC: codec LZO",
		"zero.orc":                      "corrupt ORC file zero.orc: a file of 0 bytes",
	}
	rowsWithout := map[string]int{ // of files without expected rows
		"demo-11-zlib.orc": 1920800, "demo-12-zlib.orc": 1920800,
		"TestOrcFile.testSargSkipPickupGroupWithoutIndexCPlusPlus.orc": 10000,
		"TestOrcFile.testSargSkipPickupGroupWithoutIndexJava.orc":      10000,
		"TestOrcFile.testWithoutCompressionBlockSize.orc":              100,
		"TestVectorOrcFile.testZstd.0.12.orc":                          10000,
		"bad_bloom_filter_1.6.0.orc":                                   5,
		"bad_bloom_filter_1.6.11.orc":                                  5,
		"complextypes_iceberg.orc":                                     1,
		"decimal64_v2.orc":                                             10,
		"decimal64_v2_cplusplus.orc":                                   10,
		"orc_no_format.orc":                                            5,
		"version1999.orc":                                              0,
	}
	for name, b := range orcFiles(t, "examples") {
		t.Run(name, func(t *testing.T) {
			want, err := expectedRows(filepath.Join(expected, strings.TrimSuffix(name, ".orc")+".jsn.gz"))
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			err = readRows(b, OpenOptions{Name: name}, 1000, func(v vector.Vector) error {
				for i := range v.Len() {
					if want == nil {
						break
					}
					var row any
					if err := want.Decode(&row); err != nil {
						return fmt.Errorf("expected row %d: %w", n+i, err)
					}
					if err := compareJSON(v, i, row); err != nil {
						return fmt.Errorf("row %d: %w", n+i, err)
					}
				}
				n += v.Len()
				return nil
			})
			switch {
			case refused[name] != "":
				if err == nil || err.Error() != refused[name] {
					t.Errorf("got %v, want %s", err, refused[name])
				}
			case err != nil:
				t.Error(err)
			case want == nil:
				if count, ok := rowsWithout[name]; !ok || n != count {
					t.Errorf("%d rows, want %d", n, count)
				}
			case want.More():
				t.Errorf("%d rows, more are due", n)
			}
		})
	}
}

// TestSeek reads row groups of other writers' files from the last to the first
// and compares them with what reading on from the beginning gives.
func TestSeek(t *testing.T) {
	sought := 0
	for name, b := range orcFiles(t, "examples") {
		f, err := Open(bytes.NewReader(b), int64(len(b)), OpenOptions{Name: name})
		if err != nil {
			continue
		}
		for i := range min(len(f.Stripes()), 5) {
			s, err := f.Stripe(i)
			if err != nil {
				t.Fatal(err)
			}
			c, err := s.Column(nil)
			if err != nil {
				t.Fatal(err)
			}
			limit := min(s.Rows(), 50_000)
			whole, err := c.Read(0, limit)
			if err != nil {
				t.Fatal(err)
			}
			groups := s.RowGroups()
			for g := len(groups) - 1; g > 0; g-- {
				from := groups[g].Start + 7
				n := min(20, limit-from)
				if n <= 0 {
					continue
				}
				v, err := c.Read(from, n)
				if err != nil {
					t.Fatal(err)
				}
				expectEqual(t, fmt.Sprintf("%s, stripe %d, row group %d", name, i, g), v, vector.Slice(whole, from, from+n))
				sought++
			}
		}
	}
	if sought < 50 {
		t.Errorf("only %d row groups", sought)
	}
}

// expectedRows reads JSON rows, nil if there are none for a file.
func expectedRows(name string) (*json.Decoder, error) {
	b, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bufio.NewReader(z))
	d.UseNumber()
	return d, nil
}

// compareJSON compares row i of v with JSON as the ORC project's tools print it.
func compareJSON(v vector.Vector, i int, want any) error {
	v = vector.Plain(vector.Gather(v, []int32{int32(i)}))
	if v.Nulls().Has(0) || want == nil {
		if v.Nulls().Has(0) != (want == nil) {
			return fmt.Errorf("got %s, want %v", vector.AppendText(nil, v, 0), want)
		}
		return nil
	}
	if same, err := sameJSON(v, want); err != nil {
		return err
	} else if !same {
		return fmt.Errorf("got %s of type %s, want %v", vector.AppendText(nil, v, 0), v.Type(), want)
	}
	return nil
}

func sameJSON(v vector.Vector, want any) (bool, error) {
	t := v.Type()
	text := string(vector.AppendText(nil, v, 0))
	switch v := v.(type) {
	case *vector.Array:
		list := want.([]any)
		if v.Elements.Len() != len(list) {
			return false, nil
		}
		for i, x := range list {
			if err := compareJSON(v.Elements, i, x); err != nil {
				return false, err
			}
		}
		return true, nil
	case *vector.Map:
		list := want.([]any)
		if v.Keys.Len() != len(list) {
			return false, nil
		}
		for i, x := range list {
			entry := x.(map[string]any)
			if err := compareJSON(v.Keys, i, entry["key"]); err != nil {
				return false, err
			}
			if err := compareJSON(v.Values, i, entry["value"]); err != nil {
				return false, err
			}
		}
		return true, nil
	case *vector.Row:
		row := want.(map[string]any)
		if tag, ok := row["tag"]; ok && t.Fields()[0].Name == "tag" {
			n, _ := tag.(json.Number).Int64()
			return true, compareJSON(v.Fields[1+n], 0, row["value"])
		}
		if len(row) != len(t.Fields()) {
			return false, fmt.Errorf("%d fields, want %d", len(t.Fields()), len(row))
		}
		for i, f := range t.Fields() {
			if err := compareJSON(v.Fields[i], 0, row[f.Name]); err != nil {
				return false, fmt.Errorf("%s: %w", f.Name, err)
			}
		}
		return true, nil
	case *vector.Flat[bool]:
		return v.Values[0] == want, nil
	case *vector.Flat[float64]:
		x, err := strconv.ParseFloat(string(want.(json.Number)), 64)
		limit := 1e-12
		if t.Is(types.Real) {
			limit = 1e-6
		}
		return math.Abs(x-v.Values[0]) <= limit*math.Abs(x), err
	case *vector.Flat[string]:
		if list, ok := want.([]any); ok {
			var b []byte
			for _, x := range list {
				n, _ := x.(json.Number).Int64()
				b = append(b, byte(n))
			}
			return v.Values[0] == string(b), nil
		}
		return strings.TrimRight(v.Values[0], " ") == strings.TrimRight(want.(string), " "), nil
	}
	if n, ok := want.(json.Number); ok {
		trim := func(s string) string {
			if strings.Contains(s, ".") {
				s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
			}
			return s
		}
		if t.Is(types.Decimal) && t.Scale() == legacyDecimalScale { // the tool shows 6 digits of some
			return strings.HasPrefix(text, trim(string(n))), nil
		}
		return trim(text) == trim(string(n)), nil
	}
	if t.Is(types.Timestamp) {
		text = strings.TrimRight(text, "0")
		if strings.HasSuffix(text, ".") {
			text += "0"
		}
	}
	return text == want, nil
}

// TestCorrupt reads files that must be refused.
func TestCorrupt(t *testing.T) {
	want := map[string]string{
		"missing_blob_stream_in_string_dict.orc": "corrupt ORC file missing_blob_stream_in_string_dict.orc, stripe 0, " +
			"column string_col, stream DICTIONARY_DATA: the stream is missing or empty",
		"missing_length_stream_in_string_dict.orc": "corrupt ORC file missing_length_stream_in_string_dict.orc, stripe 0, " +
			"column date_string_col, stream LENGTH: the stream is missing or empty",
		"negative_dict_entry_lengths.orc": "corrupt ORC file negative_dict_entry_lengths.orc, stripe 0, " +
			"column date_string_col, stream LENGTH, near byte 655: lengths out of range",
		"stripe_footer_bad_column_encodings.orc": "corrupt ORC file stripe_footer_bad_column_encodings.orc, stripe 0, " +
			"near byte 336: stripe footer: message StripeFooter, field 1: unexpected EOF",
	}
	for name, b := range orcFiles(t, "corrupt") {
		err := readRows(b, OpenOptions{Name: name}, 1000, func(vector.Vector) error { return nil })
		var corrupt *CorruptError
		if !errors.Is(err, ErrCorrupt) || !errors.As(err, &corrupt) || err.Error() != want[name] {
			t.Errorf("%q: %q,", name, fmt.Sprint(err))
		}
	}
}

// TestExampleStatistics asks the statistics and bloom filters of other writers'
// files for the rows that they are about.
func TestExampleStatistics(t *testing.T) {
	const limit = 30_000 // rows of a stripe
	for name, b := range orcFiles(t, "examples") {
		f, err := Open(bytes.NewReader(b), int64(len(b)), OpenOptions{Name: name})
		if err != nil || !f.Schema().Is(types.Row) || strings.Contains(f.Columns()[0].Text, "uniontype") {
			continue
		}
		for i := range min(len(f.Stripes()), 3) {
			s, err := f.Stripe(i)
			if err != nil {
				t.Fatal(err)
			}
			if s.Rows() > limit {
				continue
			}
			c, err := s.Column(nil)
			if err != nil {
				t.Fatal(err)
			}
			rows, err := c.Read(0, s.Rows())
			if err != nil {
				t.Fatal(err)
			}
			rows = vector.Plain(rows)
			t.Run(name, func(t *testing.T) {
				checkStatistics(t, "stripe", rows, func(path []string) (domain.Statistics, error) { return f.StripeStatistics(i, path) })
				checkGroups(t, s, rows)
			})
		}
	}
}

// TestDecimal64 reads short decimals kept as integers, by Java and by C++.
func TestDecimal64(t *testing.T) {
	f := func(name, column string, want ...string) {
		t.Helper()
		s, err := open(t, orcFiles(t, "examples")[name]).Stripe(0)
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.Column([]string{column})
		if err != nil {
			t.Fatal(err)
		}
		v, err := c.Read(0, s.Rows())
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range want {
			if got := string(vector.AppendText(nil, v, i)); got != w {
				t.Errorf("%s, %s, row %d: got %s, want %s", name, column, i, got, w)
			}
		}
	}
	f("decimal64_v2.orc", "b", "24", "38", "28", "40", "2", "42", "10", "12", "41", "38")
	f("decimal64_v2.orc", "d", "0.03", "0.08", "0.09", "0.05", "0.07", "0.07", "0.01", "0.09", "0.07", "0.10")
	f("decimal64_v2_cplusplus.orc", "b", "164.16", "328.32", "656.64", "1313.28", "2626.56", "5253.12", "10506.24", "21012.48", "42024.96", "84049.92")
}

// TestOldStatisticsOfStrings: the first Java writers got the bounds of strings wrong, which nothing may be
// pruned by; those of numbers, and of strings since writer version 1, are used.
func TestOldStatisticsOfStrings(t *testing.T) {
	files := orcFiles(t, "examples")
	for _, c := range []struct {
		file, column string
		bounded      bool
	}{
		{"orc-file-11-format.orc", "string1", false},
		{"orc-file-11-format.orc", "int1", true},
		{"over1k_bloom.orc", "_col7", true},
	} {
		b := files[c.file]
		f, err := Open(bytes.NewReader(b), int64(len(b)), OpenOptions{Name: c.file})
		if err != nil {
			t.Fatal(err)
		}
		s, err := f.Statistics([]string{c.column})
		if err != nil {
			t.Fatal(err)
		}
		if bounded := s.Min != nil && s.Max != nil; bounded != c.bounded {
			t.Errorf("%s of %s: bounds %v and %v", c.column, c.file, s.Min, s.Max)
		}
	}
}
