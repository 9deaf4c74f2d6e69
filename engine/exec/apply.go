package exec

import (
	"context"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// maxAnswerBytes is how much of what an apply's right side gave is kept for later rows of the left side.
const maxAnswerBytes = 16 << 20

// apply evaluates its right side for each row of the left one: once for all rows of the
// same parameters, as long as what it gave fits in maxAnswerBytes.
//
//	left row ── parameters ──► group ──► answer ──► pairs
//	                             └─ new: bind the plan, build, drain
//
// What of the right side does not depend on the parameters is read once, see kept.go.
type apply struct {
	node    *plan.Apply
	builder *builder
	left    Operator
	at      []int     // of the parameters, in the left input
	right   plan.Node // with kept parts
	kept    *keptParts
	groups  *grouper
	alone   bool            // equal parameters may differ, so each row is a group
	answers []*vector.Batch // by group; nil if not known
	bytes   int64           // of answers
	account account

	batch   *vector.Batch // of the left input
	numbers []int32
	row     int           // of batch
	answer  *vector.Batch // of row, from which the rows from next on remain
	next    int
}

func (b *builder) apply(n *plan.Apply) (Operator, error) {
	ids := make([]plan.ColumnID, len(n.Parameters))
	keys := make([]types.Type, len(n.Parameters))
	for i, p := range n.Parameters {
		ids[i], keys[i] = p.From, p.Type
	}
	at, err := positions(n.Left.Columns(), ids)
	if err != nil {
		return nil, err
	}
	left, err := b.build(n.Left)
	if err != nil {
		return nil, err
	}
	kept := &keptParts{builder: b}
	return &apply{node: n, builder: b, left: left, at: at, right: kept.keep(n.Right), kept: kept,
		alone:  sharesUnsafely(keys),
		groups: newGrouper(keys, b.rt.Env.NoDictionaries), account: b.rt.account(n, "a correlated subquery")}, nil
}

// sharesUnsafely reports whether values of one of the types may be equal and yet not the same.
func sharesUnsafely(all []types.Type) bool {
	for _, t := range all {
		switch {
		case t.Is(types.Double), t.Is(types.Real), t.Is(types.TimestampWithTimeZone), t.Is(types.TimeWithTimeZone):
			return true
		case t.Is(types.Array):
			if sharesUnsafely([]types.Type{t.Elem()}) {
				return true
			}
		case t.Is(types.Map):
			if sharesUnsafely([]types.Type{t.Key(), t.Value()}) {
				return true
			}
		case t.Is(types.Row):
			for _, f := range t.Fields() {
				if sharesUnsafely([]types.Type{f.Type}) {
					return true
				}
			}
		}
	}
	return false
}

func (o *apply) Next(ctx context.Context) (*vector.Batch, error) {
	for {
		if o.batch == nil || o.row == o.batch.N {
			if err := o.probe(ctx); err != nil {
				return nil, err
			}
		}
		out, err := o.pairs(ctx)
		if err != nil {
			return nil, err
		}
		if out.N > 0 {
			return out, nil
		}
	}
}

func (o *apply) probe(ctx context.Context) error {
	b, err := o.left.Next(ctx)
	if err != nil {
		return err
	}
	if o.bytes > maxAnswerBytes {
		o.groups = newGrouper(o.groups.types, o.builder.rt.Env.NoDictionaries)
		o.answers, o.bytes = nil, 0
	}
	o.batch, o.row, o.answer = b, 0, nil
	o.numbers = grow(o.numbers, b.N)
	if o.alone {
		for i := range b.N {
			o.numbers[i] = int32(i)
		}
		o.answers, o.bytes = make([]*vector.Batch, b.N), 0
		return o.account.set(0)
	}
	o.groups.groups(pick(b, o.at), b.N, o.numbers)
	for len(o.answers) < o.groups.n {
		o.answers = append(o.answers, nil)
	}
	return o.account.set(o.bytes + o.groups.bytes())
}

// pairs returns up to about batchRows rows.
func (o *apply) pairs(ctx context.Context) (*vector.Batch, error) {
	var left []int32
	var parts []*vector.Batch
	for o.row < o.batch.N && len(left) < o.builder.rt.BatchRows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if o.answer == nil {
			var err error
			if o.answer, err = o.ask(ctx, o.numbers[o.row]); err != nil {
				return nil, err
			}
			o.next = 0
		}
		to := min(o.answer.N, o.next+o.builder.rt.BatchRows-len(left))
		if to > o.next {
			parts = append(parts, sliceBatch(o.answer, o.next, to))
			for range to - o.next {
				left = append(left, int32(o.row))
			}
		}
		if o.next = to; to < o.answer.N {
			break
		}
		o.row, o.answer = o.row+1, nil
	}
	out := repeatBatch(o.batch, left)
	for c, col := range o.node.Right.Columns() {
		columns := make([]vector.Vector, len(parts))
		for i, p := range parts {
			columns[i] = p.Columns[c]
		}
		out.Columns = append(out.Columns, vector.Concat(col.Type, columns...))
	}
	return out, nil
}

// ask returns the rows that the right side has for the current row, which is of group g.
func (o *apply) ask(ctx context.Context, g int32) (*vector.Batch, error) {
	if a := o.answers[g]; a != nil {
		return a, nil
	}
	values := map[plan.ColumnID]plan.Expr{}
	for i, p := range o.node.Parameters {
		v := vector.Plain(vector.Gather(o.batch.Columns[o.at[i]], []int32{int32(o.row)}))
		values[p.ID] = &plan.Literal{Value: vector.Retain(v)}
	}
	b := *o.builder
	b.rights, b.tops = map[*plan.Join]*rightSide{}, map[*plan.Scan]*topOfScan{}
	in, err := b.build(plan.Bind(o.right, values))
	if err != nil {
		return nil, err
	}
	held := newBuffer(o.node.Right.Columns(), o.builder.rt.account(o.node, "a correlated subquery"))
	defer held.release()
	err = held.addAll(ctx, in)
	if e := in.Close(); err == nil {
		err = e
	}
	if err != nil {
		return nil, err
	}
	answer, err := held.join(ctx)
	if err != nil {
		return nil, err
	}
	if answer.N == 0 && o.node.Outer {
		answer = nullRow(o.node.Right.Columns())
	}
	o.answers[g] = answer
	o.bytes += (&sizer{}).bytes(answer)
	return answer, o.account.set(o.bytes + o.groups.bytes())
}

func nullRow(columns []plan.Column) *vector.Batch {
	row := &vector.Batch{N: 1}
	for _, c := range columns {
		row.Columns = append(row.Columns, vector.NewNull(c.Type, 1))
	}
	return row
}

func (o *apply) Close() error {
	o.account.release()
	err := o.left.Close()
	if e := o.kept.close(); err == nil {
		err = e
	}
	return err
}
