package function

import (
	"fmt"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/jsonpath"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// JSONTable is what JSON_TABLE makes of the items that its path leads to.
type JSONTable struct {
	ErrorOnError bool         `json:",omitempty"`
	Columns      []JSONColumn // in the order of the result
	Root         *JSONPlan
}

// JSONColumn is a column of JSON_TABLE: of ordinal numbers if Path is "", as JSON_QUERY gives it if Query, else as
// JSON_VALUE does. Defaults of Clauses are lambdas behind the variables, column by column.
type JSONColumn struct {
	Path    string      `json:",omitempty"`
	Query   bool        `json:",omitempty"`
	Clauses JSONClauses `json:",omitzero"`
}

// JSONPlan says how rows are made: for each item of Path one row, joined with those of Child, or, if there are
// Siblings, all that these make: side by side or, with Cross, every one with every other.
type JSONPlan struct {
	Path     string      `json:",omitempty"` // "" at the root, whose path is the function's
	Columns  []int       `json:",omitempty"` // indexes in JSONTable.Columns
	Child    *JSONPlan   `json:",omitempty"`
	Inner    bool        `json:",omitempty"` // no row without one of Child
	Siblings []*JSONPlan `json:",omitempty"`
	Cross    bool        `json:",omitempty"`
}

// maxTableRows is how many rows JSON_TABLE may make of one input.
const maxTableRows = 10_000_000

// rowsPerCharge is after how many rows memory is accounted for.
const rowsPerCharge = 1024

func newJSONTable(b Binding) (Kernel, error) {
	p, err := newPathCall(b)
	if err != nil {
		return nil, err
	}
	t := &tablePlan{pathCall: p, columns: make([]tableColumn, len(p.clauses.Table.Columns))}
	lambda := p.lambdasAt()
	for i, column := range p.clauses.Table.Columns {
		c := &t.columns[i]
		c.JSONColumn = column
		c.defaults = defaults{lambda, column.Clauses.OnEmpty, column.Clauses.OnError}
		for _, h := range [...]JSONHandling{column.Clauses.OnEmpty, column.Clauses.OnError} {
			if h == UseDefault {
				lambda++
			}
		}
		if column.Path == "" {
			continue
		}
		if c.path, err = jsonpath.Parse(column.Path); err != nil {
			return nil, failf(sql.INVALID_PATH, "%s", err)
		}
	}
	if t.root, err = compilePlan(p.clauses.Table.Root); err != nil {
		return nil, err
	}
	fields := b.Result.Elem().Fields()
	return func(c *Call) (vector.Vector, error) {
		r := newTableRun(t, c, fields)
		offsets := make([]int32, 1, c.N+1)
		for i := range c.N {
			if !c.Args[0].Nulls().Has(i) {
				if err := r.input(i); err != nil {
					return nil, err
				}
			}
			offsets = append(offsets, int32(r.rows))
		}
		return r.build(offsets)
	}, nil
}

// tablePlan is a compiled JSONTable.
type tablePlan struct {
	*pathCall
	columns []tableColumn
	root    *tableNode
}

type tableColumn struct {
	JSONColumn
	path     *jsonpath.Path // nil for ordinal numbers
	defaults defaults
}

// tableNode is a compiled JSONPlan.
type tableNode struct {
	*JSONPlan
	path     *jsonpath.Path // nil at the root, and for siblings
	child    *tableNode
	siblings []*tableNode
	all      []int // columns of the node and below it
}

func compilePlan(p *JSONPlan) (*tableNode, error) {
	n := &tableNode{JSONPlan: p, all: append([]int{}, p.Columns...)}
	var err error
	if p.Path != "" {
		if n.path, err = jsonpath.Parse(p.Path); err != nil {
			return nil, failf(sql.INVALID_PATH, "%s", err)
		}
	}
	if p.Child != nil {
		if n.child, err = compilePlan(p.Child); err != nil {
			return nil, err
		}
		n.all = append(n.all, n.child.all...)
	}
	for _, s := range p.Siblings {
		sibling, err := compilePlan(s)
		if err != nil {
			return nil, err
		}
		n.siblings, n.all = append(n.siblings, sibling), append(n.all, sibling.all...)
	}
	return n, nil
}

// tableRun makes the rows for a call.
type tableRun struct {
	*tablePlan
	call   *Call
	fields []types.Field
	row    int         // of the call
	cells  []tableCell // of the row that is being made
	values []*valueColumn
	texts  []*vector.TextBuilder
	counts []vector.Builder
	rows   int
}

// tableCell is what a column's path led to.
type tableCell struct {
	given bool // else NULL: the column belongs to a path without an item here
	items []jsonpath.Item
	err   error
	count int64 // of a column of ordinal numbers
}

func newTableRun(t *tablePlan, c *Call, fields []types.Field) *tableRun {
	n := len(t.columns)
	r := &tableRun{tablePlan: t, call: c, fields: fields, cells: make([]tableCell, n),
		values: make([]*valueColumn, n), texts: make([]*vector.TextBuilder, n), counts: make([]vector.Builder, n)}
	for i := range t.columns {
		switch column := &t.columns[i]; {
		case column.path == nil:
			r.counts[i] = vector.NewBuilder(types.TBigint, c.N)
		case column.Query:
			r.texts[i] = vector.NewTextBuilder(column.textType(fields[i].Type))
		default:
			r.values[i] = newValueColumn(column.defaults, fields[i].Type, c.N)
		}
	}
	return r
}

// textType is what the text of a column of JSON_QUERY is before it is cast to the declared type.
func (c *tableColumn) textType(declared types.Type) types.Type {
	if declared.IsString() {
		return types.TVarchar
	}
	return declared
}

// input makes the rows of row i of the call.
func (r *tableRun) input(i int) error {
	r.row = i
	items, err := r.eval(r.call, i)
	if err != nil {
		if r.clauses.Table.ErrorOnError {
			return err
		}
		return nil
	}
	first := r.rows
	return r.items(r.root, items, func() error { return r.emit(first) })
}

// node makes the rows of n for an item, and calls emit for each.
func (r *tableRun) node(n *tableNode, item jsonpath.Item, emit func() error) error {
	if n.path != nil {
		items, err := n.path.Eval(item, nil, r.ops)
		if err != nil {
			if r.clauses.Table.ErrorOnError {
				return err
			}
			return nil
		}
		return r.items(n, items, emit)
	}
	if n.Cross {
		return r.cross(n.siblings, item, emit)
	}
	for _, s := range n.siblings {
		r.clear(n)
		if err := r.node(s, item, emit); err != nil {
			return err
		}
	}
	return nil
}

func (r *tableRun) cross(siblings []*tableNode, item jsonpath.Item, emit func() error) error {
	if len(siblings) == 0 {
		return emit()
	}
	return r.node(siblings[0], item, func() error { return r.cross(siblings[1:], item, emit) })
}

// items makes the rows of a path's node for the items of the path.
func (r *tableRun) items(n *tableNode, items []jsonpath.Item, emit func() error) error {
	for ordinal, item := range items {
		for _, at := range n.Columns {
			column := &r.columns[at]
			cell := tableCell{given: true, count: int64(ordinal) + 1}
			if column.path != nil {
				cell.items, cell.err = column.path.Eval(item, nil, r.ops)
			}
			r.cells[at] = cell
		}
		if n.child == nil {
			if err := emit(); err != nil {
				return err
			}
			continue
		}
		found := false
		err := r.node(n.child, item, func() error {
			found = true
			return emit()
		})
		if err != nil {
			return err
		}
		if !found && !n.Inner {
			r.clear(n.child)
			if err := emit(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *tableRun) clear(n *tableNode) {
	for _, at := range n.all {
		r.cells[at] = tableCell{}
	}
}

// emit appends the row that the cells are. first is the input's first row.
func (r *tableRun) emit(first int) error {
	r.rows++
	if r.rows-first > maxTableRows {
		return failf(sql.EXCEEDED_FUNCTION_MEMORY_LIMIT, "JSON_TABLE makes more than %d rows of one input", maxTableRows)
	}
	if r.rows%rowsPerCharge == 0 {
		const bytesPerCell = 16
		if err := r.call.charge(int64(r.rows) * bytesPerCell * int64(len(r.cells))); err != nil {
			return err
		}
	}
	for at := range r.cells {
		if err := r.append(at, &r.cells[at]); err != nil {
			return err
		}
	}
	return nil
}

func (r *tableRun) append(at int, cell *tableCell) error {
	switch {
	case r.values[at] != nil:
		if !cell.given {
			r.values[at].null()
			return nil
		}
		return r.values[at].add(cell.items, cell.err, r.row, r.ops)
	case r.counts[at] != nil:
		if !cell.given {
			r.counts[at].AppendNull()
			return nil
		}
		r.counts[at].Append(vector.NewValue(types.TBigint, cell.count), 0)
		return nil
	}
	b := r.texts[at]
	if !cell.given {
		b.AppendNull()
		return nil
	}
	text, ok, err := r.columns[at].Clauses.output(nil, cell.items, cell.err)
	switch {
	case err != nil:
		return err
	case !ok:
		b.AppendNull()
		return nil
	case len(text) > maxTextBytes-b.Bytes():
		return errTooLong
	}
	b.AppendBytes(text)
	return nil
}

// build returns the rows as arrays.
func (r *tableRun) build(offsets []int32) (vector.Vector, error) {
	columns := make([]vector.Vector, len(r.columns))
	for i := range columns {
		var err error
		switch {
		case r.values[i] != nil:
			columns[i], err = r.values[i].build(r.call)
		case r.counts[i] != nil:
			columns[i] = r.counts[i].Build()
		default:
			columns[i], err = r.castText(r.texts[i].Build(), r.fields[i].Type)
		}
		if err != nil {
			return nil, err
		}
	}
	elem := r.call.Result.Elem()
	return vector.NewArray(r.call.Result, offsets, vector.NewRow(elem, columns, r.rows, nil), nil), nil
}

func (r *tableRun) castText(v vector.Vector, to types.Type) (vector.Vector, error) {
	if v.Type().Equal(to) {
		return v, nil
	}
	cast, err := ResolveCast(v.Type(), to)
	if err != nil {
		return nil, fmt.Errorf("write a column of JSON_TABLE: %w", err)
	}
	k, err := cast.Overload.New(Binding{Ctx: r.call.Ctx, Params: cast.Params, Result: to, Constants: make([]vector.Vector, 1)})
	if err != nil {
		return nil, err
	}
	return applyKernel(k, r.call.Ctx, v, to)
}
