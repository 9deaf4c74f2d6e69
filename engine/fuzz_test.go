package engine

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/parser"
	"github.com/ctlake/ctlake/storage/vector"
)

// FuzzRun: whatever parses ends in rows or in an error, and in no bug; so does its text form.
func FuzzRun(f *testing.F) {
	for _, statement := range suite(f) {
		f.Add(statement)
	}
	e := New(oneTable{&numbers{rows: 25}}, func() time.Time { return time.Unix(1_700_000_000, 0) })
	f.Fuzz(func(t *testing.T, statement string) {
		tree, err := parser.Parse(statement, parser.Options{MaxBytes: 4096})
		if err != nil {
			return
		}
		for _, text := range []string{statement, ast.String(tree)} {
			if bug := run(e, text); bug != nil {
				t.Fatalf("%s\n%v\n%s", text, bug, bug.Stack)
			}
		}
	})
}

// run runs a statement within bounds, reads some of its rows as text, and returns the bug it met.
func run(e *Engine, text string) (bug *InternalError) {
	r, err := e.Run(context.Background(), Query{Text: text, Options: Options{Threads: 2, Timeout: 2 * time.Second, Memory: 64 << 20}})
	for batches := 0; err == nil && batches < 4; batches++ {
		var b *vector.Batch
		if b, err = r.Next(); err != nil {
			break
		}
		for _, c := range b.Columns {
			for i := range min(b.N, 3) {
				vector.AppendText(nil, c, i)
			}
		}
	}
	if r != nil {
		err = errors.Join(err, r.Close())
	}
	if err != nil && err != io.EOF {
		errors.As(err, &bug)
	}
	return bug
}

// suite returns the statements and expressions of the SQL tests, over the table numbers.
func suite(f *testing.F) []string {
	var out []string
	for _, pattern := range []string{"../testdata/sql/*.test", "../testdata/sql/language/*.test", "../testdata/sql/functions/*.test"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatal("no SQL tests", err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			out = append(out, statementsOf(string(text))...)
		}
	}
	return out
}

func statementsOf(text string) []string {
	var out []string
	table := strings.NewReplacer("FROM trail", "FROM numbers", "JOIN trail", "JOIN numbers")
	for _, block := range strings.Split(text, "\n\n") {
		if _, statement, ok := strings.Cut(block, "\n"); ok && strings.Contains(block, "\n----") {
			statement, _, _ = strings.Cut(statement, "\n----")
			out = append(out, table.Replace(statement))
			continue
		}
		for n, line := range strings.Split(block, "\n") {
			if expr, _, ok := strings.Cut(line, " => "); ok && n%40 == 0 { // all of them would take minutes
				out = append(out, "SELECT "+expr)
			}
		}
	}
	return out
}

// TestMutatedSuite runs a part of FuzzRun's seeds with words exchanged.
func TestMutatedSuite(t *testing.T) {
	text, err := os.ReadFile("../testdata/sql/language/nested_comparisons.test")
	if err != nil {
		t.Fatal(err)
	}
	e := New(oneTable{&numbers{rows: 3}}, nil)
	for _, statement := range statementsOf(string(text)) {
		for _, exchange := range []struct{ from, to string }{{"ARRAY", "ROW"}, {"1", "NULL"}, {"MAP", "ROW"}, {"=", "<"}, {"SELECT ", "SELECT n, "}} {
			for _, tail := range []string{"", " FROM numbers"} {
				text := strings.Replace(statement, exchange.from, exchange.to, 1) + tail
				if bug := run(e, text); bug != nil {
					t.Errorf("%s\n%v\n%s", text, bug, bug.Stack)
				}
			}
		}
	}
}
