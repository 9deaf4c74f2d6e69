package repl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ctlake/ctlake/sql"
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

func (t *typed) Offer(text string, cursor int) {
	runes := []rune(text)
	fmt.Fprintf(t.transcript, "[offered %q]\n", string(runes[:cursor])+"│"+string(runes[cursor:]))
}
func (t *typed) AddHistory(s string) { fmt.Fprintf(t.transcript, "[history %q]\n", s) }
func (t *typed) History() []string   { return nil }
func (t *typed) Close() error        { return nil }

type echo struct{ transcript *strings.Builder }

// Run finds a mistake at the first exclamation mark.
func (e echo) Run(_ context.Context, s parser.Statement, vertical bool) (mistake sql.Pos) {
	fmt.Fprintf(e.transcript, "[run %q at %s vertical=%v]\n", s.Text, s.Pos, vertical)
	for n, line := range strings.Split(s.Text, "\n") {
		if before, _, ok := strings.Cut(line, "!"); ok {
			return sql.Pos{Line: n + 1, Column: utf8.RuneCountInString(before) + 1}
		}
	}
	return sql.Pos{}
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

func TestWhatCouldNotBeginIsOffered(t *testing.T) {
	f := func(want string, lines ...string) {
		t.Helper()
		var offers []string
		for line := range strings.Lines(session(t, lines...)) {
			if strings.HasPrefix(line, "[offered") {
				offers = append(offers, strings.TrimSpace(line))
			}
		}
		if got := strings.Join(offers, " "); got != want {
			t.Errorf("%q: %s, not %s", lines, got, want)
		}
	}
	f("", "SELECT 1;")
	f(`[offered "SELECT │!a;"]`, "SELECT !a;")
	f(`[offered "SELECT 'é',\n  │!a\\G"]`, "SELECT 'é',", "  !a\\G")
	f(`[offered "│!;"] [offered "│!;"]`, "!;", "!;")
	f("", "!; SELECT 1;")               // the last one counts
	f("", "!; SELECT", "1;")            // another is being typed
	f(`[offered "│!;"]`, "1; !; -- no") // a comment is none
}

func TestInsertedInto(t *testing.T) {
	f := func(want string, ok bool, line, text string, cursor int) {
		t.Helper()
		if got, is := insertedInto(line, text, cursor); is != ok || ok && got != want {
			t.Errorf("%q into %q: %q, %v", line, text, got, is)
		}
	}
	f("SELECT 2;", true, "ééSELECT 2;x;", "ééx;", 2)
	f("", true, "ééx;", "ééx;", 2)
	f("a", true, "aé", "é", 0)
	f("a", true, "éa", "é", 1)
	f("", false, "other", "ééx;", 2)
	f("", false, "é", "éé", 1)
}

func TestWhatIsTypedWithoutLooking(t *testing.T) {
	for typed, want := range map[string]bool{"SELECT 1;": true, "select 1 \\g": true, ".stores": true, " .use trail": true, `\d`: true, "exit": true, "e": false,
		"userIdentity.": false, ".5": false, "": false, "SELECT": false, "a, b": false} {
		if got := isWhole(typed); got != want {
			t.Errorf("%q: %v", typed, got)
		}
	}
}

func TestCommandsOfOtherShells(t *testing.T) {
	f := func(want string, line string) {
		t.Helper()
		if got := session(t, line); !strings.Contains(got, want+"\n") {
			t.Errorf("%q: %s", line, got)
		}
	}
	f(`there is no command \d; .schema STORE lists columns, .stores the stores`, `\d demo`)
	f("there is no command .tables; .stores lists the stores", ".tables")
	f(`there is no command \zzz; .help lists them`, `\zzz`)
}
