package plan

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// NewLiteral returns the constant value of type t: a bool, int64, float64, string or
// types.Int128, as t's physical kind asks, or nil for NULL.
func NewLiteral(t types.Type, value any, at sql.Pos) *Literal {
	return &Literal{vector.NewValue(t, value), at}
}

// Bool returns TRUE or FALSE.
func Bool(b bool, at sql.Pos) *Literal { return NewLiteral(types.TBoolean, b, at) }

// IsNull reports whether l is NULL.
func (l *Literal) IsNull() bool { return l.Value.Nulls().Has(0) }

// Scalar returns the value of l as NewLiteral takes it; ok is false for arrays, maps and rows that are not NULL.
func (l *Literal) Scalar() (value any, ok bool) {
	if l.IsNull() {
		return nil, true
	}
	if l.Type().Physical() == types.Nested {
		return nil, false
	}
	return vector.ValueAt(l.Value, 0), true
}

// IsTrue reports whether e is the constant TRUE; IsFalse likewise.
func IsTrue(e Expr) bool { return isBool(e, true) }

// IsFalse reports whether e is the constant FALSE.
func IsFalse(e Expr) bool { return isBool(e, false) }

func isBool(e Expr, b bool) bool {
	l, ok := e.(*Literal)
	if !ok || !l.Type().Is(types.Boolean) {
		return false
	}
	v, _ := l.Scalar()
	return v == b
}
