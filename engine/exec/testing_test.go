package exec

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ctlake/ctlake/engine/expr"
	"github.com/ctlake/ctlake/engine/spill"
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/domain"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// A test says what rows a table has in one line each: col("n", bigint, 1, 2, nil).

type testColumn struct {
	name   string
	typ    types.Type
	values []any
}

func col(name string, t types.Type, values ...any) testColumn { return testColumn{name, t, values} }

// vec makes a flat vector of Go values; nil is NULL, []any an array, a map's entries are [2]any.
func vec(t types.Type, values ...any) vector.Vector {
	b := vector.NewBuilder(t, len(values))
	for _, v := range values {
		appendValue(b, v)
	}
	return b.Build()
}

func appendValue(b vector.Builder, v any) {
	if v == nil {
		b.AppendNull()
		return
	}
	switch b := b.(type) {
	case *vector.FlatBuilder[int64]:
		b.AppendValue(int64(v.(int)))
	case *vector.FlatBuilder[string]:
		b.AppendValue(v.(string))
	case *vector.FlatBuilder[bool]:
		b.AppendValue(v.(bool))
	case *vector.FlatBuilder[float64]:
		b.AppendValue(v.(float64))
	case *vector.ArrayBuilder:
		for _, e := range v.([]any) {
			appendValue(b.Elements, e)
		}
		b.Close()
	case *vector.MapBuilder:
		for _, e := range v.([]any) {
			appendValue(b.Keys, e.([2]any)[0])
			appendValue(b.Values, e.([2]any)[1])
		}
		b.Close()
	case *vector.RowBuilder:
		for i, e := range v.([]any) {
			appendValue(b.Fields[i], e)
		}
		b.Close()
	default:
		panic(fmt.Sprintf("no test values for %T", b))
	}
}

// encoded returns v as a dictionary with an entry that no row uses, if it can be one.
func encoded(v vector.Vector) vector.Vector {
	if v.Type().Physical() == types.Nested || v.Len() == 0 {
		return v
	}
	b := vector.NewBuilder(v.Type(), v.Len())
	ids := make([]int32, v.Len())
	var at []int // rows of v that became entries
	for i := range ids {
		if v.Nulls().Has(i) {
			continue
		}
		ids[i] = -1
		for e, r := range at {
			if !vector.Distinct(v, i, v, r) {
				ids[i] = int32(e)
			}
		}
		if ids[i] < 0 {
			ids[i] = int32(len(at))
			at = append(at, i)
			b.Append(v, i)
		}
	}
	if len(at) == 0 {
		return vector.NewNull(v.Type(), v.Len())
	}
	switch b := b.(type) {
	case *vector.FlatBuilder[string]:
		b.AppendValue("an entry of no row")
	case *vector.FlatBuilder[int64]:
		b.AppendValue(-1 << 62)
	}
	return vector.NewDictionary(ids, b.Build(), v.Nulls())
}

// memoryTable is a Source over vectors: units of splits of row groups.
type memoryTable struct {
	name                 string
	columns              []testColumn
	n                    int
	splitRows, groupRows int
	dictionaries         bool
	bound                *Bound
	fail                 func(column string, row int) error
	slow                 time.Duration
}

func tableOf(name string, columns ...testColumn) *memoryTable {
	return &memoryTable{name: name, columns: columns, n: len(columns[0].values), splitRows: 7, groupRows: 3}
}

func (t *memoryTable) Name() string { return t.name }
func (t *memoryTable) TableColumns() []plan.TableColumn {
	var out []plan.TableColumn
	for _, c := range t.columns {
		out = append(out, plan.TableColumn{Name: c.name, Type: c.typ})
	}
	return out
}
func (t *memoryTable) Bound() (Bound, bool) {
	if t.bound == nil {
		return Bound{}, false
	}
	return *t.bound, true
}

// Units makes units of two splits each.
func (t *memoryTable) Units() []Unit {
	var out []Unit
	for from := 0; from < t.n; from += 2 * t.splitRows {
		out = append(out, &memoryPart{t, from, min(from+2*t.splitRows, t.n)})
	}
	return out
}

type memoryPart struct {
	t        *memoryTable
	from, to int
}

func (p *memoryPart) Rows() int64 { return int64(p.to - p.from) }
func (p *memoryPart) Statistics(c Column) (domain.Statistics, bool) {
	return p.t.statistics(c, p.from, p.to)
}
func (p *memoryPart) Splits(context.Context) ([]Split, error) {
	var out []Split
	for from := p.from; from < p.to; from += p.t.splitRows {
		out = append(out, &memorySplit{memoryPart: memoryPart{p.t, from, min(from+p.t.splitRows, p.to)}})
	}
	return out, nil
}

