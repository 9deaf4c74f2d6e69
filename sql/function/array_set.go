package function

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// elementSet is a set of rows of one vector, by value; NULL is one, and NaN too. It is
// used for one array after the other: reset empties it without touching its slots.
type elementSet struct {
	v      vector.Vector
	hashes []uint64 // of all rows
	slots  []int32  // rows
	rounds []uint32 // of each slot: the round in which it was filled
	round  uint32
	mask   uint64
}

func newElementSet(v vector.Vector) *elementSet {
	s := &elementSet{v: v, hashes: make([]uint64, v.Len())}
	vector.Hash(v, s.hashes)
	return s
}

// reset empties the set and makes room for n rows.
func (s *elementSet) reset(n int) {
	size := 16
	for size < 2*n {
		size *= 2
	}
	if s.round++; size > len(s.slots) || s.round == 0 {
		size = max(size, len(s.slots))
		s.slots, s.rounds, s.round = make([]int32, size), make([]uint32, size), 1
	}
	s.mask = uint64(size - 1)
}

// slot returns where row j is, or is to be put.
func (s *elementSet) slot(j int) (at uint64, found bool) {
	hash := s.hashes[j]
	for at = (hash ^ hash>>32) & s.mask; s.rounds[at] == s.round; at = (at + 1) & s.mask {
		if r := int(s.slots[at]); s.hashes[r] == hash && !vector.Distinct(s.v, r, s.v, j) {
			return at, true
		}
	}
	return at, false
}

func (s *elementSet) has(j int) bool {
	_, found := s.slot(j)
	return found
}

// add puts row j into the set, and reports whether no equal one was in it.
func (s *elementSet) add(j int) bool {
	at, found := s.slot(j)
	if !found {
		s.slots[at], s.rounds[at] = int32(j), s.round
	}
	return !found
}

// first returns the row in the set that equals row j, which is in it.
func (s *elementSet) first(j int) int {
	at, _ := s.slot(j)
	return int(s.slots[at])
}

var _ = scalar("array", "array_distinct", "Removes repeated elements", "array_distinct(ARRAY[1, 2, 1])", "[1, 2]",
	Overload{Params: "array(T)", Result: "array(T)", Comparable: "T", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		offsets, _, elements := spansOf(c.Args[0])
		seen := newElementSet(elements)
		return eachArray(c, elements, func(dst []int32, i int) ([]int32, error) {
			from, to := int(offsets[i]), int(offsets[i+1])
			seen.reset(to - from)
			for j := from; j < to; j++ {
				if seen.add(j) {
					dst = append(dst, int32(j))
				}
			}
			return dst, nil
		})
	})})

// elementPair holds the elements of two arrays a row in one vector.
type elementPair struct {
	all  vector.Vector
	a, b []int32 // offsets of the first arrays' elements, and of the second ones'
}

func pairOf(c *Call) elementPair {
	a, _, elements := spansOf(c.Args[0])
	b, _, others := spansOf(c.Args[1])
	for i := range b {
		b[i] += int32(elements.Len())
	}
	return elementPair{vector.Plain(vector.Concat(elements.Type(), elements, others)), a, b}
}

// setOperation is the overload that keeps the elements of the first array that are in the second (keep), or are not.
func setOperation(keep bool) Overload {
	return Overload{Params: "array(T),array(T)", Result: "array(T)", Comparable: "T", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		p := pairOf(c)
		other, seen := newElementSet(p.all), &elementSet{v: p.all}
		seen.hashes = other.hashes
		return eachArray(c, p.all, func(dst []int32, i int) ([]int32, error) {
			a, b := p.a, p.b
			if keep && a[i+1]-a[i] < b[i+1]-b[i] { // the longer array gives the order
				a, b = b, a
			}
			other.reset(int(b[i+1] - b[i]))
			for j := b[i]; j < b[i+1]; j++ {
				other.add(int(j))
			}
			seen.reset(int(a[i+1] - a[i]))
			for j := a[i]; j < a[i+1]; j++ {
				if other.has(int(j)) == keep && seen.add(int(j)) {
					dst = append(dst, j)
				}
			}
			return dst, nil
		})
	})}
}

