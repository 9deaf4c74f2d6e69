package optimizer

import (
	"slices"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// readFields makes scans read only those fields of a struct that the plan uses:
// userIdentity.arn needs no more than that leaf.
//
//	Project arn := useridentity.arn          Project arn := arn
//	  Scan events: useridentity         →      Scan events: arn := useridentity.arn
//
// A column that is used as a whole somewhere stays whole. Of two fields of which one lies in
// the other, the outer one is read.
func readFields(o *optimizer, n plan.Node) plan.Node {
	f := &fields{uses: map[plan.ColumnID]*uses{}}
	f.scans(n)
	if len(f.uses) == 0 {
		return n
	}
	f.note(n)
	f.choose(o)
	if len(f.columns) == 0 {
		return n
	}
	return f.rewrite(n)
}

// uses says how a column of a scan is used.
type uses struct {
	column plan.ScanColumn
	whole  bool
	paths  [][]int // of fields, by index
}

// leaf is a field that is read as a column.
type leaf struct {
	path   []int
	column plan.ScanColumn
}

type fields struct {
	uses    map[plan.ColumnID]*uses
	order   []plan.ColumnID // of uses, as scans list them
	columns map[plan.ColumnID][]leaf
}

func (f *fields) scans(n plan.Node) {
	if s, ok := n.(*plan.Scan); ok {
		for _, c := range s.Outputs {
			if c.Type.Is(types.Row) {
				f.uses[c.ID] = &uses{column: c}
				f.order = append(f.order, c.ID)
			}
		}
	}
	for _, in := range n.Inputs() {
		f.scans(in)
	}
}

// note collects the uses in n and below.
func (f *fields) note(n plan.Node) {
	plan.EachKey(n, func(id plan.ColumnID) {
		if u := f.uses[id]; u != nil {
			u.whole = true
		}
	})
	plan.EachExpr(n, func(e plan.Expr) {
		if !passesOn(n, e) {
			plan.Walk(e, f.noteExpr)
		}
	})
	for _, in := range n.Inputs() {
		f.note(in)
	}
}

// passesOn reports whether n is a projection in which e is a column passed on as it is, which is no use of it.
func passesOn(n plan.Node, e plan.Expr) bool {
	p, ok := n.(*plan.Project)
	r, isRef := e.(*plan.ColumnRef)
	return ok && isRef && slices.ContainsFunc(p.Outputs, func(o plan.Projection) bool { return o.Expr == e && o.ID == r.ID })
}

func (f *fields) noteExpr(e plan.Expr) bool {
	switch e := e.(type) {
	case *plan.ColumnRef:
		if u := f.uses[e.ID]; u != nil {
			u.whole = true
		}
	case *plan.Field:
		if root, path := fieldPath(e); root != nil && f.uses[root.ID] != nil {
			u := f.uses[root.ID]
			u.paths = append(u.paths, path)
			return false
		}
	}
	return true
}

// fieldPath returns the column that a chain of fields starts from, and their indexes; nil if it starts from anything else.
func fieldPath(e plan.Expr) (*plan.ColumnRef, []int) {
	var path []int
	for {
		switch f := e.(type) {
		case *plan.Field:
			path = append(path, f.Index)
			e = f.Arg
		case *plan.ColumnRef:
			slices.Reverse(path)
			return f, path
		default:
			return nil, nil
		}
	}
}

// choose decides which fields become columns.
func (f *fields) choose(o *optimizer) {
	f.columns = map[plan.ColumnID][]leaf{}
	for _, id := range f.order {
		u := f.uses[id]
		if u.whole || len(u.paths) == 0 {
			continue
		}
		slices.SortFunc(u.paths, slices.Compare)
		var leaves []leaf
		for _, path := range u.paths {
			if n := len(leaves); n > 0 && hasPrefix(path, leaves[n-1].path) {
				continue
			}
			c := plan.ScanColumn{Column: u.column.Column, Path: slices.Clone(u.column.Path)}
			for _, i := range path {
				field := c.Type.Fields()[i]
				c.Name, c.Type, c.Path = field.Name, field.Type, append(c.Path, field.Name)
			}
			c.Column = o.column(c.Column)
			leaves = append(leaves, leaf{path, c})
		}
		f.columns[id] = leaves
	}
}

func hasPrefix(path, prefix []int) bool {
	return len(path) >= len(prefix) && slices.Equal(path[:len(prefix)], prefix)
}

func (f *fields) rewrite(n plan.Node) plan.Node {
	n = plan.MapInputs(n, f.rewrite)
	switch n := n.(type) {
	case *plan.Scan:
		s := *n
		s.Outputs = nil
		for _, c := range n.Outputs {
			leaves, ok := f.columns[c.ID]
			if !ok {
				s.Outputs = append(s.Outputs, c)
			}
			for _, l := range leaves {
				s.Outputs = append(s.Outputs, l.column)
			}
		}
		if s.Filter != nil {
			s.Filter = f.expr(s.Filter)
		}
		return &s
	case *plan.Project:
		p := &plan.Project{Input: n.Input}
		for _, out := range n.Outputs {
			leaves, ok := f.columns[out.ID]
			if r, isRef := out.Expr.(*plan.ColumnRef); !ok || !isRef || r.ID != out.ID {
				p.Outputs = append(p.Outputs, plan.Projection{Column: out.Column, Expr: f.expr(out.Expr)})
				continue
			}
			for _, l := range leaves {
				p.Outputs = append(p.Outputs, plan.Projection{Column: l.column.Column, Expr: &plan.ColumnRef{Column: l.column.Column}})
			}
		}
		return p
	}
	return mapChanged(n, f.expr)
}

// expr puts columns in place of fields.
func (f *fields) expr(e plan.Expr) plan.Expr {
	return plan.Replace(e, func(e plan.Expr) (plan.Expr, bool) {
		field, ok := e.(*plan.Field)
		if !ok {
			return nil, false
		}
		root, path := fieldPath(field)
		if root == nil {
			return nil, false
		}
		for _, l := range f.columns[root.ID] {
			if !hasPrefix(path, l.path) {
				continue
			}
			var out plan.Expr = &plan.ColumnRef{Column: l.column.Column, At: field.At}
			for _, i := range path[len(l.path):] {
				out = &plan.Field{Arg: out, Index: i, At: field.At}
			}
			return out, true
		}
		return nil, false
	})
}
