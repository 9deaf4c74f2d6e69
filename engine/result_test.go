package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/engine/exec"
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/domain"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// numbers is a table of the column n = 0, 1, 2, …, in splits of ten rows.
type numbers struct {
	rows  int
	pause time.Duration // a Read
	fault int           // Read panics at this row; 0: never
}

func (t *numbers) Name() string { return "numbers" }
func (t *numbers) TableColumns() []plan.TableColumn {
	return []plan.TableColumn{{Name: "n", Type: types.TBigint}, {Name: "text", Type: types.TVarchar}, {Name: "$row", Type: types.TBigint, Hidden: true}}
}
func (t *numbers) Bound() (exec.Bound, bool) { return exec.Bound{}, false }
func (t *numbers) Units() []exec.Unit        { return []exec.Unit{t} }
func (t *numbers) Rows() int64               { return int64(t.rows) }
func (t *numbers) Statistics(exec.Column) (domain.Statistics, bool) {
	return domain.Statistics{}, false
}
func (t *numbers) Splits(context.Context) ([]exec.Split, error) {
	var out []exec.Split
	for from := 0; from < t.rows; from += 10 {
		out = append(out, &tenNumbers{numbers: t, from: from, n: min(10, t.rows-from)})
	}
	return out, nil
}

type tenNumbers struct {
	*numbers
	from, n int
	columns []exec.Column
	read    int64
}

func (s *tenNumbers) Rows() int64  { return int64(s.n) }
func (s *tenNumbers) Close() error { return nil }
func (s *tenNumbers) BytesRead() int64 {
	n := s.read
	s.read = 0
	return n
}
func (s *tenNumbers) Open(_ context.Context, columns []exec.Column) (exec.Reader, error) {
	s.columns = columns
	return s, nil
}
func (s *tenNumbers) RowGroups() []int64                             { return nil }
func (s *tenNumbers) MayMatch(int, int, domain.Domain) (bool, error) { return true, nil }
func (s *tenNumbers) Read(column, from, to int) (vector.Vector, error) {
	rows := make([]int32, to-from)
	for i := range rows {
		rows[i] = int32(from + i)
	}
	return s.Gather(column, rows)
}
func (s *tenNumbers) Gather(column int, rows []int32) (vector.Vector, error) {
	time.Sleep(s.pause)
	s.read += 8 * int64(len(rows))
	if s.columns[column].Path[0] == "text" {
		b := vector.NewTextBuilder(types.TVarchar)
		for _, r := range rows {
			b.AppendString(fmt.Sprintf("t%d", (s.from+int(r))%3))
		}
		return b.Build(), nil
	}
	values := make([]int64, len(rows))
	for i, r := range rows {
		values[i] = int64(s.from) + int64(r)
		if s.fault > 0 && int(values[i]) == s.fault {
			panic("a bug in row " + fmt.Sprint(s.fault))
		}
	}
	return vector.NewFlat(types.TBigint, values, nil), nil
}

func scanOf(t *numbers) plan.Node {
	n := plan.Column{ID: 1, Name: "n", Type: types.TBigint}
	s := &plan.Scan{Table: t, Outputs: []plan.ScanColumn{{Column: n, Path: []string{"n"}}}}
	return &plan.Output{Input: s, IDs: []plan.ColumnID{1}, Labels: []string{"N"}}
}

