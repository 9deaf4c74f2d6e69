package expr

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

var (
	bigint  = types.TBigint
	varchar = types.TVarchar
	boolean = types.TBoolean
)

func vec(t types.Type, values ...any) vector.Vector {
	b := vector.NewBuilder(t, len(values))
	for _, v := range values {
		put(b, v)
	}
	return b.Build()
}

func put(b vector.Builder, v any) {
	switch {
	case v == nil:
		b.AppendNull()
	default:
		switch b := b.(type) {
		case *vector.FlatBuilder[int64]:
			b.AppendValue(int64(v.(int)))
		case *vector.FlatBuilder[string]:
			b.AppendValue(v.(string))
		case *vector.FlatBuilder[bool]:
			b.AppendValue(v.(bool))
		case *vector.FlatBuilder[float64]:
			b.AppendValue(v.(float64))
		case *vector.ArrayBuilder:
			for _, e := range v.([]any) {
				put(b.Elements, e)
			}
			b.Close()
		case *vector.RowBuilder:
			for i, e := range v.([]any) {
				put(b.Fields[i], e)
			}
			b.Close()
		}
	}
}

// dictionary makes a vector of ids into values; -1 is NULL.
func dictionary(values vector.Vector, ids ...int32) vector.Vector {
	nulls := vector.NewBitmap(len(ids))
	for i, id := range ids {
		if id < 0 {
			nulls.Set(i)
			ids[i] = 0
		}
	}
	return vector.NewDictionary(ids, values, nulls)
}

func text(v vector.Vector) string {
	var parts []string
	for i := range v.Len() {
		if v.Nulls().Has(i) {
			parts = append(parts, "NULL")
		} else {
			parts = append(parts, string(vector.AppendText(nil, v, i)))
		}
	}
	return strings.Join(parts, " ")
}

// calls counts the rows that test kernels were asked for.
var calls int

// fn makes a function of any arguments from one over rows; nil is NULL.
func fn(result types.Type, o function.Overload, row func(c *function.Call, i int) (any, error)) *function.Resolved {
	o.New = func(function.Binding) (function.Kernel, error) {
		return func(c *function.Call) (vector.Vector, error) {
			calls += c.N
			out := make([]any, c.N)
			for i := range out {
				if !o.Nullable && c.Nulls.Has(i) {
					continue
				}
				var err error
				if out[i], err = row(c, i); err != nil {
					return nil, err
				}
			}
			return vec(c.Result, out...), nil
		}, nil
	}
	return &function.Resolved{Name: "test", Overload: &o, Result: result}
}

func str(c *function.Call, arg, i int) string { return vector.ViewOf[string](c.Args[arg]).Get(i) }
func num(c *function.Call, arg, i int) int    { return int(vector.ViewOf[int64](c.Args[arg]).Get(i)) }

var (
	safe  = function.Overload{NeverFails: true}
	upper = fn(varchar, safe, func(c *function.Call, i int) (any, error) { return strings.ToUpper(str(c, 0, i)), nil })
	// blank is NULL for "b".
	blank = fn(varchar, safe, func(c *function.Call, i int) (any, error) {
		if s := str(c, 0, i); s != "b" {
			return s, nil
		}
		return nil, nil
	})
	shown = fn(varchar, function.Overload{NeverFails: true, Nullable: true}, func(c *function.Call, i int) (any, error) {
		if c.Args[0].Nulls().Has(i) {
			return "none", nil
		}
		return "<" + str(c, 0, i) + ">", nil
	})
	div = fn(bigint, function.Overload{}, func(c *function.Call, i int) (any, error) {
		if num(c, 1, i) == 0 {
			return nil, &types.Error{Code: types.CodeDivideByZero, Msg: "Division by zero"}
		}
		return num(c, 0, i) / num(c, 1, i), nil
	})
	equal = fn(boolean, safe, func(c *function.Call, i int) (any, error) {
		e, _ := vector.Equal3(c.Args[0], i, c.Args[1], i)
		return e, nil
	})
	number = fn(bigint, function.Overload{}, func(c *function.Call, i int) (any, error) {
		var n int
		if _, err := fmt.Sscan(str(c, 0, i), &n); err != nil {
			return nil, &types.Error{Code: types.CodeInvalidCast, Msg: "Cannot cast '" + str(c, 0, i) + "' to BIGINT"}
		}
		return n, nil
	})
	broken   = fn(bigint, function.Overload{}, func(*function.Call, int) (any, error) { return nil, fmt.Errorf("disk") })
	sequence = 0
	next     = fn(bigint, function.Overload{Volatile: true, NeverFails: true}, func(*function.Call, int) (any, error) {
		sequence++
		return sequence, nil
	})
)

