package function

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/parser"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// The harness evaluates expressions of constants by calling kernels directly. It
// calls each kernel several times, on arguments in every encoding, with NULLs in
// between, with and without known constants, and insists on one answer.

var testContext = &Context{Now: time.Date(2024, 5, 1, 12, 34, 56, 789e6, time.UTC), Zone: time.UTC, User: "tester"}

// eval returns the text of an expression's value and its type.
func eval(t *testing.T, expr string) (text string, typ types.Type, err error) {
	t.Helper()
	stmt, err := parser.Parse("SELECT "+expr, parser.Options{})
	if err != nil {
		return "", types.Type{}, err
	}
	var found ast.Expr
	ast.Walk(stmt, func(n ast.Node) bool {
		if item, ok := n.(*ast.SelectExpr); ok && found == nil {
			found = item.Expr
		}
		return found == nil
	})
	h := &harness{n: 1}
	v, err := h.eval(found)
	if err != nil {
		return "", types.Type{}, err
	}
	return string(vector.AppendText(nil, v, 0)), v.Type(), nil
}

// check evaluates expressions: each line is "expression → text", or "expression ✗ error".
func check(t *testing.T, lines string) {
	t.Helper()
	for line := range strings.SplitSeq(lines, "\n") {
		line = strings.TrimLeft(line, "\t ")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if expr, want, ok := strings.Cut(line, " → "); ok {
			want, wantType, typed := strings.Cut(want, " :: ")
			got, typ, err := eval(t, expr)
			got = strings.ReplaceAll(got, "\n", `\n`)
			if err != nil {
				t.Errorf("%s: %v", expr, err)
			} else if got != want {
				t.Errorf("%s is %s, want %s", expr, got, want)
			} else if typed && typ.String() != wantType {
				t.Errorf("%s is of type %s, want %s", expr, typ, wantType)
			}
			continue
		}
		expr, want, ok := strings.Cut(line, " ✗ ")
		if !ok {
			t.Fatalf("no arrow in %q", line)
		}
		got, _, err := eval(t, expr)
		if err == nil {
			t.Errorf("%s is %s, want the error %s", expr, got, want)
		} else if strings.ReplaceAll(err.Error(), "\n", `\n`) != want {
			t.Errorf("%s:\n got %s\nwant %s", expr, err, want)
		}
	}
}

type harness struct {
	n    int
	vars map[string]vector.Vector
}

func (h *harness) constant(t types.Type, v any) (vector.Vector, error) {
	return vector.NewConstant(vector.NewValue(t, v), h.n), nil
}

func (h *harness) eval(e ast.Expr) (vector.Vector, error) {
	switch e := e.(type) {
	case *ast.NullLiteral:
		return vector.NewNull(types.TUnknown, h.n), nil
	case *ast.BooleanLiteral:
		return h.constant(types.TBoolean, e.Value)
	case *ast.StringLiteral:
		return h.constant(types.VarcharOf(len([]rune(e.Value))), e.Value)
	case *ast.BinaryLiteral:
		return h.constant(types.TVarbinary, string(e.Value))
	case *ast.IntegerLiteral:
		if e.Value == int64(int32(e.Value)) {
			return h.constant(types.TInteger, e.Value)
		}
		return h.constant(types.TBigint, e.Value)
	case *ast.DoubleLiteral:
		return h.constant(types.TDouble, e.Value)
	case *ast.DecimalLiteral:
		x, t, err := types.ParseDecimalLiteral(e.Text)
		if err != nil {
			return nil, err
		}
		if t.Physical() == types.Int64 {
			return h.constant(t, x.Int64())
		}
		return h.constant(t, x)
	case *ast.TypedLiteral:
		return h.typed(e)
	case *ast.IntervalLiteral:
		text := e.Value
		if e.Negative {
			text = "-" + text
		}
		from, to := types.IntervalField(e.From-ast.Year), types.IntervalField(e.From-ast.Year)
		if e.To != ast.NoField {
			to = types.IntervalField(e.To - ast.Year)
		}
		t, n, err := types.ParseInterval(text, from, to)
		if err != nil {
			return nil, err
		}
		return h.constant(t, n)
	case *ast.Identifier:
		return h.vars[strings.ToLower(e.Name)], nil
	case *ast.Cast:
		v, err := h.eval(e.Expr)
		if err != nil {
			return nil, err
		}
		t, err := types.Parse(ast.String(e.Type))
		if err != nil {
			return nil, err
		}
		v, err = h.cast(v, t)
		if err != nil && e.Try {
			return vector.NewNull(t, h.n), nil
		}
		return v, err
	case *ast.Unary:
		return h.call("$negate", e.Expr)
	case *ast.Not:
		return h.call("$not", e.Expr)
	case *ast.Arithmetic:
		name := map[ast.ArithmeticOp]string{ast.Add: "$add", ast.Subtract: "$subtract", ast.Multiply: "$multiply",
			ast.Divide: "$divide", ast.Modulus: "$modulus", ast.Concat: "concat"}[e.Op]
		return h.call(name, e.Left, e.Right)
	case *ast.Comparison:
		name := map[ast.ComparisonOp]string{ast.Equals: "$equal", ast.NotEquals: "$not_equal", ast.Less: "$less",
			ast.LessOrEqual: "$less_or_equal", ast.Greater: "$greater", ast.GreaterOrEqual: "$greater_or_equal"}[e.Op]
		return h.call(name, e.Left, e.Right)
	case *ast.IsDistinctFrom:
		return h.call("$distinct", e.Left, e.Right)
	case *ast.Like:
		if e.Escape != nil {
			return h.call("$like", e.Expr, e.Pattern, e.Escape)
		}
		return h.call("$like", e.Expr, e.Pattern)
	case *ast.Subscript:
		return h.call("$subscript", e.Base, e.Index)
	case *ast.Array:
		return h.call("$array", e.Items...)
	case *ast.Row:
		var fields []types.Field
		var values []vector.Vector
		for _, f := range e.Fields {
			v, err := h.eval(f.Expr)
			if err != nil {
				return nil, err
			}
			field := types.Field{Type: v.Type()}
			if f.Name != nil {
				field.Name = f.Name.Name
			}
			fields, values = append(fields, field), append(values, v)
		}
		return vector.NewRow(types.RowOf(fields...), values, h.n, nil), nil
	case *ast.FunctionCall:
		return h.call(e.Name.Parts[0].Name, e.Args...)
	}
	return nil, fmt.Errorf("%w: %T", errHarness, e)
}

