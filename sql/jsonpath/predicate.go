package jsonpath

import (
	"fmt"
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
)

// truth is the value of a predicate.
type truth uint8

const (
	no truth = iota
	yes
	unknown
)

// of returns the truth of a condition.
func of(b bool) truth {
	if b {
		return yes
	}
	return no
}

// test evaluates a predicate. What fails in it makes it unknown; an error says that the
// evaluation as a whole must end.
func (e *evaluation) test(p predicate, s *scope) (truth, error) {
	if err := e.step(1); err != nil {
		return unknown, err
	}
	switch p := p.(type) {
	case *and:
		return e.both(p.left, p.right, s, no)
	case *or:
		return e.both(p.left, p.right, s, yes)
	case *not:
		t, err := e.test(p.arg, s)
		if t != unknown {
			t = of(t == no)
		}
		return t, err
	case *isUnknown:
		t, err := e.test(p.arg, s)
		return of(t == unknown), err
	case *exists:
		items, failed, err := e.operand(p.arg, s)
		if failed || err != nil {
			return unknown, err
		}
		return of(len(items) > 0), nil
	case *compare:
		return e.compareAll(p, s)
	case *startsWith:
		return e.startsWith(p, s)
	case *likeRegex:
		items, failed, err := e.operand(p.arg, s)
		if failed || err != nil {
			return unknown, err
		}
		return e.any(items, p.match)
	}
	return unknown, fmt.Errorf("evaluate JSON path: no evaluator for %T", p)
}

// both evaluates two predicates of which one decides alone if it is the given truth.
func (e *evaluation) both(left, right predicate, s *scope, decides truth) (truth, error) {
	l, err := e.test(left, s)
	if l == decides || err != nil {
		return l, err
	}
	r, err := e.test(right, s)
	if r == decides || err != nil {
		return r, err
	}
	if l == unknown || r == unknown {
		return unknown, nil
	}
	return l, nil
}

// operand evaluates a path in a predicate: failed says that the predicate is unknown for it.
func (e *evaluation) operand(n node, s *scope) (items []Item, failed bool, err error) {
	items, err = e.items(n, s)
	if err != nil && sql.CodeOf(err) == sql.PATH_EVALUATION_ERROR && e.steps <= MaxSteps {
		return nil, true, nil
	}
	return items, false, err
}

func (e *evaluation) startsWith(p *startsWith, s *scope) (truth, error) {
	whole, failed, err := e.operand(p.whole, s)
	if failed || err != nil {
		return unknown, err
	}
	prefix, failed, err := e.operand(p.prefix, s)
	if failed || err != nil || len(prefix) != 1 {
		return unknown, err
	}
	start, ok := textOf(prefix[0])
	if !ok {
		return unknown, nil
	}
	return e.any(whole, func(text string) bool { return strings.HasPrefix(text, start) })
}

// any says whether a text among items satisfies f. An item that is no text makes it unknown, unless, in
// lax mode, one before it decides.
func (e *evaluation) any(items []Item, f func(string) bool) (truth, error) {
	items = e.unwrap(items)
	found := false
	for _, i := range items {
		if err := e.step(1); err != nil {
			return unknown, err
		}
		text, ok := textOf(i)
		if !ok {
			return unknown, nil
		}
		if f(text) {
			found = true
			if e.path.lax {
				break
			}
		}
	}
	return of(found), nil
}

// textOf returns the characters of a string; those of a char with its spaces.
func textOf(i Item) (string, bool) {
	if !i.isText() {
		return "", false
	}
	if i.typ.Is(types.Char) {
		return string(types.AppendStringText(nil, i.typ, i.text)), true
	}
	return i.text, true
}

// contents says what is in a sequence.
type contents struct{ null, scalar, structure bool }

func contentsOf(items []Item) (c contents) {
	for _, i := range items {
		switch i.kind {
		case Null:
			c.null = true
		case Array, Object:
			c.structure = true
		default:
			c.scalar = true
		}
	}
	return c
}

// compareAll compares every item of the left with every one of the right. null equals null and nothing
// else; arrays and objects compare with null alone.
func (e *evaluation) compareAll(p *compare, s *scope) (truth, error) {
	left, failed, err := e.operand(p.left, s)
	if failed || err != nil {
		return unknown, err
	}
	right, failed, err := e.operand(p.right, s)
	if failed || err != nil {
		return unknown, err
	}
	left, right = e.unwrap(left), e.unwrap(right)
	if len(left) == 0 || len(right) == 0 {
		return no, nil
	}
	l, r := contentsOf(left), contentsOf(right)
	if l.structure && (r.structure || r.scalar) || l.scalar && r.structure {
		return unknown, nil
	}
	found := p.op == equal && l.null && r.null ||
		p.op == notEqual && (l.null && (r.scalar || r.structure) || r.null && (l.scalar || l.structure))
	if found && e.path.lax || !l.scalar || !r.scalar {
		return of(found), nil
	}
	for _, a := range left {
		for _, b := range right {
			if a.kind == Null || b.kind == Null {
				continue
			}
			if err := e.step(1); err != nil {
				return unknown, err
			}
			switch e.compare(p.op, a, b) {
			case unknown:
				return unknown, nil
			case yes:
				found = true
				if e.path.lax {
					return yes, nil
				}
			}
		}
	}
	return of(found), nil
}

// comparisonNames are the functions of the comparisons.
var comparisonNames = [...]string{equal: "$equal", notEqual: "$not_equal", less: "$less", lessOrEqual: "$less_or_equal",
	greater: "$greater", greaterOrEqual: "$greater_or_equal"}

// compare compares two scalars.
func (e *evaluation) compare(op comparison, a, b Item) truth {
	if !a.isSQL() || !b.isSQL() {
		return unknown // too large a number
	}
	if order, ok := quickOrder(a, b); ok {
		switch op {
		case equal:
			return of(order == 0)
		case notEqual:
			return of(order != 0)
		case less:
			return of(order < 0)
		case lessOrEqual:
			return of(order <= 0)
		case greater:
			return of(order > 0)
		}
		return of(order >= 0)
	}
	v, resolved, err := e.ops.Call(comparisonNames[op], a, b)
	if !resolved || err != nil {
		return unknown
	}
	return of(v.num != 0)
}

// quickOrder compares the scalars that JSON has most of: two strings, or two whole numbers.
func quickOrder(a, b Item) (order int, ok bool) {
	switch {
	case a.typ.Is(types.Varchar) && b.typ.Is(types.Varchar):
		return strings.Compare(a.text, b.text), true
	case a.typ.IsInteger() && b.typ.IsInteger():
		switch {
		case a.num < b.num:
			return -1, true
		case a.num > b.num:
			return 1, true
		}
		return 0, true
	}
	return 0, false
}
