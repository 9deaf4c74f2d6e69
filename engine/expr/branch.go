package expr

import (
	"slices"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// caseOf is a searched CASE: the conditions in order, each for the rows that no
// earlier one took.
type caseOf struct {
	conds, thens []node
	otherwise    node
	typ          types.Type
	made         constants
}

func (c *compiler) caseOf(e *plan.Case, s *scope) (node, error) {
	n := &caseOf{typ: e.Type()}
	for _, w := range e.Whens {
		cond, err := c.compile(w.Cond, s)
		if err != nil {
			return nil, err
		}
		then, err := c.compile(w.Then, s)
		if err != nil {
			return nil, err
		}
		n.conds, n.thens = append(n.conds, cond), append(n.thens, then)
	}
	var err error
	n.otherwise, err = c.compile(e.Else, s)
	return n, err
}

func (e *caseOf) canFail() bool {
	return anyCanFail(e.conds) || anyCanFail(e.thens) || e.otherwise.canFail()
}

func (e *caseOf) constant() bool {
	return allConstant(e.conds) && allConstant(e.thens) && e.otherwise.constant()
}

func (e *caseOf) eval(f *frame) (vector.Vector, error) {
	if f.n == 0 {
		return empty(e.typ), nil
	}
	p := pieces{typ: e.typ, frame: f}
	for i, cond := range e.conds {
		v, err := cond.eval(p.rest())
		if err != nil {
			return nil, err
		}
		hits, all := TrueRows(v)
		if err := p.take(e.thens[i], hits, all); err != nil {
			return nil, err
		}
		if p.done {
			return p.join(&e.made), nil
		}
	}
	if err := p.take(e.otherwise, nil, true); err != nil {
		return nil, err
	}
	return p.join(&e.made), nil
}

// coalesce gives the first argument that is not NULL.
type coalesce struct {
	args []node
	typ  types.Type
	made constants
}

func (e *coalesce) canFail() bool  { return anyCanFail(e.args) }
func (e *coalesce) constant() bool { return allConstant(e.args) }

func (e *coalesce) eval(f *frame) (vector.Vector, error) {
	if f.n == 0 {
		return empty(e.typ), nil
	}
	p := pieces{typ: e.typ, frame: f}
	for i, arg := range e.args {
		v, err := arg.eval(p.rest())
		if err != nil {
			return nil, err
		}
		n := v.Len()
		nulls := v.Nulls()
		if i == len(e.args)-1 || !nulls.Any(n) {
			p.put(v, nil, true)
			break
		}
		hits := make([]int32, 0, n)
		for r := range n {
			if !nulls.Has(r) {
				hits = append(hits, int32(r))
			}
		}
		if len(hits) > 0 {
			p.put(vector.Gather(v, hits), hits, false)
		}
	}
	return p.join(&e.made), nil
}

// pieces puts a vector together from parts that were evaluated for some rows each.
type pieces struct {
	typ   types.Type
	frame *frame
	open  []int32 // rows of frame that have no value yet; nil for all
	left  *frame  // the frame of open
	parts []vector.Vector
	rows  [][]int32 // of each part; nil for all
	done  bool
}

// rest returns the frame of the rows without a value.
func (p *pieces) rest() *frame {
	if p.open == nil {
		return p.frame
	}
	if p.left == nil {
		p.left = p.frame.sub(p.open)
	}
	return p.left
}

// take evaluates n for the given rows of the rest.
func (p *pieces) take(n node, hits []int32, all bool) error {
	f := p.rest()
	if !all {
		if len(hits) == 0 {
			return nil
		}
		f = f.sub(hits)
	}
	v, err := n.eval(f)
	if err != nil {
		return err
	}
	p.put(v, hits, all)
	return nil
}

// put gives the given rows of the rest the values of v.
func (p *pieces) put(v vector.Vector, hits []int32, all bool) {
	p.parts = append(p.parts, v)
	if all {
		p.rows = append(p.rows, p.open)
		p.done = true
		return
	}
	rows := make([]int32, len(hits))
	left := make([]int32, 0, p.rest().n-len(hits))
	h := 0
	for i := range p.rest().n {
		row := int32(i)
		if p.open != nil {
			row = p.open[i]
		}
		if h < len(hits) && hits[h] == int32(i) {
			rows[h] = row
			h++
		} else {
			left = append(left, row)
		}
	}
	p.rows = append(p.rows, rows)
	p.open, p.left = left, nil
	p.done = len(left) == 0
}

// join returns the whole vector.
func (p *pieces) join(made *constants) vector.Vector {
	if len(p.parts) == 1 {
		return p.parts[0]
	}
	if v, ok := made.join(p); ok {
		return v
	}
	at := make([]int32, p.frame.n)
	n := int32(0)
	for _, rows := range p.rows {
		for _, r := range rows {
			at[r] = n
			n++
		}
	}
	return vector.Gather(vector.Concat(p.typ, p.parts...), at)
}

// constants makes dictionaries of branches that are all constant. It keeps the
// entries while the constants are the same, so that the dictionary is too.
type constants struct {
	of      []vector.Vector
	entries vector.Vector
}

func (c *constants) join(p *pieces) (vector.Vector, bool) {
	of := make([]vector.Vector, 0, len(p.parts))
	entry := make([]int32, len(p.parts))
	for i, part := range p.parts {
		v, ok := part.(*vector.Constant)
		if !ok {
			return nil, false
		}
		entry[i] = -1
		if !v.IsNull() {
			entry[i] = int32(len(of))
			of = append(of, v.Value)
		}
	}
	if len(of) == 0 {
		return vector.NewNull(p.typ, p.frame.n), true
	}
	if !slices.Equal(c.of, of) {
		b := vector.NewBuilder(p.typ, len(of))
		for _, v := range of {
			b.Append(v, 0)
		}
		c.of, c.entries = of, b.Build()
	}
	ids := make([]int32, p.frame.n)
	var nulls vector.Bitmap
	for i, rows := range p.rows {
		for _, r := range rows {
			if entry[i] >= 0 {
				ids[r] = entry[i]
				continue
			}
			if nulls == nil {
				nulls = vector.NewBitmap(p.frame.n)
			}
			nulls.Set(int(r))
		}
	}
	return vector.NewDictionary(ids, c.entries, nulls), true
}