var (
	_ = scalar("array", "array_intersect", "Returns the elements that two arrays share, without repetition", "array_intersect(ARRAY[1, 2], ARRAY[2, 3])", "[2]",
		setOperation(true))
	_ = scalar("array", "array_except", "Returns the elements of an array that are not in another, without repetition", "array_except(ARRAY[1, 2], ARRAY[2, 3])", "[1]",
		setOperation(false))
	_ = scalar("array", "array_union", "Returns the elements of two arrays, without repetition", "array_union(ARRAY[1, 2], ARRAY[2, 3])", "[1, 2, 3]",
		Overload{Params: "array(T),array(T)", Result: "array(T)", Comparable: "T", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
			p := pairOf(c)
			seen := newElementSet(p.all)
			return eachArray(c, p.all, func(dst []int32, i int) ([]int32, error) {
				seen.reset(int(p.a[i+1] - p.a[i] + p.b[i+1] - p.b[i]))
				for _, offsets := range [][]int32{p.a, p.b} {
					for j := offsets[i]; j < offsets[i+1]; j++ {
						if seen.add(int(j)) {
							dst = append(dst, j)
						}
					}
				}
				return dst, nil
			})
		})})
)

var _ = scalar("array", "arrays_overlap", "Tests whether two arrays share an element that is not NULL", "arrays_overlap(ARRAY[1, 2], ARRAY[2, 3])", "true",
	Overload{Params: "array(T),array(T)", Result: "boolean", Orderable: "T", NeverFailsWith: flatElements, New: always(func(c *Call) (vector.Vector, error) {
		p := pairOf(c)
		set := newElementSet(p.all)
		nested := p.all.Type().Physical() == types.Nested
		return eachOrNull(c, func(i int) (bool, bool, error) {
			from, to, from2, to2 := int(p.a[i]), int(p.a[i+1]), int(p.b[i]), int(p.b[i+1])
			if from == to || from2 == to2 {
				return false, true, nil
			}
			null := false
			set.reset(to2 - from2)
			for j := from2; j < to2; j++ {
				if isNull(p.all, j) {
					null = true
				} else {
					set.add(j)
				}
			}
			found := false
			for j := from; j < to && !found; j++ {
				switch {
				case isNull(p.all, j):
					null = true
				case nested: // comparing may fail
					for k := from2; k < to2 && !found; k++ {
						if isNull(p.all, k) {
							continue
						}
						order, err := vector.CompareStrict(p.all, j, p.all, k)
						if err != nil {
							return false, false, err
						}
						found = order == 0
					}
				default:
					found = set.has(j)
				}
			}
			return found, found || !null, nil
		})
	})})

var _ = scalar("array", "array_remove", "Removes the elements that equal a value", "array_remove(ARRAY[1, 2, 1], 1)", "[2]",
	Overload{Params: "array(T),T", Result: "array(T)", Comparable: "T", NeverFailsWith: flatElements, New: always(func(c *Call) (vector.Vector, error) {
		spans := vector.SpansOf(c.Args[0])
		return eachArray(c, spans.Values, func(dst []int32, i int) ([]int32, error) {
			from, to := spans.Span(i)
			for j := from; j < to; j++ {
				if !isNull(spans.Values, j) {
					same, known := vector.Equal3(spans.Values, j, c.Args[1], i)
					if !known {
						return nil, failf(sql.NOT_SUPPORTED, "array_remove does not support arrays with elements that are null or contain null")
					}
					if same {
						continue
					}
				}
				dst = append(dst, int32(j))
			}
			return dst, nil
		})
	})})

var _ = scalar("array", "array_histogram", "Returns how often each element of an array is in it; NULLs do not count", "array_histogram(ARRAY['a', 'b', 'a'])", "{a=2, b=1}",
	Overload{Params: "array(T)", Result: "map(T,bigint)", Comparable: "T", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		offsets, _, elements := spansOf(c.Args[0])
		seen, entry := newElementSet(elements), make([]int32, elements.Len())
		var keys []int32
		var counts []int64
		ends := make([]int32, c.N+1)
		for i := range c.N {
			from, to := int(offsets[i]), int(offsets[i+1])
			seen.reset(to - from)
			for j := from; j < to; j++ {
				switch {
				case isNull(elements, j):
				case seen.add(j):
					entry[j] = int32(len(keys))
					keys, counts = append(keys, int32(j)), append(counts, 1)
				default:
					counts[entry[seen.first(j)]]++
				}
			}
			ends[i+1] = int32(len(keys))
		}
		return vector.NewMap(c.Result, ends, vector.Gather(elements, keys), vector.NewFlat(types.TBigint, counts, nil), nil), nil
	})})
