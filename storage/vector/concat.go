package vector

import (
	"math"

	"github.com/ctlake/ctlake/storage/types"
)

// Concat returns the rows of all vectors, which are of type t, one after the
// other. Vectors that share one dictionary, or dictionaries of one origin, stay a dictionary, those of one constant a
// constant, and arrays, maps and rows that dictionaries or constants repeat are not written out, nor is
// text of which dictionaries have few entries, even if it comes with a few rows that have no dictionary.
func Concat(t types.Type, vectors ...Vector) Vector {
	if len(vectors) == 1 {
		return vectors[0]
	}
	n := 0
	for _, v := range vectors {
		n += v.Len()
	}
	if d, ok := sameDictionary(vectors); ok {
		ids := make([]int32, 0, n)
		var nulls nullSet
		for _, v := range vectors {
			v := v.(*Dictionary)
			nulls.append(v.nulls, len(ids), len(v.Ids))
			ids = append(ids, v.Ids...)
		}
		return &Dictionary{ids, d, nulls.take(n)}
	}
	if c, ok := sameConstant(vectors); ok {
		return &Constant{c, n}
	}
	if u, ok := allUUIDs(t, vectors, n); ok {
		return u
	}
	if t.Physical() == types.Nested && repeats(vectors) || t.Physical() == types.String && entriesSuffice(vectors, n) {
		return concatEntries(t, vectors, n)
	}
	b := NewBuilder(t, n)
	for _, v := range vectors {
		b.AppendAll(v)
	}
	return b.Build()
}

// sameDictionary returns the entries that all vectors are dictionaries of: of one origin the most.
func sameDictionary(vectors []Vector) (Vector, bool) {
	var entries Vector
	for _, v := range vectors {
		d, ok := v.(*Dictionary)
		switch {
		case !ok:
			return nil, false
		case entries == nil:
			entries = d.Values
		case entries == d.Values:
		case OriginOf(entries) == nil || OriginOf(entries) != OriginOf(d.Values):
			return nil, false
		case d.Values.Len() > entries.Len():
			entries = d.Values
		}
	}
	return entries, entries != nil
}

func sameConstant(vectors []Vector) (Vector, bool) {
	var value Vector
	for _, v := range vectors {
		c, ok := v.(*Constant)
		if !ok || value != nil && value != c.Value {
			return nil, false
		}
		value = c.Value
	}
	return value, value != nil
}

// allUUIDs returns the n rows of vectors if all of them are UUIDs.
func allUUIDs(t types.Type, vectors []Vector, n int) (*UUIDs, bool) {
	for _, v := range vectors {
		if _, ok := v.(*UUIDs); !ok {
			return nil, false
		}
	}
	values := make([]UUID, 0, n)
	var nulls nullSet
	for _, v := range vectors {
		v := v.(*UUIDs)
		nulls.append(v.nulls, len(values), len(v.Values))
		values = append(values, v.Values...)
	}
	return NewUUIDs(t, values, nulls.take(n)), len(vectors) > 0
}

// repeats reports whether nested vectors take much more once they are written out.
func repeats(vectors []Vector) bool {
	plain, entries := int64(0), int64(0)
	for _, v := range vectors {
		switch w := v.(type) {
		case *Dictionary:
			entries += 4*int64(len(w.Ids)) + PlainBytes(w.Values)
		case *Constant:
			entries += 4*int64(w.N) + PlainBytes(w.Value)
		default:
			continue
		}
		plain += PlainBytes(v)
	}
	const manyTimes = 2
	return plain > manyTimes*entries
}

// entriesSuffice reports whether n rows of text are dictionaries and constants with much fewer entries. Rows of other
// vectors count as entries: files of a few events have no dictionaries, and they must not have millions of rows written out.
func entriesSuffice(vectors []Vector, n int) bool {
	const manyTimes = 4
	entries, last := 0, Vector(nil)
	ofOrigin := map[*Origin]int{}
	for _, v := range vectors {
		var values Vector
		switch w := v.(type) {
		case *Dictionary:
			values = w.Values
		case *Constant:
			if w.IsNull() {
				continue
			}
			values = w.Value
		default:
			values = v
		}
		if values != last { // as a rule those that share entries are side by side
			last = values
			if origin := OriginOf(values); origin == nil {
				entries += values.Len()
			} else if most := ofOrigin[origin]; values.Len() > most {
				entries += values.Len() - most
				ofOrigin[origin] = values.Len()
			}
		}
		if entries > n/manyTimes {
			return false
		}
	}
	return entries > 0
}

// concatEntries returns n rows of nested vectors, or of text, as a dictionary. Its entries are those of the
// vectors' dictionaries, each once, and the rows of the others.
func concatEntries(t types.Type, vectors []Vector, n int) Vector {
	ids := make([]int32, 0, n)
	var nulls nullSet
	entries := NewBuilder(t, 0)
	starts := map[Vector]int32{} // of entries that several vectors may share
	most := mostEntries(vectors)
	start := func(values Vector) int32 {
		if origin := OriginOf(values); origin != nil {
			values = most[origin]
		}
		at, ok := starts[values]
		if !ok {
			at = int32(entries.Len())
			starts[values] = at
			entries.AppendAll(values)
		}
		return at
	}
	for _, v := range vectors {
		rows := v.Len()
		nulls.append(v.Nulls(), len(ids), rows)
		switch w := v.(type) {
		case *Dictionary:
			at := start(w.Values)
			for _, id := range w.Ids {
				ids = append(ids, at+id)
			}
		case *Constant:
			at := int32(0)
			if !w.IsNull() {
				at = start(w.Value)
			}
			for range rows {
				ids = append(ids, at)
			}
		default:
			at := int32(entries.Len())
			entries.AppendAll(allowingNulls(v))
			for i := range rows {
				ids = append(ids, at+int32(i))
			}
		}
	}
	return NewDictionary(ids, entries.Build(), nulls.take(n))
}

