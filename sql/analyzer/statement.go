package analyzer

import (
	"strings"
	"unicode/utf8"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/plan"
)

func (a *analyzer) statement(stmt ast.Statement) (*Analysis, error) {
	switch s := stmt.(type) {
	case *ast.Query:
		root, err := a.root(s)
		return &Analysis{Kind: Query, Plan: root, query: s}, err
	case *ast.Explain:
		return a.explain(s)
	case *ast.ShowTables:
		if s.From != nil {
			if err := knownSchema(s.From); err != nil {
				return nil, err
			}
		}
		return show(ShowTables, nil, s.Pattern)
	case *ast.ShowSchemas:
		if s.From != nil {
			if err := knownCatalog(s.From); err != nil {
				return nil, err
			}
		}
		return show(ShowSchemas, nil, s.Pattern)
	case *ast.ShowCatalogs:
		return show(ShowCatalogs, nil, s.Pattern)
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

// CatalogName and SchemaName are where event data stores are tables, as AWS shows them to Athena: a store may be
// written "aws:cloudtrail"."name".
const (
	CatalogName = "awsdatacatalog"
	SchemaName  = "aws:cloudtrail"
)

func knownCatalog(name *ast.Identifier) error {
	if strings.EqualFold(name.Name, CatalogName) {
		return nil
	}
	return sql.Errorf(sql.CATALOG_NOT_FOUND, name.Pos, "Catalog '%s' not found", sql.Printable(strings.ToLower(name.Name), maxShownRunes)).
		WithHint("there is one catalog: " + CatalogName)
}

// knownSchema says whether a schema, perhaps with a catalog before it, is the one that there is.
func knownSchema(name *ast.QualifiedName) error {
	if len(name.Parts) > 2 {
		return sql.Errorf(sql.SYNTAX_ERROR, name.Pos, "Too many parts in schema name: %s", ast.String(name))
	}
	if len(name.Parts) == 2 {
		if err := knownCatalog(name.Parts[0]); err != nil {
			return err
		}
	}
	schema := name.Parts[len(name.Parts)-1]
	if strings.EqualFold(schema.Name, SchemaName) {
		return nil
	}
	return sql.Errorf(sql.SCHEMA_NOT_FOUND, name.Pos, "Schema '%s' does not exist", sql.Printable(strings.ToLower(schema.Name), maxShownRunes)).
		WithHint(`there is one schema: "` + SchemaName + `"`)
}

func (a *analyzer) explain(s *ast.Explain) (*Analysis, error) {
	out := &Analysis{Kind: Explain}
	if s.Analyze {
		out.Kind = ExplainAnalyze
	}
	seen := map[string]bool{}
	for _, o := range s.Options {
		if seen[o.Name] {
			return nil, sql.Errorf(sql.SYNTAX_ERROR, s.Pos, "EXPLAIN option %s is given twice", o.Name)
		}
		seen[o.Name] = true
		switch {
		case o.Value == "LOGICAL", o.Value == "DISTRIBUTED", o.Value == "TEXT":
		case o.Value == "JSON":
			out.ExplainJSON = true
		case o.Value == "VALIDATE" && !s.Analyze:
			out.Kind = ExplainValidate
		default:
			return nil, sql.NotSupported(s.Pos, "EXPLAIN ("+o.Name+" "+o.Value+")")
		}
	}
	q, ok := s.Statement.(*ast.Query)
	if !ok {
		return nil, sql.NotSupported(s.Statement.Position(), "EXPLAIN of anything but a query")
	}
	var err error
	out.query = q
	out.Plan, err = a.root(q)
	return out, err
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
