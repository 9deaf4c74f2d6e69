package exec

import (
	"context"
	"slices"
	"sort"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// unnesting is an Unnest compiled over the columns of its input.
type unnesting struct {
	collections []int    // by position
	outputs     [][]bool // columns that each becomes: whether they are looked at
	kept        []bool   // columns of the input, the same
	ordinality  bool
	outer       bool
	batchRows   int
}

// newUnnesting compiles n, of whose columns only those needed are looked at, or all if it is nil.
func newUnnesting(n *plan.Unnest, needed map[plan.ColumnID]bool, rt *Runtime) (*unnesting, error) {
	looked := func(columns []plan.Column) []bool {
		out := make([]bool, len(columns))
		for i, c := range columns {
			out[i] = needed == nil || needed[c.ID]
		}
		return out
	}
	u := &unnesting{kept: looked(n.Input.Columns()), ordinality: n.Ordinality != nil, outer: n.Outer, batchRows: rt.BatchRows}
	ids := make([]plan.ColumnID, len(n.Collections))
	for i, c := range n.Collections {
		ids[i] = c.ID
		u.outputs = append(u.outputs, looked(c.Outputs))
	}
	var err error
	u.collections, err = positions(n.Input.Columns(), ids)
	return u, err
}

// unnest gives a row for each element of the collections of a row. Elements that a
// shorter collection lacks are NULL.
type unnest struct {
	*unnesting
	input Operator
	batch *vector.Batch // of the input, of which the rows from at on remain
	at    int
	skip  int // elements of row at that were given
}

func (o *unnest) Next(ctx context.Context) (*vector.Batch, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if o.batch == nil || o.at == o.batch.N {
			b, err := o.input.Next(ctx)
			if err != nil {
				return nil, err
			}
			o.batch, o.at, o.skip = b, 0, 0
		}
		b := o.run()
		if b == nil {
			b = o.expand()
		}
		if b.N > 0 {
			return b, nil
		}
	}
}

// run is expand for rows of which nothing but their elements is looked at: these lie one after the other in a vector of
// arrays or maps, so that a slice of them is all there is to do. nil if it is not so.
func (o *unnest) run() *vector.Batch {
	if len(o.collections) != 1 || o.ordinality || o.outer || slices.Contains(o.kept, true) {
		return nil
	}
	var offsets []int32
	s := vector.SpanView{}
	switch v := o.batch.Columns[o.collections[0]].(type) {
	case *vector.Array:
		offsets, s.Values = v.Offsets, v.Elements
	case *vector.Map:
		offsets, s.Keys, s.Values = v.Offsets, v.Keys, v.Values
	default:
		return nil
	}
	from := int(offsets[o.at]) + o.skip
	next := o.batch.N // the first row that is not in
	if nulls := o.batch.Columns[o.collections[0]].Nulls(); nulls != nil {
		for o.at < o.batch.N && nulls.Has(o.at) {
			o.at++
			from = int(offsets[o.at])
		}
		for r := o.at; r < o.batch.N && int(offsets[r]) < from+o.batchRows; r++ {
			if nulls.Has(r) && offsets[r] != offsets[r+1] { // elements of no row
				next = r
				break
			}
		}
	}
	to := min(int(offsets[next]), from+o.batchRows)
	// The last row that has elements in the run may have more of them.
	o.at += sort.Search(next-o.at, func(i int) bool { return int(offsets[o.at+i+1]) > to })
	o.skip = 0
	if o.at < next {
		o.skip = max(to-int(offsets[o.at]), 0)
	}
	out := &vector.Batch{Columns: make([]vector.Vector, len(o.batch.Columns), len(o.batch.Columns)+len(o.outputs[0])), N: to - from}
	for i, c := range o.batch.Columns {
		out.Columns[i] = vector.NewNull(c.Type(), out.N)
	}
	out.Columns = append(out.Columns, o.columns(0, s, out.N, func(v vector.Vector) vector.Vector { return vector.Slice(v, from, to) })...)
	return out
}

