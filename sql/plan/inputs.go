package plan

// Columns, Inputs and WithInputs of every node.

func find(columns []Column, id ColumnID) Column {
	for _, c := range columns {
		if c.ID == id {
			return c
		}
	}
	return Column{ID: -1}
}

// manyColumns is from how many on columns are looked up in a map.
const manyColumns = 32

// finder returns a find over columns for many IDs.
func finder(columns []Column) func(ColumnID) Column {
	if len(columns) < manyColumns {
		return func(id ColumnID) Column { return find(columns, id) }
	}
	at := make(map[ColumnID]int, len(columns))
	for i := len(columns) - 1; i >= 0; i-- {
		at[columns[i].ID] = i
	}
	return func(id ColumnID) Column {
		if i, ok := at[id]; ok {
			return columns[i]
		}
		return Column{ID: -1}
	}
}

// Find returns the column of n with the given ID.
func Find(n Node, id ColumnID) (Column, bool) {
	c := find(n.Columns(), id)
	return c, c.ID == id
}

func join(a []Column, b ...Column) []Column {
	out := make([]Column, 0, len(a)+len(b))
	return append(append(out, a...), b...)
}

// Columns implements Node.
func (n *Scan) Columns() []Column {
	var out []Column
	for _, c := range n.Outputs {
		if n.Emit == nil || contains(n.Emit, c.ID) {
			out = append(out, c.Column)
		}
	}
	return out
}

func contains(ids []ColumnID, id ColumnID) bool {
	for _, x := range ids {
		if x == id {
			return true
		}
	}
	return false
}

// Columns implements Node.
func (n *Values) Columns() []Column { return n.Outputs }

// Columns implements Node.
func (n *Filter) Columns() []Column { return n.Input.Columns() }

// Columns implements Node.
func (n *Project) Columns() []Column {
	out := make([]Column, len(n.Outputs))
	for i, p := range n.Outputs {
		out[i] = p.Column
	}
	return out
}

// Columns implements Node.
func (n *Aggregate) Columns() []Column {
	from := finder(n.Input.Columns())
	out := make([]Column, 0, len(n.Keys)+len(n.Aggs))
	for _, k := range n.Keys {
		out = append(out, from(k))
	}
	for _, a := range n.Aggs {
		out = append(out, a.Column)
	}
	return out
}

// Columns implements Node.
func (n *Sort) Columns() []Column { return n.Input.Columns() }

// Columns implements Node.
func (n *TopN) Columns() []Column { return n.Input.Columns() }

// Columns implements Node.
func (n *Limit) Columns() []Column { return n.Input.Columns() }

// Columns implements Node.
func (n *Join) Columns() []Column { return appendColumns(nil, n) }

// appendColumns appends the columns of n to dst: those of a deep tree of joins are copied once, not once for each level.
func appendColumns(dst []Column, n Node) []Column {
	switch n := n.(type) {
	case *Filter, *Sort, *TopN, *Limit, *EnforceSingleRow:
		return appendColumns(dst, n.Inputs()[0])
	case *Join:
		dst = appendColumns(dst, n.Left)
		if n.Kind == MarkJoin {
			return append(dst, n.Mark)
		}
		return appendColumns(dst, n.Right)
	case *Apply:
		return appendColumns(appendColumns(dst, n.Left), n.Right)
	case *Unnest, *Window:
		return append(appendColumns(dst, n.Inputs()[0]), Defined(n)...)
	}
	return append(dst, n.Columns()...)
}

// Columns implements Node.
func (n *Union) Columns() []Column { return n.Outputs }

// Columns implements Node.
func (n *SetOperation) Columns() []Column { return n.Outputs }

// Columns implements Node.
func (n *Unnest) Columns() []Column { return appendColumns(nil, n) }

// Columns implements Node.
func (n *Window) Columns() []Column { return appendColumns(nil, n) }

