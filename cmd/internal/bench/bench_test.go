package main

import (
	"context"
	"strings"
	"testing"
	"time"
)

func TestSuite(t *testing.T) {
	suite, err := readSuite()
	if err != nil {
		t.Fatal(err)
	}
	if len(suite) < 26 {
		t.Errorf("the suite has %d statements", len(suite))
	}
	for _, s := range suite {
		if s.title == "" || !strings.Contains(s.text, "FROM trail") {
			t.Errorf("%s: title %q, text %q", s.name, s.title, s.text)
		}
	}
}

func TestParseStatement(t *testing.T) {
	s, err := parseStatement("-- map key\n-- @check a b\nSELECT 1\n-- @duckdb\nSELECT 2\n-- @clickhouse\n")
	if err != nil {
		t.Fatal(err)
	}
	for dialect, want := range map[string]string{"": "SELECT 1\n", "duckdb": "SELECT 2\n", "clickhouse": "", "other": "SELECT 1\n"} {
		if got := s.forEngine(dialect); got != want {
			t.Errorf("for %q: %q, want %q", dialect, got, want)
		}
	}
	if s.title != "map key" || strings.Join(s.check, ",") != "a,b" {
		t.Errorf("title %q, check %q", s.title, s.check)
	}
	if _, err := parseStatement("SELECT 1"); err == nil {
		t.Error("a statement without a title is taken")
	}
}

func TestDiffer(t *testing.T) {
	text := func(s string) *string { return &s }
	ours := answer{Names: []string{"a", "b"}, Rows: [][]*string{{text("1"), text("x")}, {nil, text("y")}}}
	theirs := answer{Names: []string{"a", "b"}, Rows: [][]*string{{nil, text("z")}, {text("1"), text("x")}}}
	if got := differ(statement{}, ours, theirs); got == "" {
		t.Error("other values agree")
	}
	if got := differ(statement{check: []string{"a"}}, ours, theirs); got != "" {
		t.Errorf("values that nobody compares differ: %s", got)
	}
	if got := differ(statement{}, ours, answer{}); !strings.Contains(got, "0 rows") {
		t.Errorf("no rows: %q", got)
	}
}

// fixed is an engine that always takes the same time.
type fixed struct {
	title string
	took  time.Duration
}

func (f fixed) name() string    { return f.title }
func (f fixed) about() string   { return f.title }
func (f fixed) dialect() string { return f.title }
func (f fixed) close() error    { return nil }
func (f fixed) run(context.Context, string, bool) (time.Duration, answer, error) {
	return f.took, answer{}, nil
}
func (f fixed) coldRun(context.Context, string) (time.Duration, error) { return f.took, nil }

func TestTable(t *testing.T) {
	suite := []statement{{title: "count", text: "SELECT 1"}, {title: "other", text: "SELECT 2", other: map[string]string{"slow": ""}}}
	got := measure(context.Background(), settings{rounds: 2, clock: "wall"}, suite,
		[]competitor{fixed{"ctlake", time.Millisecond}, fixed{"slow", 8 * time.Millisecond}})
	var b strings.Builder
	got.print(&b)
	for _, want := range []string{"| count | 1.00 (1.00) | 8.00 (8.00) | 8.00 |", "| other | 1.00 (1.00) | – | |", "| **geometric mean** | | | **8.00** |"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no line %q in\n%s", want, b.String())
		}
	}
}
