package function

import (
	"math"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

type overPartition = func(p *Partition) (vector.Vector, error)

// windowFunction registers a window function without type variables in its example.
func windowFunction(name, text, call, result string, overloads ...WindowOverload) registered {
	return registerWindow(Window{
		Doc: Doc{Name: name, Text: text, Group: "window", Result: result,
			Example: "(SELECT max(w) FROM (SELECT " + call + " OVER (ORDER BY x) AS w FROM (VALUES 1, 2, 2) AS t (x)))"},
		Overloads: overloads,
	})
}

// ranking is a function of a row's place in its partition.
func ranking[T vector.Element](t types.Type, f func(p *Partition, i int) T) WindowOverload {
	return WindowOverload{Params: "", Result: t.String(), New: func(Binding) (overPartition, error) {
		return func(p *Partition) (vector.Vector, error) {
			out := make([]T, p.N)
			for i := range out {
				out[i] = f(p, i)
			}
			return vector.NewFlat(t, out, nil), nil
		}, nil
	}}
}

func numbering(o WindowOverload) WindowOverload {
	o.Numbers = true
	return o
}

func beside(rows int, o WindowOverload) WindowOverload {
	o.Neighbour = rows
	return o
}

var (
	_ = windowFunction("row_number", "Numbers the rows of a partition", "row_number()", "3",
		numbering(ranking(types.TBigint, func(p *Partition, i int) int64 { return int64(i) + 1 })))
	_ = windowFunction("rank", "Returns a row's rank, with gaps after rows that are equal", "rank()", "2",
		ranking(types.TBigint, func(p *Partition, i int) int64 { return int64(p.PeerStart[i]) + 1 }))
	_ = windowFunction("percent_rank", "Returns a row's rank as a share of the partition", "percent_rank()", "0.5",
		ranking(types.TDouble, func(p *Partition, i int) float64 {
			if p.N == 1 {
				return 0
			}
			return float64(p.PeerStart[i]) / float64(p.N-1)
		}))
	_ = windowFunction("cume_dist", "Returns the share of the partition's rows that do not come after a row", "cume_dist()", "1.0",
		ranking(types.TDouble, func(p *Partition, i int) float64 { return float64(p.PeerEnd[i]) / float64(p.N) }))
	_ = windowFunction("dense_rank", "Returns a row's rank, without gaps", "dense_rank()", "2",
		WindowOverload{Params: "", Result: "bigint", New: func(Binding) (overPartition, error) {
			return func(p *Partition) (vector.Vector, error) {
				out, rank := make([]int64, p.N), int64(0)
				for i := range out {
					if int(p.PeerStart[i]) == i {
						rank++
					}
					out[i] = rank
				}
				return vector.NewFlat(types.TBigint, out, nil), nil
			}, nil
		}})
	_ = windowFunction("ntile", "Divides the rows of a partition into a number of buckets", "ntile(2)", "2",
		WindowOverload{Params: "bigint", Result: "bigint", New: func(Binding) (overPartition, error) { return ntile, nil }})
)

func ntile(p *Partition) (vector.Vector, error) {
	buckets := vector.ViewOf[int64](p.Args[0])
	return eachOrNull(&Call{N: p.N, Result: types.TBigint}, func(i int) (int64, bool, error) {
		if buckets.Nulls.Has(i) {
			return 0, false, nil
		}
		n, row, rows := buckets.Get(i), int64(i), int64(p.N)
		if n <= 0 {
			return 0, false, invalid("Buckets must be greater than 0")
		}
		if n >= rows {
			return row + 1, true, nil
		}
		size, larger := rows/n, rows%n // the first buckets have a row more
		if row < larger*(size+1) {
			return row/(size+1) + 1, true, nil
		}
		return (row-larger)/size + 1, true, nil
	})
}

// valueOf is a function that returns the first argument of another row: -1 for NULL.
// pick is given, if NULLs are ignored, the rows that count, in order.
func valueOf(params string, needsOrder bool, pick func(p *Partition, i int, rows *countedRows) (int, error)) WindowOverload {
	return WindowOverload{Params: params, Result: "T", NeedsOrder: needsOrder, New: func(Binding) (overPartition, error) {
		return func(p *Partition) (vector.Vector, error) {
			rows, counted := make([]int32, p.N), newCountedRows(p)
			for i := range rows {
				at, err := pick(p, i, counted)
				if err != nil {
					return nil, err
				}
				rows[i] = int32(at)
			}
			return vector.GatherOrNull(p.Args[0], rows), nil
		}, nil
	}}
}

// countedRows are the rows that count: all, or those whose first argument is not NULL.
type countedRows struct {
	all  bool
	n    int
	rows []int32 // unless all
	rank []int32 // how many counted rows come before a row, and one more: before the end
}

func newCountedRows(p *Partition) *countedRows {
	nulls := p.Args[0].Nulls()
	if !p.IgnoreNulls || nulls == nil {
		return &countedRows{all: true, n: p.N}
	}
	c := &countedRows{rank: make([]int32, p.N+1)}
	for i := range p.N {
		c.rank[i] = int32(len(c.rows))
		if !nulls.Has(i) {
			c.rows = append(c.rows, int32(i))
		}
	}
	c.rank[p.N], c.n = int32(len(c.rows)), len(c.rows)
	return c
}

// before returns how many counted rows come before row i.
func (c *countedRows) before(i int) int {
	if c.all {
		return i
	}
	return int(c.rank[i])
}

// at returns the nth counted row, from 0 on.
func (c *countedRows) at(n int) int {
	if c.all {
		return n
	}
	return int(c.rows[n])
}

// frame returns the counted rows of a row's frame, as from..to-1.
func (c *countedRows) frame(p *Partition, i int) (from, to int) {
	if p.FrameStart[i] >= p.FrameEnd[i] {
		return 0, 0
	}
	return c.before(int(p.FrameStart[i])), c.before(int(p.FrameEnd[i]))
}

// neighbour returns the pick of lag (sign -1) and lead.
func neighbour(sign int64) func(p *Partition, i int, rows *countedRows) (int, error) {
	return func(p *Partition, i int, rows *countedRows) (int, error) {
		offset := int64(1)
		if len(p.Args) > 1 {
			v := vector.ViewOf[int64](p.Args[1])
			if v.Nulls.Has(i) {
				return -1, invalid("Offset must not be null")
			}
			if offset = v.Get(i); offset < 0 {
				return -1, invalid("Offset must be at least 0")
			}
		}
		if offset == 0 {
			return i, nil
		}
		if offset > math.MaxInt32 {
			return -1, nil
		}
		at := int64(rows.before(i)) + sign*offset
		if sign > 0 && !rows.all && p.Args[0].Nulls().Has(i) {
			at-- // the row itself does not count
		}
		if at < 0 || at >= int64(rows.n) {
			return -1, nil
		}
		return rows.at(int(at)), nil
	}
}

// neighbourOrElse is neighbour with a third argument, which stands in where there is no such row.
func neighbourOrElse(sign int64) WindowOverload {
	pick := neighbour(sign)
	return WindowOverload{Params: "T,bigint,T", Result: "T", NeedsOrder: true, New: func(b Binding) (overPartition, error) {
		return func(p *Partition) (vector.Vector, error) {
			counted := newCountedRows(p)
			out := vector.NewBuilder(b.Result, p.N)
			for i := range p.N {
				at, err := pick(p, i, counted)
				if err != nil {
					return nil, err
				}
				if at < 0 {
					out.Append(p.Args[2], i)
				} else {
					out.Append(p.Args[0], at)
				}
			}
			return out.Build(), nil
		}, nil
	}}
}

var (
	_ = windowFunction("lead", "Returns a value of a row some rows after", "lead(x)", "2",
		beside(1, valueOf("T", true, neighbour(1))), valueOf("T,bigint", true, neighbour(1)), neighbourOrElse(1))
	_ = windowFunction("lag", "Returns a value of a row some rows before", "lag(x)", "2",
		beside(-1, valueOf("T", true, neighbour(-1))), valueOf("T,bigint", true, neighbour(-1)), neighbourOrElse(-1))
	_ = windowFunction("first_value", "Returns the first value of the frame", "first_value(x)", "1",
		valueOf("T", false, func(p *Partition, i int, rows *countedRows) (int, error) {
			if from, to := rows.frame(p, i); from < to {
				return rows.at(from), nil
			}
			return -1, nil
		}))
	_ = windowFunction("last_value", "Returns the last value of the frame", "last_value(x)", "2",
		valueOf("T", false, func(p *Partition, i int, rows *countedRows) (int, error) {
			if from, to := rows.frame(p, i); from < to {
				return rows.at(to - 1), nil
			}
			return -1, nil
		}))
	_ = windowFunction("nth_value", "Returns the nth value of the frame", "nth_value(x, 2)", "2",
		valueOf("T,bigint", false, func(p *Partition, i int, rows *countedRows) (int, error) {
			nth := vector.ViewOf[int64](p.Args[1])
			if nth.Nulls.Has(i) {
				return -1, nil
			}
			n := nth.Get(i)
			if n < 1 {
				return -1, invalid("Offset must be at least 1")
			}
			from, to := rows.frame(p, i)
			if n > int64(to-from) {
				return -1, nil
			}
			return rows.at(from + int(n) - 1), nil
		}))
)
