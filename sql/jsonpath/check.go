package jsonpath

import (
	"fmt"
	"strings"

	"github.com/ctlake/ctlake/storage/types"
)

// Check looks for operands that no operator takes and variables without a value,
// as far as can be told before the path is evaluated. names are those of the variables that are
// passed. It returns the type of the path's items if that is known. An error is an *InvalidError.
func (p *Path) Check(names []string, ops Operators) (t types.Type, known bool, err error) {
	for _, used := range p.variables {
		found, near := false, false
		for _, name := range names {
			found = found || name == used
			near = near || strings.EqualFold(name, used)
		}
		switch {
		case found:
		case near:
			return t, false, invalid("no value passed for parameter %s. Try quoting \"%s\" in the PASSING clause to match case", used, used)
		default:
			return t, false, invalid("no value passed for parameter %s", used)
		}
	}
	c := checker{ops: ops}
	t, known = c.node(p.root)
	return t, known, c.err
}

func invalid(format string, args ...any) error { return &InvalidError{fmt.Sprintf(format, args...)} }

type checker struct {
	ops Operators
	err error // the first
}

func (c *checker) fail(format string, args ...any) (types.Type, bool) {
	if c.err == nil {
		c.err = invalid(format, args...)
	}
	return types.Type{}, false
}

// node returns the type of the items of n, if it is known: that of a variable is not, as it may be null.
func (c *checker) node(n node) (t types.Type, known bool) {
	switch n := n.(type) {
	case *literal:
		return n.value.typ, n.value.kind != Null
	case *lastIndex:
		return types.TInteger, true
	case *member:
		c.node(n.base)
	case *descendants:
		c.node(n.base)
	case *elements:
		c.node(n.base)
		for _, s := range n.subscripts {
			c.node(s.from)
			if s.to != nil {
				c.node(s.to)
			}
		}
	case *filter:
		t, known = c.node(n.base)
		c.predicate(n.test)
		return t, known
	case *method:
		return c.method(n)
	case *sign:
		return c.sign(n)
	case *arithmetic:
		left, leftKnown := c.node(n.left)
		right, rightKnown := c.node(n.right)
		if !leftKnown || !rightKnown {
			return t, false
		}
		t, err := c.ops.Resolve(functionNames[string(n.op)], left, right)
		if err != nil {
			return c.fail("invalid operand types (%s and %s) in JSON path arithmetic binary expression: %s", left, right, err)
		}
		return t, true
	}
	return t, false
}

func (c *checker) sign(n *sign) (types.Type, bool) {
	t, known := c.node(n.base)
	switch {
	case !known:
		return t, false
	case !n.negative && !t.IsNumeric():
		return c.fail("Invalid operand type (%s) in JSON path arithmetic unary expression", t)
	case !n.negative:
		return t, true
	}
	result, err := c.ops.Resolve("$negate", t)
	if err != nil {
		return c.fail("invalid operand type (%s) in JSON path arithmetic unary expression: %s", t, err)
	}
	return result, true
}

func (c *checker) method(n *method) (types.Type, bool) {
	t, known := c.node(n.base)
	switch n.name {
	case "type":
		return typeNameType, true
	case "size":
		return types.TInteger, true
	case "keyvalue":
		return t, false
	case "double":
		if known && !t.IsNumeric() && !t.IsString() {
			return c.fail("cannot perform JSON path double() method with %s argument", t)
		}
		return types.TDouble, true
	}
	if !known {
		return t, false
	}
	result, err := c.ops.Resolve(n.name, t)
	if err != nil {
		return c.fail("cannot perform JSON path %s() method with %s argument: %s", n.name, t, err)
	}
	return result, true
}

func (c *checker) predicate(p predicate) {
	switch p := p.(type) {
	case *and:
		c.predicate(p.left)
		c.predicate(p.right)
	case *or:
		c.predicate(p.left)
		c.predicate(p.right)
	case *not:
		c.predicate(p.arg)
	case *isUnknown:
		c.predicate(p.arg)
	case *exists:
		c.node(p.arg)
	case *compare:
		c.node(p.left)
		c.node(p.right)
	case *startsWith:
		c.node(p.whole)
		c.node(p.prefix)
	case *likeRegex:
		c.node(p.arg)
	}
}
