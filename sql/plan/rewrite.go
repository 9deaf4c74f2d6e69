package plan

// MapInputs returns n over f of its inputs; n itself if none of them changes.
func MapInputs(n Node, f func(Node) Node) Node {
	inputs := n.Inputs()
	changed := false
	out := make([]Node, len(inputs))
	for i, in := range inputs {
		out[i] = f(in)
		changed = changed || out[i] != in
	}
	if !changed {
		return n
	}
	return n.WithInputs(out)
}

// MapNodes returns n with f applied to every node, from the bottom up.
func MapNodes(n Node, f func(Node) Node) Node {
	return f(MapInputs(n, func(in Node) Node { return MapNodes(in, f) }))
}

// MapExprs returns n with f applied to each of its own expressions. Where a node
// must have a column, f must return a *ColumnRef for one.
func MapExprs(n Node, f func(Expr) Expr) Node {
	switch n := n.(type) {
	case *Scan:
		if n.Filter == nil {
			return n
		}
		m := *n
		m.Filter = f(n.Filter)
		return &m
	case *Values:
		m := *n
		m.Rows = make([][]Expr, len(n.Rows))
		for i, row := range n.Rows {
			m.Rows[i] = mapList(row, f)
		}
		return &m
	case *Filter:
		return &Filter{n.Input, f(n.Predicate)}
	case *Project:
		m := &Project{Input: n.Input, Outputs: make([]Projection, len(n.Outputs))}
		for i, p := range n.Outputs {
			m.Outputs[i] = Projection{p.Column, f(p.Expr)}
		}
		return m
	case *Aggregate:
		m := *n
		m.Aggs = make([]AggCall, len(n.Aggs))
		for i, a := range n.Aggs {
			a.Args = mapList(a.Args, f)
			a.Filter = mapRef(a.Filter, f)
			m.Aggs[i] = a
		}
		return &m
	case *Join:
		if n.Residual == nil {
			return n
		}
		m := *n
		m.Residual = f(n.Residual)
		return &m
	case *Window:
		m := *n
		m.Functions = make([]WindowCall, len(n.Functions))
		for i, w := range n.Functions {
			w.Args = mapList(w.Args, f)
			w.Filter = mapRef(w.Filter, f)
			for _, ref := range w.Frame.Refs() {
				*ref = mapRef(*ref, f)
			}
			m.Functions[i] = w
		}
		return &m
	}
	return n
}

func mapList(list []Expr, f func(Expr) Expr) []Expr {
	if list == nil {
		return nil
	}
	out := make([]Expr, len(list))
	for i, e := range list {
		out[i] = f(e)
	}
	return out
}

func mapRef(ref *ColumnRef, f func(Expr) Expr) *ColumnRef {
	if ref == nil {
		return nil
	}
	return f(ref).(*ColumnRef)
}

// MaxColumn returns the greatest ColumnID in n, parameters of lambdas included; -1 if there is none.
func MaxColumn(n Node) ColumnID {
	greatest := ColumnID(-1)
	for _, in := range n.Inputs() {
		greatest = max(greatest, MaxColumn(in))
	}
	for _, c := range Defined(n) {
		greatest = max(greatest, c.ID)
	}
	if m, ok := n.(*MatchRecognize); ok {
		for _, p := range m.Pointers {
			greatest = max(greatest, p.ID)
			if p.Aggregate != nil {
				greatest = max(greatest, p.Aggregate.Classifier.ID, p.Aggregate.MatchNumber.ID)
			}
		}
	}
	if a, ok := n.(*Apply); ok {
		for _, p := range a.Parameters {
			greatest = max(greatest, p.ID)
		}
	}
	EachExpr(n, func(e Expr) {
		Walk(e, func(e Expr) bool {
			if l, ok := e.(*Lambda); ok {
				for _, p := range l.Params {
					greatest = max(greatest, p.ID)
				}
			}
			return true
		})
	})
	return greatest
}
