package exec

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/domain"
	"github.com/ctlake/ctlake/storage/types"
)

var (
	bigint  = types.TBigint
	varchar = types.TVarchar
	boolean = types.TBoolean
	double  = types.TDouble
)

// people has 20 rows in 3 splits; names repeat, and some values are NULL.
func people() *memoryTable {
	names := []any{"ann", "bob", nil, "cid"}
	var n, name, third []any
	for i := range 20 {
		n = append(n, i)
		name = append(name, names[i%4])
		if i%3 == 2 {
			third = append(third, nil)
		} else {
			third = append(third, i%3)
		}
	}
	return tableOf("people", col("n", bigint, n...), col("name", varchar, name...), col("third", bigint, third...))
}

func emit(s *plan.Scan, names ...string) *plan.Scan {
	s.Emit = nil
	s.Emit = ids(s, names...)
	if s.Emit == nil {
		s.Emit = []plan.ColumnID{}
	}
	return s
}

func TestScan(t *testing.T) {
	s := scanOf(people(), 1)
	check(t, &plan.Limit{Input: s, Count: 3}, "0 ann 0|1 bob 1|2 NULL NULL")
	check(t, &plan.Limit{Input: s, Offset: 18, Count: 5}, "18 NULL 0|19 cid 1")
	check(t, &plan.Limit{Input: s, Count: 0}, "")

	s = scanOf(people(), 1)
	s.Filter = callOf("is", ref(s, "third"), num(1))
	check(t, emit(s, "n", "name"), "1 bob|4 ann|7 cid|10 NULL|13 bob|16 ann|19 cid")

	empty := tableOf("empty", col("n", bigint))
	check(t, scanOf(empty, 1), "")
}

func TestScanPrunes(t *testing.T) {
	s := scanOf(people(), 1)
	s.Filter = callOf("less", num(16), ref(s, "n"))
	s.Domains = map[plan.ColumnID]domain.Domain{id(s, "n"): domain.Greater(bigint, int64(16))}
	check(t, emit(s, "n"), "17|18|19")

	rt := runtimeOf(config{batchRows: 1024, workers: 1})
	if _, err := run(s, rt); err != nil {
		t.Fatal(err)
	}
	c := rt.Counters
	if c.Units.Load() != 2 || c.UnitsPruned.Load() != 1 || c.RowGroups.Load() != 2 || c.RowGroupsPruned.Load() != 1 ||
		c.RowsScanned.Load() != 3 || c.RowsMatched.Load() != 3 {
		t.Errorf("units %d, pruned %d; row groups %d, pruned %d; rows %d, matched %d", c.Units.Load(), c.UnitsPruned.Load(),
			c.RowGroups.Load(), c.RowGroupsPruned.Load(), c.RowsScanned.Load(), c.RowsMatched.Load())
	}
	if c.RowsTotal.Load() != 20 || c.RowsDone.Load() != 20 {
		t.Errorf("%d of %d rows are done", c.RowsDone.Load(), c.RowsTotal.Load())
	}
	s.Domains[id(s, "n")] = domain.None(bigint)
	s.Filter = lit(boolean, false)
	check(t, s, "")
}