// expand returns up to batchRows rows.
func (o *unnest) expand() *vector.Batch {
	spans := make([]vector.SpanView, len(o.collections))
	for k, c := range o.collections {
		spans[k] = vector.SpansOf(o.batch.Columns[c])
	}
	var rows []int32                        // of the input, one an output row
	children := make([][]int32, len(spans)) // of each collection, -1 for none
	var ordinals []int64
	var missing vector.Bitmap // output rows without an ordinal, of outer rows
	emit := func(row, element int) {
		rows = append(rows, int32(row))
		if o.ordinality {
			ordinals = append(ordinals, int64(element+1))
		}
		for k, s := range spans {
			from, to := s.Span(row)
			child := int32(-1)
			if element >= 0 && from+element < to {
				child = int32(from + element)
			}
			children[k] = append(children[k], child)
		}
	}
	var outer []int
	for ; o.at < o.batch.N && len(rows) < o.batchRows; o.at, o.skip = o.at+1, 0 {
		longest := 0
		for _, s := range spans {
			from, to := s.Span(o.at)
			longest = max(longest, to-from)
		}
		if longest == 0 && o.outer {
			outer = append(outer, len(rows))
			emit(o.at, -1)
			continue
		}
		if len(spans) == 1 && !o.ordinality {
			from, _ := spans[0].Span(o.at)
			for ; o.skip < longest && len(rows) < o.batchRows; o.skip++ {
				rows = append(rows, int32(o.at))
				children[0] = append(children[0], int32(from+o.skip))
			}
		}
		for o.skip < longest && len(rows) < o.batchRows {
			emit(o.at, o.skip)
			o.skip++
		}
		if o.skip < longest {
			break
		}
	}
	if len(outer) > 0 {
		missing = vector.NewBitmap(len(rows))
		for _, r := range outer {
			missing.Set(r)
		}
	}
	out := &vector.Batch{Columns: make([]vector.Vector, len(o.batch.Columns)), N: len(rows)}
	for i, c := range o.batch.Columns {
		if o.kept[i] {
			out.Columns[i] = vector.Repeat(c, rows)
		} else {
			out.Columns[i] = vector.NewNull(c.Type(), len(rows))
		}
	}
	for k, s := range spans {
		out.Columns = append(out.Columns, o.elements(k, s, children[k])...)
	}
	if o.ordinality {
		out.Columns = append(out.Columns, vector.NewFlat(types.TBigint, ordinals, missing))
	}
	return out
}

// elements returns the columns that collection k becomes.
func (o *unnest) elements(k int, s vector.SpanView, children []int32) []vector.Vector {
	n := len(children)
	if n > 0 && successive(children) { // as they mostly are: nothing is copied
		from := int(children[0])
		return o.columns(k, s, n, func(v vector.Vector) vector.Vector { return vector.Slice(v, from, from+n) })
	}
	return o.columns(k, s, n, func(v vector.Vector) vector.Vector { return vector.GatherOrNull(v, children) })
}

// columns returns the columns that collection k becomes, of n elements that pick picks.
func (o *unnest) columns(k int, s vector.SpanView, n int, pick func(vector.Vector) vector.Vector) []vector.Vector {
	looked := o.outputs[k]
	column := func(v vector.Vector, number int) vector.Vector {
		if !looked[number] {
			return vector.NewNull(v.Type(), n)
		}
		return pick(v)
	}
	if s.Keys != nil {
		return []vector.Vector{column(s.Keys, 0), column(s.Values, 1)}
	}
	if !s.Values.Type().Is(types.Row) {
		return []vector.Vector{column(s.Values, 0)}
	}
	fields := make([]vector.Vector, len(looked))
	if rows, ok := s.Values.(*vector.Row); ok {
		for f := range fields {
			fields[f] = column(rows.Fields[f], f)
		}
		return fields
	}
	values := pick(s.Values) // fields of all rows of a dictionary would be copied for each batch
	for f := range fields {
		if looked[f] {
			fields[f] = vector.FieldOf(values, f)
		} else {
			fields[f] = vector.NewNull(values.Type().Fields()[f].Type, n)
		}
	}
	return fields
}

// successive reports whether rows are one after the other, and none is missing.
func successive(rows []int32) bool {
	for i, r := range rows {
		if r < 0 || r != rows[0]+int32(i) {
			return false
		}
	}
	return true
}

func (o *unnest) Close() error { return o.input.Close() }
