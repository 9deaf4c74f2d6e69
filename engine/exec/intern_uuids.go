package exec

import (
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// textNumbers numbers texts. If those that come first are a vector of UUIDs they are numbered as values of type uuid, of 16 bytes
// each; from the first other text on, as texts, all of which have the numbers then that they had before.
type textNumbers struct {
	uuids *scalars[types.Int128, types.Int128]
	texts *scalars[string, string]
	spelt bool // by texts
}

func newTextNumbers(t types.Type, plain bool) *textNumbers {
	return &textNumbers{
		uuids: newScalars(types.TUUID, plain, 16, same[types.Int128], hashInt128),
		texts: newTexts(t, plain, same[string]),
	}
}

// newTexts returns an interner of texts, which are one if their keys are.
func newTexts(t types.Type, plain bool, key func(string) string) *scalars[string, string] {
	s := newScalars(t, plain, 16, key, hashString)
	s.clone = (&texts{}).clone
	s.weigh = func(v string) int64 { return int64(len(v)) }
	return s
}

// asUUIDs returns v as values of type uuid, if it has nothing but UUIDs.
func asUUIDs(v vector.Vector) (vector.Vector, bool) {
	switch v := v.(type) {
	case *vector.UUIDs:
		return v.Wide(), true
	case *vector.Constant:
		if v.IsNull() {
			return vector.NewNull(types.TUUID, v.N), true
		}
	}
	return nil, false
}

func (s *textNumbers) codes(v vector.Vector, out []int32) {
	if v.Len() == 0 { // which says nothing of the rows to come
		return
	}
	if !s.spelt {
		if uuids, ok := asUUIDs(v); ok {
			s.uuids.codes(uuids, out)
			return
		}
		if len(s.uuids.all) > 0 { // those of small stripes have a dictionary, for one
			if uuids, others := parsedUUIDs(v); len(others) == 0 {
				s.uuids.codes(uuids, out)
				return
			}
		}
		s.spell()
	}
	s.texts.codes(v, out)
}

// spell goes over to texts.
func (s *textNumbers) spell() {
	s.spelt = true
	all, null := s.uuids.all, int(s.uuids.nullCode)
	for from := 0; from < len(all); from += maxAheadRows {
		to := min(from+maxAheadRows, len(all))
		for i, text := range vector.UUIDsOf(s.texts.typ, all[from:to], nil).Texts().Values {
			if from+i == null {
				s.texts.addNull()
			} else {
				s.texts.add(text)
			}
		}
	}
	s.uuids.all, s.uuids.slots = nil, nil
}

func (s *textNumbers) find(v vector.Vector, out []int32) {
	if s.spelt {
		s.texts.find(v, out)
		return
	}
	uuids, others := parsedUUIDs(v)
	s.uuids.find(uuids, out)
	for _, i := range others {
		out[i] = -1
	}
}

func (s *textNumbers) known(v vector.Vector, out []int32) {
	if s.spelt {
		s.texts.known(v, out)
		return
	}
	uuids, others := parsedUUIDs(v)
	s.uuids.known(uuids, out)
	for _, i := range others {
		out[i] = -1
	}
}

// parsedUUIDs returns the texts of v as values of type uuid, and which rows are neither that nor NULL.
func parsedUUIDs(v vector.Vector) (uuids vector.Vector, others []int32) {
	if uuids, ok := asUUIDs(v); ok {
		return uuids, nil
	}
	w := vector.ViewOf[string](v)
	parsed := make([]vector.UUID, len(w.At))
	for i, at := range w.At {
		if w.Nulls.Has(i) {
			continue
		}
		var ok bool
		if parsed[i], ok = vector.UUIDOf(w.Values[at]); !ok {
			others = append(others, int32(i))
		}
	}
	return vector.NewUUIDs(v.Type(), parsed, w.Nulls).Wide(), others
}

// now returns what numbers the texts.
func (s *textNumbers) now() interner {
	if s.spelt {
		return s.texts
	}
	return s.uuids
}

func (s *textNumbers) len() int                          { return s.now().len() }
func (s *textNumbers) null() int32                       { return s.now().null() }
func (s *textNumbers) entries() (vector.Vector, []int32) { return s.now().entries() }
func (s *textNumbers) bytes() int64                      { return s.now().bytes() }
func (s *textNumbers) release()                          { s.now().release() }

// values implements interner. They are vector.UUIDs, if all are.
func (s *textNumbers) values() vector.Vector {
	if s.spelt || len(s.uuids.all) == 0 {
		return s.texts.values()
	}
	return vector.UUIDsOf(s.texts.typ, s.uuids.all, nil)
}
