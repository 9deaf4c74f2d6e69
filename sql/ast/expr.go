package ast

import "github.com/ctlake/ctlake/sql"

// NullLiteral is NULL.
type NullLiteral struct{ Pos sql.Pos }

// BooleanLiteral is TRUE or FALSE.
type BooleanLiteral struct {
	Pos   sql.Pos
	Value bool
}

// StringLiteral is 'text' or U&'text' with escapes resolved.
type StringLiteral struct {
	Pos   sql.Pos
	Value string
}

// BinaryLiteral is X'hex'.
type BinaryLiteral struct {
	Pos   sql.Pos
	Value []byte
}

// IntegerLiteral is a whole number in any base. A minus sign directly before the
// number belongs to it, as in Trino, so that the smallest bigint can be written.
type IntegerLiteral struct {
	Pos   sql.Pos
	Value int64
}

// DecimalLiteral is a number with a point: 1.50. Text is what was written without
// underscores, with a leading minus sign if there was one. How many digits a decimal may
// have is for the analyzer to say.
type DecimalLiteral struct {
	Pos  sql.Pos
	Text string
}

// DoubleLiteral is a number with an exponent: 1.5e3. Beyond the range of doubles
// Value is infinite or zero, as in Trino.
type DoubleLiteral struct {
	Pos   sql.Pos
	Value float64
}

// TypedLiteral is TYPE 'text': DATE '2024-05-01', IPADDRESS '10.0.0.1', DECIMAL '1.5'.
// Whether the text is a value of the type is for the analyzer to say.
type TypedLiteral struct {
	Pos   sql.Pos
	Type  *Type // a name without arguments
	Value string
}

// IntervalLiteral is INTERVAL [+ | -] 'text' from [TO to].
type IntervalLiteral struct {
	Pos      sql.Pos
	Negative bool
	Value    string
	From     IntervalField
	To       IntervalField // NoField if not given
}

// IntervalField is a unit of intervals.
type IntervalField uint8

// The units, from the largest.
const (
	NoField IntervalField = iota
	Year
	Month
	Day
	Hour
	Minute
	Second
)

// String returns the unit's keyword, "" for NoField.
func (f IntervalField) String() string {
	return [...]string{"", "YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"}[f]
}

// Identifier is a name as written, without the quotes. Names compare without
// regard to case, quoted or not.
type Identifier struct {
	Pos    sql.Pos
	Name   string
	Quoted bool
}

// Dereference is base.field: a column of a relation, or a field of a row.
type Dereference struct {
	Pos   sql.Pos
	Base  Expr
	Field *Identifier
}

// Subscript is base[index].
type Subscript struct {
	Pos         sql.Pos
	Base, Index Expr
}

// Parameter is a question mark.
type Parameter struct {
	Pos   sql.Pos
	Index int // counts from 0 in the order of the text
}

// FunctionCall is name(arguments) with all that may follow. GROUPING(…) and
// LISTAGG(…) are calls too.
type FunctionCall struct {
	Pos           sql.Pos
	Name          *QualifiedName
	Args          []Expr
	Star          bool        // count(*): Args is empty
	StarOf        *Identifier // count(label.*) in pattern recognition, with Star
	Mode          ProcessingMode
	Distinct      bool
	OrderBy       []*SortItem // inside the parentheses
	WithinGroup   []*SortItem // LISTAGG's order
	Overflow      *Overflow   // LISTAGG's ON OVERFLOW; nil if absent
	Filter        Expr        // FILTER (WHERE …); nil if absent
	NullTreatment NullTreatment
	Over          *Over // nil: not a window function
}

// NullTreatment says whether a window function sees NULLs.
type NullTreatment uint8

// The treatments of NULLs by window functions.
const (
	NullsUnspecified NullTreatment = iota
	RespectNulls
	IgnoreNulls
)

// Overflow is LISTAGG's ON OVERFLOW {ERROR | TRUNCATE ['filler'] {WITH | WITHOUT} COUNT}.
type Overflow struct {
	Pos      sql.Pos
	Truncate bool           // else ERROR
	Filler   *StringLiteral // nil: the default '...'
	Count    bool           // WITH COUNT
}

