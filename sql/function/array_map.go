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
// 1 on: 0 if there is none. open tells that an element is NULL. name is the function's.
func find(name string, spans vector.SpanView, i int, v vector.Vector) (place int, open bool, err error) {
	from, to := spans.Span(i)
	for j := from; j < to; j++ {
		if isNull(spans.Values, j) {
			open = true
			continue
		}
		same, known := vector.Equal3(spans.Values, j, v, i)
		if !known {
			return 0, false, failf(sql.NOT_SUPPORTED, "%s does not support arrays with elements that are null or contain null", name)
		}
		if same {
			return j - from + 1, open, nil
		}
	}
	return 0, open, nil
}

// isNull reports whether row i of v is NULL.
func isNull(v vector.Vector, i int) bool {
	if c, ok := v.(*vector.Constant); ok {
		return c.IsNull()
	}
	return v.Nulls().Has(i)
}

// flatElements says that the elements of the first argument have no NULLs in them, by which comparing may fail.
func flatElements(b Binding) bool { return b.Params[0].Elem().Physical() != types.Nested }

var _ = scalar("array", "contains", "Tests whether an array has an element, or a network, such as '10.0.0.0/8', an address", "contains(ARRAY[1, 2], 2)", "true",
	Overload{Params: "varchar,ipaddress", Result: "boolean", NeverFailsWith: networkNeverFails, New: containsAddress},
	Overload{Params: "array(T),T", Result: "boolean", Comparable: "T", NeverFailsWith: flatElements, New: always(func(c *Call) (vector.Vector, error) {
		spans := vector.SpansOf(c.Args[0])
		return eachOrNull(c, func(i int) (bool, bool, error) {
			place, open, err := find("contains", spans, i, c.Args[1])
			return place > 0, place > 0 || !open, err
		})
	})})

var _ = scalar("array", "array_position", "Returns the place of an element in an array, 0 if there is none", "array_position(ARRAY['a', 'b'], 'b')", "2",
	Overload{Params: "array(T),T", Result: "bigint", Comparable: "T", NeverFailsWith: flatElements, New: always(func(c *Call) (vector.Vector, error) {
		spans := vector.SpansOf(c.Args[0])
		return each(c, func(i int) (int64, error) {
			place, _, err := find("array_position", spans, i, c.Args[1])
			return int64(place), err
		})
	})})

// eachArray builds an array for each row out of the places of elements that f
// appends; values is where they are.
func eachArray(c *Call, values vector.Vector, f func(dst []int32, i int) ([]int32, error)) (vector.Vector, error) {
	offsets := make([]int32, c.N+1)
	var places []int32
	for i := range c.N {
		if err := c.everyRows(i); err != nil {
			return nil, err
		}
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