type memorySplit struct {
	memoryPart
	bytes atomic.Int64
}

func (s *memorySplit) Open(_ context.Context, columns []Column) (Reader, error) {
	r := &memoryReader{split: s}
	for _, c := range columns {
		tc := s.t.column(c)
		v := vec(tc.typ, tc.values[s.from:s.to]...)
		for _, f := range c.Path[1:] {
			for i, field := range v.Type().Fields() {
				if field.Name == f {
					v = vector.FieldOf(v, i)
					break
				}
			}
		}
		if s.t.dictionaries {
			v = encoded(v)
		}
		r.columns, r.names = append(r.columns, v), append(r.names, c)
	}
	return r, nil
}
func (s *memorySplit) Close() error     { return nil }
func (s *memorySplit) BytesRead() int64 { return s.bytes.Swap(0) }

type memoryReader struct {
	split   *memorySplit
	columns []vector.Vector
	names   []Column
}

func (r *memoryReader) RowGroups() []int64 {
	var out []int64
	for n := int(r.split.Rows()); n > 0; n -= r.split.t.groupRows {
		out = append(out, int64(min(n, r.split.t.groupRows)))
	}
	return out
}
func (r *memoryReader) MayMatch(group, column int, d domain.Domain) (bool, error) {
	from := r.split.from + group*r.split.t.groupRows
	s, ok := r.split.t.statistics(r.names[column], from, min(from+r.split.t.groupRows, r.split.to))
	return !ok || d.MayMatch(s), nil
}
func (r *memoryReader) Read(c, from, to int) (vector.Vector, error) {
	time.Sleep(r.split.t.slow)
	if f := r.split.t.fail; f != nil {
		for i := from; i < to; i++ {
			if err := f(r.names[c].Path[0], r.split.from+i); err != nil {
				return nil, err
			}
		}
	}
	r.split.bytes.Add(int64(to - from))
	return r.asked(c, vector.Slice(r.columns[c], from, to)), nil
}

// Prepare implements ParallelReader.
func (r *memoryReader) Prepare(columns []int) ([]int64, error) {
	bytes := make([]int64, len(columns))
	for i, c := range columns {
		bytes[i] = int64(len(r.names[c].Path[0]))
	}
	return bytes, nil
}
func (r *memoryReader) Gather(c int, rows []int32) (vector.Vector, error) {
	r.split.bytes.Add(int64(len(rows)))
	return r.asked(c, vector.Gather(r.columns[c], rows)), nil
}

// asked returns rows of a column as UUIDs, if that is asked for and they are.
func (r *memoryReader) asked(c int, v vector.Vector) vector.Vector {
	if !r.names[c].Compact {
		return v
	}
	w, uuids := vector.ViewOf[string](v), make([]vector.UUID, v.Len())
	for i := range uuids {
		if !w.Nulls.Has(i) {
			var ok bool
			if uuids[i], ok = vector.UUIDOf(w.Get(i)); !ok {
				return v
			}
		}
	}
	return vector.NewUUIDs(v.Type(), uuids, v.Nulls())
}

func (t *memoryTable) column(c Column) testColumn {
	for _, tc := range t.columns {
		if tc.name == c.Path[0] {
			return tc
		}
	}
	panic("no column " + c.Path[0])
}

func (t *memoryTable) statistics(c Column, from, to int) (domain.Statistics, bool) {
	tc := t.column(c)
	if len(c.Path) > 1 || tc.typ.Physical() != types.Int64 {
		return domain.Statistics{}, false
	}
	s := domain.Statistics{Rows: int64(to - from), Type: tc.typ, AllNull: true}
	for _, v := range tc.values[from:to] {
		if v == nil {
			s.HasNull = true
			continue
		}
		n := int64(v.(int))
		if s.AllNull || n < s.Min.(int64) {
			s.Min = n
		}
		if s.AllNull || n > s.Max.(int64) {
			s.Max = n
		}
		s.AllNull = false
	}
	return s, true
}

// Plans by hand. IDs of columns are given by the test.

func scanOf(t *memoryTable, first plan.ColumnID) *plan.Scan {
	n := &plan.Scan{Table: t}
	for i, c := range t.columns {
		n.Outputs = append(n.Outputs, plan.ScanColumn{
			Column: plan.Column{ID: first + plan.ColumnID(i), Name: c.name, Type: c.typ}, Path: []string{c.name},
		})
	}
	return n
}

