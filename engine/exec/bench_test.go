package exec

import (
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/domain"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// stripes is a Source whose columns lie in memory as the ORC reader gives them:
// dictionaries that all batches of a split share.
type stripes struct {
	names  []string
	splits int
	rows   int
	all    map[string]vector.Vector
}

func newStripes(splits, rows int) *stripes {
	s := &stripes{names: []string{"eventname", "awsregion", "n"}, splits: splits, rows: rows, all: map[string]vector.Vector{}}
	dictionary := func(entries, step int) vector.Vector {
		b := vector.NewFlatBuilder[string](types.TVarchar, entries)
		for i := range entries {
			b.AppendValue(fmt.Sprintf("DescribeSomething%d", i))
		}
		ids := make([]int32, rows)
		for i := range ids {
			ids[i] = int32(i * step / 3 % entries)
		}
		return vector.NewDictionary(ids, b.Build(), nil)
	}
	s.all["eventname"], s.all["awsregion"] = dictionary(60, 7), dictionary(12, 5)
	n := make([]int64, rows)
	for i := range n {
		n[i] = int64(i)
	}
	s.all["n"] = vector.NewFlat(types.TBigint, n, nil)
	return s
}

func (s *stripes) Name() string { return "stripes" }
func (s *stripes) TableColumns() (out []plan.TableColumn) {
	for _, n := range s.names {
		out = append(out, plan.TableColumn{Name: n, Type: s.all[n].Type()})
	}
	return out
}
func (s *stripes) Bound() (Bound, bool) { return Bound{}, false }
func (s *stripes) Units() []Unit        { return []Unit{s} }
func (s *stripes) Rows() int64          { return int64(s.splits * s.rows) }
func (s *stripes) Statistics(Column) (domain.Statistics, bool) {
	return domain.Statistics{}, false
}
func (s *stripes) Splits(context.Context) ([]Split, error) {
	var out []Split
	for range s.splits {
		out = append(out, &stripe{stripes: s})
	}
	return out, nil
}

type stripe struct {
	*stripes
	columns []vector.Vector
}

func (s *stripe) Rows() int64  { return int64(s.rows) }
func (s *stripe) Close() error { return nil }
func (s *stripe) Open(_ context.Context, columns []Column) (Reader, error) {
	for _, c := range columns {
		s.columns = append(s.columns, s.all[c.Path[0]])
	}
	return s, nil
}
func (s *stripe) RowGroups() []int64                             { return nil }
func (s *stripe) MayMatch(int, int, domain.Domain) (bool, error) { return true, nil }
func (s *stripe) Read(c, from, to int) (vector.Vector, error) {
	return vector.Slice(s.columns[c], from, to), nil
}
func (s *stripe) Gather(c int, rows []int32) (vector.Vector, error) {
	return vector.Gather(s.columns[c], rows), nil
}
func (s *stripe) BytesRead() int64 { return 0 }

func BenchmarkScanFilterGroup(b *testing.B) {
	t := newStripes(8, 1<<17)
	scan := &plan.Scan{Table: t}
	for i, n := range t.names {
		scan.Outputs = append(scan.Outputs, plan.ScanColumn{Column: plan.Column{ID: plan.ColumnID(i + 1), Name: n, Type: t.all[n].Type()}, Path: []string{n}})
	}
	bare, filtered := *scan, *scan
	filtered.Filter = &plan.In{Value: ref(scan, "awsregion"), List: []plan.Expr{lit(varchar, "DescribeSomething3"), lit(varchar, "DescribeSomething4"), lit(varchar, "DescribeSomething5")}}
	for _, c := range []struct {
		name string
		plan plan.Node
	}{
		{"group by one dictionary", &plan.Aggregate{Input: &bare, Keys: ids(&bare, "eventname"), Aggs: []plan.AggCall{agg("count", 10)}}},
		{"group by two dictionaries", &plan.Aggregate{Input: &bare, Keys: ids(&bare, "eventname", "awsregion"), Aggs: []plan.AggCall{agg("count", 10)}}},
		{"group by bigint", &plan.Aggregate{Input: &bare, Keys: ids(&bare, "n"), Aggs: []plan.AggCall{agg("count", 10)}}},
		{"filter and group", &plan.Aggregate{Input: &filtered, Keys: ids(&filtered, "eventname"), Aggs: []plan.AggCall{agg("count", 10)}}},
		{"top-N", &plan.TopN{Input: &bare, Keys: []plan.SortKey{{ID: 3, Descending: true}}, Count: 10}},
		{"sort", &plan.Sort{Input: &filtered, Keys: []plan.SortKey{{ID: 1}}}},
	} {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/workers=%d", c.name, workers), func(b *testing.B) {
				for b.Loop() {
					o, err := Build(c.plan, runtimeOf(config{batchRows: 1024, workers: workers}))
					if err != nil {
						b.Fatal(err)
					}
					for err == nil {
						_, err = o.Next(context.Background())
					}
					if err != io.EOF {
						b.Fatal(err)
					}
					if err := o.Close(); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(t.splits*t.rows), "ns/row")
			})
		}
	}
}
