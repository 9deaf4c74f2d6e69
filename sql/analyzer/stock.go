package analyzer

import (
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Statement returns the query that was analyzed as canonical SQL; "" for statements without a plan.
func (a *Analysis) Statement() string {
	if a.query == nil {
		return ""
	}
	return ast.String(a.query)
}

// StockTrino returns the query as SQL that Trino itself reads the same way in a session of
// UTC: what lake.go adds is written out. "" for statements without a plan.
func (a *Analysis) StockTrino() string {
	if a.query == nil {
		return ""
	}
	return ast.Format(a.query, a.stock)
}

// noteStock notes how Trino's SQL says that values were made comparable by CloudTrail Lake's rules.
func (a *analyzer) noteStock(nodes []ast.Expr, before, after []plan.Expr) {
	for i, n := range nodes {
		to := after[i].Type()
		if !before[i].Type().Is(types.Varchar) || !to.Is(types.Boolean) && !isLakeTime(to) {
			continue
		}
		_, isText := n.(*ast.StringLiteral)
		l, isConstant := after[i].(*plan.Literal)
		switch {
		case isText && isConstant && to.Is(types.Boolean):
			a.stock.Exprs[n] = ast.Rewrite{Before: string(vector.AppendText(nil, l.Value, 0)), Instead: true}
		case isText && isConstant:
			a.stock.Exprs[n] = ast.Rewrite{Before: "TIMESTAMP " + types.QuoteText(string(vector.AppendText(nil, l.Value, 0))), Instead: true}
		case to.Is(types.Boolean):
			a.stock.Exprs[n] = ast.Rewrite{Before: "CAST(", After: " AS boolean)"}
		default:
			a.stock.Exprs[n] = ast.Rewrite{Before: "CAST((from_iso8601_timestamp(replace(", After: ", ' ', 'T')) AT TIME ZONE 'UTC') AS " + to.String() + ")"}
		}
	}
}
