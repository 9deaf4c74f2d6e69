package ast

import (
	"strings"

	"github.com/ctlake/ctlake/sql"
)

// JSONFormat says how JSON stands in a string.
type JSONFormat uint8

// The formats: FORMAT JSON, alone or with an encoding.
const (
	NoJSONFormat JSONFormat = iota
	FormatJSON
	FormatUTF8
	FormatUTF16
	FormatUTF32
)

// String returns the format without the word FORMAT, "" for NoJSONFormat.
func (f JSONFormat) String() string {
	return [...]string{"", "JSON", "JSON ENCODING UTF8", "JSON ENCODING UTF16", "JSON ENCODING UTF32"}[f]
}

// JSONPath is value [FORMAT …], 'path' [AS name] [PASSING …]: how JSON is looked into.
type JSONPath struct {
	Pos     sql.Pos
	Input   *JSONArg // without a name
	Path    *StringLiteral
	Name    *Identifier // nil if absent
	Passing []*JSONArg  // each with a name
}

// Canonical returns the name as JSON paths see it: in upper case, unless it stands in quotes.
func (n *Identifier) Canonical() string {
	if n.Quoted {
		return n.Name
	}
	return strings.ToUpper(n.Name)
}

// JSONArg is value [FORMAT JSON [ENCODING …]] [AS name].
type JSONArg struct {
	Pos    sql.Pos
	Expr   Expr
	Format JSONFormat
	Name   *Identifier // of what is passed to a path; else nil
}

// JSONBehavior is what stands before ON EMPTY and ON ERROR.
type JSONBehavior struct {
	Pos     sql.Pos
	Kind    JSONBehaviorKind
	Default Expr // of JSONDefault, else nil
}

// JSONBehaviorKind says what is given where nothing is found, or something fails.
type JSONBehaviorKind uint8

// The behaviors.
const (
	JSONError JSONBehaviorKind = iota
	JSONNull
	JSONTrue
	JSONFalse
	JSONUnknown
	JSONEmptyArray
	JSONEmptyObject
	JSONDefault
)

// String returns the keywords.
func (k JSONBehaviorKind) String() string {
	return [...]string{"ERROR", "NULL", "TRUE", "FALSE", "UNKNOWN", "EMPTY ARRAY", "EMPTY OBJECT", "DEFAULT"}[k]
}

// JSONWrapper is the clause of JSON_QUERY that puts results into an array.
type JSONWrapper uint8

// The wrappers.
const (
	WrapperDefault JSONWrapper = iota
	WithoutWrapper
	ConditionalWrapper
	UnconditionalWrapper
)

// String returns the clause, "" for WrapperDefault.
func (w JSONWrapper) String() string {
	return [...]string{"", "WITHOUT ARRAY WRAPPER", "WITH CONDITIONAL ARRAY WRAPPER", "WITH UNCONDITIONAL ARRAY WRAPPER"}[w]
}

// JSONQuotes is the clause of JSON_QUERY for strings.
type JSONQuotes uint8

// The treatments of quotes.
const (
	QuotesDefault JSONQuotes = iota
	KeepQuotes
	OmitQuotes
)

// String returns the clause, "" for QuotesDefault.
func (q JSONQuotes) String() string {
	return [...]string{"", "KEEP QUOTES ON SCALAR STRING", "OMIT QUOTES ON SCALAR STRING"}[q]
}

// JSONExists is JSON_EXISTS(path [… ON ERROR]).
type JSONExists struct {
	Pos     sql.Pos
	Path    *JSONPath
	OnError *JSONBehavior // nil if absent
}

// JSONValue is JSON_VALUE(path [RETURNING type] [… ON EMPTY] [… ON ERROR]).
type JSONValue struct {
	Pos       sql.Pos
	Path      *JSONPath
	Returning *Type         // nil if absent
	OnEmpty   *JSONBehavior // nil if absent
	OnError   *JSONBehavior // nil if absent
}

