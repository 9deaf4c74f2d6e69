package plan

// Recursion gives the rows of Anchor, then those of Step over them, then those of Step over what it gave
// last, and so on until there are none.
//
//	Recursion n#3
//	  Project n#0 := 1
//	  Project n#2 := n#1 + 1
//	    WorkingTable n#1
//
// Step reads what was given last by WorkingTables of the same Table. A query whose step still gives rows
// after MaxDepth steps fails.
type Recursion struct {
	Anchor, Step Node
	Outputs      []Column
	// AnchorMap and StepMap say which columns of the inputs Outputs are.
	AnchorMap, StepMap []ColumnID
	// Table joins the node to its WorkingTables. It is no column.
	Table    ColumnID
	MaxDepth int
}

// WorkingTable gives the rows that the Recursion of the same Table found last. Outputs are all of its columns.
type WorkingTable struct {
	Table   ColumnID
	Outputs []Column
}

// Columns implements Node.
func (n *Recursion) Columns() []Column { return n.Outputs }

// Inputs implements Node.
func (n *Recursion) Inputs() []Node { return []Node{n.Anchor, n.Step} }

// WithInputs implements Node.
func (n *Recursion) WithInputs(in []Node) Node { m := *n; m.Anchor, m.Step = in[0], in[1]; return &m }

// Columns implements Node.
func (n *WorkingTable) Columns() []Column { return n.Outputs }

// Inputs implements Node.
func (n *WorkingTable) Inputs() []Node { return nil }

// WithInputs implements Node.
func (n *WorkingTable) WithInputs([]Node) Node { return n }
