package exec

import (
	"cmp"
	"context"
	"math/bits"
	"slices"
)

// prefixedRow is a row with the prefix of its first sort key.
type prefixedRow struct {
	prefix uint64
	row    int32
}

const (
	// maxInsertedRows is up to how many rows are sorted by insertion.
	maxInsertedRows = 16
	// minDistributedRows is from how many rows on rows are distributed by digits of their prefixes: five or six
	// passes take less than comparisons from about there.
	minDistributedRows = 128
	// wideDigitRows is from how many rows on digits are wide: there are four passes then, each with more counts.
	wideDigitRows          = 1 << 11
	narrowDigit, wideDigit = 8, 11
)

// sortPrefixed puts rows, whose numbers ascend, in order: by their prefixes, those of equal ones by rest if it is not nil, and
// equal ones as they come. scratch has room for as many rows.
func sortPrefixed(ctx context.Context, rows, scratch []prefixedRow, rest func(i, j int32) int) error {
	inOrder := true
	for i := 1; i < len(rows) && inOrder; i++ {
		inOrder = rows[i-1].prefix <= rows[i].prefix
	}
	switch n := len(rows); {
	case inOrder:
	case n <= maxInsertedRows:
		for i := 1; i < n; i++ {
			r, k := rows[i], i
			for ; k > 0 && rows[k-1].prefix > r.prefix; k-- {
				rows[k] = rows[k-1]
			}
			rows[k] = r
		}
	case n < minDistributedRows:
		if err := compareAndSort(ctx, rows, nil); err != nil {
			return err
		}
	default:
		if err := distribute(ctx, rows, scratch); err != nil {
			return err
		}
	}
	if rest == nil {
		return nil
	}
	for from := 0; from < len(rows); {
		to := from + 1
		for to < len(rows) && rows[to].prefix == rows[from].prefix {
			to++
		}
		if to-from > 1 {
			if err := compareAndSort(ctx, rows[from:to], rest); err != nil {
				return err
			}
		}
		from = to
	}
	return nil
}

// distribute sorts rows by their prefixes, from the least of the bits on in which they differ from the least prefix:
//
//	prefix - least   0 0 1 1 0 1 0 1 0 0 0     no row has a bit right of these, or left of them
//	                     └──┬──┘ └─┬─┘
//	                   2nd pass   1st pass     each keeps the order of rows whose digits are equal
func distribute(ctx context.Context, rows, scratch []prefixedRow) error {
	least := rows[0].prefix
	for i := range rows {
		least = min(least, rows[i].prefix)
	}
	differ := uint64(0)
	for i := range rows {
		differ |= rows[i].prefix - least
	}
	digit := narrowDigit
	if len(rows) >= wideDigitRows {
		digit = wideDigit
	}
	var room [1 << wideDigit]int32
	counts, mask := room[:1<<digit], uint64(1)<<digit-1
	from, to := rows, scratch[:len(rows)]
	for shift := bits.TrailingZeros64(differ); shift < bits.Len64(differ); shift += digit {
		if len(rows) >= comparisonsPerCheck {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		clear(counts)
		for i := range from {
			counts[(from[i].prefix-least)>>shift&mask]++
		}
		next := int32(0)
		for d, n := range counts {
			counts[d] = next
			next += n
		}
		for _, r := range from {
			d := (r.prefix - least) >> shift & mask
			to[counts[d]] = r
			counts[d]++
		}
		from, to = to, from
	}
	if &from[0] != &rows[0] {
		copy(rows, from)
	}
	return nil
}

// compareAndSort is sortPrefixed by comparisons alone.
func compareAndSort(ctx context.Context, rows []prefixedRow, rest func(i, j int32) int) (err error) {
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
	slices.SortFunc(rows, func(a, b prefixedRow) int {
		if left--; left == 0 {
			if err := ctx.Err(); err != nil {
				panic(cancelled{err})
			}
			left = comparisonsPerCheck
		}
		if a.prefix != b.prefix {
			return cmp.Compare(a.prefix, b.prefix)
		}
		if rest != nil {
			if c := rest(a.row, b.row); c != 0 {
				return c
			}
		}
		return int(a.row) - int(b.row)
	})
	return nil
}

// sortPrefixedTogether is sortPrefixed by several goroutines: each sorts a part of the rows, and the parts are merged two by two.
func sortPrefixedTogether(ctx context.Context, rows, scratch []prefixedRow, rest func(i, j int32) int, workers int) error {
	parts := max(min(workers, len(rows)/minParallelSortRows), 1)
	bounds := make([]int, parts+1)
	for p := range parts {
		bounds[p+1] = len(rows) * (p + 1) / parts
	}
	err := together(ctx, workers, parts, func(p int) error {
		return sortPrefixed(ctx, rows[bounds[p]:bounds[p+1]], scratch[bounds[p]:bounds[p+1]], rest)
	})
	if err != nil {
		return err
	}
	from, to := rows, scratch[:len(rows)]
	for len(bounds) > 2 {
		next := []int{0}
		for p := 0; p+1 < len(bounds); p += 2 {
			end := bounds[min(p+2, len(bounds)-1)]
			if err := mergePrefixed(ctx, to[bounds[p]:end], from[bounds[p]:bounds[p+1]], from[bounds[p+1]:end], rest); err != nil {
				return err
			}
			next = append(next, end)
		}
		bounds = next
		from, to = to, from
	}
	if len(rows) > 0 && &from[0] != &rows[0] {
		copy(rows, from)
	}
	return nil
}

// mergePrefixed merges rows in order; those of a come first where they are equal.
func mergePrefixed(ctx context.Context, out, a, b []prefixedRow, rest func(i, j int32) int) error {
	for k := range out {
		if k%comparisonsPerCheck == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		if len(b) == 0 || len(a) > 0 && (a[0].prefix < b[0].prefix ||
			a[0].prefix == b[0].prefix && (rest == nil || rest(a[0].row, b[0].row) <= 0)) {
			out[k], a = a[0], a[1:]
		} else {
			out[k], b = b[0], b[1:]
		}
	}
	return nil
}
