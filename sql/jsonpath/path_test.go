package jsonpath

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
)

// noOperators has no operator for anything.
type noOperators struct{}

func (noOperators) Interrupted() error { return nil }

func (noOperators) Resolve(string, ...types.Type) (types.Type, error) {
	return types.Type{}, errors.New("none")
}
func (noOperators) Call(string, ...Item) (Item, bool, error)  { return Item{}, false, nil }
func (noOperators) Cast(Item, types.Type) (Item, bool, error) { return Item{}, false, nil }

// The paths are those of which Trino's TestPathParser says that they are ones.
func TestParse(t *testing.T) {
	for _, path := range []string{
		"lax null", "strict null", "lax 1", "lax -2", "lax 1.2e3", "lax -1.2e3", "lax 1.0", "lax -.5", `lax "aBcD"`, `lax "x""x"`,
		"lax true", "lax $", "lax $Some_Name", "lax last", "lax $.abs()", "lax $.keyvalue()", "lax $.size().type()",
		"lax $ + 2", "lax $ % 2", "lax -$", "lax +$", "lax - - 2", "lax $[*]", "lax $[5]", "lax $[5 to 10]", "lax $[3 to 5, 2, 0 to 1]",
		"lax $.*", "lax $.Key_Identifier", `lax $."Key Name"`, "lax $..Key_Identifier", `lax $.."Key Name"`,
		"lax (1 + 2) * 3", "lax $ ? (exists($))", "lax $ ? ($x == $y)", "lax $ ? ($x <> $y)", "lax $ ? ($x != $y)", "lax $ ? ($x >= $y)",
		`lax $ ? ($ like_regex "something*")`, `lax $ ? ($ like_regex "^a. b" flag "ix")`, "lax $ ? ($ starts with $some_variable)",
		`lax $ ? ($ starts with "some_text")`, "lax $ ? ((exists($)) is unknown)", "lax $ ? (! exists($))",
		"lax $ ? (exists($x) || (exists($y) && exists($z)))", "lax $ ? (((@.a) == 1) || (@.a + 1)[0] < 2)",
		"lax $.lax", "lax $.ceiling", "lax $.last.to", "lax $lax", "lax $[$lax]", "lax\n$ . a",
		"lax $multiplier[0].floor().abs() * ($.array.size() + $component ? (exists(@)))",
	} {
		if _, err := Parse(path); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for path, want := range map[string]string{
		"LAX $":                              "line 1:0: mismatched input 'LAX' expecting {'lax', 'strict'}",
		"":                                   "line 1:0: mismatched input '<EOF>' expecting {'lax', 'strict'}",
		"lax $[1 To 2]":                      "line 1:8: mismatched input 'To' expecting {',', ']'}",
		"lax\n  $.":                          "line 2:4: mismatched input '<EOF>' expecting {IDENTIFIER, STRING}",
		"lax $ $":                            "line 1:6: mismatched input '$' expecting <EOF>",
		"lax $ ? (@.a)":                      "line 1:12: mismatched input ')' expecting {'like_regex', 'starts', '==', '<>', '!=', '<', '>', '<=', '>='}",
		`lax "é" é`:                          "line 1:8: mismatched input 'é' expecting <EOF>",
		"lax $.abs":                          "",
		"lax 99999999999999999999":           "Invalid numeric literal: 99999999999999999999",
		"lax $.datetime()":                   "JSON path datetime() method is not supported",
		`lax $?(@ like_regex "(")`:           "invalid like_regex pattern in JSON path: missing closing ): `(`",
		`lax $?(@ like_regex "a++")`:         "invalid like_regex pattern in JSON path: possessive quantifiers (*+, ++, ?+, }+) are not valid XQuery regex syntax",
		`lax $?(@ like_regex "a" flag "ii")`: "invalid like_regex flags in JSON path: duplicate XQuery regular expression flag: i",
		`lax $?(@ like_regex "a" flag "z")`:  "invalid like_regex flags in JSON path: invalid XQuery regular expression flag: z",
	} {
		_, err := Parse(path)
		if got := fmt.Sprint(err); got != want && (err != nil || want != "") {
			t.Errorf("%q: got %s, want %s", path, got, want)
		}
	}
}

func TestLimits(t *testing.T) {
	f := func(path, want string) {
		t.Helper()
		_, err := Parse(path)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s…: got %v, want %s", path, err, want)
		}
	}
	f("lax "+strings.Repeat("(", MaxNesting+1)+"1"+strings.Repeat(")", MaxNesting+1), "nested too deeply: the limit is 500 levels")
	f("lax "+strings.Repeat("-", MaxNesting+1)+"$", "nested too deeply")
	f("lax $"+strings.Repeat(".a", MaxNodes+1), "too long: the limit is 10000 accessors")
	f("lax $"+strings.Repeat("?(exists($", 1000), "nested too deeply")

	// Each accessor doubles what the one before it gave.
	p, err := Parse("lax $" + strings.Repeat("[0,0]", 100))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = p.Eval(Item{}, nil, noOperators{}); err == nil || !strings.Contains(err.Error(), "visits more than 1000000 items") {
		t.Errorf("got %v", err)
	}
	// A filter does not make that error unknown.
	if p, err = Parse("lax $?(exists($" + strings.Repeat("[0,0]", 100) + "))"); err != nil {
		t.Fatal(err)
	}
	if _, err = p.Eval(Item{}, nil, noOperators{}); err == nil {
		t.Error("no error")
	}
}

func TestCheckVariables(t *testing.T) {
	p, err := Parse("lax $a + $b + $a")
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(p.Variables()); got != "[a b]" {
		t.Errorf("got %s", got)
	}
	if _, _, err := p.Check([]string{"b", "a", "c"}, noOperators{}); err != nil {
		t.Error(err)
	}
	for _, names := range [][]string{{"a"}, {"a", "B"}} {
		if _, _, err := p.Check(names, noOperators{}); err == nil || !strings.HasPrefix(err.Error(), "no value passed for parameter b") {
			t.Errorf("%v: got %v", names, err)
		}
	}
}

// FuzzParse: no text makes Parse or Eval panic.
func FuzzParse(f *testing.F) {
	f.Add("lax $.a[*]?(@.b == 1 && !(exists(@..c))).keyvalue() + -$x[last]")
	input := NewObject([]string{"a", "b"}, []Item{NewArray([]Item{{}, NewJSON(types.TInteger, int64(1))}), NewJSON(types.TVarchar, "x")})
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		if err != nil {
			return
		}
		variables := make([][]Item, len(p.Variables()))
		for i := range variables {
			variables[i] = []Item{NewValue(types.TVarchar, "v")}
		}
		p.Check(p.Variables(), noOperators{})
		p.Eval(input, variables, noOperators{})
	})
}

type stopped struct{ noOperators }

var errStopped = errors.New("stopped")

func (stopped) Interrupted() error { return errStopped }

// An evaluation that visits many items asks whether it is to end.
func TestEvalIsInterrupted(t *testing.T) {
	p, err := Parse("lax $[0, 0][0, 0][0, 0][0, 0][0, 0][0, 0][0, 0][0, 0][0, 0][0, 0]")
	if err != nil {
		t.Fatal(err)
	}
	input := NewArray(nil)
	for range 20 {
		input = NewArray([]Item{input})
	}
	if _, err := p.Eval(input, nil, stopped{}); err != errStopped {
		t.Errorf("got %v", err)
	}
}
