package optimizer

import (
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// simplifyAll simplifies conditions everywhere, and removes filters that decide nothing.
func simplifyAll(_ *optimizer, n plan.Node) plan.Node {
	return plan.MapNodes(n, func(n plan.Node) plan.Node {
		n = mapChanged(n, func(e plan.Expr) plan.Expr { return plan.Rewrite(e, simplify) })
		switch f := n.(type) {
		case *plan.Filter:
			p := simplifyFilter(f.Predicate)
			switch {
			case plan.IsTrue(p):
				return f.Input
			case neverTrue(p):
				return &plan.Values{Outputs: f.Columns()}
			case p != f.Predicate:
				return &plan.Filter{Input: f.Input, Predicate: p}
			}
		case *plan.Scan:
			if f.Filter == nil {
				return n
			}
			p := simplifyFilter(f.Filter)
			switch {
			case plan.IsTrue(p):
				s := *f
				s.Filter = nil
				return &s
			case neverTrue(p):
				return &plan.Values{Outputs: f.Columns()}
			case p != f.Filter:
				s := *f
				s.Filter = p
				return &s
			}
		}
		return n
	})
}

// neverTrue reports whether e is FALSE or NULL.
func neverTrue(e plan.Expr) bool {
	l, ok := e.(*plan.Literal)
	return ok && (l.IsNull() || plan.IsFalse(l))
}

// simplifyFilter simplifies a predicate of which NULL means the same as FALSE.
func simplifyFilter(e plan.Expr) plan.Expr {
	terms := plan.Conjuncts(e)
	changed := false
	for i, t := range terms {
		c, ok := t.(*plan.Coalesce)
		if ok && len(c.Args) == 2 && plan.IsFalse(c.Args[1]) {
			if !changed {
				terms, changed = append([]plan.Expr{}, terms...), true
			}
			terms[i] = c.Args[0]
		}
		if neverTrue(terms[i]) {
			return plan.Bool(false, e.Pos())
		}
	}
	if !changed {
		return e
	}
	return plan.Conjunction(terms)
}

// simplify simplifies one expression whose parts are simple already.
func simplify(e plan.Expr) plan.Expr {
	switch e := e.(type) {
	case *plan.And:
		return simplifyJoined(e, e.Terms, false)
	case *plan.Or:
		return simplifyJoined(e, e.Terms, true)
	case *plan.Call:
		if e.Fn.Name == "$not" && len(e.Args) == 1 {
			return simplifyNot(e)
		}
	case *plan.Case:
		return simplifyCase(e)
	case *plan.Coalesce:
		return simplifyCoalesce(e)
	case *plan.In:
		if len(e.List) == 1 {
			if equal := operator("$equal", e, e.Value, e.List[0]); equal != nil {
				return equal
			}
		}
	case *plan.IsNull:
		if l, ok := e.Arg.(*plan.Literal); ok {
			return plan.Bool(l.IsNull(), e.At)
		}
	}
	return e
}

// simplifyJoined simplifies AND, or OR: deciding is the value that decides the whole.
func simplifyJoined(e plan.Expr, terms []plan.Expr, deciding bool) plan.Expr {
	var flat []plan.Expr
	changed := false
	var add func(terms []plan.Expr)
	add = func(terms []plan.Expr) {
		for _, t := range terms {
			switch inner := t.(type) {
			case *plan.And:
				if !deciding {
					changed = true
					add(inner.Terms)
					continue
				}
			case *plan.Or:
				if deciding {
					changed = true
					add(inner.Terms)
					continue
				}
			case *plan.Literal:
				if !inner.IsNull() && plan.IsTrue(inner) != deciding {
					changed = true
					continue // TRUE in AND, FALSE in OR
				}
			}
			flat = append(flat, t)
		}
	}
	add(terms)
	var kept []plan.Expr
	for _, t := range flat {
		if l, ok := t.(*plan.Literal); ok && !l.IsNull() {
			return plan.Bool(deciding, e.Pos())
		}
		if !contains(kept, t) {
			kept = append(kept, t)
		} else {
			changed = true
		}
	}
	switch {
	case len(kept) == 0:
		return plan.Bool(!deciding, e.Pos())
	case len(kept) == 1:
		return kept[0]
	case !changed && deciding:
		return orToIn(e.(*plan.Or))
	case !changed:
		return e
	case deciding:
		return orToIn(&plan.Or{Terms: kept, At: e.Pos()})
	}
	return &plan.And{Terms: kept, At: e.Pos()}
}

// orToIn makes x = 1 OR x = 2 OR x IN (3, 4) one IN, which is looked up at once.
func orToIn(or *plan.Or) plan.Expr {
	in := &plan.In{At: or.At}
	for _, t := range or.Terms {
		value, list := membership(t)
		if value == nil || in.Value != nil && !plan.Equal(value, in.Value) || isVolatile(value) {
			return or
		}
		in.Value = value
		in.List = append(in.List, list...)
	}
	return in
}

// membership returns what e compares with constants, and these; nil if e does anything else.
func membership(e plan.Expr) (value plan.Expr, list []plan.Expr) {
	switch e := e.(type) {
	case *plan.Call:
		if e.Fn.Name != "$equal" {
			return nil, nil
		}
		value, list = e.Args[0], e.Args[1:]
		if _, ok := value.(*plan.Literal); ok {
			value, list = e.Args[1], e.Args[:1]
		}
	case *plan.In:
		value, list = e.Value, e.List
	}
	for _, item := range list {
		if _, ok := item.(*plan.Literal); !ok || !item.Type().Equal(value.Type()) {
			return nil, nil
		}
	}
	return value, list
}

// maxCompared bounds the terms among which equal ones are sought: comparing all is quadratic.
const maxCompared = 100

func contains(list []plan.Expr, e plan.Expr) bool {
	if len(list) > maxCompared || isVolatile(e) {
		return false
	}
	for _, f := range list {
		if plan.Equal(e, f) {
			return true
		}
	}
	return false
}

// opposites are the comparisons that are true where the others are false.
var opposites = map[string]string{"$equal": "$not_equal", "$not_equal": "$equal", "$less": "$greater_or_equal",
	"$less_or_equal": "$greater", "$greater": "$less_or_equal", "$greater_or_equal": "$less"}

// simplifyNot moves NOT inwards, where domains can be found.
func simplifyNot(not *plan.Call) plan.Expr {
	switch arg := not.Args[0].(type) {
	case *plan.Literal:
		if arg.IsNull() {
			return arg
		}
		return plan.Bool(plan.IsFalse(arg), not.At)
	case *plan.And:
		if terms := negated(arg.Terms, not); terms != nil {
			return simplify(&plan.Or{Terms: terms, At: arg.At})
		}
	case *plan.Or:
		if terms := negated(arg.Terms, not); terms != nil {
			return simplify(&plan.And{Terms: terms, At: arg.At})
		}
	case *plan.Call:
		if arg.Fn.Name == "$not" {
			return arg.Args[0]
		}
		opposite := opposites[arg.Fn.Name]
		if opposite == "" || opposite != "$equal" && opposite != "$not_equal" && !totallyOrdered(arg.Args[0].Type()) {
			return not
		}
		if e := operator(opposite, arg, arg.Args...); e != nil {
			return e
		}
	}
	return not
}

// totallyOrdered: of two values one is less than or equal to the other. It is not so for NaN.
func totallyOrdered(t types.Type) bool {
	return t.Physical() != types.Nested && !t.Is(types.Double) && !t.Is(types.Real)
}

func negated(terms []plan.Expr, not *plan.Call) []plan.Expr {
	out := make([]plan.Expr, len(terms))
	for i, t := range terms {
		e := operator("$not", not, t)
		if e == nil {
			return nil
		}
		out[i] = simplifyNot(e.(*plan.Call))
	}
	return out
}

func simplifyCase(e *plan.Case) plan.Expr {
	var whens []plan.When
	for _, w := range e.Whens {
		if plan.IsTrue(w.Cond) {
			if whens == nil {
				return w.Then
			}
			return &plan.Case{Whens: whens, Else: w.Then, At: e.At}
		}
		if !neverTrue(w.Cond) {
			whens = append(whens, w)
		}
	}
	switch len(whens) {
	case 0:
		return e.Else
	case len(e.Whens):
		return e
	}
	return &plan.Case{Whens: whens, Else: e.Else, At: e.At}
}

func simplifyCoalesce(e *plan.Coalesce) plan.Expr {
	var args []plan.Expr
	for _, a := range e.Args {
		l, ok := a.(*plan.Literal)
		if ok && l.IsNull() {
			continue
		}
		args = append(args, a)
		if ok {
			break // what follows is never reached
		}
	}
	switch len(args) {
	case 0:
		return e.Args[0]
	case 1:
		return args[0]
	case len(e.Args):
		return e
	}
	return &plan.Coalesce{Args: args, At: e.At}
}
