package function

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Functions of arrays and maps without lambdas; those with are in array_lambda.go.

var _ = scalar("array", "element_at", "Returns an element of an array, counted from the end if negative, or the value of a key of a map; NULL if there is none",
	"element_at(ARRAY['a', 'b'], -1)", "b",
	Overload{Params: "array(T),bigint", Result: "T", New: always(elementAt)},
	Overload{Params: "map(K,V),K", Result: "V", Comparable: "K", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		return vector.GatherOrNull(vector.SpansOf(c.Args[0]).Values, findKeys(c)), nil
	})})

func elementAt(c *Call) (vector.Vector, error) {
	spans, index := vector.SpansOf(c.Args[0]), vector.ViewOf[int64](c.Args[1])
	rows := make([]int32, c.N)
	for i := range rows {
		rows[i] = -1
		if c.Nulls.Has(i) {
			continue
		}
		from, to := spans.Span(i)
		n, length := index.Get(i), int64(to-from)
		switch {
		case n == 0:
			return nil, invalid("SQL array indices start at 1")
		case n > 0 && n <= length:
			rows[i] = int32(from) + int32(n-1)
		case n < 0 && n >= -length:
			rows[i] = int32(to) + int32(n)
		}
	}
	return vector.GatherOrNull(spans.Values, rows), nil
}

func cardinality(c *Call) (vector.Vector, error) {
	spans := vector.SpansOf(c.Args[0])
	out := make([]int64, c.N)
	for i := range out {
		from, to := spans.Span(i)
		out[i] = int64(to - from)
	}
	return vector.NewFlat(c.Result, out, nil), nil
}

var _ = scalar("array", "cardinality", "Returns the number of elements of an array or of entries of a map, or estimates that of the values of a HyperLogLog or SetDigest", "cardinality(ARRAY[1, 2])", "2",
	Overload{Params: "array(T)", Result: "bigint", NeverFails: true, New: always(cardinality)},
	Overload{Params: "map(K,V)", Result: "bigint", NeverFails: true, New: always(cardinality)}, cardinalityOfHLL, cardinalityOfSet)

// find returns the place of the first element of a row that equals row i of v, from
// 1 on: 0 if there is none. open tells that a comparison with NULL left it open.
func find(spans vector.SpanView, i int, v vector.Vector) (place int, open bool) {
	from, to := spans.Span(i)
	for j := from; j < to; j++ {
		if spans.Values.Nulls().Has(j) {
			open = true
			continue
		}
		same, known := vector.Equal3(spans.Values, j, v, i)
		if same && known {
			return j - from + 1, false
		}
		open = open || !known
	}
	return 0, open
}

var _ = scalar("array", "contains", "Tests whether an array has an element, or a network, such as '10.0.0.0/8', an address", "contains(ARRAY[1, 2], 2)", "true",
	Overload{Params: "varchar,ipaddress", Result: "boolean", NeverFailsWith: networkNeverFails, New: containsAddress},
	Overload{Params: "array(T),T", Result: "boolean", Comparable: "T", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		spans := vector.SpansOf(c.Args[0])
		return eachOrNull(c, func(i int) (bool, bool, error) {
			place, open := find(spans, i, c.Args[1])
			return place > 0, !open, nil
		})
	})})

var _ = scalar("array", "array_position", "Returns the place of an element in an array, 0 if there is none; of its nth occurrence with a third argument",
	"array_position(ARRAY['a', 'b'], 'b')", "2",
	Overload{Params: "array(T),T", Result: "bigint", Comparable: "T", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		spans := vector.SpansOf(c.Args[0])
		return each(c, func(i int) (int64, error) {
			place, _ := find(spans, i, c.Args[1])
			return int64(place), nil
		})
	})},
	Overload{Params: "array(T),T,bigint", Result: "bigint", Comparable: "T", New: always(func(c *Call) (vector.Vector, error) {
		spans, instance := vector.SpansOf(c.Args[0]), vector.ViewOf[int64](c.Args[2])
		return each(c, func(i int) (int64, error) {
			from, to := spans.Span(i)
			n, step := instance.Get(i), 1
			if n == 0 {
				return 0, invalid("array_position cannot take a 0-valued instance argument.")
			}
			at := from
			if n < 0 {
				at, step = to-1, -1
			}
			for ; at >= from && at < to; at += step {
				if spans.Values.Nulls().Has(at) {
					continue
				}
				if same, known := vector.Equal3(spans.Values, at, c.Args[1], i); same && known {
					if n -= int64(step); n == 0 {
						return int64(at - from + 1), nil
					}
				}
			}
			return 0, nil
		})
	})})

