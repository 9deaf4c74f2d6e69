package expr

import (
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// maxUsedEntries is up to how many entries of a dictionary are looked at for those that rows use.
const maxUsedEntries = 1 << 16

// dictionaryResult keeps what a function made of the entries of one dictionary.
//
// Of a function that never fails all entries are evaluated, once that pays: when
// twice as many rows have passed. Entries that no row uses are evaluated too, which
// must not fail a query; so a function that can fail is evaluated for the entries
// that rows use, each when the first row uses it.
type dictionaryResult struct {
	of     vector.Vector   // the entries that it is about
	others []vector.Vector // the values of the constant arguments
	seen   int             // rows that had this dictionary so far
	done   bool            // all entries are evaluated

	values vector.Vector // results
	strip  vector.Vector // values without their NULLs, if a dictionary can be made of them
	nulls  vector.Bitmap // results that are NULL
	number []int32       // the result of each entry, -1 if there is none yet; nil: they have the same number
}

// about reports whether r belongs to d and to these constants.
func (r *dictionaryResult) about(d *vector.Dictionary, args []vector.Vector, which int) bool {
	if r.of != d.Values {
		return false
	}
	for i, a := range args {
		if a, ok := a.(*vector.Constant); ok && i != which && r.others[i] != a.Value {
			return false
		}
	}
	return true
}

func (r *dictionaryResult) reset(d *vector.Dictionary, args []vector.Vector, which int) {
	*r = dictionaryResult{of: d.Values, others: make([]vector.Vector, len(args))}
	for i, a := range args {
		if a, ok := a.(*vector.Constant); ok && i != which {
			r.others[i] = a.Value
		}
	}
}

// set keeps the results of entries.
func (r *dictionaryResult) set(values vector.Vector) {
	r.values = values
	r.nulls = nil
	if values.Nulls().Any(values.Len()) {
		r.nulls = values.Nulls()
	}
	r.strip = withoutNulls(values, r.nulls)
}

// all evaluates all entries, for a Nullable function one for NULL too, unless that does not pay yet.
func (r *dictionaryResult) all(c *call, f *frame, d *vector.Dictionary, args []vector.Vector, which int) (vector.Vector, error) {
	n := d.Values.Len()
	if !r.done {
		if r.seen += f.n; r.seen < 2*n {
			return nil, nil
		}
		entries := d.Values
		if c.overload.Nullable {
			with := make([]int32, n+1)
			for i := range with {
				with[i] = int32(i)
			}
			with[n] = -1
			entries = vector.GatherOrNull(entries, with)
		}
		every := resize(args, entries.Len())
		every[which] = entries
		v, err := c.run(f, every, entries.Len())
		if err != nil {
			return nil, err
		}
		r.set(vector.Plain(v))
		r.done = true
	}
	if !c.overload.Nullable {
		return r.rows(d.Ids, d.Nulls()), nil
	}
	ids, nulls := d.Ids, d.Nulls()
	if nulls.Any(f.n) {
		ids = append([]int32(nil), ids...)
		for i := range ids {
			if nulls.Has(i) {
				ids[i] = int32(n)
			}
		}
	}
	return r.rows(ids, nil), nil
}

// used evaluates the entries that rows of d use and no row did before.
func (r *dictionaryResult) used(c *call, f *frame, d *vector.Dictionary, args []vector.Vector, which int) (vector.Vector, error) {
	if r.number == nil {
		r.number = make([]int32, d.Values.Len())
		for i := range r.number {
			r.number[i] = -1
		}
		r.set(empty(c.result))
	}
	nulls := d.Nulls()
	var fresh []int32
	first := int32(r.values.Len())
	for i, id := range d.Ids {
		if r.number[id] < 0 && !nulls.Has(i) {
			r.number[id] = first + int32(len(fresh))
			fresh = append(fresh, id)
		}
	}
	if len(fresh) > 0 {
		some := resize(args, len(fresh))
		some[which] = vector.Gather(d.Values, fresh)
		v, err := c.run(f, some, len(fresh))
		if err != nil {
			for _, id := range fresh {
				r.number[id] = -1
			}
			return nil, err
		}
		r.set(vector.Concat(c.result, r.values, vector.Plain(v)))
	}
	ids := make([]int32, len(d.Ids))
	for i, id := range d.Ids {
		ids[i] = max(r.number[id], 0) // a NULL row may stand at an entry without a result
	}
	return r.rows(ids, nulls), nil
}

// rows returns the results by number.
func (r *dictionaryResult) rows(ids []int32, nulls vector.Bitmap) vector.Vector {
	n := len(ids)
	if r.values.Len() == 0 {
		return vector.NewNull(r.values.Type(), n)
	}
	if r.nulls != nil {
		var more vector.Bitmap
		for i, id := range ids {
			if r.nulls.Has(int(id)) {
				if more == nil {
					more = vector.NewBitmap(n)
				}
				more.Set(i)
			}
		}
		nulls = vector.Or(nulls, more, n)
	}
	if r.strip != nil {
		return vector.NewDictionary(ids, r.strip, nulls)
	}
	return vector.WithNulls(vector.Gather(r.values, ids), nulls)
}

// withoutNulls returns v, which is plain, as entries of a dictionary; nil if it cannot be.
func withoutNulls(v vector.Vector, nulls vector.Bitmap) vector.Vector {
	if nulls == nil {
		return v
	}
	switch v := v.(type) {
	case *vector.Flat[bool]:
		return vector.NewFlat(v.Type(), v.Values, nil)
	case *vector.Flat[int64]:
		return vector.NewFlat(v.Type(), v.Values, nil)
	case *vector.Flat[float64]:
		return vector.NewFlat(v.Type(), v.Values, nil)
	case *vector.Flat[string]:
		return vector.NewFlat(v.Type(), v.Values, nil)
	case *vector.Flat[types.Int128]:
		return vector.NewFlat(v.Type(), v.Values, nil)
	}
	return nil
}
