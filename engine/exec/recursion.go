package exec

import (
	"context"
	"io"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/vector"
)

// recursion gives the rows of the anchor and then, round by round, those of the step over the rows of the
// round before. The step's operators are built anew for each round.
type recursion struct {
	node    *plan.Recursion
	builder *builder
	current Operator // the anchor, then the step
	found   *buffer  // rows of this round
	last    *buffer  // rows of the round before, which the step reads
	rounds  int      // steps that were begun
}

func (b *builder) recursion(n *plan.Recursion) (Operator, error) {
	anchor, err := b.mapped(n.Anchor, n.AnchorMap)
	if err != nil {
		return nil, err
	}
	o := &recursion{node: n, builder: b, current: anchor}
	o.found, o.last = o.buffer(), o.buffer()
	return o, nil
}

func (o *recursion) buffer() *buffer {
	return newBuffer(o.node.Outputs, o.builder.rt.account(o.node, "a recursion"))
}

func (o *recursion) Next(ctx context.Context) (*vector.Batch, error) {
	for {
		b, err := o.current.Next(ctx)
		if err == io.EOF {
			if err := o.round(ctx); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		if b.N == 0 {
			continue
		}
		if o.rounds > o.node.MaxDepth {
			return nil, sql.Errorf(sql.NOT_SUPPORTED, sql.Pos{},
				"Recursion depth limit exceeded (%d). Use 'max_recursion_depth' session property to modify the limit.", o.node.MaxDepth)
		}
		if err := o.found.add(b); err != nil {
			return nil, err
		}
		return b, nil
	}
}

// round begins the next step; io.EOF if the last one gave no rows.
func (o *recursion) round(ctx context.Context) error {
	if err := o.current.Close(); err != nil {
		return err
	}
	if o.found.rows == 0 {
		return io.EOF
	}
	o.last.release()
	o.last, o.found = o.found, o.buffer()
	rows, err := o.last.join(ctx)
	if err != nil {
		return err
	}
	o.rounds++
	b := *o.builder // operators of a step must not see those of another
	b.rights, b.tops = map[*plan.Join]*rightSide{}, map[*plan.Scan]*topOfScan{}
	b.keys, b.first = map[*plan.Scan][]scanKeys{}, map[*plan.Join][]*keySet{}
	b.working = map[plan.ColumnID]*vector.Batch{}
	for table, rows := range o.builder.working {
		b.working[table] = rows
	}
	b.working[o.node.Table] = rows
	step, err := b.mapped(o.node.Step, o.node.StepMap)
	if err != nil {
		return err
	}
	o.current = step
	return nil
}

func (o *recursion) Close() error {
	o.found.release()
	o.last.release()
	return o.current.Close()
}

// heldRows gives rows that someone else holds.
type heldRows struct {
	out       sliced
	batchRows int
}

func (o *heldRows) Next(context.Context) (*vector.Batch, error) { return o.out.next(o.batchRows) }

func (o *heldRows) Close() error { return nil }