func callOf(f *function.Resolved, args ...plan.Expr) plan.Expr {
	return &plan.Call{Fn: f, Args: args, At: sql.Pos{Line: 1, Column: 7}}
}
func lit(t types.Type, v any) plan.Expr { return &plan.Literal{Value: vec(t, v)} }

// input is a batch with named columns.
type input struct {
	columns []plan.Column
	batch   vector.Batch
}

func in(columns ...any) *input {
	f := &input{}
	for i := 0; i < len(columns); i += 2 {
		v := columns[i+1].(vector.Vector)
		f.columns = append(f.columns, plan.Column{ID: plan.ColumnID(i/2 + 1), Name: columns[i].(string), Type: v.Type()})
		f.batch.Columns, f.batch.N = append(f.batch.Columns, v), v.Len()
	}
	return f
}

func (f *input) col(name string) plan.Expr {
	for _, c := range f.columns {
		if c.Name == name {
			return &plan.ColumnRef{Column: c}
		}
	}
	panic("no column " + name)
}

func env() *Env {
	return &Env{Ctx: &function.Context{}, Cast: func(_, to types.Type) (*function.Resolved, error) {
		if to.Equal(bigint) {
			return number, nil
		}
		return nil, sql.Errorf(sql.TYPE_MISMATCH, sql.Pos{}, "Cannot cast to %s", to)
	}}
}

// check evaluates e over f as a whole, row by row, as plain vectors and without
// the dictionary path: the result must be the same.
func (f *input) check(t *testing.T, e plan.Expr, want string) {
	t.Helper()
	for _, mode := range []string{"as it is", "plain", "no dictionaries", "row by row", "no rows"} {
		env, b := env(), f.batch
		env.NoDictionaries = mode == "no dictionaries"
		if mode == "plain" {
			b.Columns = nil
			for _, c := range f.batch.Columns {
				b.Columns = append(b.Columns, vector.Plain(c))
			}
		}
		ev, err := Compile(e, f.columns, env)
		if err != nil {
			t.Fatal(err)
		}
		var got string
		switch mode {
		case "row by row":
			var parts []string
			for i := range b.N {
				one := vector.Batch{N: 1}
				for _, c := range b.Columns {
					one.Columns = append(one.Columns, vector.Slice(c, i, i+1))
				}
				v, err := ev.Eval(&one)
				if err != nil {
					t.Fatalf("%s: %v", mode, err)
				}
				parts = append(parts, text(v))
			}
			got = strings.Join(parts, " ")
		case "no rows":
			none := vector.Batch{}
			for _, c := range b.Columns {
				none.Columns = append(none.Columns, vector.Slice(c, 0, 0))
			}
			v, err := ev.Eval(&none)
			if err != nil || v.Len() != 0 || !v.Type().Equal(e.Type()) {
				t.Errorf("%s: %v, %v", mode, v, err)
			}
			continue
		default:
			for range 3 { // results for dictionaries are kept from the second batch on
				v, err := ev.Eval(&b)
				if err != nil {
					t.Fatalf("%s: %v", mode, err)
				}
				if v.Len() != b.N || !v.Type().Equal(e.Type()) {
					t.Errorf("%s: %d rows of %s", mode, v.Len(), v.Type())
				}
				got = text(v)
				if got != want {
					break
				}
			}
		}
		if got != want {
			t.Errorf("%s: %s, want %s", mode, got, want)
		}
	}
}

