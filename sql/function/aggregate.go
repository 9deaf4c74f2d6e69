package function

import (
	"strings"
	"unsafe"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Here is what most accumulators are made of: fold, for states of fixed size, one a
// group; and collected (collected.go), for those that keep their rows.

type newAccumulator = func(Binding) (Accumulator, error)

// aggregate registers an aggregate. call is its example over the given VALUES of
// a table with the columns x and y.
func aggregate(names, text, call, values, result string, overloads ...AggregateOverload) registered {
	all := strings.Split(names, ",")
	columns := "x"
	if strings.HasPrefix(values, "(") {
		columns = "x, y"
	}
	example := "(SELECT " + call + " FROM (VALUES " + values + ") AS t (" + columns + "))"
	return registerAggregate(Aggregate{
		Doc:       Doc{Name: all[0], Aliases: all[1:], Text: text, Example: example, Result: result, Group: "aggregate"},
		Overloads: overloads,
	})
}

// fold is an accumulator with a state S for each group, whose zero value has seen no row.
type fold[S any] struct {
	states []S
	result types.Type
	held   int64 // bytes beyond the states, which add and merge account for
	// rows returns what takes in row i of a call.
	rows func(f *fold[S], c *Call) func(s *S, i int) error
	// batch, if it is set, takes in a call that rows would take in row by row.
	batch func(f *fold[S], c *Call, groups []int32) error
	merge func(f *fold[S], s, other *S) error
	build func(f *fold[S], states []S) (vector.Vector, error)
}

func (f *fold[S]) Grow(groups int) {
	if groups > len(f.states) {
		f.states = append(f.states, make([]S, groups-len(f.states))...)
	}
}

func (f *fold[S]) Add(c *Call, groups []int32) error {
	if f.batch != nil {
		return f.batch(f, c, groups)
	}
	add := f.rows(f, c)
	for i, g := range groups {
		if c.Nulls.Has(i) {
			continue
		}
		if err := add(&f.states[g], i); err != nil {
			return err
		}
	}
	return nil
}

func (f *fold[S]) Merge(other Accumulator, groups []int32) error {
	o := other.(*fold[S])
	for i := range o.states {
		if err := f.merge(f, &f.states[groups[i]], &o.states[i]); err != nil {
			return err
		}
	}
	return nil
}

func (f *fold[S]) Result(from, to int) (vector.Vector, error) { return f.build(f, f.states[from:to]) }

func (f *fold[S]) Part(groups []int32) Accumulator {
	p := f.part(groups)
	return &p
}

func (f *fold[S]) part(groups []int32) fold[S] {
	p := *f
	p.states = pickStates(f.states, groups)
	p.held = shareOf(f.held, len(groups), len(f.states))
	return p
}

// pickStates returns the states of the given groups.
func pickStates[S any](states []S, groups []int32) []S {
	out := make([]S, len(groups))
	for i, g := range groups {
		out[i] = states[g]
	}
	return out
}

// shareOf is about what some of all groups hold of what all do.
func shareOf(held int64, groups, all int) int64 {
	if all == 0 {
		return 0
	}
	return int64(float64(held) * float64(groups) / float64(all))
}

func (f *fold[S]) Bytes() int64 {
	var s S
	return int64(cap(f.states))*int64(unsafe.Sizeof(s)) + f.held
}

// buildEach returns the build of a fold whose result is a scalar, NULL where ok is false.
func buildEach[S any, R vector.Element](value func(s *S) (r R, ok bool, err error)) func(*fold[S], []S) (vector.Vector, error) {
	return func(f *fold[S], states []S) (vector.Vector, error) {
		return eachOrNull(&Call{N: len(states), Result: f.result}, func(i int) (R, bool, error) { return value(&states[i]) })
	}
}

// cell keeps one value of any type: a vector of one row, that shares no memory with
// the batch that it is from. nil is none.
type cell = vector.Vector

func keep(v vector.Vector, i int) cell { return vector.Retain(vector.Plain(vector.Slice(v, i, i+1))) }

// buildCells returns the vector of cells, NULL where there is none.
func buildCells(t types.Type, n int, at func(i int) cell) vector.Vector {
	b := vector.NewBuilder(t, n)
	for i := range n {
		if v := at(i); v != nil {
			b.Append(v, 0)
		} else {
			b.AppendNull()
		}
	}
	return b.Build()
}
