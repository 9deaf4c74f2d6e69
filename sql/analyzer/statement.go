package analyzer

import (
	"unicode/utf8"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/plan"
)

func (a *analyzer) statement(stmt ast.Statement) (*Analysis, error) {
	switch s := stmt.(type) {
	case *ast.Query:
		root, err := a.root(s)
		return &Analysis{Kind: Query, Plan: root}, err
	case *ast.Explain:
		return a.explain(s)
	case *ast.ShowTables:
		if s.From != nil {
			return nil, sql.NotSupported(s.From.Pos, "SHOW TABLES FROM")
		}
		return show(ShowTables, nil, s.Pattern)
	case *ast.ShowFunctions:
		if s.From != nil {
			return nil, sql.NotSupported(s.From.Pos, "SHOW FUNCTIONS FROM")
		}
		return show(ShowFunctions, nil, s.Pattern)
	case *ast.ShowColumns:
		return a.showTable(ShowColumns, s.Table, s.Pattern)
	case *ast.Describe:
		return a.showTable(ShowColumns, s.Table, nil)
	case *ast.ShowCreateTable:
		return a.showTable(ShowCreateTable, s.Table, nil)
	}
	return nil, sql.NotSupported(stmt.Position(), "this statement")
}

func (a *analyzer) explain(s *ast.Explain) (*Analysis, error) {
	for _, o := range s.Options {
		if o.Name == "TYPE" && (o.Value == "LOGICAL" || o.Value == "DISTRIBUTED") || o.Name == "FORMAT" && o.Value == "TEXT" {
			continue
		}
		return nil, sql.NotSupported(s.Pos, "EXPLAIN ("+o.Name+" "+o.Value+")")
	}
	q, ok := s.Statement.(*ast.Query)
	if !ok {
		return nil, sql.NotSupported(s.Statement.Position(), "EXPLAIN of anything but a query")
	}
	root, err := a.root(q)
	kind := Explain
	if s.Analyze {
		kind = ExplainAnalyze
	}
	return &Analysis{Kind: kind, Plan: root}, err
}

// root plans a query and labels its columns.
func (a *analyzer) root(q *ast.Query) (plan.Node, error) {
	r, err := a.query(q, env{})
	if err != nil {
		return nil, err
	}
	out := &plan.Output{Input: r.node}
	for i, f := range r.fields {
		label := f.name
		if label == "" {
			label = "_col" + itoa(i)
		}
		out.IDs, out.Labels = append(out.IDs, f.column.ID), append(out.Labels, label)
	}
	return out, nil
}

func (a *analyzer) showTable(kind Kind, t *ast.Table, pattern *ast.Pattern) (*Analysis, error) {
	table, _, err := a.resolveTable(t, env{})
	if err != nil {
		return nil, err
	}
	return show(kind, table, pattern)
}

func show(kind Kind, table plan.Table, p *ast.Pattern) (*Analysis, error) {
	out := &Analysis{Kind: kind, Table: table}
	if p == nil {
		return out, nil
	}
	out.Pattern = &Pattern{Like: p.Like.Value}
	if p.Escape != nil {
		r, n := utf8.DecodeRuneInString(p.Escape.Value)
		if n == 0 || n != len(p.Escape.Value) {
			return nil, sql.Errorf(sql.INVALID_ESCAPE_CHARACTER, p.Escape.Pos, "Escape string must be a single character")
		}
		out.Pattern.Escape = r
	}
	return out, nil
}
