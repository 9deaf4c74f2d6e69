package function

import (
	"math"

	"github.com/ctlake/ctlake/storage/vector"
)

// Functions that go through several arrays side by side. A shorter array counts as
// filled up with NULLs:
//
//	zip(ARRAY[1, 2], ARRAY['a']) = [{1, a}, {2, null}]

// sideBySide lists the places of the elements of several arrays, row by row, -1 where
// an array has run out. rows are the rows that they belong to, offsets the spans of the longest.
func sideBySide(c *Call, spans []vector.SpanView) (places [][]int32, rows, offsets []int32, err error) {
	places, offsets = make([][]int32, len(spans)), make([]int32, c.N+1)
	for i := range c.N {
		longest := 0
		if !c.Nulls.Has(i) {
			for _, s := range spans {
				from, to := s.Span(i)
				longest = max(longest, to-from)
			}
		}
		if len(rows) > maxElements-longest {
			return nil, nil, nil, errTooManyElements
		}
		for n := range longest {
			rows = append(rows, int32(i))
			for k, s := range spans {
				place := int32(-1)
				if from, to := s.Span(i); from+n < to {
					place = int32(from + n)
				}
				places[k] = append(places[k], place)
			}
		}
		offsets[i+1] = int32(len(rows))
	}
	return places, rows, offsets, nil
}

func zip(c *Call) (vector.Vector, error) {
	spans := make([]vector.SpanView, len(c.Args))
	for k, a := range c.Args {
		spans[k] = vector.SpansOf(a)
	}
	places, rows, offsets, err := sideBySide(c, spans)
	if err != nil {
		return nil, err
	}
	fields := make([]vector.Vector, len(spans))
	for k, s := range spans {
		fields[k] = vector.GatherOrNull(s.Values, places[k])
	}
	return vector.NewArray(c.Result, offsets, vector.NewRow(c.Result.Elem(), fields, len(rows), nil), nil), nil
}

func zipOverload(params, row string) Overload {
	return Overload{Params: params, Result: "array(row(" + row + "))", NeverFails: true, New: always(zip)}
}

var _ = scalar("array", "zip", "Merges two to five arrays, element by element, into an array of rows, filling up the shorter ones with NULLs",
	"zip(ARRAY[1, 2], ARRAY['a'])", "[{field0=1, field1=a}, {field0=2, field1=null}]",
	zipOverload("array(T),array(U)", "T,U"),
	zipOverload("array(T),array(U),array(V)", "T,U,V"),
	zipOverload("array(T),array(U),array(V),array(W)", "T,U,V,W"),
	zipOverload("array(T),array(U),array(V),array(W),array(X)", "T,U,V,W,X"))

var _ = scalar("array", "zip_with", "Merges two arrays, element by element, by a lambda, filling up the shorter one with NULLs",
	"zip_with(ARRAY[1, 2], ARRAY[3, 4], (x, y) -> x + y)", "[4, 6]",
	Overload{Params: "array(T),array(U),function(T,U,R)", Result: "array(R)", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		spans := []vector.SpanView{vector.SpansOf(c.Args[0]), vector.SpansOf(c.Args[1])}
		places, rows, offsets, err := sideBySide(c, spans)
		if err != nil {
			return nil, err
		}
		out, err := c.Lambda[2](rows, vector.GatherOrNull(spans[0].Values, places[0]), vector.GatherOrNull(spans[1].Values, places[1]))
		if err != nil {
			return nil, err
		}
		return vector.NewArray(c.Result, offsets, out, nil), nil
	})})

