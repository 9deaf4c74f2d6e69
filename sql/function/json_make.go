package function

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/jsonpath"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// madeValue returns the value in row i of an argument of JSON_OBJECT or JSON_ARRAY as an item; ok is false if it is
// NULL and to be left out.
func (c *JSONClauses) madeValue(v vector.Vector, i int, format JSONFormat, function string) (item jsonpath.Item, ok bool, err error) {
	if v.Nulls().Has(i) {
		return item, !c.Absent, nil
	}
	item = jsonpath.NewValue(v.Type(), vector.ValueAt(v, i))
	if format != NoFormat {
		if item, ok = readJSON(format.decode(item.Scalar().(string))); !ok {
			return item, false, errJSONInput
		}
		return item, true, nil
	}
	if _, ok := appendItem(nil, item); !ok {
		return item, false, invalid("value passed to %s function cannot be converted to JSON", function)
	}
	return item, true, nil
}

// newJSONArray's arguments are the clauses, then the values.
func newJSONArray(b Binding) (Kernel, error) {
	clauses, err := clausesOf(b, 0)
	if err != nil {
		return nil, err
	}
	return func(c *Call) (vector.Vector, error) {
		return eachTextOrNull(c.withoutNulls(), func(dst []byte, i int) ([]byte, bool, error) {
			var items []jsonpath.Item
			for n, v := range c.Args[1:] {
				item, ok, err := clauses.madeValue(v, i, clauses.Formats[n], "JSON_ARRAY")
				if err != nil {
					return dst, false, err
				}
				if ok {
					items = append(items, item)
				}
			}
			return clauses.output(dst, []jsonpath.Item{jsonpath.NewArray(items)}, nil)
		})
	}, nil
}

// newJSONObject's arguments are the clauses, then keys and values by turns. Members stand in the order of the arguments.
func newJSONObject(b Binding) (Kernel, error) {
	clauses, err := clausesOf(b, 0)
	if err != nil {
		return nil, err
	}
	return func(c *Call) (vector.Vector, error) {
		return eachTextOrNull(c.withoutNulls(), func(dst []byte, i int) ([]byte, bool, error) {
			var keys []string
			var items []jsonpath.Item
			seen := map[string]bool{}
			for n := 1; n < len(c.Args); n += 2 {
				if c.Args[n].Nulls().Has(i) {
					return dst, false, invalid("null value passed for JSON object key to JSON_OBJECT function")
				}
				key := string(types.AppendText(nil, c.Args[n].Type(), vector.ValueAt(c.Args[n], i)))
				item, ok, err := clauses.madeValue(c.Args[n+1], i, clauses.Formats[n/2], "JSON_OBJECT")
				switch {
				case err != nil:
					return dst, false, err
				case !ok:
					continue
				case seen[key] && clauses.Unique:
					return dst, false, failf(sql.INVALID_FUNCTION_ARGUMENT, "duplicate key passed to JSON_OBJECT function")
				case seen[key]:
					return dst, false, failf(sql.NOT_SUPPORTED, "cannot construct a JSON object with duplicate key")
				}
				seen[key] = true
				keys, items = append(keys, key), append(items, item)
			}
			return clauses.output(dst, []jsonpath.Item{jsonpath.NewObject(keys, items)}, nil)
		})
	}, nil
}

// withoutNulls returns the call with no row to be skipped.
func (c *Call) withoutNulls() *Call {
	d := *c
	d.Nulls = nil
	return &d
}
