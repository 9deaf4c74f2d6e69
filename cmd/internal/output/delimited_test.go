package output

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/engine"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// hostile are texts with whatever the forms quote, at the edges of words of eight bytes.
var hostile = []string{"", "a", "plain text", ",", `"`, "\n", "\r", "\t", `\`, `"a","b"`, "1234567,", "12345678,", "1234567\n", "12345678\"90123456", "日本,語", "=1+1",
	"-", "@x", "\x00\x01", "ends\r\n", "aws:iam::123456789012:user/alice", "x\xffy", "'"}

// TestCellsOfAllEncodings holds that a cell does not depend on how its column lies in memory.
func TestCellsOfAllEncodings(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const most = 4096
	long := strings.Repeat("x\"y,", most/8) // two of them are more than is kept
	texts := append([]string{long}, hostile...)
	var batches []*vector.Batch
	var flat []*vector.Batch
	entries := vector.NewFlat(types.TVarchar, texts, nil)
	for _, n := range []int{1, 3, 40, 2, 40} {
		ids, nulls, numbers := make([]int32, n), vector.NewBitmap(n), make([]int64, n)
		for i := range ids {
			ids[i], numbers[i] = int32(r.IntN(len(texts))), r.Int64N(100)-50
			if r.IntN(5) == 0 {
				nulls.Set(i)
			}
		}
		one := []int32{int32(r.IntN(len(texts)))}
		b := &vector.Batch{N: n, Columns: []vector.Vector{vector.NewDictionary(ids, entries, nulls), vector.NewFlat(types.TBigint, numbers, nulls),
			vector.NewConstant(vector.NewDictionary(one, entries, nil), n), vector.NewNull(types.TVarchar, n),
			vector.NewDictionary(ids, vector.NewFlat(types.TVarchar, append([]string{"another"}, texts[1:]...), nil), nil)}}
		batches = append(batches, b)
		plain := &vector.Batch{N: n}
		for _, v := range b.Columns {
			plain.Columns = append(plain.Columns, vector.Plain(v))
		}
		flat = append(flat, plain)
	}
	write := func(format string, o Options, batches []*vector.Batch) string {
		var b strings.Builder
		w, err := New(format, &b, o)
		if err != nil {
			t.Fatal(err)
		}
		w.(*delimited).most = most
		if err := w.Begin(make([]engine.Column, 5)); err != nil {
			t.Fatal(err)
		}
		for _, batch := range batches {
			if err := w.Write(batch); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.End(engine.Stats{}); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for _, format := range []string{"csv", "CSV", "CSV_HEADER", "CSV_UNQUOTED", "tsv"} {
		for _, o := range []Options{{}, {Safe: true}, {NoHeader: true, Null: new(string)}} {
			if got, want := write(format, o, batches), write(format, o, flat); got != want {
				t.Errorf("%s, %+v: %d bytes, of plain columns %d", format, o, len(got), len(want))
			}
		}
	}
}

// TestCellsAreReadBack gives hostile texts to a reader of another make.
func TestCellsAreReadBack(t *testing.T) {
	var b bytes.Buffer
	w, err := New("csv", &b, Options{NoHeader: true})
	if err != nil {
		t.Fatal(err)
	}
	columns := []engine.Column{{Name: "a", Type: types.TVarchar}, {Name: "b", Type: types.TVarchar}}
	texts := vector.NewFlat(types.TVarchar, hostile, nil)
	batch := &vector.Batch{N: len(hostile), Columns: []vector.Vector{texts, vector.NewConstant(vector.NewFlat(types.TVarchar, []string{"end"}, nil), len(hostile))}}
	if err := w.Begin(columns); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(batch); err != nil {
		t.Fatal(err)
	}
	if err := w.End(engine.Stats{}); err != nil {
		t.Fatal(err)
	}
	got, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range hostile {
		want = strings.ReplaceAll(want, "\r\n", "\n") // which is how that reader has it
		if got[i][0] != want || got[i][1] != "end" {
			t.Errorf("%q is read as %q", want, got[i])
		}
	}
}

func TestTabsAreEscaped(t *testing.T) {
	for value, want := range map[string]string{"": "", "a\tb": `a\tb`, "\n\n": `\n\n`, `\`: `\\`, "x\r\\\ty": `x\r\\\ty`} {
		if got := string(tsvCell([]byte("before"+value), len("before"))); got != "before"+want {
			t.Errorf("%q: %q", value, got)
		}
	}
}

// BenchmarkCSV writes five columns as a scan returns them: times, three dictionaries, and identifiers.
func BenchmarkCSV(b *testing.B) {
	const rows = 1024
	entries := func(n int, prefix string) vector.Vector {
		values := make([]string, n)
		for i := range values {
			values[i] = fmt.Sprintf("%s%d", prefix, i)
		}
		return vector.NewFlat(types.TVarchar, values, nil)
	}
	names, sources, addresses := entries(200, "DescribeInstances"), entries(40, "service.amazonaws.com"), entries(20000, "198.51.100.")
	times, ids := make([]int64, rows), make([]string, rows)
	ofName, ofSource, ofAddress := make([]int32, rows), make([]int32, rows), make([]int32, rows)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range rows {
		times[i] = 1_772_409_600_000_000 + int64(i)*217_000
		ids[i] = fmt.Sprintf("%08x-03f9-4243-a36e-%012x", r.Uint32(), r.Uint32())
		ofName[i], ofSource[i], ofAddress[i] = r.Int32N(200), r.Int32N(40), r.Int32N(20000)
	}
	batch := &vector.Batch{N: rows, Columns: []vector.Vector{vector.NewFlat(types.TimestampOf(3), times, nil), vector.NewDictionary(ofName, names, nil),
		vector.NewDictionary(ofSource, sources, nil), vector.NewDictionary(ofAddress, addresses, nil), vector.NewFlat(types.TVarchar, ids, nil)}}
	w, err := New("csv", io.Discard, Options{})
	if err != nil {
		b.Fatal(err)
	}
	if err := w.Begin(make([]engine.Column, len(batch.Columns))); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := w.Write(batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}
