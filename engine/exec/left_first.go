package exec

import (
	"context"
	"io"
	"math"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/vector"
)

const (
	// fewLeftShare is how many times as many right rows as left ones are to be expected for the left ones to be
	// read first.
	fewLeftShare = 4
	// maxFirstRows is how many left rows are read first at most.
	maxFirstRows = 1 << 20
)

// leftFirst reads the left side of a join before the right one, so that the scans of the right side are told the keys:
//
//	left rows, held ─► keys ─► scan of the right side ─► few right rows ─► table of the join
//	       └──────────────────────────────────────────────────────────────────► pairs, in the order of the left rows
//
// If there are more rows than expected, no keys are told, and the join goes on with the rows that are held and those
// that follow.
type leftFirst struct {
	input  Operator // nil once it has ended
	held   *buffer
	keys   []int
	sets   []*keySet
	rows   int // of the right side, about
	plain  bool
	splits []int64 // of each batch that is held
	split  func() int64
	number func() int64 // of the batch that input gave last; nil if it does not matter
	given  int
}

// leftFirst returns an operator that reads input, the left side of n, first.
func (b *builder) leftFirst(n *plan.Join, input Operator, sets []*keySet) *leftFirst {
	keys, _ := positions(n.Left.Columns(), n.LeftKeys) // they are there: the join was compiled
	account := b.rt.account(n, "a join")
	if account.allowance < noAllowance-1 {
		account.allowance /= 4 // the right side has the rest
	}
	o := &leftFirst{input: input, held: newBuffer(n.Left.Columns(), account), keys: keys, sets: sets,
		rows: int(math.Min(b.guess(n.Right)/fewLeftShare, maxFirstRows)), plain: b.rt.Env.NoDictionaries}
	o.split = func() int64 {
		if o.given > 0 && o.given <= len(o.splits) {
			return o.splits[o.given-1]
		}
		return o.number()
	}
	return o
}

// read reads the rows, and publishes their keys if these are all.
func (o *leftFirst) read(ctx context.Context) error {
	for o.held.rows <= o.rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := o.input.Next(ctx)
		if err == io.EOF {
			return o.publish(ctx)
		}
		if err != nil {
			return err
		}
		if b.N == 0 {
			continue
		}
		if o.number != nil {
			o.splits = append(o.splits, o.number())
		}
		fits, err := o.held.fits(b, 0)
		if err != nil {
			return err
		}
		if !fits {
			o.held.force(b)
			break
		}
	}
	return nil
}

func (o *leftFirst) publish(ctx context.Context) error {
	err := o.input.Close()
	o.input = nil
	if err != nil {
		return err
	}
	keys := make([]interner, len(o.keys))
	bytes := int64(0)
	for k, at := range o.keys {
		if o.sets[k] == nil {
			continue
		}
		keys[k] = newInterner(o.held.types[at], o.plain)
		var codes []int32
		for _, b := range o.held.batches {
			if err := ctx.Err(); err != nil {
				return err
			}
			codes = grow(codes, b.N)
			keys[k].codes(b.Columns[at], codes)
		}
		bytes += keys[k].bytes()
	}
	if fits, err := o.held.account.fits(o.held.account.held + bytes); err != nil || !fits {
		return err // the right side is read as if nothing were known of it
	}
	publish(o.sets, keys)
	return nil
}

// Next gives the rows that are held, and those that follow.
func (o *leftFirst) Next(ctx context.Context) (*vector.Batch, error) {
	if o.given < len(o.held.batches) {
		o.given++
		return o.held.batches[o.given-1], nil
	}
	o.given++
	if o.input == nil {
		return nil, io.EOF
	}
	return o.input.Next(ctx)
}

// Close implements Operator.
func (o *leftFirst) Close() error {
	o.held.release()
	if o.input == nil {
		return nil
	}
	return o.input.Close()
}

// tryLeft reads the left side of the lowest join of a fragment; nil if it turns out to have many rows: workers
// then read it as if nothing had been, which has them pair the rows.
func (b *builder) tryLeft(ctx context.Context, n *plan.Join, all *splits) (*leftFirst, error) {
	splits := all.again(n.Left)
	x := &exchange[*vector.Batch]{splits: splits, workers: b.rt.Workers, room: newRoom(b.rt.Memory), bytes: waitingBytes, closer: func() error { return nil },
		newWorker: func() (func(context.Context, *task, func(*vector.Batch) error) error, error) {
			f, err := b.fragment(n.Left)
			if err != nil {
				return nil, err
			}
			return gathering(unchanged)(f), nil
		}}
	o := b.leftFirst(n, &gather{exchange: x, over: unchanged}, b.first[n])
	o.number = func() int64 { return x.slots }
	err := o.read(ctx)
	if err == nil && o.input == nil {
		all.uncount()
		return o, nil
	}
	if e := o.Close(); err == nil {
		err = e
	}
	splits.uncount()
	return nil, err
}

// What share of rows conditions are taken to let pass, to tell small sides of joins from large ones.
const (
	guessedEqualShare = 0.1
	guessedShare      = 0.5
)

// guess returns about how many rows n gives; infinity where nothing is known.
func (b *builder) guess(n plan.Node) float64 {
	rows, ok := b.guesses[n]
	if !ok {
		rows = b.guessed(n)
		b.guesses[n] = rows
	}
	return rows
}

func (b *builder) guessed(n plan.Node) float64 {
	inputs := n.Inputs()
	of := func(i int) float64 { return b.guess(inputs[i]) }
	switch n := n.(type) {
	case *plan.Scan:
		e, ok := EstimateScan(n, b.rt.NoPruning)
		if !ok {
			return math.Inf(1)
		}
		return float64(e.Rows) * guessedPart(n.Filter, e.UnitsPruned > 0)
	case *plan.Values:
		return float64(len(n.Rows))
	case *plan.Sequence:
		return float64(n.Count()) + 1
	case *plan.Filter:
		return of(0) * guessedPart(n.Predicate, false)
	case *plan.Aggregate:
		if len(n.Keys) == 0 {
			return 1
		}
	case *plan.Limit:
		if n.Count >= 0 {
			return math.Min(of(0), float64(n.Count))
		}
	case *plan.TopN:
		return math.Min(of(0), float64(n.Count))
	case *plan.EnforceSingleRow:
		return 1
	case *plan.Union:
		sum := 0.0
		for i := range inputs {
			sum += of(i)
		}
		return sum
	case *plan.Join:
		if n.Kind == plan.CrossJoin {
			return math.Inf(1)
		}
		return math.Max(of(0), of(1))
	case *plan.Project, *plan.Sort, *plan.Window, *plan.Output:
	default:
		return math.Inf(1)
	}
	return of(0)
}

// guessedPart guesses which share of rows a condition lets pass. With pruned set, comparisons have left parts of a
// table out already.
func guessedPart(condition plan.Expr, pruned bool) float64 {
	out := 1.0
	for _, term := range plan.Conjuncts(condition) {
		switch t := term.(type) {
		case *plan.In:
			out *= math.Min(guessedShare, guessedEqualShare*float64(len(t.List)))
		case *plan.Call:
			switch t.Fn.Name {
			case "$equal":
				out *= guessedEqualShare
			case "$less", "$less_or_equal", "$greater", "$greater_or_equal":
				if !pruned {
					out *= guessedShare
				}
			case "$not": // as a rule that something is not NULL, or not equal
			default:
				out *= guessedShare
			}
		default:
			out *= guessedShare
		}
	}
	return out
}
