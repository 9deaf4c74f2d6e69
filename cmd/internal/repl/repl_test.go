package repl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/sql/parser"
)

// typed plays a session: a line is what is typed, "^C" an interrupt.
type typed struct {
	lines      []string
	transcript *strings.Builder
}

func (t *typed) ReadLine(_ context.Context, prompt, _ string) (string, error) {
	if len(t.lines) == 0 {
		return "", io.EOF
	}
	line := t.lines[0]
	t.lines = t.lines[1:]
	fmt.Fprintf(t.transcript, "%s%s\n", prompt, line)
	if line == "^C" {
		return "", ErrInterrupted
	}
	return line, nil
}

func (t *typed) AddHistory(s string) { fmt.Fprintf(t.transcript, "[history %q]\n", s) }
func (t *typed) History() []string   { return nil }
func (t *typed) Close() error        { return nil }

type echo struct{ transcript *strings.Builder }

func (e echo) Run(_ context.Context, s parser.Statement, vertical bool) {
	fmt.Fprintf(e.transcript, "[run %q at %s vertical=%v]\n", s.Text, s.Pos, vertical)
}

func session(t *testing.T, lines ...string) string {
	t.Helper()
	var transcript strings.Builder
	shell := Shell{Lines: &typed{lines, &transcript}, Runner: echo{&transcript}, Out: &transcript, Err: &transcript, Prompt: "ctlake> ",
		Commands: []Command{{Name: "timing", Args: "on|off", Doc: "prints how long statements take", Run: func(_ context.Context, args string) error {
			if args != "on" {
				return errors.New("on or off?")
			}
			return nil
		}}}}
	if err := shell.Loop(context.Background()); err != nil {
		t.Fatal(err)
	}
	return transcript.String()
}

func TestSessions(t *testing.T) {
	f := func(want string, lines ...string) {
		t.Helper()
		if got := session(t, lines...); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	f("ctlake> SELECT 1\n     -> ; SELECT ';' \\G\n[history \"SELECT 1;\"]\n[run \"SELECT 1\" at 1:1 vertical=false]\n"+
		"[history \"SELECT ';'\\\\G\"]\n[run \"SELECT ';'\" at 2:3 vertical=true]\n",
		"SELECT 1", `; SELECT ';' \G`)
	f("ctlake> SELECT\n     -> ^C\nctlake> SELECT 2;\n[history \"SELECT 2;\"]\n[run \"SELECT 2\" at 2:1 vertical=false]\n",
		"SELECT", "^C", "SELECT 2;")
	f("ctlake> .timing off\n[history \".timing off\"]\nctlake: .timing: on or off?\nctlake> .nonsense\n[history \".nonsense\"]\n"+
		"ctlake: there is no command .nonsense; .help lists them\nctlake> exit;\n[history \"exit;\"]\n",
		".timing off", ".nonsense", "exit;", "never read")
	f("ctlake> SELECT 3\n[run \"SELECT 3\" at 1:1 vertical=false]\n", "SELECT 3")
	if help := session(t, ".help"); !strings.Contains(help, "  .timing on|off           prints how long statements take\n") {
		t.Error(help)
	}
}

func TestLinesOfAnyLength(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	lines := NewReaderLines(strings.NewReader(long + "\r\nlast"))
	for _, want := range []string{long, "last"} {
		if got, err := lines.ReadLine(context.Background(), "", ""); got != want || err != nil {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	}
	if _, err := lines.ReadLine(context.Background(), "", ""); err != io.EOF {
		t.Error(err)
	}
}

func TestHistoryKeepsStatementsWhole(t *testing.T) {
	for _, s := range []string{"SELECT 1;", "SELECT\n'a\\n'\n;", `\\n`, `a\`} {
		if got := unescapeHistory(escapeHistory(s)); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
}