// JSONReturning is RETURNING type [FORMAT …].
type JSONReturning struct {
	Pos    sql.Pos
	Type   *Type
	Format JSONFormat
}

// JSONQuery is JSON_QUERY(path [RETURNING …] [wrapper] [quotes] [… ON EMPTY] [… ON ERROR]).
type JSONQuery struct {
	Pos       sql.Pos
	Path      *JSONPath
	Returning *JSONReturning // nil if absent
	Wrapper   JSONWrapper
	Quotes    JSONQuotes
	OnEmpty   *JSONBehavior // nil if absent
	OnError   *JSONBehavior // nil if absent
}

// JSONNulls says what becomes of NULLs in JSON_OBJECT and JSON_ARRAY.
type JSONNulls uint8

// The treatments of NULLs.
const (
	JSONNullsDefault JSONNulls = iota
	NullOnNull
	AbsentOnNull
)

// String returns the clause, "" for JSONNullsDefault.
func (n JSONNulls) String() string { return [...]string{"", "NULL ON NULL", "ABSENT ON NULL"}[n] }

// JSONObject is JSON_OBJECT([key : value, …] [nulls] [{WITH | WITHOUT} UNIQUE KEYS] [RETURNING …]).
type JSONObject struct {
	Pos       sql.Pos
	Members   []*JSONMember
	Nulls     JSONNulls
	Unique    bool           // WITH UNIQUE KEYS
	Returning *JSONReturning // nil if absent
}

// JSONMember is key : value, which can be written [KEY] key VALUE value too.
type JSONMember struct {
	Pos   sql.Pos
	Key   Expr
	Value *JSONArg
}

// JSONArray is JSON_ARRAY([value, …] [nulls] [RETURNING …]).
type JSONArray struct {
	Pos       sql.Pos
	Elements  []*JSONArg
	Nulls     JSONNulls
	Returning *JSONReturning // nil if absent
}

// JSONTable is JSON_TABLE(path COLUMNS (…) [PLAN …] [{ERROR | EMPTY} ON ERROR]).
type JSONTable struct {
	Pos         sql.Pos
	Path        *JSONPath
	Columns     []*JSONColumn
	Plan        *JSONPlan        // PLAN (…); nil if absent
	DefaultPlan *JSONDefaultPlan // PLAN DEFAULT (…); nil if absent
	OnError     *JSONBehavior    // nil if absent
}

// JSONColumnKind says what a column of JSON_TABLE is.
type JSONColumnKind uint8

// The kinds of columns.
const (
	// ValueColumn is name type [PATH path] [… ON EMPTY] [… ON ERROR]: as JSON_VALUE gives it.
	ValueColumn JSONColumnKind = iota
	// QueryColumn is name type FORMAT … [PATH path] and clauses of JSON_QUERY.
	QueryColumn
	// OrdinalityColumn is name FOR ORDINALITY.
	OrdinalityColumn
	// NestedColumns is NESTED [PATH] path [AS name] COLUMNS (…).
	NestedColumns
)

// JSONColumn is a column of JSON_TABLE, or columns of a nested path.
type JSONColumn struct {
	Pos     sql.Pos
	Kind    JSONColumnKind
	Name    *Identifier // the column's, or that of a nested path, which may have none
	Type    *Type
	Format  JSONFormat     // of a QueryColumn
	Path    *StringLiteral // nil if not given
	Wrapper JSONWrapper
	Quotes  JSONQuotes
	OnEmpty *JSONBehavior // nil if absent
	OnError *JSONBehavior // nil if absent
	Columns []*JSONColumn // of NestedColumns
}

// JSONPlanKind says how the rows of paths are joined.
type JSONPlanKind uint8

// The kinds of plans.
const (
	// PlanPath is a path's name, alone or with a child: name {OUTER | INNER} child.
	PlanPath JSONPlanKind = iota
	// PlanUnion is plan UNION plan …; PlanCross is plan CROSS plan ….
	PlanUnion
	PlanCross
)

