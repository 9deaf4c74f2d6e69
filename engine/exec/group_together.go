package exec

import (
	"context"
	"math/bits"

	"github.com/ctlake/ctlake/storage/vector"
)

// groupedTogether are the groups of two keys that several goroutines found for all rows at once: first each key was numbered by
// itself, one beside the other, and then each goroutine has numbered the pairs of one part by their hashes:
//
//	useridentity.arn ─► numbers ─┐       pairs of part 0 ─► groups 0 … 4710
//	sourceipaddress  ─► numbers ─┴─►     pairs of part 1 ─► groups 4711 …
//
// Groups are not in the order of their first rows.
type groupedTogether struct {
	tables []*pairTable
	starts []int32 // the first group of each part, and the number of groups
	groups []int32 // of each row
	part   []uint8 // of each row
}

const (
	// togetherRows is from how many rows on several goroutines group them.
	togetherRows = 1 << 15
	// maxGroupParts is how many goroutines do so at most.
	maxGroupParts = 64
)

func partOfPair(pair uint64, parts int) int { return int(hashPair(pair) >> 48 % uint64(parts)) }

// groupTogether numbers all rows of two key columns on several goroutines; nil if that does not pay. Afterwards g finds
// rows, and gives no keys.
func (g *grouper) groupTogether(ctx context.Context, columns []vector.Vector, n, workers int) (*groupedTogether, error) {
	parts := min(workers, maxGroupParts)
	if len(g.keys) != 2 || parts < 2 || n < togetherRows {
		return nil, nil
	}
	var codes [2][]int32
	err := together(ctx, workers, len(codes), func(k int) error {
		codes[k] = make([]int32, n)
		for from := 0; from < n; from += groupStepRows {
			if err := ctx.Err(); err != nil {
				return err
			}
			to := min(from+groupStepRows, n)
			g.keys[k].codes(vector.Slice(columns[k], from, to), codes[k][from:to])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	t := &groupedTogether{tables: make([]*pairTable, parts), starts: make([]int32, parts+1), groups: make([]int32, n), part: make([]uint8, n)}
	most := min(int64(n), int64(g.keys[0].len())*int64(g.keys[1].len())) / int64(parts)
	err = together(ctx, workers, parts, func(part int) error {
		table := newPairTable()
		t.tables[part] = table
		table.reserve(int(most))
		for i, a := range codes[0] {
			if i%groupStepRows == 0 {
				if err := ctx.Err(); err != nil {
					return err
				}
			}
			if partOfPair(pairOf(a, codes[1][i]), parts) == part {
				t.groups[i], _ = table.add(a, codes[1][i])
				t.part[i] = uint8(part)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for part, table := range t.tables {
		t.starts[part+1] = t.starts[part] + int32(table.n)
	}
	g.together, g.n = t, int(t.starts[parts])
	return t, nil
}

// find returns the group of a pair, or -1.
func (t *groupedTogether) find(a, b int32) int32 {
	part := partOfPair(pairOf(a, b), len(t.tables))
	if n := t.tables[part].find(a, b); n >= 0 {
		return t.starts[part] + n
	}
	return -1
}

func (t *groupedTogether) bytes() (n int64) {
	for _, table := range t.tables {
		n += table.bytes()
	}
	return n
}

// reserve makes room for so many pairs, if they are too many for the array.
func (t *pairTable) reserve(pairs int) {
	if 2*pairs > denseSlots {
		t.rehash(1 << bits.Len(uint(2*pairs)))
	}
}

// listTogether is list for rows that were grouped together: each goroutine lists the rows of one part.
func (b *built) listTogether(ctx context.Context, t *groupedTogether, null vector.Bitmap, workers int) error {
	b.starts = make([]int32, b.groups.n+1)
	each := func(do func(row int, group int32)) error {
		return together(ctx, workers, len(t.tables), func(part int) error {
			for i, p := range t.part {
				if int(p) == part && !null.Has(i) {
					do(i, t.starts[part]+t.groups[i])
				}
			}
			return nil
		})
	}
	if err := each(func(_ int, group int32) { b.starts[group+1]++ }); err != nil {
		return err
	}
	for g := range b.groups.n {
		b.starts[g+1] += b.starts[g]
	}
	b.order = make([]int32, b.starts[b.groups.n])
	next := make([]int32, len(b.starts))
	copy(next, b.starts)
	err := each(func(row int, group int32) {
		b.order[next[group]] = int32(row)
		next[group]++
	})
	t.groups, t.part = nil, nil
	return err
}