// mostEntries returns, for each origin of dictionaries, those entries that have all of the others.
func mostEntries(vectors []Vector) map[*Origin]Vector {
	most := map[*Origin]Vector{}
	for _, v := range vectors {
		var values Vector
		switch w := v.(type) {
		case *Dictionary:
			values = w.Values
		case *Constant:
			values = w.Value
		}
		if origin := OriginOf(values); origin != nil {
			if m := most[origin]; m == nil || m.Len() < values.Len() {
				most[origin] = values
			}
		}
	}
	return most
}

// allowingNulls returns a nested vector, or text, whose NULL rows have values: entries of a dictionary are not NULL.
func allowingNulls(v Vector) Vector {
	switch v := v.(type) {
	case *Flat[string]:
		return &Flat[string]{typ: v.typ, Values: v.Values}
	case *Array:
		return &Array{v.typ, v.Offsets, v.Elements, nil}
	case *Map:
		return &Map{v.typ, v.Offsets, v.Keys, v.Values, nil}
	case *Row:
		return &Row{v.typ, v.Fields, v.n, nil}
	}
	return v
}

// append adds the rows of n further ones, from row at on, that are in nulls.
func (s *nullSet) append(nulls Bitmap, at, n int) {
	if nulls == nil {
		return
	}
	for i := range n {
		if nulls.Has(i) {
			s.set(at + i)
		}
	}
}

// Repeat is GatherOrNull for rows that may repeat often, as those of joins do: large arrays and maps
// are then not written out for each row, but become entries of a dictionary.
func Repeat(v Vector, rows []int32) Vector {
	if !large(v, rows) {
		return GatherOrNull(v, rows)
	}
	entry := map[int32]int32{}
	var distinct []int32
	ids := make([]int32, len(rows))
	nulls := v.Nulls()
	var none nullSet
	for i, r := range rows {
		if r < 0 || nulls.Has(int(r)) {
			none.set(i)
			continue
		}
		e, ok := entry[r]
		if !ok {
			e = int32(len(distinct))
			entry[r], distinct = e, append(distinct, r)
		}
		ids[i] = e
	}
	return NewDictionary(ids, Gather(v, distinct), none.take(len(rows)))
}

// largeElements is how many elements the given rows of a vector have together for it to
// be worth a look at which of them repeat.
const largeElements = 1 << 16

func large(v Vector, rows []int32) bool {
	var offsets []int32
	switch v := v.(type) {
	case *Array:
		offsets = v.Offsets
	case *Map:
		offsets = v.Offsets
	case *Row:
		for _, f := range v.Fields {
			if large(f, rows) {
				return true
			}
		}
		return false
	default:
		return false
	}
	total, last := int64(0), int32(-1)
	repeated := false
	for _, r := range rows {
		if r >= 0 {
			total += int64(offsets[r+1] - offsets[r])
			repeated = repeated || r <= last
			last = r
		}
	}
	return repeated && total > largeElements
}

// maxPlainBytes is where PlainBytes stops to count.
const maxPlainBytes = math.MaxInt64 / 4

// PlainBytes returns about how many bytes the rows of v take when they are written out with
// others, without the texts, which are shared.
func PlainBytes(v Vector) int64 {
	n := int64(v.Len())
	switch v := v.(type) {
	case *Dictionary:
		if v.Type().Physical() != types.Nested {
			return elementBytes(v.Type()) * n
		}
		each := make([]int64, v.Values.Len())
		total := int64(0)
		for _, id := range v.Ids {
			if each[id] == 0 {
				each[id] = PlainBytes(Slice(v.Values, int(id), int(id)+1)) + 1
			}
			total = min(total+each[id], maxPlainBytes)
		}
		return total
	case *Constant:
		each := PlainBytes(v.Value)
		if n > 0 && each > maxPlainBytes/n {
			return maxPlainBytes
		}
		return each * n
	case *Array:
		return min(4*n+spanned(v.Elements, v.Offsets), maxPlainBytes)
	case *Map:
		return min(4*n+spanned(v.Keys, v.Offsets)+spanned(v.Values, v.Offsets), maxPlainBytes)
	case *Row:
		bytes := n
		for _, f := range v.Fields {
			bytes = min(bytes+PlainBytes(f), maxPlainBytes)
		}
		return bytes
	}
	return elementBytes(v.Type()) * n
}

func spanned(v Vector, offsets []int32) int64 {
	from, to := offsets[0], offsets[len(offsets)-1]
	if v.Type().Physical() != types.Nested {
		return elementBytes(v.Type()) * int64(to-from)
	}
	return PlainBytes(Slice(v, int(from), int(to)))
}

// elementBytes is what a value of a type that is not nested takes in a vector.
func elementBytes(t types.Type) int64 {
	switch t.Physical() {
	case types.Bool:
		return 1
	case types.Int64, types.Float64:
		return 8
	}
	return 16
}