// eachArray builds an array for each row out of the places of elements that f
// appends; values is where they are.
func eachArray(c *Call, values vector.Vector, f func(dst []int32, i int) ([]int32, error)) (vector.Vector, error) {
	offsets := make([]int32, c.N+1)
	var places []int32
	for i := range c.N {
		if !c.Nulls.Has(i) {
			var err error
			if places, err = f(places, i); err != nil {
				return nil, err
			}
			if len(places) > maxElements {
				return nil, errTooManyElements
			}
		}
		offsets[i+1] = int32(len(places))
	}
	return vector.NewArray(c.Result, offsets, vector.GatherOrNull(values, places), nil), nil
}

// maxElements bounds how many elements one call makes for a batch of rows.
const maxElements = 1 << 28

var errTooManyElements = failf(sql.EXCEEDED_FUNCTION_MEMORY_LIMIT, "A function makes more than %d elements for a batch of rows", maxElements)

// rearranged is the overload of a function that makes an array out of one's elements.
func rearranged(comparable string, f func(spans vector.SpanView, dst []int32, from, to int) []int32) Overload {
	return Overload{Params: "array(T)", Result: "array(T)", Comparable: comparable, NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		spans := vector.SpansOf(c.Args[0])
		return eachArray(c, spans.Values, func(dst []int32, i int) ([]int32, error) {
			from, to := spans.Span(i)
			return f(spans, dst, from, to), nil
		})
	})}
}

var _ = scalar("array", "array_distinct", "Removes repeated elements", "array_distinct(ARRAY[1, 2, 1])", "[1, 2]",
	rearranged("T", func(spans vector.SpanView, dst []int32, from, to int) []int32 {
		seen := newElementSet(spans.Values)
		for j := from; j < to; j++ {
			if seen.add(j) {
				dst = append(dst, int32(j))
			}
		}
		return dst
	}))

// elementSet is a set of rows of one vector, by value; NULL is one.
type elementSet struct {
	v    vector.Vector
	rows map[uint64][]int32
}

func newElementSet(v vector.Vector) *elementSet { return &elementSet{v: v, rows: map[uint64][]int32{}} }

func (s *elementSet) has(v vector.Vector, j int) (uint64, bool) {
	var one [1]uint64
	vector.Hash(vector.Slice(v, j, j+1), one[:])
	for _, r := range s.rows[one[0]] {
		if !vector.Distinct(s.v, int(r), v, j) {
			return one[0], true
		}
	}
	return one[0], false
}

func (s *elementSet) add(j int) bool {
	hash, ok := s.has(s.v, j)
	if !ok {
		s.rows[hash] = append(s.rows[hash], int32(j))
	}
	return !ok
}

// twoArrays is the overload of a set operation. Both arrays' elements lie in one
// vector; f is given their places.
func twoArrays(f func(all vector.Vector, dst []int32, a, b [2]int) []int32) Overload {
	return Overload{Params: "array(T),array(T)", Result: "array(T)", Comparable: "T", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		a, b := vector.SpansOf(c.Args[0]), vector.SpansOf(c.Args[1])
		all := vector.Plain(vector.Concat(c.Result.Elem(), a.Values, b.Values))
		base := a.Values.Len()
		return eachArray(c, all, func(dst []int32, i int) ([]int32, error) {
			from, to := a.Span(i)
			from2, to2 := b.Span(i)
			return f(all, dst, [2]int{from, to}, [2]int{from2 + base, to2 + base}), nil
		})
	})}
}

func setOperation(keepIf func(inB bool) bool) func(all vector.Vector, dst []int32, a, b [2]int) []int32 {
	return func(all vector.Vector, dst []int32, a, b [2]int) []int32 {
		other, seen := newElementSet(all), newElementSet(all)
		for j := b[0]; j < b[1]; j++ {
			other.add(j)
		}
		for j := a[0]; j < a[1]; j++ {
			if _, in := other.has(all, j); keepIf(in) && seen.add(j) {
				dst = append(dst, int32(j))
			}
		}
		return dst
	}
}

