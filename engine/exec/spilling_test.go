package exec

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/ctlake/ctlake/engine/spill"
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

var everyWay = flag.Bool("every-way", false, "let each plan spill in all ways, not in one after another")

// spillingPlans are plans over random rows, of every operator that keeps rows or states.
func spillingPlans(r *rand.Rand, rows int) map[string]plan.Node {
	side := func(first plan.ColumnID, rows int) *plan.Scan {
		numbers := make([]any, rows)
		names := make([]any, rows)
		for i := range numbers {
			numbers[i] = i
			names[i] = strings.Repeat("name ", r.IntN(4)) + string(rune('a'+r.IntN(26)))
			if r.IntN(20) == 0 {
				names[i] = nil
			}
		}
		return scanOf(tableOf("t", col("a", bigint, randomValues(r, rows, 7)...), col("b", bigint, randomValues(r, rows, rows)...),
			col("s", types.TVarchar, names...), col("n", bigint, numbers...)), first)
	}
	l, rt := side(1, rows), side(11, rows*2/3)
	plans := map[string]plan.Node{}
	group := func(name string, keys []plan.ColumnID, aggs ...plan.AggCall) {
		plans[name] = &plan.Aggregate{Input: l, Keys: keys, Aggs: aggs}
	}
	distinct := func(c plan.AggCall) plan.AggCall { c.Distinct = true; return c }
	ordered := func(c plan.AggCall, keys ...plan.SortKey) plan.AggCall { c.OrderBy = keys; return c }
	key := func(name string, descending, first bool) plan.SortKey {
		return plan.SortKey{ID: id(l, name), Descending: descending, NullsFirst: first}
	}
	group("groups", ids(l, "b", "s"), agg("count", 30), agg("sum", 31, ref(l, "n")), agg("list", 32, ref(l, "n")))
	group("few groups", ids(l, "a"), agg("list", 30, ref(l, "s")), agg("sum", 31, ref(l, "b")))
	group("no keys", nil, agg("list", 30, ref(l, "s")))
	group("distinct rows", ids(l, "b", "a", "s"))
	group("distinct", ids(l, "a"), distinct(agg("list", 30, ref(l, "s"))), distinct(agg("count", 31, ref(l, "b"))), agg("count", 32))
	group("distinct of all", nil, distinct(agg("list", 30, ref(l, "b"))))
	group("ordered", ids(l, "b"), ordered(agg("list", 30, ref(l, "n")), key("s", true, false)), agg("count", 31))
	group("ordered of all", nil, ordered(agg("list", 30, ref(l, "n")), key("s", false, true), key("a", true, true)))
	group("distinct and ordered", ids(l, "a"), ordered(distinct(agg("list", 30, ref(l, "s"))), key("s", true, true)))

	plans["sort"] = &plan.Sort{Input: l, Keys: []plan.SortKey{key("a", true, true), key("s", false, false)}}
	for name, ties := range map[string]bool{"top": false, "top with ties": true} {
		plans[name] = &plan.TopN{Input: l, Keys: []plan.SortKey{key("a", true, false)}, Offset: 3, Count: int64(rows / 2), WithTies: ties}
	}
	for name, keys := range map[string][]plan.ColumnID{"window": nil, "window by a": ids(l, "a"), "window by b, s": ids(l, "b", "s")} {
		running := plan.Frame{Mode: plan.FrameRows, Start: plan.UnboundedPreceding, End: plan.CurrentRow}
		functions := []plan.WindowCall{
			{Column: plan.Column{ID: 30, Type: bigint}, Fn: rowNumber}, {Column: plan.Column{ID: 31, Type: bigint}, Fn: rank},
			{Column: plan.Column{ID: 32, Type: types.TVarchar}, Aggregate: aggregateOf("list"), Args: []plan.Expr{ref(l, "n")}, Frame: running},
		}
		plans[name] = &plan.Window{Input: l, PartitionBy: keys, OrderBy: []plan.SortKey{key("s", true, true)}, Functions: functions}
		plans[name+" without an order"] = &plan.Window{Input: l, PartitionBy: keys, Functions: functions}
	}
	residual := callOf("less", ref(l, "n"), ref(rt, "n"))
	for _, keys := range [][]string{nil, {"a"}, {"b", "s"}} {
		for _, kind := range []plan.JoinKind{plan.InnerJoin, plan.LeftJoin, plan.RightJoin, plan.FullJoin, plan.MarkJoin} {
			for _, condition := range []plan.Expr{nil, residual} {
				if keys == nil && condition == nil && kind != plan.InnerJoin {
					continue
				}
				j := &plan.Join{Kind: kind, Left: l, Right: rt, LeftKeys: ids(l, keys...), RightKeys: ids(rt, keys...), Residual: condition}
				if kind == plan.MarkJoin {
					j.Mark = plan.Column{ID: 40, Name: "m", Type: types.TBoolean}
				}
				name := fmt.Sprint("join ", kind, " ", keys)
				if condition != nil {
					name += " with a residual"
				}
				plans[name] = j
				if kind == plan.InnerJoin || kind == plan.LeftJoin {
					plans[name+", grouped"] = &plan.Aggregate{Input: j, Keys: ids(rt, "a"), Aggs: []plan.AggCall{agg("count", 50), agg("list", 51, ref(l, "s"))}}
				}
			}
		}
	}
	for name, all := range map[string]bool{"": false, " all": true} {
		for kind, except := range map[string]bool{"intersect": false, "except": true} {
			plans[kind+name] = &plan.SetOperation{Left: l, Right: rt, LeftMap: ids(l, "a", "s"), RightMap: ids(rt, "a", "s"), Except: except, All: all,
				Outputs: []plan.Column{{ID: 60, Name: "a", Type: bigint}, {ID: 61, Name: "s", Type: types.TVarchar}}}
		}
	}
	return plans
}

