package jsonpath

import (
	"fmt"
	"math"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
)

// Eval returns the items that the path leads to from input. variables hold a sequence of no or one
// item for each of p.Variables. Errors are *sql.Error of code PATH_EVALUATION_ERROR, without a position.
func (p *Path) Eval(input Item, variables [][]Item, ops Operators) ([]Item, error) {
	e := evaluation{path: p, input: input, variables: variables, ops: ops}
	return e.items(p.root, &scope{})
}

// evaluation is one evaluation of a path.
type evaluation struct {
	path      *Path
	input     Item
	variables [][]Item
	ops       Operators
	steps     int
	checked   int   // steps at the last question whether to end
	objects   int64 // objects that keyvalue() has seen: their ids
}

// scope is what @ and last mean.
type scope struct {
	item Item
	last int
}

// pathError returns the error of an evaluation, in Trino's words.
func pathError(format string, args ...any) error {
	return sql.Errorf(sql.PATH_EVALUATION_ERROR, sql.Pos{}, "path evaluation failed: "+format, args...)
}

// causedBy returns the error that Trino gives where an operator fails: its text does not name the cause, so the hint does.
func causedBy(err error) error {
	e := sql.Errorf(sql.PATH_EVALUATION_ERROR, sql.Pos{}, "path evaluation failed: ")
	e.Err = err
	return e.WithHint(err.Error())
}

func typeError(expected string, actual Item) error {
	return pathError("invalid item type. Expected: %s, actual: %s", expected, actual.name())
}

func tooLarge(i Item) error {
	return causedBy(fmt.Errorf("cannot convert %s to Trino value (value too big)", i.text))
}

// step counts visited items.
func (e *evaluation) step(n int) error {
	if e.steps += n; e.steps > MaxSteps {
		return pathError("the path visits more than %d items", MaxSteps)
	}
	if e.steps-e.checked < stepsBetweenChecks {
		return nil
	}
	e.checked = e.steps
	return e.ops.Interrupted()
}

// items returns the items of n.
func (e *evaluation) items(n node, s *scope) ([]Item, error) {
	if err := e.step(1); err != nil {
		return nil, err
	}
	switch n := n.(type) {
	case *literal:
		return []Item{n.value}, nil
	case *contextItem:
		return []Item{e.input}, nil
	case *variable:
		return e.variables[n.index], nil
	case *currentItem:
		return []Item{s.item}, nil
	case *lastIndex:
		return []Item{NewValue(types.TInteger, int64(s.last))}, nil
	case *arithmetic:
		return e.arithmetic(n, s)
	case *member:
		return e.each(n.base, s, true, func(i Item, out []Item) ([]Item, error) { return e.member(n, i, out) })
	case *descendants:
		return e.each(n.base, s, false, func(i Item, out []Item) ([]Item, error) { return e.descendants(n.key, i, out) })
	case *elements:
		return e.each(n.base, s, false, func(i Item, out []Item) ([]Item, error) { return e.elements(n, i, s, out) })
	case *filter:
		return e.each(n.base, s, true, func(i Item, out []Item) ([]Item, error) {
			t, err := e.test(n.test, &scope{i, s.last})
			if t == yes {
				out = append(out, i)
			}
			return out, err
		})
	case *method:
		unwrap := n.name != "type" && n.name != "size"
		return e.each(n.base, s, unwrap, func(i Item, out []Item) ([]Item, error) { return e.method(n.name, i, out) })
	case *sign:
		return e.each(n.base, s, true, func(i Item, out []Item) ([]Item, error) {
			if !i.isNumber() {
				if i.kind == TooLarge {
					return nil, tooLarge(i)
				}
				return nil, typeError("NUMBER", i)
			}
			if !n.negative {
				return append(out, NewValue(i.typ, i.Scalar())), nil
			}
			return e.apply("$negate", i, out)
		})
	}
	return nil, fmt.Errorf("evaluate JSON path: no evaluator for %T", n)
}