var (
	_ = scalar("array", "array_intersect", "Returns the elements that two arrays share, without repetition", "array_intersect(ARRAY[1, 2], ARRAY[2, 3])", "[2]",
		twoArrays(setOperation(func(in bool) bool { return in })))
	_ = scalar("array", "array_except", "Returns the elements of an array that are not in another, without repetition", "array_except(ARRAY[1, 2], ARRAY[2, 3])", "[1]",
		twoArrays(setOperation(func(in bool) bool { return !in })))
	_ = scalar("array", "array_union", "Returns the elements of two arrays, without repetition", "array_union(ARRAY[1, 2], ARRAY[2, 3])", "[1, 2, 3]",
		twoArrays(func(all vector.Vector, dst []int32, a, b [2]int) []int32 {
			seen := newElementSet(all)
			for _, span := range [][2]int{a, b} {
				for j := span[0]; j < span[1]; j++ {
					if seen.add(j) {
						dst = append(dst, int32(j))
					}
				}
			}
			return dst
		}))
)

var _ = scalar("array", "arrays_overlap", "Tests whether two arrays share an element that is not NULL", "arrays_overlap(ARRAY[1, 2], ARRAY[2, 3])", "true",
	Overload{Params: "array(T),array(T)", Result: "boolean", Comparable: "T", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		a, b := vector.SpansOf(c.Args[0]), vector.SpansOf(c.Args[1])
		return eachOrNull(c, func(i int) (bool, bool, error) {
			from, to := a.Span(i)
			from2, to2 := b.Span(i)
			set, null := newElementSet(b.Values), false
			for j := from2; j < to2; j++ {
				if b.Values.Nulls().Has(j) {
					null = true
				} else {
					set.add(j)
				}
			}
			for j := from; j < to; j++ {
				if a.Values.Nulls().Has(j) {
					null = true
				} else if _, ok := set.has(a.Values, j); ok {
					return true, true, nil
				}
			}
			return false, !null || from == to || from2 == to2, nil
		})
	})})

var _ = scalar("array", "array_remove", "Removes the elements that equal a value", "array_remove(ARRAY[1, 2, 1], 1)", "[2]",
	Overload{Params: "array(T),T", Result: "array(T)", Comparable: "T", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		spans := vector.SpansOf(c.Args[0])
		return eachArray(c, spans.Values, func(dst []int32, i int) ([]int32, error) {
			from, to := spans.Span(i)
			for j := from; j < to; j++ {
				if !spans.Values.Nulls().Has(j) {
					if same, known := vector.Equal3(spans.Values, j, c.Args[1], i); same && known {
						continue
					}
				}
				dst = append(dst, int32(j))
			}
			return dst, nil
		})
	})})

func extremeElement(max bool) Overload {
	return Overload{Params: "array(T)", Result: "T", Orderable: "T", New: func(b Binding) (Kernel, error) {
		before := beforeRows(b.Result, max)
		return func(c *Call) (vector.Vector, error) {
			spans := vector.SpansOf(c.Args[0])
			rows := make([]int32, c.N)
			for i := range rows {
				rows[i] = -1
				from, to := spans.Span(i)
				for j := from; j < to; j++ {
					if spans.Values.Nulls().Has(j) {
						rows[i] = -1
						break
					}
					if rows[i] < 0 {
						rows[i] = int32(j)
						continue
					}
					first, err := before(spans.Values, j, spans.Values, int(rows[i]))
					if err != nil {
						return nil, err
					}
					if first {
						rows[i] = int32(j)
					}
				}
			}
			return vector.GatherOrNull(spans.Values, rows), nil
		}, nil
	}}
}

var (
	_ = scalar("array", "array_max", "Returns the greatest element, NULL if one is NULL", "array_max(ARRAY[1, 3, 2])", "3", extremeElement(true))
	_ = scalar("array", "array_min", "Returns the least element, NULL if one is NULL", "array_min(ARRAY[3, 1, 2])", "1", extremeElement(false))
)

