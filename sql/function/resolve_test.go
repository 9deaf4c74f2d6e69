package function

import (
	"testing"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
)

func TestResolve(t *testing.T) {
	// Overloads by what they are for, so that the chosen one can be told.
	overloads := func(params ...string) []*signature {
		var all []*signature
		for _, p := range params {
			s := parseSignature(p, "bigint", nil, "", "")
			all = append(all, &s)
		}
		return all
	}
	lambda := func(result string) Arg {
		return Arg{Params: 1, Lambda: func([]types.Type) (types.Type, error) { return types.Parse(result) }}
	}
	for _, c := range []struct {
		name     string
		from     []*signature
		args     []string
		lambda   string // the result of a last argument that is a lambda
		chosen   int
		params   string
		wantCode sql.Code
	}{
		{name: "exact", from: overloads("bigint", "integer"), args: []string{"integer"}, chosen: 1, params: "integer"},
		{name: "the least coercion", from: overloads("double", "bigint"), args: []string{"integer"}, chosen: 1, params: "bigint"},
		{name: "concrete before generic", from: overloads("T", "bigint"), args: []string{"bigint"}, chosen: 1, params: "bigint"},
		{name: "common type", from: overloads("T,T"), args: []string{"integer", "decimal(3,1)"}, params: "decimal(11,1), decimal(11,1)"},
		{name: "no common type", from: overloads("T,T"), args: []string{"integer", "varchar"}, wantCode: sql.FUNCTION_NOT_FOUND},
		{name: "elements widen", from: overloads("array(T),T"), args: []string{"array(integer)", "bigint"}, params: "array(bigint), bigint"},
		{name: "any length", from: overloads("varchar"), args: []string{"varchar(3)"}, params: "varchar(3)"},
		{name: "one length", from: overloads("varchar(x),varchar(x)"), args: []string{"varchar(3)", "varchar(5)"}, params: "varchar(5), varchar(5)"},
		{name: "char is taken for varchar", from: overloads("varchar"), args: []string{"char(3)"}, params: "varchar(3)"},
		{name: "date is taken for timestamp", from: overloads("timestamp(p)"), args: []string{"date"}, params: "timestamp(0)"},
		{name: "variadic", from: overloads("varchar,bigint..."), args: []string{"varchar", "integer", "bigint"}, params: "varchar, bigint, bigint"},
		{name: "variadic needs one", from: overloads("varchar,bigint..."), args: []string{"varchar"}, wantCode: sql.FUNCTION_NOT_FOUND},
		{name: "NULL", from: overloads("bigint"), args: []string{"unknown"}, params: "bigint"},
		{name: "NULL for either of one result", from: overloads("varchar", "varbinary"), args: []string{"unknown"}, params: "varchar(0)"},
		{name: "lambda", from: overloads("array(T),function(T,boolean)"), args: []string{"array(integer)"}, lambda: "boolean",
			params: "array(integer), function(integer,boolean)"},
		{name: "lambda of another type", from: overloads("array(T),function(T,boolean)"), args: []string{"array(integer)"}, lambda: "varchar",
			wantCode: sql.FUNCTION_NOT_FOUND},
		{name: "lambda binds", from: overloads("array(T),function(T,R)"), args: []string{"array(integer)"}, lambda: "varchar",
			params: "array(integer), function(integer,varchar)"},
		{name: "lambda widens a variable", from: overloads("S,function(S,S)"), args: []string{"integer"}, lambda: "bigint",
			params: "bigint, function(bigint,bigint)"},
		{name: "value for a lambda", from: overloads("array(T),function(T,R)"), args: []string{"array(integer)", "integer"}, wantCode: sql.FUNCTION_NOT_FOUND},
		{name: "ambiguous", from: overloads("bigint,T", "T,bigint"), args: []string{"bigint", "bigint"}, wantCode: sql.AMBIGUOUS_FUNCTION_CALL},
	} {
		var args []Arg
		for _, a := range c.args {
			typ, err := types.Parse(a)
			if err != nil {
				t.Fatal(err)
			}
			args = append(args, Arg{Type: typ})
		}
		if c.lambda != "" {
			args = append(args, lambda(c.lambda))
		}
		got, err := choose("f", c.from, args)
		switch {
		case c.wantCode != "":
			if err == nil || sql.CodeOf(err) != c.wantCode {
				t.Errorf("%s: error %v, want %s", c.name, err, c.wantCode)
			}
		case err != nil:
			t.Errorf("%s: %v", c.name, err)
		case got.index != c.chosen || joinTypes(got.params) != c.params:
			t.Errorf("%s: overload %d of (%s), want %d of (%s)", c.name, got.index, joinTypes(got.params), c.chosen, c.params)
		}
	}
}

func TestNotRegistered(t *testing.T) {
	_, err := ResolveScalar("lenght", []Arg{{Type: types.TVarchar}})
	e, ok := err.(*sql.Error)
	if !ok || e.Code != sql.FUNCTION_NOT_FOUND || e.Msg != "Function 'lenght' not registered" || e.Hint != "did you mean 'length'?" {
		t.Errorf("got %#v", err)
	}
	_, err = ResolveScalar("greatest", []Arg{{Type: types.TMapOfVarchar}})
	if want := "Unexpected parameters (map(varchar, varchar)) for function greatest. Expected: greatest(E) E:orderable"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
