package function

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// ResolveCast finds the conversion between two types: what CAST and coercions
// do. The error is of code TYPE_MISMATCH and has no position.
//
//	cast.go          this, NULL, arrays, maps and rows by their members
//	cast_number.go   between numbers and booleans
//	cast_text.go     from and to varchar, char and varbinary
//	cast_time.go     between dates, times and timestamps
//	json_cast.go     from and to json
func ResolveCast(from, to types.Type) (*Resolved, error) {
	c, ok := conversionOf(from, to)
	if !ok {
		return nil, failf(sql.TYPE_MISMATCH, "Cannot cast %s to %s", from, to)
	}
	return &Resolved{
		Name:     "$cast",
		Overload: &Overload{Params: from.String(), Result: to.String(), NeverFails: c.neverFails, New: c.new},
		Params:   []types.Type{from}, Result: to,
	}, nil
}

// conversion makes a kernel of one argument.
type conversion struct {
	neverFails bool
	new        newKernel
}

// safe and fallible make conversions of functions of single values.
func safe[A, R vector.Element](f func(A) R) conversion { return conversion{true, unary(f)} }

func fallible[A, R vector.Element](f func(A) (R, error)) conversion {
	return conversion{false, unaryErr(f)}
}

// conversions holds those between scalar types, by kinds. Types of one kind that
// differ in their parameters are among them.
var conversions = map[[2]types.Kind]func(from, to types.Type) conversion{}

func conversionOf(from, to types.Type) (conversion, bool) {
	switch {
	case from.Equal(to):
		return relabelled, true
	case from.Is(types.Unknown):
		return conversion{true, always(func(c *Call) (vector.Vector, error) { return vector.NewNull(c.Result, c.N), nil })}, true
	case from.Is(types.IPAddress) && to.Is(types.Varchar) && to.Length() != types.TVarchar.Length():
		return conversion{}, false
	case to.Is(types.JSON):
		return castToJSON(from)
	case from.Is(types.JSON):
		return castFromJSON(to)
	case from.Physical() == types.Nested && from.Kind() == to.Kind():
		return castNested(from, to)
	}
	f, ok := conversions[[2]types.Kind{from.Kind(), to.Kind()}]
	if !ok {
		return conversion{}, false
	}
	return f(from, to), true
}

// relabelled is the conversion of values that stay as they are.
var relabelled = conversion{true, always(func(c *Call) (vector.Vector, error) { return relabel(c.Args[0], c.Result), nil })}

// relabel returns v as a vector of another type with the same carrier.
func relabel(v vector.Vector, t types.Type) vector.Vector {
	switch v := v.(type) {
	case *vector.Flat[bool]:
		return vector.NewFlat(t, v.Values, v.Nulls())
	case *vector.Flat[int64]:
		return vector.NewFlat(t, v.Values, v.Nulls())
	case *vector.Flat[float64]:
		return vector.NewFlat(t, v.Values, v.Nulls())
	case *vector.Flat[string]:
		return vector.NewFlat(t, v.Values, v.Nulls())
	case *vector.Flat[types.Int128]:
		return vector.NewFlat(t, v.Values, v.Nulls())
	case *vector.Dictionary:
		return vector.NewDictionary(v.Ids, relabel(v.Values, t), v.Nulls())
	case *vector.Constant:
		return vector.NewConstant(relabel(v.Value, t), v.N)
	}
	return v // arrays, maps and rows of equal types
}

