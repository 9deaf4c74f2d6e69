package exec

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// distinctValues are the values that a count(DISTINCT x) without GROUP BY counts. The workers that scan find them
// together, since a count does not depend on an order:
//
//	worker ─► sink ─► keys by the first bits of their hashes ─┐
//	worker ─► sink ─► …                                       ├─► each part: distinct ones ─► how many
//
// If they do not fit into memory, those that were found, and from then on what the workers see, are given
// to the aggregation, which knows how to write them to disk.
type distinctValues struct {
	typ   types.Type
	uuids keySets[vector.UUID] // texts that are UUIDs
	texts keySets[string]      // all others
	ints  keySets[int64]

	mu      sync.Mutex // of account
	account account
	full    atomic.Bool
}

// countsDistinct reports whether workers can find the values of a call of an aggregation.
func countsDistinct(c *plan.AggCall) bool {
	if !c.Distinct || c.Fn.Name != "count" || len(c.Args) != 1 || len(c.OrderBy) > 0 {
		return false
	}
	if _, ok := c.Args[0].(*plan.ColumnRef); !ok {
		return false
	}
	t := c.Args[0].Type()
	return t.Physical() == types.Int64 || t.Physical() == types.String && !t.Is(types.Char)
}

// separableBut reports whether parts of the input of n may be aggregated apart and merged, but for calls whose values
// workers find together. There is one at least.
func separableBut(n *plan.Aggregate) bool {
	if len(n.Keys) > 0 || hasJoin(n.Input) {
		return false
	}
	rest, some := *n, false
	rest.Aggs = nil
	for i := range n.Aggs {
		if countsDistinct(&n.Aggs[i]) {
			some = true
		} else {
			rest.Aggs = append(rest.Aggs, n.Aggs[i])
		}
	}
	return some && separable(&rest)
}

// hasJoin reports whether there is a join in fragment n.
func hasJoin(n plan.Node) bool {
	_, ok := lowestJoin(n)
	return ok
}

// distinctValues returns the values of each call of n that workers find together, nil for the others.
func (b *builder) distinctValues(n *plan.Aggregate) []*distinctValues {
	out := make([]*distinctValues, len(n.Aggs))
	for i := range n.Aggs {
		if c := &n.Aggs[i]; countsDistinct(c) {
			out[i] = newDistinctValues(c.Args[0].Type(), b.rt.account(n, "an aggregation"))
		}
	}
	return out
}

func newDistinctValues(t types.Type, a account) *distinctValues {
	if a.allowance < noAllowance-1 {
		a.allowance /= 2 // the aggregation may have to take them in
	}
	v := &distinctValues{typ: t, account: a}
	v.uuids.hash, v.texts.hash, v.ints.hash = hashUUIDs, hashStrings, hashInt64s
	v.texts.weigh = func(s string) int64 { return int64(len(s)) }
	return v
}

func (v *distinctValues) bytes() int64 {
	return v.uuids.held.Load() + v.texts.held.Load() + v.ints.held.Load()
}

// charge accounts for what is held. If that is too much, no more is to be added.
func (v *distinctValues) charge(ctx context.Context) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.full.Load() {
		v.account.force(v.bytes())
		return nil
	}
	fits, err := v.account.fits(v.bytes())
	if fits || err != nil {
		return err
	}
	if err := v.compact(ctx, 1); err != nil {
		return err
	}
	if fits, err = v.account.fits(v.bytes()); err == nil && !fits {
		v.full.Store(true)
		v.account.force(v.bytes())
	}
	return err
}

func (v *distinctValues) compact(ctx context.Context, workers int) error {
	err := v.uuids.compact(ctx, workers)
	if err == nil {
		err = v.texts.compact(ctx, workers)
	}
	if err == nil {
		err = v.ints.compact(ctx, workers)
	}
	return err
}

// drain gives all values that are held up, and to add.
func (v *distinctValues) drain(ctx context.Context, add func(vector.Vector) error) error {
	for part := range keyParts {
		values := [...]vector.Vector{vector.NewFlat(v.typ, v.ints.take(part), nil),
			textsOf(v.typ, v.uuids.take(part), v.texts.take(part))}
		for _, values := range values {
			for from := 0; from < values.Len(); from += maxAheadRows {
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := add(vector.Slice(values, from, min(from+maxAheadRows, values.Len()))); err != nil {
					return err
				}
			}
		}
		v.mu.Lock()
		v.account.force(v.bytes())
		v.mu.Unlock()
	}
	return nil
}

// textsOf returns texts, some of which are UUIDs.
func textsOf(t types.Type, uuids []vector.UUID, others []string) vector.Vector {
	texts := make([]string, 0, len(uuids)+len(others))
	for _, u := range uuids {
		texts = append(texts, u.String())
	}
	return vector.NewFlat(t, append(texts, others...), nil)
}

func (v *distinctValues) release() {
	v.mu.Lock()
	v.account.release()
	v.mu.Unlock()
}

// values takes in values of a call with DISTINCT of an aggregation without keys.
func (l *level) values(ctx context.Context, call int, v vector.Vector) error {
	s := l.main.states[call]
	b := &vector.Batch{Columns: make([]vector.Vector, len(l.node.Input.Columns())), N: v.Len()}
	b.Columns[s.args[0]] = v
	if err := s.addAll(ctx, l.rt.Env.Ctx, b, make([]int32, b.N)); err != nil {
		return sql.At(err, s.at)
	}
	return l.charge()
}

