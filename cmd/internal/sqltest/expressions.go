package sqltest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ctlake/ctlake/engine"
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/analyzer"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/parser"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Case is an expression of constants and what it gives.
type Case struct {
	Expr  string
	Type  string // of the value; "" where an error is expected
	Value string // as Quoted writes it
	Error string // "CODE: message", without a position and on one line; "" where a value is expected
	Line  int    // in its file, from 1
}

// Expressions is a parsed file of expressions.
type Expressions struct {
	Zone  *time.Location // the session zone
	Cases []Case
}

// ParseExpressions reads the text of a file of expressions. Its errors name the line.
func ParseExpressions(text string) (*Expressions, error) {
	e := &Expressions{Zone: time.UTC}
	begun := false
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		line = strings.TrimSpace(line)
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case line == "" || line[0] == '#':
		case word == "expressions":
			zone, given := strings.CutPrefix(rest, "zone=")
			if rest != "" && !given {
				return nil, fmt.Errorf("line %d: expressions takes zone=NAME, not %q", number, rest)
			}
			if given {
				var err error
				if e.Zone, err = types.LoadLocation(zone); err != nil {
					return nil, fmt.Errorf("line %d: %w", number, err)
				}
			}
			begun = true
		case !begun:
			return nil, fmt.Errorf("line %d: the file does not begin with expressions", number)
		default:
			c, err := parseCase(line)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", number, err)
			}
			c.Line = number
			e.Cases = append(e.Cases, c)
		}
	}
	return e, nil
}

func parseCase(line string) (Case, error) {
	const arrow = " => "
	for i := 0; ; {
		next := strings.Index(line[i:], arrow)
		if next < 0 {
			return Case{}, fmt.Errorf("%q is neither EXPRESSION => TYPE : VALUE nor EXPRESSION => ! CODE: MESSAGE", line)
		}
		expr, answer := strings.TrimSpace(line[:i+next]), line[i+next+len(arrow):]
		i += next + len(arrow)
		if strings.Count(expr, "'")%2 == 1 {
			continue // the arrow stands in a literal
		}
		if complaint, ok := strings.CutPrefix(answer, "! "); ok {
			return Case{Expr: expr, Error: complaint}, nil
		}
		if typ, value, ok := strings.Cut(answer, " : "); ok {
			return Case{Expr: expr, Type: strings.TrimSpace(typ), Value: strings.TrimSpace(value)}, nil
		}
	}
}

// Answer is what follows => in the line of a case.
func (c Case) Answer() string {
	if c.Error != "" {
		return "! " + c.Error
	}
	return c.Type + " : " + c.Value
}

// Quoted is a value as files of expressions have it: NULL, its text, or its text in double
// quotes with Go's escapes where it could not be told apart or seen otherwise.
func Quoted(text string, null bool) string {
	switch {
	case null:
		return "NULL"
	case text == "" || text == "NULL" || text[0] == '"' || strings.TrimSpace(text) != text ||
		strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd }):
		return strconv.Quote(text)
	}
	return text
}

// Way is how an expression is computed, which must not change what it gives.
type Way string

// The ways of computing an expression.
const (
	Folded  Way = "folded"  // by the optimizer, once
	Planned Way = "planned" // as it is written, over one row
	Columns Way = "columns" // over rows that hold its literals as columns
)

// Ways are all ways.
var Ways = []Way{Folded, Planned, Columns}

// Evaluate computes an expression one way. ok is false if it cannot be computed that way,
// as where the language wants a literal and not a column.
func Evaluate(ctx context.Context, c Case, zone *time.Location, way Way) (got Case, ok bool) {
	text := "SELECT " + c.Expr
	if way == Columns {
		if text, ok = overColumns(c.Expr); !ok {
			return Case{}, false
		}
	}
	e := engine.New(noTables{}, func() time.Time { return Now })
	typ, values, err := evaluate(ctx, e, engine.Query{Text: text, Options: engine.Options{
		Threads: 1, User: "tester", Zone: zone, DisableOptimizer: way != Folded,
	}})
	got = Case{Expr: c.Expr, Line: c.Line}
	var complaint *sql.Error
	switch {
	case errors.As(err, &complaint):
		if way == Columns && (c.Error == "" && wantsLiterals[complaint.Code] || complaint.Code == sql.EXPRESSION_NOT_CONSTANT) {
			return Case{}, false
		}
		message := strings.ReplaceAll(complaint.Msg, "\n", `\n`)
		got.Error = strings.TrimRight(fmt.Sprintf("%s: %s", complaint.Code, message), " ")
	case err != nil:
		got.Error = err.Error()
	default:
		got.Type, got.Value = typ, values[0]
		for _, v := range values[1:] {
			if v != values[0] {
				got.Value = fmt.Sprintf("%s, then %s in another row", values[0], v)
			}
		}
	}
	return got, true
}

// wantsLiterals are the codes by which analysis refuses columns where literals would do: a
// varchar literal compared with a date, an argument that must be constant.
var wantsLiterals = map[sql.Code]bool{
	sql.TYPE_MISMATCH: true, sql.FUNCTION_NOT_FOUND: true, sql.EXPRESSION_NOT_AGGREGATE: true,
	sql.EXPRESSION_NOT_CONSTANT: true, sql.INVALID_FUNCTION_ARGUMENT: true, sql.NOT_SUPPORTED: true, sql.SYNTAX_ERROR: true,
}