// castNested converts arrays, maps and rows by their members.
func castNested(from, to types.Type) (conversion, bool) {
	before, after := childrenOf(from), childrenOf(to)
	if len(before) != len(after) {
		return conversion{}, false
	}
	parts := make([]conversion, len(before))
	out := conversion{neverFails: true}
	for i := range parts {
		var ok bool
		if parts[i], ok = conversionOf(before[i], after[i]); !ok {
			return conversion{}, false
		}
		out.neverFails = out.neverFails && parts[i].neverFails
	}
	if from.Is(types.Map) && !before[0].Equal(after[0]) {
		out.neverFails = false // keys may become equal
	}
	out.new = func(b Binding) (Kernel, error) {
		kernels := make([]Kernel, len(parts))
		for i, p := range parts {
			var err error
			inner := Binding{Ctx: b.Ctx, Params: before[i : i+1], Result: after[i], Constants: make([]vector.Vector, 1)}
			if kernels[i], err = p.new(inner); err != nil {
				return nil, err
			}
		}
		member := func(c *Call, i int, v vector.Vector) (vector.Vector, error) {
			return applyKernel(kernels[i], c.Ctx, v, after[i])
		}
		switch from.Kind() {
		case types.Array:
			return func(c *Call) (vector.Vector, error) { return castArray(c, member) }, nil
		case types.Map:
			return func(c *Call) (vector.Vector, error) { return castMap(c, member) }, nil
		}
		return func(c *Call) (vector.Vector, error) {
			fields := make([]vector.Vector, len(parts))
			for i := range fields {
				var err error
				if fields[i], err = member(c, i, vector.FieldOf(c.Args[0], i)); err != nil {
					return nil, err
				}
			}
			return vector.NewRow(c.Result, fields, c.N, c.Args[0].Nulls()), nil
		}, nil
	}
	return out, true
}

// applyKernel calls a kernel of one argument as the engine would.
func applyKernel(k Kernel, ctx *Context, v vector.Vector, result types.Type) (vector.Vector, error) {
	n := v.Len()
	nulls := v.Nulls()
	if n == 0 || nulls.Count(n) == n {
		return vector.NewNull(result, n), nil
	}
	out, err := k(&Call{Ctx: ctx, N: n, Args: []vector.Vector{v}, Nulls: nulls, Result: result})
	if err != nil {
		return nil, err
	}
	return vector.WithNulls(out, nulls), nil
}

type memberCast = func(c *Call, i int, v vector.Vector) (vector.Vector, error)

// spansOf returns the argument without encodings, and its children that rows use, renumbered from 0.
func spansOf(v vector.Vector) (offsets []int32, keys, values vector.Vector) {
	v = vector.Plain(v)
	w := vector.SpansOf(v)
	from, to := w.Offsets[0], w.Offsets[v.Len()]
	offsets = make([]int32, v.Len()+1)
	for i := range offsets {
		offsets[i] = w.Offsets[i] - from
	}
	if w.Keys != nil {
		keys = vector.Slice(w.Keys, int(from), int(to))
	}
	return offsets, keys, vector.Slice(w.Values, int(from), int(to))
}

func castArray(c *Call, member memberCast) (vector.Vector, error) {
	offsets, _, elements := spansOf(c.Args[0])
	elements, err := member(c, 0, elements)
	if err != nil {
		return nil, err
	}
	return vector.NewArray(c.Result, offsets, elements, c.Args[0].Nulls()), nil
}

func castMap(c *Call, member memberCast) (vector.Vector, error) {
	offsets, keys, values := spansOf(c.Args[0])
	same := keys.Type().Equal(c.Result.Key())
	keys, err := member(c, 0, keys)
	if err != nil {
		return nil, err
	}
	if values, err = member(c, 1, values); err != nil {
		return nil, err
	}
	if !same {
		for i := range c.N {
			if err := checkKeys(keys, int(offsets[i]), int(offsets[i+1])); err != nil {
				return nil, err
			}
		}
	}
	return vector.NewMap(c.Result, offsets, keys, values, c.Args[0].Nulls()), nil
}

// checkKeys complains about keys that are NULL, or equal to each other.
func checkKeys(keys vector.Vector, from, to int) error {
	nulls := keys.Nulls()
	hashes := make([]uint64, to-from)
	vector.Hash(vector.Slice(keys, from, to), hashes)
	seen := make(map[uint64][]int, len(hashes))
	for i, h := range hashes {
		if nulls.Has(from + i) {
			return failf(sql.INVALID_CAST_ARGUMENT, "map key is null")
		}
		for _, other := range seen[h] {
			if !vector.Distinct(keys, from+i, keys, other) {
				return failf(sql.INVALID_CAST_ARGUMENT, "duplicate keys")
			}
		}
		seen[h] = append(seen[h], from+i)
	}
	return nil
}
