// Package plan holds logical plans: trees of nodes over typed expressions. The
// analyzer makes them, the optimizer rewrites them, the engine runs them.
//
// Invariants, asserted after each rule of the optimizer:
//
//   - A node's expressions refer only to columns of its inputs (and to lambda parameters).
//   - A ColumnID is defined by one node of the plan.
//   - A rule may not change the columns of the root: number, names, types, order.
package plan

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/storage/domain"
	"github.com/ctlake/ctlake/storage/types"
)

// Node is a relation. Columns are what it gives to its parent, in order.
type Node interface {
	Columns() []Column
	Inputs() []Node
	// WithInputs returns a copy of the node over other inputs, as many as Inputs returned.
	WithInputs(inputs []Node) Node
}

// Table is what a Scan reads: a snapshot of an event data store, or anything else the engine can open.
type Table interface {
	// Name is the table's name for people.
	Name() string
	// TableColumns returns all columns that can be named, hidden ones included.
	TableColumns() []TableColumn
}

// MemberTable is a Table that may know members of a column of JSON text without the text, and
// values of a column of maps without the maps.
type MemberTable interface {
	Table
	// Member returns what a Scan may read (ScanColumn.Path) for what json_extract_scalar gives of a column of text by
	// a path of keys, of type varchar, or for what element_at gives of a column of maps by one key; ok is false
	// if it can only look into the text or the maps.
	Member(column string, keys []string) (path []string, ok bool)
}

// RowsColumn is a column that a Scan of a CountingTable may read, and nobody can name: a bigint, of how many rows of the
// table a row of the scan stands for.
const RowsColumn = "$rows"

// CountingTable is a Table that may know values of a column with their numbers of rows without reading the rows.
//
// If a Scan reads RowsColumn, then its rows may stand for many, which have the same value in the one column that it reads
// beside it and beside columns that are in its filter for comparing them with constants: these are not given on.
type CountingTable interface {
	Table
	// CountsRows reports whether reading RowsColumn may spare rows for a scan of a column (ScanColumn.Path), or of none (nil).
	CountsRows(path []string) bool
}

// TableColumn is a column of a Table.
type TableColumn struct {
	Name   string
	Type   types.Type
	Hidden bool // named explicitly or not at all: * does not include it
}

// Scan reads columns of a table. Rows come in the table's own order.
type Scan struct {
	Table   Table
	Outputs []ScanColumn
	// Domains bound the values of outputs by conjuncts of Filter, for pruning: a row outside is never needed.
	Domains map[ColumnID]domain.Domain
	// Filter is the predicate that remains to be evaluated, nil for none. It refers to Outputs.
	Filter Expr
	// Emit says which outputs the parent needs; others serve Filter and Domains only. nil means all.
	Emit []ColumnID
	// Sample is by what chance a part of the table (a stripe) is read; 0 means that all are.
	Sample float64
}

// ScanColumn is a column, or a part of one: Path[0] is the table's column, further
// elements are fields of rows (useridentity, sessioncontext, …).
type ScanColumn struct {
	Column
	Path []string
}

// Values gives literal rows. With no columns it gives Rows' length of empty rows (SELECT 1 has one).
type Values struct {
	Outputs []Column
	Rows    [][]Expr
}

// Filter keeps the rows for which Predicate is true.
type Filter struct {
	Input     Node
	Predicate Expr
}

// Project computes its outputs from each row. A ColumnRef passes a column on under its own or a new ID.
type Project struct {
	Input   Node
	Outputs []Projection
}

// Projection is a computed column.
type Projection struct {
	Column
	Expr Expr
}

// Aggregate groups its input by Keys (none: one group, also for no rows) and
// computes Aggs for each group. Its columns are Keys, then Aggs. DISTINCT is an Aggregate without Aggs.
// Groups come out in the order of their first rows.
type Aggregate struct {
	Input Node
	Keys  []ColumnID
	Aggs  []AggCall
}

// AggCall is an aggregate to compute. Args are ColumnRefs, Literals or Lambdas.
type AggCall struct {
	Column
	Fn       *function.ResolvedAggregate
	Args     []Expr
	Distinct bool
	OrderBy  []SortKey
	Filter   *ColumnRef // a boolean column of the input; nil for none
	At       sql.Pos
}

// SortKey orders by a column.
type SortKey struct {
	ID         ColumnID
	Descending bool
	NullsFirst bool
}

// Sort orders its input; the sort is stable.
type Sort struct {
	Input Node
	Keys  []SortKey
}

// TopN is Sort followed by Limit, done together.
type TopN struct {
	Input         Node
	Keys          []SortKey
	Offset, Count int64
	WithTies      bool
}

