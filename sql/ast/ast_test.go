package ast_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/parser"
)

func parse(t *testing.T, text string) ast.Statement {
	t.Helper()
	s, err := parser.Parse(text, parser.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// expr parses an expression.
func expr(t *testing.T, text string) ast.Expr {
	t.Helper()
	items := parse(t, "SELECT "+text).(*ast.Query).Body.(*ast.Select).Items
	return items[0].(*ast.SelectExpr).Expr
}

func TestString(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if got := ast.String(expr(t, text)); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	f("eventName", "eventName")
	f("a+1", "(a + 1)")
	f("a AND b AND NOT c", "(a AND b AND (NOT c))")
	f("(x -> x) || y", "(((x) -> x) || y)")
	f("'it''s'", "'it''s'")
	f("'line\nbreak'", `U&'line\000Abreak'`)
	f(`"order"`, `"order"`)
	f("count ( * )", "count(*)")
	f("1a2b3c4d-5e6f-7081-92a3-b4c5d6e7f809.x", "1a2b3c4d-5e6f-7081-92a3-b4c5d6e7f809.x")

	// Nodes that were not parsed: names get the quotes that they need.
	for name, want := range map[string]string{"a": "a", "a b": `"a b"`, "select": `"select"`, "1a": `"1a"`, `a"b`: `"a""b"`, "é": `"é"`} {
		if got := ast.String(&ast.Identifier{Name: name}); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestEqual(t *testing.T) {
	f := func(a, b string, want bool) {
		t.Helper()
		x, y := expr(t, a), expr(t, "  "+b)
		if got := ast.Equal(x, y); got != want {
			t.Errorf("%s and %s: equal %v, want %v", a, b, got, want)
		}
		if got := ast.Key(x) == ast.Key(y); got != want {
			t.Errorf("%s and %s: same key %v, want %v", a, b, got, want)
		}
	}
	f("a", "A", true)
	f("a", `"A"`, true)
	f("a.b[1]", "A . B [ 0x1 ]", true)
	f("lower(a)", "LOWER(A)", true)
	f("a + b * c", "a + (b * c)", true)
	f("(a + b) * c", "a + b * c", false)
	f("date(a)", "DATE (a)", true)
	f("a != b", "a <> b", true)
	f("CAST(a AS VARCHAR)", "cast(A as varchar)", true)
	f("substring(a FROM 1)", "substr(A, 1)", true)
	f("'a'", "'A'", false)
	f("a.b", `"a.b"`, false)
	f("1.5", "1.50", false) // decimals of two types
	f("1.0", "1e0", false)
	f("count(*)", "count(DISTINCT a)", false)
	f("m['k']", "m['K']", false)
	f("a NOT IN (1)", "a IN (1)", false)
	f("(SELECT 1)", "(select 1)", true)
}

func TestWalk(t *testing.T) {
	s := parse(t, `WITH w (x) AS (SELECT a) SELECT b, count(*) FILTER (WHERE c) OVER (PARTITION BY d ORDER BY e ROWS f PRECEDING)
		FROM w JOIN UNNEST(g) ON h = i WHERE j IN (SELECT k) GROUP BY l HAVING m WINDOW n AS (ORDER BY o) ORDER BY p LIMIT 5`)
	var names []string
	ast.Walk(s, func(n ast.Node) bool {
		if id, ok := n.(*ast.Identifier); ok {
			names = append(names, id.Name)
		}
		return true
	})
	if got, want := strings.Join(names, " "), "w x a b count c d e f w g h i j k l m n o p"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}

	// Not below a subquery.
	names = nil
	ast.Walk(expr(t, "a + (SELECT b) + c"), func(n ast.Node) bool {
		if id, ok := n.(*ast.Identifier); ok {
			names = append(names, id.Name)
		}
		_, query := n.(*ast.Query)
		return !query
	})
	if got := fmt.Sprint(names); got != "[a c]" {
		t.Errorf("got %s", got)
	}
}

func TestIsUUID(t *testing.T) {
	for s, want := range map[string]bool{
		"1a2b3c4d-5e6f-7081-92a3-b4c5d6e7f809": true, "EB6F8A1C-9D2E-4F3A-8B7C-0123456789AB": true,
		"": false, "1a2b3c4d-5e6f-7081-92a3-b4c5d6e7f80": false, "1a2b3c4d-5e6f-7081-92a3-b4c5d6e7f8099": false,
		"1a2b3c4d_5e6f-7081-92a3-b4c5d6e7f809": false, "1a2b3c4g-5e6f-7081-92a3-b4c5d6e7f809": false,
	} {
		if ast.IsUUID(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}