// each returns what f appends for the items of base, whose arrays are unwrapped if asked for and the mode is lax.
func (e *evaluation) each(base node, s *scope, unwrap bool, f func(i Item, out []Item) ([]Item, error)) ([]Item, error) {
	in, err := e.items(base, s)
	if err != nil {
		return nil, err
	}
	if unwrap {
		in = e.unwrap(in)
	}
	var out []Item
	for _, i := range in {
		before := len(out)
		if out, err = f(i, out); err == nil {
			err = e.step(1 + len(out) - before)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// unwrap replaces arrays by their elements in lax mode.
func (e *evaluation) unwrap(in []Item) []Item {
	if !e.path.lax {
		return in
	}
	arrays := false
	for _, i := range in {
		arrays = arrays || i.kind == Array
	}
	if !arrays {
		return in
	}
	var out []Item
	for _, i := range in {
		if i.kind == Array {
			out = append(out, i.members.items...)
		} else {
			out = append(out, i)
		}
	}
	return out
}

func (e *evaluation) member(n *member, i Item, out []Item) ([]Item, error) {
	switch {
	case i.kind != Object:
		if !e.path.lax {
			return nil, typeError("OBJECT", i)
		}
		return out, nil
	case n.all:
		return append(out, i.members.items...), nil
	}
	v, ok := i.get(n.key)
	if !ok {
		if !e.path.lax {
			return nil, pathError("structural error: missing member '%s' in JSON object", n.key)
		}
		return out, nil
	}
	return append(out, v), nil
}

// descendants appends the members of that name in i and below, from the top down. (How deep JSON
// nests is bounded where it is read.)
func (e *evaluation) descendants(key string, i Item, out []Item) ([]Item, error) {
	if i.kind != Object && i.kind != Array {
		return out, nil
	}
	if i.kind == Object {
		if v, ok := i.get(key); ok {
			out = append(out, v)
		}
	}
	err := e.step(len(i.members.items))
	for _, child := range i.members.items {
		if err != nil {
			return nil, err
		}
		out, err = e.descendants(key, child, out)
	}
	return out, err
}

func (e *evaluation) elements(n *elements, i Item, s *scope, out []Item) ([]Item, error) {
	var all []Item
	switch {
	case i.kind == Array:
		all = i.members.items
	case e.path.lax:
		all = []Item{i}
	default:
		return nil, typeError("ARRAY", i)
	}
	switch {
	case n.subscripts == nil:
		return append(out, all...), nil
	case len(all) == 0:
		if !e.path.lax {
			return nil, pathError("structural error: invalid array subscript for empty array")
		}
		return out, nil
	}
	inner := &scope{s.item, len(all) - 1}
	for _, sub := range n.subscripts {
		from, to, err := e.subscript(sub, inner)
		if err != nil {
			return nil, err
		}
		size := int64(len(all))
		if !e.path.lax && (from < 0 || from >= size || to < 0 || to >= size || from > to) {
			return nil, pathError("structural error: invalid array subscript: [%d, %d] for array of size %d", from, to, size)
		}
		if from, to = max(from, 0), min(to, size-1); from <= to {
			if err := e.step(int(to - from + 1)); err != nil {
				return nil, err
			}
			out = append(out, all[from:to+1]...)
		}
	}
	return out, nil
}

// subscript returns the first and last index that a subscript means, in the array or not.
func (e *evaluation) subscript(sub subscript, s *scope) (from, to int64, err error) {
	first, err := e.items(sub.from, s)
	if err != nil {
		return 0, 0, err
	}
	var last []Item
	if sub.to != nil {
		if last, err = e.items(sub.to, s); err != nil {
			return 0, 0, err
		}
	}
	switch {
	case len(first) != 1:
		return 0, 0, pathError("array subscript 'from' value must be singleton numeric")
	case sub.to != nil && len(last) != 1:
		return 0, 0, pathError("array subscript 'to' value must be singleton numeric")
	}
	if from, err = e.index(first[0]); err != nil || sub.to == nil {
		return from, from, err
	}
	to, err = e.index(last[0])
	return from, to, err
}

// index converts a number to bigint: one of JSON is cut off, one of SQL rounded.
func (e *evaluation) index(i Item) (int64, error) {
	switch {
	case i.kind == TooLarge:
		return 0, pathError("cannot convert value %s to long", i.text)
	case !i.isNumber():
		return 0, typeError("NUMBER", i)
	case i.typ.IsInteger():
		return i.num, nil
	case i.kind == Number:
		f := math.Float64frombits(uint64(i.num))
		if !(f >= math.MinInt64 && f < math.MaxInt64) {
			return 0, pathError("cannot convert value %v to long", f)
		}
		return int64(f), nil
	}
	v, resolved, err := e.ops.Cast(i, types.TBigint)
	switch {
	case err != nil:
		return 0, causedBy(err)
	case !resolved:
		return 0, typeError("NUMBER", i)
	}
	return v.num, nil
}

func (e *evaluation) arithmetic(n *arithmetic, s *scope) ([]Item, error) {
	left, err := e.items(n.left, s)
	if err != nil {
		return nil, err
	}
	right, err := e.items(n.right, s)
	if err != nil {
		return nil, err
	}
	left, right = e.unwrap(left), e.unwrap(right)
	if len(left) != 1 || len(right) != 1 {
		return nil, pathError("arithmetic binary expression requires singleton operands")
	}
	for _, i := range [...]Item{left[0], right[0]} {
		switch {
		case i.kind == TooLarge:
			return nil, tooLarge(i)
		case i.kind != Value && i.kind != Number:
			return nil, typeError("NUMBER", i)
		}
	}
	v, resolved, err := e.ops.Call(functionNames[string(n.op)], left[0], right[0])
	switch {
	case !resolved:
		return nil, pathError("invalid operand types to %s operator (%s, %s)", operatorNames[n.op], left[0].typ, right[0].typ)
	case err != nil:
		return nil, causedBy(err)
	}
	return []Item{v}, nil
}

func (e *evaluation) method(name string, i Item, out []Item) ([]Item, error) {
	switch name {
	case "type":
		return append(out, NewValue(typeNameType, typeName(i))), nil
	case "size":
		n := 1
		if i.kind == Array {
			n = len(i.members.items)
		} else if !e.path.lax {
			return nil, typeError("ARRAY", i)
		}
		return append(out, NewValue(types.TInteger, int64(n))), nil
	case "keyvalue":
		if i.kind != Object {
			return nil, typeError("OBJECT", i)
		}
		for k, key := range i.members.keys {
			out = append(out, NewObject([]string{"name", "value", "id"}, []Item{
				NewJSON(types.TVarchar, key), i.members.items[k], NewJSON(types.TInteger, e.objects),
			}))
		}
		e.objects++
		return out, nil
	case "double":
		switch {
		case i.kind == TooLarge:
			return nil, tooLarge(i)
		case !i.isNumber() && !i.isText():
			return nil, typeError("NUMBER or TEXT", i)
		case i.typ.Is(types.Double):
			return append(out, NewValue(i.typ, i.Scalar())), nil
		}
		v, resolved, err := e.ops.Cast(i, types.TDouble)
		switch {
		case err != nil:
			return nil, causedBy(err)
		case !resolved:
			return nil, typeError("NUMBER or TEXT", i)
		}
		return append(out, v), nil
	}
	switch { // abs, ceiling, floor
	case i.kind == TooLarge:
		return nil, tooLarge(i)
	case !i.isNumber():
		return nil, typeError("NUMBER", i)
	}
	return e.apply(name, i, out)
}

// apply appends what a function of numbers gives for i.
func (e *evaluation) apply(name string, i Item, out []Item) ([]Item, error) {
	v, resolved, err := e.ops.Call(name, i)
	switch {
	case !resolved:
		return nil, typeError("NUMBER", i)
	case err != nil:
		return nil, causedBy(err)
	}
	return append(out, v), nil
}

// typeNameType holds what type() may return, as the SQL standard has it.
var typeNameType = types.VarcharOf(27)

// typeName is what type() calls an item.
func typeName(i Item) string {
	switch i.kind {
	case Null:
		return "null"
	case Array:
		return "array"
	case Object:
		return "object"
	case TooLarge:
		return "number"
	}
	switch t := i.typ; {
	case t.IsNumeric():
		return "number"
	case t.IsString():
		return "string"
	case t.Is(types.Time), t.Is(types.Timestamp):
		return t.Kind().String() + " without time zone"
	default: // boolean, date, and times with zones
		return t.Kind().String()
	}
}