// errHarness says that an expression is of a form that is evaluated elsewhere.
var errHarness = errors.New("the harness does not know this form")

func (h *harness) typed(e *ast.TypedLiteral) (vector.Vector, error) {
	switch e.Type.Name {
	case "timestamp":
		t, v, err := types.ParseTimestampLiteral(e.Value)
		if err != nil {
			return nil, err
		}
		return h.constant(t, v)
	case "time":
		t, v, err := types.ParseTimeLiteral(e.Value)
		if err != nil {
			return nil, err
		}
		return h.constant(t, v)
	case "json":
		text, ok := normalizeJSON(nil, e.Value)
		if !ok {
			return nil, fmt.Errorf("no JSON")
		}
		return h.constant(types.TJSON, string(text))
	case "char":
		return h.constant(types.CharOf(len([]rune(e.Value))), types.TrimChar(e.Value))
	}
	t, err := types.Parse(ast.String(e.Type))
	if err != nil {
		return nil, err
	}
	v, _ := h.constant(types.TVarchar, e.Value)
	return h.cast(v, t)
}

// call resolves and calls a function.
func (h *harness) call(name string, exprs ...ast.Expr) (vector.Vector, error) {
	args := make([]vector.Vector, len(exprs))
	lambdas := make([]Lambda, len(exprs))
	signature := make([]Arg, len(exprs))
	for i, e := range exprs {
		if l, ok := e.(*ast.Lambda); ok {
			lambdas[i], signature[i] = h.lambda(l)
			continue
		}
		v, err := h.eval(e)
		if err != nil {
			return nil, err
		}
		args[i], signature[i].Type = v, v.Type()
	}
	fn, err := ResolveScalar(name, signature)
	if err != nil {
		return nil, err
	}
	for i, p := range fn.Params {
		if lambdas[i] != nil {
			body := lambdas[i]
			lambdas[i] = func(rows []int32, params ...vector.Vector) (vector.Vector, error) {
				v, err := body(rows, params...)
				if err != nil {
					return nil, err
				}
				return (&harness{n: len(rows)}).cast(v, p.Result())
			}
			continue
		}
		if args[i], err = h.cast(args[i], p); err != nil {
			return nil, err
		}
	}
	return h.run(fn, args, lambdas)
}

func (h *harness) cast(v vector.Vector, t types.Type) (vector.Vector, error) {
	if v.Type().Equal(t) {
		return v, nil
	}
	fn, err := ResolveCast(v.Type(), t)
	if err != nil {
		return nil, err
	}
	return h.run(fn, []vector.Vector{v}, make([]Lambda, 1))
}

func (h *harness) lambda(l *ast.Lambda) (Lambda, Arg) {
	body := func(rows []int32, params ...vector.Vector) (vector.Vector, error) {
		vars := map[string]vector.Vector{}
		for name, v := range h.vars {
			vars[name] = vector.Gather(v, rows)
		}
		for i, p := range l.Params {
			vars[strings.ToLower(p.Name)] = params[i]
		}
		return (&harness{n: len(rows), vars: vars}).eval(l.Body)
	}
	return body, Arg{Params: len(l.Params), Lambda: func(params []types.Type) (types.Type, error) {
		nulls := make([]vector.Vector, len(params))
		for i, t := range params {
			nulls[i] = vector.NewNull(t, 1)
		}
		v, err := body([]int32{0}, nulls...)
		if err != nil {
			return types.Type{}, err
		}
		return v.Type(), nil
	}}
}

