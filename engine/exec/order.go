package exec

import (
	"context"
	"slices"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/vector"
)

// ordering is an ORDER BY over columns by position.
type ordering struct {
	at   []int
	keys []plan.SortKey
}

func newOrdering(columns []plan.Column, keys []plan.SortKey) (ordering, error) {
	ids := make([]plan.ColumnID, len(keys))
	for i, k := range keys {
		ids[i] = k.ID
	}
	at, err := positions(columns, ids)
	return ordering{at, keys}, err
}

// comparer returns the order of the rows of b.
func (o ordering) comparer(b *vector.Batch) func(i, j int32) int {
	compare := make([]func(i, j int32) int, len(o.at))
	for k, at := range o.at {
		compare[k] = keyComparer(b.Columns[at], o.keys[k])
	}
	if len(compare) == 1 {
		return compare[0]
	}
	return func(i, j int32) int {
		for _, c := range compare {
			if r := c(i, j); r != 0 {
				return r
			}
		}
		return 0
	}
}

func keyComparer(v vector.Vector, k plan.SortKey) func(i, j int32) int {
	values := vector.RowComparer(v)
	if k.Descending {
		ascending := values
		values = func(i, j int32) int { return ascending(j, i) }
	}
	nulls := v.Nulls()
	if !nulls.Any(v.Len()) {
		return values
	}
	return func(i, j int32) int {
		a, b := nulls.Has(int(i)), nulls.Has(int(j))
		if !a && !b {
			return values(i, j)
		}
		return compareNulls(a, b, k.NullsFirst)
	}
}

// compareNulls orders two rows of which at least one is NULL.
func compareNulls(a, b, first bool) int {
	switch {
	case a && b:
		return 0
	case a == first:
		return -1
	}
	return 1
}

// between returns the order of rows of two batches.
func (o ordering) between(a, b *vector.Batch) func(i, j int) int {
	compare := make([]func(i, j int) int, len(o.at))
	for n, at := range o.at {
		k, x, y := o.keys[n], a.Columns[at], b.Columns[at]
		values := vector.Comparer(x.Type())
		nullX, nullY := x.Nulls(), y.Nulls()
		compare[n] = func(i, j int) int {
			if p, q := nullX.Has(i), nullY.Has(j); p || q {
				return compareNulls(p, q, k.NullsFirst)
			}
			c := values(x, i, y, j)
			if k.Descending {
				return -c
			}
			return c
		}
	}
	return func(i, j int) int {
		for _, c := range compare {
			if r := c(i, j); r != 0 {
				return r
			}
		}
		return 0
	}
}

// comparisonsPerCheck is how many comparisons a sort makes before it looks whether the query is over.
const comparisonsPerCheck = 1 << 14

// cancelled is what a sort panics with to leave the sort function.
type cancelled struct{ err error }

// sortRows returns the rows 0..n-1 in order, equal ones as they come. It ends
// soon after ctx does: a sort of many rows takes seconds.
func sortRows(ctx context.Context, n int, compare func(i, j int32) int) (rows []int32, err error) {
	rows = make([]int32, n)
	for i := range rows {
		rows[i] = int32(i)
	}
	if n < comparisonsPerCheck {
		slices.SortStableFunc(rows, compare)
		return rows, nil
	}
	defer func() {
		if v := recover(); v != nil {
			c, ok := v.(cancelled)
			if !ok {
				panic(v)
			}
			rows, err = nil, c.err
		}
	}()
	left := comparisonsPerCheck
	slices.SortStableFunc(rows, func(i, j int32) int {
		if left--; left == 0 {
			if err := ctx.Err(); err != nil {
				panic(cancelled{err})
			}
			left = comparisonsPerCheck
		}
		return compare(i, j)
	})
	return rows, nil
}