// Columns implements Node.
func (n *EnforceSingleRow) Columns() []Column { return n.Input.Columns() }

// Columns implements Node: the chosen columns under their labels.
func (n *Output) Columns() []Column {
	from := finder(n.Input.Columns())
	out := make([]Column, len(n.IDs))
	for i, id := range n.IDs {
		out[i] = from(id)
		out[i].Name = n.Labels[i]
	}
	return out
}

// Inputs implements Node.
func (n *Scan) Inputs() []Node { return nil }

// Inputs implements Node.
func (n *Values) Inputs() []Node { return nil }

// Inputs implements Node.
func (n *Filter) Inputs() []Node { return []Node{n.Input} }

// Inputs implements Node.
func (n *Project) Inputs() []Node { return []Node{n.Input} }

// Inputs implements Node.
func (n *Aggregate) Inputs() []Node { return []Node{n.Input} }

// Inputs implements Node.
func (n *Sort) Inputs() []Node { return []Node{n.Input} }

// Inputs implements Node.
func (n *TopN) Inputs() []Node { return []Node{n.Input} }

// Inputs implements Node.
func (n *Limit) Inputs() []Node { return []Node{n.Input} }

// Inputs implements Node.
func (n *Join) Inputs() []Node { return []Node{n.Left, n.Right} }

// Inputs implements Node.
func (n *Union) Inputs() []Node { return n.Branches }

// Inputs implements Node.
func (n *SetOperation) Inputs() []Node { return []Node{n.Left, n.Right} }

// Inputs implements Node.
func (n *Unnest) Inputs() []Node { return []Node{n.Input} }

// Inputs implements Node.
func (n *Window) Inputs() []Node { return []Node{n.Input} }

// Inputs implements Node.
func (n *EnforceSingleRow) Inputs() []Node { return []Node{n.Input} }

// Inputs implements Node.
func (n *Output) Inputs() []Node { return []Node{n.Input} }

// WithInputs implements Node.
func (n *Scan) WithInputs([]Node) Node { return n }

// WithInputs implements Node.
func (n *Values) WithInputs([]Node) Node { return n }

// WithInputs implements Node.
func (n *Filter) WithInputs(in []Node) Node { m := *n; m.Input = in[0]; return &m }

// WithInputs implements Node.
func (n *Project) WithInputs(in []Node) Node { m := *n; m.Input = in[0]; return &m }

// WithInputs implements Node.
func (n *Aggregate) WithInputs(in []Node) Node { m := *n; m.Input = in[0]; return &m }

// WithInputs implements Node.
func (n *Sort) WithInputs(in []Node) Node { m := *n; m.Input = in[0]; return &m }

// WithInputs implements Node.
func (n *TopN) WithInputs(in []Node) Node { m := *n; m.Input = in[0]; return &m }

// WithInputs implements Node.
func (n *Limit) WithInputs(in []Node) Node { m := *n; m.Input = in[0]; return &m }

// WithInputs implements Node.
func (n *Join) WithInputs(in []Node) Node { m := *n; m.Left, m.Right = in[0], in[1]; return &m }

// WithInputs implements Node.
func (n *Union) WithInputs(in []Node) Node { m := *n; m.Branches = in; return &m }

// WithInputs implements Node.
func (n *SetOperation) WithInputs(in []Node) Node {
	m := *n
	m.Left, m.Right = in[0], in[1]
	return &m
}

// WithInputs implements Node.
func (n *Unnest) WithInputs(in []Node) Node { m := *n; m.Input = in[0]; return &m }

// WithInputs implements Node.
func (n *Window) WithInputs(in []Node) Node { m := *n; m.Input = in[0]; return &m }

// WithInputs implements Node.
func (n *EnforceSingleRow) WithInputs(in []Node) Node { m := *n; m.Input = in[0]; return &m }

// WithInputs implements Node.
func (n *Output) WithInputs(in []Node) Node { m := *n; m.Input = in[0]; return &m }
