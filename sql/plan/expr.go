package plan

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Expr is a typed expression. All names are resolved, all coercions are explicit
// Casts. Expressions do not change once built; rules make new ones.
type Expr interface {
	Type() types.Type
	Pos() sql.Pos
	expr()
}

// ColumnID names a column of a plan, or a parameter of a lambda, uniquely within a statement.
type ColumnID int32

// Column is an output of a node (or a parameter of a lambda).
type Column struct {
	ID   ColumnID
	Name string // for people: plan texts and output labels
	Type types.Type
}

// ColumnRef is the value of a column of the node's input, or of a lambda's parameter.
type ColumnRef struct {
	Column
	At sql.Pos
}

// Literal is a constant: Value has one row, plain.
type Literal struct {
	Value vector.Vector
	At    sql.Pos
}

// Call applies a function or an operator to arguments of exactly the types that it asks for.
// Lambdas stand in Args as *Lambda.
type Call struct {
	Fn   *function.Resolved
	Args []Expr
	At   sql.Pos
}

// Cast converts a value. Try makes a failing conversion NULL (TRY_CAST).
type Cast struct {
	Arg Expr
	To  types.Type
	Try bool
	At  sql.Pos
}

// And is the conjunction of two or more terms, by three-valued logic.
type And struct {
	Terms []Expr
	At    sql.Pos
}

// Or is the disjunction of two or more terms.
type Or struct {
	Terms []Expr
	At    sql.Pos
}

// Case is the searched CASE; the simple form and IF become it. Else is never nil.
// A branch sees only the rows that reach it.
type Case struct {
	Whens []When
	Else  Expr
	At    sql.Pos
}

// When is a branch of a Case.
type When struct{ Cond, Then Expr }

// Coalesce is the first of its arguments that is not NULL; later ones see only rows that reach them.
type Coalesce struct {
	Args []Expr
	At   sql.Pos
}

// In reports whether Value equals a member of List, by three-valued logic. All are of one type.
type In struct {
	Value Expr
	List  []Expr
	At    sql.Pos
}

// IsNull reports whether Arg is NULL.
type IsNull struct {
	Arg Expr
	At  sql.Pos
}

// Try is NULL for the rows for which Arg fails with an error that TRY catches.
type Try struct {
	Arg Expr
	At  sql.Pos
}

// Field is field Index of a row value.
type Field struct {
	Arg   Expr
	Index int
	At    sql.Pos
}

// RowOf makes a row value of its fields.
type RowOf struct {
	Fields []Expr
	typ    types.Type
	At     sql.Pos
}

// NewRowOf returns a row constructor of type t.
func NewRowOf(t types.Type, fields []Expr, at sql.Pos) *RowOf { return &RowOf{fields, t, at} }

// Lambda is an argument of a Call. Body may refer to Params, to the parameters of enclosing lambdas
// and to columns of the input.
type Lambda struct {
	Params []Column
	Body   Expr
	At     sql.Pos
}

// Type implements Expr.
func (e *ColumnRef) Type() types.Type { return e.Column.Type }

// Type implements Expr.
func (e *Literal) Type() types.Type { return e.Value.Type() }

// Type implements Expr.
func (e *Call) Type() types.Type { return e.Fn.Result }

// Type implements Expr.
func (e *Cast) Type() types.Type { return e.To }

// Type implements Expr.
func (e *And) Type() types.Type { return types.TBoolean }

// Type implements Expr.
func (e *Or) Type() types.Type { return types.TBoolean }

// Type implements Expr.
func (e *Case) Type() types.Type { return e.Else.Type() }

// Type implements Expr.
func (e *Coalesce) Type() types.Type { return e.Args[0].Type() }

// Type implements Expr.
func (e *In) Type() types.Type { return types.TBoolean }

// Type implements Expr.
func (e *IsNull) Type() types.Type { return types.TBoolean }

// Type implements Expr.
func (e *Try) Type() types.Type { return e.Arg.Type() }

// Type implements Expr.
func (e *Field) Type() types.Type { return e.Arg.Type().Fields()[e.Index].Type }

// Type implements Expr.
func (e *RowOf) Type() types.Type { return e.typ }

// Type implements Expr.
func (e *Lambda) Type() types.Type {
	params := make([]types.Type, len(e.Params))
	for i, p := range e.Params {
		params[i] = p.Type
	}
	return types.FunctionOf(e.Body.Type(), params...)
}

// Pos implements Expr.
func (e *ColumnRef) Pos() sql.Pos { return e.At }

// Pos implements Expr.
func (e *Literal) Pos() sql.Pos { return e.At }

// Pos implements Expr.
func (e *Call) Pos() sql.Pos { return e.At }

// Pos implements Expr.
func (e *Cast) Pos() sql.Pos { return e.At }

// Pos implements Expr.
func (e *And) Pos() sql.Pos { return e.At }

// Pos implements Expr.
func (e *Or) Pos() sql.Pos { return e.At }

// Pos implements Expr.
func (e *Case) Pos() sql.Pos { return e.At }

// Pos implements Expr.
func (e *Coalesce) Pos() sql.Pos { return e.At }

// Pos implements Expr.
func (e *In) Pos() sql.Pos { return e.At }

// Pos implements Expr.
func (e *IsNull) Pos() sql.Pos { return e.At }

// Pos implements Expr.
func (e *Try) Pos() sql.Pos { return e.At }

// Pos implements Expr.
func (e *Field) Pos() sql.Pos { return e.At }

// Pos implements Expr.
func (e *RowOf) Pos() sql.Pos { return e.At }

// Pos implements Expr.
func (e *Lambda) Pos() sql.Pos { return e.At }

func (*ColumnRef) expr() {}
func (*Literal) expr()   {}
func (*Call) expr()      {}
func (*Cast) expr()      {}
func (*And) expr()       {}
func (*Or) expr()        {}
func (*Case) expr()      {}
func (*Coalesce) expr()  {}
func (*In) expr()        {}
func (*IsNull) expr()    {}
func (*Try) expr()       {}
func (*Field) expr()     {}
func (*RowOf) expr()     {}
func (*Lambda) expr()    {}