// ref returns the column of n with the given name.
func ref(n plan.Node, name string) *plan.ColumnRef {
	for _, c := range n.Columns() {
		if c.Name == name {
			return &plan.ColumnRef{Column: c}
		}
	}
	panic("no column " + name)
}

func id(n plan.Node, name string) plan.ColumnID { return ref(n, name).ID }

func ids(n plan.Node, names ...string) []plan.ColumnID {
	var out []plan.ColumnID
	for _, name := range names {
		out = append(out, id(n, name))
	}
	return out
}

func lit(t types.Type, v any) plan.Expr { return &plan.Literal{Value: vec(t, v)} }
func num(v int) plan.Expr               { return lit(types.TBigint, v) }

// Functions of tests.

func callOf(name string, args ...plan.Expr) plan.Expr {
	o, ok := testFunctions[name]
	if !ok {
		panic("no function " + name)
	}
	t, err := types.Parse(o.Result)
	if err != nil {
		panic(err)
	}
	var params []types.Type
	for _, a := range args {
		params = append(params, a.Type())
	}
	return &plan.Call{Fn: &function.Resolved{Name: name, Overload: o, Params: params, Result: t}, Args: args, At: sql.Pos{Line: 1, Column: 1}}
}

func int2(result string, neverFails bool, f func(a, b int64) (any, error)) *function.Overload {
	return &function.Overload{Result: result, NeverFails: neverFails, New: func(function.Binding) (function.Kernel, error) {
		return func(c *function.Call) (vector.Vector, error) {
			a, b := vector.ViewOf[int64](c.Args[0]), vector.ViewOf[int64](c.Args[1])
			out := make([]any, c.N)
			for i := range out {
				if c.Nulls.Has(i) {
					continue
				}
				v, err := f(a.Get(i), b.Get(i))
				if err != nil {
					return nil, err
				}
				out[i] = v
			}
			return vec(c.Result, out...), nil
		}, nil
	}}
}

var testFunctions = map[string]*function.Overload{
	"add":  int2("bigint", true, func(a, b int64) (any, error) { return int(a + b), nil }),
	"mod":  int2("bigint", true, func(a, b int64) (any, error) { return int(a % b), nil }),
	"less": int2("boolean", true, func(a, b int64) (any, error) { return a < b, nil }),
	"is":   int2("boolean", true, func(a, b int64) (any, error) { return a == b, nil }),
	"div": int2("bigint", false, func(a, b int64) (any, error) {
		if b == 0 {
			return nil, &types.Error{Code: types.CodeDivideByZero, Msg: "Division by zero"}
		}
		return int(a / b), nil
	}),
	"panic": int2("boolean", false, func(a, b int64) (any, error) {
		if a == b {
			panic("a bug")
		}
		return true, nil
	}),
}

// Aggregates of tests: count, sum of int64, and a list of everything as text.

type testState struct {
	kind  string
	typ   types.Type
	count []int64
	text  []string
}

func (s *testState) Grow(n int) {
	for len(s.count) < n {
		s.count, s.text = append(s.count, 0), append(s.text, "")
	}
}
func (s *testState) Add(c *function.Call, groups []int32) error {
	for i, g := range groups {
		if c.Nulls.Has(i) {
			continue
		}
		switch s.kind {
		case "count":
			s.count[g]++
		case "sum":
			s.count[g] += vector.ViewOf[int64](c.Args[0]).Get(i)
		case "list":
			s.text[g] += string(vector.AppendText(nil, c.Args[0], i)) + " "
		}
	}
	return nil
}
func (s *testState) Merge(other function.Accumulator, groups []int32) error {
	o := other.(*testState)
	for i, g := range groups {
		s.count[g] += o.count[i]
		s.text[g] += o.text[i]
	}
	return nil
}
func (s *testState) Part(groups []int32) function.Accumulator {
	p := &testState{kind: s.kind, typ: s.typ}
	for _, g := range groups {
		p.count, p.text = append(p.count, s.count[g]), append(p.text, s.text[g])
	}
	return p
}
func (s *testState) Result(from, to int) (vector.Vector, error) {
	b := vector.NewBuilder(s.typ, to-from)
	for i := from; i < to; i++ {
		if s.kind == "list" {
			appendValue(b, strings.TrimSpace(s.text[i]))
		} else {
			appendValue(b, int(s.count[i]))
		}
	}
	return b.Build(), nil
}
func (s *testState) Bytes() int64 { return int64(24 * len(s.count)) }

func aggregateOf(kind string) *function.ResolvedAggregate {
	t := types.TBigint
	if kind == "list" {
		t = types.TVarchar
	}
	return &function.ResolvedAggregate{Name: kind, Result: t, Overload: &function.AggregateOverload{
		New: func(function.Binding) (function.Accumulator, error) { return &testState{kind: kind, typ: t}, nil },
	}}
}

