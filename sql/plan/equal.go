package plan

import "github.com/ctlake/ctlake/storage/vector"

// Equal reports whether a and b are the same expression, positions apart: they
// compute the same from the same columns. Parameters of lambdas are equal by
// their place. Calls of volatile functions are equal too; whoever merges calls
// must look out for these.
func Equal(a, b Expr) bool { return equal(a, b, nil) }

// pairing says which parameters of lambdas correspond.
type pairing struct {
	a, b []Column
	next *pairing
}

func equal(a, b Expr, bound *pairing) bool {
	if a == b && bound == nil {
		return true
	}
	switch a := a.(type) {
	case *ColumnRef:
		b, ok := b.(*ColumnRef)
		return ok && equalRefs(a.ID, b.ID, bound)
	case *Literal:
		b, ok := b.(*Literal)
		return ok && a.Type().Equal(b.Type()) && !vector.Distinct(a.Value, 0, b.Value, 0)
	case *Call:
		b, ok := b.(*Call)
		if !ok || a.Fn.Overload != b.Fn.Overload || a.Fn.Name != b.Fn.Name || !a.Type().Equal(b.Type()) {
			return false
		}
	case *Cast:
		b, ok := b.(*Cast)
		if !ok || a.Try != b.Try || !a.To.Equal(b.To) {
			return false
		}
	case *And:
		if _, ok := b.(*And); !ok {
			return false
		}
	case *Or:
		if _, ok := b.(*Or); !ok {
			return false
		}
	case *Case:
		if _, ok := b.(*Case); !ok {
			return false
		}
	case *Coalesce:
		if _, ok := b.(*Coalesce); !ok {
			return false
		}
	case *In:
		if _, ok := b.(*In); !ok {
			return false
		}
	case *IsNull:
		if _, ok := b.(*IsNull); !ok {
			return false
		}
	case *Try:
		if _, ok := b.(*Try); !ok {
			return false
		}
	case *Field:
		if b, ok := b.(*Field); !ok || a.Index != b.Index {
			return false
		}
	case *RowOf:
		if b, ok := b.(*RowOf); !ok || !a.typ.Equal(b.typ) {
			return false
		}
	case *Lambda:
		b, ok := b.(*Lambda)
		if !ok || len(a.Params) != len(b.Params) {
			return false
		}
		for i, p := range a.Params {
			if !p.Type.Equal(b.Params[i].Type) {
				return false
			}
		}
		return equal(a.Body, b.Body, &pairing{a.Params, b.Params, bound})
	}
	return equalLists(Children(a), Children(b), bound)
}

func equalLists(a, b []Expr, bound *pairing) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !equal(a[i], b[i], bound) {
			return false
		}
	}
	return true
}

func equalRefs(a, b ColumnID, bound *pairing) bool {
	for ; bound != nil; bound = bound.next {
		for i, p := range bound.a {
			if p.ID == a || bound.b[i].ID == b {
				return p.ID == a && bound.b[i].ID == b
			}
		}
	}
	return a == b
}
