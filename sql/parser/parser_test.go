package parser_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/parser"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata")

// goldens runs each case of a file: a statement, a line of four dashes, what is expected, an
// empty line. Lines that begin with # are comments.
func goldens(t *testing.T, file string, run func(t *testing.T, statement string) string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, block := range strings.Split(strings.TrimSpace(string(data)), "\n\n") {
		lines := strings.Split(block, "\n")
		for len(lines) > 0 && strings.HasPrefix(lines[0], "#") {
			out.WriteString(lines[0] + "\n")
			lines = lines[1:]
		}
		if len(lines) == 0 {
			out.WriteString("\n")
			continue
		}
		statement, want, _ := strings.Cut(strings.Join(lines, "\n")+"\n", "\n----\n")
		statement, want = strings.TrimSuffix(statement, "\n"), strings.TrimSuffix(want, "\n")
		got := run(t, statement)
		if got != want && !*update {
			t.Errorf("%s\ngot:\n%s\nwant:\n%s", statement, got, want)
		}
		fmt.Fprintf(&out, "%s\n----\n%s\n\n", statement, got)
	}
	if *update {
		if err := os.WriteFile(path, []byte(strings.TrimSpace(out.String())+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// reparse parses the text form of a tree, which must give the tree again.
func reparse(t *testing.T, s ast.Statement) {
	t.Helper()
	text := ast.String(s)
	again, err := parser.Parse(text, parser.Options{})
	if err != nil {
		if !strings.Contains(err.Error(), "nested too deeply") { // its parentheses may be
			t.Errorf("own text %.200s: %v", text, err)
		}
		return
	}
	if dump(again, false) != dump(s, false) {
		t.Errorf("own text %.2000s gives another tree:\n%s\nwas:\n%s", text, dump(again, false), dump(s, false))
	}
	if !ast.Equal(s, again) {
		t.Errorf("%s: not equal to itself", text)
	}
}

func TestStatements(t *testing.T) {
	for _, file := range []string{"statements.txt", "idioms.txt", "lake.txt"} {
		t.Run(file, func(t *testing.T) {
			goldens(t, file, func(t *testing.T, statement string) string {
				s, err := parser.Parse(statement, parser.Options{})
				if err != nil {
					return "error: " + err.Error()
				}
				reparse(t, s)
				return ast.String(s)
			})
		})
	}
}

func TestTrees(t *testing.T) {
	goldens(t, "trees.txt", func(t *testing.T, statement string) string {
		s, err := parser.Parse(statement, parser.Options{})
		if err != nil {
			return "error: " + err.Error()
		}
		return strings.TrimSuffix(dump(s, true), "\n")
	})
}

func TestErrors(t *testing.T) {
	goldens(t, "errors.txt", func(t *testing.T, statement string) string {
		_, err := parser.Parse(statement, parser.Options{})
		if err == nil {
			return "no error"
		}
		var e *sql.Error
		if !errors.As(err, &e) || !e.Pos.IsValid() {
			t.Errorf("%s: not an *sql.Error with a position: %v", statement, err)
			return err.Error()
		}
		out := err.Error() + "\n" + sql.Excerpt(statement, e.Pos)
		if e.Code != sql.SYNTAX_ERROR {
			out = string(e.Code) + " " + out
		}
		if e.Hint != "" {
			out += "\n" + e.Hint
		}
		return out
	})
}

// dump writes a tree: a node a line, its plain fields, and where it came from if asked for: its
// position, and whether it was quoted. How types are spelled is left out.
func dump(n ast.Node, positions bool) string {
	var b strings.Builder
	var write func(n ast.Node, indent string)
	write = func(n ast.Node, indent string) {
		v := reflect.ValueOf(n).Elem()
		fmt.Fprintf(&b, "%s%s", indent, v.Type().Name())
		if positions {
			fmt.Fprintf(&b, " %v", n.Position())
		}
		for i := range v.NumField() {
			f := v.Field(i)
			switch f.Kind() {
			case reflect.String, reflect.Bool, reflect.Uint8, reflect.Int, reflect.Int64, reflect.Float64:
				if name := v.Type().Field(i).Name; !f.IsZero() && name != "Spelling" && (positions || name != "Quoted") {
					fmt.Fprintf(&b, " %s=%v", v.Type().Field(i).Name, f)
				}
			case reflect.Slice:
				switch e := f.Type().Elem().Kind(); {
				case e == reflect.Slice: // how the lists are cut, their nodes follow
					fmt.Fprintf(&b, " %s=", v.Type().Field(i).Name)
					for j := range f.Len() {
						fmt.Fprintf(&b, "/%d", f.Index(j).Len())
					}
				case e == reflect.Uint8 || e == reflect.Struct:
					if f.Len() > 0 {
						fmt.Fprintf(&b, " %s=%v", v.Type().Field(i).Name, f)
					}
				}
			}
		}
		b.WriteString("\n")
		ast.Children(n, func(c ast.Node) { write(c, indent+"  ") })
	}
	write(n, "")
	return b.String()
}

func TestLongChains(t *testing.T) {
	f := func(name, text, want string) {
		t.Helper()
		s, err := parser.Parse(text, parser.Options{})
		got := "ok"
		if err != nil {
			got = err.Error()
		} else if len(text) < 100_000 {
			reparse(t, s)
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	chain := func(first, more string, n int) string { return first + strings.Repeat(more, n) }
	deep := "statement is nested too deeply: the limit is"

	f("AND", chain("SELECT a", " AND a", 100_000), "ok")
	f("OR", chain("SELECT a", " OR a", 100_000), "ok")
	f("list", chain("SELECT 1", ", 1", 100_000), "ok")
	f("rows", chain("VALUES 1", ", 1", 100_000), "ok")
	f("+, short enough", chain("SELECT 1", " + 1", 9_000), "ok")
	f("+", chain("SELECT 1", " + 1", 100_000), "line 1:360024: "+deep+" 10000 levels")
	f("||", chain("SELECT a", " || a", 100_000), "line 1:450028: "+deep+" 10000 levels")
	f("fields", chain("SELECT a", ".a", 100_000), "line 1:180016: "+deep+" 10000 levels")
	f("UNION", chain("SELECT 1", " UNION SELECT 1", 2_000), "ok")
	f("joins", chain("SELECT 1 FROM a", " CROSS JOIN a", 2_000), "ok")

	nest := func(open, inner, closing string, n int) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(closing, n)
	}
	for _, c := range []struct{ name, open, inner, closing string }{
		{"parentheses", "(", "1", ")"},
		{"calls", "f(", "1", ")"},
		{"subqueries", "(SELECT ", "1", ")"},
		{"NOT", "NOT ", "a", ""},
		{"minus", "- ", "a", ""},
		{"lambdas", "x -> ", "1", ""},
		{"arrays", "ARRAY[", "1", "]"},
		{"subscripts", "a[", "1", "]"},
		{"CASE", "CASE WHEN ", "a", " THEN 1 END"},
		{"CAST", "CAST(", "a", " AS bigint)"},
		{"substring", "substring(", "a", ", 1)"},
		{"position", "position(", "a", " IN b)"},
		{"trim", "trim(", "a", ")"},
		{"EXTRACT", "extract(year FROM ", "a", ")"},
		{"frames", "f() OVER (ROWS ", "1", " PRECEDING)"},
	} {
		f(c.name, "SELECT "+nest(c.open, c.inner, c.closing, 100), "ok")
		for _, n := range []int{600, 30_000} {
			_, err := parser.Parse("SELECT "+nest(c.open, c.inner, c.closing, n), parser.Options{})
			if err == nil || !strings.Contains(err.Error(), deep+" 500 levels") {
				t.Errorf("%s, %d levels: %v", c.name, n, err)
			}
		}
	}
	for _, text := range []string{
		nest("(", "SELECT 1", ")", 100_000),
		"SELECT * FROM " + nest("(", "SELECT 1", ")", 100_000),
		"SELECT * FROM " + nest("(SELECT * FROM ", "t", ")", 30_000),
		"SELECT * FROM " + nest("(", "t", ")", 100_000),
		"SELECT * FROM " + strings.Repeat("t JOIN ", 100_000),
		"SELECT CAST(a AS " + nest("array(", "bigint", ")", 100_000) + ")",
		strings.Repeat("EXPLAIN ", 100_000) + "SELECT 1",
	} {
		_, err := parser.Parse(text, parser.Options{})
		if err == nil || !strings.Contains(err.Error(), deep) {
			t.Errorf("%.60s…: %v", text, err)
		}
	}
	if _, err := parser.Parse(strings.Repeat("(", 100_000), parser.Options{}); err == nil {
		t.Error("parentheses alone: no error")
	}
}

func TestLimits(t *testing.T) {
	long := "SELECT '" + strings.Repeat("x", parser.MaxStatementBytes) + "'"
	_, err := parser.Parse(long, parser.Options{})
	if sql.CodeOf(err) != sql.QUERY_TEXT_TOO_LARGE || err.Error() != "line 1:1: Query text length (1048585 bytes) exceeds the maximum length (1048576 bytes)" {
		t.Errorf("got %v", err)
	}
	if _, err := parser.Parse("SELECT 1", parser.Options{MaxBytes: 7}); sql.CodeOf(err) != sql.QUERY_TEXT_TOO_LARGE {
		t.Errorf("got %v", err)
	}
	if _, err := parser.Parse("SELECT\n '\xff'", parser.Options{}); err == nil || err.Error() != "line 2:3: statement is not valid UTF-8" {
		t.Errorf("got %v", err)
	}
}

func TestStart(t *testing.T) {
	// The second statement of a script, which begins on line 3.
	_, err := parser.Parse("SELECT\n  FROM t", parser.Options{Start: sql.Pos{Line: 3, Column: 11}})
	if want := "line 4:3: mismatched input 'FROM'. Expecting: '*', 'ALL', 'DISTINCT', <expression>"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	_, err = parser.Parse("FROM t", parser.Options{Start: sql.Pos{Line: 3, Column: 11}})
	if err == nil || !strings.HasPrefix(err.Error(), "line 3:11: ") {
		t.Errorf("got %v", err)
	}
}

func TestLabels(t *testing.T) {
	s, err := parser.Parse(`SELECT eventName, userIdentity.principalId, e.eventTime AS "When", "Quoted", count(*), (eventName), a[1].Arn FROM e`, parser.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, item := range s.(*ast.Query).Body.(*ast.Select).Items {
		label, ok := item.(*ast.SelectExpr).Label()
		if !ok {
			label = "?"
		}
		got = append(got, label)
	}
	if want := "eventName principalId When Quoted ? eventName Arn"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestReservedWords(t *testing.T) {
	// Every word of the grammar that is not reserved is a name: column, alias, table, field and function.
	for _, w := range parser.Keywords() {
		text := fmt.Sprintf("SELECT a.%[1]s, %[1]s.a AS %[1]s FROM %[1]s AS %[1]s (%[1]s) WHERE %[1]s = 1", w)
		_, err := parser.Parse(text, parser.Options{})
		if reserved := ast.IsReserved(w); reserved == (err == nil) {
			t.Errorf("%s: reserved %v, but: %v", w, reserved, err)
		}
	}
}
