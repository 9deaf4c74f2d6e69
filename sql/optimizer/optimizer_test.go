package optimizer

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/sql/analyzer"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/parser"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

var update = flag.Bool("update", false, "rewrite the expected output of testdata")

// TestGoldens reads the files of testdata: a statement, a line ----, and what it becomes.
// A file named after a rule shows the plan before and after that rule alone, any other the plan after all rules.
func TestGoldens(t *testing.T) {
	files, err := filepath.Glob("testdata/*.test")
	if err != nil || len(files) == 0 {
		t.Fatal("no goldens", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { golden(t, file) })
	}
}

func golden(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.ReplaceAll(strings.TrimSuffix(filepath.Base(file), ".test"), "_", " ")
	var out strings.Builder
	for _, block := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
		if strings.HasPrefix(block, "#") && !strings.Contains(block, "\n----") {
			out.WriteString(block + "\n\n")
			continue
		}
		statement, want, _ := strings.Cut(block, "\n----\n")
		statement = strings.TrimSuffix(statement, "\n----")
		got := show(statement, name)
		if !*update && got != want {
			t.Errorf("%s\ngave\n%s\nwant\n%s", statement, got, want)
		}
		out.WriteString(statement + "\n----\n" + got + "\n\n")
	}
	if *update {
		if err := os.WriteFile(file, []byte(strings.TrimSpace(out.String())+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// show returns the plan of a statement after all rules, or before and after the rule of the given name and those before it.
func show(statement, ruleName string) string {
	stmt, err := parser.Parse(statement, parser.Options{})
	if err != nil {
		return err.Error()
	}
	a, err := analyzer.Analyze(stmt, catalog{}, analyzer.Options{Now: now})
	if err != nil {
		return err.Error()
	}
	for i, r := range rules {
		if r.name != ruleName {
			continue
		}
		before, err := run(a.Plan, Options{Eval: eval, Rows: rowsOf}, rules[:i])
		if err != nil {
			return err.Error()
		}
		after, err := run(before, Options{Eval: eval, Rows: rowsOf}, rules[i:i+1])
		if err != nil {
			return err.Error()
		}
		if i < pruning { // goldens without the columns that no one uses can be read
			before, after = pruneColumns(nil, before), pruneColumns(nil, after)
		}
		return plan.String(before) + "\n=>\n" + plan.String(after)
	}
	after, err := Optimize(a.Plan, Options{Eval: eval, Rows: rowsOf})
	if err != nil {
		return err.Error()
	}
	return plan.String(after)
}

var pruning = slices.IndexFunc(rules, func(r rule) bool { return r.name == "prune columns" })

// rowsOf takes scans with a filter for small.
func rowsOf(n plan.Node) float64 {
	rows := 1.0
	switch n := n.(type) {
	case *plan.Scan:
		rows = 1000
		if n.Filter != nil {
			rows = 10
		}
	case *plan.Values:
		return float64(len(n.Rows))
	}
	for _, in := range n.Inputs() {
		rows *= rowsOf(in)
	}
	return rows
}

// TestAnyPlanKeepsInvariants optimizes all statements of the analyzer's goldens.
func TestAnyPlanKeepsInvariants(t *testing.T) {
	files, _ := filepath.Glob("../analyzer/testdata/*.test")
	plans := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(string(text), "\n\n") {
			statement, _, _ := strings.Cut(strings.TrimSpace(block), "\n----")
			stmt, err := parser.Parse(statement, parser.Options{})
			if err != nil {
				continue
			}
			a, err := analyzer.Analyze(stmt, catalog{}, analyzer.Options{Now: now})
			if err != nil || a.Plan == nil {
				continue
			}
			plans++
			if _, err := Optimize(a.Plan, Options{Eval: eval, Rows: rowsOf}); err != nil {
				t.Errorf("%s: %v", statement, err)
			}
			same, err := Optimize(a.Plan, Options{Disabled: true})
			if err != nil || same != a.Plan {
				t.Errorf("%s: changed by a disabled optimizer: %v", statement, err)
			}
		}
	}
	if plans < 50 {
		t.Errorf("only %d plans", plans)
	}
}

var now = time.Date(2024, 5, 1, 12, 30, 15, 0, time.UTC)

// eval is a small evaluator of constant calls and casts.
func eval(e plan.Expr) (vector.Vector, error) {
	var fn *function.Resolved
	var err error
	switch e := e.(type) {
	case *plan.Call:
		fn = e.Fn
	case *plan.Cast:
		if fn, err = function.ResolveCast(e.Arg.Type(), e.To); err != nil {
			return nil, err
		}
	default:
		return nil, os.ErrInvalid
	}
	ctx := &function.Context{Now: now, Zone: time.UTC}
	call := &function.Call{Ctx: ctx, N: 1, Result: e.Type()}
	binding := function.Binding{Ctx: ctx, Params: fn.Params, Result: fn.Result}
	for _, arg := range plan.Children(e) {
		l, ok := arg.(*plan.Literal)
		if !ok {
			return nil, os.ErrInvalid
		}
		call.Args, binding.Constants = append(call.Args, l.Value), append(binding.Constants, l.Value)
		call.Nulls = vector.Or(call.Nulls, l.Value.Nulls(), 1)
	}
	if call.Nulls.Has(0) && !fn.Overload.Nullable {
		return vector.NewNull(e.Type(), 1), nil
	}
	kernel, err := fn.Overload.New(binding)
	if err != nil {
		return nil, err
	}
	return kernel(call)
}

type catalog struct{}

func (catalog) Table(name analyzer.TableName) (plan.Table, error) {
	n := strings.ToLower(name.String())
	if name.Placeholder {
		n = "events"
	}
	if t, ok := tables[n]; ok {
		return t, nil
	}
	return nil, nil
}

func (catalog) TableNames() []string { return nil }

type table struct {
	name    string
	columns []plan.TableColumn
}

func (t *table) Name() string                     { return t.name }
func (t *table) TableColumns() []plan.TableColumn { return t.columns }

// Member implements plan.MemberTable: of maps.
func (t *table) Member(column string, keys []string) (path []string, ok bool) {
	return append([]string{column}, keys...), slices.ContainsFunc(t.columns, func(c plan.TableColumn) bool {
		return c.Name == column && c.Type.Is(types.Map)
	})
}

// tables are those of the analyzer's tests.
var tables = readTables("../analyzer/testdata/tables.txt")

func readTables(file string) map[string]*table {
	text, err := os.ReadFile(file)
	if err != nil {
		panic(err)
	}
	out := map[string]*table{}
	var t *table
	for line := range strings.Lines(string(text)) {
		name, typ, ok := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case !ok || name == "#":
		case name == "TABLE":
			t = &table{name: typ}
			out[typ] = t
		default:
			parsed, err := types.Parse(typ)
			if err != nil {
				panic(err)
			}
			t.columns = append(t.columns, plan.TableColumn{Name: strings.TrimPrefix(name, "-"), Type: parsed, Hidden: name[0] == '-'})
		}
	}
	return out
}
