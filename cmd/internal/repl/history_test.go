package repl

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/cmd/internal/complete"
)

func TestHistory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state", "ctlake", "history")
	h := OpenHistory(file)
	long := "SELECT '" + strings.Repeat("x", 1<<20) + "';"
	whole := []string{"SELECT 1;", "SELECT\n\t'a\\n',\r\n 2;", long, "日本"}
	for _, s := range whole {
		h.Add(s)
	}
	for _, s := range []string{"日本", " SELECT 'secret';", "", "  "} {
		if h.Add(s) {
			t.Errorf("%q is kept", s)
		}
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if got := OpenHistory(file).Statements(); !slices.Equal(got, whole) {
		t.Errorf("%.200q", got)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "history")
	var b strings.Builder
	for i := range 2 * maxHistory {
		fmt.Fprintf(&b, "SELECT %d;\n", i)
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	h, other := OpenHistory(file), OpenHistory(file)
	h.Add("mine;")
	other.Add("another shell's;")
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	got := OpenHistory(file).Statements()
	if len(got) != maxHistory || !slices.Equal(got[len(got)-3:], []string{fmt.Sprintf("SELECT %d;", 2*maxHistory-1), "mine;", "another shell's;"}) {
		t.Errorf("%d, %q", len(got), got[len(got)-3:])
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
}

func TestHistoryThatCannotBeKept(t *testing.T) {
	h := OpenHistory("")
	h.Add("SELECT 1;")
	if got := h.Statements(); len(got) != 1 || h.Close() != nil {
		t.Error(got)
	}
}

func TestLinesOfTheEditor(t *testing.T) {
	for _, s := range []string{"SELECT 1;", "SELECT\n\t1;", "日本"} {
		if line := toLine(s); fromLine(line) != s || strings.ContainsAny(line, "\n\t") {
			t.Errorf("%q: %q, %q", s, line, fromLine(line))
		}
	}
	if got := toLine("\x1b[2Jgone"); got != `\x1b[2Jgone` {
		t.Errorf("%q", got)
	}
}

func TestLists(t *testing.T) {
	f := func(want string, columns, lines int, found complete.Completions) {
		t.Helper()
		if got := List(found, "", columns, lines); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	}
	names := func(kind complete.Kind, texts ...string) (out []complete.Candidate) {
		for _, text := range texts {
			out = append(out, complete.Candidate{Text: text, Kind: kind})
		}
		return out
	}
	f("", 40, 24, complete.Completions{})
	f("a    ccc  e\nbb   d\n", 16, 24, complete.Completions{Candidates: names(complete.Keyword, "a", "bb", "ccc", "d", "e")})
	f("\\x1b[2J\n", 40, 24, complete.Completions{Candidates: names(complete.Key, "\x1b[2J")})
	f("a   bigint\nbb  store\n", 40, 24, complete.Completions{Candidates: []complete.Candidate{
		{Text: "a", Kind: complete.Column, Detail: "bigint"}, {Text: "bb", Kind: complete.Store}}})
	f("f(bigint) → bi…\n", 16, 24, complete.Completions{Signatures: []string{"f(bigint) → bigint"}})
	f("1\n2\n3\n4\n… and 2 more\n", 2, 8, complete.Completions{Candidates: names(complete.Keyword, "1", "2", "3", "4", "5", "6")})
}
