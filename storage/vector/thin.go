package vector

import "slices"

// thinShare is of how many rows at most one has a value in what Thin takes.
const thinShare = 16

// Thin returns texts, or a dictionary, of which nearly all rows are NULL at rest without those; false if v is
// something else.
//
//	v             NULL NULL  b  NULL  …  a  NULL NULL
//	rows                     2          70
//	ids or texts             b           a
func Thin(v Vector) (*Narrowed, bool) {
	n, nulls := v.Len(), v.Nulls()
	if nulls == nil {
		return nil, false
	}
	present := n - nulls.Count(n)
	if present == 0 || present > n/thinShare {
		return nil, false
	}
	out := &Narrowed{typ: v.Type(), n: n, nulls: nulls}
	switch v := v.(type) {
	case *Dictionary:
		out.values, out.rows, out.ids = v.Values, withValues(nulls, n, present), make([]int32, present)
		for k, r := range out.rows {
			out.ids[k] = v.Ids[r]
		}
	case *Flat[string]:
		out.rows = withValues(nulls, n, present)
		out.texts = gatherFlat(&Flat[string]{typ: v.typ, Values: v.Values}, out.rows)
	default:
		return nil, false
	}
	return out, true
}

// withValues returns the rows of n, present in number, that are not NULL.
func withValues(nulls Bitmap, n, present int) []int32 {
	rows := make([]int32, 0, present)
	for i := range n {
		if !nulls.Has(i) {
			rows = append(rows, int32(i))
		}
	}
	return rows
}

// sliceThin returns the rows from..to-1 of what Thin made.
func (v *Narrowed) sliceThin(from, to int) Vector {
	first, _ := slices.BinarySearch(v.rows, int32(from))
	last, _ := slices.BinarySearch(v.rows, int32(to))
	if first == last && v.texts != nil {
		return NewNull(v.typ, to-from)
	}
	ids := make([]int32, to-from)
	for k := first; k < last; k++ {
		if v.ids != nil {
			ids[int(v.rows[k])-from] = v.ids[k]
		} else {
			ids[int(v.rows[k])-from] = int32(k - first)
		}
	}
	values := v.values
	if v.texts != nil {
		values = Slice(v.texts, first, last)
	}
	return &Dictionary{ids, values, v.nulls.slice(from, to)}
}

// gatherThin returns the given rows of what Thin made.
func (v *Narrowed) gatherThin(rows []int32) Vector {
	ids := make([]int32, len(rows))
	var found []int32 // of texts, those that rows have
	for i, r := range rows {
		if v.nulls.Has(int(r)) {
			continue
		}
		k, _ := slices.BinarySearch(v.rows, r)
		if v.ids != nil {
			ids[i] = v.ids[k]
			continue
		}
		ids[i] = int32(len(found))
		found = append(found, int32(k))
	}
	values := v.values
	if v.texts != nil {
		if len(found) == 0 {
			return NewNull(v.typ, len(rows))
		}
		values = Gather(v.texts, found)
	}
	return &Dictionary{ids, values, v.nulls.gather(rows)}
}
