package engine

import (
	"fmt"
	"strings"

	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/parser"
)

// parameters reads the values of question marks.
func parameters(values []string) ([]ast.Expr, error) {
	out := make([]ast.Expr, len(values))
	for i, v := range values {
		e, err := parameter(v)
		if err != nil {
			return nil, fmt.Errorf("read parameter %d: %w", i+1, err)
		}
		out[i] = e
	}
	return out, nil
}

// parameter returns the literal that text is, or else the literal of its text.
func parameter(text string) (ast.Expr, error) {
	if e, ok := literal("SELECT " + text); ok {
		return e, nil
	}
	quoted := "SELECT '" + strings.ReplaceAll(text, "'", "''") + "'"
	if e, ok := literal(quoted); ok {
		return e, nil
	}
	_, err := parser.Parse(quoted, parser.Options{})
	return nil, err
}

// literal returns the literal that a statement selects, if it does no more.
func literal(statement string) (ast.Expr, bool) {
	tree, err := parser.Parse(statement, parser.Options{})
	if err != nil {
		return nil, false
	}
	q, ok := tree.(*ast.Query)
	if !ok || q.With != nil || q.OrderBy != nil || q.Offset != nil || q.Limit != nil || q.Fetch != nil {
		return nil, false
	}
	s, ok := q.Body.(*ast.Select)
	if !ok || len(s.Items) != 1 || s.From != nil || s.Where != nil || s.GroupBy != nil || s.Having != nil || s.Windows != nil || s.Distinct {
		return nil, false
	}
	item, ok := s.Items[0].(*ast.SelectExpr)
	if !ok || item.Alias != nil || !isLiteral(item.Expr) {
		return nil, false
	}
	return item.Expr, true
}

// isLiteral reports whether e is a literal, with its sign.
func isLiteral(e ast.Expr) bool {
	switch e.(type) {
	case *ast.NullLiteral, *ast.BooleanLiteral, *ast.StringLiteral, *ast.BinaryLiteral, *ast.IntegerLiteral,
		*ast.DecimalLiteral, *ast.DoubleLiteral, *ast.TypedLiteral, *ast.IntervalLiteral:
		return true
	}
	return false
}
