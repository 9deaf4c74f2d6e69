package parser_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/parser"
)

// FuzzParse: no text makes Parse panic; an error has a position; the text form of a tree
// gives the same tree.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, block := range strings.Split(string(data), "\n\n") {
			statement, _, _ := strings.Cut(block, "\n----\n")
			f.Add(statement)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parser.Parse(text, parser.Options{})
		if err != nil {
			var e *sql.Error
			if !errors.As(err, &e) || !e.Pos.IsValid() {
				t.Fatalf("%v: not an *sql.Error with a position", err)
			}
			if e.Code == sql.SYNTAX_ERROR && strings.HasPrefix(e.Msg, "mismatched") && !strings.Contains(e.Msg, "Expecting: ") {
				t.Errorf("nothing was expected: %v", err)
			}
			return
		}
		reparse(t, s)
		if ast.Key(s) == "" {
			t.Error("no key")
		}
	})
}

// FuzzSplit: statements are the same however the text comes.
func FuzzSplit(f *testing.F) {
	f.Add("SELECT 'a;''' -- b;\n/* c; */; SELECT \"d\"", 3)
	f.Fuzz(func(t *testing.T, text string, size int) {
		var s parser.Scanner
		var got []parser.Statement
		drain := func() {
			for {
				st, ok := s.Next()
				if !ok {
					return
				}
				got = append(got, st)
			}
		}
		size = max(1, min(size, len(text)))
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			s.Write(rest[:n])
			rest = rest[n:]
			drain()
		}
		s.Close()
		drain()
		want := parser.Split(text)
		if len(got) != len(want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("got %v, want %v", got[i], want[i])
			}
		}
	})
}
