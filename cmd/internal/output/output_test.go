package output

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/engine"
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// sample is two batches: numbers, hostile and missing texts, nested values.
func sample() ([]engine.Column, []*vector.Batch) {
	m := vector.NewBuilder(types.TMapOfVarchar, 2).(*vector.MapBuilder)
	m.Keys.(*vector.FlatBuilder[string]).AppendValue("k")
	m.Values.(*vector.FlatBuilder[string]).AppendValue(`v"1`)
	m.Close()
	m.AppendNull()
	maps := m.Build()
	nulls := vector.NewBitmap(2)
	nulls.Set(1)
	columns := []engine.Column{{Name: "n", Type: types.TBigint}, {Name: "eventName", Type: types.TVarchar}, {Name: "m", Type: types.TMapOfVarchar}}
	first := &vector.Batch{N: 2, Columns: []vector.Vector{
		vector.NewFlat(types.TBigint, []int64{1, 1000}, nil), vector.NewFlat(types.TVarchar, []string{"a,\"b\"\n|\x1b[31m", ""}, nulls), maps}}
	second := &vector.Batch{N: 1, Columns: []vector.Vector{
		vector.NewFlat(types.TBigint, []int64{-7}, nil), vector.NewFlat(types.TVarchar, []string{""}, nil), vector.NewNull(types.TMapOfVarchar, 1)}}
	return columns, []*vector.Batch{first, second}
}