// run calls the kernel of fn on args as they are, and on their rows in other encodings.
func (h *harness) run(fn *Resolved, args []vector.Vector, lambdas []Lambda) (vector.Vector, error) {
	plain, err := runKernel(fn, args, lambdas, h.n, nil)
	if fn.Overload.Volatile || h.n == 0 {
		return plain, err
	}
	forms := map[string]func(v vector.Vector) vector.Vector{
		"flat": vector.Plain,
		"with NULLs": func(v vector.Vector) vector.Vector {
			rows := []int32{-1}
			for i := range v.Len() {
				rows = append(rows, int32(i), -1)
			}
			return vector.GatherOrNull(v, rows)
		},
		"dictionary": func(v vector.Vector) vector.Vector {
			if v.Nulls() != nil {
				return v
			}
			ids := make([]int32, v.Len())
			for i := range ids {
				ids[i] = int32(i)
			}
			return vector.NewDictionary(ids, vector.Plain(v), nil)
		},
	}
	for name, form := range forms {
		other := make([]vector.Vector, len(args))
		n, lambda := h.n, false
		for i, a := range args {
			if a == nil {
				lambda = true
				continue
			}
			other[i] = form(a)
			n = other[i].Len()
		}
		if lambda && name == "with NULLs" {
			continue // rows of lambdas would be others
		}
		got, err2 := runKernel(fn, other, lambdas, n, nil)
		if err := sameOutcome(plain, err, got, err2, name == "with NULLs" && len(args) > 0); err != nil {
			return nil, fmt.Errorf("%s of %s arguments: %w", fn.Name, name, err)
		}
	}
	if h.n != 1 {
		return plain, err
	}
	constants := make([]vector.Vector, len(args))
	many := make([]vector.Vector, len(args))
	for i, a := range args {
		if a != nil {
			constants[i] = vector.Plain(a)
			many[i] = vector.NewConstant(a, 1)
		}
	}
	got, err2 := runKernel(fn, many, lambdas, 1, constants)
	if err := sameOutcome(plain, err, got, err2, false); err != nil {
		return nil, fmt.Errorf("%s of known constants: %w", fn.Name, err)
	}
	return plain, err
}

func sameOutcome(a vector.Vector, errA error, b vector.Vector, errB error, everySecond bool) error {
	if errA != nil || errB != nil {
		if errA == nil || errB == nil || errA.Error() != errB.Error() {
			return fmt.Errorf("errors differ: %v and %v", errA, errB)
		}
		return nil
	}
	for i := range a.Len() {
		j := i
		if everySecond {
			j = 2*i + 1
		}
		x, y := string(vector.AppendText(nil, a, i)), string(vector.AppendText(nil, b, j))
		if x != y || !a.Type().Equal(b.Type()) {
			return fmt.Errorf("results differ: %s (%s) and %s (%s)", x, a.Type(), y, b.Type())
		}
	}
	return nil
}

func runKernel(fn *Resolved, args []vector.Vector, lambdas []Lambda, n int, constants []vector.Vector) (vector.Vector, error) {
	if constants == nil {
		constants = make([]vector.Vector, len(args))
	}
	b := Binding{Ctx: testContext, Params: fn.Params, Result: fn.Result, Constants: constants}
	kernel, err := fn.Overload.New(b)
	if err != nil {
		return nil, err
	}
	c := &Call{Ctx: testContext, N: n, Args: args, Lambda: lambdas, Result: fn.Result}
	for _, a := range args {
		if a != nil {
			c.Nulls = vector.Or(c.Nulls, a.Nulls(), n)
		}
	}
	if !fn.Overload.Nullable && c.Nulls.Count(n) == n {
		return vector.NewNull(fn.Result, n), nil
	}
	v, err := kernel(c)
	if with := fn.Overload.NeverFailsWith; err != nil && (fn.Overload.NeverFails || with != nil && with(b)) {
		return nil, fmt.Errorf("%s never fails, but: %w", fn.Name, err)
	}
	if err != nil {
		return nil, err
	}
	if v.Len() != n {
		return nil, fmt.Errorf("%s gave %d rows for %d", fn.Name, v.Len(), n)
	}
	if !v.Type().Equal(fn.Result) {
		return nil, fmt.Errorf("%s gave a %s for a %s", fn.Name, v.Type(), fn.Result)
	}
	if !fn.Overload.Nullable {
		v = vector.WithNulls(v, c.Nulls)
	}
	return v, nil
}
