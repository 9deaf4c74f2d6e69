package exec

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/domain"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// A join that has read one of its sides tells the scans below the other which keys there are, so that rows
// without a partner are neither read in full nor passed on:
//
//	right rows ─► keys ─► scan of the left side     inner and right joins, and marks that must be true
//	left rows  ─► keys ─► scan of the right side    inner and left joins, if few left rows are expected: they
//	                                                are then read first (left_first.go)
//
// NULL is no key. Of several keys each is looked for by itself. What is dropped so would meet no partner in the
// join, which still compares: a set that is not known, or too large to be held, changes no answer.

// keySet are the keys that one side of a join has, once that was read.
type keySet struct{ known atomic.Pointer[keyValues] }

// keyValues are distinct keys. They do not change.
type keyValues struct {
	interner interner
	once     sync.Once
	domain   domain.Domain // that includes them

	mu      sync.Mutex
	entries [seenDictionaries]entryCodes // of the dictionaries that were looked at last, the last one first
}

// entryCodes says of the entries of a dictionary which key they are, -1 being none.
type entryCodes struct {
	of    vector.Vector
	codes []int32
}

const (
	// maxDomainKeys is up to how many keys row groups are compared with one by one; of more only the least and greatest count.
	maxDomainKeys = 4096
	// seenDictionaries is how many dictionaries are remembered: stripes may share one, and each worker has a stripe.
	seenDictionaries = 4
)

// within returns a domain of all the keys.
func (k *keyValues) within(t types.Type) domain.Domain {
	k.once.Do(func() { k.domain = k.bounds(t) })
	return k.domain
}

func (k *keyValues) bounds(t types.Type) domain.Domain {
	values, null, n := k.interner.values(), int(k.interner.null()), k.interner.len()
	if n <= maxDomainKeys {
		all := make([]domain.Value, 0, n)
		for i := range n {
			if i != null {
				all = append(all, vector.ValueAt(values, i))
			}
		}
		return domain.In(t, all...)
	}
	switch v := values.(type) {
	case *vector.Flat[int64]:
		return domain.Between(t, extreme(v.Values, null, slices.Min), extreme(v.Values, null, slices.Max))
	case *vector.Flat[string]:
		return domain.Between(t, extreme(v.Values, null, slices.Min), extreme(v.Values, null, slices.Max))
	}
	return domain.NotNull(t)
}

// extreme returns the least or the greatest of values but the one at null, if that is not negative.
func extreme[T int64 | string](values []T, null int, of func([]T) T) T {
	if null < 0 {
		return of(values)
	}
	var rest []T
	for _, part := range [][]T{values[:null], values[null+1:]} {
		if len(part) > 0 {
			rest = append(rest, of(part))
		}
	}
	return of(rest)
}

// codes returns which key each entry of a dictionary is. Workers share what they found.
func (k *keyValues) codes(of vector.Vector) []int32 {
	if codes, ok := k.seen(of); ok {
		return codes
	}
	codes := make([]int32, of.Len())
	k.interner.find(of, codes)
	k.mu.Lock()
	defer k.mu.Unlock()
	copy(k.entries[1:], k.entries[:])
	k.entries[0] = entryCodes{of, codes}
	return codes
}

