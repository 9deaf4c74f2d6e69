package analyzer

import (
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// maxRecursionDepth is how many times the step of a recursive query may give rows: Trino's default
// of max_recursion_depth.
const maxRecursionDepth = 10

// workingTable is what a recursive query reads under its own name.
type workingTable struct {
	table plan.ColumnID
	types []types.Type
}

// isRecursive reports whether a query of WITH RECURSIVE refers to itself as it may: anchor UNION [ALL] step,
// with one reference in the FROM of step.
func isRecursive(def *ast.NamedQuery) (bool, error) {
	invalid := func(at ast.Node, text string) error {
		return sql.Errorf(sql.INVALID_RECURSIVE_REFERENCE, at.Position(), "%s", text)
	}
	if nested := nestedPattern(def.Query); nested != nil {
		return false, sql.Errorf(sql.NESTED_ROW_PATTERN_RECOGNITION, nested.Position(), "nested row pattern recognition in recursive query")
	}
	if def.Columns == nil {
		return false, sql.Errorf(sql.MISSING_COLUMN_ALIASES, def.Pos, "missing column aliases in recursive WITH query")
	}
	var nested ast.Node
	ast.Walk(def.Query, func(n ast.Node) bool {
		if w, ok := n.(*ast.With); ok && w.Recursive && nested == nil {
			nested = w
		}
		return nested == nil
	})
	if nested != nil {
		return false, sql.Errorf(sql.NESTED_RECURSIVE, nested.Position(), "nested recursive WITH query")
	}
	union, ok := def.Query.Body.(*ast.SetOperation)
	if !ok || union.Op != ast.Union {
		return false, notRecursive(def)
	}
	if refs := references(union.Left, def.Name.Name); len(refs) > 0 {
		return false, invalid(refs[0], "WITH table name is referenced in the base relation of recursion")
	}
	refs := references(union.Right, def.Name.Name)
	switch {
	case len(refs) > 1:
		return false, invalid(refs[1], "multiple recursive references in the step relation of recursion")
	case len(refs) == 0:
		return false, notRecursive(def)
	}
	step := union.Right
	for {
		q, ok := step.(*ast.Query)
		if !ok {
			break
		}
		if at := limitOf(q); at != nil {
			return false, sql.Errorf(sql.INVALID_LIMIT_CLAUSE, at.Position(), "FETCH FIRST / LIMIT clause in the step relation of recursion")
		}
		step = q.Body
	}
	s, ok := step.(*ast.Select)
	if !ok || s.From == nil || len(references(s.From, def.Name.Name)) == 0 {
		return false, invalid(refs[0], "recursive reference outside of FROM clause of the step relation of recursion")
	}
	q := def.Query
	switch {
	case q.With != nil:
		return false, sql.Errorf(sql.NOT_SUPPORTED, q.With.Pos, "immediate WITH clause in recursive query is not supported")
	case q.OrderBy != nil:
		return false, sql.Errorf(sql.NOT_SUPPORTED, q.OrderBy[0].Pos, "immediate ORDER BY clause in recursive query is not supported")
	case q.Offset != nil:
		return false, sql.Errorf(sql.NOT_SUPPORTED, q.Offset.Pos, "immediate OFFSET clause in recursive query is not supported")
	case limitOf(q) != nil:
		return false, sql.Errorf(sql.INVALID_LIMIT_CLAUSE, limitOf(q).Position(), "immediate FETCH FIRST / LIMIT clause in recursive query")
	}
	return true, checkStep(s.From, def.Name.Name)
}

func limitOf(q *ast.Query) ast.Node {
	switch {
	case q.Limit != nil:
		return q.Limit
	case q.Fetch != nil:
		return q.Fetch
	}
	return nil
}

// notRecursive: a query that has not the form of a recursive one may not refer to itself.
func notRecursive(def *ast.NamedQuery) error {
	if refs := references(def.Query, def.Name.Name); len(refs) > 0 {
		return sql.Errorf(sql.INVALID_RECURSIVE_REFERENCE, refs[0].Position(), "recursive reference not allowed in this context")
	}
	return nil
}

// references lists where n reads the table of the given name, but for queries in which WITH gives the name another meaning.
func references(n ast.Node, name string) []ast.Node {
	var out []ast.Node
	ast.Walk(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Query:
			if n.With != nil {
				for _, def := range n.With.Queries {
					if strings.EqualFold(def.Name.Name, name) {
						return false
					}
				}
			}
		case *ast.Table:
			if len(n.Name.Parts) == 1 && strings.EqualFold(n.Name.Parts[0].Name, name) {
				out = append(out, n)
			}
		}
		return true
	})
	return out
}

// joinWords are the kinds of joins as messages name them.
var joinWords = [...]string{ast.InnerJoin: "INNER", ast.LeftJoin: "LEFT", ast.RightJoin: "RIGHT", ast.FullJoin: "FULL",
	ast.CrossJoin: "CROSS", ast.ImplicitJoin: "IMPLICIT"}