func agg(kind string, newID plan.ColumnID, args ...plan.Expr) plan.AggCall {
	fn := aggregateOf(kind)
	return plan.AggCall{Column: plan.Column{ID: newID, Name: kind, Type: fn.Result}, Fn: fn, Args: args}
}

// Running.

type config struct {
	batchRows, workers int
	noPruning          bool
	noDictionaries     bool
	dictionaries       bool // the table's columns are dictionaries
	spillBytes         int64
}

// matrix is what every plan is run under: the answers must be the same.
var matrix = []config{
	{batchRows: 1024, workers: 1},
	{batchRows: 1, workers: 1, dictionaries: true},
	{batchRows: 3, workers: 2, dictionaries: true},
	{batchRows: 3, workers: 3, noPruning: true},
	{batchRows: 1024, workers: 4, dictionaries: true, noDictionaries: true},
	{batchRows: 1024, workers: 2, dictionaries: true},
	{batchRows: 1024, workers: 1, spillBytes: 1},
	{batchRows: 1, workers: 2, spillBytes: 1, dictionaries: true},
	{batchRows: 3, workers: 2, spillBytes: 2000},
	{batchRows: 3, workers: 1, spillBytes: 1, noDictionaries: true},
}

func testEnv() *expr.Env {
	return &expr.Env{Ctx: &function.Context{Now: time.Unix(0, 0), Zone: time.UTC}}
}

func runtimeOf(c config) *Runtime {
	env := testEnv()
	env.NoDictionaries = c.noDictionaries
	rt := &Runtime{Env: env, BatchRows: c.batchRows, Workers: c.workers, NoPruning: c.noPruning,
		Memory: NewMemory(0), Counters: &Counters{}}
	if c.spillBytes > 0 {
		rt.Spill, rt.SpillBytes = &spill.Counted{Disk: spill.Dir("")}, c.spillBytes
	}
	return rt
}

func setDictionaries(n plan.Node, on bool) {
	if s, ok := n.(*plan.Scan); ok {
		s.Table.(*memoryTable).dictionaries = on
	}
	for _, in := range n.Inputs() {
		setDictionaries(in, on)
	}
}

// run returns the rows of a plan as text, one line each.
func run(n plan.Node, rt *Runtime) (string, error) {
	o, err := Build(n, rt)
	if err != nil {
		return "", err
	}
	defer o.Close()
	var text strings.Builder
	for {
		b, err := o.Next(context.Background())
		if err == io.EOF {
			if err := o.Close(); err != nil {
				return "", err
			}
			if held := rt.Memory.used.Load(); held != 0 {
				return "", fmt.Errorf("%d bytes are still charged after Close", held)
			}
			if d, ok := rt.Spill.(*spill.Counted); ok && d.Open() != 0 {
				return "", fmt.Errorf("%d spill files are open after Close", d.Open())
			}
			return text.String(), nil
		}
		if err != nil {
			return "", err
		}
		if len(b.Columns) != len(n.Columns()) {
			return "", fmt.Errorf("a batch has %d columns, the plan %d", len(b.Columns), len(n.Columns()))
		}
		for i := range b.N {
			for c, v := range b.Columns {
				if c > 0 {
					text.WriteByte(' ')
				}
				if v.Len() != b.N {
					return "", fmt.Errorf("column %d has %d rows of %d", c, v.Len(), b.N)
				}
				if v.Nulls().Has(i) {
					text.WriteString("NULL")
				} else {
					text.Write(vector.AppendText(nil, v, i))
				}
			}
			text.WriteByte('\n')
		}
	}
}

// check runs n under the whole matrix and compares its rows: "1 a|2 NULL".
func check(t *testing.T, n plan.Node, want string) {
	t.Helper()
	want = strings.ReplaceAll(want, "|", "\n")
	if want != "" {
		want += "\n"
	}
	for _, c := range matrix {
		setDictionaries(n, c.dictionaries)
		got, err := run(n, runtimeOf(c))
		if err != nil {
			t.Errorf("%+v: %v", c, err)
		} else if got != want {
			t.Errorf("%+v:\n%s\nwant\n%s", c, got, want)
		}
	}
}

// fails runs n under the whole matrix and expects an error.
func fails(t *testing.T, n plan.Node, want string) {
	t.Helper()
	for _, c := range matrix {
		setDictionaries(n, c.dictionaries)
		if _, err := run(n, runtimeOf(c)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", c, err, want)
		}
	}
}
