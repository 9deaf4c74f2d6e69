package exec

import (
	"cmp"
	"context"
	"slices"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// topsTogether gives the rows of a fragment that a window with Top needs. Each worker keeps the best rows of all the
// splits that it happens to read, with their ordinals, by which those of all workers are then put together:
//
//	worker ─► partition a: best rows of splits 0, 2 …  ─┐
//	worker ─► partition a: best rows of splits 1, 3 …  ─┴─► partition a: the best of them, in the order of the table
//
// So a row is looked at once. Which of equal rows is better, and which partition comes first, ordinals say:
// if the best rows seem to be at the end of the table, it is read from there, so that most rows are seen to be
// worse than those that are kept.
type topsTogether struct {
	rt        *Runtime
	node      *plan.Window
	top       func(Operator) Operator
	tops      []*partitionTop // of the workers
	backwards bool            // splits come from the end of the table
	account   account         // of the rows
}

// topsTogether returns the rows of the input of n, a fragment, that n needs; top makes the operators of the other way.
func (b *builder) topsTogether(n *plan.Window, top func(Operator) Operator) (Operator, error) {
	input, err := b.gather(n.Input, top)
	if err != nil {
		return nil, err
	}
	all := input.(*gather)
	o := &topsTogether{rt: b.rt, node: n, top: top, account: b.rt.account(n, "a window")}
	splits := all.splits.again(n.Input)
	if len(n.OrderBy) > 0 {
		if key, ok := scanKey(n.Input, n.OrderBy[0]); ok && splits.endsBetter(key) {
			o.backwards = true
			splits.turn()
		}
	}
	return b.splitsTogether(n.Input, splits, o, top(all)), nil
}

// scanKey returns k as a key of the scan below n, if it is a column of that.
func scanKey(n plan.Node, k plan.SortKey) (plan.SortKey, bool) {
	for {
		switch m := n.(type) {
		case *plan.Scan:
			return k, true
		case *plan.Filter:
			n = m.Input
		case *plan.Project:
			at := slices.IndexFunc(m.Outputs, func(p plan.Projection) bool { return p.ID == k.ID })
			if at < 0 {
				return k, false
			}
			ref, ok := m.Outputs[at].Expr.(*plan.ColumnRef)
			if !ok {
				return k, false
			}
			k.ID, n = ref.ID, m.Input
		default:
			return k, false
		}
	}
}

// worker implements findings.
func (o *topsTogether) worker() (finder, error) {
	t := o.top(nil).(*partitionTop)
	t.ordinal = len(o.node.Input.Columns())
	t.held.types = append(t.held.types[:t.ordinal:t.ordinal], types.TBigint)
	if a := &t.held.account; a.allowance < noAllowance-1 {
		a.allowance *= slotsPerWorker // there is one for each worker, none for splits that wait
	}
	o.tops = append(o.tops, t)
	return topWorker{t}, nil
}

// topWorker keeps the best rows that one worker meets.
type topWorker struct{ top *partitionTop }

// take implements finder.
func (w topWorker) take(_ context.Context, b *vector.Batch, first int64) (fits bool, err error) {
	fits, err = w.top.take(withOrdinals(b, &first))
	return fits && w.top.plain, err
}

// end implements finder.
func (w topWorker) end(context.Context) (fits bool, err error) { return true, nil }

// release implements findings.
func (o *topsTogether) release() {
	o.drop()
	o.account.release()
}

func (o *topsTogether) drop() {
	for _, t := range o.tops {
		t.held.release()
	}
	o.tops = nil
}

// merged implements findings.
func (o *topsTogether) merged(ctx context.Context) (rows batches, fits bool, err error) {
	all, err := o.best(ctx)
	if err != nil {
		return nil, false, err
	}
	o.drop()
	if all != nil {
		o.account.force((&sizer{}).bytes(all)) // of rows that were held until now
	}
	return &slicedRows{sliced{whole: all}, o.rt.BatchRows}, true, nil
}

// topCandidate is a row that a worker kept.
type topCandidate struct {
	topEntry // the row is one of all workers' rows
	ordinal  int64
}

// best puts together what the workers kept; nil for no rows.
func (o *topsTogether) best(ctx context.Context) (*vector.Batch, error) {
	o.tops = slices.DeleteFunc(o.tops, func(t *partitionTop) bool { return t.groups.n == 0 })
	if len(o.tops) == 0 {
		return nil, nil
	}
	if err := together(ctx, o.rt.Workers, len(o.tops), func(w int) error { return o.tops[w].compact() }); err != nil {
		return nil, err
	}
	columns := columnTypes(o.node.Input.Columns())
	var keys []types.Type
	for _, at := range o.tops[0].partition {
		keys = append(keys, columns[at])
	}
	var (
		groups = newGrouper(keys, o.rt.Env.NoDictionaries)
		number = make([][]int32, len(o.tops)) // of each worker's partitions
		base   = make([]int32, len(o.tops))   // where its rows begin among all
		own    = make([][]int64, len(o.tops)) // their ordinals
		kept   []*vector.Batch
		rows   int32
	)
	for w, t := range o.tops {
		n := t.groups.n
		var err error
		if number[w], err = groups.groupAll(ctx, t.groups.columns(0, n), n); err != nil {
			return nil, err
		}
		base[w] = rows
		b := t.held.batches[0]
		own[w] = ordinals(b, t.ordinal)
		kept = append(kept, &vector.Batch{Columns: b.Columns[:t.ordinal:t.ordinal], N: b.N})
		rows += int32(b.N)
	}
	mine := make([][]int32, len(o.tops)) // of each partition: its number at a worker, -1 for none
	for w := range mine {
		mine[w] = fill(nil, groups.n, -1)
		for g, n := range number[w] {
			mine[w][n] = int32(g)
		}
	}
	out := make([]int32, 0, rows)
	var best []topCandidate
	firsts := make([][]int64, len(o.tops))
	for w, t := range o.tops {
		firsts[w] = t.firsts
	}
	if o.backwards {
		ordered := make([][]int32, len(number))
		err := together(ctx, o.rt.Workers, len(o.tops), func(w int) error {
			firsts[w], ordered[w] = byFirst(firsts[w], number[w])
			return nil
		})
		if err != nil {
			return nil, err
		}
		number = ordered
	}
	looked := 0
	for n := range byFirsts(firsts, number, groups.n) {
		if looked++; looked%groupStepRows == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		best = best[:0]
		for w, t := range o.tops {
			g := int(mine[w][n])
			if g < 0 {
				continue
			}
			for _, e := range t.best[g*t.top : g*t.top+int(t.counts[g])] {
				best = append(best, topCandidate{topEntry{prefix: e.prefix, row: base[w] + e.row}, own[w][e.row]})
			}
		}
		if top := o.tops[0].top; len(best) > top {
			slices.SortFunc(best, func(a, b topCandidate) int {
				if a.prefix != b.prefix {
					return cmp.Compare(a.prefix, b.prefix)
				}
				return cmp.Compare(a.ordinal, b.ordinal)
			})
			best = best[:top]
		}
		slices.SortFunc(best, func(a, b topCandidate) int { return cmp.Compare(a.ordinal, b.ordinal) })
		for _, c := range best {
			out = append(out, c.row)
		}
	}
	all, err := concat(ctx, columns, kept, int(rows))
	if err != nil {
		return nil, err
	}
	all = gatherBatch(all, out)
	if all.N <= fewRows {
		for i, c := range all.Columns {
			all.Columns[i] = vector.Retain(c) // they must not keep a column chunk
		}
	}
	return all, nil
}

// byFirst returns groups by their first rows.
func byFirst(firsts []int64, numbers []int32) ([]int64, []int32) {
	order := make([]int32, len(firsts))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(i, j int32) int { return cmp.Compare(firsts[i], firsts[j]) })
	first, number := make([]int64, len(order)), make([]int32, len(order))
	for i, g := range order {
		first[i], number[i] = firsts[g], numbers[g]
	}
	return first, number
}

// byFirsts yields n groups that workers found, in the order of their first rows. Of each worker there are the ordinals of
// the first rows that it saw of its groups, which ascend, and the groups' numbers.
func byFirsts(firsts [][]int64, numbers [][]int32, n int) func(yield func(int32) bool) {
	return func(yield func(int32) bool) {
		next, given := make([]int, len(firsts)), make([]bool, n)
		for {
			least := -1
			for w := range firsts {
				if next[w] < len(numbers[w]) && (least < 0 || firsts[w][next[w]] < firsts[least][next[least]]) {
					least = w
				}
			}
			if least < 0 {
				return
			}
			g := numbers[least][next[least]]
			next[least]++
			if given[g] {
				continue
			}
			given[g] = true
			if !yield(g) {
				return
			}
		}
	}
}
