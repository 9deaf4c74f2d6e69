package exec

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/ctlake/ctlake/storage/vector"
)

// prefixedRow is a row with the prefix of its first sort key.
type prefixedRow struct {
	prefix uint64
	row    int32
}

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

// sort puts rows, which ascend, into order, equal ones as they come.
func (o *rowOrder) sort(ctx context.Context, rows []int32, scratch []prefixedRow) (_ []prefixedRow, err error) {
	if len(rows) < 2 {
		return scratch, nil
	}
	inOrder := o.rest == nil
	for i := 1; i < len(rows) && inOrder; i++ {
		inOrder = o.prefixes[rows[i-1]] <= o.prefixes[rows[i]]
	}
	if inOrder {
		return scratch, nil
	}
	scratch = scratch[:0]
	for _, r := range rows {
		p := prefixedRow{row: r}
		if o.prefixes != nil {
			p.prefix = o.prefixes[r]
		}
		scratch = append(scratch, p)
	}
	defer func() {
		if v := recover(); v != nil {
			c, ok := v.(cancelled)
			if !ok {
				panic(v)
			}
			err = c.err
		}
	}()
	left := comparisonsPerCheck
	slices.SortFunc(scratch, func(a, b prefixedRow) int {
		if left--; left == 0 {
			if err := ctx.Err(); err != nil {
				panic(cancelled{err})
			}
			left = comparisonsPerCheck
		}
		if a.prefix != b.prefix {
			return cmp.Compare(a.prefix, b.prefix)
		}
		if o.rest != nil {
			if c := o.rest(a.row, b.row); c != 0 {
				return c
			}
		}
		return int(a.row) - int(b.row)
	})
	for i, p := range scratch {
		rows[i] = p.row
	}
	return scratch, nil
}

// all returns the rows 0..n-1 in order, equal ones as they come. It uses several goroutines if that pays.
func (o *rowOrder) all(ctx context.Context, n, workers int) ([]int32, error) {
	return o.parts(ctx, n, workers, nil)
}

// parts is all where groups, if it is not nil, says which part of the result a row belongs to: each is sorted for itself.
func (o *rowOrder) parts(ctx context.Context, n, workers int, groups []int32) ([]int32, error) {
	ends := []int{n} // of the parts
	rows := make([]int32, n)
	if groups == nil {
		for i := range rows {
			rows[i] = int32(i)
		}
	} else {
		ends = byGroup(groups, rows)
	}
	from, largest := 0, 0
	for _, to := range ends {
		largest, from = max(largest, to-from), to
	}
	if workers > 1 && largest > max(n/workers, 2*minParallelSortRows) {
		return o.together(ctx, n, workers, groups)
	}
	// Each goroutine sorts about as many rows, of parts next to each other.
	var wg sync.WaitGroup
	tasks := max(min(workers, n/minParallelSortRows), 1)
	errs := make([]error, tasks)
	next, start := 0, 0
	for t := range tasks {
		first, begin := next, start
		for next < len(ends) && (ends[next] <= n*(t+1)/tasks || t == tasks-1) {
			start = ends[next]
			next++
		}
		own := ends[first:next]
		wg.Add(1)
		go func() {
			defer wg.Done()
			errs[t] = guarded(func() error {
				from, scratch := begin, []prefixedRow(nil)
				var err error
				for _, to := range own {
					if err := ctx.Err(); err != nil {
						return err
					}
					if scratch, err = o.sort(ctx, rows[from:to], scratch); err != nil {
						return err
					}
					from = to
				}
				return nil
			})
		}()
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// together sorts all parts at once, which several goroutines do where one part has most of the rows.
func (o *rowOrder) together(ctx context.Context, n, workers int, groups []int32) ([]int32, error) {
	return sortParallel(ctx, n, func(i, j int32) int {
		if groups != nil && groups[i] != groups[j] {
			return int(groups[i]) - int(groups[j])
		}
		if o.prefixes != nil && o.prefixes[i] != o.prefixes[j] {
			return cmp.Compare(o.prefixes[i], o.prefixes[j])
		}
		if o.rest == nil {
			return 0
		}
		return o.rest(i, j)
	}, workers)
}

// byGroup sets rows to all rows by their group, those of one in their order, and returns where each group ends.
func byGroup(groups, rows []int32) (ends []int) {
	for _, g := range groups {
		for int(g) >= len(ends) {
			ends = append(ends, 0)
		}
		ends[g]++
	}
	total := 0
	place := make([]int32, len(ends))
	for g, n := range ends {
		place[g] = int32(total)
		total += n
		ends[g] = total
	}
	for i, g := range groups {
		rows[place[g]] = int32(i)
		place[g]++
	}
	return ends
}