// seen is codes for a dictionary that was looked at lately; false for any other, and if k is nil.
func (k *keyValues) seen(of vector.Vector) (codes []int32, ok bool) {
	if k == nil {
		return nil, false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, e := range k.entries {
		if e.of == of {
			return e.codes, true
		}
	}
	return nil, false
}

// scanKeys is a column of a scan in which only values of a set are needed.
type scanKeys struct {
	join   *plan.Join // whose set it is
	right  bool       // the scan is below the right side
	column plan.ColumnID
	set    *keySet
}

// keyable reports whether sets of keys are made of a type: not where equal values may look different to statistics.
func keyable(t types.Type) bool {
	return t.Physical() != types.Nested && t.Physical() != types.Float64 && !t.Is(types.JSON) && !t.Is(types.Unknown) && !t.Is(types.Char)
}

// sendKeys lets the scans below one side of a join, the right one or the left one, know the keys of the other, which are published later: sets[k]
// is what they are told by for key k, nil if no scan would profit. What an earlier building of the join said is void.
func (b *builder) sendKeys(n *plan.Join, right bool) (sets []*keySet) {
	if b.rt.NoPruning {
		return nil
	}
	for scan, keys := range b.keys {
		b.keys[scan] = slices.DeleteFunc(keys, func(k scanKeys) bool { return k.join == n && k.right == right })
	}
	side, other, to, from := n.Left, n.Right, n.LeftKeys, n.RightKeys
	if right {
		side, other, to, from = other, side, from, to
	}
	some := false
	sets = make([]*keySet, len(to))
	for k := range to {
		t := b.typeOf(side, to[k])
		if !keyable(t) || !t.Equal(b.typeOf(other, from[k])) {
			continue
		}
		set := &keySet{}
		b.eachSource(side, to[k], func(s *plan.Scan, column plan.ColumnID) {
			if !b.typeOf(s, column).Equal(t) {
				return
			}
			b.keys[s] = append(b.keys[s], scanKeys{n, right, column, set})
			sets[k], some = set, true
		})
	}
	if !some {
		return nil
	}
	return sets
}

// typeOf returns the type of a column of n; unknown if n has no such column.
func (b *builder) typeOf(n plan.Node, id plan.ColumnID) types.Type {
	if t, ok := b.columnsOf(n)[id]; ok {
		return t
	}
	return types.TUnknown
}

// columnsOf returns the types of n's columns. They are kept: joins of many tables ask for them again and again.
func (b *builder) columnsOf(n plan.Node) map[plan.ColumnID]types.Type {
	known := b.columns[n]
	if known == nil {
		known = map[plan.ColumnID]types.Type{}
		for _, c := range n.Columns() {
			known[c.ID] = c.Type
		}
		b.columns[n] = known
	}
	return known
}

func (b *builder) has(n plan.Node, id plan.ColumnID) bool {
	_, ok := b.columnsOf(n)[id]
	return ok
}

// eachSource calls f for the columns of scans that a column of n is, if rows of theirs may be left out whose
// values are not wanted: n without these rows is n without the rows that have such a value in the column.
func (b *builder) eachSource(n plan.Node, id plan.ColumnID, f func(*plan.Scan, plan.ColumnID)) {
	switch n := n.(type) {
	case *plan.Scan:
		if n.Sample == 0 && b.has(n, id) {
			f(n, id)
		}
	case *plan.Filter, *plan.Sort:
		b.eachSource(n.Inputs()[0], id, f)
	case *plan.Project:
		at := slices.IndexFunc(n.Outputs, func(p plan.Projection) bool { return p.ID == id })
		if ref, ok := n.Outputs[at].Expr.(*plan.ColumnRef); ok {
			b.eachSource(n.Input, ref.ID, f)
		}
	case *plan.Aggregate:
		if slices.Contains(n.Keys, id) {
			b.eachSource(n.Input, id, f)
		}
	case *plan.Window:
		if slices.Contains(n.PartitionBy, id) {
			b.eachSource(n.Input, id, f)
		}
	case *plan.Unnest:
		if b.has(n.Input, id) {
			b.eachSource(n.Input, id, f)
		}
	case *plan.Union:
		at := slices.IndexFunc(n.Outputs, func(c plan.Column) bool { return c.ID == id })
		for k, in := range n.Branches {
			b.eachSource(in, n.Maps[k][at], f)
		}
	case *plan.Join:
		inLeft := b.has(n.Left, id)
		switch {
		case inLeft && (n.Kind == plan.InnerJoin || n.Kind == plan.LeftJoin || n.Kind == plan.CrossJoin || n.Kind == plan.MarkJoin):
			b.eachSource(n.Left, id, f)
		case !inLeft && (n.Kind == plan.InnerJoin || n.Kind == plan.CrossJoin):
			b.eachSource(n.Right, id, f)
		}
	}
}

// publish makes the keys of a side known.
func publish(sets []*keySet, keys []interner) {
	for k, set := range sets {
		if set != nil {
			set.known.Store(&keyValues{interner: keys[k]})
		}
	}
}

// keyCheck is scanKeys as one scan of a split applies it.
type keyCheck struct {
	column int // of the early ones
	values *keyValues
	plain  bool
	of     vector.Vector // the dictionary that was looked at last
	codes  []int32       // of its entries
	rows   []int32       // of the rows of a batch; -1 where there is no such key
	same   []int32       // 0, 0 …
	each   []int32       // 0, 1 …
	seen   int
	passed int
	idle   bool // too many rows pass
}

const (
	// keyTrialRows is after how many rows a set shows whether it is worth while.
	keyTrialRows = 1 << 13
	// keyTrialShare is the share of rows that pass from which on it is not, in tenths.
	keyTrialShare = 8
)

// keep returns which of the given rows of v have a key; all of n rows if rows is nil.
func (c *keyCheck) keep(v vector.Vector, rows []int32, n int) []int32 {
	codes, at := c.codesOf(v)
	nulls := v.Nulls()
	var out []int32
	if rows == nil {
		out = make([]int32, n)
		c.seen += n
		k := 0
		for i := range n {
			out[k] = int32(i)
			if !nulls.Has(i) && codes[at[i]] >= 0 {
				k++
			}
		}
		out = out[:k]
	} else {
		c.seen += len(rows)
		out = rows[:0]
		for _, r := range rows {
			if !nulls.Has(int(r)) && codes[at[r]] >= 0 {
				out = append(out, r)
			}
		}
	}
	c.passed += len(out)
	c.idle = c.seen >= keyTrialRows && 10*int64(c.passed) > keyTrialShare*int64(c.seen)
	return out
}

// codesOf returns which key each row of v is, as codes[at[row]]; -1 being none.
func (c *keyCheck) codesOf(v vector.Vector) (codes, at []int32) {
	switch d := v.(type) {
	case *vector.Constant:
		c.rows = grow(c.rows, 1)
		c.values.interner.find(d.Value, c.rows)
		c.same = fill(c.same, d.N, 0)
		return c.rows, c.same
	case *vector.Dictionary:
		if c.plain {
			break
		}
		if c.of != d.Values {
			c.of, c.codes = d.Values, c.values.codes(d.Values)
		}
		return c.codes, d.Ids
	}
	c.rows = grow(c.rows, v.Len())
	c.values.interner.find(v, c.rows)
	for i := len(c.each); i < v.Len(); i++ {
		c.each = append(c.each, int32(i))
	}
	return c.rows, c.each
}

// tellLeft arranges that the scans of the left side of a join are told the keys of the right one, unless the join gives
// left rows without a partner. required are the marks that must be true. It is to be called before the left side is built.
func (b *builder) tellLeft(n *plan.Join, right *rightSide, required map[plan.ColumnID]bool) {
	switch n.Kind {
	case plan.InnerJoin, plan.RightJoin:
	case plan.MarkJoin:
		if !required[n.Mark.ID] {
			return
		}
	default:
		return
	}
	right.sets = b.sendKeys(n, false)
}

// tellRight arranges that the scans of the right side of a join are told the keys of the left one, if there are few
// left rows and nobody wants right rows without a partner; nil if not. It is to be called before the right side is built.
func (b *builder) tellRight(n *plan.Join) []*keySet {
	if n.Kind != plan.InnerJoin && n.Kind != plan.LeftJoin || len(n.LeftKeys) == 0 {
		return nil
	}
	if b.guess(n.Left)*fewLeftShare > b.guess(n.Right) {
		return nil
	}
	return b.sendKeys(n, true)
}
