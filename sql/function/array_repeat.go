package function

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// maxRepeat and maxSequence bound what repeat and sequence make for a row, in elements, as in Trino.
const (
	maxRepeat   = 100_000
	maxSequence = 10_000
)

var _ = scalar("array", "repeat", "Makes an array of a value repeated", "repeat('a', 2)", "[a, a]",
	Overload{Params: "T,integer", Result: "array(T)", Nullable: true, New: always(func(c *Call) (vector.Vector, error) {
		count := vector.ViewOf[int64](c.Args[1])
		made, size := 0, repeatedSize(c.Args[0])
		v, err := eachArray(&Call{Ctx: c.Ctx, N: c.N, Nulls: count.Nulls, Result: c.Result}, c.Args[0], func(dst []int32, i int) ([]int32, error) {
			n := count.Get(i)
			if n < 0 {
				return nil, invalid("count argument of repeat function must be greater than or equal to 0")
			}
			if n > maxRepeat {
				return nil, invalid("count argument of repeat function must be less than or equal to %d", maxRepeat)
			}
			if size(i)*n > maxRepeatedBytes {
				return nil, invalid("result of repeat function must not take more than %d bytes", maxRepeatedBytes)
			}
			made += int(n)
			if err := c.charge(int64(made) * placeBytes); err != nil {
				return nil, err
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

// maxRepeatedBytes bounds an array that repeat makes, as Trino would hold it.
const maxRepeatedBytes = 4 << 20

// repeatedSize returns how many bytes a row's value takes in an array: its text with the place of it, or its number, and those
// of all that is nested in it.
func repeatedSize(v vector.Vector) func(i int) int64 {
	const null, offset, word, wide, entry = 1, 4, 8, 16, 8
	switch t := v.Type(); {
	case t.Physical() == types.String:
		text := vector.ViewOf[string](v)
		return func(i int) int64 { return int64(len(text.Get(i))) + offset + null }
	case t.Physical() == types.Wide:
		return func(int) int64 { return wide + null }
	case t.Is(types.Integer), t.Is(types.Real), t.Is(types.Date):
		return func(int) int64 { return word/2 + null }
	case t.Is(types.Array), t.Is(types.Map):
		spans, each := vector.SpansOf(v), int64(0)
		value := repeatedSize(spans.Values)
		key := func(int) int64 { return 0 }
		if t.Is(types.Map) {
			each, key = entry, repeatedSize(spans.Keys)
		}
		return func(i int) int64 {
			from, to := spans.Span(i)
			sum := offset + null + each*int64(to-from)
			for j := from; j < to; j++ {
				sum += key(j) + value(j)
			}
			return sum
		}
	case t.Is(types.Row):
		fields := make([]func(int) int64, len(t.Fields()))
		for f := range fields {
			fields[f] = repeatedSize(vector.FieldOf(v, f))
		}
		return func(i int) int64 {
			sum := int64(null)
			for _, field := range fields {
				sum += field(i)
			}
			return sum
		}
	}
	return func(int) int64 { return word + null }
}

// steps is one sequence: next goes from a value to the one after it, and fails beyond
// the type. sign is that of the step.
type steps[T vector.Element] struct {
	next func(x T) (T, error)
	sign int
}

// sequenceOf is an overload of sequence; stepOf tells the steps of a row.
func sequenceOf[T vector.Element](compare func(x, y T) int, stepOf func(c *Call, i int, start, stop T) (steps[T], error)) newKernel {
	return always(func(c *Call) (vector.Vector, error) {
		start, stop := vector.ViewOf[T](c.Args[0]), vector.ViewOf[T](c.Args[1])
		offsets, values := make([]int32, c.N+1), []T(nil)
		for i := range c.N {
			if !c.Nulls.Has(i) {
				x, last := start.Get(i), stop.Get(i)
				step, err := stepOf(c, i, x, last)
				if err != nil {
					return nil, err
				}
				if step.sign == 0 {
					return nil, invalid("step must not be zero")
				}
				if compare(x, last)*step.sign > 0 {
					return nil, invalid("sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start")
				}
				for n := 0; compare(x, last)*step.sign <= 0; n++ {
					if n == maxSequence {
						return nil, invalid("result of sequence function must not have more than %d entries", maxSequence)
					}
					values = append(values, x)
					following, err := step.next(x)
					if err != nil || compare(following, x)*step.sign <= 0 {
						break // beyond the type, and so beyond the stop
					}
					x = following
				}
				if len(values) > maxElements {
					return nil, errTooManyElements
				}
				if err := c.charge(int64(len(values)) * placeBytes); err != nil {
					return nil, err
				}
			}
			offsets[i+1] = int32(len(values))
		}
		return vector.NewArray(c.Result, offsets, vector.NewFlat(c.Result.Elem(), values, nil), nil), nil
	})
}

func compareInt(x, y int64) int { return types.Int128From(x).Cmp(types.Int128From(y)) }

// byOne goes up or down by one, towards the stop.
func byOne(_ *Call, _ int, start, stop int64) (steps[int64], error) {
	step := int64(1)
	if start > stop {
		step = -1
	}
	return steps[int64]{func(x int64) (int64, error) { return x + step, nil }, int(step)}, nil
}

func byNumber(c *Call, i int, _, _ int64) (steps[int64], error) {
	n := vector.ViewOf[int64](c.Args[2]).Get(i)
	return steps[int64]{func(x int64) (int64, error) { return x + n, nil }, compareInt(n, 0)}, nil
}

func byDays(c *Call, i int, _, _ int64) (steps[int64], error) {
	n := vector.ViewOf[int64](c.Args[2]).Get(i)
	if n%millisPerDay != 0 {
		return steps[int64]{}, invalid("sequence step must be a day interval if start and end values are dates")
	}
	return steps[int64]{func(x int64) (int64, error) { return x + n/millisPerDay, nil }, compareInt(n, 0)}, nil
}

// byMonths counts months from the start on, so that days that a month lacks come back in the next one.
func byMonths[T vector.Element](add func(start T, months int64) (T, error)) func(c *Call, i int, start, stop T) (steps[T], error) {
	return func(c *Call, i int, start, _ T) (steps[T], error) {
		n, months := vector.ViewOf[int64](c.Args[2]).Get(i), int64(0)
		return steps[T]{func(T) (T, error) {
			months += n
			return add(start, months)
		}, compareInt(n, 0)}, nil
	}
}

var _ = scalar("array", "sequence", "Makes an array of numbers, dates or timestamps from a start to a stop, by a step", "sequence(1, 5, 2)", "[1, 3, 5]",
	Overload{Params: "bigint,bigint", Result: "array(bigint)", New: sequenceOf(compareInt, byOne)},
	Overload{Params: "bigint,bigint,bigint", Result: "array(bigint)", New: sequenceOf(compareInt, byNumber)},
	Overload{Params: "date,date", Result: "array(date)", New: sequenceOf(compareInt, byOne)},
	Overload{Params: "date,date," + daySecond, Result: "array(date)", New: sequenceOf(compareInt, byDays)},
	Overload{Params: "date,date," + yearMonth, Result: "array(date)",
		New: sequenceOf(compareInt, byMonths(func(start, months int64) (int64, error) { return types.AddMonths(start, months), nil }))},
	timestampSequence(daySecond, types.IntervalDayToSecond,
		func(c *Call, i int, _, _ int64) (steps[int64], error) {
			n := vector.ViewOf[int64](c.Args[2]).Get(i)
			return steps[int64]{func(x int64) (int64, error) { return x + n*microsPerMilli, nil }, compareInt(n, 0)}, nil
		},
		func(c *Call, i int, _, _ types.Int128) (steps[types.Int128], error) {
			n := vector.ViewOf[int64](c.Args[2]).Get(i)
			return steps[types.Int128]{func(x types.Int128) (types.Int128, error) {
				return types.Int128{Hi: x.Hi + n*microsPerMilli, Lo: x.Lo}, nil
			}, compareInt(n, 0)}, nil
		}),
	timestampSequence(yearMonth, types.IntervalYearToMonth,
		byMonths(func(start, months int64) (int64, error) { return monthsLater(start, months), nil }),
		byMonths(func(start types.Int128, months int64) (types.Int128, error) {
			return types.Int128{Hi: monthsLater(start.Hi, months), Lo: start.Lo}, nil
		})))

func monthsLater(micros, months int64) int64 {
	days := types.FloorDiv(micros, microsPerDay)
	return types.AddMonths(days, months)*microsPerDay + micros - days*microsPerDay
}

// timestampSequence is the overload for timestamps of any precision and an interval.
func timestampSequence(interval string, kind types.Kind, short func(*Call, int, int64, int64) (steps[int64], error),
	long func(*Call, int, types.Int128, types.Int128) (steps[types.Int128], error)) Overload {
	return Overload{
		Params: "timestamp(p),timestamp(p)," + interval, Result: "array(timestamp(p))",
		Derive: func(args []types.Type) ([]types.Type, types.Type, bool) {
			if len(args) != 3 || !args[2].Is(kind) && !args[2].Is(types.Unknown) {
				return nil, types.Type{}, false
			}
			t, ok := types.CommonSuperType(args[0], args[1])
			if !ok || !t.Is(types.Timestamp) {
				return nil, types.Type{}, false
			}
			step := types.TDayToSecond
			if kind == types.IntervalYearToMonth {
				step = types.TYearToMonth
			}
			return []types.Type{t, t, step}, types.ArrayOf(t), true
		},
		New: func(b Binding) (Kernel, error) {
			if b.Params[0].Physical() == types.Wide {
				return sequenceOf(types.Int128.Cmp, long)(b)
			}
			return sequenceOf(compareInt, short)(b)
		},
	}
}

// joinOverload is an overload of array_join, which casts the elements to varchar.
func joinOverload(params string) Overload {
	return Overload{Params: params, Result: "varchar", New: func(b Binding) (Kernel, error) {
		element := b.Params[0].Elem()
		cast, err := ResolveCast(element, types.TVarchar)
		if err != nil {
			return nil, failf(sql.OPERATOR_NOT_FOUND, "Cannot cast %s to varchar", element)
		}
		toText, err := cast.Overload.New(Binding{Ctx: b.Ctx, Params: cast.Params, Result: cast.Result, Constants: make([]vector.Vector, 1)})
		if err != nil {
			return nil, err
		}
		return func(c *Call) (vector.Vector, error) {
			offsets, _, elements := spansOf(c.Args[0])
			texts, err := toText(&Call{Ctx: c.Ctx, N: elements.Len(), Args: []vector.Vector{elements}, Nulls: elements.Nulls(), Result: types.TVarchar})
			if err != nil {
				return nil, err
			}
			text, separator := vector.ViewOf[string](texts), vector.ViewOf[string](c.Args[1])
			var null vector.View[string]
			if len(c.Args) == 3 {
				null = vector.ViewOf[string](c.Args[2])
			}
			return eachText(c, func(dst []byte, i int) ([]byte, error) {
				written := false
				for j := int(offsets[i]); j < int(offsets[i+1]); j++ {
					missing := text.Nulls.Has(j) // as the text of JSON's null is, too
					if missing && len(c.Args) == 2 {
						continue
					}
					if written {
						dst = append(dst, separator.Get(i)...)
					}
					written = true
					if missing {
						dst = append(dst, null.Get(i)...)
					} else {
						dst = append(dst, text.Get(j)...)
					}
					if len(dst) > maxTextBytes {
						return nil, errTooLong
					}
				}
				return dst, nil
			})
		}, nil
	}}
}

var _ = scalar("array", "array_join", "Joins the elements of an array to a text, NULLs as the third argument or not at all", "array_join(ARRAY[1, 2], ', ')", "1, 2",
	joinOverload("array(T),varchar"), joinOverload("array(T),varchar,varchar"))
