package exec

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/vector"
)

// limitOfScan is the LIMIT above a scan, with nothing between them but projections: the rows that the scan finds first are those
// that are given. Its workers tell each other how many rows they have found in which split, before they read the
// columns that the filter does not need, which may be wide:
//
//	split 0   found 700    ─► reads 700
//	split 1   found 1000   ─► reads 1000, of which LIMIT 1000 gives 300
//	split 2   found …      ─► nothing: there are enough rows before it
//
// What is read may depend on who comes first, what is given does not.
type limitOfScan struct {
	count int64 // with the offset

	mu    sync.Mutex
	found []int64      // rows in each split
	end   atomic.Int64 // the first split that is known not to be needed
}

// limitOf returns what the scan below n is to know of it; nil if there is anything but projections between them.
func limitOf(n *plan.Limit) *limitOfScan {
	in := n.Input
	for {
		switch m := in.(type) {
		case *plan.Scan:
			l := &limitOfScan{count: n.Offset + n.Count}
			l.end.Store(math.MaxInt64)
			return l
		case *plan.Project:
			in = m.Input
		default:
			return nil
		}
	}
}

// gatherLimited returns the batches of the fragment below n, of each split no more rows than n needs.
func (b *builder) gatherLimited(n *plan.Limit) (Operator, error) {
	over := func(o Operator) Operator { return &limit{input: o, count: n.Offset + n.Count} }
	work, l := gathering(over), limitOf(n)
	return b.gatherBy(n.Input, over, func(f *fragment) func(context.Context, *task, func(*vector.Batch) error) error {
		f.scanner.limit = l
		return work(f)
	})
}

// note says how many rows were found in a split so far.
func (l *limitOfScan) note(split, rows int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for int64(len(l.found)) <= split {
		l.found = append(l.found, 0)
	}
	l.found[split] = rows
	total := int64(0)
	for i, n := range l.found {
		if total += n; total >= l.count {
			l.end.Store(min(l.end.Load(), int64(i)+1))
			return
		}
	}
}

// needs reports whether rows of a split may be needed.
func (l *limitOfScan) needs(split int64) bool { return split < l.end.Load() }

// left returns how many rows of a split may be needed: as many as were not found before it.
func (l *limitOfScan) left(split int64) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := l.count
	for i := range min(split, int64(len(l.found))) {
		left -= l.found[i]
	}
	return left
}

// left returns how many more rows of the split a LIMIT may need.
func (o *scan) left() int {
	if o.limit == nil {
		return math.MaxInt
	}
	return int(max(min(o.limit.left(o.task.number)-o.found, math.MaxInt), 0))
}

// take says that n more rows are about to be read, and reports whether they are needed.
func (o *scan) take(n int) bool {
	o.found += int64(n)
	if o.limit == nil {
		return true
	}
	o.limit.note(o.task.number, o.found)
	return o.limit.needs(o.task.number)
}

// readTogether reads columns side by side, largest first, as far as the reader can and it is worth it; others are nil. A LIMIT
// needs rows of so few splits that other workers have nothing to do.
func (o *scan) readTogether(ctx context.Context, columns []int, read func(column int) (vector.Vector, error)) ([]vector.Vector, error) {
	out := make([]vector.Vector, len(columns))
	reader, ok := o.reader.(ParallelReader)
	if !ok || o.limit == nil || o.rt.Workers < 2 || len(columns) < 2 {
		return out, nil
	}
	bytes, err := reader.Prepare(columns)
	if err != nil {
		return nil, err
	}
	var order []int
	for i, n := range bytes {
		if n > 0 {
			order = append(order, i)
		}
	}
	if len(order) < 2 {
		return out, nil
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(bytes[b], bytes[a]) })
	return out, together(ctx, o.rt.Workers, len(order), func(i int) (err error) {
		out[order[i]], err = read(columns[order[i]])
		return err
	})
}
