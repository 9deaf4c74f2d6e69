package function

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// collected is an accumulator that keeps all its rows, as a chain for each group:
//
//	head[g] ─► row ─ next ─► row ─ next ─► -1
//
// and makes the result out of a group's rows at the end.
type collected struct {
	binding    Binding
	parts      [][]vector.Vector // of each Add: copies of the arguments
	next       []int32
	head, tail []int32
	held       int64
	whole      []vector.Vector // all parts, once they were asked for
	finish     finisher
}

// finisher appends a group's result, made of the given rows of the arguments, to a builder.
type finisher func(args []vector.Vector, rows []int32, out vector.Builder) error

// collect returns a New for an aggregate that needs all rows of a group at once.
func collect(f func(b Binding) finisher) newAccumulator {
	return func(b Binding) (Accumulator, error) { return &collected{binding: b, finish: f(b)}, nil }
}

const maxCollectedRows = 1<<31 - 1

var errCollected = failf(sql.EXCEEDED_FUNCTION_MEMORY_LIMIT, "An aggregate cannot keep more than %d rows", maxCollectedRows)

func (a *collected) Grow(groups int) {
	for len(a.head) < groups {
		a.head, a.tail = append(a.head, -1), append(a.tail, -1)
	}
}

func (a *collected) Add(c *Call, groups []int32) error {
	rows := make([]int32, 0, len(groups))
	if len(a.next) > maxCollectedRows-len(groups) {
		return errCollected
	}
	for i, g := range groups {
		if c.Nulls.Has(i) {
			continue
		}
		row := int32(len(a.next))
		a.next = append(a.next, -1)
		a.link(g, row, row)
		rows = append(rows, int32(i))
	}
	if len(rows) == 0 {
		return nil
	}
	part := make([]vector.Vector, len(c.Args))
	for i, v := range c.Args {
		if v == nil {
			continue
		}
		if len(rows) < c.N {
			v = vector.Gather(v, rows)
		}
		part[i] = vector.Retain(v)
		a.held += vector.Bytes(part[i])
	}
	a.parts, a.whole = append(a.parts, part), nil
	return nil
}

// link adds the chain first..last to group g.
func (a *collected) link(g, first, last int32) {
	if a.head[g] < 0 {
		a.head[g] = first
	} else {
		a.next[a.tail[g]] = first
	}
	a.tail[g] = last
}

func (a *collected) Merge(other Accumulator, groups []int32) error {
	o := other.(*collected)
	if len(a.next) > maxCollectedRows-len(o.next) {
		return errCollected
	}
	base := int32(len(a.next))
	for _, n := range o.next {
		if n >= 0 {
			n += base
		}
		a.next = append(a.next, n)
	}
	for g, first := range o.head {
		if first >= 0 {
			a.link(groups[g], first+base, o.tail[g]+base)
		}
	}
	a.parts, a.whole = append(a.parts, o.parts...), nil
	a.held += o.held
	return nil
}

func (a *collected) Part(groups []int32) Accumulator {
	p := &collected{binding: a.binding, finish: a.finish}
	p.Grow(len(groups))
	var rows []int32
	for i, g := range groups {
		from := int32(len(rows))
		for r := a.head[g]; r >= 0; r = a.next[r] {
			rows = append(rows, r)
			p.next = append(p.next, int32(len(rows)))
		}
		if n := int32(len(rows)); n > from {
			p.head[i], p.tail[i], p.next[n-1] = from, n-1, -1
		}
	}
	if len(rows) == 0 {
		return p
	}
	part := make([]vector.Vector, len(a.joined()))
	for i, v := range a.joined() {
		if v != nil {
			part[i] = vector.Gather(v, rows)
			p.held += vector.Bytes(part[i])
		}
	}
	p.parts = append(p.parts, part)
	return p
}

// joined returns all rows of each argument; nil for lambdas.
func (a *collected) joined() []vector.Vector {
	if a.whole == nil {
		a.whole = make([]vector.Vector, len(a.binding.Params))
		for i, t := range a.binding.Params {
			var parts []vector.Vector
			for _, p := range a.parts {
				if p[i] != nil {
					parts = append(parts, p[i])
				}
			}
			if !t.Is(types.Function) {
				a.whole[i] = vector.Concat(t, parts...)
			}
		}
	}
	return a.whole
}

func (a *collected) Result(from, to int) (vector.Vector, error) {
	whole := a.joined()
	out := vector.NewBuilder(a.binding.Result, to-from)
	var rows []int32
	for g := from; g < to; g++ {
		rows = rows[:0]
		for r := a.head[g]; r >= 0; r = a.next[r] {
			rows = append(rows, r)
		}
		if len(rows) == 0 {
			out.AppendNull()
			continue
		}
		if err := a.finish(whole, rows, out); err != nil {
			return nil, err
		}
	}
	return out.Build(), nil
}

func (a *collected) Bytes() int64 {
	return 4*int64(cap(a.next)+cap(a.head)+cap(a.tail)) + a.held
}

// plainFinish is a finisher's making that needs nothing of the binding.
func plainFinish(f finisher) func(Binding) finisher { return func(Binding) finisher { return f } }

var _ = aggregate("array_agg", "Returns an array of the values", "array_agg(x)", "1, NULL", "[1, null]",
	AggregateOverload{Params: "T", Result: "array(T)", Nullable: true, OrderSensitive: true, KeepsRows: true,
		New: collect(plainFinish(func(args []vector.Vector, rows []int32, out vector.Builder) error {
			b := out.(*vector.ArrayBuilder)
			b.Elements.AppendAll(vector.Gather(args[0], rows))
			b.Close()
			return nil
		}))})
