package exec

import (
	"sync"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// entryNumbers is how an interner numbers values as long as all of them are entries of dictionaries of one origin: by
// the entries' numbers alone, which an array has, so that no value is looked at:
//
//	row ─► entry 4711 ─► code[4711] ─► number 3      ids[3] = 4711
//
// When other values come, or are asked for, the values get what numbers they have in the table of values (spell).
type entryNumbers[T vector.Element] struct {
	origin *vector.Origin  // nil: values are not numbered by entries
	values *vector.Flat[T] // as many entries as were seen
	code   []int32         // of each entry: its number plus one, 0 for none
	ids    []int32         // the entry of each number; 0 of NULL's
	mu     sync.Mutex      // of spell: several goroutines may look for values
}

// zeroNumbers are arrays for code, all 0.
var zeroNumbers sync.Pool // of *[]int32

// zeroed returns n zeros.
func zeroed(n int) []int32 {
	if p, ok := zeroNumbers.Get().(*[]int32); ok && cap(*p) >= n {
		return (*p)[:n]
	}
	return make([]int32, n, n+n/8)
}

// enter reports whether d's rows can be numbered by their entries.
func (s *scalars[T, K]) enter(d *vector.Dictionary) bool {
	e := &s.numbered
	origin := vector.OriginOf(d.Values)
	if origin == nil || s.typ.Is(types.Char) {
		return false
	}
	if e.origin != origin {
		if e.origin != nil || len(s.all) > 1 || len(s.all) == 1 && s.nullCode != 0 {
			return false
		}
		e.origin = origin
		e.ids = append(e.ids, make([]int32, len(s.all))...) // NULL, or nothing
		s.all = nil
	}
	values := d.Values.(*vector.Flat[T])
	if e.values != nil && len(values.Values) <= len(e.values.Values) {
		return true
	}
	e.values = values
	if n := len(values.Values); n <= cap(e.code) {
		e.code = e.code[:n]
	} else {
		old := e.code
		e.code = zeroed(n)
		copy(e.code, old)
	}
	return true
}

// entryCodes is codes for a dictionary that enter has let in.
func (s *scalars[T, K]) entryCodes(d *vector.Dictionary, out []int32) {
	e := &s.numbered
	code, ids, nulls := e.code, e.ids, d.Nulls()
	out = out[:len(d.Ids)]
	if nulls == nil {
		for i, id := range d.Ids {
			c := code[id]
			if c == 0 {
				ids = append(ids, id)
				c = int32(len(ids))
				code[id] = c
			}
			out[i] = c - 1
		}
		e.ids = ids
		return
	}
	for i, id := range d.Ids {
		if nulls.Has(i) {
			e.ids = ids
			out[i] = s.addNull()
			ids = e.ids
			continue
		}
		c := code[id]
		if c == 0 {
			ids = append(ids, id)
			c = int32(len(ids))
			code[id] = c
		}
		out[i] = c - 1
	}
	e.ids = ids
}

func (e *entryNumbers[T]) addNull() int32 {
	e.ids = append(e.ids, 0)
	return int32(len(e.ids)) - 1
}

// all returns the value of each number, but for NULL's.
func (e *entryNumbers[T]) all(nullCode int32) []T {
	out := make([]T, len(e.ids))
	for code, id := range e.ids {
		if int32(code) != nullCode {
			out[code] = e.values.Values[id]
		}
	}
	return out
}

// find sets out to the numbers of rows, -1 where they have none and null where they are NULL. It is false if v is
// neither a dictionary of the origin nor its entries.
func (e *entryNumbers[T]) find(v vector.Vector, out []int32, null int32) bool {
	if vector.OriginOf(v) == e.origin {
		for i := range v.Len() {
			out[i] = -1
			if i < len(e.code) {
				out[i] = e.code[i] - 1
			}
		}
		return true
	}
	d, ok := v.(*vector.Dictionary)
	if !ok || vector.OriginOf(d.Values) != e.origin {
		return false
	}
	nulls := d.Nulls()
	for i, id := range d.Ids {
		out[i] = -1
		if int(id) < len(e.code) {
			out[i] = e.code[id] - 1
		}
		if nulls.Has(i) {
			out[i] = null
		}
	}
	return true
}

// spell enters the values that were numbered by entries into the table of values.
func (s *scalars[T, K]) spell() {
	e := &s.numbered
	e.mu.Lock()
	defer e.mu.Unlock()
	for code := len(s.all); code < len(e.ids); code++ {
		if int32(code) == s.nullCode {
			var none T
			s.all = append(s.all, none)
			continue
		}
		s.add(e.values.Values[e.ids[code]])
	}
}

// leave goes over to numbering by values.
func (s *scalars[T, K]) leave() {
	if s.numbered.origin == nil {
		return
	}
	s.spell()
	s.release()
	s.numbered.origin, s.numbered.values = nil, nil
}

func (s *scalars[T, K]) entries() (vector.Vector, []int32) {
	if e := &s.numbered; e.values != nil {
		return e.values, e.ids
	}
	return nil, nil
}

func (s *scalars[T, K]) release() {
	e := &s.numbered
	if e.code == nil {
		return
	}
	for code, id := range e.ids {
		if int32(code) != s.nullCode {
			e.code[id] = 0
		}
	}
	code := e.code
	e.code, e.ids = nil, nil
	zeroNumbers.Put(&code)
}

func (e *entryNumbers[T]) bytes() int64 { return 4 * int64(cap(e.code)+cap(e.ids)) }