// Over is OVER name or OVER (specification): one of the two is set.
type Over struct {
	Pos  sql.Pos
	Name *Identifier
	Spec *WindowSpec
}

// WindowSpec is [name] [PARTITION BY …] [ORDER BY …] [frame].
type WindowSpec struct {
	Pos         sql.Pos
	Base        *Identifier // a window that this one extends; nil if absent
	PartitionBy []Expr
	OrderBy     []*SortItem
	OrderPos    sql.Pos // of ORDER BY, if there is one
	Frame       *Frame  // nil: the default frame
}

// Frame is {ROWS | RANGE | GROUPS} start, or … BETWEEN start AND end.
type Frame struct {
	Pos   sql.Pos
	Unit  FrameUnit
	Start *FrameBound
	End   *FrameBound  // nil if not given: CURRENT ROW
	Match *Recognition // nil if there is no clause of it
}

// FrameUnit says what a frame counts.
type FrameUnit uint8

// The units of frames.
const (
	Rows FrameUnit = iota
	Range
	Groups
)

// String returns the unit's keyword.
func (u FrameUnit) String() string { return [...]string{"ROWS", "RANGE", "GROUPS"}[u] }

// FrameBound is one end of a frame.
type FrameBound struct {
	Pos    sql.Pos
	Kind   BoundKind
	Offset Expr // of Preceding and Following, else nil
}

// BoundKind says where a frame ends.
type BoundKind uint8

// The kinds of bounds, from the first.
const (
	UnboundedPreceding BoundKind = iota
	Preceding
	CurrentRow
	Following
	UnboundedFollowing
)

// Lambda is x -> body, or (x, y) -> body.
type Lambda struct {
	Pos    sql.Pos
	Params []*Identifier
	Body   Expr
}

// Cast is CAST(expression AS type), or TRY_CAST.
type Cast struct {
	Pos  sql.Pos
	Expr Expr
	Type *Type
	Try  bool
}

// Case is CASE [operand] WHEN … THEN … [ELSE …] END.
type Case struct {
	Pos     sql.Pos
	Operand Expr // nil for a searched CASE
	Whens   []*When
	Else    Expr // nil if absent
}

// When is WHEN condition THEN result.
type When struct {
	Pos               sql.Pos
	Condition, Result Expr
}

// Unary is -expression or +expression.
type Unary struct {
	Pos      sql.Pos
	Negative bool
	Expr     Expr
}

// Arithmetic is left {+ | - | * | / | % | ||} right.
type Arithmetic struct {
	Pos         sql.Pos
	Op          ArithmeticOp
	Left, Right Expr
}

// ArithmeticOp is an arithmetic operator or ||.
type ArithmeticOp uint8

// The arithmetic operators.
const (
	Add ArithmeticOp = iota
	Subtract
	Multiply
	Divide
	Modulus
	Concat
)

// String returns the operator's sign.
func (o ArithmeticOp) String() string { return [...]string{"+", "-", "*", "/", "%", "||"}[o] }

// Comparison is left {= | <> | < | <= | > | >=} right.
type Comparison struct {
	Pos         sql.Pos
	Op          ComparisonOp
	Left, Right Expr
}

// ComparisonOp is a comparison operator.
type ComparisonOp uint8

// The comparison operators.
const (
	Equals ComparisonOp = iota
	NotEquals
	Less
	LessOrEqual
	Greater
	GreaterOrEqual
)

// String returns the operator's sign.
func (o ComparisonOp) String() string { return [...]string{"=", "<>", "<", "<=", ">", ">="}[o] }

// QuantifiedComparison is left op {ALL | ANY | SOME} (query).
type QuantifiedComparison struct {
	Pos   sql.Pos
	Op    ComparisonOp
	All   bool // else ANY, which SOME is another word for
	Left  Expr
	Query *Query
}

// Logical is terms joined by AND, or by OR. A chain a AND b AND c is one node, so
// that long chains make flat trees; a chain in parentheses is a node of its own.
type Logical struct {
	Pos   sql.Pos
	Op    LogicalOp
	Terms []Expr // two or more
}

// LogicalOp is AND or OR.
type LogicalOp uint8

// The logical operators.
const (
	And LogicalOp = iota
	Or
)

