package parser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/sql/parser"
)

// scan writes the pieces to a scanner one after the other and notes what it gives out, and
// when: "1:1 SELECT 1;" for a statement, "|" for the end of a piece, "…" for an incomplete rest.
func scan(pieces ...string) string {
	s := parser.Scanner{Terminators: []string{`\G`}}
	var out []string
	drain := func() {
		for {
			st, ok := s.Next()
			if !ok {
				return
			}
			out = append(out, fmt.Sprintf("%v %s%s", st.Pos, st.Text, st.Terminator))
		}
	}
	for i, p := range pieces {
		if i > 0 {
			out = append(out, "|")
		}
		s.Write(p)
		drain()
		if s.Incomplete() {
			out = append(out, "…")
		}
	}
	s.Close()
	if before := len(out); true {
		drain()
		if len(out) > before {
			out[before] = "end: " + out[before]
		}
	}
	return strings.Join(out, " ")
}

func TestScanner(t *testing.T) {
	f := func(want string, pieces ...string) {
		t.Helper()
		if got := scan(pieces...); got != want {
			t.Errorf("%q\ngot:  %s\nwant: %s", pieces, got, want)
		}
	}
	f("")
	f("", "  \n ")
	f("", ";;\n;")
	f("1:1 SELECT 1;", "SELECT 1;")
	f("1:1 SELECT 1; 1:10 SELECT 2; 2:3 SELECT 3;", "SELECT 1;SELECT 2;\n  SELECT 3\n;")
	f("… end: 1:1 SELECT 1", "SELECT 1\n")

	// A statement is given out with the piece that has its semicolon.
	f("… | … | 1:1 SELECT\n 1; | … | 2:5 SELECT 2;", "SELECT\n", " 1", ";", " SE", "LECT 2;")

	// Quotes and comments, cut anywhere.
	f("1:1 SELECT ';';", "SELECT ';';")
	f(`1:1 SELECT 'it''s;', "a;""b", 1;`, `SELECT 'it''s;', "a;""b", 1;`)
	f("1:1 SELECT -- one; two\n 1;", "SELECT -- one; two\n 1;")
	f("1:1 SELECT /* one; ' */ 1;", "SELECT /* one; ' */ 1;")
	f("2:1 SELECT 1;", "-- not the statement;\nSELECT 1;")
	f("1:21 SELECT 1;", "/* nor this; */     SELECT 1;")
	f("… | … | … | 1:1 SELECT 1 -- ;;", "SELECT 1 -", "- ;", "\n", ";")
	f("… | … | … | … | 1:1 SELECT 1 /*;*/;", "SELECT 1 /", "*;", "*", "/", ";")
	f("… | 1:1 SELECT 1 - 2; 1:15 SELECT 4 / 2;", "SELECT 1 -", " 2; SELECT 4 / 2;")
	f("… | 1:1 SELECT 'a' 'b;';", "SELECT 'a' '", "b;';")
	f("… | 1:1 SELECT 'a'';';", "SELECT 'a'", "';';")
	f("… end: 1:1 SELECT 'a;", "SELECT 'a;")
	f("…", "/* never closed;")
	f("… end: 1:1 SELECT 1 /", "SELECT 1 /")

	// The shell's other terminator.
	f(`1:1 SELECT 1\G 1:11 SELECT 2;`, `SELECT 1\GSELECT 2;`)
	f(`… | 1:1 SELECT 1\G`, `SELECT 1 \`, `G`)
	f(`1:1 SELECT '\G' \ G;`, `SELECT '\G' \ G;`)

	// Columns count characters, also of those that a piece cuts.
	f("1:1 SELECT 'é'; 1:13 SELECT 2;", "SELECT 'é'; SELECT 2;")
	f("… | 1:1 SELECT 'é'; 1:13 SELECT 2;", "SELECT '\xc3", "\xa9'; SELECT 2;")
}

func TestScannerByteByByte(t *testing.T) {
	text := "SELECT 'a;''', \"b\"\"\" -- c;\n/* d; */ FROM t; \n\n  SELECT 2 \\G SELECT 3"
	whole := scan(text)
	bytes := strings.Split(text, "")
	got := strings.NewReplacer("| ", "", "… ", "").Replace(scan(bytes...))
	if want := strings.ReplaceAll(whole, "… ", ""); got != want {
		t.Errorf("got:  %s\nwant: %s", got, want)
	}
}

func TestScannerOpen(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		var s parser.Scanner
		s.Write(text)
		s.Next()
		got := ""
		if pos, open := s.Open(); open {
			got = pos.String()
		}
		if got != want {
			t.Errorf("%q: open at %q, want %q", text, got, want)
		}
	}
	f("SELECT 1", "")
	f("SELECT 'a", "1:8")
	f("SELECT\n /* a", "2:2")
	f("SELECT 'a' -- b", "")
	f("SELECT 'a' || 'b", "1:15")
}

func TestScannerReset(t *testing.T) {
	var s parser.Scanner
	s.Write("SELECT 'a\n")
	s.Next()
	s.Reset()
	if s.Incomplete() {
		t.Error("incomplete after Reset")
	}
	s.Write("SELECT 1;")
	st, ok := s.Next()
	if !ok || st.Text != "SELECT 1" || st.Pos.String() != "2:1" {
		t.Errorf("got %+v, %v", st, ok)
	}
}

func TestScannerBounds(t *testing.T) {
	// A statement without end takes no more memory than Parse would accept.
	var s parser.Scanner
	for range 100 {
		s.Write("SELECT '" + strings.Repeat("x", 1<<17) + "' || ")
		s.Next()
	}
	s.Write("1; SELECT 2;")
	st, ok := s.Next()
	if !ok || len(st.Text) > parser.MaxStatementBytes+1 {
		t.Fatalf("got %d bytes, %v", len(st.Text), ok)
	}
	if _, err := parser.Parse(st.Text, parser.Options{Start: st.Pos}); err == nil || !strings.Contains(err.Error(), "exceeds the maximum length") {
		t.Errorf("got %v", err)
	}
	if st, ok := s.Next(); !ok || st.Text != "SELECT 2" {
		t.Errorf("got %+v, %v", st, ok)
	}
}

func TestSplit(t *testing.T) {
	got := fmt.Sprint(parser.Split("SELECT 1;\n-- two\nSELECT ';' ; SELECT 3"))
	if want := "[{SELECT 1 1:1 ;} {SELECT ';' 3:1 ;} {SELECT 3 3:14 }]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