var _ = scalar("array", "slice", "Returns some elements of an array, from a place on, which counts from the end if negative", "slice(ARRAY[1, 2, 3], 2, 2)", "[2, 3]",
	Overload{Params: "array(T),bigint,bigint", Result: "array(T)", New: always(func(c *Call) (vector.Vector, error) {
		spans, start, length := vector.SpansOf(c.Args[0]), vector.ViewOf[int64](c.Args[1]), vector.ViewOf[int64](c.Args[2])
		return eachArray(c, spans.Values, func(dst []int32, i int) ([]int32, error) {
			from, to := spans.Span(i)
			s, n, size := start.Get(i), length.Get(i), int64(to-from)
			if n < 0 {
				return nil, invalid("length must be greater than or equal to 0")
			}
			if s == 0 {
				return nil, invalid("SQL array indices start at 1")
			}
			if s < 0 {
				s += size + 1
			}
			if s < 1 || s > size {
				return dst, nil
			}
			for j := s; j <= size && n > 0; j, n = j+1, n-1 {
				dst = append(dst, int32(from)+int32(j-1))
			}
			return dst, nil
		})
	})})

var _ = scalar("array", "trim_array", "Removes some elements from the end of an array", "trim_array(ARRAY[1, 2, 3], 2)", "[1]",
	Overload{Params: "array(T),bigint", Result: "array(T)", New: always(func(c *Call) (vector.Vector, error) {
		spans, count := vector.SpansOf(c.Args[0]), vector.ViewOf[int64](c.Args[1])
		return eachArray(c, spans.Values, func(dst []int32, i int) ([]int32, error) {
			from, to := spans.Span(i)
			n := count.Get(i)
			if n < 0 {
				return nil, invalid("size must not be negative: %d", n)
			}
			if n > int64(to-from) {
				return nil, invalid("size must not exceed array cardinality %d: %d", to-from, n)
			}
			for j := from; j < to-int(n); j++ {
				dst = append(dst, int32(j))
			}
			return dst, nil
		})
	})})

var _ = scalar("array", "flatten", "Joins the arrays of an array", "flatten(ARRAY[ARRAY[1], ARRAY[2, 3]])", "[1, 2, 3]",
	Overload{Params: "array(array(T))", Result: "array(T)", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		outer := vector.SpansOf(c.Args[0])
		inner := vector.SpansOf(outer.Values)
		return eachArray(c, inner.Values, func(dst []int32, i int) ([]int32, error) {
			from, to := outer.Span(i)
			for j := from; j < to; j++ {
				from, to := inner.Span(j)
				for k := from; k < to; k++ {
					dst = append(dst, int32(k))
				}
			}
			return dst, nil
		})
	})})

// maxRepeat and maxSequence bound what repeat and sequence make for a row, in elements, as in Trino.
const (
	maxRepeat   = 10_000
	maxSequence = 10_000
)

var _ = scalar("array", "repeat", "Makes an array of a value repeated", "repeat('a', 2)", "[a, a]",
	Overload{Params: "T,bigint", Result: "array(T)", Nullable: true, New: always(func(c *Call) (vector.Vector, error) {
		count := vector.ViewOf[int64](c.Args[1])
		v, err := eachArray(&Call{Ctx: c.Ctx, N: c.N, Nulls: count.Nulls, Result: c.Result}, c.Args[0], func(dst []int32, i int) ([]int32, error) {
			n := count.Get(i)
			if n > maxRepeat {
				return nil, invalid("count argument of repeat function must be less than or equal to %d", maxRepeat)
			}
			for ; n > 0; n-- {
				dst = append(dst, int32(i))
			}
			return dst, nil
		})
		if err != nil {
			return nil, err
		}
		return vector.WithNulls(v, count.Nulls), nil
	})})

