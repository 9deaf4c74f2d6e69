package exec

import (
	"context"
	"sync"
)

// minParallelSortRows is how many rows a part must have for a goroutine of its own to pay.
const minParallelSortRows = 1 << 14

// sortParallel is sortRows by several goroutines: each sorts a part of the rows, and
// the parts, which are in their order, are merged two by two. The result is the same.
func sortParallel(ctx context.Context, n int, compare func(i, j int32) int, workers int) ([]int32, error) {
	parts := min(workers, n/minParallelSortRows)
	if parts < 2 {
		return sortRows(ctx, n, compare)
	}
	rows := make([]int32, n)
	errs := make([]error, parts)
	bounds := make([]int, parts+1)
	var wg sync.WaitGroup
	for p := range parts {
		from, to := n*p/parts, n*(p+1)/parts
		bounds[p+1] = to
		wg.Add(1)
		go func() {
			defer wg.Done()
			errs[p] = guarded(func() error {
				part, err := sortRows(ctx, to-from, func(i, j int32) int { return compare(i+int32(from), j+int32(from)) })
				for i, r := range part {
					rows[from+i] = r + int32(from)
				}
				return err
			})
		}()
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	other := make([]int32, n)
	for len(bounds) > 2 {
		next := []int{0}
		for p := 0; p+1 < len(bounds); p += 2 {
			if p+2 == len(bounds) {
				copy(other[bounds[p]:], rows[bounds[p]:bounds[p+1]])
				next = append(next, bounds[p+1])
				break
			}
			if err := mergeParts(ctx, other[bounds[p]:bounds[p+2]], rows[bounds[p]:bounds[p+1]], rows[bounds[p+1]:bounds[p+2]], compare); err != nil {
				return nil, err
			}
			next = append(next, bounds[p+2])
		}
		bounds = next
		rows, other = other, rows
	}
	return rows, nil
}

// mergeParts merges sorted rows; those of a come first where they are equal.
func mergeParts(ctx context.Context, out, a, b []int32, compare func(i, j int32) int) error {
	for k := range out {
		if k%comparisonsPerCheck == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		if len(b) == 0 || len(a) > 0 && compare(a[0], b[0]) <= 0 {
			out[k], a = a[0], a[1:]
		} else {
			out[k], b = b[0], b[1:]
		}
	}
	return nil
}
