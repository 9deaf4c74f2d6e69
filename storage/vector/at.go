package vector

// plainAt returns the plain vector and the row of it that row i of v stands for,
// and whether row i is NULL.
func plainAt(v Vector, i int) (plain Vector, row int, null bool) {
	switch w := v.(type) {
	case *Dictionary:
		return w.Values, int(w.Ids[i]), w.nulls.Has(i)
	case *Constant:
		return w.Value, 0, w.IsNull()
	case *UUIDs:
		return NewFlat(w.typ, []string{w.Values[i].String()}, nil), 0, w.nulls.Has(i)
	}
	return v, i, v.Nulls().Has(i)
}
