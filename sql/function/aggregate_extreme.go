package function

import (
	"cmp"
	"errors"
	"math"
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// extremes holds the least or the greatest value of each group. before tells
// whether a value takes the place of another.
type extremes[T vector.Element] struct {
	typ    types.Type
	values []T
	any    vector.Bitmap
	before func(a, b T) bool
	clone  func(T) T // of texts
	held   int64     // bytes of texts
	size   int64
}

func (a *extremes[T]) Grow(groups int) {
	if groups > len(a.values) {
		a.values = append(a.values, make([]T, groups-len(a.values))...)
		for len(a.any)*64 < groups {
			a.any = append(a.any, 0)
		}
	}
}

func (a *extremes[T]) Add(c *Call, groups []int32) error {
	v := vector.ViewOf[T](c.Args[0])
	for i, g := range groups {
		if c.Nulls.Has(i) {
			continue
		}
		if x := v.Values[v.At[i]]; !a.any.Has(int(g)) || a.before(x, a.values[g]) {
			a.set(g, x)
		}
	}
	return nil
}

func (a *extremes[T]) set(g int32, x T) {
	a.any.Set(int(g))
	if a.clone != nil {
		a.held += textBytes(x) - textBytes(a.values[g])
		x = a.clone(x)
	}
	a.values[g] = x
}

func textBytes[T vector.Element](x T) int64 {
	if s, ok := any(x).(string); ok {
		return int64(len(s))
	}
	return 0
}

func (a *extremes[T]) Merge(other Accumulator, groups []int32) error {
	o := other.(*extremes[T])
	for i, x := range o.values {
		if g := groups[i]; o.any.Has(i) && (!a.any.Has(int(g)) || a.before(x, a.values[g])) {
			a.set(g, x)
		}
	}
	return nil
}

func (a *extremes[T]) Part(groups []int32) Accumulator {
	p := *a
	p.values, p.any = pickStates(a.values, groups), vector.NewBitmap(len(groups))
	for i, g := range groups {
		if a.any.Has(int(g)) {
			p.any.Set(i)
		}
	}
	p.held = shareOf(a.held, len(groups), len(a.values))
	return &p
}

func (a *extremes[T]) Result(from, to int) (vector.Vector, error) {
	return eachOrNull(&Call{N: to - from, Result: a.typ}, func(i int) (T, bool, error) {
		return a.values[from+i], a.any.Has(from + i), nil
	})
}

func (a *extremes[T]) Bytes() int64 { return a.size*int64(cap(a.values)) + a.held }

func native2[T cmp.Ordered](max bool) func(a, b T) bool {
	if max {
		return func(a, b T) bool { return a > b }
	}
	return func(a, b T) bool { return a < b }
}

// extreme makes the accumulator of min or max. NaN is neither unless all values are.
func extreme(max bool) newAccumulator {
	return func(b Binding) (Accumulator, error) {
		t := b.Params[0]
		switch t.Physical() {
		case types.Int64:
			return &extremes[int64]{typ: t, before: native2[int64](max), size: 8}, nil
		case types.Float64:
			less := native2[float64](max)
			return &extremes[float64]{typ: t, size: 8, before: func(a, b float64) bool {
				return less(a, b) || math.IsNaN(b) && !math.IsNaN(a)
			}}, nil
		case types.Bool:
			return &extremes[bool]{typ: t, before: func(a, b bool) bool { return a != b && a == max }, size: 1}, nil
		case types.Wide:
			return &extremes[types.Int128]{typ: t, size: 16, before: func(a, b types.Int128) bool {
				order := t.OrderKey(a).Cmp(t.OrderKey(b))
				return max && order > 0 || !max && order < 0
			}}, nil
		case types.String:
			before := native2[string](max)
			if t.Is(types.Char) {
				before = func(a, b string) bool {
					order := types.CompareChar(a, b)
					return max && order > 0 || !max && order < 0
				}
			}
			return &extremes[string]{typ: t, before: before, clone: strings.Clone, size: 16}, nil
		}
		return extremeBy(max, 0, 0)(b)
	}
}

// byKey is the value that belongs to the least or greatest key so far.
type byKey struct{ value, key cell }

// extremeBy makes the accumulator of min_by(value, key) and max_by: value and key
// are the arguments' places. The first row of equal keys counts.
func extremeBy(max bool, value, key int) newAccumulator {
	return func(b Binding) (Accumulator, error) {
		before := beforeRows(b.Params[key], max)
		f := &fold[byKey]{result: b.Result}
		set := func(s *byKey, v cell, k cell) {
			if s.key != nil {
				f.held -= vector.Bytes(s.value) + vector.Bytes(s.key)
			}
			s.value, s.key = v, k
			f.held += vector.Bytes(v) + vector.Bytes(k)
		}
		f.rows = func(_ *fold[byKey], c *Call) func(*byKey, int) error {
			return func(s *byKey, i int) error {
				if c.Args[key].Nulls().Has(i) {
					return nil
				}
				if s.key != nil {
					first, err := before(c.Args[key], i, s.key, 0)
					if err != nil || !first {
						return err
					}
				}
				set(s, keep(c.Args[value], i), keep(c.Args[key], i))
				return nil
			}
		}
		f.merge = func(_ *fold[byKey], s, o *byKey) error {
			if o.key == nil {
				return nil
			}
			if s.key != nil {
				first, err := before(o.key, 0, s.key, 0)
				if err != nil || !first {
					return err
				}
			}
			set(s, o.value, o.key)
			return nil
		}
		f.build = func(f *fold[byKey], states []byKey) (vector.Vector, error) {
			return buildCells(f.result, len(states), func(i int) cell { return states[i].value }), nil
		}
		return f, nil
	}
}

// beforeRows tells whether a row is less (or greater, for max) than another. NaN comes last, inside of arrays and rows too.
func beforeRows(t types.Type, max bool) func(a vector.Vector, i int, b vector.Vector, j int) (bool, error) {
	sign := 1
	if max {
		sign = -1
	}
	if t.Physical() == types.Nested || max && t.Physical() == types.Float64 {
		compare := vector.CompareStrict
		if max {
			compare = vector.CompareNaNFirst
		}
		return func(a vector.Vector, i int, b vector.Vector, j int) (bool, error) {
			order, err := compare(a, i, b, j)
			if err != nil {
				var value *types.Error
				if errors.As(err, &value) {
					err = failf(sql.Code(value.Code), "%s", value.Msg)
				}
			}
			return order*sign < 0, err
		}
	}
	compare := vector.Comparer(t)
	return func(a vector.Vector, i int, b vector.Vector, j int) (bool, error) {
		return compare(a, i, b, j)*sign < 0, nil
	}
}

// firstOf makes the accumulator of arbitrary: the first value that is not NULL.
func firstOf(b Binding) (Accumulator, error) {
	f := &fold[cell]{result: b.Result}
	f.rows = func(_ *fold[cell], c *Call) func(*cell, int) error {
		return func(s *cell, i int) error {
			if *s == nil {
				*s = keep(c.Args[0], i)
				f.held += vector.Bytes(*s)
			}
			return nil
		}
	}
	f.merge = func(_ *fold[cell], s, o *cell) error {
		if *s == nil && *o != nil {
			*s = *o
			f.held += vector.Bytes(*o)
		}
		return nil
	}
	f.build = func(f *fold[cell], states []cell) (vector.Vector, error) {
		return buildCells(f.result, len(states), func(i int) cell { return states[i] }), nil
	}
	return f, nil
}

var _ = aggregate("arbitrary,any_value", "Returns one of the values: the first that is not NULL", "arbitrary(x)", "NULL, 2", "2",
	AggregateOverload{Params: "T", Result: "T", OrderSensitive: true, New: firstOf})

var (
	_ = aggregate("min", "Returns the least value, or the least n", "min(x)", "3, 1, 2", "1",
		AggregateOverload{Params: "T", Result: "T", Orderable: "T", New: extreme(false)},
		AggregateOverload{Params: "T,bigint", Result: "array(T)", Orderable: "T", New: extremeN("min", false, 0, 0, 1)})
	_ = aggregate("max", "Returns the greatest value, or the greatest n", "max(x)", "3, 1, 2", "3",
		AggregateOverload{Params: "T", Result: "T", Orderable: "T", New: extreme(true)},
		AggregateOverload{Params: "T,bigint", Result: "array(T)", Orderable: "T", New: extremeN("max", true, 0, 0, 1)})
	_ = aggregate("min_by", "Returns the value that belongs to the least key, or to the least n", "min_by(x, y)", "('a', 2), ('b', 1)", "b",
		AggregateOverload{Params: "V,K", Result: "V", Orderable: "K", Nullable: true, OrderSensitive: true, New: extremeBy(false, 0, 1)},
		AggregateOverload{Params: "V,K,bigint", Result: "array(V)", Orderable: "K", Nullable: true, OrderSensitive: true, New: extremeN("min_by", false, 0, 1, 2)})
	_ = aggregate("max_by", "Returns the value that belongs to the greatest key, or to the greatest n", "max_by(x, y)", "('a', 2), ('b', 1)", "a",
		AggregateOverload{Params: "V,K", Result: "V", Orderable: "K", Nullable: true, OrderSensitive: true, New: extremeBy(true, 0, 1)},
		AggregateOverload{Params: "V,K,bigint", Result: "array(V)", Orderable: "K", Nullable: true, OrderSensitive: true, New: extremeN("max_by", true, 0, 1, 2)})
)
