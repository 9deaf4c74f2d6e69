package function

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// reduction is the accumulator of reduce_agg(value, initial state, input lambda, combining
// lambda). A lambda is called for one row of each group at a time: for the first row of all
// groups of a batch, then for the second, and so on.
type reduction struct {
	states  []cell // nil before the first row
	typ     types.Type
	combine Lambda // that of the last call; parts that are merged have it too
	held    int64
}

func newReduction(b Binding) (Accumulator, error) {
	t := b.Result
	if t.Physical() == types.Nested || t.IsSketch() {
		return nil, sql.Errorf(sql.NOT_SUPPORTED, sql.Pos{}, "State type not supported for reduce_agg: %s", t)
	}
	return &reduction{typ: t}, nil
}

func (a *reduction) Grow(groups int) {
	if groups > len(a.states) {
		a.states = append(a.states, make([]cell, groups-len(a.states))...)
	}
}

func (a *reduction) set(group int32, v vector.Vector, i int) {
	if old := a.states[group]; old != nil {
		a.held -= vector.Bytes(old)
	}
	a.states[group] = keep(v, i)
	a.held += vector.Bytes(a.states[group])
}

// states of groups as a vector.
func (a *reduction) gather(groups []int32) vector.Vector {
	b := vector.NewBuilder(a.typ, len(groups))
	for _, g := range groups {
		b.Append(a.states[g], 0)
	}
	return b.Build()
}

func (a *reduction) Add(c *Call, groups []int32) error {
	input := c.Lambda[2]
	a.combine = c.Lambda[3]
	next := make([]int32, len(groups)) // of each row: the next one of its group, or -1
	last := map[int32]int32{}          // of each group
	var rows []int32                   // of this round, one of each group
	for i, g := range groups {
		if c.Nulls.Has(i) {
			continue
		}
		next[i] = -1
		if before, ok := last[g]; ok {
			next[before] = int32(i)
		} else {
			rows = append(rows, int32(i))
		}
		last[g] = int32(i)
	}
	owners := make([]int32, 0, len(rows))
	for len(rows) > 0 {
		owners = owners[:0]
		for _, r := range rows {
			g := groups[r]
			owners = append(owners, g)
			if a.states[g] == nil {
				a.set(g, c.Args[1], int(r))
			}
		}
		out, err := input(rows, a.gather(owners), vector.Gather(c.Args[0], rows))
		if err != nil {
			return err
		}
		for i, g := range owners {
			a.set(g, out, i)
		}
		left := rows[:0]
		for _, r := range rows {
			if next[r] >= 0 {
				left = append(left, next[r])
			}
		}
		rows = left
	}
	return nil
}

func (a *reduction) Part(groups []int32) Accumulator {
	return &reduction{states: pickStates(a.states, groups), typ: a.typ, combine: a.combine, held: shareOf(a.held, len(groups), len(a.states))}
}

func (a *reduction) Merge(other Accumulator, groups []int32) error {
	o := other.(*reduction)
	if a.combine == nil {
		a.combine = o.combine
	}
	var both, theirs []int32
	for i, state := range o.states {
		switch g := groups[i]; {
		case state == nil:
		case a.states[g] == nil:
			a.set(g, state, 0)
		default:
			both, theirs = append(both, g), append(theirs, int32(i))
		}
	}
	if len(both) == 0 {
		return nil
	}
	rows := make([]int32, len(both)) // combining uses no columns
	out, err := a.combine(rows, a.gather(both), o.gather(theirs))
	if err != nil {
		return err
	}
	for i, g := range both {
		a.set(g, out, i)
	}
	return nil
}

func (a *reduction) Result(from, to int) (vector.Vector, error) {
	return buildCells(a.typ, to-from, func(i int) cell { return a.states[from+i] }), nil
}

func (a *reduction) Bytes() int64 { return 16*int64(cap(a.states)) + a.held }

var _ = aggregate("reduce_agg", "Reduces values to one: a lambda makes the next state of the last one and a value, another combines two states",
	"reduce_agg(x, 0, (s, y) -> s + y, (s, u) -> s + u)", "1, 2, 3", "6",
	AggregateOverload{Params: "T,S,function(S,T,S),function(S,S,S)", Result: "S", OrderSensitive: true, New: newReduction})
