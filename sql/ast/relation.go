package ast

import "github.com/ctlake/ctlake/sql"

// Table is a name in FROM: an event data store, a named query of WITH.
type Table struct {
	Pos  sql.Pos
	Name *QualifiedName
	// Placeholder: the name is one of the spellings by which AWS's samples mean
	// "your event data store": $EDS_ID, <EDS ID>, event_data_store_ID, …. Name then
	// has one part, the spelling as written. Those of the last kind are names as any other,
	// which WITH or an event data store may bear.
	Placeholder bool
}

// Aliased is relation [AS] alias [(columns)].
type Aliased struct {
	Pos      sql.Pos
	Relation Relation
	Alias    *Identifier
	Columns  []*Identifier // nil if not given
}

// Join is left … JOIN right, or left, right.
type Join struct {
	Pos         sql.Pos
	Kind        JoinKind
	Natural     bool
	Left, Right Relation
	On          Expr          // nil unless ON was given
	Using       []*Identifier // nil unless USING was given
}

// JoinKind says which rows a join keeps.
type JoinKind uint8

// The kinds of joins.
const (
	InnerJoin JoinKind = iota
	LeftJoin
	RightJoin
	FullJoin
	CrossJoin
	ImplicitJoin // a comma in FROM: binds weaker than JOIN, means CROSS JOIN
)

// SubqueryRelation is (query) in FROM.
type SubqueryRelation struct {
	Pos   sql.Pos
	Query *Query
}

// Unnest is UNNEST(expressions) [WITH ORDINALITY].
type Unnest struct {
	Pos            sql.Pos
	Exprs          []Expr
	WithOrdinality bool
}

// Lateral is LATERAL (query).
type Lateral struct {
	Pos   sql.Pos
	Query *Query
}

// TableSample is relation TABLESAMPLE method (percentage).
type TableSample struct {
	Pos        sql.Pos
	Relation   Relation
	Method     SampleMethod
	Percentage Expr
}

// SampleMethod says how TABLESAMPLE chooses rows.
type SampleMethod uint8

// The methods of TABLESAMPLE.
const (
	Bernoulli SampleMethod = iota
	System
)

// TableFunction is TABLE(name(arguments)).
type TableFunction struct {
	Pos         sql.Pos
	Name        *QualifiedName
	Args        []*TableFunctionArg
	Copartition [][]*QualifiedName
}

// TableFunctionArg is [name =>] value.
type TableFunctionArg struct {
	Pos   sql.Pos
	Name  *Identifier // nil if positional
	Value Node        // an Expr, a *TableArg or a *Descriptor
}

// TableArg is TABLE(relation) [PARTITION BY …] [PRUNE | KEEP WHEN EMPTY] [ORDER BY …].
type TableArg struct {
	Pos         sql.Pos
	Relation    Relation // a *Table or a *SubqueryRelation, perhaps within an *Aliased
	Partitioned bool     // PARTITION BY was given, perhaps with an empty list
	PartitionBy []Expr
	Empty       EmptyTable
	OrderBy     []*SortItem
}

// EmptyTable says what a table function does with an empty table.
type EmptyTable uint8

// The treatments of empty tables.
const (
	EmptyDefault EmptyTable = iota
	PruneWhenEmpty
	KeepWhenEmpty
)

// Descriptor is DESCRIPTOR(name [type], …), or CAST(NULL AS DESCRIPTOR).
type Descriptor struct {
	Pos    sql.Pos
	Null   bool
	Fields []*DescriptorField
}

// DescriptorField is name [type].
type DescriptorField struct {
	Pos  sql.Pos
	Name *Identifier
	Type *Type // nil if not given
}
