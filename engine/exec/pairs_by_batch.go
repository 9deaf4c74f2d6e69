package exec

import "github.com/ctlake/ctlake/sql/plan"

// maxPairsPerRow is how many right rows may have one key so that several goroutines pair whole batches of left rows: all pairs
// of the batches that are under way are held.
const maxPairsPerRow = 4

// few reports whether a left row has few partners, and several workers may look for them.
func (j *joining) few(b *built, workers int) bool {
	if workers < 2 || len(j.leftKeys) == 0 {
		return false
	}
	for g := range b.groups.n {
		if b.starts[g+1]-b.starts[g] > maxPairsPerRow {
			return false
		}
	}
	return true
}

// pairsByBatch joins a left side that comes from one goroutine with a right side in memory: several goroutines pair the rows
// of a batch each, as rowsTogether does, and right rows that none of them has paired come last.
func (b *builder) pairsByBatch(n *plan.Join, j *joining, left Operator, right *built) (Operator, error) {
	o := &rowsTogether{input: left}
	for range b.rt.Workers {
		own, err := b.joining(n, j.right) // evaluators are for one worker
		if err != nil {
			return nil, err
		}
		over := own.over
		if n.Kind != plan.MarkJoin {
			over = func(in Operator) Operator {
				return &pairJoin{hashJoin: &hashJoin{joining: own, left: in}, pairsOnly: true}
			}
		}
		o.over = append(o.over, over)
	}
	return &pairsThenRest{pairs: o, rest: unpaired{joining: j, built: right}}, nil
}
