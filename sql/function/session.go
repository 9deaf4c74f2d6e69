package function

import (
	"github.com/google/uuid"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// version is what version() returns.
const version = "ctlake"

// sessionText registers a function without arguments that is the same for the whole statement.
func sessionText(name, text, example, result string, value func(*Context) string) registered {
	return scalar("session", name, text, example, result,
		Overload{Result: "varchar", NeverFails: true, New: func(b Binding) (Kernel, error) {
			return func(c *Call) (vector.Vector, error) {
				return vector.NewConstant(vector.NewValue(types.TVarchar, value(b.Ctx)), c.N), nil
			}, nil
		}})
}

var (
	_ = sessionText("version", "Returns the version of the software", "length(version()) > 0", "true", func(*Context) string { return version })
	_ = sessionText("current_timezone", "Returns the name of the session's time zone", "current_timezone()", "UTC",
		func(ctx *Context) string { return sessionZone(ctx).String() })
)

var _ = scalar("session", "current_groups", "Returns the groups of the user, of which there are none", "current_groups()", "[]",
	Overload{Result: "array(varchar)", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		b := vector.NewBuilder(c.Result, c.N).(*vector.ArrayBuilder)
		for range c.N {
			b.Close()
		}
		return b.Build(), nil
	})})

var _ = scalar("conversion", "typeof", "Returns the name of the type of an expression", "typeof(1.5)", "decimal(2,1)",
	Overload{Params: "T", Result: "varchar", Nullable: true, NeverFails: true, New: func(b Binding) (Kernel, error) {
		name := vector.NewValue(types.TVarchar, b.Params[0].String())
		return func(c *Call) (vector.Vector, error) { return vector.NewConstant(name, c.N), nil }, nil
	}})

var _ = scalar("uuid", "uuid", "Returns a random UUID of version 4", "length(CAST(uuid() AS varchar))", "36",
	Overload{Result: "uuid", Volatile: true, New: always(func(c *Call) (vector.Vector, error) {
		return each(c, func(int) (types.Int128, error) {
			id, err := uuid.NewRandom()
			if err != nil {
				return types.Int128{}, err
			}
			return types.UUIDFromBytes(string(id[:]))
		})
	})})