// sequenceOf is an overload of sequence for values carried by int64 and a step by a plain number.
func sequenceOf(params, result string, step func(b Binding, i int, c *Call) (func(x int64) int64, int)) Overload {
	return Overload{Params: params, Result: result, New: func(b Binding) (Kernel, error) {
		return func(c *Call) (vector.Vector, error) {
			start, stop := vector.ViewOf[int64](c.Args[0]), vector.ViewOf[int64](c.Args[1])
			offsets, values := make([]int32, c.N+1), []int64(nil)
			for i := range c.N {
				if !c.Nulls.Has(i) {
					next, sign := step(b, i, c)
					x, last := start.Get(i), stop.Get(i)
					if sign == 0 && len(c.Args) == 2 {
						sign = 1
						if x > last {
							sign = -1
						}
						plain, down := next, sign < 0
						next = func(n int64) int64 {
							if down {
								return 2*n - plain(n)
							}
							return plain(n)
						}
					}
					if sign == 0 {
						return nil, invalid("step must not be zero")
					}
					if sign > 0 && x > last || sign < 0 && x < last {
						return nil, invalid("sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start")
					}
					for n := 0; sign > 0 && x <= last || sign < 0 && x >= last; n++ {
						if n == maxSequence {
							return nil, invalid("result of sequence function must not have more than %d entries", maxSequence)
						}
						values = append(values, x)
						following := next(x)
						if sign > 0 && following <= x || sign < 0 && following >= x {
							break // beyond the type
						}
						x = following
					}
					if len(values) > maxElements {
						return nil, errTooManyElements
					}
				}
				offsets[i+1] = int32(len(values))
			}
			return vector.NewArray(c.Result, offsets, vector.NewFlat(c.Result.Elem(), values, nil), nil), nil
		}, nil
	}}
}

func signOf(n int64) int { return types.Int128From(n).Sign() }

func stepBy(unit int64) func(Binding, int, *Call) (func(int64) int64, int) {
	return func(_ Binding, i int, c *Call) (func(int64) int64, int) {
		if len(c.Args) == 2 {
			return func(x int64) int64 { return x + 1 }, 0
		}
		n := vector.ViewOf[int64](c.Args[2]).Get(i)
		return func(x int64) int64 {
			if unit < 0 { // a multiple
				return x + n*-unit
			}
			return x + n/unit
		}, signOf(n)
	}
}

func stepMonths(unit int64) func(Binding, int, *Call) (func(int64) int64, int) {
	return func(_ Binding, i int, c *Call) (func(int64) int64, int) {
		n := vector.ViewOf[int64](c.Args[2]).Get(i)
		return func(x int64) int64 {
			days := floorDiv(x, unit)
			return types.AddMonths(days, n)*unit + x - days*unit
		}, signOf(n)
	}
}

var _ = scalar("array", "sequence", "Makes an array of numbers, dates or timestamps from a start to a stop, by a step", "sequence(1, 5, 2)", "[1, 3, 5]",
	sequenceOf("bigint,bigint", "array(bigint)", stepBy(1)),
	sequenceOf("bigint,bigint,bigint", "array(bigint)", stepBy(1)),
	sequenceOf("date,date", "array(date)", stepBy(1)),
	sequenceOf("date,date,"+daySecond, "array(date)", stepBy(millisPerDay)),
	sequenceOf("date,date,"+yearMonth, "array(date)", stepMonths(1)),
	sequenceOf("timestamp(6),timestamp(6),"+daySecond, "array(timestamp(6))", stepBy(-microsPerMilli)),
	sequenceOf("timestamp(6),timestamp(6),"+yearMonth, "array(timestamp(6))", stepMonths(microsPerDay)))

func joinOverload(params string) Overload {
	return Overload{Params: params, Result: "varchar", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		spans, separator := vector.SpansOf(c.Args[0]), vector.ViewOf[string](c.Args[1])
		return eachText(c, func(dst []byte, i int) ([]byte, error) {
			from, to := spans.Span(i)
			written := false
			for j := from; j < to; j++ {
				null := spans.Values.Nulls().Has(j)
				if null && len(c.Args) == 2 {
					continue
				}
				if written {
					dst = append(dst, separator.Get(i)...)
				}
				written = true
				if null {
					dst = append(dst, vector.ViewOf[string](c.Args[2]).Get(i)...)
				} else {
					dst = vector.AppendText(dst, spans.Values, j)
				}
			}
			return dst, nil
		})
	})}
}

var _ = scalar("array", "array_join", "Joins the elements of an array to a text, NULLs as the third argument or not at all", "array_join(ARRAY[1, 2], ', ')", "1, 2",
	joinOverload("array(T),varchar"), joinOverload("array(T),varchar,varchar"))
