package plan

import (
	"fmt"
	"maps"
)

// Check returns an error that names the first violation of the invariants of plans
// in n, or nil: references that no input provides or of another type, columns
// defined twice, inputs that do not fit together. It is there for tests and for
// the runner of optimizer rules; a violation is a bug.
func Check(n Node) error {
	c := checker{defined: map[ColumnID]bool{}, parameters: map[ColumnID]Column{}}
	_, err := c.node(n)
	return err
}

type checker struct {
	defined map[ColumnID]bool
	// parameters are the columns that the right sides of Applys around a node may refer to.
	parameters map[ColumnID]Column
}

// node checks n and what is below, and returns n's columns. (To ask every node for its columns would
// take time cubic in the number of joins.)
func (c *checker) node(n Node) ([]Column, error) {
	var inputs [][]Column
	count := 0
	for i, in := range n.Inputs() {
		columns, err := c.input(n, i, in, inputs)
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, columns)
		count += len(columns)
	}
	available := make(map[ColumnID]Column, count)
	for _, columns := range inputs {
		for _, col := range columns {
			available[col.ID] = col
		}
	}
	for _, col := range Defined(n) {
		if c.defined[col.ID] {
			return nil, fmt.Errorf("%s defines column %s, which is defined elsewhere", line(n), ColumnText(col))
		}
		c.defined[col.ID] = true
	}
	if s, ok := n.(*Scan); ok { // its filter refers to its own columns
		for _, out := range s.Outputs {
			available[out.ID] = out.Column
		}
	}
	keys := available
	if len(c.parameters) > 0 {
		keys = maps.Clone(available)
	}
	for id, col := range c.parameters {
		if _, ok := available[id]; !ok {
			available[id] = col
		}
	}
	var err error
	EachKey(n, func(id ColumnID) {
		if _, ok := keys[id]; !ok && err == nil {
			err = fmt.Errorf("%s refers to column #%d, which its input does not have", line(n), id)
		}
	})
	EachNodeRef(n, func(id ColumnID) {
		if _, ok := available[id]; !ok && err == nil {
			err = fmt.Errorf("%s refers to column #%d, which its input does not have", line(n), id)
		}
	})
	EachExpr(n, func(e Expr) {
		EachRef(e, func(ref *ColumnRef) {
			if col := available[ref.ID]; err == nil && !col.Type.Equal(ref.Column.Type) {
				err = fmt.Errorf("%s refers to column %s as %s, but it is %s", line(n), ColumnText(col), ref.Column.Type, col.Type)
			}
		})
	})
	if err == nil {
		err = checkShape(n)
	}
	return columnsOver(n, inputs), err
}

// input checks input i of n, of whose inputs those before have the given columns.
func (c *checker) input(n Node, i int, in Node, before [][]Column) ([]Column, error) {
	apply, ok := n.(*Apply)
	if !ok || i == 0 {
		return c.node(in)
	}
	outer := c.parameters
	c.parameters = map[ColumnID]Column{}
	for id, col := range outer {
		c.parameters[id] = col
	}
	for _, p := range apply.Parameters {
		if from := find(before[0], p.From); from.ID != p.From || !from.Type.Equal(p.Type) {
			return nil, fmt.Errorf("%s takes column #%d for parameter %s", line(n), p.From, ColumnText(p.Column))
		}
		c.parameters[p.ID] = p.Column
	}
	columns, err := c.node(in)
	c.parameters = outer
	return columns, err
}

// columnsOver returns the columns of n, whose inputs have the given ones.
func columnsOver(n Node, inputs [][]Column) []Column {
	switch n := n.(type) {
	case *Filter, *Sort, *TopN, *Limit, *EnforceSingleRow:
		return inputs[0]
	case *Join:
		if n.Kind != MarkJoin {
			return join(inputs[0], inputs[1]...)
		}
		return join(inputs[0], n.Mark)
	case *Apply:
		return join(inputs[0], inputs[1]...)
	case *Unnest, *Window:
		return join(inputs[0], Defined(n)...)
	}
	return n.Columns()
}

func checkShape(n Node) error {
	fits := func(outputs []Column, in Node, ids []ColumnID) error {
		if len(ids) != len(outputs) {
			return fmt.Errorf("%s maps %d columns to %d", line(n), len(ids), len(outputs))
		}
		column := finder(in.Columns())
		for i, id := range ids {
			if from := column(id); from.ID != id || !from.Type.Equal(outputs[i].Type) {
				return fmt.Errorf("%s maps column #%d of type %s to %s", line(n), id, from.Type, outputs[i].Type)
			}
		}
		return nil
	}
	switch n := n.(type) {
	case *Union:
		if len(n.Maps) != len(n.Branches) {
			return fmt.Errorf("%s has %d maps for %d branches", line(n), len(n.Maps), len(n.Branches))
		}
		for i, in := range n.Branches {
			if err := fits(n.Outputs, in, n.Maps[i]); err != nil {
				return err
			}
		}
	case *SetOperation:
		if err := fits(n.Outputs, n.Left, n.LeftMap); err != nil {
			return err
		}
		return fits(n.Outputs, n.Right, n.RightMap)
	case *Recursion:
		if err := fits(n.Outputs, n.Anchor, n.AnchorMap); err != nil {
			return err
		}
		return fits(n.Outputs, n.Step, n.StepMap)
	case *Join:
		if len(n.LeftKeys) != len(n.RightKeys) {
			return fmt.Errorf("%s has %d keys left and %d right", joinNames[n.Kind], len(n.LeftKeys), len(n.RightKeys))
		}
		if len(n.LeftKeys) == 0 {
			return nil
		}
		left, right := n.Left.Columns(), n.Right.Columns()
		for i, id := range n.LeftKeys {
			l, r := find(left, id), find(right, n.RightKeys[i])
			if l.ID != id || r.ID != n.RightKeys[i] || !l.Type.Equal(r.Type) {
				return fmt.Errorf("%s pairs column #%d (%s) with #%d (%s)", line(n), id, l.Type, n.RightKeys[i], r.Type)
			}
		}
	case *Values:
		for _, row := range n.Rows {
			if len(row) != len(n.Outputs) {
				return fmt.Errorf("%s has a row of %d columns", line(n), len(row))
			}
			for i, e := range row {
				if !e.Type().Equal(n.Outputs[i].Type) {
					return fmt.Errorf("%s has %s in a column of type %s", line(n), e.Type(), n.Outputs[i].Type)
				}
			}
		}
	case *Project:
		for _, p := range n.Outputs {
			if !p.Expr.Type().Equal(p.Column.Type) {
				return fmt.Errorf("%s computes %s for column %s of type %s", line(n), p.Expr.Type(), ColumnText(p.Column), p.Column.Type)
			}
		}
	}
	return nil
}