// eachGroup builds an array of arrays for each row: f appends the places of the
// elements of all inner arrays, and where in that list each of them ends.
func eachGroup(c *Call, values vector.Vector, f func(places, ends []int32, i int) ([]int32, []int32, error)) (vector.Vector, error) {
	outer, ends := make([]int32, c.N+1), []int32{0}
	var places []int32
	for i := range c.N {
		if !c.Nulls.Has(i) {
			var err error
			if places, ends, err = f(places, ends, i); err != nil {
				return nil, err
			}
			if len(places) > maxElements || len(ends) > maxElements {
				return nil, errTooManyElements
			}
			if err := c.charge(int64(len(places)) * placeBytes); err != nil {
				return nil, err
			}
		}
		outer[i+1] = int32(len(ends) - 1)
	}
	inner := vector.NewArray(c.Result.Elem(), ends, vector.Gather(values, places), nil)
	return vector.NewArray(c.Result, outer, inner, nil), nil
}

// placeBytes is about what an element of a made array takes: its place and a text header.
const placeBytes = 4 + 16

var _ = scalar("array", "ngrams", "Returns all runs of n neighbouring elements of an array", "ngrams(ARRAY['a', 'b', 'c'], 2)", "[[a, b], [b, c]]",
	Overload{Params: "array(T),integer", Result: "array(array(T))", New: always(func(c *Call) (vector.Vector, error) {
		spans, size := vector.SpansOf(c.Args[0]), vector.ViewOf[int64](c.Args[1])
		return eachGroup(c, spans.Values, func(places, ends []int32, i int) ([]int32, []int32, error) {
			if size.Get(i) <= 0 {
				return nil, nil, invalid("N must be positive")
			}
			from, to := spans.Span(i)
			n := int(min(size.Get(i), int64(to-from)))
			if (to-from-n+1)*n > maxElements {
				return nil, nil, errTooManyElements
			}
			for j := from; j+n <= to; j++ {
				for k := j; k < j+n; k++ {
					places = append(places, int32(k))
				}
				ends = append(ends, int32(len(places)))
			}
			return places, ends, nil
		})
	})})

// maxCombination and maxCombinationElements bound what combinations makes for a row, as in Trino.
const (
	maxCombination         = 5       // elements of one combination
	maxCombinationElements = 100_000 // elements of all of them
)

var _ = scalar("array", "combinations", "Returns all selections of n elements of an array, for n up to 5", "combinations(ARRAY[1, 2, 3], 2)", "[[1, 2], [1, 3], [2, 3]]",
	Overload{Params: "array(T),integer", Result: "array(array(T))", New: always(func(c *Call) (vector.Vector, error) {
		spans, size := vector.SpansOf(c.Args[0]), vector.ViewOf[int64](c.Args[1])
		return eachGroup(c, spans.Values, func(places, ends []int32, i int) ([]int32, []int32, error) {
			from, to := spans.Span(i)
			return combine(places, ends, from, to, size.Get(i))
		})
	})})

// combine appends the combinations of n of the places from..to-1, in the order in
// which the first place moves fastest.
func combine(places, ends []int32, from, to int, n int64) ([]int32, []int32, error) {
	switch {
	case n < 0:
		return nil, nil, invalid("combination size must not be negative: %d", n)
	case n > maxCombination:
		return nil, nil, invalid("combination size must not exceed %d: %d", maxCombination, n)
	case n > int64(to-from):
		return places, ends, nil
	}
	count := int64(1)
	for k := int64(1); k <= n; k++ {
		product := count * (int64(to-from) - n + k)
		if product > math.MaxInt32 {
			return nil, nil, invalid("Number of combinations too large for array of size %d and combination length %d", to-from, n)
		}
		count = product / k
	}
	if count*n > maxCombinationElements {
		return nil, nil, invalid("combinations exceed max size")
	}
	var chosen [maxCombination + 1]int
	for k := range chosen {
		chosen[k] = from + k
	}
	chosen[n] = to
	for {
		for _, place := range chosen[:n] {
			places = append(places, int32(place))
		}
		ends = append(ends, int32(len(places)))
		k := 0
		for k < int(n) && chosen[k]+1 == chosen[k+1] {
			k++
		}
		if k == int(n) {
			return places, ends, nil
		}
		chosen[k]++
		for l := range k {
			chosen[l] = from + l
		}
	}
}
