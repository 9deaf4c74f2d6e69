package analyzer

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// sample plans relation TABLESAMPLE method (percentage). BERNOULLI takes each row by chance; SYSTEM takes each
// stripe of a table by chance, and all rows of what is no table: that has no parts to choose from.
func (a *analyzer) sample(e *ast.TableSample, v env) (relation, error) {
	share, err := a.sampleRatio(e.Percentage)
	if err != nil {
		return relation{}, err
	}
	r, err := a.from(e.Relation, v)
	if err != nil {
		return r, err
	}
	switch {
	case share == 0:
		r.node = &plan.Limit{Input: r.node}
		return r, nil
	case share == 1:
		return r, nil
	case e.Method == ast.System:
		if scan, ok := r.node.(*plan.Scan); ok {
			part := *scan
			part.Sample = share
			r.node = &part
		}
		return r, nil
	}
	x := a.exprs(&scope{})
	random, err := x.scalar("random", e.Pos, nil)
	if err != nil {
		return r, err
	}
	chance, err := x.compare(ast.Less, random, plan.NewLiteral(types.TDouble, share, e.Pos), e.Pos)
	r.node = &plan.Filter{Input: r.node, Predicate: chance}
	return r, err
}

// sampleRatio evaluates a percentage, to a number from 0 to 1.
func (a *analyzer) sampleRatio(e ast.Expr) (float64, error) {
	value, err := a.constantArgument(e, types.TDouble)
	if err != nil {
		switch sql.CodeOf(err) {
		case sql.EXPRESSION_NOT_CONSTANT:
			return 0, sql.Errorf(sql.EXPRESSION_NOT_CONSTANT, e.Position(), "Sample percentage cannot contain column references")
		case sql.TYPE_MISMATCH:
			return 0, sql.Errorf(sql.TYPE_MISMATCH, e.Position(), "Sample percentage should be a numeric expression")
		}
		return 0, err
	}
	percentage, ok := value.(float64)
	switch {
	case !ok:
		return 0, sql.Errorf(sql.INVALID_ARGUMENTS, e.Position(), "Sample percentage cannot be NULL")
	case percentage < 0:
		return 0, sql.Errorf(sql.NUMERIC_VALUE_OUT_OF_RANGE, e.Position(), "Sample percentage must be greater than or equal to 0")
	case percentage > 100:
		return 0, sql.Errorf(sql.NUMERIC_VALUE_OUT_OF_RANGE, e.Position(), "Sample percentage must be less than or equal to 100")
	}
	return percentage / 100, nil
}
