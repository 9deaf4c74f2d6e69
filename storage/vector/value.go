package vector

import (
	"fmt"

	"github.com/ctlake/ctlake/storage/types"
)

// ValueAt returns row i of v, of a scalar type, as a bool, int64, float64, string
// or types.Int128; nil for NULL. It is for single values, such as literals and the
// bounds of domains: loops read a View.
func ValueAt(v Vector, i int) any {
	v, i, null := plainAt(v, i)
	if null {
		return nil
	}
	switch v := v.(type) {
	case *Flat[bool]:
		return v.Values[i]
	case *Flat[int64]:
		return v.Values[i]
	case *Flat[float64]:
		return v.Values[i]
	case *Flat[string]:
		return v.Values[i]
	case *Flat[types.Int128]:
		return v.Values[i]
	}
	panic(fmt.Sprintf("a row of a %T, of type %s, is no scalar", v, v.Type()))
}

// NewValue returns a plain vector of one row: value, of t's Go type, or nil for
// NULL. It is the inverse of ValueAt.
func NewValue(t types.Type, value any) Vector {
	switch value := value.(type) {
	case nil:
		return NewNull(t, 1).Value
	case bool:
		return flatOf(t, types.Bool, value)
	case int64:
		return flatOf(t, types.Int64, value)
	case float64:
		return flatOf(t, types.Float64, value)
	case string:
		return flatOf(t, types.String, value)
	case types.Int128:
		return flatOf(t, types.Wide, value)
	}
	panic(fmt.Sprintf("a Go %T is no value of type %s", value, t))
}

func flatOf[T Element](t types.Type, p types.Physical, value T) Vector {
	if t.Physical() != p {
		panic(fmt.Sprintf("a Go %T is no value of type %s", value, t))
	}
	return NewFlat(t, []T{value}, nil)
}