func TestSpillingChangesNoAnswer(t *testing.T) {
	const seed = 5
	plans := spillingPlans(rand.New(rand.NewPCG(seed, seed)), 90)
	ways := []config{
		{batchRows: 1024, workers: 2, spillBytes: 5000, dictionaries: true},
		{batchRows: 3, workers: 2, spillBytes: 1},
		{batchRows: 3, workers: 1, spillBytes: 3000},
		{batchRows: 1, workers: 2, spillBytes: 2000},
	}
	for i, name := range slices.Sorted(maps.Keys(plans)) {
		n := plans[name]
		configs := append([]config{{batchRows: 1024, workers: 1, spillBytes: 1}}, ways...)
		if !*everyWay {
			configs = []config{configs[0], ways[i%len(ways)]}
		}
		t.Run(name, func(t *testing.T) {
			setDictionaries(n, false)
			want, err := run(n, runtimeOf(config{batchRows: 1024, workers: 1}))
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range configs {
				setDictionaries(n, c.dictionaries)
				rt := runtimeOf(c)
				got, err := run(n, rt)
				if err != nil {
					t.Errorf("%+v: %v", c, err)
				} else if got != want {
					t.Errorf("seed %d, %+v:\n%s\nwant\n%s", seed, c, got, want)
				}
				if c.spillBytes == 1 && rt.Counters.SpilledBytes.Load() == 0 && name != "few groups" && name != "no keys" {
					t.Errorf("%+v: nothing was spilled", c)
				}
			}
		})
	}
}

// What is begun with a table for each worker, and begins anew when those take too much memory, counts once.
func TestWhatIsReadInVainIsNotCounted(t *testing.T) {
	const rows = 900
	numbers := make([]any, rows)
	for i := range numbers {
		numbers[i] = i
	}
	s := scanOf(tableOf("t", col("a", bigint, numbers...), col("b", bigint, numbers...)), 1)
	passing := &plan.Filter{Input: s, Predicate: callOf("less", ref(s, "b"), num(rows/2))}
	place := plan.Column{ID: 30, Name: "place", Type: bigint}
	for name, n := range map[string]plan.Node{
		"groups": &plan.Aggregate{Input: passing, Keys: ids(s, "a"), Aggs: []plan.AggCall{agg("count", 30)}},
		"pairs":  &plan.Aggregate{Input: passing, Keys: ids(s, "a", "b")},
		"tops": &plan.Window{Input: passing, PartitionBy: ids(s, "a"), OrderBy: []plan.SortKey{{ID: id(s, "b")}}, Top: 2,
			Functions: []plan.WindowCall{{Column: place, Fn: rowNumber}}},
	} {
		counted := func(c config) (string, int64) {
			rt := runtimeOf(c)
			rt.Profile = NewProfile(n, rt.Counters)
			if _, err := run(n, rt); err != nil {
				t.Fatal(err)
			}
			k := rt.Counters
			return fmt.Sprint(k.BytesScanned.Load(), k.RowsScanned.Load(), k.RowsMatched.Load(), k.RowGroups.Load(), k.RowGroupsPruned.Load(),
				k.Units.Load(), k.UnitsPruned.Load(), k.RowsTotal.Load(), k.RowsDone.Load(),
				rt.Profile.Node(s).Rows.Load(), rt.Profile.Node(passing).Rows.Load()), k.SpilledBytes.Load()
		}
		for _, workers := range []int{2, 4} {
			want, _ := counted(config{batchRows: 10, workers: workers})
			got, spilled := counted(config{batchRows: 10, workers: workers, spillBytes: 1})
			if got != want || spilled == 0 {
				t.Errorf("%s with little memory, %d workers: %s counted, %d bytes spilled; with much: %s", name, workers, got, spilled, want)
			}
		}
	}
}

// failingDisk is a disk of which the write of a number fails.
type failingDisk struct{ left atomic.Int64 }

type failingFile struct {
	spill.File
	disk *failingDisk
}

func (d *failingDisk) Create() (spill.File, error) {
	f, err := spill.Dir("").Create()
	return failingFile{f, d}, err
}

func (f failingFile) WriteAt(p []byte, at int64) (int, error) {
	if f.disk.left.Add(-1) < 0 {
		n, _ := f.File.WriteAt(p[:len(p)/2], at)
		return n, syscall.ENOSPC
	}
	return f.File.WriteAt(p, at)
}

func TestAFullDiskEndsTheQuery(t *testing.T) {
	const seed = 6
	r := rand.New(rand.NewPCG(seed, seed))
	for name, n := range spillingPlans(r, 60) {
		setDictionaries(n, false)
		want, err := run(n, runtimeOf(config{batchRows: 3, workers: 1}))
		if err != nil {
			t.Fatal(err)
		}
		for _, writes := range []int{0, 1, 5, 20} {
			rt := runtimeOf(config{batchRows: 3, workers: 1, spillBytes: 1})
			failing := &failingDisk{}
			failing.left.Store(int64(writes))
			disk := &spill.Counted{Disk: failing}
			rt.Spill = disk
			got, err := run(n, rt)
			if err == nil && got != want || err != nil && (!errors.Is(err, syscall.ENOSPC) || sql.CodeOf(err) != sql.GENERIC_SPILL_FAILURE) {
				t.Errorf("%s after %d writes: %v\n%s\nwant\n%s", name, writes, err, got, want)
			}
			if disk.Open() != 0 || rt.Memory.used.Load() != 0 {
				t.Errorf("%s after %d writes: %d files are open, %d bytes charged", name, writes, disk.Open(), rt.Memory.used.Load())
			}
		}
	}
}
