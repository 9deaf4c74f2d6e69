package exec

import (
	"cmp"
	"context"

	"github.com/ctlake/ctlake/storage/vector"
)

// rowOrder is an order of the rows of a batch that compares prefixes first.
type rowOrder struct {
	prefixes []uint64             // nil for none
	rest     func(i, j int32) int // rows of equal prefixes; nil if they are equal
}

// orderOf returns the order of the rows of b.
func (o ordering) orderOf(b *vector.Batch) rowOrder {
	compare := o.comparer(b)
	if len(o.at) == 0 || !hasPrefix(b.Columns[o.at[0]].Type()) {
		return rowOrder{rest: compare}
	}
	prefixes, exact := sortPrefixes(b.Columns[o.at[0]], o.keys[0], nil)
	r := rowOrder{prefixes: prefixes}
	if !exact || len(o.at) > 1 {
		r.rest = compare
	}
	return r
}

// all returns the rows 0..n-1 in order, equal ones as they come. It uses several goroutines if that pays.
func (o *rowOrder) all(ctx context.Context, n, workers int) ([]int32, error) {
	if workers > 1 && n > 2*minParallelSortRows {
		return sortParallel(ctx, n, func(i, j int32) int {
			if o.prefixes != nil && o.prefixes[i] != o.prefixes[j] {
				return cmp.Compare(o.prefixes[i], o.prefixes[j])
			}
			if o.rest == nil {
				return 0
			}
			return o.rest(i, j)
		}, workers)
	}
	rows, prefixed := make([]int32, n), make([]prefixedRow, n)
	for i := range prefixed {
		prefixed[i].row = int32(i)
		if o.prefixes != nil {
			prefixed[i].prefix = o.prefixes[i]
		}
	}
	err := compareAndSort(ctx, prefixed, o.rest)
	for i, r := range prefixed {
		rows[i] = r.row
	}
	return rows, err
}
