package plan

// Apply gives each row of Left with each row that Right has for it: a correlated subquery.
//
//	Apply a#0
//	  Values a#0
//	  Filter b#1 > a#0        a#0 is a parameter, not a column of the input
//	    Values b#1
//
// Right refers to parameters in its expressions, not by keys, and they may not be outputs of it under
// their own IDs. Right is evaluated once for rows of Left with the same values of all parameters.
type Apply struct {
	// Outer gives the left rows without a right one, too, with NULLs.
	Outer       bool
	Left, Right Node
	Parameters  []Parameter
}

// Parameter is a column of Left as expressions in Right name it: under From's own ID, or another one
// (above a grouping, a key has a new one).
type Parameter struct {
	Column
	From ColumnID
}

// Columns implements Node.
func (n *Apply) Columns() []Column { return appendColumns(nil, n) }

// Inputs implements Node.
func (n *Apply) Inputs() []Node { return []Node{n.Left, n.Right} }

// WithInputs implements Node.
func (n *Apply) WithInputs(in []Node) Node { m := *n; m.Left, m.Right = in[0], in[1]; return &m }

// Bound is a node that is not of this package and has expressions.
type Bound interface {
	Node
	// Bind returns the node with references to the columns in values replaced.
	Bind(values map[ColumnID]Expr) Node
	// EachExpr calls f for each expression of the node.
	EachExpr(f func(Expr))
}

// Free returns the references in n to columns that no node of it defines, each column once, in the order
// in which they are met.
func Free(n Node) []*ColumnRef {
	defined, seen := map[ColumnID]bool{}, map[ColumnID]bool{}
	var define func(Node)
	define = func(n Node) {
		for _, c := range Defined(n) {
			defined[c.ID] = true
		}
		for _, in := range n.Inputs() {
			define(in)
		}
	}
	define(n)
	var free []*ColumnRef
	var visit func(Node)
	visit = func(n Node) {
		EachExpr(n, func(e Expr) {
			EachRef(e, func(r *ColumnRef) {
				if !defined[r.ID] && !seen[r.ID] {
					seen[r.ID] = true
					free = append(free, r)
				}
			})
		})
		for _, in := range n.Inputs() {
			visit(in)
		}
	}
	visit(n)
	return free
}

// Bind returns n with free references to the columns in values replaced by these.
func Bind(n Node, values map[ColumnID]Expr) Node {
	if a, ok := n.(*Apply); ok {
		// A parameter hides a column of the same ID further out; they are the same if both are there.
		return MapInputs(a, func(in Node) Node { return Bind(in, values) })
	}
	n = MapInputs(n, func(in Node) Node { return Bind(in, values) })
	if b, ok := n.(Bound); ok {
		return b.Bind(values)
	}
	uses := false
	EachExpr(n, func(e Expr) { EachRef(e, func(r *ColumnRef) { uses = uses || values[r.ID] != nil }) })
	if !uses {
		return n
	}
	return MapExprs(n, func(e Expr) Expr { return Substitute(e, values) })
}
