package analyzer

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// The names under which sql/function has the operators.
const (
	opNot       = "$not"
	opNegate    = "$negate"
	opDistinct  = "$distinct"
	opLike      = "$like"
	opSubscript = "$subscript"
	opArray     = "$array"
	opConcat    = "concat"
)

var comparisons = [...]string{ast.Equals: "$equal", ast.NotEquals: "$not_equal", ast.Less: "$less",
	ast.LessOrEqual: "$less_or_equal", ast.Greater: "$greater", ast.GreaterOrEqual: "$greater_or_equal"}

var arithmetics = [...]string{ast.Add: "$add", ast.Subtract: "$subtract", ast.Multiply: "$multiply",
	ast.Divide: "$divide", ast.Modulus: "$modulus"}

// operator applies an operator. The caller words the complaint if there is none for the types.
func (x *exprs) operator(name string, at sql.Pos, args ...plan.Expr) (plan.Expr, error) {
	return x.scalar(name, at, args)
}

// scalar applies a function to values.
func (x *exprs) scalar(name string, at sql.Pos, args []plan.Expr) (plan.Expr, error) {
	if len(args) > 2 {
		return scalarCall(name, at, args...)
	}
	key := name
	for _, a := range args {
		key += " " + a.Type().String()
	}
	fn := x.a.resolved[key]
	if fn == nil {
		var err error
		if fn, err = operatorFor(name, at, args); err != nil {
			return nil, err
		}
		x.a.resolved[key] = fn
	}
	return &plan.Call{Fn: fn, Args: coerceAll(args, fn.Params), At: at}, nil
}

// scalarCall is scalar where there is no statement around.
func scalarCall(name string, at sql.Pos, args ...plan.Expr) (plan.Expr, error) {
	fn, err := operatorFor(name, at, args)
	if err != nil {
		return nil, err
	}
	return &plan.Call{Fn: fn, Args: coerceAll(args, fn.Params), At: at}, nil
}

func operatorFor(name string, at sql.Pos, args []plan.Expr) (*function.Resolved, error) {
	signature := make([]function.Arg, len(args))
	for i, a := range args {
		signature[i].Type = a.Type()
	}
	fn, err := function.ResolveScalar(name, signature)
	if err != nil {
		return nil, sql.At(err, at)
	}
	return fn, nil
}

func coerceAll(args []plan.Expr, params []types.Type) []plan.Expr {
	out := make([]plan.Expr, len(args))
	for i, a := range args {
		out[i] = coerce(a, params[i])
	}
	return out
}

// castable reports whether CAST converts from one type to the other.
func castable(from, to types.Type) bool {
	_, err := function.ResolveCast(from, to)
	return err == nil
}
