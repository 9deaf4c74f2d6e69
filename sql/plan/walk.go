package plan

// Children returns the expressions directly below e, in the order in which they are written.
func Children(e Expr) []Expr {
	switch e := e.(type) {
	case *Call:
		return e.Args
	case *Cast:
		return []Expr{e.Arg}
	case *And:
		return e.Terms
	case *Or:
		return e.Terms
	case *Case:
		out := make([]Expr, 0, 2*len(e.Whens)+1)
		for _, w := range e.Whens {
			out = append(out, w.Cond, w.Then)
		}
		return append(out, e.Else)
	case *Coalesce:
		return e.Args
	case *In:
		return append([]Expr{e.Value}, e.List...)
	case *IsNull:
		return []Expr{e.Arg}
	case *Try:
		return []Expr{e.Arg}
	case *Field:
		return []Expr{e.Arg}
	case *RowOf:
		return e.Fields
	case *Lambda:
		return []Expr{e.Body}
	}
	return nil // ColumnRef, Literal
}

// WithChildren returns a copy of e over other children, as many as Children returned.
func WithChildren(e Expr, children []Expr) Expr {
	switch e := e.(type) {
	case *Call:
		c := *e
		c.Args = children
		return &c
	case *Cast:
		c := *e
		c.Arg = children[0]
		return &c
	case *And:
		return &And{children, e.At}
	case *Or:
		return &Or{children, e.At}
	case *Case:
		whens := make([]When, len(e.Whens))
		for i := range whens {
			whens[i] = When{children[2*i], children[2*i+1]}
		}
		return &Case{whens, children[len(children)-1], e.At}
	case *Coalesce:
		return &Coalesce{children, e.At}
	case *In:
		return &In{children[0], children[1:], e.At}
	case *IsNull:
		return &IsNull{children[0], e.At}
	case *Try:
		return &Try{children[0], e.At}
	case *Field:
		return &Field{children[0], e.Index, e.At}
	case *RowOf:
		return &RowOf{children, e.typ, e.At}
	case *Lambda:
		return &Lambda{e.Params, children[0], e.At}
	}
	return e
}

// Walk calls visit for e and then for what is below it. It does not go below an
// expression for which visit returns false.
func Walk(e Expr, visit func(Expr) bool) {
	if !visit(e) {
		return
	}
	for _, c := range Children(e) {
		Walk(c, visit)
	}
}

// Replace returns e with every expression replaced for which f, asked from the top
// down, returns another one. What replaces is not looked into. Parts that do not
// change are shared with e.
func Replace(e Expr, f func(Expr) (Expr, bool)) Expr {
	if r, ok := f(e); ok {
		return r
	}
	return mapChildren(e, func(c Expr) Expr { return Replace(c, f) })
}

// Rewrite returns e with f applied to every expression, from the bottom up: f sees
// children that are rewritten already. Parts that do not change are shared with e.
func Rewrite(e Expr, f func(Expr) Expr) Expr {
	return f(mapChildren(e, func(c Expr) Expr { return Rewrite(c, f) }))
}

func mapChildren(e Expr, f func(Expr) Expr) Expr {
	children := Children(e)
	for i, c := range children {
		d := f(c)
		if d == c {
			continue
		}
		changed := make([]Expr, len(children))
		copy(changed, children[:i])
		changed[i] = d
		for j := i + 1; j < len(children); j++ {
			changed[j] = f(children[j])
		}
		return WithChildren(e, changed)
	}
	return e
}

// EachRef calls f for every reference in e to a column outside of e, that is, not
// to the parameters of lambdas in e; as often as it is referred to.
func EachRef(e Expr, f func(*ColumnRef)) {
	eachRef(e, nil, f)
}

func eachRef(e Expr, bound []Column, f func(*ColumnRef)) {
	switch e := e.(type) {
	case *ColumnRef:
		if find(bound, e.ID).ID != e.ID {
			f(e)
		}
	case *Lambda:
		eachRef(e.Body, append(bound[:len(bound):len(bound)], e.Params...), f)
	default:
		for _, c := range Children(e) {
			eachRef(c, bound, f)
		}
	}
}

// Substitute returns e with references to the columns in values replaced by these.
func Substitute(e Expr, values map[ColumnID]Expr) Expr {
	if len(values) == 0 {
		return e
	}
	return Replace(e, func(e Expr) (Expr, bool) {
		if ref, ok := e.(*ColumnRef); ok {
			v, ok := values[ref.ID]
			return v, ok
		}
		return nil, false
	})
}

// Conjuncts returns the terms that AND joins to e, those of nested ANDs included; e alone if it is none.
// A nil e has none. The slice is the caller's.
func Conjuncts(e Expr) []Expr {
	and, ok := e.(*And)
	switch {
	case e == nil:
		return nil
	case !ok:
		return []Expr{e}
	}
	var out []Expr
	for _, t := range and.Terms {
		out = append(out, Conjuncts(t)...)
	}
	return out
}

// Conjunction joins terms by AND: nil for none, the term itself for one.
func Conjunction(terms []Expr) Expr {
	switch len(terms) {
	case 0:
		return nil
	case 1:
		return terms[0]
	}
	return &And{terms, terms[0].Pos()}
}
