package analyzer

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/plan"
)

// maxRepeatedExprs is how many expressions a statement's CASE, NULLIF and BETWEEN may add to those that are
// written. They compare one value several times, which doubles with every level where they are nested in each
// other's values: what is written in some hundred characters would be evaluated, and looked at by every rule, for ever.
const maxRepeatedExprs = 1_000_000

// repeat accounts for e standing in the plan as often as given.
func (a *analyzer) repeat(e plan.Expr, times int, at sql.Pos) error {
	if times < 2 {
		return nil
	}
	left := (maxRepeatedExprs - a.repeated) / (times - 1)
	n := 0
	plan.Walk(e, func(plan.Expr) bool {
		n++
		return n <= left
	})
	if n > left {
		return sql.Errorf(sql.NOT_SUPPORTED, at, "CASE, NULLIF and BETWEEN nested in what each other compares are not supported beyond %d repeated expressions", maxRepeatedExprs)
	}
	a.repeated += n * (times - 1)
	return nil
}

func (a *analyzer) repeatBetween(e *ast.Between, value, low, high plan.Expr) error {
	if !e.Symmetric {
		return a.repeat(value, 2, e.Pos)
	}
	for _, v := range [...]plan.Expr{value, value, low, high} { // the value stands four times, each bound twice
		if err := a.repeat(v, 2, e.Pos); err != nil {
			return err
		}
	}
	return a.repeat(value, 2, e.Pos)
}