func (f *input) fails(t *testing.T, e plan.Expr, want string) {
	t.Helper()
	ev, err := Compile(e, f.columns, env())
	if err == nil {
		_, err = ev.Eval(&f.batch)
	}
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

func names() vector.Vector { return vec(varchar, "a", "b", "unused") }

func TestCallOverEncodings(t *testing.T) {
	f := in("d", dictionary(names(), 0, 1, -1, 0, 1, 1, 0), "c", vector.NewConstant(vec(varchar, "k"), 7),
		"nil", vector.NewNull(varchar, 7))
	f.check(t, callOf(upper, f.col("d")), "A B NULL A B B A")
	f.check(t, callOf(upper, f.col("c")), "K K K K K K K")
	f.check(t, callOf(upper, f.col("nil")), "NULL NULL NULL NULL NULL NULL NULL")
	f.check(t, callOf(blank, f.col("d")), "a NULL NULL a NULL NULL a")
	f.check(t, callOf(upper, callOf(blank, f.col("d"))), "A NULL NULL A NULL NULL A")
	f.check(t, callOf(shown, f.col("d")), "<a> <b> none <a> <b> <b> <a>")
	f.check(t, callOf(shown, callOf(blank, f.col("d"))), "<a> none none <a> none none <a>")
	f.check(t, callOf(shown, f.col("nil")), "none none none none none none none")
	f.check(t, callOf(equal, f.col("d"), lit(varchar, "a")), "true false NULL true false false true")
	f.check(t, callOf(equal, f.col("d"), lit(varchar, nil)), "NULL NULL NULL NULL NULL NULL NULL")
	f.check(t, callOf(equal, f.col("d"), f.col("d")), "true true NULL true true true true")
}

func TestDictionaryIsEvaluatedOnce(t *testing.T) {
	f := in("d", dictionary(names(), 0, 1, -1, 0, 1, 1, 0))
	ev, err := Compile(callOf(upper, f.col("d")), f.columns, env())
	if err != nil {
		t.Fatal(err)
	}
	calls = 0
	for range 10 {
		if _, err := ev.Eval(&f.batch); err != nil {
			t.Fatal(err)
		}
	}
	if calls != 3 {
		t.Errorf("70 rows of 3 entries took %d evaluations", calls)
	}
}

func TestEntriesThatNoRowUsesCannotFail(t *testing.T) {
	d := dictionary(vec(bigint, 1, 2, 0), 0, 1, 0, 1, 0, 0, 0, 0, 0)
	f := in("d", d)
	f.check(t, callOf(div, lit(bigint, 6), f.col("d")), "6 3 6 3 6 6 6 6 6")

	ev, err := Compile(callOf(div, lit(bigint, 6), f.col("d")), f.columns, env())
	if err != nil {
		t.Fatal(err)
	}
	calls = 0
	for range 10 {
		if _, err := ev.Eval(&f.batch); err != nil {
			t.Fatal(err)
		}
	}
	if calls != 2 {
		t.Errorf("90 rows of 2 entries took %d evaluations", calls)
	}
	// A batch that uses the entry fails, the ones before and after do not.
	bad := &vector.Batch{Columns: []vector.Vector{vector.NewDictionary([]int32{0, 2}, d.(*vector.Dictionary).Values, nil)}, N: 2}
	for range 2 {
		if _, err := ev.Eval(bad); err == nil {
			t.Error("a row with the entry 0 did not fail")
		}
		if v, err := ev.Eval(&f.batch); err != nil || text(v) != "6 3 6 3 6 6 6 6 6" {
			t.Error(v, err)
		}
	}
	n := in("d", dictionary(vec(bigint, 0, 2), -1, 1, -1))
	n.check(t, callOf(div, lit(bigint, 6), n.col("d")), "NULL 3 NULL")
	n.check(t, &plan.Try{Arg: callOf(div, lit(bigint, 6), n.col("d"))}, "NULL 3 NULL")
}

func TestErrorsHaveThePlaceOfTheirCall(t *testing.T) {
	f := in("n", vec(bigint, 1, 0))
	f.fails(t, callOf(div, lit(bigint, 6), f.col("n")), "line 1:7: Division by zero")
	f.fails(t, callOf(div, lit(bigint, 6), lit(bigint, 0)), "line 1:7: Division by zero")
	f.fails(t, &plan.Cast{Arg: lit(bigint, 1), To: boolean, At: sql.Pos{Line: 2, Column: 3}}, "line 2:3: Cannot cast to boolean")
}

func TestLogic(t *testing.T) {
	f := in("a", vec(boolean, true, true, true, false, false, false, nil, nil, nil),
		"b", vec(boolean, true, false, nil, true, false, nil, true, false, nil))
	terms := []plan.Expr{f.col("a"), f.col("b")}
	f.check(t, &plan.And{Terms: terms}, "true false NULL false false false NULL false NULL")
	f.check(t, &plan.Or{Terms: terms}, "true true true true false NULL true NULL NULL")
	f.check(t, &plan.And{Terms: []plan.Expr{f.col("a"), lit(boolean, true), f.col("b")}}, "true false NULL false false false NULL false NULL")
	f.check(t, &plan.Or{Terms: []plan.Expr{lit(boolean, nil), f.col("a")}}, "true true true NULL NULL NULL NULL NULL NULL")

	ev, err := Compile(&plan.And{Terms: terms}, f.columns, env())
	if err != nil {
		t.Fatal(err)
	}
	if rows, all, err := ev.Select(&f.batch); fmt.Sprint(rows, all, err) != "[0] false <nil>" {
		t.Error(rows, all, err)
	}
}

func TestBranchesSeeOnlyTheRowsThatReachThem(t *testing.T) {
	f := in("n", vec(bigint, 2, 0, nil, 3), "s", vec(varchar, "a", "b", "c", nil))
	zero := callOf(equal, f.col("n"), lit(bigint, 0))
	six := callOf(div, lit(bigint, 6), f.col("n"))
	f.check(t, &plan.Case{Whens: []plan.When{{Cond: zero, Then: lit(bigint, -1)}}, Else: six}, "3 -1 NULL 2")
	f.check(t, &plan.Case{Whens: []plan.When{{Cond: zero, Then: f.col("s")}, {Cond: &plan.IsNull{Arg: f.col("n")}, Then: lit(varchar, "none")}},
		Else: lit(varchar, nil)}, "NULL b none NULL")
	f.check(t, &plan.Case{Whens: []plan.When{{Cond: zero, Then: lit(varchar, "zero")}}, Else: lit(varchar, "more")}, "more zero more more")
	f.check(t, &plan.Or{Terms: []plan.Expr{zero, callOf(equal, six, lit(bigint, 3))}}, "true true NULL false")
	f.check(t, &plan.Coalesce{Args: []plan.Expr{f.col("n"), lit(bigint, 9)}}, "2 0 9 3")
	f.check(t, &plan.Coalesce{Args: []plan.Expr{f.col("s"), lit(varchar, nil), f.col("s")}}, "a b c NULL")
	f.check(t, &plan.IsNull{Arg: f.col("s")}, "false false false true")
}

func TestTry(t *testing.T) {
	f := in("n", vec(bigint, 2, 0, nil, 3, 0))
	f.check(t, &plan.Try{Arg: callOf(div, lit(bigint, 6), f.col("n"))}, "3 NULL NULL 2 NULL")
	f.check(t, &plan.Try{Arg: callOf(div, lit(bigint, 6), lit(bigint, 0))}, "NULL NULL NULL NULL NULL")
	f.fails(t, &plan.Try{Arg: callOf(broken)}, "disk")

	f = in("s", dictionary(vec(varchar, "1", "x", "22"), 0, 1, -1, 2, 1, 0, 0, 0))
	f.check(t, &plan.Cast{Arg: f.col("s"), To: bigint, Try: true}, "1 NULL NULL 22 NULL 1 1 1")
	f.fails(t, &plan.Cast{Arg: f.col("s"), To: bigint}, "Cannot cast 'x' to BIGINT")
}

func TestIn(t *testing.T) {
	f := in("s", dictionary(names(), 0, 1, -1, 0, 1, 1, 0), "n", vec(bigint, 1, 2, 3, nil, 5, 6, 7))
	list := func(t types.Type, vs ...any) (out []plan.Expr) {
		for _, v := range vs {
			out = append(out, lit(t, v))
		}
		return out
	}
	f.check(t, &plan.In{Value: f.col("s"), List: list(varchar, "a", "z")}, "true false NULL true false false true")
	f.check(t, &plan.In{Value: f.col("s"), List: list(varchar, "a", nil)}, "true NULL NULL true NULL NULL true")
	f.check(t, &plan.In{Value: f.col("n"), List: list(bigint, 2, 5)}, "false true false NULL true false false")
	f.check(t, &plan.In{Value: f.col("n"), List: []plan.Expr{lit(bigint, 7), callOf(div, lit(bigint, 4), f.col("n"))}},
		"false true false NULL false false true")
	x := in("x", vec(types.TDouble, 1.0, 2.0))
	x.check(t, &plan.In{Value: x.col("x"), List: list(types.TDouble, 1.0)}, "true false")
	a := types.ArrayOf(bigint)
	y := in("y", vec(a, []any{1}, []any{nil}, []any{1, 2}))
	y.check(t, &plan.In{Value: y.col("y"), List: list(a, []any{1})}, "true NULL false")
}

func TestRows(t *testing.T) {
	row := types.RowOf(types.Field{Name: "a", Type: varchar}, types.Field{Name: "b", Type: bigint})
	f := in("r", vec(row, []any{"x", 1}, nil, []any{nil, 3}), "n", vec(bigint, 7, 8, 9))
	f.check(t, &plan.Field{Arg: f.col("r"), Index: 0}, "x NULL NULL")
	f.check(t, &plan.Field{Arg: f.col("r"), Index: 1}, "1 NULL 3")
	f.check(t, &plan.Field{Arg: plan.NewRowOf(row, []plan.Expr{lit(varchar, "k"), f.col("n")}, sql.Pos{}), Index: 1}, "7 8 9")
}

// transform applies its lambda to the elements of an array.
var transform = &function.Resolved{Name: "transform", Result: types.ArrayOf(bigint), Overload: &function.Overload{
	NeverFails: true,
	New: func(function.Binding) (function.Kernel, error) {
		return func(c *function.Call) (vector.Vector, error) {
			w := vector.SpansOf(c.Args[0])
			var rows, children []int32
			offsets := []int32{0}
			for i := range c.N {
				from, to := w.Span(i)
				for k := from; k < to && !c.Nulls.Has(i); k++ {
					rows, children = append(rows, int32(i)), append(children, int32(k))
				}
				offsets = append(offsets, int32(len(rows)))
			}
			v, err := c.Lambda[1](rows, vector.Gather(w.Values, children))
			if err != nil {
				return nil, err
			}
			return vector.NewArray(c.Result, offsets, v, nil), nil
		}, nil
	},
}}

func TestLambdas(t *testing.T) {
	a := types.ArrayOf(bigint)
	f := in("xs", vec(a, []any{6, 8}, nil, []any{}, []any{10, nil}), "n", vec(bigint, 2, 0, 0, 5), "yss", vec(types.ArrayOf(a), nil, nil, nil, nil))
	x := plan.Column{ID: 50, Name: "x", Type: bigint}
	y := plan.Column{ID: 51, Name: "y", Type: bigint}
	lambda := func(p plan.Column, body plan.Expr) plan.Expr {
		return &plan.Lambda{Params: []plan.Column{p}, Body: body}
	}
	px, py := &plan.ColumnRef{Column: x}, &plan.ColumnRef{Column: y}
	f.check(t, callOf(transform, f.col("xs"), lambda(x, callOf(div, px, lit(bigint, 2)))), "[3, 4] NULL [] [5, null]")
	f.check(t, callOf(transform, f.col("xs"), lambda(x, callOf(div, px, f.col("n")))), "[3, 4] NULL [] [2, null]")
	f.check(t, callOf(transform, f.col("xs"), lambda(x, &plan.Coalesce{Args: []plan.Expr{px, f.col("n")}})), "[6, 8] NULL [] [10, 5]")
	// A lambda in a lambda that uses a parameter of the outer one and a column.
	inner := callOf(transform, f.col("xs"), lambda(y, callOf(div, py, &plan.Coalesce{Args: []plan.Expr{px, f.col("n")}})))
	nested := &function.Resolved{Name: "transform", Result: types.ArrayOf(a), Overload: transform.Overload}
	f.check(t, callOf(nested, f.col("xs"), lambda(x, inner)), "[[1, 1], [0, 1]] NULL [] [[1, null], [2, null]]")
	f.check(t, callOf(transform, lit(a, []any{4, 6}), lambda(x, callOf(div, px, lit(bigint, 2)))), "[2, 3] [2, 3] [2, 3] [2, 3]")

	if _, err := CompileLambda(lambda(x, callOf(div, px, f.col("n"))).(*plan.Lambda), f.columns, env()); err == nil ||
		!strings.Contains(err.Error(), "not supported") {
		t.Error(err)
	}
}

func TestVolatileFunctionsAreNotShared(t *testing.T) {
	f := in("d", dictionary(names(), 0, 1, 0, 0))
	ev, err := Compile(callOf(next), f.columns, env())
	if err != nil {
		t.Fatal(err)
	}
	sequence = 0
	if v, err := ev.Eval(&f.batch); err != nil || text(v) != "1 2 3 4" {
		t.Error(text(v), err)
	}
	x := plan.Column{ID: 50, Name: "x", Type: bigint}
	each := callOf(transform, lit(types.ArrayOf(bigint), []any{0, 0}), &plan.Lambda{Params: []plan.Column{x}, Body: callOf(next)})
	if ev, err = Compile(each, f.columns, env()); err != nil {
		t.Fatal(err)
	}
	if v, err := ev.Eval(&f.batch); err != nil || text(v) != "[5, 6] [7, 8] [9, 10] [11, 12]" {
		t.Error(text(v), err)
	}
}

func TestEvalConstant(t *testing.T) {
	v, err := EvalConstant(callOf(div, lit(bigint, 6), lit(bigint, 3)), env())
	if _, plain := v.(*vector.Flat[int64]); err != nil || !plain || text(v) != "2" {
		t.Error(v, err)
	}
	if _, err := EvalConstant(in("n", vec(bigint, 1)).col("n"), env()); err == nil {
		t.Error("a column is no constant")
	}
}

func BenchmarkSelectOnDictionary(b *testing.B) {
	entries := make([]any, 60)
	for i := range entries {
		entries[i] = fmt.Sprintf("Describe%d", i)
	}
	ids := make([]int32, 1024)
	for i := range ids {
		ids[i] = int32(i * 7 % 60)
	}
	f := in("d", vector.NewDictionary(ids, vec(varchar, entries...), nil))
	for _, off := range []bool{false, true} {
		b.Run(fmt.Sprintf("NoDictionaries=%v", off), func(b *testing.B) {
			env := env()
			env.NoDictionaries = off
			ev, err := Compile(&plan.In{Value: f.col("d"), List: []plan.Expr{lit(varchar, "Describe7"), lit(varchar, "Describe9")}}, f.columns, env)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, _, err := ev.Select(&f.batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1024, "ns/row")
		})
	}
}