// checkStep refuses references where rows of the round before could take away rows that were found.
func checkStep(from ast.Relation, name string) error {
	var err error
	refuse := func(in ast.Node, text string) {
		if refs := references(in, name); len(refs) > 0 && err == nil {
			err = sql.Errorf(sql.INVALID_RECURSIVE_REFERENCE, refs[0].Position(), "%s", text)
		}
	}
	ast.Walk(from, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Join:
			kind := joinWords[n.Kind]
			if n.Kind == ast.RightJoin || n.Kind == ast.FullJoin {
				refuse(n.Left, "recursive reference in left source of "+kind+" join")
			}
			if n.Kind == ast.LeftJoin || n.Kind == ast.FullJoin {
				refuse(n.Right, "recursive reference in right source of "+kind+" join")
			}
		case *ast.SetOperation:
			quantifier := "DISTINCT"
			if n.All {
				quantifier = "ALL"
			}
			switch {
			case n.Op == ast.Intersect && n.All:
				refuse(n, "recursive reference in INTERSECT ALL")
			case n.Op == ast.Except:
				refuse(n.Right, "recursive reference in right relation of EXCEPT "+quantifier)
				if n.All {
					refuse(n.Left, "recursive reference in left relation of EXCEPT ALL")
				}
			}
		}
		return err == nil
	})
	return err
}

// recursion plans a query that refers to itself.
func (a *analyzer) recursion(n *namedQuery) (relation, error) {
	union := n.def.Query.Body.(*ast.SetOperation)
	anchor, err := a.queryBody(union.Left, n.env)
	if err != nil {
		return anchor, err
	}
	if err := checkColumnAliases(n.def.Columns, len(anchor.fields)); err != nil {
		return anchor, err
	}
	r := &plan.Recursion{Anchor: anchor.node, AnchorMap: fieldIDs(anchor), MaxDepth: maxRecursionDepth, Table: a.column("", types.TUnknown).ID}
	w := &workingTable{table: r.Table}
	for _, f := range anchor.fields {
		w.types = append(w.types, f.column.Type)
	}
	env := n.env
	env.with = &namedQuery{def: n.def, next: n.env.with, working: w}
	step, err := a.queryBody(union.Right, env)
	if err != nil {
		return step, err
	}
	if len(step.fields) != len(anchor.fields) {
		return step, sql.Errorf(sql.TYPE_MISMATCH, union.Right.Position(), "base and step relations of recursion have different number of fields: %d, %d",
			len(anchor.fields), len(step.fields))
	}
	for i, f := range step.fields {
		if t := w.types[i]; !types.Coerces(f.column.Type, t) {
			return step, sql.Errorf(sql.TYPE_MISMATCH, union.Right.Position(),
				"recursion step relation output type (%s) is not coercible to recursion base relation output type (%s) at column %d", f.column.Type, t, i+1)
		}
	}
	step = a.coerceFields(step, w.types)
	r.Step, r.StepMap = step.node, fieldIDs(step)
	out := relation{node: r}
	for i, c := range n.def.Columns {
		column := a.column(c.Name, w.types[i])
		r.Outputs = append(r.Outputs, column)
		out.fields = append(out.fields, field{name: c.Name, column: column})
		if !union.All && !column.Type.Comparable() {
			return out, sql.Errorf(sql.TYPE_MISMATCH, union.Pos, "Type %s is not comparable and therefore cannot be used in UNION", column.Type)
		}
	}
	if !union.All {
		out.node = &plan.Aggregate{Input: r, Keys: idsOf(r.Outputs)}
	}
	return out, nil
}

// readWorkingTable plans a reference of a recursive query to itself.
func (a *analyzer) readWorkingTable(n *namedQuery) relation {
	w := &plan.WorkingTable{Table: n.working.table}
	out := relation{node: w}
	for i, c := range n.def.Columns {
		column := a.column(c.Name, n.working.types[i])
		w.Outputs = append(w.Outputs, column)
		out.fields = append(out.fields, field{name: c.Name, column: column})
	}
	return out
}

// checkColumnAliases checks the names that WITH gives to the columns of a query: one for each, and none twice.
func checkColumnAliases(aliases []*ast.Identifier, columns int) error {
	if len(aliases) != columns {
		return sql.Errorf(sql.MISMATCHED_COLUMN_ALIASES, aliases[0].Pos, "Column alias list has %d entries but relation has %d columns", len(aliases), columns)
	}
	seen := map[string]bool{}
	for _, a := range aliases {
		name := strings.ToLower(a.Name)
		if seen[name] {
			return sql.Errorf(sql.DUPLICATE_COLUMN_NAME, a.Pos, "Column name '%s' specified more than once", a.Name)
		}
		seen[name] = true
	}
	return nil
}
