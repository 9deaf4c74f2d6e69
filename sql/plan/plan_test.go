package plan

import (
	"strings"
	"testing"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/storage/types"
)

var (
	none = sql.Pos{}
	a    = &ColumnRef{Column: Column{0, "a", types.TBigint}}
	b    = &ColumnRef{Column: Column{1, "b", types.TBigint}}
	s    = &ColumnRef{Column: Column{2, "s", types.TVarchar}}
)

func number(n int64) Expr { return NewLiteral(types.TBigint, n, none) }

func call(name string, args ...Expr) Expr {
	signature := make([]function.Arg, len(args))
	for i, arg := range args {
		signature[i].Type = arg.Type()
	}
	fn, err := function.ResolveScalar(name, signature)
	if err != nil {
		panic(err)
	}
	return &Call{Fn: fn, Args: args}
}

func TestExprString(t *testing.T) {
	row := &ColumnRef{Column: Column{3, "r", types.RowOf(types.Field{Name: "x", Type: types.TBigint}, types.Field{Type: types.TBigint})}}
	x := Column{9, "x", types.TBigint}
	for want, e := range map[string]Expr{
		"(a#0 = 1)":                     call("$equal", a, number(1)),
		"((a#0 + b#1) < 5)":             call("$less", call("$add", a, b), number(5)),
		"(NOT (a#0 = 1))":               call("$not", call("$equal", a, number(1))),
		"(a#0 IS NOT NULL)":             call("$not", &IsNull{Arg: a}),
		"(-a#0)":                        call("$negate", a),
		"r#3.x":                         &Field{Arg: row, Index: 0},
		"r#3[2]":                        &Field{Arg: row, Index: 1},
		"TRY_CAST(s#2 AS bigint)":       &Cast{Arg: s, To: types.TBigint, Try: true},
		"((a#0 = 1) OR (s#2 IN ('x')))": &Or{Terms: []Expr{call("$equal", a, number(1)), &In{Value: s, List: []Expr{NewLiteral(types.TVarchar, "x", none)}}}},
		"CASE WHEN true THEN 1 ELSE NULL END": &Case{Whens: []When{{Bool(true, none), number(1)}},
			Else: NewLiteral(types.TBigint, nil, none)},
		"(x#9) -> (x#9 + a#0)": &Lambda{Params: []Column{x}, Body: call("$add", &ColumnRef{Column: x}, a)},
		"DATE '1970-01-02'":    NewLiteral(types.TDate, int64(1), none),
		"VARBINARY '00 ff'":    NewLiteral(types.TVarbinary, "\x00\xff", none),
	} {
		if got := ExprString(e); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestEqual(t *testing.T) {
	x, y := Column{8, "x", types.TBigint}, Column{9, "y", types.TBigint}
	lambda := func(p Column, body Expr) Expr { return &Lambda{Params: []Column{p}, Body: body} }
	same := func(want bool, a, b Expr) {
		t.Helper()
		if Equal(a, b) != want || Equal(b, a) != want {
			t.Errorf("%s and %s: want %v", ExprString(a), ExprString(b), want)
		}
	}
	same(true, a, &ColumnRef{Column: a.Column, At: sql.Pos{Line: 3, Column: 4}})
	same(false, a, b)
	same(true, call("$add", a, number(1)), call("$add", a, number(1)))
	same(false, call("$add", a, number(1)), call("$subtract", a, number(1)))
	same(false, number(1), NewLiteral(types.TInteger, int64(1), none))
	same(true, NewLiteral(types.TBigint, nil, none), NewLiteral(types.TBigint, nil, none))
	same(true, lambda(x, call("$add", &ColumnRef{Column: x}, a)), lambda(y, call("$add", &ColumnRef{Column: y}, a)))
	same(false, lambda(x, &ColumnRef{Column: x}), lambda(y, a))
	same(false, &Cast{Arg: s, To: types.TBigint}, &Cast{Arg: s, To: types.TBigint, Try: true})
	same(false, &And{Terms: []Expr{a, b}}, &Or{Terms: []Expr{a, b}})
}

func TestReplaceSharesWhatDoesNotChange(t *testing.T) {
	left, right := call("$add", a, number(1)), call("$add", b, number(1))
	e := call("$equal", left, right)
	got := Substitute(e, map[ColumnID]Expr{b.ID: number(7)})
	if ExprString(got) != "((a#0 + 1) = (7 + 1))" || Children(got)[0] != left {
		t.Errorf("got %s", ExprString(got))
	}
	if ExprString(e) != "((a#0 + 1) = (b#1 + 1))" {
		t.Errorf("the original became %s", ExprString(e))
	}
	if Rewrite(e, func(e Expr) Expr { return e }) != e {
		t.Error("nothing changed, yet a copy was made")
	}
}

func TestEachRefLeavesParametersOut(t *testing.T) {
	x := Column{8, "x", types.TBigint}
	e := &Lambda{Params: []Column{x}, Body: call("$add", &ColumnRef{Column: x}, a)}
	var ids []ColumnID
	EachRef(e, func(r *ColumnRef) { ids = append(ids, r.ID) })
	if len(ids) != 1 || ids[0] != a.ID {
		t.Errorf("got %v", ids)
	}
}

func TestConjuncts(t *testing.T) {
	p, q, r := call("$equal", a, number(1)), call("$equal", a, number(2)), call("$equal", a, number(3))
	terms := Conjuncts(&And{Terms: []Expr{p, &And{Terms: []Expr{q, r}}}})
	if len(terms) != 3 || Conjunction(terms[:1]) != p || Conjunction(nil) != nil || Conjuncts(nil) != nil {
		t.Errorf("got %v", terms)
	}
}

type rows struct{}

func (rows) Name() string                { return "t" }
func (rows) TableColumns() []TableColumn { return nil }

func TestCheck(t *testing.T) {
	scan := &Scan{Table: rows{}, Outputs: []ScanColumn{{Column: a.Column, Path: []string{"a"}}}}
	f := func(want string, n Node) {
		t.Helper()
		err := Check(n)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	f("", &Filter{scan, call("$equal", a, number(1))})
	f("does not have", &Filter{scan, call("$equal", b, number(1))})
	f("defined elsewhere", &Join{Kind: CrossJoin, Left: scan, Right: scan})
	f("but it is bigint", &Filter{scan, &IsNull{Arg: &ColumnRef{Column: Column{0, "a", types.TVarchar}}}})
	f("maps 0 columns", &Union{Branches: []Node{scan}, Outputs: []Column{b.Column}, Maps: [][]ColumnID{nil}})
	f("of type bigint", &Project{scan, []Projection{{Column: b.Column, Expr: Bool(true, none)}}})
	f("does not have", &Sort{scan, []SortKey{{ID: 5}}})
	f("1 keys left", &Join{Left: scan, Right: &Values{}, LeftKeys: []ColumnID{0}})
}

func TestString(t *testing.T) {
	scan := &Scan{Table: rows{}, Outputs: []ScanColumn{{Column: a.Column, Path: []string{"r", "a"}}}, Filter: call("$equal", a, number(1))}
	n := &Output{Input: &TopN{Input: scan, Keys: []SortKey{{ID: 0, Descending: true, NullsFirst: true}}, Offset: 1, Count: 10}, IDs: []ColumnID{0}, Labels: []string{"A"}}
	want := `Output a#0 AS A
  TopN a#0 DESC NULLS FIRST: 10 after 1
    Scan t: a#0 := r.a
        filter: (a#0 = 1)`
	if got := String(n); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
