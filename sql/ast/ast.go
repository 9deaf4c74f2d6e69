// Package ast holds the syntax trees of Trino's SELECT language: what
// sql/parser makes and sql/analyzer reads.
//
//	Statement   *Query *Explain *ShowTables *ShowSchemas *ShowCatalogs *ShowColumns *ShowFunctions *ShowCreateTable *Describe
//	QueryBody   *Select *SetOperation *Values *TableRef *Query (one in parentheses)
//	Relation    *Table *Aliased *Join *SubqueryRelation *Unnest *Lateral *TableSample *TableFunction *JSONTable
//	SelectItem  *SelectExpr *AllColumns
//	Expr        literals, names, operators, calls, subqueries: expr.go; SQL/JSON: json.go
//
// A tree says what was written and nothing of what it means: names are not
// resolved, types not known. Parentheses around an expression leave no trace, and
// so do spellings with one meaning: ALL as set quantifier, ASC, INNER and OUTER,
// != for <>. Special call syntax becomes a FunctionCall, as in Trino:
//
//	POSITION(a IN b)              strpos(b, a)
//	SUBSTRING(s FROM a FOR n)     substr(s, a, n)
//	TRIM(LEADING c FROM s)        ltrim(s, c)
//	NORMALIZE(s, NFD)             normalize(s, 'NFD')
//	OVERLAY(s PLACING r FROM a)   overlay(s, r, a)
//
// Every node has the position that Trino gives it: the operator's for binary
// operators and comparisons, the predicate's first word for BETWEEN, IN, LIKE and
// IS, the first token of all others.
//
// Trees are not changed once made. String prints one so that parsing gives the
// same tree again.
package ast

import "github.com/ctlake/ctlake/sql"

// Node is any part of a tree.
type Node interface {
	Position() sql.Pos
	node()
}

// Statement is what ends with a semicolon.
type Statement interface {
	Node
	statement()
}

// QueryBody is what ORDER BY and LIMIT apply to.
type QueryBody interface {
	Node
	queryBody()
}

// Relation is an item of FROM.
type Relation interface {
	Node
	relation()
}

// SelectItem is an item between SELECT and FROM.
type SelectItem interface {
	Node
	selectItem()
}

// Expr is an expression.
type Expr interface {
	Node
	expr()
}

// QualifiedName is one or more identifiers joined by dots.
type QualifiedName struct {
	Pos   sql.Pos
	Parts []*Identifier // at least one
}

// Explain is EXPLAIN [ANALYZE [VERBOSE]] [(options)] statement; Trino has no options with ANALYZE.
type Explain struct {
	Pos       sql.Pos
	Analyze   bool
	Verbose   bool // only with Analyze
	Options   []ExplainOption
	Statement Statement
}

// ExplainOption is FORMAT or TYPE with its value, both in upper case.
type ExplainOption struct{ Name, Value string }

// Pattern is LIKE 'pattern' [ESCAPE 'c'] of a SHOW statement.
type Pattern struct {
	Like, Escape *StringLiteral // Escape may be nil
}

// ShowTables is SHOW TABLES [FROM schema] [LIKE …].
type ShowTables struct {
	Pos     sql.Pos
	From    *QualifiedName // nil: the session's schema
	Pattern *Pattern       // nil: all
}

// ShowSchemas is SHOW SCHEMAS [FROM catalog] [LIKE …].
type ShowSchemas struct {
	Pos     sql.Pos
	From    *Identifier // nil: the session's catalog
	Pattern *Pattern    // nil: all
}

// ShowCatalogs is SHOW CATALOGS [LIKE …].
type ShowCatalogs struct {
	Pos     sql.Pos
	Pattern *Pattern // nil: all
}

// ShowColumns is SHOW COLUMNS FROM table [LIKE …].
type ShowColumns struct {
	Pos     sql.Pos
	Table   *Table
	Pattern *Pattern // nil: all
}

// ShowFunctions is SHOW FUNCTIONS [FROM schema] [LIKE …].
type ShowFunctions struct {
	Pos     sql.Pos
	From    *QualifiedName // nil: all
	Pattern *Pattern       // nil: all
}

// ShowCreateTable is SHOW CREATE TABLE table.
type ShowCreateTable struct {
	Pos   sql.Pos
	Table *Table
}

// Describe is DESCRIBE table, or DESC table.
type Describe struct {
	Pos   sql.Pos
	Table *Table
}

// Query is a whole query: as a statement, in parentheses as a QueryBody, or
// inside WITH, FROM and expressions.
//
// ORDER BY, OFFSET, LIMIT and FETCH belong to Body: if that is a *Select, the
// expressions of OrderBy see its FROM as well as its output. A *Query as Body was
// written in parentheses and shows its output only.
type Query struct {
	Pos     sql.Pos
	With    *With // nil if absent; always nil if the Query is a QueryBody
	Body    QueryBody
	OrderBy []*SortItem
	Offset  *Offset // nil if absent
	Limit   *Limit  // nil if absent; Limit and Fetch exclude each other
	Fetch   *Fetch  // nil if absent
}

