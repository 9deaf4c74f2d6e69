package function

import (
	"slices"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// concat is also the operator ||.
var _ = scalar("string", "concat", "Joins texts, varbinaries or arrays, or an array and an element", "concat('Get', 'Object')", "GetObject",
	Overload{Params: "char(x),char(y)", Result: "char(x + y)", NeverFails: true, New: padded(concatChars), Derive: concatenatedChars},
	Overload{Params: "varchar...", Result: "varchar", NeverFails: true, Associative: true, New: several("There must be two or more concatenation arguments", concatTexts)},
	Overload{Params: "varbinary...", Result: "varbinary", NeverFails: true, Associative: true, New: several("There must be two or more concatenation arguments", concatTexts)},
	Overload{Params: "array(E)...", Result: "array(E)", NeverFails: true, Associative: true, New: several("There must be two or more arguments to concat", concatArrays),
		Derive: func(args []types.Type) ([]types.Type, types.Type, bool) {
			if len(args) == 0 {
				return nil, types.Type{}, false
			}
			common := args[0]
			for _, a := range args {
				var ok bool
				if common, ok = types.CommonSuperType(common, a); !ok || !a.Is(types.Array) && !a.Is(types.Unknown) {
					return nil, types.Type{}, false
				}
			}
			if common.Is(types.Unknown) {
				common = types.ArrayOf(types.TUnknown)
			}
			params := make([]types.Type, len(args))
			for i := range params {
				params[i] = common
			}
			return params, common, true
		}},
	Overload{Params: "array(E),E", Result: "array(E)", NeverFails: true, New: concatElement(0), Derive: deriveElement(0)},
	Overload{Params: "E,array(E)", Result: "array(E)", NeverFails: true, New: concatElement(1), Derive: deriveElement(1)})

// several returns a New for a function of two or more arguments of one type.
func several(complaint string, k Kernel) newKernel {
	return func(b Binding) (Kernel, error) {
		if len(b.Params) < 2 {
			return nil, invalid("%s", complaint)
		}
		return k, nil
	}
}

// concatenatedChars is for exactly two char values: more have no common form.
func concatenatedChars(args []types.Type) ([]types.Type, types.Type, bool) {
	if len(args) != 2 || !args[0].Is(types.Char) || !args[1].Is(types.Char) || args[0].Length()+args[1].Length() > types.MaxCharLength {
		return nil, types.Type{}, false
	}
	return args, types.CharOf(args[0].Length() + args[1].Length()), true
}

func concatChars(pad func(string) string) newKernel {
	return binary(func(a, b string) string {
		if b == "" {
			return a
		}
		return pad(a) + b
	})
}

func concatTexts(c *Call) (vector.Vector, error) {
	views := make([]vector.View[string], len(c.Args))
	for i, a := range c.Args {
		views[i] = vector.ViewOf[string](a)
	}
	b := vector.NewTextBuilder(c.Result)
	checked := 0 // bytes
	for i := range c.N {
		if err := c.everyRows(i); err != nil {
			return nil, err
		}
		if c.Nulls.Has(i) {
			b.AppendNull()
			continue
		}
		size := 0
		for _, v := range views {
			size += len(v.Get(i))
		}
		if size > maxTextBytes-b.Bytes() { // before it is made
			return nil, errTooLong
		}
		b.Write(func(text []byte) []byte {
			text = slices.Grow(text, size)
			for _, v := range views {
				text = append(text, v.Get(i)...)
			}
			return text
		})
		if b.Bytes()-checked > bytesBetweenChecks {
			checked = b.Bytes()
			if err := c.Ctx.Interrupted(); err != nil {
				return nil, err
			}
		}
	}
	return b.Build(), nil
}

func concatArrays(c *Call) (vector.Vector, error) {
	b := vector.NewBuilder(c.Result, c.N).(*vector.ArrayBuilder)
	spans := make([]vector.SpanView, len(c.Args))
	for i, a := range c.Args {
		spans[i] = vector.SpansOf(a)
	}
	for i := range c.N {
		for _, s := range spans {
			from, to := s.Span(i)
			for j := from; j < to; j++ {
				b.Elements.Append(s.Values, j)
			}
		}
		b.Close()
	}
	return b.Build(), nil
}

// deriveElement is for an array at one place and an element at the other. A bare
// NULL is an element: it makes the result NULL.
func deriveElement(array int) func(args []types.Type) ([]types.Type, types.Type, bool) {
	return func(args []types.Type) ([]types.Type, types.Type, bool) {
		if len(args) != 2 || !args[array].Is(types.Array) {
			return nil, types.Type{}, false
		}
		element, ok := types.CommonSuperType(args[array].Elem(), args[1-array])
		params := []types.Type{element, element}
		params[array] = types.ArrayOf(element)
		return params, params[array], ok
	}
}

func concatElement(array int) newKernel {
	return always(func(c *Call) (vector.Vector, error) {
		b := vector.NewBuilder(c.Result, c.N).(*vector.ArrayBuilder)
		list, element := c.Args[array], c.Args[1-array]
		spans := vector.SpansOf(list)
		for i := range c.N {
			if c.Nulls.Has(i) {
				b.AppendNull()
				continue
			}
			if array == 1 {
				b.Elements.Append(element, i)
			}
			from, to := spans.Span(i)
			for j := from; j < to; j++ {
				b.Elements.Append(spans.Values, j)
			}
			if array == 0 {
				b.Elements.Append(element, i)
			}
			b.Close()
		}
		return b.Build(), nil
	})
}

var _ = scalar("string", "concat_ws", "Joins texts, or the texts of an array, with a separator between them; NULLs are left out",
	"concat_ws(',', 'a', NULL, 'b')", "a,b",
	Overload{Params: "varchar,array(varchar)", Result: "varchar", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		separator, spans := vector.ViewOf[string](c.Args[0]), vector.SpansOf(c.Args[1])
		texts := vector.ViewOf[string](spans.Values)
		return eachText(c, func(dst []byte, i int) ([]byte, error) {
			from, to := spans.Span(i)
			first := true
			for j := from; j < to; j++ {
				if texts.Nulls.Has(j) {
					continue
				}
				if !first {
					dst = append(dst, separator.Get(i)...)
				}
				dst, first = append(dst, texts.Get(j)...), false
			}
			return dst, nil
		})
	})},
	Overload{Params: "varchar...", Result: "varchar", Nullable: true, NeverFails: true, New: several("There must be two or more arguments", func(c *Call) (vector.Vector, error) {
		views := make([]vector.View[string], len(c.Args))
		for i, a := range c.Args {
			views[i] = vector.ViewOf[string](a)
		}
		all := *c
		all.Nulls = nil
		return eachTextOrNull(&all, func(dst []byte, i int) ([]byte, bool, error) {
			if views[0].Nulls.Has(i) {
				return dst, false, nil
			}
			first := true
			for _, v := range views[1:] {
				if v.Nulls.Has(i) {
					continue
				}
				if !first {
					dst = append(dst, views[0].Get(i)...)
				}
				dst, first = append(dst, v.Get(i)...), false
			}
			return dst, true, nil
		})
	})})
