package analyzer_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/analyzer"
	"github.com/ctlake/ctlake/sql/parser"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

var update = flag.Bool("update", false, "rewrite the expected output of testdata")

// TestGoldens reads the files of testdata: a statement, a line ----, and the plan
// or the error it gives, up to an empty line.
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
	var out strings.Builder
	for _, block := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
		if strings.HasPrefix(block, "#") && !strings.Contains(block, "\n----") {
			out.WriteString(block + "\n\n")
			continue
		}
		statement, want, _ := strings.Cut(block, "\n----\n")
		statement = strings.TrimSuffix(statement, "\n----")
		got := show(statement)
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

// show returns the plan of a statement, or its error with code and hint.
func show(statement string) string {
	stmt, err := parser.Parse(statement, parser.Options{})
	if err == nil {
		var a *analyzer.Analysis
		a, err = analyzer.Analyze(stmt, catalog{}, options)
		if err == nil {
			return describe(a)
		}
	}
	text := string(sql.CodeOf(err)) + ": " + err.Error()
	if e, ok := err.(*sql.Error); ok && e.Hint != "" {
		text += "\nhint: " + e.Hint
	}
	return text
}

var options = analyzer.Options{Now: time.Date(2024, 5, 1, 12, 30, 15, 123456789, time.UTC), User: "alice"}

func describe(a *analyzer.Analysis) string {
	var lines []string
	for _, w := range a.Warnings {
		lines = append(lines, fmt.Sprintf("warning: line %s: %s", w.Pos, w.Msg))
	}
	switch a.Kind {
	case analyzer.Query:
	default:
		lines = append(lines, [...]string{"query", "explain", "explain analyze", "explain validate", "show tables", "show schemas", "show catalogs", "show columns", "show functions", "show create table"}[a.Kind])
	}
	if a.Table != nil {
		lines = append(lines, "table "+a.Table.Name())
	}
	if a.Pattern != nil {
		lines = append(lines, fmt.Sprintf("like %q escape %q", a.Pattern.Like, a.Pattern.Escape))
	}
	if a.Plan != nil {
		if err := plan.Check(a.Plan); err != nil {
			lines = append(lines, "BAD PLAN: "+err.Error())
		}
		lines = append(lines, plan.String(trim(a.Plan)))
	}
	return strings.Join(lines, "\n")
}

// trim leaves out of scans the columns that nothing refers to, so that goldens can be read.
func trim(n plan.Node) plan.Node {
	used := map[plan.ColumnID]bool{}
	note(n, used)
	return trimmed(n, used)
}

func note(n plan.Node, used map[plan.ColumnID]bool) {
	if _, ok := n.(*plan.Scan); !ok {
		if p, ok := n.(*plan.Project); ok {
			for _, o := range p.Outputs {
				if ref, ok := o.Expr.(*plan.ColumnRef); !ok || ref.ID != o.ID {
					plan.EachRef(o.Expr, func(r *plan.ColumnRef) { used[r.ID] = true })
				}
			}
		} else {
			plan.EachNodeRef(n, func(id plan.ColumnID) { used[id] = true })
		}
	}
	for _, in := range n.Inputs() {
		note(in, used)
	}
}

func trimmed(n plan.Node, used map[plan.ColumnID]bool) plan.Node {
	switch n := n.(type) {
	case *plan.Scan:
		s := *n
		s.Outputs = nil
		for _, c := range n.Outputs {
			if used[c.ID] {
				s.Outputs = append(s.Outputs, c)
			}
		}
		return &s
	case *plan.Project:
		p := &plan.Project{Input: trimmed(n.Input, used)}
		for _, o := range n.Outputs {
			if used[o.ID] {
				p.Outputs = append(p.Outputs, o)
			}
		}
		return p
	}
	inputs := n.Inputs()
	if len(inputs) == 0 {
		return n
	}
	changed := make([]plan.Node, len(inputs))
	for i, in := range inputs {
		changed[i] = trimmed(in, used)
	}
	return n.WithInputs(changed)
}

// catalog has the table of CloudTrail events under the names that a store has, and a second, small table.
type catalog struct{}

const storeID = "1a2b3c4d-5e6f-7081-92a3-b4c5d6e7f809"

func (catalog) Table(name analyzer.TableName) (plan.Table, error) {
	n := strings.ToLower(name.String())
	if name.Placeholder || n == storeID || n == "arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/"+storeID {
		n = "events"
	}
	if t, ok := tables[n]; ok {
		return t, nil
	}
	return nil, nil
}

func (catalog) TableNames() []string { return []string{"events", "owners", "wide"} }

type table struct {
	name    string
	columns []plan.TableColumn
}

func (t *table) Name() string                     { return t.name }
func (t *table) TableColumns() []plan.TableColumn { return t.columns }

// tables are those of testdata/tables.txt.
var tables = readTables("testdata/tables.txt")

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