// JSONPlan is the PLAN clause of JSON_TABLE, or a part of it.
type JSONPlan struct {
	Pos      sql.Pos
	Kind     JSONPlanKind
	Name     *Identifier // of PlanPath
	Inner    bool        // of PlanPath with a child: INNER, else OUTER
	Child    *JSONPlan   // of PlanPath; nil for a path alone
	Siblings []*JSONPlan // of the others: two or more
}

// JSONDefaultPlan is PLAN DEFAULT ({INNER | OUTER}, {CROSS | UNION}).
type JSONDefaultPlan struct {
	Pos          sql.Pos
	Inner, Cross bool
}

func (n *JSONPath) Position() sql.Pos        { return n.Pos }
func (n *JSONArg) Position() sql.Pos         { return n.Pos }
func (n *JSONBehavior) Position() sql.Pos    { return n.Pos }
func (n *JSONReturning) Position() sql.Pos   { return n.Pos }
func (n *JSONExists) Position() sql.Pos      { return n.Pos }
func (n *JSONValue) Position() sql.Pos       { return n.Pos }
func (n *JSONQuery) Position() sql.Pos       { return n.Pos }
func (n *JSONObject) Position() sql.Pos      { return n.Pos }
func (n *JSONMember) Position() sql.Pos      { return n.Pos }
func (n *JSONArray) Position() sql.Pos       { return n.Pos }
func (n *JSONTable) Position() sql.Pos       { return n.Pos }
func (n *JSONColumn) Position() sql.Pos      { return n.Pos }
func (n *JSONPlan) Position() sql.Pos        { return n.Pos }
func (n *JSONDefaultPlan) Position() sql.Pos { return n.Pos }

func (*JSONPath) node()        {}
func (*JSONArg) node()         {}
func (*JSONBehavior) node()    {}
func (*JSONReturning) node()   {}
func (*JSONExists) node()      {}
func (*JSONValue) node()       {}
func (*JSONQuery) node()       {}
func (*JSONObject) node()      {}
func (*JSONMember) node()      {}
func (*JSONArray) node()       {}
func (*JSONTable) node()       {}
func (*JSONColumn) node()      {}
func (*JSONPlan) node()        {}
func (*JSONDefaultPlan) node() {}

func (*JSONExists) expr() {}
func (*JSONValue) expr()  {}
func (*JSONQuery) expr()  {}
func (*JSONObject) expr() {}
func (*JSONArray) expr()  {}

func (*JSONTable) relation() {}

// jsonChildren is Children for the nodes of SQL/JSON.
func jsonChildren(n Node, f func(Node)) {
	switch n := n.(type) {
	case *JSONPath:
		f(n.Input)
		f(n.Path)
		one(n.Name, f)
		each(n.Passing, f)
	case *JSONArg:
		f(n.Expr)
		one(n.Name, f)
	case *JSONBehavior:
		some(n.Default, f)
	case *JSONReturning:
		f(n.Type)
	case *JSONExists:
		f(n.Path)
		one(n.OnError, f)
	case *JSONValue:
		f(n.Path)
		one(n.Returning, f)
		one(n.OnEmpty, f)
		one(n.OnError, f)
	case *JSONQuery:
		f(n.Path)
		one(n.Returning, f)
		one(n.OnEmpty, f)
		one(n.OnError, f)
	case *JSONObject:
		each(n.Members, f)
		one(n.Returning, f)
	case *JSONMember:
		f(n.Key)
		f(n.Value)
	case *JSONArray:
		each(n.Elements, f)
		one(n.Returning, f)
	case *JSONTable:
		f(n.Path)
		each(n.Columns, f)
		one(n.Plan, f)
		one(n.DefaultPlan, f)
		one(n.OnError, f)
	case *JSONColumn:
		one(n.Name, f)
		one(n.Type, f)
		one(n.Path, f)
		one(n.OnEmpty, f)
		one(n.OnError, f)
		each(n.Columns, f)
	case *JSONPlan:
		one(n.Name, f)
		one(n.Child, f)
		each(n.Siblings, f)
	}
}
