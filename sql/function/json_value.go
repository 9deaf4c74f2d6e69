package function

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/jsonpath"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

func newJSONValue(b Binding) (Kernel, error) {
	p, err := newPathCall(b)
	if err != nil {
		return nil, err
	}
	d := defaults{at: p.lambdasAt(), onEmpty: p.clauses.OnEmpty, onError: p.clauses.OnError}
	return func(c *Call) (vector.Vector, error) {
		out := newValueColumn(d, c.Result, c.N)
		for i := range c.N {
			if c.Args[0].Nulls().Has(i) {
				out.null()
				continue
			}
			items, err := p.eval(c, i)
			if err = out.add(items, err, i, p.ops); err != nil {
				return nil, err
			}
		}
		return out.build(c)
	}, nil
}

// defaults says what JSON_VALUE gives where there is no value. The lambdas of DEFAULT clauses are arguments:
// that of ON EMPTY, if there is one, then that of ON ERROR.
type defaults struct {
	at               int // of the first lambda
	onEmpty, onError JSONHandling
}

func (d defaults) errorAt() int {
	if d.onEmpty == UseDefault {
		return d.at + 1
	}
	return d.at
}

// valueColumn collects results of JSON_VALUE. Rows that need a default get theirs at the end, all at once.
type valueColumn struct {
	defaults
	result         types.Type
	values         vector.Builder
	empty, failed  []int32 // rows of values that need the default of ON EMPTY, of ON ERROR
	emptyOf, ofErr []int32 // the rows of the call that these belong to
	rows           int
}

func newValueColumn(d defaults, result types.Type, n int) *valueColumn {
	return &valueColumn{defaults: d, result: result, values: vector.NewBuilder(result, n)}
}

func (v *valueColumn) null() {
	v.values.AppendNull()
	v.rows++
}

func resultError(format string, args ...any) error {
	return failf(sql.JSON_VALUE_RESULT_ERROR, "cannot extract SQL scalar from JSON: "+format, args...)
}

// add appends the value for the items that the path led to, or for the error that it ended in, in row i of the call.
func (v *valueColumn) add(items []jsonpath.Item, err error, i int, ops jsonpath.Operators) error {
	if err == nil && len(items) == 0 {
		switch v.onEmpty {
		case GiveError:
			return resultError("JSON path found no items")
		case UseDefault:
			v.empty, v.emptyOf = append(v.empty, int32(v.rows)), append(v.emptyOf, int32(i))
		}
		v.null()
		return nil
	}
	value, null, err := v.scalar(items, err, ops)
	switch {
	case err == nil && null:
		v.null()
	case err == nil:
		v.values.Append(vector.NewValue(v.result, value.Scalar()), 0)
		v.rows++
	case v.onError == GiveError:
		return err
	default:
		if v.onError == UseDefault {
			v.failed, v.ofErr = append(v.failed, int32(v.rows)), append(v.ofErr, int32(i))
		}
		v.null()
	}
	return nil
}

// scalar returns the one item as a value of the result's type.
func (v *valueColumn) scalar(items []jsonpath.Item, err error, ops jsonpath.Operators) (value jsonpath.Item, null bool, _ error) {
	switch {
	case err != nil:
		return value, false, err
	case len(items) > 1:
		return value, false, resultError("JSON path found multiple items")
	}
	i := items[0]
	switch i.Kind() {
	case jsonpath.Null:
		return value, true, nil
	case jsonpath.Array, jsonpath.Object, jsonpath.TooLarge:
		return value, false, resultError("JSON path found an item that cannot be converted to an SQL value")
	}
	value, resolved, err := ops.Cast(i, v.result)
	if err != nil || !resolved {
		return value, false, resultError("Cannot cast value of type %s to declared return type of function JSON_VALUE: %s", i.Type(), v.result)
	}
	return value, value.Kind() == jsonpath.Null, nil
}

// build returns the column, with defaults filled in. A default of ON EMPTY that fails as TRY
// would catch is handled as ON ERROR says.
func (v *valueColumn) build(c *Call) (vector.Vector, error) {
	out := v.values.Build()
	if len(v.empty) > 0 {
		values, err := c.Lambda[v.at](v.emptyOf)
		if err != nil {
			if values, err = v.emptyOneByOne(c, err); err != nil {
				return nil, err
			}
		}
		if values != nil {
			out = replaceRows(out, v.empty, values)
		}
	}
	if len(v.failed) > 0 {
		values, err := c.Lambda[v.errorAt()](v.ofErr)
		if err != nil {
			return nil, err
		}
		out = replaceRows(out, v.failed, values)
	}
	return out, nil
}

// emptyOneByOne evaluates the default of ON EMPTY row by row, after it has failed for all together.
func (v *valueColumn) emptyOneByOne(c *Call, failure error) (vector.Vector, error) {
	if v.onError == GiveError || !sql.CodeOf(failure).CaughtByTry() {
		return nil, failure
	}
	var parts []vector.Vector
	var good []int32
	for n, row := range v.emptyOf {
		value, err := c.Lambda[v.at]([]int32{row})
		switch {
		case err == nil:
			parts, good = append(parts, value), append(good, v.empty[n])
		case !sql.CodeOf(err).CaughtByTry():
			return nil, err
		case v.onError == UseDefault:
			v.failed, v.ofErr = append(v.failed, v.empty[n]), append(v.ofErr, row)
		}
	}
	v.empty = good
	if len(parts) == 0 {
		return nil, nil
	}
	return vector.Concat(v.result, parts...), nil
}

// replaceRows returns v with the given rows replaced by those of with.
func replaceRows(v vector.Vector, rows []int32, with vector.Vector) vector.Vector {
	n := v.Len()
	at := make([]int32, n)
	for i := range at {
		at[i] = int32(i)
	}
	for i, row := range rows {
		at[row] = int32(n + i)
	}
	return vector.Gather(vector.Concat(v.Type(), v, with), at)
}