// TestScanSaysHowFarItIs looks while a scan runs: what counts as done was read, not only begun.
func TestScanSaysHowFarItIs(t *testing.T) {
	rt := runtimeOf(config{batchRows: 3, workers: 1})
	table := people()
	n := scanOf(table, 1)
	scanner, err := newScanner(n, table, rt, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	splits := newSplits(n, table, rt)
	given := int64(0)
	for task, err := splits.next(t.Context()); err != io.EOF; task, err = splits.next(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		o := scanner.open(task)
		for b, err := o.Next(t.Context()); err != io.EOF; b, err = o.Next(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			given += int64(b.N)
			if done := rt.Counters.RowsDone.Load(); done != given-int64(b.N) {
				t.Errorf("%d rows are done when %d were given", done, given)
			}
		}
		if err := o.Close(); err != nil {
			t.Fatal(err)
		}
		if done := rt.Counters.RowsDone.Load(); done != given {
			t.Errorf("%d rows are done after a split, %d were given", done, given)
		}
	}
	if given != 20 || rt.Counters.RowsTotal.Load() != 20 {
		t.Errorf("%d rows of %d", given, rt.Counters.RowsTotal.Load())
	}
	if err := splits.close(); err != nil {
		t.Fatal(err)
	}
}

func TestScanOfNoColumnsReadsNothing(t *testing.T) {
	p := people()
	p.fail = func(string, int) error { return errors.New("read") }
	s := emit(scanOf(p, 1))
	check(t, &plan.Aggregate{Input: s, Aggs: []plan.AggCall{agg("count", 10)}}, "20")
	rt := runtimeOf(config{batchRows: 3, workers: 2})
	if _, err := run(s, rt); err != nil || rt.Counters.BytesScanned.Load() != 0 {
		t.Error(err, rt.Counters.BytesScanned.Load())
	}
}

func TestScanKeepsToTheBoundOfItsTable(t *testing.T) {
	p := people()
	p.bound = &Bound{Column{Path: []string{"n"}, Type: bigint}, domain.GreaterOrEqual(bigint, int64(12))}
	s := scanOf(p, 1)
	check(t, emit(s, "name"), "ann|bob|NULL|cid|ann|bob|NULL|cid")
	check(t, &plan.Aggregate{Input: emit(s), Aggs: []plan.AggCall{agg("count", 10)}}, "8")
	s.Filter = callOf("is", ref(scanOf(p, 1), "third"), num(0))
	check(t, emit(s, "n"), "12|15|18")
}

func TestScanReadsFieldsOfRows(t *testing.T) {
	row := types.RowOf(types.Field{Name: "arn", Type: varchar}, types.Field{Name: "n", Type: bigint})
	p := tableOf("t", col("identity", row, []any{"a", 1}, nil, []any{nil, 3}))
	s := &plan.Scan{Table: p, Outputs: []plan.ScanColumn{
		{Column: plan.Column{ID: 1, Name: "arn", Type: varchar}, Path: []string{"identity", "arn"}},
		{Column: plan.Column{ID: 2, Name: "n", Type: bigint}, Path: []string{"identity", "n"}},
	}}
	check(t, s, "a 1|NULL NULL|NULL 3")
}

func TestProjectAndFilter(t *testing.T) {
	s := scanOf(people(), 1)
	p := &plan.Project{Input: s, Outputs: []plan.Projection{
		{Column: plan.Column{ID: 10, Name: "m", Type: bigint}, Expr: callOf("add", ref(s, "n"), ref(s, "third"))},
		{Column: plan.Column{ID: 11, Name: "name", Type: varchar}, Expr: ref(s, "name")},
	}}
	f := &plan.Filter{Input: p, Predicate: callOf("less", num(15), ref(p, "m"))}
	check(t, f, "17 ann|18 NULL|20 cid")
	check(t, &plan.Output{Input: f, IDs: []plan.ColumnID{11, 11}, Labels: []string{"a", "b"}}, "ann ann|NULL NULL|cid cid")
}

func TestAggregate(t *testing.T) {
	s := scanOf(people(), 1)
	count, sum := agg("count", 10), agg("sum", 11, ref(s, "third"))
	check(t, &plan.Aggregate{Input: s, Aggs: []plan.AggCall{count, sum}}, "20 7")
	check(t, &plan.Aggregate{Input: s, Keys: ids(s, "name"), Aggs: []plan.AggCall{count, sum}}, "ann 5 2|bob 5 2|NULL 5 1|cid 5 2")
	check(t, &plan.Aggregate{Input: s, Keys: ids(s, "third")}, "0|1|NULL")
	check(t, &plan.Aggregate{Input: s, Keys: ids(s, "third", "name"), Aggs: []plan.AggCall{count}},
		"0 ann 2|1 bob 2|NULL NULL 2|0 cid 2|1 ann 2|NULL bob 2|0 NULL 2|1 cid 2|NULL ann 1|0 bob 1|1 NULL 1|NULL cid 1")

	none := scanOf(tableOf("empty", col("n", bigint)), 1)
	check(t, &plan.Aggregate{Input: none, Aggs: []plan.AggCall{count}}, "0")
	check(t, &plan.Aggregate{Input: none, Keys: ids(none, "n"), Aggs: []plan.AggCall{count}}, "")
}

func TestAggregateOrderDistinctFilter(t *testing.T) {
	s := scanOf(people(), 1)
	list := agg("list", 10, ref(s, "n"))
	check(t, &plan.Aggregate{Input: s, Keys: ids(s, "name"), Aggs: []plan.AggCall{list}},
		"ann 0 4 8 12 16|bob 1 5 9 13 17|NULL 2 6 10 14 18|cid 3 7 11 15 19")

	list.OrderBy = []plan.SortKey{{ID: id(s, "third"), Descending: true, NullsFirst: true}, {ID: id(s, "n"), Descending: true}}
	check(t, &plan.Aggregate{Input: s, Keys: ids(s, "name"), Aggs: []plan.AggCall{list}},
		"ann 8 16 4 12 0|bob 17 5 13 1 9|NULL 14 2 10 18 6|cid 11 19 7 15 3")

	distinct := agg("list", 10, ref(s, "third"))
	distinct.Distinct = true
	check(t, &plan.Aggregate{Input: s, Keys: ids(s, "name"), Aggs: []plan.AggCall{distinct, agg("count", 11)}},
		"ann 0 1 5|bob 1 0 5|NULL 0 1 5|cid 0 1 5")

	p := &plan.Project{Input: s, Outputs: []plan.Projection{
		{Column: plan.Column{ID: 20, Name: "n", Type: bigint}, Expr: ref(s, "n")},
		{Column: plan.Column{ID: 21, Name: "f", Type: boolean}, Expr: callOf("is", ref(s, "third"), num(1))},
	}}
	filtered := agg("list", 30, ref(p, "n"))
	filtered.Filter = ref(p, "f")
	check(t, &plan.Aggregate{Input: p, Aggs: []plan.AggCall{filtered, agg("count", 31)}}, "1 4 7 10 13 16 19 20")
}

func TestGroupByNested(t *testing.T) {
	p := tableOf("t", col("tags", types.TMapOfVarchar,
		[]any{[2]any{"a", "1"}, [2]any{"b", nil}}, nil, []any{}, []any{[2]any{"b", nil}, [2]any{"a", "1"}}, nil, []any{}, []any{[2]any{"a", "2"}}),
		col("x", double, 0.5, 0.5, 1.0, 0.5, nil, 1.0, 1.0))
	s := scanOf(p, 1)
	check(t, &plan.Aggregate{Input: s, Keys: ids(s, "tags"), Aggs: []plan.AggCall{agg("count", 9)}},
		"{a=1, b=null} 2|NULL 2|{} 2|{a=2} 1")
	check(t, &plan.Aggregate{Input: s, Keys: ids(s, "x", "tags"), Aggs: []plan.AggCall{agg("count", 9)}},
		"0.5 {a=1, b=null} 2|0.5 NULL 1|1.0 {} 2|NULL NULL 1|1.0 {a=2} 1")
}

func TestSortAndTopN(t *testing.T) {
	s := emit(scanOf(people(), 1), "n", "third")
	keys := []plan.SortKey{{ID: id(s, "third"), Descending: true}}
	check(t, &plan.Limit{Input: &plan.Sort{Input: s, Keys: keys}, Count: 4}, "1 1|4 1|7 1|10 1")
	check(t, &plan.TopN{Input: s, Keys: keys, Count: 4}, "1 1|4 1|7 1|10 1")
	check(t, &plan.TopN{Input: s, Keys: keys, Offset: 6, Count: 3}, "19 1|0 0|3 0")
	check(t, &plan.TopN{Input: s, Keys: keys, Count: 8, WithTies: true},
		"1 1|4 1|7 1|10 1|13 1|16 1|19 1|0 0|3 0|6 0|9 0|12 0|15 0|18 0")
	check(t, &plan.TopN{Input: s, Keys: keys, Offset: 100, Count: 3}, "")
	keys = []plan.SortKey{{ID: id(s, "third"), NullsFirst: true}, {ID: id(s, "n"), Descending: true}}
	check(t, &plan.TopN{Input: s, Keys: keys, Count: 8}, "17 NULL|14 NULL|11 NULL|8 NULL|5 NULL|2 NULL|18 0|15 0")
	check(t, &plan.TopN{Input: s, Keys: keys, Offset: 1, Count: 1<<63 - 1}, strings.TrimPrefix(
		"17 NULL|14 NULL|11 NULL|8 NULL|5 NULL|2 NULL|18 0|15 0|12 0|9 0|6 0|3 0|0 0|19 1|16 1|13 1|10 1|7 1|4 1|1 1", "17 NULL|"))
}

func TestTopNReadsOtherColumnsOfItsRowsOnly(t *testing.T) {
	s := emit(scanOf(people(), 1), "n", "name")
	s.Filter = callOf("less", num(1), ref(s, "n"))
	p := &plan.Project{Input: s, Outputs: []plan.Projection{
		{Column: plan.Column{ID: 20, Name: "who", Type: varchar}, Expr: ref(s, "name")},
		{Column: plan.Column{ID: 21, Name: "when", Type: bigint}, Expr: ref(s, "n")},
	}}
	top := &plan.TopN{Input: p, Keys: []plan.SortKey{{ID: 21, Descending: true}}, Count: 2}
	check(t, top, "cid 19|NULL 18")
	rt := runtimeOf(config{batchRows: 1024, workers: 1})
	if _, err := run(top, rt); err != nil {
		t.Fatal(err)
	}
	// n of 20 rows, and name of two rows of each of three splits.
	if c := rt.Counters; c.BytesScanned.Load() != 20+3*2 || c.RowsMatched.Load() != 18 {
		t.Errorf("%d values read, %d rows matched", c.BytesScanned.Load(), c.RowsMatched.Load())
	}
}

func TestTopNDropsRows(t *testing.T) {
	var n []any
	for i := range 20_000 {
		n = append(n, (i*7919)%20_000)
	}
	p := tableOf("t", col("n", bigint, n...))
	p.splitRows, p.groupRows = 6000, 1000
	s := scanOf(p, 1)
	rt := runtimeOf(config{batchRows: 1024, workers: 1})
	got, err := run(&plan.TopN{Input: s, Keys: []plan.SortKey{{ID: 1, Descending: true}}, Count: 3}, rt)
	if err != nil || got != "19999\n19998\n19997\n" {
		t.Error(got, err)
	}
	if rt.Memory.Peak() > 200_000 {
		t.Errorf("a top-N of 3 rows held %d bytes", rt.Memory.Peak())
	}
}

func TestValuesUnionSetOperations(t *testing.T) {
	values := func(first plan.ColumnID, ns ...any) *plan.Values {
		v := &plan.Values{Outputs: []plan.Column{{ID: first, Name: "n", Type: bigint}}}
		for _, n := range ns {
			v.Rows = append(v.Rows, []plan.Expr{lit(bigint, n)})
		}
		return v
	}
	a, b := values(1, 3, 1, nil, 3, 2, nil), values(2, 3, nil, 3, 3, 5)
	check(t, &plan.Values{Rows: [][]plan.Expr{{}, {}}}, "|")
	check(t, a, "3|1|NULL|3|2|NULL")
	check(t, values(1), "")
	out := []plan.Column{{ID: 9, Name: "n", Type: bigint}}
	check(t, &plan.Union{Branches: []plan.Node{a, b}, Outputs: out, Maps: [][]plan.ColumnID{{1}, {2}}}, "3|1|NULL|3|2|NULL|3|NULL|3|3|5")
	set := func(except, all bool) plan.Node {
		return &plan.SetOperation{Except: except, All: all, Left: a, Right: b, Outputs: out, LeftMap: []plan.ColumnID{1}, RightMap: []plan.ColumnID{2}}
	}
	check(t, set(false, false), "3|NULL")
	check(t, set(false, true), "3|NULL|3")
	check(t, set(true, false), "1|2")
	check(t, set(true, true), "1|2|NULL")
}

func TestEnforceSingleRow(t *testing.T) {
	s := emit(scanOf(people(), 1), "n")
	check(t, &plan.EnforceSingleRow{Input: &plan.Limit{Input: s, Count: 1}}, "0")
	check(t, &plan.EnforceSingleRow{Input: &plan.Limit{Input: s, Offset: 30, Count: 1}}, "NULL")
	fails(t, &plan.EnforceSingleRow{Input: s, At: sql.Pos{Line: 1, Column: 8}}, "line 1:8: Scalar sub-query has returned multiple rows")
}

func TestUnnest(t *testing.T) {
	p := tableOf("t", col("n", bigint, 1, 2, 3, 4),
		col("tags", types.TArrayOfString, []any{"a", "b", nil}, nil, []any{}, []any{"c"}),
		col("params", types.TMapOfVarchar, []any{[2]any{"k", "v"}}, []any{[2]any{"x", nil}, [2]any{"y", "z"}}, nil, nil))
	s := scanOf(p, 1)
	u := &plan.Unnest{Input: s, Collections: []plan.UnnestCollection{{ID: id(s, "tags"), Outputs: []plan.Column{{ID: 10, Name: "tag", Type: varchar}}}}}
	out := func(n plan.Node, names ...string) plan.Node {
		return &plan.Output{Input: n, IDs: ids(n, names...), Labels: names}
	}
	check(t, out(u, "n", "tag"), "1 a|1 b|1 NULL|4 c")
	u.Outer = true
	check(t, out(u, "n", "tag"), "1 a|1 b|1 NULL|2 NULL|3 NULL|4 c")
	u.Ordinality = &plan.Column{ID: 13, Name: "i", Type: bigint}
	check(t, out(u, "n", "tag", "i"), "1 a 1|1 b 2|1 NULL 3|2 NULL NULL|3 NULL NULL|4 c 1")
	u.Outer = false
	u.Collections = append(u.Collections, plan.UnnestCollection{ID: id(s, "params"),
		Outputs: []plan.Column{{ID: 11, Name: "k", Type: varchar}, {ID: 12, Name: "v", Type: varchar}}})
	check(t, out(u, "n", "tag", "k", "v", "i"), "1 a k v 1|1 b NULL NULL 2|1 NULL NULL NULL 3|2 NULL x NULL 1|2 NULL y z 2|4 c NULL NULL 1")

	row := types.RowOf(types.Field{Name: "arn", Type: varchar}, types.Field{Name: "n", Type: bigint})
	p = tableOf("t", col("resources", types.ArrayOf(row), []any{[]any{"a", 1}, nil}, []any{[]any{nil, 2}}))
	s = scanOf(p, 1)
	fields := &plan.Unnest{Input: s, Collections: []plan.UnnestCollection{{ID: 1,
		Outputs: []plan.Column{{ID: 10, Name: "arn", Type: varchar}, {ID: 11, Name: "n", Type: bigint}}}}}
	check(t, out(fields, "arn", "n"), "a 1|NULL NULL|NULL 2")
	check(t, out(fields, "arn"), "a|NULL|NULL")
	check(t, out(fields, "n"), "1|NULL|2")
}

func joinTables() (*plan.Scan, *plan.Scan) {
	l := scanOf(tableOf("l", col("k", bigint, 1, 2, nil, 2, 4), col("l", varchar, "a", "b", "c", "d", "e")), 1)
	r := scanOf(tableOf("r", col("k", bigint, 2, 1, 2, nil, 7), col("r", varchar, "p", "q", "r", "s", "t")), 11)
	return l, r
}

func TestJoin(t *testing.T) {
	l, r := joinTables()
	join := func(kind plan.JoinKind, residual plan.Expr) plan.Node {
		j := &plan.Join{Kind: kind, Left: l, Right: r, LeftKeys: ids(l, "k"), RightKeys: ids(r, "k"), Residual: residual}
		return &plan.Output{Input: j, IDs: []plan.ColumnID{2, 12}, Labels: []string{"l", "r"}}
	}
	check(t, join(plan.InnerJoin, nil), "a q|b p|b r|d p|d r")
	check(t, join(plan.LeftJoin, nil), "a q|b p|b r|c NULL|d p|d r|e NULL")
	check(t, join(plan.RightJoin, nil), "a q|b p|b r|d p|d r|NULL s|NULL t")
	check(t, join(plan.FullJoin, nil), "a q|b p|b r|c NULL|d p|d r|e NULL|NULL s|NULL t")

	not1 := callOf("less", num(1), ref(l, "k"))
	check(t, join(plan.InnerJoin, not1), "b p|b r|d p|d r")
	check(t, join(plan.LeftJoin, not1), "a NULL|b p|b r|c NULL|d p|d r|e NULL")
	check(t, join(plan.FullJoin, not1), "a NULL|b p|b r|c NULL|d p|d r|e NULL|NULL q|NULL s|NULL t")

	j := &plan.Join{Kind: plan.CrossJoin, Left: &plan.Limit{Input: l, Count: 2}, Right: &plan.Limit{Input: r, Count: 2}}
	check(t, &plan.Output{Input: j, IDs: []plan.ColumnID{2, 12}, Labels: []string{"l", "r"}}, "a p|a q|b p|b q")
	j = &plan.Join{Kind: plan.LeftJoin, Left: &plan.Limit{Input: l, Count: 2}, Right: r, Residual: callOf("less", ref(r, "k"), ref(l, "k"))}
	check(t, &plan.Output{Input: j, IDs: []plan.ColumnID{2, 12}, Labels: []string{"l", "r"}}, "a NULL|b q")

	nothing := scanOf(tableOf("none", col("k", bigint), col("r", varchar)), 11)
	none := &plan.Join{Kind: plan.LeftJoin, Left: l, Right: nothing, LeftKeys: ids(l, "k"), RightKeys: ids(nothing, "k")}
	check(t, &plan.Output{Input: none, IDs: []plan.ColumnID{2, 12}, Labels: []string{"l", "r"}}, "a NULL|b NULL|c NULL|d NULL|e NULL")
	none = &plan.Join{Kind: plan.InnerJoin, Left: l, Right: nothing, LeftKeys: ids(l, "k"), RightKeys: ids(nothing, "k")}
	check(t, none, "")
	none = &plan.Join{Kind: plan.RightJoin, Left: nothing, Right: l, LeftKeys: ids(nothing, "k"), RightKeys: ids(l, "k")}
	check(t, &plan.Output{Input: none, IDs: []plan.ColumnID{12, 2}, Labels: []string{"l", "r"}}, "NULL a|NULL b|NULL c|NULL d|NULL e")
}

func TestJoinOfNestedKeys(t *testing.T) {
	l := scanOf(tableOf("l", col("k", types.TArrayOfString, []any{"x"}, []any{"x", nil}, []any{}), col("l", varchar, "a", "b", "c")), 1)
	r := scanOf(tableOf("r", col("k", types.TArrayOfString, []any{"x", nil}, []any{}, []any{"x"}), col("r", varchar, "p", "q", "r")), 11)
	j := &plan.Join{Kind: plan.LeftJoin, Left: l, Right: r, LeftKeys: ids(l, "k"), RightKeys: ids(r, "k")}
	check(t, &plan.Output{Input: j, IDs: []plan.ColumnID{2, 12}, Labels: []string{"l", "r"}}, "a r|b NULL|c q")
}

func TestMarkJoin(t *testing.T) {
	l, r := joinTables()
	mark := func(right plan.Node, residual plan.Expr) plan.Node {
		j := &plan.Join{Kind: plan.MarkJoin, Left: l, Right: right, LeftKeys: ids(l, "k"), RightKeys: ids(right, "k"), Residual: residual,
			Mark: plan.Column{ID: 30, Name: "m", Type: boolean}}
		return &plan.Output{Input: j, IDs: []plan.ColumnID{2, 30}, Labels: []string{"l", "m"}}
	}
	check(t, mark(r, nil), "a true|b true|c NULL|d true|e NULL")
	sure := scanOf(tableOf("r", col("k", bigint, 2, 1)), 11)
	check(t, mark(sure, nil), "a true|b true|c NULL|d true|e false")
	check(t, mark(scanOf(tableOf("r", col("k", bigint)), 11), nil), "a false|b false|c false|d false|e false")
	check(t, mark(r, callOf("less", num(1), ref(l, "k"))), "a false|b true|c NULL|d true|e NULL")
	check(t, mark(r, callOf("less", ref(r, "k"), num(2))), "a true|b NULL|c NULL|d NULL|e NULL")
	check(t, mark(sure, callOf("less", ref(sure, "k"), num(2))), "a true|b false|c NULL|d false|e false")
}

func TestMemoryLimit(t *testing.T) {
	s := scanOf(people(), 1)
	l, r := joinTables()
	for _, c := range []struct {
		plan plan.Node
		want string
	}{
		{&plan.Sort{Input: s, Keys: []plan.SortKey{{ID: 1}}}, "a sort"},
		{&plan.Aggregate{Input: s, Keys: ids(s, "name")}, "an aggregation"},
		{&plan.Join{Kind: plan.InnerJoin, Left: l, Right: r, LeftKeys: ids(l, "k"), RightKeys: ids(r, "k")}, "a join"},
	} {
		rt := runtimeOf(config{batchRows: 3, workers: 2})
		rt.Memory = NewMemory(100)
		_, err := run(c.plan, rt)
		var e *sql.Error
		if !errors.As(err, &e) || e.Code != sql.EXCEEDED_LOCAL_MEMORY_LIMIT || !strings.Contains(e.Msg, "100B while "+c.want) ||
			!strings.Contains(e.Hint, "--memory") {
			t.Errorf("%T: %v", c.plan, err)
		}
		if !errors.Is(err, ErrMemoryLimit) {
			t.Errorf("%T: %v does not wrap ErrMemoryLimit", c.plan, err)
		}
		if held := rt.Memory.used.Load(); held != 0 {
			t.Errorf("%T: %d bytes are still charged", c.plan, held)
		}
	}
}

func TestScanLimit(t *testing.T) {
	rt := runtimeOf(config{batchRows: 3, workers: 2})
	rt.MaxScanBytes = 10
	_, err := run(scanOf(people(), 1), rt)
	if sql.CodeOf(err) != sql.EXCEEDED_SCAN_LIMIT || err.Error() != "Query exceeded its scan limit of 10B" {
		t.Error(err)
	}
}

func TestErrorsOfWorkers(t *testing.T) {
	p := people()
	p.fail = func(_ string, row int) error {
		if row == 9 {
			return errors.New("row 9 is corrupt")
		}
		return nil
	}
	fails(t, scanOf(p, 1), "row 9 is corrupt")
	check(t, &plan.Limit{Input: emit(scanOf(p, 1), "n"), Count: 3}, "0|1|2")

	s := scanOf(people(), 1)
	fails(t, &plan.Filter{Input: s, Predicate: callOf("panic", ref(s, "n"), num(15))}, "panic: a bug")
	_, err := run(&plan.Filter{Input: s, Predicate: callOf("panic", ref(s, "n"), num(15))}, runtimeOf(matrix[2]))
	var e *PanicError
	if !errors.As(err, &e) || !strings.Contains(string(e.Stack), "testing_test.go") {
		t.Errorf("the panic lost its stack: %v", err)
	}
	fails(t, &plan.Filter{Input: s, Predicate: callOf("is", num(1), callOf("div", num(7), ref(s, "third")))}, "line 1:1: Division by zero")
}

func TestCancelIsPromptAndLeavesNoGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, workers := range []int{1, 4} {
		p := people()
		p.slow = 5 * time.Millisecond
		o, err := Build(&plan.Sort{Input: scanOf(p, 1), Keys: []plan.SortKey{{ID: 1}}}, runtimeOf(config{batchRows: 1, workers: workers}))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 8*time.Millisecond)
		if _, err := o.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%d workers: %v", workers, err)
		}
		cancel()
		if err := o.Close(); err != nil {
			t.Error(err)
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	}
	// An operator that is closed early, or never read, leaves nothing behind either.
	for _, rows := range []int{0, 1} {
		o, err := Build(scanOf(people(), 1), runtimeOf(config{batchRows: 1, workers: 4}))
		if err != nil {
			t.Fatal(err)
		}
		for range rows {
			if _, err := o.Next(context.Background()); err != nil {
				t.Error(err)
			}
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	}
	for range 50 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}