// Defined returns the columns that n brings into the plan: all but those that it passes on.
func Defined(n Node) []Column {
	var out []Column
	switch n := n.(type) {
	case *Scan:
		for _, c := range n.Outputs {
			out = append(out, c.Column)
		}
	case *Values:
		return n.Outputs
	case *Sequence:
		return n.Columns()
	case *Project:
		out = make([]Column, 0, len(n.Outputs))
		for _, p := range n.Outputs {
			if ref, ok := p.Expr.(*ColumnRef); !ok || ref.ID != p.ID {
				out = append(out, p.Column)
			}
		}
	case *Aggregate:
		for _, a := range n.Aggs {
			out = append(out, a.Column)
		}
	case *Join:
		if n.Kind == MarkJoin {
			return []Column{n.Mark}
		}
	case *Union:
		return n.Outputs
	case *SetOperation:
		return n.Outputs
	case *Recursion:
		return n.Outputs
	case *WorkingTable:
		return n.Outputs
	case *MatchRecognize:
		for _, m := range n.Measures {
			out = append(out, m.Column)
		}
		if n.Window != nil {
			out = append(out, n.Window.Start, n.Window.Stop)
		}
	case *Unnest:
		for _, c := range n.Collections {
			out = append(out, c.Outputs...)
		}
		if n.Ordinality != nil {
			out = append(out, *n.Ordinality)
		}
	case *Window:
		for _, f := range n.Functions {
			out = append(out, f.Column)
		}
	}
	return out
}

// EachExpr calls f for each expression of n itself.
func EachExpr(n Node, f func(Expr)) {
	switch n := n.(type) {
	case *Scan:
		if n.Filter != nil {
			f(n.Filter)
		}
	case *Values:
		for _, row := range n.Rows {
			for _, e := range row {
				f(e)
			}
		}
	case *Filter:
		f(n.Predicate)
	case *Project:
		for _, p := range n.Outputs {
			f(p.Expr)
		}
	case *Aggregate:
		for _, a := range n.Aggs {
			for _, e := range a.Args {
				f(e)
			}
			if a.Filter != nil {
				f(a.Filter)
			}
		}
	case *Join:
		if n.Residual != nil {
			f(n.Residual)
		}
	case *Window:
		for _, w := range n.Functions {
			for _, e := range w.Args {
				f(e)
			}
			if w.Filter != nil {
				f(w.Filter)
			}
			for _, ref := range w.Frame.Refs() {
				if *ref != nil {
					f(*ref)
				}
			}
		}
	case Bound:
		n.EachExpr(f)
	}
}

// EachNodeRef calls f for each column of its inputs (of a Scan: of its own) that n itself refers to.
// Columns that it merely passes on are not among them.
func EachNodeRef(n Node, f func(ColumnID)) {
	EachExpr(n, func(e Expr) { EachRef(e, func(ref *ColumnRef) { f(ref.ID) }) })
	EachKey(n, f)
}

// EachKey calls f for each column that n refers to by its ID alone, outside of expressions.
func EachKey(n Node, f func(ColumnID)) {
	each := func(ids []ColumnID) {
		for _, id := range ids {
			f(id)
		}
	}
	keys := func(keys []SortKey) {
		for _, k := range keys {
			f(k.ID)
		}
	}
	switch n := n.(type) {
	case *Scan:
		each(n.Emit)
	case *Aggregate:
		each(n.Keys)
		for _, a := range n.Aggs {
			keys(a.OrderBy)
		}
	case *Sort:
		keys(n.Keys)
	case *TopN:
		keys(n.Keys)
	case *Join:
		each(n.LeftKeys)
		each(n.RightKeys)
	case *Union:
		for _, m := range n.Maps {
			each(m)
		}
	case *SetOperation:
		each(n.LeftMap)
		each(n.RightMap)
	case *Unnest:
		for _, c := range n.Collections {
			f(c.ID)
		}
	case *Window:
		each(n.PartitionBy)
		keys(n.OrderBy)
		for _, w := range n.Functions {
			keys(w.ArgOrder)
		}
	case *Recursion:
		each(n.AnchorMap)
		each(n.StepMap)
	case *MatchRecognize:
		n.eachSource(f)
	case *Apply:
		for _, p := range n.Parameters {
			f(p.From)
		}
	case *Output:
		each(n.IDs)
	}
}
