// Package analyzer gives a syntax tree its meaning: it resolves names, finds types,
// makes coercions explicit, checks the rules of grouping, and plans the statement.
//
//	ast.Statement ── Analyze ──► Analysis{Kind, Plan}
//
// Names are resolved in a scope: the fields of a relation, and behind it the
// scope of the query around a subquery. An expression becomes a plan.Expr over the
// columns of its scope at once; aggregates, window functions and subqueries in it
// become references to columns that nodes below its own will compute. Only then are
// these nodes planned, in SQL's order:
//
//	FROM → WHERE → GROUP BY and aggregates → HAVING → windows → SELECT → DISTINCT → ORDER BY → LIMIT
//
// The plan that comes out can be run as it is; the optimizer only makes it faster.
// Texts, codes and positions of errors are those of Trino's StatementAnalyzer and
// ExpressionAnalyzer; where CloudTrail Lake's language differs from Trino's, lake.go
// says so.
package analyzer

import (
	"slices"
	"strings"
	"time"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// maxTables is how many times a statement may read tables and named queries. A query
// of WITH is planned anew for each use, so that the number can grow exponentially
// with the length of the statement.
const maxTables = 500

// Catalog knows the tables. It must not change while a statement is analyzed.
type Catalog interface {
	// Table returns the table of the given name, or nil if there is none. An error
	// of type *sql.Error without a position is given the name's.
	Table(name TableName) (plan.Table, error)
	// TableNames lists the names of tables, for SHOW TABLES and suggestions.
	TableNames() []string
}

// TableName is a table's name as a statement spells it.
type TableName struct {
	// Parts are the identifiers, without quotes, in the case in which they are written.
	Parts []string
	// Placeholder: the name is one of AWS's placeholders for "your event data
	// store", such as $EDS_ID. Parts holds its one spelling.
	Placeholder bool
}

// String returns the name with dots between its parts.
func (n TableName) String() string { return strings.Join(n.Parts, ".") }

// Options are what a statement's meaning depends on beside its text and the catalog.
type Options struct {
	Now  time.Time      // the statement's start: current_timestamp
	Zone *time.Location // the session zone; nil means UTC
	User string         // current_user
	// Parameters are the values of the question marks, in order.
	Parameters []ast.Expr
	// Eval computes an expression without columns, as one row. Where it is nil, what must be constant must be a literal.
	Eval func(plan.Expr) (vector.Vector, error)
}

// Kind says what a statement asks for.
type Kind uint8

// The kinds of statements.
const (
	Query           Kind = iota // the rows of Plan
	Explain                     // the text of Plan, once optimized; nothing runs
	ExplainAnalyze              // the text of Plan after running it
	ExplainValidate             // that there is a Plan
	ShowTables                  // the names of the catalog's tables that match Pattern
	ShowSchemas                 // the names of the schemas that match Pattern
	ShowCatalogs                // the names of the catalogs that match Pattern
	ShowColumns                 // the columns of Table that match Pattern; also DESCRIBE
	ShowFunctions               // the functions that match Pattern
	ShowCreateTable             // the DDL of Table
)

// Analysis is what a statement means.
type Analysis struct {
	Kind Kind
	// Plan is the query's plan, with *plan.Output at its root; nil for SHOW.
	Plan plan.Node
	// ExplainJSON: the text of Plan is to be JSON.
	ExplainJSON bool
	// Table is that of SHOW COLUMNS and SHOW CREATE TABLE.
	Table plan.Table
	// Pattern is that of SHOW … LIKE; nil for all.
	Pattern *Pattern
	// Warnings are about what is allowed but hardly meant, in the order of the text.
	Warnings []Warning

	query ast.Statement // what Plan is made of
	stock *ast.Dialect
}

// Pattern is a LIKE pattern. Escape is 0 if there is none.
type Pattern struct {
	Like   string
	Escape rune
}

// Warning is a remark about a place in the statement.
type Warning struct {
	Pos sql.Pos
	Msg string
}

// Analyze returns the meaning of a statement. An error of the statement is an
// *sql.Error with a position, the first in the order of the text as far as clauses
// can be analyzed independently; any other error comes from the catalog.
func Analyze(stmt ast.Statement, catalog Catalog, opts Options) (*Analysis, error) {
	if opts.Zone == nil {
		opts.Zone = time.UTC
	}
	zone, err := types.ZoneOf(opts.Zone.String())
	if err != nil {
		return nil, sql.Errorf(sql.INVALID_ARGUMENTS, stmt.Position(), "Time zone not supported: %s", opts.Zone)
	}
	a := &analyzer{catalog: catalog, opts: opts, zone: zone, lambdas: map[lambdaKey]*plan.Lambda{}, resolved: map[string]*function.Resolved{},
		stock: ast.Dialect{Tables: map[*ast.Table]string{}, Exprs: map[ast.Expr]ast.Rewrite{}}}
	out, err := a.statement(stmt)
	if err != nil {
		return nil, err
	}
	out.Warnings, out.stock = a.warnings, &a.stock
	return out, nil
}

type analyzer struct {
	catalog    Catalog
	opts       Options
	zone       types.Zone
	nextColumn plan.ColumnID
	tables     int
	joins      int
	warnings   []Warning
	// repeated is how many expressions were added by writing a value several times, see maxRepeatedExprs.
	repeated int
	// correlating is how many subqueries and LATERALs there are around what is planned, whose
	// expressions may refer to columns that no node below them has.
	correlating int
	lambdas     map[lambdaKey]*plan.Lambda    // those translated already
	resolved    map[string]*function.Resolved // operators by name and types of their operands
	stock       ast.Dialect                   // how Trino reads what it reads differently
}

// column makes a column with an ID of its own.
func (a *analyzer) column(name string, t types.Type) plan.Column {
	a.nextColumn++
	return plan.Column{ID: a.nextColumn - 1, Name: name, Type: t}
}

// fresh makes a column for the value of an expression, named after it.
func (a *analyzer) fresh(e plan.Expr) plan.Column { return a.column(nameFor(e), e.Type()) }

// nameFor returns a short name that tells people what e is.
func nameFor(e plan.Expr) string {
	switch e := e.(type) {
	case *plan.ColumnRef:
		return e.Name
	case *plan.Field:
		if name := e.Arg.Type().Fields()[e.Index].Name; name != "" {
			return name
		}
	case *plan.Call:
		if !strings.HasPrefix(e.Fn.Name, "$") {
			return e.Fn.Name
		}
	case *plan.Cast:
		return nameFor(e.Arg)
	}
	return "expr"
}

// warn notes a remark, once: named queries are translated for each use.
func (a *analyzer) warn(at sql.Pos, msg string) {
	w := Warning{at, msg}
	i, found := slices.BinarySearchFunc(a.warnings, w, func(x, y Warning) int {
		switch {
		case x.Pos.Before(y.Pos):
			return -1
		case y.Pos.Before(x.Pos):
			return 1
		}
		return strings.Compare(x.Msg, y.Msg)
	})
	if !found {
		a.warnings = slices.Insert(a.warnings, i, w)
	}
}

func ref(c plan.Column, at sql.Pos) *plan.ColumnRef { return &plan.ColumnRef{Column: c, At: at} }

// first returns the error that comes first in the text. Errors that are not of the
// statement come before all others.
func first(errs ...error) error {
	var found error
	for _, err := range errs {
		if err == nil {
			continue
		}
		e, ok := err.(*sql.Error)
		if !ok {
			return err
		}
		if f, ok := found.(*sql.Error); !ok || e.Pos.Before(f.Pos) {
			found = e
		}
	}
	return found
}