func written(t *testing.T, format string, o Options) string {
	t.Helper()
	var b strings.Builder
	w, err := New(format, &b, o)
	if err != nil {
		t.Fatal(err)
	}
	columns, batches := sample()
	if err := w.Begin(columns); err != nil {
		t.Fatal(err)
	}
	for _, batch := range batches {
		if err := w.Write(batch); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.End(engine.Stats{EventsScanned: 3}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFormats(t *testing.T) {
	f := func(format, want string) {
		t.Helper()
		if got := written(t, format, Options{}); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", format, got, want)
		}
	}
	f("csv", "n,eventName,m\n1,\"a,\"\"b\"\"\n|\x1b[31m\",\"{k=v\"\"1}\"\n1000,,\n-7,\"\",\n")
	f("CSV", "\"1\",\"a,\"\"b\"\"\n|\x1b[31m\",\"{k=v\"\"1}\"\n\"1000\",\"\",\"\"\n\"-7\",\"\",\"\"\n")
	f("CSV_HEADER_UNQUOTED", "n,eventName,m\n1,a,\"b\"\n|\x1b[31m,{k=v\"1}\n1000,,\n-7,,\n")
	f("tsv", "n\teventName\tm\n1\ta,\"b\"\\n|\x1b[31m\t{k=v\"1}\n1000\t\t\n-7\t\t\n")
	f("table", ` n    | eventName | m
------+-----------+---------
    1 | a,"b"     | {k=v"1}
      | |\x1b[31m | 
 1000 | NULL      | NULL
   -7 |           | NULL
(3 rows)
`)
	f("markdown", `| n    | eventName           | m       |
| ---: | ------------------- | ------- |
|    1 | a,"b"<br>\|\x1b[31m | {k=v"1} |
| 1000 | NULL                | NULL    |
|   -7 |                     | NULL    |
`)
	f("vertical", `-[ RECORD 1 ]+------------------------
n         | 1
eventName | a,"b"
          | |\x1b[31m
m         | {k=v"1}
-[ RECORD 2 ]+------------------------
n         | 1000
eventName | NULL
m         | NULL
-[ RECORD 3 ]+------------------------
n         | -7
eventName | 
m         | NULL
`)
	f("json", `{"columns":[{"name":"n","type":"bigint"},{"name":"eventName","type":"varchar"},{"name":"m","type":"map(varchar, varchar)"}],`+
		`"rows":[[1,"a,\"b\"\n|\u001b[31m",{"k":"v\"1"}],[1000,null,null],[-7,"",null]],`+
		`"stats":{"elapsedMicros":0,"bytesScanned":0,"eventsScanned":3,"eventsMatched":0,"peakMemoryBytes":0,"files":{"total":0,"pruned":0},"rowGroups":{"total":0,"pruned":0}}}`+"\n")
	f("jsonl", `{"n":1,"eventName":"a,\"b\"\n|\u001b[31m","m":{"k":"v\"1"}}`+"\n"+`{"n":1000,"eventName":null,"m":null}`+"\n"+`{"n":-7,"eventName":"","m":null}`+"\n")
	f("lake", "[\n"+`[{"n":"1"},{"eventName":"a,\"b\"\n|\u001b[31m"},{"m":"{k=v\"1}"}],`+"\n"+
		`[{"n":"1000"},{"eventName":""},{"m":""}],`+"\n"+`[{"n":"-7"},{"eventName":""},{"m":""}]]`+"\n")
	f("null", "")
}

func TestOptions(t *testing.T) {
	null := `\N`
	if got := written(t, "csv", Options{NoHeader: true, Null: &null, Safe: true}); got != "1,\"a,\"\"b\"\"\n|\x1b[31m\",\"{k=v\"\"1}\"\n1000,\\N,\\N\n'-7,\"\",\\N\n" {
		t.Error(got)
	}
}

func TestNamesInAnyCase(t *testing.T) {
	for _, name := range []string{"json", "JSON", "aligned", "ALIGNED", "Vertical", "csv", "CSV", "tsv_header", "null", "NULL"} {
		if _, err := New(name, nil, Options{}); err != nil {
			t.Error(err)
		}
	}
	if _, err := New("xml", nil, Options{}); err == nil || err.Error() != `unknown output format "xml"; there are csv, json, jsonl, lake, markdown, null, orc, table, tsv, vertical` {
		t.Error(err)
	}
}

func TestAStatementThatFailsIsOneLineOfJSON(t *testing.T) {
	failed := &sql.Error{Code: sql.DIVISION_BY_ZERO, Pos: sql.Pos{Line: 1, Column: 8}, Msg: "Division by zero"}
	for _, begun := range []bool{false, true} {
		var b strings.Builder
		w, _ := New("json", &b, Options{})
		columns, batches := sample()
		if begun {
			_ = w.Begin(columns)
			_ = w.Write(batches[0])
		}
		if err := w.Fail(failed); err != nil {
			t.Fatal(err)
		}
		if got, want := b.String(), `{"error":{"code":"DIVISION_BY_ZERO","message":"Division by zero","line":1,"column":8}}`+"\n"; got != want {
			t.Errorf("got %swant %s", got, want)
		}
	}
	if got := string(AppendError(nil, errors.New("x"))); got != `{"code":"GENERIC_INTERNAL_ERROR","message":"x"}` {
		t.Error(got)
	}
}

// Every character that a terminal obeys, or that hides or reorders what stands beside it, is shown escaped.
func TestEscape(t *testing.T) {
	for r := rune(0); r <= 0x10ffff; r++ {
		got := string(Escape(nil, []byte(string(r))))
		dangerous := r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 ||
			r >= 0x200b && r <= 0x200f || r == 0x2028 || r == 0x2029 || r == 0xfeff
		if dangerous && !strings.HasPrefix(got, `\`) {
			t.Errorf("U+%04X is shown as %q", r, got)
		}
	}
	if got := string(Escape(nil, []byte("Grüße 世界 😀 \xff"))); got != `Grüße 世界 😀 \xff` {
		t.Error(got)
	}
}

func TestEscapeJSON(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":"plain ä 日本"}`:   `{"a":"plain ä 日本"}`,
		"{\"a\":\"x\u202ey\"}": `{"a":"x\u202ey"}`,
		"[\"\u007f\u009b\"]":   `["\u007f\u009b"]`,
		"[\"\U000e0041z\"]":    `["\udb40\udc41z"]`,
	} {
		got := EscapeJSON([]byte(in))
		if string(got) != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
		var was, is any
		if err := errors.Join(json.Unmarshal([]byte(in), &was), json.Unmarshal(got, &is)); err != nil || !reflect.DeepEqual(was, is) {
			t.Errorf("%q means something else: %v", got, err)
		}
	}
}