// With is WITH [RECURSIVE] name AS (query), ….
type With struct {
	Pos       sql.Pos
	Recursive bool
	Queries   []*NamedQuery
}

// NamedQuery is name [(columns)] AS (query).
type NamedQuery struct {
	Pos     sql.Pos
	Name    *Identifier
	Columns []*Identifier // nil if not given
	Query   *Query
}

// SortItem is expression [ASC | DESC] [NULLS FIRST | LAST].
type SortItem struct {
	Pos        sql.Pos
	Expr       Expr
	Descending bool
	Nulls      NullOrder
}

// NullOrder says where NULLs sort.
type NullOrder uint8

// The orders of NULLs. Without a word they come last, in both directions.
const (
	NullsDefault NullOrder = iota
	NullsFirst
	NullsLast
)

// Offset is OFFSET count [ROWS]. Count is an *IntegerLiteral or a *Parameter.
type Offset struct {
	Pos   sql.Pos
	Count Expr
}

// Limit is LIMIT count or LIMIT ALL. Count is an *IntegerLiteral or a *Parameter,
// nil for ALL.
type Limit struct {
	Pos   sql.Pos
	Count Expr
}

// Fetch is FETCH FIRST [count] ROWS {ONLY | WITH TIES}. Count is an
// *IntegerLiteral or a *Parameter, nil if not given, which means 1.
type Fetch struct {
	Pos      sql.Pos
	Count    Expr
	WithTies bool
}

// Select is SELECT … FROM … WHERE … GROUP BY … HAVING … WINDOW ….
type Select struct {
	Pos      sql.Pos
	Distinct bool
	Items    []SelectItem
	From     Relation // nil without FROM; a comma makes a *Join of kind ImplicitJoin
	Where    Expr     // nil if absent
	GroupBy  *GroupBy // nil if absent
	Having   Expr     // nil if absent
	Windows  []*WindowDefinition
}

// SelectExpr is expression [[AS] alias].
type SelectExpr struct {
	Pos   sql.Pos
	Expr  Expr
	Alias *Identifier // nil if absent
}

// Label returns the column's name as written: the alias, else a name that is
// selected, else the last field of a dereference. It is false for any other
// expression: such columns are named by position.
func (s *SelectExpr) Label() (string, bool) {
	if s.Alias != nil {
		return s.Alias.Name, true
	}
	switch e := s.Expr.(type) {
	case *Identifier:
		return e.Name, true
	case *Dereference:
		return e.Field.Name, true
	}
	return "", false
}

// AllColumns is *, relation.*, or row.* [AS (aliases)].
type AllColumns struct {
	Pos     sql.Pos
	Target  Expr          // nil for a bare *
	Aliases []*Identifier // nil if not given
}

// GroupBy is GROUP BY [ALL | DISTINCT] elements.
type GroupBy struct {
	Pos      sql.Pos
	Auto     bool // GROUP BY AUTO: by all of SELECT that is no aggregate; Elements is empty
	Distinct bool
	Elements []*GroupingElement
}

// GroupingElement is one element of GROUP BY.
type GroupingElement struct {
	Pos  sql.Pos
	Kind GroupingKind
	// Sets holds one set for SimpleGrouping (of one expression, or of any number
	// in parentheses), and the arguments of the other kinds.
	Sets [][]Expr
}

// GroupingKind says how an element of GROUP BY makes grouping sets.
type GroupingKind uint8

// The kinds of grouping elements.
const (
	SimpleGrouping GroupingKind = iota
	Rollup
	Cube
	GroupingSets
)

// WindowDefinition is name AS (specification) of the WINDOW clause.
type WindowDefinition struct {
	Pos  sql.Pos
	Name *Identifier
	Spec *WindowSpec
}

// SetOperation is left {UNION | INTERSECT | EXCEPT} [ALL] [CORRESPONDING [BY (columns)]] right.
type SetOperation struct {
	Pos           sql.Pos
	Op            SetOp
	All           bool
	Corresponding bool
	By            []*Identifier // columns of CORRESPONDING BY
	Left, Right   QueryBody
}

// SetOp is a set operator.
type SetOp uint8

// The set operators.
const (
	Union SetOp = iota
	Intersect
	Except
)

// String returns the operator's keyword.
func (o SetOp) String() string { return [...]string{"UNION", "INTERSECT", "EXCEPT"}[o] }

// Values is VALUES row, …. A row of several columns is a *Row; any other
// expression is a row of one column, or of its fields if it has a row type.
type Values struct {
	Pos  sql.Pos
	Rows []Expr
}

// TableRef is TABLE name: all of a table, as a query.
type TableRef struct {
	Pos   sql.Pos
	Table *Table
}