func evaluate(ctx context.Context, e *engine.Engine, q engine.Query) (typ string, values []string, err error) {
	r, err := e.Run(ctx, q)
	if err != nil {
		return "", nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if n := len(r.Columns()); n != 1 {
		return "", nil, fmt.Errorf("%d columns instead of one", n)
	}
	for {
		b, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return "", nil, err
		}
		for row := range b.N {
			v := b.Columns[0]
			values = append(values, Quoted(string(vector.AppendText(nil, v, row)), v.Nulls().Has(row)))
		}
	}
	if len(values) == 0 {
		return "", nil, errors.New("no row")
	}
	return r.Columns()[0].Type.String(), values, nil
}

// overColumns is a statement that computes expr over two equal rows, whose columns hold
// the literals of expr. ok is false if there are none, or if expr is more than a scalar
// expression: a subquery would become a correlated one.
func overColumns(expr string) (statement string, ok bool) {
	const prefix = "SELECT "
	tree, err := parser.Parse(prefix+expr, parser.Options{})
	if err != nil {
		return "", false
	}
	type place struct{ from, to int }
	var places []place
	text := []rune(prefix + expr)
	query := 0
	ok = true
	paths := map[*ast.StringLiteral]bool{} // of SQL/JSON, which are no expressions
	ast.Walk(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.JSONPath:
			paths[n.Path] = true
		case *ast.Query:
			query++
		case *ast.FunctionCall:
			if n.Over != nil {
				ok = false
			}
		case *ast.TypedLiteral, *ast.StringLiteral, *ast.IntegerLiteral, *ast.DecimalLiteral, *ast.DoubleLiteral, *ast.BinaryLiteral:
			if path, ok := n.(*ast.StringLiteral); ok && paths[path] {
				break
			}
			from := n.(ast.Expr).Position().Column - 1
			places = append(places, place{from, literalEnd(text, from)})
			return false
		case *ast.Type, *ast.IntervalLiteral:
			return false
		}
		return true
	})
	if !ok || query != 1 || len(places) == 0 {
		return "", false
	}
	slices.SortFunc(places, func(a, b place) int { return a.from - b.from })
	var out, values, columns strings.Builder
	last := 0
	for i, p := range places {
		if p.from < last {
			return "", false
		}
		fmt.Fprintf(&out, "%s column%d ", string(text[last:p.from]), i)
		last = p.to
		if i > 0 {
			values.WriteString(", ")
			columns.WriteString(", ")
		}
		values.WriteString(string(text[p.from:p.to]))
		fmt.Fprintf(&columns, "column%d", i)
	}
	out.WriteString(string(text[last:]))
	return fmt.Sprintf("%s FROM (VALUES ROW(%s), ROW(%[2]s)) AS literals (%s)", out.String(), values.String(), columns.String()), true
}

// literalEnd is the place after the literal at from: a number, or what ends in a quoted text.
func literalEnd(text []rune, from int) int {
	i := from
	if c := text[i]; c == '-' || c == '.' || '0' <= c && c <= '9' {
		for i++; i < len(text); i++ {
			c, before := text[i], text[i-1]
			exponent := (c == '+' || c == '-') && (before == 'e' || before == 'E')
			if !exponent && c != '.' && c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
				break
			}
		}
		return i
	}
	for i < len(text) && text[i] != '\'' {
		i++
	}
	for i++; i < len(text); i++ {
		if text[i] == '\'' {
			if i+1 < len(text) && text[i+1] == '\'' {
				i++
				continue
			}
			return i + 1
		}
	}
	return len(text)
}

// noTables is a catalog without a table.
type noTables struct{}

// Snapshot implements engine.Catalog.
func (noTables) Snapshot(context.Context, string) (analyzer.Catalog, error) { return noTables{}, nil }

// Table implements analyzer.Catalog.
func (noTables) Table(analyzer.TableName) (plan.Table, error) { return nil, nil }

// TableNames implements analyzer.Catalog.
func (noTables) TableNames() []string { return nil }

// Overloads adds to count, for each overload of a function that expr calls, by the
// function's name and the overload's signature, that expr does so.
func Overloads(count map[string]int, expr string, zone *time.Location) {
	tree, err := parser.Parse("SELECT "+expr, parser.Options{})
	if err != nil {
		return
	}
	a, err := analyzer.Analyze(tree, noTables{}, analyzer.Options{Now: Now, Zone: zone, User: "tester"})
	if err != nil || a.Plan == nil {
		return
	}
	called := map[string]bool{}
	node := func(n plan.Node) plan.Node {
		switch n := n.(type) {
		case *plan.Aggregate:
			for _, f := range n.Aggs {
				called[overload(f.Fn.Name, f.Fn.Overload.Params, f.Fn.Overload.Result)] = true
			}
		case *plan.Window:
			for _, f := range n.Functions {
				switch {
				case f.Fn != nil:
					called[overload(f.Fn.Name, f.Fn.Overload.Params, f.Fn.Overload.Result)] = true
				case f.Aggregate != nil:
					called[overload(f.Aggregate.Name, f.Aggregate.Overload.Params, f.Aggregate.Overload.Result)] = true
				}
			}
		}
		return plan.MapExprs(n, func(e plan.Expr) plan.Expr {
			plan.Walk(e, func(e plan.Expr) bool {
				if c, ok := e.(*plan.Call); ok {
					called[overload(c.Fn.Name, c.Fn.Overload.Params, c.Fn.Overload.Result)] = true
				}
				return true
			})
			return e
		})
	}
	plan.MapNodes(a.Plan, node)
	for o := range called {
		count[o]++
	}
}

func overload(name, params, result string) string { return name + "(" + params + ") → " + result }