// String returns the operator's keyword.
func (o LogicalOp) String() string { return [...]string{"AND", "OR"}[o] }

// Not is NOT expression.
type Not struct {
	Pos  sql.Pos
	Expr Expr
}

// Between is expression [NOT] BETWEEN [SYMMETRIC] low AND high; bounds that are SYMMETRIC may
// stand in either order.
type Between struct {
	Pos             sql.Pos
	Not, Symmetric  bool
	Expr, Low, High Expr
}

// InList is expression [NOT] IN (list).
type InList struct {
	Pos  sql.Pos
	Not  bool
	Expr Expr
	List []Expr
}

// InSubquery is expression [NOT] IN (query).
type InSubquery struct {
	Pos   sql.Pos
	Not   bool
	Expr  Expr
	Query *Query
}

// Like is expression [NOT] LIKE pattern [ESCAPE escape].
type Like struct {
	Pos           sql.Pos
	Not           bool
	Expr, Pattern Expr
	Escape        Expr // nil if absent
}

// IsNull is expression IS [NOT] NULL.
type IsNull struct {
	Pos  sql.Pos
	Not  bool
	Expr Expr
}

// Truth is what a boolean may be tested for.
type Truth uint8

const (
	True Truth = iota
	False
	Unknown
)

// String returns the value's keyword.
func (t Truth) String() string { return [...]string{"TRUE", "FALSE", "UNKNOWN"}[t] }

// IsTruth is expression IS [NOT] {TRUE | FALSE | UNKNOWN}.
type IsTruth struct {
	Pos   sql.Pos
	Not   bool
	Expr  Expr
	Truth Truth
}

// IsDistinctFrom is left IS [NOT] DISTINCT FROM right.
type IsDistinctFrom struct {
	Pos         sql.Pos
	Not         bool
	Left, Right Expr
}

// Exists is EXISTS (query).
type Exists struct {
	Pos   sql.Pos
	Query *Query
}

// Subquery is (query) as an expression.
type Subquery struct {
	Pos   sql.Pos
	Query *Query
}

// Row is ROW(a, b AS name, …), or (a, b).
type Row struct {
	Pos    sql.Pos
	Fields []*RowField
}

// RowField is expression [[AS] name].
type RowField struct {
	Pos  sql.Pos
	Expr Expr
	Name *Identifier // nil if absent
}

// Array is ARRAY[items].
type Array struct {
	Pos   sql.Pos
	Items []Expr
}

// AtTimeZone is expression AT TIME ZONE zone, or AT LOCAL.
type AtTimeZone struct {
	Pos  sql.Pos
	Expr Expr
	Zone Expr // nil for AT LOCAL
}

// Extract is EXTRACT(field FROM expression). Whether the field exists is for the analyzer to say.
type Extract struct {
	Pos   sql.Pos
	Field *Identifier
	Expr  Expr
}

// Current is CURRENT_DATE, CURRENT_TIMESTAMP(p) and the other words that are calls.
type Current struct {
	Pos       sql.Pos
	Name      CurrentName
	Precision int // -1 if not given
}

// CurrentName is one of the words that are calls.
type CurrentName uint8

// The words that are calls.
const (
	CurrentDate CurrentName = iota
	CurrentTime
	CurrentTimestamp
	LocalTime
	LocalTimestamp
	CurrentUser
	CurrentCatalog
	CurrentSchema
	CurrentPath
)

// String returns the keyword.
func (c CurrentName) String() string {
	return [...]string{"CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP",
		"CURRENT_USER", "CURRENT_CATALOG", "CURRENT_SCHEMA", "CURRENT_PATH"}[c]
}

// Type is the name of a type with its arguments. TypeText prints it for storage/types.
type Type struct {
	Pos          sql.Pos
	Name         string // in lower case: "varchar", "array", "timestamp", "interval day to second"; INT stays "int"
	Args         []*TypeArg
	WithTimeZone bool   // of time and timestamp
	Spelling     string // Name as the statement has it, with its quotes, for Message; "" where there is one way only
}

// TypeArg is a number, a type, or a field of a row type.
type TypeArg struct {
	Pos    sql.Pos
	Number int64       // if Type is nil
	Name   *Identifier // of a row's field; nil if it has none
	Type   *Type
}