// start runs a plan as Run would run the statement that it is of.
func start(ctx context.Context, t *testing.T, root plan.Node, o Options) *Result {
	t.Helper()
	s, err := newStatement(Query{Text: "SELECT n FROM numbers", Options: o}, time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.run(root)
	if err != nil {
		t.Fatal(err)
	}
	r.ctx, r.cancel = withTimeout(ctx, o.Timeout)
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func drain(r *Result) (rows int, err error) {
	for {
		b, err := r.Next()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		rows += b.N
	}
}

func TestResult(t *testing.T) {
	r := start(context.Background(), t, scanOf(&numbers{rows: 25}), Options{Threads: 2})
	if c := r.Columns(); len(c) != 1 || c[0].Name != "N" || !c[0].Type.Equal(types.TBigint) {
		t.Errorf("columns %v", c)
	}
	if rows, err := drain(r); rows != 25 || err != nil {
		t.Errorf("%d rows, %v", rows, err)
	}
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("Next after the end: %v", err)
	}
	s := r.Stats()
	if s.EventsScanned != 25 || s.EventsMatched != 25 || s.BytesScanned != 200 || s.Files.Total != 1 || s.RowGroups.Total != 3 || s.ResultRows != 25 {
		t.Errorf("%+v", s)
	}
	s.ElapsedMicros, s.PeakMemoryBytes = 7, 0 // what waited to be taken depends on who was faster
	text, err := json.Marshal(s)
	want := `{"elapsedMicros":7,"bytesScanned":200,"eventsScanned":25,"eventsMatched":25,"peakMemoryBytes":0,` +
		`"files":{"total":1,"pruned":0},"rowGroups":{"total":3,"pruned":0}}`
	if err != nil || string(text) != want {
		t.Errorf("%s, %v", text, err)
	}
}

func TestTimeoutAndCancelArePrompt(t *testing.T) {
	slow := &numbers{rows: 1000, pause: 5 * time.Millisecond}
	for _, c := range []struct {
		name    string
		options Options
		stop    func(r *Result, cancel func())
		code    sql.Code
		text    string
	}{
		{"timeout", Options{Timeout: 20 * time.Millisecond}, func(*Result, func()) {}, sql.EXCEEDED_TIME_LIMIT, "Query exceeded the maximum run time of 20ms"},
		{"Cancel", Options{}, func(r *Result, _ func()) { r.Cancel() }, sql.USER_CANCELED, "Query was canceled"},
		{"context", Options{}, func(_ *Result, cancel func()) { cancel() }, sql.USER_CANCELED, "Query was canceled"},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		before := runtime.NumGoroutine()
		r := start(ctx, t, scanOf(slow), c.options)
		time.AfterFunc(20*time.Millisecond, func() { c.stop(r, cancel) })
		began := time.Now()
		_, err := drain(r)
		if sql.CodeOf(err) != c.code || err.Error() != c.text {
			t.Errorf("%s: %v", c.name, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > *late {
			t.Errorf("%s took %s", c.name, took)
		}
		if _, again := r.Next(); again != err {
			t.Errorf("%s: a second Next gave %v", c.name, again)
		}
		for range 50 {
			if runtime.NumGoroutine() <= before {
				break
			}
			time.Sleep(2 * time.Millisecond)
		}
		if n := runtime.NumGoroutine(); n > before {
			t.Errorf("%s: %d goroutines, %d before", c.name, n, before)
		}
		cancel()
	}
}

func TestPanicEndsItsStatementAlone(t *testing.T) {
	r := start(context.Background(), t, scanOf(&numbers{rows: 100, fault: 42}), Options{Threads: 2})
	rows, err := drain(r)
	var e *InternalError
	if !errors.As(err, &e) || sql.CodeOf(err) != sql.GENERIC_INTERNAL_ERROR || rows > 42 {
		t.Fatalf("%d rows, %v", rows, err)
	}
	if e.Statement != "SELECT n FROM numbers" || !strings.Contains(string(e.Stack), "result_test.go") || err.Error() != "internal error: a bug in row 42" {
		t.Errorf("%v: statement %q, stack %s", err, e.Statement, e.Stack)
	}
}

func TestLimits(t *testing.T) {
	sort := &plan.Sort{Input: scanOf(&numbers{rows: 100_000}), Keys: []plan.SortKey{{ID: 1, Descending: true}}}
	r := start(context.Background(), t, sort, Options{Memory: 1000})
	if rows, err := drain(r); rows != 100_000 || err != nil || r.Stats().SpilledBytes == 0 {
		t.Errorf("%d rows, %v, %+v", rows, err, r.Stats())
	}
	r, err := New(oneTable{&numbers{rows: 10}}, nil).Run(context.Background(), Query{Text: "SELECT array_agg(rpad('', 100000, 'a')) FROM numbers",
		Options: Options{Memory: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := drain(r); !errors.Is(err, ErrMemoryLimit) || sql.CodeOf(err) != sql.EXCEEDED_LOCAL_MEMORY_LIMIT {
		t.Error(err)
	}
	r = start(context.Background(), t, scanOf(&numbers{rows: 1000}), Options{MaxBytes: 100})
	if _, err := drain(r); sql.CodeOf(err) != sql.EXCEEDED_SCAN_LIMIT {
		t.Error(err)
	}
	for _, o := range []Options{{Threads: -1}, {Threads: MaxThreads + 1}, {BatchRows: -1}, {MaxBytes: -1}} {
		if _, err := newStatement(Query{Options: o}, time.Time{}); sql.CodeOf(err) != sql.INVALID_ARGUMENTS {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestLike(t *testing.T) {
	for _, c := range []struct {
		name, pattern string
		escape        rune
		want          bool
	}{
		{"eventname", "event%", 0, true}, {"eventname", "%NAME", 0, true}, {"eventname", "%e%t%a%", 0, true}, {"eventname", "event", 0, false},
		{"eventname", "_ventnam_", 0, true}, {"", "%", 0, true}, {"", "_", 0, false}, {"a%b", `a\%b`, '\\', true}, {"axb", `a\%b`, '\\', false},
		{"aaab", "%ab", 0, true}, {"aaab", "%ac", 0, false}, {"été", "_t_", 0, true},
	} {
		if got := like(c.name, c.pattern, c.escape); got != c.want {
			t.Errorf("%q LIKE %q is %v", c.name, c.pattern, got)
		}
	}
}

func TestParameters(t *testing.T) {
	for text, want := range map[string]string{
		"7": "7", "-7": "-7", "1.50": "1.50", "'it''s'": "'it''s'", "NULL": "NULL", "true": "true", "DATE '2024-05-01'": "DATE '2024-05-01'",
		"AssumeRole": "'AssumeRole'", "it's": "'it''s'", "": "''", "1; SELECT 2": "'1; SELECT 2'", "n FROM t": "'n FROM t'", "1 AS x": "'1 AS x'",
		"'a' --": "'a'",
	} {
		e, err := parameter(text)
		if err != nil || ast.String(e) != want {
			t.Errorf("%s: %s, %v, want %s", text, ast.String(e), err, want)
		}
	}
}

func TestCreateTable(t *testing.T) {
	want := "CREATE TABLE numbers (\n   n bigint,\n   text varchar\n)"
	if got := createTable(&numbers{}); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for name, want := range map[string]string{"a_1": "a_1", "1a": `"1a"`, "A": `"A"`, `a"b`: `"a""b"`, "": `""`} {
		if got := identifier(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