// Limit passes Count rows after the first Offset ones. Count < 0 means all.
type Limit struct {
	Input         Node
	Offset, Count int64
}

// JoinKind says which rows a Join gives.
type JoinKind uint8

// The kinds of join. Semi and anti joins are Mark joins with a Filter above.
const (
	InnerJoin JoinKind = iota
	LeftJoin
	RightJoin
	FullJoin
	CrossJoin
	// MarkJoin gives the left rows with one more column, Mark: whether a right row
	// matches (NULL if unknown): what IN (subquery) and EXISTS need.
	MarkJoin
)

// Join pairs rows. Equi-conditions are pairs of columns; Residual is any further
// condition over both sides. Columns are Left's, then Right's (or Mark).
type Join struct {
	Kind        JoinKind
	Left, Right Node
	LeftKeys    []ColumnID
	RightKeys   []ColumnID
	Residual    Expr
	Mark        Column // of a MarkJoin
}

// Union gives the rows of its inputs one after the other; Outputs[i] takes column Maps[k][i] of input k.
type Union struct {
	Branches []Node
	Outputs  []Column
	Maps     [][]ColumnID
}

// SetOperation is INTERSECT or EXCEPT, by rows that are not distinct.
type SetOperation struct {
	Except      bool
	All         bool
	Left, Right Node
	Outputs     []Column
	LeftMap     []ColumnID
	RightMap    []ColumnID
}

// Unnest gives, for each input row, one row for each element of the arrays and
// maps; shorter ones are padded with NULL. Columns are the input's, then the elements', then Ordinality.
type Unnest struct {
	Input Node
	// Collections are array or map columns of the input, each with the columns that it becomes:
	// one for an array, one a field for an array of rows, two for a map.
	Collections []UnnestCollection
	Ordinality  *Column
	// Outer keeps input rows without elements, with NULLs (LEFT JOIN UNNEST … ON TRUE).
	Outer bool
}

// UnnestCollection is a column that is unnested.
type UnnestCollection struct {
	ID      ColumnID
	Outputs []Column
}

// Window computes window functions over partitions. Columns are the input's, then the functions'.
type Window struct {
	Input       Node
	PartitionBy []ColumnID
	OrderBy     []SortKey
	Functions   []WindowCall
	// Top, if it is not 0, says that no more than the first Top rows of each partition are needed, and
	// with TopTies those that are equal to the last of them in OrderBy. Others may be left out.
	Top     int64
	TopTies bool
}

// WindowCall is a window function, or an aggregate over a frame (exactly one of Fn and Aggregate is set).
type WindowCall struct {
	Column
	Fn          *function.ResolvedWindow
	Aggregate   *function.ResolvedAggregate
	Args        []Expr // ColumnRefs or Literals
	Filter      *ColumnRef
	Distinct    bool      // of an aggregate: rows whose arguments and keys of ArgOrder are new in their frame
	ArgOrder    []SortKey // the order in which an aggregate takes in the rows of a frame; none for that of the window
	Frame       Frame
	IgnoreNulls bool
	At          sql.Pos
}

// FrameMode says what a frame's offsets count.
type FrameMode uint8

// The modes of frames.
const (
	FrameRange FrameMode = iota
	FrameRows
	FrameGroups
)

// BoundKind is one end of a frame.
type BoundKind uint8

// The ends of frames, in order.
const (
	UnboundedPreceding BoundKind = iota
	Preceding
	CurrentRow
	Following
	UnboundedFollowing
)

// Frame is the rows around a row that a window function sees. Offsets are bigint columns of the input
// for ROWS and GROUPS. For RANGE they are boolean columns that say whether the offset is one, and the
// frame reaches to the value of StartValue and EndValue, with which StartKey and EndKey are compared:
// the sort key, perhaps cast.
type Frame struct {
	Mode                   FrameMode
	Start, End             BoundKind
	StartOffset, EndOffset *ColumnRef
	StartValue, EndValue   *ColumnRef
	StartKey, EndKey       *ColumnRef
}

// Refs returns all references of f, of which any may be nil.
func (f *Frame) Refs() []**ColumnRef {
	return []**ColumnRef{&f.StartOffset, &f.EndOffset, &f.StartValue, &f.EndValue, &f.StartKey, &f.EndKey}
}

// EnforceSingleRow passes one row on, makes a row of NULLs of none, and fails for more: a scalar subquery.
type EnforceSingleRow struct {
	Input Node
	At    sql.Pos
}

// Output is the root of a query: it chooses and labels the columns.
type Output struct {
	Input  Node
	IDs    []ColumnID
	Labels []string
}