// countValues ends the search for the values of a call, and counts them.
func (l *level) countValues(ctx context.Context, call int, v *distinctValues) error {
	if v.full.Load() {
		return v.drain(ctx, func(some vector.Vector) error { return l.values(ctx, call, some) })
	}
	n, err := v.count(ctx, l.rt.Workers)
	if err != nil {
		return err
	}
	s := l.main.states[call]
	s.seen = nil
	var one vector.Vector = vector.NewFlat(v.typ, make([]int64, 1), nil)
	if v.typ.Physical() == types.String {
		one = vector.NewFlat(v.typ, make([]string, 1), nil)
	}
	zeros := make([]int32, min(groupStepRows, max(n, 1)))
	columns := make([]vector.Vector, len(l.node.Input.Columns()))
	for ; n > 0; n -= len(zeros) {
		rows := min(n, len(zeros))
		columns[s.args[0]] = vector.NewConstant(one, rows)
		if err := s.acc.Add(s.call(l.rt.Env.Ctx, columns, rows), zeros[:rows]); err != nil {
			return sql.At(err, s.at)
		}
	}
	return nil
}

// count gives all values up and returns how many there were.
func (v *distinctValues) count(ctx context.Context, workers int) (n int, err error) {
	v.mu.Lock()
	v.account.force(v.bytes() + int64(workers)*max(v.uuids.largest(), v.texts.largest(), v.ints.largest()))
	v.mu.Unlock()
	for _, count := range []func(context.Context, int) (int, error){v.uuids.count, v.texts.count, v.ints.count} {
		some, err := count(ctx, workers)
		if err != nil {
			return 0, err
		}
		n += some
	}
	v.release()
	return n, nil
}

const (
	// sinkKeys is how many keys a worker gathers before it hands them on.
	sinkKeys = 1 << 14
	// recentTexts is how many texts a worker remembers so as not to hand them on again and again.
	recentTexts = 1 << 10
)

// distinctSink finds the values of one call for one worker.
type distinctSink struct {
	to    *distinctValues
	plain bool // dictionaries are as any other vector
	uuids partedKeys[vector.UUID]
	texts partedKeys[string]
	ints  partedKeys[int64]

	room   texts
	recent []string

	of    any // the dictionary, or the list of entries, that given is of
	given []bool
	rows  []int32 // scratch
}

// add looks at an argument of some rows.
func (s *distinctSink) add(v vector.Vector) {
	if v.Type().Physical() == types.Int64 {
		w := vector.ViewOf[int64](v)
		for _, at := range s.places(v, w.At) {
			k := w.Values[at]
			s.ints.add(k, hashInt64(k))
		}
		return
	}
	if u, ok := v.(*vector.UUIDs); ok {
		nulls := u.Nulls()
		for i, k := range u.Values {
			if !nulls.Has(i) {
				s.uuids.add(k, hashUUID(k))
			}
		}
		return
	}
	w := vector.ViewOf[string](v)
	for _, at := range s.places(v, w.At) {
		text := w.Values[at]
		if u, ok := vector.UUIDOf(text); ok {
			s.uuids.add(u, hashUUID(u))
			continue
		}
		hash := hashString(text)
		if s.recent == nil {
			s.recent = make([]string, recentTexts)
		}
		recent := &s.recent[hash>>32%recentTexts]
		if *recent == text && len(text) > 0 {
			continue
		}
		text = s.room.clone(text)
		*recent = text
		s.texts.add(text, hash)
	}
}

// places returns which of the values of v are to be looked at; at are those of its rows.
func (s *distinctSink) places(v vector.Vector, at []int32) []int32 {
	nulls := v.Nulls()
	d, ok := v.(*vector.Dictionary)
	if _, constant := v.(*vector.Constant); constant && len(at) > 1 {
		at = at[:1]
	}
	if !ok || s.plain {
		if nulls == nil {
			return at
		}
		s.rows = s.rows[:0]
		for i, place := range at {
			if !nulls.Has(i) {
				s.rows = append(s.rows, place)
			}
		}
		return s.rows
	}
	var of any = d.Values
	if origin := vector.OriginOf(d.Values); origin != nil {
		of = origin
	}
	if s.of != of {
		s.of = of
		clear(s.given)
	}
	if n := d.Values.Len(); n > len(s.given) {
		s.given = append(s.given, make([]bool, n-len(s.given))...)
	}
	s.rows = s.rows[:0]
	for i, id := range d.Ids {
		if !s.given[id] && !nulls.Has(i) {
			s.given[id] = true
			s.rows = append(s.rows, id)
		}
	}
	return s.rows
}

// flush hands on what was found, if that is much or all: to the other workers' values or, if they are too many, to emit.
func (s *distinctSink) flush(ctx context.Context, all bool, emit func(vector.Vector) error) error {
	n := s.uuids.n + s.texts.n + s.ints.n
	if n == 0 || n < sinkKeys && !all {
		return nil
	}
	if !s.to.full.Load() {
		s.uuids.give(&s.to.uuids, all)
		s.texts.give(&s.to.texts, all)
		s.ints.give(&s.to.ints, all)
		return s.to.charge(ctx)
	}
	var values vector.Vector
	if s.ints.n > 0 {
		values = vector.NewFlat(s.to.typ, s.ints.take(), nil)
	} else {
		values = textsOf(s.to.typ, s.uuids.take(), s.texts.take())
	}
	return emit(values)
}
