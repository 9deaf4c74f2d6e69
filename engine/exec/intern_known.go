package exec

import "github.com/ctlake/ctlake/storage/vector"

// known is groups for rows whose group may not exist: those get -1. In contrast to
// find, NULL is a value as any other. It adds no group.
func (g *grouper) known(columns []vector.Vector, n int, out []int32) {
	if n == 0 {
		return
	}
	if len(g.keys) == 0 {
		for i := range n {
			out[i] = int32(g.n) - 1
		}
		return
	}
	g.keys[0].known(columns[0], out)
	var codes []int32
	for k := 1; k < len(g.keys); k++ {
		codes = grow(codes, n)
		g.keys[k].known(columns[k], codes)
		for i := range n {
			if out[i] >= 0 && codes[i] >= 0 {
				out[i] = g.pairs[k-1].find(out[i], codes[i])
			} else {
				out[i] = -1
			}
		}
	}
}

func (s *scalars[T, K]) known(v vector.Vector, out []int32) {
	if s.numbered.origin != nil {
		if s.numbered.find(v, out, s.nullCode) {
			return
		}
		s.spell()
	}
	w := vector.ViewOf[T](v)
	for i, at := range w.At {
		if w.Nulls.Has(i) {
			out[i] = s.nullCode
			continue
		}
		k := s.key(w.Values[at])
		out[i], _ = s.lookup(k, s.hash(k))
	}
}

func (s *nested) known(v vector.Vector, out []int32) {
	hashes := make([]uint64, v.Len())
	vector.Hash(v, hashes)
	nulls := v.Nulls()
	for i, h := range hashes {
		if nulls.Has(i) {
			out[i] = s.nullCode
		} else {
			out[i] = s.lookup(v, i, h)
		}
	}
}
