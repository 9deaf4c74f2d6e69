package analyzer

import (
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// lambdaScope holds the parameters of a lambda, which hide columns and those of lambdas around it.
type lambdaScope struct {
	params []plan.Column
	outer  *lambdaScope
}

func (x *exprs) lambdaParam(name string) (plan.Column, bool) {
	for l := x.lambda; l != nil; l = l.outer {
		for _, p := range l.params {
			if strings.EqualFold(p.Name, name) {
				return p, true
			}
		}
	}
	return plan.Column{}, false
}

// checkLambda refuses what a lambda may not hold, whatever its types.
func (x *exprs) checkLambda(e *ast.Lambda) error {
	if x.pattern != nil {
		return notYet(e.Pos, "Lambda expression in pattern recognition context")
	}
	seen := map[string]bool{}
	for _, p := range e.Params {
		if name := strings.ToLower(p.Name); seen[name] {
			return sql.Errorf(sql.DUPLICATE_PARAMETER_NAME, p.Pos, "Lambda parameter '%s' is given twice", p.Name)
		} else {
			seen[name] = true
		}
	}
	if err := scalarOnly(e.Body, "Lambda expression"); err != nil {
		return err
	}
	var subquery ast.Node
	ast.Walk(e.Body, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.Subquery, *ast.Query:
			if subquery == nil {
				subquery = n
			}
		}
		return subquery == nil
	})
	if subquery != nil {
		return sql.Errorf(sql.NOT_SUPPORTED, subquery.Position(), "Lambda expression cannot contain subqueries")
	}
	return nil
}

// lambdaOf translates a lambda for parameters of the given types. While an overload
// is sought a lambda may be asked for its type several times, and so may each one
// inside of it: every answer is kept, or time would double with each level.
func (x *exprs) lambdaOf(e *ast.Lambda, params []types.Type) (*plan.Lambda, error) {
	if len(params) != len(e.Params) {
		return nil, sql.Errorf(sql.INVALID_PARAMETER_USAGE, e.Pos, "Expected a lambda that takes %d argument(s) but got %d", len(params), len(e.Params))
	}
	key := x.lambdaKey(e, params)
	if l, ok := x.a.lambdas[key]; ok {
		return l, nil
	}
	columns := make([]plan.Column, len(params))
	for i, t := range params {
		columns[i] = x.a.column(e.Params[i].Name, t)
	}
	inner := *x
	inner.lambda = &lambdaScope{columns, x.lambda}
	body, err := inner.translate(e.Body)
	if err != nil {
		return nil, err
	}
	l := &plan.Lambda{Params: columns, Body: body, At: e.Pos}
	x.a.lambdas[key] = l
	return l, nil
}

// lambdaKey tells translations of lambdas apart: by where the lambda stands, by the scope it is
// translated in, and by the types of its parameters and the parameters around them.
type lambdaKey struct {
	lambda *ast.Lambda
	scope  *scope
	params string
}

func (x *exprs) lambdaKey(e *ast.Lambda, params []types.Type) lambdaKey {
	var b strings.Builder
	for _, t := range params {
		b.WriteString(t.String() + " ")
	}
	for l := x.lambda; l != nil; l = l.outer {
		for _, p := range l.params {
			b.WriteString(itoa(int(p.ID)) + " ")
		}
	}
	return lambdaKey{e, x.scope, b.String()}
}
