package exec

import (
	"context"
	"io"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/vector"
)

// singleRow gives the one row of its input, or a row of NULLs if it has none.
type singleRow struct {
	input   Operator
	columns []plan.Column
	at      sql.Pos
	done    bool
}

func (o *singleRow) Next(ctx context.Context) (*vector.Batch, error) {
	if o.done {
		return nil, io.EOF
	}
	o.done = true
	var row *vector.Batch
	for {
		b, err := o.input.Next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if b.N == 0 {
			continue
		}
		if row != nil || b.N > 1 {
			return nil, sql.Errorf(sql.SUBQUERY_MULTIPLE_ROWS, o.at, "Scalar sub-query has returned multiple rows")
		}
		row = b
	}
	if row != nil {
		return row, nil
	}
	row = &vector.Batch{N: 1}
	for _, c := range o.columns {
		row.Columns = append(row.Columns, vector.NewNull(c.Type, 1))
	}
	return row, nil
}

func (o *singleRow) Close() error { return o.input.Close() }
